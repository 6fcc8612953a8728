//! Draws toasts: short reports that come and go, at the right end of the rows above the hints. While a form
//! has the keys they are drawn at the top instead, away from the form as far as there is room. They never cover
//! the field that is being filled, the selected and the newest row of the pane with the keys, or the strip of
//! what is held (R-CONSOLE-27).

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
    let areas: Vec<_> = toasts
        .iter()
        .flat_map(|one| (0..one.rows.len()).map(move |row| (one, row)))
        .map(|(toast, row)| (toast, row, u16::try_from(toast.width()).unwrap_or(0)))
        .collect();
    let widths: Vec<_> = areas.iter().map(|(.., width)| *width).collect();
    let first = place(&widths, typing, layout, ctx);
    let mut places = (first..layout.held.y).chain(layout.status.bottom()..first);
    for (toast, row, width) in areas {
        // Where there is no room for all of them at once, they lie around what they must not cover.
        let free = |y: &u16| !ctx.spared.meets(row_of(*y, width, layout));
        let Some(y) = places.by_ref().find(free) else { return };
        let area = row_of(y, width, layout).intersection(frame.area());
        frame.render_widget(Clear, area);
        frame.render_widget(Paragraph::new(toast.line(row, ctx)), area);
    }
}

/// The area of a row of a toast.
fn row_of(y: u16, width: u16, layout: &Layout) -> Rect {
    let x = layout.status.right().saturating_sub(width + 1);
    Rect { x, y, width, height: 1 }
}

/// Where the first of rows with these widths is: as far down as they cover nothing that must be seen, or as far
/// up and beside the form while that has the keys. If they would everywhere, they begin where they would anyway.
fn place(widths: &[u16], typing: bool, layout: &Layout, ctx: &DrawContext) -> u16 {
    let tall = u16::try_from(widths.len()).unwrap_or(u16::MAX);
    // The header of the feed stays in sight, because it says whether the feed follows.
    let top = layout.status.bottom() + u16::from(typing && !layout.feed.is_empty());
    let bottom = layout.held.y.saturating_sub(tall).max(layout.status.bottom());
    let is_free = |first: &u16, shuns_form: bool| {
        (*first..).zip(widths).all(|(y, width)| {
            let row = row_of(y, *width, layout);
            !(ctx.spared.meets(row) || (shuns_form && layout.form.intersects(row)))
        })
    };
    let mut rows = top..=bottom;
    let found = if typing {
        let beside = rows.clone().find(|first| is_free(first, true));
        beside.or_else(|| rows.find(|first| is_free(first, false)))
    } else {
        rows.rfind(|first| is_free(first, false))
    };
    found.unwrap_or(if typing { top } else { bottom })
}
