//! Whether the log takes entries now, for everyone who has to know: health, `Hello`, feeds and the
//! hub's own log (R-LOG-5). The log is one file for all orgs, so this is one state of the whole hub.

use super::PendingCommand;
use crate::{
    hub::{clock, pace::Pace},
    model::{Command, Outage},
};
use tokio::sync::watch;

/// The one outage that there may be now. It begins with an append that is refused, and ends with one that
/// is stored or with a probe that succeeds.
#[derive(Clone, Default)]
pub(super) struct Outages {
    now: watch::Sender<Option<Outage>>,
    /// The one that ended last.
    ended: watch::Sender<Outage>,
}

impl Outages {
    /// Notes that these commands are refused. What the hub's own workers ask is not counted, because they
    /// ask again by themselves and so lose nothing.
    pub(super) fn refused<'a>(
        &self,
        why: &str,
        commands: impl IntoIterator<Item = &'a PendingCommand>,
    ) {
        let of_callers = |asked: &&PendingCommand| matches!(asked.command, Command::Customer(_));
        let count = commands.into_iter().filter(of_callers).count();
        self.now.send_if_modified(|now| {
            let before = now.clone();
            let outage =
                now.get_or_insert_with(|| Outage { since: clock::now(), ..Outage::default() });
            why.clone_into(&mut outage.why);
            outage.refused += count as u64;
            *now != before
        });
    }

    /// Notes that something was stored.
    pub(super) fn over(&self) {
        self.now.send_if_modified(|now| match now.take() {
            Some(outage) => {
                self.ended.send_replace(outage);
                true
            }
            None => false,
        });
    }

    pub(super) fn is_on(&self) -> bool {
        self.now.borrow().is_some()
    }

    pub(super) fn watch(&self) -> watch::Receiver<Option<Outage>> {
        self.now.subscribe()
    }

    /// Says in a line that the hub cannot write, once a minute for as long as that lasts, and in another
    /// line that it can again. A disk with little room left may change from one to the other all the
    /// time, so neither is said more often than once a minute. Never ends.
    pub(super) async fn report(self, mut say: impl FnMut(&str)) {
        let mut news = self.now.subscribe();
        let (mut trouble, mut relief) = (Pace::default(), Pace::default());
        while news.wait_for(Option::is_some).await.is_ok() {
            loop {
                let now = news.borrow_and_update().clone();
                let Some(now) = now else { break };
                tokio::select! {
                    biased;
                    () = trouble.turn() => say(&format!("{now}; it writes again by itself as soon as it can")),
                    changed = news.changed() => if changed.is_err() { return },
                }
            }
            relief.turn().await;
            if !self.is_on() {
                let Outage { refused, .. } = *self.ended.borrow();
                let since = self.ended.borrow().since_when();
                say(&format!("can write again ({refused} refused since {since})"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };
    use tokio::time::sleep;

    /// R-LOG-5: a line at once, one a minute while it lasts, and one when it is over; and no more than
    /// that from a disk that is full and not full by turns.
    #[tokio::test(start_paused = true)]
    async fn an_outage_is_one_line_a_minute_and_its_end_is_another() {
        let outages = Outages::default();
        let said = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&said);
        let report = outages.clone().report(move |line| to.lock().unwrap().push(line.to_owned()));
        tokio::spawn(report);
        let lines = async || {
            sleep(Duration::from_secs(1)).await;
            std::mem::take(&mut *said.lock().unwrap())
        };
        let full = |refused| {
            outages.now.send_replace(Some(Outage {
                since: Timestamp::from_secs(14 * 3_600 + 3 * 60),
                why: "the disk is full".into(),
                refused,
            }));
        };
        let line = |refused: u64| {
            format!(
                "cannot write since 14:03 UTC: the disk is full ({refused} refused); it writes again by \
                 itself as soon as it can"
            )
        };
        full(1);
        assert_eq!(lines().await, [line(1)]);
        full(27);
        assert!(lines().await.is_empty());
        sleep(Duration::from_secs(58)).await;
        assert_eq!(lines().await, [line(27)]);
        sleep(Duration::from_mins(2)).await;
        assert_eq!(lines().await, [line(27), line(27)], "as long as it lasts");
        full(30);
        outages.over();
        assert_eq!(lines().await, ["can write again (30 refused since 14:03 UTC)"], "all of them");
        for refused in 0..100 {
            full(refused);
            sleep(Duration::from_millis(500)).await;
            outages.over();
            sleep(Duration::from_millis(500)).await;
        }
        let many = lines().await;
        assert!((1..=4).contains(&many.len()), "{many:?}");
        sleep(Duration::from_mins(2)).await;
        let last = lines().await.pop().or(many.last().cloned());
        let last = last.expect("a line");
        assert!(last.starts_with("can write again"), "the last line is true: {last}");
    }
}
