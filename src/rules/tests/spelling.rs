//! One customer however their number is written (R-ADDR-5), and customers of older logs whose numbers were
//! kept as they were written (R-ADDR-8).

use super::{
    money::{fund, kes, pay, phone, purse},
    work::{gold, sends},
    *,
};
use crate::model::{
    ConsentAction, ConsentStatus, MessageStatus, Provider, Region, VoiceAction, WorkState,
    settings::Purse,
};
use proptest::prelude::*;

/// Ways in which Jane's number is written.
const WAYS: [&str; 8] = [
    "254711000001",
    "0711000001",
    "00254711000001",
    "711000001",
    "+254 711-000 001",
    "+254 (0)711 000001",
    "(0711) 000.001",
    "\u{202a}+254711000001\u{202c}",
];

fn kenya(story: Story) -> Story {
    story.with(|s| s.region = Region::parse("KE"))
}
fn way(text: &str) -> CustomerNumber {
    CustomerNumber::telco(text)
}
fn by(text: &str) -> CustomerRef {
    CustomerRef::Number(way(text))
}
fn to(text: &str) -> Command {
    let (from, body) = (line(Channel::Sms), Body::text("x"));
    CustomerCommand::SendMessage { to: way(text), from, body, seen: None }.into()
}
fn hears_from(text: &str, says: &str) -> Command {
    let (from, to) = (way(text), line(Channel::Sms));
    NetworkCommand::ReceiveMessage { from, to, body: Body::text(says) }.into()
}

impl Story {
    /// The numbers of all customers, sorted.
    fn numbers(&self) -> Vec<String> {
        let all = self.world.customers().flat_map(|c| c.numbers.clone()).map(|n| n.number);
        let mut all: Vec<_> = all.collect();
        all.sort();
        all
    }
    /// Asserts that the last events are about Jane alone, by her number as it is kept.
    fn about_jane(self, what: &str) -> Self {
        assert_eq!(self.numbers(), ["+254711000001"], "{what}");
        let numbers = self.last.events.iter().filter_map(|e| e.number.as_ref());
        for number in numbers {
            assert_eq!(*number, jane(), "{what}");
        }
        self
    }
}

#[test]
fn r_addr_5_whoever_said_stop_gets_nothing_however_the_number_is_written() {
    for text in WAYS {
        let currency = kes(0).currency;
        let story = kenya(nothing()).with(|s| s.purses.push(Purse { id: "main".into(), currency }));
        let story = story.when(fund("main", kes(10_000)));
        let story = story.when(hears(Channel::Sms, "STOP")).when(to(text)).code(401);
        let story = story.about_jane(text);
        // By tag, also if the tag was given under that spelling.
        let story = story.when(tags(by(text), &[("tier", "gold")])).about_jane(text);
        let story = story.when(sends("x")).settled().about_jane(text);
        let work = story.work();
        assert_eq!((work.state, work.total, work.done), (WorkState::Done, 1, 0), "{text}");
        let sent = story.jane().messages.iter().filter(|m| m.status == MessageStatus::Sent).count();
        assert_eq!(sent, 0, "{text}");
        assert_eq!(
            story
                .world
                .audience(&gold(), Some(&line(Channel::Sms)), &story.settings, story.now)
                .reached,
            0
        );
        // What consent to messages does not forbid goes to the same customer and the same telephone.
        let story = story.when(pay(purse("main"), phone(way(text)), kes(100))).about_jane(text);
        assert_eq!(story.jane().payments.len(), 1, "{text}");
        let (from, to) = (line(Channel::Voice), way(text));
        let story = story.when(CustomerCommand::MakeCall { to, from }).code(100).about_jane(text);
        assert_eq!(story.jane().calls.len(), 1, "{text}");
        // An opt-out is recorded where it holds.
        let (number, channel) = (way(text), line(Channel::Whatsapp));
        let (action, reason) = (ConsentAction::OptOut, String::new());
        let out = CustomerCommand::RequestConsent { number, channel, action, reason };
        let story = story.when(out).code(301).about_jane(text);
        let state = story.jane().channel(&jane(), &line(Channel::Whatsapp)).cloned().unwrap();
        assert_eq!(state.consent.unwrap().0, ConsentStatus::OptOutCompleted);
    }
}

#[test]
fn r_addr_5_a_stop_holds_from_whatever_spelling_a_network_reports() {
    for text in WAYS {
        let story = kenya(given([meet()])).when(hears_from(text, "stop")).about_jane(text);
        let story = story.when(send(Channel::Sms, "x")).code(401);
        let story = story.when(hears_from(text, "START")).when(send(Channel::Sms, "x")).code(101);
        let dial =
            |from| NetworkCommand::DialUssd { from, to: line(Channel::Ussd), input: String::new() };
        let story = story.when(dial(way(text))).about_jane(text);
        let rings = |from| NetworkCommand::ReceiveCall { from, to: line(Channel::Voice) };
        let story = story.when(rings(way(text))).about_jane(text);
        let pays = |from| NetworkCommand::ReceivePayment {
            from,
            to: line(Channel::Payment),
            value: kes(1),
        };
        story.when(pays(way(text))).about_jane(text);
    }
}

#[test]
fn r_addr_5_a_new_number_is_kept_as_it_reads_and_looking_finds_it() {
    for text in WAYS {
        let story = kenya(nothing()).when(to(text)).code(101).about_jane(text);
        for other in WAYS {
            assert_eq!(story.who(&by(other)).expect(other).id, story.jane().id);
        }
        let lost = CustomerRef::Number(CustomerNumber::new(Provider::Unspecified, text));
        assert_eq!(story.who(&lost).expect(text).id, story.jane().id, "R-ADDR-4: {text}");
    }
    let mut story = kenya(nothing()).when(meet());
    let numbers = vec![way("0711000002"), way("+254 711 000003")];
    let dial = VoiceAction::Dial {
        numbers,
        record: false,
        sequential: false,
        ringback_tone: None,
        caller_id: None,
        max_duration: None,
    };
    let rings = NetworkCommand::ReceiveCall { from: jane(), to: line(Channel::Voice) };
    story = story.when(rings);
    let session = story.last_call();
    story = story.by(None, Actor::Hub);
    story = story.when(CustomerCommand::AnswerPrompt { session, menu: None, actions: vec![dial] });
    let rows = format!("{:?}", story.last.events);
    assert!(rows.contains("+254711000002") && rows.contains("+254711000003"), "{rows}");
}

#[test]
fn r_addr_5_what_cannot_be_read_stays_as_it_is() {
    let partition = |text: &str| CustomerNumber { partition: Some("7".into()), ..way(text) };
    for number in [
        way("07339"),
        way("40404"),
        way("BAHARI"),
        way("*384#"),
        partition("0711000001"),
        CustomerNumber::new(Provider::Telegram, "0711000001"),
        CustomerNumber::new(Provider::Facebook, "+254 711 000 001"),
    ] {
        let who = CustomerRef::Number(number.clone());
        let story = kenya(given([meet()])).when(CustomerCommand::Meet(who.clone()));
        assert_eq!(story.who(&who).expect("kept").numbers, vec![number.clone()]);
        assert_eq!(story.world.customers().count(), 2, "{number:?} is not Jane's");
    }
    // Without a region a local number may be of any country.
    let story = given([meet()]).when(to("0711000001")).when(to("254711000001"));
    assert_eq!(story.numbers(), ["+254711000001", "0711000001", "254711000001"]);
    let story = story.when(to("00254 711 000001")).when(to("+254-711-000001"));
    assert_eq!(story.world.customers().count(), 3);
}

/// A World from before numbers were read, in which this number was kept as it was written.
fn old(text: &str) -> Story {
    kenya(given([hears_from(text, "hello")]))
}

#[test]
fn r_addr_8_who_was_kept_under_another_spelling_is_found_by_exactly_that() {
    for text in ["0711000001", "254711000001", "+254 711 000001"] {
        let mut story = nothing();
        let met = story.decide(&meet()).events;
        let rewritten = met.into_iter().map(|mut event| {
            event.number = event.number.map(|_| way(text));
            event
        });
        story.fold(rewritten.collect());
        let story = kenya(story);
        assert_eq!(story.numbers(), [text], "entries of old logs stay as they are");
        let id = story.who(&by(text)).expect("found").id.clone();
        let story = story.when(to(text)).code(101);
        assert_eq!(
            (story.numbers(), story.last.receipt.customer()),
            (vec![text.to_owned()], Some(&id))
        );
        // By the number as it reads it is somebody else, until the two are merged.
        assert!(story.who(&to_jane()).is_none());
        let story = story.when(meet());
        assert_eq!(story.numbers().len(), 2);
        // Where both are known, the spelling means whom it reads as.
        assert_eq!(story.who(&by(text)).unwrap().id, story.jane().id);
        let (customer, other) = (story.jane().id.clone(), CustomerRef::Id(id));
        let story = story.when(CustomerCommand::AdoptCustomer { customer, other });
        assert_eq!((story.world.customers().count(), story.jane().numbers.len()), (1, 2));
    }
}

#[test]
fn r_addr_8_an_opt_out_holds_for_every_spelling_of_the_telephone() {
    let mut story = old("0711000001").when(hears_from("0711000001", "STOP"));
    assert_eq!(story.numbers(), ["0711000001"]);
    assert_eq!(
        story.finds(to("+254711000001")),
        ["block no-consent", "warn look-alike", "note new-customer"]
    );
    let story = story.when(to("+254711000001")).code(401);
    let story =
        story.when(tags(by("+254711000001"), &[("tier", "gold")])).when(sends("x")).settled();
    assert_eq!(story.work().done, 0);
    // Whoever comes back under the number as it reads has come back.
    let story = story.when(hears_from("+254711000001", "start"));
    story.when(to("+254711000001")).code(101);
    // And the other way round.
    let story = old("0711000001").when(hears(Channel::Sms, "stop"));
    assert_eq!(story.numbers(), ["+254711000001", "0711000001"]);
    let reply = story.who(&CustomerRef::Number(way("0711000001")));
    assert_eq!(reply.unwrap().id, story.jane().id);
    let old =
        story.world.customers().find(|c| c.numbers == [way("0711000001")]).unwrap().id.clone();
    let tag = CustomerCommand::UpdateTags {
        customer: CustomerRef::Id(old),
        tags: vec![tag("tier", "gold")],
    };
    let story = story.when(tag).when(sends("x")).settled();
    assert_eq!((story.work().total, story.work().done), (1, 0));
}

#[test]
fn r_addr_5_what_can_be_read_in_two_ways_means_whom_is_known_and_never_whoever_said_stop() {
    let indonesia = |story: Story| story.with(|s| s.region = Region::parse("ID"));
    let story = indonesia(nothing()).when(to("62812292308"));
    assert_eq!(story.numbers(), ["62812292308"], "nobody is known: it stays as it is");
    let story = story.when(hears_from("+62812292308", "STOP"));
    // The text is somebody's by now, who may have the telephone that opted out.
    assert_eq!(story.numbers(), ["+62812292308", "62812292308"]);
    let story = story.when(to("62812292308")).code(401);
    assert_eq!(story.last.events[0].number, Some(way("+62812292308")));
    let story = indonesia(nothing()).when(hears_from("+62812292308", "STOP"));
    let story = story.when(to("62812292308")).code(401);
    assert_eq!(story.numbers(), ["+62812292308"]);
}

#[test]
fn r_addr_8_a_dry_run_warns_of_a_look_alike() {
    let mut story = old("254711000001");
    assert_eq!(story.finds(to("254711000001")), [""; 0], "it is known, and what time it is there");
    assert_eq!(story.finds(to("+254711000001")), ["warn look-alike", "note new-customer"]);
    let id = story.world.customers().next().unwrap().id.clone();
    let call = |to| CustomerCommand::MakeCall { to, from: line(Channel::Voice) };
    let found = story.outlook(call(jane())).findings;
    let words = format!(
        "254711000001 of {id} is the same telephone as +254711000001: merge the two customers"
    );
    assert!(found.iter().any(|f| f.code == "look-alike" && f.text == words), "{found:?}");
    assert_eq!(story.finds(to("+254711000002")), ["note new-customer"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn r_addr_5_spellings_of_a_number_are_one_customer(
        ways in prop::collection::vec(crate::model::telephone::tests::written(jane().number), 1..6),
    ) {
        let story = ways.iter().fold(kenya(nothing()), |story, text| story.when(to(text)));
        prop_assert_eq!(story.numbers(), vec!["+254711000001".to_owned()], "{:?}", ways);
        prop_assert_eq!(story.jane().messages.len(), ways.len());
    }
}
