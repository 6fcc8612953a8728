//! The terminal itself: taking it, giving it back on every way out (R-CONSOLE-4), and reading its
//! keys and signals.
//!
//! `ratatui::init` is not used, because it writes through a small line buffer, and its counterpart
//! undoes only raw mode and the alternate screen. Here one guard undoes on drop everything that it
//! did, and the panic hook does the same before it reports. A panic in a background task is told to
//! the loop and leaves the screen alone.
//!
//! What the terminal sends is read by `reader`, told apart by `input` and `csi`, and what came faster
//! than fingers is found by `burst`.

mod beside;
mod burst;
#[cfg_attr(not(unix), expect(dead_code, reason = "only a terminal of bytes is read by it"))]
mod csi;
mod gate;
#[cfg_attr(not(unix), expect(dead_code, reason = "only a terminal of bytes is read by it"))]
mod input;
mod reader;

pub use gate::{ReaderGate, Watched};
pub use reader::read_keys;

use super::{
    alert::{Alert, WindowTitle},
    app::App,
    canvas::{self, Canvas, Doubt},
    clipboard::Surroundings,
    msg::Msg,
    view,
};
use beside::KeptTitle;
use crossterm::{
    Command, QueueableCommand,
    clipboard::CopyToClipboard,
    cursor::{MoveTo, Show},
    event::{
        DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange, Event,
        KeyEventKind, MouseEventKind,
    },
    style::{Attribute, SetAttribute},
    terminal::{
        BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap,
        EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
        enable_raw_mode,
    },
};
use ratatui::Terminal;
use std::{
    cell::Cell,
    fmt,
    io::{self, BufWriter, IsTerminal as _, Stdout, Write as _},
    panic,
    sync::atomic::{AtomicBool, Ordering},
};
use tokio::sync::mpsc;

/// Reports of the mouse: buttons and the wheel, and no movement, because nothing here is told by that.
struct MouseReports(bool);

impl Command for MouseReports {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        f.write_str(if self.0 { "\x1b[?1000h\x1b[?1006h" } else { "\x1b[?1006l\x1b[?1000l" })
    }
    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        if self.0 {
            crossterm::event::EnableMouseCapture.execute_winapi()
        } else {
            crossterm::event::DisableMouseCapture.execute_winapi()
        }
    }
}

/// Where pictures go: the real terminal, or a buffer in tests and benches. What only makes sense where somebody
/// sits before it does nothing by itself.
pub trait ConsoleScreen {
    /// Columns and rows.
    fn size(&self) -> (u16, u16);
    /// Draws the console.
    ///
    /// # Errors
    ///
    /// If the terminal cannot be written to.
    fn paint(&mut self, app: &App, look: &view::DrawContext) -> io::Result<()>;
    /// Takes the terminal, for the first time or again: turns all modes on and assumes nothing
    /// about what the screen shows.
    ///
    /// # Errors
    ///
    /// If a mode cannot be set.
    fn take(&mut self) -> io::Result<()> {
        Ok(())
    }
    /// Turns mouse capture on or off.
    ///
    /// # Errors
    ///
    /// If the terminal cannot be written to.
    fn capture_mouse(&mut self, _on: bool) -> io::Result<()> {
        Ok(())
    }
    /// Asks the terminal to keep a text for pasting (OSC 52). Whether it does is never known.
    ///
    /// # Errors
    ///
    /// If the terminal cannot be written to.
    fn copy(&mut self, _text: &str) -> io::Result<()> {
        Ok(())
    }
    /// Calls the agent (R-CONSOLE-16). It fails if the terminal cannot be written to.
    fn alert(&mut self, _alert: &Alert) -> io::Result<()> {
        Ok(())
    }
    /// Shows a title on the window. The one that was there before comes back with the shell. It fails if the
    /// terminal cannot be written to.
    fn title(&mut self, _title: WindowTitle) -> io::Result<()> {
        Ok(())
    }
    /// Gives the terminal to another program, until it is taken again. Nothing is read from it or painted meanwhile.
    /// It fails if what reads the terminal does not stand still, or there is none that could be lent.
    fn lend(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    /// Gives the terminal back, stops the process, and takes the terminal again after `fg`.
    ///
    /// # Errors
    ///
    /// If the process cannot be stopped or the terminal cannot be taken again.
    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether the terminal is ours at the moment. The panic hook has no other way to know.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the title of the window is ours, and the terminal keeps the one before.
static TITLED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether this thread is inside the loop's own code, where a panic ends the console.
    static IN_LOOP: Cell<bool> = const { Cell::new(false) };
}

/// Runs a piece of the loop. If it panics, the terminal is given back before anything is reported.
pub fn in_loop<R>(piece: impl FnOnce() -> R) -> R {
    IN_LOOP.set(true);
    let result = piece();
    IN_LOOP.set(false);
    result
}

/// The real terminal. Dropping it gives the terminal back.
pub struct Tty {
    terminal: Terminal<Canvas<BufWriter<Stdout>>>,
    doubt: Doubt,
    mouse: bool,
    /// The title that is shown; `None` if the window's own is.
    title: Option<WindowTitle>,
    /// Whether tmux stands between us and the terminal that shows notices.
    tmux: bool,
    gate: ReaderGate,
    /// Whether another program has the terminal.
    lent: bool,
    /// The modes that the terminal had when it was lent.
    #[cfg(unix)]
    modes: Option<rustix::termios::Termios>,
}

impl Tty {
    /// Takes the terminal. The gate is that of what reads it.
    ///
    /// # Errors
    ///
    /// `NotConnected` if input or output is not a terminal, or the error of setting a mode.
    pub fn open(mouse: bool, gate: ReaderGate) -> io::Result<Self> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(io::Error::new(
                io::ErrorKind::NotConnected,
                "the console needs a terminal: input and output must not be redirected \
                 (for scripts there are `tail`, `get` and `send`)",
            ));
        }
        let out = BufWriter::with_capacity(1 << 17, io::stdout());
        let terminal = Terminal::new(Canvas::new(out))?;
        let tmux = Surroundings::here().tmux;
        let (doubt, title, lent) = (Doubt::default(), None, false);
        let mut tty = Self {
            terminal,
            doubt,
            mouse,
            title,
            tmux,
            gate,
            lent,
            #[cfg(unix)]
            modes: None,
        };
        tty.take()?;
        Ok(tty)
    }
}

impl ConsoleScreen for Tty {
    fn size(&self) -> (u16, u16) {
        self.terminal.size().map_or((0, 0), |size| (size.width, size.height))
    }

    fn paint(&mut self, app: &App, look: &view::DrawContext) -> io::Result<()> {
        if self.lent {
            return Ok(());
        }
        self.terminal.backend_mut().queue(BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| {
            view::draw(app, frame, look);
            self.doubt.settle(frame.buffer_mut());
        })?;
        let out = self.terminal.backend_mut();
        out.queue(EndSynchronizedUpdate)?;
        io::Write::flush(out)
    }

    fn take(&mut self) -> io::Result<()> {
        // While the process was stopped, the shell has set modes of its own. crossterm believes
        // that it is still in raw mode and would do nothing, so it is told to leave that mode
        // first.
        if TAKEN.swap(true, Ordering::SeqCst) {
            disable_raw_mode()?;
        }
        enable_raw_mode()?;
        if std::mem::take(&mut self.lent) {
            self.gate.go_on()?;
        }
        let out = self.terminal.backend_mut();
        out.queue(EnterAlternateScreen)?
            .queue(DisableLineWrap)?
            .queue(EnableBracketedPaste)?
            .queue(EnableFocusChange)?;
        if self.mouse {
            out.queue(MouseReports(true))?;
        }
        io::Write::flush(out)?;
        if let Some(title) = self.title {
            self.title(title)?;
        }
        self.terminal.clear()
    }

    fn capture_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        if self.lent {
            return Ok(());
        }
        let out = self.terminal.backend_mut();
        if on {
            out.queue(MouseReports(true))?;
        } else {
            out.queue(MouseReports(false))?;
        }
        io::Write::flush(out)
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        out.queue(CopyToClipboard::to_clipboard_from(text))?;
        io::Write::flush(out)
    }

    fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        if self.lent {
            // Words would fall into the picture of the other program.
            beside::bell(out, alert)?;
        } else {
            beside::alert(out, alert, self.tmux)?;
        }
        io::Write::flush(out)
    }

    fn title(&mut self, title: WindowTitle) -> io::Result<()> {
        self.title = Some(title);
        if self.lent {
            return Ok(());
        }
        let out = self.terminal.backend_mut();
        if !TITLED.swap(true, Ordering::SeqCst) {
            out.queue(KeptTitle::Keep)?;
        }
        beside::title(out, title)?;
        io::Write::flush(out)
    }

    fn lend(&mut self) -> io::Result<()> {
        self.gate.stand_still()?;
        self.lent = true;
        restore();
        #[cfg(unix)]
        {
            self.modes = rustix::termios::tcgetattr(io::stdin()).ok();
        }
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        restore();
        // The whole foreground group stops, as with any other program. Under a wrapper the shell
        // would not notice that this process alone was stopped.
        #[cfg(unix)]
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        self.take()
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        // Whoever had it may have been ended before it could give it back.
        #[cfg(unix)]
        if let Some(modes) = self.modes.take().filter(|_| self.lent) {
            use rustix::termios::{OptionalActions, tcsetattr};
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
            TAKEN.store(true, Ordering::SeqCst);
        }
        restore();
    }
}

/// Whether an error of the terminal means that it is gone, so that nobody sees or writes
/// anything any more.
#[must_use]
pub fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    #[cfg(unix)]
    let hung_up = error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
        || error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error());
    #[cfg(not(unix))]
    let hung_up = false;
    hung_up || matches!(error.kind(), Kind::BrokenPipe | Kind::UnexpectedEof)
}

/// Undoes everything that `take` does, however much of it was done. It is safe to call twice, and
/// from the panic hook.
fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    // Each is undone on its own, because one that fails must not keep the next from being undone.
    let _ = out.queue(EndSynchronizedUpdate).map(drop);
    let _ = out.queue(MouseReports(false)).map(drop);
    let _ = out.queue(DisableFocusChange).map(drop);
    let _ = out.queue(DisableBracketedPaste).map(drop);
    let _ = out.queue(EnableLineWrap).map(drop);
    let _ = erase(&mut out);
    let _ = out.queue(LeaveAlternateScreen).map(drop);
    let _ = out.queue(Show).map(drop);
    if TITLED.swap(false, Ordering::SeqCst) {
        let _ = out.queue(KeptTitle::PutBack).map(drop);
    }
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// Empties the screen, so that no customer's text stays on it where leaving the alternate screen does
/// not take it away: tmux before 3.4 moves rows that became wider than the shell's screen among the
/// lines of the shell, and a terminal without an alternate screen goes on with the last picture.
///
/// It is erased from its end upwards, because tmux, where it has no alternate screen, moves a screen
/// that is erased in another way into its history.
fn erase(out: &mut impl io::Write) -> io::Result<()> {
    /// Beyond the last row and column of every terminal, which stops at its margins.
    const BEYOND: u16 = 9998;
    // In a colour, what is erased would be cells of that colour and not empty.
    out.queue(SetAttribute(Attribute::Reset))?
        .queue(MoveTo(BEYOND, BEYOND))?
        .queue(Clear(ClearType::FromCursorUp))?
        .queue(MoveTo(0, 0))?;
    Ok(())
}

/// While this lives, panics are reported in the console's way. When it is dropped, the
/// standard report returns.
pub struct PanicHook;

impl PanicHook {
    /// Installs the hook. A panic outside of the loop's own code becomes a message on `tell`.
    #[must_use]
    pub fn install(tell: mpsc::Sender<Msg>) -> Self {
        panic::set_hook(Box::new(move |info| {
            let what = info.payload_as_str().unwrap_or("no reason given");
            let place = info.location().map(|l| format!(" ({}:{})", l.file(), l.line()));
            let report = format!("{what}{}", place.unwrap_or_default());
            if IN_LOOP.get() || !TAKEN.load(Ordering::SeqCst) {
                restore();
                let _ = writeln!(
                    io::stderr(),
                    "switchboard stopped because of a fault of its own: {report}\n\
                     Nothing that was accepted is lost. Please report this line."
                );
            } else {
                // If the channel is full, the loop is busy with more urgent things, and the report
                // is dropped.
                let _ = tell.try_send(Msg::Failed(report));
            }
        }));
        Self
    }
}

impl Drop for PanicHook {
    fn drop(&mut self) {
        // Taking the hook during a panic would panic again.
        if !std::thread::panicking() {
            let _ = panic::take_hook();
        }
    }
}

fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Msg::Key(key)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::Down(_) | MouseEventKind::ScrollDown | MouseEventKind::ScrollUp => {
                Some(Msg::Mouse(mouse))
            }
            _ => None,
        },
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        Event::FocusGained => Some(Msg::Focus(true)),
        Event::FocusLost => Some(Msg::Focus(false)),
        Event::Key(_) => None,
    }
}

/// Turns signals into messages: SIGTERM, SIGHUP and SIGINT end the console, but for a SIGINT that is meant for an
/// editor; SIGCONT takes the terminal again, and SIGWINCH says that it has another size.
///
/// # Errors
///
/// If the signals cannot be listened to.
#[cfg(unix)]
pub async fn read_signals(to: mpsc::Sender<Msg>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    const SIGCONT: i32 = rustix::process::Signal::CONT.as_raw();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut resumed = signal(SignalKind::from_raw(SIGCONT))?;
    let mut resized = signal(SignalKind::window_change())?;
    loop {
        let msg = tokio::select! {
            _ = terminate.recv() => Msg::Terminate,
            _ = hangup.recv() => Msg::Terminate,
            _ = interrupt.recv() => Msg::Interrupted,
            _ = resumed.recv() => Msg::Resumed,
            _ = resized.recv() => match crossterm::terminal::size() {
                Ok((width, height)) => {
                    let size = canvas::known(width, height);
                    Msg::Resize(size.width, size.height)
                }
                Err(_) => continue,
            },
        };
        if to.send(msg).await.is_err() {
            return Ok(());
        }
    }
}

/// Turns Ctrl-Break into a message.
///
/// # Errors
///
/// If it cannot be listened to.
#[cfg(not(unix))]
pub async fn read_signals(to: mpsc::Sender<Msg>) -> io::Result<()> {
    tokio::signal::ctrl_c().await?;
    let _ = to.send(Msg::Terminate).await;
    Ok(())
}
