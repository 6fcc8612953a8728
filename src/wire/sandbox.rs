//! What is acted in a sandbox and what reaches a phone: `switchboard.v1.Sandbox` to and from the
//! model. The two directions of a pair stand one below the other.

use super::{
    DecodeError, digest, duration, kind, money,
    parts::{from_duration, from_time, time},
    proto::{
        hera,
        v1::{
            self, phone_event::Kind, set_delivery_request::Outcome as WireOutcome,
            set_phone_request::Will as WireWill,
        },
    },
};
use crate::model::{
    Actor, Body, CallHop, CallStatus, Channel, ChannelNumber, CustomerNumber, Event, EventKind,
    HangupCause, MessageStatus, Money, NetworkCommand, NetworkReceipt, OrgId, PaymentStatus,
    Provider, Receipt, SessionId, TransactionId, UssdEnd,
    phone::{Act, Manner, Outcome, Will},
};
use prost::Message as _;
use std::time::Duration;

/// Makes [`ActRequest`] of the rpcs with which something is acted, one a row. `Pay(PayRequest);` is
/// the rpc `Pay`: it becomes the variant `ActRequest::Pay(v1::PayRequest)`, and an arm in each of
/// the methods that any of these requests can answer.
macro_rules! act_requests {
    ($($rpc:ident($request:ident);)*) => {
        /// The request of any rpc with which something is acted.
        #[derive(Clone, Debug, PartialEq)]
        pub enum ActRequest {
            $(#[doc = concat!("The request of the rpc `", stringify!($rpc), "`.")] $rpc(v1::$request),)*
        }

        impl ActRequest {
            /// The org in which it is acted.
            #[must_use]
            pub fn org(&self) -> &str {
                match self { $(Self::$rpc(request) => &request.org_id,)* }
            }

            /// What its idempotency key stands for (D-IDEM).
            #[must_use]
            pub fn digest(&self) -> [u8; 32] {
                match self {
                    $(Self::$rpc(request) => digest(
                        concat!("/switchboard.v1.Sandbox/", stringify!($rpc)),
                        &request.encode_to_vec(),
                    ),)*
                }
            }
        }
    };
}

act_requests! {
    SendMessage(PhoneMessage);
    DialUssd(DialUssdRequest);
    AnswerUssd(AnswerUssdRequest);
    PlaceCall(PlaceCallRequest);
    ReportCall(ReportCallRequest);
    Pay(PayRequest);
    SetDelivery(SetDeliveryRequest);
    AnswerConsent(AnswerConsentRequest);
    ReportPayment(ReportPaymentRequest);
    FundPurse(FundPurseRequest);
    MoveClock(MoveClockRequest);
    SetPhone(SetPhoneRequest);
}

impl ActRequest {
    /// The request for an act in an org. `None` if it is nothing that can be acted: the network and
    /// the hub's own clock alone report messages, price calls, and time out sessions.
    #[must_use]
    pub fn new(org: &OrgId, act: &Act) -> Option<Self> {
        let org_id = org.to_string();
        Some(match act {
            Act::Network(command) => return Self::of_command(org_id, command),
            Act::SetPhone { number, manner } => Self::SetPhone(set_phone(org_id, number, manner)),
            Act::SetDelivery { number, outcome } => {
                Self::SetDelivery(set_delivery(org_id, number, *outcome))
            }
        })
    }

    fn of_command(org_id: String, command: &NetworkCommand) -> Option<Self> {
        use NetworkCommand as C;
        Some(match command {
            C::ReceiveMessage { from, to, body } => {
                Self::SendMessage(send_message(org_id, from, to, body))
            }
            C::DialUssd { from, to, input } => Self::DialUssd(dial_ussd(org_id, from, to, input)),
            C::InputUssd { session, input } => {
                Self::AnswerUssd(answer_ussd(org_id, session, Some(input)))
            }
            C::EndUssd { session, end: UssdEnd::CustomerLeft } => {
                Self::AnswerUssd(answer_ussd(org_id, session, None))
            }
            C::ReceiveCall { from, to } => Self::PlaceCall(place_call(org_id, from, to)),
            C::ReportCall { session, hop, duration, cost: None } => {
                Self::ReportCall(report_call(org_id, session, hop, *duration))
            }
            C::ReceivePayment { from, to, value } => Self::Pay(pay(org_id, from, to, *value)),
            C::ReportPayment { transaction, status } => {
                Self::ReportPayment(report_payment(org_id, transaction, *status))
            }
            C::AnswerConsent { from, to, agrees } => {
                Self::AnswerConsent(answer_consent(org_id, from, to, *agrees))
            }
            C::FundPurse { purse, value } => Self::FundPurse(fund_purse(org_id, purse, *value)),
            C::MoveClock { by } => Self::MoveClock(move_clock(org_id, *by)),
            C::EndUssd { .. }
            | C::ReportCall { .. }
            | C::ReportMessage { .. }
            | C::Sweep
            | C::DropNotifications { .. } => return None,
        })
    }

    /// The act that is asked for, or what is wrong with the request.
    pub fn act(self) -> Result<Act, DecodeError> {
        Ok(Act::Network(match self {
            Self::SendMessage(request) => message_sent(request)?,
            Self::DialUssd(request) => ussd_dialled(request)?,
            Self::AnswerUssd(request) => ussd_answered(request),
            Self::PlaceCall(request) => call_placed(request)?,
            Self::ReportCall(request) => call_reported(request)?,
            Self::Pay(request) => paid(request)?,
            Self::AnswerConsent(request) => consent_answered(request)?,
            Self::ReportPayment(request) => payment_reported(request)?,
            Self::FundPurse(request) => purse_funded(request)?,
            Self::MoveClock(request) => clock_moved(request),
            Self::SetPhone(request) => return phone_set(request),
            Self::SetDelivery(request) => return delivery_set(request),
        }))
    }
}

type Happens = Result<NetworkCommand, DecodeError>;

/// The number of a request, if there is one.
fn caller(from: Option<hera::CustomerNumber>) -> Result<CustomerNumber, DecodeError> {
    from.map(CustomerNumber::from)
        .filter(|number| !number.number.is_empty())
        .ok_or_else(|| DecodeError::new("no phone number given"))
}

/// A number that names one phone.
pub fn phone(number: Option<hera::CustomerNumber>) -> Result<CustomerNumber, DecodeError> {
    let number = caller(number)?;
    if number.provider == Provider::Unspecified {
        return Err(DecodeError::new("say whose number it is: telco, telegram or facebook"));
    }
    Ok(number)
}

fn send_message(
    org_id: String,
    from: &CustomerNumber,
    to: &ChannelNumber,
    body: &Body,
) -> v1::PhoneMessage {
    let (from, to, body) = (Some(from.into()), Some(to.into()), Some(body.into()));
    v1::PhoneMessage { org_id, from, to, body }
}
fn message_sent(r: v1::PhoneMessage) -> Happens {
    let (to, body) = (r.to.unwrap_or_default().into(), r.body.unwrap_or_default().into());
    Ok(NetworkCommand::ReceiveMessage { from: caller(r.from)?, to, body })
}

fn dial_ussd(
    org_id: String,
    from: &CustomerNumber,
    to: &ChannelNumber,
    input: &str,
) -> v1::DialUssdRequest {
    let (code, input) = (to.number.clone(), input.to_owned());
    v1::DialUssdRequest { org_id, from: Some(from.into()), code, input }
}
fn ussd_dialled(r: v1::DialUssdRequest) -> Happens {
    let to = ChannelNumber::new(Channel::Ussd, &r.code);
    Ok(NetworkCommand::DialUssd { from: caller(r.from)?, to, input: r.input })
}

/// Without an input the customer leaves.
fn answer_ussd(org_id: String, session: &SessionId, input: Option<&str>) -> v1::AnswerUssdRequest {
    let (leave, input) = (input.is_none(), input.unwrap_or_default().to_owned());
    v1::AnswerUssdRequest { org_id, session_id: session.to_string(), input, leave }
}
fn ussd_answered(r: v1::AnswerUssdRequest) -> NetworkCommand {
    let session = r.session_id.into();
    if r.leave {
        NetworkCommand::EndUssd { session, end: UssdEnd::CustomerLeft }
    } else {
        NetworkCommand::InputUssd { session, input: r.input }
    }
}

fn place_call(org_id: String, from: &CustomerNumber, to: &ChannelNumber) -> v1::PlaceCallRequest {
    v1::PlaceCallRequest { org_id, from: Some(from.into()), to: to.number.clone() }
}
fn call_placed(r: v1::PlaceCallRequest) -> Happens {
    let to = ChannelNumber::new(Channel::Voice, &r.to);
    Ok(NetworkCommand::ReceiveCall { from: caller(r.from)?, to })
}

/// Of where a call is, only what a phone knows; the hub knows the rest.
fn report_call(
    org_id: String,
    session: &SessionId,
    hop: &CallHop,
    talked: Duration,
) -> v1::ReportCallRequest {
    v1::ReportCallRequest {
        org_id,
        session_id: session.to_string(),
        status: hop.status.code(),
        cause: hop.cause.code(),
        duration: duration(talked),
        digits: hop.digits.clone(),
        recording_url: hop.recording_url.clone(),
        dial_data: hop.dial.as_ref().map(Into::into),
    }
}
fn call_reported(r: v1::ReportCallRequest) -> Happens {
    let unknown = |code: i32| DecodeError::new(format!("there is no call status or cause {code}"));
    let hop = CallHop {
        status: CallStatus::from_code(r.status).ok_or_else(|| unknown(r.status))?,
        cause: HangupCause::from_code(r.cause).ok_or_else(|| unknown(r.cause))?,
        digits: r.digits,
        recording_url: r.recording_url,
        dial: r.dial_data.map(Into::into),
        ..CallHop::default()
    };
    let (session, duration) = (r.session_id.into(), from_duration(r.duration));
    Ok(NetworkCommand::ReportCall { session, hop, duration, cost: None })
}

fn pay(org_id: String, from: &CustomerNumber, to: &ChannelNumber, value: Money) -> v1::PayRequest {
    let (from, to, value) = (Some(from.into()), to.number.clone(), Some(value.into()));
    v1::PayRequest { org_id, from, to, value }
}
fn paid(r: v1::PayRequest) -> Happens {
    let (to, value) =
        (ChannelNumber::new(Channel::Payment, &r.to), money::amount(r.value.as_ref()));
    Ok(NetworkCommand::ReceivePayment { from: caller(r.from)?, to, value: value? })
}

fn answer_consent(
    org_id: String,
    from: &CustomerNumber,
    to: &ChannelNumber,
    agrees: bool,
) -> v1::AnswerConsentRequest {
    v1::AnswerConsentRequest { org_id, from: Some(from.into()), to: Some(to.into()), agrees }
}
fn consent_answered(r: v1::AnswerConsentRequest) -> Happens {
    let to = r.to.unwrap_or_default().into();
    Ok(NetworkCommand::AnswerConsent { from: caller(r.from)?, to, agrees: r.agrees })
}

fn report_payment(
    org_id: String,
    transaction: &TransactionId,
    status: PaymentStatus,
) -> v1::ReportPaymentRequest {
    let (transaction_id, status) = (transaction.to_string(), status.code());
    v1::ReportPaymentRequest { org_id, transaction_id, status }
}
fn payment_reported(r: v1::ReportPaymentRequest) -> Happens {
    let status = PaymentStatus::from_code(r.status)
        .ok_or_else(|| DecodeError::new(format!("there is no payment status {}", r.status)))?;
    Ok(NetworkCommand::ReportPayment { transaction: r.transaction_id.into(), status })
}

fn fund_purse(org_id: String, purse: &str, value: Money) -> v1::FundPurseRequest {
    v1::FundPurseRequest { org_id, purse_id: purse.to_owned(), value: Some(value.into()) }
}
fn purse_funded(r: v1::FundPurseRequest) -> Happens {
    Ok(NetworkCommand::FundPurse { purse: r.purse_id, value: money::amount(r.value.as_ref())? })
}

fn move_clock(org_id: String, by: Duration) -> v1::MoveClockRequest {
    v1::MoveClockRequest { org_id, by: duration(by) }
}
fn clock_moved(r: v1::MoveClockRequest) -> NetworkCommand {
    NetworkCommand::MoveClock { by: from_duration(r.by) }
}

fn set_phone(org_id: String, number: &CustomerNumber, manner: &Manner) -> v1::SetPhoneRequest {
    v1::SetPhoneRequest {
        org_id,
        number: Some(number.into()),
        picks_up: will_code(manner.picks_up),
        pays: will_code(manner.pays),
        consents: will_code(manner.consents),
        digits: manner.digits.clone(),
    }
}
fn phone_set(r: v1::SetPhoneRequest) -> Result<Act, DecodeError> {
    let number = phone(r.number)?;
    let manner = Manner {
        picks_up: will(r.picks_up, "picks_up")?,
        pays: will(r.pays, "pays")?,
        consents: will(r.consents, "consents")?,
        digits: r.digits,
    };
    Ok(Act::SetPhone { number, manner })
}

fn will_code(will: Option<Will>) -> i32 {
    let wire = match will {
        None => WireWill::Default,
        Some(Will::Yes) => WireWill::Yes,
        Some(Will::No) => WireWill::No,
        Some(Will::Wait) => WireWill::Wait,
    };
    wire.into()
}
fn will(code: i32, about: &str) -> Result<Option<Will>, DecodeError> {
    match WireWill::try_from(code) {
        Ok(WireWill::Default) => Ok(None),
        Ok(WireWill::Yes) => Ok(Some(Will::Yes)),
        Ok(WireWill::No) => Ok(Some(Will::No)),
        Ok(WireWill::Wait) => Ok(Some(Will::Wait)),
        Err(_) => Err(DecodeError::new(format!("{about}: a phone does not know {code}"))),
    }
}

fn set_delivery(
    org_id: String,
    number: &CustomerNumber,
    outcome: Outcome,
) -> v1::SetDeliveryRequest {
    let outcome = match outcome {
        Outcome::Default => WireOutcome::Default,
        Outcome::Deliver => WireOutcome::Deliver,
        Outcome::Read => WireOutcome::Read,
        Outcome::Fail => WireOutcome::Fail,
        Outcome::NoCapability => WireOutcome::NoCapability,
        Outcome::Never => WireOutcome::Never,
    };
    v1::SetDeliveryRequest { org_id, number: Some(number.into()), outcome: outcome.into() }
}
fn delivery_set(r: v1::SetDeliveryRequest) -> Result<Act, DecodeError> {
    let number = phone(r.number)?;
    let outcome = match WireOutcome::try_from(r.outcome) {
        Ok(WireOutcome::Default) => Outcome::Default,
        Ok(WireOutcome::Deliver) => Outcome::Deliver,
        Ok(WireOutcome::Read) => Outcome::Read,
        Ok(WireOutcome::Fail) => Outcome::Fail,
        Ok(WireOutcome::NoCapability) => Outcome::NoCapability,
        Ok(WireOutcome::Never) => Outcome::Never,
        Err(_) => return Err(DecodeError::new(format!("there is no outcome {}", r.outcome))),
    };
    Ok(Act::SetDelivery { number, outcome })
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
        Self::Network(NetworkReceipt {
            ok: reply.ok,
            description: reply.description,
            customer: Some(reply.customer_id).filter(|id| !id.is_empty()).map(Into::into),
            subject: Some(reply.subject_id).filter(|id| !id.is_empty()),
        })
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
