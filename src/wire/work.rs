//! Work by tag, leases, firings of reminders and hand-overs to networks, to and from `switchboard.v1`.

use super::{
    DecodeError,
    pair::{Wire, oneof_pair, struct_pairs},
    parts::{from_time, time},
    proto::v1::{
        self, RecipientOutcome as WireOutcome, message_carried::Step as WireStep,
        work::Task as WireTask,
    },
};
use crate::model::{
    CarriageStep, CustomerId, Firing, Lease, PutOff, Rate, RecipientOutcome, TagMessage, Task,
    Timestamp, Work, WorkOutcomes, WorkRecipient,
};

struct_pairs! {
    Work {
        id, app, actor, tag, task, state, total, done, skipped, created_at, updated_at,
        outcomes with or_none, put_off with or_none
    }
        = v1::Work {
            work_id: id,
            app_id: app,
            actor,
            tag,
            task,
            state,
            total,
            done,
            skipped,
            created_at,
            updated_at,
            outcomes,
            put_off,
        };
    PutOff { people, first with unless_zero, last with unless_zero }
        = v1::PutOff { people, first, last };
    WorkOutcomes { waiting, delivered, read, failed with counts }
        = v1::WorkOutcomes { waiting, delivered, read, failed };
    TagMessage { from, body, fill, rate, failed_of, at, keeps_quiet, instead_of }
        = v1::WorkMessage { from, body, fill, rate, failed_of, at, keeps_quiet, instead_of };
    // A code that this version does not know reads as one that nothing is known of.
    WorkRecipient { customer, name, number, message, status with lenient, at with unless_zero }
        = v1::Recipient {
            customer_id: customer,
            name,
            customer_number: number,
            message_id: message,
            code: status,
            at,
        };
    Lease { key, number, holder, app, granted_at, expires_at }
        = v1::Lease { key, number, holder, app_id: app, granted_at, expires_at };
    Firing { reminder, next, tag, work } = v1::ReminderFired { reminder, next, tag, work_id: work };
}

oneof_pair! { Task = WireTask else "work without a task" {
    Message(message) = Message(message);
    Reminder(reminder) = Reminder(reminder);
} }

oneof_pair! { CarriageStep = WireStep else "a hand-over without a step" {
    HandedOver = HandedOver(v1::CarriageHandedOver {});
    Accepted { reference, is_final }
        = Accepted(v1::CarriageAccepted { reference, is_final });
    Refused { code, words } = Refused(v1::CarriageRefused { code, words });
    Returned { why } = Returned(v1::CarriageReturned { why });
    Unknown { why, hub_stopped } = Unknown(v1::CarriageUnknown { why, hub_stopped });
    Again = Again(v1::CarriageAgain {});
    Left = Left(v1::CarriageLeft {});
} }

impl Wire<String> for Rate {
    fn to_wire(&self) -> String {
        self.to_string()
    }
    fn from_wire(wire: String) -> Result<Self, DecodeError> {
        wire.parse().map_err(DecodeError::new)
    }
}

impl Wire<v1::LeftOut> for (CustomerId, i32) {
    fn to_wire(&self) -> v1::LeftOut {
        let (customer, code) = self;
        v1::LeftOut { customer_id: customer.to_string(), code: *code }
    }
    fn from_wire(wire: v1::LeftOut) -> Result<Self, DecodeError> {
        Ok((wire.customer_id.into(), wire.code))
    }
}

impl Wire<v1::PutOffPerson> for (CustomerId, Timestamp) {
    fn to_wire(&self) -> v1::PutOffPerson {
        let (customer, until) = self;
        v1::PutOffPerson { customer_id: customer.to_string(), until: time(*until) }
    }
    fn from_wire(wire: v1::PutOffPerson) -> Result<Self, DecodeError> {
        Ok((wire.customer_id.into(), from_time(wire.until)))
    }
}

/// `None` is any outcome.
impl Wire<i32> for Option<RecipientOutcome> {
    fn to_wire(&self) -> i32 {
        use RecipientOutcome as O;
        let wire = match self {
            None => WireOutcome::Any,
            Some(O::NotYet) => WireOutcome::NotYet,
            Some(O::PutOff) => WireOutcome::PutOff,
            Some(O::Waiting) => WireOutcome::Waiting,
            Some(O::Delivered) => WireOutcome::Delivered,
            Some(O::Read) => WireOutcome::Read,
            Some(O::Failed) => WireOutcome::Failed,
            Some(O::Skipped) => WireOutcome::Skipped,
            Some(O::Done) => WireOutcome::Done,
        };
        wire.into()
    }
    fn from_wire(wire: i32) -> Result<Self, DecodeError> {
        use RecipientOutcome as O;
        let known = WireOutcome::try_from(wire)
            .map_err(|_| DecodeError::new(format!("there is no outcome {wire}")))?;
        Ok(match known {
            WireOutcome::Any => None,
            WireOutcome::NotYet => Some(O::NotYet),
            WireOutcome::PutOff => Some(O::PutOff),
            WireOutcome::Waiting => Some(O::Waiting),
            WireOutcome::Delivered => Some(O::Delivered),
            WireOutcome::Read => Some(O::Read),
            WireOutcome::Failed => Some(O::Failed),
            WireOutcome::Skipped => Some(O::Skipped),
            WireOutcome::Done => Some(O::Done),
        })
    }
}

/// An outcome, or any, as a number of the contract.
#[must_use]
pub fn outcome(wanted: Option<RecipientOutcome>) -> i32 {
    wanted.to_wire()
}

/// The outcome that a number stands for. It is an error if this version does not know the number.
pub fn from_outcome(wire: i32) -> Result<Option<RecipientOutcome>, DecodeError> {
    Wire::from_wire(wire)
}
