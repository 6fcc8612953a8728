//! The SDK's feed against a real hub whose connections keep breaking. Nothing is missing, nothing
//! comes twice or out of order, and there is no gap (D-FEED).

use futures_util::future::join;
use std::sync::{Arc, Mutex};
use switchboard::{
    hub::{config::HubConfig, serve},
    model::{CustomerNumber, CustomerRef, FeedEvent, FeedStart, Seq, Tag},
    sandbox,
    sdk::{Client, Credentials, Endpoint, Feed, Options},
};
use tokio::{io::copy_bidirectional, task::AbortHandle};

const CUTS: u64 = 20;
const WRITES: u64 = 400;

type Links = Arc<Mutex<Vec<AbortHandle>>>;

/// Runs a task between the client and the hub for each connection. Ending the task
/// cuts the connection.
fn frail(connect: serve::Connector, links: Links) -> Endpoint {
    Endpoint::Local(Arc::new(move || {
        let (client, mut outer) = tokio::io::duplex(16 * 1024);
        let mut inner = connect();
        let link = tokio::spawn(async move {
            let _ = copy_bidirectional(&mut outer, &mut inner).await;
        });
        links.lock().expect("nobody panicked").push(link.abort_handle());
        client
    }))
}

/// Reads up to `head` and cuts the connection now and then. Returns the places of the entries, and
/// how often the feed broke.
async fn follow(feed: &mut Feed, links: &Links, head: u64) -> (Vec<Seq>, u64) {
    let (mut seen, mut breaks) = (Vec::new(), 0);
    while seen.last().is_none_or(|last: &Seq| last.0 < head) {
        match feed.next().await {
            FeedEvent::Entry(entry) => {
                seen.push(entry.seq);
                if breaks < CUTS && entry.seq.0.is_multiple_of(head / (CUTS + 1)) {
                    links.lock().expect("nobody panicked").drain(..).for_each(|link| link.abort());
                }
            }
            FeedEvent::Down { .. } => {
                breaks += 1;
                feed.retry_now();
            }
            FeedEvent::Gap { after, next, reason } => panic!("gap {after}..{next}: {reason:?}"),
            FeedEvent::Up(_) | FeedEvent::Bookmark { .. } => {}
        }
    }
    (seen, breaks)
}

#[tokio::test]
async fn a_feed_over_a_breaking_line_is_complete() {
    // Given a hub, a client with a good connection that writes, and one with a bad connection that
    // follows from the beginning.
    let (config, key) = HubConfig::embedded(None).unwrap();
    let settings = config.orgs[0].settings.clone();
    let running = serve::start(config, &[sandbox::attach]).await.unwrap();
    let client = |endpoint| {
        Client::new(Options {
            endpoint,
            org: settings.id.clone(),
            app: settings.apps[0].clone(),
            credentials: Credentials::api_key(key.to_string()),
            insecure: false,
            by_person: false,
            ..Options::default()
        })
        .unwrap()
    };
    let writer = client(Endpoint::Local(running.connector()));
    let links = Links::default();
    let reader = client(frail(running.connector(), links.clone()));
    let mut feed = reader.feed(FeedStart::After { log_id: String::new(), seq: Seq(0) });
    // When the connection is cut again and again while the other client writes.
    let write = async {
        for nr in 0..WRITES {
            let customer = CustomerRef::Number(CustomerNumber::telco("+254700000001"));
            let tag = Tag { key: "n".into(), value: nr.to_string(), expires_at: None };
            writer.update_customer_tag(customer, [tag]).await.unwrap();
        }
    };
    let ((), (seen, breaks)) = join(write, follow(&mut feed, &links, WRITES)).await;
    // Then every place has come, once and in order.
    assert!(breaks >= CUTS / 2, "the line broke only {breaks} times");
    assert!(seen.iter().map(|seq| seq.0).eq(1..=seen.len() as u64), "{seen:?}");
    assert!(seen.len() as u64 >= WRITES);
    running.shutdown().await;
}
