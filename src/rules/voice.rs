//! Calls: those that customers place, those that apps place (R-CALL-1), and what the network reports
//! about them (R-CALL-2, R-CALL-3). What apps answer to prompts is in `prompt`.
//!
//! A network drives a call through `ReportCall` alone. It reads the plan from `CallPlanned` and reports
//! what becomes of its last action. The rules say which report asks an app for the next plan (R-VOICE-1,
//! the hop's `prompt`), and they never ask a second time before the first answer (R-ORD-8).
//!
//! | the plan ends with | the network reports | asks |
//! |---|---|---|
//! | nothing that ends it (`say`, `play`, `record_session`) | COMPLETED when it is over | no |
//! | `get_digits` | ACTIVE with `digits`, which are empty if none were pressed | yes |
//! | `get_recording` | ACTIVE with `recording_url` | yes |
//! | `dial` | DIALING, BRIDGED, then `DIAL_COMPLETED` with `dial`; or, if nobody answers, DIALING, then `DIAL_COMPLETED` with a `dial` of no duration | at 202 |
//! | `enqueue` | ENQUEUED; what follows is up to the call that takes this one; ACTIVE when that one has gone | at ACTIVE |
//! | `dequeue` | DEQUEUED: the rules take the first caller of the queue and record DEQUEUED, BRIDGED for both calls, or, if nobody waits, ACTIVE; ACTIVE when the other has gone | at ACTIVE |
//! | `redirect` | TRANSFERRED, then `TRANSFER_COMPLETED`; or COMPLETED | at 207 |
//!
//! Before the first plan, an outbound call is reported RINGING, then ANSWERED (which asks),
//! `NOT_ANSWERED` or EXPIRED. An inbound call asks at once, by ringing, and its first plan records
//! ANSWERED and ACTIVE. If the network reports ANSWERED instead, a person has picked up and no app is
//! asked. COMPLETED and 501 may come at any time. Cause, duration and price belong to a final status.
//! When one of two joined calls ends, the network says what becomes of the other.

use super::{
    RuleResult, World,
    addressing::{self, ResolvedCustomer},
    builder::{About, DecisionBuilder},
    index::Index,
    limits,
};
use crate::model::{
    Actor, CallHop, CallReceipt, CallStatus, Channel, ChannelNumber, CustomerId, CustomerNumber,
    CustomerState, Direction, Event, EventKind, HangupCause, Money, QueueData, Receipt, SessionId,
    Timestamp, VoiceAction, VoiceCall,
    receipt::{network, refused, unchanged},
};
use std::{sync::Arc, time::Duration};

use CallStatus as S;

/// Which status of a call may follow which (R-CALL-2). COMPLETED and 501 are not in the table: they
/// may follow whatever is not final. From ACTIVE to DEQUEUED goes the call that takes another one
/// from a queue.
pub const STEPS: [(CallStatus, &[CallStatus]); 13] = [
    (S::Queued, &QUEUED),
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

/// What becomes of a call that was placed: it rings, or the network refuses it (R-CARRY-25).
const QUEUED: [CallStatus; 7] = [
    S::Ringing,
    S::NotAnswered,
    S::Expired,
    S::InsufficientCredit,
    S::InvalidPhoneNumber,
    S::DestinationNotSupported,
    S::InvalidChannelNumber,
];

/// Whether a call may go from one status to another.
pub fn follows(from: CallStatus, to: CallStatus) -> bool {
    let live = !from.is_final() && from != S::Unspecified;
    (live && matches!(to, S::Completed | S::ApplicationError))
        || STEPS.iter().any(|(at, next)| *at == from && next.contains(&to))
}

/// A customer calls. The call rings (102), and an app is asked what to do. Refused if the number is in a
/// call already, as in R-CALL-1.
pub fn receive(
    builder: &mut DecisionBuilder<'_, '_>,
    from: &CustomerNumber,
    to: &ChannelNumber,
) -> RuleResult {
    let to = ChannelNumber::new(to.channel, &to.number);
    let voice = |channel| channel == Channel::Voice;
    let (whom, number) = addressing::sender(builder.world, builder.settings(), from, &to, voice)?;
    if let Some((customer, call)) = busy(&whom, &number) {
        let why = network(false, "already in a call", Some(&customer.id), Some(call.id.as_str()));
        return Err(why);
    }
    let (about, _) = builder.meet(&whom, Actor::Customer);
    let app = addressing::routed(builder.settings(), None, &number, &to);
    let about = about.between(&number, &to).for_app(app);
    let session: SessionId = builder.id("el_ses_");
    let hop = CallHop { status: S::Ringing, prompt: true, ..CallHop::default() };
    push(builder, &about, &session, Direction::Inbound, hop, Duration::ZERO, None);
    Ok(network(true, "the call rings", about.customer.as_ref(), Some(session.as_str())))
}

/// The call that a number is in, with its customer; `None` if it is in none.
fn busy<'a>(
    whom: &ResolvedCustomer<'a>,
    number: &CustomerNumber,
) -> Option<(&'a Arc<CustomerState>, &'a VoiceCall)> {
    let customer = whom.customer()?;
    let live = |call: &&VoiceCall| call.number == *number && !call.status.is_final();
    customer.calls.iter().rev().find(live).map(|call| (customer, call))
}

/// An app calls a customer (R-CALL-1). A refusal is not recorded.
pub fn make(
    builder: &mut DecisionBuilder<'_, '_>,
    to: &CustomerNumber,
    from: &ChannelNumber,
) -> RuleResult {
    let from = ChannelNumber::new(from.channel, &from.number);
    let whom = addressing::by_number(builder.world, to, Channel::Voice);
    let known = whom.as_ref().ok().and_then(ResolvedCustomer::customer);
    let refuse = |status, why: String| receipt(status, why, None, known.map(|c| c.id.clone()));
    addressing::registered(builder.settings(), &from)
        .map_err(|why| refuse(S::InvalidChannelNumber, why))?;
    if from.channel != Channel::Voice {
        let why = format!("no calls are made from {}", from.channel.word());
        return Err(refuse(S::InvalidChannelNumber, why));
    }
    let settings = builder.settings();
    if !settings.carriers.is_empty() && settings.carrier_of(&from).is_none() {
        let why = format!("no network carries calls from {}", from.number);
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
    let (about, _) = builder.meet(&whom, builder.actor());
    let about = about.between(&number, &from).for_app(builder.app());
    let session: SessionId = builder.id("el_ses_");
    let hop = CallHop { status: S::Queued, ..CallHop::default() };
    push(builder, &about, &session, Direction::Outbound, hop, Duration::ZERO, None);
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

impl World {
    /// A call that is in a customer's history.
    #[must_use]
    pub fn voice_call(&self, id: &SessionId) -> Option<VoiceCall> {
        find(self, id).map(|(_, call)| call.clone())
    }
}

/// Finds a call that is in a customer's history.
pub fn find<'w>(
    world: &'w World,
    id: &SessionId,
) -> Option<(&'w Arc<CustomerState>, &'w VoiceCall)> {
    let customer = world.by_id(&world.index.session(id)?)?;
    Some((customer, customer.calls.iter().rev().find(|call| call.id == *id)?))
}

/// The network reports where a call is. Late and repeated reports change nothing (R-ORD-3), and
/// impossible ones are refused. The same status again counts only if it brings pressed keys or a
/// recording, and only while the call does not wait for a plan. So keys that are reported at the very
/// moment of their timeout count once.
pub fn report(
    builder: &mut DecisionBuilder<'_, '_>,
    id: &SessionId,
    hop: &CallHop,
    duration: Duration,
    cost: Option<Money>,
) -> RuleResult {
    let Some((customer, call)) = find(builder.world, id) else {
        return Err(refused(format!("no call {id}")));
    };
    let refuse = |why: String| network(false, why, Some(&customer.id), Some(id.as_str()));
    if !credible(hop, duration) {
        return Err(refuse("that report is too large to be true".into()));
    }
    if let (S::Active, S::Dequeued, Some(VoiceAction::Dequeue { channel, queue_name, .. })) =
        (call.status, hop.status, call.plan().last())
    {
        let words = take(builder, (customer, call), channel, queue_name.as_deref());
        return Ok(network(true, words, Some(&customer.id), Some(id.as_str())));
    }
    let news = hop.digits.is_some() || hop.recording_url.is_some();
    let wanted = news && !call.awaits_plan();
    let same = hop.status == call.status && wanted && !call.status.is_final();
    if !same && !follows(call.status, hop.status) {
        if call.status.is_final() || call.hops.iter().any(|past| past.status == hop.status) {
            return Ok(unchanged(&customer.id, id.as_str()));
        }
        let (from, to) = (call.status.words(), hop.status.words());
        return Err(refuse(format!("a call cannot go from \"{from}\" to \"{to}\"")));
    }
    let about = about(customer, call, builder.actor());
    let hop = heard(call, hop, builder.now());
    let words = hop.status.words();
    push(builder, &about, id, call.direction, hop, duration, cost);
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

/// A report as it is recorded. Whether it asks for a plan and how long the call was in a queue is not
/// taken from the network but decided here.
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

/// Fills in how long a call was in its queue, if it was in one.
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

/// A call takes the first caller of a queue, and the apps of both calls are told who the other is. If
/// nobody waits there, the app of the call is asked for another plan. Returns what to answer.
fn take(
    builder: &mut DecisionBuilder<'_, '_>,
    (customer, call): (&Arc<CustomerState>, &VoiceCall),
    channel: &ChannelNumber,
    name: Option<&str>,
) -> String {
    let name = name.unwrap_or_default();
    let earliest = Timestamp::from_micros(i64::MIN);
    let from = (channel.clone(), name.to_owned(), earliest, SessionId::default());
    let ahead = builder.world.index.queued.range(from..).next();
    let first = ahead
        .filter(|(on, queue, ..)| on == channel && queue == name)
        .and_then(|(.., id)| find(builder.world, id));
    let now = builder.now();
    let mut tell = |(customer, call): (&Arc<CustomerState>, &VoiceCall), status, queue, prompt| {
        let about = about(customer, call, builder.actor());
        let hop = CallHop { status, queue: Some(queue), prompt, ..CallHop::default() };
        push(builder, &about, &call.id, call.direction, hop, Duration::ZERO, None);
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

/// Nobody said in time what a call does next, and the network hangs up. A plan that came at the last moment is not late.
pub fn miss(builder: &mut DecisionBuilder<'_, '_>, id: &SessionId) -> RuleResult {
    let Some((customer, call)) = find(builder.world, id) else {
        return Err(refused(format!("no call {id}")));
    };
    if !call.awaits_plan() {
        return Ok(unchanged(&customer.id, id.as_str()));
    }
    timed_out(builder, customer, id);
    Ok(network(true, "nobody answered in time", Some(&customer.id), Some(id.as_str())))
}

/// Ends a call because the app did not answer its prompt in time (R-HOOK-2), nobody picked up, or it
/// never rang (R-CALL-3).
pub fn timed_out(builder: &mut DecisionBuilder<'_, '_>, customer: &CustomerState, id: &SessionId) {
    let Some(call) = customer.calls.iter().find(|c| c.id == *id) else { return };
    let about = about(customer, call, Actor::Hub);
    if call.awaits_plan() {
        builder.push(&about, EventKind::PromptMissed { session: id.clone() });
        return hang_up(builder, &about, call, HangupCause::NormalClearing);
    }
    let (status, cause) = if call.status == S::Ringing {
        (S::NotAnswered, HangupCause::NoAnswer)
    } else {
        (S::Expired, HangupCause::Unspecified)
    };
    let hop = CallHop { status, cause, ..CallHop::default() };
    push(builder, &about, id, call.direction, hop, Duration::ZERO, None);
}

/// The hub itself ends a call. Its duration counts from when it was answered.
pub fn hang_up(
    builder: &mut DecisionBuilder<'_, '_>,
    about: &About,
    call: &VoiceCall,
    cause: HangupCause,
) {
    let answered = call.hops.iter().find(|hop| hop.status == S::Answered);
    let talked = answered.map_or(Duration::ZERO, |hop| builder.now().since(hop.at));
    let hop = CallHop { status: S::Completed, cause, ..CallHop::default() };
    push(builder, about, &call.id, call.direction, hop, talked, None);
}

/// The hub itself moves a call on to the next status.
pub fn step(
    builder: &mut DecisionBuilder<'_, '_>,
    about: &About,
    call: &VoiceCall,
    status: CallStatus,
) {
    let hop = CallHop { status, ..CallHop::default() };
    push(builder, about, &call.id, call.direction, hop, Duration::ZERO, None);
}

/// The envelope for events about a call.
pub fn about(customer: &CustomerState, call: &VoiceCall, actor: Actor) -> About {
    About::known(customer, actor).between(&call.number, &call.channel).for_app(call.app.clone())
}

/// Records a change of a call. Cause, duration and price are left out unless the status
/// is final, and the duration has whole milliseconds, as the log keeps it (R-VOICE-2).
fn push(
    builder: &mut DecisionBuilder<'_, '_>,
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
        hop: CallHop { cause, at: builder.time(about), ..hop },
        duration: if over { whole_millis(duration) } else { Duration::ZERO },
        cost: cost.filter(|_| over),
    };
    builder.push(about, kind);
}

fn whole_millis(duration: Duration) -> Duration {
    duration.saturating_sub(Duration::from_nanos(u64::from(duration.subsec_nanos() % 1_000_000)))
}

/// Folds the plan with which an app answered.
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

/// Marks the open prompt of a call as answered, if it has one.
fn answered(call: &mut VoiceCall, actions: &[VoiceAction]) {
    if call.awaits_plan()
        && let Some(hop) = call.hops.iter_mut().rev().find(|hop| hop.prompt)
    {
        hop.answered = true;
        actions.clone_into(&mut hop.actions);
    }
}

/// Folds a change of a call.
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

/// Adds a call to a history if it is new: its first change opens it.
pub fn open(
    customer: &mut CustomerState,
    index: &mut Index,
    event: &Event,
    id: &SessionId,
    direction: Direction,
) {
    if index.session(id).is_some() {
        return;
    }
    index.add_session(&customer.id, id);
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
        index.remove_session(&old.id);
        index.remove_call(&customer.id, &old);
    }
}
