//! The real file in which klatch keeps what is not confirmed.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use klatch::{
    files::Paths,
    net::Target,
    session::Unsent,
    unsent::{Account, Slot},
};

use crate::client::Client;

/// How long a file may stay locked after its klatch is gone.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct File {
    paths: Paths,
    account: Account,
    slot: Slot,
    written: Vec<Unsent>,
}

impl File {
    pub(crate) fn new(home: &Path, target: &Target, user: &str) -> Self {
        let account = Account { target: target.clone(), user: user.to_owned() };
        let paths = Paths::under(home);
        let (slot, _) = Slot::take(&paths, &account).expect("there is a file to be had");
        File { paths, account, slot, written: Vec::new() }
    }

    /// Writes what is unsent, if that changed.
    pub(crate) fn keep(&mut self, client: &Client) {
        if self.written != client.kept {
            self.slot.write(&client.kept).expect("the file can be written");
            self.written.clone_from(&client.kept);
        }
    }

    /// klatch is killed, which gives its file free, and the next one takes what it finds: all that was written last.
    pub(crate) fn change_hands(&mut self) -> Vec<Unsent> {
        // While the old one is still there, the new one gets another file.
        let (second, nothing) = Slot::take(&self.paths, &self.account).expect("there is a file to be had");
        assert_eq!(nothing.messages, [], "what a running klatch keeps is its own");
        self.slot = second;
        let began = Instant::now();
        loop {
            let (third, found) = Slot::take(&self.paths, &self.account).expect("there is a file to be had");
            if found.messages == self.written {
                self.slot = third;
                return found.messages;
            }
            // A process that is just being started has our locks as well until its program is loaded, and this one starts
            // klatchd. klatch starts none.
            assert!(began.elapsed() < PATIENCE, "{:?} was written, {found:?} was found", self.written);
            thread::yield_now();
        }
    }
}
