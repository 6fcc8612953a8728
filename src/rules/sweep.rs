//! What happens by itself when its time has come. One sweep takes the oldest of each kind, at
//! most `AT_ONCE` things and `ENTRY_BYTES`, so that an entry stays small after a long stop; `World::next_due` then
//! still lies in the past and asks for the next sweep.

use super::{
    consent, customer,
    draft::{About, Draft, network},
    due::{Subject, Wait},
    lease,
    limits::{self, count},
    messaging, payment, reminder, ussd, voice, whom, work,
};
use crate::model::{Actor, AppId, Customer, EventKind, MessageStatus, Receipt, Seq, Timestamp};
use std::sync::Arc;

/// Things per sweep.
pub const AT_ONCE: usize = 200;

/// Does whatever is due.
pub fn sweep(draft: &mut Draft<'_, '_>) -> Receipt {
    let (world, now, settings) = (draft.world, draft.now(), draft.settings());
    let (mut done, mut bytes) = (0, 0);
    for (wait, customer, subject) in world.index.due.over(settings, now).take(AT_ONCE) {
        if bytes >= limits::ENTRY_BYTES {
            break;
        }
        if let Some(customer) = world.by_id(customer) {
            end(draft, wait, customer, subject);
            done += 1;
            bytes += draft.events.last().map_or(0, |event| weight(&event.kind));
        }
    }
    done += payment::expire(draft);
    done += work::advance(draft);
    network(true, format!("{} due", count(done, "thing")), None, None)
}

/// Bytes of the texts that apps chose, in what may carry many of them.
fn weight(kind: &EventKind) -> usize {
    match kind {
        EventKind::ReminderFired(firing) => reminder::weight(&firing.reminder),
        EventKind::EntriesExpired { tags, secondary_ids } => {
            let ids = secondary_ids.iter().map(|pair| pair.key.len() + pair.value.len());
            tags.iter().map(String::len).chain(ids).sum()
        }
        _ => 0,
    }
}

fn end(draft: &mut Draft<'_, '_>, wait: Wait, customer: &Arc<Customer>, subject: &Subject) {
    let settings = draft.settings();
    match subject {
        Subject::Message(id) => {
            if let Some(message) = customer.message(id) {
                let about = About::message(customer, message, Actor::Hub);
                let status = MessageStatus::Expired;
                draft.push(&about, EventKind::MessageStatusChanged { id: id.clone(), status });
            }
        }
        Subject::Pair(number, channel) => {
            let state = customer.channel(number, channel);
            if let Some(session) = state.and_then(|s| s.session.as_ref()) {
                let app = whom::routed(settings, Some(customer), number, channel);
                let about = About::known(customer, Actor::Hub).between(number, channel).told(app);
                messaging::session_over(draft, &about, session);
            }
        }
        Subject::Asked(number, channel) => consent::lapse(draft, customer, number, channel),
        Subject::Lease(key) => lease::expire(draft, customer, key),
        Subject::Reminder(app, key) => reminder::fire(draft, customer, app, key),
        Subject::Talk(id) if matches!(wait, Wait::Ringing | Wait::Queued | Wait::Plan) => {
            voice::timed_out(draft, customer, id);
        }
        Subject::Talk(id) => ussd::timed_out(draft, customer, id),
        Subject::Entries => {
            let kept_after = draft.now().before(settings.expiry_grace);
            let long_over = |at: Timestamp| whom::over(at, kept_after);
            draft.push(&About::known(customer, Actor::Hub), customer::expired(customer, long_over));
        }
    }
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
