//! All state of the console. Only [`App::update`] changes it: messages go in and effects come out,
//! without I/O and without a clock. Each pane owns its part of the state. This room joins them: it
//! knows who has the keys, what lies on top, and what each pane must hear of.

mod again;
mod alerts;
mod bulk;
mod conflicts;
mod copying;
mod dispatch;
mod drafts;
mod earlier;
mod editor;
mod events;
mod filter;
mod forms;
mod listed;
mod live;
mod navigation;
mod outcomes;
mod palette_items;
mod past;
mod perform;
mod places;
mod replies;
mod send_again;
#[cfg(test)]
mod tests;
mod unknown;
mod view_model;
mod views;
mod wakes;

pub use palette_items::Hint;

use super::{
    drafts::Drafts,
    ids::Ids,
    kept::{Kept, KeptChange},
    keymap::{KeyPress, Keymap},
    layout::Pane,
    msg::{Effect, List, Msg},
    pane::{
        alert::{AlertRules, Alerts},
        connection::HubConnection,
        feed::{Depth, FeedFilter, LiveFeed},
        filter_line::FilterLine,
        form::Form,
        inspector::{Inspector, Tab},
        lists::Lists,
        outbox::{Outbox, SendState},
        picker::Picker,
        strip::LiveStrip,
        toast::Toasts,
        views::{FeedView, Views},
    },
};
use crate::model::{
    AppId, CallId, CannedReply, CustomerId, CustomerRef, FoundCustomer, FoundCustomers, OrgId,
    Timestamp, Tone,
};
use copying::Exporting;
use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use std::{collections::VecDeque, time::Duration};

/// How long a leader key waits before its menu is shown.
const MENU_AFTER: Duration = Duration::from_millis(300);
/// How soon a second press of the same key must follow to leave the console.
const TWICE: Duration = Duration::from_millis(1500);
/// How long typing has to rest before the hub is searched.
const SEARCH_AFTER: Duration = Duration::from_millis(250);
/// How long leaving waits for the answers to what is being sent.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);
/// How many rows a filter looks at before the keys get their turn again.
const FILTER_SLICE: usize = 8192;
/// After how many seconds the ages of the feed's rows are shown anew.
const AGES: i64 = 10;
/// How many customers the palette remembers.
const RECENT: usize = 20;

#[derive(Debug)]
pub struct AppOptions {
    /// The org whose traffic is shown.
    pub org: OrgId,
    /// The app in whose name commands go; empty if only the hub knows it.
    pub app: AppId,
    /// 16 random bytes, from which idempotency keys are made.
    pub seed: [u8; 16],
    /// How long a command that reaches a customer is held, so that the agent can take it back.
    pub hold: Duration,
    /// The agent's time zone.
    pub zone: TimeZone,
    /// What an earlier run left unsent.
    pub drafts: Drafts,
    /// What an earlier run wanted to find again.
    pub kept: Kept,
    /// The views of the feed, in the order of their list.
    pub views: Vec<FeedView>,
    /// Views that are off, in words: the file, the line and what is wrong.
    pub views_off: Vec<String>,
    /// Canned replies of whoever sits here.
    pub replies: Vec<CannedReply>,
    /// Canned replies that are shared.
    pub shared_replies: Vec<CannedReply>,
    /// Replies that are off, in words: the file, the line and what is wrong.
    pub replies_off: Vec<String>,
    /// What the agent is called for.
    pub alerts: AlertRules,
    pub keymap: Keymap,
    /// Whether the card of the first start is shown, unless an earlier run has shown it.
    pub welcome: bool,
    /// Whether the mouse is captured at the start.
    pub mouse: bool,
}

impl Default for AppOptions {
    fn default() -> Self {
        Self {
            org: OrgId::default(),
            app: AppId::default(),
            seed: [0; 16],
            hold: Duration::from_secs(5),
            zone: TimeZone::UTC,
            drafts: Drafts::default(),
            kept: Kept::default(),
            views: Vec::new(),
            views_off: Vec::new(),
            replies: Vec::new(),
            shared_replies: Vec::new(),
            replies_off: Vec::new(),
            alerts: AlertRules::OFF,
            keymap: Keymap::default(),
            welcome: false,
            mouse: true,
        }
    }
}

/// What lies on top of the panes and takes the keys.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// A searchable list: the palette or the help.
    Picker(Picker),
    /// The question what shall become of held sends before the console is left.
    Leaving,
    /// The question whether the draft with this key is to be thrown away.
    ThrowAway(CallId),
    /// The card of the first start (R-CONSOLE-17).
    Welcome,
}

impl Overlay {
    /// Whether it asks the agent something, so that nothing may leave meanwhile (R-CONSOLE-21).
    #[must_use]
    pub const fn asks(&self) -> bool {
        match self {
            Self::Picker(_) | Self::Welcome => false,
            Self::Leaving | Self::ThrowAway(_) => true,
        }
    }
}

/// The customers that the palette offers: opened lately, or found by the hub.
#[derive(Clone, Debug, Default)]
pub(super) struct Customers {
    recent: VecDeque<FoundCustomer>,
    /// What the hub found last, and for which words.
    found: FoundCustomers,
    found_for: String,
    /// The words that the hub will be asked to search for, and when.
    wanted: Option<(String, Timestamp)>,
}

/// The state of the whole console. Only [`App::update`] changes it.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, each with its own key")]
pub struct App {
    org: OrgId,
    zone: TimeZone,
    keymap: Keymap,
    /// The default keys. Forms know only these, whatever keys the agent has given their actions.
    own_keys: Keymap,
    ids: Ids,
    drafts: Drafts,

    feed: LiveFeed,
    views: Views,
    views_off: Vec<String>,
    /// The filter and the depth before what is related to a row was shown.
    unrelated: Option<(FeedFilter, Depth)>,
    inspector: Inspector,
    lists: Lists,
    /// Whether the lists lie in the feed's place, as they do from when they get the keys until the feed does.
    lists_lie_on_feed: bool,
    strip: LiveStrip,
    alerts: Alerts,
    outbox: Outbox,
    form: Option<Form>,
    replies: replies::Replies,
    /// What can be done again or taken back.
    again: again::Again,
    connection: HubConnection,
    toasts: Toasts,

    size: Rect,
    focus: Pane,
    /// The pane that gets the keys when the form is closed.
    form_from: Pane,
    /// Whom the inspector was pinned to when a form turned it to its customer; `None` if it followed the feed.
    pinned_before: Option<CustomerRef>,
    /// What is put aside while somebody on the line is answered.
    aside: live::Aside,
    zoom: bool,
    overlay: Option<Overlay>,
    /// Whether the card of the first start came by itself and was not closed yet.
    welcomes: bool,
    filter: Option<FilterLine>,
    /// When the past is searched under the filter, if that leaves little.
    seek: Option<Timestamp>,
    /// The filters that were kept, the newest last.
    filters: Vec<String>,
    /// What was marked or kept in this run and is to be found again in the next one.
    kept: Vec<KeptChange>,
    leader: Option<(KeyPress, Timestamp)>,
    armed: Option<Timestamp>,
    leaving: Option<Timestamp>,
    mouse: bool,
    /// Whether an editor has the terminal.
    editing: bool,
    /// When the last editor ended.
    edited: Option<Timestamp>,
    customers: Customers,
    /// What was pasted where nothing is typed, and when.
    pasted: Option<(String, Timestamp)>,
    followed: Option<CustomerId>,
    countdown: Option<Timestamp>,
    menu_shown: bool,
    /// Whether whoever waits longest is inspected once the hub has said who that is.
    wants_longest: bool,
    /// The export that is under way.
    exporting: Option<Exporting>,
    /// Whether the filter has been applied to every row.
    filtered: bool,
    now: Timestamp,
    version: u64,
    /// Counts the entries whose rows are out of view and that neither the form nor the activity shows.
    /// All that they can change on the screen is numbers, such as how many rows are new.
    figures: u64,
}

impl App {
    /// A console that has not heard from anyone yet.
    #[must_use]
    pub fn new(options: AppOptions) -> Self {
        let zone = options.zone;
        let mut feed = LiveFeed::in_zone(zone.clone());
        feed.recall_marks(options.kept.marks);
        Self {
            org: options.org,
            keymap: options.keymap,
            own_keys: Keymap::default(),
            ids: Ids::new(options.seed),
            drafts: options.drafts,
            feed,
            views: Views::new(options.views, Timestamp::ZERO, &zone),
            views_off: options.views_off,
            unrelated: None,
            inspector: Inspector::default(),
            lists: Lists::default(),
            lists_lie_on_feed: false,
            strip: LiveStrip::default(),
            alerts: Alerts::new(options.alerts),
            outbox: Outbox::new(options.hold),
            form: None,
            replies: replies::Replies::new(
                options.replies,
                options.shared_replies,
                options.replies_off,
            ),
            again: again::Again::default(),
            connection: HubConnection::of_app(options.app),
            toasts: Toasts::default(),
            size: Rect::default(),
            focus: Pane::Feed,
            form_from: Pane::Feed,
            pinned_before: None,
            aside: live::Aside::default(),
            zoom: false,
            zone,
            overlay: options.welcome.then_some(Overlay::Welcome),
            welcomes: options.welcome,
            filter: None,
            seek: None,
            filters: options.kept.filters,
            kept: Vec::new(),
            leader: None,
            armed: None,
            leaving: None,
            mouse: options.mouse,
            editing: false,
            edited: None,
            customers: Customers::default(),
            pasted: None,
            followed: None,
            countdown: None,
            menu_shown: false,
            wants_longest: false,
            exporting: None,
            filtered: true,
            now: Timestamp::ZERO,
            version: 1,
            figures: 0,
        }
    }

    /// Takes in one message that arrived at `at`, and returns what has to be done outside.
    pub fn update(&mut self, at: Timestamp, msg: Msg) -> Vec<Effect> {
        self.now = at;
        // What comes of the loop's own reports is not carried out, so the rest waits for the next wake.
        let is_report = matches!(
            msg,
            Msg::Failed(_) | Msg::Overloaded(_) | Msg::ClockSet(_) | Msg::Edited { .. }
        );
        let is_editors = self.is_editors(&msg);
        let mut effects = match msg {
            _ if is_editors => Vec::new(),
            Msg::Key(key) => self.changed(|app| app.key(key)),
            Msg::Paste(text) => self.changed(|app| app.paste(&text)),
            Msg::Mouse(mouse) => self.changed(|app| app.mouse(mouse)),
            Msg::Click(click) => self.changed(|app| app.click(click)),
            Msg::Resize(width, height) => self.changed(|app| {
                app.size = Rect::new(0, 0, width, height);
                Vec::new()
            }),
            Msg::Focus(focused) => self.changed(|app| {
                app.feed.looking(focused);
                app.inspector.looking(focused, at);
                Vec::new()
            }),
            Msg::Wake => Vec::new(),
            Msg::Terminate | Msg::Interrupted => self.terminate(),
            Msg::Edited { call, field, result } => {
                self.changed(|app| app.edited(&call, field, result))
            }
            Msg::Resumed => self.changed(|_| vec![Effect::Redraw]),
            Msg::Failed(report) => self.say(format!("fault: {report}"), Tone::Bad),
            Msg::Feed(event) => self.feed_event(event),
            Msg::Inspected { customer, result } => self.changed(|app| {
                app.inspector.inspected(&customer, result, at);
                app.share_inspected();
                app.write_awaited();
                Vec::new()
            }),
            Msg::Past { before, result } => self.changed(|app| {
                app.feed.past(before, result);
                Vec::new()
            }),
            Msg::Timeline { page, result } => self.changed(|app| {
                app.inspector.page(&page, result, at);
                Vec::new()
            }),
            Msg::LookedBack { asked, result } => {
                self.changed(|app| app.looked_back(&asked, result))
            }
            Msg::Searched { before, filter, result } => self.changed(|app| {
                app.feed.searched(before, &filter, result);
                app.follow_selection();
                Vec::new()
            }),
            Msg::SearchedOn { after, filter, result } => {
                self.changed(|app| app.searched_on(after, &filter, result))
            }
            Msg::Placed { moment, filter, result } => {
                self.changed(|app| app.placed(moment, &filter, result))
            }
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
            Msg::Listed { list, result } => self.changed(|app| app.listed(list, result)),
            Msg::People(news) => self.changed(|app| app.people_news(news)),
            Msg::Earlier(result) => self.changed(|app| app.recall_earlier(result)),
            Msg::EarlierCourse(result) => self.changed(|app| app.hear_past(result)),
            Msg::Copied { what, text, by } => self.copied(what, text, by),
            Msg::Export(news) => self.changed(|app| app.export_news(news)),
            Msg::Live(result) => self.changed(|app| {
                app.strip.listed(result);
                Vec::new()
            }),
            Msg::ClockSet(would) => {
                if self.outbox.clock_set(would, at) {
                    self.version += 1;
                }
                Vec::new()
            }
            Msg::Overloaded(call) => {
                self.outbox.overloaded(&call, at);
                self.say("too much is waiting to be sent: nothing was done", Tone::Bad)
            }
        };
        self.keep_time();
        self.stand_still();
        if !is_report {
            effects.extend(self.pass_time());
        }
        self.settle_drafts();
        self.fit();
        effects
    }

    /// Does what is due by now, and what has to be said outside the panes.
    fn pass_time(&mut self) -> Vec<Effect> {
        // What follows a message is under way before it is asked whether anything is.
        let mut effects = self.follow_up();
        effects.extend(self.time_passes());
        // Time may have ended a question.
        self.stand_still();
        effects.extend(self.call_agent());
        if self.welcomes
            && self.leaving.is_none()
            && !matches!(self.overlay, Some(Overlay::Welcome))
        {
            self.welcomes = false;
            effects.push(Effect::Welcomed);
        }
        effects
    }

    /// Makes a change that is visible on the screen.
    fn changed(&mut self, change: impl FnOnce(&mut Self) -> Vec<Effect>) -> Vec<Effect> {
        self.version += 1;
        change(self)
    }

    /// The time that the hub's clock shows now.
    fn hub_time(&self) -> Timestamp {
        self.connection.skew().hub(self.now)
    }

    /// Tells the panes that show the hub's times how far its clock is ahead of ours.
    fn keep_time(&mut self) {
        let skew = self.connection.skew();
        if self.inspector.skew() != skew {
            self.inspector.clock(skew);
            self.lists.clock(skew);
            self.strip.clock(skew);
            self.version += 1;
        }
    }

    /// The lists whose rows are shown: the open tab of their pane, the purses beside a customer's payments and
    /// for a form that moves money, and the works of which the activity says how far they are.
    fn seen_lists(&self) -> Vec<List> {
        let layout = self.layout();
        let pane = (!layout.lists.is_empty()).then_some(self.lists.tab());
        let payments = !layout.inspector.is_empty()
            && self.inspector.tab() == Tab::Money
            && self.inspector.view().is_some();
        let payments = payments || self.form.as_ref().is_some_and(Form::moves_money);
        let works = self.outbox.counts_works().then_some(List::Works);
        let mut seen: Vec<_> = pane.into_iter().chain(works).collect();
        seen.extend(payments.then_some(List::Purses));
        seen
    }

    /// Tells the feed how many rows of it are in view, because it pages by that.
    fn fit(&mut self) {
        match self.focus {
            Pane::Feed => self.lists_lie_on_feed = false,
            Pane::Lists => self.lists_lie_on_feed = true,
            Pane::Inspector | Pane::Form | Pane::Activity => {}
        }
        let layout = self.layout();
        let height = layout.feed.height;
        self.inspector.fit(usize::from(layout.inspector.height));
        self.feed.fit(usize::from(height.saturating_sub(self.feed.head_rows(height))));
    }

    fn is_sending(&self) -> bool {
        self.outbox.rows().any(|row| row.state == SendState::Sending)
    }

    fn say(&mut self, text: impl Into<String>, tone: Tone) -> Vec<Effect> {
        self.version += 1;
        self.toasts.say(text, tone, self.now);
        Vec::new()
    }
}
