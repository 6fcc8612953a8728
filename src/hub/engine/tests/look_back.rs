//! R-OPERATOR-7: the state of a customer as of an entry is what everybody would have seen then, on every log, however
//! the entry is reached, and at the cost of the customer's own entries.

use super::{Hub, entries, org};
use crate::{
    hub::{
        engine::EngineOptions,
        log::{
            Stored,
            tests::{Bench, memory, sqlite},
        },
    },
    model::{
        Actor, Body, Caller, Channel, ChannelNumber, Command, Currency, CustomerCommand,
        CustomerId, CustomerNumber, CustomerRef, CustomerState, DataValue, Money, NetworkCommand,
        OrgSettings, PaymentParty, PaymentStatus, Reminder, SecondaryId, Seq, Tag, TagMessage,
        TagPair, Timestamp, TransactionId,
        client::{PastMoment, PastPlace},
        settings::{BoundChannel, Purse},
    },
    rules::World,
};
use proptest::{prelude::*, sample::select};
use std::{sync::Arc, time::Duration};

const PEOPLE: usize = 4;

fn nth(n: usize) -> CustomerNumber {
    CustomerNumber::telco(&format!("+25470000000{n}"))
}

fn by_number(n: usize) -> CustomerRef {
    CustomerRef::Number(nth(n))
}

fn sms() -> ChannelNumber {
    ChannelNumber::new(Channel::Sms, "40404")
}

fn till() -> ChannelNumber {
    ChannelNumber::new(Channel::Payment, "5250")
}

fn kes(minor: i64) -> Money {
    Money { currency: Currency::new("KES").expect("a currency"), minor }
}

async fn hub(bench: &Bench) -> Hub {
    let bound = |channel: ChannelNumber, purse: Option<&str>| BoundChannel {
        channel,
        app: Some("shop".into()),
        purse: purse.map(str::to_owned),
        carrier: None,
        prompt_window: None,
    };
    let settings = OrgSettings {
        id: org(),
        sandbox: true,
        apps: vec!["shop".into()],
        channels: vec![bound(sms(), None), bound(till(), Some("main"))],
        purses: vec![Purse { id: "main".into(), currency: kes(0).currency }],
        ..OrgSettings::default()
    };
    let log = Arc::clone(&bench.log);
    let options = EngineOptions { orgs: vec![settings], log, accept_loss: false, shelf: None };
    Hub::start(options).await.expect("a hub")
}

async fn does(hub: &Hub, command: impl Into<Command>) {
    let caller = Caller { app: Some("shop".into()), actor: Actor::Key("wanjiku".into()) };
    hub.submit(&org(), caller, None, command.into()).await.expect("an answer");
}

async fn id_of(hub: &Hub, n: usize) -> Option<CustomerId> {
    let settings = hub.settings(&org()).expect("the org");
    let id = move |world: &World| world.customer_id(&by_number(n), &settings, Timestamp::ZERO);
    hub.read(&org(), id).await.expect("readable")
}

/// What somebody does, with the people by their number.
#[derive(Clone, Debug)]
enum Deed {
    Writes(usize, &'static str),
    Sends(usize),
    Tags(usize, &'static str),
    Data(usize, &'static str),
    Id(usize, &'static str),
    Reminds(usize),
    Leases(usize),
    Pays(Purses, Purses),
    /// The report on the newest payment.
    Reports(PaymentStatus),
    Dials(usize),
    Merges(usize, usize),
    ByTag,
    MovesClock,
}

/// Where money comes from or goes to.
#[derive(Clone, Copy, Debug)]
enum Purses {
    Phone(usize),
    Wallet(usize),
    Main,
}

fn deed() -> impl Strategy<Value = Deed> {
    let who = || 0..PEOPLE;
    let purse = || {
        prop_oneof![
            who().prop_map(Purses::Phone),
            who().prop_map(Purses::Wallet),
            Just(Purses::Main)
        ]
    };
    let reported = select(vec![
        PaymentStatus::Success,
        PaymentStatus::Failed,
        PaymentStatus::Reversed,
        PaymentStatus::PendingValidation,
    ]);
    prop_oneof![
        4 => (who(), select(vec!["Habari", "stop", "start"])).prop_map(|(n, t)| Deed::Writes(n, t)),
        2 => who().prop_map(Deed::Sends),
        3 => (who(), select(vec!["gold", "vip"])).prop_map(|(n, tier)| Deed::Tags(n, tier)),
        3 => (who(), select(vec!["Amina", "Juma"])).prop_map(|(n, name)| Deed::Data(n, name)),
        1 => (who(), select(vec!["1", "2"])).prop_map(|(n, id)| Deed::Id(n, id)),
        1 => who().prop_map(Deed::Reminds),
        1 => who().prop_map(Deed::Leases),
        6 => (purse(), purse()).prop_map(|(from, to)| Deed::Pays(from, to)),
        3 => reported.prop_map(Deed::Reports),
        1 => who().prop_map(Deed::Dials),
        2 => (who(), who()).prop_map(|(own, other)| Deed::Merges(own, other)),
        1 => Just(Deed::ByTag),
        1 => Just(Deed::MovesClock),
    ]
}

async fn party(hub: &Hub, purse: Purses) -> PaymentParty {
    match purse {
        Purses::Phone(n) => PaymentParty::Customer { number: nth(n), channel: till() },
        Purses::Wallet(n) => {
            let customer = id_of(hub, n).await.unwrap_or_default();
            PaymentParty::Wallet { customer, wallet: "savings".into() }
        }
        Purses::Main => PaymentParty::Purse("main".into()),
    }
}

/// The payment that began last.
fn newest_payment(all: &[Stored]) -> Option<TransactionId> {
    use crate::model::EventKind;
    let events = all.iter().rev().flat_map(|stored| &stored.entry.events);
    events.into_iter().find_map(|event| match &event.kind {
        EventKind::PaymentStarted { id, .. } => Some(id.clone()),
        _ => None,
    })
}

async fn happens(hub: &Hub, deed: Deed) {
    use {CustomerCommand as C, NetworkCommand as N};
    match deed {
        Deed::Writes(n, text) => {
            let body = Body::text(text);
            does(hub, N::ReceiveMessage { from: nth(n), to: sms(), body }).await;
        }
        Deed::Sends(n) => {
            let body = Body::text("Karibu");
            does(hub, C::SendMessage { to: nth(n), from: sms(), body, seen: None }).await;
        }
        Deed::Tags(n, tier) => {
            let tag = Tag { key: "tier".into(), value: tier.into(), expires_at: None };
            does(hub, C::UpdateTags { customer: by_number(n), tags: vec![tag] }).await;
        }
        Deed::Data(n, name) => {
            let values = vec![("name".to_owned(), DataValue::Text(name.into()))];
            does(hub, C::UpdateMetadata { customer: by_number(n), values }).await;
        }
        Deed::Id(n, value) => {
            let ids = vec![(SecondaryId { key: "passport".into(), value: value.into() }, None)];
            does(hub, C::UpdateSecondaryIds { customer: by_number(n), ids }).await;
        }
        Deed::Reminds(n) => {
            let remind_at = hub.now(&org()).after(Duration::from_mins(30));
            let reminder = Reminder {
                app: "shop".into(),
                key: "call back".into(),
                remind_at,
                interval: None,
                payload: String::new(),
            };
            does(hub, C::AddReminder { customer: by_number(n), reminder }).await;
        }
        Deed::Leases(n) => {
            does(hub, C::LeaseMetadata { customer: by_number(n), key: "name".into() }).await;
        }
        Deed::Pays(from, to) => {
            let (debit, credit) = (party(hub, from).await, party(hub, to).await);
            does(hub, C::InitiatePayment { debit, credit, value: kes(5) }).await;
        }
        Deed::Reports(status) => {
            let Some(transaction) = newest_payment(&entries(hub).await) else { return };
            does(hub, N::ReportPayment { transaction, status }).await;
        }
        Deed::Dials(n) => {
            let (to, input) = (ChannelNumber::new(Channel::Ussd, "*384#"), String::new());
            does(hub, N::DialUssd { from: nth(n), to, input }).await;
        }
        Deed::Merges(own, other) => {
            let Some(customer) = id_of(hub, own).await else { return };
            does(hub, C::AdoptCustomer { customer, other: by_number(other) }).await;
        }
        Deed::ByTag => {
            let tag = TagPair { key: "tier".into(), value: "gold".into() };
            let body = Body::text("Sale");
            does(hub, C::SendMessageByTag { tag, message: TagMessage::new(sms(), body) }).await;
            does(hub, N::Sweep).await;
        }
        Deed::MovesClock => {
            does(hub, N::MoveClock { by: Duration::from_hours(2) }).await;
            does(hub, N::Sweep).await;
        }
    }
}

/// The same answer in as many calls as it takes.
async fn look(hub: &Hub, id: &CustomerId, at: u64) -> (PastPlace, Option<Arc<CustomerState>>) {
    look_at(hub, id, PastMoment::Place(Seq(at))).await
}

async fn look_at(
    hub: &Hub,
    id: &CustomerId,
    moment: PastMoment,
) -> (PastPlace, Option<Arc<CustomerState>>) {
    let customer = CustomerRef::Id(id.clone());
    loop {
        let found = hub.look_back(&org(), &customer, moment).await.expect("an answer");
        let (place, state) = found.expect("they are known now");
        if !place.unfinished {
            return (place, state);
        }
    }
}

async fn is_as_it_was(bench: Bench, deeds: Vec<Deed>, looks: Vec<prop::sample::Index>) {
    let hub = hub(&bench).await;
    does(&hub, NetworkCommand::FundPurse { purse: "main".into(), value: kes(30) }).await;
    for deed in deeds {
        happens(&hub, deed).await;
    }
    let all = entries(&hub).await;
    let mut known: Vec<CustomerId> = Vec::new();
    for event in all.iter().flat_map(|stored| &stored.entry.events) {
        known.extend(
            event.customer.iter().filter(|id| !known.contains(id)).cloned().collect::<Vec<_>>(),
        );
    }
    for look_at in looks {
        let at = look_at.index(all.len()) + 1;
        let mut naive = World::default();
        for stored in &all[..at] {
            assert!(naive.apply(&stored.entry));
        }
        for id in &known {
            let (place, state) = look(&hub, id, at as u64).await;
            assert_eq!(state.as_ref(), naive.by_id(id), "{id} as of entry {at}");
            assert!(
                place.seq <= Seq(at as u64) && place.next.is_none_or(|next| next > Seq(at as u64))
            );
        }
    }
    hub.stop().await;
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    /// R-OPERATOR-7: over random histories with merges and payments between customers.
    #[test]
    fn a_look_back_shows_what_a_fold_of_everything_up_to_there_shows(
        deeds in prop::collection::vec(deed(), 1..60),
        looks in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
        on_disk in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        runtime.block_on(is_as_it_was(if on_disk { sqlite() } else { memory() }, deeds, looks));
    }
}

/// A hub in which one customer has written so many times, and another as often in between.
async fn with_talks(bench: &Bench, count: usize) -> (Hub, CustomerId) {
    let hub = hub(bench).await;
    let caller = Caller { app: None, actor: Actor::Network };
    for i in 0..count {
        for n in 0..2 {
            let body = Body::text(i.to_string());
            let command = NetworkCommand::ReceiveMessage { from: nth(n), to: sms(), body };
            hub.submit(&org(), caller.clone(), None, command.into()).await.expect("done");
        }
    }
    let id = id_of(&hub, 0).await.expect("known");
    (hub, id)
}

fn last_text(state: &CustomerState) -> String {
    state.messages.last().and_then(|message| message.body.text.clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_operator_7_steps_and_leaps_lead_to_the_same_states() {
    for bench in [memory(), sqlite()] {
        let (hub, id) = with_talks(&bench, 700).await;
        let (newest, state) = look(&hub, &id, u64::MAX).await;
        assert_eq!((newest.next, last_text(&state.expect("a state")).as_str()), (None, "699"));
        let mut place = newest;
        for nth in (0..699).rev().take(300) {
            let previous = place.previous.expect("an older entry").0;
            let (came, state) = look(&hub, &id, previous).await;
            assert_eq!(last_text(&state.expect("a state")), nth.to_string());
            assert_eq!(came.next, Some(place.seq), "forward leads back to where it came from");
            place = came;
        }
        for leap in [3, 1_399, 700, 2, 1_000] {
            let (place, state) = look(&hub, &id, leap).await;
            assert!(place.seq <= Seq(leap) && state.is_some());
            assert_eq!(look_at(&hub, &id, PastMoment::Time(place.at)).await.0, place);
        }
        let (before, none) = look(&hub, &id, 0).await;
        assert_eq!((before.seq, none.is_none()), (Seq(0), true), "nothing was known yet");
        assert!(before.next.is_some_and(|first| first <= Seq(2)));
        hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_makes_the_past_of_both_the_survivors() {
    let (hub, id) = with_talks(&memory(), 5).await;
    let other = id_of(&hub, 1).await.expect("known");
    look(&hub, &id, 7).await;
    happens(&hub, Deed::Merges(0, 1)).await;
    happens(&hub, Deed::Writes(1, "Habari")).await;
    let (place, state) = look(&hub, &id, u64::MAX).await;
    let state = state.expect("a state");
    assert_eq!((state.absorbed.as_slice(), state.messages.count()), (&[other.clone()][..], 11));
    let (before, alone) = look(&hub, &id, place.previous.expect("the merge").0 - 1).await;
    assert_eq!(alone.expect("a state").messages.count(), 5, "before the merge they were two");
    assert!(look(&hub, &other, before.seq.0).await.1.is_some());
    assert!(look(&hub, &other, place.seq.0).await.1.is_none(), "the old id is no more");
    hub.stop().await;
}
