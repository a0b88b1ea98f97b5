//! What the user wants, as lines.

use klatch_protocol::{Caps, LineBuilder};

use super::{Ending, Event, Now, Output, Outputs, Request, Session, Window, clean, link::Phase};

impl Session {
    /// Does what the user asks for, as far as it can be done now; what cannot be done is told. Only what is said is kept
    /// for later.
    pub fn request(&mut self, now: Now, request: Request, out: &mut Vec<Output>) {
        match request {
            Request::Say { to, text, manner } => self.say(now, &to, &text, manner, out),
            Request::Again { to } => self.say_again(now, &to, out),
            Request::Older { place, before } => {
                self.ask_older(&place, before, out);
                self.flush(now, out);
            }
            Request::Typing { to, state } => self.type_to(now, &to, state, out),
            Request::Quit(reason) => self.leave(reason, out),
            _ if self.link.phase != Phase::In => {
                let text = "not connected; try again when the connection is back".to_owned();
                out.tell(Event::Error { window: Window::Active, text, at: self.clock(now.wall) });
            }
            request => self.ask_server(now, request, out),
        }
    }

    fn ask_server(&mut self, now: Now, request: Request, out: &mut Vec<Output>) {
        let line = LineBuilder::new();
        out.send(match request {
            Request::Join { room, key } => {
                for (room, key) in room.split(',').zip(key.iter().flat_map(|keys| keys.split(','))) {
                    self.link.keys.insert(self.names.fold(&clean::name(room)), key.to_owned());
                }
                with(line.command("JOIN").param(room), key)
            }
            Request::Part { room, reason } => with_text(line.command("PART").param(room), reason),
            Request::Topic { room, text } => with_text(line.command("TOPIC").param(room), text),
            Request::Away(reason) => {
                self.away.clone_from(&reason);
                with_text(line.command("AWAY"), reason)
            }
            Request::SetName(name) if self.link.has(Caps::SETNAME) => line.command("SETNAME").trailing(name),
            Request::SetName(_) => {
                let text = "this server cannot change display names".to_owned();
                out.tell(Event::Error { window: Window::Active, text, at: self.clock(now.wall) });
                return;
            }
            Request::Nick(nick) => line.command("NICK").param(nick),
            Request::Rename { room, name, reason } => with_text(line.command("RENAME").param(room).param(name), reason),
            Request::Kick { room, nick, reason } => with_text(line.command("KICK").param(room).param(nick), reason),
            Request::Invite { nick, room } => line.command("INVITE").param(nick).param(room),
            Request::Whois(nick) => line.command("WHOIS").param(nick),
            Request::Who(mask) => {
                self.link.who_silent.remove(&self.names.fold(&clean::name(&mask)));
                line.command("WHO").param(mask)
            }
            Request::List(pattern) => with(line.command("LIST"), pattern),
            Request::Names(room) => {
                self.link.names_asked.insert(self.names.fold(&clean::name(&room)));
                line.command("NAMES").param(room)
            }
            Request::Mode { target, change } => {
                // Each word is a parameter of its own.
                let words = change.split_ascii_whitespace();
                words.fold(line.command("MODE").param(target), LineBuilder::param)
            }
            Request::Raw(raw) => {
                out.push(Output::Send(raw.replace(['\r', '\n', '\0'], "")));
                return;
            }
            Request::Say { .. }
            | Request::Again { .. }
            | Request::Older { .. }
            | Request::Typing { .. }
            | Request::Quit(_) => {
                return;
            }
        });
    }

    fn leave(&mut self, reason: Option<String>, out: &mut Vec<Output>) {
        self.end(Ending::Quit);
        if self.link.phase != Phase::Closed {
            out.send(with_text(LineBuilder::new().command("QUIT"), reason));
            out.push(Output::Close("you left".to_owned()));
        }
    }
}

fn with(line: LineBuilder, param: Option<String>) -> LineBuilder {
    match param {
        Some(param) => line.param(param),
        None => line,
    }
}

fn with_text(line: LineBuilder, text: Option<String>) -> LineBuilder {
    match text {
        Some(text) => line.trailing(text),
        None => line,
    }
}
