//! AUTHENTICATE (ircv3.net "SASL Authentication" 3.1 and 3.2): PLAIN and SCRAM-SHA-256.

use klatch_protocol::{
    Message, Numeric,
    sasl::{CHUNK, Collector, Plain, SaslError, Step, chunks},
    scram::{self, Challenge, ClientFirst, Keys},
};

use crate::hub::{
    attempts::Patience,
    io::{AccountId, AuthJob, Credentials},
    session::Job,
    turn::Turn,
};

/// The mechanisms on offer, as 908 and the capability's value list them.
pub(super) const MECHANISMS: &str = "PLAIN,SCRAM-SHA-256";

/// An exchange under way.
#[derive(Debug)]
pub(in crate::hub) struct Exchange {
    collector: Collector,
    awaits: Awaits,
}

/// What the client's next message has to be.
#[derive(Debug)]
enum Awaits {
    /// The one message of PLAIN.
    Plain,
    /// The first of SCRAM.
    Beginning,
    /// The proof of SCRAM for a name, and the account if there is one.
    Proof(Box<Challenge>, String, Option<AccountId>),
    /// Nothing but the consent to what the server said last; the password was right.
    Consent(AccountId),
}

/// AUTHENTICATE: a mechanism, then its messages in chunks, or `*` to break off.
pub(super) fn authenticate(turn: &mut Turn<'_>, message: &Message<'_>) {
    let Some(word) = message.given(0) else {
        return turn.refuse(Numeric::ERR_NEEDMOREPARAMS, &["AUTHENTICATE"]);
    };
    match turn.session().sasl.take() {
        None => begin(turn, word),
        Some(exchange) => go_on(turn, exchange, word),
    }
}

fn begin(turn: &mut Turn<'_>, mechanism: &str) {
    let awaits = match mechanism.to_ascii_uppercase().as_str() {
        "PLAIN" => Awaits::Plain,
        "SCRAM-SHA-256" => Awaits::Beginning,
        other => {
            if other != "*" {
                turn.refuse(Numeric::RPL_SASLMECHS, &[MECHANISMS]);
            }
            return turn.refuse(Numeric::ERR_SASLFAIL, &[]);
        }
    };
    turn.session().sasl = Some(Exchange { collector: Collector::default(), awaits });
    // The form without a source is what every client understands.
    turn.reply.push("AUTHENTICATE +\r\n");
}

fn go_on(turn: &mut Turn<'_>, mut exchange: Exchange, chunk: &str) {
    match exchange.collector.push(chunk) {
        Ok(Step::More) => turn.session().sasl = Some(exchange),
        Ok(Step::Aborted) => turn.refuse(Numeric::ERR_SASLABORTED, &[]),
        Ok(Step::Payload(payload)) => take(turn, exchange.awaits, &payload),
        Err(SaslError::TooLong) if chunk.len() > CHUNK => turn.refuse(Numeric::ERR_SASLTOOLONG, &[]),
        // Chunk after chunk without end is no message at all.
        Err(SaslError::TooLong | SaslError::NotBase64) => turn.refuse(Numeric::ERR_SASLFAIL, &[]),
    }
}

/// A whole message has come.
fn take(turn: &mut Turn<'_>, awaits: Awaits, payload: &[u8]) {
    match awaits {
        Awaits::Plain => match Plain::decode(payload) {
            // Acting as somebody else is not offered, so the first part has to be empty or the same.
            Some(plain) if plain.authzid.is_empty() || plain.authzid == plain.authcid => verify(turn, plain),
            _ => turn.refuse(Numeric::ERR_SASLFAIL, &[]),
        },
        Awaits::Beginning => match ClientFirst::decode(payload) {
            Some(first) if first.authzid.is_empty() || first.authzid == first.name => challenge(turn, &first),
            _ => turn.refuse(Numeric::ERR_SASLFAIL, &[]),
        },
        Awaits::Proof(challenge, name, account) => prove(turn, &challenge, &name, account, payload),
        Awaits::Consent(account) if payload.is_empty() => turn.log_in(account),
        Awaits::Consent(_) => turn.refuse(Numeric::ERR_SASLFAIL, &[]),
    }
}

/// A name that no account has is verified as well, against another account's hash, so that it takes as long.
fn verify(turn: &mut Turn<'_>, plain: Plain) {
    let Plain { authcid: name, password, .. } = plain;
    let attempt = match turn.attempt(Some(&name)) {
        Ok(attempt) => attempt,
        Err(patience) => return ask_for_patience(turn, patience),
    };
    let known = turn.world().account_by_name(&name).map(|account| (account.row.id, account.row.hash.clone()));
    let (account, hash) = known.unzip();
    let hash = hash.or_else(|| turn.hash_of_nobody(&name));
    let urgency = turn.urgency(&name);
    turn.ask_auth(AuthJob::Verify { hash, password }, urgency, Job::LogIn { account, name, attempt });
}

/// The proof of SCRAM has come.
fn prove(turn: &mut Turn<'_>, challenge: &Challenge, name: &str, account: Option<AccountId>, payload: &[u8]) {
    let attempt = match turn.attempt(Some(name)) {
        Ok(attempt) => attempt,
        Err(patience) => return ask_for_patience(turn, patience),
    };
    match (challenge.finish(payload), account) {
        (Some(last), Some(account)) => {
            turn.attempt_was_right(name, attempt);
            say(turn, &last, Awaits::Consent(account));
        }
        _ => turn.reject_log_in(name),
    }
}

/// Whether the password is right is not looked at.
fn ask_for_patience(turn: &mut Turn<'_>, patience: Patience) {
    turn.ask_for_patience("AUTHENTICATE", patience);
    turn.refuse(Numeric::ERR_SASLFAIL, &[]);
}

/// Salt, iterations and nonce. Whoever has no keys gets those of nobody, always the same for a name.
fn challenge(turn: &mut Turn<'_>, first: &ClientFirst) {
    if let Err(patience) = turn.may_attempt(&first.name) {
        return ask_for_patience(turn, patience);
    }
    let secret = turn.hub.secret.clone();
    let secret = secret.reveal().as_bytes();
    let nobody = Keys::of_nobody(secret, &turn.world().fold(&first.name).to_string());
    let known = turn.world().account_by_name(&first.name);
    let keys = known.and_then(|account| Credentials::parse(&account.row.hash).keys?.parse().ok());
    let account = known.filter(|_| keys.is_some()).map(|account| account.row.id);
    turn.hub.last_nonce += 1;
    let nonce = scram::nonce(secret, turn.hub.started.0, turn.hub.last_nonce);
    let (answer, challenge) = first.answer(&nonce, keys.unwrap_or(nobody));
    say(turn, &answer, Awaits::Proof(Box::new(challenge), first.name.clone(), account));
}

/// Sends a message of the server's, and waits for what has to come then.
fn say(turn: &mut Turn<'_>, text: &str, awaits: Awaits) {
    for chunk in chunks(text.as_bytes()) {
        turn.reply.push(format!("AUTHENTICATE {}\r\n", *chunk));
    }
    turn.session().sasl = Some(Exchange { collector: Collector::default(), awaits });
}
