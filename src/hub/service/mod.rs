//! The gRPC services: decode, ask the hub, encode. No rule lives here; what the contract answers in
//! a reply is a reply, and only authentication, transport and faults become a status (R-AUTH-2).

mod dry_run;
pub mod hera;
pub mod leases;
mod lists;
pub mod operator;
mod order;
#[cfg(test)]
mod tests;

use super::{
    auth::{Access, Auth},
    engine::Hub,
    limits::{self, LARGEST_MESSAGE},
    notify::Notifier,
};
use crate::{
    model::{
        CallId,
        limits::{LEASE_CALL, REASON_CHARS},
    },
    wire::{operation::Operation, proto::hera::LeaseCustomerMetadataRequest},
};
use leases::Leases;
pub use order::Meta;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, metadata::MetadataMap};

/// What the services stand on; cheap to clone.
#[derive(Clone)]
pub struct Backend {
    /// The engine.
    pub hub: Hub,
    /// Keys and tokens.
    pub auth: Arc<Auth>,
    /// The queues of `StreamNotifications`.
    pub notifier: Notifier,
    /// Who waits for a leased value.
    pub leases: Leases,
    /// Cancelled when the hub stops; streams end then.
    pub stop: CancellationToken,
}

/// Gives a generated server the house's bounds on requests and replies.
macro_rules! bounded {
    ($server:expr) => {
        $server
            .max_decoding_message_size(LARGEST_MESSAGE)
            .max_encoding_message_size(LARGEST_MESSAGE)
    };
}

impl Backend {
    /// The public contract, ready to serve.
    #[must_use]
    pub fn hera(
        &self,
    ) -> crate::wire::proto::hera::grpc_web_service_server::GrpcWebServiceServer<hera::Hera> {
        use crate::wire::proto::hera::grpc_web_service_server::GrpcWebServiceServer as Server;
        bounded!(Server::new(hera::Hera::new(self.clone())))
    }
    /// What consoles need, ready to serve.
    #[must_use]
    pub fn operator(
        &self,
    ) -> crate::wire::proto::v1::operator_server::OperatorServer<operator::Operator> {
        use crate::wire::proto::v1::operator_server::OperatorServer as Server;
        bounded!(Server::new(operator::Operator::new(self.clone())))
    }
}

/// Who calls, as the auth layer left it.
pub fn access<T>(request: &Request<T>) -> Result<Access, Status> {
    let access = request.extensions().get::<Access>().cloned();
    access.ok_or_else(|| Status::internal("a service stands outside the auth layer"))
}

/// The idempotency key of a call, if it has one (decision D-IDEM).
pub fn call_id(metadata: &MetadataMap) -> Result<Option<CallId>, Status> {
    let Some(value) = metadata.get("idempotency-key") else { return Ok(None) };
    let id = value.to_str().ok().map(CallId::from).filter(CallId::is_valid);
    id.map(Some).ok_or_else(|| {
        Status::invalid_argument("an idempotency-key is 8 to 255 printable ASCII characters")
    })
}

/// Why a customer is asked to agree, or opted out: UTF-8 text of at most 255 characters.
fn reason(metadata: &MetadataMap) -> Result<String, &'static str> {
    const BAD: &str = "reason-bin must be UTF-8 text of at most 255 characters";
    let Some(value) = metadata.get_bin("reason-bin") else { return Ok(String::new()) };
    let text = value.to_bytes().ok().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    text.filter(|text| text.chars().nth(REASON_CHARS).is_none()).ok_or(BAD)
}

/// How long a unary call of that path may take.
#[must_use]
pub fn deadline(path: &str) -> Duration {
    if path == LeaseCustomerMetadataRequest::PATH { LEASE_CALL } else { limits::DEADLINE }
}

impl Backend {
    /// An order that came over gRPC: the same path for every one of both contracts.
    async fn ordered<R: Operation>(
        &self,
        request: Request<R>,
    ) -> Result<Response<R::Reply>, Status> {
        let access = access(&request)?;
        let metadata = request.metadata();
        let meta = Meta {
            call: call_id(metadata)?,
            reason: reason(metadata),
            patience: leases::patience(metadata),
        };
        Ok(Response::new(self.order(access, meta, request.into_inner()).await?))
    }
}
