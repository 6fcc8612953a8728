//! A form: one spec, one target locked when it opened (H2), the fields, and the review sheet.
//!
//! Keys and pastes go in, wishes come out. Nothing leaves without `s` on the sheet, and the
//! command that leaves is the one the sheet showed. Time comes in with every key.

pub mod field;
pub mod preflight;
pub mod sheet;
#[cfg(test)]
pub(crate) mod tests;

use crate::{
    console::{
        catalog::{
            Choice, Context, FieldErrors, FieldKind, Spec, Target, Values, choice,
            segments::{Meter, measure},
        },
        drafts::Draft,
    },
    model::{
        CallId, Channel, CustomerCommand, CustomerNumber, CustomerView, Entry, EventKind, Hello,
        Timestamp,
    },
};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use field::Field;
use jiff::tz::TimeZone;
use sheet::{Sheet, Verdict};
use std::time::Duration;

/// How long what was written stays unsaved at most.
const AUTOSAVE: Duration = Duration::from_secs(2);

/// What a form wants.
#[derive(Clone, Debug, PartialEq)]
pub enum FormWish {
    /// Close it; keep the draft if there is one, else forget an older one.
    Closed(Option<Draft>),
    /// Keep what is written so far; the form stays open.
    Keep(Draft),
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
    opened: Timestamp,
    known: Option<(CustomerView, Timestamp)>,
    wrote_again: Option<Timestamp>,
    notice: Option<&'static str>,
    keep_at: Option<Timestamp>,
    arms_at: Option<Timestamp>,
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
            opened: context.at,
            known: None,
            wrote_again: None,
            notice: None,
            keep_at: None,
            arms_at: None,
        };
        for spec in spec.fields {
            let choices = form.choices(spec.kind);
            let first = form.first_choice(spec.kind, &choices);
            form.fields.push(Field::new(spec, &first, choices));
        }
        for (name, value) in draft.into_iter().flat_map(|draft| draft.values) {
            if let Some(field) = form.fields.iter_mut().find(|field| field.spec.name == name) {
                field.fill(&value);
            }
        }
        form.refresh_choices();
        form
    }
    fn choices(&self, kind: FieldKind) -> Vec<Choice> {
        match kind {
            FieldKind::Number => choice::numbers(&self.target),
            FieldKind::Channel => {
                choice::channels(&self.target, &self.hello, self.chosen_number().as_ref())
            }
            _ => Vec::new(),
        }
    }
    /// What a choice begins with: the conversation's channel if it works, else the first that does.
    fn first_choice(&self, kind: FieldKind, all: &[Choice]) -> String {
        let preferred = match kind {
            FieldKind::Channel => self.target.channel.as_ref().map(ToString::to_string),
            _ => None,
        };
        all.iter()
            .find(|c| c.refused.is_none() && preferred.as_ref() == Some(&c.value))
            .or_else(|| all.iter().find(|c| c.refused.is_none()))
            .or(all.first())
            .map_or_else(String::new, |choice| choice.value.clone())
    }
    fn chosen_number(&self) -> Option<CustomerNumber> {
        match self.fields.iter().find(|field| field.spec.kind == FieldKind::Number) {
            Some(field) => choice::parse_number(&field.value(), &self.target).ok(),
            None => self.target.numbers.first().cloned(),
        }
    }
    fn refresh_choices(&mut self) {
        let channels = self.choices(FieldKind::Channel);
        let field = self.fields.iter_mut().find(|field| field.spec.kind == FieldKind::Channel);
        if let Some(field) = field {
            field.set_choices(channels);
        }
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
    /// The fields, in tab order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
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
    /// The measure of the text, where it goes out by sms.
    #[must_use]
    pub fn meter(&self) -> Option<Meter> {
        let text = self.fields.iter().find(|field| field.spec.kind == FieldKind::Text)?;
        let channel = match self.fields.iter().find(|f| f.spec.kind == FieldKind::Channel) {
            Some(field) => choice::parse_channel(&field.value(), &self.hello).ok()?.channel,
            None => self.target.reply_to.as_ref()?.channel.channel,
        };
        (channel == Channel::Sms).then(|| measure(&text.value()))
    }
    /// Rows it would like to have in a form pane of that width.
    #[must_use]
    pub fn rows(&self, width: u16) -> u16 {
        let wide = usize::from(width.saturating_sub(12)).max(10);
        let rows: usize = if let Some(sheet) = &self.sheet {
            let text = sheet.says.iter().flat_map(|(_, text)| text.split('\n'));
            let lines: usize = text.map(|line| 1 + line.chars().count() / wide).sum();
            let line = 1 + sheet.command_line.chars().count() / wide;
            6 + sheet.says.len() + lines + sheet.checks.len() + line
        } else {
            let tall = |f: &Field| if f.spec.kind.is_multiline() { 4 } else { 1 };
            6 + self.fields.iter().map(tall).sum::<usize>() + self.errors()
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
    fn sheet_key(&mut self, key: KeyEvent, at: Timestamp) -> Option<FormWish> {
        let sheet = self.sheet.as_mut().filter(|_| key.kind == KeyEventKind::Press)?;
        let verdict = match key.code {
            KeyCode::Esc if sheet.is_armed(at) => Verdict::Edit,
            KeyCode::Backspace => {
                sheet.backspace();
                Verdict::Stay
            }
            KeyCode::Char(c) if key.modifiers.is_empty() => sheet.char(c, at),
            code => {
                match code {
                    KeyCode::Down => sheet.scroll.away(1),
                    KeyCode::PageDown => sheet.scroll.away(8),
                    KeyCode::Up => sheet.scroll.back(1),
                    KeyCode::PageUp => sheet.scroll.back(8),
                    _ => {}
                }
                Verdict::Stay
            }
        };
        self.arms_at = Some(sheet.armed_at()).filter(|arms| *arms > at);
        match verdict {
            Verdict::Stay => None,
            Verdict::Edit => {
                self.sheet = None;
                None
            }
            Verdict::Send => self.ready(at),
        }
    }
    fn ready(&mut self, at: Timestamp) -> Option<FormWish> {
        let sheet = self.sheet.take()?;
        let main = self.fields.first().map(Field::value).unwrap_or_default();
        let summary = match &sheet.command {
            CustomerCommand::UpdateMetadata { values, .. } => {
                let all: Vec<_> =
                    values.iter().map(|(k, v)| format!("{k} = {}", v.summary())).collect();
                all.join(", ")
            }
            _ => main,
        };
        Some(FormWish::Ready(Box::new(Ready {
            call: self.call.clone(),
            command: sheet.command,
            to: sheet.to.line(),
            title: self.spec.title,
            summary: summary.chars().take(400).collect(),
            hold: self.spec.hold,
            draft: self.whole_draft(at),
        })))
    }
    fn edit_key(&mut self, key: KeyEvent, at: Timestamp) -> Option<FormWish> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let fresh = key.kind == KeyEventKind::Press;
        let kind = self.fields.get(self.focus).map(|field| field.spec.kind);
        let button = kind.is_none() && matches!(key.code, KeyCode::Enter | KeyCode::Char(' '));
        let wanted = (control && key.code == KeyCode::Char('s')) || key.code == KeyCode::F(5);
        if fresh && (wanted || button) {
            self.review(at);
            return None;
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
        self.focus = (self.focus + if forward { 1 } else { stops - 1 }) % stops;
        self.check(at);
    }
    fn change(&mut self, at: Timestamp, edit: impl FnOnce(&mut Field) -> bool) {
        let Some(field) = self.fields.get_mut(self.focus) else {
            return;
        };
        if edit(field) {
            self.keep_at.get_or_insert(at.after(AUTOSAVE));
            self.refresh_choices();
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
            let why = errors.get(field.spec.name).filter(|_| field.was_left);
            field.error = why.map(str::to_owned);
        }
    }
    fn review(&mut self, at: Timestamp) {
        for field in &mut self.fields {
            field.was_left = true;
        }
        self.check(at);
        if let Ok(command) = self.build(at) {
            let sheet = Sheet::new(self.spec, &self.target, &self.values(), command, at);
            self.arms_at = Some(sheet.armed_at());
            self.sheet = Some(Box::new(sheet));
            self.preflight(at);
        } else {
            let wrong = self.fields.iter().position(|field| field.error.is_some());
            self.focus = wrong.unwrap_or(self.focus);
        }
    }
    fn preflight(&mut self, at: Timestamp) {
        let Some(sheet) = &self.sheet else {
            return;
        };
        let cx = Context { hello: &self.hello, at, zone: &self.zone };
        let known = self.known.as_ref().map(|(view, at)| (view, *at));
        let quoted = sheet.quoted.as_ref();
        let checks = preflight::checks(&sheet.command, &sheet.to, quoted, known, self.opened, &cx);
        if let Some(sheet) = &mut self.sheet
            && sheet.checks != checks
        {
            sheet.checks = checks;
        }
    }
    fn values(&self) -> Values {
        let mut values = Values::default();
        for field in &self.fields {
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
    /// A log entry: an inbound message of this customer shows as a banner, nothing else changes.
    pub fn entry(&mut self, entry: &Entry, at: Timestamp) {
        let ours = self.target.customer.as_ref();
        let wrote = entry.events.iter().any(|event| {
            matches!(event.kind, EventKind::MessageReceived { .. })
                && ours.is_some()
                && event.customer.as_ref() == ours
                && event.at > self.opened
        });
        if wrote {
            self.wrote_again = Some(entry.at);
            if let Some(sheet) = &mut self.sheet {
                sheet.disarm(at);
                self.arms_at = Some(sheet.armed_at());
            }
        }
    }
    /// What is known of the customer: for the pre-flight lines only. Others are ignored.
    pub fn known(&mut self, view: &CustomerView, at: Timestamp) {
        let ours = self.target.customer.as_ref();
        let same =
            ours == Some(&view.customer.id) || (ours.is_some() && ours == view.replaces.as_ref());
        let newer = self.known.as_ref().is_none_or(|(old, _)| old.as_of <= view.as_of);
        if same && newer {
            self.known = Some((view.clone(), at));
            self.preflight(at);
        }
    }
    /// Time passes: asks every 2 s to keep what was written since.
    pub fn wake(&mut self, at: Timestamp) -> Option<FormWish> {
        self.arms_at = self.arms_at.filter(|arms| *arms > at);
        if self.keep_at? > at {
            return None;
        }
        self.keep_at = None;
        self.draft(at).map(FormWish::Keep)
    }
    /// When it wants to be woken.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        [self.keep_at, self.arms_at].into_iter().flatten().min()
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
        let values = self.values();
        Draft {
            form: self.spec.id.to_owned(),
            target: self.target.clone(),
            values: values.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
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
