//! Why an operation did not give what it promises: the hub said no, or there is no answer. And what
//! a gRPC fault means to us: what the hub said, in its own words; or that nothing was sent; or that
//! an answer was lost; or that the other side is no hub at all.

use super::Error;
use crate::model::{CustomerId, Receipt};
use std::{error::Error as StdError, iter::successors};
use tonic::{Code, ConnectError, Status};

/// The hub said no; nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct Refused {
    /// The hub's sentence, fit to be shown to an operator (R-REPLY-1).
    pub description: String,
    /// The customer, if resolved (R-REPLY-2); of a merged one the id that remains (R-DECOM-1).
    pub customer: Option<CustomerId>,
}

impl Refused {
    /// What a receipt says that is not ok.
    pub(super) fn of(receipt: &Receipt) -> Self {
        Self {
            description: receipt.description().to_owned(),
            customer: receipt.customer().cloned(),
        }
    }
}

/// Why an operation did not give what it promises.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The hub said no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There is no answer. After [`Error::Unknown`] ask again under the same key.
    #[error(transparent)]
    Call(#[from] Error),
}

/// Whether repeating a call could do something twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Read,
    Write,
}

impl Call {
    /// An answer that did not come: for a write nobody knows what was done.
    pub(super) fn lost(self, endpoint: &str, reason: impl Into<String>) -> Error {
        let reason = reason.into();
        match self {
            Self::Write => Error::Unknown(reason),
            Self::Read => Error::Unreachable { endpoint: endpoint.to_owned(), reason },
        }
    }

    /// The error behind a status.
    pub(super) fn error(self, endpoint: &str, status: &Status) -> Error {
        match origin(status) {
            Origin::Hub => said(self, endpoint, status),
            Origin::NotSent(reason) => Error::Unreachable { endpoint: endpoint.to_owned(), reason },
            Origin::NotAHub(reason) => Error::NotAHub { endpoint: endpoint.to_owned(), reason },
            Origin::Refused => Error::Unavailable("the hub took no more calls".into()),
            Origin::Lost(reason) => self.lost(endpoint, reason),
        }
    }
}

/// What rustls and tonic say of a server without TLS, and of one with TLS but without HTTP/2.
const NO_TLS: [&str; 2] = ["InvalidContentType", "HTTP/2 was not negotiated"];

/// Whether the connection broke, so that it is worth listening what is there (`probe.rs`).
pub(super) fn is_broken(status: &Status) -> bool {
    status.source().is_some() && matches!(origin(status), Origin::Lost(_))
}

/// Where a status comes from; tonic makes one for everything.
enum Origin {
    /// The server sent it.
    Hub,
    /// There was no connection.
    NotSent(String),
    /// The other side does not speak gRPC.
    NotAHub(String),
    /// The server gave the call back unprocessed.
    Refused,
    /// The connection broke.
    Lost(String),
}

fn origin(status: &Status) -> Origin {
    let message = status.message();
    // Without `grpc-status` tonic judges by the HTTP status; what a gateway says of its own trouble
    // is no verdict on what stands behind it, which may have done as asked.
    if let Some(code) =
        message.strip_prefix("grpc-status header missing, mapped from HTTP status code ")
    {
        return match code {
            "408" | "429" | "500" | "502" | "503" | "504" => {
                Origin::Lost(format!("a gateway answered {code}"))
            }
            _ => Origin::NotAHub(format!("it answers with HTTP status {code}")),
        };
    }
    if message.starts_with("protocol error: received message with") {
        return Origin::NotAHub("its answer is not gRPC".into());
    }
    if message.starts_with("protocol error: missing grpc-status") {
        return Origin::Lost("the answer was cut off".into());
    }
    let Some(source) = status.source() else { return Origin::Hub };
    let chain: Vec<&(dyn StdError + 'static)> =
        successors(Some(source), |error| (*error).source()).collect();
    let innermost = chain.last().map_or_else(|| message.to_owned(), ToString::to_string);
    if chain.iter().any(|error| error.is::<ConnectError>()) {
        return match innermost.as_str() {
            other if NO_TLS.iter().any(|words| other.contains(words)) => Origin::NotAHub(innermost),
            _ => Origin::NotSent(innermost),
        };
    }
    // In the words of h2: "detected" by us, "received" from the other side.
    if innermost.starts_with("connection error detected") {
        return Origin::NotAHub("it does not speak HTTP/2".into());
    }
    if innermost.contains("refused stream") {
        return Origin::Refused;
    }
    Origin::Lost(innermost)
}

/// What the hub's own status means.
fn said(call: Call, endpoint: &str, status: &Status) -> Error {
    let words = match status.message() {
        "" => status.code().description().to_owned(),
        message => message.to_owned(),
    };
    match status.code() {
        Code::Unauthenticated => Error::Unauthenticated(words),
        Code::PermissionDenied => Error::Denied(words),
        Code::Unimplemented => Error::Unsupported(words),
        Code::Unavailable | Code::ResourceExhausted => Error::Unavailable(words),
        // UNKNOWN is the hub's word for a write whose entry it cannot vouch for.
        Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => call.lost(endpoint, words),
        _ => Error::Internal(words),
    }
}

/// Whether trying again by itself may help; a wrong key stays wrong (R-CONN-2).
pub(super) const fn is_passing(error: &Error) -> bool {
    match error {
        Error::Unreachable { .. }
        | Error::Unavailable(_)
        | Error::Unknown(_)
        | Error::Internal(_) => true,
        Error::Usage(_)
        | Error::NotAHub { .. }
        | Error::Unauthenticated(_)
        | Error::Denied(_)
        | Error::Unsupported(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_in_trouble_leaves_a_write_in_doubt_and_a_page_is_no_hub() {
        let answer = |http: u16| {
            let words = "grpc-status header missing, mapped from HTTP status code";
            Call::Write.error("http://hub", &Status::unknown(format!("{words} {http}")))
        };
        for http in [408, 429, 500, 502, 503, 504] {
            assert!(matches!(answer(http), Error::Unknown(_)), "{http}: {:?}", answer(http));
        }
        for http in [200, 301, 404, 405, 501] {
            assert!(matches!(answer(http), Error::NotAHub { .. }), "{http}: {:?}", answer(http));
        }
    }
}
