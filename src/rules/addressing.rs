//! Finds out who is meant: the customer behind a reference (R-ADDR-1 to R-ADDR-5), the org's channel
//! numbers, and the app that gets what customers send (R-EVT-2). Nothing here changes anything.

use super::{World, limits};
use crate::model::{
    AppId, Channel, ChannelNumber, CustomerId, CustomerNumber, CustomerRef, CustomerState,
    Direction, Message, MessageStatus, OrgSettings, Provider, Receipt, SecondaryId, Timestamp,
    receipt::refused,
};
use std::{borrow::Cow, sync::Arc};

/// The customer whom a reference means.
#[derive(Clone, Debug)]
pub enum ResolvedCustomer<'w> {
    Known {
        customer: &'w Arc<CustomerState>,
        /// The number by which they were named, if they were, with its true provider (R-ADDR-4).
        number: Option<CustomerNumber>,
    },
    /// A number that nobody has yet. Whoever acts on it creates its customer (R-ADDR-1).
    New(CustomerNumber),
}

impl<'w> ResolvedCustomer<'w> {
    /// The customer, if they exist already.
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

/// The answer to a reference that means nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// Why not, in words that can be shown to an agent (R-ADDR-2).
    pub why: String,
    /// If the id was merged away, the customer who remains. Each family of replies has a code for
    /// that case (R-DECOM-1).
    pub merged_into: Option<CustomerId>,
}

impl From<String> for Unresolved {
    fn from(why: String) -> Self {
        Self { why, merged_into: None }
    }
}

/// Finds the customer whom a reference means. An id that was merged away means nobody any more
/// (R-DECOM-1), but the numbers and secondary ids of that customer mean the adopter (R-DECOM-2).
pub fn resolve<'w>(
    world: &'w World,
    reference: &CustomerRef,
    now: Timestamp,
) -> Result<ResolvedCustomer<'w>, Unresolved> {
    match reference {
        CustomerRef::Id(id) => {
            by_id(world, id).map(|customer| ResolvedCustomer::Known { customer, number: None })
        }
        CustomerRef::Secondary(pair) => match holder(world, pair, now) {
            Some(customer) => Ok(ResolvedCustomer::Known { customer, number: None }),
            None => Err(format!("no customer has the id {pair}").into()),
        },
        CustomerRef::Number(number) => {
            by_number(world, number, Channel::Unspecified).map_err(Unresolved::from)
        }
    }
}

/// The customer with this id, unless it was merged away or never existed.
pub fn by_id<'w>(world: &'w World, id: &CustomerId) -> Result<&'w Arc<CustomerState>, Unresolved> {
    if id.is_empty() {
        return Err("no customer given".to_owned().into());
    }
    if let Some(into) = survivor(world, id) {
        let why = format!("{id} was merged into {into}");
        return Err(Unresolved { why, merged_into: Some(into) });
    }
    world.by_id(id).ok_or_else(|| format!("no customer {id}").into())
}

/// The customer into whom this one was merged, at the end of the chain; `None` if it was not.
pub fn survivor(world: &World, id: &CustomerId) -> Option<CustomerId> {
    let mut found = world.merged.get(id.as_str().as_bytes())?;
    while let Some(next) = world.merged.get(found.as_str().as_bytes()) {
        found = next;
    }
    Some(found)
}

/// Finds the customer whom a number means. If its provider is not given and one customer has the
/// number with several providers, the provider that fits `channel` is taken (R-ADDR-4).
pub fn by_number<'w>(
    world: &'w World,
    number: &CustomerNumber,
    channel: Channel,
) -> Result<ResolvedCustomer<'w>, String> {
    let number = trimmed(number);
    limits::number(&number)?;
    if number.provider != Provider::Unspecified {
        return Ok(match owner(world, &number) {
            Some(customer) => {
                ResolvedCustomer::Known { customer, number: Some(number.into_owned()) }
            }
            None => ResolvedCustomer::New(number.into_owned()),
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
    Ok(ResolvedCustomer::Known { customer, number: Some(exact) })
}

/// The customer who holds a secondary id; an expired one means nobody (R-EXP-1).
pub fn holder<'w>(
    world: &'w World,
    pair: &SecondaryId,
    now: Timestamp,
) -> Option<&'w Arc<CustomerState>> {
    let customer = world.by_id(&world.index.secondary_id(pair)?)?;
    let (_, expires_at) = customer.secondary_ids.iter().find(|(held, _)| held == pair)?;
    (!has_expired(*expires_at, now)).then_some(customer)
}

/// Whether the time of a tag or secondary id has passed. `None` means never (R-TAG-2).
pub fn has_expired(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_some_and(|at| at <= now)
}

/// The id of the customer who has a number with its provider.
pub fn id_by_number(world: &World, number: &CustomerNumber) -> Option<CustomerId> {
    world.index.number(&trimmed(number))
}

fn owner<'w>(world: &'w World, number: &CustomerNumber) -> Option<&'w Arc<CustomerState>> {
    world.by_id(&world.index.number(number)?)
}

/// The number without the blanks around it, which do not count (R-ADDR-5).
fn trimmed(number: &CustomerNumber) -> Cow<'_, CustomerNumber> {
    if number.number.trim().len() == number.number.len() {
        return Cow::Borrowed(number);
    }
    let text = number.number.trim().to_owned();
    Cow::Owned(CustomerNumber { number: text, ..number.clone() })
}

/// Checks that a channel number is one of the org's (R-MSG-1 step 2); an org without any
/// registered accepts all.
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

/// Checks what a customer sent, and finds out who they are and which of their numbers they used.
/// `carries` says which channels can bring such a thing.
pub fn sender<'w>(
    world: &'w World,
    settings: &OrgSettings,
    from: &CustomerNumber,
    to: &ChannelNumber,
    carries: impl Fn(Channel) -> bool,
) -> Result<(ResolvedCustomer<'w>, CustomerNumber), Receipt> {
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

/// The app that gets what arrives on a channel number (R-EVT-2): the one bound to it, else the one
/// that last wrote to this number from it, else the org's first.
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

/// The apps that wrote to this number from this channel number, the latest first. An app that wrote
/// several times comes several times.
pub fn writers<'w>(
    customer: Option<&'w CustomerState>,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) -> impl Iterator<Item = &'w AppId> {
    let messages = customer.map_or(&[][..], |c| &c.messages);
    messages
        .iter()
        .rev()
        .filter(move |m| m.channel == *channel && m.number == *number && was_accepted(m))
        .filter_map(|m| m.app.as_ref())
}

/// Whether a message is outbound and was not refused at once.
fn was_accepted(message: &Message) -> bool {
    use MessageStatus as S;
    message.direction == Direction::Outbound
        && !matches!(message.status, S::NoConsent | S::OnlyTemplateAllowed)
}
