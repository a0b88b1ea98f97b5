//! One server, over as many links as it takes: the protocol's session together with the link under it, and when to try
//! again. It knows nothing of screens; what it has to tell comes back as [`Report`]s.

use klatch_protocol::{Fingerprint, UnixMs};

use super::Effect;
use crate::{
    net::{NetEvent, NetFailure, Step, Target},
    session::{self, Ending, Intent, Now, Output, Reconnect, Request, Session, Stage, Unsent},
    unsent::Account,
};

/// A server we are connected to, or want to be.
pub(super) struct Connection {
    target: Target,
    known: Option<Fingerprint>,
    session: Session,
    /// Whose words are kept when they are not confirmed.
    account: Account,
    /// What the session counted when they were kept last; `None` until it is known what earlier runs have left, since
    /// that would be overwritten.
    kept: Option<u64>,
    phase: Phase,
    reconnect: Reconnect,
    /// State of the chance that spreads attempts to reconnect.
    chance: u64,
}

/// How far we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// A link is being made; the last step that was done.
    Dialing(Option<Step>),
    /// There is a link, and we are signing in.
    SigningIn(Option<Stage>),
    /// We are in.
    In,
    /// The link broke; the next attempt is at this time of the steady clock.
    Waiting(u64),
    /// There is no link and there will be none by itself.
    Over,
}

/// Something that happened on the connection.
#[derive(Debug, PartialEq)]
pub(super) enum Report {
    /// The session has something to tell.
    Session(session::Event),
    /// Nobody vouches for the server's certificate.
    UnknownKey(Fingerprint),
    /// The server's certificate is not the one known.
    ChangedKey { known: Fingerprint, seen: Fingerprint },
    /// There is no link.
    NoLink(NetFailure),
    /// There was a link, and it is gone.
    Broken(String),
}

impl Connection {
    /// Begins to connect to `target` with `intent`: first it is asked what earlier runs have left, and when
    /// [`Connection::restore`] tells that, a link is made. `known` is the certificate to trust, if it is not to be looked
    /// up.
    pub(super) fn begin(
        target: Target,
        known: Option<Fingerprint>,
        intent: Intent,
        chance: u64,
        effects: &mut Vec<Effect>,
    ) -> Self {
        let account = Account { target: target.clone(), user: intent.user.clone() };
        effects.push(Effect::Recall(account.clone()));
        let (session, phase, reconnect) = (Session::new(intent, chance), Phase::Dialing(None), Reconnect::default());
        Connection { target, known, session, account, kept: None, phase, reconnect, chance }
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// As whom we are connected, and where.
    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// Why it ended for good, if it did.
    pub(super) fn ending(&self) -> Option<&Ending> {
        self.session.ending()
    }

    /// Whether older lines can be asked for now.
    pub(super) fn has_history(&self) -> bool {
        self.session.has_history()
    }

    /// How many messages of ours are not on the server.
    pub(super) fn unsent(&self) -> usize {
        self.session.unsent()
    }

    /// Whether it waits to be told what earlier runs have left for this account.
    pub(super) fn awaits(&self, account: &Account) -> bool {
        self.kept.is_none() && self.account == *account
    }

    /// What earlier runs could not get confirmed is ours now, and the link can be made.
    pub(super) fn restore(&mut self, now: Now, messages: Vec<Unsent>, effects: &mut Vec<Effect>) -> Vec<Report> {
        let mut outputs = Vec::new();
        self.session.restore(now, messages, &mut outputs);
        self.kept = Some(self.session.unsent_changes());
        self.dial(effects);
        self.follow(now, outputs, effects)
    }

    /// Keeps what is not confirmed, if that changed.
    pub(super) fn keep(&mut self, effects: &mut Vec<Effect>) {
        let changes = self.session.unsent_changes();
        if self.kept.is_some_and(|kept| kept != changes) {
            self.kept = Some(changes);
            effects.push(Effect::Keep(self.account.clone(), self.session.unsent_messages()));
        }
    }

    /// The time for a line of our own: by the server's clock, so that it stands where it belongs.
    pub(super) fn clock(&self, now: Now) -> UnixMs {
        self.session.clock(now.wall)
    }

    /// Makes a new link now, where there is none.
    pub(super) fn dial(&mut self, effects: &mut Vec<Effect>) {
        self.phase = Phase::Dialing(None);
        effects.push(Effect::Dial { target: self.target.clone(), known: self.known });
    }

    /// The user wants a new link: the one there is is given up, and what ended the last one for good counts no more.
    pub(super) fn reconnect(&mut self, now: Now, effects: &mut Vec<Effect>) -> Vec<Report> {
        let mut outputs = Vec::new();
        self.session.lost(now, &mut outputs);
        let reports = self.follow(now, outputs, effects);
        self.session.resume();
        self.dial(effects);
        reports
    }

    /// The user trusts `seen`: it is kept, and the attempt goes on.
    pub(super) fn trust(&mut self, seen: Fingerprint, effects: &mut Vec<Effect>) {
        self.known = Some(seen);
        effects.push(Effect::Trust { target: self.target.clone(), seen });
        self.dial(effects);
    }

    /// Tries again later: at once the first time, then after longer and longer.
    pub(super) fn try_later(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let chance = self.roll();
        let delay = self.reconnect.next_delay(chance);
        if delay.is_zero() {
            self.dial(effects);
        } else {
            let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
            self.phase = Phase::Waiting(now.mono.saturating_add(millis));
        }
    }

    /// Makes the attempt now that is to be made later, if there is one.
    pub(super) fn hurry(&mut self, effects: &mut Vec<Effect>) {
        if matches!(self.phase, Phase::Waiting(_)) {
            self.dial(effects);
        }
    }

    /// Gives the link up for good.
    pub(super) fn give_up(&mut self, effects: &mut Vec<Effect>) {
        self.phase = Phase::Over;
        effects.push(Effect::HangUp);
    }

    /// Follows what happened on the link.
    pub(super) fn receive(&mut self, now: Now, event: NetEvent, effects: &mut Vec<Effect>) -> Vec<Report> {
        match event {
            NetEvent::Step(step) => {
                self.phase = Phase::Dialing(Some(step));
                Vec::new()
            }
            NetEvent::Ready => {
                self.phase = Phase::SigningIn(None);
                let mut outputs = Vec::new();
                self.session.open(now, &mut outputs);
                self.follow(now, outputs, effects)
            }
            NetEvent::Line(line) => {
                let mut outputs = Vec::new();
                self.session.receive(now, &line, &mut outputs);
                self.follow(now, outputs, effects)
            }
            NetEvent::UnknownKey { seen } => {
                self.phase = Phase::Over;
                vec![Report::UnknownKey(seen)]
            }
            NetEvent::ChangedKey { known, seen } => {
                self.phase = Phase::Over;
                vec![Report::ChangedKey { known, seen }]
            }
            NetEvent::Failed(failure) => {
                self.phase = Phase::Over;
                vec![Report::NoLink(failure)]
            }
            NetEvent::Closed { reason } => self.lost(now, reason, effects),
        }
    }

    /// Asks the session for something.
    pub(super) fn ask(&mut self, now: Now, request: Request, effects: &mut Vec<Effect>) -> Vec<Report> {
        let mut outputs = Vec::new();
        self.session.request(now, request, &mut outputs);
        self.follow(now, outputs, effects)
    }

    /// The time named by [`Connection::deadline`] has come.
    pub(super) fn due(&mut self, now: Now, effects: &mut Vec<Effect>) -> Vec<Report> {
        if matches!(self.phase, Phase::Waiting(until) if until <= now.mono) {
            self.dial(effects);
        }
        let mut outputs = Vec::new();
        self.session.tick(now, &mut outputs);
        self.follow(now, outputs, effects)
    }

    /// When [`Connection::due`] wants to be called.
    pub(super) fn deadline(&self) -> Option<u64> {
        let waiting = match self.phase {
            Phase::Waiting(until) => Some(until),
            _ => None,
        };
        [waiting, self.session.deadline()].into_iter().flatten().min()
    }

    fn lost(&mut self, now: Now, reason: String, effects: &mut Vec<Effect>) -> Vec<Report> {
        self.phase = Phase::Over;
        let mut outputs = Vec::new();
        self.session.lost(now, &mut outputs);
        let mut reports = self.follow(now, outputs, effects);
        reports.push(Report::Broken(reason));
        reports
    }

    fn follow(&mut self, now: Now, outputs: Vec<Output>, effects: &mut Vec<Effect>) -> Vec<Report> {
        let mut reports = Vec::new();
        // A message is kept before it leaves: what may have arrived is never forgotten.
        if outputs.iter().any(|output| matches!(output, Output::Send(_))) {
            self.keep(effects);
        }
        for output in outputs {
            match output {
                Output::Send(line) => effects.push(Effect::Line(line)),
                Output::Event(event) => {
                    self.note(&event);
                    reports.push(Report::Session(event));
                }
                Output::Close(reason) => {
                    effects.push(Effect::HangUp);
                    reports.extend(self.lost(now, reason, effects));
                }
            }
        }
        reports
    }

    fn note(&mut self, event: &session::Event) {
        match event {
            session::Event::Stage(stage) => self.phase = Phase::SigningIn(Some(*stage)),
            session::Event::Welcome { .. } => {
                self.phase = Phase::In;
                self.reconnect.arrived();
            }
            _ => {}
        }
    }

    /// The next number by chance (SplitMix64); good enough to spread attempts, and nothing else uses it.
    fn roll(&mut self) -> u32 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 32) as u32
    }
}
