//! USSD sessions, calls and payments (events.md 4.2, 4.3, 4.6; operations.md 3.26, 3.28).

use super::*;
use crate::hub::rules::{payment, voice};
use crate::model::{
    CallHop, CallStatus as C, Currency, EventKind, HangupCause, Money, PaymentParty,
    PaymentStatus as P, UssdEnd, UssdMenu, settings::Purse,
};

fn dial(input: &str) -> Command {
    let to = line(Channel::Ussd);
    NetworkCommand::DialUssd { from: jane(), to, input: input.into() }.into()
}
fn types(story: Story, input: &str) -> Story {
    let session = story.last_session();
    story.when(NetworkCommand::InputUssd { session, input: input.into() })
}
fn menu(story: Story, text: &str, is_terminal: bool) -> Story {
    let session = story.last_session();
    let menu = UssdMenu { text: text.into(), is_terminal };
    story.when(NetworkCommand::AnswerUssd { session, menu })
}
fn calls() -> Command {
    NetworkCommand::ReceiveCall { from: jane(), to: line(Channel::Voice) }.into()
}
fn hop(story: Story, hop: CallHop) -> Story {
    let session = story.last_call();
    let (duration, cost) = (Duration::from_secs(30), Some(kes(300)));
    story.when(NetworkCommand::ReportCall { session, hop, duration, cost })
}
fn goes(story: Story, status: C) -> Story {
    hop(story, CallHop { status, ..CallHop::default() })
}
fn kes(minor: i64) -> Money {
    Money { currency: Currency::new("KES").expect("a currency"), minor }
}
fn pays(value: Money) -> Command {
    NetworkCommand::ReceivePayment { from: jane(), to: line(Channel::Payment), value }.into()
}
fn becomes(story: Story, status: P) -> Story {
    let transaction = story.last_payment();
    story.when(NetworkCommand::ReportPayment { transaction, status })
}

#[test]
fn r_ussd_1_a_dial_opens_a_session_with_what_was_dialled_after_the_code() {
    let story = nothing().when(dial("")).accepted("session opened");
    let story = story.then(&["NEW new customer", "USS dialled "]).for_apps(&["-", "first"]);
    assert!(story.jane().ussd[0].awaits_menu());
    nothing().when(dial("1*2")).then(&["NEW new customer", "USS dialled 1*2"]);
    nothing().when(dial(&"1".repeat(183))).refused("182 characters");
}

#[test]
fn r_ord_8_input_and_menu_take_turns_until_a_terminal_menu() {
    let story =
        types(nothing().by(None, Actor::Hub).when(dial("")), "1").refused("waits for its menu");
    let story = menu(story, "1. Buy", false).then(&["USS menu: 1. Buy"]).accepted("menu shown");
    let story = menu(story, "again", false).refused("waits for no menu");
    let story = types(story, "1").then(&["USS typed 1"]);
    let story = menu(story, "Bye", true).then(&["USS menu: Bye", "USS session over: completed"]);
    let story = types(story, "2").refused("over");
    let story = menu(story, "more", false).refused("waits for no menu");
    let session = story.last_session();
    let ended = NetworkCommand::EndUssd { session, end: UssdEnd::CustomerLeft };
    story.when(ended).then(&[]).accepted("nothing changed");
}

#[test]
fn r_hook_1_a_prompt_is_answered_in_time_by_the_app_that_got_it() {
    let story = given([meet()]).by(None, Actor::Hub).when(dial("")).later(15);
    menu(story, "late", false).refused("too late");
    let story = nothing().when(dial("")).later(14);
    let story = menu(story, "mine", false).refused("belongs to another app");
    let story = menu(story.by(Some("first"), Actor::Hub), "", false).refused("an empty menu");
    menu(story, "mine", false).accepted("menu shown");
    let menu = UssdMenu::default();
    let unknown = NetworkCommand::AnswerUssd { session: "el_ses_x".into(), menu };
    nothing().when(unknown).refused("no USSD session");
}

#[test]
fn r_hook_4_a_menu_is_cut_to_182_characters_and_the_answer_says_so() {
    let story = nothing().by(None, Actor::Hub).when(dial(""));
    let story = menu(story, &"ä".repeat(183), false).accepted("menu shown, cut at 182 characters");
    let hop = story.jane().ussd[0].hops[0].clone();
    assert_eq!(hop.menu.expect("a menu").text, "ä".repeat(182));
}

#[test]
fn a_customer_may_leave_and_a_phone_has_one_dialogue_at_a_time() {
    let story = given([dial("")]);
    let session = story.last_session();
    let story =
        story.when(dial("1")).then(&["USS session over: the customer left", "USS dialled 1"]);
    assert_eq!(story.jane().ussd[0].id, session);
    let session = story.last_session();
    let story = story.by(None, Actor::Customer);
    let story = story.when(NetworkCommand::EndUssd { session, end: UssdEnd::CustomerLeft });
    let story = story.then(&["USS session over: the customer left"]);
    assert_eq!(story.last.events[0].actor, Actor::Customer);
    assert_eq!(story.world.next_due(&story.settings), None);
}

#[test]
fn events_4_2_a_call_rings_is_answered_talks_and_ends_with_price_and_cause() {
    let story = nothing().when(calls()).accepted("the call rings");
    let story = story.then(&["NEW new customer", "CAL ringing"]).for_apps(&["-", "first"]);
    let story = goes(story, C::Answered).then(&["CAL answered"]);
    let story = goes(story, C::Active).then(&["CAL in progress"]);
    let digits = CallHop { status: C::Active, digits: Some("42".into()), ..CallHop::default() };
    let story = hop(story, digits).then(&["CAL in progress, pressed 42"]);
    assert_eq!(story.jane().calls[0].duration, Duration::ZERO, "not over yet");
    let cause = HangupCause::NormalClearing;
    let over = CallHop { status: C::Completed, cause, ..CallHop::default() };
    let story = hop(story, over).then(&["CAL completed, hung up, 30 s, KES 3.00"]);
    let jane = story.jane();
    let call = &jane.calls[0];
    assert_eq!((call.status, call.cost), (C::Completed, Some(kes(300))));
    assert_eq!(call.hops.len(), 5);
    assert!(call.hops.iter().all(|hop| !hop.at.is_zero()), "the hub says when");
}

/// A shortest way for a call from ringing to each status that the table reaches.
fn way(to: C) -> Vec<C> {
    let mut ways = vec![vec![C::Ringing]];
    for step in 0.. {
        let Some(way) = ways.get(step).cloned() else { break };
        let last = way[way.len() - 1];
        if last == to {
            return way;
        }
        for &next in C::ALL {
            if voice::follows(last, next) && !ways.iter().flatten().any(|s| *s == next) {
                ways.push([way.clone(), vec![next]].concat());
            }
        }
    }
    Vec::new()
}

#[test]
fn events_4_2_only_the_steps_of_the_table_move_a_call() {
    let mut walked = 0;
    for &from in C::ALL {
        let way = way(from);
        for &to in C::ALL.iter().filter(|_| !way.is_empty()) {
            let story = way[1..].iter().fold(given([calls()]), |story, s| goes(story, *s));
            assert_eq!(story.jane().calls[0].status, from);
            let story = goes(story, to);
            let moved = story.jane().calls[0].status == to && !story.last.events.is_empty();
            assert_eq!(moved, voice::follows(from, to), "{from:?} -> {to:?}");
            walked += usize::from(moved);
        }
    }
    assert_eq!(walked, 37, "the arrows of the table that an inbound call can walk");
}

#[test]
fn r_ord_3_late_reports_of_a_call_change_nothing_and_impossible_ones_are_refused() {
    let story = goes(given([calls()]), C::Bridged).refused("cannot go from \"ringing\"");
    let story = goes(goes(story, C::Answered), C::Ringing).then(&[]).accepted("nothing changed");
    let story = goes(goes(story, C::Completed), C::Active).then(&[]).accepted("nothing changed");
    let session = story.last_call();
    let (hop, duration) = (CallHop::default(), Duration::MAX);
    let story =
        story.when(NetworkCommand::ReportCall { session, hop: hop.clone(), duration, cost: None });
    let session = "el_ses_x".into();
    let story = story.refused("too large");
    story
        .when(NetworkCommand::ReportCall { session, hop, duration, cost: None })
        .refused("no call el_ses_x");
}

#[test]
fn r_call_1_one_call_at_a_time_for_a_number() {
    let story = given([calls()]).when(calls()).refused("already in a call");
    goes(story, C::Completed).when(calls()).then(&["CAL ringing"]);
}

#[test]
fn r_rcvpay_1_a_payment_is_credited_to_the_bound_purse_or_passes_through() {
    let kes_purse = |s: &mut OrgSettings| {
        s.purses.push(Purse { id: "till".into(), currency: kes(0).currency });
    };
    let bound = || nothing().with(kes_purse).bind(line(Channel::Payment), None, Some("till"));
    let story = bound().when(pays(kes(150_000)));
    let story = story.then(&["NEW new customer", "PAY KES 1,500.00 received into till"]);
    let payment = story.jane().payments[0].clone();
    assert_eq!(payment.status, P::Success);
    assert_eq!(payment.credit, Some(PaymentParty::Purse("till".into())));
    let (number, channel) = (jane(), line(Channel::Payment));
    assert_eq!(payment.debit, PaymentParty::Customer { number, channel });
    let story = nothing().when(pays(kes(100)));
    story.then(&["NEW new customer", "PAY KES 1.00 passed through"]).accepted("passed through");
    let ugx = Money { currency: Currency::new("UGX").expect("a currency"), minor: 5 };
    bound().when(pays(ugx)).accepted("passed through");
}

#[test]
fn r_cash_1_a_payment_is_of_more_than_nothing_and_within_bounds() {
    nothing().when(pays(kes(0))).refused("more than nothing");
    nothing().when(pays(kes(-1))).refused("more than nothing");
    nothing().when(pays(kes(100 * Money::MAX_UNITS + 1))).refused("more than one payment may be");
    nothing().when(pays(kes(100 * Money::MAX_UNITS))).accepted("passed through");
}

#[test]
fn events_4_3_only_the_steps_of_the_table_move_a_payment() {
    for &from in P::ALL {
        for &to in P::ALL {
            let mut story = given([pays(kes(1))]);
            // The hub starts payments at 300 and 301 only; the others are folded as another would.
            let mut event = story.last.events[1].clone();
            let id = story.last_payment();
            event.kind = EventKind::PaymentStatusChanged { id, status: from };
            story.fold(vec![event]);
            let story = becomes(story, to);
            assert!(story.last.receipt.is_ok(), "late reports are no errors (R-ORD-3)");
            let moved = !story.last.events.is_empty();
            assert_eq!(moved, payment::follows(from, to), "{from:?} -> {to:?}");
        }
    }
    let story = becomes(given([pays(kes(1))]), P::Reversed).then(&["PAY payment reversed"]);
    let story = becomes(story, P::Success).then(&[]).accepted("nothing changed");
    let transaction = "el_txn_x".into();
    let report = NetworkCommand::ReportPayment { transaction, status: P::Success };
    story.when(report).refused("no payment");
}
