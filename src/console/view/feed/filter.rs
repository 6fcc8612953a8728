//! Draws the filter of the feed in a row of its own: its clauses, which of them are switched off, and how far the
//! past has been searched under it.
//!
//! ```text
//!   1 type:msg  2 refund              3 here, searching older (back to 2 Nov 14:00): 3 more
//! ```

use crate::console::{
    pane::feed::{Depth, FilterSearch, LiveFeed, SearchStep},
    text::Safe,
    view::{
        DrawContext,
        line_builder::{LineBuilder, grouped},
    },
};
use ratatui::{Frame, layout::Rect};

/// The widest clause in columns.
const CLAUSE: usize = 32;

pub(super) fn draw(feed: &LiveFeed, frame: &mut Frame, at: Rect, ctx: &DrawContext) {
    let filter = feed.filter();
    let far = Safe::new(&far_words(feed, usize::from(at.width) / 2, ctx));
    let room = usize::from(at.width).saturating_sub(far.width() + 2);
    let mut line = LineBuilder::new().pad_to(2);
    if filter.is_off() {
        line = line.own("filter off (x)  ", ctx.title());
    }
    let clauses = filter.clauses();
    for (at, clause) in clauses.iter().enumerate() {
        let is_on = clause.is_on && !filter.is_off();
        let style = if is_on { ctx.title() } else { ctx.dim() };
        let number = if is_on { ctx.key() } else { ctx.dim() };
        let mut chip = LineBuilder::new().own(format!("{} ", at + 1), number);
        chip = chip.foreign(&clause.text, CLAUSE, style);
        // All of them are off where the filter is, and that is said once.
        if !clause.is_on && !filter.is_off() {
            chip = chip.own(" off", ctx.dim());
        }
        let rest = clauses.len() - at;
        let more = if rest > 1 { " +99".len() } else { 0 };
        if line.width() + chip.width() + more > room {
            line = line.own(format!("+{rest}"), ctx.dim());
            break;
        }
        line.append(chip);
        line = line.own("  ", ctx.plain());
    }
    let far = LineBuilder::new().safe(&far, ctx.dim());
    let line = line.and_right(far, usize::from(at.width));
    frame.buffer_mut().set_line(at.x, at.y, &line, at.width);
}

/// How far the past has been searched, and what was found, in at most so many columns if that can be.
fn far_words(feed: &LiveFeed, room: usize, ctx: &DrawContext) -> String {
    let Some(search) = feed.search() else { return String::new() };
    let (here, more) = (count(feed.counts().shown), count(feed.found()));
    let back = search.back_to().map(|at| ctx.when(at));
    let back_to = back.as_ref().map(|at| format!(" (back to {at})")).unwrap_or_default();
    let (long, short) = match search.step() {
        SearchStep::Due | SearchStep::Asked => (
            format!("{here} here, searching older{back_to}: {more} more"),
            format!("searching {}: {more} more", back.unwrap_or_default()),
        ),
        SearchStep::Over if feed.found() == 0 => {
            (format!("{here} here, none older"), String::new())
        }
        SearchStep::Over => {
            (format!("{here} here, {more} older, all searched"), format!("{more} more: all"))
        }
        SearchStep::Resting => {
            (format!("{here} here, {more} older{back_to}"), format!("{more} older{back_to}"))
        }
        SearchStep::Unread(_) | SearchStep::Failed(_) => (
            format!("{here} here, {more} older: not searched further"),
            "not searched further".to_owned(),
        ),
        SearchStep::Full => {
            (format!("{here} here, {more} older: no more are kept"), format!("{more} older: full"))
        }
    };
    if long.len() <= room { long } else { short }
}

/// What stands in the line before the oldest row.
pub(super) fn line_words(search: &FilterSearch, ctx: &DrawContext) -> String {
    let back = search.back_to().map(|at| ctx.when(at));
    let back = back.map(|at| format!(" back to {at}")).unwrap_or_default();
    match search.step() {
        SearchStep::Due | SearchStep::Asked => format!("older rows: searching{back} .., Esc stops"),
        SearchStep::Resting => format!("older rows: searched{back}, move up to search on"),
        SearchStep::Over => "beginning of the log: all of it was searched".to_owned(),
        SearchStep::Unread(unread) => format!(
            "older rows: searched{back}; the index still reads {} entries, move up to try again",
            grouped(*unread)
        ),
        SearchStep::Failed(reason) => {
            format!("older rows: searched{back}, goes on when the hub answers: {reason:.200}")
        }
        SearchStep::Full => format!("older rows: searched{back}; no more are kept here"),
    }
}

/// What stands between the rows around a time and the loaded ones.
pub(super) fn between_words(entries: u64, step: &SearchStep) -> Safe {
    let what = match entries {
        1 => "-- 1 entry lies between".to_owned(),
        entries => format!("-- {} entries lie between", grouped(entries)),
    };
    match step {
        SearchStep::Due | SearchStep::Asked => Safe::own(format!("{what}: loading .., Esc stops")),
        SearchStep::Failed(reason) => {
            let mut words = Safe::own(format!("{what}, move down to try again: "));
            words.append(&Safe::new_clipped(reason, 200));
            words
        }
        SearchStep::Unread(_) | SearchStep::Resting | SearchStep::Over | SearchStep::Full => {
            Safe::own(format!("{what}: move down to load them, G goes to the newest"))
        }
    }
}

/// What stands in the place of the rows while there are none. That nothing matches is only said once the hub
/// has said so of everything.
pub(super) fn nothing_words(
    feed: &LiveFeed,
    search: &FilterSearch,
    ctx: &DrawContext,
) -> Vec<Safe> {
    let depth = feed.depth();
    let mut what = match search.step() {
        SearchStep::Over if depth == Depth::All => {
            Safe::own("nothing in the whole log matches \u{201c}")
        }
        SearchStep::Over => Safe::own(format!("nothing in {} matches \u{201c}", depth.word())),
        _ => Safe::own(format!("nothing here yet in {} that matches \u{201c}", depth.word())),
    };
    what.append(&Safe::new_clipped(feed.filter_text(), 40));
    what.append(&Safe::own("\u{201d}"));
    let mut keys = "x switches the filter off".to_owned();
    if depth != Depth::All {
        keys.push_str(", v looks at every event");
    }
    vec![what, Safe::new(&line_words(search, ctx)), Safe::own(keys)]
}

fn count(rows: usize) -> String {
    grouped(u64::try_from(rows).unwrap_or(u64::MAX))
}
