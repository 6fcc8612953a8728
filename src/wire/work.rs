//! Work by tag, leases and firings of reminders, to and from `switchboard.v1`.

use super::{
    pair::{oneof_pair, struct_pairs},
    proto::v1::{self, work::Task as WireTask},
};
use crate::model::{Firing, Lease, Task, Work};

struct_pairs! {
    Work { id, app, actor, tag, task, state, total, done, skipped, created_at, updated_at }
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
        };
    Lease { key, number, holder, app, granted_at, expires_at }
        = v1::Lease { key, number, holder, app_id: app, granted_at, expires_at };
    Firing { reminder, next, tag, work } = v1::ReminderFired { reminder, next, tag, work_id: work };
}

oneof_pair! { Task = WireTask else "work without a task" {
    Message { from, body, fill } = Message(v1::WorkMessage { from, body, fill });
    Reminder(reminder) = Reminder(reminder);
} }
