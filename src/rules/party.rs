//! Who may pay whom (R-PAY-1, R-PAY-10), and the checks of R-PAY-2 that concern the parties, in the order
//! of that rule. Of a customer's mobile money only the way to it is checked, through one of the org's
//! payment numbers; whether there is enough, the network says.

use super::{
    World,
    addressing::{self, ResolvedCustomer},
    builder::{About, DecisionBuilder},
    ledger, limits,
};
use crate::model::{
    Channel, ChannelNumber, CustomerId, CustomerState, OrgSettings, PaymentParty, PaymentStatus,
};
use std::sync::Arc;

use PaymentParty as P;
use PaymentStatus as S;

/// The code of a refused payment, and the reason in words.
pub type PaymentRefusal = (PaymentStatus, String);

/// The customer behind a party as of now: the one who has the number, or the one whose wallet it is, who
/// may have been merged into another since. `None` for purses and channels.
pub fn holder<'w>(world: &'w World, party: &'w PaymentParty) -> Option<&'w Arc<CustomerState>> {
    match party {
        P::Customer { number, .. } => world.by_id(&world.index.number(number)?),
        P::Wallet { customer, .. } => ledger::alive(world, customer),
        P::Purse(_) | P::Channel { .. } => None,
    }
}

/// Both sides of a payment that an app asks for, as far as they could be resolved: first
/// debit, then credit.
pub struct Parties<'w> {
    sides: [Side<'w>; 2],
}

struct Side<'w> {
    party: PaymentParty,
    /// For a customer party, whom its number means; `None` for other parties.
    whom: Option<Result<ResolvedCustomer<'w>, String>>,
    /// For a wallet party, its customer, unless the id is unknown or was merged away.
    customer: Option<&'w Arc<CustomerState>>,
}

impl<'w> Side<'w> {
    fn of(world: &'w World, party: &PaymentParty) -> Self {
        let mut side = Self { party: party.clone(), whom: None, customer: None };
        match &mut side.party {
            P::Customer { number, channel } => {
                *channel = ChannelNumber::new(channel.channel, &channel.number);
                let whom = addressing::by_number(world, number, Channel::Payment);
                if let Some(exact) = whom.as_ref().ok().and_then(ResolvedCustomer::number) {
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

    /// Step 1: checks that the side names anything at all.
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

    /// Step 3: checks the way to a person's mobile money, or to a third party on the network.
    fn reachable(&self, settings: &OrgSettings) -> Result<(), String> {
        let channel = match &self.party {
            P::Customer { channel, .. } => {
                addressing::registered(settings, channel)?;
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

    /// Step 4: checks that a purse is in the settings.
    fn purse(&self, settings: &OrgSettings) -> Result<(), String> {
        match &self.party {
            P::Purse(id) if settings.purses.iter().all(|purse| purse.id != *id) => {
                Err(format!("no purse {id} in the hub's settings"))
            }
            P::Purse(_) | P::Customer { .. } | P::Wallet { .. } | P::Channel { .. } => Ok(()),
        }
    }

    /// Step 5: checks the customer of a wallet. The wallet itself need not exist, because the first
    /// credit opens it (R-PAY-3).
    fn wallet(&self, world: &World) -> Result<(), PaymentRefusal> {
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
    /// Resolves both sides. Blanks around numbers do not count (R-ADDR-5).
    pub fn of(world: &'w World, debit: &PaymentParty, credit: &PaymentParty) -> Self {
        Self { sides: [Side::of(world, debit), Side::of(world, credit)] }
    }
    /// Both sides as they are recorded, with exact numbers.
    pub fn named(&self) -> [PaymentParty; 2] {
        self.sides.each_ref().map(|side| side.party.clone())
    }
    /// The customers of both sides who exist already (R-PAY-6).
    pub fn known(&self) -> [Option<CustomerId>; 2] {
        self.sides.each_ref().map(|side| side.known().map(|c| c.id.clone()))
    }

    /// Makes the checks of R-PAY-2 up to the wallet that pays. The amount was checked before, and
    /// whether there is enough money is checked after.
    pub fn check(&self, world: &World, settings: &OrgSettings) -> Result<(), PaymentRefusal> {
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

    /// Step 2: checks that these kinds of parties may pay each other (R-PAY-1).
    fn supported(&self) -> Result<(), PaymentRefusal> {
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

    /// Starts the envelopes for the customers of both sides. A number that nobody has gets
    /// its customer (R-ADDR-1).
    pub fn meet(&self, builder: &mut DecisionBuilder<'w, '_>) -> [Option<About>; 2] {
        let actor = builder.actor();
        self.sides.each_ref().map(|side| {
            let Some(Ok(whom)) = &side.whom else {
                return side.customer.map(|customer| About::known(customer, actor.clone()));
            };
            let (mut about, _) = builder.meet(whom, actor.clone());
            if let P::Customer { number, .. } = &side.party {
                about.number = Some(number.clone());
            }
            Some(about)
        })
    }
}
