//! Makes time pass for the rules. The World says when something is due next, and then the timers submit
//! a `Sweep`, which does it; otherwise they sleep. They go by the org's time: when a sandbox's clock is
//! moved forward, that is an entry and wakes them, and they sweep until nothing is due any more.

use super::engine::{Hub, OrgHandle};
use crate::model::{Actor, NetworkCommand};
use std::time::Duration;
use tokio::{task::JoinSet, time::sleep};

/// The least time between two looks. A burst of entries costs one look, and a rule that called something
/// due for ever could not keep the hub busy.
const PAUSE: Duration = Duration::from_millis(20);
/// The longest sleep, because the machine's clock may jump and a sleep does not notice.
const LONGEST: Duration = Duration::from_mins(1);
/// How many sweeps may follow each other without a pause, as long as each of them finds something. So a
/// clock that is moved over a month of reminders is caught up with at once, while a rule that finds
/// something for ever is slowed down.
const IN_A_ROW: u32 = 100;

/// Starts the timers of every org that the hub serves, as tasks on `tasks`. They may be dropped wherever
/// they wait, because what is due follows from the log.
pub fn start(hub: &Hub, tasks: &mut JoinSet<()>) {
    for org in hub.orgs() {
        tasks.spawn(run(OrgHandle::new(hub, &org)));
    }
}

/// Sweeps one org whenever something is due, until the hub stops.
async fn run(hub: OrgHandle) {
    let settings = hub.settings();
    let Some(mut head) = hub.head() else { return };
    let mut in_a_row = 0;
    loop {
        let before = *head.borrow_and_update();
        let with = settings.clone();
        let Some(due) = hub.read(move |world| world.next_due(&with)).await else { return };
        let wait = due.map(|at| at.since(hub.now()));
        if wait == Some(Duration::ZERO) {
            let Some(receipt) = hub.report(Actor::Hub, NetworkCommand::Sweep).await else {
                return;
            };
            tracing::debug!(org = %hub.org(), "swept: {}", receipt.description());
            in_a_row += 1;
            if *head.borrow() != before && in_a_row < IN_A_ROW {
                continue;
            }
        } else {
            tokio::select! {
                changed = head.changed() => if changed.is_err() { return },
                () = sleep(wait.unwrap_or(LONGEST).min(LONGEST)) => {}
            }
        }
        in_a_row = 0;
        sleep(PAUSE).await;
    }
}
