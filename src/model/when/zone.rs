//! Which time zone a customer is in, as far as that is known: an app may have said it, and a telephone number is
//! of a country, most of which have one zone. It is only told to the agent, and nothing is decided by it.

use crate::model::{CustomerNumber, Provider, telephone::Region};
use jiff::tz::TimeZone;

/// Country and zone on each line that is no comment.
const OF_COUNTRIES: &str = include_str!("../../../assets/zones.tsv");

/// The time zone of a customer, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerZone {
    /// The zone; or the name that an app gave to it, if there is no such zone.
    pub zone: Result<TimeZone, String>,
    /// How it is known, in few words.
    pub why: &'static str,
}

impl CustomerZone {
    /// The key of the metadata value in which an app may say it.
    pub const KEY: &'static str = "timezone";

    /// The zone that an app named, or else that of the first number with a country that has only one.
    #[must_use]
    pub fn of(named: Option<&str>, numbers: &[CustomerNumber]) -> Option<Self> {
        if let Some(name) = named.map(str::trim).filter(|name| !name.is_empty()) {
            let zone = TimeZone::get(name).map_err(|_| name.to_owned());
            return Some(Self { zone, why: "by their data" });
        }
        let zone =
            numbers.iter().filter(|number| number.provider == Provider::Telco).find_map(|number| {
                let country = Region::of(&number.number)?.code();
                let mut lines = OF_COUNTRIES.lines().filter_map(|line| line.split_once('\t'));
                let (_, name) = lines.find(|(code, _)| *code == country)?;
                TimeZone::get(name).ok()
            });
        zone.map(|zone| Self { zone: Ok(zone), why: "by their number" })
    }
}
