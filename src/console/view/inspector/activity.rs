//! Talks: USSD sessions and calls, newest first. One that waits for an answer shows how long its
//! app still has, and the key with which an agent answers in its place.

use super::{
    super::{
        Look,
        words::{Words, beside, mark, moment, wrapped},
    },
    Blocks,
};
use crate::{
    console::pane::inspector::{menu_due, plan_due},
    model::{
        CallHop, CustomerState, Direction, HangupCause, Timestamp, Tone, UssdSession, VoiceCall,
    },
};
use ratatui::text::Line;

/// The most characters of one menu or input that are laid out.
const MOST: usize = 1_000;
/// The most hops of one session or call that are laid out, the newest.
const HOPS: usize = 40;

fn newest_first<'a, T>(
    all: &'a [T],
    none: &'static str,
    look: &'a Look,
    make: impl Fn(&T) -> Vec<Line<'static>> + 'a,
) -> Blocks<'a> {
    let make = move |i: usize| match all.len().checked_sub(i + 1) {
        Some(at) => make(&all[at]),
        None => vec![Words::new().own(none, look.dim()).line()],
    };
    Blocks { count: all.len().max(1), make: Box::new(make) }
}

/// How long a prompt can still be answered (R-HOOK-1), and with which key.
fn window(what: &'static str, due: Timestamp, look: &Look) -> Words {
    if due <= look.now {
        return Words::new().own(format!("!! no {what} in time"), look.tone(Tone::Bad));
    }
    let words = format!(".. wants a {what}, {} left", look.until(due));
    Words::new()
        .own(words, look.tone(Tone::Pending))
        .own("  r", look.key())
        .own(" answer", look.plain())
}

/// The first row of a talk: both numbers beside how it stands, if they can be read whole, else how
/// it stands has a row of its own.
fn headed(
    left: Words,
    [first, second]: [String; 2],
    right: Words,
    width: usize,
    look: &Look,
) -> Vec<Line<'static>> {
    let room = width.saturating_sub(left.width());
    let left = left.identity(&first, room / 2, look.plain()).own(" ", look.plain()).identity(
        &second,
        room / 2,
        look.dim(),
    );
    beside(left, right, width)
}

/// USSD sessions: what was typed and what was shown.
pub fn ussd<'a>(state: &'a CustomerState, width: usize, look: &'a Look) -> Blocks<'a> {
    newest_first(&state.ussd, " no USSD sessions", look, move |s| session(s, width, look))
}

fn session(session: &UssdSession, width: usize, look: &Look) -> Vec<Line<'static>> {
    let right = match session.end {
        Some(end) => {
            Words::new().own(format!("{} {}", mark(end.tone()), end.words()), look.tone(end.tone()))
        }
        None => match menu_due(session) {
            Some(due) => window("menu", due, look),
            None => Words::new().own(".. waits for the customer", look.tone(Tone::Pending)),
        },
    };
    let left = Words::new()
        .to(1)
        .own(moment(session.created_at, look), look.dim())
        .own(" < ", look.title());
    let numbers = [session.channel.number.clone(), session.number.to_string()];
    let mut out = headed(left, numbers, right, width, look);
    for (i, hop) in session.hops.iter().enumerate().skip(session.hops.len().saturating_sub(HOPS)) {
        let input = if hop.input.is_empty() { "(dialled)" } else { &hop.input };
        let style = if i == 0 { look.dim() } else { look.title() };
        let line = Words::new().to(3).own("typed ", look.dim());
        out.push(line.foreign(input, width.saturating_sub(9), style).line());
        let Some(menu) = &hop.menu else {
            continue;
        };
        for row in wrapped(&menu.text, width.saturating_sub(6), MOST) {
            out.push(Words::new().to(5).safe(&row, look.plain()).line());
        }
    }
    out
}

/// Calls, with every report of the network.
pub fn voice<'a>(state: &'a CustomerState, width: usize, look: &'a Look) -> Blocks<'a> {
    newest_first(&state.calls, " no calls", look, move |c| call(c, width, look))
}

fn call(call: &VoiceCall, width: usize, look: &Look) -> Vec<Line<'static>> {
    let tone = call.hops.last().map_or(call.status.tone(), worst);
    let mut words = format!("{} {}", mark(tone), call.status.words());
    if !call.status.is_final() {
        words = format!("{words}, {}", look.ago(call.created_at));
    }
    if !call.duration.is_zero() {
        words = format!("{words}, {}", minutes(call.duration.as_secs()));
    }
    if let Some(cost) = &call.cost {
        words = format!("{words}, {cost}");
    }
    let right = Words::new().own(words, look.tone(tone));
    let way = if call.direction == Direction::Outbound { " > " } else { " < " };
    let left =
        Words::new().to(1).own(moment(call.created_at, look), look.dim()).own(way, look.title());
    let numbers = [call.number.to_string(), call.channel.number.clone()];
    let mut out = headed(left, numbers, right, width, look);
    let skip = call.hops.len().saturating_sub(HOPS);
    for hop in call.hops.iter().skip(skip) {
        out.push(hop_line(hop, width, look));
        out.extend(talk(hop, width, look));
    }
    if let Some(due) = plan_due(call) {
        let mut line = Words::new().to(3);
        line.append(window("plan", due, look));
        out.push(line.line());
    }
    out
}

/// What came of dialling and queueing, and what the app said to do next.
fn talk(hop: &CallHop, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    let room = width.saturating_sub(6);
    let mut say = |words: String| {
        let rows = wrapped(&words, room, MOST);
        out.extend(rows.iter().map(|row| Words::new().to(5).safe(row, look.plain()).line()));
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
            format!("in the queue since {}", moment(queue.enqueued_at, look))
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

/// `1:23`.
fn minutes(secs: u64) -> String {
    format!("{}:{:02}", secs / 60, secs % 60)
}

fn worst(hop: &CallHop) -> Tone {
    if hop.cause.tone() == Tone::Bad { Tone::Bad } else { hop.status.tone() }
}

fn hop_line(hop: &CallHop, width: usize, look: &Look) -> Line<'static> {
    let mut line = Words::new()
        .to(3)
        .own(moment(hop.at, look), look.dim())
        .own(format!(" {}", hop.status.words()), look.tone(worst(hop)));
    if hop.cause != HangupCause::Unspecified {
        line = line.own(format!(": {}", hop.cause.words()), look.tone(hop.cause.tone()));
    }
    if let Some(digits) = &hop.digits {
        let room = width.saturating_sub(line.width() + 10);
        line = line.own(", pressed ", look.dim()).identity(digits, room, look.plain());
    }
    if let Some(url) = &hop.recording_url {
        let room = width.saturating_sub(line.width() + 12);
        line = line.own(", recording ", look.dim()).identity(url, room, look.dim());
    }
    line.line()
}
