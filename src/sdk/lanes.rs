//! Notifications in lanes: those of one customer one after the other, different customers side by
//! side, and only so many held at all (R-LSN-1). Pure: who runs them says when one is done.

use crate::model::CustomerId;
use std::collections::{HashMap, VecDeque};

/// Whose notifications; those without a customer share a lane.
pub(super) type Lane = Option<CustomerId>;

/// What waits, and who may go next.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    /// A lane is here from its first notification until it is empty and the last one is done.
    waiting: HashMap<Lane, VecDeque<T>>,
    /// Lanes with something waiting and nothing running, longest wait first.
    ready: VecDeque<Lane>,
    held: usize,
    most: usize,
}

impl<T> Lanes<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { waiting: HashMap::new(), ready: VecDeque::new(), held: 0, most }
    }

    /// Whether another may be taken in; what is not taken in waits at the hub.
    pub(super) const fn has_room(&self) -> bool {
        self.held < self.most
    }

    pub(super) fn push(&mut self, lane: Lane, item: T) {
        self.held += 1;
        if let Some(waiting) = self.waiting.get_mut(&lane) {
            waiting.push_back(item);
        } else {
            self.ready.push_back(lane.clone());
            self.waiting.insert(lane, VecDeque::from([item]));
        }
    }

    /// The next one that may run.
    pub(super) fn next(&mut self) -> Option<(Lane, T)> {
        let lane = self.ready.pop_front()?;
        let item = self.waiting.get_mut(&lane)?.pop_front()?;
        Some((lane, item))
    }

    /// The one that ran in this lane is done.
    pub(super) fn done(&mut self, lane: Lane) {
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
        let lane = |name: &str| Some(CustomerId::from(name));
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
