//! Some of the figures as small drawings in one SVG, both axes logarithmic. The background is white and the
//! colours are of middle tones, so that it can be read on a light page and on a dark one.

use super::{
    Column, float,
    table::{COUNT, MEGABYTES, TIME, Unit, short},
};
use std::fmt::Write as _;

const COLOURS: [&str; 3] = ["#2b78b8", "#d07a1c", "#3a9a5b"];
/// The colour of what the parts take without a hub.
const BARE: &str = "#8a8a8a";
const BYTES: Unit = &[(1e3, " kB"), (1.0, " B")];
/// How large a drawing is, with its title and its legend.
const WIDTH: f64 = 310.0;
const HEIGHT: f64 = 262.0;
/// Where the lines of a drawing are.
const LEFT: f64 = 62.0;
const RIGHT: f64 = 290.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 202.0;

/// A drawing: its title, the unit of its figures, and its lines, each with its legend and its figure.
type Panel = (&'static str, Unit, &'static [(&'static str, &'static str)]);

const PANELS: [Panel; 6] = [
    (
        "states of customers read, a second",
        COUNT,
        &[
            ("64 tasks", "read 64 rate"),
            ("1 task", "read 1 rate"),
            ("log alone", "bare read 64 rate"),
        ],
    ),
    (
        "durable writes, a second",
        COUNT,
        &[
            ("64 tasks", "write 64 rate"),
            ("1 task", "write 1 rate"),
            ("SQLite", "bare write 64 rate"),
        ],
    ),
    ("start and stop", TIME, &[("start", "start"), ("stop", "stop")]),
    (
        "search, 99th of 100",
        TIME,
        &[
            ("number", "find by number p99"),
            ("name", "find by name p99"),
            ("rare word", "history of a rare word p99"),
        ],
    ),
    (
        "memory",
        MEGABYTES,
        &[
            ("first start", "memory after the fold"),
            ("start", "memory after a start"),
            ("in use", "memory after all that"),
        ],
    ),
    (
        "disk, an event",
        BYTES,
        &[("log", "log.db"), ("shelf", "shelf.db"), ("state", "state"), ("entry", "entry")],
    ),
];

/// The numbers 1, 2 and 5 times a power of ten from the last below the figures to the first above them, at
/// least a decade of them.
fn ticks(figures: &[f64]) -> Vec<f64> {
    let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let most = figures.iter().copied().fold(least, f64::max).max(least * 2.0);
    let all: Vec<f64> =
        (-9..13).flat_map(|power| [1.0, 2.0, 5.0].map(|n| n * 10_f64.powi(power))).collect();
    let first = all.iter().rposition(|tick| *tick <= least).unwrap_or(0);
    let end = all.iter().position(|tick| *tick >= most).unwrap_or(all.len() - 1);
    all[first..=end.max(first + 3)].to_vec()
}

/// Where a figure is between two others, on a logarithmic scale from `from` to `to`.
fn place(figure: f64, ends: (f64, f64), (from, to): (f64, f64)) -> f64 {
    if ends.1 <= ends.0 {
        return f64::midpoint(from, to);
    }
    from + (to - from) * (figure / ends.0).ln() / (ends.1 / ends.0).ln()
}

/// Draws one panel with its left upper corner at 0, 0.
fn panel(text: &mut String, columns: &[Column], (title, unit, lines): &Panel) {
    let line = |name: &str| -> Vec<(f64, f64)> {
        let at = |column: &Column| {
            let figure = column.figures.get(name).copied().filter(|figure| *figure > 0.0)?;
            Some((float(column.events), figure))
        };
        columns.iter().filter_map(at).collect()
    };
    let drawn: Vec<_> = lines.iter().map(|(legend, name)| (*legend, *name, line(name))).collect();
    let figures: Vec<f64> = drawn.iter().flat_map(|(.., line)| line).map(|at| at.1).collect();
    let ticks = ticks(&figures);
    let ends = (ticks[0], ticks[ticks.len() - 1]);
    let y = |figure: f64| place(figure, ends, (BOTTOM, TOP));
    let events: Vec<f64> = columns.iter().map(|column| float(column.events)).collect();
    let x = |of: f64| place(of, (events[0], events[events.len() - 1]), (LEFT + 12.0, RIGHT - 12.0));
    let _ = writeln!(text, r#"<text x="{LEFT}" y="24" font-weight="600">{title}</text>"#);
    // More than two decades of them have no room for all their names.
    let every = if ticks.len() > 7 { 3 } else { 1 };
    let of_ten = |tick: &f64| (tick.log10() - tick.log10().round()).abs() < 1e-6;
    for tick in ticks.iter().filter(|tick| every == 1 || of_ten(tick)) {
        let (y, name) = (y(*tick), short(*tick, unit));
        let name = name.replace(".00", "").replace(".0", "");
        let _ = writeln!(
            text,
            r##"<path d="M{LEFT} {y:.1}H{RIGHT}" stroke="#ddd"/><text x="{:.1}" y="{:.1}" text-anchor="end">{name}</text>"##,
            LEFT - 6.0,
            y + 4.0
        );
    }
    for of in &events {
        let (x, name) = (x(*of), short(*of, COUNT).replace(".00", "").replace(".0", ""));
        let _ = writeln!(
            text,
            r##"<path d="M{x:.1} {TOP}V{BOTTOM}" stroke="#eee"/><text x="{x:.1}" y="{:.1}" text-anchor="middle">{name}</text>"##,
            BOTTOM + 16.0
        );
    }
    let mut beside = LEFT;
    for (n, (legend, name, line)) in drawn.iter().enumerate() {
        let bare = name.starts_with("bare") || *name == "entry";
        let (colour, dashes) = if bare { (BARE, "4 3") } else { (COLOURS[n], "none") };
        let points: Vec<_> =
            line.iter().map(|(of, figure)| format!("{:.1},{:.1}", x(*of), y(*figure))).collect();
        let _ = writeln!(
            text,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>"#,
            points.join(" ")
        );
        for (of, figure) in line {
            let (x, y) = (x(*of), y(*figure));
            let _ = writeln!(text, r#"<circle cx="{x:.1}" cy="{y:.1}" r="3" fill="{colour}"/>"#);
        }
        let at = BOTTOM + 38.0;
        let _ = writeln!(
            text,
            r#"<path d="M{beside:.0} {:.0}h14" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/><text x="{:.0}" y="{at:.0}">{legend}</text>"#,
            at - 4.0,
            beside + 18.0
        );
        beside += 30.0 + 6.6 * float(legend.len());
    }
}

pub fn svg(columns: &[Column]) -> String {
    let (width, height) = (3.0 * WIDTH + 10.0, 2.0 * HEIGHT + 24.0);
    let mut text = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="12" fill="#444">
<title>How the hub grows with the events in its log</title>
<rect width="{width}" height="{height}" rx="10" fill="#fff"/>
"##
    );
    for (n, drawing) in PANELS.iter().enumerate() {
        let (x, y) = (WIDTH * float(n % 3), HEIGHT * float(n / 3));
        let _ = writeln!(text, r#"<g transform="translate({x} {y})">"#);
        panel(&mut text, columns, drawing);
        text.push_str("</g>\n");
    }
    let _ = writeln!(
        text,
        r#"<text x="{:.0}" y="{:.0}" text-anchor="middle">events in the log; dashed: the parts without a hub</text>
</svg>"#,
        width / 2.0,
        height - 14.0
    );
    text
}
