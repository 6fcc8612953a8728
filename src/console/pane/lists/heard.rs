//! The lists in the order of their tabs, and which events may have changed each of them.

use crate::{console::msg::List, model::EventKind};
use strum::VariantArray as _;

impl List {
    /// The lists in the order of their tabs.
    pub const ALL: &[Self] = Self::VARIANTS;

    #[must_use]
    pub fn title(self) -> &'static str {
        self.into()
    }
    pub(super) fn beside(self, steps: usize) -> Self {
        let at = Self::ALL.iter().position(|list| *list == self).unwrap_or(0);
        Self::ALL[(at + steps) % Self::ALL.len()]
    }
    /// Whether an event of this kind may have changed the list.
    pub(super) const fn hears(self, kind: &EventKind) -> bool {
        match self {
            Self::Waiting => matches!(
                kind,
                EventKind::MessageReceived { .. }
                    | EventKind::MessageSent { .. }
                    | EventKind::NoAnswerNeeded { .. }
                    | EventKind::CustomerAdopted { .. }
            ),
            Self::Works => matches!(
                kind,
                EventKind::WorkAdded(_)
                    | EventKind::WorkStarted { .. }
                    | EventKind::WorkAdvanced { .. }
                    | EventKind::WorkChanged { .. }
                    | EventKind::MessageStatusChanged { .. }
                    | EventKind::ClockMoved { .. }
            ),
            Self::Scheduled => matches!(
                kind,
                EventKind::MessageScheduled { .. }
                    | EventKind::ScheduledCancelled { .. }
                    | EventKind::MessageSent { .. }
                    | EventKind::CustomerAdopted { .. }
                    | EventKind::ClockMoved { .. }
            ),
            Self::Reminders => matches!(
                kind,
                EventKind::ReminderAdded(_)
                    | EventKind::ReminderCancelled { .. }
                    | EventKind::ReminderFired(_)
                    | EventKind::CustomerAdopted { .. }
                    | EventKind::ClockMoved { .. }
            ),
            Self::Leases => matches!(
                kind,
                EventKind::LeaseGranted(_)
                    | EventKind::LeaseEnded { .. }
                    | EventKind::CustomerAdopted { .. }
                    | EventKind::ClockMoved { .. }
            ),
            Self::Purses => matches!(
                kind,
                EventKind::PaymentStarted { .. }
                    | EventKind::PaymentReceived { .. }
                    | EventKind::PaymentStatusChanged { .. }
                    | EventKind::PurseFunded { .. }
            ),
            Self::Carriers => matches!(
                kind,
                EventKind::CarrierLinkChanged { .. }
                    | EventKind::CarrierPauseChanged { .. }
                    | EventKind::MessageCarried { .. }
                    | EventKind::MessageSent { .. }
            ),
            Self::Unknown => matches!(
                kind,
                EventKind::MessageCarried { .. } | EventKind::MessageStatusChanged { .. }
            ),
        }
    }
}
