//! What the console tells the terminal beside its pictures: the title of the window, the bell, and notices
//! (R-CONSOLE-16). This is the only place where their bytes are made, and they are made of numbers and of words
//! of our own.
//!
//! Each control string ends with ST (ECMA-48), not with the bell that some programs use: a terminal that does
//! not know the string would ring it.

use crate::console::alert::{Alert, AlertMeans, WindowTitle};
use crossterm::{Command, QueueableCommand as _};
use std::{fmt, io};

/// Keeps the title of the window (XTWINOPS 22) or puts the kept one back (XTWINOPS 23).
pub(super) enum KeptTitle {
    Keep,
    PutBack,
}

impl Command for KeptTitle {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        f.write_str(match self {
            Self::Keep => "\x1b[22;2t",
            // A terminal that keeps none is at least left without our counts. Several take an empty title for
            // the one with which they started.
            Self::PutBack => "\x1b]2;\x1b\\\x1b[23;2t",
        })
    }
    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A control string that is no picture.
struct Osc(String);

impl Command for Osc {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        write!(f, "\x1b]{}\x1b\\", self.0)
    }
    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The same for the terminal in which tmux runs. tmux hands it on where its option `allow-passthrough` is on,
/// and else drops it.
struct PastTmux(Osc);

impl Command for PastTmux {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        let mut inner = String::new();
        self.0.write_ansi(&mut inner)?;
        write!(f, "\x1bPtmux;{}\x1b\\", inner.replace('\x1b', "\x1b\x1b"))
    }
    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the title of the window.
pub(super) fn title(out: &mut impl io::Write, title: WindowTitle) -> io::Result<()> {
    out.queue(Osc(format!("2;{}", title.words()))).map(drop)
}

/// Rings for an alert, if the bell is one of its ways.
pub(super) fn bell(out: &mut impl io::Write, alert: &Alert) -> io::Result<()> {
    if alert.means.contains(&AlertMeans::Bell) {
        out.write_all(b"\x07")?;
    }
    Ok(())
}

/// Calls the agent in each of the ways that the alert names. Inside tmux the bell is tmux's own, and notices are
/// for the terminal around it.
pub(super) fn alert(out: &mut impl io::Write, alert: &Alert, tmux: bool) -> io::Result<()> {
    let words = alert.counts.words();
    for means in &alert.means {
        let notice = match means {
            AlertMeans::Bell => {
                out.write_all(b"\x07")?;
                continue;
            }
            AlertMeans::Osc9 => Osc(format!("9;switchboard: {words}")),
            AlertMeans::Osc777 => Osc(format!("777;notify;switchboard;{words}")),
        };
        if tmux {
            out.queue(PastTmux(notice))?;
        } else {
            out.queue(notice)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::alert::AlertCounts;

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
    fn called(means: &[AlertMeans], tmux: bool) -> String {
        let counts = AlertCounts { live: 1, waiting: 2, problems: 1, views: 3 };
        written(|out| alert(out, &Alert { means: means.to_vec(), counts }, tmux))
    }

    #[test]
    fn an_alert_is_these_bytes_and_no_others() {
        let words = "1 on the line, 2 more wait, 1 problem, 3 new in views";
        assert_eq!(called(&[], false), "");
        assert_eq!(called(&[AlertMeans::Bell], false), "\x07");
        let osc9 = called(&[AlertMeans::Osc9], false);
        assert_eq!(osc9, format!("\x1b]9;switchboard: {words}\x1b\\"));
        let both = called(&[AlertMeans::Bell, AlertMeans::Osc777], false);
        assert_eq!(both, format!("\x07\x1b]777;notify;switchboard;{words}\x1b\\"));
    }

    #[test]
    fn in_tmux_a_notice_is_for_the_terminal_around_it() {
        let counts = AlertCounts { live: 2, ..AlertCounts::default() };
        let means = vec![AlertMeans::Bell, AlertMeans::Osc9];
        let bytes = written(|out| alert(out, &Alert { means, counts }, true));
        let inner = "\x1b\x1b]9;switchboard: 2 on the line\x1b\x1b\\";
        assert_eq!(bytes, format!("\x07\x1bPtmux;{inner}\x1b\\"));
    }

    #[test]
    fn a_title_is_kept_and_put_back() {
        let of = |live, waiting| written(|out| title(out, WindowTitle { live, waiting }));
        assert_eq!(of(0, 0), "\x1b]2;switchboard\x1b\\");
        assert_eq!(of(2, 4), "\x1b]2;(2 live, 4 waiting) switchboard\x1b\\");
        assert_eq!(
            (of(1, 0), of(0, 7)),
            (
                "\x1b]2;(1 live) switchboard\x1b\\".to_owned(),
                "\x1b]2;(7 waiting) switchboard\x1b\\".to_owned(),
            )
        );
        assert_eq!(written(|out| out.queue(KeptTitle::Keep).map(drop)), "\x1b[22;2t");
        let back = written(|out| out.queue(KeptTitle::PutBack).map(drop));
        assert_eq!(back, "\x1b]2;\x1b\\\x1b[23;2t");
    }
}
