//! Text that no hand has typed: a paste of a terminal that does not say where one begins, what a
//! password manager or a scanner writes, or what a neighbour typed into the wrong window.
//!
//! Where no text is typed every letter is a key that does something. So characters that come faster
//! than fingers are taken for a paste, which is text wherever it lands (R-CONSOLE-5). Where text is
//! typed only Enter and Tab differ: within a burst they are text too.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::time::Duration;
use tokio::time::Instant;

/// Characters that follow one another within this time are one burst. Two fingers that fall on two
/// keys at once are some 10 ms apart, and a key that is held down repeats every 25 to 35 ms; a
/// terminal writes a paste in one go. Every typed character waits for so long, which nobody
/// sees: it is a third of a picture.
const GAP: Duration = Duration::from_millis(5);
/// As many characters in one burst are text. Fewer can be a hand: what was typed while the line stood
/// still arrives together, and that is seldom more than a step and a chord of two keys.
const FEWEST: usize = 4;
/// The most characters of a burst that are kept. No field takes as many.
const MOST: usize = 1024 * 1024;

/// The characters that wait to be told apart from a burst.
#[derive(Debug, Default)]
pub struct Burst {
    keys: Vec<KeyEvent>,
    text: String,
    until: Option<Instant>,
}

impl Burst {
    /// When what waits is to be released; `None` if nothing does.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.until
    }

    /// Takes an event of the terminal.
    pub fn take(&mut self, event: Event, at: Instant, out: &mut Vec<Event>) {
        if self.until.is_some_and(|until| at >= until) {
            self.release(out);
        }
        match &event {
            Event::Key(key) if key.kind == KeyEventKind::Release => {}
            Event::Key(key) if key.kind == KeyEventKind::Press && typed(*key).is_some() => {
                self.hold(*key, at);
            }
            _ => {
                self.release(out);
                out.push(event);
            }
        }
    }

    fn hold(&mut self, key: KeyEvent, at: Instant) {
        self.until = Some(at + GAP);
        if self.keys.len() < MOST {
            self.keys.push(key);
            self.text.extend(typed(key));
        }
    }

    /// Releases what waits, as keys or as a paste.
    pub fn release(&mut self, out: &mut Vec<Event>) {
        self.until = None;
        let keys = std::mem::take(&mut self.keys);
        let text = std::mem::take(&mut self.text);
        // A key that is held down while the line stands still arrives as many of the same.
        let repeats = keys.windows(2).all(|pair| pair[0] == pair[1]);
        if keys.len() >= FEWEST && !repeats {
            out.push(Event::Paste(text));
        } else {
            out.extend(keys.into_iter().map(Event::Key));
        }
    }
}

/// The character that a key would be in a text; `None` for a key that no text has.
fn typed(key: KeyEvent) -> Option<char> {
    let bare = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
    match key.code {
        KeyCode::Char(c) if bare => Some(c),
        KeyCode::Enter if bare => Some('\n'),
        KeyCode::Tab if bare => Some('\t'),
        // A line feed, which raw mode does not turn into Enter.
        KeyCode::Char('j') if key.modifiers == KeyModifiers::CONTROL => Some('\n'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Event> {
        let code = |c| match c {
            '\n' => KeyCode::Enter,
            c => KeyCode::Char(c),
        };
        text.chars().map(|c| Event::Key(code(c).into())).collect()
    }

    /// What comes out if the events arrive with so many milliseconds between them.
    fn arriving(events: Vec<Event>, apart: u64) -> Vec<Event> {
        let (mut burst, mut out, mut at) = (Burst::default(), Vec::new(), Instant::now());
        for event in events {
            burst.take(event, at, &mut out);
            at += Duration::from_millis(apart);
        }
        burst.release(&mut out);
        assert_eq!(burst.deadline(), None, "nothing waits any more");
        out
    }

    #[test]
    fn what_no_hand_types_so_fast_is_a_paste() {
        for text in ["please call me back", "ok?\n", "four", "two\nlines", "jjjk", "你好世界"] {
            assert_eq!(arriving(keys(text), 0), [Event::Paste(text.to_owned())], "{text}");
            assert_eq!(arriving(keys(text), 4), [Event::Paste(text.to_owned())], "{text}");
        }
    }

    #[test]
    fn fingers_chords_and_a_key_that_is_held_down_stay_keys() {
        assert_eq!(arriving(keys("please call"), 6), keys("please call"));
        for text in ["gc", "jgc", "qq", "r", "jjjjjjjjjjjjjjjj", "\n\n\n\n\n"] {
            assert_eq!(arriving(keys(text), 0), keys(text), "{text:?}");
        }
    }

    #[test]
    fn a_key_that_no_text_has_ends_a_burst_and_keeps_its_place() {
        let escape = Event::Key(KeyCode::Esc.into());
        let save = Event::Key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL));
        let mut events = keys("karibu");
        events.extend([save.clone(), escape.clone()]);
        events.extend(keys("gc"));
        let mut right = vec![Event::Paste("karibu".into()), save, escape];
        right.extend(keys("gc"));
        assert_eq!(arriving(events, 0), right);
    }

    #[test]
    fn a_single_key_waits_no_longer_than_the_gap() {
        let (mut burst, mut out, at) = (Burst::default(), Vec::new(), Instant::now());
        burst.take(Event::Key(KeyCode::Char('j').into()), at, &mut out);
        assert!(out.is_empty());
        assert_eq!(burst.deadline(), Some(at + GAP));
        // A late reader takes nothing for a burst that the deadline has already divided.
        for event in keys("abc") {
            burst.take(event, at + GAP, &mut out);
        }
        assert_eq!(out, keys("j"));
    }
}
