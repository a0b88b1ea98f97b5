//! Who is typing, and until when that may be believed (ircv3.net "typing client tag", "Client implementation
//! considerations"): a client that goes away in the middle of a word never says that it has stopped.

use klatch_protocol::CaseMapping;

use super::{Place, Typing, speech::same_place};

/// Milliseconds after which somebody who does not say so again has stopped.
const BELIEVED: u64 = 6_000;
/// The most who are followed at a time.
const MOST: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Typists {
    typists: Vec<Typist>,
    names: CaseMapping,
}

#[derive(Debug)]
struct Typist {
    place: Place,
    nick: String,
    until: u64,
}

impl Typists {
    /// Somebody told what they do; says whether it is worth telling further.
    pub(super) fn told(&mut self, mono: u64, place: &Place, nick: &str, state: Typing) -> bool {
        self.stopped(place, nick);
        if state == Typing::Active {
            if self.typists.len() >= MOST {
                return false;
            }
            let (place, nick) = (place.clone(), nick.to_owned());
            self.typists.push(Typist { place, nick, until: mono.saturating_add(BELIEVED) });
        }
        true
    }

    /// Somebody has said it.
    pub(super) fn stopped(&mut self, place: &Place, nick: &str) {
        let names = self.names;
        let same = |typist: &Typist| names.same(&typist.nick, nick) && same_place(names, &typist.place, place);
        self.typists.retain(|typist| !same(typist));
    }

    /// A place has another name.
    pub(super) fn renamed(&mut self, old: &Place, new: &Place) {
        let names = self.names;
        for typist in self.typists.iter_mut().filter(|typist| same_place(names, &typist.place, old)) {
            typist.place = new.clone();
        }
    }

    /// Those who are not believed to type any more.
    pub(super) fn overdue(&mut self, mono: u64) -> Vec<(Place, String)> {
        let overdue = self.typists.extract_if(.., |typist| typist.until <= mono);
        overdue.map(|typist| (typist.place, typist.nick)).collect()
    }

    /// When the first of them is not believed any more.
    pub(super) fn deadline(&self) -> Option<u64> {
        self.typists.iter().map(|typist| typist.until).min()
    }

    /// Names are compared otherwise from now on.
    pub(super) fn compare_names(&mut self, names: CaseMapping) {
        self.names = names;
    }
}
