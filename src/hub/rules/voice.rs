//! Calls: what the network reports about them (events.md 4.2). Steering a call is a later issue.

use super::{
    Answer,
    draft::{About, Draft, network, refused, unchanged},
    due::{self, Subject},
    index::Index,
    limits, whom,
};
use crate::model::{
    Actor, Call, CallHop, CallStatus, Channel, ChannelNumber, Customer, CustomerNumber, Direction,
    Event, EventKind, HangupCause, Money, SessionId,
};
use std::time::Duration;

use CallStatus as S;

/// events.md 4.2: where a call may go from where. 300 and 501 may follow whatever is not final.
pub const STEPS: [(CallStatus, &[CallStatus]); 13] = [
    (S::Queued, &[S::Ringing, S::NotAnswered, S::Expired]),
    (S::Ringing, &[S::Answered, S::NotAnswered, S::Expired]),
    (S::Answered, &[S::Active]),
    (S::Active, &[S::Dialing, S::Enqueued, S::Transferred]),
    (S::Dialing, &[S::Bridged, S::DialCompleted]),
    (S::Bridged, &[S::DialCompleted, S::Active]),
    (S::DialCompleted, &[S::Active]),
    (S::Enqueued, &[S::Dequeued]),
    (S::Dequeued, &[S::Bridged, S::Active]),
    (S::Transferred, &[S::TransferCompleted]),
    (S::TransferCompleted, &[S::Active]),
    (S::Completed, &[]),
    (S::Unspecified, &[]),
];

/// Whether a call may go from one status to another.
pub fn follows(from: CallStatus, to: CallStatus) -> bool {
    let live = !from.is_final() && from != S::Unspecified;
    (live && matches!(to, S::Completed | S::ApplicationError))
        || STEPS.iter().any(|(at, next)| *at == from && next.contains(&to))
}

/// A customer calls: it rings (102). One call at a time for a number, as in R-CALL-1.
pub fn receive(draft: &mut Draft<'_, '_>, from: &CustomerNumber, to: &ChannelNumber) -> Answer {
    let to = ChannelNumber::new(to.channel, &to.number);
    let voice = |channel| channel == Channel::Voice;
    let (whom, number) = whom::sender(draft.world, draft.settings(), from, &to, voice)?;
    let calls = whom.customer().map_or(&[][..], |c| &c.calls);
    if let Some(call) = calls.iter().find(|c| c.number == number && !c.status.is_final()) {
        let customer = whom.customer().map(|c| &c.id);
        return Err(network(false, "already in a call", customer, Some(call.id.as_str())));
    }
    let (about, _) = draft.meet(&whom, Actor::Customer);
    let app = whom::routed(draft.settings(), None, &number, &to);
    let about = about.between(&number, &to).told(app);
    let session: SessionId = draft.id("el_ses_");
    let hop = CallHop { status: S::Ringing, ..CallHop::default() };
    push(draft, &about, &session, Direction::Inbound, hop, Duration::ZERO, None);
    Ok(network(true, "the call rings", about.customer.as_ref(), Some(session.as_str())))
}

/// The network reports where a call is. Late and repeated reports change nothing (R-ORD-3),
/// impossible ones are refused. The same status again counts only if it brings keys pressed or
/// a recording.
pub fn report(
    draft: &mut Draft<'_, '_>,
    id: &SessionId,
    hop: &CallHop,
    duration: Duration,
    cost: Option<Money>,
) -> Answer {
    let owner = draft.world.index.sessions.get(id).and_then(|c| draft.world.by_id(c));
    let found = owner.and_then(|c| Some((c, c.calls.iter().rev().find(|call| call.id == *id)?)));
    let Some((customer, call)) = found else {
        return Err(refused(format!("no call {id}")));
    };
    let refuse = |why: String| network(false, why, Some(&customer.id), Some(id.as_str()));
    let url = hop.recording_url.as_ref().map_or(0, String::len);
    let digits = hop.digits.as_ref().map_or(0, |digits| digits.chars().count());
    if duration > limits::CALL_LENGTH || url > limits::URL_BYTES || digits > limits::WORD_CHARS {
        return Err(refuse("that report is too large to be true".into()));
    }
    let news = hop.digits.is_some() || hop.recording_url.is_some();
    let same = hop.status == call.status && news && !call.status.is_final();
    if !same && !follows(call.status, hop.status) {
        if call.status.is_final() || call.hops.iter().any(|past| past.status == hop.status) {
            return Ok(unchanged(&customer.id, id.as_str()));
        }
        let (from, to) = (call.status.words(), hop.status.words());
        return Err(refuse(format!("a call cannot go from \"{from}\" to \"{to}\"")));
    }
    let about = about(customer, call, draft.actor());
    push(draft, &about, id, call.direction, hop.clone(), duration, cost);
    Ok(network(true, hop.status.words(), Some(&customer.id), Some(id.as_str())))
}

/// Nobody picked up in time, or it never rang.
pub fn timed_out(draft: &mut Draft<'_, '_>, customer: &Customer, id: &SessionId) {
    let Some(call) = customer.calls.iter().find(|c| c.id == *id) else { return };
    let (status, cause) = match call.status {
        S::Ringing => (S::NotAnswered, HangupCause::NoAnswer),
        _ => (S::Expired, HangupCause::Unspecified),
    };
    let hop = CallHop { status, cause, ..CallHop::default() };
    push(draft, &about(customer, call, Actor::Hub), id, call.direction, hop, Duration::ZERO, None);
}

fn about(customer: &Customer, call: &Call, actor: Actor) -> About {
    About::known(customer, actor).between(&call.number, &call.channel).told(call.app.clone())
}

/// Cause, duration and price belong to a final status only.
fn push(
    draft: &mut Draft<'_, '_>,
    about: &About,
    session: &SessionId,
    direction: Direction,
    hop: CallHop,
    duration: Duration,
    cost: Option<Money>,
) {
    let over = hop.status.is_final();
    let cause = if over { hop.cause } else { HangupCause::Unspecified };
    let kind = EventKind::CallChanged {
        session: session.clone(),
        direction,
        hop: CallHop { cause, at: draft.time(about), ..hop },
        duration: if over { duration } else { Duration::ZERO },
        cost: cost.filter(|_| over),
    };
    draft.push(about, kind);
}

/// Folds a call event; the first one of a session opens the call.
pub fn fold(customer: &mut Customer, index: &mut Index, event: &Event) {
    let EventKind::CallChanged { session, direction, hop, duration, cost } = &event.kind else {
        return;
    };
    if !index.sessions.contains_key(session) {
        open(customer, index, event, session, *direction);
    }
    let Some(call) = customer.calls.iter_mut().rev().find(|c| c.id == *session) else { return };
    let waited = due::of_call(call);
    if call.status != hop.status {
        call.updated_at = event.at;
    }
    call.status = hop.status;
    call.duration = *duration;
    call.cost = *cost;
    call.hops.push(hop.clone());
    limits::cut(&mut call.hops);
    let waits = due::of_call(call);
    index.wait(&customer.id, &Subject::Talk(session.clone()), waited, waits);
}

fn open(
    customer: &mut Customer,
    index: &mut Index,
    event: &Event,
    id: &SessionId,
    direction: Direction,
) {
    index.sessions.insert(id.clone(), customer.id.clone());
    customer.calls.push(Call {
        id: id.clone(),
        direction,
        number: event.number.clone().unwrap_or_default(),
        channel: event.channel.clone().unwrap_or_default(),
        app: event.app.clone(),
        status: S::Unspecified,
        hops: Vec::new(),
        duration: Duration::ZERO,
        cost: None,
        created_at: event.at,
        updated_at: event.at,
    });
    for old in limits::cut(&mut customer.calls) {
        index.sessions.remove(&old.id);
        index.wait(&customer.id, &Subject::Talk(old.id.clone()), due::of_call(&old), None);
    }
}
