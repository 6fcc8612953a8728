//! What is acted in a sandbox, and what reaches a phone: `switchboard.v1.Sandbox`, to and from the
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
    Actor, CallHop, CallStatus, Channel, ChannelNumber, CustomerNumber, Event, EventKind,
    HangupCause, MessageStatus, NetworkCommand as C, NetworkReceipt, OrgId, PaymentStatus,
    Provider, Receipt, UssdEnd,
    phone::{Act, Manner, Outcome, Will},
};
use prost::Message as _;

/// Makes [`ActRequest`] of the rpcs with which something is acted. A row `Pay(PayRequest);`
/// stands for the rpc `Pay`. It becomes the variant `ActRequest::Pay(v1::PayRequest)`, and an arm
/// in each method.
macro_rules! act_requests {
    ($($rpc:ident($request:ident);)*) => {
        /// The request of any rpc with which something is acted.
        #[derive(Clone, Debug, PartialEq)]
        pub enum ActRequest {
            $(#[doc = concat!("The request of the rpc `", stringify!($rpc), "`.")] $rpc(v1::$request),)*
        }

        impl ActRequest {
            /// The org that the request names.
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
    /// Whether it changes what all apps of the org share: its money and its time. Everything else is done by a customer or
    /// a network, as if it came from outside.
    #[must_use]
    pub const fn concerns_all_apps(&self) -> bool {
        match self {
            Self::FundPurse(_) | Self::MoveClock(_) => true,
            Self::SendMessage(_)
            | Self::DialUssd(_)
            | Self::AnswerUssd(_)
            | Self::PlaceCall(_)
            | Self::ReportCall(_)
            | Self::Pay(_)
            | Self::SetDelivery(_)
            | Self::AnswerConsent(_)
            | Self::ReportPayment(_)
            | Self::SetPhone(_) => false,
        }
    }

    /// The request for an act in an org. `None` for what no rpc offers: only the network reports
    /// messages and prices of calls, and only the hub's own clock ends sessions.
    #[must_use]
    pub fn new(org: &OrgId, act: &Act) -> Option<Self> {
        let org_id = org.to_string();
        Some(match act {
            Act::Network(C::ReceiveMessage { from, to, body }) => {
                let (from, to, body) = (Some(from.into()), Some(to.into()), Some(body.into()));
                Self::SendMessage(v1::PhoneMessage { org_id, from, to, body })
            }
            Act::Network(C::DialUssd { from, to, input }) => {
                let (from, code, input) = (Some(from.into()), to.number.clone(), input.clone());
                Self::DialUssd(v1::DialUssdRequest { org_id, from, code, input })
            }
            Act::Network(C::InputUssd { session, input }) => {
                let (session_id, input) = (session.to_string(), input.clone());
                Self::AnswerUssd(v1::AnswerUssdRequest { org_id, session_id, input, leave: false })
            }
            Act::Network(C::EndUssd { session, end: UssdEnd::CustomerLeft }) => {
                let (session_id, input) = (session.to_string(), String::new());
                Self::AnswerUssd(v1::AnswerUssdRequest { org_id, session_id, input, leave: true })
            }
            Act::Network(C::ReceiveCall { from, to }) => {
                let (from, to) = (Some(from.into()), to.number.clone());
                Self::PlaceCall(v1::PlaceCallRequest { org_id, from, to })
            }
            // Only what a phone can know of a call. The hub completes the rest.
            Act::Network(C::ReportCall { session, hop, duration: talked, cost: None }) => {
                Self::ReportCall(v1::ReportCallRequest {
                    org_id,
                    session_id: session.to_string(),
                    status: hop.status.code(),
                    cause: hop.cause.code(),
                    duration: duration(*talked),
                    digits: hop.digits.clone(),
                    recording_url: hop.recording_url.clone(),
                    dial_data: hop.dial.as_ref().map(Into::into),
                })
            }
            Act::Network(C::ReceivePayment { from, to, value }) => {
                let (from, to, value) =
                    (Some(from.into()), to.number.clone(), Some((*value).into()));
                Self::Pay(v1::PayRequest { org_id, from, to, value })
            }
            Act::Network(C::ReportPayment { transaction, status }) => {
                let (transaction_id, status) = (transaction.to_string(), status.code());
                Self::ReportPayment(v1::ReportPaymentRequest { org_id, transaction_id, status })
            }
            Act::Network(C::AnswerConsent { from, to, agrees }) => {
                let (from, to, agrees) = (Some(from.into()), Some(to.into()), *agrees);
                Self::AnswerConsent(v1::AnswerConsentRequest { org_id, from, to, agrees })
            }
            Act::Network(C::FundPurse { purse, value }) => {
                let (purse_id, value) = (purse.clone(), Some((*value).into()));
                Self::FundPurse(v1::FundPurseRequest { org_id, purse_id, value })
            }
            Act::Network(C::MoveClock { by }) => {
                Self::MoveClock(v1::MoveClockRequest { org_id, by: duration(*by) })
            }
            Act::SetPhone { number, manner } => Self::SetPhone(v1::SetPhoneRequest {
                org_id,
                number: Some(number.into()),
                picks_up: will_code(manner.picks_up),
                pays: will_code(manner.pays),
                consents: will_code(manner.consents),
                digits: manner.digits.clone(),
            }),
            Act::SetDelivery { number, outcome } => {
                let (number, outcome) = (Some(number.into()), outcome_code(*outcome));
                Self::SetDelivery(v1::SetDeliveryRequest { org_id, number, outcome })
            }
            Act::Network(
                C::EndUssd { .. }
                | C::HandOver { .. }
                | C::ReportCarriage { .. }
                | C::ReportReference { .. }
                | C::ReportLink { .. }
                | C::NotePruned { .. }
                | C::ReportCall { .. }
                | C::MissPlan { .. }
                | C::ReportMessage { .. }
                | C::ReturnLease { .. }
                | C::Sweep
                | C::DropNotifications { .. },
            ) => return None,
        })
    }

    /// The act that the request asks for. If there is something wrong with the request, the
    /// error says what.
    pub fn act(self) -> Result<Act, DecodeError> {
        Ok(Act::Network(match self {
            Self::SendMessage(r) => {
                let (to, body) = (r.to.unwrap_or_default(), r.body.unwrap_or_default());
                C::ReceiveMessage { from: caller(r.from)?, to: to.into(), body: body.into() }
            }
            Self::DialUssd(r) => {
                let to = ChannelNumber::new(Channel::Ussd, &r.code);
                C::DialUssd { from: caller(r.from)?, to, input: r.input }
            }
            Self::AnswerUssd(r) if r.leave => {
                C::EndUssd { session: r.session_id.into(), end: UssdEnd::CustomerLeft }
            }
            Self::AnswerUssd(r) => C::InputUssd { session: r.session_id.into(), input: r.input },
            Self::PlaceCall(r) => {
                let to = ChannelNumber::new(Channel::Voice, &r.to);
                C::ReceiveCall { from: caller(r.from)?, to }
            }
            Self::ReportCall(r) => C::ReportCall {
                session: r.session_id.into(),
                hop: CallHop {
                    status: CallStatus::from_code(r.status).ok_or_else(|| no_call(r.status))?,
                    cause: HangupCause::from_code(r.cause).ok_or_else(|| no_call(r.cause))?,
                    digits: r.digits,
                    recording_url: r.recording_url,
                    dial: r.dial_data.map(TryInto::try_into).transpose()?,
                    ..CallHop::default()
                },
                duration: from_duration(r.duration),
                cost: None,
            },
            Self::Pay(r) => {
                let to = ChannelNumber::new(Channel::Payment, &r.to);
                let (from, value) = (caller(r.from)?, money::amount(r.value.as_ref())?);
                C::ReceivePayment { from, to, value }
            }
            Self::ReportPayment(r) => {
                let status = PaymentStatus::from_code(r.status).ok_or_else(|| {
                    DecodeError::new(format!("there is no payment status {}", r.status))
                })?;
                C::ReportPayment { transaction: r.transaction_id.into(), status }
            }
            Self::AnswerConsent(r) => {
                let to = r.to.unwrap_or_default().into();
                C::AnswerConsent { from: caller(r.from)?, to, agrees: r.agrees }
            }
            Self::FundPurse(r) => {
                C::FundPurse { purse: r.purse_id, value: money::amount(r.value.as_ref())? }
            }
            Self::MoveClock(r) => C::MoveClock { by: from_duration(r.by) },
            Self::SetPhone(r) => {
                let number = phone(r.number)?;
                let manner = Manner {
                    picks_up: will(r.picks_up, "picks_up")?,
                    pays: will(r.pays, "pays")?,
                    consents: will(r.consents, "consents")?,
                    digits: r.digits,
                };
                return Ok(Act::SetPhone { number, manner });
            }
            Self::SetDelivery(r) => {
                let (number, outcome) = (phone(r.number)?, outcome(r.outcome)?);
                return Ok(Act::SetDelivery { number, outcome });
            }
        }))
    }
}

fn no_call(code: i32) -> DecodeError {
    DecodeError::new(format!("there is no call status or cause {code}"))
}

/// The number in a request. It is an error if there is none.
fn caller(from: Option<hera::CustomerNumber>) -> Result<CustomerNumber, DecodeError> {
    from.map(CustomerNumber::from)
        .filter(|number| !number.number.is_empty())
        .ok_or_else(|| DecodeError::new("no phone number given"))
}

/// A number that names one phone. It is an error if the provider is missing, because then it
/// could be several.
pub fn phone(number: Option<hera::CustomerNumber>) -> Result<CustomerNumber, DecodeError> {
    let number = caller(number)?;
    if number.provider == Provider::Unspecified {
        return Err(DecodeError::new("say whose number it is: telco, telegram or facebook"));
    }
    Ok(number)
}

fn will_code(will: Option<Will>) -> i32 {
    i32::from(match will {
        None => WireWill::Default,
        Some(Will::Yes) => WireWill::Yes,
        Some(Will::No) => WireWill::No,
        Some(Will::Wait) => WireWill::Wait,
    })
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

fn outcome_code(outcome: Outcome) -> i32 {
    i32::from(match outcome {
        Outcome::Default => WireOutcome::Default,
        Outcome::Deliver => WireOutcome::Deliver,
        Outcome::Read => WireOutcome::Read,
        Outcome::Fail => WireOutcome::Fail,
        Outcome::NoCapability => WireOutcome::NoCapability,
        Outcome::Never => WireOutcome::Never,
    })
}
fn outcome(code: i32) -> Result<Outcome, DecodeError> {
    match WireOutcome::try_from(code) {
        Ok(WireOutcome::Default) => Ok(Outcome::Default),
        Ok(WireOutcome::Deliver) => Ok(Outcome::Deliver),
        Ok(WireOutcome::Read) => Ok(Outcome::Read),
        Ok(WireOutcome::Fail) => Ok(Outcome::Fail),
        Ok(WireOutcome::NoCapability) => Ok(Outcome::NoCapability),
        Ok(WireOutcome::Never) => Ok(Outcome::Never),
        Err(_) => Err(DecodeError::new(format!("there is no outcome {code}"))),
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

impl From<v1::PhoneReply> for NetworkReceipt {
    fn from(reply: v1::PhoneReply) -> Self {
        Self {
            ok: reply.ok,
            description: reply.description,
            customer: Some(reply.customer_id).filter(|id| !id.is_empty()).map(Into::into),
            subject: Some(reply.subject_id).filter(|id| !id.is_empty()),
        }
    }
}

/// What a phone notices of an event. `None` if nothing of it reaches the phone. Whether it is the
/// right phone is for the caller to check.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "of a generated enum a phone notices little")]
pub fn phone_event(event: &Event) -> Option<v1::PhoneEvent> {
    use v1::event::Kind as Stored;
    let kind = match kind::encode(&event.kind)? {
        // A refused message has never left the hub.
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

/// The event behind what reached a phone. Whom it was for is not in it.
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
