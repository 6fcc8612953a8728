//! Reminders and leases, which a customer's state holds for apps beside their data.

use super::{
    actor::Actor,
    id::{AppId, WorkId},
    message::Tag,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A reminder of an app about one customer, or about everyone with a tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// The app that is notified.
    pub app: AppId,
    /// At most one reminder of an app about a customer or tag has this key (R-REM-1).
    pub key: String,
    /// When it fires next. A repeated reminder fires at this time plus whole intervals, so that a
    /// late firing does not move those after it (R-REM-2).
    pub remind_at: Timestamp,
    /// How long after one firing the next one follows. `None` if it fires once.
    pub interval: Option<Duration>,
    /// Text that the notification returns to the app.
    pub payload: String,
}

impl Reminder {
    /// When it fires after a firing at the time `now`. Firings that were missed in between are made
    /// up for by that one (R-REM-2). `None` if it fires once.
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
    /// The reminder, whose `remind_at` is the time of this firing.
    pub reminder: Reminder,
    /// When it fires again. `None` if this was the last time.
    pub next: Option<Timestamp>,
    /// For a reminder by tag: the tag of the customer that matched.
    pub tag: Option<Tag>,
    /// For a reminder by tag: the work that this firing is part of.
    pub work: Option<WorkId>,
}

/// The right of one holder to a metadata value: until it ends, nobody else can lease the value
/// (D-LEASE). Reads and updates by others still succeed (R-LEASE-4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The metadata key whose value is leased.
    pub key: String,
    /// Counts the leases of the customer from 1, so that a newer lease has a larger number.
    pub number: u64,
    pub holder: Actor,
    /// The app in whose name it is held. `None` if the request named no app.
    pub app: Option<AppId>,
    pub granted_at: Timestamp,
    /// When it ends unless an update or delete ends it before (R-LEASE-3).
    pub expires_at: Timestamp,
}

impl Lease {
    /// Who holds it, in words. Labels and app ids come from outside and are not yet safe to draw.
    #[must_use]
    pub fn by(&self) -> String {
        let holder = match &self.holder {
            Actor::Hub => "the hub",
            Actor::Customer => "the customer",
            Actor::Network => "the network",
            Actor::Key(label) | Actor::Program(label) => label,
        };
        match &self.app {
            Some(app) => format!("{holder} for app {app}"),
            None => holder.to_owned(),
        }
    }
}
