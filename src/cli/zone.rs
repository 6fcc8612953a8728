//! The time zone in which an agent's times are read and shown: that of `TZ`, or else of the machine. One that cannot
//! be read is an error and not UTC, because every time would be another one without a word (R-TIME-6).

use super::exit::CliError;
use jiff::tz::TimeZone;
use std::{env, path::Path};

/// Where machines keep their zone.
const OF_MACHINE: &str = "/etc/localtime";

/// The zone of whoever runs this. A machine that has none is in UTC, as it is for every other program there.
pub fn zone() -> Result<TimeZone, CliError> {
    let read = TimeZone::try_system().ok().filter(|zone| !zone.is_unknown());
    if let Some(zone) = read {
        return Ok(zone);
    }
    match env::var_os("TZ") {
        Some(name) => Err(CliError::usage(format!(
            "TZ names the time zone `{}`, which this machine does not know: write one such as \
             Africa/Nairobi, or unset TZ for the zone of the machine",
            name.to_string_lossy()
        ))),
        None if Path::new(OF_MACHINE).exists() => Err(CliError::usage(format!(
            "the time zone of this machine cannot be read from {OF_MACHINE}: name it in TZ, such as \
             TZ=Africa/Nairobi"
        ))),
        None => Ok(TimeZone::UTC),
    }
}
