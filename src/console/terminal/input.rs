//! From the bytes of a terminal to keys, pastes and the mouse. It is pure: bytes and the time go in,
//! events come out.
//!
//! A terminal also answers questions, and not only ours: a shell or a program that ran before may
//! have asked for the colour of the background, the version or the place of the cursor, and the
//! answer arrives here. Such answers are control strings (`ESC ] 11;rgb:… ESC \`) and control
//! sequences (`ESC [ 24;80 R`) in the grammar of ECMA-48. crossterm's own parser knows some of
//! them by name and takes the rest for typed text, or waits for an end that never comes. Here the
//! grammar alone decides where one ends; whatever is no key is swallowed to its end, so that it can
//! neither be typed into a message nor run an action.
//!
//! What has begun need not end, because a line may break and because a person may press Alt-]. So
//! everything unfinished has a time after which it is given up, and the next key counts again.

use super::csi;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::time::Duration;
use tokio::time::Instant;

/// How long what begins a sequence may stand alone before it is a key of its own. It is what vim and
/// others wait: longer than the pause within a sequence that a network cut in two, and shorter
/// than anybody needs to press the next key after Esc.
const ALONE: Duration = Duration::from_millis(50);
/// After this silence an answer that has begun will not end any more.
const SILENCE: Duration = Duration::from_millis(500);
/// An answer takes no longer than this in all, or somebody who types behind one that never
/// ended would lose every key.
const ANSWER: Duration = Duration::from_secs(1);
/// After this silence a paste without its end is taken as it is. A slow line may pause in the middle of
/// a long one.
const PASTE: Duration = Duration::from_secs(1);
/// The most bytes of a paste that are kept. No field takes as many, and a field says what it cuts.
const LARGEST_PASTE: usize = 2 * 1024 * 1024;
/// The longest control sequence that is kept. Real ones have some twenty bytes.
const LONGEST: usize = 256;
const PASTE_BEGINS: &[u8] = b"200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";
const ESC: u8 = 0x1b;

/// What the bytes so far are the beginning of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Nothing,
    /// A character of several bytes; the flag says whether Alt was held.
    Character(bool),
    Escape,
    /// A control sequence: `ESC [`.
    Sequence,
    /// A function key of the oldest kind: `ESC O` and one more byte.
    Function,
    /// A control string of any kind. The byte is the one that opened it.
    Answer(u8),
    /// A control string whose last byte was ESC, which may be the first half of its end.
    AnswerEnd,
    Paste,
}

/// The bytes of a terminal on their way to becoming events.
#[derive(Debug)]
pub struct TerminalInput {
    state: State,
    /// The bytes of what has begun, without its introducer. Those of an answer are not kept.
    held: Vec<u8>,
    began: Instant,
    last: Instant,
}

impl TerminalInput {
    #[must_use]
    pub const fn new(at: Instant) -> Self {
        Self { state: State::Nothing, held: Vec::new(), began: at, last: at }
    }

    /// When what has begun is given up; `None` if nothing has.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let patience = match self.state {
            State::Nothing => return None,
            State::Escape => ALONE,
            State::Sequence | State::Function | State::Answer(_) if self.held.is_empty() => ALONE,
            State::Paste => PASTE,
            State::Character(_) | State::Sequence | State::Function | State::AnswerEnd => SILENCE,
            State::Answer(_) => return Some((self.last + SILENCE).min(self.began + ANSWER)),
        };
        Some(self.last + patience)
    }

    /// Gives up what has begun. What can be a key of its own is one; a paste is taken as it is; the
    /// rest is dropped.
    pub fn give_up(&mut self, events: &mut Vec<Event>) {
        let held = std::mem::take(&mut self.held);
        match std::mem::take(&mut self.state) {
            State::Escape | State::AnswerEnd => events.push(key(KeyCode::Esc, KeyModifiers::NONE)),
            State::Sequence if held.is_empty() => events.push(alt('[')),
            State::Function if held.is_empty() => events.push(alt('O')),
            State::Answer(opener) if held.is_empty() => events.push(alt(char::from(opener))),
            State::Character(is_alt) => events.push(character('\u{fffd}', is_alt)),
            State::Paste if !held.is_empty() => {
                events.push(Event::Paste(String::from_utf8_lossy(&held).into_owned()));
            }
            _ => {}
        }
    }

    /// Takes what one read brought.
    pub fn take(&mut self, bytes: &[u8], at: Instant, events: &mut Vec<Event>) {
        if matches!(self.state, State::Answer(_)) && at >= self.began + ANSWER {
            self.give_up(events);
        }
        self.last = at;
        for byte in bytes {
            self.byte(*byte, at, events);
        }
    }

    fn byte(&mut self, byte: u8, at: Instant, events: &mut Vec<Event>) {
        match self.state {
            State::Nothing => self.first(byte, at, events),
            State::Character(is_alt) => self.character(byte, is_alt, at, events),
            State::Sequence => self.sequence(byte, at, events),
            // The oldest way to say which modifiers are held.
            State::Function if matches!(byte, b'0'..=b'9' | b';') => {}
            State::Function => {
                self.state = State::Nothing;
                match csi::function(byte) {
                    Some(code) => events.push(key(code, KeyModifiers::NONE)),
                    None if byte < b' ' => self.first(byte, at, events),
                    None => {}
                }
            }
            State::Answer(_) => self.answer(byte, at, events),
            State::AnswerEnd if byte == b'\\' => self.state = State::Nothing,
            // An ESC that ends no answer has cut it off, and begins something of its own.
            State::Escape | State::AnswerEnd => self.escaped(byte, at, events),
            State::Paste => self.paste(byte, events),
        }
    }

    fn begin(&mut self, state: State, at: Instant) {
        self.held.clear();
        self.state = state;
        self.began = at;
    }

    fn first(&mut self, byte: u8, at: Instant, events: &mut Vec<Event>) {
        match byte {
            ESC => self.begin(State::Escape, at),
            ..=0x7f => events.push(single(byte)),
            // The introducers of eight bits. No character of UTF-8 begins with one of these.
            0x90 | 0x98 | 0x9d..=0x9f => self.begin(State::Answer(byte - 0x40), at),
            0x9b => self.begin(State::Sequence, at),
            0x8f => self.begin(State::Function, at),
            _ => {
                self.begin(State::Character(false), at);
                self.character(byte, false, at, events);
            }
        }
    }

    /// What follows an ESC.
    fn escaped(&mut self, byte: u8, at: Instant, events: &mut Vec<Event>) {
        match byte {
            ESC => {
                events.push(key(KeyCode::Esc, KeyModifiers::NONE));
                self.begin(State::Escape, at);
            }
            b'[' => self.begin(State::Sequence, at),
            b'O' => self.begin(State::Function, at),
            // DCS, SOS, OSC, PM and APC, the five control strings of ECMA-48.
            b'P' | b'X' | b']' | b'^' | b'_' => self.begin(State::Answer(byte), at),
            ..=0x7f => {
                self.state = State::Nothing;
                let mut event = single(byte);
                if let Event::Key(key) = &mut event {
                    key.modifiers |= KeyModifiers::ALT;
                }
                events.push(event);
            }
            _ => {
                self.begin(State::Character(true), at);
                self.character(byte, true, at, events);
            }
        }
    }

    fn character(&mut self, byte: u8, is_alt: bool, at: Instant, events: &mut Vec<Event>) {
        let continues = self.held.is_empty() || (0x80..0xc0).contains(&byte);
        if continues {
            self.held.push(byte);
            match std::str::from_utf8(&self.held) {
                Ok(text) => {
                    events.extend(text.chars().map(|c| character(c, is_alt)));
                    self.state = State::Nothing;
                }
                Err(error) if error.error_len().is_none() => {}
                Err(_) => {
                    events.push(character('\u{fffd}', is_alt));
                    self.state = State::Nothing;
                }
            }
        } else {
            // A terminal that does not speak UTF-8 sends letters that are none. It is seen that
            // one was there.
            events.push(character('\u{fffd}', is_alt));
            self.state = State::Nothing;
            self.first(byte, at, events);
        }
    }

    fn sequence(&mut self, byte: u8, at: Instant, events: &mut Vec<Event>) {
        // Two old kinds have their say after what looks like their end: the mouse of X10 with three
        // bytes, and the function keys of the Linux console with one.
        let mouse = self.held.first() == Some(&b'M');
        let console = self.held.first() == Some(&b'[');
        match byte {
            _ if mouse && self.held.len() < 3 => self.held.push(byte),
            _ if mouse || console => {
                self.held.push(byte);
                self.end_sequence(events);
            }
            b'M' | b'[' if self.held.is_empty() => self.held.push(byte),
            b' '..=b'?' if self.held.len() < LONGEST => self.held.push(byte),
            b'@'..=b'~' if self.held.len() < LONGEST => {
                self.held.push(byte);
                if self.held == PASTE_BEGINS {
                    self.begin(State::Paste, at);
                } else {
                    self.end_sequence(events);
                }
            }
            b' '..=b'~' => {
                // It is too long to be anything. What is left of it is swallowed like an answer.
                self.begin(State::Answer(b'['), at);
                self.held.push(byte);
            }
            // Nothing else can stand in a sequence, so it was cut off.
            _ => {
                self.state = State::Nothing;
                self.first(byte, at, events);
            }
        }
    }

    fn end_sequence(&mut self, events: &mut Vec<Event>) {
        self.state = State::Nothing;
        events.extend(csi::event(&self.held));
    }

    /// Swallows a byte of a control string. BEL ends one, as xterm has it, and so does ST, which is
    /// `ESC \` or, where it was opened by eight bits, a single byte that UTF-8 has only inside of a
    /// character. Every other control is none of its bytes: it was cut off, and that is a key.
    fn answer(&mut self, byte: u8, at: Instant, events: &mut Vec<Event>) {
        match byte {
            0x07 => self.state = State::Nothing,
            ESC => self.state = State::AnswerEnd,
            0x9c if self.held == b"\xc2" || !self.is_inside_character() => {
                self.state = State::Nothing;
            }
            ..=0x1f | 0x7f => {
                self.state = State::Nothing;
                self.first(byte, at, events);
            }
            _ => {
                // Only the present character is kept, to know where it ends.
                if !(0x80..0xc0).contains(&byte) {
                    self.held.clear();
                }
                self.held.push(byte);
                self.held.truncate(4);
            }
        }
    }

    /// Whether the bytes that are held lack some to be a character.
    fn is_inside_character(&self) -> bool {
        std::str::from_utf8(&self.held).is_err_and(|error| error.error_len().is_none())
    }

    fn paste(&mut self, byte: u8, events: &mut Vec<Event>) {
        self.held.push(byte);
        if self.held.ends_with(PASTE_ENDS) {
            self.held.truncate(self.held.len() - PASTE_ENDS.len());
            self.give_up(events);
        } else if self.held.len() > LARGEST_PASTE {
            // The end is looked for in what is left.
            self.held.remove(LARGEST_PASTE - PASTE_ENDS.len());
        }
    }
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

fn alt(c: char) -> Event {
    character(c, true)
}

/// A character as a key. Shift is reported with capitals, as crossterm does everywhere.
fn character(c: char, is_alt: bool) -> Event {
    let mut modifiers = if is_alt { KeyModifiers::ALT } else { KeyModifiers::NONE };
    modifiers.set(KeyModifiers::SHIFT, c.is_uppercase());
    key(KeyCode::Char(c), modifiers)
}

/// The key of one byte of ASCII.
fn single(byte: u8) -> Event {
    let control =
        |from: u8, to: u8| key(KeyCode::Char(char::from(byte - from + to)), KeyModifiers::CONTROL);
    match byte {
        b'\r' => key(KeyCode::Enter, KeyModifiers::NONE),
        b'\t' => key(KeyCode::Tab, KeyModifiers::NONE),
        0x7f => key(KeyCode::Backspace, KeyModifiers::NONE),
        0 => key(KeyCode::Char(' '), KeyModifiers::CONTROL),
        1..=0x1a => control(1, b'a'),
        ESC => key(KeyCode::Esc, KeyModifiers::NONE),
        0x1c..=0x1f => control(0x1c, b'4'),
        _ => character(char::from(byte), false),
    }
}

#[cfg(test)]
mod tests;
