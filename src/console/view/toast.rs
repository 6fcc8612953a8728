//! Notices: above the hints on the right, or at the top while a form has the keys, so that they
//! never cover the field that is being filled or the held strip.

use super::Look;
use crate::{
    console::{
        app::App,
        layout::{Layout, Pane},
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

/// Draws the notices.
pub fn draw(app: &App, frame: &mut Frame, layout: &Layout, look: &Look) {
    let shown = app.toasts().shown();
    let first = if app.focus() == Pane::Form {
        // The header of the feed says whether it follows; that stays in sight.
        layout.status.bottom() + u16::from(!layout.feed.is_empty())
    } else {
        let rows = u16::try_from(shown.len()).unwrap_or(0);
        layout.held.y.saturating_sub(rows).max(layout.status.bottom())
    };
    for (row, toast) in (first..layout.held.y).zip(shown) {
        let sign = match toast.tone {
            Tone::Good => "ok",
            Tone::Bad => "!!",
            Tone::Pending => "..",
            Tone::Plain => "--",
        };
        let times = if toast.times > 1 { format!(" x{}", toast.times) } else { String::new() };
        let esc = if toast.tone == Tone::Bad { "  Esc closes" } else { "" };
        let frame_columns = sign.len() + times.len() + esc.len() + 4;
        let room = usize::from(layout.status.width).saturating_sub(frame_columns + 2);
        let text = Safe::new(&toast.text).clip(room);
        let width = u16::try_from(text.width() + frame_columns).unwrap_or(0);
        let area =
            Rect { x: layout.status.right().saturating_sub(width + 1), y: row, width, height: 1 };
        let area = area.intersection(frame.area());
        let style = look.selected().patch(look.tone(toast.tone));
        let mut spans = vec![Span::styled(format!(" {sign} "), style)];
        spans.extend(text.spans(style));
        spans.push(Span::styled(format!("{times}{esc} "), style));
        frame.render_widget(Clear, area);
        frame.render_widget(Paragraph::new(Line::from(spans)), area);
    }
}
