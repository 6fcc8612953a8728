//! Who waits on the line for an answer, in the whole org: USSD sessions that want a menu and calls that want
//! a plan. The strip over the left pane shows them, and `g w` answers whoever has the least time.
//!
//! It follows the log. What happened before the feed began is asked of the hub when the feed comes up, and
//! an answer is joined with the entries that came meanwhile by the place up to which it holds (R-WAIT-6).

use super::countdown::{Skew, left_changes};
use crate::{
    console::msg::Effect,
    model::{
        ClientError, CustomerId, Entry, Event, EventKind, EventPart, FeedEvent, Hello, LivePrompt,
        LivePrompts, Seq, SessionId, Thing, Timestamp,
    },
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

#[cfg(test)]
pub(crate) mod tests;

/// How long an app of the org's has for an answer before an agent hears that somebody waits. Most prompts are
/// answered by then, and a row that is gone at once would only move what is read.
const GRACE: Duration = Duration::from_secs(1);
/// A question that failed or has no answer after this time is asked again.
const LOST: Duration = Duration::from_secs(5);

/// A session or call as of the last entry about it: the prompt that it waits with; `None` if it waits no more.
type Known = (Seq, Option<LivePrompt>);

/// Who waits on the line.
#[derive(Clone, Debug, Default)]
pub struct LiveStrip {
    known: BTreeMap<SessionId, Known>,
    /// What the hub said of itself, which is how long somebody waits on each number.
    hello: Arc<Hello>,
    /// The entry up to which the hub has said who waits. What is older says nothing new.
    as_of: Seq,
    /// Whether something may have happened that no entry has told.
    wanted: bool,
    /// When the question was asked that has no good answer yet.
    asked: Option<Timestamp>,
    wake_at: Option<Timestamp>,
    skew: Skew,
}

impl LiveStrip {
    pub const fn clock(&mut self, skew: Skew) {
        self.skew = skew;
    }
    /// How far the hub's clock is ahead of ours.
    #[must_use]
    pub const fn skew(&self) -> Skew {
        self.skew
    }
    /// Everyone who waits at this time by our clock and may still be answered, the least time first.
    #[must_use]
    pub fn waiting(&self, at: Timestamp) -> Vec<&LivePrompt> {
        let now = self.skew.hub(at);
        let waits = self.known.values().filter_map(|(_, prompt)| prompt.as_ref());
        let mut open: Vec<_> = waits.filter(|prompt| now < prompt.answer_by).collect();
        open.sort_by_key(|prompt| prompt.answer_by);
        open
    }
    /// Those of them whom no app has answered in its time, so that an agent should see them.
    #[must_use]
    pub fn shown(&self, at: Timestamp) -> Vec<&LivePrompt> {
        let now = self.skew.hub(at);
        let mut all = self.waiting(at);
        all.retain(|prompt| prompt.asked_at.after(GRACE) <= now);
        all
    }
    /// What a customer waits for on the line, and as of which entry.
    #[must_use]
    pub fn of(&self, customer: &CustomerId, at: Timestamp) -> Option<(&LivePrompt, Seq)> {
        let all = self.waiting(at);
        let prompt = all.into_iter().find(|prompt| prompt.customer == *customer)?;
        Some((prompt, self.known.get(&prompt.session)?.0))
    }

    /// Takes in what the feed says. Returns whether what is shown may have changed.
    pub fn event(&mut self, event: &FeedEvent) -> bool {
        match event {
            FeedEvent::Entry(entry) => self.entry(entry),
            FeedEvent::Up(hello) => {
                self.hello = Arc::clone(hello);
                (self.wanted, self.asked, self.as_of) = (true, None, Seq(0));
                false
            }
            FeedEvent::Gap { .. } => {
                self.wanted = true;
                false
            }
            FeedEvent::Bookmark { .. } | FeedEvent::Down { .. } => false,
        }
    }
    fn entry(&mut self, entry: &Entry) -> bool {
        let mut changed = false;
        if entry.seq <= self.as_of {
            return false;
        }
        for event in &entry.events {
            changed |= self.session(entry.seq, event);
            // Whoever waits belongs to the survivor of a merge now.
            self.wanted |= matches!(event.kind, EventKind::CustomerAdopted { .. });
        }
        changed
    }
    fn session(&mut self, seq: Seq, event: &Event) -> bool {
        let EventPart::Of { thing: Thing::Session(id), now, .. } = event.kind.part() else {
            return false;
        };
        let before = self.known.get(id).and_then(|(_, prompt)| prompt.clone());
        let after = match &event.kind {
            _ if now.waits() => self.prompt(event, id),
            // What a network reports of a call answers nothing, unless the call is over.
            EventKind::CallChanged { hop, .. } if !hop.status.is_final() => {
                before.clone().map(|prompt| LivePrompt { call: Some(hop.status), ..prompt })
            }
            _ => None,
        };
        let changed = before != after;
        if after.is_some() || before.is_some() || self.asked.is_some() {
            self.known.insert(id.clone(), (seq, after));
        }
        changed
    }
    fn prompt(&self, event: &Event, session: &SessionId) -> Option<LivePrompt> {
        let said = event.kind.prompt().map(|(_, said)| said.to_owned());
        let call = match &event.kind {
            EventKind::CallChanged { hop, .. } => Some(hop.status),
            _ => None,
        };
        let channel = event.channel.clone()?;
        Some(LivePrompt {
            customer: event.customer.clone()?,
            name: event.name.clone().unwrap_or_default(),
            number: event.number.clone()?,
            session: session.clone(),
            said: said.unwrap_or_default(),
            call,
            asked_at: event.at,
            answer_by: event.at.after(self.hello.answer_within(&channel)),
            channel,
        })
    }

    /// Takes in the answer to `Effect::Live`. What entries after it have said is newer. A server that cannot
    /// say who waits is not asked again, and what the feed tells has to do.
    pub fn listed(&mut self, result: Result<LivePrompts, ClientError>) {
        match result {
            Ok(live) => {
                self.asked = None;
                self.as_of = live.as_of;
                self.known.retain(|_, (seq, _)| *seq > live.as_of);
                for prompt in live.prompts {
                    let known = (live.as_of, Some(prompt.clone()));
                    self.known.entry(prompt.session).or_insert(known);
                }
            }
            Err(ClientError::Unsupported(_)) => self.asked = None,
            Err(_) => self.wanted = true,
        }
    }
    /// Asks who waits if that is not known, and forgets whose time is over. It is called after every message.
    pub fn watch(&mut self, live: bool, at: Timestamp) -> Option<Effect> {
        let now = self.skew.hub(at);
        let idle = self.asked.is_none();
        self.known.retain(|_, (_, prompt)| match prompt {
            Some(prompt) => now < prompt.answer_by,
            None => !idle,
        });
        self.wake_at = None;
        if !live {
            return None;
        }
        self.wanted |= self.asked.is_some_and(|asked| at.since(asked) >= LOST);
        if !self.wanted {
            self.wake_at = self.asked.map(|asked| asked.after(LOST));
            return None;
        }
        if let Some(again) = self.asked.map(|asked| asked.after(LOST)).filter(|again| *again > at) {
            self.wake_at = Some(again);
            return None;
        }
        (self.wanted, self.asked) = (false, Some(at));
        self.wake_at = Some(at.after(LOST));
        Some(Effect::Live)
    }
    /// When `watch` wants to be called again; `None` if nothing is due.
    #[must_use]
    pub const fn next_wake(&self) -> Option<Timestamp> {
        self.wake_at
    }
    /// When the strip next shows something else by itself; `None` if nobody waits.
    #[must_use]
    pub fn counts(&self, at: Timestamp) -> Option<Timestamp> {
        let now = self.skew.hub(at);
        let changes = self.waiting(at).into_iter().filter_map(|prompt| {
            let appears = Some(prompt.asked_at.after(GRACE)).filter(|appears| *appears > now);
            appears.or_else(|| left_changes(prompt.answer_by, now))
        });
        changes.min().map(|change| self.skew.ours(change))
    }
}
