//! Copies of the data of a real hub: made while it works, killed on the way, put back elsewhere, and met by a console
//! that has seen more.

use super::support::{Bench, HubProcess, binary_in, client, free_addr};
use std::{
    path::Path,
    process::{Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use switchboard::{
    model::{CustomerNumber, CustomerRef, FeedEvent, FeedStart, GapReason, Seq, Tag},
    sdk::{Client, Feed},
};

/// How many writers there are at once.
const WRITERS: u64 = 8;

/// A verb about copies, with the settings of the bench and its data folder.
fn verb(bench: &Bench, args: &[&str]) -> Command {
    let mut command = binary_in(bench.settings().parent().unwrap());
    command.args(args).arg("--data-dir").arg(bench.data());
    command.env_remove("SWITCHBOARD_ORG").stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(mut command: Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// The JSON that a verb prints, which must end well.
fn json(bench: &Bench, args: &[&str]) -> serde_json::Value {
    let mut command = verb(bench, args);
    command.args(["--format", "json"]);
    let (code, out, err) = run(command);
    assert_eq!(code, Some(0), "{args:?}: {err}");
    serde_json::from_str(out.lines().last().unwrap()).unwrap()
}

/// Everything in a row of a log.
type Row = (u64, String, u64, Vec<u8>, Vec<u8>);

/// The rows of a log up to a position, byte for byte, as any other program of SQLite reads them.
fn rows(folder: &Path, until: u64) -> Vec<Row> {
    let db = rusqlite::Connection::open(folder.join("log.db")).unwrap();
    let sql = "SELECT pos, org, n, payload, chk FROM entry WHERE pos <= ?1 ORDER BY pos";
    let mut all = db.prepare(sql).unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    };
    all.query_map([until], row).unwrap().collect::<Result<_, _>>().unwrap()
}

fn assert_beginning(copy: &Path, log: &Path) {
    let copied = rows(copy, i64::MAX as u64);
    let last = copied.last().unwrap().0;
    assert!(copied == rows(log, last), "the rows up to {last} differ");
}

async fn write(client: &Client, nr: u64) {
    let customer = CustomerRef::Number(CustomerNumber::telco(&format!("+2547000{:05}", nr % 50)));
    let tag = Tag { key: "n".into(), value: nr.to_string(), expires_at: None };
    client.update_customer_tag(customer, [tag]).await.unwrap();
}

async fn head(client: &Client) -> Seq {
    client.hello().await.unwrap().head
}

/// Reads until the feed has everything up to `head`, and returns the gaps on the way.
async fn follow(feed: &mut Feed, head: Seq) -> Vec<(Seq, GapReason)> {
    let mut gaps = Vec::new();
    let read = async {
        loop {
            match feed.next().await {
                FeedEvent::Entry(entry) if entry.seq >= head => break,
                FeedEvent::Bookmark { seq, .. } if seq >= head => break,
                FeedEvent::Gap { after, reason, .. } => gaps.push((after, reason)),
                FeedEvent::Down { .. } => feed.retry_now(),
                FeedEvent::Entry(_) | FeedEvent::Up(_) | FeedEvent::Bookmark { .. } => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), read).await.unwrap();
    gaps
}

/// Writers that do not pause until this is stopped.
struct Load {
    stop: Arc<AtomicBool>,
    writers: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn on(addr: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let writer = |nr: u64| {
            let (client, stop) = (client(addr), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut nr = nr;
                while !stop.load(Ordering::Relaxed) {
                    write(&client, nr).await;
                    nr += WRITERS;
                }
            })
        };
        let writers = (0..WRITERS).map(writer).collect();
        Self { stop, writers }
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        for writer in self.writers {
            writer.await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_full_load_is_a_beginning_of_the_log_byte_for_byte() {
    let bench = Bench::new();
    let copy = bench.data().with_extension("copy");
    let to = copy.to_str().unwrap();
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    let console = client(&addr);
    let load = Load::on(&addr);
    while head(&console).await < Seq(500) {
        tokio::task::yield_now().await;
    }

    let first = json(&bench, &["backup", "--to", to]);
    let (from, until) = (&first["orgs"][0]["from"], first["orgs"][0]["to"].as_u64().unwrap());
    assert_eq!((first["orgs"][0]["org"].as_str(), from.as_u64()), (Some("acme"), Some(0)));
    assert!(until >= 500, "{first}");
    assert_beginning(&copy, &bench.data());

    // One is killed as soon as it has begun, and the next one goes on from wherever that was.
    while head(&console).await < Seq(until + 500) {
        tokio::task::yield_now().await;
    }
    let mut killed = verb(&bench, &["backup", "--to", to]).spawn().unwrap();
    while !copy.join("log.db-journal").exists() && killed.try_wait().unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let second = json(&bench, &["backup", "--to", to]);
    let from = second["orgs"][0]["from"].as_u64().unwrap();
    assert!(from >= until && second["orgs"][0]["to"].as_u64().unwrap() >= until + 500, "{second}");
    assert_beginning(&copy, &bench.data());

    // A console sees all that was written, and so more than the backup has.
    let mut feed = console.feed(FeedStart::After { log_id: String::new(), seq: Seq(0) });
    load.stop().await;
    let last = head(&console).await;
    assert!(last.0 > second["orgs"][0]["to"].as_u64().unwrap());
    assert_eq!(follow(&mut feed, last).await, []);
    assert_eq!(hub.terminate(), Some(0));

    // The backup is put back elsewhere, and the console meets it at the old address (R-COPY-6).
    let elsewhere = bench.data().with_extension("new");
    let mut restore = binary_in(bench.settings().parent().unwrap());
    restore.args(["restore", "--from", to, "--data-dir"]).arg(&elsewhere).stdin(Stdio::null());
    let (code, out, err) = run(restore);
    assert_eq!(code, Some(0), "{err}");
    let until = second["orgs"][0]["to"].as_u64().unwrap();
    assert!(out.starts_with(&format!("acme: entries 1 to {until}, ")), "{out}");
    assert_beginning(&elsewhere, &bench.data());
    let again = HubProcess::start(bench.command_on(&elsewhere, &addr));
    let hello = again.client().hello().await.unwrap();
    assert_eq!(hello.head.0, until, "the hub goes on where the backup ends");
    // It has grown past the cursor before the console looks at the places that it knows.
    let grown = Load::on(&addr);
    let gaps = follow(&mut feed, Seq(last.0 + 50)).await;
    grown.stop().await;
    assert_eq!(gaps, [(last, GapReason::Ahead)], "one gap, with the right reason");

    // A cursor of which only log and place are kept is not taken for one of this log either.
    let old = FeedStart::After { log_id: first_log(&bench), seq: Seq(3) };
    let mut program = again.client().feed(old);
    let newest = head(&again.client()).await;
    assert_eq!(follow(&mut program, newest).await, [(Seq(3), GapReason::Ahead)]);
    let stranger = FeedStart::After { log_id: "another".into(), seq: Seq(3) };
    let mut stranger = again.client().feed(stranger);
    assert_eq!(follow(&mut stranger, newest).await, [(Seq(3), GapReason::Foreign)]);
}

/// The name of the log that the bench began with.
fn first_log(bench: &Bench) -> String {
    let db = rusqlite::Connection::open(bench.data().join("log.db")).unwrap();
    db.query_row("SELECT value FROM meta WHERE key = 'log_id'", [], |row| row.get(0)).unwrap()
}

#[test]
fn r_copy_3_5_whatever_would_be_lost_is_refused_with_a_sentence_and_a_code() {
    let bench = Bench::new();
    let mut hub = bench.serve("127.0.0.1:0");
    let copy = bench.data().with_extension("copy");
    let to = copy.to_str().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(write(&hub.client(), 1));

    // The settings name no data folder, and their keys are not asked for.
    let mut unnamed = binary_in(bench.settings().parent().unwrap());
    unnamed.args(["backup", "--to", to, "--config"]).arg(bench.settings()).stdin(Stdio::null());
    let (code, _, err) = run(unnamed);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("names no `data_dir`") && err.contains("--data-dir"), "{err}");

    let (code, out, err) = run(verb(&bench, &["backup", "--to", to]));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("acme: entries 1 to ") && out.contains(" bytes, "), "{out}");
    assert!(err.contains("keep the settings file, and the secrets that it names"), "{err}");
    let (code, out, _) = run(verb(&bench, &["backup", "--to", to]));
    assert_eq!(code, Some(0));
    assert!(out.starts_with("acme: nothing new after entry "), "{out}");

    let mut other = verb(&bench, &["backup", "--to", to, "--format", "json"]);
    other.env("SWITCHBOARD_ORG", "nobody");
    let (code, out, err) = run(other);
    assert_eq!(code, Some(1), "{err}");
    assert!(out.contains("no entries of an org nobody") && out.contains("\"exit\":1"), "{out}");

    let (code, _, err) = run(verb(&bench, &["restore", "--from", to]));
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("a hub is running on"), "{err}");
    assert_eq!(hub.terminate(), Some(0));
    let (code, _, err) = run(verb(&bench, &["restore", "--from", to]));
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("log.db is there already and stays as it is"), "{err}");
    let (code, _, err) = run(verb(&bench, &["restore", "--from", "/nowhere"]));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("/nowhere/log.db") && err.contains("there is no log"), "{err}");

    let mut on_backup = bench.command_on(&copy, "127.0.0.1:0");
    on_backup.stderr(Stdio::piped());
    let (code, _, err) = run(on_backup);
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("it is a backup"), "{err}");
}
