//! Work in lanes: what belongs to one lane is done one after the other, lanes go side by side, and
//! only so much is held at all. Pure: who does the work says when one piece is done.
//!
//! Notifications go through it on their way to listeners (R-LSN-1), and the console's commands on
//! their way to the hub.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// What waits, and who may go next.
#[derive(Debug)]
pub(crate) struct Lanes<L, T> {
    /// A lane is here from its first item until it is empty and the last one is done.
    waiting: HashMap<L, VecDeque<T>>,
    /// Lanes with something waiting and nothing running, longest wait first.
    ready: VecDeque<L>,
    held: usize,
    most: usize,
}

impl<L: Clone + Eq + Hash, T> Lanes<L, T> {
    /// Lanes that hold at most so many items, waiting and running.
    pub(crate) fn new(most: usize) -> Self {
        Self { waiting: HashMap::new(), ready: VecDeque::new(), held: 0, most }
    }

    /// Whether another may be taken in; what is not taken in waits where it comes from.
    pub(crate) const fn has_room(&self) -> bool {
        self.held < self.most
    }

    /// Takes an item in, behind those of its lane.
    pub(crate) fn push(&mut self, lane: L, item: T) {
        self.held += 1;
        if let Some(waiting) = self.waiting.get_mut(&lane) {
            waiting.push_back(item);
        } else {
            self.ready.push_back(lane.clone());
            self.waiting.insert(lane, VecDeque::from([item]));
        }
    }

    /// The next one that may run.
    pub(crate) fn next(&mut self) -> Option<(L, T)> {
        let lane = self.ready.pop_front()?;
        let item = self.waiting.get_mut(&lane)?.pop_front()?;
        Some((lane, item))
    }

    /// The one that ran in this lane is done.
    pub(crate) fn done(&mut self, lane: L) {
        self.held = self.held.saturating_sub(1);
        match self.waiting.get(&lane) {
            Some(waiting) if waiting.is_empty() => drop(self.waiting.remove(&lane)),
            Some(_) => self.ready.push_back(lane),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each_lane_at_a_time_in_order_and_no_more_than_fit() {
        let lane = str::to_owned;
        let mut lanes = Lanes::new(4);
        for (name, n) in [("a", 1), ("a", 2), ("b", 3), ("a", 4)] {
            assert!(lanes.has_room());
            lanes.push(lane(name), n);
        }
        assert!(!lanes.has_room());
        assert_eq!(lanes.next(), Some((lane("a"), 1)));
        assert_eq!(lanes.next(), Some((lane("b"), 3)));
        assert_eq!(lanes.next(), None, "a second of a lane waits for the first");
        lanes.done(lane("a"));
        assert!(lanes.has_room());
        assert_eq!(lanes.next(), Some((lane("a"), 2)));
        lanes.done(lane("b"));
        lanes.push(lane("b"), 5);
        assert_eq!(lanes.next(), Some((lane("b"), 5)), "a lane that was empty starts anew");
        lanes.done(lane("a"));
        assert_eq!(lanes.next(), Some((lane("a"), 4)));
        lanes.done(lane("a"));
        lanes.done(lane("b"));
        assert_eq!((lanes.held, lanes.waiting.len(), lanes.ready.len()), (0, 0, 0));
    }
}
