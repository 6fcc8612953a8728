//! Reads every org's log from its beginning, beside the work, so that damage before the newest snapshot
//! is found soon after the start and not when somebody happens to look at that row (R-LOG-3). Reading a
//! row checks it against the row before, so a changed, missing or added row is found.
//!
//! It reads once after each start, in small pages with a pause between them. What is stored later was
//! written by this process.

use super::{Hub, HubInner};
use crate::{
    hub::log::{LogError, Pos},
    model::OrgId,
};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::{task::JoinHandle, time::sleep};

/// How many entries are read at once. A page takes about a millisecond.
const PAGE: usize = 256;
/// How long the log is left alone after each page.
const PAUSE: Duration = Duration::from_millis(4);
/// How long to wait before trying again to read a log that could not be read.
const AGAIN: Duration = Duration::from_secs(1);

/// Starts the scrub of all orgs, one after the other. It ends with the last handle on the hub.
pub(super) fn start(hub: &Hub) -> JoinHandle<()> {
    let (orgs, hub) = (hub.orgs(), Arc::downgrade(&hub.0));
    tokio::spawn(async move {
        for org in orgs {
            if scrub(&hub, &org).await.is_none() {
                return;
            }
        }
    })
}

/// Reads one org's log to its end; `None` if the hub is gone.
async fn scrub(hub: &Weak<HubInner>, org: &OrgId) -> Option<()> {
    let mut at = Pos::default();
    loop {
        let served = Hub(hub.upgrade()?);
        if served.served(org).is_err() {
            return Some(());
        }
        match served.0.log.read(org, at, PAGE).await {
            Ok(rows) => {
                let more = rows.len() == PAGE;
                at = rows.last().map_or(at, |(pos, _)| *pos);
                if !more {
                    return Some(());
                }
            }
            Err(LogError::Unavailable(_) | LogError::Fatal(_)) => sleep(AGAIN).await,
            Err(error @ LogError::Corrupt { .. }) => {
                drop(served.unread(org, &error));
                return Some(());
            }
        }
        drop(served);
        sleep(PAUSE).await;
    }
}
