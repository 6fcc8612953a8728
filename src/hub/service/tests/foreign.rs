//! The hub as clients see it that are not ours: raw HTTP/2, and gRPC's own services (R-GRPC-1 to R-GRPC-5).

use super::{KEY, Rig, settings, soon};
use crate::{
    hub::serve::start,
    wire::proto::hera::{AuthTokenReply, AuthTokenRequest, UpdateCustomerMetadataRequest},
};
use bytes::Bytes;
use h2::client::SendRequest;
use prost::Message as _;
use std::{
    convert::Infallible,
    future::{Pending, pending},
    task::{Context, Poll},
};
use tonic::{Code, Status, body::Body, codegen::http, server::NamedService};
use tower::Service;

const TOKEN: &str = "/com.elarian.hera.proto.GrpcWebService/AuthToken";

/// An HTTP/2 connection to a hub.
struct Raw(SendRequest<Bytes>);

/// What came back: the HTTP status, the gRPC status from headers or trailers, and the body.
#[derive(Debug)]
struct Heard {
    http: http::StatusCode,
    status: Option<Status>,
    body: Vec<u8>,
}

impl Raw {
    async fn to(rig: &Rig) -> Self {
        let io = rig.running.connector()();
        let (client, connection) = h2::client::handshake(io).await.unwrap();
        tokio::spawn(connection);
        Self(client)
    }

    /// Posts a body with these headers and the key of `acme`.
    async fn post(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Heard, h2::Error> {
        let client = self.0.clone().ready().await?;
        let request = http::Request::post(format!("http://hub{path}")).header("api-key", KEY);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let (response, mut stream) = { client }.send_request(request.body(()).unwrap(), false)?;
        // The hub may have answered before it has read all of it.
        let _ = stream.send_data(body.into(), true);
        let (head, mut body) = soon(response).await?.into_parts();
        let mut read = Vec::new();
        while let Some(part) = soon(body.data()).await {
            let part = part?;
            body.flow_control().release_capacity(part.len())?;
            read.extend(part);
        }
        let trailers = soon(body.trailers()).await?.unwrap_or_default();
        let status = Status::from_header_map(&head.headers);
        let status = status.or_else(|| Status::from_header_map(&trailers));
        Ok(Heard { http: head.status, status, body: read })
    }

    /// Calls a method as gRPC, and returns the code and the message.
    async fn call(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> (Code, String) {
        let grpc = [("content-type", "application/grpc"), ("te", "trailers")];
        let headers: Vec<_> = grpc.iter().chain(headers).copied().collect();
        let heard = self.post(path, &headers, body).await.unwrap();
        assert_eq!(heard.http, 200, "{heard:?}");
        let status = heard.status.unwrap();
        (status.code(), status.message().to_owned())
    }
}

/// A message in gRPC's frame.
fn framed(message: &impl prost::Message) -> Vec<u8> {
    let bytes = message.encode_to_vec();
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    [&[0], &length[..], &bytes].concat()
}

fn asks_for_a_token() -> Vec<u8> {
    framed(&AuthTokenRequest { org_id: "acme".into() })
}

#[tokio::test]
async fn r_grpc_1_what_is_no_grpc_is_refused_by_http_and_not_done() {
    let rig = Rig::new().await;
    let mut raw = Raw::to(&rig).await;
    let kinds = ["application/json", "text/plain", "application/grpc-web", "application/grpcx"];
    let kinds = kinds.iter().map(|kind| vec![("content-type", *kind)]);
    for headers in kinds.chain([vec![]]) {
        let heard = raw.post(TOKEN, &headers, asks_for_a_token()).await.unwrap();
        assert_eq!(heard.http, 415, "{headers:?}");
        let web = headers.iter().any(|(_, kind)| kind.contains("grpc-web"));
        let said: &[u8] =
            if web { b"This Switchboard hub does not" } else { b"this is a gRPC server" };
        assert!(heard.status.is_none() && heard.body.starts_with(said), "{headers:?}");
    }
    // Whoever does not come to an end is answered all the same.
    let client = raw.0.clone().ready().await.unwrap();
    let request = http::Request::post(format!("http://hub{TOKEN}")).body(()).unwrap();
    let (response, _open) = { client }.send_request(request, false).unwrap();
    assert_eq!(soon(response).await.unwrap().status(), 415);
    for kind in ["application/grpc", "application/grpc+proto"] {
        let heard = raw.post(TOKEN, &[("content-type", kind)], asks_for_a_token()).await.unwrap();
        assert_eq!(heard.status.map(|status| status.code()), Some(Code::Ok), "{kind}");
        let reply = AuthTokenReply::decode(&heard.body[5..]).unwrap();
        assert_eq!(reply.token.len(), 43);
    }
}

#[tokio::test]
async fn r_grpc_2_a_request_that_is_too_large_is_too_much_for_the_hub() {
    let rig = Rig::new().await;
    let mut raw = Raw::to(&rig).await;
    let words = "the request is larger than the 4 MiB that the hub reads: send less at once";
    // That many bytes are announced, and none of them comes.
    let announced = [&[0], &(4_u32 << 20).saturating_add(1).to_be_bytes()[..]].concat();
    let refused = raw.call(TOKEN, &[], announced).await;
    assert_eq!(refused, (Code::ResourceExhausted, words.to_owned()));
    let org_id = "x".repeat(5 << 20);
    let large = UpdateCustomerMetadataRequest { org_id, ..Default::default() };
    let refused = rig.hera().update_customer_metadata(large).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::ResourceExhausted, words));
}

#[tokio::test]
async fn r_grpc_2_headers_that_are_too_large_end_the_call_and_not_the_connection() {
    let rig = Rig::new().await;
    let mut raw = Raw::to(&rig).await;
    for bytes in [20 << 10, 100 << 10, 200 << 10] {
        // One header of that size, and many that make it up.
        let (one, many) = ("x".repeat(bytes), "x".repeat(1000));
        let many: Vec<_> = (0..bytes / 1000).map(|_| ("x-many", many.as_str())).collect();
        for headers in [vec![("x-one", one.as_str())], many] {
            let (code, words) = raw.call(TOKEN, &headers, asks_for_a_token()).await;
            assert_eq!(code, Code::ResourceExhausted, "{bytes}: {words}");
            assert!(words.ends_with("bytes and may have 16384: send less metadata"), "{words}");
        }
    }
    // What HTTP/2 itself does not read gets its own answer, on the same connection.
    let many = "x".repeat(1000);
    let many: Vec<_> = (0..300).map(|_| ("x-many", many.as_str())).collect();
    let heard = raw.post(TOKEN, &many, asks_for_a_token()).await.unwrap();
    assert_eq!(heard.http, 431);
    let (code, words) = raw.call(TOKEN, &[], asks_for_a_token()).await;
    assert_eq!(code, Code::Ok, "{words}");
}

#[tokio::test]
async fn r_grpc_3_what_is_not_there_is_named() {
    let rig = Rig::new().await;
    let mut raw = Raw::to(&rig).await;
    for path in ["/com.elarian.hera.proto.GrpcWebService/Nothing", "/no.Service/Nothing", "/"] {
        let (code, words) = raw.call(path, &[], Vec::new()).await;
        let expected =
            format!("there is no {path} here: look at the names of the service and the method");
        assert_eq!((code, words), (Code::Unimplemented, expected));
    }
}

/// A service whose only method never answers.
#[derive(Clone)]
struct Silence;

impl NamedService for Silence {
    const NAME: &'static str = "test.Silence";
}

impl Service<http::Request<Body>> for Silence {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pending<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
    fn call(&mut self, _: http::Request<Body>) -> Self::Future {
        pending()
    }
}

#[tokio::test]
async fn r_grpc_3_the_caller_s_own_deadline_is_a_deadline() {
    let silence = |_: &_, _: &_, beside: &mut crate::hub::serve::Attached| {
        beside.serve(Silence);
        Ok(())
    };
    let rig = Rig { running: start(settings(), &[silence]).await.unwrap() };
    let mut raw = Raw::to(&rig).await;
    for own in ["20m", "1m", "1n", "0S"] {
        let heard = raw.call("/test.Silence/Wait", &[("grpc-timeout", own)], Vec::new()).await;
        let words = "no answer in time; a write may or may not have been done";
        assert_eq!(heard, (Code::DeadlineExceeded, words.to_owned()), "{own}");
    }
}

#[tokio::test]
async fn r_grpc_4_health_of_what_is_unknown_is_watched_on() {
    use tonic_health::pb::{
        HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
    };
    let rig = Rig::new().await;
    let mut health = HealthClient::new(rig.channel());
    let unknown = || HealthCheckRequest { service: "no.Service".into() };
    let refused = health.check(unknown()).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let mut watch = health.watch(unknown()).await.unwrap().into_inner();
    let first = soon(watch.message()).await.unwrap().unwrap();
    assert_eq!(first.status, i32::from(ServingStatus::ServiceUnknown));
    let next = tokio::spawn(async move { watch.message().await });
    let known = HealthCheckRequest { service: "switchboard.v1.Operator".into() };
    let mut known = health.watch(known).await.unwrap().into_inner();
    let first = soon(known.message()).await.unwrap().unwrap();
    assert_eq!(first.status, i32::from(ServingStatus::Serving));
    assert!(!next.is_finished(), "it goes on");
    rig.running.shutdown().await;
    assert_eq!(soon(next).await.unwrap().unwrap_err().code(), Code::Unavailable);
}

/// Asks reflection of one version for three names on one stream, the second of which is unknown.
macro_rules! reflects {
    ($test:ident, $version:ident) => {
        #[tokio::test]
        async fn $test() {
            use tonic_reflection::pb::$version::{
                ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
                server_reflection_request::MessageRequest as Ask,
                server_reflection_response::MessageResponse as Said,
            };
            let rig = Rig::new().await;
            let symbol = |name: &str| Ask::FileContainingSymbol(name.to_owned());
            let asks = [
                Ask::ListServices(String::new()),
                symbol("no.Service"),
                Ask::FileByFilename("no.proto".into()),
                symbol("switchboard.v1.Operator"),
            ];
            let asks = asks.map(|ask| ServerReflectionRequest {
                host: "h".into(),
                message_request: Some(ask),
            });
            let keyed = super::Carry(vec![("api-key", KEY.to_owned())]);
            let mut client = ServerReflectionClient::with_interceptor(rig.channel(), keyed);
            let asked = futures_util::stream::iter(asks.clone());
            let mut answers = client.server_reflection_info(asked).await.unwrap().into_inner();
            let mut said = Vec::new();
            while let Some(answer) = soon(answers.message()).await.unwrap() {
                assert_eq!(answer.original_request.as_ref(), Some(&asks[said.len()]));
                said.push(match answer.message_response.unwrap() {
                    Said::ListServicesResponse(list) => {
                        let named = |name: &str| list.service.iter().any(|s| s.name == name);
                        assert!(named("com.elarian.hera.proto.GrpcWebService"), "{list:?}");
                        0
                    }
                    Said::ErrorResponse(error) => {
                        assert!(error.error_message.contains("no."), "{error:?}");
                        error.error_code
                    }
                    Said::FileDescriptorResponse(file) => {
                        i32::try_from(file.file_descriptor_proto.len()).unwrap()
                    }
                    other => panic!("{other:?}"),
                });
            }
            assert_eq!(said, [0, 5, 5, 1]);
        }
    };
}

reflects!(r_grpc_5_reflection_goes_on_after_a_name_it_does_not_know, v1);
reflects!(r_grpc_5_reflection_is_served_as_v1alpha_too, v1alpha);
