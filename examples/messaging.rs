//! Messaging: a customer writes, a listener answers, the customer opts out, and the next message is
//! refused with a code. Run it with `cargo run --example messaging`.

mod desk;

use desk::{Outcome, told};
use switchboard::{
    Customer,
    model::{
        Body, Channel, ChannelNumber, ConsentAction, CustomerNumber, EventKind, MessageStatus,
        NetworkCommand,
    },
    sdk::{Failure, Notice, Topic},
};
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Outcome {
    let desk = desk::open("helpdesk").await?;
    let client = &desk.client;
    let (number, sms) =
        (CustomerNumber::telco("+254700000002"), ChannelNumber::new(Channel::Sms, "40404"));

    // Listeners first, then the stream: what comes without a listener is dropped.
    let answering = client.clone();
    client.on(Topic::ReceivedMessage, move |notice: Notice| {
        let client = answering.clone();
        async move {
            let (Some(customer), EventKind::MessageReceived { id, body }) =
                (&notice.customer, notice.event.kind)
            else {
                return Ok(());
            };
            println!("they wrote {:?}", body.text);
            let reply = client.reply_to_message(customer, id, Body::text("Karibu!")).await?;
            println!("our reply is {}", reply.status.words());
            Ok::<_, Failure>(())
        }
    })?;
    let (tell, mut statuses) = mpsc::channel(16);
    client.on("messageStatus", move |notice: Notice| {
        let tell = tell.clone();
        async move {
            if let EventKind::MessageStatusChanged { status, .. } = notice.event.kind {
                let _ = tell.send(status).await;
            }
        }
    })?;
    client.connect().await?;

    // A customer writes; the sandbox plays their phone.
    let (from, to, body) = (number.clone(), sms.clone(), Body::text("Habari"));
    client.sandbox().act(NetworkCommand::ReceiveMessage { from, to, body }).await?;
    println!("what became of the reply: {}", told(&mut statuses).await?.words());

    // No consent, no message: the code says so, and nothing is thrown.
    let jane = Customer::new(client, number)?;
    let ask = client.messaging_consent(&jane, sms.clone(), ConsentAction::OptOut);
    println!("{}", ask.because("asked on the phone").await?.description);
    let refused = jane.send_message(sms, Body::text("One more thing")).await?;
    if refused.status != MessageStatus::NoConsent {
        return Err(format!("a message went out against consent: {refused:?}").into());
    }
    println!("refused with {}: {}", refused.status.code(), refused.description);

    desk.close().await;
    Ok(())
}
