//! The log of the real binary (R-SEE-1): what is in it at which level, and that nothing is in it that must not be.

use super::support::{Bench, HubProcess, KEY, KEY_VARIABLE, binary_in, reads};
use serde_json::Value;
use std::{
    fs::File,
    path::{Path, PathBuf},
};
use switchboard::{
    model::{Body, Channel, ChannelNumber, CustomerNumber, CustomerRef},
    sdk::{Client, Credentials, Endpoint, Options},
};

/// A customer and a text that stand nowhere else.
const NUMBER: &str = "+254733123987";
const TEXT: &str = "zebra-canary-text";
const WRONG: &str = "sb_test_a-key-of-another-hub-0123456789";

/// A hub that writes its log to a file.
fn started(bench: &Bench, args: &[&str], filter: &str) -> (HubProcess, PathBuf) {
    let log = bench.settings().with_file_name("stderr");
    let mut command = bench.command("127.0.0.1:0");
    command.args(args).env("RUST_LOG", filter).stderr(File::create(&log).unwrap());
    (HubProcess::start(command), log)
}

/// What an org does in a day: messages, a tag, looks, what is refused, and keys that are not known. Returns
/// the token that it was given.
async fn traffic(hub: &HubProcess, bench: &Bench) -> String {
    let tag = format!("canary={TEXT}");
    let tagged = hub.run(&bench.home(), &["tag", "--customer", NUMBER, "--tags", &tag]);
    assert_eq!(tagged.0, Some(0), "{tagged:?}");
    let client = hub.client();
    let (to, from) = (CustomerNumber::telco(NUMBER), ChannelNumber::new(Channel::Sms, "40404"));
    client.send_message(to.clone(), from.clone(), Body::text(TEXT)).await.unwrap();
    // There is no such number of the org, and no such customer.
    let nobody = ChannelNumber::new(Channel::Sms, "55555");
    let _ = client.send_message(to.clone(), nobody, Body::text(TEXT)).await;
    let customer = CustomerRef::Number(to.clone());
    client.customer(&customer).await.unwrap();
    client.find(TEXT, 10, 10).await.unwrap();
    client.history(None, 10, None, TEXT).await.unwrap();
    let token = client.auth_token().await.unwrap().token.expose().to_owned();
    for _ in 0..3 {
        let stranger = Client::new(Options {
            endpoint: Endpoint::Uri(format!("http://{}", hub.addr)),
            org: "acme".into(),
            app: "desk".into(),
            credentials: Credentials::api_key(WRONG),
            ..Options::default()
        });
        assert!(stranger.unwrap().hello().await.is_err());
    }
    token
}

#[tokio::test]
async fn r_see_1_at_info_nothing_of_a_customer_is_in_the_log_and_refusals_are_counted() {
    let bench = Bench::new();
    let (mut hub, log) = started(&bench, &[], "");
    traffic(&hub, &bench).await;
    reads(&log, "calls were refused: 1 unauthenticated").await;
    assert_eq!(hub.terminate(), Some(0));
    let text = std::fs::read_to_string(&log).unwrap();
    for canary in [&NUMBER[4..], TEXT, "zebra", KEY, WRONG, "another-hub"] {
        assert!(!text.contains(canary), "{canary}: {text}");
    }
    assert!(!text.contains("DEBUG"), "{text}");
    // The first at once, and those within ten seconds of it in one line or none before the end.
    let lines = text.lines().filter(|line| line.contains("calls were refused: ")).count();
    assert!(lines <= 2, "{text}");
}

#[tokio::test]
async fn r_see_1_at_trace_no_secret_is_in_the_log() {
    let bench = Bench::new();
    let (mut hub, log) = started(&bench, &[], "trace");
    let token = traffic(&hub, &bench).await;
    assert_eq!(hub.terminate(), Some(0));
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.contains("DEBUG"), "{text}");
    for secret in [KEY, WRONG, TEXT, &token] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn r_see_1_at_debug_each_call_is_one_line_of_json_with_who_what_and_how_long() {
    let bench = Bench::new();
    let (hub, log) = started(&bench, &["--log", "json"], "debug");
    traffic(&hub, &bench).await;
    let text = reads(&log, "Unauthenticated").await;
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    let call = |method: &str, code: &str| {
        let is_it = |line: &&Value| {
            line["method"].as_str().is_some_and(|path| path.ends_with(method))
                && line["code"] == code
        };
        lines.iter().find(is_it).unwrap_or_else(|| panic!("no {method} with {code}: {text}"))
    };
    let sent = call("/SendMessage", "Ok");
    assert_eq!((&sent["org"], &sent["app"]), (&"acme".into(), &"desk".into()), "{sent}");
    assert_eq!((&sent["key"], &sent["level"]), (&"tests".into(), &"DEBUG".into()));
    assert!(sent["ms"].as_f64().is_some_and(|ms| ms > 0.0), "{sent}");
    let refused = call("/Hello", "Unauthenticated");
    assert!(refused["org"].is_null() && refused["key"].is_null(), "{refused}");
    assert!(!text.contains(TEXT), "{text}");
}

#[tokio::test]
async fn r_see_1_the_settings_may_ask_for_json_and_a_filter_that_is_none_is_said() {
    let bench = Bench::new();
    let settings = std::fs::read_to_string(bench.settings()).unwrap();
    std::fs::write(bench.settings(), format!("log = \"json\"\n{settings}")).unwrap();
    let (mut hub, log) = started(&bench, &[], "info");
    assert_eq!(hub.terminate(), Some(0));
    let text = reads(&log, "draining").await;
    let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&line["message"], &line["signal"]), (&"draining".into(), &"SIGTERM".into()));

    let mut command = bench.command("127.0.0.1:0");
    let output = command.env("RUST_LOG", "switchboard=loud").stderr(std::process::Stdio::piped());
    let output = output.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("RUST_LOG") && said.contains("no filter"), "{said}");
}

/// Every file below a folder.
#[cfg(target_os = "linux")]
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

#[cfg(target_os = "linux")]
fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn s1_secrets_are_in_no_file_no_argument_and_no_output() {
    let bench = Bench::new();
    let (mut hub, _) = started(&bench, &[], "trace");
    let settings = bench.settings().display().to_string();
    let add = ["admin", "key", "add", "--config", &settings, "--org", "acme", "--label", "canary"];
    let added = binary_in(&bench.home())
        .args(add)
        .arg("--data-dir")
        .arg(bench.data())
        .env(KEY_VARIABLE, KEY)
        .output()
        .unwrap();
    let said = String::from_utf8(added.stdout).unwrap();
    let added =
        said.split_whitespace().find(|word| word.starts_with("sb_")).expect("a key").to_owned();
    let token = traffic(&hub, &bench).await;
    let options = Options {
        endpoint: Endpoint::Uri(format!("http://{}", hub.addr)),
        org: "acme".into(),
        credentials: Credentials::api_key(added.clone()),
        ..Options::default()
    };
    let by_added = Client::new(options).unwrap();
    super::keys::until_accepted(&by_added, true).await;

    let secrets = [KEY, WRONG, &added, &token];
    let mut said = Vec::new();
    for args in [
        &["export", "--unmasked", "all.ndjson"][..],
        &["tail", "--help"],
        &["--help"],
        &["admin", "key", "list", "--config", &settings],
        &["status", "--json"],
        &["doctor"],
        // What is wrong is told, and nothing of the key.
        &["status", "--endpoint", "http://127.0.0.1:1"],
    ] {
        let (_, out, err) = hub.run(&bench.home(), args);
        said.push(out + &err);
    }
    assert!(said.iter().all(|said| !said.is_empty()), "{said:?}");
    for secret in secrets {
        let found = said.iter().find(|said| said.contains(secret));
        assert!(found.is_none(), "{secret}: {found:?}");
    }
    let args = std::fs::read(format!("/proc/{}/cmdline", hub.pid())).unwrap();
    assert!(has(&args, "serve") && !secrets.iter().any(|secret| has(&args, secret)));
    // Nothing is moved while it is read, and what is written at the end is read too.
    assert_eq!(hub.terminate(), Some(0));
    let mut looked = Vec::new();
    for path in files_in(&bench.home()) {
        let bytes = std::fs::read(&path).unwrap();
        for secret in secrets {
            assert!(!has(&bytes, secret), "{secret} is in {}", path.display());
        }
        looked.push(path.file_name().unwrap().to_owned());
    }
    for file in ["log.db", "stderr", "keys.toml", "all.ndjson"] {
        assert!(looked.iter().any(|name| name == file), "{file} was not looked at: {looked:?}");
    }
}
