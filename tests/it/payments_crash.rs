//! The hub is killed with `kill -9` while payments are made (R-BOOKS-3). Each payment is sent several
//! times under its idempotency key, also at the same time, while the hub dies and comes back. Each
//! is booked once, all its replies are the same, and the books balance.

use super::support::{Bench, client, events, free_addr, settle};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use switchboard::{
    model::{
        CallId, Channel, ChannelNumber, Currency, CustomerCommand, CustomerId, CustomerNumber,
        CustomerRef, EventKind, Money, NetworkCommand, PaymentParty, PaymentReceipt, PaymentStatus,
        Receipt, TransactionId,
    },
    sdk::Client,
};

const PAYMENTS: usize = 300;
const CUSTOMERS: usize = 20;
const CLIENTS: usize = 6;
/// The hub is killed when this many payments have their last answer.
const KILLS: [usize; 3] = [60, 130, 200];
const FUNDS: i64 = 10_000_000;

fn kes(minor: usize) -> Money {
    let minor = i64::try_from(minor).unwrap();
    Money { currency: Currency::new("KES").unwrap(), minor }
}

fn number(n: usize) -> CustomerNumber {
    CustomerNumber::telco(&format!("+25473{:07}", n % CUSTOMERS))
}

fn call(n: usize) -> CallId {
    format!("payment-number-{n}").into()
}

/// Every third payment goes to a phone and is under way for a while. The others go to a
/// wallet at once.
fn to_phone(n: usize) -> bool {
    n.is_multiple_of(3)
}

fn payment(n: usize, value: usize, customers: &[CustomerId]) -> CustomerCommand {
    let credit = if to_phone(n) {
        let channel = ChannelNumber::new(Channel::Payment, "525900");
        PaymentParty::Customer { number: number(n), channel }
    } else {
        let customer = customers[n % CUSTOMERS].clone();
        PaymentParty::Wallet { customer, wallet: "savings".into() }
    };
    let debit = PaymentParty::Purse("till".into());
    CustomerCommand::InitiatePayment { debit, credit, value: kes(value) }
}

async fn meet(client: &Client) -> Vec<CustomerId> {
    let mut customers = Vec::new();
    for n in 0..CUSTOMERS {
        let meet = CustomerCommand::Meet(CustomerRef::Number(number(n)));
        let known = settle(client, &format!("meet-customer-{n}").into(), &meet).await;
        customers.push(known.customer().unwrap().clone());
    }
    customers
}

/// Sends one client's share of the payments. Returns the receipts of each, which are one to three.
async fn pay(
    client: Client,
    share: usize,
    customers: Arc<Vec<CustomerId>>,
    answered: Arc<AtomicUsize>,
) -> BTreeMap<usize, Vec<Receipt>> {
    let mut receipts = BTreeMap::new();
    for n in (share..PAYMENTS).step_by(CLIENTS) {
        let (command, call) = (payment(n, n + 1, &customers), call(n));
        let send = || settle(&client, &call, &command);
        let got = match n % 4 {
            0 => vec![send().await],
            // First one after the other, then both at the same time.
            1 => vec![send().await, send().await],
            2 => Vec::from(<[_; 2]>::from(tokio::join!(send(), send()))),
            _ => Vec::from(<[_; 3]>::from(tokio::join!(send(), send(), send()))),
        };
        receipts.insert(n, got);
        answered.fetch_add(1, Ordering::Relaxed);
    }
    receipts
}

/// Checks that each payment has one transaction, which is the same in every reply.
/// Returns the transactions.
fn transactions(receipts: &BTreeMap<usize, Vec<Receipt>>) -> BTreeMap<TransactionId, usize> {
    let mut transactions = BTreeMap::new();
    for (n, copies) in receipts {
        assert!(copies.iter().all(|copy| *copy == copies[0]), "R-BOOKS-3: payment {n}: {copies:?}");
        let Receipt::Payment(PaymentReceipt { transaction: Some(id), .. }) = &copies[0] else {
            panic!("payment {n}: {:?}", copies[0]);
        };
        transactions.insert(id.clone(), *n);
    }
    transactions
}

/// Checks, once nothing is under way any more, that the purse and the wallets hold what was paid.
async fn balanced(client: &Client, funds: i64, customers: &[CustomerId]) {
    let purse = loop {
        let till = client.purses().await.unwrap().remove(0);
        if till.pending == 0 {
            break till;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let paid: i64 = (1..=PAYMENTS).map(|value| kes(value).minor).sum();
    assert_eq!(
        (purse.actual.minor, purse.available.minor),
        (funds - paid, funds - paid),
        "R-BOOKS-1"
    );
    for (c, id) in customers.iter().enumerate() {
        let of = (0..PAYMENTS).filter(|n| n % CUSTOMERS == c && !to_phone(*n));
        let expected: i64 = of.map(|n| kes(n + 1).minor).sum();
        let view = client.customer(&CustomerRef::Id(id.clone())).await.unwrap().unwrap();
        let wallet = view.customer.wallets.get("savings").map_or(0, |wallet| wallet.actual);
        assert_eq!(wallet, expected, "R-BOOKS-1: the wallet of {id}");
        let twice = view.customer.payments.iter().map(|p| &p.id).collect::<BTreeSet<_>>();
        assert_eq!(twice.len(), view.customer.payments.len(), "R-PAY-6: {id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m3_a_payment_is_booked_once_however_often_it_is_sent_and_the_hub_dies() {
    let bench = Bench::new();
    let addr = free_addr();
    let mut hub = bench.serve(&addr);
    let customers = Arc::new(meet(&hub.client()).await);
    let funds = Money { minor: FUNDS, ..kes(0) };
    let funded = NetworkCommand::FundPurse { purse: "till".into(), value: funds };
    assert!(hub.client().sandbox().act(funded).await.unwrap().ok);
    let funds = hub.client().purses().await.unwrap()[0].actual.minor;
    assert!(funds >= FUNDS);

    let answered = Arc::new(AtomicUsize::new(0));
    let payers: Vec<_> = (0..CLIENTS)
        .map(|share| {
            let (customers, answered) = (Arc::clone(&customers), Arc::clone(&answered));
            tokio::spawn(pay(client(&addr), share, customers, answered))
        })
        .collect();
    for enough in KILLS {
        while answered.load(Ordering::Relaxed) < enough {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        hub.kill();
        assert!(answered.load(Ordering::Relaxed) < PAYMENTS, "no kill hit a payment");
        hub = bench.serve(&addr);
    }
    let mut receipts = BTreeMap::new();
    for payer in payers {
        receipts.extend(payer.await.unwrap());
    }

    let transactions = transactions(&receipts);
    assert_eq!((receipts.len(), transactions.len()), (PAYMENTS, PAYMENTS));
    balanced(&hub.client(), funds, &customers).await;
    let mut booked: BTreeMap<TransactionId, usize> = BTreeMap::new();
    for event in events(&hub.client()).await {
        if let EventKind::PaymentStarted { id, .. } = event.kind {
            *booked.entry(id).or_default() += 1;
        }
    }
    let once = transactions.keys().map(|id| (id.clone(), 1)).collect();
    assert_eq!(booked, once, "R-BOOKS-3: one booking each, and none that nobody asked for");

    // The same keys with another amount get 205 each, and no money moves.
    for n in (0..PAYMENTS).step_by(7) {
        let other = settle(&hub.client(), &call(n), &payment(n, n + 2, &customers)).await;
        assert_eq!(other.code(), Some(PaymentStatus::DuplicateRequest.code()), "{other:?}");
    }
    balanced(&hub.client(), funds, &customers).await;
}
