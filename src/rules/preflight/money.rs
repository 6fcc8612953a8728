//! Checks of payments. They find what the rules may allow: the same payment under way or just made, and
//! money that goes from one customer to another.

use super::{Preflight, short};
use crate::{
    model::{CustomerState, Money, Payment, PaymentParty},
    rules::payment,
};
use std::{sync::Arc, time::Duration};

/// The same payment again within this time may be a mistake.
const AGAIN: Duration = Duration::from_hours(24);

impl<'a> Preflight<'a> {
    /// Checks a payment, and shows what it would do to the balances.
    pub(in crate::rules) fn paying(
        &mut self,
        debit: &PaymentParty,
        credit: &PaymentParty,
        value: Money,
    ) {
        if !self.is_part {
            self.out.balances = payment::preview(self.world, self.settings, debit, credit, value);
        }
        let parties = [debit, credit].map(|party| self.party(party));
        let all = parties.iter().flatten().flat_map(|customer| customer.payments.iter().rev());
        let same = |p: &&Payment| {
            p.debit == *debit && p.credit.as_ref() == Some(credit) && p.value == value
        };
        let twins: Vec<_> = all.filter(same).collect();
        if let Some(pending) = twins.iter().find(|p| p.status.is_pending()) {
            let text = format!(
                "{} of the same amount is {} since {}: see what becomes of it first",
                pending.id,
                pending.status.words(),
                short(self.now.since(pending.created_at))
            );
            // Paying again before the first is known is how one pays twice (D-STATE-MONEY).
            self.block("outcome-unknown", text);
        } else if let Some(paid) = twins
            .iter()
            .find(|p| p.status.code() / 100 == 3 && self.now.since(p.created_at) <= AGAIN)
        {
            let ago = short(self.now.since(paid.created_at));
            self.warn("duplicate-recent", format!("the same was paid {ago} ago ({})", paid.id));
        }
        if let [Some(one), Some(other)] = parties
            && one.id != other.id
        {
            let text = format!("from one customer to another: {} to {}", one.id, other.id);
            self.note("two-customers", text);
        }
    }

    /// The customer behind a party; `None` for purses and channels.
    fn party(&self, party: &PaymentParty) -> Option<&'a Arc<CustomerState>> {
        match party {
            PaymentParty::Customer { number, channel } => self.by_number(number, channel),
            PaymentParty::Wallet { customer, .. } => self.world.by_id(customer),
            PaymentParty::Purse(_) | PaymentParty::Channel { .. } => None,
        }
    }
}
