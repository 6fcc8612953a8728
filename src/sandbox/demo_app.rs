//! The built-in app, a stand-in for an app of the org's own. It answers USSD sessions with a small tree of
//! menus and calls with a plan, asks phones to pay for what was bought, confirms payments by SMS, and now
//! and then asks for consent. It acts under the label `demo`, and only in sandbox orgs.
//!
//! It reads from the World where a session or call is, so it keeps no state of its own.

mod menus;

use super::{act, chance, look_at};
use crate::{
    hub::{config::SandboxSettings, engine::OrgHandle},
    model::{
        Actor, AppId, Body, Channel, ChannelNumber, ConsentAction, CustomerCommand, CustomerId,
        CustomerNumber, Direction, Entry, Event, EventKind, Money, NetworkCommand, PaymentParty,
        PaymentStatus, Prompt, Provider, Say, SessionId, TransactionId, UssdMenu, Voice,
        VoiceAction, VoiceCall,
    },
    rules::World,
};
use futures_util::StreamExt as _;
use menus::{FollowUp, keys, menu};
use std::time::Duration;
use tokio_util::time::DelayQueue;

/// The most airtime that is sold at once, in whole units of the currency.
const MOST_AIRTIME: i64 = 10_000;
/// What is put into each purse at the first start, in whole units of its currency, so that customers can
/// be paid from it.
const FUNDS: i64 = 250_000;
/// One of so many messages by SMS makes the app ask its writer for consent.
const ASKED: u8 = 8;

/// Acts as the app of one org until the hub stops.
pub(super) async fn run(hub: OrgHandle, settings: SandboxSettings) {
    let (seed, left) = (settings.seed, settings.left_to_agents);
    let spared = left.clone();
    let open = move |world: &World| (world.head().0, unanswered(world, &spared));
    let Some((head, waiting)) = hub.scan(open).await else { return };
    let Some(mut log) = hub.follow(head) else { return };
    if fund(&hub).await.is_none() {
        return;
    }
    let mut due = DelayQueue::new();
    for job in waiting {
        due.insert(job, Duration::from_millis(300));
    }
    loop {
        tokio::select! {
            Some(job) = due.next(), if !due.is_empty() => {
                let Some(next) = perform(&hub, job.into_inner()).await else { return };
                if let Some((job, after)) = next {
                    due.insert(job, after);
                }
            }
            batch = log.next() => {
                let Some(batch) = batch else { return };
                for (job, after) in batch.iter().flat_map(|stored| noticed(seed, &left, &stored.entry)) {
                    due.insert(job, after);
                }
            }
        }
    }
}

/// Puts money into the purses that have no account yet, so that customers can be paid from them.
async fn fund(hub: &OrgHandle) -> Option<()> {
    let known = hub.read(|world| {
        let ids = world.purses().map(|(id, ..)| id.to_owned());
        ids.collect::<std::collections::HashSet<_>>()
    });
    let known = known.await?;
    for purse in hub.settings().purses.iter().filter(|purse| !known.contains(&purse.id)) {
        let (purse, currency) = (purse.id.clone(), purse.currency);
        let value = Money { currency, minor: FUNDS * 10_i64.pow(currency.exponent()) };
        hub.report(Actor::Network, NetworkCommand::FundPurse { purse, value }).await?;
    }
    Some(())
}

/// Something that the app has to do when its time has come.
#[derive(Clone, Debug, PartialEq)]
enum DemoJob {
    Menu { app: Option<AppId>, customer: CustomerId, session: SessionId },
    Plan { app: Option<AppId>, customer: CustomerId, session: SessionId, taken: bool },
    Receipt { app: Option<AppId>, to: CustomerNumber, text: String },
    Paid { app: Option<AppId>, customer: CustomerId, to: CustomerNumber, id: TransactionId },
    Charge { app: Option<AppId>, from: CustomerNumber, units: i64 },
    CallBack { app: Option<AppId>, to: CustomerNumber },
    Ask { app: Option<AppId>, number: CustomerNumber, channel: ChannelNumber },
}

/// Prompts that an earlier run of the app has left unanswered.
fn unanswered(world: &World, left: &[String]) -> Vec<DemoJob> {
    let mut open = Vec::new();
    let ours = |on: &ChannelNumber| !left.contains(&on.number);
    for customer in world.customers() {
        let menus = customer.ussd.iter().filter(|ussd| ussd.awaits_menu() && ours(&ussd.channel));
        for ussd in menus {
            let (app, session) = (ussd.app.clone(), ussd.id.clone());
            open.push(DemoJob::Menu { app, customer: customer.id.clone(), session });
        }
        let plans = customer.calls.iter().filter(|call| call.awaits_plan() && ours(&call.channel));
        for call in plans {
            let (app, session, customer) = (call.app.clone(), call.id.clone(), customer.id.clone());
            open.push(DemoJob::Plan { app, customer, session, taken: true });
        }
    }
    open
}

/// What an entry gives the app to do, and after how long.
fn noticed(seed: u64, left: &[String], entry: &Entry) -> Vec<(DemoJob, Duration)> {
    // Sessions and calls on these numbers are left to agents.
    let theirs = |event: &Event| {
        matches!(event.kind, EventKind::UssdInput { .. } | EventKind::CallChanged { .. })
            && event.channel.as_ref().is_some_and(|on| left.contains(&on.number))
    };
    entry.events.iter().filter(|e| !theirs(e)).filter_map(|e| notice(seed, e)).collect()
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a new kind is nothing to it until that is written here"
)]
fn notice(seed: u64, event: &Event) -> Option<(DemoJob, Duration)> {
    let app = event.app.clone();
    match &event.kind {
        EventKind::UssdInput { session, .. } => {
            let after = Duration::from_millis(chance(seed, session.as_str()).u64(200..900));
            let (customer, session) = (event.customer.clone()?, session.clone());
            Some((DemoJob::Menu { app, customer, session }, after))
        }
        EventKind::CallChanged { session, direction, hop, .. } if hop.prompt => {
            let mut chance = chance(seed, session.as_str());
            let first = hop.digits.is_none() && *direction == Direction::Inbound;
            // Some callers are turned away, and some find that nobody answers.
            let (taken, after) = match chance.u8(..10) {
                0 if first => (false, 1_000),
                1 if first => return None,
                _ if first => (true, chance.u64(1_500..5_000)),
                _ => (true, chance.u64(300..900)),
            };
            let (customer, session) = (event.customer.clone()?, session.clone());
            Some((DemoJob::Plan { app, customer, session, taken }, Duration::from_millis(after)))
        }
        EventKind::PaymentReceived { id, value, .. } => {
            let to = event.number.clone().filter(|n| n.provider == Provider::Telco)?;
            let text = format!("Received {value}. Asante! Ref {}", short(id));
            Some((DemoJob::Receipt { app, to, text }, Duration::from_millis(800)))
        }
        EventKind::PaymentStatusChanged { id, status: PaymentStatus::Success, .. } => {
            let to = event.number.clone().filter(|n| n.provider == Provider::Telco)?;
            let (customer, id) = (event.customer.clone()?, id.clone());
            Some((DemoJob::Paid { app, customer, to, id }, Duration::from_millis(800)))
        }
        EventKind::MessageReceived { id, .. } => {
            let channel = event.channel.clone().filter(|on| on.channel == Channel::Sms)?;
            let number = event.number.clone()?;
            let asked = chance(seed, id.as_str()).u8(..ASKED) == 0;
            asked.then_some((DemoJob::Ask { app, number, channel }, Duration::from_secs(3)))
        }
        _ => None,
    }
}

/// The end of an id in capitals, as people read it out.
fn short(id: &TransactionId) -> String {
    id.as_str().chars().rev().take(8).collect::<String>().to_uppercase()
}

/// Does a job, and returns the job that follows from it and after how long. The outer `None` means that
/// the hub is shutting down.
async fn perform(hub: &OrgHandle, job: DemoJob) -> Option<Option<(DemoJob, Duration)>> {
    match job {
        DemoJob::Menu { app, customer, session } => {
            return show(hub, app, customer, session).await;
        }
        DemoJob::Plan { app, customer, session, taken } => {
            if let Some(actions) = plan_of(hub, customer, session.clone(), taken).await? {
                let answer = CustomerCommand::AnswerPrompt { session, menu: None, actions };
                act(hub, app, answer).await?;
            }
        }
        DemoJob::Receipt { app, to, text } => send(hub, app, to, text).await?,
        DemoJob::Paid { app, customer, to, id } => {
            if let Some(value) = asked_for(hub, customer, id.clone()).await? {
                let text = format!("Paid {value}. Asante! Ref {}", short(&id));
                send(hub, app, to, text).await?;
            }
        }
        DemoJob::Charge { app, from, units } => charge(hub, app, from, units).await?,
        DemoJob::CallBack { app, to } => {
            if let Some(from) = line(hub, Channel::Voice) {
                act(hub, app, CustomerCommand::MakeCall { to, from }).await?;
            }
        }
        DemoJob::Ask { app, number, channel } => ask(hub, app, number, channel).await?,
    }
    Some(None)
}

/// Answers a USSD prompt with the menu that the keys lead to, and returns what follows from the choice.
async fn show(
    hub: &OrgHandle,
    app: Option<AppId>,
    customer: CustomerId,
    session: SessionId,
) -> Option<Option<(DemoJob, Duration)>> {
    let waiting = menu_of(hub, customer, session.clone()).await?;
    let Some((menu, then, number, keys)) = waiting else { return Some(None) };
    let answer = CustomerCommand::AnswerPrompt { session, menu: Some(menu), actions: Vec::new() };
    if !act(hub, app.clone(), answer).await?.is_ok() {
        return Some(None);
    }
    Some(match then {
        FollowUp::Nothing => None,
        FollowUp::Charge => {
            let units = keys.iter().rev().nth(1).and_then(|typed| typed.parse().ok());
            let units = units.filter(|units| (1..=MOST_AIRTIME).contains(units));
            units
                .map(|units| (DemoJob::Charge { app, from: number, units }, Duration::from_secs(1)))
        }
        FollowUp::CallBack => Some((DemoJob::CallBack { app, to: number }, Duration::from_secs(4))),
    })
}

async fn send(hub: &OrgHandle, app: Option<AppId>, to: CustomerNumber, text: String) -> Option<()> {
    if let Some(from) = line(hub, Channel::Sms) {
        let body = Body::text(text);
        act(hub, app, CustomerCommand::SendMessage { to, from, body, seen: None }).await?;
    }
    Some(())
}

/// Asks a phone to pay into the purse of the org's payment number.
async fn charge(
    hub: &OrgHandle,
    app: Option<AppId>,
    from: CustomerNumber,
    units: i64,
) -> Option<()> {
    let settings = hub.settings();
    let bound = settings.channels.iter().find(|b| b.channel.channel == Channel::Payment);
    let purse = bound.and_then(|b| {
        let purse = settings.purses.iter().find(|purse| Some(&purse.id) == b.purse.as_ref())?;
        Some((b.channel.clone(), purse))
    });
    if let Some((channel, purse)) = purse {
        let minor = units * 10_i64.pow(purse.currency.exponent());
        let command = CustomerCommand::InitiatePayment {
            debit: PaymentParty::Customer { number: from, channel },
            credit: PaymentParty::Purse(purse.id.clone()),
            value: Money { currency: purse.currency, minor },
        };
        act(hub, app, command).await?;
    }
    Some(())
}

/// Asks for consent, unless the customer has answered before or is being asked already.
async fn ask(
    hub: &OrgHandle,
    app: Option<AppId>,
    number: CustomerNumber,
    channel: ChannelNumber,
) -> Option<()> {
    let (whom, on) = (number.clone(), channel.clone());
    let settled = look_at(hub, &number, move |customer| {
        let pair = customer.channel(&whom, &on);
        pair.is_some_and(|pair| pair.consent.is_some() || pair.asked.is_some())
    });
    if settled.await? != Some(true) {
        let (action, reason) = (ConsentAction::OptIn, "news about prices".to_owned());
        act(hub, app, CustomerCommand::RequestConsent { number, channel, action, reason }).await?;
    }
    Some(())
}

/// The org's first number on a channel; `None` if it has none there. An org that has registered no number
/// at all may use any (R-MSG-1).
fn line(hub: &OrgHandle, channel: Channel) -> Option<ChannelNumber> {
    let settings = hub.settings();
    match settings.channels.iter().find(|bound| bound.channel.channel == channel) {
        Some(bound) => Some(bound.channel.clone()),
        None => settings.channels.is_empty().then(|| ChannelNumber::new(channel, "40404")),
    }
}

/// The amount of a payment that this app asked for, once it has succeeded; the inner `None` if it is
/// no such payment.
async fn asked_for(
    hub: &OrgHandle,
    customer: CustomerId,
    id: TransactionId,
) -> Option<Option<Money>> {
    hub.read(move |world| {
        let customer = world.by_id(&customer)?;
        let payment = customer.payments.iter().rev().find(|payment| payment.id == id)?;
        let asked = matches!(payment.credit, Some(PaymentParty::Purse(_)));
        (asked && payment.status == PaymentStatus::Success).then_some(payment.value)
    })
    .await
}

/// A USSD session that waits: the menu to show, what follows, the customer's number, and the keys so far.
type WaitingSession = (UssdMenu, FollowUp, CustomerNumber, Vec<String>);

/// The menu that a session waits for; the inner `None` if it does not wait.
async fn menu_of(
    hub: &OrgHandle,
    customer: CustomerId,
    session: SessionId,
) -> Option<Option<WaitingSession>> {
    hub.read(move |world| {
        let customer = world.by_id(&customer)?;
        let ussd = customer.ussd.iter().find(|ussd| ussd.id == session && ussd.awaits_menu())?;
        let keys = keys(ussd.hops.iter().map(|hop| hop.input.as_str()));
        let (menu, then) = menu(&keys);
        let keys = keys.into_iter().map(str::to_owned).collect();
        Some((menu, then, ussd.number.clone(), keys))
    })
    .await
}

/// The plan that a call waits for; the inner `None` if it does not wait.
async fn plan_of(
    hub: &OrgHandle,
    customer: CustomerId,
    session: SessionId,
    taken: bool,
) -> Option<Option<Vec<VoiceAction>>> {
    hub.read(move |world| {
        let customer = world.by_id(&customer)?;
        let call = customer.calls.iter().find(|call| call.id == session && call.awaits_plan())?;
        Some(if taken { plan(call) } else { vec![VoiceAction::Reject] })
    })
    .await
}

/// The plan of a call: a welcome with a choice, and then what was chosen. Customers who are called
/// back hear why.
fn plan(call: &VoiceCall) -> Vec<VoiceAction> {
    let say = |text: &str| Say { text: text.to_owned(), voice: Voice::Female, play_beep: false };
    let pressed = call.hops.iter().rev().find_map(|hop| hop.digits.as_deref());
    match (call.direction, pressed) {
        (Direction::Outbound, _) => vec![VoiceAction::Say(say(
            "This is Bahari. You asked us to call: maize is up this week. Asante, kwaheri!",
        ))],
        (_, None) => vec![
            VoiceAction::Say(say("Karibu Bahari!")),
            VoiceAction::GetDigits {
                prompt: Some(Prompt::Say(say("For prices press 1. For your balance press 2."))),
                timeout: Duration::from_secs(10),
                finish_on_key: None,
                num_digits: Some(1),
            },
        ],
        (_, Some("1")) => vec![VoiceAction::Say(say(
            "Maize, ninety kilos, is at three thousand one hundred and fifty. Kwaheri!",
        ))],
        (_, Some("2")) => vec![VoiceAction::Say(say("Your balance was sent to you. Kwaheri!"))],
        _ => vec![VoiceAction::Say(say("That is not a choice. Please call again."))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CallHop, Timestamp};

    #[test]
    fn a_caller_hears_a_choice_and_then_what_was_chosen() {
        let call = |digits: Option<&str>| VoiceCall {
            id: "s".into(),
            direction: Direction::Inbound,
            number: CustomerNumber::telco("+254700000001"),
            channel: ChannelNumber::new(Channel::Voice, "1"),
            app: None,
            status: crate::model::CallStatus::Active,
            hops: vec![CallHop { digits: digits.map(Into::into), ..CallHop::default() }],
            duration: Duration::ZERO,
            cost: None,
            created_at: Timestamp::ZERO,
            updated_at: Timestamp::ZERO,
        };
        let last = |digits| plan(&call(digits)).pop().unwrap();
        assert!(matches!(last(None), VoiceAction::GetDigits { .. }));
        for (digits, heard) in [("1", "Maize"), ("2", "balance"), ("", "not a choice")] {
            let summary = last(Some(digits)).summary();
            assert!(summary.contains(heard), "{digits}: {summary}");
        }
    }
}
