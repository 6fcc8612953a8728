//! Feeds that nobody reads: what they cost the hub is the hub's to say and not the client's, whatever window
//! the client announces, and the memory comes back when they are gone (R-FEED-3).

use super::support::{Bench, HubProcess, KEY};
use futures_util::future::{join_all, try_join_all};
use std::{
    io::Write as _,
    time::{Duration, Instant},
};
use switchboard::{
    model::{Body, Channel, ChannelNumber, CustomerNumber},
    wire::proto::v1::WatchRequest,
};
use tokio::net::TcpSocket;
use tonic::codegen::http::{Request, Response};

/// How many feeds stay unread.
const FEEDS: usize = 200;
/// What all of them together may cost.
const MOST: usize = 64 << 20;
/// How much of that may stay with the hub after they are gone, for its own use.
const KEPT: usize = 16 << 20;
/// The largest window that HTTP/2 knows (RFC 9113, section 6.9.1).
const WINDOW: u32 = (1 << 31) - 1;
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection to the hub that took no more than the answers' heads.
struct Unread {
    _connection: h2::client::Connection<tokio::net::TcpStream>,
    _bodies: Vec<h2::RecvStream>,
}

/// Opens feeds from the first entry on over one connection, and then reads nothing more from it.
async fn unread(addr: &str, feeds: usize) -> Unread {
    let socket = TcpSocket::new_v4().unwrap();
    // Otherwise the kernel takes megabytes for a client that does not read.
    socket.set_recv_buffer_size(4 << 10).unwrap();
    let tcp = socket.connect(addr.parse().unwrap()).await.unwrap();
    let (mut sender, mut connection) = h2::client::Builder::new()
        .initial_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .handshake::<_, bytes::Bytes>(tcp)
        .await
        .unwrap();
    let asked = WatchRequest { org_id: "acme".into(), after_seq: Some(0), ..Default::default() };
    let message = prost::Message::encode_to_vec(&asked);
    let mut framed = vec![0];
    framed.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    framed.extend(message);
    let answers = (0..feeds).map(|_| {
        let request = http_request(addr);
        let (answer, mut body) = sender.send_request(request, false).unwrap();
        body.send_data(framed.clone().into(), true).unwrap();
        async { answer.await.map(Response::into_body) }
    });
    let answers = answers.collect::<Vec<_>>();
    let bodies = tokio::select! {
        bodies = try_join_all(answers) => bodies.unwrap(),
        ended = &mut connection => panic!("{ended:?}"),
    };
    Unread { _connection: connection, _bodies: bodies }
}

fn http_request(addr: &str) -> Request<()> {
    Request::post(format!("http://{addr}/switchboard.v1.Operator/Watch"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("api-key", KEY)
        .body(())
        .unwrap()
}

/// The memory of the hub's process in bytes, as the kernel counts it.
fn memory(hub: &HubProcess) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", hub.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

/// The memory once it has stopped growing, which is when it was the same for half a second.
async fn settled(hub: &HubProcess) -> usize {
    let (mut now, mut since) = (memory(hub), Instant::now());
    while since.elapsed() < Duration::from_millis(500) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let next = memory(hub);
        if next.abs_diff(now) > (256 << 10) {
            (now, since) = (next, Instant::now());
        }
    }
    now
}

/// A hub whose log has 2 MiB for every feed to send.
async fn hub_with_history(bench: &Bench) -> HubProcess {
    let hub = bench.serve("127.0.0.1:0");
    let (client, from) = (hub.client(), ChannelNumber::new(Channel::Sms, "40404"));
    let text = "x".repeat(1_000);
    for round in 0..20 {
        let sent = (0..100).map(|n| {
            let to = CustomerNumber::telco(&format!("+25471{round:03}{n:04}"));
            client.send_message(to, from.clone(), Body::text(text.as_str())).into_future()
        });
        for said in join_all(sent).await {
            said.unwrap();
        }
    }
    hub
}

/// R-FEED-3, for feeds that share connections and for those that have one each.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn r_feed_3_feeds_that_nobody_reads_cost_little_and_give_it_back() {
    let bench = Bench::new();
    let hub = hub_with_history(&bench).await;
    // What the hub needs for its first feeds at all stays with it, and is not what this is about.
    drop(unread(&hub.addr, 1).await);
    for of_each in [50, 1] {
        let before = settled(&hub).await;
        let opened = (0..FEEDS / of_each).map(|_| unread(&hub.addr, of_each));
        let open = join_all(opened).await;
        // A machine that is busy with other things may stand still while the first pages are on their way.
        let (opened, mut during) = (Instant::now(), settled(&hub).await);
        while during.saturating_sub(before) >= MOST && opened.elapsed() < PATIENCE {
            during = settled(&hub).await;
        }
        drop(open);
        let closed = Instant::now();
        let mut after = memory(&hub);
        while after > before + KEPT && closed.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(50)).await;
            after = memory(&hub);
        }
        let mib = |bytes: usize| bytes >> 20;
        let told = format!(
            "{FEEDS} unread feeds, {of_each} to a connection: {} MiB before, {} with them, {} after {:?}",
            mib(before),
            mib(during),
            mib(after),
            closed.elapsed()
        );
        // For whoever runs this test with `--nocapture`.
        let _ = writeln!(std::io::stdout(), "{told}");
        assert!(during.saturating_sub(before) < MOST, "{told}");
        assert!(after <= before + KEPT, "{told}");
    }
}
