//! The table `[limits]` of the settings: what API keys may use (R-LIMIT-1).

use serde::Deserialize;

/// What one API key may use, and how many keys' worth all keys of an org may use together (R-LIMIT-1).
/// 0 means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "LimitsTable")]
pub struct Limits {
    /// How many commands a second are allowed in the long run.
    pub writes_per_second: u32,
    /// How many commands are allowed at once after a pause; 0 is one.
    pub burst: u32,
    /// How many questions a second are allowed in the long run, and twice as many at once after a pause.
    pub reads_per_second: u32,
    /// How many feeds and notification streams may be open at once.
    pub feeds: u32,
    /// How many connections may be open at once on which the key was used.
    pub connections: u32,
    /// How many MiB of requests and answers are allowed each second, and twice as many at once after a pause.
    pub mib_per_second: u32,
    /// How many keys' worth of all that the keys of an org may use together.
    pub org_keys: u32,
}

/// The table as it is written. What is left out follows from what is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsTable {
    #[serde(default = "LimitsTable::writes_per_second")]
    writes_per_second: u32,
    #[serde(default = "LimitsTable::burst")]
    burst: u32,
    reads_per_second: Option<u32>,
    #[serde(default = "LimitsTable::feeds")]
    feeds: u32,
    connections: Option<u32>,
    mib_per_second: Option<u32>,
    #[serde(default = "LimitsTable::org_keys")]
    org_keys: u32,
}

impl LimitsTable {
    const fn writes_per_second() -> u32 {
        100
    }
    const fn burst() -> u32 {
        200
    }
    const fn feeds() -> u32 {
        50
    }
    const fn org_keys() -> u32 {
        10
    }
}

impl From<LimitsTable> for Limits {
    fn from(table: LimitsTable) -> Self {
        let LimitsTable { writes_per_second, burst, feeds, org_keys, .. } = table;
        Self {
            writes_per_second,
            burst,
            reads_per_second: table
                .reads_per_second
                .unwrap_or(writes_per_second.saturating_mul(10)),
            feeds,
            connections: table.connections.unwrap_or(feeds.saturating_mul(2)),
            mib_per_second: table.mib_per_second.unwrap_or(writes_per_second),
            org_keys,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::from(LimitsTable {
            writes_per_second: LimitsTable::writes_per_second(),
            burst: LimitsTable::burst(),
            reads_per_second: None,
            feeds: LimitsTable::feeds(),
            connections: None,
            mib_per_second: None,
            org_keys: LimitsTable::org_keys(),
        })
    }
}

impl Limits {
    pub const NONE: Self = Self {
        writes_per_second: 0,
        burst: 0,
        reads_per_second: 0,
        feeds: 0,
        connections: 0,
        mib_per_second: 0,
        org_keys: 0,
    };

    /// What all keys of an org may use together.
    #[must_use]
    pub fn of_org(self) -> Self {
        let times = self.org_keys;
        Self {
            writes_per_second: self.writes_per_second.saturating_mul(times),
            burst: self.burst.max(1).saturating_mul(times),
            reads_per_second: self.reads_per_second.saturating_mul(times),
            feeds: self.feeds.saturating_mul(times),
            connections: self.connections.saturating_mul(times),
            mib_per_second: self.mib_per_second.saturating_mul(times),
            org_keys: times,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_follows_from_what_is_given() {
        let all: Limits = toml::from_str("").unwrap();
        assert_eq!(all, Limits::default());
        assert_eq!((all.reads_per_second, all.connections, all.mib_per_second), (1000, 100, 100));
        let none: Limits = toml::from_str("writes_per_second = 0\nfeeds = 0").unwrap();
        assert_eq!((none.reads_per_second, none.connections, none.mib_per_second), (0, 0, 0));
        let some: Limits = toml::from_str("reads_per_second = 7\nmib_per_second = 3").unwrap();
        assert_eq!((some.reads_per_second, some.mib_per_second), (7, 3));
        assert_eq!(some.of_org().reads_per_second, 70);
        assert!(toml::from_str::<Limits>("reads = 7").is_err());
    }
}
