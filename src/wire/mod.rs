//! How it looks outside: generated code and every conversion to and from the model, nothing else.
//!
//! No rule and no default of the domain is decided here. A conversion that can fail says what
//! was wrong; one that cannot is a plain function or a `From`. Floating point money exists only
//! in `money.rs`, and nothing outside this room, `sdk` and `hub/service` sees generated types.
//!
//! Both directions of a pair stand in one place, most of them as one row of a table (`pair.rs`).

#![deny(clippy::wildcard_enum_match_arm)]

pub mod answer;
mod by;
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
pub mod sandbox;
pub mod state;
mod voice;
mod work;

pub use parts::{duration, from_duration, from_time, time};

use crate::model::ClientError;
use sha2::{Digest as _, Sha256};
use std::convert::Infallible;

/// Why something from outside cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct DecodeError {
    /// What was wrong, in a sentence.
    pub what: String,
}

impl DecodeError {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

impl From<DecodeError> for ClientError {
    /// An answer that cannot be understood is the hub's fault.
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

/// What decides whether two calls under one idempotency key are the same call (D-IDEM): the
/// SHA-256 of the rpc's path and its encoded request. Encoding is deterministic here, because
/// every map is a `BTreeMap`; the hub encodes what it decoded, so clients need not be.
#[must_use]
pub fn digest(rpc_path: &str, encoded_request: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    // The length keeps path and request apart.
    hash.update((rpc_path.len() as u64).to_be_bytes());
    hash.update(rpc_path);
    hash.update(encoded_request);
    hash.finalize().into()
}

/// Generated from `proto/`. The nesting follows the protobuf packages.
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
    /// Our own contract.
    pub use switchboard::v1;
    /// The serialized `FileDescriptorSet` of both.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
}

#[cfg(test)]
mod tests;
