//! How much the feed shows of what happens.

use super::{FeedLine, LiveFeed, ring::RowPlace};
use crate::{
    model::{
        CarriageStep, CarrierId, Event, EventKind, EventPart, Hello, MessageStatus, OnTheWay,
        Standing, Timestamp, Tone,
    },
    query::Filter,
};
use std::sync::Arc;
use strum::VariantArray;

/// How much the feed shows of what happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, VariantArray)]
pub enum Depth {
    /// What customers and the org said and did to each other, each thing once and as it stands now,
    /// and everything that went wrong.
    #[default]
    Talk,
    /// Every event in a row of its own.
    All,
    /// Only what went wrong.
    Problems,
}

impl Depth {
    /// Its name in the header.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::All => "all",
            Self::Problems => "problems",
        }
    }
    /// Whether an event is of it by itself, whatever else is known of the thing that it tells of.
    #[must_use]
    pub fn shows(self, event: &Event) -> bool {
        let is_bad = event.tone() == Tone::Bad;
        match self {
            Self::All => true,
            Self::Problems => is_bad,
            Self::Talk => {
                is_bad
                    || match event.kind.part() {
                        EventPart::Word => true,
                        EventPart::Of { leads, .. } => leads,
                        EventPart::Record => false,
                    }
            }
        }
    }
    /// The one after it, and after the last the first.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Talk => Self::All,
            Self::All => Self::Problems,
            Self::Problems => Self::Talk,
        }
    }
}

/// How the feed shows when something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, VariantArray)]
pub enum Times {
    /// The time of day to the minute.
    #[default]
    Minute,
    /// The time of day to the second.
    Second,
    /// How long ago it was, for the last hour; for what was before that, the time of day.
    Age,
}

impl Times {
    /// Its name in a file of views.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Second => "second",
            Self::Age => "age",
        }
    }
    /// The one after it, and after the last the first.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Minute => Self::Second,
            Self::Second => Self::Age,
            Self::Age => Self::Minute,
        }
    }
}

/// What decides which rows are shown: the filter and the depth. Both must let a row pass.
#[derive(Clone, Debug, Default)]
pub(super) struct Sieve {
    pub filter: Filter,
    pub depth: Depth,
}

impl Sieve {
    /// Whether it lets every row pass.
    pub fn is_open(&self) -> bool {
        self.depth == Depth::All && self.filter.is_empty()
    }
}

/// How a thing stands of which a row tells.
#[derive(Clone, Debug)]
pub struct ThingNow {
    pub now: Standing,
    /// How it stood when it went wrong, if it did. This stays, whatever is reported later.
    pub failed: Option<Standing>,
    /// What was said or done last, if the row itself does not show it.
    pub last: Option<Arc<Event>>,
    /// What happened last on its way to a real network, if that is how it stands.
    pub way: Option<Arc<Event>>,
}

impl ThingNow {
    /// What matters most of how it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.failed.unwrap_or(self.now)
    }
    #[must_use]
    pub fn tone(&self) -> Tone {
        if self.failed.is_some() { Tone::Bad } else { self.now.tone() }
    }
}

impl ThingNow {
    /// For which network a message waits, and since when (R-CARRY-24); `None` if it waits for none. `message` is the
    /// event that sent it, and the hub has said which network carries what a number of the org sends.
    #[must_use]
    pub fn waits_for<'a>(
        &'a self,
        message: &Event,
        hello: &'a Hello,
    ) -> Option<(&'a CarrierId, Timestamp)> {
        let was_sent = matches!(message.kind, EventKind::MessageSent { .. });
        match (self.now, self.way.as_ref().map(|way| (&way.kind, way.at))) {
            (Standing::Message(MessageStatus::Sent), _) if was_sent => {
                let from = message.channel.as_ref()?;
                Some((hello.carrier_of(from)?, message.at))
            }
            (
                Standing::OnTheWay(OnTheWay::Returned | OnTheWay::Again),
                Some((EventKind::MessageCarried { carrier: network, step, .. }, at)),
            ) => {
                let begins = if was_sent && *step != CarriageStep::Again { message.at } else { at };
                Some((network, begins))
            }
            _ => None,
        }
    }
}

impl LiveFeed {
    /// Since when the messages wait for a network that are in view on so many lines.
    pub fn waits_in_view(&self, lines: usize, hello: &Hello) -> Vec<Timestamp> {
        let since = |line: FeedLine<'_>| {
            let FeedLine::Row(row, _) = line else { return None };
            let (event, thing) = (row.event()?, row.thing.as_ref()?);
            thing.waits_for(event, hello).map(|(_, since)| since)
        };
        self.view(lines).filter_map(since).collect()
    }
    /// Shows more or less of what happens. The same event stays selected if it is still shown.
    pub fn set_depth(&mut self, depth: Depth) {
        self.filter.name = None;
        self.ring.set_depth(depth);
        self.found.set_depth(depth);
        self.refilter_slice(super::FIRST_SLICE);
    }
    #[must_use]
    pub fn depth(&self) -> Depth {
        self.ring.sieve().depth
    }
    /// Shows times in another way.
    pub const fn set_times(&mut self, times: Times) {
        self.times = times;
    }
    #[must_use]
    pub const fn times(&self) -> Times {
        self.times
    }
    /// A counter of events that came and changed what is shown, in view or not.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.ring.changes()
    }
    /// Keeps something selected that is shown. A thing that is shown by another row now stays selected.
    pub(super) fn follow_moves(&mut self) {
        let moves = self.ring.take_moves().into_iter().chain(self.found.take_moves());
        for (from, to) in moves.collect::<Vec<_>>() {
            let follow = |place: &mut Option<RowPlace>| {
                if *place == Some(from) {
                    *place = to.or(*place);
                }
            };
            follow(&mut self.cursor);
            follow(&mut self.home);
        }
        if self.cursor.is_some_and(|place| self.is_kept(place) && !self.is_shown(place)) {
            self.keep_selection();
        }
    }
}
