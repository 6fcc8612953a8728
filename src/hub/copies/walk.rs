//! One org's log from its beginning: every row is found to follow from the one before it, every entry is decoded, and
//! the places of the valid ones are dense. Whoever wants to know how far a log is right asks here.

use crate::{
    hub::log::{LogError, PageSize, Pos, RawEntry, Stored, chain::ChainCursor, sqlite::LogFile},
    model::OrgId,
};
use std::fmt;

/// Where a log stops being right.
#[derive(Clone, Debug)]
pub struct LogDamage {
    pub org: OrgId,
    /// The last row that is right, and the last valid entry up to it.
    pub good: ChainCursor,
    /// The row, the entry, the file, and what is wrong.
    pub what: String,
}

impl fmt::Display for LogDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { org, good, what } = self;
        write!(f, "the log of {org} is damaged at {what}; it is right up to entry {}", good.seq)
    }
}

/// Why a walk does not go on.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    #[error("{0}")]
    Damage(LogDamage),
    /// The file cannot be read now, which says nothing of what is in it.
    #[error(transparent)]
    Log(LogError),
}

/// A row that is right.
#[derive(Debug)]
pub struct WalkedRow {
    pub pos: Pos,
    pub stored: Stored,
    /// Whether the entry is part of the org's history; else it is void (`log::chain`).
    pub is_valid: bool,
}

/// How far a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalkEnd {
    /// To the row at this position, whatever comes after it.
    At(Pos),
    /// To where the log ended when the walk began, which a hub may write to meanwhile.
    Noted(Pos),
    /// To the end of the log.
    Log,
}

/// A walk through one org's log.
pub struct LogWalk<'a> {
    log: &'a LogFile,
    org: &'a OrgId,
    end: WalkEnd,
    at: ChainCursor,
    /// Whether a page had damage in it. From there on rows are read one at a time up to the one that is damaged, and the
    /// noted end of the log is believed last of all: rows that follow from each other are not lost for its sake.
    is_careful: bool,
    damage: Option<LogDamage>,
}

impl<'a> LogWalk<'a> {
    /// Begins before the first row.
    #[must_use]
    pub fn new(log: &'a LogFile, org: &'a OrgId, end: WalkEnd) -> Self {
        // If even that cannot be read, neither can the first row.
        let at = log.begin(org).map(|begin| begin.place).unwrap_or_default();
        Self { log, org, end, at, is_careful: false, damage: None }
    }

    /// How far the walk has come: everything up to here is right.
    #[must_use]
    pub fn at(&self) -> ChainCursor {
        self.at
    }

    /// The rows that follow; none at the end.
    pub fn next_page(&mut self, size: PageSize) -> Result<Vec<WalkedRow>, WalkError> {
        if let Some(damage) = &self.damage {
            return Err(WalkError::Damage(damage.clone()));
        }
        let last = match self.end {
            WalkEnd::At(pos) if self.at.pos >= pos => return Ok(Vec::new()),
            WalkEnd::At(pos) => pos,
            // What a damaged log noted of its end says nothing.
            WalkEnd::Noted(pos) if !self.is_careful => pos,
            WalkEnd::Noted(_) | WalkEnd::Log => Pos(u64::MAX),
        };
        let rows = if self.is_careful {
            self.log.next_row(self.org, self.at.pos)
        } else {
            self.log.page(self.org, self.at.pos, size)
        };
        let rows = match rows {
            Ok(rows) => rows,
            Err(LogError::Corrupt { .. }) if !self.is_careful => {
                self.is_careful = true;
                return self.next_page(size);
            }
            Err(LogError::Corrupt { what, .. }) => return Err(self.broken(what)),
            Err(error @ (LogError::Unavailable(_) | LogError::Fatal(_))) => {
                return Err(WalkError::Log(error));
            }
        };
        let begin = self.log.begin(self.org).map(|begin| begin.place).unwrap_or_default();
        if begin.pos > self.at.pos {
            let why = "entries went out of the log meanwhile; run it again";
            return Err(WalkError::Log(LogError::Unavailable(why.into())));
        }
        let mut right = Vec::with_capacity(rows.len());
        for (pos, raw) in rows.into_iter().filter(|(pos, _)| *pos <= last) {
            match self.judge(pos, raw) {
                Ok(row) => right.push(row),
                Err(what) if right.is_empty() => return Err(self.broken(what)),
                Err(what) => {
                    // What came before it is handed on first.
                    self.broken(what);
                    break;
                }
            }
        }
        Ok(right)
    }

    fn judge(&mut self, pos: Pos, raw: RawEntry) -> Result<WalkedRow, String> {
        let seq = raw.link.seq;
        let wrong = |why: String| format!("{}: {why}", self.log.row(pos, seq));
        let stored = Stored::decode(raw.bytes).map_err(|error| wrong(error.to_string()))?;
        if stored.entry.org != *self.org {
            return Err(wrong(format!("it is an entry of {}", stored.entry.org)));
        }
        let mut after = self.at;
        let is_valid = after.step(pos, &*stored.entry);
        if is_valid && after.seq != self.at.seq.next() {
            return Err(wrong(format!("it follows entry {}", self.at.seq)));
        }
        self.at = after;
        Ok(WalkedRow { pos, stored, is_valid })
    }

    fn broken(&mut self, what: String) -> WalkError {
        let damage = LogDamage { org: self.org.clone(), good: self.at, what };
        WalkError::Damage(self.damage.insert(damage).clone())
    }
}
