//! Who gets what a command does for everyone with a tag. Nothing in such a form names a customer, so that what
//! overtakes its sheet is whatever can change who is meant (R-CONSOLE-6). What customers and colleagues say to each
//! other changes nothing, unless it opens or closes the window to write in.

use super::sheet::Sheet;
use crate::model::{
    Addressee, Audience, CustomerCommand, Event, EventKind, SessionStatus, TagMessage,
};
use std::time::Duration;

/// A session that began so short a time before the event that tells of it is a new one and was not renewed.
const BEGINS: Duration = Duration::from_secs(1);

/// Whether an event can change who gets what the command does for everyone with a tag. It changes nothing about a
/// command for anybody else.
#[must_use]
pub(super) fn changes_audience(command: &CustomerCommand, event: &Event) -> bool {
    use EventKind as K;
    let Addressee::Tag(tag, from) = command.addressee() else { return false };
    // A gap may be filled with any tag, id or value of the customer, and without one they are left out (R-CANNED-4).
    let fills = command.fills();
    let on_channel =
        || event.channel.as_ref().zip(from).is_some_and(|(on, from)| on.channel == from.channel);
    match &event.kind {
        K::TagsUpdated(tags) => fills || tags.iter().any(|changed| changed.key == tag.key),
        K::TagsDeleted(keys) | K::EntriesExpired { tags: keys, .. } => {
            fills || keys.contains(&tag.key)
        }
        K::MetadataUpdated { .. }
        | K::MetadataDeleted(_)
        | K::SecondaryIdsUpdated(_)
        | K::SecondaryIdsDeleted(_) => fills,
        K::ConsentChanged(_) | K::ConsentRequested { .. } | K::ConsentLapsed => on_channel(),
        K::SessionChanged { status, started_at, .. } => {
            let is_renewed =
                *status == SessionStatus::Active && event.at.since(*started_at) > BEGINS;
            !is_renewed && from.is_some_and(|from| from.channel.needs_session()) && on_channel()
        }
        K::CustomerAdopted { .. }
        | K::CustomerReplaced { .. }
        | K::ClockMoved { .. }
        | K::Unreadable => true,
        // What was said, done and noted, which gives nobody a tag or a channel.
        K::CustomerMet
        | K::MessageSent { .. }
        | K::MessageScheduled { .. }
        | K::ScheduledCancelled { .. }
        | K::MessageReceived { .. }
        | K::MessageStatusChanged { .. }
        | K::MessageCarried { .. }
        | K::CarrierPauseChanged { .. }
        | K::CarrierLinkChanged { .. }
        | K::LogPruned { .. }
        | K::UssdInput { .. }
        | K::UssdMenuShown { .. }
        | K::UssdEnded { .. }
        | K::CallChanged { .. }
        | K::CallPlanned { .. }
        | K::PromptMissed { .. }
        | K::PaymentStarted { .. }
        | K::WalletPaymentChanged { .. }
        | K::PurseFunded { .. }
        | K::PaymentReceived { .. }
        | K::PaymentStatusChanged { .. }
        | K::PaymentContradicted { .. }
        | K::ReminderAdded(_)
        | K::ReminderCancelled { .. }
        | K::ReminderFired(_)
        | K::LeaseGranted(_)
        | K::LeaseEnded { .. }
        | K::WorkAdded(_)
        | K::WorkStarted { .. }
        | K::WorkAdvanced { .. }
        | K::WorkChanged { .. }
        | K::NoAnswerNeeded { .. }
        | K::NotificationsDropped { .. } => false,
    }
}

/// Whether two counts are of the same people, as far as they say.
#[must_use]
pub(super) fn is_same(one: &Audience, other: &Audience) -> bool {
    let numbers = |all: &Audience| (all.matching, all.reached);
    let ids = |all: &Audience| all.sample.iter().map(|c| c.id.clone()).collect::<Vec<_>>();
    numbers(one) == numbers(other) && one.skipped == other.skipped && ids(one) == ids(other)
}

impl Sheet {
    /// Who would get it, by the hub's last answer; `None` if it has not said, or if it is not for everyone with a tag.
    #[must_use]
    pub fn audience(&self) -> Option<&Audience> {
        self.dry_run.outlook()?.audience.as_ref()
    }
    /// Whether they are counted again, because something happened since that can change who they are. Until the hub
    /// has answered, no number confirms it.
    #[must_use]
    pub fn counts_again(&self) -> bool {
        self.audience().is_some() && self.dry_run.is_doubted()
    }
    /// That nobody would get it, in words; `None` if somebody would. Who gets what is done later is decided then, so
    /// that it may be somebody (R-LATER-5).
    #[must_use]
    pub fn nobody(&self) -> Option<&'static str> {
        let CustomerCommand::SendMessageByTag { message, .. } = &self.command else { return None };
        let TagMessage { at: None, failed_of, .. } = message else { return None };
        let audience = self.audience().filter(|audience| audience.reached == 0)?;
        Some(match (audience.matching, failed_of) {
            (0, None) => "nobody has the tag",
            (0, Some(_)) => "it failed for nobody",
            _ => "nobody would get it",
        })
    }
}
