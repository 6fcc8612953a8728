//! What the gRPC protocol asks of a server and tonic leaves open or does otherwise: which requests are
//! gRPC at all, how large their headers may be, and the status codes of a few failures that never
//! reach a service (R-GRPC-1 to R-GRPC-3). The sources are gRPC's own documents, the one on gRPC over
//! HTTP/2 and the one on status codes.

use http_body::Body as _;
use std::{future::poll_fn, pin::Pin, time::Duration};
use tonic::{Code, Status, body::Body, codegen::http};

/// The size in bytes of the largest request that is read and of the largest reply that is sent.
pub const LARGEST_MESSAGE: usize = 4 << 20;
/// How many bytes the headers of a request may have, as HTTP/2 counts them.
const LARGEST_HEADERS: u32 = 16 << 10;
/// How many bytes of headers HTTP/2 reads, so that what is larger than `LARGEST_HEADERS` can still be answered
/// with a status. Beyond this it answers with HTTP 431, or ends a connection that does not stop sending.
pub const HEADERS_READ: u32 = 16 * LARGEST_HEADERS;
/// What HTTP/2 counts for each header besides its name and value (RFC 9113, section 6.5.2).
const PER_HEADER: usize = 32;
/// How much of a refused request's body is read, and for how long.
const REST_READ: usize = 64 << 10;
const REST_WITHIN: Duration = Duration::from_secs(1);
/// How many characters of a path a refusal repeats.
const PATH_SHOWN: usize = 120;

/// The answer to a request that is not looked at any further; `None` if it is good so far.
pub fn refusal<B>(request: &http::Request<B>) -> Option<http::Response<Body>> {
    if !is_grpc(request.headers()) {
        return Some(not_grpc());
    }
    let size = size(request);
    (size > LARGEST_HEADERS as usize).then(|| {
        let why = format!(
            "the headers of this call have {size} bytes and may have {LARGEST_HEADERS}: send less metadata"
        );
        Status::resource_exhausted(why).into_http()
    })
}

/// Reads what a refused request still sends, within bounds, and gives the refusal then. HTTP/2 resets the stream
/// of a body that nobody read, and some clients (curl for one) may lose the answer by that.
pub async fn after_the_rest(mut body: Body, refusal: http::Response<Body>) -> http::Response<Body> {
    let mut room = REST_READ;
    let rest = async {
        while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let size = frame.data_ref().map_or(0, bytes::Bytes::len);
            match room.checked_sub(size) {
                Some(left) => room = left,
                None => break,
            }
        }
    };
    // Whoever does not come to an end gets the answer all the same.
    let _ = tokio::time::timeout(REST_WITHIN, rest).await;
    refusal
}

/// Whether a request says that it is gRPC. `application/grpc-web` begins alike and is another protocol.
fn is_grpc(headers: &http::HeaderMap) -> bool {
    const GRPC: &str = "application/grpc";
    let kind = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.and_then(|kind| kind.split_at_checked(GRPC.len())).is_some_and(|(begins, rest)| {
        begins.eq_ignore_ascii_case(GRPC) && (rest.is_empty() || rest.starts_with(['+', ';', ' ']))
    })
}

/// HTTP 415, which gRPC over HTTP/2 asks for (R-GRPC-1), so that HTTP clients do not take the answer
/// for a success.
fn not_grpc() -> http::Response<Body> {
    let why = "this is a gRPC server: a request has the content-type application/grpc\n";
    let mut response = http::Response::new(Body::new(why.to_owned()));
    *response.status_mut() = http::StatusCode::UNSUPPORTED_MEDIA_TYPE;
    let plain = http::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, plain);
    response
}

fn size<B>(request: &http::Request<B>) -> usize {
    let headers = request.headers().iter();
    let sizes = headers.map(|(name, value)| name.as_str().len() + value.len() + PER_HEADER);
    sizes.sum::<usize>() + request.uri().path().len() + PER_HEADER
}

/// Gives the answer of a failed call the code and the words that it should have.
pub fn mend(response: &mut http::Response<Body>, path: &str) {
    let Some(status) = Status::from_header_map(response.headers()) else { return };
    let better = match status.code() {
        // No service of the hub says this; it is tonic's word for a request above the limit.
        Code::OutOfRange => Status::resource_exhausted(format!(
            "the request is larger than the {} MiB that the hub reads: send less at once",
            LARGEST_MESSAGE >> 20
        )),
        Code::Unimplemented if status.message().is_empty() => Status::unimplemented(format!(
            "there is no {} here: look at the names of the service and the method",
            shown(path)
        )),
        _ => return,
    };
    *response = better.into_http();
}

/// The path as it may stand in a text that somebody reads: it was written by whoever called.
fn shown(path: &str) -> String {
    let clean = |c: char| if c.is_ascii_graphic() { c } else { '?' };
    let mut shown: String = path.chars().take(PATH_SHOWN).map(clean).collect();
    if path.chars().nth(PATH_SHOWN).is_some() {
        shown.push_str("...");
    }
    shown
}

/// The time that the caller gives a call; `None` if it sets no limit.
pub fn timeout(headers: &http::HeaderMap) -> Option<Duration> {
    grpc_timeout(headers.get("grpc-timeout")?.to_str().ok()?)
}

/// Reads the header `grpc-timeout`, which the gRPC protocol writes as at most 8 digits and a unit; `None`
/// if it is malformed.
fn grpc_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let n: u64 = (digits.len() <= 8).then(|| digits.parse().ok())??;
    Some(match unit {
        "H" => Duration::from_hours(n),
        "M" => Duration::from_mins(n),
        "S" => Duration::from_secs(n),
        "m" => Duration::from_millis(n),
        "u" => Duration::from_micros(n),
        "n" => Duration::from_nanos(n),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_grpc_1_only_grpc_is_grpc() {
        let says = |kind: &str| {
            let headers = [(http::header::CONTENT_TYPE, kind.parse().unwrap())].into_iter();
            is_grpc(&headers.collect())
        };
        for yes in ["application/grpc", "application/grpc+proto", "Application/gRPC;charset=x"] {
            assert!(says(yes), "{yes}");
        }
        for no in [
            "",
            "text/html",
            "application/grpc-web",
            "application/grpc-web+proto",
            "application/grp",
        ] {
            assert!(!says(no), "{no}");
        }
        assert!(!is_grpc(&http::HeaderMap::new()));
    }

    #[test]
    fn a_malformed_timeout_is_none() {
        assert_eq!(grpc_timeout("1500m"), Some(Duration::from_millis(1500)));
        for odd in ["", "S", "5", "5x", "123456789S", "-1S", "é"] {
            assert_eq!(grpc_timeout(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_is_shown_of_a_path_is_bounded_and_plain() {
        assert_eq!(shown("/a.B/C"), "/a.B/C");
        assert_eq!(shown("/\u{1b}[2J\u{202e}é"), "/?[2J??");
        assert_eq!(shown(&"x".repeat(121)), format!("{}...", "x".repeat(120)));
    }
}
