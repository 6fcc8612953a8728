//! The items of a customer's state, each in both directions: pairs of numbers, messages, USSD
//! sessions, calls, payments and wallets.

use crate::{
    model::{
        Account, Body, CallHop, ChannelState, ConsentStatus, Currency, Message, MessagingSession,
        Money, Payment, PaymentParty, PendingOptIn, UssdHop, UssdMenu, UssdSession, VoiceCall,
    },
    wire::{
        DecodeError,
        pair::{Wire, oneof_pair, struct_pairs},
        parts::{from_time, time},
        proto::hera::{self, payment_counter_party::Party},
        with::lenient,
    },
};

struct_pairs! {
    MessagingSession { started_at, expires_at, app }
        = hera::MessagingSessionStateEntry { started_at, expiration: expires_at, app_id: app };
    UssdMenu { text, is_terminal } = hera::UssdMenu { text, is_terminal };
    UssdHop { input, menu, at } = hera::UssdHop { input, menu, created_at: at };
    UssdSession { id, number, channel, app, hops, created_at, updated_at; end = None }
        = hera::UssdSessionStateEntry {
            session_id: id,
            customer_number: number,
            channel_number: channel,
            app_id: app,
            hops,
            created_at,
            updated_at,
        };
    VoiceCall {
        id, direction with lenient, number, channel, app, status with lenient, hops, duration,
        cost with priced, created_at, updated_at
    } = hera::VoiceCallStateEntry {
        session_id: id,
        direction,
        customer_number: number,
        channel_number: channel,
        app_id: app,
        status,
        hops,
        duration,
        cost,
        created_at,
        updated_at,
    };
    Payment { id, app, debit, credit with known, value, status with lenient, created_at, updated_at }
        = hera::PaymentTransaction {
            transaction_id: id,
            app_id: app,
            debit_party: debit,
            credit_party: credit,
            value,
            status,
            created_at,
            updated_at,
        };
}

impl Wire<hera::VoiceCallHop> for CallHop {
    fn to_wire(&self) -> hera::VoiceCallHop {
        hera::VoiceCallHop {
            input: self.to_wire(),
            actions: self.actions.to_wire(),
            created_at: time(self.at),
        }
    }
    /// If a report has a code that this version does not know, only its time and the answer to
    /// it are kept.
    fn from_wire(hop: hera::VoiceCallHop) -> Result<Self, DecodeError> {
        let at = from_time(hop.created_at);
        let report = Self::from_wire(hop.input).unwrap_or(Self { at, ..Self::default() });
        let actions = Vec::from_wire(hop.actions).unwrap_or_default();
        Ok(Self { answered: !actions.is_empty(), actions, ..report })
    }
}

impl Wire<hera::MessagingChannelStateEntry> for ChannelState {
    fn to_wire(&self) -> hera::MessagingChannelStateEntry {
        let asked = self.asked.as_ref().map(|asked| (ConsentStatus::OptInRequestSent, asked.at));
        hera::MessagingChannelStateEntry {
            customer_number: self.number.to_wire(),
            channel_number: self.channel.to_wire(),
            // An open request is shown only if no consent is known, because 101 must not overwrite
            // one (R-CONSENT-2).
            consent_state: self.consent.or(asked).map(|(status, at)| {
                hera::MessagingConsentStateEntry { status: status.code(), updated_at: time(at) }
            }),
            active_session: self.session.to_wire(),
        }
    }
    fn from_wire(state: hera::MessagingChannelStateEntry) -> Result<Self, DecodeError> {
        let consent = state.consent_state.map(|consent| {
            let status = ConsentStatus::from_code(consent.status).unwrap_or_default();
            (status, from_time(consent.updated_at))
        });
        // 101 is an open request and no consent. Which apps asked is not in the contract's state.
        let (asked, consent) = match consent {
            Some((ConsentStatus::OptInRequestSent, at)) => {
                (Some(PendingOptIn { at, apps: Vec::new() }), None)
            }
            consent => (None, consent),
        };
        Ok(Self {
            number: Wire::from_wire(state.customer_number)?,
            channel: Wire::from_wire(state.channel_number)?,
            consent,
            session: Wire::from_wire(state.active_session)?,
            asked,
        })
    }
}

impl Wire<hera::MessageStateEntry> for Message {
    fn to_wire(&self) -> hera::MessageStateEntry {
        hera::MessageStateEntry {
            direction: self.direction.to_wire(),
            customer_number: self.number.to_wire(),
            channel_number: self.channel.to_wire(),
            message_id: self.id.to_wire(),
            app_id: self.app.to_wire(),
            text: self.body.text.clone(),
            template: self.body.template.to_wire(),
            media: self.body.media.to_wire(),
            location: self.body.location.to_wire(),
            created_at: self.created_at.to_wire(),
            updated_at: self.updated_at.to_wire(),
            status: self.status.to_wire(),
        }
    }
    fn from_wire(message: hera::MessageStateEntry) -> Result<Self, DecodeError> {
        Ok(Self {
            id: message.message_id.into(),
            direction: lenient::from_wire(message.direction)?,
            number: Wire::from_wire(message.customer_number)?,
            channel: Wire::from_wire(message.channel_number)?,
            app: Wire::from_wire(message.app_id)?,
            body: Body {
                text: message.text,
                template: Wire::from_wire(message.template)?,
                media: Wire::from_wire(message.media)?,
                location: Wire::from_wire(message.location)?,
            },
            status: lenient::from_wire(message.status)?,
            in_reply_to: None,
            is_final: false,
            work: None,
            created_at: from_time(message.created_at),
            updated_at: from_time(message.updated_at),
        })
    }
}

impl From<&PaymentParty> for hera::PaymentCounterParty {
    fn from(party: &PaymentParty) -> Self {
        Self { party: party.to_wire() }
    }
}

impl TryFrom<hera::PaymentCounterParty> for PaymentParty {
    type Error = DecodeError;
    fn try_from(party: hera::PaymentCounterParty) -> Result<Self, DecodeError> {
        Self::from_wire(party.party)
    }
}

oneof_pair! { PaymentParty = Party else "a party of a payment names nobody" {
    Customer { number, channel } = Customer(hera::PaymentCustomerCounterParty {
        customer_number: number,
        channel_number: channel,
    });
    Purse(purse) = Purse(hera::PaymentPurseCounterParty { purse_id: purse });
    Wallet { customer, wallet }
        = Wallet(hera::PaymentWalletCounterParty { customer_id: customer, wallet_id: wallet });
    Channel { channel, code, account } = Channel(hera::PaymentChannelCounterParty {
        channel_number: channel,
        channel_code: code,
        account,
    });
} }

/// A balance, with what each pending payment holds of it (R-PAY-5).
impl Wire<hera::PaymentBalance> for Account {
    fn to_wire(&self) -> hera::PaymentBalance {
        let cash = |minor| Some(Money { currency: self.currency, minor }.into());
        let pending = self.pending.iter().map(|(id, (minor, since))| {
            let created_at = time(*since);
            let value = cash(*minor);
            (id.to_string(), hera::PendingPaymentTransaction { created_at, value, converted: None })
        });
        hera::PaymentBalance {
            currency_code: self.currency.code().to_owned(),
            available: cash(self.available),
            actual: cash(self.actual),
            pending: pending.collect(),
            sequence_nr: self.sequence_nr,
        }
    }
    /// A pending payment that this version cannot read is left out.
    fn from_wire(of: hera::PaymentBalance) -> Result<Self, DecodeError> {
        let minor = |cash: Option<hera::Cash>| match cash {
            Some(cash) => Money::from_wire(cash).map(|money| money.minor),
            None => Ok(0),
        };
        let pending = of.pending.into_iter().filter_map(|(id, held)| {
            Some((id.into(), (minor(held.value).ok()?, from_time(held.created_at))))
        });
        Ok(Self {
            currency: Currency::new(&of.currency_code)
                .ok_or_else(|| DecodeError::new("the currency code is not three letters"))?,
            actual: minor(of.actual)?,
            available: minor(of.available)?,
            sequence_nr: of.sequence_nr,
            pending: pending.collect(),
        })
    }
}
