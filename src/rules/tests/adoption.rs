//! Merging customers (R-ADOPT-1 to R-ADOPT-4, R-DECOM-1, R-DECOM-2, D-CONSENT-MERGE, D-ADOPT-LIVE).

use super::{world::check, *};
use crate::{
    model::{
        CallHop, CallStatus, ConsentStatus as S, Currency, DataValue, MessageStatus, Money,
        PaymentParty, PaymentStatus, Reminder, SecondaryId, TagPair, UssdEnd, settings::Purse,
    },
    rules::{adoption::stricter, diff::diff},
};
use proptest::{prelude::*, sample::select};
use std::collections::BTreeMap;

fn lia() -> CustomerNumber {
    CustomerNumber::telco("+254711000003")
}
fn to_lia() -> CustomerRef {
    CustomerRef::Number(lia())
}
fn data(customer: CustomerRef, values: &[(&str, &str)]) -> Command {
    let text = |(k, v): &(&str, &str)| ((*k).to_owned(), DataValue::Text((*v).to_owned()));
    let values = values.iter().map(text).collect();
    CustomerCommand::UpdateMetadata { customer, values }.into()
}
fn ids(customer: CustomerRef, value: &str) -> Command {
    let pair = SecondaryId { key: "passport".into(), value: value.into() };
    CustomerCommand::UpdateSecondaryIds { customer, ids: vec![(pair, None)] }.into()
}
fn reminds(customer: CustomerRef, key: &str, secs: i64) -> Command {
    let remind_at = Timestamp::from_secs(2_000_000 + secs);
    let (key, app) = (key.to_owned(), "shop".into());
    let reminder = Reminder { app, key, remind_at, ..Reminder::default() };
    CustomerCommand::AddReminder { customer, reminder }.into()
}
fn writes(from: CustomerNumber, text: &str) -> Command {
    let (to, body) = (line(Channel::Sms), Body::text(text));
    NetworkCommand::ReceiveMessage { from, to, body }.into()
}
fn sends(to: CustomerNumber, text: &str) -> Command {
    let (from, body) = (line(Channel::Sms), Body::text(text));
    CustomerCommand::SendMessage { to, from, body, seen: None }.into()
}
fn wallet_of(customer: &crate::model::CustomerId, wallet: &str) -> PaymentParty {
    PaymentParty::Wallet { customer: customer.clone(), wallet: wallet.into() }
}
fn money(code: &str, minor: i64) -> Money {
    Money { currency: Currency::new(code).expect("a currency"), minor }
}

impl Story {
    fn id_of(&self, customer: &CustomerRef) -> crate::model::CustomerId {
        self.who(customer).expect("known").id.clone()
    }
    /// Merges the second into the first.
    fn merge(self, one: &CustomerRef, other: &CustomerRef) -> Self {
        let (customer, other) = (self.id_of(one), CustomerRef::Id(self.id_of(other)));
        self.adopts(customer, other)
    }
    fn adopts(self, customer: crate::model::CustomerId, other: CustomerRef) -> Self {
        let story = self.when(CustomerCommand::AdoptCustomer { customer, other });
        check(&story.world);
        story
    }
    /// Puts money into a wallet: from outside into a purse, and from there to the customer.
    fn rich(self, customer: &CustomerRef, wallet: &str, value: Money) -> Self {
        let to = wallet_of(&self.id_of(customer), wallet);
        let Money { currency, .. } = value;
        let id = currency.code().to_owned();
        let purse = PaymentParty::Purse(id.clone());
        let story = self.with(|s| s.purses.push(Purse { id: id.clone(), currency }));
        let story = story.when(NetworkCommand::FundPurse { purse: id, value });
        let (debit, credit) = (purse, to);
        story.when(CustomerCommand::InitiatePayment { debit, credit, value })
    }
    /// Asserts that the last command was refused because the id was merged away: nothing changed, and
    /// the reply names the new id (R-DECOM-1).
    fn gone(self, into: &crate::model::CustomerId) -> Self {
        let story = self.refused(&format!("was merged into {into}"));
        assert_eq!(story.last.receipt.customer(), Some(into));
        story
    }
}

#[test]
fn r_adopt_1_state_is_united_and_the_survivors_values_stay() {
    let story = given([
        tags(to_jane(), &[("tier", "gold"), ("town", "Kisumu")]),
        data(to_jane(), &[("name", "Jane"), ("age", "30")]),
        ids(to_jane(), "1"),
        reminds(to_jane(), "renew", 1),
        tags(to_omar(), &[("tier", "silver"), ("vip", "yes")]),
        data(to_omar(), &[("name", "Omar"), ("plan", "B")]),
        ids(to_omar(), "2"),
        reminds(to_omar(), "renew", 2),
        reminds(to_omar(), "call", 3),
    ]);
    let (jane, omar) = (story.jane().id.clone(), story.id_of(&to_omar()));
    let story = story.merge(&to_jane(), &to_omar()).accepted(&format!("adopted {omar}"));
    let story = story.then(&[
        &format!("MRG merged into {jane}: this id is no more"),
        &format!("MRG took over {omar}, whose id is no more"),
    ]);
    let told: Vec<_> = story.last.events.iter().map(|e| e.customer.clone()).collect();
    assert_eq!(told, [Some(omar.clone()), Some(jane.clone())]);
    let one = story.jane();
    assert_eq!(one.numbers, [super::jane(), super::omar()]);
    assert_eq!(one.tags, [tag("tier", "gold"), tag("town", "Kisumu"), tag("vip", "yes")]);
    let text = |t: &str| DataValue::Text(t.into());
    let kept = [("age", "30"), ("name", "Jane"), ("plan", "B")];
    assert_eq!(one.metadata, kept.map(|(k, v)| (k.to_owned(), text(v))).into());
    let held: Vec<_> = one.secondary_ids.iter().map(|(id, _)| id.value.as_str()).collect();
    assert_eq!(held, ["1", "2"]);
    let due: Vec<_> = one.reminders.iter().map(|r| (r.key.as_str(), r.remind_at.secs())).collect();
    assert_eq!(due, [("renew", 2_000_001), ("call", 2_000_003)]);
    assert_eq!(one.absorbed, [omar]);
    assert_eq!(story.world.customers().count(), 1);
}

#[test]
fn r_decom_1_a_decommissioned_id_stays_known_and_nothing_is_done_by_it() {
    let story = given([meet(), writes(omar(), "hi")]);
    let (jane, gone) = (story.jane().id.clone(), story.id_of(&to_omar()));
    let message = story.who(&to_omar()).expect("Omar").messages[0].id.clone();
    let story = story.merge(&to_jane(), &to_omar());
    let by = || CustomerRef::Id(gone.clone());
    let reminder = Reminder {
        app: "shop".into(),
        key: "a".into(),
        remind_at: story.now,
        ..Reminder::default()
    };
    let pair = SecondaryId { key: "a".into(), value: "1".into() };
    let story = [
        CustomerCommand::Meet(by()),
        CustomerCommand::UpdateTags { customer: by(), tags: vec![tag("a", "1")] },
        CustomerCommand::DeleteTags { customer: by(), keys: vec!["a".into()] },
        CustomerCommand::UpdateMetadata { customer: by(), values: Vec::new() },
        CustomerCommand::DeleteMetadata { customer: by(), keys: vec!["a".into()] },
        CustomerCommand::DeleteSecondaryIds { customer: by(), ids: vec![pair.clone()] },
        CustomerCommand::UpdateSecondaryIds { customer: by(), ids: vec![(pair, None)] },
        CustomerCommand::AddReminder { customer: by(), reminder },
        CustomerCommand::CancelReminder { customer: by(), key: "a".into() },
        CustomerCommand::LeaseMetadata { customer: by(), key: "a".into() },
        CustomerCommand::AdoptCustomer { customer: gone.clone(), other: to_lia() },
    ]
    .into_iter()
    .fold(story, |story, command| story.when(command).gone(&jane));
    // Messages have a code of their own for it.
    let body = Body::text("x");
    let reply = CustomerCommand::ReplyToMessage {
        customer: gone,
        message: message.clone(),
        body,
        seen: None,
    };
    let story = story.when(reply).code(412).gone(&jane);
    let body = Body::text("x");
    story
        .when(CustomerCommand::ReplyToMessage { customer: jane, message, body, seen: None })
        .code(101);
}

#[test]
fn r_decom_2_numbers_and_secondary_ids_mean_the_adopter_and_looks_follow() {
    let story = given([meet(), ids(to_omar(), "2")]);
    let (jane, omar) = (story.jane().id.clone(), story.id_of(&to_omar()));
    let story = story.merge(&to_jane(), &to_omar());
    let pair = SecondaryId { key: "passport".into(), value: "2".into() };
    for by in [to_omar(), CustomerRef::Secondary(pair), CustomerRef::Id(omar.clone())] {
        assert_eq!(story.id_of(&by), jane, "{by}");
    }
    assert_eq!(story.world.survivor(&omar), Some(jane.clone()));
    assert_eq!((story.world.survivor(&jane), story.world.by_id(&omar)), (None, None));
    let story = story.when(tags(to_omar(), &[("vip", "yes")])).accepted("1 tag updated");
    assert_eq!(story.last.receipt.customer(), Some(&jane));
}

#[test]
fn r_adopt_2_an_unknown_number_is_met_and_added() {
    let story = given([meet()]);
    let jane = story.jane().id.clone();
    let story = story.adopts(jane.clone(), to_omar());
    let gone = story.last.events[0].customer.clone().expect("a new id");
    let story = story.then(&[
        "NEW new customer",
        &format!("MRG merged into {jane}: this id is no more"),
        &format!("MRG took over {gone}, whose id is no more"),
    ]);
    assert_eq!(story.jane().numbers, [super::jane(), omar()]);
    let story = story.adopts(jane.clone(), CustomerRef::Id("el_cst_00".into()));
    let story = story.refused("no customer el_cst_00");
    assert_eq!(story.last.receipt.customer(), Some(&jane), "R-REPLY-2");
    story.adopts("el_cst_00".into(), to_omar()).refused("no customer el_cst_00");
}

#[test]
fn r_adopt_3_repeating_it_is_harmless_and_a_third_is_named() {
    let story = given([meet(), tags(to_omar(), &[("a", "1")]), tags(to_lia(), &[("b", "1")])]);
    let (jane, omar, lia) =
        (story.jane().id.clone(), story.id_of(&to_omar()), story.id_of(&to_lia()));
    let story = story.merge(&to_jane(), &to_omar());
    let again = |story: Story, other| {
        story.adopts(jane.clone(), other).then(&[]).accepted("that is this customer already")
    };
    let story = again(story, CustomerRef::Id(omar.clone()));
    let story = again(story, to_omar());
    let story = again(story, to_jane());
    let story = again(story, CustomerRef::Id(jane.clone()));
    let story = story.adopts(lia.clone(), CustomerRef::Id(omar));
    let story = story.refused(&format!("was merged into {jane}"));
    assert_eq!(story.last.receipt.customer(), Some(&lia), "the one who was to remain");
}

#[test]
fn r_decom_1_chains_end_at_the_last_survivor() {
    let story = given([meet(), tags(to_omar(), &[("a", "1")]), tags(to_lia(), &[("b", "1")])]);
    let (jane, omar, lia) =
        (story.jane().id.clone(), story.id_of(&to_omar()), story.id_of(&to_lia()));
    let story = story.merge(&to_omar(), &to_lia()).merge(&to_jane(), &to_omar());
    assert_eq!(story.world.survivor(&lia), Some(jane.clone()));
    assert_eq!(story.jane().absorbed, [omar, lia.clone()]);
    let story = story.adopts(jane.clone(), CustomerRef::Id(lia.clone()));
    let story = story.accepted("that is this customer already");
    let story = story.when(CustomerCommand::Meet(CustomerRef::Id(lia))).gone(&jane);
    let snapshot = Some(story.restarted());
    assert_eq!(snapshot.as_ref(), Some(&story.world), "for ever, also over a restart");
}

#[test]
fn r_adopt_4_what_is_in_flight_moves_along() {
    let pays = NetworkCommand::ReceivePayment {
        from: omar(),
        to: line(Channel::Payment),
        value: money("KES", 100),
    };
    let story = given([meet(), sends(omar(), "one"), sends(jane(), "two"), sends(omar(), "three")]);
    let story = story.when(pays).merge(&to_jane(), &to_omar());
    let jane = story.jane();
    let said: Vec<_> = jane.messages.iter().filter_map(|m| m.body.text.as_deref()).collect();
    assert_eq!(said, ["one", "two", "three"], "R-STATE-2: in order of creation");
    assert_eq!(story.world.in_flight().len(), 3);
    let (message, status) = (jane.messages[0].id.clone(), MessageStatus::Delivered);
    let story =
        story.when(NetworkCommand::ReportMessage { message, status }).then(&["DLV delivered"]);
    assert_eq!(story.last.events[0].customer, Some(jane.id.clone()));
    assert_eq!(story.last.events[0].number, Some(omar()));
    let (transaction, status) = (jane.payments[0].id.clone(), PaymentStatus::Reversed);
    let story = story.when(NetworkCommand::ReportPayment { transaction, status });
    assert_eq!(story.last.events[0].customer, Some(jane.id.clone()));
    check(&story.world);
}

#[test]
fn r_adopt_1_leases_on_both_sides_end_before() {
    let lease = |customer| CustomerCommand::LeaseMetadata { customer, key: "plan".into() };
    let story = given([lease(to_jane()), lease(to_omar()), lease(to_omar())]);
    let story = story.merge(&to_jane(), &to_omar());
    let over = "LSE lease of plan over: the customer was merged";
    let codes: Vec<_> = story.last.events.iter().map(|e| e.kind.code()).collect();
    assert_eq!(codes, ["LSE", "LSE", "MRG", "MRG"]);
    assert!(story.last.events[..2].iter().all(|e| e.sentence() == over[4..]));
    assert_eq!((story.jane().leases.len(), story.due()), (0, None));
    let story = story.when(lease(to_omar())).accepted("plan leased for 90 s; it has no value");
    assert_eq!(story.jane().leases[0].number, 2, "larger than any on either side");
}

#[test]
fn d_consent_merge_opt_out_wins_whatever_the_times() {
    let (early, late) = (Timestamp::from_secs(1), Timestamp::from_secs(2));
    let (out, into) = (S::OptOutCompleted, S::OptInCompleted);
    for (own, theirs, remains) in [
        (Some((out, early)), Some((into, late)), Some((out, early))),
        (Some((into, late)), Some((out, early)), Some((out, early))),
        (Some((into, early)), Some((S::OptInRequestSent, late)), Some((S::OptInRequestSent, late))),
        (Some((out, early)), Some((out, late)), Some((out, late))),
        (None, Some((into, early)), Some((into, early))),
        (Some((into, early)), None, Some((into, early))),
    ] {
        assert_eq!(stricter(own, theirs), remains);
    }
    // Consent is kept with the number: it moves along and still holds.
    let story = given([meet(), writes(omar(), "stop")]).merge(&to_jane(), &to_omar());
    story.when(sends(omar(), "x")).code(401).when(sends(jane(), "x")).code(101);
}

#[test]
fn d_adopt_live_a_session_or_call_of_the_other_is_waited_for() {
    let dial =
        NetworkCommand::DialUssd { from: omar(), to: line(Channel::Ussd), input: String::new() };
    let story = given([meet()]).when(dial).merge(&to_jane(), &to_omar());
    let story = story.refused("is in a USSD session: wait until it is over");
    let session = story.who(&to_omar()).expect("Omar").ussd[0].id.clone();
    // The survivor may be in a session or call, because that id stays.
    let story = story.merge(&to_omar(), &to_jane());
    assert!(story.last.receipt.is_ok());
    let end = UssdEnd::CustomerLeft;
    let story = story.when(NetworkCommand::EndUssd { session, end });
    assert!(story.last.receipt.is_ok());

    let call = NetworkCommand::ReceiveCall { from: lia(), to: line(Channel::Voice) };
    let story = story.when(call).merge(&to_jane(), &to_lia());
    let story = story.refused("is in a call: wait until it is over");
    let session = story.who(&to_lia()).expect("Lia").calls[0].id.clone();
    let hop = CallHop { status: CallStatus::NotAnswered, ..CallHop::default() };
    let (duration, cost) = (Duration::ZERO, None);
    let story = story.when(NetworkCommand::ReportCall { session, hop, duration, cost });
    assert!(story.merge(&to_jane(), &to_lia()).last.receipt.is_ok());
}

#[test]
fn r_adopt_1_wallets_of_the_same_id_and_currency_are_added_with_what_is_pending() {
    let story = given([meet(), tags(to_omar(), &[("a", "1")])]);
    let story = story
        .rich(&to_jane(), "savings", money("KES", 500))
        .rich(&to_omar(), "savings", money("KES", 200))
        .rich(&to_omar(), "fees", money("UGX", 7));
    let debit = wallet_of(&story.id_of(&to_omar()), "savings");
    let credit = PaymentParty::Customer { number: omar(), channel: line(Channel::Payment) };
    let value = money("KES", 50);
    let story = story.when(CustomerCommand::InitiatePayment { debit, credit, value }).code(101);
    let story = story.merge(&to_jane(), &to_omar());
    let jane = story.jane();
    let held: Vec<_> =
        jane.wallets.iter().map(|(id, a)| (id.as_str(), a.actual, a.available)).collect();
    assert_eq!(held, [("fees", 7, 7), ("savings", 700, 650)]);
    assert_eq!(jane.wallets["savings"].pending.len(), 1);
}

#[test]
fn r_adopt_1_different_currencies_refuse_before_anything_changes() {
    let story = given([meet(), tags(to_omar(), &[("a", "1")])])
        .rich(&to_jane(), "savings", money("KES", 500))
        .rich(&to_omar(), "savings", money("UGX", 200));
    let before = story.world.clone();
    let story = story.merge(&to_jane(), &to_omar());
    let story = story.refused("wallet savings holds KES here and UGX there");
    assert_eq!(story.world, before);
}

#[test]
fn d_size_limits_hold_for_the_union() {
    let many = |range: std::ops::Range<usize>| {
        let words: Vec<String> = range.map(|n| n.to_string()).collect();
        let pairs: Vec<_> = words.iter().map(|w| (w.as_str(), "1")).collect();
        (
            tags(to_jane(), &pairs),
            tags(to_omar(), &pairs),
            data(to_jane(), &pairs),
            data(to_omar(), &pairs),
        )
    };
    let story = given([many(0..200).0, many(100..256).1]);
    assert!(story.merge(&to_jane(), &to_omar()).last.receipt.is_ok(), "256 different ones");
    let story = given([many(0..200).0, many(100..257).1]);
    story
        .merge(&to_jane(), &to_omar())
        .refused("together they have 257 tags, and 256 are the most");
    let story = given([many(0..200).2, many(100..257).3]);
    story.merge(&to_jane(), &to_omar()).refused("257 metadata keys");
}

#[test]
fn d_size_a_customer_has_256_numbers_at_most_however_they_come() {
    let jane = given([meet()]);
    let id = jane.jane().id.clone();
    let other = |n: usize| CustomerRef::Number(CustomerNumber::telco(&format!("+2547{n:08}")));
    let adopt = |n| CustomerCommand::AdoptCustomer { customer: id.clone(), other: other(n) };
    let story = (1..256).fold(jane, |story, n| story.when(adopt(n)));
    assert_eq!(story.jane().numbers.len(), 256);
    let story = story.when(adopt(256)).refused("257 numbers, and 256 are the most");
    let story = story.when(CustomerCommand::Meet(other(256)));
    story.when(adopt(256)).refused("257 numbers, and 256 are the most");
}

#[test]
fn r_state_2_united_histories_keep_the_newest_500() {
    let dial = |from: CustomerNumber| NetworkCommand::DialUssd {
        from,
        to: line(Channel::Ussd),
        input: String::new(),
    };
    let story = (0..300).fold(nothing(), |story, _| {
        story
            .when(dial(jane()))
            .when(dial(omar()))
            .when(sends(jane(), "a"))
            .when(sends(omar(), "b"))
    });
    let session = story.who(&to_omar()).expect("Omar").ussd[299].id.clone();
    let end = UssdEnd::CustomerLeft;
    let story = story.when(NetworkCommand::EndUssd { session, end });
    let (messages, sessions) = (story.world.index.messages.len(), story.world.index.sessions.len());
    assert_eq!((messages, sessions), (600, 600));
    let story = story.merge(&to_jane(), &to_omar());
    assert_eq!((story.jane().ussd.len(), story.jane().messages.len()), (500, 500));
    assert_eq!(story.world.index.messages.len(), 500);
}

#[test]
fn a_merge_is_shown_side_by_side_before_it_is_made() {
    let story = given([
        tags(to_jane(), &[("tier", "gold")]),
        data(to_jane(), &[("name", "Jane")]),
        tags(to_omar(), &[("tier", "silver"), ("vip", "yes")]),
        data(to_omar(), &[("name", "Jane")]),
        writes(omar(), "stop"),
        reminds(to_omar(), "renew", 1),
    ])
    .rich(&to_jane(), "savings", money("KES", 500))
    .rich(&to_omar(), "savings", money("KES", 200));
    let (jane, omar) = (story.jane().id.clone(), story.id_of(&to_omar()));
    let merge = diff(&story.world, &jane, &to_omar(), story.now);
    assert_eq!((&merge.survivor, &merge.other), (&jane, &omar));
    let of = |field: &str| {
        let row = merge.rows.iter().find(|row| row.field == field);
        row.map(|r| [r.survivor.as_str(), r.other.as_str(), r.result.as_str()])
    };
    assert_eq!(
        of("numbers"),
        Some(["+254711000001", "+254711000002", "+254711000001, +254711000002"])
    );
    assert_eq!(of("tag tier"), Some(["gold", "silver", "gold: the survivor's stays"]));
    assert_eq!(of("tag vip"), Some(["", "yes", "yes, taken over"]));
    assert_eq!(of("data name"), Some(["Jane", "Jane", "Jane, on both sides"]));
    let consent = "consent of +254711000002 to sms 40404";
    assert_eq!(of(consent), Some(["", "opted out", "opted out"]));
    assert_eq!(of("wallet savings"), Some(["KES 5.00", "KES 2.00", "KES 7.00, added"]));
    assert_eq!(of("messages"), Some(["0", "1", "1"]));
    assert!(of("reminder renew of shop").is_some_and(|row| row[2].ends_with("taken over")));
    assert_eq!((of("refused"), of("leases"), of("in progress")), (None, None, None));
    // What would refuse the merge is a row too. With nobody, or with oneself, there are no rows.
    let dial = NetworkCommand::DialUssd {
        from: super::omar(),
        to: line(Channel::Ussd),
        input: String::new(),
    };
    let story = story.when(dial);
    let merge = diff(&story.world, &jane, &CustomerRef::Id(omar), story.now);
    assert!(merge.rows.iter().any(|r| r.field == "refused" && r.result.contains("USSD session")));
    assert!(diff(&story.world, &jane, &to_jane(), story.now).rows.is_empty());
    assert_eq!(diff(&story.world, &jane, &to_lia(), story.now).rows.len(), 1, "its number");
}

/// The sums of all wallets, by currency.
fn sums(world: &World) -> BTreeMap<Currency, (i64, i64)> {
    let mut sums = BTreeMap::new();
    let wallets = |c: Arc<CustomerState>| c.wallets.values().cloned().collect::<Vec<_>>();
    for account in world.customers().flat_map(wallets) {
        let sum: &mut (i64, i64) = sums.entry(account.currency).or_default();
        *sum = (sum.0 + account.actual, sum.1 + account.available);
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// R-BOOKS-6: random chains of adoptions conserve the money of each currency, and a refusal changes
    /// nothing. Besides, every id that ever was still leads to somebody, and tags still select exactly
    /// those who have them.
    #[test]
    fn m6_adoptions_conserve_money(
        wallets in prop::collection::vec(
            (0..7_usize, select(vec!["a", "b"]), select(vec!["KES", "UGX"]), 0..1_000_i64), 0..16),
        merges in prop::collection::vec((0..7_usize, 0..7_usize, any::<bool>()), 0..24),
    ) {
        let number = |n: usize| CustomerNumber::telco(&format!("+2547110000{n:02}"));
        let person = |n: usize| CustomerRef::Number(number(n));
        let mut story = given((0..7).map(|n| tags(person(n), &[("n", "1")])));
        let born: Vec<_> = (0..7).map(|n| story.id_of(&person(n))).collect();
        for (n, wallet, code, minor) in wallets {
            story = story.rich(&person(n), wallet, money(code, minor));
        }
        let before = sums(&story.world);
        for (one, other, by_id) in merges {
            let other = if by_id { CustomerRef::Id(born[other].clone()) } else { person(other) };
            let world = story.world.clone();
            story = story.adopts(born[one].clone(), other).later(1);
            if story.last.events.is_empty() {
                prop_assert_eq!(&story.world, &world);
            }
            prop_assert_eq!(sums(&story.world), before.clone());
        }
        for (n, id) in born.iter().enumerate() {
            let now = story.id_of(&CustomerRef::Id(id.clone()));
            prop_assert_eq!(story.id_of(&person(n)), now.clone());
            prop_assert!(story.world.survivor(id).unwrap_or_else(|| id.clone()) == now);
        }
        let pair = TagPair { key: "n".into(), value: "1".into() };
        let everyone = story.world.audience(&pair, None, &story.settings, story.now);
        prop_assert_eq!(everyone.matching, story.world.customers().count() as u64);
    }
}
