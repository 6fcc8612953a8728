//! Keeps a customer's state small enough for every client (D-SIZE). Each history keeps its
//! newest 500 entries (R-STATE-2). If that is still too much, the oldest entries of the largest
//! history go first.

use crate::{model::limits, wire::proto::hera};
use prost::Message;

/// What each item of a list takes at least besides its own bytes: a tag and a length.
const ITEM: usize = 2;

/// A history whose oldest entries can be dropped.
trait History {
    /// The size of each entry in bytes, oldest first.
    fn sizes(&self) -> Vec<usize>;
    fn count(&self) -> usize;
    fn drop_oldest(&mut self, count: usize);
}

impl<T: Message> History for Vec<T> {
    fn sizes(&self) -> Vec<usize> {
        self.iter().map(|item| item.encoded_len() + ITEM).collect()
    }
    fn count(&self) -> usize {
        self.len()
    }
    fn drop_oldest(&mut self, count: usize) {
        self.drain(..count.min(self.len()));
    }
}

/// Drops the oldest entries of the histories until `data` encodes to at most `limit` bytes, or
/// until no history is left.
pub(super) fn fit(data: &mut hera::CustomerStateReplyData, limit: usize) {
    for history in histories(data) {
        history.drop_oldest(history.count().saturating_sub(limits::HISTORY));
    }
    let excess = data.encoded_len().saturating_sub(limit);
    if excess > 0 {
        let shares = shares(&histories(data), excess);
        for (history, drop) in histories(data).into_iter().zip(shares) {
            history.drop_oldest(drop);
        }
    }
}

/// How many entries each history has to lose so that `excess` bytes are saved.
fn shares(histories: &[&mut dyn History], mut excess: usize) -> Vec<usize> {
    let sizes: Vec<Vec<usize>> = histories.iter().map(|history| history.sizes()).collect();
    let mut left: Vec<usize> = sizes.iter().map(|of| of.iter().sum()).collect();
    let mut dropped = vec![0; sizes.len()];
    while excess > 0 {
        let longest = left.iter().enumerate().filter(|(_, bytes)| **bytes > 0);
        let Some((longest, _)) = longest.max_by_key(|(_, bytes)| **bytes) else { break };
        let size = sizes[longest][dropped[longest]];
        dropped[longest] += 1;
        left[longest] -= size;
        excess = excess.saturating_sub(size);
    }
    dropped
}

fn histories(data: &mut hera::CustomerStateReplyData) -> Vec<&mut dyn History> {
    let mut all: Vec<&mut dyn History> = Vec::with_capacity(5);
    if let Some(state) = &mut data.messaging_state {
        all.push(&mut state.messages);
    }
    if let Some(state) = &mut data.ussd_state {
        all.push(&mut state.sessions);
    }
    if let Some(state) = &mut data.voice_state {
        all.push(&mut state.calls);
    }
    if let Some(state) = &mut data.payment_state {
        all.push(&mut state.transaction_log);
        all.push(&mut state.pending_transactions);
    }
    all
}
