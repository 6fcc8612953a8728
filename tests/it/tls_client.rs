//! What a client and its user see of TLS (R-TLS-5, R-TLS-6): whom it trusts, what it says of those it does not, and what
//! becomes of plain text. The last test is the real binary with the files that a team would have.

use super::{
    certificates::{Authority, put},
    support::{Bench, HubProcess, KEY, binary_in},
    tls::{certified, client, https, start, start_with, trusting},
};
use std::process::Output;
use switchboard::{
    hub::{
        config::{CallbacksConfig, PlaintextWish, TlsFiles},
        serve::StartError,
    },
    sdk::{Client, Credentials, Endpoint, Error, Options, TlsOptions},
};

#[tokio::test(flavor = "multi_thread")]
async fn r_tls_5_a_certificate_that_is_not_believed_is_told_with_what_to_do() {
    let (authority, stranger) = (Authority::new("acme"), Authority::new("stranger"));
    let (folder, files) = certified(&authority);
    let hub = start(Some(files.clone())).await;
    let port = hub.addr.unwrap().port();
    let told = async |uri: String, tls: TlsOptions| {
        client(uri, tls).hello().await.unwrap_err().to_string()
    };
    let unknown = told(https(&hub), trusting(&stranger)).await;
    assert!(unknown.contains("an authority that is not trusted here"), "{unknown}");
    let of_the_web = told(https(&hub), TlsOptions::default()).await;
    assert!(of_the_web.contains("an authority that is not trusted here"), "{of_the_web}");
    let misnamed = told(format!("https://127.0.0.1:{port}"), trusting(&authority)).await;
    assert!(misnamed.contains("is not for 127.0.0.1"), "{misnamed}");
    let plain = client(format!("http://127.0.0.1:{port}"), TlsOptions::default());
    let plain = plain.hello().await.unwrap_err();
    assert!(matches!(plain, Error::NotAHub { .. }), "{plain:?}");
    assert!(plain.to_string().contains("it speaks TLS; write https://"), "{plain}");
    hub.shutdown().await;

    authority.certify_until("localhost", 2001).write(folder.path());
    let hub = start(Some(files)).await;
    let expired = told(https(&hub), trusting(&authority)).await;
    assert!(expired.contains("its certificate has expired"), "{expired}");
    hub.shutdown().await;

    let hub = start(None).await;
    let no_tls = told(https(&hub), trusting(&authority)).await;
    assert!(no_tls.contains("does not speak TLS; write http://"), "{no_tls}");
    hub.shutdown().await;
}

#[tokio::test]
async fn r_tls_6_plain_text_to_other_machines_is_asked_for_twice_or_refused() {
    let everywhere = Some("0.0.0.0:0".parse().unwrap());
    for (in_settings, at_start) in [(false, false), (true, false), (false, true)] {
        let refused = start_with(|config| {
            config.listen = everywhere;
            config.plaintext = PlaintextWish { in_settings, at_start };
        });
        let Err(why) = refused.await else { panic!("{in_settings} {at_start}") };
        assert!(matches!(why, StartError::Plaintext(..)), "{why}");
        let why = why.to_string();
        assert!(why.contains("`plaintext = true`") && why.contains("--plaintext"), "{why}");
    }
    let hub = start_with(|config| {
        config.listen = everywhere;
        config.plaintext = PlaintextWish { in_settings: true, at_start: true };
    });
    let hub = hub.await.unwrap();
    // This address leads back here, and no client can know that.
    let abroad = Options {
        endpoint: Endpoint::Uri(format!("http://0.0.0.0:{}", hub.addr.unwrap().port())),
        org: "acme".into(),
        app: "desk".into(),
        credentials: Credentials::api_key(KEY),
        insecure: true,
        ..Options::default()
    };
    assert!(Client::new(abroad).unwrap().hello().await.unwrap().plaintext);
    let here = format!("http://127.0.0.1:{}", hub.addr.unwrap().port());
    assert!(!client(here, TlsOptions::default()).hello().await.unwrap().plaintext);
    hub.shutdown().await;

    let authority = Authority::new("acme");
    let (_folder, files) = certified(&authority);
    let hub = start_with(|config| (config.listen, config.tls) = (everywhere, Some(files))).await;
    let hub = hub.unwrap();
    assert!(!client(https(&hub), trusting(&authority)).hello().await.unwrap().plaintext);
    hub.shutdown().await;
}

#[tokio::test]
async fn r_tls_6_networks_call_in_plain_text_from_this_machine_only() {
    let refused = start_with(|config| {
        config.callbacks = Some(CallbacksConfig {
            listen: "[::]:0".parse().unwrap(),
            public_url: "http://desk.example.org".into(),
            tls: None,
        });
    });
    let Err(StartError::Plaintext(addr, table)) = refused.await else { panic!("it starts") };
    assert_eq!((addr.to_string().as_str(), table), ("[::]:0", "[callbacks.tls]"));
}

#[tokio::test]
async fn r_tls_1_a_certificate_that_cannot_be_used_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let cert = folder.path().join("hub.pem");
    let files = TlsFiles { key: cert.clone(), cert, client_ca: None };
    let Err(why) = start_with(|config| config.tls = Some(files)).await else { panic!("it starts") };
    let why = why.to_string();
    assert!(why.contains("cannot speak TLS") && why.contains("hub.pem"), "{why}");
}

#[test]
fn r_tls_5_the_binary_serves_and_is_served_with_the_files_of_a_team() {
    let bench = Bench::new();
    let folder = bench.settings().parent().unwrap().to_owned();
    let (hubs, clients) = (Authority::new("hubs"), Authority::new("clients"));
    hubs.certify("localhost").write(&folder);
    put(&folder, "clients.pem", &clients.pem);
    let ca = put(&folder, "ca.pem", &hubs.pem);
    let agent = clients.certify("wanjiku");
    let cert = put(&folder, "agent.pem", &agent.cert);
    let key = put(&folder, "agent.key", &agent.key);
    let settings = std::fs::read_to_string(bench.settings()).unwrap();
    let tls = "[tls]\ncert = \"hub.pem\"\nkey = \"hub.key\"\nclient_ca = \"clients.pem\"\n";
    std::fs::write(bench.settings(), settings.replacen("[limits]", &format!("{tls}[limits]"), 1))
        .unwrap();
    let mut hub = HubProcess::start(bench.command("127.0.0.1:0"));
    let port = hub.addr.rsplit(':').next().unwrap().to_owned();

    let run = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = binary_in(&folder);
        let endpoint = format!("https://localhost:{port}");
        command.args(["--endpoint", &endpoint, "--org", "acme", "--app", "desk", "purses"]);
        command.args(more).env("SWITCHBOARD_API_KEY", KEY).envs(variables.iter().copied());
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code(), text(stdout), text(stderr))
    };
    let [ca, cert, key] = [&ca, &cert, &key].map(|path| path.to_str().unwrap());
    let (code, out, err) = run(&["--ca", ca, "--client-cert", cert, "--client-key", key], &[]);
    assert!(code == Some(0) && out.contains("till"), "{code:?} {out} {err}");
    let variables = [
        ("SWITCHBOARD_CA", ca),
        ("SWITCHBOARD_CLIENT_CERT", cert),
        ("SWITCHBOARD_CLIENT_KEY", key),
    ];
    assert_eq!(run(&[], &variables).0, Some(0));

    let (code, _, err) = run(&["--client-cert", cert, "--client-key", key], &[]);
    assert!(code == Some(3) && err.contains("name its certificate with `ca`"), "{code:?} {err}");
    let (code, _, err) = run(&["--ca", ca], &[]);
    assert!(code == Some(3) && err.contains("asks for a certificate of ours"), "{code:?} {err}");
    let (code, _, err) = run(&["--ca", ca, "--client-cert", cert], &[]);
    assert!(code == Some(2) && err.contains("--client-key"), "{code:?} {err}");

    let config = folder.join(".config/switchboard");
    std::fs::create_dir_all(&config).unwrap();
    let profile =
        format!("[profile.desk]\nca = {ca:?}\nclient_cert = {cert:?}\nclient_key = {key:?}\n");
    put(&config, "config.toml", &profile);
    let (code, out, err) = run(&["--profile", "desk"], &[]);
    assert!(code == Some(0) && out.contains("till"), "{code:?} {out} {err}");
    assert_eq!(hub.terminate(), Some(0));
}
