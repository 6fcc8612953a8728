//! Reads the part of every org's log that the start did not read, which is all up to the stored World, beside the
//! work. So damage there is found soon after the start, and not when somebody happens to look at that row
//! (R-LOG-3). Reading a row checks it against the row before, so a changed, missing or added row is found.
//!
//! It reads once after each start, in small pages with a pause between them. What is stored later was
//! written by this process.

use super::{Hub, HubInner};
use crate::{
    hub::log::{LogError, PageSize, Pos},
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

/// Starts the scrub of each org up to its position, one org after the other. It ends with the last handle
/// on the hub.
pub(super) fn start(hub: &Hub, unread: Vec<(OrgId, Pos)>) -> JoinHandle<()> {
    let hub = Arc::downgrade(&hub.0);
    tokio::spawn(async move {
        for (org, until) in unread {
            if scrub(&hub, &org, until).await.is_none() {
                return;
            }
        }
    })
}

/// Reads one org's log up to a position; `None` if the hub is gone.
async fn scrub(hub: &Weak<HubInner>, org: &OrgId, until: Pos) -> Option<()> {
    let mut at = Pos::default();
    while at < until {
        let served = Hub(hub.upgrade()?);
        if served.served(org).is_err() {
            return Some(());
        }
        let wait = match served.0.log.scan(org, at, PageSize::of(PAGE)).await {
            Ok(rows) => {
                at = rows.last().map_or(until, |(pos, _)| *pos);
                PAUSE
            }
            Err(LogError::Unavailable(_) | LogError::Fatal(_)) => AGAIN,
            Err(error @ LogError::Corrupt { .. }) => {
                // The org is closed by that, and the error is for a caller.
                let _ = served.unread(org, &error);
                return Some(());
            }
        };
        drop(served);
        sleep(wait).await;
    }
    Some(())
}
