//! Stories about the rules: `given(commands).when(command).then(what happened)`. Commands are really
//! decided and folded, and what happened is compared in the words of the feed.

mod adoption;
mod books;
mod borders;
mod carriage;
mod conflict;
mod consent;
mod customer;
mod floors;
mod inbound;
mod lease;
mod machines;
mod messaging;
mod money;
mod paused;
mod preflight;
mod reminder;
mod runs;
mod scheduled;
mod slices;
mod spelling;
mod steered;
mod stored;
mod sweep;
mod timed;
mod undecided;
mod ussd;
mod voice;
mod waiting;
mod wishes;
mod work;
mod world;

use super::{Base, Ctx, Decision, MemoryBase, Table, World, decide};
use crate::model::{
    Actor, AppId, Body, Caller, Channel, ChannelNumber, Command, CustomerCommand, CustomerNumber,
    CustomerRef, CustomerState, Entry, EntryId, Event, MessageId, NetworkCommand, OrgSettings,
    Receipt, SessionId, StateReceipt, Tag, Timestamp, TransactionId, settings::BoundChannel,
};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

/// A World in which commands were decided and folded, one entry each.
pub struct Story {
    pub world: World,
    pub settings: OrgSettings,
    pub now: Timestamp,
    pub last: Decision,
    pub entries: Vec<Entry>,
    caller: Caller,
    fresh: u64,
    disk: MemoryBase,
}

impl MemoryBase {
    /// This and everything that changed in a World since its last layer was closed.
    fn with(self, world: &World) -> Self {
        let mut world = world.clone();
        let disk = self.and(&world);
        world.settle();
        disk.and(&world)
    }
    /// The World after a restart.
    fn restarted(&self, world: &World) -> World {
        let base: Arc<dyn Base> = Arc::new(self.clone().with(world));
        World::open(&base).expect("a World")
    }
    fn bytes(&self) -> Vec<u8> {
        let rows = self.rows.iter();
        rows.flat_map(|((table, key), row)| [&[*table as u8], &key[..], &row[..]].concat())
            .collect()
    }
}

/// A story that begins with these commands, ten seconds apart.
pub fn given<C: Into<Command>>(commands: impl IntoIterator<Item = C>) -> Story {
    let receipt =
        Receipt::State(StateReceipt { ok: true, description: String::new(), customer: None });
    let mut story = Story {
        world: World::default(),
        settings: settings(),
        now: Timestamp::from_secs(1_000_000),
        last: Decision { events: Vec::new(), receipt },
        entries: Vec::new(),
        caller: Caller { app: Some("shop".into()), actor: Actor::Key("wanjiku".into()) },
        fresh: 0,
        disk: MemoryBase::default(),
    };
    for command in commands {
        story = story.when(command).later(10);
    }
    story
}

/// A story that begins with an empty World.
pub fn nothing() -> Story {
    given::<Command>([])
}

/// There are two apps. No channel numbers are registered, so all are accepted (R-MSG-1).
pub fn settings() -> OrgSettings {
    OrgSettings {
        id: "demo".into(),
        apps: vec!["first".into(), "shop".into()],
        ..OrgSettings::default()
    }
}

impl Story {
    pub fn with(mut self, change: impl FnOnce(&mut OrgSettings)) -> Self {
        change(&mut self.settings);
        self
    }
    pub fn bind(self, channel: ChannelNumber, app: Option<&str>, purse: Option<&str>) -> Self {
        let (app, purse) = (app.map(AppId::from), purse.map(str::to_owned));
        self.with(|s| {
            s.channels.push(BoundChannel {
                channel,
                app,
                purse,
                carrier: None,
                prompt_window: None,
            });
        })
    }
    pub fn by(mut self, app: Option<&str>, actor: Actor) -> Self {
        self.caller = Caller { app: app.map(AppId::from), actor };
        self
    }
    pub fn later(mut self, secs: u64) -> Self {
        self.now = self.now.after(Duration::from_secs(secs));
        self
    }
    /// Lets the hub do once what is due by now.
    pub fn swept(self) -> Self {
        self.when(NetworkCommand::Sweep)
    }
    /// When the next sweep has something to do.
    pub fn due(&self) -> Option<Timestamp> {
        self.world.next_due(&self.settings)
    }
    /// Sweeps until nothing is due.
    pub fn settled(mut self) -> Self {
        while self.due().is_some_and(|due| due <= self.now) {
            self = self.swept();
            assert!(!self.last.events.is_empty(), "what is due happens");
        }
        self
    }
    pub fn decide(&mut self, command: &Command) -> Decision {
        let fresh = &mut self.fresh;
        let mut fresh = || {
            *fresh += 1;
            u128::from(*fresh).to_be_bytes()
        };
        let mut ctx = Ctx {
            now: self.now,
            settings: &self.settings,
            caller: &self.caller,
            fresh: &mut fresh,
        };
        decide(&self.world, command, &mut ctx)
    }
    /// Decides a command and folds its events.
    pub fn when(mut self, command: impl Into<Command>) -> Self {
        self.last = self.decide(&command.into());
        self.fold(self.last.events.clone());
        self
    }
    pub fn fold(&mut self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let entry = self.entry(events);
        assert!(self.world.apply(&entry), "the next entry of a chain is valid");
        self.entries.push(entry);
        self.settle();
    }
    /// Moves the layers of the World on, in every other step. So all stories are stories about layers.
    fn settle(&mut self) {
        match self.entries.len() % 4 {
            1 => {
                self.world.settle();
                self.disk = std::mem::take(&mut self.disk).and(&self.world);
            }
            3 => {
                let base: Arc<dyn Base> = Arc::new(self.disk.clone());
                self.world.rebase(&base);
            }
            _ => {}
        }
    }
    pub fn restart(&mut self) {
        self.disk = std::mem::take(&mut self.disk).with(&self.world);
        self.world = self.disk.restarted(&World::clone(&self.world));
    }
    /// How many rows ranges over the base hand out while this is done.
    pub fn passes<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> usize {
        let before = self.disk.passed.load(Ordering::Relaxed);
        what(self);
        self.disk.passed.load(Ordering::Relaxed) - before
    }
    /// The World after a restart.
    pub fn restarted(&self) -> World {
        self.disk.restarted(&self.world)
    }
    pub fn entry(&self, events: Vec<Event>) -> Entry {
        let (seq, prev_id) = self.world.head();
        let id = EntryId(u128::from(seq.next().0).to_be_bytes());
        let org = self.settings.id.clone();
        Entry { org, seq: seq.next(), id, prev_id, at: self.now, events, call: None }
    }
    /// Asserts what the last command led to, as rows of the feed: code and words.
    pub fn then(self, expected: &[&str]) -> Self {
        let row = |e: &Event| format!("{} {}", e.kind.code(), e.sentence());
        let rows: Vec<_> = self.last.events.iter().map(row).collect();
        assert_eq!(rows, expected, "{:?}", self.last.receipt);
        self
    }
    pub fn accepted(self, description: &str) -> Self {
        assert_eq!(
            (true, description),
            (self.last.receipt.is_ok(), self.last.receipt.description())
        );
        self
    }
    /// Asserts that the last command was refused with these words in the description, and recorded nothing.
    pub fn refused(self, words: &str) -> Self {
        let receipt = &self.last.receipt;
        assert!(!receipt.is_ok() && receipt.description().contains(words), "{receipt:?}");
        self.then(&[])
    }
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.last.receipt.code(), Some(code), "{:?}", self.last.receipt);
        self
    }
    /// Asserts for which apps the last events are.
    pub fn for_apps(self, apps: &[&str]) -> Self {
        let told = |e: &Event| e.app.as_ref().map_or("-", AppId::as_str).to_owned();
        assert_eq!(self.last.events.iter().map(told).collect::<Vec<_>>(), apps);
        self
    }
    /// Jane as she is now.
    pub fn jane(&self) -> Arc<CustomerState> {
        self.who(&CustomerRef::Number(jane())).expect("Jane is known")
    }
    pub fn who(&self, customer: &CustomerRef) -> Option<Arc<CustomerState>> {
        self.world.customer(customer, &self.settings, self.now)
    }
    pub fn last_message(&self) -> MessageId {
        self.jane().messages.last().expect("a message").id.clone()
    }
    pub fn last_session(&self) -> SessionId {
        self.jane().ussd.last().expect("a session").id.clone()
    }
    pub fn last_call(&self) -> SessionId {
        self.jane().calls.last().expect("a call").id.clone()
    }
    pub fn last_payment(&self) -> TransactionId {
        self.jane().payments.last().expect("a payment").id.clone()
    }
}

pub fn jane() -> CustomerNumber {
    CustomerNumber::telco("+254711000001")
}
pub fn omar() -> CustomerNumber {
    CustomerNumber::telco("+254711000002")
}
pub fn to_jane() -> CustomerRef {
    CustomerRef::Number(jane())
}
pub fn line(channel: Channel) -> ChannelNumber {
    ChannelNumber::new(channel, "40404")
}
pub fn to_omar() -> CustomerRef {
    CustomerRef::Number(omar())
}
pub fn tag(key: &str, value: &str) -> Tag {
    Tag { key: key.into(), value: value.into(), expires_at: None }
}
pub fn tags(customer: CustomerRef, tags: &[(&str, &str)]) -> Command {
    let tags = tags.iter().map(|(k, v)| tag(k, v)).collect();
    CustomerCommand::UpdateTags { customer, tags }.into()
}
pub fn meet() -> Command {
    CustomerCommand::Meet(to_jane()).into()
}
pub fn send(channel: Channel, text: &str) -> Command {
    let body = Body::text(text);
    CustomerCommand::SendMessage { to: jane(), from: line(channel), body, seen: None }.into()
}
pub fn hears(channel: Channel, text: &str) -> Command {
    NetworkCommand::ReceiveMessage { from: jane(), to: line(channel), body: Body::text(text) }
        .into()
}
