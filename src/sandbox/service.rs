//! The service `switchboard.v1.Sandbox`, through which programs act as customers and see what arrives on a
//! phone. It serves sandbox orgs only. What a customer does becomes a `NetworkCommand`, so the rules decide
//! here as everywhere.

use crate::{
    hub::{
        auth::Access,
        budget::OpenPermit,
        engine::LogFollower,
        limits::StreamEnd,
        service::{Backend, access, call_id},
        status::stopping,
    },
    model::{
        Actor, Caller, Command, ConsentAction, CustomerNumber, Event, EventKind, OrgId, Receipt,
        Tone,
        phone::{Act, MOST_KEYS, Manner, Outcome},
        receipt,
    },
    sandbox::Phones,
    wire::{
        proto::v1::{
            self, PhoneEvent, PhoneReply, WatchPhoneRequest, sandbox_server::Sandbox as Service,
        },
        sandbox::{ActRequest, phone, phone_event},
    },
};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use std::{collections::VecDeque, sync::Arc};
use tonic::{Request, Response, Status};

/// The implementation of `switchboard.v1.Sandbox`. It shares the phones with the simulated network, so that
/// what is set here changes what the network does.
pub struct SandboxService {
    on: Backend,
    phones: Arc<Phones>,
}

type Answered = Result<Response<PhoneReply>, Status>;

impl SandboxService {
    #[must_use]
    pub fn new(on: Backend, phones: Arc<Phones>) -> Self {
        Self { on, phones }
    }

    /// The org that is asked for, if it is a sandbox and the caller may act in it.
    fn org<'a>(&self, access: &'a Access, asked: &str) -> Result<&'a OrgId, Status> {
        let org = access.org(asked)?;
        if !self.phones.simulated(org) {
            return Err(Status::permission_denied("this org is not a sandbox"));
        }
        Ok(org)
    }

    async fn act(&self, request: Request<ActRequest>) -> Answered {
        let access = access(&request)?;
        let id = call_id(request.metadata())?;
        let asked = request.into_inner();
        let org = self.org(&access, asked.org())?;
        if asked.concerns_all_apps() {
            access.whole_org()?;
        }
        access.budget().spend_write()?;
        let call = id.map(|id| (id, asked.digest()));
        let receipt = match asked.act() {
            Ok(Act::Network(command)) => {
                let caller = Caller { app: None, actor: Actor::Customer };
                self.on.hub.submit(org, caller, call, Command::from(command)).await?
            }
            Ok(Act::SetPhone { number, manner }) => {
                self.set_phone(org, &self.kept(org, number).await?, manner)
            }
            Ok(Act::SetDelivery { number, outcome }) => {
                self.set_delivery(org, &self.kept(org, number).await?, outcome)
            }
            Err(fault) => answer(false, fault.to_string()),
        };
        Ok(Response::new((&receipt).into()))
    }

    /// A phone's number as the rules keep it, so that it is the phone which messages go to (R-ADDR-5).
    async fn kept(&self, org: &OrgId, number: CustomerNumber) -> Result<CustomerNumber, Status> {
        let settings = self.on.hub.settings(org).unwrap_or_default();
        Ok(self.on.hub.read(org, move |world| world.spelled(&number, &settings)).await?)
    }

    fn set_phone(&self, org: &OrgId, number: &CustomerNumber, manner: Manner) -> Receipt {
        if !manner.has_valid_digits() {
            let why = format!("a phone presses at most {MOST_KEYS} keys of 0 to 9, * and #");
            return answer(false, why);
        }
        let words = format!("from now on {number}: {manner}");
        answer_set(self.phones.behave(org, number, manner), words)
    }

    fn set_delivery(&self, org: &OrgId, number: &CustomerNumber, outcome: Outcome) -> Receipt {
        let words = format!("from now on for {number}: {outcome:?}");
        answer_set(self.phones.set(org, number, outcome), words)
    }
}

/// A receipt for something that changed nothing in the log.
fn answer(ok: bool, description: impl Into<String>) -> Receipt {
    receipt::network(ok, description, None, None)
}

fn answer_set(is_set: bool, words: String) -> Receipt {
    if is_set {
        return answer(true, words);
    }
    answer(false, "too many phones behave in a manner of their own")
}

#[tonic::async_trait]
impl Service for SandboxService {
    type WatchPhoneStream = BoxStream<'static, Result<PhoneEvent, Status>>;

    async fn send_message(&self, request: Request<v1::PhoneMessage>) -> Answered {
        self.act(request.map(ActRequest::SendMessage)).await
    }
    async fn dial_ussd(&self, request: Request<v1::DialUssdRequest>) -> Answered {
        self.act(request.map(ActRequest::DialUssd)).await
    }
    async fn answer_ussd(&self, request: Request<v1::AnswerUssdRequest>) -> Answered {
        self.act(request.map(ActRequest::AnswerUssd)).await
    }
    async fn place_call(&self, request: Request<v1::PlaceCallRequest>) -> Answered {
        self.act(request.map(ActRequest::PlaceCall)).await
    }
    async fn report_call(&self, request: Request<v1::ReportCallRequest>) -> Answered {
        self.act(request.map(ActRequest::ReportCall)).await
    }
    async fn pay(&self, request: Request<v1::PayRequest>) -> Answered {
        self.act(request.map(ActRequest::Pay)).await
    }
    async fn set_delivery(&self, request: Request<v1::SetDeliveryRequest>) -> Answered {
        self.act(request.map(ActRequest::SetDelivery)).await
    }
    async fn answer_consent(&self, request: Request<v1::AnswerConsentRequest>) -> Answered {
        self.act(request.map(ActRequest::AnswerConsent)).await
    }
    async fn report_payment(&self, request: Request<v1::ReportPaymentRequest>) -> Answered {
        self.act(request.map(ActRequest::ReportPayment)).await
    }
    async fn fund_purse(&self, request: Request<v1::FundPurseRequest>) -> Answered {
        self.act(request.map(ActRequest::FundPurse)).await
    }
    async fn move_clock(&self, request: Request<v1::MoveClockRequest>) -> Answered {
        self.act(request.map(ActRequest::MoveClock)).await
    }
    async fn set_phone(&self, request: Request<v1::SetPhoneRequest>) -> Answered {
        self.act(request.map(ActRequest::SetPhone)).await
    }

    async fn watch_phone(
        &self,
        request: Request<WatchPhoneRequest>,
    ) -> Result<Response<Self::WatchPhoneStream>, Status> {
        let access = access(&request)?;
        let asked = request.into_inner();
        let org = self.org(&access, &asked.org_id)?.clone();
        let number =
            phone(asked.number).map_err(|fault| Status::invalid_argument(fault.to_string()))?;
        let number = self.kept(&org, number).await?;
        let permit = access.budget().take_feed()?;
        let log = LogFollower::at_head(&self.on.hub, &org)?;
        let screen = PhoneScreen {
            phones: Arc::clone(&self.phones),
            org,
            number,
            log,
            arrived: VecDeque::new(),
            ends: access.ends(&self.on.stop),
            _permit: permit,
        };
        Ok(Response::new(screen.events().boxed()))
    }
}

/// A cursor on the log that shows what arrives on one phone.
struct PhoneScreen {
    phones: Arc<Phones>,
    org: OrgId,
    number: CustomerNumber,
    log: LogFollower,
    arrived: VecDeque<PhoneEvent>,
    ends: StreamEnd,
    _permit: OpenPermit,
}

impl PhoneScreen {
    /// What arrives from now on. The stream ends only with a status that says why.
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
            let reached = |e: &Event| phone_event(e).filter(|_| self.reaches(e));
            let reached: Vec<_> = events.filter_map(reached).collect();
            self.arrived.extend(reached);
        }
    }

    /// Whether an event that phones notice is for this phone, and the network lets it through.
    fn reaches(&self, event: &Event) -> bool {
        if event.number.as_ref() != Some(&self.number) {
            return false;
        }
        if let EventKind::MessageSent { id, .. } = &event.kind {
            let arrives = |line| self.phones.reaches(&self.org, &self.number, line, id);
            return event.channel.as_ref().is_some_and(arrives);
        }
        // A refused payment never left the hub, and opting out asks nobody.
        if let EventKind::PaymentStarted { status, .. } = &event.kind {
            return status.tone() != Tone::Bad;
        }
        if let EventKind::ConsentRequested { action, .. } = &event.kind {
            return *action == ConsentAction::OptIn;
        }
        true
    }
}

#[cfg(test)]
#[allow(clippy::wildcard_enum_match_arm, reason = "a test asks about what it expects")]
mod tests;
