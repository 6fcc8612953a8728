//! Events as notifications to apps, and back (events.md 1.1 to 1.11).
//!
//! Only what the contract notifies, and only to an app: other events give `None`. Backwards is
//! for clients of servers that have nothing but `StreamNotifications`; then a session has no
//! beginning, a USSD input does not know whether it was the dial, the actor is guessed from the
//! kind, and a reminder does not know when it fires again.

use super::{
    money::{balance, from_price, price},
    parts::{duration, from_duration, from_time, time},
    proto::hera::{self, webhook_request::Entry},
    voice::{from_hop, hop},
};
use crate::model::{
    Actor, Body, ChannelNumber, ConsentStatus, CustomerId, CustomerNumber, Direction, Event,
    EventKind, Firing, MessageStatus, OrgId, PaymentStatus, SessionStatus, Timestamp,
};

/// The notification of an event, with exactly one arm set, for the app the event names (R-EVT-2).
#[must_use]
pub fn encode(org: &OrgId, event: &Event) -> Option<hera::WebhookRequest> {
    let app = event.app.as_ref()?;
    Some(hera::WebhookRequest {
        org_id: org.to_string(),
        app_id: app.to_string(),
        timestamp: time(event.at),
        entry: Some(messaging(event).or_else(|| lines(event))?),
    })
}

/// The id as every kind but one has it (R-EVT-4).
fn customer_id(event: &Event) -> String {
    event.customer.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn customer_number(event: &Event) -> Option<hera::CustomerNumber> {
    event.number.as_ref().map(Into::into)
}

/// The org's number, in the message of the family that the notification wants.
fn channel_number<T: for<'a> From<&'a ChannelNumber>>(event: &Event) -> Option<T> {
    event.channel.as_ref().map(Into::into)
}

fn messaging(event: &Event) -> Option<Entry> {
    Some(match &event.kind {
        // Being asked is not an end yet (R-CONSENT-2).
        EventKind::ConsentChanged(
            status @ (ConsentStatus::OptInCompleted | ConsentStatus::OptOutCompleted),
        ) => Entry::MessagingConsentStatus(hera::MessagingConsentStatusNotification {
            customer_id: customer_id(event),
            customer_number: customer_number(event),
            channel_number: channel_number(event),
            status: status.code(),
        }),
        EventKind::SessionChanged { status, expires_at, notify: true, .. } => {
            Entry::MessagingSessionStatus(hera::MessagingSessionStatusNotification {
                customer_id: customer_id(event),
                customer_number: customer_number(event),
                channel_number: channel_number(event),
                expiration: time(*expires_at),
                status: status.code(),
            })
        }
        EventKind::MessageReceived { id, body } => {
            Entry::ReceivedMessage(hera::ReceivedMessageNotification {
                customer_id: customer_id(event),
                message_id: id.to_string(),
                customer_number: customer_number(event),
                channel_number: channel_number(event),
                text: body.text.clone(),
                media: body.media.iter().map(Into::into).collect(),
                location: body.location.as_ref().map(Into::into),
            })
        }
        // A message of work by tag has no reply of its own: its first status is told as well
        // (events.md 1.6, operations.md 3.19).
        EventKind::MessageStatusChanged { id, status }
        | EventKind::MessageSent { id, status, work: Some(_), .. } => {
            Entry::MessageStatus(hera::MessageStatusNotification {
                customer_id: customer_id(event),
                message_id: id.to_string(),
                status: status.code(),
            })
        }
        EventKind::ReminderFired(firing) => Entry::Reminder(hera::ReminderNotification {
            customer_id: customer_id(event),
            reminder: Some((&firing.reminder).into()),
            tag: firing.tag.as_ref().map(Into::into),
            work_id: firing.work.as_ref().map(ToString::to_string),
        }),
        _ => return None,
    })
}

fn lines(event: &Event) -> Option<Entry> {
    Some(match &event.kind {
        // Set and empty for a bare dial (R-USSD-1).
        EventKind::UssdInput { session, input, .. } => {
            Entry::UssdSession(hera::UssdSessionNotification {
                customer_id: customer_id(event),
                session_id: session.to_string(),
                channel_number: channel_number(event),
                customer_number: customer_number(event),
                input: Some(input.clone()),
            })
        }
        EventKind::CallChanged { session, direction, hop: report, duration: length, cost } => {
            Entry::VoiceCall(hera::VoiceCallNotification {
                customer_id: customer_id(event),
                session_id: session.to_string(),
                channel_number: channel_number(event),
                customer_number: customer_number(event),
                direction: direction.code(),
                input: Some(hop(report)),
                duration: duration(*length),
                cost: Some(price(*cost)),
            })
        }
        EventKind::PaymentReceived { id, purse, value, status } => {
            Entry::ReceivedPayment(hera::ReceivedPaymentNotification {
                purse_id: purse.clone().unwrap_or_default(),
                customer_id: customer_id(event),
                transaction_id: id.to_string(),
                customer_number: customer_number(event),
                channel_number: channel_number(event),
                value: Some((*value).into()),
                status: status.code(),
            })
        }
        EventKind::PaymentStatusChanged { id, status } => {
            Entry::PaymentStatus(hera::PaymentStatusNotification {
                customer_id: event.customer.as_ref().map(ToString::to_string),
                transaction_id: id.to_string(),
                status: status.code(),
            })
        }
        EventKind::WalletPaymentChanged { wallet, id, status } => {
            Entry::WalletPaymentStatus(hera::WalletPaymentStatusNotification {
                wallet_id: wallet.clone(),
                customer_id: customer_id(event),
                transaction_id: id.to_string(),
                status: status.code(),
            })
        }
        _ => return None,
    })
}

/// Whom a notification concerns is somebody else now: who absorbed them (R-DECOM-2).
pub fn rename(note: &mut hera::WebhookRequest, customer: &CustomerId) {
    let Some(entry) = &mut note.entry else { return };
    let id = match entry {
        Entry::Reminder(n) => &mut n.customer_id,
        Entry::MessagingConsentStatus(n) => &mut n.customer_id,
        Entry::MessagingSessionStatus(n) => &mut n.customer_id,
        Entry::ReceivedMessage(n) => &mut n.customer_id,
        Entry::MessageStatus(n) => &mut n.customer_id,
        Entry::UssdSession(n) => &mut n.customer_id,
        Entry::VoiceCall(n) => &mut n.customer_id,
        Entry::ReceivedPayment(n) => &mut n.customer_id,
        Entry::PaymentStatus(n) => n.customer_id.get_or_insert_default(),
        Entry::WalletPaymentStatus(n) => &mut n.customer_id,
    };
    *id = customer.to_string();
}

/// The event that a notification tells of.
#[must_use]
pub fn decode(request: hera::WebhookRequest) -> Event {
    let mut event = Event {
        at: from_time(request.timestamp),
        customer: None,
        app: Some(request.app_id.into()),
        actor: Actor::Network,
        number: None,
        channel: None,
        name: None,
        kind: EventKind::Unreadable,
    };
    if let Some(kind) = request.entry.and_then(|entry| read(&mut event, entry)) {
        event.kind = kind;
    }
    event
}

/// Fills in the envelope of a notification.
fn concerns(
    event: &mut Event,
    customer: String,
    number: Option<hera::CustomerNumber>,
    channel: Option<impl Into<ChannelNumber>>,
) {
    event.customer = Some(CustomerId::from(customer)).filter(|id| !id.is_empty());
    event.number = number.map(CustomerNumber::from);
    event.channel = channel.map(Into::into);
}

/// Fills in the envelope; `None` if a code is unknown here.
fn read(event: &mut Event, entry: Entry) -> Option<EventKind> {
    Some(match entry {
        Entry::MessagingConsentStatus(n) => {
            concerns(event, n.customer_id, n.customer_number, n.channel_number);
            EventKind::ConsentChanged(ConsentStatus::from_code(n.status)?)
        }
        Entry::MessagingSessionStatus(n) => {
            concerns(event, n.customer_id, n.customer_number, n.channel_number);
            EventKind::SessionChanged {
                status: SessionStatus::from_code(n.status)?,
                started_at: Timestamp::ZERO,
                expires_at: from_time(n.expiration),
                notify: true,
            }
        }
        Entry::ReceivedMessage(n) => {
            concerns(event, n.customer_id, n.customer_number, n.channel_number);
            event.actor = Actor::Customer;
            EventKind::MessageReceived {
                id: n.message_id.into(),
                body: Body {
                    text: n.text,
                    template: None,
                    media: n.media.into_iter().map(Into::into).collect(),
                    location: n.location.map(Into::into),
                },
            }
        }
        Entry::MessageStatus(n) => {
            concerns(event, n.customer_id, None, None::<ChannelNumber>);
            EventKind::MessageStatusChanged {
                id: n.message_id.into(),
                status: MessageStatus::from_code(n.status)?,
            }
        }
        rest => return read_lines(event, rest),
    })
}

fn read_lines(event: &mut Event, entry: Entry) -> Option<EventKind> {
    Some(match entry {
        Entry::UssdSession(n) => {
            concerns(event, n.customer_id, n.customer_number, n.channel_number);
            event.actor = Actor::Customer;
            EventKind::UssdInput {
                session: n.session_id.into(),
                input: n.input.unwrap_or_default(),
                dial: false,
            }
        }
        Entry::VoiceCall(n) => {
            concerns(event, n.customer_id, n.customer_number, n.channel_number);
            EventKind::CallChanged {
                session: n.session_id.into(),
                direction: Direction::from_code(n.direction)?,
                hop: from_hop(n.input.unwrap_or_default())?,
                duration: from_duration(n.duration),
                cost: from_price(n.cost),
            }
        }
        Entry::ReceivedPayment(n) => {
            concerns(event, n.customer_id, n.customer_number, n.channel_number);
            event.actor = Actor::Customer;
            EventKind::PaymentReceived {
                id: n.transaction_id.into(),
                purse: Some(n.purse_id).filter(|purse| !purse.is_empty()),
                value: balance(&n.value?).ok()?,
                status: PaymentStatus::from_code(n.status)?,
            }
        }
        Entry::PaymentStatus(n) => {
            concerns(event, n.customer_id.unwrap_or_default(), None, None::<ChannelNumber>);
            EventKind::PaymentStatusChanged {
                id: n.transaction_id.into(),
                status: PaymentStatus::from_code(n.status)?,
            }
        }
        Entry::WalletPaymentStatus(n) => {
            concerns(event, n.customer_id, None, None::<ChannelNumber>);
            EventKind::WalletPaymentChanged {
                wallet: n.wallet_id,
                id: n.transaction_id.into(),
                status: PaymentStatus::from_code(n.status)?,
            }
        }
        Entry::Reminder(n) => {
            concerns(event, n.customer_id, None, None::<ChannelNumber>);
            event.actor = Actor::Hub;
            EventKind::ReminderFired(Firing {
                reminder: n.reminder.unwrap_or_default().into(),
                next: None,
                tag: n.tag.map(Into::into),
                work: n.work_id.map(Into::into),
            })
        }
        _ => return None,
    })
}
