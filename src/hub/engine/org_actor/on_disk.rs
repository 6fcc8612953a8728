//! What an actor has on disk beside the log: the World that is stored, and when that is not believed any more.

use super::{ActorState, OrgActor};
use crate::{
    hub::{
        engine::HubError,
        log::{
            LogBegin, LogError, Pos,
            chain::{self, ChainCursor},
        },
    },
    model::Seq,
    rules::World,
};

impl OrgActor {
    /// The World that is stored, if the log holds it; else an empty one.
    pub(super) async fn stored_world(
        &mut self,
        accept_loss: bool,
    ) -> Result<(World, Pos), HubError> {
        let other = self.settler.of_log().filter(|other| !self.log.replaces(other));
        if other.is_some() && !accept_loss {
            return Err(HubError::Unavailable(chain::is_of_another_log("the folder state")));
        }
        let begin = self.log.begin(self.org());
        let stored = self.settler.load().filter(|(_, place)| place.seq >= begin.place.seq);
        if let Some((world, place)) = stored {
            match chain::holds(&*self.log, self.org(), &place).await {
                Ok(true) => return Ok((world, place.pos)),
                Ok(false) => {
                    let why = chain::lacks(self.org(), &place, "the folder state");
                    if !accept_loss {
                        return Err(HubError::Unavailable(why));
                    }
                    tracing::warn!(
                        "{why}; this was accepted, and the hub goes on from what is there"
                    );
                }
                Err(error @ LogError::Corrupt { .. }) => self.damaged(&error.to_string()),
                Err(error) => return Err(error.into()),
            }
        }
        if begin.place.seq == Seq(0) {
            self.settler.clear();
            return Ok((World::default(), Pos::default()));
        }
        // What is stored stays until it is known that the log's own beginning can be used.
        match self.origin(&begin) {
            Ok(world) => Ok((world, begin.place.pos)),
            Err(why) => {
                self.damaged(&why);
                Ok((World::default(), Pos::default()))
            }
        }
    }

    /// The World with which the log begins, from which everything goes on.
    fn origin(&mut self, begin: &LogBegin) -> Result<World, String> {
        let origins = self.shelf.origins().ok_or("a log without a data folder is not pruned")?;
        let origin = origins.open(&self.settings.id, begin)?;
        self.settler.take_over(origin)
    }

    /// Closes the org if its World cannot be believed any more, and says why. Nothing of what waits was stored.
    pub(super) fn disbelieve(&mut self) -> Option<String> {
        let why = self.settler.trouble()?;
        if matches!(self.state, ActorState::Closed(_)) {
            return None;
        }
        self.close(&why);
        Some(why)
    }

    /// Where the World stands in the log.
    pub(super) fn place(&self) -> ChainCursor {
        let (seq, id) = self.world.head();
        ChainCursor { pos: self.head_pos, seq, id }
    }

    /// Has what changed stored, if enough has.
    pub(in crate::hub::engine) fn settle(&mut self) {
        let place = self.place();
        if matches!(self.state, ActorState::Ready) && self.settler.tend(&mut self.world, place) {
            // A copy of the World must have the same layers, because the actor may go back to it.
            self.show();
        }
    }

    /// Has everything that changed stored at once, and goes on with the World on that base: what `settle` does
    /// beside the work. Returns the place of what is stored; `None` if the World is not that of the log now.
    #[cfg(any(test, feature = "trust"))]
    pub(in crate::hub::engine) fn rest_on(
        &mut self,
        store: impl FnOnce(&World) -> std::sync::Arc<dyn crate::rules::Base>,
    ) -> Option<ChainCursor> {
        if !matches!(self.state, ActorState::Ready) {
            return None;
        }
        self.world.settle();
        let base = store(&self.world);
        self.world.rebase(&base);
        self.show();
        Some(self.place())
    }

    /// Stores everything that is not stored yet.
    pub(in crate::hub::engine) async fn settle_all(&mut self) {
        if matches!(self.state, ActorState::Ready) {
            let place = self.place();
            self.settler.finish(&mut self.world, place).await;
        }
    }
}
