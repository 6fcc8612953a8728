//! By-tag work and merges: everyone selected is handled exactly once, whatever happens
//! between two slices.

use super::{
    work::{crowd, gold, nth, person, sends},
    world::check,
    *,
};
use crate::model::{CustomerId, EventKind, MessageStatus as S, TagMessage, WorkState};
use proptest::{prelude::*, sample::select};
use std::collections::BTreeSet;

/// Merges the second into the first.
fn merge(story: Story, one: usize, other: usize) -> Story {
    let customer = story.who(&person(one)).expect("known").id.clone();
    story.when(CustomerCommand::AdoptCustomer { customer, other: person(other) })
}
fn works_messages(story: &Story, n: usize) -> usize {
    let customer = story.who(&person(n)).expect("known");
    customer.messages.iter().filter(|m| m.work.is_some()).count()
}

#[test]
fn a_customer_merged_since_is_who_they_are_now() {
    // 150 is not selected, and takes over 120, who is.
    let story = crowd(150).when(tags(person(150), &[("tier", "silver")]));
    let story = merge(story.when(sends("sale")).swept(), 150, 120).settled();
    assert_eq!(works_messages(&story, 150), 1);
    assert_eq!((story.work().done, story.work().skipped.len()), (150, 0));
    let sent = story.who(&person(150)).expect("known").messages[0].number.clone();
    assert_eq!(sent, nth(150), "of two that were never used, the one known longest");
}

#[test]
fn two_of_the_selected_who_are_merged_get_it_once() {
    for (one, other) in [(120, 130), (130, 120), (10, 120), (120, 10)] {
        let story = merge(crowd(150).when(sends("sale")).swept(), one, other).settled();
        assert_eq!(works_messages(&story, one), 1, "{one} took over {other}");
        assert_eq!(story.work().skipped, [(S::DecommissionedCustomerId.code(), 1)].into());
        assert_eq!((story.work().done, story.work().state), (149, WorkState::Done));
    }
}

#[test]
fn a_person_merged_in_several_steps_between_slices_is_not_forgotten() {
    // 50 is merged into 240 and skipped in favour of 240. Then 300, who was not selected, takes over 240
    // and 230. Together they get it once, and not never.
    let story = merge(crowd(250).when(sends("sale")), 240, 50);
    let story = story.swept();
    assert_eq!(story.work().skipped, [(S::DecommissionedCustomerId.code(), 1)].into());
    let story = story.when(tags(person(300), &[("tier", "silver")]));
    let story = merge(merge(story, 300, 240), 300, 230).settled();
    assert_eq!(works_messages(&story, 300), 1);
    assert_eq!(story.work().left(), 0);
    assert_eq!(story.work().done, 248);
}

#[test]
fn d_feed_a_slice_of_large_messages_is_small_enough_to_read() {
    let large = "x".repeat(64 * 1024);
    let story = crowd(40).when(sends(&large));
    let (before, story) = (story.entries.len(), story.settled());
    // Besides its messages each slice says how far the work has come, and the last that it is done.
    let slices: Vec<usize> = story.entries[before..].iter().map(|e| e.events.len()).collect();
    assert_eq!(slices, [17, 17, 10], "a MiB in each");
    assert_eq!((story.work().done, story.work().state), (40, WorkState::Done));
}

/// What happens between two slices.
#[derive(Clone, Debug)]
enum Step {
    Sweep,
    Pause(bool),
    Tag(usize, bool),
    Merge(usize, usize),
    Send,
    /// It is another hour.
    Hours(u64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let who = || select(vec![0_usize, 1, 40, 90, 110, 150, 199, 200, 205, 209]);
    prop_oneof![
        3 => Just(Step::Sweep),
        1 => any::<bool>().prop_map(Step::Pause),
        2 => (who(), any::<bool>()).prop_map(|(who, on)| Step::Tag(who, on)),
        4 => (who(), who()).prop_map(|(one, other)| Step::Merge(one, other)),
        1 => Just(Step::Send),
        2 => (1..9_u64).prop_map(Step::Hours),
        1 => Just(Step::Restart),
    ]
}

fn does(mut story: Story, step: &Step) -> Story {
    let newest = story.world.works().next_back().map(|work| work.id.clone()).unwrap_or_default();
    match *step {
        Step::Sweep => story.swept(),
        Step::Pause(on) => {
            story.steers(&newest, if on { WorkState::Paused } else { WorkState::Running })
        }
        Step::Tag(who, true) => story.when(tags(person(who), &[("tier", "gold")])),
        Step::Tag(who, false) => {
            let keys = vec!["tier".into()];
            story.when(CustomerCommand::DeleteTags { customer: person(who), keys })
        }
        Step::Merge(one, other) => merge(story, one, other),
        Step::Send => story.when(sends("more")),
        Step::Hours(n) => story.later(n * 3_600),
        Step::Restart => {
            let before = story.world.clone();
            story.restart();
            assert_eq!(before, story.world);
            story
        }
    }
}

/// Asserts from the log that everyone selected was done or skipped once, and nobody was written to twice.
fn exactly_once(story: &Story) {
    for work in story.world.works() {
        let mut handled = 0;
        let mut written: BTreeSet<CustomerId> = BTreeSet::new();
        for event in story.entries.iter().flat_map(|entry| &entry.events) {
            match &event.kind {
                EventKind::MessageSent { work: Some(id), .. } if *id == work.id => {
                    let customer = event.customer.clone().expect("a customer");
                    assert!(written.insert(customer), "nobody twice");
                }
                EventKind::WorkAdvanced {
                    work: id,
                    handled: n,
                    done,
                    skipped,
                    put_off,
                    resumed,
                    ..
                } if *id == work.id => {
                    handled += n;
                    let skipped = skipped.iter().map(|(_, n)| n).sum::<u64>();
                    assert_eq!(n + resumed, done + skipped + put_off.len() as u64);
                }
                _ => {}
            }
        }
        assert_eq!(work.state, WorkState::Done);
        assert_eq!((handled, work.left()), (work.total, 0), "everyone selected, once");
        assert_eq!(written.len() as u64, work.done);
    }
}

/// Asserts that everyone who was selected when the work started got it in the end, whoever they
/// are by now.
fn nobody_is_forgotten(story: &Story, selected: &[CustomerId]) {
    let first = story.world.works().next().expect("a work").id.clone();
    for id in selected {
        let now = story.world.survivor(id).unwrap_or_else(|| id.clone());
        let customer = story.world.by_id(&now).expect("alive");
        let got = customer.messages.iter().filter(|m| m.work.as_ref() == Some(&first)).count();
        assert!(got >= 1, "{id} got nothing");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    /// R-TAGWORK-5, R-ORD-9, R-QUIET-5: everyone gets it exactly once, over random slices, pauses, tags, merges,
    /// hours of the night and restarts, and folding the log again gives the same World.
    #[test]
    fn by_tag_exactly_once(
        keeps_quiet in any::<bool>(),
        steps in prop::collection::vec((step(), 0..3_u64), 1..30),
    ) {
        let message = TagMessage { keeps_quiet, ..TagMessage::new(line(Channel::Sms), Body::text("sale")) };
        let mut story = crowd(210).when(CustomerCommand::SendMessageByTag { tag: gold(), message });
        let selected: Vec<_> = story.world.customers().map(|c| c.id.clone()).collect();
        for (step, secs) in steps {
            story = does(story.later(secs), &step);
        }
        let paused = story.world.works().filter(|w| w.state == WorkState::Paused);
        let paused: Vec<_> = paused.map(|w| w.id.clone()).collect();
        for id in paused {
            story = story.steers(&id, WorkState::Running);
        }
        story = story.settled();
        // Whoever is left alone gets it within a day.
        story = story.runs(24 * 3_600_000);
        check(&story.world);
        exactly_once(&story);
        nobody_is_forgotten(&story, &selected);
        let mut again = World::default();
        for entry in &story.entries {
            prop_assert!(again.apply(entry));
        }
        prop_assert_eq!(&again, &story.world);
    }
}
