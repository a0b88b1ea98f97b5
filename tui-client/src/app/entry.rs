//! The way in: the connect form and the attempt that it starts, until we are in or know why not. Nothing typed is lost on
//! the way, and every failure is a sentence at the field it belongs to.

use klatch_protocol::Fingerprint;

use super::{
    Effect,
    connection::{Connection, Phase},
};
use crate::{
    model::Model,
    net::{Security, Step, Target},
    session::{self, Intent, Stage, Way},
    settings::Recent,
    ui::form::{Field, Filled, Form},
};

/// The form with all that belongs to it.
pub(super) struct Entry {
    pub(super) form: Form,
    pub(super) attempt: Option<Attempt>,
    /// As asked for on the command line; the form has no field for it.
    security: Security,
    /// A room to go to once in.
    room: Option<String>,
    /// A server whose certificate is known at first hand: the hosted one.
    known: Option<(Target, Fingerprint)>,
}

/// An attempt to get in.
pub(super) struct Attempt {
    filled: Filled,
    take_over: bool,
    pub(super) connection: Connection,
    /// What the server says on the way is shown once we are in.
    pub(super) model: Model,
    /// Whether what was unsent could not be read, which has to be seen.
    pub(super) in_trouble: bool,
}

impl Entry {
    pub(super) fn new(
        form: Form,
        security: Security,
        room: Option<String>,
        known: Option<(Target, Fingerprint)>,
    ) -> Self {
        Entry { form, attempt: None, security, room, known }
    }

    /// Begins to connect with what was typed.
    pub(super) fn begin(&mut self, filled: Filled, take_over: bool, chance: u64, effects: &mut Vec<Effect>) {
        let target = Target { host: filled.host.clone(), port: filled.port, security: self.security };
        let known = self.known.as_ref().filter(|(known, _)| *known == target).map(|(_, seen)| *seen);
        let intent = self.intent(&filled, take_over);
        let mut model = Model::default();
        if let Some(room) = &self.room {
            model.expect(room);
        }
        let connection = Connection::begin(target, known, intent, chance, effects);
        self.attempt = Some(Attempt { filled, take_over, connection, model, in_trouble: false });
        self.show_steps();
    }

    fn intent(&self, filled: &Filled, take_over: bool) -> Intent {
        let password = filled.password.clone();
        let (way, code) = match &filled.sign_up {
            Some(sign_up) => (Way::SignUp { display: sign_up.display.clone(), password }, sign_up.code.clone()),
            None => (Way::LogIn { password, take_over }, None),
        };
        Intent { user: filled.user.clone(), way, code, rooms: self.room.iter().cloned().collect() }
    }

    /// Gives the attempt up, for this reason or because the user wants so.
    pub(super) fn stop(&mut self, failure: Option<(Field, String)>, effects: &mut Vec<Effect>) {
        if self.attempt.take().is_some() {
            effects.push(Effect::HangUp);
        }
        match failure {
            Some((field, sentence)) => self.form.set_error(field, sentence),
            None => self.form.stop(),
        }
    }

    /// The same attempt once more, in the place of the other device.
    pub(super) fn take_over(&mut self, chance: u64, effects: &mut Vec<Effect>) {
        if let Some(attempt) = self.attempt.take() {
            self.begin(attempt.filled, true, chance, effects);
        }
    }

    /// Shows how far the attempt has come.
    pub(super) fn show_steps(&mut self) {
        if let Some(attempt) = &self.attempt {
            self.form.set_steps(&steps(attempt.connection.phase(), attempt.connection.target().security));
        }
    }
}

impl Attempt {
    /// The user name.
    pub(super) fn user(&self) -> &str {
        &self.filled.user
    }

    /// Whether it was to take the place of another device already.
    pub(super) fn takes_over(&self) -> bool {
        self.take_over
    }

    /// What to remember for the next time.
    pub(super) fn recent(&self) -> Recent {
        Recent { host: self.filled.host.clone(), port: self.filled.port, user: self.filled.user.clone() }
    }
}

/// What is done and, last, what is being done.
fn steps(phase: Phase, security: Security) -> Vec<&'static str> {
    let secured = match security {
        Security::Tls => "TLS ok",
        Security::Plain => "not encrypted",
    };
    match phase {
        Phase::Dialing(None) => vec!["looking for the server"],
        Phase::Dialing(Some(Step::Found)) => vec!["found", "connecting"],
        Phase::Dialing(Some(Step::Connected(_))) if security == Security::Tls => vec!["found", "connected", "TLS"],
        Phase::Dialing(Some(Step::Connected(_) | Step::Secured)) => vec!["found", secured],
        Phase::SigningIn(None | Some(Stage::Greeting)) => vec!["found", secured, "waiting for the server"],
        Phase::SigningIn(Some(Stage::SigningUp)) => vec!["found", secured, "signing up"],
        Phase::SigningIn(Some(Stage::SigningIn)) => vec!["found", secured, "signing in"],
        Phase::SigningIn(Some(Stage::Entering)) | Phase::In => vec!["found", secured, "signed in", "entering"],
        Phase::Waiting(_) | Phase::Over => vec!["waiting for your answer"],
    }
}

/// The form's field for a field that a failure belongs to.
pub(super) fn field(field: session::Field) -> Field {
    match field {
        session::Field::Host => Field::Server,
        session::Field::Port => Field::Port,
        session::Field::Display => Field::Display,
        session::Field::User => Field::User,
        session::Field::Password => Field::Password,
        session::Field::Code => Field::Code,
        session::Field::Form => Field::Connect,
    }
}
