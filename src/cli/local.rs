//! The hub that runs inside this process: where its data is, its key, and how other programs of the
//! same user find it.
//!
//! The key stands in the data folder, readable by its owner only, and so does the address if the hub
//! listens. A second program on the same folder finds both there and connects instead of starting a
//! hub, because the log of a folder has one writer.

use super::{
    exit::{CliError, Code},
    out, profile,
};
use crate::{
    carriers,
    hub::{
        config::{HubConfig, KeyConfig},
        log::{folder::FolderError, sqlite::LogFile},
        private,
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

/// The label of the key, which events name as whoever caused them.
const LABEL: &str = "agent";

/// The data folder: what `--data-dir` says, else `$XDG_DATA_HOME/switchboard`.
pub fn data_dir(asked: Option<&Path>) -> Result<PathBuf, CliError> {
    if let Some(dir) = asked {
        return Ok(dir.to_owned());
    }
    let dirs = etcetera::choose_base_strategy()
        .map_err(|_| CliError::usage("there is no home folder; name one with --data-dir"))?;
    Ok(etcetera::BaseStrategy::data_dir(&dirs).join("switchboard"))
}

/// The running hub of this process.
pub struct Local {
    pub running: Running,
    /// The key to it. Other programs of this user use the same one.
    pub key: Secret,
    /// The first org of its settings, which is meant if no other is named.
    pub org: OrgId,
    /// The first app of that org, which is meant if no other is named.
    pub app: AppId,
    dir: PathBuf,
}

/// Why the hub could not be started.
pub enum Refusal {
    /// Another process has the data folder. The address is where that one listens, if it does.
    Taken(Option<SocketAddr>, CliError),
    Failed(CliError),
}

/// What is asked of the hub of this process.
#[derive(Clone, Copy, Debug)]
pub struct LocalWishes<'a> {
    /// Its data folder.
    pub data_dir: Option<&'a Path>,
    /// Its settings; `None` for the built-in sandbox.
    pub settings: Option<&'a Path>,
    /// The org to work in.
    pub org: Option<&'a str>,
    /// Where it listens. Without one it listens where its settings say, if they do.
    pub listen: Option<SocketAddr>,
    /// Whether others may reach it there without TLS (R-TLS-6).
    pub plaintext: bool,
    /// Whether to start on a log that lacks entries which were there before (R-LOG-4).
    pub accept_loss: bool,
}

/// The data folder of the hub: what was asked for, else what its settings say, else `data` beside them, else that of
/// the built-in sandbox. So a sandbox and a real network never share one by accident.
pub fn folder(wishes: &LocalWishes<'_>) -> Result<PathBuf, CliError> {
    match (wishes.data_dir, wishes.settings) {
        (None, Some(file)) => {
            let beside = || file.parent().unwrap_or(Path::new("")).join("data");
            Ok(read(file)?.data_dir.unwrap_or_else(beside))
        }
        (asked, _) => data_dir(asked),
    }
}

/// Starts the hub on a data folder, with what its settings attach.
pub async fn start(dir: &Path, wishes: &LocalWishes<'_>) -> Result<Local, Refusal> {
    let mut config = settings(dir, wishes).map_err(Refusal::Failed)?;
    config.listen = wishes.listen.or(config.listen);
    config.accept_loss = wishes.accept_loss;
    config.plaintext.at_start = wishes.plaintext;
    let (org, app) = meant(&config, wishes).map_err(Refusal::Failed)?;
    if wishes.settings.is_none() {
        check_whose(dir, &config).map_err(Refusal::Failed)?;
    }
    let key = key(dir).map_err(Refusal::Failed)?;
    // The key alone tells the org, so it belongs to one.
    for of in config.orgs.iter_mut().filter(|of| of.settings.id == org) {
        of.keys.push(KeyConfig::of_text(LABEL, key.expose()));
    }
    // Whoever starts a console or a verb sees its terminal and not the log of the hub.
    let running = serve::start_telling(config, &[sandbox::attach, carriers::attach], out::complain)
        .await
        .map_err(|error| refusal(dir, &error))?;
    let local = Local { running, key, org, app, dir: dir.to_owned() };
    if let Some(addr) = local.running.addr
        && let Err(error) = private::replace(&address_file(dir), &addr.to_string())
    {
        tracing::warn!(%error, "other programs will not find this hub by its data folder");
    }
    Ok(local)
}

/// Refuses the folder of a hub whose orgs the built-in settings do not name: simulated customers and money would go into
/// its log for good. What else is wrong with the folder is found at the start.
fn check_whose(dir: &Path, config: &HubConfig) -> Result<(), CliError> {
    let Ok(ends) = LogFile::open(dir).map(|log| log.ends().unwrap_or_default()) else {
        return Ok(());
    };
    let is_known = |id: &OrgId| config.orgs.iter().any(|org| org.settings.id == *id);
    if ends.is_empty() || ends.keys().any(is_known) {
        return Ok(());
    }
    let names: Vec<_> = ends.keys().map(OrgId::as_str).collect();
    Err(CliError::usage(format!(
        "{} is the data folder of a hub with other orgs ({}), and this would simulate customers in it. Start that hub \
         with its settings (`switchboard serve --config`, or `switchboard --config` for a console on it), or name \
         another folder with --data-dir",
        dir.display(),
        names.join(", ")
    )))
}

fn settings(dir: &Path, wishes: &LocalWishes<'_>) -> Result<HubConfig, CliError> {
    let Some(file) = wishes.settings else {
        let built_in = HubConfig::embedded(Some(dir.to_owned()));
        let (mut config, _) = built_in.map_err(|error| CliError::usage(error.to_string()))?;
        // The key that it was given is known to nobody.
        config.orgs.iter_mut().for_each(|org| org.keys.clear());
        return Ok(config);
    };
    let mut config = read(file)?;
    config.data_dir = Some(dir.to_owned());
    Ok(config)
}

fn read(file: &Path) -> Result<HubConfig, CliError> {
    HubConfig::load_for_one(file).map_err(|error| CliError::usage(error.to_string()))
}

/// The org that is meant, which is the first one if none is named, and its first app.
fn meant(config: &HubConfig, wishes: &LocalWishes<'_>) -> Result<(OrgId, AppId), CliError> {
    let is_meant = |id: &OrgId| wishes.org.is_none_or(|asked| asked == id.as_str());
    let org = config.orgs.iter().find(|org| is_meant(&org.settings.id)).ok_or_else(|| {
        let ids: Vec<_> = config.orgs.iter().map(|org| org.settings.id.as_str()).collect();
        let asked = wishes.org.unwrap_or_default();
        CliError::usage(format!("this hub has no org `{asked}`; it has {}", ids.join(", ")))
    })?;
    Ok((org.settings.id.clone(), org.settings.apps.first().cloned().unwrap_or_default()))
}

/// Whether the hub of these wishes speaks TLS.
pub fn speaks_tls(wishes: &LocalWishes<'_>) -> Result<bool, CliError> {
    Ok(wishes.settings.map(read).transpose()?.is_some_and(|config| config.tls.is_some()))
}

/// The org and the app that are meant of the hub on that folder, which another process may run.
pub fn who(wishes: &LocalWishes<'_>) -> Result<(OrgId, AppId), CliError> {
    let config = match wishes.settings {
        Some(file) => read(file)?,
        None => settings(Path::new(""), wishes)?,
    };
    match (meant(&config, wishes), wishes) {
        // Only that process knows its settings, and answers for an org that is not there.
        (Err(_), LocalWishes { settings: None, org: Some(org), .. }) => {
            Ok((OrgId::from(*org), AppId::default()))
        }
        (found, _) => found,
    }
}

fn refusal(dir: &Path, error: &StartError) -> Refusal {
    let failure = CliError::new(Code::from(error), error.to_string());
    if matches!(error, StartError::Folder(FolderError::InUse(_))) {
        Refusal::Taken(address(&address_file(dir)), failure)
    } else {
        Refusal::Failed(failure)
    }
}

/// Where the hub on that folder says that it listens. An address that others could have written is
/// not used, because the key goes there.
fn address(file: &Path) -> Option<SocketAddr> {
    private::check(file).ok()?;
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

impl Local {
    /// Stops the hub. Nothing is lost by it, because everything acknowledged is on
    /// disk already (D-DURABLE).
    pub async fn stop(self) {
        let _ = fs::remove_file(address_file(&self.dir));
        self.running.shutdown().await;
    }
}

fn address_file(dir: &Path) -> PathBuf {
    dir.join("listening")
}

/// The key of the hub on that folder. It is made at the first start.
pub fn key(dir: &Path) -> Result<Secret, CliError> {
    let path = dir.join("api-key");
    if path.exists() {
        return profile::read_key(&path);
    }
    let unwritable = |e: io::Error| {
        CliError::new(
            Code::Unreachable,
            format!(
                "cannot write to the data folder {}: {e}\nName another with --data-dir.",
                dir.display()
            ),
        )
    };
    private::folder(dir).map_err(unwritable)?;
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|e| CliError::new(Code::Unreachable, format!("no randomness: {e}")))?;
    let text = format!("sb_local_{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
    private::write_new(&path, &text).map_err(unwritable)?;
    Ok(Secret::new(text))
}
