//! What a command began: whose it is, whether an event is about it, and how good it is that it stands so.

use super::{bulk::BulkCourse, followed::Stand};
use crate::model::{
    AppId, ChannelNumber, ConsentAction, ConsentStatus, CustomerId, CustomerNumber, Event,
    HangupCause, MessageId, Receipt, Reminder, SessionId, Standing, Thing, Tone, TransactionId,
    UssdMenu, WorkId, WorkState,
};

const OPTED_OUT: Stand = Stand::Consent(ConsentStatus::OptOutCompleted);

/// What is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    Message(MessageId),
    Payment(TransactionId),
    Call(SessionId),
    /// What somebody on the line was answered. It is over as soon as they want the next answer.
    Answer(SessionId),
    Consent {
        number: CustomerNumber,
        channel: ChannelNumber,
        action: ConsentAction,
    },
    Reminder {
        customer: Option<CustomerId>,
        /// `None` until the log has said whose it is.
        app: Option<AppId>,
        key: String,
    },
    Work(WorkId, Box<BulkCourse>),
}

impl Begun {
    pub(super) fn is(&self, thing: Thing<'_>) -> bool {
        match (self, thing) {
            (Self::Message(own), Thing::Message(id)) => own == id,
            (Self::Payment(own), Thing::Payment(id)) => own == id,
            (Self::Call(own) | Self::Answer(own), Thing::Session(id)) => own == id,
            _ => false,
        }
    }
    pub(super) fn is_pair(&self, event: &Event) -> bool {
        matches!(self, Self::Consent { number, channel, .. }
            if event.number.as_ref() == Some(number) && event.channel.as_ref() == Some(channel))
    }
    pub(super) fn is_reminder(&self, event: &Event, of: Option<&AppId>, named: &str) -> bool {
        matches!(self, Self::Reminder { customer, app, key } if key == named
            && *customer == event.customer
            && (app.is_none() || of.is_none() || app.as_ref() == of))
    }
    /// How good it is that it stands so.
    pub(super) fn tone(&self, stand: Stand) -> Tone {
        match (self, stand) {
            (_, Stand::Thing(standing)) => standing.tone(),
            (Self::Consent { action: ConsentAction::OptOut, .. }, stand) if stand == OPTED_OUT => {
                // Whoever asked for an opt-out got it.
                Tone::Good
            }
            (_, Stand::Consent(status)) => status.tone(),
            (_, Stand::Waits | Stand::CameDueAgain) => Tone::Pending,
            (_, Stand::WentOn | Stand::CameDue) => Tone::Good,
            (_, Stand::Cancelled | Stand::NotGiven) => Tone::Plain,
            (Self::Work(_, bulk), Stand::Work(state)) if state.is_final() && bulk.failed() > 0 => {
                Tone::Bad
            }
            (_, Stand::Work(state)) => state.tone(),
        }
    }
}

pub(super) fn of_reminder(customer: Option<&CustomerId>, reminder: &Reminder) -> Begun {
    let app = Some(reminder.app.clone()).filter(|app| !app.as_str().is_empty());
    Begun::Reminder { customer: customer.cloned(), app, key: reminder.key.clone() }
}

pub(super) fn of_work(work: &WorkId) -> (Begun, Stand) {
    (Begun::Work(work.clone(), Box::default()), Stand::Work(WorkState::Waiting))
}

/// How somebody on the line stands who was answered so.
pub(super) const fn answered(menu: Option<&UssdMenu>) -> Standing {
    if menu.is_some() { Standing::MenuShown } else { Standing::Planned }
}

/// What has an id of its own; `None` for everything else. Of a reply without the id nothing is heard any more.
pub(super) fn of_receipt(receipt: &Receipt) -> Option<(Begun, Stand)> {
    let (begun, standing) = match receipt {
        Receipt::Message(r) => {
            (Begun::Message(r.message.clone().unwrap_or_default()), Standing::Message(r.status))
        }
        Receipt::Payment(r) => {
            let id = r.transaction.clone().unwrap_or_default();
            (Begun::Payment(id), Standing::Payment(r.status))
        }
        Receipt::Call(r) => {
            let id = r.session.clone().unwrap_or_default();
            (Begun::Call(id), Standing::Call(r.status, HangupCause::Unspecified))
        }
        Receipt::State(_)
        | Receipt::Network(_)
        | Receipt::Work(_)
        | Receipt::Lease(_)
        | Receipt::Consent(_) => return None,
    };
    Some((begun, Stand::Thing(standing)))
}
