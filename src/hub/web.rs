//! Browsers: gRPC-Web for pages of the origins that orgs allow (D-BROWSER), and a sentence for whoever comes
//! with plain HTTP (R-WEB-1).
//!
//! A page cannot speak gRPC, because browsers hide HTTP/2's trailers from it. gRPC-Web carries the same
//! messages, with the trailers in the body. This layer is the outermost and translates both ways, so that
//! limits, credentials and the end of the hub are the same for pages as for everyone else.
//!
//! A browser first asks whether a page may call at all. That question has no credential, so it is answered
//! by the origins of all orgs together. Whether the caller's own org allows the page is decided in `auth`,
//! which knows by the mark [`WebCall`] that a call came this way.

use futures_util::future::{Either, Ready, ready};
use std::{
    collections::BTreeSet,
    task::{Context, Poll},
    time::Duration,
};
use tonic::{
    body::Body,
    codegen::http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header,
    },
};
use tonic_web::{GrpcWebLayer, GrpcWebService};
use tower::{Layer, Service, ServiceExt as _, util::Oneshot};
use tower_http::cors::{AllowHeaders, Cors, CorsLayer};

/// The content types of gRPC-Web: in binary, and in base64 for browsers that can read nothing else of a
/// reply that is not complete yet.
const TYPES: [&[u8]; 4] = [
    b"application/grpc-web",
    b"application/grpc-web+proto",
    b"application/grpc-web-text",
    b"application/grpc-web-text+proto",
];
/// What a page may read of a reply's headers, where a refusal without a message has its status.
const EXPOSED: [HeaderName; 5] = [
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
    HeaderName::from_static("grpc-retry-pushback-ms"),
    HeaderName::from_static("conflict-bin"),
];
/// How long a browser may go by an answer about an origin. Settings change with a restart only.
const ANSWER_LASTS: Duration = Duration::from_mins(10);

const NOT_GRPC: &str = "This is a Switchboard hub. It speaks gRPC over HTTP/2, and this request came by HTTP/1. \
    Use the switchboard program or a gRPC client with this address. \
    Pages in a browser use gRPC-Web, if the settings of their org allow their origin.\n";
const NO_PAGES: &str = "This Switchboard hub does not serve this kind of gRPC-Web. \
    It takes application/grpc-web and application/grpc-web-text by POST, with protobuf messages, \
    and only if the settings of an org list the page's origin (origins in hub.toml).\n";

/// Marks a request that came by gRPC-Web.
#[derive(Clone, Copy, Debug)]
pub struct WebCall;

/// Translates gRPC-Web, if any org allows pages.
#[derive(Clone)]
pub struct WebLayer(Option<CorsLayer>);

impl WebLayer {
    /// Serves pages of these origins, which may be repeated; without any there is no gRPC-Web.
    pub fn new<'a>(origins: impl IntoIterator<Item = &'a str>) -> Self {
        let origins: BTreeSet<_> = origins.into_iter().collect();
        let origins: Vec<_> =
            origins.into_iter().filter_map(|one| HeaderValue::from_str(one).ok()).collect();
        Self((!origins.is_empty()).then(|| {
            CorsLayer::new()
                .allow_origin(origins)
                .allow_methods([Method::POST])
                // Metadata travels as headers, and which there are is for the calls to say.
                .allow_headers(AllowHeaders::mirror_request())
                .expose_headers(EXPOSED)
                .max_age(ANSWER_LASTS)
        }))
    }
}

impl<S: Clone> Layer<S> for WebLayer {
    type Service = Web<S>;
    fn layer(&self, inner: S) -> Web<S> {
        let translated = GrpcWebLayer::new().layer(inner.clone());
        Web { pages: self.0.as_ref().map(|cors| cors.layer(translated)), inner }
    }
}

/// A service behind a [`WebLayer`].
#[derive(Clone)]
pub struct Web<S> {
    /// The way for pages, if there is one.
    pages: Option<Cors<GrpcWebService<S>>>,
    inner: S,
}

/// How a request speaks to us.
enum Speech {
    /// As gRPC, or at least by HTTP/2.
    Grpc,
    /// As gRPC-Web, which includes the question of a browser whether a page may call.
    Web,
    /// As a kind of gRPC-Web that is not served.
    OtherWeb,
    /// As anything else by HTTP/1.
    Plain,
}

fn speech(method: &Method, version: Version, headers: &HeaderMap) -> Speech {
    let is_question = *method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if is_question || (*method == Method::POST && TYPES.contains(&kind)) {
        Speech::Web
    } else if kind.starts_with(TYPES[0]) {
        Speech::OtherWeb
    } else if version == Version::HTTP_2 {
        Speech::Grpc
    } else {
        Speech::Plain
    }
}

/// An answer for people, as text.
fn sentence(http: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::new(text.to_owned()));
    *response.status_mut() = http;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if http == StatusCode::UPGRADE_REQUIRED {
        // RFC 9110 15.5.22 wants the protocol that is understood to be named with this status.
        headers.insert(header::UPGRADE, HeaderValue::from_static("HTTP/2.0"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    }
    response
}

impl<S> Service<Request<Body>> for Web<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<
        S::Future,
        Either<
            Oneshot<Cors<GrpcWebService<S>>, Request<Body>>,
            Ready<Result<Response<Body>, S::Error>>,
        >,
    >;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let speech = speech(request.method(), request.version(), request.headers());
        let answer = match (speech, &self.pages) {
            (Speech::Grpc, _) => return Either::Left(self.inner.call(request)),
            (Speech::Web, Some(pages)) => {
                request.extensions_mut().insert(WebCall);
                return Either::Right(Either::Left(pages.clone().oneshot(request)));
            }
            (Speech::Web, None) | (Speech::OtherWeb, _) => {
                sentence(StatusCode::UNSUPPORTED_MEDIA_TYPE, NO_PAGES)
            }
            (Speech::Plain, _) => sentence(StatusCode::UPGRADE_REQUIRED, NOT_GRPC),
        };
        Either::Right(Either::Right(ready(Ok(answer))))
    }
}
