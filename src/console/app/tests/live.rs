//! Those who wait on the line: the strip, `g w` from anywhere, and what `r` answers.

use super::desk::{Desk, START, commands, customer_id, number, session_id};
use crate::{
    console::{
        layout::Pane,
        msg::{Effect, Msg},
        pane::{feed::Mode, inspector::Tab},
    },
    model::{
        CallHop, CallStatus, Channel, ChannelNumber, ClientError, CustomerCommand, CustomerRef,
        Direction, EventKind, FeedEvent, LivePrompt, LivePrompts, Seq, Unanswered, UssdHop,
        UssdMenu, UssdSession, settings::BoundChannel,
    },
};
use std::time::Duration;

/// A desk on which the second customer has dialled a second and a half ago.
fn dialled(width: u16, height: u16) -> Desk {
    let mut desk = Desk::open(width, height);
    desk.after(Duration::from_secs(20));
    desk.dials(1, 7);
    desk.after(Duration::from_millis(1_500));
    desk
}

fn strip(desk: &mut Desk) -> String {
    let area = desk.app.layout().strip;
    desk.crop(area)
}

#[test]
fn who_waits_on_the_line_is_shown_at_every_size_and_counts_down() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 60)] {
        let mut desk = dialled(width, height);
        let row = strip(&mut desk);
        assert!(row.contains("USSD") && row.contains("Amina"), "{width}x{height}: {row}");
        assert!(row.contains("wants a menu") && row.contains("14 s"), "{width}x{height}: {row}");
        assert!(desk.screen().contains("1 live"), "{}", desk.screen());
        desk.after(Duration::from_secs(1));
        assert!(strip(&mut desk).contains("13 s"), "{}", desk.screen());
        // Whoever is answered goes, and the rows below have their room again.
        let menu = UssdMenu::default();
        desk.happens(1, Channel::Ussd, EventKind::UssdMenuShown { session: session_id(7), menu });
        assert!(desk.app.layout().strip.is_empty());
        assert!(!desk.screen().contains("live"), "{}", desk.screen());
    }
}

#[test]
fn what_an_app_answers_at_once_is_never_shown() {
    let mut desk = Desk::open(120, 40);
    desk.dials(1, 7);
    assert!(desk.app.layout().strip.is_empty());
    desk.after(Duration::from_millis(700));
    let menu = UssdMenu::default();
    desk.happens(1, Channel::Ussd, EventKind::UssdMenuShown { session: session_id(7), menu });
    desk.after(Duration::from_secs(5));
    assert!(desk.app.layout().strip.is_empty(), "{}", desk.screen());
}

#[test]
fn the_console_asks_at_its_start_who_waits_in_the_whole_org() {
    let mut desk = Desk::new(120, 40);
    assert!(desk.up().contains(&Effect::Live));
    let prompt = |n: usize, left| LivePrompt {
        customer: customer_id(n),
        name: format!("Caller {n}"),
        number: number(n),
        channel: crate::model::ChannelNumber::new(Channel::Ussd, "*385#"),
        session: session_id(n),
        said: String::new(),
        call: None,
        asked_at: START.after(Duration::from_secs(left)),
        answer_by: START.after(Duration::from_secs(15 + left)),
    };
    desk.after(Duration::from_secs(5));
    let prompts = vec![prompt(0, 1), prompt(1, 2), prompt(2, 3), prompt(3, 4)];
    let live = LivePrompts { prompts, total: 4, as_of: Seq(90) };
    desk.send(Msg::Live(Ok(live)));
    let rows = strip(&mut desk);
    assert_eq!(rows.lines().count(), 3, "{rows}");
    assert!(rows.lines().next().unwrap_or_default().contains("Caller 0"), "{rows}");
    assert!(rows.contains("+1 more") && desk.screen().contains("4 live"), "{rows}");
}

#[test]
fn r_hook_1_strip_timeline_and_form_count_the_time_that_the_hub_says_of_the_number() {
    // Given a hub with a code whose network lets its customers wait for 10 s.
    let mut desk = Desk::open(120, 40);
    let mut hello = desk.app.connection().hello().cloned().expect("a hello");
    hello.channels.push(BoundChannel {
        channel: ChannelNumber::new(Channel::Ussd, "40404"),
        app: None,
        purse: None,
        carrier: Some("safari".into()),
        prompt_window: Some(Duration::from_secs(10)),
    });
    desk.send(Msg::Feed(FeedEvent::up(hello)));
    desk.send(Msg::Live(Ok(LivePrompts::default())));
    // When a customer has dialled it, then strip, timeline, tab and form count from 10.
    desk.after(Duration::from_secs(20));
    let at = desk.now;
    desk.dials(1, 7);
    desk.after(Duration::from_secs(2));
    assert!(strip(&mut desk).contains(" 8 s"), "{}", desk.screen());
    desk.press("G k j enter");
    desk.answer_about(1, |customer| {
        customer.ussd.push(UssdSession {
            id: session_id(7),
            number: number(1),
            channel: ChannelNumber::new(Channel::Ussd, "40404"),
            app: None,
            hops: vec![UssdHop { input: String::new(), menu: None, at }],
            end: None,
            created_at: at,
            updated_at: at,
        });
    });
    desk.answer_timeline();
    assert!(desk.screen().contains("wants a menu, 8s left"), "{}", desk.screen());
    desk.press("2 l l l");
    assert!(desk.screen().contains("[Live 1!]"), "{}", desk.screen());
    // The strip names the form's deadline, and the state of the customer alone gives the same one.
    let deadline =
        |desk: &Desk| desk.app.form().and_then(|form| form.target().session.as_ref()?.deadline);
    desk.press("g w");
    assert_eq!(deadline(&desk), Some(at.after(Duration::from_secs(10))));
    assert!(desk.screen().contains("8s left"), "{}", desk.screen());
    // And when they are over, nobody waits any more.
    desk.after(Duration::from_secs(8));
    desk.press("esc");
    let screen = desk.screen();
    assert!(
        screen.contains("nobody answered in time") && screen.contains("[Timeline]"),
        "{screen}"
    );
    assert!(!screen.contains("Live 1!") && desk.app.layout().strip.is_empty(), "{screen}");
}

/// Three keys and the text, whatever the agent reads meanwhile (issue 11).
#[test]
fn somebody_on_the_line_is_answered_with_three_keys_and_the_text() {
    for from in ["1", "2", "4", "w", "g q", "1 k k"] {
        let mut desk = dialled(120, 40);
        desk.press(from);
        let before = desk.app.focus();
        let effects = desk.press("g w");
        assert!(effects.contains(&Effect::Inspect(CustomerRef::Id(customer_id(1)))), "{effects:?}");
        let screen = desk.screen();
        assert!(screen.contains("[3 USSD MENU] on the line now"), "{from}: {screen}");
        assert!(screen.contains("s left") && screen.contains("Ctrl-S send"), "{from}: {screen}");
        assert!(desk.app.layout().strip.is_empty(), "who is answered needs no row: {screen}");
        desk.types("1. Balance");
        let sent = commands(&desk.press("ctrl-s"));
        let [CustomerCommand::AnswerPrompt { session, menu: Some(menu), .. }] = &sent[..] else {
            panic!("{from}: {sent:?}");
        };
        assert_eq!((session, &*menu.text), (&session_id(7), "1. Balance"));
        assert!(desk.app.form().is_none());
        assert_eq!(desk.app.focus(), before, "back to where it was pressed");
    }
}

#[test]
fn a_form_that_is_open_is_kept_and_opens_again() {
    let mut desk = dialled(120, 40);
    desk.press("G");
    desk.press("k");
    desk.after(Duration::from_secs(1));
    desk.answer_inspection();
    desk.press("m");
    desk.types("Habari, oda yako");
    let whom = desk.app.form().expect("a form").target().customer.clone();
    desk.press("f8");
    let form = desk.app.form().expect("a form");
    assert_eq!((form.spec().id, form.target().customer.clone()), ("menu", Some(customer_id(1))));
    desk.types("Karibu");
    assert_eq!(commands(&desk.press("ctrl-s")).len(), 1);
    let form = desk.app.form().expect("the form of before");
    assert_eq!((form.spec().id, form.target().customer.clone()), ("message", whom));
    assert_eq!(desk.app.focus(), Pane::Form);
    assert!(desk.screen().contains("Habari, oda yako"), "{}", desk.screen());
    assert_eq!(desk.app.drafts().shown().count(), 1, "it stays a draft until it is sent");
}

#[test]
fn the_inspector_goes_back_to_whom_it_was_pinned_to() {
    let mut desk = dialled(120, 40);
    desk.press("g c");
    desk.types(customer_id(2).as_str());
    desk.press("enter");
    desk.answer_inspection();
    desk.press("g w");
    desk.answer_inspection();
    assert_eq!(desk.app.inspected(), Some(&customer_id(1)));
    let effects = desk.press("esc");
    assert!(effects.contains(&Effect::Inspect(CustomerRef::Id(customer_id(2)))), "{effects:?}");
    assert!(desk.app.inspector().pinned());
    assert_eq!(desk.app.focus(), Pane::Inspector);
}

#[test]
fn the_key_goes_on_to_the_next_one_and_says_when_nobody_waits() {
    let mut desk = dialled(120, 40);
    let ring = CallHop { status: CallStatus::Ringing, prompt: true, ..CallHop::default() };
    let kind = EventKind::CallChanged {
        session: session_id(8),
        direction: Direction::Inbound,
        hop: ring,
        duration: Duration::ZERO,
        cost: None,
    };
    desk.happens(2, Channel::Voice, kind);
    desk.after(Duration::from_secs(2));
    let rows = strip(&mut desk);
    assert!(rows.contains("call") && rows.contains("ringing, wants a plan"), "{rows}");
    desk.press("g w");
    assert_eq!(desk.app.form().map(|form| form.spec().id), Some("menu"));
    assert!(strip(&mut desk).contains("Jane W."), "the other one still waits");
    desk.types("Karibu");
    desk.press("f8");
    assert_eq!(desk.app.form().map(|form| form.spec().id), Some("plan"));
    desk.press("f8");
    assert!(desk.screen().contains("Karibu"), "back to the first, with what was written");
    desk.after(Duration::from_secs(30));
    desk.press("esc g w");
    assert!(desk.screen().contains("nobody waits on the line"), "{}", desk.screen());
}

#[test]
fn a_sheet_opens_only_if_asked_for_and_shows_the_time() {
    let mut desk = dialled(120, 40);
    desk.press("g w");
    desk.types("Karibu");
    let asked = desk.press("f5");
    assert!(asked.iter().any(|effect| matches!(effect, Effect::DryRun { .. })), "{asked:?}");
    assert!(commands(&asked).is_empty());
    let screen = desk.screen();
    assert!(screen.contains("REVIEW USSD MENU") && screen.contains("s left"), "{screen}");
    desk.after(Duration::from_secs(1));
    assert!(desk.screen().contains("13s left"), "{}", desk.screen());
    for _ in 0..30 {
        desk.press("down");
    }
    assert_eq!(commands(&desk.press("s")).len(), 1);
}

#[test]
fn what_nobody_waits_for_any_more_is_not_sent() {
    let mut desk = dialled(120, 40);
    desk.press("g w");
    assert!(commands(&desk.press("ctrl-s")).is_empty(), "nothing is written yet");
    assert!(desk.screen().contains("1 error"), "{}", desk.screen());
    desk.types("Karibu");
    let menu = UssdMenu::default();
    desk.happens(1, Channel::Ussd, EventKind::UssdMenuShown { session: session_id(7), menu });
    assert!(desk.screen().contains("waits no more"), "{}", desk.screen());
    assert!(commands(&desk.press("ctrl-s")).is_empty(), "an app was faster");
    assert!(desk.screen().contains("nobody waits for this any more"), "{}", desk.screen());
}

/// What waits on the line, else the selected row, else what nobody has answered.
#[test]
fn r_answers_what_is_most_urgent_and_says_which() {
    let mut desk = Desk::open(120, 40);
    desk.after(Duration::from_secs(20));
    desk.says(1, "Where is my parcel?");
    desk.press("G");
    desk.after(Duration::from_secs(1));
    let unanswered = |n: usize| Unanswered {
        since: START,
        count: 2,
        last: "el_msg_77".into(),
        last_at: START,
        number: number(n),
        channel: crate::model::ChannelNumber::new(Channel::Whatsapp, "40404"),
        text: "And the other one?".into(),
    };
    desk.answer_with(1, |customer| customer.unanswered = Some(unanswered(1)));
    // The selected row comes before what waits for an answer.
    desk.press("r");
    let screen = desk.screen();
    assert!(screen.contains("[3 REPLY] the selected message"), "{screen}");
    assert!(screen.contains("Where is my parcel?"), "{screen}");
    desk.press("esc");
    // Elsewhere it is the last message that nobody has answered.
    desk.press("2");
    desk.press("r");
    let screen = desk.screen();
    assert!(screen.contains("[3 REPLY] their last unanswered message"), "{screen}");
    let quoted = desk.app.form().and_then(|form| form.target().reply_to.clone());
    assert_eq!(quoted.map(|quoted| quoted.text), Some("And the other one?".into()));
    desk.press("esc");
    // And whoever is on the line comes before both.
    desk.dials(1, 9);
    desk.press("1");
    desk.press("r");
    assert!(desk.screen().contains("[3 USSD MENU] on the line now"), "{}", desk.screen());
    assert_eq!(desk.app.inspector().tab(), Tab::Timeline);
}

#[test]
fn with_the_selection_out_of_sight_nothing_is_answered_but_the_selection_shown() {
    let mut desk = Desk::open(120, 40);
    desk.press("k");
    desk.press("f");
    for _ in 0..100 {
        desk.says(0, "mimi tena");
    }
    assert!(!desk.app.feed().selection_in_view());
    desk.press("r");
    assert!(desk.app.form().is_none());
    assert!(desk.app.feed().selection_in_view());
    assert_eq!(desk.app.feed().mode(), Mode::Hold);
    assert!(desk.screen().contains("this row is selected"), "{}", desk.screen());
}

#[test]
fn who_waits_is_asked_again_after_a_fault() {
    let mut desk = Desk::open(120, 40);
    desk.send(Msg::Live(Err(ClientError::Unavailable("draining".into()))));
    assert!(desk.after(Duration::from_secs(6)).contains(&Effect::Live));
}
