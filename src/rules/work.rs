//! Work by tag: messages and reminders to everyone with a tag (R-TAGWORK-1 to R-TAGWORK-6). The log
//! records the work, and who is meant follows from the World at the entry where it starts. A sweep
//! handles one slice in one entry, so whatever stops the hub, everyone selected is handled exactly once
//! (R-ORD-10). Who would be reached is counted in `audience`.

use super::{
    RuleResult, World, addressing,
    builder::{About, DecisionBuilder},
    limits, messaging,
    recipient::{filled, reach},
    reminder,
    runs::{Chosen, Run, Runs},
    spelling,
};
use crate::model::{
    Actor, AppId, Body, ChannelNumber, CustomerId, CustomerState, EventKind, Firing, MessageStatus,
    Receipt, Reminder, Tag, TagPair, Task, Timestamp, Work, WorkId, WorkReceipt, WorkState,
    limits::TEXT_CHARS,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// All work that is kept, in order of creation: the unfinished, and the newest of the finished.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Works {
    all: Vec<Arc<WorkProgress>>,
    pub runs: Runs,
}

/// A work, and how far it has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct WorkProgress {
    work: Work,
    /// The run under way, which may be paused; `None` while the work waits for its time, and when
    /// it is finished.
    run: Option<Run>,
}

impl Works {
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Work> {
        self.all.iter().map(|job| &job.work)
    }
    /// When the next schedule fires. The time is in the past while work is running.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.all.iter().filter_map(|job| job.due()).min()
    }
    fn get(&self, id: &WorkId) -> Option<&WorkProgress> {
        self.all.iter().rev().find(|job| job.work.id == *id).map(AsRef::as_ref)
    }
    /// A work to be changed, and the runs of all.
    fn get_mut(&mut self, id: &WorkId) -> Option<(&mut WorkProgress, &mut Runs)> {
        let job = self.all.iter_mut().rev().find(|job| job.work.id == *id)?;
        Some((Arc::make_mut(job), &mut self.runs))
    }
    /// The unfinished schedule of a reminder by tag (R-TAGWORK-3).
    fn schedule(&self, tag: &TagPair, app: &AppId, key: &str) -> Option<&WorkProgress> {
        self.all.iter().map(AsRef::as_ref).find(|job| {
            let same = |reminder: &Reminder| reminder.app == *app && reminder.key == key;
            !job.work.state.is_final()
                && job.work.tag == *tag
                && matches!(&job.work.task, Task::Reminder(reminder) if same(reminder))
        })
    }
    fn open(&self) -> usize {
        self.all.iter().filter(|job| !job.work.state.is_final()).count()
    }
    /// Forgets the oldest finished ones, where there are too many.
    fn prune(&mut self) {
        let mut surplus = (self.all.len() - self.open()).saturating_sub(limits::WORKS_KEPT);
        self.all.retain(|job| {
            let gone = surplus > 0 && job.work.state.is_final();
            surplus -= usize::from(gone);
            !gone
        });
    }
}

impl WorkProgress {
    fn due(&self) -> Option<Timestamp> {
        use WorkState as S;
        match (self.work.state, &self.work.task) {
            (S::Running, _) => Some(Timestamp::ZERO),
            (S::Waiting, Task::Reminder(reminder)) => Some(reminder.remind_at),
            (S::Waiting, Task::Message { .. })
            | (S::Unspecified | S::Paused | S::Done | S::Cancelled, _) => None,
        }
    }
    /// The envelope for events about the work.
    fn about(&self, actor: Actor) -> About {
        About::org(actor).for_app(self.work.app.clone())
    }
}

/// Writes to everyone with a tag, beginning at once (R-TAGWORK-5). A message that no customer could get
/// is refused. If nobody has the tag, that is a success (R-TAGWORK-6).
pub fn send(
    builder: &mut DecisionBuilder<'_, '_>,
    tag: &TagPair,
    from: &ChannelNumber,
    body: &Body,
    fill: bool,
) -> RuleResult {
    named(tag).map_err(refused)?;
    let from = ChannelNumber::new(from.channel, &from.number);
    messaging::addressed(builder.settings(), &from, body)
        .and_then(|()| messaging::carried(&from, body))
        .map_err(|(_, why)| refused(why))?;
    room(builder)?;
    let (about, app) = (About::org(builder.actor()).for_app(builder.app()), builder.app());
    let work = record(builder, &about, tag, Task::Message { from, body: body.clone(), fill }, app);
    let at = builder.push(&about, EventKind::WorkStarted { work: work.clone(), next: None });
    let n = Chosen::count(builder.world, tag, at);
    if n == 0 {
        let state = WorkState::Done;
        builder.push(&about, EventKind::WorkChanged { work: work.clone(), state });
    }
    let who = if n == 1 { "customer has" } else { "customers have" };
    Ok(accepted(format!("{n} {who} {tag}"), work))
}

/// Sets a reminder about everyone who has a tag when it fires (R-TAGWORK-1). It replaces the schedule of
/// the same app, tag and key, with what that has not done yet (R-TAGWORK-3).
pub fn add_reminder(
    builder: &mut DecisionBuilder<'_, '_>,
    tag: &TagPair,
    reminder: &Reminder,
) -> RuleResult {
    named(tag).map_err(refused)?;
    reminder::check(builder, reminder).map_err(refused)?;
    let about = About::org(builder.actor()).for_app(Some(reminder.app.clone()));
    let (mut replaces, when) = (String::new(), reminder::at_once(builder, reminder));
    match builder.world.works.schedule(tag, &reminder.app, &reminder.key) {
        Some(old) => {
            replaces = format!(", instead of {}", old.work.id);
            let (work, state) = (old.work.id.clone(), WorkState::Cancelled);
            builder.push(&about, EventKind::WorkChanged { work, state });
        }
        None => room(builder)?,
    }
    let (task, app) = (Task::Reminder(reminder.clone()), Some(reminder.app.clone()));
    let work = record(builder, &about, tag, task, app);
    Ok(accepted(format!("reminder {} for {tag} recorded{replaces}{when}", reminder.key), work))
}

/// Cancels a reminder by tag, with what it has not done yet. Reminders of single
/// customers stay (R-TAGWORK-4).
pub fn cancel_reminder(
    builder: &mut DecisionBuilder<'_, '_>,
    tag: &TagPair,
    key: &str,
) -> RuleResult {
    named(tag).map_err(refused)?;
    let app = reminder::asking(builder).map_err(refused)?;
    limits::word("reminder key", key).map_err(refused)?;
    let own: WorkId = builder.id("el_wrk_");
    let Some(job) = builder.world.works.schedule(tag, &app, key) else {
        return Ok(accepted("nothing to cancel".into(), own));
    };
    let (work, state) = (job.work.id.clone(), WorkState::Cancelled);
    let description = format!("{work} cancelled");
    builder.push(&job.about(builder.actor()), EventKind::WorkChanged { work, state });
    Ok(accepted(description, own))
}

/// Pauses, resumes or cancels work (R-OPERATOR-2). What was sent stays sent.
pub fn steer(builder: &mut DecisionBuilder<'_, '_>, work: &WorkId, to: WorkState) -> RuleResult {
    use WorkState as S;
    let Some(job) = builder.world.works.get(work) else {
        return Err(refused(format!("no work {work}")));
    };
    let at = job.work.state;
    if at.is_final() {
        return Err(refused(format!("that work is {} already", at.words())));
    }
    let state = match to {
        S::Paused | S::Cancelled => to,
        S::Running if at != S::Paused => at,
        S::Running if job.run.is_none() => S::Waiting,
        S::Running => S::Running,
        S::Unspecified | S::Waiting | S::Done => {
            return Err(refused("work can be paused, resumed or cancelled".into()));
        }
    };
    if state == at {
        return Ok(accepted(format!("that work is {} already", at.words()), work.clone()));
    }
    let kind = EventKind::WorkChanged { work: work.clone(), state };
    builder.push(&job.about(builder.actor()), kind);
    Ok(accepted(format!("that work is now {}", state.words()), work.clone()))
}

/// Starts what is due, and does the next slice of the running work that has waited longest. Returns how
/// many things were done.
pub fn advance(builder: &mut DecisionBuilder<'_, '_>) -> usize {
    let (world, now) = (builder.world, builder.now());
    let mut done = 0;
    for job in &world.works.all {
        let Task::Reminder(reminder) = &job.work.task else { continue };
        if job.work.state == WorkState::Waiting && reminder.remind_at <= now {
            let (work, next) = (job.work.id.clone(), reminder.next_after(now));
            builder.push(&job.about(Actor::Hub), EventKind::WorkStarted { work, next });
            done += 1;
        }
    }
    let running = world.works.all.iter().filter(|job| job.work.state == WorkState::Running);
    if let Some(job) = running.min_by_key(|job| job.work.updated_at) {
        slice(builder, job);
        done += 1;
    }
    done
}

/// Handles the next of the selected, at most `SLICE` of them (R-ORD-9), and fewer if the text is long.
/// After the last one the work is done, or waits for its next time.
fn slice(builder: &mut DecisionBuilder<'_, '_>, job: &WorkProgress) {
    let nobody = Run::default();
    let run = job.run.as_ref().unwrap_or(&nobody);
    let weight = match &job.work.task {
        // What a gap is filled with may be long, and no text may be longer than this.
        Task::Message { body, fill: true, .. } => limits::weight(body) + 4 * TEXT_CHARS,
        Task::Message { body, .. } => limits::weight(body),
        Task::Reminder(reminder) => reminder::weight(reminder),
    };
    let most = (limits::ENTRY_BYTES / weight.max(1)).clamp(1, limits::SLICE);
    let ahead = builder.world.works.runs.ahead(run).take(most);
    let mut served = BTreeSet::new();
    let mut skipped: BTreeMap<i32, u64> = BTreeMap::new();
    let (mut handled, mut done) = (0, 0);
    for (place, member) in ahead {
        handled += 1;
        let status = match person(builder.world, run, place, &member, &served) {
            Ok(customer) => treat(builder, job, run, customer, &mut served),
            Err(status) => status,
        };
        if status == MessageStatus::Sent {
            done += 1;
        } else {
            *skipped.entry(status.code()).or_default() += 1;
        }
    }
    let (work, about) = (job.work.id.clone(), job.about(Actor::Hub));
    if handled > 0 {
        let skipped = skipped.into_iter().collect();
        let kind = EventKind::WorkAdvanced { work: work.clone(), handled, done, skipped };
        builder.push(&about, kind);
    }
    let left = run.selected.saturating_sub(run.handled) as u64;
    if handled == left {
        let state = if run.next.is_some() { WorkState::Waiting } else { WorkState::Done };
        builder.push(&about, EventKind::WorkChanged { work, state });
    }
}

/// Who a selected customer is now. Merged customers are one person and get it once: in the turn of the
/// survivor if that id was selected too, else in the turn of the first of them.
fn person<'w>(
    world: &'w World,
    run: &Run,
    place: usize,
    member: &CustomerId,
    served: &BTreeSet<CustomerId>,
) -> Result<&'w Arc<CustomerState>, MessageStatus> {
    let id = &addressing::survivor(world, member).unwrap_or_else(|| member.clone());
    let customer = world.by_id(id).ok_or(MessageStatus::InvalidCustomerId)?;
    let runs = &world.works.runs;
    let has_it = |id: &CustomerId| served.contains(id) || runs.has(run, id);
    let still_comes = || id != member && runs.place(run, id).is_some_and(|at| at > place);
    if has_it(id) || customer.absorbed.iter().any(has_it) || still_comes() {
        return Err(MessageStatus::DecommissionedCustomerId);
    }
    Ok(customer)
}

/// Does the work for one customer. `Sent` means that it was done. Any other status says why not, and is
/// recorded if it is about consent or session (R-MSG-2).
fn treat(
    builder: &mut DecisionBuilder<'_, '_>,
    job: &WorkProgress,
    run: &Run,
    customer: &CustomerState,
    served: &mut BTreeSet<CustomerId>,
) -> MessageStatus {
    let work = Some(job.work.id.clone());
    let (status, about, kind) = match &job.work.task {
        Task::Message { from, body, fill } => {
            let Some(number) = reach(customer, from.channel.provider()) else {
                return MessageStatus::CustomerNumberNotFound;
            };
            let now = builder.now();
            let body = if *fill { filled(body, customer, number, now) } else { Some(body.clone()) };
            let Some(body) = body else { return MessageStatus::InvalidRequest };
            let (world, settings) = (builder.world, builder.settings());
            let out = spelling::opted_out(world, settings, Some(customer), number, from);
            let status = messaging::permitted(Some(customer), number, from, &body, now, out);
            let about = About::known(customer, job.work.actor.clone()).between(number, from);
            let (id, in_reply_to) = (builder.id("el_msg_"), None);
            (status, about, EventKind::MessageSent { id, body, status, in_reply_to, work })
        }
        Task::Reminder(reminder) => {
            let (reminder, tag) = (reminder.clone(), Some(matched(customer, &job.work.tag)));
            let firing = Firing { reminder, next: run.next, tag, work };
            let about = About::known(customer, Actor::Hub);
            (MessageStatus::Sent, about, EventKind::ReminderFired(firing))
        }
    };
    builder.push(&about.for_app(job.work.app.clone()), kind);
    served.insert(customer.id.clone());
    status
}

/// The customer's tag by which they were selected, with its expiry (R-EVT-6). It is made up if they have
/// lost the tag since.
fn matched(customer: &CustomerState, tag: &TagPair) -> Tag {
    let held = customer.tags.iter().find(|t| t.key == tag.key && t.value == tag.value);
    held.cloned().unwrap_or_else(|| Tag {
        key: tag.key.clone(),
        value: tag.value.clone(),
        expires_at: None,
    })
}

fn record(
    builder: &mut DecisionBuilder<'_, '_>,
    about: &About,
    tag: &TagPair,
    task: Task,
    app: Option<AppId>,
) -> WorkId {
    let id: WorkId = builder.id("el_wrk_");
    let at = builder.time(about);
    let work = Work {
        id: id.clone(),
        app,
        actor: about.actor.clone(),
        tag: tag.clone(),
        task,
        state: WorkState::Waiting,
        total: 0,
        done: 0,
        skipped: BTreeMap::new(),
        created_at: at,
        updated_at: at,
    };
    builder.push(about, EventKind::WorkAdded(work));
    id
}

fn named(tag: &TagPair) -> Result<(), String> {
    limits::word("tag key", &tag.key)?;
    limits::word("tag value", &tag.value)
}

fn room(builder: &DecisionBuilder<'_, '_>) -> Result<(), Receipt> {
    let most = limits::WORKS_OPEN;
    if builder.world.works.open() >= most {
        return Err(refused(format!("{most} works are unfinished, and that is the most")));
    }
    Ok(())
}

fn accepted(description: String, work: WorkId) -> Receipt {
    Receipt::Work(WorkReceipt { ok: true, description, work: Some(work) })
}

fn refused(why: String) -> Receipt {
    Receipt::Work(WorkReceipt { ok: false, description: why, work: None })
}

pub fn fold_added(world: &mut World, work: &Work) {
    let Works { all, runs } = &mut world.works;
    let same = all.iter().filter(|job| job.work.id == work.id);
    same.filter_map(|job| job.run.as_ref()).for_each(|run| runs.end(run));
    all.retain(|job| job.work.id != work.id);
    all.push(Arc::new(WorkProgress { work: work.clone(), run: None }));
}

/// Folds the start of a run: whoever has the tag at this entry of the log is selected.
pub fn fold_started(world: &mut World, work: &WorkId, next: Option<Timestamp>, at: Timestamp) {
    let Some(job) = world.works.get(work) else { return };
    let tag = job.work.tag.clone();
    let chosen = Chosen::take(world, &tag, at);
    change(world, work, at, |job, runs| {
        let run = runs.start(chosen, next);
        start(job, runs, run);
    });
}

/// Folds a slice. `skipped` counts those for whom it was not done, by the code of the reason.
pub fn fold_advanced(
    world: &mut World,
    work: &WorkId,
    (handled, done, skipped): (u64, u64, &[(i32, u64)]),
    at: Timestamp,
) {
    change(world, work, at, |job, _| {
        if let Some(run) = &mut job.run {
            run.handled += usize::try_from(handled).unwrap_or(usize::MAX);
        }
        job.work.done += done;
        for (code, n) in skipped {
            *job.work.skipped.entry(*code).or_default() += n;
        }
    });
}

pub fn fold_changed(world: &mut World, work: &WorkId, state: WorkState, at: Timestamp) {
    change(world, work, at, |job, runs| turn(job, runs, state));
    world.works.prune();
}

/// Folds that a customer got what the work does, if the event was part of a work.
pub fn fold_served(world: &mut World, work: Option<&WorkId>, customer: Option<&CustomerId>) {
    let job = work.and_then(|work| world.works.get_mut(work));
    let run = job.and_then(|(job, runs)| Some((job.run.as_mut()?, runs)));
    if let (Some((run, runs)), Some(customer)) = (run, customer) {
        runs.serve(run, customer);
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
    if let Some(before) = job.run.replace(run) {
        runs.end(&before);
    }
}

/// Changes the state of a work. One that waits or is finished has no run, and a reminder that repeats moves
/// on to its next time.
fn turn(job: &mut WorkProgress, runs: &mut Runs, state: WorkState) {
    job.work.state = state;
    if state != WorkState::Waiting && !state.is_final() {
        return;
    }
    let Some(run) = job.run.take() else { return };
    runs.end(&run);
    if let (Some(next), Task::Reminder(reminder), false) =
        (run.next, &mut job.work.task, state.is_final())
    {
        reminder.remind_at = next;
    }
}
