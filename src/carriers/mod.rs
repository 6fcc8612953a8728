//! The real networks: how the messages of an org leave the machine, and how what customers write comes in.
//!
//! Each connection is one worker, which reads the log from a place and submits commands like anyone else. What it is
//! about to do is in the log before it does it (R-CARRY-1), so it may die at any line and be started again.
//! `smpp` says what is spoken, without I/O; `alphabet` how text is encoded; `waiting` in which order; `worker` does it, and
//! `heard` what the network says then.

mod alphabet;
mod heard;
mod link;
mod smpp;
#[cfg(test)]
mod tests;
mod waiting;
mod worker;

use crate::hub::{
    config::{CarrierConfig, CarrierKind, HubConfig},
    engine::OrgHandle,
    serve::{Attached, StartError},
    service::Backend,
};

/// Connects a hub to the networks that its settings name (it is a `hub::serve::Attach`).
pub fn attach(
    config: &HubConfig,
    backend: &Backend,
    attached: &mut Attached,
) -> Result<(), StartError> {
    for org in &config.orgs {
        if !org.carriers.is_empty() && org.settings.region.is_none() {
            let id = &org.settings.id;
            tracing::warn!(
                "org {id} has a carrier and no `region`: whoever the network names without a plus sign \
                 is another customer than whoever has that number with it"
            );
        }
        for carrier in &org.carriers {
            let handle = OrgHandle::new(&backend.hub, &org.settings.id);
            attached.tasks().spawn(worker::run(handle, carrier.clone()));
        }
    }
    Ok(())
}

/// Logs in to a network and out again, so that a person knows whether their settings are right, or says why not
/// (R-CARRY-13). What the network brings meanwhile is not acknowledged, so that it brings it again.
pub async fn check(carrier: &CarrierConfig) -> Result<(), String> {
    match &carrier.kind {
        CarrierKind::Smpp(settings) => {
            link::Session::open(settings, carrier.answers_within).await?.close().await;
        }
    }
    Ok(())
}
