//! Making an account: REGISTER and VERIFY (ircv3.net "account-registration").

use std::sync::Arc;

use klatch_protocol::{AccountName, Message};
use zeroize::Zeroizing;

use crate::hub::{
    io::{AccountId, AuthJob, News, Urgency},
    session::{Job, Stage},
    throttle::Attempt,
    turn::Turn,
    world::{Change, Command, Refusal},
};

/// REGISTER `<account> <email> <password>`. No mail is sent and no address is kept; where the operator wants one, it has to
/// look like one. So nothing is ever asked to be verified (`VERIFICATION_REQUIRED`), and an address that is one is never
/// refused (`UNACCEPTABLE_EMAIL`).
pub(super) fn register(turn: &mut Turn<'_>, message: &Message<'_>) {
    let [wanted, email, password, ..] = *message.params() else { return };
    let nick = turn.nick();
    let wanted = if wanted == "*" { &nick } else { wanted };
    if let Err((code, text)) = check(turn, &nick, wanted, email, password) {
        // The specification shows COMPLETE_CONNECTION_REQUIRED without the account; servers in use and the conformance suite
        // have it there as well, and standard replies allow it.
        let context = if code == "NEED_NICK" { "*" } else { wanted };
        return turn.fail("REGISTER", code, &[context], &text);
    }
    let name = match AccountName::under(turn.mapping(), wanted) {
        Ok(name) => name,
        Err(fault) => return turn.fail("REGISTER", "BAD_ACCOUNT_NAME", &[wanted], &format!("The name {fault}")),
    };
    let attempt = match count(turn, &name) {
        Ok(Some(attempt)) => attempt,
        Ok(None) => return,
        Err(text) => return turn.fail("REGISTER", "TEMPORARILY_UNAVAILABLE", &[name.as_str()], &text),
    };
    let password = Zeroizing::new(password.to_owned());
    turn.ask_auth(AuthJob::Hash { password }, Urgency::SignUp, Job::SignUp { name, attempt });
}

/// Counts the account that is to be made, if it can be made; where it cannot, that is answered, and there is nothing to
/// count. Who asks in vain for names or tries codes is counted as who tries passwords: the answers tell as much.
///
/// # Errors
/// A sentence that says how long to wait.
fn count(turn: &mut Turn<'_>, name: &AccountName) -> Result<Option<Attempt>, String> {
    let question = turn.attempt(None).map_err(|patience| patience.sentence("Too many attempts"))?;
    let (code, by) = (turn.session().code.clone(), turn.me());
    if let Err(refusal) = turn.world().check_sign_up(name, code.as_ref().map(|code| code.as_str()), by) {
        if matches!(refusal, Refusal::SignUpClosed) || (matches!(refusal, Refusal::CodeNeeded) && code.is_none()) {
            turn.hub.throttle.give_back(question);
        }
        turn.refuse_sign_up(name, refusal);
        return Ok(None);
    }
    turn.hub.throttle.give_back(question);
    if code.is_some() {
        // Codes are few, and each is good for one account.
        return Ok(Some(Attempt::default()));
    }
    let many = "Too many accounts were made from your address";
    turn.attempt_sign_up().map(Some).map_err(|patience| patience.sentence(many))
}

/// What can be told without looking at other accounts: the FAIL code and its sentence.
fn check(
    turn: &mut Turn<'_>,
    nick: &str,
    wanted: &str,
    email: &str,
    password: &str,
) -> Result<(), (&'static str, String)> {
    let policy = turn.hub.policy.clone();
    if matches!(turn.session().stage, Stage::Registering(_)) && !policy.register_before_connect {
        return Err(("COMPLETE_CONNECTION_REQUIRED", "Finish connecting first, then make the account".into()));
    }
    if nick == "*" {
        return Err(("NEED_NICK", "Send NICK first: the account gets that name".into()));
    }
    if turn.session().account.is_some() {
        return Err(("ALREADY_AUTHENTICATED", "You are logged in already".into()));
    }
    if !policy.casemapping.same(nick, wanted) {
        return Err(("ACCOUNT_NAME_MUST_BE_NICK", format!("The account's name has to be your nick, {nick}")));
    }
    if wanted.chars().count() < policy.min_user {
        return Err(("BAD_ACCOUNT_NAME", format!("A user name has at least {} characters", policy.min_user)));
    }
    if policy.email_required && !is_address(email) {
        return Err(("INVALID_EMAIL", "An e-mail address is needed here".into()));
    }
    let length = password.chars().count();
    if length < policy.min_password {
        return Err(("WEAK_PASSWORD", format!("A password has at least {} characters", policy.min_password)));
    }
    if length > policy.max_password {
        return Err(("UNACCEPTABLE_PASSWORD", format!("A password has at most {} characters", policy.max_password)));
    }
    Ok(())
}

/// Whether a text has the form of an address: something, `@`, and a name with a dot in it. Whether mail arrives there is
/// not found out.
fn is_address(text: &str) -> bool {
    let plain = text.len() <= 254 && !text.contains(|c: char| c.is_control() || c.is_whitespace());
    let form = text.rsplit_once('@').is_some_and(|(who, host)| {
        !who.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    });
    plain && form
}

/// VERIFY: no account here ever waits for a code.
pub(super) fn verify(turn: &mut Turn<'_>, message: &Message<'_>) {
    let account = message.param(0).unwrap_or_default();
    let before = matches!(turn.session().stage, Stage::Registering(_)) && !turn.hub.policy.register_before_connect;
    let (code, text) = if turn.session().account.is_some() {
        ("ALREADY_AUTHENTICATED", "You are logged in already")
    } else if before {
        ("COMPLETE_CONNECTION_REQUIRED", "Finish connecting first")
    } else {
        ("INVALID_CODE", "No account waits for a code; REGISTER makes one at once")
    };
    turn.fail("VERIFY", code, &[account], text);
}

impl Turn<'_> {
    /// The hash is there: makes the account, if everything is still as it was.
    pub(in crate::hub) fn sign_up(&mut self, name: &AccountName, hash: Arc<str>) {
        let (code, by) = (self.session().code.take(), self.me());
        let display = match self.myself() {
            Some(user) => user.display.clone(),
            None => self.session().registration().map(|known| known.display.clone()).unwrap_or_default(),
        };
        let display = if display.is_empty() { name.as_str().to_owned() } else { display };
        let command = Command::CreateAccount { name: name.clone(), display, hash, code, by };
        let changes = match self.hub.world.apply(self.now.wall, command) {
            Ok(changes) => changes,
            Err(refusal) => return self.refuse_sign_up(name, refusal),
        };
        let created = changes.iter().find_map(|change| match change {
            Change::AccountCreated(row) => Some(row.id),
            _ => None,
        });
        self.hub.publish(changes, self.effects, Some(&mut self.reply));
        if let Some(account) = created {
            self.greet_account(account, name);
        }
    }

    /// "Afterward, the client is assumed to be authenticated to the account as if it used SASL."
    fn greet_account(&mut self, account: AccountId, name: &AccountName) {
        let peer = self.session().peer.clone();
        self.effects.news.push(News::AccountCreated { account: name.as_str().to_owned(), peer });
        self.say_as_server(|line| {
            line.command("REGISTER").param("SUCCESS").param(name).trailing("Account created; you are logged in")
        });
        if let Some(user) = self.me() {
            // The account is new, so nobody else can be logged in to it.
            let _ = self.apply(Command::LogIn { user, account });
        }
        self.know_address(name.as_str());
        self.remember_login(account);
        self.tell_logged_in();
        self.try_to_register();
    }

    fn refuse_sign_up(&mut self, name: &AccountName, refusal: Refusal) {
        let (code, text) = match refusal {
            Refusal::SignUpClosed => ("REGISTRATION_CLOSED", "Sign-up is closed here; ask the operator"),
            Refusal::CodeNeeded => {
                ("INVITE_REQUIRED", "The invitation code is missing, not known, or was used already")
            }
            _ => ("ACCOUNT_EXISTS", "The user name is taken; choose another"),
        };
        self.fail("REGISTER", code, &[name.as_str()], text);
    }
}
