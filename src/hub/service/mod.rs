//! The gRPC services, which decode a request, ask the hub and encode the answer. No rule lives
//! here. A refusal of the contract is a reply; only authentication, transport and faults become
//! a status (R-AUTH-2).

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
    overview::Overview,
};
use crate::{
    model::{
        CallId, MessageReceipt, Receipt, Seq, TagTerms, Timestamp, WorkId,
        limits::{LEASE_CALL, REASON_CHARS},
    },
    wire::{
        operation::Operation,
        proto::{hera::LeaseCustomerMetadataRequest, v1},
    },
};
use leases::Leases;
pub use order::Meta;
use prost::Message as _;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Response, Status,
    metadata::{MetadataMap, MetadataValue},
};

/// Everything that the services need. It is cheap to clone, and each service has one.
#[derive(Clone)]
pub struct Backend {
    pub hub: Hub,
    pub auth: Arc<Auth>,
    pub notifier: Notifier,
    /// Answers how the hub is.
    pub overview: Overview,
    /// The lease calls that wait for their turn.
    pub leases: Leases,
    /// Cancelled when the hub stops, so that streams end and waiting calls return.
    pub stop: CancellationToken,
}

/// Gives a generated server the hub's limits on the size of requests and replies.
macro_rules! bounded {
    ($server:expr) => {
        $server
            .max_decoding_message_size(LARGEST_MESSAGE)
            .max_encoding_message_size(LARGEST_MESSAGE)
    };
}

impl Backend {
    /// The service of the public contract, ready to be served.
    #[must_use]
    pub fn hera(
        &self,
    ) -> crate::wire::proto::hera::grpc_web_service_server::GrpcWebServiceServer<hera::Hera> {
        use crate::wire::proto::hera::grpc_web_service_server::GrpcWebServiceServer as Server;
        bounded!(Server::new(hera::Hera::new(self.clone())))
    }
    /// The service for consoles, ready to be served.
    #[must_use]
    pub fn operator(
        &self,
    ) -> crate::wire::proto::v1::operator_server::OperatorServer<operator::Operator> {
        use crate::wire::proto::v1::operator_server::OperatorServer as Server;
        bounded!(Server::new(operator::Operator::new(self.clone())))
    }
}

/// What the caller may do, as the auth layer noted it in the request.
pub fn access<T>(request: &Request<T>) -> Result<Access, Status> {
    let access = request.extensions().get::<Access>().cloned();
    access.ok_or_else(|| Status::internal("a service stands outside the auth layer"))
}

/// The idempotency key of a call, if it has one (D-IDEM). A malformed one is `INVALID_ARGUMENT`.
pub fn call_id(metadata: &MetadataMap) -> Result<Option<CallId>, Status> {
    let Some(value) = metadata.get("idempotency-key") else { return Ok(None) };
    let id = value.to_str().ok().map(CallId::from).filter(CallId::is_valid);
    id.map(Some).ok_or_else(|| {
        Status::invalid_argument("an idempotency-key is 8 to 255 printable ASCII characters")
    })
}

/// The reason for which a customer is asked to agree or is opted out, from the metadata `reason-bin`;
/// empty if there is none. The error says what a reason may be.
fn reason(metadata: &MetadataMap) -> Result<String, &'static str> {
    const BAD: &str = "reason-bin must be UTF-8 text of at most 255 characters";
    let Some(value) = metadata.get_bin("reason-bin") else { return Ok(String::new()) };
    let text = value.to_bytes().ok().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    text.filter(|text| text.chars().nth(REASON_CHARS).is_none()).ok_or(BAD)
}

/// Whether a person sends a call, as its metadata `sent-by` says (R-WAIT-2). Whoever does not say so is a
/// program, as the SDKs of the contract are. A word that is neither is `INVALID_ARGUMENT`.
fn by_person(metadata: &MetadataMap) -> Result<bool, Status> {
    match metadata.get("sent-by").map(MetadataValue::as_bytes) {
        None | Some(b"program") => Ok(false),
        Some(b"person") => Ok(true),
        Some(_) => Err(Status::invalid_argument("sent-by is `person` or `program`")),
    }
}

/// How far the sender of a message has seen what was said to the customer, from the metadata `seen-seq`
/// (R-CONFLICT-1). `None` if the call does not say. What is no place is `INVALID_ARGUMENT`.
fn seen(metadata: &MetadataMap) -> Result<Option<Seq>, Status> {
    let Some(value) = metadata.get("seen-seq") else { return Ok(None) };
    let place = value.to_str().ok().and_then(|place| place.parse().ok());
    place.map(|place| Some(Seq(place))).ok_or_else(|| {
        Status::invalid_argument("seen-seq is a place in the log: a number such as 1204")
    })
}

/// Whether the gaps of a message by tag are filled for each customer, from the metadata `fill-gaps` (R-CANNED-4). A
/// word other than `true` and `false` is `INVALID_ARGUMENT`.
fn fills(metadata: &MetadataMap) -> Result<bool, Status> {
    match metadata.get("fill-gaps").map(MetadataValue::as_bytes) {
        None | Some(b"false") => Ok(false),
        Some(b"true") => Ok(true),
        Some(_) => Err(Status::invalid_argument("fill-gaps is `true` or `false`")),
    }
}

/// What is said of a message by tag beside its request: `fill-gaps` (R-CANNED-4), `send-rate` (R-TAGWORK-7),
/// `failed-of` (R-TAGWORK-10), `send-at` and `instead-of` (R-LATER-5) and `quiet-hours` (R-QUIET-5), each as metadata
/// of its own.
fn terms(metadata: &MetadataMap) -> Result<TagTerms, Status> {
    let text = |name: &str| {
        let text = metadata.get(name).map(|value| value.to_str().map(str::trim));
        let refuse = |_| Status::invalid_argument(format!("{name} is not readable text"));
        text.transpose().map_err(refuse)
    };
    let rate = text("send-rate")?.map(str::parse).transpose();
    let rate = rate.map_err(|why| Status::invalid_argument(format!("send-rate: {why}")))?;
    let work = |name: &str| match text(name)?.map(WorkId::from) {
        Some(work) if work.is_empty() => {
            Err(Status::invalid_argument(format!("{name} is the id of a work by tag")))
        }
        work => Ok(work),
    };
    let (failed_of, instead_of) = (work("failed-of")?, work("instead-of")?);
    let at = text("send-at")?.map(str::parse::<jiff::Timestamp>).transpose();
    let at = at.map_err(|_| {
        Status::invalid_argument("send-at is a time in RFC 3339, such as 2026-12-24T09:00:00Z")
    })?;
    let keeps_quiet = match text("quiet-hours")? {
        None | Some("ignore") => false,
        Some("wait") => true,
        Some(_) => return Err(Status::invalid_argument("quiet-hours is `wait` or `ignore`")),
    };
    let (fill, at) = (fills(metadata)?, at.map(Timestamp::from));
    Ok(TagTerms { fill, rate, failed_of, at, keeps_quiet, instead_of })
}

/// The reply that a receipt makes. What a colleague answered meanwhile travels beside it, as the
/// metadata `conflict-bin` (D-WIRE-EXTRA).
fn reply<R: for<'a> From<&'a Receipt>>(receipt: &Receipt) -> Response<R> {
    let mut response = Response::new(receipt.into());
    if let Receipt::Message(MessageReceipt { conflict: Some(conflict), .. }) = receipt {
        let conflict = v1::LastAnswer::from(&**conflict).encode_to_vec();
        response.metadata_mut().insert_bin("conflict-bin", MetadataValue::from_bytes(&conflict));
    }
    response
}

/// How long a unary call to that path may take: longer for a lease call, which may wait for its turn.
#[must_use]
pub fn deadline(path: &str) -> Duration {
    if path == LeaseCustomerMetadataRequest::PATH { LEASE_CALL } else { limits::DEADLINE }
}

impl Backend {
    /// Handles a command that came over gRPC. Every command of both services goes this way.
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
            by_person: by_person(metadata)?,
            seen: seen(metadata)?,
            terms: terms(metadata)?,
        };
        Ok(reply(&self.order(access, meta, request.into_inner()).await?))
    }
}
