//! The hub inside this process: where its data lives, its key, and how other programs of the same
//! user find it.

use super::{
    exit::{Code, Failure},
    profile,
};
use crate::{
    hub::{
        config::{HubConfig, KeyConfig},
        log::folder::{FolderError, private_dir},
        serve::{self, Running, StartError},
    },
    model::{AppId, OrgId},
    sandbox,
    sdk::Secret,
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// The key's label in events: what the agent of this machine does is shown as done by them.
const LABEL: &str = "agent";

/// The data folder: `--data-dir`, or `$XDG_DATA_HOME/switchboard`.
pub fn data_dir(asked: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(dir) = asked {
        return Ok(dir.to_owned());
    }
    let dirs = etcetera::choose_base_strategy()
        .map_err(|_| Failure::usage("there is no home folder; name one with --data-dir"))?;
    Ok(etcetera::BaseStrategy::data_dir(&dirs).join("switchboard"))
}

/// A hub of our own and the key to it.
pub struct Local {
    /// It.
    pub running: Running,
    /// Its key, valid for programs of this user too.
    pub key: Secret,
    /// Its first org.
    pub org: OrgId,
    /// The org's first app.
    pub app: AppId,
    dir: PathBuf,
}

/// Why there is no hub of our own.
pub enum Refusal {
    /// Another process has the data folder; where it listens, if it does.
    Taken(Option<SocketAddr>, Failure),
    /// Anything else.
    Failed(Failure),
}

/// Starts the embedded hub on the data folder.
pub async fn start(dir: &Path, listen: Option<SocketAddr>) -> Result<Local, Refusal> {
    let key = key(dir).map_err(Refusal::Failed)?;
    let mut config = settings(dir).map_err(Refusal::Failed)?;
    config.listen = listen;
    let (org, app) = first_app(&config);
    for org in &mut config.orgs {
        org.keys = vec![KeyConfig::of_text(LABEL, key.expose())];
    }
    let running =
        serve::start(config, &[sandbox::attach]).await.map_err(|error| refusal(dir, &error))?;
    let local = Local { running, key, org, app, dir: dir.to_owned() };
    if let Some(addr) = local.running.addr
        && let Err(error) = fs::write(address_file(dir), addr.to_string())
    {
        tracing::warn!(%error, "other programs will not find this hub by its data folder");
    }
    Ok(local)
}

fn settings(dir: &Path) -> Result<HubConfig, Failure> {
    HubConfig::embedded(Some(dir.to_owned()))
        .map(|(config, _)| config)
        .map_err(|error| Failure::usage(error.to_string()))
}

fn first_app(config: &HubConfig) -> (OrgId, AppId) {
    config.orgs.first().map_or_else(Default::default, |org| {
        (org.settings.id.clone(), org.settings.apps.first().cloned().unwrap_or_default())
    })
}

/// The org and app of the embedded hub, whoever runs it.
pub fn who(dir: &Path) -> Result<(OrgId, AppId), Failure> {
    settings(dir).map(|config| first_app(&config))
}

fn refusal(dir: &Path, error: &StartError) -> Refusal {
    let failure = Failure::new(Code::Unreachable, error.to_string());
    if matches!(error, StartError::Folder(FolderError::InUse(_))) {
        let addr = fs::read_to_string(address_file(dir)).ok().and_then(|t| t.trim().parse().ok());
        Refusal::Taken(addr, failure)
    } else {
        Refusal::Failed(failure)
    }
}

impl Local {
    /// Stops the hub; everything acknowledged is on disk already.
    pub async fn stop(self) {
        let _ = fs::remove_file(address_file(&self.dir));
        self.running.shutdown().await;
    }
}

fn address_file(dir: &Path) -> PathBuf {
    dir.join("listening")
}

/// The key of the embedded hub, made at the first start; readable by its owner only.
pub fn key(dir: &Path) -> Result<Secret, Failure> {
    let path = dir.join("api-key");
    if path.exists() {
        return profile::read_key(&path);
    }
    let unwritable = |e: io::Error| {
        Failure::new(
            Code::Unreachable,
            format!(
                "cannot write to the data folder {}: {e}\nName another with --data-dir.",
                dir.display()
            ),
        )
    };
    private_dir(dir).map_err(unwritable)?;
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|e| Failure::new(Code::Unreachable, format!("no randomness: {e}")))?;
    let text = format!("sb_local_{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
    write_private(&path, &text).map_err(unwritable)?;
    Ok(Secret::new(text))
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}
