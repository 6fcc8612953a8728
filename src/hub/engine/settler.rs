//! Brings what changed in an org's World to the disk, beside the work (`rules::World::settle`). The writer
//! closes a layer of the World and goes on; another thread stores that layer; and when it is stored, the
//! writer puts the new base under the World. One layer is on its way at a time.

use crate::{
    hub::{
        log::{Stored, chain::ChainCursor},
        origins::Origin,
        state_store::OrgState,
    },
    rules::{Base, World},
};
use std::{sync::Arc, thread, time::Duration};
use tokio::{
    sync::oneshot::{self, error::TryRecvError},
    time::timeout,
};

/// After how many events a layer is closed. A restart folds no more than twice as many, which takes about
/// 50 ms, and so much stays in memory.
const EVERY: usize = 5_000;
/// After how many bytes of entries a layer is closed, however few they are.
const EVERY_BYTES: usize = 32 << 20;
/// How long a stop waits for what is being stored. What is missing then is folded at the next start.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why there is no base if its thread did not say.
const ENDED: &str = "its thread has ended";

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
    OnItsWay(Closed, oneshot::Receiver<NewBase>),
    /// It could not be stored. It stays in the World, and no other layer is closed before it is stored.
    Refused(Closed),
}

#[derive(Default)]
pub(super) struct Settler {
    /// `None` keeps everything in memory.
    state: Option<OrgState>,
    layer: LastLayer,
    /// How many events were folded since the last attempt to store a layer, and the bytes of their entries.
    events: usize,
    bytes: usize,
}

impl Settler {
    pub(super) fn new(state: Option<OrgState>) -> Self {
        Self { state, ..Self::default() }
    }

    /// The World that is stored, and its place.
    pub(super) fn load(&self) -> Option<(World, ChainCursor)> {
        self.state.as_ref()?.load()
    }

    /// The name of the log of which a World is stored, if that is another one.
    pub(super) fn of_log(&self) -> Option<String> {
        self.state.as_ref()?.of_log()
    }

    /// Forgets what is stored, because it cannot be used.
    pub(super) fn clear(&mut self) {
        if let Some(Err(why)) = self.state.as_ref().map(OrgState::clear) {
            tracing::warn!("{why}; everything stays in memory until the next start");
            self.state = None;
        }
    }

    /// Stores the World with which a pruned log begins, and returns it. If it cannot be stored, the World stays on its
    /// own base, and whatever comes stays in memory.
    pub(super) fn take_over(&mut self, origin: Origin) -> Result<World, String> {
        let Some(state) = &self.state else { return Ok(origin.world) };
        match state.take_over(origin.state()) {
            Ok(()) => {
                let (world, _) = state.load().ok_or("what was just stored cannot be read")?;
                Ok(world)
            }
            Err(why) => {
                tracing::warn!("{why}; everything stays in memory until the next start");
                self.state = None;
                Ok(origin.world)
            }
        }
    }

    /// Notes that an entry was folded.
    pub(super) fn folded(&mut self, stored: &Stored) {
        self.events += stored.entry.events.len();
        self.bytes += stored.bytes.len();
    }

    fn is_due(&self) -> bool {
        self.events >= EVERY || self.bytes >= EVERY_BYTES
    }

    /// Why nothing is decided any more: something that is stored could not be read, or nothing can be stored again.
    pub(super) fn trouble(&self) -> Option<String> {
        self.state.as_ref()?.why_not()
    }

    /// Does what can be done now, with a World that is what the log holds up to `place`. True if the layers
    /// of the World are others than before.
    pub(super) fn tend(&mut self, world: &mut World, place: ChainCursor) -> bool {
        let is_done = match std::mem::take(&mut self.layer) {
            LastLayer::OnItsWay(closed, mut said) => match said.try_recv() {
                Err(TryRecvError::Empty) => {
                    self.layer = LastLayer::OnItsWay(closed, said);
                    return false;
                }
                Err(TryRecvError::Closed) => self.note(closed, Err(ENDED.into()), world),
                Ok(said) => self.note(closed, said, world),
            },
            other => {
                self.layer = other;
                false
            }
        };
        self.begin_if(self.is_due(), world, place) || is_done
    }

    /// The same for whoever folds a long log: waits, so that not more than two layers are in memory.
    pub(super) async fn keep_up(&mut self, world: &mut World, place: ChainCursor) {
        if self.is_due() {
            self.done(world).await;
            self.begin_if(true, world, place);
        }
    }

    /// Stores everything that is not stored yet.
    pub(super) async fn finish(&mut self, world: &mut World, place: ChainCursor) {
        let all = async {
            self.done(world).await;
            self.begin_if(self.events > 0, world, place);
            self.done(world).await;
            let Some(state) = self.state.clone() else { return };
            // The log has everything all the same.
            if let Ok(Err(why)) = in_a_thread(move || state.persist()).await {
                tracing::warn!("{why}");
            }
        };
        if timeout(PATIENCE, all).await.is_err() {
            tracing::warn!("the state is not stored in time; the next start folds what it lacks");
        }
    }

    /// Waits for the layer that is on its way, and puts the base that has it under the World.
    async fn done(&mut self, world: &mut World) {
        match std::mem::take(&mut self.layer) {
            LastLayer::OnItsWay(closed, said) => {
                let said = said.await.unwrap_or_else(|_| Err(ENDED.into()));
                self.note(closed, said, world);
            }
            other => self.layer = other,
        }
    }

    /// Notes what became of the layer that was on its way. True if there is a new base.
    fn note(&mut self, closed: Closed, said: NewBase, world: &mut World) -> bool {
        match said {
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
        (self.events, self.bytes) = (0, 0);
        let (closed, is_new) = match std::mem::take(&mut self.layer) {
            LastLayer::Stored => {
                world.settle();
                ((Arc::new(world.clone()), place), true)
            }
            LastLayer::OnItsWay(closed, _) | LastLayer::Refused(closed) => (closed, false),
        };
        let (frozen, at) = (Arc::clone(&closed.0), closed.1);
        let said = in_a_thread(move || state.store(&frozen, at));
        self.layer = LastLayer::OnItsWay(closed, said);
        is_new
    }
}

/// Does something in a thread of its own, for which no stop of the runtime waits. If the thread ends early, or
/// there is none, nothing is said.
fn in_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> oneshot::Receiver<T> {
    let (say, said) = oneshot::channel();
    // Whoever asked may have stopped waiting.
    let work = move || drop(say.send(work()));
    if let Err(error) = thread::Builder::new().name("state".into()).spawn(work) {
        tracing::error!("no thread for the state: {error}");
    }
    said
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
                settler.folded(&Stored::new(entry));
                let at = place(&world);
                settler.tend(&mut world, at);
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
