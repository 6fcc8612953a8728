//! TLS by the hub itself: the certificate of a listener, which is read again whenever its files
//! change (R-TLS-1 to R-TLS-4).
//!
//! Everything that a handshake goes by is one `ServerConfig`, and a change exchanges it as a whole: so nobody resumes a
//! session that an authority vouched for which is no longer trusted. Connections keep the one that they began with.
//! When a certificate expires is not looked at here. Whoever connects says so, and `accept` gives both sides time.

use super::{
    config::TlsFiles,
    private::{self, ExposedPath},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    task::spawn_blocking,
    time::{Instant, sleep, timeout},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, RootCertStore, ServerConfig, SupportedProtocolVersion,
        crypto::{CryptoProvider, ring},
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject},
        },
        server::{VerifierBuilderError, WebPkiClientVerifier},
        version::{TLS12, TLS13},
    },
    server::TlsStream,
};

/// The versions that are spoken (R-TLS-1).
const VERSIONS: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
/// What HTTP/2 and HTTP/1 are called while both sides agree on a protocol (RFC 7301).
pub const HTTP2: &[u8] = b"h2";
pub const HTTP1: &[u8] = b"http/1.1";
/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// For how long, and how much of what it sends, a peer is listened to whose handshake failed.
const LEAVE: Duration = Duration::from_secs(1);
const LEAVE_BYTES: u64 = 64 << 10;
/// How often failed handshakes are told at most.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// Why a certificate cannot be used. Each message is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Others could have exchanged a file, or read the key.
    #[error(transparent)]
    Exposed(#[from] ExposedPath),
    #[error("cannot read {}: {error}", .path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{} has no {what} in PEM, which begins with `-----BEGIN {begins}-----`", .path.display())]
    Missing { path: PathBuf, what: &'static str, begins: &'static str },
    #[error("{} is damaged: {error}", .path.display())]
    Damaged { path: PathBuf, error: pem::Error },
    /// The files are good and do not belong together, or the certificate is of a kind that is not spoken.
    #[error("{} and {} cannot be used together: {error}", .cert.display(), .key.display())]
    Unusable { cert: PathBuf, key: PathBuf, error: rustls::Error },
    /// What stands in `client_ca` is no authority.
    #[error("{} cannot vouch for anyone: {error}", .path.display())]
    Authority { path: PathBuf, error: rustls::Error },
    #[error("{} cannot vouch for anyone: {error}", .path.display())]
    Authorities { path: PathBuf, error: VerifierBuilderError },
}

/// The certificate of a listener, as it is now.
pub struct Certificates {
    files: TlsFiles,
    protocols: &'static [&'static [u8]],
    current: Mutex<Arc<ServerConfig>>,
    /// How the files were when they were first read.
    first: Vec<FileStamp>,
    failed: Mutex<FailedHandshakes>,
}

/// What shows that a file is another one than before; `None` if it is not there.
type FileStamp = Option<(SystemTime, u64)>;

/// The handshakes that failed since that was last told.
#[derive(Debug, Default)]
struct FailedHandshakes {
    count: u64,
    /// Why the last one failed.
    why: String,
}

impl Certificates {
    /// Reads the files. `protocols` is what is spoken on the connections, the best first.
    pub fn open(
        files: TlsFiles,
        protocols: &'static [&'static [u8]],
    ) -> Result<Arc<Self>, TlsError> {
        let first = stamps(&files);
        let current = Mutex::new(Arc::new(read(&files, protocols)?));
        Ok(Arc::new(Self { files, protocols, current, first, failed: Mutex::default() }))
    }

    /// Shakes hands with whoever connected. How long that may take is for the caller to say.
    pub async fn accept<T>(&self, stream: T) -> io::Result<TlsStream<T>>
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let current = Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner));
        match TlsAcceptor::from(current).accept(stream).into_fallible().await {
            Ok(shaken) => Ok(shaken),
            Err((error, stream)) => {
                self.note(&error);
                let _ = timeout(LEAVE, let_read(stream)).await;
                Err(error)
            }
        }
    }

    fn note(&self, error: &io::Error) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.count += 1;
        failed.why = error.to_string();
    }

    /// Reads the files again whenever they have changed, for as long as it is polled. What cannot be used is said once,
    /// and the certificate before it goes on. Handshakes that failed are said once a minute at most.
    pub async fn keep(self: Arc<Self>, mut say: impl FnMut(&str)) {
        let (mut used, mut seen) = (self.first.clone(), self.first.clone());
        let (mut problem, mut tell_after) = (None, Instant::now());
        loop {
            sleep(LOOK_EVERY).await;
            if Instant::now() >= tell_after
                && let Some(line) = self.failures()
            {
                say(&line);
                tell_after = Instant::now() + TELL_EVERY;
            }
            let files = self.files.clone();
            let Ok(now) = spawn_blocking(move || stamps(&files)).await else { continue };
            // Files that are being written, such as a certificate before its key, are left alone until they rest.
            let is_at_rest = now == seen;
            seen = now;
            // What could not be used is tried again, because a mode may be mended without a change of the file.
            if !is_at_rest || (seen == used && problem.is_none()) {
                continue;
            }
            let (files, protocols) = (self.files.clone(), self.protocols);
            let Ok(read) = spawn_blocking(move || read(&files, protocols)).await else { continue };
            used.clone_from(&seen);
            match read {
                Ok(config) => {
                    *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
                    problem = None;
                    say(&format!("the certificate {} was read anew", self.files.cert.display()));
                }
                Err(why) => {
                    let why = format!("the new certificate is not used, the old one stays: {why}");
                    if problem.as_ref() != Some(&why) {
                        say(&why);
                    }
                    problem = Some(why);
                }
            }
        }
    }

    /// Says how many handshakes failed since this was last asked; `None` if none did.
    fn failures(&self) -> Option<String> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let FailedHandshakes { count, why } = std::mem::take(&mut *failed);
        (count > 0)
            .then(|| format!("connections that did not get through TLS: {count}; the last: {why}"))
    }
}

/// Gives a peer the time to read why its handshake failed. A connection that is closed while something waits to be read
/// is reset, and the alert that says why would be lost with it.
async fn let_read<T: AsyncRead + AsyncWrite + Unpin>(mut stream: T) -> io::Result<()> {
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(LEAVE_BYTES), &mut tokio::io::sink()).await?;
    Ok(())
}

/// How the files are now.
fn stamps(files: &TlsFiles) -> Vec<FileStamp> {
    let stamp = |path: &PathBuf| {
        let meta = fs::metadata(path).ok()?;
        Some((meta.modified().ok()?, meta.len()))
    };
    [Some(&files.cert), Some(&files.key), files.client_ca.as_ref()]
        .into_iter()
        .flatten()
        .map(stamp)
        .collect()
}

fn read(files: &TlsFiles, protocols: &[&[u8]]) -> Result<ServerConfig, TlsError> {
    let chain = certificates(&files.cert)?;
    let text = private::secret(&files.key)?;
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes())
        .map_err(|error| unreadable(&files.key, "private key", "PRIVATE KEY", error))?;
    let provider = Arc::new(ring::default_provider());
    let unusable =
        |error| TlsError::Unusable { cert: files.cert.clone(), key: files.key.clone(), error };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(VERSIONS)
        .map_err(unusable)?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => builder.with_client_cert_verifier(verifier(path, provider)?),
    };
    let mut config = builder.with_single_cert(chain, key).map_err(unusable)?;
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

/// Asks everyone for a certificate of one of these authorities (R-TLS-4).
fn verifier(
    path: &Path,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        let unusable = |error| TlsError::Authority { path: path.to_owned(), error };
        roots.add(certificate).map_err(unusable)?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| TlsError::Authorities { path: path.to_owned(), error })
}

/// The certificates of a file that nobody else can change, at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    private::check(path)?;
    let text =
        fs::read(path).map_err(|error| TlsError::Unreadable { path: path.to_owned(), error })?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(|error| unreadable(path, "certificate", "CERTIFICATE", error))?;
    if found.is_empty() {
        return Err(unreadable(path, "certificate", "CERTIFICATE", pem::Error::NoItemsFound));
    }
    Ok(found)
}

fn unreadable(
    path: &Path,
    what: &'static str,
    begins: &'static str,
    error: pem::Error,
) -> TlsError {
    let path = path.to_owned();
    match error {
        pem::Error::NoItemsFound => TlsError::Missing { path, what, begins },
        error => TlsError::Damaged { path, error },
    }
}

#[cfg(test)]
pub(super) mod tests;
