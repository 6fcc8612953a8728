//! What keys can mean: one table. Dispatcher, hint bar, which-key menu, help, palette and the
//! check of the keymap are all made from it, so none of them can know less than another.
//!
//! Keys themselves are data (`assets/keymap.toml`). Whether an action is possible now is decided
//! from [`Facts`], never from the whole state.

use crate::{
    catalog::{self, Menu, Needs, Risk, Spec},
    model::WorkState,
};
use strum::VariantArray;

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, VariantArray)]
pub enum Context {
    /// The live feed has the keys.
    Feed,
    /// The inspector has the keys.
    Inspector,
    /// The activity list has the keys.
    Activity,
    /// The lists have the keys.
    Lists,
    /// The filter line is being typed.
    Filter,
    /// A form is being filled.
    Form,
    /// A filled form is being reviewed.
    Review,
    /// A searchable list is open: palette or help.
    Picker,
    /// The question what to do with held sends before leaving.
    Leaving,
}

impl Context {
    /// Every context.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Whether printable keys are text here and never an action.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Filter | Self::Form | Self::Review | Self::Picker)
    }
}

/// What a risk class means to an agent, in a word; nothing for what is harmless.
#[must_use]
pub const fn risk_word(risk: Risk) -> &'static str {
    match risk {
        Risk::R0 => "",
        Risk::R1 => "changes data",
        Risk::R2 => "reaches the customer",
        Risk::R3 | Risk::R4 => "no way back",
    }
}

/// Why an action is not possible now, in words that say what would help.
pub type Reason = &'static str;

/// What `Reply` would answer where it is pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// The customer has said nothing that could be answered.
    #[default]
    Nothing,
    /// A message.
    Message,
    /// A USSD session that waits for a menu.
    Menu,
    /// A call that waits for a plan.
    Plan,
    /// A talk that waits for nothing any more.
    Over,
}

/// All that decides whether actions are possible.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each read by one rule")]
pub struct Facts {
    /// An event is selected.
    pub selected: bool,
    /// A customer is selected or inspected.
    pub customer: bool,
    /// What of that customer can be answered here.
    pub answer: Answer,
    /// A USSD session of that customer waits for a menu.
    pub menu: bool,
    /// A call with that customer waits for a plan.
    pub plan: bool,
    /// Where the work by tag is that is selected in the lists.
    pub work: Option<WorkState>,
    /// The selected row of the lists is about a customer.
    pub listed: bool,
    /// The hub has said who we are.
    pub greeted: bool,
    /// The connection is up.
    pub live: bool,
    /// Sends are held back.
    pub held: bool,
    /// A sent command is selected.
    pub sent: bool,
    /// A form is open.
    pub form: bool,
}

type Enabled = fn(&Facts) -> Result<(), Reason>;

const ALWAYS: Enabled = |_| Ok(());
const SELECTED: Enabled =
    |f| if f.selected { Ok(()) } else { Err("no event of a customer is selected") };
const CUSTOMER: Enabled = |f| match (f.greeted, f.customer, f.form) {
    (_, _, true) => Err("another form is open: finish or leave it first"),
    (false, ..) => Err("not connected yet"),
    (_, false, _) => Err("select a customer's event first, or open one with g c"),
    _ => Ok(()),
};
const ANSWER: Enabled = |f| {
    CUSTOMER(f)?;
    match f.answer {
        Answer::Nothing => Err("this customer has not written: use m to write first"),
        Answer::Over => Err("nothing waits for an answer here; m writes a message"),
        Answer::Message | Answer::Menu | Answer::Plan => Ok(()),
    }
};
const MENU: Enabled = |f| {
    CUSTOMER(f)?;
    if f.menu { Ok(()) } else { Err("no USSD session of this customer waits for a menu") }
};
const PLAN: Enabled = |f| {
    CUSTOMER(f)?;
    if f.plan { Ok(()) } else { Err("no call with this customer waits for a plan") }
};
const GREETED: Enabled = |f| match (f.form, f.greeted) {
    (true, _) => Err("another form is open: finish or leave it first"),
    (_, false) => Err("not connected yet"),
    _ => Ok(()),
};
const PAUSABLE: Enabled = |f| {
    GREETED(f)?;
    match f.work {
        None => Err("select a work by tag first: w lists them"),
        Some(WorkState::Paused) => Err("it is paused already"),
        Some(state) if state.is_final() => Err("it is over"),
        Some(_) => Ok(()),
    }
};
const RESUMABLE: Enabled = |f| {
    GREETED(f)?;
    match f.work {
        None => Err("select a work by tag first: w lists them"),
        Some(WorkState::Paused) => Ok(()),
        Some(_) => Err("it is not paused"),
    }
};
const CANCELLABLE: Enabled = |f| {
    GREETED(f)?;
    match f.work {
        None => Err("select a work by tag first: w lists them"),
        Some(state) if state.is_final() => Err("it is over"),
        Some(_) => Ok(()),
    }
};
const LISTED: Enabled =
    |f| if f.listed { Ok(()) } else { Err("this row is about no single customer") };
const HELD: Enabled = |f| if f.held { Ok(()) } else { Err("nothing is held back") };
const SENT: Enabled = |f| if f.sent { Ok(()) } else { Err("nothing was sent yet") };
const DOWN: Enabled = |f| if f.live { Err("the connection is up") } else { Ok(()) };
const FORM: Enabled = |f| if f.form { Ok(()) } else { Err("no form is open") };

const EVERYWHERE: &[Context] = Context::ALL;
const BROWSE: &[Context] = &[Context::Feed, Context::Inspector, Context::Activity, Context::Lists];
/// Where it can be seen whom a command would be for.
const TARGET: &[Context] = &[Context::Feed, Context::Inspector, Context::Activity];
const FEED: &[Context] = &[Context::Feed];
const INSPECTOR: &[Context] = &[Context::Inspector];
const ACTIVITY: &[Context] = &[Context::Activity];
const LISTS: &[Context] = &[Context::Lists];
const FILTER: &[Context] = &[Context::Filter];
const EDIT: &[Context] = &[Context::Form];
const REVIEW: &[Context] = &[Context::Review];
const PICKER: &[Context] = &[Context::Picker];
const LEAVING: &[Context] = &[Context::Leaving];
const LAYERS: &[Context] = &[
    Context::Feed,
    Context::Inspector,
    Context::Activity,
    Context::Lists,
    Context::Picker,
    Context::Leaving,
];

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The action.
    pub action: Action,
    /// Its name in a keymap file.
    pub id: &'static str,
    /// One or two words for hint bar and menus.
    pub title: &'static str,
    /// A line for help and palette.
    pub help: &'static str,
    /// Other words an agent may look for.
    pub synonyms: &'static str,
    /// Where it can be pressed.
    pub contexts: &'static [Context],
    /// What it can do to others.
    pub risk: Risk,
    /// Higher stays longer in the hint bar; 0 is never shown there.
    pub hint: u8,
    enabled: Enabled,
}

impl Row {
    /// The row of a command: where it can be pressed and when it is possible follow from what must be
    /// chosen before it.
    const fn of(spec: &'static Spec) -> Self {
        let (contexts, enabled): (_, Enabled) = match spec.needs {
            Needs::Customer => (TARGET, CUSTOMER),
            Needs::Message => (TARGET, ANSWER),
            Needs::Ussd => (TARGET, MENU),
            Needs::Call => (TARGET, PLAN),
            Needs::Work => (LISTS, GREETED),
            Needs::Anyone | Needs::Nothing => (BROWSE, GREETED),
        };
        let Menu { name, title, help, synonyms, hint } = spec.menu;
        let action = Action::Command(spec);
        Self { action, id: name, title, help, synonyms, contexts, risk: spec.risk, hint, enabled }
    }
    /// Whether it is possible now, or why not.
    pub fn enabled(&self, facts: &Facts) -> Result<(), Reason> {
        (self.enabled)(facts)
    }
}

/// Makes the enum of actions and the rows of those that are no commands: `Pause "pause" …;` becomes
/// the variant `Action::Pause` and its row. The commands of the catalog stand between the two
/// groups, each made of its declaration alone.
macro_rules! actions {
    (before { $($before:ident $b_id:literal $b_title:literal $b_in:ident $b_risk:ident $b_hint:literal
        $b_enabled:ident $b_help:literal / $b_synonyms:literal;)* }
     after { $($after:ident $id:literal $title:literal $in:ident $risk:ident $hint:literal
        $enabled:ident $help:literal / $synonyms:literal;)* }) => {
        /// What a key means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $(#[doc = $b_help] $before,)*
            /// Opens the form of a command of the catalog.
            Command(&'static Spec),
            $(#[doc = $help] $after,)*
        }

        impl Action {
            /// All that is known about it.
            #[must_use]
            pub const fn row(self) -> Row {
                match self {
                    $(Self::$before => Row {
                        action: self, id: $b_id, title: $b_title, help: $b_help,
                        synonyms: $b_synonyms, contexts: $b_in, risk: Risk::$b_risk,
                        hint: $b_hint, enabled: $b_enabled,
                    },)*
                    Self::Command(spec) => Row::of(spec),
                    $(Self::$after => Row {
                        action: self, id: $id, title: $title, help: $help, synonyms: $synonyms,
                        contexts: $in, risk: Risk::$risk, hint: $hint, enabled: $enabled,
                    },)*
                }
            }

            /// Every action with all that is known about it, in the order of help. Work by tag is
            /// steered by actions of its own, which have nothing to fill in.
            pub fn table() -> impl Iterator<Item = Row> + Clone {
                let commands = catalog::ALL.iter().filter(|spec| spec.needs != Needs::Work);
                [$(Self::$before),*]
                    .into_iter()
                    .chain(commands.map(|spec| Self::Command(spec)))
                    .chain([$(Self::$after),*])
                    .map(Self::row)
            }
        }
    };
}

impl Action {
    /// The action of a name in a keymap file.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::table().find(|row| row.id == id).map(|row| row.action)
    }
}

actions! {
before {
    // feed
    Pause "pause" "pause" FEED R0 70 ALWAYS
        "stop the feed from moving; nothing is lost; again to go on" / "stop freeze hold still";
    Follow "follow" "follow" FEED R0 40 ALWAYS
        "go to the newest event and stay there" / "live tail newest resume";
    Filter "filter" "filter" FEED R0 80 ALWAYS
        "show only events that have these words" / "search find grep query";
    FilterToggle "filter-toggle" "filter off/on" FEED R0 30 ALWAYS
        "switch the filter off and on again; the selection stays" / "clear all unfilter";
    NextProblem "next-problem" "problem" FEED R0 60 ALWAYS
        "go to the next event that needs attention" / "error failed missed next";
    PreviousProblem "previous-problem" "problem before" FEED R0 0 ALWAYS
        "go to the problem before this one" / "error failed missed back";
    Open "open" "inspect" FEED R0 90 SELECTED
        "inspect the selected event's customer" / "enter details customer show";
    // inspector
    NextTab "next-tab" "next tab" INSPECTOR R0 80 ALWAYS
        "the next tab of the inspector" / "right";
    PreviousTab "previous-tab" "tab before" INSPECTOR R0 0 ALWAYS
        "the tab before this one; from the first, back to the feed" / "left";
    Customer "customer" "customer" BROWSE R0 35 ALWAYS
        "open a customer by id, number, key:value, or search by @name" / "goto jump find lookup phone";
    // moving
    Down "down" "down" BROWSE R0 0 ALWAYS "one row down" / "next j";
    Up "up" "up" BROWSE R0 0 ALWAYS "one row up" / "previous k";
    PageDown "page-down" "page down" BROWSE R0 0 ALWAYS "a page down" / "scroll";
    PageUp "page-up" "page up" BROWSE R0 0 ALWAYS "a page up" / "scroll older history";
    Top "top" "oldest" BROWSE R0 0 ALWAYS "to the first row" / "start beginning home first oldest";
    Bottom "bottom" "newest" BROWSE R0 20 ALWAYS "to the last row; in the feed: follow" / "end last newest";
}
after {
    // lists
    Works "works" "works" BROWSE R0 40 ALWAYS
        "work by tag: what runs, how far it is; pause, resume, cancel" / "bulk campaign progress list 5";
    Reminders "reminders" "reminders" BROWSE R0 0 ALWAYS
        "reminders of all customers, with their next firings" / "bell schedule due list";
    Leases "leases" "leases" BROWSE R0 0 ALWAYS
        "who holds a lease on whose data, and who waits" / "lock holder list";
    Purses "purses" "purses" BROWSE R0 0 ALWAYS
        "the org's purses and what is in them" / "money balance funds list";
    NextList "next-list" "next tab" LISTS R0 70 ALWAYS "the next list" / "right";
    PreviousList "previous-list" "tab before" LISTS R0 0 ALWAYS "the list before" / "left";
    OpenListed "open-listed" "inspect" LISTS R0 60 LISTED
        "inspect the customer of the selected row" / "enter details customer";
    WorkPause "work-pause" "pause" LISTS R1 90 PAUSABLE "pause the selected work by tag" / "hold stop brake";
    WorkResume "work-resume" "resume" LISTS R1 89 RESUMABLE "go on with the selected work by tag" / "continue go";
    WorkCancel "work-cancel" "cancel" LISTS R3 88 CANCELLABLE
        "end the selected work by tag for good" / "abort kill stop";
    // what was decided
    Undo "undo" "take back" BROWSE R0 95 HELD
        "take back what is held; it becomes a draft again" / "undo recall cancel unsend";
    SendNow "send-now" "send now" BROWSE R2 94 HELD
        "send what is held without waiting" / "immediately skip hold";
    Fix "fix" "check, mend" ACTIVITY R0 90 SENT
        "ask what became of an unknown command; reopen the form of a refused one" / "retry resolve edit again";
    // panes
    NextPane "next-pane" "pane" BROWSE R0 45 ALWAYS "the next pane" / "focus switch tab";
    PreviousPane "previous-pane" "pane before" BROWSE R0 0 ALWAYS "the pane before" / "focus switch";
    FeedPane "feed" "feed" BROWSE R0 0 ALWAYS "to the live feed" / "events pane 1";
    InspectorPane "inspector" "inspector" BROWSE R0 0 ALWAYS "to the inspector" / "customer pane 2";
    FormPane "form" "form" BROWSE R0 0 FORM "to the open form" / "draft pane 3";
    ActivityPane "activity" "activity" BROWSE R0 0 ALWAYS
        "to what was sent and what became of it" / "outbox log sent pane 4";
    Zoom "zoom" "zoom" BROWSE R0 25 ALWAYS "this pane alone, and back" / "maximize full screen";
    // everywhere
    Retry "retry" "retry" BROWSE R0 96 DOWN "connect again now instead of waiting" / "reconnect refresh";
    Palette "palette" "command" EVERYWHERE R0 15 ALWAYS
        "find any action or customer by typing" / "commands actions search run";
    Help "help" "help" EVERYWHERE R0 100 ALWAYS "what the keys do; type to search, Enter runs" / "keys shortcuts manual";
    Back "back" "back" LAYERS R0 0 ALWAYS "close what is on top; never quits" / "escape cancel close";
    Quit "quit" "quit" BROWSE R0 10 ALWAYS "leave; press twice" / "exit leave close bye";
    Interrupt "interrupt" "cancel" EVERYWHERE R0 0 ALWAYS "cancel; twice within 1.5 s leaves" / "ctrl-c quit abort";
    Suspend "suspend" "suspend" EVERYWHERE R0 0 ALWAYS
        "back to the shell until fg; held sends become drafts" / "background stop shell";
    Redraw "redraw" "redraw" EVERYWHERE R0 0 ALWAYS "draw the screen anew" / "refresh repaint garbage";
    Mouse "mouse" "mouse" EVERYWHERE R0 0 ALWAYS
        "let go of the mouse so that the terminal can select text, and take it back" / "copy selection capture";
    // typing
    FilterAccept "filter-accept" "keep" FILTER R0 80 ALWAYS "keep this filter" / "enter apply";
    FilterCancel "filter-cancel" "filter before" FILTER R0 70 ALWAYS "back to the filter there was before" / "escape";
    FormReview "form-review" "review" EDIT R0 95 ALWAYS "check the form and show what will be sent" / "send submit";
    FormNext "form-next" "next field" EDIT R0 80 ALWAYS "the next field" / "tab";
    FormPrevious "form-previous" "field before" EDIT R0 0 ALWAYS "the field before" / "backtab";
    FormLeave "form-leave" "leave, keep draft" EDIT R0 85 ALWAYS "leave the form; the draft is kept" / "escape close";
    ReviewSend "review-send" "send or apply" REVIEW R2 95 ALWAYS "do what the sheet shows" / "confirm yes";
    ReviewSwap "review-swap" "swap" REVIEW R0 85 ALWAYS
        "on the sheet of a merge: the other customer survives" / "turn round direction";
    ReviewEdit "review-edit" "edit" REVIEW R0 90 ALWAYS "back to the form" / "change escape";
    PickRun "pick-run" "run" PICKER R0 80 ALWAYS "do what the row says" / "enter choose";
    PickDown "pick-down" "down" PICKER R0 0 ALWAYS "one row down" / "next";
    PickUp "pick-up" "up" PICKER R0 0 ALWAYS "one row up" / "previous";
    LeaveSend "leave-send" "send now and leave" LEAVING R2 95 ALWAYS "send what is held, then leave" / "quit";
    LeaveDraft "leave-draft" "keep drafts and leave" LEAVING R0 90 ALWAYS "keep what is held as drafts and leave" / "quit";
}
}

#[cfg(test)]
mod tests;
