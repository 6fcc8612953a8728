//! Draws the bottom line, which says what the keys do in the focused pane. Hints are shown whole or not at
//! all, as many as fit, and help is always the last one. While a filter is typed, it is typed in this line.
//!
//! The menu that opens above the line after a leader key such as `g` is drawn here too.

use super::{DrawContext, draw_context::part, filter_line};
use crate::console::{
    app::{App, Hint},
    layout::cut_left,
    msg::Click,
    text::Safe,
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph},
};

/// Draws the bottom line.
pub fn draw(app: &App, frame: &mut Frame, area: Rect, ctx: &DrawContext) {
    if area.is_empty() {
        return;
    }
    if app.leaves_on_next() {
        let words = Span::styled(" press again to leave ", ctx.selected());
        return frame.render_widget(Paragraph::new(Line::from(words)), area);
    }
    let rest = match app.filter_line() {
        Some(line) => {
            let (typed, rest) = cut_left(area, area.width * 3 / 5);
            filter_line::draw(line, frame, typed, ctx);
            rest
        }
        None => area,
    };
    let mut spans = Vec::new();
    let mut from = 0;
    for hint in fitting(app.hints(), usize::from(rest.width)) {
        let width = columns(&hint);
        ctx.zones.add(part(rest, from, width), Click::Keys(hint.press.clone()));
        from += width;
        spans.push(Span::raw(" "));
        spans.push(Span::styled(hint.keys, ctx.key()));
        spans.push(Span::styled(format!(" {} ", hint.title), ctx.plain()));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), rest);
}

/// The hints that fit into `width` columns, in the order given, but help last. Help has its room
/// before the others.
#[must_use]
pub fn fitting(hints: Vec<Hint>, width: usize) -> Vec<Hint> {
    let (help, others): (Vec<_>, Vec<_>) = hints.into_iter().partition(|h| h.title == "help");
    let mut left = width.saturating_sub(help.iter().map(columns).sum());
    let mut shown: Vec<_> = others
        .into_iter()
        .filter(|hint| {
            let fits = columns(hint) <= left;
            left -= if fits { columns(hint) } else { 0 };
            fits
        })
        .collect();
    shown.extend(help.into_iter().filter(|hint| columns(hint) <= width));
    shown
}

fn columns(hint: &Hint) -> usize {
    Safe::own(format!("{} {}", hint.keys, hint.title)).width() + 2
}

/// Draws the keys that can follow the leader key that was pressed, if one was, above the hints. A key that
/// does nothing now is dim and says why.
pub fn menu(app: &App, frame: &mut Frame, hints: Rect, ctx: &DrawContext) {
    let Some((leader, rows)) = app.menu() else { return };
    let lines: Vec<_> = rows
        .iter()
        .map(|row| {
            let (key, plain) = match row.reason {
                None => (ctx.key(), ctx.plain()),
                Some(_) => (ctx.dim(), ctx.dim()),
            };
            let mut spans = vec![
                Span::styled(format!(" {:<3}", row.keys), key),
                Span::styled(format!("{:<13}", row.title), plain),
            ];
            if let Some(reason) = row.reason {
                spans.push(Span::styled(reason, ctx.dim()));
            }
            Line::from(spans)
        })
        .collect();
    let widest = lines.iter().map(Line::width).max().unwrap_or(0) + 3;
    let width = u16::try_from(widest).unwrap_or(u16::MAX).min(hints.width);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(hints.y);
    let area = Rect { x: hints.x, y: hints.y - height, width, height };
    for (row, y) in rows.iter().zip(area.y + 1..area.bottom().saturating_sub(1)) {
        ctx.zones.add(Rect { y, height: 1, ..area }, Click::Keys(row.press.clone()));
    }
    let block = Block::bordered().title(format!(" {leader} ")).border_style(ctx.focus());
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}
