//! Which names are taken: by whom a name is held however it is written, and who has one that looks like it.

use std::collections::{BTreeMap, HashMap};

use klatch_protocol::{Folded, casemap::skeleton};

/// The names of one kind of thing.
#[derive(Debug)]
pub(super) struct Names<Id> {
    taken: BTreeMap<Folded, Id>,
    /// By skeleton; none where looks do not count.
    looks: Option<HashMap<String, Id>>,
}

impl<Id: Copy + Eq> Names<Id> {
    /// No names. Where `looks` count, two that look alike cannot both be taken (UTS 39 section 4).
    pub(super) fn new(looks: bool) -> Self {
        Names { taken: BTreeMap::new(), looks: looks.then(HashMap::new) }
    }

    /// Who has this name.
    pub(super) fn get(&self, folded: &Folded) -> Option<Id> {
        self.taken.get(folded).copied()
    }

    /// Who has this name, or one that looks like it.
    pub(super) fn holder(&self, name: &str, folded: &Folded) -> Option<Id> {
        self.get(folded).or_else(|| self.looks.as_ref()?.get(&skeleton(name)).copied())
    }

    /// From now on `id` has the name. Of names that were taken when other rules held, the first keeps its looks.
    pub(super) fn take(&mut self, name: &str, folded: &Folded, id: Id) {
        self.taken.entry(folded.clone()).or_insert(id);
        if let Some(looks) = &mut self.looks {
            looks.entry(skeleton(name)).or_insert(id);
        }
    }

    /// `id` has the name no more.
    pub(super) fn free(&mut self, name: &str, folded: &Folded, id: Id) {
        if self.get(folded) == Some(id) {
            self.taken.remove(folded);
        }
        if let Some(looks) = &mut self.looks {
            let look = skeleton(name);
            if looks.get(&look) == Some(&id) {
                looks.remove(&look);
            }
        }
    }

    /// Everything that has a name, by name.
    pub(super) fn holders(&self) -> impl Iterator<Item = Id> {
        self.taken.values().copied()
    }
}

#[cfg(test)]
mod tests {
    use klatch_protocol::fold;

    use super::*;

    #[test]
    fn names_that_look_alike_have_one_holder() {
        let mut names = Names::new(true);
        names.take("evan", &fold("evan"), 1);
        assert_eq!(names.holder("EVAN", &fold("EVAN")), Some(1));
        assert_eq!(names.holder("еvan", &fold("еvan")), Some(1), "with a Cyrillic letter");
        assert_eq!(names.get(&fold("еvan")), None);
        names.free("evan", &fold("evan"), 2);
        assert_eq!(names.get(&fold("evan")), Some(1), "who does not hold it cannot free it");
        names.free("evan", &fold("evan"), 1);
        assert_eq!(names.holder("еvan", &fold("еvan")), None);
        let mut plain = Names::new(false);
        plain.take("evan", &fold("evan"), 1);
        assert_eq!(plain.holder("еvan", &fold("еvan")), None);
    }
}
