//! Draws the inspector: a header that is there on every tab, the tabs, and as many rows of the open
//! tab as fit.
//!
//! ```text
//! [2 Jane W.] …9b1f PINNED                      as of 14:03:40
//!  +254711000001  telegram:4417
//!  sms 40404 …001 OPTED OUT  whatsapp 5250 …001 open, 5h left
//!  [Timeline] Profile  Money  Live 1
//!   -- Monday 23 November ----------------------------------
//! > 11:20  wrote, whatsapp
//!          nataka refund ya order 8841
//! ```

mod channels;
mod live;
mod money;
mod profile;
#[cfg(test)]
mod tests;
mod timeline;

use super::{
    DrawContext,
    draw_context::part,
    line_builder::{LineBuilder, frame_pane, rows, wrapped},
};
use crate::{
    console::{
        msg::Click,
        pane::inspector::{Inspector, Showing, Tab, dues, number_used, open_calls, open_sessions},
        text::Safe,
    },
    model::{ClientError, CustomerNumber, CustomerState, CustomerView, PurseBalance, Tone},
};
use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::Line,
};

/// What is known of the org's purses, which the tab with money shows beside the customer's wallets.
#[derive(Clone, Copy, Default)]
pub struct Purses<'a> {
    /// The hub's last answer; `None` before the first.
    pub rows: Option<&'a [PurseBalance]>,
    /// Why the last question failed; `None` if it did not.
    pub fault: Option<&'a ClientError>,
}

/// What a tab has to show, as blocks that are made only when they are seen: a customer may have
/// hundreds of messages.
struct Blocks<'a> {
    count: usize,
    /// The lines of one block, by its number from 0.
    make: Box<dyn Fn(usize) -> Vec<Line<'static>> + 'a>,
}

/// Draws the pane. `drafts` is how many there are for this customer. Its times are compared with the hub's clock, which may differ from the terminal's.
pub fn draw(
    inspector: &Inspector,
    purses: Purses,
    drafts: usize,
    frame: &mut Frame,
    area: Rect,
    ctx: &DrawContext,
    focused: bool,
) {
    if area.is_empty() {
        return;
    }
    let ctx = &ctx.at(inspector.skew().hub(ctx.now));
    let style = if focused { ctx.focus() } else { ctx.title() };
    let showing = inspector.showing();
    let room = usize::from(area.width).saturating_sub(30).clamp(8, 40);
    let mut title = LineBuilder::new().own("[2 ", style);
    title = match &showing {
        Showing::Customer(view) => named(title, view, room, ctx, style),
        _ => title.own("INSPECTOR]", style),
    };
    if inspector.pinned() {
        title = title.own(" PINNED", ctx.key());
    }
    title = match drafts {
        0 => title,
        1 => title.own(" DRAFT", ctx.key()),
        n => title.own(format!(" {n} DRAFTS"), ctx.key()),
    };
    let left = usize::from(area.width).saturating_sub(title.width() + 1);
    let inside = frame_pane(frame, area, title, age(inspector, left, ctx), ctx, focused);
    if focused {
        frame.set_cursor_position(Position::new(area.x, area.y));
    }
    match showing {
        Showing::Customer(view) => {
            customer(inspector, view, purses, frame, inside, ctx, focused);
        }
        other => {
            let used = no_customer(&other, frame, inside, ctx);
            let rest = Rect { y: inside.y + used, height: inside.height - used, ..inside };
            if matches!(other, Showing::Failed(..)) && !inspector.timeline().is_empty() {
                timeline::draw(inspector.timeline(), frame, rest, ctx, focused);
            }
        }
    }
}

fn named(
    title: LineBuilder,
    view: &CustomerView,
    room: usize,
    ctx: &DrawContext,
    style: ratatui::style::Style,
) -> LineBuilder {
    let id = view.customer.id.as_str();
    let end = id.char_indices().rev().nth(3).map_or(0, |(start, _)| start);
    title
        .identity(view.customer.name().unwrap_or("(no name)"), room, style)
        .own("]", style)
        .own(" …", ctx.dim())
        .identity(&id[end..], 8, ctx.plain())
}

/// When the hub gave this answer, and whether it may be out of date, in the longest form that fits into
/// `room` columns. An answer that may be out of date says so at every width.
fn age(inspector: &Inspector, room: usize, ctx: &DrawContext) -> LineBuilder {
    if inspector.is_past() {
        return LineBuilder::new();
    }
    let bad = |words| LineBuilder::new().own(words, ctx.tone(Tone::Bad));
    let stale = inspector.is_stale();
    let Some(at) = inspector.view().and_then(|_| inspector.answered_at()) else {
        return if stale { bad("STALE") } else { LineBuilder::new() };
    };
    let at = inspector.skew().hub(at);
    let as_of = format!("as of {}", ctx.clock(at));
    let old = format!(" {} old", ctx.ago(at));
    let choices = match (stale, inspector.fault()) {
        (true, _) => vec![
            bad("STALE").own(format!("{old}, "), ctx.plain()).own(as_of, ctx.dim()),
            bad("STALE").own(old, ctx.plain()),
            bad("STALE"),
        ],
        (false, Some(_)) => vec![
            LineBuilder::new().own(as_of, ctx.dim()).own(" refresh failed", ctx.tone(Tone::Bad)),
            bad("refresh failed"),
        ],
        (false, None) => vec![LineBuilder::new().own(as_of, ctx.dim())],
    };
    choices.into_iter().find(|words| words.width() <= room).unwrap_or_default()
}

/// Draws why there is no customer to show. Returns how many rows it takes.
fn no_customer(showing: &Showing, frame: &mut Frame, inside: Rect, ctx: &DrawContext) -> u16 {
    let (tone, words) = match showing {
        Showing::Nothing | Showing::Customer(_) => {
            (Tone::Plain, "select an event to see its customer here".into())
        }
        Showing::Loading(customer) => (Tone::Plain, format!("loading {customer}")),
        Showing::NotFound(customer) => {
            (Tone::Plain, format!("no customer {customer}; nothing was created"))
        }
        // It is answered with what there is, and refused only where there is no hub, as in a replay.
        Showing::Failed(customer, ClientError::Refused(why)) => {
            (Tone::Plain, format!("{customer}: {}", why.description()))
        }
        Showing::Failed(customer, error) => {
            (Tone::Bad, format!("cannot show {customer}: {error}\n{}", advice(error)))
        }
    };
    let width = usize::from(inside.width).saturating_sub(2);
    let lines = wrapped(&words, width, 2_000);
    let line = |row: &_| LineBuilder::new().pad_to(1).safe(row, ctx.tone(tone)).line();
    rows(frame, inside, lines.iter().map(line).collect());
    u16::try_from(lines.len()).unwrap_or(u16::MAX).min(inside.height)
}

/// What an agent can do about an error.
pub(super) const fn advice(error: &ClientError) -> &'static str {
    match error {
        ClientError::Unreachable { .. } | ClientError::Unavailable(_) | ClientError::Unknown(_) => {
            "It is asked again when the connection is back."
        }
        ClientError::Unauthenticated(_) | ClientError::Denied(_) => {
            "Check the API key or token, and the org, of this profile."
        }
        ClientError::Refused(_) => "",
        ClientError::NotAHub { .. } | ClientError::Usage(_) => {
            "Check the endpoint of this profile."
        }
        ClientError::Unsupported(_) => {
            "This server has only the public contract; a Switchboard hub offers it."
        }
        ClientError::Damaged(_) => "Tell whoever runs the hub: its log has to be restored.",
        ClientError::Internal(_) => "Try again; if it stays, tell whoever runs the hub.",
    }
}

fn customer(
    inspector: &Inspector,
    view: &CustomerView,
    purses: Purses,
    frame: &mut Frame,
    inside: Rect,
    ctx: &DrawContext,
    focused: bool,
) {
    let width = usize::from(inside.width);
    let now = view;
    let mut top = Vec::new();
    if inspector.is_past() {
        top.extend(banner(inspector, width, ctx));
    }
    let past = inspector.past().shown();
    // Everything is drawn as of then, also what counts down.
    let ctx = &past.map_or_else(|| ctx.clone(), |past| ctx.at(past.place.at));
    let Some(view) = past.map_or(Some(now), |past| past.view.as_ref()) else {
        let words = " nothing was known of this customer yet: ] goes forward to the first event";
        top.push(LineBuilder::new().own(words, ctx.plain()).line());
        return rows(frame, inside, top);
    };
    top.extend(header(view, width, usize::from(inside.height), ctx));
    let at = inside.y + u16::try_from(top.len()).unwrap_or(u16::MAX).min(inside.height);
    let row = Rect { y: at, height: 1, ..inside }.intersection(inside);
    top.push(tabs(inspector.tab(), &view.customer, row, ctx));
    let tall = u16::try_from(top.len()).unwrap_or(u16::MAX).min(inside.height);
    rows(frame, Rect { height: tall, ..inside }, top);
    let body = Rect { y: inside.y + tall, height: inside.height - tall, ..inside };
    if body.is_empty() {
        return;
    }
    let state = &*view.customer;
    match inspector.tab() {
        Tab::Timeline => timeline::draw(inspector.timeline(), frame, body, ctx, focused),
        Tab::Profile => from_top(inspector, &profile::blocks(view, width, ctx), frame, body),
        Tab::Money => from_top(
            inspector,
            &money::blocks(state, (!inspector.is_past()).then_some(purses), width, ctx),
            frame,
            body,
        ),
        Tab::Live => from_top(inspector, &live::blocks(state, width, ctx), frame, body),
    }
}

/// The customer's numbers, then consent and session for each pair of numbers, which decide whether one can
/// write to this customer. On a very small screen some of it is left out.
fn header(
    view: &CustomerView,
    width: usize,
    height: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    let state = &*view.customer;
    let mut out = Vec::new();
    if let Some(old) = &view.replaces {
        let line = LineBuilder::new().own(" merged: you asked for ", ctx.tone(Tone::Pending));
        out.push(line.identity(old.as_str(), width.saturating_sub(23), ctx.plain()).line());
    }
    let most = if height >= 12 { 3 } else { 1 };
    if height >= 6 {
        out.extend(numbers(state, width, most, ctx));
    }
    if height >= 5 {
        out.extend(channels::header(state, width, most, ctx));
    }
    out
}

/// Says that the past is shown, and how to return from it, in one row or two. Without colours it is as plain to
/// see as with them.
fn banner(inspector: &Inspector, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let loud = ctx.selected().patch(ctx.title());
    let words = match (inspector.past().going(), inspector.past().shown()) {
        (Some((_, Some(so_far))), _) => {
            format!(" GOING BACK: read up to {} ..", ctx.when(so_far))
        }
        (Some((_, None)), _) => " GOING BACK ..".to_owned(),
        (None, Some(past)) if past.view.is_none() => " AS OF BEFORE ANY EVENT (past)".to_owned(),
        (None, Some(past)) => format!(" AS OF {} (past)", ctx.moment_and_zone(past.place.at)),
        (None, None) => String::new(),
    };
    let keys = "Esc returns to now ";
    let rows = if words.len() + keys.len() + 2 <= width {
        vec![format!("{words}{keys:>0$}", width - words.len())]
    } else {
        vec![words, format!(" {keys}")]
    };
    let row = |row| LineBuilder::new().safe(&Safe::own(row).fit(width), loud).line();
    rows.into_iter().map(row).collect()
}

/// The columns of the count of what does not fit.
const COUNT: usize = 4;

/// All numbers of the customer, in so many rows at most. Where there are several, the one that would be
/// used is marked.
fn numbers(
    state: &CustomerState,
    width: usize,
    most: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    let part = |number: &CustomerNumber| {
        let is_used = state.numbers.len() > 1 && number_used(state) == Some(number);
        let mark = if is_used { " (used)" } else { "" };
        let words = Safe::identity_clipped(&number.to_string(), width.saturating_sub(12).max(8));
        let style = if is_used { ctx.title() } else { ctx.plain() };
        LineBuilder::new().own(" ", ctx.plain()).safe(&words, style).own(mark, ctx.dim())
    };
    in_rows(state.numbers.iter().map(part), width, most, ctx)
}

/// Parts beside each other, in so many rows at most. Of those that do not fit there is the count.
fn in_rows(
    parts: impl ExactSizeIterator<Item = LineBuilder>,
    width: usize,
    most: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    let all = parts.len();
    let mut out = Vec::new();
    let mut line = LineBuilder::new();
    for (n, part) in parts.enumerate() {
        let left = all - n;
        let is_last_row = out.len() + 1 >= most;
        // The count of what does not fit has its place.
        let room = if is_last_row && left > 1 { width.saturating_sub(COUNT) } else { width };
        if line.width() > 0 && line.width() + 1 + part.width() > room {
            if is_last_row {
                line = line.own(format!("  +{left}"), ctx.dim());
                break;
            }
            out.push(std::mem::take(&mut line).line());
        }
        if line.width() > 0 {
            line = line.own(" ", ctx.plain());
        }
        line.append(part);
    }
    out.push(line.line());
    out
}

/// Whether a customer waits on the line for a menu or a call plan (R-HOOK-1). Every tab shows it, because there
/// are only seconds to answer.
fn waits(state: &CustomerState, ctx: &DrawContext) -> bool {
    dues(state, &ctx.hello).any(|due| due > ctx.now)
}

fn tabs(current: Tab, state: &CustomerState, row: Rect, ctx: &DrawContext) -> Line<'static> {
    let open = open_sessions(state).count() + open_calls(state).count();
    let waits = waits(state, ctx);
    let mut line = LineBuilder::new().pad_to(1);
    for (n, &tab) in Tab::ALL.iter().enumerate() {
        let is_live = tab == Tab::Live;
        let count = if is_live && open > 0 { format!(" {open}") } else { String::new() };
        let loud = if is_live && waits { "!" } else { "" };
        let name = format!("{}{count}{loud}", tab.title());
        ctx.zones.add(part(row, line.width(), name.len() + 2), Click::Tab(n));
        line = if tab == current {
            line.own(format!("[{name}]"), ctx.selected())
        } else if is_live && waits {
            line.own(format!(" {name} "), ctx.tone(Tone::Pending))
        } else {
            line.own(format!(" {name} "), ctx.plain())
        };
    }
    line.line()
}

/// Draws blocks from the top down. It lays out no more than what is seen and one page beyond, so that the
/// next page can be scrolled to.
fn from_top(inspector: &Inspector, blocks: &Blocks, frame: &mut Frame, area: Rect) {
    let height = usize::from(area.height);
    let scroll = inspector.position();
    let need = scroll.offset().saturating_add(2 * height);
    let mut lines = Vec::new();
    for i in 0..blocks.count {
        if lines.len() >= need {
            break;
        }
        lines.extend((blocks.make)(i));
    }
    let offset = scroll.measured(lines.len().saturating_sub(height));
    rows(frame, area, lines.into_iter().skip(offset).take(height).collect());
}
