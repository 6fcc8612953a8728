//! The simulated world of a sandbox org: a network with its phones, customers who write and pay, an
//! app that answers them, and the service through which programs act as customers.
//!
//! Every worker reads the log from a cursor and sends Commands like anyone else; none has a way
//! around the engine, so all of them may die at any moment and be started again. They keep no
//! state that the log does not have, except how single phones were told to behave (`phones`).

pub mod cast;
mod demo_app;
mod network;
mod phones;
pub mod service;
mod story;
mod traffic;

pub use cast::CastError;
pub use phones::{Phones, PickUp};

use crate::{
    hub::{
        clock,
        config::{HubConfig, SandboxSettings},
        engine::{Desk, Hub},
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

/// The label under which the built-in app acts.
const DEMO: &str = "demo";

/// Runs the sandbox in a hub's process (`hub::serve::Attach`): simulates the orgs whose settings
/// ask for it, and serves `switchboard.v1.Sandbox`.
pub fn attach(
    config: &HubConfig,
    backend: &Backend,
    attached: &mut Attached,
) -> Result<(), StartError> {
    let orgs = config.orgs.iter().map(|o| (o.settings.id.clone(), o.sandbox.clone())).collect();
    let phones = start(&backend.hub, orgs, attached.tasks())
        .map_err(|error| StartError::Attached(error.into()))?;
    attached.serve(
        SandboxServer::new(service::Sandbox::new(backend.clone(), phones))
            .max_decoding_message_size(LARGEST_MESSAGE)
            .max_encoding_message_size(LARGEST_MESSAGE),
    );
    Ok(())
}

/// Starts the simulation of those orgs given whose settings ask for it. The tasks may be dropped
/// wherever they wait: whatever they had in hand is in the log. The phones are shared with the
/// service. Fails only if a file of customers cannot be used.
pub fn start(
    hub: &Hub,
    orgs: Vec<(OrgId, SandboxSettings)>,
    tasks: &mut JoinSet<()>,
) -> Result<Arc<Phones>, CastError> {
    let orgs: Vec<_> = orgs.into_iter().filter(|(_, settings)| settings.enabled).collect();
    let phones = Arc::new(Phones::new(&orgs));
    for (org, settings) in orgs {
        let desk = Desk::new(hub, &org);
        let cast = Arc::new(Cast::load(settings.cast.as_deref(), settings.hostile)?);
        let (phones, people) = (Arc::clone(&phones), Arc::clone(&cast));
        tasks.spawn(network::run(desk.clone(), settings.clone(), phones, people));
        if settings.demo_app {
            tasks.spawn(demo_app::run(desk.clone(), settings.clone()));
        }
        if settings.rate_per_minute > 0 {
            tasks.spawn(traffic::run(desk, settings, cast));
        }
    }
    Ok(phones)
}

/// What the built-in app does in the name of `app`.
async fn act(desk: &Desk, app: Option<AppId>, command: impl Into<Command>) -> Option<Receipt> {
    let actor = Actor::Key(DEMO.to_owned());
    desk.submit(Caller { app, actor }, command.into()).await
}

/// Looks at the customer of a number. Inner `None`: there is none.
async fn look_at<T: Send + 'static>(
    desk: &Desk,
    number: &CustomerNumber,
    look: impl FnOnce(&CustomerState) -> T + Clone + Send + 'static,
) -> Option<Option<T>> {
    let whom = CustomerRef::Number(number.clone());
    desk.read(move |world| {
        let now = world.time(clock::now());
        world.customer(&whom, now).map(|customer| look(&customer))
    })
    .await
}

/// Chance that is the same whenever the same thing is decided again, also after a restart.
fn chance(seed: u64, about: &str) -> fastrand::Rng {
    let mut hash = DefaultHasher::new();
    (seed, about).hash(&mut hash);
    fastrand::Rng::with_seed(hash.finish())
}

#[cfg(test)]
mod tests;
