//! Old entries go out of a log while its hub is written to, and consoles with an older place are told (R-KEEP-1, R-KEEP-2).

use super::support::Stage;
use std::time::{Duration, Instant};
use switchboard::{
    model::{CustomerNumber, CustomerRef, FeedEvent, FeedStart, GapReason, Seq, Tag},
    sdk::Client,
};

/// More than go at once.
const MANY: u32 = 1_100;

async fn tag(client: &Client, n: u32) {
    let customer = CustomerRef::Number(CustomerNumber::telco(&format!("+2547110{:05}", n % 50)));
    let tag = Tag { key: format!("n{}", n % 3), value: n.to_string(), expires_at: None };
    client.update_customer_tag(customer, [tag]).await.unwrap();
}

async fn next(feed: &mut switchboard::sdk::Feed) -> FeedEvent {
    tokio::time::timeout(Duration::from_secs(30), feed.next()).await.unwrap()
}

#[test]
fn r_keep_2_a_hub_lets_old_entries_go_while_it_serves_and_says_so_to_who_comes_back() {
    let stage = Stage::open_with(|settings| {
        assert!(!settings.contains("[org.rules]"));
        settings.replacen("[org.sandbox]", "[org.rules]\nkeep_days = 30\n\n[org.sandbox]", 1)
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = stage.client();
        for n in 0..MANY {
            tag(&client, n).await;
        }
        let known = client.find("7110", 50, 0).await.unwrap().customers.len();
        assert_eq!(known, 50);
    });
    assert!(stage.sim(&["clock", "+40d"]).status().unwrap().success());
    runtime.block_on(async {
        let client = stage.client();
        let begun = Instant::now();
        let mut n = MANY;
        // The hub looks every ten seconds, and is written to meanwhile.
        let after = FeedStart::After { seq: Seq(5), log_id: String::new() };
        let gap = 'gone: loop {
            assert!(begun.elapsed() < Duration::from_mins(2), "nothing goes");
            for _ in 0..50 {
                tag(&client, n).await;
                n += 1;
            }
            let mut feed = client.feed(after.clone());
            loop {
                match next(&mut feed).await {
                    FeedEvent::Gap { after, next, reason } => break 'gone (after, next, reason),
                    FeedEvent::Entry(_) => break,
                    FeedEvent::Up(_) | FeedEvent::Bookmark { .. } | FeedEvent::Down { .. } => {}
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        assert_eq!((gap.0, gap.2), (Seq(5), GapReason::Pruned));
        assert!(gap.1 > Seq(u64::from(MANY)), "{gap:?}");
        assert_eq!(client.find("7110", 50, 0).await.unwrap().customers.len(), 50);
    });
    // What is left can be taken away, and it is said what is not in it.
    let exported =
        stage.verb(&["export", "--unmasked", "--format", "ndjson", "-"]).output().unwrap();
    let err = String::from_utf8(exported.stderr).unwrap();
    assert!(exported.status.success(), "{err}");
    assert!(err.contains("it begins with entry") && err.contains("no longer keeps"), "{err}");
    let out = String::from_utf8(exported.stdout).unwrap();
    let first: serde_json::Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
    assert!(first["seq"].as_u64().unwrap() > u64::from(MANY), "{first}");
}
