//! Why a connection broke at once: a server that speaks another language answers our HTTP/2 in its own and
//! hangs up, and whether its words or the hang-up arrive first is luck. So after a broken connection we
//! connect once more, greet, and only read what comes back, to tell such a server from one that is away.

use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// The client preface of RFC 9113 3.4 and an empty SETTINGS frame.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// A server answers a greeting that it does not understand at once or never.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the server there speaks instead of plain HTTP/2, in words; `None` if it says nothing that shows it.
pub(super) async fn speaks_otherwise(host: &str, port: u16) -> Option<&'static str> {
    // An IPv6 address has brackets only in a URI.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let listen = async {
        let mut stream = TcpStream::connect((host, port)).await.ok()?;
        stream.write_all(GREETING).await.ok()?;
        let mut words = [0; 5];
        stream.read_exact(&mut words).await.ok()?;
        match &words {
            b"HTTP/" => Some("it speaks HTTP/1, not gRPC"),
            // The head of an alert, in any version (RFC 8446, section 5.1).
            [21, 3, ..] => Some("it speaks TLS; write https:// in its address"),
            _ => None,
        }
    };
    timeout(PATIENCE, listen).await.ok().flatten()
}
