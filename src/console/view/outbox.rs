//! Draws what was sent: the strip of commands that are still held back and can be undone, and the activity
//! pane with everything that was sent and what became of it.
//!
//! ```text
//!  HELD Reply to Jane W. "Order 8841 iko..."  sends in 4 s    u undo  S send now
//! [4 ACTIVITY]                                                   1 unknown
//!   13:58:02 Message Otieno P. +254…  !! refused 401: the customer opted out
//! ```

use super::{
    DrawContext,
    draw_context::part,
    line_builder::{LineBuilder, frame_pane, mark, moment, rows, wrapped},
};
use crate::{
    catalog::{self, Spec},
    console::{
        msg::Click,
        pane::outbox::{Earlier, Followed, Outbox, OutboxRow, SendState},
    },
    model::{Tone, advice::RetryChance},
};
use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::Line,
};

/// Draws the held strip: a row for each of the newest held commands, the one that undo takes next at the
/// top. Where there is no room for all, the last row says how many there are more.
pub fn strip(outbox: &Outbox, frame: &mut Frame, area: Rect, ctx: &DrawContext) {
    let shown = usize::from(area.height);
    let more = outbox.held().count().saturating_sub(shown);
    let lines = outbox.held().take(shown).enumerate().map(|(i, row)| {
        let SendState::Held { until } = row.state else {
            return Line::default();
        };
        let width = usize::from(area.width);
        let words = match (outbox.stands_still(), width >= 100) {
            (false, _) => {
                format!("sends in {} s", until.since(ctx.now).as_millis().div_ceil(1000))
            }
            (true, true) => "stands still while you are asked".to_owned(),
            (true, false) => "stands still".to_owned(),
        };
        let mut right = LineBuilder::new().own(words, ctx.tone(Tone::Pending));
        if i == 0 {
            right = right.own("  u", ctx.key()).own(" undo", ctx.plain());
            if width >= 60 {
                right = right.own("  S", ctx.key()).own(" send now", ctx.plain());
            }
        } else if i + 1 == shown && more > 0 {
            right = right.own(format!("  and {more} more"), ctx.plain());
        }
        // Where there is little room, who gets it matters more than what it is.
        let kind = if width >= 60 { format!(" {} to ", row.title) } else { " ".into() };
        let left = LineBuilder::new().own(" HELD ", ctx.selected()).own(kind, ctx.plain());
        let room = width.saturating_sub(left.width() + right.width() + 3);
        let left = left.identity(&row.to, room.min(28), ctx.title());
        let room = width.saturating_sub(left.width() + right.width() + 4);
        let left = if room > 6 {
            left.own(" \"", ctx.plain())
                .foreign(&row.summary, room - 2, ctx.plain())
                .own("\"", ctx.plain())
        } else {
            left
        };
        if i == 0 {
            let (undo, send) = (6, if width >= 60 { 12 } else { 0 });
            let from = width.saturating_sub(undo + send);
            ctx.zones.letter(part(area, from, undo), 'u');
            ctx.zones.letter(part(area, from + undo, send), 'S');
        }
        left.and_right(right, width)
    });
    rows(frame, area, lines.collect());
}

/// What is known about a sent command, in words, and how good or bad that is. An outcome that is not known
/// is neither (R-CONSOLE-3).
#[must_use]
pub fn state_words(outbox: &Outbox, row: &OutboxRow, ctx: &DrawContext) -> (Tone, String) {
    match &row.state {
        SendState::Held { .. } if outbox.stands_still() => {
            (Tone::Pending, "HELD, stands still".into())
        }
        SendState::TakenBack => (Tone::Plain, "taken back before it left".into()),
        SendState::Held { until } => {
            (Tone::Pending, format!("HELD {} s", until.since(ctx.now).as_millis().div_ceil(1000)))
        }
        SendState::Sending if outbox.is_queued(row) => {
            (Tone::Pending, "waits for the one before it".into())
        }
        SendState::Sending => (Tone::Pending, "sending".into()),
        SendState::Done => (Tone::Good, "done".into()),
        SendState::Accepted(followed) => match followed.leaves() {
            Some(at) => (followed.tone(), format!("leaves {}", ctx.date(at))),
            None => (followed.tone(), followed.words()),
        },
        SendState::Refused { words, code: Some(code) } => {
            (Tone::Bad, format!("refused {code}: {words}"))
        }
        SendState::Refused { words, code: None } => (Tone::Bad, format!("refused: {words}")),
        SendState::Unknown { words, asking: true } => {
            (Tone::Plain, format!("UNKNOWN, asking the hub: {words}"))
        }
        SendState::Unknown { words, asking: false } => (Tone::Plain, format!("UNKNOWN: {words}")),
        SendState::NotSent { reason } => (Tone::Bad, format!("not sent: {reason}")),
    }
}

/// Draws the activity pane, the newest row at the bottom. While it has the keys, the details of the
/// selected row are below the rows.
pub fn draw(outbox: &Outbox, frame: &mut Frame, area: Rect, ctx: &DrawContext, focused: bool) {
    let style = if focused { ctx.focus() } else { ctx.title() };
    let right = match outbox.unknown() {
        0 => LineBuilder::new(),
        n => LineBuilder::new().own(format!("?? {n} unknown"), ctx.tone(Tone::Bad)),
    };
    let title = LineBuilder::new().own("[4 ACTIVITY]", style);
    let title = title.own(before(outbox), ctx.dim());
    let inside = frame_pane(frame, area, title, right, ctx, focused);
    if outbox.rows().len() == 0 {
        let width = usize::from(inside.width).saturating_sub(1);
        let words = format!("nothing was sent yet{}", nothing_before(outbox));
        let none = LineBuilder::new().own(" ", ctx.dim()).foreign(&words, width, ctx.dim());
        rows(frame, inside, vec![none.line()]);
        return;
    }
    let inside = match outbox.selected() {
        Some(row) if focused => details(outbox, row, frame, inside, ctx),
        _ => inside,
    };
    let height = usize::from(inside.height);
    let back = outbox.back();
    let below = back.saturating_sub(height.saturating_sub(1));
    let mut lines: Vec<_> = outbox
        .rows()
        .rev()
        .enumerate()
        .skip(below)
        .take(height)
        .map(|(i, row)| line(outbox, row, usize::from(inside.width), ctx, focused && i == back))
        .collect();
    lines.reverse();
    for (i, y) in (inside.y..inside.bottom()).take(lines.len()).enumerate() {
        let back = below + lines.len() - 1 - i;
        ctx.zones.add(Rect { y, height: 1, ..inside }, Click::Sent(back));
    }
    if focused {
        let y = inside.y + u16::try_from(lines.len().saturating_sub(1 + back - below)).unwrap_or(0);
        frame.set_cursor_position(Position::new(inside.x, y));
        ctx.spared.row(inside, y);
        // The newest row is the last one, unless it is out of view.
        let newest = inside.y + u16::try_from(lines.len().saturating_sub(1)).unwrap_or(0);
        ctx.spared.row(inside, newest);
    }
    rows(frame, inside, lines);
}

/// What the header says of what was sent before the console started.
fn before(outbox: &Outbox) -> String {
    match (outbox.from_before(), outbox.earlier()) {
        (_, Earlier::Failed(..)) => " what was sent before is not known".into(),
        (_, Earlier::Unasked | Earlier::Asked(_) | Earlier::NoHistory) | (0, _) => String::new(),
        (n, Earlier::Known { stale: Some(_), .. }) => {
            format!(" < {n} from before, as they stood when they were sent")
        }
        (n, Earlier::Known { more: true, .. }) => format!(" < {n} from before, the newest"),
        (n, Earlier::Known { more: false, .. }) => format!(" < {n} from before"),
    }
}

/// What is said of the time before where there are no rows at all; raw.
fn nothing_before(outbox: &Outbox) -> String {
    match outbox.earlier() {
        Earlier::Unasked => String::new(),
        Earlier::Asked(_) => "; asking the hub what was before".into(),
        Earlier::Known { .. } => ", nor with this key in the last 24 hours".into(),
        Earlier::Failed(_, why) => format!("; what was sent before is not known: {why}"),
        Earlier::NoHistory => "; what was before is not known: no history here".into(),
    }
}

/// Draws all that is known about the selected row, and what Enter does about it, at the bottom of `inside`.
/// Returns the area that is left for the rows; that is all of it where there is no room for details.
fn details(
    outbox: &Outbox,
    row: &OutboxRow,
    frame: &mut Frame,
    inside: Rect,
    ctx: &DrawContext,
) -> Rect {
    let (tone, words) = state_words(outbox, row, ctx);
    let failed = row.followed().and_then(Followed::message);
    let advice = match row.state {
        SendState::Accepted(_)
            if failed.is_some_and(|(_, status)| !matches!(status.retry(), RetryChance::Not(_))) =>
        {
            "Enter writes it again as a new attempt"
        }
        _ if row.followed().and_then(Followed::leaves).is_some() => {
            "the hub keeps it until then: g m changes or cancels it"
        }
        _ if row.is_from_before() => {
            "sent before this console started; it is not sent again from here"
        }
        SendState::TakenBack | SendState::Refused { .. } | SendState::NotSent { .. } => {
            "Enter opens it again as it was written"
        }
        SendState::Unknown { .. } => "Enter asks the hub about it; nothing is sent twice",
        SendState::Held { .. } | SendState::Sending | SendState::Done | SendState::Accepted(_) => {
            ""
        }
    };
    let width = usize::from(inside.width).saturating_sub(3);
    let course = row.followed().map(|followed| course(followed, ctx)).unwrap_or_default();
    let texts = [
        (words.as_str(), ctx.tone(tone)),
        (course.as_str(), ctx.dim()),
        (row.advice, ctx.plain()),
        (row.summary.as_str(), ctx.plain()),
        (advice, ctx.dim()),
    ];
    let mut lines = Vec::new();
    for (text, style) in texts.into_iter().filter(|(text, _)| !text.is_empty()) {
        let rows = wrapped(text, width, 1_000);
        lines.extend(
            rows.iter().take(3).map(|row| LineBuilder::new().pad_to(2).safe(row, style).line()),
        );
    }
    let tall = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    if inside.height < tall + 3 {
        return inside;
    }
    let list =
        (inside.height - tall - 1).min(u16::try_from(outbox.rows().len()).unwrap_or(u16::MAX));
    rows(frame, Rect { y: inside.y + list + 1, height: tall, ..inside }, lines);
    Rect { height: list, ..inside }
}

/// Each way it stood, with when that was: `13:58:02 sent -> 13:58:03 delivered`. It is empty while there was but one.
fn course(followed: &Followed, ctx: &DrawContext) -> String {
    let steps: Vec<_> =
        followed.course().map(|(at, words)| format!("{} {words}", ctx.clock(at))).collect();
    if steps.len() < 2 { String::new() } else { steps.join(" -> ") }
}

/// The titles of commands that are longer than ten columns, which is all that the column has, and what
/// stands there instead of them.
const SHORT: [(&Spec, &str); 8] = [
    (&catalog::MESSAGE_BY_TAG, "To all"),
    (&catalog::REMINDER_BY_TAG, "Remind all"),
    (&catalog::CANCEL_REMINDER_BY_TAG, "Cancel all"),
    (&catalog::CANCEL_REMINDER, "Unremind"),
    (&catalog::DELETE_METADATA, "Del data"),
    (&catalog::DELETE_IDS, "Del id"),
    (&catalog::WORK, "Work"),
    (&catalog::NO_ANSWER, "No answer"),
];

fn short_title(row: &OutboxRow) -> &'static str {
    let short = SHORT.iter().find(|(spec, _)| spec.title == row.title);
    short.map_or(row.title, |(_, short)| *short)
}

fn line(
    outbox: &Outbox,
    row: &OutboxRow,
    width: usize,
    ctx: &DrawContext,
    selected: bool,
) -> Line<'static> {
    let (tone, words) = state_words(outbox, row, ctx);
    let mark = if matches!(row.state, SendState::Unknown { .. }) { "??" } else { mark(tone) };
    let first = match (selected, row.is_from_before()) {
        (true, _) => ">",
        (false, true) => "<",
        (false, false) => " ",
    };
    let line = LineBuilder::new()
        .own(first, ctx.focus())
        .own(moment(row.at, ctx), ctx.dim())
        .own(format!(" {:<10} ", short_title(row)), ctx.plain())
        .identity(&row.to, width.saturating_sub(47).clamp(8, 26), ctx.title())
        .own(format!(" {mark} "), ctx.tone(tone));
    let took = row.took.filter(|_| width >= 90);
    let took = took.map_or_else(String::new, |took| format!("  {} ms", took.as_millis()));
    let room = width.saturating_sub(line.width() + took.len());
    let line = line.foreign(&words, room, ctx.tone(tone));
    let mut line = line.own(took, ctx.dim());
    let room = width.saturating_sub(line.width() + 2);
    if room > 8 {
        line = line.own("  ", ctx.dim()).foreign(&row.summary, room, ctx.dim());
    }
    let line = line.line();
    if selected { line.style(ctx.selected()) } else { line }
}

#[cfg(test)]
mod tests;
