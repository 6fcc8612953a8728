//! A message of which nobody knows whether it arrived: to whom, since when and why, and what it says.

use super::super::{DrawContext, line_builder::LineBuilder};
use crate::model::{Tone, UnknownMessage, describe};
use ratatui::text::Line;

/// ```text
/// ?? Amina Wanjiku …0101                                  unknown 4m
///      sms 40404 to +254711000101, attempt 2, handed over 14:03
///      the network safari did not answer within 30 s
///      Your order has left
/// ```
pub(super) fn row(one: &UnknownMessage, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let right = format!("unknown {}", ctx.ago(one.since));
    let right = LineBuilder::new().own(right, ctx.tone(Tone::Bad));
    let mut line = LineBuilder::new().pad_to(1).own("?? ", ctx.tone(Tone::Bad));
    let room = width.saturating_sub(line.width() + right.width() + 2);
    line.append(super::customer(&one.name, one.customer.as_str(), room, ctx));
    let attempt = match one.attempt {
        0 | 1 => String::new(),
        n => format!(", attempt {n}"),
    };
    let handed = format!("{attempt}, handed over {}", ctx.minute(one.handed_at));
    let way = LineBuilder::new()
        .pad_to(5)
        .identity(&one.channel.to_string(), width / 3, ctx.dim())
        .own(" to ", ctx.dim());
    let room = width.saturating_sub(way.width() + handed.len() + 1);
    let way = way.identity(&one.number.to_string(), room, ctx.dim()).own(handed, ctx.dim());
    let room = width.saturating_sub(6);
    let why = describe::doubt(&one.carrier, &one.why);
    let why = LineBuilder::new().pad_to(5).foreign(&why, room, ctx.tone(Tone::Bad));
    let text = one.body.summary();
    let text = LineBuilder::new().pad_to(5).foreign(&text, room, ctx.plain());
    vec![line.and_right(right, width), way.line(), why.line(), text.line()]
}
