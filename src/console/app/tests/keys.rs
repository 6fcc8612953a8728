//! What keys do, from the key to the effect.

use super::desk::{Desk, customer_id};
use crate::{
    console::{layout::Pane, msg::Effect, msg::Msg, pane::countdown::next_day},
    model::{
        CallId, Channel, ClientError, CustomerCommand, CustomerRef, EventKind, Finding, Level,
        MessageReceipt, MessageStatus, Outlook, Receipt,
    },
};
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use jiff::tz::TimeZone;
use std::time::Duration;

fn sends(effects: &[Effect]) -> Vec<&CustomerCommand> {
    fn command(effect: &Effect) -> Option<&CustomerCommand> {
        let Effect::Send { command, .. } = effect else { return None };
        Some(command)
    }
    effects.iter().filter_map(command).collect()
}
fn call(effects: &[Effect]) -> CallId {
    let call = effects.iter().find_map(|effect| match effect {
        Effect::Send { call, .. } => Some(call.clone()),
        _ => None,
    });
    call.expect("something is sent")
}

/// Writes a reply to the selected customer and confirms it on the sheet.
fn reply(desk: &mut Desk, text: &str) -> Vec<Effect> {
    desk.press("r");
    desk.types(text);
    desk.press("ctrl-s");
    desk.confirm()
}

#[test]
fn a_reply_is_reviewed_held_and_then_sent_once_to_whom_it_was_for() {
    let mut desk = Desk::open(80, 24);
    desk.press("r");
    desk.types("iko njiani");
    // Others write meanwhile, and the recipient stays (R-CONSOLE-2).
    for _ in 0..200 {
        desk.says(1, "na mimi?");
    }
    let asked = desk.press("ctrl-s");
    assert!(matches!(&asked[..], [Effect::DryRun { .. }]), "only a question: {asked:?}");
    assert_eq!(sends(&desk.confirm()).len(), 0, "held first");
    assert!(desk.screen().contains("HELD"), "{}", desk.screen());
    assert_eq!(sends(&desk.after(Duration::from_secs(4))).len(), 0);
    let effects = desk.after(Duration::from_secs(2));
    match sends(&effects)[..] {
        [CustomerCommand::ReplyToMessage { customer, body, .. }] => {
            assert_eq!((customer, body.text.as_deref()), (&customer_id(0), Some("iko njiani")));
        }
        ref other => panic!("{other:?}"),
    }
    assert_eq!(sends(&desk.after(Duration::from_mins(1))).len(), 0, "once");
}

#[test]
fn a_held_reply_can_be_taken_back_and_its_words_are_there_again() {
    let mut desk = Desk::open(80, 24);
    reply(&mut desk, "too early");
    desk.press("u");
    assert_eq!(desk.app.focus(), Pane::Form);
    assert!(desk.screen().contains("too early"), "{}", desk.screen());
    assert_eq!(sends(&desk.after(Duration::from_secs(30))).len(), 0);
}

#[test]
fn a_refusal_is_said_in_words_and_code() {
    let mut desk = Desk::open(120, 40);
    reply(&mut desk, "hello");
    let call = call(&desk.press("S"));
    let result = Ok(Receipt::Message(MessageReceipt {
        status: MessageStatus::NoConsent,
        description: "the customer opted out".into(),
        message: None,
        customer: Some(customer_id(0)),
        conflict: None,
    }));
    desk.send(Msg::Sent { call, result });
    let screen = desk.screen();
    assert!(screen.contains("401") && screen.contains("opted out"), "{screen}");
}

#[test]
fn what_is_lost_on_the_way_is_unknown_and_asked_about_under_the_same_key() {
    let mut desk = Desk::open(120, 40);
    reply(&mut desk, "hello");
    let call = call(&desk.press("S"));
    let result = Err(ClientError::Unknown("connection lost".into()));
    desk.send(Msg::Sent { call: call.clone(), result });
    assert!(desk.screen().contains("?? 1 unknown"), "{}", desk.screen());
    let again = desk.press("4 enter");
    assert!(matches!(&again[..], [Effect::Send { call: same, .. }] if *same == call), "{again:?}");
}

#[test]
fn a_send_that_cannot_be_handed_over_was_not_done_and_it_says_so() {
    let mut desk = Desk::open(120, 40);
    reply(&mut desk, "hello");
    let call = call(&desk.press("S"));
    desk.send(Msg::Overloaded(call));
    let screen = desk.screen();
    assert!(screen.contains("nothing was done"), "{screen}");
}

#[test]
fn retry_counts_down_once_a_second_and_r_tries_now() {
    let mut desk = Desk::open(80, 24);
    let error = ClientError::Unreachable { endpoint: "hub".into(), reason: "refused".into() };
    desk.down(Some(Duration::from_secs(4)), error);
    let mut words = Vec::new();
    for _ in 0..4 {
        let screen = desk.screen();
        let first = screen.lines().next().unwrap_or_default().to_owned();
        words.push(first.split("RETRY ").nth(1).unwrap_or(&first)[..8].to_owned());
        desk.after(Duration::from_secs(1));
    }
    assert_eq!(words, ["3 in 4 s", "3 in 3 s", "3 in 2 s", "3 in 1 s"]);
    assert_eq!(desk.press("R"), [Effect::RetryNow]);
    desk.up();
    assert!(desk.screen().contains("LIVE"));
    assert_eq!(desk.press("R"), [], "nothing to retry while it is up");
}

#[test]
fn a_wrong_key_says_auth_and_does_not_count() {
    let mut desk = Desk::open(80, 24);
    desk.down(None, ClientError::Unauthenticated("revoked".into()));
    desk.after(Duration::from_secs(10));
    let quiet = desk.app.versions().0;
    desk.after(Duration::from_mins(10));
    assert!(desk.screen().contains("AUTH"), "{}", desk.screen());
    assert_eq!(desk.app.versions().0, quiet);
}

#[test]
fn leaving_takes_two_presses_in_time() {
    let mut desk = Desk::open(80, 24);
    assert_eq!(desk.press("q"), []);
    desk.after(Duration::from_secs(2));
    assert_eq!(desk.press("q"), [], "too late: the first press is forgotten");
    assert_eq!(desk.press("j q"), [], "another key between");
    assert_eq!(desk.press("q"), [Effect::Quit]);
    let mut desk = Desk::open(80, 24);
    assert_eq!(desk.press("r ctrl-c ctrl-c"), [Effect::Quit], "also from a form");
}

#[test]
fn leaving_with_held_sends_asks_and_keeps_them_as_drafts() {
    let mut desk = Desk::open(80, 24);
    reply(&mut desk, "later perhaps");
    assert_eq!(desk.press("q q"), []);
    assert!(desk.screen().contains("1 send is held"), "{}", desk.screen());
    assert_eq!(desk.press("d"), [Effect::Quit]);
    assert_eq!(desk.app.drafts().list().len(), 1);
}

#[test]
fn leaving_and_sending_waits_for_the_answer() {
    let mut desk = Desk::open(80, 24);
    reply(&mut desk, "now");
    desk.press("q q");
    let effects = desk.press("s");
    assert_eq!((sends(&effects).len(), effects.contains(&Effect::Quit)), (1, false));
    let result = Err(ClientError::Unknown("no answer".into()));
    assert!(desk.send(Msg::Sent { call: call(&effects), result }).contains(&Effect::Quit));
}

#[test]
fn a_signal_turns_what_is_held_and_what_is_written_into_drafts() {
    let mut desk = Desk::open(80, 24);
    reply(&mut desk, "held");
    desk.press("j a t");
    desk.types("tier=gold");
    let effects = desk.send(Msg::Terminate);
    assert_eq!(effects, [Effect::Quit]);
    assert_eq!(desk.app.drafts().list().len(), 2);
    let mut desk = Desk::open(80, 24);
    reply(&mut desk, "held");
    assert_eq!(desk.press("ctrl-z"), [Effect::Suspend]);
    assert_eq!(
        sends(&desk.after(Duration::from_mins(1))).len(),
        0,
        "a stopped console sends nothing late"
    );
    assert_eq!(desk.app.drafts().list().len(), 1);
}

#[test]
fn a_paste_is_never_keys() {
    let mut desk = Desk::open(80, 24);
    let before = desk.app.focus();
    desk.send(Msg::Paste("r\rhello\x13s\rq\rq".into()));
    assert_eq!(desk.app.focus(), before);
    assert!(desk.screen().contains("13 characters arrived at once"), "{}", desk.screen());
    desk.press("/");
    desk.send(Msg::Paste("nataka\nrefund".into()));
    assert_eq!(desk.app.feed().filter_text(), "nataka refund");
}

#[test]
fn what_was_pasted_where_nothing_is_typed_goes_into_the_reply_with_a_key() {
    let mut desk = Desk::open(120, 40);
    desk.press("P");
    assert!(desk.screen().contains("nothing was pasted"), "{}", desk.screen());
    // A long paste arrives in pieces, and the first key of a chord does not take it for the second.
    desk.press("a");
    desk.send(Msg::Paste("please call ".into()));
    desk.send(Msg::Paste("me back".into()));
    let screen = desk.screen();
    assert!(screen.contains("19 characters arrived at once"), "{screen}");
    assert!(!screen.contains("12 characters"), "one notice for one paste: {screen}");
    assert!(desk.app.form().is_none() && screen.contains("P insert text"), "{screen}");
    desk.press("P");
    let form = desk.app.form().expect("a form");
    assert_eq!((form.spec().id, form.fields()[0].value()), ("reply", "please call me back".into()));
    assert_eq!(desk.press("esc P"), [], "it was used");
    assert!(desk.screen().contains("nothing was pasted"), "{}", desk.screen());
}

#[test]
fn the_filter_is_typed_kept_left_and_switched() {
    let mut desk = Desk::open(80, 24);
    desk.press("/");
    desk.types("refund");
    assert_eq!(desk.app.feed().counts().shown, 1);
    desk.press("enter /");
    desk.types("xyz");
    assert_eq!(desk.app.feed().counts().shown, 0);
    desk.press("esc");
    assert_eq!(desk.app.feed().filter_text(), "refund", "esc brings the filter before back");
    desk.press("x");
    assert_eq!(desk.app.feed().filter_text(), "");
    desk.press("x");
    assert_eq!(desk.app.feed().filter_text(), "refund");
}

#[test]
fn a_text_that_is_no_filter_stays_in_the_line_with_the_reason() {
    let mut desk = Desk::open(120, 40);
    desk.press("/");
    desk.types("refund tpye:msg");
    assert_eq!(desk.app.feed().filter_text(), "refund tpye", "the last good one is in force");
    desk.press("enter");
    assert!(desk.screen().contains("there is no field `tpye`"), "{}", desk.screen());
    desk.press("esc");
    assert_eq!(desk.app.feed().filter_text(), "", "the line was still open");
}

#[test]
fn help_is_searched_and_what_is_impossible_says_why() {
    let mut desk = Desk::open(120, 40);
    desk.press("?");
    desk.types("take back");
    assert!(desk.screen().contains("not now: nothing is held back"), "{}", desk.screen());
    desk.press("enter");
    assert!(desk.app.overlay().is_some(), "it stays open");
    desk.press("esc S");
    assert!(desk.screen().contains("nothing is held back"));
}

#[test]
fn a_leader_shows_its_menu_after_a_moment_and_esc_leaves_it() {
    let mut desk = Desk::open(80, 24);
    desk.press("a");
    assert!(desk.app.menu().is_none());
    desk.after(Duration::from_millis(300));
    assert!(desk.screen().contains("untag"), "{}", desk.screen());
    desk.press("esc");
    assert!(desk.app.menu().is_none() && desk.app.form().is_none());
    desk.press("a t");
    assert!(desk.app.form().is_some());
}

#[test]
fn the_wheel_moves_the_pane_under_the_pointer_and_a_click_gives_it_the_keys() {
    let mut desk = Desk::open(120, 40);
    let mouse = |kind, column, row| {
        Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
    };
    desk.send(mouse(MouseEventKind::ScrollUp, 5, 10));
    assert!(desk.screen().contains("HOLD"), "{}", desk.screen());
    desk.send(mouse(MouseEventKind::Down(MouseButton::Left), 100, 10));
    assert_eq!(desk.app.focus(), Pane::Inspector);
    desk.send(mouse(MouseEventKind::Down(MouseButton::Left), 5, 4));
    assert_eq!(desk.app.focus(), Pane::Feed);
    assert_eq!(desk.press("f2"), [Effect::CaptureMouse(false)]);
}

#[test]
fn a_quiet_console_changes_nothing_and_wants_nothing() {
    let mut desk = Desk::open(120, 40);
    desk.after(Duration::from_secs(10));
    let quiet = desk.app.versions().0;
    assert_eq!(desk.after(Duration::from_hours(1)), []);
    // Only the date in the status line will change.
    let day = next_day(desk.now, &TimeZone::UTC);
    assert_eq!((desk.app.versions().0, desk.app.next_wake()), (quiet, day));
}

#[test]
fn keys_are_not_taken_where_nothing_can_be_seen() {
    let mut desk = Desk::open(30, 8);
    desk.press("r");
    desk.types("hello");
    assert!(desk.app.form().is_none());
    assert!(desk.screen().contains("needs 40x12"), "{}", desk.screen());
    assert_eq!(desk.press("ctrl-c ctrl-c"), [Effect::Quit]);
}

#[test]
fn a_customer_that_does_not_exist_is_said_and_not_made() {
    let mut desk = Desk::open(120, 40);
    desk.press("g c");
    desk.types("+254799999999");
    desk.press("enter");
    let customer = CustomerRef::parse("+254799999999").expect("a number");
    desk.send(Msg::Inspected { customer, result: Ok(None) });
    assert!(desk.screen().contains("no customer"), "{}", desk.screen());
}

/// A desk on which the selected event is far above what is shown, and another
/// customer is inspected.
fn looking_elsewhere() -> Desk {
    let mut desk = Desk::open(120, 40);
    desk.press("k");
    desk.press("f");
    for _ in 0..100 {
        desk.says(0, "mimi tena");
    }
    desk.press("g c");
    desk.types(customer_id(2).as_str());
    desk.press("enter");
    desk.answer_inspection();
    assert_eq!(desk.app.inspected(), Some(&customer_id(2)));
    desk
}

#[test]
fn a_command_is_for_whom_the_screen_shows_not_for_a_row_scrolled_away() {
    let mut desk = looking_elsewhere();
    for from in ["1", "m esc", "1 m esc"] {
        desk.press(from);
        let target = desk.app.target(false).and_then(|target| target.customer);
        assert_eq!(target, Some(customer_id(2)), "R-CONSOLE-2 after {from}");
    }
    // A selected row that is in view counts again.
    desk.press("1");
    desk.press("G");
    desk.after(Duration::from_secs(1));
    desk.answer_inspection();
    assert_eq!(desk.app.target(false).and_then(|t| t.customer), Some(customer_id(0)));
    assert_eq!(desk.app.inspected(), Some(&customer_id(0)), "and is inspected");
}

#[test]
fn a_closed_form_gives_the_keys_back_to_where_they_were() {
    let mut desk = looking_elsewhere();
    for (pane, key) in [(Pane::Inspector, "2"), (Pane::Activity, "4"), (Pane::Feed, "1")] {
        desk.press(key);
        desk.press("m");
        assert_eq!(desk.app.focus(), Pane::Form);
        desk.press("esc");
        assert_eq!(desk.app.focus(), pane);
    }
}

#[test]
fn an_outcome_that_became_known_takes_its_notice_back() {
    let mut desk = Desk::open(120, 40);
    reply(&mut desk, "hello");
    let call = call(&desk.press("S"));
    let lost = Err(ClientError::Unknown("connection reset".into()));
    desk.send(Msg::Sent { call: call.clone(), result: lost });
    assert!(desk.screen().contains("outcome unknown"), "{}", desk.screen());
    let receipt = Receipt::Message(MessageReceipt {
        status: MessageStatus::Sent,
        description: "sent".into(),
        message: Some("el_msg_1".into()),
        customer: Some(customer_id(0)),
        conflict: None,
    });
    desk.send(Msg::Sent { call, result: Ok(receipt) });
    assert!(!desk.screen().contains("outcome unknown"), "{}", desk.screen());
    assert!(desk.screen().contains("accepted"), "{}", desk.screen());
}

#[test]
fn what_was_held_when_the_console_was_ended_is_said_at_the_next_start() {
    let mut desk = Desk::open(80, 24);
    reply(&mut desk, "held");
    desk.send(Msg::Terminate);
    let mut next = Desk::with_drafts(80, 24, desk.app.drafts().clone());
    next.up();
    assert!(next.screen().contains("1 draft kept from before: Reply to "), "{}", next.screen());
    next.after(Duration::from_secs(5));
    assert!(!next.screen().contains("kept from before"), "it goes by itself");
}

#[test]
fn a_sheet_that_wants_a_word_does_not_offer_letters() {
    let mut desk = Desk::open(80, 24);
    desk.press("a x");
    desk.types("name");
    desk.press("ctrl-s");
    desk.after(Duration::from_secs(1));
    assert!(desk.screen().contains("type delete to go on"), "{}", desk.screen());
    assert!(desk.app.hints().iter().all(|hint| hint.keys.len() > 1), "{:?}", desk.app.hints());
}

#[test]
fn s_shows_what_stands_against_a_command_before_it_sends_it() {
    let mut desk = Desk::open(80, 24);
    desk.press("r");
    desk.types("iko njiani");
    let effects = desk.press("ctrl-s");
    let [Effect::DryRun { token, .. }] = &effects[..] else { panic!("a question: {effects:?}") };
    let finding = |n: usize| Finding {
        level: Level::Block,
        code: format!("reason-{n}"),
        text: "a reason that takes two rows because it says what happened and what to do".into(),
    };
    let outlook = Outlook { findings: (0..8).map(finding).collect(), ..Outlook::default() };
    desk.send(Msg::Outlook { token: token.clone(), result: Ok(Box::new(outlook)) });
    desk.after(Duration::from_secs(1));
    assert!(!desk.screen().contains("reason-7"), "below the fold: {}", desk.screen());
    assert_eq!(desk.press("s"), []);
    let screen = desk.screen();
    assert!(screen.contains("reason-7") && screen.contains("s again"), "{screen}");
    assert!(desk.app.form().is_some(), "nothing went");
    assert_eq!(desk.press("s"), [], "a double press does not count");
    assert!(desk.app.form().is_some(), "nothing went");
    desk.after(Duration::from_secs(1));
    desk.press("s");
    assert!(desk.app.form().is_none() && desk.screen().contains("HELD"), "{}", desk.screen());
}

#[test]
fn while_the_feed_holds_only_news_of_what_is_shown_is_more_than_figures() {
    // Given a message that was sent, and a feed that holds with more rows than it has room for.
    let mut desk = Desk::open(120, 40);
    for _ in 0..60 {
        desk.says(0, "habari");
    }
    desk.press("G");
    reply(&mut desk, "hello");
    let call = call(&desk.press("S"));
    let receipt = Receipt::Message(MessageReceipt {
        status: MessageStatus::Sent,
        description: "sent".into(),
        message: Some("el_msg_ours".into()),
        customer: Some(customer_id(0)),
        conflict: None,
    });
    desk.send(Msg::Sent { call, result: Ok(receipt) });
    desk.press("1 k");
    assert!(desk.app.feed().hides_new());
    // Then somebody else's message changes figures, and what became of ours a row of the activity.
    let (shown, figures) = desk.app.versions();
    desk.says(1, "habari");
    assert_eq!(desk.app.versions(), (shown, figures + 1));
    let status = MessageStatus::Delivered;
    desk.happens(
        0,
        Channel::Sms,
        EventKind::MessageStatusChanged { id: "el_msg_ours".into(), status },
    );
    assert_eq!(desk.app.versions(), (shown + 1, figures + 1));
    // The same holds for a form: what its own customer says is shown in it.
    desk.press("r");
    let (shown, figures) = desk.app.versions();
    desk.says(1, "habari");
    assert_eq!(desk.app.versions(), (shown, figures + 1));
    desk.says(0, "habari");
    assert_eq!(desk.app.versions(), (shown + 1, figures + 1));
}
