//! From arguments to a client: a hub elsewhere, a hub of the same user that already runs, or one
//! of our own; and the console on top of it.

use super::{
    args::Target,
    exit::{Code, Failure},
    local::{self, Local, Refusal},
    profile::{self, Profile},
};
use crate::{
    console::{self, ConsoleOptions, app::AppOptions, keymap::Keymap, link::Link},
    hub::log::folder::private_dir,
    model::OrgId,
    sdk::{Client, Credentials, Endpoint, Options},
};
use jiff::tz::TimeZone;
use std::{
    env, fs, io::IsTerminal as _, net::SocketAddr, path::PathBuf, sync::Mutex, time::Duration,
};

/// A client, and the hub behind it if that is ours.
struct Session {
    client: Client,
    local: Option<Local>,
    org: OrgId,
}

/// Runs a headless verb on a client and stops what was started for it.
pub async fn with_client(
    target: &Target,
    verb: impl AsyncFnOnce(&Client) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let session = open(target, None).await?;
    let result = verb(&session.client).await;
    if let Some(local) = session.local {
        local.stop().await;
    }
    result
}

/// Opens the console and stays until the agent leaves.
pub async fn console(
    target: &Target,
    listen: Option<SocketAddr>,
    hold: Duration,
) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Failure::usage(
            "the console needs a terminal; for scripts use `switchboard tail`, `get` or `send`",
        ));
    }
    let state = state_dir(target)?;
    log_to(&state);
    let session = open(target, listen).await?;
    let mut seed = [0; 16];
    getrandom::fill(&mut seed)
        .map_err(|e| Failure::new(Code::Unreachable, format!("no randomness: {e}")))?;
    let (keymap, notices) = keymap();
    let options = ConsoleOptions {
        link: Link::start(&session.client),
        app: AppOptions {
            org: session.org,
            seed,
            hold,
            zone: TimeZone::system(),
            mouse: env::var_os("SSH_CONNECTION").is_none(),
            keymap,
            ..AppOptions::default()
        },
        notices,
        drafts: Some(state.join("drafts.json")),
        mono: env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()),
    };
    let result = console::run(options).await;
    if let Some(local) = session.local {
        local.stop().await;
    }
    result.map_err(|error| Failure::new(Code::Unreachable, error.to_string()))
}

/// The default keys, changed by `keymap.toml` beside the profiles; what cannot be used of it is
/// told in the console, which starts all the same.
fn keymap() -> (Keymap, Vec<String>) {
    let mut keymap = Keymap::default();
    let Ok(dirs) = etcetera::choose_base_strategy() else { return (keymap, Vec::new()) };
    let path = profile::path(&dirs).with_file_name("keymap.toml");
    let problems = match fs::read_to_string(&path) {
        Ok(text) => keymap.change(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => vec![error.to_string()],
    };
    let told = problems.into_iter().map(|why| format!("{}: {why}", path.display())).collect();
    (keymap, told)
}

async fn open(target: &Target, listen: Option<SocketAddr>) -> Result<Session, Failure> {
    let profile = profile(target)?;
    let endpoint = target.endpoint.clone().or_else(|| profile.as_ref()?.endpoint.clone());
    match endpoint {
        Some(uri) if listen.is_some() => Err(Failure::usage(format!(
            "--listen is for the embedded hub, but the hub is at {uri}"
        ))),
        Some(uri) => remote(target, profile.as_ref(), uri),
        None => embedded(target, listen).await,
    }
}

fn profile(target: &Target) -> Result<Option<Profile>, Failure> {
    let Ok(dirs) = etcetera::choose_base_strategy() else { return Ok(None) };
    profile::load(&profile::path(&dirs), target.profile.as_deref())
}

fn remote(target: &Target, profile: Option<&Profile>, uri: String) -> Result<Session, Failure> {
    let need = |flag: &Option<String>, field: fn(&Profile) -> &Option<String>, name: &str| {
        flag.clone().or_else(|| profile.and_then(|p| field(p).clone())).ok_or_else(|| {
            Failure::usage(format!("--{name} is needed with --endpoint (or `{name}` in a profile)"))
        })
    };
    let options = Options {
        endpoint: Endpoint::Uri(uri),
        org: need(&target.org, |p| &p.org, "org")?.into(),
        app: need(&target.app, |p| &p.app, "app")?.into(),
        credentials: profile::credentials(profile)?,
        insecure: target.insecure || profile.is_some_and(|p| p.insecure),
    };
    let org = options.org.clone();
    Ok(Session { client: Client::new(options)?, local: None, org })
}

/// Our own hub; or, if another process of this user has the data folder and listens, that one.
async fn embedded(target: &Target, listen: Option<SocketAddr>) -> Result<Session, Failure> {
    let dir = local::data_dir(target.data_dir.as_deref())?;
    match local::start(&dir, listen).await {
        Ok(local) => {
            let org = target.org.clone().map_or_else(|| local.org.clone(), Into::into);
            let client = Client::new(Options {
                endpoint: Endpoint::Local(local.running.connector()),
                org: org.clone(),
                app: target.app.clone().map_or_else(|| local.app.clone(), Into::into),
                credentials: Credentials::ApiKey(local.key.clone()),
                insecure: false,
            })?;
            Ok(Session { client, local: Some(local), org })
        }
        Err(Refusal::Taken(Some(addr), failure)) if listen.is_none() => {
            let (org, app) = local::who(&dir)?;
            let org = target.org.clone().map_or(org, OrgId::from);
            let options = Options {
                endpoint: Endpoint::Uri(format!("http://{addr}")),
                org: org.clone(),
                app: target.app.clone().map_or(app, Into::into),
                credentials: Credentials::ApiKey(local::key(&dir).map_err(|_| failure)?),
                insecure: false,
            };
            Ok(Session { client: Client::new(options)?, local: None, org })
        }
        Err(Refusal::Taken(_, failure)) => Err(Failure::new(
            failure.code,
            format!(
                "{failure}\nStart that one with --listen 127.0.0.1:7400 to share it, or name another folder with --data-dir."
            ),
        )),
        Err(Refusal::Failed(failure)) => Err(failure),
    }
}

/// Where drafts and the log file live: `$XDG_STATE_HOME/switchboard`, or with `--data-dir` there.
fn state_dir(target: &Target) -> Result<PathBuf, Failure> {
    let dirs = etcetera::choose_base_strategy().ok();
    let dir = match (&target.data_dir, dirs) {
        (Some(dir), _) => dir.clone(),
        (None, Some(dirs)) => {
            use etcetera::BaseStrategy as _;
            dirs.state_dir().unwrap_or_else(|| dirs.data_dir()).join("switchboard")
        }
        (None, None) => {
            return Err(Failure::usage("there is no home folder; name one with --data-dir"));
        }
    };
    private_dir(&dir).map_err(|e| {
        Failure::new(Code::Unreachable, format!("cannot write to {}: {e}", dir.display()))
    })?;
    Ok(dir)
}

/// While the screen is ours, warnings go to a file. Failing to open it is no reason not to start.
fn log_to(dir: &std::path::Path) {
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let path = dir.join("switchboard.log");
    if fs::metadata(&path).is_ok_and(|meta| meta.len() > 5 * 1024 * 1024) {
        let _ = fs::rename(&path, dir.join("switchboard.log.1"));
    }
    if let Ok(file) = options.open(path) {
        let _ = tracing_subscriber::fmt()
            .with_writer(Mutex::new(file))
            .with_ansi(false)
            .with_max_level(tracing::Level::INFO)
            .try_init();
    }
}
