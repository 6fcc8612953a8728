//! Another program may have the terminal for a time, and every key is then that program's. So what reads the terminal
//! stands still behind this gate until it may go on.

use std::io;
#[cfg(unix)]
use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    time::Duration,
};

/// How long the thread that reads may take to stand still. It does at once, unless so much is typed that nobody takes
/// what it has read.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(1);
#[cfg(unix)]
const STAND_STILL: u8 = b's';
#[cfg(unix)]
const GO_ON: u8 = b'g';

/// Holds up what reads the terminal. Dropping it ends that. Where terminals are not bytes, none can be lent.
pub struct ReaderGate {
    #[cfg(unix)]
    own: UnixStream,
    /// How often what reads has still to say that it stands, because it was too late.
    #[cfg(unix)]
    owed: usize,
}

/// The other end of a gate, which is watched beside the terminal.
pub struct Watched(#[cfg(unix)] pub(super) UnixStream);

impl ReaderGate {
    /// Makes a gate that is open. It fails if the system has no pair of sockets for it.
    #[cfg(unix)]
    pub fn new() -> io::Result<(Self, Watched)> {
        let (own, other) = UnixStream::pair()?;
        own.set_read_timeout(Some(PATIENCE))?;
        Ok((Self { own, owed: 0 }, Watched(other)))
    }
    /// Makes a gate that stays open.
    #[cfg(not(unix))]
    pub fn new() -> io::Result<(Self, Watched)> {
        Ok((Self {}, Watched()))
    }

    /// Returns when nothing reads the terminal any more.
    #[cfg(unix)]
    pub(super) fn stand_still(&mut self) -> io::Result<()> {
        self.own.write_all(&[STAND_STILL])?;
        self.owed += 1;
        while self.owed > 0 {
            if let Err(error) = self.own.read_exact(&mut [0]) {
                // It will stand still later, and finds that it may go on.
                self.own.write_all(&[GO_ON])?;
                return Err(error);
            }
            self.owed -= 1;
        }
        Ok(())
    }
    #[cfg(not(unix))]
    pub(super) fn stand_still(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Lets the terminal be read again.
    pub(super) fn go_on(&mut self) -> io::Result<()> {
        #[cfg(unix)]
        self.own.write_all(&[GO_ON])?;
        Ok(())
    }
}

#[cfg(unix)]
impl Watched {
    /// Does what the gate says, and returns when reading may go on. False means that the gate is gone.
    pub(super) fn obey(&mut self) -> bool {
        let mut said = [0];
        let mut hears = |watched: &mut Self| watched.0.read_exact(&mut said).map(|()| said[0]);
        match hears(self) {
            Ok(STAND_STILL) => {}
            Ok(_) => return true,
            Err(_) => return false,
        }
        self.0.write_all(&[STAND_STILL]).is_ok() && hears(self).is_ok()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn whoever_reads_stands_still_until_it_may_go_on() {
        let (mut gate, mut watched) = ReaderGate::new().unwrap();
        let reader = std::thread::spawn(move || (watched.obey(), watched.obey()));
        gate.stand_still().unwrap();
        gate.go_on().unwrap();
        drop(gate);
        assert_eq!(reader.join().unwrap(), (true, false));
    }

    #[test]
    fn a_reader_that_does_not_stand_still_in_time_goes_on_by_itself() {
        let (mut gate, mut watched) = ReaderGate::new().unwrap();
        gate.own.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        assert!(gate.stand_still().is_err());
        assert!(watched.obey(), "it was told to go on");
        // What it said late is no answer to the next question.
        gate.own.set_read_timeout(Some(PATIENCE)).unwrap();
        let reader = std::thread::spawn(move || watched.obey());
        gate.stand_still().unwrap();
        gate.go_on().unwrap();
        assert!(reader.join().unwrap());
    }
}
