//! The real networks: how the messages of an org leave the machine, and how what customers write comes in.
//!
//! Each connection is one worker, which reads the log from a place and submits commands like anyone else. What it is
//! about to do is in the log before it does it (R-CARRY-1), so it may die at any line and be started again.
//!
//! What is said to a network is without I/O: `order` is what all kinds have in common, and `smpp` (with `alphabet`),
//! `kannel`, `telegram`, `webhook` and `africastalking` put it into words. `session` carries it, over SMPP
//! (`smpp_session`, with `tls`) or HTTP (`http_session`, `http`). `waiting` is the order in which messages go, `worker`
//! does it with a `talk` for each session and an `outcome` for each message, and `heard` takes in what the network says.
//! `gather` puts texts together that come in `parts` (with `user_data` and `part_store`), and `intake` stores what comes.
//!
//! Whoever waits at a telephone is in `dialogues`, or in `asked_menus` where the network calls for a menu. `caller` places
//! calls, and `held_calls` with `call_news` says what they do. Networks that call the hub come in by `door`.

pub(crate) mod africastalking;
mod alphabet;
mod asked_menus;
mod call_news;
mod caller;
mod dialogues;
mod door;
mod form;
pub(crate) mod gather;
mod heard;
mod held_calls;
mod http;
mod http_answer;
mod http_session;
mod intake;
pub(crate) mod kannel;
pub(crate) mod order;
mod outcome;
mod part_store;
pub(crate) mod parts;
mod session;
pub(crate) mod smpp;
pub(crate) mod smpp_session;
mod talk;
pub(crate) mod telegram;
#[cfg(test)]
mod tests;
mod tls;
mod user_data;
mod waiting;
pub(crate) mod webhook;
mod worker;

use crate::hub::{
    config::{CarrierConfig, CarrierKind, HttpKind, HubConfig},
    engine::OrgHandle,
    serve::{Attached, StartError},
    service::Backend,
    tls::{Certificates, HTTP1},
};
use asked_menus::AskedMenus;
use caller::CallPlacer;
use door::{Door, DoorCarrier};
use held_calls::HeldCalls;
use part_store::PartDatabase;
use std::sync::Arc;

/// Connects a hub to the networks that its settings name (it is a `hub::serve::Attach`).
pub fn attach(
    config: &HubConfig,
    backend: &Backend,
    attached: &mut Attached,
) -> Result<(), StartError> {
    let mut carriers = Vec::new();
    let parts = part_file(config)?;
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
            if let CarrierKind::Http(kind) = &carrier.kind {
                let calls = Arc::new(HeldCalls::default());
                if let HttpKind::AfricasTalking(settings) = kind {
                    let (hub, carrier) = (handle.clone(), carrier.clone());
                    let (settings, calls) = (settings.clone(), Arc::clone(&calls));
                    let caller = CallPlacer { hub, carrier, settings, calls };
                    attached.leaving().spawn(caller::run(caller, backend.stop.clone()));
                }
                let (hub, id, kind) = (handle.clone(), carrier.id.clone(), kind.clone());
                let (ussd, menus) = (carrier.ussd.clone(), AskedMenus::default());
                carriers.push(DoorCarrier { hub, id, kind, ussd, menus, calls });
            }
            let report_to = config.callbacks.as_ref().and_then(|callbacks| {
                let (public_url, org, id) = (&callbacks.public_url, &org.settings.id, &carrier.id);
                report_address(&carrier.kind)
                    .map(|secret| format!("{public_url}/{org}/{id}/{secret}/report"))
            });
            let stop = backend.stop.clone();
            let kept = parts.of(&org.settings.id, &carrier.id);
            attached.leaving().spawn(worker::run(handle, carrier.clone(), report_to, kept, stop));
        }
    }
    if let Some(callbacks) = &config.callbacks {
        let tls = callbacks.tls.clone().map(|files| Certificates::open(files, &[HTTP1]));
        let tls = tls.transpose()?;
        if let Some(tls) = &tls {
            attached.tasks().spawn(Arc::clone(tls).keep(|line| tracing::warn!("{line}")));
        }
        let door = Door::open(callbacks.listen, tls, carriers)?;
        attached.note(format!("callbacks on {}", door.addr));
        attached.tasks().spawn(door.serve());
    }
    Ok(())
}

/// Where parts of texts wait, which only networks bring that speak SMPP.
fn part_file(config: &HubConfig) -> Result<PartDatabase, StartError> {
    let mut carriers = config.orgs.iter().flat_map(|org| &org.carriers);
    let brings_parts = carriers.any(|carrier| matches!(carrier.kind, CarrierKind::Smpp(_)));
    let file = match &config.data_dir {
        Some(folder) if brings_parts => PartDatabase::open(folder),
        Some(_) | None => PartDatabase::in_memory(),
    };
    file.map_err(|error| StartError::Attached(Box::new(error)))
}

/// What stands in the address to which a network reports, if it is told one with each message.
fn report_address(kind: &CarrierKind) -> Option<&str> {
    match kind {
        CarrierKind::Http(HttpKind::Kannel(settings)) => Some(settings.callback_secret.expose()),
        CarrierKind::Smpp(_)
        | CarrierKind::Http(
            HttpKind::Telegram(_) | HttpKind::Webhook(_) | HttpKind::AfricasTalking(_),
        ) => None,
    }
}

/// Logs in to a network and out again, so that a person knows whether their settings are right, or says why not
/// (R-CARRY-13). What the network brings meanwhile is not acknowledged, so that it brings it again.
pub async fn check(carrier: &CarrierConfig) -> Result<(), String> {
    session::Session::open(carrier, None).await?.close().await;
    Ok(())
}
