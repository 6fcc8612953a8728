//! What an agent wants to find again in the next run: the rows of the feed that were marked, and the filters that were
//! kept. There is one list of each for a hub and an org.
//!
//! Several consoles may run at once. So what is written is not the state of one of them but what it changed: the file
//! is locked, read anew, changed and replaced. A file that cannot be read is put aside with a message and never
//! keeps the console from starting.

use super::state_file;
use crate::model::{OrgId, Seq, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
};

#[cfg(test)]
mod tests;

/// The version of the file's format.
const VERSION: u32 = 1;
/// How many marks are kept. The oldest goes first.
pub const MOST_MARKS: usize = 200;
/// How many filters are kept. The oldest goes first.
pub const MOST_FILTERS: usize = 100;
/// For how many hubs and orgs something is kept, those that were changed last.
const MOST_DESKS: usize = 20;
/// The longest text of a mark in characters, which is more than a line of the list shows.
const LONGEST: usize = 200;

/// A row of the feed that the agent has marked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedBookmark {
    pub seq: Seq,
    /// Which event of its entry it is.
    pub index: usize,
    pub at: Timestamp,
    /// Who it is about, and what it says; raw.
    pub who: String,
    pub text: String,
}

/// The marks and filters of a hub and an org, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    #[serde(default)]
    pub marks: Vec<FeedBookmark>,
    #[serde(default)]
    pub filters: Vec<String>,
}

/// A change of what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptChange {
    Marked(FeedBookmark),
    /// The mark of this event of this entry is gone.
    Unmarked(Seq, usize),
    /// A filter was kept, or was used again.
    Filtered(String),
}

impl Kept {
    /// Does what a change says.
    pub fn change(&mut self, change: &KeptChange) {
        match change {
            KeptChange::Marked(mark) => {
                self.unmark(mark.seq, mark.index);
                let cut = |text: &str| text.chars().take(LONGEST).collect();
                let (who, text) = (cut(&mark.who), cut(&mark.text));
                self.marks.push(FeedBookmark { who, text, ..mark.clone() });
            }
            KeptChange::Unmarked(seq, index) => self.unmark(*seq, *index),
            KeptChange::Filtered(text) => {
                self.filters.retain(|known| known != text);
                self.filters.push(text.clone());
            }
        }
        self.keep_few();
    }
    fn unmark(&mut self, seq: Seq, index: usize) {
        self.marks.retain(|mark| (mark.seq, mark.index) != (seq, index));
    }
    fn keep_few(&mut self) {
        let over = self.marks.len().saturating_sub(MOST_MARKS);
        self.marks.drain(..over);
        let over = self.filters.len().saturating_sub(MOST_FILTERS);
        self.filters.drain(..over);
    }
}

/// Where it is kept, and of which hub and org it is.
#[derive(Clone, Debug)]
pub struct KeptPlace {
    pub path: PathBuf,
    /// The address of the hub; empty for the one of this machine.
    pub hub: String,
    pub org: OrgId,
}

/// What is kept for one hub and org.
#[derive(Serialize, Deserialize)]
struct KeptDesk {
    hub: String,
    org: String,
    #[serde(flatten)]
    kept: Kept,
}

/// The contents of the file, what was changed last at the end.
#[derive(Serialize, Deserialize)]
struct KeptFile {
    version: u32,
    desks: Vec<KeptDesk>,
}

impl KeptPlace {
    fn is_of(&self, desk: &KeptDesk) -> bool {
        (&*desk.hub, &*desk.org) == (&*self.hub, self.org.as_str())
    }

    /// Reads what is kept. Where the file cannot be read there is nothing, and the second value says so to the agent. One
    /// that has no meaning is put aside.
    #[must_use]
    pub fn load(&self) -> (Kept, Option<String>) {
        let (desks, words) = match read(&self.path) {
            Ok(read) => read,
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let mut kept = desks
            .into_iter()
            .find(|desk| self.is_of(desk))
            .map(|desk| desk.kept)
            .unwrap_or_default();
        kept.keep_few();
        (kept, words)
    }

    /// Does these changes to what is kept, whatever other consoles have changed meanwhile. It fails if the lock or
    /// the file cannot be read or written, and then nothing is changed. A file that has no meaning is put aside, and
    /// the words for the agent are returned.
    pub fn save(&self, changes: &[KeptChange]) -> io::Result<Option<String>> {
        let _lock = state_file::lock(&self.path)?;
        let (mut desks, words) = read(&self.path)?;
        let at = desks.iter().position(|desk| self.is_of(desk));
        let new =
            || KeptDesk { hub: self.hub.clone(), org: self.org.to_string(), kept: Kept::default() };
        let mut desk = at.map_or_else(new, |at| desks.remove(at));
        for change in changes {
            desk.kept.change(change);
        }
        desks.push(desk);
        let over = desks.len().saturating_sub(MOST_DESKS);
        desks.drain(..over);
        let bytes = serde_json::to_vec_pretty(&KeptFile { version: VERSION, desks })?;
        state_file::write(&self.path, &bytes)?;
        Ok(words)
    }
}

/// What the file has, and what to say if it had to be put aside.
fn read(path: &Path) -> io::Result<(Vec<KeptDesk>, Option<String>)> {
    const WHAT: &str = "marks and filters";
    let Some(bytes) = state_file::read(path, WHAT)? else { return Ok((Vec::new(), None)) };
    let why = match serde_json::from_slice::<KeptFile>(&bytes) {
        Ok(file) if file.version == VERSION => return Ok((file.desks, None)),
        Ok(file) => format!("version {} is not known here", file.version),
        Err(error) => error.to_string(),
    };
    Ok((Vec::new(), Some(state_file::set_aside(path, WHAT, &why))))
}
