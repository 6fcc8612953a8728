//! A form: one spec, one target locked when it opened (H2), the fields, and the review sheet.
//!
//! Keys and pastes go in, wishes come out. Nothing leaves without `s` on the sheet, and the
//! command that leaves is the one the sheet showed. Time comes in with every key, and it is the
//! hub's: expiries, prompts and the age of what a customer wrote are all by that clock.

pub mod field;
pub mod foresight;
mod options;
pub(crate) mod review;
mod says;
pub mod sheet;
#[cfg(test)]
pub(crate) mod tests;

use crate::{
    catalog::{Context, FieldErrors, FieldKind, Needs, Spec, Target, Values},
    console::{drafts::Draft, msg::Token},
    model::{
        CallId, CustomerCommand, CustomerView, Direction, Entry, Event, EventKind, Hello, Timestamp,
    },
};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use field::Field;
use jiff::tz::TimeZone;
use sheet::Sheet;
use std::time::Duration;

/// How long what was written stays unsaved at most.
const AUTOSAVE: Duration = Duration::from_secs(2);
/// How often a form that runs against a clock is drawn anew.
const TICK: Duration = Duration::from_secs(1);

/// What a form wants.
#[derive(Clone, Debug, PartialEq)]
pub enum FormWish {
    /// Close it; keep the draft if there is one, else forget an older one.
    Closed(Option<Draft>),
    /// Keep what is written so far; the form stays open.
    Keep(Draft),
    /// Ask the hub what the command on the sheet would lead to.
    Ask {
        /// Which question.
        token: Token,
        /// The command on the sheet.
        command: CustomerCommand,
    },
    /// Reviewed and wanted: close the form and hand this to the outbox.
    Ready(Box<Ready>),
}

/// A reviewed command.
#[derive(Clone, Debug, PartialEq)]
pub struct Ready {
    /// Its idempotency key, made when the form opened.
    pub call: CallId,
    /// The command.
    pub command: CustomerCommand,
    /// For whom, as the sheet said; raw.
    pub to: String,
    /// The spec's title.
    pub title: &'static str,
    /// What it says, in a line; raw.
    pub summary: String,
    /// Whether it waits in the outbox first.
    pub hold: bool,
    /// To go back to the form.
    pub draft: Draft,
}

/// An open form.
#[derive(Clone, Debug)]
pub struct Form {
    spec: &'static Spec,
    target: Target,
    hello: Hello,
    zone: TimeZone,
    call: CallId,
    fields: Vec<Field>,
    focus: usize,
    sheet: Option<Box<Sheet>>,
    /// Counts the questions for an outlook.
    asked: u32,
    opened: Timestamp,
    known: Option<(CustomerView, Timestamp)>,
    wrote_again: Option<Timestamp>,
    /// When someone wrote to the customer after the form opened.
    answered: Option<Timestamp>,
    notice: Option<&'static str>,
    keep_at: Option<Timestamp>,
    arms_at: Option<Timestamp>,
    tick_at: Option<Timestamp>,
}

impl Form {
    /// Opens a form. The recipient is locked from here on. A draft fills the fields.
    #[must_use]
    pub fn open(
        spec: &'static Spec,
        target: Target,
        context: Context,
        call: CallId,
        draft: Option<Draft>,
    ) -> Self {
        let mut form = Self {
            fields: Vec::new(),
            spec,
            target,
            hello: context.hello.clone(),
            zone: context.zone.clone(),
            call,
            focus: 0,
            sheet: None,
            asked: 0,
            opened: context.at,
            known: None,
            wrote_again: None,
            answered: None,
            notice: None,
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
    /// Its command.
    #[must_use]
    pub const fn spec(&self) -> &'static Spec {
        self.spec
    }
    /// For whom; never changes.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }
    /// The fields, in tab order; also those that are hidden now.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }
    /// The fields that are there now, each with its place among all.
    pub fn shown(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| !field.hidden)
    }
    /// When the answer to a live session is too late (R-HOOK-1).
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        let live = matches!(self.spec.needs, Needs::Ussd | Needs::Call);
        self.target.session.as_ref().filter(|_| live)?.deadline
    }
    /// The field that has the keys; as many as there are fields: the review button.
    #[must_use]
    pub const fn focus(&self) -> usize {
        self.focus
    }
    /// The review sheet, if it is open.
    #[must_use]
    pub fn sheet(&self) -> Option<&Sheet> {
        self.sheet.as_deref()
    }
    /// Whether it shows two customers side by side.
    #[must_use]
    pub fn compares(&self) -> bool {
        let outlook = self.sheet.as_ref().and_then(|sheet| sheet.foresight.outlook());
        outlook.is_some_and(|outlook| outlook.merge.is_some())
    }
    /// Whether the review sheet is open.
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
    /// When someone wrote to the customer after the form opened.
    #[must_use]
    pub const fn answered(&self) -> Option<Timestamp> {
        self.answered
    }
    /// What is known of the customer, and when that came.
    #[must_use]
    pub fn known(&self) -> Option<(&CustomerView, Timestamp)> {
        self.known.as_ref().map(|(view, at)| (view, *at))
    }
    /// Why the last paste did nothing.
    #[must_use]
    pub const fn notice(&self) -> Option<&'static str> {
        self.notice
    }
    /// The agent's zone, in which expiries are read.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }
    /// Rows it would like to have in a form pane of that width.
    #[must_use]
    pub fn rows(&self, width: u16) -> u16 {
        let wide = usize::from(width.saturating_sub(12)).max(10);
        let rows: usize = if let Some(sheet) = &self.sheet {
            review::rows(sheet, wide)
        } else {
            let tall = |f: &Field| if f.spec.kind.is_multiline() { 4 } else { 1 };
            7 + self.shown().map(|(_, field)| tall(field)).sum::<usize>() + 2 * self.errors()
        };
        u16::try_from(rows.min(40)).unwrap_or(40)
    }
    /// A key. Every key that the shell does not keep for itself comes here while the form has the focus.
    pub fn key(&mut self, key: KeyEvent, at: Timestamp) -> Option<FormWish> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        self.notice = None;
        if self.is_review() { self.sheet_key(key, at) } else { self.edit_key(key, at) }
    }
    fn edit_key(&mut self, key: KeyEvent, at: Timestamp) -> Option<FormWish> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let fresh = key.kind == KeyEventKind::Press;
        let kind = self.fields.get(self.focus).map(|field| field.spec.kind);
        let button = kind.is_none() && matches!(key.code, KeyCode::Enter | KeyCode::Char(' '));
        let wanted = (control && key.code == KeyCode::Char('s')) || key.code == KeyCode::F(5);
        if fresh && (wanted || button) {
            return self.review(at);
        }
        if let Some(forward) = step_of(key, kind.is_some_and(FieldKind::is_multiline)) {
            self.step(forward, at);
            return None;
        }
        match key.code {
            KeyCode::Esc => return Some(FormWish::Closed(self.draft(at))),
            KeyCode::Char('r') if control => self.change(at, |field| {
                field.reset();
                true
            }),
            _ => self.change(at, |field| field.key(key)),
        }
        None
    }
    /// Moves the focus; what is left is checked.
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
            self.keep_at.get_or_insert(at.after(AUTOSAVE));
            self.refresh();
            self.check(at);
        }
    }
    fn build(&self, at: Timestamp) -> Result<CustomerCommand, FieldErrors> {
        let context = Context { hello: &self.hello, at, zone: &self.zone };
        (self.spec.build)(&self.values(), &self.target, &context)
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
        // What is wrong with a field that is not there is said at the first that is.
        let hidden = |name| self.fields.iter().any(|f| f.hidden && f.spec.name == name);
        let lost = errors.iter().find(|(name, _)| hidden(*name)).map(|(_, why)| why.to_owned());
        let first = self.fields.iter_mut().find(|field| !field.hidden && field.was_left);
        if let (Some(why), Some(field)) = (lost, first) {
            field.error.get_or_insert(why);
        }
    }
    fn values(&self) -> Values {
        let mut values = Values::default();
        for (_, field) in self.shown() {
            values.set(field.spec.name, field.value());
        }
        values
    }
    /// A paste: text, never keys (H5).
    pub fn paste(&mut self, text: &str, at: Timestamp) {
        if self.is_review() || self.focus >= self.fields.len() {
            self.notice = Some("a paste means nothing here: it was ignored");
            return;
        }
        self.change(at, |field| field.paste(text));
    }
    /// A log entry: what is said to or by this customer meanwhile shows as a banner, nothing else
    /// changes.
    pub fn entry(&mut self, entry: &Entry, at: Timestamp) {
        let ours = self.target.customer.as_ref();
        let touched = |event: &&Event| ours.is_some() && event.customer.as_ref() == ours;
        let events: Vec<_> = entry.events.iter().filter(touched).collect();
        let since = |event: &&&Event| event.at > self.opened;
        let said = |is: fn(&EventKind) -> bool| {
            events.iter().filter(since).any(|event| is(&event.kind)).then_some(entry.at)
        };
        let wrote = said(|kind| matches!(kind, EventKind::MessageReceived { .. }));
        let answered = said(|kind| matches!(kind, EventKind::MessageSent { .. }));
        if let Some(sheet) = self.sheet.as_mut().filter(|_| !events.is_empty()) {
            sheet.foresight.overtake();
        }
        self.said(wrote, answered, at);
    }
    /// The customer wrote again, or was written to. Whoever reviews has to look up first.
    fn said(&mut self, wrote: Option<Timestamp>, answered: Option<Timestamp>, at: Timestamp) {
        self.answered = self.answered.max(answered);
        if wrote <= self.wrote_again {
            return;
        }
        self.wrote_again = wrote;
        if let Some(sheet) = &mut self.sheet {
            sheet.disarm(at);
            self.arms_at = Some(sheet.armed_at());
        }
    }
    /// What is known of the customer: for the banners, and for a guess where no hub answers. Others
    /// are ignored.
    pub fn learn(&mut self, view: &CustomerView, at: Timestamp) {
        let ours = self.target.customer.as_ref();
        let same =
            ours == Some(&view.customer.id) || (ours.is_some() && ours == view.replaces.as_ref());
        let newer = self.known.as_ref().is_none_or(|(old, _)| old.as_of <= view.as_of);
        if !(same && newer) {
            return;
        }
        let newest = |direction| {
            let said = view.customer.messages.iter().filter(|m| m.direction == direction);
            said.map(|m| m.created_at).max().filter(|at| *at > self.opened)
        };
        let (wrote, answered) = (newest(Direction::Inbound), newest(Direction::Outbound));
        self.known = Some((view.clone(), at));
        self.said(wrote, answered, at);
        self.guess(at);
    }
    /// Time passes: asks every 2 s to keep what was written since, and for an outlook when the one
    /// on the sheet is old.
    pub fn wake(&mut self, at: Timestamp) -> Option<FormWish> {
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
    /// When it wants to be woken.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        let outlook = self.sheet.as_ref().and_then(|sheet| sheet.foresight.due());
        [self.keep_at, self.arms_at, self.tick_at, outlook].into_iter().flatten().min()
    }
    /// What is written so far; `None` if nothing was.
    #[must_use]
    pub fn draft(&self, at: Timestamp) -> Option<Draft> {
        let written = self.fields.iter().any(|field| {
            if field.spec.kind.is_choice() { false } else { !field.value().is_empty() }
        });
        written.then(|| self.whole_draft(at))
    }
    fn whole_draft(&self, at: Timestamp) -> Draft {
        // Also what is hidden now: turning a choice back brings it back. Nothing is as good as empty.
        let kept = |f: &&Field| !f.value().is_empty() && f.value() != f.spec.initial();
        let value = |f: &Field| (f.spec.name.to_owned(), f.value());
        Draft {
            form: self.spec.id.to_owned(),
            target: self.target.clone(),
            values: self.fields.iter().filter(kept).map(value).collect(),
            saved_at: at,
        }
    }
}

/// Whether a key moves to the next (true) or the former field. Where several lines are edited,
/// Enter and the arrows belong to the text.
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
