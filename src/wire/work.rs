//! Work by tag, leases and firings to and from `switchboard.v1`.

use super::{
    parts::{from_time, time},
    proto::v1,
};
use crate::model::{Firing, Lease, LeaseEnd, Task, Work, WorkState};

impl From<&Work> for v1::Work {
    fn from(work: &Work) -> Self {
        use v1::work::Task as Wire;
        Self {
            work_id: work.id.to_string(),
            app_id: work.app.clone().map(Into::into),
            actor: Some((&work.actor).into()),
            tag: Some((&work.tag).into()),
            task: Some(match &work.task {
                Task::Message { from, body } => Wire::Message(v1::WorkMessage {
                    from: Some(from.into()),
                    body: Some(body.into()),
                }),
                Task::Reminder(reminder) => Wire::Reminder(reminder.into()),
            }),
            state: work.state.code(),
            total: work.total,
            done: work.done,
            skipped: work.skipped.clone(),
            created_at: time(work.created_at),
            updated_at: time(work.updated_at),
        }
    }
}

/// `None` if what is to be done is unknown here.
pub(super) fn from_work(work: v1::Work) -> Option<Work> {
    use v1::work::Task as Wire;
    Some(Work {
        id: work.work_id.into(),
        app: work.app_id.map(Into::into),
        actor: work.actor.unwrap_or_default().into(),
        tag: work.tag.unwrap_or_default().into(),
        task: match work.task? {
            Wire::Message(message) => Task::Message {
                from: message.from.unwrap_or_default().into(),
                body: message.body.unwrap_or_default().into(),
            },
            Wire::Reminder(reminder) => Task::Reminder(reminder.into()),
        },
        state: WorkState::from_code(work.state)?,
        total: work.total,
        done: work.done,
        skipped: work.skipped,
        created_at: from_time(work.created_at),
        updated_at: from_time(work.updated_at),
    })
}

impl From<&Lease> for v1::Lease {
    fn from(lease: &Lease) -> Self {
        Self {
            key: lease.key.clone(),
            number: lease.number,
            holder: Some((&lease.holder).into()),
            app_id: lease.app.clone().map(Into::into),
            granted_at: time(lease.granted_at),
            expires_at: time(lease.expires_at),
        }
    }
}

impl From<v1::Lease> for Lease {
    fn from(lease: v1::Lease) -> Self {
        Self {
            key: lease.key,
            number: lease.number,
            holder: lease.holder.unwrap_or_default().into(),
            app: lease.app_id.map(Into::into),
            granted_at: from_time(lease.granted_at),
            expires_at: from_time(lease.expires_at),
        }
    }
}

/// The numbers are the model's.
pub(super) const fn from_end(end: i32) -> Option<LeaseEnd> {
    LeaseEnd::from_code(end)
}

impl From<&Firing> for v1::ReminderFired {
    fn from(firing: &Firing) -> Self {
        Self {
            reminder: Some((&firing.reminder).into()),
            next: firing.next.and_then(time),
            tag: firing.tag.as_ref().map(Into::into),
            work_id: firing.work.clone().map(Into::into),
        }
    }
}

impl From<v1::ReminderFired> for Firing {
    fn from(fired: v1::ReminderFired) -> Self {
        Self {
            reminder: fired.reminder.unwrap_or_default().into(),
            next: fired.next.map(|at| from_time(Some(at))),
            tag: fired.tag.map(Into::into),
            work: fired.work_id.map(Into::into),
        }
    }
}
