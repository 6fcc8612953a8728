//! How long a listener has for its answer: as long as the hub says that the customer waits (R-HOOK-1).

use super::{
    fake::{End, Fake},
    listen::telling,
};
use crate::{
    model::{Actor, Channel, ChannelNumber, CustomerNumber, Event, EventKind, Timestamp, UssdMenu},
    sdk::{Notification, Topic},
    wire::{
        notification,
        proto::{hera::WebhookRequest, v1},
    },
};
use std::time::Duration;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

const fn seconds(seconds: i64) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos: 0 }
}

/// The code that is dialled in these tests.
fn code() -> ChannelNumber {
    ChannelNumber::new(Channel::Ussd, "*384#")
}

fn dialled() -> WebhookRequest {
    let event = Event {
        at: Timestamp::from_secs(1),
        customer: Some("jane".into()),
        app: Some("app".into()),
        actor: Actor::Customer,
        number: Some(CustomerNumber::telco("+254711000001")),
        channel: Some(code()),
        name: None,
        kind: EventKind::UssdInput { session: "u1".into(), input: String::new(), dial: true },
    };
    notification::encode(&"org".into(), &event).expect("a notification")
}

/// What a hub says of that code.
fn bound(prompt_window: Option<prost_types::Duration>) -> v1::ChannelBinding {
    v1::ChannelBinding {
        channel_number: Some((&code()).into()),
        prompt_window,
        ..v1::ChannelBinding::default()
    }
}

/// How many answers are sent, and how many are late, by a listener that takes 12 s.
async fn sent_and_late(hub: &Fake) -> (usize, u64) {
    hub.with(|script| script.tellings.push_back(telling([dialled()], End::Hang)));
    let client = hub.client();
    let (say, mut heard) = mpsc::channel(1);
    let listener = move |_: Notification| {
        let say = say.clone();
        async move {
            sleep(Duration::from_secs(12)).await;
            say.send(()).await.unwrap();
            UssdMenu { text: "1 Balance".into(), is_terminal: false }
        }
    };
    client.on(Topic::UssdSession, listener).unwrap();
    client.connect().await.unwrap();
    heard.recv().await.unwrap();
    let more = timeout(Duration::from_hours(1), heard.recv()).await;
    assert!(more.is_err(), "it was heard once");
    (hub.with(|script| script.commands.len()), client.tally().late)
}

#[tokio::test(start_paused = true)]
async fn r_hook_1_a_listener_has_as_long_as_the_hub_says_that_its_customer_waits() {
    let cases = [
        // Nothing is said, so that 15 s count.
        (None, None, (1, 0)),
        (None, Some(seconds(10)), (0, 1)),
        (Some(seconds(10)), None, (0, 1)),
        (Some(seconds(60)), Some(seconds(10)), (0, 1)),
        (Some(seconds(10)), Some(seconds(60)), (0, 1)),
        (Some(seconds(60)), Some(seconds(60)), (1, 0)),
        // No hub can mean this, and it stops nothing.
        (Some(seconds(i64::MAX)), None, (1, 0)),
    ];
    for (org, own, expected) in cases {
        let hub = Fake::new([]);
        hub.with(|script| {
            (script.hello.prompt_window, script.hello.channels) = (org, vec![bound(own)]);
        });
        assert_eq!(sent_and_late(&hub).await, expected, "{org:?} {own:?}");
    }
    assert_eq!(sent_and_late(&Fake::plain([])).await, (1, 0), "the public contract says nothing");
}
