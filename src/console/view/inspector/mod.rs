//! The inspector: a header that is always there, the tabs, and the rows of one tab that fit.
//!
//! ```text
//! [2 Jane W.] …9b1f PINNED                      as of 14:03:40
//!  +254711000001  telegram:4417
//!  sms 40404 opted out   whatsapp 5250 open, 5h left
//!  Identity [Messaging] USSD  Voice  Payments
//!  11:20:05 < whatsapp 5250                          received
//!    nataka refund ya order 8841
//! ```

mod activity;
mod identity;
mod messaging;
mod payments;
#[cfg(test)]
mod tests;

use super::{
    Look,
    words::{Words, frame_pane, rows, wrapped},
};
use crate::{
    console::pane::inspector::{Inspector, Showing, Tab, menu_due, plan_due},
    model::{ClientError, ConsentStatus, CustomerState, CustomerView, PurseBalance, Tone},
};
use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::Line,
};

/// What is known of the org's purses: the last answer, and why there is none.
#[derive(Clone, Copy, Default)]
pub struct Purses<'a> {
    /// The last answer.
    pub rows: Option<&'a [PurseBalance]>,
    /// Why the last question failed.
    pub fault: Option<&'a ClientError>,
}

/// What a tab has to show, block by block, so that only what is seen is laid out.
struct Blocks<'a> {
    count: usize,
    make: Box<dyn Fn(usize) -> Vec<Line<'static>> + 'a>,
}

/// Draws the inspector, with what is known of the org's purses. All its times are the hub's.
pub fn draw(
    inspector: &Inspector,
    purses: Purses,
    frame: &mut Frame,
    area: Rect,
    look: &Look,
    focused: bool,
) {
    if area.is_empty() {
        return;
    }
    let look = &look.at(inspector.skew().hub(look.now));
    let style = if focused { look.focus() } else { look.title() };
    let showing = inspector.showing();
    let room = usize::from(area.width).saturating_sub(30).clamp(8, 40);
    let mut title = Words::new().own("[2 ", style);
    title = match &showing {
        Showing::Customer(view) => named(title, view, room, look, style),
        _ => title.own("INSPECTOR]", style),
    };
    if inspector.pinned() {
        title = title.own(" PINNED", look.key());
    }
    let left = usize::from(area.width).saturating_sub(title.width() + 1);
    let inside = frame_pane(frame, area, title, age(inspector, left, look), look, focused);
    if focused {
        frame.set_cursor_position(Position::new(area.x, area.y));
    }
    match showing {
        Showing::Customer(view) => customer(inspector, view, purses, frame, inside, look),
        other => say(&other, frame, inside, look),
    }
}

fn named(
    title: Words,
    view: &CustomerView,
    room: usize,
    look: &Look,
    style: ratatui::style::Style,
) -> Words {
    let id = view.customer.id.as_str();
    let end = id.char_indices().rev().nth(3).map_or(0, |(start, _)| start);
    title
        .identity(view.customer.name().unwrap_or("(no name)"), room, style)
        .own("]", style)
        .own(" …", look.dim())
        .identity(&id[end..], 8, look.plain())
}

/// Of when it is, and whether that may be too old: in as many words as there is room for, for a
/// picture that may be too old must say so at every width.
fn age(inspector: &Inspector, room: usize, look: &Look) -> Words {
    let bad = |words| Words::new().own(words, look.tone(Tone::Bad));
    let stale = inspector.is_stale();
    let Some(at) = inspector.view().and_then(|_| inspector.answered_at()) else {
        return if stale { bad("STALE") } else { Words::new() };
    };
    let at = inspector.skew().hub(at);
    let as_of = format!("as of {}", look.clock(at));
    let old = format!(" {} old", look.ago(at));
    let choices = match (stale, inspector.fault()) {
        (true, _) => vec![
            bad("STALE").own(format!("{old}, "), look.plain()).own(as_of, look.dim()),
            bad("STALE").own(old, look.plain()),
            bad("STALE"),
        ],
        (false, Some(_)) => vec![
            Words::new().own(as_of, look.dim()).own(" refresh failed", look.tone(Tone::Bad)),
            bad("refresh failed"),
        ],
        (false, None) => vec![Words::new().own(as_of, look.dim())],
    };
    choices.into_iter().find(|words| words.width() <= room).unwrap_or_default()
}

/// Everything but a customer.
fn say(showing: &Showing, frame: &mut Frame, inside: Rect, look: &Look) {
    let (tone, words) = match showing {
        Showing::Nothing | Showing::Customer(_) => {
            (Tone::Plain, "select an event to see its customer here".into())
        }
        Showing::Loading(customer) => (Tone::Plain, format!("loading {customer}")),
        Showing::NotFound(customer) => {
            (Tone::Plain, format!("no customer {customer}; nothing was created"))
        }
        Showing::Failed(customer, error) => {
            (Tone::Bad, format!("cannot show {customer}: {error}\n{}", advice(error)))
        }
    };
    let width = usize::from(inside.width).saturating_sub(2);
    let lines = wrapped(&words, width, 2_000);
    let line = |row: &_| Words::new().to(1).safe(row, look.tone(tone)).line();
    rows(frame, inside, lines.iter().map(line).collect());
}

/// What can be done about it.
pub(super) const fn advice(error: &ClientError) -> &'static str {
    match error {
        ClientError::Unreachable { .. } | ClientError::Unavailable(_) | ClientError::Unknown(_) => {
            "It is asked again when the connection is back."
        }
        ClientError::Unauthenticated(_) | ClientError::Denied(_) => {
            "Check the API key or token, and the org, of this profile."
        }
        // A look-up is answered with what there is, never refused.
        ClientError::Refused(_) => "",
        ClientError::NotAHub { .. } | ClientError::Usage(_) => {
            "Check the endpoint of this profile."
        }
        ClientError::Unsupported(_) => {
            "This server has only the public contract; a Switchboard hub offers it."
        }
        ClientError::Internal(_) => "Try again; if it stays, tell whoever runs the hub.",
    }
}

fn customer(
    inspector: &Inspector,
    view: &CustomerView,
    purses: Purses,
    frame: &mut Frame,
    inside: Rect,
    look: &Look,
) {
    let width = usize::from(inside.width);
    let mut top = header(view, width, usize::from(inside.height), look);
    top.push(tabs(inspector.tab(), &view.customer, width, look));
    let tall = u16::try_from(top.len()).unwrap_or(u16::MAX).min(inside.height);
    rows(frame, Rect { height: tall, ..inside }, top);
    let body = Rect { y: inside.y + tall, height: inside.height - tall, ..inside };
    if body.is_empty() {
        return;
    }
    let state = &*view.customer;
    match inspector.tab() {
        Tab::Identity => from_top(inspector, &identity::blocks(view, width, look), frame, body),
        Tab::Messaging => messaging::draw(inspector, state, frame, body, look),
        Tab::Ussd => from_top(inspector, &activity::ussd(state, width, look), frame, body),
        Tab::Voice => from_top(inspector, &activity::voice(state, width, look), frame, body),
        Tab::Payments => {
            from_top(inspector, &payments::blocks(state, purses, width, look), frame, body);
        }
    }
}

/// Numbers, then consent and session per pair: what decides whether the customer can be written to.
fn header(view: &CustomerView, width: usize, height: usize, look: &Look) -> Vec<Line<'static>> {
    let state = &*view.customer;
    let mut out = Vec::new();
    if let Some(old) = &view.replaces {
        let line = Words::new().own(" merged: you asked for ", look.tone(Tone::Pending));
        out.push(line.identity(old.as_str(), width.saturating_sub(23), look.plain()).line());
    }
    let mut line = Words::new();
    for number in &state.numbers {
        let room = width.saturating_sub(line.width() + 2);
        if room < 6 {
            break;
        }
        line = line
            .own(" ", look.plain())
            .identity(&number.to_string(), room.min(30), look.plain())
            .own(" ", look.plain());
    }
    if height >= 6 {
        out.push(line.line());
    }
    if height >= 5 {
        out.push(pairs(state, width, look));
    }
    out
}

fn pairs(state: &CustomerState, width: usize, look: &Look) -> Line<'static> {
    let mut line = Words::new();
    for pair in &state.channels {
        let room = width.saturating_sub(line.width() + 1);
        if room < 12 {
            line = line.own("…", look.dim());
            break;
        }
        line = line.own(" ", look.plain()).identity(&pair.channel.to_string(), room, look.dim());
        let consent = pair.consent.map_or(ConsentStatus::Unspecified, |(status, _)| status);
        let session = pair.session.as_ref().filter(|s| s.expires_at > look.now);
        line = match (consent, session) {
            (ConsentStatus::OptOutCompleted, _) => line.own(" OPTED OUT", look.tone(Tone::Bad)),
            (_, Some(open)) => line
                .own(format!(" open, {} left", look.until(open.expires_at)), look.tone(Tone::Good)),
            (ConsentStatus::Unspecified, None) => line.own(" -", look.dim()),
            (status, None) => line.own(format!(" {}", status.words()), look.tone(status.tone())),
        };
        line = line.own(" ", look.plain());
    }
    if state.channels.is_empty() {
        line = line.own(" no consent or session on record", look.dim());
    }
    line.line()
}

/// Whether somebody waits on a tab for a menu or a plan (R-HOOK-1): seen from every other tab.
fn waits(tab: Tab, state: &CustomerState, look: &Look) -> bool {
    let open = |due: Option<crate::model::Timestamp>| due.is_some_and(|due| due > look.now);
    match tab {
        Tab::Ussd => state.ussd.iter().any(|session| open(menu_due(session))),
        Tab::Voice => state.calls.iter().any(|call| open(plan_due(call))),
        Tab::Identity | Tab::Messaging | Tab::Payments => false,
    }
}

fn tabs(current: Tab, state: &CustomerState, width: usize, look: &Look) -> Line<'static> {
    let waiting = |tab: &Tab| usize::from(waits(*tab, state, look));
    let whole: usize = Tab::ALL.iter().map(|tab| tab.title().len() + 2 + waiting(tab)).sum();
    let short = whole + 1 > width;
    let mut line = Words::new().to(1);
    for &tab in Tab::ALL {
        let name = if short { tab.title().get(..3).unwrap_or("") } else { tab.title() };
        line = if tab == current {
            line.own(format!("[{name}]"), look.selected())
        } else if waits(tab, state, look) {
            line.own(format!(" {name}! "), look.tone(Tone::Pending))
        } else {
            line.own(format!(" {name} "), look.plain())
        };
    }
    line.line()
}

/// Draws blocks from the top, laying out no more than what is seen and one page beyond.
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

/// Draws blocks from the bottom, the last one lowest, laying out no more than what is seen and
/// one page beyond.
fn from_bottom(inspector: &Inspector, blocks: &Blocks, frame: &mut Frame, area: Rect) {
    let height = usize::from(area.height);
    let scroll = inspector.position();
    let need = scroll.offset().saturating_add(2 * height);
    let mut upwards: Vec<Line<'static>> = Vec::new();
    for i in (0..blocks.count).rev() {
        if upwards.len() >= need {
            break;
        }
        upwards.extend((blocks.make)(i).into_iter().rev());
    }
    let offset = scroll.measured(upwards.len().saturating_sub(height));
    let mut seen: Vec<_> = upwards.into_iter().skip(offset).take(height).collect();
    seen.reverse();
    let blank = area.height - u16::try_from(seen.len()).unwrap_or(area.height);
    let low = Rect { y: area.y + blank, height: area.height - blank, ..area };
    rows(frame, low, seen);
}
