//! Draws the console: one file for each part of the screen, each a function from `&App` to cells.
//!
//! Nothing here changes state, and of long lists only the rows that are seen are laid out. What customers
//! and apps wrote is drawn as [`super::text::Safe`] only, so that it cannot drive the terminal. Where the
//! rectangles are is decided by [`super::layout`], because the mouse needs the same answer.

pub mod card;
pub mod draw_context;
pub mod feed;
pub mod filter_line;
pub mod form;
pub mod hints;
pub mod inspector;
pub mod line_builder;
pub mod lists;
pub mod outbox;
pub mod palette;
pub mod phone;
pub mod picker;
pub mod review;
pub mod status;
pub mod strip;
pub mod toast;
pub mod welcome;

pub use draw_context::DrawContext;

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

/// Draws the whole console: the panes that the layout gives room to, and what lies over them.
pub fn draw(app: &App, frame: &mut Frame, ctx: &DrawContext) {
    let screen = frame.area();
    let layout = app.layout_of(screen);
    if layout.class == Class::Card {
        card::too_small(frame, screen, ctx);
        return finish(frame.buffer_mut(), ctx);
    }
    let ctx = &ctx.of_hub(app.connection().said());
    status::draw(app, frame, layout.status, ctx);
    let focus = app.overlay().is_none().then_some(app.focus());
    let has = |pane| focus == Some(pane);
    if !layout.feed.is_empty() {
        // The times of the feed are the hub's, and so are their ages and dates.
        let hub = ctx.at(app.connection().skew().hub(ctx.now));
        feed::draw(app.feed(), frame, layout.feed, &hub, has(Pane::Feed));
        if app.feed().counts().total == 0 && !app.connection().is_live() {
            let list = Rect {
                y: layout.feed.y + 1,
                height: layout.feed.height.saturating_sub(1),
                ..layout.feed
            };
            frame.render_widget(Clear, list);
            status::trouble(app, frame, list, ctx);
        }
    }
    if !layout.inspector.is_empty() {
        let purses = inspector::Purses {
            rows: app.lists().purses(),
            fault: app.lists().fault(List::Purses),
        };
        let focused = has(Pane::Inspector);
        let drafts = app.inspected().map_or(0, |customer| app.drafts_for(customer));
        inspector::draw(app.inspector(), purses, drafts, frame, layout.inspector, ctx, focused);
    }
    if !layout.lists.is_empty() {
        lists::draw(app.lists(), frame, layout.lists, ctx, has(Pane::Lists));
    }
    if !layout.activity.is_empty() {
        outbox::draw(app.outbox(), frame, layout.activity, ctx, has(Pane::Activity));
    }
    if let Some(form) = app.form()
        && !layout.form.is_empty()
    {
        // All times of a form are the hub's, and the clocks of hub and terminal may differ.
        let hub = ctx.at(app.connection().skew().hub(ctx.now));
        form::draw(form, frame, layout.form, &hub, has(Pane::Form));
    }
    strip::draw(app, frame, layout.strip, ctx);
    let line = vec![Line::styled("│", ctx.dim()); usize::from(layout.rule.height)];
    frame.render_widget(Paragraph::new(line), layout.rule);
    if !layout.held.is_empty() {
        outbox::strip(app.outbox(), frame, layout.held, ctx);
    }
    if app.overlay().is_some() {
        ctx.zones.clear();
    }
    hints::draw(app, frame, layout.hints, ctx);
    toast::draw(app, frame, &layout, ctx);
    if let Some(line) = app.filter_line().filter(|_| app.overlay().is_none()) {
        filter_line::above(line, frame, Rect { y: layout.held.y, ..layout.hints }, ctx);
    }
    match app.overlay() {
        Some(Overlay::Picker(list)) => picker::draw(list, frame, screen, ctx),
        Some(Overlay::Leaving) => card::leaving(app, frame, screen, ctx),
        Some(Overlay::ThrowAway(call)) => card::throw_away(app, call, frame, screen, ctx),
        Some(Overlay::Welcome) => {
            let y = layout.status.bottom();
            let room = Rect { y, height: layout.hints.y.saturating_sub(y), ..screen };
            welcome::draw(app, frame, room, ctx);
        }
        None => hints::menu(app, frame, layout.hints, ctx),
    }
    finish(frame.buffer_mut(), ctx);
}

/// Takes the colours off every cell where the terminal must show none. Not to set any is not enough:
/// a terminal library may print a reset for a colour that it leaves out, and that reset would end the
/// reverse video of the selected row.
fn finish(buffer: &mut Buffer, ctx: &DrawContext) {
    if ctx.mono {
        for cell in &mut buffer.content {
            cell.fg = Color::Reset;
            cell.bg = Color::Reset;
        }
    }
}

/// A rectangle of this size in the middle of `within`, cut down where it would be larger.
fn centred(within: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(within.width), height.min(within.height));
    Rect {
        x: within.x + (within.width - width) / 2,
        y: within.y + (within.height - height) / 2,
        width,
        height,
    }
}
