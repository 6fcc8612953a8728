//! The World as a fold: the chain of entries, idempotency keys (D-IDEM), and laws that hold
//! whatever commands come.

use super::{
    money::{bank, kes, pay, purse, wallet},
    *,
};
use crate::{
    model::{
        CallHop, CallId, CallStatus, ConsentAction, Currency, CustomerId, DataValue, Direction,
        LeaseReceipt, Media, MessageStatus, Money, NetworkReceipt, PaymentParty, PaymentReceipt,
        PaymentStatus, Provider, Reminder, SecondaryId, Seq, StateReceipt, StoredCall, TagMessage,
        TagPair, ThingKind, UssdEnd, UssdMenu, VoiceAction, WorkReceipt, WorkState,
    },
    rules::{index::Index, ledger, replay},
};
use proptest::{prelude::*, sample::select};

fn busy() -> Story {
    given([
        meet(),
        send(Channel::Sms, "x"),
        hears(Channel::Whatsapp, "y"),
        hears(Channel::Sms, "stop"),
    ])
}

#[test]
fn the_chain_decides_an_entry_that_does_not_follow_the_head_is_void() {
    let mut story = busy();
    let before = story.world.clone();
    let mut entry = story.entries[1].clone();
    assert!(!story.world.apply(&entry), "stored twice");
    entry.prev_id = EntryId([7; 16]);
    assert!(!story.world.apply(&entry), "decided upon another head");
    assert_eq!(story.world, before);
    assert_eq!(story.world.head(), (Seq(4), story.entries[3].id));
}

pub fn stored(story: &mut Story, key: &str, digest: u8) {
    let receipt = story.last.receipt.clone();
    let mut entry = story.entry(Vec::new());
    entry.call = Some(StoredCall { id: key.into(), digest: [digest; 32], receipt });
    assert!(story.world.apply(&entry));
}

#[test]
fn d_idem_a_repeated_call_gets_the_stored_answer_and_another_request_the_duplicate_code() {
    let mut story = busy().when(send(Channel::Sms, "sale"));
    stored(&mut story, "key-0001", 1);
    let ask = |digest: u8, command: &Command| {
        replay(&story.world, &CallId::from("key-0001"), &[digest; 32], command)
    };
    let message = send(Channel::Sms, "sale");
    assert_eq!(ask(1, &message), Some(story.last.receipt.clone()));
    let other = ask(2, &message).expect("an answer");
    assert_eq!(
        (other.code(), other.description()),
        (Some(409), "this key belongs to another request")
    );
    let other = ask(2, &meet()).expect("an answer");
    assert!(matches!(other, Receipt::State(StateReceipt { ok: false, .. })));
    let other = ask(2, &NetworkCommand::Sweep.into()).expect("an answer");
    assert!(matches!(other, Receipt::Network(NetworkReceipt { ok: false, .. })));
    let other = |command: CustomerCommand| ask(2, &command.into()).expect("an answer");
    let (from, to, tag) = (line(Channel::Voice), jane(), TagPair::default());
    let value = Money { currency: Currency::new("KES").expect("a currency"), minor: 1 };
    let purse = PaymentParty::Purse("main".into());
    let pays = CustomerCommand::InitiatePayment { debit: purse.clone(), credit: purse, value };
    assert_eq!(other(pays).code(), Some(205));
    assert_eq!(
        other(CustomerCommand::MakeCall { to: to.clone(), from: from.clone() }).code(),
        Some(501)
    );
    let (number, channel, reason) = (to, from.clone(), String::new());
    let action = ConsentAction::OptOut;
    let asks = CustomerCommand::RequestConsent { number, channel, action, reason };
    assert_eq!(other(asks).code(), Some(501));
    let work =
        CustomerCommand::SendMessageByTag { tag, message: TagMessage::new(from, Body::text("x")) };
    assert!(matches!(other(work), Receipt::Work(WorkReceipt { ok: false, work: None, .. })));
    let lease = CustomerCommand::LeaseMetadata { customer: to_jane(), key: "a".into() };
    assert!(matches!(other(lease), Receipt::Lease(LeaseReceipt { ok: false, until: None, .. })));
    let (session, menu, actions) = ("el_ses_x".into(), None, Vec::new());
    let answers = CustomerCommand::AnswerPrompt { session, menu, actions };
    assert!(matches!(other(answers), Receipt::State(StateReceipt { ok: false, .. })));
    assert_eq!(replay(&story.world, &CallId::from("key-0002"), &[1; 32], &message), None);
}

/// R-MSG-3, R-PAY-7: two equal calls without a key are two calls.
#[test]
fn d_idem_without_a_key_nothing_is_deduplicated() {
    let story = given([send(Channel::Sms, "sale")]).when(send(Channel::Sms, "sale")).code(101);
    assert_eq!(story.jane().messages.len(), 2);
    let story = bank();
    let pays = pay(purse("main"), wallet(&story.jane().id, "w"), kes(1));
    let story = story.when(pays.clone()).code(300).when(pays).code(300);
    assert_eq!(story.jane().wallets["w"].actual, 2);
}

#[test]
fn d_idem_keys_are_kept_for_seven_days() {
    let mut story = busy();
    stored(&mut story, "key-0001", 1);
    let week = 7 * 24 * 3600;
    let mut story = story.later(week).when(meet()).when(send(Channel::Sms, "x"));
    assert!(story.world.call(&"key-0001".into()).is_some());
    stored(&mut story, "key-0002", 2);
    let story = story.later(1).when(send(Channel::Sms, "x"));
    assert_eq!(story.world.call(&"key-0001".into()), None);
    let snapshot = story.restarted();
    assert!(snapshot.call(&"key-0002".into()).is_some());
    assert_eq!(snapshot, story.world);
}

#[test]
fn d_idem_keys_of_payments_are_kept_for_ever() {
    let mut story = busy();
    story.last.receipt = Receipt::Payment(PaymentReceipt {
        status: PaymentStatus::Queued,
        description: "queued".into(),
        transaction: Some("el_txn_1".into()),
        debit_customer: None,
        credit_customer: None,
    });
    stored(&mut story, "key-paid", 1);
    let mut story = story.later(10).when(send(Channel::Sms, "x"));
    stored(&mut story, "key-sent", 2);
    let story = story.later(10 * 365 * 24 * 3600).when(send(Channel::Sms, "x"));
    assert!(story.world.call(&"key-paid".into()).is_some());
    assert_eq!(story.world.call(&"key-sent".into()), None);
    let snapshot = Some(story.restarted());
    assert_eq!(snapshot.as_ref(), Some(&story.world));
}

#[test]
fn r_state_2_what_falls_off_a_history_is_found_no_more() {
    let dial = |_| NetworkCommand::DialUssd {
        from: jane(),
        to: line(Channel::Ussd),
        input: String::new(),
    };
    let first = given([dial(0)]).last_session();
    let story = given((0..501).map(dial));
    assert_eq!(story.jane().ussd.len(), 500);
    check(&story.world);
    let end = UssdEnd::CustomerLeft;
    let story =
        story.when(NetworkCommand::EndUssd { session: first, end }).refused("no USSD session");
    let value = Money { currency: Currency::new("KES").expect("a currency"), minor: 1 };
    let pay = NetworkCommand::ReceivePayment { from: jane(), to: line(Channel::Payment), value };
    let story = (0..501).fold(story, |story, _| story.when(pay.clone()));
    assert_eq!(story.jane().payments.len(), 500);
    check(&story.world);
    let call = NetworkCommand::ReceiveCall { from: jane(), to: line(Channel::Voice) };
    let story = (0..501)
        .fold(story, |story, _| story.when(call.clone()).later(46).when(NetworkCommand::Sweep));
    assert_eq!(story.jane().calls.len(), 500);
    check(&story.world);
}

/// There are few numbers, keys and texts, so that random commands concern the same customers.
pub fn number() -> impl Strategy<Value = CustomerNumber> {
    let provider = select(vec![Provider::Unspecified, Provider::Telco, Provider::Telegram]);
    let text = select(vec!["", "1", " 1 ", "+2"]);
    (provider, text, select(vec![None, Some("p".to_owned())])).prop_map(
        |(provider, number, partition)| CustomerNumber {
            provider,
            number: number.into(),
            partition,
        },
    )
}
pub fn channel() -> impl Strategy<Value = ChannelNumber> {
    let kinds = select([Channel::ALL.as_slice(), &[Channel::Unspecified]].concat());
    (kinds, select(vec!["40404", ""])).prop_map(|(channel, n)| ChannelNumber::new(channel, n))
}
pub fn word() -> impl Strategy<Value = String> {
    select(vec!["a", "b", "", "name", "stop", "yes", "\u{202e}x"]).prop_map(str::to_owned)
}
fn time() -> impl Strategy<Value = Timestamp> {
    let at =
        select(vec![0, -1, 1, 1_000_010, 1_000_500, 1_100_000, i64::MAX / 1_000_000, i64::MAX]);
    at.prop_map(Timestamp::from_secs)
}
fn pair() -> impl Strategy<Value = SecondaryId> {
    (word(), word()).prop_map(|(key, value)| SecondaryId { key, value })
}
fn customer() -> impl Strategy<Value = CustomerRef> {
    prop_oneof![
        4 => number().prop_map(CustomerRef::Number),
        1 => id("el_cst_").prop_map(|id| CustomerRef::Id(id.into())),
        1 => pair().prop_map(CustomerRef::Secondary),
    ]
}
/// Ids as `Story` makes them: small numbers.
pub fn id(prefix: &'static str) -> impl Strategy<Value = String> {
    (0..24_u128).prop_map(move |n| format!("{prefix}{n:032x}"))
}
fn body() -> impl Strategy<Value = Body> {
    let media = select(vec![vec![], vec![Media::default()]]);
    (proptest::option::of(word()), media).prop_map(|(text, media)| Body {
        text,
        media,
        ..Body::default()
    })
}
fn any_tag() -> impl Strategy<Value = Tag> {
    (word(), word(), proptest::option::of(time())).prop_map(|(key, value, expires_at)| Tag {
        key,
        value,
        expires_at,
    })
}
fn wish() -> impl Strategy<Value = Command> {
    use CustomerCommand as C;
    let some = 0..4_usize;
    let data = (word(), word()).prop_map(|(key, value)| (key, DataValue::Text(value)));
    let menu =
        (word(), any::<bool>()).prop_map(|(text, is_terminal)| UssdMenu { text, is_terminal });
    let session = id("el_ses_").prop_map(SessionId::from);
    prop_oneof![
        customer().prop_map(C::Meet),
        (session, menu).prop_map(|(session, menu)| {
            C::AnswerPrompt { session, menu: Some(menu), actions: Vec::new() }
        }),
        (customer(), prop::collection::vec(any_tag(), some.clone()))
            .prop_map(|(customer, tags)| C::UpdateTags { customer, tags }),
        (customer(), prop::collection::vec(word(), some.clone()))
            .prop_map(|(customer, keys)| C::DeleteTags { customer, keys }),
        (customer(), prop::collection::vec((pair(), proptest::option::of(time())), some.clone()))
            .prop_map(|(customer, ids)| C::UpdateSecondaryIds { customer, ids }),
        (customer(), prop::collection::vec(data, some.clone()))
            .prop_map(|(customer, values)| C::UpdateMetadata { customer, values }),
        (customer(), prop::collection::vec(word(), some))
            .prop_map(|(customer, keys)| C::DeleteMetadata { customer, keys }),
        (number(), channel(), body()).prop_map(|(to, from, body)| C::SendMessage {
            to,
            from,
            body,
            seen: None,
        }),
        (id("el_cst_"), id("el_msg_"), body()).prop_map(|(customer, message, body)| {
            C::ReplyToMessage {
                customer: customer.into(),
                message: message.into(),
                body,
                seen: None,
            }
        }),
    ]
    .prop_map(Command::from)
}
/// There are few tags, so that work by tag selects somebody.
fn tag_pair() -> impl Strategy<Value = TagPair> {
    (word(), word()).prop_map(|(key, value)| TagPair { key, value })
}
fn reminder() -> impl Strategy<Value = Reminder> {
    let every = select(vec![None, Some(0), Some(1), Some(3600), Some(u64::MAX)]);
    let app = select(vec!["shop", "first", ""]);
    (app, word(), time(), every, word()).prop_map(|(app, key, remind_at, every, payload)| {
        let interval = every.map(Duration::from_secs);
        Reminder { app: app.into(), key, remind_at, interval, payload }
    })
}
fn party() -> impl Strategy<Value = PaymentParty> {
    let id = || id("el_cst_").prop_map(CustomerId::from);
    prop_oneof![
        (number(), channel())
            .prop_map(|(number, channel)| PaymentParty::Customer { number, channel }),
        word().prop_map(PaymentParty::Purse),
        (id(), word()).prop_map(|(customer, wallet)| PaymentParty::Wallet { customer, wallet }),
        channel().prop_map(|channel| PaymentParty::Channel { channel, code: 1, account: None }),
    ]
}
fn action() -> impl Strategy<Value = VoiceAction> {
    prop_oneof![
        word().prop_map(VoiceAction::Play),
        Just(VoiceAction::Reject),
        Just(VoiceAction::RecordSession),
        word().prop_map(VoiceAction::Redirect),
    ]
}
/// A time in the first hours of a story.
fn soon() -> impl Strategy<Value = Timestamp> {
    (0..20_000_i64).prop_map(|secs| Timestamp::from_secs(1_000_000 + secs))
}
fn more() -> impl Strategy<Value = Command> {
    use CustomerCommand as C;
    let some = 0..3_usize;
    let kes = Currency::new("KES").expect("a currency");
    let amount = select(vec![-1, 0, 1, 100, i64::MAX]);
    let session = id("el_ses_").prop_map(SessionId::from);
    prop_oneof![
        3 => (id("el_cst_"), customer()).prop_map(|(customer, other)| C::AdoptCustomer {
            customer: customer.into(),
            other
        }),
        1 => (customer(), prop::collection::vec(pair(), some.clone()))
            .prop_map(|(customer, ids)| C::DeleteSecondaryIds { customer, ids }),
        2 => (customer(), reminder()).prop_map(|(customer, reminder)| C::AddReminder { customer, reminder }),
        1 => (customer(), word()).prop_map(|(customer, key)| C::CancelReminder { customer, key }),
        1 => (tag_pair(), reminder()).prop_map(|(tag, reminder)| C::AddReminderByTag { tag, reminder }),
        1 => (tag_pair(), word()).prop_map(|(tag, key)| C::CancelReminderByTag { tag, key }),
        3 => (customer(), word()).prop_map(|(customer, key)| C::LeaseMetadata { customer, key }),
        2 => (tag_pair(), channel(), body())
            .prop_map(|(tag, from, body)| C::SendMessageByTag { tag, message: TagMessage::new(from, body) }),
        1 => (id("el_wrk_"), select(WorkState::ALL))
            .prop_map(|(work, to)| C::SteerWork { work: work.into(), to }),
        1 => number().prop_map(|number| C::NoAnswerNeeded {
            customer: CustomerRef::Number(number),
            up_to: None,
        }),
        1 => (number(), channel(), select(ConsentAction::ALL), word()).prop_map(
            |(number, channel, action, reason)| C::RequestConsent { number, channel, action, reason }
        ),
        2 => (party(), party(), amount).prop_map(move |(debit, credit, minor)| {
            C::InitiatePayment { debit, credit, value: Money { currency: kes, minor } }
        }),
        1 => (number(), channel()).prop_map(|(to, from)| C::MakeCall { to, from }),
        1 => (session, prop::collection::vec(action(), some)).prop_map(|(session, actions)| {
            C::AnswerPrompt { session, menu: None, actions }
        }),
        3 => (number(), channel(), body(), soon()).prop_map(|(to, from, body, at)| {
            C::ScheduleMessage { to, from, body, at, in_reply_to: None, seen: None }
        }),
        1 => (customer(), id("el_msg_"), body(), soon()).prop_map(|(customer, message, body, at)| {
            C::EditScheduled { customer, message: message.into(), body, at, seen: None }
        }),
        1 => (customer(), id("el_msg_"))
            .prop_map(|(customer, message)| C::CancelScheduled { customer, message: message.into() }),
    ]
    .prop_map(Command::from)
}
fn report() -> impl Strategy<Value = Command> {
    use NetworkCommand as N;
    let session = || id("el_ses_").prop_map(SessionId::from);
    let kes = Currency::new("KES").expect("a currency");
    let hop = (select(CallStatus::ALL), proptest::option::of(word()))
        .prop_map(|(status, digits)| CallHop { status, digits, ..CallHop::default() });
    prop_oneof![
        (number(), channel(), body()).prop_map(|(from, to, body)| N::ReceiveMessage {
            from,
            to,
            body
        }),
        (id("el_msg_"), select(MessageStatus::ALL))
            .prop_map(|(message, status)| N::ReportMessage { message: message.into(), status }),
        (number(), channel(), word()).prop_map(|(from, to, input)| N::DialUssd { from, to, input }),
        (session(), word()).prop_map(|(session, input)| N::InputUssd { session, input }),
        (session(), select(UssdEnd::ALL)).prop_map(|(session, end)| N::EndUssd { session, end }),
        (number(), channel()).prop_map(|(from, to)| N::ReceiveCall { from, to }),
        (session(), hop, any::<Duration>()).prop_map(|(session, hop, duration)| {
            N::ReportCall { session, hop, duration, cost: None }
        }),
        (number(), channel(), select(vec![i64::MIN, -1, 0, 1, i64::MAX])).prop_map(
            move |(from, to, minor)| {
                N::ReceivePayment { from, to, value: Money { currency: kes, minor } }
            }
        ),
        (id("el_txn_"), select(PaymentStatus::ALL)).prop_map(|(transaction, status)| {
            N::ReportPayment { transaction: transaction.into(), status }
        }),
        (number(), channel(), any::<bool>()).prop_map(|(from, to, agrees)| N::AnswerConsent {
            from,
            to,
            agrees
        }),
        (word(), select(vec![-1, 0, 1, 1_000])).prop_map(move |(purse, minor)| N::FundPurse {
            purse,
            value: Money { currency: kes, minor }
        }),
        select(vec![0, 1, 3600]).prop_map(|secs| N::MoveClock { by: Duration::from_secs(secs) }),
        Just(N::Sweep),
        (any::<u64>()).prop_map(|count| N::DropNotifications {
            app: "shop".into(),
            count,
            from: Seq(1),
            to: Seq(2)
        }),
    ]
    .prop_map(Command::from)
}

pub fn check(world: &World) {
    let customers = || world.customers();
    assert_eq!(world.index, Index::of(customers()), "the index follows from the customers");
    world.index.due.check();
    let held: usize = customers().map(|c| c.numbers.len()).sum();
    assert_eq!(held, world.index.numbers.len(), "nobody shares a number");
    let held: usize = customers().map(|c| c.secondary_ids.len()).sum();
    assert_eq!(held, world.index.secondary.len(), "nobody shares a secondary id");
    let sent = |c: Arc<CustomerState>| {
        let waiting = |m: &&std::sync::Arc<crate::model::Message>| {
            m.status == MessageStatus::Sent && m.direction == Direction::Outbound && !m.is_final
        };
        c.messages.iter().filter(waiting).count()
    };
    assert_eq!(world.in_flight().len(), customers().map(sent).sum::<usize>());
    assert!(customers().all(|c| c.created_at <= c.touched_at));
    assert_eq!(ledger::check(world), Ok(()), "R-BOOKS-1");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// Whatever is asked, there is an answer, the World agrees with itself, the times of events grow, and
    /// folding the log again or reading a snapshot gives the same World.
    #[test]
    fn laws(steps in prop::collection::vec((prop_oneof![2 => wish(), 2 => more(), 4 => report(), 3 => wishes::asked(), 2 => wishes::reported()], 0..200_u64), 1..60)) {
        let mut story = nothing().with(|s| {
            s.sandbox = true;
            s.purses = wishes::purses();
        });
        for (command, secs) in steps {
            let touched: Vec<_> = story.world.customers().map(|c| (c.id.clone(), c.touched_at)).collect();
            story = story.later(secs).when(command);
            prop_assert!(!story.last.receipt.description().is_empty(), "R-REPLY-1");
            for (id, at) in touched {
                let mut times = vec![at];
                times.extend(story.last.events.iter().filter(|e| e.customer.as_ref() == Some(&id)).map(|e| e.at));
                prop_assert!(times.is_sorted_by(|a, b| a < b), "R-EVT-1");
            }
            check(&story.world);
        }
        let mut again = World::default();
        for entry in &story.entries {
            prop_assert!(again.apply(entry));
        }
        prop_assert_eq!(&again, &story.world);
        let snapshot = Some(story.restarted());
        prop_assert_eq!(snapshot.as_ref(), Some(&story.world));
        // Sweeping comes to rest.
        story.now = Timestamp::from_secs(2_000_000);
        while story.world.next_due(&story.settings).is_some_and(|due| due <= story.now) {
            story = story.when(NetworkCommand::Sweep);
            prop_assert!(!story.last.events.is_empty(), "what is due happens");
        }
        check(&story.world);
    }
}

#[test]
fn r_operator_6_what_an_id_is_the_id_of() {
    let story = bank().when(hears(Channel::Sms, "where is it")).when(super::money::pays(kes(500)));
    let jane = story.jane();
    let said = |id: &str| {
        let found = story.world.things(id).into_iter();
        found.map(|thing| (thing.kind, thing.customer, thing.text)).collect::<Vec<_>>()
    };
    let message = jane.messages.iter().last().expect("a message");
    let whose = || Some(jane.id.clone());
    let written = (ThingKind::Message, whose(), "where is it".to_owned());
    assert_eq!(said(message.id.as_str()), [written]);
    let payment = jane.payments.last().expect("a payment");
    let paid = (ThingKind::Payment, whose(), format!("{}, passed through", kes(500)));
    assert_eq!(said(payment.id.as_str()), [paid]);
    assert_eq!(said("el_msg_of_nobody"), []);
    assert_eq!(said(""), []);
}
