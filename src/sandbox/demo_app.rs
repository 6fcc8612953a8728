//! A stand-in for an org's app: it answers USSD sessions with a small menu tree and calls with a
//! plan, asks phones to pay for what was bought, confirms payments by SMS, and now and then asks
//! for consent. It acts under the label `demo`, and only on sandbox orgs.
//!
//! Where a session or call stands is read from the World, so it keeps no state either.

use super::{act, chance, look_at};
use crate::{
    hub::{config::SandboxSettings, engine::Desk},
    model::{
        Actor, AppId, Body, Channel, ChannelNumber, ConsentAction, CustomerCommand, CustomerId,
        CustomerNumber, Direction, Entry, Event, EventKind, Money, NetworkCommand, PaymentParty,
        PaymentStatus, Prompt, Provider, Say, SessionId, TransactionId, UssdMenu, Voice,
        VoiceAction, VoiceCall,
    },
    rules::World,
};
use futures_util::StreamExt as _;
use std::time::Duration;
use tokio_util::time::DelayQueue;

/// What a menu leads to besides the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Nothing,
    /// The phone is asked to pay what was typed one step before.
    Charge,
    /// The customer is called.
    CallBack,
}

/// A menu: the keys that lead to it (`?` is anything), what it says (`{}` is the last key),
/// whether it ends the session, and what follows.
const MENUS: &[(&str, &str, bool, Then)] = &[
    (
        "",
        "Karibu Bahari! Welcome\n1. Salio / Balance\n2. Airtime\n3. Bei / Prices\n4. Call me",
        false,
        Then::Nothing,
    ),
    ("1", "Your balance is KES 1,240.00, due on Friday. Asante!", true, Then::Nothing),
    ("2", "Airtime: enter the amount in KES", false, Then::Nothing),
    ("2*?", "Buy airtime for KES {}?\n1. Yes\n2. No", false, Then::Nothing),
    ("2*?*1", "Done. Confirm the payment on your phone. Asante!", true, Then::Charge),
    ("2*?*?", "Nothing was bought.", true, Then::Nothing),
    (
        "3",
        "Bei za leo / Prices today\n1. Mahindi / Maize\n2. Kahawa / Coffee",
        false,
        Then::Nothing,
    ),
    ("3*1", "Maize, 90 kg: Nakuru 3,150, Eldoret 2,980, Kitale 2,900", true, Then::Nothing),
    ("3*2", "Coffee, 1 kg: Nyeri 120, Moshi TZS 6,400, Jimma ETB 380", true, Then::Nothing),
    ("4", "We will call you in a moment. Tutakupigia!", true, Then::CallBack),
];
const LOST: &str = "That is not a choice. Please dial again. / Tafadhali piga tena.";
/// The most airtime sold at once, in whole units.
const MOST_AIRTIME: i64 = 10_000;
/// What a purse holds at the first start, in whole units: enough to pay customers from it.
const FUNDS: i64 = 250_000;
/// One of so many who write by SMS is asked for consent.
const ASKED: u8 = 8;

/// Serves one org until the hub stops.
pub(super) async fn run(desk: Desk, settings: SandboxSettings) {
    let (seed, left) = (settings.seed, settings.left_to_agents);
    let spared = left.clone();
    let open = move |world: &World| (world.head().0, unanswered(world, &spared));
    let Some((head, waiting)) = desk.read(open).await else { return };
    let Some(mut log) = desk.follow(head) else { return };
    if fund(&desk).await.is_none() {
        return;
    }
    let mut due = DelayQueue::new();
    for job in waiting {
        due.insert(job, Duration::from_millis(300));
    }
    loop {
        tokio::select! {
            Some(job) = due.next(), if !due.is_empty() => {
                let Some(next) = perform(&desk, job.into_inner()).await else { return };
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

/// Puts money into purses that never had any, so that customers can be paid from them.
async fn fund(desk: &Desk) -> Option<()> {
    let known = desk.read(|world| {
        let ids = world.purses().map(|(id, _)| id.to_owned());
        ids.collect::<std::collections::HashSet<_>>()
    });
    let known = known.await?;
    for purse in desk.settings().purses.iter().filter(|purse| !known.contains(&purse.id)) {
        let (purse, currency) = (purse.id.clone(), purse.currency);
        let value = Money { currency, minor: FUNDS * 10_i64.pow(currency.exponent()) };
        desk.report(Actor::Network, NetworkCommand::FundPurse { purse, value }).await?;
    }
    Some(())
}

/// What the app has to do.
#[derive(Clone, Debug, PartialEq)]
enum Job {
    Menu { app: Option<AppId>, customer: CustomerId, session: SessionId },
    Plan { app: Option<AppId>, customer: CustomerId, session: SessionId, taken: bool },
    Receipt { app: Option<AppId>, to: CustomerNumber, text: String },
    Paid { app: Option<AppId>, customer: CustomerId, to: CustomerNumber, id: TransactionId },
    Charge { app: Option<AppId>, from: CustomerNumber, units: i64 },
    CallBack { app: Option<AppId>, to: CustomerNumber },
    Ask { app: Option<AppId>, number: CustomerNumber, channel: ChannelNumber },
}

/// Prompts that an earlier run left open.
fn unanswered(world: &World, left: &[String]) -> Vec<Job> {
    let mut open = Vec::new();
    let ours = |on: &ChannelNumber| !left.contains(&on.number);
    for customer in world.customers() {
        let menus = customer.ussd.iter().filter(|ussd| ussd.awaits_menu() && ours(&ussd.channel));
        for ussd in menus {
            let (app, session) = (ussd.app.clone(), ussd.id.clone());
            open.push(Job::Menu { app, customer: customer.id.clone(), session });
        }
        let plans = customer.calls.iter().filter(|call| call.awaits_plan() && ours(&call.channel));
        for call in plans {
            let (app, session, customer) = (call.app.clone(), call.id.clone(), customer.id.clone());
            open.push(Job::Plan { app, customer, session, taken: true });
        }
    }
    open
}

/// What an entry gives the app to do, and after how long.
fn noticed(seed: u64, left: &[String], entry: &Entry) -> Vec<(Job, Duration)> {
    // What agents answer themselves: dialogues on these numbers.
    let theirs = |event: &Event| {
        matches!(event.kind, EventKind::UssdInput { .. } | EventKind::CallChanged { .. })
            && event.channel.as_ref().is_some_and(|on| left.contains(&on.number))
    };
    entry.events.iter().filter(|e| !theirs(e)).filter_map(|e| notice(seed, e)).collect()
}

fn notice(seed: u64, event: &Event) -> Option<(Job, Duration)> {
    let app = event.app.clone();
    match &event.kind {
        EventKind::UssdInput { session, .. } => {
            let after = Duration::from_millis(chance(seed, session.as_str()).u64(200..900));
            let (customer, session) = (event.customer.clone()?, session.clone());
            Some((Job::Menu { app, customer, session }, after))
        }
        EventKind::CallChanged { session, direction, hop, .. } if hop.prompt => {
            let mut chance = chance(seed, session.as_str());
            let first = hop.digits.is_none() && *direction == Direction::Inbound;
            // Some callers are turned away, some find nobody.
            let (taken, after) = match chance.u8(..10) {
                0 if first => (false, 1_000),
                1 if first => return None,
                _ if first => (true, chance.u64(1_500..5_000)),
                _ => (true, chance.u64(300..900)),
            };
            let (customer, session) = (event.customer.clone()?, session.clone());
            Some((Job::Plan { app, customer, session, taken }, Duration::from_millis(after)))
        }
        EventKind::PaymentReceived { id, value, .. } => {
            let to = event.number.clone().filter(|n| n.provider == Provider::Telco)?;
            let text = format!("Received {value}. Asante! Ref {}", short(id));
            Some((Job::Receipt { app, to, text }, Duration::from_millis(800)))
        }
        EventKind::PaymentStatusChanged { id, status: PaymentStatus::Success } => {
            let to = event.number.clone().filter(|n| n.provider == Provider::Telco)?;
            let (customer, id) = (event.customer.clone()?, id.clone());
            Some((Job::Paid { app, customer, to, id }, Duration::from_millis(800)))
        }
        EventKind::MessageReceived { id, .. } => {
            let channel = event.channel.clone().filter(|on| on.channel == Channel::Sms)?;
            let number = event.number.clone()?;
            let asked = chance(seed, id.as_str()).u8(..ASKED) == 0;
            asked.then_some((Job::Ask { app, number, channel }, Duration::from_secs(3)))
        }
        _ => None,
    }
}

/// The end of an id, as people read it out.
fn short(id: &TransactionId) -> String {
    id.as_str().chars().rev().take(8).collect::<String>().to_uppercase()
}

/// Does it; says what comes after it and when. `None`: the hub is shutting down.
async fn perform(desk: &Desk, job: Job) -> Option<Option<(Job, Duration)>> {
    match job {
        Job::Menu { app, customer, session } => return show(desk, app, customer, session).await,
        Job::Plan { app, customer, session, taken } => {
            if let Some(actions) = plan_of(desk, customer, session.clone(), taken).await? {
                let answer = CustomerCommand::AnswerPrompt { session, menu: None, actions };
                act(desk, app, answer).await?;
            }
        }
        Job::Receipt { app, to, text } => send(desk, app, to, text).await?,
        Job::Paid { app, customer, to, id } => {
            if let Some(value) = asked_for(desk, customer, id.clone()).await? {
                let text = format!("Paid {value}. Asante! Ref {}", short(&id));
                send(desk, app, to, text).await?;
            }
        }
        Job::Charge { app, from, units } => charge(desk, app, from, units).await?,
        Job::CallBack { app, to } => {
            if let Some(from) = line(desk, Channel::Voice) {
                act(desk, app, CustomerCommand::MakeCall { to, from }).await?;
            }
        }
        Job::Ask { app, number, channel } => ask(desk, app, number, channel).await?,
    }
    Some(None)
}

/// Answers a USSD prompt; what was chosen leads on.
async fn show(
    desk: &Desk,
    app: Option<AppId>,
    customer: CustomerId,
    session: SessionId,
) -> Option<Option<(Job, Duration)>> {
    let waiting = menu_of(desk, customer, session.clone()).await?;
    let Some((menu, then, number, keys)) = waiting else { return Some(None) };
    let answer = CustomerCommand::AnswerPrompt { session, menu: Some(menu), actions: Vec::new() };
    if !act(desk, app.clone(), answer).await?.is_ok() {
        return Some(None);
    }
    Some(match then {
        Then::Nothing => None,
        Then::Charge => {
            let units = keys.iter().rev().nth(1).and_then(|typed| typed.parse().ok());
            let units = units.filter(|units| (1..=MOST_AIRTIME).contains(units));
            units.map(|units| (Job::Charge { app, from: number, units }, Duration::from_secs(1)))
        }
        Then::CallBack => Some((Job::CallBack { app, to: number }, Duration::from_secs(4))),
    })
}

async fn send(desk: &Desk, app: Option<AppId>, to: CustomerNumber, text: String) -> Option<()> {
    if let Some(from) = line(desk, Channel::Sms) {
        let body = Body::text(text);
        act(desk, app, CustomerCommand::SendMessage { to, from, body }).await?;
    }
    Some(())
}

/// Asks a phone to pay into the purse of the org's payment number.
async fn charge(desk: &Desk, app: Option<AppId>, from: CustomerNumber, units: i64) -> Option<()> {
    let settings = desk.settings();
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
        act(desk, app, command).await?;
    }
    Some(())
}

/// Asks for consent, unless the customer has said yes or no before.
async fn ask(
    desk: &Desk,
    app: Option<AppId>,
    number: CustomerNumber,
    channel: ChannelNumber,
) -> Option<()> {
    let (whom, on) = (number.clone(), channel.clone());
    let settled = look_at(desk, &number, move |customer| {
        let pair = customer.channel(&whom, &on);
        pair.is_some_and(|pair| pair.consent.is_some() || pair.asked.is_some())
    });
    if settled.await? != Some(true) {
        let (action, reason) = (ConsentAction::OptIn, "news about prices".to_owned());
        act(desk, app, CustomerCommand::RequestConsent { number, channel, action, reason }).await?;
    }
    Some(())
}

/// The org's number on a channel; an org that registered none accepts any (R-MSG-1).
fn line(desk: &Desk, channel: Channel) -> Option<ChannelNumber> {
    let settings = desk.settings();
    match settings.channels.iter().find(|bound| bound.channel.channel == channel) {
        Some(bound) => Some(bound.channel.clone()),
        None => settings.channels.is_empty().then(|| ChannelNumber::new(channel, "40404")),
    }
}

/// What a payment that this app asked for was about; inner `None`: it was not.
async fn asked_for(desk: &Desk, customer: CustomerId, id: TransactionId) -> Option<Option<Money>> {
    desk.read(move |world| {
        let customer = world.by_id(&customer)?;
        let payment = customer.payments.iter().rev().find(|payment| payment.id == id)?;
        let asked = matches!(payment.credit, Some(PaymentParty::Purse(_)));
        (asked && payment.status == PaymentStatus::Success).then_some(payment.value)
    })
    .await
}

/// A session that waits: its menu, what follows, whose phone, and the keys so far.
type Waiting = (UssdMenu, Then, CustomerNumber, Vec<String>);

/// The menu that a session waits for; inner `None`: it does not wait.
async fn menu_of(desk: &Desk, customer: CustomerId, session: SessionId) -> Option<Option<Waiting>> {
    desk.read(move |world| {
        let customer = world.by_id(&customer)?;
        let ussd = customer.ussd.iter().find(|ussd| ussd.id == session && ussd.awaits_menu())?;
        let keys = keys(ussd.hops.iter().map(|hop| hop.input.as_str()));
        let (menu, then) = menu(&keys);
        let keys = keys.into_iter().map(str::to_owned).collect();
        Some((menu, then, ussd.number.clone(), keys))
    })
    .await
}

fn keys<'a>(inputs: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    inputs.flat_map(|input| input.split('*')).filter(|k| !k.is_empty()).collect()
}

/// Where these keys lead.
fn menu(keys: &[&str]) -> (UssdMenu, Then) {
    let fits = |path: &str| {
        let mut wanted = path.split('*').filter(|k| !k.is_empty());
        keys.iter().all(|key| wanted.next().is_some_and(|w| w == "?" || w == *key))
            && wanted.next().is_none()
    };
    match MENUS.iter().find(|(path, ..)| fits(path)) {
        Some((_, text, is_terminal, then)) => {
            let text = text.replace("{}", keys.last().copied().unwrap_or_default());
            (UssdMenu { text, is_terminal: *is_terminal }, *then)
        }
        None => (UssdMenu { text: LOST.to_owned(), is_terminal: true }, Then::Nothing),
    }
}

/// The plan that a call waits for; inner `None`: it does not wait.
async fn plan_of(
    desk: &Desk,
    customer: CustomerId,
    session: SessionId,
    taken: bool,
) -> Option<Option<Vec<VoiceAction>>> {
    desk.read(move |world| {
        let customer = world.by_id(&customer)?;
        let call = customer.calls.iter().find(|call| call.id == session && call.awaits_plan())?;
        Some(if taken { plan(call) } else { vec![VoiceAction::Reject] })
    })
    .await
}

/// A welcome with a choice, then what was chosen; whoever is called back hears why.
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

    fn says(inputs: &[&str]) -> (String, bool) {
        let (menu, _) = menu(&keys(inputs.iter().copied()));
        (menu.text, menu.is_terminal)
    }

    #[test]
    fn inputs_lead_through_the_menus() {
        assert!(says(&[""]).0.starts_with("Karibu"));
        assert_eq!(
            says(&["", "2", "50"]),
            ("Buy airtime for KES 50?\n1. Yes\n2. No".into(), false)
        );
        assert!(says(&["", "2", "50", "1"]).0.starts_with("Done"));
        assert_eq!(says(&["", "2", "50", "2"]).0, "Nothing was bought.");
        // Digits dialled after the code count as if typed.
        assert_eq!(says(&["3*1"]), says(&["", "3", "1"]));
        assert_eq!(says(&["", "9"]), (LOST.into(), true));
        assert_eq!(menu(&["2", "50", "1"]).1, Then::Charge);
        assert_eq!(menu(&["2", "50", "2"]).1, Then::Nothing);
        assert_eq!(menu(&["4"]).1, Then::CallBack);
    }

    #[test]
    fn every_menu_fits_a_phone_and_the_tree_ends() {
        for (path, text, is_terminal, _) in MENUS {
            assert!(text.chars().count() <= 182, "{path}: too long (R-HOOK-4)");
            let deeper = MENUS.iter().any(|(other, ..)| {
                other != path && (path.is_empty() || other.starts_with(&format!("{path}*")))
            });
            assert_eq!(deeper, !is_terminal, "{path}");
        }
    }

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
