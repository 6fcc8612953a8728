//! Messages that leave later (R-LATER-1 to R-LATER-4). A message is checked when it is put off, so that whoever
//! wrote it learns at once what is wrong with it, and decided anew when it leaves: by then the customer may have opted
//! out, or a session may have closed. It has one id all the time, by which it leaves once.

use super::{
    RuleResult,
    addressing::{self, ResolvedCustomer},
    builder::{About, DecisionBuilder},
    due::{self, Subject},
    index::Index,
    limits, messaging,
    preflight::short,
    quiet, spelling,
};
use crate::model::{
    Actor, Body, ChannelNumber, CustomerId, CustomerNumber, CustomerRef, CustomerState, Direction,
    Event, EventKind, LastAnswer, MessageId, MessageReceipt, MessageStatus, Receipt,
    ScheduledMessage, Seq, Timestamp, describe, line_break::one_line, receipt::state,
};

/// Has a message to a customer number leave later (R-LATER-1).
pub fn schedule(
    builder: &mut DecisionBuilder<'_, '_>,
    (to, from): (&CustomerNumber, &ChannelNumber),
    body: &Body,
    at: Timestamp,
    in_reply_to: Option<&MessageId>,
    seen: Option<Seq>,
) -> RuleResult {
    let meant = messaging::receiver(builder, to, from, body, seen)?;
    let known = meant.whom.customer();
    let refuse = |(status, why)| messaging::refusal(known.map(|c| &c.id), (status, why));
    ahead(builder, at).map_err(refuse)?;
    if let Some(id) = in_reply_to {
        let answered = known.and_then(|customer| customer.message(id)).is_some_and(|message| {
            message.direction == Direction::Inbound
                && (&message.number, &message.channel) == (&meant.number, &meant.from)
        });
        if !answered {
            let why = format!("this customer wrote no message {id} there");
            return Err(refuse((MessageStatus::InvalidReplyToMessageId, why)));
        }
    }
    let known = known.map(AsRef::as_ref);
    if is_out(builder, known, (&meant.number, &meant.from), in_reply_to) {
        let why = MessageStatus::NoConsent.words().to_owned();
        return Err(refuse((MessageStatus::NoConsent, why)));
    }
    room(known, body, None).map_err(refuse)?;
    let (about, _) = builder.meet(&meant.whom, builder.actor());
    let about = about.between(&meant.number, &meant.from).for_app(builder.app());
    let (id, in_reply_to) = (builder.id("el_msg_"), in_reply_to.cloned());
    Ok(put_off(
        builder,
        &about,
        ScheduledMessage { id, at, body: body.clone(), in_reply_to, ..ScheduledMessage::default() },
    ))
}

/// Changes the time and the content of a message that has not left yet (R-LATER-3).
pub fn edit(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerRef,
    id: &MessageId,
    (body, at): (&Body, Timestamp),
    seen: Option<Seq>,
) -> RuleResult {
    let refuse = |customer: Option<CustomerId>, (status, why)| {
        messaging::refusal(customer.as_ref(), (status, why))
    };
    let whom = addressing::resolve(builder.world, customer, builder.now()).map_err(|nobody| {
        refuse(nobody.merged_into, (MessageStatus::InvalidCustomerId, nobody.why))
    })?;
    let known = whom.customer();
    let refuse = |why| refuse(known.map(|customer| customer.id.clone()), why);
    let Some((customer, old)) = known.and_then(|c| Some((c, c.scheduled(id)?))) else {
        return Err(refuse((MessageStatus::InvalidRequest, gone(&whom, id))));
    };
    unchanged_since(builder, customer, old, seen)?;
    messaging::sendable(builder, &old.number, &old.channel, body).map_err(refuse)?;
    ahead(builder, at).map_err(refuse)?;
    room(Some(customer), body, Some(id)).map_err(refuse)?;
    let about = About::known(customer, builder.actor())
        .between(&old.number, &old.channel)
        .for_app(old.app.clone());
    let new = ScheduledMessage { at, body: body.clone(), ..old.clone() };
    Ok(put_off(builder, &about, new))
}

/// Refuses to change what somebody else has changed after the place that the editor has seen.
fn unchanged_since(
    builder: &DecisionBuilder<'_, '_>,
    customer: &CustomerState,
    message: &ScheduledMessage,
    seen: Option<Seq>,
) -> Result<(), Receipt> {
    let unseen = seen.is_some_and(|seen| message.written_in > seen);
    if !unseen || message.by == builder.actor() {
        return Ok(());
    }
    let (seq, at, by) = (message.written_in, message.written_at, message.by.clone());
    let text = message.body.summary().chars().take(limits::UNANSWERED_CHARS).collect();
    let answer = LastAnswer { seq, at, by, message: message.id.clone(), text };
    let ago = short(builder.now().since(at));
    let description = format!("{} changed it {ago} ago: {}", answer.who(), one_line(&answer.text));
    Err(Receipt::Message(MessageReceipt {
        status: MessageStatus::Conflict,
        description,
        message: None,
        customer: Some(customer.id.clone()),
        conflict: Some(Box::new(answer)),
    }))
}

/// Has a message not leave that waits for its time (R-LATER-3). One that has left cannot be called back.
pub fn cancel(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerRef,
    id: &MessageId,
) -> RuleResult {
    let whom = addressing::resolve(builder.world, customer, builder.now())
        .map_err(|nobody| state(false, nobody.why, nobody.merged_into))?;
    let found = whom.customer().and_then(|c| Some((c, c.scheduled(id)?)));
    let Some((customer, message)) = found else {
        let customer = whom.customer().map(|customer| customer.id.clone());
        return Err(state(false, gone(&whom, id), customer));
    };
    let about = About::known(customer, builder.actor())
        .between(&message.number, &message.channel)
        .for_app(message.app.clone());
    builder.push(&about, EventKind::ScheduledCancelled { id: id.clone() });
    Ok(state(true, "cancelled: it does not leave", about.customer))
}

/// Sends a message whose time has come, as its author (R-LATER-2). Returns the bytes of its text, by which a sweep
/// measures its entry.
pub fn leave(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerState,
    id: &MessageId,
) -> usize {
    let Some(message) = customer.scheduled(id) else { return 0 };
    let ScheduledMessage { id, at, number, channel, app, by, body, in_reply_to, .. } = message;
    let (now, settings, bytes) = (builder.now(), builder.settings(), limits::weight(body));
    let is_late = now.since(*at) > limits::SCHEDULED_LATE;
    let until = quiet::until(settings, customer, number, now).filter(|_| is_late);
    if let Some(until) = until.filter(|_| quiet::until(settings, customer, number, *at).is_none()) {
        let about =
            About::known(customer, Actor::Hub).between(number, channel).for_app(app.clone());
        put_off(builder, &about, ScheduledMessage { at: until, ..message.clone() });
        return bytes;
    }
    let pair = (number, channel);
    let status = match messaging::addressed(settings, channel, body) {
        Ok(()) if is_answered(customer, message) => MessageStatus::Conflict,
        Ok(()) => {
            let out = is_out(builder, Some(customer), pair, in_reply_to.as_ref());
            messaging::permitted(Some(customer), number, channel, body, now, out)
        }
        Err((status, _)) => status,
    };
    let about = About::known(customer, by.clone()).between(number, channel).for_app(app.clone());
    let (sent, body, in_reply_to) = (id.clone(), body.clone(), in_reply_to.clone());
    builder
        .push(&about, EventKind::MessageSent { id: sent, body, status, in_reply_to, work: None });
    // No call is there whose reply could tell the app.
    if status != MessageStatus::Sent {
        builder.push(&about, EventKind::MessageStatusChanged { id: id.clone(), status });
    }
    bytes
}

/// Whether another person has answered the customer since an answer of a person was written, so that it may be wrong
/// by now. What is written to somebody without an occasion is no answer.
fn is_answered(customer: &CustomerState, message: &ScheduledMessage) -> bool {
    message.in_reply_to.is_some()
        && message.by.is_agent()
        && customer.answered_since(message.written_in, &message.by).is_some()
}

fn put_off(
    builder: &mut DecisionBuilder<'_, '_>,
    about: &About,
    message: ScheduledMessage,
) -> Receipt {
    let again = message.written_in != Seq(0);
    let ScheduledMessage { id, at: leaves_at, body, in_reply_to, .. } = message;
    let message = Some(id.clone());
    builder.push(about, EventKind::MessageScheduled { id, body, leaves_at, in_reply_to, again });
    Receipt::Message(MessageReceipt {
        status: MessageStatus::Scheduled,
        description: format!("scheduled: it leaves at {}", leaves_at.minute()),
        message,
        customer: about.customer.clone(),
        conflict: None,
    })
}

/// Whether they opted out, which does not count for an answer to what they wrote in the last 24 hours
/// (R-REPLYTO-1, as for an answer that leaves at once).
fn is_out(
    builder: &DecisionBuilder<'_, '_>,
    customer: Option<&CustomerState>,
    (number, channel): (&CustomerNumber, &ChannelNumber),
    in_reply_to: Option<&MessageId>,
) -> bool {
    let answered = in_reply_to.and_then(|id| customer?.message(id));
    let wrote_lately = answered
        .is_some_and(|message| builder.now() < message.created_at.after(limits::REPLY_WINDOW));
    !wrote_lately
        && spelling::opted_out(builder.world, builder.settings(), customer, number, channel)
}

/// Checks that a time lies ahead, and not too far.
pub fn ahead(
    builder: &DecisionBuilder<'_, '_>,
    at: Timestamp,
) -> Result<(), messaging::MessageRefusal> {
    let now = builder.now();
    let why = if at <= now {
        format!("{} is over: give a time that lies ahead, or none to send it now", at.minute())
    } else if at.since(now) > limits::SCHEDULED_AHEAD {
        let most = describe::span(limits::SCHEDULED_AHEAD);
        format!("{} is too far ahead: a message waits for {most} at most", at.minute())
    } else {
        return Ok(());
    };
    Err((MessageStatus::InvalidRequest, why))
}

/// Checks that the customer's messages that wait keep the limits together with this one, which may replace another.
fn room(
    customer: Option<&CustomerState>,
    body: &Body,
    instead_of: Option<&MessageId>,
) -> Result<(), messaging::MessageRefusal> {
    let waiting = customer.map_or(&[][..], |customer| &customer.scheduled);
    let others = || waiting.iter().filter(|message| Some(&message.id) != instead_of);
    let bytes = limits::weight(body) + weight(others());
    let why = if others().count() >= limits::SCHEDULED {
        format!("{} messages to a customer may wait at most", limits::SCHEDULED)
    } else if bytes > limits::SCHEDULED_BYTES {
        let most = limits::SCHEDULED_BYTES / 1024;
        format!("the messages to a customer that wait may have {most} KiB at most")
    } else {
        return Ok(());
    };
    Err((MessageStatus::InvalidRequest, why))
}

/// How many bytes of text the messages have.
pub fn weight<'m>(messages: impl Iterator<Item = &'m ScheduledMessage>) -> usize {
    messages.map(|message| limits::weight(&message.body)).sum()
}

/// Why no message of this id waits.
fn gone(whom: &ResolvedCustomer<'_>, id: &MessageId) -> String {
    match whom.customer().and_then(|customer| customer.message(id)) {
        Some(message) => {
            format!(
                "{id} left at {} and is {} now",
                message.created_at.minute(),
                message.status.words()
            )
        }
        None => format!("no message {id} waits here: it was cancelled, or is another customer's"),
    }
}

/// Folds that a message was put off, or changed before it left. Its author is who changed it last, unless the hub
/// only moved it.
pub fn fold_scheduled(customer: &mut CustomerState, index: &mut Index, event: &Event, seq: Seq) {
    let EventKind::MessageScheduled { id, body, leaves_at, in_reply_to, again: _ } = &event.kind
    else {
        return;
    };
    change(customer, index, id, |all, place| {
        if let Some(old) = place.and_then(|at| all.get_mut(at)) {
            if event.actor != Actor::Hub {
                old.by = event.actor.clone();
                (old.written_at, old.written_in) = (event.at, seq);
            }
            (old.at, old.body) = (*leaves_at, body.clone());
            return;
        }
        all.push(ScheduledMessage {
            id: id.clone(),
            at: *leaves_at,
            number: event.number.clone().unwrap_or_default(),
            channel: event.channel.clone().unwrap_or_default(),
            app: event.app.clone(),
            by: event.actor.clone(),
            body: body.clone(),
            in_reply_to: in_reply_to.clone(),
            written_at: event.at,
            written_in: seq,
        });
    });
}

/// Whether the customer has written something that the author of a message which leaves now cannot have read.
pub fn is_overtaken(customer: &CustomerState, id: &MessageId) -> bool {
    let wrote = customer.unanswered.as_ref().map(|unanswered| unanswered.last_at);
    let written = customer.scheduled(id).map(|message| message.written_at);
    written.is_some_and(|written| wrote.is_some_and(|wrote| wrote > written))
}

/// Folds that a message waits no longer: it has left, or was cancelled.
pub fn fold_gone(customer: &mut CustomerState, index: &mut Index, id: &MessageId) {
    if customer.scheduled(id).is_some() {
        change(customer, index, id, |all, place| {
            if let Some(at) = place {
                all.remove(at);
            }
        });
    }
}

fn change(
    customer: &mut CustomerState,
    index: &mut Index,
    id: &MessageId,
    how: impl FnOnce(&mut Vec<ScheduledMessage>, Option<usize>),
) {
    let waited = customer.scheduled(id).and_then(due::of_scheduled);
    let place = customer.scheduled.iter().position(|message| message.id == *id);
    how(&mut customer.scheduled, place);
    let waits = customer.scheduled(id).and_then(due::of_scheduled);
    index.wait(&customer.id, &Subject::Scheduled(id.clone()), waited, waits);
}
