//! The two lists a field can be chosen from, the customer's numbers and the org's channel numbers,
//! and how a chosen or typed number is read back.
//!
//! What cannot be used is offered too, with the reason beside it, so that nobody has to wonder where
//! a number went. A choice is a text, so that a draft and a flag hold the same.

use super::{BuildContext, ChannelUse, Target};
use crate::model::{
    Channel, ChannelNumber, CustomerNumber, CustomerRef, Hello, Provider, PurseBalance, Region,
    telephone,
};

/// One entry of such a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChoice {
    /// What stands in the field when it is chosen. It may hold control characters of a server.
    pub value: String,
    /// Why it cannot be used together with the other fields; `None` if it can.
    pub refused: Option<String>,
}

/// A number as text. Its partition follows a `#`, because two numbers that differ only in it belong
/// to different customers.
#[must_use]
pub fn number_text(number: &CustomerNumber) -> String {
    match &number.partition {
        Some(partition) => format!("{number}#{partition}"),
        None => number.to_string(),
    }
}

/// The customer's numbers. With `telephone`, the others are refused.
#[must_use]
pub fn numbers(target: &Target, telephone: bool) -> Vec<FieldChoice> {
    let refused = |n: &CustomerNumber| {
        let wrong = telephone && n.provider != Provider::Telco;
        wrong.then(|| "not a telephone number".to_owned())
    };
    let choice = |n| FieldChoice { value: number_text(n), refused: refused(n) };
    target.numbers.iter().map(choice).collect()
}

/// The org's numbers that can do what is `needed`, each refused if it cannot reach `number`. A hub that
/// does not list its numbers leaves the one that the conversation is on.
#[must_use]
pub fn channels(
    target: &Target,
    hello: &Hello,
    number: Option<&CustomerNumber>,
    needed: ChannelUse,
) -> Vec<FieldChoice> {
    let bound = hello.channels.iter().map(|bound| &bound.channel);
    let known = hello.channels.is_empty().then_some(target.channel.as_ref()).flatten();
    bound
        .chain(known)
        .filter(|channel| needed.includes(channel.channel))
        .map(|channel| FieldChoice {
            value: channel.to_string(),
            refused: number.and_then(|number| unreachable(channel.channel, number)),
        })
        .collect()
}

/// The ids of the org's purses: those whose balances the hub has said, and those behind its payment numbers.
#[must_use]
pub fn purses(hello: &Hello, said: &[PurseBalance]) -> Vec<String> {
    let bound = hello.channels.iter().filter_map(|bound| bound.purse.clone());
    let mut all: Vec<String> = Vec::new();
    for id in said.iter().map(|purse| purse.id.clone()).chain(bound) {
        if !all.contains(&id) {
            all.push(id);
        }
    }
    all
}

/// Reads the purse that a field names, as `main` or `purse:main`. It must be one of those whose
/// balances the hub has said, if it has said any.
pub fn parse_purse(text: &str, cx: &BuildContext) -> Result<String, String> {
    let text = text.trim();
    let id = text.strip_prefix("purse:").unwrap_or(text).trim();
    let known = purses(cx.hello, cx.purses);
    match id {
        "" => Err(format!("which purse{}", of_these(&known))),
        // Behind payment numbers are not all of them.
        id if cx.purses.is_empty() || known.iter().any(|purse| purse == id) => Ok(id.to_owned()),
        id => Err(format!("the org has no purse {id}: write one{}", of_these(&known))),
    }
}

fn of_these(known: &[String]) -> String {
    if known.is_empty() { String::new() } else { format!(", such as {}", known.join(" or ")) }
}

/// Why a channel cannot reach a number, or `None` if it can (R-MSG-1, its third check).
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

/// Reads the number that a field names. A form is for one customer, fixed when it opened, so only
/// that customer's own numbers are taken (R-CONSOLE-2); without a customer any number is. What it is
/// needed for decides which kinds of number the error offers.
pub fn parse_number(
    text: &str,
    target: &Target,
    needed: ChannelUse,
    hello: &Hello,
) -> Result<CustomerNumber, String> {
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
        Some(CustomerRef::Number(number)) => telephone(&number, hello).map(|()| number),
        _ => Err(match needed {
            ChannelUse::Messages => {
                "a number is needed here, such as +254711000001 or telegram:12345".into()
            }
            ChannelUse::Calls | ChannelUse::Payments => {
                "a telephone number is needed here, such as +254711000001".into()
            }
        }),
    }
}

/// Checks that a telephone number can be read, or is a short code (R-ADDR-6). It is passed on as it
/// was written, because only the hub knows who has it. Numbers of other providers are opaque.
pub fn telephone(number: &CustomerNumber, hello: &Hello) -> Result<(), String> {
    if number.provider != Provider::Telco {
        return Ok(());
    }
    let ours = hello.channels.iter().filter_map(|bound| Region::of(&bound.channel.number));
    telephone::fault(&number.number, Region::parse(&hello.region), ours).map_or(Ok(()), Err)
}

/// The channel that a text names in front of a number, as in `sms 40404` or `sms:40404`, and the number;
/// `None` if the text begins with no channel.
#[must_use]
pub fn worded(text: &str) -> Option<(Channel, &str)> {
    let text = text.trim();
    let gap = |c: char| c == ':' || c.is_whitespace();
    let (word, number) = text.split_once(gap).unwrap_or((text, ""));
    Some((Channel::from_word(word)?, number.trim()))
}

/// Reads the org's number that a field names: `sms 40404` or `sms:40404`. Where only one channel
/// fits, or the hub lists the number on one only, its word may be left out. It must be one that the hub
/// listed, if it listed any.
pub fn parse_channel(
    text: &str,
    hello: &Hello,
    needed: ChannelUse,
) -> Result<ChannelNumber, String> {
    let text = text.trim();
    let (channel, number) = match (worded(text), needed.only()) {
        (Some(worded), _) => worded,
        (None, Some(only)) => (only, text),
        (None, None) if text.contains(char::is_whitespace) => return Err(carried_by(needed).into()),
        (None, None) => match only_listed(text, hello, needed) {
            Some(channel) => (channel, text),
            None => return Err(which(needed, None, hello)),
        },
    };
    if !needed.includes(channel) {
        return Err(carried_by(needed).into());
    }
    let chosen = ChannelNumber::new(channel, number);
    if chosen.number.is_empty() {
        return Err(which(needed, Some(channel), hello));
    }
    if !hello.channels.is_empty() && !hello.channels.iter().any(|bound| bound.channel == chosen) {
        let which = which(needed, Some(channel), hello);
        return Err(format!("not one of the org's channel numbers: {which}"));
    }
    Ok(chosen)
}

/// The channel on which the hub lists a number, if it is one of those for that use and the only one.
fn only_listed(number: &str, hello: &Hello, needed: ChannelUse) -> Option<Channel> {
    let listed = hello.channels.iter().map(|bound| &bound.channel);
    let mut on = listed.filter(|on| on.number == number && needed.includes(on.channel));
    on.next().filter(|_| on.next().is_none()).map(|on| on.channel)
}

/// Asks for a number of the org, with one as an example that would be taken: the first of those that the hub
/// lists for that use and channel.
fn which(needed: ChannelUse, channel: Option<Channel>, hello: &Hello) -> String {
    let (question, usual, example) = match needed {
        ChannelUse::Messages => ("which of the org's numbers writes", Channel::Sms, "40404"),
        ChannelUse::Calls => ("which of the org's numbers calls", Channel::Voice, "5250"),
        ChannelUse::Payments => {
            ("through which of the org's payment numbers", Channel::Payment, "5250")
        }
    };
    let fits = |on: &&ChannelNumber| {
        needed.includes(on.channel) && channel.is_none_or(|channel| on.channel == channel)
    };
    let on = channel.unwrap_or(usual);
    match hello.channels.iter().map(|bound| &bound.channel).find(fits) {
        Some(listed) => format!("{question}, such as {listed}"),
        None if hello.channels.is_empty() => format!("{question}, such as {} {example}", on.word()),
        None => format!("{question}: the hub lists none on {}", on.word()),
    }
}

/// The sentence for a number of a channel that does not fit.
const fn carried_by(needed: ChannelUse) -> &'static str {
    match needed {
        ChannelUse::Messages => "messages travel on sms, whatsapp, telegram, messenger or rcs",
        ChannelUse::Calls => "calls are placed from a voice number",
        ChannelUse::Payments => "money moves through a payment number",
    }
}
