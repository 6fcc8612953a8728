//! The World on a base: what is stored and read back, layers that hide each other, and a guard on the shape
//! of what is stored.

use super::{
    work::{crowd, gold, sends},
    *,
};
use crate::model::{
    Account, CallHop, CallStatus, Carriage, CarriageStep, ChannelState, ConsentStatus, Currency,
    DataValue, Direction, HangupCause, LastAnswer, Lease, Location, Media, MediaKind, Message,
    MessageStatus, MessagingSession, Money, Payment, PaymentParty, PaymentStatus, PendingOptIn,
    Provider, Reminder, ScheduledMessage, SecondaryId, Seq, StoredCall, Tag, Template, Unanswered,
    UssdEnd, UssdHop, UssdMenu, UssdSession, VoiceCall,
};
use crate::rules::{Base, MemoryBase, Table, carriage, layers};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}
fn number() -> CustomerNumber {
    let partition = Some("p".to_owned());
    CustomerNumber { provider: Provider::Telegram, number: "1".into(), partition }
}
fn cash() -> Money {
    Money { currency: Currency::new("KES").expect("a currency"), minor: 1500 }
}
fn message() -> Message {
    Message {
        id: "m".into(),
        direction: Direction::Outbound,
        number: number(),
        channel: line(Channel::Rcs),
        app: Some("shop".into()),
        body: Body {
            text: Some("t".into()),
            template: Some(Template { name: "n".into(), params: vec!["1".into()] }),
            media: vec![Media { url: "u".into(), kind: MediaKind::Voice }],
            location: Some(Location { latitude: 1.0, longitude: -1.0 }),
        },
        status: MessageStatus::Sent,
        in_reply_to: Some("r".into()),
        work: None,
        is_final: false,
        created_at: at(3),
        updated_at: at(4),
    }
}
fn ussd() -> UssdSession {
    let menu = Some(UssdMenu { text: "m".into(), is_terminal: true });
    UssdSession {
        id: "u".into(),
        number: number(),
        channel: line(Channel::Ussd),
        app: None,
        hops: vec![UssdHop { input: "1".into(), menu, at: at(5) }],
        end: Some(UssdEnd::Unanswered),
        created_at: at(5),
        updated_at: at(6),
    }
}
fn call() -> VoiceCall {
    let hop = CallHop {
        status: CallStatus::Ringing,
        cause: HangupCause::NoAnswer,
        digits: Some("1".into()),
        recording_url: Some("u".into()),
        at: at(7),
        ..CallHop::default()
    };
    VoiceCall {
        id: "c".into(),
        direction: Direction::Inbound,
        number: number(),
        channel: line(Channel::Voice),
        app: None,
        status: CallStatus::Ringing,
        hops: vec![hop],
        duration: Duration::from_millis(1500),
        cost: Some(cash()),
        created_at: at(7),
        updated_at: at(7),
    }
}
fn payments() -> Vec<Payment> {
    let (customer, wallet) = ("c".into(), "w".to_owned());
    let wallet = PaymentParty::Wallet { customer, wallet };
    let payer = PaymentParty::Customer { number: number(), channel: line(Channel::Payment) };
    let (channel, account) = (line(Channel::Payment), Some("a".to_owned()));
    let till = PaymentParty::Channel { channel, code: 7, account };
    let purse = Some(PaymentParty::Purse("p".into()));
    [(payer, purse), (wallet, Some(till))]
        .map(|(debit, credit)| Payment {
            id: "t".into(),
            app: None,
            debit,
            credit,
            value: cash(),
            status: PaymentStatus::Success,
            created_at: at(8),
            updated_at: at(9),
        })
        .into()
}
/// A customer with something in every field. A new field of the model stops this from compiling.
fn full() -> CustomerState {
    let session = Some(MessagingSession { started_at: at(1), expires_at: at(2), app: None });
    CustomerState {
        id: "c".into(),
        created_at: at(1),
        touched_at: at(9),
        numbers: vec![number()],
        tags: vec![Tag { key: "k".into(), value: "v".into(), expires_at: Some(at(1)) }],
        metadata: BTreeMap::from([
            ("b".into(), DataValue::Bytes(vec![1])),
            ("t".into(), DataValue::Text("x".into())),
        ]),
        secondary_ids: vec![(SecondaryId { key: "k".into(), value: "v".into() }, Some(at(1)))],
        channels: vec![ChannelState {
            number: number(),
            channel: line(Channel::Whatsapp),
            consent: Some((ConsentStatus::OptInCompleted, at(1))),
            session,
            asked: Some(PendingOptIn { at: at(3), apps: vec!["shop".into(), "bank".into()] }),
        }],
        messages: vec![Arc::new(message())].into(),
        ussd: vec![ussd()],
        calls: vec![call()],
        payments: payments(),
        wallets: BTreeMap::from([(
            "w".into(),
            Account {
                currency: cash().currency,
                actual: 2,
                available: 1,
                sequence_nr: 3,
                pending: std::collections::BTreeMap::new(),
            },
        )]),
        reminders: vec![Reminder {
            app: "shop".into(),
            key: "k".into(),
            remind_at: at(10),
            interval: Some(Duration::from_secs(5)),
            payload: "p".into(),
        }],
        scheduled: vec![ScheduledMessage {
            id: "m".into(),
            at: at(20),
            number: number(),
            channel: line(Channel::Sms),
            app: Some("shop".into()),
            by: Actor::Key("wanjiku".into()),
            body: Body::text("x"),
            in_reply_to: Some("n".into()),
            written_at: at(9),
            written_in: Seq(7),
        }],
        leases: vec![Lease {
            key: "k".into(),
            number: 3,
            holder: Actor::Key("wanjiku".into()),
            app: Some("shop".into()),
            granted_at: at(9),
            expires_at: at(99),
        }],
        leases_granted: 3,
        absorbed: vec!["d".into()],
        answers: vec![LastAnswer {
            seq: Seq(7),
            at: at(8),
            by: Actor::Key("wanjiku".into()),
            message: "el_msg_1".into(),
            text: "x".into(),
        }],
        unanswered: Some(Unanswered {
            since: at(1),
            count: 2,
            last: "m".into(),
            last_at: at(2),
            number: number(),
            channel: line(Channel::Whatsapp),
            text: "x".into(),
        }),
    }
}

/// Work in the middle of a run, and a schedule that waits.
fn works() -> Story {
    let remind_at = at(2_000_000);
    let (app, key) = ("shop".into(), "k".into());
    let reminder = Reminder { app, key, remind_at, ..Reminder::default() };
    let schedule = CustomerCommand::AddReminderByTag { tag: gold(), reminder };
    let mut story = crowd(2).when(sends("x")).when(schedule);
    let sweep = story.decide(&NetworkCommand::Sweep.into());
    story.fold(sweep.events[..1].to_vec());
    story
}

/// A full customer, a stored call, work by tag, a merge and a moved clock.
fn world() -> World {
    let mut story = works();
    let receipt = story.last.receipt.clone();
    let mut entry = story.entry(Vec::new());
    entry.call = Some(StoredCall { id: "key-0001".into(), digest: [1; 32], receipt });
    assert!(story.world.apply(&entry));
    let mut world = World { ahead: Duration::from_mins(1), ..story.world };
    for customer in world.customers().collect::<Vec<_>>() {
        world.customers.remove(customer.id.as_str().as_bytes());
        world.index.remove(&customer);
    }
    world.customers.insert(full().id.as_str().as_bytes(), Arc::new(full()));
    world.index.add(&full());
    world.merged.insert(b"d".as_slice(), full().id);
    let (carrier, step) =
        ("c".into(), CarriageStep::Accepted { reference: Some("r".into()), is_final: false });
    let (handed_at, decided_by) = (at(2), Some(Actor::Key("k".into())));
    let repeated = true;
    let carriage = Carriage {
        carrier,
        attempt: 1,
        repeated,
        step,
        at: at(3),
        handed_at,
        decided_by,
        arrived: true,
    };
    let pause = crate::model::CarrierPause { by: Actor::Key("k".into()), since: at(3) };
    world.carriages.few.paused.insert(carriage.carrier.clone(), pause);
    carriage::fold_link(&mut world, &carriage.carrier, false, "why", at(3));
    world.carriages.of.insert(b"m".as_slice(), carriage);
    world.carriages.references.insert(b"r".as_slice(), "m".into());
    world
}

#[test]
fn a_stored_world_reads_back_as_the_same_world() {
    assert_eq!(MemoryBase::default().restarted(&world()), world());
    assert_eq!(MemoryBase::default().restarted(&World::default()), World::default());
}

#[test]
fn a_world_of_another_version_is_not_opened() {
    let disk = MemoryBase::default().with(&world());
    let base: Arc<dyn Base> = Arc::new(disk.clone());
    assert!(World::open(&base).is_some());
    let empty: Arc<dyn Base> = Arc::new(MemoryBase::default());
    assert_eq!(World::open(&empty), None);
    let mut other = disk;
    let (key, rest) = other.rows.get_min().cloned().expect("the rest comes first");
    other.rows.insert(key, [b"switchboard-w 00", &rest[16..]].concat());
    let other: Arc<dyn Base> = Arc::new(other);
    assert_eq!(World::open(&other), None);
}

#[test]
fn an_older_world_stays_what_it_was_when_the_base_moves_on() {
    let mut story = given([meet(), send(Channel::Sms, "x")]);
    let (before, plain) = (story.world.clone(), story.jane().clone());
    for n in 0..20 {
        story = story.when(send(Channel::Sms, &format!("{n}")));
    }
    assert_eq!(before.by_id(&plain.id), Some(&plain));
    assert_eq!(before.customers().next(), Some(plain));
}

/// In whatever layers the messages of both lie when one takes over the other.
#[test]
fn a_customer_who_was_merged_away_leaves_no_messages_behind() {
    for n in 0..8 {
        let mut story = given([meet()]);
        for from in [jane(), omar()].iter().cycle().take(40 + n).cloned() {
            let (to, body) = (line(Channel::Sms), Body::text("x"));
            story = story.when(NetworkCommand::ReceiveMessage { from, to, body });
        }
        let (survivor, gone) = (story.jane().id.clone(), story.who(&to_omar()).expect("known"));
        story = story.when(CustomerCommand::AdoptCustomer { customer: survivor, other: to_omar() });
        for later in 0..6 {
            let disk = story.disk.clone().with(&story.world);
            let mut beginning = Vec::new();
            layers::text(&mut beginning, gone.id.as_str());
            let rows = disk.rows.keys().filter(|(of, _)| *of == Table::Histories);
            let left = rows.filter(|(_, key)| key.starts_with(&beginning)).count();
            assert_eq!(left, 0, "of {n}, {later} entries later");
            story = story.when(hears(Channel::Sms, "y"));
        }
        assert_eq!(story.restarted(), story.world);
    }
}

#[test]
fn a_row_that_cannot_be_read_is_trouble_and_no_answer() {
    let mut disk = MemoryBase::default().with(&given([meet()]).world);
    for (key, row) in disk.rows.clone() {
        if key.0 == Table::Customers {
            disk.rows.insert(key, row[..row.len() / 2].to_vec());
        }
    }
    let base: Arc<dyn Base> = Arc::new(disk);
    let world = World::open(&base).expect("a World");
    assert_eq!(world.trouble(), None);
    assert_eq!(world.customers().count(), 0);
    let why = world.trouble().expect("trouble");
    assert!(why.contains("Customers cannot be read"), "{why}");
}

proptest! {
    /// Keys of texts are in the order of the texts, none is the beginning of another, and each is read back.
    #[test]
    fn texts_in_keys_keep_their_order(a in "[\\x00\\x01ab\u{ff}]{0,6}", b in "[\\x00\\x01ab\u{ff}]{0,6}") {
        let key = |text: &str| {
            let mut key = Vec::new();
            layers::text(&mut key, text);
            key
        };
        prop_assert_eq!(key(&a).cmp(&key(&b)), a.as_bytes().cmp(b.as_bytes()));
        prop_assert!(a == b || !key(&a).starts_with(&key(&b)));
        let (both, rest) = ([key(&a), key(&b)].concat(), key(&b));
        prop_assert_eq!(layers::read_text(&both), Some((a, &rest[..])));
    }
}

/// Postcard does not describe its own shape, so old bytes would read as nonsense in a new one. If this
/// fails, a stored type of `model` has changed its shape: raise the number in the tag (`rules/stored.rs`), and put
/// the new digest here.
#[test]
fn the_shape_of_what_is_stored_has_the_number_of_its_tag() {
    let values = (MessageStatus::ALL, CallStatus::ALL, HangupCause::ALL, PaymentStatus::ALL);
    let more = (ConsentStatus::ALL, UssdEnd::ALL, Direction::ALL, Channel::ALL, Provider::ALL);
    let codes = postcard::to_allocvec(&(values, more)).expect("plain data");
    let digest = Sha256::digest([MemoryBase::default().with(&world()).bytes(), codes].concat());
    let (start, _) = digest.split_first_chunk().expect("32 bytes");
    assert_eq!(u64::from_be_bytes(*start), 0xac3e_0b3b_ee7e_2d0c);
}
