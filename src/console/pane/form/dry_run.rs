//! What a command would lead to: what the hub answered to a dry run, and how old that
//! answer is (R-DRYRUN-1).
//!
//! Until the hub has answered, and where no hub can tell, a guess by the same rules stands in the
//! answer's place and never beside it. All of it is about exactly the command on the sheet. The
//! answer to an older question is dropped, and so is an answer about another command.

use crate::{
    console::msg::DryRunToken,
    model::{ClientError, Finding, Level, Outlook, Timestamp},
};
use std::time::Duration;

/// While the sheet is open, an answer older than this is asked for again (R-CONSOLE-6).
pub const OLD: Duration = Duration::from_secs(30);
/// The shortest time between an answer and the next question.
const BETWEEN: Duration = Duration::from_millis(250);
/// A question that has no answer after this time is asked again.
const LOST: Duration = Duration::from_secs(10);

/// What is known of a dry run.
#[derive(Clone, Debug)]
pub struct DryRun {
    offered: bool,
    waiting: Option<(DryRunToken, Timestamp)>,
    known: Option<(Box<Outlook>, Timestamp)>,
    fault: Option<ClientError>,
    guess: Vec<Finding>,
    /// Something happened after the newest question was asked.
    overtaken: bool,
    /// Something happened that the newest answer does not know of.
    doubted: bool,
}

/// How far the dry run has come, for the one line that says so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DryRunStatus<'a> {
    /// The server has no dry runs.
    NotOffered,
    /// It was asked for and is not answered yet.
    Waiting,
    /// The question failed.
    Failed(&'a ClientError),
    /// It was answered at this time, and nothing is known to have happened since.
    Fresh(Timestamp),
    /// It was answered at this time, but is old, was overtaken by an event, or is being
    /// asked for again.
    Stale(Timestamp),
}

impl DryRun {
    /// A dry run of which nothing is known. `offered` says whether the server has dry runs at all.
    #[must_use]
    pub const fn new(offered: bool) -> Self {
        Self {
            offered,
            waiting: None,
            known: None,
            fault: None,
            guess: Vec::new(),
            overtaken: false,
            doubted: false,
        }
    }
    /// Remembers that the question was asked. Returns false if there is nobody to ask.
    pub fn asked(&mut self, token: DryRunToken, at: Timestamp) -> bool {
        if self.offered {
            self.waiting = Some((token, at));
            self.overtaken = false;
        }
        self.offered
    }
    /// Takes in an answer. Returns whether it belongs to the newest question and says something
    /// else than the answer before.
    pub fn answered(
        &mut self,
        token: &DryRunToken,
        result: Result<Box<Outlook>, ClientError>,
        at: Timestamp,
    ) -> bool {
        if self.waiting.as_ref().is_none_or(|(asked, _)| asked != token) {
            return false;
        }
        self.waiting = None;
        match result {
            Ok(mut outlook) => {
                outlook.findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
                let changed = self.known.as_ref().is_none_or(|(old, _)| differs(old, &outlook));
                (self.known, self.fault) = (Some((outlook, at)), None);
                self.doubted = self.overtaken;
                changed
            }
            Err(ClientError::Unsupported(_)) => {
                (self.offered, self.known) = (false, None);
                true
            }
            Err(error) => {
                self.fault = Some(error);
                true
            }
        }
    }
    /// Takes in what can be said without the hub.
    pub fn guessed(&mut self, guess: Vec<Finding>) {
        self.guess = guess;
    }
    /// Something happened to whom it is for, so the answer may be wrong by now.
    pub const fn overtake(&mut self) {
        self.overtaken = true;
        self.doubted = true;
    }
    /// Whether something happened that the answer does not know of, and no newer answer has come.
    #[must_use]
    pub const fn is_doubted(&self) -> bool {
        self.doubted
    }
    /// What the hub said; `None` before its first answer. It stays while it is asked for again,
    /// because the sheet says that it may be old.
    #[must_use]
    pub fn outlook(&self) -> Option<&Outlook> {
        self.known.as_ref().map(|(outlook, _)| &**outlook)
    }
    /// How far the dry run has come.
    #[must_use]
    pub fn status(&self, at: Timestamp) -> DryRunStatus<'_> {
        match (&self.known, &self.fault) {
            _ if !self.offered => DryRunStatus::NotOffered,
            (None, Some(error)) if self.waiting.is_none() => DryRunStatus::Failed(error),
            (None, _) => DryRunStatus::Waiting,
            (Some((_, when)), fault) => {
                let again = self.waiting.is_some() || self.overtaken || fault.is_some();
                let old = at.since(*when) > OLD;
                if again || old { DryRunStatus::Stale(*when) } else { DryRunStatus::Fresh(*when) }
            }
        }
    }
    /// When the question should be asked, or asked again; `None` if it is not to be
    /// asked by itself.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        if !self.offered {
            return None;
        }
        match (&self.waiting, &self.known) {
            (Some((_, asked)), _) => Some(asked.after(LOST)),
            (None, Some((_, at))) if self.overtaken => Some(at.after(BETWEEN)),
            (None, Some((_, at))) if self.fault.is_none() => Some(at.after(OLD)),
            (None, _) => None,
        }
    }
    /// The findings of the hub or else those of the guess, the heaviest first (R-DRYRUN-2).
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        self.outlook().map_or(&self.guess, |outlook| &outlook.findings)
    }
}

/// Whether the sheet would show the two answers differently.
fn differs(old: &Outlook, new: &Outlook) -> bool {
    old.findings != new.findings
        || old.audience != new.audience
        || old.merge != new.merge
        || old.balances != new.balances
        || old.is_blocked() != new.is_blocked()
}

/// A finding's level as a mark and a word, so that colour alone never says it.
#[must_use]
pub const fn words(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Good => ("ok", ""),
        Level::Note => ("..", "note"),
        Level::Warn => ("!?", "think again"),
        Level::Block => ("!!", "stop"),
    }
}
