//! API keys, which the settings give by hash, by file or by variable. A key's text is hashed where it is
//! read and then forgotten, so nothing in the process holds one after the start.

use crate::{
    hub::private,
    model::{file_text::without_mark, id::hex},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{fmt, path::Path};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// The least length of a key, because a shorter one could be guessed.
const SHORTEST: usize = 16;

/// The SHA-256 of a credential (R-SECRET-2). Credentials are long and random, so the hash needs no salt
/// and no slow function. A slow one would let anybody overload the hub with wrong keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        Self(Sha256::digest(text).into())
    }
    /// Reads `sha256:` and 64 hex digits; `None` if the text is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
    /// The same text, for a file that others cannot read.
    #[must_use]
    pub fn text(&self) -> String {
        format!("sha256:{}", hex(&self.0))
    }
    /// Whether both are the same. The time that it takes does not tell where they differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl From<KeyHash> for String {
    fn from(hash: KeyHash) -> Self {
        hash.text()
    }
}

impl TryFrom<String> for KeyHash {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::parse(&text).ok_or("a hash is `sha256:` and 64 hex digits")
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:***")
    }
}

/// Hashes a key's text, or says in a sentence why it is no key.
pub(super) fn hash_of(text: &str) -> Result<KeyHash, String> {
    let text = text.trim();
    if text.len() < SHORTEST {
        return Err(format!("the key is too short: {SHORTEST} characters are the least"));
    }
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("the key has characters that call metadata cannot carry".to_owned());
    }
    Ok(KeyHash::of(text.as_bytes()))
}

/// Reads a key from a file, and refuses a file that others than its owner can read or exchange (R-SECRET-3).
pub(super) fn hash_of_file(path: &Path) -> Result<KeyHash, String> {
    let text = private::secret(path).map_err(|why| why.to_string())?;
    hash_of(without_mark(&text)).map_err(|why| format!("{}: {why}", path.display()))
}

/// Reads a key from an environment variable.
pub(super) fn hash_of_variable(name: &str) -> Result<KeyHash, String> {
    hash_of(&variable(name)?).map_err(|why| format!("variable {name}: {why}"))
}

/// The text of an environment variable.
pub(super) fn variable(name: &str) -> Result<Zeroizing<String>, String> {
    let text = std::env::var(name).map_err(|_| format!("the variable {name} is not set"))?;
    Ok(Zeroizing::new(text))
}
