//! A queue with a lane for each who waits: whoever has much waiting gets on as fast as who has little.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// What waits, in lanes that take turns; oldest first within a lane.
#[derive(Debug)]
pub(crate) struct Lanes<K, T> {
    lanes: HashMap<K, VecDeque<T>>,
    /// The lanes that hold something, the next one in front.
    turns: VecDeque<K>,
}

impl<K, T> Default for Lanes<K, T> {
    fn default() -> Self {
        Lanes { lanes: HashMap::new(), turns: VecDeque::new() }
    }
}

impl<K: Copy + Eq + Hash, T> Lanes<K, T> {
    /// Adds something at the end of a lane.
    pub(crate) fn push(&mut self, lane: K, item: T) {
        let items = self.lanes.entry(lane).or_default();
        if items.is_empty() {
            self.turns.push_back(lane);
        }
        items.push_back(item);
    }

    /// Whose turn it is, and what.
    pub(crate) fn pop(&mut self) -> Option<(K, T)> {
        let lane = self.turns.pop_front()?;
        let items = self.lanes.get_mut(&lane)?;
        let item = items.pop_front()?;
        match items.is_empty() {
            true => drop(self.lanes.remove(&lane)),
            false => self.turns.push_back(lane),
        }
        Some((lane, item))
    }

    /// Takes out the first that is `wanted`, wherever it waits.
    pub(crate) fn remove(&mut self, wanted: impl Fn(&T) -> bool) -> Option<T> {
        let (lane, position) = self
            .lanes
            .iter()
            .find_map(|(lane, items)| items.iter().position(&wanted).map(|position| (*lane, position)))?;
        let items = self.lanes.get_mut(&lane)?;
        let item = items.remove(position);
        if items.is_empty() {
            self.lanes.remove(&lane);
            self.turns.retain(|turn| *turn != lane);
        }
        item
    }

    /// How many wait in a lane.
    pub(crate) fn waiting(&self, lane: K) -> usize {
        self.lanes.get(&lane).map_or(0, VecDeque::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_take_turns_and_nothing_is_lost() {
        let mut lanes = Lanes::default();
        for (lane, item) in [('a', 1), ('a', 2), ('a', 3), ('b', 4), ('c', 5), ('c', 6)] {
            lanes.push(lane, item);
        }
        assert_eq!((lanes.remove(|item| *item == 4), lanes.remove(|item| *item == 4)), (Some(4), None));
        assert_eq!(lanes.pop(), Some(('a', 1)));
        lanes.push('b', 7);
        assert_eq!(['a', 'b', 'd'].map(|lane| lanes.waiting(lane)), [2, 1, 0]);
        let order: Vec<_> = std::iter::from_fn(|| lanes.pop()).collect();
        assert_eq!(order, [('c', 5), ('a', 2), ('b', 7), ('c', 6), ('a', 3)]);
        assert!(lanes.lanes.is_empty() && lanes.turns.is_empty());
    }
}
