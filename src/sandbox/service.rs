//! `switchboard.v1.Sandbox`: programs act as customers, and see what reaches a phone. Only for
//! sandbox orgs; what a phone does becomes a `NetworkCommand`, so the rules decide here as well.

use crate::{
    hub::{
        auth::Access,
        engine::Follower,
        limits::{Ends, FeedPlace, stopping},
        service::{Backend, access, call_id, refused},
    },
    model::{
        Actor, Caller, Command, ConsentAction, CustomerNumber, Event, EventKind, NetworkCommand,
        OrgId, Provider, Receipt, Tone,
    },
    sandbox::{Manner, Outcome, Phones, Will},
    wire::{
        self,
        proto::v1::{
            self, PhoneEvent, PhoneReply, SetDeliveryRequest, SetPhoneRequest, WatchPhoneRequest,
            sandbox_server::Sandbox as Service, set_delivery_request, set_phone_request,
        },
        sandbox::phone_event,
    },
};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use std::{collections::VecDeque, fmt::Display, sync::Arc};
use tonic::{Request, Response, Status};

/// The service.
pub struct Sandbox {
    on: Backend,
    phones: Arc<Phones>,
}

/// What a phone does: where the request goes and what it is called.
trait Act: prost::Message {
    /// The rpc's full path, a part of the idempotency digest.
    const PATH: &'static str;
    fn org(&self) -> &str;
}

macro_rules! acts {
    ($($request:ident $rpc:literal;)*) => {$(
        impl Act for v1::$request {
            const PATH: &'static str = concat!("/switchboard.v1.Sandbox/", $rpc);
            fn org(&self) -> &str { &self.org_id }
        }
    )*};
}

acts! {
    PhoneMessage "SendMessage";
    DialUssdRequest "DialUssd";
    AnswerUssdRequest "AnswerUssd";
    AnswerConsentRequest "AnswerConsent";
    ReportPaymentRequest "ReportPayment";
    FundPurseRequest "FundPurse";
    MoveClockRequest "MoveClock";
    PlaceCallRequest "PlaceCall";
    ReportCallRequest "ReportCall";
    PayRequest "Pay";
}

impl Sandbox {
    /// On a backend, with the phones of its workers.
    #[must_use]
    pub fn new(on: Backend, phones: Arc<Phones>) -> Self {
        Self { on, phones }
    }

    /// The org asked for, if the caller may act for its customers.
    fn org<'a>(&self, access: &'a Access, asked: &str) -> Result<&'a OrgId, Status> {
        let org = access.org(asked)?;
        if !self.phones.simulated(org) {
            return Err(Status::permission_denied("this org is not a sandbox"));
        }
        Ok(org)
    }

    async fn act<R>(&self, request: Request<R>) -> Result<Response<PhoneReply>, Status>
    where
        R: Act,
        NetworkCommand: TryFrom<R, Error: Display>,
    {
        let access = access(&request)?;
        let id = call_id(&request)?;
        let act = request.into_inner();
        let org = self.org(&access, act.org())?;
        access.budget().spend_write()?;
        let call = id.map(|id| (id, wire::digest(R::PATH, &act.encode_to_vec())));
        let receipt = match NetworkCommand::try_from(act) {
            Ok(command) => {
                let caller = Caller { app: None, actor: Actor::Customer };
                let done = self.on.hub.submit(org, caller, call, Command::from(command)).await;
                done.map_err(|e| refused(&e))?
            }
            Err(fault) => answer(false, fault.to_string()),
        };
        Ok(Response::new((&receipt).into()))
    }
}

/// A receipt for what touched no log.
fn answer(ok: bool, description: impl Into<String>) -> Receipt {
    Receipt::Network { ok, description: description.into(), customer: None, subject: None }
}

/// A number that names one phone, or why it does not.
fn phone(
    number: Option<crate::wire::proto::hera::CustomerNumber>,
) -> Result<CustomerNumber, &'static str> {
    let number = number.map(CustomerNumber::from).unwrap_or_default();
    match number.provider {
        _ if number.number.is_empty() => Err("no phone number given"),
        Provider::Unspecified => Err("say whose number it is: telco, telegram or facebook"),
        _ => Ok(number),
    }
}

fn outcome(code: i32) -> Option<Outcome> {
    use set_delivery_request::Outcome as Wire;
    Some(match Wire::try_from(code).ok()? {
        Wire::Default => Outcome::Default,
        Wire::Deliver => Outcome::Deliver,
        Wire::Read => Outcome::Read,
        Wire::Fail => Outcome::Fail,
        Wire::NoCapability => Outcome::NoCapability,
        Wire::Never => Outcome::Never,
    })
}

const TOO_MANY: &str = "too many phones behave in a manner of their own";
/// The most keys that a phone may be told to press.
const KEYS: usize = 32;

fn will(code: i32, about: &str) -> Result<Will, String> {
    use set_phone_request::Will as Wire;
    match Wire::try_from(code) {
        Ok(Wire::Default) => Ok(Will::Default),
        Ok(Wire::Yes) => Ok(Will::Yes),
        Ok(Wire::No) => Ok(Will::No),
        Ok(Wire::Wait) => Ok(Will::Wait),
        Err(_) => Err(format!("{about}: a phone does not know {code}")),
    }
}

fn manner(asked: &SetPhoneRequest) -> Result<Manner, String> {
    if asked.digits.len() > KEYS
        || !asked.digits.chars().all(|c| c.is_ascii_digit() || "*#".contains(c))
    {
        return Err(format!("a phone presses at most {KEYS} keys of 0 to 9, * and #"));
    }
    Ok(Manner {
        picks_up: will(asked.picks_up, "picks_up")?,
        pays: will(asked.pays, "pays")?,
        consents: will(asked.consents, "consents")?,
        digits: asked.digits.clone(),
    })
}

/// How a phone behaves, in words.
fn told(manner: &Manner) -> String {
    let mut all = Vec::new();
    for (what, will) in
        [("picks up", manner.picks_up), ("pays", manner.pays), ("consents", manner.consents)]
    {
        match will {
            Will::Default => {}
            Will::Yes => all.push(format!("{what} by itself")),
            Will::No => all.push(format!("{what} never")),
            Will::Wait => all.push(format!("{what} when told")),
        }
    }
    if !manner.digits.is_empty() {
        all.push(format!("presses {}", manner.digits));
    }
    if all.is_empty() { "as phones do".into() } else { all.join(", ") }
}

#[tonic::async_trait]
impl Service for Sandbox {
    type WatchPhoneStream = BoxStream<'static, Result<PhoneEvent, Status>>;

    async fn send_message(
        &self,
        request: Request<v1::PhoneMessage>,
    ) -> Result<Response<PhoneReply>, Status> {
        self.act(request).await
    }
    async fn dial_ussd(
        &self,
        request: Request<v1::DialUssdRequest>,
    ) -> Result<Response<PhoneReply>, Status> {
        self.act(request).await
    }
    async fn answer_ussd(
        &self,
        request: Request<v1::AnswerUssdRequest>,
    ) -> Result<Response<PhoneReply>, Status> {
        self.act(request).await
    }
    async fn place_call(
        &self,
        request: Request<v1::PlaceCallRequest>,
    ) -> Result<Response<PhoneReply>, Status> {
        self.act(request).await
    }
    async fn report_call(
        &self,
        request: Request<v1::ReportCallRequest>,
    ) -> Result<Response<PhoneReply>, Status> {
        self.act(request).await
    }
    async fn pay(&self, request: Request<v1::PayRequest>) -> Result<Response<PhoneReply>, Status> {
        self.act(request).await
    }
    async fn answer_consent(
        &self,
        request: Request<v1::AnswerConsentRequest>,
    ) -> Result<Response<PhoneReply>, Status> {
        self.act(request).await
    }
    async fn report_payment(
        &self,
        request: Request<v1::ReportPaymentRequest>,
    ) -> Result<Response<PhoneReply>, Status> {
        self.act(request).await
    }
    async fn fund_purse(
        &self,
        request: Request<v1::FundPurseRequest>,
    ) -> Result<Response<PhoneReply>, Status> {
        self.act(request).await
    }
    async fn move_clock(
        &self,
        request: Request<v1::MoveClockRequest>,
    ) -> Result<Response<PhoneReply>, Status> {
        self.act(request).await
    }
    async fn set_phone(
        &self,
        request: Request<SetPhoneRequest>,
    ) -> Result<Response<PhoneReply>, Status> {
        let access = access(&request)?;
        let asked = request.into_inner();
        let org = self.org(&access, &asked.org_id)?;
        access.budget().spend_write()?;
        let receipt = match (phone(asked.number.clone()), manner(&asked)) {
            (Err(why), _) => answer(false, why),
            (_, Err(why)) => answer(false, why),
            (Ok(number), Ok(manner)) => {
                let words = format!("from now on {number}: {}", told(&manner));
                if self.phones.behave(org, &number, manner) {
                    answer(true, words)
                } else {
                    answer(false, TOO_MANY)
                }
            }
        };
        Ok(Response::new((&receipt).into()))
    }

    async fn set_delivery(
        &self,
        request: Request<SetDeliveryRequest>,
    ) -> Result<Response<PhoneReply>, Status> {
        let access = access(&request)?;
        let asked = request.into_inner();
        let org = self.org(&access, &asked.org_id)?;
        access.budget().spend_write()?;
        let receipt = match (phone(asked.number), outcome(asked.outcome)) {
            (Err(why), _) => answer(false, why),
            (_, None) => answer(false, format!("there is no outcome {}", asked.outcome)),
            (Ok(number), Some(outcome)) if self.phones.set(org, &number, outcome) => {
                answer(true, format!("from now on for {number}: {outcome:?}"))
            }
            _ => answer(false, TOO_MANY),
        };
        Ok(Response::new((&receipt).into()))
    }

    async fn watch_phone(
        &self,
        request: Request<WatchPhoneRequest>,
    ) -> Result<Response<Self::WatchPhoneStream>, Status> {
        let access = access(&request)?;
        let asked = request.into_inner();
        let org = self.org(&access, &asked.org_id)?.clone();
        let number = phone(asked.number).map_err(Status::invalid_argument)?;
        let place = access.budget().take_feed()?;
        let log = Follower::at_head(&self.on.hub, &org).map_err(|e| refused(&e))?;
        let screen = Screen {
            phones: Arc::clone(&self.phones),
            org,
            number,
            log,
            arrived: VecDeque::new(),
            ends: access.ends(&self.on.stop),
            _place: place,
        };
        Ok(Response::new(screen.events().boxed()))
    }
}

/// What one phone shows, from the log.
struct Screen {
    phones: Arc<Phones>,
    org: OrgId,
    number: CustomerNumber,
    log: Follower,
    arrived: VecDeque<PhoneEvent>,
    ends: Ends,
    _place: FeedPlace,
}

impl Screen {
    /// Ends only with a status.
    fn events(self) -> impl stream::Stream<Item = Result<PhoneEvent, Status>> + Send {
        stream::unfold(Some(self), |screen| async move {
            let mut screen = screen?;
            Some(match screen.next().await {
                Ok(event) => (Ok(event), Some(screen)),
                Err(status) => (Err(status), None),
            })
        })
    }

    async fn next(&mut self) -> Result<PhoneEvent, Status> {
        loop {
            if let Some(event) = self.arrived.pop_front() {
                return Ok(event);
            }
            let batch = tokio::select! {
                status = self.ends.wait() => return Err(status),
                batch = self.log.next() => batch.ok_or_else(stopping)?,
            };
            let events = batch.iter().flat_map(|stored| &stored.entry.events);
            let reached: Vec<_> =
                events.filter(|e| self.reaches(e)).filter_map(phone_event).collect();
            self.arrived.extend(reached);
        }
    }

    /// Whether it is for this phone, and the network lets it through.
    fn reaches(&self, event: &Event) -> bool {
        if event.number.as_ref() != Some(&self.number) {
            return false;
        }
        match (&event.kind, &event.channel) {
            (EventKind::MessageSent { id, .. }, Some(channel)) => {
                self.phones.reaches(&self.org, &self.number, channel, id)
            }
            // What was refused never left the hub, and opting out asks nobody.
            (EventKind::PaymentStarted { status, .. }, _) => status.tone() != Tone::Bad,
            (EventKind::ConsentRequested { action, .. }, _) => *action == ConsentAction::OptIn,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests;
