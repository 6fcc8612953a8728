//! Draws the timeline: what happened to the customer, the newest at the bottom, each message, payment, call and
//! USSD session once and with its course.
//!
//! ```text
//!   -- Saturday 28 November ------------------------------------
//!   09:12  wrote, whatsapp
//!          Na maharagwe? Nina magunia sita
//!   09:14  brian answered, whatsapp                      ok read
//!          Tunanunua kwa KES 4,200 kwa gunia.
//! + 09:20  tag plan: basic -> gold                      by brian
//! > 09:38  dialled *385#            .. wants a menu, 14s left
//! ```
//!
//! The selected item is in the middle of the pane as far as there are items on both sides of it, so that
//! nothing has to be remembered of the picture before, and what arrives moves nothing that is being read.

mod item;

use super::super::{
    DrawContext,
    feed::{day_words, rule_words},
    line_builder::{LineBuilder, grouped, wrapped},
};
use crate::{
    console::{
        msg::Click,
        pane::{
            feed::Older,
            inspector::{EventPlace, Timeline, TimelineItem},
        },
    },
    model::Tone,
};
use jiff::civil::Date;
use ratatui::{
    Frame,
    layout::Rect,
    style::{Color, Modifier, Style},
    text::Line,
    widgets::Paragraph,
};

/// A line, and the item that it is part of.
type TimelineLine = (Line<'static>, Option<EventPlace>);

/// Draws the tab.
pub fn draw(timeline: &Timeline, frame: &mut Frame, area: Rect, ctx: &DrawContext, focused: bool) {
    let area = area.intersection(frame.area());
    if area.is_empty() {
        return;
    }
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let lines = lines(timeline, width, height, ctx);
    let selected = timeline.selected().map(TimelineItem::place);
    let (mut is_first, mut last) = (true, None);
    for (n, (line, place)) in lines.into_iter().enumerate() {
        let y = area.y + u16::try_from(n).unwrap_or(0);
        let row = Rect { y, height: 1, ..area };
        frame.render_widget(Paragraph::new(line), row);
        let Some(place) = place else { continue };
        last = Some(y);
        ctx.zones.add(row, Click::Event(place.0, place.1));
        if Some(place) == selected && std::mem::take(&mut is_first) {
            frame.buffer_mut().set_string(row.x, row.y, ">", ctx.plain());
            if focused {
                // Dim words would be dark spots on the row.
                let even = ctx.selected().fg(Color::Reset).remove_modifier(Modifier::DIM);
                frame.buffer_mut().set_style(row, even);
                frame.set_cursor_position((row.x, row.y));
                ctx.spared.row(area, y);
            }
        }
    }
    if let Some(y) = last.filter(|_| focused) {
        ctx.spared.row(area, y);
    }
}

/// The lines of the pane, the selected item in their middle if there are items enough on both sides.
fn lines(timeline: &Timeline, width: usize, height: usize, ctx: &DrawContext) -> Vec<TimelineLine> {
    let Some(selected) = timeline.selected() else {
        return older_lines(timeline, width, ctx);
    };
    let block = |item: &TimelineItem| block(timeline, item, width, height, ctx);
    let own = block(selected);
    // What is above is gathered from the bottom up.
    let mut above: Vec<TimelineLine> = Vec::new();
    let mut items = timeline.before(selected.place());
    loop {
        if above.len() >= height {
            break;
        }
        let Some(item) = items.next() else {
            above.extend(older_lines(timeline, width, ctx).into_iter().rev());
            break;
        };
        above.extend(block(item).into_iter().rev());
    }
    let mut below: Vec<TimelineLine> = Vec::new();
    if !timeline.follows() {
        for item in timeline.behind(selected.place()) {
            if below.len() >= height {
                break;
            }
            below.extend(block(item));
        }
        if below.len() < height && timeline.is_cut() {
            let words = LineBuilder::new().pad_to(9).own("loading newer ..", ctx.dim());
            below.push((words.line(), None));
        }
    }
    let room = height.saturating_sub(own.len());
    let up = above.len().min((room / 2).max(room.saturating_sub(below.len())));
    let down = below.len().min(room - up.min(room));
    let mut all: Vec<_> = above.into_iter().take(up).collect();
    all.reverse();
    all.extend(own);
    all.extend(below.into_iter().take(down));
    all.truncate(height);
    all
}

/// The lines of one item, with a line for its date if it begins a day.
fn block(
    timeline: &Timeline,
    item: &TimelineItem,
    width: usize,
    height: usize,
    ctx: &DrawContext,
) -> Vec<TimelineLine> {
    let date = |item: &TimelineItem| date(item, ctx);
    let before = timeline.before(item.place()).next().map(date);
    let mut out = Vec::new();
    if before != Some(date(item)) {
        let words = rule_words(&day_words(date(item), ctx), width);
        out.push((LineBuilder::new().pad_to(2).safe(&words, ctx.dim()).line(), None));
    }
    let (is_new, is_cut) = (timeline.is_new(item), timeline.is_cut());
    let (shown, whose) = (timeline.as_shown(item), timeline.customer());
    let mut lines = item::lines(&shown, whose, is_new, is_cut, width, ctx);
    let most = height.saturating_sub(2).max(3);
    if lines.len() > most {
        let rest = lines.len() - (most - 1);
        lines.truncate(most - 1);
        let words = format!("… {rest} more lines");
        lines.push(LineBuilder::new().pad_to(9).own(words, ctx.dim()).line());
    }
    let place = item.events()[0].0;
    out.extend(lines.into_iter().map(|line| (line, Some(place))));
    out
}

fn date(item: &TimelineItem, ctx: &DrawContext) -> Date {
    let at = item.events()[0].1.at.in_zone(&ctx.zone);
    at.map_or(Date::ZERO, |at| at.date())
}

/// What there is before the oldest item.
fn older_lines(timeline: &Timeline, width: usize, ctx: &DrawContext) -> Vec<TimelineLine> {
    let empty = timeline.is_empty();
    let (words, style): (String, Style) = match timeline.older() {
        Older::Asked(_) | Older::More if empty => ("loading ..".into(), ctx.dim()),
        Older::Asked(_) => ("loading older ..".into(), ctx.dim()),
        Older::More => ("older: move up".into(), ctx.dim()),
        Older::Beginning | Older::Full | Older::OtherLog if empty => {
            ("nothing has happened to this customer yet".into(), ctx.dim())
        }
        Older::Beginning => ("the beginning".into(), ctx.dim()),
        Older::Full | Older::OtherLog => ("what is older is not here".into(), ctx.dim()),
        Older::NoHistory => ("this server keeps no history".into(), ctx.dim()),
        Older::Unread(unread) => {
            let unread = grouped(unread);
            (format!("the index still reads {unread} entries: move up to ask again"), ctx.dim())
        }
        Older::Failed(why) => {
            (format!("!! not loaded, move up to try again: {why}"), ctx.tone(Tone::Bad))
        }
    };
    let rows = wrapped(&words, width.saturating_sub(3), 400);
    let line = |row| (LineBuilder::new().pad_to(2).safe(row, style).line(), None);
    rows.iter().map(line).collect()
}
