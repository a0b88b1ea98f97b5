//! AUTHENTICATE (ircv3.net "SASL Authentication" 3.1 and 3.2).

use klatch_protocol::{Message, Numeric};

use crate::hub::{
    io::AuthJob,
    session::{Exchange, Job, MECHANISMS, Plain, Step},
    turn::Turn,
};

/// AUTHENTICATE: a mechanism, then its message in chunks, or `*` to break off.
pub(super) fn authenticate(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(word) = message.given(0) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["AUTHENTICATE"]);
    };
    match turn.session().sasl.take() {
        None => begin(turn, word),
        Some(_) if word == "*" => turn.refuse(Numeric::ERR_SASLABORTED, &[]),
        Some(exchange) => go_on(turn, exchange, word),
    }
}

fn begin(turn: &mut Turn<'_>, mechanism: &str) {
    if mechanism.eq_ignore_ascii_case("PLAIN") {
        turn.session().sasl = Some(Exchange::default());
        // The form without a source is what every client understands.
        return turn.reply.push("AUTHENTICATE +\r\n");
    }
    if mechanism != "*" {
        turn.refuse(Numeric::RPL_SASLMECHS, &[MECHANISMS]);
    }
    turn.refuse(Numeric::ERR_SASLFAIL, &[]);
}

fn go_on(turn: &mut Turn<'_>, mut exchange: Exchange, chunk: &str) {
    match exchange.take(chunk) {
        Step::More => turn.session().sasl = Some(exchange),
        Step::TooLong => turn.refuse(Numeric::ERR_SASLTOOLONG, &[]),
        Step::Malformed => turn.refuse(Numeric::ERR_SASLFAIL, &[]),
        Step::Credentials(plain) => verify(turn, plain),
    }
}

/// A name that no account has is verified as well, against nothing, so that it takes as long.
fn verify(turn: &mut Turn<'_>, plain: Plain) {
    let Plain { name, password } = plain;
    let known = turn.world().account_by_name(&name).map(|account| (account.row.id, account.row.hash.clone()));
    let (account, hash) = known.unzip();
    turn.ask_auth(AuthJob::Verify { hash, password }, Job::LogIn { account, name });
}
