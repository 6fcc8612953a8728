//! The connections to real networks, as the settings file has them (R-CARRY-1). A wrong one stops the start with a
//! sentence, because a hub that starts without its network looks as if it worked.

use super::key;
use crate::{
    hub::private,
    model::{CarrierId, Channel, file_text::without_mark},
};
use serde::Deserialize;
use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};
use zeroize::Zeroizing;

/// How many messages a network may owe an answer for at once, if the settings do not say.
const WINDOW: u32 = 10;
/// How many messages a second go to a network, if the settings do not say.
const PER_SECOND: u32 = 10;
/// How long a network may take to answer, if the settings do not say.
const ANSWER_SECONDS: u32 = 30;

/// A connection to a real network.
#[derive(Clone, Debug)]
pub struct CarrierConfig {
    pub id: CarrierId,
    pub kind: CarrierKind,
    /// How many messages go in a second at most.
    pub per_second: u32,
    /// How many messages may wait for the network's answer at once.
    pub window: u32,
    /// How long the network may take to answer.
    pub answers_within: Duration,
    /// Whether a message of which nobody knows whether it arrived goes once more (R-CARRY-2).
    pub repeats: bool,
}

/// What kind of network it is, with what only that kind has.
#[derive(Clone, Debug)]
pub enum CarrierKind {
    Smpp(SmppSettings),
}

impl CarrierKind {
    /// Whether it carries what is said on a channel.
    #[must_use]
    pub const fn carries(&self, channel: Channel) -> bool {
        match self {
            Self::Smpp(_) => matches!(channel, Channel::Sms),
        }
    }
    /// Its word in the settings.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Smpp(_) => "smpp",
        }
    }
}

/// An SMSC that speaks SMPP 3.4.
#[derive(Clone, Debug)]
pub struct SmppSettings {
    /// Its host and port.
    pub address: String,
    pub system_id: String,
    pub password: CarrierSecret,
    pub system_type: String,
}

/// A password or token of a network. `Debug` prints `***`, and its memory is wiped on drop.
#[derive(Clone)]
pub struct CarrierSecret(Zeroizing<String>);

impl CarrierSecret {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
    /// The text, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CarrierSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A connection as it is written. What one kind has and another lacks is checked by hand, so that the error says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CarrierTable {
    id: String,
    kind: String,
    per_second: Option<u32>,
    window: Option<u32>,
    answer_seconds: Option<u32>,
    #[serde(default)]
    on_unknown: OnUnknown,
    address: Option<String>,
    system_id: Option<String>,
    password: Option<SecretTable>,
    #[serde(default)]
    system_type: String,
}

/// What is done about a message of which nobody knows whether it arrived.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OnUnknown {
    /// Nothing, so that nobody gets it twice.
    #[default]
    Hold,
    /// It goes once more, so that nobody misses it.
    Repeat,
}

/// Where a secret is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretTable {
    file: Option<PathBuf>,
    env: Option<String>,
}

impl CarrierTable {
    pub(super) fn name(&self) -> &str {
        self.id.trim()
    }
    /// The connection, or a sentence that says what is wrong. Paths are relative to `folder`.
    pub(super) fn read(self, folder: &Path) -> Result<CarrierConfig, String> {
        let id = self.id.trim();
        let is_word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if id.is_empty() || id.len() > 40 || !id.chars().all(is_word) {
            return Err("`id` is a word of at most 40 letters, digits and -_.".to_owned());
        }
        let within = |name: &str, value: Option<u32>, usual: u32, most: u32| match value {
            Some(n) if n == 0 || n > most => Err(format!("`{name}` is from 1 to {most}")),
            value => Ok(value.unwrap_or(usual)),
        };
        let per_second = within("per_second", self.per_second, PER_SECOND, 1_000)?;
        let window = within("window", self.window, WINDOW, 1_000)?;
        let answer = within("answer_seconds", self.answer_seconds, ANSWER_SECONDS, 300)?;
        let kind = match self.kind.as_str() {
            "smpp" => CarrierKind::Smpp(SmppSettings {
                address: address(self.address)?,
                system_id: short("system_id", self.system_id, 15)?,
                password: secret("password", self.password, folder)?,
                system_type: short("system_type", Some(self.system_type), 12)?,
            }),
            other => {
                return Err(format!("`{other}` is no kind of network: smpp is the one there is"));
            }
        };
        if let CarrierKind::Smpp(smpp) = &kind
            && smpp.password.expose().len() > 8
        {
            // C-octet strings of SMPP 3.4, section 4.1.1: at most 9 octets, of which the last is zero.
            return Err(
                "`password` has more than the 8 characters that SMPP 3.4 has room for".into()
            );
        }
        Ok(CarrierConfig {
            id: id.into(),
            kind,
            per_second,
            window,
            answers_within: Duration::from_secs(answer.into()),
            repeats: matches!(self.on_unknown, OnUnknown::Repeat),
        })
    }
}

fn address(text: Option<String>) -> Result<String, String> {
    let text = text.unwrap_or_default().trim().to_owned();
    let host_and_port = text.rsplit_once(':').and_then(|(host, port)| {
        (!host.is_empty()).then_some(())?;
        port.parse::<u16>().ok().filter(|port| *port > 0)
    });
    match host_and_port {
        Some(_) => Ok(text),
        None => {
            Err(format!("`address` is a host and port such as smsc.example.org:2775, not `{text}`"))
        }
    }
}

fn short(name: &str, text: Option<String>, most: usize) -> Result<String, String> {
    let text = text.ok_or_else(|| format!("`{name}` is missing"))?;
    if text.len() > most || !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Err(format!("`{name}` has at most {most} letters, digits and signs of ASCII"));
    }
    Ok(text)
}

/// Reads a secret from where the settings say. It never stands in the settings themselves (R-SECRET-3).
fn secret(name: &str, from: Option<SecretTable>, folder: &Path) -> Result<CarrierSecret, String> {
    let from = from.ok_or_else(|| {
        format!("`{name}` is missing: write {name} = {{ file = \"...\" }} or {{ env = \"...\" }}")
    })?;
    let text = match (from.file, from.env) {
        (Some(file), None) => {
            let path = folder.join(file);
            let text = private::secret(&path).map_err(|why| why.to_string())?;
            Zeroizing::new(without_mark(&text).trim().to_owned())
        }
        (None, Some(variable)) => {
            let text = key::variable(&variable)?;
            Zeroizing::new(text.trim().to_owned())
        }
        _ => return Err(format!("`{name}` has exactly one of `file` and `env`")),
    };
    if text.is_empty() {
        return Err(format!("`{name}` is empty"));
    }
    Ok(CarrierSecret(text))
}
