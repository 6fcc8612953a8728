//! Notifications in place of a log (D-FEED, `LIVE ONLY`): what was told recently, so that
//! what a server sends again after a break (D-HERA) is one row and not two. Pure.
//!
//! Absent on purpose: the places, which the cursor counts.

use crate::model::{Event, EventKind};
use std::collections::VecDeque;

/// The most that a server sends again (D-HERA).
const SENT_AGAIN: usize = 64;

/// The notifications that were told recently.
#[derive(Debug, Default)]
pub(super) struct RecentNotifications {
    /// Each with whether it may come once more.
    told: VecDeque<(Event, bool)>,
}

impl RecentNotifications {
    /// A new stream: what the last one said may come again.
    pub(super) fn begin(&mut self) {
        self.told.iter_mut().for_each(|(_, again)| *again = true);
    }

    /// Whether this is news. What cannot be read always is: two of them only look alike.
    pub(super) fn is_news(&mut self, event: &Event) -> bool {
        if event.kind == EventKind::Unreadable {
            return true;
        }
        if let Some((_, again)) = self.told.iter_mut().find(|(old, again)| *again && old == event) {
            *again = false;
            return false;
        }
        if self.told.len() == SENT_AGAIN {
            self.told.pop_front();
        }
        self.told.push_back((event.clone(), false));
        true
    }
}
