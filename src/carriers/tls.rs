//! An encrypted connection to a message centre (R-CARRY-27). Nothing is said to it before it is certain who it is, and what
//! is wrong is said in words for whoever wrote the settings.

use super::session::Lost;
use crate::hub::config::CarrierTls;
use std::{error::Error, io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{CertificateError, ClientConfig, Error as TlsError, crypto, pki_types::ServerName},
};

/// A connection, encrypted or not.
pub(super) trait CarrierStream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> CarrierStream for T {}

/// Encrypts a connection to the host and port of the settings. `within` is how long that may take.
pub(super) async fn over(
    tcp: TcpStream,
    address: &str,
    tls: &CarrierTls,
    within: Duration,
) -> Result<TlsStream<TcpStream>, Lost> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| format!("`{host}` is no name that a certificate can be for"))?;
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .with_root_certificates(Arc::clone(&tls.roots))
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    match timeout(within, connector.connect(name, tcp)).await {
        Ok(connected) => connected.map_err(|error| failed(&error, address, host, tls)),
        Err(_) => Err(no_tls(address)),
    }
}

fn no_tls(address: &str) -> Lost {
    format!(
        "{address} does not speak TLS: check the port, or take `tls = true` out of the settings"
    )
}

/// A name of a certificate without the word for its kind, which stands around it as in `DnsName("localhost")`.
fn bare(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

/// Why it was not encrypted, and what to do.
fn failed(error: &io::Error, address: &str, host: &str, tls: &CarrierTls) -> Lost {
    use CertificateError as C;
    let inner = error.get_ref().and_then(|inner| {
        let inner: &(dyn Error + 'static) = inner;
        inner.downcast_ref::<TlsError>()
    });
    match inner {
        // It said something else, or hung up over what it does not know.
        Some(TlsError::InvalidMessage(_)) => no_tls(address),
        None if error.kind() == io::ErrorKind::UnexpectedEof => no_tls(address),
        Some(TlsError::InvalidCertificate(C::UnknownIssuer)) => match &tls.ca {
            None => format!(
                "the certificate of {host} is issued by nobody whom browsers trust: ask its operator for the \
                 certificate of who issued it, and write `ca = \"file.pem\"`"
            ),
            Some(ca) => format!(
                "the certificate of {host} is issued by nobody in {}: ask its operator for the certificate of who \
                 issued it",
                ca.display()
            ),
        },
        Some(TlsError::InvalidCertificate(C::NotValidForNameContext { presented, .. })) => {
            let names = if presented.is_empty() {
                "no name".to_owned()
            } else {
                presented.iter().map(|name| bare(name)).collect::<Vec<_>>().join(", ")
            };
            format!(
                "the certificate of {host} is for another name ({names}): write the host as its certificate names it \
                 into `address`, or ask its operator"
            )
        }
        Some(TlsError::InvalidCertificate(C::NotValidForName)) => format!(
            "the certificate of {host} is for another name: write the host as its certificate names it into \
             `address`, or ask its operator"
        ),
        Some(TlsError::InvalidCertificate(
            C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. },
        )) => format!(
            "the certificate of {host} is of another time: check the clock of this machine, or ask its operator for a \
             new one"
        ),
        _ => format!("TLS with {address} failed: {error}; ask its operator"),
    }
}
