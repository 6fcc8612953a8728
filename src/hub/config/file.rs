//! The settings file as it is written; `assets/hub.toml` explains every key. Every table refuses keys
//! that it does not know. What a single value may be is checked here, and what values mean together is
//! checked in `mod.rs`.

use super::{
    carrier_table::{CallbacksTable, CarrierTable},
    limits::Limits,
};
use crate::model::{Channel, Currency, OrgSettings, QuietHours, Rate, Region, canned::ReplyTable};
use serde::{Deserialize, Deserializer, de};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};
use tonic::codegen::http::uri::Authority;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HubFile {
    #[serde(default, deserialize_with = "address")]
    pub listen: Option<SocketAddr>,
    pub data_dir: Option<PathBuf>,
    #[serde(default)]
    pub log: LogFormat,
    pub tls: Option<TlsFiles>,
    #[serde(default)]
    pub plaintext: bool,
    #[serde(default)]
    pub reflection: bool,
    #[serde(default = "hour", deserialize_with = "seconds")]
    pub token_lifetime_seconds: Duration,
    #[serde(default)]
    pub limits: Limits,
    pub callbacks: Option<CallbacksTable>,
    pub metrics: Option<MetricsTable>,
    #[serde(default)]
    pub org: Vec<OrgTable>,
}

/// Where the certificate of a listener is (R-TLS-1). The files are read when the hub starts, and again
/// whenever they change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The certificate in PEM, followed by those that vouch for it.
    pub cert: PathBuf,
    /// Its private key in PEM, readable by its owner only.
    pub key: PathBuf,
    /// The authorities in PEM of whose certificates everyone who connects has to show one (R-TLS-4); `None` asks
    /// nobody for one.
    pub client_ca: Option<PathBuf>,
}

impl TlsFiles {
    /// The same, with paths that are relative to this folder.
    pub(super) fn in_folder(self, folder: &Path) -> Self {
        Self {
            cert: folder.join(self.cert),
            key: folder.join(self.key),
            client_ca: self.client_ca.map(|path| folder.join(path)),
        }
    }
}

/// How the hub's own log is written (R-SEE-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Where Prometheus asks what the hub counts (R-SEE-2).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MetricsTable {
    #[serde(default, deserialize_with = "address")]
    pub listen: Option<SocketAddr>,
}

impl MetricsTable {
    /// Where metrics are told: on this machine unless the settings say otherwise, because nobody is asked for a key.
    pub(super) fn listen(&self) -> SocketAddr {
        self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 9464)))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrgTable {
    pub id: String,
    pub apps: Vec<String>,
    #[serde(default, deserialize_with = "region")]
    pub region: Option<Region>,
    #[serde(default, deserialize_with = "origins")]
    pub origins: Vec<String>,
    #[serde(default)]
    pub channel: Vec<ChannelTable>,
    #[serde(default)]
    pub carrier: Vec<CarrierTable>,
    #[serde(default)]
    pub purse: Vec<PurseTable>,
    #[serde(default)]
    pub reply: Vec<ReplyTable>,
    #[serde(default)]
    pub key: Vec<KeyTable>,
    #[serde(default)]
    pub consent: ConsentTable,
    #[serde(default)]
    pub rules: RulesTable,
    pub sandbox: Option<SandboxSettings>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelTable {
    #[serde(deserialize_with = "channel")]
    pub channel: Channel,
    pub number: String,
    pub app: Option<String>,
    pub purse: Option<String>,
    pub carrier: Option<String>,
    #[serde(default, deserialize_with = "some_seconds")]
    pub session_seconds: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PurseTable {
    pub id: String,
    #[serde(deserialize_with = "currency")]
    pub currency: Currency,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyTable {
    pub label: String,
    #[serde(default)]
    pub apps: Vec<String>,
    pub hash: Option<String>,
    pub file: Option<PathBuf>,
    pub env: Option<String>,
}

/// The words of R-CONSENT-5.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ConsentTable {
    /// Whether the built-in words hold beside those of the lists.
    pub defaults: bool,
    pub out: Vec<String>,
    pub r#in: Vec<String>,
    pub help: Vec<String>,
}

impl Default for ConsentTable {
    fn default() -> Self {
        Self { defaults: true, out: Vec::new(), r#in: Vec::new(), help: Vec::new() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_field_names, reason = "the keys of the file say their unit")]
pub(super) struct RulesTable {
    #[serde(deserialize_with = "seconds")]
    pub session_seconds: Duration,
    #[serde(deserialize_with = "seconds")]
    pub expiry_grace_seconds: Duration,
    #[serde(deserialize_with = "seconds")]
    pub prompt_seconds: Duration,
    #[serde(deserialize_with = "seconds")]
    pub ussd_idle_seconds: Duration,
    #[serde(deserialize_with = "seconds")]
    pub message_expiry_seconds: Duration,
    #[serde(deserialize_with = "seconds")]
    pub reminder_floor_seconds: Duration,
    #[serde(deserialize_with = "seconds")]
    pub payment_confirmation_seconds: Duration,
    #[serde(deserialize_with = "seconds")]
    pub payment_expiry_seconds: Duration,
    #[serde(deserialize_with = "rate")]
    pub bulk_rate: Option<Rate>,
    #[serde(deserialize_with = "quiet")]
    pub quiet_hours: Option<QuietHours>,
    #[serde(deserialize_with = "keep_days")]
    pub keep_days: Option<Duration>,
    #[serde(deserialize_with = "keep_mib")]
    pub keep_mib: Option<u64>,
}

impl Default for RulesTable {
    fn default() -> Self {
        let of = OrgSettings::default();
        Self {
            session_seconds: of.session_length,
            expiry_grace_seconds: of.expiry_grace,
            prompt_seconds: of.prompt_window,
            ussd_idle_seconds: of.ussd_idle,
            message_expiry_seconds: of.message_expiry,
            reminder_floor_seconds: of.reminder_floor,
            payment_confirmation_seconds: of.payment_confirmation,
            payment_expiry_seconds: of.payment_expiry,
            bulk_rate: of.bulk_rate,
            quiet_hours: of.quiet,
            keep_days: of.keep.age,
            keep_mib: None,
        }
    }
}

/// How the simulated network and customers of an org behave.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SandboxSettings {
    /// Whether anything is simulated, and whether programs may act as customers.
    pub enabled: bool,
    /// What all chance is drawn from: the same seed and rate make the same traffic.
    pub seed: u64,
    /// How often some customer does something by themselves; 0 means never.
    pub rate_per_minute: u32,
    /// How long a message takes from SENT to DELIVERED, in milliseconds (R-MSG-5).
    pub deliver_after_ms: u64,
    /// How long it takes from DELIVERED to READ, in milliseconds, on channels that report reads.
    pub read_after_ms: u64,
    /// How many of 100 messages fail.
    #[serde(deserialize_with = "percent")]
    pub fail_percent: u8,
    /// Whether some customers write text that attacks screens, such as escape sequences.
    pub hostile: bool,
    /// A file with customers to simulate; `None` simulates the built-in ones.
    pub cast: Option<PathBuf>,
    /// Whether a built-in app answers USSD sessions and calls, and confirms payments.
    pub demo_app: bool,
    /// The org's numbers whose USSD sessions and calls the built-in app leaves to agents.
    pub left_to_agents: Vec<String>,
}

impl SandboxSettings {
    /// The settings of an org in which nothing is simulated.
    #[must_use]
    pub fn off() -> Self {
        Self { enabled: false, ..Self::default() }
    }
}

impl Default for SandboxSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            seed: 1,
            rate_per_minute: 20,
            deliver_after_ms: 500,
            read_after_ms: 1000,
            fail_percent: 3,
            hostile: true,
            cast: None,
            demo_app: true,
            left_to_agents: Vec::new(),
        }
    }
}

fn hour() -> Duration {
    Duration::from_hours(1)
}

fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    match u64::deserialize(from)? {
        0 => Err(de::Error::custom("must be at least 1 second")),
        // More than a century is a slip of the pen, and the sum with a time must not overflow.
        n if n > 3_155_760_000 => Err(de::Error::custom("must be at most 100 years, in seconds")),
        n => Ok(Duration::from_secs(n)),
    }
}

/// Quiet hours such as `20:00-08:00`; `none` for none.
fn quiet<'de, D: Deserializer<'de>>(from: D) -> Result<Option<QuietHours>, D::Error> {
    let text = String::deserialize(from)?;
    match text.trim() {
        "none" => Ok(None),
        hours => QuietHours::parse(hours).map(Some).map_err(de::Error::custom),
    }
}

fn some_seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    seconds(from).map(Some)
}

fn keep_days<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let days = u32::deserialize(from).ok().filter(|days| (1..=36_500).contains(days));
    days.map(|days| Some(Duration::from_hours(u64::from(days) * 24)))
        .ok_or_else(|| de::Error::custom("must be a whole number of days from 1 to 36500"))
}

fn keep_mib<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let mib = u64::deserialize(from).ok().filter(|mib| (1..=1 << 30).contains(mib));
    mib.map(|mib| Some(mib << 20))
        .ok_or_else(|| de::Error::custom("must be a whole number of MiB from 1 to 1073741824"))
}

fn rate<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Rate>, D::Error> {
    String::deserialize(from)?.parse().map(Some).map_err(de::Error::custom)
}

fn percent<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    u8::deserialize(from)
        .ok()
        .filter(|n| *n <= 100)
        .ok_or_else(|| de::Error::custom("must be a whole number from 0 to 100"))
}

pub(super) fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map(Some).map_err(|_| {
        de::Error::custom(format!("`{text}` is not an address and port such as 127.0.0.1:7400"))
    })
}

fn origins<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| origin(text).map_err(de::Error::custom)).collect()
}

/// An origin as browsers send it (RFC 6454, section 6.2): scheme, host and port, in small letters, without the
/// port that the scheme has anyway. It is compared byte by byte, so anything else would never match.
fn origin(text: &str) -> Result<String, String> {
    let small = text.to_ascii_lowercase();
    let wrong = |why: &str| {
        Err(format!("`{text}` is not an origin such as https://desk.example.org: {why}"))
    };
    if small == "*" {
        return wrong("it would let every page on the web call; list each one that may");
    }
    let (host, usual_port) = match small.split_once("://") {
        Some(("https", host)) => (host, ":443"),
        Some(("http", host)) => (host, ":80"),
        _ => return wrong("it must begin with https:// or http://"),
    };
    if host.contains(['/', '?', '#']) {
        return wrong("it ends after the host and the port, without a path or a slash");
    }
    if !host.is_ascii() {
        return wrong("browsers send such a name in its ASCII form, which begins with xn--");
    }
    let Ok(authority) = host.parse::<Authority>() else {
        return wrong("the host or the port cannot be read");
    };
    let end = host.strip_prefix(authority.host());
    let has_port =
        end.is_some_and(|end| end.is_empty() || authority.port_u16().is_some_and(|n| n > 0));
    if !has_port || host.contains(['*', '@']) {
        return wrong("it is a host, and a port from 1 to 65535 if it has one");
    }
    Ok(small.strip_suffix(usual_port).unwrap_or(&small).to_owned())
}

fn channel<'de, D: Deserializer<'de>>(from: D) -> Result<Channel, D::Error> {
    const WORDS: &[&str] =
        &["sms", "whatsapp", "telegram", "messenger", "rcs", "ussd", "voice", "payment"];
    let word = String::deserialize(from)?;
    Channel::from_word(&word).ok_or_else(|| de::Error::unknown_variant(&word, WORDS))
}

fn region<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Region>, D::Error> {
    let code = String::deserialize(from)?;
    Region::parse(&code).map(Some).ok_or_else(|| {
        de::Error::custom(format!("`{code}` is no country: write its two letters, such as KE"))
    })
}

fn currency<'de, D: Deserializer<'de>>(from: D) -> Result<Currency, D::Error> {
    let code = String::deserialize(from)?;
    Currency::new(&code).ok_or_else(|| {
        de::Error::custom(format!("`{code}` is not a currency code of three letters such as KES"))
    })
}
