//! API keys that come and go while a hub runs (R-KEY-1 to R-KEY-4): in a hub of this process for what open streams see,
//! and with the real binary for what an administrator does.

use super::{
    support::{Bench, HubProcess, KEY, binary_in, reads},
    tls::start_with,
};
use std::{path::Path, process::Output, time::Duration};
use switchboard::{
    hub::{keys::KeyStore, serve::Running},
    model::{
        CustomerCommand, CustomerNumber, CustomerRef, FeedEvent, FeedStart, Receipt, Timestamp,
    },
    sdk::{Client, Credentials, Endpoint, Error, Feed, Options, fresh_call},
    wire::proto::hera::{StreamNotificationRequest, grpc_web_service_client::GrpcWebServiceClient},
};
use tokio::time::{sleep, timeout};
use tonic::{Code, Request, transport};

/// How long anything here may take on a busy machine.
const SOON: Duration = Duration::from_mins(1);

fn client(hub: &Running, credentials: Credentials) -> Client {
    Client::new(Options {
        endpoint: Endpoint::Uri(format!("http://{}", hub.addr.unwrap())),
        org: "acme".into(),
        app: "desk".into(),
        credentials,
        ..Options::default()
    })
    .unwrap()
}

/// Asks until the key or token is accepted, or until it is not.
pub async fn until_accepted(client: &Client, is_accepted: bool) {
    let asked = async {
        loop {
            match client.hello().await {
                Ok(_) if is_accepted => return,
                Err(Error::Unauthenticated(_)) if !is_accepted => return,
                Ok(_) | Err(Error::Unauthenticated(_)) => sleep(Duration::from_millis(20)).await,
                Err(other) => panic!("{other:?}"),
            }
        }
    };
    timeout(SOON, asked).await.expect("the hub looks at its keys");
}

async fn open_feed(client: &Client) -> Feed {
    let mut feed = client.feed(FeedStart::Tail(0));
    let up = async { while !matches!(feed.next().await, FeedEvent::Up(_)) {} };
    timeout(SOON, up).await.unwrap();
    feed
}

/// Waits until a feed is ended for want of a credential, for good.
async fn is_put_out(mut feed: Feed) {
    loop {
        if let FeedEvent::Down { error, retry_in, .. } = feed.next().await {
            assert!(matches!(error, Error::Unauthenticated(_)), "{error:?}");
            assert!(error.to_string().contains("revoked") && retry_in.is_none(), "{error}");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_key_3_whatever_is_open_ends_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let data = Some(folder.path().to_owned());
    let hub = start_with(|config| config.data_dir = data).await.unwrap();
    let (staying, store) =
        (client(&hub, Credentials::api_key(KEY)), KeyStore::in_folder(folder.path()));
    let added = |label: &str| {
        store.add("acme".into(), label.into(), Vec::new(), Timestamp::from_secs(1)).unwrap()
    };
    let (leaving_key, _other) = (added("leaving"), added("other"));
    let leaving = client(&hub, Credentials::api_key(leaving_key.to_string()));
    until_accepted(&leaving, true).await;
    assert_eq!(leaving.hello().await.unwrap().caller, "leaving");

    // Given a feed with the key, one with a token of it, a stream of notifications, and a call that waits for a lease.
    let token = leaving.auth_token().await.unwrap();
    let by_token = client(&hub, Credentials::AuthToken(token.token.clone()));
    let (feed, feed_by_token) = (open_feed(&leaving).await, open_feed(&by_token).await);
    let mut stays = open_feed(&staying).await;
    let channel = transport::Endpoint::new(format!("http://{}", hub.addr.unwrap())).unwrap();
    let mut hera = GrpcWebServiceClient::new(channel.connect().await.unwrap());
    let asked = StreamNotificationRequest { org_id: "acme".into(), app_id: "desk".into() };
    let mut asked = Request::new(asked);
    asked.metadata_mut().insert("api-key", leaving_key.parse().unwrap());
    let mut notifications = hera.stream_notifications(asked).await.unwrap().into_inner();
    let lease = CustomerCommand::LeaseMetadata {
        customer: CustomerRef::Number(CustomerNumber::telco("+254700000001")),
        key: "cart".into(),
    };
    let granted = staying.send(&fresh_call().unwrap(), &lease).await.unwrap();
    let Receipt::Lease(granted) = granted else { panic!("{granted:?}") };
    assert!(granted.ok, "{granted:?}");
    let waiting = {
        let (leaving, lease) = (leaving.clone(), lease.clone());
        tokio::spawn(async move { leaving.send(&fresh_call().unwrap(), &lease).await })
    };

    let waits = async {
        while staying.leases().await.unwrap().0[0].waiting == 0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, waits).await.unwrap();

    // When the key is revoked.
    let hash = store.read().unwrap()[0].hash;
    assert!(store.remove(&hash).unwrap());

    // Then all of them end, and nothing else does.
    timeout(SOON, is_put_out(feed)).await.unwrap();
    timeout(SOON, is_put_out(feed_by_token)).await.unwrap();
    let ended = timeout(SOON, notifications.message()).await.unwrap().unwrap_err();
    assert_eq!(
        (ended.code(), ended.message()),
        (Code::Unauthenticated, "this API key was revoked")
    );
    let ended = timeout(SOON, waiting).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(ended, Error::Unauthenticated(_)), "{ended:?}");
    for gone in [&leaving, &by_token] {
        let refused = gone.hello().await.unwrap_err();
        assert!(matches!(refused, Error::Unauthenticated(_)), "{refused:?}");
    }
    let heard = timeout(Duration::from_millis(200), async {
        loop {
            if let FeedEvent::Down { error, .. } = stays.next().await {
                return error;
            }
        }
    });
    assert!(heard.await.is_err(), "the feed of another key goes on");
    hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_key_2_a_file_that_cannot_be_read_changes_nothing_and_foreign_orgs_are_not_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::in_folder(folder.path());
    let add = |org: &str, apps: &[&str]| {
        let apps = apps.iter().map(|app| (*app).into()).collect();
        store.add(org.into(), "x".into(), apps, Timestamp::from_secs(1)).unwrap().to_string()
    };
    let (good, foreign, odd) = (add("acme", &["desk"]), add("globex", &[]), add("acme", &["shop"]));
    let data = Some(folder.path().to_owned());
    let hub = start_with(|config| config.data_dir = data).await.unwrap();
    let by = |key: &str| client(&hub, Credentials::api_key(key));
    by(&good).hello().await.unwrap();
    for key in [&foreign, &odd] {
        assert!(matches!(by(key).hello().await, Err(Error::Unauthenticated(_))));
    }
    let file = folder.path().join("keys.toml");
    let before = std::fs::read(&file).unwrap();
    std::fs::write(&file, "[[key").unwrap();
    assert!(store.read().unwrap_err().to_string().contains("cannot be understood"));
    // Who follows the file says so, and takes nothing from it.
    let (say, mut said) = tokio::sync::mpsc::unbounded_channel();
    let take = |keys| panic!("it took {keys:?}");
    let following =
        store.clone().follow(Vec::new(), take, move |line| _ = say.send(line.to_owned()));
    let line = tokio::select! {
        () = following => unreachable!("it follows for ever"),
        line = timeout(SOON, said.recv()) => line.unwrap().unwrap(),
    };
    assert!(line.contains("the API keys stay as they were"), "{line}");
    by(&good).hello().await.unwrap();
    std::fs::write(&file, before).unwrap();
    let late = add("acme", &[]);
    until_accepted(&by(&late), true).await;
    hub.shutdown().await;
}

/// The command `admin key` on a hub's settings, without running it.
fn admin_command(bench: &Bench, args: &[&str]) -> std::process::Command {
    let home = bench.settings().parent().unwrap().to_owned();
    let mut command = binary_in(&home);
    command.args(["admin", "key"]).args(args).arg("--config").arg(bench.settings());
    command.arg("--data-dir").arg(bench.data());
    command
}

/// Runs `admin key` on a hub's settings and gives its exit code and what it printed.
fn admin(bench: &Bench, args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = admin_command(bench, args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn client_of(hub: &HubProcess, key: &str) -> Client {
    Client::new(Options {
        endpoint: Endpoint::Uri(format!("http://{}", hub.addr)),
        org: "acme".into(),
        app: "desk".into(),
        credentials: Credentials::api_key(key),
        ..Options::default()
    })
    .unwrap()
}

fn is_owners_alone(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777 == 0o600
}

#[tokio::test(flavor = "multi_thread")]
async fn r_key_1_an_administrator_adds_lists_and_revokes_keys_of_a_running_hub() {
    let bench = Bench::new();
    let mut hub = bench.serve("127.0.0.1:0");
    let (code, key, said) = admin(&bench, &["add", "--label", "wanjiku", "--apps", "desk"]);
    let key = key.trim();
    assert!(code == Some(0) && key.starts_with("sb_") && key.len() == 55, "{code:?} {said}");
    assert!(said.contains("wanjiku") && !said.contains(key), "{said}");
    let agent = client_of(&hub, key);
    until_accepted(&agent, true).await;
    assert_eq!(agent.hello().await.unwrap().caller, "wanjiku");
    let file = bench.data().join("keys.toml");
    assert!(!std::fs::read_to_string(&file).unwrap().contains(key) && is_owners_alone(&file));

    // R-KEY-4: when it was used is kept when the hub stops at the latest.
    assert_eq!(hub.terminate(), Some(0));
    assert!(is_owners_alone(&bench.data().join("keys.used.toml")));
    let (_, listed, _) = admin(&bench, &["list", "--format", "json"]);
    let rows: Vec<serde_json::Value> =
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [of_settings, added] = &rows[..] else { panic!("{listed}") };
    assert_eq!(
        (&of_settings["label"], &of_settings["from"]),
        (&"tests".into(), &"settings".into())
    );
    assert_eq!((&added["label"], &added["prefix"]), (&"wanjiku".into(), &key[..11].into()));
    assert!(added["last_used"].is_string() && added["apps"][0] == "desk", "{added}");
    // A key that could not be printed is nobody's.
    #[cfg(target_os = "linux")]
    {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = admin_command(&bench, &["add", "--label", "unseen"]);
        let output = command.stdout(full).stderr(std::process::Stdio::piped()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(74), "{said}");
        assert!(said.contains("the key is revoked"), "{said}");
        assert!(!std::fs::read_to_string(&file).unwrap().contains("unseen"));
    }
    let (_, table, _) = admin(&bench, &["list"]);
    assert!(table.contains(&key[..11]) && table.contains("last used 20"), "{table}");

    let hub = bench.serve("127.0.0.1:0");
    let agent = client_of(&hub, key);
    agent.hello().await.unwrap();
    let (code, _, said) = admin(&bench, &["revoke", "tests"]);
    assert!(code == Some(2) && said.contains("stands in the settings"), "{code:?} {said}");
    let (code, _, said) = admin(&bench, &["revoke", "nobody"]);
    assert!(code == Some(1) && said.contains("there is no key"), "{code:?} {said}");
    let (code, _, said) = admin(&bench, &["add", "--label", "x", "--apps", "dsk"]);
    assert!(code == Some(2) && said.contains("did you mean desk?"), "{code:?} {said}");
    let (code, _, said) = admin(&bench, &["revoke", "wanjiku"]);
    assert!(code == Some(0) && said.contains("is revoked"), "{code:?} {said}");
    until_accepted(&agent, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_key_2_sighup_has_the_keys_of_the_settings_read_again() {
    let bench = Bench::new();
    let log = bench.home().join("hub.log");
    let mut command = bench.command("127.0.0.1:0");
    command.stderr(std::fs::File::create(&log).unwrap());
    let hub = HubProcess::start(command);
    let (old, new) = (client_of(&hub, KEY), client_of(&hub, "sb_another_key-of-the-settings"));
    old.hello().await.unwrap();
    let hangup = || {
        let pid = hub.pid().to_string();
        assert!(
            std::process::Command::new("kill").args(["-HUP", &pid]).status().unwrap().success()
        );
    };
    let settings = std::fs::read_to_string(bench.settings()).unwrap();
    // Settings that cannot be read change nothing.
    std::fs::write(bench.settings(), "[[org").unwrap();
    hangup();
    reads(&log, "SIGHUP: the API keys stay as they were").await;
    let folder = bench.settings().parent().unwrap().to_owned();
    std::fs::write(folder.join("new.key"), "sb_another_key-of-the-settings\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(folder.join("new.key"), mode).unwrap();
    old.hello().await.unwrap();
    let changed = settings.replace("env = \"SWITCHBOARD_TEST_HUB_KEY\"", "file = \"new.key\"");
    assert_ne!(changed, settings);
    std::fs::write(bench.settings(), changed).unwrap();
    hangup();
    until_accepted(&new, true).await;
    until_accepted(&old, false).await;
    reads(&log, "SIGHUP: API keys in the settings: 1, taken: 1").await;
}
