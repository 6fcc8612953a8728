//! Reminders and leases: what a customer's state holds for apps besides data.

use super::{
    actor::Actor,
    id::{AppId, WorkId},
    message::Tag,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A reminder of one app about one customer, or about everyone with a tag (operations.md 3.9, 3.11).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// The app that is reminded.
    pub app: AppId,
    /// Unique per customer (or tag) and app (R-REM-1).
    pub key: String,
    /// The next firing. Repetition is anchored: each next one is this plus the interval (R-REM-2).
    pub remind_at: Timestamp,
    /// For repetition; `None` is once.
    pub interval: Option<Duration>,
    /// Returned in the notification.
    pub payload: String,
}

impl Reminder {
    /// When it fires next after it fires at `now`; missed firings are made up for by one (R-REM-2).
    #[must_use]
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        let interval = self.interval.filter(|every| !every.is_zero())?;
        let missed = now.since(self.remind_at).as_micros() / interval.as_micros().max(1);
        let steps = u32::try_from(missed + 1).unwrap_or(u32::MAX);
        Some(self.remind_at.after(interval.saturating_mul(steps)))
    }
}

/// One firing of a reminder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    /// The reminder; `remind_at` is the time of this firing.
    pub reminder: Reminder,
    /// When it fires again.
    pub next: Option<Timestamp>,
    /// The customer's tag that matched, of a reminder by tag.
    pub tag: Option<Tag>,
    /// The work it is part of, of a reminder by tag.
    pub work: Option<WorkId>,
}

/// The lock on fetching one metadata value (decision D-LEASE).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Of which value.
    pub key: String,
    /// Grows with every lease of the customer.
    pub number: u64,
    /// Who holds it.
    pub holder: Actor,
    /// In which app's name, if said.
    pub app: Option<AppId>,
    /// When it was granted.
    pub granted_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl Lease {
    /// Who holds it, in words; raw.
    #[must_use]
    pub fn by(&self) -> String {
        let holder = match &self.holder {
            Actor::Hub => "the hub",
            Actor::Customer => "the customer",
            Actor::Network => "the network",
            Actor::Key(label) => label,
        };
        match &self.app {
            Some(app) => format!("{holder} for app {app}"),
            None => holder.to_owned(),
        }
    }
}
