//! Looks now and then whether an org's log has more than the org keeps, and lets that go (R-KEEP-1).

use super::engine::{Hub, HubError, LogSize};
use crate::model::{OrgId, Seq, settings::KeptLog};
use std::time::Duration;
use tokio::{task::JoinSet, time::sleep};

/// How often is looked, which takes some sixty reads of one entry in a log of a million.
const EVERY: Duration = Duration::from_secs(10);

/// Starts it for every org that does not keep everything. The tasks may be dropped wherever they wait.
pub fn start(hub: &Hub, tasks: &mut JoinSet<()>) {
    for org in hub.orgs() {
        let keep = hub.settings(&org).map(|settings| settings.keep).unwrap_or_default();
        // What an earlier attempt has left goes too, whatever the settings say now.
        if keep != KeptLog::default() || hub.begin(&org) > Seq(0) {
            tasks.spawn(run(hub.clone(), org, keep));
        }
    }
}

async fn run(hub: Hub, org: OrgId, keep: KeptLog) {
    let mut size = LogSize::default();
    let mut trouble = None;
    loop {
        sleep(EVERY).await;
        match hub.prune(&org, keep, &mut size).await {
            Ok(None) => trouble = None,
            Ok(Some(gone)) => {
                trouble = None;
                tracing::info!(
                    %org, "{} entries up to {} went out of the log, {} bytes", gone.entries, gone.up_to, gone.bytes
                );
            }
            Err(HubError::Stopped) => return,
            // Each trouble is said once, however long it lasts.
            Err(error) => {
                let why = error.to_string();
                if trouble.as_ref() != Some(&why) {
                    tracing::warn!(%org, "what is not kept stays in the log for now: {why}");
                }
                trouble = Some(why);
            }
        }
    }
}
