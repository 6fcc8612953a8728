//! How each part of the screen looks: pictures of `&App`, visible rows only.
//!
//! Nothing here changes state. Foreign text arrives as [`super::text::Safe`]; where a terminal
//! must show no colours, a last pass takes them off every cell, because a colour that is printed as
//! nothing would still end reverse video.

pub mod card;
pub mod feed;
pub mod form;
pub mod hints;
pub mod inspector;
pub mod lists;
pub mod look;
pub mod outbox;
pub mod picker;
pub mod review;
pub mod status;
pub mod toast;
pub mod words;

pub use look::Look;

use super::{
    app::{App, Overlay},
    layout::{Class, Pane},
    msg::List,
};
use ratatui::{
    Frame,
    buffer::Buffer,
    layout::Rect,
    style::Color,
    text::Line,
    widgets::{Clear, Paragraph},
};

/// Draws the console.
pub fn draw(app: &App, frame: &mut Frame, look: &Look) {
    let screen = frame.area();
    let layout = app.layout_of(screen);
    if layout.class == Class::Card {
        card::too_small(frame, screen, look);
        return finish(frame.buffer_mut(), look);
    }
    status::draw(app, frame, layout.status, look);
    let focus = app.overlay().is_none().then_some(app.focus());
    let has = |pane| focus == Some(pane);
    if !layout.feed.is_empty() {
        feed::draw(app.feed(), frame, layout.feed, look, has(Pane::Feed));
        if app.feed().counts().total == 0 && !app.connection().is_live() {
            let list = Rect {
                y: layout.feed.y + 1,
                height: layout.feed.height.saturating_sub(1),
                ..layout.feed
            };
            frame.render_widget(Clear, list);
            status::trouble(app, frame, list, look);
        }
    }
    if !layout.inspector.is_empty() {
        let purses = inspector::Purses {
            rows: app.lists().purses(),
            fault: app.lists().fault(List::Purses),
        };
        let focused = has(Pane::Inspector);
        inspector::draw(app.inspector(), purses, frame, layout.inspector, look, focused);
    }
    if !layout.lists.is_empty() {
        lists::draw(app.lists(), frame, layout.lists, look, has(Pane::Lists));
    }
    if !layout.activity.is_empty() {
        outbox::draw(app.outbox(), frame, layout.activity, look, has(Pane::Activity));
    }
    if let Some(form) = app.form()
        && !layout.form.is_empty()
    {
        // A form knows the hub's clock only.
        let hub = look.at(app.connection().skew().hub(look.now));
        form::draw(form, frame, layout.form, &hub, has(Pane::Form));
    }
    for rule in layout.rules.into_iter().filter(|rule| !rule.is_empty()) {
        let line = vec![Line::styled("│", look.dim()); usize::from(rule.height)];
        frame.render_widget(Paragraph::new(line), rule);
    }
    if !layout.held.is_empty() {
        outbox::strip(app.outbox(), frame, layout.held, look);
    }
    hints::draw(app, frame, layout.hints, look);
    toast::draw(app, frame, &layout, look);
    match app.overlay() {
        Some(Overlay::Picker(list)) => picker::draw(list, frame, screen, look),
        Some(Overlay::Leaving) => card::leaving(app, frame, screen, look),
        None => hints::menu(app, frame, layout.hints, look),
    }
    finish(frame.buffer_mut(), look);
}

/// Without colours, every cell is told so: a terminal library that prints nothing for a colour may
/// still print a reset, which would end the reverse video of the selection.
fn finish(buffer: &mut Buffer, look: &Look) {
    if look.mono {
        for cell in &mut buffer.content {
            cell.fg = Color::Reset;
            cell.bg = Color::Reset;
        }
    }
}

/// A rectangle in the middle of another, no larger than it.
fn centred(within: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(within.width), height.min(within.height));
    Rect {
        x: within.x + (within.width - width) / 2,
        y: within.y + (within.height - height) / 2,
        width,
        height,
    }
}
