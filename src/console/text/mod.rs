//! Text from outside becomes drawable here and nowhere else.
//!
//! `Safe` is the only text that drawing accepts. `clean` makes it, and `scalar` says which scalars
//! may be drawn as they are. Nothing is normalised or translated: honest text passes byte for byte,
//! and whatever does not pass leaves a mark that looks different from typed text.

mod clean;
mod scalar;
#[cfg(test)]
pub mod tests;

use clean::Cleaner;
use ratatui::{
    style::{Modifier, Style},
    text::Span,
};
use std::{borrow::Cow, ops::Range};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// How many source bytes are looked at for each column that is wanted. This is enough for any
/// honest cluster, and it bounds the work that one hostile line can cause.
const BYTES_PER_COLUMN: usize = 64;

/// One line of text that may be drawn. No control, bidi, invisible or private scalar is left in it;
/// each one that was there is shown as a mark such as `«U+202E»`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Safe {
    text: String,
    width: usize,
    /// The byte ranges that are marks, in order and without overlaps.
    marks: Vec<Range<usize>>,
}

impl Safe {
    /// Foreign text on one line. Line breaks become `⏎`.
    #[must_use]
    pub fn new(foreign: &str) -> Self {
        Cleaner::run(foreign, false, usize::MAX)
    }
    /// Foreign text that names something, such as a name, number, key or URL. Joiners, odd blanks
    /// and fillers are marked too, because they could make two names look alike.
    #[must_use]
    pub fn identity(foreign: &str) -> Self {
        Cleaner::run(foreign, true, usize::MAX)
    }
    /// The first `max_columns` of foreign text. The cost depends on the columns and not on the
    /// text, for rows of lists, where a line of a megabyte must be as cheap as any other.
    #[must_use]
    pub fn new_clipped(foreign: &str, max_columns: usize) -> Self {
        Self::begin(foreign, false, max_columns)
    }
    /// The same as `new_clipped` for text that names something.
    #[must_use]
    pub fn identity_clipped(foreign: &str, max_columns: usize) -> Self {
        Self::begin(foreign, true, max_columns)
    }
    fn begin(foreign: &str, identity: bool, max_columns: usize) -> Self {
        let most = max_columns.saturating_add(1).saturating_mul(BYTES_PER_COLUMN);
        let cut = foreign.floor_char_boundary(most);
        let safe = Cleaner::run(&foreign[..cut], identity, max_columns);
        if cut < foreign.len() && safe.width <= max_columns {
            // So many bytes filled only so few columns, so `…` says that there is more.
            let mut safe = safe.keep(max_columns.saturating_sub(1));
            safe.push("…");
            return safe;
        }
        safe.clip(max_columns)
    }
    /// Foreign text split at its line breaks.
    #[must_use]
    pub fn lines(foreign: &str) -> Vec<Self> {
        foreign.split('\n').map(|line| Self::new(line.strip_suffix('\r').unwrap_or(line))).collect()
    }
    /// Our own words. They pass the same gate, so that a foreign word that got in by
    /// mistake is harmless.
    #[must_use]
    pub fn own(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(&text.into())
    }
    /// A sign of our own among foreign text. It looks like a mark, so that nobody can write it.
    #[must_use]
    pub fn sign(text: impl Into<Cow<'static, str>>) -> Self {
        let mut sign = Self::own(text);
        let end = sign.text.len();
        sign.marks.clear();
        sign.marks.push(0..end);
        sign
    }
    /// The drawable text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
    /// How many columns it takes.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }
    /// Whether it holds a mark, which is something that the customer did not type as it is shown.
    #[must_use]
    pub const fn is_marked(&self) -> bool {
        !self.marks.is_empty()
    }
    /// At most `width` columns, cut between clusters. It ends in `…` if something was cut.
    #[must_use]
    pub fn clip(&self, width: usize) -> Self {
        if self.width <= width {
            return self.clone();
        }
        if width == 0 {
            return Self::default();
        }
        let mut safe = self.keep(width - 1);
        safe.push("…");
        safe
    }
    /// The last `width` columns, for numbers, whose ends tell them apart. It begins with `…` if
    /// something was cut.
    #[must_use]
    pub fn tail(&self, width: usize) -> Self {
        if self.width <= width {
            return self.clone();
        }
        if width == 0 {
            return Self::default();
        }
        let mut over = self.width - (width - 1);
        let mut start = 0;
        for (cluster, columns) in clusters(&self.text) {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(columns);
            start += cluster.len();
        }
        let mut safe = Self::default();
        safe.push("…");
        safe.append(&self.part(start..self.text.len()));
        safe
    }
    /// Exactly `width` columns, clipped or padded with blanks on the right.
    #[must_use]
    pub fn fit(&self, width: usize) -> Self {
        let mut safe = self.clip(width);
        for _ in safe.width..width {
            safe.push(" ");
        }
        safe
    }
    /// Broken into lines of at most `width` columns, between words where that is possible. There is
    /// always at least one line.
    #[must_use]
    pub fn wrap(&self, width: usize) -> Vec<Self> {
        let width = width.max(1);
        let mut lines = Vec::new();
        let (mut start, mut columns) = (0, 0);
        // The last blank of the line, and the columns up to its end.
        let mut blank: Option<(Range<usize>, usize)> = None;
        let mut at = 0;
        for (cluster, w) in clusters(&self.text) {
            let end = at + cluster.len();
            if cluster == " " && columns >= width {
                // A blank that does not fit breaks the line, and the break stands for it.
                lines.push(self.part(start..at));
                (start, columns, blank) = (end, 0, None);
            } else {
                if columns + w > width && columns > 0 {
                    if let Some((gap, used)) = blank.take() {
                        lines.push(self.part(start..gap.start));
                        (start, columns) = (gap.end, columns - used);
                    }
                    if columns + w > width && start < at {
                        lines.push(self.part(start..at));
                        (start, columns) = (at, 0);
                    }
                }
                columns += w;
                if cluster == " " {
                    blank = Some((at..end, columns));
                }
            }
            at = end;
        }
        lines.push(self.part(start..self.text.len()));
        // A cluster of two columns does not fit into a width of one.
        lines.into_iter().map(|line| line.clip(width)).collect()
    }
    /// Spans for a line of ratatui. The marks stand out from `style`.
    #[must_use]
    pub fn spans(&self, style: Style) -> Vec<Span<'static>> {
        let loud = style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
        let mut spans = Vec::with_capacity(1 + 2 * self.marks.len());
        let mut at = 0;
        for mark in &self.marks {
            spans_of(&self.text[at..mark.start], style, &mut spans);
            spans_of(&self.text[mark.clone()], loud, &mut spans);
            at = mark.end;
        }
        spans_of(&self.text[at..], style, &mut spans);
        spans
    }
    /// Puts another text behind this one.
    pub fn append(&mut self, other: &Self) {
        let by = self.text.len();
        self.text.push_str(&other.text);
        self.width += other.width;
        self.marks.extend(other.marks.iter().map(|m| m.start + by..m.end + by));
    }
    /// Appends one of our own signs, which must be one column wide.
    fn push(&mut self, sign: &str) {
        self.text.push_str(sign);
        self.width += 1;
    }
    /// The clusters that fit into so many columns.
    fn keep(&self, width: usize) -> Self {
        let (mut columns, mut end) = (0, 0);
        for (cluster, w) in clusters(&self.text) {
            if columns + w > width {
                break;
            }
            columns += w;
            end += cluster.len();
        }
        self.part(0..end)
    }
    fn part(&self, range: Range<usize>) -> Self {
        let text = self.text[range.clone()].to_owned();
        let marks = self
            .marks
            .iter()
            .filter(|m| m.start < range.end && m.end > range.start)
            .map(|m| m.start.max(range.start) - range.start..m.end.min(range.end) - range.start)
            .collect();
        Self { width: clusters(&text).map(|(_, w)| w).sum(), text, marks }
    }
}

/// The clusters of drawable text, each with its columns.
fn clusters(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true).map(|cluster| (cluster, columns(cluster)))
}

/// How many columns a cluster takes in a terminal. A table of clusters that were measured in tmux
/// holds it (`tests/data/clusters.tsv`).
fn columns(cluster: &str) -> usize {
    cluster.width()
}

/// The voiced and the semi-voiced sound mark of half-width katakana. A terminal gives each a column
/// of its own, and so does Unicode's width, but ratatui adds another one for it.
const SOUND_MARKS: [char; 2] = ['\u{ff9e}', '\u{ff9f}'];
/// What stands for a sound mark in ratatui's buffer: scalars of private use, of one column, of which
/// foreign text has none left when it may be drawn.
const STAND_INS: [char; 2] = ['\u{e09e}', '\u{e09f}'];

/// The scalar to write to the terminal for a cell that holds a stand-in; `None` for any other cell.
#[must_use]
pub fn meant_by(symbol: &str) -> Option<char> {
    let at = STAND_INS.iter().position(|stand_in| symbol.starts_with(*stand_in))?;
    Some(SOUND_MARKS[at])
}

fn spans_of(text: &str, style: Style, spans: &mut Vec<Span<'static>>) {
    if !text.is_empty() {
        let drawn =
            |c| SOUND_MARKS.iter().position(|mark| *mark == c).map_or(c, |at| STAND_INS[at]);
        spans.push(Span::styled(text.chars().map(drawn).collect::<String>(), style));
    }
}
