//! Payments (R-PAY-1 to R-PAY-9): who may pay whom, balances, and which app is told what.

use super::*;
use crate::{
    model::{
        Currency, CustomerId, EventKind, Money, Payment, PaymentParty as Party, PaymentReceipt,
        PaymentStatus as P, Provider, TransactionId, settings::Purse,
    },
    rules::{ledger, payment},
};

pub fn money(code: &str, minor: i64) -> Money {
    Money { currency: Currency::new(code).expect("a currency"), minor }
}
pub fn kes(minor: i64) -> Money {
    money("KES", minor)
}
pub fn purse(id: &str) -> Party {
    Party::Purse(id.into())
}
pub fn wallet(customer: &CustomerId, wallet: &str) -> Party {
    Party::Wallet { customer: customer.clone(), wallet: wallet.into() }
}
pub fn phone(number: CustomerNumber) -> Party {
    Party::Customer { number, channel: line(Channel::Payment) }
}
pub fn till() -> Party {
    let channel = ChannelNumber::new(Channel::Payment, "7777");
    Party::Channel { channel, code: 63902, account: Some("8".into()) }
}
pub fn pay(debit: Party, credit: Party, value: Money) -> Command {
    CustomerCommand::InitiatePayment { debit, credit, value }.into()
}
pub fn fund(id: &str, value: Money) -> Command {
    NetworkCommand::FundPurse { purse: id.into(), value }.into()
}
pub fn pays(value: Money) -> Command {
    NetworkCommand::ReceivePayment { from: jane(), to: line(Channel::Payment), value }.into()
}
/// There are the purses `main` and `float` in KES and `usd` in USD, and 100.00 in `main`. Jane is known.
pub fn bank() -> Story {
    let purses = [("main", "KES"), ("float", "KES"), ("usd", "USD")];
    let purses =
        purses.map(|(id, code)| Purse { id: id.into(), currency: money(code, 0).currency });
    let story = nothing().with(|s| s.purses = purses.into()).when(meet()).later(1);
    story.when(fund("main", kes(10_000))).later(1)
}
/// The same with 50.00 in Jane's wallet `w` and 50.00 in Omar's.
fn wallets() -> (Story, CustomerId, CustomerId) {
    let story = bank().when(CustomerCommand::Meet(CustomerRef::Number(omar())));
    let omar = story.who(&CustomerRef::Number(omar())).expect("Omar").id.clone();
    let jane = story.jane().id.clone();
    let story = story.when(fund("main", kes(10_000)));
    let story = story.when(pay(purse("main"), wallet(&jane, "w"), kes(5_000))).code(300);
    let story = story.when(pay(purse("main"), wallet(&omar, "w"), kes(5_000))).code(300);
    (story, jane, omar)
}
fn becomes(story: Story, status: P) -> Story {
    let transaction = started(&story);
    story.when(NetworkCommand::ReportPayment { transaction, status })
}
/// The newest payment of all.
fn started(story: &Story) -> TransactionId {
    let events = story.entries.iter().rev().flat_map(|entry| entry.events.iter().rev());
    let mut ids = events.filter_map(|event| match &event.kind {
        EventKind::PaymentStarted { id, .. } | EventKind::PaymentReceived { id, .. } => Some(id),
        _ => None,
    });
    ids.next().expect("a payment").clone()
}
/// The available and the actual money of a purse or wallet, in minor units.
fn holds(story: &Story, party: &Party) -> (i64, i64) {
    assert_eq!(ledger::check(&story.world), Ok(()), "R-BOOKS-1");
    ledger::account(&story.world, party).map_or((0, 0), |a| (a.available, a.actual))
}
fn payment(story: &Story) -> Payment {
    ledger::payment(&story.world, &started(story)).expect("a payment").clone()
}

#[test]
fn d_size_a_customer_has_256_wallets_at_most() {
    let story = bank();
    let jane = story.jane().id.clone();
    let opens = |n: usize| pay(purse("main"), wallet(&jane, &n.to_string()), kes(1));
    let story = (0..256).fold(story, |story, n| story.when(opens(n)).code(300));
    let story = story.when(opens(256)).then(&[]).refused("256 wallets at most");
    story.when(opens(255)).code(300);
}

#[test]
fn a_purse_of_the_settings_is_funded_from_outside() {
    let story = bank().then(&["PAY KES 100.00 put into purse main"]);
    assert_eq!(holds(&story, &purse("main")), (10_000, 10_000));
    let story = story.when(fund("vault", kes(1))).refused("no purse vault");
    let story = story.when(fund("usd", kes(1))).refused("is in USD");
    let story = story.when(fund("main", kes(0))).refused("more than nothing");
    let most = Money::MAX_UNITS * 100;
    let story = story.when(fund("main", kes(most + 1))).refused("more than one payment may be");
    let full = (0..i64::MAX / most).fold(story, |story, _| story.when(fund("main", kes(most))));
    let full = full.when(fund("main", kes(most))).refused("cannot hold more");
    assert_eq!(ledger::check(&full.world), Ok(()));
}

#[test]
fn r_pay_1_4_who_may_pay_whom_and_with_what_first_status() {
    let (story, jane, omar) = wallets();
    let debits = [phone(super::jane()), purse("main"), wallet(&jane, "w"), till()];
    let credits = [phone(super::omar()), purse("float"), wallet(&omar, "w"), till()];
    let expected = [
        [201, 102, 102, 201], // a customer's mobile money
        [101, 300, 300, 101], // a purse
        [101, 300, 300, 101], // a wallet
        [201, 201, 201, 201], // a third party
    ];
    let mut story = story;
    for (debit, row) in debits.iter().zip(expected) {
        for (credit, code) in credits.iter().zip(row) {
            story = story.when(pay(debit.clone(), credit.clone(), kes(1))).code(code);
            assert_eq!(story.last.events.is_empty(), code == 201, "{debit:?} {credit:?}");
        }
    }
    for same in [purse("main"), wallet(&jane, "w")] {
        story = story.when(pay(same.clone(), same, kes(1))).code(200).refused("the same");
    }
}

#[test]
fn r_pay_2_bad_requests_are_refused_with_the_code_of_the_first_failure() {
    let (mut story, jane, _) = wallets();
    let channel = |channel| Party::Customer { number: super::jane(), channel };
    let nobody = CustomerId::from("el_cst_x");
    let nameless = CustomerNumber::new(Provider::Unspecified, "+1");
    let main = || purse("main");
    let cases = [
        (pay(main(), purse("float"), kes(0)), 200, "more than nothing"),
        (pay(main(), purse("float"), kes(-5)), 200, "more than nothing"),
        (pay(main(), purse("float"), kes(i64::MAX)), 200, "more than one payment"),
        (pay(purse(""), purse("float"), kes(1)), 200, "an empty purse"),
        (pay(main(), wallet(&jane, ""), kes(1)), 200, "an empty wallet"),
        (pay(main(), wallet(&CustomerId::default(), "w"), kes(1)), 200, "without its customer"),
        (pay(main(), phone(CustomerNumber::telco("")), kes(1)), 200, "customer number"),
        (pay(main(), phone(nameless), kes(1)), 200, "no provider is given"),
        (pay(main(), channel(line(Channel::Sms)), kes(1)), 200, "no money travels on sms"),
        (pay(main(), channel(ChannelNumber::default()), kes(1)), 200, "no channel given"),
        (pay(main(), phone(CustomerNumber::new(Provider::Telegram, "x")), kes(1)), 200, "mobile"),
        (pay(purse("vault"), purse("float"), kes(1)), 206, "no purse vault"),
        (pay(main(), purse("vault"), kes(1)), 206, "no purse vault"),
        (pay(main(), wallet(&nobody, "w"), kes(1)), 207, "no customer el_cst_x"),
        (pay(wallet(&nobody, "w"), main(), kes(1)), 207, "no customer el_cst_x"),
        (pay(wallet(&jane, "v"), main(), kes(1)), 207, "no wallet v"),
        // This is wrong in every way, and the first check decides (R-PAY-2).
        (pay(till(), purse("vault"), kes(0)), 200, "more than nothing"),
        (pay(till(), purse("vault"), kes(1)), 201, "third party"),
        (pay(purse("vault"), wallet(&nobody, "w"), kes(1)), 206, "no purse"),
        (pay(wallet(&nobody, "w"), purse("usd"), kes(1)), 207, "no customer"),
    ];
    for (command, code, words) in cases {
        story = story.when(command).code(code).refused(words);
    }
    let story = story.bind(ChannelNumber::new(Channel::Payment, "1"), None, None);
    let story = story.when(pay(main(), phone(super::jane()), kes(1))).code(200);
    story.refused("not one of the org's channel numbers");
}

#[test]
fn r_pay_4_a_refusal_with_valid_parties_is_recorded_and_moves_nothing() {
    let (story, jane, _) = wallets();
    let story = story.when(pay(wallet(&jane, "w"), purse("usd"), kes(1))).code(204);
    let row = format!("PAY KES 0.01 from wallet w of {jane} to purse usd: not allowed");
    let story = story.then(&[&row]);
    assert!(story.last.receipt.description().contains("is in USD, and nothing is converted"));
    assert_eq!(story.last.receipt.subject(), Some(started(&story).as_str()));
    let story = story.when(pay(purse("main"), wallet(&jane, "w"), money("USD", 1))).code(204);
    let story = story.when(pay(purse("main"), wallet(&jane, "w"), kes(10_001))).code(202);
    assert_eq!(story.last.receipt.description(), "purse main has only KES 100.00 available");
    let kinds: Vec<_> = story.jane().payments.iter().map(|p| p.status.code()).collect();
    assert_eq!(kinds, [300, 204, 204, 202]);
    assert_eq!(holds(&story, &purse("main")), (10_000, 10_000));
    becomes(story, P::Success).then(&[]).accepted("nothing changed");
}

#[test]
fn r_pay_3_a_wallet_is_opened_by_its_first_credit_in_that_currency() {
    let story = bank().when(fund("usd", money("USD", 500)));
    let jane = story.jane().id.clone();
    let story = story.when(pay(purse("usd"), wallet(&jane, "w"), money("USD", 200))).code(300);
    assert_eq!(holds(&story, &wallet(&jane, "w")), (200, 200));
    story.when(pay(purse("main"), wallet(&jane, "w"), kes(1))).code(204);
}

#[test]
fn r_pay_5_a_debit_is_held_then_booked_then_booked_back() {
    let main = purse("main");
    let story = bank().when(pay(main.clone(), phone(jane()), kes(4_000))).code(101);
    assert_eq!(holds(&story, &main), (6_000, 10_000));
    let purses = story.world.purses().filter(|(id, ..)| *id == "main");
    let purses: Vec<_> = purses.map(|(_, account, held)| (account.sequence_nr, held)).collect();
    assert_eq!(purses, [(2, 1)], "one payment holds some of it");
    let story = story.when(pay(main.clone(), phone(jane()), kes(6_001))).code(202);
    let story = story.when(pay(main.clone(), phone(jane()), kes(6_000))).code(101);
    let story = becomes(story, P::Failed).then(&["PAY payment failed: KES 60.00"]);
    assert_eq!(holds(&story, &main), (6_000, 10_000), "released");
    let story = story.when(pay(main.clone(), till(), kes(6_000))).code(101);
    let story = becomes(story, P::Success).then(&["PAY payment received: KES 60.00"]);
    assert_eq!(holds(&story, &main), (0, 4_000), "booked");
    let story = becomes(story, P::Reversed).then(&["PAY payment reversed: KES 60.00"]);
    assert_eq!(holds(&story, &main), (6_000, 10_000), "booked back");
    becomes(story, P::Reversed).then(&[]).accepted("nothing changed");
}

#[test]
fn r_pay_11_a_success_that_is_reported_after_an_end_is_told_once_and_books_nothing() {
    let main = purse("main");
    for (end, words) in
        [(P::Failed, "failed"), (P::Expired, "expired"), (P::Throttled, "throttled")]
    {
        let story = bank().when(pay(main.clone(), phone(jane()), kes(6_000))).code(101);
        let story = becomes(story, end);
        let before = holds(&story, &main);
        let row = format!(
            "PAY KES 60.00 reported received although {words}: nothing was booked, ask the network"
        );
        let story = becomes(story, P::Success).then(&[&row]);
        let told = story.last.events[0].clone();
        assert_eq!(told.tone(), crate::model::Tone::Bad, "a problem that people see");
        assert_eq!(told.customer.as_ref(), Some(&story.jane().id));
        let story = story.accepted("nothing changed; that it contradicts the end is recorded");
        assert_eq!((holds(&story, &main), payment(&story).status), (before, end));
        // Networks repeat themselves.
        let story = becomes(story, P::Success).then(&[]).accepted("nothing changed");
        becomes(story, P::Failed).then(&[]).accepted("nothing changed");
    }
    // What was taken back is over too; a success that is repeated contradicts nothing.
    let story = bank().when(pay(main.clone(), till(), kes(6_000))).code(101);
    let story = becomes(becomes(story, P::Success), P::Success).then(&[]);
    let row =
        "PAY KES 60.00 reported received although reversed: nothing was booked, ask the network";
    becomes(becomes(story, P::Reversed), P::Success).then(&[row]);
}

#[test]
fn r_pay_5_a_credit_counts_from_success_and_a_reversal_needs_the_money_back() {
    let story = bank().when(pay(phone(jane()), purse("float"), kes(700))).code(102);
    assert_eq!(holds(&story, &purse("float")), (0, 0));
    let story = becomes(becomes(story, P::PendingValidation), P::Success).then(&[]);
    let story = becomes(becomes(story, P::Validated), P::Success).accepted("received");
    assert_eq!(holds(&story, &purse("float")), (700, 700));
    let transaction = started(&story);
    let back = |story: Story| {
        let (transaction, status) = (transaction.clone(), P::Reversed);
        story.when(NetworkCommand::ReportPayment { transaction, status })
    };
    let story = story.when(pay(purse("float"), purse("main"), kes(1))).code(300);
    let story = back(story).refused("purse float has only KES 6.99 available");
    back(story.when(pay(purse("main"), purse("float"), kes(1))))
        .then(&["PAY payment reversed: KES 7.00"]);
}

#[test]
fn r_pay_6_a_payment_is_in_the_state_of_every_customer_party_or_in_the_ledger() {
    let (story, jane, omar) = wallets();
    let story = story.when(pay(wallet(&jane, "w"), wallet(&omar, "w"), kes(100))).code(300);
    let Receipt::Payment(PaymentReceipt { debit_customer, credit_customer, .. }) =
        &story.last.receipt
    else {
        panic!()
    };
    assert_eq!((debit_customer, credit_customer), (&Some(jane.clone()), &Some(omar.clone())));
    let of = |story: &Story, id| story.world.by_id(id).expect("known").payments.len();
    assert_eq!((of(&story, &jane), of(&story, &omar)), (2, 2));
    let story = becomes(story, P::Reversed);
    for id in [&jane, &omar] {
        let last = story.world.by_id(id).expect("known").payments.last().cloned();
        assert_eq!(last.expect("a payment").status, P::Reversed);
    }
    let story = story.when(pay(purse("main"), till(), kes(100))).code(101);
    assert_eq!((of(&story, &jane), of(&story, &omar)), (2, 2));
    let Receipt::Payment(PaymentReceipt { debit_customer, credit_customer, .. }) =
        &story.last.receipt
    else {
        panic!()
    };
    assert_eq!((debit_customer, credit_customer), (&None, &None));
    assert_eq!(payment(&story).status, P::Queued);
    let story = becomes(story, P::Success).then(&["PAY payment received: KES 1.00"]);
    assert_eq!((story.last.events[0].customer.clone(), payment(&story).status), (None, P::Success));
    becomes(story, P::Reversed).then(&["PAY payment reversed: KES 1.00"]);
}

#[test]
fn r_ord_4_a_new_number_becomes_a_customer_before_anything_is_paid() {
    let story = bank().when(pay(purse("main"), phone(omar()), kes(100)));
    let story =
        story.then(&["NEW new customer", "PAY KES 1.00 from purse main to +254711000002: queued"]);
    let omar_now = story.who(&CustomerRef::Number(omar())).expect("Omar");
    assert_eq!((omar_now.payments.len(), omar_now.numbers.clone()), (1, vec![omar()]));
    // A wallet pays somebody else's phone. The event is about the payer, and the number is not theirs.
    let (story, jane, _) = wallets();
    let story = story.when(pay(wallet(&jane, "w"), phone(CustomerNumber::telco("+9")), kes(1)));
    let started = &story.last.events[1];
    assert_eq!((started.customer.as_ref(), started.number.as_ref()), (Some(&jane), None));
    assert_eq!(started.channel, Some(line(Channel::Payment)));
    let story = becomes(story, P::Success);
    assert_eq!(story.last.events[0].number, None);
    assert_eq!(story.jane().numbers, [super::jane()]);
}

#[test]
fn r_paystat_1_and_r_wallet_1_say_who_is_told_in_which_order() {
    let (story, jane, omar) = wallets();
    let story = story.when(pay(wallet(&jane, "w"), wallet(&omar, "w"), kes(100)));
    let rows = ["PAY payment received: KES 1.00", "PAY payment of wallet w received"];
    let begun = format!("PAY KES 1.00 from wallet w of {jane} to wallet w of {omar}: received");
    let story = story.then(&[&begun, rows[0], rows[1], rows[1]]).for_apps(&["shop"; 4]);
    let whose: Vec<_> = story.last.events.iter().map(|e| e.customer.clone().expect("a")).collect();
    assert_eq!(whose, [&jane, &jane, &jane, &omar].map(Clone::clone));
    assert!(story.last.events[..3].is_sorted_by(|a, b| a.at < b.at), "R-EVT-1");
    // From a purse to a wallet the event names the wallet's customer, and the app that asked is told,
    // whoever reports.
    let story = story.when(pay(phone(super::omar()), wallet(&jane, "w"), kes(100))).code(102);
    let story = becomes(story.by(None, Actor::Network), P::Rejected).for_apps(&["shop", "shop"]);
    let story = story.then(&["PAY payment rejected: KES 1.00", "PAY payment of wallet w rejected"]);
    let whose: Vec<_> = story.last.events.iter().map(|e| e.customer.clone().expect("a")).collect();
    assert_eq!(whose, [omar, jane]);
    assert_eq!(story.last.events[0].number, Some(super::omar()));
}

#[test]
fn r_rcvpay_1_a_payment_is_credited_to_the_bound_purse_or_passes_through() {
    let bound = || bank().bind(line(Channel::Payment), None, Some("float"));
    let story = bound().when(pays(kes(150_000)));
    let story = story.then(&["PAY KES 1,500.00 received into float"]);
    let payment = story.jane().payments[0].clone();
    assert_eq!(payment.status, P::Success);
    assert_eq!(payment.credit, Some(purse("float")));
    assert_eq!(payment.debit, phone(jane()));
    assert_eq!(holds(&story, &purse("float")), (150_000, 150_000));
    let story = becomes(story, P::Reversed).then(&["PAY payment reversed: KES 1,500.00"]);
    assert_eq!(holds(&story, &purse("float")), (0, 0));
    let story = nothing().when(pays(kes(100)));
    let story = story.then(&["NEW new customer", "PAY KES 1.00 passed through"]);
    let story = becomes(story.accepted("passed through"), P::Reversed);
    assert_eq!(ledger::check(&story.world), Ok(()), "what passes through is not in the books");
    bound().when(pays(money("UGX", 5))).accepted("passed through");
}

#[test]
fn r_cash_1_a_payment_is_of_more_than_nothing_and_within_bounds() {
    nothing().when(pays(kes(0))).refused("more than nothing");
    nothing().when(pays(kes(-1))).refused("more than nothing");
    nothing().when(pays(kes(100 * Money::MAX_UNITS + 1))).refused("more than one payment may be");
    nothing().when(pays(kes(100 * Money::MAX_UNITS))).accepted("passed through");
}

#[test]
fn events_4_3_a_payer_has_120_s_and_everything_else_a_day() {
    let sweep = NetworkCommand::Sweep;
    let asked = || bank().when(pay(phone(jane()), purse("main"), kes(1))).later(119);
    let story = asked().when(sweep.clone()).then(&[]).later(1).when(sweep.clone());
    let story =
        story.then(&["PAY payment expired: KES 0.01"]).for_apps(&["shop"]).accepted("1 thing due");
    assert_eq!(
        (story.last.events[0].actor.clone(), payment(&story).status),
        (Actor::Hub, P::Expired)
    );
    assert_eq!(story.world.next_due(&story.settings), None);
    let story = becomes(asked(), P::PendingValidation).later(24 * 3600 - 1).when(sweep.clone());
    let story =
        story.then(&[]).later(1).when(sweep.clone()).then(&["PAY payment expired: KES 0.01"]);
    assert_eq!(story.world.next_due(&story.settings), None);
    let story = bank().when(pay(purse("main"), till(), kes(1))).later(24 * 3600).when(sweep);
    let story = story.then(&["PAY payment expired: KES 0.01"]);
    assert_eq!(holds(&story, &purse("main")), (10_000, 10_000), "released");
    let story = becomes(becomes(asked(), P::PendingValidation), P::Validated);
    assert_eq!(story.world.next_due(&story.settings), None, "a validated payment never expires");
    let story = asked().with(|s| s.payment_confirmation = Duration::from_mins(5));
    let due = story.world.next_due(&story.settings).expect("a payer is asked");
    assert_eq!(due.since(story.now), Duration::from_secs(300 - 119));
}

#[test]
fn a_credit_in_another_currency_than_the_wallet_was_opened_in_meanwhile_is_refused() {
    let story = bank();
    let jane = story.jane().id.clone();
    let story =
        story.when(pay(phone(super::jane()), wallet(&jane, "w"), money("USD", 5))).code(102);
    let transaction = started(&story);
    let story = story.when(pay(purse("main"), wallet(&jane, "w"), kes(5))).code(300);
    let late = NetworkCommand::ReportPayment { transaction, status: P::Success };
    story.when(late).refused("is in KES, and nothing is converted");
}

#[test]
fn r_state_2_a_payment_under_way_outlives_the_history() {
    let story = bank().when(pay(purse("main"), phone(jane()), kes(100))).code(101);
    let transaction = started(&story);
    let story = (0..501).fold(story, |story, _| story.when(pays(kes(1))));
    assert!(story.jane().payments.iter().all(|p| p.id != transaction));
    let done = NetworkCommand::ReportPayment { transaction, status: P::Success };
    let story = story.when(done.clone()).then(&["PAY payment received: KES 1.00"]);
    assert_eq!(holds(&story, &purse("main")), (9_900, 9_900));
    story.when(done).refused("no payment");
}

/// Does what an adoption does: wallets and payments move, and the old id is known as merged.
fn merge(story: &mut Story, from: &CustomerId, into: &CustomerId) {
    let key = |id: &CustomerId| id.as_str().as_bytes().to_vec();
    let old = story.world.passing(from).expect("known");
    let mut world = std::mem::take(&mut story.world);
    world.index.remove(&old);
    world.index.remove(&world.passing(into).expect("known"));
    world.customers.remove(&key(from));
    let new = Arc::make_mut(world.customers.get_mut(&key(into)).expect("known"));
    new.numbers.extend(old.numbers.clone());
    new.wallets.extend(old.wallets.clone().into_iter().map(|(id, w)| (format!("{id}2"), w)));
    new.payments.extend(old.payments.clone());
    world.index.add(new);
    world.merged.insert(key(from), into.clone());
    story.world = world;
}

#[test]
fn r_adopt_4_a_payment_in_flight_finds_its_customer_under_the_new_id() {
    let story = bank().when(CustomerCommand::Meet(CustomerRef::Number(omar())));
    let (jane, omar) = (story.jane().id.clone(), story.who(&CustomerRef::Number(super::omar())));
    let omar = omar.expect("Omar").id.clone();
    let mut story = story.when(pay(phone(super::jane()), wallet(&jane, "w"), kes(5))).code(102);
    merge(&mut story, &jane, &omar);
    let story = becomes(story, P::Success);
    let story = story.then(&["PAY payment received: KES 0.05", "PAY payment of wallet w received"]);
    assert!(story.last.events.iter().all(|e| e.customer.as_ref() == Some(&omar)));
    assert_eq!(holds(&story, &wallet(&jane, "w")), (5, 5), "the merged id means the adopter");
    assert_eq!(holds(&story, &wallet(&omar, "w")), (5, 5));
    let story = story.when(pay(wallet(&jane, "w"), purse("main"), kes(5))).code(299);
    story.refused(omar.as_str());
}

#[test]
fn a_preview_shows_the_accounts_of_the_hub_before_and_after() {
    let (story, jane, _) = wallets();
    let rows = |debit: &Party, credit: &Party, value| {
        let rows = payment::preview(&story.world, &story.settings, debit, credit, value);
        let row = |r: crate::model::BalanceRow| format!("{}: {} {}", r.account, r.before, r.after);
        rows.into_iter().map(row).collect::<Vec<_>>()
    };
    let own = format!("wallet v of {jane}: KES 0.00 KES 1.00");
    let main = "purse main: KES 100.00 KES 99.00".to_owned();
    assert_eq!(rows(&purse("main"), &wallet(&jane, "v"), kes(100)), [main.clone(), own]);
    assert_eq!(rows(&purse("main"), &phone(super::jane()), kes(100)), [main]);
    assert_eq!(rows(&purse("vault"), &till(), kes(100)), [""; 0]);
    assert_eq!(
        rows(&purse("usd"), &purse("main"), money("USD", 100)),
        ["purse usd: USD 0.00 USD -1.00"]
    );
}
