//! What travels and what is stored: the code generated from `proto/`, and every conversion between
//! it and the model.
//!
//! Nothing of the domain is decided here, neither a rule nor a default. A conversion that can fail
//! says what was wrong, and one that cannot is a plain function or a `From`. Amounts are floating
//! point numbers only in `money.rs`. Outside this module, generated types are seen only by the client
//! (`sdk`) and by those parts of `hub` and `sandbox` that speak gRPC.
//!
//! Both directions of a conversion stand in one place, most of them as one row of
//! a table (`pair.rs`).

#![deny(clippy::wildcard_enum_match_arm)]

pub mod client;
pub mod entry;
mod kind;
pub mod money;
pub mod notification;
pub mod operation;
pub mod outlook;
mod pair;
mod parts;
mod receipt;
pub mod reply;
pub mod request;
pub mod rpcs;
pub mod sandbox;
pub mod state;
mod status_report;
mod voice;
mod with;
pub mod work;

pub use parts::{duration, from_duration, from_time, time};

use crate::model::ClientError;
use sha2::{Digest as _, Sha256};
use std::convert::Infallible;

/// Why something that came from outside cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct DecodeError {
    /// What was wrong, as a sentence.
    pub what: String,
}

impl DecodeError {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

impl From<DecodeError> for ClientError {
    /// If a client cannot understand an answer, that is the hub's fault.
    fn from(error: DecodeError) -> Self {
        Self::Internal(error.what)
    }
}

impl From<Infallible> for DecodeError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<prost::DecodeError> for DecodeError {
    fn from(error: prost::DecodeError) -> Self {
        Self::new(error.to_string())
    }
}

/// What decides whether two calls under one idempotency key are the same call (D-IDEM): the SHA-256
/// of the rpc's path and the encoded request. The same request always encodes to the same bytes
/// here, because every map is a `BTreeMap`. The hub encodes what it has decoded, so that clients
/// may encode as they like.
#[must_use]
pub fn digest(rpc_path: &str, encoded_request: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    // The length makes sure that a part of the path cannot be taken for a part of the request.
    hash.update((rpc_path.len() as u64).to_be_bytes());
    hash.update(rpc_path);
    hash.update(encoded_request);
    hash.finalize().into()
}

/// The code generated from `proto/`, nested like the protobuf packages.
#[allow(missing_docs, clippy::all, clippy::pedantic, reason = "generated")]
pub mod proto {
    #[doc(hidden)]
    pub mod com {
        pub mod elarian {
            pub mod hera {
                pub mod proto {
                    tonic::include_proto!("com.elarian.hera.proto");
                }
            }
        }
    }
    #[doc(hidden)]
    pub mod switchboard {
        pub mod v1 {
            tonic::include_proto!("switchboard.v1");
        }
    }
    /// The public Elarian contract.
    pub use com::elarian::hera::proto as hera;
    /// Our own contract, which carries what the public one cannot (D-WIRE-EXTRA).
    pub use switchboard::v1;
    /// The serialized `FileDescriptorSet` of both contracts, which gRPC reflection serves and tests read.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
}

#[cfg(test)]
mod tests;
