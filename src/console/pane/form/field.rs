//! One field that is being edited: a line, several lines, or a choice. It takes text keys and
//! pastes only; moving between fields is the form's business.

use super::signs;
use crate::{
    catalog::{FieldChoice, FieldKind, FieldSpec},
    model::{
        line_break::{is_line_break, with_newlines},
        plain::plain,
    },
};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::{CursorMove, TextArea};
use std::borrow::Cow;
use tui_input::{Input, InputRequest, backend::crossterm::to_input_request};

/// How many bytes of one paste are looked at (R-CONSOLE-5).
const LARGEST_PASTE: usize = 1024 * 1024;

/// One field of a form.
#[derive(Clone, Debug)]
pub struct Field {
    pub spec: &'static FieldSpec,
    /// What is wrong with it. It is set once the field was left or a review was asked for.
    pub error: Option<String>,
    /// Whether it was left once. From then on its errors are shown while it is being typed in.
    pub was_left: bool,
    /// What became of the last key or paste that was not taken whole.
    pub notice: Option<String>,
    /// Whether another field makes it pointless. A hidden field is not drawn, checked or entered.
    pub hidden: bool,
    /// What can be written in it, though anything else can too. `PgDn` and `PgUp` write the next and
    /// the former one.
    pub suggestions: Vec<FieldChoice>,
    initial: String,
    /// Whether what stands in it was not written by the agent, so that the first letter or paste takes its place.
    offered: bool,
    editor: Editor,
    /// The editor as it was before its text was replaced as a whole, until something else is changed.
    before_rewrite: Option<Box<Editor>>,
}

#[derive(Clone, Debug)]
enum Editor {
    Line(Input),
    Text(Box<TextArea<'static>>),
    FieldChoice { all: Vec<FieldChoice>, chosen: usize },
}

impl Field {
    /// A field with its first value. `all` holds the choices, or the suggestions if anything
    /// can be written.
    #[must_use]
    pub fn new(spec: &'static FieldSpec, initial: &str, all: Vec<FieldChoice>) -> Self {
        let mut suggestions = Vec::new();
        let is_listed = matches!(spec.kind, FieldKind::Channel(_) | FieldKind::Purse);
        let editor = if is_listed && all.is_empty() {
            // A server with only the public contract does not say which numbers and purses the org has, so
            // one can be typed (D-FEED).
            Editor::Line(Input::new(initial.to_owned()))
        } else if spec.kind.is_choice() {
            let chosen = all.iter().position(|c| c.value == initial).unwrap_or(0);
            Editor::FieldChoice { all, chosen }
        } else if spec.kind.is_multiline() {
            Editor::Text(Box::new(text_area(initial)))
        } else {
            suggestions = all;
            Editor::Line(Input::new(initial.to_owned()))
        };
        let mut field = Self {
            spec,
            error: None,
            was_left: false,
            notice: None,
            hidden: false,
            suggestions,
            initial: String::new(),
            offered: matches!(spec.kind, FieldKind::Party(_)),
            editor,
            before_rewrite: None,
        };
        field.initial = field.value();
        field
    }
    /// What is written in it, or the value of the choice.
    #[must_use]
    pub fn value(&self) -> String {
        match &self.editor {
            Editor::Line(input) => input.value().to_owned(),
            Editor::Text(area) => area.lines().join("\n"),
            Editor::FieldChoice { all, chosen } => {
                all.get(*chosen).map_or_else(String::new, |choice| choice.value.clone())
            }
        }
    }
    /// Whether there is something in it that did not stand there when the form opened.
    #[must_use]
    pub fn is_written(&self) -> bool {
        let value = self.value();
        !value.is_empty() && value != self.initial
    }
    /// Writes what the field begins with, as long as nothing was written in it.
    pub fn begin_with(&mut self, value: &str) {
        if self.value() == self.initial && !self.was_left {
            self.fill(value);
            (self.initial, self.offered) = (self.value(), true);
        }
    }
    /// Writes what the field begins with and keeps, whatever is offered later. Returns whether it can hold it exactly.
    pub fn settle(&mut self, value: &str) -> bool {
        self.fill(value);
        (self.initial, self.was_left) = (self.value(), true);
        self.initial == value
    }
    /// Replaces the value. A field with choices takes only one of those.
    pub fn fill(&mut self, value: &str) {
        let value = cut(&clean(value, self.spec.kind.is_multiline()), self.spec.max).to_owned();
        self.before_rewrite = None;
        self.offered = false;
        match &mut self.editor {
            Editor::Line(input) => *input = Input::new(value),
            Editor::Text(area) => **area = text_area(&value),
            Editor::FieldChoice { all, chosen } => {
                if let Some(at) = all.iter().position(|choice| choice.value == value) {
                    *chosen = at;
                } else if self.spec.kind == FieldKind::Purse && !value.is_empty() {
                    // The hub may not have said yet which there are, and another one would be wrong.
                    *chosen = all.len();
                    all.push(FieldChoice { value, refused: None });
                }
            }
        }
    }
    /// Goes back to the value that the field was opened with.
    pub fn reset(&mut self) {
        let initial = self.initial.clone();
        self.fill(&initial);
        self.offered = matches!(self.spec.kind, FieldKind::Party(_));
    }
    /// The choices and the index of the chosen one; `None` if the field is not a choice.
    #[must_use]
    pub fn choices(&self) -> Option<(&[FieldChoice], usize)> {
        match &self.editor {
            Editor::FieldChoice { all, chosen } => Some((all, *chosen)),
            _ => None,
        }
    }
    /// Replaces the choices, because the reasons beside them have changed. The same
    /// value stays chosen.
    pub fn set_choices(&mut self, new: Vec<FieldChoice>) {
        let value = self.value();
        match &mut self.editor {
            Editor::FieldChoice { all, chosen } => {
                let at = new.iter().position(|c| c.value == value);
                let is_lost = at.is_none() && self.spec.kind == FieldKind::Purse;
                *all = new;
                if is_lost && !value.is_empty() {
                    let refused = Some("the org has no such purse".to_owned());
                    all.push(FieldChoice { value, refused });
                    *chosen = all.len() - 1;
                } else {
                    *chosen = at.unwrap_or(0);
                }
            }
            Editor::Line(_) if self.spec.kind == FieldKind::Purse => {
                // The hub has said only now which there are.
                if value.is_empty() && !new.is_empty() {
                    self.editor = Editor::FieldChoice { all: new, chosen: 0 };
                    self.initial = self.value();
                }
            }
            Editor::Line(_) if !self.spec.kind.is_choice() => self.suggestions = new,
            Editor::Line(_) | Editor::Text(_) => {}
        }
    }
    /// The lines of the field, and its cursor as line and character.
    #[must_use]
    pub fn lines(&self) -> (Vec<String>, (usize, usize)) {
        match &self.editor {
            Editor::Line(input) => (vec![input.value().to_owned()], (0, input.cursor())),
            Editor::Text(area) => {
                let cursor = area.cursor();
                (area.lines().to_vec(), (cursor.0, cursor.1))
            }
            Editor::FieldChoice { .. } => (vec![self.value()], (0, 0)),
        }
    }
    /// Replaces what has a plain equivalent (R-TEXT-3), and leaves the cursor about where it is in the text. Returns
    /// whether anything was replaced. `Ctrl-Z` takes it back.
    pub fn write_plainly(&mut self, on_phone: bool) -> bool {
        let value = self.value();
        let written = plain(&value, on_phone);
        if written == value || self.choices().is_some() {
            return false;
        }
        if written.chars().count() > self.spec.max {
            self.notice = Some("no room to write it plainly: shorten it first".into());
            return false;
        }
        let (lines, (row, column)) = self.lines();
        let line = lines.get(row).map_or("", String::as_str);
        let column = match cut(line, column) {
            all if all.len() == line.len() => {
                written.split('\n').nth(row).map(Cow::Borrowed).unwrap_or_default()
            }
            before => plain(before, on_phone),
        };
        let column = column.chars().count();
        let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let editor = match &self.editor {
            Editor::Text(_) => {
                let mut area = text_area(&written);
                area.move_cursor(CursorMove::Jump(short(row), short(column)));
                Editor::Text(Box::new(area))
            }
            _ => Editor::Line(Input::new(written.into_owned()).with_cursor(column)),
        };
        self.before_rewrite = Some(Box::new(std::mem::replace(&mut self.editor, editor)));
        self.notice = Some("written plainly: Ctrl-Z takes it back".into());
        true
    }
    /// Takes a text that was written elsewhere in place of its own, until `Ctrl-Z`. Returns whether it is another
    /// one than before.
    pub fn rewrite(&mut self, text: &str) -> bool {
        let (before, old) = (self.editor.clone(), self.value());
        self.fill(text);
        if self.value() == old {
            self.editor = before;
            return false;
        }
        self.before_rewrite = Some(Box::new(before));
        self.notice = Some("from the editor: Ctrl-Z takes it back".into());
        true
    }
    /// Writes a text where the cursor is, which `Ctrl-Z` takes back as a whole. Returns whether the value changed.
    pub fn insert(&mut self, text: &str) -> bool {
        let before = self.editor.clone();
        let changed = self.paste(text);
        self.before_rewrite = changed.then(|| Box::new(before));
        changed
    }
    /// Replaces the value as part of what was inserted, so that `Ctrl-Z` takes both back.
    pub fn refill(&mut self, text: &str) {
        let before = self.before_rewrite.take();
        self.fill(text);
        self.before_rewrite = before;
    }
    /// How many more characters fit.
    pub(super) fn room(&self) -> usize {
        self.spec.max.saturating_sub(self.value().chars().count())
    }
    /// Takes a key. Returns whether the value changed.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        self.notice = None;
        let takes_back = key.code == KeyCode::Char('z') && key.modifiers == KeyModifiers::CONTROL;
        if takes_back && let Some(before) = self.before_rewrite.take() {
            self.editor = *before;
            return true;
        }
        let types = KeyModifiers::NONE | KeyModifiers::SHIFT;
        if matches!(key.code, KeyCode::Char(_)) && types.contains(key.modifiers) {
            self.drop_offered();
        }
        let full = self.room() == 0;
        let max = self.spec.max;
        let changed = match &mut self.editor {
            Editor::Line(input) if matches!(key.code, KeyCode::PageDown | KeyCode::PageUp) => {
                suggest(input, &self.suggestions, key.code == KeyCode::PageDown)
            }
            Editor::Line(input) => line_key(input, key, full),
            Editor::Text(area) => text_key(area, key, full),
            Editor::FieldChoice { all, chosen } => choice_key(all.len(), chosen, key),
        };
        if changed {
            self.before_rewrite = None;
            self.offered = false;
        }
        if full && !changed && matches!(key.code, KeyCode::Char(_) | KeyCode::Enter) {
            self.notice = Some(format!("full: {max} characters are possible"));
        }
        changed
    }
    /// Makes room for what is typed instead of what was offered.
    fn drop_offered(&mut self) {
        if let (true, Editor::Line(input)) = (std::mem::take(&mut self.offered), &mut self.editor) {
            *input = Input::default();
        }
    }
    /// Takes pasted text. Returns whether the value changed.
    pub fn paste(&mut self, pasted: &str) -> bool {
        if !pasted.is_empty() {
            self.drop_offered();
        }
        let room = self.room();
        let looked_at = cut_bytes(pasted, LARGEST_PASTE);
        let text = clean(looked_at, self.spec.kind.is_multiline());
        let fits = cut(&text, room);
        self.before_rewrite = None;
        self.notice = (fits.len() < text.len() || looked_at.len() < pasted.len()).then(|| {
            format!(
                "paste cut: {} of {} characters fit",
                fits.chars().count(),
                pasted.chars().count()
            )
        });
        match &mut self.editor {
            Editor::Line(input) => {
                for c in fits.chars() {
                    input.handle(InputRequest::InsertChar(c));
                }
                !fits.is_empty()
            }
            Editor::Text(area) => area.insert_str(fits),
            Editor::FieldChoice { .. } => {
                self.notice = Some("nothing can be pasted here".into());
                false
            }
        }
    }
}

fn text_area(text: &str) -> TextArea<'static> {
    let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
    area.move_cursor(CursorMove::Bottom);
    area.move_cursor(CursorMove::End);
    area
}

/// Makes pasted text fit for a field. Line breaks become `\n` (R-TEXT-3), or a blank in a field of one line;
/// tabs become blanks; control characters are dropped.
#[must_use]
pub fn clean(text: &str, multiline: bool) -> String {
    with_newlines(text)
        .chars()
        .map(|c| match c {
            '\n' if !multiline => ' ',
            '\t' => ' ',
            c => c,
        })
        .filter(|c| *c == '\n' || !c.is_control())
        .collect()
}

/// The first `chars` characters.
fn cut(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

/// At most the first `bytes` bytes, cut between characters.
fn cut_bytes(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

fn is_text(key: KeyEvent) -> bool {
    key.modifiers.difference(KeyModifiers::SHIFT).is_empty()
        || key.modifiers.contains(KeyModifiers::CONTROL | KeyModifiers::ALT)
}

fn line_key(input: &mut Input, key: KeyEvent, full: bool) -> bool {
    let Some(request) = to_input_request(&Event::Key(key)) else {
        return false;
    };
    match request {
        InputRequest::InsertChar(c) if full || c.is_control() || is_line_break(c) => false,
        InputRequest::Yank if full => false,
        InputRequest::DeletePrevChar
            if signs::taken_off(input.value(), input.cursor())
                < signs::before(input.value(), input.cursor()) =>
        {
            let (value, cursor) = signs::without_mark(input.value(), input.cursor());
            *input = Input::new(value).with_cursor(cursor);
            true
        }
        request => input.handle(request).is_some_and(|changed| changed.value),
    }
}

fn text_key(area: &mut TextArea<'static>, key: KeyEvent, full: bool) -> bool {
    let control = key.modifiers == KeyModifiers::CONTROL;
    let step = |area: &mut TextArea<'static>, by: CursorMove| {
        area.move_cursor(by);
        let inside = signs::inside(line_of(area), area.cursor().1);
        back(area, inside);
        false
    };
    let (line, cursor) = (line_of(area), area.cursor().1);
    let (before, behind) = (signs::before(line, cursor), signs::behind(line, cursor));
    match key.code {
        KeyCode::Enter if !full => {
            area.insert_newline();
            true
        }
        // A line break that is typed as a character is one all the same.
        KeyCode::Char(c) if is_text(key) && !full && is_line_break(c) => {
            area.insert_newline();
            true
        }
        KeyCode::Char(c) if is_text(key) && !full && !c.is_control() => {
            area.insert_char(c);
            true
        }
        KeyCode::Backspace if key.modifiers.is_empty() => delete_before(area),
        KeyCode::Backspace => area.delete_word(),
        KeyCode::Delete if control => area.delete_next_word(),
        KeyCode::Delete if behind > 1 => delete(area, behind),
        KeyCode::Delete => area.delete_next_char(),
        KeyCode::Left if control => step(area, CursorMove::WordBack),
        KeyCode::Right if control => step(area, CursorMove::WordForward),
        KeyCode::Left => {
            back(area, before.max(1));
            false
        }
        KeyCode::Right => {
            (0..behind.max(1)).for_each(|_| area.move_cursor(CursorMove::Forward));
            false
        }
        KeyCode::Up => step(area, CursorMove::Up),
        KeyCode::Down => step(area, CursorMove::Down),
        KeyCode::Home => step(area, CursorMove::Head),
        KeyCode::End => step(area, CursorMove::End),
        KeyCode::Char(c) if control => match c {
            'a' => step(area, CursorMove::Head),
            'e' => step(area, CursorMove::End),
            'h' => delete_before(area),
            'k' => area.delete_line_by_end(),
            'u' => area.delete_line_by_head(),
            'w' => area.delete_word(),
            'y' if !full => area.paste(),
            'z' => area.undo(),
            _ => false,
        },
        _ => false,
    }
}

/// The line in which the cursor is.
fn line_of<'a>(area: &'a TextArea<'static>) -> &'a str {
    area.lines().get(area.cursor().0).map_or("", String::as_str)
}

fn back(area: &mut TextArea<'static>, chars: usize) {
    (0..chars).for_each(|_| area.move_cursor(CursorMove::Back));
}

/// Backspace. What goes as one comes back as one.
fn delete_before(area: &mut TextArea<'static>) -> bool {
    match signs::taken_off(line_of(area), area.cursor().1) {
        0 | 1 => area.delete_char(),
        chars => {
            back(area, chars);
            delete(area, chars)
        }
    }
}

/// Deletes what is behind the cursor, and what was cut before stays there to be put in.
fn delete(area: &mut TextArea<'static>, chars: usize) -> bool {
    let cut = area.yank_text();
    let is_deleted = area.delete_str(chars);
    area.set_yank_text(cut);
    is_deleted
}

/// Writes the next suggestion over a line, or the first one if it holds none of them.
fn suggest(input: &mut Input, all: &[FieldChoice], forward: bool) -> bool {
    let at = all.iter().position(|choice| choice.value == input.value());
    let next = match at {
        Some(at) if forward => at + 1,
        Some(at) => at + all.len() - 1,
        None if forward => 0,
        None => all.len().saturating_sub(1),
    };
    let Some(choice) = all.get(next.checked_rem(all.len()).unwrap_or(0)) else { return false };
    *input = Input::new(choice.value.clone());
    true
}

fn choice_key(count: usize, chosen: &mut usize, key: KeyEvent) -> bool {
    if count < 2 {
        return false;
    }
    match key.code {
        KeyCode::Right | KeyCode::Char(' ') => *chosen = (*chosen + 1) % count,
        KeyCode::Left => *chosen = (*chosen + count - 1) % count,
        _ => return false,
    }
    true
}
