//! `switchboard init` asks a few questions, tries the login, and writes settings that a hub starts with (R-CARRY-13).

use super::{
    smsc::{Manner, Smsc},
    support::binary_in,
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
async fn r_carry_13_answers_become_settings_that_the_network_takes() {
    let smsc = Smsc::start(Manner::default()).await;
    smsc.bring("+254711000001", "40404", "Anybody there?");
    let folder = folder_with_password(0o600);
    let answers = format!("bahari\nke\n{}\ndesk\n40404\nsmsc.password\n", smsc.addr);
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
        let flags =
            ["--org", "bahari", "--region", "KE", "--system-id", "desk", "--sender", sender];
        let more = ["--address", address, "--password-file", file];
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
