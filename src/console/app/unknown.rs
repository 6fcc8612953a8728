//! A message of which nobody knows whether it arrived (R-CARRY-18): which one is selected, and the sheet on which an agent
//! decides what becomes of it. The sheet opens with the harmless choice; the other one is a key away, and nothing is
//! sent before a third key says so.

use super::App;
use crate::{
    catalog::{self, Target},
    console::{
        layout::Pane,
        msg::Effect,
        pane::{feed::ThingNow, inspector::Tab},
    },
    model::{Event, EventKind, EventPart, Hello, MessageId, Thing, UnknownMessage},
};

/// A message to decide about.
#[derive(Clone, Debug)]
pub(super) struct Undecided {
    message: MessageId,
    /// Which attempt is unknown, where that is known.
    attempt: Option<u32>,
    target: Target,
}

impl Undecided {
    /// The message that a row tells of, if it is unknown what became of it.
    fn of_thing(event: &Event, thing: &ThingNow, hello: &Hello) -> Option<Self> {
        let EventPart::Of { thing: Thing::Message(id), .. } = event.kind.part() else {
            return None;
        };
        thing.failed.filter(|failed| failed.is_doubt())?;
        let attempt = match thing.way.as_ref().map(|way| &way.kind) {
            Some(EventKind::MessageCarried { attempt, .. }) => Some(*attempt),
            _ => None,
        };
        Some(Self { message: id.clone(), attempt, target: Target::of_event(event, hello)? })
    }
    fn of_listed(listed: &UnknownMessage) -> Self {
        let target = Target::of_unknown(listed);
        Self { message: listed.message.clone(), attempt: Some(listed.attempt), target }
    }
}

impl App {
    /// The selected message of unknown outcome; `None` if none is selected.
    pub(super) fn undecided(&self) -> Option<Undecided> {
        let hello = self.connection.said();
        match self.focus {
            Pane::Feed => {
                let row = self.feed.selected().filter(|_| !self.feed.hides_selection())?;
                let event = row.event()?;
                Undecided::of_thing(event, &self.feed.thing_of(event)?, &hello)
            }
            Pane::Inspector if self.inspector.tab() == Tab::Timeline => {
                let timeline = self.inspector.timeline();
                let item = timeline.as_shown(timeline.selected()?);
                Undecided::of_thing(item.lead(), &item.thing()?, &hello)
            }
            Pane::Activity => {
                let row = self.outbox.selected()?;
                let followed = row.followed().filter(|followed| followed.is_doubt())?;
                let (id, _) = followed.message()?;
                let customer = Some(row.customer.clone()?);
                let target = Target { customer, name: row.to.clone(), ..Target::default() };
                Some(Undecided { message: id.clone(), attempt: None, target })
            }
            Pane::Lists => self.lists.unknown().map(Undecided::of_listed),
            Pane::Inspector | Pane::Form => None,
        }
    }

    /// Opens the sheet on which is decided what becomes of the selected message, with the choice that sends nothing.
    pub(super) fn decide_unknown(&mut self) -> Vec<Effect> {
        let Some(Undecided { message, attempt, target }) = self.undecided() else {
            return Vec::new();
        };
        let attempt = attempt.map(|attempt| attempt.to_string()).unwrap_or_default();
        let values =
            vec![("leave".to_owned(), message.to_string()), ("attempt".to_owned(), attempt)];
        self.review_at_once(&catalog::UNKNOWN, target, values)
    }
}
