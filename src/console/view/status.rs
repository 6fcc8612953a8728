//! Draws the status bar: the org, the connection, held sends and counts, which an agent must see at a glance
//! at every size of the screen (R-CONSOLE-7). Where not all of it fits, what matters least goes first.
//!
//! ```text
//!  switchboard  SANDBOX  acme-ke   * LIVE   disk           4 waiting  problems 1  unread 3
//! ```

use super::{
    DrawContext,
    inspector::advice,
    line_builder::{LineBuilder, grouped, rows, wrapped},
};
use crate::{
    console::{
        app::App,
        layout::Pane,
        pane::{connection::Phase, countdown::seconds_left, feed::Mode},
        text::Safe,
    },
    model::{DownCarrier, Tone},
};
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

/// One thing that the bar shows. Where there is little room, those with the lowest rank are left out.
struct Part {
    rank: u8,
    text: Safe,
    style: Style,
}

impl Part {
    fn new(rank: u8, text: Safe, style: Style) -> Self {
        Self { rank, text, style }
    }
}

/// The number of blanks between two parts.
const GAP: usize = 2;

/// Draws the bar: one line, or two where the screen is narrow and shows only one pane. The second line then
/// says which pane that is.
pub fn draw(app: &App, frame: &mut Frame, area: Rect, ctx: &DrawContext) {
    let (left, right) = (who_and_where(app, ctx), counts(app, ctx));
    if area.height < 2 {
        return line(frame, area, left, right);
    }
    let first = Rect { height: 1, ..area };
    line(frame, first, left, Vec::new());
    line(frame, Rect { y: area.y + 1, ..first }, panes(app, ctx), right);
}

/// The org, whether it is a sandbox, the connection, and how durable the hub's log is.
fn who_and_where(app: &App, ctx: &DrawContext) -> Vec<Part> {
    let connection = app.connection();
    let mut parts = vec![Part::new(1, Safe::own("switchboard"), ctx.title())];
    if let Some(hello) = connection.hello() {
        if hello.sandbox && hello.replay.is_none() {
            parts.push(Part::new(9, Safe::own(" SANDBOX "), ctx.selected()));
        }
        parts.push(Part::new(8, Safe::identity(app.org().as_str()), ctx.plain()));
    } else {
        parts.push(Part::new(6, Safe::identity(app.org().as_str()), ctx.plain()));
    }
    let (words, tone) = connection_words(app, ctx);
    parts.push(Part::new(10, Safe::identity(&words), ctx.tone(tone)));
    if connection.hello().is_some_and(|hello| hello.plaintext) {
        parts.push(Part::new(9, Safe::own("!! NOT ENCRYPTED"), ctx.tone(Tone::Bad)));
    }
    let hub = ctx.at(connection.skew().hub(ctx.now));
    parts.push(Part::new(4, Safe::own(hub.date_and_zone()), ctx.plain()));
    if let Some(error) = connection.error() {
        parts.push(Part::new(2, Safe::new(&error.to_string()), ctx.dim()));
    }
    for carrier in connection.down() {
        let tone = if carrier.paused { Tone::Pending } else { Tone::Bad };
        parts.push(Part::new(7, down(carrier, ctx), ctx.tone(tone)));
    }
    if let Some(outage) = connection.outage() {
        parts.push(Part::new(8, Safe::new(&outage.why), ctx.tone(Tone::Bad)));
        let refused = Safe::own(format!("{} refused", outage.refused));
        parts.push(Part::new(5, refused, ctx.tone(Tone::Bad)));
    } else if let Some(hello) =
        connection.hello().filter(|hello| connection.is_live() && hello.replay.is_none())
    {
        let durability = match hello.durability.as_str() {
            "" => Part::new(2, Safe::own("this server keeps no history"), ctx.dim()),
            "memory" => Part::new(5, Safe::own("NOT KEPT: memory only"), ctx.tone(Tone::Bad)),
            other => Part::new(2, Safe::new(&format!("kept on {other}")), ctx.dim()),
        };
        parts.push(durability);
    }
    parts
}

/// A network that the hub does not reach or that is paused, since when, and how much waits for it.
fn down(carrier: &DownCarrier, ctx: &DrawContext) -> Safe {
    let waiting = match carrier.waiting {
        0 => String::new(),
        n => format!(", {} wait", grouped(n)),
    };
    let (mark, how) = if carrier.paused { ("..", "paused") } else { ("!!", "down") };
    Safe::identity(&format!("{mark} {} {how} {}{waiting}", carrier.id, ctx.ago(carrier.since)))
}

/// The state of the connection in words. It says LIVE only once the hub has been heard.
#[must_use]
pub fn connection_words(app: &App, ctx: &DrawContext) -> (String, Tone) {
    let connection = app.connection();
    let since = connection.down_since().map(|at| ctx.clock(at)).unwrap_or_default();
    match connection.phase() {
        Phase::Connecting => (".. CONNECTING".into(), Tone::Pending),
        Phase::Live if let Some(outage) = connection.outage() => {
            let since = ctx.minute(outage.since);
            (format!("!! CANNOT WRITE since {since}"), Tone::Bad)
        }
        // Not the tone of LIVE: what happens while the console is away is never delivered (D-FEED).
        Phase::Live if connection.is_live_only() => ("* LIVE ONLY".into(), Tone::Pending),
        Phase::Live if let Some(file) = connection.replay() => {
            (format!("REPLAY of {file}"), Tone::Pending)
        }
        Phase::Live => ("* LIVE".into(), Tone::Good),
        Phase::Retry { attempt, at } => {
            let left = seconds_left(*at, ctx.now);
            let when = if left == 0 { "now".into() } else { format!("in {left} s") };
            (format!("!! RETRY {attempt} {when}"), Tone::Bad)
        }
        Phase::Offline => (format!("!! OFFLINE since {since}"), Tone::Bad),
        Phase::Auth => ("!! AUTH".into(), Tone::Bad),
        Phase::NotAHub => ("!! NOT A HUB".into(), Tone::Bad),
    }
}

/// Draws, in the place of the feed, why there is nothing to show yet and what can be done about it.
pub fn trouble(app: &App, frame: &mut Frame, list: Rect, ctx: &DrawContext) {
    let (words, tone) = connection_words(app, ctx);
    let mut lines = vec![LineBuilder::new().pad_to(2).own(words, ctx.tone(tone)).line()];
    if let Some(error) = app.connection().error() {
        let width = usize::from(list.width).saturating_sub(4);
        let error_rows = wrapped(&error.to_string(), width, 1_000);
        lines.extend(
            error_rows.iter().map(|row| LineBuilder::new().pad_to(2).safe(row, ctx.plain()).line()),
        );
        lines.push(Line::default());
        for advice in [advice(error), "R tries again, q twice leaves."] {
            let advice_rows = wrapped(advice, width, 1_000);
            let dim = |row| LineBuilder::new().pad_to(2).safe(row, ctx.dim()).line();
            lines.extend(advice_rows.iter().map(dim));
        }
    }
    rows(frame, list, lines);
}

/// The names of the panes that are open. The one that has the keys is marked, and stays the longest where
/// there is little room.
fn panes(app: &App, ctx: &DrawContext) -> Vec<Part> {
    let all = [
        (Pane::Feed, "1 feed"),
        (Pane::Inspector, "2 insp"),
        (Pane::Form, "3 form"),
        (Pane::Activity, "4 sent"),
        (Pane::Lists, "5 list"),
    ];
    let open = |pane| match pane {
        Pane::Form => app.form().is_some(),
        Pane::Lists => app.lists().is_open(),
        _ => true,
    };
    all.into_iter()
        .filter(|(pane, _)| open(*pane))
        .map(|(pane, name)| {
            let here = app.focus() == pane;
            let style = if here { ctx.selected() } else { ctx.dim() };
            Part::new(if here { 9 } else { 3 }, Safe::own(name), style)
        })
        .collect()
}

/// How much waits for the agent: sends of unknown outcome or held, problems, unread events, an open form.
fn counts(app: &App, ctx: &DrawContext) -> Vec<Part> {
    let counts = app.feed().counts();
    let mut parts = Vec::new();
    let mut count = |rank, number: usize, words: String, tone| {
        if number > 0 {
            parts.push(Part::new(rank, Safe::own(words), ctx.tone(tone)));
        }
    };
    let (drafts, in_doubt) = app.draft_counts();
    let unknown = app.outbox().unknown() + in_doubt;
    count(9, unknown, format!("?? {unknown} unknown"), Tone::Bad);
    let held = app.outbox().held().count();
    count(8, held, format!("{held} held"), Tone::Pending);
    if let Some(percent) = app.exporting() {
        count(7, 1, format!("export {percent} %"), Tone::Pending);
    }
    let live = app.strip().shown(ctx.now).len();
    count(8, live, format!("{live} live"), Tone::Bad);
    let waiting = app.connection().waiting().unwrap_or_default();
    let words = format!("{} waiting", grouped(waiting));
    count(5, usize::try_from(waiting).unwrap_or(usize::MAX), words, Tone::Pending);
    let words = if drafts == 1 { "1 draft".to_owned() } else { format!("{drafts} drafts") };
    count(5, drafts, words, Tone::Plain);
    count(7, counts.problems, format!("problems {}", counts.problems), Tone::Bad);
    count(6, counts.unread, format!("unread {}", counts.unread), Tone::Pending);
    if app.feed().mode() == Mode::Paused {
        parts.push(Part::new(7, Safe::own("PAUSED"), ctx.tone(Tone::Pending)));
    }
    if app.form().is_some() && app.focus() != Pane::Form {
        parts.push(Part::new(7, Safe::own("form open (3)"), ctx.tone(Tone::Pending)));
    }
    parts
}

/// Draws parts at the left and at the right end of a line, without those of the lowest ranks that
/// do not fit.
fn line(frame: &mut Frame, area: Rect, mut left: Vec<Part>, mut right: Vec<Part>) {
    let room = usize::from(area.width).saturating_sub(2);
    let width = |parts: &[Part]| parts.iter().map(|p| p.text.width() + GAP).sum::<usize>();
    while width(&left) + width(&right) > room + GAP {
        let lowest = left.iter().chain(&right).map(|p| p.rank).min();
        let at = |parts: &[Part]| parts.iter().rposition(|p| Some(p.rank) == lowest);
        if let Some(n) = at(&right) {
            right.remove(n);
        } else if let Some(n) = at(&left) {
            // A text is cut rather than left out while a useful part of it fits.
            let free =
                (room + GAP).saturating_sub(width(&right) + width(&left) - left[n].text.width());
            if free > 12 {
                left[n].text = left[n].text.clip(free.saturating_sub(GAP));
                break;
            }
            left.remove(n);
        } else {
            break;
        }
    }
    let spans = |parts: Vec<Part>| -> Vec<Span<'static>> {
        parts
            .into_iter()
            .flat_map(|p| {
                let mut spans = p.text.spans(p.style);
                spans.push(Span::raw(" ".repeat(GAP)));
                spans
            })
            .collect()
    };
    let mut from_left = vec![Span::raw(" ")];
    from_left.extend(spans(left));
    let used = u16::try_from(width(&right)).unwrap_or(0).min(area.width);
    frame.render_widget(Paragraph::new(Line::from(from_left)), area);
    if used > 0 {
        // The gap after the last part may lie outside the screen, so that the part itself ends at its edge.
        let shift = used.saturating_sub(1);
        let place = Rect { x: area.right() - shift, width: shift, ..area };
        frame.render_widget(Paragraph::new(Line::from(spans(right))), place);
    }
}
