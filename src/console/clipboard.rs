//! Puts text where the agent can paste it from, and says which way it went, because no way always works.
//!
//! On the agent's own machine a program of the desktop does it. Over SSH the desktop is elsewhere: inside
//! tmux its buffer takes the text and hands it on, and else the terminal is asked with OSC 52, which not
//! every terminal obeys and none confirms.

use std::{
    env,
    io::{self, Write as _},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};
use tokio::time::Instant;

/// How long a program may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What of the environment decides the way.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of the environment")]
pub(super) struct Surroundings {
    pub ssh: bool,
    pub tmux: bool,
    pub wayland: bool,
    pub x11: bool,
}

impl Surroundings {
    pub fn here() -> Self {
        let has = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            ssh: has("SSH_CONNECTION") || has("SSH_TTY"),
            tmux: has("TMUX"),
            wayland: has("WAYLAND_DISPLAY"),
            x11: has("DISPLAY"),
        }
    }

    /// The programs to try, the best first. The terminal is asked if none of them does it.
    pub fn tools(self) -> Vec<&'static [&'static str]> {
        let mut tools: Vec<&'static [&'static str]> = Vec::new();
        if !self.ssh {
            if cfg!(target_os = "macos") {
                tools.push(&["pbcopy"]);
            }
            if cfg!(windows) {
                tools.push(&["clip.exe"]);
            }
            if self.wayland {
                tools.push(&["wl-copy"]);
            }
            if self.x11 {
                tools.push(&["xclip", "-selection", "clipboard"]);
                tools.push(&["xsel", "--clipboard", "--input"]);
            }
        }
        if self.tmux {
            // With -w tmux hands it on to the terminal that it runs in.
            tools.push(&["tmux", "load-buffer", "-w", "-"]);
        }
        tools
    }
}

/// Gives a text to the first of these programs that takes it, and returns that program's name; `None` if none
/// does. It blocks for as long as they run.
pub(super) fn give(text: &str, tools: &[&'static [&'static str]]) -> Option<&'static str> {
    tools.iter().find(|tool| run(tool, text).is_ok()).and_then(|tool| tool.first().copied())
}

fn run(tool: &[&str], text: &str) -> io::Result<()> {
    let [program, arguments @ ..] = tool else { return Err(io::ErrorKind::NotFound.into()) };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let given = child.stdin.take().map_or(Ok(()), |mut to| to.write_all(text.as_bytes()));
    let ended = wait(&mut child);
    given.and(ended)
}

/// Waits for a program to end well. One that takes too long is ended.
fn wait(child: &mut Child) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(_) => return Err(io::ErrorKind::Other.into()),
            None if begun.elapsed() > PATIENCE => {
                child.kill()?;
                child.wait()?;
                return Err(io::ErrorKind::TimedOut.into());
            }
            None => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "a thread of its own, which only waits"
                )]
                thread::sleep(LOOK_AGAIN);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_depends_on_where_the_agent_sits() {
        let names = |here: Surroundings| -> Vec<_> { here.tools().iter().map(|t| t[0]).collect() };
        let desktop = Surroundings { wayland: true, x11: true, ..Surroundings::default() };
        let own = names(desktop);
        assert!(own.ends_with(&["wl-copy", "xclip", "xsel"]), "{own:?}");
        let in_tmux = names(Surroundings { tmux: true, ..desktop });
        assert_eq!(in_tmux.last(), Some(&"tmux"));
        let far = Surroundings { ssh: true, tmux: true, ..desktop };
        assert_eq!(names(far), ["tmux"], "the desktop of the other machine is nobody's");
        assert_eq!(names(Surroundings { ssh: true, ..desktop }), [""; 0]);
    }

    #[test]
    #[cfg(unix)]
    fn the_first_program_that_takes_it_is_named() {
        let none: &[&str] = &["no-such-program-anywhere"];
        let fails: &[&str] = &["false"];
        let takes: &[&str] = &["cat"];
        assert_eq!(give("habari", &[none, fails, takes]), Some("cat"));
        assert_eq!(give("habari", &[none, fails]), None);
    }

    #[test]
    #[cfg(unix)]
    fn a_program_gets_all_of_a_text_however_long() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("got");
        let script = format!("cat > {}", file.display());
        let text = "Bei ya leo\n".repeat(20_000);
        let tool = ["sh", "-c", script.as_str()];
        run(&tool, &text).unwrap();
        assert_eq!(std::fs::read_to_string(file).unwrap(), text);
    }
}
