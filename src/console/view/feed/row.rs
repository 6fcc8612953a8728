//! Draws one row of the feed: when, who, on which channel, what, and how it stands.

use super::{gap_words, put, rule};
use crate::{
    console::{
        pane::feed::{FeedRow, FeedRowKind, LiveFeed, ThingNow, Times},
        text::Safe,
        view::DrawContext,
    },
    model::{Actor, Channel, Direction, Event, EventKind, EventPart, Standing, Timestamp, Tone},
};
use ratatui::{Frame, layout::Rect, style::Style};
use std::time::Duration;

/// The widths of the columns that vary with the width of the pane. A column of width 0 is left out. The
/// text has what the others leave.
pub(super) struct Columns {
    who: u16,
    channel: u16,
    state: u16,
}

/// The columns for lists that have at least the width named first.
const COLUMNS: [(u16, Columns); 6] = [
    (110, Columns { who: 20, channel: 4, state: 4 }),
    (78, Columns { who: 14, channel: 4, state: 4 }),
    (60, Columns { who: 12, channel: 4, state: 4 }),
    (48, Columns { who: 10, channel: 4, state: 2 }),
    (36, Columns { who: 9, channel: 0, state: 2 }),
    (0, Columns { who: 6, channel: 0, state: 2 }),
];

/// How wide the column of times is.
const fn time_width(times: Times) -> u16 {
    match times {
        Times::Minute => 5,
        Times::Age => 6,
        Times::Second => 8,
    }
}

/// Where the text begins and how many columns it has in a list of this width.
pub(super) fn text_columns(width: u16, times: Times) -> (u16, u16) {
    let columns = columns(width);
    let wide = |column: u16| if column == 0 { 0 } else { column + 1 };
    let from = 2 + wide(time_width(times)) + wide(columns.who) + wide(columns.channel);
    (from, width.saturating_sub(from + 1 + columns.state))
}

fn columns(width: u16) -> &'static Columns {
    let fits = COLUMNS.iter().find(|(from, _)| width >= *from);
    &fits.unwrap_or(&COLUMNS[COLUMNS.len() - 1]).1
}

pub(super) fn draw(row: &FeedRow, feed: &LiveFeed, frame: &mut Frame, at: Rect, ctx: &DrawContext) {
    match &row.kind {
        FeedRowKind::Gap { after, next, reason } => {
            rule(&gap_words(*after, *next, *reason), frame, at, ctx.tone(Tone::Bad));
        }
        FeedRowKind::Event(event) => {
            let look = Look::of(event, row, feed.caller());
            draw_event(event, row, &look, feed.times(), frame, at, ctx);
        }
    }
}

/// Who did what a row tells of, as far as the look of the row depends on it.
enum Look<'a> {
    /// The customer wrote, or waits on the line. It stands out.
    Wrote,
    /// The customer did something else.
    Customer,
    /// The agent who sits here did it.
    You,
    /// Somebody else's key did it, or an app, by this name; or nobody, if it only changes a record. It is dim.
    Other(&'a str),
}

impl<'a> Look<'a> {
    fn of(event: &'a Event, row: &FeedRow, caller: &str) -> Self {
        let part = event.kind.part();
        let inbound = event.kind.direction() == Direction::Inbound;
        match &event.actor {
            _ if row.thing.as_ref().is_some_and(|thing| thing.now.waits()) => Self::Wrote,
            _ if matches!(event.kind, EventKind::MessageReceived { .. }) => Self::Wrote,
            _ if inbound => Self::Customer,
            Actor::Customer if part != EventPart::Record => Self::Customer,
            Actor::Key(label) if label == caller => Self::You,
            Actor::Key(label) | Actor::Program(label) => Self::Other(label),
            Actor::Hub | Actor::Network | Actor::Customer => Self::Other(""),
        }
    }
    fn style(&self, ctx: &DrawContext) -> Style {
        match self {
            Self::Wrote => ctx.title(),
            Self::Customer | Self::You => ctx.plain(),
            Self::Other(_) => ctx.dim(),
        }
    }
}

fn draw_event(
    event: &Event,
    row: &FeedRow,
    look: &Look<'_>,
    times: Times,
    frame: &mut Frame,
    at: Rect,
    ctx: &DrawContext,
) {
    let columns = columns(at.width);
    let state = state_of(event, row, columns.state);
    let time = Safe::own(time(event.at, times, ctx));
    let style = look.style(ctx);
    let cells = [
        (time_width(times), time, ctx.dim()),
        (columns.who, who(event, look, usize::from(columns.who)), style),
        (columns.channel, Safe::own(channel(event)), ctx.dim()),
    ];
    let mut x = 2;
    for (width, text, style) in cells {
        if width > 0 {
            let cell = Rect { width: at.width.min(x + width), ..at };
            put(frame, cell, x, &text.clip(usize::from(width)), style);
            x += width + 1;
        }
    }
    let (from, room) = text_columns(at.width, times);
    let cell = Rect { width: at.width.min(from + room), ..at };
    let (first, rest) = text(event, row, ctx);
    let waits = row.thing.as_ref().and_then(|thing| ctx.waits(event, thing));
    let loud = if waits.is_some() {
        ctx.tone(Tone::Pending)
    } else if row.thing.as_ref().is_some_and(|thing| thing.now.waits()) {
        ctx.tone(Tone::Pending).patch(ctx.title())
    } else {
        ctx.tone(Tone::Bad)
    };
    let first = Safe::new_clipped(&first, usize::from(room));
    put(frame, cell, from, &first, loud);
    let used = u16::try_from(first.width()).unwrap_or(room);
    let rest = Safe::new_clipped(&rest, usize::from(room.saturating_sub(used)));
    put(frame, cell, from + used, &rest, style);
    put(frame, at, at.width.saturating_sub(columns.state), &Safe::own(state), ctx.tone(row.tone));
}

/// When it happened.
fn time(at: Timestamp, times: Times, ctx: &DrawContext) -> String {
    let ago = ctx.now.since(at);
    match times {
        Times::Second => ctx.clock(at),
        Times::Age if ago < Duration::from_mins(1) => "now".into(),
        Times::Age if ago < Duration::from_hours(1) => format!("{} min", ago.as_secs() / 60),
        Times::Minute | Times::Age => ctx.minute(at),
    }
}

/// Who it was, or who did it to whom.
fn who(event: &Event, look: &Look<'_>, room: usize) -> Safe {
    let number = || event.number.as_ref().map(ToString::to_string).unwrap_or_default();
    let doer = match look {
        Look::Wrote | Look::Customer => "",
        Look::You => "you",
        Look::Other(label) => label,
    };
    let is_done_to = event.kind.part() != EventPart::Record && !doer.is_empty();
    let mut who = Safe::default();
    if is_done_to && event.customer.is_some() {
        if room >= 12 {
            who = Safe::identity_clipped(doer, room / 3);
            who.append(&Safe::own(" "));
        }
        who.append(&Safe::own("> "));
    }
    let rest = room.saturating_sub(who.width());
    let name = match (event.name.as_deref().filter(|name| !name.is_empty()), &event.app) {
        (Some(name), _) => Safe::identity_clipped(name, rest),
        (None, _) if event.number.is_some() => Safe::identity_clipped(&number(), 64).tail(rest),
        (None, Some(app)) => Safe::identity_clipped(app.as_str(), rest),
        (None, None) => Safe::own("-"),
    };
    who.append(&name);
    who
}

/// The channel in four letters at most.
fn channel(event: &Event) -> &'static str {
    match event.channel.as_ref().map(|channel| channel.channel) {
        Some(Channel::Sms) => "sms",
        Some(Channel::Whatsapp) => "wa",
        Some(Channel::Telegram) => "tg",
        Some(Channel::Messenger) => "fb",
        Some(Channel::Rcs) => "rcs",
        Some(Channel::Ussd) => "ussd",
        Some(Channel::Voice) => "call",
        Some(Channel::Payment) => "pay",
        Some(Channel::Unspecified) => "?",
        None => match event.kind.part() {
            EventPart::Of { now: Standing::Payment(_), .. } => "pay",
            EventPart::Of { .. } | EventPart::Word | EventPart::Record => "",
        },
    }
}

/// The sign at the right end.
fn state_of(event: &Event, row: &FeedRow, room: u16) -> &'static str {
    let sign = match (&row.thing, event.kind.part()) {
        (Some(thing), _) => thing.standing().sign(),
        (None, EventPart::Of { now: now @ Standing::Message(_), .. }) => now.sign(),
        (None, _) => row.tone.sign(),
    };
    match sign {
        "read" if room < 4 => "ok",
        "wait" if room < 4 => "??",
        sign => sign,
    }
}

/// What happened, raw: what matters most, which is drawn louder, and the rest.
fn text(event: &Event, row: &FeedRow, ctx: &DrawContext) -> (String, String) {
    let Some(thing) = &row.thing else {
        let sentence = event.sentence();
        return if row.tone == Tone::Bad {
            (sentence, String::new())
        } else {
            (String::new(), sentence)
        };
    };
    let own = match event.kind.part() {
        EventPart::Of { now, .. } => Some(now),
        EventPart::Word | EventPart::Record => None,
    };
    let said = said(event, thing);
    if let Some(way) = thing.way.as_ref().filter(|_| thing.standing().is_doubt()) {
        return (way.sentence(), format!(": {said}"));
    }
    if let Some(words) = ctx.waits(event, thing).filter(|_| thing.failed.is_none()) {
        return (words, format!(": {said}"));
    }
    if thing.failed.is_some() {
        let words = thing.standing().words();
        // What was said last may be the failure itself.
        let said = match said.strip_prefix(&words) {
            Some(rest) => rest.to_owned(),
            None if said.is_empty() => said,
            None => format!(": {said}"),
        };
        return (words, said);
    }
    match thing.now {
        Standing::WantsPlan(status) => (thing.now.words(), rest_of(&said, status.words())),
        now if now.waits() => (now.words(), rest_of(&said, "")),
        Standing::Payment(_) if own == Some(thing.now) && thing.tone() == Tone::Good => {
            (String::new(), event.sentence())
        }
        Standing::Payment(status) => (String::new(), format!("{said}: {}", status.words())),
        Standing::UssdOver(end) if end.tone() != Tone::Good => {
            (String::new(), format!("{}, {said}", end.words()))
        }
        _ => (String::new(), said),
    }
}

/// What was said last, to go on with behind how it stands. It may begin with the status, which is not said twice.
fn rest_of(said: &str, status: &str) -> String {
    match said.strip_prefix(status) {
        Some(rest) if rest.is_empty() || rest.starts_with(", ") => rest.to_owned(),
        None if said.is_empty() => String::new(),
        Some(_) | None => format!(", {said}"),
    }
}

/// What was said or done last; empty if the event is nothing but a report.
fn said(event: &Event, thing: &ThingNow) -> String {
    match (&thing.last, &event.kind) {
        (Some(last), _) => last.content(),
        (None, EventKind::PaymentStatusChanged { value: Some(value), .. }) => value.to_string(),
        (
            None,
            EventKind::MessageStatusChanged { .. }
            | EventKind::PaymentStatusChanged { .. }
            | EventKind::UssdEnded { .. }
            | EventKind::PromptMissed { .. },
        ) => String::new(),
        (None, _) => event.content(),
    }
}
