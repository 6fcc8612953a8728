//! What several benchmarks make and measure: a log of customers who write messages, written straight into
//! `log.db`, and the bare queries that searches are compared with.

use rusqlite::{Connection, params};
use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use switchboard::{
    hub::log::{Append, Log, Stored, chain::ChainCursor},
    model::{
        Actor, Body, Channel, ChannelNumber, CustomerNumber, DataValue, Entry, EntryId, Event,
        EventKind, OrgId, Tag, Timestamp,
    },
};

/// How many entries are appended at once while the log is made.
const BATCH: usize = 1_000;
/// How many queries of a kind are measured.
pub const QUERIES: usize = 300;
pub const NAMES: [&str; 8] =
    ["Amina", "Brian", "Chebet", "Daudi", "Esther", "Farah", "Grace", "Hassan"];
pub const WORDS: [&str; 12] = [
    "order", "late", "please", "refund", "parcel", "thanks", "market", "delivery", "account",
    "payment", "Nairobi", "tomorrow",
];

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub fn clock() -> Instant {
    Instant::now()
}

/// The CPU time of this process so far, which Linux counts in hundredths of a second.
pub fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis(10 * (ticks(12) + ticks(13)))
}

/// The median and the 99th of 100 of some times.
pub fn percentiles(mut times: Vec<Duration>) -> [Duration; 2] {
    times.sort_unstable();
    [50, 99].map(|share| times[(times.len() * share / 100).min(times.len() - 1)])
}

pub fn number(n: usize) -> String {
    format!("+2547{n:08}")
}

pub fn name(n: usize) -> String {
    format!("{} Otieno{n}", NAMES[n % NAMES.len()])
}

/// A word that one of a million messages has.
pub fn rare_word(n: usize) -> String {
    format!("ref{:06}", n % 1_000_000)
}

pub struct LogWriter {
    org: OrgId,
    log: Arc<dyn Log>,
    pub place: ChainCursor,
    random: fastrand::Rng,
    /// How many bytes the entries have in all.
    pub bytes: usize,
}

impl LogWriter {
    pub fn new(org: &OrgId, log: &Arc<dyn Log>) -> Self {
        let (org, log, random) = (org.clone(), Arc::clone(log), fastrand::Rng::with_seed(7));
        Self { org, log, place: ChainCursor::default(), random, bytes: 0 }
    }

    fn event(&mut self, customer: usize, kind: EventKind) -> Event {
        Event {
            at: Timestamp::from_secs(
                1_700_000_000 + i64::try_from(self.place.seq.0).expect("small"),
            ),
            customer: Some(format!("el_cst_{customer:032x}").into()),
            app: Some("desk".into()),
            actor: Actor::Customer,
            number: Some(CustomerNumber::telco(&number(customer))),
            channel: Some(ChannelNumber::new(Channel::Sms, "40404")),
            name: Some(name(customer)),
            kind,
        }
    }

    fn message(&mut self) -> String {
        let mut words: Vec<String> =
            (0..8).map(|_| WORDS[self.random.usize(..WORDS.len())].to_owned()).collect();
        words.push(rare_word(self.random.usize(..)));
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

    /// Appends so many messages of any customers.
    pub async fn says(&mut self, customers: usize, count: usize) {
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

    /// Everyone gets a name and a tag, and then they write messages, in no order, until there are
    /// so many entries.
    pub async fn fill(&mut self, customers: usize, entries: usize) {
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
        for _ in 0..entries.saturating_sub(2 * customers).div_ceil(BATCH) {
            self.says(customers, BATCH).await;
        }
    }
}

/// How long it takes to find a number in a plain table with an index.
pub fn plain_numbers(customers: usize) -> Vec<Duration> {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch("CREATE TABLE n (number TEXT PRIMARY KEY, id INTEGER) WITHOUT ROWID; BEGIN")
        .expect("made");
    let mut insert = db.prepare("INSERT INTO n VALUES (?1, ?2)").expect("a statement");
    for n in 0..customers {
        insert.execute(params![number(n), n]).expect("stored");
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
    times
}

/// How long the bare query of FTS5 takes for words, on the newest part of `shelf.db`.
pub fn bare_words(folder: &Path, words: impl Fn(usize) -> String) -> Vec<Duration> {
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
    times
}
