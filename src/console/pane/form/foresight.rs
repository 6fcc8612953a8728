//! What a command would lead to: what the hub answered to a dry run, and how old that is. Until it
//! has answered, and where no hub can tell, a guess by the same rules stands in its place; never
//! beside it. It is about exactly the command on the sheet: an answer to an older question is
//! dropped, and so is one about another command.

use crate::{
    console::msg::Token,
    model::{ClientError, Finding, Level, Outlook, Timestamp},
};
use std::time::Duration;

/// An answer older than this is asked for again while the sheet is open (console.md C5).
pub const OLD: Duration = Duration::from_secs(30);
/// The shortest time between an answer and the next question.
const BETWEEN: Duration = Duration::from_millis(250);
/// A question without an answer for so long is asked again.
const LOST: Duration = Duration::from_secs(10);

/// What is known of a dry run.
#[derive(Clone, Debug)]
pub struct Foresight {
    offered: bool,
    waiting: Option<(Token, Timestamp)>,
    known: Option<(Box<Outlook>, Timestamp)>,
    fault: Option<ClientError>,
    guess: Vec<Finding>,
    /// Something happened that the answer does not know of.
    overtaken: bool,
}

/// Where it stands, for the one line that says so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing<'a> {
    /// The server has no dry runs.
    NotOffered,
    /// Asked, no answer yet.
    Waiting,
    /// The question failed.
    Failed(&'a ClientError),
    /// Answered at that time, and nothing is known to have happened since.
    Fresh(Timestamp),
    /// Answered at that time, and asked again since.
    Stale(Timestamp),
}

impl Foresight {
    /// Nothing is known; `offered` if the server has dry runs at all.
    #[must_use]
    pub const fn new(offered: bool) -> Self {
        Self {
            offered,
            waiting: None,
            known: None,
            fault: None,
            guess: Vec::new(),
            overtaken: false,
        }
    }
    /// A question was asked. False: there is nobody to ask.
    pub fn asked(&mut self, token: Token, at: Timestamp) -> bool {
        if self.offered {
            self.waiting = Some((token, at));
            self.overtaken = false;
        }
        self.offered
    }
    /// An answer. True if it was to the newest question and says something else than the one before.
    pub fn answered(
        &mut self,
        token: &Token,
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
    /// What can be said without the hub.
    pub fn guessed(&mut self, guess: Vec<Finding>) {
        self.guess = guess;
    }
    /// Something happened to the customer: the answer may be wrong by now.
    pub const fn overtake(&mut self) {
        self.overtaken = true;
    }
    /// What the hub said; also while it is asked again, for the sheet says that it may be old.
    #[must_use]
    pub fn outlook(&self) -> Option<&Outlook> {
        self.known.as_ref().map(|(outlook, _)| &**outlook)
    }
    /// Where it stands.
    #[must_use]
    pub fn standing(&self, at: Timestamp) -> Standing<'_> {
        match (&self.known, &self.fault) {
            _ if !self.offered => Standing::NotOffered,
            (None, Some(error)) if self.waiting.is_none() => Standing::Failed(error),
            (None, _) => Standing::Waiting,
            (Some((_, when)), fault) => {
                let again = self.waiting.is_some() || self.overtaken || fault.is_some();
                let old = at.since(*when) > OLD;
                if again || old { Standing::Stale(*when) } else { Standing::Fresh(*when) }
            }
        }
    }
    /// When it should be asked (again); `None`: not by itself.
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
    /// The findings of the hub, or else of the guess; heaviest first.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        self.outlook().map_or(&self.guess, |outlook| &outlook.findings)
    }
}

/// Whether two answers would be read differently.
fn differs(old: &Outlook, new: &Outlook) -> bool {
    old.findings != new.findings
        || old.audience != new.audience
        || old.merge != new.merge
        || old.balances != new.balances
        || old.is_blocked() != new.is_blocked()
}

/// A level as a mark and a word: never by colour alone.
#[must_use]
pub const fn words(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Good => ("ok", ""),
        Level::Note => ("..", "note"),
        Level::Warn => ("!?", "think again"),
        Level::Block => ("!!", "stop"),
    }
}
