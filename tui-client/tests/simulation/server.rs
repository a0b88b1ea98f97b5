//! The server: the real hub and its loop (take what came, handle it, commit, release), but with a disk and a clock that
//! the simulation owns, and with moments at which it can be killed.

use klatch_protocol::UnixMs;
use klatch_server::hub::{
    Hub,
    io::{AuthJob, AuthOutcome, AuthRequest, ConnId, Effects, Input, Now, Send},
    policy::Policy,
};

use crate::{chance::Chance, disk::Disk};

/// How often a full disk is tried again.
const FULL_DISK_PAUSE: u64 = 250;

pub(crate) struct Server {
    hub: Option<Hub>,
    pub(crate) disk: Disk,
    /// The most records of one answer about history.
    page: u32,
    /// Whether one person may have several devices.
    many_devices: bool,
    inbox: Vec<Input>,
    /// What is being committed, and when that will be done.
    committing: Option<(Effects, u64)>,
    /// Its clock minus the true one.
    pub(crate) skew: i64,
    pub(crate) up_at: u64,
}

/// Where in its loop the server is killed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Killed {
    /// Nothing of the burst is on disk.
    BeforeCommit,
    /// The burst is on disk, and nobody has heard of it.
    AfterCommit,
    /// The burst is on disk, and only some have heard of it.
    HalfReleased,
}

impl Server {
    pub(crate) fn new(disk: Disk, page: u32, many_devices: bool) -> Self {
        Server { hub: None, disk, page, many_devices, inbox: Vec::new(), committing: None, skew: 0, up_at: 0 }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.hub.is_some()
    }

    fn now(&self, time: u64) -> Now {
        Now { mono: time, wall: UnixMs(time.cast_signed() + self.skew) }
    }

    pub(crate) fn start(&mut self, time: u64) {
        let policy = Policy {
            server_name: "sim.test".into(),
            flood: None,
            history_page: self.page,
            many_devices: self.many_devices,
            ..Policy::default()
        };
        self.hub = Some(Hub::new(policy, self.disk.load(), self.now(time).wall));
    }

    /// It is killed, and what was not durable is gone. Returned is what had been released already.
    pub(crate) fn kill(&mut self, how: Killed, lying: bool, chance: &mut Chance) -> Vec<Send> {
        self.hub = None;
        self.inbox.clear();
        let mut told = Vec::new();
        if let Some((mut effects, _)) = self.committing.take()
            && !matches!(how, Killed::BeforeCommit)
        {
            self.disk.commit(std::mem::take(&mut effects.writes));
            if matches!(how, Killed::HalfReleased) {
                told = effects.sends;
                told.truncate(usize::try_from(chance.below(told.len() as u64 + 1)).unwrap());
            }
        }
        self.disk.lose_power(lying);
        told
    }

    pub(crate) fn take(&mut self, input: Input) {
        if self.hub.is_some() {
            self.inbox.push(input);
        }
    }

    /// When it next has something to do.
    pub(crate) fn next(&self, time: u64) -> Option<u64> {
        let hub = self.hub.as_ref()?;
        match &self.committing {
            Some((_, done)) => Some(*done),
            None if !self.inbox.is_empty() => Some(time),
            None => hub.next_deadline(),
        }
    }

    /// Does what is due; what is released is returned.
    pub(crate) fn turn(&mut self, time: u64, chance: &mut Chance) -> Vec<Send> {
        if let Some((_, done)) = &mut self.committing {
            if *done > time {
                return Vec::new();
            }
            if self.disk.full_until > time {
                *done = time + FULL_DISK_PAUSE;
                return Vec::new();
            }
            let (mut effects, _) = self.committing.take().unwrap();
            self.disk.commit(std::mem::take(&mut effects.writes));
            return self.release(effects);
        }
        let now = self.now(time);
        let Some(hub) = &mut self.hub else { return Vec::new() };
        let mut effects = Effects::default();
        for input in std::mem::take(&mut self.inbox) {
            hub.handle(now, input, &mut effects);
        }
        if hub.next_deadline().is_some_and(|deadline| deadline <= time) {
            hub.handle(now, Input::Tick, &mut effects);
        }
        if effects.writes.is_empty() {
            return self.release(effects);
        }
        let takes = if self.disk.slow_until > time { chance.below(1_500) } else { chance.below(4) };
        self.committing = Some((effects, time + takes));
        Vec::new()
    }

    fn release(&mut self, effects: Effects) -> Vec<Send> {
        for (ticket, query) in effects.queries {
            self.inbox.push(Input::Answer { ticket, answer: self.disk.query(&query) });
        }
        for AuthRequest { ticket, job, .. } in effects.auth {
            let outcome = match job {
                AuthJob::Hash { password } => AuthOutcome::Hashed(format!("hash of {}", *password).into()),
                AuthJob::Verify { hash, password } => {
                    AuthOutcome::Verified(hash.is_some_and(|hash| *hash == *format!("hash of {}", *password)))
                }
            };
            self.inbox.push(Input::Auth { ticket, outcome });
        }
        effects.sends
    }
}

/// The lines of some bytes that go to one connection each.
pub(crate) fn unpack(sends: Vec<Send>) -> Vec<(ConnId, Option<String>)> {
    let lines = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).unwrap().to_owned();
        text.split("\r\n").filter(|line| !line.is_empty()).map(|line| Some(line.to_owned())).collect::<Vec<_>>()
    };
    let mut out = Vec::new();
    for send in sends {
        match send {
            Send::One(conn, bytes) => out.extend(lines(&bytes).into_iter().map(|line| (conn, line))),
            Send::Many(all, bytes) => {
                let lines = lines(&bytes);
                out.extend(all.iter().flat_map(|conn| lines.iter().map(move |line| (conn, line.clone()))));
            }
            Send::Close(conn) => out.push((conn, None)),
        }
    }
    out
}
