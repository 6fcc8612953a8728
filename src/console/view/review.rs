//! The review sheet. Foreign text stands alone on its lines between bars; who gets it is shown
//! with the end of the id and the number, never by name alone.
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
    Look,
    words::{Words, rows, wrapped},
};
use crate::{
    catalog::{Asks, Needs},
    console::{
        pane::form::{Form, dry_run::DryRunStatus, sheet::Sheet},
        text::Safe,
    },
    model::Tone,
};
use ratatui::{Frame, layout::Rect, text::Line};

/// The most characters of one text that are laid out.
const MOST: usize = 8_192;

/// Draws the sheet of a form inside its pane.
pub fn draw(form: &Form, sheet: &Sheet, frame: &mut Frame, area: Rect, look: &Look) {
    let width = usize::from(area.width);
    let body_height = area.height.saturating_sub(1);
    let lines = body(form, sheet, width, look);
    let height = usize::from(body_height);
    let offset = sheet.scroll.measured(lines.len().saturating_sub(height));
    let below = lines.len().saturating_sub(offset + height);
    let shown = lines.into_iter().skip(offset).take(height).collect();
    rows(frame, Rect { height: body_height, ..area }, shown);
    let foot = Rect { y: area.y + body_height, height: area.height - body_height, ..area };
    rows(frame, foot, vec![keys(form, sheet, below, width, look)]);
}

fn body(form: &Form, sheet: &Sheet, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    for words in banners(form, sheet, look) {
        out.push(Words::new().own("!! ", look.tone(Tone::Bad)).own(words, look.title()).line());
    }
    let room = width.saturating_sub(9);
    let to = &sheet.to;
    let name = if to.name.is_empty() { "(no name)" } else { &to.name };
    let label = if form.spec().needs == Needs::Anyone { " for     " } else { " to      " };
    out.push(Words::new().own(label, look.dim()).identity(name, room, look.title()).line());
    let mut ids = Words::new().to(9);
    if !to.id_end.is_empty() {
        ids = ids.own("id …", look.dim()).identity(&to.id_end, 8, look.title());
    }
    if let Some(number) = &to.number {
        let number = number.to_string();
        ids = ids.own("  number ", look.dim()).identity(&number, room, look.title());
    }
    if let Some(channel) = &to.channel {
        let channel = channel.to_string();
        if ids.width() + 5 + channel.len() > width {
            out.push(ids.line());
            ids = Words::new().to(7);
        }
        ids = ids.own("  on ", look.dim()).identity(&channel, room, look.title());
    }
    out.push(ids.line());
    if let Some(quoted) = &sheet.quoted {
        let ago = look.ago(quoted.at);
        out.push(Words::new().own(format!(" answers, of {ago} ago"), look.dim()).line());
        let first = Safe::new_clipped(&quoted.text, width.saturating_sub(5));
        out.push(barred(&first, width, look));
    }
    out.extend(outlook::findings(form, sheet, width, look));
    if let Some(words) = sheet.payment() {
        let lines = wrapped(&words, width.saturating_sub(5), MOST);
        out.extend(lines.iter().map(|line| barred(line, width, look)));
    }
    for (label, text) in &sheet.sentences {
        out.push(Words::new().own(format!(" {label}"), look.dim()).line());
        let lines = wrapped(text, width.saturating_sub(5), MOST);
        out.extend(lines.iter().map(|line| barred(line, width, look)));
    }
    out.extend(outlook::details(sheet, width, look));
    out.push(Words::new().own(" the same in a shell", look.dim()).line());
    let line = wrapped(&sheet.command_line, width.saturating_sub(5), MOST);
    out.extend(line.iter().map(|line| barred(line, width, look)));
    out
}

/// What no hub can know: what happened since the form opened, and that another customer is reached
/// than the one it was opened for. Each stands here only where no finding says it already.
fn banners(form: &Form, sheet: &Sheet, look: &Look) -> Vec<String> {
    let said = |code: &str| sheet.dry_run.findings().iter().any(|f| f.code == code);
    let mut out = Vec::new();
    if let Some(at) = form.wrote_again() {
        out.push(format!("the customer wrote again at {}", look.clock(at)));
    }
    if let Some(at) = form.answered().filter(|_| sheet.is_message() && !said("conflict")) {
        out.push(format!("someone wrote to this customer at {}", look.clock(at)));
    }
    let ours = form.target().customer.as_ref();
    if sheet.reaches().is_some_and(|reached| ours.is_some_and(|ours| ours != reached))
        && !said("new-customer")
    {
        out.push("the number is that of another customer".into());
    }
    out
}

/// Foreign text alone on its row.
fn barred(text: &Safe, width: usize, look: &Look) -> Line<'static> {
    Words::new()
        .own(" │ ", look.dim())
        .safe(text, look.plain())
        .to(width.saturating_sub(2))
        .own("│", look.dim())
        .line()
}

fn keys(form: &Form, sheet: &Sheet, below: usize, width: usize, look: &Look) -> Line<'static> {
    let asks = sheet.asks();
    let mut line = Words::new().to(1);
    line = match &asks {
        _ if !sheet.is_armed(look.now) => line.own("read first … ", look.dim()),
        Asks::Outlook => {
            let why = match sheet.dry_run.status(look.now) {
                DryRunStatus::NotOffered => "cannot be confirmed without a dry run ",
                DryRunStatus::Failed(_) => "cannot be confirmed: the hub did not say who is meant ",
                DryRunStatus::Waiting => "wait: the hub has not said who is meant ",
                DryRunStatus::Fresh(_) | DryRunStatus::Stale(_) => {
                    "nobody is meant, so nothing can go "
                }
            };
            line.own(why, look.tone(Tone::Bad))
        }
        Asks::Type(word) if !sheet.is_confirmed() => {
            let whole = sheet.typed.chars().count() >= word.chars().count();
            let line = line
                .own("type ", look.tone(Tone::Bad))
                .identity(word, 16, look.title())
                .own(" to go on: ", look.tone(Tone::Bad))
                .identity(&sheet.typed, 16, look.title());
            let end = if whole { " is not it: Backspace " } else { "_ " };
            line.own(end, look.plain())
        }
        Asks::Nothing | Asks::Type(_) => {
            line.own("s", look.key()).own(format!(" {}  ", form.spec().risk.verb()), look.title())
        }
    };
    if sheet.can_swap() {
        line = line.own("x", look.key()).own(" swap  ", look.plain());
    }
    let edit = if asks == Asks::Nothing { "e" } else { "Esc" };
    let line = line.own(edit, look.key()).own(" edit", look.plain());
    let right = match below {
        0 => Words::new(),
        n => Words::new().own(format!("{n} more rows "), look.dim()).own("Down", look.key()),
    };
    line.and_right(right, width)
}

#[cfg(test)]
mod tests;
