//! Copies of the data of a real hub: made while it works, killed on the way, put back elsewhere, and met by a console
//! that has seen more.

use super::support::{Bench, HubProcess, Stage, binary_in, client, free_addr};
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
pub fn verb(bench: &Bench, args: &[&str]) -> Command {
    verb_on(&bench.data(), args)
}

/// The same on any data folder.
fn verb_on(data: &Path, args: &[&str]) -> Command {
    let mut command = binary_in(data.parent().unwrap());
    command.args(args).arg("--data-dir").arg(data);
    command.env_remove("SWITCHBOARD_ORG").stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn run(mut command: Command) -> (Option<i32>, String, String) {
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
    // Beside the load, log and backup are right.
    let found = json(&bench, &["verify", "--per-second", "100000"]);
    assert_eq!(found["orgs"][0]["state"]["is"], "not-compared", "{found}");
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
    assert_eq!(agreed(&bench.data()).0, last.0);

    // The backup is put back elsewhere, and the console meets it at the old address (R-COPY-6).
    let elsewhere = bench.data().with_extension("new");
    let (code, out, err) = run(verb_on(&elsewhere, &["restore", "--from", to]));
    assert_eq!(code, Some(0), "{err}");
    let until = second["orgs"][0]["to"].as_u64().unwrap();
    assert!(out.starts_with(&format!("acme: entries 1 to {until}, ")), "{out}");
    assert_beginning(&elsewhere, &bench.data());
    let (code, out, err) = run(verb_on(&elsewhere, &["verify", "--from", to]));
    assert_eq!(code, Some(0), "{err}");
    assert!(
        out.contains(&format!("acme: log: right, {until} rows up to entry {until}, ")),
        "{out}"
    );
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
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("it is a backup"), "{err}");
}

/// Checks that log, index and stored state agree, and returns the last entry that each stands at.
fn agreed(data: &Path) -> (u64, u64, u64) {
    let (code, out, err) = run(verb_on(data, &["verify", "--format", "json"]));
    assert_eq!(code, Some(0), "{out}\n{err}");
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    let org = &found["orgs"][0];
    let place = |what: &serde_json::Value| {
        assert_eq!(what["is"], "equal", "{found}");
        what["place"].as_u64().unwrap()
    };
    (org["place"].as_u64().unwrap(), place(&org["index"]), place(&org["state"]))
}

/// R-COPY-8: what real hubs make of many kinds of events is what comes out when it is made anew, wherever they stop.
#[test]
fn r_copy_8_what_hubs_have_made_of_a_story_and_of_traffic_is_right() {
    let mut stage = Stage::open();
    let (code, out, err) = run({
        let mut play = stage.sim(&["run", "registration"]);
        play.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        play
    });
    assert_eq!(code, Some(0), "{err}\n{out}");
    assert_eq!(stage.hub().terminate(), Some(0));
    let (end, index, world) = agreed(&stage.data());
    assert!(
        world == end && index <= end,
        "a stop in order stores the World: {end}, {index}, {world}"
    );

    let mut stage = Stage::open_with(|settings| {
        let busy = settings.replace("rate_per_minute = 0", "rate_per_minute = 30000");
        busy.replace("demo_app = false", "demo_app = true")
            .replace("fail_percent = 0", "fail_percent = 20")
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = stage.client();
        while head(&client).await < Seq(400) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert_eq!(stage.hub().terminate(), Some(0));
    let (end, index, world) = agreed(&stage.data());
    assert!(world == end && (1..=end).contains(&index), "{end}, {index}, {world}");
}

#[test]
fn r_copy_7_9_10_damage_ends_with_74_and_a_cut_is_agreed_to_kept_and_told_to_consoles() {
    let bench = Bench::new();
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let console = client(&addr);
    let inside = runtime.enter();
    let mut feed = console.feed(FeedStart::After { log_id: String::new(), seq: Seq(0) });
    drop(inside);
    let last = runtime.block_on(async {
        for nr in 0..20 {
            write(&console, nr).await;
        }
        let last = head(&console).await;
        assert_eq!(follow(&mut feed, last).await, []);
        last
    });
    assert_eq!(hub.terminate(), Some(0));
    let (code, out, err) = run(verb(&bench, &["repair", "--org", "acme", "--yes"]));
    assert_eq!(
        (code, out.trim()),
        (Some(0), "nothing is wrong with the log, and nothing was changed"),
        "{err}"
    );

    let db = rusqlite::Connection::open(bench.data().join("log.db")).unwrap();
    let changed = "UPDATE entry SET payload = zeroblob(length(payload)) WHERE n = 11";
    assert_eq!(db.execute(changed, []).unwrap(), 1);
    drop(db);
    let (code, out, err) = run(verb(&bench, &["verify"]));
    assert_eq!(code, Some(74), "{err}");
    assert!(out.contains("acme: log: DAMAGED after that, 10 rows up to entry 10, "), "{out}");
    assert!(err.contains("the log of acme is damaged at row 11 (entry 11) of "), "{err}");
    assert!(err.contains("switchboard repair") && err.contains("Restore a backup"), "{err}");
    let (code, out, err) = run(verb(&bench, &["verify", "--format", "json"]));
    assert_eq!(code, Some(74), "{err}");
    assert!(out.lines().last().unwrap().contains("\"outcome\":\"log-failed\""), "{out}");

    // Nobody was asked, so nothing is done.
    let before = rows(&bench.data(), i64::MAX as u64);
    let (code, out, err) = run(verb(&bench, &["repair", "--org", "acme"]));
    assert_eq!(code, Some(2), "{err}");
    let rest = last.0 - 10;
    assert!(
        out.contains(&format!("acme: entry 10 is the last one that stays; cut off: {rest} rows")),
        "{out}"
    );
    assert!(err.contains("say --yes") && err.contains("nothing was changed"), "{err}");
    assert!(before == rows(&bench.data(), i64::MAX as u64));
    let (code, out, err) = run(verb(&bench, &["repair", "--org", "acme", "--yes"]));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("the log as it was is kept in") && out.contains("log.db.cut-"), "{out}");
    assert!(rows(&bench.data(), i64::MAX as u64) == before[..10]);
    let (code, _, err) = run(verb(&bench, &["verify"]));
    assert_eq!(code, Some(0), "{err}");

    // The console has seen what was cut, and is told so once, also if the places were taken by others meanwhile.
    let mut hub = bench.serve("127.0.0.1:0");
    runtime.block_on(async {
        for nr in 0..30 {
            write(&hub.client(), nr).await;
        }
    });
    assert_eq!(hub.terminate(), Some(0));
    let hub = bench.serve(&addr);
    let gaps = runtime.block_on(async {
        let newest = head(&hub.client()).await;
        assert!(newest > last);
        follow(&mut feed, newest).await
    });
    assert_eq!(gaps, [(last, GapReason::Ahead)]);
}
