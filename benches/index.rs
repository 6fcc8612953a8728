//! The read model (`hub::shelf`) with 100,000 customers of 20 entries each: what a rebuild costs, what it
//! takes on disk, and how long searches take, quiet and beside writes. `CUSTOMERS=1000000` makes it larger.
//! Each figure stands beside its baseline of the same run: a read of the log without an index, the bytes of
//! the entries, a number in a plain table with an index, and the bare query of FTS5 on the same file.
//! Reading the CPU time needs Linux.

mod made;

use made::{LogWriter, NAMES, QUERIES, WORDS, clock, cpu, name, number};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use switchboard::{
    hub::{
        log::{
            Log,
            chain::{self, ChainCursor},
            sqlite::SqliteLog,
        },
        shelf::{HistoryQuery, Shelf},
    },
    model::{OrgId, Seq, Timestamp},
};

async fn indexed(shelf: &Shelf, org: &OrgId, head: Seq) {
    while shelf.anchor(org, head).await.expect("an answer").seq != head {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Prints the median and the 99th of 100 of some times.
fn row(what: &str, times: Vec<Duration>) {
    let [half, most] = made::percentiles(times);
    println!("{what:<44} p50 {half:>9.3?}  p99 {most:>9.3?}");
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
        0 => made::rare_word(n * 7_919),
        1 => format!("{} {}", WORDS[n % WORDS.len()], WORDS[(n / 7) % WORDS.len()]),
        _ => format!("{} otieno{}", NAMES[n % NAMES.len()], n % 100),
    }
}

#[tokio::main]
async fn main() {
    let customers = std::env::var("CUSTOMERS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a folder");
    let org = OrgId::from("bench");
    let log: Arc<dyn Log> = Arc::new(SqliteLog::open(folder.path()).expect("a log"));
    let mut writer = LogWriter::new(&org, &log);
    writer.fill(customers, 20 * customers).await;
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
    row("  a number in a plain table with an index", made::plain_numbers(customers));
    row("  the bare query of FTS5, newest part", made::bare_words(folder.path(), words));

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
