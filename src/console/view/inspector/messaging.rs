//! What was written: consent and session per pair of numbers, then the conversation of all
//! channels, newest last.

use super::{
    super::{
        Look,
        words::{Words, mark, moment, rows, wrapped},
    },
    Blocks, from_bottom,
};
use crate::{
    console::{pane::inspector::Inspector, text::Safe},
    model::{
        ChannelState, ConsentStatus, CustomerState, Direction, Message, PendingOptIn, Tone, limits,
    },
};
use ratatui::{Frame, layout::Rect, text::Line};

/// The most characters of one message that are laid out.
const MOST: usize = 4_096;

/// Draws the tab.
pub fn draw(
    inspector: &Inspector,
    state: &CustomerState,
    frame: &mut Frame,
    area: Rect,
    look: &Look,
) {
    let width = usize::from(area.width);
    let most = usize::from(area.height / 3);
    let table = table(state, width, most, look);
    let tall = u16::try_from(table.len()).unwrap_or(0);
    rows(frame, Rect { height: tall, ..area }, table);
    let rest = Rect { y: area.y + tall, height: area.height - tall, ..area };
    if rest.is_empty() {
        return;
    }
    if state.messages.is_empty() {
        let none = Words::new().own(" no messages", look.dim());
        rows(frame, rest, vec![none.line()]);
        inspector.position().measured(0);
        return;
    }
    let messages = &state.messages;
    let make = move |i: usize| message(&messages[i], width, look);
    from_bottom(inspector, &Blocks { count: messages.len(), make: Box::new(make) }, frame, rest);
}

/// Every pair, in at most `most` rows.
fn table(state: &CustomerState, width: usize, most: usize, look: &Look) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    let count = state.channels.len();
    for (i, pair) in state.channels.iter().enumerate() {
        let mut rows = vec![line(pair, width, look)];
        rows.extend(pair.asked.as_ref().map(|asked| pending(asked, width, look)));
        let more = usize::from(i + 1 < count);
        if out.len() + rows.len() + more > most {
            if most > 0 {
                out.truncate(most - 1);
                let more = format!(" and {} more pairs", count - i);
                out.push(Words::new().own(more, look.dim()).line());
            }
            break;
        }
        out.extend(rows);
    }
    out
}

/// An opt-in request that waits for the customer (events.md 4.4).
fn pending(asked: &PendingOptIn, width: usize, look: &Look) -> Line<'static> {
    let ends = asked.at.after(limits::CONSENT_LAPSE);
    let mut line = Words::new()
        .to(3)
        .own(format!(".. asked to opt in {} ago", look.ago(asked.at)), look.tone(Tone::Pending));
    for (n, app) in asked.apps.iter().enumerate() {
        let room = width.saturating_sub(line.width() + 8);
        let by = if n == 0 { " by app " } else { ", " };
        line = line.own(by, look.dim()).identity(app.as_str(), room.min(20), look.plain());
    }
    let right = Words::new().own(format!("lapses in {}", look.until(ends)), look.dim());
    line.and_right(right, width)
}

/// One pair: who may be written to, and how long freely.
fn line(pair: &ChannelState, width: usize, look: &Look) -> Line<'static> {
    let (consent, since) =
        pair.consent.map_or((ConsentStatus::Unspecified, None), |(status, at)| (status, Some(at)));
    let mut right = Words::new();
    if since.is_some() || pair.session.is_none() {
        right = right.own(consent.words(), look.tone(consent.tone()));
    }
    if let Some(at) = since.filter(|_| width >= 60) {
        right = right.own(format!(" {}", look.date(at)), look.dim());
    }
    right = match &pair.session {
        Some(open) if open.expires_at > look.now => right
            .own(format!("  open, {} left", look.until(open.expires_at)), look.tone(Tone::Good)),
        _ if pair.channel.channel.needs_session() => {
            right.own("  templates only", look.tone(Tone::Pending))
        }
        _ => right,
    };
    let room = width.saturating_sub(right.width() + 2);
    let mut left = Words::new().to(1).identity(&pair.channel.to_string(), room, look.plain());
    // Of a number that does not fit, the end tells it apart.
    let number = Safe::identity(&pair.number.to_string());
    let room = room.saturating_sub(left.width() + 1);
    if number.width() <= room || room >= 6 {
        left = left.own(" ", look.plain()).safe(&number.tail(room), look.dim());
    }
    left.and_right(right, width)
}

/// One message: when, which way, on what, what became of it; then what it says.
fn message(message: &Message, width: usize, look: &Look) -> Vec<Line<'static>> {
    let outbound = message.direction == Direction::Outbound;
    let status = message.status;
    let mut right = Words::new();
    if outbound {
        let code = if status.tone() == Tone::Bad {
            format!(" ({})", status.code())
        } else {
            String::new()
        };
        let words = format!("{} {}{code}", mark(status.tone()), status.words());
        right = right.foreign(&words, width.saturating_sub(30).max(12), look.tone(status.tone()));
    }
    let left = Words::new()
        .to(1)
        .own(moment(message.created_at, look), look.dim())
        .own(if outbound { " > " } else { " < " }, look.title());
    let room = width.saturating_sub(left.width() + right.width() + 1);
    let mut left = left.identity(&message.channel.to_string(), room, look.dim());
    if let Some(work) = &message.work {
        // The end of an id tells it apart.
        let id = Safe::identity(work.as_str()).tail(6);
        if left.width() + right.width() + id.width() + 10 <= width {
            left = left.own("  by tag ", look.dim()).safe(&id, look.dim());
        }
    }
    let mut out = vec![left.and_right(right, width)];
    let style = if outbound { look.plain() } else { look.title() };
    for row in wrapped(&message.body.summary(), width.saturating_sub(4), MOST) {
        out.push(Words::new().to(3).safe(&row, style).line());
    }
    out
}
