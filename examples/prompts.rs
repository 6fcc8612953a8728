//! USSD and voice: what a listener returns is what the phone shows, or what the call does next. Run
//! it with `cargo run --example prompts`.

mod desk;

use desk::{Outcome, told};
use std::time::Duration;
use switchboard::{
    model::{
        Channel, ChannelNumber, CustomerNumber, EventKind, NetworkCommand, Prompt, Say, UssdMenu,
        Voice, VoiceAction,
    },
    sdk::VoiceCallNotice,
};
use tokio::sync::mpsc;

/// The menus for asking about a balance.
fn menu(input: &str) -> UssdMenu {
    let (text, is_terminal) = match input {
        "" => ("1 Balance\n2 Help", false),
        "1" => ("Your balance is KES 1,500.00", true),
        _ => ("Call us on 0711 082 300", true),
    };
    UssdMenu { text: text.into(), is_terminal }
}

/// Answers a call by asking for one key, then says goodbye. Reports that ask for nothing get nothing.
fn plan(call: &VoiceCallNotice) -> Option<Vec<VoiceAction>> {
    let say = |text: &str| Say { text: text.into(), voice: Voice::Female, play_beep: false };
    if let Some(digits) = &call.hop.digits {
        return Some(vec![VoiceAction::Say(say(&format!("You pressed {digits}. Goodbye.")))]);
    }
    call.asks_for_plan().then(|| {
        vec![VoiceAction::GetDigits {
            prompt: Some(Prompt::Say(say("Press one for your balance."))),
            timeout: Duration::from_secs(10),
            finish_on_key: None,
            num_digits: Some(1),
        }]
    })
}

#[tokio::main]
async fn main() -> Outcome {
    ussd().await?;
    voice().await
}

async fn ussd() -> Outcome {
    let desk = desk::open("billing").await?;
    let client = &desk.client;
    client.on_ussd_session(async |request| Ok(menu(&request.input)));
    client.connect().await?;

    let number = CustomerNumber::telco("+254700000003");
    let mut phone = client.sandbox().watch_phone(&number).await?;
    let code = ChannelNumber::new(Channel::Ussd, "*384#");
    let dial = NetworkCommand::DialUssd { from: number, to: code, input: String::new() };
    let dialled = client.sandbox().act(dial).await?;
    let session = dialled.subject.unwrap_or_default().into();
    let shown = async |phone: &mut switchboard::sdk::Phone| loop {
        if let EventKind::UssdMenuShown { menu, .. } = phone.next().await?.kind {
            return Ok::<_, switchboard::sdk::Error>(menu.text);
        }
    };
    println!("the phone shows {:?}", shown(&mut phone).await?);
    client.sandbox().act(NetworkCommand::InputUssd { session, input: "1".into() }).await?;
    println!("the phone shows {:?}", shown(&mut phone).await?);
    desk.close().await;
    Ok(())
}

async fn voice() -> Outcome {
    let desk = desk::open("helpdesk").await?;
    let client = &desk.client;
    let (tell, mut calls) = mpsc::channel(16);
    client.on_voice_call(move |call| {
        let tell = tell.clone();
        async move {
            tell.send((call.hop.status, call.hop.digits.clone())).await?;
            Ok(plan(&call))
        }
    });
    client.connect().await?;

    let from = CustomerNumber::telco("+254700000004");
    let to = ChannelNumber::new(Channel::Voice, "+254711082300");
    client.sandbox().act(NetworkCommand::ReceiveCall { from, to }).await?;
    loop {
        let (status, digits) = told(&mut calls).await?;
        println!(
            "the call is {}{}",
            status.words(),
            digits.map_or(String::new(), |d| format!(", keys {d}"))
        );
        if status.is_final() {
            break;
        }
    }
    desk.close().await;
    Ok(())
}
