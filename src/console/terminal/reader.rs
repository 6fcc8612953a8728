//! Reads the terminal until it is gone.
//!
//! crossterm would read it too, but its reader takes no notice of an end: when the terminal hangs up
//! or its input ends, reading brings nothing or an error from then on, and crossterm tries again at
//! once, for ever, with the whole of a processor. Here both end the console (R-CONSOLE-4).

#[cfg(unix)]
use super::input::TerminalInput;
use super::{burst::Burst, gate::Watched, message};
use crate::console::msg::Msg;
use crossterm::event::Event;
use tokio::{sync::mpsc, time::Instant};

/// Hands the events on, and what waited long enough with them. False means that nobody listens.
async fn hand_on(events: &mut Vec<Event>, to: &mpsc::Sender<Msg>) -> bool {
    for msg in events.drain(..).filter_map(message) {
        if to.send(msg).await.is_err() {
            return false;
        }
    }
    true
}

/// Waits until then; for ever if there is no such moment.
async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Reads keys, pastes and the mouse until the terminal is gone, and says so. It stands still while the gate says so.
#[cfg(unix)]
pub async fn read_keys(to: mpsc::Sender<Msg>, watched: Watched) {
    if let Err(error) = bytes::read_until_gone(&to, watched).await {
        let _ = to.send(Msg::Failed(format!("the terminal cannot be read: {error}"))).await;
    }
    let _ = to.send(Msg::Terminate).await;
}

#[cfg(unix)]
mod bytes {
    use super::{Burst, Event, Instant, Msg, TerminalInput, Watched, hand_on, mpsc, wait_until};
    use rustix::{
        event::{PollFd, PollFlags, poll},
        io::Errno,
    };
    use std::io;

    /// How many reads may wait for the loop. A read that finds no room waits, and so
    /// does the terminal.
    const READS: usize = 16;

    /// Returns when nobody listens any more or the terminal is gone.
    pub async fn read_until_gone(to: &mpsc::Sender<Msg>, watched: Watched) -> io::Result<()> {
        let (reads_to, mut reads) = mpsc::channel(READS);
        std::thread::Builder::new()
            .name("terminal".into())
            .spawn(move || read_on(watched, &reads_to))?;
        let mut input = TerminalInput::new(Instant::now());
        let mut burst = Burst::default();
        let (mut events, mut keys): (Vec<Event>, _) = (Vec::new(), Vec::new());
        loop {
            // What was read comes first: a deadline that passed while it lay there has been kept.
            tokio::select! {
                biased;
                read = reads.recv() => match read {
                    Some(Ok(bytes)) => input.take(&bytes, Instant::now(), &mut events),
                    Some(Err(error)) => return Err(error),
                    None => return Ok(()),
                },
                () = wait_until(burst.deadline()) => burst.release(&mut keys),
                () = wait_until(input.deadline()) => input.give_up(&mut events),
            }
            let now = Instant::now();
            for event in events.drain(..) {
                burst.take(event, now, &mut keys);
            }
            if !hand_on(&mut keys, to).await {
                return Ok(());
            }
        }
    }

    /// Reads until the terminal is gone or the gate is. It is a thread,
    /// because the descriptor is shared with the shell and must stay one that blocks.
    fn read_on(mut watched: Watched, to: &mpsc::Sender<io::Result<Vec<u8>>>) {
        let terminal = io::stdin();
        let mut buffer = [0; 4096];
        loop {
            let mut asked =
                [PollFd::new(&terminal, PollFlags::IN), PollFd::new(&watched.0, PollFlags::IN)];
            match poll(&mut asked, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return drop(to.blocking_send(Err(error.into()))),
            }
            let [ready, told] = asked.map(|fd| !fd.revents().is_empty());
            if told {
                if watched.obey() {
                    continue;
                }
                return;
            }
            if !ready {
                continue;
            }
            let read = match rustix::io::read(&terminal, &mut buffer) {
                // A terminal that has hung up reads as ended, or as an error of its own.
                Ok(0) | Err(Errno::IO | Errno::NXIO | Errno::BADF) => return,
                Ok(n) => Ok(buffer[..n].to_vec()),
                Err(Errno::INTR | Errno::AGAIN) => continue,
                Err(error) => Err(error.into()),
            };
            if to.blocking_send(read).is_err() {
                return;
            }
        }
    }
}

/// Reads keys, pastes and the mouse until the terminal is gone, and says so.
#[cfg(not(unix))]
pub async fn read_keys(to: mpsc::Sender<Msg>, _watched: Watched) {
    use futures_util::StreamExt as _;
    let mut terminal = crossterm::event::EventStream::new();
    let (mut burst, mut keys) = (Burst::default(), Vec::new());
    loop {
        tokio::select! {
            biased;
            event = terminal.next() => match event {
                Some(Ok(event)) => burst.take(event, Instant::now(), &mut keys),
                Some(Err(_)) | None => break,
            },
            () = wait_until(burst.deadline()) => burst.release(&mut keys),
        }
        if !hand_on(&mut keys, &to).await {
            return;
        }
    }
    let _ = to.send(Msg::Terminate).await;
}
