//! What `switchboard status` prints: a line for each thing, the troubles last, or one JSON object.

use super::FoundReport;
use crate::model::{DiskUse, ListedCarrier, ReaderPlace, StatusReport, time::in_one_unit};
use serde_json::{Value, json};
use std::time::Duration;

/// The report of a hub's status, as an org sees it.
pub(super) fn report(org: &str, status: &StatusReport) -> FoundReport {
    let troubles = status.troubles();
    let mut lines = vec![line("hub", hub(status)), line(org, log(status))];
    lines.push(line("disk", status.disk.as_ref().map_or("in memory".to_owned(), disk)));
    lines.extend(status.readers.iter().filter(|reader| reader.kind != "feed").map(reader));
    let timers = match status.timers_late.as_secs() {
        0 => "level".to_owned(),
        late => format!("{late} s late"),
    };
    lines.push(line("timers", timers));
    lines.push(line("consoles", feeds(status)));
    lines.push(line("writer", format!("{} of {} requests wait", status.queued, status.queue_size)));
    lines.push(line("load", format!("{} % of what the hub can bear", status.pressure)));
    lines.extend(status.carriers.iter().map(|carrier| {
        line("network", format!("{} ({}) {}", carrier.id, carrier.kind, network(carrier)))
    }));
    if troubles.is_empty() {
        lines.push(line("well", "nothing is in trouble".to_owned()));
    }
    for trouble in &troubles {
        lines.push(line("TROUBLE", format!("{}: {}", trouble.code, trouble.what)));
        lines.push(line("", trouble.advice.to_owned()));
    }
    let codes = troubles.iter().map(|trouble| trouble.code.to_owned()).collect();
    FoundReport { lines, json: json(org, status), troubles: codes }
}

fn line(name: &str, says: String) -> (String, String) {
    (name.to_owned(), says)
}

fn hub(status: &StatusReport) -> String {
    let way = if status.encrypted { "TLS" } else { "plain text" };
    let durability = match status.durability.as_str() {
        "disk" => "what is accepted survives a power cut",
        "quorum" => "what is accepted survives the loss of a minority of machines",
        _ => "everything is gone with the process",
    };
    format!(
        "switchboard {}, up {} since {}; {way}; {}: {durability}",
        status.version,
        length(status.up()),
        status.started.minute(),
        status.durability,
    )
}

fn log(status: &StatusReport) -> String {
    let last_day = match status.last_day {
        Some(count) => format!("{count} in the last 24 h"),
        None => "how many in the last 24 h cannot be read now".to_owned(),
    };
    format!("newest entry {}, {last_day}, {} since the start", status.head, status.since_start)
}

fn disk(disk: &DiskUse) -> String {
    let grows = match (disk.per_day, disk.full_in()) {
        (None, _) => "how fast it grows cannot be read now".to_owned(),
        (Some(per_day), None) => format!("grows by {} a day", size(per_day)),
        (Some(per_day), Some(time)) => {
            format!("grows by {} a day and is full in {} at this rate", size(per_day), length(time))
        }
    };
    format!(
        "log {}, index {}, state {}; {} of {} are free; {grows}",
        size(disk.log),
        size(disk.index),
        size(disk.state),
        size(disk.free),
        size(disk.size),
    )
}

fn reader(reader: &ReaderPlace) -> (String, String) {
    let level = match reader.behind {
        0 => "level".to_owned(),
        behind => format!("{behind} entries behind"),
    };
    let Some(app) = &reader.app else { return line(&reader.kind, level) };
    let says = format!("{app} {level}, {} wait, {} streams", reader.queued, reader.streams);
    line(&reader.kind, says)
}

fn feeds(status: &StatusReport) -> String {
    match status.most_behind("feed") {
        None => "no feed is open".to_owned(),
        Some(behind) => {
            format!("feeds open: {}; the slowest is {behind} entries behind", status.feeds())
        }
    }
}

fn network(carrier: &ListedCarrier) -> String {
    let since = carrier.since.map(|at| format!(" since {}", at.minute())).unwrap_or_default();
    let how = match (&carrier.pause, carrier.is_up) {
        (Some(pause), _) => format!("paused since {}", pause.since.minute()),
        (None, true) => format!("up{since}"),
        (None, false) => format!("down{since}: {}", carrier.why),
    };
    format!("{how}; {} wait, {} unknown", carrier.waiting, carrier.unknown)
}

/// A length of time for people.
pub(super) fn length(time: Duration) -> String {
    in_one_unit(time.as_secs(), [120, 7_200, 172_800], [" s", " min", " h", " days"])
}

/// A number of bytes for people, with three digits.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1 << 10 {
        return format!("{bytes} B");
    }
    let unit = UNITS.len().min(bytes.ilog2() as usize / 10);
    let whole = bytes >> (10 * unit);
    let tenths = (bytes >> (10 * (unit - 1))) % 1024 * 10 / 1024;
    let word = UNITS[unit - 1];
    if whole < 100 { format!("{whole}.{tenths} {word}") } else { format!("{whole} {word}") }
}

fn json(org: &str, status: &StatusReport) -> Value {
    let cannot_write = status.cannot_write.as_ref();
    let cannot_write = cannot_write.map(
        |outage| json!({ "since": outage.since, "why": outage.why, "refused": outage.refused }),
    );
    let disk = status.disk.as_ref().map(|disk| {
        json!({
            "log": disk.log, "index": disk.index, "state": disk.state, "free": disk.free, "size": disk.size,
            "per_day": disk.per_day, "full_in_seconds": disk.full_in().map(|time| time.as_secs()),
        })
    });
    let of_kind = |kind| status.readers.iter().filter(move |reader| reader.kind == kind);
    let apps = of_kind("app").map(|reader| {
        json!({ "app": reader.app, "behind": reader.behind, "queued": reader.queued, "streams": reader.streams })
    });
    let carriers = status.carriers.iter().map(|carrier| {
        json!({
            "id": carrier.id, "kind": carrier.kind, "is_up": carrier.is_up, "since": carrier.since,
            "why": carrier.why, "waiting": carrier.waiting, "unknown": carrier.unknown,
            "paused": carrier.pause.is_some(),
        })
    });
    let troubles = status.troubles().into_iter().map(
        |trouble| json!({ "code": trouble.code, "what": trouble.what, "advice": trouble.advice }),
    );
    json!({
        "version": status.version, "started": status.started, "now": status.now,
        "up_seconds": status.up().as_secs(), "encrypted": status.encrypted,
        "durability": status.durability, "log_id": status.log_id, "org": org, "head": status.head,
        "last_day": status.last_day, "since_start": status.since_start, "damage": status.damage,
        "cannot_write": cannot_write, "disk": disk,
        "index_behind": of_kind("index").map(|reader| reader.behind).max(),
        "timers_late_seconds": status.timers_late.as_secs(),
        "apps": apps.collect::<Vec<_>>(),
        "feeds": { "open": status.feeds(), "most_behind": status.most_behind("feed").unwrap_or_default() },
        "queue": { "waiting": status.queued, "size": status.queue_size },
        "refused_lately": status.refused_lately,
        "pressure": status.pressure,
        "carriers": carriers.collect::<Vec<_>>(), "troubles": troubles.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Seq;

    #[test]
    fn bytes_are_said_with_the_unit_that_fits() {
        let said = [0, 1_023, 1_024, 1_536, 150 << 20, 20 << 30, u64::MAX].map(size);
        assert_eq!(
            said,
            ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "150 MiB", "20.0 GiB", "16383 PiB"]
        );
    }

    #[test]
    fn r_see_5_a_well_hub_has_no_trouble_and_one_in_trouble_says_what_to_do() {
        let status = StatusReport { head: Seq(7), last_day: Some(3), ..StatusReport::default() };
        let well = report("acme", &status);
        assert!(well.troubles.is_empty());
        assert!(well.lines.contains(&line("well", "nothing is in trouble".into())));
        let says = "newest entry 7, 3 in the last 24 h, 0 since the start";
        assert!(well.lines.contains(&line("acme", says.into())), "{:?}", well.lines);
        let damaged = StatusReport { damage: Some("row 7".into()), ..status };
        let bad = report("acme", &damaged);
        assert_eq!(bad.troubles, ["damaged"]);
        assert!(bad.lines.contains(&line("TROUBLE", "damaged: row 7".into())));
        assert_eq!(bad.json["troubles"][0]["code"], "damaged");
    }
}
