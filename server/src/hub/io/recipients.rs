//! Who gets something that many get.

use std::sync::Arc;

use super::ConnId;

/// Connections in the order in which they were added. Copies share what they have in common, so that each line to a large
/// room can carry the list of those it goes to, while people come and go.
#[derive(Debug, Clone, Default)]
pub struct Conns {
    /// None is empty, and all but the last were filled once.
    leaves: Arc<Vec<Arc<Vec<ConnId>>>>,
}

/// How many connections a part of the list holds: what is copied when somebody comes while a copy exists.
const LEAF: usize = 128;

impl Conns {
    /// Adds one at the end.
    pub fn push(&mut self, conn: ConnId) {
        let leaves = Arc::make_mut(&mut self.leaves);
        match leaves.last_mut() {
            Some(leaf) if leaf.len() < LEAF => Arc::make_mut(leaf).push(conn),
            _ => leaves.push(Arc::new(vec![conn])),
        }
    }

    /// Takes one out; whether it was there.
    pub fn remove(&mut self, conn: ConnId) -> bool {
        let place = |leaf: &Arc<Vec<ConnId>>| leaf.iter().position(|known| *known == conn);
        let Some((number, at)) = self.leaves.iter().enumerate().find_map(|(number, leaf)| Some((number, place(leaf)?)))
        else {
            return false;
        };
        let leaves = Arc::make_mut(&mut self.leaves);
        if let Some(leaf) = leaves.get_mut(number) {
            Arc::make_mut(leaf).remove(at);
            if leaf.is_empty() {
                leaves.remove(number);
            }
        }
        true
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.leaves.iter().map(|leaf| leaf.len()).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = ConnId> {
        self.leaves.iter().flat_map(|leaf| leaf.iter().copied())
    }
}

impl FromIterator<ConnId> for Conns {
    fn from_iter<I: IntoIterator<Item = ConnId>>(all: I) -> Self {
        let mut conns = Conns::default();
        all.into_iter().for_each(|conn| conns.push(conn));
        conns
    }
}

/// Names a group of connections over several sends.
///
/// No connection is in two groups of one audience, and of two sends to the same group the later one's list begins with
/// the earlier one's: when anybody leaves, there is another audience. So what goes to a group can be put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupId {
    /// Those who hear the same, in whatever form. Never used again.
    pub audience: u64,
    /// Those of them who get it in the same form.
    pub group: usize,
}

/// Who gets something.
#[derive(Debug, Clone)]
pub struct Recipients {
    /// Which connections.
    pub conns: Conns,
    /// But not this one, should it be among them.
    pub except: Option<ConnId>,
    /// Which group they are, if they are one that will be written to again.
    pub group: Option<GroupId>,
}

impl Recipients {
    /// All who get it.
    pub fn iter(&self) -> impl Iterator<Item = ConnId> {
        self.conns.iter().filter(|conn| Some(*conn) != self.except)
    }
}

impl FromIterator<ConnId> for Recipients {
    fn from_iter<I: IntoIterator<Item = ConnId>>(all: I) -> Self {
        Recipients { conns: all.into_iter().collect(), except: None, group: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_stay_as_they_were() {
        let all = LEAF as u64 * 3;
        let mut conns: Conns = (0..all).map(ConnId).collect();
        let before = conns.clone();
        conns.push(ConnId(all));
        assert!(conns.remove(ConnId(5)) && !conns.remove(ConnId(5)));
        assert!(before.iter().eq((0..all).map(ConnId)));
        assert!(conns.iter().eq((0..=all).filter(|number| *number != 5).map(ConnId)));
        assert_eq!((before.len(), conns.len()), (all as usize, all as usize));
    }

    #[test]
    fn nobody_is_left_when_all_have_gone() {
        let mut conns: Conns = (0..300).map(ConnId).collect();
        for number in (0..300).rev() {
            assert!(conns.remove(ConnId(number)));
        }
        assert!(conns.is_empty() && conns.iter().next().is_none());
    }

    #[test]
    fn one_can_be_left_out() {
        let all: Recipients = (1..4).map(ConnId).collect();
        let some = Recipients { except: Some(ConnId(2)), ..all };
        assert!(some.iter().eq([ConnId(1), ConnId(3)]));
    }
}
