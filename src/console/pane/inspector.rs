//! The customer that is looked at: who it is, what is known of them and as of when, and which
//! tab is open.
//!
//! The inspector follows the selection of the feed with a short delay, asks again when an entry of
//! the log touches its customer, and never shows anything that the hub did not say. Looking at a
//! customer never creates one (D-LOOKUP).

mod changes;
mod differences;
mod items;
mod over_form;
mod past;
mod tab;
#[cfg(test)]
mod tests;
mod timeline;
mod trail;
mod travel;

use super::{countdown::Skew, scroll::Scroll};
use crate::{
    console::msg::{Effect, TimelinePage},
    model::{
        ClientError, CustomerId, CustomerRef, CustomerView, Entry, Event, Hello, Seq, Timestamp,
        client::HistoryPage,
    },
};
pub use changes::{FieldChange, ValueBefore};
pub use differences::{StateDifference, differences};
pub use items::{EventPlace, TimelineItem};
pub use past::{LookedBack, TimeTravel};
use std::time::Duration;
use tab::counting;
pub use tab::{Tab, dues, menu_due, number_used, open_calls, open_sessions, plan_due};
pub use timeline::Timeline;
use trail::CustomerTrail;

/// How long the selection must rest before its customer is asked for.
const REST: Duration = Duration::from_millis(120);
/// The longest wait for a selection that never rests.
const RESTLESS: Duration = Duration::from_millis(500);
/// The shortest time between two questions about the same customer.
const BETWEEN: Duration = Duration::from_millis(250);
/// Only a wait that is longer than this is shown as `loading`.
const NOTICEABLE: Duration = Duration::from_millis(300);
/// A question that has no answer after this time is asked again when there is a reason to.
const LOST: Duration = Duration::from_secs(5);

/// What the inspector has to show.
#[derive(Clone, Debug)]
pub enum Showing<'a> {
    /// Nobody was chosen yet.
    Nothing,
    /// The hub was asked more than 300 ms ago and has not answered.
    Loading(&'a CustomerRef),
    Customer(&'a CustomerView),
    /// The hub knows no such customer.
    NotFound(&'a CustomerRef),
    /// The hub could not answer.
    Failed(&'a CustomerRef, &'a ClientError),
}

/// A question on its way to the hub.
#[derive(Clone, Debug)]
struct PendingLookup {
    customer: CustomerRef,
    at: Timestamp,
}

/// Why nothing is known of the customer.
#[derive(Clone, Debug)]
enum LookupFault {
    NotFound,
    Failed(ClientError),
}

/// A customer that will be asked for once the selection has rested.
#[derive(Clone, Debug)]
struct Want {
    customer: CustomerRef,
    since: Timestamp,
    due: Timestamp,
}

/// The state of the inspector's pane.
#[derive(Clone, Debug, Default)]
pub struct Inspector {
    tab: Tab,
    pinned: bool,
    want: Option<Want>,
    asked: Option<PendingLookup>,
    last_asked: Timestamp,
    /// Whom the inspector is about, also before an answer has come and when there is none.
    subject: Option<CustomerRef>,
    shown: Option<(CustomerView, Timestamp)>,
    fault: Option<LookupFault>,
    loading: bool,
    refresh_at: Option<Timestamp>,
    touched: Seq,
    live: Option<bool>,
    scroll: Scroll,
    skew: Skew,
    timeline: Timeline,
    past: TimeTravel,
    trail: CustomerTrail,
}

/// Whether a reference names the customer of a view.
fn names(customer: &CustomerRef, view: &CustomerView) -> bool {
    let state = &view.customer;
    match customer {
        CustomerRef::Id(id) => *id == state.id || Some(id) == view.replaces.as_ref(),
        CustomerRef::Number(number) => state.numbers.contains(number),
        CustomerRef::Secondary(pair) => state.secondary_ids.iter().any(|(id, _)| id == pair),
    }
}

impl Inspector {
    /// Whether what is shown is about `customer`.
    fn shows(&self, customer: &CustomerRef) -> bool {
        self.shown.as_ref().is_some_and(|(view, _)| names(customer, view))
    }
    /// Whether what is shown is about the customer with this id, which may be one that was merged into them.
    #[must_use]
    pub fn is_about(&self, id: &CustomerId) -> bool {
        self.view().is_some_and(|view| {
            view.customer.id == *id
                || view.replaces.as_ref() == Some(id)
                || view.customer.absorbed.contains(id)
        })
    }
    /// Whether this is the customer that it is about, shown already or asked for.
    fn is_subject(&self, customer: &CustomerRef) -> bool {
        let is_it = |subject: &CustomerRef| {
            subject == customer || (self.shows(subject) && self.shows(customer))
        };
        self.subject.as_ref().is_some_and(is_it)
    }
    /// The selection of the feed moved to this customer, who is asked for 120 ms later. It is
    /// ignored while the inspector is pinned.
    pub fn follow(&mut self, customer: CustomerRef, at: Timestamp) {
        if self.pinned {
            return;
        }
        if self.is_subject(&customer) {
            self.want = None;
            return;
        }
        let since = self.want.as_ref().map_or(at, |want| want.since);
        if self.want.as_ref().is_none_or(|want| want.customer != customer) {
            let due = at.after(REST).min(since.after(RESTLESS));
            self.want = Some(Want { customer, since, due });
        }
    }
    /// The selection of the feed moved to an event of no customer, so that nobody is shown. It is ignored while
    /// the inspector is pinned.
    pub fn follow_nobody(&mut self) {
        if self.pinned || (self.subject.is_none() && self.want.is_none()) {
            return;
        }
        self.show_nobody();
    }
    /// Asks for a customer at once and pins the inspector to them.
    pub fn open(&mut self, customer: CustomerRef, at: Timestamp) -> Vec<Effect> {
        self.note_shown();
        self.turn_to(customer, at)
    }
    /// Pins the inspector to a customer as they are now.
    fn turn_to(&mut self, customer: CustomerRef, at: Timestamp) -> Vec<Effect> {
        self.return_to_now();
        self.pinned = true;
        self.want = None;
        vec![self.ask(customer, at)]
    }
    /// Asks for a customer, and turns the inspector to them if it was about somebody else.
    fn ask(&mut self, customer: CustomerRef, at: Timestamp) -> Effect {
        self.refresh_at = None;
        self.last_asked = at;
        self.asked = Some(PendingLookup { customer: customer.clone(), at });
        if self.subject.as_ref() != Some(&customer) && !self.shows(&customer) {
            self.fault = None;
            self.loading = false;
            self.touched = Seq::default();
            self.return_to_now();
            self.past = TimeTravel::default();
        }
        self.subject = Some(customer.clone());
        Effect::Inspect(customer)
    }
    /// Takes in an entry of the log. One that touches the customer on display leads to
    /// a new question.
    pub fn entry(&mut self, entry: &Entry, at: Timestamp) {
        self.timeline.entry(entry, at);
        if !entry.events.iter().any(|event| self.concerns(event)) {
            return;
        }
        self.touched = self.touched.max(entry.seq);
        self.plan_refresh(at);
    }
    /// The hub has another log now, so nothing that is shown belongs to it. The customer is asked for again.
    pub fn other_log(&mut self, at: Timestamp) {
        self.return_to_now();
        self.past = TimeTravel::default();
        self.timeline.other_log();
        (self.shown, self.touched, self.asked) = (None, Seq::default(), None);
        if self.subject.is_some() {
            self.refresh_at = Some(at);
        }
    }
    fn concerns(&self, event: &Event) -> bool {
        let shown = self
            .shown
            .as_ref()
            .is_some_and(|(view, _)| event.customer.as_ref() == Some(&view.customer.id));
        shown
            || match &self.subject {
                Some(CustomerRef::Id(id)) => event.customer.as_ref() == Some(id),
                Some(CustomerRef::Number(number)) => event.number.as_ref() == Some(number),
                _ => false,
            }
    }
    fn plan_refresh(&mut self, at: Timestamp) {
        let waiting = self.asked.as_ref().is_some_and(|asked| at.since(asked.at) < LOST);
        let known = self.shown.as_ref().map_or(Seq::default(), |(view, _)| view.as_of);
        if self.touched > known && !waiting && self.refresh_at.is_none() {
            self.refresh_at = Some(self.last_asked.after(BETWEEN).max(at));
        }
    }
    /// Takes in the answer to `Effect::Inspect`. The answer to an older question is ignored, and so
    /// is one that is older than what is shown.
    pub fn inspected(
        &mut self,
        customer: &CustomerRef,
        result: Result<Option<CustomerView>, ClientError>,
        at: Timestamp,
    ) {
        if self.asked.as_ref().is_none_or(|asked| asked.customer != *customer) {
            return;
        }
        self.asked = None;
        self.loading = false;
        match result {
            Ok(Some(view)) => {
                let old = self.shown.as_ref().map(|(view, _)| view);
                let same = old.is_some_and(|old| old.customer.id == view.customer.id);
                let is_older = same && old.is_some_and(|old| old.as_of > view.as_of);
                if !same {
                    self.scroll.to_beginning();
                    // What was looked at is the past of somebody else, such as of whoever was merged away.
                    self.return_to_now();
                    self.past = TimeTravel::default();
                }
                self.timeline.turn_to(&view.customer.id, Some(&view.customer));
                if self.pinned {
                    self.trail.note(&view.customer.id, view.replaces.as_ref());
                }
                if !is_older {
                    self.shown = Some((view, at));
                }
                self.fault = None;
                self.plan_refresh(at);
            }
            Ok(None) => {
                self.shown = None;
                self.return_to_now();
                self.past = TimeTravel::default();
                self.timeline.leave();
                self.fault = Some(LookupFault::NotFound);
            }
            Err(error) => {
                if !self.shows(customer) {
                    self.shown = None;
                    // Without their state there may still be their history, as in a replay.
                    match customer {
                        CustomerRef::Id(id) => self.timeline.turn_to(id, None),
                        CustomerRef::Number(_) | CustomerRef::Secondary(_) => self.timeline.leave(),
                    }
                }
                self.fault = Some(LookupFault::Failed(error));
            }
        }
    }
    /// Asks again because somebody is about to decide by what is shown, unless an answer is on its
    /// way or came a moment ago.
    pub fn refresh(&mut self, at: Timestamp) {
        let fresh = self.shown.as_ref().is_none_or(|(_, came)| came.after(BETWEEN) > at);
        if !fresh && self.asked.is_none() && self.live == Some(true) {
            self.refresh_at = Some(at);
        }
    }
    /// The feed came up (true) or went down (false). When it comes up, the customer is
    /// asked for again.
    pub fn connection(&mut self, live: bool, at: Timestamp) {
        let came_up = live && self.live != Some(true);
        if came_up && self.live.is_some() && self.subject.is_some() {
            self.asked = None;
            self.refresh_at = Some(at);
        }
        self.live = Some(live);
        if live {
            self.timeline.came_up(at);
        }
    }
    /// Takes in a page of the history, the answer to `Effect::Timeline`.
    pub fn page(
        &mut self,
        page: &TimelinePage,
        result: Result<HistoryPage, ClientError>,
        at: Timestamp,
    ) {
        self.timeline.page(page, result, at);
    }
    /// What of the history the hub has to be asked for now; it is returned once.
    pub fn wants_history(&mut self, at: Timestamp) -> Option<Effect> {
        self.timeline.wants(at)
    }
    /// The terminal gained or lost the focus.
    pub fn looking(&mut self, looking: bool, at: Timestamp) {
        self.timeline.looking(looking, at);
    }
    /// Tells the pane how many lines it has.
    pub fn fit(&mut self, lines: usize) {
        self.timeline.fit(lines);
    }
    /// Does what is due at this time.
    pub fn wake(&mut self, at: Timestamp) -> Vec<Effect> {
        self.timeline.wake(at);
        if let Some(want) = self.want.take_if(|want| want.due <= at) {
            return vec![self.ask(want.customer, at)];
        }
        let late = |asked: &PendingLookup| at >= asked.at.after(NOTICEABLE);
        self.loading = self.loading || self.asked.as_ref().is_some_and(late);
        if self.refresh_at.take_if(|refresh| *refresh <= at).is_some() {
            let shown = self
                .shown
                .as_ref()
                .filter(|_| self.subject.as_ref().is_some_and(|s| self.shows(s)));
            let again = match shown {
                Some((view, _)) => Some(CustomerRef::Id(view.customer.id.clone())),
                None => self.subject.clone(),
            };
            return again.map(|customer| self.ask(customer, at)).into_iter().collect();
        }
        Vec::new()
    }
    /// When `wake` wants to be called; `None` if nothing is waiting.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        let late = self.asked.as_ref().filter(|_| !self.loading).map(|a| a.at.after(NOTICEABLE));
        let due = self.want.as_ref().map(|want| want.due);
        [late, due, self.refresh_at, self.timeline.next_wake()].into_iter().flatten().min()
    }
    pub const fn clock(&mut self, skew: Skew) {
        self.skew = skew;
    }
    /// How far the hub's clock is ahead of ours.
    #[must_use]
    pub const fn skew(&self) -> Skew {
        self.skew
    }
    /// When the picture next shows another number by itself; `None` if nothing on this tab counts. The hub has said
    /// how long somebody on the line waits.
    #[must_use]
    pub fn counts(&self, at: Timestamp, hello: &Hello) -> Option<Timestamp> {
        // What is shown of the past stands still.
        let Showing::Customer(view) = self.showing() else { return None };
        if self.is_past() {
            return None;
        }
        let now = self.skew.hub(at);
        counting(&view.customer, self.tab, hello, now).map(|change| self.skew.ours(change))
    }
    /// What there is to show. In the first moments of a question, that is still what
    /// was shown before.
    #[must_use]
    pub fn showing(&self) -> Showing<'_> {
        let Some(subject) = &self.subject else {
            return Showing::Nothing;
        };
        if self.loading && self.asked.is_some() && !self.shows(subject) {
            return Showing::Loading(subject);
        }
        match (&self.shown, &self.fault) {
            (Some((view, _)), _) => Showing::Customer(view),
            (None, Some(LookupFault::Failed(error))) => Showing::Failed(subject, error),
            (None, Some(LookupFault::NotFound)) => Showing::NotFound(subject),
            (None, None) => Showing::Nothing,
        }
    }
    /// The customer that the inspector is about, once they are known. It is `None` while another
    /// one is being asked for, even if the old one is still on display, because nothing may be sent
    /// to a customer who was just left (R-CONSOLE-2).
    #[must_use]
    pub fn view(&self) -> Option<&CustomerView> {
        let subject = self.subject.as_ref().filter(|_| self.want.is_none())?;
        self.shown.as_ref().map(|(view, _)| view).filter(|view| names(subject, view))
    }
    /// When the answer on display arrived, by our clock.
    #[must_use]
    pub fn answered_at(&self) -> Option<Timestamp> {
        self.shown.as_ref().map(|(_, at)| *at)
    }
    /// Why the last refresh failed; `None` if it did not.
    #[must_use]
    pub fn fault(&self) -> Option<&ClientError> {
        match &self.fault {
            Some(LookupFault::Failed(error)) => Some(error),
            _ => None,
        }
    }
    /// Whether the connection is down, so that what is shown may be old.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.live == Some(false)
    }
    #[must_use]
    pub const fn tab(&self) -> Tab {
        self.tab
    }
    /// Opens a tab.
    pub fn set_tab(&mut self, tab: Tab) {
        if self.tab != tab {
            self.tab = tab;
            self.scroll.to_beginning();
        }
    }
    pub fn next_tab(&mut self) {
        self.set_tab(self.tab.beside(1));
    }
    pub fn prev_tab(&mut self) {
        self.set_tab(self.tab.beside(Tab::ALL.len() - 1));
    }
    /// Whether the inspector stays with its customer whatever the feed selects.
    #[must_use]
    pub const fn pinned(&self) -> bool {
        self.pinned
    }
    /// Pins the inspector to its customer, or lets it follow the feed again.
    pub fn pin(&mut self, pinned: bool) {
        self.pinned = pinned;
        self.want = None;
    }
    /// What happened to the customer.
    #[must_use]
    pub const fn timeline(&self) -> &Timeline {
        &self.timeline
    }
    /// The timeline, if its tab is open.
    fn open_timeline(&mut self) -> Option<&mut Timeline> {
        (self.tab == Tab::Timeline).then_some(&mut self.timeline)
    }
    /// Opens the timeline at an event of a customer, as soon as that is loaded.
    pub fn turn_to_event(&mut self, customer: CustomerId, event: EventPlace) {
        self.set_tab(Tab::Timeline);
        self.timeline.aim_at(customer, event);
    }
    /// Selects an item of the timeline that is in view.
    pub fn select(&mut self, event: EventPlace) {
        self.timeline.select(event);
    }
    /// How many rows the picture is scrolled away from where it begins.
    #[must_use]
    pub const fn position(&self) -> &Scroll {
        &self.scroll
    }
    /// Moves the picture, or the selection of the timeline; a positive number moves down.
    pub fn scroll(&mut self, by: i32) {
        let rows = usize::try_from(by.unsigned_abs()).unwrap_or(0);
        match self.open_timeline() {
            Some(timeline) => timeline.move_by(by),
            None if by > 0 => self.scroll.away(rows),
            None => self.scroll.back(rows),
        }
    }
    /// Goes to the top of the tab.
    pub fn top(&mut self) {
        match self.open_timeline() {
            Some(timeline) => timeline.top(),
            None => self.scroll.to_beginning(),
        }
    }
    /// Goes to the bottom of the tab.
    pub fn bottom(&mut self) {
        match self.open_timeline() {
            Some(timeline) => timeline.bottom(),
            None => self.scroll.to_end(),
        }
    }
}
