//! What everything looks like: styles by meaning, never by colour name, and the clock and zone of
//! the picture. Only the 16 ANSI colours and the terminal's own background are used.

use crate::{
    console::pane::countdown::seconds_left,
    model::{Timestamp, Tone, time::in_one_unit},
};
use jiff::tz::TimeZone;
use ratatui::style::{Color, Modifier, Style};

/// How to draw.
#[derive(Clone, Debug)]
pub struct Look {
    /// The time of the picture.
    pub now: Timestamp,
    /// The agent's time zone.
    pub zone: TimeZone,
    /// No colours (`NO_COLOR`, theme `mono`): meaning is carried by words, reverse and bold alone.
    pub mono: bool,
}

impl Look {
    /// The same at another time: the hub's, where the hub's clock counts.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        Self { now, ..self.clone() }
    }
    fn colour(&self, colour: Color) -> Style {
        if self.mono { Style::new() } else { Style::new().fg(colour) }
    }
    /// Ordinary text.
    #[must_use]
    pub fn plain(&self) -> Style {
        Style::new()
    }
    /// Less important text.
    #[must_use]
    pub fn dim(&self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }
    /// Titles and labels.
    #[must_use]
    pub fn title(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }
    /// The frame and title of the pane that has the keys.
    #[must_use]
    pub fn focus(&self) -> Style {
        self.colour(Color::Cyan).add_modifier(Modifier::BOLD)
    }
    /// The selected row: reversed, so that it shows in every palette.
    #[must_use]
    pub fn selected(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
    /// A key in a hint.
    #[must_use]
    pub fn key(&self) -> Style {
        self.colour(Color::Yellow).add_modifier(Modifier::BOLD)
    }
    /// By meaning.
    #[must_use]
    pub fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Good => self.colour(Color::Green),
            Tone::Bad => self.colour(Color::Red).add_modifier(Modifier::BOLD),
            Tone::Pending => self.colour(Color::Yellow),
            Tone::Plain => Style::new(),
        }
    }
    /// `14:03:21` in the agent's zone.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> String {
        self.format(at, "%H:%M:%S")
    }
    /// `2026-11-23 14:03` in the agent's zone.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> String {
        self.format(at, "%Y-%m-%d %H:%M")
    }
    /// How long ago, in one unit: `4s`, `12m`, `3h`, `2d`.
    #[must_use]
    pub fn ago(&self, at: Timestamp) -> String {
        short(self.now.since(at).as_secs())
    }
    /// How long until, in one unit; `0s` when past. Rounded up to seconds: it ends at 1, not at 0.
    #[must_use]
    pub fn until(&self, at: Timestamp) -> String {
        short(seconds_left(at, self.now))
    }
    fn format(&self, at: Timestamp, how: &str) -> String {
        jiff::Timestamp::from_microsecond(at.micros()).map_or_else(
            |_| "?".into(),
            |t| t.to_zoned_datetime(self.zone.clone()).strftime(how).to_string(),
        )
    }
}

/// Seconds in one unit.
fn short(secs: u64) -> String {
    in_one_unit(secs, [100, 6_000, 172_800], ["s", "m", "h", "d"])
}
