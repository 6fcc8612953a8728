//! Who waits for an answer from a person: since when, and to what (R-WAIT-1 to R-WAIT-5). It follows from
//! the messages in the log, so nobody has to say that somebody waits.

use super::{
    RuleResult, addressing,
    builder::{About, DecisionBuilder},
    due::{self, Subject},
    index::Index,
    limits::{UNANSWERED_CHARS, count},
};
use crate::model::{
    CustomerRef, CustomerState, Event, EventKind, LastAnswer, Message, MessageId, Unanswered,
    receipt::state,
};

/// Says that what a customer wrote needs no answer (R-WAIT-5). If they have written after the message
/// `up_to`, nobody has read that yet, so it is refused.
pub fn no_answer_needed(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerRef,
    up_to: Option<&MessageId>,
) -> RuleResult {
    let whom = addressing::resolve(builder.world, customer, builder.now())
        .map_err(|nobody| state(false, nobody.why, nobody.merged_into))?;
    let Some(known) = whom.customer() else {
        return Err(state(false, format!("nobody has written from {customer}"), None));
    };
    let refuse = |why: String| state(false, why, Some(known.id.clone()));
    let Some(unanswered) = &known.unanswered else {
        return Err(refuse("this customer does not wait for an answer".into()));
    };
    let Unanswered { last, text, number, channel, count: messages, .. } = unanswered;
    if up_to.is_some_and(|up_to| up_to != last) {
        return Err(refuse(format!("the last that they wrote is another message, {last}: {text}")));
    }
    let about = About::known(known, builder.actor()).between(number, channel);
    let kind = EventKind::NoAnswerNeeded { message: last.clone(), count: *messages };
    builder.push(&about.for_app(builder.app()), kind);
    let messages = count(usize::try_from(*messages).unwrap_or(usize::MAX), "message");
    Ok(state(true, format!("no answer needed to {messages}"), Some(known.id.clone())))
}

/// Whether a message that came is one of the words by which customers opt out or come back: then the same
/// entry changes their consent. The hub has done what the customer wanted, and nobody needs to answer.
pub fn is_consent_word(message: &Event, after: &[Event]) -> bool {
    let same = |event: &&Event| event.customer == message.customer;
    after.iter().filter(same).any(|event| matches!(event.kind, EventKind::ConsentChanged(_)))
}

/// Folds a message of the customer. They wait since the first of those that nobody has answered.
pub fn fold_received(customer: &mut CustomerState, index: &mut Index, message: &Message) {
    let before = customer.unanswered.as_ref();
    let unanswered = Unanswered {
        since: before.map_or(message.created_at, |before| before.since),
        count: before.map_or(0, |before| before.count).saturating_add(1),
        last: message.id.clone(),
        last_at: message.created_at,
        number: message.number.clone(),
        channel: message.channel.clone(),
        text: message.body.summary().chars().take(UNANSWERED_CHARS).collect(),
    };
    set(customer, index, Some(unanswered));
}

/// Folds a message to the customer, who waits no longer if it is an answer (R-WAIT-2).
pub fn fold_sent(customer: &mut CustomerState, index: &mut Index, answer: Option<&LastAnswer>) {
    if answer.is_some() {
        set(customer, index, None);
    }
}

/// Folds that what the customer wrote needs no answer.
pub fn fold_no_answer_needed(customer: &mut CustomerState, index: &mut Index) {
    set(customer, index, None);
}

/// What two customers wait for who are one from now on: since the earlier time, with the later of
/// the last messages.
pub fn merged(own: Option<Unanswered>, theirs: Option<Unanswered>) -> Option<Unanswered> {
    let (own, theirs) = match (own, theirs) {
        (Some(own), Some(theirs)) => (own, theirs),
        (own, theirs) => return own.or(theirs),
    };
    let (since, count) = (own.since.min(theirs.since), own.count.saturating_add(theirs.count));
    let last = if theirs.last_at > own.last_at { theirs } else { own };
    Some(Unanswered { since, count, ..last })
}

fn set(customer: &mut CustomerState, index: &mut Index, unanswered: Option<Unanswered>) {
    let waited = due::of_unanswered(customer);
    customer.unanswered = unanswered;
    index.wait(&customer.id, &Subject::Unanswered, waited, due::of_unanswered(customer));
}
