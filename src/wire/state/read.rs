//! A state from the wire as a `Customer`. Lenient, because it may come from any server of the
//! contract: an unknown code reads as unspecified, a payment without amount or payer is left out.

use crate::{
    model::{
        Account, Asked, Call, CallHop, CallStatus, ChannelState, ConsentStatus, Currency, Customer,
        CustomerNumber, DataValue, Direction, Message, MessageStatus, Payment, PaymentParty,
        PaymentStatus, Session, UssdHop, UssdMenu, UssdSession,
    },
    wire::{
        money::{balance, from_price},
        parts::{from_duration, from_index, from_time},
        proto::hera,
        voice::{from_actions, from_hop},
    },
};

/// The customer that a state tells of. Numbers are in the order of the four families.
#[must_use]
pub fn decode(data: hera::CustomerStateReplyData) -> Customer {
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
    let mut payments: Vec<Payment> = payment
        .transaction_log
        .into_iter()
        .chain(payment.pending_transactions)
        .filter_map(read_payment)
        .collect();
    payments.sort_by_key(|p| p.created_at);

    Customer {
        id: data.customer_id.into(),
        numbers,
        tags: data.tags.into_iter().map(Into::into).collect(),
        metadata: data
            .metadata
            .into_iter()
            .filter_map(|(key, value)| Some((key, DataValue::try_from(value).ok()?)))
            .collect(),
        secondary_ids: data.secondary_ids.into_iter().map(from_index).collect(),
        channels: messaging.channel_state.into_iter().map(channel_state).collect(),
        messages: messaging.messages.into_iter().map(message).collect(),
        ussd: ussd.sessions.into_iter().map(ussd_session).collect(),
        calls: voice.calls.into_iter().map(call).collect(),
        payments,
        wallets: payment
            .wallets
            .into_iter()
            .filter_map(|(id, of)| Some((id, wallet(&of)?)))
            .collect(),
        ..Customer::default()
    }
}

fn channel_state(state: hera::MessagingChannelStateEntry) -> ChannelState {
    let consent = state.consent_state.map(|consent| {
        let status = ConsentStatus::from_code(consent.status).unwrap_or_default();
        (status, from_time(consent.updated_at))
    });
    // Only asked is no consent yet; who asked does not travel here.
    let (asked, consent) = match consent {
        Some((ConsentStatus::OptInRequestSent, at)) => (Some(Asked { at, apps: Vec::new() }), None),
        consent => (None, consent),
    };
    ChannelState {
        number: state.customer_number.unwrap_or_default().into(),
        channel: state.channel_number.unwrap_or_default().into(),
        consent,
        session: state.active_session.map(|session| Session {
            started_at: from_time(session.started_at),
            expires_at: from_time(session.expiration),
            app: session.app_id.map(Into::into),
        }),
        asked,
    }
}

fn message(message: hera::MessageStateEntry) -> Message {
    Message {
        id: message.message_id.into(),
        direction: Direction::from_code(message.direction).unwrap_or_default(),
        number: message.customer_number.unwrap_or_default().into(),
        channel: message.channel_number.unwrap_or_default().into(),
        app: message.app_id.map(Into::into),
        body: crate::model::Body {
            text: message.text,
            template: message.template.map(Into::into),
            media: message.media.into_iter().map(Into::into).collect(),
            location: message.location.map(Into::into),
        },
        status: MessageStatus::from_code(message.status).unwrap_or_default(),
        in_reply_to: None,
        work: None,
        created_at: from_time(message.created_at),
        updated_at: from_time(message.updated_at),
    }
}

fn ussd_session(session: hera::UssdSessionStateEntry) -> UssdSession {
    let hops = session.hops.into_iter().map(|hop| UssdHop {
        input: hop.input.unwrap_or_default(),
        menu: hop.menu.map(|menu| UssdMenu { text: menu.text, is_terminal: menu.is_terminal }),
        at: from_time(hop.created_at),
    });
    UssdSession {
        id: session.session_id.into(),
        number: session.customer_number.unwrap_or_default().into(),
        channel: session.channel_number.unwrap_or_default().into(),
        app: session.app_id.map(Into::into),
        hops: hops.collect(),
        end: None,
        created_at: from_time(session.created_at),
        updated_at: from_time(session.updated_at),
    }
}

fn call(call: hera::VoiceCallStateEntry) -> Call {
    let hops = call.hops.into_iter().map(|hop| {
        let at = from_time(hop.created_at);
        let report =
            from_hop(hop.input.unwrap_or_default()).unwrap_or(CallHop { at, ..CallHop::default() });
        let actions = from_actions(hop.actions).unwrap_or_default();
        CallHop { answered: !actions.is_empty(), actions, ..report }
    });
    Call {
        id: call.session_id.into(),
        direction: Direction::from_code(call.direction).unwrap_or_default(),
        number: call.customer_number.unwrap_or_default().into(),
        channel: call.channel_number.unwrap_or_default().into(),
        app: call.app_id.map(Into::into),
        status: CallStatus::from_code(call.status).unwrap_or_default(),
        hops: hops.collect(),
        duration: from_duration(call.duration),
        cost: from_price(call.cost),
        created_at: from_time(call.created_at),
        updated_at: from_time(call.updated_at),
    }
}

fn read_payment(payment: hera::PaymentTransaction) -> Option<Payment> {
    Some(Payment {
        id: payment.transaction_id.into(),
        app: payment.app_id.map(Into::into),
        debit: party(payment.debit_party?)?,
        credit: payment.credit_party.and_then(party),
        value: balance(&payment.value?).ok()?,
        status: PaymentStatus::from_code(payment.status).unwrap_or_default(),
        created_at: from_time(payment.created_at),
        updated_at: from_time(payment.updated_at),
    })
}

/// One side of a payment; `None` if nobody is named.
#[must_use]
pub fn party(party: hera::PaymentCounterParty) -> Option<PaymentParty> {
    use hera::payment_counter_party::Party;
    Some(match party.party? {
        Party::Customer(customer) => PaymentParty::Customer {
            number: customer.customer_number.unwrap_or_default().into(),
            channel: customer.channel_number.unwrap_or_default().into(),
        },
        Party::Purse(purse) => PaymentParty::Purse(purse.purse_id),
        Party::Wallet(wallet) => {
            PaymentParty::Wallet { customer: wallet.customer_id.into(), wallet: wallet.wallet_id }
        }
        Party::Channel(channel) => PaymentParty::Channel {
            channel: channel.channel_number.unwrap_or_default().into(),
            code: channel.channel_code,
            account: channel.account,
        },
    })
}

fn wallet(of: &hera::PaymentBalance) -> Option<Account> {
    let minor = |cash: &Option<hera::Cash>| match cash {
        Some(cash) => balance(cash).ok().map(|money| money.minor),
        None => Some(0),
    };
    let pending = of.pending.iter().filter_map(|(id, held)| {
        Some((id.as_str().into(), (minor(&held.value)?, from_time(held.created_at))))
    });
    Some(Account {
        currency: Currency::new(&of.currency_code)?,
        actual: minor(&of.actual)?,
        available: minor(&of.available)?,
        sequence_nr: of.sequence_nr,
        pending: pending.collect(),
    })
}
