//! Brings what changed in an org's World to the disk, beside the work (`rules::World::settle`). The writer
//! closes a layer of the World and goes on; another thread stores that layer; and when it is stored, the
//! writer puts the new base under the World. One layer is on its way at a time.

use crate::{
    hub::{log::chain::ChainCursor, state_store::OrgState},
    rules::{Base, World},
};
use std::sync::Arc;
use tokio::task::{JoinHandle, spawn_blocking};

/// After how many events a layer is closed. A restart folds no more than twice as many, which takes about
/// 50 ms, and so much stays in memory.
const EVERY: usize = 5_000;

/// A closed layer, as the World that has it and its place.
type Closed = (Arc<World>, ChainCursor);
/// The base that has a layer, or why there is none.
type NewBase = Result<Arc<dyn Base>, String>;

#[derive(Default)]
pub(super) struct Settler {
    /// `None` keeps everything in memory.
    state: Option<OrgState>,
    /// The layer that is on its way, and the thread that stores it; no thread if that has failed.
    closed: Option<(Closed, Option<JoinHandle<NewBase>>)>,
    /// How many events were folded since the last layer was closed.
    events: usize,
}

impl Settler {
    pub(super) fn new(state: Option<OrgState>) -> Self {
        Self { state, ..Self::default() }
    }

    /// The World that is stored, and its place.
    pub(super) fn load(&self) -> Option<(World, ChainCursor)> {
        self.state.as_ref()?.load()
    }

    /// Forgets what is stored, because the log does not hold it.
    pub(super) fn clear(&mut self) {
        if let Some(Err(why)) = self.state.as_ref().map(OrgState::clear) {
            tracing::warn!("{why}; everything stays in memory until the next start");
            self.state = None;
        }
    }

    /// Notes that so many events were folded.
    pub(super) fn folded(&mut self, events: usize) {
        self.events += events;
    }

    /// Why the World cannot be believed: something that is stored could not be read.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.state.as_ref()?.trouble()
    }

    /// Does what can be done now, with a World that is what the log holds up to `place`. True if the layers
    /// of the World are others than before.
    pub(super) async fn tend(&mut self, world: &mut World, place: ChainCursor) -> bool {
        let finished = |(_, thread): &(Closed, Option<JoinHandle<NewBase>>)| {
            thread.as_ref().is_none_or(JoinHandle::is_finished)
        };
        if self.closed.as_ref().is_some_and(|closed| !finished(closed)) {
            return false;
        }
        let is_done = self.done(world).await;
        let is_due = self.events >= EVERY;
        if is_due {
            self.begin(world, place);
        }
        is_done || is_due
    }

    /// The same for whoever folds a long log: waits, so that not more than two layers are in memory.
    pub(super) async fn keep_up(&mut self, world: &mut World, place: ChainCursor) {
        if self.events >= EVERY {
            self.done(world).await;
            self.begin(world, place);
        }
    }

    /// Stores everything that is not stored yet.
    pub(super) async fn finish(&mut self, world: &mut World, place: ChainCursor) {
        self.done(world).await;
        if self.events > 0 {
            self.begin(world, place);
            self.done(world).await;
        }
        if let Some(state) = self.state.clone() {
            let persist = move || state.persist();
            // It logs what goes wrong, and the log has everything all the same.
            let _ = spawn_blocking(persist).await;
        }
    }

    /// Waits for the layer that is on its way, and puts the base that has it under the World.
    async fn done(&mut self, world: &mut World) -> bool {
        let Some((closed, Some(thread))) = self.closed.take() else { return false };
        match thread.await.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(base) => {
                world.rebase(&base);
                true
            }
            Err(why) => {
                tracing::warn!("the state is not stored: {why}; it stays in memory for now");
                self.closed = Some((closed, None));
                false
            }
        }
    }

    /// Closes a layer and has it stored, or has the last one stored that could not be.
    fn begin(&mut self, world: &mut World, place: ChainCursor) {
        let Some(state) = self.state.clone() else { return };
        let closed = self.closed.take().map_or_else(
            || {
                world.settle();
                (Arc::new(world.clone()), place)
            },
            |(closed, _)| closed,
        );
        self.events = 0;
        let (frozen, at) = (Arc::clone(&closed.0), closed.1);
        let thread = spawn_blocking(move || state.store(&frozen, at));
        self.closed = Some((closed, Some(thread)));
    }
}
