//! Acting as a customer, for tests, demos and training. Only orgs whose settings say `sandbox`
//! allow it; others answer `Error::Denied`.

use super::{
    Client, Error,
    calls::{fresh_call, keyed},
    error::Call,
};
use crate::{
    model::{
        Body, CallStatus, ChannelNumber, CustomerNumber, DialData, Event, HangupCause, Money,
        PaymentStatus, Receipt, SessionId, TransactionId,
    },
    wire::{
        duration,
        proto::v1::{self, set_delivery_request::Outcome, set_phone_request},
        sandbox::from_phone_event,
    },
};
use std::time::Duration;
use tonic::{Request, Streaming};

/// What becomes of messages to a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// As the sandbox's settings say.
    #[default]
    Default,
    /// Delivered.
    Deliver,
    /// Delivered and read, where the channel reports reads.
    Read,
    /// Failed.
    Fail,
    /// The phone cannot receive it.
    NoCapability,
    /// Nothing is ever heard of it.
    Never,
}

/// What a phone does when something is asked of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Will {
    /// What its number says if it is a magic one (docs/SANDBOX.md), or else yes.
    #[default]
    Default,
    /// Does it by itself.
    Yes,
    /// Refuses by itself.
    No,
    /// Waits to be told by the methods of `Sandbox`.
    Wait,
}

impl From<Will> for i32 {
    fn from(will: Will) -> Self {
        use set_phone_request::Will as Wire;
        let wire = match will {
            Will::Default => Wire::Default,
            Will::Yes => Wire::Yes,
            Will::No => Wire::No,
            Will::Wait => Wire::Wait,
        };
        wire.into()
    }
}

/// How a phone behaves. The default is how phones do: they pick up after 2 s, pay after 1 s,
/// consent after 1 s (R-CONSENT-1) and press `1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// When it is called. `No` rejects the call: 300 with cause 21.
    pub picks_up: Will,
    /// When it is asked to pay. `No` refuses: 403.
    pub pays: Will,
    /// When it is asked for an opt-in. `No` leaves consent as it was.
    pub consents: Will,
    /// What is pressed when keys are asked for: at most 32 of `0` to `9`, `*` and `#`. Empty is
    /// `1`, or nothing at all if it `picks_up` only when told.
    pub digits: String,
}

/// The phones of a sandbox org. Every call answers what came of it as a `Receipt::Network`,
/// whose `subject` is the message, session or transaction.
#[derive(Clone, Debug)]
pub struct Sandbox(Client);

impl Client {
    /// The phones of the org.
    #[must_use]
    pub fn sandbox(&self) -> Sandbox {
        Sandbox(self.clone())
    }
}

impl Sandbox {
    fn org(&self) -> String {
        self.0.0.org.to_string()
    }

    /// A phone acts once per try, so each call has a key of its own.
    fn request<T>(request: T) -> Result<Request<T>, Error> {
        keyed(&fresh_call()?, request)
    }

    /// A customer writes to one of the org's messaging numbers.
    pub async fn send_message(
        &self,
        from: &CustomerNumber,
        to: &ChannelNumber,
        body: &Body,
    ) -> Result<Receipt, Error> {
        let request = v1::PhoneMessage {
            org_id: self.org(),
            from: Some(from.into()),
            to: Some(to.into()),
            body: Some(body.into()),
        };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().send_message(call)).await?.into())
    }

    /// A customer dials a USSD code, with digits after it or none.
    pub async fn dial_ussd(
        &self,
        from: &CustomerNumber,
        code: &str,
        input: &str,
    ) -> Result<Receipt, Error> {
        let request = v1::DialUssdRequest {
            org_id: self.org(),
            from: Some(from.into()),
            code: code.to_owned(),
            input: input.to_owned(),
        };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().dial_ussd(call)).await?.into())
    }

    /// A customer types into an open USSD session; `None` leaves it.
    pub async fn answer_ussd(
        &self,
        session: &SessionId,
        input: Option<&str>,
    ) -> Result<Receipt, Error> {
        let request = v1::AnswerUssdRequest {
            org_id: self.org(),
            session_id: session.to_string(),
            input: input.unwrap_or_default().to_owned(),
            leave: input.is_none(),
        };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().answer_ussd(call)).await?.into())
    }

    /// A customer calls one of the org's voice numbers.
    pub async fn place_call(&self, from: &CustomerNumber, to: &str) -> Result<Receipt, Error> {
        let request =
            v1::PlaceCallRequest { org_id: self.org(), from: Some(from.into()), to: to.to_owned() };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().place_call(call)).await?.into())
    }

    /// A customer's call moves on; talking time belongs to a final status.
    pub async fn report_call(
        &self,
        session: &SessionId,
        status: CallStatus,
        cause: HangupCause,
        talked: Duration,
    ) -> Result<Receipt, Error> {
        let request = v1::ReportCallRequest {
            digits: None,
            recording_url: None,
            dial_data: None,
            org_id: self.org(),
            session_id: session.to_string(),
            status: status.code(),
            cause: cause.code(),
            duration: duration(talked),
        };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().report_call(call)).await?.into())
    }

    /// A customer pays to one of the org's payment numbers.
    pub async fn pay(
        &self,
        from: &CustomerNumber,
        to: &str,
        value: Money,
    ) -> Result<Receipt, Error> {
        let request = v1::PayRequest {
            org_id: self.org(),
            from: Some(from.into()),
            to: to.to_owned(),
            value: Some(value.into()),
        };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().pay(call)).await?.into())
    }

    /// A called phone is picked up (101).
    pub async fn pick_up(&self, session: &SessionId) -> Result<Receipt, Error> {
        let (status, cause) = (CallStatus::Answered, HangupCause::Unspecified);
        self.report_call(session, status, cause, Duration::ZERO).await
    }

    /// A called phone rejects the call: it ends with 300 and cause 21.
    pub async fn reject_call(&self, session: &SessionId) -> Result<Receipt, Error> {
        let (status, cause) = (CallStatus::Completed, HangupCause::CallRejected);
        self.report_call(session, status, cause, Duration::ZERO).await
    }

    /// A phone hangs up after so much talk: 300 with cause 16.
    pub async fn hang_up(&self, session: &SessionId, talked: Duration) -> Result<Receipt, Error> {
        let (status, cause) = (CallStatus::Completed, HangupCause::NormalClearing);
        self.report_call(session, status, cause, talked).await
    }

    /// Keys are pressed in a call, in answer to `get_digits`. The finishing key and keys beyond
    /// those asked for are the caller's business.
    pub async fn press(&self, session: &SessionId, digits: &str) -> Result<Receipt, Error> {
        self.answer_plan(session, Some(digits.to_owned()), None).await
    }

    /// The caller has spoken, in answer to `get_recording`; where it can be heard.
    pub async fn record(&self, session: &SessionId, url: &str) -> Result<Receipt, Error> {
        self.answer_plan(session, None, Some(url.to_owned())).await
    }

    async fn answer_plan(
        &self,
        session: &SessionId,
        digits: Option<String>,
        recording_url: Option<String>,
    ) -> Result<Receipt, Error> {
        let request = v1::ReportCallRequest {
            digits,
            recording_url,
            dial_data: None,
            org_id: self.org(),
            session_id: session.to_string(),
            status: CallStatus::Active.code(),
            cause: HangupCause::Unspecified.code(),
            duration: None,
        };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().report_call(call)).await?.into())
    }

    /// The phones that a `dial` called have been tried (202): who answered, and for how long; with no
    /// duration nobody did (events.md 4.2). The app is asked for its next plan.
    pub async fn dialled(&self, session: &SessionId, dial: &DialData) -> Result<Receipt, Error> {
        let request = v1::ReportCallRequest {
            org_id: self.org(),
            session_id: session.to_string(),
            status: CallStatus::DialCompleted.code(),
            dial_data: Some(dial.into()),
            ..v1::ReportCallRequest::default()
        };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().report_call(call)).await?.into())
    }

    /// A payment moves on (events.md 4.3): 300 confirms it, 403 refuses it, 400 and 401 are the
    /// network's, 500 takes a paid one back. What cannot follow changes nothing (R-ORD-3).
    pub async fn report_payment(
        &self,
        transaction: &TransactionId,
        status: PaymentStatus,
    ) -> Result<Receipt, Error> {
        let request = v1::ReportPaymentRequest {
            org_id: self.org(),
            transaction_id: transaction.to_string(),
            status: status.code(),
        };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().report_payment(call)).await?.into())
    }

    /// A customer answers an opt-in request on one of the org's numbers. Refused if there is none.
    pub async fn answer_consent(
        &self,
        from: &CustomerNumber,
        to: &ChannelNumber,
        agrees: bool,
    ) -> Result<Receipt, Error> {
        let request = v1::AnswerConsentRequest {
            org_id: self.org(),
            from: Some(from.into()),
            to: Some(to.into()),
            agrees,
        };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().answer_consent(call)).await?.into())
    }

    /// Money comes into a purse of the settings from outside, in the purse's currency.
    pub async fn fund_purse(&self, purse: &str, value: Money) -> Result<Receipt, Error> {
        let request = v1::FundPurseRequest {
            org_id: self.org(),
            purse_id: purse.to_owned(),
            value: Some(value.into()),
        };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().fund_purse(call)).await?.into())
    }

    /// The org's clock moves forward, for ever: reminders, expiries, sessions and leases come due
    /// at once. At most a year at a time.
    pub async fn move_clock(&self, by: Duration) -> Result<Receipt, Error> {
        let request = v1::MoveClockRequest { org_id: self.org(), by: duration(by) };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().move_clock(call)).await?.into())
    }

    /// How a phone behaves from now on. A restart of the hub forgets it.
    pub async fn set_phone(
        &self,
        number: &CustomerNumber,
        manner: &Manner,
    ) -> Result<Receipt, Error> {
        let request = v1::SetPhoneRequest {
            org_id: self.org(),
            number: Some(number.into()),
            picks_up: manner.picks_up.into(),
            pays: manner.pays.into(),
            consents: manner.consents.into(),
            digits: manner.digits.clone(),
        };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().set_phone(call)).await?.into())
    }

    /// What becomes of messages to this number from now on.
    pub async fn set_delivery(
        &self,
        number: &CustomerNumber,
        delivery: Delivery,
    ) -> Result<Receipt, Error> {
        let outcome = match delivery {
            Delivery::Default => Outcome::Default,
            Delivery::Deliver => Outcome::Deliver,
            Delivery::Read => Outcome::Read,
            Delivery::Fail => Outcome::Fail,
            Delivery::NoCapability => Outcome::NoCapability,
            Delivery::Never => Outcome::Never,
        };
        let request = v1::SetDeliveryRequest {
            org_id: self.org(),
            number: Some(number.into()),
            outcome: outcome.into(),
        };
        let call = Self::request(request)?;
        Ok(self.0.write(self.0.phones().set_delivery(call)).await?.into())
    }

    /// Everything that reaches this phone from now on.
    pub async fn watch_phone(&self, number: &CustomerNumber) -> Result<Phone, Error> {
        let request = v1::WatchPhoneRequest { org_id: self.org(), number: Some(number.into()) };
        let stream = self.0.read(self.0.phones().watch_phone(request)).await?;
        Ok(Phone { stream, endpoint: self.0.0.name.clone() })
    }
}

/// A watched phone.
pub struct Phone {
    stream: Streaming<v1::PhoneEvent>,
    endpoint: String,
}

impl Phone {
    /// What reached it next, as the event behind it; `channel` is where it came from.
    pub async fn next(&mut self) -> Result<Event, Error> {
        match self.stream.message().await {
            Ok(Some(event)) => Ok(from_phone_event(event)),
            Ok(None) => Err(Call::Read.lost(&self.endpoint, "the hub ended the stream")),
            Err(status) => Err(Call::Read.error(&self.endpoint, &status)),
        }
    }
}
