//! A customer as `CustomerStateReplyData` (operations.md 3.3) and back.
//!
//! `encode` always sets what SDKs read without a check (R-STATE-1) and cuts histories to the
//! newest that fit (R-STATE-2, D-SIZE). The contract cannot carry the order in which numbers were
//! learnt, how a USSD session ended, what a message answers, and the creation time: those travel
//! beside it (`answer.rs`), and `decode` alone leaves them at their defaults.

mod cut;
mod read;

pub use read::{decode, party};

use super::{
    money::price,
    parts::{duration, index, time},
    proto::hera,
    voice::hop,
};
use crate::model::{
    Account, Call, ChannelNumber, ChannelState, ConsentStatus, Customer, CustomerNumber, Message,
    Payment, PaymentParty, Provider, UssdSession,
};

/// The most that one encoded state may take: below 3.5 MiB with room for what travels beside it
/// (D-SIZE).
pub const MAX_BYTES: usize = 3 * 1024 * 1024 + 256 * 1024;
/// That room.
const BESIDE: usize = 240 * 1024;

/// The state of a customer, for an app.
#[must_use]
pub fn encode(customer: &Customer) -> hera::CustomerStateReplyData {
    encode_beside(customer, 0)
}

/// The same, in a reply that has so many bytes without it.
pub(super) fn encode_beside(customer: &Customer, beside: usize) -> hera::CustomerStateReplyData {
    let mut data = hera::CustomerStateReplyData {
        customer_id: customer.id.to_string(),
        messaging_state: Some(messaging(customer)),
        ussd_state: Some(ussd(customer)),
        voice_state: Some(voice(customer)),
        payment_state: Some(payments(customer)),
        tags: customer.tags.iter().map(Into::into).collect(),
        metadata: customer.metadata.iter().map(|(key, v)| (key.clone(), v.into())).collect(),
        secondary_ids: customer.secondary_ids.iter().map(index).collect(),
    };
    cut::fit(&mut data, MAX_BYTES.saturating_sub(beside.saturating_sub(BESIDE)));
    data
}

/// Each once, in order of first use.
fn distinct<'a, T: PartialEq + 'a, U: From<&'a T>>(all: impl Iterator<Item = &'a T>) -> Vec<U> {
    let mut seen: Vec<&T> = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen.into_iter().map(U::from).collect()
}

fn messaging(customer: &Customer) -> hera::MessagingState {
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
            .map(channel_state)
            .collect(),
        messages: customer.messages.iter().map(message).collect(),
        customer_numbers: distinct(on_channels.chain(numbers).chain(idle)),
        channel_numbers: distinct(customer.channels.iter().map(|c| &c.channel).chain(lines)),
    }
}

fn channel_state(state: &ChannelState) -> hera::MessagingChannelStateEntry {
    let asked = state.asked.as_ref().map(|asked| (ConsentStatus::OptInRequestSent, asked.at));
    hera::MessagingChannelStateEntry {
        customer_number: Some((&state.number).into()),
        channel_number: Some((&state.channel).into()),
        // Being asked is shown where it replaces nothing (R-CONSENT-2).
        consent_state: state.consent.or(asked).map(|(status, at)| {
            hera::MessagingConsentStateEntry { status: status.code(), updated_at: time(at) }
        }),
        active_session: state.session.as_ref().map(|s| hera::MessagingSessionStateEntry {
            started_at: time(s.started_at),
            expiration: time(s.expires_at),
            app_id: s.app.clone().map(Into::into),
        }),
    }
}

fn message(message: &Message) -> hera::MessageStateEntry {
    hera::MessageStateEntry {
        direction: message.direction.code(),
        customer_number: Some((&message.number).into()),
        channel_number: Some((&message.channel).into()),
        message_id: message.id.to_string(),
        app_id: message.app.clone().map(Into::into),
        text: message.body.text.clone(),
        template: message.body.template.as_ref().map(Into::into),
        media: message.body.media.iter().map(Into::into).collect(),
        location: message.body.location.as_ref().map(Into::into),
        created_at: time(message.created_at),
        updated_at: time(message.updated_at),
        status: message.status.code(),
    }
}

fn ussd(customer: &Customer) -> hera::UssdState {
    hera::UssdState {
        sessions: customer.ussd.iter().map(ussd_session).collect(),
        customer_numbers: distinct(customer.ussd.iter().map(|s| &s.number)),
        channel_numbers: distinct(customer.ussd.iter().map(|s| &s.channel)),
    }
}

fn ussd_session(session: &UssdSession) -> hera::UssdSessionStateEntry {
    let hops = session.hops.iter().map(|hop| hera::UssdHop {
        input: Some(hop.input.clone()),
        menu: hop
            .menu
            .as_ref()
            .map(|menu| hera::UssdMenu { text: menu.text.clone(), is_terminal: menu.is_terminal }),
        created_at: time(hop.at),
    });
    hera::UssdSessionStateEntry {
        customer_number: Some((&session.number).into()),
        channel_number: Some((&session.channel).into()),
        session_id: session.id.to_string(),
        app_id: session.app.clone().map(Into::into),
        hops: hops.collect(),
        created_at: time(session.created_at),
        updated_at: time(session.updated_at),
    }
}

fn voice(customer: &Customer) -> hera::VoiceState {
    hera::VoiceState {
        calls: customer.calls.iter().map(call).collect(),
        customer_numbers: distinct(customer.calls.iter().map(|c| &c.number)),
        channel_numbers: distinct(customer.calls.iter().map(|c| &c.channel)),
    }
}

fn call(call: &Call) -> hera::VoiceCallStateEntry {
    let hops = call.hops.iter().map(|report| hera::VoiceCallHop {
        input: Some(hop(report)),
        actions: report.actions.iter().map(Into::into).collect(),
        created_at: time(report.at),
    });
    hera::VoiceCallStateEntry {
        direction: call.direction.code(),
        customer_number: Some((&call.number).into()),
        channel_number: Some((&call.channel).into()),
        session_id: call.id.to_string(),
        app_id: call.app.clone().map(Into::into),
        status: call.status.code(),
        hops: hops.collect(),
        duration: duration(call.duration),
        cost: Some(price(call.cost)),
        created_at: time(call.created_at),
        updated_at: time(call.updated_at),
    }
}

/// Both parties of every payment.
fn parties(customer: &Customer) -> impl Iterator<Item = &PaymentParty> {
    customer.payments.iter().flat_map(|p| std::iter::once(&p.debit).chain(&p.credit))
}

/// The customer's own mobile money numbers in all payments: who else paid into a wallet of theirs
/// is not who they are (R-STATE-3).
fn payers(customer: &Customer) -> impl Iterator<Item = &CustomerNumber> {
    parties(customer).filter_map(|party| match party {
        PaymentParty::Customer { number, .. } if customer.numbers.contains(number) => Some(number),
        _ => None,
    })
}

fn payments(customer: &Customer) -> hera::PaymentState {
    let channels = parties(customer).filter_map(|party| match party {
        PaymentParty::Customer { channel, .. } | PaymentParty::Channel { channel, .. } => {
            Some(channel)
        }
        _ => None::<&ChannelNumber>,
    });
    // Under way here, over there (R-PAY-6).
    let (pending, over): (Vec<_>, Vec<_>) =
        customer.payments.iter().partition(|p| p.status.is_pending());
    hera::PaymentState {
        customer_numbers: distinct(payers(customer)),
        channel_numbers: distinct(channels),
        transaction_log: over.into_iter().map(payment).collect(),
        pending_transactions: pending.into_iter().map(payment).collect(),
        wallets: customer.wallets.iter().map(|(id, of)| (id.clone(), wallet(of))).collect(),
    }
}

fn payment(payment: &Payment) -> hera::PaymentTransaction {
    hera::PaymentTransaction {
        transaction_id: payment.id.to_string(),
        app_id: payment.app.clone().map(Into::into),
        debit_party: Some((&payment.debit).into()),
        credit_party: payment.credit.as_ref().map(Into::into),
        value: Some(payment.value.into()),
        status: payment.status.code(),
        created_at: time(payment.created_at),
        updated_at: time(payment.updated_at),
    }
}

impl From<&PaymentParty> for hera::PaymentCounterParty {
    fn from(party: &PaymentParty) -> Self {
        use hera::payment_counter_party::Party;
        let party = match party.clone() {
            PaymentParty::Customer { number, channel } => {
                Party::Customer(hera::PaymentCustomerCounterParty {
                    customer_number: Some((&number).into()),
                    channel_number: Some((&channel).into()),
                })
            }
            PaymentParty::Purse(purse_id) => {
                Party::Purse(hera::PaymentPurseCounterParty { purse_id })
            }
            PaymentParty::Wallet { customer, wallet } => {
                Party::Wallet(hera::PaymentWalletCounterParty {
                    customer_id: customer.into(),
                    wallet_id: wallet,
                })
            }
            PaymentParty::Channel { channel, code, account } => {
                Party::Channel(hera::PaymentChannelCounterParty {
                    channel_number: Some((&channel).into()),
                    channel_code: code,
                    account,
                })
            }
        };
        Self { party: Some(party) }
    }
}

/// A balance with the debits that it is held for (R-PAY-5).
fn wallet(wallet: &Account) -> hera::PaymentBalance {
    let cash = |minor| crate::model::Money { currency: wallet.currency, minor }.into();
    let pending = wallet.pending.iter().map(|(id, (minor, since))| {
        let held = hera::PendingPaymentTransaction {
            created_at: time(*since),
            value: Some(cash(*minor)),
            converted: None,
        };
        (id.to_string(), held)
    });
    hera::PaymentBalance {
        currency_code: wallet.currency.code().to_owned(),
        available: Some(cash(wallet.available)),
        actual: Some(cash(wallet.actual)),
        pending: pending.collect(),
        sequence_nr: wallet.sequence_nr,
    }
}
