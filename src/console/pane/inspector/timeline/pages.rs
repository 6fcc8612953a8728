//! How the loaded piece of a history grows and shrinks: with pages of the hub, with the feed, and within the
//! room that there is.

use super::{NewEnd, Timeline};
use crate::{
    console::{
        msg::{Effect, TimelineFrom, TimelinePage},
        pane::{
            feed::Older,
            inspector::items::{EventPlace, ItemStore, TimelineItem},
        },
    },
    model::{
        ClientError, CustomerId, CustomerState, Entry, Event, EventKind, EventPart, Seq, Timestamp,
        client::HistoryPage,
    },
};
use std::{sync::Arc, time::Duration};

/// How many events are loaded at most, and about how many bytes they may take.
const ROOM: (usize, usize) = (10_000, 16 << 20);
/// How many events are loaded after some were let go, so that this is not done for each that comes.
const KEPT: usize = 8_000;
/// For how many items on either side of the selection the history is loaded at least.
const AHEAD: usize = 24;
/// For how long what is new is marked.
const NEW: Duration = Duration::from_secs(10);
/// Of how many customers is remembered up to where the agent has seen their history.
const SEEN: usize = 200;
/// How soon newer entries are asked for again after the hub could not give them.
const AGAIN: Duration = Duration::from_secs(2);
/// How long after an answer that lacks what the hub's index has still to read it is asked again.
const INDEXED: Duration = Duration::from_millis(500);

/// What comes from the hub.
impl Timeline {
    /// Turns to a customer. The same one again changes nothing but who was merged into them.
    pub(in super::super) fn turn_to(
        &mut self,
        customer: &CustomerId,
        state: Option<&CustomerState>,
    ) {
        if let Some(state) = state {
            self.absorbed.clone_from(&state.absorbed);
        }
        if self.customer.as_ref() == Some(customer) {
            return;
        }
        self.leave();
        if state.is_none() {
            self.absorbed.clear();
        }
        self.customer = Some(customer.clone());
        let aim = self.next_aim.take().filter(|(whose, _)| whose == customer);
        self.aim = aim.map(|(_, event)| event);
    }
    /// Turns away from the customer.
    pub(in super::super) fn leave(&mut self) {
        if let (Some(customer), Some((_, newest))) = (self.customer.take(), self.piece) {
            self.seen.retain(|(known, _)| *known != customer);
            self.seen.push_back((customer, newest));
            let over = self.seen.len().saturating_sub(SEEN);
            self.seen.drain(..over);
        }
        self.begin_anew(NewEnd::Live);
        (self.aim, self.upto) = (None, None);
        self.new.clear();
    }
    /// Lets everything go that is loaded.
    pub(super) fn begin_anew(&mut self, new_end: NewEnd) {
        self.items = ItemStore::default();
        (self.piece, self.cursor, self.asked, self.catch_up) = (None, None, None, None);
        (self.older, self.new_end) = (Older::More, new_end);
    }
    /// Takes in an entry of the feed. What it says of the customer is new to the agent.
    pub(in super::super) fn entry(&mut self, entry: &Entry, at: Timestamp) {
        if self.new_end == NewEnd::Cut || self.customer.is_none() {
            return;
        }
        let mut is_theirs = false;
        for (n, event) in entry.events.iter().enumerate() {
            if !self.is_about(event) {
                continue;
            }
            let Some(place) = self.add((entry.seq, n), Arc::new(event.clone())) else { continue };
            is_theirs = true;
            self.items.compare_newest(place);
            if self.piece.is_some() {
                self.new.insert(place, at.after(NEW));
            }
        }
        if !is_theirs {
            return;
        }
        if let Some((_, newest)) = &mut self.piece {
            *newest = entry.seq.max(*newest);
        }
        self.make_room();
    }
    /// Whether an event is about the customer.
    fn is_about(&self, event: &Event) -> bool {
        let is_theirs =
            |id: &CustomerId| self.customer.as_ref() == Some(id) || self.absorbed.contains(id);
        let others = match &event.kind {
            EventKind::PaymentStarted { debit_customer, credit_customer, .. } => {
                [debit_customer.as_ref(), credit_customer.as_ref()]
            }
            EventKind::CustomerReplaced { by } => [Some(by), None],
            _ => [None, None],
        };
        let known = match event.kind.part() {
            EventPart::Of { thing, .. } => self.items.knows(thing),
            EventPart::Word | EventPart::Record => false,
        };
        known || event.customer.iter().chain(others.into_iter().flatten()).any(is_theirs)
    }
    fn add(&mut self, place: EventPlace, event: Arc<Event>) -> Option<EventPlace> {
        let (now, before) = self.items.add(place, event)?;
        if let Some(before) = before.filter(|before| *before != now) {
            let moved = |own: &mut Option<EventPlace>| {
                if *own == Some(before) {
                    *own = Some(now);
                }
            };
            moved(&mut self.cursor);
            if let Some(until) = self.new.remove(&before) {
                self.new.insert(now, until);
            }
        }
        Some(now)
    }
    /// Takes in a page, the answer to `Effect::Timeline`. The answer to an older question is ignored.
    pub(in super::super) fn page(
        &mut self,
        page: &TimelinePage,
        result: Result<HistoryPage, ClientError>,
        at: Timestamp,
    ) {
        if self.customer.as_ref() != Some(&page.customer) || self.asked != Some(page.from) {
            return;
        }
        self.asked = None;
        match result {
            Ok(found) => self.take_in(page.from, &found, at),
            Err(error) => self.failed(page.from, &error, at),
        }
    }
    fn take_in(&mut self, from: TimelineFrom, found: &HistoryPage, at: Timestamp) {
        let is_first = self.piece.is_none();
        for entry in &found.entries {
            let about = |event: &Event| self.is_about(event);
            // The hub also knows reports about payments of theirs whose beginning is not loaded.
            let all = !entry.events.iter().any(about);
            let events = entry.events.iter().enumerate();
            let events: Vec<_> = events.filter(|(_, event)| all || about(event)).collect();
            for (n, event) in events {
                self.add((entry.seq, n), Arc::new(event.clone()));
            }
        }
        match from {
            TimelineFrom::Newest | TimelineFrom::Before(_) => self.grow_back(found),
            TimelineFrom::After(after) => self.grow_forward(after, found),
        }
        self.plan_to_catch_up(from, found, at);
        self.items.compare(self.older == Older::Beginning);
        if is_first {
            self.mark_new(at);
            if from == TimelineFrom::After(Seq(0)) {
                self.cursor = self.items.down_from((Seq(0), 0)).next().map(TimelineItem::place);
            }
        }
        self.take_aim();
        self.make_room();
    }
    /// A page was put before the piece, or is the first of it.
    fn grow_back(&mut self, found: &HistoryPage) {
        let (low, high) = ends(found);
        self.older = match (found.more, found.entries.is_empty()) {
            (true, _) => Older::More,
            (false, true) if found.unread > 0 => Older::Unread(found.unread),
            (false, _) => Older::Beginning,
        };
        self.piece = match (self.piece, &self.older) {
            (Some((oldest, newest)), _) => Some((low.unwrap_or(oldest).min(oldest), newest)),
            // Nothing of this customer is indexed yet.
            (None, Older::Unread(_)) => None,
            (None, _) => Some((low.unwrap_or(Seq(u64::MAX)), high.unwrap_or_default())),
        };
    }
    /// A page was put behind the piece, or the piece begins with it.
    fn grow_forward(&mut self, after: Seq, found: &HistoryPage) {
        let (low, high) = ends(found);
        let (oldest, newest) = self.piece.unwrap_or((low.unwrap_or(after), Seq(0)));
        if self.piece.is_none() && after == Seq(0) {
            self.older = Older::Beginning;
        }
        self.piece = Some((oldest, high.unwrap_or(newest).max(newest)));
        if !found.more {
            self.new_end = NewEnd::Live;
        }
    }
    /// Plans to ask for what is missing at the new end: what the hub's index has still to read, or what did not
    /// fit into this page.
    fn plan_to_catch_up(&mut self, from: TimelineFrom, found: &HistoryPage, at: Timestamp) {
        let high = ends(found).1;
        let (end, is_behind) = match from {
            TimelineFrom::Newest => (high.unwrap_or_default(), false),
            TimelineFrom::After(after) => {
                (high.unwrap_or(after), found.more && self.new_end == NewEnd::Live)
            }
            TimelineFrom::Before(_) => return,
        };
        if found.unread > 0 {
            self.catch_up = Some((at.after(INDEXED), end));
        } else if is_behind {
            self.catch_up = Some((at, end));
        }
    }
    fn failed(&mut self, from: TimelineFrom, error: &ClientError, at: Timestamp) {
        if matches!(error, ClientError::Unsupported(_)) {
            self.older = Older::NoHistory;
            self.piece = self.piece.or(Some((Seq(u64::MAX), Seq(0))));
            return;
        }
        match from {
            TimelineFrom::After(after) if self.piece.is_some() => {
                self.catch_up = Some((at.after(AGAIN), after));
            }
            TimelineFrom::Newest | TimelineFrom::Before(_) | TimelineFrom::After(_) => {
                self.older = Older::Failed(error.to_string());
            }
        }
    }
    /// Marks what came since the agent looked at this customer before.
    fn mark_new(&mut self, at: Timestamp) {
        let seen = self.seen.iter().find(|(known, _)| Some(known) == self.customer.as_ref());
        let Some((_, seen)) = seen.cloned() else { return };
        let new = self.items.down_from((seen.next(), 0)).map(|item| (item.place(), at.after(NEW)));
        self.new.extend(new.collect::<Vec<_>>());
    }
    /// Selects the event that was to be selected, if it is loaded now.
    pub(super) fn take_aim(&mut self) {
        let Some(aim) = self.aim else { return };
        if let Some(place) = self.place_of(aim) {
            (self.aim, self.cursor) = (None, Some(place));
            self.follow_at_the_end();
        } else if self.older == Older::More && self.piece.is_some_and(|(oldest, _)| oldest > aim.0)
        {
            // What lies between is not loaded for it.
            self.begin_anew(NewEnd::Cut);
        } else if self.piece.is_some() {
            self.aim = None;
        }
    }
    /// The place of the shown item that has an event.
    fn place_of(&self, event: EventPlace) -> Option<EventPlace> {
        let has = |item: &&TimelineItem| item.events().iter().any(|(place, _)| *place == event);
        self.items.up_from(event).find(has).map(TimelineItem::place)
    }
    /// Keeps no more than there is room for. What is further from the selection goes.
    fn make_room(&mut self) {
        if !self.items.is_over(ROOM.0, ROOM.1) {
            return;
        }
        let cursor = self.selected_place();
        let above = cursor.map_or(0, |place| self.items.up_from(place).count());
        let below = cursor.map_or(0, |place| self.items.down_from(place).count());
        while self.items.is_over(KEPT, ROOM.1 / 5 * 4) {
            if above < below {
                let Some(gone) = self.items.let_newest_go() else { return };
                self.new_end = NewEnd::Cut;
                if let Some((_, newest)) = &mut self.piece {
                    *newest = Seq(gone.0.saturating_sub(1));
                }
            } else {
                let Some(gone) = self.items.let_oldest_go() else { return };
                self.older = Older::More;
                if let Some((oldest, _)) = &mut self.piece {
                    *oldest = gone.next();
                }
            }
        }
        // A selection that stood for the newest must not move to what is the newest now.
        if self.new_end == NewEnd::Cut {
            self.cursor = self.cursor.or(cursor);
        }
    }
    /// The feed came up, so that something may have been missed, and what failed may be asked for again.
    pub(in super::super) fn came_up(&mut self, at: Timestamp) {
        self.asked = None;
        if matches!(self.older, Older::Failed(_)) {
            self.older = Older::More;
        }
        if self.piece.is_some() && self.new_end == NewEnd::Live {
            let newest = self.piece.map_or(Seq(0), |(_, newest)| newest);
            self.catch_up = Some((at, newest));
        }
    }
    /// The hub has another log now, so nothing that is loaded belongs to it.
    pub(in super::super) fn other_log(&mut self) {
        self.begin_anew(NewEnd::Live);
        self.seen.clear();
    }
    /// What the hub has to be asked for now; it is returned once.
    pub(in super::super) fn wants(&mut self, at: Timestamp) -> Option<Effect> {
        let customer = self.customer.clone()?;
        if self.asked.is_some() {
            return None;
        }
        let from = self.wanted(at)?;
        self.asked = Some(from);
        Some(Effect::Timeline(TimelinePage { customer, from }))
    }
    fn wanted(&mut self, at: Timestamp) -> Option<TimelineFrom> {
        let Some((oldest, newest)) = self.piece else {
            if self.catch_up.take_if(|(due, _)| *due <= at).is_none() && self.catch_up.is_some() {
                return None;
            }
            let around = self.aim.map(|aim| aim.0).or(self.upto);
            return match (&self.older, around, self.new_end) {
                (Older::Failed(_) | Older::NoHistory, ..) => None,
                (_, Some(place), NewEnd::Cut) => Some(TimelineFrom::Before(place.next())),
                (_, None, NewEnd::Cut) => Some(TimelineFrom::After(Seq(0))),
                (_, _, NewEnd::Live) => Some(TimelineFrom::Newest),
            };
        };
        if self.older == Older::NoHistory {
            return None;
        }
        if let Some((_, after)) = self.catch_up.take_if(|(due, _)| *due <= at) {
            return Some(TimelineFrom::After(after));
        }
        let near = AHEAD.max(self.lines);
        let place = self.selected_place();
        let above = place.map_or(0, |place| self.items.up_from(place).take(near).count());
        if above < near && self.older == Older::More && oldest > Seq(1) {
            return Some(TimelineFrom::Before(oldest));
        }
        let below = place.map_or(0, |place| self.items.down_from(place).take(near).count());
        let is_near = below < near && self.new_end == NewEnd::Cut && self.catch_up.is_none();
        is_near.then_some(TimelineFrom::After(newest))
    }
    /// Does what is due, and says when it wants to be called again.
    pub(in super::super) fn wake(&mut self, at: Timestamp) {
        self.new.retain(|_, until| *until > at);
    }
    pub(in super::super) fn next_wake(&self) -> Option<Timestamp> {
        self.new.values().copied().chain(self.catch_up.map(|(due, _)| due)).min()
    }
    /// The terminal has the focus again. What came meanwhile is marked from now on.
    pub(in super::super) fn looked_again(&mut self, at: Timestamp) {
        self.new.values_mut().for_each(|until| *until = at.after(NEW));
    }
}

/// The first and the last entry of a page, in whichever order they come.
fn ends(page: &HistoryPage) -> (Option<Seq>, Option<Seq>) {
    let places = page.entries.iter().map(|entry| entry.seq);
    (places.clone().min(), places.max())
}
