//! A line in the making: our words and foreign text, each with its style. Every foreign word
//! passes `Safe` here, so that no picture has to remember it.

use super::Look;
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

/// A line in the making.
#[derive(Clone, Debug, Default)]
pub struct Words {
    spans: Vec<Span<'static>>,
    width: usize,
}

impl Words {
    /// An empty line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// Safe text.
    #[must_use]
    pub fn safe(mut self, text: &Safe, style: Style) -> Self {
        self.width += text.width();
        self.spans.extend(text.spans(style));
        self
    }
    /// Our own words.
    #[must_use]
    pub fn own(self, words: impl Into<std::borrow::Cow<'static, str>>, style: Style) -> Self {
        self.safe(&Safe::own(words), style)
    }
    /// Foreign text, at most `columns` of it.
    #[must_use]
    pub fn foreign(self, text: &str, columns: usize, style: Style) -> Self {
        self.safe(&Safe::new_clipped(text, columns), style)
    }
    /// A foreign name, number, key or id, at most `columns` of it.
    #[must_use]
    pub fn identity(self, text: &str, columns: usize, style: Style) -> Self {
        self.safe(&Safe::identity_clipped(text, columns), style)
    }
    /// Blanks up to a column.
    #[must_use]
    pub fn to(mut self, column: usize) -> Self {
        if column > self.width {
            self.spans.push(Span::raw(" ".repeat(column - self.width)));
            self.width = column;
        }
        self
    }
    /// Puts another line behind this one.
    pub fn append(&mut self, other: Self) {
        self.width += other.width;
        self.spans.extend(other.spans);
    }
    /// Columns so far.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }
    /// The line.
    #[must_use]
    pub fn line(self) -> Line<'static> {
        Line::from(self.spans)
    }
    /// Two halves of one row: the right one ends at `width`, the left one gives way.
    #[must_use]
    pub fn and_right(self, right: Self, width: usize) -> Line<'static> {
        if right.width == 0 || self.width + right.width > width {
            return self.line();
        }
        let mut both = self.to(width - right.width);
        both.spans.extend(right.spans);
        both.line()
    }
}

/// Two halves of one row; where they do not fit beside each other, the right one gets a row of its
/// own below, for what counts down may not vanish because a column is narrow.
#[must_use]
pub fn beside(left: Words, right: Words, width: usize) -> Vec<Line<'static>> {
    if left.width + right.width <= width {
        return vec![left.and_right(right, width)];
    }
    let mut below = Words::new().to(3);
    below.append(right);
    vec![left.line(), below.line()]
}

/// The mark beside a status, which says what the colour says.
#[must_use]
pub const fn mark(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "ok",
        Tone::Bad => "!!",
        Tone::Pending => "..",
        Tone::Plain => "",
    }
}

/// Who did something; the label of a key is raw.
#[must_use]
pub fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Hub => "the hub".into(),
        Actor::Customer => "the customer".into(),
        Actor::Key(label) => format!("key {label}"),
        Actor::Network => "the network".into(),
    }
}

/// Who holds a lease: the app in whose name, and whose key it was; raw.
#[must_use]
pub fn holder(lease: &Lease) -> String {
    match &lease.app {
        Some(app) => format!("app {app}, {}", actor(&lease.holder)),
        None => actor(&lease.holder),
    }
}

/// `8931` as `8,931`.
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

/// A moment: the time of day if it is today, else the date with it.
#[must_use]
pub fn moment(at: Timestamp, look: &Look) -> String {
    let date = look.date(at);
    let today = look.date(look.now);
    if date.get(..10) == today.get(..10) { look.clock(at) } else { date }
}

/// Foreign text as wrapped rows; of a very long one only the beginning, which is said.
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

/// Heads a pane: a row with its title, a line, and what stands at its right end. Says where the
/// inside is.
pub fn frame_pane(
    frame: &mut Frame,
    area: Rect,
    title: Words,
    right: Words,
    look: &Look,
    focused: bool,
) -> Rect {
    let style = if focused { look.focus() } else { look.dim() };
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

/// Draws rows from the top of an area, as many as fit.
pub fn rows(frame: &mut Frame, area: Rect, lines: Vec<Line<'static>>) {
    frame.render_widget(Paragraph::new(lines), area);
}

#[cfg(test)]
pub mod tests;
