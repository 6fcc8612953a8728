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

/// What became of the layer that was closed last.
#[derive(Default)]
enum LastLayer {
    /// It is in the base.
    #[default]
    Stored,
    OnItsWay(Closed, JoinHandle<NewBase>),
    /// It could not be stored. It stays in the World, and no other layer is closed before it is stored.
    Refused(Closed),
}

#[derive(Default)]
pub(super) struct Settler {
    /// `None` keeps everything in memory.
    state: Option<OrgState>,
    layer: LastLayer,
    /// How many events were folded since the last attempt to store a layer.
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

    /// Forgets what is stored, because it cannot be used.
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
    pub(super) fn trouble(&self) -> Option<String> {
        self.state.as_ref()?.trouble()
    }

    /// Does what can be done now, with a World that is what the log holds up to `place`. True if the layers
    /// of the World are others than before.
    pub(super) async fn tend(&mut self, world: &mut World, place: ChainCursor) -> bool {
        if let LastLayer::OnItsWay(_, thread) = &self.layer
            && !thread.is_finished()
        {
            return false;
        }
        let is_done = self.done(world).await;
        self.begin_if(self.events >= EVERY, world, place) || is_done
    }

    /// The same for whoever folds a long log: waits, so that not more than two layers are in memory.
    pub(super) async fn keep_up(&mut self, world: &mut World, place: ChainCursor) {
        if self.events >= EVERY {
            self.done(world).await;
            self.begin_if(true, world, place);
        }
    }

    /// Stores everything that is not stored yet.
    pub(super) async fn finish(&mut self, world: &mut World, place: ChainCursor) {
        self.done(world).await;
        self.begin_if(self.events > 0, world, place);
        self.done(world).await;
        if let Some(state) = self.state.clone() {
            let persist = move || state.persist();
            // It logs what goes wrong, and the log has everything all the same.
            let _ = spawn_blocking(persist).await;
        }
    }

    /// Waits for the layer that is on its way, and puts the base that has it under the World. True if there
    /// is a new base.
    async fn done(&mut self, world: &mut World) -> bool {
        let (closed, thread) = match std::mem::take(&mut self.layer) {
            LastLayer::OnItsWay(closed, thread) => (closed, thread),
            other => {
                self.layer = other;
                return false;
            }
        };
        match thread.await.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(base) => {
                world.rebase(&base);
                true
            }
            Err(why) => {
                tracing::warn!("the state is not stored: {why}; it stays in memory for now");
                self.layer = LastLayer::Refused(closed);
                false
            }
        }
    }

    /// Closes a layer and has it stored, or has the last one stored that could not be. True if a layer was closed.
    fn begin_if(&mut self, is_due: bool, world: &mut World, place: ChainCursor) -> bool {
        let Some(state) = self.state.clone().filter(|_| is_due) else { return false };
        self.events = 0;
        let (closed, is_new) = match std::mem::take(&mut self.layer) {
            LastLayer::Stored => {
                world.settle();
                ((Arc::new(world.clone()), place), true)
            }
            LastLayer::OnItsWay(closed, _) | LastLayer::Refused(closed) => (closed, false),
        };
        let (frozen, at) = (Arc::clone(&closed.0), closed.1);
        let thread = spawn_blocking(move || state.store(&frozen, at));
        self.layer = LastLayer::OnItsWay(closed, thread);
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::state_store::{
        StateStore,
        tests::{org, place, writes},
    };
    use tempfile::TempDir;

    /// A layer that could not be stored stays in the World until it is stored, however much comes after it.
    #[tokio::test]
    async fn a_layer_that_is_refused_is_not_lost() {
        let dir = TempDir::new().expect("a folder");
        let store = StateStore::open(dir.path()).expect("a state");
        let state = store.org(&org(), "a log").expect("of the org");
        let mut settler = Settler::new(Some(state.clone()));
        let (mut world, mut plain) = (World::default(), World::default());
        for refusing in [false, true, true, false, false] {
            state.refuse(refusing);
            for n in 0..EVERY {
                let entry = writes(&world, n % 300);
                assert!(world.apply(&entry) && plain.apply(&entry));
                settler.folded(entry.events.len());
                let at = place(&world);
                settler.tend(&mut world, at).await;
            }
            settler.done(&mut world).await;
            assert!(world == plain, "after storing, refused: {refusing}");
        }
        let at = place(&world);
        settler.finish(&mut world, at).await;
        settler.events = 1;
        settler.finish(&mut world, at).await;
        assert!(state.load().expect("a World").0 == plain);
    }
}
