//! What happens because time passes: registrations that take too long, connections gone silent, lines that may go on.

use klatch_protocol::LineBuilder;

use super::{
    Hub,
    io::{ConnId, Effects, Now, Send},
    session::{Job, Stage},
};

/// The most bytes that may wait on one connection, whatever the flood settings say.
pub(super) const MAX_BACKLOG: usize = 1024 * 1024;

/// What a silent connection needs.
enum Care {
    /// To be looked at later.
    Wait(u64),
    /// A PING.
    Ping(u64),
    /// To be given up.
    GiveUp(String),
}

impl Hub {
    /// Does everything whose time has come.
    pub(super) fn tick(&mut self, now: Now, effects: &mut Effects) {
        // What is left is due still, and has its turn when this was handed over.
        while !effects.is_full()
            && let Some(conn) = self.deadlines.pop_due(now.mono)
        {
            self.look_after(now, conn, effects);
        }
        self.forget_old(now, effects);
        self.advance_shutdown(now, effects);
    }

    fn look_after(&mut self, now: Now, conn: ConnId, effects: &mut Effects) {
        match self.care_for(now, conn) {
            None => return,
            Some(Care::GiveUp(reason)) => return self.expel(conn, &reason, effects),
            Some(Care::Ping(next)) => {
                self.deadlines.at_latest(conn, next);
                self.ping(conn, effects);
            }
            Some(Care::Wait(next)) => self.deadlines.at_latest(conn, next),
        }
        match self.sessions.get(&conn).and_then(|session| session.pending.as_ref()).map(|pending| &pending.job) {
            Some(Job::Probe { until, .. }) if *until <= now.mono => self.end_probe(conn, effects),
            Some(Job::Probe { until, .. }) => self.deadlines.at_latest(conn, *until),
            Some(_) => {}
            None => self.pump(now, conn, effects),
        }
    }

    fn care_for(&self, now: Now, conn: ConnId) -> Option<Care> {
        let session = self.sessions.get(&conn)?;
        if matches!(session.stage, Stage::Registering(_)) {
            let late = now.mono >= session.register_by;
            return Some(if late {
                Care::GiveUp("Registration took too long".into())
            } else {
                Care::Wait(session.register_by)
            });
        }
        let patience = self.policy.ping_after.max(1_000);
        let (ping_at, give_up_at) =
            (session.heard.saturating_add(patience), session.heard.saturating_add(patience.saturating_mul(2)));
        Some(match session.pinged {
            true if now.mono >= give_up_at => {
                Care::GiveUp(format!("Ping timeout: {} seconds", (now.mono - session.heard) / 1_000))
            }
            true => Care::Wait(give_up_at),
            false if now.mono >= ping_at => Care::Ping(now.mono.saturating_add(patience).max(give_up_at)),
            false => Care::Wait(ping_at),
        })
    }

    /// Asks a connection whether it is there.
    pub(super) fn ping(&mut self, conn: ConnId, effects: &mut Effects) {
        if let Some(session) = self.sessions.get_mut(&conn) {
            session.pinged = true;
            let line = LineBuilder::new().command("PING").trailing(&self.policy.server_name).end();
            effects.sends.push(Send::One(conn, line.into()));
        }
    }
}
