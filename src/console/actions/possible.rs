//! What decides whether an action is possible at the moment: facts about what the console shows, and for each
//! action a rule that reads them and says what would help.

use super::Action;
use crate::{
    catalog::Spec,
    model::{MessageStatus, WorkState, advice::RetryChance},
};

/// Why an action is not possible now, in words that say what would help.
pub type Reason = &'static str;

/// What `Reply` would answer if it were pressed now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answerable {
    /// The customer has said nothing that could be answered.
    #[default]
    Nothing,
    /// The message of the selected row.
    Message,
    /// The last message of theirs that no person has answered.
    Unanswered,
    /// Their last message, which was answered before.
    Last,
    /// A USSD session that waits for a menu.
    Menu,
    /// A call that waits for a plan.
    Plan,
    /// A USSD session or call that waits for nothing any more.
    Over,
}

impl Answerable {
    /// What is answered, in words for the title of the form. Empty for what is not answered.
    #[must_use]
    pub const fn occasion(self) -> &'static str {
        match self {
            Self::Message => "the selected message",
            Self::Unanswered => "their last unanswered message",
            Self::Last => "their last message",
            Self::Menu | Self::Plan => "on the line now",
            Self::Nothing | Self::Over => "",
        }
    }
    /// Whether there is something to answer.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Nothing | Self::Over)
    }
}

/// What is selected in the list that has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListedRow {
    /// No list has the keys.
    #[default]
    Elsewhere,
    /// The list has no rows.
    Nothing,
    /// Somebody who waits for an answer.
    Waiting,
    /// Work by tag.
    Work,
    /// A message by tag that has not begun.
    WaitingWork,
    /// A message that has not left yet.
    Scheduled,
    /// A reminder of the app in whose name the console acts.
    OwnReminder,
    /// A reminder of another app.
    ForeignReminder,
    Lease,
    Purse,
    /// A connection to a real network.
    Carrier,
    /// A message of unknown outcome.
    Unknown,
}

/// Everything that decides whether an action is possible.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each read by one rule")]
pub struct Facts {
    /// Whether an event that names a customer is selected, or such a customer is inspected.
    pub selected: bool,
    /// Whether the filter or the depth hides the selected event.
    pub hidden: bool,
    /// Whether there is a customer that a command would be for, selected or inspected.
    pub customer: bool,
    /// What of that customer can be answered here.
    pub answer: Answerable,
    /// Whether a USSD session of that customer waits for a menu.
    pub menu: bool,
    /// Whether a call with that customer waits for a plan.
    pub plan: bool,
    /// Whether anybody waits on the line.
    pub line: bool,
    /// The state of the work by tag that is selected in the lists; `None` if no work is selected.
    pub work: Option<WorkState>,
    /// Whether the network is paused that is selected in the lists; `None` if no network is selected.
    pub carrier_paused: Option<bool>,
    /// What is selected in the list that has the keys.
    pub row: ListedRow,
    /// Whether the selected row of the lists is about a customer, or a work with its people.
    pub listed: bool,
    /// Whether the selected work can go again to those for whom it failed; `None` if no work is selected.
    pub again: Option<Result<(), Reason>>,
    /// Whether the hub has said who we are.
    pub greeted: bool,
    /// Whether the connection is up.
    pub live: bool,
    /// Whether sends are held back at the moment.
    pub held: bool,
    /// Whether a sent command is selected.
    pub sent: bool,
    /// Whether the selected command of the activity was not done, or has failed.
    pub undone: bool,
    /// How the selected message to a customer stands; `None` if no such message is selected.
    pub message: Option<MessageStatus>,
    /// Whether it is unknown of the selected message whether it arrived.
    pub unknown: bool,
    /// Whether a form is open.
    pub form: bool,
    /// Why no canned reply can be written into the open form; `None` if one can, or if no form is open.
    pub no_reply: Option<Reason>,
    /// Why what the open form writes cannot leave later; `None` if it can, or if no form is open.
    pub no_later: Option<Reason>,
    /// Why no text of the open form can be written in another program; `None` if one can, or if no form is open.
    pub no_editor: Option<Reason>,
    /// Whether something was pasted where nothing is typed.
    pub pasted: bool,
    /// The declaration of the last form that was sent; `None` if there is none that can be repeated.
    pub last: Option<&'static Spec>,
    /// Whether a command was accepted that another one takes back.
    pub reversible: bool,
    /// Whether a draft is selected in their list.
    pub draft: bool,
    /// Whether the inspector shows a customer.
    pub inspected: bool,
    /// Whether it shows the past.
    pub past: bool,
    /// Whether what is shown or marked there can be compared.
    pub compared: bool,
    /// Whether a command would be for the customer whose past is shown.
    pub of_past: bool,
}

pub(super) type Enabled = fn(&Facts) -> Result<(), Reason>;

pub(super) const ALWAYS: Enabled = |_| Ok(());
pub(super) const SELECTED: Enabled =
    |f| if f.selected || f.hidden { Ok(()) } else { Err("no event of a customer is selected") };
/// Why nothing can be done about a customer whose past is shown.
const IN_THE_PAST: Reason = "the inspector shows the past: Esc returns to now";

pub(super) const CUSTOMER: Enabled = |f| match (f.greeted, f.customer, f.form) {
    _ if f.of_past => Err(IN_THE_PAST),
    (true, _, false) if f.hidden => {
        Err("the selected event is hidden: choose a row, or x shows it")
    }
    (_, _, true) => Err("another form is open: finish or leave it first"),
    (false, ..) => Err("not connected yet"),
    (_, false, _) if f.row == ListedRow::Purse => {
        Err("a purse is of no customer: open one with g c first")
    }
    (_, false, _) => Err("select a customer's event first, or open one with g c"),
    _ => Ok(()),
};
pub(super) const ANSWER: Enabled = |f| {
    CUSTOMER(f)?;
    match f.answer {
        Answerable::Nothing => Err("this customer has not written: use m to write first"),
        Answerable::Over => Err("nothing waits for an answer here; m writes a message"),
        _ => Ok(()),
    }
};
pub(super) const MENU: Enabled = |f| {
    CUSTOMER(f)?;
    if f.menu { Ok(()) } else { Err("no USSD session of this customer waits for a menu") }
};
pub(super) const PLAN: Enabled = |f| {
    CUSTOMER(f)?;
    if f.plan { Ok(()) } else { Err("no call with this customer waits for a plan") }
};
pub(super) const GREETED: Enabled = |f| match (f.form, f.greeted) {
    (true, _) => Err("another form is open: finish or leave it first"),
    (_, false) => Err("not connected yet"),
    _ => Ok(()),
};
pub(super) const ANYONE: Enabled = |f| {
    if f.of_past {
        return Err(IN_THE_PAST);
    }
    GREETED(f)
};
pub(super) const AGAIN: Enabled = |f| {
    if let Some(again) = f.again {
        GREETED(f)?;
        return again;
    }
    ANYONE(f)?;
    match f.message.map(MessageStatus::retry) {
        Some(RetryChance::Not(why)) => Err(why),
        None if !f.undone => Err("select a message that failed: e finds one"),
        Some(_) | None => Ok(()),
    }
};
pub(super) const PAST: Enabled = |f| match (f.inspected, f.form) {
    (false, _) => Err("no customer is shown"),
    (true, true) => Err("a form is open: finish or leave it first"),
    (true, false) => Ok(()),
};
pub(super) const BEHIND: Enabled = |f| if f.past { Ok(()) } else { Err("this is the present") };
pub(super) const COMPARED: Enabled = |f| {
    if f.compared { Ok(()) } else { Err("go to the past first: [ goes back, g t to a time") }
};
pub(super) const PAUSABLE: Enabled = |f| {
    GREETED(f)?;
    match f.work {
        None if f.carrier_paused == Some(true) => Err("it is paused already"),
        None if f.carrier_paused == Some(false) => Ok(()),
        None => Err("select a work by tag first: w lists them"),
        Some(WorkState::Paused) => Err("it is paused already"),
        Some(state) if state.is_final() => Err("it is over"),
        Some(_) => Ok(()),
    }
};
pub(super) const RESUMABLE: Enabled = |f| {
    GREETED(f)?;
    match f.work {
        None if f.carrier_paused == Some(true) => Ok(()),
        None if f.carrier_paused == Some(false) => Err("it is not paused"),
        None => Err("select a work by tag first: w lists them"),
        Some(WorkState::Paused) => Ok(()),
        Some(_) => Err("it is not paused"),
    }
};
/// Why a reminder of another app cannot be touched (R-REM-4, R-REM-5).
const FOREIGN: Reason =
    "it is a reminder of another app: start the console with --app and its name";

pub(super) const CANCELLABLE: Enabled = |f| match f.row {
    ListedRow::OwnReminder | ListedRow::Scheduled => CUSTOMER(f),
    ListedRow::ForeignReminder => Err(FOREIGN),
    ListedRow::Lease => Err("a lease ends by itself, or when its value is set, which e does"),
    ListedRow::Waiting => Err("nothing to cancel here: d says that no answer is needed"),
    ListedRow::Purse => Err("nothing to cancel in a purse"),
    ListedRow::Unknown => Err("it may have arrived: o decides what becomes of it"),
    ListedRow::Carrier => Err("a network is not cancelled: p pauses it"),
    ListedRow::Nothing => Err("nothing is selected"),
    ListedRow::Elsewhere | ListedRow::Work | ListedRow::WaitingWork => {
        GREETED(f)?;
        match f.work {
            None => Err("select a work by tag first: w lists them"),
            Some(state) if state.is_final() => Err("it is over"),
            Some(_) => Ok(()),
        }
    }
};
pub(super) const SCHEDULED: Enabled = |f| match f.row {
    ListedRow::Scheduled => CUSTOMER(f),
    _ => Err("select a scheduled message first: g m lists them"),
};
pub(super) const UNKNOWN: Enabled = |f| {
    CUSTOMER(f)?;
    if f.unknown {
        return Ok(());
    }
    Err("select a message of unknown outcome first: g o lists them")
};
pub(super) const EDITABLE: Enabled = |f| match f.row {
    ListedRow::OwnReminder | ListedRow::Scheduled | ListedRow::Lease => CUSTOMER(f),
    ListedRow::ForeignReminder => Err(FOREIGN),
    ListedRow::Waiting => Err("nothing to edit here: r answers, m writes"),
    ListedRow::WaitingWork => GREETED(f),
    ListedRow::Work => Err("work that has begun is not changed: c cancels it"),
    ListedRow::Purse => Err("nothing to edit in a purse: a p pays from it"),
    ListedRow::Unknown => Err("it may have arrived: o decides what becomes of it"),
    ListedRow::Carrier => Err("a network is as the settings of the hub say: p pauses it"),
    ListedRow::Nothing => Err("nothing is selected"),
    ListedRow::Elsewhere => {
        Err("select a reminder or a scheduled message first: g b and g m list them")
    }
};
pub(super) const LISTED: Enabled =
    |f| if f.listed { Ok(()) } else { Err("this row is about no single customer") };
pub(super) const LINE: Enabled = |f| match (f.greeted, f.line) {
    (false, _) => Err("not connected yet"),
    (_, false) => Err("nobody waits on the line"),
    _ => Ok(()),
};
pub(super) const PASTED: Enabled = |f| {
    if !f.pasted {
        return Err("nothing was pasted while no field was open");
    }
    CUSTOMER(f)
};
pub(super) const REPEATABLE: Enabled = |f| match f.last {
    Some(spec) => Action::Command(spec).row().enabled(f),
    None => Err("nothing was sent yet that could be repeated"),
};
pub(super) const REVERSIBLE: Enabled = |f| {
    GREETED(f)?;
    if f.reversible { Ok(()) } else { Err("nothing that was done here can be taken back by a key") }
};
pub(super) const LISTED_DRAFT: Enabled =
    |f| if f.draft { Ok(()) } else { Err("select a draft first: g d lists them") };
pub(super) const HELD: Enabled = |f| if f.held { Ok(()) } else { Err("nothing is held back") };
pub(super) const SENT: Enabled = |f| if f.sent { Ok(()) } else { Err("nothing was sent yet") };
pub(super) const DOWN: Enabled = |f| if f.live { Err("the connection is up") } else { Ok(()) };
pub(super) const FORM: Enabled = |f| if f.form { Ok(()) } else { Err("no form is open") };
pub(super) const REPLIES: Enabled = |f| f.no_reply.map_or(Ok(()), Err);
pub(super) const LATER: Enabled = |f| f.no_later.map_or(Ok(()), Err);
pub(super) const ELSEWHERE: Enabled = |f| f.no_editor.map_or(Ok(()), Err);
