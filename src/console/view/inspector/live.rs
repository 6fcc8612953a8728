//! Draws the tab with the USSD sessions and calls that are open, the newest first. One that waits for an answer
//! shows how long its app still has, and the key with which an agent can answer in the app's place. Those that
//! are over are in the timeline.

use super::{
    super::{
        DrawContext,
        line_builder::{LineBuilder, beside, mark, moment, wrapped},
    },
    Blocks,
};
use crate::{
    console::pane::inspector::{menu_due, open_calls, open_sessions, plan_due},
    model::{
        CallHop, CustomerState, Direction, HangupCause, Timestamp, Tone, UssdSession, VoiceCall,
    },
};
use ratatui::text::Line;

/// The most characters of one menu or input that are laid out.
const MOST: usize = 1_000;
/// The most hops of one session or call that are laid out; these are the newest.
const HOPS: usize = 40;

/// The blocks of the tab.
pub fn blocks<'a>(state: &'a CustomerState, width: usize, ctx: &'a DrawContext) -> Blocks<'a> {
    let sessions: Vec<_> = open_sessions(state).rev().collect();
    let calls: Vec<_> = open_calls(state).rev().collect();
    let count = (sessions.len() + calls.len()).max(1);
    let make = move |i: usize| match (sessions.get(i), calls.get(i.saturating_sub(sessions.len())))
    {
        (Some(open), _) => session(open, width, ctx),
        (None, Some(open)) => call(open, width, ctx),
        (None, None) => {
            let words = "nobody is on the line: what is over is in the timeline";
            let rows = wrapped(words, width.saturating_sub(1), MOST);
            let line = |row: &_| LineBuilder::new().pad_to(1).safe(row, ctx.dim()).line();
            rows.iter().map(line).collect()
        }
    };
    Blocks { count, make: Box::new(make) }
}

/// How long a prompt can still be answered (R-HOOK-1) and with which key, or that it was not
/// answered in time.
fn window(what: &'static str, due: Timestamp, ctx: &DrawContext) -> LineBuilder {
    if due <= ctx.now {
        return LineBuilder::new().own(format!("!! no {what} in time"), ctx.tone(Tone::Bad));
    }
    let words = format!(".. wants a {what}, {} left", ctx.until(due));
    LineBuilder::new()
        .own(words, ctx.tone(Tone::Pending))
        .own("  r", ctx.key())
        .own(" answer", ctx.plain())
}

/// The first row of a session or call: both numbers, and its status (`right`) beside them. The status gets
/// a row of its own where the numbers would have to be cut.
fn headed(
    left: LineBuilder,
    [first, second]: [String; 2],
    right: LineBuilder,
    width: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    let room = width.saturating_sub(left.width());
    let left = left.identity(&first, room / 2, ctx.plain()).own(" ", ctx.plain()).identity(
        &second,
        room / 2,
        ctx.dim(),
    );
    beside(left, right, width)
}

fn session(session: &UssdSession, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let right = match session.end {
        Some(end) => LineBuilder::new()
            .own(format!("{} {}", mark(end.tone()), end.words()), ctx.tone(end.tone())),
        None => match menu_due(session, &ctx.hello) {
            Some(due) => window("menu", due, ctx),
            None => LineBuilder::new().own(".. waits for the customer", ctx.tone(Tone::Pending)),
        },
    };
    let left = LineBuilder::new()
        .pad_to(1)
        .own(moment(session.created_at, ctx), ctx.dim())
        .own(" < ", ctx.title());
    let numbers = [session.channel.number.clone(), session.number.to_string()];
    let mut out = headed(left, numbers, right, width, ctx);
    for (i, hop) in session.hops.iter().enumerate().skip(session.hops.len().saturating_sub(HOPS)) {
        let input = if hop.input.is_empty() { "(dialled)" } else { &hop.input };
        let style = if i == 0 { ctx.dim() } else { ctx.title() };
        let line = LineBuilder::new().pad_to(3).own("typed ", ctx.dim());
        out.push(line.foreign(input, width.saturating_sub(9), style).line());
        let Some(menu) = &hop.menu else {
            continue;
        };
        for row in wrapped(&menu.text, width.saturating_sub(6), MOST) {
            out.push(LineBuilder::new().pad_to(5).safe(&row, ctx.plain()).line());
        }
    }
    out
}

fn call(call: &VoiceCall, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let tone = call.hops.last().map_or(call.status.tone(), worst);
    let mut words = format!("{} {}", mark(tone), call.status.words());
    if !call.status.is_final() {
        words = format!("{words}, {}", ctx.ago(call.created_at));
    }
    if !call.duration.is_zero() {
        words = format!("{words}, {}", minutes(call.duration.as_secs()));
    }
    if let Some(cost) = &call.cost {
        words = format!("{words}, {cost}");
    }
    let right = LineBuilder::new().own(words, ctx.tone(tone));
    let way = if call.direction == Direction::Outbound { " > " } else { " < " };
    let left = LineBuilder::new()
        .pad_to(1)
        .own(moment(call.created_at, ctx), ctx.dim())
        .own(way, ctx.title());
    let numbers = [call.number.to_string(), call.channel.number.clone()];
    let mut out = headed(left, numbers, right, width, ctx);
    let skip = call.hops.len().saturating_sub(HOPS);
    for hop in call.hops.iter().skip(skip) {
        out.push(hop_line(hop, width, ctx));
        out.extend(hop_details(hop, width, ctx));
    }
    if let Some(due) = plan_due(call, &ctx.hello) {
        let mut line = LineBuilder::new().pad_to(3);
        line.append(window("plan", due, ctx));
        out.push(line.line());
    }
    out
}

/// What came of dialling and queueing, what a failure means, and what the app said to do next.
fn hop_details(hop: &CallHop, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    let room = width.saturating_sub(6);
    let mut say = |words: String| {
        let rows = wrapped(&words, room, MOST);
        out.extend(
            rows.iter().map(|row| LineBuilder::new().pad_to(5).safe(row, ctx.plain()).line()),
        );
    };
    if let Some(dial) = &hop.dial {
        say(match dial.duration.as_secs() {
            0 => format!("dialled {}: nobody answered", dial.number),
            secs => format!("dialled {}: talked {}", dial.number, minutes(secs)),
        });
    }
    if let Some(queue) = &hop.queue {
        let by = queue.dequeued_to_number.as_deref().unwrap_or("another line");
        say(if queue.dequeued_at.is_zero() {
            format!("in the queue since {}", moment(queue.enqueued_at, ctx))
        } else {
            let waited = minutes(queue.duration.as_secs());
            format!("by {by}, after {waited} in the queue")
        });
    }
    if hop.cause.tone() == Tone::Bad {
        say(hop.cause.advice().into());
    } else if hop.status.tone() == Tone::Bad {
        say(hop.status.advice().into());
    }
    if hop.prompt && hop.answered && hop.actions.is_empty() {
        say("plan: hang up".into());
    }
    for (i, action) in hop.actions.iter().enumerate() {
        say(format!("{} {}", if i == 0 { "plan:" } else { " then" }, action.summary()));
    }
    out
}

/// Seconds as minutes and seconds: `1:23`.
fn minutes(secs: u64) -> String {
    format!("{}:{:02}", secs / 60, secs % 60)
}

/// The tone of a report: bad if the cause of the hang-up is, else that of the status.
fn worst(hop: &CallHop) -> Tone {
    if hop.cause.tone() == Tone::Bad { Tone::Bad } else { hop.status.tone() }
}

fn hop_line(hop: &CallHop, width: usize, ctx: &DrawContext) -> Line<'static> {
    let mut line = LineBuilder::new()
        .pad_to(3)
        .own(moment(hop.at, ctx), ctx.dim())
        .own(format!(" {}", hop.status.words()), ctx.tone(worst(hop)));
    if hop.cause != HangupCause::Unspecified {
        line = line.own(format!(": {}", hop.cause.words()), ctx.tone(hop.cause.tone()));
    }
    if let Some(digits) = &hop.digits {
        let room = width.saturating_sub(line.width() + 10);
        line = line.own(", pressed ", ctx.dim()).identity(digits, room, ctx.plain());
    }
    if let Some(url) = &hop.recording_url {
        let room = width.saturating_sub(line.width() + 12);
        line = line.own(", recording ", ctx.dim()).identity(url, room, ctx.dim());
    }
    line.line()
}
