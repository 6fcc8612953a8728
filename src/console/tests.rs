//! The loop draws when there is something to draw, and it leaves the way it should.

use super::*;
use crate::model::{Actor, Entry, EntryId, Event, EventKind, FeedEvent, Hello, Seq, Timestamp};
use ratatui::{Terminal, backend::TestBackend};
use std::{io, sync::Arc, time::Duration};

struct Counting {
    terminal: Terminal<TestBackend>,
    frames: u32,
    taken: u32,
    /// How many rows the feed had at each picture.
    rows: Vec<usize>,
    lasted: Duration,
}

impl ConsoleScreen for Counting {
    fn size(&self) -> (u16, u16) {
        (80, 24)
    }
    fn paint(&mut self, app: &App, look: &view::DrawContext) -> io::Result<()> {
        self.frames += 1;
        self.rows.push(app.feed().counts().total);
        self.terminal.draw(|frame| view::draw(app, frame, look)).map_err(io::Error::other)?;
        Ok(())
    }
    fn take(&mut self) -> io::Result<()> {
        self.taken += 1;
        Ok(())
    }
    fn capture_mouse(&mut self, _on: bool) -> io::Result<()> {
        Ok(())
    }
    fn suspend(&mut self) -> io::Result<()> {
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

/// Runs the loop for some time, with data at this interval. Returns what the screen was asked for.
async fn turn(data_every: Option<Duration>, keys: Vec<Msg>, time: Duration) -> Counting {
    let (link, data) = Link::detached();
    let (press, mut pressed) = mpsc::channel(16);
    let options = ConsoleOptions {
        link,
        app: AppOptions::default(),
        drafts: None,
        mono: false,
        notices: Vec::new(),
    };
    let terminal = Terminal::new(TestBackend::new(80, 24)).expect("a buffer");
    let mut screen =
        Counting { terminal, frames: 0, taken: 0, rows: Vec::new(), lasted: Duration::ZERO };
    let start = tokio::time::Instant::now();
    let outside = async move {
        let _ = data.send(Msg::Feed(FeedEvent::Up(Hello::default()))).await;
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
    let mut console = Loop::new(options);
    let (result, ()) = tokio::join!(console.drive(&mut screen, &mut pressed), outside);
    assert!(result.is_ok(), "{result:?}");
    screen.lasted = start.elapsed();
    screen
}

#[tokio::test]
async fn a_quiet_console_is_not_drawn_again() {
    let screen = turn(None, Vec::new(), Duration::from_millis(400)).await;
    assert!((1..=3).contains(&screen.frames), "{} frames", screen.frames);
}

#[tokio::test]
async fn a_flood_is_drawn_at_most_thirty_times_a_second() {
    let screen = turn(Some(Duration::from_millis(1)), Vec::new(), Duration::from_secs(1)).await;
    // The first picture and the last one are drawn at once.
    let most = screen.lasted.as_millis() * 30 / 1_000 + 3;
    let frames = screen.frames;
    assert!(frames >= 3 && u128::from(frames) <= most, "{frames} frames, at most {most}");
}

#[tokio::test]
async fn a_resumed_process_takes_the_terminal_again() {
    let screen = turn(None, vec![Msg::Resumed], Duration::from_millis(50)).await;
    assert_eq!(screen.taken, 1);
}

#[tokio::test]
async fn a_key_is_drawn_before_the_data_that_waits() {
    // Given a key and 1,000 events that wait when the loop begins.
    let (link, data) = Link::detached();
    let (press, mut pressed) = mpsc::channel(16);
    let app = AppOptions::default();
    let mut console =
        Loop::new(ConsoleOptions { link, app, drafts: None, mono: false, notices: Vec::new() });
    for n in 0..1_000 {
        data.try_send(entry(n + 1)).expect("room");
    }
    press.try_send(Msg::Key(crossterm::event::KeyCode::Char('?').into())).expect("room");
    let terminal = Terminal::new(TestBackend::new(80, 24)).expect("a buffer");
    let lasted = Duration::ZERO;
    let mut screen = Counting { terminal, frames: 0, taken: 0, rows: Vec::new(), lasted };
    let leave = async {
        while !data.is_closed() && data.capacity() < data.max_capacity() {
            tokio::task::yield_now().await;
        }
        drop(press);
    };
    let (result, ()) = tokio::join!(console.drive(&mut screen, &mut pressed), leave);
    // Then the first picture is the empty console, the second one answers the key, and all of the
    // data is taken in after that.
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(screen.rows.get(..2), Some(&[0, 0][..]), "{:?}", screen.rows);
    assert_eq!(console.app.feed().counts().total, 1_000);
}
