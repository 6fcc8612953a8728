//! Does what happens by itself when its time has come. A sweep takes the oldest of each kind, at most
//! `SWEEP` things and `ENTRY_BYTES` bytes, so that its entry stays small even after the hub was down for
//! long. `World::next_due` then still lies in the past and asks for the next sweep.

use super::{
    builder::{About, DecisionBuilder},
    consent, customer,
    due::{Subject, Wait},
    lease,
    limits::{self, count},
    messaging, payment, reminder, scheduled, ussd, voice, work,
};
use crate::model::{Actor, AppId, CustomerState, EventKind, Receipt, Seq, receipt::network};
use std::sync::Arc;

/// Does what is due, within the limits of one entry.
pub fn sweep(builder: &mut DecisionBuilder<'_, '_>) -> Receipt {
    let (world, now, settings) = (builder.world, builder.now(), builder.settings());
    let (mut done, mut bytes) = (0, 0);
    for (wait, customer, subject) in world.index.due.over(settings, now).take(limits::SWEEP) {
        if bytes >= limits::ENTRY_BYTES {
            break;
        }
        if let Some(customer) = world.by_id(&customer) {
            bytes += end(builder, wait, customer, &subject);
            done += 1;
        }
    }
    done += payment::expire(builder);
    done += work::advance(builder);
    network(true, format!("{} due", count(done, "thing")), None, None)
}

/// Does one thing whose time has come. Returns the bytes of text from outside that its event carries,
/// where that can be much.
fn end(
    builder: &mut DecisionBuilder<'_, '_>,
    wait: Wait,
    customer: &Arc<CustomerState>,
    subject: &Subject,
) -> usize {
    match subject {
        Subject::Message(id) => messaging::expire(builder, customer, id),
        Subject::Pair(number, channel) => messaging::close(builder, customer, number, channel),
        Subject::Asked(number, channel) => consent::lapse(builder, customer, number, channel),
        Subject::Lease(key) => lease::expire(builder, customer, key),
        Subject::Reminder(app, key) => return reminder::fire(builder, customer, app, key),
        Subject::Scheduled(id) => return scheduled::leave(builder, customer, id),
        Subject::Talk(id) if matches!(wait, Wait::Ringing | Wait::Queued | Wait::Plan) => {
            voice::timed_out(builder, customer, id);
        }
        Subject::Talk(id) => ussd::timed_out(builder, customer, id),
        Subject::Entries => return customer::expire(builder, customer),
        // No time ends it, so it is never due.
        Subject::Unanswered => {}
    }
    0
}

/// Records something that the hub did with the log of the org.
pub fn note(builder: &mut DecisionBuilder<'_, '_>, done: EventKind) -> Receipt {
    builder.push(&About::org(Actor::Hub), done);
    network(true, "recorded", None, None)
}

/// Records that the queue of a disconnected app overflowed, so that agents see it (D-OVERFLOW).
pub fn drop_notifications(
    builder: &mut DecisionBuilder<'_, '_>,
    app: &AppId,
    count: u64,
    from: Seq,
    to: Seq,
) -> Receipt {
    if count == 0 {
        return network(true, "nothing changed", None, None);
    }
    let about = About::org(Actor::Hub).for_app(Some(app.clone()));
    builder.push(&about, EventKind::NotificationsDropped { count, from, to });
    network(true, "recorded", None, None)
}
