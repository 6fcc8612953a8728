//! Messaging: a customer writes, a listener answers, the customer opts out, and the next message is
//! refused with a code. Run it with `cargo run --example messaging`.

mod desk;

use desk::{Outcome, told};
use switchboard::{
    Customer, Error,
    model::{Body, Channel, ChannelNumber, ConsentAction, CustomerNumber, NetworkCommand},
};
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Outcome {
    let desk = desk::open("helpdesk").await?;
    let client = &desk.client;
    let (number, sms) =
        (CustomerNumber::telco("+254700000002"), ChannelNumber::new(Channel::Sms, "40404"));

    // Listeners first, then the stream: what comes without a listener is dropped.
    client.on_message(async |message| {
        println!("they wrote {:?}", message.body.text);
        let reply = message.reply(Body::text("Karibu!")).await?;
        println!("our reply is {}", reply.status.words());
        Ok(())
    });
    let (tell, mut statuses) = mpsc::channel(16);
    client.on_message_status(move |notice| {
        let tell = tell.clone();
        async move { Ok(tell.send(notice.status).await?) }
    });
    client.connect().await?;

    // A customer writes. The sandbox plays their phone.
    let (from, to, body) = (number.clone(), sms.clone(), Body::text("Habari"));
    client.sandbox().act(NetworkCommand::ReceiveMessage { from, to, body }).await?;
    println!("what became of the reply: {}", told(&mut statuses).await?.words());

    // Without consent there is no message: the hub refuses, and says why with a code.
    let jane = Customer::new(client, number)?;
    let ask = client.messaging_consent(&jane, sms.clone(), ConsentAction::OptOut);
    println!("{}", ask.because("asked on the phone").await?.description);
    match jane.send_message(sms, Body::text("One more thing")).await {
        Err(Error::Refused(no)) => println!("refused with {:?}: {no}", no.code()),
        sent => return Err(format!("a message went out against consent: {sent:?}").into()),
    }

    desk.close().await;
    Ok(())
}
