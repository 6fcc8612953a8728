//! A worker and a message centre behind TLS. The certificate is one for `localhost` that stands in this repository.

use super::{
    smsc::{Manner, Smsc},
    *,
};
use crate::carriers::http::CallError;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, crypto,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

const PEM: &[u8] = include_bytes!("../../sdk/tests/localhost.pem");

/// Puts TLS before a network, and returns its port.
async fn encrypted(to: SocketAddr) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let chain = vec![CertificateDer::from_pem_slice(PEM).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_slice(PEM).expect("a key");
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    let config = builder.with_no_client_auth().with_single_cert(chain, key).expect("they fit");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut outer) = acceptor.accept(tcp).await else { return };
                let Ok(mut inner) = TcpStream::connect(to).await else { return };
                let _ = copy_bidirectional(&mut outer, &mut inner).await;
            });
        }
    });
    port
}

fn roots(of: &[u8]) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(of) {
        roots.add(certificate.expect("PEM")).expect("a certificate");
    }
    Arc::new(roots)
}
/// Trusts whoever issued the certificate of `localhost`.
fn private() -> CarrierTrust {
    CarrierTrust { roots: roots(PEM), ca: Some("operator.pem".into()) }
}

/// A desk whose worker goes to this address, in this way.
async fn desk_of(smsc: &Smsc, address: &str, tls: Option<CarrierTrust>) -> Desk {
    let mut desk = Desk::of(smsc, Repeats::Never).await;
    desk.kill().await;
    let CarrierKind::Smpp(smpp) = &mut desk.carrier.kind else { panic!("SMPP") };
    address.clone_into(&mut smpp.address);
    smpp.tls = tls.is_some();
    desk.carrier.trust = tls.unwrap_or_default();
    desk
}

#[tokio::test]
async fn r_carry_27_a_message_centre_behind_tls_is_reached_if_its_certificate_is_good() {
    let smsc = Smsc::start(Manner::default()).await;
    let port = encrypted(smsc.addr).await;
    let mut desk = desk_of(&smsc, &format!("localhost:{port}"), Some(private())).await;
    desk.work();
    desk.send(&nth(1), "Habari").await;
    once!(desk.stands(MessageStatus::Delivered).await, 1);
    smsc.bring("+254711000001", "40404", "Where is it?");
    once!(desk.messages(Direction::Inbound).await.len(), 1);
    desk.leave().await;
    smsc.once(|smsc| smsc.logouts() > 0).await;
}

#[tokio::test]
async fn r_carry_27_whoever_it_may_not_be_is_told_nothing_and_the_sentence_says_what_to_do() {
    let smsc = Smsc::start(Manner::default()).await;
    let port = encrypted(smsc.addr).await;
    let others =
        CarrierTrust { roots: CarrierTrust::default().roots, ca: Some("operator.pem".into()) };
    let (right, wrong) = (format!("localhost:{port}"), format!("127.0.0.1:{port}"));
    let plain = smsc.addr.to_string();
    let logins = smsc.logins();
    for (address, tls, told) in [
        (
            &right,
            Some(CarrierTrust::default()),
            "localhost is issued by nobody whom browsers trust",
        ),
        (&right, Some(others), "localhost is issued by nobody in operator.pem"),
        (&wrong, Some(private()), "127.0.0.1 is for another name (localhost)"),
        (&right, None, "it speaks TLS there: write `tls = true`"),
    ] {
        let desk = desk_of(&smsc, address, tls).await;
        let before = smsc.logins();
        let why = crate::carriers::check(&desk.carrier).await.expect_err("refused");
        assert!(why.contains(told), "{told}: {why}");
        assert_eq!(smsc.logins(), before, "nothing was said to it");
    }
    let mut desk = desk_of(&smsc, &plain, Some(private())).await;
    desk.carrier.answers_within = Duration::from_millis(300);
    let why = crate::carriers::check(&desk.carrier).await.expect_err("it speaks no TLS");
    assert!(why.starts_with(&format!("{plain} does not speak TLS: check the port")), "{why}");
    assert!(smsc.logins() >= logins);
}

#[tokio::test]
async fn r_carry_27_who_speaks_no_tls_hears_no_password() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    let smsc = Smsc::start(Manner::default()).await;
    let desk = desk_of(&smsc, &address, Some(private())).await;
    let asked = tokio::spawn(async move { crate::carriers::check(&desk.carrier).await });
    let (mut peer, _) = listener.accept().await.expect("a peer");
    let mut heard = vec![0; 64];
    let read = peer.read(&mut heard).await.expect("something");
    tokio::io::AsyncWriteExt::write_all(&mut peer, b"220 mail.example.org\r\n")
        .await
        .expect("said");
    let why = asked.await.expect("asked").expect_err("no TLS");
    assert!(why.contains("does not speak TLS"), "{why}");
    peer.read_to_end(&mut heard).await.expect("the rest");
    assert!(read > 0 && !heard.windows(6).any(|word| word == b"secret"));
}

#[tokio::test]
async fn r_carry_27_a_network_that_is_called_is_told_nothing_unless_its_certificate_is_good() {
    let provider = provider::HttpNetwork::start(|_, _| Some((200, "{}".to_owned()))).await;
    let port = encrypted(provider.addr).await;
    let others = CarrierTrust { ca: Some("operator.pem".into()), ..CarrierTrust::default() };
    let (right, wrong) = ("localhost", "127.0.0.1");
    for (host, trust, told) in [
        (right, CarrierTrust::default(), "localhost is issued by nobody whom browsers trust"),
        (right, others, "localhost is issued by nobody in operator.pem"),
        (wrong, private(), "127.0.0.1 is for another name (localhost): write the host as its"),
    ] {
        let request = http::Request::get(format!("https://{host}:{port}/token-1")).body(Vec::new());
        let client = HttpClient::new(trust).expect("a client");
        let called = client.call(request.expect("a request"), Duration::from_secs(5)).await;
        let Err(CallError::NotSent(why)) = called else { panic!("nothing is said to it") };
        assert!(why.contains(told) && !why.contains("token-1"), "{told}: {why}");
    }
    assert_eq!(provider.told("/").len(), 0);
    let request = http::Request::get(format!("https://localhost:{port}/")).body(Vec::new());
    let client = HttpClient::new(private()).expect("a client");
    let reply = client.call(request.expect("a request"), Duration::from_secs(5)).await;
    assert_eq!(reply.expect("an answer").status, 200);
    assert_eq!(provider.told("/").len(), 1);
}
