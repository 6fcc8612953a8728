//! What happened, to and from `switchboard.v1`. An unknown kind, and a known one with a code or
//! part that this version does not know, reads as `Unreadable`: shown, never skipped.
//!
//! Lossy: metadata of one event comes back ordered by key, each key once (the last wins, as in
//! the fold); a call's duration is cut to milliseconds.

mod later;

use super::{
    money::from_money,
    parts::{from_index, from_time, index, time},
    proto::v1::{self, event::Kind, ussd_ended::Reason},
    voice::{from_hop, hop},
};
use crate::model::{
    CallHop, ConsentStatus, DataValue, Direction, EventKind, MessageStatus, PaymentStatus, Seq,
    SessionStatus, UssdEnd, UssdMenu,
};
use std::time::Duration;

/// `None` for `Unreadable`: what it was is only in the stored bytes.
pub(super) fn encode(kind: &EventKind) -> Option<Kind> {
    Some(match kind {
        EventKind::CustomerMet => Kind::CustomerMet(v1::CustomerMet {}),
        EventKind::TagsUpdated(tags) => {
            Kind::TagsUpdated(v1::TagsUpdated { tags: tags.iter().map(Into::into).collect() })
        }
        EventKind::TagsDeleted(keys) => Kind::TagsDeleted(v1::TagsDeleted { keys: keys.clone() }),
        EventKind::MetadataUpdated { values, over_lease } => {
            let values = values.iter().map(|(key, value)| (key.clone(), value.into())).collect();
            Kind::MetadataUpdated(v1::MetadataUpdated { values, over_lease: *over_lease })
        }
        EventKind::MetadataDeleted(keys) => {
            Kind::MetadataDeleted(v1::MetadataDeleted { keys: keys.clone() })
        }
        EventKind::SecondaryIdsUpdated(ids) => Kind::SecondaryIdsUpdated(v1::SecondaryIdsUpdated {
            ids: ids.iter().map(index).collect(),
        }),
        EventKind::SecondaryIdsDeleted(ids) => Kind::SecondaryIdsDeleted(v1::SecondaryIdsDeleted {
            ids: ids.iter().map(Into::into).collect(),
        }),
        EventKind::EntriesExpired { tags, secondary_ids } => {
            Kind::EntriesExpired(v1::EntriesExpired {
                tag_keys: tags.clone(),
                secondary_ids: secondary_ids.iter().map(Into::into).collect(),
            })
        }
        EventKind::NotificationsDropped { count, from, to } => {
            Kind::NotificationsDropped(v1::NotificationsDropped {
                count: *count,
                from_seq: from.0,
                to_seq: to.0,
            })
        }
        EventKind::Unreadable => return None,
        traffic => return encode_messages(traffic),
    })
}

fn encode_messages(kind: &EventKind) -> Option<Kind> {
    Some(match kind {
        EventKind::MessageSent { id, body, status, in_reply_to, work } => {
            Kind::MessageSent(v1::MessageSent {
                message_id: id.to_string(),
                body: Some(body.into()),
                status: status.code(),
                in_reply_to: in_reply_to.clone().map(Into::into),
                work_id: work.clone().map(Into::into),
            })
        }
        EventKind::MessageReceived { id, body } => Kind::MessageReceived(v1::MessageReceived {
            message_id: id.to_string(),
            body: Some(body.into()),
        }),
        EventKind::MessageStatusChanged { id, status } => {
            Kind::MessageStatusChanged(v1::MessageStatusChanged {
                message_id: id.to_string(),
                status: status.code(),
            })
        }
        EventKind::SessionChanged { status, started_at, expires_at, notify } => {
            Kind::SessionChanged(v1::SessionChanged {
                status: status.code(),
                started_at: time(*started_at),
                expires_at: time(*expires_at),
                notify: *notify,
            })
        }
        EventKind::ConsentChanged(status) => {
            Kind::ConsentChanged(v1::ConsentChanged { status: status.code() })
        }
        rest => return encode_lines(rest),
    })
}

fn encode_lines(kind: &EventKind) -> Option<Kind> {
    Some(match kind {
        EventKind::UssdInput { session, input, dial } => Kind::UssdInput(v1::UssdInput {
            session_id: session.to_string(),
            input: input.clone(),
            dial: *dial,
        }),
        EventKind::UssdMenuShown { session, menu } => Kind::UssdMenuShown(v1::UssdMenuShown {
            session_id: session.to_string(),
            text: menu.text.clone(),
            is_terminal: menu.is_terminal,
        }),
        EventKind::UssdEnded { session, end } => Kind::UssdEnded(v1::UssdEnded {
            session_id: session.to_string(),
            reason: reason(*end).into(),
        }),
        EventKind::CallChanged { session, direction, hop: report, duration, cost } => {
            Kind::CallChanged(v1::CallChanged {
                session_id: session.to_string(),
                direction: direction.code(),
                input: Some(hop(report)),
                duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
                cost: cost.map(Into::into),
                prompt: report.prompt,
            })
        }
        EventKind::PaymentReceived { id, purse, value, status } => {
            Kind::PaymentReceived(v1::PaymentReceived {
                transaction_id: id.to_string(),
                purse_id: purse.clone().unwrap_or_default(),
                value: Some((*value).into()),
                status: status.code(),
            })
        }
        EventKind::PaymentStatusChanged { id, status } => {
            Kind::PaymentStatusChanged(v1::PaymentStatusChanged {
                transaction_id: id.to_string(),
                status: status.code(),
            })
        }
        rest => return later::encode(rest),
    })
}

/// Never fails: what cannot be read is `Unreadable`.
pub(super) fn decode(kind: Option<Kind>) -> EventKind {
    kind.and_then(read).unwrap_or(EventKind::Unreadable)
}

fn read(kind: Kind) -> Option<EventKind> {
    Some(match kind {
        Kind::CustomerMet(_) => EventKind::CustomerMet,
        Kind::TagsUpdated(k) => {
            EventKind::TagsUpdated(k.tags.into_iter().map(Into::into).collect())
        }
        Kind::TagsDeleted(k) => EventKind::TagsDeleted(k.keys),
        Kind::MetadataUpdated(k) => EventKind::MetadataUpdated {
            values: k
                .values
                .into_iter()
                .map(|(key, value)| Some((key, DataValue::try_from(value).ok()?)))
                .collect::<Option<_>>()?,
            over_lease: k.over_lease,
        },
        Kind::MetadataDeleted(k) => EventKind::MetadataDeleted(k.keys),
        Kind::SecondaryIdsUpdated(k) => {
            EventKind::SecondaryIdsUpdated(k.ids.into_iter().map(from_index).collect())
        }
        Kind::SecondaryIdsDeleted(k) => {
            EventKind::SecondaryIdsDeleted(k.ids.into_iter().map(Into::into).collect())
        }
        Kind::EntriesExpired(k) => EventKind::EntriesExpired {
            tags: k.tag_keys,
            secondary_ids: k.secondary_ids.into_iter().map(Into::into).collect(),
        },
        Kind::NotificationsDropped(k) => EventKind::NotificationsDropped {
            count: k.count,
            from: Seq(k.from_seq),
            to: Seq(k.to_seq),
        },
        traffic => return read_traffic(traffic),
    })
}

fn read_traffic(kind: Kind) -> Option<EventKind> {
    Some(match kind {
        Kind::MessageSent(k) => EventKind::MessageSent {
            id: k.message_id.into(),
            body: k.body.unwrap_or_default().into(),
            status: MessageStatus::from_code(k.status)?,
            in_reply_to: k.in_reply_to.map(Into::into),
            work: k.work_id.map(Into::into),
        },
        Kind::MessageReceived(k) => EventKind::MessageReceived {
            id: k.message_id.into(),
            body: k.body.unwrap_or_default().into(),
        },
        Kind::MessageStatusChanged(k) => EventKind::MessageStatusChanged {
            id: k.message_id.into(),
            status: MessageStatus::from_code(k.status)?,
        },
        Kind::SessionChanged(k) => EventKind::SessionChanged {
            status: SessionStatus::from_code(k.status)?,
            started_at: from_time(k.started_at),
            expires_at: from_time(k.expires_at),
            notify: k.notify,
        },
        Kind::ConsentChanged(k) => EventKind::ConsentChanged(ConsentStatus::from_code(k.status)?),
        rest => return read_lines(rest),
    })
}

fn read_lines(kind: Kind) -> Option<EventKind> {
    Some(match kind {
        Kind::UssdInput(k) => {
            EventKind::UssdInput { session: k.session_id.into(), input: k.input, dial: k.dial }
        }
        Kind::UssdMenuShown(k) => EventKind::UssdMenuShown {
            session: k.session_id.into(),
            menu: UssdMenu { text: k.text, is_terminal: k.is_terminal },
        },
        Kind::UssdEnded(k) => {
            EventKind::UssdEnded { session: k.session_id.into(), end: from_reason(k.reason)? }
        }
        Kind::CallChanged(k) => EventKind::CallChanged {
            session: k.session_id.into(),
            direction: Direction::from_code(k.direction)?,
            hop: CallHop { prompt: k.prompt, ..from_hop(k.input.unwrap_or_default())? },
            duration: Duration::from_millis(k.duration_ms),
            cost: match k.cost {
                Some(cost) => Some(from_money(&cost)?),
                None => None,
            },
        },
        Kind::PaymentReceived(k) => EventKind::PaymentReceived {
            id: k.transaction_id.into(),
            purse: Some(k.purse_id).filter(|purse| !purse.is_empty()),
            value: from_money(&k.value?)?,
            status: PaymentStatus::from_code(k.status)?,
        },
        Kind::PaymentStatusChanged(k) => EventKind::PaymentStatusChanged {
            id: k.transaction_id.into(),
            status: PaymentStatus::from_code(k.status)?,
        },
        rest => return later::decode(rest),
    })
}

/// How a USSD session ended, in `switchboard.v1`.
pub(super) const fn reason(end: UssdEnd) -> Reason {
    match end {
        UssdEnd::Unspecified => Reason::Unspecified,
        UssdEnd::Completed => Reason::Completed,
        UssdEnd::CustomerLeft => Reason::CustomerLeft,
        UssdEnd::TimedOut => Reason::TimedOut,
        UssdEnd::Unanswered => Reason::Unanswered,
    }
}

/// `None` if the reason is unknown here. The numbers are the model's.
pub(super) const fn from_reason(reason: i32) -> Option<UssdEnd> {
    UssdEnd::from_code(reason)
}
