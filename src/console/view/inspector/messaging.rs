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
    console::pane::inspector::Inspector,
    model::{ChannelState, ConsentStatus, Customer, Direction, Message, Tone},
};
use ratatui::{Frame, layout::Rect, text::Line};

/// The most characters of one message that are laid out.
const MOST: usize = 4_096;

/// Draws the tab.
pub fn draw(inspector: &Inspector, state: &Customer, frame: &mut Frame, area: Rect, look: &Look) {
    let width = usize::from(area.width);
    let most = usize::from(area.height / 3);
    let mut table: Vec<_> =
        state.channels.iter().take(most).map(|pair| line(pair, width, look)).collect();
    if state.channels.len() > most && most > 0 {
        let more = format!(" and {} more pairs", state.channels.len() - most + 1);
        table.truncate(most - 1);
        table.push(Words::new().own(more, look.dim()).line());
    }
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
    let room = room.saturating_sub(left.width());
    if room >= 8 {
        left = left.own(" ", look.plain()).identity(&pair.number.to_string(), room, look.dim());
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
    let left = left.identity(&message.channel.to_string(), room, look.dim());
    let mut out = vec![left.and_right(right, width)];
    let style = if outbound { look.plain() } else { look.title() };
    for row in wrapped(&message.body.summary(), width.saturating_sub(4), MOST) {
        out.push(Words::new().to(3).safe(&row, style).line());
    }
    out
}
