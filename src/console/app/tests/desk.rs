//! An agent's desk: a console, a clock that is moved by hand, and a screen that can be read.

use crate::{
    console::{
        app::{App, AppOptions},
        drafts::Drafts,
        keymap::Chord,
        msg::{Effect, Msg},
        view::{self, Look},
    },
    model::{
        Actor, Body, Channel, ChannelNumber, ClientError, Currency, Customer, CustomerId,
        CustomerNumber, CustomerRef, CustomerView, Direction, Entry, EntryId, Event, EventKind,
        FeedEvent, Hello, Message, MessageStatus, Money, PaymentStatus, Seq, Tag, Timestamp,
        settings::BoundChannel,
    },
};
use crossterm::event::KeyCode;
use jiff::tz::TimeZone;
use ratatui::{Terminal, backend::TestBackend};
use std::{sync::Arc, time::Duration};

/// 2026-11-23 14:00:00 UTC.
const START: Timestamp = Timestamp::from_secs(1_795_442_400);

pub struct Desk {
    pub app: App,
    pub now: Timestamp,
    terminal: Terminal<TestBackend>,
    head: u64,
}

impl Desk {
    /// A console that has not heard from anyone.
    pub fn new(width: u16, height: u16) -> Self {
        Self::with_drafts(width, height, Drafts::default())
    }

    /// The same, with what an earlier run left.
    pub fn with_drafts(width: u16, height: u16, drafts: Drafts) -> Self {
        let options = AppOptions { org: "acme-ke".into(), drafts, ..AppOptions::default() };
        let app = App::new(options);
        let terminal = Terminal::new(TestBackend::new(width, height)).expect("a buffer");
        let mut desk = Self { app, now: START, terminal, head: 0 };
        desk.send(Msg::Resize(width, height));
        desk
    }

    /// A console on a live hub with some traffic, its first customer inspected.
    pub fn open(width: u16, height: u16) -> Self {
        let mut desk = Self::new(width, height);
        desk.up();
        for n in 0..12_u64 {
            desk.after(Duration::from_secs(7));
            let who = usize::try_from(n % 3).expect("small");
            match n % 4 {
                0 => desk.says(
                    who,
                    ["habari, order yangu iko wapi?", "nataka refund", "asante 🙏"][who],
                ),
                1 => desk.happens(
                    who,
                    Channel::Payment,
                    EventKind::PaymentReceived {
                        id: "el_txn_1".into(),
                        purse: Some("main".into()),
                        value: Money {
                            currency: Currency::new("KES").expect("a code"),
                            minor: 125_000,
                        },
                        status: PaymentStatus::Success,
                    },
                ),
                2 => desk.happens(
                    who,
                    Channel::Sms,
                    EventKind::MessageStatusChanged {
                        id: "el_msg_9".into(),
                        status: MessageStatus::NoConsent,
                    },
                ),
                _ => desk.happens(
                    who,
                    Channel::Sms,
                    EventKind::MessageStatusChanged {
                        id: "el_msg_8".into(),
                        status: MessageStatus::Delivered,
                    },
                ),
            };
        }
        desk.after(Duration::from_secs(1));
        desk.answer_inspection();
        desk
    }

    /// The hub speaks.
    pub fn up(&mut self) -> Vec<Effect> {
        let channels = [(Channel::Sms, "40404"), (Channel::Whatsapp, "+254700000001")];
        let channels = channels.map(|(channel, number)| BoundChannel {
            channel: ChannelNumber::new(channel, number),
            app: None,
            purse: None,
        });
        self.send(Msg::Feed(FeedEvent::Up(Hello {
            version: "0.1.0".into(),
            head: Seq(self.head),
            durability: "disk".into(),
            sandbox: true,
            channels: channels.to_vec(),
            now: self.now,
            ..Hello::default()
        })))
    }
    /// The connection is lost.
    pub fn down(&mut self, retry_in: Option<Duration>, error: ClientError) -> Vec<Effect> {
        self.send(Msg::Feed(FeedEvent::Down { error, attempt: 3, retry_in }))
    }

    /// Time goes by, with every wake that the console asked for.
    pub fn after(&mut self, time: Duration) -> Vec<Effect> {
        let end = self.now.after(time);
        let mut effects = Vec::new();
        for _ in 0..10_000 {
            match self.app.next_wake().filter(|wake| *wake <= end) {
                Some(wake) => {
                    self.now = self.now.max(wake);
                    effects.extend(self.send(Msg::Wake));
                }
                None => break,
            }
        }
        self.now = end;
        effects
    }

    pub fn send(&mut self, msg: Msg) -> Vec<Effect> {
        self.app.update(self.now, msg)
    }
    /// Keys by name, blanks between them: `g g`, `ctrl-s`, `enter`.
    pub fn press(&mut self, keys: &str) -> Vec<Effect> {
        let keys = keys.split_whitespace().map(|name| Chord::parse(name).expect(name));
        let events: Vec<_> = keys.map(|chord| chord.keys()[0].event()).collect();
        events.into_iter().flat_map(|event| self.send(Msg::Key(event))).collect()
    }
    pub fn types(&mut self, text: &str) -> Vec<Effect> {
        let keys = text.chars().map(|c| Msg::Key(KeyCode::Char(c).into()));
        keys.flat_map(|msg| self.app.update(self.now, msg)).collect()
    }

    pub fn says(&mut self, who: usize, text: &str) -> Vec<Effect> {
        let kind = EventKind::MessageReceived { id: message_id(who), body: Body::text(text) };
        self.happens(who, Channel::Whatsapp, kind)
    }
    pub fn happens(&mut self, who: usize, channel: Channel, kind: EventKind) -> Vec<Effect> {
        self.head += 1;
        let event = Event {
            at: self.now,
            customer: Some(customer_id(who)),
            app: None,
            actor: Actor::Customer,
            number: Some(number(who)),
            channel: Some(ChannelNumber::new(channel, "40404")),
            name: Some(NAMES[who].into()),
            kind,
        };
        let entry = Entry {
            org: "acme-ke".into(),
            seq: Seq(self.head),
            id: EntryId::default(),
            prev_id: EntryId::default(),
            at: self.now,
            events: vec![event],
            call: None,
        };
        self.send(Msg::Feed(FeedEvent::Entry(Arc::new(entry))))
    }
    /// Answers whatever the inspector waits for, as the hub would.
    pub fn answer_inspection(&mut self) {
        for who in 0..NAMES.len() {
            let customer = CustomerRef::Id(customer_id(who));
            let result = Ok(Some(self.view(who)));
            self.send(Msg::Inspected { customer, result });
        }
    }

    fn view(&self, who: usize) -> CustomerView {
        let channel = ChannelNumber::new(Channel::Whatsapp, "+254700000001");
        let mut customer = Customer {
            id: customer_id(who),
            numbers: vec![number(who)],
            created_at: START,
            touched_at: self.now,
            tags: vec![Tag {
                key: "tier".into(),
                value: "vip".into(),
                expires_at: Timestamp::ZERO,
            }],
            ..Customer::default()
        };
        customer.metadata.insert("name".into(), crate::model::DataValue::Text(NAMES[who].into()));
        customer.messages.push(Message {
            id: message_id(who),
            direction: Direction::Inbound,
            number: number(who),
            channel,
            app: None,
            body: Body::text("habari, order yangu iko wapi?"),
            status: MessageStatus::Received,
            in_reply_to: None,
            created_at: START,
            updated_at: START,
        });
        CustomerView { customer: Arc::new(customer), as_of: Seq(self.head), replaces: None }
    }

    /// The screen, a line per row, blanks at the ends cut off.
    pub fn screen(&mut self) -> String {
        self.paint(false);
        let buffer = self.terminal.backend().buffer();
        let width = usize::from(buffer.area.width).max(1);
        let rows = buffer.content.chunks(width);
        let text = |row: &[ratatui::buffer::Cell]| -> String {
            let mut skip = 0;
            let mut line = String::new();
            for cell in row {
                if skip == 0 {
                    line.push_str(cell.symbol());
                    skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1);
                }
                skip -= 1;
            }
            line.trim_end().to_owned()
        };
        rows.map(text).collect::<Vec<_>>().join("\n")
    }
    pub fn paint(&mut self, mono: bool) -> &ratatui::buffer::Buffer {
        let look = Look { now: self.now, zone: TimeZone::UTC, mono };
        let app = &self.app;
        self.terminal.draw(|frame| view::draw(app, frame, &look)).expect("a buffer");
        self.terminal.backend().buffer()
    }
    pub fn resize(&mut self, width: u16, height: u16) {
        self.terminal = Terminal::new(TestBackend::new(width, height)).expect("a buffer");
        self.send(Msg::Resize(width, height));
    }
}

pub const NAMES: [&str; 3] = ["Otieno P.", "Amina", "Jane W."];

pub fn customer_id(who: usize) -> CustomerId {
    format!("el_cst_{who:032}").into()
}
pub fn number(who: usize) -> CustomerNumber {
    CustomerNumber::telco(&format!("+25471100000{who}"))
}
fn message_id(who: usize) -> crate::model::MessageId {
    format!("el_msg_{who:032}").into()
}
