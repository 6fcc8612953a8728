//! Messages on their way to real networks: what is recorded before and after a hand-over, and what a report is about
//! (R-CARRY-1 to R-CARRY-6).

use super::*;
use crate::model::{
    CarriageStep as Step, CarrierId, EventKind, MessageStatus as S, limits,
    settings::{BoundCarrier, BoundChannel, Repeats},
};

pub(super) fn safari() -> CarrierId {
    "safari".into()
}
/// A story whose sms number is carried by a network.
pub(super) fn carried(repeats: Repeats) -> Story {
    let story = given([meet()]).with(|s| {
        s.carriers = vec![BoundCarrier {
            id: safari(),
            kind: "smpp",
            per_second: 10,
            repeats,
            reports: true,
        }];
        let (channel, carrier) = (line(Channel::Sms), Some(safari()));
        s.channels =
            vec![BoundChannel { channel, app: None, purse: None, carrier, prompt_window: None }];
    });
    story.when(link(true, "")).when(send(Channel::Sms, "hello"))
}
pub(super) fn link(is_up: bool, why: &str) -> NetworkCommand {
    NetworkCommand::ReportLink { carrier: safari(), is_up, why: why.to_owned() }
}
pub(super) fn hand_over(id: &MessageId) -> NetworkCommand {
    NetworkCommand::HandOver { carrier: safari(), messages: vec![id.clone()] }
}
pub(super) fn answers(id: &MessageId, attempt: u32, step: Step, status: S) -> NetworkCommand {
    let (message, carrier) = (id.clone(), safari());
    NetworkCommand::ReportCarriage { message, carrier, attempt, step, status }
}
pub(super) fn accepts(id: &MessageId, reference: &str) -> NetworkCommand {
    let reference = Some(reference.to_owned());
    answers(id, 1, Step::Accepted { reference, is_final: false }, S::Sent)
}
pub(super) fn unknown(id: &MessageId, attempt: u32) -> NetworkCommand {
    answers(id, attempt, Step::Unknown { why: "silence".into(), hub_stopped: false }, S::Sent)
}
pub(super) fn reports(reference: &str, status: S) -> NetworkCommand {
    reports_on(reference, "254711000001", status)
}
fn reports_on(reference: &str, about: &str, status: S) -> NetworkCommand {
    let (carrier, reference, about) = (safari(), reference.to_owned(), about.to_owned());
    NetworkCommand::ReportReference { carrier, reference, about, status }
}

impl Story {
    pub(super) fn status(&self) -> S {
        self.jane().messages.iter().next_back().expect("a message").status
    }
    pub(super) fn may_go(&self) -> bool {
        let found = self.world.on_their_way(&self.settings, &safari());
        found.iter().any(|message| message.may_go)
    }
    fn events(&self) -> Vec<&'static str> {
        self.last.events.iter().map(|event| event.kind.code()).collect()
    }
}

#[test]
fn r_carry_1_a_message_is_handed_over_once_and_only_by_its_own_network() {
    let story = carried(Repeats::Never);
    let id = story.last_message();
    assert!(story.may_go());
    let other = NetworkCommand::HandOver { carrier: "other".into(), messages: vec![id.clone()] };
    let story = story.when(other).then(&[]);
    let story = story.when(hand_over(&id)).then(&["NET handed to the network safari"]);
    assert_eq!(story.world.handed_over(&id).map(|(_, attempt)| attempt), Some(1));
    assert!(!story.may_go());
    let story = story.when(hand_over(&id)).then(&[]);
    let story = story.when(accepts(&id, "7F")).then(&["NET the network safari has it, as 7F"]);
    assert!(story.world.handed_over(&id).is_none());
    // A second answer, and one to an attempt that never was, change nothing.
    let story = story.when(accepts(&id, "80")).then(&[]);
    let story = story.when(unknown(&id, 1)).then(&[]);
    assert_eq!(story.status(), S::Sent);
    let mut read = World::default();
    assert!(story.entries.iter().all(|entry| read.apply(entry)));
    assert_eq!((&read, &story.restarted()), (&story.world, &story.world));
}

#[test]
fn r_carry_1_what_expired_while_it_waited_does_not_go() {
    let story = carried(Repeats::Never);
    let id = story.last_message();
    let story = story.later(25 * 3_600).settled();
    assert_eq!(story.status(), S::Expired);
    let story = story.when(hand_over(&id)).then(&[]);
    assert!(!story.may_go());
}

#[test]
fn r_carry_2_an_unknown_one_stays_and_a_late_answer_is_believed() {
    let story = carried(Repeats::Never);
    let id = story.last_message();
    let story = story.when(hand_over(&id)).when(unknown(&id, 1));
    let text = "NET outcome unknown: nobody knows whether the network safari has it: silence";
    let story = story.then(&[text]);
    assert!(!story.may_go());
    let story = story.when(unknown(&id, 1)).then(&[]);
    let story = story.when(accepts(&id, "9")).when(reports("9", S::Delivered));
    assert_eq!(story.status(), S::Delivered);
}

#[test]
fn r_carry_2_where_the_settings_say_so_it_goes_once_more() {
    let story = carried(Repeats::Once);
    let id = story.last_message();
    let story = story.when(hand_over(&id));
    assert!(!story.may_go(), "it is not known yet that nobody knows");
    let story = story.when(unknown(&id, 1));
    assert!(story.may_go());
    let story = story.when(hand_over(&id)).then(&["NET handed to the network safari once more"]);
    // The answer to the first attempt is not the answer to the second, but says how a report may name it.
    let story = story.when(accepts(&id, "9"));
    assert!(story.world.handed_over(&id).is_some_and(|(_, attempt)| attempt == 2));
    let again = story.when(unknown(&id, 2));
    assert!(!again.may_go(), "and not for ever");
    let story = again.when(reports("9", S::Delivered));
    assert_eq!(story.status(), S::Delivered);
    // A hub that stops again and again is no network that is silent for ever.
    let mut story = carried(Repeats::Once);
    let id = story.last_message();
    for attempt in 1..5 {
        let why = "the hub stopped".to_owned();
        let stopped = Step::Unknown { why, hub_stopped: true };
        story = story.when(hand_over(&id)).when(answers(&id, attempt, stopped, S::Sent));
        assert!(story.may_go());
    }
}

#[test]
fn r_carry_3_a_refusal_is_a_status_and_what_did_not_go_waits_again() {
    let story = carried(Repeats::Never);
    let id = story.last_message();
    let story = story.when(hand_over(&id));
    let busy = Step::Returned { why: "it has too much to do".into() };
    let story = story.when(answers(&id, 1, busy, S::Sent));
    assert!(story.may_go());
    let story = story.when(hand_over(&id));
    let no = Step::Refused { code: "0x0000000A".into(), words: "no such sender".into() };
    let story = story.when(answers(&id, 2, no.clone(), S::InvalidChannelNumber));
    assert_eq!(story.events(), ["NET", "DLV"]);
    assert_eq!(story.status(), S::InvalidChannelNumber);
    // A network cannot make a message anything that it never decides.
    for status in [S::Delivered, S::Read, S::Conflict, S::Sent] {
        let story = carried(Repeats::Never);
        let id = story.last_message();
        let story = story.when(hand_over(&id)).when(answers(&id, 1, no.clone(), status));
        assert_eq!((story.events(), story.status()), (vec!["NET"], S::Sent));
    }
}

#[test]
fn r_carry_4_a_report_is_about_the_message_of_that_name_at_that_network() {
    let story = carried(Repeats::Never);
    let id = story.last_message();
    let story = story.when(hand_over(&id));
    // It comes before the answer.
    let early = story.when(reports("500", S::Delivered));
    let early = early.refused("the network safari calls no message 500");
    let story = early.when(accepts(&id, "1F4"));
    let other = NetworkCommand::ReportReference {
        carrier: "other".into(),
        reference: "1F4".into(),
        about: String::new(),
        status: S::Failed,
    };
    let story = story.when(other).refused("calls no message");
    let story = story.when(reports("500", S::Delivered));
    assert_eq!(story.status(), S::Delivered);
    let story = story.when(reports("500", S::Failed)).then(&[]);
    assert_eq!(story.status(), S::Delivered, "R-ORD-3");
}

#[test]
fn r_carry_4_what_left_the_history_is_forgotten() {
    let story = carried(Repeats::Never);
    let id = story.last_message();
    let mut story = story.when(hand_over(&id)).when(accepts(&id, "77"));
    for n in 0..limits::HISTORY {
        story = story.when(send(Channel::Sms, &format!("text {n}")));
    }
    assert!(story.world.carriage(&id).is_none());
    let story = story.when(reports("77", S::Delivered)).refused("calls no message 77");
    assert_eq!(story.restarted(), story.world);
}

#[test]
fn r_carry_6_a_connection_is_recorded_when_it_changes() {
    let story = carried(Repeats::Never).when(link(false, "no route"));
    let story = story.then(&["NET the network safari is not reached: no route"]);
    let story = story.when(link(false, "no route")).then(&[]);
    let story = story.when(link(true, "")).then(&["NET the network safari is reached"]);
    let state = story.world.link(&safari()).expect("known").clone();
    assert!(state.is_up && state.why.is_empty());
    assert!(matches!(story.last.events[0].kind, EventKind::CarrierLinkChanged { is_up: true, .. }));
    assert_eq!(story.restarted(), story.world);
}

#[test]
fn r_carry_9_the_dry_run_says_how_the_network_is() {
    let mut story = carried(Repeats::Never);
    assert_eq!(story.finds(send(Channel::Sms, "another")), [""; 0]);
    let (carrier, why) = (safari(), "no route".to_owned());
    let mut story =
        story.when(NetworkCommand::ReportLink { carrier, is_up: false, why }).later(240);
    let found = story.outlook(send(Channel::Sms, "another")).findings;
    let text = "the network safari is not reached since 4 min, 1 wait: no route";
    assert_eq!((found[0].code.as_str(), found[0].text.as_str()), ("network-down", text));
    story = story.when(link(true, ""));
    for n in 0..9 {
        story = story.when(send(Channel::Sms, &format!("text {n}"))).later(180);
    }
    assert_eq!(story.finds(send(Channel::Sms, "another")), ["note network-busy"]);
    let mut story = story.bind(line(Channel::Whatsapp), None, None);
    let found = story.outlook(send(Channel::Whatsapp, "hello")).findings;
    assert!(found.iter().any(|finding| finding.code == "no-network"), "{found:?}");
}

#[test]
fn r_carry_1_what_was_sent_before_the_network_was_ever_used_does_not_go() {
    let story = given([meet()]).when(send(Channel::Sms, "for the sandbox")).later(60);
    let story = story.with(|s| {
        s.carriers = vec![BoundCarrier {
            id: safari(),
            kind: "smpp",
            per_second: 10,
            repeats: Repeats::Once,
            reports: true,
        }];
        let (channel, carrier) = (line(Channel::Sms), Some(safari()));
        s.channels =
            vec![BoundChannel { channel, app: None, purse: None, carrier, prompt_window: None }];
    });
    let old = story.last_message();
    assert!(!story.may_go(), "nothing goes before it is known that there is a network");
    let story = story.when(link(false, ""));
    assert!(!story.may_go());
    let story = story.when(hand_over(&old)).then(&[]);
    let story = story.when(send(Channel::Sms, "for a person"));
    assert!(story.may_go());
    let story = story.when(link(true, "")).when(hand_over(&old)).then(&[]);
    assert_eq!(story.restarted(), story.world);
}

#[test]
fn r_carry_4_in_other_digits_it_is_the_name_of_whoever_has_that_number() {
    let story = carried(Repeats::Never);
    let jane = story.last_message();
    // 1000 in decimal digits is 3e8, which is the name of a message to Jane.
    let story = story.when(hand_over(&jane)).when(accepts(&jane, "3e8"));
    let other = reports_on("1000", "254799999999", S::Delivered);
    let story = story.when(other).refused("the network safari calls no message 1000");
    let story = story.when(reports_on("1000", "0711000001", S::Delivered));
    assert_eq!(story.status(), S::Delivered, "the same number, written otherwise");
}

#[test]
fn r_carry_4_whatever_a_merge_leaves_out_of_the_history_is_forgotten() {
    let story = carried(Repeats::Never);
    let id = story.last_message();
    let mut story = story.when(hand_over(&id)).when(accepts(&id, "77")).later(60);
    let omar = CustomerNumber::telco("+254722000002");
    for n in 0..limits::HISTORY {
        let (to, from, body) = (omar.clone(), line(Channel::Sms), Body::text(format!("text {n}")));
        story = story.when(CustomerCommand::SendMessage { to, from, body, seen: None });
    }
    let other = story.who(&to_jane()).expect("known").id.clone();
    let survivor = story.who(&CustomerRef::Number(omar)).expect("known").id.clone();
    let other = CustomerRef::Id(other);
    let story = story.when(CustomerCommand::AdoptCustomer { customer: survivor, other });
    assert!(story.world.carriage(&id).is_none());
    story.when(reports("77", S::Delivered)).refused("calls no message 77");
}

#[test]
fn r_carry_6_since_when_it_is_down_does_not_change_with_the_reason() {
    let story = carried(Repeats::Never).later(60).when(link(false, "no route"));
    let since = story.now;
    let story = story.later(300).when(link(false, "it refuses the login"));
    let state = story.world.link(&safari()).expect("known");
    assert_eq!((state.since, state.why.as_str()), (since, "it refuses the login"));
}

#[test]
fn r_carry_11_the_connections_are_listed_with_how_they_are() {
    let story = carried(Repeats::Never);
    let id = story.last_message();
    let story = story.when(hand_over(&id)).when(unknown(&id, 1)).when(send(Channel::Sms, "two"));
    let [listed] = &story.world.listed_carriers(&story.settings)[..] else { panic!("one") };
    assert_eq!((listed.id.clone(), listed.kind.as_str(), listed.is_up), (safari(), "smpp", true));
    assert_eq!((listed.waiting, listed.unknown, listed.per_second), (1, 1, 10));
    assert_eq!(listed.numbers, [line(Channel::Sms)]);
    let down = story.later(60).when(link(false, "no route"));
    let [listed] = &down.world.listed_carriers(&down.settings)[..] else { panic!("one") };
    assert_eq!(
        (listed.is_up, listed.why.as_str(), listed.since),
        (false, "no route", Some(down.now))
    );
}

#[test]
fn r_carry_21_what_a_network_never_reports_on_stays_sent_and_does_not_expire() {
    let story = carried(Repeats::Never);
    let id = story.last_message();
    let last = Step::Accepted { reference: Some("77".into()), is_final: true };
    let story = story.when(hand_over(&id)).when(answers(&id, 1, last, S::Sent));
    assert!(story.world.in_flight().is_empty(), "nothing waits for a report");
    let story = story.later(100 * 3_600).when(NetworkCommand::Sweep);
    assert_eq!(story.status(), S::Sent);
    super::world::check(&story.world);
    // If it reports nevertheless, that is believed.
    assert_eq!(story.when(reports("77", S::Delivered)).status(), S::Delivered);
}

#[test]
fn r_carry_21_a_refusal_that_comes_late_and_an_arrival_after_all_are_believed() {
    let accepted = || {
        let story = carried(Repeats::Never);
        let id = story.last_message();
        story.when(hand_over(&id)).when(accepts(&id, "77"))
    };
    for status in
        [S::NoConsent, S::OnlyTemplateAllowed, S::InvalidChannelNumber, S::NotSupported, S::Read]
    {
        assert_eq!(accepted().when(reports("77", status)).status(), status);
    }
    let expired = accepted().later(25 * 3_600).when(NetworkCommand::Sweep);
    let still = expired.when(reports("77", S::Failed));
    assert_eq!(still.status(), S::Expired, "it did not arrive, whatever the reason");
    let arrived = still.when(reports("77", S::Delivered));
    assert_eq!(arrived.status(), S::Delivered);
    assert_eq!(arrived.when(reports("77", S::Expired)).status(), S::Delivered);
}

#[test]
fn r_carry_4_of_two_that_a_report_may_name_it_is_the_one_to_its_number() {
    let story = carried(Repeats::Never);
    let jane = story.last_message();
    let omar = CustomerNumber::telco("+254722000002");
    let (to, from, body) = (omar, line(Channel::Sms), Body::text("hello"));
    let story = story.when(CustomerCommand::SendMessage { to, from, body, seen: None });
    let waiting = story.world.on_their_way(&story.settings, &safari());
    let theirs = waiting.iter().find(|message| message.id != jane).expect("his").id.clone();
    // 16 is 10 in hexadecimal digits.
    let story = story.when(hand_over(&jane)).when(accepts(&jane, "10"));
    let story = story.when(hand_over(&theirs)).when(accepts(&theirs, "16"));
    let story = story.when(reports_on("16", "254711000001", S::Failed));
    assert_eq!(story.status(), S::Failed, "hers");
    let story = story.when(reports_on("16", "254722000002", S::Delivered));
    let (_, his) = story.world.message(&theirs).expect("a message");
    assert_eq!(his.status, S::Delivered);
}

#[test]
fn r_tagwork_7_a_work_goes_no_faster_than_the_network_that_carries_it() {
    let story = carried(Repeats::Never);
    let rate = |asked: Option<&str>, channel: Channel| {
        let asked = asked.map(|text| text.parse().expect("a rate"));
        let rate = story.settings.bulk_rate_on(&line(channel), asked);
        rate.map(|rate| rate.to_string())
    };
    assert_eq!(rate(None, Channel::Sms).as_deref(), Some("10/s"), "the pace of the network");
    assert_eq!(rate(Some("300/min"), Channel::Sms).as_deref(), Some("300/min"), "it is slower");
    assert_eq!(rate(Some("50/s"), Channel::Sms).as_deref(), Some("10/s"));
    assert_eq!(
        rate(Some("50/s"), Channel::Whatsapp).as_deref(),
        Some("50/s"),
        "nothing carries it"
    );
}

#[test]
fn r_carry_2_an_answer_to_an_earlier_attempt_is_believed_and_no_other_one_goes() {
    for later in [
        Step::Returned { why: "it has too much to do".into() },
        Step::Unknown { why: "silence".into(), hub_stopped: false },
    ] {
        let story = carried(Repeats::Once);
        let id = story.last_message();
        let story = story.when(hand_over(&id)).when(unknown(&id, 1)).when(hand_over(&id));
        let nameless = Step::Accepted { reference: None, is_final: false };
        let story = story.when(answers(&id, 1, nameless, S::Sent));
        let story = story.when(answers(&id, 2, later, S::Sent));
        assert!(!story.may_go(), "the network has it");
        let [listed] = &story.world.listed_carriers(&story.settings)[..] else { panic!("one") };
        assert_eq!((listed.waiting, listed.unknown), (0, 0));
    }
}
