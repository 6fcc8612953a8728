//! What a worker makes of what the network says: answers to what was handed over, reports, and what customers write.
//! What comes in is acknowledged only after the hub has stored it, so that the network brings it again if it was not.

use super::{
    link::{Frame, Lost},
    smpp::{self, Answer, Delivery},
    worker::{AT_ONCE, Flight, Talk, Worker},
};
use crate::model::{
    Actor, Body, CallId, Caller, ChannelNumber, CustomerNumber, MessageStatus, NetworkCommand,
    id::hex,
};
use futures_util::{FutureExt as _, future::join_all};
use rusmpp::{CommandId, CommandStatus, Pdu, pdus::DeliverSmResp};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// How long a report waits for the answer to the message that it is about, because it may come first.
const EARLY: Duration = Duration::from_secs(5);
/// How long until such reports are tried again, if no answer comes.
const RETRY: Duration = Duration::from_millis(250);

/// A report that came before the answer to its message.
#[derive(Clone, Debug)]
pub(super) struct EarlyReport {
    sequence: u32,
    reference: String,
    about: String,
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
    pub(super) async fn hear(&mut self, talk: &mut Talk, first: Frame) -> Option<Result<(), Lost>> {
        let (mut heard, mut lost) = (Vec::new(), None);
        let mut next = Some(Ok(first));
        while let Some(frame) = next {
            match frame {
                Ok(frame) => match self.sort(talk, &frame).await {
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
        let has_answers = !answers.is_empty();
        for heard in answers {
            if let Heard::Answer(flight, answer) = heard {
                self.answered(talk, flight, answer).await?;
            }
        }
        let stored = self.store_all(talk.name, &requests).await?;
        for (request, stored) in requests.into_iter().zip(stored) {
            match (request, stored) {
                // Without an answer that is owed it is about nothing that is known.
                (Heard::Report(early), false) if talk.open() > 0 => {
                    if talk.early.is_empty() {
                        talk.retry_at = Instant::now() + RETRY;
                    }
                    talk.early.push(early);
                }
                (
                    Heard::Report(EarlyReport { sequence, .. })
                    | Heard::Message { sequence, .. }
                    | Heard::Nothing { sequence },
                    _,
                ) if lost.is_none() => lost = talk.acknowledge(sequence).await.err(),
                _ => {}
            }
        }
        if lost.is_none() && has_answers && !talk.early.is_empty() {
            lost = self.early(talk).await?.err();
        }
        Some(lost.map_or(Ok(()), Err))
    }

    /// What a request or an answer of the network is about. What only concerns the session is dealt with at once.
    async fn sort(&self, talk: &mut Talk, frame: &Frame) -> Result<Option<Heard>, Lost> {
        let (id, status, sequence) = frame.header();
        match (id, frame.pdu()) {
            (CommandId::SubmitSmResp | CommandId::GenericNack, pdu) => {
                let Some(flight) = talk.under_way.remove(&sequence) else { return Ok(None) };
                let name = match pdu {
                    Some(Pdu::SubmitSmResp(answer)) => Some(answer.message_id().as_str()),
                    _ => None,
                };
                let status = match (id, status) {
                    (CommandId::GenericNack, CommandStatus::EsmeRok) => {
                        CommandStatus::EsmeRunknownerr
                    }
                    (_, status) => status,
                };
                Ok(Some(Heard::Answer(flight, smpp::answered(status, name))))
            }
            (CommandId::DeliverSm, Some(Pdu::DeliverSm(deliver))) => {
                Ok(Some(match smpp::delivered(deliver) {
                    Delivery::Report { reference, about, status: Some(status) } => {
                        let until = Instant::now() + EARLY;
                        Heard::Report(EarlyReport { sequence, reference, about, status, until })
                    }
                    Delivery::Report { status: None, .. } | Delivery::Nothing => {
                        Heard::Nothing { sequence }
                    }
                    Delivery::Message { from, to, text } => {
                        let to = self.line(to);
                        Heard::Message { sequence, from, to, text }
                    }
                }))
            }
            // It would bring it again and again, so it is told that it is for good.
            (CommandId::DeliverSm, _) => {
                let carrier = &self.carrier.id;
                tracing::warn!(
                    "carrier {carrier}: what it brought cannot be read, and was refused"
                );
                let (status, answer) = (CommandStatus::EsmeRxPAppn, DeliverSmResp::default());
                talk.session.answer(sequence, status, answer.into()).await?;
                Ok(None)
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

    /// The org's number that a network means, which may write it without its plus sign.
    fn line(&self, to: ChannelNumber) -> ChannelNumber {
        let bare = |number: &str| number.trim().trim_start_matches('+').to_owned();
        let settings = self.hub.settings();
        let lines = settings.channels.iter().map(|bound| &bound.channel);
        let mut same = lines
            .filter(|line| line.channel == to.channel && bare(&line.number) == bare(&to.number));
        same.next().cloned().unwrap_or(to)
    }

    /// Stores what the network brings, side by side, but what one customer writes in its order.
    async fn store_all(&self, session: u64, requests: &[Heard]) -> Option<Vec<bool>> {
        let mut lanes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, request) in requests.iter().enumerate() {
            let lane = match request {
                Heard::Message { from, .. } => from.to_string(),
                Heard::Answer(..) | Heard::Report(_) | Heard::Nothing { .. } => place.to_string(),
            };
            lanes.entry(lane).or_default().push(place);
        }
        let stored = join_all(lanes.into_values().map(async |places| {
            let mut stored = Vec::new();
            for place in places {
                if let Some(request) = requests.get(place) {
                    stored.push((place, self.store(session, request).await?));
                }
            }
            Some(stored)
        }))
        .await;
        let mut all = vec![false; requests.len()];
        for lane in stored {
            for (place, is_stored) in lane? {
                if let Some(known) = all.get_mut(place) {
                    *known = is_stored;
                }
            }
        }
        Some(all)
    }

    /// Stores what the network brings. It is false for a report on a message that is not known yet.
    async fn store(&self, session: u64, heard: &Heard) -> Option<bool> {
        match heard {
            Heard::Answer(..) | Heard::Nothing { .. } => Some(true),
            Heard::Report(EarlyReport { reference, about, status, .. }) => {
                let (carrier, status) = (self.carrier.id.clone(), *status);
                let (reference, about) = (reference.clone(), about.clone());
                let command = NetworkCommand::ReportReference { carrier, reference, about, status };
                Some(self.hub.report(Actor::Network, command).await?.is_ok())
            }
            Heard::Message { sequence, from, to, text } => {
                let carrier = &self.carrier.id;
                // If the hub is asked twice, because it was busy, the message is stored once.
                let digest: [u8; 32] = Sha256::digest(format!("{from}\n{to}\n{text}")).into();
                // A network may use a number again in a session, for something else.
                let what = hex(&digest[..8]);
                let call = CallId::from(format!("in/{carrier}/{session:016x}/{sequence}/{what}"));
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
        let stored = self.store_all(talk.name, &all).await?;
        let now = Instant::now();
        talk.retry_at = now + RETRY;
        for (heard, stored) in all.into_iter().zip(stored) {
            let Heard::Report(report) = heard else { continue };
            if !stored && now < report.until && talk.open() > 0 {
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
