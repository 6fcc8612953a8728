//! Work by tag that an agent steers: its rate, what became of it for each person, and again to those it failed
//! for (R-TAGWORK-7 to R-TAGWORK-10).

use super::{
    work::{crowd, gold, nth, person, sends},
    *,
};
use crate::{
    model::{
        CustomerId, EventKind, MessageStatus as S, RecipientOutcome as O, TagMessage, WorkId,
        WorkOutcomes, WorkRecipient, WorkState,
    },
    rules::PeoplePlace,
};
use proptest::{prelude::*, sample::select};
use std::collections::{BTreeMap, BTreeSet};

fn sends_at(rate: &str) -> Command {
    let rate = Some(rate.parse().expect("a rate"));
    let message = TagMessage { rate, ..TagMessage::new(line(Channel::Sms), Body::text("sale")) };
    CustomerCommand::SendMessageByTag { tag: gold(), message }.into()
}
fn again(work: &WorkId, channel: Channel) -> TagMessage {
    let failed_of = Some(work.clone());
    TagMessage { failed_of, ..TagMessage::new(line(channel), Body::text("sale")) }
}
fn to_failed(work: &WorkId) -> Command {
    let message = again(work, Channel::Sms);
    CustomerCommand::SendMessageByTag { tag: gold(), message }.into()
}

impl Story {
    fn after(mut self, millis: u64) -> Self {
        self.now = self.now.after(Duration::from_millis(millis));
        self
    }
    /// Lets the hub do what is due, each at its time, for so long.
    pub fn runs(mut self, millis: u64) -> Self {
        let end = self.now.after(Duration::from_millis(millis));
        while let Some(due) = self.due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self = self.swept();
        }
        self.now = end;
        self
    }
    /// When messages of works were sent, which is when their entries were made: an event of a customer who was touched in
    /// the same microsecond says a later one, so that what happened to one customer is in order.
    fn sent_at(&self) -> Vec<Timestamp> {
        let events = self
            .entries
            .iter()
            .flat_map(|entry| entry.events.iter().map(|event| (entry.at, event)));
        let sent = events.filter(|(_, e)| {
            matches!(&e.kind, EventKind::MessageSent { status: S::Sent, work: Some(_), .. })
        });
        sent.map(|(at, _)| at).collect()
    }
    fn reports(self, n: usize, status: S) -> Self {
        let customer = self.who(&person(n)).expect("known");
        let message = customer.messages.iter().rev().find(|m| m.work.is_some());
        let message = message.expect("a message").id.clone();
        self.when(NetworkCommand::ReportMessage { message, status })
    }
    pub fn all_people(&self, work: &WorkId, wanted: Option<O>, limit: usize) -> Vec<WorkRecipient> {
        let (mut all, mut from) = (Vec::new(), Some(PeoplePlace::default()));
        while let Some(place) = from {
            let place = PeoplePlace::parse(&place.to_string()).unwrap_or_default();
            let (page, next) = self.world.people(work, wanted, place, limit).expect("kept");
            assert!(page.len() <= limit);
            all.extend(page);
            from = next;
        }
        all
    }
    fn outcomes(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for one in self.all_people(&self.work().id.clone(), None, 7) {
            *counts.entry(one.outcome().word()).or_default() += 1;
        }
        counts
    }
    fn known_id(&self, n: usize) -> CustomerId {
        self.who(&person(n)).expect("known").id.clone()
    }
}

#[test]
fn r_tagwork_7_a_work_keeps_to_its_rate() {
    let story = crowd(25).when(sends_at("10/s"));
    let start = story.now;
    let story = story.runs(0);
    assert_eq!(story.work().done, 1, "the first goes at once");
    assert_eq!(story.due(), Some(start.after(Duration::from_millis(100))));
    let story = story.runs(950);
    assert_eq!(story.work().done, 10);
    let story = story.runs(1_450);
    assert_eq!((story.work().done, story.work().state), (25, WorkState::Done));
    assert!(story.got(25).iter().all(|n| *n == 1));
}

#[test]
fn r_tagwork_7_what_was_not_sent_in_time_is_not_made_good_in_a_burst() {
    let story = crowd(60).when(sends_at("10/s")).runs(450);
    let id = story.work().id.clone();
    assert_eq!(story.work().done, 5);
    // The hub was down for a minute.
    let mut story = story.after(60_000);
    story.restart();
    let story = story.runs(0);
    assert_eq!(story.work().done, 6, "one, and not 600");
    // Paused for an hour, and on again: no burst, and not sooner than the last one allows.
    let story = story.steers(&id, WorkState::Paused).later(3_600).runs(0);
    assert_eq!(story.work().done, 6);
    let story = story.steers(&id, WorkState::Running).runs(0);
    assert_eq!(story.work().done, 7);
    let mut story = story;
    for _ in 0..50 {
        story = story.steers(&id, WorkState::Paused).steers(&id, WorkState::Running).runs(0);
    }
    assert_eq!(story.work().done, 7, "pausing and resuming gives no second turn");
    // A pause holds it before its next slice.
    let story = story.runs(100).steers(&id, WorkState::Paused).runs(10_000);
    assert_eq!(story.work().done, 8);
}

#[test]
fn r_tagwork_7_the_network_has_a_rate_for_all_works_together() {
    let story = crowd(30).with(|s| s.bulk_rate = "10/s".parse().ok());
    let story = story.when(sends("one")).when(sends_at("2/s"));
    assert_eq!(story.work().rate(), "2/s".parse().ok());
    let rates: Vec<_> = story.world.works().map(crate::model::Work::rate).collect();
    assert_eq!(rates[0], "10/s".parse().ok(), "the lower of the two is said");
    let story = story.runs(1_990);
    assert_eq!(story.sent_at().len(), 20);
    assert_eq!(story.work().done, 4, "the slow one has its turns too");
    // A reminder is no message, and does not wait for the network.
    let reminder = crate::model::Reminder {
        app: "shop".into(),
        key: "k".into(),
        remind_at: story.now,
        ..Default::default()
    };
    let remind = CustomerCommand::AddReminderByTag { tag: gold(), reminder };
    let story = story.when(remind).runs(0);
    assert_eq!((story.work().done, story.work().state), (30, WorkState::Done));
}

#[test]
fn r_tagwork_7_who_is_skipped_costs_nothing_of_the_rate() {
    let mut story = crowd(40);
    for n in 0..30 {
        let (from, to) = (nth(n), line(Channel::Sms));
        story = story.when(NetworkCommand::ReceiveMessage { from, to, body: Body::text("stop") });
    }
    let story = story.when(sends_at("1/min")).runs(0);
    let work = story.work();
    assert_eq!((work.done, work.skipped.clone()), (1, [(S::NoConsent.code(), 30)].into()));
}

#[test]
fn r_tagwork_7_the_sheet_says_how_long_it_takes() {
    let mut story = crowd(60);
    let outlook = story.outlook(sends_at("30/min"));
    let audience = outlook.audience.expect("an audience");
    assert_eq!(audience.lasts(), Some(Duration::from_secs(118)));
    let mut story = story.with(|s| s.bulk_rate = "5/s".parse().ok());
    let audience = story.outlook(sends_at("10/s")).audience.expect("an audience");
    assert_eq!(
        (audience.rate, audience.lasts()),
        ("5/s".parse().ok(), Some(Duration::from_millis(11_800)))
    );
}

#[test]
fn r_tagwork_7_a_minute_ends_when_the_eleventh_of_ten_a_minute_leaves() {
    let story = crowd(20).when(sends_at("600/h")).runs(59_999);
    assert_eq!(story.sent_at().len(), 10);
    let sent = story.runs(1).sent_at();
    assert_eq!((sent.len(), sent[10].since(sent[0])), (11, Duration::from_mins(1)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever stops the hub and whoever steers, no minute has more than the rate, of one work or of all.
    #[test]
    fn r_tagwork_7_no_minute_has_more_than_the_rate(
        own in select(vec![("2/s", 120), ("50/min", 50), ("7/min", 7), ("600/h", 10)]),
        network in select(vec![("1/s", 60), ("45/min", 45), ("90/min", 90)]),
        steps in prop::collection::vec((0..4_u8, 0..20_000_u64), 1..40),
    ) {
        let settings = |s: &mut OrgSettings| s.bulk_rate = network.0.parse().ok();
        let mut story = crowd(150).with(settings).when(sends_at(own.0));
        let id = story.work().id.clone();
        for (step, millis) in steps {
            story = match step {
                0 => story.steers(&id, WorkState::Paused),
                1 => story.steers(&id, WorkState::Running),
                // The hub was down, or slow.
                2 => { story.restart(); story.after(millis).swept() }
                _ => story.runs(millis),
            };
        }
        let sent = story.sent_at();
        for (n, first) in sent.iter().enumerate() {
            let minute = sent[n..].iter().take_while(|at| at.since(*first) < Duration::from_mins(1));
            prop_assert!(minute.count() <= own.1.min(network.1));
        }
    }
}

#[test]
fn r_tagwork_8_a_work_counts_what_became_of_its_messages() {
    let story = crowd(5).when(sends("sale")).settled();
    let counts = |story: &Story| story.work().outcomes.clone();
    assert_eq!(counts(&story), WorkOutcomes { waiting: 5, ..WorkOutcomes::default() });
    let story = story.reports(0, S::Delivered).reports(1, S::Delivered).reports(2, S::Failed);
    let story = story.reports(3, S::NoCapability).reports(3, S::Delivered);
    let expected = WorkOutcomes {
        waiting: 1,
        delivered: 2,
        read: 0,
        failed: [(S::Failed.code(), 1), (S::NoCapability.code(), 1)].into(),
    };
    assert_eq!(counts(&story), expected, "what comes late changes nothing (R-MSG-5)");
    // The last one is reported on by nobody, and expires.
    let story = story.later(25 * 3_600).settled();
    assert_eq!(counts(&story).failed[&S::Expired.code()], 1);
    assert_eq!(counts(&story).waiting, 0);
    // They are the same after a restart, and if the log is read again.
    assert_eq!(story.restarted(), story.world);
    let mut read = World::default();
    assert!(story.entries.iter().all(|entry| read.apply(entry)));
    assert_eq!(read, story.world);
    // A message of no work counts nowhere.
    let before = counts(&story);
    let story = story.when(send(Channel::Sms, "hello"));
    let message = story.last_message();
    let story = story.when(NetworkCommand::ReportMessage { message, status: S::Delivered });
    assert_eq!(counts(&story), before);
}

#[test]
fn r_tagwork_8_a_report_for_somebody_who_was_merged_counts_too() {
    let story = crowd(3).when(sends("sale")).settled();
    let (other, gone) = (person(1), story.known_id(1));
    let customer = story.known_id(0);
    let story = story.when(CustomerCommand::AdoptCustomer { customer, other });
    let customer = story.who(&person(0)).expect("known");
    assert_eq!(customer.messages.iter().filter(|m| m.work.is_some()).count(), 2);
    let mut story = story;
    for message in &customer.messages {
        let (message, status) = (message.id.clone(), S::Failed);
        story = story.when(NetworkCommand::ReportMessage { message, status });
    }
    assert_eq!(story.work().outcomes.failed, [(S::Failed.code(), 2)].into());
    let id = story.work().id.clone();
    let failed = story.all_people(&id, Some(O::Failed), 10);
    assert_eq!(failed.len(), 2, "each had a message of their own");
    assert!(failed.iter().any(|one| one.customer == gone));
    // As one person they get it again once.
    let mut story = story;
    let audience = story.outlook(to_failed(&id)).audience.expect("an audience");
    assert_eq!((audience.matching, audience.reached), (1, 1));
    let story = story.when(to_failed(&id)).settled();
    assert_eq!((story.work().total, story.work().done), (2, 1));
    assert_eq!(story.work().skipped, [(S::DecommissionedCustomerId.code(), 1)].into());
}

#[test]
fn r_tagwork_9_everyone_selected_is_in_the_table_with_what_became_of_them() {
    let telegram = CustomerRef::Number(CustomerNumber::new(crate::model::Provider::Telegram, "@a"));
    let stops = NetworkCommand::ReceiveMessage {
        from: nth(4),
        to: line(Channel::Sms),
        body: Body::text("stop"),
    };
    let story = crowd(5).when(stops).when(tags(telegram.clone(), &[("tier", "gold")]));
    let story = story.when(sends_at("1/min")).runs(0);
    let id = story.work().id.clone();
    assert_eq!(story.outcomes(), [("not-yet", 5), ("waiting", 1)].into());
    let story = story.runs(3_600_000).reports(0, S::Delivered).reports(1, S::Failed);
    assert_eq!(story.work().state, WorkState::Done);
    let expected = [("delivered", 1), ("failed", 1), ("skipped", 2), ("waiting", 2)];
    assert_eq!(story.outcomes(), expected.into());
    for limit in [1, 2, 100] {
        let all = story.all_people(&id, None, limit);
        let ids: BTreeSet<_> = all.iter().map(|one| one.customer.clone()).collect();
        assert_eq!((all.len(), ids.len()), (6, 6), "each once");
        assert!(all.is_sorted_by_key(|one| one.customer.clone()), "R-ORD-9");
        let failed = story.all_people(&id, Some(O::Failed), limit);
        assert_eq!(failed.len(), 1);
        assert_eq!((failed[0].status, failed[0].number.clone()), (S::Failed, Some(nth(1))));
        assert!(failed[0].message.is_some() && failed[0].at <= story.now);
        assert_eq!(failed[0].words(), "failed");
    }
    let skipped = story.all_people(&id, Some(O::Skipped), 10);
    let why: BTreeSet<_> = skipped.iter().map(WorkRecipient::words).collect();
    assert_eq!(why, [S::NoConsent.words(), S::CustomerNumberNotFound.words()].into());
    assert_eq!(
        story.world.people(&"el_wrk_0".into(), None, PeoplePlace::default(), 5),
        Err("no work el_wrk_0".into())
    );
    // What stands in the World follows from the log.
    let mut read = World::default();
    assert!(story.entries.iter().all(|entry| read.apply(entry)));
    assert_eq!(read, story.world);
    assert_eq!(story.restarted(), story.world);
}

#[test]
fn r_tagwork_9_of_one_that_was_cancelled_the_rest_was_not_reached() {
    let story = crowd(4).when(sends_at("1/min")).runs(60_000);
    let id = story.work().id.clone();
    let story = story.steers(&id, WorkState::Cancelled);
    assert_eq!(story.outcomes(), [("not-yet", 2), ("waiting", 2)].into());
    for text in ["x", "h", "n", "nx", "n-1", "el_cst_1"] {
        assert_eq!(PeoplePlace::parse(text), None, "{text}");
    }
}

#[test]
fn r_tagwork_9_the_people_of_the_newest_works_are_kept() {
    use crate::model::limits::WORKS_WITH_PEOPLE as MOST;
    let mut story = crowd(3);
    for _ in 0..MOST {
        story = story.when(sends("sale")).settled();
    }
    let all: Vec<_> = story.world.works().map(|work| work.id.clone()).collect();
    assert!(story.world.people(&all[0], None, PeoplePlace::default(), 5).is_ok());
    let story = story.when(sends("one more")).settled();
    let why = story.world.people(&all[0], None, PeoplePlace::default(), 5).unwrap_err();
    assert!(why.contains("not known any more"), "{why}");
    assert!(story.world.people(&all[1], None, PeoplePlace::default(), 5).is_ok());
    let story = story.when(to_failed(&all[0])).refused("not known any more");
    // A report about one of theirs still counts.
    let customer = story.who(&person(0)).expect("known");
    let first = customer.messages.iter().find(|m| m.work.as_ref() == Some(&all[0]));
    let message = first.expect("a message").id.clone();
    let story = story.when(NetworkCommand::ReportMessage { message, status: S::Delivered });
    let oldest = story.world.works().next().expect("a work");
    assert_eq!((oldest.outcomes.delivered, oldest.outcomes.waiting), (1, 2));
}

#[test]
fn r_tagwork_10_again_to_those_it_failed_for_and_to_nobody_else() {
    let story = crowd(8).when(sends("sale")).settled();
    let id = story.work().id.clone();
    let story = story.reports(0, S::Delivered).reports(1, S::Failed).reports(2, S::Expired);
    let mut story = story.reports(3, S::NoCapability).reports(4, S::ApplicationError);
    // The tag is not asked again: who lost it is still meant, and who has it now is not.
    let keys = vec!["tier".into()];
    story = story.when(CustomerCommand::DeleteTags { customer: person(1), keys });
    story = story.when(tags(person(20), &[("tier", "gold")]));
    let audience = story.outlook(to_failed(&id)).audience.expect("an audience");
    assert_eq!((audience.matching, audience.reached), (3, 3));
    // On another channel those may get it too whom this one could not reach.
    let rcs = CustomerCommand::SendMessageByTag { tag: gold(), message: again(&id, Channel::Rcs) };
    assert_eq!(story.outlook(rcs).audience.expect("an audience").matching, 4);
    let before = story.got(8);
    let story = story.when(to_failed(&id));
    let story = story.accepted(&format!("3 customers for whom {id} failed")).settled();
    assert_eq!((story.work().total, story.work().done), (3, 3));
    let gained: Vec<_> = story.got(8).iter().zip(before).map(|(now, then)| now - then).collect();
    assert_eq!(gained, [0, 1, 1, 0, 1, 0, 0, 0]);
    // Those who opted out meanwhile are skipped as always (R-CODE-2).
    let story = story.reports(1, S::Failed);
    let newest = story.work().id.clone();
    let (from, to) = (nth(1), line(Channel::Sms));
    let stop = NetworkCommand::ReceiveMessage { from, to, body: Body::text("stop") };
    let story = story.when(stop).when(to_failed(&newest)).settled();
    assert_eq!(story.work().skipped, [(S::NoConsent.code(), 1)].into());
    let newest = story.work().id.clone();
    let story =
        story.when(to_failed(&newest)).accepted(&format!("0 customers for whom {newest} failed"));
    assert_eq!(story.work().state, WorkState::Done);
    let mut read = World::default();
    assert!(story.entries.iter().all(|entry| read.apply(entry)));
    assert_eq!(read, story.world);
}

#[test]
fn r_tagwork_10_what_it_cannot_follow_is_refused() {
    let story = crowd(2).when(sends_at("1/min")).runs(0);
    let id = story.work().id.clone();
    let story = story.when(to_failed(&"el_wrk_0".into())).refused("no work el_wrk_0");
    let story = story.when(to_failed(&id)).refused("wait until it is done, or cancel it first");
    let story = story.steers(&id, WorkState::Cancelled);
    let other = crate::model::TagPair { key: "tier".into(), value: "silver".into() };
    let message = again(&id, Channel::Sms);
    let story = story.when(CustomerCommand::SendMessageByTag { tag: other, message });
    let story = story.refused("was for tier=gold, not for tier=silver");
    let reminder = crate::model::Reminder {
        app: "shop".into(),
        key: "k".into(),
        remind_at: story.now,
        ..Default::default()
    };
    let story = story.when(CustomerCommand::AddReminderByTag { tag: gold(), reminder }).settled();
    let reminders = story.work().id.clone();
    let story = story.when(to_failed(&reminders)).refused("sent no messages");
    let story = story.by(Some("first"), Actor::Key("other".into()));
    story.when(to_failed(&id)).refused("is the work of another app");
}

#[test]
fn r_tagwork_10_whoever_got_it_again_does_not_get_it_a_third_time() {
    let story = crowd(3).when(sends("sale")).settled();
    let id = story.work().id.clone();
    let story = story.reports(0, S::Failed).when(to_failed(&id)).settled();
    assert_eq!((story.work().total, story.work().done), (1, 1));
    // Another agent does the same, with another key and other words: nobody is left.
    let story = story.when(to_failed(&id));
    let story = story.accepted(&format!("0 customers for whom {id} failed")).settled();
    // What fails after that is still tried again, and by then only that.
    let second = story.who(&person(1)).expect("known");
    let message = second.messages.iter().find(|m| m.work.as_ref() == Some(&id));
    let message = message.expect("a message").id.clone();
    let story = story.when(NetworkCommand::ReportMessage { message, status: S::Failed });
    let story = story.when(to_failed(&id));
    let story = story.accepted(&format!("1 customer for whom {id} failed"));
    // While that goes on, another try has to wait.
    let story = story.settled();
    assert_eq!(story.got(3), [2, 2, 1]);
}

#[test]
fn r_tagwork_9_a_table_that_is_read_while_the_work_goes_on_has_everyone() {
    let mut story = crowd(6).when(sends_at("1/min")).runs(0);
    let id = story.work().id.clone();
    for limit in [1, 2] {
        let (mut all, mut from) = (Vec::new(), Some(PeoplePlace::default()));
        while let Some(place) = from {
            let (page, next) = story.world.people(&id, None, place, limit).expect("kept");
            all.extend(page.into_iter().map(|one| one.customer));
            from = next;
            story = story.runs(60_000);
        }
        let ids: BTreeSet<_> = all.iter().cloned().collect();
        assert_eq!((all.len(), ids.len()), (6, 6), "each once: {all:?}");
    }
}
