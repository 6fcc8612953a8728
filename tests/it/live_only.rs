//! The real binary against a server that has only the public contract (D-FEED). The server is our
//! own hub without `switchboard.v1`.

use super::support::{KEY, binary};
use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};
use switchboard::{
    hub::timers,
    hub::{
        auth::{Auth, AuthLayer},
        config::{HubConfig, KeyConfig},
        engine::{EngineOptions, Hub},
        log::memory::MemoryLog,
        notify::Notifier,
        overview::{HubStart, Overview},
        service::{Backend, leases::Leases},
    },
    model::Timestamp,
    sandbox,
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Server, server::TcpIncoming};

/// Serves only `GrpcWebService`, for as long as the runtime lives. Returns its address.
async fn plain_server() -> (String, JoinSet<()>) {
    let (mut config, _) = HubConfig::embedded(None).unwrap();
    config.orgs[0].keys.push(KeyConfig::of_text("tests", KEY));
    let sandbox = &mut config.orgs[0].sandbox;
    (sandbox.rate_per_minute, sandbox.fail_percent, sandbox.demo_app) = (0, 0, false);
    let sandboxes = config.orgs.iter().map(|o| (o.settings.id.clone(), o.sandbox.clone()));
    let sandboxes = sandboxes.collect();
    let orgs = config.orgs.iter().map(|org| org.settings.clone()).collect();
    let options =
        EngineOptions { orgs, log: Arc::new(MemoryLog::new()), accept_loss: false, shelf: None };
    let hub = Hub::start(options).await.unwrap();
    let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
    let notifier = Notifier::start(&hub, &stop, &mut tasks).await.unwrap();
    timers::start(&hub, &mut tasks);
    sandbox::start(&hub, sandboxes, &mut tasks).unwrap();
    let auth = Arc::new(Auth::new(&config));
    let leases = Leases::default();
    let start = HubStart { at: Timestamp::ZERO, folder: None, encrypted: false };
    let overview = Overview::new(&hub, &notifier, start);
    let backend = Backend { hub, auth: Arc::clone(&auth), notifier, overview, leases, stop };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let server = Server::builder().layer(AuthLayer::new(auth)).add_service(backend.hera());
    tasks.spawn(async move {
        server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap();
    });
    (addr, tasks)
}

fn at(addr: &str, args: &[&str]) -> Command {
    let mut command = binary();
    command
        .env("HOME", std::env::temp_dir())
        .args(["--endpoint", &format!("http://{addr}"), "--org", "sandbox", "--app", "helpdesk"])
        .args(args)
        .env("SWITCHBOARD_API_KEY", KEY)
        .stdin(Stdio::null());
    command
}

fn run(addr: &str, args: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = at(addr, args).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn tail_follows_send_works_and_what_needs_a_log_is_refused() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (addr, _tasks) = runtime.block_on(plain_server());

    // What needs a log, or would create a customer, is refused and the reason is given.
    let (code, err) = run(&addr, &["tail", "--no-follow"]);
    assert!(code == Some(1) && err.contains("keeps no history"), "{code:?} {err}");
    let (code, err) = run(&addr, &["get", "+254711000001"]);
    assert!(code == Some(1) && err.contains("would create its customer"), "{code:?} {err}");

    // Given a tail that follows the notifications.
    let mut tail = at(&addr, &["tail", "--format", "ndjson"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(tail.stderr.take().unwrap());
    let mut first = String::new();
    said.read_line(&mut first).unwrap();
    assert!(first.contains("this server keeps no history"), "{first}");
    // When somebody writes to a customer.
    let send = ["send", "--to", "+254711000001", "--channel", "sms", "--from", "40404"];
    let (code, err) = run(&addr, &[&send[..], &["--text", "habari"]].concat());
    assert_eq!(code, Some(0), "{err}");
    // Then the tail shows what became of the message, under a place that it counts itself.
    let mut line = String::new();
    BufReader::new(tail.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((line["seq"].as_u64(), line["code"].as_str()), (Some(1), Some("DLV")), "{line}");

    // When the server goes away, the tail says so and keeps trying.
    runtime.shutdown_timeout(Duration::from_secs(1));
    let mut down = String::new();
    said.read_line(&mut down).unwrap();
    assert!(down.contains("try 1 in"), "{down}");
    tail.kill().unwrap();
    tail.wait().unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(!rest.contains("panicked"), "{rest}");
}
