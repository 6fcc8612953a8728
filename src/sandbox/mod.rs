//! The simulated world of a sandbox org: a network with its phones, customers who write and pay, an
//! app that answers them, and the service through which programs act as customers.
//!
//! Every worker reads the log from a cursor and submits commands like anyone else. None has a way around the
//! engine, so all of them may die at any moment and be started again. What they keep beside the log is how
//! single phones were set to behave (`phones`), answers under way and jobs that are not yet due.

#![deny(clippy::wildcard_enum_match_arm)]

pub mod cast;
mod demo_app;
mod network;
mod phones;
pub mod service;
mod traffic;
mod traffic_plan;

pub use cast::CastError;
pub use phones::{Phones, PickUp};

use crate::{
    hub::{
        clock,
        config::{HubConfig, SandboxSettings},
        engine::{Hub, OrgHandle},
        limits::LARGEST_MESSAGE,
        serve::{Attached, StartError},
        service::Backend,
    },
    model::{
        Actor, AppId, Caller, Command, CustomerNumber, CustomerRef, CustomerState, OrgId, Receipt,
    },
    wire::proto::v1::sandbox_server::SandboxServer,
};
use cast::Cast;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};
use tokio::task::JoinSet;

/// The label of the built-in app, which its events carry as their author.
const DEMO: &str = "demo";

/// Attaches the sandbox to a hub (it is a `hub::serve::Attach`): simulates the orgs whose settings ask for
/// it, and serves `switchboard.v1.Sandbox`.
pub fn attach(
    config: &HubConfig,
    backend: &Backend,
    attached: &mut Attached,
) -> Result<(), StartError> {
    let orgs = config.orgs.iter().map(|o| (o.settings.id.clone(), o.sandbox.clone())).collect();
    let phones = start(&backend.hub, orgs, attached.tasks())
        .map_err(|error| StartError::Settings(error.to_string()))?;
    attached.serve(
        SandboxServer::new(service::SandboxService::new(backend.clone(), phones))
            .max_decoding_message_size(LARGEST_MESSAGE)
            .max_encoding_message_size(LARGEST_MESSAGE),
    );
    Ok(())
}

/// Starts to simulate those of the given orgs whose settings ask for it. The tasks may be dropped wherever
/// they wait, because what they had in hand follows from the log. The phones are returned so that the
/// service can share them. The only error is a file of customers that cannot be used.
pub fn start(
    hub: &Hub,
    orgs: Vec<(OrgId, SandboxSettings)>,
    tasks: &mut JoinSet<()>,
) -> Result<Arc<Phones>, CastError> {
    let orgs: Vec<_> = orgs.into_iter().filter(|(_, settings)| settings.enabled).collect();
    let phones = Arc::new(Phones::new(&orgs));
    for (org, settings) in orgs {
        let handle = OrgHandle::new(hub, &org);
        let cast = Arc::new(Cast::load(settings.cast.as_deref(), settings.hostile)?);
        let (phones, people) = (Arc::clone(&phones), Arc::clone(&cast));
        tasks.spawn(network::run(handle.clone(), settings.clone(), phones, people));
        if settings.demo_app {
            tasks.spawn(demo_app::run(handle.clone(), settings.clone()));
        }
        if settings.rate_per_minute > 0 {
            tasks.spawn(traffic::run(handle, settings, cast));
        }
    }
    Ok(phones)
}

/// Submits a command of the built-in app on behalf of `app`. `None` means that the hub is shutting down.
async fn act(
    handle: &OrgHandle,
    app: Option<AppId>,
    command: impl Into<Command>,
) -> Option<Receipt> {
    let actor = Actor::Program(DEMO.to_owned());
    handle.submit(Caller { app, actor }, command.into()).await
}

/// Asks `look` about the customer of a number. The outer `None` means that the hub is shutting down, the
/// inner one that there is no such customer.
async fn look_at<T: Send + 'static>(
    handle: &OrgHandle,
    number: &CustomerNumber,
    look: impl FnOnce(&CustomerState) -> T + Clone + Send + 'static,
) -> Option<Option<T>> {
    let (whom, settings) = (CustomerRef::Number(number.clone()), handle.settings());
    handle
        .read(move |world| {
            let now = world.time(clock::now());
            world.customer(&whom, &settings, now).map(|customer| look(&customer))
        })
        .await
}

/// A source of chance that depends on the seed and on the thing that is decided. So the same decision
/// comes out the same whenever it is made again, also after a restart.
fn chance(seed: u64, about: &str) -> fastrand::Rng {
    let mut hash = DefaultHasher::new();
    (seed, about).hash(&mut hash);
    fastrand::Rng::with_seed(hash.finish())
}

#[cfg(test)]
#[allow(clippy::wildcard_enum_match_arm, reason = "a test asks about what it expects")]
mod tests;
