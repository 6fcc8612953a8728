use switchboard::{
    Client, Customer, Error,
    model::{Body, Channel, ChannelNumber, CustomerNumber},
    sdk::{Credentials, Endpoint, Options, Repeat, fresh_call},
};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = Client::new(Options {
        endpoint: Endpoint::Uri("http://127.0.0.1:7400".into()),
        org: "acme".into(),
        app: "support".into(),
        credentials: Credentials::api_key(std::env::var("SWITCHBOARD_API_KEY").unwrap_or_default()),
        insecure: false,
        by_person: false,
        ..Options::default()
    })?;
    // Answers every message that customers write to the app.
    client.on_message(async |message| {
        message.reply(Body::text("Thank you, we will call you.")).await?;
        Ok(())
    });
    client.connect().await?;

    let jane = Customer::new(&client, CustomerNumber::telco("+254711000001"))?;
    let (sms, key) = (ChannelNumber::new(Channel::Sms, "40404"), fresh_call()?);
    let hello = || jane.send_message(sms.clone(), Body::text("Karibu")).under(&key);
    let mut sent = hello().await;
    // It may have been sent: the same key finds out, and never sends it twice.
    while sent.as_ref().is_err_and(|error| error.repeat() == Repeat::SameKey) {
        sent = hello().await;
    }
    match sent {
        Ok(receipt) => println!("on its way as {:?}", receipt.message),
        Err(Error::Refused(no)) => println!("refused with {:?}: {no}", no.code()),
        Err(error) => return Err(error),
    }
    Ok(())
}
