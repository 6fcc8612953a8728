//! A stand-in for an org's app: it answers USSD sessions with a small menu tree, picks up most
//! calls, and confirms payments by SMS. It acts under the label `demo`, and only on sandbox orgs.
//!
//! Where a session stands is read from its inputs in the World, so it keeps no state either.

use super::{DEMO, chance, desk::Desk};
use crate::{
    hub::rules::World,
    model::{
        Actor, AppId, Body, CallHop, CallStatus, Channel, ChannelNumber, Currency, CustomerCommand,
        CustomerId, CustomerNumber, Direction, Entry, Event, EventKind, HangupCause, Money,
        NetworkCommand, Provider, SessionId, UssdMenu,
    },
};
use futures_util::StreamExt as _;
use std::time::Duration;
use tokio_util::time::DelayQueue;

/// A menu: the keys that lead to it (`?` is anything), what it says (`{}` is the last key), and
/// whether it ends the session.
const MENUS: &[(&str, &str, bool)] = &[
    (
        "",
        "Karibu Bahari! Welcome\n1. Salio / Balance\n2. Airtime\n3. Bei / Prices\n4. Call me",
        false,
    ),
    ("1", "Your balance is KES 1,240.00, due on Friday. Asante!", true),
    ("2", "Airtime: enter the amount in KES", false),
    ("2*?", "Buy airtime for KES {}?\n1. Yes\n2. No", false),
    ("2*?*1", "Done. Your airtime is on its way. Asante!", true),
    ("2*?*?", "Nothing was bought.", true),
    ("3", "Bei za leo / Prices today\n1. Mahindi / Maize\n2. Kahawa / Coffee", false),
    ("3*1", "Maize, 90 kg: Nakuru 3,150, Eldoret 2,980, Kitale 2,900", true),
    ("3*2", "Coffee, 1 kg: Nyeri 120, Moshi TZS 6,400, Jimma ETB 380", true),
    ("4", "We will call you within the hour. Tutakupigia!", true),
];
const LOST: &str = "That is not a choice. Please dial again. / Tafadhali piga tena.";
/// What a started minute costs.
const MINUTE: i64 = 350;

/// Serves one org until the hub stops.
pub(super) async fn run(desk: Desk, seed: u64) {
    let Some((head, waiting)) = desk.read(|world| (world.head().0, unanswered(world))).await else {
        return;
    };
    let Some(mut log) = desk.follow(head) else { return };
    let mut due = DelayQueue::new();
    for job in waiting {
        due.insert(job, Duration::from_millis(300));
    }
    loop {
        tokio::select! {
            Some(job) = due.next(), if !due.is_empty() => {
                let Some(next) = perform(&desk, seed, job.into_inner()).await else { return };
                if let Some((job, after)) = next {
                    due.insert(job, after);
                }
            }
            batch = log.next() => {
                let Some(batch) = batch else { return };
                for (job, after) in batch.iter().flat_map(|stored| noticed(seed, &stored.entry)) {
                    due.insert(job, after);
                }
            }
        }
    }
}

/// What the app has to do.
#[derive(Clone, Debug, PartialEq)]
enum Job {
    Menu { app: Option<AppId>, customer: CustomerId, session: SessionId },
    Call { app: Option<AppId>, session: SessionId, step: CallStatus },
    Receipt { app: Option<AppId>, to: CustomerNumber, text: String },
}

/// Prompts that an earlier run left open.
fn unanswered(world: &World) -> Vec<Job> {
    let mut open = Vec::new();
    for customer in world.customers() {
        for ussd in customer.ussd.iter().filter(|ussd| ussd.awaits_menu()) {
            let (app, session) = (ussd.app.clone(), ussd.id.clone());
            open.push(Job::Menu { app, customer: customer.id.clone(), session });
        }
        for call in customer.calls.iter().filter(|call| call.direction == Direction::Inbound) {
            let step = match call.status {
                CallStatus::Ringing => CallStatus::Answered,
                CallStatus::Answered => CallStatus::Active,
                CallStatus::Active => CallStatus::Completed,
                _ => continue,
            };
            open.push(Job::Call { app: call.app.clone(), session: call.id.clone(), step });
        }
    }
    open
}

/// What an entry gives the app to do, and after how long.
fn noticed(seed: u64, entry: &Entry) -> Vec<(Job, Duration)> {
    entry.events.iter().filter_map(|event| notice(seed, event)).collect()
}

fn notice(seed: u64, event: &Event) -> Option<(Job, Duration)> {
    let app = event.app.clone();
    match &event.kind {
        EventKind::UssdInput { session, .. } => {
            let after = Duration::from_millis(chance(seed, session.as_str()).u64(200..900));
            let (customer, session) = (event.customer.clone()?, session.clone());
            Some((Job::Menu { app, customer, session }, after))
        }
        EventKind::CallChanged { session, direction: Direction::Inbound, hop, .. }
            if hop.status == CallStatus::Ringing =>
        {
            let mut chance = chance(seed, session.as_str());
            // Some callers find the line busy, some find nobody.
            let (step, after) = match chance.u8(..10) {
                0 => (CallStatus::NotAnswered, 1),
                1 | 2 => return None,
                _ => (CallStatus::Answered, chance.u64(2..6)),
            };
            Some((Job::Call { app, session: session.clone(), step }, Duration::from_secs(after)))
        }
        EventKind::PaymentReceived { id, value, .. } => {
            let to = event.number.clone().filter(|n| n.provider == Provider::Telco)?;
            let short: String = id.as_str().chars().rev().take(8).collect();
            let text = format!("Received {value}. Asante! Ref {}", short.to_uppercase());
            Some((Job::Receipt { app, to, text }, Duration::from_millis(800)))
        }
        _ => None,
    }
}

/// Does it; says what comes after it and when. `None`: the hub is shutting down.
async fn perform(desk: &Desk, seed: u64, job: Job) -> Option<Option<(Job, Duration)>> {
    match job {
        Job::Menu { app, customer, session } => {
            if let Some(menu) = menu_of(desk, customer, session.clone()).await? {
                desk.act(app, NetworkCommand::AnswerUssd { session, menu }).await?;
            }
            Some(None)
        }
        Job::Call { app, session, step } => {
            let talk = Duration::from_secs(chance(seed, session.as_str()).u64(8..95));
            let over = step.is_final();
            let hop = CallHop { status: step, cause: cause(step), ..CallHop::default() };
            let talked = if step == CallStatus::Completed { talk } else { Duration::ZERO };
            let report = NetworkCommand::ReportCall {
                session: session.clone(),
                hop,
                duration: talked,
                cost: over.then(|| price(talked)).flatten(),
            };
            // Refused if the customer has hung up meanwhile: then nothing follows.
            let done = desk.report(Actor::Key(DEMO.to_owned()), report).await?.is_ok();
            Some(match step {
                CallStatus::Answered if done => {
                    Some((Job::Call { app, session, step: CallStatus::Active }, AT_ONCE))
                }
                CallStatus::Active if done => {
                    Some((Job::Call { app, session, step: CallStatus::Completed }, talk))
                }
                _ => None,
            })
        }
        Job::Receipt { app, to, text } => {
            let settings = desk.settings();
            let sms = settings.channels.iter().find(|b| b.channel.channel == Channel::Sms);
            let from = match sms {
                Some(bound) => bound.channel.clone(),
                None if settings.channels.is_empty() => ChannelNumber::new(Channel::Sms, "40404"),
                None => return Some(None),
            };
            let body = Body::text(text);
            desk.act(app, CustomerCommand::SendMessage { to, from, body }).await?;
            Some(None)
        }
    }
}

const AT_ONCE: Duration = Duration::from_millis(400);

fn cause(step: CallStatus) -> HangupCause {
    match step {
        CallStatus::NotAnswered => HangupCause::UserBusy,
        CallStatus::Completed => HangupCause::NormalClearing,
        _ => HangupCause::Unspecified,
    }
}

fn price(talked: Duration) -> Option<Money> {
    let minutes = i64::try_from(talked.as_secs().div_ceil(60)).ok()?;
    Some(Money { currency: Currency::new("KES")?, minor: minutes * MINUTE })
}

/// The menu that a session waits for; inner `None`: it does not wait.
async fn menu_of(
    desk: &Desk,
    customer: CustomerId,
    session: SessionId,
) -> Option<Option<UssdMenu>> {
    desk.read(move |world| {
        let customer = world.by_id(&customer)?;
        let ussd = customer.ussd.iter().find(|ussd| ussd.id == session && ussd.awaits_menu())?;
        Some(menu(ussd.hops.iter().map(|hop| hop.input.as_str())))
    })
    .await
}

/// Where these inputs lead.
fn menu<'a>(inputs: impl Iterator<Item = &'a str>) -> UssdMenu {
    let keys: Vec<_> =
        inputs.flat_map(|input| input.split('*')).filter(|k| !k.is_empty()).collect();
    let fits = |path: &str| {
        let mut wanted = path.split('*').filter(|k| !k.is_empty());
        keys.iter().all(|key| wanted.next().is_some_and(|w| w == "?" || w == *key))
            && wanted.next().is_none()
    };
    match MENUS.iter().find(|(path, ..)| fits(path)) {
        Some((_, text, is_terminal)) => UssdMenu {
            text: text.replace("{}", keys.last().copied().unwrap_or_default()),
            is_terminal: *is_terminal,
        },
        None => UssdMenu { text: LOST.to_owned(), is_terminal: true },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(inputs: &[&str]) -> (String, bool) {
        let menu = menu(inputs.iter().copied());
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
    }

    #[test]
    fn every_menu_fits_a_phone_and_the_tree_ends() {
        for (path, text, is_terminal) in MENUS {
            assert!(text.chars().count() <= 182, "{path}: too long (R-HOOK-4)");
            let deeper = MENUS.iter().any(|(other, ..)| {
                other != path && (path.is_empty() || other.starts_with(&format!("{path}*")))
            });
            assert_eq!(deeper, !is_terminal, "{path}");
        }
    }

    #[test]
    fn a_started_minute_is_paid_for() {
        assert_eq!(price(Duration::ZERO).unwrap().minor, 0);
        assert_eq!(price(Duration::from_mins(1)).unwrap().minor, 350);
        assert_eq!(price(Duration::from_secs(61)).unwrap().to_string(), "KES 7.00");
    }
}
