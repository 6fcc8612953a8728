//! Who waits for an answer from a person (R-WAIT-1 to R-WAIT-4), told as stories, and against a replay that
//! knows nothing of indexes.

use super::{
    work::{gold, nth, sends},
    *,
};
use crate::model::{CustomerId, Direction, EventKind, Unanswered};
use proptest::{prelude::*, sample::select};
use std::collections::BTreeMap;

/// More rows than this are too many beside those that are shown.
const FEW: usize = 70;

fn program() -> Actor {
    Actor::Program("billing".into())
}

impl Story {
    fn unanswered(&self) -> Option<Unanswered> {
        self.jane().unanswered.clone()
    }
    /// Since when Jane waits, in seconds of the story, and to how many messages.
    fn waiting(&self) -> Option<(i64, u64)> {
        self.unanswered().map(|u| (u.since.secs() - 1_000_000, u.count))
    }
    /// Those who wait, in the order of the queue.
    fn queue(&self) -> Vec<CustomerId> {
        let queue: Vec<_> = self.world.waiting().map(|who| who.id.clone()).collect();
        assert_eq!(queue.len(), self.world.waiting_count());
        queue
    }
    fn replies(self, text: &str) -> Self {
        let (jane, body) = (self.jane(), Body::text(text));
        let asked = jane.messages.iter().rev().find(|m| m.direction == Direction::Inbound);
        let (customer, message) = (jane.id.clone(), asked.expect("a message of Jane's").id.clone());
        self.when(CustomerCommand::ReplyToMessage { customer, message, body, seen: None })
    }
}

fn writes(n: usize, text: &str) -> Command {
    let (from, to, body) = (nth(n), line(Channel::Sms), Body::text(text));
    NetworkCommand::ReceiveMessage { from, to, body }.into()
}

fn answers(n: usize) -> Command {
    let (to, from, body) = (nth(n), line(Channel::Sms), Body::text("Karibu"));
    CustomerCommand::SendMessage { to, from, body, seen: None }.into()
}

#[test]
fn r_wait_1_a_customer_waits_since_the_first_message_that_nobody_answered() {
    let story = nothing().when(hears(Channel::Whatsapp, "Where is my parcel?"));
    assert_eq!(story.waiting(), Some((0, 1)));
    let story = story.later(60).when(hears(Channel::Sms, "Hello?"));
    let unanswered = story.unanswered().expect("she waits");
    assert_eq!(story.waiting(), Some((0, 2)), "later messages do not move the beginning");
    assert_eq!((&*unanswered.text, unanswered.last), ("Hello?", story.last_message()));
    assert_eq!((unanswered.number, unanswered.channel), (jane(), line(Channel::Sms)));
    assert_eq!(story.queue(), [story.jane().id.clone()]);
    assert_eq!(story.due().map(Timestamp::secs), Some(1_086_400), "only her session ends by time");
}

#[test]
fn r_wait_1_nobody_waits_because_of_what_is_not_a_message() {
    let story = given([meet(), send(Channel::Sms, "Karibu")]);
    let dial =
        NetworkCommand::DialUssd { from: jane(), to: line(Channel::Ussd), input: String::new() };
    let call = NetworkCommand::ReceiveCall { from: jane(), to: line(Channel::Voice) };
    let story = story.when(dial).when(call).later(3_600).settled();
    assert_eq!((story.waiting(), story.queue()), (None, vec![]));
}

#[test]
fn r_wait_1_a_word_that_opts_out_needs_no_answer_and_is_none() {
    let story = given([send(Channel::Sms, "sale")]).when(hears(Channel::Sms, "STOP"));
    assert_eq!(story.waiting(), None);
    let story = story.when(hears(Channel::Sms, "start"));
    assert_eq!(story.waiting(), None, "nor does one that comes back");
    let story = story.later(5).when(hears(Channel::Sms, "start"));
    assert_eq!(
        story.waiting(),
        Some((15, 1)),
        "where it changes nothing, it is an ordinary message"
    );
    let story = story.later(5).when(hears(Channel::Sms, "stop"));
    assert_eq!(story.waiting(), Some((15, 1)), "whoever waits goes on waiting");
    assert_eq!(story.unanswered().expect("she waits").text, "start");
}

#[test]
fn r_wait_2_only_the_answer_of_a_person_ends_it() {
    let story = given([hears(Channel::Sms, "Hello?")]);
    let story = story.by(Some("shop"), program()).when(send(Channel::Sms, "We are closed."));
    assert_eq!(story.waiting(), Some((0, 1)));
    let story = story.replies("We are closed.").code(101);
    assert_eq!(story.waiting(), Some((0, 1)), "an app's reply is no person's");
    let story = story.by(Some("shop"), Actor::Key("wanjiku".into())).replies("Here I am.");
    assert_eq!((story.waiting(), story.queue()), (None, vec![]));
    let story = story.later(5).when(hears(Channel::Sms, "Thanks"));
    assert_eq!(story.waiting(), Some((15, 1)), "the next message begins anew");
    let story = story.when(send(Channel::Sms, "Welcome")).code(101);
    assert_eq!(story.waiting(), None, "a message of its own is an answer too");
}

#[test]
fn r_wait_2_what_was_refused_and_what_went_to_everyone_is_no_answer() {
    let story = given([hears(Channel::Whatsapp, "Hello?"), tags(to_jane(), &[("tier", "gold")])]);
    let story = story.later(2 * 24 * 3_600).settled().when(send(Channel::Whatsapp, "Sorry!"));
    let story = story.code(404);
    assert_eq!(story.waiting(), Some((0, 1)), "her session is over, so she never sees it");
    let story = story.when(sends("sale")).settled();
    assert_eq!(story.jane().messages.last().and_then(|m| m.body.text.clone()), Some("sale".into()));
    assert_eq!((gold().value.as_str(), story.waiting()), ("gold", Some((0, 1))));
}

#[test]
fn r_wait_3_the_queue_begins_with_whoever_waits_longest() {
    let story = given([writes(3, "a"), writes(1, "b"), writes(2, "c"), writes(3, "d")]);
    let id = |story: &Story, n| story.who(&CustomerRef::Number(nth(n))).expect("known").id.clone();
    assert_eq!(story.queue(), [id(&story, 3), id(&story, 1), id(&story, 2)]);
    let story = story.when(answers(1));
    assert_eq!(story.queue(), [id(&story, 3), id(&story, 2)]);
    let story = story.when(writes(1, "e"));
    assert_eq!(story.queue(), [id(&story, 3), id(&story, 2), id(&story, 1)]);
}

#[test]
fn r_wait_3_a_long_text_is_shown_by_its_beginning() {
    let story = given([hears(Channel::Sms, &"x".repeat(1_000))]);
    assert_eq!(story.unanswered().expect("she waits").text.len(), 160);
}

#[test]
fn r_wait_4_whoever_adopts_waits_since_the_earlier_of_both() {
    let from_omar = |text: &str| NetworkCommand::ReceiveMessage {
        from: omar(),
        to: line(Channel::Sms),
        body: Body::text(text),
    };
    let adopt = |story: Story| {
        let customer = story.jane().id.clone();
        story.when(CustomerCommand::AdoptCustomer { customer, other: to_omar() })
    };
    let both = given([Command::from(from_omar("a")), hears(Channel::Sms, "b")]);
    let both = adopt(both.when(hears(Channel::Sms, "c")));
    assert_eq!(both.waiting(), Some((0, 3)));
    assert_eq!(both.unanswered().expect("they wait").text, "c", "the later of the last messages");
    assert_eq!(both.queue(), [both.jane().id.clone()]);
    let one = given([Command::from(from_omar("a")), meet()]);
    let one = adopt(one);
    assert_eq!((one.waiting(), one.queue()), (Some((0, 1)), vec![one.jane().id.clone()]));
    let none = adopt(given([hears(Channel::Sms, "b"), send(Channel::Sms, "c")]));
    assert_eq!((none.waiting(), none.queue()), (None, vec![]));
}

/// Says of Jane that what she wrote needs no answer.
fn needs_none(up_to: Option<&MessageId>) -> CustomerCommand {
    CustomerCommand::NoAnswerNeeded { customer: to_jane(), up_to: up_to.cloned() }
}

#[test]
fn r_wait_5_what_needs_no_answer_ends_the_waiting_and_says_who_said_so() {
    let story = given([hears(Channel::Sms, "a"), hears(Channel::Sms, "Thanks!")]);
    let story = story.when(needs_none(None)).accepted("no answer needed to 2 messages");
    let event = &story.last.events[0];
    assert_eq!((&event.actor, event.kind.code()), (&Actor::Key("wanjiku".into()), "ANS"));
    assert_eq!((&event.number, &event.channel), (&Some(jane()), &Some(line(Channel::Sms))));
    let story = story.then(&["ANS no answer needed to 2 messages"]);
    assert_eq!((story.waiting(), story.queue()), (None, vec![]));
    let story = story.later(5).when(hears(Channel::Sms, "One more thing"));
    assert_eq!(story.waiting(), Some((25, 1)), "until she writes again");
    let story = story.by(Some("shop"), program()).when(needs_none(None));
    assert_eq!(story.then(&["ANS no answer needed"]).waiting(), None, "a program may say so too");
}

#[test]
fn r_wait_5_is_refused_where_nobody_waits_and_creates_nobody() {
    let story = nothing().when(needs_none(None)).refused("nobody has written from +254711000001");
    assert_eq!(story.world.customers().count(), 0);
    let story = story.when(meet()).when(needs_none(None)).refused("does not wait for an answer");
    let story = story.when(hears(Channel::Sms, "a")).when(needs_none(None));
    story.when(needs_none(None)).refused("does not wait for an answer");
}

#[test]
fn r_wait_5_is_refused_when_they_have_written_since() {
    let story = given([hears(Channel::Sms, "Thanks!")]);
    let read = story.last_message();
    let story = story.when(hears(Channel::Sms, "And where is the rest?"));
    let story = story.when(needs_none(Some(&read))).refused("And where is the rest?");
    assert_eq!(story.waiting(), Some((0, 2)));
    let last = story.last_message();
    assert_eq!(story.when(needs_none(Some(&last))).waiting(), None);
}

/// Rows are counted and not time: those who were answered leave hidden rows behind them, and nobody
/// passes them again.
#[test]
fn r_wait_3_the_head_of_a_queue_of_100_000_is_found_without_a_search() {
    let most = 100_000;
    let mut story = given([writes(0, "x")]);
    let received = story.last.events.last().expect("a message").clone();
    for some in (1..most).collect::<Vec<_>>().chunks(5_000) {
        let events = some.iter().map(|n| Event {
            at: received.at.after(Duration::from_secs(*n as u64)),
            customer: Some(format!("el_cst_x{n:031}").into()),
            number: Some(nth(*n)),
            kind: EventKind::MessageReceived {
                id: format!("el_msg_{n}").into(),
                body: Body::text("x"),
            },
            ..received.clone()
        });
        story.fold(events.collect());
    }
    story.restart();
    assert_eq!(story.world.waiting_count(), most);
    let page = story.passes(|story| assert_eq!(story.world.waiting().take(100).count(), 100));
    assert!(page <= 100 + FEW, "{page} rows for a page of 100");
    let mut passed = 0;
    for n in 0..1_000 {
        let answer = story.decide(&answers(n)).events;
        let entry = story.entry(answer);
        passed += story.passes(|story| assert!(story.world.apply(&entry)));
        let first = story.passes(|story| assert!(story.world.waiting().next().is_some()));
        assert_eq!(first, 0, "rows for the first of the queue");
    }
    assert!(passed < 3_000, "{passed} rows for a thousand answers together");
    assert_eq!(story.world.waiting_count(), most - 1_000);
    let page = story.passes(|story| assert_eq!(story.world.waiting().take(100).count(), 100));
    assert!(page <= 100 + FEW, "{page} rows for a page of 100");
}

/// What may happen in a talk with one of a few people.
#[derive(Clone, Copy, Debug)]
enum Talk {
    Writes(&'static str),
    Answers,
    Program,
    /// A message that is refused, because no session is open.
    Refused,
    ByTag,
    NoAnswer,
    Merges(usize),
    Restart,
    Wait,
}

fn talk() -> impl Strategy<Value = (usize, Talk)> {
    let what = prop_oneof![
        6 => select(vec!["a", "Habari", "stop", "start", "help"]).prop_map(Talk::Writes),
        3 => Just(Talk::Answers),
        2 => Just(Talk::Program),
        1 => Just(Talk::Refused),
        1 => Just(Talk::ByTag),
        1 => Just(Talk::NoAnswer),
        1 => (0..5_usize).prop_map(Talk::Merges),
        1 => Just(Talk::Restart),
        2 => Just(Talk::Wait),
    ];
    (0..5_usize, what)
}

/// Since when each customer waits, to how many messages, and when the last one came and what it says: as
/// somebody would note it who reads along.
type Notes = BTreeMap<CustomerId, (Timestamp, u64, (Timestamp, String))>;

impl Story {
    fn nth_id(&self, n: usize) -> Option<CustomerId> {
        Some(self.who(&CustomerRef::Number(nth(n)))?.id.clone())
    }

    fn talks(mut self, n: usize, talk: Talk, notes: &mut Notes) -> Self {
        let (person, number) = (Actor::Key("wanjiku".into()), nth(n));
        match talk {
            Talk::Writes(text) => {
                self = self.when(writes(n, text));
                let id = self.nth_id(n).expect("whoever wrote is known");
                let message = self.last.events.iter().find(|e| e.kind.code() == "MSG");
                let at = message.expect("a message").at;
                if self.last.events.iter().all(|e| e.kind.code() != "CON") {
                    let note = notes.entry(id).or_insert((at, 0, (at, String::new())));
                    *note = (note.0, note.1 + 1, (at, text.to_owned()));
                }
                self
            }
            Talk::Answers => {
                self = self.by(Some("shop"), person).when(answers(n));
                let id = self.nth_id(n).expect("whoever is written to is known");
                if self.last.receipt.is_ok() {
                    notes.remove(&id);
                }
                self
            }
            Talk::Program => self.by(Some("shop"), program()).when(answers(n)),
            Talk::Refused => {
                let (from, body) = (line(Channel::Whatsapp), Body::text("x"));
                let command = CustomerCommand::SendMessage { to: number, from, body, seen: None };
                self.by(Some("shop"), person).when(command).code(404)
            }
            Talk::ByTag => {
                let customer = CustomerRef::Number(number);
                self.by(Some("shop"), person)
                    .when(tags(customer, &[("tier", "gold")]))
                    .when(sends("sale"))
                    .settled()
            }
            Talk::NoAnswer => {
                let customer = CustomerRef::Number(number);
                let waits = self.nth_id(n).is_some_and(|id| notes.remove(&id).is_some());
                self = self.when(CustomerCommand::NoAnswerNeeded { customer, up_to: None });
                assert_eq!(self.last.receipt.is_ok(), waits);
                self
            }
            Talk::Merges(other) => {
                let (Some(own), Some(gone)) = (self.nth_id(n), self.nth_id(other)) else {
                    return self;
                };
                let other = CustomerRef::Number(nth(other));
                self = self.when(CustomerCommand::AdoptCustomer { customer: own.clone(), other });
                if own != gone
                    && let Some((since, count, last)) = notes.remove(&gone)
                {
                    let mine = notes.entry(own).or_insert((since, 0, last.clone()));
                    *mine = (mine.0.min(since), mine.1 + count, mine.2.clone().max(last));
                }
                self
            }
            Talk::Restart => {
                self.restart();
                self
            }
            Talk::Wait => self.later(400).settled(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    /// R-WAIT-1 to R-WAIT-4: whatever is said, the queue is what somebody would have noted who read along,
    /// also after restarts and in a World that is folded anew.
    #[test]
    fn the_queue_is_what_a_reader_would_have_noted(talks in prop::collection::vec(talk(), 1..60)) {
        let (mut story, mut notes) = (nothing(), Notes::new());
        for (n, talk) in talks {
            story = story.later(1).talks(n, talk, &mut notes);
            let mut noted: Vec<_> = notes.iter().map(|(id, note)| (note.0, id.clone(), note.1)).collect();
            noted.sort();
            let queue: Vec<_> = story.world.waiting().map(|who| {
                let unanswered = who.unanswered.clone().expect("whoever is in the queue waits");
                (unanswered.since, who.id.clone(), unanswered.count)
            }).collect();
            prop_assert_eq!(&queue, &noted);
            prop_assert_eq!(story.world.waiting_count(), noted.len());
            for (id, (.., (_, text))) in &notes {
                let who = story.world.by_id(id).expect("known");
                prop_assert_eq!(&who.unanswered.as_ref().expect("waits").text, text);
            }
        }
        super::world::check(&story.world);
        let mut again = World::default();
        for entry in &story.entries {
            prop_assert!(again.apply(entry));
        }
        prop_assert_eq!(&again, &story.world);
        prop_assert_eq!(&story.restarted(), &story.world);
    }
}
