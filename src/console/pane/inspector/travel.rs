//! How the agent moves in time and among customers: back and forward through the events of this customer, to a
//! time, and to the customers that were looked at before.

use super::{Inspector, LookedBack, TimeTravel};
use crate::{
    console::msg::{Effect, LookBack},
    model::{
        ClientError, CustomerId, CustomerRef, CustomerView, Seq, Timestamp,
        client::{PastMoment, PastView},
    },
};

/// Why there is nothing further in a direction, in words for the agent.
pub type NoFurther = &'static str;

impl Inspector {
    /// Where in time the inspector is.
    #[must_use]
    pub const fn past(&self) -> &TimeTravel {
        &self.past
    }
    /// Whether the inspector shows the past, or is on its way there.
    #[must_use]
    pub const fn is_past(&self) -> bool {
        self.past.is_past()
    }
    /// Returns to the present. Returns whether the inspector was in the past.
    pub fn return_to_now(&mut self) -> bool {
        let was_past = self.is_past();
        self.past.leave();
        self.timeline.show_upto(None);
        was_past
    }
    /// Goes back by one event. From the present that is to the selected item of the timeline, or to the event
    /// before the newest. The error says why there is nothing to go back to.
    pub fn step_back(&mut self) -> Result<(), NoFurther> {
        if self.view().is_none() {
            return Err("no customer is shown");
        }
        let Some(place) = self.past.place() else {
            if self.is_past() {
                return Err("the hub still reads that part of the past");
            }
            let to = match self.timeline.newest().filter(|_| self.timeline.follows()) {
                Some(newest) => Some(Seq(newest.0.saturating_sub(1))),
                None => self.timeline.selected().map(|item| item.place().0),
            };
            // Without a history here, the hub finds the newest event itself.
            let as_of = self.view().map_or(Seq(0), |view| view.as_of);
            self.go_to_place(to.unwrap_or(as_of));
            return Ok(());
        };
        let (known, loaded) = (self.past.beside(place).0, self.timeline.beside(place).0);
        match known.max(loaded) {
            Some(before) => {
                self.go_to_place(before);
                Ok(())
            }
            None if self.past.going().is_some() => Err("the hub still reads that part of the past"),
            None => Err("this is the first event of this customer"),
        }
    }
    /// Goes forward by one event, and past the last one to the present. The error says that this is the present.
    pub fn step_forward(&mut self) -> Result<(), NoFurther> {
        if !self.is_past() {
            return Err("this is the present");
        }
        let Some(place) = self.past.place() else {
            return Err("the hub still reads that part of the past");
        };
        let (known, loaded) = (self.past.beside(place).1, self.timeline.beside(place).1);
        let next = match (known, loaded) {
            (Some(known), Some(loaded)) => Some(known.min(loaded)),
            (known, loaded) => known.or(loaded),
        };
        match next {
            Some(next) => {
                self.go_to_place(next);
                Ok(())
            }
            None if self.past.going().is_some() => Err("the hub still reads that part of the past"),
            None => {
                self.return_to_now();
                Ok(())
            }
        }
    }
    /// Goes to a time. The error says that no customer is shown.
    pub fn go_to_time(&mut self, at: Timestamp) -> Result<(), NoFurther> {
        if self.view().is_none() {
            return Err("no customer is shown");
        }
        self.past.go(PastMoment::Time(at));
        Ok(())
    }
    fn go_to_place(&mut self, place: Seq) {
        self.past.go(PastMoment::Place(place));
        self.follow_the_past();
    }
    /// Shows the timeline up to the point that is shown.
    fn follow_the_past(&mut self) {
        if let Some(shown) = self.past.shown().filter(|_| self.past.going().is_none()) {
            self.timeline.show_upto(Some(shown.place.seq));
        }
    }
    /// What of the past the hub has to be asked for now; it is returned once.
    pub fn wants_past(&mut self) -> Option<Effect> {
        let customer = self.view()?.customer.id.clone();
        self.past.wants(&customer)
    }
    /// Takes in the answer to `Effect::LookBack`. The answer about another customer is ignored.
    pub fn looked_back(
        &mut self,
        asked: &LookBack,
        result: Result<Option<PastView>, ClientError>,
    ) -> LookedBack {
        if self.view().is_none_or(|view| view.customer.id != asked.customer) {
            return LookedBack::Ignored;
        }
        let answered = self.past.answered(asked.moment, result);
        self.follow_the_past();
        answered
    }
    /// Marks the point that is shown, to compare others with it, or takes the mark away. Returns whether it is
    /// marked now; `None` if nothing of the past is shown.
    pub fn mark_past(&mut self) -> Option<bool> {
        self.past.mark_shown()
    }
    /// The two states to compare, the older one first: the marked one and the one that is shown, or the one that
    /// is shown and the present. Each has the time that it is of; the present has none.
    #[must_use]
    pub fn compared(&self) -> Option<[(Option<Timestamp>, Option<&CustomerView>); 2]> {
        let now = (None, Some(self.view()?));
        let of = |past: &'_ PastView| Some(past.place.at);
        // In the order of the log: a clock may have been set back between the two.
        match (self.past.mark(), self.past.shown()) {
            (Some(mark), Some(shown)) if mark.place.seq != shown.place.seq => {
                let [old, new] =
                    if mark.place.seq < shown.place.seq { [mark, shown] } else { [shown, mark] };
                Some([(of(old), old.view.as_ref()), (of(new), new.view.as_ref())])
            }
            (_, Some(past)) | (Some(past), None) => Some([(of(past), past.view.as_ref()), now]),
            (None, None) => None,
        }
    }

    /// Goes back to the customer that was looked at before this one, or forward again. `None` if there is none.
    pub fn turn_back(&mut self, back: bool, at: Timestamp) -> Option<(CustomerId, Vec<Effect>)> {
        self.note_shown();
        let customer = self.trail.turn(back)?;
        let effects = self.turn_to(CustomerRef::Id(customer.clone()), at);
        Some((customer, effects))
    }
    /// Remembers the customer that is shown as one that was looked at.
    pub(super) fn note_shown(&mut self) {
        if let Some(customer) = self.view().map(|view| view.customer.id.clone()) {
            self.trail.note(&customer, None);
        }
    }
}
