//! Two agents who answer the same customer at once (R-CONFLICT-1, R-CONFLICT-2). Whoever says how far they
//! have seen what was said to a customer is stopped if somebody else has answered since. What counts as an
//! answer is what counts for a customer who waits (`waiting`): both ask the event (R-WAIT-2).

use super::{builder::DecisionBuilder, preflight::short};
use crate::model::{
    CustomerState, LastAnswer, MessageReceipt, MessageStatus, Seq, line_break::one_line,
};

/// Refuses a message to a customer whom somebody else has answered after the place that its sender has seen
/// (R-CONFLICT-1). A sender who does not say what they have seen is not stopped. `customer` is `None` if nobody
/// is known yet who has that number.
pub fn check(
    builder: &DecisionBuilder<'_, '_>,
    customer: Option<&CustomerState>,
    seen: Option<Seq>,
) -> Result<(), MessageReceipt> {
    let Some(seen) = seen else { return Ok(()) };
    let refusal = |status, description, conflict| MessageReceipt {
        status,
        description,
        message: None,
        customer: customer.map(|customer| customer.id.clone()),
        conflict,
    };
    let (newest, _) = builder.world.head();
    if seen > newest {
        let why = format!("nobody has seen entry {} yet: the newest is {}", seen.0, newest.0);
        return Err(refusal(MessageStatus::InvalidRequest, why, None));
    }
    let answer = customer.and_then(|customer| customer.answered_since(seen, &builder.actor()));
    let Some(answer) = answer else { return Ok(()) };
    let ago = short(builder.now().since(answer.at));
    let why = format!("{} answered {ago} ago: {}", answer.who(), one_line(&answer.text));
    Err(refusal(MessageStatus::Conflict, why, Some(Box::new(answer.clone()))))
}

/// Folds an answer. Of earlier ones the last that somebody else gave is kept: it is what the author of the new
/// one may not have seen.
pub fn fold(customer: &mut CustomerState, answer: Option<LastAnswer>) {
    let Some(answer) = answer else { return };
    customer.answers.retain(|before| before.by != answer.by);
    customer.answers.insert(0, answer);
    customer.answers.truncate(2);
}

/// The answers to two customers who are one from now on.
pub fn merged(own: Vec<LastAnswer>, theirs: Vec<LastAnswer>) -> Vec<LastAnswer> {
    let mut all: Vec<_> = own.into_iter().chain(theirs).collect();
    all.sort_by_key(|answer| std::cmp::Reverse(answer.seq));
    let mut all = all.into_iter();
    let Some(last) = all.next() else { return Vec::new() };
    let other = all.find(|answer| answer.by != last.by);
    std::iter::once(last).chain(other).collect()
}
