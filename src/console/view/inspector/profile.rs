//! Draws the tab that says who the customer is: id, numbers, consent on each channel, tags, metadata and who
//! holds leases on it, messages that have not left yet, reminders, secondary ids, and the ids of the customers who were merged into this one.

use super::{
    super::{
        DrawContext,
        line_builder::{LineBuilder, holder, moment, wrapped},
    },
    Blocks, channels,
};
use crate::console::pane::inspector::number_used;
use crate::model::{
    CustomerNumber, CustomerState, CustomerView, DataValue, Lease, Reminder, ScheduledMessage,
    SecondaryId, Tag, Timestamp, Tone, describe::span,
};
use ratatui::text::Line;
use std::fmt::Write as _;

/// The most characters of one value that are laid out.
const MOST: usize = 2_000;
/// The most characters of a reminder's payload that are laid out.
const PAYLOAD: usize = 300;
/// The most bytes of a binary value that are shown, in hex.
const HEX: usize = 32;

/// One block of the tab. The numbers are places in the customer's lists.
#[derive(Clone, Copy)]
enum ProfileBlock {
    Head,
    Number(usize),
    Channel(usize),
    Title(&'static str, usize),
    Tag(usize),
    Lease(usize),
    Datum(usize),
    Scheduled(usize),
    Reminder(usize),
    Id(usize),
    Absorbed(usize),
}

/// The blocks of the tab, in the order in which they are shown. A list without entries is shown as `none`,
/// but leases and absorbed ids, which are rare, are then left out.
pub fn blocks<'a>(view: &'a CustomerView, width: usize, ctx: &'a DrawContext) -> Blocks<'a> {
    let state = &*view.customer;
    let data: Vec<_> = state.metadata.iter().collect();
    let mut items = vec![ProfileBlock::Head];
    let mut list = |title, count: usize, always: bool, item: fn(usize) -> ProfileBlock| {
        if count > 0 || always {
            items.push(ProfileBlock::Title(title, count));
            items.extend((0..count).map(item));
        }
    };
    list("numbers", state.numbers.len(), true, ProfileBlock::Number);
    list("consent and windows", state.channels.len(), true, ProfileBlock::Channel);
    list("tags", state.tags.len(), true, ProfileBlock::Tag);
    list("leases", state.leases.len(), false, ProfileBlock::Lease);
    list("metadata", data.len(), true, ProfileBlock::Datum);
    list("leaves later", state.scheduled.len(), false, ProfileBlock::Scheduled);
    list("reminders", state.reminders.len(), true, ProfileBlock::Reminder);
    list("secondary ids", state.secondary_ids.len(), true, ProfileBlock::Id);
    list("absorbed ids", state.absorbed.len(), false, ProfileBlock::Absorbed);
    let count = items.len();
    let make = move |i: usize| match items[i] {
        ProfileBlock::Head => head(view, width, ctx),
        ProfileBlock::Number(n) => vec![number(state, &state.numbers[n], width, ctx)],
        ProfileBlock::Channel(n) => channels::lines(&state.channels[n], width, ctx),
        ProfileBlock::Title(what, count) => title(what, count, ctx),
        ProfileBlock::Tag(n) => vec![tag(&state.tags[n], width, ctx)],
        ProfileBlock::Lease(n) => vec![lease(&state.leases[n], width, ctx)],
        ProfileBlock::Datum(n) => metadata(data[n].0, data[n].1, width, ctx),
        ProfileBlock::Scheduled(n) => scheduled(&state.scheduled[n], width, ctx),
        ProfileBlock::Reminder(n) => reminder(&state.reminders[n], width, ctx),
        ProfileBlock::Id(n) => {
            let (id, ends) = &state.secondary_ids[n];
            vec![secondary(id, *ends, width, ctx)]
        }
        ProfileBlock::Absorbed(n) => {
            let id = state.absorbed[n].as_str();
            let line =
                LineBuilder::new().pad_to(3).identity(id, width.saturating_sub(18), ctx.dim());
            vec![line.own("  merged away", ctx.dim()).line()]
        }
    };
    Blocks { count, make: Box::new(make) }
}

/// The id and two dates, which share a row where they fit, so that a small screen has room for tags
/// and metadata too.
fn head(view: &CustomerView, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let state: &CustomerState = &view.customer;
    let room = width.saturating_sub(13);
    let mut out = vec![
        LineBuilder::new()
            .own(" id          ", ctx.dim())
            .identity(state.id.as_str(), room, ctx.plain())
            .line(),
    ];
    let since = format!("{} ({} ago)", ctx.date(state.created_at), ctx.ago(state.created_at));
    let since = LineBuilder::new().own(" since       ", ctx.dim()).own(since, ctx.plain());
    let last = format!("{}  seq {}", moment(state.touched_at, ctx), view.as_of);
    let last = LineBuilder::new().own(" last change ", ctx.dim()).own(last, ctx.plain());
    if since.width() + 2 + last.width() <= width {
        out.push(since.and_right(last, width));
    } else {
        out.extend([since.line(), last.line()]);
    }
    out
}

/// A number with its partition. The one that is used is marked, where there are several.
fn number(
    state: &CustomerState,
    number: &CustomerNumber,
    width: usize,
    ctx: &DrawContext,
) -> Line<'static> {
    let is_used = state.numbers.len() > 1 && number_used(state) == Some(number);
    let used = if is_used { "written to unless another is chosen" } else { "" };
    let right = LineBuilder::new().own(used, ctx.dim());
    let room = width.saturating_sub(right.width() + 4);
    let mut line = LineBuilder::new().pad_to(3).identity(&number.to_string(), room, ctx.plain());
    if let Some(partition) = &number.partition {
        let room = (room + 3).saturating_sub(line.width() + 1);
        line = line.own(" ", ctx.dim()).identity(partition, room, ctx.dim());
    }
    line.and_right(right, width)
}

fn title(what: &'static str, count: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let words = if count == 0 { format!(" {what}: none") } else { format!(" {what} {count}") };
    vec![LineBuilder::new().own(words, ctx.dim()).line()]
}

/// When something expires. What has expired is still listed for a day, and says so (R-EXP-1); the result is
/// empty for what never expires.
fn expiry(at: Option<Timestamp>, ctx: &DrawContext) -> LineBuilder {
    let Some(at) = at else { return LineBuilder::new() };
    if at <= ctx.now {
        LineBuilder::new().own(format!("expired {} ago", ctx.ago(at)), ctx.tone(Tone::Bad))
    } else {
        let words = format!("until {} ({})", ctx.date(at), ctx.until(at));
        LineBuilder::new().own(words, ctx.dim())
    }
}

fn tag(tag: &Tag, width: usize, ctx: &DrawContext) -> Line<'static> {
    let right = expiry(tag.expires_at, ctx);
    let style = if tag.is_expired(ctx.now) { ctx.dim() } else { ctx.plain() };
    let room = width.saturating_sub(right.width() + 5);
    let line = LineBuilder::new()
        .pad_to(3)
        .identity(&tag.key, room * 2 / 3, ctx.title())
        .own("=", ctx.dim());
    let room = (room + 3).saturating_sub(line.width());
    line.identity(&tag.value, room, style).and_right(right, width)
}

/// A message that has not left yet: when it leaves and from which number, and what it says.
fn scheduled(message: &ScheduledMessage, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let words = format!("{} (in {})", ctx.date(message.at), ctx.until(message.at));
    let line = LineBuilder::new().pad_to(3).own(words, ctx.tone(Tone::Pending));
    let line = line.own("  from ", ctx.dim());
    let room = width.saturating_sub(line.width());
    let line = line.identity(&message.channel.to_string(), room, ctx.dim()).line();
    let text = message.body.summary();
    let text = LineBuilder::new().pad_to(5).foreign(&text, width.saturating_sub(6), ctx.plain());
    vec![line, text.line()]
}

fn secondary(
    id: &SecondaryId,
    until: Option<Timestamp>,
    width: usize,
    ctx: &DrawContext,
) -> Line<'static> {
    let right = expiry(until, ctx);
    let room = width.saturating_sub(right.width() + 5);
    let line =
        LineBuilder::new().pad_to(3).identity(&id.key, room / 2, ctx.title()).own(" ", ctx.dim());
    let room = (room + 3).saturating_sub(line.width());
    line.identity(&id.masked_value(), room, ctx.plain()).and_right(right, width)
}

/// Who holds the lock on a metadata value, and for how much longer (D-LEASE).
fn lease(lease: &Lease, width: usize, ctx: &DrawContext) -> Line<'static> {
    let right = if lease.expires_at > ctx.now {
        let words = format!("{} left", ctx.until(lease.expires_at));
        LineBuilder::new().own(words, ctx.tone(Tone::Pending))
    } else {
        LineBuilder::new().own("over", ctx.dim())
    };
    let room = width.saturating_sub(right.width() + 5);
    let line = LineBuilder::new()
        .pad_to(3)
        .identity(&lease.key, room / 2, ctx.title())
        .own(" held by ", ctx.dim());
    let room = (room + 3).saturating_sub(line.width());
    line.identity(&holder(lease), room, ctx.plain()).and_right(right, width)
}

/// A reminder's key, app, next time and repetition, then its payload.
fn reminder(reminder: &Reminder, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let at = reminder.remind_at;
    let mut words = if at > ctx.now {
        format!("{} (in {})", ctx.date(at), ctx.until(at))
    } else {
        format!("due since {}", ctx.date(at))
    };
    if let Some(every) = reminder.interval {
        words = format!("{words}, every {}", span(every));
    }
    let right = LineBuilder::new().own(words, ctx.dim());
    let left = LineBuilder::new().pad_to(3);
    let room = width.saturating_sub(right.width() + 4);
    let mut out = Vec::new();
    if room >= 16 {
        let line = left.identity(&reminder.key, room * 2 / 3, ctx.title()).own(" ", ctx.dim());
        let room = (room + 3).saturating_sub(line.width());
        out.push(line.identity(reminder.app.as_str(), room, ctx.dim()).and_right(right, width));
    } else {
        let room = width.saturating_sub(4);
        let line = left.identity(&reminder.key, room * 2 / 3, ctx.title()).own(" ", ctx.dim());
        let room = (room + 3).saturating_sub(line.width());
        out.push(line.identity(reminder.app.as_str(), room, ctx.dim()).line());
        out.push(right.line());
    }
    if !reminder.payload.is_empty() {
        for row in wrapped(&reminder.payload, width.saturating_sub(6), PAYLOAD) {
            out.push(LineBuilder::new().pad_to(5).safe(&row, ctx.plain()).line());
        }
    }
    out
}

/// A metadata value, beside its key where it is short, else below it.
fn metadata(key: &str, value: &DataValue, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let kind = match value {
        DataValue::Text(_) => "",
        DataValue::Bytes(_) => "bytes, ",
    };
    let right = LineBuilder::new().own(format!("{kind}{} B", value.len()), ctx.dim());
    let text = readable(value);
    let key =
        LineBuilder::new().pad_to(3).identity(key, width / 2, ctx.title()).own(" ", ctx.plain());
    let room = width.saturating_sub(key.width() + right.width() + 2);
    if !text.contains('\n') && text.chars().count() <= room {
        return vec![key.foreign(&text, room, ctx.plain()).and_right(right, width)];
    }
    let mut out = vec![key.and_right(right, width)];
    for row in wrapped(&text, width.saturating_sub(6), MOST) {
        out.push(LineBuilder::new().pad_to(5).safe(&row, ctx.plain()).line());
    }
    out
}

/// A value as text that people can read: a JSON string without its quotes, JSON objects and lists over several
/// lines, bytes in hex, and any other text as it is.
fn readable(value: &DataValue) -> String {
    match value {
        DataValue::Text(text) => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(serde_json::Value::String(inner)) => inner,
            Ok(tree @ (serde_json::Value::Object(_) | serde_json::Value::Array(_))) => {
                serde_json::to_string_pretty(&tree).unwrap_or_else(|_| text.clone())
            }
            _ => text.clone(),
        },
        DataValue::Bytes(bytes) => {
            let mut hex = String::new();
            for byte in bytes.iter().take(HEX) {
                let _ = write!(hex, "{byte:02x} ");
            }
            if bytes.len() > HEX {
                hex.push('…');
            }
            hex
        }
    }
}
