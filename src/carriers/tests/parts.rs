//! A worker and what customers write in several parts, from a message centre that speaks SMPP.

use super::{
    smsc::{Manner, Smsc},
    *,
};

const OMAR: &str = "+254711000001";

async fn texts(desk: &Desk) -> Vec<String> {
    let all = desk.messages(Direction::Inbound).await;
    all.into_iter().filter_map(|message| message.body.text).collect()
}

#[tokio::test]
async fn r_carry_26_parts_become_one_message_however_many_the_network_brings_at_once() {
    for brings_one in [true, false] {
        let smsc = Smsc::start(Manner { brings_one, ..Manner::default() }).await;
        let desk = Desk::of(&smsc, Repeats::Never).await;
        // Those of two customers, and of two texts of one of them, come mixed.
        smsc.bring_part(OMAR, "40404", (7, 3, 2), "is my ");
        smsc.bring_part("+254711000002", "40404", (7, 2, 1), "And ");
        smsc.bring_part(OMAR, "40404", (7, 3, 1), "Where ");
        smsc.bring_segment(OMAR, "40404", (7, 2, 2), "waiting.");
        smsc.bring_part(OMAR, "40404", (7, 3, 1), "Where ");
        smsc.bring_part(OMAR, "40404", (7, 3, 3), "parcel?");
        smsc.bring_part("+254711000002", "40404", (7, 2, 2), "mine?");
        smsc.bring_segment(OMAR, "40404", (7, 2, 1), "I am ");
        smsc.bring(OMAR, "40404", "Thanks");
        smsc.once(|smsc| smsc.acknowledged() == 9).await;
        let mut found = texts(&desk).await;
        let of_omar = found.iter().filter(|text| *text != "And mine?").cloned().collect::<Vec<_>>();
        assert_eq!(of_omar, ["Where is my parcel?", "I am waiting.", "Thanks"], "in order");
        found.sort();
        assert_eq!(found, ["And mine?", "I am waiting.", "Thanks", "Where is my parcel?"]);
    }
}

#[tokio::test]
async fn r_carry_26_a_part_is_acknowledged_and_outlives_the_worker() {
    let smsc = Smsc::start(Manner { brings_one: true, ..Manner::default() }).await;
    let mut desk = Desk::of(&smsc, Repeats::Never).await;
    smsc.bring_part(OMAR, "40404", (7, 2, 1), "Where is ");
    smsc.once(|smsc| smsc.acknowledged() == 1).await;
    assert_eq!(texts(&desk).await, [""; 0], "half of it is no message");
    desk.kill().await;
    // The first one again, as from a network that did not get the acknowledgement, and then the other.
    smsc.bring_part(OMAR, "40404", (7, 2, 1), "Where is ");
    smsc.bring_part(OMAR, "40404", (7, 2, 2), "it?");
    desk.work();
    once!(texts(&desk).await, ["Where is it?"]);
    smsc.once(|smsc| smsc.acknowledged() == 3).await;
    // What was whole when the hub stopped is stored at the start, once.
    desk.kill().await;
    let store = desk.parts.of(&"acme".into(), &"safari".into());
    let kept = store.load().await.expect("kept");
    assert!(kept.iter().all(|kept| kept.is_joined) && kept.len() == 2, "{kept:?}");
    let again = kept.into_iter().map(|kept| (kept.set, kept.part));
    store.keep(again.collect()).await.expect("kept");
    desk.work();
    smsc.bring(OMAR, "40404", "Thanks");
    once!(texts(&desk).await, ["Where is it?", "Thanks"]);
}

#[tokio::test]
async fn r_carry_26_what_the_rest_does_not_come_of_is_a_message_of_its_own() {
    let smsc = Smsc::start(Manner::default()).await;
    let desk = Desk::of(&smsc, Repeats::Never).await;
    smsc.bring_part(OMAR, "40404", (7, 3, 1), "Where is ");
    smsc.bring_part(OMAR, "40404", (7, 3, 3), "at the gate");
    smsc.once(|smsc| smsc.acknowledged() == 2).await;
    assert_eq!(texts(&desk).await, [""; 0]);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(121)).await;
    tokio::time::resume();
    once!(texts(&desk).await, ["Where is ", "at the gate"]);
    let store = desk.parts.of(&"acme".into(), &"safari".into());
    once!(store.load().await.expect("kept").len(), 0);
}

#[tokio::test]
async fn r_carry_26_garbage_in_the_header_is_a_message_of_its_own_at_once() {
    let smsc = Smsc::start(Manner::default()).await;
    let desk = Desk::of(&smsc, Repeats::Never).await;
    for (n, place) in [(7, 0, 0), (7, 2, 3), (7, 1, 1), (7, 0, 1)].into_iter().enumerate() {
        smsc.bring_part(OMAR, "40404", place, &format!("text {n}"));
    }
    smsc.bring_segment(OMAR, "40404", (7, 2, 3), "text 4");
    smsc.once(|smsc| smsc.acknowledged() == 5).await;
    assert_eq!(texts(&desk).await, (0..5).map(|n| format!("text {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn r_carry_26_the_file_keeps_parts_and_says_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = PartDatabase::open(folder.path()).expect("a new file");
    let smsc = Smsc::start(Manner::default()).await;
    let mut desk = Desk::of(&smsc, Repeats::Never).await;
    desk.kill().await;
    desk.parts = file;
    desk.work();
    smsc.bring_part(OMAR, "40404", (7, 2, 1), "Where is ");
    smsc.once(|smsc| smsc.acknowledged() == 1).await;
    desk.kill().await;
    desk.parts = PartDatabase::open(folder.path()).expect("the same file");
    let kept = desk.parts.of(&"acme".into(), &"safari".into()).load().await.expect("kept");
    assert_eq!(kept.len(), 1);
    let none = desk.parts.of(&"acme".into(), &"other".into()).load().await.expect("kept");
    assert_eq!(none, []);
    desk.work();
    smsc.bring_part(OMAR, "40404", (7, 2, 2), "it?");
    once!(texts(&desk).await, ["Where is it?"]);
    std::fs::write(folder.path().join("parts.db"), "nothing of ours".repeat(100)).expect("written");
    let _ = std::fs::remove_file(folder.path().join("parts.db-wal"));
    let Err(error) = PartDatabase::open(folder.path()) else { panic!("it is garbage") };
    let why = error.to_string();
    assert!(why.contains("parts.db") && why.contains("move it away"), "{why}");
}

#[tokio::test]
async fn r_carry_26_what_cannot_be_kept_is_a_message_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let smsc = Smsc::start(Manner::default()).await;
    let mut desk = Desk::of(&smsc, Repeats::Never).await;
    desk.kill().await;
    desk.parts = PartDatabase::open(folder.path()).expect("a new file");
    let other = rusqlite::Connection::open(folder.path().join("parts.db")).expect("open");
    other.execute_batch("DROP TABLE part").expect("dropped");
    desk.work();
    smsc.bring_part(OMAR, "40404", (7, 2, 1), "Where is ");
    once!(texts(&desk).await, ["Where is "]);
    smsc.once(|smsc| smsc.acknowledged() == 1).await;
}
