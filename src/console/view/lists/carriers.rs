//! A connection to a real network: what it speaks and carries, how it is and since when, and what waits for it.

use super::super::{
    DrawContext,
    line_builder::{LineBuilder, grouped, wrapped},
};
use crate::model::{ListedCarrier, Tone};
use ratatui::text::Line;

/// ```text
/// !! safari  smpp  down 5m                                12 waiting, 3 unknown
///      carries sms 40404, at most 10/s
///      no connection to smsc.example.org:2775
///      paused 4m ago by wanjiku: messages wait, r has it go on
/// ```
pub(super) fn row(one: &ListedCarrier, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let how = match (one.is_up, one.since) {
        (true, Some(since)) => format!("up {}", ctx.ago(since)),
        (true, None) => "up".to_owned(),
        (false, Some(since)) => format!("down {}", ctx.ago(since)),
        (false, None) => "never used".to_owned(),
    };
    let (mark, tone) = match (one.is_up, &one.pause) {
        (_, Some(_)) => ("..", Tone::Pending),
        (true, None) => ("ok", Tone::Good),
        (false, None) => ("!!", Tone::Bad),
    };
    let how = if one.pause.is_some() { format!("PAUSED, {how}") } else { how };
    let mut right = LineBuilder::new();
    if one.waiting > 0 {
        let words = format!("{} waiting", grouped(one.waiting));
        right = right.own(words, ctx.tone(Tone::Pending));
    }
    if one.unknown > 0 {
        let comma = if one.waiting > 0 { ", " } else { "" };
        right = right.own(comma, ctx.dim());
        right = right.own(format!("{} unknown", grouped(one.unknown)), ctx.tone(Tone::Bad));
    }
    let line = LineBuilder::new()
        .pad_to(1)
        .own(format!("{mark} "), ctx.tone(tone))
        .identity(one.id.as_str(), width / 3, ctx.title())
        .own("  ", ctx.plain())
        .identity(&one.kind, 12, ctx.dim())
        .own("  ", ctx.plain())
        .own(how, ctx.tone(tone));
    let mut out = vec![line.and_right(right, width)];
    let numbers: Vec<_> = one.numbers.iter().map(ToString::to_string).collect();
    let rate = format!(", at most {}/s", one.per_second);
    let line = LineBuilder::new().pad_to(5).own("carries ", ctx.dim());
    let room = width.saturating_sub(line.width() + rate.len() + 1);
    let numbers = if numbers.is_empty() { "nothing".to_owned() } else { numbers.join(", ") };
    out.push(line.identity(&numbers, room, ctx.plain()).own(rate, ctx.dim()).line());
    if !one.why.is_empty() {
        let rows = wrapped(&one.why, width.saturating_sub(6), super::MOST);
        let line = |row| LineBuilder::new().pad_to(5).safe(row, ctx.tone(Tone::Bad)).line();
        out.extend(rows.iter().map(line));
    }
    if let Some(pause) = &one.pause {
        let line = LineBuilder::new()
            .pad_to(5)
            .own(format!("paused {} ago by ", ctx.ago(pause.since)), ctx.tone(Tone::Pending))
            .identity(&pause.by.to_string(), width / 3, ctx.tone(Tone::Pending))
            .own(": r has it go on", ctx.dim());
        out.push(line.line());
    }
    out
}
