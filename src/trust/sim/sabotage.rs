//! What can be broken on purpose. Each switch makes one invariant of the checker red within some seeds; a test proves it.

use super::checker::Invariant;
use crate::model::{Entry, EventKind, PaymentStatus};
use strum::VariantArray;

/// One fault that a correct hub does not have.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString, VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Sabotage {
    /// The log says that a batch is stored and forgets it.
    AckBeforeCommit,
    /// A power cut takes the last entry of the log with it.
    UnsyncedEntryLost,
    /// A command reaches a hub that no client has asked for.
    UnaskedCommand,
    /// A hub that reads the log does not see idempotency keys, and so does repeated calls again.
    DedupeOff,
    /// The log counts an entry twice.
    PlaceSkipped,
    /// A hub starts from a stored World and skips the entry after it.
    StaleWorld,
    /// A hub that reads the log folds money into a purse twice.
    MoneyFoldedTwice,
    /// A hub that reads the log does not see that a payment was made, and so takes another end for it.
    PaymentForgotten,
    /// The feed leaves an entry out.
    FeedSkips,
    /// A hub believes a clock that jumps back.
    ClockJumpsBack,
    /// A hub that reads the log does not see that a value is leased.
    LeaseForgotten,
    /// A hub that reads the log does not see that a reminder has fired.
    ReminderForgotten,
    /// After a crash a network is given everything again that had no answer.
    HandedOverAgain,
    /// A report of a network is believed although it is about the message of another one.
    LiarBelieved,
    /// A hub that reads the log does not see who has opted out.
    OptOutForgotten,
}

impl Sabotage {
    /// The invariant that it turns red.
    #[must_use]
    pub const fn breaks(self) -> Invariant {
        match self {
            Self::AckBeforeCommit | Self::UnsyncedEntryLost => Invariant::AcknowledgedIsStored,
            Self::UnaskedCommand => Invariant::StoredWasAsked,
            Self::DedupeOff => Invariant::OncePerKey,
            Self::PlaceSkipped => Invariant::Chain,
            Self::StaleWorld => Invariant::WorldIsFold,
            Self::MoneyFoldedTwice => Invariant::Books,
            Self::PaymentForgotten => Invariant::PaymentsEndOnce,
            Self::FeedSkips => Invariant::Feed,
            Self::ClockJumpsBack => Invariant::Time,
            Self::LeaseForgotten => Invariant::Leases,
            Self::ReminderForgotten => Invariant::Reminders,
            Self::HandedOverAgain => Invariant::HandOvers,
            Self::LiarBelieved => Invariant::Lies,
            Self::OptOutForgotten => Invariant::Consent,
        }
    }

    /// What a hub makes of an entry that it reads from the log; `None` if it reads it as it is.
    #[must_use]
    pub fn misread(self, entry: &Entry) -> Option<Entry> {
        let mut entry = entry.clone();
        let before = entry.events.len();
        match self {
            Self::DedupeOff => return entry.call.take().map(|_| entry),
            Self::MoneyFoldedTwice => {
                let is_money = |kind: &EventKind| matches!(kind, EventKind::PurseFunded { .. });
                let again: Vec<_> =
                    entry.events.iter().filter(|event| is_money(&event.kind)).cloned().collect();
                entry.events.extend(again);
            }
            Self::PaymentForgotten => entry.events.retain(|event| {
                let EventKind::PaymentStatusChanged { status, .. } = &event.kind else {
                    return true;
                };
                *status != PaymentStatus::Success
            }),
            Self::LeaseForgotten => {
                entry.events.retain(|event| !matches!(event.kind, EventKind::LeaseGranted(_)));
            }
            Self::ReminderForgotten => {
                entry.events.retain(|event| !matches!(event.kind, EventKind::ReminderFired(_)));
            }
            Self::OptOutForgotten => {
                entry.events.retain(|event| !matches!(event.kind, EventKind::ConsentChanged(_)));
            }
            Self::AckBeforeCommit
            | Self::UnsyncedEntryLost
            | Self::UnaskedCommand
            | Self::PlaceSkipped
            | Self::StaleWorld
            | Self::FeedSkips
            | Self::ClockJumpsBack
            | Self::HandedOverAgain
            | Self::LiarBelieved => {}
        }
        (entry.events.len() != before).then_some(entry)
    }
}
