//! Notices: above the hints on the right, or at the top while a form has the keys, so that they
//! never cover the field that is being filled or the held strip.

use super::Look;
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

/// The most rows of one notice.
const ROWS: usize = 3;
/// The most columns of its text: longer rows are read badly.
const WIDEST: usize = 100;

/// One notice as rows of text, with its sign and what stands behind it.
struct Notice {
    sign: &'static str,
    rows: Vec<Safe>,
    end: String,
    tone: Tone,
}

impl Notice {
    fn new(toast: &Toast, width: usize, typing: bool) -> Self {
        let sign = match toast.tone {
            Tone::Good => "ok",
            Tone::Bad => "!!",
            Tone::Pending => "..",
            Tone::Plain => "--",
        };
        let times = if toast.times > 1 { format!(" x{}", toast.times) } else { String::new() };
        // While a form has the keys, Esc leaves the form.
        let esc = if toast.tone == Tone::Bad && !typing { "  Esc closes" } else { "" };
        let end = format!("{times}{esc}");
        let room = width.saturating_sub(6 + end.len()).clamp(1, WIDEST);
        let rows = Safe::new_clipped(&toast.text, ROWS * room - ROWS).wrap(room);
        Self { sign, rows: rows.into_iter().take(ROWS).collect(), end, tone: toast.tone }
    }
    fn width(&self) -> usize {
        self.rows.iter().map(Safe::width).max().unwrap_or(0) + self.end.len() + 4
    }
    fn line(&self, row: usize, look: &Look) -> Line<'static> {
        let style = look.selected().patch(look.tone(self.tone));
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

/// Draws the notices.
pub fn draw(app: &App, frame: &mut Frame, layout: &Layout, look: &Look) {
    let typing = app.focus() == Pane::Form;
    let width = usize::from(layout.status.width);
    let shown = app.toasts().shown().iter();
    let notices: Vec<_> = shown.map(|toast| Notice::new(toast, width, typing)).collect();
    let first = if typing {
        // The header of the feed says whether it follows; that stays in sight.
        layout.status.bottom() + u16::from(!layout.feed.is_empty())
    } else {
        let rows = notices.iter().map(|notice| notice.rows.len()).sum::<usize>();
        let rows = u16::try_from(rows).unwrap_or(0);
        layout.held.y.saturating_sub(rows).max(layout.status.bottom())
    };
    let lines = notices.iter().flat_map(|one| (0..one.rows.len()).map(move |row| (one, row)));
    for (y, (notice, row)) in (first..layout.held.y).zip(lines) {
        let width = u16::try_from(notice.width()).unwrap_or(0);
        let x = layout.status.right().saturating_sub(width + 1);
        let area = Rect { x, y, width, height: 1 }.intersection(frame.area());
        frame.render_widget(Clear, area);
        frame.render_widget(Paragraph::new(notice.line(row, look)), area);
    }
}
