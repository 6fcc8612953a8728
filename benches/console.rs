//! How fast the console is, as ratios against a baseline of the same run. Measured are how long a
//! key waits for its picture while 5,000 events arrive per second, compared with a quiet feed,
//! how many pictures the loop draws in each case, and what 100,000 rows take beside a plain list
//! of their texts.

use criterion::{BatchSize, Criterion};
use crossterm::event::KeyCode;
use ratatui::{Terminal, backend::TestBackend};
use std::{hint::black_box, io, sync::Arc, time::Duration};
use switchboard::{
    console::{
        ConsoleOptions, Loop,
        app::{App, AppOptions},
        clock,
        link::Link,
        msg::Msg,
        pane::feed::LiveFeed,
        terminal::ConsoleScreen,
        view::{self, DrawContext},
    },
    model::{
        Actor, Body, Channel, ChannelNumber, CustomerNumber, Entry, EntryId, Event, EventKind,
        FeedEvent, Hello, Seq, Timestamp,
    },
    query::haystack,
};
use tokio::{sync::mpsc, time::Instant};

const SIZE: (u16, u16) = (200, 60);
/// Events per second while the feed is busy.
const FLOOD: u64 = 5_000;
/// How many messages arrive within two pictures of that, about.
const WAITING: u64 = 256;
/// How many rows the feed keeps while the agent looks back.
const ROWS: u64 = 100_000;

fn entry(n: u64) -> Msg {
    let event = Event {
        at: Timestamp::from_secs(1_795_442_400),
        customer: Some(format!("el_cst_{:032}", n % 40).into()),
        app: None,
        actor: Actor::Customer,
        number: Some(CustomerNumber::telco(&format!("+2547110000{:02}", n % 40))),
        channel: Some(ChannelNumber::new(Channel::Whatsapp, "40404")),
        name: Some("Otieno P.".into()),
        kind: EventKind::MessageReceived {
            id: format!("el_msg_{n:032}").into(),
            body: Body::text("habari, order yangu 8841 iko wapi? नमस्ते 🙏"),
        },
    };
    Msg::Feed(FeedEvent::Entry(Arc::new(entry_of(n, event))))
}

fn entry_of(seq: u64, event: Event) -> Entry {
    Entry {
        org: "acme".into(),
        seq: Seq(seq),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at: event.at,
        events: vec![event],
        call: None,
    }
}

fn up() -> Msg {
    Msg::Feed(FeedEvent::Up(Hello { durability: "disk".into(), ..Hello::default() }))
}

/// The time from a key to its picture, alone and behind as many events.
fn key_to_frame(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("key_to_frame_200x60");
    for (name, waiting) in [("idle", 0), ("flood", WAITING)] {
        let mut app = App::new(AppOptions::default());
        let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a buffer");
        let now = clock::now();
        app.update(now, Msg::Resize(SIZE.0, SIZE.1));
        app.update(now, up());
        let mut next = 1;
        for _ in 0..20_000 {
            app.update(now, entry(next));
            next += 1;
        }
        let look = DrawContext { now, zone: jiff::tz::TimeZone::UTC, mono: false };
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || {
                    let batch: Vec<_> = (next..next + waiting).map(entry).collect();
                    next += waiting;
                    batch
                },
                |batch| {
                    for msg in batch {
                        black_box(app.update(now, msg));
                    }
                    black_box(app.update(now, Msg::Key(KeyCode::Up.into())));
                    terminal.draw(|frame| view::draw(&app, frame, &look)).expect("a buffer");
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

/// A screen that counts its pictures and reports when each of them was drawn.
struct Counting {
    terminal: Terminal<TestBackend>,
    frames: u64,
    painted: mpsc::Sender<Instant>,
}

impl ConsoleScreen for Counting {
    fn size(&self) -> (u16, u16) {
        SIZE
    }
    fn paint(&mut self, app: &App, look: &DrawContext) -> io::Result<()> {
        self.terminal.draw(|frame| view::draw(app, frame, look)).map_err(io::Error::other)?;
        self.frames += 1;
        // If the channel is full, nobody is waiting for this picture.
        let _ = self.painted.try_send(Instant::now());
        Ok(())
    }
    fn take(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn capture_mouse(&mut self, _on: bool) -> io::Result<()> {
        Ok(())
    }
    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs the real loop for two seconds with `rate` events per second, and with a key every 50 ms if
/// `keys` is set. Returns how many pictures were drawn and how long each key waited for its picture.
async fn drive(rate: u64, keys: bool) -> (u64, Vec<Duration>) {
    let (link, data) = Link::detached();
    let (press, mut pressed) = mpsc::channel(64);
    let (painted, mut pictures) = mpsc::channel(1);
    let app = AppOptions::default();
    let mut console =
        Loop::new(ConsoleOptions { link, app, drafts: None, mono: false, notices: Vec::new() });
    let terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a buffer");
    let mut screen = Counting { terminal, frames: 0, painted };
    let flood = tokio::spawn(async move {
        let _ = data.send(up()).await;
        let mut tick = tokio::time::interval(Duration::from_millis(2));
        let per_tick = rate / 500;
        for n in 0_u64.. {
            tick.tick().await;
            for i in 0..per_tick {
                if data.send(entry(n * per_tick + i + 1)).await.is_err() {
                    return;
                }
            }
        }
    });
    let hands = tokio::spawn(async move {
        let mut waits = Vec::new();
        for _ in 0..40 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if keys {
                while pictures.try_recv().is_ok() {}
                let at = Instant::now();
                let _ = press.send(Msg::Key(KeyCode::Up.into())).await;
                if let Some(done) = pictures.recv().await {
                    waits.push(done.saturating_duration_since(at));
                }
            }
        }
        let _ = press.send(Msg::Terminate).await;
        waits
    });
    console.drive(&mut screen, &mut pressed).await.expect("the buffer never fails");
    flood.abort();
    let mut waits = hands.await.expect("hands do not panic");
    waits.sort();
    (screen.frames, waits)
}

fn at(waits: &[Duration], per_cent: usize) -> Duration {
    waits.get(waits.len() * per_cent / 100).copied().unwrap_or_default()
}

/// Prints what the loop took in each case.
fn figures() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        let (quiet, _) = drive(0, false).await;
        let (flooded, _) = drive(FLOOD, false).await;
        let (_, idle) = drive(0, true).await;
        let (_, busy) = drive(FLOOD, true).await;
        println!("frames in 2 s: quiet {quiet}, at {FLOOD} events/s {flooded}");
        for per_cent in [50, 95, 99] {
            let (idle, busy) = (at(&idle, per_cent), at(&busy, per_cent));
            let ratio = busy.as_secs_f64() / idle.as_secs_f64().max(1e-9);
            println!("key to frame p{per_cent}: quiet {idle:?}, flood {busy:?}, ratio {ratio:.2}");
        }
    });
}

/// The memory that this process has; `None` where the system does not say so.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Digits without a pattern, for what hubs draw at random and customers write.
fn random(n: u64) -> String {
    let mix = |n: u64| {
        let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    };
    let n = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{:016x}{:016x}", mix(n), mix(!n))
}

/// A message of one of 10,000 customers, whose words are its own.
fn message(n: u64) -> Event {
    let who = n * 7919 % 10_000;
    let words: Vec<_> = (0..8).map(|i| random(n * 8 + i)[..5].to_owned()).collect();
    Event {
        at: Timestamp::from_secs(1_795_442_400),
        customer: Some(format!("el_cst_{}", random(who + (1 << 40))).into()),
        app: Some("shop".into()),
        actor: Actor::Customer,
        number: Some(CustomerNumber::telco(&format!("+2547{:08}", who * 104_729 % 100_000_000))),
        channel: Some(ChannelNumber::new(Channel::Whatsapp, "40404")),
        name: Some(format!("Wanjiru {}", &random(who)[..6])),
        kind: EventKind::MessageReceived {
            id: format!("el_msg_{}", random(n + (1 << 50))).into(),
            body: Body::text(words.join(" ")),
        },
    }
}

/// Prints what rows take, beside a plain list of their texts, and how long a filter looks at each.
fn memory() {
    let start = resident();
    let texts: Vec<String> = (0..ROWS).map(|n| haystack(&message(n))).collect();
    let listed = resident();
    let mut feed = LiveFeed::default();
    feed.pause();
    for n in 0..ROWS {
        let entry = Arc::new(entry_of(n + 1, message(n)));
        feed.event(FeedEvent::Entry(entry), Timestamp::ZERO);
    }
    let kept = resident();
    let text = texts.iter().map(|text| text.len() as u64).sum::<u64>() / ROWS;
    if let (Some(start), Some(listed), Some(kept)) = (start, listed, kept) {
        let (list, ring) = ((listed - start) / ROWS, (kept - listed) / ROWS);
        let beside = ring.saturating_sub(text);
        println!(
            "bytes a row: text {text}, Vec<String> {list}, ring {ring}, beside its text {beside}"
        );
    }
    for words in ["wanjiru", "zzzz", "a1b"] {
        let begun = Instant::now();
        feed.set_filter(words);
        while !feed.refilter_slice(8192) {}
        let (shown, each) = (feed.counts().shown, begun.elapsed().as_nanos() / u128::from(ROWS));
        println!("filter {words}: {shown} of {ROWS} rows, {each} ns a row");
    }
}

fn main() {
    memory();
    figures();
    let mut criterion = Criterion::default().configure_from_args();
    key_to_frame(&mut criterion);
    criterion.final_summary();
}
