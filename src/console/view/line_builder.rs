//! What all panes make their rows with: [`LineBuilder`], the header of a pane, wrapped text, and the words
//! that several panes use.
//!
//! Text that customers and apps wrote passes `Safe` here, so that no pane has to remember to do it. In the
//! docs of this room such text is called foreign, and a `String` that still has to pass is called raw.

use super::DrawContext;
use crate::{
    console::text::Safe,
    model::{Actor, Lease, Timestamp, Tone},
};
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

/// A row that is put together from left to right: our words and foreign text, each with its style.
#[derive(Clone, Debug, Default)]
pub struct LineBuilder {
    spans: Vec<Span<'static>>,
    width: usize,
}

impl LineBuilder {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds text that is safe already.
    #[must_use]
    pub fn safe(mut self, text: &Safe, style: Style) -> Self {
        self.width += text.width();
        self.spans.extend(text.spans(style));
        self
    }
    /// Adds words of our own. They must hold nothing that customers or apps wrote.
    #[must_use]
    pub fn own(self, words: impl Into<std::borrow::Cow<'static, str>>, style: Style) -> Self {
        self.safe(&Safe::own(words), style)
    }
    /// Adds foreign text, at most `columns` of it.
    #[must_use]
    pub fn foreign(self, text: &str, columns: usize, style: Style) -> Self {
        self.safe(&Safe::new_clipped(text, columns), style)
    }
    /// Adds a foreign name, number, key or id, at most `columns` of it. Characters that cannot be seen are
    /// marked in it, because two names that differ must not look alike.
    #[must_use]
    pub fn identity(self, text: &str, columns: usize, style: Style) -> Self {
        self.safe(&Safe::identity_clipped(text, columns), style)
    }
    /// Adds blanks up to a column; nothing where the line is as long already.
    #[must_use]
    pub fn pad_to(mut self, column: usize) -> Self {
        if column > self.width {
            self.spans.push(Span::raw(" ".repeat(column - self.width)));
            self.width = column;
        }
        self
    }
    /// Adds all of another line.
    pub fn append(&mut self, other: Self) {
        self.width += other.width;
        self.spans.extend(other.spans);
    }
    /// The columns that the line takes so far.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }
    /// The finished line.
    #[must_use]
    pub fn line(self) -> Line<'static> {
        Line::from(self.spans)
    }
    /// The finished line with `right` at the right end of a row of `width` columns. `right` is left out where
    /// both do not fit; where it must not be, use [`beside`].
    #[must_use]
    pub fn and_right(self, right: Self, width: usize) -> Line<'static> {
        if right.width == 0 || self.width + right.width > width {
            return self.line();
        }
        let mut both = self.pad_to(width - right.width);
        both.spans.extend(right.spans);
        both.line()
    }
}

/// Two halves of a row. Where they do not fit beside each other, the right one gets a row of its own below:
/// a countdown must not vanish because a column is narrow.
#[must_use]
pub fn beside(left: LineBuilder, right: LineBuilder, width: usize) -> Vec<Line<'static>> {
    if left.width + right.width <= width {
        return vec![left.and_right(right, width)];
    }
    let mut below = LineBuilder::new().pad_to(3);
    below.append(right);
    vec![left.line(), below.line()]
}

/// The sign beside a status. It says what the colour says, for those who do not see the colour; it is empty
/// for what is neither good nor bad nor pending.
#[must_use]
pub const fn mark(tone: Tone) -> &'static str {
    tone.sign()
}

/// Who did something. The result is raw, because labels of keys are chosen by others.
#[must_use]
pub fn actor(actor: &Actor) -> String {
    actor.to_string()
}

/// Who holds a lease: the app in whose name it is held, if there is one, and whose key asked for it. The
/// result is raw.
#[must_use]
pub fn holder(lease: &Lease) -> String {
    match &lease.app {
        Some(app) => format!("app {app}, {}", actor(&lease.holder)),
        None => actor(&lease.holder),
    }
}

/// A number with commas between thousands: `8931` becomes `8,931`.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A time: the time of day if it is today in the agent's zone, else the date and the time.
#[must_use]
pub fn moment(at: Timestamp, ctx: &DrawContext) -> String {
    let date = ctx.date(at);
    let today = ctx.date(ctx.now);
    if date.get(..10) == today.get(..10) { ctx.clock(at) } else { date }
}

/// Foreign text wrapped into rows. Of a text of more than `most` characters only the beginning is laid out,
/// and a last row says how many characters are left out.
#[must_use]
pub fn wrapped(text: &str, width: usize, most: usize) -> Vec<Safe> {
    let end = text.char_indices().nth(most).map_or(text.len(), |(end, _)| end);
    let mut rows: Vec<Safe> =
        Safe::lines(&text[..end]).iter().flat_map(|line| line.wrap(width.max(1))).collect();
    if end < text.len() {
        let rest = text[end..].chars().count();
        rows.push(Safe::own(format!("… {rest} more characters")));
    }
    rows
}

/// Draws the header row of a pane: its title, a line, and `right` at the right end. Returns the area below
/// it, which is the inside of the pane.
pub fn frame_pane(
    frame: &mut Frame,
    area: Rect,
    title: LineBuilder,
    right: LineBuilder,
    ctx: &DrawContext,
    focused: bool,
) -> Rect {
    let style = if focused { ctx.focus() } else { ctx.dim() };
    let width = usize::from(area.width);
    let between = width.saturating_sub(title.width() + right.width());
    let head = match between.checked_sub(2) {
        Some(line) => title.own(format!(" {}", "─".repeat(line)), style),
        None => title,
    };
    let row = Rect { height: area.height.min(1), ..area };
    frame.render_widget(Paragraph::new(head.and_right(right, width)), row);
    Rect { y: area.y + row.height, height: area.height - row.height, ..area }
}

/// Draws lines from the top of an area down, as many as fit. Of a line that is too long the beginning is drawn, with
/// a sign at its end that it goes on.
pub fn rows(frame: &mut Frame, area: Rect, lines: Vec<Line<'static>>) {
    let width = usize::from(area.width);
    let lines: Vec<_> = lines.into_iter().map(|line| cut(line, width)).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

fn cut(line: Line<'static>, width: usize) -> Line<'static> {
    if line.width() <= width {
        return line;
    }
    let (mut spans, mut used) = (Vec::new(), 0);
    for piece in line.styled_graphemes(Style::default()) {
        let span = Span::styled(piece.symbol.to_owned(), piece.style);
        used += span.width();
        if used >= width {
            spans.push(Span::styled("…", piece.style));
            break;
        }
        spans.push(span);
    }
    Line { spans, ..line }
}

#[cfg(test)]
pub mod tests;
