//! What every draw function is given besides the state: the styles, and the clock and time zone in which
//! times are shown.
//!
//! Styles are asked for by meaning (`title`, `tone(Tone::Bad)`), never by colour. Only the colours of
//! [`palette`] and the terminal's own foreground and background are used (R-CONSOLE-18).

use super::palette;
use crate::{
    console::{
        msg::Click,
        pane::{countdown::seconds_left, feed::ThingNow},
    },
    model::{Event, Hello, OnTheWay, Standing, Timestamp, Tone, time::in_one_unit},
};
use crossterm::event::{KeyCode, KeyEvent};
use jiff::{civil::Date, tz::TimeZone};
use ratatui::{
    layout::Rect,
    style::{Color, Modifier, Style},
};
use std::{cell::RefCell, rc::Rc, sync::Arc};

/// How to draw one picture.
#[derive(Clone, Debug)]
pub struct DrawContext {
    /// The time at which the picture is drawn, by the terminal's clock unless [`DrawContext::at`] was used.
    pub now: Timestamp,
    /// The agent's time zone, in which all times are shown.
    pub zone: TimeZone,
    /// Whether no colours may be used (`NO_COLOR` or the theme `mono`). Words, reverse video and bold then
    /// carry all meaning.
    pub mono: bool,
    /// What the hub said of itself: which network carries what a number of the org sends, and how long somebody on the
    /// line waits there. Before the first connection it has said nothing.
    pub hello: Arc<Hello>,
    /// What is drawn notes here what a click on it means.
    pub zones: Zones,
    /// The pane with the keys notes here what no notice may cover (R-CONSOLE-27).
    pub spared: Spared,
}

/// The rows that no notice may cover: where the agent types, the selected row, and the newest row.
#[derive(Clone, Debug, Default)]
pub struct Spared(Rc<RefCell<Vec<Rect>>>);

impl Spared {
    /// Notes the row of an area that lies at this height.
    pub fn row(&self, area: Rect, y: u16) {
        self.0.borrow_mut().push(Rect { y, height: 1, ..area });
    }
    /// Whether an area covers any of them.
    #[must_use]
    pub fn meets(&self, area: Rect) -> bool {
        self.0.borrow().iter().any(|row| row.intersects(area))
    }
}

/// The parts of a picture that can be clicked. They are noted while it is drawn, so that a click always means
/// what the agent saw.
#[derive(Clone, Debug, Default)]
pub struct Zones(Rc<RefCell<Vec<(Rect, Click)>>>);

impl Zones {
    /// Notes what a click on an area means. What is noted later lies on top.
    pub fn add(&self, area: Rect, click: Click) {
        self.0.borrow_mut().push((area, click));
    }
    /// Notes that a click on an area is the same as a key.
    pub fn key(&self, area: Rect, key: impl Into<KeyEvent>) {
        self.add(area, Click::Keys(vec![key.into()]));
    }
    /// Notes that a click on an area is the same as a letter.
    pub fn letter(&self, area: Rect, letter: char) {
        self.key(area, KeyCode::Char(letter));
    }
    /// Forgets everything, because something lies over it.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }
    /// Takes everything that was noted.
    #[must_use]
    pub fn take(&self) -> Vec<(Rect, Click)> {
        self.0.take()
    }
}

/// What a click at a position means, by what a picture has noted; `None` if it means nothing.
#[must_use]
pub fn clicked(zones: &[(Rect, Click)], x: u16, y: u16) -> Option<&Click> {
    let hit = |(area, _): &&(Rect, Click)| area.contains((x, y).into());
    zones.iter().rev().find(hit).map(|(_, click)| click)
}

/// The part of a row of the screen from one column on, so many columns wide.
#[must_use]
pub fn part(row: Rect, from: usize, width: usize) -> Rect {
    let [from, width] = [from, width].map(|n| u16::try_from(n).unwrap_or(u16::MAX));
    Rect { x: row.x.saturating_add(from), width, height: 1, ..row }.intersection(row)
}

impl DrawContext {
    /// Draws at this time, with times in this zone, and with colours or without.
    #[must_use]
    pub fn new(now: Timestamp, zone: TimeZone, mono: bool) -> Self {
        let (zones, spared, hello) = (Zones::default(), Spared::default(), Arc::default());
        Self { now, zone, mono, hello, zones, spared }
    }
    /// The same for the console of a hub that said this of itself.
    #[must_use]
    pub fn of_hub(&self, hello: Arc<Hello>) -> Self {
        Self { hello, ..self.clone() }
    }
    /// That a message waits for its network, and for how long (R-CARRY-24); `None` if it does not. `sent` is the event
    /// that sent it.
    #[must_use]
    pub fn waits(&self, sent: &Event, thing: &ThingNow) -> Option<String> {
        let (carrier, since) = thing.waits_for(sent, &self.hello)?;
        let again = match thing.now {
            Standing::OnTheWay(OnTheWay::Again) => " to go once more",
            _ => "",
        };
        Some(format!("waits for the network {carrier}{again}, {}", self.ago(since)))
    }

    /// The same at another time. Panes whose times are the hub's draw at the hub's time, because the two
    /// clocks may differ.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        Self { now, ..self.clone() }
    }
    fn colour(&self, colour: Color) -> Style {
        if self.mono { Style::new() } else { Style::new().fg(colour) }
    }
    #[must_use]
    pub fn plain(&self) -> Style {
        Style::new()
    }
    /// For what is less important, such as labels and times.
    #[must_use]
    pub fn dim(&self) -> Style {
        // How faint a terminal makes faint text is its own affair, so colour is used where there is any.
        if self.mono { Style::new().add_modifier(Modifier::DIM) } else { self.colour(palette::DIM) }
    }
    /// For titles and names.
    #[must_use]
    pub fn title(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }
    /// For the header of the pane that has the keys.
    #[must_use]
    pub fn focus(&self) -> Style {
        self.colour(palette::FOCUS).add_modifier(Modifier::BOLD)
    }
    /// For the selected row. It is reversed, because that shows in every colour scheme.
    #[must_use]
    pub fn selected(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
    /// For the name of a key.
    #[must_use]
    pub fn key(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }
    /// For what is good, bad or pending. The words or a sign beside it must say the same.
    #[must_use]
    pub fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Good => self.colour(palette::GOOD),
            Tone::Bad => self.colour(palette::BAD).add_modifier(Modifier::BOLD),
            Tone::Pending => self.colour(palette::PENDING),
            Tone::Plain => Style::new(),
        }
    }
    /// `14:03:21` in the agent's zone.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> String {
        self.format(at, "%H:%M:%S")
    }
    /// `14:03` in the agent's zone.
    #[must_use]
    pub fn minute(&self, at: Timestamp) -> String {
        self.format(at, "%H:%M")
    }
    /// `2026-11-23 14:03` in the agent's zone.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> String {
        self.format(at, "%Y-%m-%d %H:%M")
    }
    /// `14:03` if that is today, and else `2 Nov 14:03`.
    #[must_use]
    pub fn when(&self, at: Timestamp) -> String {
        let is_today = at.in_zone(&self.zone).is_some_and(|at| at.date() == self.today());
        self.format(at, if is_today { "%H:%M" } else { "%-d %b %H:%M" })
    }
    /// `Saturday 28 November`; the year is added where it is not the present one.
    #[must_use]
    pub fn day(&self, date: Date) -> String {
        let year = if self.today().year() == date.year() { "" } else { " %Y" };
        date.strftime(&format!("%A %-d %B{year}")).to_string()
    }
    /// The date in the agent's zone.
    #[must_use]
    pub fn today(&self) -> Date {
        self.now.in_zone(&self.zone).map_or(Date::ZERO, |now| now.date())
    }
    /// `Sat 28 Nov 14:02:11 Nairobi`; the year is added where it is not the present one.
    #[must_use]
    pub fn moment_and_zone(&self, at: Timestamp) -> String {
        let is_this_year =
            at.in_zone(&self.zone).is_some_and(|at| at.year() == self.today().year());
        let date = if is_this_year { "%a %-d %b" } else { "%a %-d %b %Y" };
        let date = self.format(at, &format!("{date} %H:%M:%S"));
        format!("{date} {}", self.zone_name())
    }
    /// `Sat 28 Nov  Nairobi`: the date, and the zone in which all times are shown, by its city where it has one.
    #[must_use]
    pub fn date_and_zone(&self) -> String {
        format!("{}  {}", self.format(self.now, "%a %-d %b"), self.zone_name())
    }
    fn zone_name(&self) -> String {
        match self.zone.iana_name() {
            Some(name) => name.rsplit('/').next().unwrap_or(name).replace('_', " "),
            None => self.format(self.now, "%Z"),
        }
    }
    /// How long ago `at` was, in one unit: `4s`, `12m`, `3h`, `2d`.
    #[must_use]
    pub fn ago(&self, at: Timestamp) -> String {
        short(self.now.since(at).as_secs())
    }
    /// How long it is until `at`, in one unit; `0s` once it is past. Seconds are rounded up, so that a
    /// countdown shows `1s` in its last second and `0s` only when it is over.
    #[must_use]
    pub fn until(&self, at: Timestamp) -> String {
        short(seconds_left(at, self.now))
    }
    fn format(&self, at: Timestamp, how: &str) -> String {
        at.in_zone(&self.zone).map_or_else(|| "?".into(), |at| at.strftime(how).to_string())
    }
}

/// Seconds in one unit: up to 99 in seconds, then in minutes up to 99, in hours up to 47, and in days.
fn short(secs: u64) -> String {
    in_one_unit(secs, [100, 6_000, 172_800], ["s", "m", "h", "d"])
}
