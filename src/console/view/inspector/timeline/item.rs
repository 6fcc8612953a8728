//! The lines of one item of the timeline: when, who did what, how it stands, and what was said.

use super::super::super::{
    DrawContext,
    line_builder::{LineBuilder, mark, wrapped},
};
use crate::{
    console::{
        pane::inspector::{FieldChange, TimelineItem, ValueBefore},
        text::Safe,
    },
    model::{
        Actor, CustomerId, Direction, Event, EventKind, EventPart, Standing, Tone, id::last_four,
    },
};
use ratatui::{style::Style, text::Line};

/// Where the words begin.
const INDENT: usize = 9;
/// The most characters of one text that are laid out.
const MOST: usize = 4_096;
/// How many steps of a session or payment are shown. They are the newest.
const STEPS: usize = 8;

/// What an item says, before it has its place in the pane.
#[derive(Default)]
struct ItemWords {
    /// Who did what; it is cut at the right end if it must be.
    head: Option<(Safe, Style)>,
    /// How it stands, or who did it.
    right: Vec<(Safe, Style)>,
    /// What was said, wrapped.
    body: Vec<(Safe, Style)>,
}

/// The lines of an item in the timeline of a customer. The first one has the time.
pub fn lines(
    item: &TimelineItem,
    whose: Option<&CustomerId>,
    is_new: bool,
    is_cut: bool,
    width: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    let room = width.saturating_sub(INDENT + 1).max(1);
    let words = words(item, whose, is_cut, room, ctx);
    let at = item.lead().at;
    let loud = ctx.tone(Tone::Pending).patch(ctx.title());
    let mut first = LineBuilder::new()
        .own(if is_new { "+ " } else { "  " }, if is_new { loud } else { ctx.plain() })
        .own(ctx.minute(at), ctx.dim())
        .pad_to(INDENT);
    let right =
        words.right.iter().fold(LineBuilder::new(), |line, (text, style)| line.safe(text, *style));
    let has_head = words.head.is_some();
    let mut body = words.body.into_iter();
    let head = match words.head {
        Some(head) => Some(head),
        None => body.next(),
    };
    let mut out = Vec::new();
    let mut left_over = None;
    if let Some((text, style)) = head {
        let fits = text.width() + 1 + right.width() <= room;
        first = first.safe(&text.clip(room), style);
        if fits {
            out.push(first.and_right(right, width.saturating_sub(1)));
        } else {
            out.push(first.line());
            left_over = Some(right);
        }
    }
    let below = left_over.filter(|right| right.width() > 0).map(|right| {
        let mut line = LineBuilder::new().pad_to(INDENT);
        line.append(right);
        line.line()
    });
    let body: Vec<_> = body
        .map(|(text, style)| LineBuilder::new().pad_to(INDENT).safe(&text, style).line())
        .collect();
    // How a thing stands is below what was done, and who did something is below all that it says.
    let (first, last) = if has_head { (below, None) } else { (None, below) };
    out.extend(first.into_iter().chain(body).chain(last));
    out
}

fn words(
    item: &TimelineItem,
    whose: Option<&CustomerId>,
    is_cut: bool,
    room: usize,
    ctx: &DrawContext,
) -> ItemWords {
    let lead = item.lead();
    let channel = lead.channel.as_ref().map(|channel| channel.channel.word());
    let on = channel.map(|word| format!(", {word}")).unwrap_or_default();
    match &lead.kind {
        EventKind::MessageReceived { body, .. } => ItemWords {
            head: Some((Safe::own(format!("wrote{on}")), ctx.title())),
            right: Vec::new(),
            body: text(&body.summary(), room, ctx.title()),
        },
        EventKind::MessageSent { body, in_reply_to, work, .. } => {
            let verb = if in_reply_to.is_some() { "answered" } else { "wrote" };
            let by_tag = if work.is_some() { ", by tag" } else { "" };
            let head = doing(lead, &format!("{verb}{on}{by_tag}"));
            let mut body = text(&body.summary(), room, ctx.plain());
            body.extend(way(item, room, ctx));
            body.extend(advice(item, room, ctx));
            ItemWords {
                head: Some((head, ctx.dim())),
                right: standing(item, is_cut, room, ctx),
                body,
            }
        }
        _ if matches!(lead.kind.part(), EventPart::Of { .. }) => {
            let head = Safe::new_clipped(&said(lead), room);
            let style = match lead.kind.direction() {
                Direction::Inbound => ctx.title(),
                Direction::Outbound | Direction::Unspecified => ctx.plain(),
            };
            let mut body = steps(item, room, ctx);
            body.extend(advice(item, room, ctx));
            ItemWords { head: Some((head, style)), right: standing(item, is_cut, room, ctx), body }
        }
        _ => of_record(item, whose, room, ctx),
    }
}

/// What changed a record, or stands for itself: each change in a line, else its sentence, and who did it.
fn of_record(
    item: &TimelineItem,
    whose: Option<&CustomerId>,
    room: usize,
    ctx: &DrawContext,
) -> ItemWords {
    let event = item.lead();
    // Whoever was merged into the customer had a record of their own up to then.
    let gone = event.customer.as_ref().filter(|of| whose.is_some_and(|whose| whose != *of));
    let mut right = Vec::new();
    let doer = doer(&event.actor);
    if !doer.is_empty() {
        right.push((Safe::own("by "), ctx.dim()));
        right.push((Safe::identity_clipped(&doer, (room / 3).max(14)), ctx.dim()));
    }
    let style = match event.tone() {
        Tone::Bad => ctx.tone(Tone::Bad),
        Tone::Good | Tone::Pending | Tone::Plain => ctx.plain(),
    };
    let has_more = matches!(&event.kind, EventKind::EntriesExpired { secondary_ids, .. } if !secondary_ids.is_empty());
    let mut body = Vec::new();
    if let EventKind::MetadataUpdated { over_lease: Some(_), .. } = event.kind {
        body.push((Safe::own("OVER ANOTHER'S LEASE"), ctx.tone(Tone::Bad)));
    }
    if item.changes().is_empty() || has_more {
        body.extend(text(&sentence(event, gone, whose), room, style));
    } else {
        let lines = |change| text(&changed(change, gone), room, ctx.plain());
        body.extend(item.changes().iter().flat_map(lines));
    }
    ItemWords { head: None, right, body }
}

/// What happened. One half of a merge is about the id that is no more, which is not the id of the customer who stays.
fn sentence(event: &Event, gone: Option<&CustomerId>, whose: Option<&CustomerId>) -> String {
    match (&event.kind, gone) {
        (EventKind::CustomerReplaced { by }, Some(gone)) => {
            let by = if whose == Some(by) { "this customer" } else { by.as_str() };
            format!("{gone} was merged into {by}")
        }
        _ => event.sentence(),
    }
}

/// A value before and after: `tag plan: basic -> gold`. It says whose it was, if that is one who is gone.
fn changed(change: &FieldChange, gone: Option<&CustomerId>) -> String {
    let what = match gone {
        Some(gone) => format!("{} of …{}", change.what, last_four(gone.as_str())),
        None => change.what.clone(),
    };
    let shown = |value: &str| if value.is_empty() { "(set)".to_owned() } else { value.to_owned() };
    let after = change.after.as_deref().map(shown);
    match (&change.before, after) {
        (ValueBefore::Was(before), Some(after)) => {
            format!("{what}: {} -> {after}", shown(before))
        }
        (ValueBefore::Was(before), None) => {
            format!("{what}: {} -> taken away", shown(before))
        }
        (ValueBefore::Nothing, Some(after)) => format!("{what}: {after} (new)"),
        (ValueBefore::Unknown, Some(after)) => format!("{what}: ? -> {after}"),
        (ValueBefore::Unknown | ValueBefore::Nothing, None) => {
            format!("{what}: taken away")
        }
    }
}

/// What was said or done, with who did it where that was not the customer.
fn said(event: &Event) -> String {
    let who = match &event.actor {
        Actor::Key(label) | Actor::Program(label) => format!("{label}: "),
        Actor::Hub | Actor::Network | Actor::Customer => String::new(),
    };
    let number = || event.number.as_ref().map(ToString::to_string).unwrap_or_default();
    match &event.kind {
        EventKind::CallChanged { direction: Direction::Outbound, .. } => {
            format!("{who}call to {}", number())
        }
        EventKind::CallChanged { .. } => format!("called from {}", number()),
        EventKind::PaymentReceived { .. } => format!("paid {}", event.content()),
        // What it is about is older than what is loaded.
        EventKind::MessageStatusChanged { .. } => "a message".to_owned(),
        EventKind::PaymentStatusChanged { .. } => "a payment".to_owned(),
        EventKind::UssdEnded { .. } => "a USSD session".to_owned(),
        EventKind::PromptMissed { .. } => "a call".to_owned(),
        _ => format!("{who}{}", event.content()),
    }
}

/// The steps of a session, call or payment after its first event, the newest of them.
fn steps(item: &TimelineItem, room: usize, ctx: &DrawContext) -> Vec<(Safe, Style)> {
    let lead = item.lead();
    let is_call = matches!(lead.kind, EventKind::CallChanged { .. });
    let steps: Vec<_> = item
        .events()
        .iter()
        .map(|(_, event)| event)
        .filter(|event| is_call || !std::sync::Arc::ptr_eq(event, lead))
        .collect();
    // How it stands is at the right end already.
    if steps.len() < 2 && !matches!(lead.kind, EventKind::UssdInput { .. }) {
        return Vec::new();
    }
    let mut out = Vec::new();
    let over = steps.len().saturating_sub(STEPS);
    if over > 0 {
        out.push((Safe::own(format!(".. {over} steps before")), ctx.dim()));
    }
    for event in &steps[over..] {
        let words = format!("{} {}", ctx.clock(event.at), event.sentence());
        let style =
            if event.kind.direction() == Direction::Inbound { ctx.plain() } else { ctx.dim() };
        out.push((Safe::new_clipped(&words, room), style));
    }
    out
}

/// What happened last on the way to a real network, with when that was.
fn way(item: &TimelineItem, room: usize, ctx: &DrawContext) -> Vec<(Safe, Style)> {
    let Some(event) = item.thing().and_then(|thing| thing.way) else { return Vec::new() };
    let style = match event.tone() {
        Tone::Bad => ctx.tone(Tone::Bad),
        Tone::Good | Tone::Pending | Tone::Plain => ctx.dim(),
    };
    let by = doer(&event.actor);
    let by = match event.actor {
        Actor::Key(_) | Actor::Program(_) => format!(", by {by}"),
        Actor::Hub | Actor::Network | Actor::Customer => String::new(),
    };
    text(&format!("{} {}{by}", ctx.clock(event.at), event.sentence()), room, style)
}

/// What can be done about a failure.
fn advice(item: &TimelineItem, room: usize, ctx: &DrawContext) -> Vec<(Safe, Style)> {
    let failed = item.thing().and_then(|thing| thing.failed);
    let words = failed.map_or("", Standing::advice);
    if words.is_empty() { Vec::new() } else { text(words, room, ctx.dim()) }
}

/// How the thing stands. Somebody on the line is shown with how long they still wait. Where newer events are not
/// loaded, what is not over yet may be over by now.
fn standing(
    item: &TimelineItem,
    is_cut: bool,
    room: usize,
    ctx: &DrawContext,
) -> Vec<(Safe, Style)> {
    let Some(thing) = item.thing() else { return Vec::new() };
    let (now, tone) = (thing.standing(), thing.tone());
    let so_far = if is_cut && tone == Tone::Pending { " so far" } else { "" };
    let waits = ctx.waits(item.lead(), &thing).filter(|_| thing.failed.is_none() && !is_cut);
    let words = waits.unwrap_or_else(|| now.words());
    let mut words = format!("{} {words}{so_far}", mark(tone));
    let asked = item.events().last().filter(|_| now.waits());
    if let Some((event, channel)) =
        asked.and_then(|(_, event)| Some((event, event.channel.as_ref()?)))
    {
        let due = event.at.after(ctx.hello.answer_within(channel));
        if due > ctx.now {
            words = format!("{words}, {} left", ctx.until(due));
        } else {
            return vec![(Safe::own("!! nobody answered in time"), ctx.tone(Tone::Bad))];
        }
    }
    vec![(Safe::new_clipped(&words, room), ctx.tone(tone))]
}

/// Who did it, and what.
fn doing(event: &Event, what: &str) -> Safe {
    let mut words = Safe::identity_clipped(&doer(&event.actor), 24);
    words.append(&Safe::own(format!(" {what}")));
    words
}

/// Who did it, in a word or two; raw.
fn doer(actor: &Actor) -> String {
    match actor {
        Actor::Key(label) | Actor::Program(label) => label.clone(),
        Actor::Hub | Actor::Customer | Actor::Network => actor.to_string(),
    }
}

fn text(text: &str, room: usize, style: Style) -> Vec<(Safe, Style)> {
    wrapped(text, room, MOST).into_iter().map(|row| (row, style)).collect()
}
