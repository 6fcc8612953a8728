//! Warns of the hour at which a message or a call would reach somebody (R-DRYRUN-3, R-QUIET-2).

use super::Preflight;
use crate::{
    model::{CustomerNumber, CustomerState, Provider},
    rules::quiet::{self, LocalHour},
};

impl Preflight<'_> {
    /// Warns if it is late where the number is, or if the time there is not known.
    pub(in crate::rules) fn hours(
        &mut self,
        customer: Option<&CustomerState>,
        number: &CustomerNumber,
    ) {
        let is_telephone = number.provider == Provider::Telco;
        if is_telephone && number.number.trim().is_empty() {
            return;
        }
        match quiet::hour(self.settings, customer, number, self.leaves) {
            LocalHour::Quiet { until, now, end } => {
                self.out.quiet_until = Some(until);
                self.warn("quiet-hours", format!("{now} there: quiet until {end}"));
            }
            LocalHour::Unknown if is_telephone => self.warn(
                "zone-unknown",
                format!("what time it is at {number} is not known: think of it"),
            ),
            LocalHour::Awake | LocalHour::Unknown => {}
        }
    }
}
