//! Who may pay whom (R-PAY-1), and the checks of R-PAY-2 that concern the parties, in its order;
//! the first failure decides. Of a customer's mobile money only the way through one of the org's
//! payment numbers is checked: whether there is money, the network says.

use super::{
    World,
    draft::{About, Draft},
    ledger, limits,
    whom::{self, Whom},
};
use crate::model::{
    Channel, ChannelNumber, CustomerId, CustomerState, OrgSettings, PaymentParty, PaymentStatus,
};
use std::sync::Arc;

use PaymentParty as P;
use PaymentStatus as S;

/// Why a payment is refused, and in which words.
pub type Refused = (PaymentStatus, String);

/// The customer behind a party now: of a number, or of a wallet whose customer may have been
/// merged into another since.
pub fn holder<'w>(world: &'w World, party: &'w PaymentParty) -> Option<&'w Arc<CustomerState>> {
    match party {
        P::Customer { number, .. } => world.by_id(world.index.numbers.get(number)?),
        P::Wallet { customer, .. } => ledger::alive(world, customer),
        P::Purse(_) | P::Channel { .. } => None,
    }
}

/// Both sides of a payment that is asked for, as far as they could be resolved.
pub struct Parties<'w> {
    sides: [Side<'w>; 2],
}

struct Side<'w> {
    party: PaymentParty,
    /// Of a customer party: whom its number means.
    whom: Option<Result<Whom<'w>, String>>,
    /// Of a wallet party, unless the id is unknown or was merged away.
    customer: Option<&'w Arc<CustomerState>>,
}

impl<'w> Side<'w> {
    fn of(world: &'w World, party: &PaymentParty) -> Self {
        let mut side = Self { party: party.clone(), whom: None, customer: None };
        match &mut side.party {
            P::Customer { number, channel } => {
                *channel = ChannelNumber::new(channel.channel, &channel.number);
                let whom = whom::by_number(world, number, Channel::Payment);
                if let Some(exact) = whom.as_ref().ok().and_then(Whom::number) {
                    *number = exact.clone();
                }
                side.whom = Some(whom);
            }
            P::Channel { channel, .. } => {
                *channel = ChannelNumber::new(channel.channel, &channel.number);
            }
            P::Wallet { customer, .. } => side.customer = world.by_id(customer),
            P::Purse(_) => {}
        }
        side
    }

    fn known(&self) -> Option<&'w Arc<CustomerState>> {
        let of_number = self.whom.as_ref().and_then(|whom| whom.as_ref().ok()?.customer());
        of_number.or(self.customer)
    }

    /// Step 1: whether it names anything at all.
    fn present(&self) -> Result<(), String> {
        match &self.party {
            P::Customer { number, .. } => limits::word("customer number", number.number.trim()),
            P::Purse(id) => limits::word("purse", id),
            P::Wallet { customer, .. } if customer.is_empty() => {
                Err("a wallet without its customer".into())
            }
            P::Wallet { wallet, .. } => limits::word("wallet", wallet),
            P::Channel { channel, account, .. } => {
                limits::word("channel number", &channel.number)?;
                account.as_ref().map_or(Ok(()), |account| limits::word("account", account))
            }
        }
    }

    /// Step 3: the way to a person's mobile money, or to a third party on the network.
    fn reachable(&self, settings: &OrgSettings) -> Result<(), String> {
        let channel = match &self.party {
            P::Customer { channel, .. } => {
                whom::registered(settings, channel)?;
                channel
            }
            P::Channel { channel, .. } => channel,
            P::Purse(_) | P::Wallet { .. } => return Ok(()),
        };
        if channel.channel != Channel::Payment {
            return Err(format!("no money travels on {}", channel.channel.word()));
        }
        match &self.whom {
            Some(Err(why)) => Err(why.clone()),
            Some(Ok(whom)) => match whom.number() {
                Some(number) if number.provider != Channel::Payment.provider() => {
                    Err(format!("{number} has no mobile money"))
                }
                _ => Ok(()),
            },
            None => Ok(()),
        }
    }

    /// Step 4.
    fn purse(&self, settings: &OrgSettings) -> Result<(), String> {
        match &self.party {
            P::Purse(id) if settings.purses.iter().all(|purse| purse.id != *id) => {
                Err(format!("no purse {id} in the hub's settings"))
            }
            P::Purse(_) | P::Customer { .. } | P::Wallet { .. } | P::Channel { .. } => Ok(()),
        }
    }

    /// Step 5. A wallet is opened by what it is paid first.
    fn wallet(&self, world: &World) -> Result<(), Refused> {
        match &self.party {
            P::Wallet { wallet, .. }
                if self.customer.is_some_and(|customer| {
                    customer.wallets.len() >= limits::WALLETS
                        && !customer.wallets.contains_key(wallet)
                }) =>
            {
                let most = limits::WALLETS;
                Err((S::InvalidWallet, format!("a customer may have {most} wallets at most")))
            }
            P::Wallet { customer, .. } if self.customer.is_none() => {
                match ledger::alive(world, customer) {
                    Some(by) => {
                        let why = format!("{customer} was merged into {}", by.id);
                        Err((S::DecommissionedCustomerId, why))
                    }
                    None => Err((S::InvalidWallet, format!("no customer {customer}"))),
                }
            }
            P::Wallet { .. } | P::Customer { .. } | P::Purse(_) | P::Channel { .. } => Ok(()),
        }
    }
}

impl<'w> Parties<'w> {
    /// Resolves both sides; blanks around numbers do not count.
    pub fn of(world: &'w World, debit: &PaymentParty, credit: &PaymentParty) -> Self {
        Self { sides: [Side::of(world, debit), Side::of(world, credit)] }
    }
    /// As they are recorded.
    pub fn named(&self) -> [PaymentParty; 2] {
        self.sides.each_ref().map(|side| side.party.clone())
    }
    /// The customers who are known already (R-PAY-6).
    pub fn known(&self) -> [Option<CustomerId>; 2] {
        self.sides.each_ref().map(|side| side.known().map(|c| c.id.clone()))
    }

    /// R-PAY-2 up to the wallet that pays. (The amount is checked before, the money after.)
    pub fn check(&self, world: &World, settings: &OrgSettings) -> Result<(), Refused> {
        let all = |step: &dyn Fn(&Side<'w>) -> Result<(), String>, status| {
            self.sides.iter().try_for_each(step).map_err(|why| (status, why))
        };
        all(&Side::present, S::InvalidRequest)?;
        self.supported()?;
        all(&|side| side.reachable(settings), S::InvalidRequest)?;
        all(&|side| side.purse(settings), S::InvalidPurse)?;
        self.sides.iter().try_for_each(|side| side.wallet(world))?;
        let [debit, _] = &self.sides;
        if let P::Wallet { wallet, .. } = &debit.party
            && ledger::account(world, &debit.party).is_none()
        {
            return Err((S::InvalidWallet, format!("this customer has no wallet {wallet}")));
        }
        Ok(())
    }

    /// Step 2: the combinations of operations.md 3.26, and R-PAY-1.
    fn supported(&self) -> Result<(), Refused> {
        let [debit, credit] = self.sides.each_ref().map(|side| &side.party);
        let why = match (debit, credit) {
            (P::Channel { .. }, _) => Some("a third party cannot be made to pay"),
            (P::Customer { .. }, P::Customer { .. } | P::Channel { .. }) => {
                Some("a customer's mobile money pays into a purse or a wallet only")
            }
            (P::Customer { .. }, P::Purse(_) | P::Wallet { .. })
            | (P::Purse(_) | P::Wallet { .. }, _) => None,
        };
        if let Some(why) = why {
            return Err((S::NotSupported, why.into()));
        }
        if debit == credit {
            return Err((S::InvalidRequest, "both sides are the same".into()));
        }
        Ok(())
    }

    /// The envelopes of the customers on both sides; a new number's customer is created.
    pub fn meet(&self, draft: &mut Draft<'w, '_>) -> [Option<About>; 2] {
        let actor = draft.actor();
        self.sides.each_ref().map(|side| {
            let Some(Ok(whom)) = &side.whom else {
                return side.customer.map(|customer| About::known(customer, actor.clone()));
            };
            let (mut about, _) = draft.meet(whom, actor.clone());
            if let P::Customer { number, .. } = &side.party {
                about.number = Some(number.clone());
            }
            Some(about)
        })
    }
}
