//! The terminal console. `App` holds all of its state, and only `App::update` changes that state.
//! `view` draws from `&App`. `link` holds the tasks that talk to the hub. The loop in this file
//! joins the three over bounded channels and never awaits a call.
//!
//! In each turn the loop waits for one message (keys come before data, and data before the passing
//! of time), takes more of what is waiting for a few milliseconds, and draws at most once. It draws
//! nothing when nothing has changed. A change that comes from data alone is drawn at most thirty
//! times a second, and one of numbers alone eight times. A key is answered on the screen at once,
//! before the data that waits; but data that was passed over for keys for an eighth of a second has
//! its turn then, however many keys there are.
//!
//! How long the loop waits is measured by a clock that nobody can set. Only the state and the
//! pictures know the time of day.

pub mod actions;
pub mod alert;
pub mod app;
pub mod canvas;
mod clipboard;
pub mod clock;
pub mod drafts;
pub mod editor;
pub mod export;
mod first_start;
pub mod ids;
pub mod kept;
pub mod keymap;
pub mod layout;
pub mod link;
pub mod msg;
pub mod pane;
pub mod replay;
pub mod state_file;
pub mod terminal;
pub mod text;
pub mod view;

use app::{App, AppOptions};
use clock::ClockWatch;
use crossterm::event::{MouseButton, MouseEventKind};
use drafts::DraftsPlace;
use editor::{EditorPlace, RunningEditor};
use jiff::tz::TimeZone;
use kept::KeptPlace;
use link::Link;
use msg::{Click, EditOrder, Effect, Msg};
use ratatui::layout::Rect;
use std::{io, time::Duration};
use terminal::{ConsoleScreen, PanicHook, ReaderGate, Tty, in_loop, is_gone};
use tokio::{sync::mpsc, task::JoinSet, time::Instant};

/// The shortest time between two pictures when no key was pressed in between.
const FRAME: Duration = Duration::from_millis(33);
/// The shortest time between two pictures in which nothing but numbers is new, and the longest time
/// that data is passed over for keys.
const SLOW_FRAME: Duration = Duration::from_millis(125);
/// How long messages are taken in at most before pictures have their turn again.
const DRAIN: Duration = Duration::from_millis(4);
/// How long data waits for more of it, so that a flood does not wake the loop for each event. The
/// first event after a pause does not wait, and neither do more than `MANY` at once.
const GATHER: Duration = Duration::from_millis(5);
const MANY: usize = 256;
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
    /// Where drafts are kept; with `None` they end with the process.
    pub drafts: Option<DraftsPlace>,
    /// Where marks and filters are kept; with `None` they end with the process. `run` reads them from there.
    pub kept: Option<KeptPlace>,
    /// Whether colours are left out, because `NO_COLOR` is set or the agent asked for it.
    pub mono: bool,
    /// The agent's own editor; with `None` none can be opened.
    pub editor: Option<EditorPlace>,
    /// Sentences about what could not be used at the start, such as a broken line of the keymap.
    /// They are shown at once.
    pub notices: Vec<String>,
}

impl ConsoleOptions {
    /// A console in colours that keeps nothing after its end and has nothing to say at its start.
    #[must_use]
    pub fn new(link: Link, app: AppOptions) -> Self {
        Self { link, app, drafts: None, kept: None, mono: false, editor: None, notices: Vec::new() }
    }
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
    let ConsoleOptions { link, app: mut start, drafts, kept, mono, editor, mut notices } = options;
    let (to_loop, mut keys) = mpsc::channel(KEYS);
    // Where nothing can be remembered, the card of the first start would come every time.
    let seen = drafts.as_ref().is_none_or(|place| first_start::file_beside(&place.path).exists());
    start.welcome &= !seen;
    if let Some(place) = &drafts {
        let notice;
        (start.drafts, notice) = place.load();
        notices.extend(notice);
    }
    if let Some(place) = &kept {
        let notice;
        (start.kept, notice) = place.load();
        notices.extend(notice);
    }
    notices.extend(editor.as_ref().and_then(EditorPlace::left));
    let _hook = PanicHook::install(to_loop.clone());
    let (gate, watched) = ReaderGate::new()?;
    let mut screen = Tty::open(start.mouse, gate)?;
    let mut tasks = JoinSet::new();
    tasks.spawn(terminal::read_keys(to_loop.clone(), watched));
    tasks.spawn(async move {
        if let Err(error) = terminal::read_signals(to_loop.clone()).await {
            let _ = to_loop.send(Msg::Failed(format!("signals are not heard: {error}"))).await;
        }
    });
    let app = start;
    let options = ConsoleOptions { link, app, drafts, kept, mono, editor, notices };
    let mut console = Loop::new(options);
    console.drive(&mut screen, &mut keys).await
}

/// The loop and what it owns. `run` drives it on the real terminal; tests and benches drive it
/// on a buffer.
pub struct Loop {
    app: App,
    link: Link,
    drafts: Option<DraftsPlace>,
    /// The revision of the drafts that was written to the file last.
    saved: u64,
    kept: Option<KeptPlace>,
    /// How many changes of what is kept were written.
    saved_changes: usize,
    mono: bool,
    editor: Option<EditorPlace>,
    /// The editor that has the terminal. Nothing is painted meanwhile.
    editing: Option<RunningEditor>,
    zone: TimeZone,
    /// What a click means on the picture that is shown.
    zones: Vec<(Rect, Click)>,
    /// Since when data is passed over for keys; `None` if none is.
    passed_over: Option<Instant>,
    watch: ClockWatch,
}

impl Loop {
    /// Makes a loop that has not turned yet.
    #[must_use]
    pub fn new(options: ConsoleOptions) -> Self {
        let ConsoleOptions { link, app, drafts, kept, mono, editor, notices } = options;
        let zone = app.zone.clone();
        let mut app = App::new(app);
        for notice in notices {
            app.update(clock::now(), Msg::Failed(notice));
        }
        let saved = app.drafts().revision();
        let (zones, passed_over, saved_changes) = (Vec::new(), None, 0);
        let watch = ClockWatch::start();
        Self {
            app,
            link,
            drafts,
            saved,
            kept,
            saved_changes,
            mono,
            editor,
            editing: None,
            zone,
            zones,
            passed_over,
            watch,
        }
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
        let (mut shown, mut due, mut urgent) = ((0, 0), Instant::now(), true);
        let mut data_from = due;
        loop {
            if self.obey_all(effects, screen)? {
                if let Some(editor) = self.editing.take() {
                    editor.stop().await;
                }
                return Ok(());
            }
            let now = Instant::now();
            if self.frame(shown).is_some_and(|later| urgent || due + later <= now) {
                let (time, zone) = (clock::now(), self.zone.clone());
                let look = view::DrawContext::new(time, zone, self.mono);
                if let Err(error) = in_loop(|| screen.paint(&self.app, &look)) {
                    // The reader will say so too, but a picture may be quicker. Whoever closes a
                    // window has done nothing wrong, and nothing that was written is lost.
                    self.take(Msg::Terminate);
                    self.save();
                    return if is_gone(&error) { Ok(()) } else { Err(error.into()) };
                }
                self.zones = look.zones.take();
                (shown, due) = (self.app.versions(), now + FRAME);
            }
            urgent = false;
            let gather = (data_from > now).then_some(data_from);
            let frame = self.frame(shown).map(|later| due + later);
            let waits = [frame, gather].into_iter().flatten();
            let waits = waits.map(|at| at.saturating_duration_since(now));
            // The state knows only the time of day.
            let wake = self.app.next_wake().map(|at| at.since(clock::now()));
            let rest = wake.into_iter().chain(waits).min().map(|rest| rest.max(TICK));
            let msg = tokio::select! {
                biased;
                msg = keys.recv() => {
                    urgent = true;
                    // The sender is gone, and with it the terminal: nobody can press a key any
                    // more.
                    msg.unwrap_or(Msg::Terminate)
                }
                msg = ended(&mut self.editing) => {
                    self.editing = None;
                    screen.take()?;
                    urgent = true;
                    msg
                }
                Some(msg) = self.link.inbox.recv(), if gather.is_none() => msg,
                () = tokio::time::sleep(rest.unwrap_or_default()), if rest.is_some() => Msg::Wake,
            };
            let is_data = !urgent && !matches!(msg, Msg::Wake);
            if is_data {
                self.passed_over = None;
            }
            effects = self.take(msg);
            let came = self.drain(keys, &mut urgent, &mut effects) + usize::from(is_data);
            if (1..MANY).contains(&came) {
                data_from = Instant::now() + GATHER;
            }
        }
    }

    /// Takes in what waits: the keys, and then data until a key has come. Data that was passed over
    /// for too long is taken all the same, because keys that repeat may never cease. Neither takes
    /// longer than `DRAIN`. Returns how many messages of data there were.
    fn drain(
        &mut self,
        keys: &mut mpsc::Receiver<Msg>,
        urgent: &mut bool,
        effects: &mut Vec<Effect>,
    ) -> usize {
        let begun = Instant::now();
        while begun.elapsed() < DRAIN
            && let Ok(msg) = keys.try_recv()
        {
            *urgent = true;
            effects.extend(self.take(msg));
        }
        let begun = Instant::now();
        let starves = self.passed_over.is_some_and(|since| begun >= since + SLOW_FRAME);
        let mut data = 0;
        loop {
            if *urgent && !starves {
                if !self.link.inbox.is_empty() {
                    self.passed_over.get_or_insert(begun);
                }
                return data;
            }
            self.passed_over = None;
            if begun.elapsed() >= DRAIN {
                return data;
            }
            let Ok(msg) = self.link.inbox.try_recv() else { return data };
            data += 1;
            effects.extend(self.take(msg));
            if !starves && let Ok(msg) = keys.try_recv() {
                *urgent = true;
                effects.extend(self.take(msg));
            }
        }
    }

    /// How much later than after `FRAME` the next picture is due if the last one showed this; `None`
    /// if nothing has changed.
    fn frame(&self, shown: (u64, u64)) -> Option<Duration> {
        if self.editing.is_some() {
            return None;
        }
        let (version, figures) = self.app.versions();
        if version != shown.0 {
            return Some(Duration::ZERO);
        }
        (figures != shown.1).then(|| SLOW_FRAME.saturating_sub(FRAME))
    }

    fn take(&mut self, msg: Msg) -> Vec<Effect> {
        let msg = match msg {
            Msg::Mouse(mouse) if mouse.kind == MouseEventKind::Down(MouseButton::Left) => {
                let hit = view::draw_context::clicked(&self.zones, mouse.column, mouse.row);
                hit.map_or(Msg::Mouse(mouse), |click| Msg::Click(click.clone()))
            }
            other => other,
        };
        let mut effects = match self.watch.was_set() {
            Some(would) => in_loop(|| self.app.update(clock::now(), Msg::ClockSet(would))),
            None => Vec::new(),
        };
        effects.extend(in_loop(|| self.app.update(clock::now(), msg)));
        effects
    }

    /// Carries out all effects of a turn. True means that the loop ends.
    fn obey_all(
        &mut self,
        effects: Vec<Effect>,
        screen: &mut impl ConsoleScreen,
    ) -> Result<bool, ConsoleError> {
        // What leaves is in the file before it leaves: the process may be killed at any time, and the draft
        // must then say that it may have been sent.
        self.save();
        for effect in effects {
            if self.obey(effect, screen)? {
                self.save();
                return Ok(true);
            }
        }
        self.save();
        Ok(false)
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
            Effect::CopyByTerminal(text) => screen.copy(&text)?,
            Effect::Alert(alert) => screen.alert(&alert)?,
            Effect::Title(title) => screen.title(title)?,
            Effect::Welcomed => self.remember_first_start(),
            Effect::Edit(order) => self.edit(order, screen)?,
            Effect::Suspend => {
                self.save();
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

    /// Lends the terminal to an editor. If there is none, the agent is told why.
    fn edit(&mut self, order: EditOrder, screen: &mut impl ConsoleScreen) -> io::Result<()> {
        let (call, field) = (order.call.clone(), order.field);
        let why = match &self.editor {
            None => "no editor can be opened here".to_owned(),
            Some(place) => match screen.lend() {
                Err(error) => format!("the terminal cannot be lent to an editor: {error}"),
                Ok(()) => match RunningEditor::start(place, order) {
                    Ok(editor) => {
                        self.editing = Some(editor);
                        return Ok(());
                    }
                    Err(error) => {
                        screen.take()?;
                        format!("`{}` cannot be started: {error}", place.program)
                    }
                },
            },
        };
        self.take(Msg::Edited { call, field, result: Err(why) });
        Ok(())
    }

    fn remember_first_start(&mut self) {
        let Some(place) = &self.drafts else { return };
        let file = first_start::file_beside(&place.path);
        if let Err(error) = first_start::remember(&file) {
            let words = format!("the card will come again: {}: {error}", file.display());
            self.take(Msg::Failed(words));
        }
    }

    /// Writes what is new of the drafts and of what is kept.
    fn save(&mut self) {
        let revision = self.app.drafts().revision();
        if let Some(place) = self.drafts.as_ref().filter(|_| revision != self.saved) {
            self.saved = revision;
            let words = match place.save(self.app.drafts()) {
                Ok(words) => {
                    self.app.drafts_are_saved();
                    words
                }
                Err(error) => {
                    Some(format!("drafts are not kept: {}: {error}", place.path.display()))
                }
            };
            if let Some(words) = words {
                self.take(Msg::Failed(words));
            }
        }
        let new = self.app.kept().get(self.saved_changes..).unwrap_or_default();
        if let Some(place) = self.kept.as_ref().filter(|_| !new.is_empty()) {
            let saved = place.save(new);
            self.saved_changes += new.len();
            let path = place.path.display();
            let words = match saved {
                Ok(words) => words,
                Err(error) => Some(format!("marks and filters are not kept: {path}: {error}")),
            };
            if let Some(words) = words {
                self.take(Msg::Failed(words));
            }
        }
    }
}

/// What the editor says at its end; never anything if there is none.
async fn ended(editor: &mut Option<RunningEditor>) -> Msg {
    match editor {
        Some(editor) => editor.ended().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
