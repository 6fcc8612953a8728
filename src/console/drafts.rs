//! What was written and not sent. Drafts are kept for seven days, one for each customer and form.
//!
//! [`Drafts`] is state and does no I/O. The loop calls `load` and `save`, because it knows
//! the path. A file that cannot be read is set aside with a message and never keeps the
//! console from starting.

use super::state_file;
use crate::{
    catalog::Target,
    model::{Seq, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::{io, path::Path, time::Duration};

#[cfg(test)]
mod tests;

/// The version of the file's format.
const VERSION: u32 = 1;
/// How long a draft is kept after its last change.
pub const KEPT: Duration = Duration::from_hours(7 * 24);

/// What was written in one form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormDraft {
    /// The id of the form's declaration in the catalog.
    pub form: String,
    /// Whom the command would be for.
    pub target: Target,
    /// Pairs of a field's name and its text.
    pub values: Vec<(String, String)>,
    pub saved_at: Timestamp,
    /// How far its writer had seen what was said to the customer (R-CONFLICT-1). `None` if it is no message,
    /// and in drafts of before.
    #[serde(default)]
    pub seen: Option<Seq>,
}

/// All drafts, the newest last.
#[derive(Clone, Debug, Default)]
pub struct Drafts {
    list: Vec<FormDraft>,
    revision: u64,
}

/// The contents of the file.
#[derive(Serialize, Deserialize)]
struct DraftsFile {
    version: u32,
    drafts: Vec<FormDraft>,
}

impl Drafts {
    /// How many drafts are kept. Beyond that the oldest ones go first.
    pub const KEPT: usize = 200;

    /// Keeps a draft. An older one of the same form for the same customer is dropped.
    pub fn put(&mut self, draft: FormDraft) {
        self.list.retain(|old| !is_for(old, &draft.form, &draft.target));
        self.list.push(draft);
        let over = self.list.len().saturating_sub(Self::KEPT);
        self.list.drain(..over);
        self.revision += 1;
    }
    /// Removes the draft of this form for this customer and returns it.
    pub fn take(&mut self, form: &str, target: &Target) -> Option<FormDraft> {
        let at = self.list.iter().rposition(|draft| is_for(draft, form, target))?;
        self.revision += 1;
        Some(self.list.remove(at))
    }
    /// The drafts, the newest last.
    #[must_use]
    pub fn list(&self) -> &[FormDraft] {
        &self.list
    }
    /// A counter of changes. The loop saves when it differs from the one it saved last.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }
}

/// Whether a draft belongs to this form and target. A reply, a menu or a plan answers one message,
/// session or call, and the draft for another one does not belong to it.
fn is_for(draft: &FormDraft, form: &str, target: &Target) -> bool {
    let message = |target: &Target| target.reply_to.as_ref().map(|quoted| quoted.id.clone());
    let session = |target: &Target| target.session.as_ref().map(|session| session.id.clone());
    let same = |target: &Target| match form {
        "reply" => message(&draft.target) == message(target),
        "menu" | "plan" => session(&draft.target) == session(target),
        _ => true,
    };
    draft.form == form && draft.target.same_customer(target) && same(target)
}

/// Reads the drafts and forgets those older than [`KEPT`]. If the file cannot be read, it is set
/// aside, the drafts are empty, and the second value says so in words.
#[must_use]
pub fn load(path: &Path, at: Timestamp) -> (Drafts, Option<String>) {
    let bytes = match state_file::read(path, "drafts") {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return (Drafts::default(), None),
        Err(error) => return (Drafts::default(), Some(error.to_string())),
    };
    match serde_json::from_slice::<DraftsFile>(&bytes) {
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
    (Drafts::default(), Some(state_file::set_aside(path, "drafts", why)))
}

/// Writes the drafts atomically, to a file that only its owner can read.
///
/// # Errors
///
/// If the folder cannot be made or the file cannot be written or renamed.
pub fn save(path: &Path, drafts: &Drafts) -> io::Result<()> {
    let file = DraftsFile { version: VERSION, drafts: drafts.list.clone() };
    state_file::write(path, &serde_json::to_vec_pretty(&file)?)
}
