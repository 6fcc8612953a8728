//! A server of HTTP/2 whose frames are written by hand (RFC 9113; the headers by RFC 7541). It counts the pings
//! that it gets, complains about them, and answers as no server of tonic would.

use crate::sdk::{Client, Credentials, Endpoint, Options};
use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, WriteHalf},
    sync::Mutex as AsyncMutex,
    time::{Instant, sleep},
};

type Writer = AsyncMutex<WriteHalf<DuplexStream>>;

/// How a call is answered.
#[derive(Clone)]
pub enum RawReply {
    /// As a method that is not there.
    Unimplemented,
    /// With an empty message and status OK.
    Empty,
    /// With headers alone, and then nothing more.
    Headers,
    /// After this time, with this message, and then nothing more.
    Late(Duration, Vec<u8>),
    /// Not at all.
    Never,
    /// With a page for people and this status.
    Page(&'static str),
    /// With a message, and an end without a status.
    Cut,
}

/// What the server does, and what it saw.
#[derive(Clone)]
pub struct RawServer {
    pub to_hello: RawReply,
    pub to_others: RawReply,
    /// How many pings on one connection are too many.
    pub patience: usize,
    /// For each connection, how long after its begin each ping came.
    pub pings: Arc<Mutex<Vec<Vec<Duration>>>>,
}

impl RawServer {
    pub fn new(to_hello: RawReply, to_others: RawReply) -> Self {
        Self { to_hello, to_others, patience: usize::MAX, pings: Arc::default() }
    }

    pub fn client(&self) -> Client {
        let server = self.clone();
        let make = move || {
            let (ours, theirs) = tokio::io::duplex(64 * 1024);
            tokio::spawn(server.clone().serve(theirs));
            ours
        };
        Client::new(Options {
            endpoint: Endpoint::Local(Arc::new(make)),
            org: "org".into(),
            app: "app".into(),
            credentials: Credentials::api_key("sb_key"),
            insecure: false,
            by_person: false,
            ..Options::default()
        })
        .unwrap()
    }

    pub fn pings(&self) -> Vec<Vec<Duration>> {
        self.pings.lock().unwrap().clone()
    }

    async fn serve(self, io: DuplexStream) -> io::Result<()> {
        let begun = Instant::now();
        let nr = {
            let mut pings = self.pings.lock().unwrap();
            pings.push(Vec::new());
            pings.len() - 1
        };
        let (mut reader, writer) = tokio::io::split(io);
        let writer = Arc::new(AsyncMutex::new(writer));
        reader.read_exact(&mut [0; 24]).await?;
        send(&writer, 4, 0, 0, &[]).await?;
        loop {
            let mut head = [0; 9];
            reader.read_exact(&mut head).await?;
            let ([length @ .., kind, flags], stream) = head.split_at(5) else { continue };
            let number =
                |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
            let mut payload = vec![0; number(length) as usize];
            reader.read_exact(&mut payload).await?;
            let stream = number(stream);
            match (kind, flags & 1) {
                (0, _) if !payload.is_empty() => {
                    // Only a request for notifications names the app.
                    let is_hello = !payload.windows(3).any(|three| three == b"app");
                    let reply = if is_hello { &self.to_hello } else { &self.to_others };
                    // Beside the reading, because pings are answered also while a reply is late.
                    let (writer, reply) = (Arc::clone(&writer), reply.clone());
                    tokio::spawn(async move { answer(&writer, stream, reply).await });
                }
                (4, 0) => send(&writer, 4, 1, 0, &[]).await?,
                (6, 0) => {
                    let so_far = {
                        let mut pings = self.pings.lock().unwrap();
                        pings[nr].push(begun.elapsed());
                        pings[nr].len()
                    };
                    if so_far >= self.patience {
                        // As grpc-go does it: the streams that it knows are not part of the GOAWAY, and then
                        // it hangs up.
                        let fields = [&[0, 0, 0, 99, 0, 0, 0, 11], &b"too_many_pings"[..]].concat();
                        send(&writer, 7, 0, 0, &fields).await?;
                        return writer.lock().await.shutdown().await;
                    }
                    send(&writer, 6, 1, 0, &payload).await?;
                }
                _ => {}
            }
        }
    }
}

async fn send(io: &Writer, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let frame = [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat();
    io.lock().await.write_all(&frame).await
}

/// A header that goes into no table, with its name in letters.
fn header(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).unwrap();
    [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

async fn answer(io: &Writer, stream: u32, reply: RawReply) -> io::Result<()> {
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const END_STREAM: u8 = 1;
    const END_HEADERS: u8 = 4;
    // 0x88 is `:status: 200` in the static table, and 0x08 begins `:status` with another value.
    let ok = [vec![0x88], header("content-type", "application/grpc")].concat();
    match reply {
        RawReply::Never => Ok(()),
        RawReply::Unimplemented => {
            let fields = [ok, header("grpc-status", "12")].concat();
            send(io, HEADERS, END_HEADERS | END_STREAM, stream, &fields).await
        }
        RawReply::Headers => send(io, HEADERS, END_HEADERS, stream, &ok).await,
        RawReply::Empty => {
            send(io, HEADERS, END_HEADERS, stream, &ok).await?;
            send(io, DATA, 0, stream, &[0; 5]).await?;
            let status = header("grpc-status", "0");
            send(io, HEADERS, END_HEADERS | END_STREAM, stream, &status).await
        }
        RawReply::Late(after, message) => {
            sleep(after).await;
            send(io, HEADERS, END_HEADERS, stream, &ok).await?;
            let length = u32::try_from(message.len()).unwrap().to_be_bytes();
            send(io, DATA, 0, stream, &[&[0], &length[..], &message].concat()).await
        }
        RawReply::Page(status) => {
            let status = [&[0x08, 3], status.as_bytes()].concat();
            let fields = [status, header("content-type", "text/html; charset=utf-8")].concat();
            send(io, HEADERS, END_HEADERS, stream, &fields).await?;
            send(io, DATA, END_STREAM, stream, b"<h1>Sorry</h1>").await
        }
        RawReply::Cut => {
            send(io, HEADERS, END_HEADERS, stream, &ok).await?;
            send(io, DATA, END_STREAM, stream, &[0; 5]).await
        }
    }
}
