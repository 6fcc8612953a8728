//! The operations of the contract: what each asks for, what it makes of the answer, and what it refuses
//! before anything is sent.

mod traffic;

use super::fake::{End, Fake};
use crate::{
    model::{
        Body, Channel, ChannelNumber, ConsentAction, CustomerCommand as Command, CustomerId,
        CustomerNumber, CustomerRef, DataValue, LeaseReceipt, Provider, Receipt, Reminder,
        SecondaryId, StateReceipt, Tag, TagMessage, TagPair, Timestamp, WorkReceipt,
    },
    sdk::{Client, Customer, CustomerSelector, Error, PromptAnswer, Serializer},
    wire::proto::hera,
};
use std::{pin::pin, time::Duration};
use tokio::time::Instant;

fn jane_s() -> CustomerNumber {
    CustomerNumber::telco("+254711000001")
}

fn passport() -> SecondaryId {
    SecondaryId { key: "passport".into(), value: "808083".into() }
}

fn gold() -> Tag {
    Tag { key: "tier".into(), value: "gold".into(), ..Tag::default() }
}

fn pair() -> TagPair {
    TagPair { key: "tier".into(), value: "gold".into() }
}

fn sms() -> ChannelNumber {
    ChannelNumber::new(Channel::Sms, "40404")
}

fn reminder(app: &str) -> Reminder {
    Reminder { app: app.into(), key: "visit".into(), ..Reminder::default() }
}

fn by_number() -> CustomerRef {
    CustomerRef::Number(jane_s())
}

fn by_id(id: &str) -> CustomerRef {
    CustomerRef::Id(id.into())
}

/// A hub, a client and a customer known by number.
fn desk() -> (Fake, Client, Customer) {
    let fake = Fake::new([]);
    let client = fake.client();
    let jane = Customer::new(&client, jane_s()).unwrap();
    (fake, client, jane)
}

impl Fake {
    fn asked_for(&self) -> Vec<Command> {
        self.with(|script| std::mem::take(&mut script.commands))
    }
    fn answers(&self, receipt: Receipt) {
        self.with(|script| script.receipts.push_back(receipt));
    }
}

fn usage<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Usage(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn auth_token_is_a_token_with_its_lifetime() {
    let (_, client, _) = desk();
    let token = client.auth_token().await.unwrap();
    assert_eq!((token.token.expose(), token.lifetime.as_secs()), ("short-lived", 3_600));
    assert!(!format!("{token:?}").contains("short-lived"));
}

#[tokio::test(start_paused = true)]
async fn r_cust_1_a_handle_names_somebody_and_a_number_has_its_provider() {
    let (fake, client, _) = desk();
    let nobody = Customer::new(&client, CustomerSelector::default()).unwrap_err();
    assert_eq!(nobody, Error::Usage("a customer needs an id, a number or a secondary id".into()));
    let bare = CustomerNumber::new(Provider::Unspecified, "0711000001");
    assert!(matches!(Customer::new(&client, bare), Err(Error::Usage(_))));
    assert!(matches!(Customer::new(&client, CustomerNumber::telco(" ")), Err(Error::Usage(_))));
    assert!(matches!(Customer::new(&client, CustomerId::default()), Err(Error::Usage(_))));
    let paired = Customer::new(&client, passport()).unwrap();
    assert_eq!(
        (paired.id(), paired.number(), paired.secondary_id()),
        (None, None, Some(&passport()))
    );
    assert_eq!(fake.with(|script| script.connections), 0, "making a handle sends nothing");
}

#[tokio::test(start_paused = true)]
async fn the_number_names_first_then_the_id_and_the_other_one_s_id_before_its_number() {
    let all = CustomerSelector {
        id: Some("el_cst_a".into()),
        number: Some(jane_s()),
        secondary_id: Some(passport()),
    };
    let (number, id) = (all.number.clone(), all.id.clone());
    assert_eq!(all.named().unwrap(), by_number());
    assert_eq!(all.as_other().unwrap(), by_id("el_cst_a"));
    let without = CustomerSelector { number: None, ..all.clone() };
    assert_eq!(without.named().unwrap(), by_id("el_cst_a"));
    let without = CustomerSelector { id: None, ..all.clone() };
    assert_eq!(without.as_other().unwrap(), by_number());
    let alone = CustomerSelector { id: None, number: None, ..all };
    assert_eq!(alone.named().unwrap(), CustomerRef::Secondary(passport()));
    assert_eq!(alone.as_other().unwrap(), CustomerRef::Secondary(passport()));
    assert!(number.is_some() && id.is_some());
}

#[tokio::test(start_paused = true)]
async fn get_state_fills_in_the_id_and_the_first_number_if_there_was_none() {
    let (fake, client, _) = desk();
    fake.with(|script| {
        let numbers = vec![(&CustomerNumber::telco("")).into(), (&jane_s()).into()];
        let calls = hera::VoiceState { customer_numbers: numbers, ..Default::default() };
        let paid = vec![(&CustomerNumber::telco("+254711000002")).into()];
        script.state = Some(hera::CustomerStateReplyData {
            customer_id: "el_cst_jane".into(),
            voice_state: Some(calls),
            payment_state: Some(hera::PaymentState {
                customer_numbers: paid,
                ..Default::default()
            }),
            ..Default::default()
        });
    });
    let mut jane = Customer::new(&client, passport()).unwrap();
    let state = jane.get_state().await.unwrap();
    assert_eq!(jane.id(), Some(&"el_cst_jane".into()));
    assert_eq!(jane.number(), Some(&jane_s()), "the first that is not empty");
    assert_eq!(jane.state(), Some(&*state));
    // A number that was given stays.
    let other = CustomerNumber::telco("+254711000009");
    let mut jane = Customer::new(&client, other.clone()).unwrap();
    jane.get_state().await.unwrap();
    assert_eq!(jane.number(), Some(&other));
    let asked = fake.with(|script| script.looked_at.clone());
    assert_eq!(asked, [CustomerRef::Secondary(passport()), CustomerRef::Number(other)]);
}

#[tokio::test(start_paused = true)]
async fn get_customer_state_of_nobody_is_refused_in_the_hub_s_words() {
    let (fake, client, _) = desk();
    fake.with(|script| script.state = Some(hera::CustomerStateReplyData::default()));
    let refused = client.get_customer_state(CustomerId::from("el_cst_gone")).await.unwrap_err();
    let Error::Refused(refused) = refused else { panic!("{refused:?}") };
    assert_eq!((refused.description(), refused.customer()), ("found or not", None));
}

#[tokio::test(start_paused = true)]
async fn adopt_state_names_the_survivor_by_id_and_reads_it_if_unknown() {
    let (fake, client, mut jane) = desk();
    let old = Customer::new(&client, CustomerId::from("el_cst_old")).unwrap();
    jane.adopt_state(&old).await.unwrap();
    assert_eq!(fake.with(|script| script.looked_at.clone()), [by_number()]);
    let adopt = |other| Command::AdoptCustomer { customer: "el_cst_jane".into(), other };
    assert_eq!(fake.asked_for(), [adopt(by_id("el_cst_old"))]);
    // Once known it is not read again.
    jane.get_state().await.unwrap();
    client.adopt_customer_state(&jane, passport()).await.unwrap();
    assert_eq!(fake.with(|script| script.looked_at.len()), 2);
    assert_eq!(fake.asked_for(), [adopt(CustomerRef::Secondary(passport()))]);
}

#[tokio::test(start_paused = true)]
async fn r_tag_3_tags_are_deleted_by_key_or_as_tags() {
    let (fake, client, jane) = desk();
    jane.update_tag([gold()]).await.unwrap();
    client.update_customer_tag(&jane, vec![gold()]).await.unwrap();
    let set = Command::UpdateTags { customer: by_number(), tags: vec![gold()] };
    assert_eq!(fake.asked_for(), [set.clone(), set]);
    jane.delete_tag(["tier"]).await.unwrap();
    jane.delete_tag([gold()]).await.unwrap();
    client.delete_customer_tag(&jane, &[gold()]).await.unwrap();
    client.delete_customer_tag(by_number(), vec!["tier".to_owned()]).await.unwrap();
    let unset = Command::DeleteTags { customer: by_number(), keys: vec!["tier".into()] };
    assert_eq!(fake.asked_for(), vec![unset; 4]);
}

#[tokio::test(start_paused = true)]
async fn secondary_ids_never_expire_unless_they_say_when() {
    let (fake, client, jane) = desk();
    let at = Timestamp::from_secs(60);
    jane.update_secondary_id([passport()]).await.unwrap();
    client.update_customer_secondary_id(&jane, [(passport(), at)]).await.unwrap();
    let set =
        |at| Command::UpdateSecondaryIds { customer: by_number(), ids: vec![(passport(), at)] };
    assert_eq!(fake.asked_for(), [set(None), set(Some(at))]);
    // Without a value: every id with the key (R-SID-3).
    let any = SecondaryId { key: "passport".into(), value: String::new() };
    jane.delete_secondary_id([passport()]).await.unwrap();
    client.delete_customer_secondary_id(&jane, [any.clone()]).await.unwrap();
    let unset = |id| Command::DeleteSecondaryIds { customer: by_number(), ids: vec![id] };
    assert_eq!(fake.asked_for(), [unset(passport()), unset(any)]);
}

#[tokio::test(start_paused = true)]
async fn reminders_are_our_app_s_unless_they_name_one() {
    let (fake, client, jane) = desk();
    jane.add_reminder(reminder("")).await.unwrap();
    client.add_customer_reminder(&jane, reminder("other")).await.unwrap();
    let add = |app: &str| Command::AddReminder { customer: by_number(), reminder: reminder(app) };
    assert_eq!(fake.asked_for(), [add("app"), add("other")], "R-REM-4 is the hub's to say");
    jane.cancel_reminder("visit").await.unwrap();
    client.cancel_customer_reminder(&jane, "visit").await.unwrap();
    let cancel = Command::CancelReminder { customer: by_number(), key: "visit".into() };
    assert_eq!(fake.asked_for(), [cancel.clone(), cancel]);
}

#[tokio::test(start_paused = true)]
async fn work_by_tag_has_an_id_and_a_no_is_an_error() {
    let (fake, client, _) = desk();
    fake.answers(Receipt::Work(WorkReceipt {
        ok: true,
        description: "recorded".into(),
        work: Some("el_wrk_1".into()),
    }));
    let recorded = client.add_customer_reminder_by_tag(pair(), reminder("")).await.unwrap();
    assert_eq!(recorded.work, Some("el_wrk_1".into()));
    client.cancel_customer_reminder_by_tag(pair(), "visit").await.unwrap();
    fake.answers(Receipt::Work(WorkReceipt {
        ok: false,
        description: "no such channel".into(),
        work: None,
    }));
    let refused = client.send_message_by_tag(pair(), sms(), Body::text("hi")).await.unwrap_err();
    assert_eq!(refused.to_string(), "no such channel");
    assert!(matches!(refused, Error::Refused(_)));
    assert_eq!(
        fake.asked_for(),
        [
            Command::AddReminderByTag { tag: pair(), reminder: reminder("app") },
            Command::CancelReminderByTag { tag: pair(), key: "visit".into() },
            Command::SendMessageByTag {
                tag: pair(),
                message: TagMessage::new(sms(), Body::text("hi")),
            },
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn metadata_goes_through_the_serializer_of_the_client() {
    let (fake, client, jane) = desk();
    jane.write_metadata("plan", &("weekly", 7)).await.unwrap();
    let raw = client.with_serializer(Serializer::Binary);
    let same = Customer::new(&raw, jane_s()).unwrap();
    same.write_metadata("plan", &("weekly", 7)).await.unwrap();
    assert_eq!(client.serializer(), Serializer::Text, "R-CLIENT-1: each has its own");
    client.update_customer_metadata(&jane, [("a", DataValue::Bytes(vec![0]))]).await.unwrap();
    jane.update_metadata(Vec::<(String, DataValue)>::new()).await.unwrap();
    let json = DataValue::Text("[\"weekly\",7]".into());
    let compact = DataValue::Bytes(b"\x06weekly\x0e".to_vec());
    let set = |values| Command::UpdateMetadata { customer: by_number(), values };
    assert_eq!(
        fake.asked_for(),
        [
            set(vec![("plan".into(), json)]),
            set(vec![("plan".into(), compact)]),
            set(vec![("a".into(), DataValue::Bytes(vec![0]))]),
            set(vec![]),
        ]
    );
    jane.delete_metadata(["plan"]).await.unwrap();
    client.delete_customer_metadata(&jane, vec!["plan".to_owned()]).await.unwrap();
    let unset = Command::DeleteMetadata { customer: by_number(), keys: vec!["plan".into()] };
    assert_eq!(fake.asked_for(), [unset.clone(), unset]);
}

#[tokio::test(start_paused = true)]
async fn r_meta_1_a_value_of_the_other_arm_is_kept_raw() {
    let (fake, client, mut jane) = desk();
    let value = |arm| hera::DataMapValue { value: Some(arm) };
    fake.with(|script| {
        let metadata = [
            ("name".into(), value(hera::data_map_value::Value::StringVal("\"Jane\"".into()))),
            ("photo".into(), value(hera::data_map_value::Value::BytesVal(vec![1, 2]))),
        ];
        script.state = Some(hera::CustomerStateReplyData {
            customer_id: "el_cst_jane".into(),
            metadata: metadata.into(),
            ..Default::default()
        });
    });
    assert_eq!(jane.read_metadata::<String>("name").unwrap(), None, "nothing was read yet");
    jane.get_state().await.unwrap();
    assert_eq!(jane.read_metadata::<String>("name").unwrap(), Some("Jane".into()));
    let unread = jane.read_metadata::<String>("photo").unwrap_err();
    assert_eq!(unread.raw, DataValue::Bytes(vec![1, 2]));
    assert!(client.serializer() == Serializer::Text);
}

#[tokio::test(start_paused = true)]
async fn a_lease_waits_its_turn_and_reads_its_value() {
    let (fake, client, jane) = desk();
    let leased = |value| {
        Receipt::Lease(LeaseReceipt {
            ok: true,
            description: "leased".into(),
            customer: Some("el_cst_jane".into()),
            value,
            until: None,
        })
    };
    fake.answers(leased(Some(DataValue::Text("[1,2]".into()))));
    fake.answers(leased(None));
    let lease = jane.lease_metadata("cart").await.unwrap();
    assert_eq!(lease.read::<Vec<u8>>(client.serializer()).unwrap(), Some(vec![1, 2]));
    let lease = client.lease_customer_metadata(&jane, "cart").await.unwrap();
    assert_eq!(lease.read::<Vec<u8>>(client.serializer()).unwrap(), None, "R-LEASE-5");
    assert_eq!(
        fake.asked_for(),
        vec![Command::LeaseMetadata { customer: by_number(), key: "cart".into() }; 2]
    );
    fake.answers(Receipt::Lease(LeaseReceipt {
        ok: false,
        description: "held by billing".into(),
        customer: Some("el_cst_jane".into()),
        value: None,
        until: None,
    }));
    assert!(matches!(jane.lease_metadata("cart").await, Err(Error::Refused(_))));
    // 90 s in the queue, and some for the way.
    fake.with(|script| script.send = Some(End::Hang));
    let begun = Instant::now();
    let error = jane.lease_metadata("cart").await.unwrap_err();
    assert_eq!(error, Error::Unknown("no answer within 100 s".into()));
    assert_eq!(begun.elapsed().as_secs(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_no_to_a_change_of_state_is_an_error_that_names_who_remains() {
    let (fake, _, jane) = desk();
    fake.answers(Receipt::State(StateReceipt {
        ok: false,
        description: "this customer was merged into el_cst_b".into(),
        customer: Some("el_cst_b".into()),
    }));
    let Err(Error::Refused(no)) = jane.update_tag([gold()]).await else { panic!("refused") };
    assert_eq!(no.description(), "this customer was merged into el_cst_b");
    assert_eq!(no.customer(), Some(&"el_cst_b".into()), "R-DECOM-1");
    // Whoever wants the answer as it is takes the receipt.
    fake.answers(Receipt::State(StateReceipt {
        ok: false,
        description: "no".into(),
        customer: None,
    }));
    assert!(!jane.update_tag([gold()]).receipt().await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_the_seed_refuses_is_not_sent() {
    let (fake, client, jane) = desk();
    let paired = Customer::new(&client, passport()).unwrap();
    let no_keys = Vec::<String>::new;
    let whole = TagPair { key: "tier".into(), value: String::new() };
    let refusals = [
        usage(jane.update_tag([]).await),
        usage(jane.delete_tag(no_keys()).await),
        usage(jane.update_secondary_id(Vec::<SecondaryId>::new()).await),
        usage(jane.delete_secondary_id([]).await),
        usage(jane.delete_metadata(no_keys()).await),
        usage(jane.lease_metadata("").await),
        usage(jane.cancel_reminder("").await),
        usage(client.cancel_customer_reminder_by_tag(pair(), "").await),
        usage(client.add_customer_reminder_by_tag(whole, reminder("")).await),
        usage(jane.send_message(sms(), Body::default()).await),
        usage(paired.send_message(sms(), Body::text("hi")).await),
        usage(client.make_voice_call(&paired, sms()).await),
        usage(client.messaging_consent(&paired, sms(), ConsentAction::OptIn).await),
        usage(client.send_webhook_response("", PromptAnswer::Nothing).await),
        usage(client.get_customer_state(CustomerSelector::default()).await),
        usage(client.adopt_customer_state(CustomerSelector::default(), jane_s()).await),
    ];
    assert!(refusals.iter().all(|why| !why.is_empty()), "{refusals:?}");
    assert_eq!(refusals[0], "tags are required");
    assert_eq!(fake.with(|script| script.connections), 0);
}

#[tokio::test(start_paused = true)]
async fn every_operation_carries_a_key_of_its_own_or_the_one_it_is_given() {
    let (fake, client, jane) = desk();
    jane.update_tag([gold()]).await.unwrap();
    jane.update_tag([gold()]).await.unwrap();
    client.delete_customer_tag(&jane, ["tier"]).under(&"call-0001".into()).await.unwrap();
    let keys: Vec<_> = fake.with(|script| {
        let keys = script.metadata.iter().map(|m| m.get("idempotency-key").unwrap().clone());
        keys.collect()
    });
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[2], "call-0001");
    let short = jane.update_tag([gold()]).under(&"short".into()).await;
    assert!(usage(short).contains("8 to 255"));
}

/// R-CONN-5.
#[tokio::test(start_paused = true)]
async fn disconnect_fails_what_is_in_flight_and_everything_after_it() {
    let (fake, client, jane) = desk();
    fake.with(|script| script.send = Some(End::Hang));
    let (clone, begun) = (client.clone(), Instant::now());
    let mut pending = pin!(jane.update_tag([gold()]).into_future());
    let waited = tokio::time::timeout(Duration::from_secs(1), &mut pending).await;
    assert!(waited.is_err());
    clone.disconnect();
    clone.disconnect();
    let lost = pending.await.unwrap_err();
    assert_eq!(lost, Error::Unknown("the client was disconnected".into()));
    assert_eq!(begun.elapsed().as_secs(), 1, "at once");
    assert_eq!(fake.asked_for().len(), 1, "what the hub accepted stays accepted");
    assert!(usage(jane.update_tag([gold()]).await).contains("disconnected"));
    assert!(matches!(client.find("jane", 1, 0).await, Err(Error::Usage(_))));
    let mut feed = client.feed(crate::sdk::FeedStart::Tail(1));
    let down = feed.next().await;
    assert!(
        matches!(down, crate::sdk::FeedEvent::Down { retry_in: None, .. }),
        "no reconnection: {down:?}"
    );
}
