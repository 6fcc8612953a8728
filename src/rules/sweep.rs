//! What happens by itself when its time has come. One sweep takes the oldest of each kind, at
//! most `SWEEP` things and `ENTRY_BYTES`, so that an entry stays small after a long stop; `World::next_due` then
//! still lies in the past and asks for the next sweep.

use super::{
    consent, customer,
    draft::{About, Draft},
    due::{Subject, Wait},
    lease,
    limits::{self, count},
    messaging, payment, reminder, ussd, voice, work,
};
use crate::model::{Actor, AppId, CustomerState, EventKind, Receipt, Seq, receipt::network};
use std::sync::Arc;

/// Does whatever is due.
pub fn sweep(draft: &mut Draft<'_, '_>) -> Receipt {
    let (world, now, settings) = (draft.world, draft.now(), draft.settings());
    let (mut done, mut bytes) = (0, 0);
    for (wait, customer, subject) in world.index.due.over(settings, now).take(limits::SWEEP) {
        if bytes >= limits::ENTRY_BYTES {
            break;
        }
        if let Some(customer) = world.by_id(customer) {
            bytes += end(draft, wait, customer, subject);
            done += 1;
        }
    }
    done += payment::expire(draft);
    done += work::advance(draft);
    network(true, format!("{} due", count(done, "thing")), None, None)
}

/// Ends a waiting; returns the bytes of the texts that apps chose, in what may carry many of them.
fn end(
    draft: &mut Draft<'_, '_>,
    wait: Wait,
    customer: &Arc<CustomerState>,
    subject: &Subject,
) -> usize {
    match subject {
        Subject::Message(id) => messaging::expire(draft, customer, id),
        Subject::Pair(number, channel) => messaging::close(draft, customer, number, channel),
        Subject::Asked(number, channel) => consent::lapse(draft, customer, number, channel),
        Subject::Lease(key) => lease::expire(draft, customer, key),
        Subject::Reminder(app, key) => return reminder::fire(draft, customer, app, key),
        Subject::Talk(id) if matches!(wait, Wait::Ringing | Wait::Queued | Wait::Plan) => {
            voice::timed_out(draft, customer, id);
        }
        Subject::Talk(id) => ussd::timed_out(draft, customer, id),
        Subject::Entries => return customer::expire(draft, customer),
    }
    0
}

/// The queue of a disconnected app overflowed (D-OVERFLOW): say so where everyone can see it.
pub fn drop_notifications(
    draft: &mut Draft<'_, '_>,
    app: &AppId,
    count: u64,
    from: Seq,
    to: Seq,
) -> Receipt {
    if count == 0 {
        return network(true, "nothing changed", None, None);
    }
    let about = About::org(Actor::Hub).told(Some(app.clone()));
    draft.push(&about, EventKind::NotificationsDropped { count, from, to });
    network(true, "recorded", None, None)
}
