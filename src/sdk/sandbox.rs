//! Acting as a customer, for tests, demos and training. Only orgs whose settings say `sandbox`
//! allow it; others answer `Error::Denied`.

use super::{
    Client, Error,
    calls::{fresh_call, keyed},
    error::Call,
};
use crate::{
    model::{
        Body, CallStatus, ChannelNumber, CustomerNumber, Event, HangupCause, Money, Receipt,
        SessionId,
    },
    wire::{
        duration,
        proto::v1::{self, set_delivery_request::Outcome},
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
