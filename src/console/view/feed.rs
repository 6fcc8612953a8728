//! Draws the live feed.
//!
//! ```text
//! [1 FEED] talk 12 of 8,931                             HOLD 12 new, G follows
//!   1 type:msg,call   2 otieno
//!   -- Monday 23 November ----------------------------------------------------
//!   14:02 Kiprono        call !! not answered, busy                         !!
//! > 14:03 you > Otieno   sms  !! no consent: the customer opted out: Iko nj… !!
//!   14:03 Jane W.        wa   habari, order yangu iko wapi?
//! ```
//!
//! Every column is drawn at a place of its own, so that a character whose width terminals disagree about
//! cannot move the columns after it. How a thing stands is at the right end, behind what customers wrote.
//! Meaning is carried by words and signs (`pane/feed/legend.rs`); colour and weight only repeat it.

mod filter;
mod row;

use super::{
    DrawContext,
    line_builder::{LineBuilder, frame_pane, grouped},
};
use crate::{
    console::{
        pane::feed::{Depth, FeedLine, LiveFeed, Mode, Older},
        text::Safe,
    },
    model::{GapReason, Seq, Tone},
};
use jiff::civil::Date;
use ratatui::{
    Frame,
    layout::Rect,
    style::{Color, Modifier, Style},
    text::{Line, Span},
};
use std::cmp::Ordering;

/// Draws the pane: its header, then the rows around the selected one.
pub fn draw(feed: &LiveFeed, frame: &mut Frame, area: Rect, ctx: &DrawContext, focused: bool) {
    let area = area.intersection(frame.area());
    if area.is_empty() {
        return;
    }
    let mode = mode_words(feed);
    let left = usize::from(area.width).saturating_sub(mode.width() + 1);
    let style = if focused { ctx.focus() } else { ctx.title() };
    let lines = usize::from(area.height.saturating_sub(feed.head_rows(area.height)));
    let title = LineBuilder::new().safe(&headline(feed, lines, area.height, ctx).clip(left), style);
    let right = LineBuilder::new().safe(&mode, mode_style(feed, ctx));
    let mut list = frame_pane(frame, area, title, right, ctx, focused);
    if feed.head_rows(area.height) > 1 {
        filter::draw(feed, frame, Rect { height: 1, ..list }, ctx);
        list = Rect { y: list.y + 1, height: list.height - 1, ..list };
    }
    if list.is_empty() {
        return;
    }
    let is_row = |line| matches!(line, FeedLine::Row(..));
    if !feed.view(usize::from(list.height)).any(is_row) {
        for (y, words) in (list.y..list.bottom()).zip(nothing_words(feed, ctx)) {
            put(frame, Rect { y, height: 1, ..list }, 2, &words, ctx.dim());
        }
        return;
    }
    let mut newest = None;
    for (y, line) in (list.y..list.bottom()).zip(feed.view(usize::from(list.height))) {
        let at = Rect { y, height: 1, ..list };
        newest = Some(y);
        match line {
            FeedLine::Older(older) => {
                put(frame, at, 2, &older_words(older, feed.is_filtered()), ctx.dim());
            }
            FeedLine::Search(search) => {
                let words = Safe::new(&filter::line_words(search, ctx));
                put(frame, at, 2, &words, ctx.dim());
            }
            FeedLine::Day(date) => rule(&day_words(date, ctx), frame, at, ctx.dim()),
            FeedLine::Between(entries, step) => {
                rule(&filter::between_words(entries, step), frame, at, ctx.dim());
            }
            FeedLine::Row(row, selected) => {
                row::draw(&row, feed, frame, at, ctx);
                if feed.is_marked(&row) {
                    put(frame, at, 1, &Safe::own("*"), ctx.key());
                }
                if selected && feed.hides_selection() {
                    // Nobody has chosen this row: it only stands in for one that is hidden.
                    put(frame, at, 0, &Safe::own("·"), ctx.plain());
                } else if selected {
                    put(frame, at, 0, &Safe::own(">"), ctx.plain());
                    // Dim words would be dark spots on the row, so all of it has one colour.
                    let even = ctx.selected().fg(Color::Reset).remove_modifier(Modifier::DIM);
                    frame.buffer_mut().set_style(at, even);
                    if focused {
                        frame.set_cursor_position((at.x, at.y));
                        ctx.spared.row(list, y);
                    }
                }
            }
        }
    }
    if let Some(y) = newest.filter(|_| focused) {
        ctx.spared.row(list, y);
    }
}

/// The header's left half: the depth and the filter, how many of the events that are kept they let through,
/// and the date of the first row in view unless that is today.
fn headline(feed: &LiveFeed, lines: usize, height: u16, ctx: &DrawContext) -> Safe {
    let counts = feed.counts();
    let mut head = Safe::own("[1 FEED] ");
    if let Some(name) = feed.filter().name() {
        head.append(&Safe::identity_clipped(name, 24));
        head.append(&Safe::own("  "));
    }
    head.append(&Safe::own(feed.depth().word()));
    if !feed.filter_text().is_empty() && feed.head_rows(height) == 1 {
        head.append(&Safe::own(" /"));
        head.append(&Safe::new_clipped(feed.filter_text(), 40));
    }
    head.append(&Safe::own(if counts.shown == counts.total {
        format!(" {}", count(counts.total))
    } else {
        format!(" {} of {}", count(counts.shown), count(counts.total))
    }));
    if let Some(at) = feed.going_to() {
        head.append(&Safe::own(format!("  going to {} ..", ctx.when(at))));
    } else if feed.hides_selection() {
        head.append(&Safe::own("  the selected event is hidden"));
    } else if feed.lost_selection() {
        head.append(&Safe::own("  the selected row is too old to be kept"));
    } else if let Some(date) = feed.top_date(lines).filter(|date| *date != ctx.today()) {
        head.append(&Safe::own(format!("  {}", ctx.day(date))));
    }
    head
}

/// What stands in the place of the rows where there are none, and what can be done about it.
fn nothing_words(feed: &LiveFeed, ctx: &DrawContext) -> Vec<Safe> {
    let total = count(feed.counts().total);
    if feed.counts().total == 0 {
        return vec![
            Safe::own("nothing has happened yet: what customers do appears here"),
            Safe::own("m writes to a customer, g c opens one by number or name"),
        ];
    }
    let depth = feed.depth();
    if feed.is_filtered()
        && let Some(search) = feed.search()
    {
        return filter::nothing_words(feed, search, ctx);
    }
    let mut words = Safe::own(format!("nothing in {}", depth.word()));
    if feed.filter_text().is_empty() {
        words.append(&Safe::own(format!("; v shows all {total}")));
        return vec![words];
    }
    words.append(&Safe::own(" has \u{201c}"));
    words.append(&Safe::new_clipped(feed.filter_text(), 40));
    words.append(&Safe::own(format!("\u{201d} of the {total} events that are loaded")));
    let mut keys = "x switches the filter off".to_owned();
    if depth != Depth::All {
        keys.push_str(", v looks at every event");
    }
    vec![words, Safe::own(keys)]
}

pub(super) fn day_words(date: Date, ctx: &DrawContext) -> Safe {
    Safe::own(format!("-- {}", ctx.day(date)))
}

/// Draws words and a line behind them, which is no row.
fn rule(words: &Safe, frame: &mut Frame, at: Rect, style: Style) {
    put(frame, at, 2, &rule_words(words, usize::from(at.width)), style);
}

/// Words and a line behind them, for a pane of so many columns.
pub(super) fn rule_words(words: &Safe, width: usize) -> Safe {
    let rest = width.saturating_sub(words.width() + 3);
    let mut words = words.clone();
    words.append(&Safe::own(format!(" {}", "-".repeat(rest))));
    words
}

fn mode_words(feed: &LiveFeed) -> Safe {
    let new = count(feed.counts().new);
    Safe::own(match feed.mode() {
        Mode::Follow => "FOLLOW".to_owned(),
        Mode::Hold => format!("HOLD {new} new, G follows"),
        Mode::Paused => format!("PAUSED {new} new, p follows"),
    })
}

fn mode_style(feed: &LiveFeed, ctx: &DrawContext) -> Style {
    match feed.mode() {
        Mode::Follow => ctx.tone(Tone::Good),
        Mode::Hold | Mode::Paused => ctx.tone(Tone::Pending).patch(ctx.title()),
    }
}

fn older_words(older: &Older, is_filtered: bool) -> Safe {
    match older {
        Older::More | Older::Asked(_) | Older::Failed(_) | Older::Full if is_filtered => {
            Safe::own("older rows are at the hub: move up to search them")
        }
        Older::More => Safe::own("older rows are at the hub: move up to load them"),
        Older::Asked(_) => Safe::own("older rows: loading .."),
        Older::Failed(reason) => {
            let mut words = Safe::own("older rows did not load, move up to try again: ");
            words.append(&Safe::new_clipped(reason, 200));
            words
        }
        Older::Unread(unread) => Safe::own(format!(
            "the index still reads {} entries: older rows come later",
            grouped(*unread)
        )),
        Older::Beginning => Safe::own("beginning of the log"),
        Older::NoHistory => Safe::own("this server keeps no history: what was before is not here"),
        Older::OtherLog => Safe::own("what is older is of another log"),
        Older::Full => Safe::own("older rows: no more are kept here, G goes back to the newest"),
    }
}

fn gap_words(after: Seq, next: Seq, reason: Option<GapReason>) -> Safe {
    if let Some(reason @ GapReason::LiveOnly) = reason {
        let why = reason.words();
        return Safe::own(format!("-- gap: what happened while away is not here ({why})"));
    }
    let (from, to) = (after.next(), Seq(next.0.saturating_sub(1)));
    let which = match from.cmp(&to) {
        Ordering::Less => format!("entries {from}-{to} not here"),
        Ordering::Equal => format!("entry {from} not here"),
        Ordering::Greater => format!("goes on with entry {next}"),
    };
    let why = match reason {
        Some(GapReason::Pruned) => "pruned",
        Some(GapReason::Foreign) => "this is another log",
        Some(GapReason::Ahead) => "the hub was restored from an older copy",
        Some(reason @ GapReason::LiveOnly) => reason.words(),
        None => "nobody said why",
    };
    Safe::own(format!("-- gap after {after}: {which} ({why})"))
}

/// Puts text into a row of the screen, `x` columns from its left end. What does not fit is cut off.
fn put(frame: &mut Frame, line: Rect, x: u16, text: &Safe, style: Style) {
    let room = line.width.saturating_sub(x);
    let area = Rect { x: line.x.saturating_add(x), width: room, height: 1, ..line };
    let area = area.intersection(frame.area());
    let spans: Vec<Span<'static>> = text.clip(usize::from(area.width)).spans(style);
    // The widget of a line would move on by the width of a whole span, which is less than its clusters
    // take where Arabic letters make a ligature. The buffer goes by clusters, as `Safe` does.
    frame.buffer_mut().set_line(area.x, area.y, &Line::from(spans), area.width);
}

fn count(rows: usize) -> String {
    grouped(u64::try_from(rows).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
