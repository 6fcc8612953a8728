//! Cuts the gallery's pictures out of the screen. Panes are where the console's own layout says; what
//! lies over them is found by what was drawn.

use super::super::desk::Desk;
use crate::console::layout::Pane;
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use std::fmt::Write as _;

/// A part of the screen that a picture can be cut to.
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// The line that says who we are and whether the hub is heard.
    Status,
    /// A whole pane.
    Whole(Pane),
    /// The header row of a pane.
    Head(Pane),
    /// The last row of a pane.
    Foot(Pane),
    /// The rows of the sends that are held back.
    Held,
    /// The line that says what the keys do.
    Hints,
    /// The box that lies over the panes. Panes have no boxes, so there is only one.
    OnTop,
    /// The rows with these words and one row on each side of them, over the whole width: where a toast is.
    Around(&'static str),
}

impl Cut {
    /// Where that part is on the screen as it is now.
    pub fn area(self, desk: &mut Desk) -> Rect {
        let layout = desk.app.layout();
        let area = match self {
            Self::Status => layout.status,
            Self::Whole(pane) => layout.pane(pane),
            Self::Head(pane) => Rect { height: 1, ..layout.pane(pane) },
            Self::Foot(pane) => {
                let pane = layout.pane(pane);
                Rect { y: pane.bottom() - 1, height: 1, ..pane }
            }
            Self::Held => layout.held,
            Self::Hints => layout.hints,
            Self::OnTop => the_box(desk.paint(false)),
            Self::Around(words) => around(words, desk),
        };
        assert!(!area.is_empty(), "{self:?} is not on the screen:\n{}", desk.screen());
        area
    }
}

/// The only box on the screen, its border included. It is empty where there is none.
fn the_box(buffer: &Buffer) -> Rect {
    let corner = |symbol| {
        let cell = buffer.content.iter().position(|cell| cell.symbol() == symbol)?;
        Some(Position::from(buffer.pos_of(cell)))
    };
    let (Some(from), Some(to)) = (corner("┌"), corner("┘")) else { return Rect::ZERO };
    Rect::new(from.x, from.y, to.x + 1 - from.x, to.y + 1 - from.y)
}

fn around(words: &str, desk: &mut Desk) -> Rect {
    let screen = desk.screen();
    let rows = || screen.lines().zip(0_u16..).filter(|(row, _)| row.contains(words));
    let (Some((_, first)), Some((_, last))) = (rows().next(), rows().last()) else {
        return Rect::ZERO;
    };
    let whole = desk.paint(false).area;
    let (top, height) = (first.saturating_sub(1), last - first + 3);
    Rect { y: top, height, ..whole }.intersection(whole)
}

/// Of equal rows that follow each other only the first is kept, and how many there are more. Blank rows
/// at the end go.
pub fn condensed(rows: &str) -> String {
    let rows: Vec<_> = rows.trim_end().lines().collect();
    let mut out = String::new();
    for run in rows.chunk_by(|one, next| one == next) {
        let (shown, more) = if run.len() > 2 { (&run[..1], run.len() - 1) } else { (run, 0) };
        for row in shown {
            writeln!(out, "{row}").expect("a string takes everything");
        }
        if more > 0 {
            writeln!(out, "... and {more} more rows like it").expect("a string takes everything");
        }
    }
    out
}
