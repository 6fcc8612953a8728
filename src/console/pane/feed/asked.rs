//! The filter in force, as the hub is asked for the same.

use super::LiveFeed;
use crate::{
    model::{Timestamp, client::AskedFilter},
    query::Asker,
};
use jiff::tz::TimeZone;

impl LiveFeed {
    /// The filter as it is asked of the hub by whoever has this time and zone. Its text is empty if there is none.
    #[must_use]
    pub fn asked(&self, now: Timestamp, zone: &TimeZone) -> AskedFilter {
        Asker { now, zone: zone.clone() }.asks(self.filter_text())
    }
}
