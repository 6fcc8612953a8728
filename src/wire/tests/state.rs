//! A customer's state: exact between our hub and our client, complete for every app, and small
//! enough for every client.

use crate::{
    model::{
        Body, CallHop, CallStatus, CannedReply, Channel, ChannelNumber, ChannelState,
        ConsentStatus, Currency, CustomerNumber, CustomerState, CustomerView, DataValue, Direction,
        FoundCustomer, FoundCustomers, FoundThing, Hello, Message, MessageStatus, Money, Outage,
        Payment, PaymentParty, PaymentStatus, PendingOptIn, Reminder, ReplyStep, Seq, StepValue,
        Tag, ThingKind, Timestamp, VoiceCall, arbitrary, client::AskedFilter,
        settings::BoundChannel,
    },
    wire::{client, proto::v1, state},
};
use proptest::prelude::*;
use prost::Message as _;
use std::{sync::Arc, time::Duration};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_view_arrives_as_it_was_sent(mut customer in arbitrary::customer()) {
        // An empty list of numbers looks like the reply of a server that does not send the list.
        customer.numbers.push(CustomerNumber::telco("+254700000001"));
        let sent = CustomerView {
            customer: Arc::new(customer),
            as_of: Seq(42),
            replaces: Some("el_cst_0".into()),
        };
        let bytes = v1::GetCustomerReply::from(&sent).encode_to_vec();
        let read = client::view(v1::GetCustomerReply::decode(&*bytes).unwrap()).unwrap();
        let (mut expected, mut got) = ((*sent.customer).clone(), (*read.customer).clone());
        // What a message answers is found by the message's id, and arbitrary ids may repeat.
        for messages in [&mut expected.messages, &mut got.messages] {
            messages.change(|message| (message.in_reply_to, message.work) = (None, None));
        }
        // Prompts are found by the session, and requests by the pair of numbers.
        for call in expected.calls.iter_mut().chain(&mut got.calls) {
            for hop in &mut call.hops {
                (hop.prompt, hop.answered) = (false, false);
            }
        }
        for state in expected.channels.iter_mut().chain(&mut got.channels) {
            state.asked = None;
        }
        for session in expected.ussd.iter_mut().chain(&mut got.ussd) {
            session.end = None;
        }
        prop_assert_eq!(got, expected);
        prop_assert_eq!((read.as_of, read.replaces), (sent.as_of, sent.replaces));
    }

    /// R-STATE-1 and R-STATE-3.
    #[test]
    fn an_app_finds_what_it_reads_without_a_check(customer in arbitrary::customer()) {
        let data = state::encode(&customer);
        prop_assert!(data.messaging_state.is_some() && data.ussd_state.is_some());
        prop_assert!(data.voice_state.is_some() && data.payment_state.is_some());
        for index in data.tags.iter().chain(&data.secondary_ids) {
            prop_assert!(index.expiration.is_some());
            prop_assert!(index.mapping.as_ref().is_some_and(|mapping| mapping.value.is_some()));
        }
    }
}

fn number() -> CustomerNumber {
    CustomerNumber::telco("+254700000001")
}

fn message(nr: usize, text: String) -> Message {
    Message {
        id: format!("el_msg_{nr:06}").into(),
        direction: Direction::Inbound,
        number: number(),
        channel: ChannelNumber::new(Channel::Sms, "40404"),
        app: None,
        body: Body::text(text),
        status: MessageStatus::Received,
        in_reply_to: (nr > 0).then(|| format!("el_msg_{:06}", nr - 1).into()),
        work: None,
        is_final: false,
        created_at: Timestamp::from_secs(i64::try_from(nr).unwrap()),
        updated_at: Timestamp::ZERO,
    }
}

#[test]
fn answers_and_ends_travel_beside_the_state() {
    let messages = vec![message(0, "a".into()), message(1, "b".into())];
    let messages = messages.into_iter().map(Arc::new).collect();
    let mut customer = CustomerState { id: "c".into(), messages, ..CustomerState::default() };
    customer.created_at = Timestamp::from_secs(1);
    customer.numbers = vec![CustomerNumber::telco("2"), number()];
    let sent = CustomerView { customer: customer.into(), as_of: Seq(1), replaces: None };
    let read = client::view((&sent).into()).unwrap();
    assert_eq!(read.customer, sent.customer);
    assert!(client::view(v1::GetCustomerReply::default()).is_none());
}

/// D-SIZE: the largest customer that the rules allow still fits, with the newest messages in it.
#[test]
fn a_huge_customer_is_cut_to_its_newest() {
    let messages = (0..600).map(|nr| Arc::new(message(nr, "x".repeat(64 * 1024)))).collect();
    let metadata = (0..16).map(|nr| (format!("k{nr}"), DataValue::Bytes(vec![7; 64 * 1024])));
    let customer =
        CustomerState { messages, metadata: metadata.collect(), ..CustomerState::default() };
    let view = CustomerView { customer: customer.into(), as_of: Seq(1), replaces: None };
    let reply = v1::GetCustomerReply::from(&view);
    assert!(reply.encoded_len() < 3_670_016, "{}", reply.encoded_len());
    let kept = reply.data.unwrap().messaging_state.unwrap().messages;
    assert_eq!(kept.last().unwrap().message_id, "el_msg_000599");
    assert!(kept.len() > 30, "{} messages are left", kept.len());
}

/// D-SIZE: what travels beside the state takes its room from the histories.
#[test]
fn a_huge_customer_is_cut_for_what_travels_beside_too() {
    let messages = (0..600).map(|nr| Arc::new(message(nr, "x".repeat(64 * 1024)))).collect();
    let reminders = (0..32).map(|nr| Reminder {
        key: nr.to_string(),
        payload: "x".repeat(16 * 1024),
        ..Reminder::default()
    });
    let calls = (0..500).map(|nr| VoiceCall {
        id: format!("el_ses_{nr:06}").into(),
        hops: vec![CallHop::default(); 500],
        direction: Direction::Inbound,
        number: number(),
        channel: ChannelNumber::new(Channel::Voice, "+254711082300"),
        app: None,
        status: CallStatus::Completed,
        duration: Duration::ZERO,
        cost: None,
        created_at: Timestamp::ZERO,
        updated_at: Timestamp::ZERO,
    });
    let (reminders, calls) = (reminders.collect(), calls.collect());
    let customer = CustomerState { messages, calls, reminders, ..CustomerState::default() };
    let view = CustomerView { customer: customer.into(), as_of: Seq(1), replaces: None };
    let reply = v1::GetCustomerReply::from(&view);
    assert_eq!(reply.reminders.len(), 32);
    assert!(reply.encoded_len() < 3_670_016, "{}", reply.encoded_len());
    assert!(!reply.data.unwrap().messaging_state.unwrap().messages.is_empty());
}

/// R-STATE-2: a history has at most 500 entries, the newest.
#[test]
fn a_long_history_is_cut_to_500() {
    let messages = (0..600).map(|nr| Arc::new(message(nr, "x".into()))).collect();
    let data = state::encode(&CustomerState { messages, ..CustomerState::default() });
    let kept = data.messaging_state.unwrap().messages;
    assert_eq!((kept.len(), kept[0].message_id.as_str()), (500, "el_msg_000100"));
}

/// R-STATE-3: a number that was only read is where a client looks for it.
#[test]
fn a_bare_number_is_listed_with_messaging() {
    let customer = CustomerState { numbers: vec![number()], ..CustomerState::default() };
    let data = state::encode(&customer);
    assert_eq!(data.messaging_state.as_ref().unwrap().customer_numbers[0].number, "+254700000001");
    assert_eq!(state::decode(data).numbers, [number()]);
}

/// R-STATE-3: somebody else who paid into a wallet is not the customer. A client that knows only
/// the id would write to them.
#[test]
fn r_state_3_the_numbers_of_others_are_not_listed() {
    let payment = Payment {
        id: "el_txn_1".into(),
        app: None,
        debit: PaymentParty::Customer {
            number: CustomerNumber::telco("+254700000002"),
            channel: ChannelNumber::new(Channel::Payment, "5250"),
        },
        credit: Some(PaymentParty::Wallet { customer: "c".into(), wallet: "w".into() }),
        value: Money { currency: Currency::new("KES").unwrap(), minor: 1 },
        status: PaymentStatus::Success,
        created_at: Timestamp::from_secs(1),
        updated_at: Timestamp::from_secs(1),
    };
    let customer = CustomerState {
        numbers: vec![number()],
        payments: vec![payment],
        ..CustomerState::default()
    };
    let data = state::encode(&customer);
    assert!(data.payment_state.as_ref().unwrap().customer_numbers.is_empty());
    assert_eq!(state::decode(data).numbers, [number()]);
}

/// R-CONSENT-2, R-CONSENT-6: an open request is shown as 101 if no consent is known, and does
/// not overwrite one.
#[test]
fn r_consent_2_an_open_question_is_101_and_overwrites_nothing() {
    let pair = |consent| ChannelState {
        number: number(),
        channel: ChannelNumber::new(Channel::Sms, "40404"),
        consent,
        session: None,
        asked: Some(PendingOptIn { at: Timestamp::from_secs(9), apps: vec!["shop".into()] }),
    };
    let out = (ConsentStatus::OptOutCompleted, Timestamp::from_secs(5));
    for (consent, shown) in [(None, (101, 9)), (Some(out), (301, 5))] {
        let channels = vec![pair(consent)];
        let customer =
            CustomerState { numbers: vec![number()], channels, ..CustomerState::default() };
        let data = state::encode(&customer);
        let entry = &data.messaging_state.as_ref().unwrap().channel_state[0];
        let state = entry.consent_state.as_ref().unwrap();
        assert_eq!((state.status, state.updated_at.as_ref().unwrap().seconds), shown);
        let view = CustomerView { customer: customer.into(), as_of: Seq(1), replaces: None };
        assert_eq!(client::view((&view).into()).unwrap().customer, view.customer);
    }
}

#[test]
fn hello_and_matches_arrive_as_sent() {
    let hello = Hello {
        version: "1".into(),
        log_id: "log".into(),
        head: Seq(9),
        durability: "disk".into(),
        sandbox: true,
        caller: "desk".into(),
        apps: vec!["app".into()],
        channels: vec![BoundChannel {
            channel: ChannelNumber::new(Channel::Payment, "5250"),
            app: Some("app".into()),
            purse: None,
            carrier: Some("safari".into()),
            prompt_window: Some(Duration::from_secs(10)),
        }],
        prompt_window: Some(Duration::from_millis(14_500)),
        region: "KE".into(),
        fills_gaps: true,
        paces_works: true,
        times_works: true,
        replies: vec![CannedReply {
            name: "bei".into(),
            text: "Habari {{1}}".into(),
            template: "price".into(),
            params: vec!["{{first-name}}".into()],
            then: vec![ReplyStep {
                form: "tag".into(),
                values: vec![StepValue { field: "tags".into(), text: "asked=price".into() }],
            }],
        }],
        now: Timestamp::from_micros(5),
        live_only: false,
        plaintext: false,
        replay: None,
        cannot_write: Some(Outage {
            since: Timestamp::from_micros(3),
            why: "the disk is full".into(),
            refused: 27,
        }),
    };
    let read = Hello::try_from(v1::HelloReply::from(&hello)).unwrap();
    assert_eq!(format!("{read:?}"), format!("{hello:?}"));
    let tag = Tag { key: "a".into(), value: "b".into(), expires_at: None };
    let found = FoundCustomer {
        id: "c".into(),
        name: "Amina".into(),
        numbers: vec![number()],
        tags: vec![format!("{}={}", tag.key, tag.value)],
        last_seen: Timestamp::from_micros(7),
    };
    let read = FoundCustomer::try_from(v1::FoundCustomer::from(&found)).unwrap();
    assert_eq!(format!("{read:?}"), format!("{found:?}"));
    for kind in
        [ThingKind::Message, ThingKind::Ussd, ThingKind::Call, ThingKind::Payment, ThingKind::Work]
    {
        let thing = FoundThing {
            kind,
            id: "el_msg_1".into(),
            customer: (kind != ThingKind::Work).then(|| "c".into()),
            name: "Amina".into(),
            text: "hello".into(),
            at: Timestamp::from_micros(7),
        };
        assert_eq!(FoundThing::try_from(v1::FoundThing::from(&thing)).unwrap(), thing);
    }
    let newer = v1::FoundThing { kind: 99, ..Default::default() };
    let reply = v1::FindCustomersReply { things: vec![newer], total: 3, ..Default::default() };
    let read = FoundCustomers::try_from(reply).unwrap();
    assert_eq!((read.things.len(), read.total), (0, 3), "a kind of a newer hub is left out");
}

proptest! {
    #[test]
    fn a_filter_arrives_as_it_was_asked(text in any::<String>(), now in arbitrary::time(), zone in "[A-Za-z/+:0-9]{0,20}") {
        let asked = AskedFilter { text, now, zone };
        let read = AskedFilter::try_from(v1::EventFilter::from(&asked)).unwrap();
        prop_assert_eq!(read, asked);
    }

    #[test]
    fn r_hook_1_what_is_said_of_the_time_for_an_answer_arrives_as_it_was_said(org in window(), own in window()) {
        let channel = ChannelNumber::new(Channel::Ussd, "*384#");
        let bound = BoundChannel {
            channel: channel.clone(),
            app: None,
            purse: None,
            carrier: None,
            prompt_window: own,
        };
        let hello = Hello { channels: vec![bound], prompt_window: org, ..Hello::default() };
        let read = Hello::try_from(v1::HelloReply::from(&hello)).unwrap();
        prop_assert_eq!(read.prompt_window, org);
        prop_assert_eq!(read.channels[0].prompt_window, own);
        // The lesser counts, and a hub that says nothing has 15 s.
        let usual = org.unwrap_or(Duration::from_secs(15));
        prop_assert_eq!(read.answer_within(&channel), own.map_or(usual, |own| own.min(usual)));
        prop_assert_eq!(read.answer_within(&ChannelNumber::default()), usual);
    }
}

/// A time of up to an hour, or none.
fn window() -> impl Strategy<Value = Option<Duration>> {
    proptest::option::of((0..3_600_000_u64).prop_map(Duration::from_millis))
}
