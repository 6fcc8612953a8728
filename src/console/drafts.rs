//! What was written and is not known to have arrived. A draft is kept until the hub has accepted its
//! message or the agent has thrown it away (R-CONSOLE-20).
//!
//! A draft is known by the idempotency key of the form that it was written in. Its command goes under
//! that key, in this run or in a later one, so that the hub does nothing twice (D-IDEM). It stays in the
//! file while it is open in a form, reviewed, on hold and on its way, because the console may be killed at
//! any of these steps.
//!
//! [`Drafts`] is state and does no I/O. The loop calls [`DraftsPlace`], because it knows the path. Several
//! consoles may run at once, so what is written is not the state of one of them but what it changed. A file
//! that cannot be read is set aside with a message and never keeps the console from starting.

use super::state_file;
use crate::{
    catalog::{Needs, Spec, Target},
    model::{CallId, OrgId, ReplyStep, Seq, Timestamp, id::hex},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

#[cfg(test)]
mod tests;

/// The version of the file's format.
const VERSION: u32 = 1;
/// How long a hub knows an idempotency key (D-IDEM). Before that a command can be repeated without
/// being done twice.
pub const REPEATABLE: Duration = Duration::from_hours(7 * 24);

/// What was written in one form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Why it is written again, in one line for the head of its form; raw. `None` if it is written for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The canned reply that was written into it, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// What follows that reply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<ReplyStep>,
}

/// How far the command of a draft has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftStage {
    /// It is being written.
    #[default]
    Written,
    /// It was confirmed and is held.
    Held,
    /// It was handed over to be sent, and no answer has come.
    Sent,
}

/// A draft as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptDraft {
    #[serde(flatten)]
    pub written: FormDraft,
    /// The key under which its command goes. Files of older versions have none.
    #[serde(default)]
    pub call: CallId,
    #[serde(default)]
    pub stage: DraftStage,
    /// Whether an earlier run may have sent it already.
    #[serde(default)]
    pub in_doubt: bool,
    /// The hub and the org that it was written for; files of older versions do not say it.
    #[serde(default)]
    hub: Option<String>,
    #[serde(default)]
    org: Option<String>,
    /// Whether the outbox of this run has its command, so that no form may offer it.
    #[serde(skip)]
    is_out: bool,
}

impl KeptDraft {
    /// A draft that is not kept yet.
    #[must_use]
    pub const fn new(call: CallId, written: FormDraft) -> Self {
        let stage = DraftStage::Written;
        Self { written, call, stage, in_doubt: false, hub: None, org: None, is_out: false }
    }
    /// Whether the outbox of this run has its command.
    #[must_use]
    pub const fn is_out(&self) -> bool {
        self.is_out
    }
    /// The first words of what was written; raw. The text of a message comes before other fields.
    #[must_use]
    pub fn words(&self) -> &str {
        let values = &self.written.values;
        let text = values.iter().find(|(name, _)| name == "text").or_else(|| values.first());
        text.map_or("", |(_, value)| value)
    }
}

impl KeptDraft {
    /// The title of its form.
    #[must_use]
    pub fn title(&self) -> &'static str {
        Spec::by_id(&self.written.form).map_or("form", |spec| spec.title)
    }
    /// Whom it is for; raw.
    #[must_use]
    pub fn whom(&self) -> String {
        let target = &self.written.target;
        let spec = Spec::by_id(&self.written.form);
        match target.numbers.first() {
            _ if !target.name.is_empty() => target.name.clone(),
            Some(number) => number.to_string(),
            None if spec.is_some_and(|spec| spec.needs == Needs::Nothing) => {
                "everyone with a tag".to_owned()
            }
            None => "(no customer)".to_owned(),
        }
    }
    /// What it is and whom it is for; raw.
    #[must_use]
    pub fn what_and_whom(&self) -> String {
        format!("{} to {}", self.title(), self.whom())
    }
}

/// All drafts, the one that was changed last at the end.
#[derive(Clone, Debug, Default)]
pub struct Drafts {
    list: Vec<KeptDraft>,
    revision: u64,
    /// The drafts that the file does not show yet as they are.
    unsaved: BTreeSet<CallId>,
}

impl Drafts {
    /// How many drafts are kept. Beyond that the oldest one goes, and the agent is told.
    pub const MOST: usize = 1_000;

    /// Keeps what is written in the form with this key, in the place of what was kept of it before.
    /// Returns a draft that had to go because there were too many.
    pub fn keep(&mut self, call: &CallId, written: FormDraft) -> Option<KeptDraft> {
        let stage = DraftStage::Written;
        let same = |old: &KeptDraft| {
            let (old_words, new) = (&old.written, &written);
            (old.stage, &old_words.target, &old_words.values, old_words.seen, &old_words.then)
                == (stage, &new.target, &new.values, new.seen, &new.then)
        };
        if self.get(call).is_some_and(same) {
            return None;
        }
        let old = self.at(call).map(|at| self.list.remove(at));
        let kept = match old {
            Some(old) => {
                // How long the hub knows its key counts from when it may have been sent.
                let saved_at = if old.in_doubt { old.written.saved_at } else { written.saved_at };
                KeptDraft { written: FormDraft { saved_at, ..written }, stage, ..old }
            }
            None => KeptDraft::new(call.clone(), written),
        };
        self.list.push(kept);
        self.touch(call);
        let oldest = self.list.iter().position(|draft| !draft.is_out)?;
        let gone = (self.list.len() > Self::MOST).then(|| self.list.remove(oldest))?;
        self.touch(&gone.call);
        Some(gone)
    }
    /// Says how far the command of a draft has come in the outbox of this run.
    pub fn advance(&mut self, call: &CallId, stage: DraftStage) {
        self.change(call, |draft| (draft.stage, draft.is_out) = (stage, true));
    }
    /// The command of a draft has left the outbox and was not done by this run.
    pub fn came_back(&mut self, call: &CallId) {
        self.change(call, |draft| (draft.stage, draft.is_out) = (DraftStage::Written, false));
    }
    /// The command of a draft is over under its key: the hub has refused it, or has done it with other words. What
    /// is written goes on under a new key, which is returned. Every console makes the same one, so that consoles
    /// which share the file keep one draft.
    pub fn renew(&mut self, call: &CallId) -> CallId {
        let new = key_of(call.as_str().as_bytes());
        if let Some(at) = self.at(call) {
            let old = self.list.remove(at);
            self.list.retain(|draft| draft.call != new);
            let kept = KeptDraft {
                hub: old.hub,
                org: old.org,
                ..KeptDraft::new(new.clone(), old.written)
            };
            self.list.insert(at.min(self.list.len()), kept);
            self.touch(call);
            self.touch(&new);
        }
        new
    }
    /// The message was accepted, or the agent threw the draft away.
    pub fn remove(&mut self, call: &CallId) -> Option<KeptDraft> {
        let gone = self.list.remove(self.at(call)?);
        self.touch(call);
        Some(gone)
    }
    fn change(&mut self, call: &CallId, change: impl FnOnce(&mut KeptDraft)) {
        let Some(at) = self.at(call) else { return };
        let before = self.list[at].clone();
        change(&mut self.list[at]);
        if self.list[at] != before {
            self.touch(call);
        }
    }
    fn touch(&mut self, call: &CallId) {
        self.unsaved.insert(call.clone());
        self.revision += 1;
    }
    fn at(&self, call: &CallId) -> Option<usize> {
        self.list.iter().rposition(|draft| draft.call == *call)
    }
    #[must_use]
    pub fn get(&self, call: &CallId) -> Option<&KeptDraft> {
        self.list.get(self.at(call)?)
    }
    /// The newest draft that a form for this target goes on with. What the outbox has is none, and neither is
    /// what may have been sent: to write something else under its key would send nothing.
    #[must_use]
    pub fn newest_for(&self, form: &str, target: &Target) -> Option<&KeptDraft> {
        let fits = |draft: &&KeptDraft| {
            !draft.is_out && !draft.in_doubt && is_for(&draft.written, form, target)
        };
        self.list.iter().rev().find(fits)
    }
    /// The drafts, the newest last, without what the outbox shows.
    #[must_use]
    pub fn shown(&self) -> impl DoubleEndedIterator<Item = &KeptDraft> {
        self.list.iter().filter(|draft| !draft.is_out)
    }
    /// The keys of the drafts whose commands the outbox has.
    #[must_use]
    pub fn out(&self) -> Vec<CallId> {
        let out = self.list.iter().filter(|draft| draft.is_out);
        out.map(|draft| draft.call.clone()).collect()
    }
    /// How many drafts an earlier run may have sent.
    #[must_use]
    pub fn in_doubt(&self) -> usize {
        self.shown().filter(|draft| draft.in_doubt).count()
    }
    /// All drafts, the newest last.
    #[must_use]
    pub fn list(&self) -> &[KeptDraft] {
        &self.list
    }
    /// A counter of changes. The loop saves when it differs from the one it saved last.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }
    /// The file shows the drafts as they are.
    pub fn saved(&mut self) {
        self.unsaved.clear();
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

/// Where drafts are kept, and for which hub and org those of this run are.
#[derive(Clone, Debug)]
pub struct DraftsPlace {
    pub path: PathBuf,
    /// The address of the hub; empty for the one of this machine.
    pub hub: String,
    pub org: OrgId,
}

/// The contents of the file.
#[derive(Serialize, Deserialize)]
struct DraftsFile {
    version: u32,
    drafts: Vec<KeptDraft>,
}

impl DraftsPlace {
    /// Whether a draft is for this hub and org. One that does not say it might be.
    fn is_of(&self, draft: &KeptDraft) -> bool {
        draft.hub.as_deref().is_none_or(|hub| hub == self.hub)
            && draft.org.as_deref().is_none_or(|org| org == self.org.as_str())
    }

    /// Reads the drafts. If the file cannot be read there are none, and the second value says so in words.
    /// What was on its way when its console ended may have been done.
    #[must_use]
    pub fn load(&self) -> (Drafts, Option<String>) {
        let (mut list, words) = match read(&self.path) {
            Ok(read) => read,
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        list.retain(|draft| self.is_of(draft));
        for draft in &mut list {
            draft.in_doubt |= draft.stage == DraftStage::Sent;
        }
        (Drafts { list, ..Drafts::default() }, words)
    }

    /// Writes what this run has changed, whatever other consoles have changed meanwhile, to a file that only its
    /// owner can read. A file that has no meaning is put aside, and the words for the agent are returned. If the
    /// lock or the file cannot be read or written, nothing is changed.
    pub fn save(&self, drafts: &Drafts) -> io::Result<Option<String>> {
        let _lock = state_file::lock(&self.path)?;
        let (mut list, words) = read(&self.path)?;
        list.retain(|draft| !drafts.unsaved.contains(&draft.call));
        let changed = drafts.list.iter().filter(|draft| drafts.unsaved.contains(&draft.call));
        list.extend(changed.cloned().map(|draft| KeptDraft {
            hub: Some(self.hub.clone()),
            org: Some(self.org.to_string()),
            ..draft
        }));
        let file = DraftsFile { version: VERSION, drafts: list };
        state_file::write(&self.path, &serde_json::to_vec_pretty(&file)?)?;
        Ok(words)
    }
}

/// What the file has, and what to say if it had to be put aside.
fn read(path: &Path) -> io::Result<(Vec<KeptDraft>, Option<String>)> {
    const WHAT: &str = "drafts";
    let Some(bytes) = state_file::read(path, WHAT)? else { return Ok((Vec::new(), None)) };
    let why = match serde_json::from_slice::<DraftsFile>(&bytes) {
        Ok(file) if file.version == VERSION => {
            let mut list = file.drafts;
            for draft in list.iter_mut().filter(|draft| !draft.call.is_valid()) {
                draft.call = key_of(&serde_json::to_vec(&draft.written)?);
            }
            return Ok((list, None));
        }
        Ok(file) => format!("version {} is not known here", file.version),
        Err(error) => error.to_string(),
    };
    Ok((Vec::new(), Some(state_file::set_aside(path, WHAT, &why))))
}

/// A key that is made from something else, and so is the same wherever it is made: from a draft of an older version
/// that has none, from the key before, or for what follows a reply.
#[must_use]
pub fn key_of(bytes: &[u8]) -> CallId {
    let digest = Sha256::digest(bytes);
    format!("sb-{}", hex(&digest[..16])).into()
}
