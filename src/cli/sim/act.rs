//! Does what one `sim` verb says: reads what was written, finds what was meant, asks the hub.

use super::args::{Act, Outcome, Will};
use crate::{
    catalog::{amount, expiry},
    cli::exit::{Code, Failure},
    model::{
        Body, Channel, ChannelNumber, Customer, CustomerNumber, CustomerRef, Hello, Money,
        PaymentStatus, Receipt, SessionId, TransactionId,
    },
    sdk::{self, Client, Delivery, Manner, Sandbox},
};
use std::time::Duration;

/// Does it; the hub's answer. `hello` names the org's numbers.
pub async fn perform(client: &Client, hello: &Hello, act: &Act) -> Result<Receipt, Failure> {
    let sandbox = client.sandbox();
    match act {
        Act::Message { phone, text, to } => {
            write(&sandbox, hello, phone, text, to.as_deref()).await
        }
        Act::Stop { phone, to } => {
            write(&sandbox, hello, phone, "STOP", Some(to.as_deref().unwrap_or("sms"))).await
        }
        Act::Start { phone, to } => {
            write(&sandbox, hello, phone, "START", Some(to.as_deref().unwrap_or("sms"))).await
        }
        Act::Fund { purse, amount } => Ok(sandbox.fund_purse(purse, money(amount)?).await?),
        Act::Deliver { phone, outcome } => {
            Ok(sandbox.set_delivery(&number(phone)?, delivery(*outcome)).await?)
        }
        Act::Phone { phone, picks_up, pays, consents, digits } => {
            let manner = Manner {
                picks_up: will(*picks_up),
                pays: will(*pays),
                consents: will(*consents),
                digits: digits.clone().unwrap_or_default(),
            };
            Ok(sandbox.set_phone(&number(phone)?, &manner).await?)
        }
        Act::Clock { by } => Ok(sandbox.move_clock(span(by)?).await?),
        Act::Agree { phone, to } => consent(&sandbox, hello, phone, to.as_deref(), true).await,
        Act::Disagree { phone, to } => consent(&sandbox, hello, phone, to.as_deref(), false).await,
        Act::Dial { phone, code, input } => {
            let code = line(hello, code.as_deref(), Channel::Ussd)?;
            let input = input.as_deref().unwrap_or_default();
            Ok(sandbox.dial_ussd(&number(phone)?, &code.number, input).await?)
        }
        Act::Type { session, input } => {
            let session = ussd(client, session).await?;
            Ok(sandbox.answer_ussd(&session, Some(input)).await?)
        }
        Act::Leave { session } => {
            let session = ussd(client, session).await?;
            Ok(sandbox.answer_ussd(&session, None).await?)
        }
        talk_or_money => further(client, &sandbox, hello, talk_or_money).await,
    }
}

/// Calls and payments.
async fn further(
    client: &Client,
    sandbox: &Sandbox,
    hello: &Hello,
    act: &Act,
) -> Result<Receipt, Failure> {
    let report = async |payment: &str, status| {
        let any = !matches!(status, PaymentStatus::Success | PaymentStatus::Rejected);
        let payment = payment_of(client, payment, any).await?;
        Ok(sandbox.report_payment(&payment, status).await?)
    };
    match act {
        Act::Call { phone, to } => {
            let to = line(hello, to.as_deref(), Channel::Voice)?;
            Ok(sandbox.place_call(&number(phone)?, &to.number).await?)
        }
        Act::PickUp { session } => Ok(sandbox.pick_up(&call(client, session).await?).await?),
        Act::Reject { session } => Ok(sandbox.reject_call(&call(client, session).await?).await?),
        Act::Press { session, digits } => {
            Ok(sandbox.press(&call(client, session).await?, digits).await?)
        }
        Act::HangUp { session, talked } => {
            let talked = talked.as_deref().map_or(Ok(Duration::ZERO), span)?;
            Ok(sandbox.hang_up(&call(client, session).await?, talked).await?)
        }
        Act::Pay { phone, amount, to } => {
            let to = line(hello, to.as_deref(), Channel::Payment)?;
            Ok(sandbox.pay(&number(phone)?, &to.number, money(amount)?).await?)
        }
        Act::Confirm { payment } => report(payment, PaymentStatus::Success).await,
        Act::Refuse { payment } => report(payment, PaymentStatus::Rejected).await,
        Act::Report { payment, code } => {
            let status = PaymentStatus::from_code(*code).ok_or_else(|| {
                Failure::usage(format!("there is no payment status {code}; see `sim numbers`"))
            })?;
            report(payment, status).await
        }
        other => Err(Failure::usage(format!("`sim {}` is not done here", other.verb()))),
    }
}

async fn write(
    sandbox: &Sandbox,
    hello: &Hello,
    phone: &str,
    text: &str,
    to: Option<&str>,
) -> Result<Receipt, Failure> {
    let from = number(phone)?;
    let to = line(hello, to, channel_of(&from))?;
    Ok(sandbox.send_message(&from, &to, &Body::text(text)).await?)
}

async fn consent(
    sandbox: &Sandbox,
    hello: &Hello,
    phone: &str,
    to: Option<&str>,
    agrees: bool,
) -> Result<Receipt, Failure> {
    let from = number(phone)?;
    let to = line(hello, to, channel_of(&from))?;
    Ok(sandbox.answer_consent(&from, &to, agrees).await?)
}

/// The channel a phone writes on if nothing else is said.
fn channel_of(phone: &CustomerNumber) -> Channel {
    let fits = |channel: &Channel| channel.is_messaging() && channel.provider() == phone.provider;
    Channel::ALL.into_iter().find(fits).unwrap_or(Channel::Sms)
}

/// A phone number.
pub fn number(text: &str) -> Result<CustomerNumber, Failure> {
    match CustomerRef::parse(text) {
        Some(CustomerRef::Number(number)) => Ok(number),
        _ => Err(Failure::usage(format!(
            "`{text}` is no phone: write +254711000101, or telegram:name"
        ))),
    }
}

/// One of the org's numbers: `sms 40404`, `sms` (its first), `40404`, or nothing (the first of
/// the usual channel).
pub fn line(hello: &Hello, text: Option<&str>, usual: Channel) -> Result<ChannelNumber, Failure> {
    let first = |channel: Channel| {
        let bound = hello.channels.iter().find(|bound| bound.channel.channel == channel);
        bound.map(|bound| bound.channel.clone()).ok_or_else(|| {
            let word = channel.word();
            Failure::usage(format!(
                "the org has no {word} number: name one, such as `{word} 40404`"
            ))
        })
    };
    let Some(text) = text.map(str::trim) else { return first(usual) };
    if let Some((word, number)) = text.split_once(char::is_whitespace) {
        let channel = Channel::from_word(word)
            .ok_or_else(|| Failure::usage(format!("`{word}` is no channel: write `sms 40404`")))?;
        return Ok(ChannelNumber::new(channel, number));
    }
    if let Some(channel) = Channel::from_word(text) {
        return first(channel);
    }
    // A number alone: that of the usual channel, or else the one that has it.
    let known = hello.channels.iter().map(|bound| &bound.channel).filter(|on| on.number == text);
    let found = known.clone().find(|on| on.channel == usual).or(known.clone().next());
    Ok(found.cloned().unwrap_or_else(|| ChannelNumber::new(usual, text)))
}

fn money(text: &str) -> Result<Money, Failure> {
    amount::parse(text).map_err(Failure::usage)
}

/// `+24h`, `90s`, `1d12h`.
pub fn span(text: &str) -> Result<Duration, Failure> {
    let plain = text.trim();
    expiry::seconds(plain.strip_prefix('+').unwrap_or(plain)).map(Duration::from_secs).ok_or_else(
        || Failure::usage(format!("`{text}` is no length of time: write 30s, 15m, +24h or +7d")),
    )
}

fn delivery(outcome: Outcome) -> Delivery {
    match outcome {
        Outcome::Default => Delivery::Default,
        Outcome::Deliver => Delivery::Deliver,
        Outcome::Read => Delivery::Read,
        Outcome::Fail => Delivery::Fail,
        Outcome::NoCapability => Delivery::NoCapability,
        Outcome::Never => Delivery::Never,
    }
}

fn will(will: Option<Will>) -> sdk::Will {
    match will {
        None => sdk::Will::Default,
        Some(Will::Yes) => sdk::Will::Yes,
        Some(Will::No) => sdk::Will::No,
        Some(Will::Wait) => sdk::Will::Wait,
    }
}

async fn ussd(client: &Client, named: &str) -> Result<SessionId, Failure> {
    named_by(client, named, "open USSD session", |customer, number| {
        let mut open = customer.ussd.iter().rev().filter(|ussd| ussd.end.is_none());
        open.find(|ussd| ussd.number == *number).map(|ussd| ussd.id.clone())
    })
    .await
}

async fn call(client: &Client, named: &str) -> Result<SessionId, Failure> {
    named_by(client, named, "call that is not over", |customer, number| {
        let mut live = customer.calls.iter().rev().filter(|call| !call.status.is_final());
        live.find(|call| call.number == *number).map(|call| call.id.clone())
    })
    .await
}

/// Of a phone, its newest payment that is not over; if `any` will do, else the newest.
async fn payment_of(client: &Client, named: &str, any: bool) -> Result<TransactionId, Failure> {
    let what = if any { "payment" } else { "payment that waits" };
    named_by(client, named, what, |customer, _| {
        let newest = |pending: bool| {
            let mut all = customer.payments.iter().rev();
            all.find(|payment| !pending || payment.status.is_pending())
        };
        newest(true).or_else(|| newest(false).filter(|_| any)).map(|payment| payment.id.clone())
    })
    .await
}

/// An id as it is; of a phone, its newest that `find` accepts.
async fn named_by<T: From<String>>(
    client: &Client,
    named: &str,
    what: &str,
    find: impl FnOnce(&Customer, &CustomerNumber) -> Option<T>,
) -> Result<T, Failure> {
    let named = named.trim();
    if named.starts_with("el_") {
        return Ok(T::from(named.to_owned()));
    }
    let number = number(named)?;
    let view = client.customer(&CustomerRef::Number(number.clone())).await?;
    view.and_then(|view| find(&view.customer, &number))
        .ok_or_else(|| Failure::new(Code::Refused, format!("{number} has no {what}")))
}
