//! How a worker puts texts together that come in several parts (R-CARRY-26). A part is acknowledged when it is kept on
//! disk, and the text is stored in the log when it is whole, or when it has waited for too long.

use super::{
    heard::NetworkRequest,
    intake,
    order::Brought,
    parts::{PartsOutcome, TextPart, WaitingParts},
    worker::Worker,
};
use tokio::time::Instant;

/// What a network delivers.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivered {
    Whole(Brought),
    Part(TextPart),
}

/// Which sets of parts end when everything that they are about is in the log.
#[derive(Debug, Default)]
pub(super) struct EndedSets {
    joined: Vec<i64>,
    gone: Vec<i64>,
}

impl Worker {
    /// Takes up what was kept when the hub stopped. What cannot be read now stays where it is, for the next start. `None`
    /// means that the hub is shutting down.
    pub(super) async fn load_parts(&mut self) -> Option<()> {
        let kept = self.part_store.load().await.unwrap_or_else(|why| {
            let id = &self.carrier.id;
            tracing::warn!(
                "carrier {id}: parts of texts cannot be read and stay where they are: {why}"
            );
            Vec::new()
        });
        let (parts, outcome) = WaitingParts::load(kept, Instant::now());
        self.parts = parts;
        self.store_outcome(outcome).await
    }

    /// Makes requests of what was delivered, in its order. What is missing something is kept, and there is nothing to
    /// store of it.
    pub(super) async fn gather(
        &mut self,
        delivered: Vec<(i64, Delivered)>,
    ) -> (Vec<NetworkRequest>, EndedSets) {
        let (mut requests, mut ended) = (Vec::new(), EndedSets::default());
        let mut kept = Vec::new();
        for (ticket, delivered) in delivered {
            let brought = match delivered {
                Delivered::Whole(brought) => brought,
                Delivered::Part(part) => {
                    let outcome = self.parts.take(part.clone(), fastrand::i64(..), Instant::now());
                    kept.extend(outcome.kept.map(|set| (set, part)));
                    let messages = outcome.messages.into_iter();
                    requests.extend(messages.map(NetworkRequest::of_parts));
                    ended.joined.extend(outcome.joined);
                    ended.gone.extend(outcome.gone);
                    Brought::Nothing
                }
            };
            requests.push(NetworkRequest { ticket: Some(ticket), brought });
        }
        if !kept.is_empty()
            && let Err(why) = self.part_store.keep(kept.clone()).await
        {
            let id = &self.carrier.id;
            tracing::warn!(
                "carrier {id}: a part of a text cannot be kept and is a message of its own: {why}"
            );
            for (set, part) in kept {
                if self.parts.withdraw(set, &part) {
                    requests.push(NetworkRequest::of_parts(part.alone(set)));
                }
            }
        }
        (requests, ended)
    }

    /// Notes what need not be kept any more, because it is in the log. If that cannot be written, it is stored again
    /// when the hub is started, under the same name, and thereby not twice.
    pub(super) async fn end_sets(&self, ended: EndedSets) {
        if ended.joined.is_empty() && ended.gone.is_empty() {
            return;
        }
        if let Err(why) = self.part_store.end(ended.joined, ended.gone).await {
            let id = &self.carrier.id;
            tracing::warn!("carrier {id}: parts of texts that are stored cannot be removed: {why}");
        }
    }

    /// Stores what has waited for too long. `None` means that the hub is shutting down.
    pub(super) async fn end_late_parts(&mut self, now: Instant) -> Option<()> {
        let outcome = self.parts.late(now);
        self.store_outcome(outcome).await
    }

    async fn store_outcome(&self, outcome: PartsOutcome) -> Option<()> {
        let PartsOutcome { messages, joined, gone, kept: _ } = outcome;
        for brought in &messages {
            // What stands in its name tells it from every other one.
            intake::store(&self.hub, &self.carrier.id, brought, "").await?;
        }
        self.end_sets(EndedSets { joined, gone }).await;
        Some(())
    }
}
