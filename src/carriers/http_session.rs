//! A session with a network that speaks HTTP. There is no connection that lasts: the session is open while the network
//! takes what is said to it. Telegram is asked for messages here too, with a call that it answers when there are any.

use super::{
    africastalking,
    gather::Delivered,
    http::{CallError, HttpClient, HttpReply},
    kannel,
    order::{Answer, Order},
    session::{Heard, Lost, Submitted},
    telegram, webhook,
};
use crate::{
    hub::{
        clock,
        config::{CarrierConfig, HttpKind, TelegramSettings},
    },
    model::ChannelNumber,
};
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use http::{Request, StatusCode};
use std::{collections::BTreeSet, future, time::Duration};
use tokio::time::sleep;

/// How long a call may take in all. The worker stops waiting sooner, but a late answer is believed still.
const LATE: Duration = Duration::from_mins(10);
/// How long to wait before Telegram is asked again after it had nothing.
const REST: Duration = Duration::from_millis(200);
/// How long Telegram waits for a message before it says that there is none.
const POLL: Duration = Duration::from_secs(25);

/// A session with a network that speaks HTTP.
pub(super) struct HttpSession {
    client: HttpClient,
    kind: HttpKind,
    /// How long the network may take to answer to anything but an order.
    within: Duration,
    calls: FuturesUnordered<BoxFuture<'static, HttpSaid>>,
    /// The number of the last order.
    last: u32,
    poll: Option<Poll>,
}

/// How far the messages of a bot are read.
struct Poll {
    settings: TelegramSettings,
    /// The bot as a number of the org.
    number: ChannelNumber,
    /// From which update on Telegram is asked, which forgets all before it. Ids begin anew after a quiet week, so that
    /// it follows the last one and not the greatest.
    offset: i64,
    /// What was brought and is not stored yet.
    open: BTreeSet<i64>,
}

/// How a call ended.
pub(super) enum HttpSaid {
    /// The call with the order of this number.
    Answered(u32, Result<HttpReply, CallError>),
    /// The call that asks whether the network is there.
    Checked(Result<HttpReply, CallError>),
    /// The call that asks for messages.
    Polled(Result<HttpReply, CallError>),
}

impl HttpSession {
    /// Finds out whether the network is there and knows the hub. `number` is the org's where the network does not say
    /// which one is written to.
    pub async fn open(
        kind: &HttpKind,
        carrier: &CarrierConfig,
        number: Option<ChannelNumber>,
    ) -> Result<Self, Lost> {
        let within = carrier.answers_within;
        let client = HttpClient::new(carrier.trust.clone())?;
        let reply = client.call(check(kind)?, within).await.map_err(CallError::into_words)?;
        checked(kind, reply.status, &reply.body)?;
        let poll = match (kind, number) {
            (HttpKind::Telegram(settings), Some(number)) => {
                let settings = settings.clone();
                Some(Poll { settings, number, offset: 0, open: BTreeSet::new() })
            }
            _ => None,
        };
        let (kind, calls) = (kind.clone(), FuturesUnordered::new());
        let mut session = Self { client, kind, within, calls, last: 0, poll };
        session.poll_after(Duration::ZERO);
        Ok(session)
    }

    /// Begins to hand over a message.
    pub fn submit(&mut self, order: &Order<'_>) -> Submitted {
        let request = match request(&self.kind, order) {
            Ok(request) => request,
            Err(answer) => return Submitted::Answered(*answer),
        };
        self.last = self.last.wrapping_add(1);
        let number = self.last;
        let call = self.client.call(request, LATE);
        self.calls.push(call.map(move |reply| HttpSaid::Answered(number, reply)).boxed());
        Submitted::UnderWay(number)
    }

    /// What ends next. Dropping the future loses nothing.
    pub async fn next(&mut self) -> HttpSaid {
        match self.calls.next().await {
            Some(said) => said,
            None => future::pending().await,
        }
    }

    /// What the end of a call means.
    pub fn sort(&mut self, said: HttpSaid) -> Vec<Heard> {
        match said {
            HttpSaid::Answered(number, reply) => {
                let answer = match reply {
                    Ok(reply) => match answered(&self.kind, reply.status, &reply.body) {
                        Answer::Busy(None) => Answer::Busy(reply.retry_after),
                        answer => answer,
                    },
                    Err(CallError::NotSent(why)) => Answer::Closed(why),
                    Err(CallError::Broken(why)) => Answer::Doubt(why),
                };
                vec![Heard::Answer { number, answer }]
            }
            HttpSaid::Checked(reply) => {
                let well = reply.map_err(CallError::into_words);
                let well = well.and_then(|reply| checked(&self.kind, reply.status, &reply.body));
                well.err().map(Heard::Ending).into_iter().collect()
            }
            HttpSaid::Polled(reply) => self.polled(reply),
        }
    }

    fn polled(&mut self, reply: Result<HttpReply, CallError>) -> Vec<Heard> {
        let Some(poll) = &mut self.poll else { return Vec::new() };
        let reply = match reply {
            Ok(reply) => reply,
            Err(why) => return vec![Heard::Ending(why.into_words())],
        };
        let updates = match telegram::polled(reply.status, &reply.body, &poll.number) {
            Ok(updates) => updates,
            Err(telegram::PollError::Busy(wait)) => {
                self.poll_after(wait);
                return Vec::new();
            }
            Err(telegram::PollError::Lost(why)) => return vec![Heard::Ending(why)],
        };
        if updates.is_empty() {
            // If all it brings has no id, it brings it again at once.
            self.poll_after(REST);
            return Vec::new();
        }
        poll.open.extend(updates.iter().map(|update| update.id));
        poll.offset = updates.last().map_or(0, |update| update.id.saturating_add(1));
        let brought = |update: telegram::Update| Heard::Delivered {
            ticket: update.id,
            delivered: Delivered::Whole(update.brought),
        };
        updates.into_iter().map(brought).collect()
    }

    /// Notes that an update is stored. When all of them are, the next question says so to Telegram.
    pub fn acknowledge(&mut self, ticket: i64) {
        let Some(poll) = &mut self.poll else { return };
        let was_open = poll.open.remove(&ticket);
        if was_open && poll.open.is_empty() {
            self.poll_after(Duration::ZERO);
        }
    }

    /// Asks whether the network is there.
    pub fn ask(&mut self) {
        // It could be written when the session was opened.
        if let Ok(request) = check(&self.kind) {
            let call = self.client.call(request, self.within);
            self.calls.push(call.map(HttpSaid::Checked).boxed());
        }
    }

    /// Asks for messages after a while.
    fn poll_after(&mut self, wait: Duration) {
        let Some(poll) = &self.poll else { return };
        let request = telegram::poll(&poll.settings, poll.offset, POLL);
        let call = self.client.call(request, POLL + self.within);
        let call = async move {
            sleep(wait).await;
            call.await
        };
        self.calls.push(call.map(HttpSaid::Polled).boxed());
    }
}

/// The call that asks whether the network is there and knows the hub, without anything for a customer.
fn check(kind: &HttpKind) -> Result<Request<Vec<u8>>, Lost> {
    match kind {
        HttpKind::Kannel(settings) => kannel::check(settings),
        HttpKind::Telegram(settings) => Ok(telegram::check(settings)),
        HttpKind::Webhook(settings) => webhook::check(settings, clock::now()),
        HttpKind::AfricasTalking(settings) => africastalking::check(settings),
    }
}

/// What the network says to that.
fn checked(kind: &HttpKind, status: StatusCode, body: &[u8]) -> Result<(), Lost> {
    match kind {
        HttpKind::Kannel(_) => kannel::checked(status, body),
        HttpKind::Telegram(_) => telegram::checked(status, body),
        HttpKind::Webhook(_) => webhook::checked(status, body),
        HttpKind::AfricasTalking(_) => africastalking::checked(status, body),
    }
}

/// The call with an order, or the answer if it cannot be said to this network.
fn request(kind: &HttpKind, order: &Order<'_>) -> Result<Request<Vec<u8>>, Box<Answer>> {
    match kind {
        HttpKind::Kannel(settings) => kannel::request(settings, order),
        HttpKind::Telegram(settings) => telegram::request(settings, order),
        HttpKind::Webhook(settings) => webhook::request(settings, order, clock::now()),
        HttpKind::AfricasTalking(settings) => africastalking::request(settings, order),
    }
}

/// What the network answers to an order.
fn answered(kind: &HttpKind, status: StatusCode, body: &[u8]) -> Answer {
    match kind {
        HttpKind::Kannel(_) => kannel::answered(status, body),
        HttpKind::Telegram(_) => telegram::answered(status, body),
        HttpKind::Webhook(_) => webhook::answered(status, body),
        HttpKind::AfricasTalking(_) => africastalking::answered(status, body),
    }
}
