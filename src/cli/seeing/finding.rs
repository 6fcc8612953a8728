//! What `switchboard doctor` finds: a name, how good it is, what is the case, and what to do if that is not good. It is
//! written to be pasted into a bug report, so the home folder stands as `~`, and whoever stands in an address
//! before its host is left out.

use super::FoundReport;
use serde_json::json;

/// How good something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grade {
    Ok,
    /// It works, but not as well as it could.
    Warn,
    /// It does not work.
    Fail,
}

impl Grade {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CheckedThing {
    pub name: &'static str,
    pub grade: Grade,
    pub says: String,
    /// What to do; empty if it is good.
    pub advice: &'static str,
}

pub(super) fn ok(name: &'static str, says: impl Into<String>) -> CheckedThing {
    CheckedThing { name, grade: Grade::Ok, says: says.into(), advice: "" }
}

pub(super) fn warn(
    name: &'static str,
    says: impl Into<String>,
    advice: &'static str,
) -> CheckedThing {
    CheckedThing { name, grade: Grade::Warn, says: says.into(), advice }
}

pub(super) fn fail(
    name: &'static str,
    says: impl Into<String>,
    advice: &'static str,
) -> CheckedThing {
    CheckedThing { name, grade: Grade::Fail, says: says.into(), advice }
}

/// The report of everything that was found, with `~` in the place of this home folder.
pub(super) fn report(all: &[CheckedThing], home: Option<&str>) -> FoundReport {
    let shared = |text: &str| without_user(&at_home(text, home));
    let mut lines = Vec::new();
    for CheckedThing { name, grade, says, advice } in all {
        for (at, words) in shared(says).lines().enumerate() {
            let (name, grade) = if at == 0 { (*name, grade.word()) } else { ("", "") };
            lines.push((name.to_owned(), format!("{grade:<6}{words}")));
        }
        if !advice.is_empty() {
            lines.push((String::new(), format!("{:<6}{advice}", "")));
        }
    }
    let findings = all.iter().map(|CheckedThing { name, grade, says, advice }| {
        json!({ "name": name, "grade": grade.word(), "says": shared(says), "advice": advice })
    });
    let failed = all.iter().filter(|found| found.grade == Grade::Fail);
    FoundReport {
        lines,
        json: json!({ "findings": findings.collect::<Vec<_>>() }),
        troubles: failed.map(|found| found.name.to_owned()).collect(),
    }
}

/// A text with `~` wherever a path below this folder begins.
fn at_home(text: &str, home: Option<&str>) -> String {
    match home.map(|home| home.trim_end_matches('/')).filter(|home| !home.is_empty()) {
        Some(home) => {
            let mut parts = text.split(home);
            let mut out = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                // The folder of somebody whose name begins alike is another one.
                let goes_on = part.starts_with(|c: char| c.is_alphanumeric() || "._-".contains(c));
                out.push_str(if goes_on { home } else { "~" });
                out.push_str(part);
            }
            out
        }
        None => text.to_owned(),
    }
}

/// A text in which nobody stands before the host of an address.
fn without_user(text: &str) -> String {
    let mut parts = text.split("://");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let host = part.find(['/', ' ']).unwrap_or(part.len());
        let begin = part[..host].rfind('@').map_or(0, |at| at + 1);
        out.push_str("://");
        out.push_str(if begin > 0 { "***@" } else { "" });
        out.push_str(&part[begin..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_see_6_a_report_has_no_home_folder_and_nobody_s_password() {
        let found = [
            ok("config", "/home/jane/.config/switchboard/config.toml (600)"),
            warn("endpoint", "https://jane:secret@hub.example.com:7400 and https://b/@", "Do."),
        ];
        let report = report(&found, Some("/home/jane/"));
        let says: Vec<_> = report.lines.iter().map(|(_, says)| says.as_str()).collect();
        assert_eq!(
            says,
            [
                "ok    ~/.config/switchboard/config.toml (600)",
                "warn  https://***@hub.example.com:7400 and https://b/@",
                "      Do.",
            ]
        );
        assert!(report.troubles.is_empty(), "a warning is no trouble");
        assert!(!report.json.to_string().contains("secret"));
    }

    #[test]
    fn r_see_6_what_fails_is_trouble() {
        let report = report(&[fail("hub", "nobody answers", "Start it.")], None);
        assert_eq!(report.troubles, ["hub"]);
        assert_eq!(report.json["findings"][0]["grade"], "fail");
    }
}
