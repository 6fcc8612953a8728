//! A queue whose items have a key: items with the same key are done one after the other, different keys
//! go side by side, and only so many items are held at all. It is plain data: whoever does the work says when a piece is done.
//!
//! Notifications go through it on their way to listeners (R-LSN-1), and the console's commands on
//! their way to the hub, so that two messages to one customer cannot overtake each other.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// Items in order of arrival, and which of them may run next.
#[derive(Debug)]
pub(crate) struct KeyedQueue<K, T> {
    /// A key is here from its first item until it has none waiting and its last one is done.
    waiting: HashMap<K, VecDeque<T>>,
    /// Keys with something waiting and nothing running, longest wait first.
    ready: VecDeque<K>,
    held: usize,
    most: usize,
}

impl<K: Clone + Eq + Hash, T> KeyedQueue<K, T> {
    /// Holds at most `most` items, waiting and running.
    pub(crate) fn new(most: usize) -> Self {
        Self { waiting: HashMap::new(), ready: VecDeque::new(), held: 0, most }
    }

    /// Whether another item may be taken in; one that is not waits where it comes from.
    pub(crate) const fn has_room(&self) -> bool {
        self.held < self.most
    }

    /// Takes an item in, behind those of its key.
    pub(crate) fn push(&mut self, key: K, item: T) {
        self.held += 1;
        if let Some(waiting) = self.waiting.get_mut(&key) {
            waiting.push_back(item);
        } else {
            self.ready.push_back(key.clone());
            self.waiting.insert(key, VecDeque::from([item]));
        }
    }

    /// The next item that may run, with its key.
    pub(crate) fn next(&mut self) -> Option<(K, T)> {
        let key = self.ready.pop_front()?;
        let item = self.waiting.get_mut(&key)?.pop_front()?;
        Some((key, item))
    }

    /// The item of this key that ran is done.
    pub(crate) fn done(&mut self, key: K) {
        self.held = self.held.saturating_sub(1);
        match self.waiting.get(&key) {
            Some(waiting) if waiting.is_empty() => drop(self.waiting.remove(&key)),
            Some(_) => self.ready.push_back(key),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each_lane_at_a_time_in_order_and_no_more_than_fit() {
        let key = str::to_owned;
        let mut queue = KeyedQueue::new(4);
        for (name, n) in [("a", 1), ("a", 2), ("b", 3), ("a", 4)] {
            assert!(queue.has_room());
            queue.push(key(name), n);
        }
        assert!(!queue.has_room());
        assert_eq!(queue.next(), Some((key("a"), 1)));
        assert_eq!(queue.next(), Some((key("b"), 3)));
        assert_eq!(queue.next(), None, "a second of a key waits for the first");
        queue.done(key("a"));
        assert!(queue.has_room());
        assert_eq!(queue.next(), Some((key("a"), 2)));
        queue.done(key("b"));
        queue.push(key("b"), 5);
        assert_eq!(queue.next(), Some((key("b"), 5)), "a key that was empty starts anew");
        queue.done(key("a"));
        assert_eq!(queue.next(), Some((key("a"), 4)));
        queue.done(key("a"));
        queue.done(key("b"));
        assert_eq!((queue.held, queue.waiting.len(), queue.ready.len()), (0, 0, 0));
    }
}
