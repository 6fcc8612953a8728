//! Draws each pair of a customer's number and a number of the org: whether one may write there, and for how much
//! longer without a template.

use super::super::{DrawContext, line_builder::LineBuilder};
use crate::{
    console::text::Safe,
    model::{ChannelState, ConsentStatus, PendingOptIn, Tone, limits},
};
use ratatui::text::Line;

/// One pair of numbers, and whether the customer was asked to opt in there.
pub fn lines(pair: &ChannelState, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let mut lines = vec![line(pair, width, ctx)];
    lines.extend(pair.asked.as_ref().map(|asked| pending(asked, width, ctx)));
    lines
}

/// A request to opt in that the customer has not answered yet. After 24 h it lapses, and the consent is what
/// it was before (R-CONSENT-6).
fn pending(asked: &PendingOptIn, width: usize, ctx: &DrawContext) -> Line<'static> {
    let ends = asked.at.after(limits::CONSENT_LAPSE);
    let mut line = LineBuilder::new()
        .pad_to(5)
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
    let room = width.saturating_sub(right.width() + 4);
    let mut left =
        LineBuilder::new().pad_to(3).identity(&pair.channel.to_string(), room, ctx.plain());
    // A number that does not fit is cut at its beginning, because numbers differ at their end.
    let number = Safe::identity(&pair.number.to_string());
    let room = (room + 3).saturating_sub(left.width() + 1);
    if number.width() <= room || room >= 6 {
        left = left.own(" ", ctx.plain()).safe(&number.tail(room), ctx.dim());
    }
    left.and_right(right, width)
}
