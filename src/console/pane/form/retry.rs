//! A message that failed is written again (R-CONSOLE-29): what stands in its form, why it is written again, and which
//! way it takes. The way that failed stays chosen as long as it may work. Where it cannot, the first way to the same
//! customer that can is chosen, and the reason says so. The numbers are those of the form's target and of nobody else.

use crate::{
    catalog::{self, BuildContext, Spec, Values, choice, entry},
    console::drafts::FormDraft,
    model::{
        Actor, Body, Caller, ChannelNumber, CustomerNumber, CustomerState, Level, MessageStatus,
        advice::RetryChance,
    },
    rules,
};
use std::sync::Arc;

/// A number of the customer, and the org's number that writes to it.
pub type NumberPair = (CustomerNumber, ChannelNumber);

/// What is written in a form that says this.
#[must_use]
pub fn values(body: &Body) -> Vec<(String, String)> {
    let mut values = Vec::new();
    let mut set = |name: &str, value: String| values.push((name.to_owned(), value));
    if let Some(text) = &body.text {
        set("text", text.clone());
    }
    if let Some(template) = &body.template {
        let params: Vec<_> = template.params.iter().map(|value| entry::quoted(value)).collect();
        set("template", template.name.clone());
        set("params", params.join(", "));
        set("body", "template".into());
    } else if let Some(media) = body.media.first() {
        set("media", media.url.clone());
        set("media-kind", media.kind.word().into());
        set("body", "media".into());
    } else if let Some(place) = &body.location {
        set("place", format!("{}, {}", place.latitude, place.longitude));
        set("body", "location".into());
    }
    values
}

/// Chooses the way that these values go.
pub fn take_way(written: &mut FormDraft, (number, channel): &NumberPair) {
    catalog::MESSAGE.id.clone_into(&mut written.form);
    written.values.retain(|(name, _)| !["to", "from"].contains(&name.as_str()));
    written.values.push(("to".into(), choice::number_text(number)));
    written.values.push(("from".into(), channel.to_string()));
    written.target.reply_to = None;
    written.target.channel = Some(channel.clone());
}

/// The way that what is written goes: where it is an answer, that of the message that is answered.
#[must_use]
pub fn way_of(written: &FormDraft, cx: &BuildContext) -> Option<NumberPair> {
    let value = |wanted: &str| {
        let own = written.values.iter().find(|(name, _)| name == wanted);
        own.map_or("", |(_, value)| value.as_str())
    };
    if written.form == catalog::REPLY.id {
        let quoted = written.target.reply_to.as_ref()?;
        return Some((quoted.number.clone(), quoted.channel.clone()));
    }
    let use_ = catalog::ChannelUse::Messages;
    let number = choice::parse_number(value("to"), &written.target, use_, cx.hello).ok()?;
    Some((number, choice::parse_channel(value("from"), cx.hello, use_).ok()?))
}

/// Makes what failed ready to be sent again: where the way that failed cannot work, another one is chosen. Returns the
/// reason for the head of the form.
pub fn prepare(
    written: &mut FormDraft,
    status: MessageStatus,
    failed: Option<&NumberPair>,
    customer: Option<&Arc<CustomerState>>,
    cx: &BuildContext,
) -> String {
    let on = failed.map(|(_, channel)| format!(" on {channel}")).unwrap_or_default();
    let what = format!("not delivered{on}: {} ({})", status.words(), status.code());
    let advised = format!("{what}. {}", status.advice());
    let (Some(failed), Some(customer)) = (failed, customer) else { return advised };
    // What the agent has chosen since stays. An answer has no choice.
    let is_free = written.form != catalog::REPLY.id;
    let is_chosen = is_free && way_of(written, cx).is_some_and(|way| way != *failed);
    let is_shut = status.retry() == RetryChance::OtherWay;
    let is_forbidden = matches!(status.retry(), RetryChance::Not(_));
    if is_chosen || is_forbidden || (!is_shut && may_go(written, customer, cx)) {
        return advised;
    }
    match other_way(written, status, failed, customer, cx) {
        Some(way) => {
            take_way(written, &way);
            let (number, channel) = &way;
            let to = if *number == failed.0 { String::new() } else { format!(" to {number}") };
            format!("{what}. Chosen instead: {channel}{to}.")
        }
        None => format!("{advised} No other way to them is open now."),
    }
}

/// Whether what is written can be sent, as far as that can be told here.
fn may_go(written: &FormDraft, customer: &Arc<CustomerState>, cx: &BuildContext) -> bool {
    let mut values = Values::default();
    for (name, value) in &written.values {
        values.set(name, value);
    }
    let Some(spec) = Spec::by_id(&written.form) else { return false };
    let Ok(command) = (spec.build)(&values, &written.target, cx) else { return false };
    let caller = Caller { app: None, actor: Actor::Key(cx.hello.caller.clone()) };
    let findings = rules::guess(Some(customer), &command, &caller, cx.at);
    findings.iter().all(|finding| finding.level != Level::Block)
}

/// The first way to the same customer that may work: on the number that failed before others, and where they have been
/// in touch before where they have not.
fn other_way(
    written: &FormDraft,
    status: MessageStatus,
    failed: &NumberPair,
    customer: &Arc<CustomerState>,
    cx: &BuildContext,
) -> Option<NumberPair> {
    let answers = written.form == catalog::REPLY.id;
    let (number, channel) = failed;
    let is_shut = |way: &NumberPair| match status {
        MessageStatus::NoCapability | MessageStatus::CustomerNumberNotFound => {
            way.0 == *number && way.1.channel == channel.channel
        }
        MessageStatus::NotSupported => way.1.channel == channel.channel,
        MessageStatus::InvalidChannelNumber => way.1 == *channel,
        // What cannot be an answer may be a message of its own.
        _ => way == failed && !answers,
    };
    let others = written.target.numbers.iter().filter(|other| *other != number);
    let numbers = written.target.numbers.iter().filter(|own| *own == number).chain(others);
    let ours = || cx.hello.channels.iter().map(|bound| &bound.channel);
    let ways = numbers.flat_map(|number| {
        let reach = move |on: &&ChannelNumber| {
            on.channel.is_messaging() && choice::unreachable(on.channel, number).is_none()
        };
        ours().filter(reach).map(move |on| (number.clone(), on.clone()))
    });
    let mut ways: Vec<_> = ways.filter(|way| !is_shut(way)).collect();
    ways.sort_by_key(|(number, on)| customer.channel(number, on).is_none());
    ways.into_iter().find(|way| {
        let mut tried = written.clone();
        take_way(&mut tried, way);
        may_go(&tried, customer, cx)
    })
}

#[cfg(test)]
mod tests;
