//! Bad payments (R-CASH-1, D-CASH, R-PAY-1 to R-PAY-4): without a party, with the wrong party, without an
//! amount, with an amount that is none, in the wrong currency, without enough money.

use super::{Says::*, *};
use crate::{
    model::{Currency, Money, PaymentParty, Provider},
    wire::proto::{hera as h, v1::ListPursesRequest},
};

fn money(code: &str, minor: i64) -> Money {
    Money { currency: Currency::new(code).unwrap(), minor }
}

fn purse(id: &str) -> PaymentParty {
    PaymentParty::Purse(id.to_owned())
}

fn person(text: &str) -> PaymentParty {
    let channel = ChannelNumber::new(Channel::Payment, "5250");
    PaymentParty::Customer { number: number(text), channel }
}

fn wallet(customer: &CustomerId, wallet: &str) -> PaymentParty {
    PaymentParty::Wallet { customer: customer.clone(), wallet: wallet.to_owned() }
}

fn pay(debit: PaymentParty, credit: PaymentParty, value: Money) -> Ask {
    ask(CustomerCommand::InitiatePayment { debit, credit, value })
}

/// The request with which Jane pays KES 10.00 into the main purse, after `change` has changed it.
fn request(change: impl FnOnce(&mut h::InitiatePaymentRequest)) -> Ask {
    let Ask::InitiatePayment(mut request) = pay(person(JANE), purse("main"), money("KES", 1_000))
    else {
        panic!("not a payment")
    };
    change(&mut request);
    Ask::InitiatePayment(request)
}

#[tokio::test]
async fn r_cash_1_an_amount_is_a_number_of_whole_minor_units_of_a_currency() {
    let stage = Stage::set().await;
    let of = |code: &str, amount: f64| {
        let value = h::Cash { currency_code: code.to_owned(), amount };
        request(|r| r.value = Some(value))
    };
    let rows = vec![
        row("no amount", request(|r| r.value = None), Is(200)),
        row("not a number", of("KES", f64::NAN), Is(200)),
        row("infinite", of("KES", f64::INFINITY), Is(200)),
        row("less than everything", of("KES", f64::NEG_INFINITY), Is(200)),
        row("nothing", of("KES", 0.0), Is(200)),
        row("less than nothing", of("KES", -10.0), Is(200)),
        row("a part of a cent", of("KES", 10.001), Is(200)),
        row("a part of a shilling that has no cents", of("UGX", 10.5), Is(200)),
        row("more than there is (D-CASH)", of("KES", 1.1e12), Is(200)),
        row("no currency", of("", 10.0), Is(200)),
        row("two letters", of("KE", 10.0), Is(200)),
        row("a sign", of("K$S", 10.0), Is(200)),
    ];
    stage.check(rows).await;
}

#[tokio::test]
async fn r_pay_1_and_2_parties_that_cannot_pay_or_be_paid() {
    let stage = Stage::set().await;
    let kes = || money("KES", 1_000);
    let (jane, main) = (&stage.jane, || purse("main"));
    let till = |number: &str| PaymentParty::Channel {
        channel: ChannelNumber::new(Channel::Payment, number),
        code: 1,
        account: None,
    };
    let elsewhere = PaymentParty::Customer {
        number: number(JANE),
        channel: ChannelNumber::new(Channel::Payment, "9999"),
    };
    let astray = |provider, text: &str| PaymentParty::Customer {
        number: CustomerNumber::new(provider, text),
        channel: ChannelNumber::new(Channel::Payment, "5250"),
    };
    let nobody = CustomerId::from("el_cst_0");
    let rows = vec![
        row("no payer", request(|r| r.debit_party = None), Is(200)),
        row("no receiver", request(|r| r.credit_party = None), Is(200)),
        row(
            "a party that is nobody",
            request(|r| r.debit_party = Some(h::PaymentCounterParty::default())),
            Is(200),
        ),
        row("a customer to a customer", pay(person(JANE), person(OMAR), kes()), Is(201)),
        row("a till as the payer", pay(till("5250"), main(), kes()), Is(201)),
        row("a purse to itself", pay(main(), main(), kes()), Is(200)),
        row("a wallet to itself", pay(wallet(jane, "w"), wallet(jane, "w"), kes()), Is(200)),
        row("not one of the org's payment numbers", pay(elsewhere, main(), kes()), Is(200)),
        row("an unknown purse is paid", pay(person(JANE), purse("none"), kes()), Is(206)),
        row("an unknown purse pays", pay(purse("none"), person(JANE), kes()), Is(206)),
        row("no purse", pay(purse(""), person(JANE), kes()), Bad),
        row("the wallet of nobody is paid", pay(main(), wallet(&nobody, "w"), kes()), Is(207)),
        row("a wallet that is not there pays", pay(wallet(jane, "w"), main(), kes()), Is(207)),
        row("a wallet merged away", pay(main(), wallet(&stage.gone, "w"), kes()), Is(299)),
        row("a person without a number", pay(person(""), main(), kes()), Bad),
        row("an over-long number", pay(person(&long(256)), main(), kes()), Bad),
        row("a telegram name", pay(astray(Provider::Telegram, "jane"), main(), kes()), Bad),
        row(
            "provider 0, unknown",
            pay(astray(Provider::Unspecified, "+254799999999"), main(), kes()),
            Bad,
        ),
    ];
    stage.check(rows).await;
}

/// R-PAY-4: a refusal of valid parties is recorded, but no money moves.
#[tokio::test]
async fn r_pay_2_the_wrong_currency_and_too_little_money_move_nothing() {
    let stage = Stage::set().await;
    let fund = NetworkCommand::FundPurse { purse: "main".into(), value: money("KES", 1_000) };
    assert!(stage.rig.report(fund).await.is_ok());
    let purses = async || {
        let asked = ListPursesRequest { org_id: "acme".into() };
        stage.rig.operator().list_purses(asked).await.unwrap().into_inner().purses
    };
    let before = purses().await;
    let cases = [
        (pay(purse("main"), person(JANE), money("USD", 100)), 204),
        (pay(person(JANE), purse("dollars"), money("KES", 100)), 204),
        (pay(purse("main"), person(JANE), money("KES", 1_001)), 202),
        (pay(purse("dollars"), person(JANE), money("USD", 1)), 202),
        (pay(purse("main"), purse("dollars"), money("KES", 100)), 204),
    ];
    for (ask, code) in cases {
        assert!(stage.foretell(&ask).await.unwrap(), "{ask:?}");
        let said = call(&stage.rig, ask.clone()).await.unwrap();
        assert_eq!(said.code, Some(code), "{}: {ask:?}", said.words);
        assert!(said.words.contains(' '));
    }
    assert_eq!(purses().await, before);
}
