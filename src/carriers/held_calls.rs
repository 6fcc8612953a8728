//! Calls where the network asks what a call does next, and takes the plan as the answer to its question. The question is
//! held until an app or an agent has answered, or until it is time to hang up (R-CARRY-25).

use super::{
    africastalking::{call::Called, plan},
    call_news,
    door::DoorCarrier,
    intake,
};
use crate::{
    model::{
        Actor, CallHop, CallStatus, Channel, ChannelNumber, CustomerNumber, Direction, Money,
        NetworkCommand, Receipt, SessionId, VoiceAction, VoiceCall, masked::without_numbers,
    },
    rules::World,
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout_at};

/// How soon after its answer the same question is the same again. Nobody hears a prompt and presses a key in that time.
const REPEATED: Duration = Duration::from_secs(1);
/// How many calls are known at most. Of those beyond, questions that come twice are taken for two.
const MOST: usize = 10_000;

/// The calls of a network, by its own names for them.
#[derive(Debug, Default)]
pub(super) struct HeldCalls {
    calls: Mutex<HashMap<String, HeldCall>>,
    /// Is held while the rules are told something, so that a question that comes twice at once is told once.
    telling: tokio::sync::Mutex<()>,
}

/// A call as the network knows it.
#[derive(Debug)]
struct HeldCall {
    session: SessionId,
    served: Option<Served>,
}

/// The last answer to the network.
#[derive(Debug)]
struct Served {
    question: Called,
    xml: String,
    /// How many plans there had been.
    plans: usize,
    at: Instant,
}

impl HeldCalls {
    fn open(&self) -> MutexGuard<'_, HashMap<String, HeldCall>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Notes what the network calls a call.
    pub fn name(&self, name: String, session: SessionId) {
        let mut open = self.open();
        if open.len() < MOST {
            open.entry(name).or_insert(HeldCall { session, served: None });
        }
    }
    fn session(&self, name: &str) -> Option<SessionId> {
        self.open().get(name).map(|call| call.session.clone())
    }
    /// The answer to the same question, if that was given just now and nothing has happened since.
    fn repeated(&self, question: &Called, call: &VoiceCall) -> Option<String> {
        let open = self.open();
        let served = open.get(&question.session)?.served.as_ref()?;
        let is_same = served.question == *question && served.at.elapsed() < REPEATED;
        let is_news = call.awaits_plan() || served.plans != plans(call);
        (is_same && !is_news).then(|| served.xml.clone())
    }
    /// How many plans of a call the network has had, if that is known.
    fn served(&self, name: &str) -> Option<usize> {
        self.open().get(name)?.served.as_ref().map(|served| served.plans)
    }
    fn serve(&self, question: &Called, xml: &str, plans: usize) {
        if let Some(call) = self.open().get_mut(&question.session) {
            let (question, xml) = (question.clone(), xml.to_owned());
            call.served = Some(Served { question, xml, plans, at: Instant::now() });
        }
    }
    fn forget(&self, name: &str) {
        self.open().remove(name);
    }
}

fn plans(call: &VoiceCall) -> usize {
    call.hops.iter().filter(|hop| hop.answered).count()
}

fn reject() -> String {
    plan::xml(&[VoiceAction::Reject])
}

impl DoorCarrier {
    /// Takes in what the network says about a call that goes on, and answers with what it does next. `None` means that the
    /// hub is shutting down.
    pub(super) async fn next_plan(&self, called: &Called) -> Option<String> {
        let Some(session) = self.call_of(called).await? else { return Some(reject()) };
        if !called.is_active {
            self.is_over(&session, called).await?;
            return Some(String::new());
        }
        {
            let _telling = self.calls.telling.lock().await;
            let Some(call) = self.known_call(&session).await? else { return Some(reject()) };
            if let Some(xml) = self.calls.repeated(called, &call) {
                return Some(xml);
            }
            // There may be a plan already that answers to what the network has not asked yet.
            if self.calls.served(&called.session).is_none_or(|had| had >= plans(&call)) {
                for hop in call_news::asked(&call, called) {
                    self.tell(&session, hop, Duration::ZERO, None).await?;
                }
            }
        }
        let Some(call) = self.planned(&session).await? else { return Some(reject()) };
        let _telling = self.calls.telling.lock().await;
        let xml = answer(&call);
        let is_new = self.calls.served(&called.session) != Some(plans(&call));
        if let Some(hop) = call_news::begun(&call).filter(|_| is_new) {
            self.tell(&session, hop, Duration::ZERO, None).await?;
        }
        self.calls.serve(called, &xml, plans(&call));
        Some(xml)
    }

    /// Takes in what the network says about a call beside its questions.
    pub(super) async fn call_told(&self, called: &Called) -> Option<()> {
        let Some(session) = self.call_of(called).await? else { return Some(()) };
        if !called.is_active {
            return self.is_over(&session, called).await;
        }
        let call = self.known_call(&session).await?;
        if let Some(hop) = call.and_then(|call| call_news::told(&call, called)) {
            self.tell(&session, hop, Duration::ZERO, None).await?;
        }
        Some(())
    }

    async fn is_over(&self, session: &SessionId, called: &Called) -> Option<()> {
        if let Some(call) = self.known_call(session).await? {
            let hop = call_news::over(&call, called);
            let talked = called.duration.unwrap_or_default();
            self.tell(session, hop, talked, called.cost).await?;
        }
        self.calls.forget(&called.session);
        Some(())
    }

    /// The call that the network means. The inner `None` is one that the hub does not know and does not take.
    async fn call_of(&self, called: &Called) -> Option<Option<SessionId>> {
        let ours = called.client_request_id.clone().map(SessionId::from);
        if let Some(session) = ours.or_else(|| self.calls.session(&called.session))
            && self.known_call(&session).await?.is_some()
        {
            self.calls.name(called.session.clone(), session.clone());
            return Some(Some(session));
        }
        let line = |number: &str| {
            let number = ChannelNumber::new(Channel::Voice, number);
            intake::line(&self.hub, &self.id, &number)
        };
        // The number of the org is the one that was called, but not every network writes it there.
        let found = line(&called.destination).map(|to| (&called.caller, to));
        let found = found.or_else(|| line(&called.caller).map(|to| (&called.destination, to)));
        let Some((from, to)) = found.filter(|_| called.direction != Direction::Outbound) else {
            tracing::warn!("carrier {}: a call is none of its own", self.id);
            return Some(None);
        };
        let content = format!("{from}\n{to}");
        let command = NetworkCommand::ReceiveCall { from: CustomerNumber::telco(from), to };
        let delivery = format!("call/{}", called.session);
        let receipt = intake::once(&self.hub, &self.id, command, &content, &delivery).await?;
        let session = match receipt {
            Receipt::Network(known) if known.ok => known.subject.map(SessionId::from),
            other => {
                tracing::warn!(
                    "carrier {}: a call was not taken: {}",
                    self.id,
                    without_numbers(other.description())
                );
                None
            }
        };
        if let Some(session) = session.clone() {
            self.calls.name(called.session.clone(), session);
        }
        Some(session)
    }

    /// A call, if this network carries it.
    async fn known_call(&self, session: &SessionId) -> Option<Option<VoiceCall>> {
        let id = session.clone();
        let call = self.hub.read(move |world: &World| world.voice_call(&id)).await?;
        let settings = self.hub.settings();
        Some(call.filter(|call| settings.carrier_of(&call.channel) == Some(&self.id)))
    }

    async fn tell(
        &self,
        session: &SessionId,
        hop: CallHop,
        duration: Duration,
        cost: Option<Money>,
    ) -> Option<()> {
        let session = session.clone();
        let command = NetworkCommand::ReportCall { session, hop, duration, cost };
        let receipt = self.hub.report(Actor::Network, command).await?;
        if !receipt.is_ok() {
            let why = without_numbers(receipt.description());
            tracing::warn!("carrier {}: what it says of a call was not taken: {why}", self.id);
        }
        Some(())
    }

    /// Waits for the plan of a call. If none comes in time, the call is over.
    async fn planned(&self, session: &SessionId) -> Option<Option<VoiceCall>> {
        let until = Instant::now() + self.ussd.answers_within;
        let mut head = self.hub.head()?;
        loop {
            head.mark_unchanged();
            let call = self.known_call(session).await?;
            if call.as_ref().is_none_or(|call| !call.awaits_plan()) {
                return Some(call);
            }
            let Ok(changed) = timeout_at(until, head.changed()).await else {
                let command = NetworkCommand::MissPlan { session: session.clone() };
                self.hub.report(Actor::Network, command).await?;
                return self.known_call(session).await;
            };
            changed.ok()?;
        }
    }
}

/// What the network is answered: the plan, or the end of the call.
fn answer(call: &VoiceCall) -> String {
    let asked = call.hops.iter().rev().find(|hop| hop.prompt || hop.answered);
    if !call.status.is_final() || asked.is_some_and(|hop| hop.answered) {
        return plan::xml(call.plan());
    }
    let was_answered = call.hops.iter().any(|hop| hop.status == CallStatus::Answered);
    if was_answered { plan::xml(&[]) } else { reject() }
}
