//! From arguments to a client: of a hub elsewhere, of one that another process of this user runs, or
//! of a hub that is started here. And the console, which runs on such a client.

use super::{
    args::ConnectionArgs,
    exit::{CliError, Code},
    local::{self, Local, LocalWishes, Refusal},
    out,
    profile::{self, Profile},
    zone::zone,
};
use crate::{
    console::{
        self, ConsoleOptions,
        app::AppOptions,
        drafts::DraftsPlace,
        editor::EditorPlace,
        kept::KeptPlace,
        keymap::Keymap,
        link::Link,
        pane::{
            alert::{self, AlertRules},
            feed::Depth,
            replies,
            views::{self, FeedView},
        },
        replay::Replay,
    },
    hub::private,
    model::{AppId, OrgId, file_text::without_mark, nearest},
    sdk::{Client, Credentials, Endpoint, Options},
};
use std::{
    env, fs,
    io::IsTerminal as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

/// A client, and the hub behind it if this process started one, which must then be stopped.
struct OpenClient {
    client: Client,
    local: Option<Local>,
    org: OrgId,
    app: AppId,
    /// The address of a hub elsewhere; empty for the one of this machine.
    hub: String,
}

/// Runs a verb on a client, and afterwards stops the hub if one was started for it.
pub async fn with_client(
    target: &ConnectionArgs,
    verb: impl AsyncFnOnce(&Client) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let session = open(target, Embedding::default()).await?;
    let result = verb(&session.client).await;
    if let Some(local) = session.local {
        local.stop().await;
    }
    result
}

/// What is said about a console besides its hub.
pub struct ConsoleWishes {
    /// Where others reach the embedded hub.
    pub listen: Option<SocketAddr>,
    /// Whether they may come without TLS (R-TLS-6).
    pub plaintext: bool,
    /// The settings of the embedded hub, if they are not the built-in ones.
    pub config: Option<PathBuf>,
    /// How long a message can be taken back.
    pub hold: Duration,
    /// What is played instead of a hub.
    pub replay: Option<Replay>,
    /// A file of views that is shared.
    pub views: Option<PathBuf>,
}

/// Runs the console until the user leaves it.
pub async fn console(target: &ConnectionArgs, wishes: ConsoleWishes) -> Result<(), CliError> {
    let ConsoleWishes { listen, plaintext, config, hold, replay, views: shared } = wishes;
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(CliError::usage(
            "the console needs a terminal; for scripts use `switchboard tail`, `get` or `send`",
        ));
    }
    if env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return Err(CliError::usage(
            "the console cannot draw on a terminal that TERM calls dumb; set TERM if it is another \
             one, or use `switchboard tail`, `get` or `send`",
        ));
    }
    let (state, without) = match state_dir(target) {
        Ok(dir) => (Some(dir), None),
        Err(why) => {
            (None, Some(format!("neither drafts, marks, filters nor a log file are kept: {why}")))
        }
    };
    if let Some(dir) = &state {
        log_to(dir);
    }
    let zone = zone()?;
    let is_replay = replay.is_some();
    let (org, app, link, local, kept, drafts) = if let Some(replay) = replay {
        (replay.org(), AppId::default(), Link::replay(replay), None, None, None)
    } else {
        let OpenClient { client, local, org, app, hub } =
            open(target, Embedding { listen, plaintext, settings: config.as_deref() }).await?;
        let path = |name| state.as_ref().map(|dir| dir.join(name));
        let kept = path("kept.json");
        let kept = kept.map(|path| KeptPlace { path, hub: hub.clone(), org: org.clone() });
        let drafts = path("drafts.json");
        let drafts = drafts.map(|path| DraftsPlace { path, hub, org: org.clone() });
        (org, app, Link::start(&client), local, kept, drafts)
    };
    let mut seed = [0; 16];
    getrandom::fill(&mut seed)
        .map_err(|e| CliError::new(Code::LogFailed, format!("no randomness: {e}")))?;
    let (keymap, mut notices) = keymap();
    let named = profile(target)?;
    let (views, views_off) = views(named.as_ref(), shared);
    let shared = named.and_then(|profile| profile.replies);
    let (replies, shared_replies, replies_off) = tables("replies.toml", shared, replies::read);
    notices.extend(replies_off.first().cloned());
    notices.extend(match &views_off[..] {
        [] => None,
        [one] => Some(one.clone()),
        [first, ..] => {
            Some(format!("{} views are off, V lists them all: {first}", views_off.len()))
        }
    });
    let (alerts, problems) = alerts(&views);
    notices.extend(problems);
    notices.extend(without);
    let program = [env::var("VISUAL").ok(), env::var("EDITOR").ok()];
    let program = program.into_iter().flatten().find(|line| !line.trim().is_empty());
    let editor = EditorPlace {
        program: program.unwrap_or_else(|| "vi".to_owned()),
        folder: state.clone().unwrap_or_else(env::temp_dir),
    };
    let mut locales = ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| env::var(name).ok());
    let locale = locales.find(|locale| !locale.is_empty());
    notices.extend(locale.as_deref().and_then(foreign_letters));
    let options = ConsoleOptions {
        link,
        app: AppOptions {
            org,
            app,
            seed,
            hold,
            zone,
            mouse: env::var_os("SSH_CONNECTION").is_none(),
            keymap,
            views,
            views_off,
            replies,
            shared_replies,
            replies_off,
            alerts,
            welcome: !is_replay,
            ..AppOptions::default()
        },
        notices,
        drafts,
        kept,
        editor: Some(editor),
        mono: env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()),
    };
    let result = console::run(options).await;
    if let Some(local) = local {
        local.stop().await;
    }
    result.map_err(|error| CliError::new(Code::LogFailed, format!("the terminal: {error}")))
}

/// What to say about a locale that names letters other than UTF-8, as `de_DE.ISO-8859-1` does. One that
/// names none, such as `C`, says nothing about the terminal.
fn foreign_letters(locale: &str) -> Option<String> {
    let letters = locale.split('@').next()?.split_once('.')?.1.to_ascii_lowercase();
    (!matches!(letters.as_str(), "utf-8" | "utf8")).then(|| {
        format!("the locale {locale} is not UTF-8, which the console writes: set LANG and the terminal to it")
    })
}

/// The default keys with the changes of `keymap.toml`, which stands beside the profiles. What cannot
/// be used of that file is returned as notices for the console, which starts all the same.
fn keymap() -> (Keymap, Vec<String>) {
    let mut keymap = Keymap::default();
    let Ok(dirs) = etcetera::choose_base_strategy() else { return (keymap, Vec::new()) };
    let path = profile::path(&dirs).with_file_name("keymap.toml");
    let problems = match fs::read_to_string(&path) {
        Ok(text) => keymap.change(without_mark(&text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => vec![error.to_string()],
    };
    let told = problems.into_iter().map(|why| format!("{}: {why}", path.display())).collect();
    (keymap, told)
}

/// What a file beside the profiles has, and what a file has that is shared. What cannot be used of a file is returned in
/// words, with the line; the rest works.
fn tables<T>(
    name: &str,
    shared: Option<PathBuf>,
    tables: impl Fn(&str) -> (Vec<T>, Vec<String>),
) -> (Vec<T>, Vec<T>, Vec<String>) {
    let own = etcetera::choose_base_strategy().ok();
    let own = own.map(|dirs| profile::path(&dirs).with_file_name(name));
    let mut problems = Vec::new();
    let mut read = |path: Option<PathBuf>, must_be: bool| {
        let Some(path) = path else { return Vec::new() };
        // Of one's own file the name is enough, and leaves room for what is wrong.
        let called = if must_be { path.display().to_string() } else { name.to_owned() };
        match fs::read_to_string(&path) {
            Ok(text) => {
                let (read, wrong) = tables(without_mark(&text));
                problems.extend(wrong.into_iter().map(|why| format!("{called}:{why}")));
                read
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_be => Vec::new(),
            Err(error) => {
                problems.push(format!("{}: {error}", path.display()));
                Vec::new()
            }
        }
    };
    let (own, shared) = (read(own, false), read(shared, true));
    (own, shared, problems)
}

/// The views of the feed: those of `views.toml`, which stands beside the profiles, and those of the file that is
/// shared, which is `shared` or else what the profile names.
fn views(profile: Option<&Profile>, shared: Option<PathBuf>) -> (Vec<FeedView>, Vec<String>) {
    let shared = shared.or_else(|| profile.and_then(|profile| profile.views.clone()));
    let (own, shared, problems) = tables("views.toml", shared, views::read);
    (views::merged(own, shared), problems)
}

/// What the agent is called for: the section `[notify]` of the file of the profiles, which was read before. What
/// cannot be used of it is returned in words, with the line.
fn alerts(views: &[FeedView]) -> (AlertRules, Vec<String>) {
    let Ok(dirs) = etcetera::choose_base_strategy() else {
        return (AlertRules::default(), Vec::new());
    };
    let path = profile::path(&dirs);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let names: Vec<_> = views.iter().map(|view| view.name.as_str()).collect();
    let (rules, wrong) = alert::read(without_mark(&text), &names);
    (rules, wrong.into_iter().map(|why| format!("{}:{why}", path.display())).collect())
}

/// The filter and the depth of a view by its name.
pub fn view(
    target: &ConnectionArgs,
    shared: Option<PathBuf>,
    name: &str,
) -> Result<(String, Depth), CliError> {
    let (views, problems) = views(profile(target)?.as_ref(), shared);
    if let Some(view) = views.iter().find(|view| view.name == name) {
        if view.replaces {
            out::complain(&format!(
                "the view {name:?} is your own, not the shared one of this name"
            ));
        }
        return Ok((view.query.clone(), view.depth));
    }
    let known: Vec<_> = views.iter().map(|view| view.name.as_str()).collect();
    let near = match nearest(name, &known) {
        Some(near) => format!("; did you mean {near:?}?"),
        None if known.is_empty() => ": no file of views has one that can be used".to_owned(),
        None => format!("; there are {}", known.join(", ")),
    };
    // A file that cannot be read at all has no view of this name either.
    let is_about = |problem: &&String| problem.contains(name) || !problem.contains("the view \"");
    let about: String =
        problems.iter().filter(is_about).map(|problem| ["\n", problem].concat()).collect();
    let why = format!("there is no view {name:?}{near}{about}");
    Err(CliError::usage(why))
}

/// What is asked of the embedded hub alone.
#[derive(Clone, Copy, Debug, Default)]
struct Embedding<'a> {
    listen: Option<SocketAddr>,
    plaintext: bool,
    settings: Option<&'a Path>,
}

async fn open(target: &ConnectionArgs, embedding: Embedding<'_>) -> Result<OpenClient, CliError> {
    let profile = profile(target)?;
    let endpoint = target.endpoint.clone().or_else(|| profile.as_ref()?.endpoint.clone());
    match endpoint {
        Some(uri) if embedding.listen.is_some() => Err(CliError::usage(format!(
            "--listen is for the embedded hub, but the hub is at {uri}"
        ))),
        Some(uri) if embedding.settings.is_some() => Err(CliError::usage(format!(
            "--config is for the embedded hub, but the hub is at {uri}"
        ))),
        Some(uri) => remote(target, profile.as_ref(), uri),
        None => embedded(target, embedding).await,
    }
}

/// A client of the hub that is named, without starting one; `None` if the embedded hub is meant.
pub fn elsewhere(target: &ConnectionArgs) -> Result<Option<Client>, CliError> {
    let profile = profile(target)?;
    let endpoint = target.endpoint.clone().or_else(|| profile.as_ref()?.endpoint.clone());
    let opened = endpoint.map(|uri| remote(target, profile.as_ref(), uri)).transpose()?;
    Ok(opened.map(|opened| opened.client))
}

/// The profile that is meant, if there is one.
pub fn profile(target: &ConnectionArgs) -> Result<Option<Profile>, CliError> {
    let Ok(dirs) = etcetera::choose_base_strategy() else { return Ok(None) };
    profile::load(&profile::path(&dirs), target.profile.as_deref())
}

fn remote(
    target: &ConnectionArgs,
    profile: Option<&Profile>,
    uri: String,
) -> Result<OpenClient, CliError> {
    let need = |flag: &Option<String>, field: fn(&Profile) -> &Option<String>, name: &str| {
        flag.clone().or_else(|| profile.and_then(|p| field(p).clone())).ok_or_else(|| {
            CliError::usage(format!(
                "--{name} is needed with --endpoint (or `{name}` in a profile)"
            ))
        })
    };
    let options = Options {
        endpoint: Endpoint::Uri(uri.clone()),
        org: need(&target.org, |p| &p.org, "org")?.into(),
        app: need(&target.app, |p| &p.app, "app")?.into(),
        credentials: profile::credentials(profile)?,
        insecure: target.insecure || profile.is_some_and(|p| p.insecure),
        tls: profile::tls(target, profile)?,
        by_person: true,
    };
    let (org, app, hub) = (options.org.clone(), options.app.clone(), uri);
    Ok(OpenClient { client: Client::new(options)?, local: None, org, app, hub })
}

/// Starts a hub here. If another process of this user has the data folder and listens, that hub
/// is used instead.
async fn embedded(
    target: &ConnectionArgs,
    Embedding { listen, plaintext, settings }: Embedding<'_>,
) -> Result<OpenClient, CliError> {
    let wishes = LocalWishes {
        data_dir: target.data_dir.as_deref(),
        settings,
        org: target.org.as_deref(),
        listen,
        plaintext,
        accept_loss: target.accept_loss,
    };
    let dir = local::folder(&wishes)?;
    // Drafts for one set of settings are not those for another.
    let hub = settings.map_or_else(String::new, |path| {
        path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string()
    });
    match local::start(&dir, &wishes).await {
        Ok(local) => {
            let org = local.org.clone();
            let app = target.app.clone().map_or_else(|| local.app.clone(), AppId::from);
            let client = Client::new(Options {
                endpoint: Endpoint::Local(local.running.connector()),
                org: org.clone(),
                app: app.clone(),
                credentials: Credentials::ApiKey(local.key.clone()),
                by_person: true,
                ..Options::default()
            })?;
            Ok(OpenClient { client, local: Some(local), org, app, hub })
        }
        Err(Refusal::Taken(Some(addr), failure)) if listen.is_none() => {
            if local::speaks_tls(&wishes)? {
                return Err(CliError::usage(format!(
                    "another program runs this hub and speaks TLS on {addr}: name it as its certificate does, with \
                     --endpoint https://NAME:{}",
                    addr.port()
                )));
            }
            let (org, app) = local::who(&wishes)?;
            let app = target.app.clone().map_or(app, AppId::from);
            let options = Options {
                endpoint: Endpoint::Uri(format!("http://{addr}")),
                org: org.clone(),
                app: app.clone(),
                credentials: Credentials::ApiKey(local::key(&dir).map_err(|_| failure)?),
                by_person: true,
                ..Options::default()
            };
            let client = Client::new(options)?;
            Ok(OpenClient { client, local: None, org, app, hub })
        }
        Err(Refusal::Taken(_, failure)) => Err(CliError::new(
            failure.code,
            format!(
                "{failure}\nStart that one with --listen 127.0.0.1:7400 to share it, or name another folder with --data-dir."
            ),
        )),
        Err(Refusal::Failed(failure)) => Err(failure),
    }
}

/// Where the drafts and the log file are: where `--data-dir` says, else in `$XDG_STATE_HOME/switchboard`. Without one
/// the console works all the same, so the error only says why there is none.
pub fn state_path(target: &ConnectionArgs) -> Result<PathBuf, String> {
    let dirs = etcetera::choose_base_strategy().ok();
    match (&target.data_dir, dirs) {
        (Some(dir), _) => Ok(dir.clone()),
        (None, Some(dirs)) => {
            use etcetera::BaseStrategy as _;
            Ok(dirs.state_dir().unwrap_or_else(|| dirs.data_dir()).join("switchboard"))
        }
        (None, None) => Err("there is no home folder; name one with --data-dir".into()),
    }
}

/// The same folder, which is made if it does not exist.
fn state_dir(target: &ConnectionArgs) -> Result<PathBuf, String> {
    let dir = state_path(target)?;
    private::folder(&dir).map_err(|e| format!("cannot write to {}: {e}", dir.display()))?;
    Ok(dir)
}

/// Sends warnings to a file, because the console has the screen. A file that cannot be opened is no
/// reason not to start.
fn log_to(dir: &Path) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_locale_that_names_other_letters_is_said() {
        for quiet in ["C", "POSIX", "en_US", "C.UTF-8", "de_DE.utf8@euro", "en_US.UTF-8"] {
            assert_eq!(foreign_letters(quiet), None, "{quiet}");
        }
        let said = foreign_letters("de_DE.ISO-8859-1@euro").unwrap();
        assert!(said.contains("de_DE.ISO-8859-1@euro is not UTF-8"), "{said}");
    }
}
