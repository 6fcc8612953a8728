//! The status bar: what must be visible at a glance at every size (console.md C1), and what goes
//! first when it does not fit.
//!
//! ```text
//!  switchboard  SANDBOX  acme-ke   * LIVE   disk                      unread 3  problems 1
//! ```

use super::{
    Look,
    inspector::advice,
    words::{Words, rows, wrapped},
};
use crate::{
    console::{
        app::App,
        layout::Pane,
        pane::{connection::Phase, countdown::seconds_left, feed::Mode},
        text::Safe,
    },
    model::Tone,
};
use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Paragraph,
};

/// One thing to show. What has the higher rank stays longer.
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

/// Blanks between two parts.
const GAP: usize = 2;

/// Draws the bar: one line, or two where the screen is narrow.
pub fn draw(app: &App, frame: &mut Frame, area: Rect, look: &Look) {
    let (left, right) = (who_and_where(app, look), counts(app, look));
    if area.height < 2 {
        return line(frame, area, left, right);
    }
    let first = Rect { height: 1, ..area };
    line(frame, first, left, Vec::new());
    line(frame, Rect { y: area.y + 1, ..first }, panes(app, look), right);
}

/// Who we are, and whether the hub is heard.
fn who_and_where(app: &App, look: &Look) -> Vec<Part> {
    let connection = app.connection();
    let mut parts = vec![Part::new(1, Safe::own("switchboard"), look.title())];
    if let Some(hello) = connection.hello() {
        if hello.sandbox {
            parts.push(Part::new(9, Safe::own(" SANDBOX "), look.selected()));
        }
        parts.push(Part::new(8, Safe::identity(app.org().as_str()), look.plain()));
    } else {
        parts.push(Part::new(6, Safe::identity(app.org().as_str()), look.plain()));
    }
    let (words, tone) = connection_words(app, look);
    parts.push(Part::new(10, Safe::own(words), look.tone(tone)));
    if let Some(error) = connection.error() {
        parts.push(Part::new(2, Safe::new(&error.to_string()), look.dim()));
    }
    if let Some(hello) = connection.hello().filter(|_| connection.is_live()) {
        let durability = match hello.durability.as_str() {
            "" => Part::new(2, Safe::own("this server keeps no history"), look.dim()),
            "memory" => Part::new(5, Safe::own("NOT KEPT: memory only"), look.tone(Tone::Bad)),
            other => Part::new(2, Safe::new(&format!("kept on {other}")), look.dim()),
        };
        parts.push(durability);
    }
    parts
}

/// The connection in words: always one, LIVE only on evidence.
#[must_use]
pub fn connection_words(app: &App, look: &Look) -> (String, Tone) {
    let connection = app.connection();
    let since = connection.down_since().map(|at| look.clock(at)).unwrap_or_default();
    match connection.phase() {
        Phase::Connecting => (".. CONNECTING".into(), Tone::Pending),
        // In another tone: what is missed while away never comes (decision D-FEED).
        Phase::Live if connection.is_live_only() => ("* LIVE ONLY".into(), Tone::Pending),
        Phase::Live => ("* LIVE".into(), Tone::Good),
        Phase::Retry { attempt, at } => {
            let left = seconds_left(*at, look.now);
            let when = if left == 0 { "now".into() } else { format!("in {left} s") };
            (format!("!! RETRY {attempt} {when}"), Tone::Bad)
        }
        Phase::Offline => (format!("!! OFFLINE since {since}"), Tone::Bad),
        Phase::Auth => ("!! AUTH".into(), Tone::Bad),
        Phase::NotAHub => ("!! NOT A HUB".into(), Tone::Bad),
    }
}

/// Why there is nothing to show yet, and what can be done about it, where the events would be.
pub fn trouble(app: &App, frame: &mut Frame, list: Rect, look: &Look) {
    let (words, tone) = connection_words(app, look);
    let mut lines = vec![Words::new().to(2).own(words, look.tone(tone)).line()];
    if let Some(error) = app.connection().error() {
        let width = usize::from(list.width).saturating_sub(4);
        let error_rows = wrapped(&error.to_string(), width, 1_000);
        lines
            .extend(error_rows.iter().map(|row| Words::new().to(2).safe(row, look.plain()).line()));
        lines.push(Line::default());
        for advice in [advice(error), "R tries again, q twice leaves."] {
            let advice_rows = wrapped(advice, width, 1_000);
            let dim = |row| Words::new().to(2).safe(row, look.dim()).line();
            lines.extend(advice_rows.iter().map(dim));
        }
    }
    rows(frame, list, lines);
}

/// Which pane has the keys, where only one of them is shown.
fn panes(app: &App, look: &Look) -> Vec<Part> {
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
            let style = if here { look.selected() } else { look.dim() };
            Part::new(if here { 9 } else { 3 }, Safe::own(name), style)
        })
        .collect()
}

/// What waits for the agent.
fn counts(app: &App, look: &Look) -> Vec<Part> {
    let counts = app.feed().counts();
    let mut parts = Vec::new();
    let mut count = |rank, number: usize, words: String, tone| {
        if number > 0 {
            parts.push(Part::new(rank, Safe::own(words), look.tone(tone)));
        }
    };
    let unknown = app.outbox().unknown();
    count(9, unknown, format!("?? {unknown} unknown"), Tone::Bad);
    let held = app.outbox().held().count();
    count(8, held, format!("{held} held"), Tone::Pending);
    count(7, counts.problems, format!("problems {}", counts.problems), Tone::Bad);
    count(6, counts.unread, format!("unread {}", counts.unread), Tone::Pending);
    if app.feed().mode() == Mode::Paused {
        parts.push(Part::new(7, Safe::own("PAUSED"), look.tone(Tone::Pending)));
    }
    if app.form().is_some() && app.focus() != Pane::Form {
        parts.push(Part::new(7, Safe::own("form open (3)"), look.tone(Tone::Pending)));
    }
    parts
}

/// Draws parts to the left and to the right, leaving out the lowest ranks until all fit.
fn line(frame: &mut Frame, area: Rect, mut left: Vec<Part>, mut right: Vec<Part>) {
    let room = usize::from(area.width).saturating_sub(2);
    let width = |parts: &[Part]| parts.iter().map(|p| p.text.width() + GAP).sum::<usize>();
    while width(&left) + width(&right) > room + GAP {
        let lowest = left.iter().chain(&right).map(|p| p.rank).min();
        let at = |parts: &[Part]| parts.iter().rposition(|p| Some(p.rank) == lowest);
        if let Some(n) = at(&right) {
            right.remove(n);
        } else if let Some(n) = at(&left) {
            // A long text may be cut before it is left out.
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
        // The last gap may leave the screen, the last part may not.
        let shift = used.saturating_sub(1);
        let place = Rect { x: area.right() - shift, width: shift, ..area };
        frame.render_widget(Paragraph::new(Line::from(spans(right))), place);
    }
}
