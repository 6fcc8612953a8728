//! Calls (events.md 4.2): those that customers place, those that apps place (operations.md 3.27),
//! and what the network reports about them. What apps answer to prompts is in `prompt`.
//!
//! A network drives a call through `ReportCall` alone. It reads the plan off `CallPlanned` and
//! reports what becomes of its last action; the rules say which report asks for the next plan
//! (R-VOICE-1: the hop's `prompt`), and there is never a second question before an answer (R-ORD-8).
//!
//! | the plan ends with | the network reports | asks |
//! |---|---|---|
//! | nothing that ends it (`say`, `play`, `record_session`) | COMPLETED when it is over | – |
//! | `get_digits` | ACTIVE with `digits` (empty: none were pressed) | yes |
//! | `get_recording` | ACTIVE with `recording_url` | yes |
//! | `dial` | DIALING, BRIDGED, then `DIAL_COMPLETED` with `dial`; or DIALING, `DIAL_COMPLETED` with `dial` of no duration | at 202 |
//! | `enqueue` | ENQUEUED; the rest is up to the call that takes this one; ACTIVE when that one has gone | at ACTIVE |
//! | `dequeue` | DEQUEUED: the rules take the first caller of the queue and record DEQUEUED, BRIDGED for both calls, or, if nobody waits, ACTIVE; ACTIVE when the other has gone | at ACTIVE |
//! | `redirect` | TRANSFERRED, then `TRANSFER_COMPLETED`; or COMPLETED | at 207 |
//!
//! Before a plan: an outbound call is reported RINGING, then ANSWERED (asks), `NOT_ANSWERED` or
//! EXPIRED; an inbound one asks at once, by ringing, and ANSWERED and ACTIVE are recorded by its
//! first plan. If the network reports ANSWERED instead, somebody at a desk has picked up and no app
//! is asked. COMPLETED and 501 may come at any time; cause, duration and price belong to a final
//! status. When one of two joined calls ends, the network says what becomes of the other.

use super::{
    Answer, World,
    draft::{About, Draft},
    index::Index,
    limits,
    whom::{self, Whom},
};
use crate::model::{
    Actor, CallHop, CallReceipt, CallStatus, Channel, ChannelNumber, CustomerId, CustomerNumber,
    CustomerState, Direction, Event, EventKind, HangupCause, Money, QueueData, Receipt, SessionId,
    Timestamp, VoiceAction, VoiceCall,
    receipt::{network, refused, unchanged},
};
use std::{sync::Arc, time::Duration};

use CallStatus as S;

/// events.md 4.2: where a call may go from where. 300 and 501 may follow whatever is not final.
/// ACTIVE to DEQUEUED is the side that takes another call from a queue.
pub const STEPS: [(CallStatus, &[CallStatus]); 13] = [
    (S::Queued, &[S::Ringing, S::NotAnswered, S::Expired]),
    (S::Ringing, &[S::Answered, S::NotAnswered, S::Expired]),
    (S::Answered, &[S::Active]),
    (S::Active, &[S::Dialing, S::Enqueued, S::Dequeued, S::Transferred]),
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

/// A customer calls: it rings (102), and an app is asked what to do. One call at a time for a
/// number, as in R-CALL-1.
pub fn receive(draft: &mut Draft<'_, '_>, from: &CustomerNumber, to: &ChannelNumber) -> Answer {
    let to = ChannelNumber::new(to.channel, &to.number);
    let voice = |channel| channel == Channel::Voice;
    let (whom, number) = whom::sender(draft.world, draft.settings(), from, &to, voice)?;
    if let Some((customer, call)) = busy(&whom, &number) {
        let why = network(false, "already in a call", Some(&customer.id), Some(call.id.as_str()));
        return Err(why);
    }
    let (about, _) = draft.meet(&whom, Actor::Customer);
    let app = whom::routed(draft.settings(), None, &number, &to);
    let about = about.between(&number, &to).told(app);
    let session: SessionId = draft.id("el_ses_");
    let hop = CallHop { status: S::Ringing, prompt: true, ..CallHop::default() };
    push(draft, &about, &session, Direction::Inbound, hop, Duration::ZERO, None);
    Ok(network(true, "the call rings", about.customer.as_ref(), Some(session.as_str())))
}

/// The call that a number is in.
fn busy<'a>(
    whom: &Whom<'a>,
    number: &CustomerNumber,
) -> Option<(&'a Arc<CustomerState>, &'a VoiceCall)> {
    let customer = whom.customer()?;
    let live = |call: &&VoiceCall| call.number == *number && !call.status.is_final();
    customer.calls.iter().rev().find(live).map(|call| (customer, call))
}

/// An app calls a customer (R-CALL-1). A refusal is not recorded.
pub fn make(draft: &mut Draft<'_, '_>, to: &CustomerNumber, from: &ChannelNumber) -> Answer {
    let from = ChannelNumber::new(from.channel, &from.number);
    let whom = whom::by_number(draft.world, to, Channel::Voice);
    let known = whom.as_ref().ok().and_then(Whom::customer);
    let refuse = |status, why: String| receipt(status, why, None, known.map(|c| c.id.clone()));
    whom::registered(draft.settings(), &from)
        .map_err(|why| refuse(S::InvalidChannelNumber, why))?;
    if from.channel != Channel::Voice {
        let why = format!("no calls are made from {}", from.channel.word());
        return Err(refuse(S::InvalidChannelNumber, why));
    }
    let whom = whom.map_err(|why| refuse(S::InvalidPhoneNumber, why))?;
    let number = whom.number().unwrap_or(to).clone();
    if number.provider != Channel::Voice.provider() {
        return Err(refuse(S::DestinationNotSupported, format!("{number} cannot be called")));
    }
    if busy(&whom, &number).is_some() {
        return Err(refuse(S::DestinationNotSupported, format!("{number} is already in a call")));
    }
    let (about, _) = draft.meet(&whom, draft.actor());
    let about = about.between(&number, &from).told(draft.app());
    let session: SessionId = draft.id("el_ses_");
    let hop = CallHop { status: S::Queued, ..CallHop::default() };
    push(draft, &about, &session, Direction::Outbound, hop, Duration::ZERO, None);
    Ok(receipt(S::Queued, format!("calling {number}"), Some(session), about.customer))
}

fn receipt(
    status: CallStatus,
    description: String,
    session: Option<SessionId>,
    customer: Option<CustomerId>,
) -> Receipt {
    Receipt::Call(CallReceipt { status, description, session, customer })
}

/// A call that is in a customer's history.
pub fn find<'w>(
    world: &'w World,
    id: &SessionId,
) -> Option<(&'w Arc<CustomerState>, &'w VoiceCall)> {
    let customer = world.by_id(world.index.sessions.get(id)?)?;
    Some((customer, customer.calls.iter().rev().find(|call| call.id == *id)?))
}

/// The network reports where a call is. Late and repeated reports change nothing (R-ORD-3),
/// impossible ones are refused. The same status again counts only if it brings keys pressed or
/// a recording, and only while the call does not wait for a plan: keys told at the very instant of
/// their timeout come once.
pub fn report(
    draft: &mut Draft<'_, '_>,
    id: &SessionId,
    hop: &CallHop,
    duration: Duration,
    cost: Option<Money>,
) -> Answer {
    let Some((customer, call)) = find(draft.world, id) else {
        return Err(refused(format!("no call {id}")));
    };
    let refuse = |why: String| network(false, why, Some(&customer.id), Some(id.as_str()));
    if !credible(hop, duration) {
        return Err(refuse("that report is too large to be true".into()));
    }
    if let (S::Active, S::Dequeued, Some(VoiceAction::Dequeue { channel, queue_name, .. })) =
        (call.status, hop.status, call.plan().last())
    {
        let words = take(draft, (customer, call), channel, queue_name.as_deref());
        return Ok(network(true, words, Some(&customer.id), Some(id.as_str())));
    }
    let news = hop.digits.is_some() || hop.recording_url.is_some();
    let told = news && !call.awaits_plan();
    let same = hop.status == call.status && told && !call.status.is_final();
    if !same && !follows(call.status, hop.status) {
        if call.status.is_final() || call.hops.iter().any(|past| past.status == hop.status) {
            return Ok(unchanged(&customer.id, id.as_str()));
        }
        let (from, to) = (call.status.words(), hop.status.words());
        return Err(refuse(format!("a call cannot go from \"{from}\" to \"{to}\"")));
    }
    let about = about(customer, call, draft.actor());
    let hop = heard(call, hop, draft.now());
    let words = hop.status.words();
    push(draft, &about, id, call.direction, hop, duration, cost);
    Ok(network(true, words, Some(&customer.id), Some(id.as_str())))
}

fn credible(hop: &CallHop, duration: Duration) -> bool {
    let long = |text: &Option<String>, most| text.as_ref().is_some_and(|t| t.len() > most);
    let dialled = hop.dial.as_ref();
    let joined = hop.queue.as_ref();
    duration <= limits::CALL_LENGTH
        && !long(&hop.recording_url, limits::URL_BYTES)
        && !long(&hop.digits, limits::WORD_CHARS)
        && dialled.is_none_or(|d| {
            d.number.len() <= limits::WORD_CHARS && d.duration <= limits::CALL_LENGTH
        })
        && joined.is_none_or(|q| !long(&q.dequeued_to_number, limits::WORD_CHARS))
}

/// A report as it is recorded: whether it asks for a plan, and times in a queue, the rules say.
fn heard(call: &VoiceCall, hop: &CallHop, now: Timestamp) -> CallHop {
    let last = call.hops.last();
    let queue = match (call.status, hop.status) {
        (_, S::Enqueued) => Some(QueueData { enqueued_at: now, ..QueueData::default() }),
        (_, S::Dequeued) => {
            let by = hop.queue.clone().unwrap_or_default();
            let taken = QueueData { dequeued_at: now, ..by };
            Some(waited(call, taken))
        }
        (S::Dequeued | S::Bridged, _) => last.and_then(|last| last.queue.clone()),
        _ => None,
    };
    CallHop {
        status: hop.status,
        cause: hop.cause,
        digits: hop.digits.clone(),
        recording_url: hop.recording_url.clone(),
        dial: hop.dial.clone(),
        queue,
        prompt: asks(call, hop),
        ..CallHop::default()
    }
}

/// How long a call was in its queue, if it was in one.
fn waited(call: &VoiceCall, taken: QueueData) -> QueueData {
    let joined = call.hops.iter().rev().find(|hop| hop.status == S::Enqueued);
    let Some(enqueued_at) = joined.map(|hop| hop.at) else { return taken };
    QueueData { enqueued_at, duration: taken.dequeued_at.since(enqueued_at), ..taken }
}

/// Whether a report asks the app for its next plan (R-VOICE-1, R-ORD-8).
fn asks(call: &VoiceCall, hop: &CallHop) -> bool {
    if call.awaits_plan() {
        return false;
    }
    match (call.status, hop.status) {
        (_, S::Answered) => call.direction == Direction::Outbound,
        (_, S::DialCompleted | S::TransferCompleted) | (S::Bridged | S::Dequeued, S::Active) => {
            true
        }
        (S::Active, S::Active) => match call.plan().last() {
            Some(VoiceAction::GetDigits { .. }) => hop.digits.is_some(),
            Some(VoiceAction::GetRecording { .. }) => hop.recording_url.is_some(),
            Some(
                VoiceAction::Say(_)
                | VoiceAction::Play(_)
                | VoiceAction::Dial { .. }
                | VoiceAction::RecordSession
                | VoiceAction::Enqueue { .. }
                | VoiceAction::Dequeue { .. }
                | VoiceAction::Reject
                | VoiceAction::Redirect(_),
            )
            | None => false,
        },
        _ => false,
    }
}

/// A call takes the first caller of a queue; both are told, and of each other. Nobody there: its
/// app is asked again.
fn take(
    draft: &mut Draft<'_, '_>,
    (customer, call): (&Arc<CustomerState>, &VoiceCall),
    channel: &ChannelNumber,
    name: Option<&str>,
) -> String {
    let name = name.unwrap_or_default();
    let earliest = Timestamp::from_micros(i64::MIN);
    let from = (channel.clone(), name.to_owned(), earliest, SessionId::default());
    let ahead = draft.world.index.queued.range(from..).next();
    let first = ahead
        .filter(|(on, queue, ..)| on == channel && queue == name)
        .and_then(|(.., id)| find(draft.world, id));
    let now = draft.now();
    let mut tell = |(customer, call): (&Arc<CustomerState>, &VoiceCall), status, queue, prompt| {
        let about = about(customer, call, draft.actor());
        let hop = CallHop { status, queue: Some(queue), prompt, ..CallHop::default() };
        push(draft, &about, &call.id, call.direction, hop, Duration::ZERO, None);
    };
    let Some((caller, taken)) = first else {
        tell((customer, call), S::Active, QueueData::default(), true);
        return "nobody waits in this queue".into();
    };
    let queue = waited(
        taken,
        QueueData {
            dequeued_at: now,
            dequeued_to_number: Some(call.number.number.clone()),
            dequeued_to_session: Some(call.id.clone()),
            ..QueueData::default()
        },
    );
    for side in [(caller, taken), (customer, call)] {
        for status in [S::Dequeued, S::Bridged] {
            tell(side, status, queue.clone(), false);
        }
    }
    format!("joined with {}", taken.number)
}

/// The prompt of an app was missed, nobody picked up in time, or it never rang.
pub fn timed_out(draft: &mut Draft<'_, '_>, customer: &CustomerState, id: &SessionId) {
    let Some(call) = customer.calls.iter().find(|c| c.id == *id) else { return };
    let about = about(customer, call, Actor::Hub);
    if call.awaits_plan() {
        draft.push(&about, EventKind::PromptMissed { session: id.clone() });
        return hang_up(draft, &about, call, HangupCause::NormalClearing);
    }
    let (status, cause) = if call.status == S::Ringing {
        (S::NotAnswered, HangupCause::NoAnswer)
    } else {
        (S::Expired, HangupCause::Unspecified)
    };
    let hop = CallHop { status, cause, ..CallHop::default() };
    push(draft, &about, id, call.direction, hop, Duration::ZERO, None);
}

/// The hub itself ends a call: how long it lasted is known since it was answered.
pub fn hang_up(draft: &mut Draft<'_, '_>, about: &About, call: &VoiceCall, cause: HangupCause) {
    let answered = call.hops.iter().find(|hop| hop.status == S::Answered);
    let talked = answered.map_or(Duration::ZERO, |hop| draft.now().since(hop.at));
    let hop = CallHop { status: S::Completed, cause, ..CallHop::default() };
    push(draft, about, &call.id, call.direction, hop, talked, None);
}

/// The hub itself moves a call on.
pub fn step(draft: &mut Draft<'_, '_>, about: &About, call: &VoiceCall, status: CallStatus) {
    let hop = CallHop { status, ..CallHop::default() };
    push(draft, about, &call.id, call.direction, hop, Duration::ZERO, None);
}

/// The envelope of events about a call.
pub fn about(customer: &CustomerState, call: &VoiceCall, actor: Actor) -> About {
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

/// Folds what an app answered.
pub fn fold_plan(
    customer: &mut CustomerState,
    index: &mut Index,
    id: &SessionId,
    actions: &[VoiceAction],
) {
    if let Some(call) = customer.calls.iter_mut().rev().find(|c| c.id == *id) {
        index.remove_call(&customer.id, call);
        answered(call, actions);
        index.add_call(&customer.id, call);
    }
}

/// The open question of a call has its answer.
fn answered(call: &mut VoiceCall, actions: &[VoiceAction]) {
    if call.awaits_plan()
        && let Some(hop) = call.hops.iter_mut().rev().find(|hop| hop.prompt)
    {
        hop.answered = true;
        actions.clone_into(&mut hop.actions);
    }
}

/// Folds a report.
pub fn fold_report(
    customer: &mut CustomerState,
    index: &mut Index,
    at: Timestamp,
    id: &SessionId,
    hop: &CallHop,
    (duration, cost): (Duration, Option<Money>),
) {
    let Some(call) = customer.calls.iter_mut().rev().find(|c| c.id == *id) else { return };
    index.remove_call(&customer.id, call);
    if call.direction == Direction::Inbound && hop.status == S::Answered {
        answered(call, &[]);
    }
    if call.status != hop.status {
        call.updated_at = at;
    }
    call.status = hop.status;
    call.duration = duration;
    call.cost = cost;
    call.hops.push(hop.clone());
    limits::cut(&mut call.hops);
    index.add_call(&customer.id, call);
}

/// The first report of a session opens the call.
pub fn open(
    customer: &mut CustomerState,
    index: &mut Index,
    event: &Event,
    id: &SessionId,
    direction: Direction,
) {
    if index.sessions.contains_key(id) {
        return;
    }
    index.sessions.insert(id.clone(), customer.id.clone());
    customer.calls.push(VoiceCall {
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
        index.remove_call(&customer.id, &old);
    }
}
