//! What a worker makes of what the network says: answers to what was handed over, reports, and what customers write.
//! What comes in is acknowledged only after the hub has stored it, so that the network brings it again if it was not.

use super::{
    intake::{self, Intake},
    order::Brought,
    session::{Heard, Incoming, Lost},
    talk::Talk,
    worker::{AT_ONCE, Worker},
};
use futures_util::{FutureExt as _, future::join_all};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// How long a report waits for the answer to the message that it is about, because it may come first.
pub(super) const EARLY: Duration = Duration::from_secs(5);
/// How long until such reports are tried again, if no answer comes.
pub(super) const RETRY: Duration = Duration::from_millis(250);

/// A report that came before the answer to its message.
#[derive(Clone, Debug)]
pub(super) struct EarlyReport {
    request: NetworkRequest,
    until: Instant,
}

/// Something that the network brought, with the ticket by which it is acknowledged.
#[derive(Clone, Debug)]
struct NetworkRequest {
    ticket: i64,
    brought: Brought,
}

impl Worker {
    /// Deals with what the network says, and with whatever else of it is there already.
    pub(super) async fn hear(
        &mut self,
        talk: &mut Talk,
        first: Incoming,
    ) -> Option<Result<(), Lost>> {
        let (mut answers, mut requests, mut lost) = (Vec::new(), Vec::new(), None);
        let mut next = Some(Ok(first));
        while let Some(said) = next {
            let sorted = match said {
                Ok(said) => talk.session.sort(said).await,
                Err(why) => Err(why),
            };
            match sorted {
                Ok(heard) => {
                    for heard in heard {
                        match heard {
                            Heard::Answer { number, answer } => {
                                if let Some(flight) = talk.under_way.remove(&number) {
                                    answers.push((flight, answer));
                                } else if let Some((session, _)) = talk.menus.remove(&number) {
                                    self.shown(session, &answer).await?;
                                }
                            }
                            Heard::Brought { ticket, brought } => {
                                requests.push(NetworkRequest { ticket, brought });
                            }
                            Heard::Ending(why) => talk.ending = Some(why),
                        }
                    }
                }
                Err(why) => lost = Some(why),
            }
            let goes_on = lost.is_none() && answers.len() + requests.len() < AT_ONCE;
            next = if goes_on { talk.session.next().now_or_never() } else { None };
        }
        talk.heard = Instant::now();
        talk.asked = None;
        // What the network has answered is recorded first, because a report may be about it.
        let has_answers = !answers.is_empty();
        for (flight, answer) in answers {
            self.answered(talk, flight, answer).await?;
        }
        let stored = self.store_all(talk.name, &requests).await?;
        for NetworkRequest { ticket, brought } in &requests {
            match brought {
                Brought::Typed(typed) => {
                    self.typed(typed, &format!("{:016x}/{ticket}", talk.name)).await?;
                }
                Brought::Left(phone) => self.left(phone).await?,
                Brought::Message { .. } | Brought::Report { .. } | Brought::Nothing => {}
            }
        }
        for (request, stored) in requests.into_iter().zip(stored) {
            // Without an answer that is owed it is about nothing that is known.
            if stored == Intake::NotYet && talk.open() > 0 {
                let now = Instant::now();
                if talk.early.is_empty() {
                    talk.retry_at = now + RETRY;
                }
                talk.early.push(EarlyReport { request, until: now + EARLY });
            } else if lost.is_none() {
                lost = talk.session.acknowledge(request.ticket).await.err();
            }
        }
        if lost.is_none() && has_answers && !talk.early.is_empty() {
            lost = self.early(talk).await?.err();
        }
        Some(lost.map_or(Ok(()), Err))
    }

    /// Stores what the network brings, side by side, but what one customer writes in its order.
    async fn store_all(&self, session: u64, requests: &[NetworkRequest]) -> Option<Vec<Intake>> {
        let mut lanes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, request) in requests.iter().enumerate() {
            let lane = match &request.brought {
                Brought::Message { from, .. } => from.to_string(),
                Brought::Report { .. }
                | Brought::Typed(_)
                | Brought::Left(_)
                | Brought::Nothing => place.to_string(),
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
        let mut all = vec![Intake::Stored; requests.len()];
        for lane in stored {
            for (place, stored) in lane? {
                if let Some(known) = all.get_mut(place) {
                    *known = stored;
                }
            }
        }
        Some(all)
    }

    async fn store(&self, session: u64, request: &NetworkRequest) -> Option<Intake> {
        let delivery = format!("{session:016x}/{}", request.ticket);
        intake::store(&self.hub, &self.carrier.id, &request.brought, &delivery).await
    }

    /// Tries the reports again that came before the answers to their messages. Those that wait for too long are about
    /// nothing that is known here.
    pub(super) async fn early(&self, talk: &mut Talk) -> Option<Result<(), Lost>> {
        let all: Vec<_> = talk.early.drain(..).collect();
        let requests: Vec<_> = all.iter().map(|early| early.request.clone()).collect();
        let stored = self.store_all(talk.name, &requests).await?;
        let now = Instant::now();
        talk.retry_at = now + RETRY;
        for (early, stored) in all.into_iter().zip(stored) {
            if stored == Intake::NotYet && now < early.until && talk.open() > 0 {
                talk.early.push(early);
                continue;
            }
            if let Err(why) = talk.session.acknowledge(early.request.ticket).await {
                return Some(Err(why));
            }
        }
        Some(Ok(()))
    }
}
