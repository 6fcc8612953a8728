//! The bad input of every command. Each gets a sentence on the right field, and no command is made.

use super::{
    coverage::{LEAST, target_of},
    *,
};
use std::time::Duration;

/// A bad input: the id of the declaration, the field, its value, the field that must have the error,
/// and a part of that error.
type Bad<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

fn refused(id: &str, field: &str, value: &str, target: &Target) -> FieldErrors {
    let spec = Spec::by_id(id).unwrap();
    let (_, least) = LEAST.iter().find(|(name, _)| *name == id).unwrap();
    let mut values = Values::default();
    for (name, value) in *least {
        values.set(name, if *value == "4417" { "+254711000001" } else { *value });
    }
    values.set(field, value);
    if matches!(field, "media" | "place" | "template") {
        let body = if field == "place" { "location" } else { field };
        values.set("body", body);
    }
    let hello = hello();
    let cx = BuildContext { hello: &hello, at: NOW, zone: &zone(), purses: &[] };
    (spec.build)(&values, target, &cx).expect_err(&format!("{id}.{field} = {value:.40}"))
}

fn all_refused(table: &[Bad]) {
    for (id, field, value, at, why) in table {
        let spec = Spec::by_id(id).unwrap();
        let errors = refused(id, field, value, &target_of(spec));
        let said = errors.get(at).unwrap_or_else(|| panic!("{id}.{field} = {value:.40}: {errors}"));
        assert!(said.contains(why), "{id}.{field} = {value:.40}: {said}");
        assert!(spec.field(at).is_some(), "{id} has a field {at} to show it at");
    }
}

#[test]
fn amounts_that_cannot_be_moved() {
    let sentence = |amount: &str| {
        refused("pay", "amount", amount, &target_of(&PAY)).get("amount").map(str::to_owned)
    };
    for (amount, why) in [
        ("", "with its currency"),
        ("1500", "in which currency"),
        ("KES", "KES 1,500.00"),
        ("NaN KES", "NaN"),
        ("KES NaN", "such as KES"),
        ("KES inf", "such as KES"),
        ("inf", "such as KES"),
        ("-5 KES", "more than zero"),
        ("KES -5", "more than zero"),
        ("KES 0", "more than zero"),
        ("KES 0.00", "more than zero"),
        ("KES 1.005", "KES has 2 decimals, not 3"),
        ("KES 1.500", "KES has 2 decimals, not 3"),
        ("UGX 1.5", "UGX has no decimals"),
        ("KES 1,50", "not a number"),
        ("KES 1.5.0", "not a number"),
        ("KES 1.", "not a number"),
        ("KES 1e3", "KES"),
        ("KSHS 100", "three letters"),
        ("K3S 100", "K"),
        ("KES 1000000000001", "a million million"),
        ("KES 99999999999999999999999", "a million million"),
    ] {
        let said = sentence(amount).unwrap_or_else(|| panic!("{amount} was taken"));
        assert!(said.contains(why), "{amount}: {said}");
    }
}

#[test]
fn parties_that_cannot_be() {
    all_refused(&[
        ("pay", "from", "", "from", "purse:ID"),
        ("pay", "from", "main", "from", "purse:ID"),
        ("pay", "from", "till:5", "from", "purse:ID"),
        ("pay", "from", "purse:", "from", "which purse"),
        ("pay", "to", "wallet:", "to", "which wallet"),
        ("pay", "to", "wallet:a@", "to", "whose wallet"),
        ("pay", "to", "channel:5250", "to", "channel:NUMBER#CODE"),
        ("pay", "to", "channel:5250#x", "to", "whole number"),
        ("pay", "to", "channel:5250#1/", "to", "ACCOUNT"),
        ("pay", "from", "channel:5250#1", "from", "not supported (201)"),
        ("pay", "to", "purse:main", "to", "invalid (200)"),
        ("pay", "to", "customer", "number", "which of the customer's numbers"),
        ("pay", "to", "customer", "via", "payment 5250"),
    ]);
    let nobody = Target::default();
    let errors = refused("pay", "to", "wallet:savings", &nobody);
    assert!(errors.get("to").unwrap().contains("whose wallet"), "{errors}");
}

#[test]
fn lists_names_and_values() {
    let long = "k".repeat(256);
    let large = "x".repeat(64 * 1024 + 1);
    let payload = "x".repeat(16 * 1024 + 1);
    all_refused(&[
        ("tag", "tags", "", "tags", "which tags"),
        ("tag", "tags", "vip", "tags", "key=value"),
        ("tag", "expires", "2020-01-01", "expires", "has passed"),
        ("untag", "keys", "", "keys", "which keys"),
        ("untag", "keys", &long, "keys", "256 characters"),
        ("data", "key", "", "key", "missing"),
        ("data", "value", &large, "value", "65537 bytes"),
        ("lease", "key", "", "key", "missing"),
        ("lease", "key", &long, "key", "256 characters"),
        ("undata", "keys", " ,", "keys", "which keys"),
        ("ids", "ids", "", "ids", "which ids"),
        ("ids", "ids", "passport", "ids", "key=value"),
        ("ids", "ids", "passport=", "ids", "no value"),
        ("ids", "expires", "+0d", "expires", "that is now"),
        ("unids", "ids", "", "ids", "which ids"),
        ("adopt", "other", "", "other", "whom to adopt"),
        ("adopt", "other", "el_cst_9b1f", "other", "the same customer"),
        ("adopt", "other", "+254711000001", "other", "the same customer"),
        ("remind", "key", "", "key", "missing"),
        ("remind", "at", "", "at", "when: "),
        ("remind", "at", "2020-01-01 09:00", "at", "has passed"),
        ("remind", "every", "0s", "every", "at least a second"),
        ("remind", "payload", &payload, "payload", "16385 bytes"),
        ("unremind", "key", &long, "key", "256 characters"),
        ("message-tag", "tag", "", "tag", "whose tag"),
        ("message-tag", "tag", "gold", "tag", "key=value"),
        ("message-tag", "tag", "a=1, b=2", "tag", "one tag"),
        ("message-tag", "from", "sms 11111", "from", "not one of the org's"),
        ("message-tag", "text", "  ", "text", "write something"),
        ("remind-tag", "tag", "tier=", "tag", "no value"),
        ("remind-tag", "at", "yesterday", "at", "has passed: choose a later time"),
        ("remind-tag", "at", "soon", "at", "write +2h"),
        ("unremind-tag", "key", "", "key", "missing"),
        ("work", "action", "stop", "action", "pause, resume or cancel"),
    ]);
}

#[test]
fn messages_calls_consent_and_answers() {
    let (long, wide) = ("x".repeat(256), "x".repeat(183));
    all_refused(&[
        ("message", "media", "file.pdf", "media", "an address such as"),
        ("message", "media", "https://x.org/a.pdf", "body", "sms cannot carry media"),
        ("message", "place", "91, 0", "place", "between -90 and 90"),
        ("message", "place", "0, 180.1", "place", "between -180 and 180"),
        ("message", "place", "NaN, 0", "place", "in degrees"),
        ("message", "place", "inf, 0", "place", "in degrees"),
        ("message", "place", "-1.2921 36.8", "place", "in degrees"),
        ("message", "template", "", "template", "as approved"),
        ("message", "body", "fax", "body", "one of text"),
        ("reply", "text", "", "text", "write something"),
        ("consent", "reason", " ", "reason", "why: "),
        ("consent", "reason", &long, "reason", "256 characters"),
        ("consent", "action", "maybe", "action", "opt-in or opt-out"),
        ("consent", "from", "telegram acme_bot", "from", "cannot reach a telco number"),
        ("consent", "from", "voice 0800", "from", "messages travel on"),
        ("call", "to", "", "to", "which of the customer's numbers"),
        ("call", "to", "telegram:4417", "from", "voice cannot reach a telegram number"),
        ("call", "from", "sms 40404", "from", "a voice number"),
        ("call", "from", "0999", "from", "not one of the org's"),
        ("plan", "actions", "", "actions", "what the call does next"),
        ("plan", "actions", "dance", "actions", "line 1: dance is none of"),
        ("menu", "text", " ", "text", "what the phone shows"),
        ("menu", "text", &wide, "text", "1 too long: a USSD phone shows 182"),
        ("menu", "then", "stop", "then", "continue or end"),
    ]);
}

#[test]
fn what_is_not_locked_or_too_late_is_no_target() {
    let nobody = Target::default();
    for (id, field, at) in [
        ("tag", "tags", "tags"),
        ("remind", "key", "key"),
        ("lease", "key", "key"),
        ("ids", "ids", "ids"),
        ("adopt", "other", "other"),
        ("work", "action", "action"),
        ("menu", "text", "text"),
        ("plan", "actions", "actions"),
        ("reply", "text", "text"),
    ] {
        let (_, least) = LEAST.iter().find(|(name, _)| *name == id).unwrap();
        let value = least.iter().find(|(name, _)| *name == field).unwrap().1;
        let errors = refused(id, field, value, &nobody);
        assert!(errors.get(at).is_some(), "{id}: {errors}");
    }
    for (spec, other, name) in
        [(&ANSWER_USSD, &ANSWER_CALL, "text"), (&ANSWER_CALL, &ANSWER_USSD, "actions")]
    {
        let (_, least) = LEAST.iter().find(|(id, _)| *id == spec.id).unwrap();
        let value = least[0].1;
        let errors = refused(spec.id, name, value, &target_of(other));
        assert!(errors.get(name).unwrap().contains("nothing waits"), "the other kind: {errors}");
        let mut late = target_of(spec);
        let session = late.session.as_mut().unwrap();
        session.deadline = Some(NOW.before(Duration::from_millis(1)));
        let errors = refused(spec.id, name, value, &late);
        assert!(errors.get(name).unwrap().contains("too late"), "R-HOOK-1: {errors}");
    }
}
