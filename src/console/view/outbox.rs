//! The held strip and the activity pane.
//!
//! ```text
//!  HELD Reply to Jane W. "Order 8841 iko..."  sends in 4 s    u undo  S send now
//! [4 ACTIVITY]                                                   1 unknown
//!   13:58:02 Message Otieno P. +254…  !! refused 401: the customer opted out
//! ```

use super::{
    Look,
    words::{Words, frame_pane, mark, moment, rows, wrapped},
};
use crate::{
    console::pane::outbox::{Outbox, OutboxRow, SendState},
    model::Tone,
};
use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::Line,
};

/// Draws the held strip: a row for each of the newest held commands, in the order in which undo
/// takes them.
pub fn strip(outbox: &Outbox, frame: &mut Frame, area: Rect, look: &Look) {
    let shown = usize::from(area.height);
    let more = outbox.held().count().saturating_sub(shown);
    let lines = outbox.held().take(shown).enumerate().map(|(i, row)| {
        let SendState::Held { until } = row.state else {
            return Line::default();
        };
        let width = usize::from(area.width);
        let mut right = Words::new().own(
            format!("sends in {} s", until.since(look.now).as_millis().div_ceil(1000)),
            look.tone(Tone::Pending),
        );
        if i == 0 {
            right = right.own("  u", look.key()).own(" undo", look.plain());
            if width >= 60 {
                right = right.own("  S", look.key()).own(" send now", look.plain());
            }
        } else if i + 1 == shown && more > 0 {
            right = right.own(format!("  and {more} more"), look.plain());
        }
        // Where it is narrow, for whom counts more than what kind.
        let kind = if width >= 60 { format!(" {} to ", row.title) } else { " ".into() };
        let left = Words::new().own(" HELD ", look.selected()).own(kind, look.plain());
        let room = width.saturating_sub(left.width() + right.width() + 3);
        let left = left.identity(&row.to, room.min(28), look.title());
        let room = width.saturating_sub(left.width() + right.width() + 4);
        let left = if room > 6 {
            left.own(" \"", look.plain())
                .foreign(&row.summary, room - 2, look.plain())
                .own("\"", look.plain())
        } else {
            left
        };
        left.and_right(right, width)
    });
    rows(frame, area, lines.collect());
}

/// What is known of a row, in words.
fn state(outbox: &Outbox, row: &OutboxRow, look: &Look) -> (Tone, String) {
    match &row.state {
        SendState::Held { until } => {
            (Tone::Pending, format!("HELD {} s", until.since(look.now).as_millis().div_ceil(1000)))
        }
        SendState::Sending if outbox.is_queued(row) => {
            (Tone::Pending, "waits for the one before it".into())
        }
        SendState::Sending => (Tone::Pending, "sending".into()),
        SendState::Accepted => (Tone::Good, "accepted".into()),
        SendState::Became(status) if status.tone() == Tone::Bad => {
            (Tone::Bad, format!("{} ({})", status.words(), status.code()))
        }
        SendState::Became(status) => (status.tone(), status.words().into()),
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

/// Draws the activity pane, newest row last.
pub fn draw(outbox: &Outbox, frame: &mut Frame, area: Rect, look: &Look, focused: bool) {
    let style = if focused { look.focus() } else { look.title() };
    let right = match outbox.unknown() {
        0 => Words::new(),
        n => Words::new().own(format!("?? {n} unknown"), look.tone(Tone::Bad)),
    };
    let title = Words::new().own("[4 ACTIVITY]", style);
    let inside = frame_pane(frame, area, title, right, look, focused);
    if outbox.rows().len() == 0 {
        let none = Words::new().own(" nothing was sent yet", look.dim());
        rows(frame, inside, vec![none.line()]);
        return;
    }
    let inside = match outbox.selected() {
        Some(row) if focused => details(outbox, row, frame, inside, look),
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
        .map(|(i, row)| line(outbox, row, usize::from(inside.width), look, focused && i == back))
        .collect();
    lines.reverse();
    if focused {
        let y = inside.y + u16::try_from(lines.len().saturating_sub(1 + back - below)).unwrap_or(0);
        frame.set_cursor_position(Position::new(inside.x, y));
    }
    rows(frame, inside, lines);
}

/// All that is known of the selected row and what Enter does about it, below the rows; says where
/// the rows are.
fn details(outbox: &Outbox, row: &OutboxRow, frame: &mut Frame, inside: Rect, look: &Look) -> Rect {
    let (tone, words) = state(outbox, row, look);
    let advice = match row.state {
        SendState::Refused { .. } | SendState::NotSent { .. } => {
            "Enter opens it again as it was written"
        }
        SendState::Unknown { .. } => "Enter asks the hub about it; nothing is sent twice",
        _ => "",
    };
    let width = usize::from(inside.width).saturating_sub(3);
    let texts = [
        (words.as_str(), look.tone(tone)),
        (row.advice, look.plain()),
        (row.summary.as_str(), look.plain()),
        (advice, look.dim()),
    ];
    let mut lines = Vec::new();
    for (text, style) in texts.into_iter().filter(|(text, _)| !text.is_empty()) {
        let rows = wrapped(text, width, 1_000);
        lines.extend(rows.iter().take(3).map(|row| Words::new().to(2).safe(row, style).line()));
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

/// A title in ten columns, cut between words.
fn short(title: &'static str) -> &'static str {
    match title {
        "Message by tag" => "To all",
        "Remind by tag" => "Remind all",
        "Cancel by tag" => "Cancel all",
        "Cancel reminder" => "Unremind",
        "Delete data" => "Del data",
        "Delete id" => "Del id",
        "Steer work" => "Work",
        title => title,
    }
}

fn line(
    outbox: &Outbox,
    row: &OutboxRow,
    width: usize,
    look: &Look,
    selected: bool,
) -> Line<'static> {
    let (tone, words) = state(outbox, row, look);
    let mark = if matches!(row.state, SendState::Unknown { .. }) { "??" } else { mark(tone) };
    let line = Words::new()
        .own(if selected { ">" } else { " " }, look.focus())
        .own(moment(row.at, look), look.dim())
        .own(format!(" {:<10} ", short(row.title)), look.plain())
        .identity(&row.to, width.saturating_sub(47).clamp(8, 26), look.title())
        .own(format!(" {mark} "), look.tone(tone));
    let took = row.took.filter(|_| width >= 90);
    let took = took.map_or_else(String::new, |took| format!("  {} ms", took.as_millis()));
    let room = width.saturating_sub(line.width() + took.len());
    let line = line.foreign(&words, room, look.tone(tone));
    let mut line = line.own(took, look.dim());
    let room = width.saturating_sub(line.width() + 2);
    if room > 8 {
        line = line.own("  ", look.dim()).foreign(&row.summary, room, look.dim());
    }
    let line = line.line();
    if selected { line.style(look.selected()) } else { line }
}

#[cfg(test)]
mod tests;
