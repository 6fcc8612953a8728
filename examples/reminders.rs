//! Reminders and tags: a reminder about one customer, one about everyone who has a tag when it
//! fires, and a message to all of them. The sandbox's clock is moved, so that nobody has to wait
//! until tomorrow. Run it with `cargo run --example reminders`.

mod desk;

use desk::{Outcome, told};
use std::time::Duration;
use switchboard::{
    Customer,
    model::{Body, Channel, ChannelNumber, CustomerNumber, NetworkCommand, Reminder, Tag, TagPair},
};
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Outcome {
    let desk = desk::open("helpdesk").await?;
    let client = &desk.client;
    let (tell, mut fired) = mpsc::channel(16);
    client.on_reminder(move |fired| {
        let tell = tell.clone();
        async move { Ok(tell.send(fired).await?) }
    });
    client.connect().await?;

    for nr in 6..9 {
        let number = CustomerNumber::telco(&format!("+25470000000{nr}"));
        let tag = Tag { key: "tier".into(), value: "gold".into(), ..Tag::default() };
        Customer::new(client, number)?.update_tag([tag]).await?;
    }
    let tag = TagPair { key: "tier".into(), value: "gold".into() };
    let sms = ChannelNumber::new(Channel::Sms, "40404");
    let audience = client.audience(&tag, Some(&sms)).await?;
    println!("{tag}: {} customers, sms reaches {}", audience.matching, audience.reached);

    // Taken from the hub's clock, because a sandbox's clock may be ahead of ours.
    let tomorrow = client.hello().await?.now.after(Duration::from_hours(24));
    let reminder = |key: &str, payload: &str| Reminder {
        key: key.into(),
        remind_at: tomorrow,
        payload: payload.into(),
        ..Reminder::default()
    };
    let one = Customer::new(client, CustomerNumber::telco("+254700000006"))?;
    one.add_reminder(reminder("visit", "call them back")).await?;
    let work = client.add_customer_reminder_by_tag(tag.clone(), reminder("renew", "renew")).await?;
    println!("by tag: {} ({:?})", work.description, work.work);

    client.sandbox().act(NetworkCommand::MoveClock { by: Duration::from_hours(24) }).await?;
    for _ in 0..4 {
        let fired = told(&mut fired).await?;
        let (key, id) = (&fired.reminder.key, fired.customer.id());
        println!("{key:?} of {id:?}, by tag: {}", fired.tag.is_some());
    }

    let sent = client.send_message_by_tag(tag, sms, Body::text("Thank you for staying")).await?;
    println!("{}", sent.description);
    desk.close().await;
    Ok(())
}
