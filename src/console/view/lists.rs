//! Draws the lists of who waits, works by tag, scheduled messages, reminders, leases, purses, networks and messages of unknown outcome: a
//! header with the tabs, then as many rows around the selected one as fit.
//!
//! ```text
//! [5 LISTS] Waiting [Works] Reminders  Leases  Purses ──────────────────────────────
//! > .. running  tier=vip  message from sms 40404: Tuna ofa mpya …
//!      [##########----------]  604 of 1,204   done 600   skipped 4
//!      skipped: no consent: the customer opted out 3, no such customer number 1
//!   .. waiting for its time  lang=sw  reminder weekly: habari
//!      next 2026-11-24 09:00 (in 19h), every 7 d
//! ```

use super::{
    DrawContext,
    draw_context::part,
    inspector::advice,
    line_builder::{LineBuilder, frame_pane, grouped, mark, rows, wrapped},
};
use crate::{
    console::{
        msg::{Click, List, Listing},
        pane::lists::Lists,
    },
    model::{
        Channel, ListedReminder, ListedScheduled, ListedWaiting, Task, Timestamp, Tone, Work,
        WorkOutcomes, WorkState, describe::span, id::last_four,
    },
};
mod carriers;
mod leases;
mod people;
mod purses;
mod unknown;

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::Line,
};
use std::time::Duration;

/// The width of a progress bar.
const BAR: u64 = 20;
/// From this width on a customer who waits has one line.
const ONE_LINE: usize = 76;
/// The time to answer freely is running out, and is nearly over.
const LATE: Duration = Duration::from_hours(2);
const SOON: Duration = Duration::from_mins(15);
/// The most characters of a payload or message that are laid out.
const MOST: usize = 400;

/// Draws the pane. Its times are compared with the hub's clock, which may differ from the terminal's.
pub fn draw(lists: &Lists, frame: &mut Frame, area: Rect, ctx: &DrawContext, focused: bool) {
    if area.is_empty() {
        return;
    }
    let ctx = &ctx.at(lists.skew().hub(ctx.now));
    let style = if focused { ctx.focus() } else { ctx.title() };
    let title = LineBuilder::new().own("[5 LISTS]", style);
    let inside = frame_pane(frame, area, title, LineBuilder::new(), ctx, focused);
    let width = usize::from(inside.width);
    let head = Rect { height: inside.height.min(1), ..inside };
    let people = lists.people();
    let head_line = people.map_or_else(|| tabs(lists, head, ctx), |p| people::tabs(p, head, ctx));
    rows(frame, head, vec![head_line]);
    let body = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    if focused {
        frame.set_cursor_position(Position::new(area.x, area.y));
    }
    if inside.height < 2 {
        return;
    }
    let above = match people {
        Some(people) => people::above(people, width, ctx),
        None => above(lists, width, ctx),
    };
    let tall = u16::try_from(above.len()).unwrap_or(u16::MAX).min(body.height);
    rows(frame, Rect { height: tall, ..body }, above);
    let body = Rect { y: body.y + tall, height: body.height - tall, ..body };
    let Some(listing) = lists.rows(lists.tab()) else { return };
    let of_people = people.map(|people| people.rows().unwrap_or_default());
    let make = |n: usize| match of_people {
        Some(all) => all.get(n).map(|one| people::row(one, width, ctx)).unwrap_or_default(),
        None => row(lists, listing, n, width, ctx),
    };
    let shown = around(lists.len(), lists.selected(), usize::from(body.height), focused, ctx, make);
    for ((n, _), y) in shown.iter().zip(body.y..body.bottom()) {
        ctx.zones.add(Rect { y, height: 1, ..body }, Click::Listed(*n));
        if focused && *n == lists.selected() {
            ctx.spared.row(body, y);
        }
    }
    rows(frame, body, shown.into_iter().map(|(_, line)| line).collect());
}

fn tabs(lists: &Lists, row: Rect, ctx: &DrawContext) -> Line<'static> {
    let width = usize::from(row.width);
    let mut line = LineBuilder::new().pad_to(1);
    let all: usize = List::ALL.iter().map(|list| list.title().len() + 2).sum();
    let blank = if line.width() + all + 4 > width { "" } else { " " };
    // The open tab is in sight, whatever tabs before it have to give way.
    let wide = |list: &List| list.title().len() + 1 + blank.len();
    let open = List::ALL.iter().position(|list| *list == lists.tab()).unwrap_or(0);
    let upto = |from: usize| List::ALL[from..=open].iter().map(wide).sum::<usize>() + 6;
    let from = (0..open).find(|from| upto(*from) <= width).unwrap_or(open);
    if from > 0 {
        line = line.own("< ", ctx.dim());
    }
    for &list in &List::ALL[from..] {
        let name = list.title();
        if list != lists.tab() && line.width() + wide(&list) > width.saturating_sub(2) {
            line = line.own(">", ctx.dim());
            break;
        }
        let (name, style) = if list == lists.tab() {
            (format!("[{name}]"), ctx.selected())
        } else {
            (format!("{blank}{name} "), ctx.plain())
        };
        ctx.zones.add(part(row, line.width(), name.len()), Click::List(list));
        line = line.own(name, style);
    }
    let right = match lists.rows(lists.tab()) {
        Some(
            Listing::Reminders(_, total)
            | Listing::Scheduled(_, total)
            | Listing::Unknown(_, total),
        ) if u64::try_from(lists.len()).unwrap_or(0) < *total => {
            format!("{} of {}", lists.len(), grouped(*total))
        }
        Some(Listing::Waiting(_, total)) => grouped(*total),
        Some(_) => lists.len().to_string(),
        None => String::new(),
    };
    // How many there are in all matters more than how many of them are shown.
    let fits = line.width() + right.chars().count() < width;
    let right = right.rsplit(' ').next().filter(|_| !fits).unwrap_or(&right).to_owned();
    line.and_right(LineBuilder::new().own(right, ctx.dim()), width)
}

/// The rows above the list: why there is nothing in it, or why what it shows may be old. There are none
/// while all is well.
fn above(lists: &Lists, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let list = lists.tab();
    let (tone, words) = match (lists.rows(list), lists.fault(list)) {
        (Some(_), Some(error)) => {
            (Tone::Bad, format!("what is shown may be old: {error}\n{}", advice(error)))
        }
        (None, Some(error)) => (Tone::Bad, format!("not listed: {error}\n{}", advice(error))),
        (None, None) => (Tone::Plain, "asking the hub".into()),
        (Some(_), None) if lists.is_empty() => (
            Tone::Plain,
            match list {
                List::Waiting => "nobody waits for an answer",
                List::Works => "no work by tag: b m writes to everyone with a tag",
                List::Scheduled => {
                    "no message waits for its time: F6 in the form of one sends it later"
                }
                List::Reminders => "no reminders: a b adds one for a customer",
                List::Leases => "nobody holds a lease",
                List::Purses => "the org has no purses",
                List::Carriers => "the org has no connections to real networks",
                List::Unknown => "of every message it is known what became of it",
            }
            .into(),
        ),
        (Some(Listing::Waiting(..)), None) if width >= ONE_LINE => {
            return vec![columns(width, ctx)];
        }
        (Some(_), None) => return Vec::new(),
    };
    let lines = wrapped(&words, width.saturating_sub(2), 1_000);
    lines.iter().map(|row| LineBuilder::new().pad_to(1).safe(row, ctx.tone(tone)).line()).collect()
}

/// The lines of the selected row, of as many rows before it as fit, and then of those after it. `make`
/// gives the lines of one row; it is called for no more rows than are shown. Each line comes with its row.
fn around(
    count: usize,
    selected: usize,
    height: usize,
    focused: bool,
    ctx: &DrawContext,
    make: impl Fn(usize) -> Vec<Line<'static>>,
) -> Vec<(usize, Line<'static>)> {
    if count == 0 {
        return Vec::new();
    }
    let make = |n: usize| make(n).into_iter().map(move |line| (n, line)).collect::<Vec<_>>();
    let mut lines = make(selected);
    if let Some((_, first)) = lines.first_mut().filter(|_| focused) {
        *first = std::mem::take(first).style(ctx.selected());
    }
    for n in (0..selected).rev() {
        if lines.len() >= height {
            break;
        }
        let mut before = make(n);
        before.append(&mut lines);
        lines = before;
    }
    // The selected row must stay in sight, so what does not fit is cut off at the top.
    let over = lines.len().saturating_sub(height);
    lines.drain(..over);
    for n in selected + 1..count {
        if lines.len() >= height {
            break;
        }
        lines.extend(make(n));
    }
    lines
}

fn row(
    lists: &Lists,
    listing: &Listing,
    n: usize,
    width: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    match listing {
        Listing::Waiting(all, _) => {
            all.get(n).map(|one| waiting(one, lists.is_answered(&one.customer), width, ctx))
        }
        Listing::Works(all) => all.get(n).map(|(w, next)| work(w, next, width, ctx)),
        Listing::Scheduled(all, _) => all.get(n).map(|one| scheduled(one, width, ctx)),
        Listing::Reminders(all, _) => all.get(n).map(|one| reminder(one, width, ctx)),
        Listing::Leases(all) => all.get(n).map(|one| leases::row(one, width, ctx)),
        Listing::Purses(all) => all.get(n).map(|one| purses::row(one, width, ctx)),
        Listing::Carriers(all) => all.get(n).map(|one| carriers::row(one, width, ctx)),
        Listing::Unknown(all, _) => all.get(n).map(|one| unknown::row(one, width, ctx)),
    }
    .unwrap_or_default()
}

/// The columns of who waits, after the blank at the beginning: how long, who, on which channel, and what is
/// left of the time to answer freely. The text has what is left.
fn widths(width: usize) -> [usize; 4] {
    [6, (width / 4).clamp(14, 28), 10, 11]
}

fn columns(width: usize, ctx: &DrawContext) -> Line<'static> {
    let mut line = LineBuilder::new();
    let mut at = 1;
    for (title, wide) in ["waits", "who", "channel", "window", "wrote last"]
        .into_iter()
        .zip(widths(width).into_iter().chain([0]))
    {
        line = line.pad_to(at).own(title, ctx.dim());
        at += wide;
    }
    line.line()
}

/// A customer who waits: in one line where there is room for a text beside the rest, else in two.
fn waiting(
    listed: &ListedWaiting,
    answered: bool,
    width: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    let ListedWaiting { customer, name, unanswered, window_ends } = listed;
    let [waits, who, channel, window] = widths(width);
    let (title, plain) = if answered { (ctx.dim(), ctx.dim()) } else { (ctx.title(), ctx.plain()) };
    let left = window_left(unanswered.channel.channel, *window_ends, ctx);
    let (left, tone) = if answered { ("done".into(), Tone::Plain) } else { left };
    let name = if name.is_empty() { unanswered.number.to_string() } else { name.clone() };
    let line = LineBuilder::new()
        .pad_to(1)
        .own(ctx.ago(unanswered.since), plain)
        .pad_to(1 + waits)
        .identity(&name, who - 1, title)
        .pad_to(1 + waits + who)
        .own(unanswered.channel.channel.word(), ctx.dim())
        .pad_to(1 + waits + who + channel)
        .own(left, if answered { ctx.dim() } else { ctx.tone(tone) });
    let more = match unanswered.count {
        0..=1 => String::new(),
        n => format!("({}) ", grouped(n)),
    };
    if width >= ONE_LINE {
        let line = line.pad_to(1 + waits + who + channel + window).own(more, ctx.dim());
        let room = width.saturating_sub(line.width());
        return vec![line.foreign(&unanswered.text, room, plain).line()];
    }
    let below = LineBuilder::new().pad_to(5).own(more, ctx.dim());
    let room = width.saturating_sub(below.width() + 7);
    let below = below.foreign(&unanswered.text, room, plain);
    let end = last_four(customer.as_str()).to_owned();
    let end = LineBuilder::new().own("…", ctx.dim()).identity(&end, 4, ctx.dim());
    vec![line.line(), below.and_right(end, width)]
}

/// What is left of the time in which a customer may be answered freely. It is empty on channels that have
/// no such time.
pub(super) fn window_left(
    channel: Channel,
    ends: Option<Timestamp>,
    ctx: &DrawContext,
) -> (String, Tone) {
    match ends.map(|ends| (ctx.until(ends), ends.since(ctx.now))) {
        _ if !channel.has_sessions() => (String::new(), Tone::Plain),
        None if channel.needs_session() => ("!! closed".into(), Tone::Bad),
        None => (String::new(), Tone::Plain),
        Some((left, time)) if time < SOON => (format!("!! {left}"), Tone::Bad),
        Some((left, time)) if time < LATE => (format!(".. {left}"), Tone::Pending),
        Some((left, _)) => (left, Tone::Plain),
    }
}

fn work(work: &Work, next: &[Timestamp], width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let tone = work.state.tone();
    let line = LineBuilder::new()
        .pad_to(1)
        .own(format!("{:<2} {}", mark(tone), work.state.words()), ctx.tone(tone))
        .own("  ", ctx.plain())
        .identity(&work.tag.to_string(), width / 3, ctx.title())
        .own("  ", ctx.plain());
    let room = width.saturating_sub(line.width());
    let mut out = vec![line.foreign(&task_words(&work.task), room, ctx.plain()).line()];
    if work.total > 0 || work.state != WorkState::Waiting {
        out.extend(progress(work, width, ctx));
    }
    if work.outcomes != WorkOutcomes::default() {
        out.push(became(&work.outcomes, ctx));
    }
    let skipped: Vec<_> =
        work.skipped_by_reason().map(|(why, n)| format!("{why} {}", grouped(n))).collect();
    if !skipped.is_empty() {
        let words = format!("skipped: {}", skipped.join(", "));
        let lines = wrapped(&words, width.saturating_sub(6), MOST);
        out.extend(
            lines.iter().map(|row| LineBuilder::new().pad_to(5).safe(row, ctx.dim()).line()),
        );
    }
    if !next.is_empty() && !work.state.is_final() {
        let what = if work.begins().is_some() { "begins " } else { "next " };
        let line = LineBuilder::new().pad_to(5).own(what, ctx.dim());
        out.push(line.own(firings(next, ctx), ctx.plain()).line());
    }
    out
}

/// What is done for each customer. The time of a reminder is not in it: that has a row of its own.
fn task_words(task: &Task) -> String {
    match task {
        Task::Message(message) => {
            format!("message from {}: {}", message.from, message.body.summary())
        }
        Task::Reminder(reminder) => {
            let every =
                reminder.interval.map_or_else(String::new, |i| format!(" every {}", span(i)));
            let payload = if reminder.payload.is_empty() {
                String::new()
            } else {
                format!(": {}", reminder.payload)
            };
            format!("reminder {} of {}{every}{payload}", reminder.key, reminder.app)
        }
    }
}

/// How many of the customers are done with, as a bar and in numbers. What does not fit goes into another row.
fn progress(work: &Work, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let skipped = work.skipped.values().copied().fold(0, u64::saturating_add);
    let handled = work.total.saturating_sub(work.left());
    let full = handled.saturating_mul(BAR).checked_div(work.total).unwrap_or(0);
    let full = usize::try_from(full.min(BAR)).unwrap_or(0);
    let rest = usize::try_from(BAR).unwrap_or(0) - full;
    let mut line = LineBuilder::new().pad_to(5);
    if width >= 56 {
        let bar = format!("[{}{}]  ", "#".repeat(full), "-".repeat(rest));
        line = line.own(bar, ctx.plain());
    }
    let words = format!("{} of {}", grouped(handled), grouped(work.total));
    line = line.own(words, ctx.title());
    let mut parts = Vec::new();
    if work.outcomes == WorkOutcomes::default() {
        parts.push((format!("done {}", grouped(work.done)), ctx.dim()));
    }
    if skipped > 0 {
        parts.push((format!("skipped {}", grouped(skipped)), ctx.tone(Tone::Pending)));
    }
    if work.state == WorkState::Cancelled && work.left() > 0 {
        parts.push((format!("never reached {}", grouped(work.left())), ctx.dim()));
    }
    if work.put_off.people > 0 {
        let (people, last) = (grouped(work.put_off.people), ctx.when(work.put_off.last));
        parts.push((format!("{people} left alone until {last}"), ctx.tone(Tone::Pending)));
    }
    if let Some(lasts) = work.lasts() {
        let end = work.updated_at.after(lasts).max(ctx.now);
        parts.push((format!("done ~{}", ctx.when(end)), ctx.dim()));
    }
    let mut out = Vec::new();
    for (words, style) in parts {
        if line.width() + 3 + words.len() > width {
            out.push(std::mem::take(&mut line).line());
            line = line.pad_to(5);
        } else {
            line = line.own("   ", ctx.plain());
        }
        let room = width.saturating_sub(line.width());
        line = line.foreign(&words, room, style);
    }
    out.push(line.line());
    out
}

/// What became of the messages that it has sent.
fn became(outcomes: &WorkOutcomes, ctx: &DrawContext) -> Line<'static> {
    let counts = [
        (outcomes.arrived(), "delivered", Tone::Good),
        (outcomes.read, "read", Tone::Good),
        (outcomes.all_failed(), "failed", Tone::Bad),
        (outcomes.waiting, "waiting", Tone::Pending),
    ];
    let mut line = LineBuilder::new().pad_to(5);
    let mut is_first = true;
    for (n, what, tone) in counts.into_iter().filter(|(n, ..)| *n > 0) {
        let between = if is_first { "" } else { " · " };
        line = line.own(between, ctx.dim());
        line = line.own(format!("{} {what}", grouped(n)), ctx.tone(tone));
        is_first = false;
    }
    line.line()
}

/// When it fires next, at most three times; the first with how long it is until then.
fn firings(next: &[Timestamp], ctx: &DrawContext) -> String {
    let all = next.iter().take(3).enumerate().map(|(i, at)| match i {
        0 => format!("{} (in {})", ctx.date(*at), ctx.until(*at)),
        _ => ctx.date(*at),
    });
    all.collect::<Vec<_>>().join(", then ")
}

/// A customer's name with the end of the id, because names are not unique.
fn customer(name: &str, id: &str, room: usize, ctx: &DrawContext) -> LineBuilder {
    let end = id.char_indices().rev().nth(3).map_or(0, |(start, _)| start);
    let name = if name.is_empty() { "(no name)" } else { name };
    LineBuilder::new()
        .identity(name, room.saturating_sub(6).max(4), ctx.title())
        .own(" …", ctx.dim())
        .identity(&id[end..], 8, ctx.dim())
}

/// A message that has not left yet: to whom, when, from which number and by whom, and what it says.
fn scheduled(listed: &ListedScheduled, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let ListedScheduled { customer, name, message } = listed;
    let due = message.at <= ctx.now;
    let when = if due { "leaves now".into() } else { format!("in {}", ctx.until(message.at)) };
    let right = LineBuilder::new().own(when, ctx.tone(Tone::Pending));
    let mut line = LineBuilder::new().pad_to(1);
    let room = width.saturating_sub(line.width() + right.width() + 2);
    line.append(self::customer(name, customer.as_str(), room, ctx));
    let first = line.and_right(right, width);
    let line = LineBuilder::new()
        .pad_to(5)
        .own(ctx.date(message.at), ctx.plain())
        .own("  from ", ctx.dim())
        .identity(&message.channel.to_string(), width / 3, ctx.dim())
        .own("  by ", ctx.dim());
    let room = width.saturating_sub(line.width());
    let second = line.identity(&message.by.to_string(), room, ctx.dim()).line();
    let text = message.body.summary();
    let third = LineBuilder::new().pad_to(5).foreign(&text, width.saturating_sub(6), ctx.plain());
    vec![first, second, third.line()]
}

fn reminder(listed: &ListedReminder, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let ListedReminder { customer, name, reminder, next } = listed;
    let at = reminder.remind_at;
    let when = if at > ctx.now { format!("in {}", ctx.until(at)) } else { "due".into() };
    let right = LineBuilder::new().own(when, ctx.tone(Tone::Pending));
    let mut line = LineBuilder::new().pad_to(1).identity(&reminder.key, width / 3, ctx.title());
    line = line.own(" for ", ctx.dim());
    let room = width.saturating_sub(line.width() + right.width() + 2);
    line.append(self::customer(name, customer.as_str(), room, ctx));
    let mut out = vec![line.and_right(right, width)];
    let every = reminder.interval.map_or_else(String::new, |i| format!(", every {}", span(i)));
    let whole = if next.is_empty() { vec![at] } else { next.clone() };
    let line =
        LineBuilder::new().pad_to(5).own(firings(&whole, ctx), ctx.plain()).own(every, ctx.dim());
    let room = width.saturating_sub(line.width() + 8);
    out.push(
        line.own("  to app ", ctx.dim()).identity(reminder.app.as_str(), room, ctx.dim()).line(),
    );
    if !reminder.payload.is_empty() {
        let room = width.saturating_sub(6);
        out.push(LineBuilder::new().pad_to(5).foreign(&reminder.payload, room, ctx.plain()).line());
    }
    out
}

#[cfg(test)]
mod tests;
