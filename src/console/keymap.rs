//! Which keys mean which actions. The default map is `assets/keymap.toml`; a file of the agent's
//! own may change single lines of it. A broken line never keeps the console from starting: it is
//! reported, and the default for that line stays. A chord has at most two keys, and the first of
//! two is a leader that opens a menu.

use super::actions::{Action, KeyContext};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

const DEFAULT: &str = include_str!("../../assets/keymap.toml");

/// A key in the form in which keys are compared. Shift is part of a letter and never a modifier of
/// it, because terminals differ in whether they report it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyPress {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// The keys that are not letters: the name in files, the name on screen, and the code.
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

impl KeyPress {
    /// The key of a terminal's event.
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

    /// Reads a name such as `p`, `G`, `ctrl-p`, `alt-e`, `f5` or `pgdn`; `None` if there is no such key.
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

    /// The event that a terminal sends for this key.
    #[must_use]
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// Whether the key is a character that can be typed into text.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }
}

impl fmt::Display for KeyPress {
    /// Writes the name that the screen shows: `p`, `Ctrl-P`, `PgDn`.
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

/// One key, or two that are pressed one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chord(Vec<KeyPress>);

impl Chord {
    /// Reads words such as `p` or `g g`; `None` if a key does not exist or there are not one or
    /// two of them.
    #[must_use]
    pub fn parse(words: &str) -> Option<Self> {
        let keys: Vec<_> = words.split_whitespace().map(KeyPress::parse).collect::<Option<_>>()?;
        (1..=2).contains(&keys.len()).then_some(Self(keys))
    }
    #[must_use]
    pub fn keys(&self) -> &[KeyPress] {
        &self.0
    }
    /// The events that a terminal sends for these keys.
    #[must_use]
    pub fn events(&self) -> Vec<KeyEvent> {
        self.0.iter().map(|key| key.event()).collect()
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

/// What the keys typed so far mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Action(Action),
    /// They begin a chord, and its second key is awaited.
    Leader,
    /// They mean nothing in this place.
    Nothing,
}

/// The contents of a keymap file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeymapFile {
    #[serde(default)]
    keys: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    leaders: BTreeMap<String, String>,
}

/// The keys of every action.
#[derive(Clone, Debug)]
pub struct Keymap {
    chords: HashMap<Action, Vec<Chord>>,
    /// The first keys of chords, each with the word that its menu is announced with.
    leaders: BTreeMap<String, String>,
}

impl Default for Keymap {
    fn default() -> Self {
        let mut map = Self { chords: HashMap::new(), leaders: BTreeMap::new() };
        // A test proves that the built-in file has no problems.
        let _ = map.change(DEFAULT);
        map
    }
}

impl Keymap {
    /// Changes the lines that `toml` has and leaves all others. Returns in words what could not be
    /// used, and every conflict that the map now has.
    pub fn change(&mut self, toml: &str) -> Vec<String> {
        let file: KeymapFile = match toml::from_str(toml) {
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

    /// Describes every pair of chords that mean two things in one context, or of which one
    /// hides the other.
    #[must_use]
    pub fn conflicts(&self) -> Vec<String> {
        let mut found = Vec::new();
        for &context in KeyContext::ALL {
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

    /// What can be pressed in a context. Where text is typed, a letter is an action only if its row
    /// belongs to that context alone, such as the `s` of the review sheet.
    fn here(&self, context: KeyContext) -> impl Iterator<Item = (Action, &Chord)> {
        Action::table().filter(move |row| row.contexts.contains(&context)).flat_map(move |row| {
            let letters = !context.is_text() || row.contexts.len() == 1;
            let chords = self.keys(row.action).iter();
            chords.filter(move |c| letters || !c.0[0].is_text()).map(move |c| (row.action, c))
        })
    }

    /// The chords of an action, the preferred one first. It is empty if the agent took
    /// its keys away.
    #[must_use]
    pub fn keys(&self, action: Action) -> &[Chord] {
        self.chords.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The chord to show for an action in a context; `None` if it cannot be pressed there.
    #[must_use]
    pub fn shown(&self, action: Action, context: KeyContext) -> Option<&Chord> {
        self.here(context).find(|(a, _)| *a == action).map(|(_, chord)| chord)
    }

    /// What the keys typed so far mean in a context.
    #[must_use]
    pub fn find(&self, context: KeyContext, typed: &[KeyPress]) -> Meaning {
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

    /// The action that these keys mean in another place, and the first place where they do.
    #[must_use]
    pub fn elsewhere(&self, typed: &[KeyPress]) -> Option<(Action, KeyContext)> {
        let row = Action::table()
            .find(|row| self.keys(row.action).iter().any(|chord| chord.0 == typed))?;
        Some((row.action, *row.contexts.first()?))
    }

    /// The leader keys of a context, each with the word that announces its menu.
    pub fn leaders(&self, context: KeyContext) -> impl Iterator<Item = (KeyPress, &str)> {
        self.leaders.iter().filter_map(move |(name, title)| {
            let key = KeyPress::parse(name)?;
            (self.find(context, &[key]) == Meaning::Leader).then_some((key, title.as_str()))
        })
    }

    /// The menu of a leader: the keys that can follow it, and what each does.
    #[must_use]
    pub fn following(&self, context: KeyContext, leader: KeyPress) -> Vec<(KeyPress, Action)> {
        self.here(context)
            .filter(|(_, chord)| chord.0.len() == 2 && chord.0[0] == leader)
            .map(|(action, chord)| (chord.0[1], action))
            .collect()
    }
}

#[cfg(test)]
mod tests;
