//! Calls of every rpc as they go over a connection, byte by byte: recorded from a client of HTTP/2 that calls a hub.

use super::sample::Contracts;
use crate::{
    hub::serve::Connector,
    wire::rpcs::{Rpc, rpcs},
};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex, split},
    time::timeout,
};

/// The key that the hub of these calls knows.
pub const KEY: &str = "sb_fuzzfuzz_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
/// How much may be under way between the client and the hub.
const PIPE: usize = 64 << 10;
/// How long a hub may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a client wrote to call an rpc.
#[derive(Clone, Debug)]
pub struct Recording {
    pub rpc: String,
    pub bytes: Vec<u8>,
}

/// Calls every rpc of both contracts on a connection of its own. The error says which call had no answer.
pub async fn recordings(hub: &Connector, seed: u64) -> Result<Vec<Recording>, String> {
    let contracts = Contracts::read();
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut all = Vec::new();
    for Rpc { path, request, .. } in rpcs() {
        let message = contracts.message(&request, &mut chance);
        let bytes = timeout(PATIENCE, recorded(hub(), &path, &message)).await;
        let bytes = bytes.map_err(|_| format!("{path} is not answered"))?;
        let bytes = bytes.map_err(|error| format!("{path}: {error}"))?;
        all.push(Recording { rpc: path, bytes });
    }
    Ok(all)
}

/// Calls one rpc, and returns everything that was written for it.
async fn recorded(hub: DuplexStream, rpc: &str, message: &[u8]) -> Result<Vec<u8>, h2::Error> {
    let written = Arc::new(Mutex::new(Vec::new()));
    let (client, wire) = duplex(PIPE);
    let ((mut from_client, mut to_client), (mut from_hub, mut to_hub)) = (split(wire), split(hub));
    let copy = Arc::clone(&written);
    let there = tokio::spawn(async move {
        let mut bytes = vec![0; PIPE];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            copy.lock().unwrap_or_else(PoisonError::into_inner).extend(&bytes[..count]);
            if to_hub.write_all(&bytes[..count]).await.is_err() {
                break;
            }
        }
    });
    let back = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_hub, &mut to_client).await;
    });
    let (client, connection) = h2::client::handshake(client).await?;
    let connection = tokio::spawn(async move {
        let _ = connection.await;
    });
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://hub{rpc}"))
        .header("te", "trailers")
        .header("content-type", "application/grpc")
        .header("api-key", KEY)
        .body(())
        .unwrap_or_default();
    let (answer, mut body) = client.ready().await?.send_request(request, false)?;
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
    body.send_data(Bytes::from([&[0], &length[..], message].concat()), true)?;
    let answer = answer.await?;
    debug_assert_eq!(answer.status(), StatusCode::OK, "{rpc}");
    // What the client says when it goes is no part of the call.
    let written = std::mem::take(&mut *written.lock().unwrap_or_else(PoisonError::into_inner));
    for task in [there, back, connection] {
        task.abort();
    }
    drop((answer, body));
    Ok(written)
}
