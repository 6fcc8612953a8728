//! Draws the live feed, a row for each event.
//!
//! ```text
//! [1 FEED] /otieno 12/8,931                             HOLD 12 new, G follows
//!   14:02:40 CAL < +254712000902 Kiprono      voice    !! busy
//! > 14:03:21 DLV . +254712000880 Otieno P.    sms      !! no consent: the customer opt…
//!   14:03:38 MSG < +254712000123 Jane W.      whatsapp    habari, order yangu iko wapi?
//! ```
//!
//! Every column is drawn at a place of its own, so that a character whose width terminals disagree about
//! cannot move the columns after it. What customers wrote is in the last column for the same reason.
//! Meaning is carried by words and signs (`!!`, `ok`, `..`); colour only repeats it.

use super::{
    DrawContext,
    line_builder::{LineBuilder, frame_pane, grouped},
};
use crate::{
    console::{
        pane::feed::{FeedLine, FeedRow, FeedRowKind, LiveFeed, Mode, Older},
        text::Safe,
    },
    model::{Direction, Event, GapReason, Seq, Tone},
};
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};
use std::cmp::Ordering;

/// The widths of the columns that vary with the width of the pane. A column of width 0 is left out.
struct Columns {
    time: u16,
    number: u16,
    name: u16,
    channel: u16,
}

/// The columns for lists that have at least the width named first. As the list gets narrower, the channel
/// goes first, then the number, then the seconds.
const COLUMNS: [(u16, Columns); 7] = [
    (110, Columns { time: 8, number: 15, name: 20, channel: 8 }),
    (90, Columns { time: 8, number: 13, name: 16, channel: 8 }),
    (76, Columns { time: 8, number: 13, name: 12, channel: 8 }),
    (64, Columns { time: 8, number: 13, name: 12, channel: 0 }),
    (52, Columns { time: 8, number: 0, name: 12, channel: 0 }),
    (36, Columns { time: 5, number: 0, name: 10, channel: 0 }),
    (0, Columns { time: 5, number: 0, name: 6, channel: 0 }),
];

/// Draws the pane: its header, then the rows around the selected one.
pub fn draw(feed: &LiveFeed, frame: &mut Frame, area: Rect, ctx: &DrawContext, focused: bool) {
    let area = area.intersection(frame.area());
    if area.is_empty() {
        return;
    }
    let mode = mode_words(feed);
    let left = usize::from(area.width).saturating_sub(mode.width() + 1);
    let style = if focused { ctx.focus() } else { ctx.title() };
    let title = LineBuilder::new().safe(&headline(feed).clip(left), style);
    let right = LineBuilder::new().safe(&mode, mode_style(feed, ctx));
    let list = frame_pane(frame, area, title, right, ctx, focused);
    if list.is_empty() {
        return;
    }
    if feed.counts().total == 0 && feed.view(1).all(|line| matches!(line, FeedLine::Older(_))) {
        let words = Safe::own("nothing has happened yet: what customers do appears here");
        put(frame, list, 2, &words, ctx.dim());
        return;
    }
    for (y, line) in (list.y..list.bottom()).zip(feed.view(usize::from(list.height))) {
        let at = Rect { y, height: 1, ..list };
        match line {
            FeedLine::Older(older) => put(frame, at, 2, &older_words(older), ctx.dim()),
            FeedLine::Row(row, selected) => {
                draw_row(&row, frame, at, ctx);
                if selected {
                    put(frame, at, 0, &Safe::own(">"), ctx.plain());
                    frame.buffer_mut().set_style(at, ctx.selected());
                    if focused {
                        frame.set_cursor_position((at.x, at.y));
                    }
                }
            }
        }
    }
}

/// The header's left half: the filter, and how many of the events that are kept it lets through.
fn headline(feed: &LiveFeed) -> Safe {
    let counts = feed.counts();
    let mut head = Safe::own("[1 FEED] ");
    if feed.filter_text().is_empty() {
        head.append(&Safe::own(format!("all {}", count(counts.total))));
    } else {
        head.append(&Safe::own("/"));
        head.append(&Safe::new_clipped(feed.filter_text(), 40));
        let figures = format!(" {}/{}", count(counts.shown), count(counts.total));
        head.append(&Safe::own(figures));
    }
    if feed.lost_selection() {
        head.append(&Safe::own("  the selected row is too old to be kept"));
    }
    head
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

fn older_words(older: &Older) -> Safe {
    match older {
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

fn draw_row(row: &FeedRow, frame: &mut Frame, at: Rect, ctx: &DrawContext) {
    match (&row.kind, row.event()) {
        (FeedRowKind::Gap { after, next, reason }, _) => {
            let mut words = gap_words(*after, *next, *reason);
            let rest = usize::from(at.width).saturating_sub(words.width() + 3);
            words.append(&Safe::own(format!(" {}", "-".repeat(rest))));
            put(frame, at, 2, &words, ctx.tone(Tone::Bad));
        }
        (FeedRowKind::Event(_), Some(event)) => draw_event(event, row.tone, frame, at, ctx),
        (FeedRowKind::Event(_), None) => {}
    }
}

fn draw_event(event: &Event, tone: Tone, frame: &mut Frame, at: Rect, ctx: &DrawContext) {
    let Some((_, columns)) = COLUMNS.iter().find(|(from, _)| at.width >= *from) else { return };
    let mut x = 2;
    for (width, text, style) in cells(event, tone, columns, ctx) {
        if width > 0 {
            let cell = Rect { width: at.width.min(x + width), ..at };
            put(frame, cell, x, &text.clip(usize::from(width)), style);
            x += width + 1;
        }
    }
    let rest = usize::from(at.width.saturating_sub(x));
    let style = if tone == Tone::Bad { ctx.tone(tone) } else { ctx.plain() };
    put(frame, at, x, &Safe::new_clipped(&event.sentence(), rest), style);
}

/// Every column of a row but the last: its width, its text and its style.
fn cells(
    event: &Event,
    tone: Tone,
    columns: &Columns,
    ctx: &DrawContext,
) -> [(u16, Safe, Style); 7] {
    let clock: String = ctx.clock(event.at).chars().take(usize::from(columns.time)).collect();
    let direction = match event.kind.direction() {
        Direction::Inbound => "<",
        Direction::Outbound => ">",
        Direction::Unspecified => ".",
    };
    let number = event.number.as_ref().map(ToString::to_string).unwrap_or_default();
    let number = Safe::identity_clipped(&number, 64);
    let name = match (&event.name, &event.app) {
        (Some(name), _) if !name.is_empty() => Safe::identity_clipped(name, 64),
        _ if columns.number == 0 && number.width() > 0 => number.tail(usize::from(columns.name)),
        (_, Some(app)) if event.customer.is_none() => Safe::identity_clipped(app.as_str(), 64),
        _ => Safe::own("-"),
    };
    let channel = event.channel.as_ref().map_or("", |channel| channel.channel.word());
    let sign = match tone {
        Tone::Bad => "!!",
        Tone::Good => "ok",
        Tone::Pending => "..",
        Tone::Plain => "",
    };
    [
        (columns.time, Safe::own(clock), ctx.dim()),
        (3, Safe::own(event.kind.code()), ctx.plain()),
        (1, Safe::own(direction), ctx.plain()),
        (columns.number, number.tail(usize::from(columns.number)), ctx.plain()),
        (columns.name, name, ctx.title()),
        (columns.channel, Safe::own(channel), ctx.plain()),
        (2, Safe::own(sign), ctx.tone(tone)),
    ]
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
