//! The steps of a measurement at one size. What a step measures it prints, for the process that started it.

use super::{
    float,
    made::{self, LogWriter, NAMES, QUERIES, WORDS, clock, cpu, name, number},
};
use prost::Message as _;
use rusqlite::Connection;
use std::{
    fs::Metadata,
    future::Future,
    hint::black_box,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};
use switchboard::{
    hub::{
        engine::{EngineOptions, Hub},
        log::{
            Log,
            chain::{self, ChainCursor},
            sqlite::SqliteLog,
        },
        shelf::HistoryQuery,
    },
    model::{
        Caller, CustomerCommand, CustomerNumber, CustomerRef, OrgId, OrgSettings, Seq, Tag, receipt,
    },
    query::{Asker, Filter},
    rules::World,
    wire::reply,
};

/// How long each measurement takes that is counted by the second.
const SPAN: Duration = Duration::from_secs(3);
/// How many tasks ask at once.
const MANY: usize = 64;
/// In this order; each is a process of its own.
pub const STEPS: [&str; 4] = ["make", "first start", "later start", "bare"];

fn org() -> OrgId {
    "bench".into()
}

/// The folder of one size, which all of its steps have in common.
pub struct Rig {
    pub folder: PathBuf,
    pub customers: usize,
    pub events: usize,
}

fn tell(what: &str, figure: f64) {
    println!("{what}={figure}");
}

fn tell_times(what: &str, times: Vec<Duration>) {
    let [half, most] = made::percentiles(times);
    tell(&format!("{what} p50"), half.as_secs_f64());
    tell(&format!("{what} p99"), most.as_secs_f64());
}

/// Tells the resident memory of this process.
fn tell_memory(when: &str) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    let kib = line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok());
    tell(&format!("memory {when}"), kib.unwrap_or_default() * 1_024.0 / 1e6);
}

/// How much of the disk a file takes, or all that is in a folder.
fn size(path: &Path) -> u64 {
    match std::fs::read_dir(path) {
        Ok(inner) => inner.filter_map(Result::ok).map(|entry| size(&entry.path())).sum(),
        Err(_) => std::fs::metadata(path).map_or(0, |file| taken(&file)),
    }
}

/// A journal has its length before it has its contents, so what counts are its blocks, of 512 bytes.
#[cfg(unix)]
fn taken(file: &Metadata) -> u64 {
    512 * std::os::unix::fs::MetadataExt::blocks(file)
}

#[cfg(not(unix))]
fn taken(file: &Metadata) -> u64 {
    file.len()
}

/// Waits until the process does nothing by itself any more. After a start the hub reads the log in search of
/// damage, and the index follows what is written.
async fn rest() {
    loop {
        let before = cpu();
        tokio::time::sleep(Duration::from_millis(500)).await;
        if cpu().saturating_sub(before) < Duration::from_millis(15) {
            return;
        }
    }
}

/// Reads the state of a customer as `GetCustomerState` does, and returns how many bytes the reply has.
async fn read_state(hub: Hub, n: usize) -> usize {
    let (now, settings) = (hub.now(&org()), hub.settings(&org()).unwrap_or_default());
    let by = CustomerRef::Number(CustomerNumber::telco(&number(n)));
    let look = move |world: &World| {
        let id = world.customer_id(&by, &settings, now)?;
        Some((world.made_of(&id, reply::encoded)?, id))
    };
    let (state, id) = hub.read(&org(), look).await.expect("a World").expect("a customer");
    let found = receipt::state(true, "customer found", Some(id));
    black_box(reply::state(&found, Some(state)).encode_to_vec()).len()
}

/// Gives a customer another tag, and returns when it is durable.
async fn write_tag(hub: Hub, n: usize) -> usize {
    let customer = CustomerRef::Number(CustomerNumber::telco(&number(n)));
    let value = WORDS[fastrand::usize(..WORDS.len())].to_owned();
    let tags = vec![Tag { key: "tier".into(), value, expires_at: None }];
    let command = CustomerCommand::UpdateTags { customer, tags };
    let receipt = hub.submit(&org(), Caller::default(), None, command.into()).await;
    assert!(receipt.expect("an answer").is_ok());
    0
}

/// Has so many tasks do something for random customers, each one time after the other. How long one has to
/// wait until it is its turn counts too.
async fn load<F, A>(what: &str, hub: &Hub, (tasks, customers): (usize, usize), each: F)
where
    F: Fn(Hub, usize) -> A + Copy + Send + 'static,
    A: Future<Output = usize> + Send,
{
    rest().await;
    let (start, busy) = (clock(), cpu());
    let tasks = (0..tasks).map(|_| {
        let hub = hub.clone();
        tokio::spawn(async move {
            let (mut times, mut bytes) = (Vec::new(), 0);
            while start.elapsed() < SPAN {
                let asked = clock();
                tokio::task::yield_now().await;
                bytes += each(hub.clone(), fastrand::usize(..customers)).await;
                times.push(asked.elapsed());
            }
            (times, bytes)
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let (mut times, mut bytes) = (Vec::new(), 0);
    for task in tasks {
        let (some, of) = task.await.expect("a task");
        times.extend(some);
        bytes += of;
    }
    let (count, busy) = (float(times.len()), cpu().saturating_sub(busy));
    tell(&format!("{what} rate"), count / start.elapsed().as_secs_f64());
    tell(&format!("{what} cpu"), busy.as_secs_f64() / count);
    tell(&format!("{what} bytes"), float(bytes) / count);
    tell_times(what, times);
}

/// Does something again and again, and returns how long it took each time.
fn again(mut each: impl FnMut()) -> Vec<Duration> {
    let (start, mut times) = (clock(), Vec::new());
    while start.elapsed() < SPAN {
        let asked = clock();
        each();
        times.push(asked.elapsed());
    }
    times
}

/// Tells what became of `again` if each time was for so many.
fn tell_rate(what: &str, of: usize, times: Vec<Duration>) {
    tell(&format!("{what} rate"), float(of * times.len()) / SPAN.as_secs_f64());
    tell_times(what, times);
}

impl Rig {
    pub async fn run(&self, step: &str) {
        match step {
            "make" => self.make().await,
            "first start" => self.first_start().await,
            "later start" => self.later_start().await,
            "bare" => self.bare(),
            _ => panic!("no such step: {step}"),
        }
    }

    async fn start(&self) -> Hub {
        let log = Arc::new(SqliteLog::open(&self.folder).expect("a log"));
        let orgs = vec![OrgSettings { id: org(), ..OrgSettings::default() }];
        let folder = Some(self.folder.clone());
        let options = EngineOptions { orgs, log, accept_loss: false, shelf: folder };
        let hub = Hub::start(options).await;
        let hub = hub.expect("a hub");
        read_state(hub.clone(), self.customers / 2).await;
        hub
    }

    async fn stop(&self, hub: &Hub, what: &str) {
        let start = clock();
        hub.stop().await;
        tell(what, start.elapsed().as_secs_f64());
    }

    async fn make(&self) {
        let log: Arc<dyn Log> = Arc::new(SqliteLog::open(&self.folder).expect("a log"));
        let mut writer = LogWriter::new(&org(), &log);
        writer.fill(self.customers, self.events).await;
        tell("entry", float(writer.bytes) / float(writer.place.seq.0));
        let (start, mut to) = (clock(), ChainCursor::default());
        while !chain::follow(&*log, &org(), &mut to, 500).await.expect("readable").is_empty() {}
        tell("bare fold", float(writer.place.seq.0) / start.elapsed().as_secs_f64());
    }

    /// Folds the whole log, and indexes it beside that.
    async fn first_start(&self) {
        let start = clock();
        let hub = self.start().await;
        tell("fold", float(self.events) / start.elapsed().as_secs_f64());
        tell_memory("after the fold");
        while hub.find(&org(), "nobody", 1).await.expect("an answer").unread > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tell("index", float(self.events) / start.elapsed().as_secs_f64());
        self.stop(&hub, "stop after the fold").await;
    }

    async fn later_start(&self) {
        for file in ["log.db", "shelf.db", "state"] {
            let [all, wal] =
                ["", "-wal"].map(|end| size(&self.folder.join(format!("{file}{end}"))));
            tell(file, float(all + wal) / float(self.events));
        }
        let opened = clock();
        let hub = self.start().await;
        tell("start", opened.elapsed().as_secs_f64());
        tell_memory("after a start");
        for tasks in [MANY, 1] {
            let of = (tasks, self.customers);
            load(&format!("read {tasks}"), &hub, of, read_state).await;
            load(&format!("write {tasks}"), &hub, of, write_tag).await;
        }
        rest().await;
        self.searches(&hub).await;
        tell_memory("after all that");
        self.stop(&hub, "stop").await;
    }

    async fn searches(&self, hub: &Hub) {
        let kinds: [(&str, &dyn Fn(usize) -> String); 3] =
            [("number", &number), ("name", &name), ("first name", &|n| NAMES[n % 8].into())];
        for (kind, words) in kinds {
            let mut times = Vec::new();
            for n in 0..QUERIES {
                let words = words(n * 7_919 % self.customers);
                let start = clock();
                let found = hub.find(&org(), &words, 20).await.expect("an answer");
                times.push(start.elapsed());
                assert!(!found.customers.is_empty() && found.unread == 0, "{words}: {found:?}");
            }
            tell_times(&format!("find by {kind}"), times);
        }
        let kinds: [(&str, &dyn Fn(usize) -> String); 2] =
            [("rare", &rare_word), ("common", &common_word)];
        for (kind, words) in kinds {
            let mut times = Vec::new();
            for n in 0..QUERIES {
                let query = HistoryQuery { limit: 100, words: words(n), ..HistoryQuery::default() };
                let start = clock();
                hub.history(&org(), query).await.expect("a page");
                times.push(start.elapsed());
            }
            tell_times(&format!("history of a {kind} word"), times);
        }
        self.filters(hub).await;
    }

    /// Searches the whole log for what is not there, a piece in each call.
    async fn filters(&self, hub: &Hub) {
        let filter = Filter::parse("type:msg nobody", &Asker::utc(hub.now(&org())));
        let filter = Arc::new(filter.expect("a filter"));
        let (mut before, mut times) = (None, Vec::new());
        let begun = clock();
        while before.is_none_or(|before| before > Seq(1)) {
            let start = clock();
            let found = hub.search(&org(), before, Arc::clone(&filter), (100, 1 << 20)).await;
            let found = found.expect("a piece");
            times.push(start.elapsed());
            assert!(found.entries.is_empty() && found.unread == 0, "{found:?}");
            before = Some(found.searched_to);
        }
        tell("filter rate", float(self.events) / begun.elapsed().as_secs_f64());
        tell_times("filter", times);
    }

    /// Measures what the parts take without a hub.
    fn bare(&self) {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        for (tasks, threads) in [(MANY, cores), (1, 1)] {
            let times = thread::scope(|all| {
                let readers: Vec<_> =
                    (0..threads).map(|_| all.spawn(|| self.bare_reads())).collect();
                readers.into_iter().flat_map(|reader| reader.join().expect("times")).collect()
            });
            tell_rate(&format!("bare read {tasks}"), 1, times);
        }
        let (_, payload) = self.newest();
        let (db, row) = (self.open("bare.db"), vec![7_u8; payload]);
        db.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=16000;
             CREATE TABLE entry (pos INTEGER PRIMARY KEY, payload BLOB NOT NULL) STRICT;",
        )
        .expect("a table");
        let mut insert = db.prepare("INSERT INTO entry (payload) VALUES (?1)").expect("SQL");
        // A file that grows is slower than one that is written over, as the WAL of a hub is soon.
        db.execute_batch("BEGIN").expect("begun");
        for _ in 0..(32 << 20) / payload {
            insert.execute([&row]).expect("stored");
        }
        db.execute_batch("COMMIT; PRAGMA wal_checkpoint(RESTART)").expect("durable");
        for tasks in [MANY, 1] {
            let times = again(|| {
                db.execute_batch("BEGIN IMMEDIATE").expect("begun");
                for _ in 0..tasks {
                    insert.execute([&row]).expect("stored");
                }
                db.execute_batch("COMMIT").expect("durable");
            });
            tell_rate(&format!("bare write {tasks}"), tasks, times);
        }
        tell_times("bare number", made::plain_numbers(self.customers));
        tell_times("bare rare word", made::bare_words(&self.folder, rare_word));
        tell_times("bare common word", made::bare_words(&self.folder, common_word));
    }

    fn open(&self, file: &str) -> Connection {
        Connection::open(self.folder.join(file)).expect("a file")
    }

    /// The position of the newest entry, and how many bytes it has.
    fn newest(&self) -> (usize, usize) {
        let sql = "SELECT pos, length(payload) FROM entry ORDER BY pos DESC LIMIT 1";
        let row = self.open("log.db").query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
        row.expect("an entry")
    }

    /// Reads as many entries as a customer has, from one place of the log.
    fn bare_reads(&self) -> Vec<Duration> {
        let (newest, rows) = (self.newest().0, self.events / self.customers);
        let log = self.open("log.db");
        let sql = "SELECT payload FROM entry WHERE pos > ?1 ORDER BY pos LIMIT ?2";
        let mut list = log.prepare(sql).expect("a query");
        again(|| {
            let mut found = list.query([fastrand::usize(..newest - rows), rows]).expect("rows");
            while let Some(row) = found.next().expect("a row") {
                let payload = row.get_ref(0).expect("a value").as_blob().expect("a payload");
                black_box(payload.to_vec());
            }
        })
    }
}

fn rare_word(n: usize) -> String {
    made::rare_word(n * 7_919)
}

fn common_word(n: usize) -> String {
    WORDS[n % WORDS.len()].to_lowercase()
}
