//! What one customer's past costs, as ratios against a short past in the same run: a key and its picture in the
//! timeline of the inspector, a page of the history at the hub, and the state of the customer in the middle of
//! 100,000 events, asked for the first time and again.

#[expect(dead_code, reason = "other benchmarks use the rest")]
mod made;

use crossterm::event::KeyCode;
use made::{LogWriter, clock, number, percentiles};
use ratatui::{Terminal, backend::TestBackend};
use std::{sync::Arc, time::Duration};
use switchboard::{
    console::{
        app::{App, AppOptions},
        msg::{Effect, Msg, TimelineFrom, TimelinePage},
        view::{self, DrawContext},
    },
    hub::{
        engine::{EngineOptions, Hub},
        log::{Log, sqlite::SqliteLog},
        shelf::HistoryQuery,
    },
    model::{
        Actor, Body, Channel, ChannelNumber, CustomerId, CustomerNumber, CustomerRef,
        CustomerState, CustomerView, Entry, EntryId, Event, EventKind, FeedEvent, Hello, OrgId,
        OrgSettings, Seq, Timestamp,
        client::{HistoryPage, PastMoment},
    },
};

const SIZE: (u16, u16) = (120, 40);
/// A short past and a long one.
const PASTS: [u64; 2] = [1_000, 100_000];
/// How many keys are pressed in each.
const KEYS: usize = 900;
const NOW: Timestamp = Timestamp::from_secs(1_795_442_400);

fn customer() -> CustomerId {
    format!("el_cst_{:032}", 1).into()
}

fn entry(seq: u64) -> Arc<Entry> {
    let body = Body::text(format!("habari, order {seq} iko wapi? नमस्ते 🙏"));
    let event = Event {
        at: NOW,
        customer: Some(customer()),
        app: None,
        actor: Actor::Customer,
        number: Some(CustomerNumber::telco("+254711000001")),
        channel: Some(ChannelNumber::new(Channel::Whatsapp, "40404")),
        name: Some("Otieno P.".into()),
        kind: EventKind::MessageReceived { id: format!("el_msg_{seq:032}").into(), body },
    };
    Arc::new(Entry {
        org: "acme".into(),
        seq: Seq(seq),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at: NOW,
        events: vec![event],
        call: None,
    })
}

/// A page as a hub with so many entries would give it.
fn page(last: u64, asked: &TimelinePage) -> HistoryPage {
    const LIMIT: u64 = 200;
    let (entries, more): (Vec<_>, bool) = match asked.from {
        TimelineFrom::Newest => {
            ((last.saturating_sub(LIMIT) + 1..=last).rev().map(entry).collect(), last > LIMIT)
        }
        TimelineFrom::Before(Seq(seq)) => {
            ((seq.saturating_sub(LIMIT).max(1)..seq).rev().map(entry).collect(), seq > LIMIT)
        }
        TimelineFrom::After(Seq(seq)) => {
            let end = last.min(seq + LIMIT);
            ((seq + 1..=end).map(entry).collect(), end < last)
        }
    };
    HistoryPage { entries, more, unread: 0 }
}

/// A console that shows the timeline of a customer with so many entries, and the screen it draws on.
struct Desk {
    app: App,
    last: u64,
    terminal: Terminal<TestBackend>,
    look: DrawContext,
}

impl Desk {
    fn open(last: u64) -> Self {
        let app = App::new(AppOptions { org: "acme".into(), ..AppOptions::default() });
        let terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).expect("a buffer");
        let look = DrawContext::new(NOW, jiff::tz::TimeZone::UTC, false);
        let mut desk = Self { app, last, terminal, look };
        desk.take(Msg::Resize(SIZE.0, SIZE.1));
        let head = Seq(last);
        let hello = Hello { durability: "disk".into(), head, now: NOW, ..Hello::default() };
        desk.take(Msg::Feed(FeedEvent::up(hello)));
        desk.take(Msg::Feed(FeedEvent::Entry(entry(last))));
        desk.key(KeyCode::Enter);
        desk.take(Msg::Wake);
        desk
    }

    fn take(&mut self, msg: Msg) {
        let effects = self.app.update(NOW, msg);
        for effect in effects {
            match effect {
                Effect::Inspect(customer) => self.inspected(customer),
                Effect::Timeline(asked) => {
                    let result = Ok(page(self.last, &asked));
                    self.take(Msg::Timeline { page: asked, result });
                }
                _ => {}
            }
        }
    }

    fn inspected(&mut self, asked: CustomerRef) {
        let customer = CustomerState {
            id: customer(),
            numbers: vec![CustomerNumber::telco("+254711000001")],
            ..CustomerState::default()
        };
        let as_of = Seq(self.last);
        let view = CustomerView { customer: Arc::new(customer), as_of, replaces: None };
        self.take(Msg::Inspected { customer: asked, result: Ok(Some(view)) });
    }

    fn key(&mut self, code: KeyCode) {
        self.take(Msg::Key(code.into()));
        let (app, look) = (&self.app, &self.look);
        self.terminal.draw(|frame| view::draw(app, frame, look)).expect("a buffer");
        drop(self.look.zones.take());
    }

    fn shows(&self) -> String {
        self.terminal.backend().to_string()
    }
}

fn ratio(what: &str, [short, long]: [Duration; 2]) {
    let ratio = long.as_secs_f64() / short.as_secs_f64().max(1e-9);
    println!("{what}: {short:.1?} with {}, {long:.1?} with {}, {ratio:.2}", PASTS[0], PASTS[1]);
}

/// Goes up in both timelines key by key, with every page that has to be loaded on the way.
fn timeline() {
    let each = PASTS.map(|last| {
        let mut desk = Desk::open(last);
        let mut times = Vec::new();
        for _ in 0..KEYS {
            let begun = clock();
            desk.key(KeyCode::Char('k'));
            times.push(begun.elapsed());
        }
        let middle = format!("order {} ", last - u64::try_from(KEYS).expect("few"));
        assert!(desk.shows().contains(&middle), "{middle}: {}", desk.shows());
        percentiles(times)
    });
    ratio("a key and its picture in a timeline, p50", each.map(|[half, _]| half));
    ratio("the same, p99 (a page is loaded)", each.map(|[_, most]| most));
}

/// Asks the hub for the customer with the long past among all that has happened to them.
async fn hub() {
    let org = OrgId::from("bench");
    let mut each = Vec::new();
    for events in PASTS {
        let folder = tempfile::tempdir().expect("a folder");
        let log: Arc<dyn Log> = Arc::new(SqliteLog::open(folder.path()).expect("a log"));
        let count = usize::try_from(events).expect("few");
        LogWriter::new(&org, &log).fill(1, count).await;
        let options = EngineOptions {
            orgs: vec![OrgSettings { id: org.clone(), ..OrgSettings::default() }],
            log,
            accept_loss: false,
            shelf: Some(folder.path().to_owned()),
        };
        let hub = Hub::start(options).await.expect("a hub");
        while hub.find(&org, "nobody", 1).await.expect("an answer").unread > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let whom = CustomerRef::Number(CustomerNumber::telco(&number(0)));
        let (mut times, mut customer) = (Vec::new(), None);
        for seq in [events / 2, events / 2, events / 2 - 1] {
            let begun = clock();
            let mut calls = 0;
            loop {
                calls += 1;
                let place = PastMoment::Place(Seq(seq));
                let found = hub.look_back(&org, &whom, place).await.expect("an answer");
                let (place, state) = found.expect("a customer");
                if !place.unfinished {
                    assert!(place.seq.0 <= seq && place.seq.0 > 0, "{place:?}");
                    customer = state.map(|state| state.id.clone());
                    break;
                }
            }
            assert!(customer.is_some(), "they were known then");
            times.push(begun.elapsed());
            println!(
                "{events} events, their state at {seq}: {:.1?}, calls {calls}",
                begun.elapsed()
            );
        }
        let asked = clock();
        let query = HistoryQuery { limit: 200, customer, ..HistoryQuery::default() };
        let page = hub.history(&org, query).await.expect("a page");
        assert_eq!(page.entries.len(), 200);
        times.push(asked.elapsed());
        each.push(times);
        hub.stop().await;
    }
    let [short, long] = [&each[0], &each[1]];
    let rows = ["the middle of a past, first time", "the same again", "the event before it"];
    for (at, what) in rows.into_iter().chain(["a page of 200 of a history"]).enumerate() {
        ratio(what, [short[at], long[at]]);
    }
}

fn main() {
    timeline();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(hub());
}
