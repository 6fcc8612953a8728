//! The loop draws when there is something to draw, and it leaves the way it should.

use super::*;
use crate::model::{
    Actor, Entry, EntryId, Event, EventKind, FeedEvent, Hello, LivePrompts, Seq, Timestamp,
};
use crossterm::event::KeyCode;
use ratatui::{Terminal, backend::TestBackend};
use std::{io, sync::Arc, time::Duration};

struct Counting {
    terminal: Terminal<TestBackend>,
    /// When each picture was drawn, and how many rows the feed had then.
    frames: Vec<(Instant, usize)>,
    taken: u32,
    lasted: Duration,
}

impl Counting {
    fn new() -> Self {
        let terminal = Terminal::new(TestBackend::new(80, 24)).expect("a buffer");
        Self { terminal, frames: Vec::new(), taken: 0, lasted: Duration::ZERO }
    }
}

impl ConsoleScreen for Counting {
    fn size(&self) -> (u16, u16) {
        (80, 24)
    }
    fn paint(&mut self, app: &App, look: &view::DrawContext) -> io::Result<()> {
        self.frames.push((Instant::now(), app.feed().counts().total));
        self.terminal.draw(|frame| view::draw(app, frame, look)).map_err(io::Error::other)?;
        Ok(())
    }
    fn take(&mut self) -> io::Result<()> {
        self.taken += 1;
        Ok(())
    }
}

fn gap(n: u64) -> Msg {
    let reason = crate::model::GapReason::LiveOnly;
    Msg::Feed(FeedEvent::Gap { after: Seq(n), next: Seq(n + 2), reason })
}

fn entry(seq: u64) -> Msg {
    let event = Event {
        at: Timestamp::ZERO,
        customer: None,
        app: None,
        actor: Actor::Hub,
        number: None,
        channel: None,
        name: None,
        kind: EventKind::CustomerMet,
    };
    Msg::Feed(FeedEvent::Entry(Arc::new(Entry {
        org: "acme".into(),
        seq: Seq(seq),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at: event.at,
        events: vec![event],
        call: None,
    })))
}

fn console() -> (Loop, mpsc::Sender<Msg>) {
    let (link, data) = Link::detached();
    let app = AppOptions::default();
    (Loop::new(ConsoleOptions::new(link, app)), data)
}

#[tokio::test(start_paused = true)]
async fn filters_and_marks_are_there_again_in_the_next_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kept.json");
    let place = KeptPlace { path, hub: String::new(), org: "acme".into() };
    let (mut console, data) = console();
    console.kept = Some(place.clone());
    let (press, mut pressed) = mpsc::channel(64);
    let outside = async {
        let up = Hello { head: Seq(1), ..Hello::default() };
        for msg in [Msg::Feed(FeedEvent::up(up)), entry(1)] {
            data.send(msg).await.expect("a loop");
        }
        taken_in(&data).await;
        // Every event is shown, the newest is selected and marked, and a filter is kept.
        for key in "vGB/ab\n".chars() {
            let code = if key == '\n' { KeyCode::Enter } else { KeyCode::Char(key) };
            press.send(Msg::Key(code.into())).await.expect("a loop");
        }
        drop(press);
    };
    let mut screen = Counting::new();
    let (result, ()) = tokio::join!(console.drive(&mut screen, &mut pressed), outside);
    assert!(result.is_ok(), "{result:?}");
    let (kept, words) = place.load();
    assert_eq!((&kept.filters[..], words), (&["ab".to_owned()][..], None));
    let app = App::new(AppOptions { kept, ..AppOptions::default() });
    assert_eq!(app.feed().bookmarks().iter().map(|mark| mark.seq.0).collect::<Vec<_>>(), [1]);
    assert_eq!(app.kept(), [], "what was read is not written again");
}

/// Waits until the loop has taken in all data.
async fn taken_in(data: &mpsc::Sender<Msg>) {
    while !data.is_closed() && data.capacity() < data.max_capacity() {
        tokio::task::yield_now().await;
    }
}

/// Runs the loop for some time, with data at this interval. Returns what the screen was asked for.
async fn turn(data_every: Option<Duration>, keys: Vec<Msg>, time: Duration) -> Counting {
    let (mut console, data) = console();
    let (press, mut pressed) = mpsc::channel(16);
    let mut screen = Counting::new();
    let start = Instant::now();
    let outside = async move {
        let _ = data.send(Msg::Feed(FeedEvent::up(Hello::default()))).await;
        for key in keys {
            let _ = press.send(key).await;
        }
        let flood = async {
            let Some(every) = data_every else { return std::future::pending().await };
            for n in 0.. {
                tokio::time::sleep(every).await;
                if data.send(gap(n)).await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(time, flood).await;
        // The terminal goes away, and nobody can press a key any more.
        drop(press);
    };
    let (result, ()) = tokio::join!(console.drive(&mut screen, &mut pressed), outside);
    assert!(result.is_ok(), "{result:?}");
    screen.lasted = start.elapsed();
    screen
}

#[tokio::test(start_paused = true)]
async fn a_quiet_console_is_not_drawn_again() {
    let screen = turn(None, Vec::new(), Duration::from_mins(1)).await;
    assert!((1..=3).contains(&screen.frames.len()), "{} frames", screen.frames.len());
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_drawn_at_most_thirty_times_a_second() {
    let screen = turn(Some(Duration::from_millis(1)), Vec::new(), Duration::from_secs(2)).await;
    // The first picture and the last one are drawn at once.
    let most = screen.lasted.as_millis() * 30 / 1_000 + 3;
    let frames = screen.frames.len();
    assert!(frames > 40 && frames as u128 <= most, "{frames} frames, at most {most}");
}

#[tokio::test(start_paused = true)]
async fn numbers_alone_are_drawn_at_most_eight_times_a_second() {
    // Given a feed that holds, so that new rows are out of view.
    let (mut console, data) = console();
    let (press, mut pressed) = mpsc::channel(16);
    let mut screen = Counting::new();
    let outside = async move {
        let _ = data.send(Msg::Feed(FeedEvent::up(Hello::default()))).await;
        for n in 0..100 {
            let _ = data.send(entry(n + 1)).await;
        }
        taken_in(&data).await;
        let _ = press.send(Msg::Key(crossterm::event::KeyCode::Up.into())).await;
        tokio::time::sleep(SLOW_FRAME).await;
        // When rows come for two seconds.
        let from = Instant::now();
        for n in 100..2_100 {
            let _ = data.send(entry(n + 1)).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(SLOW_FRAME).await;
        let _ = press.send(Msg::Terminate).await;
        from
    };
    let (result, from) = tokio::join!(console.drive(&mut screen, &mut pressed), outside);
    assert!(result.is_ok(), "{result:?}");
    // Then the pictures are that far apart, and the last of them shows all of the rows.
    let frames: Vec<_> = screen.frames.iter().filter(|(at, _)| *at >= from).collect();
    assert!((14..=18).contains(&frames.len()), "{} frames", frames.len());
    let apart = frames.windows(2).map(|two| two[1].0 - two[0].0);
    assert!(apart.clone().all(|gap| gap >= SLOW_FRAME), "{:?}", apart.collect::<Vec<_>>());
    assert_eq!(frames.last().map(|(_, rows)| *rows), Some(2_100));
}

#[tokio::test(start_paused = true)]
async fn data_is_gathered_in_a_flood_and_taken_at_once_after_a_pause() {
    let (mut console, data) = console();
    let (press, mut pressed) = mpsc::channel(16);
    let mut screen = Counting::new();
    let outside = async move {
        let _ = data.send(Msg::Feed(FeedEvent::up(Hello::default()))).await;
        let (mut alone, mut most) = (0, 0);
        for n in 0..100 {
            // Every tenth message comes after a pause.
            if n % 10 == 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let _ = data.send(entry(n + 1)).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
            let waiting = data.max_capacity() - data.capacity();
            if n % 10 == 0 {
                alone += waiting;
            }
            most = most.max(waiting);
        }
        let _ = press.send(Msg::Terminate).await;
        (alone, most)
    };
    let (result, (alone, most)) = tokio::join!(console.drive(&mut screen, &mut pressed), outside);
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(alone, 0, "the first of a flood does not wait");
    assert!((3..=5).contains(&most), "{most} messages waited at most");
}

#[tokio::test(start_paused = true)]
async fn keys_that_never_cease_do_not_keep_data_out() {
    let (mut console, data) = console();
    let (press, mut pressed) = mpsc::channel(16);
    for n in 0..10 {
        data.try_send(entry(n + 1)).expect("room");
    }
    let mut turn = async |time| {
        tokio::time::advance(time).await;
        press.try_send(Msg::Key(crossterm::event::KeyCode::Up.into())).expect("room");
        let mut urgent = true;
        let came = console.drain(&mut pressed, &mut urgent, &mut Vec::new());
        assert_eq!(press.capacity(), press.max_capacity(), "keys are taken");
        came
    };
    // Given data that is passed over for keys.
    assert_eq!(turn(Duration::ZERO).await, 0);
    assert_eq!(turn(SLOW_FRAME / 2).await, 0);
    // When this has lasted long enough, then it is taken, and what comes next is passed over again.
    assert_eq!(turn(SLOW_FRAME / 2).await, 10);
    data.try_send(entry(11)).expect("room");
    assert_eq!(turn(SLOW_FRAME).await, 0);
    assert_eq!(turn(SLOW_FRAME).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_process_takes_the_terminal_again() {
    let screen = turn(None, vec![Msg::Resumed], Duration::from_millis(50)).await;
    assert_eq!(screen.taken, 1);
}

#[tokio::test]
async fn a_key_is_drawn_before_the_data_that_waits() {
    // Given a key and 1,000 events that wait when the loop begins.
    let (mut console, data) = console();
    let (press, mut pressed) = mpsc::channel(16);
    for n in 0..1_000 {
        data.try_send(entry(n + 1)).expect("room");
    }
    press.try_send(Msg::Key(crossterm::event::KeyCode::Char('?').into())).expect("room");
    let mut screen = Counting::new();
    let leave = async {
        taken_in(&data).await;
        drop(press);
    };
    let (result, ()) = tokio::join!(console.drive(&mut screen, &mut pressed), leave);
    // Then the first picture is the empty console, the second one answers the key, and all of the
    // data is taken in after that.
    assert!(result.is_ok(), "{result:?}");
    let rows: Vec<_> = screen.frames.iter().map(|(_, rows)| *rows).collect();
    assert_eq!(rows.get(..2), Some(&[0, 0][..]), "{rows:?}");
    assert_eq!(console.app.feed().counts().total, 1_000);
}

#[tokio::test]
async fn what_leaves_is_in_the_file_before_it_leaves() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("drafts.json");
    let place = DraftsPlace { path, hub: String::new(), org: "acme".into() };
    let (mut console, _data) = console();
    console.drafts = Some(place.clone());
    // Given somebody on the line, whose answer goes at once.
    let now = clock::now();
    console.take(Msg::Resize(80, 24));
    console.take(Msg::Feed(FeedEvent::up(Hello { now, head: Seq(1), ..Hello::default() })));
    let prompts = vec![pane::strip::tests::prompt(1, now, None)];
    let live = LivePrompts { prompts, total: 1, as_of: Seq(1) };
    console.take(Msg::Live(Ok(live)));
    console.take(Msg::Key(KeyCode::F(8).into()));
    for c in "Karibu".chars() {
        console.take(Msg::Key(KeyCode::Char(c).into()));
    }
    let go = crossterm::event::KeyEvent::new(
        KeyCode::Char('s'),
        crossterm::event::KeyModifiers::CONTROL,
    );
    let mut effects = console.take(Msg::Key(go));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Send { .. })), "{effects:?}");
    // When the loop does what that key wants, and looks into the file first.
    effects.insert(0, Effect::Redraw);
    let mut screen = Looking { place, inner: Counting::new(), seen: None };
    assert!(matches!(console.obey_all(effects, &mut screen), Ok(false)));
    // Then the file already says that it may have been sent.
    assert_eq!(screen.seen, Some(true));
}

/// A screen that looks into the file of the drafts when it is taken, which is an effect of a turn.
struct Looking {
    place: DraftsPlace,
    inner: Counting,
    seen: Option<bool>,
}

impl ConsoleScreen for Looking {
    fn size(&self) -> (u16, u16) {
        self.inner.size()
    }
    fn paint(&mut self, app: &App, look: &view::DrawContext) -> io::Result<()> {
        self.inner.paint(app, look)
    }
    fn take(&mut self) -> io::Result<()> {
        let (drafts, _) = self.place.load();
        self.seen = Some(drafts.list().iter().any(|kept| kept.in_doubt));
        Ok(())
    }
}
