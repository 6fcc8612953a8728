//! `switchboard admin key`: who may call a hub. It works on the files of the hub's machine and calls nobody, so that it
//! needs no key itself, and works while the hub is down.

use super::{
    args::{ConnectionArgs, KeyVerb, OutputFormat},
    exit::{CliError, Code},
    local,
    out::{self, PipeState},
};
use crate::{
    console::text::Safe,
    hub::{
        clock,
        config::{HubOutline, KeyHash, OrgOutline},
        keys::{KeyStore, KeyStoreError, StoredKey},
    },
    model::{AppId, OrgId, Timestamp, nearest},
};
use serde_json::json;
use std::path::{Path, PathBuf};

/// How many characters of a hash stand for a key that has no prefix.
const HASH_SHOWN: usize = 15;

/// A key as it is listed.
struct ListedKey {
    org: OrgId,
    label: String,
    prefix: String,
    apps: Vec<AppId>,
    /// When it was added; `None` if it stands in the settings.
    added: Option<Timestamp>,
    used: Option<Timestamp>,
}

/// Does what a verb below `admin key` says.
pub fn run(asked: &ConnectionArgs, settings: Option<&Path>, verb: KeyVerb) -> Result<(), CliError> {
    let outline = HubOutline::load(settings).map_err(|e| CliError::usage(e.to_string()))?;
    let folder = folder(asked, settings, &outline)?;
    let store = KeyStore::in_folder(&folder);
    match verb {
        KeyVerb::List { format } => list(&store, &outline, asked.org.as_deref(), format),
        KeyVerb::Add { label, apps } => {
            let org = org(&outline, asked.org.as_deref())?;
            add(&store, org, &label, &apps)
        }
        KeyVerb::Revoke { key } => revoke(&store, &outline, asked.org.as_deref(), &key),
    }
}

/// The data folder of the hub. One that nobody named is used only if a hub has been there, because a hub without a data
/// folder would never look at it.
fn folder(
    asked: &ConnectionArgs,
    settings: Option<&Path>,
    outline: &HubOutline,
) -> Result<PathBuf, CliError> {
    let Some(file) = settings else { return local::data_dir(asked.data_dir.as_deref()) };
    if let Some(named) = asked.data_dir.as_ref().or(outline.data_dir.as_ref()) {
        return Ok(named.clone());
    }
    let beside = file.parent().unwrap_or(Path::new("")).join("data");
    if beside.join("log.db").exists() {
        return Ok(beside);
    }
    Err(CliError::usage(format!(
        "{} names no data_dir: name the hub's data folder with --data-dir",
        file.display()
    )))
}

/// The org that is meant, which need not be named if there is one only.
fn org<'a>(outline: &'a HubOutline, asked: Option<&str>) -> Result<&'a OrgOutline, CliError> {
    let ids: Vec<_> = outline.orgs.iter().map(|org| org.id.as_str()).collect();
    match (asked, &outline.orgs[..]) {
        (None, [only]) => Ok(only),
        (None, _) => {
            Err(CliError::usage(format!("whose key is it? Give --org {}", ids.join(" or --org "))))
        }
        (Some(asked), orgs) => orgs.iter().find(|org| org.id.as_str() == asked).ok_or_else(|| {
            CliError::usage(format!("this hub has no org `{asked}`; it has {}", ids.join(", ")))
        }),
    }
}

fn add(store: &KeyStore, org: &OrgOutline, label: &str, apps: &[String]) -> Result<(), CliError> {
    let label = label.trim();
    if label.is_empty() {
        return Err(CliError::usage("a label says who holds the key, and must not be blank"));
    }
    let mut own = Vec::new();
    for app in apps {
        let app = AppId::from(app.trim());
        if !org.apps.contains(&app) {
            let known: Vec<_> = org.apps.iter().map(AppId::as_str).collect();
            let near = nearest(app.as_str(), &known);
            let near =
                near.map_or_else(|| known.join(", "), |near| format!("did you mean {near}?"));
            return Err(CliError::usage(format!("org {} has no app `{app}`: {near}", org.id)));
        }
        own.push(app);
    }
    let key = store.add(org.id.clone(), label.to_owned(), own, clock::now())?;
    out::complain(&format!(
        "the key of {label} in org {}; it is shown this once and kept nowhere:",
        org.id
    ));
    let why = match out::line(&key) {
        Ok(PipeState::Open) => return Ok(()),
        Ok(PipeState::Closed) => "nobody reads stdout".to_owned(),
        Err(error) => error.message,
    };
    // Nobody has it, and nobody can be told it again.
    store.remove(&KeyHash::of(key.as_bytes()))?;
    Err(CliError::new(Code::LogFailed, format!("{why}; the key is revoked, so add another one")))
}

fn revoke(
    store: &KeyStore,
    outline: &HubOutline,
    org: Option<&str>,
    asked: &str,
) -> Result<(), CliError> {
    let is_of = |id: &OrgId| org.is_none_or(|org| org == id.as_str());
    let stored = store.read()?;
    let named = |key: &&StoredKey| is_of(&key.org) && (key.label == asked || key.prefix == asked);
    let found: Vec<_> = stored.iter().filter(named).collect();
    match &found[..] {
        [key] => {
            store.remove(&key.hash)?;
            let (label, prefix) = (&key.label, &key.prefix);
            out::complain(&format!("the key {prefix} of {label} is revoked"));
            Ok(())
        }
        [] => {
            let listed = listed(store, outline, org)?;
            let in_settings = |key: &&ListedKey| {
                key.added.is_none() && (key.label == asked || key.prefix == asked)
            };
            if listed.iter().any(|key| in_settings(&key)) {
                return Err(CliError::usage(format!(
                    "the key of {asked} stands in the settings: take its [[org.key]] out there, and have the hub read \
                     them again with SIGHUP (`kill -HUP`)"
                )));
            }
            let why = format!(
                "there is no key {asked:?}; `switchboard admin key list` shows all of them"
            );
            Err(CliError::new(Code::Refused, why))
        }
        several => {
            let prefixes: Vec<_> = several.iter().map(|key| key.prefix.as_str()).collect();
            Err(CliError::usage(format!(
                "{} keys have the label {asked:?}: say which by its prefix, {}",
                several.len(),
                prefixes.join(" or ")
            )))
        }
    }
}

/// All keys, those of the settings first.
fn listed(
    store: &KeyStore,
    outline: &HubOutline,
    org: Option<&str>,
) -> Result<Vec<ListedKey>, CliError> {
    let used = store.used();
    let mut all = Vec::new();
    for org in &outline.orgs {
        for key in &org.keys {
            let hash = key.hash.as_ref().map(KeyHash::text);
            all.push(ListedKey {
                org: org.id.clone(),
                label: key.label.clone(),
                prefix: hash.as_ref().map_or("?", |hash| &hash[..HASH_SHOWN]).to_owned(),
                apps: key.apps.clone(),
                added: None,
                used: hash.and_then(|hash| used.get(&hash).copied()),
            });
        }
    }
    for key in store.read()? {
        let used = used.get(&key.hash.text()).copied();
        let StoredKey { org, label, apps, prefix, added, .. } = key;
        all.push(ListedKey { org, label, prefix, apps, added: Some(added), used });
    }
    all.retain(|key| org.is_none_or(|org| org == key.org.as_str()));
    Ok(all)
}

fn list(
    store: &KeyStore,
    outline: &HubOutline,
    org: Option<&str>,
    format: OutputFormat,
) -> Result<(), CliError> {
    for key in listed(store, outline, org)? {
        let ListedKey { org, label, prefix, apps, added, used } = key;
        let line = if format == OutputFormat::Json {
            let place = if added.is_some() { "keys.toml" } else { "settings" };
            out::json(&json!({
                "org": org, "label": label, "prefix": prefix, "apps": apps, "from": place, "added": added,
                "last_used": used,
            }))?
        } else {
            let apps: Vec<_> = apps.iter().map(AppId::as_str).collect();
            let apps = if apps.is_empty() { "all apps".to_owned() } else { apps.join(",") };
            let added =
                added.map_or("in the settings".to_owned(), |at| format!("added {}", at.minute()));
            let used =
                used.map_or("never used".to_owned(), |at| format!("last used {}", at.minute()));
            let line = format!("{prefix:<15}  {label:<20}  {org}  {apps}  {added}  {used}");
            Safe::new(&line).as_str().to_owned()
        };
        if out::line(&line)? == out::PipeState::Closed {
            break;
        }
    }
    Ok(())
}

impl From<KeyStoreError> for CliError {
    fn from(why: KeyStoreError) -> Self {
        match why {
            KeyStoreError::Unwritable { .. } | KeyStoreError::NoRandomness(_) => {
                Self::new(Code::LogFailed, why.to_string())
            }
            KeyStoreError::Exposed(_) | KeyStoreError::Damaged { .. } => {
                Self::usage(why.to_string())
            }
        }
    }
}
