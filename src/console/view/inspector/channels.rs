//! Draws each pair of a customer's number and a number of the org: whether one may write there, and for how much
//! longer without a template.

use super::{
    super::{DrawContext, line_builder::LineBuilder},
    COUNT, in_rows,
};
use crate::{
    console::text::Safe,
    model::{
        ChannelState, ConsentStatus, CustomerNumber, CustomerState, PendingOptIn, Tone, limits,
    },
};
use ratatui::text::Line;

/// The fewest digits by which a number is named.
const DIGITS: usize = 3;

/// All pairs, in so many rows at most. Of those that do not fit there is the count.
pub fn header(
    state: &CustomerState,
    width: usize,
    most: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    if state.channels.is_empty() {
        return vec![LineBuilder::new().own(" no consent or session on record", ctx.dim()).line()];
    }
    let room = width.saturating_sub(COUNT);
    let pairs = state.channels.iter().map(|pair| in_short(pair, &state.numbers, room, ctx));
    in_rows(pairs, width, most, ctx)
}

/// A pair in a few words: the org's number, which of the customer's numbers it is where there are several, and whether
/// one may write there.
fn in_short(
    pair: &ChannelState,
    numbers: &[CustomerNumber],
    room: usize,
    ctx: &DrawContext,
) -> LineBuilder {
    let mut right = LineBuilder::new();
    if numbers.len() > 1 {
        right = right.own(" ", ctx.plain()).safe(&end_of(&pair.number, numbers), ctx.plain());
    }
    let consent = pair.consent.map_or(ConsentStatus::Unspecified, |(status, _)| status);
    let session = pair.session.as_ref().filter(|s| s.expires_at > ctx.now);
    right = match (consent, session) {
        (ConsentStatus::OptOutCompleted, _) => right.own(" OPTED OUT", ctx.tone(Tone::Bad)),
        (_, Some(open)) => {
            right.own(format!(" open, {} left", ctx.until(open.expires_at)), ctx.tone(Tone::Good))
        }
        (ConsentStatus::Unspecified, None) => right.own(" -", ctx.dim()),
        (status, None) => right.own(format!(" {}", status.words()), ctx.tone(status.tone())),
    };
    let room = room.saturating_sub(right.width() + 1).max(8);
    let mut line = LineBuilder::new().own(" ", ctx.plain());
    line = line.identity(&pair.channel.to_string(), room, ctx.dim());
    line.append(right);
    line
}

/// As much of the end of a number as tells it apart from the customer's others.
fn end_of(number: &CustomerNumber, all: &[CustomerNumber]) -> Safe {
    let own = number.to_string();
    let others = all.iter().map(ToString::to_string).filter(|other| *other != own);
    let same = |other: String| {
        let ends = own.chars().rev().zip(other.chars().rev());
        ends.take_while(|(own, other)| own == other).count()
    };
    let digits = others.map(same).max().map_or(DIGITS, |same| DIGITS.max(same + 1));
    Safe::identity_clipped(&own, 64).tail(digits.min(16) + 1)
}

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
