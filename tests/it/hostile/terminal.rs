//! A terminal that records every byte, and a judge of those bytes.
//!
//! What is forbidden is written down in `forbidden` a second time, so that a hole in one list is not
//! the same hole in the other.

use super::forbidden::is_forbidden;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport, buffer::Buffer, layout::Rect};
use std::{cell::RefCell, io, rc::Rc};
use switchboard::console::canvas::Canvas;

#[derive(Clone, Default)]
struct Recorder(Rc<RefCell<Vec<u8>>>);

impl io::Write for Recorder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Draws one frame on a new terminal. Returns its bytes and its cells.
pub fn frame(width: u16, height: u16, draw: impl FnOnce(&mut Frame)) -> (Vec<u8>, Buffer) {
    let recorder = Recorder::default();
    let viewport = Viewport::Fixed(Rect::new(0, 0, width, height));
    let backend = Canvas::new(recorder.clone());
    let mut terminal =
        Terminal::with_options(backend, TerminalOptions { viewport }).expect("a terminal");
    let cells = terminal.draw(draw).expect("draws").buffer.clone();
    drop(terminal);
    let bytes = recorder.0.take();
    (bytes, cells)
}

/// What a frame has that it must not have, or `None` if there is nothing. Allowed are cursor moves,
/// styles, the cursor's visibility, synchronized updates and visible characters, and not more than
/// 96 bytes for each cell.
pub fn fault(bytes: &[u8], cells: usize) -> Option<String> {
    if bytes.len() > 96 * cells + 4096 {
        return Some(format!("{} bytes for {cells} cells", bytes.len()));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Some(error.to_string()),
    };
    let mut rest = text;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        if let Some(sequence) = rest.strip_prefix("\x1b[") {
            let Some(length) = allowed(sequence) else {
                return Some(format!(
                    "sequence {:?}",
                    sequence.chars().take(12).collect::<String>()
                ));
            };
            rest = &sequence[length..];
            before = ' ';
            continue;
        }
        if is_forbidden(c, before) {
            return Some(format!("U+{:04X} after {before:?}", u32::from(c)));
        }
        before = c;
        rest = &rest[c.len_utf8()..];
    }
    None
}

/// The length of an allowed sequence without its introducer. `None` if the sequence is not allowed.
fn allowed(sequence: &str) -> Option<usize> {
    for private in ["?25h", "?25l", "?2026h", "?2026l"] {
        if sequence.starts_with(private) {
            return Some(private.len());
        }
    }
    let end = sequence.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':'))?;
    matches!(sequence.as_bytes()[end], b'H' | b'm').then_some(end + 1)
}

#[test]
fn the_judge_knows_right_from_wrong() {
    for good in ["\x1b[1;1H\x1b[0;1mabc سلام 👩\u{200d}👩\x1b[?25l\x1b[38;5;1m", "é❤\u{fe0f}"]
    {
        assert_eq!(fault(good.as_bytes(), 100), None);
    }
    for bad in [
        "\x1b[2J",
        "\x1b]0;x\x07",
        "\x1bc",
        "\x1b[?1049l",
        "\x1b[6n",
        "\r",
        "a\u{202e}",
        "\u{200d}a",
        "\u{9b}1m",
        "hi\u{e0068}",
        "\u{fff9}",
        "\u{10ffff}",
        "\u{fe00}",
        "\u{e000}",
    ] {
        assert!(fault(bad.as_bytes(), 100).is_some(), "{bad:?}");
    }
    assert!(fault(&[b'x'; 8192], 10).is_some());
}
