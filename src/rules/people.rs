//! Those whom a work by tag has selected, one by one, with what became of each (R-TAGWORK-9).

use super::{World, addressing, runs::ServedPerson};
use crate::model::{CustomerId, MessageStatus, RecipientOutcome, Timestamp, WorkId, WorkRecipient};
use std::fmt;

/// How many rows are looked at for one page. Few of very many may be what is asked for.
const LOOKED_AT: usize = 10_000;

/// Where a page of the people of a work begins: those who were handled come first, in the order of their ids,
/// and then those whose turn has not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeoplePlace {
    /// After this one of those who were handled; at the first of them if it is empty.
    Handled(CustomerId),
    /// At this place among those who were selected.
    NotYet(usize),
}

impl Default for PeoplePlace {
    fn default() -> Self {
        Self::Handled(CustomerId::default())
    }
}

impl PeoplePlace {
    /// Reads what was written into the page before; `None` if it is nothing such.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_at_checked(1) {
            None if text.is_empty() => Some(Self::default()),
            Some(("h", id)) if !id.is_empty() => Some(Self::Handled(id.into())),
            Some(("n", place)) => place.parse().ok().map(Self::NotYet),
            _ => None,
        }
    }
}

impl fmt::Display for PeoplePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handled(id) => write!(f, "h{id}"),
            Self::NotYet(place) => write!(f, "n{place}"),
        }
    }
}

/// A page of people, and where the next one begins; `None` behind the last one.
pub type PeoplePage = (Vec<WorkRecipient>, Option<PeoplePlace>);

impl World {
    /// A page of those whom a work has selected, all of them or those with one outcome. It may be short and not
    /// be the last one. The error says why they cannot be listed.
    pub fn people(
        &self,
        work: &WorkId,
        wanted: Option<RecipientOutcome>,
        from: PeoplePlace,
        limit: usize,
    ) -> Result<PeoplePage, String> {
        let Some(job) = self.works.get(work) else { return Err(format!("no work {work}")) };
        let Some(run) = &job.run else {
            let state = job.work.state;
            return Err(if state.is_final() {
                format!("it is not known any more whom {work} reached: newer works came since")
            } else {
                format!("{work} is {}: it has selected nobody yet", state.words())
            });
        };
        // Whoever is put off by a work that is over never gets it.
        let is_over = job.work.state.is_final();
        let seen = |person: ServedPerson| {
            Some(person).filter(|one| !(is_over && one.outcome() == RecipientOutcome::PutOff))
        };
        let outcome_of = |person: &Option<ServedPerson>| {
            person.as_ref().map_or(RecipientOutcome::NotYet, ServedPerson::outcome)
        };
        let is_wanted = |outcome| wanted.is_none_or(|wanted| wanted == outcome);
        let mut page = Vec::new();
        let mut looked_at = 0;
        // From a page of those who were handled, everyone up to here is on it or on those before.
        let mut place = run.handled;
        match from {
            PeoplePlace::Handled(after) => {
                for (id, person) in self.works.runs.people(run, &after) {
                    looked_at += 1;
                    let person = seen(person);
                    if is_wanted(outcome_of(&person)) {
                        page.push(self.recipient(id.clone(), person));
                    }
                    if page.len() == limit || looked_at == LOOKED_AT {
                        return Ok((page, Some(PeoplePlace::Handled(id))));
                    }
                }
            }
            PeoplePlace::NotYet(at) => place = at,
        }
        // Their turn may have come since the page before.
        for (at, id, person) in self.works.runs.between(run, place..run.handled) {
            looked_at += 1;
            if page.len() == limit || looked_at == LOOKED_AT {
                return Ok((page, Some(PeoplePlace::NotYet(at))));
            }
            let person = person.and_then(seen);
            if is_wanted(outcome_of(&person)) {
                page.push(self.recipient(id, person));
            }
        }
        if !is_wanted(RecipientOutcome::NotYet) {
            return Ok((page, None));
        }
        for (at, id) in self.works.runs.not_yet(run, place) {
            if page.len() == limit {
                return Ok((page, Some(PeoplePlace::NotYet(at))));
            }
            page.push(self.recipient(id, None));
        }
        Ok((page, None))
    }

    fn recipient(&self, id: CustomerId, person: Option<ServedPerson>) -> WorkRecipient {
        let now = addressing::survivor(self, &id).unwrap_or_else(|| id.clone());
        let known = self.passing(&now);
        let known = known.as_ref();
        let message = person.as_ref().and_then(|person| person.message.clone());
        let written_to = message.as_ref().and_then(|id| {
            let (of, number) = self.index.message(id)?;
            let message = known.filter(|who| who.id == of)?.messages.at(number)?;
            Some(message.number.clone())
        });
        let first = || known.and_then(|who| who.numbers.first().cloned());
        WorkRecipient {
            customer: id,
            name: known.and_then(|who| who.name()).unwrap_or_default().to_owned(),
            number: written_to.or_else(first),
            message,
            status: person.as_ref().map_or(MessageStatus::Unspecified, |person| person.status),
            at: person.map_or(Timestamp::ZERO, |person| person.at),
        }
    }
}
