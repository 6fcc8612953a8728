//! Why a connection broke at once: an HTTP/1 server answers our HTTP/2 in its own tongue and
//! hangs up, and whether its words or the hang-up arrive first is luck. So after a broken connection we
//! connect once more, greet, and only read what comes back, to tell an HTTP/1 server from one that is away.

use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// The client preface of RFC 9113 3.4 and an empty SETTINGS frame.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// An HTTP/1 server answers such a greeting at once or never.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether an HTTP/1 server listens there.
pub(super) async fn speaks_http1(host: &str, port: u16) -> bool {
    // An IPv6 address has brackets only in a URI.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let listen = async {
        let mut stream = TcpStream::connect((host, port)).await.ok()?;
        stream.write_all(GREETING).await.ok()?;
        let mut words = [0; 5];
        stream.read_exact(&mut words).await.ok()?;
        Some(&words == b"HTTP/")
    };
    timeout(PATIENCE, listen).await.ok().flatten().unwrap_or(false)
}
