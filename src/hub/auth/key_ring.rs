//! The keys that are accepted now. They come from the settings and from the file of `switchboard admin key`, either of which
//! may change while the hub runs (R-KEY-2); whatever a key was the root of ends with it (R-KEY-3).

use super::Auth;
use crate::{
    hub::{
        budget::{Allowance, Budget},
        config::{HubConfig, KeyConfig, KeyHash},
        keys::StoredKey,
    },
    model::{AppId, OrgId, Timestamp},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};
use tokio_util::sync::CancellationToken;

/// What keys of an org may do at most.
pub(super) struct OrgRights {
    pub id: OrgId,
    pub apps: Vec<AppId>,
    /// The pages that may call with its tokens, by their origins.
    pub origins: Vec<String>,
    /// What its keys may use together.
    pub allowance: Arc<Allowance>,
}

/// The keys that are accepted now, and where they come from.
#[derive(Default)]
pub(super) struct KeyRing {
    /// Those of the settings.
    settings: Vec<GivenKey>,
    /// Those that were added while the hub runs.
    stored: Vec<GivenKey>,
    pub known: Vec<Arc<KnownKey>>,
}

/// A key with the org that it is for.
type GivenKey = (OrgId, KeyConfig);

pub(super) struct KnownKey {
    pub org: OrgId,
    /// The apps that it may act for, in the order of the settings.
    pub apps: Vec<AppId>,
    /// Whether these are all apps of the org, so that it may act for the org as a whole (R-AUTH-3).
    pub whole: bool,
    pub label: String,
    /// The pages that may call with its tokens, by their origins.
    pub origins: Vec<String>,
    pub hash: KeyHash,
    pub budget: Arc<Budget>,
    /// Cancelled when the key is taken away (R-KEY-3).
    pub revoked: CancellationToken,
    /// When a call last came with it or with a token of it, in microseconds; 0 if none did.
    pub used: AtomicI64,
}

impl Auth {
    /// Accepts the keys of these settings in the place of those of the settings before, and looks at no other setting.
    /// A key for an org or an app that was not there at the start cannot be accepted, which is returned in sentences.
    #[must_use]
    pub fn take_settings(&self, config: &HubConfig) -> Vec<String> {
        let (mut given, mut odd) = (Vec::new(), Vec::new());
        for org in &config.orgs {
            for key in &org.keys {
                match self.unfit(&org.settings.id, key) {
                    Some(why) => odd.push(format!(
                        "the key `{}` of the settings is not taken before a restart: {why}",
                        key.label
                    )),
                    None => given.push((org.settings.id.clone(), key.clone())),
                }
            }
        }
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.settings = given;
        self.renew(&mut keys);
        odd
    }

    /// Why a key cannot be accepted; `None` if it can.
    fn unfit(&self, org: &OrgId, key: &KeyConfig) -> Option<String> {
        let Some(rights) = self.orgs.iter().find(|rights| rights.id == *org) else {
            return Some(format!("this hub has no org `{org}`"));
        };
        let is_foreign = key.apps.iter().any(|app| !rights.apps.contains(app));
        is_foreign.then(|| format!("it is for an app that org `{org}` does not have"))
    }

    /// Accepts the keys that were added while the hub runs, in the place of those before. What cannot be accepted is
    /// returned in sentences.
    pub fn take_stored(&self, stored: Vec<StoredKey>) -> Vec<String> {
        let mut odd = Vec::new();
        let mut given = Vec::new();
        for StoredKey { org, label, apps, hash, .. } in stored {
            let key = KeyConfig { label, apps, hash };
            match self.unfit(&org, &key) {
                Some(why) => {
                    let label = &key.label;
                    odd.push(format!("the key `{label}` of keys.toml is not taken: {why}"));
                }
                None => given.push((org, key)),
            }
        }
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.stored = given;
        self.renew(&mut keys);
        odd
    }

    /// Knows exactly the keys that are given now. A key that is given as before goes on with its budget, tokens and
    /// streams; one that is gone, or that may do something else now, is revoked with all of them.
    fn renew(&self, keys: &mut KeyRing) {
        let mut known: Vec<Arc<KnownKey>> = Vec::new();
        for (org, key) in keys.settings.iter().chain(&keys.stored) {
            let Some(rights) = self.orgs.iter().find(|rights| rights.id == *org) else { continue };
            // The key alone tells the org, so a second one of the same text is not known.
            if known.iter().any(|known| known.hash == key.hash) {
                continue;
            }
            let apps = if key.apps.is_empty() { &rights.apps } else { &key.apps };
            let is_same = |known: &&Arc<KnownKey>| {
                known.hash == key.hash
                    && known.org == *org
                    && known.label == key.label
                    && known.apps == *apps
            };
            known.push(match keys.known.iter().find(is_same) {
                Some(same) => Arc::clone(same),
                None => Arc::new(KnownKey {
                    org: org.clone(),
                    apps: apps.clone(),
                    whole: rights.apps.iter().all(|app| apps.contains(app)),
                    label: key.label.clone(),
                    origins: rights.origins.clone(),
                    hash: key.hash,
                    budget: Arc::new(Budget::new(self.limits, Arc::clone(&rights.allowance))),
                    revoked: CancellationToken::new(),
                    used: AtomicI64::default(),
                }),
            });
        }
        let is_kept = |old: &Arc<KnownKey>| known.iter().any(|key| Arc::ptr_eq(key, old));
        keys.known.iter().filter(|old| !is_kept(old)).for_each(|old| old.revoked.cancel());
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, token| !token.key.revoked.is_cancelled());
        keys.known = known;
    }

    /// The orgs that no key is for now.
    #[must_use]
    pub fn keyless(&self) -> Vec<OrgId> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let has_none = |org: &&OrgRights| keys.known.iter().all(|key| key.org != org.id);
        self.orgs.iter().filter(has_none).map(|org| org.id.clone()).collect()
    }

    /// When each key that is accepted now was last used, by the text of its hash. `before` is what was known
    /// of that when the hub started.
    #[must_use]
    pub fn used(&self, before: &BTreeMap<String, Timestamp>) -> BTreeMap<String, Timestamp> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let used = keys.known.iter().filter_map(|key| {
            let hash = key.hash.text();
            let at = match key.used.load(Ordering::Relaxed) {
                0 => *before.get(&hash)?,
                at => Timestamp::from_micros(at),
            };
            Some((hash, at))
        });
        used.collect()
    }
}
