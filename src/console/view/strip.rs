//! Draws who waits on the line for an answer, a row each, over the left pane. The least time comes first, and
//! where there is no room for all, the last row says how many there are more.
//!
//! ```text
//!  USSD *385#  +254711000101 Amina                     wants a menu  g w   14 s
//!  call        +254722000001 Baraka Mushi   +2 more  ringing, wants a plan   9 s
//! ```

use super::{
    DrawContext,
    line_builder::{LineBuilder, rows},
};
use crate::{
    console::{app::App, msg::Click, pane::countdown::seconds_left},
    model::{LivePrompt, Standing, Tone},
};
use ratatui::{Frame, layout::Rect, text::Line};

/// With so many seconds left it is nearly too late.
const LAST: u64 = 5;

/// Draws as many rows as the area has.
pub fn draw(app: &App, frame: &mut Frame, area: Rect, ctx: &DrawContext) {
    let area = area.intersection(frame.area());
    let all = app.live();
    let shown = usize::from(area.height);
    let more = all.len().saturating_sub(shown);
    let hub = &ctx.at(app.strip().skew().hub(ctx.now));
    let keys = app.live_keys();
    let lines = all.iter().take(shown).enumerate().map(|(i, prompt)| {
        let keys = keys.as_deref().filter(|_| i == 0);
        let more = if i + 1 == shown { more } else { 0 };
        line(prompt, keys, more, usize::from(area.width), hub)
    });
    rows(frame, area, lines.collect());
    for (prompt, y) in all.iter().zip(area.y..area.bottom()) {
        ctx.zones.add(Rect { y, height: 1, ..area }, Click::Live(prompt.session.clone()));
    }
}

fn line(
    prompt: &LivePrompt,
    keys: Option<&str>,
    more: usize,
    width: usize,
    ctx: &DrawContext,
) -> Line<'static> {
    let left = seconds_left(prompt.answer_by, ctx.now);
    let (tone, sign) = if left <= LAST { (Tone::Bad, "!!") } else { (Tone::Pending, "  ") };
    let standing = prompt.call.map_or(Standing::WantsMenu, Standing::WantsPlan);
    let mut right = LineBuilder::new();
    if more > 0 {
        right = right.own(format!("+{more} more  "), ctx.title());
    }
    if more == 0 || width >= 60 {
        right = right.own(standing.words(), ctx.tone(Tone::Pending));
    }
    if let Some(keys) = keys.filter(|_| width >= 60) {
        right = right.own("  ", ctx.plain()).own(keys.to_owned(), ctx.key());
    }
    right = right.own(format!(" {sign}{left:>3} s "), ctx.tone(tone).patch(ctx.title()));
    let kind = if prompt.call.is_some() { " call " } else { " USSD " };
    let mut row = LineBuilder::new().own(kind, ctx.selected()).own(" ", ctx.plain());
    let room = width.saturating_sub(right.width() + 2);
    let number = prompt.number.to_string();
    // Where there is little room, who it is matters more than on which number.
    if row.width() + prompt.channel.number.len() + number.len().max(prompt.name.len()) < room {
        row = row.identity(&prompt.channel.number, 16, ctx.title()).own("  ", ctx.plain());
    }
    if prompt.name.is_empty() || row.width() + number.len() + prompt.name.len() < room {
        let left = room.saturating_sub(row.width());
        row = row.identity(&number, left, ctx.plain()).own(" ", ctx.plain());
    }
    let left = room.saturating_sub(row.width());
    row.identity(&prompt.name, left, ctx.title()).and_right(right, width)
}

#[cfg(test)]
mod tests;
