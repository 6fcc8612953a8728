//! What the real binary tells Prometheus (R-SEE-2), also of a hub in trouble.

use super::support::{Bench, HubProcess, KEY};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
    time::{Duration, Instant},
};
use switchboard::model::{Body, Channel, ChannelNumber, CustomerNumber};

const PATIENCE: Duration = Duration::from_secs(30);
/// A customer and a text that stand in nothing that is measured.
const NUMBER: &str = "+254711777888";
const TEXT: &str = "canary text";

/// A hub with metrics, and where it tells them.
struct MeasuredHub {
    child: Child,
    hub: String,
    metrics: String,
}

impl Drop for MeasuredHub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl MeasuredHub {
    fn start(bench: &Bench) -> Self {
        let settings = std::fs::read_to_string(bench.settings()).unwrap();
        let with =
            settings.replacen("[limits]", "[metrics]\nlisten = \"127.0.0.1:0\"\n[limits]", 1);
        std::fs::write(bench.settings(), with).unwrap();
        let mut child = bench.command("127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = |begins: &str| {
            let line = lines.next().unwrap().unwrap();
            line.strip_prefix(begins).unwrap_or_else(|| panic!("it said {line:?}")).to_owned()
        };
        let (metrics, hub) = (line("metrics on "), line("listening on "));
        Self { child, hub, metrics }
    }

    fn get(&self, request: &str) -> String {
        let mut tcp = TcpStream::connect(&self.metrics).unwrap();
        write!(tcp, "{request} HTTP/1.1\r\nhost: hub\r\n\r\n").unwrap();
        let mut text = String::new();
        tcp.read_to_string(&mut text).unwrap();
        text
    }

    /// Reads until a line is there, and returns all of it.
    fn says(&self, line: &str) -> String {
        let start = Instant::now();
        loop {
            let text = self.get("GET /metrics");
            if text.lines().any(|said| said == line) {
                return text;
            }
            assert!(start.elapsed() < PATIENCE, "never said {line:?}: {text}");
        }
    }

    fn send(&self, count: usize) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let client = super::support::client(&self.hub);
            let (to, from) =
                (CustomerNumber::telco(NUMBER), ChannelNumber::new(Channel::Sms, "40404"));
            for _ in 0..count {
                // What is refused is counted too.
                let _ = client.send_message(to.clone(), from.clone(), Body::text(TEXT)).await;
            }
        });
    }
}

#[test]
fn r_see_2_metrics_are_told_in_the_text_format_and_nothing_of_a_customer() {
    let bench = Bench::new();
    let hub = MeasuredHub::start(&bench);
    hub.send(3);
    let sent = "/com.elarian.hera.proto.GrpcWebService/SendMessage";
    let text =
        hub.says(&format!("switchboard_requests_total{{method=\"{sent}\",code=\"Ok\"}} 3.0"));
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
    assert!(text.contains("content-type: text/plain; version=0.0.4"), "{text}");
    for line in [
        "# TYPE switchboard_requests_total counter",
        "# TYPE switchboard_request_duration_seconds histogram",
        "switchboard_can_write 1.0",
        "switchboard_org_damaged{org=\"acme\"} 0.0",
        "switchboard_writer_queue 0.0",
        &format!("switchboard_request_duration_seconds_count{{method=\"{sent}\"}} 3"),
        &format!("switchboard_build_info{{version=\"{}\"}} 1.0", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(text.lines().any(|said| said == line), "{line}: {text}");
    }
    for begin in [
        "switchboard_commit_duration_seconds_bucket{le=\"+Inf\"}",
        "switchboard_commit_entries_sum",
        "switchboard_head{org=\"acme\"}",
        "switchboard_disk_free_bytes",
        "switchboard_disk_used_bytes{file=\"log\"}",
        "switchboard_start_time_seconds 1",
    ] {
        assert!(text.lines().any(|said| said.starts_with(begin)), "{begin}: {text}");
    }
    for secret in [&NUMBER[1..], TEXT, KEY, "tests"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert!(hub.get("GET /").starts_with("HTTP/1.1 404"));
    assert!(hub.get("POST /metrics").starts_with("HTTP/1.1 405"));
}

#[test]
fn r_see_2_a_disk_that_is_full_and_keys_that_ask_too_much_are_seen() {
    let bench = Bench::new();
    let settings = std::fs::read_to_string(bench.settings()).unwrap();
    let slow =
        settings.replace("writes_per_second = 0\nburst = 0", "writes_per_second = 1\nburst = 2");
    std::fs::write(bench.settings(), slow).unwrap();
    let hub = MeasuredHub::start(&bench);
    let other = rusqlite::Connection::open(bench.data().join("log.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    hub.send(1);
    hub.says("switchboard_can_write 0.0");
    other.execute_batch("ROLLBACK").unwrap();
    hub.says("switchboard_can_write 1.0");
    hub.send(5);
    let text = hub.get("GET /metrics");
    assert!(text.contains("code=\"ResourceExhausted\"}"), "{text}");
    assert!(text.contains("code=\"Unavailable\"} 1.0"), "{text}");
}

#[test]
fn r_see_2_a_damaged_org_and_a_network_that_is_down_are_seen() {
    let bench = Bench::new();
    super::damage::damaged(&bench);
    MeasuredHub::start(&bench).says("switchboard_org_damaged{org=\"acme\"} 1.0");
    let bench = Bench::reaching("127.0.0.1:1".parse().unwrap(), "");
    MeasuredHub::start(&bench).says("switchboard_carrier_up{org=\"acme\",carrier=\"safari\"} 0.0");
}

#[test]
fn r_see_2_without_the_table_nothing_listens() {
    let bench = Bench::new();
    let mut command = bench.command("127.0.0.1:0");
    // The first line says where it listens, and none before it says that metrics are told.
    let hub = HubProcess::start({
        command.stdout(Stdio::piped());
        command
    });
    assert!(!hub.addr.is_empty());
}
