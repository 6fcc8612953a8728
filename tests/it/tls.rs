//! TLS by the hub itself, over the network and with real certificates (R-TLS-1 to R-TLS-4): versions, a certificate that
//! is exchanged while streams are open, and certificates of clients. What a client says of it is in `tls_client.rs`.

use super::{
    certificates::{Authority, put},
    support::KEY,
};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use switchboard::{
    carriers,
    hub::{
        config::{HubConfig, KeyConfig, Limits, TlsFiles},
        serve::{self, Running, StartError},
    },
    model::{CustomerNumber, CustomerRef, FeedEvent, FeedStart, Tag},
    sdk::{Client, Credentials, Endpoint, Error, Options, Secret, TlsIdentity, TlsOptions},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore, SupportedProtocolVersion,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
        version::{TLS12, TLS13},
    },
};

/// How long anything here may take on a busy machine.
const SOON: Duration = Duration::from_mins(1);

/// A hub with one org and this certificate, listening on this machine. Nothing is simulated.
pub async fn start(tls: Option<TlsFiles>) -> Running {
    start_with(|config| config.tls = tls).await.unwrap()
}

/// The same with other settings.
pub async fn start_with(change: impl FnOnce(&mut HubConfig)) -> Result<Running, StartError> {
    let settings = "listen = '127.0.0.1:0'\n[[org]]\nid = 'acme'\napps = ['desk']\nregion = 'KE'\n";
    let mut config = HubConfig::parse(Path::new("hub.toml"), settings).unwrap();
    config.orgs[0].keys.push(KeyConfig::of_text("tests", KEY));
    config.limits = Limits::NONE;
    change(&mut config);
    serve::start(config, &[carriers::attach]).await
}

/// A folder with a certificate for `localhost`.
pub fn certified(authority: &Authority) -> (TempDir, TlsFiles) {
    let folder = TempDir::new().unwrap();
    let (cert, key) = authority.certify("localhost").write(folder.path());
    (folder, TlsFiles { cert, key, client_ca: None })
}

pub fn trusting(authority: &Authority) -> TlsOptions {
    TlsOptions { ca: Some(authority.pem.clone()), identity: None }
}

/// A client that goes to this address, with this in mind.
pub fn client(uri: String, tls: TlsOptions) -> Client {
    Client::new(Options {
        endpoint: Endpoint::Uri(uri),
        org: "acme".into(),
        app: "desk".into(),
        credentials: Credentials::api_key(KEY),
        tls,
        ..Options::default()
    })
    .unwrap()
}

/// Where the hub is, by the name of its certificate.
pub fn https(hub: &Running) -> String {
    format!("https://localhost:{}", hub.addr.unwrap().port())
}

/// A connection that speaks only this version and agrees on this protocol.
async fn shaken(
    addr: SocketAddr,
    authority: &Authority,
    version: &'static SupportedProtocolVersion,
    protocol: &[u8],
) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_protocol_versions(&[version]).unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let tcp = TcpStream::connect(addr).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap()
}

/// The greeting of a client whose newest version is TLS 1.1 (RFC 4346, section 7.4.1.2).
fn hello_of_tls_1_1() -> Vec<u8> {
    let suites = [0xc0, 0x13, 0xc0, 0x09, 0x00, 0x2f, 0x00, 0x35];
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, u8::try_from(suites.len()).unwrap()]);
    hello.extend(suites);
    hello.extend([1, 0]);
    // Which signatures it knows, so that nothing but its version is in the way.
    hello.extend([0, 8, 0, 13, 0, 4, 0, 2, 4, 3]);
    let length = u8::try_from(hello.len()).unwrap();
    [&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &hello[..]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_tls_1_1_2_and_1_3_are_spoken_and_nothing_older() {
    let authority = Authority::new("acme");
    let (_folder, files) = certified(&authority);
    let hub = start(Some(files)).await;
    let addr = hub.addr.unwrap();
    for version in [&TLS12, &TLS13] {
        // Browsers come by HTTP/1, and whoever is no page hears what answers here (R-WEB-1).
        let mut stream = shaken(addr, &authority, version, b"http/1.1").await;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: hub\r\n\r\n").await.unwrap();
        let mut line = [0; 12];
        stream.read_exact(&mut line).await.unwrap();
        assert_eq!(&line, b"HTTP/1.1 426", "{version:?}");
        let stream = shaken(addr, &authority, version, b"h2").await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]), "{version:?}");
    }
    let mut old = TcpStream::connect(addr).await.unwrap();
    old.write_all(&hello_of_tls_1_1()).await.unwrap();
    let mut alert = Vec::new();
    timeout(SOON, old.read_to_end(&mut alert)).await.unwrap().unwrap();
    // An alert, and the version of it is for the server to choose: fatal, protocol_version.
    assert!(matches!(alert[..], [21, 3, _, 0, 2, 2, 70]), "{alert:?}");
    assert_eq!(client(https(&hub), trusting(&authority)).hello().await.unwrap().caller, "tests");
    hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_tls_2_a_certificate_is_exchanged_under_50_open_streams() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let (folder, files) = certified(&old);
    let hub = start(Some(files)).await;
    let watcher = client(https(&hub), trusting(&old));
    let mut feeds = Vec::new();
    for _ in 0..50 {
        let mut feed = watcher.feed(FeedStart::Tail(0));
        let up = async { while !matches!(feed.next().await, FeedEvent::Up(_)) {} };
        timeout(SOON, up).await.unwrap();
        feeds.push(feed);
    }

    new.certify("localhost").write(folder.path());
    let newcomer = client(https(&hub), trusting(&new));
    let taken = async {
        while newcomer.hello().await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(SOON, taken).await.expect("the new certificate is shown");
    // Whoever trusts only the old one is told so when connecting anew.
    let late = client(https(&hub), trusting(&old)).hello().await.unwrap_err();
    assert!(matches!(late, Error::Unreachable { .. }), "{late:?}");

    let customer = CustomerRef::Number(CustomerNumber::telco("+254700000001"));
    let tag = Tag { key: "n".into(), value: "1".into(), expires_at: None };
    newcomer.update_customer_tag(customer, [tag]).await.unwrap();
    for feed in &mut feeds {
        let heard = async {
            loop {
                match feed.next().await {
                    FeedEvent::Entry(entry) => return entry.seq,
                    FeedEvent::Bookmark { .. } => {}
                    other => panic!("the stream did not go on: {other:?}"),
                }
            }
        };
        assert_eq!(timeout(SOON, heard).await.unwrap().0, 1);
    }
    hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_tls_4_whoever_connects_shows_a_certificate_of_the_authority() {
    let (hubs, clients, strangers) =
        (Authority::new("hubs"), Authority::new("clients"), Authority::new("strangers"));
    let (folder, files) = certified(&hubs);
    let client_ca = Some(put(folder.path(), "clients.pem", &clients.pem));
    let hub = start(Some(TlsFiles { client_ca, ..files })).await;
    let showing = |identity: Option<(&Authority, i32)>| {
        let identity = identity.map(|(authority, year)| {
            let shown = authority.certify_until("desk-7", year);
            TlsIdentity { cert: shown.cert, key: Secret::new(shown.key) }
        });
        client(https(&hub), TlsOptions { identity, ..trusting(&hubs) })
    };
    for (shown, said) in [
        (None, "asks for a certificate of ours"),
        (Some((&strangers, 4096)), "does not accept our certificate"),
        (Some((&clients, 1999)), "does not accept our certificate"),
    ] {
        let error = showing(shown).hello().await.unwrap_err();
        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
    }
    assert_eq!(showing(Some((&clients, 4096))).hello().await.unwrap().caller, "tests");
    hub.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_tls_1_networks_call_by_tls_too() {
    let authority = Authority::new("acme");
    let (folder, files) = certified(&authority);
    let key = put(folder.path(), "key", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz");
    let settings = format!(
        "[callbacks]\nlisten = '127.0.0.1:0'\npublic_url = 'https://localhost'\n\
         tls = {{ cert = {:?}, key = {:?} }}\n\
         [[org]]\nid = 'acme'\napps = ['desk']\nregion = 'KE'\n\
         [[org.carrier]]\nid = 'post'\nkind = 'webhook'\nurl = 'http://127.0.0.1:9/'\nkey = {{ file = {key:?} }}\n",
        files.cert, files.key,
    );
    let config = HubConfig::parse(Path::new("hub.toml"), &settings).unwrap();
    let hub = serve::start(config, &[carriers::attach]).await.unwrap();
    let addr = hub.notes[0].strip_prefix("callbacks on ").unwrap().parse().unwrap();
    let mut stream = shaken(addr, &authority, &TLS13, b"http/1.1").await;
    stream
        .write_all(b"POST /acme/post HTTP/1.1\r\nhost: hub\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    let mut line = [0; 12];
    stream.read_exact(&mut line).await.unwrap();
    assert_eq!(&line, b"HTTP/1.1 401", "nobody signed it");
    // Whoever speaks no TLS gets nothing, and is in nobody's way.
    let mut plain = TcpStream::connect(addr).await.unwrap();
    plain.write_all(b"POST /acme/post HTTP/1.1\r\nhost: hub\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(SOON, plain.read_to_end(&mut answer)).await.unwrap();
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    shaken(addr, &authority, &TLS13, b"http/1.1").await;
    hub.shutdown().await;
}
