//! The whole contract between the console's state and everything outside it, on one page.
//!
//! What comes in is a `Msg`; what the console wants done is an `Effect`. Both are plain data, so a
//! bug report can be a list of messages that a test replays.

use crate::console::alert::{Alert, WindowTitle};
use crate::console::export::{ExportOrder, ExportProgress, FileFormat};
use crate::model::{
    CallId, ClientError, CustomerCommand, CustomerId, CustomerRef, CustomerView, Entry, FeedEvent,
    FoundCustomers, ListedCarrier, ListedLease, ListedReminder, ListedScheduled, ListedWaiting,
    LivePrompts, Outlook, PurseBalance, Receipt, RecipientOutcome, Seq, SessionId, Timestamp,
    UnknownMessage, Work, WorkId, WorkRecipient,
    client::{AskedFilter, HistoryPage, PastMoment, PastView, SearchedPage},
};
use crossterm::event::{KeyEvent, MouseEvent};
use std::{path::PathBuf, sync::Arc};
use strum::{IntoStaticStr, VariantArray};

/// Names one dry run, so that its answer is never taken for the answer to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DryRunToken {
    /// The id of the call that the form would make.
    pub call: CallId,
    /// The number of the question among those of the same form.
    pub nth: u32,
}

/// What agents can list although the public contract has no list of it. The hub answers over
/// its `Operator` service.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, VariantArray,
)]
pub enum List {
    /// Customers who wait for an answer from a person (R-WAIT-3).
    Waiting,
    /// Work by tag (R-OPERATOR-2).
    #[default]
    Works,
    /// Messages that have not left yet (R-LATER-4).
    #[strum(serialize = "Later")]
    Scheduled,
    /// Reminders of single customers (R-OPERATOR-1).
    Reminders,
    /// Leases that are running (R-OPERATOR-3).
    Leases,
    /// The org's purses with their balances (R-OPERATOR-4).
    Purses,
    /// The org's connections to real networks (R-CARRY-19).
    #[strum(serialize = "Networks")]
    Carriers,
    /// Messages of which nobody knows whether they arrived (R-CARRY-18).
    Unknown,
}

/// The rows of one list.
#[derive(Clone, Debug, PartialEq)]
pub enum Listing {
    /// Who waits, and how many there are in all. The longest comes first when it comes from the hub; on the
    /// screen the order stays as it is while an agent works in it.
    Waiting(Vec<ListedWaiting>, u64),
    /// Works, the newest first, each with its next firings.
    Works(Vec<(Work, Vec<Timestamp>)>),
    /// Messages that have not left yet, the soonest first, and how many there are in all.
    Scheduled(Vec<ListedScheduled>, u64),
    /// Reminders, the soonest first, and how many there are in all.
    Reminders(Vec<ListedReminder>, u64),
    Leases(Vec<ListedLease>),
    /// Purses in the order of the hub's settings.
    Purses(Vec<PurseBalance>),
    /// Connections in the order of the hub's settings.
    Carriers(Vec<ListedCarrier>),
    /// Messages of unknown outcome, those that were sent first first, and how many there are in all.
    Unknown(Vec<UnknownMessage>, u64),
}

/// The queue that a command waits in. Commands of one queue are sent one after the other, in the
/// order in which they were given; the queues do not wait for each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SendQueue {
    /// Whatever is for one customer.
    Customer(CustomerId),
    /// Answers to one USSD session or call. They do not wait behind a message to the same customer,
    /// because somebody is waiting on the line.
    Session(SessionId),
    /// Work by tag, and money that moves without a customer.
    Org,
}

impl SendQueue {
    /// Whether the commands behind this one wait for its answer. They do not wait for a lease,
    /// because its answer takes as long as somebody else holds the value.
    #[must_use]
    pub const fn waits_for(command: &CustomerCommand) -> bool {
        !matches!(command, CustomerCommand::LeaseMetadata { .. })
    }
}

/// A file that an agent wants written.
#[derive(Clone, Debug, PartialEq)]
pub struct FileOrder {
    pub order: ExportOrder,
    pub path: PathBuf,
}

/// How many people of a work by tag are asked for at a time; hubs give no more.
pub const PIECE: u32 = 500;

/// Asks for a piece of the people of a work by tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleQuestion {
    pub work: WorkId,
    /// Only those with this outcome are wanted.
    pub outcome: Option<RecipientOutcome>,
    /// Where the piece begins, as the piece before has said; empty for the first one.
    pub after: String,
}

/// A file of the people of a work by tag that an agent wants written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleOrder {
    pub work: WorkId,
    /// Only those with this outcome.
    pub outcome: Option<RecipientOutcome>,
    pub format: FileFormat,
    pub path: PathBuf,
}

/// What the hub says of the people of a work by tag, or what became of a file of them.
#[derive(Clone, Debug)]
pub enum PeopleNews {
    Piece {
        question: PeopleQuestion,
        /// A piece of them, and where the next one begins.
        result: Result<(Vec<WorkRecipient>, String), ClientError>,
    },
    Written {
        path: PathBuf,
        /// How many are in the file, or why there is none.
        result: Result<usize, String>,
    },
}

/// What becomes of an export.
#[derive(Clone, Debug)]
pub enum ExportNews {
    Progress(ExportProgress),
    /// The file is whole and has so many events.
    Done {
        path: PathBuf,
        events: u64,
    },
    /// There is no file; the text says why.
    Failed(String),
}

/// A text that the agent wants to write in an editor (R-CONSOLE-25).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditOrder {
    /// The call that the form will make.
    pub call: CallId,
    /// The name of the field.
    pub field: &'static str,
    /// What is in the field.
    pub text: String,
    /// How many characters the field takes.
    pub room: usize,
}

/// What an editor has made of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedText {
    /// The text, or its beginning.
    pub text: String,
    /// The file that has all of it, if that is more than fits into the field.
    pub whole: Option<PathBuf>,
}

/// From where on a page of a customer's history is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimelineFrom {
    /// The newest entries.
    Newest,
    /// Entries before this place, the nearest to it.
    Before(Seq),
    /// Entries after this place, the nearest to it.
    After(Seq),
}

/// A page of a customer's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelinePage {
    pub customer: CustomerId,
    pub from: TimelineFrom,
    /// Which question it is. The same page may be asked for twice, and only the second answer counts then.
    pub nth: u64,
}

/// A customer as of an earlier moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookBack {
    pub customer: CustomerId,
    pub moment: PastMoment,
}

/// Asks what was done with a key before the console started: how much of it, is the link's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierQuestion {
    /// The label of the key.
    pub by: String,
    /// Only entries before this place are wanted.
    pub before: Seq,
    /// The time on the hub's clock.
    pub now: Timestamp,
}

/// What was done with a key before the console started.
#[derive(Clone, Debug, Default)]
pub struct EarlierEntries {
    /// The newest of it, the oldest first.
    pub entries: Vec<Arc<Entry>>,
    /// Whether there may be more than this.
    pub more: bool,
}

/// What the picture says that a click on a part of it means. Buttons, hints and menus are keys, and so whatever
/// guards a key guards them too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Click {
    /// The same as these keys.
    Keys(Vec<KeyEvent>),
    /// Opens a tab of the inspector, counted from the first.
    Tab(usize),
    /// Selects the item of the timeline that has this event: the entry's place, and which of its events it is.
    Event(Seq, usize),
    /// Opens a list.
    List(List),
    /// Selects a row of the open list; another click on it opens its customer.
    Listed(usize),
    /// Shows those of the people of a work who have this outcome, or all.
    People(Option<RecipientOutcome>),
    /// Selects what was sent, counted from the newest.
    Sent(usize),
    /// Selects a row of the searchable list that is open; another click on it runs it.
    Pick(usize),
    /// Answers somebody on the line.
    Live(SessionId),
}

/// Anything that reaches the console.
#[derive(Clone, Debug)]
pub enum Msg {
    Key(KeyEvent),
    /// A bracketed paste. It is text and is never treated as keys (R-CONSOLE-5).
    Paste(String),
    Mouse(MouseEvent),
    /// A click on a part of the picture that means something.
    Click(Click),
    /// The terminal now has so many columns and rows.
    Resize(u16, u16),
    /// The terminal gained (true) or lost (false) the focus.
    Focus(bool),
    /// Time has passed: what `App::next_wake` asked for may be due, or only a picture is, or data
    /// that was gathered.
    Wake,
    /// SIGTERM or SIGHUP arrived, or the terminal is gone. The console leaves at once, and held
    /// sends become drafts.
    Terminate,
    /// Ctrl-C was pressed where the terminal turns it into a signal, as it does while an editor has it. An editor
    /// takes it for itself; otherwise it is `Terminate`.
    Interrupted,
    /// The process runs again after it was stopped.
    Resumed,
    /// The answer to `Effect::Edit`.
    Edited {
        call: CallId,
        field: &'static str,
        /// An error is a sentence for the agent. The field is then as it was.
        result: Result<EditedText, String>,
    },
    /// Something in this program failed in the background; the text says what.
    Failed(String),
    /// What the feed brought: an entry, a gap, or a change of the connection.
    Feed(FeedEvent),
    /// The answer to `Effect::Inspect`.
    Inspected {
        /// The customer that was asked for.
        customer: CustomerRef,
        /// `Ok(None)` means that there is no such customer.
        result: Result<Option<CustomerView>, ClientError>,
    },
    /// The answer to `Effect::History`.
    Past {
        /// The place before which entries were asked for.
        before: Seq,
        /// A page of entries, the newest first.
        result: Result<HistoryPage, ClientError>,
    },
    /// The answer to `Effect::Timeline`.
    Timeline {
        page: TimelinePage,
        result: Result<HistoryPage, ClientError>,
    },
    /// The answer to `Effect::LookBack`.
    LookedBack {
        asked: LookBack,
        /// `Ok(None)` means that there is no such customer now.
        result: Result<Option<PastView>, ClientError>,
    },
    /// The answer to `Effect::Search`.
    Searched {
        /// The place before which was searched, and the filter.
        before: Seq,
        filter: AskedFilter,
        result: Result<SearchedPage, ClientError>,
    },
    /// The answer to `Effect::SearchOn`.
    SearchedOn {
        /// The place after which was searched, and the filter.
        after: Seq,
        filter: AskedFilter,
        result: Result<SearchedPage, ClientError>,
    },
    /// The answer to `Effect::GoTo`.
    Placed {
        moment: PastMoment,
        filter: AskedFilter,
        /// Where that is, and what lies from there on.
        result: Result<(Seq, SearchedPage), ClientError>,
    },
    /// The answer to `Effect::Find`.
    Found {
        /// The words that were searched for.
        words: String,
        result: Result<FoundCustomers, ClientError>,
    },
    /// The answer to `Effect::Send`.
    Sent {
        call: CallId,
        /// `Err(ClientError::Unknown)` means that the command may or may not have been done.
        result: Result<Receipt, ClientError>,
    },
    /// The answer to `Effect::DryRun`.
    Outlook {
        /// The token that the question was asked with.
        token: DryRunToken,
        /// What the command would lead to.
        result: Result<Box<Outlook>, ClientError>,
    },
    /// The answer to `Effect::List`.
    Listed {
        list: List,
        result: Result<Listing, ClientError>,
    },
    /// The answer to `Effect::People` and to `Effect::ExportPeople`.
    People(PeopleNews),
    /// The answer to `Effect::Earlier`.
    Earlier(Result<EarlierEntries, ClientError>),
    /// The answer to `Effect::EarlierCourse`: entries about those customers, the oldest first.
    EarlierCourse(Result<Vec<Arc<Entry>>, ClientError>),
    /// The answer to `Effect::Copy`.
    Copied {
        what: &'static str,
        text: String,
        /// The program that has taken it; `None` if there is none that does.
        by: Option<&'static str>,
    },
    /// What becomes of `Effect::Export`.
    Export(ExportNews),
    /// The answer to `Effect::Live`.
    Live(Result<LivePrompts, ClientError>),
    /// The clock of this machine was set, or the machine slept. Otherwise it would show this time now.
    ClockSet(Timestamp),
    /// The command with this call id could not be handed over, because too many wait already.
    /// Nothing was done.
    Overloaded(CallId),
}

/// What the console wants done outside of its state.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Sends a command, or asks again with the same call id what became of it (D-IDEM).
    Send {
        /// The command's idempotency key.
        call: CallId,
        command: CustomerCommand,
        /// Where the command waits for its turn.
        queue: SendQueue,
    },
    /// Looks up a customer. This and every other question replaces an older one of the same kind
    /// that is not answered yet; each list is a kind of its own.
    Inspect(CustomerRef),
    /// Loads older entries.
    History {
        /// Only entries before this place are wanted.
        before: Seq,
    },
    /// Loads a page of what happened to one customer.
    Timeline(TimelinePage),
    /// Looks at a customer as of an earlier moment. A hub that has not come so far yet says so, and is asked again
    /// until it has.
    LookBack(LookBack),
    /// Searches a piece of the past with a filter (R-FEED-5).
    Search {
        /// Only entries before this place are wanted.
        before: Seq,
        filter: AskedFilter,
    },
    /// Searches a piece towards newer entries with a filter.
    SearchOn {
        /// Only entries after this place are wanted.
        after: Seq,
        filter: AskedFilter,
    },
    /// Asks where in the log a time lies (R-OPERATOR-8), and for the first entries from there on that match.
    GoTo { moment: PastMoment, filter: AskedFilter },
    /// Searches customers by these words.
    Find(String),
    /// Asks what a command would lead to. Nothing is done.
    DryRun {
        /// Comes back with the answer.
        token: DryRunToken,
        /// The command on the review sheet.
        command: CustomerCommand,
    },
    /// Asks for the rows of a list.
    List(List),
    /// Asks whom a work by tag has reached.
    People(PeopleQuestion),
    /// Writes the people of a work by tag to a new file.
    ExportPeople(PeopleOrder),
    /// Asks what this agent did before the console started (R-CONSOLE-28).
    Earlier(EarlierQuestion),
    /// Asks what has happened to customers since an entry of each.
    EarlierCourse(Vec<(CustomerId, Seq)>),
    /// Gives a text to a program that keeps it for pasting. `what` names it in words.
    Copy { what: &'static str, text: String },
    /// Asks the terminal to keep a text for pasting (OSC 52).
    CopyByTerminal(String),
    /// Writes what a filter shows to a new file.
    Export(FileOrder),
    /// Ends an export that is under way. Nothing is left of its file.
    StopExport,
    /// Asks who waits on the line.
    Live,
    /// Reconnects now instead of waiting for the next attempt.
    RetryNow,
    /// Takes the terminal again and draws everything (`Ctrl-L`, or after `fg`).
    Redraw,
    /// Turns mouse capture on or off.
    CaptureMouse(bool),
    /// Calls the agent, who may look elsewhere (R-CONSOLE-16).
    Alert(Alert),
    /// Shows on the window's title how many wait.
    Title(WindowTitle),
    /// Remembers that the card of the first start has been closed.
    Welcomed,
    /// Lends the terminal to an editor for a text.
    Edit(EditOrder),
    /// Stops the process until `fg` (`Ctrl-Z`).
    Suspend,
    /// Ends the loop. Dropping the terminal gives it back.
    Quit,
}
