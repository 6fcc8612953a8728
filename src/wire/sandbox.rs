//! What phones do and what reaches them: `switchboard.v1.Sandbox` to and from the model.

use super::{
    DecodeError, kind, money,
    parts::{from_duration, from_time, time},
    proto::{
        hera,
        v1::{self, phone_event::Kind},
    },
};
use crate::model::{
    Actor, CallHop, CallStatus, Channel, ChannelNumber, CustomerNumber, Event, EventKind,
    HangupCause, MessageStatus, NetworkCommand, PaymentStatus, Receipt, UssdEnd,
};

fn caller(from: Option<hera::CustomerNumber>) -> Result<CustomerNumber, DecodeError> {
    from.map(CustomerNumber::from)
        .filter(|number| !number.number.is_empty())
        .ok_or_else(|| DecodeError::new("no phone number given"))
}

impl TryFrom<v1::PhoneMessage> for NetworkCommand {
    type Error = DecodeError;
    fn try_from(r: v1::PhoneMessage) -> Result<Self, DecodeError> {
        Ok(Self::ReceiveMessage {
            from: caller(r.from)?,
            to: r.to.unwrap_or_default().into(),
            body: r.body.unwrap_or_default().into(),
        })
    }
}

impl TryFrom<v1::DialUssdRequest> for NetworkCommand {
    type Error = DecodeError;
    fn try_from(r: v1::DialUssdRequest) -> Result<Self, DecodeError> {
        let to = ChannelNumber::new(Channel::Ussd, &r.code);
        Ok(Self::DialUssd { from: caller(r.from)?, to, input: r.input })
    }
}

impl From<v1::AnswerUssdRequest> for NetworkCommand {
    fn from(r: v1::AnswerUssdRequest) -> Self {
        let session = r.session_id.into();
        if r.leave {
            Self::EndUssd { session, end: UssdEnd::CustomerLeft }
        } else {
            Self::InputUssd { session, input: r.input }
        }
    }
}

impl TryFrom<v1::PlaceCallRequest> for NetworkCommand {
    type Error = DecodeError;
    fn try_from(r: v1::PlaceCallRequest) -> Result<Self, DecodeError> {
        let to = ChannelNumber::new(Channel::Voice, &r.to);
        Ok(Self::ReceiveCall { from: caller(r.from)?, to })
    }
}

impl TryFrom<v1::ReportCallRequest> for NetworkCommand {
    type Error = DecodeError;
    fn try_from(r: v1::ReportCallRequest) -> Result<Self, DecodeError> {
        let unknown =
            |code: i32| DecodeError::new(format!("there is no call status or cause {code}"));
        Ok(Self::ReportCall {
            session: r.session_id.into(),
            hop: CallHop {
                status: CallStatus::from_code(r.status).ok_or_else(|| unknown(r.status))?,
                cause: HangupCause::from_code(r.cause).ok_or_else(|| unknown(r.cause))?,
                digits: r.digits,
                recording_url: r.recording_url,
                dial: r.dial_data.map(Into::into),
                ..CallHop::default()
            },
            duration: from_duration(r.duration),
            cost: None,
        })
    }
}

impl TryFrom<v1::PayRequest> for NetworkCommand {
    type Error = DecodeError;
    fn try_from(r: v1::PayRequest) -> Result<Self, DecodeError> {
        Ok(Self::ReceivePayment {
            from: caller(r.from)?,
            to: ChannelNumber::new(Channel::Payment, &r.to),
            value: money::amount(r.value.as_ref())?,
        })
    }
}

impl TryFrom<v1::AnswerConsentRequest> for NetworkCommand {
    type Error = DecodeError;
    fn try_from(r: v1::AnswerConsentRequest) -> Result<Self, DecodeError> {
        let to = r.to.unwrap_or_default().into();
        Ok(Self::AnswerConsent { from: caller(r.from)?, to, agrees: r.agrees })
    }
}

impl TryFrom<v1::ReportPaymentRequest> for NetworkCommand {
    type Error = DecodeError;
    fn try_from(r: v1::ReportPaymentRequest) -> Result<Self, DecodeError> {
        let status = PaymentStatus::from_code(r.status)
            .ok_or_else(|| DecodeError::new(format!("there is no payment status {}", r.status)))?;
        Ok(Self::ReportPayment { transaction: r.transaction_id.into(), status })
    }
}

impl TryFrom<v1::FundPurseRequest> for NetworkCommand {
    type Error = DecodeError;
    fn try_from(r: v1::FundPurseRequest) -> Result<Self, DecodeError> {
        Ok(Self::FundPurse { purse: r.purse_id, value: money::amount(r.value.as_ref())? })
    }
}

impl From<v1::MoveClockRequest> for NetworkCommand {
    fn from(r: v1::MoveClockRequest) -> Self {
        Self::MoveClock { by: from_duration(r.by) }
    }
}

impl From<&Receipt> for v1::PhoneReply {
    fn from(receipt: &Receipt) -> Self {
        Self {
            ok: receipt.is_ok(),
            description: receipt.description().to_owned(),
            customer_id: receipt.customer().map(ToString::to_string).unwrap_or_default(),
            subject_id: receipt.subject().unwrap_or_default().to_owned(),
        }
    }
}

impl From<v1::PhoneReply> for Receipt {
    fn from(reply: v1::PhoneReply) -> Self {
        Self::Network {
            ok: reply.ok,
            description: reply.description,
            customer: Some(reply.customer_id).filter(|id| !id.is_empty()).map(Into::into),
            subject: Some(reply.subject_id).filter(|id| !id.is_empty()),
        }
    }
}

/// What a phone notices of an event; `None` if nothing reaches it. That it is the right phone is
/// the caller's business.
#[must_use]
pub fn phone_event(event: &Event) -> Option<v1::PhoneEvent> {
    use v1::event::Kind as Stored;
    let kind = match kind::encode(&event.kind)? {
        // A refused message never left the hub.
        Stored::MessageSent(m) if m.status == MessageStatus::Sent.code() => Kind::Message(m),
        Stored::UssdMenuShown(menu) => Kind::UssdMenu(menu),
        Stored::UssdEnded(end) => Kind::UssdEnded(end),
        Stored::CallChanged(call) => Kind::Call(call),
        Stored::PaymentStatusChanged(payment) => Kind::Payment(payment),
        Stored::PaymentStarted(payment) => Kind::PaymentStarted(payment),
        Stored::ConsentRequested(request) => Kind::ConsentRequested(request),
        Stored::CallPlanned(plan) => Kind::CallPlanned(plan),
        _ => return None,
    };
    Some(v1::PhoneEvent {
        at: time(event.at),
        from: event.channel.as_ref().map(Into::into),
        kind: Some(kind),
    })
}

/// What reached a phone, as the event behind it. Who it was for is not in it.
#[must_use]
pub fn from_phone_event(event: v1::PhoneEvent) -> Event {
    use v1::event::Kind as Stored;
    let stored = event.kind.map(|kind| match kind {
        Kind::Message(m) => Stored::MessageSent(m),
        Kind::UssdMenu(menu) => Stored::UssdMenuShown(menu),
        Kind::UssdEnded(end) => Stored::UssdEnded(end),
        Kind::Call(call) => Stored::CallChanged(call),
        Kind::Payment(payment) => Stored::PaymentStatusChanged(payment),
        Kind::PaymentStarted(payment) => Stored::PaymentStarted(payment),
        Kind::ConsentRequested(request) => Stored::ConsentRequested(request),
        Kind::CallPlanned(plan) => Stored::CallPlanned(plan),
    });
    let kind: EventKind = kind::decode(stored);
    Event {
        at: from_time(event.at),
        customer: None,
        app: None,
        actor: Actor::Network,
        number: None,
        channel: event.from.map(Into::into),
        name: None,
        kind,
    }
}
