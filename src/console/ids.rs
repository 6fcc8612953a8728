//! New idempotency keys, made without a clock or a random source of their own: the seed comes in
//! once from outside, so that a recorded session replays with the same keys.

use crate::model::{CallId, id::hex};
use sha2::{Digest, Sha256};

/// A source of call ids.
#[derive(Clone, Debug)]
pub struct Ids {
    seed: [u8; 16],
    made: u64,
}

impl Ids {
    /// From 16 random bytes.
    #[must_use]
    pub const fn new(seed: [u8; 16]) -> Self {
        Self { seed, made: 0 }
    }
    /// The next key: `sb-` and 32 hex digits.
    pub fn call(&mut self) -> CallId {
        self.made += 1;
        let digest = Sha256::new().chain_update(self.seed).chain_update(self.made.to_be_bytes());
        format!("sb-{}", hex(&digest.finalize()[..16])).into()
    }
}
