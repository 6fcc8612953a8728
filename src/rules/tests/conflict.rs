//! Two agents who answer the same customer at once (R-CONFLICT-1, R-CONFLICT-2), told as stories, and against a
//! search through everything that was ever said.

use super::{
    work::{gold, nth, sends},
    *,
};
use crate::model::{EventKind, LastAnswer, Level, MessageReceipt, MessageStatus, Seq};
use proptest::{collection::vec, prelude::*};

fn amina() -> Actor {
    Actor::Key("amina".into())
}
fn brian() -> Actor {
    Actor::Key("brian".into())
}

/// A message to Jane from somebody who has seen this much.
fn having_seen(text: &str, seen: u64) -> Command {
    let Command::Customer(command) = send(Channel::Sms, text) else { panic!("a message") };
    command.having_seen(Some(Seq(seen))).into()
}

impl Story {
    fn head(&self) -> u64 {
        self.world.head().0.0
    }
    fn amina(self, text: &str, seen: u64) -> Self {
        self.by(Some("shop"), amina()).when(having_seen(text, seen))
    }
    fn brian(self, text: &str) -> Self {
        self.by(Some("shop"), brian()).when(send(Channel::Sms, text)).code(101)
    }
    fn conflict(&self) -> Option<LastAnswer> {
        let Receipt::Message(MessageReceipt { conflict, .. }) = &self.last.receipt else {
            panic!("not about a message: {:?}", self.last.receipt)
        };
        conflict.as_deref().cloned()
    }
    /// Asserts that Brian's answer stopped the last command, and that nothing was recorded.
    fn stopped_by(self, text: &str) -> Self {
        let conflict = self.conflict().expect("somebody else answered");
        assert_eq!((conflict.by, &*conflict.text), (brian(), text));
        self.code(450).then(&[])
    }
}

/// Jane has asked something, and Amina has seen that.
fn asked() -> (Story, u64) {
    let story = given([hears(Channel::Sms, "Where is my parcel?")]);
    let seen = story.head();
    (story, seen)
}

#[test]
fn r_conflict_1_a_message_is_refused_if_somebody_else_answered_meanwhile() {
    let (story, seen) = asked();
    let story = story.brian("It comes today.");
    let (at, place, message) = (story.jane().touched_at, Seq(story.head()), story.last_message());
    let story = story.later(12).amina("It is lost.", seen);
    let by = LastAnswer { seq: place, at, by: brian(), message, text: "It comes today.".into() };
    assert_eq!(story.conflict(), Some(by));
    let story = story.refused("brian answered 12 s ago: It comes today.").code(450);
    let jane = story.last.receipt.customer().cloned();
    assert_eq!(jane, Some(story.jane().id.clone()), "R-REPLY-2");
    let place = story.head();
    let story = story.amina("It comes today, from Nairobi.", place);
    story.code(101).then(&["MSG It comes today, from Nairobi."]);
}

#[test]
fn r_conflict_1_a_reply_is_refused_in_the_same_way() {
    let (story, seen) = asked();
    let (customer, message) = (story.jane().id.clone(), story.last_message());
    let reply = |seen| CustomerCommand::ReplyToMessage {
        customer: customer.clone(),
        message: message.clone(),
        body: Body::text("It is lost."),
        seen: Some(Seq(seen)),
    };
    let story = story.brian("It comes today.");
    let story = story.by(Some("shop"), amina()).when(reply(seen)).stopped_by("It comes today.");
    let place = story.head();
    story.when(reply(place)).code(101);
}

#[test]
fn r_conflict_1_who_does_not_say_what_they_have_seen_is_never_stopped() {
    let (story, _) = asked();
    let story = story.brian("It comes today.").by(Some("shop"), amina());
    story.when(send(Channel::Sms, "It is lost.")).code(101);
}

#[test]
fn r_conflict_1_ones_own_answer_stops_nobody_and_hides_no_other() {
    let (story, seen) = asked();
    let story = story.amina("One moment.", seen).code(101);
    let story = story.amina("It comes today.", seen).code(101);
    let story = story.brian("It is in Nakuru.").by(Some("shop"), amina());
    // Amina wrote without saying what she had seen, so her own answer is the newest.
    let story = story.when(send(Channel::Sms, "Soon.")).code(101);
    let story = story.amina("Today!", seen).stopped_by("It is in Nakuru.");
    let story = story.by(Some("shop"), Actor::Key("chao".into())).when(having_seen("Hi", seen));
    assert_eq!(story.conflict().map(|answer| answer.text), Some("Soon.".into()));
    // A program that uses Amina's key is not Amina, so that even her last answer stops it.
    let story =
        story.by(Some("shop"), Actor::Program("amina".into())).when(having_seen("Hi", seen));
    let story = story.code(450);
    assert_eq!(story.conflict().map(|answer| answer.text), Some("Soon.".into()));
}

#[test]
fn r_conflict_1_what_is_no_answer_stops_nobody() {
    let (story, _) = asked();
    let story = story.when(tags(to_jane(), &[("tier", "gold")]));
    let seen = story.head();
    let story = story.by(Some("shop"), Actor::Program("bot".into()));
    let story = story.when(send(Channel::Sms, "We are closed.")).code(101);
    let story = story.by(Some("shop"), brian()).when(send(Channel::Whatsapp, "Karibu")).code(404);
    let story = story.when(sends("sale")).settled();
    assert_eq!(gold().value, "gold");
    let up_to = None;
    let story = story.when(CustomerCommand::NoAnswerNeeded { customer: to_jane(), up_to });
    let story = story.when(hears(Channel::Sms, "Hello?"));
    story.amina("It comes today.", seen).code(101);
}

#[test]
fn r_conflict_1_what_is_wrong_with_the_message_itself_comes_first_and_consent_after() {
    let (story, seen) = asked();
    let story = story.brian("It comes today.").when(hears(Channel::Sms, "STOP"));
    let story = story.amina("", seen).code(413);
    let story = story.amina("It is lost.", seen).stopped_by("It comes today.");
    let seen = story.head();
    let story = story.amina("It is lost.", seen).code(401);
    assert_eq!(story.last.events.len(), 1, "R-MSG-2: this one is in the conversation");
}

#[test]
fn r_conflict_1_nobody_has_seen_what_is_not_there_yet() {
    let (story, _) = asked();
    let story = story.amina("Hi", 9_000).code(413);
    let story = story.refused("nobody has seen entry 9000 yet: the newest is 1");
    let Command::Customer(new) = having_seen("Hi", 1) else { panic!("a message") };
    let CustomerCommand::SendMessage { from, body, seen, .. } = new else { panic!("a message") };
    let to_nobody = CustomerCommand::SendMessage { to: omar(), from, body, seen };
    story.when(to_nobody).code(101);
}

#[test]
fn r_conflict_1_a_dry_run_says_so_and_the_suspicion_of_it_is_gone() {
    let (mut story, seen) = asked();
    story = story.brian("It comes today.").later(5).by(Some("first"), amina());
    let Command::Customer(command) = having_seen("It is lost.", seen) else { panic!("a message") };
    let said = story.outlook(command.clone());
    let conflicts: Vec<_> = said.findings.iter().filter(|f| f.code == "conflict").collect();
    let [conflict] = conflicts[..] else { panic!("{:?}", said.findings) };
    let words = "read it first: brian answered 5 s ago: It comes today.";
    assert_eq!((conflict.level, &*conflict.text), (Level::Block, words));
    let Some(Receipt::Message(receipt)) = said.receipt else { panic!("no receipt") };
    assert_eq!(receipt.status, MessageStatus::Conflict);
    assert_eq!(receipt.conflict.map(|answer| answer.text), Some("It comes today.".into()));
    let unsaid = story.outlook(command.having_seen(None));
    let conflict = unsaid.findings.iter().find(|f| f.code == "conflict").expect("a suspicion");
    assert_eq!(conflict.level, Level::Warn);
}

#[test]
fn r_conflict_1_an_answer_is_remembered_by_its_beginning_and_across_a_restart() {
    let (story, seen) = asked();
    let mut story = story.brian(&"long\n".repeat(1_000));
    let [answer] = &story.jane().answers[..] else { panic!("{:?}", story.jane().answers) };
    assert_eq!(answer.text.chars().count(), 160);
    story.restart();
    story.amina("Hi", seen).code(450);
}

#[test]
fn r_conflict_2_a_repetition_gets_its_receipt_whatever_was_answered_meanwhile() {
    use crate::{
        model::{CallId, StoredCall},
        rules::replay,
    };
    let (mut story, seen) = asked();
    story = story.by(Some("shop"), amina());
    let (command, digest, id) =
        (having_seen("On its way.", seen), [1; 32], CallId::from("key-0001"));
    let done = story.decide(&command);
    let mut entry = story.entry(done.events);
    let receipt = done.receipt.clone();
    entry.call = Some(StoredCall { id: id.clone(), digest, receipt });
    assert!(story.world.apply(&entry));
    story.entries.push(entry);
    let story = story.brian("It comes today.");
    assert_eq!(replay(&story.world, &id, &digest, &command), Some(done.receipt));
    // Whoever was refused was not remembered, so the same key may be used to send it anyway.
    let refused = CallId::from("key-0002");
    let story = story.amina("On its way.", seen).code(450);
    assert_eq!(replay(&story.world, &refused, &digest, &command), None);
}

#[test]
fn r_conflict_1_answers_to_both_of_two_merged_customers_count() {
    let to = |n: usize, text: &str| {
        let (to, from, body) = (nth(n), line(Channel::Sms), Body::text(text));
        Command::from(CustomerCommand::SendMessage { to, from, body, seen: None })
    };
    let story = given([to(1, "a"), to(2, "b")]);
    let id = |story: &Story, n| story.who(&CustomerRef::Number(nth(n))).expect("known").id.clone();
    let (one, two) = (id(&story, 1), id(&story, 2));
    let seen = story.head();
    // Brian answers the one who remains, and the other, to whom Amina writes, is merged into them.
    let story = story.by(Some("shop"), brian()).when(to(1, "It comes today.")).code(101);
    let other = CustomerRef::Id(two.clone());
    let story = story.when(CustomerCommand::AdoptCustomer { customer: one.clone(), other });
    assert_eq!(id(&story, 2), one);
    let Command::Customer(command) = to(2, "It is lost.") else { panic!("a message") };
    let command = command.having_seen(Some(Seq(seen)));
    let story = story.by(Some("shop"), amina()).when(command.clone());
    assert_eq!(story.conflict().map(|answer| answer.text), Some("It comes today.".into()));
    let place = Some(Seq(story.head()));
    let story = story.when(command.having_seen(place)).code(101);
    // A reply under the id that is no more is refused for that (R-REPLYTO-1).
    let (message, body) =
        (story.who(&CustomerRef::Id(one)).expect("known").messages[0].id.clone(), Body::text("x"));
    let seen = Some(Seq(seen));
    story.when(CustomerCommand::ReplyToMessage { customer: two, message, body, seen }).code(412);
}

/// Whom the step writes to, or who is merged into whom.
#[derive(Clone, Debug)]
enum Step {
    Write { who: usize, to: usize },
    Merge { one: usize, other: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3_usize, 0..3_usize).prop_map(|(who, to)| Step::Write { who, to }),
        1 => (0..3_usize, 0..3_usize).prop_map(|(one, other)| Step::Merge { one, other }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    /// R-CONFLICT-1: two remembered answers are as good as all of them, for every agent, every
    /// place and after every merge.
    #[test]
    fn what_is_remembered_is_enough_to_find_what_somebody_else_answered(steps in vec(step(), 1..24)) {
        let agents = ["amina", "brian", "chao"].map(|label| Actor::Key(label.into()));
        let mut story = nothing();
        for (n, step) in steps.iter().enumerate() {
            story = match step {
                Step::Write { who, to } => {
                    let (to, from) = (nth(*to), line(Channel::Sms));
                    let body = Body::text(format!("text {n}"));
                    let write = CustomerCommand::SendMessage { to, from, body, seen: None };
                    story.by(Some("shop"), agents[*who].clone()).when(write)
                }
                Step::Merge { one, other } => {
                    let customer = story.who(&CustomerRef::Number(nth(*one)));
                    let other = CustomerRef::Number(nth(*other));
                    match customer.map(|customer| customer.id.clone()) {
                        Some(customer) => {
                            story.when(CustomerCommand::AdoptCustomer { customer, other })
                        }
                        None => story,
                    }
                }
            };
        }
        for customer in (0..3).filter_map(|n| story.who(&CustomerRef::Number(nth(n)))) {
            let all = [&customer.id].into_iter().chain(&customer.absorbed).collect::<Vec<_>>();
            for me in &agents {
                let mut theirs = story.entries.iter().filter(|entry| {
                    entry.events.iter().any(|event| {
                        matches!(event.kind, EventKind::MessageSent { .. })
                            && event.customer.as_ref().is_some_and(|id| all.contains(&id))
                            && event.actor != *me
                    })
                });
                let last = theirs.next_back().map(|entry| entry.seq);
                for place in 0..=story.head() {
                    let found = customer.answered_since(Seq(place), me).map(|answer| answer.seq);
                    prop_assert_eq!(found, last.filter(|last| last.0 > place));
                }
            }
        }
    }
}
