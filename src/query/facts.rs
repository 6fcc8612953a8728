//! What the fields of a filter mean for each kind of event. This is the only place that looks into the
//! kinds, so that a new kind has to say here what can be asked of it.

use super::status::{AnyStatus, StatusFamily};
use crate::model::{
    Body, CustomerId, DataValue, Event, EventKind, MessageId, MessageStatus, Money, PaymentParty,
    SecondaryId, SessionId, Tag, Task,
};

/// What an event says that is not in a column of its row.
#[derive(Debug, Default)]
pub(super) struct EventFacts<'a> {
    /// The status that it reports. A call that ended has the reason for it too.
    pub statuses: Vec<AnyStatus>,
    pub money: Option<Money>,
    pub session: Option<&'a SessionId>,
    /// The ids of what it is about: a message and the one that it answers, a payment, a session, a work.
    pub ids: Vec<&'a str>,
    pub customers: Vec<&'a CustomerId>,
    /// Keys of whatever it is about: tags, values, ids, reminders, leases.
    pub keys: Vec<&'a str>,
    /// Tags by key and value. The value of one that was removed is not known.
    pub tags: Vec<(&'a str, &'a str)>,
    pub values: &'a [(String, DataValue)],
    /// The keys of metadata values that were removed.
    pub gone: &'a [String],
    pub body: Option<&'a Body>,
    /// What a menu or a payload says.
    pub said: Option<&'a str>,
    pub is_reply: bool,
    pub has_recording: bool,
    pub has_lease: bool,
}

impl<'a> EventFacts<'a> {
    pub fn of(event: &'a Event) -> Self {
        let mut facts = Self::of_kind(&event.kind);
        facts.customers.extend(&event.customer);
        facts.money = event.kind.value();
        facts.ids = ids(&event.kind);
        facts
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind")]
    fn of_kind(kind: &'a EventKind) -> Self {
        use EventKind as K;
        let none = Self::default();
        let status = |family, code| vec![(family, code)];
        match kind {
            K::CustomerMet
            | K::ConsentLapsed
            | K::ClockMoved { .. }
            | K::NotificationsDropped { .. }
            | K::NoAnswerNeeded { .. }
            | K::PaymentContradicted { .. }
            | K::PurseFunded { .. }
            | K::MessageCarried { .. }
            | K::CarrierLinkChanged { .. }
            | K::LogPruned { .. }
            | K::CarrierPauseChanged { .. }
            | K::Unreadable
            | K::WorkStarted { .. }
            | K::WorkAdvanced { .. } => none,
            K::TagsUpdated(tags) => none.with_tags(tags.iter().map(pair)),
            K::TagsDeleted(keys) => none.with_tags(keys.iter().map(|key| (key.as_str(), ""))),
            K::EntriesExpired { tags, secondary_ids } => {
                none.with_tags(tags.iter().map(|key| (key.as_str(), ""))).with_ids(secondary_ids)
            }
            K::MetadataUpdated { values, over_lease } => Self {
                keys: values.iter().map(|(key, _)| key.as_str()).collect(),
                values,
                has_lease: over_lease.is_some(),
                ..none
            },
            K::MetadataDeleted(keys) => {
                Self { keys: keys.iter().map(String::as_str).collect(), gone: keys, ..none }
            }
            K::SecondaryIdsUpdated(ids) => none.with_ids(ids.iter().map(|(id, _)| id)),
            K::SecondaryIdsDeleted(ids) => none.with_ids(ids),
            K::MessageSent { body, status: code, in_reply_to, .. } => Self {
                statuses: status(StatusFamily::Message, code.code()),
                body: Some(body),
                is_reply: in_reply_to.is_some(),
                ..none
            },
            K::MessageScheduled { body, in_reply_to, .. } => Self {
                statuses: status(StatusFamily::Message, MessageStatus::Scheduled.code()),
                body: Some(body),
                is_reply: in_reply_to.is_some(),
                ..none
            },
            K::ScheduledCancelled { .. } => Self {
                statuses: status(StatusFamily::Message, MessageStatus::Withdrawn.code()),
                ..none
            },
            K::MessageReceived { body, .. } => Self { body: Some(body), ..none },
            K::MessageStatusChanged { status: code, .. } => {
                Self { statuses: status(StatusFamily::Message, code.code()), ..none }
            }
            K::SessionChanged { status: code, .. } => {
                Self { statuses: status(StatusFamily::Session, code.code()), ..none }
            }
            K::ConsentChanged(code) => {
                Self { statuses: status(StatusFamily::Consent, code.code()), ..none }
            }
            K::ConsentRequested { reason, .. } => Self { said: Some(reason), ..none },
            K::UssdInput { session, .. } | K::PromptMissed { session } => {
                Self { session: Some(session), ..none }
            }
            K::UssdMenuShown { session, menu } => {
                Self { session: Some(session), said: Some(&menu.text), ..none }
            }
            K::UssdEnded { session, end } => Self {
                session: Some(session),
                statuses: status(StatusFamily::Ussd, end.code()),
                ..none
            },
            K::CallChanged { session, hop, .. } => Self {
                session: Some(session),
                statuses: vec![
                    (StatusFamily::Call, hop.status.code()),
                    (StatusFamily::Hangup, hop.cause.code()),
                ],
                has_recording: hop.recording_url.is_some(),
                ..none
            },
            K::CallPlanned { session, .. } => Self { session: Some(session), ..none },
            K::PaymentStarted {
                debit,
                credit,
                debit_customer,
                credit_customer,
                status: code,
                ..
            } => Self {
                statuses: status(StatusFamily::Payment, code.code()),
                customers: debit_customer
                    .iter()
                    .chain(credit_customer)
                    .chain([debit, credit].into_iter().filter_map(wallet_customer))
                    .collect(),
                ..none
            },
            K::PaymentReceived { status: code, .. }
            | K::WalletPaymentChanged { status: code, .. }
            | K::PaymentStatusChanged { status: code, .. } => {
                Self { statuses: status(StatusFamily::Payment, code.code()), ..none }
            }
            K::CustomerAdopted { other: customer } | K::CustomerReplaced { by: customer } => {
                Self { customers: vec![customer], ..none }
            }
            K::ReminderAdded(reminder) => {
                Self { keys: vec![&reminder.key], said: Some(&reminder.payload), ..none }
            }
            K::ReminderCancelled { key } => Self { keys: vec![key], ..none },
            K::ReminderFired(firing) => {
                let mut facts = none.with_tags(firing.tag.iter().map(pair));
                facts.keys.push(&firing.reminder.key);
                Self { said: Some(&firing.reminder.payload), ..facts }
            }
            K::LeaseGranted(lease) => Self { keys: vec![&lease.key], has_lease: true, ..none },
            K::LeaseEnded { key, end, .. } => Self {
                keys: vec![key],
                statuses: status(StatusFamily::Lease, end.code()),
                has_lease: true,
                ..none
            },
            K::WorkAdded(work) => {
                let tag = (work.tag.key.as_str(), work.tag.value.as_str());
                let mut facts = none.with_tags([tag]);
                facts.statuses = status(StatusFamily::Work, work.state.code());
                match &work.task {
                    Task::Message(message) => facts.body = Some(&message.body),
                    Task::Reminder(reminder) => {
                        facts.keys.push(&reminder.key);
                        facts.said = Some(&reminder.payload);
                    }
                }
                facts
            }
            K::WorkChanged { state, .. } => {
                Self { statuses: status(StatusFamily::Work, state.code()), ..none }
            }
        }
    }

    fn with_tags(mut self, tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.tags.extend(tags);
        self.keys.extend(self.tags.iter().map(|(key, _)| *key));
        self
    }
    fn with_ids(mut self, ids: impl IntoIterator<Item = &'a SecondaryId>) -> Self {
        self.keys.extend(ids.into_iter().map(|id| id.key.as_str()));
        self
    }

    /// Whether a message or menu has a web address in it.
    pub fn has_link(&self) -> bool {
        let text = self.body.and_then(|body| body.text.as_deref());
        text.into_iter().chain(self.said).any(|text| {
            let text = text.to_ascii_lowercase();
            ["http://", "https://", "www."].iter().any(|begin| text.contains(begin))
        })
    }
    pub fn has_media(&self) -> bool {
        self.has_recording || self.body.is_some_and(|body| !body.media.is_empty())
    }
}

/// The ids of what an event of this kind is about.
fn ids(kind: &EventKind) -> Vec<&str> {
    use EventKind as K;
    match kind {
        K::MessageSent { id, in_reply_to, .. } | K::MessageScheduled { id, in_reply_to, .. } => {
            std::iter::once(id).chain(in_reply_to).map(MessageId::as_str).collect()
        }
        K::MessageReceived { id, .. }
        | K::ScheduledCancelled { id }
        | K::MessageCarried { id, .. }
        | K::MessageStatusChanged { id, .. } => vec![id.as_str()],
        K::PaymentStarted { id, .. }
        | K::WalletPaymentChanged { id, .. }
        | K::PaymentReceived { id, .. }
        | K::PaymentContradicted { id, .. }
        | K::PaymentStatusChanged { id, .. } => vec![id.as_str()],
        K::UssdInput { session, .. }
        | K::UssdMenuShown { session, .. }
        | K::UssdEnded { session, .. }
        | K::CallChanged { session, .. }
        | K::CallPlanned { session, .. }
        | K::PromptMissed { session } => vec![session.as_str()],
        K::WorkAdded(work) => vec![work.id.as_str()],
        K::WorkStarted { work, .. }
        | K::WorkAdvanced { work, .. }
        | K::WorkChanged { work, .. } => {
            vec![work.as_str()]
        }
        K::CustomerMet
        | K::TagsUpdated(_)
        | K::TagsDeleted(_)
        | K::MetadataUpdated { .. }
        | K::MetadataDeleted(_)
        | K::SecondaryIdsUpdated(_)
        | K::SecondaryIdsDeleted(_)
        | K::SessionChanged { .. }
        | K::ConsentChanged(_)
        | K::ConsentRequested { .. }
        | K::ConsentLapsed
        | K::PurseFunded { .. }
        | K::CarrierLinkChanged { .. }
        | K::LogPruned { .. }
        | K::CarrierPauseChanged { .. }
        | K::EntriesExpired { .. }
        | K::CustomerAdopted { .. }
        | K::CustomerReplaced { .. }
        | K::ReminderAdded(_)
        | K::ReminderCancelled { .. }
        | K::ReminderFired(_)
        | K::LeaseGranted(_)
        | K::LeaseEnded { .. }
        | K::ClockMoved { .. }
        | K::NotificationsDropped { .. }
        | K::NoAnswerNeeded { .. }
        | K::Unreadable => Vec::new(),
    }
}

fn pair(tag: &Tag) -> (&str, &str) {
    (&tag.key, &tag.value)
}

fn wallet_customer(party: &PaymentParty) -> Option<&CustomerId> {
    match party {
        PaymentParty::Wallet { customer, .. } => Some(customer),
        PaymentParty::Customer { .. } | PaymentParty::Purse(_) | PaymentParty::Channel { .. } => {
            None
        }
    }
}
