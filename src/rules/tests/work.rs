//! Work by tag (R-TAGWORK-1 to R-TAGWORK-6, R-ORD-9), and how it is steered (R-OPERATOR-2).

use super::*;
use crate::model::{
    DataValue, EventKind, MessageStatus as S, Provider, Reminder, TagMessage, TagPair, Task,
    Template, Work, WorkId, WorkReceipt, WorkState,
};
use std::collections::BTreeMap;

pub fn gold() -> TagPair {
    TagPair { key: "tier".into(), value: "gold".into() }
}
pub fn nth(n: usize) -> CustomerNumber {
    CustomerNumber::telco(&format!("+2547{n:08}"))
}
pub fn person(n: usize) -> CustomerRef {
    CustomerRef::Number(nth(n))
}
/// A World with this many customers who have the tag.
pub fn crowd(n: usize) -> Story {
    (0..n).fold(nothing(), |story, n| story.when(tags(person(n), &[("tier", "gold")])))
}
pub fn sends(text: &str) -> Command {
    sends_on(Channel::Sms, Body::text(text))
}
fn sends_on(channel: Channel, body: Body) -> Command {
    let message = TagMessage::new(line(channel), body);
    CustomerCommand::SendMessageByTag { tag: gold(), message }.into()
}
fn reminds(key: &str, at: Timestamp, interval: Option<u64>) -> Command {
    let interval = interval.map(Duration::from_secs);
    let (app, payload) = ("shop".into(), "pay".into());
    let reminder = Reminder { app, key: key.into(), remind_at: at, interval, payload };
    CustomerCommand::AddReminderByTag { tag: gold(), reminder }.into()
}
fn cancels(key: &str) -> Command {
    CustomerCommand::CancelReminderByTag { tag: gold(), key: key.into() }.into()
}

impl Story {
    pub fn work(&self) -> &Work {
        self.world.works().next_back().expect("a work")
    }
    pub fn steers(self, work: &WorkId, to: WorkState) -> Self {
        self.when(CustomerCommand::SteerWork { work: work.clone(), to })
    }
    /// The codes of the last events; a code that repeats comes once, with its number.
    fn codes(self, expected: &str) -> Self {
        let mut told: Vec<(&str, usize)> = Vec::new();
        for event in &self.last.events {
            match told.last_mut() {
                Some((code, n)) if *code == event.kind.code() => *n += 1,
                _ => told.push((event.kind.code(), 1)),
            }
        }
        let told: Vec<_> = told.iter().map(|(code, n)| format!("{code} {n}")).collect();
        assert_eq!(told.join(", "), expected);
        self
    }
    /// The newest work: its state, how many were selected, done and skipped.
    fn counts(self, state: WorkState, total: u64, done: u64, skipped: &[(S, u64)]) -> Self {
        let work = self.work();
        let skipped: BTreeMap<i32, u64> = skipped.iter().map(|(s, n)| (s.code(), *n)).collect();
        let held = (work.state, work.total, work.done, work.skipped.clone());
        assert_eq!(held, (state, total, done, skipped));
        self
    }
    /// How many messages of any work each of the first customers got.
    pub fn got(&self, n: usize) -> Vec<usize> {
        let of = |n| {
            self.who(&person(n))
                .map_or(0, |c| c.messages.iter().filter(|m| m.work.is_some()).count())
        };
        (0..n).map(of).collect()
    }
}

#[test]
fn r_tagwork_2_the_reply_comes_at_once_and_the_work_after_it() {
    let story = crowd(3).when(tags(to_jane(), &[("tier", "silver")])).when(sends("sale"));
    let story = story.codes("WRK 2").accepted("3 customers have tier=gold");
    let id = story.work().id.clone();
    assert!(id.as_str().starts_with("el_wrk_"), "R-ADDR-3");
    assert_eq!(story.last.receipt.subject(), Some(id.as_str()));
    let story = story.counts(WorkState::Running, 3, 0, &[]);
    assert!(story.due().is_some_and(|due| due <= story.now), "the timers come back at once");
    let story = story.swept().codes("MSG 3, WRK 2").counts(WorkState::Done, 3, 3, &[]);
    assert_eq!(story.got(3), [1, 1, 1]);
    let numbers: Vec<_> = story.last.events[..3].iter().map(|e| e.number.clone()).collect();
    assert_eq!(numbers, [Some(nth(0)), Some(nth(1)), Some(nth(2))], "R-ORD-9: by id");
    let first = &story.last.events[0];
    assert_eq!((&first.app, &first.actor), (&Some("shop".into()), &Actor::Key("wanjiku".into())));
    assert_eq!(story.who(&person(0)).expect("known").messages[0].work, Some(id));
    assert_eq!((story.due(), story.jane().messages.len()), (story.due(), 0));
    story.settled().swept().then(&[]);
}

#[test]
fn r_tagwork_6_nobody_selected_is_a_success() {
    let story = nothing().when(sends("sale")).accepted("0 customers have tier=gold");
    let story = story.codes("WRK 3").counts(WorkState::Done, 0, 0, &[]);
    assert_eq!(story.due(), None);
}

#[test]
fn r_tagwork_5_r_msg_1_steps_1_and_2_are_checked_before_the_reply() {
    let story = crowd(1).bind(line(Channel::Sms), None, None);
    let refused = |story: Story, command, words| {
        let story = story.when(command).refused(words);
        assert!(matches!(
            story.last.receipt,
            Receipt::Work(WorkReceipt { ok: false, work: None, .. })
        ));
        story
    };
    let story = refused(story, sends(""), "an empty text");
    let story = refused(story, sends_on(Channel::Sms, Body::default()), "one text, one media");
    let story =
        refused(story, sends_on(Channel::Whatsapp, Body::text("x")), "not one of the org's");
    let story = refused(story, sends_on(Channel::Unspecified, Body::text("x")), "no channel given");
    let by = |key: &str, value: &str| {
        let tag = TagPair { key: key.into(), value: value.into() };
        CustomerCommand::SendMessageByTag {
            tag,
            message: TagMessage::new(line(Channel::Sms), Body::text("x")),
        }
    };
    let story = refused(story, by("", "gold").into(), "an empty tag key");
    let story = refused(story, by("tier", "").into(), "an empty tag value");
    // No customer could get this on that channel.
    let story = story.bind(line(Channel::Voice), None, None);
    refused(story, sends_on(Channel::Voice, Body::text("x")), "no messages travel on voice");
}

#[test]
fn r_tagwork_5_the_number_used_last_of_those_that_fit() {
    let (old, new) = (nth(70), nth(71));
    let hears = |from: &CustomerNumber| NetworkCommand::ReceiveMessage {
        from: from.clone(),
        to: line(Channel::Sms),
        body: Body::text("hi"),
    };
    let story = given([hears(&old), hears(&new)]);
    let id = story.who(&CustomerRef::Number(old.clone())).expect("known").id.clone();
    let other = CustomerRef::Number(new.clone());
    let story = story.when(CustomerCommand::AdoptCustomer { customer: id, other });
    let story = story.when(tags(CustomerRef::Number(old.clone()), &[("tier", "gold")]));
    let story = story.when(sends("one")).swept();
    assert_eq!(story.last.events[0].number, Some(new));
    let story = story.later(1).when(hears(&old)).later(1).when(sends("two")).swept();
    assert_eq!(story.last.events[0].number, Some(old));
}

#[test]
fn r_tagwork_5_nobody_is_skipped_without_a_reason() {
    let telegram = CustomerNumber::new(Provider::Telegram, "@a");
    let stops = NetworkCommand::ReceiveMessage {
        from: nth(1),
        to: line(Channel::Sms),
        body: Body::text("stop"),
    };
    let story = crowd(2).when(stops);
    let story = story.when(tags(CustomerRef::Number(telegram), &[("tier", "gold")]));
    let story = story.when(sends("sale")).swept().codes("MSG 2, WRK 2");
    let skipped = [(S::NoConsent, 1), (S::CustomerNumberNotFound, 1)];
    let story = story.counts(WorkState::Done, 3, 1, &skipped);
    assert_eq!(story.work().left(), 0);
    let refused = story.who(&person(1)).expect("known").messages[1].clone();
    assert_eq!(
        (refused.status, refused.work.clone()),
        (S::NoConsent, Some(story.work().id.clone())),
        "R-MSG-2"
    );

    // On WhatsApp a template reaches those without a session, and a text does not.
    let story = story.when(sends_on(Channel::Whatsapp, Body::text("sale"))).settled();
    let skipped = [(S::OnlyTemplateAllowed, 2), (S::CustomerNumberNotFound, 1)];
    let story = story.counts(WorkState::Done, 3, 0, &skipped);
    let template = Some(Template { name: "sale".into(), params: Vec::new() });
    let body = Body { template, ..Body::text("sale") };
    let story = story.when(sends_on(Channel::Whatsapp, body)).settled();
    story.counts(WorkState::Done, 3, 2, &[(S::CustomerNumberNotFound, 1)]);
}

#[test]
fn r_exp_1_an_expired_tag_selects_nobody_and_who_comes_later_is_not_meant() {
    let story = crowd(2);
    let soon = crate::model::Tag {
        expires_at: Some(story.now.after(Duration::from_secs(5))),
        ..tag("tier", "gold")
    };
    let story = story.when(CustomerCommand::UpdateTags { customer: person(2), tags: vec![soon] });
    let story = story.later(5).when(sends("sale")).counts(WorkState::Running, 2, 0, &[]);
    // They have been selected, so a tag that is lost or won now changes nothing.
    let untag = CustomerCommand::DeleteTags { customer: person(0), keys: vec!["tier".into()] };
    let story = story.when(untag).when(tags(person(3), &[("tier", "gold")])).settled();
    assert_eq!(story.got(4), [1, 1, 0, 0]);
}

#[test]
fn r_ord_9_slices_of_100_and_works_take_turns() {
    let story = crowd(250).when(sends("one")).later(1).when(sends("two"));
    let one = story.world.works().next().expect("a work").id.clone();
    let mut story = story;
    let mut order = Vec::new();
    while story.due().is_some_and(|due| due <= story.now) {
        story = story.later(1).swept();
        order.extend(story.last.events.iter().filter_map(|e| match &e.kind {
            EventKind::WorkAdvanced { work, handled, .. } => Some((*work == one, *handled)),
            _ => None,
        }));
    }
    let turns = [(true, 100), (false, 100), (true, 100), (false, 100), (true, 50), (false, 50)];
    assert_eq!(order, turns);
    assert!(story.got(250).iter().all(|n| *n == 2));
    assert!(story.world.works().all(|w| w.state == WorkState::Done && w.done == 250));
}

#[test]
fn a_work_can_be_paused_resumed_and_cancelled_between_slices() {
    let story = crowd(250).when(sends("sale")).swept();
    let id = story.work().id.clone();
    let story = story.steers(&id, WorkState::Paused).accepted("that work is now paused");
    let story =
        story.steers(&id, WorkState::Paused).then(&[]).accepted("that work is paused already");
    let story = story.later(3600).swept().then(&[]).counts(WorkState::Paused, 250, 100, &[]);
    let mut story = story.steers(&id, WorkState::Running).accepted("that work is now running");
    story.restart();
    let story = story.swept().counts(WorkState::Running, 250, 200, &[]);
    let story = story.steers(&id, WorkState::Cancelled).accepted("that work is now cancelled");
    let story = story.swept().then(&[]).counts(WorkState::Cancelled, 250, 200, &[]);
    assert_eq!(story.got(250).iter().sum::<usize>(), 200, "what was sent stays sent");
    story
        .steers(&id, WorkState::Running)
        .refused("that work is cancelled already")
        .steers(&"el_wrk_00".into(), WorkState::Paused)
        .refused("no work el_wrk_00")
        .when(sends("again"))
        .settled()
        .counts(WorkState::Done, 250, 250, &[]);
}

#[test]
fn a_work_goes_nowhere_else() {
    let story = crowd(1).when(sends("sale"));
    let id = story.work().id.clone();
    let story = story.steers(&id, WorkState::Done).refused("paused, resumed or cancelled");
    let story =
        story.steers(&id, WorkState::Running).then(&[]).accepted("that work is running already");
    story.swept().steers(&id, WorkState::Paused).refused("that work is done already");
}

#[test]
fn r_tagwork_1_a_reminder_by_tag_selects_when_it_fires() {
    let story = crowd(1);
    let at = story.now.after(Duration::from_mins(1));
    let story = story.when(reminds("renew", at, None));
    let story = story.codes("WRK 1").accepted("reminder renew for tier=gold recorded");
    let story = story.counts(WorkState::Waiting, 0, 0, &[]);
    assert_eq!(story.due(), Some(at));
    let untag = CustomerCommand::DeleteTags { customer: person(0), keys: vec!["tier".into()] };
    let story = story.when(untag).when(tags(person(1), &[("tier", "gold")]));
    let story = story.swept().then(&[]).later(60).swept().codes("WRK 1");
    let story = story.swept().codes("REM 1, WRK 2").counts(WorkState::Done, 1, 1, &[]);
    let event = &story.last.events[0];
    let EventKind::ReminderFired(firing) = &event.kind else { panic!("{event:?}") };
    assert_eq!(event.customer, story.who(&person(1)).map(|c| c.id.clone()));
    assert_eq!((event.app.as_ref(), &event.actor), (Some(&"shop".into()), &Actor::Hub));
    assert_eq!(firing.tag, Some(tag("tier", "gold")));
    assert_eq!(firing.work, Some(story.work().id.clone()));
    assert_eq!((firing.reminder.remind_at, firing.reminder.payload.as_str()), (at, "pay"));
    assert!(
        story.who(&person(1)).expect("known").reminders.is_empty(),
        "the schedule is the org's"
    );
}

#[test]
fn r_rem_2_a_repeated_schedule_waits_for_its_next_time_after_it_is_done() {
    let story = crowd(150);
    let (at, now) = (story.now.after(Duration::from_mins(1)), story.now);
    let story = story.when(reminds("renew", at, Some(100)));
    // The first run is long, and the second firing passes while it is paused half-way.
    let story = story.later(60).swept().swept().counts(WorkState::Running, 150, 100, &[]);
    let id = story.work().id.clone();
    let story = story.steers(&id, WorkState::Paused).later(370);
    assert_eq!(story.due(), None, "not due while it runs or is paused");
    let story =
        story.steers(&id, WorkState::Running).swept().counts(WorkState::Waiting, 150, 150, &[]);
    let EventKind::ReminderFired(firing) = &story.last.events[0].kind else { panic!() };
    assert_eq!(
        (firing.reminder.remind_at, firing.next),
        (at, Some(at.after(Duration::from_secs(100))))
    );
    // The missed firings are made good by one, and the next is anchored again.
    assert_eq!(story.due(), Some(at.after(Duration::from_secs(100))));
    let story = story.swept().counts(WorkState::Running, 150, 0, &[]).settled();
    let story = story.counts(WorkState::Waiting, 150, 150, &[]);
    assert_eq!(story.due(), Some(now.after(Duration::from_secs(60 + 400))));
    // A schedule can be paused while it waits. When it is resumed it waits again, and catches up once.
    let story = story.steers(&id, WorkState::Paused).later(1000).swept().then(&[]);
    let story =
        story.steers(&id, WorkState::Running).accepted("that work is now waiting for its time");
    let story = story.settled().counts(WorkState::Waiting, 150, 150, &[]);
    let story = story.steers(&id, WorkState::Cancelled);
    assert_eq!(story.due(), None);
}

#[test]
fn r_tagwork_3_the_same_app_tag_and_key_replace_the_schedule() {
    let story = crowd(1);
    let at = story.now.after(Duration::from_mins(1));
    let story = story.when(reminds("renew", at, Some(10)));
    let old = story.work().id.clone();
    let story = story.when(reminds("renew", at.after(Duration::from_secs(5)), None));
    let story = story.accepted(&format!("reminder renew for tier=gold recorded, instead of {old}"));
    assert_ne!(story.work().id, old, "a new work id");
    let states: Vec<_> = story.world.works().map(|w| w.state).collect();
    assert_eq!(states, [WorkState::Cancelled, WorkState::Waiting]);
    assert_eq!(story.due(), Some(at.after(Duration::from_secs(5))));
    // Another key, tag or app is another schedule.
    let story = story.when(reminds("other", at, None));
    let app = "first".into();
    let reminder = Reminder { app, key: "renew".into(), remind_at: at, ..Reminder::default() };
    let by = story.by(Some("first"), Actor::Hub);
    let story = by.when(CustomerCommand::AddReminderByTag { tag: gold(), reminder });
    assert_eq!(story.world.works().filter(|w| !w.state.is_final()).count(), 3);
}

#[test]
fn r_tagwork_2_a_bad_reminder_or_tag_is_refused() {
    let story = crowd(1);
    let at = story.now;
    let none = TagPair { key: "tier".into(), value: String::new() };
    let reminder =
        Reminder { app: "shop".into(), key: "a".into(), remind_at: at, ..Reminder::default() };
    story
        .when(reminds("", at, None))
        .refused("an empty reminder key")
        .when(reminds("a", Timestamp::ZERO, None))
        .refused("without a time")
        .when(reminds("a", at, Some(0)))
        .refused("every 1 s at the soonest")
        .when(CustomerCommand::AddReminderByTag { tag: none.clone(), reminder })
        .refused("an empty tag value")
        .when(CustomerCommand::CancelReminderByTag { tag: none, key: "a".into() })
        .refused("an empty tag value")
        .by(Some("first"), Actor::Hub)
        .when(reminds("a", at, None))
        .refused("a reminder of shop cannot be set by first");
}

#[test]
fn r_tagwork_4_cancelling_names_the_cancelled_one_and_leaves_single_reminders() {
    let story = crowd(150);
    let at = story.now.after(Duration::from_mins(1));
    let reminder =
        Reminder { app: "shop".into(), key: "renew".into(), remind_at: at, ..Reminder::default() };
    let story = story.when(CustomerCommand::AddReminder { customer: person(0), reminder });
    let story = story.when(reminds("renew", at, Some(10))).later(60).swept().swept();
    let old = story.work().id.clone();
    let story = story.counts(WorkState::Running, 150, 100, &[]).when(cancels("renew"));
    let story = story.codes("WRK 1").accepted(&format!("{old} cancelled"));
    let own = story.last.receipt.subject().expect("its own work id").to_owned();
    assert!(own.starts_with("el_wrk_") && own != old.as_str());
    let story = story.settled().counts(WorkState::Cancelled, 150, 100, &[]);
    let story = story.when(cancels("renew")).then(&[]).accepted("nothing to cancel");
    assert!(story.last.receipt.subject().is_some());
    // The reminder of the single customer fired by itself, once.
    assert!(story.who(&person(0)).expect("known").reminders.is_empty());
}

#[test]
fn finished_works_are_kept_for_a_while_and_unfinished_ones_are_limited() {
    let story = crowd(1);
    let at = story.now.after(Duration::from_mins(1));
    let story = story.when(reminds("first", at, None));
    let first = story.work().id.clone();
    let story = (0..210).fold(story, |story, _| story.when(sends("x")).settled());
    assert_eq!(story.world.works().count(), 201);
    assert_eq!(story.world.works().next().map(|w| w.id.clone()), Some(first), "unfinished");
    let story = (0..999).fold(story, |story, n| story.when(reminds(&n.to_string(), at, None)));
    let story = story.when(sends("x")).refused("1000 works are unfinished");
    let story = story.when(reminds("one more", at, None)).refused("1000 works are unfinished");
    let story = story.when(reminds("first", at, None));
    assert!(story.last.receipt.is_ok(), "replacing is possible at the limit");
}

#[test]
fn domain_w4_an_audience_is_counted_before_anything_is_sent() {
    let stops = NetworkCommand::ReceiveMessage {
        from: nth(1),
        to: line(Channel::Sms),
        body: Body::text("stop"),
    };
    let telegram = CustomerNumber::new(Provider::Telegram, "@a");
    let story = crowd(9).when(stops).when(tags(CustomerRef::Number(telegram), &[("tier", "gold")]));
    let from = line(Channel::Sms);
    let count = |from| story.world.audience(&gold(), from, &story.settings, story.now);
    let audience = count(Some(&from));
    assert_eq!((audience.matching, audience.reached), (10, 8));
    let skipped = [(S::NoConsent.code(), 1), (S::CustomerNumberNotFound.code(), 1)];
    assert_eq!(audience.skipped, skipped.into());
    assert_eq!(audience.sample.len(), 5);
    assert_eq!(audience.sample[0].numbers, [nth(0)]);
    assert_eq!(audience.sample[0].tags, ["tier=gold"]);
    let everyone = count(None);
    assert_eq!((everyone.matching, everyone.reached), (10, 10), "a reminder reaches everyone");
    // The work says what then happens.
    let story = story.when(sends("sale")).settled();
    let work = story.work();
    assert_eq!((work.total, work.done, &work.skipped), (10, 8, &audience.skipped));
    assert!(matches!(work.task, Task::Message { .. }));
}

#[test]
fn r_canned_4_each_gets_a_text_of_their_own_and_who_has_no_value_for_a_gap_is_skipped() {
    let named = |n: usize, name: &str| {
        let values = vec![("name".into(), DataValue::Text(name.into()))];
        CustomerCommand::UpdateMetadata { customer: person(n), values }
    };
    let known = |story: &Story, n: usize| {
        story.world.customer(&person(n), &story.settings, story.now).expect("a customer")
    };
    let personal = |text: &str, fill: bool| CustomerCommand::SendMessageByTag {
        tag: gold(),
        message: TagMessage { fill, ..TagMessage::new(line(Channel::Sms), Body::text(text)) },
    };
    let long = format!("Fatou{}", " Ndiaye".repeat(25));
    let injected = "{{number}}";
    let story = crowd(4).when(named(0, "Amina Wanjiru")).when(named(1, &long));
    let mut story = story.when(named(2, injected));
    let text = "Habari {{name}}, {{tag.tier}} {{data.town|rafiki}}!";
    // The dry run counts the same, and measures the longest.
    let outlook = story.outlook(personal(text, true));
    let audience = outlook.audience.clone().expect("an audience");
    assert_eq!((audience.matching, audience.reached), (4, 3));
    assert_eq!(audience.skipped, [(S::InvalidRequest.code(), 1)].into());
    let longest = audience.longest.expect("a text");
    assert!(longest.text.starts_with("Habari Fatou Ndiaye") && longest.name == long);
    let finds = |code: &str| {
        let found = outlook.findings.iter().find(|f| f.code == code);
        found.expect(code).text.clone()
    };
    assert_eq!(
        finds("unresolved-variable"),
        "1 of 4 have no value for a gap of the text, or one that makes it too long"
    );
    assert!(finds("too-long").starts_with("2 parts"), "{}", finds("too-long"));
    let story = story.when(personal(text, true)).settled();
    let work = story.work();
    assert_eq!((work.total, work.done, &work.skipped), (4, 3, &audience.skipped));
    let got = |n: usize| {
        let customer = known(&story, n);
        customer.messages.iter().filter_map(|m| m.body.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(got(0), ["Habari Amina Wanjiru, gold rafiki!"]);
    assert_eq!(got(2), ["Habari {{number}}, gold rafiki!"], "a value is not filled in again");
    assert_eq!(got(3), [""; 0], "nobody gets a gap");
    // Clients of the contract say nothing about gaps, and their texts stay as they are.
    let story = story.when(personal(text, false)).settled();
    let customer = known(&story, 0);
    let last = customer.messages.iter().next_back().expect("a message");
    assert_eq!(last.body.text.as_deref(), Some(text));
}
