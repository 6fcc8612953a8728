//! Whom a work by tag reached, on the screen and in a file (R-CONSOLE-33), and again to those alone for whom
//! it failed, from its row (R-CONSOLE-34).

use super::desk::{Desk, START, commands};
use crate::{
    console::{
        actions::KeyContext,
        export::FileFormat,
        layout::Pane,
        msg::{DryRunToken, Effect, List, Listing, Msg, PeopleNews, PeopleQuestion},
        pane::{form::review::tests::audience, lists::tests::work},
    },
    model::{
        Channel, CustomerCommand, CustomerNumber, CustomerRef, EventKind, MessageStatus as S,
        PutOff, RecipientOutcome as O, Tag, TagTerms, Task, Timestamp, Work, WorkRecipient,
        WorkState,
    },
};
use std::time::Duration;

fn done() -> Work {
    let mut done = work(1, WorkState::Done, 301, 289);
    done.skipped = [(401, 12)].into();
    done.outcomes.delivered = 198;
    done.outcomes.read = 39;
    done.outcomes.waiting = 40;
    done.outcomes.failed = [(400, 9), (402, 3)].into();
    done
}

fn works(size: (u16, u16), work: Work) -> Desk {
    let mut desk = Desk::open(size.0, size.1);
    assert_eq!(desk.press("w"), [Effect::List(List::Works)]);
    let rows = vec![(work, Vec::new())];
    desk.send(Msg::Listed { list: List::Works, result: Ok(Listing::Works(rows)) });
    desk
}

fn person(n: usize, status: S) -> WorkRecipient {
    WorkRecipient {
        customer: format!("el_cst_{n:032}").as_str().into(),
        name: format!("Amina {n}"),
        number: Some(CustomerNumber::telco(&format!("+25471100000{n}"))),
        message: (status != S::Unspecified).then(|| "el_msg_1".into()),
        status,
        at: Timestamp::from_secs(if status == S::Unspecified { 0 } else { 1_795_442_400 }),
    }
}

fn asked(outcome: Option<O>, after: &str) -> PeopleQuestion {
    PeopleQuestion { work: done().id, outcome, after: after.to_owned() }
}

fn piece(outcome: Option<O>, people: Vec<WorkRecipient>, next: &str) -> Msg {
    let result = Ok((people, next.to_owned()));
    Msg::People(PeopleNews::Piece { question: asked(outcome, ""), result })
}

#[test]
fn r_console_33_a_work_says_what_became_of_its_messages() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = works(size, done());
        let screen = desk.screen();
        for words in ["301 of 301", "skipped 12"] {
            assert!(screen.contains(words), "{words}: {screen}");
        }
        let words = "237 delivered · 39 read · 12 failed · 40 waiting";
        assert!(screen.contains(words), "{screen}");
    }
    let mut running = work(1, WorkState::Running, 301, 1);
    let crate::model::Task::Message(message) = &mut running.task else { panic!("no message") };
    message.rate = "10/s".parse().ok();
    running.outcomes.waiting = 1;
    let mut desk = works((120, 40), running);
    assert!(desk.screen().contains("done ~"), "{}", desk.screen());
}

/// One that begins in two hours.
fn waiting() -> Work {
    let mut waiting = work(2, WorkState::Waiting, 0, 0);
    let Task::Message(message) = &mut waiting.task else { panic!("no message") };
    message.at = Some(START.after(Duration::from_hours(2)));
    message.rate = "10/s".parse().ok();
    waiting
}

#[test]
fn r_later_5_e_on_a_message_by_tag_that_has_not_begun_puts_another_in_its_place() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = works(size, waiting());
        let Task::Message(old) = waiting().task else { panic!("no message") };
        desk.press("e");
        desk.types("!");
        assert!(desk.screen().contains("el_wrk_"), "{}", desk.screen());
        let effects = desk.press("ctrl-s");
        let [Effect::DryRun { command, .. }] = &effects[..] else { panic!("{}", desk.screen()) };
        let CustomerCommand::SendMessageByTag { tag, message } = command else {
            panic!("{command:?}")
        };
        assert_eq!(tag, &waiting().tag);
        assert_eq!((message.at, message.rate), (old.at, old.rate), "the time is the same");
        assert_eq!((message.instead_of.clone(), message.keeps_quiet), (Some(waiting().id), false));
        assert_ne!(message.body, old.body);
        assert!(desk.screen().contains("begins"), "{}", desk.screen());
    }
    let mut desk = works((80, 24), done());
    desk.press("e");
    assert!(desk.screen().contains("work that has begun is not changed"), "{}", desk.screen());
}

#[test]
fn r_quiet_5_a_work_says_how_many_are_left_alone_and_until_when() {
    let mut night = work(1, WorkState::Running, 301, 1);
    let (first, last) =
        (START.after(Duration::from_hours(9)), START.after(Duration::from_hours(11)));
    night.put_off = PutOff { people: 300, first, last };
    for size in [(80, 24), (120, 40)] {
        let mut desk = works(size, night.clone());
        assert!(desk.screen().contains("300 left alone until "), "{}", desk.screen());
        desk.press("enter");
        let mut alone = person(4, S::Scheduled);
        (alone.message, alone.at) = (None, first);
        let result = Ok((vec![alone], String::new()));
        let question =
            PeopleQuestion { work: night.id.clone(), outcome: None, after: String::new() };
        desk.send(Msg::People(PeopleNews::Piece { question, result }));
        assert!(desk.screen().contains("put-off"), "{}", desk.screen());
    }
}

#[test]
fn r_console_33_enter_on_a_work_lists_whom_it_reached() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = works(size, done());
        assert_eq!(desk.press("enter"), [Effect::People(asked(None, ""))]);
        let all = vec![person(1, S::Failed), person(2, S::Read), person(3, S::Unspecified)];
        desk.send(piece(None, all, ""));
        let screen = desk.screen();
        for words in ["[all]", "Amina 1", "+254711000001", "failed (400)", "ok read", "not-yet"] {
            assert!(screen.contains(words), "{words}: {screen}");
        }
        assert_eq!(desk.app.context(), KeyContext::Lists);
        // Another outcome is asked for, and an answer that comes late for the one before is not shown.
        desk.after(Duration::from_secs(2));
        desk.press("h");
        desk.press("h");
        let effects = desk.press("h");
        assert_eq!(effects, [Effect::People(asked(Some(O::Failed), ""))]);
        desk.send(piece(None, vec![person(9, S::Read)], ""));
        assert!(!desk.screen().contains("Amina 9"), "{}", desk.screen());
        desk.send(piece(Some(O::Failed), vec![person(1, S::Failed)], ""));
        assert!(desk.screen().contains("[failed]"), "{}", desk.screen());
        // Enter opens the customer, and Esc goes back a step at a time.
        let effects = desk.press("enter");
        let one = CustomerRef::Id(person(1, S::Failed).customer);
        assert!(effects.contains(&Effect::Inspect(one)), "{effects:?}");
        desk.press("w");
        assert!(desk.screen().contains("[Works]"), "{}", desk.screen());
        desk.press("enter");
        desk.press("esc");
        assert_eq!(desk.app.focus(), Pane::Lists);
        assert!(desk.screen().contains("[Works]"), "{}", desk.screen());
        desk.press("esc");
        assert_eq!(desk.app.focus(), Pane::Feed);
    }
}

#[test]
fn r_console_33_more_people_are_asked_for_as_one_goes_down() {
    let mut desk = works((80, 24), done());
    desk.press("enter");
    let many = (0..300).map(|n| person(n % 10, S::Delivered)).collect();
    desk.send(piece(None, many, "h9"));
    assert!(desk.screen().contains("300+"), "{}", desk.screen());
    let effects = desk.press("G");
    assert_eq!(effects, [Effect::People(asked(None, "h9"))]);
    let result = Ok((vec![person(7, S::Failed)], String::new()));
    let question = asked(None, "h9");
    desk.send(Msg::People(PeopleNews::Piece { question, result }));
    assert_eq!(desk.app.lists().len(), 301);
}

#[test]
fn r_console_33_the_people_that_are_shown_go_to_a_file() {
    let mut desk = works((80, 24), done());
    desk.press("enter");
    desk.send(piece(None, vec![person(1, S::Failed)], ""));
    desk.press("y f");
    assert!(desk.screen().contains("the people of a work by tag"), "{}", desk.screen());
    let effects = desk.press("enter");
    let [Effect::ExportPeople(order)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((order.format, order.outcome, &order.work), (FileFormat::Csv, None, &done().id));
    let path = order.path.clone();
    desk.send(Msg::People(PeopleNews::Written { path: path.clone(), result: Ok(301) }));
    assert!(desk.screen().contains("301 people are in"), "{}", desk.screen());
    desk.send(Msg::People(PeopleNews::Written { path, result: Err("the disk is full".into()) }));
    assert!(desk.screen().contains("the disk is full"), "{}", desk.screen());
}

#[test]
fn r_console_34_a_work_goes_again_to_those_alone_for_whom_it_failed() {
    let mut desk = works((80, 24), done());
    desk.press("A");
    let screen = desk.screen();
    for words in [
        "MESSAGE BY TAG",
        "Tuna ofa mpya leo",
        "only those it failed for:",
        "not delivered: 9 failed (400)",
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    let key = |desk: &Desk| desk.app.form().expect("a form").call().clone();
    let first = key(&desk);
    let effects = desk.press("ctrl-s");
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::DryRun { command, .. } => Some(command.clone()),
        _ => None,
    });
    let terms = asked.as_ref().map(CustomerCommand::terms);
    let wanted = TagTerms { failed_of: Some(done().id), ..TagTerms::default() };
    assert_eq!(terms, Some(wanted), "{}", desk.screen());
    // The same again is under the same key.
    desk.press("esc");
    desk.press("esc");
    desk.press("w");
    desk.press("A");
    assert_eq!(key(&desk), first);
    assert_eq!(commands(&desk.press("esc")), []);
}

#[test]
fn r_console_34_what_cannot_go_again_says_why() {
    let says = |work: Work, why: &str| {
        let mut desk = works((120, 40), work);
        desk.press("A");
        assert!(desk.app.form().is_none());
        assert!(desk.screen().contains(why), "{why}: {}", desk.screen());
    };
    says(work(1, WorkState::Running, 10, 5), "it is not over yet");
    says(work(1, WorkState::Done, 10, 10), "nobody for whom it failed");
    let mut reminder = work(1, WorkState::Done, 10, 10);
    reminder.task = crate::model::Task::Reminder(crate::model::Reminder::default());
    says(reminder, "a reminder by tag is not sent again");
}

/// The question to the hub among the effects.
fn counts(effects: &[Effect]) -> DryRunToken {
    let ask = effects.iter().find_map(|effect| match effect {
        Effect::DryRun { token, .. } => Some(token.clone()),
        _ => None,
    });
    ask.expect("a dry run")
}

#[test]
fn r_console_6_whoever_gets_the_tag_while_the_sheet_is_open_must_be_confirmed_too() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::open(size.0, size.1);
        desk.press("b m");
        desk.types("tier=vip");
        desk.press("tab");
        desk.types("Tuna ofa mpya");
        let token = counts(&desk.press("ctrl-s"));
        desk.send(Msg::Outlook { token, result: Ok(Box::new(audience(1))) });
        desk.after(Duration::from_secs(1));
        desk.types("1");
        assert!(desk.screen().contains("s apply"), "{}", desk.screen());
        let tag = Tag { key: "tier".into(), value: "vip".into(), expires_at: None };
        let token = counts(&desk.happens(1, Channel::Sms, EventKind::TagsUpdated(vec![tag])));
        let screen = desk.screen();
        assert!(screen.contains("counting again") && !screen.contains("s apply"), "{screen}");
        desk.press("s");
        assert!(desk.app.form().is_some(), "nothing went");
        desk.send(Msg::Outlook { token, result: Ok(Box::new(audience(2))) });
        desk.after(Duration::from_secs(1));
        assert!(desk.screen().contains("type 2 to go on"), "{}", desk.screen());
        desk.press("s");
        assert!(desk.app.form().is_some(), "nothing went");
    }
}
