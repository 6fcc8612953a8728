//! New idempotency keys. They are made without a clock or a random source: random bytes come in
//! once from outside, so that a recorded session replays with the same keys (D-IDEM).

use crate::model::{CallId, id::hex};
use sha2::{Digest, Sha256};

#[derive(Clone, Debug)]
pub struct Ids {
    seed: [u8; 16],
    made: u64,
}

impl Ids {
    /// `seed` must be 16 random bytes: two consoles with the same seed would make the same keys.
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
