//! What the hub's settings say about one org. Plain data; reading the file is `hub/config.rs`.

use super::{
    address::ChannelNumber,
    id::{AppId, OrgId},
    limits,
    money::Currency,
};
use std::{collections::BTreeMap, time::Duration};

/// The part of the settings that rules consult. Not in the log: changing it changes only later decisions.
#[derive(Clone, Debug)]
pub struct OrgSettings {
    /// The org.
    pub id: OrgId,
    /// Its apps; the first is the default app (R-EVT-2).
    pub apps: Vec<AppId>,
    /// Its registered channel numbers. Empty: any number is accepted (R-MSG-1 step 2).
    pub channels: Vec<BoundChannel>,
    /// Its purses.
    pub purses: Vec<Purse>,
    /// Whether phones of this org are simulated and may be acted for.
    pub sandbox: bool,
    /// How long a messaging session lasts after the last inbound message (R-SESS-1).
    pub session_length: Duration,
    /// The channel numbers on which it lasts longer or shorter.
    pub session_lengths: BTreeMap<ChannelNumber, Duration>,
    /// How long expired tags and secondary ids stay listed (R-EXP-1).
    pub expiry_grace: Duration,
    /// How long an app may take to answer a USSD or voice prompt (R-HOOK-1).
    pub prompt_window: Duration,
    /// How long a USSD customer may take to type (events.md 4.6).
    pub ussd_idle: Duration,
    /// How long an outbound message may stay undelivered (events.md 4.1).
    pub message_expiry: Duration,
    /// The shortest interval of a repeated reminder (R-REM-3).
    pub reminder_floor: Duration,
    /// How long a payer may take to agree to a payment (events.md 4.3).
    pub payment_confirmation: Duration,
    /// How long a payment may stay undecided otherwise (events.md 4.3).
    pub payment_expiry: Duration,
    /// Whether a message of exactly one of these words, on sms, opts its sender out (R-CONSENT-4).
    pub stop_words: Vec<String>,
}

impl OrgSettings {
    /// How long a messaging session on this channel number lasts (R-SESS-1).
    #[must_use]
    pub fn session_on(&self, channel: &ChannelNumber) -> Duration {
        self.session_lengths.get(channel).copied().unwrap_or(self.session_length)
    }
}

/// A registered channel number.
#[derive(Clone, Debug)]
pub struct BoundChannel {
    /// The number.
    pub channel: ChannelNumber,
    /// The app that gets what arrives there.
    pub app: Option<AppId>,
    /// For payment numbers: the purse that payments are credited to.
    pub purse: Option<String>,
}

/// Money of the org.
#[derive(Clone, Debug)]
pub struct Purse {
    /// Its id.
    pub id: String,
    /// Its currency.
    pub currency: Currency,
}

impl Default for OrgSettings {
    fn default() -> Self {
        Self {
            id: OrgId::default(),
            apps: Vec::new(),
            channels: Vec::new(),
            purses: Vec::new(),
            sandbox: false,
            session_length: Duration::from_hours(24),
            session_lengths: BTreeMap::new(),
            expiry_grace: Duration::from_hours(24),
            prompt_window: limits::PROMPT_WINDOW,
            ussd_idle: Duration::from_mins(3),
            message_expiry: Duration::from_hours(24),
            reminder_floor: Duration::from_secs(1),
            payment_confirmation: Duration::from_mins(2),
            payment_expiry: Duration::from_hours(24),
            stop_words: [
                "stop",
                "stopall",
                "unsubscribe",
                "cancel",
                "end",
                "quit",
                "arret",
                "acha",
            ]
            .map(str::to_owned)
            .to_vec(),
        }
    }
}
