//! A form: one declaration of the catalog, one target that is locked when the form opens
//! (R-CONSOLE-2), the fields, and the review sheet.
//!
//! Keys and pastes go in, and `FormWish`es come out. Nothing leaves without `s` on the sheet
//! (R-CONSOLE-1), and the command that leaves is the one that the sheet showed. Only the answer to somebody
//! on the line goes at once, because its sheet would cost them their time. The time comes in
//! with every key, and it is the hub's: expiries, prompts and the age of what a customer wrote all
//! count by that clock.

mod audience;
pub mod canned;
pub mod conversation;
pub mod dry_run;
pub mod field;
pub mod inverse;
pub mod meter;
mod options;
pub mod retry;
pub(crate) mod review;
mod sentence;
mod shape;
pub mod sheet;
mod signs;
#[cfg(test)]
pub(crate) mod tests;
pub mod way;

use crate::{
    catalog::{BuildContext, FieldErrors, FieldKind, Needs, Spec, Target, Values},
    console::{drafts::FormDraft, msg::DryRunToken},
    model::{
        CallId, CustomerCommand, CustomerView, EventKind, Hello, LastAnswer, PurseBalance,
        ReplyStep, Seq, SessionId, Timestamp,
    },
};
use canned::InsertedReply;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use field::Field;
use jiff::tz::TimeZone;
pub use shape::{BECAUSE, QUOTED};
use sheet::Sheet;
use std::time::Duration;

/// How long something written may stay unsaved.
const AUTOSAVE: Duration = Duration::from_secs(2);
/// How often a form is drawn anew while a window to answer is running out.
const TICK: Duration = Duration::from_secs(1);

/// What a form wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum FormWish {
    /// Close it. A draft in here is kept; with `None` an older one is forgotten.
    Closed(Option<FormDraft>),
    /// Keep what is written so far. The form stays open.
    Keep(FormDraft),
    /// Ask the hub what the command on the sheet would lead to.
    Ask {
        /// Comes back with the answer.
        token: DryRunToken,
        command: CustomerCommand,
    },
    /// It was reviewed and confirmed: close the form and hand this to the outbox.
    Ready(Box<Ready>),
}

/// A command that was reviewed and confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Ready {
    /// Its idempotency key, which was made when the form opened.
    pub call: CallId,
    pub command: CustomerCommand,
    /// Whom it is for, as the sheet said; raw.
    pub to: String,
    /// The title of its declaration.
    pub title: &'static str,
    /// What it says, in one line; raw.
    pub summary: String,
    /// Whether it waits in the outbox before it leaves, so that it can be taken back.
    pub hold: bool,
    /// What was written in the form, so that it can be opened again.
    pub draft: FormDraft,
    /// What is done once this was accepted.
    pub then: Vec<Self>,
}

/// An open form.
#[derive(Clone, Debug)]
pub struct Form {
    spec: &'static Spec,
    target: Target,
    hello: Hello,
    zone: TimeZone,
    /// The org's purses with what is in them, as far as the hub has said.
    purses: Vec<PurseBalance>,
    call: CallId,
    fields: Vec<Field>,
    focus: usize,
    sheet: Option<Box<Sheet>>,
    /// How many dry runs the form has asked for.
    asked: u32,
    opened: Timestamp,
    /// The hub's time when anything came in last.
    now: Timestamp,
    known: Option<(CustomerView, Timestamp)>,
    wrote_again: Option<Timestamp>,
    newer: String,
    /// How far the agent has seen what was said to the customer (R-CONFLICT-1).
    seen: Option<Seq>,
    conflict: Option<LastAnswer>,
    /// When somebody wrote to the customer after the form opened.
    answered: Option<Timestamp>,
    notice: Option<&'static str>,
    /// Why it is written again; `None` if it is written for the first time.
    because: Option<String>,
    /// The canned reply that was written into the form.
    reply: Option<InsertedReply>,
    /// What follows that reply.
    then: Vec<ReplyStep>,
    /// Whether the fields are shown that hardly anybody needs.
    shows_all: bool,
    /// What is answered, in words for the title; empty for what answers nothing.
    occasion: &'static str,
    /// Whether the session or call that is answered waits no more.
    over: bool,
    keep_at: Option<Timestamp>,
    arms_at: Option<Timestamp>,
    tick_at: Option<Timestamp>,
}

impl Form {
    /// Opens a form. Its target does not change from here on. A draft fills the fields.
    #[must_use]
    pub fn open(
        spec: &'static Spec,
        target: Target,
        context: BuildContext,
        call: CallId,
        draft: Option<FormDraft>,
    ) -> Self {
        let mut form = Self {
            fields: Vec::new(),
            spec,
            target,
            hello: context.hello.clone(),
            zone: context.zone.clone(),
            purses: context.purses.to_vec(),
            call,
            focus: 0,
            sheet: None,
            asked: 0,
            opened: context.at,
            now: context.at,
            known: None,
            wrote_again: None,
            newer: String::new(),
            seen: draft.as_ref().and_then(|draft| draft.seen),
            conflict: None,
            answered: None,
            notice: None,
            because: draft.as_ref().and_then(|draft| draft.because.clone()),
            reply: None,
            then: draft.as_ref().map(|draft| draft.then.clone()).unwrap_or_default(),
            shows_all: false,
            occasion: "",
            over: false,
            keep_at: None,
            arms_at: None,
            tick_at: None,
        };
        for spec in spec.fields {
            let choices = form.choices(spec.kind);
            let first = form.first_choice(spec, &choices);
            form.fields.push(Field::new(spec, &first, choices));
        }
        for (name, value) in draft.into_iter().flat_map(|draft| draft.values) {
            if let Some(field) = form.fields.iter_mut().find(|field| field.spec.name == name) {
                field.fill(&value);
            }
        }
        form.refresh();
        form.focus = form.fields.iter().position(|field| !field.hidden).unwrap_or(0);
        form.tick_at = form.deadline().map(|_| form.opened.after(TICK));
        form
    }
    /// The idempotency key of the command, under which what is written is kept too.
    #[must_use]
    pub const fn call(&self) -> &CallId {
        &self.call
    }
    /// The declaration of the command.
    #[must_use]
    pub const fn spec(&self) -> &'static Spec {
        self.spec
    }
    /// Whom the command is for. It never changes (R-CONSOLE-2).
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }
    /// All fields in tab order, including those that are hidden now.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }
    /// The fields that are not hidden, each with its index among all.
    pub fn shown(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| !field.hidden)
    }
    /// When an answer to the session or call comes too late (R-HOOK-1); `None` if the form answers none.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        self.target.session.as_ref().filter(|_| self.is_live())?.deadline
    }
    /// Whether the form answers somebody on the line. Then Ctrl-S sends, and the sheet opens only if it
    /// is asked for.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.spec.needs, Needs::Ussd | Needs::Call)
    }
    /// Whether the session or call that the form answers waits no more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.over
    }
    /// What is answered, in words for the title; empty for what answers nothing.
    #[must_use]
    pub const fn occasion(&self) -> &'static str {
        self.occasion
    }
    /// Says what is answered.
    #[must_use]
    pub const fn on(mut self, occasion: &'static str) -> Self {
        self.occasion = occasion;
        self
    }
    /// The index of the field that has the keys. One past the last field is the review button.
    #[must_use]
    pub const fn focus(&self) -> usize {
        self.focus
    }
    /// The review sheet; `None` while it is not open.
    #[must_use]
    pub fn sheet(&self) -> Option<&Sheet> {
        self.sheet.as_deref()
    }
    /// Whether the form shows two customers side by side.
    #[must_use]
    pub fn compares(&self) -> bool {
        let outlook = self.sheet.as_ref().and_then(|sheet| sheet.dry_run.outlook());
        outlook.is_some_and(|outlook| outlook.merge.is_some())
    }
    #[must_use]
    pub const fn is_review(&self) -> bool {
        self.sheet.is_some()
    }
    /// How many fields are wrong.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.fields.iter().filter(|field| field.error.is_some()).count()
    }
    /// When the customer wrote again after the form opened.
    #[must_use]
    pub const fn wrote_again(&self) -> Option<Timestamp> {
        self.wrote_again
    }
    /// When somebody wrote to the customer after the form opened.
    #[must_use]
    pub const fn answered(&self) -> Option<Timestamp> {
        self.answered
    }
    /// What is known of the customer, and when that arrived by the hub's clock.
    #[must_use]
    pub fn known(&self) -> Option<(&CustomerView, Timestamp)> {
        self.known.as_ref().map(|(view, at)| (view, *at))
    }
    /// Why the last paste did nothing.
    #[must_use]
    pub const fn notice(&self) -> Option<&'static str> {
        self.notice
    }
    /// What the hub said of itself when the form was opened.
    #[must_use]
    pub const fn hello(&self) -> &Hello {
        &self.hello
    }
    /// What its command is built from besides its fields.
    #[must_use]
    pub fn context(&self, at: Timestamp) -> BuildContext<'_> {
        BuildContext { hello: &self.hello, at, zone: &self.zone, purses: &self.purses }
    }
    /// Takes a key. While the form has the focus, it gets every key that is not an action
    /// of the console.
    pub fn key(&mut self, key: KeyEvent, at: Timestamp) -> Option<FormWish> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        self.now = at;
        self.notice = None;
        if self.is_review() { self.sheet_key(key, at) } else { self.edit_key(key, at) }
    }
    fn edit_key(&mut self, key: KeyEvent, at: Timestamp) -> Option<FormWish> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let fresh = key.kind == KeyEventKind::Press;
        let kind = self.fields.get(self.focus).map(|field| field.spec.kind);
        let button = kind.is_none() && matches!(key.code, KeyCode::Enter | KeyCode::Char(' '));
        let goes = control && key.code == KeyCode::Char('s');
        if fresh && goes && self.is_live() {
            return self.send_at_once(at);
        }
        if fresh && (goes || key.code == KeyCode::F(5) || button) {
            return self.review(at);
        }
        if let Some(forward) = step_of(key, kind.is_some_and(FieldKind::is_multiline)) {
            self.step(forward, at);
            return None;
        }
        match key.code {
            KeyCode::Esc => return Some(FormWish::Closed(self.draft(at))),
            KeyCode::F(7) => self.write_plainly(at),
            KeyCode::Char('r') if control => self.change(at, |field| {
                field.reset();
                true
            }),
            _ => self.change(at, |field| field.key(key)),
        }
        None
    }
    /// Takes in what was written in an editor.
    pub fn edited(&mut self, field: &str, text: &str, at: Timestamp) {
        let Some(index) = self.fields.iter().position(|own| own.spec.name == field) else { return };
        self.focus = index;
        self.change(at, |field| field.rewrite(text));
    }
    /// Moves the focus to the next field or the one before. The field that is left is checked.
    fn step(&mut self, forward: bool, at: Timestamp) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.was_left = true;
        }
        let stops = self.fields.len() + 1;
        let by = if forward { 1 } else { stops - 1 };
        self.focus = (self.focus + by) % stops;
        while self.fields.get(self.focus).is_some_and(|field| field.hidden) {
            self.focus = (self.focus + by) % stops;
        }
        self.check(at);
    }
    fn change(&mut self, at: Timestamp, edit: impl FnOnce(&mut Field) -> bool) {
        let Some(field) = self.fields.get_mut(self.focus) else {
            return;
        };
        if edit(field) {
            self.changed(at);
        }
    }
    fn changed(&mut self, at: Timestamp) {
        let due = at.after(AUTOSAVE);
        // A clock that was set back must not put it off.
        self.keep_at = Some(self.keep_at.map_or(due, |keep| keep.min(due)));
        self.refresh();
        self.settle_reply();
        self.choose_body();
        self.refresh();
        self.check(at);
    }
    fn build(&self, at: Timestamp) -> Result<CustomerCommand, FieldErrors> {
        (self.spec.build)(&self.values(), &self.target, &self.context(at))
    }
    /// Shows the errors of every field that was left once.
    fn check(&mut self, at: Timestamp) {
        if !self.fields.iter().any(|field| field.was_left) {
            return;
        }
        let errors = self.build(at).err().unwrap_or_default();
        for field in &mut self.fields {
            let why = errors.get(field.spec.name).filter(|_| field.was_left && !field.hidden);
            field.error = why.map(str::to_owned);
        }
        // An error of a hidden field is shown at the first field that is not hidden.
        let hidden = |name| self.fields.iter().any(|f| f.hidden && f.spec.name == name);
        let lost = errors.iter().find(|(name, _)| hidden(*name)).map(|(_, why)| why.to_owned());
        let first = self.fields.iter_mut().find(|field| !field.hidden && field.was_left);
        if let (Some(why), Some(field)) = (lost, first) {
            field.error.get_or_insert(why);
        }
    }
    /// What stands in the fields that are shown.
    #[must_use]
    pub fn values(&self) -> Values {
        let mut values = Values::default();
        for (_, field) in self.shown() {
            values.set(field.spec.name, field.value());
        }
        values
    }
    /// Takes pasted text, which is never treated as keys (R-CONSOLE-5).
    pub fn paste(&mut self, text: &str, at: Timestamp) {
        if self.is_review() || self.focus >= self.fields.len() {
            self.notice = Some("a paste means nothing here: it was ignored");
            return;
        }
        self.change(at, |field| field.paste(text));
    }
    /// Does what is due. Every two seconds it asks to keep what was written since, and it asks for
    /// another dry run when the one on the sheet is old.
    pub fn wake(&mut self, at: Timestamp) -> Option<FormWish> {
        self.now = at;
        self.refresh();
        self.arms_at = self.arms_at.filter(|arms| *arms > at);
        if self.tick_at.is_some_and(|tick| tick <= at) {
            let on = self.deadline().is_some_and(|deadline| deadline > at);
            self.tick_at = on.then(|| at.after(TICK));
        }
        if self.keep_at.is_some_and(|keep| keep <= at) {
            self.keep_at = None;
            if let Some(draft) = self.draft(at) {
                return Some(FormWish::Keep(draft));
            }
        }
        self.ask_again(at)
    }
    /// When `wake` wants to be called; `None` if nothing is due.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        let outlook = self.sheet.as_ref().and_then(|sheet| sheet.dry_run.due());
        let window = self.window_wake();
        [self.keep_at, self.arms_at, self.tick_at, outlook, window].into_iter().flatten().min()
    }
    /// What is written so far; `None` if nothing is.
    #[must_use]
    pub fn draft(&self, at: Timestamp) -> Option<FormDraft> {
        let written = self
            .fields
            .iter()
            .any(|field| if field.spec.kind.is_choice() { false } else { field.is_written() });
        written.then(|| self.whole_draft(at))
    }
    fn whole_draft(&self, at: Timestamp) -> FormDraft {
        // Hidden fields are kept too, because turning a choice back shows them again. A value that
        // is empty or the field's first one need not be kept.
        let kept = |f: &&Field| !f.value().is_empty() && f.value() != f.spec.initial();
        let value = |f: &Field| (f.spec.name.to_owned(), f.value());
        FormDraft {
            form: self.spec.id.to_owned(),
            target: self.target.clone(),
            values: self.fields.iter().filter(kept).map(value).collect(),
            saved_at: at,
            seen: self.seen,
            because: self.because.clone(),
            reply: self.untouched_reply(),
            then: self.then.clone(),
        }
    }
}

/// Whether nobody waits in a session or call after such an event: it was answered, or it is over.
fn ends(kind: &EventKind, session: &SessionId) -> bool {
    match kind {
        EventKind::UssdMenuShown { session: of, .. }
        | EventKind::UssdEnded { session: of, .. }
        | EventKind::CallPlanned { session: of, .. }
        | EventKind::PromptMissed { session: of } => of == session,
        EventKind::CallChanged { session: of, hop, .. } => of == session && hop.status.is_final(),
        _ => false,
    }
}

/// Whether a key moves to the next field (true) or the former one (false); `None` for any other
/// key. Where several lines are edited, Enter and the arrows belong to the text.
fn step_of(key: KeyEvent, several_lines: bool) -> Option<bool> {
    let back = key.modifiers.contains(KeyModifiers::SHIFT);
    match key.code {
        KeyCode::BackTab => Some(false),
        KeyCode::Tab => Some(!back),
        KeyCode::Char('n') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(true),
        KeyCode::Enter | KeyCode::Down if !several_lines => Some(true),
        KeyCode::Up if !several_lines => Some(false),
        _ => None,
    }
}
