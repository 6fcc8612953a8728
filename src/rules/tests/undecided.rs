//! Messages of which nobody knows whether they arrived: what a person decides about them (R-CARRY-18).

use super::{
    carriage::{accepts, answers, carried, hand_over, reports, safari, unknown},
    *,
};
use crate::model::settings::Repeats;
use crate::model::{CarriageStep as Step, Level, MessageStatus as S};

fn decide(id: &MessageId, again: bool) -> CustomerCommand {
    CustomerCommand::DecideUnknown { message: id.clone(), again, attempt: None }
}
/// A message that was handed over and got no answer.
fn doubtful() -> (Story, MessageId) {
    let story = carried(Repeats::Never);
    let id = story.last_message();
    let story = story.later(10).when(hand_over(&id)).later(30).when(unknown(&id, 1)).later(60);
    (story, id)
}
fn count(story: &Story) -> (u64, u64, usize) {
    let [listed] = &story.world.listed_carriers(&story.settings)[..] else { panic!("one") };
    (listed.waiting, listed.unknown, story.world.unknown(10).1)
}

#[test]
fn r_carry_18_one_that_goes_again_goes_once_more_and_is_believed_like_any_other() {
    let (story, id) = doubtful();
    assert_eq!((story.may_go(), count(&story)), (false, (0, 1, 1)));
    let story = story.when(decide(&id, true)).accepted("it goes once more");
    let story = story.then(&["NET goes to the network safari once more, as decided"]);
    assert_eq!(story.last.events[0].actor, Actor::Key("wanjiku".into()));
    assert_eq!((story.may_go(), count(&story)), (true, (1, 0, 0)));
    assert_eq!(story.restarted(), story.world);
    let story = story.when(hand_over(&id)).then(&["NET handed to the network safari once more"]);
    assert_eq!(story.world.handed_over(&id).map(|(_, attempt)| attempt), Some(2));
    let story = story.when(unknown(&id, 2));
    assert_eq!((story.may_go(), count(&story)), (false, (0, 1, 1)), "it is decided anew");
    let story = story.when(decide(&id, false)).accepted("it is held to have arrived");
    assert_eq!(count(&story), (0, 0, 0));
}

#[test]
fn r_carry_18_one_that_is_left_is_not_sent_and_is_unknown_no_longer() {
    let (story, id) = doubtful();
    let story = story.when(decide(&id, false)).accepted("it is held to have arrived");
    let story = story.then(&["NET held to have arrived, as decided: it is not sent again"]);
    assert_eq!((story.may_go(), count(&story), story.status()), (false, (0, 0, 0), S::Sent));
    let story = story.when(hand_over(&id)).then(&[]);
    // The network says after all that it had too much to do: somebody has decided that nothing is sent.
    let busy = Step::Returned { why: "it has too much to do".into() };
    let story = story.when(answers(&id, 1, busy, S::Sent)).then(&[]);
    assert!(!story.may_go());
    // What it says of the message itself is believed.
    let story = story.when(accepts(&id, "9")).when(reports("9", S::Delivered));
    assert_eq!(story.status(), S::Delivered);
}

#[test]
fn r_carry_18_a_late_answer_keeps_it_from_going_twice() {
    let (story, id) = doubtful();
    let story = story.when(decide(&id, true)).when(accepts(&id, "9"));
    assert!(!story.may_go());
    story.when(hand_over(&id)).then(&[]);
}

#[test]
fn r_carry_18_who_decides_second_is_told_that_it_was_decided() {
    for (first, words) in [
        (true, "wanjiku decided already: it goes once more"),
        (false, "wanjiku decided already: it is held to have arrived"),
    ] {
        let (story, id) = doubtful();
        let story = story.when(decide(&id, first));
        let mut story = story.by(Some("shop"), Actor::Key("brian".into()));
        for second in [true, false] {
            story = story.when(decide(&id, second)).refused(words);
        }
        if first {
            let story = story.when(hand_over(&id));
            let words = "wanjiku decided already: it was handed to the network safari once more";
            let story = story.when(decide(&id, true)).refused(words);
            // What is unknown now is another attempt than the one that was looked at.
            let story = story.when(unknown(&id, 2));
            let (message, again) = (id.clone(), true);
            let old = CustomerCommand::DecideUnknown { message, again, attempt: Some(1) };
            let story = story.when(old).refused("what is unknown now is attempt 2");
            assert!(!story.may_go());
        }
    }
}

#[test]
fn r_carry_18_nothing_is_decided_about_what_is_not_unknown() {
    let story = carried(Repeats::Never);
    let id = story.last_message();
    let story = story.when(decide(&"el_msg_no".into(), true)).refused("no message el_msg_no");
    let story = story.when(decide(&id, true)).refused("never handed to a network");
    let story = story.when(hand_over(&id));
    let story = story.when(decide(&id, true)).refused("the network safari may still answer");
    let story = story.when(accepts(&id, "9")).when(decide(&id, true));
    let story = story.refused("the network safari has it").when(reports("9", S::Delivered));
    story.when(decide(&id, false)).refused("it is known what became of it: delivered");
    let (story, id) = doubtful();
    let story = story.later(25 * 3_600).settled();
    assert_eq!((story.status(), count(&story).2), (S::Expired, 0));
    story.when(decide(&id, true)).refused("it is known what became of it: expired");
}

#[test]
fn r_carry_18_where_it_repeats_by_itself_it_can_be_left_before() {
    let story = carried(Repeats::Once);
    let id = story.last_message();
    let story = story.when(hand_over(&id)).when(unknown(&id, 1));
    assert!(story.may_go());
    let story = story.when(decide(&id, false));
    assert!(!story.may_go());
}

#[test]
fn r_carry_18_the_list_and_the_dry_run_say_what_is_known() {
    let (mut story, id) = doubtful();
    let (listed, total) = story.world.unknown(1);
    let [one] = &listed[..] else { panic!("one") };
    assert_eq!((one.message.clone(), one.attempt, total), (id.clone(), 1, 1));
    assert_eq!((one.carrier.clone(), one.why.as_str()), (safari(), "silence"));
    assert_eq!(one.since.since(one.handed_at), Duration::from_secs(30));
    assert_eq!(story.world.unknown(0), (Vec::new(), 1), "how many there are is said all the same");
    let found = story.outlook(decide(&id, true)).findings;
    let all: Vec<_> = found.iter().map(|f| (f.code.as_str(), f.text.as_str())).collect();
    assert_eq!(found[0].level, Level::Warn);
    assert_eq!(
        all,
        [
            ("twice", "if the network has it after all, the customer gets it twice"),
            ("to", "+254711000001 from sms 40404"),
            ("text", "hello"),
            ("handed-over", "handed to the network safari 90 s ago"),
            (
                "outcome-unknown",
                "unknown since 60 s: nobody knows whether the network safari has it: silence"
            ),
        ]
    );
    let found = story.outlook(decide(&id, false)).findings;
    assert_eq!(found[0].code, "never");
    let story = story.when(decide(&id, false));
    assert_eq!(story.world.unknown(10), (Vec::new(), 0));
}
