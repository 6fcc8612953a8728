//! A customer's state as the contract's `CustomerStateReplyData` (R-STATE-4), and back.
//!
//! `encode` always sets what SDKs read without a check (R-STATE-1), and cuts histories to the
//! newest entries that fit (R-STATE-2, D-SIZE). The contract has no place for the order in which
//! numbers became known, for how a USSD session ended, for what a message answers, and for the
//! time of creation. These travel beside the state (`client.rs`), and `decode` alone leaves them
//! at their defaults.

mod cut;
mod items;

use super::{pair::Wire, proto::hera};
use crate::model::{CustomerNumber, CustomerState, Payment, PaymentParty, Provider};
use std::collections::BTreeMap;

/// The largest encoded state: below 3.5 MiB, so that there is room for what travels
/// beside it (D-SIZE).
pub const MAX_BYTES: usize = 3 * 1024 * 1024 + 256 * 1024;
/// The room for what travels beside the state. What is larger takes its room from the histories.
const BESIDE: usize = 240 * 1024;

/// The state of a customer for an app.
#[must_use]
pub fn encode(customer: &CustomerState) -> hera::CustomerStateReplyData {
    encode_beside(customer, 0)
}

/// The same for a reply that has `beside` bytes without the state.
pub(super) fn encode_beside(
    customer: &CustomerState,
    beside: usize,
) -> hera::CustomerStateReplyData {
    let mut data = hera::CustomerStateReplyData {
        customer_id: customer.id.to_string(),
        messaging_state: Some(messaging(customer)),
        ussd_state: Some(ussd(customer)),
        voice_state: Some(voice(customer)),
        payment_state: Some(payments(customer)),
        tags: customer.tags.to_wire(),
        metadata: customer.metadata.iter().map(|(key, v)| (key.clone(), v.into())).collect(),
        secondary_ids: customer.secondary_ids.to_wire(),
    };
    cut::fit(&mut data, MAX_BYTES.saturating_sub(beside.saturating_sub(BESIDE)));
    data
}

/// Each value once, in the order in which they come first.
fn distinct<'a, T: PartialEq + 'a, U: From<&'a T>>(all: impl Iterator<Item = &'a T>) -> Vec<U> {
    let mut seen: Vec<&T> = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen.into_iter().map(U::from).collect()
}

fn messaging(customer: &CustomerState) -> hera::MessagingState {
    // A number that was only ever read is listed here, so that a client can find it (R-STATE-3).
    let idle = customer.numbers.iter().filter(|number| {
        number.provider != Provider::Unspecified
            && !customer.ussd.iter().any(|s| s.number == **number)
            && !customer.calls.iter().any(|c| c.number == **number)
            && !payers(customer).any(|n| n == *number)
    });
    let numbers = customer.messages.iter().map(|m| &m.number);
    let on_channels = customer.channels.iter().map(|c| &c.number);
    let lines = customer.messages.iter().map(|m| &m.channel);
    hera::MessagingState {
        channel_state: customer
            .channels
            .iter()
            .filter(|c| c.channel.channel.is_messaging())
            .map(Wire::to_wire)
            .collect(),
        messages: customer.messages.to_vec().to_wire(),
        customer_numbers: distinct(on_channels.chain(numbers).chain(idle)),
        channel_numbers: distinct(customer.channels.iter().map(|c| &c.channel).chain(lines)),
    }
}

fn ussd(customer: &CustomerState) -> hera::UssdState {
    hera::UssdState {
        sessions: customer.ussd.to_wire(),
        customer_numbers: distinct(customer.ussd.iter().map(|s| &s.number)),
        channel_numbers: distinct(customer.ussd.iter().map(|s| &s.channel)),
    }
}

fn voice(customer: &CustomerState) -> hera::VoiceState {
    hera::VoiceState {
        calls: customer.calls.to_wire(),
        customer_numbers: distinct(customer.calls.iter().map(|c| &c.number)),
        channel_numbers: distinct(customer.calls.iter().map(|c| &c.channel)),
    }
}

/// Both parties of every payment.
fn parties(customer: &CustomerState) -> impl Iterator<Item = &PaymentParty> {
    customer.payments.iter().flat_map(|p| std::iter::once(&p.debit).chain(&p.credit))
}

/// The customer's own mobile money numbers in all payments. Somebody else who paid into their
/// wallet is left out, because a client would take that number for the customer's (R-STATE-3).
fn payers(customer: &CustomerState) -> impl Iterator<Item = &CustomerNumber> {
    let numbers = parties(customer).filter_map(|party| match party {
        PaymentParty::Customer { number, .. } => Some(number),
        PaymentParty::Purse(_) | PaymentParty::Wallet { .. } | PaymentParty::Channel { .. } => None,
    });
    numbers.filter(|number| customer.numbers.contains(number))
}

fn payments(customer: &CustomerState) -> hera::PaymentState {
    let channels = parties(customer).filter_map(|party| match party {
        PaymentParty::Customer { channel, .. } | PaymentParty::Channel { channel, .. } => {
            Some(channel)
        }
        PaymentParty::Purse(_) | PaymentParty::Wallet { .. } => None,
    });
    // The contract has payments under way and the others in two lists (R-PAY-6).
    let (pending, over): (Vec<_>, Vec<_>) =
        customer.payments.iter().partition(|p| p.status.is_pending());
    hera::PaymentState {
        customer_numbers: distinct(payers(customer)),
        channel_numbers: distinct(channels),
        transaction_log: over.into_iter().map(Wire::to_wire).collect(),
        pending_transactions: pending.into_iter().map(Wire::to_wire).collect(),
        wallets: customer.wallets.iter().map(|(id, of)| (id.clone(), of.to_wire())).collect(),
    }
}

/// The customer whose state this is. Their numbers come in the order of the four families.
#[must_use]
pub fn decode(data: hera::CustomerStateReplyData) -> CustomerState {
    let messaging = data.messaging_state.unwrap_or_default();
    let ussd = data.ussd_state.unwrap_or_default();
    let voice = data.voice_state.unwrap_or_default();
    let payment = data.payment_state.unwrap_or_default();

    let mut numbers: Vec<CustomerNumber> = Vec::new();
    let families = [
        messaging.customer_numbers,
        ussd.customer_numbers,
        voice.customer_numbers,
        payment.customer_numbers,
    ];
    for number in families.into_iter().flatten().map(CustomerNumber::from) {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    let mut payments: Vec<Payment> = readable(payment.transaction_log);
    payments.extend(readable::<Payment, _>(payment.pending_transactions));
    payments.sort_by_key(|p| p.created_at);

    CustomerState {
        id: data.customer_id.into(),
        numbers,
        tags: readable(data.tags),
        metadata: readable_values(data.metadata),
        secondary_ids: readable(data.secondary_ids),
        channels: readable(messaging.channel_state),
        messages: readable(messaging.messages).into(),
        ussd: readable(ussd.sessions),
        calls: readable(voice.calls),
        payments,
        wallets: readable_values(payment.wallets),
        ..CustomerState::default()
    }
}

/// The items that this version can read.
fn readable<T: Wire<P>, P>(items: Vec<P>) -> Vec<T> {
    items.into_iter().filter_map(|item| T::from_wire(item).ok()).collect()
}

/// The values that this version can read, by their keys.
fn readable_values<T: Wire<P>, P>(values: BTreeMap<String, P>) -> BTreeMap<String, T> {
    values.into_iter().filter_map(|(key, value)| Some((key, T::from_wire(value).ok()?))).collect()
}

/// A party of a payment. `None` if it names nobody.
#[must_use]
pub fn party(party: hera::PaymentCounterParty) -> Option<PaymentParty> {
    party.try_into().ok()
}
