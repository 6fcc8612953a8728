//! The figures as a table in Markdown, a column for each size.

use super::Column;
use std::fmt::Write as _;

/// What a figure is counted in: names of ever smaller multiples, of which the first is used that fits.
pub type Unit = &'static [(f64, &'static str)];
pub const COUNT: Unit = &[(1e6, " M"), (1e3, " k"), (1.0, "")];
pub const TIME: Unit = &[(1.0, " s"), (1e-3, " ms"), (1e-6, " us")];
pub const MEGABYTES: Unit = &[(1.0, " MB")];
const BYTES: Unit = &[(1.0, " B")];

/// A row: what it says, its unit, the figure that it has, and the one of the baseline.
type Row = (&'static str, Unit, &'static str, &'static str);

/// The figures whose names end with `*` are two, of which one is the median and one the 99th of 100.
const ROWS: [Row; 30] = [
    (
        "first start: events folded a second (only read, checked and decoded)",
        COUNT,
        "fold",
        "bare fold",
    ),
    ("first start: events folded and indexed a second", COUNT, "index", ""),
    ("stop after the first start", TIME, "stop after the fold", ""),
    ("start to the first answer", TIME, "start", ""),
    ("stop after writes", TIME, "stop", ""),
    ("memory after the first start", MEGABYTES, "memory after the fold", ""),
    ("memory after a start", MEGABYTES, "memory after a start", ""),
    ("memory after all that follows", MEGABYTES, "memory after all that", ""),
    ("log.db, an event (its entry)", BYTES, "log.db", "entry"),
    ("shelf.db, an event", BYTES, "shelf.db", ""),
    ("state, an event", BYTES, "state", ""),
    ("state of a customer: bytes of the reply", BYTES, "read 64 bytes", ""),
    (
        "states read by 64 tasks, a second (log.db: as many entries, all cores)",
        COUNT,
        "read 64 rate",
        "bare read 64 rate",
    ),
    ("states read by 64 tasks: p50 / p99", TIME, "read 64 *", ""),
    ("states read by 64 tasks: CPU each", TIME, "read 64 cpu", ""),
    (
        "states read by 1 task, a second (log.db: as many entries)",
        COUNT,
        "read 1 rate",
        "bare read 1 rate",
    ),
    ("states read by 1 task: p50 / p99", TIME, "read 1 *", "bare read 1 *"),
    ("states read by 1 task: CPU each", TIME, "read 1 cpu", ""),
    (
        "tags written by 64 tasks, a second (SQLite: commits of 64 rows)",
        COUNT,
        "write 64 rate",
        "bare write 64 rate",
    ),
    ("tags written by 64 tasks: p50 / p99", TIME, "write 64 *", "bare write 64 *"),
    ("tags written by 64 tasks: CPU each", TIME, "write 64 cpu", ""),
    (
        "tags written by 1 task, a second (SQLite: commits of a row)",
        COUNT,
        "write 1 rate",
        "bare write 1 rate",
    ),
    ("tags written by 1 task: p50 / p99", TIME, "write 1 *", "bare write 1 *"),
    (
        "find by number: p50 / p99 (plain table in memory)",
        TIME,
        "find by number *",
        "bare number *",
    ),
    ("find by name: p50 / p99", TIME, "find by name *", ""),
    ("find by a first name that one in eight has: p50 / p99", TIME, "find by first name *", ""),
    (
        "history by a word of one message in a million: p50 / p99 (FTS5, newest part)",
        TIME,
        "history of a rare word *",
        "bare rare word *",
    ),
    (
        "history by a word of every second message: p50 / p99 (FTS5, newest part)",
        TIME,
        "history of a common word *",
        "bare common word *",
    ),
    ("events searched with a filter that nothing matches, a second", COUNT, "filter rate", ""),
    ("one call of that search: p50 / p99", TIME, "filter *", ""),
];

/// A figure with three digits, in the multiple of its unit that fits.
pub fn short(figure: f64, unit: Unit) -> String {
    let fits = unit.iter().find(|(of, _)| figure >= *of).or(unit.last());
    let (of, name) = fits.copied().unwrap_or((1.0, ""));
    let figure = figure / of;
    let digits = if figure >= 99.95 || figure == 0.0 {
        0
    } else if figure >= 9.995 {
        1
    } else {
        2
    };
    format!("{figure:.digits$}{name}")
}

/// The names of the figures of a cell.
fn names(what: &str) -> Vec<String> {
    match what.strip_suffix('*') {
        Some(what) => ["p50", "p99"].map(|which| format!("{what}{which}")).into(),
        None => vec![what.to_owned()],
    }
}

fn figures(column: &Column, what: &str, unit: Unit) -> String {
    let told = names(what).into_iter().map(|name| match column.figures.get(&name) {
        Some(figure) => short(*figure, unit),
        None => "?".to_owned(),
    });
    told.collect::<Vec<_>>().join(" / ")
}

pub fn markdown(columns: &[Column]) -> String {
    let mut text = "| (in brackets: the parts without a hub) |".to_owned();
    for Column { customers, events, .. } in columns {
        let _ = write!(text, " {customers} customers, {events} events |");
    }
    let _ = writeln!(text, " largest : smallest |\n|---|{}---|", "---|".repeat(columns.len()));
    for (says, unit, what, bare) in ROWS {
        let _ = write!(text, "| {says} |");
        for column in columns {
            let _ = write!(text, " {}", figures(column, what, unit));
            if !bare.is_empty() {
                let _ = write!(text, " ({})", figures(column, bare, unit));
            }
            text.push_str(" |");
        }
        let of = |column: Option<&Column>| {
            let name = names(what).pop()?;
            column?.figures.get(&name).copied()
        };
        let ratio = of(columns.last()).zip(of(columns.first())).map(|(last, first)| last / first);
        let _ = writeln!(text, " {:.2} |", ratio.unwrap_or(f64::NAN));
    }
    text
}
