//! Draws the people of a work by tag: the outcomes as tabs, a line that says whose they are, and a row for each.

use super::super::{
    DrawContext,
    draw_context::part,
    inspector::advice,
    line_builder::{LineBuilder, grouped, mark, wrapped},
};
use crate::{
    console::{msg::Click, pane::lists::people::WorkPeople, text::Safe},
    model::{RecipientOutcome, Tone, WorkRecipient, id::last_four},
};
use ratatui::{layout::Rect, text::Line};

/// Where the time begins, and where the name does: a time of another day, such as `30 Nov 05:00`, has 12 columns.
const WHEN: usize = 14;
const WHO: usize = 27;
/// The columns of a number: a plus sign and 15 digits.
const NUMBER: usize = 16;

/// The outcomes by which they are filtered; the first word shows all.
pub fn tabs(people: &WorkPeople, row: Rect, ctx: &DrawContext) -> Line<'static> {
    let width = usize::from(row.width);
    let mut line = LineBuilder::new().pad_to(1);
    let all = std::iter::once(None).chain(RecipientOutcome::ALL.iter().copied().map(Some));
    for outcome in all {
        let name = outcome.map_or("all", RecipientOutcome::word);
        let is_own = outcome == people.outcome();
        // Reminders and messages have different ends, and one of them is always empty.
        if outcome == Some(RecipientOutcome::Done) && !is_own {
            continue;
        }
        ctx.zones.add(part(row, line.width(), name.len() + 2), Click::People(outcome));
        line = if is_own {
            line.own(format!("[{name}]"), ctx.selected())
        } else {
            line.own(format!(" {name} "), ctx.plain())
        };
    }
    let count = people.rows().map_or(0, <[_]>::len);
    let more = if people.has_more() { "+" } else { "" };
    let right = format!("{}{more}", grouped(count as u64));
    if line.width() + right.len() >= width {
        return line.line();
    }
    line.and_right(LineBuilder::new().own(right, ctx.dim()), width)
}

/// Whose people they are, and why there are none.
pub fn above(people: &WorkPeople, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let end = last_four(people.work().as_str()).to_owned();
    let title = LineBuilder::new()
        .pad_to(1)
        .own("whom the message to ", ctx.dim())
        .identity(people.title(), width / 2, ctx.title())
        .own(" reached  …", ctx.dim())
        .identity(&end, 8, ctx.dim());
    let mut out = vec![title.line()];
    let (tone, words) = match (people.rows(), people.fault()) {
        (_, Some(error)) => (Tone::Bad, format!("not listed: {error}\n{}", advice(error))),
        (None, None) => (Tone::Plain, "asking the hub".into()),
        (Some([]), None) => (Tone::Plain, "nobody: l and h turn to another outcome".into()),
        (Some(_), None) => return out,
    };
    let rows = wrapped(&words, width.saturating_sub(2), 1_000);
    out.extend(
        rows.iter().map(|row| LineBuilder::new().pad_to(1).safe(row, ctx.tone(tone)).line()),
    );
    out
}

/// One of the people, in one line: what became of it, since when, who, and at which number.
pub fn row(one: &WorkRecipient, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let tone = match one.outcome() {
        RecipientOutcome::NotYet => Tone::Plain,
        RecipientOutcome::Waiting | RecipientOutcome::PutOff => Tone::Pending,
        RecipientOutcome::Delivered | RecipientOutcome::Read | RecipientOutcome::Done => Tone::Good,
        RecipientOutcome::Failed | RecipientOutcome::Skipped => Tone::Bad,
    };
    let code = match one.status.code() {
        0 | 101 | 102 | 300 | 301 => String::new(),
        code => format!(" ({code})"),
    };
    let what = format!("{:<2} {:<9}", mark(tone), one.outcome().word());
    let when = if one.at.is_zero() { String::new() } else { ctx.when(one.at) };
    let number = one.number.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = if one.name.is_empty() { "(no name)" } else { &one.name };
    let wide = (width / 5).clamp(12, 28);
    let at = WHO + wide;
    // Numbers differ at their end.
    let number = Safe::identity_clipped(&number, 64).tail(NUMBER.min(width.saturating_sub(at)));
    let line = LineBuilder::new()
        .pad_to(1)
        .own(what, ctx.tone(tone))
        .pad_to(WHEN)
        .own(when, ctx.dim())
        .pad_to(WHO)
        .identity(name, wide - 1, ctx.title())
        .pad_to(at)
        .safe(&number, ctx.plain())
        .pad_to(at + NUMBER + 1);
    let room = width.saturating_sub(line.width());
    let why = match one.outcome() {
        RecipientOutcome::Failed | RecipientOutcome::Skipped => format!("{}{code}", one.words()),
        RecipientOutcome::PutOff => "not before then".into(),
        RecipientOutcome::NotYet
        | RecipientOutcome::Waiting
        | RecipientOutcome::Delivered
        | RecipientOutcome::Read
        | RecipientOutcome::Done => String::new(),
    };
    vec![line.foreign(&why, room, ctx.tone(tone)).line()]
}
