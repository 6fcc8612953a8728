//! `switchboard init` asks a few questions, tries the login, and writes settings that a hub starts with (R-CARRY-13).

use super::{
    certificates::Authority,
    smsc::{Manner, Smsc},
    support::binary_in,
    telegram::{self, TelegramStub},
};
use std::{io::Write as _, os::unix::fs::PermissionsExt as _, path::Path, process::Stdio};
use switchboard::{
    hub::config::{CarrierKind, HubConfig},
    model::Region,
};

/// Runs `switchboard init` in a folder, with these answers on standard input. Returns its exit code and what it printed.
async fn init(folder: &Path, args: &[&str], answers: &str) -> (Option<i32>, String, String) {
    let mut command = binary_in(folder);
    command.arg("init").args(args).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let answers = answers.to_owned();
    let ends = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        // Whoever is refused at once does not read its answers.
        let _ = child.stdin.take().unwrap().write_all(answers.as_bytes());
        child.wait_with_output().unwrap()
    });
    let output = ends.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn folder_with_password(mode: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("smsc.password");
    std::fs::write(&file, "secret\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_carry_27_a_connection_with_tls_is_a_flag() {
    let folder = folder_with_password(0o600);
    let answers = "bahari\nsmpp\nke\nsmsc.example.org:2776\ndesk\n40404\nsmsc.password\n";
    let (code, _, err) = init(folder.path(), &["--tls", "--no-check"], answers).await;
    assert_eq!(code, Some(0), "{err}");
    let config = HubConfig::load_for_one(&folder.path().join("hub.toml")).unwrap();
    let CarrierKind::Smpp(smpp) = &config.orgs[0].carriers[0].kind else { panic!("SMPP") };
    assert!(smpp.tls);
    let (code, _, err) = init(folder.path(), &["--tls", "other.toml"], "bahari\ntelegram\n").await;
    assert!(code != Some(0) && err.contains("--tls is for --kind smpp"), "{err}");
    std::fs::write(folder.path().join("theirs.pem"), Authority::new("them").pem).unwrap();
    let ca = ["--tls", "--no-check", "--network-ca", "theirs.pem", "deep/hub.toml"];
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    let (code, _, err) = init(folder.path(), &ca, answers).await;
    assert_eq!(code, Some(0), "{err}");
    let config = HubConfig::load_for_one(&folder.path().join("deep/hub.toml")).unwrap();
    let trust = &config.orgs[0].carriers[0].trust;
    assert!(trust.ca.as_ref().is_some_and(|ca| ca.ends_with("theirs.pem")), "{trust:?}");
    let (code, _, err) =
        init(folder.path(), &["--network-ca", "theirs.pem", "third.toml"], answers).await;
    assert!(code != Some(0) && err.contains("`ca` is for a connection with `tls = true`"), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_carry_13_answers_become_settings_that_the_network_takes() {
    let smsc = Smsc::start(Manner::default()).await;
    smsc.bring("+254711000001", "40404", "Anybody there?");
    let folder = folder_with_password(0o600);
    let answers = format!("bahari\nsmpp\nke\n{}\ndesk\n40404\nsmsc.password\n", smsc.addr);
    let (code, out, err) = init(folder.path(), &[], &answers).await;
    assert_eq!(
        (code, out.lines().last()),
        (Some(0), Some("next: switchboard --config hub.toml")),
        "{err}"
    );
    assert!(out.contains("the network takes the login"), "{out}");
    assert_eq!((smsc.logins(), smsc.logouts()), (1, 1));
    assert_eq!((smsc.texts().len(), smsc.acknowledged()), (0, 0), "the text comes again");

    let file = folder.path().join("hub.toml");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(!written.contains("secret"), "{written}");
    let config = HubConfig::load_for_one(&file).unwrap();
    let [org] = &config.orgs[..] else { panic!("one org") };
    assert_eq!(org.settings.id.as_str(), "bahari");
    assert_eq!(org.settings.region, Region::parse("KE"));
    assert_eq!(org.settings.channels[0].channel.to_string(), "sms 40404");
    assert_eq!(org.settings.channels[0].carrier.as_ref(), Some(&org.carriers[0].id));
    let CarrierKind::Smpp(smpp) = &org.carriers[0].kind else { panic!("SMPP") };
    assert_eq!(
        (smpp.address.as_str(), smpp.password.expose()),
        (&*smsc.addr.to_string(), "secret")
    );

    // Whoever asks twice keeps what they have.
    let (code, _, err) = init(folder.path(), &[], &answers).await;
    assert_eq!(code, Some(2));
    assert!(err.contains("hub.toml is there already"), "{err}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_carry_13_whatever_cannot_work_is_said_and_not_written() {
    let smsc = Smsc::start(Manner { refuses: true, ..Manner::default() }).await;
    let addr = smsc.addr.to_string();
    let given = |address: &str, file: &str, sender: &str| {
        let flags = ["--org", "bahari", "--region", "KE", "--account", "desk", "--sender", sender];
        let more = ["--address", address, "--secret-file", file, "--kind", "smpp"];
        flags.iter().chain(&more).map(ToString::to_string).collect::<Vec<_>>()
    };
    let nobody = super::support::free_addr();
    for (args, mode, code, words) in [
        (given(&addr, "smsc.password", "40404"), 0o600, 3, "check system_id and password"),
        (given(&nobody, "smsc.password", "40404"), 0o600, 3, "no connection to 127.0.0.1"),
        (given("smsc", "smsc.password", "40404"), 0o600, 2, "`address` is a host and port"),
        (given(&addr, "elsewhere", "40404"), 0o600, 2, "umask 077; cat > elsewhere"),
        (given(&addr, "smsc.password", "40404"), 0o644, 2, "smsc.password"),
        (given(&addr, "smsc.password", " "), 0o600, 2, "number must not be blank"),
        (Vec::new(), 0o600, 2, "there is no answer: give it, or --org"),
    ] {
        let folder = folder_with_password(mode);
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let (ended, out, err) = init(folder.path(), &args, "").await;
        assert_eq!(ended, Some(code), "{args:?}: {err}");
        assert!(err.contains("nothing is written") && err.contains(words), "{args:?}: {err}");
        assert_eq!(out, "", "{args:?}");
        assert!(!folder.path().join("hub.toml").exists(), "{args:?}");
    }

    // Whoever knows better writes it all the same, also elsewhere, and signs in an answer stay what they are.
    let folder = folder_with_password(0o600);
    std::fs::create_dir(folder.path().join("etc")).unwrap();
    let mut args = given(&nobody, "smsc.password", "A \"B\" \\ C");
    args.extend(["--no-check".to_owned(), "etc/desk.toml".to_owned()]);
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let (ended, _, err) = init(folder.path(), &args, "").await;
    assert_eq!(ended, Some(0), "{err}");
    let config = HubConfig::load_for_one(&folder.path().join("etc/desk.toml")).unwrap();
    assert_eq!(config.orgs[0].settings.channels[0].channel.to_string(), "sms A \"B\" \\ C");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_carry_13_a_bot_needs_four_answers_and_its_token_is_tried() {
    let stub = TelegramStub::start(telegram::Manner::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("bot.token");
    private_file(&token, telegram::TOKEN);
    let url = stub.url();
    let address = ["--address", url.as_str()];
    let answers = "bahari\ntelegram\n@bahari_bot\nbot.token\n";
    let (code, out, err) = init(folder.path(), &address, answers).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("the network takes the login"), "{out}");
    let written = std::fs::read_to_string(folder.path().join("hub.toml")).unwrap();
    assert!(!written.contains("AAHdq"), "the token stays where it is");
    let config = HubConfig::load_for_one(&folder.path().join("hub.toml")).unwrap();
    let line = &config.orgs[0].settings.channels[0].channel;
    assert_eq!(line.to_string(), "telegram @bahari_bot");
    // A wrong one is not written.
    private_file(&token, "1:wrong");
    let (code, _, err) =
        init(folder.path(), &[address[0], address[1], "other.toml"], answers).await;
    assert_eq!(code, Some(3));
    assert!(err.contains("ask BotFather") && !err.contains("1:wrong"), "{err}");
    assert!(!folder.path().join("other.toml").exists());
    // Neither is a kind that there is not.
    let (code, _, err) = init(folder.path(), &["third.toml"], "bahari\npigeon\n").await;
    assert_eq!(code, Some(2));
    assert!(err.contains("`pigeon` is no kind of network"), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r_carry_13_whoever_is_called_gets_a_secret_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    private_file(&folder.path().join("kannel.password"), "s3cret");
    let nobody = format!("http://{}/cgi-bin/sendsms", super::support::free_addr());
    let flags = ["--kind", "kannel", "--org", "bahari", "--region", "KE", "--account", "hub"];
    let more = ["--sender", "40404", "--secret-file", "kannel.password", "--address", &nobody];
    let all: Vec<_> = flags.iter().chain(&more).copied().collect();
    let secret = folder.path().join("callback.secret");
    let (code, _, err) = init(folder.path(), &all, "").await;
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("no connection to 127.0.0.1") && !secret.exists(), "{err}");
    let unasked: Vec<_> = all.iter().copied().chain(["--no-check"]).collect();
    let (code, out, err) = init(folder.path(), &unasked, "").await;
    assert_eq!(code, Some(0), "{err}");
    let at = "the network calls http://127.0.0.1:7480/bahari/kannel/SECRET/message";
    assert!(out.contains(at) && out.contains("docs/CARRIERS.md"), "{out}");
    assert_eq!(std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
    let word = std::fs::read_to_string(&secret).unwrap();
    assert!(!out.contains(&word) && !err.contains(&word));
    let config = HubConfig::load_for_one(&folder.path().join("hub.toml")).unwrap();
    assert!(config.callbacks.is_some());
    // A key that is not there is said with how to make it.
    let webhook = ["--kind", "webhook", "--org", "b", "--region", "KE", "--sender", "40404"];
    let more = ["--address", "http://127.0.0.1:1/x", "--secret-file", "none.key", "w.toml"];
    let all: Vec<_> = webhook.iter().chain(&more).copied().collect();
    let (code, _, err) = init(folder.path(), &all, "").await;
    assert_eq!(code, Some(2));
    assert!(err.contains("echo whsec_$(head -c 32 /dev/urandom | base64) > none.key"), "{err}");
}

fn private_file(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
