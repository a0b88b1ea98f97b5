//! Who a connection says it is, and its end: PASS, NICK, USER, PING, PONG, QUIT (modern.ircdocs.horse "Connection
//! Messages").

use klatch_protocol::{Message, Nick, Numeric, encode::truncate};
use zeroize::Zeroizing;

use crate::hub::{
    turn::Turn,
    world::{Command, Refusal},
};

/// The most bytes of what stands between `!` and `@` (ISUPPORT `USERLEN`).
const MAX_IDENT: usize = 16;
/// The most bytes of a display name (ISUPPORT `NAMELEN`).
pub(super) const MAX_DISPLAY: usize = 128;
/// The most bytes of a reason of leaving or of a KICK (ISUPPORT `KICKLEN`).
pub(super) const MAX_REASON: usize = 300;

/// PASS: the server's password, or an owner or invitation code, which is looked at when an account is made. Who needs both
/// sends both, each with its own PASS.
pub(super) fn pass(turn: &mut Turn<'_>, message: &Message<'_>) {
    if turn.me().is_some() {
        return turn.refuse(Numeric::ERR_ALREADYREGISTERED, &[]);
    }
    let Some(given) = message.given(0) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["PASS"]);
    };
    if turn.is_admitted() {
        // Where there is no password, or it was said already, this is a code, which is counted when it is looked at.
        turn.session().code = Some(Zeroizing::new(given.to_owned()));
        return;
    }
    match turn.attempt(None) {
        Ok(attempt) if turn.hub.policy.password.is(given) => {
            turn.hub.throttle.give_back(attempt);
            turn.session().admitted = true;
        }
        Ok(_) => turn.session().code = Some(Zeroizing::new(given.to_owned())),
        Err(patience) => {
            turn.ask_for_patience("PASS", patience);
            turn.refuse(Numeric::ERR_PASSWDMISMATCH, &[]);
        }
    }
}

/// NICK. Before registration has ended any well-formed nick is taken down: SASL may yet prove whose it is, and the end of
/// registration looks whether it is free.
pub(super) fn nick(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(text) = message.given(0) else {
        return turn.refuse(Numeric::ERR_NONICKNAMEGIVEN, &[]);
    };
    let nick = match Nick::under(turn.mapping(), text) {
        Ok(nick) => nick,
        Err(fault) => return turn.numeric(Numeric::ERR_ERRONEUSNICKNAME, &[text, &format!("The nick {fault}")]),
    };
    let Some(user) = turn.me() else {
        // An account that is proven may have its name already.
        let settled = turn.hub.policy.nick_is_account && turn.session().account.is_some();
        if !settled && let Some(registration) = turn.session().registration() {
            registration.nick = Some(nick);
        }
        return turn.try_to_register();
    };
    match turn.apply(Command::Rename { user, nick }) {
        Ok(_) => {
            // A ban may mean the new nick.
            turn.is_turned_away();
        }
        Err(Refusal::NickIsAccount) => {
            turn.numeric(
                Numeric::ERR_ERRONEUSNICKNAME,
                &[text, "Your nick is your account's name; only case may change"],
            );
        }
        Err(_) => turn.refuse(Numeric::ERR_NICKNAMEINUSE, &[text]),
    }
}

/// USER. The two parameters in the middle mean nothing any more (modern.ircdocs.horse "USER message").
pub(super) fn user(turn: &mut Turn<'_>, message: &Message<'_>) {
    if turn.me().is_some() {
        return turn.refuse(Numeric::ERR_ALREADYREGISTERED, &[]);
    }
    let (Some(ident), Some(display)) = (message.given(0), message.given(3)) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["USER"]);
    };
    let ident: String = ident.chars().filter(|c| c.is_ascii_alphanumeric() || "._-~".contains(*c)).collect();
    let ident = match truncate(&ident, MAX_IDENT) {
        "" => "user".to_owned(),
        ident => ident.to_owned(),
    };
    let display = truncate(display.trim(), MAX_DISPLAY).to_owned();
    if display.is_empty() {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["USER"]);
    }
    if let Some(registration) = turn.session().registration() {
        registration.ident = Some(ident);
        registration.display = display;
    }
    turn.try_to_register();
}

/// PING: the answer comes after everything that earlier lines caused.
pub(super) fn ping(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(token) = message.param(0) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["PING"]);
    };
    if token.is_empty() {
        return turn.refuse(Numeric::ERR_NOORIGIN, &[]);
    }
    let server = turn.hub.policy.clone();
    // The answer is longer than the question, so a token at the limit loses its end.
    let room = klatch_protocol::encode::MAX_LINE.saturating_sub(2 * server.server_name.len() + ": PONG  :\r\n".len());
    turn.say_as_server(|line| line.command("PONG").param(&server.server_name).trailing(truncate(token, room)));
}

/// PONG: that anything came at all was noted already.
pub(super) fn pong(_turn: &mut Turn<'_>, _message: &Message<'_>) {}

/// QUIT.
pub(super) fn quit(turn: &mut Turn<'_>, message: &Message<'_>) {
    let reason = match message.given(0) {
        Some(reason) => format!("Quit: {}", truncate(reason, MAX_REASON)),
        None => "Client quit".to_owned(),
    };
    if let Some(source) = turn.myself().map(|user| user.source.clone()) {
        let line = klatch_protocol::LineBuilder::new().source(source).command("QUIT").trailing(&reason).end();
        turn.reply.push(line);
    }
    turn.close(&reason);
}
