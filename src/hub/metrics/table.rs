//! The declaration of every metric: its name, what it says, and how it is read. docs/METRICS.md is made from it.
//!
//! Names end as Prometheus wants it, in `_total`, `_seconds` or `_bytes`. Labels are orgs, apps, networks, methods and
//! codes, of which there are few, and never anything of a customer.

use super::Samples;
use crate::{
    hub::{calls::CallCounts, overview::Overview},
    model::{DiskUse, ListedCarrier, OrgId, StatusReport},
};
use futures_util::future::join_all;
use std::sync::atomic::Ordering::Relaxed;

/// What a metric is to Prometheus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    Counter,
    Gauge,
    Histogram,
}

/// One metric, as Prometheus is told of it.
pub struct MetricRow {
    pub name: &'static str,
    pub kind: MetricKind,
    pub labels: &'static [&'static str],
    /// What it says, as a sentence.
    pub help: &'static str,
    pub(super) read: fn(&Scrape<'_>, &mut Samples),
}

impl std::fmt::Debug for MetricRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Everything that one scrape looks at.
pub(super) struct Scrape<'a> {
    overview: &'a Overview,
    calls: &'a CallCounts,
    /// How the hub is, as each org sees it.
    orgs: Vec<(OrgId, StatusReport)>,
}

impl<'a> Scrape<'a> {
    pub async fn take(overview: &'a Overview, calls: &'a CallCounts) -> Self {
        let orgs = overview.hub().orgs();
        // At once, so that orgs whose turn does not come cost their patience once.
        let all = join_all(orgs.iter().map(|org| overview.status(org))).await;
        Self { overview, calls, orgs: orgs.into_iter().zip(all).collect() }
    }

    /// What is the same for all orgs.
    fn hub(&self) -> Option<&StatusReport> {
        self.orgs.first().map(|(_, status)| status)
    }

    fn each_org(&self, samples: &mut Samples, value: impl Fn(&StatusReport) -> Option<u64>) {
        for (org, status) in &self.orgs {
            if let Some(value) = value(status) {
                samples.count([org.as_str()], value);
            }
        }
    }

    fn each_app(&self, samples: &mut Samples, value: impl Fn(&crate::model::ReaderPlace) -> u64) {
        for (org, status) in &self.orgs {
            for reader in &status.readers {
                let Some(app) = &reader.app else { continue };
                samples.count([org.as_str(), app.as_str()], value(reader));
            }
        }
    }

    fn each_carrier(&self, samples: &mut Samples, value: impl Fn(&ListedCarrier) -> u64) {
        for (org, status) in &self.orgs {
            for carrier in &status.carriers {
                samples.count([org.as_str(), carrier.id.as_str()], value(carrier));
            }
        }
    }

    fn disk(&self) -> Option<&DiskUse> {
        self.hub()?.disk.as_ref()
    }
}

macro_rules! metrics {
    ($($kind:ident $name:literal [$($label:literal)*] $help:literal $read:expr;)*) => {
        /// Every metric that the hub has, in the order of the page.
        pub static METRICS: &[MetricRow] = &[$(MetricRow {
            name: $name,
            kind: MetricKind::$kind,
            labels: &[$($label),*],
            help: $help,
            read: $read,
        }),*];
    };
}

// A row is the kind, the name, the labels, what it says, and how it is read.
metrics! {
    Gauge "switchboard_build_info" ["version"] "Is 1, and names the version that runs."
        |_, to| to.number([env!("CARGO_PKG_VERSION")], 1.0);
    Gauge "switchboard_start_time_seconds" [] "When the hub began to serve, in seconds from 1970 on."
        |of, to| to.number([], micros(of.overview.started().micros()));
    Gauge "switchboard_can_write" [] "Whether the log takes entries: 1, or 0 if the disk is full or log.db is locked."
        |of, to| to.count([], of.overview.hub().outage().borrow().is_none().into());
    Gauge "switchboard_org_damaged" ["org"] "Whether the org's log is damaged, so that the org is refused: 1, or 0."
        |of, to| of.each_org(to, |status| Some(status.damage.is_some().into()));
    Counter "switchboard_requests_total" ["method" "code"] "How many calls have ended, by their gRPC code."
        |of, to| for method in of.calls.read() {
            for (code, count) in &method.ended {
                to.count([method.path, &format!("{code:?}")], *count);
            }
        };
    Histogram "switchboard_request_duration_seconds" ["method"] "How long it took until the answer to a call began."
        |of, to| for method in of.calls.read() {
            to.histogram([method.path], method.times);
        };
    Gauge "switchboard_open_requests" ["method"] "How many calls and streams are open now."
        |of, to| for method in of.calls.read() {
            to.count([method.path], method.open);
        };
    Gauge "switchboard_connections" [] "How many connections are open, from the network and within the process."
        |of, to| to.count([], of.overview.hub().measures().connections.load(Relaxed));
    Gauge "switchboard_feeds" ["org"] "How many feeds are open: consoles, and programs that follow the log."
        |of, to| of.each_org(to, |status| Some(status.feeds() as u64));
    Histogram "switchboard_commit_duration_seconds" [] "How long it took until a batch of entries was on the disk."
        |of, to| to.histogram([], of.overview.hub().measures().commits.read());
    Histogram "switchboard_commit_entries" [] "How many entries were stored by one commit."
        |of, to| to.histogram([], of.overview.hub().measures().batches.read());
    Gauge "switchboard_writer_queue" [] "How many requests wait for the writer. At 1024 the next one is refused."
        |of, to| to.count([], of.overview.hub().writes_waiting().0 as u64);
    Gauge "switchboard_pressure" [] "How near the hub is to what it can bear, as a part of 1. From 0.5 on it gives work up (R-LIMIT-5)."
        |of, to| to.number([], f64::from(of.overview.hub().measures().load.percent()) / 100.0);
    Counter "switchboard_given_up_total" ["kind"] "How many connections had to wait and how many calls were refused because the hub had too much to do."
        |of, to| for (kind, count) in of.overview.hub().measures().load.given_up() {
            to.count([kind], count);
        };
    Gauge "switchboard_head" ["org"] "The place of the org\'s newest entry."
        |of, to| of.each_org(to, |status| Some(status.head.0));
    Gauge "switchboard_index_behind_entries" ["org"] "How many entries the index has still to read."
        |of, to| of.each_org(to, |status| status.most_behind("index"));
    Gauge "switchboard_feed_behind_entries" ["org"] "How many entries the slowest open feed has still to send."
        |of, to| of.each_org(to, |status| status.most_behind("feed"));
    Gauge "switchboard_timers_late_seconds" ["org"] "For how long something is due that the timers have not done."
        |of, to| for (org, status) in &of.orgs {
            to.number([org.as_str()], status.timers_late.as_secs_f64());
        };
    Gauge "switchboard_app_behind_entries" ["org" "app"] "How many entries the app has not been notified of."
        |of, to| of.each_app(to, |app| app.behind);
    Gauge "switchboard_app_queue" ["org" "app"] "How many notifications wait until the app takes them."
        |of, to| of.each_app(to, |app| app.queued);
    Gauge "switchboard_app_streams" ["org" "app"] "How many streams of notifications the app has open."
        |of, to| of.each_app(to, |app| app.streams.into());
    Gauge "switchboard_carrier_up" ["org" "carrier"] "Whether the network is reached: 1, or 0."
        |of, to| of.each_carrier(to, |carrier| carrier.is_up.into());
    Gauge "switchboard_carrier_paused" ["org" "carrier"] "Whether somebody has paused the network: 1, or 0."
        |of, to| of.each_carrier(to, |carrier| carrier.pause.is_some().into());
    Gauge "switchboard_carrier_waiting" ["org" "carrier"] "How many messages wait for the network."
        |of, to| of.each_carrier(to, |carrier| carrier.waiting);
    Gauge "switchboard_carrier_unknown" ["org" "carrier"] "Of how many messages nobody knows whether they arrived."
        |of, to| of.each_carrier(to, |carrier| carrier.unknown);
    Counter "switchboard_carrier_messages_total" ["org" "carrier" "outcome"]
        "What became of messages that were handed over: accepted, refused, returned or unknown."
        |of, to| for ((org, carrier, outcome), count) in of.overview.hub().measures().carried.read() {
            to.count([org.as_str(), carrier.as_str(), outcome], count);
        };
    Gauge "switchboard_disk_used_bytes" ["file"] "What the files take: log, index or state."
        |of, to| if let Some(disk) = of.disk() {
            to.count(["log"], disk.log);
            to.count(["index"], disk.index);
            to.count(["state"], disk.state);
        };
    Gauge "switchboard_disk_free_bytes" [] "What may still be written on the disk of the data folder."
        |of, to| if let Some(disk) = of.disk() {
            to.count([], disk.free);
        };
    Gauge "switchboard_disk_size_bytes" [] "How large the disk of the data folder is."
        |of, to| if let Some(disk) = of.disk() {
            to.count([], disk.size);
        };
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
fn micros(at: i64) -> f64 {
    at as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_as_prometheus_wants_them_and_each_is_there_once() {
        let names: BTreeSet<_> = METRICS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for row in METRICS {
            let name = row.name;
            assert!(name.starts_with("switchboard_"), "{name}");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
            assert_eq!(row.kind == MetricKind::Counter, name.ends_with("_total"), "{name}");
            assert!(row.help.ends_with('.'), "{name}");
            let known =
                ["org", "app", "carrier", "outcome", "method", "code", "file", "kind", "version"];
            assert!(
                row.labels.iter().all(|label| known.contains(label)),
                "{name}: never a customer"
            );
        }
    }
}
