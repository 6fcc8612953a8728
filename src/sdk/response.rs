//! Looks at every HTTP response before tonic does, and says by type what tonic would say by text: that
//! the hub itself sent a gRPC status, that something answered which is not gRPC, or that an answer
//! ended before its status.
//!
//! tonic turns all of these into the same `Status`, and whether a payment may be repeated depends on
//! which of them it was. A `Status` that carries none of these types was made by tonic itself, so it
//! is never taken for the hub's word.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tonic::{
    Code, Status,
    body::Body,
    codegen::{Body as _, BoxFuture, Bytes, Service, StdError, http},
};

/// A status other than OK that the hub sent.
#[derive(Debug)]
pub(super) struct HubStatus(pub Status);

/// An answer that is not gRPC.
#[derive(Debug)]
pub(super) struct NotGrpc {
    pub http: http::StatusCode,
    /// Whether it is a page for people, as proxies and portals send them.
    pub is_page: bool,
}

/// An answer that ended before its status, as when a proxy gives up on what stands behind it.
#[derive(Debug)]
pub(super) struct CutOff;

impl fmt::Display for HubStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.message())
    }
}

impl fmt::Display for NotGrpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_page { " and a web page, " } else { " and " };
        write!(f, "it answers with HTTP status {}{what}not with gRPC", self.http.as_u16())
    }
}

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer ended without its gRPC status, as when a proxy gives up on it")
    }
}

// No `source`: tonic would find the status in it and forget that it came from here.
impl std::error::Error for HubStatus {}
impl std::error::Error for NotGrpc {}
impl std::error::Error for CutOff {}

/// A connection whose responses are looked at.
#[derive(Clone)]
pub(super) struct Checked<S>(pub S);

impl<S> Service<http::Request<Body>> for Checked<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Error: Into<StdError>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = StdError;
    type Future = BoxFuture<Self::Response, StdError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StdError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async move { judge(answer.await.map_err(Into::into)?) })
    }
}

/// Returns the response if it is gRPC and its headers carry no refusal. Its body is checked while it is read.
fn judge(response: http::Response<Body>) -> Result<http::Response<Body>, StdError> {
    if let Some(status) = Status::from_header_map(response.headers()) {
        return match status.code() {
            Code::Ok => Ok(response),
            _ => Err(HubStatus(status).into()),
        };
    }
    let kind = response.headers().get(http::header::CONTENT_TYPE);
    let is_grpc = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    if response.status() != http::StatusCode::OK || !is_grpc {
        let is_page = kind.is_some_and(|kind| {
            [&b"text/html"[..], b"application/xhtml+xml"].iter().any(|page| {
                kind.as_bytes().get(..page.len()).is_some_and(|is| is.eq_ignore_ascii_case(page))
            })
        });
        return Err(NotGrpc { http: response.status(), is_page }.into());
    }
    if response.body().is_end_stream() {
        return Err(CutOff.into());
    }
    Ok(response.map(|body| Body::new(CheckedBody { body, is_over: false })))
}

/// A body that must end with a status.
struct CheckedBody {
    body: Body,
    is_over: bool,
}

impl tonic::codegen::Body for CheckedBody {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, StdError>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            Some(Err(status)) => {
                self.is_over = true;
                return Poll::Ready(Some(Err(status.into())));
            }
            None => {
                self.is_over = true;
                return Poll::Ready(Some(Err(CutOff.into())));
            }
        };
        let Some(trailers) = frame.trailers_ref() else { return Poll::Ready(Some(Ok(frame))) };
        self.is_over = true;
        Poll::Ready(Some(match Status::from_header_map(trailers) {
            Some(status) if status.code() == Code::Ok => Ok(frame),
            Some(status) => Err(HubStatus(status).into()),
            None => Err(CutOff.into()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(http: u16, headers: &[(&'static str, &'static str)]) -> http::Response<Body> {
        let builder = http::Response::builder().status(http);
        let builder =
            headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        builder.body(Body::empty()).unwrap()
    }

    #[test]
    fn a_refusal_in_the_headers_is_the_hubs_word() {
        let refused = answer(200, &[("grpc-status", "7"), ("grpc-message", "no")]);
        let error = judge(refused).unwrap_err();
        let HubStatus(status) = error.downcast_ref().unwrap();
        assert_eq!((status.code(), status.message()), (Code::PermissionDenied, "no"));
    }

    #[test]
    fn a_page_is_not_grpc_and_a_gateway_says_its_status() {
        for http in [200, 404, 503] {
            let page = self::answer(http, &[("content-type", "Text/HTML; charset=utf-8")]);
            let error = judge(page).unwrap_err();
            let answer = error.downcast_ref::<NotGrpc>().unwrap();
            assert_eq!((answer.http.as_u16(), answer.is_page), (http, true));
            let other = self::answer(http, &[("content-type", "application/json")]);
            let error = judge(other).unwrap_err();
            assert!(!error.downcast_ref::<NotGrpc>().unwrap().is_page);
        }
    }

    #[test]
    fn an_answer_without_a_status_was_cut_off() {
        let error = judge(answer(200, &[("content-type", "application/grpc")])).unwrap_err();
        assert!(error.is::<CutOff>(), "{error}");
    }
}
