//! What a worker makes of what the network says: answers to what was handed over, reports, and what customers write.
//! What comes in is acknowledged only after the hub has stored it, so that the network brings it again if it was not.

use super::{
    link::Lost,
    smpp::{self, Answer, Delivery},
    worker::{AT_ONCE, Flight, Talk, Worker},
};
use crate::model::{
    Actor, Body, CallId, Caller, ChannelNumber, CustomerNumber, MessageStatus, NetworkCommand,
};
use futures_util::{FutureExt as _, future::join_all};
use rusmpp::{Command, CommandId, CommandStatus, Pdu, pdus::DeliverSmResp};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tokio::time::Instant;

/// How long a report waits for the answer to the message that it is about, because it may come first.
const EARLY: Duration = Duration::from_secs(5);

/// A report that came before the answer to its message.
#[derive(Clone, Debug)]
pub(super) struct EarlyReport {
    sequence: u32,
    reference: String,
    status: MessageStatus,
    until: Instant,
}

/// What a request of the network is about.
enum Heard {
    Answer(Flight, Answer),
    Report(EarlyReport),
    Message {
        sequence: u32,
        from: CustomerNumber,
        to: ChannelNumber,
        text: String,
    },
    /// It is to be acknowledged, and says nothing.
    Nothing {
        sequence: u32,
    },
}

impl Worker {
    /// Deals with what the network says, and with whatever else of it is there already.
    pub(super) async fn hear(
        &mut self,
        talk: &mut Talk,
        first: Command,
    ) -> Option<Result<(), Lost>> {
        let (mut heard, mut lost) = (Vec::new(), None);
        let mut next = Some(Ok(first));
        while let Some(command) = next {
            match command {
                Ok(command) => match self.sort(talk, &command).await {
                    Ok(found) => heard.extend(found),
                    Err(why) => lost = Some(why),
                },
                Err(why) => lost = Some(why),
            }
            let goes_on = lost.is_none() && heard.len() < AT_ONCE;
            next = if goes_on { talk.session.next().now_or_never() } else { None };
        }
        talk.heard = Instant::now();
        talk.asked = None;
        // What the network has answered is recorded first, because a report may be about it.
        let (answers, requests): (Vec<_>, Vec<_>) =
            heard.into_iter().partition(|heard| matches!(heard, Heard::Answer(..)));
        for heard in answers {
            if let Heard::Answer(flight, answer) = heard {
                self.answered(talk, flight, answer).await?;
            }
        }
        let stored = join_all(requests.iter().map(|request| self.store(talk.name, request))).await;
        for (request, stored) in requests.into_iter().zip(stored) {
            match (request, stored?) {
                (Heard::Report(early), false) => talk.early.push(early),
                (
                    Heard::Report(EarlyReport { sequence, .. })
                    | Heard::Message { sequence, .. }
                    | Heard::Nothing { sequence },
                    _,
                ) if lost.is_none() => lost = talk.acknowledge(sequence).await.err(),
                _ => {}
            }
        }
        if lost.is_none() && !talk.early.is_empty() {
            lost = self.early(talk).await?.err();
        }
        Some(lost.map_or(Ok(()), Err))
    }

    /// What a request or an answer of the network is about. What only concerns the session is dealt with at once.
    async fn sort(&self, talk: &mut Talk, command: &Command) -> Result<Option<Heard>, Lost> {
        let sequence = command.sequence_number();
        match (command.id(), command.pdu()) {
            (CommandId::SubmitSmResp | CommandId::GenericNack, pdu) => {
                let Some(flight) = talk.under_way.remove(&sequence) else { return Ok(None) };
                let id = match pdu {
                    Some(Pdu::SubmitSmResp(answer)) => Some(answer.message_id().as_str()),
                    _ => None,
                };
                let status = match (command.id(), command.status()) {
                    (CommandId::GenericNack, CommandStatus::EsmeRok) => {
                        CommandStatus::EsmeRunknownerr
                    }
                    (_, status) => status,
                };
                Ok(Some(Heard::Answer(flight, smpp::answered(status, id))))
            }
            (CommandId::DeliverSm, Some(Pdu::DeliverSm(deliver))) => {
                Ok(Some(match smpp::delivered(deliver) {
                    Delivery::Report { reference, status: Some(status) } => {
                        let until = Instant::now() + EARLY;
                        Heard::Report(EarlyReport { sequence, reference, status, until })
                    }
                    Delivery::Report { status: None, .. } => Heard::Nothing { sequence },
                    Delivery::Message { from, to, text } => {
                        Heard::Message { sequence, from, to, text }
                    }
                }))
            }
            (CommandId::EnquireLink, _) => {
                let answer = Pdu::EnquireLinkResp;
                talk.session.answer(sequence, CommandStatus::EsmeRok, answer).await?;
                Ok(None)
            }
            (CommandId::Unbind, _) => {
                let answer = Pdu::UnbindResp;
                let _ = talk.session.answer(sequence, CommandStatus::EsmeRok, answer).await;
                Err("it ended the session".to_owned())
            }
            (id, _) if u32::from(id) < 0x8000_0000 => {
                let (status, nack) = (CommandStatus::EsmeRinvcmdid, Pdu::GenericNack);
                talk.session.answer(sequence, status, nack).await?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// Stores what the network brings. It is false for a report on a message that is not known yet.
    async fn store(&self, session: u64, heard: &Heard) -> Option<bool> {
        match heard {
            Heard::Answer(..) | Heard::Nothing { .. } => Some(true),
            Heard::Report(EarlyReport { reference, status, .. }) => {
                let (carrier, reference) = (self.carrier.id.clone(), reference.clone());
                let command =
                    NetworkCommand::ReportReference { carrier, reference, status: *status };
                Some(self.hub.report(Actor::Network, command).await?.is_ok())
            }
            Heard::Message { sequence, from, to, text } => {
                let carrier = &self.carrier.id;
                // If the hub is asked twice, because it was busy, the message is stored once.
                let call = CallId::from(format!("in/{carrier}/{session:016x}/{sequence}"));
                let digest = Sha256::digest(format!("{from}\n{to}\n{text}")).into();
                let body = Body::text(text);
                let (from, to) = (from.clone(), to.clone());
                let command = NetworkCommand::ReceiveMessage { from, to, body };
                let caller = Caller { app: None, actor: Actor::Customer };
                let receipt = self.hub.once(caller, (call, digest), command.into()).await?;
                if !receipt.is_ok() {
                    let why = receipt.description();
                    tracing::warn!("carrier {carrier}: a message was not taken: {why}");
                }
                Some(true)
            }
        }
    }

    /// Tries the reports again that came before the answers to their messages. Those that wait for too long are about
    /// nothing that is known here.
    pub(super) async fn early(&self, talk: &mut Talk) -> Option<Result<(), Lost>> {
        let all: Vec<_> = talk.early.drain(..).map(Heard::Report).collect();
        let stored = join_all(all.iter().map(|report| self.store(talk.name, report))).await;
        let now = Instant::now();
        for (heard, stored) in all.into_iter().zip(stored) {
            let Heard::Report(report) = heard else { continue };
            if !stored? && now < report.until {
                talk.early.push(report);
                continue;
            }
            if let Err(why) = talk.acknowledge(report.sequence).await {
                return Some(Err(why));
            }
        }
        Some(Ok(()))
    }
}

impl Talk {
    /// Tells the network that what it brought is stored, or says nothing here.
    async fn acknowledge(&mut self, sequence: u32) -> Result<(), Lost> {
        let answer = DeliverSmResp::default().into();
        self.session.answer(sequence, CommandStatus::EsmeRok, answer).await
    }
}
