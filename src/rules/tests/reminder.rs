//! Reminders of single customers (R-REM-1 to R-REM-4).

use super::{work::person, *};
use crate::model::{EventKind, Reminder};

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_000_000 + secs)
}
fn once(key: &str, secs: i64) -> Reminder {
    Reminder {
        app: "shop".into(),
        key: key.into(),
        remind_at: at(secs),
        interval: None,
        payload: "call her".into(),
    }
}
fn every(key: &str, secs: i64, interval: u64) -> Reminder {
    Reminder { interval: Some(Duration::from_secs(interval)), ..once(key, secs) }
}
fn adds(reminder: Reminder) -> Command {
    CustomerCommand::AddReminder { customer: to_jane(), reminder }.into()
}
fn cancels(key: &str) -> Command {
    CustomerCommand::CancelReminder { customer: to_jane(), key: key.into() }.into()
}

impl Story {
    fn at(mut self, secs: i64) -> Self {
        self.now = at(secs);
        self
    }
}

#[test]
fn r_rem_1_a_reminder_is_added_and_fires_once_for_its_app() {
    let story = nothing().when(adds(once("renew", 60))).accepted("reminder renew added");
    let story = story
        .then(&["NEW new customer", "REM reminder renew at 1970-01-12 13:47:40 UTC: call her"]);
    assert_eq!(story.jane().reminders, [once("renew", 60)]);
    assert_eq!(story.due(), Some(at(60)));
    let story = story.at(59).swept().then(&[]).at(60).swept();
    let story = story.then(&["REM REMINDER renew: call her"]).for_apps(&["shop"]);
    let event = &story.last.events[0];
    assert_eq!(event.actor, Actor::Hub);
    let EventKind::ReminderFired(firing) = &event.kind else { panic!("{event:?}") };
    assert_eq!((&firing.reminder, firing.next), (&once("renew", 60), None));
    assert_eq!((story.jane().reminders.len(), story.due()), (0, None), "R-REM-3: then it is gone");
}

#[test]
fn r_rem_1_the_same_app_and_key_replace_it_whole_and_another_app_has_its_own() {
    let story = given([adds(every("renew", 60, 5)), adds(once("other", 70))]);
    let new = Reminder { payload: String::new(), ..once("renew", 90) };
    let story = story.when(adds(new.clone())).accepted("reminder renew replaced");
    assert_eq!(story.jane().reminders, [new, once("other", 70)], "in its old place");
    let first = Reminder { app: "first".into(), ..once("renew", 80) };
    let story = story.by(Some("first"), Actor::Key("otieno".into())).when(adds(first));
    assert_eq!(story.jane().reminders.len(), 3);
    let story = story.when(cancels("renew")).accepted("reminder renew cancelled");
    let story = story.then(&["REM reminder renew cancelled"]).for_apps(&["first"]);
    assert_eq!(story.jane().reminders.len(), 2);
    assert_eq!(story.due(), Some(at(70)));
}

#[test]
fn r_rem_2_a_time_in_the_past_fires_at_once() {
    let story = given([meet()]).at(100).when(adds(once("late", 7)));
    assert!(story.due().is_some_and(|due| due <= story.now));
    story.swept().then(&["REM REMINDER late: call her"]).swept().then(&[]);
}

#[test]
fn r_rem_2_repetition_is_anchored_and_missed_firings_are_one() {
    let story = given([adds(every("tick", 60, 10))]).at(63).swept();
    let story = story.then(&["REM REMINDER tick: call her"]);
    assert_eq!(story.due(), Some(at(70)), "from the expiration, not from the firing");
    // The hub was down for a little more than five minutes.
    let story = story.at(375).swept().then(&["REM REMINDER tick: call her"]);
    assert_eq!(story.due(), Some(at(380)));
    let EventKind::ReminderFired(firing) = &story.last.events[0].kind else { panic!() };
    assert_eq!((firing.reminder.remind_at, firing.next), (at(70), Some(at(380))));
    story.at(380).swept().then(&["REM REMINDER tick: call her"]);
}

#[test]
fn r_rem_1_reminders_survive_a_restart() {
    let mut story = given([adds(every("tick", 60, 10))]).at(63).swept();
    story.restart();
    assert_eq!(story.due(), Some(at(70)));
    story.at(70).swept().then(&["REM REMINDER tick: call her"]);
}

#[test]
fn r_rem_3_what_a_reminder_may_be() {
    let zero = Reminder { remind_at: Timestamp::ZERO, ..once("a", 0) };
    let past = Reminder { remind_at: Timestamp::from_secs(-1), ..once("a", 0) };
    let nothing = Reminder { interval: Some(Duration::ZERO), ..once("a", 60) };
    let short = Reminder { interval: Some(Duration::from_millis(999)), ..once("a", 60) };
    let large = Reminder { payload: "x".repeat(16 * 1024 + 1), ..once("a", 60) };
    let story = given([meet()]);
    let story = [
        (zero, "without a time"),
        (past, "without a time"),
        (once("", 60), "an empty reminder key"),
        (once(&"k".repeat(256), 60), "longer than 255"),
        (nothing, "every 1 s at the soonest"),
        (short, "every 1 s at the soonest"),
        (large, "16 KiB"),
    ]
    .into_iter()
    .fold(story, |story, (reminder, words)| story.when(adds(reminder)).refused(words));
    let story = story.with(|s| s.reminder_floor = Duration::from_mins(1));
    let story = story.when(adds(every("a", 60, 59))).refused("every 60 s at the soonest");
    let story = story.when(adds(every("a", 60, 60))).accepted("reminder a added");
    let full = (1..256).fold(story, |story, n| story.when(adds(once(&n.to_string(), 60))));
    let full = full.when(adds(once("one more", 60))).refused("256 reminders at most");
    full.when(adds(once("255", 61))).accepted("reminder 255 replaced");
}

#[test]
fn d_size_the_reminders_of_a_customer_are_limited_in_all() {
    let large =
        |n: usize| adds(Reminder { payload: "x".repeat(16 * 1024), ..once(&n.to_string(), 60) });
    let story = (0..31).fold(given([meet()]), |story, n| story.when(large(n)));
    let story = story.when(large(31)).refused("512 KiB at most");
    story
        .when(large(30))
        .accepted("reminder 30 replaced")
        .when(adds(once("31", 60)))
        .accepted("reminder 31 added");
}

#[test]
fn d_feed_an_entry_of_many_large_reminders_is_small_enough_to_read() {
    let large = |who: usize, n: usize| {
        let reminder = Reminder { payload: "x".repeat(16 * 1024), ..once(&n.to_string(), 60) };
        CustomerCommand::AddReminder { customer: person(who), reminder }
    };
    let all = (0..5).flat_map(|who| (0..31).map(move |n| (who, n)));
    let mut story = all.fold(nothing(), |story, (who, n)| story.when(large(who, n)));
    story.now = at(60);
    let (before, story) = (story.entries.len(), story.settled());
    let fired: Vec<usize> = story.entries[before..].iter().map(|e| e.events.len()).collect();
    assert_eq!(fired, [64, 64, 27], "a MiB in each, and nothing is left out");
}

#[test]
fn r_rem_4_a_reminder_is_of_the_callers_app() {
    let of = |app: &str| adds(Reminder { app: app.into(), ..once("a", 60) });
    given([meet()])
        .when(of("first"))
        .refused("a reminder of first cannot be set by shop")
        .when(of(""))
        .refused("names the app")
        .by(None, Actor::Key("otieno".into()))
        .when(of("shop"))
        .refused("reminders belong to apps")
        .when(cancels("a"))
        .refused("reminders belong to apps");
}

#[test]
fn r_reply_4_cancelling_what_is_not_there_succeeds() {
    let story = nothing().when(cancels("a")).then(&["NEW new customer"]);
    let story = story.accepted("nothing to cancel").when(cancels("a")).then(&[]);
    story.accepted("nothing to cancel").when(cancels("")).refused("an empty reminder key");
    let id = CustomerRef::Id("el_cst_00".into());
    let (key, reminder) = ("a".into(), once("a", 1));
    nothing()
        .when(CustomerCommand::CancelReminder { customer: id.clone(), key })
        .refused("no customer");
    nothing().when(CustomerCommand::AddReminder { customer: id, reminder }).refused("no customer");
}
