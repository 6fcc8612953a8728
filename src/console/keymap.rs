//! Which keys mean which actions: the default map is `assets/keymap.toml`, a file of the agent's
//! may change single lines. A broken line never blocks the console: it is reported, the default
//! stays. Chords have at most two keys, the first of which is a leader that opens a menu.

use super::actions::{Action, Context};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

const DEFAULT: &str = include_str!("../../assets/keymap.toml");

/// A key as it is compared: shift is part of a letter, never a modifier of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Names of keys that are not letters: in files, on screen.
const NAMES: &[(&str, &str, KeyCode)] = &[
    ("esc", "Esc", KeyCode::Esc),
    ("enter", "Enter", KeyCode::Enter),
    ("tab", "Tab", KeyCode::Tab),
    ("backtab", "S-Tab", KeyCode::BackTab),
    ("backspace", "Backspace", KeyCode::Backspace),
    ("space", "Space", KeyCode::Char(' ')),
    ("up", "Up", KeyCode::Up),
    ("down", "Down", KeyCode::Down),
    ("left", "Left", KeyCode::Left),
    ("right", "Right", KeyCode::Right),
    ("pgup", "PgUp", KeyCode::PageUp),
    ("pgdn", "PgDn", KeyCode::PageDown),
    ("home", "Home", KeyCode::Home),
    ("end", "End", KeyCode::End),
    ("insert", "Ins", KeyCode::Insert),
    ("delete", "Del", KeyCode::Delete),
];

impl Key {
    /// The key of an event.
    #[must_use]
    pub fn of(event: KeyEvent) -> Self {
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        let code = match event.code {
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => {
                KeyCode::Char(c.to_ascii_lowercase())
            }
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        if code == KeyCode::BackTab {
            modifiers = KeyModifiers::NONE;
        }
        Self { code, modifiers }
    }

    /// The key of a name such as `p`, `G`, `ctrl-p`, `alt-e`, `f5`, `pgdn`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (modifiers, rest) = if let Some(rest) = name.strip_prefix("ctrl-") {
            (KeyModifiers::CONTROL, rest)
        } else if let Some(rest) = name.strip_prefix("alt-") {
            (KeyModifiers::ALT, rest)
        } else {
            (KeyModifiers::NONE, name)
        };
        let mut letters = rest.chars();
        let code = match (letters.next(), letters.next()) {
            (Some(letter), None) if !letter.is_control() => KeyCode::Char(letter),
            (Some('f'), Some(_))
                if rest[1..].parse::<u8>().is_ok_and(|n| (1..=12).contains(&n)) =>
            {
                KeyCode::F(rest[1..].parse().ok()?)
            }
            _ => NAMES.iter().find(|(file, ..)| *file == rest)?.2,
        };
        Some(Self { code, modifiers })
    }

    /// The event a terminal sends for it.
    #[must_use]
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// Whether it is a character to be typed into text.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }
}

impl fmt::Display for Key {
    /// As it is called on screen: `p`, `Ctrl-P`, `PgDn`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("Ctrl-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("Alt-")?;
        }
        match self.code {
            KeyCode::F(n) => write!(f, "F{n}"),
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) if !self.modifiers.is_empty() => {
                write!(f, "{}", c.to_ascii_uppercase())
            }
            KeyCode::Char(c) => write!(f, "{c}"),
            code => match NAMES.iter().find(|(.., c)| *c == code) {
                Some((_, screen, _)) => f.write_str(screen),
                None => f.write_str("?"),
            },
        }
    }
}

/// One or two keys in a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chord(Vec<Key>);

impl Chord {
    /// The chord of words such as `p` or `g g`.
    #[must_use]
    pub fn parse(words: &str) -> Option<Self> {
        let keys: Vec<_> = words.split_whitespace().map(Key::parse).collect::<Option<_>>()?;
        (1..=2).contains(&keys.len()).then_some(Self(keys))
    }
    /// Its keys.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.0
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, key) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            key.fmt(f)?;
        }
        Ok(())
    }
}

/// What typed keys mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// An action.
    Action(Action),
    /// The first key of chords: wait for the second.
    Leader,
    /// Nothing here.
    Nothing,
}

/// A keymap file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    keys: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    leaders: BTreeMap<String, String>,
}

/// The keys of every action.
#[derive(Clone, Debug)]
pub struct Keymap {
    chords: HashMap<Action, Vec<Chord>>,
    /// First keys of chords, with what they announce.
    leaders: BTreeMap<String, String>,
}

impl Default for Keymap {
    fn default() -> Self {
        let mut map = Self { chords: HashMap::new(), leaders: BTreeMap::new() };
        // A test proves that the file in this program has no problems.
        let _ = map.change(DEFAULT);
        map
    }
}

impl Keymap {
    /// Changes the lines that `toml` has; returns what could not be used, in words.
    pub fn change(&mut self, toml: &str) -> Vec<String> {
        let file: File = match toml::from_str(toml) {
            Ok(file) => file,
            Err(error) => return vec![format!("keymap not used: {}", error.message())],
        };
        let mut problems = Vec::new();
        self.leaders.extend(file.leaders);
        for (id, words) in file.keys {
            let Some(action) = Action::from_id(&id) else {
                problems.push(format!("unknown action {id}"));
                continue;
            };
            match words.iter().map(|w| Chord::parse(w)).collect::<Option<Vec<_>>>() {
                Some(chords) => {
                    self.chords.insert(action, chords);
                }
                None => problems.push(format!("{id}: a key of {words:?} does not exist")),
            }
        }
        problems.extend(self.conflicts());
        problems
    }

    /// Chords that mean two things in one place, in words.
    #[must_use]
    pub fn conflicts(&self) -> Vec<String> {
        let mut found = Vec::new();
        for &context in Context::ALL {
            let here: Vec<_> = self.here(context).collect();
            for (i, (action, chord)) in here.iter().enumerate() {
                for (other, with) in &here[i + 1..] {
                    let shadowed = chord.0.starts_with(&with.0) || with.0.starts_with(&chord.0);
                    if shadowed {
                        let (a, b) = (action.row().id, other.row().id);
                        found.push(format!("{context:?}: {chord} of {a} against {with} of {b}"));
                    }
                }
            }
        }
        found
    }

    /// What can be pressed in a place. Where text is typed, letters are actions only of rows that
    /// belong to that place alone, such as the `s` of the review sheet.
    fn here(&self, context: Context) -> impl Iterator<Item = (Action, &Chord)> {
        Action::table().filter(move |row| row.contexts.contains(&context)).flat_map(move |row| {
            let letters = !context.is_text() || row.contexts.len() == 1;
            let chords = self.keys(row.action).iter();
            chords.filter(move |c| letters || !c.0[0].is_text()).map(move |c| (row.action, c))
        })
    }

    /// The chords of an action, the best first.
    #[must_use]
    pub fn keys(&self, action: Action) -> &[Chord] {
        self.chords.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The chord to show for an action in a place.
    #[must_use]
    pub fn shown(&self, action: Action, context: Context) -> Option<&Chord> {
        self.here(context).find(|(a, _)| *a == action).map(|(_, chord)| chord)
    }

    /// What the typed keys mean in a place.
    #[must_use]
    pub fn find(&self, context: Context, typed: &[Key]) -> Meaning {
        let mut meaning = Meaning::Nothing;
        for (action, chord) in self.here(context) {
            if chord.0 == typed {
                return Meaning::Action(action);
            }
            if chord.0.starts_with(typed) {
                meaning = Meaning::Leader;
            }
        }
        meaning
    }

    /// The leaders of a place, with what they announce.
    pub fn leaders(&self, context: Context) -> impl Iterator<Item = (Key, &str)> {
        self.leaders.iter().filter_map(move |(name, title)| {
            let key = Key::parse(name)?;
            (self.find(context, &[key]) == Meaning::Leader).then_some((key, title.as_str()))
        })
    }

    /// What can follow a leader: the menu of the second key.
    #[must_use]
    pub fn following(&self, context: Context, leader: Key) -> Vec<(Key, Action)> {
        self.here(context)
            .filter(|(_, chord)| chord.0.len() == 2 && chord.0[0] == leader)
            .map(|(action, chord)| (chord.0[1], action))
            .collect()
    }
}

#[cfg(test)]
mod tests;
