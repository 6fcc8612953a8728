//! What can be chosen: the customer's numbers and the org's channel numbers, with the reason
//! beside what cannot be used. Choices are texts, so that a draft and a headless flag are the same.

use super::{Lines, Target};
use crate::model::{Channel, ChannelNumber, CustomerNumber, CustomerRef, Hello};

/// One thing that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What stands in the field; raw.
    pub value: String,
    /// Why it cannot be used with the rest.
    pub refused: Option<String>,
}

/// A number as text; its partition follows `#`, because it is part of the identity.
#[must_use]
pub fn number_text(number: &CustomerNumber) -> String {
    match &number.partition {
        Some(partition) => format!("{number}#{partition}"),
        None => number.to_string(),
    }
}

/// The customer's numbers; where a telephone is needed, with the reason beside the others.
#[must_use]
pub fn numbers(target: &Target, telephone: bool) -> Vec<Choice> {
    let refused = |n: &CustomerNumber| {
        let wrong = telephone && n.provider != crate::model::Provider::Telco;
        wrong.then(|| "not a telephone number".to_owned())
    };
    let choice = |n| Choice { value: number_text(n), refused: refused(n) };
    target.numbers.iter().map(choice).collect()
}

/// The org's numbers that will do, and the one the conversation is on; each with the reason if it
/// cannot reach `number`.
#[must_use]
pub fn channels(
    target: &Target,
    hello: &Hello,
    number: Option<&CustomerNumber>,
    lines: Lines,
) -> Vec<Choice> {
    let bound = hello.channels.iter().map(|bound| &bound.channel);
    let known = hello.channels.is_empty().then_some(target.channel.as_ref()).flatten();
    bound
        .chain(known)
        .filter(|channel| lines.includes(channel.channel))
        .map(|channel| Choice {
            value: channel.to_string(),
            refused: number.and_then(|number| unreachable(channel.channel, number)),
        })
        .collect()
}

/// Why a channel cannot reach a number (R-MSG-1 step 3).
#[must_use]
pub fn unreachable(channel: Channel, number: &CustomerNumber) -> Option<String> {
    (channel.provider() != number.provider).then(|| {
        format!(
            "{} cannot reach a {} number: choose another number or channel",
            channel.word(),
            number.provider.word()
        )
    })
}

/// The number a field names. Inside a form only the customer's own numbers will do (H2).
pub fn parse_number(text: &str, target: &Target) -> Result<CustomerNumber, String> {
    let text = text.trim();
    if let Some(known) = target.numbers.iter().find(|n| number_text(n) == text) {
        return Ok(known.clone());
    }
    if text.is_empty() {
        return Err(match (&target.customer, target.numbers.is_empty()) {
            (Some(_), true) => "no number of this customer is known".into(),
            (Some(_), false) => "which of the customer's numbers".into(),
            (None, _) => "whom: a number such as +254711000001".into(),
        });
    }
    if target.customer.is_some() {
        return Err("not one of this customer's numbers".into());
    }
    match CustomerRef::parse(text) {
        Some(CustomerRef::Number(number)) => telephone(&number).map(|()| number),
        _ => Err("a number is needed here, such as +254711000001 or telegram:12345".into()),
    }
}

/// Telephone numbers are digits after an optional plus (D1); other providers' are opaque.
pub(super) fn telephone(number: &CustomerNumber) -> Result<(), String> {
    if number.provider != crate::model::Provider::Telco {
        return Ok(());
    }
    let digits = number.number.strip_prefix('+').unwrap_or(&number.number);
    let is_whole = number.number.starts_with('+');
    if !digits.bytes().all(|b| b.is_ascii_digit()) || digits.is_empty() {
        return Err("a telephone number has only digits after the plus".into());
    }
    if is_whole && !(7..=15).contains(&digits.len()) {
        return Err(format!("{} digits after the plus; 7 to 15 are possible", digits.len()));
    }
    Ok(())
}

/// The org's number a field names: `sms 40404` or `sms:40404`; where only one channel will do, its
/// word may be left out.
pub fn parse_channel(text: &str, hello: &Hello, lines: Lines) -> Result<ChannelNumber, String> {
    let text = text.trim();
    let (missing, wrong) = words(lines);
    if text.is_empty() {
        return Err(missing.into());
    }
    let split = text.split_once(|c: char| c == ':' || c.is_whitespace());
    let worded = split.and_then(|(word, number)| Some((Channel::from_word(word)?, number)));
    let (channel, number) = match (worded, lines.only()) {
        (Some(worded), _) => worded,
        (None, Some(only)) => (only, text),
        (None, None) => return Err(if split.is_some() { wrong } else { missing }.into()),
    };
    if !lines.includes(channel) {
        return Err(wrong.into());
    }
    let chosen = ChannelNumber::new(channel, number);
    if chosen.number.is_empty() {
        return Err(format!("the channel's number is missing: {missing}"));
    }
    if !hello.channels.is_empty() && !hello.channels.iter().any(|bound| bound.channel == chosen) {
        return Err("not one of the org's channel numbers".into());
    }
    Ok(chosen)
}

/// What to say when no number is named, and when it is one of another kind.
const fn words(lines: Lines) -> (&'static str, &'static str) {
    match lines {
        Lines::Messages => (
            "which of the org's numbers writes, such as sms 40404",
            "messages travel on sms, whatsapp, telegram, messenger or rcs",
        ),
        Lines::Calls => (
            "which of the org's numbers calls, such as voice 5250",
            "calls are placed from a voice number",
        ),
        Lines::Payments => (
            "through which of the org's payment numbers, such as payment 5250",
            "money moves through a payment number",
        ),
    }
}
