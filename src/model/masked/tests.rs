//! What stays and what goes when an event is masked.

use super::*;
use crate::model::{
    arbitrary,
    event_line::EventLine,
    id::{OrgId, Seq},
};
use proptest::prelude::*;
use serde_json::Value;

/// The texts of a JSON value that stand under one of these names, at any depth.
fn texts(value: &Value, names: &[&str], inside: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) if inside => found.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|v| texts(v, names, inside, found)),
        Value::Object(all) => {
            for (name, value) in all {
                texts(value, names, inside || names.contains(&name.as_str()), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

proptest! {
    #[test]
    fn nothing_personal_is_left(event in arbitrary::event()) {
        let masked = event.masked();
        let json = serde_json::to_value(&masked).unwrap();
        let mut left = Vec::new();
        let personal = ["name", "body", "menu", "reason", "payload", "input", "digits", "recording_url", "account"];
        let kind = &json["kind"];
        texts(kind, &personal[1..], false, &mut left);
        left.extend(masked.name.clone());
        // Words of the contract, such as the kind of a file, and the name of a template stay.
        let stays = ["image", "audio", "video", "document", "voice", "sticker", "unspecified"];
        let template = texts_of_templates(kind);
        left.retain(|text| !stays.contains(&text.as_str()) && !template.contains(text));
        for text in left {
            prop_assert!(text.chars().all(|c| shaped(c) == c), "{text:?} in {json}");
        }
    }

    #[test]
    fn a_masked_event_is_read_back_and_masked_no_further(event in arbitrary::event()) {
        let masked = event.masked();
        prop_assert_eq!(&masked.masked(), &masked);
        let line = EventLine::new(Seq(1), 0, &OrgId::from("acme"), masked);
        prop_assert_eq!(EventLine::read(&line.json()).map(|read| read.json()), Ok(line.json()));
    }

    #[test]
    fn what_an_analyst_needs_stays(event in arbitrary::event()) {
        let masked = event.masked();
        prop_assert_eq!((masked.at, &masked.customer, masked.kind.code()), (event.at, &event.customer, event.kind.code()));
        prop_assert_eq!((masked.kind.value(), &masked.channel), (event.kind.value(), &event.channel));
        let length = |number: Option<&CustomerNumber>| number.map(|n| n.number.chars().count());
        prop_assert_eq!(length(masked.number.as_ref()), length(event.number.as_ref()));
    }
}

fn texts_of_templates(kind: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut look = vec![kind];
    while let Some(value) = look.pop() {
        match value {
            Value::Array(all) => look.extend(all),
            Value::Object(all) => {
                if let Some(name) = all.get("template").and_then(|t| t.get("name")) {
                    found.extend(name.as_str().map(str::to_owned));
                }
                look.extend(all.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

#[test]
fn a_number_keeps_its_shape_and_its_end() {
    let mut number = CustomerNumber::telco("+254711000101");
    mask_number(&mut number);
    assert_eq!(number.number, "+000000000101");
    let mut text = "Habari, mimi ni Jane Wanjirũ 3x!".to_owned();
    shape(&mut text);
    assert_eq!(text, "Xxxxxx, xxxx xx Xxxx Xxxxxxx 0x!");
}

#[test]
fn r_see_1_words_of_others_lose_their_telephone_numbers_and_nothing_else() {
    for (said, told) in [
        ("no such number +254711000123", "no such number +000000000123"),
        ("0711000123 and 12345", "0000000123 and 12345"),
        ("ends with 123456", "ends with 000456"),
        ("", ""),
    ] {
        assert_eq!(without_numbers(said), told);
    }
}
