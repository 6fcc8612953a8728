//! What time of day it is where a customer is, and whether they are to be left alone (R-QUIET-1, R-QUIET-2).

use crate::model::{
    CustomerNumber, CustomerState, OrgSettings, Provider, Timestamp, telephone, when::CustomerZone,
};
use jiff::tz::TimeZone;

/// What the clock says where a customer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalHour {
    /// They may be written to.
    Awake,
    /// They are left alone until then.
    Quiet {
        until: Timestamp,
        /// The time of day there, such as `23:10`.
        now: String,
        /// The time of day there when it is over.
        end: String,
    },
    /// Nothing says in which time zone they are.
    Unknown,
}

/// What the clock says at a time where a number is. An app may have put the zone among the customer's data;
/// otherwise a telephone number says it by its country, if that has one zone. What is no telephone number says nothing,
/// so that the customer's telephone numbers are asked.
pub fn hour(
    settings: &OrgSettings,
    customer: Option<&CustomerState>,
    number: &CustomerNumber,
    at: Timestamp,
) -> LocalHour {
    let Some(quiet) = settings.quiet else { return LocalHour::Awake };
    let Some(zone) = zone(settings, customer, number) else { return LocalHour::Unknown };
    let Some(until) = quiet.until(at, &zone) else { return LocalHour::Awake };
    let clock = |at: Timestamp| {
        at.in_zone(&zone).map_or_else(String::new, |at| at.strftime("%H:%M").to_string())
    };
    LocalHour::Quiet { until, now: clock(at), end: clock(until) }
}

/// Until when a customer is left alone; `None` if they may be written to, or if that is not known.
pub fn until(
    settings: &OrgSettings,
    customer: &CustomerState,
    number: &CustomerNumber,
    at: Timestamp,
) -> Option<Timestamp> {
    match hour(settings, Some(customer), number, at) {
        LocalHour::Quiet { until, .. } => Some(until),
        LocalHour::Awake | LocalHour::Unknown => None,
    }
}

fn zone(
    settings: &OrgSettings,
    customer: Option<&CustomerState>,
    number: &CustomerNumber,
) -> Option<TimeZone> {
    let named = customer.and_then(CustomerState::timezone);
    if let Some(zone) = CustomerZone::of(named, &[]).and_then(|named| named.zone.ok()) {
        return Some(zone);
    }
    let zone = if number.provider == Provider::Telco {
        let read = telephone::read(&number.number, settings.region);
        let number = read.map_or_else(|| number.clone(), |read| CustomerNumber::telco(&read));
        CustomerZone::of(None, &[number])
    } else {
        CustomerZone::of(None, customer.map_or(&[], |customer| &customer.numbers))
    };
    zone?.zone.ok()
}
