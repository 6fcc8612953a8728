//! What a filter shows goes into a file, and a console is played from such a file.

use super::{
    pty::Terminal,
    support::{Bench, HubProcess, binary_in},
};
use std::{fs, process::Stdio};
use switchboard::{
    console::export::{self, ExportOrder, ExportProgress, FileFormat},
    model::{
        Body, Channel, ChannelNumber, CustomerNumber, NetworkCommand,
        client::{AskedFilter, TimeSpan},
        event_line::EventLine,
    },
};
use tokio::sync::watch;

/// Customers who write, one of them a formula.
async fn traffic(hub: &HubProcess) {
    let to = ChannelNumber::new(Channel::Sms, "40404");
    for (n, text) in ["habari Jane", "=HYPERLINK(\"http://evil\")", "where is \"it\",\nplease"]
        .into_iter()
        .cycle()
        .take(30)
        .enumerate()
    {
        let from = CustomerNumber::telco(&format!("+25471100000{}", n % 3));
        let wrote = NetworkCommand::ReceiveMessage { from, to: to.clone(), body: Body::text(text) };
        hub.client().sandbox().act(wrote).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_has_every_event_that_the_filter_shows_and_tail_prints() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    traffic(&hub).await;
    let folder = tempfile::tempdir().unwrap();

    for filter in ["", "type:msg dir:in", "habari OR type:new", "nobody says this"] {
        let args = ["export", "-q", filter, "--unmasked", "--format", "ndjson", "-"];
        let (code, exported, err) = hub.run(folder.path(), &args);
        assert_eq!(code, Some(0), "{filter}: {err}");
        let args = ["tail", "--after", "0", "--no-follow", "--format", "ndjson", "-q", filter];
        let (_, tailed, _) = hub.run(folder.path(), &args);
        assert_eq!(exported, tailed, "{filter}");
        assert!(err.contains(&format!("{} events, whole", exported.lines().count())), "{err}");
    }

    let (code, _, err) = hub.run(folder.path(), &["export", "-q", "dir:in", "in.csv"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("30 events, masked; --unmasked writes them whole"), "{err}");
    let text = fs::read_to_string(folder.path().join("in.csv")).unwrap();
    assert!(!text.contains("habari") && !text.contains("HYPERLINK") && !text.contains("+254711"));
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(rows.headers().unwrap(), &EventLine::COLUMNS[..]);
    let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 30);
    assert!(rows.iter().any(|row| &row[13] == "xxxxxx Xxxx"), "the shape stays: {rows:?}");

    let args = ["export", "-q", "dir:in", "--unmasked", "whole.csv"];
    assert_eq!(hub.run(folder.path(), &args).0, Some(0));
    let mut rows = csv::Reader::from_path(folder.path().join("whole.csv")).unwrap();
    let texts: Vec<_> = rows.records().map(|row| row.unwrap()[13].to_owned()).collect();
    assert!(texts.contains(&"'=HYPERLINK(\"http://evil\")".to_owned()), "no formula: {texts:?}");
    assert!(texts.iter().any(|text| text.contains("\"it\"")), "{texts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_cannot_be_whole_leaves_nothing_and_says_why() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    traffic(&hub).await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.csv"), "mine").unwrap();
    for (args, code, why) in [
        (&["export", "mine.csv"][..], 74, "mine.csv is there already"),
        (&["export", "events"], 2, "ends in neither .ndjson nor .csv"),
        (&["export", "-q", "tpye:msg", "a.csv"], 2, "type"),
        (&["export", "no/such/folder/a.csv"], 74, "cannot write"),
    ] {
        let (got, _, err) = hub.run(folder.path(), args);
        assert_eq!(got, Some(code), "{args:?}: {err}");
        assert!(err.contains(why), "{args:?}: {err}");
    }
    let left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(left, ["mine.csv"]);
    assert_eq!(fs::read_to_string(folder.path().join("mine.csv")).unwrap(), "mine");

    // One that is stopped on its way.
    let path = folder.path().join("stopped.ndjson");
    let (progress, _) = watch::channel(ExportProgress::default());
    let filter = AskedFilter::default();
    let order =
        ExportOrder { filter, span: TimeSpan::default(), format: FileFormat::Ndjson, masked: true };
    let client = hub.client();
    let mut writing = Box::pin(export::to_file(&client, &order, &|_| true, &path, &progress));
    assert!(futures_util::poll!(&mut writing).is_pending());
    assert!(path.with_extension("ndjson.part").exists(), "it has begun");
    drop(writing);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "and nothing is left of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_is_played_from_an_export() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    traffic(&hub).await;
    let folder = tempfile::tempdir().unwrap();
    let args = ["export", "-q", "type:msg", "--unmasked", "talk.ndjson"];
    assert_eq!(hub.run(folder.path(), &args).0, Some(0));
    drop(hub);

    let file = folder.path().join("talk.ndjson");
    let play = ["--replay", file.to_str().unwrap(), "--speed", "1000"];
    let mut console = Terminal::run(folder.path(), 120, 40, &play);
    let screen = console.wait_for("at its end");
    assert!(screen.contains("REPLAY of talk.ndjson x1000") && !screen.contains("LIVE"), "{screen}");
    assert!(screen.contains("habari Jane") && !screen.contains("SANDBOX"), "{screen}");
    console.wait_for("a replay of a file has no customers");
    console.press("qq");
    assert!(console.end().success());

    let mut command = binary_in(folder.path());
    let csv = folder.path().join("talk.csv");
    fs::write(&csv, "time,seq\n").unwrap();
    let output = command.arg("--replay").arg(&csv).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("line 1 is no event") && err.contains("export FILE.ndjson"), "{err}");
}
