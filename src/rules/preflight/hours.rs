//! Finds out what time it is where a telephone is, as far as its country code tells (R-DRYRUN-3). The
//! table has only countries with one time zone and no summer time. For every other number the honest
//! answer is that the time is not known.

use super::Preflight;
use crate::model::{CustomerNumber, OrgSettings, Provider, Timestamp, telephone};

/// Country codes, and by how many hours their clocks are ahead of UTC.
const ZONES: &[(&str, i64)] = &[
    ("+211", 2),
    ("+213", 1),
    ("+216", 1),
    ("+218", 2),
    ("+220", 0),
    ("+221", 0),
    ("+222", 0),
    ("+223", 0),
    ("+224", 0),
    ("+225", 0),
    ("+226", 0),
    ("+227", 1),
    ("+228", 0),
    ("+229", 1),
    ("+230", 4),
    ("+231", 0),
    ("+232", 0),
    ("+233", 0),
    ("+234", 1),
    ("+235", 1),
    ("+236", 1),
    ("+237", 1),
    ("+238", -1),
    ("+240", 1),
    ("+241", 1),
    ("+242", 1),
    ("+244", 1),
    ("+245", 0),
    ("+249", 2),
    ("+250", 2),
    ("+251", 3),
    ("+252", 3),
    ("+253", 3),
    ("+254", 3),
    ("+255", 3),
    ("+256", 3),
    ("+257", 2),
    ("+258", 2),
    ("+260", 2),
    ("+261", 3),
    ("+263", 2),
    ("+264", 2),
    ("+265", 2),
    ("+266", 2),
    ("+267", 2),
    ("+268", 2),
    ("+27", 2),
];
/// From the first hour until the second one a telephone should be left alone.
const QUIET: (i64, i64) = (20, 8);

/// The time of day where a number is, in minutes after midnight; `None` if its country code
/// does not tell.
pub(super) fn local_minutes(
    number: &CustomerNumber,
    settings: &OrgSettings,
    now: Timestamp,
) -> Option<i64> {
    let read = telephone::read(&number.number, settings.region)?;
    let hours = ZONES.iter().find(|(code, _)| read.starts_with(code)).map(|(_, h)| *h)?;
    Some((now.secs() / 60 + hours * 60).rem_euclid(24 * 60))
}

/// Whether this time of day, in minutes after midnight, is one to leave people alone.
pub(super) fn is_quiet(minutes: i64) -> bool {
    let hour = minutes / 60;
    hour >= QUIET.0 || hour < QUIET.1
}

impl Preflight<'_> {
    /// Warns if it is late where the number is, or if the time there is not known.
    pub(in crate::rules) fn hours(&mut self, number: &CustomerNumber) {
        if number.provider != Provider::Telco || number.number.trim().is_empty() {
            return;
        }
        match local_minutes(number, self.settings, self.now) {
            Some(at) if is_quiet(at) => self.warn(
                "quiet-hours",
                format!(
                    "it is {:02}:{:02} there: better between 08:00 and 20:00",
                    at / 60,
                    at % 60
                ),
            ),
            Some(_) => {}
            None => self.warn(
                "zone-unknown",
                format!("what time it is at {number} is not known: think of it"),
            ),
        }
    }
}
