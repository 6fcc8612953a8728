//! All state of the console. Only [`App::update`] changes it: messages in, effects out, no I/O, no
//! clock. Panes own their part; this file joins them: who has the keys, what lies on top, what
//! each pane must hear of.

mod dispatch;
mod events;
mod forms;
mod glance;
mod moving;
mod offer;
mod perform;
#[cfg(test)]
mod tests;

pub use offer::Hint;

use super::{
    drafts::Drafts,
    ids::Ids,
    keymap::{Key, Keymap},
    layout::Pane,
    msg::{Effect, List, Msg},
    pane::{
        connection::Connection,
        feed::Feed,
        form::Form,
        inspector::{Inspector, Tab},
        lists::Lists,
        outbox::{Outbox, State},
        picker::Picker,
        toast::Toasts,
    },
};
use crate::model::{CustomerId, FoundCustomer, OrgId, Timestamp, Tone};
use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use std::{collections::VecDeque, time::Duration};
use tui_input::Input;

/// How long a leader waits before it shows its menu.
const MENU_AFTER: Duration = Duration::from_millis(300);
/// Within which a second press of the same key leaves.
const TWICE: Duration = Duration::from_millis(1500);
/// How long typing rests before the hub is searched.
const SEARCH_AFTER: Duration = Duration::from_millis(250);
/// How long leaving waits for what is being sent.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);
/// Rows that a filter looks at between two looks at the keys.
const FILTER_SLICE: usize = 8192;
/// Customers the palette remembers.
const RECENT: usize = 20;

/// What a console starts with.
#[derive(Debug)]
pub struct AppOptions {
    /// Whose traffic it shows.
    pub org: OrgId,
    /// 16 random bytes, from which idempotency keys are made.
    pub seed: [u8; 16],
    /// How long what reaches a customer is held before it leaves.
    pub hold: Duration,
    /// The agent's time zone.
    pub zone: TimeZone,
    /// What was written and not sent.
    pub drafts: Drafts,
    /// The keys.
    pub keymap: Keymap,
    /// Whether the mouse is captured at the start.
    pub mouse: bool,
}

impl Default for AppOptions {
    fn default() -> Self {
        Self {
            org: OrgId::default(),
            seed: [0; 16],
            hold: Duration::from_secs(5),
            zone: TimeZone::UTC,
            drafts: Drafts::default(),
            keymap: Keymap::default(),
            mouse: true,
        }
    }
}

/// What lies on top of the panes and takes the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// A searchable list.
    Picker(Picker),
    /// What to do with held sends before leaving.
    Leaving,
}

/// The filter line while it is typed.
#[derive(Clone, Debug)]
pub struct FilterLine {
    pub(super) input: Input,
    before: String,
}

/// Customers for the palette: opened lately, or found by the hub.
#[derive(Clone, Debug, Default)]
pub(super) struct Customers {
    recent: VecDeque<FoundCustomer>,
    found: Vec<FoundCustomer>,
    /// What will be searched, and when.
    wanted: Option<(String, Timestamp)>,
}

/// The console.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each with its own key or cause"
)]
pub struct App {
    org: OrgId,
    zone: TimeZone,
    keymap: Keymap,
    /// What panes know the keys as, whatever the agent calls them.
    own_keys: Keymap,
    ids: Ids,
    drafts: Drafts,

    feed: Feed,
    inspector: Inspector,
    lists: Lists,
    outbox: Outbox,
    form: Option<Form>,
    connection: Connection,
    toasts: Toasts,

    size: Rect,
    focus: Pane,
    /// Where the keys go when the form is closed.
    form_from: Pane,
    zoom: bool,
    overlay: Option<Overlay>,
    filter: Option<FilterLine>,
    switched_off: Option<String>,
    leader: Option<(Key, Timestamp)>,
    armed: Option<Timestamp>,
    leaving: Option<Timestamp>,
    mouse: bool,
    customers: Customers,
    followed: Option<CustomerId>,
    countdown: Option<Timestamp>,
    menu_shown: bool,
    /// Whether the filter has been applied to every row.
    filtered: bool,
    now: Timestamp,
    version: u64,
}

impl App {
    /// A console that has not heard from anyone yet.
    #[must_use]
    pub fn new(options: AppOptions) -> Self {
        Self {
            org: options.org,
            zone: options.zone,
            keymap: options.keymap,
            own_keys: Keymap::default(),
            ids: Ids::new(options.seed),
            drafts: options.drafts,
            feed: Feed::default(),
            inspector: Inspector::default(),
            lists: Lists::default(),
            outbox: Outbox::new(options.hold),
            form: None,
            connection: Connection::default(),
            toasts: Toasts::default(),
            size: Rect::default(),
            focus: Pane::Feed,
            form_from: Pane::Feed,
            zoom: false,
            overlay: None,
            filter: None,
            switched_off: None,
            leader: None,
            armed: None,
            leaving: None,
            mouse: options.mouse,
            customers: Customers::default(),
            followed: None,
            countdown: None,
            menu_shown: false,
            filtered: true,
            now: Timestamp::ZERO,
            version: 1,
        }
    }

    /// Takes in what happened; returns what is wanted from outside.
    pub fn update(&mut self, at: Timestamp, msg: Msg) -> Vec<Effect> {
        self.now = at;
        let mut effects = match msg {
            Msg::Key(key) => self.changed(|app| app.key(key)),
            Msg::Paste(text) => self.changed(|app| app.paste(&text)),
            Msg::Mouse(mouse) => self.changed(|app| app.mouse(mouse)),
            Msg::Resize(width, height) => self.changed(|app| {
                app.size = Rect::new(0, 0, width, height);
                Vec::new()
            }),
            Msg::Focus(focused) => self.changed(|app| {
                app.feed.looking(focused);
                Vec::new()
            }),
            Msg::Wake => Vec::new(),
            Msg::Terminate => self.terminate(),
            Msg::Resumed => self.changed(|_| vec![Effect::Redraw]),
            Msg::Failed(report) => self.say(format!("fault: {report}"), Tone::Bad),
            Msg::Feed(event) => self.feed_event(event),
            Msg::Inspected { customer, result } => self.changed(|app| {
                app.inspector.inspected(&customer, result, at);
                app.known();
                Vec::new()
            }),
            Msg::Past { before, result } => self.changed(|app| {
                app.feed.past(before, result);
                Vec::new()
            }),
            Msg::Found { words, result } => self.changed(|app| app.found(&words, result)),
            Msg::Sent { call, result } => self.changed(|app| {
                let effects = app.outbox.sent(&call, result, at);
                app.tell_outcome(&call);
                effects
            }),
            Msg::Outlook { token, result } => self.changed(|app| {
                let at = app.hub_time();
                if let Some(form) = &mut app.form {
                    form.outlook(&token, result, at);
                }
                Vec::new()
            }),
            Msg::Listed { list, result } => self.changed(|app| {
                app.lists.listed(list, result);
                Vec::new()
            }),
            Msg::Overloaded(call) => {
                self.outbox.overloaded(&call, at);
                self.say("too much is waiting to be sent: nothing was done", Tone::Bad)
            }
        };
        self.keep_time();
        effects.extend(self.time_passes());
        self.settle_outcomes();
        self.fit();
        effects
    }

    /// Runs a change that is seen on the screen.
    fn changed(&mut self, change: impl FnOnce(&mut Self) -> Vec<Effect>) -> Vec<Effect> {
        self.version += 1;
        change(self)
    }

    /// What the hub's clock shows.
    fn hub_time(&self) -> Timestamp {
        self.connection.skew().hub(self.now)
    }

    /// Panes that show the hub's times know how far its clock is ahead.
    fn keep_time(&mut self) {
        let skew = self.connection.skew();
        if self.inspector.skew() != skew {
            self.inspector.clock(skew);
            self.lists.clock(skew);
            self.version += 1;
        }
    }

    /// Lists that are seen: the open tab of their pane, and purses beside a customer's payments.
    fn seen_lists(&self) -> Vec<List> {
        let layout = self.layout();
        let pane = (!layout.lists.is_empty()).then_some(self.lists.tab());
        let payments = !layout.inspector.is_empty()
            && self.inspector.tab() == Tab::Payments
            && self.inspector.view().is_some();
        pane.into_iter().chain(payments.then_some(List::Purses)).collect()
    }

    /// When something in view shows another number by itself.
    fn counting(&self) -> Option<Timestamp> {
        let layout = self.layout();
        let at = self.now;
        let inspector = (!layout.inspector.is_empty()).then(|| self.inspector.counts(at));
        let lists = (!layout.lists.is_empty()).then(|| self.lists.counts(at));
        let all = [self.connection.next_wake(at), inspector.flatten(), lists.flatten()];
        all.into_iter().flatten().min()
    }

    /// When the open form wants to be woken: it knows the hub's clock only.
    fn form_wake(&self) -> Option<Timestamp> {
        let wake = self.form.as_ref().and_then(Form::next_wake)?;
        Some(self.connection.skew().ours(wake))
    }

    /// Panes that page by what is in view are told how much that is.
    fn fit(&mut self) {
        let header = 1;
        self.feed.fit(usize::from(self.layout().feed.height.saturating_sub(header)));
    }

    fn is_sending(&self) -> bool {
        self.outbox.rows().any(|row| row.state == State::Sending)
    }

    fn say(&mut self, text: impl Into<String>, tone: Tone) -> Vec<Effect> {
        self.version += 1;
        self.toasts.say(text, tone, self.now);
        Vec::new()
    }

    /// What is due at this moment, whatever message came.
    fn time_passes(&mut self) -> Vec<Effect> {
        let at = self.now;
        let due = |wake: Option<Timestamp>| wake.is_some_and(|wake| wake <= at);
        let mut effects = Vec::new();
        if due(self.inspector.next_wake()) {
            effects.extend(self.changed(|app| app.inspector.wake(at)));
        }
        if due(self.outbox.next_wake()) {
            effects.extend(self.changed(|app| app.outbox.wake(at)));
        }
        if due(self.form_wake()) {
            let hub = self.hub_time();
            let wish = self.form.as_mut().and_then(|form| form.wake(hub));
            effects.extend(self.changed(|app| app.wish(wish)));
        }
        if self.toasts.wake(at) {
            self.version += 1;
        }
        if due(self.countdown) {
            self.version += 1;
        }
        self.countdown = self.counting();
        let seen = self.seen_lists();
        effects.extend(self.lists.watch(&seen, self.connection.is_live(), at));
        if self.menu_due() {
            self.menu_shown = true;
            self.version += 1;
        }
        if self.armed.is_some_and(|until| until <= at) {
            self.armed = None;
            self.version += 1;
        }
        if let Some((words, when)) = self.customers.wanted.take() {
            if when <= at {
                effects.push(Effect::Find(words));
            } else {
                self.customers.wanted = Some((words, when));
            }
        }
        if let Some(by) = self.leaving
            && (by <= at || !self.is_sending())
        {
            effects.push(Effect::Quit);
        }
        if !std::mem::replace(&mut self.filtered, self.feed.refilter_slice(FILTER_SLICE)) {
            self.version += 1;
        }
        effects.extend(self.past_wanted());
        effects
    }

    /// When `Msg::Wake` is wanted; `None`: not before something else happens.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        let menu =
            self.leader.filter(|_| !self.menu_shown).map(|(_, since)| since.after(MENU_AFTER));
        [
            self.inspector.next_wake(),
            self.outbox.next_wake(),
            self.lists.next_wake(),
            self.form_wake(),
            self.toasts.next_wake(),
            self.countdown,
            menu,
            self.armed,
            self.customers.wanted.as_ref().map(|(_, when)| *when),
            self.leaving,
            (!self.filtered).then_some(self.now),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}
