//! All that keys can mean, in one table. The dispatcher, the hint bar, the menu of a leader key,
//! the help, the palette and the check of the keymap are all made from it, so none of them can know
//! less than another.
//!
//! Which keys those are is data (`assets/keymap.toml`). Whether an action is possible at the moment
//! is decided from [`Facts`] and never from the whole state.

mod possible;

use crate::catalog::{self, Menu, Needs, Risk, Spec};
use possible::{
    AGAIN, ALWAYS, ANSWER, ANYONE, BEHIND, CANCELLABLE, COMPARED, CUSTOMER, DOWN, EDITABLE,
    ELSEWHERE, Enabled, FORM, GREETED, HELD, LATER, LINE, LISTED, LISTED_DRAFT, MENU, PAST, PASTED,
    PAUSABLE, PLAN, REPEATABLE, REPLIES, RESUMABLE, REVERSIBLE, SCHEDULED, SELECTED, SENT, UNKNOWN,
};
pub use possible::{Answerable, Facts, ListedRow, Reason};
use strum::VariantArray;

/// Where on the screen a key is pressed. It decides which actions a key can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, VariantArray)]
pub enum KeyContext {
    Feed,
    Inspector,
    Activity,
    /// The lists but that of works: a row is about a customer whom commands are for, or is a purse.
    Lists,
    /// The lists of work by tag and of networks, whose rows are about no customer.
    Works,
    /// The filter line of the feed is being typed.
    Filter,
    /// A form is being filled in.
    Form,
    /// The review sheet of a form is open.
    Review,
    /// A searchable list lies on top: the palette or the help.
    Picker,
    /// The question is open what shall become of held sends before the console is left.
    Leaving,
    /// The question is open whether a draft is to be thrown away.
    ThrowingAway,
    /// The card of the first start is open.
    Welcome,
}

impl KeyContext {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Whether printable keys are text here. Only an action that belongs to this one context can
    /// still take a letter, such as the `s` of the review sheet.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Filter | Self::Form | Self::Review | Self::Picker)
    }
}

/// What a risk class means to an agent, in a word (R-CONSOLE-6). It is empty for what is harmless.
#[must_use]
pub const fn risk_word(risk: Risk) -> &'static str {
    match risk {
        Risk::R0 => "",
        Risk::R1 => "changes data",
        Risk::R2 => "reaches the customer",
        Risk::R3 | Risk::R4 => "no way back",
    }
}

const EVERYWHERE: &[KeyContext] = KeyContext::ALL;
const BROWSE: &[KeyContext] = &[
    KeyContext::Feed,
    KeyContext::Inspector,
    KeyContext::Activity,
    KeyContext::Lists,
    KeyContext::Works,
];
/// The places in which the agent can see whom a command would be for.
const TARGET: &[KeyContext] =
    &[KeyContext::Feed, KeyContext::Inspector, KeyContext::Activity, KeyContext::Lists];
const FEED: &[KeyContext] = &[KeyContext::Feed];
const FEED_AND_INSPECTOR: &[KeyContext] = &[KeyContext::Feed, KeyContext::Inspector];
const COURSES: &[KeyContext] = &[
    KeyContext::Feed,
    KeyContext::Inspector,
    KeyContext::Activity,
    KeyContext::Lists,
    KeyContext::Works,
];
const INSPECTOR: &[KeyContext] = &[KeyContext::Inspector];
const ACTIVITY: &[KeyContext] = &[KeyContext::Activity];
const LISTS: &[KeyContext] = &[KeyContext::Lists, KeyContext::Works];
const WORKS: &[KeyContext] = &[KeyContext::Works];
const FILTER: &[KeyContext] = &[KeyContext::Filter];
const EDIT: &[KeyContext] = &[KeyContext::Form];
const REVIEW: &[KeyContext] = &[KeyContext::Review];
const PICKER: &[KeyContext] = &[KeyContext::Picker];
const LEAVING: &[KeyContext] = &[KeyContext::Leaving];
const THROWING_AWAY: &[KeyContext] = &[KeyContext::ThrowingAway];
const WELCOME: &[KeyContext] = &[KeyContext::Welcome];
/// Everywhere but in the questions whether to leave and to throw away, and on the card of the first start.
const WORKING: &[KeyContext] = &[
    KeyContext::Feed,
    KeyContext::Inspector,
    KeyContext::Activity,
    KeyContext::Lists,
    KeyContext::Works,
    KeyContext::Filter,
    KeyContext::Form,
    KeyContext::Review,
    KeyContext::Picker,
];
/// Everywhere but in a form, whose texts have another use for the key.
const OUTSIDE_FORM: &[KeyContext] = &[
    KeyContext::Feed,
    KeyContext::Inspector,
    KeyContext::Activity,
    KeyContext::Lists,
    KeyContext::Works,
    KeyContext::Filter,
    KeyContext::Review,
    KeyContext::Picker,
    KeyContext::Leaving,
    KeyContext::ThrowingAway,
    KeyContext::Welcome,
];
const LAYERS: &[KeyContext] = &[
    KeyContext::Feed,
    KeyContext::Inspector,
    KeyContext::Activity,
    KeyContext::Lists,
    KeyContext::Works,
    KeyContext::Picker,
    KeyContext::Leaving,
    KeyContext::ThrowingAway,
];

/// One row of the table: an action and all that is known about it.
#[derive(Clone, Copy, Debug)]
pub struct ActionRow {
    pub action: Action,
    /// The action's name in a keymap file.
    pub id: &'static str,
    /// One or two words for the hint bar and for menus.
    pub title: &'static str,
    /// A line for the help and the palette.
    pub help: &'static str,
    /// Other words that an agent may search for.
    pub synonyms: &'static str,
    /// Where the action can be pressed.
    pub contexts: &'static [KeyContext],
    /// What the action can do to others (R-CONSOLE-6).
    pub risk: Risk,
    /// The priority in the hint bar: a higher one stays longer when room is short, and 0 is
    /// never shown there.
    pub hint: u8,
    enabled: Enabled,
}

impl ActionRow {
    /// The row of a command of the catalog. Where it can be pressed, and when it is possible,
    /// follow from what has to be chosen before it.
    const fn of(spec: &'static Spec) -> Self {
        let (contexts, enabled): (_, Enabled) = match spec.needs {
            Needs::Customer => (TARGET, CUSTOMER),
            Needs::Scheduled => (TARGET, SCHEDULED),
            Needs::Message => (TARGET, ANSWER),
            Needs::Ussd => (TARGET, MENU),
            Needs::Call => (TARGET, PLAN),
            Needs::Work | Needs::Carrier => (WORKS, GREETED),
            Needs::Unknown => (TARGET, UNKNOWN),
            Needs::Anyone => (BROWSE, ANYONE),
            Needs::Nothing => (BROWSE, GREETED),
        };
        let Menu { name, title, help, synonyms, hint } = spec.menu;
        let action = Action::Command(spec);
        Self { action, id: name, title, help, synonyms, contexts, risk: spec.risk, hint, enabled }
    }
    /// Whether the action is possible now.
    ///
    /// # Errors
    ///
    /// The reason why it is not.
    pub fn enabled(&self, facts: &Facts) -> Result<(), Reason> {
        (self.enabled)(facts)
    }
}

/// Makes the enum of actions, and the rows of those that are not commands. A line `Pause "pause"
/// …;` becomes the variant `Action::Pause` and its row. The commands of the catalog stand between
/// the two groups; each of their rows is made from the command's declaration alone.
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
            /// All that is known about this action.
            #[must_use]
            pub const fn row(self) -> ActionRow {
                match self {
                    $(Self::$before => ActionRow {
                        action: self, id: $b_id, title: $b_title, help: $b_help,
                        synonyms: $b_synonyms, contexts: $b_in, risk: Risk::$b_risk,
                        hint: $b_hint, enabled: $b_enabled,
                    },)*
                    Self::Command(spec) => ActionRow::of(spec),
                    $(Self::$after => ActionRow {
                        action: self, id: $id, title: $title, help: $help, synonyms: $synonyms,
                        contexts: $in, risk: Risk::$risk, hint: $hint, enabled: $enabled,
                    },)*
                }
            }

            /// Every action in the order of the help. The declaration that steers work by tag has
            /// no row, and neither has the one for networks: `WorkPause`, `WorkResume` and
            /// `CancelListed` stand for them, because there is nothing to fill in.
            pub fn table() -> impl Iterator<Item = ActionRow> + Clone {
                let commands = catalog::ALL.iter().filter(|spec| !spec.is_steering());
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
    /// The action with this name in a keymap file; `None` if there is none.
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
    Clauses "clauses" "clauses" FEED R0 0 ALWAYS
        "switch single clauses of the filter off and on" / "chips parts filter toggle";
    RowClause "row-clause" "filter by row" FEED R0 0 ALWAYS
        "add a clause to the filter that asks for what the selected row has" / "same like this number type";
    NextProblem "next-problem" "problem" FEED R0 60 ALWAYS
        "go to the next event that needs attention" / "error failed missed next";
    PreviousProblem "previous-problem" "problem before" FEED R0 0 ALWAYS
        "go to the problem before this one" / "error failed missed back";
    Depth "depth" "depth" FEED R0 75 ALWAYS
        "show what was said and done, every event, or only problems" / "talk all problems level reports verbose";
    Times "times" "times" FEED R0 0 ALWAYS
        "show times to the minute, to the second, or how long ago" / "clock seconds age ago relative";
    Views "views" "views" BROWSE R0 0 ALWAYS
        "show the feed as a view says: a kept filter with its depth" / "saved filter tab unread switch";
    NextOfCustomer "next-of-customer" "their next" FEED R0 0 SELECTED
        "go to the next event of the same customer" / "same customer newer following";
    PreviousOfCustomer "previous-of-customer" "their last" FEED R0 0 SELECTED
        "go to the event of the same customer before this one" / "same customer older before";
    Related "related" "related" FEED R0 0 ALWAYS
        "show only what is about the same message, payment, session or work; again goes back" / "chain thread correlate reply reports";
    GoToTime "go-to-time" "time" FEED_AND_INSPECTOR R0 0 ALWAYS
        "go to a time: 14:00, yesterday 14:00, -2h, a date; the inspector shows its customer as of then" / "date when jump history at past older newer";
    MarkRow "mark-row" "mark" FEED_AND_INSPECTOR R0 0 ALWAYS
        "mark the selected row to come back to it, or a point in the past to compare with; again takes it away" / "bookmark pin star remember";
    MarkedRows "marked-rows" "marked" FEED R0 0 ALWAYS "list the marked rows and go to one" / "bookmarks pins list";
    Open "open" "inspect" FEED R0 90 SELECTED
        "inspect the selected event's customer" / "enter details customer show";
    // inspector
    NextTab "next-tab" "next tab" INSPECTOR R0 80 ALWAYS
        "the next tab of the inspector" / "right";
    PreviousTab "previous-tab" "tab before" INSPECTOR R0 0 ALWAYS
        "the tab before this one; from the first, back to the feed" / "left";
    StepBack "step-back" "earlier" INSPECTOR R0 28 PAST
        "show this customer as of the event before; in the timeline first as of the selected one" / "time travel past history undo as of";
    StepForward "step-forward" "later" INSPECTOR R0 77 BEHIND
        "show this customer as of the next event, and after the last one as they are now" / "time travel present as of";
    Differences "differences" "differences" INSPECTOR R0 76 COMPARED
        "list what differs between then and now, or between the marked point and this one" / "diff compare changed before after";
    CustomerBefore "customer-before" "customer before" BROWSE R0 0 ALWAYS
        "back to the customer that was looked at before this one" / "history previous return";
    CustomerAfter "customer-after" "customer after" BROWSE R0 0 ALWAYS
        "forward to the customer that was gone back from" / "history next return";
    Customer "customer" "customer" BROWSE R0 35 ALWAYS
        "open a customer by id, number, key:value, or search by @name" / "goto jump find lookup phone";
    // taking along
    CopyRow "copy-row" "copy row" BROWSE R0 0 ALWAYS
        "copy the selected row as a line of text" / "yank clipboard line";
    CopyNumber "copy-number" "copy number" BROWSE R0 0 ALWAYS
        "copy the customer's number" / "yank clipboard phone msisdn";
    CopyId "copy-id" "copy id" BROWSE R0 0 ALWAYS
        "copy the id of the message, payment, session or work; else the customer's" / "yank clipboard identifier";
    CopyCustomer "copy-customer" "copy customer" BROWSE R0 0 ALWAYS
        "copy the id of the customer" / "yank clipboard who identifier";
    CopyText "copy-text" "copy text" BROWSE R0 0 ALWAYS
        "copy what was written" / "yank clipboard message body";
    CopyJson "copy-json" "copy JSON" BROWSE R0 0 ALWAYS
        "copy all that is known of the row, as JSON" / "yank clipboard raw details";
    CopyCommand "copy-command" "copy command" BROWSE R0 0 ALWAYS
        "copy the shell command that shows the same" / "yank clipboard cli script";
    Export "export" "write to a file" BROWSE R0 0 ALWAYS
        "write what the feed shows to a file, masked or whole; again to stop it" / "save csv ndjson download spreadsheet";
    // moving about
    Down "down" "down" BROWSE R0 0 ALWAYS "one row down" / "next j";
    Up "up" "up" BROWSE R0 0 ALWAYS "one row up" / "previous k";
    PageDown "page-down" "page down" BROWSE R0 0 ALWAYS "a page down" / "scroll";
    PageUp "page-up" "page up" BROWSE R0 0 ALWAYS "a page up" / "scroll older history";
    Top "top" "oldest" BROWSE R0 0 ALWAYS "to the first row" / "start beginning home first oldest";
    Bottom "bottom" "newest" BROWSE R0 20 ALWAYS "to the last row; in the feed: follow" / "end last newest";
}
after {
    // who waits
    AnswerLive "answer-live" "answer live" WORKING R0 97 LINE
        "answer whoever waits on the line with the least time; an open form is kept" / "ussd menu call ring plan session urgent strip";
    // lists
    Waiting "waiting" "waiting" BROWSE R0 42 ALWAYS
        "who waits for an answer from a person, the longest first" / "queue unanswered inbox open todo list";
    LongestWaiting "longest-waiting" "most urgent" BROWSE R0 0 ALWAYS
        "open the customer who waits longest for an answer" / "urgent next oldest unanswered queue";
    Works "works" "works" BROWSE R0 40 ALWAYS
        "work by tag: what runs, how far it is; pause, resume, cancel" / "bulk campaign progress list 5";
    Scheduled "scheduled" "scheduled" BROWSE R0 0 ALWAYS
        "messages that have not left yet; change or cancel one" / "later schedule due list outbox";
    Reminders "reminders" "reminders" BROWSE R0 0 ALWAYS
        "reminders of all customers, with their next firings" / "bell schedule due list";
    Leases "leases" "leases" BROWSE R0 0 ALWAYS
        "who holds a lease on whose data, and who waits" / "lock holder list";
    Purses "purses" "purses" BROWSE R0 0 ALWAYS
        "the org's purses and what is in them" / "money balance funds list";
    Carriers "networks" "networks" BROWSE R0 0 ALWAYS
        "the org's connections to real networks: how they are and what waits; pause, resume" / "carrier smpp down link list";
    Unknown "unknown" "unknown" BROWSE R0 0 ALWAYS
        "messages of which nobody knows whether they arrived; decide about one" / "outcome doubt lost carrier network list";
    NextList "next-list" "next tab" LISTS R0 70 ALWAYS "the next list" / "right";
    PreviousList "previous-list" "tab before" LISTS R0 0 ALWAYS "the list before" / "left";
    OpenListed "open-listed" "open" LISTS R0 60 LISTED
        "inspect the customer of the selected row; of a work by tag, list whom it reached; of a network, what is unknown" / "enter details customer people";
    WorkPause "work-pause" "pause" LISTS R1 90 PAUSABLE "pause the selected work by tag or network" / "hold stop brake";
    WorkResume "work-resume" "resume" WORKS R1 89 RESUMABLE "go on with the selected work by tag or network" / "continue go";
    CancelListed "cancel-listed" "cancel" LISTS R3 88 CANCELLABLE
        "end the selected work by tag for good, or cancel the selected message or reminder" / "abort kill stop unremind work";
    EditListed "edit-listed" "edit" LISTS R1 86 EDITABLE
        "open the form of the selected message or reminder as it is, or set the value that is leased" / "change replace reschedule renew";
    // what arrived as text where nothing is typed
    InsertPaste "insert-paste" "insert text" TARGET R0 88 PASTED
        "put what was pasted here into a reply, or into a message" / "clipboard text typed insert characters";
    // held and sent commands
    Undo "undo" "take back" BROWSE R0 95 HELD
        "take back what is held; it becomes a draft again" / "undo recall cancel unsend";
    SendNow "send-now" "send now" BROWSE R2 94 HELD
        "send what is held without waiting" / "immediately skip hold";
    Repeat "repeat" "repeat" TARGET R0 0 REPEATABLE
        "open the last form again with the same values, for whoever is selected now" / "again same last form dot";
    Reverse "reverse" "undo done" BROWSE R0 0 REVERSIBLE
        "show the command that takes back the last tag, data or reminder that was accepted" / "undo inverse revert compensate back";
    DraftList "drafts" "drafts" BROWSE R0 0 ALWAYS
        "list what was written and not sent: Enter opens one again, a key throws it away" / "unsent kept restore postponed";
    Fix "fix" "check, mend" ACTIVITY R0 90 SENT
        "ask what became of an unknown command; reopen the form of a refused or failed one" / "retry resolve edit again";
    SendAgain "send-again" "send again" COURSES R0 86 AGAIN
        "open the form of a message that failed, with its text, the reason and the other ways to them; of a work by tag for those alone it failed for" / "retry resend repeat failed";
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
    Welcome "welcome" "first steps" BROWSE R0 0 ALWAYS
        "show the card of the first start again: five keys and three words" / "welcome card intro tutorial start explain";
    Back "back" "back" LAYERS R0 0 ALWAYS "close what is on top; never quits" / "escape cancel close";
    Quit "quit" "quit" BROWSE R0 10 ALWAYS "leave; press twice" / "exit leave close bye";
    Interrupt "interrupt" "cancel" EVERYWHERE R0 0 ALWAYS "cancel; twice within 1.5 s leaves" / "ctrl-c quit abort";
    Suspend "suspend" "suspend" OUTSIDE_FORM R0 0 ALWAYS
        "back to the shell until fg; held sends become drafts. In a form the key takes a change of the text back" / "background stop shell";
    Redraw "redraw" "redraw" EVERYWHERE R0 0 ALWAYS "draw the screen anew" / "refresh repaint garbage";
    Mouse "mouse" "mouse" EVERYWHERE R0 0 ALWAYS
        "let go of the mouse so that the terminal can select text, and take it back" / "copy selection capture";
    // typing
    FilterAccept "filter-accept" "keep" FILTER R0 80 ALWAYS "keep this filter" / "enter apply";
    FilterCancel "filter-cancel" "filter before" FILTER R0 70 ALWAYS "back to the filter there was before" / "escape";
    FilterComplete "filter-complete" "complete" FILTER R0 75 ALWAYS
        "complete what is typed: fields, then values that were seen; again for the next one" / "tab suggest";
    FilterCompleteBack "filter-complete-back" "offer before" FILTER R0 0 ALWAYS
        "the offer before this one" / "backtab";
    FilterOlder "filter-older" "earlier" FILTER R0 60 ALWAYS "the filter that was kept before" / "history up";
    FilterNewer "filter-newer" "later" FILTER R0 0 ALWAYS
        "the filter that was kept after this one, and at last what was typed" / "history down";
    FormReview "form-review" "review" EDIT R0 95 ALWAYS "check the form and show what will be sent; whoever is on the line is answered at once" / "send submit";
    FormSheet "form-sheet" "review" EDIT R0 94 ALWAYS
        "show the review sheet, also of an answer that Ctrl-S sends at once" / "check dry run";
    FormNext "form-next" "next field" EDIT R0 80 ALWAYS "the next field" / "tab";
    FormPrevious "form-previous" "field before" EDIT R0 0 ALWAYS "the field before" / "backtab";
    FormPlain "form-plain" "plainly" EDIT R0 0 ALWAYS
        "write the text plainly: quotes, dashes and blanks as typed, letters in one piece, nothing unseen" / "gsm segments parts quotes replace accents invisible";
    FormReplies "form-replies" "replies" EDIT R0 12 REPLIES
        "write a canned reply into the text, with its gaps filled for this customer" / "template macro snippet canned saved";
    FormEditor "form-editor" "own editor" EDIT R0 3 ELSEWHERE
        "write the text in your own editor, which $VISUAL or $EDITOR names" / "vim nano emacs external";
    FormLater "form-later" "send later" EDIT R0 4 LATER
        "say when the message leaves; the hub keeps it until then" / "schedule time delay tomorrow at";
    FormLeave "form-leave" "leave, keep draft" EDIT R0 85 ALWAYS "leave the form; the draft is kept" / "escape close";
    ReviewSend "review-send" "send or apply" REVIEW R2 95 ALWAYS "do what the sheet shows" / "confirm yes";
    ReviewSwap "review-swap" "swap" REVIEW R0 85 ALWAYS
        "on the sheet of a merge: the other customer survives" / "turn round direction";
    ReviewEdit "review-edit" "edit" REVIEW R0 90 ALWAYS "back to the form" / "change escape";
    ReviewCopy "review-copy" "copy command" REVIEW R0 0 ALWAYS
        "copy the shell command that does the same" / "yank clipboard cli script";
    PickRun "pick-run" "run" PICKER R0 80 ALWAYS "do what the row says" / "enter choose";
    PickDown "pick-down" "down" PICKER R0 0 ALWAYS "one row down" / "next";
    PickUp "pick-up" "up" PICKER R0 0 ALWAYS "one row up" / "previous";
    DraftAsk "draft-ask" "throw away" PICKER R0 0 LISTED_DRAFT
        "in the list of drafts: ask whether the selected one is to be thrown away" / "delete discard remove draft";
    WelcomeClose "welcome-close" "begin" WELCOME R0 95 ALWAYS "close the card of the first start" / "dismiss start";
    LeaveSend "leave-send" "send now and leave" LEAVING R2 95 ALWAYS "send what is held, then leave" / "quit";
    LeaveDraft "leave-draft" "keep drafts and leave" LEAVING R0 90 ALWAYS "keep what is held as drafts and leave" / "quit";
    DraftThrowAway "draft-throw-away" "throw away" THROWING_AWAY R0 95 ALWAYS
        "throw the draft away that is asked about" / "delete discard remove draft";
}
}

#[cfg(test)]
mod tests;
