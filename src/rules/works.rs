//! All work by tag of an org: what is kept of each, and how what happens to it is folded. What is decided is
//! in `work`, and who got it is in `runs`.

use super::{
    World,
    builder::About,
    index::Index,
    limits,
    runs::{Chosen, Meant, Run, Runs, ServedPerson},
};
use crate::model::{
    Actor, AppId, CustomerId, CustomerState, Message, MessageId, MessageStatus, OrgSettings,
    PutOff, Rate, Reminder, TagPair, Task, Timestamp, Work, WorkId, WorkOutcomes, WorkState,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// All work that is kept, in order of creation: the unfinished, and the newest of the finished.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Works {
    all: Vec<Arc<WorkProgress>>,
    pub runs: Runs,
    /// When any of them last sent messages. The network's rate is that of all together (R-TAGWORK-7).
    sent_at: Timestamp,
}

/// A work, and how far it has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkProgress {
    pub work: Work,
    /// The run under way, which may be paused. A finished work keeps its last one for as long as it is known
    /// whom it reached; `None` while the work waits for its time.
    pub run: Option<Run>,
    /// When it last sent messages; zero if it never has.
    sent_at: Timestamp,
}

impl Works {
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Work> {
        self.all.iter().map(|job| &job.work)
    }
    /// When there is something to do next. The time is in the past while work is running that no rate holds back.
    pub fn next_due(&self, settings: &OrgSettings) -> Option<Timestamp> {
        self.all.iter().filter_map(|job| self.due(job, settings)).min()
    }
    /// When a work has something to do.
    fn due(&self, job: &WorkProgress, settings: &OrgSettings) -> Option<Timestamp> {
        match (job.work.state, &job.work.task) {
            (WorkState::Running, Task::Message(message)) => {
                let after = |rate: Option<Rate>, last: Timestamp| {
                    rate.filter(|_| !last.is_zero()).map(|rate| last.after(rate.pace().1))
                };
                let own = after(message.rate, job.sent_at);
                let all = after(settings.bulk_rate, self.sent_at);
                let is_through = job.run.as_ref().is_some_and(|run| run.handled >= run.selected);
                let later = is_through.then_some(job.work.put_off.first);
                Some(own.max(all).max(later).unwrap_or(Timestamp::ZERO))
            }
            (WorkState::Running, Task::Reminder(_)) => Some(Timestamp::ZERO),
            (WorkState::Waiting, Task::Reminder(reminder)) => Some(reminder.remind_at),
            (WorkState::Waiting, Task::Message(message)) => message.at,
            (
                WorkState::Unspecified | WorkState::Paused | WorkState::Done | WorkState::Cancelled,
                _,
            ) => None,
        }
    }
    /// The messages and the schedules of reminders whose time has come, each with when it fires again.
    pub fn fires(
        &self,
        now: Timestamp,
    ) -> impl Iterator<Item = (&WorkProgress, Option<Timestamp>)> {
        self.all.iter().filter_map(move |job| {
            if job.work.state != WorkState::Waiting {
                return None;
            }
            match &job.work.task {
                Task::Message(message) => {
                    message.at.is_some_and(|at| at <= now).then_some((&**job, None))
                }
                Task::Reminder(reminder) => {
                    (reminder.remind_at <= now).then(|| (&**job, reminder.next_after(now)))
                }
            }
        })
    }
    /// Of the running works that have something to do, the one that has waited longest.
    pub fn turn_of(&self, settings: &OrgSettings, now: Timestamp) -> Option<&WorkProgress> {
        let running = self.all.iter().filter(|job| job.work.state == WorkState::Running);
        let due = running.filter(|job| self.due(job, settings).is_some_and(|due| due <= now));
        due.min_by_key(|job| job.work.updated_at).map(AsRef::as_ref)
    }
    /// All works that are kept, with how far they have come.
    pub fn jobs(&self) -> impl Iterator<Item = &WorkProgress> {
        self.all.iter().map(AsRef::as_ref)
    }
    pub fn get(&self, id: &WorkId) -> Option<&WorkProgress> {
        self.all.iter().rev().find(|job| job.work.id == *id).map(AsRef::as_ref)
    }
    /// A work to be changed, and the runs of all.
    fn get_mut(&mut self, id: &WorkId) -> Option<(&mut WorkProgress, &mut Runs)> {
        let job = self.all.iter_mut().rev().find(|job| job.work.id == *id)?;
        Some((Arc::make_mut(job), &mut self.runs))
    }
    /// The unfinished schedule of a reminder by tag (R-TAGWORK-3).
    pub fn schedule(&self, tag: &TagPair, app: &AppId, key: &str) -> Option<&WorkProgress> {
        self.all.iter().map(AsRef::as_ref).find(|job| {
            let same = |reminder: &Reminder| reminder.app == *app && reminder.key == key;
            !job.work.state.is_final()
                && job.work.tag == *tag
                && matches!(&job.work.task, Task::Reminder(reminder) if same(reminder))
        })
    }
    pub fn open(&self) -> usize {
        self.all.iter().filter(|job| !job.work.state.is_final()).count()
    }
    /// Forgets the oldest finished ones, where there are too many.
    fn prune(&mut self) {
        let mut surplus = (self.all.len() - self.open()).saturating_sub(limits::WORKS_KEPT);
        let runs = &mut self.runs;
        self.all.retain(|job| {
            let gone = surplus > 0 && job.work.state.is_final();
            surplus -= usize::from(gone);
            if let Some(run) = job.run.as_ref().filter(|_| gone) {
                runs.end(run);
            }
            !gone
        });
    }
    /// Forgets whom the finished works reached, but not of the newest of them (R-TAGWORK-9). What is left of the
    /// others goes a few rows at a time.
    fn forget(&mut self) {
        let is_kept = |job: &&mut Arc<WorkProgress>| job.work.state.is_final() && job.run.is_some();
        let mut kept: Vec<_> = self.all.iter_mut().rev().filter(is_kept).collect();
        kept.sort_by_key(|job| std::cmp::Reverse(job.work.updated_at));
        let mut people = 0;
        for (n, job) in kept.into_iter().enumerate() {
            people += job.run.as_ref().map_or(0, |run| run.selected);
            if n >= limits::WORKS_WITH_PEOPLE || (n > 0 && people > limits::PEOPLE_KEPT) {
                let run = Arc::make_mut(job).run.take();
                if let Some(run) = run {
                    self.runs.end(&run);
                }
            }
        }
    }
}

impl WorkProgress {
    /// Whom it selects.
    pub fn meant(&self) -> Meant {
        Meant::of(&self.work.tag, &self.work.task)
    }
    /// How many messages it may send at once by its own rate and that of the network; `None` for any number.
    pub fn at_once(&self, settings: &OrgSettings) -> Option<usize> {
        let Task::Message(message) = &self.work.task else { return None };
        let rates = [message.rate, settings.bulk_rate].into_iter().flatten();
        rates.map(|rate| rate.pace().0).min()
    }
    /// The envelope for events about the work.
    pub fn about(&self, actor: Actor) -> About {
        About::org(actor).for_app(self.work.app.clone())
    }
}

pub fn fold_added(world: &mut World, work: &Work) {
    let Works { all, runs, .. } = &mut world.works;
    let same = all.iter().filter(|job| job.work.id == work.id);
    same.filter_map(|job| job.run.as_ref()).for_each(|run| runs.end(run));
    all.retain(|job| job.work.id != work.id);
    let (work, sent_at) = (work.clone(), Timestamp::ZERO);
    all.push(Arc::new(WorkProgress { work, run: None, sent_at }));
}

/// Folds the start of a run: whoever has the tag at this entry of the log is selected.
pub fn fold_started(world: &mut World, work: &WorkId, next: Option<Timestamp>, at: Timestamp) {
    let Some(job) = world.works.get(work) else { return };
    let meant = job.meant();
    let chosen = Chosen::take(world, &meant, at);
    change(world, work, at, |job, runs| {
        let mut run = runs.start(chosen, next);
        let was_to_begin = job.work.begins();
        run.is_late = was_to_begin.is_some_and(|then| at.since(then) > limits::SCHEDULED_LATE);
        start(job, runs, run);
    });
}

/// What a slice of a work came to, as `EventKind::WorkAdvanced` records it.
pub struct WorkSlice<'e> {
    pub handled: u64,
    pub done: u64,
    pub skipped: &'e [(i32, u64)],
    pub left_out: &'e [(CustomerId, i32)],
    pub put_off: &'e [(CustomerId, Timestamp)],
    pub resumed: u64,
}

/// Folds a slice.
pub fn fold_advanced(world: &mut World, work: &WorkId, slice: &WorkSlice<'_>, at: Timestamp) {
    let WorkSlice { handled, done, skipped, left_out, put_off, resumed } = *slice;
    if done > 0
        && world.works.get(work).is_some_and(|job| matches!(job.work.task, Task::Message(_)))
    {
        world.works.sent_at = at;
    }
    change(world, work, at, |job, runs| {
        if let Some(run) = &mut job.run {
            let handled = usize::try_from(handled).unwrap_or(usize::MAX);
            run.handled = run.handled.saturating_add(handled);
            for (customer, code) in left_out {
                let status =
                    MessageStatus::from_code(*code).unwrap_or(MessageStatus::InvalidRequest);
                runs.serve(run, customer, ServedPerson { message: None, status, at });
            }
            runs.resume(run, usize::try_from(resumed).unwrap_or(usize::MAX));
            let mut last = job.work.put_off.last;
            for (customer, until) in put_off {
                runs.put_off(run, customer, *until);
                last = last.max(*until);
            }
            let before = PutOff { last, ..job.work.put_off };
            job.work.put_off = runs.all_put_off(run, before);
        }
        if done > 0 {
            job.sent_at = at;
        }
        job.work.done += done;
        for (code, n) in skipped {
            *job.work.skipped.entry(*code).or_default() += n;
        }
    });
}

pub fn fold_changed(world: &mut World, work: &WorkId, state: WorkState, at: Timestamp) {
    change(world, work, at, |job, runs| turn(job, runs, state));
    if state.is_final() {
        world.works.prune();
        world.works.forget();
    }
}

/// Folds that a customer got what the work does, or that it was refused for them, if the event was part
/// of a work by tag.
pub fn fold_served(
    world: &mut World,
    work: Option<&WorkId>,
    customer: Option<&CustomerId>,
    person: ServedPerson,
) {
    let Some((job, runs)) = work.and_then(|work| world.works.get_mut(work)) else { return };
    if person.message.is_some() && person.status == MessageStatus::Sent {
        job.work.outcomes.moved(None, person.status);
    }
    if let (Some(run), Some(customer)) = (&mut job.run, customer) {
        runs.serve(run, customer, person);
    }
}

/// Folds that a message stands otherwise than before, if a work has sent it (R-TAGWORK-8). `before` is how it was.
pub fn fold_report(
    world: &mut World,
    customer: Option<&CustomerId>,
    before: &Message,
    status: MessageStatus,
    at: Timestamp,
) {
    let Some(work) = &before.work else { return };
    // Whoever was merged since was somebody else when they got it.
    let who = customer.and_then(|id| world.by_id(id)).cloned();
    let Some((job, runs)) = world.works.get_mut(work) else { return };
    job.work.outcomes.moved(Some(before.status), status);
    if let (Some(run), Some(who)) = (&job.run, who) {
        let mut ids = std::iter::once(&who.id).chain(&who.absorbed);
        ids.any(|id| runs.report(run, id, &before.id, status, at));
    }
}

fn change(
    world: &mut World,
    work: &WorkId,
    at: Timestamp,
    how: impl FnOnce(&mut WorkProgress, &mut Runs),
) {
    if let Some((job, runs)) = world.works.get_mut(work) {
        how(job, runs);
        job.work.updated_at = at;
    }
}

fn start(job: &mut WorkProgress, runs: &mut Runs, run: Run) {
    job.work.state = WorkState::Running;
    job.work.total = run.selected as u64;
    job.work.done = 0;
    job.work.skipped.clear();
    job.work.outcomes = WorkOutcomes::default();
    job.work.put_off = PutOff::default();
    if let Some(before) = job.run.replace(run) {
        runs.end(&before);
    }
}

/// Changes the state of a work. One that waits has no run, and a reminder that repeats moves on to its next
/// time. One that is finished keeps its run, so that it can be told whom it reached.
fn turn(job: &mut WorkProgress, runs: &mut Runs, state: WorkState) {
    job.work.state = state;
    if state.is_final() {
        job.work.put_off = PutOff::default();
    }
    if state != WorkState::Waiting {
        return;
    }
    let Some(run) = job.run.take() else { return };
    runs.end(&run);
    if let (Some(next), Task::Reminder(reminder)) = (run.next, &mut job.work.task) {
        reminder.remind_at = next;
    }
}

/// A message of a customer that a work has sent.
pub fn own_message(
    customer: &CustomerState,
    index: &Index,
    id: &MessageId,
) -> Option<Arc<Message>> {
    let (_, number) = index.message(id).filter(|(of, _)| *of == customer.id)?;
    customer.messages.at(number).filter(|message| message.work.is_some())
}
