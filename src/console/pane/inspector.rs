//! The customer that is looked at: which one, what is known of them as of when, and which tab.
//!
//! Follows the feed's selection with a short delay, refreshes when an entry touches the customer,
//! never shows anything the hub did not say. Looking never creates a customer (D-LOOKUP).

use super::{
    countdown::{Skew, age_changes, left_changes},
    scroll::Scroll,
};
use crate::{
    console::msg::Effect,
    model::{
        Call, ClientError, Customer, CustomerRef, CustomerView, Entry, Event, Seq, Timestamp,
        UssdSession, limits::PROMPT_WINDOW,
    },
};
use std::time::Duration;
use strum::{IntoStaticStr, VariantArray};

#[cfg(test)]
mod tests;

/// How long the selection must rest before its customer is asked for.
const REST: Duration = Duration::from_millis(120);
/// The longest that a selection which never rests is waited for.
const RESTLESS: Duration = Duration::from_millis(500);
/// The shortest time between two questions about the same customer.
const BETWEEN: Duration = Duration::from_millis(250);
/// Only a wait longer than this says `loading`.
const NOTICEABLE: Duration = Duration::from_millis(300);
/// A question without an answer for so long is asked again when there is a reason to.
const LOST: Duration = Duration::from_secs(5);

/// A page of facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr, VariantArray)]
pub enum Tab {
    /// Numbers, tags, metadata, secondary ids.
    #[default]
    Identity,
    /// Consent, sessions, conversation.
    Messaging,
    /// USSD sessions.
    #[strum(serialize = "USSD")]
    Ussd,
    /// Calls.
    Voice,
    /// Payments and wallets.
    Payments,
}

impl Tab {
    /// In their order.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its title.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.into()
    }
    fn beside(self, steps: usize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        Self::ALL[(at + steps) % Self::ALL.len()]
    }
}

/// What the inspector has to show.
#[derive(Clone, Debug)]
pub enum Showing<'a> {
    /// Nobody was chosen.
    Nothing,
    /// Asked for longer than 300 ms.
    Loading(&'a CustomerRef),
    /// A customer.
    Customer(&'a CustomerView),
    /// The hub knows no such customer.
    NotFound(&'a CustomerRef),
    /// The hub did not answer.
    Failed(&'a CustomerRef, &'a ClientError),
}

/// A question on its way.
#[derive(Clone, Debug)]
struct Asked {
    customer: CustomerRef,
    at: Timestamp,
}

/// Why nothing is known.
#[derive(Clone, Debug)]
enum Fault {
    NotFound,
    Failed(ClientError),
}

/// A wish to follow.
#[derive(Clone, Debug)]
struct Want {
    customer: CustomerRef,
    since: Timestamp,
    due: Timestamp,
}

/// The inspector.
#[derive(Clone, Debug, Default)]
pub struct Inspector {
    tab: Tab,
    pinned: bool,
    want: Option<Want>,
    asked: Option<Asked>,
    last_asked: Timestamp,
    /// Whom it is about: also before the answer, and when there is none.
    subject: Option<CustomerRef>,
    shown: Option<(CustomerView, Timestamp)>,
    fault: Option<Fault>,
    loading: bool,
    refresh_at: Option<Timestamp>,
    touched: Seq,
    live: Option<bool>,
    scroll: Scroll,
    skew: Skew,
}

/// When the window of a session that waits for a menu closes.
#[must_use]
pub fn menu_due(session: &UssdSession) -> Option<Timestamp> {
    let hop = session.hops.last().filter(|_| session.awaits_menu())?;
    Some(hop.at.after(PROMPT_WINDOW))
}

/// When the window of a call that waits for a plan closes.
#[must_use]
pub fn plan_due(call: &Call) -> Option<Timestamp> {
    let asked = call.hops.iter().rev().find(|hop| hop.prompt).filter(|_| call.awaits_plan())?;
    Some(asked.at.after(PROMPT_WINDOW))
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

/// The next moment at which a number on a tab changes.
fn counting(state: &Customer, tab: Tab, now: Timestamp) -> Option<Timestamp> {
    let left = |end: Timestamp| left_changes(end, now);
    // Open sessions stand in the header of every tab.
    let sessions = state.channels.iter().filter_map(|pair| pair.session.as_ref());
    let header = sessions.filter_map(|session| left(session.expires_at)).min();
    let own = match tab {
        Tab::Identity => {
            let leases = state.leases.iter().filter_map(|lease| left(lease.expires_at));
            leases.chain(state.reminders.iter().filter_map(|r| left(r.remind_at))).min()
        }
        Tab::Messaging => {
            let asked = state.channels.iter().filter_map(|pair| pair.asked.as_ref());
            asked.map(|asked| age_changes(asked.at, now)).min()
        }
        Tab::Ussd => state.ussd.iter().filter_map(menu_due).filter_map(left).min(),
        Tab::Voice => {
            let live = state.calls.iter().filter(|call| !call.status.is_final());
            let ages = live.clone().map(|call| age_changes(call.created_at, now));
            ages.chain(live.filter_map(plan_due).filter_map(left)).min()
        }
        Tab::Payments => {
            let pending = state.payments.iter().filter(|payment| payment.status.is_pending());
            pending.map(|payment| age_changes(payment.created_at, now)).min()
        }
    };
    header.into_iter().chain(own).min()
}

impl Inspector {
    /// Whether what is shown is about `customer`.
    fn shows(&self, customer: &CustomerRef) -> bool {
        self.shown.as_ref().is_some_and(|(view, _)| names(customer, view))
    }
    /// The feed's selection moved to this customer. Ignored while pinned; asked 120 ms later.
    pub fn follow(&mut self, customer: CustomerRef, at: Timestamp) {
        if self.pinned {
            return;
        }
        let is_subject = self.subject.as_ref() == Some(&customer)
            || (self.subject.as_ref().is_some_and(|s| self.shows(s)) && self.shows(&customer));
        if is_subject {
            self.want = None;
            return;
        }
        let since = self.want.as_ref().map_or(at, |want| want.since);
        if self.want.as_ref().is_none_or(|want| want.customer != customer) {
            let due = at.after(REST).min(since.after(RESTLESS));
            self.want = Some(Want { customer, since, due });
        }
    }
    /// Looks at a customer now and pins it.
    pub fn open(&mut self, customer: CustomerRef, at: Timestamp) -> Vec<Effect> {
        self.pinned = true;
        self.want = None;
        vec![self.ask(customer, at)]
    }
    /// Asks about a customer, and turns to it if it is another one.
    fn ask(&mut self, customer: CustomerRef, at: Timestamp) -> Effect {
        self.refresh_at = None;
        self.last_asked = at;
        self.asked = Some(Asked { customer: customer.clone(), at });
        if self.subject.as_ref() != Some(&customer) && !self.shows(&customer) {
            self.fault = None;
            self.loading = false;
            self.touched = Seq::default();
        }
        self.subject = Some(customer.clone());
        Effect::Inspect(customer)
    }
    /// A log entry: one that touches the customer shown asks for a refresh.
    pub fn entry(&mut self, entry: &Entry, at: Timestamp) {
        if !entry.events.iter().any(|event| self.concerns(event)) {
            return;
        }
        self.touched = self.touched.max(entry.seq);
        self.plan_refresh(at);
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
    /// The answer to `Effect::Inspect`. An answer to an older question is ignored, and so is one
    /// that knows less than what is shown.
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
                if !same {
                    self.scroll.to_beginning();
                }
                if !(same && old.is_some_and(|old| old.as_of > view.as_of)) {
                    self.shown = Some((view, at));
                }
                self.fault = None;
                self.plan_refresh(at);
            }
            Ok(None) => {
                self.shown = None;
                self.fault = Some(Fault::NotFound);
            }
            Err(error) => {
                if !self.shows(customer) {
                    self.shown = None;
                }
                self.fault = Some(Fault::Failed(error));
            }
        }
    }
    /// Somebody is about to decide by what is shown: it is asked again, unless an answer is on its
    /// way or came a moment ago.
    pub fn refresh(&mut self, at: Timestamp) {
        let fresh = self.shown.as_ref().is_none_or(|(_, came)| came.after(BETWEEN) > at);
        if !fresh && self.asked.is_none() && self.live == Some(true) {
            self.refresh_at = Some(at);
        }
    }
    /// The feed came up (true) or went down. Coming up asks again.
    pub fn connection(&mut self, live: bool, at: Timestamp) {
        let came_up = live && self.live != Some(true);
        if came_up && self.live.is_some() && self.subject.is_some() {
            self.asked = None;
            self.refresh_at = Some(at);
        }
        self.live = Some(live);
    }
    /// Time passes.
    pub fn wake(&mut self, at: Timestamp) -> Vec<Effect> {
        if let Some(want) = self.want.take_if(|want| want.due <= at) {
            return vec![self.ask(want.customer, at)];
        }
        let late = |asked: &Asked| at >= asked.at.after(NOTICEABLE);
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
    /// When it wants to be woken.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        let late = self.asked.as_ref().filter(|_| !self.loading).map(|a| a.at.after(NOTICEABLE));
        let due = self.want.as_ref().map(|want| want.due);
        [late, due, self.refresh_at].into_iter().flatten().min()
    }
    /// How far the hub's clock is ahead.
    pub const fn clock(&mut self, skew: Skew) {
        self.skew = skew;
    }
    /// How far the hub's clock is ahead.
    #[must_use]
    pub const fn skew(&self) -> Skew {
        self.skew
    }
    /// When the picture shows another number by itself: only while something on this tab counts.
    #[must_use]
    pub fn counts(&self, at: Timestamp) -> Option<Timestamp> {
        let Showing::Customer(view) = self.showing() else { return None };
        let now = self.skew.hub(at);
        counting(&view.customer, self.tab, now).map(|change| self.skew.ours(change))
    }
    /// What there is to show. For the first moments of a question: still what was shown before.
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
            (None, Some(Fault::Failed(error))) => Showing::Failed(subject, error),
            (None, Some(Fault::NotFound)) => Showing::NotFound(subject),
            (None, None) => Showing::Nothing,
        }
    }
    /// The customer it is about, once known. `None` while another one is being asked for, even if
    /// the old one still shows: nothing may be sent to a customer who was just left (H2).
    #[must_use]
    pub fn view(&self) -> Option<&CustomerView> {
        let subject = self.subject.as_ref().filter(|_| self.want.is_none())?;
        self.shown.as_ref().map(|(view, _)| view).filter(|view| names(subject, view))
    }
    /// When the answer shown came.
    #[must_use]
    pub fn answered_at(&self) -> Option<Timestamp> {
        self.shown.as_ref().map(|(_, at)| *at)
    }
    /// Why the last refresh of what is shown failed.
    #[must_use]
    pub fn fault(&self) -> Option<&ClientError> {
        match &self.fault {
            Some(Fault::Failed(error)) => Some(error),
            _ => None,
        }
    }
    /// Whether the connection is down, so that what is shown may be old.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.live == Some(false)
    }
    /// The tab.
    #[must_use]
    pub const fn tab(&self) -> Tab {
        self.tab
    }
    /// Chooses a tab.
    pub fn set_tab(&mut self, tab: Tab) {
        if self.tab != tab {
            self.tab = tab;
            self.scroll.to_beginning();
        }
    }
    /// The next tab.
    pub fn next_tab(&mut self) {
        self.set_tab(self.tab.beside(1));
    }
    /// The tab before.
    pub fn prev_tab(&mut self) {
        self.set_tab(self.tab.beside(Tab::ALL.len() - 1));
    }
    /// Whether it stays on its customer.
    #[must_use]
    pub const fn pinned(&self) -> bool {
        self.pinned
    }
    /// Pins it to its customer, or lets it follow again.
    pub fn pin(&mut self, pinned: bool) {
        self.pinned = pinned;
        self.want = None;
    }
    /// Whether the tab hangs on its newest row, at the bottom.
    const fn hangs(&self) -> bool {
        matches!(self.tab, Tab::Messaging)
    }
    /// Rows scrolled away: above, or below in the conversation.
    #[must_use]
    pub const fn position(&self) -> &Scroll {
        &self.scroll
    }
    /// Moves the picture; down is positive.
    pub fn scroll(&mut self, by: i32) {
        let rows = usize::try_from(by.unsigned_abs()).unwrap_or(0);
        if (by > 0) == self.hangs() { self.scroll.back(rows) } else { self.scroll.away(rows) }
    }
    /// To the beginning.
    pub const fn top(&mut self) {
        if self.hangs() { self.scroll.to_end() } else { self.scroll.to_beginning() }
    }
    /// To the end.
    pub const fn bottom(&mut self) {
        if self.hangs() { self.scroll.to_beginning() } else { self.scroll.to_end() }
    }
}
