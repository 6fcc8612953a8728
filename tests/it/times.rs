//! `--since` and `--until`: what lies between two times is printed and written, and times that cannot be meant are
//! usage errors. Views of a file that is shared.

use super::{
    docs::{check, code, table},
    support::{Bench, HubProcess},
};
use jiff::tz::TimeZone;
use std::{fs, time::Duration};
use switchboard::model::{
    Body, Channel, ChannelNumber, CustomerNumber, NetworkCommand, Timestamp,
    when::{self, Toward},
};

/// Four hours, at whose beginning somebody writes `first 0` to `first 2`, `second 0` and so on.
async fn four_hours(hub: &HubProcess) {
    let to = ChannelNumber::new(Channel::Sms, "40404");
    let client = hub.client();
    for hour in ["first", "second", "third", "fourth"] {
        for n in 0..3 {
            let from = CustomerNumber::telco("+254711000001");
            let body = Body::text(format!("{hour} {n}"));
            let wrote = NetworkCommand::ReceiveMessage { from, to: to.clone(), body };
            client.sandbox().act(wrote).await.unwrap();
        }
        let hour = NetworkCommand::MoveClock { by: Duration::from_hours(1) };
        client.sandbox().act(hour).await.unwrap();
    }
}

/// What somebody wrote, of the lines.
fn wrote(lines: &str) -> Vec<String> {
    let words = ["first", "second", "third", "fourth"];
    let of_line = |line: &str| {
        let at = words.iter().filter_map(|word| line.find(&format!("{word} "))).min()?;
        let rest = &line[at..];
        let end = rest.find(['"', '\u{201d}', ',', '|']).unwrap_or(rest.len());
        Some(rest[..end].trim_end().to_owned())
    };
    lines.lines().filter_map(of_line).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tail_and_export_take_times() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    four_hours(&hub).await;
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| hub.run(folder.path(), args);
    let tail = |more: &[&str]| {
        let args = [&["tail", "-q", "type:msg"], more].concat();
        let (code, out, err) = run(&args);
        assert_eq!(code, Some(0), "{more:?}: {err}");
        wrote(&out)
    };
    let hours = |from: usize, to: usize| -> Vec<String> {
        let hours = &["first", "second", "third", "fourth"][from..to];
        hours.iter().flat_map(|hour| (0..3).map(move |n| format!("{hour} {n}"))).collect()
    };
    // An hour is between the moves of the clock, so that half an hour more or less is in none.
    assert_eq!(tail(&["--since", "-150m", "--no-follow"]), hours(2, 4));
    assert_eq!(tail(&["--since", "-210m", "--until", "-90m"]), hours(1, 3));
    assert_eq!(tail(&["--until", "-150m"]), hours(0, 2), "the last ten, and no wait");
    assert_eq!(tail(&["--until", "-150m", "-n", "2"]), hours(0, 2)[4..]);
    assert_eq!(tail(&["--since", "-210m", "--until", "-90m", "-n", "100"]), hours(1, 3));
    assert_eq!(tail(&["--since", "-30m", "--until", "now"]), hours(0, 0));
    assert_eq!(tail(&["--since", "-9000h", "--until", "-8000h"]), hours(0, 0));
    assert_eq!(tail(&["--after", "0", "--until", "-210m", "--format", "json"]), hours(0, 1));
    let (_, all, _) = run(&["tail", "--since", "-210m", "--until", "-90m"]);
    assert_eq!(wrote(&all), hours(1, 3), "without a filter");

    let export =
        ["export", "--unmasked", "-q", "type:msg", "--since", "-210m", "--until", "-90m", "-"];
    let (code, out, err) = run(&export);
    assert_eq!((code, wrote(&out)), (Some(0), hours(1, 3)), "{err}");
    assert!(err.contains("6 events, whole"), "{err}");

    for (args, words) in [
        (
            &["tail", "--since", "gestern"][..],
            "--since: there is no day `gestern`; expected a time",
        ),
        (&["tail", "--since", "9"], "--since: `9` alone is no time: write 9:00 as a time of day"),
        (&["tail", "--since", "-1h", "--until", "-2h"], "--since -1h is after --until -2h"),
        (&["tail", "--since", "2199-01-01"], "lies in the future"),
        (&["tail", "--until", "2199-01-01"], "lies in the future"),
        (&["export", "--since", "2199-01-01", "x.csv"], "lies in the future"),
        (&["tail", "--since", "-1h", "--after", "3"], "cannot be used with"),
    ] {
        let (code, out, err) = run(args);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}: {err}");
        assert!(err.contains(words), "{args:?}: {err}");
    }
}

#[test]
fn docs_have_the_times_that_are_read() {
    let nairobi = TimeZone::get("Africa/Nairobi").unwrap();
    let now = Timestamp::from_secs(1_795_762_800);
    let rows = when::EXAMPLES.iter().map(|(text, means)| {
        let is_over = ["now", "-2h"].contains(text);
        let toward = if is_over { Toward::Past } else { Toward::Future };
        let read = when::read(text, now, &nairobi, toward).unwrap();
        [code(text), (*means).to_owned(), when::absolute(read.at, &nairobi)]
    });
    check("docs/TIMES.md", &[("times", table(["written", "what it means", "said back"], rows))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_time_3_verbs_say_back_how_they_understood_a_time() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    four_hours(&hub).await;
    let folder = tempfile::tempdir().unwrap();
    let run = |zone: &str, args: &[&str]| hub.run_in_zone(folder.path(), zone, args);
    let remind = |zone: &str, at: &str, every: &str| {
        let who = ["remind", "--customer", "+254711000001", "--key", "renewal"];
        run(zone, &[&who, &["--at", at, "--every", every, "--dry-run"][..]].concat())
    };
    // The zone of a number from Kenya is that of Nairobi.
    let (code, _, err) = remind("Africa/Nairobi", "2049-12-01 14:30", "1d");
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("at: Wed 2049-12-01 14:30 EAT, in "), "{err}");
    assert!(err.contains("every: again every 1d") && !err.contains("for the customer"), "{err}");
    let (_, _, err) = remind("Europe/Berlin", "2049-10-25 09:00", "1d");
    let there = "; for the customer Mon 2049-10-25 10:00 EAT (by their number)";
    assert!(err.contains("at: Mon 2049-10-25 09:00 CEST, in ") && err.contains(there), "{err}");
    let series =
        "the clocks change: from Sun 2049-10-31 on it fires at 08:00 CET, and not at 09:00";
    assert!(err.contains(series), "{err}");
    let (_, _, err) = remind("Europe/Berlin", "2049-10-31 02:30", "none");
    assert!(err.contains("02:30 comes twice when the clocks go back"), "{err}");
    let (code, _, err) = remind("Europe/Berlin", "+1d", "1mo");
    assert_eq!(code, Some(2));
    assert!(err.contains("a month is not always as long"), "{err}");
    let (_, _, err) = run("Europe/Berlin", &["tail", "--since", "2026-03-29 02:30", "--no-follow"]);
    let said = "since Sun 2026-03-29 03:30 CEST; 02:30 is left out when the clocks go forward";
    assert!(err.contains(said), "{err}");
    let (_, _, err) = run("Africa/Nairobi", &["get", "+254711000001", "--at", "-1h"]);
    assert!(err.starts_with("at ") && err.contains(" EAT"), "{err}");
}

#[test]
fn r_time_6_a_zone_that_cannot_be_read_is_an_error_and_not_utc() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    let folder = tempfile::tempdir().unwrap();
    let tag = ["tag", "--customer", "+254711000001", "--tags", "tier=gold", "--expires", "+7d"];
    for args in [
        &["tail", "--since", "-1h", "--no-follow"][..],
        &["tail", "-q", "at:today", "--no-follow"],
        &["export", "--since", "-1h", "-"],
        &["get", "+254711000001", "--at", "-1h"],
        &tag,
    ] {
        let (code, out, err) = hub.run_in_zone(folder.path(), "Mars/Phobos", args);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}: {err}");
        assert!(err.contains("TZ names the time zone `Mars/Phobos`"), "{args:?}: {err}");
    }
    // What has no time in it needs no zone.
    let (code, _, err) = hub.run_in_zone(folder.path(), "Mars/Phobos", &["leases"]);
    assert_eq!(code, Some(0), "{err}");
    let (code, _, err) = hub.run_in_zone(folder.path(), "", &tag);
    assert_eq!(code, Some(0), "an empty one is UTC by convention: {err}");
    assert!(err.contains("UTC, in 7 days"), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_team_shares_its_views_and_ones_own_win() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    four_hours(&hub).await;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/switchboard");
    fs::create_dir_all(&folder).unwrap();
    let own = "[[view]]\nname = \"Mine\"\nquery = \"second\"\n";
    fs::write(folder.join("views.toml"), own).unwrap();
    let team = concat!(
        "[[view]]\nname = \"Mine\"\nquery = \"first\"\n",
        "[[view]]\nname = \"Team\"\nquery = \"third\"\n",
        "[[view]]\nname = \"Broken\"\nquery = \"tpye:msg\"\n",
    );
    fs::write(home.path().join("team.toml"), team).unwrap();
    let tail = |name: &str| {
        let args = ["tail", "--views", "team.toml", "--view", name, "--no-follow"];
        hub.run(home.path(), &args)
    };
    let three = |hour: &str| (0..3).map(|n| format!("{hour} {n}")).collect::<Vec<_>>();
    let (_, out, err) = tail("Team");
    assert_eq!((wrote(&out), err.as_str()), (three("third"), ""));
    let (_, out, err) = tail("Mine");
    assert_eq!(wrote(&out), three("second"));
    assert!(err.contains("the view \"Mine\" is your own, not the shared one"), "{err}");
    let (code, _, err) = tail("Broken");
    assert_eq!(code, Some(2));
    assert!(
        err.contains("team.toml:9: the view \"Broken\" is off: there is no field `tpye`; did you mean `type`? expected"),
        "{err}"
    );
    let args = ["--views", "team.toml", "export", "--unmasked", "--view", "Team", "-"];
    let (code, out, err) = hub.run(home.path(), &args);
    assert_eq!((code, wrote(&out)), (Some(0), three("third")), "{err}");
    let args = ["tail", "--views", "gone.toml", "--view", "Team"];
    let (code, _, err) = hub.run(home.path(), &args);
    assert_eq!(code, Some(2));
    assert!(err.contains("gone.toml: No such file"), "{err}");
}
