//! Connections to real networks as they are written, and how they are read. A wrong one stops the start with a sentence,
//! because a hub that starts without its network looks as if it worked.

use super::{
    carrier::{
        AfricasTalkingSettings, CallbacksConfig, CarrierConfig, CarrierKind, CarrierSecret,
        CarrierTrust, HttpKind, KannelSettings, SmppSettings, TelegramSettings, UssdSettings,
        WebhookSettings,
    },
    file::TlsFiles,
    key,
};
use crate::{
    hub::private,
    model::{
        CarrierId, Channel, file_text::without_mark, segments::measure_menu, settings::Repeats,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use std::{
    fs,
    net::SocketAddr,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio_rustls::rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use zeroize::Zeroizing;

/// How many messages a network may owe an answer for at once, if the settings do not say.
const WINDOW: u32 = 10;
/// How many messages a second go to a network, if the settings do not say.
const PER_SECOND: u32 = 10;
/// How long a network may take to answer, if the settings do not say.
const ANSWER_SECONDS: u32 = 30;
/// How long a key to sign with is, in bytes.
const KEY_BYTES: RangeInclusive<usize> = 24..=64;
/// How many characters a secret in an address has at least: 128 bits as base64 without padding.
const PATH_SECRET: usize = 22;

/// A connection as it is written. What one kind has and another lacks is checked by hand, so that the error says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CarrierTable {
    id: String,
    kind: String,
    per_second: Option<u32>,
    window: Option<u32>,
    answer_seconds: Option<u32>,
    on_unknown: Option<OnUnknown>,
    reports: Option<bool>,
    ussd_seconds: Option<u32>,
    ussd_end: Option<String>,
    address: Option<String>,
    system_id: Option<String>,
    password: Option<SecretTable>,
    system_type: Option<String>,
    tls: Option<bool>,
    ca: Option<PathBuf>,
    url: Option<String>,
    voice_url: Option<String>,
    username: Option<String>,
    token: Option<SecretTable>,
    api_key: Option<SecretTable>,
    key: Option<SecretTable>,
    old_key: Option<SecretTable>,
    callback_secret: Option<SecretTable>,
}

/// What is done about a message of which nobody knows whether it arrived.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OnUnknown {
    /// Nothing, so that nobody gets it twice.
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

/// Where networks call the hub, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallbacksTable {
    #[serde(default, deserialize_with = "super::file::address")]
    listen: Option<SocketAddr>,
    public_url: Option<String>,
    tls: Option<TlsFiles>,
}

impl CallbacksTable {
    pub(super) fn read(self, folder: &Path) -> Result<CallbacksConfig, String> {
        let listen = self.listen.ok_or(
            "[callbacks]: `listen` is missing: an address and port such as 127.0.0.1:7480",
        )?;
        let public_url = url("public_url", self.public_url, None)
            .map_err(|why| format!("[callbacks]: {why}"))?;
        let tls = self.tls.map(|files| files.in_folder(folder));
        Ok(CallbacksConfig { listen, public_url, tls })
    }
}

impl CarrierTable {
    pub(super) fn name(&self) -> &str {
        self.id.trim()
    }

    /// Whether whoever dials a code may wait as long as it says. The org's `prompt_seconds` end every session, so that
    /// a longer time would be cut short without a word.
    pub(super) fn fits(&self, prompt_window: Duration) -> Result<(), String> {
        let (most, asked) = (prompt_window.as_secs(), self.ussd_seconds.unwrap_or_default());
        if u64::from(asked) > most {
            return Err(format!(
                "`ussd_seconds` is {asked}, but `prompt_seconds` of the org ends every session after {most} s: \
                 raise it in [org.rules], or lower `ussd_seconds`"
            ));
        }
        Ok(())
    }

    /// The connection, or a sentence that says what is wrong. Paths are relative to `folder`.
    pub(super) fn read(mut self, folder: &Path) -> Result<CarrierConfig, String> {
        let id = self.id.trim();
        let is_word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if id.is_empty() || id.len() > 40 || !id.chars().all(is_word) {
            return Err("`id` is a word of at most 40 letters, digits and -_.".to_owned());
        }
        let id = CarrierId::from(id);
        let within = |name: &str, value: Option<u32>, usual: u32, most: u32| match value {
            Some(n) if n == 0 || n > most => Err(format!("`{name}` is from 1 to {most}")),
            value => Ok(value.unwrap_or(usual)),
        };
        let per_second = within("per_second", self.per_second, PER_SECOND, 1_000)?;
        let window = within("window", self.window, WINDOW, 1_000)?;
        let answer = within("answer_seconds", self.answer_seconds, ANSWER_SECONDS, 300)?;
        let kind = self.kind(folder)?;
        let trust = trust(self.ca.take(), &kind, folder)?;
        let (repeats, reports) = (self.repeats(&kind)?, self.reports(&kind)?);
        let ussd = self.ussd(&kind)?;
        if let Some(name) = self.left() {
            return Err(format!("`{name}` is no setting of the kind {}", kind.word()));
        }
        let answers_within = Duration::from_secs(answer.into());
        Ok(CarrierConfig {
            id,
            kind,
            per_second,
            window,
            answers_within,
            repeats,
            reports,
            trust,
            ussd,
        })
    }

    /// Takes what only this kind has.
    fn kind(&mut self, folder: &Path) -> Result<CarrierKind, String> {
        if self.kind != "smpp" {
            return self.http(folder).map(CarrierKind::Http);
        }
        Ok(CarrierKind::Smpp(SmppSettings {
            address: address(self.address.take())?,
            system_id: short("system_id", self.system_id.take(), 15)?,
            password: smpp_password(self.password.take(), folder)?,
            system_type: short("system_type", self.system_type.take().or(Some(String::new())), 12)?,
            tls: self.tls.take().unwrap_or_default(),
        }))
    }

    /// The same of a kind that is called by HTTP.
    fn http(&mut self, folder: &Path) -> Result<HttpKind, String> {
        match self.kind.as_str() {
            "kannel" => Ok(HttpKind::Kannel(KannelSettings {
                url: url("url", self.url.take(), None)?,
                username: short("username", self.username.take(), 100)?,
                password: secret("password", self.password.take(), folder)?,
                callback_secret: path_secret(self.callback_secret.take(), folder)?,
            })),
            "telegram" => Ok(HttpKind::Telegram(TelegramSettings {
                url: url("url", self.url.take(), Some("https://api.telegram.org"))?,
                token: secret("token", self.token.take(), folder)?,
            })),
            "webhook" => {
                let mut keys = vec![webhook_key("key", self.key.take(), folder)?];
                if let Some(old) = self.old_key.take() {
                    keys.push(webhook_key("old_key", Some(old), folder)?);
                }
                let url = url("url", self.url.take(), None)?;
                Ok(HttpKind::Webhook(WebhookSettings { url, keys }))
            }
            "africastalking" => {
                let api = url("url", self.url.take(), Some("https://api.africastalking.com"))?;
                let voice = api.replacen("//api.", "//voice.", 1);
                Ok(HttpKind::AfricasTalking(AfricasTalkingSettings {
                    url: api,
                    voice_url: url("voice_url", self.voice_url.take(), Some(&voice))?,
                    username: short("username", self.username.take(), 100)?,
                    api_key: secret("api_key", self.api_key.take(), folder)?,
                    callback_secret: path_secret(self.callback_secret.take(), folder)?,
                }))
            }
            other => {
                let words = CarrierKind::WORDS;
                Err(format!("`{other}` is no kind of network: there are {words}"))
            }
        }
    }

    fn repeats(&self, kind: &CarrierKind) -> Result<Repeats, String> {
        match (kind, self.on_unknown) {
            (CarrierKind::Http(HttpKind::Webhook(_)), None) => Ok(Repeats::Always),
            (CarrierKind::Http(HttpKind::Webhook(_)), Some(_)) => Err(
                "`on_unknown` is no setting of the kind webhook: whoever takes its messages knows \
                 them by their ids, so they are repeated until there is an answer"
                    .to_owned(),
            ),
            (_, Some(OnUnknown::Repeat)) => Ok(Repeats::Once),
            (_, Some(OnUnknown::Hold) | None) => Ok(Repeats::Never),
        }
    }

    fn reports(&self, kind: &CarrierKind) -> Result<bool, String> {
        match (kind, self.reports) {
            (CarrierKind::Http(HttpKind::Telegram(_)), Some(true)) => {
                Err("`reports` cannot be true: Telegram tells a bot nothing of what it sent".into())
            }
            (CarrierKind::Http(HttpKind::Telegram(_)), _) => Ok(false),
            (_, reports) => Ok(reports.unwrap_or(true)),
        }
    }

    fn ussd(&mut self, kind: &CarrierKind) -> Result<UssdSettings, String> {
        let mut ussd = UssdSettings::default();
        if !kind.carries(Channel::Ussd) {
            return Ok(ussd);
        }
        match self.ussd_seconds.take() {
            None => {}
            Some(seconds @ 1..=60) => ussd.answers_within = Duration::from_secs(seconds.into()),
            Some(_) => return Err("`ussd_seconds` is from 1 to 60".to_owned()),
        }
        if let Some(end) = self.ussd_end.take() {
            if end.trim().is_empty() {
                return Err("`ussd_end` is blank: it is what the customer reads".to_owned());
            }
            if let Some(why) = measure_menu(&end).refusal() {
                return Err(format!("`ussd_end`: {why}"));
            }
            ussd.missed = end;
        }
        Ok(ussd)
    }

    /// The name of a setting that the kind has not taken.
    fn left(&self) -> Option<&'static str> {
        let texts = [
            ("address", &self.address),
            ("system_id", &self.system_id),
            ("system_type", &self.system_type),
            ("url", &self.url),
            ("voice_url", &self.voice_url),
            ("username", &self.username),
            ("ussd_end", &self.ussd_end),
        ];
        let others = [("ussd_seconds", self.ussd_seconds.is_some()), ("tls", self.tls.is_some())];
        let others = others.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name);
        let secrets = [
            ("password", &self.password),
            ("token", &self.token),
            ("api_key", &self.api_key),
            ("key", &self.key),
            ("old_key", &self.old_key),
            ("callback_secret", &self.callback_secret),
        ];
        let texts = texts.into_iter().filter(|(_, text)| text.is_some()).map(|(name, _)| name);
        let secrets =
            secrets.into_iter().filter(|(_, secret)| secret.is_some()).map(|(name, _)| name);
        others.chain(texts).chain(secrets).next()
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

/// Who may issue the certificate of the network.
fn trust(ca: Option<PathBuf>, kind: &CarrierKind, folder: &Path) -> Result<CarrierTrust, String> {
    let Some(ca) = ca.map(|ca| folder.join(ca)) else { return Ok(CarrierTrust::default()) };
    match kind {
        CarrierKind::Smpp(SmppSettings { tls: false, .. }) => {
            return Err("`ca` is for a connection with `tls = true`".to_owned());
        }
        CarrierKind::Smpp(_) => {}
        CarrierKind::Http(kind) if kind.is_encrypted() => {}
        CarrierKind::Http(_) => {
            return Err("`ca` is for a network whose address begins with https://".to_owned());
        }
    }
    let roots = certificates(&ca).map_err(|why| format!("`ca`: {}: {why}", ca.display()))?;
    Ok(CarrierTrust { roots: Arc::new(roots), ca: Some(ca) })
}

/// The certificates in a file.
fn certificates(path: &Path) -> Result<RootCertStore, String> {
    let text = fs::read(path).map_err(|error| format!("it cannot be read: {error}"))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| format!("it is no PEM: {error}"))?;
        roots.add(certificate).map_err(|error| format!("a certificate is of no use: {error}"))?;
    }
    if roots.is_empty() {
        return Err("there is no certificate in it, which begins with BEGIN CERTIFICATE".to_owned());
    }
    Ok(roots)
}

/// An address of the web without a slash at its end. Whoever is on the way can read what goes over `http://`, so
/// that is for one's own machine and network.
fn url(name: &str, text: Option<String>, usual: Option<&str>) -> Result<String, String> {
    let text = match (text, usual) {
        (Some(text), _) => text.trim().trim_end_matches('/').to_owned(),
        (None, Some(usual)) => return Ok(usual.to_owned()),
        (None, None) => return Err(format!("`{name}` is missing")),
    };
    let is_whole = text.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
            && uri.query().is_none()
    });
    if !is_whole || text.contains(['@', '#']) {
        return Err(format!(
            "`{name}` is an address such as https://sms.example.org/send, without a question mark \
             and without a name or password in it"
        ));
    }
    Ok(text)
}

fn short(name: &str, text: Option<String>, most: usize) -> Result<String, String> {
    let text = text.ok_or_else(|| format!("`{name}` is missing"))?;
    if text.len() > most || !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Err(format!("`{name}` has at most {most} letters, digits and signs of ASCII"));
    }
    Ok(text)
}

fn smpp_password(from: Option<SecretTable>, folder: &Path) -> Result<CarrierSecret, String> {
    let password = secret("password", from, folder)?;
    // C-octet strings of SMPP 3.4, section 4.1.1: at most 9 octets, of which the last is zero.
    if password.expose().len() > 8 {
        return Err("`password` has more than the 8 characters that SMPP 3.4 has room for".into());
    }
    Ok(password)
}

/// A secret that stands in an address: whoever knows the address can write in the name of customers.
fn path_secret(from: Option<SecretTable>, folder: &Path) -> Result<CarrierSecret, String> {
    let secret = secret("callback_secret", from, folder)?;
    let text = secret.expose();
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
    if text.len() < PATH_SECRET || text.len() > 100 || !text.bytes().all(is_word) {
        return Err(format!(
            "`callback_secret` has from {PATH_SECRET} to 100 letters, digits and -_, such as \
             `head -c 24 /dev/urandom | base64 | tr +/ -_` makes"
        ));
    }
    Ok(secret)
}

fn webhook_key(
    name: &str,
    from: Option<SecretTable>,
    folder: &Path,
) -> Result<CarrierSecret, String> {
    let secret = secret(name, from, folder)?;
    signing_key(secret.expose()).map_err(|why| {
        format!("`{name}`: {why}; one is made by `echo whsec_$(head -c 32 /dev/urandom | base64)`")
    })?;
    Ok(secret)
}

/// The bytes of a key that is written as `whsec_` and base64. The error says what is wrong, and never the key.
pub fn signing_key(text: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let encoded = text.strip_prefix("whsec_").ok_or("the key does not begin with whsec_")?;
    let bytes = STANDARD.decode(encoded).map_err(|_| "what follows whsec_ is not base64")?;
    let bytes = Zeroizing::new(bytes);
    if !KEY_BYTES.contains(&bytes.len()) {
        let (least, most) = KEY_BYTES.into_inner();
        return Err(format!("the key has {} bytes, and it takes {least} to {most}", bytes.len()));
    }
    Ok(bytes)
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
            without_mark(&text).trim().to_owned()
        }
        (None, Some(variable)) => {
            let text = key::variable(&variable)?;
            text.trim().to_owned()
        }
        _ => return Err(format!("`{name}` has exactly one of `file` and `env`")),
    };
    if text.is_empty() {
        return Err(format!("`{name}` is empty"));
    }
    Ok(CarrierSecret::new(text))
}

#[cfg(test)]
mod tests;
