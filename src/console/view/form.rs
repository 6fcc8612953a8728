//! The form: who it is locked to, the fields, what is wrong with them, and the way to the review.
//!
//! ```text
//! [3 REPLY] 2 errors
//!  to      Jane W. …9b1f +254711000001 whatsapp 5250 [LOCKED]
//!  answers habari, order yangu iko wapi?                       5 s ago
//!  text    Order 8841 iko njiani, itafika leo saa 11_
//!          44 septets, GSM-7, 1 part, 116 left
//!  [Review]  Ctrl-S   Tab next field   Esc leave, draft kept
//! ```

use super::{
    Look, review,
    words::{Words, frame_pane, rows},
};
use crate::{
    catalog::Needs,
    console::{
        pane::form::{Form, field::Field},
        text::Safe,
    },
    model::Tone,
};
use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::Line,
};
use unicode_segmentation::UnicodeSegmentation;

/// Columns of the labels.
const LABEL: usize = 9;
/// The most rows a text takes while others share the pane.
const TALLEST: usize = 12;
/// The most rows of what is wrong with a field, and of what helps with it.
const ERROR_ROWS: usize = 4;
const HINT_ROWS: usize = 4;
/// Of a line longer than this only the part around the cursor is laid out.
const LONG: usize = 4_096;

mod hint;

/// Draws a form, or its review sheet.
pub fn draw(form: &Form, frame: &mut Frame, area: Rect, look: &Look, focused: bool) {
    if area.is_empty() {
        return;
    }
    let style = if focused { look.focus() } else { look.title() };
    let name = form.spec().title.to_uppercase();
    let title = match form.sheet() {
        Some(_) => Words::new().own(format!("[3 REVIEW {name}]"), style),
        None => Words::new().own(format!("[3 {name}]"), style),
    };
    let right = match (form.sheet(), form.errors()) {
        (None, n @ 1..) => {
            let words = if n == 1 { "1 error ".into() } else { format!("{n} errors ") };
            Words::new().own(words, look.tone(Tone::Bad))
        }
        _ => Words::new(),
    };
    let right = right.own("LOCKED", look.title());
    let inside = frame_pane(frame, area, title, right, look, focused);
    match form.sheet() {
        Some(sheet) => review::draw(form, sheet, frame, inside, look),
        None => Picture::new(form, inside, look).draw(frame, inside, focused),
    }
}

/// The rows of a form, with the place of the focus.
struct Picture<'a> {
    form: &'a Form,
    look: &'a Look,
    width: usize,
    lines: Vec<Line<'static>>,
    /// First and last row of what has the focus.
    focus: (usize, usize),
    cursor: Option<(usize, usize)>,
}

impl<'a> Picture<'a> {
    fn new(form: &'a Form, inside: Rect, look: &'a Look) -> Self {
        let width = usize::from(inside.width);
        let lines = Vec::new();
        let mut picture = Self { form, look, width, lines, focus: (0, 0), cursor: None };
        picture.recipient();
        let first = picture.lines.len();
        let tall = |f: &Field| f.spec.kind.is_multiline();
        let others = first + 2 + form.shown().filter(|(_, field)| !tall(field)).count();
        let room = usize::from(inside.height).saturating_sub(others + form.errors());
        let texts = form.shown().filter(|(_, field)| tall(field)).count().max(1);
        let rows = (room / texts).clamp(1, TALLEST);
        for (i, field) in form.shown() {
            picture.field(field, i == form.focus(), rows);
        }
        picture.button();
        picture
    }
    fn room(&self) -> usize {
        self.width.saturating_sub(LABEL + 1).max(1)
    }
    fn label(&self, label: &'static str, focused: bool) -> Words {
        let style = if focused { self.look.selected() } else { self.look.dim() };
        Words::new().to(1).own(label, style).to(LABEL)
    }
    /// Who it is for: locked, so it is not a stop.
    fn recipient(&mut self) {
        let (target, look, needs) = (self.form.target(), self.look, self.form.spec().needs);
        match (needs, &target.work) {
            (Needs::Nothing, _) => {
                let line = self.label("to", false).own("everyone with the tag", look.title());
                self.lines.push(line.line());
                return;
            }
            (Needs::Work, Some(work)) => {
                let line = self.label("work", false).identity(work.as_str(), 48, look.title());
                self.lines.push(line.line());
                return;
            }
            _ => self.customer(),
        }
        if let Some(at) = self.form.wrote_again() {
            let line = Words::new()
                .own(" !!", look.tone(Tone::Bad))
                .own(format!(" new message {} ago", look.ago(at)), look.title());
            self.lines.push(line.line());
        }
    }
    fn customer(&mut self) {
        let (target, look, needs) = (self.form.target(), self.look, self.form.spec().needs);
        let unnamed = match (&target.customer, needs) {
            (None, Needs::Anyone) => "(no customer)",
            _ => "(no name)",
        };
        let name = if target.name.is_empty() { unnamed } else { &target.name };
        // Of a payment the customer may be either side, or none.
        let label = if needs == Needs::Anyone { "for" } else { "to" };
        let mut line = self.label(label, false).identity(name, self.room() / 2, look.title());
        if let Some(id) = &target.customer {
            let id = id.as_str();
            let end = id.char_indices().rev().nth(3).map_or(0, |(start, _)| start);
            line = line.own(" …", look.dim()).identity(&id[end..], 8, look.plain());
        }
        let quoted = target.reply_to.as_ref().filter(|_| needs == Needs::Message);
        let awaited = matches!(needs, Needs::Ussd | Needs::Call);
        let session = target.session.as_ref().filter(|_| awaited);
        let line_of = quoted
            .map(|q| (&q.number, &q.channel))
            .or_else(|| session.map(|s| (&s.number, &s.channel)));
        if let Some((number, channel)) = line_of {
            let pair = Words::new()
                .own(" ", look.dim())
                .identity(&number.to_string(), 24, look.plain())
                .own(" ", look.dim())
                .identity(&channel.to_string(), 24, look.plain());
            // Where both do not fit beside the name they have a row of their own.
            if line.width() + pair.width() > self.width {
                self.lines.push(std::mem::take(&mut line).line());
                line = Words::new().to(LABEL - 1);
            }
            line.append(pair);
        }
        self.lines.push(line.line());
        if let Some(quoted) = quoted {
            let right = Words::new().own(format!("{} ago ", look.ago(quoted.at)), look.dim());
            self.beside("answers", &quoted.text, right);
        }
        if let Some(session) = session {
            let right = match self.form.deadline() {
                Some(deadline) if deadline > look.now => {
                    let left = format!("{} left ", look.until(deadline));
                    Words::new().own(left, look.tone(Tone::Pending))
                }
                Some(_) => Words::new().own("too late ", look.tone(Tone::Bad)),
                None => Words::new(),
            };
            let nothing = if needs == Needs::Call { "(no keys pressed)" } else { "(dialled)" };
            let said = if session.said.is_empty() { nothing } else { &session.said };
            self.beside("answers", said, right);
        }
    }
    /// Foreign text with a word of ours at the right end.
    fn beside(&mut self, label: &'static str, text: &str, right: Words) {
        let room = self.room().saturating_sub(right.width() + 1);
        let left = self.label(label, false).foreign(text, room, self.look.plain());
        self.lines.push(left.and_right(right, self.width));
    }
    fn field(&mut self, field: &Field, focused: bool, tall: usize) {
        let first = self.lines.len();
        if field.choices().is_some() {
            let line = self.choice(field, focused);
            self.lines.push(line);
            if focused {
                self.cursor = Some((LABEL, first));
            }
        } else {
            self.text(field, focused, tall);
        }
        if let Some(why) = &field.error {
            let style = self.look.tone(Tone::Bad);
            let room = self.room().saturating_sub(3).max(1);
            let rows = Safe::new_clipped(why, ERROR_ROWS * room).wrap(room);
            for (i, row) in rows.iter().take(ERROR_ROWS).enumerate() {
                let sign = if i == 0 { "!! " } else { "   " };
                self.lines.push(Words::new().to(LABEL).own(sign, style).safe(row, style).line());
            }
        }
        if focused {
            if let Some(hint) = hint::hint(self.form, field, self.look) {
                let rows = Safe::new_clipped(&hint, HINT_ROWS * self.room()).wrap(self.room());
                for row in rows.iter().take(HINT_ROWS) {
                    self.lines.push(Words::new().to(LABEL).safe(row, self.look.dim()).line());
                }
            }
            self.focus = (first, self.lines.len() - 1);
        }
    }
    fn choice(&self, field: &Field, focused: bool) -> Line<'static> {
        let look = self.look;
        let (all, chosen) = field.choices().unwrap_or_default();
        let label = self.label(field.spec.label, focused);
        let Some(choice) = all.get(chosen) else {
            return label.own(field.spec.placeholder, look.dim()).line();
        };
        let mut line = label;
        if all.len() > 1 {
            line = line.own("< ", look.key());
        }
        line = line.identity(&choice.value, self.room().saturating_sub(16), look.plain());
        if all.len() > 1 {
            line = line.own(" >", look.key());
            line = line.own(format!("  {} of {}", chosen + 1, all.len()), look.dim());
        }
        if let Some(why) = choice.refused.as_ref().filter(|_| field.error.is_none()) {
            let room = self.width.saturating_sub(line.width() + 2);
            line = line.own("  ", look.plain()).foreign(why, room, look.tone(Tone::Bad));
        }
        line.line()
    }
    fn text(&mut self, field: &Field, focused: bool, tall: usize) {
        let (lines, cursor) = field.lines();
        let first = self.lines.len();
        let label = self.label(field.spec.label, focused);
        if lines.iter().all(String::is_empty) && lines.len() == 1 {
            let room = self.room();
            let line = label.foreign(field.spec.placeholder, room, self.look.dim());
            self.lines.push(line.line());
            self.cursor = if focused { Some((LABEL, first)) } else { self.cursor };
            return;
        }
        let tall = if field.spec.kind.is_multiline() { tall } else { 1 };
        let (laid, at) = lay(&lines, cursor, self.room(), tall);
        let start = (at.1 + 1).saturating_sub(tall).min(laid.len().saturating_sub(tall));
        for (i, row) in laid.iter().skip(start).take(tall).enumerate() {
            let line = if i == 0 { label.clone() } else { Words::new().to(LABEL) };
            self.lines.push(line.safe(row, self.look.plain()).line());
        }
        if focused {
            self.cursor = Some((LABEL + at.0, first + at.1.saturating_sub(start)));
        }
    }
    fn button(&mut self) {
        let look = self.look;
        let focused = self.form.focus() >= self.form.fields().len();
        if let Some(notice) = self.form.notice() {
            self.lines.push(Words::new().to(LABEL).own(notice, look.tone(Tone::Bad)).line());
        }
        let style = if focused { look.selected() } else { look.title() };
        let at = self.lines.len();
        let line = Words::new().to(1).own("[Review]", style).own(" Ctrl-S", look.key());
        let leave = Words::new().own("Esc", look.key()).own(" leave, draft kept ", look.dim());
        self.lines.push(line.and_right(leave, self.width));
        if focused {
            self.focus = (at, at);
            self.cursor = Some((1, at));
        }
    }
    /// Draws so that who it is for and what has the focus are both seen.
    fn draw(self, frame: &mut Frame, inside: Rect, focused: bool) {
        let height = usize::from(inside.height);
        if height == 0 {
            return;
        }
        let rest = height.saturating_sub(1);
        let start = (self.focus.1 + 1).saturating_sub(rest.max(1)).min(self.focus.0).max(1);
        let overflow = self.lines.len() > height;
        let start = if overflow { start.min(self.lines.len() - rest) } else { 1 };
        let mut lines = self.lines;
        let tail = lines.split_off(start.min(lines.len()));
        lines.truncate(1);
        lines.extend(tail.into_iter().take(rest));
        rows(frame, inside, lines);
        if let Some((x, y)) = self.cursor.filter(|_| focused) {
            let y = if y == 0 { 0 } else { (y + 1).saturating_sub(start) };
            let x = x.min(usize::from(inside.width).saturating_sub(1));
            if y < height {
                let (x, y) = (u16::try_from(x).unwrap_or(0), u16::try_from(y).unwrap_or(0));
                frame.set_cursor_position(Position::new(inside.x + x, inside.y + y));
            }
        }
    }
}

/// Lays text out in rows of `width` around the cursor, breaking anywhere, as an editor does.
/// Returns the rows and the cursor's column and row among them.
fn lay(
    lines: &[String],
    (line, column): (usize, usize),
    width: usize,
    tall: usize,
) -> (Vec<Safe>, (usize, usize)) {
    let mut out = Vec::new();
    let mut cursor = (0, 0);
    let from = line.saturating_sub(tall);
    for (i, text) in lines.iter().enumerate().skip(from).take(2 * tall + 1) {
        let here = (i == line).then_some(column);
        let skip = here.map_or(0, |column| (column / LONG).saturating_sub(1) * LONG);
        let start = text.char_indices().nth(skip).map_or(0, |(start, _)| start);
        let part = &text[start..];
        let end = part.char_indices().nth(3 * LONG).map_or(part.len(), |(end, _)| end);
        let (mut row, mut chars) = (Safe::default(), skip);
        for cluster in part[..end].graphemes(true) {
            let safe = Safe::new(cluster);
            if row.width() + safe.width() > width && row.width() > 0 {
                out.push(std::mem::take(&mut row));
            }
            if here.is_some_and(|column| column >= chars) {
                cursor = (row.width(), out.len());
            }
            chars += cluster.chars().count();
            row.append(&safe);
        }
        if here.is_some_and(|column| column >= chars) {
            cursor = (row.width().min(width), out.len());
        }
        out.push(row);
    }
    (out, cursor)
}

#[cfg(test)]
mod tests;
