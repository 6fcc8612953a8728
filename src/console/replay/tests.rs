//! A file is played at its own pace, whatever is in it.

use super::*;
use crate::model::{Actor, Body, Event, EventKind};

fn line(seq: u64, index: usize, secs: i64, text: &str) -> String {
    let kind = EventKind::MessageReceived { id: "el_msg_1".into(), body: Body::text(text) };
    let event = Event {
        at: Timestamp::from_secs(secs),
        customer: None,
        app: None,
        actor: Actor::Customer,
        number: None,
        channel: None,
        name: None,
        kind,
    };
    EventLine::new(Seq(seq), index, &"acme".into(), event).json()
}

fn file(lines: &[String]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talk.ndjson");
    std::fs::write(&path, lines.join("\n")).unwrap();
    (folder, path)
}

/// Plays a file and tells what came, each with the milliseconds after the beginning.
async fn played(lines: &[String], speed: f64) -> Vec<(u128, String)> {
    let (_folder, path) = file(lines);
    let (to, mut come) = mpsc::channel(64);
    let begun = Instant::now();
    let (told, _) = mpsc::channel(1);
    tokio::spawn(play(Replay::open(&path, speed).unwrap(), to, told));
    let mut all = Vec::new();
    while let Some(msg) = come.recv().await {
        let words = match msg {
            Msg::Feed(FeedEvent::Up(hello)) => format!("up {}", hello.replay.clone().unwrap()),
            Msg::Feed(FeedEvent::Entry(entry)) => {
                let said: Vec<_> = entry.events.iter().map(Event::sentence).collect();
                format!("{} {}", entry.seq, said.join(", "))
            }
            Msg::Failed(why) => why,
            other => panic!("{other:?}"),
        };
        all.push((begun.elapsed().as_millis(), words));
    }
    all
}

#[tokio::test(start_paused = true)]
async fn events_come_as_far_apart_as_they_happened_or_faster() {
    let lines = [
        line(40, 0, 100, "a"),
        line(40, 1, 100, "b"),
        line(47, 0, 103, "c"),
        line(90, 2, 104, "d"),
    ];
    let came = played(&lines, 2.0).await;
    let words: Vec<_> = came.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(
        words,
        ["up talk.ndjson x2", "1 a, b", "2 c", "3 d", "up talk.ndjson x2, at its end"]
    );
    let times: Vec<_> = came.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [0, 0, 1_500, 2_000, 2_000]);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_night_and_a_clock_that_went_back_holds_up_nothing() {
    let lines =
        [line(1, 0, 0, "a"), line(2, 0, 40_000, "b"), line(3, 0, 10, "c"), line(4, 0, 40_001, "d")];
    let times: Vec<_> = played(&lines, 1.0).await.into_iter().map(|(at, _)| at).collect();
    assert_eq!(times, [0, 0, 5_000, 5_000, 6_000, 6_000]);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_no_event_is_told_and_the_rest_is_played() {
    let newer = line(2, 0, 1, "b").replace("message_received", "telepathy");
    let lines = [line(1, 0, 1, "a"), "half a li".into(), String::new(), newer, line(3, 0, 1, "c")];
    let came = played(&lines, 1.0).await;
    let words: Vec<_> = came.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(words.len(), 6, "{words:?}");
    assert!(words[1].starts_with("line 2 is no event"), "{words:?}");
    assert!(words.iter().any(|w| w.starts_with("3 c")), "{words:?}");
}

#[test]
fn what_is_no_file_of_events_is_told_before_a_screen_opens() {
    let (_folder, empty) = file(&[]);
    assert!(Replay::open(&empty, 1.0).unwrap_err().contains("it has no events"));
    let missing = empty.with_file_name("missing.ndjson");
    assert!(Replay::open(&missing, 1.0).unwrap_err().contains("missing.ndjson"));
    let (_folder, table) = file(&["time,seq".into()]);
    assert!(Replay::open(&table, 1.0).unwrap_err().contains("line 1 is no event"));
}

#[tokio::test(start_paused = true)]
async fn what_happened_to_a_customer_is_answered_from_what_was_played() {
    let theirs = |seq, text: &str| {
        let mut line = EventLine::read(&line(seq, 0, 1, text)).unwrap();
        line.event.customer = Some("el_cst_1".into());
        line.json()
    };
    let (_folder, path) = file(&[theirs(1, "a"), line(2, 0, 1, "b"), theirs(3, "c")]);
    let (to, mut come) = mpsc::channel(64);
    let (told, heard) = mpsc::channel(AHEAD);
    let (ask, asked) = mpsc::channel(4);
    tokio::spawn(answers(asked, heard, to.clone()));
    play(Replay::open(&path, 1.0).unwrap(), to, told).await;
    let page = TimelinePage { customer: "el_cst_1".into(), from: TimelineFrom::Newest, nth: 1 };
    ask.send(Effect::Timeline(page)).await.unwrap();
    ask.send(Effect::Inspect(crate::model::CustomerRef::Id("el_cst_1".into()))).await.unwrap();
    drop(ask);
    let (mut said, mut why) = (Vec::new(), String::new());
    while let Some(msg) = come.recv().await {
        match msg {
            Msg::Timeline { result: Ok(page), .. } => {
                said.extend(page.entries.iter().map(|entry| entry.events[0].sentence()));
            }
            Msg::Inspected { result: Err(error), .. } => why = error.to_string(),
            _ => {}
        }
    }
    assert_eq!(said, ["c", "a"]);
    assert!(why.contains("has no customers"), "{why}");
}

#[test]
fn every_question_is_answered_with_that_there_is_no_hub() {
    let asked = Effect::Find("habari".into());
    let Some(Msg::Found { result: Err(why), .. }) = answer(asked) else { panic!("no answer") };
    assert!(why.to_string().contains("this is a replay"), "{why}");
    assert!(answer(Effect::Quit).is_none());
}
