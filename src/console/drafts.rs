//! What was written and not sent: kept for seven days, one per customer and form.
//!
//! [`Drafts`] is state and does no I/O; `load` and `save` are called by the loop, which knows the
//! path. A file that cannot be read is set aside with a message and never blocks.

use crate::{catalog::Target, model::Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

#[cfg(test)]
mod tests;

/// The shape of the file.
const VERSION: u32 = 1;
/// How long a draft is kept.
pub const KEPT: Duration = Duration::from_hours(7 * 24);

/// What was written in a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The id of its spec.
    pub form: String,
    /// For whom.
    pub target: Target,
    /// Field names and texts.
    pub values: Vec<(String, String)>,
    /// When it was last changed.
    pub saved_at: Timestamp,
}

/// All drafts, newest last.
#[derive(Clone, Debug, Default)]
pub struct Drafts {
    list: Vec<Draft>,
    revision: u64,
}

/// What stands in the file.
#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    drafts: Vec<Draft>,
}

impl Drafts {
    /// The most that are kept; older ones go first.
    pub const KEPT: usize = 200;

    /// Keeps a draft; the older one of the same customer and form goes.
    pub fn put(&mut self, draft: Draft) {
        self.list.retain(|old| !is_for(old, &draft.form, &draft.target));
        self.list.push(draft);
        let over = self.list.len().saturating_sub(Self::KEPT);
        self.list.drain(..over);
        self.revision += 1;
    }
    /// Takes the draft of that form for that customer out.
    pub fn take(&mut self, form: &str, target: &Target) -> Option<Draft> {
        let at = self.list.iter().rposition(|draft| is_for(draft, form, target))?;
        self.revision += 1;
        Some(self.list.remove(at))
    }
    /// All, newest last.
    #[must_use]
    pub fn list(&self) -> &[Draft] {
        &self.list
    }
    /// Counts changes: the loop saves when it differs from what it saved last.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }
}

/// A reply belongs to one message: the draft of another one is not it.
fn is_for(draft: &Draft, form: &str, target: &Target) -> bool {
    let message = |target: &Target| target.reply_to.as_ref().map(|quoted| quoted.id.clone());
    let session = |target: &Target| target.session.as_ref().map(|session| session.id.clone());
    let same = |target: &Target| match form {
        "reply" => message(&draft.target) == message(target),
        "menu" | "plan" => session(&draft.target) == session(target),
        _ => true,
    };
    draft.form == form && draft.target.same_customer(target) && same(target)
}

/// Reads the drafts and forgets those older than [`KEPT`]. A file that cannot be read is set aside;
/// the second value says so.
#[must_use]
pub fn load(path: &Path, at: Timestamp) -> (Drafts, Option<String>) {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (Drafts::default(), None),
        Err(error) => {
            let words = format!("drafts cannot be read from {}: {error}", path.display());
            return (Drafts::default(), Some(words));
        }
    };
    match serde_json::from_slice::<File>(&bytes) {
        Ok(file) if file.version == VERSION => {
            let mut list = file.drafts;
            list.retain(|draft| at.since(draft.saved_at) < KEPT);
            (Drafts { list, revision: 0 }, None)
        }
        Ok(file) => set_aside(path, &format!("version {} is not known here", file.version)),
        Err(error) => set_aside(path, &error.to_string()),
    }
}

fn set_aside(path: &Path, why: &str) -> (Drafts, Option<String>) {
    let aside = path.with_extension("broken");
    let words = match fs::rename(path, &aside) {
        Ok(()) => format!("drafts were not readable ({why}); kept as {}", aside.display()),
        Err(error) => format!("drafts are not readable ({why}) and cannot be moved: {error}"),
    };
    (Drafts::default(), Some(words))
}

/// Writes the drafts: atomically, readable by the owner only.
pub fn save(path: &Path, drafts: &Drafts) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let temporary = path.with_extension("new");
    let file = File { version: VERSION, drafts: drafts.list.clone() };
    let bytes = serde_json::to_vec_pretty(&file)?;
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&temporary)?;
    out.write_all(&bytes)?;
    out.sync_all()?;
    fs::rename(&temporary, path)
}
