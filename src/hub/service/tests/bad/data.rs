//! Bad tags, secondary ids, metadata and leases: empty, too long, too many, held by another; and what is
//! odd but accepted (dates that are over, deleting what is not there).

use super::{Says::*, *};
use crate::{
    model::DataValue,
    wire::proto::hera::{DataMapValue, UpdateCustomerMetadataRequest},
};

fn tags(pairs: &[(&str, &str)]) -> Ask {
    let tag = |(key, value): &(&str, &str)| Tag {
        key: (*key).to_owned(),
        value: (*value).to_owned(),
        expires_at: None,
    };
    let tags = pairs.iter().map(tag).collect();
    ask(CustomerCommand::UpdateTags { customer: jane(), tags })
}

fn ids(pairs: &[(&str, &str)]) -> Vec<SecondaryId> {
    let id = |(key, value): &(&str, &str)| SecondaryId {
        key: (*key).to_owned(),
        value: (*value).to_owned(),
    };
    pairs.iter().map(id).collect()
}

fn name(pairs: &[(&str, &str)]) -> Ask {
    let ids = ids(pairs).into_iter().map(|id| (id, None)).collect();
    ask(CustomerCommand::UpdateSecondaryIds { customer: jane(), ids })
}

fn unname(pairs: &[(&str, &str)]) -> Ask {
    ask(CustomerCommand::DeleteSecondaryIds { customer: jane(), ids: ids(pairs) })
}

fn data(values: Vec<(String, DataValue)>) -> Ask {
    ask(CustomerCommand::UpdateMetadata { customer: jane(), values })
}

fn text(value: impl Into<String>) -> DataValue {
    DataValue::Text(value.into())
}

/// A list of keys for each of the two operations that take one.
fn delete(what: &str, keys: &[String], says: Says) -> [Row; 2] {
    let (customer, keys) = (jane(), keys.to_vec());
    let tags = CustomerCommand::DeleteTags { customer: customer.clone(), keys: keys.clone() };
    let data = CustomerCommand::DeleteMetadata { customer, keys };
    [
        row(format!("delete tags: {what}"), ask(tags), says),
        row(format!("delete data: {what}"), ask(data), says),
    ]
}

#[tokio::test]
async fn r_tag_1_keys_and_values_are_not_empty_and_not_over_long() {
    let stage = Stage::set().await;
    let long = long(256);
    let many: Vec<_> = (0..300).map(|n| n.to_string()).collect();
    let many: Vec<_> = many.iter().map(|key| (key.as_str(), "v")).collect();
    let mut rows = vec![
        row("no tags", tags(&[]), No),
        row("an empty key", tags(&[("", "v")]), No),
        row("an empty value", tags(&[("k", "")]), No),
        row("an over-long key", tags(&[(&long, "v")]), No),
        row("an over-long value", tags(&[("k", &long)]), No),
        row("one of two is bad: none is set (R-REPLY-3)", tags(&[("k", "v"), ("", "v")]), No),
        row("too many at once", tags(&many), No),
    ];
    rows.extend(delete("no keys", &[], No));
    stage.check(rows).await;
    let customer = done(&stage.rig, CustomerCommand::Meet(jane())).await;
    assert_eq!(customer.customer.as_deref(), Some(stage.jane.as_str()));
}

#[tokio::test]
async fn r_sid_2_an_id_belongs_to_one_and_is_a_pair_of_words() {
    let stage = Stage::set().await;
    let long = long(256);
    let rows = vec![
        row("no ids", name(&[]), No),
        row("an empty key", name(&[("", "v")]), No),
        row("an empty value", name(&[("k", "")]), No),
        row("an over-long key", name(&[(&long, "v")]), No),
        row("an over-long value", name(&[("k", &long)]), No),
        row("somebody else's", name(&[("passport", "omar")]), No),
        row("one of two is somebody else's", name(&[("k", "v"), ("passport", "omar")]), No),
        row("nothing to delete from", unname(&[]), No),
        row("delete without a key", unname(&[("", "v")]), No),
    ];
    stage.check(rows).await;
    let said = call(&stage.rig, name(&[("passport", "omar")])).await.unwrap();
    assert!(said.words.contains(stage.omar.as_str()), "names the holder: {}", said.words);
}

#[tokio::test]
async fn r_meta_2_metadata_has_its_limits() {
    let stage = Stage::set().await;
    let many = (0..257).map(|n| (n.to_string(), text("v"))).collect();
    let heavy = (0..17).map(|n| (n.to_string(), text(long(64 << 10)))).collect();
    let Ask::UpdateCustomerMetadata(mut armless) = data(vec![("k".into(), text("v"))]) else {
        panic!("not an update of metadata")
    };
    armless.metadata.insert("k".into(), DataMapValue { value: None });
    let armless: UpdateCustomerMetadataRequest = armless;
    let lease =
        |key: &str| ask(CustomerCommand::LeaseMetadata { customer: jane(), key: key.to_owned() });
    let rows = vec![
        row("an empty key", data(vec![(String::new(), text("v"))]), No),
        row("an over-long key", data(vec![(long(256), text("v"))]), No),
        row("an over-long value", data(vec![("k".into(), text(long((64 << 10) + 1)))]), No),
        row("too many keys", data(many), No),
        row("more than a MiB in all (D-SIZE)", data(heavy), No),
        row("a value with neither arm (R-META-1)", Ask::UpdateCustomerMetadata(armless), No),
        row("a lease of no key", lease(""), No),
        row("a lease of an over-long key", lease(&long(256)), No),
    ];
    stage.check(rows).await;
}

#[tokio::test]
async fn what_is_odd_but_not_wrong_is_done() {
    let stage = Stage::set().await;
    // It has expired, but not so long ago that a sweep removes it during the test (R-EXP-1).
    let over = Some(crate::hub::clock::now().before(std::time::Duration::from_mins(1)));
    let tag = |key: &str, expires_at| Tag { key: key.into(), value: "v".into(), expires_at };
    let expired_tag = vec![tag("late", over), tag("live", None)];
    let expired_tag = CustomerCommand::UpdateTags { customer: jane(), tags: expired_tag };
    let ids = vec![(passport("late"), over)];
    let expired_id = CustomerCommand::UpdateSecondaryIds { customer: jane(), ids };
    let words = [
        (&expired_tag, "2 tags updated, 1 of them expired already"),
        (&expired_id, "1 secondary id updated, 1 of them expired already"),
    ];
    for (command, words) in words {
        assert_eq!(call(&stage.rig, ask(command.clone())).await.unwrap().words, words, "D-ZERO");
    }
    let mut rows = vec![
        row("a tag whose date is over (R-EXP-1)", ask(expired_tag), Yes),
        row("an id whose date is over (R-EXP-1)", ask(expired_id), Yes),
        row("no metadata at all (R-META-2)", data(vec![]), Yes),
        row("an id that is not there (R-REPLY-4)", unname(&[("passport", "none")]), Yes),
        row("every id of a key (R-SID-3)", unname(&[("car", "")]), Yes),
    ];
    rows.extend(delete("keys that are not there (R-REPLY-4)", &["none".to_owned()], Yes));
    rows.extend(delete("a key that cannot be there (R-REPLY-4)", &[String::new()], Yes));
    stage.check(rows).await;
    // What has expired is inert at once, so it resolves to nobody.
    let late = CustomerRef::Secondary(passport("late"));
    assert!(!done(&stage.rig, CustomerCommand::Meet(late)).await.ok);
}

/// The zero times of protobuf and of Go, and a second before 1970.
#[tokio::test]
async fn d_zero_a_time_before_1970_is_never() {
    let stage = Stage::set().await;
    for seconds in [0, -1, -62_135_596_800] {
        let expiration = Some(prost_types::Timestamp { seconds, nanos: 0 });
        let (mut tags, mut ids) = (tags(&[("k", "v")]), name(&[("k", "v")]));
        match (&mut tags, &mut ids) {
            (Ask::UpdateCustomerTag(tags), Ask::UpdateCustomerSecondaryId(ids)) => {
                tags.tags[0].expiration = expiration;
                ids.secondary_ids[0].expiration = expiration;
            }
            other => panic!("neither tags nor ids: {other:?}"),
        }
        for (ask, words) in [(tags, "1 tag updated"), (ids, "1 secondary id updated")] {
            assert_eq!(call(&stage.rig, ask).await.unwrap().words, words, "{seconds}");
        }
        let customer = stage.jane().await;
        let tag = customer.tags.iter().find(|tag| tag.key == "k").unwrap();
        let id = customer.secondary_ids.iter().find(|(id, _)| id.key == "k").unwrap();
        assert_eq!((tag.expires_at, id.1), (None, None), "{seconds}");
    }
}
