//! The terminal console. `App` holds all of its state, and only `App::update` changes that state.
//! `view` draws from `&App`. `link` holds the tasks that talk to the hub. The loop in this file
//! joins the three over bounded channels and never awaits a call.
//!
//! In each turn the loop waits for one message (keys come before data, and data before the passing
//! of time), takes whatever else is waiting, and draws once. It draws nothing when nothing has
//! changed. A change that comes from data alone is drawn at most thirty times a second; a key is
//! answered on the screen at once.

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
use terminal::{ConsoleScreen, PanicHook, Tty, in_loop, is_gone};
use tokio::{sync::mpsc, task::JoinSet};

/// The shortest time between two pictures when no key was pressed in between.
const FRAME: Duration = Duration::from_millis(33);
/// How many messages are taken in before the next picture is drawn.
const DRAIN: usize = 256;
/// How many keys may wait for the loop.
const KEYS: usize = 256;
/// The shortest time that the loop sleeps, so that a wake-up that is already due cannot
/// make it spin.
const TICK: Duration = Duration::from_millis(1);

/// What a console is started with.
pub struct ConsoleOptions {
    /// The tasks that talk to the hub.
    pub link: Link,
    /// The state to begin with. If a file of drafts is given below, `run` reads the drafts from
    /// there and replaces those in here.
    pub app: AppOptions,
    /// The file in which drafts are kept; with `None` they end with the process.
    pub drafts: Option<PathBuf>,
    /// Whether colours are left out, because `NO_COLOR` is set or the agent asked for it.
    pub mono: bool,
    /// Sentences about what could not be used at the start, such as a broken line of the keymap.
    /// They are shown at once.
    pub notices: Vec<String>,
}

/// Why the console could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The terminal cannot be used, or reading from it or writing to it failed.
    #[error("{0}")]
    Terminal(#[from] io::Error),
}

/// Runs the console on the terminal until the agent leaves. The terminal is given back on every
/// way out (R-CONSOLE-4).
///
/// # Errors
///
/// If input or output is not a terminal, or if using the terminal fails.
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

/// The loop and what it owns. `run` drives it on the real terminal; tests and benches drive it
/// on a buffer.
pub struct Loop {
    app: App,
    link: Link,
    drafts: Option<PathBuf>,
    /// The revision of the drafts that was written to the file last.
    saved: u64,
    mono: bool,
    zone: TimeZone,
}

impl Loop {
    /// Makes a loop that has not turned yet.
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

    /// Turns until the agent leaves. Messages come from `keys` and from the link; pictures
    /// go to `screen`.
    pub async fn drive(
        &mut self,
        screen: &mut impl ConsoleScreen,
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
                let look = view::DrawContext { now, zone: self.zone.clone(), mono: self.mono };
                if let Err(error) = in_loop(|| screen.paint(&self.app, &look)) {
                    // The reader will say so too, but a picture may be quicker. Whoever closes a
                    // window has done nothing wrong, and nothing that was written is lost.
                    self.take(Msg::Terminate);
                    self.save_drafts();
                    return if is_gone(&error) { Ok(()) } else { Err(error.into()) };
                }
                (shown, due, urgent) = (self.app.version(), now.after(FRAME), false);
            }
            let frame = (self.app.version() != shown).then_some(due);
            let wake = self.app.next_wake().into_iter().chain(frame).min();
            let rest = wake.map(|at| at.since(now).max(TICK));
            let msg = tokio::select! {
                biased;
                msg = keys.recv() => {
                    urgent = true;
                    // The sender is gone, and with it the terminal: nobody can press a key any
                    // more.
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

    /// Carries out one effect. True means that the loop ends.
    fn obey(
        &mut self,
        effect: Effect,
        screen: &mut impl ConsoleScreen,
    ) -> Result<bool, ConsoleError> {
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
                    // A refused command only leads to words on the screen, never to another effect,
                    // so the effects that are returned here can be dropped.
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
