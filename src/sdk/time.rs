//! Times of the standard library as points in time of the model, and back. They stand here and not in
//! `model`, because the rooms that decide must not know of a clock.

use crate::model::Timestamp;
use std::time::{Duration, SystemTime};

impl From<SystemTime> for Timestamp {
    /// To the microsecond; a time before 1970 is negative.
    fn from(at: SystemTime) -> Self {
        match at.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => Self::ZERO.after(since),
            Err(before) => Self::ZERO.before(before.duration()),
        }
    }
}

impl From<Timestamp> for SystemTime {
    fn from(at: Timestamp) -> Self {
        let by = Duration::from_micros(at.micros().unsigned_abs());
        if at.micros() < 0 { Self::UNIX_EPOCH - by } else { Self::UNIX_EPOCH + by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_standard_library_convert_both_ways() {
        for micros in [0, 1_795_442_601_000_250, -1_500_000] {
            let at = Timestamp::from_micros(micros);
            assert_eq!(Timestamp::from(SystemTime::from(at)), at);
        }
    }
}
