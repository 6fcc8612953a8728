//! What takes a command back, and where nothing does exactly.

use super::*;
use crate::model::CustomerRef;
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn tag(key: &str, value: &str, expires_at: Option<Timestamp>) -> Tag {
    Tag { key: key.into(), value: value.into(), expires_at }
}

fn reminder(app: &str, remind_at: Timestamp) -> Reminder {
    Reminder {
        app: app.into(),
        key: "renewal".into(),
        remind_at,
        interval: None,
        payload: "old".into(),
    }
}

fn me() -> CustomerRef {
    CustomerRef::Id("el_cst_1".into())
}

/// The form that takes a command back, and its values.
fn inverse(
    command: &CustomerCommand,
    before: &CustomerState,
) -> Option<(&'static str, Vec<(String, String)>)> {
    Inverse::of(command, before, NOW).map(|inverse| (inverse.spec.id, inverse.values))
}

fn values(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn update(key: &str) -> CustomerCommand {
    let values = vec![(key.to_owned(), DataValue::Text("gold".into()))];
    CustomerCommand::UpdateMetadata { customer: me(), values }
}

#[test]
fn data_goes_back_to_what_it_was_or_away_if_it_is_new() {
    let mut before = CustomerState::default();
    before.metadata.insert("plan".into(), DataValue::Text("basic".into()));
    before.metadata.insert("raw".into(), DataValue::Bytes(vec![1]));
    let set = Some((catalog::UPDATE_METADATA.id, values(&[("key", "plan"), ("value", "basic")])));
    assert_eq!(inverse(&update("plan"), &before), set);
    let delete = |keys: &[&str]| CustomerCommand::DeleteMetadata {
        customer: me(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
    };
    assert_eq!(inverse(&delete(&["plan"]), &before), set);
    let gone = Some((catalog::DELETE_METADATA.id, values(&[("keys", "city")])));
    assert_eq!(inverse(&update("city"), &before), gone);
    // A form writes no bytes, only one value at a time, and no key with a comma.
    assert_eq!(inverse(&update("raw"), &before), None);
    assert_eq!(inverse(&delete(&["plan", "raw"]), &before), None);
    assert_eq!(inverse(&update("a,b"), &before), None);
}

#[test]
fn tags_come_back_only_if_one_form_says_them_all() {
    let end = NOW.after(Duration::from_hours(1));
    let before = CustomerState {
        tags: vec![tag("tier", "vip", None), tag("promo", "x", Some(end)), tag("q", "a\"b", None)],
        ..CustomerState::default()
    };
    let delete = |keys: &[&str]| CustomerCommand::DeleteTags {
        customer: me(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
    };
    let back =
        Some((catalog::UPDATE_TAGS.id, values(&[("tags", "tier=\"vip\""), ("expires", "never")])));
    assert_eq!(inverse(&delete(&["tier"]), &before), back);
    assert_eq!(inverse(&delete(&["tier", "promo"]), &before), None, "they end at different times");
    let quote = [("tags", "q=\"a\"\"b\""), ("expires", "never")];
    let back = Some((catalog::UPDATE_TAGS.id, values(&quote)));
    assert_eq!(inverse(&delete(&["q"]), &before), back, "a quote in a list is doubled");
    let new = [tag("tier", "gold", None), tag("segment", "retail", None)];
    let update = CustomerCommand::UpdateTags { customer: me(), tags: new.into() };
    assert_eq!(inverse(&update, &before), None, "one is new and one was there");
    let over = CustomerState {
        tags: vec![tag("promo", "x", Some(NOW.before(Duration::from_secs(1))))],
        ..CustomerState::default()
    };
    assert_eq!(inverse(&delete(&["promo"]), &over), None, "its time is over");
}

#[test]
fn a_reminder_that_was_replaced_comes_back_unless_two_apps_have_one() {
    let at = NOW.after(Duration::from_hours(2));
    let of = |reminders: &[Reminder]| CustomerState {
        reminders: reminders.to_vec(),
        ..CustomerState::default()
    };
    let add = CustomerCommand::AddReminder { customer: me(), reminder: reminder("loyal", at) };
    let cancel = Some((catalog::CANCEL_REMINDER.id, values(&[("key", "renewal")])));
    assert_eq!(inverse(&add, &of(&[])), cancel);
    let (form, values) = inverse(&add, &of(&[reminder("loyal", at)])).expect("the one before");
    assert_eq!(form, catalog::ADD_REMINDER.id);
    assert!(values.contains(&("payload".to_owned(), "old".to_owned())), "{values:?}");
    assert_eq!(inverse(&add, &of(&[reminder("loyal", at), reminder("other", at)])), None);
    assert_eq!(inverse(&add, &of(&[reminder("loyal", NOW)])), None, "its time is over");
}
