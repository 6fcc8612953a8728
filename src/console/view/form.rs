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
    console::{
        catalog::{FieldKind, expiry, segments::Meter},
        pane::form::{Form, field::Field, preflight::json_word},
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
/// Of a line longer than this only the part around the cursor is laid out.
const LONG: usize = 4_096;

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
        let others =
            first + 2 + form.fields().iter().filter(|f| !f.spec.kind.is_multiline()).count();
        let room = usize::from(inside.height).saturating_sub(others + form.errors());
        let texts = form.fields().iter().filter(|f| f.spec.kind.is_multiline()).count().max(1);
        let tall = (room / texts).clamp(1, TALLEST);
        for (i, field) in form.fields().iter().enumerate() {
            picture.field(field, i == form.focus(), tall);
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
        let (target, look) = (self.form.target(), self.look);
        let name = if target.name.is_empty() { "(no name)" } else { &target.name };
        let mut line = self.label("to", false).identity(name, self.room() / 2, look.title());
        if let Some(id) = &target.customer {
            let id = id.as_str();
            let end = id.char_indices().rev().nth(3).map_or(0, |(start, _)| start);
            line = line.own(" …", look.dim()).identity(&id[end..], 8, look.plain());
        }
        let reply = self.form.spec().id == "reply";
        let number = target.reply_to.as_ref().filter(|_| reply).map(|q| &q.number);
        if let Some(number) = number.or(target.numbers.first().filter(|_| reply)) {
            line = line.own(" ", look.dim()).identity(&number.to_string(), 24, look.plain());
        }
        if let Some(quoted) = target.reply_to.as_ref().filter(|_| reply) {
            line =
                line.own(" ", look.dim()).identity(&quoted.channel.to_string(), 24, look.plain());
            self.lines.push(line.line());
            let right = Words::new().own(format!("{} ago ", look.ago(quoted.at)), look.dim());
            let room = self.room().saturating_sub(right.width() + 1);
            let left = self.label("answers", false).foreign(&quoted.text, room, look.plain());
            self.lines.push(left.and_right(right, self.width));
        } else {
            self.lines.push(line.line());
        }
        if let Some(at) = self.form.wrote_again() {
            let line = Words::new()
                .own(" !!", look.tone(Tone::Bad))
                .own(format!(" new message {} ago", look.ago(at)), look.title());
            self.lines.push(line.line());
        }
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
            let line = Words::new().to(LABEL).own("!! ", self.look.tone(Tone::Bad));
            let room = self.room().saturating_sub(3);
            self.lines.push(line.foreign(why, room, self.look.tone(Tone::Bad)).line());
        }
        if focused {
            if let Some(hint) = self.hint(field) {
                let line = Words::new().to(LABEL).foreign(&hint, self.room(), self.look.dim());
                self.lines.push(line.line());
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
    /// What helps with the focused field: what the last paste did, how the value is read, else its help.
    fn hint(&self, field: &Field) -> Option<String> {
        if let Some(notice) = &field.notice {
            return Some(notice.clone());
        }
        let value = field.value();
        match field.spec.kind {
            FieldKind::Text => self.form.meter().filter(|m| m.units > 0).map(meter_words),
            FieldKind::Expiry if !value.trim().is_empty() => {
                let ends = expiry::parse(&value, self.look.now, self.form.zone()).ok()?;
                Some(expiry::show(ends, self.look.now, self.form.zone()))
            }
            FieldKind::Data if !value.is_empty() => Some(json_word(&value)),
            _ => None,
        }
        .or_else(|| field.error.is_none().then(|| field.spec.help.to_owned()))
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

/// The measure of a short message, and what made it dear.
fn meter_words(meter: Meter) -> String {
    let parts = if meter.parts == 1 { "1 part".into() } else { format!("{} parts", meter.parts) };
    let culprit = meter.culprit.map_or(String::new(), |(c, at)| format!(" for {c} at {at}"));
    let (word, units, left) = (meter.encoding.word(), meter.units, meter.left);
    format!("sms: {parts}, {word}{culprit}, {units} units, {left} left")
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
