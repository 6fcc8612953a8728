//! What stands between ratatui and the terminal. It keeps text whose width terminals disagree about
//! from moving what follows it, and it never asks the terminal anything.
//!
//! A cluster of several scalars (a Devanagari syllable, an emoji family, stacked accents) takes two
//! columns in one terminal and one in the next. ratatui writes neighbouring cells without moving
//! the cursor between them, so one such cluster would shift the rest of its row and leave remains
//! behind. Here the cursor is placed anew after each such cluster, its columns are emptied before
//! it is drawn, and `Doubt` makes sure that their rows are drawn whole with every picture. The
//! terminal does not wrap lines meanwhile, so that one at the margin stays on its row.

use super::text;
use ratatui::{
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::{Buffer, Cell, CellDiffOption, CellWidth as _},
    layout::{Position, Size},
};
use std::{
    collections::BTreeSet,
    io::{self, Write},
};

/// Whether every terminal gives this cluster the same number of columns.
fn is_certain(cluster: &str) -> bool {
    cluster.chars().nth(1).is_none() && text::meant_by(cluster).is_none()
}

/// The size to draw for. A serial line and a container do not know theirs and say 0, so what is not
/// known is taken for the screen that everybody has.
#[must_use]
pub const fn known(width: u16, height: u16) -> Size {
    Size::new(if width == 0 { 80 } else { width }, if height == 0 { 24 } else { height })
}

/// The rows of the last picture that held a cluster of doubtful width.
#[derive(Debug, Default)]
pub struct Doubt {
    rows: BTreeSet<u16>,
}

impl Doubt {
    /// Makes ratatui draw whole every row that holds such a cluster, or that held one in
    /// the last picture.
    pub fn settle(&mut self, buffer: &mut Buffer) {
        let area = buffer.area;
        let before = std::mem::take(&mut self.rows);
        for y in area.top()..area.bottom() {
            let doubtful =
                (area.left()..area.right()).any(|x| !is_certain(buffer[(x, y)].symbol()));
            if doubtful {
                self.rows.insert(y);
            }
            if doubtful || before.contains(&y) {
                for x in area.left()..area.right() {
                    buffer[(x, y)].diff_option = CellDiffOption::AlwaysUpdate;
                }
            }
        }
    }
}

/// A terminal that is only written to.
pub struct Canvas<W: Write> {
    out: CrosstermBackend<W>,
}

impl<W: Write> Canvas<W> {
    pub const fn new(out: W) -> Self {
        Self { out: CrosstermBackend::new(out) }
    }
    /// Empties the columns that a cluster of doubtful width has here, and draws it. A terminal that
    /// gives it fewer would otherwise still show what was there before.
    fn draw_doubtful(&mut self, x: u16, y: u16, cell: &Cell) -> io::Result<()> {
        let mut blank = cell.clone();
        blank.set_char(' ');
        let width = cell.cell_width().max(1);
        self.out.draw((x..x.saturating_add(width)).map(|x| (x, y, &blank)))?;
        let mut meant = cell.clone();
        if let Some(scalar) = text::meant_by(cell.symbol()) {
            meant.set_char(scalar);
        }
        self.out.draw(std::iter::once((x, y, &meant)))
    }
}

impl<W: Write> Write for Canvas<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.out)
    }
}

impl<W: Write> Backend for Canvas<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        // The row and the columns of the last doubtful cluster. ratatui may clear what such a cluster
        // covers, and in a terminal that agrees with it that would cut the cluster in two.
        let mut covered = (0, 0..0);
        let cells: Vec<_> = content
            .filter(|(x, y, cell)| {
                let is_covered = covered.0 == *y && covered.1.contains(x);
                if !is_covered && !is_certain(cell.symbol()) {
                    covered = (*y, x + 1..x.saturating_add(cell.cell_width()));
                }
                !is_covered
            })
            .collect();
        // Each call of `draw` begins with a cursor move, so a new call after a doubtful cluster
        // places the cursor anew.
        for run in cells.chunk_by(|(_, _, cell), _| is_certain(cell.symbol())) {
            match run.split_last() {
                Some((&(x, y, cell), before)) if !is_certain(cell.symbol()) => {
                    self.out.draw(before.iter().copied())?;
                    self.draw_doubtful(x, y, cell)?;
                }
                _ => self.out.draw(run.iter().copied())?,
            }
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.out.hide_cursor()
    }

    /// Never fails. When the terminal is dropped, ratatui shows the cursor and prints a failure to
    /// stderr, which may be the same terminal that is gone, and printing there would panic.
    fn show_cursor(&mut self) -> io::Result<()> {
        let _ = self.out.show_cursor();
        Ok(())
    }

    /// Does not ask the terminal: the answer would arrive among the keys, or not at all. Nothing
    /// here depends on the position.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.out.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.out.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.out.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.out.size().map(|size| known(size.width, size.height))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.out.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::{Terminal, TerminalOptions, Viewport, layout::Rect, style::Style};
    use std::{cell::RefCell, rc::Rc};
    use unicode_segmentation::UnicodeSegmentation as _;

    /// What was written to the terminal, still readable after the terminal has taken
    /// ownership of it.
    #[derive(Clone, Default)]
    struct Paper(Rc<RefCell<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A terminal of one row, and the pictures drawn on it.
    struct OneRowTerminal {
        terminal: Terminal<Canvas<Paper>>,
        paper: Paper,
        doubt: Doubt,
    }

    impl OneRowTerminal {
        fn new() -> Self {
            let paper = Paper::default();
            let viewport = Viewport::Fixed(Rect::new(0, 0, 20, 1));
            let options = TerminalOptions { viewport };
            let terminal = Terminal::with_options(Canvas::new(paper.clone()), options).unwrap();
            Self { terminal, paper, doubt: Doubt::default() }
        }

        /// Draws the text and returns the bytes that were written for it.
        fn draw(&mut self, text: &str) -> String {
            self.paper.0.borrow_mut().clear();
            let doubt = &mut self.doubt;
            let paint = |frame: &mut ratatui::Frame<'_>| {
                frame.buffer_mut().set_string(0, 0, text, Style::new());
                doubt.settle(frame.buffer_mut());
            };
            self.terminal.draw(paint).unwrap();
            String::from_utf8(self.paper.0.borrow().clone()).unwrap()
        }
    }

    #[test]
    fn a_size_that_is_not_known_is_that_of_the_screen_everybody_has() {
        assert_eq!(known(0, 0), Size::new(80, 24));
        assert_eq!(known(132, 0), Size::new(132, 24));
        assert_eq!(known(1, 1), Size::new(1, 1));
    }

    #[test]
    fn the_cursor_is_placed_anew_after_a_cluster_of_doubtful_width() {
        let drawn = OneRowTerminal::new().draw("नीX");
        let behind = drawn.split("नी").nth(1).unwrap();
        assert!(behind.contains("\x1b[1;") && behind.contains("HX"), "{drawn:?}");
        let plain = OneRowTerminal::new().draw("abX");
        assert!(plain.contains("abX"), "certain text is written in one go: {plain:?}");
    }

    #[test]
    fn whatever_terminals_disagree_about_moves_nothing_beside_it() {
        for (cluster, columns) in text::tests::measured() {
            let safe = text::Safe::new(cluster);
            if safe.is_marked() || safe.width() == columns {
                continue;
            }
            let drawn = OneRowTerminal::new().draw(&format!("a{cluster}X"));
            // What the table calls a cluster can be two for the drawing.
            let mut column = 2;
            for part in cluster.graphemes(true) {
                column += part.cell_width();
                if !is_certain(part) {
                    let behind = drawn.split_once(part).unwrap().1;
                    let place = format!("\x1b[1;{column}H");
                    assert!(behind.contains(&place), "{part} of {cluster}: {drawn:?}");
                }
            }
        }
    }

    #[test]
    fn what_a_narrow_cluster_leaves_free_is_emptied_and_what_it_covers_is_not_written() {
        let mut terminal = OneRowTerminal::new();
        terminal.draw("aZZX");
        let drawn = terminal.draw("a❤\u{fe0f}X");
        let (before, behind) = drawn.split_once("❤\u{fe0f}").unwrap();
        assert!(before.contains("\x1b[1;2H  "), "both columns are emptied first: {drawn:?}");
        assert!(behind.contains("\x1b[1;4HX") && !behind.contains("\x1b[1;3H"), "{drawn:?}");
    }

    #[test]
    fn half_width_sound_marks_are_written_as_themselves_each_in_its_column() {
        let mut terminal = OneRowTerminal::new();
        terminal.paper.0.borrow_mut().clear();
        let spans = text::Safe::new("ｺﾞｻﾞX").spans(Style::new());
        let line = ratatui::text::Line::from(spans);
        let paint = |frame: &mut ratatui::Frame<'_>| {
            frame.buffer_mut().set_line(0, 0, &line, 20);
        };
        terminal.terminal.draw(paint).unwrap();
        let drawn = String::from_utf8(terminal.paper.0.borrow().clone()).unwrap();
        let places: Vec<_> = ["ﾞ", "ｻ", "X"].map(|c| drawn.find(c).unwrap()).into();
        assert!(places.is_sorted(), "{drawn:?}");
        assert!(drawn.contains("\x1b[1;3Hｻ") && drawn.contains("\x1b[1;5HX"), "{drawn:?}");
        assert!(!drawn.contains('\u{e09e}'), "{drawn:?}");
    }

    #[test]
    fn a_row_with_doubt_is_drawn_whole_until_a_picture_after_the_doubt_is_gone() {
        let mut terminal = OneRowTerminal::new();
        terminal.draw("नीX rest");
        let again = terminal.draw("नीX rest");
        assert!(again.contains("rest"), "its rest may have been overwritten: {again:?}");
        let gone = terminal.draw("abX rest");
        assert!(gone.contains("rest"), "its remains are drawn over: {gone:?}");
        // ratatui swaps two buffers, so the one with the doubtful picture comes round once more.
        terminal.draw("abX rest");
        let quiet = terminal.draw("abX rest");
        assert!(!quiet.contains("rest"), "then only changes are drawn: {quiet:?}");
    }
}
