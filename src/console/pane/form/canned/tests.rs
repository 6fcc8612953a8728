//! Canned replies in a form (R-CANNED-2).

use super::super::{
    FormWish,
    tests::{NOW, open, press, view},
};
use super::*;
use crate::{
    catalog,
    model::{CustomerCommand, DataValue},
};
use std::{sync::Arc, time::Duration};

fn reply(text: &str, then: &[(&str, &str, &str)]) -> CannedReply {
    let step = |(form, field, text): &(&str, &str, &str)| ReplyStep {
        form: (*form).to_owned(),
        values: vec![StepValue { field: (*field).to_owned(), text: (*text).to_owned() }],
    };
    CannedReply {
        name: "one".into(),
        text: text.into(),
        then: then.iter().map(step).collect(),
        ..CannedReply::default()
    }
}

/// A form whose customer is called so.
fn known(name: &str) -> Form {
    let mut form = open(&catalog::REPLY, None);
    let mut view = view(5);
    let customer = Arc::make_mut(&mut view.customer);
    customer.metadata.insert("name".into(), DataValue::Text(name.into()));
    form.learn(&view, NOW);
    form
}

fn text(form: &Form) -> String {
    form.draft(NOW).expect("a text").values[0].1.clone()
}

#[test]
fn r_canned_2_gaps_are_filled_for_the_customer_and_what_nobody_knows_is_asked_for() {
    let mut form = known("Jane Wanjiku");
    let reply =
        reply("Habari {{first-name}}! {{?amount}} kwa {{number}}, {{?day|leo}}. {{?amount}}", &[]);
    let left = form.insert_reply(&reply, NOW).expect("inserted");
    assert_eq!(left, ["{{?amount}}", "{{?day|leo}}"]);
    assert_eq!(asked_for(&left[1]), ("day".to_owned(), "leo".to_owned()));
    // A gap that is left keeps the message here.
    press(&mut form, "ctrl-s", NOW);
    let error = form.fields()[0].error.clone().expect("an error");
    assert!(!form.is_review() && error == "{{?amount}} has no value: fill it in", "{error}");
    form.fill_gap(&left[0], "KES 500", NOW).expect("room");
    form.fill_gap(&left[1], "kesho", NOW).expect("room");
    assert_eq!(text(&form), "Habari Jane! KES 500 kwa +254711000001, kesho. KES 500");
    press(&mut form, "ctrl-s", NOW);
    assert!(form.is_review());
}

#[test]
fn a_value_is_never_a_gap_whoever_wrote_it() {
    let mut form = known("{{?amount}} {{number}}");
    let left = form.insert_reply(&reply("Habari {{name}}", &[]), NOW).expect("inserted");
    assert_eq!(text(&form), "Habari { {?amount}} { {number}}");
    assert_eq!(left, Vec::<String>::new());
    let left = form.insert_reply(&reply(" {{?a}} {{?b}}", &[]), NOW).expect("inserted");
    form.fill_gap(&left[0], "{{?b}}", NOW).expect("room");
    form.fill_gap(&left[1], "2", NOW).expect("room");
    assert!(text(&form).ends_with(" { {?b}} 2"), "{}", text(&form));
}

#[test]
fn without_the_profile_only_the_agent_could_know_so_it_waits() {
    let mut form = open(&catalog::REPLY, None);
    let words =
        form.insert_reply(&reply("Habari {{name|rafiki}}", &[]), NOW).expect_err("no profile");
    assert!(words.contains("still on its way"), "{words}");
    assert_eq!(form.draft(NOW), None);
    assert!(form.insert_reply(&reply("Asante {{?x}}", &[]), NOW).is_ok(), "this one asks only");
}

#[test]
fn r_canned_3_the_sheet_lists_each_step_and_they_come_with_the_message() {
    let steps = [("tag", "tags", "asked={{?amount}}"), ("untag", "keys", "no-{{first-name}}")];
    let mut form = known("Jane Wanjiku");
    let left = form.insert_reply(&reply("Asante {{first-name}}", &steps), NOW).expect("inserted");
    assert_eq!(left, ["{{?amount}}"]);
    press(&mut form, "ctrl-s", NOW);
    let error = form.fields()[0].error.clone().expect("an error");
    assert_eq!(error, "what follows: Tag: {{?amount}} has no value");
    form.fill_gap(&left[0], "price", NOW).expect("room");
    let untag = catalog::Spec::by_id("untag").expect("a form").title;
    assert_eq!(form.steps(), ["Tag asked=price".to_owned(), format!("{untag} no-Jane")]);
    let draft = form.draft(NOW).expect("a draft");
    press(&mut form, "ctrl-s", NOW);
    let sheet = form.sheet().expect("a sheet");
    let listed: Vec<_> =
        sheet.sentences.iter().filter(|(what, _)| what.starts_with("then")).collect();
    assert!(listed.len() == 2 && listed[0].1.contains("asked=price"), "{listed:?}");
    let later = NOW.after(Duration::from_secs(2));
    let Some(FormWish::Ready(ready)) = press(&mut form, "s", later) else { panic!("not sent") };
    let [tag, data] = &ready.then[..] else { panic!("{:?}", ready.then) };
    assert!(matches!(tag.command, CustomerCommand::UpdateTags { .. }), "{tag:?}");
    assert!(tag.call != data.call && tag.call.is_valid() && !tag.hold);
    // From the draft the same steps come under the same keys.
    let mut form = open(&catalog::REPLY, Some(draft));
    press(&mut form, "ctrl-s", NOW);
    let Some(FormWish::Ready(again)) = press(&mut form, "s", later) else { panic!("not sent") };
    assert_eq!(again.then.iter().map(|r| &r.call).collect::<Vec<_>>(), [&tag.call, &data.call]);
}

#[test]
fn a_step_that_is_no_command_keeps_the_message_and_says_why() {
    let mut form = known("Jane");
    form.insert_reply(&reply("Asante", &[("tag", "tags", "=")]), NOW).expect("inserted");
    press(&mut form, "ctrl-s", NOW);
    let error = form.fields()[0].error.clone().expect("an error");
    assert!(!form.is_review() && error.starts_with("what follows: Tag "), "{error}");
    form.drop_steps(NOW);
    press(&mut form, "ctrl-s", NOW);
    assert!(form.is_review());
}

#[test]
fn what_does_not_fit_changes_nothing_and_says_so() {
    let mut form = known("Jane");
    form.insert_reply(&reply(&"a".repeat(4_080), &[]), NOW).expect("room");
    let before = text(&form);
    let long = reply("Habari {{?amount}} na zaidi", &[("tag", "tags", "a=b")]);
    let why = form.insert_reply(&long, NOW).expect_err("no room");
    assert!(why.starts_with("no room") && form.steps().is_empty(), "{why}");
    let left = form.insert_reply(&reply(" {{?x}}", &[]), NOW).expect("room");
    assert!(form.fill_gap(&left[0], &"1".repeat(30), NOW).is_err());
    assert_eq!(text(&form), format!("{before} {{{{?x}}}}"));
}

#[test]
fn a_value_makes_no_further_values_of_a_step_whoever_wrote_it() {
    for value in ["bei", "bei, tier=vip", "a\nb=c", "\"bei\", x"] {
        let mut form = open(&catalog::REPLY, None);
        let mut view = view(5);
        let customer = Arc::make_mut(&mut view.customer);
        customer.metadata.insert("topic".into(), DataValue::Text(value.into()));
        form.learn(&view, NOW);
        let tags = "topic={{data.topic}}, said={{?said}}";
        let left = form.insert_reply(&reply("Asante", &[("tag", "tags", tags)]), NOW);
        form.fill_gap(&left.expect("inserted")[0], value, NOW).expect("room");
        let [step] = &form.follow(NOW).expect("a step")[..] else { panic!("{value:?}") };
        let CustomerCommand::UpdateTags { tags, .. } = &step.command else { panic!("no tags") };
        let shown: Vec<_> = tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
        assert_eq!(shown, [("topic", value), ("said", value)]);
    }
}

#[test]
fn a_value_of_a_template_is_one_whatever_is_in_it() {
    let template = CannedReply {
        template: "price".into(),
        params: vec!["{{name}}".into(), "{{?amount}}".into()],
        ..reply("Habari {{1}}, bei ni {{2}}.", &[])
    };
    let mut form = known("Kamau, \"Jane\"");
    let left = form.insert_reply(&template, NOW).expect("inserted");
    form.fill_gap(&left[0], "KES 1,500 \"leo\"", NOW).expect("room");
    press(&mut form, "ctrl-s", NOW);
    let Some(sheet) = form.sheet() else { panic!("{:?}", form.fields()) };
    let CustomerCommand::ReplyToMessage { body, .. } = &sheet.command else { panic!("no reply") };
    let params = &body.template.as_ref().expect("a template").params;
    assert_eq!(*params, ["Kamau, \"Jane\"", "KES 1,500 \"leo\""]);
    assert_eq!(body.text.as_deref(), Some("Habari Kamau, \"Jane\", bei ni KES 1,500 \"leo\"."));
}

#[test]
fn nothing_follows_a_text_that_does_not_go() {
    let mut form = known("Jane");
    form.insert_reply(&reply("Asante", &[("tag", "tags", "a=1")]), NOW).expect("inserted");
    while form.fields()[form.focus()].spec.name != "body" {
        press(&mut form, "tab", NOW);
    }
    press(&mut form, "right", NOW);
    press(&mut form, "right", NOW);
    assert_eq!(form.fields()[form.focus()].value(), "media");
    assert_eq!(form.steps(), Vec::<String>::new());
}

#[test]
fn r_canned_3_a_reply_that_is_taken_back_takes_its_steps_along() {
    let mut form = known("Jane");
    let first = reply("Asante {{first-name}}", &[("tag", "tags", "a=1")]);
    form.insert_reply(&first, NOW).expect("room");
    let left = form.insert_reply(&reply(" {{?x}}", &[("untag", "keys", "b")]), NOW).expect("room");
    form.fill_gap(&left[0], "250", NOW).expect("room");
    assert_eq!((text(&form).as_str(), form.steps().len()), ("Asante Jane 250", 2));
    press(&mut form, "ctrl-z", NOW);
    assert_eq!(
        (text(&form).as_str(), form.steps().len()),
        ("Asante Jane", 1),
        "the second as a whole"
    );
    press(&mut form, "ctrl-u", NOW);
    assert_eq!(form.steps().len(), 0, "nothing follows nothing");
    assert_eq!(form.whole_draft(NOW).reply, None);
    form.insert_reply(&first, NOW).expect("room");
    assert_eq!(form.whole_draft(NOW).reply.as_deref(), Some("one"));
    press(&mut form, "!", NOW);
    assert_eq!(form.whole_draft(NOW).reply, None, "it is the agent's own text now");
}

#[test]
fn r_canned_2_a_template_is_written_with_its_values_and_what_is_asked_for() {
    let template = CannedReply {
        template: "price".into(),
        params: vec!["{{first-name}}".into(), "{{?amount}}".into()],
        ..reply("Habari {{1}}, bei ni {{2}}.", &[])
    };
    let mut form = known("Jane Wanjiku");
    let left = form.insert_reply(&template, NOW).expect("inserted");
    assert_eq!(left, ["{{?amount}}"]);
    press(&mut form, "ctrl-s", NOW);
    assert!(!form.is_review(), "a value has a gap");
    form.fill_gap(&left[0], "KES 90", NOW).expect("room");
    press(&mut form, "ctrl-s", NOW);
    let Some(sheet) = form.sheet() else { panic!("{:?}", form.fields()) };
    let CustomerCommand::ReplyToMessage { body, .. } = &sheet.command else { panic!("no reply") };
    assert_eq!(body.text.as_deref(), Some("Habari Jane, bei ni KES 90."));
    assert_eq!(body.template.as_ref().map(|t| t.params.len()), Some(2));
    let mut form = known("Jane");
    press(&mut form, "habari", NOW);
    let why = form.insert_reply(&template, NOW).expect_err("a text is there");
    assert!(why.contains("stands alone"), "{why}");
}
