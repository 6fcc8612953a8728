//! Draws the open form: the customer it is locked to, the fields, what is wrong with them, and the button
//! that leads to the review sheet. The sheet itself is in [`super::review`].
//!
//! ```text
//! [3 REPLY] ────────────────────────────────────────────────────── LOCKED
//!  to      Jane W. …9b1f +254711000001 whatsapp 5250
//!  answers habari, order yangu iko wapi?                           5s ago
//!  text    Order 8841 iko njiani, itafika leo saa 11.
//!          Enter makes a new line, not a send.
//!  body    < text >  1 of 4
//!  [Review] Ctrl-S                                 Esc leave, draft kept
//! ```

use super::{
    DrawContext,
    draw_context::part,
    line_builder::{LineBuilder, frame_pane, rows, wrapped},
    lists::window_left,
    phone::phone_rows,
    review,
};
use crate::{
    catalog::{FieldKind, Needs},
    console::{
        pane::form::{BECAUSE, Form, QUOTED, field::Field, meter::Carrier, way::SendWindow},
        text::Safe,
    },
    model::{Tone, segments::measure},
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::Line,
};
use unicode_segmentation::UnicodeSegmentation;

/// The column in which the values of fields begin.
const LABEL: usize = 9;
/// The most rows that a text of several lines takes, so that the other fields stay in sight.
const TALLEST: usize = 12;
/// The most rows of what is wrong with a field.
const ERROR_ROWS: usize = 4;
/// The most rows of the hint below the focused field.
const HINT_ROWS: usize = 4;
/// Of a line with more characters than this only the part around the cursor is laid out, because a paste can
/// make a single line of a megabyte (R-CONSOLE-5).
const LONG: usize = 4_096;

mod hint;

/// Draws the form, or its review sheet once that is open.
pub fn draw(form: &Form, frame: &mut Frame, area: Rect, ctx: &DrawContext, focused: bool) {
    if area.is_empty() {
        return;
    }
    let style = if focused { ctx.focus() } else { ctx.title() };
    let name = form.spec().title.to_uppercase();
    let title = match form.sheet() {
        Some(_) => LineBuilder::new().own(format!("[3 REVIEW {name}]"), style),
        None => LineBuilder::new().own(format!("[3 {name}]"), style),
    };
    let title = match form.occasion() {
        "" => title,
        occasion => title.own(format!(" {occasion}"), ctx.dim()),
    };
    let right = match (form.sheet(), form.errors()) {
        (None, n @ 1..) => {
            let words = if n == 1 { "1 error ".into() } else { format!("{n} errors ") };
            LineBuilder::new().own(words, ctx.tone(Tone::Bad))
        }
        _ => LineBuilder::new(),
    };
    let right = right.own("LOCKED", ctx.title());
    let inside = frame_pane(frame, area, title, right, ctx, focused);
    match form.sheet() {
        Some(sheet) => review::draw(form, sheet, frame, inside, ctx),
        None => Picture::new(form, inside, ctx).draw(frame, inside, focused),
    }
}

/// The rows of a form before they are cut to the height of the pane. It knows where the focus is, because
/// that decides which rows are shown.
struct Picture<'a> {
    form: &'a Form,
    ctx: &'a DrawContext,
    width: usize,
    height: usize,
    lines: Vec<Line<'static>>,
    /// The first and the last row of the field or button that has the focus.
    focus: (usize, usize),
    /// The column and the row of the cursor among `lines`; `None` until the focused field was laid out.
    cursor: Option<(usize, usize)>,
    /// The row of the buttons among `lines`.
    buttons: usize,
}

impl<'a> Picture<'a> {
    fn new(form: &'a Form, inside: Rect, ctx: &'a DrawContext) -> Self {
        let width = usize::from(inside.width);
        let (lines, height) = (Vec::new(), usize::from(inside.height));
        let mut picture =
            Self { form, ctx, width, height, lines, focus: (0, 0), cursor: None, buttons: 0 };
        picture.recipient();
        picture.window();
        let first = picture.lines.len();
        let tall = |f: &Field| f.spec.kind.is_multiline();
        let others =
            first + 2 + form.steps().len() + form.shown().filter(|(_, field)| !tall(field)).count();
        let room = usize::from(inside.height).saturating_sub(others + form.errors());
        let texts = form.shown().filter(|(_, field)| tall(field)).count().max(1);
        let rows = (room / texts).clamp(1, TALLEST);
        for (i, field) in form.shown() {
            picture.field(field, i == form.focus(), rows);
        }
        picture.steps();
        picture.button();
        picture.phone(usize::from(inside.height));
        picture
    }
    /// The text as the phone will show it, in the rows that are left below the buttons. It is shown where that
    /// is something else than what stands in the field: a template filled in, or a text of several parts.
    fn phone(&mut self, height: usize) {
        let Some((text, carrier)) = self.form.arriving() else { return };
        let left = height.saturating_sub(self.lines.len() + 1);
        let several = carrier == Carrier::Sms && measure(&text).parts > 1;
        if left < 2 || text.is_empty() || !(several || self.form.is_template()) {
            return;
        }
        self.lines.push(Line::default());
        for (i, row) in phone_rows(&text, carrier, self.room(), LONG).iter().take(left).enumerate()
        {
            let label = if i == 0 { "phone" } else { "" };
            self.lines.push(self.label(label, false).safe(row, self.ctx.plain()).line());
        }
    }
    fn room(&self) -> usize {
        self.width.saturating_sub(LABEL + 1).max(1)
    }
    fn label(&self, label: &'static str, focused: bool) -> LineBuilder {
        let style = if focused { self.ctx.selected() } else { self.ctx.dim() };
        LineBuilder::new().pad_to(1).own(label, style).pad_to(LABEL)
    }
    /// Who the form is for. That is locked when the form opens (R-CONSOLE-2), so Tab never stops here.
    fn recipient(&mut self) {
        let (target, ctx, needs) = (self.form.target(), self.ctx, self.form.spec().needs);
        match (needs, &target.work) {
            (Needs::Nothing, _) => {
                let is_again = !self.form.values().get("failed-of").trim().is_empty();
                let whom = if is_again { "those it failed for" } else { "everyone with the tag" };
                let line = self.label("to", false).own(whom, ctx.title());
                self.lines.push(line.line());
                self.because();
                return;
            }
            (Needs::Work, Some(work)) => {
                let line = self.label("work", false).identity(work.as_str(), 48, ctx.title());
                self.lines.push(line.line());
                return;
            }
            _ => self.customer(),
        }
        if let Some(answer) = self.form.conflict() {
            let mut said = LineBuilder::new().pad_to(1);
            said.append(review::who_answered(self.form, answer, ctx));
            let said = said.own(" ", ctx.plain());
            let room = self.width.saturating_sub(said.width());
            self.lines.push(said.foreign(&answer.text, room, ctx.plain()).line());
        }
        if let Some(at) = self.form.wrote_again() {
            let line = LineBuilder::new()
                .own(" !!", ctx.tone(Tone::Bad))
                .own(format!(" new message {} ago", ctx.ago(at)), ctx.title());
            let line =
                if self.form.newer().is_empty() { line } else { line.own(": ", ctx.plain()) };
            let room = self.width.saturating_sub(line.width());
            self.lines.push(line.foreign(self.form.newer(), room, ctx.plain()).line());
        }
    }
    fn customer(&mut self) {
        let (target, ctx, needs) = (self.form.target(), self.ctx, self.form.spec().needs);
        let unnamed = match (&target.customer, needs) {
            (None, Needs::Anyone) => "(no customer)",
            _ => "(no name)",
        };
        let name = if target.name.is_empty() { unnamed } else { &target.name };
        // A payment may be to this customer or from them, or have neither side with a customer.
        let label = if needs == Needs::Anyone { "for" } else { "to" };
        let mut line = self.label(label, false).identity(name, self.room() / 2, ctx.title());
        if let Some(id) = &target.customer {
            let id = id.as_str();
            let end = id.char_indices().rev().nth(3).map_or(0, |(start, _)| start);
            line = line.own(" …", ctx.dim()).identity(&id[end..], 8, ctx.plain());
        }
        let quoted = target.reply_to.as_ref().filter(|_| needs == Needs::Message);
        let awaited = matches!(needs, Needs::Ussd | Needs::Call);
        let session = target.session.as_ref().filter(|_| awaited);
        let line_of = quoted
            .map(|q| (&q.number, &q.channel))
            .or_else(|| session.map(|s| (&s.number, &s.channel)));
        if let Some((number, channel)) = line_of {
            let pair = LineBuilder::new()
                .own(" ", ctx.dim())
                .identity(&number.to_string(), 24, ctx.plain())
                .own(" ", ctx.dim())
                .identity(&channel.to_string(), 24, ctx.plain());
            // Number and channel get a row of their own where they do not fit beside the name.
            if line.width() + pair.width() > self.width {
                self.lines.push(std::mem::take(&mut line).line());
                line = LineBuilder::new().pad_to(LABEL - 1);
            }
            line.append(pair);
        }
        self.lines.push(line.line());
        self.because();
        let Some(said) = self.form.answers() else { return };
        let right = match quoted {
            Some(quoted) => {
                LineBuilder::new().own(format!("{} ago ", ctx.ago(quoted.at)), ctx.dim())
            }
            None => time_left(self.form, ctx),
        };
        let nothing = if needs == Needs::Call { "(no keys pressed)" } else { "(dialled)" };
        self.quote(if said.is_empty() { nothing } else { said }, right);
    }
    /// Why the message is written again (R-CONSOLE-29).
    fn because(&mut self) {
        let Some(why) = self.form.because() else { return };
        let (style, room) = (self.ctx.tone(Tone::Bad), self.width.saturating_sub(5).max(1));
        let rows = Safe::new_clipped(why, BECAUSE * room).wrap(room);
        for (i, row) in rows.iter().take(BECAUSE).enumerate() {
            let sign = if i == 0 { " !! " } else { "    " };
            self.lines.push(LineBuilder::new().own(sign, style).safe(row, style).line());
        }
    }
    /// What the customer said, in as many rows as there is room for, and `right` at the right end of the first.
    fn quote(&mut self, said: &str, right: LineBuilder) {
        let room = self.room().saturating_sub(right.width() + 1).max(1);
        let tall = |field: &Field| field.spec.kind.is_multiline();
        let fields = self.form.shown().filter(|(_, field)| !tall(field)).count();
        let rows = |field: &Field| {
            let lines = field.lines().0;
            lines.iter().map(|line| line.chars().count() / self.room() + 1).sum::<usize>()
        };
        let texts = self.form.shown().filter(|(_, field)| tall(field));
        // What is being written comes first, and a row each is for the hint and for the buttons.
        let texts: usize = texts.map(|(_, field)| rows(field).clamp(2, 6)).sum();
        let used = self.lines.len() + fields + self.form.errors() + texts + 2;
        let most = self.height.saturating_sub(used).clamp(1, QUOTED);
        let mut rows = wrapped(said, room, room * most);
        match most {
            _ if rows.len() <= most => {}
            1 => rows = vec![Safe::new_clipped(said, room).fit(room)],
            _ => {
                rows.truncate(most - 1);
                rows.push(Safe::own("… the rest is in the timeline"));
            }
        }
        let mut right = Some(right);
        for row in &rows {
            let label = if right.is_some() { "answers" } else { "" };
            let left = self.label(label, false).safe(row, self.ctx.plain());
            let right = right.take().unwrap_or_default();
            self.lines.push(left.and_right(right, self.width));
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
            let style = self.ctx.tone(Tone::Bad);
            let room = self.room().saturating_sub(3).max(1);
            let rows = Safe::new_clipped(why, ERROR_ROWS * room).wrap(room);
            for (i, row) in rows.iter().take(ERROR_ROWS).enumerate() {
                let sign = if i == 0 { "!! " } else { "   " };
                self.lines.push(
                    LineBuilder::new().pad_to(LABEL).own(sign, style).safe(row, style).line(),
                );
            }
        }
        if focused {
            let hints = hint::hint(self.form, field, self.ctx);
            let (room, ctx) = (self.room(), self.ctx);
            let rows = hints.iter().flat_map(|line| {
                let style = review::said(line.tone, ctx);
                let safe = Safe::new_clipped(&line.words, HINT_ROWS * room);
                safe.wrap(room).into_iter().map(move |row| (row, style))
            });
            for (row, style) in rows.take(HINT_ROWS) {
                self.lines.push(LineBuilder::new().pad_to(LABEL).safe(&row, style).line());
            }
            self.focus = (first, self.lines.len() - 1);
        }
    }
    fn choice(&self, field: &Field, focused: bool) -> Line<'static> {
        let ctx = self.ctx;
        let (all, chosen) = field.choices().unwrap_or_default();
        let label = self.label(field.spec.label, focused);
        let Some(choice) = all.get(chosen) else {
            return label.own(field.spec.placeholder, ctx.dim()).line();
        };
        let mut line = label;
        if all.len() > 1 {
            line = line.own("< ", ctx.key());
        }
        line = line.identity(&choice.value, self.room().saturating_sub(16), ctx.plain());
        if all.len() > 1 {
            line = line.own(" >", ctx.key());
            line = line.own(format!("  {} of {}", chosen + 1, all.len()), ctx.dim());
        }
        let purse = Some(&choice.value).filter(|_| field.spec.kind == FieldKind::Purse);
        let cx = self.form.context(ctx.now);
        if let Some(purse) = purse.and_then(|id| cx.purse(id)).filter(|_| !focused) {
            line = line.own("  ", ctx.plain()).own(hint::available(purse), ctx.dim());
        }
        if let Some(why) = choice.refused.as_ref().filter(|_| field.error.is_none()) {
            let room = self.width.saturating_sub(line.width() + 2);
            line = line.own("  ", ctx.plain()).foreign(why, room, ctx.tone(Tone::Bad));
        }
        line.line()
    }
    fn text(&mut self, field: &Field, focused: bool, tall: usize) {
        let (lines, cursor) = field.lines();
        let first = self.lines.len();
        let label = self.label(field.spec.label, focused);
        if lines.iter().all(String::is_empty) && lines.len() == 1 {
            let room = self.room();
            let line = label.foreign(field.spec.placeholder, room, self.ctx.dim());
            self.lines.push(line.line());
            self.cursor = if focused { Some((LABEL, first)) } else { self.cursor };
            return;
        }
        let tall = if field.spec.kind.is_multiline() { tall } else { 1 };
        let (laid, at) = lay(&lines, cursor, self.room(), tall);
        let start = (at.1 + 1).saturating_sub(tall).min(laid.len().saturating_sub(tall));
        for (i, row) in laid.iter().skip(start).take(tall).enumerate() {
            let line = if i == 0 { label.clone() } else { LineBuilder::new().pad_to(LABEL) };
            self.lines.push(line.safe(row, self.ctx.plain()).line());
        }
        if focused {
            self.cursor = Some((LABEL + at.0, first + at.1.saturating_sub(start)));
        }
    }
    /// How long a text may still be sent on the way that is chosen.
    fn window(&mut self) {
        let (Some((_, channel)), Some(window)) = (self.form.way(), self.form.window()) else {
            return;
        };
        let ends = match window {
            SendWindow::Open(ends) => Some(ends),
            SendWindow::Closed => None,
        };
        let (left, tone) = window_left(channel.channel, ends, self.ctx);
        let then =
            if ends.is_some() { " left, then only a template" } else { ": only a template goes" };
        let line = self.label("window", false).own(left, self.ctx.tone(tone));
        self.lines.push(line.own(then, self.ctx.dim()).line());
    }
    /// What follows the reply once it is accepted.
    fn steps(&mut self) {
        for (i, step) in self.form.steps().iter().enumerate() {
            let label = self.label(if i == 0 { "then" } else { "" }, false);
            self.lines.push(label.foreign(step, self.room(), self.ctx.plain()).line());
        }
    }
    fn button(&mut self) {
        let ctx = self.ctx;
        let focused = self.form.focus() >= self.form.fields().len();
        if let Some(notice) = self.form.notice() {
            self.lines
                .push(LineBuilder::new().pad_to(LABEL).own(notice, ctx.tone(Tone::Bad)).line());
        }
        let style = if focused { ctx.selected() } else { ctx.title() };
        let at = self.lines.len();
        self.buttons = at;
        let line = LineBuilder::new().pad_to(1).own("[Review]", style);
        let line = if self.form.is_live() {
            line.own(" F5", ctx.key())
                .own("  ", ctx.plain())
                .own("Ctrl-S", ctx.key())
                .own(" send", ctx.title())
        } else {
            line.own(" Ctrl-S", ctx.key())
        };
        let leave = LineBuilder::new().own("Esc", ctx.key()).own(" leave, draft kept ", ctx.dim());
        self.lines.push(line.and_right(leave, self.width));
        if focused {
            self.focus = (at, at);
            self.cursor = Some((1, at));
        }
    }
    /// Draws as many rows as fit. The first one, with who the form is for, and those of the focused field
    /// are always among them.
    fn draw(self, frame: &mut Frame, inside: Rect, focused: bool) {
        let height = usize::from(inside.height);
        if height == 0 {
            return;
        }
        let rest = height.saturating_sub(1);
        let start = (self.focus.1 + 1).saturating_sub(rest.max(1)).min(self.focus.0).max(1);
        let overflow = self.lines.len() > height;
        let start = if overflow { start.min(self.lines.len() - rest) } else { 1 };
        if let Some(y) = (self.buttons + 1).checked_sub(start).filter(|y| (1..height).contains(y)) {
            let y = u16::try_from(y).unwrap_or(0);
            buttons(self.form, Rect { y: inside.y + y, height: 1, ..inside }, self.ctx);
        }
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
                self.ctx.spared.row(inside, inside.y + y);
            }
        }
    }
}

/// Notes where the buttons of a form are: the sheet, the key that sends at once, and leaving.
fn buttons(form: &Form, row: Rect, ctx: &DrawContext) {
    let (send, leave) = (KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL), 22);
    ctx.zones.key(part(row, 1, 11), KeyCode::F(5));
    if form.is_live() {
        ctx.zones.key(part(row, 14, 11), send);
    }
    ctx.zones.key(part(row, usize::from(row.width).saturating_sub(leave), leave), KeyCode::Esc);
}

/// How long whoever is on the line will still wait for the answer. It is on the form and on its sheet.
pub(super) fn time_left(form: &Form, ctx: &DrawContext) -> LineBuilder {
    match form.deadline() {
        _ if form.is_over() => LineBuilder::new().own("waits no more ", ctx.tone(Tone::Bad)),
        Some(deadline) if deadline > ctx.now => {
            let left = format!("{} left ", ctx.until(deadline));
            LineBuilder::new().own(left, ctx.tone(Tone::Pending))
        }
        Some(_) => LineBuilder::new().own("too late ", ctx.tone(Tone::Bad)),
        None => LineBuilder::new(),
    }
}

/// Breaks the lines around the cursor into rows of `width` columns, at any character, as an editor does.
/// Returns the rows, and the cursor's column and row among them.
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
