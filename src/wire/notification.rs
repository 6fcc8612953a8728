//! Events as the notifications that apps get, and back (R-EVT-8).
//!
//! Only some kinds of events are notified, and only if they concern an app; for the others
//! [`encode`] gives `None`. The way back is for clients of servers that offer nothing but
//! `StreamNotifications`. The notification lacks some things, so that the event it becomes does
//! too: a session has no beginning, a USSD input does not tell whether it was the dial, a reminder
//! does not tell when it fires again, and the actor is guessed from the kind.

use super::{
    DecodeError,
    money::{from_price, price},
    pair::Wire,
    parts::{from_duration, from_time, time},
    proto::hera::{self, webhook_request::Entry},
};
use crate::model::{
    Actor, Body, ChannelNumber, ConsentStatus, CustomerId, CustomerNumber, Event, EventKind,
    Firing, OrgId, Timestamp,
};

/// The notification of an event, for the app that the event names (R-EVT-2). `None` if apps are not
/// notified of it.
#[must_use]
pub fn encode(org: &OrgId, event: &Event) -> Option<hera::WebhookRequest> {
    let app = event.app.as_ref()?;
    Some(hera::WebhookRequest {
        org_id: org.to_string(),
        app_id: app.to_string(),
        timestamp: time(event.at),
        entry: Some(entry_of(event)?),
    })
}

/// The customer's id as text, which every kind but one has in this form (R-EVT-4).
fn customer_id(event: &Event) -> String {
    event.customer.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// The arm of the notification. `None` if apps are not notified of this event.
#[expect(clippy::too_many_lines, reason = "one arm per notification")]
fn entry_of(event: &Event) -> Option<Entry> {
    let customer_id = customer_id(event);
    let customer_number = event.number.to_wire();
    Some(match &event.kind {
        // That the customer is being asked is not notified, because it is not the end of the
        // request (R-CONSENT-2).
        EventKind::ConsentChanged(
            status @ (ConsentStatus::OptInCompleted | ConsentStatus::OptOutCompleted),
        ) => Entry::MessagingConsentStatus(hera::MessagingConsentStatusNotification {
            customer_id,
            customer_number,
            channel_number: event.channel.to_wire(),
            status: status.to_wire(),
        }),
        EventKind::SessionChanged { status, expires_at, notify: true, .. } => {
            Entry::MessagingSessionStatus(hera::MessagingSessionStatusNotification {
                customer_id,
                customer_number,
                channel_number: event.channel.to_wire(),
                expiration: expires_at.to_wire(),
                status: status.to_wire(),
            })
        }
        EventKind::MessageReceived { id, body } => {
            Entry::ReceivedMessage(hera::ReceivedMessageNotification {
                customer_id,
                message_id: id.to_wire(),
                customer_number,
                channel_number: event.channel.to_wire(),
                text: body.text.clone(),
                media: body.media.to_wire(),
                location: body.location.to_wire(),
            })
        }
        // The reply to work by tag names no messages, so that the first status of each of its
        // messages is notified too. Of other messages the reply has it already
        // (R-EVT-7).
        EventKind::MessageStatusChanged { id, status }
        | EventKind::MessageSent { id, status, work: Some(_), .. } => {
            let (message_id, status) = (id.to_wire(), status.to_wire());
            Entry::MessageStatus(hera::MessageStatusNotification {
                customer_id,
                message_id,
                status,
            })
        }
        EventKind::ReminderFired(firing) => Entry::Reminder(hera::ReminderNotification {
            customer_id,
            reminder: firing.reminder.to_wire(),
            tag: firing.tag.to_wire(),
            work_id: firing.work.to_wire(),
        }),
        // Always set, and empty for a bare dial (R-USSD-1).
        EventKind::UssdInput { session, input, .. } => {
            Entry::UssdSession(hera::UssdSessionNotification {
                customer_id,
                session_id: session.to_wire(),
                channel_number: event.channel.to_wire(),
                customer_number,
                input: input.to_wire(),
            })
        }
        EventKind::CallChanged { session, direction, hop, duration, cost } => {
            Entry::VoiceCall(hera::VoiceCallNotification {
                customer_id,
                session_id: session.to_wire(),
                channel_number: event.channel.to_wire(),
                customer_number,
                direction: direction.to_wire(),
                input: hop.to_wire(),
                duration: duration.to_wire(),
                cost: Some(price(*cost)),
            })
        }
        EventKind::PaymentReceived { id, purse, value, status } => {
            Entry::ReceivedPayment(hera::ReceivedPaymentNotification {
                purse_id: purse.to_wire(),
                customer_id,
                transaction_id: id.to_wire(),
                customer_number,
                channel_number: event.channel.to_wire(),
                value: value.to_wire(),
                status: status.to_wire(),
            })
        }
        EventKind::PaymentStatusChanged { id, status, .. } => {
            Entry::PaymentStatus(hera::PaymentStatusNotification {
                customer_id: event.customer.to_wire(),
                transaction_id: id.to_wire(),
                status: status.to_wire(),
            })
        }
        EventKind::WalletPaymentChanged { wallet, id, status } => {
            Entry::WalletPaymentStatus(hera::WalletPaymentStatusNotification {
                wallet_id: wallet.clone(),
                customer_id,
                transaction_id: id.to_wire(),
                status: status.to_wire(),
            })
        }
        EventKind::ConsentChanged(_)
        | EventKind::ConsentRequested { .. }
        | EventKind::ConsentLapsed
        | EventKind::SessionChanged { .. }
        | EventKind::MessageSent { .. }
        | EventKind::UssdMenuShown { .. }
        | EventKind::UssdEnded { .. }
        | EventKind::CallPlanned { .. }
        | EventKind::PromptMissed { .. }
        | EventKind::PaymentStarted { .. }
        | EventKind::PaymentContradicted { .. }
        | EventKind::PurseFunded { .. }
        | EventKind::CustomerMet
        | EventKind::TagsUpdated(_)
        | EventKind::TagsDeleted(_)
        | EventKind::MetadataUpdated { .. }
        | EventKind::MetadataDeleted(_)
        | EventKind::SecondaryIdsUpdated(_)
        | EventKind::SecondaryIdsDeleted(_)
        | EventKind::EntriesExpired { .. }
        | EventKind::CustomerAdopted { .. }
        | EventKind::CustomerReplaced { .. }
        | EventKind::ReminderAdded(_)
        | EventKind::ReminderCancelled { .. }
        | EventKind::LeaseGranted(_)
        | EventKind::LeaseEnded { .. }
        | EventKind::MessageScheduled { .. }
        | EventKind::ScheduledCancelled { .. }
        | EventKind::MessageCarried { .. }
        | EventKind::CarrierLinkChanged { .. }
        | EventKind::LogPruned { .. }
        | EventKind::CarrierPauseChanged { .. }
        | EventKind::NoAnswerNeeded { .. }
        | EventKind::WorkAdded(_)
        | EventKind::WorkStarted { .. }
        | EventKind::WorkAdvanced { .. }
        | EventKind::WorkChanged { .. }
        | EventKind::ClockMoved { .. }
        | EventKind::NotificationsDropped { .. }
        | EventKind::Unreadable => return None,
    })
}

/// Puts another customer into a notification: the one who has absorbed the customer whom it
/// was about (R-DECOM-2).
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

/// The event that a notification reports.
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
    if let Some(kind) = request.entry.and_then(|entry| read(&mut event, entry).ok()) {
        event.kind = kind;
    }
    event
}

/// Sets whom the event is about, and between which numbers it happened.
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

/// The same for notifications without numbers.
fn concerns_only(event: &mut Event, customer: String) {
    concerns(event, customer, None, None::<ChannelNumber>);
}

/// Reads the kind of the event and completes its envelope. It is an error if this version does not
/// know a code in it.
fn read(event: &mut Event, entry: Entry) -> Result<EventKind, DecodeError> {
    Ok(match entry {
        Entry::MessagingConsentStatus(n) => {
            concerns(event, n.customer_id, n.customer_number, n.channel_number);
            EventKind::ConsentChanged(Wire::from_wire(n.status)?)
        }
        Entry::MessagingSessionStatus(n) => {
            concerns(event, n.customer_id, n.customer_number, n.channel_number);
            EventKind::SessionChanged {
                status: Wire::from_wire(n.status)?,
                started_at: Timestamp::ZERO,
                expires_at: from_time(n.expiration),
                notify: true,
            }
        }
        Entry::ReceivedMessage(n) => {
            concerns(event, n.customer_id, n.customer_number, n.channel_number);
            event.actor = Actor::Customer;
            let (media, location) = (Wire::from_wire(n.media)?, Wire::from_wire(n.location)?);
            EventKind::MessageReceived {
                id: n.message_id.into(),
                body: Body { text: n.text, template: None, media, location },
            }
        }
        Entry::MessageStatus(n) => {
            concerns_only(event, n.customer_id);
            let status = Wire::from_wire(n.status)?;
            EventKind::MessageStatusChanged { id: n.message_id.into(), status }
        }
        Entry::UssdSession(n) => {
            concerns(event, n.customer_id, n.customer_number, n.channel_number);
            event.actor = Actor::Customer;
            let input = n.input.unwrap_or_default();
            EventKind::UssdInput { session: n.session_id.into(), input, dial: false }
        }
        Entry::VoiceCall(n) => {
            concerns(event, n.customer_id, n.customer_number, n.channel_number);
            EventKind::CallChanged {
                session: n.session_id.into(),
                direction: Wire::from_wire(n.direction)?,
                hop: Wire::from_wire(n.input)?,
                duration: from_duration(n.duration),
                cost: from_price(n.cost),
            }
        }
        Entry::ReceivedPayment(n) => {
            concerns(event, n.customer_id, n.customer_number, n.channel_number);
            event.actor = Actor::Customer;
            EventKind::PaymentReceived {
                id: n.transaction_id.into(),
                purse: Wire::from_wire(n.purse_id)?,
                value: Wire::from_wire(n.value)?,
                status: Wire::from_wire(n.status)?,
            }
        }
        Entry::PaymentStatus(n) => {
            concerns_only(event, n.customer_id.unwrap_or_default());
            let status = Wire::from_wire(n.status)?;
            EventKind::PaymentStatusChanged { id: n.transaction_id.into(), status, value: None }
        }
        Entry::WalletPaymentStatus(n) => {
            concerns_only(event, n.customer_id);
            let status = Wire::from_wire(n.status)?;
            let (wallet, id) = (n.wallet_id, n.transaction_id.into());
            EventKind::WalletPaymentChanged { wallet, id, status }
        }
        Entry::Reminder(n) => {
            concerns_only(event, n.customer_id);
            event.actor = Actor::Hub;
            let (tag, work) = (Wire::from_wire(n.tag)?, Wire::from_wire(n.work_id)?);
            let reminder = Wire::from_wire(n.reminder)?;
            EventKind::ReminderFired(Firing { reminder, next: None, tag, work })
        }
    })
}
