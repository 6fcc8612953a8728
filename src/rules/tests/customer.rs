//! How a customer is named (R-ADDR-1 to R-ADDR-5), and what apps record about one: tags,
//! secondary ids, metadata.

use super::*;
use crate::model::{DataValue, Provider, SecondaryId};

fn tags(tags: &[(&str, &str)]) -> Command {
    super::tags(to_jane(), tags)
}
fn untag(keys: &[&str]) -> Command {
    let keys = keys.iter().map(ToString::to_string).collect();
    CustomerCommand::DeleteTags { customer: to_jane(), keys }.into()
}
fn data(values: &[(&str, &str)]) -> Command {
    let text = |(k, v): &(&str, &str)| ((*k).to_owned(), DataValue::Text((*v).to_owned()));
    let values = values.iter().map(text).collect();
    CustomerCommand::UpdateMetadata { customer: to_jane(), values }.into()
}
fn pair(value: &str) -> SecondaryId {
    SecondaryId { key: "passport".into(), value: value.into() }
}
fn name(customer: CustomerRef, value: &str, expires_at: Option<Timestamp>) -> Command {
    let ids = vec![(pair(value), expires_at)];
    CustomerCommand::UpdateSecondaryIds { customer, ids }.into()
}

#[test]
fn r_addr_1_a_new_number_creates_the_customer_whatever_the_operation() {
    nothing().when(meet()).then(&["NEW new customer"]).accepted("customer created");
    nothing().when(untag(&["vip"])).then(&["NEW new customer"]).accepted("nothing to delete");
    let story = nothing().when(tags(&[("vip", "yes")]));
    let story = story.then(&["NEW new customer", "TAG tagged vip=yes"]).accepted("1 tag updated");
    assert_eq!(story.last.receipt.customer(), Some(&story.jane().id));
    given([meet()]).when(meet()).then(&[]).accepted("customer found");
}

#[test]
fn r_addr_2_unknown_ids_create_nothing() {
    let id = CustomerRef::Id("el_cst_00".into());
    nothing().when(CustomerCommand::Meet(id)).refused("no customer el_cst_00");
    nothing().when(CustomerCommand::Meet(CustomerRef::Id("".into()))).refused("no customer given");
    nothing().when(CustomerCommand::Meet(CustomerRef::Secondary(pair("1")))).refused("passport:1");
}

#[test]
fn r_addr_3_customer_ids_are_a_prefix_and_32_hex_digits() {
    let story = given([meet()]);
    assert_eq!(story.jane().id.as_str(), "el_cst_00000000000000000000000000000001");
}

#[test]
fn r_addr_4_without_a_provider_only_the_one_existing_customer_is_meant() {
    let bare = |n: &str| CustomerRef::Number(CustomerNumber::new(Provider::Unspecified, n));
    let story = given([meet()]);
    assert_eq!(
        story.who(&bare("+254711000001")).map(|c| c.id.clone()),
        Some(story.jane().id.clone())
    );
    let story = story.when(CustomerCommand::Meet(bare("+254799"))).refused("no provider");
    let other = CustomerNumber::new(Provider::Telegram, "+254711000001");
    story
        .when(CustomerCommand::Meet(CustomerRef::Number(other)))
        .then(&["NEW new customer"])
        .when(CustomerCommand::Meet(bare("+254711000001")))
        .refused("several customers");
}

#[test]
fn r_addr_5_blanks_around_a_number_do_not_count_but_the_plus_does() {
    let number = |text: &str| {
        let number = CustomerNumber { number: text.into(), ..jane() };
        CustomerCommand::Meet(CustomerRef::Number(number))
    };
    let story = given([meet()]);
    story
        .when(number("  +254711000001 "))
        .accepted("customer found")
        .when(number("254711000001"))
        .accepted("customer created")
        .when(number("  "))
        .refused("an empty customer number");
}

#[test]
fn r_reply_2_a_refusal_names_the_customer() {
    let story = given([meet()]).when(tags(&[])).refused("no tags given");
    assert_eq!(story.last.receipt.customer(), Some(&story.jane().id));
}

#[test]
fn r_reply_3_updates_succeed_or_fail_together() {
    let story = given([meet()]).when(tags(&[("vip", "yes"), ("", "x")])).refused("empty tag key");
    assert!(story.jane().tags.is_empty());
}

#[test]
fn r_reply_4_deleting_what_is_not_there_succeeds() {
    let story = given([tags(&[("a", "1"), ("b", "2")])]);
    let story = story.when(untag(&["b", "c", "b"])).then(&["TAG untagged b"]);
    let story = story.accepted("1 tag deleted").when(untag(&["b"]));
    story.then(&[]).accepted("nothing to delete").when(untag(&[])).refused("no keys given");
}

#[test]
fn r_tag_1_one_value_per_key_the_last_wins_in_the_old_place() {
    let story = given([tags(&[("a", "1"), ("b", "1")])]);
    let story = story.when(tags(&[("a", "2"), ("a", "3")])).then(&["TAG tagged a=3"]);
    assert_eq!(story.jane().tags, [tag("a", "3"), tag("b", "1")]);
    let long = "k".repeat(256);
    story
        .when(tags(&[(&long, "1")]))
        .refused("a tag key longer than 255 characters")
        .when(tags(&[("k", "")]))
        .refused("an empty tag value")
        .when(tags(&[(&"ä".repeat(255), "1")]))
        .accepted("1 tag updated");
}

#[test]
fn r_tag_2_a_tag_or_id_without_an_expiry_never_ends() {
    let years = 50 * 365 * 24 * 3600;
    let story = given([tags(&[("a", "1")])]).when(CustomerCommand::UpdateSecondaryIds {
        customer: to_jane(),
        ids: vec![(pair("1"), None)],
    });
    let story = story.later(years).swept().then(&[]);
    assert_eq!((story.jane().tags.len(), story.due()), (1, None));
    assert!(story.who(&CustomerRef::Secondary(pair("1"))).is_some());
}

#[test]
fn r_meta_1_a_value_keeps_its_arm_and_names_the_customer() {
    let bytes = vec![("photo".to_owned(), DataValue::Bytes(vec![0, 255]))];
    let story = given([data(&[("name", "\"Jane\"")])])
        .when(CustomerCommand::UpdateMetadata { customer: to_jane(), values: bytes });
    let story = story.then(&["DAT data photo=2 bytes"]).accepted("1 metadata value updated");
    assert_eq!(story.jane().metadata["photo"], DataValue::Bytes(vec![0, 255]));
    assert_eq!(story.last.events[0].name.as_deref(), Some("Jane"));
}

#[test]
fn r_meta_2_an_empty_map_succeeds_and_limits_hold() {
    let most = "x".repeat(64 * 1024);
    given([meet()])
        .when(data(&[]))
        .then(&[])
        .accepted("nothing to update")
        .when(data(&[("k", &most)]))
        .accepted("1 metadata value updated")
        .when(data(&[("k", &format!("{most}x"))]))
        .refused("the value of k is larger than 64 KiB")
        .when(data(&[(&"k".repeat(256), "")]))
        .refused("255 characters");
}

#[test]
fn d_size_what_is_too_long_for_a_name_is_not_carried_by_every_event() {
    let data = |text: String| {
        let values = vec![("name".to_owned(), DataValue::Text(text))];
        CustomerCommand::UpdateMetadata { customer: to_jane(), values }
    };
    let story = given([meet()]).when(data("\u{e9}".repeat(30_000))).when(send(Channel::Sms, "x"));
    let carried = story.last.events[0].name.clone();
    assert_eq!(carried, Some("\u{e9}".repeat(255)));
}

#[test]
fn d_size_metadata_has_256_keys_and_a_mebibyte_at_most() {
    let keys: Vec<String> = (0..257).map(|i| i.to_string()).collect();
    let all: Vec<(&str, &str)> = keys.iter().map(|k| (k.as_str(), "v")).collect();
    let story = nothing().when(data(&all)).refused("256 metadata keys");
    let story = story.when(data(&all[..256])).accepted("256 metadata values updated");
    // Replacing is possible at the limit.
    story.when(data(&all[..1])).accepted("1 metadata value updated");
    let value = "x".repeat(64 * 1024);
    let big: Vec<(&str, &str)> = keys[..16].iter().map(|k| (k.as_str(), value.as_str())).collect();
    let story = nothing().when(data(&big)).refused("1048576 bytes of metadata");
    story.when(data(&big[..15])).accepted("15 metadata values updated");
}

#[test]
fn deleted_metadata_is_gone() {
    let story = given([data(&[("a", "1"), ("b", "2")])])
        .when(CustomerCommand::DeleteMetadata { customer: to_jane(), keys: vec!["a".into()] });
    let story = story.then(&["DAT data removed: a"]).accepted("1 metadata value deleted");
    assert_eq!(story.jane().metadata.keys().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn r_sid_1_the_same_pair_renews_and_a_new_value_is_a_second_id() {
    let soon = Some(Timestamp::from_secs(2_000_000));
    let story = given([name(to_jane(), "1", None), name(to_jane(), "2", soon)]);
    let story = story.when(name(to_jane(), "1", soon)).accepted("1 secondary id updated");
    assert_eq!(story.jane().secondary_ids, [(pair("1"), soon), (pair("2"), soon)]);
    assert!(story.who(&CustomerRef::Secondary(pair("2"))).is_some());
}

#[test]
fn r_sid_2_a_live_pair_belongs_to_one_customer_and_an_expired_one_is_free() {
    let at = Some(Timestamp::from_secs(1_000_100));
    let story = given([name(to_jane(), "1", at)]).when(name(to_omar(), "1", None));
    let story = story.refused("belongs to el_cst_").later(100);
    assert!(story.who(&CustomerRef::Secondary(pair("1"))).is_none(), "R-EXP-1: inert at once");
    let story = story.when(name(to_omar(), "1", None));
    let story =
        story.then(&["EXP expired: passport:****", "NEW new customer", "IDS id passport:****"]);
    assert!(story.jane().secondary_ids.is_empty());
    let found = story.who(&CustomerRef::Secondary(pair("1")));
    assert_eq!(found.expect("Omar").numbers, [omar()]);
}

#[test]
fn r_sid_3_a_mapping_without_a_value_deletes_every_id_with_that_key() {
    let badge = SecondaryId { key: "badge".into(), value: "1".into() };
    let gives = |customer, ids: &[&SecondaryId]| {
        let ids = ids.iter().map(|id| ((*id).clone(), None)).collect();
        CustomerCommand::UpdateSecondaryIds { customer, ids }
    };
    let takes = |customer, ids: &[SecondaryId]| CustomerCommand::DeleteSecondaryIds {
        customer,
        ids: ids.to_vec(),
    };
    let story = given([gives(to_jane(), &[&pair("1"), &badge, &pair("2"), &pair("3")])]);
    let story = story.when(takes(to_jane(), &[pair("2")])).accepted("1 secondary id deleted");
    let story = story.then(&["IDS id removed: passport:****"]);
    // What is not there, or belongs to somebody else, is not deleted, and that is a success (R-REPLY-4).
    let story = story.when(takes(to_jane(), &[pair("2")])).then(&[]).accepted("nothing to delete");
    let story = story.when(takes(to_omar(), &[pair("1")])).accepted("nothing to delete");
    // Naming the customer by one of them is fine.
    let by = CustomerRef::Secondary(pair("3"));
    let story = story.when(takes(by.clone(), &[pair("")]));
    let story = story.then(&["IDS id removed: passport:****, passport:****"]);
    let story = story.accepted("2 secondary ids deleted");
    assert_eq!(story.jane().secondary_ids, [(badge.clone(), None)]);
    assert!(story.who(&by).is_none());
    story
        .when(takes(by, &[badge]))
        .refused("no customer has the id passport:3")
        .when(takes(to_jane(), &[]))
        .refused("no secondary ids given")
        .when(takes(to_jane(), &[SecondaryId { key: String::new(), value: "1".into() }]))
        .refused("an empty secondary id key");
}

#[test]
fn r_evt_1_events_of_a_customer_are_strictly_later_than_the_one_before() {
    let story = nothing().when(tags(&[("a", "1")])).when(tags(&[("a", "2")]));
    let times: Vec<_> = story.entries.iter().flat_map(|e| &e.events).map(|e| e.at).collect();
    let next = |n| story.now.after(Duration::from_micros(n));
    assert_eq!(times, [next(0), next(1), next(2)], "one microsecond apart at the same instant");
    assert_eq!(story.jane().touched_at, next(2));
}

#[test]
fn an_envelope_says_who_did_it_for_which_app_to_which_number() {
    let story = given([data(&[("name", "Jane")])]).when(tags(&[("a", "1")]));
    let event = &story.last.events[0];
    assert_eq!(event.app, Some("shop".into()));
    assert_eq!(event.actor, Actor::Key("wanjiku".into()));
    assert_eq!(event.number, Some(jane()));
    assert_eq!(event.name.as_deref(), Some("Jane"));
}
