//! A text that is written in the agent's own editor (R-CONSOLE-25): the file that it gets, the program that opens
//! the file, and what comes back.
//!
//! The file has a folder of its own, for its owner alone, because editors put copies beside a file. The folder is
//! deleted once the text is in the form. What did not come back whole stays there, and the console says where.

use super::{
    msg::{EditOrder, EditedText, Msg},
    state_file,
};
use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};
use tokio::process::{Child, Command};

/// How much of a file is read. No field takes as much.
const LARGEST: u64 = 1024 * 1024;
/// How long an editor that was told to end may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// How the names of the folders begin.
const PREFIX: &str = "editor-";
/// The name of the file in its folder.
const FILE: &str = "message.txt";

/// Where an editor works.
#[derive(Clone, Debug)]
pub struct EditorPlace {
    /// The command line of the editor, to which the shell adds the file.
    pub program: String,
    /// Where the folders are made.
    pub folder: PathBuf,
}

impl EditorPlace {
    /// The folders that an earlier run has left, as a sentence; `None` if there are none.
    #[must_use]
    pub fn left(&self) -> Option<String> {
        let all = fs::read_dir(&self.folder).ok()?.flatten();
        let is_ours = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(PREFIX)) && path.is_dir()
        };
        let mut folders: Vec<_> = all.map(|entry| entry.path()).filter(is_ours).collect();
        folders.sort();
        let last = folders.last()?.display().to_string();
        Some(match folders.len() {
            1 => format!("an editor has left a text that is in no form: {last}"),
            n => format!("editors have left {n} texts that are in no form, one of them: {last}"),
        })
    }
}

/// An editor that has the terminal.
pub(super) struct RunningEditor {
    child: Child,
    program: String,
    path: PathBuf,
    order: EditOrder,
}

impl RunningEditor {
    /// Writes the file and starts the editor on it.
    pub fn start(place: &EditorPlace, order: EditOrder) -> io::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let name = format!("{PREFIX}{:016x}", u64::from_le_bytes(random));
        let path = place.folder.join(name).join(FILE);
        // A text of lines ends with a line break, or editors say that one is missing.
        state_file::write(&path, format!("{}\n", order.text).as_bytes())?;
        match command(&place.program, &path).kill_on_drop(true).spawn() {
            Ok(child) => Ok(Self { child, program: place.program.clone(), path, order }),
            Err(error) => {
                remove(&path);
                Err(error)
            }
        }
    }

    /// Waits until the editor has ended, and says what was written. It may be dropped and called again.
    pub async fn ended(&mut self) -> Msg {
        let status = self.child.wait().await;
        let result = self.read_back(status);
        let EditOrder { call, field, .. } = self.order.clone();
        Msg::Edited { call, field, result }
    }

    /// Tells the editor to end, because the console does. What was written stays in its file.
    pub async fn stop(mut self) {
        #[cfg(unix)]
        if let Some(id) = self.child.id().and_then(|id| i32::try_from(id).ok())
            && let Some(id) = rustix::process::Pid::from_raw(id)
        {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        let _ = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        // An editor that is ended may save what it had beside the file.
        let is_alone = self.path.parent().and_then(|folder| fs::read_dir(folder).ok());
        let is_alone = is_alone.is_some_and(|files| files.count() == 1);
        if is_alone && self.text().is_ok_and(|(text, _)| text == self.order.text) {
            remove(&self.path);
        }
    }

    fn read_back(&self, status: io::Result<ExitStatus>) -> Result<EditedText, String> {
        let program = &self.program;
        let (text, is_whole) = self.text().map_err(|error| {
            let path = self.path.display();
            format!("the text of `{program}` cannot be read from {path}: {error}")
        })?;
        let is_new = text != self.order.text;
        let failed = match status {
            Ok(status) if status.success() => None,
            Ok(status) => Some(format!("`{program}` ended with {status}: the text is as before")),
            Err(error) => Some(format!("`{program}` was lost ({error}): the text is as before")),
        };
        let stays = if failed.is_some() { is_new } else { !is_whole };
        if !stays {
            remove(&self.path);
        }
        let path = self.path.display();
        match failed {
            Some(why) if stays => Err(format!("{why}; what was written is in {path}")),
            Some(why) => Err(why),
            None => Ok(EditedText { text, whole: stays.then(|| self.path.clone()) }),
        }
    }

    /// The text of the file, and whether it is all of it and fits into the field.
    fn text(&self) -> io::Result<(String, bool)> {
        let file = fs::File::open(&self.path)?;
        let mut bytes = Vec::new();
        let mut read = file.take(LARGEST + 1);
        read.read_to_end(&mut bytes)?;
        let is_whole = bytes.len() as u64 <= LARGEST;
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        // The line break that was added, or that the editor has added.
        if text.ends_with('\n') {
            text.pop();
            let line = text.strip_suffix('\r').unwrap_or(&text).len();
            text.truncate(line);
        }
        let fits = text.chars().count() <= self.order.room;
        Ok((text, is_whole && fits))
    }
}

/// Deletes a file with its folder, and whatever the editor has put there.
fn remove(path: &Path) {
    if let Some(folder) = path.parent() {
        let _ = fs::remove_dir_all(folder);
    }
}

/// The command for a file. A command line may have arguments, such as `code --wait`. One that is more than words is
/// taken apart by the shell; of one that is words the program is a child of ours, and is what a signal reaches.
fn command(line: &str, path: &Path) -> Command {
    let plain = |c: char| c.is_alphanumeric() || " ./_-+:@,".contains(c);
    let mut words = line.split_whitespace();
    let mut command = match words.next() {
        Some(program) if !cfg!(unix) || line.chars().all(plain) => {
            let mut command = Command::new(program);
            command.args(words);
            command
        }
        _ => {
            let mut command = Command::new("sh");
            command.arg("-c").arg(format!("{line} \"$@\"")).arg(line);
            command
        }
    };
    command.arg(path);
    command
}

#[cfg(all(test, unix))]
mod tests;
