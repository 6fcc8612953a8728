//! The terminal. `App` is all state and only `App::update` changes it; `view` draws `&App`; `link`
//! holds the client tasks. The loop joins them over bounded channels and never awaits a call.
//!
//! One turn of the loop: wait for one message (keys before data before time), take what else
//! waits, draw once. Nothing is drawn when nothing changed; data alone is drawn at most thirty
//! times a second, a key at once.

pub mod actions;
pub mod app;
pub mod canvas;
pub mod clock;
pub mod drafts;
pub mod ids;
pub mod keymap;
pub mod layout;
pub mod link;
pub mod msg;
pub mod pane;
pub mod terminal;
pub mod text;
pub mod view;

use app::{App, AppOptions};
use jiff::tz::TimeZone;
use link::Link;
use msg::{Effect, Msg};
use std::{io, path::PathBuf, time::Duration};
use terminal::{PanicHook, Screen, Tty, in_loop};
use tokio::{sync::mpsc, task::JoinSet};

/// The least time between two pictures that only data asked for.
const FRAME: Duration = Duration::from_millis(33);
/// The most messages that are taken before a picture.
const DRAIN: usize = 256;
/// Keys on their way to the loop.
const KEYS: usize = 256;
/// The least time between two looks at what is due.
const TICK: Duration = Duration::from_millis(1);

/// What a console is started with.
pub struct ConsoleOptions {
    /// The tasks that talk to the hub.
    pub link: Link,
    /// The state to begin with; its drafts are read from `drafts` if that is given.
    pub app: AppOptions,
    /// The file that drafts are kept in; `None` keeps none.
    pub drafts: Option<PathBuf>,
    /// No colours: `NO_COLOR` is set or the agent wants it so.
    pub mono: bool,
    /// What could not be used at the start, in words: shown at once.
    pub notices: Vec<String>,
}

/// Why the console could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The terminal cannot be used.
    #[error("{0}")]
    Terminal(#[from] io::Error),
}

/// Runs the console on the terminal until the agent leaves. The terminal is given back on every
/// way out.
///
/// # Errors
/// If input or output is not a terminal, or it fails.
pub async fn run(options: ConsoleOptions) -> Result<(), ConsoleError> {
    let ConsoleOptions { link, app: mut start, drafts, mono, mut notices } = options;
    let (to_loop, mut keys) = mpsc::channel(KEYS);
    if let Some(path) = &drafts {
        let notice;
        (start.drafts, notice) = drafts::load(path, clock::now());
        notices.extend(notice);
    }
    let _hook = PanicHook::install(to_loop.clone());
    let mut screen = Tty::open(start.mouse)?;
    let mut tasks = JoinSet::new();
    tasks.spawn(terminal::read_keys(to_loop.clone()));
    tasks.spawn(async move {
        if let Err(error) = terminal::read_signals(to_loop.clone()).await {
            let _ = to_loop.send(Msg::Failed(format!("signals are not heard: {error}"))).await;
        }
    });
    let mut console = Loop::new(ConsoleOptions { link, app: start, drafts, mono, notices });
    console.drive(&mut screen, &mut keys).await
}

/// The loop and what it holds. `run` drives it on the terminal, tests and benches on a buffer.
pub struct Loop {
    app: App,
    link: Link,
    drafts: Option<PathBuf>,
    /// The revision of the drafts that the file has.
    saved: u64,
    mono: bool,
    zone: TimeZone,
}

impl Loop {
    /// A loop that has not turned yet.
    #[must_use]
    pub fn new(options: ConsoleOptions) -> Self {
        let ConsoleOptions { link, app, drafts, mono, notices } = options;
        let zone = app.zone.clone();
        let mut app = App::new(app);
        for notice in notices {
            app.update(clock::now(), Msg::Failed(notice));
        }
        let saved = app.drafts().revision();
        Self { app, link, drafts, saved, mono, zone }
    }

    /// Turns until the agent leaves: messages from `keys` and from the link, pictures to `screen`.
    pub async fn drive(
        &mut self,
        screen: &mut impl Screen,
        keys: &mut mpsc::Receiver<Msg>,
    ) -> Result<(), ConsoleError> {
        let (width, height) = screen.size();
        let mut effects = self.take(Msg::Resize(width, height));
        let (mut shown, mut due, mut urgent) = (0, clock::now(), true);
        loop {
            for effect in effects {
                if self.obey(effect, screen)? {
                    self.save_drafts();
                    return Ok(());
                }
            }
            self.save_drafts();
            let now = clock::now();
            if self.app.version() != shown && (urgent || due <= now) {
                let look = view::Look { now, zone: self.zone.clone(), mono: self.mono };
                in_loop(|| screen.paint(&self.app, &look))?;
                (shown, due, urgent) = (self.app.version(), now.after(FRAME), false);
            }
            let frame = (self.app.version() != shown).then_some(due);
            let wake = self.app.next_wake().into_iter().chain(frame).min();
            let rest = wake.map(|at| at.since(now).max(TICK));
            let msg = tokio::select! {
                biased;
                msg = keys.recv() => {
                    urgent = true;
                    // Nobody can press a key any more: the terminal is gone.
                    msg.unwrap_or(Msg::Terminate)
                }
                Some(msg) = self.link.inbox.recv() => msg,
                () = tokio::time::sleep(rest.unwrap_or_default()), if rest.is_some() => Msg::Wake,
            };
            effects = self.take(msg);
            for _ in 0..DRAIN {
                let msg = match keys.try_recv() {
                    Ok(msg) => {
                        urgent = true;
                        msg
                    }
                    Err(_) => match self.link.inbox.try_recv() {
                        Ok(msg) => msg,
                        Err(_) => break,
                    },
                };
                effects.extend(self.take(msg));
            }
        }
    }

    fn take(&mut self, msg: Msg) -> Vec<Effect> {
        in_loop(|| self.app.update(clock::now(), msg))
    }

    /// Does what is wanted from outside; true to leave.
    fn obey(&mut self, effect: Effect, screen: &mut impl Screen) -> Result<bool, ConsoleError> {
        match effect {
            Effect::Quit => return Ok(true),
            Effect::Redraw => screen.take()?,
            Effect::CaptureMouse(on) => screen.capture_mouse(on)?,
            Effect::Suspend => {
                self.save_drafts();
                screen.suspend()?;
            }
            other => {
                if let Err(call) = self.link.hand(other) {
                    // What follows from a refusal is words on the screen, never another wish.
                    self.take(Msg::Overloaded(call));
                }
            }
        }
        Ok(false)
    }

    fn save_drafts(&mut self) {
        let revision = self.app.drafts().revision();
        let Some(path) = self.drafts.as_ref().filter(|_| revision != self.saved) else { return };
        self.saved = revision;
        if let Err(error) = drafts::save(path, self.app.drafts()) {
            let words = format!("drafts are not kept: {}: {error}", path.display());
            self.take(Msg::Failed(words));
        }
    }
}

#[cfg(test)]
mod tests;
