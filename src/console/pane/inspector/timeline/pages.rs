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
        let is_same = self.customer.as_ref() == Some(customer);
        if let Some(state) = state {
            let has_grown = state.absorbed.iter().any(|id| !self.absorbed.contains(id));
            self.absorbed.clone_from(&state.absorbed);
            if is_same && has_grown {
                self.load_again();
            }
        }
        if is_same {
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
            let known = self.seen.iter().find(|(known, _)| *known == customer);
            // The end of a piece that is cut comes before what the agent has seen.
            let newest = known.map_or(newest, |(_, seen)| newest.max(*seen));
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
        (self.older, self.new_end, self.full) = (Older::More, new_end, (None, None));
    }
    /// Lets everything go because the past of somebody who was merged in lies between what is loaded (R-ADOPT-1). The
    /// selection is found again.
    fn load_again(&mut self) {
        let aim = self.aim.or(self.cursor);
        self.begin_anew(if self.upto.is_some() { NewEnd::Cut } else { NewEnd::Live });
        self.aim = aim;
    }
    /// Takes in an entry of the feed. What it says of the customer is new to the agent.
    pub(in super::super) fn entry(&mut self, entry: &Entry, at: Timestamp) {
        if self.new_end == NewEnd::Cut || self.customer.is_none() {
            return;
        }
        let mut is_theirs = false;
        for (n, event) in entry.events.iter().enumerate() {
            let is_about = self.is_about(event);
            if !is_about && !self.is_known(event) {
                continue;
            }
            let event = Arc::new(event.clone());
            let Some(place) = self.add((entry.seq, n), event, is_about) else { continue };
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
        event.customer.iter().chain(others.into_iter().flatten()).any(is_theirs)
    }
    /// Whether an event is about something of which an item is loaded.
    fn is_known(&self, event: &Event) -> bool {
        match event.kind.part() {
            EventPart::Of { thing, .. } => self.items.knows(thing),
            EventPart::Word | EventPart::Record => false,
        }
    }
    fn add(&mut self, place: EventPlace, event: Arc<Event>, is_about: bool) -> Option<EventPlace> {
        let (now, before) = self.items.add(place, event, is_about)?;
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
        if page.nth != self.questions || self.asked.take().is_none() {
            return;
        }
        match result {
            Ok(found) => self.take_in(page.from, &found, at),
            Err(error) => self.failed(page.from, &error, at),
        }
    }
    fn take_in(&mut self, from: TimelineFrom, found: &HistoryPage, at: Timestamp) {
        let is_first = self.piece.is_none();
        let was_cut = self.new_end == NewEnd::Cut;
        let mut entries: Vec<_> = found.entries.iter().collect();
        entries.sort_unstable_by_key(|entry| entry.seq);
        for entry in entries {
            for (n, event) in entry.events.iter().enumerate() {
                let is_about = self.is_about(event);
                // A report about a payment names one of its two sides only. Whether it is one of theirs is known
                // once the beginning of that payment is loaded; until then it is kept and not shown.
                let is_report = matches!(event.kind, EventKind::PaymentStatusChanged { .. });
                if is_about || is_report || self.is_known(event) {
                    self.add((entry.seq, n), Arc::new(event.clone()), is_about);
                }
            }
        }
        match from {
            TimelineFrom::Newest | TimelineFrom::Before(_) => self.grow_back(found),
            TimelineFrom::After(after) => self.grow_forward(after, found),
        }
        self.plan_to_catch_up(from, found, was_cut, at);
        self.items.compare(self.older == Older::Beginning);
        if is_first {
            self.take_answered();
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
    fn plan_to_catch_up(
        &mut self,
        from: TimelineFrom,
        found: &HistoryPage,
        was_cut: bool,
        at: Timestamp,
    ) {
        let high = ends(found).1;
        let (end, is_behind) = match from {
            TimelineFrom::Newest => (high.unwrap_or_default(), false),
            // What the feed brought before this page came was not taken in while newer entries were missing.
            TimelineFrom::After(after) => {
                (high.unwrap_or(after), (found.more || was_cut) && self.new_end == NewEnd::Live)
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
                self.full.1 = cursor;
                // What was to follow at the end of before would leave a hole now.
                self.catch_up = None;
                self.asked = self.asked.filter(|from| !matches!(from, TimelineFrom::After(_)));
                if let Some((_, newest)) = &mut self.piece {
                    *newest = Seq(gone.0.saturating_sub(1));
                }
            } else {
                let Some(gone) = self.items.let_oldest_go() else { return };
                self.older = Older::More;
                self.full.0 = cursor;
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
        let asked = match self.asked.take() {
            Some(TimelineFrom::After(after)) => Some(after),
            Some(TimelineFrom::Newest | TimelineFrom::Before(_)) | None => None,
        };
        if matches!(self.older, Older::Failed(_)) {
            self.older = Older::More;
        }
        if self.piece.is_some() && self.new_end == NewEnd::Live {
            let newest = self.piece.map_or(Seq(0), |(_, newest)| newest);
            // What was missing before the connection went is missing still.
            let missing = self.catch_up.map(|(_, after)| after).into_iter().chain(asked).min();
            self.catch_up = Some((at, missing.map_or(newest, |missing| missing.min(newest))));
        }
    }
    /// The hub has another log now, so nothing that is loaded belongs to it.
    pub(in super::super) fn other_log(&mut self) {
        self.begin_anew(NewEnd::Live);
        (self.aim, self.next_aim, self.upto, self.answered) = (None, None, None, None);
        self.seen.clear();
        self.new.clear();
    }
    /// What the hub has to be asked for now; it is returned once.
    pub(in super::super) fn wants(&mut self, at: Timestamp) -> Option<Effect> {
        let customer = self.customer.clone()?;
        if self.asked.is_some() {
            return None;
        }
        let from = self.wanted(at)?;
        self.asked = Some(from);
        self.questions += 1;
        Some(Effect::Timeline(TimelinePage { customer, from, nth: self.questions }))
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
        let is_full = |side: Option<EventPlace>| side.is_some() && side == place;
        let is_more = self.older == Older::More && oldest > Seq(1);
        if above < near && is_more && !is_full(self.full.0) {
            return Some(TimelineFrom::Before(oldest));
        }
        let below = place.map_or(0, |place| self.items.down_from(place).take(near).count());
        let is_cut = self.new_end == NewEnd::Cut && self.catch_up.is_none();
        (below < near && is_cut && !is_full(self.full.1)).then_some(TimelineFrom::After(newest))
    }
    /// Takes the marks away whose time is over. While the terminal has no focus nobody sees them, so they stay.
    pub(in super::super) fn wake(&mut self, at: Timestamp) {
        if !self.is_away {
            self.new.retain(|_, until| *until > at);
        }
    }
    pub(in super::super) fn next_wake(&self) -> Option<Timestamp> {
        let marks = self.new.values().copied().filter(|_| !self.is_away);
        marks.chain(self.catch_up.map(|(due, _)| due)).min()
    }
    /// The terminal lost the focus, or has it again. What came meanwhile is marked from then on.
    pub(in super::super) fn looking(&mut self, looking: bool, at: Timestamp) {
        self.is_away = !looking;
        if looking {
            self.new.values_mut().for_each(|until| *until = at.after(NEW));
        }
    }
}

/// The first and the last entry of a page, in whichever order they come.
fn ends(page: &HistoryPage) -> (Option<Seq>, Option<Seq>) {
    let places = page.entries.iter().map(|entry| entry.seq);
    (places.clone().min(), places.max())
}
