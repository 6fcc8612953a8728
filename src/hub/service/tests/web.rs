//! Pages in browsers (D-BROWSER), and whoever comes with plain HTTP (R-WEB-1). HTTP/1 is written here by
//! hand, so that nothing is between the test and what a browser would see.

use super::{FOREIGN, JANE, KEY, Rig, carry, pass, settings, soon};
use crate::{
    hub::{config::Limits, serve::start},
    wire::proto::{
        hera::{
            AuthTokenRequest, StreamNotificationRequest, UpdateCustomerTagRequest,
            grpc_web_service_client::GrpcWebServiceClient, webhook_request::Entry,
        },
        v1::{HelloReply, HelloRequest},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use prost::Message as _;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tonic::{
    Code, Request,
    body::Body,
    codegen::http::{HeaderMap, HeaderName, Request as HttpRequest},
};
use tonic_web::{GrpcWebCall, GrpcWebClientLayer};
use tower::{Layer as _, ServiceExt as _};

/// A page of `acme`.
const DESK: &str = "https://desk.example.org";
/// A page of `globex`.
const OTHER: &str = "https://globex.example.org";
const HELLO: &str = "/switchboard.v1.Operator/Hello";
const BINARY: &str = "application/grpc-web+proto";

/// A hub in which both orgs allow one page each.
async fn rig() -> Rig {
    let mut config = settings();
    config.orgs[0].origins = vec![DESK.to_owned()];
    config.orgs[1].origins = vec![OTHER.to_owned()];
    Rig { running: start(config, &[]).await.unwrap() }
}

async fn token(rig: &Rig, org: &str, key: &str) -> String {
    let ask = AuthTokenRequest { org_id: org.into() };
    rig.hera_with(&[("api-key", key)]).auth_token(ask).await.unwrap().into_inner().token
}

/// An answer by HTTP/1.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
    /// The message of a gRPC-Web reply, its status and the words of the status. They are in the headers
    /// if there is no message.
    fn reply(&self) -> (Vec<u8>, Code, String) {
        assert_eq!(self.status, 200);
        let (mut message, mut trailers) = (Vec::new(), self.headers.clone());
        let mut rest = self.body.as_slice();
        while let [kind, a, b, c, d, after @ ..] = rest {
            let (frame, after) = after.split_at(u32::from_be_bytes([*a, *b, *c, *d]) as usize);
            rest = after;
            if *kind == 0 {
                message = frame.to_vec();
                continue;
            }
            assert_eq!((*kind, rest.len()), (0x80, 0), "trailers come last");
            for line in std::str::from_utf8(frame).unwrap().lines() {
                let (name, value) = line.split_once(':').unwrap();
                trailers.insert(name.parse::<HeaderName>().unwrap(), value.trim().parse().unwrap());
            }
        }
        let status = tonic::Status::from_header_map(&trailers).expect("a status");
        (message, status.code(), status.message().to_owned())
    }
}

async fn read_head(from: &mut DuplexStream) -> (u16, HeaderMap) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(from.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    (status, headers)
}

/// Sends a request by HTTP/1, on a connection of its own.
async fn send(rig: &Rig, what: &str, headers: &[(&str, &str)], body: &[u8]) -> DuplexStream {
    let mut line = (rig.running.connector())();
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect();
    let (headers, length) = (headers.concat(), body.len());
    let head = format!("{what} HTTP/1.1\r\nhost: hub\r\ncontent-length: {length}\r\n{headers}\r\n");
    line.write_all(head.as_bytes()).await.unwrap();
    line.write_all(body).await.unwrap();
    line
}

/// Sends a request by HTTP/1 and reads the whole answer.
async fn ask(rig: &Rig, what: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut line = send(rig, what, headers, body).await;
    soon(async {
        let (status, headers) = read_head(&mut line).await;
        let mut body = Vec::new();
        if let Some(length) = headers.get("content-length") {
            body.resize(length.to_str().unwrap().parse().unwrap(), 0);
            line.read_exact(&mut body).await.unwrap();
        } else {
            while let Some(chunk) = read_chunk(&mut line).await {
                body.extend(chunk);
            }
        }
        Answer { status, headers, body }
    })
    .await
}

/// The next chunk of a body (RFC 9112, section 7.1); `None` after the last.
async fn read_chunk(from: &mut DuplexStream) -> Option<Vec<u8>> {
    let mut size = String::new();
    while !size.ends_with("\r\n") {
        size.push(from.read_u8().await.unwrap().into());
    }
    let mut chunk = vec![0; usize::from_str_radix(size.trim(), 16).unwrap() + 2];
    from.read_exact(&mut chunk).await.unwrap();
    chunk.truncate(chunk.len() - 2);
    Some(chunk).filter(|chunk| !chunk.is_empty())
}

/// A request for gRPC-Web: one message without compression.
fn framed(message: &impl prost::Message) -> Vec<u8> {
    let message = message.encode_to_vec();
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    frame
}

fn hello() -> HelloRequest {
    HelloRequest { org_id: "acme".into() }
}

/// How a page with these headers is answered when it asks who it is.
async fn page(rig: &Rig, headers: &[(&str, &str)]) -> (Code, String) {
    let headers: Vec<_> = [("content-type", BINARY)].iter().chain(headers).copied().collect();
    let answer = ask(rig, &format!("POST {HELLO}"), &headers, &framed(&hello())).await;
    let (_, code, words) = answer.reply();
    (code, words)
}

#[tokio::test]
async fn d_browser_a_browser_is_told_which_pages_may_call() {
    let rig = rig().await;
    let question = |origin| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "auth-token,content-type,x-grpc-web"),
        ];
        let rig = &rig;
        async move { ask(rig, &format!("OPTIONS {HELLO}"), &headers, b"").await }
    };
    for origin in [DESK, OTHER] {
        let answer = question(origin).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert_eq!(answer.header("access-control-allow-methods"), "POST");
        assert_eq!(
            answer.header("access-control-allow-headers"),
            "auth-token,content-type,x-grpc-web"
        );
        assert!(answer.header("vary").contains("origin"), "a cache must not give it to others");
        assert!(answer.body.is_empty());
    }
    for origin in
        ["https://evil.example", "null", "http://desk.example.org", "https://desk.example.org:8443"]
    {
        assert_eq!(question(origin).await.header("access-control-allow-origin"), "", "{origin}");
    }
}

#[tokio::test]
async fn d_browser_a_page_with_a_token_is_answered_in_binary_and_in_text() {
    let rig = rig().await;
    let token = token(&rig, "acme", KEY).await;
    for kind in [
        "application/grpc-web",
        BINARY,
        "application/grpc-web-text",
        "application/grpc-web-text+proto",
    ] {
        let is_text = kind.contains("text");
        let plain = framed(&hello());
        let body = if is_text { STANDARD.encode(&plain).into_bytes() } else { plain };
        let headers =
            [("content-type", kind), ("accept", kind), ("origin", DESK), ("auth-token", &token)];
        let mut answer = ask(&rig, &format!("POST {HELLO}"), &headers, &body).await;
        assert_eq!(answer.header("access-control-allow-origin"), DESK);
        assert!(answer.header("access-control-expose-headers").contains("grpc-status"));
        assert!(
            answer.header("content-type").starts_with(kind),
            "{}",
            answer.header("content-type")
        );
        if is_text {
            // Each part of the reply is encoded for itself, and only the end of one has padding.
            answer.body = unpadded(answer.text());
        }
        let (message, code, _) = answer.reply();
        assert_eq!(code, Code::Ok, "{kind}");
        assert_eq!(HelloReply::decode(&*message).unwrap().caller, "ops");
    }
}

/// Reads base64 that was padded in several places.
fn unpadded(text: &str) -> Vec<u8> {
    let four = text.as_bytes().chunks(4);
    four.flat_map(|four| STANDARD.decode(four).unwrap()).collect()
}

#[tokio::test]
async fn d_browser_a_key_is_refused_from_a_page_also_a_good_one_and_beside_a_token() {
    let rig = rig().await;
    let token = token(&rig, "acme", KEY).await;
    let mut texts = Vec::new();
    for credentials in [
        &[("api-key", KEY)][..],
        &[("api-key", "wrong")],
        &[("api-key", KEY), ("auth-token", &token)],
    ] {
        for origin in [Some(("origin", DESK)), None] {
            let headers: Vec<_> = credentials.iter().copied().chain(origin).collect();
            let (code, words) = page(&rig, &headers).await;
            assert_eq!(code, Code::PermissionDenied, "{headers:?}");
            texts.push(words);
        }
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "whether a key is good is not told");
    assert!(texts[0].contains("make an auth-token with AuthToken"), "{texts:?}");
}

#[tokio::test]
async fn d_browser_only_pages_of_the_tokens_own_org_are_let_in() {
    let rig = rig().await;
    let (ours, theirs) = (token(&rig, "acme", KEY).await, token(&rig, "globex", FOREIGN).await);
    let denied = "the org of this token does not allow this page; its settings list `origins`";
    for origin in [OTHER, "https://evil.example", "null", ""] {
        let answer = page(&rig, &[("origin", origin), ("auth-token", &ours)]).await;
        assert_eq!(answer, (Code::PermissionDenied, denied.to_owned()), "{origin}");
    }
    assert_eq!(page(&rig, &[("origin", DESK), ("auth-token", &ours)]).await.0, Code::Ok);
    // The page is the other org's own, and then it is the org in the request that is foreign.
    let answer = page(&rig, &[("origin", OTHER), ("auth-token", &theirs)]).await;
    assert_eq!(answer, (Code::PermissionDenied, "this key is not for that org".to_owned()));
    // Programs outside of a browser have no origin, and an org that allows no page allows none of them.
    assert_eq!(page(&rig, &[("auth-token", &ours)]).await.0, Code::Ok);
    let mut config = settings();
    config.orgs[1].origins = vec![OTHER.to_owned()];
    let rig = Rig { running: start(config, &[]).await.unwrap() };
    let ours = self::token(&rig, "acme", KEY).await;
    for origin in [Some(("origin", OTHER)), None] {
        let headers: Vec<_> = [("auth-token", ours.as_str())].into_iter().chain(origin).collect();
        assert_eq!(page(&rig, &headers).await, (Code::PermissionDenied, denied.to_owned()));
    }
}

#[tokio::test]
async fn r_token_2_a_page_without_a_good_token_is_refused() {
    let rig = rig().await;
    let token = token(&rig, "acme", KEY).await;
    let none = page(&rig, &[("origin", DESK)]).await;
    assert_eq!(none, (Code::Unauthenticated, "an auth-token is needed".to_owned()));
    let bad = (Code::Unauthenticated, "this token is not valid".to_owned());
    assert_eq!(page(&rig, &[("origin", DESK), ("auth-token", "garbage")]).await, bad);
    assert_eq!(
        page(&rig, &[("origin", DESK), ("auth-token", KEY)]).await,
        bad,
        "a key is no token"
    );
    pass(Duration::from_secs(3601)).await;
    assert_eq!(page(&rig, &[("origin", DESK), ("auth-token", &token)]).await, bad, "it has ended");
}

#[tokio::test]
async fn a_page_shares_the_budget_of_the_key_behind_its_token() {
    let limits = Limits { writes_per_second: 1, burst: 1, feeds: 1, ..Limits::NONE };
    let mut config = settings();
    config.limits = limits;
    config.orgs[0].origins = vec![DESK.to_owned()];
    let rig = Rig { running: start(config, &[]).await.unwrap() };
    let token = token(&rig, "acme", KEY).await;
    let tag = UpdateCustomerTagRequest { org_id: "acme".into(), ..Default::default() };
    let path = "POST /com.elarian.hera.proto.GrpcWebService/UpdateCustomerTag";
    let headers = [("content-type", BINARY), ("origin", DESK), ("auth-token", token.as_str())];
    let first = ask(&rig, path, &headers, &framed(&tag)).await;
    assert_eq!(first.reply().1, Code::Ok);
    let second = ask(&rig, path, &headers, &framed(&tag)).await;
    assert_eq!(second.reply().1, Code::ResourceExhausted);
    assert_ne!(second.header("grpc-retry-pushback-ms"), "");
    assert_eq!(second.header("access-control-allow-origin"), DESK, "the page can read that");
}

#[tokio::test]
async fn r_conn_1_a_page_hears_its_stream_and_then_that_the_hub_stops() {
    let rig = rig().await;
    let token = token(&rig, "acme", KEY).await;
    let note = StreamNotificationRequest { org_id: "acme".into(), app_id: "desk".into() };
    let path = "POST /com.elarian.hera.proto.GrpcWebService/StreamNotifications";
    let headers = [("content-type", BINARY), ("origin", DESK), ("auth-token", token.as_str())];
    let mut line = send(&rig, path, &headers, &framed(&note)).await;
    let (status, _) = soon(read_head(&mut line)).await;
    assert_eq!(status, 200);

    // The same by HTTP/2, as a proxy may forward it.
    let channel =
        rig.channel().map_request(|request: HttpRequest<GrpcWebCall<Body>>| request.map(Body::new));
    let by_http2 = GrpcWebClientLayer::new().layer(channel);
    let mut request = Request::new(note);
    carry(request.metadata_mut(), &[("origin", DESK.to_owned()), ("auth-token", token)]);
    let mut client = GrpcWebServiceClient::new(by_http2);
    let mut stream = client.stream_notifications(request).await.unwrap().into_inner();

    rig.receive(JANE, "hello").await;
    rig.receive("+254700000002", "hi").await;
    // Each of the two customers belongs to one of the two streams.
    let (mut heard, mut rest) = (Vec::new(), Vec::new());
    while !heard.windows(5).any(|five| five == b"hello")
        && !heard.windows(2).any(|two| two == b"hi")
    {
        heard.extend(soon(read_chunk(&mut line)).await.unwrap());
    }
    while rest.is_empty() {
        let told = soon(stream.message()).await.unwrap().unwrap();
        rest.extend(told.entry.filter(|entry| matches!(entry, Entry::ReceivedMessage(_))));
    }
    let stopped = tokio::spawn(rig.running.shutdown());
    let end = soon(async {
        loop {
            if let Err(status) = stream.message().await {
                break status;
            }
        }
    });
    assert_eq!(end.await.code(), Code::Unavailable);
    let mut last = Vec::new();
    while let Some(chunk) = soon(read_chunk(&mut line)).await {
        last = chunk;
    }
    assert_eq!(last[0], 0x80, "the last frame has the trailers");
    assert!(String::from_utf8_lossy(&last[5..]).contains("grpc-status:14"), "{last:?}");
    soon(stopped).await.unwrap();
}

#[tokio::test]
async fn r_web_1_plain_http_is_answered_with_a_sentence() {
    for rig in [Rig::new().await, rig().await] {
        for (what, headers) in [
            ("GET /", &[][..]),
            ("GET /favicon.ico", &[("origin", DESK)]),
            (&format!("POST {HELLO}"), &[("content-type", "application/json")]),
            (&format!("POST {HELLO}"), &[("content-type", "application/grpc"), ("api-key", KEY)]),
            (&format!("OPTIONS {HELLO}"), &[]),
        ] {
            let answer = ask(&rig, what, headers, b"{}").await;
            assert_eq!(answer.status, 426, "{what}");
            assert_eq!(answer.header("upgrade"), "HTTP/2.0");
            assert!(answer.header("content-type").starts_with("text/plain"));
            assert!(
                answer.text().starts_with("This is a Switchboard hub. It speaks gRPC over HTTP/2")
            );
        }
    }
}

#[tokio::test]
async fn d_browser_without_origins_there_is_no_grpc_web() {
    let rig = Rig::new().await;
    let token = token(&rig, "acme", KEY).await;
    let headers = [("content-type", BINARY), ("origin", DESK), ("auth-token", token.as_str())];
    let answer = ask(&rig, &format!("POST {HELLO}"), &headers, &framed(&hello())).await;
    assert_eq!(answer.status, 415);
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert!(answer.text().contains("origins in hub.toml"), "{}", answer.text());
    let question = [("origin", DESK), ("access-control-request-method", "POST")];
    let answer = ask(&rig, &format!("OPTIONS {HELLO}"), &question, b"").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (415, ""));
    // With origins, other methods and encodings than those of gRPC-Web are said to be none.
    let rig = self::rig().await;
    for (what, kind) in [("GET", BINARY), ("POST", "application/grpc-web+json")] {
        let answer = ask(&rig, &format!("{what} {HELLO}"), &[("content-type", kind)], b"").await;
        assert_eq!(answer.status, 415, "{what} {kind}");
        assert!(answer.text().contains("by POST, with protobuf messages"));
    }
}

#[tokio::test]
async fn a_connection_of_http1_that_falls_silent_is_closed() {
    let rig = Rig::new().await;
    let mut line = (rig.running.connector())();
    line.write_all(b"GET / HTTP/1.1\r\nhost: hub\r\n\r\n").await.unwrap();
    let (status, headers) = soon(read_head(&mut line)).await;
    assert_eq!(status, 426);
    let mut body = vec![0; headers["content-length"].to_str().unwrap().parse().unwrap()];
    line.read_exact(&mut body).await.unwrap();
    tokio::time::pause();
    let end = tokio::time::timeout(Duration::from_mins(1), line.read(&mut [0; 1])).await;
    assert!(matches!(end, Ok(Ok(0) | Err(_))), "{end:?}");
}
