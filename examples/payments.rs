//! Payments: a dry run, a checkout that the payer confirms on their phone, its notifications, and
//! what the purse holds afterwards. Run it with `cargo run --example payments`.

mod desk;

use desk::{Outcome, told};
use switchboard::{
    model::{Channel, ChannelNumber, Currency, CustomerNumber, Money, PaymentParty},
    sdk::{Repeat, fresh_call},
};
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Outcome {
    let desk = desk::open("billing").await?;
    let client = &desk.client;
    let currency = Currency::new("KES").ok_or("a currency code has three letters")?;
    // KES 1,500.00 in minor units.
    let value = Money { currency, minor: 150_000 };
    let debit = PaymentParty::Customer {
        number: CustomerNumber::telco("+254700000005"),
        channel: ChannelNumber::new(Channel::Payment, "525900"),
    };
    let credit = PaymentParty::Purse("till".into());

    let (tell, mut statuses) = mpsc::channel(16);
    client.on_payment_status(move |notice| {
        let tell = tell.clone();
        async move { Ok(tell.send(notice.status).await?) }
    });
    client.connect().await?;

    // A dry run moves no money.
    let outlook = client.initiate_payment(debit.clone(), credit.clone(), value).dry_run().await?;
    for row in &outlook.balances {
        println!("{}: {} now, {} after", row.account, row.before, row.after);
    }

    // Under a key of our own, a payment whose outcome is unknown can be sent again without paying
    // twice (D-STATE-MONEY).
    let key = fresh_call()?;
    let pay = || client.initiate_payment(debit.clone(), credit.clone(), value).under(&key);
    let reply = match pay().await {
        Err(error) if error.repeat() == Repeat::SameKey => pay().await?,
        answer => answer?,
    };
    println!("{value} is {}", reply.status.words());
    while told(&mut statuses).await?.is_pending() {}

    for purse in client.purses().await? {
        println!(
            "purse {} holds {}, of which {} may be spent",
            purse.id, purse.actual, purse.available
        );
    }
    desk.close().await;
    Ok(())
}
