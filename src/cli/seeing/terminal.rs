//! What can be said of a terminal from its variables and its size. It is not asked anything itself: a terminal that does
//! not know a question does not answer it, and whoever waits for the answer hangs.

use super::finding::{CheckedThing, ok, warn};

/// What is known of the terminal.
pub(super) struct SeenTerminal<'a> {
    /// The value of a variable; `None` if it is not set or is empty.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Columns and rows; `None` if that cannot be read.
    pub size: Option<(u16, u16)>,
    /// Whether both input and output are a terminal.
    pub is_terminal: bool,
}

/// The least that the console needs for two panes side by side.
const SMALL: (u16, u16) = (80, 24);

/// What is found about the terminal, in the order in which it is shown.
pub(super) fn findings(seen: &SeenTerminal<'_>) -> Vec<CheckedThing> {
    vec![kind(seen), size(seen), letters(seen), colours(seen), between(seen), input(seen)]
}

fn kind(seen: &SeenTerminal<'_>) -> CheckedThing {
    let term = (seen.variable)("TERM");
    match term.as_deref() {
        _ if !seen.is_terminal => {
            ok("terminal", "none: input or output is a pipe or a file, which verbs do not mind")
        }
        Some("dumb") => warn(
            "terminal",
            "TERM is dumb: the console cannot draw there",
            "Set TERM to what the terminal is, such as xterm-256color.",
        ),
        None => warn(
            "terminal",
            "TERM is not set",
            "Set TERM to what the terminal is, such as xterm-256color.",
        ),
        Some(term) => ok("terminal", format!("TERM is {term}")),
    }
}

fn size(seen: &SeenTerminal<'_>) -> CheckedThing {
    match seen.size {
        None => ok("size", "not known"),
        Some((columns, rows)) if columns < SMALL.0 || rows < SMALL.1 => warn(
            "size",
            format!("{columns} columns, {rows} rows"),
            "Make the window larger: with less than 80 by 24 the console leaves things out.",
        ),
        Some((columns, rows)) => ok("size", format!("{columns} columns, {rows} rows")),
    }
}

fn letters(seen: &SeenTerminal<'_>) -> CheckedThing {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| (seen.variable)(name));
    let Some(locale) = locale else {
        return warn(
            "letters",
            "no locale is set",
            "Set LANG to one with UTF-8, such as C.UTF-8: the console writes that.",
        );
    };
    let small = locale.to_ascii_lowercase();
    if small.contains("utf-8") || small.contains("utf8") {
        ok("letters", format!("the locale is {locale}"))
    } else {
        warn(
            "letters",
            format!("the locale {locale} does not name UTF-8"),
            "Set LANG to one with UTF-8, such as C.UTF-8, and the terminal too.",
        )
    }
}

fn colours(seen: &SeenTerminal<'_>) -> CheckedThing {
    let term = (seen.variable)("TERM").unwrap_or_default();
    let colours = match (seen.variable)("COLORTERM").as_deref() {
        _ if (seen.variable)("NO_COLOR").is_some() => "turned off by NO_COLOR",
        Some("truecolor" | "24bit") => "16 million (COLORTERM)",
        _ if term.contains("256color") => "256 (TERM)",
        _ => "at least 8; the console needs no more",
    };
    ok("colours", colours)
}

/// What stands between the console and the terminal.
fn between(seen: &SeenTerminal<'_>) -> CheckedThing {
    let known = [("TMUX", "tmux"), ("STY", "screen"), ("SSH_CONNECTION", "SSH")];
    let found = known.iter().filter(|(name, _)| (seen.variable)(name).is_some());
    let found: Vec<_> = found.map(|(_, word)| *word).collect();
    match &found[..] {
        [] => ok("between", "nothing that is known: neither tmux nor screen nor SSH"),
        found => ok("between", found.join(" and ")),
    }
}

fn input(seen: &SeenTerminal<'_>) -> CheckedThing {
    let term = (seen.variable)("TERM").unwrap_or_default();
    let is_bare = ["dumb", "linux", "vt100", "vt220"].contains(&term.as_str());
    let over_ssh = (seen.variable)("SSH_CONNECTION").is_some();
    match (seen.is_terminal, is_bare, over_ssh) {
        (false, ..) => ok("input", "not looked at without a terminal"),
        (true, true, _) => warn(
            "input",
            format!("a {term} marks no pasted text and may have no mouse"),
            "Look at what you paste before it goes: each line end in it is a key.",
        ),
        (true, false, true) => {
            ok("input", "pasted text is marked; the mouse is off at the start over SSH (F2)")
        }
        (true, false, false) => ok("input", "pasted text is marked, and the mouse works"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Grade, *};

    fn seen(variables: &[(&str, &str)], size: Option<(u16, u16)>) -> Vec<(&'static str, Grade)> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let seen = SeenTerminal { variable: &variable, size, is_terminal: true };
        findings(&seen).into_iter().map(|found| (found.name, found.grade)).collect()
    }

    #[test]
    fn r_see_6_a_good_terminal_is_good_and_each_fault_is_named() {
        let good = [("TERM", "xterm-256color"), ("LANG", "en_US.UTF-8"), ("TMUX", "/tmp/x")];
        assert!(seen(&good, Some((120, 40))).iter().all(|(_, grade)| *grade == Grade::Ok));
        let bad = [("TERM", "dumb"), ("LC_ALL", "de_DE.ISO-8859-1"), ("LANG", "C.UTF-8")];
        let bad = seen(&bad, Some((79, 24)));
        let warned: Vec<_> =
            bad.iter().filter(|(_, grade)| *grade == Grade::Warn).map(|(name, _)| *name).collect();
        assert_eq!(warned, ["terminal", "size", "letters", "input"]);
        let bare = seen(&[], None);
        assert!(bare.contains(&("letters", Grade::Warn)) && bare.contains(&("size", Grade::Ok)));
    }
}
