//! What the fields look like that are more than a line of text, and that no field is lost in a small terminal.

use super::*;
use crate::{
    catalog::{
        Spec,
        tests::coverage::{LEAST, target_of},
    },
    console::pane::form::{FormWish, tests::field},
    model::{CustomerCommand, Timestamp},
};

/// The room that a form has in a terminal of 80x24, where five rows of traffic stay above it.
const SMALL: (u16, u16) = (78, 13);

fn open_at(spec: &'static Spec, at: Timestamp) -> Form {
    let (hello, zone) = (catalog::tests::hello(), jiff::tz::TimeZone::UTC);
    let context = BuildContext { hello: &hello, at, zone: &zone, purses: &[] };
    let mut target = target_of(spec);
    target.name = "Jane W.".into();
    if let Some(session) = &mut target.session {
        session.deadline = Some(DRAWN_AT.after(Duration::from_secs(9)));
    }
    Form::open(spec, target, context, "sb-00000001".into(), None)
}

/// Fills a field, wherever the focus is.
fn put(form: &mut Form, name: &str, text: &str) {
    while form.fields().get(form.focus()).is_none_or(|f| f.spec.name != name) {
        press(form, "tab", DRAWN_AT);
    }
    form.paste(text, DRAWN_AT);
}

#[test]
fn a_payment_in_a_form() {
    let mut form = open_at(&catalog::PAY, DRAWN_AT);
    put(&mut form, "amount", "1500 KES");
    put(&mut form, "from", "purse:main");
    put(&mut form, "to", "customer");
    insta::assert_snapshot!(picture(&form, 78, 10), @r#"
    [3 PAY CUSTOMER] ────────────────────────────────────────────────────── LOCKED
     for     Jane W. …9b1f
     amount  1500 KES
     from    purse:main
     to      customer
             the customer's own money: number and channel below
     number  < +254711000001 >  1 of 2
     via     payment 5250
     [Review] Ctrl-S                                        Esc leave, draft kept
    "#);
}

/// A form whose hub has said what is in the purses.
fn with_purses(spec: &'static Spec) -> Form {
    let mut form = open_at(spec, DRAWN_AT);
    form.learn_purses(&catalog::tests::purses());
    form
}

#[test]
fn r_pay_12_money_is_asked_for_with_an_amount_and_everything_else_is_chosen() {
    let mut form = with_purses(&catalog::REQUEST);
    press(&mut form, "1500", DRAWN_AT);
    insta::assert_snapshot!(picture(&form, 78, 9), @r#"
    [3 REQUEST MONEY] ───────────────────────────────────────────────────── LOCKED
     to      Jane W. …9b1f
     amount  1500
             KES 1,500.00
     number  < +254711000001 >  1 of 2
     via     payment 5250
     into    < main >  1 of 2  KES 10,000.00 available
     [Review] Ctrl-S                                        Esc leave, draft kept
    "#);
    let asked = press(&mut form, "ctrl-s", DRAWN_AT);
    let Some(FormWish::Ask { command, .. }) = asked else { panic!("{asked:?}") };
    let CustomerCommand::InitiatePayment { value, credit, .. } = command else { panic!() };
    assert_eq!((value.to_string(), credit.summary()), ("KES 1,500.00".into(), "purse main".into()));
}

#[test]
fn r_pay_12_a_purse_with_too_little_is_said_before_anything_is_sent() {
    let mut form = with_purses(&catalog::PAY);
    assert_eq!(form.draft(DRAWN_AT), None, "what is offered is not written");
    press(&mut form, "15,000", DRAWN_AT);
    insta::assert_snapshot!(picture(&form, 78, 11), @r#"
    [3 PAY CUSTOMER] ────────────────────────────────────────────────────── LOCKED
     for     Jane W. …9b1f
     amount  15,000
             KES 15,000.00
             purse main has only KES 10,000.00 available
     from    purse:main
     to      customer
     number  < +254711000001 >  1 of 2
     via     payment 5250
     [Review] Ctrl-S                                        Esc leave, draft kept
    "#);
    // The first letter takes the place of what is offered.
    press(&mut form, "tab", DRAWN_AT);
    press(&mut form, "purse:usd", DRAWN_AT);
    assert_eq!(field(&form, "from").value(), "purse:usd");
    press(&mut form, "back-tab", DRAWN_AT);
    assert!(picture(&form, 78, 11).contains("USD 15,000.00"), "{}", picture(&form, 78, 11));
    assert!(picture(&form, 78, 11).contains("purse usd has only USD 50.00 available"));
}

#[test]
fn a_purse_can_be_written_where_the_hub_names_none_until_it_does() {
    let (hello, zone) = (crate::model::Hello::default(), jiff::tz::TimeZone::UTC);
    let context = BuildContext { hello: &hello, at: DRAWN_AT, zone: &zone, purses: &[] };
    let target = target_of(&catalog::REQUEST);
    let mut form = Form::open(&catalog::REQUEST, target, context, "sb-00000001".into(), None);
    assert!(field(&form, "into").choices().is_none(), "free text");
    form.learn_purses(&catalog::tests::purses());
    let choices = field(&form, "into").choices().expect("choices now").0.to_vec();
    assert_eq!(choices.iter().map(|purse| &*purse.value).collect::<Vec<_>>(), ["main", "usd"]);
}

#[test]
fn a_plan_in_a_form() {
    let mut form = open_at(&catalog::ANSWER_CALL, DRAWN_AT);
    put(&mut form, "actions", "say Karibu\nask 4 digits within 10s: Enter your PIN");
    insta::assert_snapshot!(picture(&form, 78, 10), @r#"
    [3 CALL PLAN] ───────────────────────────────────────────────────────── LOCKED
     to      Jane W. …9b1f +254711000001 voice 0800
     answers 1                                                            9s left
     actions say Karibu
             ask 4 digits within 10s: Enter your PIN
             2 of 20 actions
     [Review] F5  Ctrl-S send                               Esc leave, draft kept
    "#);
}

#[test]
fn a_menu_in_a_form() {
    let mut form = open_at(&catalog::ANSWER_USSD, DRAWN_AT);
    put(&mut form, "text", "Karibu\n1. Salio\n2. Msaada");
    insta::assert_snapshot!(picture(&form, 78, 10), @r#"
    [3 USSD MENU] ───────────────────────────────────────────────────────── LOCKED
     to      Jane W. …9b1f +254711000001 ussd 0800
     answers 1                                                            9s left
     text    Karibu
             1. Salio
             2. Msaada
             ussd: 25 of 182, GSM-7, 157 left
     then    < continue >  1 of 2
     [Review] F5  Ctrl-S send                               Esc leave, draft kept
    "#);
}

#[test]
fn a_template_in_a_form() {
    let mut form = open_at(&catalog::MESSAGE, DRAWN_AT);
    form.paste("Order {{1}} comes {{2}}.", DRAWN_AT);
    while form.fields()[form.focus()].spec.name != "body" {
        press(&mut form, "tab", DRAWN_AT);
    }
    press(&mut form, "right", DRAWN_AT);
    put(&mut form, "template", "order_update");
    put(&mut form, "params", "8841, today");
    insta::assert_snapshot!(picture(&form, 78, 13), @r#"
    [3 MESSAGE] ─────────────────────────────────────────────────────────── LOCKED
     to      Jane W. …9b1f
     text    Order {{1}} comes {{2}}.
     name    order_update
     values  8841, today
             sms: 1 part, GSM-7, 23 units, 137 left
             reads: Order 8841 comes today.
     number  < +254711000001 >  1 of 2
     from    < sms 40404 >  1 of 2
     body    < template >  2 of 4
     [Review] Ctrl-S                                        Esc leave, draft kept
    "#);
}

#[test]
fn a_reminder_by_tag_in_a_form() {
    let mut form = open_at(&catalog::REMINDER_BY_TAG, DRAWN_AT);
    put(&mut form, "tag", "tier=gold");
    put(&mut form, "key", "renewal");
    put(&mut form, "at", "tomorrow 09:00");
    insta::assert_snapshot!(picture(&form, 78, 12), @r#"
    [3 REMIND BY TAG] ───────────────────────────────────────────────────── LOCKED
     to      everyone with the tag
     tag     tier=gold
     key     renewal
     at      tomorrow 09:00
             Tue 2026-11-24 09:00 UTC, in 19 hours
     every   none
     payload nothing
     [Review] Ctrl-S                                        Esc leave, draft kept
    "#);
}

#[test]
fn no_field_is_lost_in_a_small_terminal() {
    for (id, _) in LEAST {
        let spec = Spec::by_id(id).unwrap();
        let mut form = open_at(spec, DRAWN_AT);
        let (width, most) = SMALL;
        let height = form.rows(width).min(most);
        let first = picture(&form, width, height);
        for (_, field) in form.shown().filter(|(_, field)| field.spec.required) {
            let label = format!(" {}", field.spec.label);
            assert!(first.lines().any(|l| l.starts_with(&label)), "{id}.{label}\n{first}");
        }
        press(&mut form, "ctrl-s", DRAWN_AT);
        if form.is_review() {
            // Nothing has to be filled in: a choice is enough.
            form.key(crossterm::event::KeyCode::Esc.into(), DRAWN_AT.after(Duration::from_secs(1)));
        }
        for _ in 0..=form.fields().len() {
            let screen = picture(&form, width, height);
            match form.fields().get(form.focus()) {
                Some(field) => {
                    let label = format!(" {}", field.spec.label);
                    assert!(screen.lines().any(|l| l.starts_with(&label)), "{id}\n{screen}");
                    let why = field.error.as_deref().unwrap_or_default();
                    let begin: String = why.chars().take(20).collect();
                    assert!(screen.contains(&begin), "{id}: {why}\n{screen}");
                }
                None => assert!(screen.contains("[Review]"), "{id}\n{screen}"),
            }
            press(&mut form, "tab", DRAWN_AT);
        }
    }
}

#[test]
fn an_answer_that_is_too_late_says_so() {
    let mut form = open_at(&catalog::ANSWER_USSD, before());
    let screen = picture(&form, 78, 10);
    assert!(screen.contains("9s left"), "{screen}");
    press(&mut form, "x", DRAWN_AT);
    let mut late = target_of(&catalog::ANSWER_USSD);
    if let Some(session) = &mut late.session {
        session.deadline = Some(before());
    }
    let (hello, zone) = (catalog::tests::hello(), jiff::tz::TimeZone::UTC);
    let context = BuildContext { hello: &hello, at: before(), zone: &zone, purses: &[] };
    let form = Form::open(&catalog::ANSWER_USSD, late, context, "sb-00000001".into(), None);
    assert!(picture(&form, 78, 10).contains("too late"));
}
