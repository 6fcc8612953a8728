//! Opening a stream of notifications, by one rule for feeds, listeners and programs (R-CONN-6).
//!
//! Some servers of the contract send the headers of a stream only together with its first message, which may
//! take hours. So silence is no failure, if the server has shown just before, on the same connection, that it
//! is there: it answered `Hello`, be it that it does not know it. Our own hub answers at once, so its silence
//! is a failure.

use super::{Client, Error, connect::HubChannel, error::CallKind, feed::ANSWER};
use crate::{
    model::{Event, Hello},
    wire::proto::{
        hera::{WebhookRequest, grpc_web_service_client::GrpcWebServiceClient},
        v1::{HelloRequest, operator_client::OperatorClient},
    },
};
use futures_util::future::BoxFuture;
use std::time::Duration;
use tokio::time::timeout;
use tonic::{Response, Status, Streaming};

type Opening = BoxFuture<'static, Result<Response<Streaming<WebhookRequest>>, Status>>;

/// A stream of notifications that counts as open.
pub(super) struct OpenStream {
    headers: Headers,
    /// What the hub said of itself just before; nothing, if it has only the public contract.
    hello: Hello,
    /// Kept because a connection that takes no more calls pings no more, although a stream is open on it.
    _line: HubChannel,
}

enum Headers {
    /// They are still to come.
    Awaited(Opening),
    Read(Box<Streaming<WebhookRequest>>),
}

impl OpenStream {
    /// How long a prompt that this event may be can be answered, from when it came (R-HOOK-1). Where the contract
    /// does not carry the number, the org's time counts.
    pub(super) fn answer_within(&self, event: &Event) -> Duration {
        self.hello.answer_within(&event.channel.clone().unwrap_or_default())
    }
    /// The next notification. Nothing is lost if this is dropped before it is there.
    pub(super) async fn message(&mut self) -> Result<Option<WebhookRequest>, Status> {
        loop {
            match &mut self.headers {
                Headers::Read(stream) => return stream.message().await,
                Headers::Awaited(opening) => {
                    let stream = opening.await?.into_inner();
                    self.headers = Headers::Read(Box::new(stream));
                }
            }
        }
    }
}

impl Client {
    /// Opens the stream on a connection of its own, because a dead one must not be tried again.
    pub(super) async fn open_stream(&self) -> Result<OpenStream, Error> {
        let line = self.new_channel();
        let hello = HelloRequest { org_id: self.0.org.to_string() };
        let said = timeout(ANSWER, OperatorClient::new(line.clone()).hello(hello)).await;
        match said.map_err(|_| self.silence())? {
            Ok(said) => {
                let line = if self.is_our_hub(true) { self.new_channel() } else { line };
                // A hub that says something which this version cannot read has a stream all the same.
                let hello = Hello::try_from(said.into_inner()).unwrap_or_default();
                Ok(OpenStream { hello, ..self.open_stream_on(line, false).await? })
            }
            Err(status) => match self.fault(CallKind::Read, &status).await {
                error @ Error::Unreachable { .. } => Err(error),
                // Whatever it says about `Hello`, the stream has its own answer.
                _ => self.open_stream_on(line, true).await,
            },
        }
    }

    /// Opens the stream on this connection. With `may_be_late`, which is for a server that has just answered
    /// something else, it counts as open also before its headers are there.
    pub(super) async fn open_stream_on(
        &self,
        line: HubChannel,
        may_be_late: bool,
    ) -> Result<OpenStream, Error> {
        let request = self.notification_request();
        let mut hera = GrpcWebServiceClient::new(line.clone());
        let mut opening: Opening =
            Box::pin(async move { hera.stream_notifications(request).await });
        let headers = match timeout(ANSWER, &mut opening).await {
            Ok(Ok(reply)) => Headers::Read(Box::new(reply.into_inner())),
            Ok(Err(status)) => return Err(self.fault(CallKind::Read, &status).await),
            Err(_) if may_be_late => Headers::Awaited(opening),
            Err(_) => return Err(self.silence()),
        };
        Ok(OpenStream { headers, hello: Hello::default(), _line: line })
    }

    fn silence(&self) -> Error {
        let reason = format!("no answer within {} s", ANSWER.as_secs());
        CallKind::Read.lost(&self.0.name, reason)
    }
}
