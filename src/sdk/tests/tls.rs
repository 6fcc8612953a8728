//! TLS: whom the client trusts, and what it says of those it does not. The certificate is one for `localhost`
//! that stands in this repository.

use super::fake::Fake;
use crate::sdk::{Client, Credentials, Endpoint, Error, Options, TlsOptions};
use std::sync::Arc;
use tokio::{io::copy_bidirectional, net::TcpListener};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

const PEM: &[u8] = include_bytes!("localhost.pem");

/// Serves the fake over TLS with these protocols, and returns its port.
async fn served(fake: Fake, protocols: &[&[u8]]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let chain = vec![CertificateDer::from_pem_slice(PEM).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(PEM).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.alpn_protocols = protocols.iter().map(|one| one.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let (acceptor, fake) = (acceptor.clone(), fake.clone());
            tokio::spawn(async move {
                let Ok(mut outer) = acceptor.accept(tcp).await else { return };
                let _ = copy_bidirectional(&mut outer, &mut fake.accept()).await;
            });
        }
    });
    port
}

fn options(uri: String) -> Options {
    Options {
        endpoint: Endpoint::Uri(uri),
        org: "org".into(),
        app: "app".into(),
        credentials: Credentials::api_key("sb_key"),
        ..Options::default()
    }
}

fn trusting(uri: String) -> Client {
    let ca = Some(String::from_utf8(PEM.to_vec()).unwrap());
    let tls = TlsOptions { ca, ..TlsOptions::default() };
    Client::new(Options { tls, ..options(uri) }).unwrap()
}

#[tokio::test]
async fn r_secret_1_a_hub_behind_tls_is_called_if_its_certificate_is_good() {
    let fake = Fake::new([]);
    let port = served(fake.clone(), &[b"h2"]).await;
    let hello = trusting(format!("https://localhost:{port}")).hello().await.unwrap();
    assert_eq!(hello.log_id, "log-1");
    assert_eq!(fake.with(|script| script.metadata[0].get("api-key").unwrap().clone()), "sb_key");

    // Nobody in the world has vouched for it, and it is not for this name.
    let strangers = Client::new(options(format!("https://localhost:{port}"))).unwrap();
    for (client, why) in [
        (strangers, "from an authority that is not trusted here"),
        (trusting(format!("https://127.0.0.1:{port}")), "its certificate is not for 127.0.0.1"),
    ] {
        let error = client.hello().await.unwrap_err();
        let Error::Unreachable { reason, .. } = error else { panic!("{error:?}") };
        assert!(reason.contains(why), "{reason}");
    }
    assert_eq!(fake.with(|script| script.metadata.len()), 1, "the key was sent to nobody else");
}

#[tokio::test]
async fn who_speaks_tls_but_not_http2_is_no_hub() {
    for protocols in [&[][..], &[&b"http/1.1"[..]]] {
        let port = served(Fake::new([]), protocols).await;
        let error = trusting(format!("https://localhost:{port}")).hello().await.unwrap_err();
        let Error::NotAHub { reason, .. } = &error else { panic!("{error:?}") };
        assert_eq!(reason, "it does not speak HTTP/2");
    }
}
