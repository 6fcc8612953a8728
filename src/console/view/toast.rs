//! Draws toasts: short reports that come and go, at the right end of the rows above the hints. While a form
//! has the keys they are drawn at the top instead, so that they never cover the field that is being filled.
//! They never cover the held strip either.

use super::DrawContext;
use crate::{
    console::{
        app::App,
        layout::{Layout, Pane},
        pane::toast::Toast,
        text::Safe,
    },
    model::Tone,
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Clear, Paragraph},
};

/// The most rows of one toast; longer text is cut.
const ROWS: usize = 3;
/// The most columns of a toast's text, because longer rows are hard to read.
const WIDEST: usize = 100;

/// One toast as rows of text.
struct ToastRows {
    /// What stands before the first row; it says what the colour says.
    sign: &'static str,
    rows: Vec<Safe>,
    /// What stands behind the last row: how often it was said, and how to close it.
    end: String,
    tone: Tone,
}

impl ToastRows {
    fn new(toast: &Toast, width: usize, typing: bool) -> Self {
        let sign = match toast.tone {
            Tone::Good => "ok",
            Tone::Bad => "!!",
            Tone::Pending => "..",
            Tone::Plain => "--",
        };
        let times = if toast.times > 1 { format!(" x{}", toast.times) } else { String::new() };
        // While a form has the keys, Esc leaves the form and does not close a toast.
        let esc = if toast.tone == Tone::Bad && !typing { "  Esc closes" } else { "" };
        let end = format!("{times}{esc}");
        let room = width.saturating_sub(6 + end.len()).clamp(1, WIDEST);
        let rows = Safe::new_clipped(&toast.text, ROWS * room - ROWS).wrap(room);
        Self { sign, rows: rows.into_iter().take(ROWS).collect(), end, tone: toast.tone }
    }
    fn width(&self) -> usize {
        self.rows.iter().map(Safe::width).max().unwrap_or(0) + self.end.len() + 4
    }
    fn line(&self, row: usize, ctx: &DrawContext) -> Line<'static> {
        let style = ctx.selected().patch(ctx.tone(self.tone));
        let sign = if row == 0 { self.sign } else { "  " };
        let mut spans = vec![Span::styled(format!(" {sign} "), style)];
        let text = &self.rows[row];
        spans.extend(text.spans(style));
        let last = row + 1 == self.rows.len();
        let end = if last { self.end.as_str() } else { "" };
        let blanks = (self.width() - 4).saturating_sub(text.width() + end.len());
        spans.push(Span::styled(format!("{}{end} ", " ".repeat(blanks)), style));
        Line::from(spans)
    }
}

/// Draws all toasts that are shown now, one below the other.
pub fn draw(app: &App, frame: &mut Frame, layout: &Layout, ctx: &DrawContext) {
    let typing = app.focus() == Pane::Form;
    let width = usize::from(layout.status.width);
    let shown = app.toasts().shown().iter();
    let toasts: Vec<_> = shown.map(|toast| ToastRows::new(toast, width, typing)).collect();
    let first = if typing {
        // The header of the feed stays in sight, because it says whether the feed follows.
        layout.status.bottom() + u16::from(!layout.feed.is_empty())
    } else {
        let rows = toasts.iter().map(|toast| toast.rows.len()).sum::<usize>();
        let rows = u16::try_from(rows).unwrap_or(0);
        layout.held.y.saturating_sub(rows).max(layout.status.bottom())
    };
    let lines = toasts.iter().flat_map(|one| (0..one.rows.len()).map(move |row| (one, row)));
    for (y, (toast, row)) in (first..layout.held.y).zip(lines) {
        let width = u16::try_from(toast.width()).unwrap_or(0);
        let x = layout.status.right().saturating_sub(width + 1);
        let area = Rect { x, y, width, height: 1 }.intersection(frame.area());
        frame.render_widget(Clear, area);
        frame.render_widget(Paragraph::new(toast.line(row, ctx)), area);
    }
}
