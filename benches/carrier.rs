//! What a real network costs: texts a second through a hub and SMPP against the same codec in a bare loop, what so many
//! waiting messages take in memory and at a restart, and how well the pace of a carrier is kept.

#![allow(clippy::cast_precision_loss, reason = "counts of some thousands")]

#[allow(dead_code, reason = "tests use the rest")]
#[path = "../tests/it/smsc.rs"]
mod smsc;

use futures_util::{SinkExt, StreamExt as _};
use rusmpp::{
    Command, CommandStatus, Pdu,
    pdus::{SubmitSm, SubmitSmResp},
    tokio_codec::CommandCodec,
    types::{COctetString, OctetString},
};
use smsc::{Manner, Smsc};
use std::{collections::HashMap, path::Path, time::Duration};
use switchboard::{
    carriers,
    hub::{
        config::HubConfig,
        serve::{self, Running},
    },
    model::{Actor, Body, Caller, Channel, ChannelNumber, CustomerCommand, CustomerNumber},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::codec::Framed;

/// How many texts go through the codec alone, and through a hub.
const BARE: u32 = 200_000;
const TEXTS: usize = 20_000;
/// How many answers may be owed at once, in both.
const WINDOW: u32 = 100;
/// How many texts go at a pace, and how many a second that is.
const PACED: (usize, u32) = (1_000, 50);

fn text(n: usize) -> String {
    format!("Habari, order {n} has left and is with you tomorrow")
}

/// Texts a second of the codec alone, over TCP, with the same window.
async fn bare() -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("its address");
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a peer");
        let _ = stream.set_nodelay(true);
        let mut framed = Framed::new(stream, CommandCodec::new());
        while let Some(Ok(command)) = framed.next().await {
            let id = COctetString::from_string(command.sequence_number().to_string());
            let answer = SubmitSmResp::builder().message_id(id.expect("short")).build();
            let answer = Pdu::from(answer);
            let sequence = command.sequence_number();
            let answer = Command::new(CommandStatus::EsmeRok, sequence, answer);
            framed.send(answer).await.expect("sent");
        }
    });
    let stream = TcpStream::connect(addr).await.expect("a connection");
    let _ = stream.set_nodelay(true);
    let mut framed = Framed::new(stream, CommandCodec::new());
    let began = Instant::now();
    let (mut sent, mut answered) = (0, 0);
    while answered < BARE {
        while sent < BARE && sent - answered < WINDOW {
            sent += 1;
            let octets = OctetString::from_vec(text(sent as usize).into_bytes());
            let submit = SubmitSm::builder().short_message(octets.expect("short")).build();
            let command = Command::new(CommandStatus::EsmeRok, sent, Pdu::from(submit));
            framed.feed(command).await.expect("sent");
        }
        SinkExt::<Command>::flush(&mut framed).await.expect("sent");
        framed.next().await.expect("an answer").expect("a command");
        answered += 1;
    }
    let took = began.elapsed();
    drop(framed);
    server.await.expect("it ends");
    f64::from(BARE) / took.as_secs_f64()
}

fn config(folder: &Path, smsc: &Smsc, per_second: u32) -> HubConfig {
    let addr = smsc.addr;
    let hash = "0a".repeat(32);
    let settings = format!(
        r#"
data_dir = "data"
[[org]]
id = "acme"
apps = ["desk"]
region = "KE"
[org.rules]
quiet_hours = "none"
[[org.carrier]]
id = "safari"
kind = "smpp"
address = "{addr}"
system_id = "desk"
password = {{ file = "password" }}
window = {WINDOW}
[[org.channel]]
channel = "sms"
number = "40404"
carrier = "safari"
[[org.key]]
label = "bench"
hash = "sha256:{hash}"
"#
    );
    let mut config = HubConfig::parse(&folder.join("hub.toml"), &settings).expect("settings");
    config.orgs[0].carriers[0].per_second = per_second;
    config
}

async fn start(folder: &Path, smsc: &Smsc, per_second: u32) -> Running {
    let config = config(folder, smsc, per_second);
    serve::start(config, &[carriers::attach]).await.expect("a hub")
}

fn caller() -> Caller {
    Caller { app: Some("desk".into()), actor: Actor::Key("bench".into()) }
}

async fn asks(running: &Running, command: CustomerCommand) {
    let (org, hub) = ("acme".into(), running.hub());
    let receipt = hub.submit(&org, caller(), None, command.into()).await.expect("an answer");
    assert!(receipt.is_ok(), "{receipt:?}");
}

/// Sends texts to as many customers, so many at once.
async fn send(running: &Running, count: usize, customers: usize, at_once: usize) {
    let mut tasks = JoinSet::new();
    for n in 0..count {
        if tasks.len() >= at_once {
            tasks.join_next().await.expect("one").expect("sent");
        }
        let hub = running.hub().clone();
        tasks.spawn(async move {
            let to = CustomerNumber::telco(&format!("+2547{:08}", n % customers));
            let from = ChannelNumber::new(Channel::Sms, "40404");
            let body = Body::text(text(n));
            let command = CustomerCommand::SendMessage { to, from, body, seen: None };
            let sent = hub.submit(&"acme".into(), caller(), None, command.into()).await;
            assert!(sent.expect("an answer").is_ok());
        });
    }
    while let Some(sent) = tasks.join_next().await {
        sent.expect("sent");
    }
}

async fn once(smsc: &Smsc, count: usize) {
    while smsc.count() < count {
        sleep(Duration::from_millis(5)).await;
    }
}

/// Resident memory of the process, in MiB.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    let kib = line.split_whitespace().nth(1).and_then(|n| n.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    std::fs::write(&file, "secret").expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&file, mode).expect("set");
    folder
}

#[tokio::main]
async fn main() {
    let bare = bare().await;
    println!("the codec alone, window {WINDOW}: {bare:.0} texts/s");

    let quiet = Manner { reports_nothing: true, ..Manner::default() };
    let (folder_of_many, smsc) = (folder(), Smsc::start(quiet.clone()).await);
    let running = start(folder_of_many.path(), &smsc, 1_000_000).await;
    let pause = |is_paused| CustomerCommand::PauseCarrier { carrier: "safari".into(), is_paused };
    asks(&running, pause(true)).await;
    let before = memory();
    send(&running, TEXTS, TEXTS, 64).await;
    let waiting = memory();
    println!(
        "{TEXTS} messages wait: {waiting:.0} MiB, before them {before:.0} MiB, {:.1} KiB each",
        (waiting - before) * 1024.0 / TEXTS as f64
    );
    assert_eq!(smsc.count(), 0, "it is paused");
    running.shutdown().await;
    let began = Instant::now();
    let running = start(folder_of_many.path(), &smsc, 1_000_000).await;
    let started = began.elapsed();
    asks(&running, pause(false)).await;
    once(&smsc, 1).await;
    let first = began.elapsed();
    let drained = Instant::now();
    once(&smsc, TEXTS).await;
    let rate = (TEXTS - 1) as f64 / drained.elapsed().as_secs_f64();
    println!(
        "a restart with them: {started:.2?} to the first answer, {first:.2?} to the first text"
    );
    println!("through a hub: {rate:.0} texts/s, 1/{:.0} of the codec alone", bare / rate);
    running.shutdown().await;

    let (count, per_second) = PACED;
    let (folder_of_few, smsc) = (folder(), Smsc::start(quiet).await);
    let running = start(folder_of_few.path(), &smsc, per_second).await;
    // One after the other, so that it is known in which order they are to go.
    send(&running, count, 50, 1).await;
    once(&smsc, count).await;
    let texts = smsc.texts();
    let took = texts[count - 1].at.duration_since(texts[0].at).as_secs_f64();
    let rate = (count - 1) as f64 / took;
    let off = (rate / f64::from(per_second) - 1.0) * 100.0;
    println!("{count} texts at {per_second} a second: {rate:.2}/s, {off:+.1} %");
    let mut last: HashMap<&str, usize> = HashMap::new();
    let mut overtaken = 0;
    let words: Vec<_> = texts.iter().map(smsc::Text::words).collect();
    for (one, words) in texts.iter().zip(&words) {
        let n = words.split(' ').nth(2).and_then(|n| n.parse().ok()).unwrap_or_default();
        overtaken += usize::from(last.insert(&one.to, n).is_some_and(|before| before > n));
    }
    println!("{overtaken} of them overtook another of the same customer");
    running.shutdown().await;
}
