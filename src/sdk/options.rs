//! Where the hub is and as whom we come, and whether that may be used at all.

use super::Error;
use crate::model::{AppId, OrgId};
use std::{fmt, net::IpAddr, sync::Arc};
use tonic::{metadata::AsciiMetadataValue, transport::Uri};
use zeroize::Zeroizing;

/// A credential. No `Display`; `Debug` prints `***`; wiped on drop.
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

/// Where the hub is.
#[derive(Clone)]
pub enum Endpoint {
    /// `http://host:port` or `https://host:port`.
    Uri(String),
    /// In this process: each call makes a new in-memory connection.
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

/// How to reach a hub and as whom. Defaults: a hub on this machine at its usual port; org, app and key
/// must be given.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where.
    pub endpoint: Endpoint,
    /// Which org.
    pub org: OrgId,
    /// As which app.
    pub app: AppId,
    /// The API key.
    pub api_key: Secret,
    /// Allow credentials over plaintext to a host that is not this machine.
    pub insecure: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            endpoint: Endpoint::Uri("http://127.0.0.1:7400".into()),
            org: OrgId::default(),
            app: AppId::default(),
            api_key: Secret::new(String::new()),
            insecure: false,
        }
    }
}

/// The key as call metadata, marked so that no layer prints or indexes it.
pub(super) fn credential(key: &Secret) -> Result<AsciiMetadataValue, Error> {
    if key.expose().is_empty() {
        return Err(Error::Usage("no API key given".into()));
    }
    let mut value = AsciiMetadataValue::try_from(key.expose()).map_err(|_| {
        Error::Usage("the API key has characters that cannot be sent (a line end?)".into())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The address, if credentials may be sent there (reliability rule 14).
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
            "the API key would cross the network in plain text; use https://, or allow it with `insecure`",
        ),
        _ => usage("write http://host:port or https://host:port"),
    }
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
