//! Time travel: the customer as they were after an earlier event. States that were looked at are kept, so that
//! walking there and back asks the hub once for each.

use crate::{
    console::msg::{Effect, LookBack},
    model::{
        ClientError, CustomerId, Seq, Timestamp,
        client::{PastMoment, PastView},
    },
};
use std::collections::VecDeque;

/// How many states are kept. A state may take a few MiB.
const KEPT: usize = 24;

/// What became of an answer of the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookedBack {
    /// It was not asked for any more.
    Ignored,
    /// The hub is still reading.
    Reading,
    /// The state is shown.
    Shown,
    /// It cannot be shown; the text says why.
    Failed(String),
}

/// Where in time the inspector is.
#[derive(Clone, Debug, Default)]
pub struct TimeTravel {
    /// What is shown of the past; `None` before there is an answer, or in the present.
    shown: Option<PastView>,
    /// What is being gone to.
    going: Option<PastMoment>,
    /// Until when the hub has read so far.
    so_far: Option<Timestamp>,
    asked: bool,
    /// States that were looked at, the last one last.
    kept: VecDeque<PastView>,
    /// The point that others are compared with.
    mark: Option<PastView>,
}

impl TimeTravel {
    /// Whether the inspector shows the past, or is on its way there.
    #[must_use]
    pub const fn is_past(&self) -> bool {
        self.shown.is_some() || self.going.is_some()
    }
    /// What is shown of the past.
    #[must_use]
    pub const fn shown(&self) -> Option<&PastView> {
        self.shown.as_ref()
    }
    /// What is being gone to, and until when the hub has read so far.
    #[must_use]
    pub const fn going(&self) -> Option<(PastMoment, Option<Timestamp>)> {
        match self.going {
            Some(moment) => Some((moment, self.so_far)),
            None => None,
        }
    }
    /// The point that others are compared with.
    #[must_use]
    pub const fn mark(&self) -> Option<&PastView> {
        self.mark.as_ref()
    }
    /// How many states are kept.
    #[cfg(test)]
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept.len()
    }
    /// Marks the point that is shown, or takes the mark away. Returns whether it is marked now; `None` if
    /// nothing of the past is shown.
    pub(super) fn mark_shown(&mut self) -> Option<bool> {
        let shown = self.shown.as_ref()?;
        let is_same = self.mark.as_ref().is_some_and(|mark| mark.place.seq == shown.place.seq);
        self.mark = (!is_same).then(|| shown.clone());
        Some(!is_same)
    }
    /// Returns to the present. What was looked at is kept.
    pub(super) fn leave(&mut self) {
        (self.shown, self.going, self.so_far, self.asked) = (None, None, None, false);
    }
    /// Goes to a moment, at once if its state is known.
    pub(super) fn go(&mut self, moment: PastMoment) {
        (self.going, self.so_far, self.asked) = (None, None, false);
        let known = match moment {
            PastMoment::Place(seq) => self.kept.iter().position(|kept| kept.place.seq == seq),
            PastMoment::Time(_) => None,
        };
        match known.and_then(|at| self.kept.remove(at)) {
            Some(view) => self.show(view),
            None => self.going = Some(moment),
        }
    }
    fn show(&mut self, view: PastView) {
        self.kept.retain(|kept| kept.place.seq != view.place.seq);
        self.kept.push_back(view.clone());
        let over = self.kept.len().saturating_sub(KEPT);
        self.kept.drain(..over);
        (self.shown, self.going, self.so_far) = (Some(view), None, None);
    }
    /// The place where it is, or is going to if that is a known one.
    pub(super) fn place(&self) -> Option<Seq> {
        match (self.going, &self.shown) {
            (Some(PastMoment::Place(seq)), _) => Some(seq),
            (Some(PastMoment::Time(_)), _) => None,
            (None, shown) => shown.as_ref().map(|shown| shown.place.seq),
        }
    }
    /// The entries about the customer before and after a place, as the hub has named them.
    pub(super) fn beside(&self, place: Seq) -> (Option<Seq>, Option<Seq>) {
        let known = self.kept.iter().find(|kept| kept.place.seq == place);
        known.map_or((None, None), |known| (known.place.previous, known.place.next))
    }
    /// What the hub has to be asked for now; it is returned once.
    pub(super) fn wants(&mut self, customer: &CustomerId) -> Option<Effect> {
        let moment = self.going.filter(|_| !std::mem::replace(&mut self.asked, true))?;
        Some(Effect::LookBack(LookBack { customer: customer.clone(), moment }))
    }
    /// Takes in the answer to `Effect::LookBack`.
    pub(super) fn answered(
        &mut self,
        moment: PastMoment,
        result: Result<Option<PastView>, ClientError>,
    ) -> LookedBack {
        if self.going != Some(moment) {
            return LookedBack::Ignored;
        }
        self.asked = false;
        let why = match result {
            Ok(Some(view)) if view.place.unfinished => {
                self.so_far = Some(view.place.at);
                return LookedBack::Reading;
            }
            Ok(Some(view)) => {
                self.show(view);
                return LookedBack::Shown;
            }
            Ok(None) => "the hub knows no such customer any more".to_owned(),
            Err(error) => error.to_string(),
        };
        (self.going, self.so_far) = (None, None);
        LookedBack::Failed(why)
    }
}
