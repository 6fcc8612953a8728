//! What a failed call means, told by the type of its cause and never by a library's words: what the
//! hub said, that nothing was sent, that an answer was lost, or that the other side is no hub at all.
//! `response.rs` gives the types that tonic does not have.

use super::{
    Error,
    dial::WithoutHttp2,
    response::{CutOff, HubStatus, NotGrpc},
};
use std::{error::Error as StdError, io, iter::successors};
use tokio_rustls::rustls::{self, AlertDescription, CertificateError};
use tonic::{Code, ConnectError, Status, codegen::http::StatusCode};

/// Whether repeating a call could do something twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallKind {
    Read,
    Write,
}

impl CallKind {
    /// The error of an answer that did not come. For a write, nobody knows whether it was done.
    pub(super) fn lost(self, endpoint: &str, reason: impl Into<String>) -> Error {
        let reason = reason.into();
        match self {
            Self::Write => Error::Unknown(reason),
            Self::Read => Error::Unreachable { endpoint: endpoint.to_owned(), reason },
        }
    }

    /// The error behind a status; `credential` names what the call was authenticated with.
    pub(super) fn error(self, endpoint: &str, credential: &str, status: &Status) -> Error {
        match Cause::of(status) {
            Cause::Hub(status) => self.said(endpoint, credential, status),
            Cause::NotSent(reason) => Error::Unreachable { endpoint: endpoint.to_owned(), reason },
            Cause::NotAHub(reason) => Error::NotAHub { endpoint: endpoint.to_owned(), reason },
            Cause::GivenBack => Error::Unavailable("the hub took no more calls".into()),
            Cause::Lost(reason) => self.lost(endpoint, reason),
            Cause::Unreadable(reason) => match self {
                Self::Write => Error::Unknown(reason),
                Self::Read => Error::Internal(reason),
            },
        }
    }

    /// What the hub's own status means.
    fn said(self, endpoint: &str, credential: &str, status: &Status) -> Error {
        let words = match status.message() {
            "" => status.code().description().to_owned(),
            message => message.to_owned(),
        };
        match status.code() {
            Code::Unauthenticated => Error::Unauthenticated(format!("{credential}: {words}")),
            Code::PermissionDenied => Error::Denied(words),
            Code::Unimplemented => Error::Unsupported(words),
            Code::Unavailable | Code::ResourceExhausted => Error::Unavailable(words),
            // DATA_LOSS is the hub's word for an org whose log is damaged; nothing is done there.
            Code::DataLoss => Error::Damaged(words),
            // UNKNOWN is the hub's word for a write whose entry it cannot vouch for.
            Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => self.lost(endpoint, words),
            Code::Ok
            | Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::FailedPrecondition
            | Code::Aborted
            | Code::OutOfRange
            | Code::Internal => Error::Internal(words),
        }
    }
}

/// Whether the connection broke.
pub(super) fn is_broken(status: &Status) -> bool {
    matches!(Cause::of(status), Cause::Lost(_))
}

/// Whether it is worth finding out what answers there (`probe.rs`): the connection broke, or what came is no gRPC.
pub(super) fn is_odd(status: &Status) -> bool {
    matches!(Cause::of(status), Cause::Lost(_) | Cause::NotAHub(_))
}

/// Whether the connection was not made or broke, so that TLS may know more of why (R-TLS-5).
pub(super) fn is_unheard(status: &Status) -> bool {
    matches!(Cause::of(status), Cause::Lost(_) | Cause::NotSent(_))
}

/// The server complained by hanging up (R-CONN-7).
pub(super) const TOO_MANY_PINGS: &str = "the server ended the connection because of too many pings; it \
    gets half as many from now on";

/// How the connection or one call on it was ended. The codes are those of RFC 9113, section 7.
fn in_words(http2: &h2::Error) -> String {
    let code = match http2.reason() {
        Some(h2::Reason::NO_ERROR) | None => String::new(),
        Some(reason) => format!(" ({reason:?})"),
    };
    let what = match (http2.is_remote(), http2.is_go_away(), http2.is_reset()) {
        (true, true, _) => "the server ended the connection",
        (true, _, true) => "the server ended the call",
        _ => "the connection broke",
    };
    format!("{what}{code}")
}

/// Where a status comes from. tonic makes one for every kind of failure.
#[derive(Debug)]
enum Cause<'a> {
    /// The hub sent this status.
    Hub(&'a Status),
    /// There was no connection.
    NotSent(String),
    /// The other side does not speak gRPC.
    NotAHub(String),
    /// The hub gave the call back before it began with it.
    GivenBack,
    /// The connection broke, or somebody between us and the hub gave up.
    Lost(String),
    /// An answer came that tonic cannot read.
    Unreadable(String),
}

impl<'a> Cause<'a> {
    fn of(status: &'a Status) -> Self {
        let Some(source) = status.source() else {
            return Self::Unreadable(format!("its answer cannot be read: {}", status.message()));
        };
        let chain: Vec<&(dyn StdError + 'static)> =
            successors(Some(source), |error| (*error).source()).collect();
        let innermost = chain.last().map_or_else(String::new, ToString::to_string);
        if let Some(HubStatus(status)) = find(&chain) {
            return Self::Hub(status);
        }
        if let Some(answer) = find::<NotGrpc>(&chain) {
            return Self::without_grpc(answer);
        }
        if let Some(cut) = find::<CutOff>(&chain) {
            return Self::Lost(cut.to_string());
        }
        if let Some(tls) = find::<WithoutHttp2>(&chain) {
            return Self::NotAHub(tls.to_string());
        }
        if find::<ConnectError>(&chain).is_some() {
            let tls = chain.iter().find_map(|error| tls_error(*error));
            if let Some(why) = tls.and_then(tls_mismatch) {
                return Self::NotAHub(why.into());
            }
            if let Some(why) = tls.and_then(certificate_fault) {
                return Self::NotSent(why);
            }
            let refused = find::<io::Error>(&chain).and_then(handshake_refusal);
            return Self::NotSent(refused.map_or(innermost, str::to_owned));
        }
        if let Some(http2) = find::<h2::Error>(&chain) {
            // RFC 9113 8.7: a stream refused before it was processed may be tried again.
            if http2.is_remote() && http2.reason() == Some(h2::Reason::REFUSED_STREAM) {
                return Self::GivenBack;
            }
            if http2.is_library() && http2.is_go_away() {
                return Self::NotAHub("it does not speak HTTP/2".into());
            }
            return Self::Lost(in_words(http2));
        }
        Self::Lost(innermost)
    }

    /// A gateway's error says nothing about the server behind it, which may have done what it was asked.
    fn without_grpc(answer: &NotGrpc) -> Self {
        match answer.http {
            StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                let what = if answer.is_page { " with a web page" } else { "" };
                let http = answer.http.as_u16();
                Self::Lost(format!("a proxy before the server answered {http}{what}"))
            }
            _ => Self::NotAHub(answer.to_string()),
        }
    }
}

fn find<'a, T: StdError + 'static>(chain: &[&'a (dyn StdError + 'static)]) -> Option<&'a T> {
    chain.iter().find_map(|error| error.downcast_ref())
}

/// rustls' own error in a failure of a connection. It travels inside an `io::Error`, which does not name it as its source.
fn tls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    error.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref()
}

/// Why the answer to our TLS handshake cannot be a hub's, if it cannot.
fn tls_mismatch(error: &rustls::Error) -> Option<&'static str> {
    match error {
        rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
            Some("it does not speak TLS; write http:// if that is meant")
        }
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            Some("it does not speak HTTP/2")
        }
        _ => None,
    }
}

/// Why we do not believe the server's certificate, and what to do about it; `None` if that is not what was wrong.
fn certificate_fault(error: &rustls::Error) -> Option<String> {
    let rustls::Error::InvalidCertificate(fault) = error else { return None };
    Some(match fault {
        CertificateError::UnknownIssuer => {
            "its certificate is from an authority that is not trusted here; if it is an authority of your own, name \
             its certificate with `ca`"
                .into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired: whoever runs it has to renew it".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet: look at the clocks of both machines".into()
        }
        CertificateError::NotValidForName => "its certificate is for another name".into(),
        CertificateError::NotValidForNameContext { expected, .. } => {
            let name = expected.to_str();
            format!("its certificate is not for {name}: use a name that it is for")
        }
        other => format!("its certificate cannot be believed: {other}"),
    })
}

/// Why the server does not believe our certificate, or wants one that we do not have; `None` if it said nothing of it.
pub(super) fn handshake_refusal(error: &io::Error) -> Option<&'static str> {
    match error.get_ref()?.downcast_ref()? {
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            Some("it asks for a certificate of ours: name one with `client_cert` and `client_key`")
        }
        rustls::Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError,
        ) => Some("it does not accept our certificate: ask whoever runs it for another one"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: CallKind, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        kind.error("http://hub", "this API key", &Status::from_error(cause.into()))
    }

    #[test]
    fn a_gateway_in_trouble_leaves_a_write_in_doubt_and_a_page_is_no_hub() {
        let answer = |http: u16| {
            let http = StatusCode::from_u16(http).unwrap();
            answer(CallKind::Write, NotGrpc { http, is_page: true })
        };
        for http in [408, 429, 500, 502, 503, 504] {
            assert!(matches!(answer(http), Error::Unknown(_)), "{http}: {:?}", answer(http));
        }
        for http in [200, 301, 404, 405, 501] {
            assert!(matches!(answer(http), Error::NotAHub { .. }), "{http}: {:?}", answer(http));
        }
    }

    #[test]
    fn what_http2_says_is_told_apart_by_its_type() {
        // A bare reason is neither ours nor theirs: the safe reading is that the answer was lost.
        let reset = h2::Error::from(h2::Reason::REFUSED_STREAM);
        assert!(matches!(answer(CallKind::Write, reset), Error::Unknown(_)));
        let broken = h2::Error::from(h2::Reason::INTERNAL_ERROR);
        assert!(matches!(answer(CallKind::Read, broken), Error::Unreachable { .. }));
    }

    #[test]
    fn only_what_the_hub_sent_is_taken_for_its_word() {
        let said = HubStatus(Status::unavailable("draining"));
        assert_eq!(answer(CallKind::Write, said), Error::Unavailable("draining".into()));
        // The same status made on this side says nothing about what was done.
        let ours = CallKind::Write.error("hub", "this API key", &Status::unavailable("draining"));
        assert!(matches!(ours, Error::Unknown(_)), "{ours:?}");
    }

    #[test]
    fn a_server_without_tls_is_told_from_one_that_is_away() {
        let cause = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        let plain = ConnectError(Box::new(io::Error::new(io::ErrorKind::InvalidData, cause)));
        assert!(matches!(answer(CallKind::Write, plain), Error::NotAHub { .. }));
        let away = ConnectError(Box::new(io::Error::from(io::ErrorKind::ConnectionRefused)));
        assert!(matches!(answer(CallKind::Write, away), Error::Unreachable { .. }));
    }
}
