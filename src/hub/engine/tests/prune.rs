//! What an org does not keep goes out of its log, and everything else is as before (R-KEEP-1 to R-KEEP-5).

use super::{
    Hub, entries, org,
    restarts::{hub, open, world},
    write,
};
use crate::{
    hub::{
        copies,
        engine::{EngineOptions, LogSize, PrunedLog},
        folders::filled_files_in,
        log::Log as _,
        origins,
        shelf::HistoryQuery,
        state_store,
    },
    model::{
        Body, Caller, Channel, ChannelNumber, CustomerCommand, CustomerNumber, CustomerRef,
        DataValue, EventKind, NetworkCommand, OrgId, OrgSettings, Seq, Tag, Timestamp,
        client::PastMoment, settings::KeptLog,
    },
};
use rusqlite::Connection;
use std::{fs, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;

const DAY: Duration = Duration::from_hours(24);
/// More than go at once.
const MANY: usize = 1_200;

fn days(days: u64) -> KeptLog {
    KeptLog { age: Some(Duration::from_hours(days * 24)), bytes: None }
}

async fn does(hub: &Hub, command: impl Into<crate::model::Command>) {
    hub.submit(&org(), Caller::default(), None, command.into()).await.expect("an answer");
}

/// Moves the clock of the org on, so that what was written before is older.
async fn passes(hub: &Hub, by: Duration) {
    does(hub, NetworkCommand::MoveClock { by }).await;
}

fn amina() -> CustomerRef {
    CustomerRef::Number(CustomerNumber::telco("+254700000001"))
}

/// Lets a customer write so often, and gives them a name and a tag.
async fn fill(hub: &Hub, count: usize) {
    for n in 0..count {
        write(hub, &format!("parcel {n}")).await.expect("an answer");
    }
    let tags = vec![Tag { key: "tier".into(), value: "gold".into(), expires_at: None }];
    does(hub, CustomerCommand::UpdateTags { customer: amina(), tags }).await;
    let values = vec![("name".to_owned(), DataValue::Text("Amina Wanjiru".into()))];
    does(hub, CustomerCommand::UpdateMetadata { customer: amina(), values }).await;
}

/// Prunes once the index has read everything.
async fn prune(hub: &Hub, keep: KeptLog) -> Option<PrunedLog> {
    let words = HistoryQuery { words: "parcel".into(), ..HistoryQuery::default() };
    while hub.history(&org(), words.clone()).await.expect("a page").unread > 0 {}
    hub.prune(&org(), keep, &mut LogSize::default()).await.expect("pruned")
}

fn rows(folder: &Path) -> u64 {
    let db = Connection::open(folder.join("log.db")).expect("a file");
    db.query_row("SELECT count(*) FROM entry", [], |row| row.get(0)).expect("counted")
}

fn origin_folders(folder: &Path) -> Vec<String> {
    let all = fs::read_dir(folder.join(origins::FOLDER)).expect("a folder");
    all.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

/// A hub whose log has much that is 40 days old, and something that is new.
async fn grown(folder: &Path) -> Hub {
    let hub = hub(folder).await;
    fill(&hub, MANY).await;
    passes(&hub, 40 * DAY).await;
    write(&hub, "parcel today").await.expect("an answer");
    hub
}

#[tokio::test]
async fn r_keep_1_what_is_older_than_the_org_keeps_goes_and_the_world_stays() {
    let dir = TempDir::new().expect("a folder");
    let hub = grown(dir.path()).await;
    let head = *hub.head(&org()).expect("served").borrow();
    assert_eq!(prune(&hub, KeptLog::default()).await, None, "everything is kept");
    assert_eq!(prune(&hub, days(41)).await, None, "nothing is so old");
    let gone = prune(&hub, days(30)).await.expect("something went");
    assert_eq!(gone.entries, gone.up_to.0);
    assert!(gone.up_to.0 > MANY as u64 && gone.up_to < head, "{gone:?}");
    assert_eq!(hub.begin(&org()), gone.up_to);
    // An entry proves it, and is the only thing that came.
    let proof = hub.entries_after(&org(), head, 10).await.expect("readable");
    let [proof] = &proof[..] else { panic!("{proof:?}") };
    let EventKind::LogPruned { up_to, entries, bytes, check } = &proof.entry.events[0].kind else {
        panic!("{:?}", proof.entry)
    };
    assert_eq!((*up_to, *entries, *bytes), (gone.up_to, gone.entries, gone.bytes));
    assert_eq!(check.len(), 32);
    assert_eq!(prune(&hub, days(30)).await, None, "nothing more");
    // It was folded from everything.
    let before = world(&hub).await;
    hub.stop().await;
    drop(hub);
    assert_eq!(rows(dir.path()), head.0 + 1 - gone.up_to.0);
    assert_eq!(origin_folders(dir.path()).len(), 1);
    // With what was stored, without it, and without the index.
    for removed in [None, Some(state_store::FOLDER), Some("shelf.db")] {
        if let Some(name) = removed {
            let path = dir.path().join(name);
            let done =
                if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            done.expect("removed");
        }
        let again = self::hub(dir.path()).await;
        let now = world(&again).await;
        assert!(now == before, "{removed:?}: {:?}", now.difference(&before));
        for words in ["amina", "tier=gold", "254700000001"] {
            let found = again.find(&org(), words, 10).await.expect("found");
            assert_eq!(found.customers.len(), 1, "{removed:?}: {words}");
            assert_eq!(found.customers[0].name, "Amina Wanjiru");
        }
        again.stop().await;
    }
}

#[tokio::test]
async fn r_keep_2_who_comes_with_an_older_place_gets_what_is_there_and_what_is_gone_is_nowhere() {
    let dir = TempDir::new().expect("a folder");
    let hub = grown(dir.path()).await;
    let gone = prune(&hub, days(30)).await.expect("something went");
    hub.stop().await;
    drop(hub);
    let hub = self::hub(dir.path()).await;
    let all = entries(&hub).await;
    assert_eq!(all[0].entry.seq, gone.up_to.next());
    let places: Vec<u64> = all.iter().map(|stored| stored.entry.seq.0).collect();
    assert!(places.windows(2).all(|pair| pair[1] == pair[0] + 1), "{places:?}");
    // Pages of the past end there, by place, by customer and by words.
    let (org, whom) = (org(), amina());
    let of = |query: HistoryQuery| hub.history(&org, query);
    let page = of(HistoryQuery { limit: 500, ..HistoryQuery::default() }).await.expect("a page");
    assert_eq!((page.entries.len(), page.more), (all.len(), false));
    let older = HistoryQuery { before: Some(gone.up_to), limit: 10, ..HistoryQuery::default() };
    let page = of(older).await.expect("a page");
    assert_eq!((page.entries.len(), page.more), (0, false));
    let words = HistoryQuery { words: "parcel".into(), limit: 500, ..HistoryQuery::default() };
    let page = of(words).await.expect("a page");
    assert_eq!((page.entries.len(), page.more, page.unread), (1, false, 0));
    assert_eq!(hub.written(&org, "parcel", 10).await.expect("counted").total, 1);
    // A time before the beginning leads to the first entry that is there.
    let place = hub.place_of(&org, Timestamp::ZERO).await.expect("a place");
    assert_eq!(place, gone.up_to.next());
    // The past of a customer begins there too.
    let back = |moment| hub.look_back(&org, &whom, moment);
    let before = back(PastMoment::Place(Seq(gone.up_to.0 - 1))).await.expect_err("it is gone");
    assert!(before.to_string().contains("went out of the log"), "{before}");
    let (_, then) = back(PastMoment::Place(gone.up_to)).await.expect("known").expect("a customer");
    assert_eq!(then.expect("a state").name(), Some("Amina Wanjiru"));
    let last = back(PastMoment::Place(place)).await.expect("known").expect("a customer");
    assert!(last.1.is_some());
    hub.stop().await;
}

#[tokio::test]
async fn r_keep_3_it_goes_again_and_again_and_what_is_young_never_goes() {
    let dir = TempDir::new().expect("a folder");
    let hub = grown(dir.path()).await;
    let first = prune(&hub, days(30)).await.expect("something went");
    fill(&hub, MANY).await;
    // A byte is to be kept, but all of it is of today.
    let tiny = KeptLog { age: None, bytes: Some(1) };
    assert_eq!(prune(&hub, tiny).await, None, "less than is worth it, or too young");
    passes(&hub, 2 * DAY).await;
    let second = prune(&hub, tiny).await.expect("more went");
    let before = world(&hub).await;
    assert!(second.up_to > first.up_to, "{second:?}");
    assert_eq!(second.entries, second.up_to.0 - first.up_to.0);
    assert_eq!(origin_folders(dir.path()).len(), 1, "the first is not needed any more");
    hub.stop().await;
    drop(hub);
    fs::remove_dir_all(dir.path().join(state_store::FOLDER)).expect("removed");
    let again = self::hub(dir.path()).await;
    let now = world(&again).await;
    assert!(now == before, "{:?}", now.difference(&before));
    again.stop().await;
}

#[tokio::test]
async fn r_keep_3_an_origin_that_is_damaged_or_gone_closes_the_org_with_what_to_do() {
    let dir = TempDir::new().expect("a folder");
    let hub = grown(dir.path()).await;
    prune(&hub, days(30)).await.expect("something went");
    hub.stop().await;
    drop(hub);
    // As long as the stored World is there, nobody needs it.
    let origin = dir.path().join(origins::FOLDER).join(&origin_folders(dir.path())[0]);
    let aside = dir.path().join("aside");
    fs::rename(&origin, &aside).expect("moved");
    let again = self::hub(dir.path()).await;
    assert!(again.served(&org()).is_ok());
    again.stop().await;
    drop(again);
    fs::remove_dir_all(dir.path().join(state_store::FOLDER)).expect("removed");
    let again = self::hub(dir.path()).await;
    let why = again.served(&org()).expect_err("closed").to_string();
    assert!(why.contains("it is not there") && why.contains("restore a backup"), "{why}");
    again.stop().await;
    drop(again);
    fs::rename(&aside, &origin).expect("moved back");
    let again = self::hub(dir.path()).await;
    assert!(again.served(&org()).is_ok());
    again.stop().await;
}

/// The log begins, the rows are not out yet, and the hub is gone.
#[tokio::test]
async fn r_keep_4_a_stop_in_the_middle_leaves_a_log_that_begins_and_the_next_attempt_goes_on() {
    let dir = TempDir::new().expect("a folder");
    let hub = grown(dir.path()).await;
    let gone = prune(&hub, days(30)).await.expect("something went");
    let before = world(&hub).await;
    hub.stop().await;
    drop(hub);
    // As if only the first step had come.
    let log = open(dir.path()).await;
    let begin = log.begin(&org());
    assert_eq!(begin.place.seq, gone.up_to);
    drop(log);
    let db = Connection::open(dir.path().join("log.db")).expect("a file");
    for pos in 1..=50 {
        db.execute("INSERT INTO entry VALUES (?1, 'demo', ?1, x'00', x'00')", [pos]).expect("put");
    }
    drop(db);
    let again = self::hub(dir.path()).await;
    assert_eq!(entries(&again).await[0].entry.seq, gone.up_to.next());
    let now = world(&again).await;
    assert!(now == before, "{:?}", now.difference(&before));
    assert_eq!(prune(&again, days(30)).await, None);
    again.stop().await;
    drop(again);
    assert_eq!(rows(dir.path()), 2, "what was left is out");
}

#[tokio::test]
async fn r_keep_5_copies_of_a_pruned_log_are_whole() {
    let dir = TempDir::new().expect("a folder");
    let (data, old, fresh, back) = (
        dir.path().join("data"),
        dir.path().join("old"),
        dir.path().join("new"),
        dir.path().join("back"),
    );
    let quiet = &mut |_: copies::CopyProgress<'_>| {};
    let hub = grown(&data).await;
    copies::backup(&data, &old, None, quiet).expect("copied");
    prune(&hub, days(30)).await.expect("something went");
    write(&hub, "parcel later").await.expect("an answer");
    let before = world(&hub).await;
    // A backup of before keeps what went, and goes on.
    let more = copies::backup(&data, &old, None, quiet).expect("copied");
    assert_eq!(more.orgs[0].entries, 2);
    // A new one begins where the log begins.
    copies::backup(&data, &fresh, None, quiet).expect("copied");
    hub.stop().await;
    drop(hub);
    for backup in [&old, &fresh] {
        let found = copies::verify(backup, None, 100, quiet).expect("readable");
        assert_eq!(found[0].wrongs().collect::<Vec<_>>(), Vec::<&str>::new());
        let _ = fs::remove_dir_all(&back);
        copies::restore(backup, &back, None, quiet).expect("restored");
        let again = self::hub(&back).await;
        assert!(world(&again).await == before, "{}", backup.display());
        again.stop().await;
        drop(again);
    }
    let found = copies::verify(&data, None, 100, quiet).expect("readable");
    assert_eq!(found[0].wrongs().collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(matches!(found[0].world, copies::Compared::Equal(_)), "{:?}", found[0].world);
    // A backup that ends before the log begins does not become one with a hole.
    let hub = self::hub(&data).await;
    fill(&hub, MANY).await;
    passes(&hub, 40 * DAY).await;
    write(&hub, "parcel today").await.expect("an answer");
    prune(&hub, days(30)).await.expect("more went");
    let why = copies::backup(&data, &fresh, None, quiet).expect_err("a hole").to_string();
    assert!(why.contains("name another folder for the next"), "{why}");
    hub.stop().await;
}

/// An org that is not served for a while does not lose what its log begins with.
#[tokio::test]
async fn r_keep_3_the_origin_of_an_org_that_is_not_served_stays() {
    let dir = TempDir::new().expect("a folder");
    let orgs = |ids: &[&str]| -> Vec<OrgSettings> {
        let of =
            |id: &&str| OrgSettings { id: (*id).into(), sandbox: true, ..OrgSettings::default() };
        ids.iter().map(of).collect()
    };
    let serve = async |ids: &[&str]| {
        let log: Arc<dyn crate::hub::log::Log> = open(dir.path()).await;
        let shelf = Some(dir.path().to_owned());
        let options = EngineOptions { orgs: orgs(ids), log, accept_loss: false, shelf };
        Hub::start(options).await.expect("a hub")
    };
    let fill = async |hub: &Hub, id: &str| {
        let of: OrgId = id.into();
        for n in 0..MANY {
            let command = NetworkCommand::ReceiveMessage {
                from: CustomerNumber::telco("+254700000001"),
                to: ChannelNumber::new(Channel::Sms, "40404"),
                body: Body::text(format!("parcel {n}")),
            };
            hub.submit(&of, Caller::default(), None, command.into()).await.expect("an answer");
        }
        let by = 40 * DAY;
        let command = NetworkCommand::MoveClock { by };
        hub.submit(&of, Caller::default(), None, command.into()).await.expect("an answer");
        let words = HistoryQuery { words: "parcel".into(), ..HistoryQuery::default() };
        while hub.history(&of, words.clone()).await.expect("a page").unread > 0 {}
    };
    let both = serve(&["a", "b"]).await;
    for id in ["a", "b"] {
        fill(&both, id).await;
    }
    // Both at once, as their tasks would.
    let (a, b): (OrgId, OrgId) = ("a".into(), "b".into());
    let (mut first, mut second) = (LogSize::default(), LogSize::default());
    let (one, other) =
        tokio::join!(both.prune(&a, days(30), &mut first), both.prune(&b, days(30), &mut second));
    assert!(one.expect("pruned").is_some() && other.expect("pruned").is_some());
    assert_eq!(origin_folders(dir.path()).len(), 2);
    both.stop().await;
    drop(both);
    let alone = serve(&["a"]).await;
    fill(&alone, "a").await;
    let again = alone.prune(&a, days(30), &mut LogSize::default()).await.expect("pruned");
    assert!(again.is_some());
    assert_eq!(origin_folders(dir.path()).len(), 2, "that of b is not swept away");
    alone.stop().await;
    drop(alone);
    fs::remove_dir_all(dir.path().join(state_store::FOLDER)).expect("removed");
    let both = serve(&["a", "b"]).await;
    assert!(both.served(&a).is_ok() && both.served(&b).is_ok());
    both.stop().await;
}

/// Several look back at once, and the index is made anew meanwhile: the origin is open once and shared.
#[tokio::test]
async fn r_keep_2_many_look_back_to_where_the_log_begins() {
    let dir = TempDir::new().expect("a folder");
    let hub = self::hub(dir.path()).await;
    let number = |n: usize| CustomerNumber::telco(&format!("+2547000000{n:02}"));
    let writes = async |n: usize| {
        let command = NetworkCommand::ReceiveMessage {
            from: number(n % 20),
            to: ChannelNumber::new(Channel::Sms, "40404"),
            body: Body::text(format!("parcel {n}")),
        };
        does(&hub, command).await;
    };
    for n in 0..MANY {
        writes(n).await;
    }
    passes(&hub, 40 * DAY).await;
    for n in 0..20 {
        writes(n).await;
    }
    let gone = prune(&hub, days(30)).await.expect("something went");
    for n in 0..20 {
        let whom = CustomerRef::Number(number(n));
        let back = hub.look_back(&org(), &whom, PastMoment::Place(gone.up_to)).await;
        let (_, then) = back.expect("known").expect("a customer");
        assert_eq!(then.expect("a state").messages.len(), MANY / 20, "{n}");
    }
    hub.stop().await;
}

/// What lies beside a pruned log is read whole by `verify`, and a repair of the log leaves it as it is.
#[tokio::test]
async fn r_keep_5_a_damaged_origin_of_a_backup_is_found_and_a_repaired_log_begins_where_it_did() {
    let dir = TempDir::new().expect("a folder");
    let (data, copy) = (dir.path().join("data"), dir.path().join("copy"));
    let quiet = &mut |_: copies::CopyProgress<'_>| {};
    let hub = grown(&data).await;
    let gone = prune(&hub, days(30)).await.expect("something went");
    for _ in 0..5 {
        write(&hub, "parcel later").await.expect("an answer");
    }
    copies::backup(&data, &copy, None, quiet).expect("copied");
    hub.stop().await;
    drop(hub);
    let right = copies::verify(&copy, None, 100, quiet).expect("readable");
    assert_eq!(right[0].wrongs().count(), 0);
    // Each file in turn, in the middle.
    let (mut found, mut harmless) = (0, 0);
    for file in filled_files_in(&copy.join(origins::FOLDER)) {
        let whole = fs::read(&file).expect("readable");
        let mut bytes = whole.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&file, &bytes).expect("written");
        let wrongs = copies::verify(&copy, None, 100, quiet).expect("readable")[0].wrongs().count();
        if wrongs > 0 {
            found += 1;
        } else {
            harmless += 1;
        }
        fs::write(&file, whole).expect("written");
    }
    assert!(found > 0, "{harmless} files do not matter");
    // The last entries of the log are damaged.
    let db = Connection::open(data.join("log.db")).expect("a file");
    let changed = "UPDATE entry SET payload = x'' WHERE n > (SELECT max(n) - 3 FROM entry)";
    assert_eq!(db.execute(changed, []).expect("changed"), 3);
    drop(db);
    let plan = copies::RepairPlan::make(&data, None, quiet).expect("readable").expect("damaged");
    plan.carry_out(quiet).expect("repaired");
    let again = self::hub(&data).await;
    assert!(again.served(&org()).is_ok());
    assert_eq!(again.begin(&org()), gone.up_to);
    let known = again.find(&org(), "amina", 10).await.expect("found");
    assert_eq!(known.customers.len(), 1);
    again.stop().await;
}
