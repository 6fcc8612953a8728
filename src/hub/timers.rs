//! Makes time pass for the rules: a `Sweep` whenever the World says that something is due, and
//! nothing otherwise. Time is the org's: when a sandbox's clock is moved forward, the head moves
//! with it, and what has become due is swept at once, sweep after sweep, until nothing is.

use super::engine::{Desk, Hub};
use crate::model::{Actor, NetworkCommand};
use std::time::Duration;
use tokio::{task::JoinSet, time::sleep};

/// The least time between two looks: a burst of entries costs one, and a rule that would call
/// something due for ever could not keep the hub busy.
const PAUSE: Duration = Duration::from_millis(20);
/// The longest sleep: the machine's clock may jump, and a sleep does not notice.
const LONGEST: Duration = Duration::from_mins(1);
/// Sweeps that follow each other without a pause while each of them finds something: a clock moved
/// over a month of reminders is caught up with at once, a rule without an end is not.
const IN_A_ROW: u32 = 100;

/// Starts the timers of every org that the hub serves, as tasks that may be dropped wherever they
/// wait: what is due is in the log.
pub fn start(hub: &Hub, tasks: &mut JoinSet<()>) {
    for org in hub.orgs() {
        tasks.spawn(run(Desk::new(hub, &org)));
    }
}

/// Sweeps one org until the hub stops.
async fn run(desk: Desk) {
    let settings = desk.settings();
    let Some(mut head) = desk.head() else { return };
    let mut in_a_row = 0;
    loop {
        let before = *head.borrow_and_update();
        let with = settings.clone();
        let Some(due) = desk.read(move |world| world.next_due(&with)).await else { return };
        let wait = due.map(|at| at.since(desk.now()));
        if wait == Some(Duration::ZERO) {
            let Some(receipt) = desk.report(Actor::Hub, NetworkCommand::Sweep).await else {
                return;
            };
            tracing::debug!(org = %desk.org(), "swept: {}", receipt.description());
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
