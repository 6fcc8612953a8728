//! Whom a command is for, as headless verbs and the steps of stories say it: what a form locks when
//! it opens. A number stands for itself; everything that must be an id is looked up first, which
//! never creates anybody (decision D-LOOKUP).

use super::exit::{Code, Failure};
use crate::{
    catalog::{LockedSession, Needs, Quoted, Spec, Target},
    model::{ChannelNumber, CustomerNumber, CustomerRef, Timestamp},
    sdk::Client,
};

/// The target of a command. `said` is what was given under a name: `customer`, `message`,
/// `session` or `work`; blank for nothing.
pub async fn target<'a>(
    client: &Client,
    spec: &Spec,
    said: impl Fn(&str) -> &'a str,
) -> Result<Target, Failure> {
    let mut target = locked(spec, &said)?;
    let by_id = matches!(spec.needs, Needs::Message) || spec.id == "adopt";
    let who = match spec.needs {
        Needs::Customer if spec.names_recipient() => return Ok(target),
        Needs::Customer | Needs::Message => named("customer", &said)?,
        Needs::Anyone if !said("customer").trim().is_empty() => said("customer"),
        _ => return Ok(target),
    };
    match CustomerRef::parse(who) {
        None => {}
        Some(CustomerRef::Id(id)) if spec.needs != Needs::Anyone => target.customer = Some(id),
        Some(CustomerRef::Number(number)) if spec.needs == Needs::Customer && !by_id => {
            target.numbers = vec![number];
        }
        Some(other) => {
            let found = client.customer(&other).await?.ok_or_else(|| {
                Failure::new(Code::Refused, format!("no customer {other}; nothing was done"))
            })?;
            target.customer = Some(found.customer.id.clone());
            target.numbers.clone_from(&found.customer.numbers);
        }
    }
    Ok(target)
}

/// What is locked besides the customer. The hub knows the rest of it; only ids are sent.
fn locked<'a>(spec: &Spec, said: &impl Fn(&str) -> &'a str) -> Result<Target, Failure> {
    let mut target = Target::default();
    match spec.needs {
        Needs::Message => {
            target.reply_to = Some(Quoted {
                id: named("message", said)?.into(),
                number: CustomerNumber::default(),
                channel: ChannelNumber::default(),
                text: String::new(),
                at: Timestamp::ZERO,
            });
        }
        Needs::Ussd | Needs::Call => {
            target.session = Some(LockedSession {
                id: named("session", said)?.into(),
                channel: ChannelNumber::default(),
                number: CustomerNumber::default(),
                said: String::new(),
                deadline: None,
            });
        }
        Needs::Work => target.work = Some(named("work", said)?.into()),
        Needs::Customer | Needs::Anyone | Needs::Nothing => {}
    }
    Ok(target)
}

fn named<'a>(name: &str, said: impl Fn(&str) -> &'a str) -> Result<&'a str, Failure> {
    match said(name).trim() {
        "" => Err(Failure::usage(format!("{name} is blank: say which {name} is meant"))),
        named => Ok(named),
    }
}
