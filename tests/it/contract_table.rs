//! The operations of the contract in one table: the 38 methods of the Elarian JavaScript SDK and
//! the answer to a prompt. A row has the rpc, the SDK method, the form, the verb, the notifications
//! and the tests of an operation. `docs/CONTRACT.md` is made from the table, and every cell is
//! checked against what it names: descriptors, the compiler, the catalog, the binary, the listeners
//! and the source tree.

use crate::support::binary;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path, process::Stdio};
use switchboard::{
    Client, Customer, catalog,
    model::{
        Body, ChannelNumber, ConsentAction, Currency, CustomerId, DataValue, Money, PaymentParty,
        Reminder, SecondaryId, Tag, TagPair,
    },
    sdk::{Notification, PromptAnswer, Topic},
    wire::operation::{OWN_RPCS, RPCS},
};

/// A row of the table.
struct Row {
    class: &'static str,
    javascript: &'static str,
    rpc: &'static str,
    sdk: &'static str,
    /// The ids of its forms in the catalog.
    forms: &'static [&'static str],
    verbs: &'static [&'static str],
    /// The topics that it leads to, each of which is one word.
    heard: &'static [&'static str],
    tests: &'static [&'static str],
}

const EVERY_KIND: &[&str] = &["all ten, and `data`"];

/// Takes a value of any type, to show that there is one.
fn exists<T>(_: T) {}

macro_rules! operations {
    ($client:ident, $customer:ident;
     $($class:ident.$method:ident($($argument:expr),*): $javascript:literal, $rpc:literal,
       $forms:expr, $verbs:expr, $heard:expr, $tests:expr;)*) => {
        /// Compiles only if every method is there and takes these arguments.
        #[allow(dead_code, clippy::unit_arg, reason = "the compiler is the test")]
        fn every_method_exists($client: &Client, $customer: &mut Customer) {
            $(exists($class.$method($($argument),*));)*
        }

        const OPERATIONS: &[Row] = &[$(Row {
            class: stringify!($class),
            javascript: $javascript,
            rpc: $rpc,
            sdk: stringify!($method),
            forms: &$forms,
            verbs: &$verbs,
            heard: &$heard,
            tests: &$tests,
        },)*];
    };
}

operations! { client, customer;
    client.auth_token(): "authToken", "AuthToken", [], ["token"], [],
        ["auth_token_is_a_token_with_its_lifetime", "r_token_1_a_token_has_the_rights_of_its_key_but_for_making_tokens"];
    client.get_customer_state(jane()): "getCustomerState", "GetCustomerState", [], ["get"], [],
        ["get_customer_state_of_nobody_is_refused_in_the_hub_s_words", "r_addr_1_reading_the_state_of_a_new_number_makes_a_customer_once"];
    client.adopt_customer_state(jane(), jane()): "adoptCustomerState", "AdoptCustomerState", ["adopt"], ["adopt"], [],
        ["adopt_state_names_the_survivor_by_id_and_reads_it_if_unknown", "r_adopt_1_state_is_united_and_the_survivors_values_stay"];
    client.update_customer_tag(jane(), [Tag::default()]): "updateCustomerTag", "UpdateCustomerTag", ["tag"], ["tag"], [],
        ["r_tag_3_tags_are_deleted_by_key_or_as_tags", "r_tag_1_one_value_per_key_the_last_wins_in_the_old_place"];
    client.delete_customer_tag(jane(), ["tier"]): "deleteCustomerTag", "DeleteCustomerTag", ["untag"], ["untag"], [],
        ["r_tag_3_tags_are_deleted_by_key_or_as_tags", "r_reply_4_deleting_what_is_not_there_succeeds"];
    client.update_customer_secondary_id(jane(), [pair()]): "updateCustomerSecondaryId", "UpdateCustomerSecondaryId", ["ids"], ["add-id"], [],
        ["secondary_ids_never_expire_unless_they_say_when", "r_sid_2_a_live_pair_belongs_to_one_customer_and_an_expired_one_is_free"];
    client.delete_customer_secondary_id(jane(), [pair()]): "deleteCustomerSecondaryId", "DeleteCustomerSecondaryId", ["unids"], ["delete-id"], [],
        ["secondary_ids_never_expire_unless_they_say_when", "a_key_without_a_value_deletes_all_of_it"];
    client.add_customer_reminder(jane(), Reminder::default()): "addCustomerReminder", "AddCustomerReminder", ["remind"], ["remind"], ["reminder"],
        ["reminders_are_our_app_s_unless_they_name_one", "r_rem_1_a_reminder_is_added_and_fires_once_for_its_app"];
    client.cancel_customer_reminder(jane(), "key"): "cancelCustomerReminder", "CancelCustomerReminder", ["unremind"], ["cancel-reminder"], [],
        ["reminders_are_our_app_s_unless_they_name_one", "r_reply_4_cancelling_what_is_not_there_succeeds"];
    client.add_customer_reminder_by_tag(gold(), Reminder::default()): "addCustomerReminderByTag", "AddCustomerReminderByTag", ["remind-tag"], ["remind-by-tag"], ["reminder"],
        ["work_by_tag_has_an_id_and_a_no_is_an_error", "r_tagwork_1_a_reminder_by_tag_selects_when_it_fires"];
    client.cancel_customer_reminder_by_tag(gold(), "key"): "cancelCustomerReminderByTag", "CancelCustomerReminderByTag", ["unremind-tag"], ["cancel-reminder-by-tag"], [],
        ["work_by_tag_has_an_id_and_a_no_is_an_error", "r_tagwork_4_cancelling_names_the_cancelled_one_and_leaves_single_reminders"];
    client.update_customer_metadata(jane(), [("key", text())]): "updateCustomerMetadata", "UpdateCustomerMetadata", ["data"], ["set-data"], [],
        ["metadata_goes_through_the_serializer_of_the_client", "r_meta_1_a_value_keeps_its_arm_and_names_the_customer"];
    client.lease_customer_metadata(jane(), "key"): "leaseCustomerMetadata", "LeaseCustomerMetadata", ["lease"], ["lease"], [],
        ["a_lease_waits_its_turn_and_reads_its_value", "d_lease_a_lease_lasts_90_s_and_brings_the_value"];
    client.delete_customer_metadata(jane(), ["key"]): "deleteCustomerMetadata", "DeleteCustomerMetadata", ["undata"], ["delete-data"], [],
        ["metadata_goes_through_the_serializer_of_the_client", "deleted_metadata_is_gone"];
    client.connect(): "connect", "StreamNotifications", [], ["listen"], EVERY_KIND,
        ["r_conn_2_breaks_are_retried_ever_more_slowly_but_not_after_a_wrong_key", "connect_says_why_the_first_try_failed_and_tries_no_more"];
    client.disconnect(): "disconnect", "StreamNotifications", [], ["listen"], [],
        ["disconnect_ends_the_stream_until_it_is_connected_again", "disconnect_fails_what_is_in_flight_and_everything_after_it"];
    client.send_message(number(), sms(), Body::text("hi")): "sendMessage", "SendMessage", ["message"], ["send"], ["messageStatus"],
        ["messages_are_answered_with_a_code_also_when_refused", "r_msg_2_a_message_that_passed_step_4_is_recorded_and_has_an_id"];
    client.send_message_by_tag(gold(), sms(), Body::text("hi")): "sendMessageByTag", "SendMessageByTag", ["message-tag"], ["send-by-tag"], ["messageStatus"],
        ["work_by_tag_has_an_id_and_a_no_is_an_error", "r_tagwork_5_nobody_is_skipped_without_a_reason"];
    client.reply_to_message(jane(), "el_msg_1".into(), Body::text("hi")): "replyToMessage", "ReplyToMessage", ["reply"], ["reply"], ["messageStatus"],
        ["messages_are_answered_with_a_code_also_when_refused", "r_replyto_1_a_reply_answers_an_inbound_message_of_that_customer"];
    client.messaging_consent(number(), sms(), ConsentAction::OptIn): "messagingConsent", "MessagingConsent", ["consent"], ["consent"], ["messagingConsentStatus"],
        ["messaging_consent_carries_its_reason_beside_the_request", "r_consent_1_an_opt_in_is_asked_of_the_customer_who_agrees_or_not"];
    client.register_listerner("data", heard): "registerListerner", "StreamNotifications", [], ["listen"], EVERY_KIND,
        ["r_lsn_2_registering_again_replaces_and_what_was_removed_may_come_back", "any_other_name_is_an_error"];
    client.on(Topic::Data, heard): "on", "StreamNotifications", [], ["listen"], EVERY_KIND,
        ["every_kind_reaches_data_first_and_then_its_own_listener_with_the_state_read", "r_lsn_1_one_customer_in_turn_and_others_side_by_side"];
    client.remove_listener("data"): "removeListener", "StreamNotifications", [], ["listen"], [],
        ["r_lsn_2_registering_again_replaces_and_what_was_removed_may_come_back"];
    client.off(Topic::Data): "off", "StreamNotifications", [], ["listen"], [],
        ["r_lsn_2_registering_again_replaces_and_what_was_removed_may_come_back"];
    client.initiate_payment(purse(), purse(), money()): "initiatePayment", "InitiatePayment", ["request", "pay"], ["request", "pay"], ["paymentStatus", "walletPaymentStatus"],
        ["initiate_payment_says_who_pays_whom_how_much", "r_pay_1_4_who_may_pay_whom_and_with_what_first_status"];
    client.make_voice_call(number(), sms()): "makeVoiceCall", "MakeVoiceCall", ["call"], ["call"], ["voiceCall"],
        ["make_voice_call_and_the_answer_to_a_prompt", "r_call_1_an_app_calls_a_customer_and_is_asked_when_they_answer"];
    customer.get_state(): "getState", "GetCustomerState", [], ["get"], [],
        ["get_state_fills_in_the_id_and_the_first_number_if_there_was_none"];
    customer.adopt_state(jane()): "adoptState", "AdoptCustomerState", ["adopt"], ["adopt"], [],
        ["adopt_state_names_the_survivor_by_id_and_reads_it_if_unknown"];
    customer.update_tag([Tag::default()]): "updateTag", "UpdateCustomerTag", ["tag"], ["tag"], [],
        ["r_tag_3_tags_are_deleted_by_key_or_as_tags"];
    customer.delete_tag(["tier"]): "deleteTag", "DeleteCustomerTag", ["untag"], ["untag"], [],
        ["r_tag_3_tags_are_deleted_by_key_or_as_tags"];
    customer.update_secondary_id([pair()]): "updateSecondaryId", "UpdateCustomerSecondaryId", ["ids"], ["add-id"], [],
        ["secondary_ids_never_expire_unless_they_say_when"];
    customer.delete_secondary_id([pair()]): "deleteSecondaryId", "DeleteCustomerSecondaryId", ["unids"], ["delete-id"], [],
        ["secondary_ids_never_expire_unless_they_say_when"];
    customer.add_reminder(Reminder::default()): "addReminder", "AddCustomerReminder", ["remind"], ["remind"], ["reminder"],
        ["reminders_are_our_app_s_unless_they_name_one"];
    customer.cancel_reminder("key"): "cancelReminder", "CancelCustomerReminder", ["unremind"], ["cancel-reminder"], [],
        ["reminders_are_our_app_s_unless_they_name_one"];
    customer.update_metadata([("key", text())]): "updateMetadata", "UpdateCustomerMetadata", ["data"], ["set-data"], [],
        ["metadata_goes_through_the_serializer_of_the_client", "r_meta_1_a_value_of_the_other_arm_is_kept_raw"];
    customer.lease_metadata("key"): "leaseMetadata", "LeaseCustomerMetadata", ["lease"], ["lease"], [],
        ["a_lease_waits_its_turn_and_reads_its_value"];
    customer.delete_metadata(["key"]): "deleteMetadata", "DeleteCustomerMetadata", ["undata"], ["delete-data"], [],
        ["metadata_goes_through_the_serializer_of_the_client"];
    customer.send_message(sms(), Body::text("hi")): "sendMessage", "SendMessage", ["message"], ["send"], ["messageStatus"],
        ["messages_are_answered_with_a_code_also_when_refused"];
    client.send_webhook_response("el_ses_1", PromptAnswer::Nothing): "", "SendWebhookResponse", ["menu", "plan"], ["answer-ussd", "answer-call"], ["ussdSession", "voiceCall"],
        ["what_ussd_and_voice_listeners_return_is_the_answer", "nothing_or_a_late_answer_is_an_empty_plan_for_a_waiting_call_and_silence_for_ussd", "a_call_is_steered_and_a_ussd_session_answered"];
}

fn jane() -> CustomerId {
    "el_cst_jane".into()
}
fn number() -> switchboard::model::CustomerNumber {
    switchboard::model::CustomerNumber::telco("+254711000001")
}
fn sms() -> ChannelNumber {
    ChannelNumber::default()
}
fn pair() -> SecondaryId {
    SecondaryId { key: "passport".into(), value: "808083".into() }
}
fn gold() -> TagPair {
    TagPair { key: "tier".into(), value: "gold".into() }
}
fn text() -> DataValue {
    DataValue::Text("1".into())
}
fn purse() -> PaymentParty {
    PaymentParty::Purse("till".into())
}
fn money() -> Money {
    Money { currency: Currency::new("KES").unwrap(), minor: 1 }
}
async fn heard(_: Notification) {}

/// The kinds of notifications: each with its name in the JavaScript SDK, its arm in the contract,
/// when it comes, and the tests that show it.
const HEARD: &[(&str, &str, &str, &[&str])] = &[
    (
        "reminder",
        "reminder",
        "a reminder's time comes, for one customer or by tag",
        &[
            "r_rem_2_repetition_is_anchored_and_missed_firings_are_one",
            "a_reminder_by_tag_names_tag_and_work",
        ],
    ),
    (
        "voiceCall",
        "voice_call",
        "a call begins, moves on or asks for a plan",
        &["r_voice_1_an_inbound_call_is_answered_by_its_first_plan"],
    ),
    (
        "ussdSession",
        "ussd_session",
        "a customer dials or types, and waits for a menu",
        &["r_ussd_1_a_dial_opens_a_session_with_what_was_dialled_after_the_code"],
    ),
    (
        "paymentStatus",
        "payment_status",
        "a payment moves on after the reply",
        &["r_paystat_1_and_r_wallet_1_say_who_is_told_in_which_order"],
    ),
    (
        "messageStatus",
        "message_status",
        "an outbound message moves on after the reply",
        &["events_4_1_only_the_steps_of_the_ladder_change_a_message"],
    ),
    (
        "receivedMessage",
        "received_message",
        "a customer writes",
        &["r_ord_4_5_the_customer_then_the_session_then_the_message"],
    ),
    (
        "receivedPayment",
        "received_payment",
        "a customer pays on their own",
        &["r_rcvpay_1_a_payment_is_credited_to_the_bound_purse_or_passes_through"],
    ),
    (
        "walletPaymentStatus",
        "wallet_payment_status",
        "a payment of a wallet moves on",
        &["r_paystat_1_and_r_wallet_1_say_who_is_told_in_which_order"],
    ),
    (
        "messagingSessionStatus",
        "messaging_session_status",
        "a session opens, is renewed by more than a minute, or ends",
        &["r_sess_1_a_renewal_is_notified_when_it_moves_the_end_by_more_than_a_minute"],
    ),
    (
        "messagingConsentStatus",
        "messaging_consent_status",
        "a consent request reaches its end, or a customer opts out by themselves",
        &["r_consent_2_every_accepted_request_ends_in_one_notification_also_when_nothing_changed"],
    ),
];

const HEAD: &str = "\
# The contract, operation by operation

Made by `tests/it/contract_table.rs` from one declaration; do not edit it here. The test checks every cell: RPCs against the
descriptors, SDK methods with the compiler, forms and verbs against the catalog and the binary, notifications against the
listeners, tests against the source tree. `UPDATE_DOCS=1 cargo test --test it contract_table` writes this page anew.

Every form and verb has more tests than are named here: `every_command_has_everything` and
`every_command_of_the_catalog_has_a_verb` walk all of them. `tests/interop/client.py` calls all 22 RPCs from Python and hears all
ten notifications. What each operation does is in the documentation of the SDK methods; refusals are in their replies.

## The 38 methods of the Elarian JavaScript SDK

The first column names them as that SDK does. In the third, `Client` and `Customer` are `switchboard::Client` and
`switchboard::Customer`. A method without a form reads, or listens.

";

fn listed(words: &[&str]) -> String {
    if words.is_empty() { "\u{2013}".into() } else { words.join(", ") }
}

fn code(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    listed(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let columns = "| JavaScript SDK | RPC | Rust SDK | form | CLI | notification | tests |\n|---|---|---|---|---|---|---|\n";
    page.push_str(columns);
    for row in OPERATIONS {
        let class = if row.class == "client" { "Client" } else { "Customer" };
        let javascript = if row.javascript.is_empty() {
            page.push_str("\n## The answer to a `ussdSession` or `voiceCall`\n\n");
            page.push_str(columns);
            "what the listener returns".to_owned()
        } else {
            format!("{class}.{}", row.javascript)
        };
        let heard = listed(row.heard);
        let (forms, verbs, tests) = (code(row.forms), code(row.verbs), code(row.tests));
        writeln!(
            page,
            "| {javascript} | {} | `{class}::{}` | {forms} | {verbs} | {heard} | {tests} |",
            row.rpc, row.sdk
        )
        .unwrap();
    }
    page.push_str("\n## The ten notifications\n\n| JavaScript SDK | arm of `WebhookRequest` | comes when | tests |\n|---|---|---|---|\n");
    for (word, arm, when, tests) in HEARD {
        writeln!(page, "| {word} | `{arm}` | {when} | {} |", code(tests)).unwrap();
    }
    page
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn descriptors() -> FileDescriptorSet {
    FileDescriptorSet::decode(switchboard::wire::proto::DESCRIPTORS).unwrap()
}

#[test]
fn the_page_is_what_the_declaration_says() {
    let path = root().join("docs/CONTRACT.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, page()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page(), "docs/CONTRACT.md is out of date; UPDATE_DOCS=1 writes it");
}

#[test]
fn there_are_26_client_and_12_customer_methods_under_their_names_of_the_seed() {
    let of = |class: &str| {
        OPERATIONS.iter().filter(|row| row.class == class && !row.javascript.is_empty()).count()
    };
    assert_eq!((of("client"), of("customer")), (26, 12));
    let names: BTreeSet<_> = OPERATIONS.iter().map(|row| (row.class, row.javascript)).collect();
    assert_eq!(names.len(), 39, "one is listed twice");
    for row in OPERATIONS.iter().filter(|row| !row.javascript.is_empty()) {
        let snake: String = row.javascript.chars().fold(String::new(), |mut name, c| {
            if c.is_uppercase() {
                name.push('_');
            }
            name.push(c.to_ascii_lowercase());
            name
        });
        assert_eq!(row.sdk, snake, "{}", row.javascript);
    }
}

#[test]
fn every_rpc_of_the_contract_has_an_operation_and_the_other_way_round() {
    let set = descriptors();
    let services = set.file.iter().flat_map(|file| &file.service);
    let service = services.filter(|service| service.name() == "GrpcWebService");
    let rpcs: BTreeSet<_> = service
        .flat_map(|service| &service.method)
        .map(prost_types::MethodDescriptorProto::name)
        .collect();
    assert_eq!(rpcs.len(), 22);
    assert_eq!(OPERATIONS.iter().map(|row| row.rpc).collect::<BTreeSet<_>>(), rpcs);
    // What the list of operations says to be a command is one.
    let no_command = ["AuthToken", "GetCustomerState", "StreamNotifications"];
    let commands: BTreeSet<_> = RPCS.iter().copied().collect();
    assert_eq!(commands, rpcs.into_iter().filter(|rpc| !no_command.contains(rpc)).collect());
}

#[test]
fn every_form_is_in_the_catalog_under_its_verb() {
    for row in OPERATIONS {
        let verbs: Vec<_> = row
            .forms
            .iter()
            .map(|id| {
                let spec = catalog::ALL.iter().find(|spec| spec.id == *id);
                spec.unwrap_or_else(|| panic!("there is no form {id}")).verb.name
            })
            .collect();
        assert!(row.forms.is_empty() || verbs == row.verbs, "{}: {verbs:?}", row.sdk);
        assert!(!row.verbs.is_empty(), "{} has no verb", row.sdk);
    }
    // And in the other direction: the forms that are left are those of the commands that the
    // contract lacks.
    let named: BTreeSet<_> = OPERATIONS.iter().flat_map(|row| row.forms).copied().collect();
    let ours: Vec<_> =
        catalog::ALL.iter().map(|spec| spec.id).filter(|id| !named.contains(id)).collect();
    // A message that leaves later is written in the form of one that leaves now.
    let with_form: Vec<_> = OWN_RPCS.iter().filter(|rpc| **rpc != "ScheduleMessage").collect();
    assert_eq!(ours.len(), with_form.len(), "{ours:?} are forms of {with_form:?}");
}

#[test]
fn every_verb_is_one_of_the_binary() {
    let verbs: BTreeSet<_> = OPERATIONS.iter().flat_map(|row| row.verbs).collect();
    assert!(verbs.len() > 20);
    for verb in verbs {
        let helped = binary().args([verb, "--help"]).stdout(Stdio::null()).status().unwrap();
        assert!(helped.success(), "there is no verb {verb}");
    }
}

#[test]
fn every_notification_is_a_topic_and_an_arm_of_the_contract() {
    for row in OPERATIONS.iter().filter(|row| row.heard != EVERY_KIND) {
        for word in row.heard {
            assert!(word.parse::<Topic>().is_ok(), "{word}");
        }
    }
    let topics: BTreeSet<_> = Topic::ALL[1..].iter().map(|topic| topic.word()).collect();
    assert_eq!(HEARD.iter().map(|heard| heard.0).collect::<BTreeSet<_>>(), topics);
    let set = descriptors();
    let mut messages = set.file.iter().flat_map(|file| &file.message_type);
    let request = messages.find(|message| message.name() == "WebhookRequest").unwrap();
    let arms = request.field.iter().filter(|field| field.oneof_index.is_some());
    let arms: BTreeSet<_> = arms.map(prost_types::FieldDescriptorProto::name).collect();
    assert_eq!(HEARD.iter().map(|heard| heard.1).collect::<BTreeSet<_>>(), arms);
}

#[test]
fn every_test_that_is_named_exists() {
    let mut sources = String::new();
    for folder in ["src", "tests"] {
        read_all(&root().join(folder), &mut sources);
    }
    let in_rows = OPERATIONS.iter().flat_map(|row| row.tests);
    let named: BTreeSet<_> = in_rows.chain(HEARD.iter().flat_map(|heard| heard.3)).collect();
    assert!(named.len() > 40, "only {} tests are named", named.len());
    let missing: Vec<_> = named
        .into_iter()
        .filter(|name| {
            let (rust, python) = (format!("fn {name}()"), format!("def {name}(world)"));
            !sources.contains(&rust) && !sources.contains(&python)
        })
        .collect();
    assert!(missing.is_empty(), "no such tests: {missing:#?}");
}

fn read_all(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, sources);
        } else if path.extension().is_some_and(|end| end == "rs" || end == "py") {
            sources.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}
