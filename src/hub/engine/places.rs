//! Where an org's log is and who is how far behind it, for whoever asks how the hub is (R-SEE-4). These answer for a
//! damaged org too, because that is when somebody asks.

use super::{Hub, HubError, writer::MAILBOX};
use crate::{
    hub::measures::Measures,
    model::{ListedCarrier, OrgId, Seq},
};
use std::time::Duration;

impl Hub {
    /// What is counted in this hub.
    #[must_use]
    pub fn measures(&self) -> &Measures {
        &self.0.measures
    }

    /// The place of an org's newest entry that is known, also of an org that is refused; zero if it is not served.
    #[must_use]
    pub fn known_head(&self, org: &OrgId) -> Seq {
        self.0.orgs.get(org).map(|org| org.published.newest()).unwrap_or_default()
    }

    /// What is damaged in an org's log; `None` if nothing is known to be.
    #[must_use]
    pub fn damage_of(&self, org: &OrgId) -> Option<String> {
        self.0.orgs.get(org)?.published.damage().map(str::to_owned)
    }

    /// How many requests wait for the writer, and how many may.
    #[must_use]
    pub fn writes_waiting(&self) -> (usize, usize) {
        (MAILBOX.saturating_sub(self.0.jobs.capacity()), MAILBOX)
    }

    /// How many entries of an org are not in the index yet.
    #[must_use]
    pub fn unindexed(&self, org: &OrgId) -> u64 {
        self.known_head(org).0.saturating_sub(self.0.shelf.indexed(org).0)
    }

    /// For how long something is due that the timers have not done; zero while they keep up.
    pub async fn overdue(&self, org: &OrgId) -> Result<Duration, HubError> {
        let (settings, now) = (self.settings(org).unwrap_or_default(), self.now(org));
        let due = self.read(org, |world| world.next_due(&settings)).await?;
        Ok(due.map_or(Duration::ZERO, |due| now.since(due)))
    }

    /// The connections of an org to real networks, with how they are (R-CARRY-11).
    pub async fn listed_carriers(&self, org: &OrgId) -> Result<Vec<ListedCarrier>, HubError> {
        let settings = self.settings(org).unwrap_or_default();
        if settings.carriers.is_empty() {
            return Ok(Vec::new());
        }
        self.scan(org, move |world| world.listed_carriers(&settings)).await
    }
}
