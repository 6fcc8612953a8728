//! Lists as the hub answers them.

use super::super::desk::{START, customer_id, kes, number};
use crate::{
    console::{
        msg::{List, Listing, Msg},
        pane::lists::tests::work,
    },
    model::{
        Actor, Body, CarrierPause, Channel, ChannelNumber, Lease, ListedCarrier, ListedLease,
        ListedReminder, ListedScheduled, ListedWaiting, PurseBalance, Reminder, ScheduledMessage,
        Unanswered, UnknownMessage, WorkState,
    },
};
use std::time::Duration;

/// A network that is down, and one that is paused.
pub fn carriers() -> Vec<ListedCarrier> {
    let safari = ListedCarrier {
        id: "safari".into(),
        kind: "smpp".into(),
        numbers: vec![ChannelNumber::new(Channel::Sms, "40404")],
        is_up: false,
        since: Some(START.before(Duration::from_mins(4))),
        why: "no connection to smsc.example.org:2775: refused".into(),
        per_second: 10,
        waiting: 1_204,
        unknown: 3,
        pause: None,
    };
    let pause = CarrierPause {
        by: Actor::Key("wanjiku".into()),
        since: START.before(Duration::from_mins(2)),
    };
    let paused = ListedCarrier {
        id: "backup".into(),
        numbers: vec![ChannelNumber::new(Channel::Sms, "40405")],
        is_up: true,
        since: Some(START.before(Duration::from_hours(3))),
        why: String::new(),
        waiting: 0,
        unknown: 0,
        pause: Some(pause),
        ..safari.clone()
    };
    vec![safari, paused]
}

/// A message of unknown outcome.
pub fn unknown() -> UnknownMessage {
    UnknownMessage {
        customer: customer_id(2),
        name: "Jane W.".into(),
        message: "el_msg_7".into(),
        number: number(2),
        channel: ChannelNumber::new(Channel::Sms, "40404"),
        body: Body::text("Your order has left"),
        carrier: "safari".into(),
        attempt: 2,
        handed_at: START.before(Duration::from_secs(270)),
        since: START.before(Duration::from_mins(4)),
        why: "it did not answer within 30 s".into(),
    }
}

/// A list as the hub answers it, with a row or two of each kind.
pub fn listed(list: List) -> Msg {
    let at = START;
    let (customer, name) = (customer_id(2), "Jane W.".to_owned());
    let listing = match list {
        List::Waiting => Listing::Waiting(waiting(), 1_204),
        List::Works => {
            let mut running = work(1, WorkState::Running, 1_204, 600);
            running.skipped = [(401, 3), (411, 1)].into();
            let rows = [running, work(3, WorkState::Cancelled, 80, 20)];
            Listing::Works(rows.map(|work| (work, Vec::new())).into())
        }
        List::Scheduled => {
            let message = ScheduledMessage {
                id: "el_msg_later".into(),
                at: at.after(Duration::from_mins(50)),
                number: number(2),
                channel: ChannelNumber::new(Channel::Sms, "40404"),
                app: Some("loyal".into()),
                by: Actor::Key("wanjiku".into()),
                body: Body::text("Habari Jane, your order is ready"),
                in_reply_to: None,
                written_at: at,
                written_in: crate::model::Seq(1),
            };
            Listing::Scheduled(vec![ListedScheduled { customer, name, message }], 1)
        }
        List::Reminders => {
            let reminder = Reminder {
                app: "loyal".into(),
                key: "renewal".into(),
                remind_at: at.after(Duration::from_mins(35)),
                interval: Some(Duration::from_hours(24)),
                payload: "{\"plan\":\"gold\"}".into(),
            };
            let next = vec![reminder.remind_at, reminder.remind_at.after(Duration::from_hours(24))];
            Listing::Reminders(vec![ListedReminder { customer, name, reminder, next }], 1_200)
        }
        List::Leases => {
            let lease = Lease {
                key: "survey".into(),
                number: 3,
                holder: Actor::Key("agent-1".into()),
                app: Some("loyal".into()),
                granted_at: at,
                expires_at: at.after(Duration::from_secs(126)),
            };
            Listing::Leases(vec![ListedLease { customer, name, lease, waiting: 2 }])
        }
        List::Purses => {
            let (available, actual) = (kes(900_000), kes(950_000));
            let id = "main".to_owned();
            Listing::Purses(vec![PurseBalance { id, available, actual, pending: 2 }])
        }
        List::Carriers => Listing::Carriers(carriers()),
        List::Unknown => Listing::Unknown(vec![unknown()], 1),
    };
    Msg::Listed { list, result: Ok(listing) }
}

/// Those who wait: with a window that is open, nearly over and closed, and on a channel without one.
pub fn waiting() -> Vec<ListedWaiting> {
    let at = START;
    let one =
        |n: u8, secs, name: &str, channel, left: Option<u64>, count, text: &str| ListedWaiting {
            customer: customer_id(n.into()),
            name: name.to_owned(),
            unanswered: Unanswered {
                since: at.before(Duration::from_secs(secs)),
                count,
                last: format!("el_msg_{n}").into(),
                last_at: at.before(Duration::from_secs(9)),
                number: number(n.into()),
                channel: ChannelNumber::new(channel, "40404"),
                text: text.to_owned(),
            },
            window_ends: left.map(|secs| at.after(Duration::from_secs(secs))),
        };
    let long = "Where is my parcel? It was to come yesterday, and nobody picks up the telephone";
    vec![
        one(1, 90_000, "Jane W.", Channel::Whatsapp, None, 3, long),
        one(2, 7_300, "", Channel::Sms, None, 1, "Habari"),
        one(3, 700, "Neema Kileo", Channel::Whatsapp, Some(600), 2, "Bado nasubiri jibu lenu"),
        one(4, 65, "Fatou Ndiaye", Channel::Messenger, Some(5_000), 1, "J'ai achete du credit"),
        one(5, 9, "Omar", Channel::Telegram, Some(80_000), 1, "ok"),
    ]
}
