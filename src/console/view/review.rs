//! Draws the review sheet, on which an agent sees what will happen before confirming it (R-CONSOLE-1).
//!
//! What was typed or written by others stands alone on its rows, between bars, so that it cannot pass for
//! words of the console. Who gets it is shown with the end of the id and the number, never by name alone,
//! because anybody can have that name.
//!
//! ```text
//!  to      Jane W.
//!          id …9b1f  number +254711000001  on sms 40404
//!  !! the hub would refuse it (401)
//!  !! stop (no-consent): opted out 12 d ago
//!  ok the number is that of …9b1f · 1 part, GSM-7, 119 left in it
//!  text
//!  │ Order 8841 iko njiani, itafika leo saa 11                     │
//!  s send   e edit
//! ```

mod outlook;

use super::{
    DrawContext,
    draw_context::part,
    line_builder::{LineBuilder, rows, wrapped},
    phone::phone_rows,
};
use crate::{
    catalog::{Asks, Needs},
    console::{
        pane::form::{
            Form,
            dry_run::DryRunStatus,
            meter::{self, Carrier},
            sheet::Sheet,
        },
        text::Safe,
    },
    model::{LastAnswer, Tone, segments::parts},
};
use crossterm::event::KeyCode;
use ratatui::{Frame, layout::Rect, style::Style, text::Line};

/// The most characters of one text that are laid out.
const MOST: usize = 8_192;

/// The least number of columns between the keys and how many rows there are below.
const GAP: usize = 2;

/// Draws the sheet of a form inside its pane. The last row, with the keys, is always in sight; the rest
/// can be scrolled. How many rows there are below stands beside the keys, or above them where they leave no room.
pub fn draw(form: &Form, sheet: &Sheet, frame: &mut Frame, area: Rect, ctx: &DrawContext) {
    let width = usize::from(area.width);
    let body_height = area.height.saturating_sub(1);
    let (lines, against) = body(form, sheet, width, ctx);
    let height = usize::from(body_height);
    let offset = sheet.scroll.measured(lines.len().saturating_sub(height));
    let below = lines.len().saturating_sub(offset + height);
    let foot = Rect { y: area.y + body_height, height: area.height - body_height, ..area };
    let keys = keys(form, sheet, foot, ctx);
    let fits = keys.width() + GAP + more(below, ctx).width() <= width;
    // A body of one row would have none left.
    let is_above = below > 0 && !fits && height > 1;
    // What stands against it stays in sight where the keys become longer and the sign moves above them.
    let surely = if lines.len() > height { height.saturating_sub(1) } else { height };
    sheet.scroll.needs(against.saturating_sub(surely));
    let height = height - usize::from(is_above);
    let mut shown: Vec<_> = lines.into_iter().skip(offset).take(height).collect();
    if is_above {
        shown.push(LineBuilder::new().and_right(more(below + 1, ctx), width));
    }
    rows(frame, Rect { height: body_height, ..area }, shown);
    let right = if below > 0 && fits { more(below, ctx) } else { LineBuilder::new() };
    rows(frame, foot, vec![keys.and_right(right, width)]);
}

/// How many rows there are below, and the key that shows them.
fn more(below: usize, ctx: &DrawContext) -> LineBuilder {
    let words = if below == 1 { "1 more row ".to_owned() } else { format!("{below} more rows ") };
    LineBuilder::new().own(words, ctx.dim()).own("Down", ctx.key())
}

/// The rows of the sheet, and how many of them there are up to the end of what stands
/// against the command.
fn body(
    form: &Form,
    sheet: &Sheet,
    width: usize,
    ctx: &DrawContext,
) -> (Vec<Line<'static>>, usize) {
    let mut out = conflict(form, sheet, width, ctx);
    let answered = out.len();
    for words in banners(form, sheet, ctx) {
        out.push(LineBuilder::new().own("!! ", ctx.tone(Tone::Bad)).own(words, ctx.title()).line());
    }
    if form.wrote_again().is_some() && !form.newer().is_empty() {
        let first = Safe::new_clipped(form.newer(), width.saturating_sub(5));
        out.push(barred(&first, width, ctx));
    }
    let room = width.saturating_sub(9);
    let to = &sheet.to;
    let name = if to.name.is_empty() { "(no name)" } else { &to.name };
    let label = if form.spec().needs == Needs::Anyone { " for     " } else { " to      " };
    let left = super::form::time_left(form, ctx);
    let whom = LineBuilder::new().own(label, ctx.dim());
    let whom = whom.identity(name, room.saturating_sub(left.width()), ctx.title());
    out.push(whom.and_right(left, width));
    let mut ids = LineBuilder::new().pad_to(9);
    if !to.id_end.is_empty() {
        ids = ids.own("id …", ctx.dim()).identity(&to.id_end, 8, ctx.title());
    }
    if let Some(number) = &to.number {
        let number = number.to_string();
        ids = ids.own("  number ", ctx.dim()).identity(&number, room, ctx.title());
    }
    if let Some(channel) = &to.channel {
        let channel = channel.to_string();
        if ids.width() + 5 + channel.len() > width {
            out.push(ids.line());
            ids = LineBuilder::new().pad_to(7);
        }
        ids = ids.own("  on ", ctx.dim()).identity(&channel, room, ctx.title());
    }
    out.push(ids.line());
    if let Some(quoted) = &sheet.quoted {
        let ago = ctx.ago(quoted.at);
        out.push(LineBuilder::new().own(format!(" answers, of {ago} ago"), ctx.dim()).line());
        let first = Safe::new_clipped(&quoted.text, width.saturating_sub(5));
        out.push(barred(&first, width, ctx));
    }
    let (findings, stops) = outlook::findings(form, sheet, width, ctx);
    let against = if stops == 0 { answered } else { out.len() + stops };
    out.extend(findings);
    if let Some(words) = sheet.payment() {
        let lines = wrapped(&words, width.saturating_sub(5), MOST);
        out.extend(lines.iter().map(|line| barred(line, width, ctx)));
    }
    for (label, text) in &sheet.sentences {
        out.extend(sentence(sheet, label, text, width, ctx));
    }
    out.extend(outlook::details(sheet, width, ctx));
    out.push(LineBuilder::new().own(" the same in a shell", ctx.dim()).line());
    let line = wrapped(&sheet.command_line(), width.saturating_sub(5), MOST);
    out.extend(line.iter().map(|line| barred(line, width, ctx)));
    (out, against)
}

/// The rows of one thing that the command says. What goes to a phone is shown as the phone shows it, with a sign
/// where each part of it ends (R-TEXT-1), and with what cannot be shown or seen below it (R-TEXT-3).
fn sentence(
    sheet: &Sheet,
    label: &str,
    text: &str,
    width: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    let room = width.saturating_sub(5);
    let mut head = LineBuilder::new().own(format!(" {label}"), ctx.dim());
    let Some((_, carrier)) = sheet.arriving().filter(|(arriving, _)| *arriving == text) else {
        let rows = wrapped(text, room, MOST);
        let rows = rows.iter().map(|row| barred(row, width, ctx));
        return std::iter::once(head.line()).chain(rows).collect();
    };
    if let (Carrier::Sms, count @ 2..) = (carrier, parts(text).len()) {
        head = head.own(format!(", in {count} parts: «1/{count}» ends the first"), ctx.dim());
    }
    let mut out = vec![head.line()];
    out.extend(phone_rows(text, carrier, room, MOST).iter().map(|row| barred(row, width, ctx)));
    for note in meter::notes(text, carrier) {
        let rows = wrapped(&note.words, room, MOST);
        let style = said(note.tone, ctx);
        out.extend(rows.iter().map(|row| LineBuilder::new().pad_to(3).safe(row, style).line()));
    }
    out
}

/// The style of what is said about a text: dim, unless it asks for something.
pub(super) fn said(tone: Tone, ctx: &DrawContext) -> Style {
    if tone == Tone::Plain { ctx.dim() } else { ctx.tone(tone) }
}

/// What a colleague answered meanwhile, above everything else (R-CONFLICT-3): who, how long ago, and what.
fn conflict(form: &Form, sheet: &Sheet, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let Some(answer) = &sheet.conflict else { return Vec::new() };
    let head = who_answered(form, answer, ctx);
    let lines = wrapped(&answer.text, width.saturating_sub(5), MOST);
    [head.line()].into_iter().chain(lines.iter().map(|line| barred(line, width, ctx))).collect()
}

/// `!! Brian answered 12 s ago:`, for the form and for its sheet.
pub(super) fn who_answered(form: &Form, answer: &LastAnswer, ctx: &DrawContext) -> LineBuilder {
    let key = if form.is_own_key(answer) { " (your key)" } else { "" };
    LineBuilder::new()
        .own("!! ", ctx.tone(Tone::Bad))
        .identity(&answer.who(), 24, ctx.title())
        .own(format!("{key} answered {} ago:", ctx.ago(answer.at)), ctx.title())
}

/// Warnings that no hub can give: what happened since the form was opened, and that the command reaches
/// another customer than the one it was opened for. Each is left out where a finding of the dry run
/// says the same.
fn banners(form: &Form, sheet: &Sheet, ctx: &DrawContext) -> Vec<String> {
    let said = |code: &str| sheet.dry_run.findings().iter().any(|f| f.code == code);
    let mut out = Vec::new();
    if let Some(at) = form.wrote_again() {
        out.push(format!("the customer wrote again at {}", ctx.clock(at)));
    }
    let unsaid = sheet.is_message() && !said("conflict") && sheet.conflict.is_none();
    if let Some(at) = form.answered().filter(|_| unsaid) {
        out.push(format!("someone wrote to this customer at {}", ctx.clock(at)));
    }
    let ours = form.target().customer.as_ref();
    if sheet.reaches().is_some_and(|reached| ours.is_some_and(|ours| ours != reached))
        && !said("new-customer")
    {
        out.push("the number is that of another customer".into());
    }
    out
}

/// A row of text that is not ours, between bars.
fn barred(text: &Safe, width: usize, ctx: &DrawContext) -> Line<'static> {
    LineBuilder::new()
        .own(" │ ", ctx.dim())
        .safe(text, ctx.plain())
        .pad_to(width.saturating_sub(2))
        .own("│", ctx.dim())
        .line()
}

/// The last row: what must be typed to confirm, or the keys that confirm and edit (R-CONSOLE-6).
fn keys(form: &Form, sheet: &Sheet, foot: Rect, ctx: &DrawContext) -> LineBuilder {
    let asks = sheet.asks();
    let mut line = LineBuilder::new().pad_to(1);
    line = match &asks {
        _ if form.notice().is_some() => {
            line.own(form.notice().unwrap_or_default(), ctx.tone(Tone::Bad)).own("  ", ctx.plain())
        }
        _ if !sheet.is_armed(ctx.now) => line.own("read first … ", ctx.dim()),
        _ if sheet.counts_again() => line.own(counting(sheet), ctx.dim()),
        Asks::Outlook => line.own(unknown(sheet, ctx), ctx.tone(Tone::Bad)).own("  ", ctx.plain()),
        Asks::Type(word) if !sheet.is_confirmed() => {
            let whole = sheet.is_typed_out(word);
            let line = line
                .own("type ", ctx.tone(Tone::Bad))
                .identity(word, 16, ctx.title())
                .own(" to go on: ", ctx.tone(Tone::Bad))
                .identity(&sheet.typed, 16, ctx.title());
            let end = if whole { " is not it: Backspace " } else { "_ " };
            line.own(end, ctx.plain())
        }
        Asks::Nothing | Asks::Type(_) => {
            ctx.zones.letter(part(foot, line.width(), 2 + sheet.verb().len()), 's');
            line.own("s", ctx.key()).own(format!(" {}  ", sheet.verb()), ctx.title())
        }
    };
    if sheet.later().is_some() && sheet.is_armed(ctx.now) {
        ctx.zones.letter(part(foot, line.width(), 6), 'l');
        line = line.own("l", ctx.key()).own(" wait  ", ctx.title());
    }
    if sheet.can_swap() {
        let other = sheet.other_way();
        ctx.zones.letter(part(foot, line.width(), 2 + other.len()), 'x');
        line = line.own("x", ctx.key()).own(format!(" {other}  "), ctx.plain());
    }
    let edit = if asks == Asks::Nothing { "e" } else { "Esc" };
    ctx.zones.key(part(foot, line.width(), edit.len() + 5), KeyCode::Esc);
    line.own(edit, ctx.key()).own(" edit", ctx.plain())
}

/// That everyone is counted again, or that the hub could not be asked to.
fn counting(sheet: &Sheet) -> &'static str {
    let is_asked = sheet.dry_run.due().is_some();
    if is_asked { "counting again … " } else { "not counted again: review anew " }
}

/// Why nothing that is typed confirms the command.
fn unknown(sheet: &Sheet, ctx: &DrawContext) -> &'static str {
    match sheet.dry_run.status(ctx.now) {
        DryRunStatus::NotOffered => "cannot be confirmed without a dry run",
        DryRunStatus::Failed(_) => "cannot be confirmed: the hub did not say who is meant",
        DryRunStatus::Waiting => "wait: the hub has not said who is meant",
        DryRunStatus::Fresh(_) | DryRunStatus::Stale(_) => {
            sheet.nobody().unwrap_or("nobody is meant, so nothing can go")
        }
    }
}

#[cfg(test)]
mod tests;
