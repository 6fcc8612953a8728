//! A hub with its sandbox in this process, and an agent's console without a terminal: its state, a client, and the
//! effects that the test does in the loop's place.

use super::cases::{Case, Who, by_number};
use crossterm::event::{KeyCode, KeyEvent};
use jiff::tz::TimeZone;
use ratatui::{Terminal, backend::TestBackend};
use std::{collections::VecDeque, time::Duration};
use switchboard::{
    catalog::Target,
    console::{
        app::{App, AppOptions},
        drafts::{Drafts, FormDraft},
        msg::{EarlierEntries, Effect, Msg, TimelineFrom},
        view::{self, DrawContext},
    },
    hub::{config::HubConfig, config::KeyConfig, serve},
    model::{
        Body, CallId, CallStatus, Channel, ChannelNumber, Currency, CustomerCommand, CustomerId,
        CustomerNumber, CustomerRef, EventKind, FeedEvent, FeedStart, LivePrompts, Money,
        NetworkCommand, Outlook, Receipt, Seq, Timestamp, VoiceAction,
        settings::{BoundChannel, Purse},
    },
    sandbox,
    sdk::{Client, Credentials, Endpoint, Feed, Options, fresh_call},
};
use tokio::time::timeout;

/// The purse of the sandbox, as a form names it.
pub const TILL: &str = "purse:till";

/// The org's number on a channel.
pub fn line(channel: Channel) -> ChannelNumber {
    let number = match channel {
        Channel::Whatsapp => "+254711082000",
        Channel::Voice => "+254711082300",
        Channel::Payment => "525900",
        _ => "40404",
    };
    ChannelNumber::new(channel, number)
}

fn kes() -> Currency {
    Currency::new("KES").unwrap()
}

/// A hub where nobody does anything by themselves.
pub struct Stage {
    _running: serve::Running,
    pub client: Client,
    colleague: Client,
}

impl Stage {
    pub async fn open() -> Self {
        let (mut config, key) = HubConfig::embedded(None).unwrap();
        let org = &mut config.orgs[0];
        (org.sandbox.rate_per_minute, org.sandbox.demo_app) = (0, false);
        (org.sandbox.fail_percent, org.sandbox.hostile) = (0, false);
        // Every prompt is answered, and a busy machine may take its time for that.
        org.settings.prompt_window = Duration::from_mins(5);
        // A payment number without a purse, and the key of a colleague.
        let channel = ChannelNumber::new(Channel::Payment, "525901");
        org.settings.channels.push(BoundChannel {
            channel,
            app: None,
            purse: None,
            carrier: None,
            prompt_window: None,
        });
        org.settings.purses.push(Purse { id: "empty".into(), currency: kes() });
        let brian = "sb_brian_only-for-tests-0123456789abcdef";
        org.keys.push(KeyConfig::of_text("brian", brian));
        let (id, app) = (org.settings.id.clone(), org.settings.apps[0].clone());
        let running = serve::start(config, &[sandbox::attach]).await.unwrap();
        let client = |key: &str| {
            Client::new(Options {
                endpoint: Endpoint::Local(running.connector()),
                org: id.clone(),
                app: app.clone(),
                credentials: Credentials::api_key(key.to_owned()),
                insecure: false,
                by_person: true,
                ..Options::default()
            })
            .unwrap()
        };
        let (client, colleague) = (client(&key), client(brian));
        let value = Money { currency: kes(), minor: 100_000_000 };
        let fund = NetworkCommand::FundPurse { purse: "till".into(), value };
        client.sandbox().act(fund).await.unwrap();
        Self { _running: running, client, colleague }
    }

    /// Sends a command beside the console.
    pub async fn sends(&self, command: &CustomerCommand) -> Receipt {
        self.client.send(&fresh_call().unwrap(), command).await.unwrap()
    }
    pub async fn meets(&self, number: &CustomerNumber) -> CustomerId {
        let met = self.sends(&CustomerCommand::Meet(by_number(number))).await;
        met.customer().expect("a customer").clone()
    }
    /// Merges a customer into another one, and returns the id that is no more.
    pub async fn merged_into(&self, who: &Who) -> CustomerId {
        let digits = who.number.number.strip_prefix("+254733").unwrap_or_default();
        let gone = self.meets(&CustomerNumber::telco(&format!("+254734{digits}"))).await;
        let (customer, other) = (who.id.clone(), CustomerRef::Id(gone.clone()));
        let merged = self.sends(&CustomerCommand::AdoptCustomer { customer, other }).await;
        assert!(merged.is_ok(), "{merged:?}");
        gone
    }
    pub async fn colleague_writes(&self, to: &CustomerNumber) {
        let (from, body) = (line(Channel::Sms), Body::text("It comes today."));
        let write = CustomerCommand::SendMessage { to: to.clone(), from, body, seen: None };
        let call = fresh_call().unwrap();
        assert!(self.colleague.send(&call, &write).await.unwrap().is_ok());
    }
}

/// A console that an agent looks at.
pub struct Console<'s> {
    stage: &'s Stage,
    pub app: App,
    feed: Feed,
    /// The console's clock stands still, so that notices stay until something else is said.
    pub now: Timestamp,
    instead: Option<CustomerCommand>,
    pub sent: bool,
}

impl<'s> Console<'s> {
    /// A console with this draft, on a hub that has answered.
    pub async fn open(stage: &'s Stage, who: &Who, case: Option<&Case>, call: &CallId) -> Self {
        let now = switchboard::hub::clock::now();
        let mut drafts = Drafts::default();
        if let Some(case) = case {
            let target = Target {
                customer: Some(who.id.clone()),
                numbers: vec![who.number.clone()],
                channel: Some(case.channel.clone()),
                reply_to: case.quoted.clone(),
                ..Target::default()
            };
            let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            let values = case.values.iter().map(text).collect();
            let form = case.form.to_owned();
            drafts.keep(
                call,
                FormDraft { form, target, values, saved_at: now, ..FormDraft::default() },
            );
        }
        let options = AppOptions { drafts, hold: Duration::ZERO, ..AppOptions::default() };
        let (app, feed) = (App::new(options), stage.client.feed(FeedStart::Tail(500)));
        let instead = case.and_then(|case| case.instead.clone());
        let mut console = Self { stage, app, feed, now, instead, sent: false };
        console.take(Msg::Resize(200, 60)).await;
        while !console.app.connection().is_live() {
            console.hear(Duration::from_secs(5)).await;
        }
        console
    }

    /// Takes a message in, and does what is wanted then.
    pub async fn take(&mut self, msg: Msg) {
        let mut effects = VecDeque::from(self.app.update(self.now, msg));
        while let Some(effect) = effects.pop_front() {
            if let Some(answer) = self.answer(effect).await {
                effects.extend(self.app.update(self.now, answer));
            }
        }
    }

    async fn answer(&mut self, effect: Effect) -> Option<Msg> {
        let hub = &self.stage.client;
        Some(match effect {
            Effect::Send { call, command, .. } => {
                self.sent = true;
                let command = self.instead.take().unwrap_or(command);
                let result = hub.send(&call, &command).await;
                Msg::Sent { call, result }
            }
            Effect::Inspect(customer) => {
                let result = hub.customer(&customer).await;
                Msg::Inspected { customer, result }
            }
            Effect::Timeline(page) => {
                let result = match page.from {
                    TimelineFrom::Newest => hub.history(None, 100, Some(&page.customer), "").await,
                    TimelineFrom::Before(seq) => {
                        hub.history(Some(seq), 100, Some(&page.customer), "").await
                    }
                    TimelineFrom::After(seq) => hub.history_after(&page.customer, seq, 100).await,
                };
                Msg::Timeline { page, result }
            }
            // As if what stands against the command had come up since.
            Effect::DryRun { token, .. } => {
                Msg::Outlook { token, result: Ok(Box::new(Outlook::default())) }
            }
            Effect::Live => Msg::Live(Ok(LivePrompts::default())),
            Effect::Earlier(_) => Msg::Earlier(Ok(EarlierEntries::default())),
            _ => return None,
        })
    }

    /// Waits so long for the next of the feed, and takes it in.
    pub async fn hear(&mut self, patience: Duration) -> Option<FeedEvent> {
        let event = timeout(patience, self.feed.next()).await.ok()?;
        self.take(Msg::Feed(event.clone())).await;
        Some(event)
    }

    /// Uses an idempotency key for another message to the customer.
    pub async fn uses(&mut self, call: &CallId, who: &Who) {
        let (to, from, body) = (who.number.clone(), line(Channel::Sms), Body::text("first"));
        let first = CustomerCommand::SendMessage { to, from, body, seen: None };
        self.stage.client.send(call, &first).await.unwrap();
        self.settle().await;
    }

    /// Takes in all that is there already.
    pub async fn settle(&mut self) {
        let head = self.head().await;
        while self.app.connection().place() < head {
            self.hear(Duration::from_secs(5)).await;
        }
        self.take(Msg::Wake).await;
    }

    /// Cancels what the case wants to be cancelled, and answers whoever wants to know what a call does next: the
    /// customer's call by the plan of the case, and the other one, which is made when the first is in the queue, by
    /// taking that out of it.
    pub async fn guide(&self, event: &FeedEvent, who: &Who, case: &mut Case) {
        let FeedEvent::Entry(entry) = event else { return };
        for event in &entry.events {
            if let (EventKind::MessageScheduled { id, .. }, true) = (&event.kind, case.cancels)
                && event.customer.as_ref() == Some(&who.id)
            {
                let (customer, message) = (CustomerRef::Id(who.id.clone()), id.clone());
                let cancel = CustomerCommand::CancelScheduled { customer, message };
                assert!(self.stage.sends(&cancel).await.is_ok());
            }
            let ours = event.customer.as_ref() == Some(&who.id);
            // Nobody can be taken out of a queue before they are in it.
            if let (EventKind::CallChanged { hop, .. }, true) = (&event.kind, ours)
                && let Some(to) = case.taken_by.clone()
                && hop.status == CallStatus::Enqueued
            {
                let from = event.channel.clone().unwrap_or_default();
                self.stage.sends(&CustomerCommand::MakeCall { to, from }).await;
            }
            let Some((session, _)) = event.kind.prompt() else { continue };
            let others = event.number.is_some() && event.number == case.taken_by;
            let (channel, queue_name) = (event.channel.clone().unwrap_or_default(), None);
            let actions = match case.plan.take_if(|_| ours) {
                Some(plan) => plan,
                None if others => vec![VoiceAction::Dequeue { channel, record: false, queue_name }],
                None => continue,
            };
            let session = session.clone();
            let answer = CustomerCommand::AnswerPrompt { session, menu: None, actions };
            assert!(self.stage.sends(&answer).await.is_ok());
        }
    }

    /// Opens the customer with all that happened to them.
    pub async fn inspect(&mut self, who: &Who) {
        for c in "gc".chars().chain(who.id.as_str().chars()) {
            self.take(Msg::Key(KeyEvent::from(KeyCode::Char(c)))).await;
        }
        self.take(Msg::Key(KeyEvent::from(KeyCode::Enter))).await;
        // Whoever moves through customers is asked about once they rest.
        self.now = self.now.after(Duration::from_secs(1));
        self.take(Msg::Wake).await;
    }

    /// What the agent sees.
    pub fn picture(&self) -> String {
        let mut terminal = Terminal::new(TestBackend::new(200, 60)).unwrap();
        let look = DrawContext::new(self.now, TimeZone::UTC, true);
        terminal.draw(|frame| view::draw(&self.app, frame, &look)).unwrap();
        terminal.backend().to_string()
    }

    /// The place of the newest entry.
    pub async fn head(&self) -> Seq {
        self.stage.client.hello().await.unwrap().head
    }
}
