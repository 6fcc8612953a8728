//! From a `sim` verb to an act of the sandbox: reads numbers, amounts and times, and looks up the
//! session or payment that is meant where only a phone was named.

use super::args::ActVerb;
use crate::{
    catalog::amount,
    cli::exit::{CliError, Code},
    model::{
        Body, Channel, ChannelNumber, ClientError, CustomerNumber, CustomerRef, CustomerState,
        Hello, Money, NetworkCommand, PaymentStatus, Receipt, SessionId, TransactionId, UssdEnd,
        nearest,
        phone::{Act, Manner},
        when,
    },
    sdk::Client,
};
use std::time::Duration;

/// The act that a verb stands for. `hello` has the org's numbers, of which one may be left out.
pub async fn act_of(client: &Client, hello: &Hello, verb: &ActVerb) -> Result<Act, CliError> {
    use ActVerb as V;
    match verb {
        V::Message { phone, text, to } => message(hello, phone, text, to.as_deref()),
        V::Stop { phone, to } => message(hello, phone, "STOP", to.as_deref().or(Some("sms"))),
        V::Start { phone, to } => message(hello, phone, "START", to.as_deref().or(Some("sms"))),
        V::Dial { phone, code, input } => dial(hello, phone, code.as_deref(), input.as_deref()),
        V::Type { session, input } => {
            let (session, input) = (ussd(client, session).await?, input.clone());
            Ok(NetworkCommand::InputUssd { session, input }.into())
        }
        V::Leave { session } => {
            let (session, end) = (ussd(client, session).await?, UssdEnd::CustomerLeft);
            Ok(NetworkCommand::EndUssd { session, end }.into())
        }
        V::Call { phone, to } => {
            let to = org_number(hello, to.as_deref(), Channel::Voice)?;
            Ok(NetworkCommand::ReceiveCall { from: number(phone)?, to }.into())
        }
        V::PickUp { session } => Ok(Act::pick_up(call(client, session).await?)),
        V::Reject { session } => Ok(Act::reject_call(call(client, session).await?)),
        V::Press { session, digits } => Ok(Act::press(call(client, session).await?, digits)),
        V::HangUp { session, talked } => {
            let talked = talked.as_deref().map_or(Ok(Duration::ZERO), span)?;
            Ok(Act::hang_up(call(client, session).await?, talked))
        }
        V::Pay { phone, amount, to } => {
            let to = org_number(hello, to.as_deref(), Channel::Payment)?;
            let (from, value) = (number(phone)?, money(amount)?);
            Ok(NetworkCommand::ReceivePayment { from, to, value }.into())
        }
        V::Confirm { payment } => report(client, payment, PaymentStatus::Success).await,
        V::Refuse { payment } => report(client, payment, PaymentStatus::Rejected).await,
        V::Report { payment, code } => report(client, payment, status(*code)?).await,
        V::Agree { phone, to } => consent(hello, phone, to.as_deref(), true),
        V::Disagree { phone, to } => consent(hello, phone, to.as_deref(), false),
        V::Fund { purse, amount } => {
            let (purse, value) = (purse.clone(), money(amount)?);
            Ok(NetworkCommand::FundPurse { purse, value }.into())
        }
        V::Deliver { phone, outcome } => {
            Ok(Act::SetDelivery { number: number(phone)?, outcome: *outcome })
        }
        V::Phone { phone, picks_up, pays, consents, digits } => {
            let digits = digits.clone().unwrap_or_default();
            let manner = Manner { picks_up: *picks_up, pays: *pays, consents: *consents, digits };
            Ok(Act::SetPhone { number: number(phone)?, manner })
        }
        V::Clock { by } => Ok(NetworkCommand::MoveClock { by: span(by)? }.into()),
    }
}

/// Acts as a verb says; the hub's answer.
pub async fn perform(client: &Client, hello: &Hello, verb: &ActVerb) -> Result<Receipt, CliError> {
    match client.sandbox().act(act_of(client, hello, verb).await?).await {
        // A refusal is what a story may expect.
        Err(ClientError::Refused(receipt)) => Ok(*receipt),
        receipt => Ok(receipt?.into()),
    }
}

fn message(hello: &Hello, phone: &str, text: &str, to: Option<&str>) -> Result<Act, CliError> {
    let from = number(phone)?;
    let to = org_number(hello, to, channel_of(&from))?;
    Ok(NetworkCommand::ReceiveMessage { from, to, body: Body::text(text) }.into())
}

fn dial(
    hello: &Hello,
    phone: &str,
    code: Option<&str>,
    input: Option<&str>,
) -> Result<Act, CliError> {
    let to = org_number(hello, code, Channel::Ussd)?;
    let input = input.unwrap_or_default().to_owned();
    Ok(NetworkCommand::DialUssd { from: number(phone)?, to, input }.into())
}

fn consent(hello: &Hello, phone: &str, to: Option<&str>, agrees: bool) -> Result<Act, CliError> {
    let from = number(phone)?;
    let to = org_number(hello, to, channel_of(&from))?;
    Ok(NetworkCommand::AnswerConsent { from, to, agrees }.into())
}

async fn report(client: &Client, payment: &str, status: PaymentStatus) -> Result<Act, CliError> {
    // Only a payer's answer needs a payment that waits for it; a network may report on any.
    let any = !matches!(status, PaymentStatus::Success | PaymentStatus::Rejected);
    let transaction = payment_of(client, payment, any).await?;
    Ok(NetworkCommand::ReportPayment { transaction, status }.into())
}

fn status(code: i32) -> Result<PaymentStatus, CliError> {
    PaymentStatus::from_code(code).ok_or_else(|| {
        CliError::usage(format!("there is no payment status {code}; see `sim numbers`"))
    })
}

/// The channel that a phone writes on if none is named.
fn channel_of(phone: &CustomerNumber) -> Channel {
    let fits = |channel: &Channel| channel.is_messaging() && channel.provider() == phone.provider;
    Channel::ALL.into_iter().find(fits).unwrap_or(Channel::Sms)
}

/// Reads the number of a phone.
pub fn number(text: &str) -> Result<CustomerNumber, CliError> {
    match CustomerRef::parse(text) {
        Some(CustomerRef::Number(number)) => Ok(number),
        _ => Err(CliError::usage(format!(
            "`{text}` is no phone: write +254711000101, or telegram:name"
        ))),
    }
}

/// Reads one of the org's numbers: `sms 40404`, `sms` for its first there, or `40404`. Nothing means
/// the first number of the usual channel.
pub fn org_number(
    hello: &Hello,
    text: Option<&str>,
    usual: Channel,
) -> Result<ChannelNumber, CliError> {
    let first = |channel: Channel| {
        let bound = hello.channels.iter().find(|bound| bound.channel.channel == channel);
        bound.map(|bound| bound.channel.clone()).ok_or_else(|| {
            let word = channel.word();
            CliError::usage(format!(
                "the org has no {word} number: name one, such as `{word} 40404`"
            ))
        })
    };
    let Some(text) = text.map(str::trim) else { return first(usual) };
    if let Some((word, number)) = text.split_once(char::is_whitespace) {
        let channel = Channel::from_word(word).ok_or_else(|| {
            let near = nearest(word, &Channel::ALL.map(Channel::word));
            let near = near.map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
            CliError::usage(format!("`{word}` is no channel{near}: write `sms 40404`"))
        })?;
        return Ok(ChannelNumber::new(channel, number));
    }
    if let Some(channel) = Channel::from_word(text) {
        return first(channel);
    }
    // A number alone is looked for on the usual channel, then on every other.
    let known = hello.channels.iter().map(|bound| &bound.channel).filter(|on| on.number == text);
    let found = known.clone().find(|on| on.channel == usual).or(known.clone().next());
    Ok(found.cloned().unwrap_or_else(|| ChannelNumber::new(usual, text)))
}

fn money(text: &str) -> Result<Money, CliError> {
    amount::parse(text).map_err(CliError::usage)
}

/// Reads a length of time such as `+24h`, `90s` or `1d12h`.
pub fn span(text: &str) -> Result<Duration, CliError> {
    let plain = text.trim();
    when::length(plain.strip_prefix('+').unwrap_or(plain))
        .map_err(|why| CliError::usage(format!("{why}: write 30s, 15m, +24h or +7d")))
}

async fn ussd(client: &Client, named: &str) -> Result<SessionId, CliError> {
    named_by(client, named, "open USSD session", |customer, number| {
        let mut open = customer.ussd.iter().rev().filter(|ussd| ussd.end.is_none());
        open.find(|ussd| ussd.number == *number).map(|ussd| ussd.id.clone())
    })
    .await
}

async fn call(client: &Client, named: &str) -> Result<SessionId, CliError> {
    named_by(client, named, "call that is not over", |customer, number| {
        let mut live = customer.calls.iter().rev().filter(|call| !call.status.is_final());
        live.find(|call| call.number == *number).map(|call| call.id.clone())
    })
    .await
}

/// The payment that is named by its id, or by a phone: then its newest one that is not over. With
/// `any`, a finished payment is taken if no other is there.
async fn payment_of(client: &Client, named: &str, any: bool) -> Result<TransactionId, CliError> {
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

/// Returns an id as it is. A phone is looked up, and `find` chooses among what its customer has.
async fn named_by<T: From<String>>(
    client: &Client,
    named: &str,
    what: &str,
    find: impl Fn(&CustomerState, &CustomerNumber) -> Option<T>,
) -> Result<T, CliError> {
    let named = named.trim();
    if named.starts_with("el_") {
        return Ok(T::from(named.to_owned()));
    }
    let number = number(named)?;
    let view = client.customer(&CustomerRef::Number(number.clone())).await?;
    // The customer has it as the hub keeps it, which may be another way to write it.
    let kept = |customer: &CustomerState| {
        if customer.numbers.contains(&number) {
            return vec![number.clone()];
        }
        customer.numbers.iter().filter(|n| n.provider == number.provider).cloned().collect()
    };
    view.and_then(|view| kept(&view.customer).iter().find_map(|n| find(&view.customer, n)))
        .ok_or_else(|| CliError::new(Code::Refused, format!("{number} has no {what}")))
}
