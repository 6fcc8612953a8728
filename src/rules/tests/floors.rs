//! What is gone stays on the way of whoever searches from the beginning, as hidden rows of the base: nobody
//! does. Rows are counted and not time.

use super::{
    work::nth,
    world::{check, stored},
    *,
};
use crate::model::MessageStatus;

/// More rows than this are too many to find the first of a list.
const FEW: usize = 4;

#[test]
fn d_idem_keys_that_were_forgotten_are_not_passed_again() {
    let mut story = given([meet()]);
    for n in 0..300 {
        stored(&mut story, &format!("key-{n:04}"), 1);
        story = story.later(1);
    }
    story.restart();
    story = story.later(7 * 24 * 3600 - 300);
    for n in 0..250 {
        story = story.later(1);
        let entry = story.entry(Vec::new());
        let passed = story.passes(|story| assert!(story.world.apply(&entry)));
        assert!(passed <= FEW, "{passed} rows for entry {n}");
    }
    assert_eq!(story.world.call(&"key-0249".into()), None);
    assert!(story.world.call(&"key-0250".into()).is_some());
}

/// A World on a base, in which so many messages wait for a report.
fn flying(n: usize) -> (Story, Vec<MessageId>) {
    let mut story = given((0..n).map(|n| {
        let (to, from, body) = (nth(n), line(Channel::Sms), Body::text("x"));
        CustomerCommand::SendMessage { to, from, body, seen: None }
    }));
    story.restart();
    let flying: Vec<_> = story.world.in_flight().into_iter().map(|(_, m)| m.id).collect();
    assert_eq!(flying.len(), n);
    (story, flying)
}

fn delivered(message: &MessageId) -> Command {
    NetworkCommand::ReportMessage { message: message.clone(), status: MessageStatus::Delivered }
        .into()
}

#[test]
fn what_comes_next_is_known_without_looking_at_what_is_over() {
    let (mut story, flying) = flying(400);
    let mut passed = 0;
    for message in &flying[..390] {
        let report = story.decide(&delivered(message)).events;
        let entry = story.entry(report);
        passed += story.passes(|story| assert!(story.world.apply(&entry)));
        let asked = story.passes(|story| assert!(story.due().is_some()));
        assert_eq!(asked, 0, "of {message}");
    }
    assert!(passed < 2 * flying.len(), "{passed} rows for all of them together");
    check(&story.world);
    // One sweep ends what is left, and finds that this was all.
    let mut story = story.later(2 * 24 * 3600);
    let sweep = story.passes(|story| drop(story.decide(&NetworkCommand::Sweep.into())));
    assert!(sweep <= 10 + FEW, "{sweep} rows for ten");
    let story = story.settled();
    check(&story.world);
    assert_eq!((story.world.in_flight().len(), story.due()), (0, None));
}

/// What is over leaves hidden rows behind it too, where it came and went while the base stayed.
#[test]
fn what_comes_next_is_known_while_others_come_and_go() {
    let (mut story, flying) = flying(3);
    for n in 0..200 {
        let (to, from, body) = (nth(n), line(Channel::Sms), Body::text("y"));
        story = story.later(1).when(CustomerCommand::SendMessage { to, from, body, seen: None });
        let newest = story.who(&CustomerRef::Number(nth(n))).expect("known");
        let newest = newest.messages.last().expect("a message").id.clone();
        story = story.when(delivered(&newest));
        assert_eq!(story.passes(|story| assert!(story.due().is_some())), 0);
    }
    for message in &flying {
        story = story.when(delivered(message));
        check(&story.world);
    }
    assert_eq!(story.due(), None);
}
