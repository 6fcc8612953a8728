//! The API keys that `switchboard admin key` adds and revokes: `keys.toml` in the data folder, which has their hashes and
//! never their texts (R-KEY-1). The verb writes it, and the hub reads it several times a second, so that a change needs
//! neither a restart nor a call over the network (R-KEY-2).
//!
//! When a key was last used stands in a file of its own, `keys.used.toml`, so that the hub never writes to the file of
//! the verb. Keys of the settings are no part of this; `auth` puts both together.

use super::{
    config::{self, KeyHash},
    private::{self, ExposedPath},
};
use crate::model::{AppId, OrgId, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{task::spawn_blocking, time::sleep};
use zeroize::Zeroizing;

/// How often the hub looks whether the keys have changed.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// What stands on top of the file, for whoever opens it.
const TOP: &str = "# The API keys that `switchboard admin key` added, by their hashes. The hub reads this several times a\n\
                   # second. Whoever can change it can let anybody in.\n\n";

/// A key of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredKey {
    pub org: OrgId,
    /// Who holds it, which events carry as their author.
    pub label: String,
    /// The apps that it may act for; empty means all apps of the org.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apps: Vec<AppId>,
    /// The beginning of its text, by which people tell keys apart. It is no secret.
    pub prefix: String,
    pub hash: KeyHash,
    pub added: Timestamp,
}

/// Why the keys cannot be read or changed. Each message is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    #[error(transparent)]
    Exposed(#[from] ExposedPath),
    #[error("{} cannot be understood, and no key of it is taken: {error}", .path.display())]
    Damaged { path: PathBuf, error: Box<toml::de::Error> },
    #[error("cannot write {}: {error}", .path.display())]
    Unwritable { path: PathBuf, error: io::Error },
    #[error("no random bytes for a key: {0}")]
    NoRandomness(getrandom::Error),
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    #[serde(default)]
    key: Vec<StoredKey>,
}

/// Where the keys of a hub are kept.
#[derive(Clone, Debug)]
pub struct KeyStore {
    path: PathBuf,
}

impl KeyStore {
    /// The keys of the hub with this data folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join("keys.toml") }
    }

    /// The keys; none if there is no file.
    pub fn read(&self) -> Result<Vec<StoredKey>, KeyStoreError> {
        self.parse(&self.text()?)
    }

    /// Adds a key, and returns its text, which is kept nowhere.
    pub fn add(
        &self,
        org: OrgId,
        label: String,
        apps: Vec<AppId>,
        added: Timestamp,
    ) -> Result<Zeroizing<String>, KeyStoreError> {
        let text = config::fresh_key().map_err(KeyStoreError::NoRandomness)?;
        let hash = KeyHash::of(text.as_bytes());
        let prefix = text.chars().take(config::KEY_PREFIX).collect();
        self.change(|keys| keys.push(StoredKey { org, label, apps, prefix, hash, added }))?;
        Ok(text)
    }

    /// Takes a key away; false if it was not there any more.
    pub fn remove(&self, hash: &KeyHash) -> Result<bool, KeyStoreError> {
        let before = self.change(|keys| keys.retain(|key| key.hash != *hash))?;
        Ok(before.iter().any(|key| key.hash == *hash))
    }

    /// Changes the keys while nobody else does, and returns what they were before.
    fn change(
        &self,
        change: impl FnOnce(&mut Vec<StoredKey>),
    ) -> Result<Vec<StoredKey>, KeyStoreError> {
        let unwritable = |error| KeyStoreError::Unwritable { path: self.path.clone(), error };
        if let Some(folder) = self.path.parent() {
            private::folder(folder).map_err(unwritable)?;
        }
        let _lock = private::lock(&self.path.with_extension("lock")).map_err(unwritable)?;
        let before = self.read()?;
        let mut file = KeysFile { key: before.clone() };
        change(&mut file.key);
        let text = toml::to_string(&file).map_err(|error| unwritable(io::Error::other(error)))?;
        private::exchange(&self.path, &format!("{TOP}{text}")).map_err(unwritable)?;
        Ok(before)
    }

    /// When keys were last used, by the text of their hashes. A file that cannot be read says nothing.
    #[must_use]
    pub fn used(&self) -> BTreeMap<String, Timestamp> {
        let text = private::secret(&self.used_path()).ok();
        text.and_then(|text| toml::from_str(&text).ok()).unwrap_or_default()
    }

    /// Keeps when keys were last used.
    pub fn keep_used(&self, used: &BTreeMap<String, Timestamp>) -> io::Result<()> {
        let text = toml::to_string(used).map_err(io::Error::other)?;
        private::exchange(&self.used_path(), &text)
    }

    fn used_path(&self) -> PathBuf {
        self.path.with_extension("used.toml")
    }

    /// Hands the keys on whenever they have changed since `last`, for as long as it is polled. What cannot be read is said
    /// once, and the keys before it stay.
    pub async fn follow(
        self,
        mut last: Vec<StoredKey>,
        mut take: impl FnMut(Vec<StoredKey>),
        mut say: impl FnMut(&str),
    ) {
        let mut problem = None;
        loop {
            sleep(LOOK_EVERY).await;
            let store = self.clone();
            let Ok(read) = spawn_blocking(move || store.read()).await else { continue };
            match read {
                Ok(keys) => {
                    problem = None;
                    if keys != last {
                        last.clone_from(&keys);
                        take(keys);
                    }
                }
                Err(why) => {
                    let why = format!("the API keys stay as they were: {why}");
                    if problem.as_ref() != Some(&why) {
                        say(&why);
                    }
                    problem = Some(why);
                }
            }
        }
    }

    fn text(&self) -> Result<Zeroizing<String>, KeyStoreError> {
        match fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Zeroizing::default()),
            _ => Ok(private::secret(&self.path)?),
        }
    }

    fn parse(&self, text: &str) -> Result<Vec<StoredKey>, KeyStoreError> {
        let file: KeysFile = toml::from_str(text).map_err(|error| KeyStoreError::Damaged {
            path: self.path.clone(),
            error: Box::new(error),
        })?;
        Ok(file.key)
    }
}
