//! Reminders of single customers (R-REM-1 to R-REM-4). Those about everyone with a tag are in `work`,
//! but what a reminder may be is checked here for both.

use super::{
    RuleResult, addressing,
    builder::{About, DecisionBuilder},
    due::{self, Subject},
    index::Index,
    limits,
};
use crate::model::{
    Actor, AppId, CustomerRef, CustomerState, EventKind, Firing, Receipt, Reminder, Timestamp,
    describe, receipt::state,
};

/// Adds a reminder, or replaces the one of the same app and key whole (R-REM-1).
pub fn add(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerRef,
    reminder: &Reminder,
) -> RuleResult {
    let whom = find(builder, customer)?;
    let refuse = |why: String| state(false, why, whom.customer().map(|c| c.id.clone()));
    check(builder, reminder).map_err(refuse)?;
    let held = whom.customer().map_or(&[][..], |c| &c.reminders);
    let replaces = held.iter().any(|old| same(old, &reminder.app, &reminder.key));
    if !replaces && held.len() >= limits::REMINDERS {
        let most = limits::REMINDERS;
        return Err(refuse(format!("a customer may have {most} reminders at most")));
    }
    let others = held.iter().filter(|old| !same(old, &reminder.app, &reminder.key));
    if others.chain([reminder]).map(weight).sum::<usize>() > limits::REMINDER_BYTES {
        let most = limits::REMINDER_BYTES / 1024;
        return Err(refuse(format!("a customer's reminders may have {most} KiB at most")));
    }
    let (about, _) = builder.meet(&whom, builder.actor());
    let about = about.for_app(Some(reminder.app.clone()));
    builder.push(&about, EventKind::ReminderAdded(reminder.clone()));
    let done = if replaces { "replaced" } else { "added" };
    let when = at_once(builder, reminder);
    Ok(state(true, format!("reminder {} {done}{when}", reminder.key), about.customer))
}

/// Cancels a reminder of the caller's app. If there is none, that is a success (R-REPLY-4).
pub fn cancel(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerRef,
    key: &str,
) -> RuleResult {
    let whom = find(builder, customer)?;
    let refuse = |why: String| state(false, why, whom.customer().map(|c| c.id.clone()));
    let app = asking(builder).map_err(refuse)?;
    limits::word("reminder key", key).map_err(refuse)?;
    let (about, known) = builder.meet(&whom, builder.actor());
    let there = known.is_some_and(|c| c.reminders.iter().any(|old| same(old, &app, key)));
    if !there {
        return Ok(state(true, "nothing to cancel", about.customer));
    }
    let about = about.for_app(Some(app));
    builder.push(&about, EventKind::ReminderCancelled { key: key.to_owned() });
    Ok(state(true, format!("reminder {key} cancelled"), about.customer))
}

/// Fires a reminder whose time has come: its app is told, and if it repeats, it waits for the next time
/// that is still to come (R-REM-2). Returns the bytes of its texts, by which a sweep measures its entry.
pub fn fire(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerState,
    app: &AppId,
    key: &str,
) -> usize {
    let Some(reminder) = customer.reminders.iter().find(|old| same(old, app, key)) else {
        return 0;
    };
    let about = About::known(customer, Actor::Hub).for_app(Some(app.clone()));
    let next = reminder.next_after(builder.now());
    let firing = Firing { reminder: reminder.clone(), next, tag: None, work: None };
    builder.push(&about, EventKind::ReminderFired(firing));
    weight(reminder)
}

/// Checks a reminder of one customer or by tag (R-REM-3, R-REM-4).
pub fn check(builder: &DecisionBuilder<'_, '_>, reminder: &Reminder) -> Result<(), String> {
    let app = asking(builder)?;
    if reminder.app.is_empty() {
        return Err("a reminder names the app that is reminded".into());
    }
    if reminder.app != app {
        return Err(format!("a reminder of {} cannot be set by {app}", reminder.app));
    }
    limits::word("reminder key", &reminder.key)?;
    if reminder.remind_at <= Timestamp::ZERO {
        let why =
            "a reminder without a time: one before 1970 means never (D-ZERO), so give a later one";
        return Err(why.into());
    }
    let floor = builder.settings().reminder_floor.max(limits::REMINDER_INTERVAL);
    if reminder.interval.is_some_and(|every| every < floor) {
        return Err(format!("a reminder repeats every {} at the soonest", describe::span(floor)));
    }
    if reminder.payload.len() > limits::PAYLOAD_BYTES {
        let most = limits::PAYLOAD_BYTES / 1024;
        return Err(format!("a payload may have {most} KiB at most"));
    }
    Ok(())
}

/// What the description adds if the time has passed (R-REM-2, D-ZERO).
pub fn at_once(builder: &DecisionBuilder<'_, '_>, reminder: &Reminder) -> &'static str {
    if reminder.remind_at <= builder.now() {
        "; its time has passed, so it fires at once"
    } else {
        ""
    }
}

/// How many bytes of text from outside a reminder has.
pub fn weight(reminder: &Reminder) -> usize {
    reminder.key.len() + reminder.payload.len()
}

/// The app whose reminders the caller means. A caller that names no app has none.
pub fn asking(builder: &DecisionBuilder<'_, '_>) -> Result<AppId, String> {
    builder
        .app()
        .filter(|app| !app.is_empty())
        .ok_or_else(|| "reminders belong to apps: name one".to_owned())
}

fn find<'w>(
    builder: &DecisionBuilder<'w, '_>,
    customer: &CustomerRef,
) -> Result<addressing::ResolvedCustomer<'w>, Receipt> {
    addressing::resolve(builder.world, customer, builder.now())
        .map_err(|nobody| state(false, nobody.why, nobody.merged_into))
}

fn same(reminder: &Reminder, app: &AppId, key: &str) -> bool {
    reminder.app == *app && reminder.key == key
}

/// Folds a new reminder. It takes the place of the one of the same app and key (R-REM-1).
pub fn fold_added(customer: &mut CustomerState, index: &mut Index, new: &Reminder) {
    change(customer, index, (&new.app, &new.key), |all, place| match place {
        Some(at) => drop(all.splice(at..=at, [new.clone()])),
        None => all.push(new.clone()),
    });
}

/// Folds a firing. A reminder by tag is in no customer's list, so nothing changes there (R-TAGWORK-1).
pub fn fold_fired(customer: &mut CustomerState, index: &mut Index, firing: &Firing) {
    let Firing { reminder, next, work, tag: _ } = firing;
    if work.is_some() {
        return;
    }
    change(customer, index, (&reminder.app, &reminder.key), |all, place| {
        let Some(at) = place else { return };
        match (next, all.get_mut(at)) {
            (Some(next), Some(reminder)) => reminder.remind_at = *next,
            (Some(_), None) => {}
            (None, _) => drop(all.remove(at)),
        }
    });
}

/// Folds a cancellation.
pub fn fold_cancelled(
    customer: &mut CustomerState,
    index: &mut Index,
    app: Option<&AppId>,
    key: &str,
) {
    let Some(app) = app else { return };
    change(customer, index, (app, key), |all, place| {
        if let Some(at) = place {
            all.remove(at);
        }
    });
}

fn change(
    customer: &mut CustomerState,
    index: &mut Index,
    (app, key): (&AppId, &str),
    how: impl FnOnce(&mut Vec<Reminder>, Option<usize>),
) {
    let place = customer.reminders.iter().position(|old| same(old, app, key));
    let waited = place.and_then(|at| customer.reminders.get(at)).and_then(due::of_reminder);
    how(&mut customer.reminders, place);
    let waits = customer.reminders.iter().find(|r| same(r, app, key)).and_then(due::of_reminder);
    let subject = Subject::Reminder(app.clone(), key.to_owned());
    index.wait(&customer.id, &subject, waited, waits);
}
