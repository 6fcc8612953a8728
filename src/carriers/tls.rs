//! An encrypted connection to a message centre (R-CARRY-27). Nothing is said to it before it is certain who it is, and what
//! is wrong is said in words for whoever wrote the settings.

use super::session::Lost;
use crate::hub::config::CarrierTrust;
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

/// How TLS is spoken to a network.
pub(super) fn client_config(trust: &CarrierTrust) -> Result<ClientConfig, Lost> {
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?;
    Ok(builder.with_root_certificates(Arc::clone(&trust.roots)).with_no_client_auth())
}

/// Encrypts a connection to the host and port of the settings. `within` is how long that may take.
pub(super) async fn over(
    tcp: TcpStream,
    address: &str,
    trust: &CarrierTrust,
    within: Duration,
) -> Result<TlsStream<TcpStream>, Lost> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| format!("`{host}` is no name that a certificate can be for"))?;
    let connector = TlsConnector::from(Arc::new(client_config(trust)?));
    match timeout(within, connector.connect(name, tcp)).await {
        Ok(connected) => connected.map_err(|error| failed(&error, address, host, trust)),
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
fn failed(error: &io::Error, address: &str, host: &str, trust: &CarrierTrust) -> Lost {
    let inner = error.get_ref().and_then(|inner| {
        let inner: &(dyn Error + 'static) = inner;
        inner.downcast_ref::<TlsError>()
    });
    match inner {
        // It said something else, or hung up over what it does not know.
        Some(TlsError::InvalidMessage(_)) => no_tls(address),
        None if error.kind() == io::ErrorKind::UnexpectedEof => no_tls(address),
        Some(TlsError::InvalidCertificate(fault)) => {
            let words = bad_certificate(fault, host, "address", trust);
            words.unwrap_or_else(|| format!("TLS with {address} failed: {error}; ask its operator"))
        }
        _ => format!("TLS with {address} failed: {error}; ask its operator"),
    }
}

/// What is wrong with the certificate of `host`, which the settings name in `setting`; `None` if that says more about
/// how it is made than about whose it is.
pub(super) fn bad_certificate(
    fault: &CertificateError,
    host: &str,
    setting: &str,
    trust: &CarrierTrust,
) -> Option<String> {
    use CertificateError as C;
    let by_name = |names: &str| {
        format!(
            "the certificate of {host} is for another name{names}: write the host as its certificate names it into \
             `{setting}`, or ask its operator"
        )
    };
    match fault {
        C::UnknownIssuer => Some(match &trust.ca {
            None => format!(
                "the certificate of {host} is issued by nobody whom browsers trust: ask its operator for the \
                 certificate of who issued it, and write `ca = \"file.pem\"`"
            ),
            Some(ca) => format!(
                "the certificate of {host} is issued by nobody in {}: ask its operator for the certificate of who \
                 issued it",
                ca.display()
            ),
        }),
        C::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            Some(by_name(" (no name)"))
        }
        C::NotValidForNameContext { presented, .. } => {
            let names = presented.iter().map(|name| bare(name)).collect::<Vec<_>>().join(", ");
            Some(by_name(&format!(" ({names})")))
        }
        C::NotValidForName => Some(by_name("")),
        C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. } => {
            Some(format!(
                "the certificate of {host} is of another time: check the clock of this machine, or ask its operator \
                 for a new one"
            ))
        }
        _ => None,
    }
}
