//! Who is meant (operations.md 1.2), on which of the org's numbers, and which app is told.

use super::{World, limits};
use crate::model::{
    AppId, Channel, ChannelNumber, CustomerId, CustomerNumber, CustomerRef, CustomerState,
    Direction, Message, MessageStatus, OrgSettings, Provider, Receipt, SecondaryId, Timestamp,
    receipt::refused,
};
use std::{borrow::Cow, sync::Arc};

/// Whom a reference means.
#[derive(Clone, Debug)]
pub enum Whom<'w> {
    /// A customer, and the number by which they were named.
    Known {
        /// Who.
        customer: &'w Arc<CustomerState>,
        /// The number named, with its true provider (R-ADDR-4).
        number: Option<CustomerNumber>,
    },
    /// A number that nobody has yet.
    New(CustomerNumber),
}

impl<'w> Whom<'w> {
    /// The customer, if there is one.
    pub fn customer(&self) -> Option<&'w Arc<CustomerState>> {
        match self {
            Self::Known { customer, .. } => Some(customer),
            Self::New(_) => None,
        }
    }
    /// The number by which they were named, if they were.
    pub fn number(&self) -> Option<&CustomerNumber> {
        match self {
            Self::Known { number, .. } => number.as_ref(),
            Self::New(number) => Some(number),
        }
    }
}

/// A reference means nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nobody {
    /// A sentence for the operator (R-ADDR-2).
    pub why: String,
    /// Who is meant now, of a decommissioned id: each family of replies has a code for that
    /// (R-DECOM-1).
    pub merged_into: Option<CustomerId>,
}

impl From<String> for Nobody {
    fn from(why: String) -> Self {
        Self { why, merged_into: None }
    }
}

/// Finds whom a reference means. A decommissioned id means nobody any more (R-DECOM-1); numbers
/// and secondary ids of a discarded customer mean the adopter (R-DECOM-2).
pub fn resolve<'w>(
    world: &'w World,
    reference: &CustomerRef,
    now: Timestamp,
) -> Result<Whom<'w>, Nobody> {
    match reference {
        CustomerRef::Id(id) => {
            by_id(world, id).map(|customer| Whom::Known { customer, number: None })
        }
        CustomerRef::Secondary(pair) => match holder(world, pair, now) {
            Some(customer) => Ok(Whom::Known { customer, number: None }),
            None => Err(format!("no customer has the id {pair}").into()),
        },
        CustomerRef::Number(number) => {
            by_number(world, number, Channel::Unspecified).map_err(Nobody::from)
        }
    }
}

/// The customer of an id that is still one.
pub fn by_id<'w>(world: &'w World, id: &CustomerId) -> Result<&'w Arc<CustomerState>, Nobody> {
    if id.is_empty() {
        return Err("no customer given".to_owned().into());
    }
    if let Some(into) = survivor(world, id) {
        let why = format!("{id} was merged into {into}");
        return Err(Nobody { why, merged_into: Some(into.clone()) });
    }
    world.by_id(id).ok_or_else(|| format!("no customer {id}").into())
}

/// Who took over a decommissioned id, at the end of the chain; `None` if it is not one.
pub fn survivor<'w>(world: &'w World, id: &CustomerId) -> Option<&'w CustomerId> {
    let mut found = world.merged.get(id)?;
    while let Some(next) = world.merged.get(found) {
        found = next;
    }
    Some(found)
}

/// Finds whom a number means. If the provider is not given and one customer has the number with
/// several, the one that fits `channel` is taken (R-ADDR-4).
pub fn by_number<'w>(
    world: &'w World,
    number: &CustomerNumber,
    channel: Channel,
) -> Result<Whom<'w>, String> {
    let number = trimmed(number);
    limits::number(&number)?;
    if number.provider != Provider::Unspecified {
        return Ok(match owner(world, &number) {
            Some(customer) => Whom::Known { customer, number: Some(number.into_owned()) },
            None => Whom::New(number.into_owned()),
        });
    }
    let mut found: Vec<(&Arc<CustomerState>, CustomerNumber)> = Vec::new();
    for provider in Provider::ALL {
        let exact = CustomerNumber { provider, ..number.clone().into_owned() };
        if let Some(customer) = owner(world, &exact) {
            found.push((customer, exact));
        }
    }
    found.sort_by_key(|(_, exact)| exact.provider != channel.provider());
    let Some((customer, exact)) = found.first().cloned() else {
        return Err(format!("no customer has the number {number}, and no provider is given"));
    };
    if found.iter().any(|(other, _)| other.id != customer.id) {
        return Err(format!("several customers have the number {number}: give its provider"));
    }
    Ok(Whom::Known { customer, number: Some(exact) })
}

/// The customer who holds a live secondary id (R-EXP-1: an expired one resolves to nobody).
pub fn holder<'w>(
    world: &'w World,
    pair: &SecondaryId,
    now: Timestamp,
) -> Option<&'w Arc<CustomerState>> {
    let customer = world.by_id(world.index.secondary.get(pair)?)?;
    let (_, expires_at) = customer.secondary_ids.iter().find(|(held, _)| held == pair)?;
    (!over(*expires_at, now)).then_some(customer)
}

/// Whether the time of a tag or secondary id has passed; zero is never (R-TAG-2).
pub fn over(expires_at: Timestamp, now: Timestamp) -> bool {
    !expires_at.is_zero() && expires_at <= now
}

fn owner<'w>(world: &'w World, number: &CustomerNumber) -> Option<&'w Arc<CustomerState>> {
    world.by_id(world.index.numbers.get(number)?)
}

/// Blanks around a number do not count (R-ADDR-5).
fn trimmed(number: &CustomerNumber) -> Cow<'_, CustomerNumber> {
    if number.number.trim().len() == number.number.len() {
        return Cow::Borrowed(number);
    }
    let text = number.number.trim().to_owned();
    Cow::Owned(CustomerNumber { number: text, ..number.clone() })
}

/// Whether something may travel on one of the org's numbers (R-MSG-1 step 2).
pub fn registered(settings: &OrgSettings, channel: &ChannelNumber) -> Result<(), String> {
    if channel.channel == Channel::Unspecified {
        return Err("no channel given".into());
    }
    limits::word("channel number", &channel.number)?;
    if settings.channels.is_empty() || settings.channels.iter().any(|b| b.channel == *channel) {
        return Ok(());
    }
    Err(format!("{channel} is not one of the org's channel numbers"))
}

/// Whom an inbound report comes from, and by which number. `carries` says which channels can bring it.
pub fn sender<'w>(
    world: &'w World,
    settings: &OrgSettings,
    from: &CustomerNumber,
    to: &ChannelNumber,
    carries: impl Fn(Channel) -> bool,
) -> Result<(Whom<'w>, CustomerNumber), Receipt> {
    registered(settings, to).map_err(refused)?;
    if !carries(to.channel) {
        return Err(refused(format!("that cannot arrive on {}", to.channel.word())));
    }
    let whom = by_number(world, from, to.channel).map_err(refused)?;
    let Some(number) = whom.number().cloned() else {
        return Err(refused("no customer number given"));
    };
    if number.provider != to.channel.provider() {
        let why = format!("{number} cannot be reached by {}", to.channel.word());
        return Err(refused(why));
    }
    Ok((whom, number))
}

/// The app that gets what arrives on a channel number (R-EVT-2): the one bound to it; else the
/// one that last wrote to this number from it; else the org's first.
pub fn routed(
    settings: &OrgSettings,
    customer: Option<&CustomerState>,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) -> Option<AppId> {
    let bound = settings.channels.iter().find(|b| b.channel == *channel);
    bound
        .and_then(|b| b.app.clone())
        .or_else(|| writers(customer, number, channel).next().cloned())
        .or_else(|| settings.apps.first().cloned())
}

/// The apps whose messages left for this number from this channel number, latest first, with repetitions.
pub fn writers<'w>(
    customer: Option<&'w CustomerState>,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) -> impl Iterator<Item = &'w AppId> {
    let messages = customer.map_or(&[][..], |c| &c.messages);
    messages
        .iter()
        .rev()
        .filter(move |m| m.channel == *channel && m.number == *number && left(m))
        .filter_map(|m| m.app.as_ref())
}

/// Whether a message was outbound and not refused at once.
fn left(message: &Message) -> bool {
    use MessageStatus as S;
    message.direction == Direction::Outbound
        && !matches!(message.status, S::NoConsent | S::OnlyTemplateAllowed)
}
