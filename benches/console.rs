//! How fast the console is, as ratios against a baseline of the same run. Measured are how long a
//! key waits for its picture while 5,000 events arrive per second, compared with a quiet feed, how
//! many pictures the loop draws in each case, and what 100,000 rows take beside a plain list of
//! their texts. The pictures go to a buffer, so what a terminal takes to read them is not in it.

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
    query::{Asker, Filter, haystack},
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

const SIZE: (u16, u16) = (200, 60);
/// Events per second while the feed is busy.
const FLOOD: u64 = 5_000;
/// How many events are taken in before the key and its picture when both are measured without the
/// loop. They are as many as arrive in some 50 ms of the flood, and more than the loop ever puts
/// before a key: it looks for one after each event.
const BEFORE: u64 = 256;
/// How many rows the feed has when the loop is measured, so that the quiet one draws as many as
/// the busy one.
const SEEN: u64 = 2_000;
/// How many keys are pressed, one every 50 ms.
const PRESSED: u64 = 400;
/// How many rows the feed keeps while the agent looks back.
const ROWS: u64 = 1_000_000;

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
    Msg::Feed(FeedEvent::up(Hello { durability: "disk".into(), ..Hello::default() }))
}

/// The time that a key and its picture take, alone and with `BEFORE` events before them.
fn key_to_frame(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("key_to_frame_200x60");
    for (name, before) in [("idle", 0), ("flood", BEFORE)] {
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
        let look = DrawContext::new(now, jiff::tz::TimeZone::UTC, false);
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || {
                    let batch: Vec<_> = (next..next + before).map(entry).collect();
                    next += before;
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

/// A picture: when it was drawn, and which row was selected on it.
type Picture = (Instant, Option<Seq>);

/// A screen that counts its pictures and reports each of them.
struct Counting {
    terminal: Terminal<TestBackend>,
    frames: u32,
    painted: watch::Sender<Picture>,
}

impl ConsoleScreen for Counting {
    fn size(&self) -> (u16, u16) {
        SIZE
    }
    fn paint(&mut self, app: &App, look: &DrawContext) -> io::Result<()> {
        self.terminal.draw(|frame| view::draw(app, frame, look)).map_err(io::Error::other)?;
        self.frames += 1;
        let selected = app.feed().selected().map(|row| row.seq);
        self.painted.send_replace((Instant::now(), selected));
        Ok(())
    }
}

/// Runs the real loop with `rate` events per second, and with `keys` keys, or none. Returns how
/// many pictures were drawn a second, and how long each key waited for the picture that shows it.
async fn drive(rate: u64, keys: u64) -> (f64, Vec<Duration>) {
    let (link, data) = Link::detached();
    let (press, mut pressed) = mpsc::channel(64);
    let (painted, mut pictures) = watch::channel((Instant::now(), None));
    let app = AppOptions::default();
    let mut console = Loop::new(ConsoleOptions::new(link, app));
    let terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a buffer");
    let mut screen = Counting { terminal, frames: 0, painted };
    let flood = tokio::spawn(async move {
        let _ = data.send(up()).await;
        for n in 1..=SEEN {
            let _ = data.send(entry(n)).await;
        }
        let mut tick = tokio::time::interval(Duration::from_millis(2));
        let per_tick = rate / 500;
        for n in 0_u64.. {
            tick.tick().await;
            for i in 0..per_tick {
                if data.send(entry(SEEN + n * per_tick + i + 1)).await.is_err() {
                    return;
                }
            }
        }
    });
    let hands = tokio::spawn(async move {
        let mut waits = Vec::new();
        tokio::time::sleep(Duration::from_millis(500)).await;
        for _ in 0..if keys == 0 { 40 } else { keys } {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if keys > 0 {
                // Every key moves the selection, so the picture that shows it is known by that.
                let before = pictures.borrow().1;
                let at = Instant::now();
                let _ = press.send(Msg::Key(KeyCode::Up.into())).await;
                let shows = |picture: &Picture| picture.1 != before;
                if let Ok(picture) = pictures.wait_for(shows).await {
                    waits.push(picture.0.saturating_duration_since(at));
                }
            }
        }
        let _ = press.send(Msg::Terminate).await;
        waits
    });
    let begun = Instant::now();
    console.drive(&mut screen, &mut pressed).await.expect("the buffer never fails");
    let pictures = f64::from(screen.frames) / begun.elapsed().as_secs_f64();
    flood.abort();
    let mut waits = hands.await.expect("hands do not panic");
    waits.sort();
    (pictures, waits)
}

fn at(waits: &[Duration], per_cent: usize) -> Duration {
    waits.get(waits.len() * per_cent / 100).copied().unwrap_or_default()
}

/// Prints what the loop took in each case.
fn figures() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        let (quiet, _) = drive(0, 0).await;
        let (flooded, _) = drive(FLOOD, 0).await;
        let (_, idle) = drive(0, PRESSED).await;
        let (_, busy) = drive(FLOOD, PRESSED).await;
        println!("pictures a second: quiet {quiet:.1}, at {FLOOD} events/s {flooded:.1}");
        for per_cent in [50, 95, 99] {
            let (idle, busy) = (at(&idle, per_cent), at(&busy, per_cent));
            let ratio = busy.as_secs_f64() / idle.as_secs_f64().max(1e-9);
            println!(
                "key to picture p{per_cent}: quiet {idle:?}, flood {busy:?}, ratio {ratio:.2}"
            );
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
    let mut feed = LiveFeed::with_limits(1_000_000, usize::MAX / 2);
    feed.pause();
    for n in 0..ROWS {
        let entry = Arc::new(entry_of(n + 1, message(n)));
        feed.event(FeedEvent::Entry(entry), Timestamp::ZERO);
    }
    let kept = resident();
    let text = texts.iter().map(|text| text.len() as u64).sum::<u64>() / ROWS;
    if let (Some(start), Some(listed), Some(kept)) = (start, listed, kept) {
        let grown = |from: u64, to: u64| to.saturating_sub(from) / ROWS;
        let (list, ring) = (grown(start, listed), grown(listed, kept));
        let beside = ring.saturating_sub(text);
        println!(
            "bytes a row: text {text}, Vec<String> {list}, ring {ring}, beside its text {beside}"
        );
    }
    for words in ["wanjiru", "zzzz", "a1b", "num:*80 -chan:sms", "cust:a1b", "text~/wanj.*ru/i"] {
        let begun = Instant::now();
        feed.set_filter(words, Timestamp::ZERO, &jiff::tz::TimeZone::UTC).expect("a filter");
        let mut longest = std::time::Duration::ZERO;
        let mut slice = Instant::now();
        while !feed.refilter_slice(8192) {
            longest = longest.max(slice.elapsed());
            slice = Instant::now();
        }
        let (shown, each) = (feed.counts().shown, begun.elapsed().as_nanos() / u128::from(ROWS));
        println!("filter {words}: {shown} of {ROWS} rows, {each} ns a row, {longest:?} at once");
        let filter = Filter::parse(words, &Asker::utc(Timestamp::ZERO)).expect("a filter");
        let events: Vec<_> = (0..ROWS / 10).map(message).collect();
        let begun = Instant::now();
        let found = events.iter().filter(|event| filter.matches(event)).count() as u128;
        let each = begun.elapsed().as_nanos() / u128::from(ROWS / 10);
        println!("filter {words}: {found} of the first tenth by their events, {each} ns an event");
    }
}

fn main() {
    memory();
    figures();
    let mut criterion = Criterion::default().configure_from_args();
    key_to_frame(&mut criterion);
    criterion.final_summary();
}
