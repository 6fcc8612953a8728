//! What whoever administers a hub has to know of its settings. It is read without the secrets that the hub needs: a
//! variable that has a key, for one, is set where the hub runs and not in the shell of its administrator.

use super::{ConfigError, HubConfig, KeyHash, SANDBOX, file, known_app, read_key};
use crate::model::{AppId, OrgId, file_text::without_mark};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The settings of a hub, as far as they concern who may call it.
#[derive(Clone, Debug)]
pub struct HubOutline {
    /// The folder that the settings name.
    pub data_dir: Option<PathBuf>,
    pub orgs: Vec<OrgOutline>,
}

/// An org of the settings.
#[derive(Clone, Debug)]
pub struct OrgOutline {
    pub id: OrgId,
    pub apps: Vec<AppId>,
    pub keys: Vec<OutlinedKey>,
}

/// A key of the settings.
#[derive(Clone, Debug)]
pub struct OutlinedKey {
    pub label: String,
    pub apps: Vec<AppId>,
    /// `None` if the key cannot be read here.
    pub hash: Option<KeyHash>,
}

impl HubOutline {
    /// Reads a settings file; `None` is the built-in sandbox.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = path else {
            return Self::parse(Path::new("the built-in settings"), SANDBOX);
        };
        let text = fs::read_to_string(path)
            .map_err(|e| ConfigError::of(path, format!("cannot be read: {e}")))?;
        Self::parse(path, without_mark(&text))
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let file: file::HubFile =
            toml::from_str(text).map_err(|e| ConfigError::from_toml(path, text, &e))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let data_dir = file.data_dir.map(|dir| folder.join(dir));
        let orgs = file.org.into_iter().map(|org| {
            let apps: Vec<AppId> = org.apps.iter().map(|app| app.trim().into()).collect();
            let keys = org.key.into_iter().map(|key| {
                let label = key.label.clone();
                let own = key.apps.iter().filter_map(|app| known_app(app, &apps).ok()).collect();
                let hash = read_key(key, &apps, folder).ok().map(|key| key.hash);
                OutlinedKey { label, apps: own, hash }
            });
            let keys = keys.collect();
            OrgOutline { id: org.id.trim().into(), apps, keys }
        });
        Ok(Self { data_dir, orgs: orgs.collect() })
    }
}

impl HubConfig {
    /// How many keys the settings have, of all orgs.
    #[must_use]
    pub fn key_count(&self) -> usize {
        self.orgs.iter().map(|org| org.keys.len()).sum()
    }
}
