//! The timeline of the customer that is looked at: which part of their history is loaded, which item is
//! selected, and what the hub has to be asked for next.
//!
//! A piece of the history is loaded without a hole. It grows at its old end as the selection nears it, a page
//! at a time, and at its new end with the feed. Where it would grow too long, the end that is further from the
//! selection is let go and is asked for again when the selection comes back there. So a history of any length
//! can be read from end to end, and no more of it is here than there is room for.

use super::{
    super::feed::Older,
    items::{EventPlace, ItemStore, TimelineItem},
};
use crate::{
    console::msg::TimelineFrom,
    model::{CustomerId, EventKind, MessageId, Seq, Timestamp},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
};

mod pages;

/// Whether the newest events are loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum NewEnd {
    /// They are, and the feed adds to them.
    #[default]
    Live,
    /// The history ends before them here.
    Cut,
}

/// The state of the timeline.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    customer: Option<CustomerId>,
    /// The ids of those who were merged into the customer.
    absorbed: Vec<CustomerId>,
    items: ItemStore,
    /// The first and the last entry of the piece that is loaded; `None` before the first page.
    piece: Option<(Seq, Seq)>,
    older: Older,
    new_end: NewEnd,
    /// The selected item; `None` for the newest, whichever that is.
    cursor: Option<EventPlace>,
    /// The event that is selected as soon as it is loaded.
    aim: Option<EventPlace>,
    asked: Option<TimelineFrom>,
    /// How many questions were asked. The last one of them is the one whose answer counts.
    questions: u64,
    /// When what may have been missed at the new end is asked for, and behind which entry; `None` if nothing was.
    catch_up: Option<(Timestamp, Seq)>,
    /// The message that is answered, which is selected if the first page has it.
    answered: Option<MessageId>,
    /// The event that is selected once this customer is turned to.
    next_aim: Option<(CustomerId, EventPlace)>,
    /// Nothing after this place is shown.
    upto: Option<Seq>,
    /// The items that are new to the agent, each with the time until which it is marked.
    new: BTreeMap<EventPlace, Timestamp>,
    /// Up to where the agent has seen the histories of customers looked at before, the last one last.
    seen: VecDeque<(CustomerId, Seq)>,
    /// The selection at which older or newer events had to be let go for room. What is let go is not asked for
    /// again until the selection moves.
    full: (Option<EventPlace>, Option<EventPlace>),
    /// Whether the terminal has no focus, so that nobody sees what is marked.
    is_away: bool,
    /// How many lines the pane has.
    lines: usize,
}

/// What the agent does.
impl Timeline {
    pub(super) fn fit(&mut self, lines: usize) {
        self.lines = lines;
    }
    /// Moves the selection by so many items; a positive number moves down.
    pub fn move_by(&mut self, items: i32) {
        if items < 0 && matches!(self.older, Older::Failed(_) | Older::Unread(_)) {
            self.older = Older::More;
        }
        let Some(place) = self.selected_place() else { return };
        let steps = usize::try_from(items.unsigned_abs()).unwrap_or(usize::MAX);
        let all = |item: &&TimelineItem| self.is_in_time(item);
        let to = if items < 0 {
            self.items.up_from(place).take(steps.saturating_add(1)).last()
        } else {
            self.items.down_from(place).take_while(all).take(steps.saturating_add(1)).last()
        };
        self.cursor = to.map(TimelineItem::place).or(self.cursor);
        self.follow_at_the_end();
    }
    /// Goes to the beginning of the history. If that is not loaded, only it is, and not what lies between.
    pub fn top(&mut self) {
        if matches!(self.older, Older::More | Older::Failed(_) | Older::Unread(_))
            && self.upto.is_none()
        {
            self.begin_anew(NewEnd::Cut);
        } else {
            self.cursor = self.items.down_from((Seq(0), 0)).next().map(TimelineItem::place);
        }
    }
    /// Goes to the newest item and stays with the newest.
    pub fn bottom(&mut self) {
        (self.cursor, self.aim) = (None, None);
        if self.new_end == NewEnd::Cut && self.upto.is_none() {
            self.begin_anew(NewEnd::Live);
        }
    }
    /// Selects the item that has an event of this customer, once it is loaded.
    pub(super) fn aim_at(&mut self, customer: CustomerId, event: EventPlace) {
        if self.customer.as_ref() == Some(&customer) {
            self.select(event);
        } else {
            self.next_aim = Some((customer, event));
        }
    }
    /// Selects the item that has an event, now or as soon as it is loaded.
    pub fn select(&mut self, event: EventPlace) {
        self.aim = Some(event);
        self.take_aim();
    }
    /// Selects a message that the customer wrote, if it is loaded or once the first page has it.
    pub(super) fn answer(&mut self, message: MessageId) {
        self.answered = Some(message);
        if self.piece.is_some() {
            self.take_answered();
        }
    }
    /// Selects the message that is answered, if it is loaded. It is looked for once, and so never moves the selection
    /// at a later time.
    fn take_answered(&mut self) {
        let Some(answered) = self.answered.take() else { return };
        let is_it = |item: &&TimelineItem| matches!(&item.lead().kind, EventKind::MessageReceived { id, .. } if *id == answered);
        let newest = (Seq(u64::MAX), usize::MAX);
        let place = self.items.up_from(newest).find(is_it).map(TimelineItem::place);
        if place.is_some() {
            self.cursor = place;
            self.follow_at_the_end();
        }
    }
    /// Shows nothing after a place, or everything again. The newest of what is shown is selected.
    pub(super) fn show_upto(&mut self, upto: Option<Seq>) {
        if self.upto == upto {
            return;
        }
        (self.upto, self.cursor, self.aim) = (upto, None, None);
        match (upto, self.piece) {
            (Some(upto), Some((oldest, newest)))
                if upto < oldest || (upto > newest && self.new_end == NewEnd::Cut) =>
            {
                self.begin_anew(NewEnd::Cut);
            }
            (None, _) if self.new_end == NewEnd::Cut => self.begin_anew(NewEnd::Live),
            (Some(_) | None, _) => {}
        }
    }
    /// The entries that are loaded on either side of a place: the one before it, and the one behind it.
    pub(super) fn beside(&self, place: Seq) -> (Option<Seq>, Option<Seq>) {
        self.items.beside(place)
    }
    fn follow_at_the_end(&mut self) {
        if self.new_end == NewEnd::Live && self.cursor == self.last().map(TimelineItem::place) {
            self.cursor = None;
        }
    }
    fn is_in_time(&self, item: &TimelineItem) -> bool {
        self.upto.is_none_or(|upto| item.place().0 <= upto)
    }
    fn last(&self) -> Option<&TimelineItem> {
        self.items.up_from((self.upto.unwrap_or(Seq(u64::MAX)), usize::MAX)).next()
    }
    fn selected_place(&self) -> Option<EventPlace> {
        self.selected().map(TimelineItem::place)
    }
}

/// What can be read.
impl Timeline {
    /// Whose timeline it is. It has the events of those who were merged into this customer too.
    #[must_use]
    pub const fn customer(&self) -> Option<&CustomerId> {
        self.customer.as_ref()
    }
    /// The selected item; `None` if there is none.
    #[must_use]
    pub fn selected(&self) -> Option<&TimelineItem> {
        let chosen = self.cursor.and_then(|place| self.items.get(place));
        chosen.filter(|item| self.is_in_time(item)).or_else(|| self.last())
    }
    /// Whether the newest item is selected, whichever that is.
    #[must_use]
    pub const fn follows(&self) -> bool {
        self.cursor.is_none()
    }
    /// The items before a place, the newest first.
    pub fn before(&self, place: EventPlace) -> impl Iterator<Item = &TimelineItem> {
        self.items.up_from(place).filter(move |item| item.place() < place)
    }
    /// The items behind a place.
    pub fn behind(&self, place: EventPlace) -> impl Iterator<Item = &TimelineItem> {
        let behind = move |item: &&TimelineItem| item.place() > place;
        self.items.down_from(place).filter(behind).take_while(|item| self.is_in_time(item))
    }
    /// What there is before the oldest item. While it is being asked for it says so.
    #[must_use]
    pub fn older(&self) -> Older {
        match self.asked {
            Some(TimelineFrom::Before(before)) => Older::Asked(before),
            Some(TimelineFrom::Newest | TimelineFrom::After(_)) if self.piece.is_none() => {
                Older::Asked(Seq(0))
            }
            Some(_) | None => self.older.clone(),
        }
    }
    /// An item as it is shown: in the past as it was then.
    #[must_use]
    pub fn as_shown<'a>(&self, item: &'a TimelineItem) -> Cow<'a, TimelineItem> {
        let newest = item.events().last().map(|(place, _)| place.0);
        match self.upto {
            Some(upto) if newest > Some(upto) => Cow::Owned(item.as_of(upto)),
            Some(_) | None => Cow::Borrowed(item),
        }
    }
    /// Whether items behind the newest one here are not loaded.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.new_end == NewEnd::Cut && self.upto.is_none()
    }
    /// Whether an item is new to the agent.
    #[must_use]
    pub fn is_new(&self, item: &TimelineItem) -> bool {
        self.new.contains_key(&item.place())
    }
    /// The newest entry that is loaded; `None` if there is none or newer ones are not.
    pub(super) fn newest(&self) -> Option<Seq> {
        let (_, newest) =
            self.piece.filter(|_| self.new_end == NewEnd::Live && !self.is_empty())?;
        Some(newest)
    }
    /// How many events are loaded.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.items.len()
    }
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
