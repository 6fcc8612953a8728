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

/// Something that the network brought.
#[derive(Clone, Debug)]
pub(super) struct NetworkRequest {
    /// By what it is acknowledged; `None` if that is done under the tickets of its parts.
    pub ticket: Option<i64>,
    pub brought: Brought,
}

impl NetworkRequest {
    /// Something that was put together from parts.
    pub fn of_parts(brought: Brought) -> Self {
        Self { ticket: None, brought }
    }
    /// Its name in a session, for networks that do not name what they bring.
    fn name(&self, session: u64) -> String {
        format!("{session:016x}/{}", self.ticket.unwrap_or_default())
    }
}

impl Worker {
    /// Deals with what the network says, and with whatever else of it is there already.
    pub(super) async fn hear(
        &mut self,
        talk: &mut Talk,
        first: Incoming,
    ) -> Option<Result<(), Lost>> {
        let (mut answers, mut delivered, mut lost) = (Vec::new(), Vec::new(), None);
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
                            Heard::Delivered { ticket, delivered: one } => {
                                delivered.push((ticket, one));
                            }
                            Heard::Ending(why) => talk.ending = Some(why),
                        }
                    }
                }
                Err(why) => lost = Some(why),
            }
            let goes_on = lost.is_none() && answers.len() + delivered.len() < AT_ONCE;
            next = if goes_on { talk.session.next().now_or_never() } else { None };
        }
        talk.heard = Instant::now();
        talk.asked = None;
        // What the network has answered is recorded first, because a report may be about it.
        let has_answers = !answers.is_empty();
        for (flight, answer) in answers {
            self.answered(talk, flight, answer).await?;
        }
        let (requests, ended) = self.gather(delivered).await;
        let stored = self.store_all(talk.name, &requests).await?;
        self.end_sets(ended).await;
        for request in &requests {
            match &request.brought {
                Brought::Typed(typed) => self.typed(typed, &request.name(talk.name)).await?,
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
                lost = self.acknowledge(talk, &request).await.err();
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
        let delivery = request.name(session);
        intake::store(&self.hub, &self.carrier.id, &request.brought, &delivery).await
    }

    async fn acknowledge(&self, talk: &mut Talk, request: &NetworkRequest) -> Result<(), Lost> {
        match request.ticket {
            Some(ticket) => talk.session.acknowledge(ticket).await,
            None => Ok(()),
        }
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
            if let Err(why) = self.acknowledge(talk, &early.request).await {
                return Some(Err(why));
            }
        }
        Some(Ok(()))
    }
}
