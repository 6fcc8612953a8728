//! Who the customer is: id, numbers, tags, metadata and who holds a lease on it, reminders, other
//! names, and the ids of those who were merged into them.

use super::{
    super::{
        Look,
        words::{Words, holder, moment, wrapped},
    },
    Blocks,
};
use crate::model::{
    CustomerState, CustomerView, DataValue, Lease, Reminder, SecondaryId, Tag, Timestamp, Tone,
    describe::span,
};
use ratatui::text::Line;
use std::fmt::Write as _;

/// The most characters of one value that are laid out.
const MOST: usize = 2_000;
/// The most characters of a reminder's payload that are laid out.
const PAYLOAD: usize = 300;
/// Bytes of a value that are written in hex.
const HEX: usize = 32;

/// One block of the tab.
#[derive(Clone, Copy)]
enum Item {
    Head,
    Title(&'static str, usize),
    Tag(usize),
    Lease(usize),
    Datum(usize),
    Reminder(usize),
    Id(usize),
    Absorbed(usize),
}

/// Id, numbers, tags, leases, metadata, reminders, secondary ids, absorbed ids: a block each.
/// Leases and absorbed ids are rare: where there are none, no row says so.
pub fn blocks<'a>(view: &'a CustomerView, width: usize, look: &'a Look) -> Blocks<'a> {
    let state = &*view.customer;
    let data: Vec<_> = state.metadata.iter().collect();
    let mut items = vec![Item::Head];
    let mut list = |title, count: usize, always: bool, item: fn(usize) -> Item| {
        if count > 0 || always {
            items.push(Item::Title(title, count));
            items.extend((0..count).map(item));
        }
    };
    list("tags", state.tags.len(), true, Item::Tag);
    list("leases", state.leases.len(), false, Item::Lease);
    list("metadata", data.len(), true, Item::Datum);
    list("reminders", state.reminders.len(), true, Item::Reminder);
    list("secondary ids", state.secondary_ids.len(), true, Item::Id);
    list("absorbed ids", state.absorbed.len(), false, Item::Absorbed);
    let count = items.len();
    let make = move |i: usize| match items[i] {
        Item::Head => head(view, width, look),
        Item::Title(what, count) => title(what, count, look),
        Item::Tag(n) => vec![tag(&state.tags[n], width, look)],
        Item::Lease(n) => vec![lease(&state.leases[n], width, look)],
        Item::Datum(n) => datum(data[n].0, data[n].1, width, look),
        Item::Reminder(n) => reminder(&state.reminders[n], width, look),
        Item::Id(n) => {
            let (id, ends) = &state.secondary_ids[n];
            vec![secondary(id, *ends, width, look)]
        }
        Item::Absorbed(n) => {
            let id = state.absorbed[n].as_str();
            let line = Words::new().to(3).identity(id, width.saturating_sub(18), look.dim());
            vec![line.own("  merged away", look.dim()).line()]
        }
    };
    Blocks { count, make: Box::new(make) }
}

/// Short, so that tags and metadata are in sight on a small screen: a number that the header shows
/// whole is not said twice, and both dates share a row where they fit.
fn head(view: &CustomerView, width: usize, look: &Look) -> Vec<Line<'static>> {
    let state: &CustomerState = &view.customer;
    let room = width.saturating_sub(11);
    let mut out = vec![
        Words::new()
            .own(" id        ", look.dim())
            .identity(state.id.as_str(), room, look.plain())
            .line(),
    ];
    let is_plain = state.numbers.iter().all(|number| number.partition.is_none());
    let listed = if is_plain && state.numbers.len() == 1 { &[][..] } else { &state.numbers };
    for (i, number) in listed.iter().enumerate() {
        let label = if i == 0 { " numbers   " } else { "           " };
        let mut line =
            Words::new().own(label, look.dim()).identity(&number.to_string(), room, look.plain());
        if let Some(partition) = &number.partition {
            let room = width.saturating_sub(line.width() + 1);
            line = line.own(" ", look.dim()).identity(partition, room, look.dim());
        }
        out.push(line.line());
    }
    let since = format!("{} ({} ago)", look.date(state.created_at), look.ago(state.created_at));
    let since = Words::new().own(" since     ", look.dim()).own(since, look.plain());
    let last = format!("{}  seq {}", moment(state.touched_at, look), view.as_of);
    let last = Words::new().own(" last seen ", look.dim()).own(last, look.plain());
    if since.width() + 2 + last.width() <= width {
        out.push(since.and_right(last, width));
    } else {
        out.extend([since.line(), last.line()]);
    }
    out
}

fn title(what: &'static str, count: usize, look: &Look) -> Vec<Line<'static>> {
    let words = if count == 0 { format!(" {what}: none") } else { format!(" {what} {count}") };
    vec![Words::new().own(words, look.dim()).line()]
}

/// When something ends; what is over is shown as over (R-EXP-1).
fn ends(at: Timestamp, look: &Look) -> Words {
    if at.is_zero() {
        Words::new()
    } else if at <= look.now {
        Words::new().own(format!("expired {} ago", look.ago(at)), look.tone(Tone::Bad))
    } else {
        let words = format!("until {} ({})", look.date(at), look.until(at));
        Words::new().own(words, look.dim())
    }
}

fn tag(tag: &Tag, width: usize, look: &Look) -> Line<'static> {
    let right = ends(tag.expires_at, look);
    let style = if tag.is_expired(look.now) { look.dim() } else { look.plain() };
    let room = width.saturating_sub(right.width() + 5);
    let line =
        Words::new().to(3).identity(&tag.key, room * 2 / 3, look.title()).own("=", look.dim());
    let room = (room + 3).saturating_sub(line.width());
    line.identity(&tag.value, room, style).and_right(right, width)
}

fn secondary(id: &SecondaryId, until: Timestamp, width: usize, look: &Look) -> Line<'static> {
    let right = ends(until, look);
    let room = width.saturating_sub(right.width() + 5);
    let line = Words::new().to(3).identity(&id.key, room / 2, look.title()).own(" ", look.dim());
    let room = (room + 3).saturating_sub(line.width());
    line.identity(&masked(&id.value), room, look.plain()).and_right(right, width)
}

/// Who holds the lock on a value, and for how long (decision D-LEASE).
fn lease(lease: &Lease, width: usize, look: &Look) -> Line<'static> {
    let right = if lease.expires_at > look.now {
        let words = format!("{} left", look.until(lease.expires_at));
        Words::new().own(words, look.tone(Tone::Pending))
    } else {
        Words::new().own("over", look.dim())
    };
    let room = width.saturating_sub(right.width() + 5);
    let line = Words::new()
        .to(3)
        .identity(&lease.key, room / 2, look.title())
        .own(" held by ", look.dim());
    let room = (room + 3).saturating_sub(line.width());
    line.identity(&holder(lease), room, look.plain()).and_right(right, width)
}

/// Key, app, next firing and repetition; then the payload, which is foreign.
fn reminder(reminder: &Reminder, width: usize, look: &Look) -> Vec<Line<'static>> {
    let at = reminder.remind_at;
    let mut words = if at > look.now {
        format!("{} (in {})", look.date(at), look.until(at))
    } else {
        format!("due since {}", look.date(at))
    };
    if let Some(every) = reminder.interval {
        words = format!("{words}, every {}", span(every));
    }
    let right = Words::new().own(words, look.dim());
    let left = Words::new().to(3);
    let room = width.saturating_sub(right.width() + 4);
    let mut out = Vec::new();
    if room >= 16 {
        let line = left.identity(&reminder.key, room * 2 / 3, look.title()).own(" ", look.dim());
        let room = (room + 3).saturating_sub(line.width());
        out.push(line.identity(reminder.app.as_str(), room, look.dim()).and_right(right, width));
    } else {
        let room = width.saturating_sub(4);
        let line = left.identity(&reminder.key, room * 2 / 3, look.title()).own(" ", look.dim());
        let room = (room + 3).saturating_sub(line.width());
        out.push(line.identity(reminder.app.as_str(), room, look.dim()).line());
        out.push(right.line());
    }
    if !reminder.payload.is_empty() {
        for row in wrapped(&reminder.payload, width.saturating_sub(6), PAYLOAD) {
            out.push(Words::new().to(5).safe(&row, look.plain()).line());
        }
    }
    out
}

/// Passports and licences are shown by their end.
fn masked(value: &str) -> String {
    let count = value.chars().count();
    let shown = if count >= 8 { 4 } else { count / 3 };
    let end: String = value.chars().skip(count - shown).collect();
    format!("****{end}")
}

fn datum(key: &str, value: &DataValue, width: usize, look: &Look) -> Vec<Line<'static>> {
    let kind = match value {
        DataValue::Text(_) => "",
        DataValue::Bytes(_) => "bytes, ",
    };
    let right = Words::new().own(format!("{kind}{} B", value.len()), look.dim());
    let text = readable(value);
    let key = Words::new().to(3).identity(key, width / 2, look.title()).own(" ", look.plain());
    let room = width.saturating_sub(key.width() + right.width() + 2);
    if !text.contains('\n') && text.chars().count() <= room {
        return vec![key.foreign(&text, room, look.plain()).and_right(right, width)];
    }
    let mut out = vec![key.and_right(right, width)];
    for row in wrapped(&text, width.saturating_sub(6), MOST) {
        out.push(Words::new().to(5).safe(&row, look.plain()).line());
    }
    out
}

/// JSON text without its quotes, JSON objects over several lines, bytes as hex, other text as it is.
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
