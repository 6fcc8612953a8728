//! Acting as a customer, for tests, demos and training. Only orgs whose settings say `sandbox`
//! allow it; others answer `Error::Denied`.

use super::{Client, Error, beside::keyed, calls::fresh_call, error::CallKind};
use crate::{
    model::{CustomerNumber, Event, NetworkReceipt, phone::Act},
    wire::{
        proto::v1,
        sandbox::{ActRequest, from_phone_event},
    },
};
use tonic::Streaming;

/// The phones of a sandbox org.
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
    /// Acts: a customer writes, dials, calls, pays or answers, a network reports, time passes, or a
    /// phone is told how to behave. The `subject` of the receipt is the message, session or
    /// transaction that came of it. Each call acts once; the caller has no key under which to repeat it.
    pub async fn act(&self, act: impl Into<Act>) -> Result<NetworkReceipt, Error> {
        use ActRequest as R;
        let act = act.into();
        let request = ActRequest::new(&self.0.0.org, &act).ok_or_else(|| {
            Error::Usage(format!("only the hub itself and the network do this: {act:?}"))
        })?;
        let (on, mut phones, call) = (&self.0, self.0.phones(), fresh_call()?);
        let reply = match request {
            R::SendMessage(r) => on.write(phones.send_message(keyed(&call, r)?)).await,
            R::DialUssd(r) => on.write(phones.dial_ussd(keyed(&call, r)?)).await,
            R::AnswerUssd(r) => on.write(phones.answer_ussd(keyed(&call, r)?)).await,
            R::PlaceCall(r) => on.write(phones.place_call(keyed(&call, r)?)).await,
            R::ReportCall(r) => on.write(phones.report_call(keyed(&call, r)?)).await,
            R::Pay(r) => on.write(phones.pay(keyed(&call, r)?)).await,
            R::SetDelivery(r) => on.write(phones.set_delivery(keyed(&call, r)?)).await,
            R::AnswerConsent(r) => on.write(phones.answer_consent(keyed(&call, r)?)).await,
            R::ReportPayment(r) => on.write(phones.report_payment(keyed(&call, r)?)).await,
            R::FundPurse(r) => on.write(phones.fund_purse(keyed(&call, r)?)).await,
            R::MoveClock(r) => on.write(phones.move_clock(keyed(&call, r)?)).await,
            R::SetPhone(r) => on.write(phones.set_phone(keyed(&call, r)?)).await,
        };
        let receipt = NetworkReceipt::from(reply?);
        if receipt.ok { Ok(receipt) } else { Err(Error::Refused(Box::new(receipt.into()))) }
    }

    /// Everything that reaches this phone from now on.
    pub async fn watch_phone(&self, number: &CustomerNumber) -> Result<Phone, Error> {
        let (org_id, number) = (self.0.0.org.to_string(), Some(number.into()));
        let request = v1::WatchPhoneRequest { org_id, number };
        let stream = self.0.read(self.0.phones().watch_phone(request)).await?;
        Ok(Phone { stream, client: self.0.clone() })
    }
}

/// A watched phone.
pub struct Phone {
    stream: Streaming<v1::PhoneEvent>,
    client: Client,
}

impl Phone {
    /// What reached it next, as the event behind it; `channel` is where it came from.
    pub async fn next(&mut self) -> Result<Event, Error> {
        match self.stream.message().await {
            Ok(Some(event)) => Ok(from_phone_event(event)),
            Ok(None) => Err(CallKind::Read.lost(&self.client.0.name, "the hub ended the stream")),
            Err(status) => Err(self.client.fault(CallKind::Read, &status).await),
        }
    }
}
