//! `switchboard doctor` with and without a hub (R-SEE-6).

use super::support::{Bench, KEY, binary_in, free_addr};
use serde_json::Value;
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Stdio};

/// What doctor says in this home, as text and then as JSON, and its exit codes.
fn examined(home: &Path, args: &[&str], key: &str) -> (String, Value, [Option<i32>; 2]) {
    let run = |format: &[&str]| {
        let mut command = binary_in(home);
        command.args(args).arg("doctor").args(format).env("SWITCHBOARD_API_KEY", key);
        command.env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        let output = command.output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    };
    let ((text, exit), (json, json_exit)) = (run(&[]), run(&["--json"]));
    (text, serde_json::from_str(&json).unwrap_or_else(|_| panic!("{json}")), [exit, json_exit])
}

fn grade<'a>(said: &'a Value, name: &str) -> &'a str {
    let found = said["findings"].as_array().unwrap().iter().find(|found| found["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {said}"))["grade"].as_str().unwrap()
}

#[test]
fn r_see_6_a_machine_with_a_hub_is_told_of_with_the_layer_of_each_setting_and_no_secret() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    let (home, endpoint) = (bench.home(), format!("http://{}", hub.addr));
    let config = home.join(".config/switchboard");
    fs::create_dir_all(&config).unwrap();
    let profiles =
        format!("default = 'desk'\n[profile.desk]\nendpoint = '{endpoint}'\norg = 'acme'\n");
    fs::write(config.join("config.toml"), profiles).unwrap();
    fs::set_permissions(config.join("config.toml"), fs::Permissions::from_mode(0o600)).unwrap();
    let (text, said, exits) = examined(&home, &["--app", "desk"], KEY);
    assert_eq!(exits, [Some(0), Some(0)], "{text}");
    for words in [
        "~/.config/switchboard/config.toml (mode 600)",
        &format!("endpoint = {endpoint} (from the profile)"),
        "app = desk (from the flag)",
        "from the variable SWITCHBOARD_API_KEY",
        "as this one",
        "for half of 10 calls",
        "s from that of the hub",
        "none is needed: the hub is on this machine",
        "the locale is C.UTF-8",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains(KEY) && !text.contains(home.to_str().unwrap()), "{text}");
    assert_eq!((grade(&said, "hub"), grade(&said, "clock")), ("ok", "ok"));
}

#[test]
fn r_see_6_without_a_hub_everything_else_is_told_and_what_fails_is_trouble() {
    let home = tempfile::tempdir().unwrap();
    let (text, said, exits) = examined(home.path(), &[], KEY);
    assert_eq!(exits, [Some(0), Some(0)], "{text}");
    assert!(text.contains("the console starts one in its own process"), "{text}");
    assert!(!home.path().join(".local").exists(), "it makes nothing");
    assert_eq!(grade(&said, "version"), "ok");

    let nobody = format!("http://{}", free_addr());
    let args = ["--endpoint", &nobody, "--org", "acme", "--app", "desk"];
    let (text, said, exits) = examined(home.path(), &args, KEY);
    assert_eq!(exits, [Some(7), Some(7)], "{text}");
    assert_eq!((grade(&said, "hub"), &said["outcome"]), ("fail", &"trouble".into()));
    assert!(text.contains("hub         fail  "), "{text}");

    let config = home.path().join(".config/switchboard");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "[profile.desk]\norgg = 'acme'\n").unwrap();
    let (text, said, exits) = examined(home.path(), &[], KEY);
    assert_eq!(exits[0], Some(7), "{text}");
    assert!(grade(&said, "profile") == "fail" && text.contains("orgg"), "{text}");
}
