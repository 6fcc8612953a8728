//! Fields of every kind under the keys: what is hidden is never in the way, what is suggested is
//! never forced, and what is too late is refused.

use super::*;
use crate::{
    catalog::{
        ChannelUse,
        tests::coverage::{LEAST, target_of},
    },
    model::Reminder,
};

/// A form on an org that has numbers for payments and calls.
fn open_all(spec: &'static Spec, draft: Option<FormDraft>) -> Form {
    let (hello, zone) = (catalog::tests::hello(), TimeZone::UTC);
    let context = BuildContext { hello: &hello, at: NOW, zone: &zone, purses: &[] };
    Form::open(spec, target_of(spec), context, "sb-00000001".into(), draft)
}

fn shown(form: &Form) -> Vec<&'static str> {
    form.shown().map(|(_, field)| field.spec.name).collect()
}

/// Types into a field, wherever it is in the form.
pub(super) fn write(form: &mut Form, name: &str, text: &str) {
    for _ in 0..=form.fields().len() {
        if form.fields().get(form.focus()).is_some_and(|f| f.spec.name == name) {
            break;
        }
        press(form, "tab", NOW);
    }
    let field = &form.fields()[form.focus()];
    assert_eq!(field.spec.name, name, "Tab gets there");
    if field.choices().is_some() {
        for _ in 0..10 {
            if super::field(form, name).value().eq_ignore_ascii_case(text) {
                return;
            }
            press(form, "right", NOW);
        }
        panic!("{name} cannot be {text}");
    }
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            press(form, "enter", NOW);
        }
        press(form, line, NOW);
    }
}

#[test]
fn every_command_can_be_written_with_keys_alone_and_is_reviewed() {
    for (id, least) in LEAST {
        let spec = Spec::by_id(id).unwrap();
        let mut form = open_all(spec, None);
        for (name, value) in *least {
            let value = if *value == "4417" { "+254711000001" } else { *value };
            let value = if *name == "from" && *id == "call" { "voice 0800" } else { value };
            write(&mut form, name, value);
        }
        // Whoever is on the line is answered without a sheet, which another key opens.
        let review = if form.is_live() { "f5" } else { "ctrl-s" };
        press(&mut form, review, NOW);
        let wrong: Vec<_> = form.fields().iter().filter_map(|f| f.error.clone()).collect();
        assert!(form.is_review(), "{id}: {wrong:?}");
        let made = &form.sheet().unwrap().command;
        assert_eq!(Spec::of(made).map(|spec| spec.id), Some(*id));
    }
}

#[test]
fn what_a_message_carries_decides_which_fields_are_there() {
    let mut form = open_all(&catalog::MESSAGE, None);
    assert_eq!(shown(&form), ["text", "to", "from", "body"]);
    press(&mut form, "hi", NOW);
    write(&mut form, "body", "template");
    assert_eq!(shown(&form), ["text", "template", "params", "to", "from", "body"]);
    write(&mut form, "body", "location");
    assert_eq!(shown(&form), ["place", "to", "from", "body"]);
    press(&mut form, "tab", NOW);
    assert_eq!(form.focus(), form.fields().len(), "the button");
    press(&mut form, "tab", NOW);
    assert_eq!(form.fields()[form.focus()].spec.name, "place", "what is hidden is skipped");
    press(&mut form, "ctrl-s", NOW);
    let wrong: Vec<_> =
        form.shown().filter(|(_, f)| f.error.is_some()).map(|(_, f)| f.spec.name).collect();
    assert_eq!(wrong, ["place", "body"], "sms cannot carry it either");
    let draft = form.draft(NOW).expect("the text is kept though hidden");
    let again = open_all(&catalog::MESSAGE, Some(draft));
    assert_eq!(shown(&again), ["place", "to", "from", "body"]);
    assert_eq!((field(&again, "text").value(), again.focus()), ("hi".into(), 5));
}

#[test]
fn an_error_of_a_hidden_field_is_said_where_it_can_be_seen() {
    let (hello, zone) = (hello(), TimeZone::UTC);
    let context = BuildContext { hello: &hello, at: NOW, zone: &zone, purses: &[] };
    let target = Target { reply_to: None, ..target() };
    let mut form = Form::open(&catalog::REPLY, target, context, "sb-00000001".into(), None);
    write(&mut form, "body", "location");
    write(&mut form, "place", "1,2");
    press(&mut form, "ctrl-s", NOW);
    assert!(!form.is_review() && form.errors() == 1);
    assert!(field(&form, "place").error.as_ref().is_some_and(|why| why.contains("no message")));
}

#[test]
fn a_party_is_suggested_or_typed_and_brings_its_fields() {
    let mut form = open_all(&catalog::PAY, None);
    assert_eq!((field(&form, "from").value(), field(&form, "to").value()), {
        ("purse:main".to_owned(), "customer".to_owned())
    });
    assert_eq!(shown(&form), ["amount", "from", "to", "number", "via"]);
    write(&mut form, "amount", "KES 1500");
    write(&mut form, "to", "purse:float");
    assert_eq!(shown(&form), ["amount", "from", "to"], "what was offered made room");
    press(&mut form, "ctrl-r", NOW);
    write(&mut form, "from", "");
    press(&mut form, "pgdn", NOW);
    assert_eq!(field(&form, "from").value(), "customer");
    assert_eq!(shown(&form), ["amount", "from", "to", "number", "via"]);
    press(&mut form, "pgup", NOW);
    write(&mut form, "to", "Customer");
    assert_eq!(field(&form, "number").value(), "+254711000001", "a telephone");
    assert_eq!(field(&form, "via").value(), "payment 5250");
    press(&mut form, "ctrl-s", NOW);
    let command = &form.sheet().expect("reviewed").command;
    let CustomerCommand::InitiatePayment { credit, value, .. } = command else { panic!() };
    assert_eq!(value.to_string(), "KES 1,500.00");
    assert!(matches!(credit, crate::model::PaymentParty::Customer { .. }));
}

#[test]
fn calls_and_payments_want_a_telephone() {
    let mut target = target_of(&catalog::CALL);
    target.numbers.rotate_left(1);
    let (hello, zone) = (catalog::tests::hello(), TimeZone::UTC);
    let context = BuildContext { hello: &hello, at: NOW, zone: &zone, purses: &[] };
    let form = Form::open(&catalog::CALL, target, context, "sb-00000001".into(), None);
    assert_eq!(field(&form, "to").value(), "+254711000001", "not the telegram number before it");
    let kind = FieldKind::Channel(ChannelUse::Calls);
    let channel = form.fields().iter().find(|f| f.spec.kind == kind).unwrap();
    assert_eq!(channel.value(), "voice 0800", "no messaging number is offered");
}

#[test]
fn a_live_answer_runs_against_its_clock() {
    let mut form = open_all(&catalog::ANSWER_USSD, None);
    press(&mut form, "Karibu", NOW);
    let ticks = |form: &Form| form.next_wake().is_some_and(|wake| wake <= ms(1_000));
    assert!(ticks(&form), "the countdown is drawn every second");
    assert_eq!(form.deadline(), Some(ms(10_000)));
    press(&mut form, "f5", ms(9_000));
    assert!(form.is_review());
    form.key(KeyCode::Esc.into(), ms(9_900));
    let late = press(&mut form, "ctrl-s", ms(10_001));
    assert!(late.is_none() && !form.is_review(), "R-HOOK-1: too late");
    assert!(field(&form, "text").error.as_ref().is_some_and(|why| why.contains("too late")));
    form.wake(ms(12_000));
    form.wake(ms(14_000));
    assert_eq!(form.next_wake(), None, "nothing counts any more");
}

#[test]
fn a_plan_has_lines_and_its_errors_name_them() {
    let mut form = open_all(&catalog::ANSWER_CALL, None);
    press(&mut form, "say Karibu", NOW);
    press(&mut form, "enter", NOW);
    press(&mut form, "sing", NOW);
    press(&mut form, "ctrl-s", NOW);
    let why = field(&form, "actions").error.clone().unwrap_or_default();
    assert!(why.starts_with("line 2: sing is none of"), "{why}");
}

#[test]
fn a_reminder_is_cancelled_by_one_of_the_keys_the_customer_has() {
    let spec = &catalog::commands::CANCEL_REMINDER;
    let reminder = |key: &str| Reminder { key: key.into(), ..Reminder::default() };
    let reminders = vec![reminder("renewal"), reminder("call"), reminder("call")];
    let id = target_of(spec).customer.expect("a customer");
    let jane = CustomerState { id, reminders, ..CustomerState::default() };
    let (hello, zone) = (catalog::tests::hello(), TimeZone::UTC);
    let context = BuildContext { hello: &hello, at: NOW, zone: &zone, purses: &[] };
    let target = target_of(spec).completed(&jane);
    let mut form = Form::open(spec, target, context, "sb-00000001".into(), None);
    let offered: Vec<_> = field(&form, "key").suggestions.iter().map(|c| &*c.value).collect();
    assert_eq!(offered, ["call", "renewal"], "each once");
    assert_eq!(field(&form, "key").value(), "", "nothing is chosen for the agent");
    press(&mut form, "pgdn", NOW);
    press(&mut form, "pgdn", NOW);
    assert_eq!(field(&form, "key").value(), "renewal");
}

#[test]
fn r_later_5_messages_can_leave_later_and_texts_for_customers_take_replies() {
    let later = ["message", "reply", "edit-scheduled", "message-tag"];
    let texts = [&later[..], &["menu"]].concat();
    for spec in catalog::ALL.iter().copied() {
        let mut form = open_all(spec, None);
        assert_eq!(form.leaves_only_now().is_none(), later.contains(&spec.id), "{}", spec.id);
        assert_eq!(form.takes_no_reply().is_none(), texts.contains(&spec.id), "{}", spec.id);
        let before = form.focus();
        form.ask_when();
        let is_at = form.fields().get(form.focus()).is_some_and(|field| field.spec.name == "at");
        assert!(if later.contains(&spec.id) { is_at } else { form.focus() == before });
    }
}

#[test]
fn r_console_25_only_a_text_of_several_lines_is_written_in_an_editor() {
    for (spec, takes) in
        [(&catalog::MESSAGE, true), (&catalog::REPLY, true), (&catalog::ADOPT, false)]
    {
        let form = open_all(spec, None);
        assert_eq!(form.is_written_here().is_none(), takes, "{}", spec.id);
        assert_eq!(form.to_edit().is_ok(), takes, "{}", spec.id);
    }
}
