//! How a hub is, and how one org is on it (R-SEE-4): what `switchboard status` shows, and what of it is trouble, in words
//! and with what to do. The hub says facts only; whoever shows them asks [`StatusReport::troubles`] what they mean, so that
//! a newer client may know more of an older hub.

use super::{
    client::{ListedCarrier, Outage},
    id::{AppId, Seq},
    time::Timestamp,
};
use std::time::Duration;

/// Below this the hub brings nothing more into its stored state (docs/limits.md), so it is the least that a disk needs.
pub const LEAST_FREE: u64 = 256 << 20;
/// A disk that is full sooner than this is trouble, because making room takes people some days.
const SOON: Duration = Duration::from_hours(7 * 24);
/// How many entries the index may be behind: up to here a search waits for it.
pub const INDEX_BEHIND: u64 = 4_000;
/// How many entries an app may be behind that takes its notifications now.
const APP_BEHIND: u64 = 1_000;
/// How many entries a feed may be behind.
const FEED_BEHIND: u64 = 10_000;
/// From how many percent of what it can bear on a hub takes no new connections.
pub const BUSY: u32 = 50;
/// How late the timers may be.
const LATE: Duration = Duration::from_mins(1);
/// The time over which growth is counted.
const DAY: Duration = Duration::from_hours(24);

/// How a hub is, and how one org is on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatusReport {
    pub version: String,
    /// The random id of the org's log.
    pub log_id: String,
    /// How safe an acknowledged entry is: `disk`, `quorum` or `memory` (D-DURABLE).
    pub durability: String,
    /// When the hub's process began to serve.
    pub started: Timestamp,
    /// The wall clock of the hub's machine.
    pub now: Timestamp,
    /// Whether other machines come by TLS.
    pub encrypted: bool,
    /// Why the hub cannot write now; `None` if it can.
    pub cannot_write: Option<Outage>,
    /// The place of the org's newest entry.
    pub head: Seq,
    /// What is damaged in the org's log; `None` if nothing is known to be.
    pub damage: Option<String>,
    /// How many entries the org's log got in the last 24 hours, by their dates; `None` if that cannot be read now.
    pub last_day: Option<u64>,
    /// How many it got since the hub was started.
    pub since_start: u64,
    /// What the hub's files take; `None` if it keeps everything in memory.
    pub disk: Option<DiskUse>,
    /// Whoever reads the org's log: the index, apps, feeds.
    pub readers: Vec<ReaderPlace>,
    /// For how long something is due that the timers have not done; zero while they keep up.
    pub timers_late: Duration,
    /// The org's connections to real networks.
    pub carriers: Vec<ListedCarrier>,
    /// How many requests wait for the writer, and how many may.
    pub queued: u32,
    pub queue_size: u32,
    /// How many calls of the org's keys were refused for asking too much, and how many of whoever came because the hub
    /// had too much to do, in this minute and the one before.
    pub refused_lately: u64,
    /// How near the hub is to what it can bear, in percent (R-LIMIT-5).
    pub pressure: u32,
}

/// What the files of a hub take, for all of its orgs together, and what room there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskUse {
    /// The log, with its write-ahead log.
    pub log: u64,
    /// The index, which can be made anew.
    pub index: u64,
    /// The stored state, which can be made anew.
    pub state: u64,
    /// What the hub may still write on that disk.
    pub free: u64,
    /// How large the disk is.
    pub size: u64,
    /// By how much all of it grows in a day, as the entries of the last 24 hours say; `None` if that cannot be read now.
    pub per_day: Option<u64>,
}

/// One reader of an org's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReaderPlace {
    /// `index`, `app` or `feed`.
    pub kind: String,
    /// The app that is notified, if the reader is one.
    pub app: Option<AppId>,
    /// How many entries of the log it has not had yet.
    pub behind: u64,
    /// How many notifications wait to be taken.
    pub queued: u64,
    /// How many streams of the app are open.
    pub streams: u32,
}

/// Something that is not as it should be, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubTrouble {
    /// A word for programs that does not change.
    pub code: &'static str,
    /// What is the matter, as a sentence without its full stop; untrusted where a network said it.
    pub what: String,
    /// What to do.
    pub advice: &'static str,
}

impl DiskUse {
    /// How much the hub has there.
    #[must_use]
    pub const fn used(&self) -> u64 {
        self.log.saturating_add(self.index).saturating_add(self.state)
    }

    /// In how long the disk is full if everything goes on as in the last 24 hours; `None` if nothing grows.
    #[must_use]
    pub fn full_in(&self) -> Option<Duration> {
        let per_day = self.per_day.filter(|bytes| *bytes > 0)?;
        let secs = u128::from(self.free) * u128::from(DAY.as_secs()) / u128::from(per_day);
        // In a hundred years somebody else looks at it.
        u64::try_from(secs).ok().filter(|secs| *secs < 3_155_760_000).map(Duration::from_secs)
    }
}

impl StatusReport {
    /// How many feeds are open: consoles, and programs that follow the log.
    #[must_use]
    pub fn feeds(&self) -> usize {
        self.readers.iter().filter(|reader| reader.kind == "feed").count()
    }

    /// How far the reader of this kind is behind that is behind most; `None` if there is none.
    #[must_use]
    pub fn most_behind(&self, kind: &str) -> Option<u64> {
        let of = self.readers.iter().filter(|reader| reader.kind == kind);
        of.map(|reader| reader.behind).max()
    }

    /// Since when the hub runs.
    #[must_use]
    pub fn up(&self) -> Duration {
        self.now.since(self.started)
    }

    /// Everything that is not as it should be, the worst first.
    #[must_use]
    pub fn troubles(&self) -> Vec<HubTrouble> {
        let mut all = Vec::new();
        let mut add = |code, what: String, advice| all.push(HubTrouble { code, what, advice });
        if let Some(damage) = &self.damage {
            add(
                "damaged",
                damage.clone(),
                "Restore the log from a backup (`switchboard restore`), or cut it to what is right (`switchboard repair`).",
            );
        }
        if let Some(outage) = &self.cannot_write {
            add(
                "cannot-write",
                format!("the hub {outage}"),
                "Make room on the disk of the data folder, or end the program that has log.db. The hub goes on by itself.",
            );
        }
        self.troubles_of_disk(&mut add);
        self.troubles_of_readers(&mut add);
        self.troubles_of_networks(&mut add);
        if self.refused_lately > 0 || self.pressure >= BUSY {
            add(
                "overload",
                format!(
                    "more is asked than may be: {} calls were refused in the last two minutes, and the hub is at \
                     {} % of what it can bear",
                    self.refused_lately, self.pressure
                ),
                "Find who asks so much in the hub's log (RUST_LOG=switchboard=debug), or raise [limits] in the settings.",
            );
        }
        all
    }

    fn troubles_of_disk(&self, add: &mut impl FnMut(&'static str, String, &'static str)) {
        let Some(disk) = &self.disk else { return };
        let soon = disk.full_in().filter(|time| *time < SOON);
        if disk.free < LEAST_FREE {
            let free = disk.free >> 20;
            add(
                "disk-low",
                format!("{free} MiB are free on the disk of the data folder"),
                "Make room: below 256 MiB nothing is stored but the log.",
            );
        } else if let Some(time) = soon {
            let hours = time.as_secs() / 3_600;
            add(
                "disk-soon-full",
                format!("the disk of the data folder is full in {hours} hours at this rate"),
                "Move the data folder to a larger disk: stop the hub, copy the folder, start it there with --data-dir.",
            );
        }
    }

    fn troubles_of_readers(&self, add: &mut impl FnMut(&'static str, String, &'static str)) {
        for reader in &self.readers {
            let behind = reader.behind;
            match reader.kind.as_str() {
                "index" if behind > INDEX_BEHIND => add(
                    "index-behind",
                    format!("the index is {behind} entries behind: searches lack what is newest"),
                    "Wait: it catches up with some 20,000 entries a second. If it does not, read the hub's log.",
                ),
                "app" if behind > APP_BEHIND && reader.streams > 0 => {
                    let app = reader.app.as_ref().map(ToString::to_string).unwrap_or_default();
                    add(
                        "app-behind",
                        format!("the app {app} is {behind} entries behind with its notifications"),
                        "The app takes them too slowly: open more streams, or answer each notification sooner.",
                    );
                }
                "feed" if behind > FEED_BEHIND => add(
                    "feed-behind",
                    format!("a console or program is {behind} entries behind with its feed"),
                    "Look at its connection: it takes less than the org's log gets.",
                ),
                _ => {}
            }
        }
        if self.timers_late > LATE {
            let secs = self.timers_late.as_secs();
            add(
                "timers-late",
                format!(
                    "what was due {secs} s ago is not done: reminders, expiries, messages for later"
                ),
                "Read the hub's log, and see whether it can write and its processors are free.",
            );
        }
    }

    fn troubles_of_networks(&self, add: &mut impl FnMut(&'static str, String, &'static str)) {
        for carrier in &self.carriers {
            let ListedCarrier { id, why, waiting, unknown, .. } = carrier;
            if !carrier.is_up && carrier.pause.is_none() {
                let why = if why.is_empty() { "it was never reached" } else { why };
                add(
                    "carrier-down",
                    format!(
                        "the network {id} is not reached: {why}; {waiting} messages wait for it"
                    ),
                    "Look at the network's account and at the connection to it. The hub tries again by itself.",
                );
            }
            if *unknown > 0 {
                add(
                    "unknown-outcome",
                    format!("of {unknown} messages to {id} nobody knows whether they arrived"),
                    "Decide about them with `switchboard unknown`, or `g o` in the console.",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(status: &StatusReport) -> Vec<&'static str> {
        status.troubles().iter().map(|trouble| trouble.code).collect()
    }

    fn disk(free: u64, per_day: u64) -> StatusReport {
        let disk = DiskUse { log: 1, free, per_day: Some(per_day), ..DiskUse::default() };
        StatusReport { disk: Some(disk), ..StatusReport::default() }
    }

    fn reader(kind: &str, behind: u64, streams: u32) -> StatusReport {
        let reader = ReaderPlace { kind: kind.into(), behind, streams, ..ReaderPlace::default() };
        StatusReport { readers: vec![reader], ..StatusReport::default() }
    }

    #[test]
    fn r_see_5_what_is_trouble_is_said_by_a_word_a_sentence_and_what_to_do() {
        assert!(codes(&StatusReport::default()).is_empty(), "a hub in memory that is well");
        let gib = 1 << 30;
        assert!(codes(&disk(100 * gib, gib)).is_empty(), "100 days");
        assert_eq!(codes(&disk(6 * gib, gib)), ["disk-soon-full"]);
        assert_eq!(codes(&disk(255 << 20, 0)), ["disk-low"]);
        assert!(codes(&disk(gib, 0)).is_empty(), "nothing grows");
        assert_eq!(codes(&reader("index", INDEX_BEHIND + 1, 0)), ["index-behind"]);
        assert!(codes(&reader("app", 5_000, 0)).is_empty(), "an app that is not there is none");
        assert_eq!(codes(&reader("app", 5_000, 1)), ["app-behind"]);
        assert_eq!(codes(&reader("feed", FEED_BEHIND + 1, 0)), ["feed-behind"]);
        let damaged = StatusReport {
            damage: Some("the log of acme is damaged at row 7".into()),
            cannot_write: Some(Outage::default()),
            timers_late: Duration::from_secs(61),
            refused_lately: 1,
            ..StatusReport::default()
        };
        assert_eq!(codes(&damaged), ["damaged", "cannot-write", "timers-late", "overload"]);
        for trouble in damaged.troubles() {
            assert!(trouble.advice.ends_with('.') && !trouble.what.ends_with('.'), "{trouble:?}");
        }
    }

    #[test]
    fn r_see_5_a_network_that_is_down_is_trouble_and_one_that_is_paused_is_not() {
        let mut carrier = ListedCarrier { id: "safari".into(), ..ListedCarrier::default() };
        let of = |carrier: &ListedCarrier| {
            codes(&StatusReport { carriers: vec![carrier.clone()], ..StatusReport::default() })
        };
        assert_eq!(of(&carrier), ["carrier-down"]);
        carrier.pause = Some(super::super::client::CarrierPause::default());
        assert!(of(&carrier).is_empty());
        carrier.unknown = 2;
        assert_eq!(of(&carrier), ["unknown-outcome"]);
    }

    #[test]
    fn a_disk_is_full_when_what_is_free_is_used_up() {
        let disk = |free, per_day| DiskUse { free, per_day, ..DiskUse::default() }.full_in();
        assert_eq!(disk(10, Some(5)), Some(2 * DAY));
        assert_eq!(disk(10, Some(0)), None);
        assert_eq!(disk(10, None), None);
        assert_eq!(disk(u64::MAX, Some(1)), None, "never, as far as anybody cares");
    }
}
