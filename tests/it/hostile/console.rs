//! The whole console under attack. The strings are the names of the org and the customers, what
//! customers said, what the hub says about itself, why it refuses, and what an agent pastes.

use super::{corpus, entry, event, look, terminal};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use switchboard::{
    console::{
        app::{App, AppOptions},
        msg::{Effect, Msg},
        view,
    },
    model::{
        Body, CallHop, CallStatus, Channel, ChannelNumber, ChannelState, ClientError,
        ConsentStatus, Currency, CustomerNumber, CustomerRef, CustomerState, CustomerView,
        DataValue, Direction, FeedEvent, FoundCustomer, HangupCause, Hello, Message,
        MessageReceipt, MessageStatus, Money, Payment, PaymentParty, PaymentStatus, Receipt,
        SecondaryId, Seq, Tag, Timestamp, UssdHop, UssdMenu, UssdSession, VoiceCall,
        settings::BoundChannel,
    },
};

/// A console, its clock, and the string that every answer contains.
struct Desk<'a> {
    app: App,
    now: Timestamp,
    size: (u16, u16),
    strings: &'a [String],
    frames: usize,
    shown: Vec<&'static str>,
}

impl<'a> Desk<'a> {
    fn new(size: (u16, u16), strings: &'a [String]) -> Self {
        let options = AppOptions { org: strings[0].as_str().into(), ..AppOptions::default() };
        let (now, shown) = (Timestamp::from_secs(1), Vec::new());
        let mut desk = Self { app: App::new(options), now, size, strings, frames: 0, shown };
        desk.tell(Msg::Resize(size.0, size.1));
        let channel = ChannelNumber::new(Channel::Sms, &strings[0]);
        let hello = Hello {
            version: strings[0].clone(),
            log_id: strings[0].clone(),
            durability: strings[0].clone(),
            caller: strings[0].clone(),
            apps: strings.iter().map(|s| s.as_str().into()).collect(),
            channels: vec![BoundChannel {
                channel,
                app: None,
                purse: None,
                carrier: None,
                prompt_window: None,
            }],
            ..Hello::default()
        };
        desk.tell(Msg::Feed(FeedEvent::up(hello)));
        for (seq, text) in (1..).zip(strings) {
            desk.tell(Msg::Feed(FeedEvent::Entry(entry(seq, event(text, 0)))));
        }
        desk
    }

    fn tell(&mut self, msg: Msg) {
        let effects = self.app.update(self.now, msg);
        for effect in effects {
            self.answer(effect);
        }
    }

    /// Answers as the outside world, as hostile as it can be.
    fn answer(&mut self, effect: Effect) {
        let text = || self.strings[self.frames % self.strings.len()].clone();
        match effect {
            Effect::Inspect(customer) => {
                let result = Ok(Some(self.customer(&customer)));
                self.tell(Msg::Inspected { customer, result });
            }
            Effect::Send { call, .. } => {
                let result = match self.frames % 2 {
                    0 => Err(ClientError::Unknown(text())),
                    _ => Ok(Receipt::Message(MessageReceipt {
                        status: MessageStatus::Failed,
                        description: text(),
                        message: None,
                        customer: None,
                        conflict: None,
                    })),
                };
                self.tell(Msg::Sent { call, result });
            }
            Effect::Find(words) => {
                let found = |text: &String| FoundCustomer {
                    id: text.as_str().into(),
                    name: text.clone(),
                    numbers: vec![CustomerNumber::telco(text)],
                    tags: vec![text.clone()],
                    last_seen: Timestamp::ZERO,
                };
                let found: Vec<_> = self.strings.iter().map(found).collect();
                let found = switchboard::model::FoundCustomers {
                    customers: found,
                    total: 1,
                    ..Default::default()
                };
                self.tell(Msg::Found { words, result: Ok(found) });
            }
            Effect::History { before } => {
                let result = Err(ClientError::Unavailable(text()));
                self.tell(Msg::Past { before, result });
            }
            _ => {}
        }
    }

    /// A customer who has the strings in every field of every list.
    fn customer(&self, asked: &CustomerRef) -> CustomerView {
        let each = || self.strings.iter();
        let tag = |s: &String| Tag { key: s.clone(), value: s.clone(), expires_at: Some(self.now) };
        let pair = |s: &String| SecondaryId { key: s.clone(), value: s.clone() };
        let mut metadata: BTreeMap<_, _> =
            each().map(|s| (s.clone(), DataValue::Text(s.clone()))).collect();
        metadata.insert("name".into(), DataValue::Text(self.strings[0].clone()));
        let id = match asked {
            CustomerRef::Id(id) => id.clone(),
            other => other.to_string().into(),
        };
        let customer = CustomerState {
            id,
            numbers: each().map(|s| CustomerNumber::telco(s)).collect(),
            tags: each().map(tag).collect(),
            metadata,
            secondary_ids: each().map(|s| (pair(s), Some(self.now))).collect(),
            channels: each().map(|s| state(s)).collect(),
            messages: each().map(|s| Arc::new(message(s))).collect(),
            ussd: each().map(|s| ussd(s)).collect(),
            calls: each().map(|s| call(s)).collect(),
            payments: each().map(|s| payment(s)).collect(),
            ..CustomerState::default()
        };
        let replaces = Some(self.strings[0].as_str().into());
        CustomerView { customer: Arc::new(customer), as_of: Seq(99), replaces }
    }

    fn wait(&mut self, by: Duration) {
        self.now = self.now.after(by);
        self.tell(Msg::Wake);
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.wait(Duration::from_millis(500));
        self.tell(Msg::Key(KeyEvent::new(code, modifiers)));
        self.wait(Duration::from_millis(500));
    }

    fn keys(&mut self, keys: &str) {
        keys.chars().for_each(|c| self.key(KeyCode::Char(c), KeyModifiers::NONE));
    }

    /// Draws the console and checks what the terminal got.
    fn look_at(&mut self, what: &'static str) {
        let (width, height) = self.size;
        let (bytes, cells) =
            terminal::frame(width, height, |frame| view::draw(&self.app, frame, &look()));
        let fault = terminal::fault(&bytes, cells.content.len());
        assert_eq!(fault, None, "{what} at {width}x{height}: one of {:.60?}", self.strings);
        self.frames += 1;
        self.shown.push(what);
    }

    fn tour(&mut self) {
        self.look_at("feed");
        self.keys("k");
        for tab in ["identity", "messaging", "ussd", "voice", "payments"] {
            self.keys("2");
            self.look_at(tab);
            self.keys("l");
        }
        self.keys("1r");
        if self.app.form().is_some() {
            self.tell(Msg::Paste(self.strings.join(" ")));
            self.look_at("form");
            self.key(KeyCode::Char('s'), KeyModifiers::CONTROL);
            self.look_at("review");
            self.keys("s");
            self.look_at("held");
            self.wait(Duration::from_secs(20));
        }
        self.keys("4");
        self.look_at("activity");
        self.key(KeyCode::Esc, KeyModifiers::NONE);
        self.keys("1:@ab");
        self.wait(Duration::from_secs(1));
        self.look_at("palette");
        self.key(KeyCode::Esc, KeyModifiers::NONE);
        self.key(KeyCode::Esc, KeyModifiers::NONE);
        self.keys("1gg");
        let error =
            ClientError::Unavailable(self.strings[self.frames % self.strings.len()].clone());
        self.tell(Msg::Feed(FeedEvent::Down { error, attempt: 1, retry_in: None }));
        self.tell(Msg::Failed(self.strings[0].clone()));
        self.look_at("down");
    }
}

fn channel(s: &str) -> ChannelNumber {
    ChannelNumber::new(Channel::Whatsapp, s)
}

fn state(s: &str) -> ChannelState {
    let consent = Some((ConsentStatus::OptOutCompleted, Timestamp::ZERO));
    let number = CustomerNumber::telco(s);
    ChannelState { number, channel: channel(s), consent, session: None, asked: None }
}

fn message(s: &str) -> Message {
    Message {
        id: s.into(),
        direction: Direction::Inbound,
        number: CustomerNumber::telco(s),
        channel: channel(s),
        app: Some(s.into()),
        body: Body { text: Some(s.into()), ..Body::default() },
        status: MessageStatus::Received,
        in_reply_to: None,
        work: Some(s.into()),
        is_final: false,
        created_at: Timestamp::ZERO,
        updated_at: Timestamp::ZERO,
    }
}

fn ussd(s: &str) -> UssdSession {
    let menu = Some(UssdMenu { text: s.into(), ..UssdMenu::default() });
    UssdSession {
        id: s.into(),
        number: CustomerNumber::telco(s),
        channel: channel(s),
        app: Some(s.into()),
        hops: vec![UssdHop { input: s.into(), menu, at: Timestamp::ZERO }],
        end: None,
        created_at: Timestamp::ZERO,
        updated_at: Timestamp::ZERO,
    }
}

fn call(s: &str) -> VoiceCall {
    let hop = CallHop {
        cause: HangupCause::UserBusy,
        digits: Some(s.into()),
        recording_url: Some(s.into()),
        ..CallHop::default()
    };
    VoiceCall {
        id: s.into(),
        direction: Direction::Inbound,
        number: CustomerNumber::telco(s),
        channel: channel(s),
        app: Some(s.into()),
        status: CallStatus::Completed,
        hops: vec![hop],
        duration: Duration::ZERO,
        cost: None,
        created_at: Timestamp::ZERO,
        updated_at: Timestamp::ZERO,
    }
}

fn payment(s: &str) -> Payment {
    let number = CustomerNumber::telco(s);
    Payment {
        id: s.into(),
        app: Some(s.into()),
        debit: PaymentParty::Customer { number, channel: channel(s) },
        credit: Some(PaymentParty::Purse(s.into())),
        value: Money { currency: Currency::new("KES").expect("a currency"), minor: 1 },
        status: PaymentStatus::Success,
        created_at: Timestamp::ZERO,
        updated_at: Timestamp::ZERO,
    }
}

/// Enough strings for a screen at a time, for the one screen and the other in turn.
fn screenfuls(strings: &[String]) -> impl Iterator<Item = ((u16, u16), &[String])> {
    let mut rest = strings;
    let mut sizes = [((80, 24), 20), ((200, 50), 45)].into_iter().cycle();
    std::iter::from_fn(move || {
        let (size, most) = sizes.next()?;
        let (batch, after) = rest.split_at(most.min(rest.len()));
        rest = after;
        (!batch.is_empty()).then_some((size, batch))
    })
}

/// Attacks with every third of them, so that three tests share the work.
fn attack(part: usize) {
    let strings = corpus::strings();
    let (mut frames, mut seen) = (0, 0);
    for (size, batch) in screenfuls(&strings).skip(part).step_by(3) {
        let mut desk = Desk::new(size, batch);
        desk.tour();
        assert!(desk.shown.contains(&"review"), "a form opens: {:?}", desk.shown);
        frames += desk.frames;
        seen += batch.len();
    }
    assert!(frames > 1_500 && seen > 4_500, "{frames} frames, {seen} strings");
}

#[test]
fn no_forbidden_byte_reaches_the_terminal_through_any_pane_part_1() {
    attack(0);
}

#[test]
fn no_forbidden_byte_reaches_the_terminal_through_any_pane_part_2() {
    attack(1);
}

#[test]
fn no_forbidden_byte_reaches_the_terminal_through_any_pane_part_3() {
    attack(2);
}
