//! What a control sequence says: a key, the mouse, the focus, or nothing that is for us.
//!
//! The forms are those of xterm's "Control Sequences" and of the kitty keyboard protocol. What is
//! in no table below is an answer to somebody's question, and means nothing here.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

/// The event of a sequence, which is given without its introducer; `None` if it is no key.
pub fn event(sequence: &[u8]) -> Option<Event> {
    match sequence {
        [b'M', button, column, row] => {
            let less = |byte: &u8| byte.checked_sub(32).map(u16::from);
            return mouse(less(button)?, less(column)?, less(row)?);
        }
        [b'[', letter @ b'A'..=b'E'] => return plain(KeyCode::F(letter - b'A' + 1)),
        [b'<', rest @ .., b'M'] => {
            let [button, column, row] = numbers(rest)?;
            return mouse(button, column, row);
        }
        _ => {}
    }
    let (last, parameters) = sequence.split_last()?;
    // Whatever has a private mark or an intermediate byte is an answer.
    if !parameters.iter().all(|b| matches!(b, b'0'..=b'9' | b':' | b';')) {
        return None;
    }
    let text = std::str::from_utf8(parameters).ok()?;
    let mut all = text.split(';');
    let first = all.next().unwrap_or_default();
    let held = all.next().unwrap_or_default();
    match last {
        b'I' if text.is_empty() => Some(Event::FocusGained),
        b'O' if text.is_empty() => Some(Event::FocusLost),
        b'M' => {
            let [button, column, row] = numbers(parameters)?;
            mouse(button.checked_sub(32)?, column, row)
        }
        b'~' if first == "27" => pressed(code_of(all.next()?.parse().ok()?)?, held),
        b'~' => pressed(numbered(first.parse().ok()?)?, held),
        b'u' => pressed(code_of(first.split(':').next()?.parse().ok()?)?, held),
        b'Z' => pressed(KeyCode::BackTab, "2"),
        // A row or a column in the first place makes it the answer where the cursor is.
        letter if matches!(first, "" | "1") => pressed(lettered(*letter)?, held),
        _ => None,
    }
}

/// The key of `ESC O` and one byte.
pub const fn function(byte: u8) -> Option<KeyCode> {
    Some(match byte {
        b'M' => KeyCode::Enter,
        b'R' => KeyCode::F(3),
        // The number block while it is not in its ordinary mode.
        b'j'..=b'y' => KeyCode::Char((byte - 0x40) as char),
        letter => match lettered(letter) {
            Some(code) => code,
            None => return None,
        },
    })
}

const fn lettered(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'E' => KeyCode::KeypadBegin,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'S' => KeyCode::F(4),
        _ => return None,
    })
}

/// The key of `ESC [ number ~`.
const fn numbered(number: u8) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number - 10),
        17..=21 => KeyCode::F(number - 11),
        23..=26 => KeyCode::F(number - 12),
        28 | 29 => KeyCode::F(number - 13),
        31..=34 => KeyCode::F(number - 14),
        _ => return None,
    })
}

/// The key of a number of the kitty protocol or of xterm's `modifyOtherKeys`: a scalar, or, in
/// Unicode's private area, a key that types none.
fn code_of(number: u32) -> Option<KeyCode> {
    const BLOCK: &[u8; 18] = b"0123456789./*-+\r=,";
    Some(match number {
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        57_399..=57_416 => match BLOCK.get(usize::try_from(number - 57_399).ok()?)? {
            b'\r' => KeyCode::Enter,
            other => KeyCode::Char(char::from(*other)),
        },
        57_417 => KeyCode::Left,
        57_418 => KeyCode::Right,
        57_419 => KeyCode::Up,
        57_420 => KeyCode::Down,
        57_421 => KeyCode::PageUp,
        57_422 => KeyCode::PageDown,
        57_423 => KeyCode::Home,
        57_424 => KeyCode::End,
        57_425 => KeyCode::Insert,
        57_426 => KeyCode::Delete,
        57_344..=63_743 => return None,
        other => KeyCode::Char(char::from_u32(other).filter(|c| !c.is_control())?),
    })
}

fn plain(code: KeyCode) -> Option<Event> {
    pressed(code, "")
}

/// A key with the modifiers that are held, which is one more than the sum of their bits, and with what
/// was done to it behind a colon: pressed, repeated or let go.
fn pressed(code: KeyCode, held: &str) -> Option<Event> {
    let mut parts = held.split(':');
    let bits = match parts.next().unwrap_or_default() {
        "" => 0,
        number => number.parse::<u8>().ok()?.saturating_sub(1),
    };
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, bits & 1 != 0);
    modifiers.set(KeyModifiers::ALT, bits & 2 != 0);
    modifiers.set(KeyModifiers::CONTROL, bits & 4 != 0);
    let kind = match parts.next() {
        Some("2") => KeyEventKind::Repeat,
        Some("3") => KeyEventKind::Release,
        _ => KeyEventKind::Press,
    };
    let code = match code {
        KeyCode::Char(c) if modifiers.contains(KeyModifiers::SHIFT) && c.is_lowercase() => {
            KeyCode::Char(c.to_uppercase().next().unwrap_or(c))
        }
        KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        code => code,
    };
    Some(Event::Key(KeyEvent::new_with_kind(code, modifiers, kind)))
}

fn numbers(text: &[u8]) -> Option<[u16; 3]> {
    let mut all = std::str::from_utf8(text).ok()?.split(';').map(str::parse);
    let three = [all.next()?.ok()?, all.next()?.ok()?, all.next()?.ok()?];
    all.next().is_none().then_some(three)
}

/// A button that was pressed or a wheel that was turned. Moving and letting go mean nothing here.
fn mouse(bits: u16, column: u16, row: u16) -> Option<Event> {
    const MOVED: u16 = 32;
    let kind = match bits & 0b1110_0011 {
        0 => MouseEventKind::Down(MouseButton::Left),
        1 => MouseEventKind::Down(MouseButton::Middle),
        2 => MouseEventKind::Down(MouseButton::Right),
        64 => MouseEventKind::ScrollUp,
        65 => MouseEventKind::ScrollDown,
        _ => return None,
    };
    if bits & MOVED != 0 {
        return None;
    }
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, bits & 4 != 0);
    modifiers.set(KeyModifiers::ALT, bits & 8 != 0);
    modifiers.set(KeyModifiers::CONTROL, bits & 16 != 0);
    let (column, row) = (column.checked_sub(1)?, row.checked_sub(1)?);
    Some(Event::Mouse(MouseEvent { kind, column, row, modifiers }))
}
