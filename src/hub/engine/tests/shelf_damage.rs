//! Shelves whose bytes on disk have changed (R-LOG-6): whatever is asked afterwards is answered from what
//! is whole or from the log, and never from what has changed.

use crate::{
    hub::{
        engine::{EngineOptions, Hub, HubError},
        folders::{copy, filled_files_in},
        log::{Log as _, sqlite::SqliteLog},
        shelf::HistoryQuery,
        state_store::StateStore,
    },
    model::{
        Body, Caller, Channel, ChannelNumber, Command, CustomerCommand, CustomerNumber,
        CustomerRef, DataValue, NetworkCommand, OrgId, OrgSettings, Seq, Tag,
    },
    rules::World,
};
use futures_util::future::join_all;
use std::{collections::BTreeMap, fs, path::Path, sync::Arc};
use tempfile::TempDir;

const ORGS: [&str; 2] = ["demo", "other"];
/// How many customers write before the restart, and how many after it.
const CUSTOMERS: usize = 15;

async fn start(folder: &Path) -> Hub {
    let log = Arc::new(SqliteLog::open(folder).expect("a log"));
    let orgs = ORGS.map(|id| OrgSettings { id: id.into(), ..OrgSettings::default() }).to_vec();
    let shelf = Some(folder.to_owned());
    Hub::start(EngineOptions { orgs, log, accept_loss: false, shelf }).await.expect("a hub")
}

fn number(n: usize) -> CustomerNumber {
    CustomerNumber::telco(&format!("+25470{n:07}"))
}

/// One customer writes, gets a name and gets tags.
async fn meet(hub: &Hub, org: &str, n: usize) {
    let customer = CustomerRef::Number(number(n));
    let name = if n.is_multiple_of(2) { "Jane" } else { "Wanjiku" };
    let name = DataValue::Text(format!("\"{name} {n}\""));
    let tier = if n.is_multiple_of(3) { "gold" } else { "iron" };
    let tag = Tag { key: "tier".into(), value: tier.into(), expires_at: None };
    let commands: [Command; 3] = [
        NetworkCommand::ReceiveMessage {
            from: number(n),
            to: ChannelNumber::new(Channel::Sms, "40404"),
            body: Body::text(format!("order {n} of {org} is late, please look")),
        }
        .into(),
        CustomerCommand::UpdateMetadata {
            customer: customer.clone(),
            values: vec![("name".into(), name)],
        }
        .into(),
        CustomerCommand::UpdateTags { customer, tags: vec![tag] }.into(),
    ];
    for command in commands {
        let receipt = hub.submit(&org.into(), Caller::default(), None, command).await;
        assert!(receipt.expect("an answer").is_ok());
    }
}

async fn grow(hub: &Hub, customers: std::ops::Range<usize>, cursor: Seq) {
    for org in ORGS {
        join_all(customers.clone().map(|n| meet(hub, org, n))).await;
        hub.set_cursor(&org.into(), "worker", cursor).await.expect("kept");
    }
}

/// Questions with their answers.
type Answers = Vec<(String, Result<String, HubError>)>;

/// The answers to every kind of question.
async fn answers(hub: &Hub, org: &OrgId) -> Answers {
    let mut all = Vec::new();
    for (words, limit) in [
        ("", 100),
        ("jane", 3),
        ("wanjiku 7", 9),
        ("+254700000011", 9),
        ("tier=gold", 5),
        ("iron", 5),
        ("000003", 9),
    ] {
        let found = hub.find(org, words, limit).await;
        all.push((format!("find {words:?} {limit}"), found.map(|found| format!("{found:?}"))));
    }
    let jane = hub.find(org, "+254700000011", 1).await;
    let jane = jane.ok().and_then(|found| found.customers.into_iter().next());
    let customer = jane.map(|customer| customer.id);
    let all_of = HistoryQuery { limit: 20, ..HistoryQuery::default() };
    let mut queries = vec![
        all_of.clone(),
        HistoryQuery { before: Some(Seq(40)), limit: 7, ..all_of.clone() },
        HistoryQuery { customer: customer.clone(), ..all_of.clone() },
    ];
    for words in ["late", "order 7", "gold", "wanjiku"] {
        queries.push(HistoryQuery { words: words.into(), ..all_of.clone() });
    }
    queries.push(HistoryQuery { customer, words: "late".into(), ..all_of });
    for query in queries {
        let page = hub.history(org, query.clone()).await.map(|page| {
            let entries = page.entries.iter().map(|stored| (stored.entry.seq, stored.entry.id));
            format!("{:?} {}", entries.collect::<Vec<_>>(), page.more)
        });
        all.push((format!("{query:?}"), page));
    }
    all
}

async fn world(hub: &Hub, org: &OrgId) -> Result<World, HubError> {
    hub.read(org, World::in_memory).await
}

/// A data folder as it lay on the disk at one moment, with what is right to answer from it.
struct Folder {
    dir: TempDir,
    right: BTreeMap<&'static str, (Answers, World)>,
    /// The cursors that a start may find: those that were stored.
    cursors: Vec<Seq>,
}

impl Folder {
    async fn of(live: &Path, hub: &Hub, cursors: &[Seq]) -> Self {
        let mut right = BTreeMap::new();
        for org in ORGS {
            let id = OrgId::from(org);
            let all = answers(hub, &id).await;
            assert!(all.iter().all(|(_, answer)| answer.is_ok()), "{all:?}");
            right.insert(org, (all, world(hub, &id).await.expect("readable")));
        }
        Self { dir: copy(live), right, cursors: cursors.to_vec() }
    }

    /// Flips one bit in one of the files, starts on them and asks everything. Returns what came of it.
    async fn flip(&self, n: u64) -> &'static str {
        let dir = copy(self.dir.path());
        let mut random = fastrand::Rng::with_seed(n);
        let mut files =
            ["shelf.db", "shelf.db-wal", "shelf.sums"].map(|name| dir.path().join(name)).to_vec();
        files.retain(|file| fs::metadata(file).is_ok_and(|file| file.len() > 0));
        let state = filled_files_in(&dir.path().join("state"));
        // The Worlds are hit as often as the shelf, and that as often as all that lies beside it.
        let file = match n % 8 {
            0 | 1 | 4 | 5 => &state[random.usize(..state.len())],
            2 | 3 => &files[0],
            _ => &files[random.usize(..files.len())],
        };
        let mut bytes = fs::read(file).expect("readable");
        let at = random.usize(..bytes.len());
        bytes[at] ^= 1 << random.u8(..8);
        fs::write(file, bytes).expect("written");
        let hub = start(dir.path()).await;
        let mut came = if dir.path().join("state/damaged").exists() { "state" } else { "kept" };
        for (org, (right, right_world)) in &self.right {
            let id = OrgId::from(*org);
            match hub.cursor(&id, "worker").await {
                Ok(None) => came = "made anew",
                Ok(Some(cursor)) if self.cursors.contains(&cursor) => {}
                other => return wrong(n, file, at, &format!("the cursor is {other:?}")),
            }
            for ((question, answer), (_, right)) in answers(&hub, &id).await.iter().zip(right) {
                match answer {
                    Err(_) => came = "refused",
                    answer if answer == right => {}
                    answer => return wrong(n, file, at, &format!("{question}: {answer:?}")),
                }
            }
            match world(&hub, &id).await {
                Ok(world) if world == *right_world => {}
                Ok(_) => return wrong(n, file, at, "the World"),
                // What cannot be read is made anew by the next start.
                Err(_) => came = "ended",
            }
        }
        hub.stop().await;
        if came == "ended" {
            drop(hub);
            let hub = start(dir.path()).await;
            for (org, (_, right)) in &self.right {
                if world(&hub, &OrgId::from(*org)).await.as_ref() != Ok(right) {
                    return wrong(n, file, at, "the World after a restart");
                }
            }
            hub.stop().await;
        }
        came
    }
}

fn wrong(n: u64, file: &Path, at: usize, what: &str) -> &'static str {
    let what: String = what.chars().take(150).collect();
    println!("flip {n} at byte {at} of {}: {what}", file.display());
    "wrong"
}

/// A folder whose hub was stopped, and one whose hub was killed after it had gone on from there, so that
/// much of its shelf is in the write-ahead log only.
async fn folders() -> [Folder; 2] {
    let live = TempDir::new().expect("a folder");
    let hub = start(live.path()).await;
    grow(&hub, 0..CUSTOMERS, Seq(7)).await;
    hub.stop().await;
    drop(hub);
    let hub = start(live.path()).await;
    grow(&hub, CUSTOMERS..2 * CUSTOMERS, Seq(9)).await;
    let killed = Folder::of(live.path(), &hub, &[Seq(7), Seq(9)]).await;
    hub.stop().await;
    let living = copy(live.path());
    let hub = start(living.path()).await;
    let mut stopped = Folder::of(live.path(), &hub, &[Seq(9)]).await;
    hub.stop().await;
    stopped.dir = copy(live.path());
    [killed, stopped]
}

/// R-LOG-6. `FLIPS` is how many bits to flip, each in a folder of its own, for a longer run by hand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_log_6_a_flipped_bit_of_the_shelf_is_never_answered_from() {
    let flips = std::env::var("FLIPS").ok().and_then(|n| n.parse().ok()).unwrap_or(150);
    let folders = folders().await;
    let mut came: BTreeMap<&str, usize> = BTreeMap::new();
    for n in 0..flips {
        let folder = &folders[usize::from(n % 2 == 0)];
        *came.entry(folder.flip(n).await).or_default() += 1;
    }
    println!("{flips} flips of the shelf: {came:?}");
    assert!(!came.contains_key("wrong") && !came.contains_key("refused"), "{came:?}");
    assert!(came.get("made anew").is_some_and(|anew| *anew > 10), "{came:?}");
}

/// A block that is found wrong only when somebody asks for a row in it.
#[tokio::test]
async fn r_log_6_a_state_that_is_found_wrong_later_ends_the_hub_and_is_made_anew() {
    let dir = TempDir::new().expect("a folder");
    let org = OrgId::from(ORGS[0]);
    let hub = start(dir.path()).await;
    grow(&hub, 0..100, Seq(1)).await;
    let right = world(&hub, &org).await.expect("readable");
    hub.stop().await;
    drop(hub);
    {
        let log = SqliteLog::open(dir.path()).expect("a log");
        let store = StateStore::open(dir.path()).expect("a state");
        store.org(&org, log.id()).expect("of the org").flush();
    }
    let tables = filled_files_in(&dir.path().join("state"));
    let tables =
        tables.iter().filter(|file| file.parent().is_some_and(|of| of.ends_with("tables")));
    let table =
        tables.max_by_key(|file| fs::metadata(file).expect("known").len()).expect("a table");
    let mut bytes = fs::read(table).expect("readable");
    // Far from the rows that a start reads, which are the first and the last.
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(table, bytes).expect("written");

    let hub = start(dir.path()).await;
    let why = world(&hub, &org).await.expect_err("a row of it cannot be read");
    assert!(why.to_string().contains("the next start makes it anew"), "{why}");
    let mut failed = hub.failed();
    let failed = failed.wait_for(Option::is_some).await.expect("told").clone();
    assert_eq!(failed, Some(why.to_string()));
    hub.stop().await;
    drop(hub);

    let hub = start(dir.path()).await;
    assert!(world(&hub, &org).await.as_ref() == Ok(&right));
    hub.stop().await;
}
