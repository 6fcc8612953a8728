//! The desk of an agent for tests: a console, a clock that the test moves, and a screen that
//! it can read.

use crate::{
    console::{
        app::{App, AppOptions},
        drafts::Drafts,
        keymap::Chord,
        msg::{Click, Effect, Msg, TimelinePage},
        replay::page_of,
        view::{self, DrawContext, draw_context::clicked},
    },
    model::{
        Actor, Body, CallId, CannedReply, Channel, ChannelNumber, ClientError, Currency,
        CustomerCommand, CustomerId, CustomerNumber, CustomerRef, CustomerState, CustomerView,
        Direction, Entry, EntryId, Event, EventKind, FeedEvent, Hello, LivePrompts, Message,
        MessageId, MessageReceipt, MessageStatus, Money, PaymentStatus, Seq, StoredCall, Tag,
        Timestamp, settings::BoundChannel,
    },
};
use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
pub use everything::{everything, kes};
use jiff::tz::TimeZone;
use ratatui::{Terminal, backend::TestBackend, layout::Rect};
use std::{sync::Arc, time::Duration};

mod everything;

/// 2026-11-23 14:00:00 UTC.
pub const START: Timestamp = Timestamp::from_secs(1_795_442_400);

pub struct Desk {
    pub app: App,
    pub now: Timestamp,
    terminal: Terminal<TestBackend>,
    pub head: u64,
    /// Every entry that has happened.
    log: Vec<Arc<Entry>>,
    /// The page of a timeline that was asked for last.
    page: Option<TimelinePage>,
    /// What a click means on the picture that was drawn last.
    zones: Vec<(Rect, Click)>,
}

impl Desk {
    /// A console that has not heard from the hub.
    pub fn new(width: u16, height: u16) -> Self {
        Self::with_drafts(width, height, Drafts::default())
    }

    /// A console that has not heard from the hub, with the drafts of an earlier run.
    pub fn with_drafts(width: u16, height: u16, drafts: Drafts) -> Self {
        // The keys of two runs differ.
        let seed = [u8::try_from(drafts.list().len()).unwrap_or(u8::MAX); 16];
        let options = AppOptions { org: "acme-ke".into(), drafts, seed, ..AppOptions::default() };
        let app = App::new(options);
        let terminal = Terminal::new(TestBackend::new(width, height)).expect("a buffer");
        let mut desk = Self {
            app,
            now: START,
            terminal,
            head: 0,
            log: Vec::new(),
            page: None,
            zones: Vec::new(),
        };
        desk.send(Msg::Resize(width, height));
        desk
    }

    /// A console on a live hub with some traffic. The first customer is inspected.
    pub fn open(width: u16, height: u16) -> Self {
        Self::open_behind(width, height, 0)
    }

    /// The same with the drafts of an earlier run.
    pub fn open_with(width: u16, height: u16, drafts: Drafts) -> Self {
        Self::busy(Self::with_drafts(width, height, drafts), 0)
    }

    /// The same where the hub has so many older entries, which are not loaded.
    pub fn open_behind(width: u16, height: u16, older: u64) -> Self {
        Self::busy(Self::new(width, height), older)
    }

    fn busy(mut desk: Self, older: u64) -> Self {
        desk.head = older;
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
                        id: format!("el_txn_{n}").into(),
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
                        id: format!("el_msg_9{n}").into(),
                        status: MessageStatus::NoConsent,
                    },
                ),
                _ => desk.happens(
                    who,
                    Channel::Sms,
                    EventKind::MessageStatusChanged {
                        id: format!("el_msg_8{n}").into(),
                        status: MessageStatus::Delivered,
                    },
                ),
            };
        }
        desk.after(Duration::from_secs(1));
        desk.answer_inspection();
        desk
    }

    /// The hub speaks for the first time.
    pub fn up(&mut self) -> Vec<Effect> {
        self.up_ahead(Duration::ZERO)
    }
    /// The hub speaks for the first time, and its clock is ahead by this much.
    pub fn up_ahead(&mut self, by: Duration) -> Vec<Effect> {
        self.greets(by, Vec::new())
    }
    /// The hub speaks again, and offers these replies.
    pub fn offers(&mut self, replies: Vec<CannedReply>) -> Vec<Effect> {
        self.greets(Duration::ZERO, replies)
    }
    fn greets(&mut self, by: Duration, replies: Vec<CannedReply>) -> Vec<Effect> {
        let channels = [
            (Channel::Sms, "40404"),
            (Channel::Whatsapp, "+254700000001"),
            (Channel::Voice, "+254700000000"),
            (Channel::Payment, "5250"),
        ];
        let channels = channels.map(|(channel, number)| BoundChannel {
            channel: ChannelNumber::new(channel, number),
            app: None,
            purse: None,
            carrier: None,
            prompt_window: None,
        });
        let effects = self.send(Msg::Feed(FeedEvent::up(Hello {
            version: "0.1.0".into(),
            head: Seq(self.head),
            durability: "disk".into(),
            sandbox: true,
            paces_works: true,
            times_works: true,
            channels: channels.to_vec(),
            now: self.now.after(by),
            replies,
            ..Hello::default()
        })));
        // Nobody waits on the line.
        let as_of = Seq(self.head);
        self.send(Msg::Live(Ok(LivePrompts { as_of, ..LivePrompts::default() })));
        effects
    }
    pub fn down(&mut self, retry_in: Option<Duration>, error: ClientError) -> Vec<Effect> {
        self.send(Msg::Feed(FeedEvent::Down { error, attempt: 3, retry_in }))
    }

    /// Lets time go by and wakes the console whenever it asked for it.
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
        let effects = self.app.update(self.now, msg);
        // What the inspector shows of a customer's history is asked for beside everything else.
        let mut others = Vec::new();
        for effect in effects {
            match effect {
                Effect::Timeline(page) => self.page = Some(page),
                effect => others.push(effect),
            }
        }
        others
    }
    /// Presses keys by name, with blanks between them: `g g`, `ctrl-s`, `enter`.
    pub fn press(&mut self, keys: &str) -> Vec<Effect> {
        let keys = keys.split_whitespace().map(|name| Chord::parse(name).expect(name));
        let events: Vec<_> = keys.map(|chord| chord.keys()[0].event()).collect();
        events.into_iter().flat_map(|event| self.send(Msg::Key(event))).collect()
    }
    /// Confirms what is on the sheet, once it takes keys and was read to its end.
    pub fn confirm(&mut self) -> Vec<Effect> {
        self.after(Duration::from_secs(1));
        for _ in 0..40 {
            self.press("down");
        }
        self.press("s")
    }
    pub fn types(&mut self, text: &str) -> Vec<Effect> {
        let keys = text.chars().map(|c| Msg::Key(KeyCode::Char(c).into()));
        keys.collect::<Vec<_>>().into_iter().flat_map(|msg| self.send(msg)).collect()
    }

    pub fn says(&mut self, who: usize, text: &str) -> Vec<Effect> {
        let kind = EventKind::MessageReceived { id: message_id(who), body: Body::text(text) };
        self.happens(who, Channel::Whatsapp, kind)
    }
    pub fn happens(&mut self, who: usize, channel: Channel, kind: EventKind) -> Vec<Effect> {
        self.head += 1;
        let entry = Self::entry(Seq(self.head), self.now, who, channel, kind);
        self.log.push(Arc::clone(&entry));
        self.send(Msg::Feed(FeedEvent::Entry(entry)))
    }
    /// The same by somebody.
    pub fn happens_by(
        &mut self,
        by: Actor,
        who: usize,
        channel: Channel,
        kind: EventKind,
    ) -> Vec<Effect> {
        self.head += 1;
        let mut entry = Self::entry(Seq(self.head), self.now, who, channel, kind);
        Arc::make_mut(&mut entry).events[0].actor = by;
        self.log.push(Arc::clone(&entry));
        self.send(Msg::Feed(FeedEvent::Entry(entry)))
    }
    /// A person answers a customer, under this key if it is one of this console's own.
    pub fn answers(
        &mut self,
        who: usize,
        by: &str,
        text: &str,
        call: Option<CallId>,
    ) -> Vec<Effect> {
        self.answers_as(Actor::Key(by.into()), who, text, call)
    }
    /// The same by anybody, who may be a program.
    pub fn answers_as(
        &mut self,
        by: Actor,
        who: usize,
        text: &str,
        call: Option<CallId>,
    ) -> Vec<Effect> {
        self.head += 1;
        let id = MessageId::from(format!("el_msg_a{}", self.head));
        let (status, body, message) = (MessageStatus::Sent, Body::text(text), Some(id.clone()));
        let kind = EventKind::MessageSent { id, body, status, in_reply_to: None, work: None };
        let mut entry = Self::entry(Seq(self.head), self.now, who, Channel::Whatsapp, kind);
        let change = Arc::make_mut(&mut entry);
        change.events[0].actor = by;
        let (description, customer, conflict) = ("sent".into(), Some(customer_id(who)), None);
        let receipt = MessageReceipt { status, description, message, customer, conflict };
        change.call = call.map(|id| StoredCall { id, digest: [0; 32], receipt: receipt.into() });
        self.log.push(Arc::clone(&entry));
        self.send(Msg::Feed(FeedEvent::Entry(entry)))
    }
    /// What a customer wrote this long ago, as an entry of the log that is not loaded.
    pub fn wrote(&self, who: usize, text: &str, ago: Duration) -> Arc<Entry> {
        let kind = EventKind::MessageReceived { id: message_id(who), body: Body::text(text) };
        Self::entry(Seq(1), self.now.before(ago), who, Channel::Whatsapp, kind)
    }
    pub fn entry(
        seq: Seq,
        at: Timestamp,
        who: usize,
        channel: Channel,
        kind: EventKind,
    ) -> Arc<Entry> {
        let event = Event {
            at,
            customer: Some(customer_id(who)),
            app: None,
            actor: Actor::Customer,
            number: Some(number(who)),
            channel: Some(ChannelNumber::new(channel, "40404")),
            name: Some(NAMES[who].into()),
            kind,
        };
        let (id, prev_id) = (EntryId::default(), EntryId::default());
        let org = "acme-ke".into();
        Arc::new(Entry { org, seq, id, prev_id, at, events: vec![event], call: None })
    }
    /// Answers the question for a page of a customer's history, as the hub would, until nothing is asked.
    pub fn answer_timeline(&mut self) {
        while let Some(page) = self.page.take() {
            let result = Ok(page_of(self.log.iter(), &page, 100));
            self.send(Msg::Timeline { page, result });
        }
    }
    /// Money is put into a purse, which is about no customer.
    pub fn funds_a_purse(&mut self) -> Vec<Effect> {
        let kind = EventKind::PurseFunded { purse: "till".into(), value: kes(25_000_000) };
        self.head += 1;
        let mut entry = Self::entry(Seq(self.head), self.now, 0, Channel::Payment, kind);
        let event = &mut Arc::make_mut(&mut entry).events[0];
        (event.customer, event.number, event.name) = (None, None, None);
        self.send(Msg::Feed(FeedEvent::Entry(entry)))
    }
    /// A customer dials and waits for a menu, in a session of this number.
    pub fn dials(&mut self, who: usize, session: usize) -> Vec<Effect> {
        let session = session_id(session);
        let kind = EventKind::UssdInput { session, input: String::new(), dial: true };
        self.happens(who, Channel::Ussd, kind)
    }
    /// Answers whatever the inspector is waiting for, as the hub would.
    pub fn answer_inspection(&mut self) {
        for who in 0..NAMES.len() {
            let customer = CustomerRef::Id(customer_id(who));
            let result = Ok(Some(self.view(who)));
            self.send(Msg::Inspected { customer, result });
        }
    }

    /// Answers the inspector for one customer, whose state `change` adds to. Every later question
    /// about them gets the same answer.
    pub fn answer_with(&mut self, who: usize, change: impl FnOnce(&mut CustomerState)) {
        self.after(Duration::from_millis(600));
        self.press("g c");
        self.types(customer_id(who).as_str());
        self.press("enter");
        self.answer_about(who, change);
        self.press("1");
    }

    /// Answers the question of the inspector about one customer, whose state `change` adds to.
    pub fn answer_about(
        &mut self,
        who: usize,
        change: impl FnOnce(&mut CustomerState),
    ) -> Vec<Effect> {
        let mut view = self.view(who);
        change(Arc::make_mut(&mut view.customer));
        let customer = CustomerRef::Id(customer_id(who));
        self.send(Msg::Inspected { customer, result: Ok(Some(view)) })
    }

    fn view(&self, who: usize) -> CustomerView {
        let channel = ChannelNumber::new(Channel::Whatsapp, "+254700000001");
        let mut customer = CustomerState {
            id: customer_id(who),
            numbers: vec![number(who)],
            created_at: START,
            touched_at: self.now,
            tags: vec![Tag { key: "tier".into(), value: "vip".into(), expires_at: None }],
            ..CustomerState::default()
        };
        customer.metadata.insert("name".into(), crate::model::DataValue::Text(NAMES[who].into()));
        let message = Message {
            id: message_id(who),
            direction: Direction::Inbound,
            number: number(who),
            channel,
            app: None,
            body: Body::text("habari, order yangu iko wapi?"),
            status: MessageStatus::Received,
            in_reply_to: None,
            work: None,
            is_final: false,
            created_at: START,
            updated_at: START,
        };
        customer.messages.push(Arc::new(message), 0);
        CustomerView { customer: Arc::new(customer), as_of: Seq(self.head), replaces: None }
    }

    /// Clicks on the first place of the screen that shows these words.
    pub fn click(&mut self, words: &str) -> Vec<Effect> {
        let screen = self.screen();
        let (row, line) =
            screen.lines().enumerate().find(|(_, line)| line.contains(words)).expect(words);
        let column =
            unicode_width::UnicodeWidthStr::width(line.split(words).next().unwrap_or_default());
        let [column, row] = [column, row].map(|n| u16::try_from(n).expect("on the screen"));
        if let Some(click) = clicked(&self.zones, column, row).cloned() {
            return self.send(Msg::Click(click));
        }
        let (kind, modifiers) = (MouseEventKind::Down(MouseButton::Left), KeyModifiers::NONE);
        self.send(Msg::Mouse(MouseEvent { kind, column, row, modifiers }))
    }

    /// What a click means where, on the picture as it is now.
    pub fn zones(&mut self) -> Vec<(Rect, Click)> {
        self.paint(false);
        self.zones.clone()
    }
    /// The screen as text, a line for each row, without the blanks at its end.
    pub fn screen(&mut self) -> String {
        let whole = self.terminal.backend().buffer().area;
        self.crop(whole)
    }
    /// The part of the screen that lies inside `area`, as text like [`Desk::screen`].
    pub fn crop(&mut self, area: Rect) -> String {
        let buffer = self.paint(false);
        let row = |y| {
            let mut skip = 0;
            let mut line = String::new();
            for x in area.left()..area.right() {
                if skip == 0 {
                    let symbol = buffer[(x, y)].symbol();
                    line.push_str(symbol);
                    skip = unicode_width::UnicodeWidthStr::width(symbol).max(1);
                }
                skip -= 1;
            }
            line.trim_end().to_owned()
        };
        (area.top()..area.bottom()).map(row).collect::<Vec<_>>().join("\n")
    }
    pub fn paint(&mut self, mono: bool) -> &ratatui::buffer::Buffer {
        let look = DrawContext::new(self.now, TimeZone::UTC, mono);
        let app = &self.app;
        self.terminal.draw(|frame| view::draw(app, frame, &look)).expect("a buffer");
        self.zones = look.zones.take();
        self.terminal.backend().buffer()
    }
    pub fn resize(&mut self, width: u16, height: u16) {
        self.terminal = Terminal::new(TestBackend::new(width, height)).expect("a buffer");
        self.send(Msg::Resize(width, height));
    }
}

/// The commands that leave, each with its key.
pub fn sends(effects: &[Effect]) -> Vec<(CallId, CustomerCommand)> {
    let command = |effect: &Effect| match effect {
        Effect::Send { call, command, .. } => Some((call.clone(), command.clone())),
        _ => None,
    };
    effects.iter().filter_map(command).collect()
}
/// The commands that leave.
pub fn commands(effects: &[Effect]) -> Vec<CustomerCommand> {
    sends(effects).into_iter().map(|(_, command)| command).collect()
}

pub const NAMES: [&str; 3] = ["Otieno P.", "Amina", "Jane W."];

pub fn customer_id(who: usize) -> CustomerId {
    format!("el_cst_{who:032}").into()
}
pub fn number(who: usize) -> CustomerNumber {
    CustomerNumber::telco(&format!("+25471100000{who}"))
}
pub fn session_id(n: usize) -> crate::model::SessionId {
    format!("el_ses_{n:032}").into()
}
fn message_id(who: usize) -> crate::model::MessageId {
    format!("el_msg_{who:032}").into()
}
