//! A data folder put back from an older copy, under consoles that have seen what came after it (R-FEED-2).

use super::support::{Bench, HubProcess, client, free_addr};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    time::Duration,
};
use switchboard::{
    model::{CustomerNumber, CustomerRef, FeedEvent, FeedStart, GapReason, Seq, Tag},
    sdk::{Client, Feed},
};

async fn write(hub: &HubProcess, nr: u64) {
    let customer = CustomerRef::Number(CustomerNumber::telco("+254700000001"));
    let tag = Tag { key: "n".into(), value: nr.to_string(), expires_at: None };
    hub.client().update_customer_tag(customer, [tag]).await.unwrap();
}

/// Writes until the org's log has so many entries.
async fn grow(hub: &HubProcess, to: u64) {
    let mut nr = 0;
    while hub.client().hello().await.unwrap().head.0 < to {
        write(hub, nr).await;
        nr += 1;
    }
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let (from, to) = file.map(|f| (f.path(), to.join(f.file_name()))).unwrap();
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

/// Reads until the feed has everything up to `head`, and returns the gaps on the way.
async fn follow(feed: &mut Feed, head: u64) -> Vec<(Seq, GapReason)> {
    let mut gaps = Vec::new();
    let read = async {
        loop {
            match feed.next().await {
                FeedEvent::Entry(entry) if entry.seq.0 >= head => break,
                FeedEvent::Bookmark { seq, .. } if seq.0 >= head => break,
                FeedEvent::Gap { after, reason, .. } => gaps.push((after, reason)),
                FeedEvent::Down { .. } => feed.retry_now(),
                FeedEvent::Entry(_) | FeedEvent::Up(_) | FeedEvent::Bookmark { .. } => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), read).await.unwrap();
    gaps
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_feed_2_a_restored_copy_that_has_grown_past_a_cursor_is_one_gap_with_its_reason() {
    let bench = Bench::new();
    let (addr, kept) = (free_addr(), bench.data().with_extension("copy"));
    let mut hub = bench.serve("127.0.0.1:0");
    grow(&hub, 100).await;
    assert_eq!(hub.terminate(), Some(0));
    copy(&bench.data(), &kept);

    // A console follows to 150.
    let mut hub = bench.serve(&addr);
    let console: Client = client(&addr);
    let mut feed = console.feed(FeedStart::After { log_id: String::new(), seq: Seq(0) });
    grow(&hub, 150).await;
    let last = hub.client().hello().await.unwrap().head;
    assert_eq!(follow(&mut feed, last.0).await, []);
    assert_eq!(hub.terminate(), Some(0));

    // The copy is put back and grows to 180, of another history, before the console sees it again.
    copy(&kept, &bench.data());
    let mut hub = bench.serve("127.0.0.1:0");
    grow(&hub, 180).await;
    assert_eq!(hub.terminate(), Some(0));
    let hub = bench.serve(&addr);
    let (gaps, ()) = futures_util::future::join(follow(&mut feed, 180), grow(&hub, 190)).await;
    assert_eq!(
        gaps,
        [(last, GapReason::Ahead)],
        "one gap, from what the console had, with the right reason"
    );
}

/// R-LOG-4: the shelf remembers what the older log.db lacks.
#[test]
fn r_log_4_an_older_log_under_a_newer_shelf_is_refused_until_the_loss_is_accepted() {
    let bench = Bench::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut hub = bench.serve("127.0.0.1:0");
    runtime.block_on(grow(&hub, 5));
    assert_eq!(hub.terminate(), Some(0));
    let (log, kept) = (bench.data().join("log.db"), bench.data().with_extension("old"));
    fs::copy(&log, &kept).unwrap();
    let mut hub = bench.serve("127.0.0.1:0");
    runtime.block_on(grow(&hub, 9));
    assert_eq!(hub.terminate(), Some(0));
    fs::copy(&kept, &log).unwrap();

    let mut refused = bench.command("127.0.0.1:0");
    let mut refused = refused.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(refused.stdout.take().unwrap()).read_line(&mut said).unwrap();
    if !said.is_empty() {
        // It started after all, and would run for ever.
        refused.kill().unwrap();
    }
    let refused = refused.wait_with_output().unwrap();
    let err = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(said, "", "it must not listen: {err}");
    assert_eq!(refused.status.code(), Some(74), "{err}");
    assert!(err.contains("the log of acme lacks entry") && err.contains("--accept-loss"), "{err}");

    let mut accepted = bench.command("127.0.0.1:0");
    accepted.arg("--accept-loss");
    let mut hub = HubProcess::start(accepted);
    runtime.block_on(async {
        assert!(hub.client().hello().await.unwrap().head.0 < 9);
        write(&hub, 1).await;
    });
    assert_eq!(hub.terminate(), Some(0));
    // It was accepted once; what is there now is what is expected from now on.
    drop(bench.serve("127.0.0.1:0"));
}
