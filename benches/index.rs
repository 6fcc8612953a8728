//! The read model (`hub::shelf`) with 100,000 customers of 20 entries each: what a rebuild costs, what it
//! takes on disk, and how long searches take, quiet and beside writes. `CUSTOMERS=1000000` makes it larger.
//! Each figure stands beside its baseline of the same run: a read of the log without an index, the bytes of
//! the entries, a number in a plain table with an index, and the bare query of FTS5 on the same file.
//! Reading the CPU time needs Linux.

use rusqlite::{Connection, params};
use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use switchboard::{
    hub::{
        log::{
            Append, Log, Stored,
            chain::{self, ChainCursor},
            sqlite::SqliteLog,
        },
        shelf::{HistoryQuery, Shelf},
    },
    model::{
        Actor, Body, CustomerNumber, DataValue, Entry, EntryId, Event, EventKind, OrgId, Seq, Tag,
        Timestamp,
    },
};

/// How many entries are appended at once while the log is made.
const BATCH: usize = 1_000;
/// How many queries of a kind are measured.
const QUERIES: usize = 300;
const NAMES: [&str; 8] =
    ["Amina", "Brian", "Chebet", "Daudi", "Esther", "Farah", "Grace", "Hassan"];
const WORDS: [&str; 12] = [
    "order", "late", "please", "refund", "parcel", "thanks", "market", "delivery", "account",
    "payment", "Nairobi", "tomorrow",
];

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn clock() -> Instant {
    Instant::now()
}

/// The CPU time of this process so far.
fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis(10 * (ticks(12) + ticks(13)))
}

fn number(n: usize) -> String {
    format!("+2547{n:08}")
}

fn name(n: usize) -> String {
    format!("{} Otieno{n}", NAMES[n % NAMES.len()])
}

struct LogWriter {
    org: OrgId,
    log: Arc<dyn Log>,
    place: ChainCursor,
    random: fastrand::Rng,
    bytes: usize,
}

impl LogWriter {
    fn event(&mut self, customer: usize, kind: EventKind) -> Event {
        Event {
            at: Timestamp::from_secs(
                1_700_000_000 + i64::try_from(self.place.seq.0).expect("small"),
            ),
            customer: Some(format!("el_cst_{customer:032x}").into()),
            app: Some("desk".into()),
            actor: Actor::Customer,
            number: Some(CustomerNumber::telco(&number(customer))),
            channel: None,
            name: Some(name(customer)),
            kind,
        }
    }

    fn message(&mut self) -> String {
        let mut words: Vec<String> =
            (0..8).map(|_| WORDS[self.random.usize(..WORDS.len())].to_owned()).collect();
        words.push(format!("ref{}", self.random.u32(..1_000_000)));
        words.join(" ")
    }

    async fn append(&mut self, events: Vec<Event>) {
        let (mut seq, mut prev_id) = (self.place.seq, self.place.id);
        let mut batch = Vec::with_capacity(events.len());
        for event in events {
            seq = seq.next();
            let id = EntryId(self.random.u128(..).to_le_bytes());
            let (org, at) = (self.org.clone(), event.at);
            batch.push(Stored::new(Entry {
                org,
                seq,
                id,
                prev_id,
                at,
                events: vec![event],
                call: None,
            }));
            prev_id = id;
        }
        self.bytes += batch.iter().map(|stored| stored.bytes.len()).sum::<usize>();
        match self.log.append(&self.org, self.place.pos, &batch).await {
            Ok(Append::Stored(pos)) => self.place = ChainCursor { pos, seq, id: prev_id },
            other => panic!("not stored: {other:?}"),
        }
    }

    async fn says(&mut self, customers: usize, count: usize) {
        let mut events = Vec::new();
        for _ in 0..count {
            let body = Body::text(self.message());
            let id = format!("el_msg_{:032x}", self.random.u128(..));
            let customer = self.random.usize(..customers);
            let kind = EventKind::MessageReceived { id: id.into(), body };
            events.push(self.event(customer, kind));
        }
        self.append(events).await;
    }

    /// Everyone gets a name and a tag, and then writes 18 messages on average, in no order.
    async fn fill(&mut self, customers: usize) {
        for first in (0..customers).step_by(BATCH / 2) {
            let mut events = Vec::new();
            for n in first..(first + BATCH / 2).min(customers) {
                let values = vec![("name".to_owned(), DataValue::Text(name(n)))];
                events.push(self.event(n, EventKind::MetadataUpdated { values, over_lease: None }));
                let value = if n % 10 == 0 { "gold" } else { "plain" }.to_owned();
                let tag = Tag { key: "tier".into(), value, expires_at: None };
                events.push(self.event(n, EventKind::TagsUpdated(vec![tag])));
            }
            self.append(events).await;
        }
        for _ in 0..(18 * customers).div_ceil(BATCH) {
            self.says(customers, BATCH).await;
        }
    }
}

async fn indexed(shelf: &Shelf, org: &OrgId, head: Seq) {
    while shelf.anchor(org, head).await.expect("an answer").seq != head {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Prints the median and the 99th of 100 of some times.
fn row(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    println!("{what:<44} p50 {:>9.3?}  p99 {:>9.3?}", at(50), at(99));
}

struct Searches<'a> {
    shelf: &'a Shelf,
    log: &'a dyn Log,
    org: &'a OrgId,
    customers: usize,
}

impl Searches<'_> {
    async fn find(&self, what: &str, head: impl Fn() -> Seq, words: impl Fn(usize) -> String) {
        let (mut times, mut unread) = (Vec::new(), 0);
        for n in 0..QUERIES {
            let words = words(n * 7_919 % self.customers);
            let start = clock();
            let now = Timestamp::from_secs(1_900_000_000);
            let found = self.shelf.find(self.org, head(), (&words, None), 20, now).await;
            times.push(start.elapsed());
            unread = unread.max(found.expect("an answer").unread);
        }
        row(what, times);
        if unread > 0 {
            println!("    (up to {unread} entries were not read yet)");
        }
    }

    async fn all(&self, when: &str, head: impl Fn() -> Seq + Copy) {
        self.find(&format!("find by number, {when}"), head, number).await;
        let ends = |n| number(n)[6..].to_owned();
        self.find(&format!("find by the end of a number, {when}"), head, ends).await;
        self.find(&format!("find by name, {when}"), head, name).await;
        self.find(&format!("find by a name of many, {when}"), head, |n| NAMES[n % 8].into()).await;
        self.find(&format!("find by tag, {when}"), head, |_| "tier=gold".into()).await;
        self.find(&format!("find everyone, {when}"), head, |_| String::new()).await;
        let mut times = Vec::new();
        for n in 0..QUERIES {
            let words = words(n);
            let query = HistoryQuery { limit: 100, words, ..HistoryQuery::default() };
            let start = clock();
            self.shelf.page(self.log, self.org, head(), query).await.expect("a page");
            times.push(start.elapsed());
        }
        row(&format!("history by words, {when}"), times);
    }
}

fn words(n: usize) -> String {
    match n % 3 {
        0 => format!("ref{}", n * 7_919 % 1_000_000),
        1 => format!("{} {}", WORDS[n % WORDS.len()], WORDS[(n / 7) % WORDS.len()]),
        _ => format!("{} otieno{}", NAMES[n % NAMES.len()], n % 100),
    }
}

/// The bare queries, on a plain table and on the file of the shelf.
fn baselines(folder: &Path, customers: usize) {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch("CREATE TABLE n (number TEXT PRIMARY KEY, id INTEGER) WITHOUT ROWID; BEGIN")
        .expect("made");
    for n in 0..customers {
        db.execute("INSERT INTO n VALUES (?1, ?2)", params![number(n), n]).expect("stored");
    }
    db.execute_batch("COMMIT").expect("stored");
    let mut select = db.prepare("SELECT id FROM n WHERE number = ?1").expect("a query");
    let mut times = Vec::new();
    for n in 0..QUERIES {
        let start = clock();
        let key = number(n * 7_919 % customers);
        let _: i64 = select.query_row([key], |row| row.get(0)).expect("found");
        times.push(start.elapsed());
    }
    row("  a number in a plain table with an index", times);
    let db = Connection::open(folder.join("shelf.db")).expect("a database");
    let newest = db.query_row("SELECT max(number) FROM part", [], |row| row.get::<_, i64>(0));
    let table = format!("words{}", newest.expect("a part of the log"));
    let sql =
        format!("SELECT rowid FROM {table} WHERE {table} MATCH ?1 ORDER BY rowid DESC LIMIT 100");
    let mut select = db.prepare(&sql).expect("a query");
    let mut times = Vec::new();
    for n in 0..QUERIES {
        let query: Vec<String> = words(n).split(' ').map(|word| format!("\"{word}\"*")).collect();
        let start = clock();
        let rows = select.query_map([query.join(" ")], |row| row.get::<_, i64>(0)).expect("rows");
        let _ = rows.count();
        times.push(start.elapsed());
    }
    row("  the bare query of FTS5, newest part", times);
}

#[tokio::main]
async fn main() {
    let customers = std::env::var("CUSTOMERS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a folder");
    let org = OrgId::from("bench");
    let log: Arc<dyn Log> = Arc::new(SqliteLog::open(folder.path()).expect("a log"));
    let place = ChainCursor::default();
    let random = fastrand::Rng::with_seed(7);
    let mut writer = LogWriter { org: org.clone(), log: Arc::clone(&log), place, random, bytes: 0 };
    writer.fill(customers).await;
    let entries = writer.place.seq.0;
    let of_entries = u32::try_from(entries).expect("fewer entries");
    let per = |busy: Duration| cpu().saturating_sub(busy) / of_entries;
    println!(
        "{customers} customers, {entries} entries of {} B",
        u64::try_from(writer.bytes).expect("fewer bytes") / entries
    );

    let (start, busy, mut to) = (clock(), cpu(), ChainCursor::default());
    while !chain::follow(&*log, &org, &mut to, 500).await.expect("readable").is_empty() {}
    println!("  the log is read: {:.1?}, {:.1?} of CPU an entry", start.elapsed(), per(busy));
    let (start, busy) = (clock(), cpu());
    let orgs = || vec![org.clone()];
    let shelf = Shelf::start(Some(folder.path()), Arc::clone(&log), orgs(), false).await;
    let shelf = shelf.expect("a shelf");
    indexed(&shelf, &org, writer.place.seq).await;
    println!("rebuilt: {:.1?}, {:.1?} of CPU an entry", start.elapsed(), per(busy));
    let start = clock();
    shelf.stop().await;
    println!("stopped in {:.1?}", start.elapsed());
    let size = fs::metadata(folder.path().join("shelf.db")).expect("a file").len();
    let bytes = u64::try_from(writer.bytes).expect("fewer bytes");
    println!("on disk: {} B an entry, {} % of the entries", size / entries, 100 * size / bytes);
    baselines(folder.path(), customers);

    let shelf = Shelf::start(Some(folder.path()), Arc::clone(&log), orgs(), false).await;
    let shelf = shelf.expect("a shelf");
    indexed(&shelf, &org, writer.place.seq).await;
    let head = Arc::new(std::sync::atomic::AtomicU64::new(writer.place.seq.0));
    let newest = || Seq(head.load(Ordering::Acquire));
    let asked = Searches { shelf: &shelf, log: &*log, org: &org, customers };
    asked.all("quiet", newest).await;

    let stop = Arc::new(AtomicBool::new(false));
    let (ends, waker, shown) = (Arc::clone(&stop), shelf.clone(), Arc::clone(&head));
    let background = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        while !ends.load(Ordering::Acquire) {
            ticks.tick().await;
            writer.says(customers, 20).await;
            shown.store(writer.place.seq.0, Ordering::Release);
            waker.wake();
        }
    });
    asked.all("beside 2,000 writes/s", newest).await;
    stop.store(true, Ordering::Release);
    background.await.expect("written");
    let start = clock();
    shelf.stop().await;
    println!("stopped after the writes in {:.1?}", start.elapsed());
}
