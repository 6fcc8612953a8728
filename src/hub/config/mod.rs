//! The hub's settings, from a TOML file or from the built-in sandbox. They are read once at the start.
//! Unknown keys, impossible values and key files that others can read are refused with the file, the line
//! and a sentence.
//!
//! No secret stays here: API keys are hashed as they are read, and of certificates only the paths are kept, because
//! `tls` reads them again whenever they change.

mod carrier;
mod carrier_table;
mod error;
mod file;
mod key;
mod limits;
mod outline;
#[cfg(test)]
mod tests;

pub use carrier::{
    AfricasTalkingSettings, CallbacksConfig, CarrierConfig, CarrierKind, CarrierSecret,
    CarrierTrust, HttpKind, KannelSettings, SmppSettings, TelegramSettings, UssdSettings,
    WebhookSettings,
};
pub use carrier_table::signing_key;
pub use error::ConfigError;
pub use file::{LogFormat, SandboxSettings, TlsFiles};
pub use key::KeyHash;
pub use limits::Limits;
pub use outline::{HubOutline, OrgOutline, OutlinedKey};

use crate::model::{
    AppId, CannedReply, CarrierId, ChannelNumber, OptWord, OptWords, OrgId, OrgSettings,
    canned::{MOST_REPLIES, ReplyTable},
    file_text::without_mark,
    settings::{BoundCarrier, BoundChannel, KeptLog, Purse},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{
    collections::{BTreeMap, HashSet},
    fs,
    hash::Hash,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use zeroize::Zeroizing;

/// The settings of the built-in sandbox, which are also the annotated example of a settings file.
pub const SANDBOX: &str = include_str!("../../../assets/hub.toml");

/// The settings that a hub is started with.
#[derive(Clone, Debug)]
pub struct HubConfig {
    /// Where to listen for gRPC; `None` allows in-memory connections only.
    pub listen: Option<SocketAddr>,
    /// The folder of `log.db` and `shelf.db`; `None` keeps everything in memory, and the hub tells its
    /// clients so (`durability`).
    pub data_dir: Option<PathBuf>,
    /// The hub's certificate (R-TLS-1); without one it speaks plain TCP.
    pub tls: Option<TlsFiles>,
    /// Whether other machines may come without a certificate.
    pub plaintext: PlaintextWish,
    /// Whether to start on a log that lacks entries which were there before (R-LOG-4). It is said at a
    /// start and is no setting, so that it is not accepted again by habit.
    pub accept_loss: bool,
    /// Whether gRPC reflection is served.
    pub reflection: bool,
    /// How long an auth token lasts (R-TOKEN-1).
    pub token_lifetime: Duration,
    /// How much each API key may use.
    pub limits: Limits,
    /// Where networks call the hub, if any does.
    pub callbacks: Option<CallbacksConfig>,
    /// How the hub's own log is written, unless a start says otherwise.
    pub log: LogFormat,
    /// Where Prometheus asks what the hub counts, if it does (R-SEE-2).
    pub metrics: Option<SocketAddr>,
    /// The orgs that the hub serves, at least one.
    pub orgs: Vec<OrgConfig>,
}

/// Where plain TCP to other machines was asked for. Only both together allow it (R-TLS-6), so that neither a copied file
/// nor a habit of the fingers does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlaintextWish {
    pub in_settings: bool,
    /// It is said at a start and is no setting.
    pub at_start: bool,
}

/// The settings of one org.
#[derive(Clone, Debug)]
pub struct OrgConfig {
    /// What the rules consult.
    pub settings: OrgSettings,
    pub keys: Vec<KeyConfig>,
    /// The pages in browsers that may call with auth tokens of this org, by their origins (D-BROWSER).
    pub origins: Vec<String>,
    /// How its network and its customers are simulated, if they are.
    pub sandbox: SandboxSettings,
    /// Its connections to real networks.
    pub carriers: Vec<CarrierConfig>,
}

/// An API key that the hub accepts.
#[derive(Clone, Debug)]
pub struct KeyConfig {
    /// A name for whoever holds the key, which events carry as their author.
    pub label: String,
    /// The apps that it may act for; empty means all apps of the org.
    pub apps: Vec<AppId>,
    pub hash: KeyHash,
}

impl KeyConfig {
    /// A key of the given text for all apps of an org, for programs and tests that start a hub themselves.
    #[must_use]
    pub fn of_text(label: &str, text: &str) -> Self {
        Self { label: label.to_owned(), apps: Vec::new(), hash: KeyHash::of(text.as_bytes()) }
    }
}

impl HubConfig {
    /// Reads a settings file. An org without any key is refused where none can be added, because nobody could call it.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let config = Self::load_for_one(path)?;
        let keyless = config.orgs.iter().find(|org| org.keys.is_empty());
        if let (Some(org), None) = (keyless, &config.data_dir) {
            let id = &org.settings.id;
            let message = format!(
                "org `{id}` has no [[org.key]], and without `data_dir` there is no place for those of \
                 `switchboard admin key add`: nobody could call it"
            );
            return Err(ConfigError::of(path, message));
        }
        Ok(config)
    }

    /// The same for whoever runs the hub in their own process and has a key of their own to it.
    pub fn load_for_one(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, without_mark(&Self::text(path)?))
    }

    /// The built-in sandbox with a fresh API key, whose text is returned and kept nowhere. Without a data
    /// folder everything is in memory. `listen` is `None`; the caller may set it.
    pub fn embedded(data_dir: Option<PathBuf>) -> Result<(Self, Zeroizing<String>), ConfigError> {
        let name = Path::new("the built-in settings");
        let mut config = Self::parse(name, SANDBOX)?;
        let key = fresh_key()
            .map_err(|e| ConfigError::of(name, format!("no random bytes for a key: {e}")))?;
        config.listen = None;
        config.data_dir = data_dir;
        for org in &mut config.orgs {
            org.keys.push(KeyConfig::of_text("console", &key));
        }
        Ok((config, key))
    }

    /// The data folder that a settings file names, for whoever needs no more of it: no key and no secret is read.
    pub fn data_dir_of(path: &Path) -> Result<Option<PathBuf>, ConfigError> {
        let file = Self::read(path, without_mark(&Self::text(path)?))?;
        Ok(file.data_dir.map(|dir| path.parent().unwrap_or(Path::new("")).join(dir)))
    }

    fn text(path: &Path) -> Result<String, ConfigError> {
        fs::read_to_string(path).map_err(|e| ConfigError::of(path, format!("cannot be read: {e}")))
    }

    fn read(path: &Path, text: &str) -> Result<file::HubFile, ConfigError> {
        toml::from_str(text).map_err(|e| ConfigError::from_toml(path, text, &e))
    }

    /// Reads settings from a text. Errors name `path`, and paths in the text are relative to its folder.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let file = Self::read(path, text)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        if file.org.is_empty() {
            return Err(ConfigError::of(path, "no [[org]]: a hub serves at least one"));
        }
        let mut config = Self {
            listen: file.listen,
            data_dir: file.data_dir.map(|dir| folder.join(dir)),
            tls: file.tls.map(|files| files.in_folder(folder)),
            plaintext: PlaintextWish { in_settings: file.plaintext, at_start: false },
            accept_loss: false,
            reflection: file.reflection,
            token_lifetime: file.token_lifetime_seconds,
            limits: file.limits,
            callbacks: file
                .callbacks
                .map(|table| table.read(folder))
                .transpose()
                .map_err(|why| ConfigError::of(path, why))?,
            log: file.log,
            metrics: file.metrics.map(|table| table.listen()),
            orgs: Vec::new(),
        };
        for org in file.org {
            let id = org.id.clone();
            let org = OrgConfig::read(org, folder)
                .map_err(|why| ConfigError::of(path, format!("org `{id}`: {why}")))?;
            config.orgs.push(org);
        }
        config.check().map_err(|why| ConfigError::of(path, why))?;
        Ok(config)
    }

    /// Checks what must hold for all orgs together.
    fn check(&self) -> Result<(), String> {
        let mut ids = HashSet::new();
        let mut hashes = HashSet::new();
        for org in &self.orgs {
            if !ids.insert(&org.settings.id) {
                return Err(format!("two orgs are called `{}`", org.settings.id));
            }
            let calls = org.carriers.iter().find(|carrier| carrier.kind.needs_callbacks());
            if let Some(carrier) = calls.filter(|_| self.callbacks.is_none()) {
                let (id, word) = (&carrier.id, carrier.kind.word());
                return Err(format!(
                    "carrier `{id}`: a network of the kind {word} brings reports and messages to an \
                     address of the hub: write [callbacks] with `listen` and `public_url`"
                ));
            }
            for key in &org.keys {
                // The key alone tells which org is calling, so two orgs cannot have the same.
                if !hashes.insert(key.hash) {
                    return Err(format!("the key `{}` is given twice", key.label));
                }
            }
        }
        Ok(())
    }
}

/// What is there a second time.
fn twice<'a, T: Eq + Hash>(mut all: impl Iterator<Item = &'a T>) -> Option<&'a T> {
    let mut seen = HashSet::new();
    all.find(|each| !seen.insert(*each))
}

impl OrgConfig {
    fn read(org: file::OrgTable, folder: &Path) -> Result<Self, String> {
        let id = named("the id", &org.id)?;
        let apps: Vec<AppId> = org.apps.iter().map(|app| app.trim().into()).collect();
        if apps.is_empty() || apps.iter().any(AppId::is_empty) {
            return Err("`apps` must name at least one app, and none may be blank".to_owned());
        }
        let purses: Vec<_> = org
            .purse
            .into_iter()
            .map(|purse| Purse { id: purse.id, currency: purse.currency })
            .collect();
        if let Some(id) = twice(purses.iter().map(|purse| &purse.id)) {
            return Err(format!("two purses are called `{id}`"));
        }
        let mut carriers: Vec<CarrierConfig> = Vec::new();
        for table in org.carrier {
            let name = table.name().to_owned();
            let carrier = table.fits(org.rules.prompt_seconds).and_then(|()| table.read(folder));
            let carrier = carrier.map_err(|why| format!("carrier `{name}`: {why}"))?;
            if carriers.iter().any(|known| known.id == carrier.id) {
                return Err(format!("two carriers are called `{name}`"));
            }
            carriers.push(carrier);
        }
        let (mut channels, mut session_lengths) = (Vec::new(), BTreeMap::new());
        for channel in org.channel {
            let lasts = channel.session_seconds;
            let bound = bound(channel, &apps, &purses, &carriers)?;
            session_lengths.extend(lasts.map(|lasts| (bound.channel.clone(), lasts)));
            channels.push(bound);
        }
        if let Some(channel) = twice(channels.iter().map(|bound| &bound.channel)) {
            return Err(format!("the number {channel} is given to two channels"));
        }
        for carrier in &carriers {
            let of = |bound: &&BoundChannel| bound.carrier.as_ref() == Some(&carrier.id);
            let count = channels.iter().filter(of).count();
            if let Some(most) = carrier.kind.numbers().filter(|most| count > *most) {
                let (id, word) = (&carrier.id, carrier.kind.word());
                return Err(format!(
                    "carrier `{id}`: one of the kind {word} carries {most} number, not {count}"
                ));
            }
        }
        let mut keys = Vec::new();
        for key in org.key {
            let label = key.label.clone();
            keys.push(read_key(key, &apps, folder).map_err(|why| format!("key `{label}`: {why}"))?);
        }
        let mut sandbox = org.sandbox.unwrap_or_else(SandboxSettings::off);
        sandbox.cast = sandbox.cast.map(|cast| folder.join(cast));
        let is_own = |number: &String| channels.iter().any(|b| b.channel.number == *number);
        if let Some(number) = sandbox.left_to_agents.iter().find(|number| !is_own(number)) {
            return Err(format!(
                "`left_to_agents` names {number:?}, which is no `number` of an [[org.channel]]"
            ));
        }
        if sandbox.enabled && !carriers.is_empty() {
            return Err(
                "it has an [[org.carrier]] and a sandbox: what is simulated and what is real \
                        never mix; write `[org.sandbox]` with `enabled = false`, or use another org"
                    .to_owned(),
            );
        }
        let bound_carrier = |carrier: &CarrierConfig| BoundCarrier {
            id: carrier.id.clone(),
            kind: carrier.kind.word(),
            per_second: carrier.per_second,
            repeats: carrier.repeats,
            reports: carrier.reports,
        };
        let settings = OrgSettings {
            id: OrgId::from(id),
            carriers: carriers.iter().map(bound_carrier).collect(),
            apps,
            channels,
            purses,
            replies: replies(org.reply)?.into(),
            region: org.region,
            sandbox: sandbox.enabled,
            session_length: org.rules.session_seconds,
            session_lengths,
            expiry_grace: org.rules.expiry_grace_seconds,
            prompt_window: org.rules.prompt_seconds,
            ussd_idle: org.rules.ussd_idle_seconds,
            keep: KeptLog { age: org.rules.keep_days, bytes: org.rules.keep_mib },
            message_expiry: org.rules.message_expiry_seconds,
            reminder_floor: org.rules.reminder_floor_seconds,
            payment_confirmation: org.rules.payment_confirmation_seconds,
            payment_expiry: org.rules.payment_expiry_seconds,
            bulk_rate: org.rules.bulk_rate,
            quiet: org.rules.quiet_hours,
            opt_words: opt_words(&org.consent)?,
        };
        Ok(Self { settings, keys, origins: org.origins, sandbox, carriers })
    }
}

/// The replies that the org offers. Whether their steps are forms is for the console to say, which has those.
fn replies(tables: Vec<ReplyTable>) -> Result<Vec<CannedReply>, String> {
    if tables.len() > MOST_REPLIES {
        let n = tables.len();
        return Err(format!("an org has at most {MOST_REPLIES} replies, here are {n}"));
    }
    let mut replies: Vec<CannedReply> = Vec::new();
    for table in tables {
        let name = table.name().to_owned();
        let reply = table.read().map_err(|(_, why)| format!("reply `{name}`: {why}"))?;
        if replies.iter().any(|known| known.name == name) {
            return Err(format!("two replies are called `{name}`"));
        }
        replies.push(reply);
    }
    Ok(replies)
}

fn named<'a>(what: &str, text: &'a str) -> Result<&'a str, String> {
    match text.trim() {
        "" => Err(format!("{what} must not be blank")),
        text => Ok(text),
    }
}

fn bound(
    from: file::ChannelTable,
    apps: &[AppId],
    purses: &[Purse],
    carriers: &[CarrierConfig],
) -> Result<BoundChannel, String> {
    let number = named("a channel's number", &from.number)?;
    let channel = ChannelNumber::new(from.channel, number);
    let app = from.app.map(|app| known_app(&app, apps)).transpose();
    let app = app.map_err(|why| format!("channel {channel}: {why}"))?;
    if let Some(purse) = from.purse.as_ref().filter(|p| purses.iter().all(|q| q.id != **p)) {
        return Err(format!("channel {channel}: there is no [[org.purse]] `{purse}`"));
    }
    let carrier = from.carrier.map(|carrier| CarrierId::from(carrier.trim()));
    let mut prompt_window = None;
    if let Some(carrier) = &carrier {
        let known = carriers
            .iter()
            .find(|known| known.id == *carrier)
            .ok_or_else(|| format!("channel {channel}: there is no [[org.carrier]] `{carrier}`"))?;
        if !known.kind.carries(channel.channel) {
            let (kind, word) = (known.kind.word(), channel.channel.word());
            return Err(format!(
                "channel {channel}: a carrier of the kind {kind} carries no {word}"
            ));
        }
        prompt_window = known.prompt_window(channel.channel);
    }
    Ok(BoundChannel { channel, app, purse: from.purse, carrier, prompt_window })
}

/// The words of an org (R-CONSENT-5): the built-in ones unless they are switched off, and its own.
fn opt_words(from: &file::ConsentTable) -> Result<Arc<OptWords>, String> {
    let mut words = OptWords::built_in();
    let own = if from.defaults {
        Arc::make_mut(&mut words)
    } else if from.out.is_empty() {
        return Err("[org.consent] has `defaults = false` and no word in `out`: customers could \
                    not opt out by writing"
            .to_owned());
    } else {
        words = Arc::default();
        Arc::make_mut(&mut words)
    };
    for (list, listed) in OptWord::ALL.into_iter().zip([&from.out, &from.r#in, &from.help]) {
        for word in listed {
            own.add(list, word).map_err(|why| format!("[org.consent]: {why}"))?;
        }
    }
    Ok(words)
}

fn known_app(app: &str, apps: &[AppId]) -> Result<AppId, String> {
    let app = AppId::from(app.trim());
    if apps.contains(&app) { Ok(app) } else { Err(format!("`{app}` is not one of the org's apps")) }
}

fn read_key(from: file::KeyTable, apps: &[AppId], folder: &Path) -> Result<KeyConfig, String> {
    let label = named("its label", &from.label)?.to_owned();
    let hash = match (from.hash, from.file, from.env) {
        (Some(hash), None, None) => KeyHash::parse(&hash)
            .ok_or_else(|| "`hash` must be `sha256:` and 64 hex digits".to_owned())?,
        (None, Some(file), None) => key::hash_of_file(&folder.join(file))?,
        (None, None, Some(name)) => key::hash_of_variable(&name)?,
        _ => return Err("give exactly one of `hash`, `file`, `env`".to_owned()),
    };
    let apps = from.apps.iter().map(|app| known_app(app, apps)).collect::<Result<_, _>>()?;
    Ok(KeyConfig { label, apps, hash })
}

/// How many characters of a key that the hub made tell it from others and are no secret.
pub const KEY_PREFIX: usize = 11;

/// Makes an API key: `sb_`, 8 characters by which people can tell keys apart, and 32
/// random bytes (R-SECRET-2).
pub fn fresh_key() -> Result<Zeroizing<String>, getrandom::Error> {
    let mut bytes = Zeroizing::new([0_u8; 38]);
    getrandom::fill(bytes.as_mut())?;
    let (name, secret) = bytes.split_at(6);
    Ok(Zeroizing::new(format!(
        "sb_{}_{}",
        URL_SAFE_NO_PAD.encode(name),
        URL_SAFE_NO_PAD.encode(secret)
    )))
}
