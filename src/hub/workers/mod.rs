//! What goes on by itself in a hub: timers for every org; for sandbox orgs also a simulated
//! network, customers and an app.
//!
//! Every worker reads the log from a cursor and sends Commands like anyone else; none has a way
//! around the engine, so all of them may die at any moment and be started again. They keep no
//! state that the log does not have, except how single phones were told to behave (`phones`).

pub mod cast;
mod demo_app;
mod desk;
mod network;
mod phones;
mod story;
mod timers;
mod traffic;

pub use cast::CastError;
pub use desk::Follower;
pub use phones::{Manner, Outcome, Phones, PickUp, Will};

use super::{config::SandboxSettings, engine::Hub};
use crate::model::OrgId;
use cast::Cast;
use desk::Desk;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The label under which the built-in app acts.
const DEMO: &str = "demo";

/// The workers of a hub. Dropping it ends them at once.
pub struct Workers {
    phones: Arc<Phones>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// Starts the timers of every org the hub serves and the simulation of those given.
/// Fails only if a file of customers cannot be used.
pub fn start(hub: &Hub, orgs: Vec<(OrgId, SandboxSettings)>) -> Result<Workers, CastError> {
    let orgs: Vec<_> = orgs.into_iter().filter(|(_, settings)| settings.enabled).collect();
    let mut workers = Workers {
        phones: Arc::new(Phones::new(&orgs)),
        stop: CancellationToken::new(),
        tasks: JoinSet::new(),
    };
    for org in hub.orgs() {
        workers.spawn(timers::run(Desk::new(hub, &org)));
    }
    for (org, settings) in orgs {
        let desk = Desk::new(hub, &org);
        let cast = Arc::new(Cast::load(settings.cast.as_deref(), settings.hostile)?);
        let phones = Arc::clone(&workers.phones);
        workers.spawn(network::run(desk.clone(), settings.clone(), phones, Arc::clone(&cast)));
        if settings.demo_app {
            workers.spawn(demo_app::run(desk.clone(), settings.clone()));
        }
        if settings.rate_per_minute > 0 {
            workers.spawn(traffic::run(desk, settings, cast));
        }
    }
    Ok(workers)
}

impl Workers {
    /// What becomes of messages to single phones; shared with the `Sandbox` service.
    #[must_use]
    pub fn phones(&self) -> Arc<Phones> {
        Arc::clone(&self.phones)
    }

    /// Ends the workers and waits until the last one is gone.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }

    /// A worker may be dropped wherever it waits: whatever it had in hand is in the log.
    fn spawn(&mut self, worker: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move { stop.run_until_cancelled(worker).await.unwrap_or_default() });
    }
}

/// Chance that is the same whenever the same thing is decided again, also after a restart.
fn chance(seed: u64, about: &str) -> fastrand::Rng {
    let mut hash = DefaultHasher::new();
    (seed, about).hash(&mut hash);
    fastrand::Rng::with_seed(hash.finish())
}

#[cfg(test)]
mod tests;
