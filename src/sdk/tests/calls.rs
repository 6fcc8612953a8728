//! Calls: what they carry, when they end, and what a fault means.

use super::fake::{End, Fake};
use crate::{
    model::{Body, CallId, Channel, ChannelNumber, CustomerNumber, CustomerRef, EventKind},
    sdk::{Client, Credentials, Endpoint, Error, FeedEvent, FeedStart, Options},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::Instant,
};
use tonic::Status;

async fn say_hello(client: &Client, call: Option<&CallId>) -> Result<String, Error> {
    let to = CustomerNumber::telco("+254700000001");
    let from = ChannelNumber::new(Channel::Sms, "40404");
    let mut ask = client.send_message(to, from, Body::text("hello"));
    if let Some(call) = call {
        ask = ask.under(call);
    }
    Ok(ask.await?.description)
}

#[tokio::test(start_paused = true)]
async fn a_write_carries_its_key_and_everything_carries_the_credential() {
    let fake = Fake::new([]);
    let client = fake.client();
    client.hello().await.unwrap();
    assert_eq!(say_hello(&client, Some(&"call-0001".into())).await.unwrap(), "on its way");
    say_hello(&client, None).await.unwrap();
    say_hello(&client, None).await.unwrap();
    let sent = fake.with(|script| script.metadata.clone());
    assert!(sent.iter().all(|metadata| metadata.get("api-key").unwrap() == "sb_key"));
    let keys: Vec<_> = sent.iter().map(|metadata| metadata.get("idempotency-key")).collect();
    assert!(keys[0].is_none());
    assert_eq!(keys[1].unwrap(), "call-0001");
    // Automatic ones differ.
    assert!(keys[2].is_some() && keys[2] != keys[3]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_write_is_unknown() {
    let fake = Fake::new([]);
    fake.with(|script| script.send = Some(End::Cut));
    let error = say_hello(&fake.client(), None).await.unwrap_err();
    assert!(matches!(error, Error::Unknown(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_write_ends_after_15_s_and_the_next_one_gets_a_new_line() {
    let fake = Fake::new([]);
    fake.with(|script| script.send = Some(End::Hang));
    let client = fake.client();
    let begun = Instant::now();
    let error = say_hello(&client, None).await.unwrap_err();
    assert_eq!(error, Error::Unknown("no answer within 15 s".into()));
    assert_eq!(begun.elapsed().as_secs(), 15);
    fake.with(|script| script.send = None);
    say_hello(&client, None).await.unwrap();
    assert_eq!(fake.with(|script| script.connections), 2);
}

#[tokio::test(start_paused = true)]
async fn a_read_ends_after_10_s_and_was_only_not_reached() {
    let fake = Fake::new([]);
    let begun = Instant::now();
    let error = fake.client().find("amina", 10, 0).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn what_the_hub_says_keeps_its_words() {
    let table = [
        (Status::unauthenticated("no key"), Error::Unauthenticated("this API key: no key".into())),
        (Status::permission_denied("no such org"), Error::Denied("no such org".into())),
        (Status::unimplemented("later"), Error::Unsupported("later".into())),
        (Status::unavailable("draining"), Error::Unavailable("draining".into())),
        (Status::resource_exhausted("busy"), Error::Unavailable("busy".into())),
        (Status::deadline_exceeded("slow"), Error::Unknown("slow".into())),
        (Status::internal("a fault"), Error::Internal("a fault".into())),
    ];
    for (status, error) in table {
        let fake = Fake::new([]);
        fake.with(|script| script.send = Some(End::Say(status)));
        assert_eq!(say_hello(&fake.client(), None).await, Err(error));
    }
}

#[tokio::test(start_paused = true)]
async fn reads_become_words_of_the_model() {
    let client = Fake::new([]).client();
    let page = client.history(None, 2, None, "").await.unwrap();
    assert_eq!(page.entries.iter().map(|entry| entry.seq.0).collect::<Vec<_>>(), [8, 7]);
    assert!(page.more);
    assert!(client.customer(&CustomerRef::Id("nobody".into())).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn notifications_are_events_until_the_stream_ends() {
    let mut stream = Fake::new([]).client().notifications().await.unwrap();
    let event = stream.next().await.unwrap();
    assert_eq!(event.app, Some("app".into()));
    assert!(matches!(event.kind, EventKind::MessageStatusChanged { .. }));
    let end = stream.next().await.unwrap_err();
    assert_eq!(end, Error::Unauthenticated("this API key: the key was revoked".into()));
}

/// A client of a bare TCP server, and the server's task.
async fn stranger(answer: &'static [u8], wait_for_request: bool) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                if wait_for_request {
                    let _ = socket.read(&mut [0; 1024]).await;
                }
                let _ = socket.write_all(answer).await;
            });
        }
    });
    client_of(&format!("http://{address}"))
}

fn client_of(uri: &str) -> Client {
    Client::new(Options {
        endpoint: Endpoint::Uri(uri.into()),
        org: "org".into(),
        app: "app".into(),
        credentials: Credentials::api_key("sb_key"),
        insecure: false,
        by_person: false,
        ..Options::default()
    })
    .unwrap()
}

#[tokio::test]
async fn a_web_server_is_not_a_hub() {
    let page = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\nConnection: close\r\n\r\nsorry";
    let client = stranger(page, true).await;
    let error = client.hello().await.unwrap_err();
    assert!(matches!(error, Error::NotAHub { .. }), "{error:?}");
    let error = say_hello(&client, None).await.unwrap_err();
    assert!(matches!(error, Error::NotAHub { .. }), "{error:?}");
    let down = client.feed(FeedStart::Tail(1)).next().await;
    let FeedEvent::Down { error: Error::NotAHub { .. }, retry_in: None, .. } = down else {
        panic!("{down:?}")
    };
}

#[tokio::test]
async fn whoever_hangs_up_may_be_a_hub_that_is_starting() {
    let client = stranger(b"", true).await;
    let error = client.hello().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    let down = client.feed(FeedStart::Tail(1)).next().await;
    let FeedEvent::Down { retry_in: Some(_), .. } = down else { panic!("{down:?}") };
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = client_of(&format!("http://{address}"));
    let error = say_hello(&client, None).await.unwrap_err();
    let Error::Unreachable { endpoint, reason } = error else { panic!("{error:?}") };
    assert_eq!(endpoint, format!("http://{address}"));
    assert!(reason.contains("refused"), "{reason}");
}
