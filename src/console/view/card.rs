//! The cards that lie over everything else: one says that the screen is too small, and the others ask what
//! becomes of held sends when the agent leaves, and whether a draft is to be thrown away.

use super::{DrawContext, centred};
use crate::{
    console::{app::App, text::Safe},
    model::CallId,
};
use crossterm::event::KeyCode;
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph},
};

/// Says how large the screen is and how large it must be. Meanwhile no key does anything but leave,
/// because nobody could see what it did.
pub fn too_small(frame: &mut Frame, screen: Rect, ctx: &DrawContext) {
    let lines = vec![
        Line::styled("switchboard", ctx.title()),
        Line::raw("needs 40x12"),
        Line::raw(format!("this is {}x{}", screen.width, screen.height)),
        Line::styled("Ctrl-C twice leaves", ctx.dim()),
    ];
    let height = u16::try_from(lines.len()).unwrap_or(4);
    let area = centred(screen, 22, height);
    frame.render_widget(Paragraph::new(lines).centered(), area);
}

/// Lists the held sends and offers to send them, to keep them as drafts, or to stay.
pub fn leaving(app: &App, frame: &mut Frame, screen: Rect, ctx: &DrawContext) {
    let held: Vec<_> = app.outbox().held().collect();
    let count = held.len();
    let mut lines = vec![
        Line::styled(
            if count == 1 {
                "1 send is held".to_owned()
            } else {
                format!("{count} sends are held")
            },
            ctx.title(),
        ),
        Line::default(),
    ];
    let width = 56.min(screen.width.saturating_sub(2));
    let room = usize::from(width.saturating_sub(4));
    for row in held.iter().take(3) {
        let text = format!("{} to {}: {}", row.title, row.to, row.summary);
        lines.push(Line::from(Safe::new(&text).clip(room).spans(ctx.plain())));
    }
    lines.push(Line::styled("nothing leaves while you are asked", ctx.dim()));
    lines.push(Line::default());
    for (key, words) in
        [("s", "send now and leave"), ("d", "keep as drafts and leave"), ("Esc", "stay")]
    {
        lines.push(Line::from(vec![
            Span::styled(format!("{key:>4}"), ctx.key()),
            Span::styled(format!("  {words}"), ctx.plain()),
        ]));
    }
    let height = u16::try_from(lines.len() + 2).unwrap_or(12);
    let area = centred(screen, width, height);
    for (key, up) in [(KeyCode::Char('s'), 4), (KeyCode::Char('d'), 3), (KeyCode::Esc, 2)] {
        let y = area.bottom().saturating_sub(up);
        ctx.zones.key(Rect { y, height: 1, ..area }, key);
    }
    let block = Block::bordered().title(" Leave? ").border_style(ctx.focus());
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// Shows a draft and asks whether it is to be thrown away.
pub fn throw_away(app: &App, call: &CallId, frame: &mut Frame, screen: Rect, ctx: &DrawContext) {
    let Some(kept) = app.drafts().get(call) else { return };
    let width = 56.min(screen.width.saturating_sub(2));
    let room = usize::from(width.saturating_sub(4));
    let number = kept.written.target.numbers.first().map(ToString::to_string).unwrap_or_default();
    let whom = format!("{} {number}", kept.what_and_whom());
    let mut lines = vec![
        Line::from(Safe::new(&whom).clip(room).spans(ctx.title())),
        Line::from(Safe::new(kept.words()).clip(room).spans(ctx.plain())),
    ];
    if kept.in_doubt {
        lines.push(Line::styled("it may have been sent; nothing is taken back", ctx.plain()));
    }
    lines.push(Line::default());
    for (key, words) in [("t", "throw it away for good"), ("Esc", "keep it")] {
        lines.push(Line::from(vec![
            Span::styled(format!("{key:>4}"), ctx.key()),
            Span::styled(format!("  {words}"), ctx.plain()),
        ]));
    }
    let height = u16::try_from(lines.len() + 2).unwrap_or(8);
    let area = centred(screen, width, height);
    for (key, up) in [(KeyCode::Char('t'), 3), (KeyCode::Esc, 2)] {
        let y = area.bottom().saturating_sub(up);
        ctx.zones.key(Rect { y, height: 1, ..area }, key);
    }
    let block = Block::bordered().title(" Throw this draft away? ").border_style(ctx.focus());
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}
