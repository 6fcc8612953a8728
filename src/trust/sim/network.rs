//! The networks of an org, and the worker that hands messages to each of them from one hub. It says the same to the hub as
//! the workers of `carriers` do: before it hands over, what was answered, and after a crash what nobody knows. The
//! networks take a message or do not, answer or are silent, and say things about messages that are not theirs.

use super::{
    checker::Checker,
    machine::{Chance, Machine},
    sabotage::Sabotage,
    stage,
};
use crate::{
    hub::engine::{HubError, stepped::PendingAnswer},
    model::{
        Actor, CallId, Caller, CarriageStep, CarrierId, Command, MessageId, MessageStatus,
        NetworkCommand, OrgId, OrgSettings,
    },
};
use std::collections::VecDeque;
use tokio::sync::oneshot::error::TryRecvError;

/// A message that a network was given and has not answered on.
#[derive(Clone, Debug)]
struct GivenMessage {
    message: MessageId,
    attempt: u32,
    /// What the network will say, if it says anything.
    answer: CarriageStep,
}

/// One network of an org, with the worker of the hub that talks to it.
pub struct SimulatedNetwork {
    org: OrgSettings,
    carrier: CarrierId,
    /// On which machine the worker runs; `None` while none does.
    home: Option<usize>,
    /// What is to be told, and asked again until there is an answer.
    reports: VecDeque<NetworkCommand>,
    under_way: Option<PendingAnswer>,
    flights: Vec<GivenMessage>,
    /// What nobody knew after the last crash.
    doubtful: Vec<GivenMessage>,
    /// The references that it gave, each with the attempt.
    references: Vec<(MessageId, String)>,
    given: usize,
}

impl SimulatedNetwork {
    pub fn new(org: &OrgSettings, carrier: &str) -> Self {
        Self {
            org: org.clone(),
            carrier: carrier.into(),
            home: None,
            reports: VecDeque::new(),
            under_way: None,
            flights: Vec::new(),
            doubtful: Vec::new(),
            references: Vec::new(),
            given: 0,
        }
    }

    /// The hub on this machine has died.
    pub fn crash(&mut self, machine: usize, checker: &mut Checker) {
        if self.home != Some(machine) {
            return;
        }
        (self.home, self.under_way) = (None, None);
        // An answer that is not in the log yet is lost with the hub.
        let unsaid =
            std::mem::take(&mut self.reports).into_iter().filter_map(|report| match report {
                NetworkCommand::ReportCarriage { message, .. } => Some(message),
                _ => None,
            });
        let flights = self.flights.iter().map(|flight| flight.message.clone());
        if let Some(carried) = checker.carried(&self.org.id) {
            for message in flights.chain(unsaid) {
                *carried.interrupted.entry(message).or_default() += 1;
            }
        }
        self.doubtful = std::mem::take(&mut self.flights);
    }

    /// Does one thing.
    pub fn step(
        &mut self,
        machines: &[Machine],
        checker: &mut Checker,
        chance: &Chance,
        sabotage: Option<Sabotage>,
    ) {
        if self.home.is_none() {
            self.begin(machines, checker, chance, sabotage);
        }
        let Some(home) = self.home.and_then(|home| machines.get(home)) else { return };
        let Some(hub) = &home.hub else { return };
        match self.under_way.as_mut().map(PendingAnswer::try_recv) {
            Some(Err(TryRecvError::Empty)) => return,
            Some(Ok(Ok(_))) => {
                self.under_way = None;
                if let Some(NetworkCommand::HandOver { messages, .. }) = self.reports.front() {
                    // The hub may have lost its log meanwhile, and then it is asked again.
                    let Some(world) = hub.world(&self.org.id) else { return };
                    for id in messages.clone() {
                        if let Some((_, attempt)) = world.handed_over(&id) {
                            self.take(id, attempt, checker, chance);
                        }
                    }
                }
                self.reports.pop_front();
            }
            // It is said again, as often as it takes.
            Some(Ok(Err(_)) | Err(TryRecvError::Closed)) | None => self.under_way = None,
        }
        if self.reports.is_empty() {
            self.answer(chance);
        }
        if self.reports.is_empty()
            && let Some(world) = hub.world(&self.org.id)
        {
            let found = world.on_their_way(&self.org, &self.carrier);
            let ready =
                found.into_iter().filter(|message| message.may_go).map(|message| message.id);
            let messages: Vec<_> = ready.take(3).collect();
            if !messages.is_empty() {
                let carrier = self.carrier.clone();
                self.reports.push_back(NetworkCommand::HandOver { carrier, messages });
            }
        }
        if let Some(report) = self.reports.front() {
            let caller = Caller { app: None, actor: Actor::Network };
            self.under_way =
                hub.submit(&self.org.id, caller, None, Command::Network(report.clone())).ok();
        }
    }

    /// Starts a worker on a hub that knows the whole log. What was under way is doubtful.
    fn begin(
        &mut self,
        machines: &[Machine],
        checker: &mut Checker,
        chance: &Chance,
        sabotage: Option<Sabotage>,
    ) {
        let home = chance.below(machines.len());
        let hub = machines.get(home).and_then(|machine| machine.hub.as_ref());
        let Some(world) = hub.and_then(|hub| hub.world(&self.org.id)) else { return };
        self.home = Some(home);
        let carrier = self.carrier.clone();
        let link = NetworkCommand::ReportLink { carrier, is_up: true, why: String::new() };
        self.reports.push_back(link);
        for message in world.on_their_way(&self.org, &self.carrier) {
            let Some((carrier, attempt)) = message.handed_over else { continue };
            let why = "the hub stopped before the network answered".to_owned();
            let step = CarriageStep::Unknown { why, hub_stopped: true };
            self.report(message.id, carrier, attempt, step);
        }
        for GivenMessage { message, attempt, .. } in std::mem::take(&mut self.doubtful) {
            if sabotage == Some(Sabotage::HandedOverAgain) {
                self.take(message, attempt, checker, chance);
            }
        }
    }

    /// The network is given a message.
    fn take(&mut self, message: MessageId, attempt: u32, checker: &mut Checker, chance: &Chance) {
        let answer = match chance.below(10) {
            0 => CarriageStep::Returned { why: "it has too much to do".into() },
            1 => CarriageStep::Refused { code: "10".into(), words: "no such sender".into() },
            _ => {
                self.given += 1;
                let reference = format!("{}-{}-{}", self.org.id, self.carrier, self.given);
                self.references.push((message.clone(), reference.clone()));
                CarriageStep::Accepted { reference: Some(reference), is_final: false }
            }
        };
        if matches!(answer, CarriageStep::Accepted { .. })
            && let Some(carried) = checker.carried(&self.org.id)
        {
            *carried.taken.entry(message.clone()).or_default() += 1;
        }
        self.flights.push(GivenMessage { message, attempt, answer });
    }

    /// The network answers on a message, reports on an older one, or stays silent for too long.
    fn answer(&mut self, chance: &Chance) {
        if !self.flights.is_empty() && chance.percent(60) {
            let GivenMessage { message, attempt, answer } =
                self.flights.swap_remove(chance.below(self.flights.len()));
            let silence = CarriageStep::Unknown { why: "silence".into(), hub_stopped: false };
            let step = if chance.percent(15) { silence } else { answer };
            self.report(message, self.carrier.clone(), attempt, step);
        } else if chance.percent(30)
            && let Some((_, reference)) = chance.one(&self.references).cloned()
        {
            let (carrier, about) = (self.carrier.clone(), String::new());
            let status = MessageStatus::Delivered;
            self.reports.push_back(NetworkCommand::ReportReference {
                carrier,
                reference,
                about,
                status,
            });
        }
    }

    fn report(&mut self, message: MessageId, carrier: CarrierId, attempt: u32, step: CarriageStep) {
        let status = MessageStatus::InvalidChannelNumber;
        self.reports.push_back(NetworkCommand::ReportCarriage {
            message,
            carrier,
            attempt,
            step,
            status,
        });
    }

    /// What a network says of a message that is not its own, or of an attempt that never was: to which org, and what.
    pub fn lie(
        &self,
        chance: &Chance,
        sabotage: Option<Sabotage>,
    ) -> Option<(OrgId, NetworkCommand)> {
        let (message, reference) = chance.one(&self.references).cloned()?;
        let is_hold = self.carrier.as_str() == stage::HOLD;
        let mut carrier = CarrierId::from(if is_hold { stage::REPEAT } else { stage::HOLD });
        let elsewhere = stage::org_ids().into_iter().find(|org| *org != self.org.id)?;
        let (mut org, mut attempt) = (self.org.id.clone(), 1);
        match chance.below(3) {
            0 => {}
            1 => (org, carrier) = (elsewhere, self.carrier.clone()),
            _ => (attempt, carrier) = (1_000, self.carrier.clone()),
        }
        let mut is_report = chance.percent(50) && attempt == 1;
        if sabotage == Some(Sabotage::LiarBelieved) {
            (org, carrier, is_report) = (self.org.id.clone(), self.carrier.clone(), true);
        }
        let status = MessageStatus::Read;
        let command = if is_report {
            let about = String::new();
            NetworkCommand::ReportReference { carrier, reference, about, status }
        } else {
            let step = CarriageStep::Refused { code: "1".into(), words: String::new() };
            NetworkCommand::ReportCarriage { message, carrier, attempt, step, status }
        };
        Some((org, command))
    }
}

/// Whether an attempt that ended with this error may have been done.
pub fn may_be_done(error: &HubError) -> bool {
    matches!(error, HubError::Unknown(_))
}

/// The key of a lie.
pub fn lie_key(nr: usize) -> CallId {
    format!("a-lie-{nr}").into()
}
