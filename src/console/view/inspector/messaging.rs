//! Draws the tab with what was written: consent and session for each pair of a customer's number and a number
//! of the org, then the messages of all channels, the newest at the bottom.

use super::{
    super::{
        DrawContext,
        line_builder::{LineBuilder, mark, moment, rows, wrapped},
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

/// Draws the tab. The pairs take at most a third of its height.
pub fn draw(
    inspector: &Inspector,
    state: &CustomerState,
    frame: &mut Frame,
    area: Rect,
    ctx: &DrawContext,
) {
    let width = usize::from(area.width);
    let most = usize::from(area.height / 3);
    let table = table(state, width, most, ctx);
    let tall = u16::try_from(table.len()).unwrap_or(0);
    rows(frame, Rect { height: tall, ..area }, table);
    let rest = Rect { y: area.y + tall, height: area.height - tall, ..area };
    if rest.is_empty() {
        return;
    }
    if state.messages.is_empty() {
        let none = LineBuilder::new().own(" no messages", ctx.dim());
        rows(frame, rest, vec![none.line()]);
        inspector.position().measured(0);
        return;
    }
    let messages = &state.messages;
    let make = move |i: usize| message(&messages[i], width, ctx);
    from_bottom(inspector, &Blocks { count: messages.len(), make: Box::new(make) }, frame, rest);
}

/// The pairs of numbers in at most `most` rows; the last row says how many pairs are left out.
fn table(
    state: &CustomerState,
    width: usize,
    most: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    let count = state.channels.len();
    for (i, pair) in state.channels.iter().enumerate() {
        let mut rows = vec![line(pair, width, ctx)];
        rows.extend(pair.asked.as_ref().map(|asked| pending(asked, width, ctx)));
        let more = usize::from(i + 1 < count);
        if out.len() + rows.len() + more > most {
            if most > 0 {
                out.truncate(most - 1);
                let more = format!(" and {} more pairs", count - i);
                out.push(LineBuilder::new().own(more, ctx.dim()).line());
            }
            break;
        }
        out.extend(rows);
    }
    out
}

/// A request to opt in that the customer has not answered yet. After 24 h it lapses, and the consent is what
/// it was before (R-CONSENT-6).
fn pending(asked: &PendingOptIn, width: usize, ctx: &DrawContext) -> Line<'static> {
    let ends = asked.at.after(limits::CONSENT_LAPSE);
    let mut line = LineBuilder::new()
        .pad_to(3)
        .own(format!(".. asked to opt in {} ago", ctx.ago(asked.at)), ctx.tone(Tone::Pending));
    for (n, app) in asked.apps.iter().enumerate() {
        let room = width.saturating_sub(line.width() + 8);
        let by = if n == 0 { " by app " } else { ", " };
        line = line.own(by, ctx.dim()).identity(app.as_str(), room.min(20), ctx.plain());
    }
    let right = LineBuilder::new().own(format!("lapses in {}", ctx.until(ends)), ctx.dim());
    line.and_right(right, width)
}

/// One pair of numbers: whether one may write on it, and for how much longer without a template.
fn line(pair: &ChannelState, width: usize, ctx: &DrawContext) -> Line<'static> {
    let (consent, since) =
        pair.consent.map_or((ConsentStatus::Unspecified, None), |(status, at)| (status, Some(at)));
    let mut right = LineBuilder::new();
    if since.is_some() || pair.session.is_none() {
        right = right.own(consent.words(), ctx.tone(consent.tone()));
    }
    if let Some(at) = since.filter(|_| width >= 60) {
        right = right.own(format!(" {}", ctx.date(at)), ctx.dim());
    }
    right = match &pair.session {
        Some(open) if open.expires_at > ctx.now => {
            right.own(format!("  open, {} left", ctx.until(open.expires_at)), ctx.tone(Tone::Good))
        }
        _ if pair.channel.channel.needs_session() => {
            right.own("  templates only", ctx.tone(Tone::Pending))
        }
        _ => right,
    };
    let room = width.saturating_sub(right.width() + 2);
    let mut left =
        LineBuilder::new().pad_to(1).identity(&pair.channel.to_string(), room, ctx.plain());
    // A number that does not fit is cut at its beginning, because numbers differ at their end.
    let number = Safe::identity(&pair.number.to_string());
    let room = room.saturating_sub(left.width() + 1);
    if number.width() <= room || room >= 6 {
        left = left.own(" ", ctx.plain()).safe(&number.tail(room), ctx.dim());
    }
    left.and_right(right, width)
}

/// One message: its time, direction, channel and status, then its text.
fn message(message: &Message, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let outbound = message.direction == Direction::Outbound;
    let status = message.status;
    let mut right = LineBuilder::new();
    if outbound {
        let code = if status.tone() == Tone::Bad {
            format!(" ({})", status.code())
        } else {
            String::new()
        };
        let words = format!("{} {}{code}", mark(status.tone()), status.words());
        right = right.foreign(&words, width.saturating_sub(30).max(12), ctx.tone(status.tone()));
    }
    let left = LineBuilder::new()
        .pad_to(1)
        .own(moment(message.created_at, ctx), ctx.dim())
        .own(if outbound { " > " } else { " < " }, ctx.title());
    let room = width.saturating_sub(left.width() + right.width() + 1);
    let mut left = left.identity(&message.channel.to_string(), room, ctx.dim());
    if let Some(work) = &message.work {
        // Ids differ at their end.
        let id = Safe::identity(work.as_str()).tail(6);
        if left.width() + right.width() + id.width() + 10 <= width {
            left = left.own("  by tag ", ctx.dim()).safe(&id, ctx.dim());
        }
    }
    let mut out = vec![left.and_right(right, width)];
    let style = if outbound { ctx.plain() } else { ctx.title() };
    for row in wrapped(&message.body.summary(), width.saturating_sub(4), MOST) {
        out.push(LineBuilder::new().pad_to(3).safe(&row, style).line());
    }
    out
}
