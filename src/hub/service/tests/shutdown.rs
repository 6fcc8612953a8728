//! Starting and stopping: a hub says what prevents it from starting, and nothing hangs.

use super::{JANE, Rig, settings, soon};
use crate::{
    hub::serve::{StartError, start},
    wire::proto::{
        hera::StreamNotificationRequest,
        v1::{HelloRequest, WatchRequest, operator_client::OperatorClient},
    },
};
use std::time::Duration;
use tonic::{Code, Request};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

#[tokio::test]
async fn r_conn_1_streams_end_with_unavailable_and_the_hub_is_gone_in_time() {
    let rig = Rig::new().await;
    let mut feed = {
        let request = WatchRequest { org_id: "acme".into(), ..Default::default() };
        rig.operator().watch(request).await.unwrap().into_inner()
    };
    let mut notes = {
        let request = StreamNotificationRequest { org_id: "acme".into(), app_id: "desk".into() };
        rig.hera().stream_notifications(request).await.unwrap().into_inner()
    };
    rig.receive(JANE, "hello").await;
    let (mut client, connect) = (rig.operator(), rig.running.connector());
    tokio::time::timeout(Duration::from_secs(10), rig.running.shutdown()).await.unwrap();

    let feed_end = soon(async {
        loop {
            if let Err(status) = feed.message().await {
                break status;
            }
        }
    });
    assert_eq!(feed_end.await.code(), Code::Unavailable);
    let notes_end = soon(async {
        loop {
            if let Err(status) = notes.message().await {
                break status;
            }
        }
    });
    assert_eq!(notes_end.await.code(), Code::Unavailable);
    assert!(client.hello(HelloRequest { org_id: "acme".into() }).await.is_err());
    // An in-memory connection that comes too late ends at once and is not left waiting.
    let mut late = connect();
    let read = soon(tokio::io::AsyncReadExt::read(&mut late, &mut [0; 1])).await;
    assert!(matches!(read, Ok(0) | Err(_)));
}

#[tokio::test]
async fn who_watches_its_health_hears_of_the_end_and_does_not_delay_it() {
    let rig = Rig::new().await;
    let mut health = HealthClient::new(rig.channel());
    let mut watch = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    let first = watch.message().await.unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::Serving);
    let began = tokio::time::Instant::now();
    rig.running.shutdown().await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    let last = watch.message().await.unwrap().unwrap();
    assert_eq!(last.status(), ServingStatus::NotServing);
    assert!(watch.message().await.unwrap().is_none());
}

#[tokio::test]
async fn it_listens_on_tcp_and_says_where() {
    let mut config = settings();
    config.listen = Some("127.0.0.1:0".parse().unwrap());
    let running = start(config.clone(), &[]).await.unwrap();
    let addr = running.addr.unwrap();
    assert_ne!(addr.port(), 0);
    let mut client = OperatorClient::connect(format!("http://{addr}")).await.unwrap();
    let mut request = Request::new(HelloRequest { org_id: "acme".into() });
    request.metadata_mut().insert("api-key", super::KEY.parse().unwrap());
    assert_eq!(client.hello(request).await.unwrap().into_inner().caller, "ops");

    config.listen = Some(addr);
    let taken = start(config, &[]).await.err().unwrap();
    assert!(matches!(taken, StartError::PortInUse { .. }), "{taken}");
    assert!(taken.to_string().contains("another program"));
    drop(client);
    running.shutdown().await;
}

#[tokio::test]
async fn a_data_folder_is_for_one_hub_and_outlives_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = settings();
    config.data_dir = Some(folder.path().join("data"));
    let first = Rig { running: start(config.clone(), &[]).await.unwrap() };
    first.receive(JANE, "hello").await;
    let hello = HelloRequest { org_id: "acme".into() };
    let before = first.operator().hello(hello.clone()).await.unwrap().into_inner();
    assert_eq!(before.durability, "disk");

    let second = start(config.clone(), &[]).await.err().unwrap();
    assert!(second.to_string().contains("in use by another"), "{second}");

    first.running.shutdown().await;
    let again = Rig::on_disk(&folder.path().join("data")).await;
    let after = again.operator().hello(hello).await.unwrap().into_inner();
    assert_eq!((after.log_id, after.head), (before.log_id, before.head));
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let mut config = settings();
    config.data_dir = Some(file.join("data"));
    let refused = start(config, &[]).await.err().unwrap().to_string();
    assert!(refused.contains("cannot use the data folder"), "{refused}");
}

#[tokio::test]
async fn a_healthy_hub_has_not_failed() {
    let rig = Rig::new().await;
    let failed = tokio::time::timeout(Duration::from_millis(50), rig.running.failed()).await;
    assert!(failed.is_err());
}
