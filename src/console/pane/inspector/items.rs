//! What a timeline is made of: everything that happened to one customer, in which a message, a payment, a
//! call or a USSD session is one item with its whole course (`model::thing`). An item stands where its thing
//! began, and what becomes of the thing later changes the item in its place.

use super::{
    super::feed::{FeedRow, FeedRowKind, ThingNow},
    changes::{FieldChange, KnownFields},
};
use crate::{
    model::{Event, EventKind, EventPart, Seq, Standing, Thing, Tone},
    wire::entry::encode_event,
};
use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

/// Names an event: the place of its entry, and which of the entry's events it is.
pub type EventPlace = (Seq, usize);

/// About how many bytes an event takes besides its texts.
const FRAME: usize = 512;

/// One item: an event that stands for itself, or all that is loaded of a thing.
#[derive(Clone, Debug)]
pub struct TimelineItem {
    /// Its events in order. There is always one.
    events: Vec<(EventPlace, Arc<Event>)>,
    /// What it changed of what is known of the customer.
    changes: Vec<FieldChange>,
    /// Whether one of its events says that it is about the customer. Of a payment there may be only a report, which
    /// names its other side.
    is_theirs: bool,
    bytes: usize,
}

impl TimelineItem {
    fn new(place: EventPlace, event: Arc<Event>, is_theirs: bool, bytes: usize) -> Self {
        Self { events: vec![(place, event)], changes: Vec::new(), is_theirs, bytes }
    }
    /// The place of its first event, by which it is in order.
    #[must_use]
    pub fn place(&self) -> EventPlace {
        self.events[0].0
    }
    /// Its events in order, each with its place.
    #[must_use]
    pub fn events(&self) -> &[(EventPlace, Arc<Event>)] {
        &self.events
    }
    /// The first event that says what was said or done; without one, the first event.
    #[must_use]
    pub fn lead(&self) -> &Arc<Event> {
        let leads = |event: &Event| matches!(event.kind.part(), EventPart::Of { leads: true, .. });
        let lead = self.events.iter().find(|(_, event)| leads(event));
        &lead.unwrap_or(&self.events[0]).1
    }
    /// What it changed of what is known of the customer.
    #[must_use]
    pub fn changes(&self) -> &[FieldChange] {
        &self.changes
    }
    /// How its thing stands; `None` for what stands for itself.
    #[must_use]
    pub fn thing(&self) -> Option<ThingNow> {
        let standing = |event: &Event| match event.kind.part() {
            EventPart::Of { now, .. } => Some(now),
            EventPart::Word | EventPart::Record => None,
        };
        let last = |wanted: fn(&Event) -> bool| {
            self.events.iter().rev().map(|(_, event)| event).find(|event| wanted(event))
        };
        let said =
            last(|event| matches!(event.kind.part(), EventPart::Of { leads: true, .. })).cloned();
        let mut now: Option<Standing> = None;
        let (mut failed, mut way) = (None, None);
        for (_, event) in &self.events {
            let next = standing(event)?;
            let after = now.map_or(next, |now| now.then(next));
            failed = failed.filter(|failed: &Standing| !failed.is_doubt());
            if event.tone() == Tone::Bad && !(next.is_doubt() && after != next) {
                failed = Some(next);
            }
            way = matches!(after, Standing::OnTheWay(_)).then_some(event);
            now = Some(after);
        }
        Some(ThingNow {
            now: now?,
            failed,
            last: said.filter(|said| !Arc::ptr_eq(said, self.lead())),
            way: way.cloned(),
        })
    }
    #[must_use]
    pub fn tone(&self) -> Tone {
        self.thing().map_or_else(|| self.lead().tone(), |thing| thing.tone())
    }
    /// Whether it is shown: it is known to be about the customer, and of a thing more than reports are loaded, or
    /// one that is bad news.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        let tells = |event: &Event| match event.kind.part() {
            EventPart::Of { leads, .. } => leads || event.tone() == Tone::Bad,
            // A window that only stays open a little longer is no news, to apps neither (R-SESS-1).
            EventPart::Word | EventPart::Record => {
                !matches!(event.kind, EventKind::SessionChanged { notify: false, .. })
            }
        };
        self.is_theirs && self.events.iter().any(|(_, event)| tells(event))
    }
    /// The same as it was after an entry.
    pub(super) fn as_of(&self, upto: Seq) -> Self {
        let mut then = self.clone();
        then.events.retain(|(place, _)| place.0 <= upto);
        if then.events.is_empty() {
            then.events.push(self.events[0].clone());
        }
        then
    }
    /// The same as a row of the feed that stands for its thing.
    #[must_use]
    pub fn row(&self) -> FeedRow {
        let lead = self.lead();
        let at = self.events.iter().find(|(_, event)| Arc::ptr_eq(event, lead));
        let (seq, index) = at.map_or(self.place(), |(place, _)| *place);
        let kind = FeedRowKind::Event(Arc::clone(lead));
        FeedRow { seq, index, kind, tone: self.tone(), thing: self.thing() }
    }
}

/// The items that are loaded, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct ItemStore {
    items: BTreeMap<EventPlace, TimelineItem>,
    /// Where the item of each thing is.
    things: HashMap<u64, EventPlace>,
    hasher: RandomState,
    /// What is known of the customer after the newest item.
    fields: KnownFields,
    events: usize,
    bytes: usize,
}

impl ItemStore {
    fn thing(&self, event: &Event) -> Option<u64> {
        match event.kind.part() {
            EventPart::Of { thing, .. } => Some(self.hasher.hash_one(thing)),
            EventPart::Word | EventPart::Record => None,
        }
    }
    /// Whether something of this thing is loaded.
    pub fn knows(&self, thing: Thing<'_>) -> bool {
        self.things.contains_key(&self.hasher.hash_one(thing))
    }
    /// Adds an event, which says itself that it is about the customer or may be. Returns where its item is now,
    /// and where it was before if it was there; `None` if the event is loaded already.
    pub fn add(
        &mut self,
        place: EventPlace,
        event: Arc<Event>,
        is_about: bool,
    ) -> Option<(EventPlace, Option<EventPlace>)> {
        let bytes = FRAME + encode_event(&event).len();
        let thing = self.thing(&event);
        let before = thing.and_then(|thing| self.things.get(&thing).copied());
        let item = match before {
            Some(at) => {
                let item = self.items.get(&at)?;
                let Err(n) = item.events.binary_search_by_key(&place, |(own, _)| *own) else {
                    return None;
                };
                let mut item = self.items.remove(&at)?;
                item.events.insert(n, (place, event));
                item.bytes += bytes;
                item.is_theirs |= is_about;
                item
            }
            None if self.items.contains_key(&place) => return None,
            None => TimelineItem::new(place, event, is_about, bytes),
        };
        let now = item.place();
        if let Some(thing) = thing {
            self.things.insert(thing, now);
        }
        self.items.insert(now, item);
        self.events += 1;
        self.bytes += bytes;
        Some((now, before))
    }
    /// Finds out what the newest item changed.
    pub fn compare_newest(&mut self, place: EventPlace) {
        if let Some(item) = self.items.get_mut(&place) {
            item.changes = self.fields.step(&item.events[0].1);
        }
    }
    /// Finds out what every item changed. Before the first one nothing was known of the customer if the
    /// history begins there.
    pub fn compare(&mut self, begins: bool) {
        self.fields = KnownFields::before_all(begins);
        for item in self.items.values_mut() {
            item.changes = self.fields.step(&item.events[0].1);
        }
    }
    pub const fn is_over(&self, events: usize, bytes: usize) -> bool {
        self.events > events || self.bytes > bytes
    }
    /// Lets the events of the oldest entry go. Returns the entry.
    pub fn let_oldest_go(&mut self) -> Option<Seq> {
        let (seq, _) = *self.items.first_key_value()?.0;
        while let Some(entry) = self.items.first_entry().filter(|entry| entry.key().0 == seq) {
            let mut item = entry.remove();
            let (_, event) = item.events.remove(0);
            let bytes = (FRAME + encode_event(&event).len()).min(item.bytes);
            self.events -= 1;
            self.bytes -= bytes;
            item.bytes -= bytes;
            let thing = self.thing(&event);
            match (thing, item.events.first().map(|(place, _)| *place)) {
                (Some(thing), Some(place)) => drop(self.things.insert(thing, place)),
                (Some(thing), None) => drop(self.things.remove(&thing)),
                (None, _) => {}
            }
            if !item.events.is_empty() {
                self.items.insert(item.place(), item);
            }
        }
        Some(seq)
    }
    /// Lets the last item go. Returns the entry that it began with.
    pub fn let_newest_go(&mut self) -> Option<Seq> {
        let (place, item) = self.items.pop_last()?;
        self.events -= item.events.len();
        self.bytes -= item.bytes;
        if let Some(thing) = self.thing(&item.events[0].1) {
            self.things.remove(&thing);
        }
        Some(place.0)
    }
    /// How many events are loaded.
    pub const fn len(&self) -> usize {
        self.events
    }
    pub fn get(&self, place: EventPlace) -> Option<&TimelineItem> {
        self.items.get(&place)
    }
    /// The items that are shown up to a place and with it, the newest first.
    pub fn up_from(&self, place: EventPlace) -> impl Iterator<Item = &TimelineItem> {
        self.items.range(..=place).rev().map(|(_, item)| item).filter(|item| item.is_shown())
    }
    /// The items that are shown from a place on and with it.
    pub fn down_from(&self, place: EventPlace) -> impl Iterator<Item = &TimelineItem> {
        self.items.range(place..).map(|(_, item)| item).filter(|item| item.is_shown())
    }
    /// The entries on either side of a place that are loaded: the last before it, and the first behind it.
    pub fn beside(&self, place: Seq) -> (Option<Seq>, Option<Seq>) {
        let (mut before, mut behind) = (None, None);
        // A thing has events far behind the place of its item, so all items before have to be looked at.
        for (at, _) in self.items.values().flat_map(|item| &item.events) {
            if at.0 < place {
                before = before.max(Some(at.0));
            } else if at.0 > place {
                behind = Some(behind.map_or(at.0, |known: Seq| known.min(at.0)));
            }
        }
        (before, behind)
    }
}
