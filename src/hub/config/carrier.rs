//! The connections to real networks that the settings name (R-CARRY-1). How they are read is in `carrier_table`.

use super::file::TlsFiles;
use crate::model::{CarrierId, Channel, settings::Repeats};
use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio_rustls::rustls::RootCertStore;
use zeroize::Zeroizing;

/// How long whoever dials a USSD code waits for a menu, if the settings do not say. Networks wait for 15 s and more.
const USSD_SECONDS: u32 = 10;

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
    /// Whether a message of which nobody knows whether it arrived goes again (R-CARRY-2).
    pub repeats: Repeats,
    /// Whether the network reports on messages (R-CARRY-21).
    pub reports: bool,
    pub trust: CarrierTrust,
    pub ussd: UssdSettings,
}

/// How long whoever waits at a telephone waits (R-CARRY-23, R-CARRY-25), and what whoever dialled a USSD code is shown
/// if nobody answers.
#[derive(Clone, Debug)]
pub struct UssdSettings {
    /// How long an app or an agent may take to answer. It is shorter than the network waits.
    pub answers_within: Duration,
    /// What ends the session then.
    pub missed: String,
}

impl CarrierConfig {
    /// How long a customer on a number of this channel waits for an answer (R-CARRY-23); `None` where nobody waits
    /// at a telephone.
    #[must_use]
    pub const fn prompt_window(&self, channel: Channel) -> Option<Duration> {
        match channel {
            Channel::Ussd | Channel::Voice => Some(self.ussd.answers_within),
            Channel::Unspecified
            | Channel::Sms
            | Channel::Whatsapp
            | Channel::Telegram
            | Channel::Messenger
            | Channel::Rcs
            | Channel::Payment => None,
        }
    }
}

impl Default for UssdSettings {
    fn default() -> Self {
        let missed = "Service is not available now. Please try again later.".to_owned();
        Self { answers_within: Duration::from_secs(USSD_SECONDS.into()), missed }
    }
}

/// What kind of network it is, with what only that kind has.
#[derive(Clone, Debug)]
pub enum CarrierKind {
    Smpp(SmppSettings),
    Http(HttpKind),
}

/// A network that is called by HTTP.
#[derive(Clone, Debug)]
pub enum HttpKind {
    Kannel(KannelSettings),
    Telegram(TelegramSettings),
    Webhook(WebhookSettings),
    AfricasTalking(AfricasTalkingSettings),
}

impl HttpKind {
    /// Whether anything that is said to it is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        let is_https = |url: &str| url.starts_with("https://");
        match self {
            Self::Kannel(settings) => is_https(&settings.url),
            Self::Telegram(settings) => is_https(&settings.url),
            Self::Webhook(settings) => is_https(&settings.url),
            Self::AfricasTalking(settings) => {
                is_https(&settings.url) || is_https(&settings.voice_url)
            }
        }
    }
}

impl CarrierKind {
    /// The words of all kinds in the settings, for a sentence.
    pub(super) const WORDS: &str = "smpp, kannel, telegram, webhook and africastalking";

    /// Whether it carries what is said on a channel.
    #[must_use]
    pub const fn carries(&self, channel: Channel) -> bool {
        use HttpKind as H;
        match self {
            Self::Smpp(_) => matches!(channel, Channel::Sms | Channel::Ussd),
            Self::Http(H::AfricasTalking(_)) => {
                matches!(channel, Channel::Sms | Channel::Ussd | Channel::Voice)
            }
            Self::Http(H::Kannel(_)) => matches!(channel, Channel::Sms),
            Self::Http(H::Telegram(_)) => matches!(channel, Channel::Telegram),
            Self::Http(H::Webhook(_)) => matches!(
                channel,
                Channel::Sms
                    | Channel::Whatsapp
                    | Channel::Telegram
                    | Channel::Messenger
                    | Channel::Rcs
            ),
        }
    }
    /// Its word in the settings.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Smpp(_) => "smpp",
            Self::Http(HttpKind::Kannel(_)) => "kannel",
            Self::Http(HttpKind::Telegram(_)) => "telegram",
            Self::Http(HttpKind::Webhook(_)) => "webhook",
            Self::Http(HttpKind::AfricasTalking(_)) => "africastalking",
        }
    }
    /// Whether it brings reports and messages to an address of the hub, so that the hub needs one.
    #[must_use]
    pub const fn needs_callbacks(&self) -> bool {
        match self {
            Self::Smpp(_) | Self::Http(HttpKind::Telegram(_)) => false,
            Self::Http(
                HttpKind::Kannel(_) | HttpKind::Webhook(_) | HttpKind::AfricasTalking(_),
            ) => true,
        }
    }
    /// How many numbers of the org it can carry; `None` if as many as there are.
    #[must_use]
    pub const fn numbers(&self) -> Option<usize> {
        match self {
            // A bot is one name, and what is written to it does not say to whom.
            Self::Http(HttpKind::Telegram(_)) => Some(1),
            Self::Smpp(_)
            | Self::Http(
                HttpKind::Kannel(_) | HttpKind::Webhook(_) | HttpKind::AfricasTalking(_),
            ) => None,
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
    /// Whether the connection is encrypted.
    pub tls: bool,
}

/// Who may issue the certificate of a network (R-CARRY-27). By default it is whoever browsers trust.
#[derive(Clone, Debug)]
pub struct CarrierTrust {
    pub roots: Arc<RootCertStore>,
    /// The file that they are from; `None` if they are those whom browsers trust.
    pub ca: Option<PathBuf>,
}

impl Default for CarrierTrust {
    fn default() -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        Self { roots: Arc::new(roots), ca: None }
    }
}

/// A Kannel gateway.
#[derive(Clone, Debug)]
pub struct KannelSettings {
    /// The address of its sendsms service, such as `http://kannel.example.org:13013/cgi-bin/sendsms`.
    pub url: String,
    pub username: String,
    pub password: CarrierSecret,
    /// What stands in the address that it calls, because it signs nothing.
    pub callback_secret: CarrierSecret,
}

/// A Telegram bot.
#[derive(Clone, Debug)]
pub struct TelegramSettings {
    /// The address of the Bot API, without a slash at its end.
    pub url: String,
    pub token: CarrierSecret,
}

/// A provider of one's own, by Standard Webhooks.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Where messages are posted to.
    pub url: String,
    /// What both sides sign with, the newest first; there are several while they are changed.
    pub keys: Vec<CarrierSecret>,
}

/// An account with Africa's Talking.
#[derive(Clone, Debug)]
pub struct AfricasTalkingSettings {
    /// The address of its API, without a slash at its end.
    pub url: String,
    /// The address of its service for calls, without a slash at its end.
    pub voice_url: String,
    pub username: String,
    pub api_key: CarrierSecret,
    /// What stands in the addresses that it calls, because it signs nothing.
    pub callback_secret: CarrierSecret,
}

/// Where networks call the hub.
#[derive(Clone, Debug)]
pub struct CallbacksConfig {
    pub listen: SocketAddr,
    /// The address under which networks reach it, without a slash at its end.
    pub public_url: String,
    /// Its certificate, if it speaks TLS by itself.
    pub tls: Option<TlsFiles>,
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
