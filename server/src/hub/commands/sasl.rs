//! AUTHENTICATE (ircv3.net "SASL Authentication" 3.1 and 3.2).

use klatch_protocol::{
    Message, Numeric,
    sasl::{CHUNK, Collector, Plain, SaslError, Step},
};

use crate::hub::{io::AuthJob, session::Job, turn::Turn};

/// The mechanisms on offer, as 908 and the capability's value list them.
pub(super) const MECHANISMS: &str = "PLAIN";

/// AUTHENTICATE: a mechanism, then its message in chunks, or `*` to break off.
pub(super) fn authenticate(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(word) = message.given(0) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["AUTHENTICATE"]);
    };
    match turn.session().sasl.take() {
        None => begin(turn, word),
        Some(collector) => go_on(turn, collector, word),
    }
}

fn begin(turn: &mut Turn<'_>, mechanism: &str) {
    if mechanism.eq_ignore_ascii_case("PLAIN") {
        turn.session().sasl = Some(Collector::default());
        // The form without a source is what every client understands.
        return turn.reply.push("AUTHENTICATE +\r\n");
    }
    if mechanism != "*" {
        turn.refuse(Numeric::RPL_SASLMECHS, &[MECHANISMS]);
    }
    turn.refuse(Numeric::ERR_SASLFAIL, &[]);
}

fn go_on(turn: &mut Turn<'_>, mut collector: Collector, chunk: &str) {
    match collector.push(chunk) {
        Ok(Step::More) => turn.session().sasl = Some(collector),
        Ok(Step::Aborted) => turn.refuse(Numeric::ERR_SASLABORTED, &[]),
        Ok(Step::Payload(payload)) => match Plain::decode(&payload) {
            // Acting as somebody else is not offered, so the first part has to be empty or the same.
            Some(plain) if plain.authzid.is_empty() || plain.authzid == plain.authcid => verify(turn, plain),
            _ => turn.refuse(Numeric::ERR_SASLFAIL, &[]),
        },
        Err(SaslError::TooLong) if chunk.len() > CHUNK => turn.refuse(Numeric::ERR_SASLTOOLONG, &[]),
        // Chunk after chunk without end is no message at all.
        Err(SaslError::TooLong | SaslError::NotBase64) => turn.refuse(Numeric::ERR_SASLFAIL, &[]),
    }
}

/// A name that no account has is verified as well, against nothing, so that it takes as long.
fn verify(turn: &mut Turn<'_>, plain: Plain) {
    let Plain { authcid: name, password, .. } = plain;
    let known = turn.world().account_by_name(&name).map(|account| (account.row.id, account.row.hash.clone()));
    let (account, hash) = known.unzip();
    turn.ask_auth(AuthJob::Verify { hash, password }, Job::LogIn { account, name });
}
