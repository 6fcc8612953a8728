//! Work by tag: messages and reminders to everyone with a tag (R-TAGWORK-1 to R-TAGWORK-6). The log
//! records the work, and who is meant follows from the World at the entry where it starts. A sweep
//! handles one slice in one entry, so whatever stops the hub, everyone selected is handled exactly once
//! (R-ORD-10). Who would be reached is counted in `audience`.

use super::{
    RuleResult, World, addressing,
    builder::{About, DecisionBuilder},
    limits, messaging, quiet,
    recipient::{filled, reach},
    reminder,
    runs::{self, Chosen, Meant, Run},
    scheduled, spelling,
    works::WorkProgress,
};
use crate::model::{
    Actor, AppId, ChannelNumber, CustomerId, CustomerNumber, CustomerState, EventKind, Firing,
    MessageStatus, PutOff, Receipt, Reminder, Tag, TagMessage, TagPair, Task, Timestamp, Work,
    WorkId, WorkOutcomes, WorkReceipt, WorkState, limits::TEXT_CHARS,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Writes to everyone with a tag, beginning at once (R-TAGWORK-5) or at a time (R-LATER-5). A message that no customer
/// could get is refused. If nobody has the tag, that is a success (R-TAGWORK-6).
pub fn send(
    builder: &mut DecisionBuilder<'_, '_>,
    tag: &TagPair,
    message: &TagMessage,
) -> RuleResult {
    named(tag).map_err(refused)?;
    let from = ChannelNumber::new(message.from.channel, &message.from.number);
    messaging::addressed(builder.settings(), &from, &message.body)
        .and_then(|()| messaging::carried(&from, &message.body))
        .map_err(|(_, why)| refused(why))?;
    let failed_of = message.failed_of.as_ref();
    let app = builder.app();
    if let Some(work) = failed_of {
        again(builder.world, work, tag, app.as_ref()).map_err(refused)?;
    }
    if let Some(at) = message.at {
        scheduled::ahead(builder, at).map_err(|(_, why)| refused(why))?;
        if failed_of.is_some() {
            let why = "a message to those for whom another one failed leaves at once: give no time";
            return Err(refused(why.into()));
        }
    }
    let about = About::org(builder.actor()).for_app(app.clone());
    let mut replaces = String::new();
    if let Some(old) = &message.instead_of {
        not_begun(builder.world, old, app.as_ref()).map_err(refused)?;
        replaces = format!(", instead of {old}");
        let (work, state) = (old.clone(), WorkState::Cancelled);
        builder.push(&about, EventKind::WorkChanged { work, state });
    } else {
        room(builder)?;
    }
    // What the network allows at most is said too, so that whoever watches knows when it ends.
    let rate = builder.settings().bulk_rate_on(&from, message.rate);
    let task = Task::Message(TagMessage { from, rate, ..message.clone() });
    let meant = Meant::of(tag, &task);
    let work = record(builder, &about, tag, task, app);
    if let Some(at) = message.at {
        return Ok(accepted(format!("begins at {}, for {tag}{replaces}", at.minute()), work));
    }
    let at = builder.push(&about, EventKind::WorkStarted { work: work.clone(), next: None });
    let n = Chosen::count(builder.world, &meant, at);
    if n == 0 {
        let state = WorkState::Done;
        builder.push(&about, EventKind::WorkChanged { work: work.clone(), state });
    }
    let many = if n == 1 { "" } else { "s" };
    let what = match failed_of {
        Some(failed) => format!("{n} customer{many} for whom {failed} failed"),
        None if n == 1 => format!("1 customer has {tag}"),
        None => format!("{n} customers have {tag}"),
    };
    Ok(accepted(what + &replaces, work))
}

/// Why no other message can take the place of this one, if none can (R-LATER-5).
fn not_begun(world: &World, id: &WorkId, app: Option<&AppId>) -> Result<(), String> {
    let Some(job) = world.works.get(id) else { return Err(format!("no work {id}")) };
    if !matches!(job.work.task, Task::Message(_)) {
        return Err(format!("{id} is no message"));
    }
    if job.work.app.as_ref() != app {
        return Err(format!("{id} is the work of another app"));
    }
    if job.work.state.is_final() || job.run.is_some() {
        let state = job.work.state.words();
        return Err(format!(
            "{id} is {state}, with {} written to: only what has not begun can be changed",
            job.work.done
        ));
    }
    Ok(())
}

/// Why a message cannot go to those for whom another one has failed (R-TAGWORK-10).
fn again(world: &World, id: &WorkId, tag: &TagPair, app: Option<&AppId>) -> Result<(), String> {
    let Some(job) = world.works.get(id) else { return Err(format!("no work {id}")) };
    if !matches!(job.work.task, Task::Message(_)) {
        return Err(format!("{id} sent no messages that could have failed"));
    }
    if job.work.app.as_ref() != app {
        return Err(format!("{id} is the work of another app"));
    }
    if job.work.tag != *tag {
        return Err(format!("{id} was for {}, not for {tag}", job.work.tag));
    }
    if !job.work.state.is_final() {
        let state = job.work.state.words();
        return Err(format!("{id} is {state}: wait until it is done, or cancel it first"));
    }
    let mut tries = runs::retries(world, id);
    if let Some(running) = tries.find(|job| !job.work.state.is_final()) {
        let (other, state) = (&running.work.id, running.work.state.words());
        return Err(format!("{other} goes to them again already and is {state}: wait for its end"));
    }
    if job.run.is_none() {
        return Err(format!("it is not known any more whom {id} reached: newer works came since"));
    }
    Ok(())
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
    for (job, next) in world.works.fires(now) {
        let work = job.work.id.clone();
        builder.push(&job.about(Actor::Hub), EventKind::WorkStarted { work, next });
        done += 1;
    }
    if let Some(job) = world.works.turn_of(builder.settings(), now) {
        slice(builder, job);
        done += 1;
    }
    done
}

/// Handles the next of the selected, at most `SLICE` of them (R-ORD-9), and fewer if the text is long. No more
/// of them get it than the rate allows (R-TAGWORK-7); who is skipped or put off costs nothing of that. Those who were
/// put off and may be written to now come first. After the last one the work is done, or waits for its next time.
fn slice(builder: &mut DecisionBuilder<'_, '_>, job: &WorkProgress) {
    let nobody = Run::default();
    let run = job.run.as_ref().unwrap_or(&nobody);
    let weight = match &job.work.task {
        // What a gap is filled with may be long, and no text may be longer than this.
        Task::Message(message) if message.fill => limits::weight(&message.body) + 4 * TEXT_CHARS,
        Task::Message(message) => limits::weight(&message.body),
        Task::Reminder(reminder) => reminder::weight(reminder),
    };
    let most = (limits::ENTRY_BYTES / weight.max(1)).clamp(1, limits::SLICE);
    let at_once = job.at_once(builder.settings()).unwrap_or(most) as u64;
    let (runs, now) = (&builder.world.works.runs, builder.now());
    let again = runs.waiting(run).take_while(|(until, _)| *until <= now).map(|(_, id)| (None, id));
    let ahead = runs.ahead(run).map(|(place, id)| (Some(place), id));
    let candidates = again.chain(ahead).take(most);
    let mut served = BTreeSet::new();
    let mut skipped: BTreeMap<i32, u64> = BTreeMap::new();
    let (mut handled, mut done, mut resumed) = (0, 0, 0);
    let (mut left_out, mut put_off) = (Vec::new(), Vec::new());
    for (place, member) in candidates {
        if done == at_once {
            break;
        }
        *(if place.is_some() { &mut handled } else { &mut resumed }) += 1;
        // Whoever is still to come has a place behind those that were handled.
        let place = place.unwrap_or_else(|| run.handled.saturating_sub(1));
        let told = builder.events.len();
        let treated = match person(builder.world, run, place, &member, &served) {
            Ok(customer) => treat(builder, job, run, customer, &mut served),
            Err(status) => Treated::Now(status),
        };
        let status = match treated {
            Treated::Now(status) => status,
            Treated::Later(until) => {
                put_off.push((member, until));
                continue;
            }
        };
        if status == MessageStatus::Sent {
            done += 1;
            continue;
        }
        *skipped.entry(status.code()).or_default() += 1;
        if builder.events.len() == told {
            left_out.push((member, status.code()));
        }
    }
    let (work, about) = (job.work.id.clone(), job.about(Actor::Hub));
    let left = run.selected.saturating_sub(run.handled) as u64;
    let waits = (job.work.put_off.people + put_off.len() as u64).saturating_sub(resumed);
    if handled + resumed > 0 {
        let skipped = skipped.into_iter().collect();
        let work = work.clone();
        let kind =
            EventKind::WorkAdvanced { work, handled, done, skipped, left_out, put_off, resumed };
        builder.push(&about, kind);
    }
    if handled == left && waits == 0 {
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

/// What came of the turn of a customer.
enum Treated {
    /// `Sent` means that it was done. Any other status says why not.
    Now(MessageStatus),
    /// They are left alone until then.
    Later(Timestamp),
}

/// Until when a message waits for a customer who is left alone (R-QUIET-5, R-QUIET-4).
fn left_alone(
    builder: &DecisionBuilder<'_, '_>,
    message: &TagMessage,
    run: &Run,
    customer: &CustomerState,
    number: &CustomerNumber,
) -> Option<Timestamp> {
    let (settings, now) = (builder.settings(), builder.now());
    let is_quiet = |at: Timestamp| quiet::until(settings, customer, number, at);
    let was_to_be_quiet = || message.at.is_some_and(|at| is_quiet(at).is_some());
    let waits = message.keeps_quiet || (run.is_late && !was_to_be_quiet());
    is_quiet(now).filter(|until| waits && *until > now)
}

/// Does the work for one customer, or puts them off. Of the refusals those are recorded that are about consent
/// or session (R-MSG-2).
fn treat(
    builder: &mut DecisionBuilder<'_, '_>,
    job: &WorkProgress,
    run: &Run,
    customer: &CustomerState,
    served: &mut BTreeSet<CustomerId>,
) -> Treated {
    let work = Some(job.work.id.clone());
    let (status, about, kind) = match &job.work.task {
        Task::Message(message) => {
            let TagMessage { from, body, fill, .. } = message;
            let Some(number) = reach(customer, from.channel.provider()) else {
                return Treated::Now(MessageStatus::CustomerNumberNotFound);
            };
            let now = builder.now();
            let body = if *fill { filled(body, customer, number, now) } else { Some(body.clone()) };
            let Some(body) = body else { return Treated::Now(MessageStatus::InvalidRequest) };
            let (world, settings) = (builder.world, builder.settings());
            let out = spelling::opted_out(world, settings, Some(customer), number, from);
            let status = messaging::permitted(Some(customer), number, from, &body, now, out);
            let later = left_alone(builder, message, run, customer, number);
            if let Some(until) = later.filter(|_| status == MessageStatus::Sent) {
                return Treated::Later(until);
            }
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
    Treated::Now(status)
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
        outcomes: WorkOutcomes::default(),
        put_off: PutOff::default(),
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
