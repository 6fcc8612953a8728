//! Work by tag, lists, dry runs, prompts and their clock, from the key to the effect.

use super::desk::{Desk, commands, everything, kes, number};
use crate::{
    console::{
        actions::{Action, KeyContext},
        layout::Pane,
        msg::{Effect, List, Listing, Msg},
        pane::{countdown::next_day, lists::tests::work},
    },
    model::{
        CallHop, CallStatus, Channel, ClientError, CustomerCommand, Direction, EventKind, Outlook,
        Reminder, UssdHop, UssdSession, WorkState,
    },
};
use jiff::tz::TimeZone;
use std::time::Duration;

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

fn running(done: u64) -> Msg {
    let rows = vec![(work(1, WorkState::Running, 100, done), Vec::new())];
    Msg::Listed { list: List::Works, result: Ok(Listing::Works(rows)) }
}

fn advanced() -> EventKind {
    let work = work(1, WorkState::Running, 0, 0).id;
    let (skipped, left_out, put_off) = (Vec::new(), Vec::new(), Vec::new());
    let (handled, done, resumed) = (1, 1, 0);
    EventKind::WorkAdvanced { work, handled, done, skipped, left_out, put_off, resumed }
}

/// A desk with the list of works open and one of them running.
fn works(width: u16, height: u16) -> Desk {
    let mut desk = Desk::open(width, height);
    assert_eq!(desk.press("w"), [Effect::List(List::Works)]);
    desk.send(running(20));
    desk
}

#[test]
fn works_open_with_a_key_and_move_with_the_log() {
    for (width, height) in SIZES {
        let mut desk = works(width, height);
        assert_eq!(desk.app.focus(), Pane::Lists);
        assert!(desk.screen().contains("20 of 100"), "{}", desk.screen());
        desk.after(Duration::from_secs(1));
        let effects = desk.happens(0, Channel::Sms, advanced());
        assert!(effects.contains(&Effect::List(List::Works)), "{effects:?}");
        desk.send(running(40));
        assert!(desk.screen().contains("40 of 100"), "{}", desk.screen());
        desk.answer_inspection();
        assert_eq!(desk.after(Duration::from_hours(1)), [], "nothing happens, nothing is asked");
        desk.press("esc");
        assert_eq!(desk.app.focus(), Pane::Feed);
        desk.after(Duration::from_secs(1));
        let quiet = desk.happens(0, Channel::Sms, advanced());
        assert!(!quiet.contains(&Effect::List(List::Works)), "nobody looks: {quiet:?}");
    }
}

#[test]
fn a_work_is_paused_with_two_keys_and_cancelled_with_a_word() {
    let mut desk = works(120, 40);
    let asked = desk.press("p");
    assert!(matches!(&asked[..], [Effect::DryRun { .. }]), "{asked:?}");
    desk.after(Duration::from_secs(1));
    let id = work(1, WorkState::Running, 0, 0).id;
    let steer = |to| CustomerCommand::SteerWork { work: id.clone(), to };
    assert_eq!(commands(&desk.press("s")), [steer(WorkState::Paused)]);
    assert_eq!(desk.app.focus(), Pane::Lists, "back to where it was pressed");
    desk.press("c");
    desk.after(Duration::from_secs(1));
    assert_eq!(commands(&desk.press("s")), [], "what is cancelled stays so");
    assert!(desk.screen().contains("type cancel to go on"), "{}", desk.screen());
    desk.press("backspace");
    desk.types("cancel");
    assert_eq!(commands(&desk.press("s")), [steer(WorkState::Cancelled)]);
    desk.press("r");
    assert!(desk.screen().contains("it is not paused"), "{}", desk.screen());
}

#[test]
fn every_list_has_its_key_and_its_tab() {
    let mut desk = Desk::open(120, 40);
    for (keys, list) in [
        ("g q", List::Waiting),
        ("w", List::Works),
        ("g m", List::Scheduled),
        ("g b", List::Reminders),
        ("g k", List::Leases),
        ("g p", List::Purses),
    ] {
        assert_eq!(desk.press(keys), [Effect::List(list)], "{keys}");
        assert!(desk.screen().contains(&format!("[{}]", list.title())), "{}", desk.screen());
        desk.press("esc");
    }
    desk.press("w");
    desk.press("l");
    assert_eq!(desk.app.lists().tab(), List::Scheduled);
    desk.press("h");
    assert_eq!(desk.app.lists().tab(), List::Works);
}

#[test]
fn nobody_is_written_to_while_a_list_hides_who_that_would_be() {
    let mut desk = works(80, 24);
    assert!(desk.app.target(false).is_none(), "R-CONSOLE-2");
    desk.press(":");
    desk.types("untag");
    assert!(desk.screen().contains("not now: select a customer"), "{}", desk.screen());
}

#[test]
fn every_command_of_the_table_opens_its_form_where_it_is_possible() {
    for row in Action::table() {
        let Action::Command(spec) = row.action else { continue };
        let mut desk = Desk::open(120, 40);
        // The actions that need a prompt, a work or a message of a list have tests of their own.
        let elsewhere = matches!(
            spec.needs,
            crate::catalog::Needs::Ussd
                | crate::catalog::Needs::Call
                | crate::catalog::Needs::Scheduled
                | crate::catalog::Needs::Unknown
        );
        if elsewhere || !row.contexts.contains(&KeyContext::Feed) {
            continue;
        }
        let map = crate::console::keymap::Keymap::default();
        let keys = map.keys(row.action)[0].to_string().replace("Ctrl-", "ctrl-");
        desk.press(&keys);
        let form = desk.app.form().unwrap_or_else(|| panic!("{keys} of {}", row.id));
        assert_eq!(form.spec().id, spec.id, "{keys}");
        // Where there is nothing to fill in, the sheet opens at once.
        let opens = if form.is_review() { "REVIEW " } else { "" };
        let title = format!("[3 {opens}{}]", spec.title.to_uppercase());
        assert!(desk.screen().contains(&title), "{keys}: {}", desk.screen());
    }
}

/// The first customer dials and waits for a menu, and the inspector shows them.
fn dialled(desk: &mut Desk) -> UssdSession {
    let session: crate::model::SessionId = "el_ses_00000000000000000000000000000001".into();
    let kind = EventKind::UssdInput { session: session.clone(), input: "1".into(), dial: false };
    desk.after(Duration::from_secs(1));
    desk.happens(0, Channel::Ussd, kind);
    desk.press("G");
    UssdSession {
        id: session,
        number: number(0),
        channel: crate::model::ChannelNumber::new(Channel::Ussd, "*384#"),
        app: None,
        hops: vec![UssdHop { input: "1".into(), menu: None, at: desk.now }],
        end: None,
        created_at: desk.now,
        updated_at: desk.now,
    }
}

#[test]
fn r_on_a_ussd_row_answers_its_menu_and_not_a_message() {
    let mut desk = Desk::open(120, 40);
    let session = dialled(&mut desk);
    desk.answer_with(0, |customer| customer.ussd.push(session));
    desk.press("r");
    assert_eq!(desk.app.form().map(|form| form.spec().id), Some("menu"), "{}", desk.screen());
    desk.types("Karibu");
    let sent = commands(&desk.press("ctrl-s"));
    let [CustomerCommand::AnswerPrompt { menu: Some(menu), session, .. }] = &sent[..] else {
        panic!("{sent:?} {}", desk.screen())
    };
    assert_eq!(menu.text, "Karibu");
    assert!(session.as_str().ends_with('1'), "at once: nobody holds while the customer waits");
}

#[test]
fn r_on_a_session_that_is_over_says_so() {
    let mut desk = Desk::open(120, 40);
    let mut session = dialled(&mut desk);
    session.end = Some(crate::model::UssdEnd::Unanswered);
    desk.answer_with(0, |customer| customer.ussd.push(session));
    desk.press("r");
    assert!(desk.app.form().is_none());
    assert!(desk.screen().contains("nothing waits for an answer here"), "{}", desk.screen());
}

#[test]
fn r_on_a_call_row_says_what_the_call_does_next() {
    let mut desk = Desk::open(120, 40);
    let session: crate::model::SessionId = "el_ses_00000000000000000000000000000002".into();
    let hop =
        CallHop { status: CallStatus::Ringing, prompt: true, at: desk.now, ..CallHop::default() };
    let kind = EventKind::CallChanged {
        session: session.clone(),
        direction: Direction::Inbound,
        hop: hop.clone(),
        duration: Duration::ZERO,
        cost: None,
    };
    desk.after(Duration::from_secs(1));
    desk.happens(0, Channel::Voice, kind);
    desk.press("G");
    let call = crate::model::VoiceCall {
        id: session,
        direction: Direction::Inbound,
        number: number(0),
        channel: crate::model::ChannelNumber::new(Channel::Voice, "+254700000000"),
        app: None,
        status: CallStatus::Ringing,
        hops: vec![hop],
        duration: Duration::ZERO,
        cost: None,
        created_at: desk.now,
        updated_at: desk.now,
    };
    desk.answer_with(0, |customer| customer.calls.push(call));
    desk.press("r");
    assert_eq!(desk.app.form().map(|form| form.spec().id), Some("plan"), "{}", desk.screen());
    desk.press("esc");
    // A row of a message is still answered with a message, once nobody is on the line.
    desk.after(Duration::from_secs(20));
    desk.says(0, "mambo");
    desk.press("G");
    desk.press("r");
    assert_eq!(desk.app.form().map(|form| form.spec().id), Some("reply"));
}

#[test]
fn a_prompt_counts_down_each_second_by_the_clock_of_a_hub_a_day_ahead() {
    let day = Duration::from_hours(24);
    let mut desk = Desk::new(120, 40);
    desk.up_ahead(day);
    let mut session = dialled(&mut desk);
    (session.created_at, session.hops[0].at) = (desk.now.after(day), desk.now.after(day));
    desk.after(Duration::from_secs(1));
    desk.answer_with(0, |customer| customer.ussd.push(session));
    desk.press("2 l l l");
    let mut shown = Vec::new();
    for _ in 0..3 {
        let screen = desk.screen();
        let left = screen.split("wants a menu, ").find(|rest| rest.starts_with('1'));
        let left = left.unwrap_or_else(|| panic!("{screen}"));
        shown.push(left.split(' ').next().unwrap_or_default().to_owned());
        let before = desk.app.versions().0;
        desk.after(Duration::from_secs(1));
        assert_eq!(desk.app.versions().0, before + 1, "one picture a second");
    }
    assert_eq!(shown, ["14s", "13s", "12s"]);
    desk.after(Duration::from_secs(20));
    assert!(desk.screen().contains("no menu in time"), "{}", desk.screen());
    let quiet = desk.app.versions().0;
    desk.after(Duration::from_hours(1));
    assert_eq!(
        (desk.app.versions().0, desk.app.next_wake()),
        (quiet, next_day(desk.now, &TimeZone::UTC)),
        "nothing counts any more but the date"
    );
}

#[test]
fn a_clock_that_is_moved_is_followed_at_once() {
    let mut desk = Desk::open(120, 40);
    let due = desk.now.after(Duration::from_hours(25));
    desk.answer_with(0, |customer| {
        customer.reminders.push(Reminder {
            app: "loyal".into(),
            key: "renewal".into(),
            remind_at: due,
            ..Reminder::default()
        });
    });
    desk.press("2 l");
    assert!(desk.screen().contains("(in 25h)"), "{}", desk.screen());
    desk.happens(1, Channel::Sms, EventKind::ClockMoved { by: Duration::from_hours(24) });
    assert!(desk.screen().contains("(in 60m)"), "{}", desk.screen());
}

#[test]
fn an_outlook_reaches_the_sheet_it_was_asked_for_and_no_other() {
    let mut desk = Desk::open(120, 40);
    desk.press("r");
    desk.types("habari");
    let asked = desk.press("ctrl-s");
    let [Effect::DryRun { token, .. }] = &asked[..] else { panic!("{asked:?}") };
    let mut outlook = Outlook::default();
    outlook.findings.push(crate::model::Finding {
        code: "no-consent".into(),
        level: crate::model::Level::Block,
        text: "opted out 3 Mar by STOP".into(),
    });
    desk.send(Msg::Outlook { token: token.clone(), result: Ok(Box::new(outlook.clone())) });
    assert!(desk.screen().contains("(no-consent): opted out 3 Mar"), "{}", desk.screen());
    // The sheet is left and opened again, and the answer to the first question arrives.
    desk.after(Duration::from_secs(1));
    desk.press("e");
    desk.types(" tena");
    desk.press("ctrl-s");
    desk.send(Msg::Outlook { token: token.clone(), result: Ok(Box::new(outlook)) });
    assert!(desk.screen().contains("the hub has not answered yet"), "{}", desk.screen());
}

#[test]
fn purses_are_asked_for_when_payments_are_looked_at() {
    let mut desk = Desk::open(120, 40);
    desk.press("2");
    assert_eq!(desk.press("l"), []);
    assert_eq!(desk.press("l"), [Effect::List(List::Purses)]);
    let result = Err(ClientError::Unsupported("it lists no purses".into()));
    desk.send(Msg::Listed { list: List::Purses, result });
    assert!(desk.screen().contains("purses not known"), "{}", desk.screen());
    let paid = EventKind::PurseFunded { purse: "main".into(), value: kes(100) };
    desk.after(Duration::from_secs(1));
    let effects = desk.happens(0, Channel::Payment, paid);
    assert!(effects.contains(&Effect::List(List::Purses)), "{effects:?}");
}

#[test]
fn r_pay_12_money_is_asked_for_with_the_amount_and_four_keys() {
    use crate::{
        catalog::tests::purses,
        console::msg::Listing,
        model::{CustomerCommand, Outlook, PaymentParty},
    };
    let mut desk = Desk::open(120, 40);
    desk.answer_with(0, |_| {});
    assert_eq!(desk.press("a q"), [Effect::List(List::Purses)], "what is in them is asked for");
    let result = Ok(Listing::Purses(purses()));
    desk.send(Msg::Listed { list: List::Purses, result });
    assert!(desk.screen().contains("KES 10,000.00 available"), "{}", desk.screen());
    desk.types("1500");
    assert!(desk.screen().contains("KES 1,500.00"), "{}", desk.screen());
    let effects = desk.press("ctrl-s");
    let token = effects.iter().find_map(|effect| match effect {
        Effect::DryRun { token, .. } => Some(token.clone()),
        _ => None,
    });
    let token = token.expect("a dry run");
    desk.send(Msg::Outlook { token, result: Ok(Box::<Outlook>::default()) });
    desk.after(Duration::from_secs(1));
    desk.press("s");
    let sent = desk.after(Duration::from_secs(10));
    let sent = sent.into_iter().find_map(|effect| match effect {
        Effect::Send { command, .. } => Some(command),
        _ => None,
    });
    let Some(CustomerCommand::InitiatePayment { debit, credit, value }) = sent else {
        panic!("it was sent: {}", desk.screen())
    };
    assert!(matches!(debit, PaymentParty::Customer { .. }), "{debit:?}");
    assert_eq!((credit.summary(), value), ("purse main".into(), kes(150_000)));
}

#[test]
fn every_tab_shows_what_counts_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut desk = Desk::open(width, height);
        let now = desk.now;
        desk.answer_with(0, |customer| everything(customer, now));
        desk.press("2 z");
        for words in [
            &["[Timeline]", "Live 2!"][..],
            &["renewal", "held by app loyal", "asked to opt in", "lapses in"],
            &["queued", "wallet loyalty", "purse"],
            &["wants a menu", "r answer", "wants a plan", "pressed 2"],
        ] {
            let screen = desk.screen();
            for word in words {
                assert!(screen.contains(word), "{width}x{height} lacks {word}:\n{screen}");
            }
            desk.press("l");
        }
    }
}

/// One event of each kind that came with the rest of the contract.
fn news() -> Vec<(&'static str, &'static str, EventKind)> {
    let id = || work(7, WorkState::Running, 0, 0).id;
    let reminder = || Reminder { key: "renewal".into(), ..Reminder::default() };
    vec![
        ("MRG", "took over", EventKind::CustomerAdopted { other: "el_cst_x".into() }),
        ("MRG", "merged into", EventKind::CustomerReplaced { by: "el_cst_x".into() }),
        ("REM", "reminder renewal", EventKind::ReminderAdded(reminder())),
        ("REM", "cancelled", EventKind::ReminderCancelled { key: "renewal".into() }),
        (
            "REM",
            "REMINDER renewal",
            EventKind::ReminderFired(crate::model::Firing {
                reminder: reminder(),
                ..crate::model::Firing::default()
            }),
        ),
        (
            "LSE",
            "survey leased",
            EventKind::LeaseGranted(crate::model::Lease {
                key: "survey".into(),
                ..crate::model::Lease::default()
            }),
        ),
        (
            "LSE",
            "!! lease of survey",
            EventKind::LeaseEnded {
                key: "survey".into(),
                number: 1,
                end: crate::model::LeaseEnd::Expired,
            },
        ),
        ("WRK", "work by tag to tier=vip", EventKind::WorkAdded(work(7, WorkState::Running, 0, 0))),
        ("WRK", "work by tag runs", EventKind::WorkStarted { work: id(), next: None }),
        ("WRK", "work by tag: 1 done, 0 skipped", advanced()),
        (
            "WRK",
            "ok work by tag done",
            EventKind::WorkChanged { work: id(), state: WorkState::Done },
        ),
        (
            "CLK",
            "clock moved forward by 24 h",
            EventKind::ClockMoved { by: Duration::from_hours(24) },
        ),
        (
            "CON",
            "because at the counter",
            EventKind::ConsentRequested {
                action: crate::model::ConsentAction::OptIn,
                reason: "at the counter".into(),
            },
        ),
        ("CON", "without a yes", EventKind::ConsentLapsed),
        (
            "PAY",
            "put into purse main",
            EventKind::PurseFunded { purse: "main".into(), value: kes(100) },
        ),
        ("CAL", "!! no app said", EventKind::PromptMissed { session: "el_ses_1".into() }),
        (
            "CAL",
            "plan: hang up",
            EventKind::CallPlanned { session: "el_ses_1".into(), actions: Vec::new() },
        ),
    ]
}

#[test]
fn every_new_kind_of_event_is_a_row_with_its_words_and_its_sign() {
    for (code, words, kind) in news() {
        assert_eq!(kind.code(), code);
        let mut desk = Desk::open(200, 60);
        desk.press("v");
        desk.happens(0, Channel::Sms, kind);
        let (sign, words) = match words.split_at(2) {
            (sign @ ("!!" | "ok"), words) => (sign, words.trim_start()),
            _ => ("", words),
        };
        let screen = desk.screen();
        // The timeline beside the feed has the same words.
        let mut rows = screen.lines().map(|line| line.split('│').next().unwrap_or_default());
        let row = rows.find(|row| row.contains(words)).unwrap_or_default().trim_end();
        assert!(row.ends_with(sign), "{sign} {words}:\n{screen}");
        // The event is also found by its words.
        desk.press("/");
        desk.types(words);
        assert!(desk.app.feed().counts().shown >= 1, "{words}: {}", desk.screen());
    }
}

#[test]
fn enter_opens_the_timeline_at_the_event_of_the_row() {
    use crate::console::pane::inspector::Tab;
    let mut desk = Desk::open(120, 40);
    desk.press("2 l l");
    assert_eq!(desk.app.inspector().tab(), Tab::Money);
    desk.press("1 k k k");
    let row = desk.app.feed().selected().expect("a row");
    desk.press("enter");
    desk.answer_inspection();
    desk.answer_timeline();
    assert_eq!(desk.app.inspector().tab(), Tab::Timeline);
    let selected = desk.app.inspector().timeline().selected().expect("an item");
    assert!(selected.events().iter().any(|(place, _)| *place == (row.seq, row.index)));
}
