//! Where the hub is, with which credentials and in whose name a client comes, and whether that may be
//! used at all.

use super::Error;
use crate::model::{AppId, OrgId};
use std::{fmt, net::IpAddr, sync::Arc};
use tonic::{metadata::AsciiMetadataValue, transport::Uri};
use zeroize::Zeroizing;

/// The text of a credential. It has no `Display`, `Debug` prints `***`, and its memory is wiped on drop.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Wraps a credential.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }
    /// The text, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a client proves with who it is.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// An API key, which lasts until the hub's settings drop it.
    ApiKey(Secret),
    /// A token that [`Client::auth_token`](super::Client::auth_token) gave. It has the rights of the key
    /// that made it, except to make tokens, and ends by itself (R-TOKEN-1): then calls and streams end
    /// with `Error::Unauthenticated`, and nothing is tried again.
    AuthToken(Secret),
}

impl Credentials {
    /// An API key, from its text.
    #[must_use]
    pub fn api_key(text: impl Into<String>) -> Self {
        Self::ApiKey(Secret::new(text.into()))
    }
    /// An auth token, from its text.
    #[must_use]
    pub fn auth_token(text: impl Into<String>) -> Self {
        Self::AuthToken(Secret::new(text.into()))
    }
    /// What to call it in a sentence about it.
    pub(super) const fn noun(&self) -> &'static str {
        match self {
            Self::ApiKey(_) => "this API key",
            Self::AuthToken(_) => "this auth token",
        }
    }
    /// The name of the call metadata that carries it, and its text.
    fn metadata(&self) -> (&'static str, &Secret) {
        match self {
            Self::ApiKey(key) => ("api-key", key),
            Self::AuthToken(token) => ("auth-token", token),
        }
    }
}

/// Where the hub is.
#[derive(Clone)]
pub enum Endpoint {
    /// `http://host:port` or `https://host:port`.
    Uri(String),
    /// In this process: the function makes a new in-memory connection each time it is called.
    Local(Arc<dyn Fn() -> tokio::io::DuplexStream + Send + Sync>),
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Endpoint {
    /// What to call it in a sentence.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Uri(uri) => uri,
            Self::Local(_) => "the embedded hub",
        }
    }
}

/// Whom a client trusts over `https`, and what it shows of itself to a hub that asks for a certificate (R-TLS-5).
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// The certificates of the authorities that are trusted, in PEM. They take the place of those that the web
    /// trusts, which `None` stands for.
    pub ca: Option<String>,
    /// `None` has nothing to show, and a hub that asks for a certificate refuses the connection (R-TLS-4).
    pub identity: Option<TlsIdentity>,
}

/// The certificate of a client and its key.
#[derive(Clone, Debug)]
pub struct TlsIdentity {
    /// The certificate in PEM, followed by those that vouch for it.
    pub cert: String,
    /// Its private key in PEM.
    pub key: Secret,
}

/// How to reach a hub, and in whose name. The default is a hub on this machine at its usual port; org, app
/// and credentials must be given.
#[derive(Clone, Debug)]
pub struct Options {
    pub endpoint: Endpoint,
    pub org: OrgId,
    /// The app in whose name commands are sent and whose notifications are received.
    pub app: AppId,
    pub credentials: Credentials,
    /// Whether credentials may cross the network in plain text to another machine.
    pub insecure: bool,
    /// What holds where the endpoint says `https`.
    pub tls: TlsOptions,
    /// Whether a person sends what this client sends, as at a console, and not a program. Only the answer
    /// of a person is one that a customer waits for (R-WAIT-2).
    pub by_person: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            endpoint: Endpoint::Uri("http://127.0.0.1:7400".into()),
            org: OrgId::default(),
            app: AppId::default(),
            credentials: Credentials::api_key(""),
            insecure: false,
            tls: TlsOptions::default(),
            by_person: false,
        }
    }
}

/// The credentials as call metadata: its name, and its value marked so that no layer prints or indexes it.
pub(super) fn credential(
    credentials: &Credentials,
) -> Result<(&'static str, AsciiMetadataValue), Error> {
    let (name, secret) = credentials.metadata();
    if secret.expose().is_empty() {
        return Err(Error::Usage("no API key or auth token given".into()));
    }
    let mut value = AsciiMetadataValue::try_from(secret.expose()).map_err(|_| {
        Error::Usage(format!("the {name} has characters that cannot be sent (a line end?)"))
    })?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// The address, if credentials may be sent there: never in plain text to another machine, unless that
/// is asked for.
pub(super) fn address(text: &str, insecure: bool) -> Result<Uri, Error> {
    let usage = |why: &str| Err(Error::Usage(format!("the endpoint cannot be used: {why}")));
    let Ok(uri) = text.parse::<Uri>() else { return usage("it is not an address") };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return usage("write http://host:port or https://host:port");
    };
    if authority.as_str().contains('@') {
        return usage("a user or password in it would show in lists of processes");
    }
    match scheme {
        "https" => Ok(uri),
        "http" if insecure || is_this_machine(authority.host()) => Ok(uri),
        "http" => usage(
            "the API key or token would cross the network in plain text; use https://, or allow it with `insecure`",
        ),
        _ => usage("write http://host:port or https://host:port"),
    }
}

/// Whether an address names the machine that this program runs on, so that nothing said to it crosses a network.
pub(super) fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
