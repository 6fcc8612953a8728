//! Kinds of events, to and from `switchboard.v1`. If the kind is unknown, or a code or part of it
//! is, the event reads as `Unreadable`: it is shown, never skipped.
//!
//! Two things are lost on the way: the order of the metadata values of one event (they come back
//! ordered by key, and of a key that is there twice only the last value, which is the one that
//! counts), and what the duration of a call has below a millisecond, which the rules record of none (R-VOICE-2).

use super::{
    pair::{Wire, oneof_pair},
    proto::v1::{self, event::Kind},
};
use crate::model::{CallHop, EventKind, UssdMenu};

/// `None` for `Unreadable`, of which only the stored bytes know what it was.
pub(super) fn encode(kind: &EventKind) -> Option<Kind> {
    kind.to_wire()
}

/// Reads a kind. What this version cannot read becomes `Unreadable`.
pub(super) fn decode(kind: Option<Kind>) -> EventKind {
    EventKind::from_wire(kind).unwrap_or(EventKind::Unreadable)
}

oneof_pair! { EventKind = Kind else "an event without a kind" {
    CustomerMet = CustomerMet(v1::CustomerMet {});
    TagsUpdated(tags) = TagsUpdated(v1::TagsUpdated { tags });
    TagsDeleted(keys) = TagsDeleted(v1::TagsDeleted { keys });
    MetadataUpdated { values, over_lease } = MetadataUpdated(v1::MetadataUpdated { values, over_lease });
    MetadataDeleted(keys) = MetadataDeleted(v1::MetadataDeleted { keys });
    SecondaryIdsUpdated(ids) = SecondaryIdsUpdated(v1::SecondaryIdsUpdated { ids });
    SecondaryIdsDeleted(ids) = SecondaryIdsDeleted(v1::SecondaryIdsDeleted { ids });
    EntriesExpired { tags, secondary_ids }
        = EntriesExpired(v1::EntriesExpired { tag_keys: tags, secondary_ids });
    CustomerAdopted { other } = CustomerAdopted(v1::CustomerAdopted { other_id: other });
    CustomerReplaced { by } = CustomerReplaced(v1::CustomerReplaced { by_id: by });
    MessageSent { id, body, status, in_reply_to, work }
        = MessageSent(v1::MessageSent { message_id: id, body, status, in_reply_to, work_id: work });
    MessageScheduled { id, body, leaves_at, in_reply_to, again }
        = MessageScheduled(v1::MessageScheduled { message_id: id, body, leaves_at, in_reply_to, again });
    ScheduledCancelled { id } = ScheduledCancelled(v1::ScheduledCancelled { message_id: id });
    MessageCarried { id, carrier, attempt, step }
        = MessageCarried(v1::MessageCarried { message_id: id, carrier_id: carrier, attempt, step });
    CarrierLinkChanged { carrier, is_up, why }
        = CarrierLinkChanged(v1::CarrierLinkChanged { carrier_id: carrier, is_up, why });
    LogPruned { up_to, check, entries, bytes }
        = LogPruned(v1::LogPruned { up_to, check, entries, bytes });
    CarrierPauseChanged { carrier, is_paused }
        = CarrierPauseChanged(v1::CarrierPauseChanged { carrier_id: carrier, is_paused });
    MessageReceived { id, body } = MessageReceived(v1::MessageReceived { message_id: id, body });
    MessageStatusChanged { id, status }
        = MessageStatusChanged(v1::MessageStatusChanged { message_id: id, status });
    SessionChanged { status, started_at, expires_at, notify }
        = SessionChanged(v1::SessionChanged { status, started_at, expires_at, notify });
    ConsentChanged(status) = ConsentChanged(v1::ConsentChanged { status });
    ConsentRequested { action, reason } = ConsentRequested(v1::ConsentRequested { action, reason });
    ConsentLapsed = ConsentLapsed(v1::ConsentLapsed {});
    UssdInput { session, input, dial } = UssdInput(v1::UssdInput { session_id: session, input, dial });
    UssdEnded { session, end } = UssdEnded(v1::UssdEnded { session_id: session, reason: end });
    CallPlanned { session, actions } = CallPlanned(v1::CallPlanned { session_id: session, actions });
    PromptMissed { session } = PromptMissed(v1::PromptMissed { session_id: session });
    PaymentReceived { id, purse, value, status }
        = PaymentReceived(v1::PaymentReceived { transaction_id: id, purse_id: purse, value, status });
    PaymentStarted { id, debit, credit, debit_customer, credit_customer, value, status }
        = PaymentStarted(v1::PaymentStarted {
            transaction_id: id,
            debit,
            credit,
            debit_customer_id: debit_customer,
            credit_customer_id: credit_customer,
            value,
            status,
        });
    PaymentStatusChanged { id, status, value }
        = PaymentStatusChanged(v1::PaymentStatusChanged { transaction_id: id, status, value });
    PaymentContradicted { id, reported, ended, value }
        = PaymentContradicted(v1::PaymentContradicted { transaction_id: id, reported, ended, value });
    WalletPaymentChanged { wallet, id, status }
        = WalletPaymentChanged(v1::WalletPaymentChanged { wallet_id: wallet, transaction_id: id, status });
    PurseFunded { purse, value } = PurseFunded(v1::PurseFunded { purse_id: purse, value });
    ReminderAdded(reminder) = ReminderAdded(reminder);
    ReminderCancelled { key } = ReminderCancelled(v1::ReminderCancelled { key });
    ReminderFired(firing) = ReminderFired(firing);
    LeaseGranted(lease) = LeaseGranted(lease);
    LeaseEnded { key, number, end } = LeaseEnded(v1::LeaseEnded { key, number, end });
    WorkAdded(work) = WorkAdded(work);
    WorkStarted { work, next } = WorkStarted(v1::WorkStarted { work_id: work, next });
    WorkAdvanced { work, handled, done, skipped, left_out, put_off, resumed }
        = WorkAdvanced(v1::WorkAdvanced {
            work_id: work,
            handled,
            done,
            skipped,
            left_out,
            put_off,
            resumed,
        });
    WorkChanged { work, state } = WorkChanged(v1::WorkChanged { work_id: work, state });
    NoAnswerNeeded { message, count } = NoAnswerNeeded(v1::NoAnswerNeeded { message_id: message, count });
    ClockMoved { by } = ClockMoved(v1::ClockMoved { by });
    NotificationsDropped { count, from, to }
        = NotificationsDropped(v1::NotificationsDropped { count, from_seq: from, to_seq: to });
} to {
    EventKind::UssdMenuShown { session, menu } => Kind::UssdMenuShown(v1::UssdMenuShown {
        session_id: session.to_wire(),
        text: menu.text.clone(),
        is_terminal: menu.is_terminal,
    }),
    EventKind::CallChanged { session, direction, hop, duration, cost } => {
        Kind::CallChanged(v1::CallChanged {
            session_id: session.to_wire(),
            direction: direction.to_wire(),
            input: hop.to_wire(),
            duration_ms: duration.to_wire(),
            cost: cost.to_wire(),
            prompt: hop.prompt,
        })
    },
    EventKind::Unreadable => return None,
} from {
    Some(Kind::UssdMenuShown(v1::UssdMenuShown { session_id, text, is_terminal })) => {
        let menu = UssdMenu { text, is_terminal };
        EventKind::UssdMenuShown { session: Wire::from_wire(session_id)?, menu }
    },
    Some(Kind::CallChanged(k)) => EventKind::CallChanged {
        session: Wire::from_wire(k.session_id)?,
        direction: Wire::from_wire(k.direction)?,
        hop: CallHop { prompt: k.prompt, ..CallHop::from_wire(k.input)? },
        duration: Wire::from_wire(k.duration_ms)?,
        cost: Wire::from_wire(k.cost)?,
    },
} }
