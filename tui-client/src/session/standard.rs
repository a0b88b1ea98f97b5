//! Standard replies (ircv3.net "standard-replies"): FAIL, WARN, NOTE, with our own codes among them
//! (docs/protocol.md).

use super::{Ending, Event, Failure, Output, Outputs, Session, Window, clean, dispatch::Line, link::Phase};

impl Session {
    pub(super) fn standard_reply(&mut self, line: &Line<'_>, out: &mut Vec<Output>) {
        let (command, code) = (line.param(0).to_ascii_uppercase(), line.param(1).to_ascii_uppercase());
        let says = clean::words(line.message.last().unwrap_or_default());
        let failed = line.message.is("FAIL");
        match code.as_str() {
            "SERVER_SHUTDOWN" => {
                let seconds = line.message.params().get(2..).filter(|rest| rest.len() > 1);
                let seconds = seconds.and_then(|rest| rest[0].parse().ok());
                // Until the announced moment a broken connection is just that, and we come back; only when the server
                // ends it with ERROR, or says that the moment has come, it is the end.
                self.link.shutdown_announced = true;
                if seconds.is_none_or(|seconds: u64| seconds == 0) {
                    self.end(Ending::Shutdown);
                }
                out.tell(Event::ShuttingDown { seconds, text: says });
                return;
            }
            "SERVER_RESTART" => {
                out.tell(Event::Restarting { text: says });
                return;
            }
            "KICKED_BY_OPERATOR" => {
                self.end(Ending::Kicked);
                return;
            }
            "TAKEN_OVER" => {
                self.end(Ending::TakenOver);
                out.tell(Event::TakenOver { text: says });
                return;
            }
            _ => {}
        }
        if failed && self.link.phase < Phase::In && self.link.phase != Phase::Closed {
            self.sign_in_refused(&command, &code, says, out);
        } else if failed && command == "CHATHISTORY" {
            let about = line.message.params().iter().skip(2).map(|param| (*param).to_owned()).collect::<Vec<_>>();
            self.question_failed(line.now, line.label, &about, &says, out);
        } else if !(failed
            && (self.refuse_labelled(line.label, &says, out)
                || line.label.is_some() && self.is_about_typing(line.now, line.label, "")))
        {
            let (window, at) = (self.window_for(line.message.params().get(2..).unwrap_or_default()), line.at);
            out.tell(if failed {
                Event::Error { window, text: says, at }
            } else {
                Event::Info { window, text: says, at }
            });
        }
    }

    fn sign_in_refused(&mut self, command: &str, code: &str, says: String, out: &mut Vec<Output>) {
        let failure = match (command, code) {
            (_, "ACCOUNT_IN_USE") => Failure::InUse,
            ("REGISTER", "ACCOUNT_EXISTS" | "USERNAME_EXISTS") => Failure::NameTaken { user: self.intent.user.clone() },
            ("REGISTER", "BAD_ACCOUNT_NAME" | "ACCOUNT_NAME_MUST_BE_NICK" | "NEED_NICK") => Failure::BadName { says },
            ("REGISTER", "WEAK_PASSWORD" | "UNACCEPTABLE_PASSWORD") => Failure::WeakPassword { says },
            (_, "INVITE_REQUIRED") => Failure::InviteRequired,
            (_, "REGISTRATION_CLOSED") => Failure::Closed,
            ("REGISTER", "COMPLETE_CONNECTION_REQUIRED") => {
                self.link.register_later = true;
                self.end_negotiation(out);
                return;
            }
            // Too many attempts, too much to do: the server says how long to wait.
            ("REGISTER" | "AUTHENTICATE" | "PASS" | "*", _) => Failure::Says(says),
            // Whatever else fails here does not keep us out.
            _ => return,
        };
        self.fail(failure, out);
    }

    /// The window of the first of these words that is a room's name.
    pub(super) fn window_for(&self, words: &[&str]) -> Window {
        let room = words.iter().find(|word| self.link.isupport.is_room(word));
        room.map_or(Window::Active, |room| Window::Named(clean::name(room)))
    }
}
