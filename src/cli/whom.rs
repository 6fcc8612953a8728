//! From flags such as `--customer` to the target of a command, for verbs and for the steps of
//! stories. It is what a form locks when it opens.
//!
//! A number is sent as it is where the request takes one. Where the request needs an id, the customer
//! is looked up first, which never creates anybody (D-LOOKUP).

use super::exit::{CliError, Code};
use crate::{
    catalog::{LockedSession, Needs, Quoted, Spec, Target, choice},
    model::{ChannelNumber, CustomerNumber, CustomerRef, Hello, Timestamp},
    sdk::Client,
};

/// The target of a command. `given` returns what was given as `customer`, `message`, `session` or
/// `work`, and a blank text if nothing was.
pub async fn target<'a>(
    client: &Client,
    hello: &Hello,
    spec: &Spec,
    given: impl Fn(&str) -> &'a str,
) -> Result<Target, CliError> {
    let mut target = locked(spec, &given)?;
    let by_id = matches!(spec.needs, Needs::Message) || spec.id == "adopt";
    let who = match spec.needs {
        Needs::Customer if spec.names_recipient() => return Ok(target),
        Needs::Customer | Needs::Scheduled | Needs::Message => named("customer", &given)?,
        Needs::Anyone if !given("customer").trim().is_empty() => given("customer"),
        _ => return Ok(target),
    };
    match CustomerRef::parse(who) {
        None => {}
        Some(CustomerRef::Id(id)) if spec.needs != Needs::Anyone => target.customer = Some(id),
        Some(CustomerRef::Number(number)) if spec.needs == Needs::Customer && !by_id => {
            // Such a command would create them, with whatever number was given.
            choice::telephone(&number, hello)
                .map_err(|why| CliError::usage(format!("--customer: {why}")))?;
            target.numbers = vec![number];
        }
        Some(other) => {
            let found = client.customer(&other).await?.ok_or_else(|| {
                CliError::new(Code::Refused, format!("no customer {other}; nothing was done"))
            })?;
            target.customer = Some(found.customer.id.clone());
            target.numbers.clone_from(&found.customer.numbers);
        }
    }
    Ok(target)
}

/// Finds out on which pair of numbers the answered message came. An answer that leaves later is sent to it like a message,
/// while one that leaves now names the message only.
pub async fn look_up_answered(client: &Client, target: &mut Target) -> Result<(), CliError> {
    let (Some(who), Some(quoted)) = (target.customer_ref(), &mut target.reply_to) else {
        return Ok(());
    };
    let view = client.customer(&who).await?;
    let message = view.as_ref().and_then(|view| view.customer.message(&quoted.id));
    let Some(message) = message else {
        let why = format!("{who} wrote no message {}: `get` lists their messages", quoted.id);
        return Err(CliError::new(Code::Refused, why));
    };
    (quoted.number, quoted.channel) = (message.number.clone(), message.channel.clone());
    Ok(())
}

/// The part of the target besides the customer. Only ids are sent, so everything else of a message or
/// session stays blank here; the hub knows it.
fn locked<'a>(spec: &Spec, given: &impl Fn(&str) -> &'a str) -> Result<Target, CliError> {
    let mut target = Target::default();
    match spec.needs {
        Needs::Message => {
            target.reply_to = Some(Quoted {
                id: named("message", given)?.into(),
                number: CustomerNumber::default(),
                channel: ChannelNumber::default(),
                text: String::new(),
                at: Timestamp::ZERO,
            });
        }
        Needs::Ussd | Needs::Call => {
            target.session = Some(LockedSession {
                id: named("session", given)?.into(),
                channel: ChannelNumber::default(),
                number: CustomerNumber::default(),
                said: String::new(),
                deadline: None,
            });
        }
        Needs::Work => target.work = Some(named("work", given)?.into()),
        Needs::Customer
        | Needs::Scheduled
        | Needs::Anyone
        | Needs::Nothing
        | Needs::Unknown
        | Needs::Carrier => {}
    }
    Ok(target)
}

/// What was given under a name, or an error that asks for it.
fn named<'a>(name: &str, given: impl Fn(&str) -> &'a str) -> Result<&'a str, CliError> {
    match given(name).trim() {
        "" => Err(CliError::usage(format!("{name} is blank: say which {name} is meant"))),
        named => Ok(named),
    }
}
