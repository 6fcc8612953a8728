//! Calling an agent who looks elsewhere: by a bell, by a notice of the terminal, and by counts in the title of
//! its window (R-CONSOLE-16). The section `[notify]` of `config.toml` says for what and how.
//!
//! What waited already when the console started calls nobody, and neither does more than one alert in a while:
//! what comes meanwhile is told with the next one, if it still waits then. `crate::console::alert` says what an
//! alert is made of.

use crate::{
    console::{
        alert::{Alert, AlertCounts, AlertMeans, WindowTitle},
        pane::feed::Depth,
    },
    model::{Entry, Seq, SessionId, Timestamp},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

mod read;
#[cfg(test)]
mod tests;

pub use read::read;

/// The title is written no more often than this.
const TITLES: Duration = Duration::from_secs(1);

/// What an agent is called for, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRules {
    /// Somebody begins to wait on the line.
    pub live: Vec<AlertMeans>,
    /// A customer begins to wait for an answer from a person.
    pub waiting: Vec<AlertMeans>,
    /// Something fails, such as a message or a payment.
    pub problems: Vec<AlertMeans>,
    /// The numbers of views for which an event comes.
    pub views: BTreeMap<usize, Vec<AlertMeans>>,
    /// Whether the title of the window shows how many wait.
    pub title: bool,
    /// There is at most one alert in this time.
    pub every: Duration,
}

impl AlertRules {
    /// The rules by which nobody is ever called.
    pub const OFF: Self = Self {
        live: Vec::new(),
        waiting: Vec::new(),
        problems: Vec::new(),
        views: BTreeMap::new(),
        title: false,
        every: Duration::from_secs(10),
    };
}

impl Default for AlertRules {
    fn default() -> Self {
        Self { live: vec![AlertMeans::Bell], title: true, ..Self::OFF }
    }
}

/// Decides when the agent is called.
#[derive(Debug)]
pub struct Alerts {
    rules: AlertRules,
    /// When the hub was first heard, by its clock. Whoever waited then is no news.
    since: Option<Timestamp>,
    /// The newest entry that was looked at. Those that were there at the start are no news either.
    last: Option<Seq>,
    /// Who waits on the line, and whether the agent has still to be called for them.
    line: BTreeMap<(SessionId, Timestamp), bool>,
    /// How many waited for an answer when that was last heard.
    waiting: Option<u64>,
    /// What the agent was not called for yet. Those on the line are counted by `line`.
    pending: AlertCounts,
    means: BTreeSet<AlertMeans>,
    called: Option<Timestamp>,
    titled: Option<(WindowTitle, Timestamp)>,
    wake_at: Option<Timestamp>,
}

impl Alerts {
    /// Calls by these rules.
    #[must_use]
    pub const fn new(rules: AlertRules) -> Self {
        Self {
            rules,
            since: None,
            last: None,
            line: BTreeMap::new(),
            waiting: None,
            pending: AlertCounts { live: 0, waiting: 0, problems: 0, views: 0 },
            means: BTreeSet::new(),
            called: None,
            titled: None,
            wake_at: None,
        }
    }
    /// The hub is heard for the first time. Its clock shows `now`, and it has entries up to `head`.
    pub fn begin(&mut self, now: Timestamp, head: Seq) {
        self.since = self.since.or(Some(now));
        self.last = self.last.or(Some(head));
    }
    /// Looks at an entry, and at the numbers of the views for which each of its events came.
    pub fn entry(&mut self, entry: &Entry, views: &[usize]) {
        if self.last.is_none_or(|last| entry.seq <= last) {
            return;
        }
        self.last = Some(entry.seq);
        if !self.rules.problems.is_empty() {
            let problems = entry.events.iter().filter(|event| Depth::Problems.shows(event)).count();
            self.pending.problems += problems;
        }
        let rules = views.iter().filter_map(|view| self.rules.views.get(view));
        for means in rules.filter(|means| !means.is_empty()) {
            self.pending.views += 1;
            self.means.extend(means.iter().copied());
        }
    }
    /// Looks at who waits on the line: the session, since when by the hub's clock, and whether the agent is
    /// answering there already.
    pub fn line<'a>(&mut self, all: impl Iterator<Item = (&'a SessionId, Timestamp, bool)>) {
        if self.rules.live.is_empty() {
            return;
        }
        let before = std::mem::take(&mut self.line);
        for (session, asked_at, is_answered) in all {
            let key = (session.clone(), asked_at);
            let is_news = self.since.is_some_and(|since| asked_at > since);
            let calls = before.get(&key).copied().unwrap_or(is_news) && !is_answered;
            self.line.insert(key, calls);
        }
    }
    /// Looks at how many wait for an answer; `None` if that is not known now.
    pub fn waiting(&mut self, count: Option<u64>) {
        let Some(count) = count else { return };
        let before = self.waiting.replace(count).unwrap_or(count);
        if !self.rules.waiting.is_empty() {
            let pending = self.pending.waiting + count.saturating_sub(before);
            self.pending.waiting = pending.saturating_sub(before.saturating_sub(count));
        }
    }

    /// The alert that is due now, if one is.
    pub fn call(&mut self, at: Timestamp) -> Option<Alert> {
        self.pending.live = self.line.values().filter(|calls| **calls).count();
        if self.pending == AlertCounts::default() {
            self.wake_at = None;
            return None;
        }
        let again = self.called.map(|called| called.after(self.rules.every));
        if let Some(again) = again.filter(|again| *again > at) {
            self.wake_at = Some(again);
            return None;
        }
        self.wake_at = None;
        self.called = Some(at);
        self.line.values_mut().for_each(|calls| *calls = false);
        let counts = std::mem::take(&mut self.pending);
        let mut means = std::mem::take(&mut self.means);
        let kinds = [
            (counts.live > 0, &self.rules.live),
            (counts.waiting > 0, &self.rules.waiting),
            (counts.problems > 0, &self.rules.problems),
        ];
        let own = kinds.into_iter().filter(|(is_so, _)| *is_so).flat_map(|(_, means)| means);
        means.extend(own.copied());
        Some(Alert { means: means.into_iter().collect(), counts })
    }
    /// The title, if another one has to be shown now.
    pub fn title(&mut self, title: WindowTitle, at: Timestamp) -> Option<WindowTitle> {
        if !self.rules.title || self.titled.is_some_and(|(shown, _)| shown == title) {
            return None;
        }
        let again = self.titled.map(|(_, when)| when.after(TITLES));
        if let Some(again) = again.filter(|again| *again > at) {
            self.wake_at = Some(self.wake_at.map_or(again, |wake| wake.min(again)));
            return None;
        }
        self.titled = Some((title, at));
        Some(title)
    }
    /// When `call` and `title` want to be asked again; `None` if nothing is due.
    #[must_use]
    pub const fn next_wake(&self) -> Option<Timestamp> {
        self.wake_at
    }
}
