//! What a command began, and how that stands by now. The activity follows a message, a payment, a call, an answer
//! on the line, a request for consent, a reminder and work by tag to their end (R-CONSOLE-26). Messages, payments
//! and calls stand as the feed and the timeline say (`Standing`), so that all three use the same words. What a
//! command did at once, such as a tag, is not followed.

use super::begun::{Begun, answered, of_receipt, of_reminder, of_work};
use crate::model::{
    ConsentStatus, CustomerCommand, Event, EventKind, EventPart, MessageId, MessageStatus, Receipt,
    Seq, Standing, Thing, Timestamp, Tone, Work, WorkId, WorkState,
};

/// How it stood at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    Thing(Standing),
    /// Whoever is on the line has read or heard the answer, and wants the next one.
    WentOn,
    Consent(ConsentStatus),
    /// The customer did not say yes, or not in time.
    NotGiven,
    /// A reminder waits for its time.
    Waits,
    CameDue,
    /// It came due, and will again.
    CameDueAgain,
    Cancelled,
    Work(WorkState),
}

/// One step of its course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FollowedStep {
    /// The entry that told it; zero if it was the hub's reply.
    seq: Seq,
    at: Timestamp,
    stand: Stand,
}

/// What a command began, with its course so far. There is always a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    begun: Begun,
    steps: Vec<FollowedStep>,
    /// When a message leaves that the hub keeps.
    leaves: Option<Timestamp>,
}

/// The most steps of one course that are kept: the first, and the newest. A call can have any number.
const STEPS: usize = 40;

impl Stand {
    /// The contract's code of it; `None` where it has none.
    #[must_use]
    pub const fn code(self) -> Option<i32> {
        match self {
            Self::Thing(standing) => standing.code(),
            Self::Consent(status) => Some(status.code()),
            Self::WentOn
            | Self::NotGiven
            | Self::Waits
            | Self::CameDue
            | Self::CameDueAgain
            | Self::Cancelled
            | Self::Work(_) => None,
        }
    }
    fn words(self) -> String {
        match self {
            Self::Thing(standing) => standing.words(),
            Self::WentOn => "answered, and goes on".into(),
            Self::Consent(status) => status.words().into(),
            Self::NotGiven => "ended without a yes".into(),
            Self::Waits => WorkState::Waiting.words().into(),
            Self::CameDue => "came due".into(),
            Self::CameDueAgain => "came due, and will again".into(),
            Self::Cancelled => WorkState::Cancelled.words().into(),
            Self::Work(state) => state.words().into(),
        }
    }
    /// Whether it is over, so that nothing that happens later is about it any more. A payment that was received may
    /// be reversed, and messages of a work fail after its end.
    const fn closes(self) -> bool {
        match self {
            Self::WentOn
            | Self::NotGiven
            | Self::CameDue
            | Self::Cancelled
            | Self::Thing(Standing::UssdOver(_) | Standing::Message(MessageStatus::Withdrawn)) => {
                true
            }
            Self::Consent(status) => !matches!(status.tone(), Tone::Pending),
            Self::Thing(Standing::Call(status, _)) => status.is_final(),
            Self::Thing(_) | Self::Waits | Self::CameDueAgain | Self::Work(_) => false,
        }
    }
    /// Whether it is unknown what became of it, which whatever is told next ends.
    const fn is_doubt(self) -> bool {
        matches!(self, Self::Thing(standing) if standing.is_doubt())
    }
    const fn advice(self) -> &'static str {
        match self {
            Self::Thing(standing) => standing.advice(),
            Self::Consent(status) => status.advice(),
            Self::NotGiven
            | Self::WentOn
            | Self::Waits
            | Self::CameDue
            | Self::CameDueAgain
            | Self::Cancelled
            | Self::Work(_) => "",
        }
    }
}

impl Followed {
    fn new(begun: Begun, stand: Stand, at: Timestamp) -> Self {
        Self { begun, steps: vec![FollowedStep { seq: Seq(0), at, stand }], leaves: None }
    }

    /// What a command began that the hub has accepted; `None` if it was done at once.
    #[must_use]
    pub fn of(command: &CustomerCommand, receipt: &Receipt, at: Timestamp) -> Option<Self> {
        let (begun, stand) = match (command, receipt) {
            (CustomerCommand::RequestConsent { number, channel, action, .. }, receipt) => {
                let Receipt::Consent(consent) = receipt else { return None };
                let (number, channel) = (number.clone(), channel.clone());
                (
                    Begun::Consent { number, channel, action: *action },
                    Stand::Consent(consent.status),
                )
            }
            (CustomerCommand::AddReminder { reminder, .. }, receipt) => {
                (of_reminder(receipt.customer(), reminder), Stand::Waits)
            }
            (CustomerCommand::AnswerPrompt { session, menu, .. }, _) => {
                let shown = answered(menu.as_ref());
                (Begun::Answer(session.clone()), Stand::Thing(shown))
            }
            (
                CustomerCommand::SendMessageByTag { .. } | CustomerCommand::AddReminderByTag { .. },
                Receipt::Work(work),
            ) => of_work(work.work.as_ref()?),
            (_, receipt) => of_receipt(receipt)?,
        };
        let leaves = match command {
            CustomerCommand::ScheduleMessage { at, .. }
            | CustomerCommand::EditScheduled { at, .. } => Some(*at),
            _ => None,
        };
        Some(Self { leaves, ..Self::new(begun, stand, at) })
    }

    /// What somebody began by the event that leads their entry at this place; `None` if it was done at once.
    pub(super) fn led_by(
        seq: Seq,
        event: &Event,
        receipt: &Receipt,
        at: Timestamp,
    ) -> Option<Self> {
        let (begun, stand) = match &event.kind {
            EventKind::ConsentRequested { action, .. } => {
                let Receipt::Consent(consent) = receipt else { return None };
                let (number, channel) = (event.number.clone()?, event.channel.clone()?);
                (
                    Begun::Consent { number, channel, action: *action },
                    Stand::Consent(consent.status),
                )
            }
            EventKind::ReminderAdded(reminder) => {
                (of_reminder(event.customer.as_ref(), reminder), Stand::Waits)
            }
            EventKind::UssdMenuShown { session, .. } => {
                (Begun::Answer(session.clone()), Stand::Thing(Standing::MenuShown))
            }
            EventKind::CallPlanned { session, .. } => {
                (Begun::Answer(session.clone()), Stand::Thing(Standing::Planned))
            }
            EventKind::WorkAdded(work) => of_work(&work.id),
            _ => of_receipt(receipt)?,
        };
        let mut followed = Self::new(begun, stand, at);
        if let EventKind::MessageScheduled { leaves_at, .. } = &event.kind {
            followed.leaves = Some(*leaves_at);
        }
        followed.place(seq);
        Some(followed)
    }

    /// It began with the entry at this place. What was told before is about something else, such as another request
    /// to the same number.
    pub(super) fn place(&mut self, seq: Seq) {
        let first = FollowedStep { seq, ..self.steps[0] };
        self.steps.retain(|step| step.seq > seq);
        self.steps.insert(0, first);
    }

    /// Whether it is unknown what became of it, and a person has to decide (R-CARRY-18).
    #[must_use]
    pub fn is_doubt(&self) -> bool {
        self.now().is_doubt()
    }
    /// Whether nothing more can be heard of it.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.last().stand.closes()
    }
    fn last(&self) -> &FollowedStep {
        &self.steps[self.steps.len() - 1]
    }
    /// How it stands by the newest of what was heard.
    #[must_use]
    pub fn now(&self) -> Stand {
        self.last().stand
    }
    /// The newest bad news of it, which stays whatever is reported later.
    fn failed(&self) -> Option<Stand> {
        let last = self.now();
        let over = |stand: &Stand| *stand != last && stand.is_doubt();
        let mut stands = self.steps.iter().rev().map(|step| step.stand);
        stands.find(|stand| self.begun.tone(*stand) == Tone::Bad && !over(stand))
    }
    /// Whether it is good or bad news by now.
    #[must_use]
    pub fn tone(&self) -> Tone {
        if self.failed().is_some() { Tone::Bad } else { self.begun.tone(self.now()) }
    }
    /// Whether a message or payment that had failed is reported to have succeeded after all.
    #[must_use]
    pub fn is_contradicted(&self) -> bool {
        matches!(self.begun, Begun::Message(_) | Begun::Payment(_))
            && self.failed().is_some()
            && self.begun.tone(self.now()) == Tone::Good
    }
    /// An end that was told besides the failure.
    fn other_end(&self) -> Option<Stand> {
        let good = |stand: &Stand| self.begun.tone(*stand) == Tone::Good;
        self.steps.iter().rev().map(|step| step.stand).find(good)
    }
    /// How it stands, in words for an agent.
    #[must_use]
    pub fn words(&self) -> String {
        let now = self.now();
        if let Begun::Work(_, bulk) = &self.begun {
            return bulk.words(now.words());
        }
        let Some(failed) = self.failed() else { return now.words() };
        let coded = match failed.code() {
            Some(code) => format!("{} ({code})", failed.words()),
            None => failed.words(),
        };
        match self.other_end() {
            Some(good) if now == failed => format!("{}, then {coded}", good.words()),
            Some(_) | None if now != failed => format!("{coded}, then {}", now.words()),
            Some(_) | None => coded,
        }
    }
    /// What to do about a failure; empty if there is none.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match (&self.begun, self.failed()) {
            (Begun::Work(..), Some(_)) => {
                "The list of works has the reasons for what was skipped; the feed has what failed."
            }
            (_, Some(_)) if self.is_contradicted() => {
                "Both were reported: find out which is so before you do it again."
            }
            (_, Some(failed)) => failed.advice(),
            (_, None) => "",
        }
    }
    /// Each way it stood, in order and in words, with when that was told.
    #[must_use]
    pub fn course(&self) -> impl ExactSizeIterator<Item = (Timestamp, String)> {
        self.steps.iter().map(|step| (step.at, step.stand.words()))
    }
    /// The id of what is followed; `None` if it has none of its own.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match &self.begun {
            Begun::Message(id) => Some(id.as_str()),
            Begun::Payment(id) => Some(id.as_str()),
            Begun::Call(id) | Begun::Answer(id) => Some(id.as_str()),
            Begun::Work(id, _) => Some(id.as_str()),
            Begun::Consent { .. } | Begun::Reminder { .. } => None,
        }
    }
    /// When the message leaves; `None` for whatever does not wait for its time.
    #[must_use]
    pub fn leaves(&self) -> Option<Timestamp> {
        let waits = Stand::Thing(Standing::Message(MessageStatus::Scheduled));
        self.leaves.filter(|_| self.now() == waits)
    }
    /// The message that is followed, and how it stands: one that failed has failed until it is said to have arrived.
    #[must_use]
    pub fn message(&self) -> Option<(&MessageId, MessageStatus)> {
        let Begun::Message(id) = &self.begun else { return None };
        let failed = self.failed().filter(|_| !self.is_contradicted());
        match failed.unwrap_or(self.now()) {
            Stand::Thing(Standing::Message(status)) => Some((id, status)),
            Stand::Thing(Standing::OnTheWay(_)) => Some((id, MessageStatus::Sent)),
            _ => None,
        }
    }
    /// The work by tag that is followed; `None` if it is something else.
    #[must_use]
    pub const fn work(&self) -> Option<&WorkId> {
        match &self.begun {
            Begun::Work(work, _) => Some(work),
            Begun::Message(_)
            | Begun::Payment(_)
            | Begun::Call(_)
            | Begun::Answer(_)
            | Begun::Consent { .. }
            | Begun::Reminder { .. } => None,
        }
    }
    /// Whether the hub's count is wanted: it is work by tag that goes on, or whose count has not come to its end.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        matches!((&self.begun, self.now()), (Begun::Work(_, bulk), Stand::Work(state))
            if state == WorkState::Running || !bulk.is_whole() || bulk.waits())
    }
    /// Takes in how a work stands, as the list of works has it. Returns whether that is news.
    pub(super) fn counted(&mut self, work: &Work, at: Timestamp) -> bool {
        let Begun::Work(id, bulk) = &mut self.begun else { return false };
        if *id != work.id {
            return false;
        }
        let told = bulk.counted(work);
        let last = *self.last();
        let stand = Stand::Work(work.state);
        // Where events have told how it stands, the list may be older than they are.
        let is_silent = last.seq == self.steps[0].seq;
        let is_news = last.stand != stand && (work.state.is_final() || is_silent);
        if is_news {
            self.steps.push(FollowedStep { seq: last.seq, at, stand });
        }
        told || is_news
    }

    /// Takes in an event of the entry at this place. Events may come late, when they are read from the past.
    /// `at` is when it happened, by the clock of this machine. Returns whether it told something new.
    pub(super) fn hear(&mut self, seq: Seq, event: &Event, at: Timestamp) -> bool {
        if let (Begun::Reminder { customer, .. }, EventKind::CustomerReplaced { by }) =
            (&mut self.begun, &event.kind)
            && *customer == event.customer
        {
            *customer = Some(by.clone());
            return false;
        }
        let counts = match &mut self.begun {
            Begun::Work(work, bulk) => bulk.hear(work, &event.kind),
            Begun::Message(_)
            | Begun::Payment(_)
            | Begun::Call(_)
            | Begun::Answer(_)
            | Begun::Consent { .. }
            | Begun::Reminder { .. } => false,
        };
        let Some(stand) = self.told_by(event) else { return counts };
        if let EventKind::MessageScheduled { leaves_at, .. } = &event.kind {
            self.leaves = Some(*leaves_at);
        }
        self.add(FollowedStep { seq, at, stand }) || counts
    }

    /// How it stands by an event, if the event is about it.
    fn told_by(&self, event: &Event) -> Option<Stand> {
        if let EventPart::Of { thing, now, .. } = event.kind.part() {
            let wants_next = now.waits() && matches!(self.begun, Begun::Answer(_));
            let stand = if wants_next { Stand::WentOn } else { Stand::Thing(now) };
            return self.begun.is(thing).then_some(stand);
        }
        let reminder =
            |app, key: &str, stand| self.begun.is_reminder(event, app, key).then_some(stand);
        let message = |id, status| {
            let stand = Stand::Thing(Standing::Message(status));
            self.begun.is(Thing::Message(id)).then_some(stand)
        };
        let work = |work, state| (self.work() == Some(work)).then_some(Stand::Work(state));
        if let EventKind::ConsentChanged(status) = event.kind {
            self.begun.is_pair(event).then_some(Stand::Consent(status))
        } else if let EventKind::ConsentLapsed = event.kind {
            self.begun.is_pair(event).then_some(Stand::NotGiven)
        } else if let EventKind::ReminderAdded(added) = &event.kind {
            reminder(Some(&added.app), &added.key, Stand::Waits)
        } else if let EventKind::ReminderCancelled { key } = &event.kind {
            reminder(event.app.as_ref(), key, Stand::Cancelled)
        } else if let EventKind::ReminderFired(firing) = &event.kind {
            let again = firing.next.is_some();
            let stand = if again { Stand::CameDueAgain } else { Stand::CameDue };
            let of = (Some(&firing.reminder.app), &firing.reminder.key);
            firing.work.is_none().then(|| reminder(of.0, of.1, stand)).flatten()
        } else if let EventKind::MessageScheduled { id, .. } = &event.kind {
            message(id, MessageStatus::Scheduled)
        } else if let EventKind::ScheduledCancelled { id } = &event.kind {
            message(id, MessageStatus::Withdrawn)
        } else if let EventKind::WorkStarted { work: id, .. } = &event.kind {
            work(id, WorkState::Running)
        } else if let EventKind::WorkChanged { work: id, state } = &event.kind {
            work(id, *state)
        } else {
            None
        }
    }

    /// Puts a step in its place. What was told after the end of what closes is about something else.
    fn add(&mut self, step: FollowedStep) -> bool {
        if step.seq < self.steps[0].seq {
            return false;
        }
        let place = self.steps.partition_point(|own| own.seq <= step.seq);
        let before = self.steps[..place].last().map(|own| own.stand);
        if before == Some(step.stand) || before.is_some_and(Stand::closes) {
            return false;
        }
        // What happens on the way to a network is no news once it is known what became of the message.
        if let (Some(Stand::Thing(before)), Stand::Thing(next)) = (before, step.stand)
            && before.then(next) == before
        {
            return false;
        }
        let is_newest = place == self.steps.len();
        if self.steps.get(place).is_some_and(|own| own.stand == step.stand) {
            self.steps.remove(place);
        }
        self.steps.insert(place, step);
        if self.steps.len() > STEPS {
            self.steps.remove(1);
        }
        is_newest
    }
}
