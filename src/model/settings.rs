//! What the hub's settings say about one org, as plain data. `hub/config` reads it from
//! the settings file.

use super::{
    address::ChannelNumber,
    id::{AppId, CarrierId, OrgId},
    limits,
    money::Currency,
};
use std::{collections::BTreeMap, time::Duration};

/// The part of an org's settings that the rules depend on. Settings are not in the log, so that a
/// change of them affects later decisions only.
#[derive(Clone, Debug)]
pub struct OrgSettings {
    pub id: OrgId,
    /// The org's apps. The first one is its default app (R-EVT-2).
    pub apps: Vec<AppId>,
    /// The org's registered channel numbers. If empty, any number is accepted (R-MSG-1 step 2).
    pub channels: Vec<BoundChannel>,
    /// The connections to real networks.
    pub carriers: Vec<BoundCarrier>,
    pub purses: Vec<Purse>,
    /// The replies that everybody is offered.
    pub replies: std::sync::Arc<[super::CannedReply]>,
    /// The country in whose way local telephone numbers are read (R-ADDR-5). Without one they are not.
    #[cfg(feature = "hub")]
    pub region: Option<super::telephone::Region>,
    /// Whether the org's phones are simulated, so that clients may act for them.
    pub sandbox: bool,
    /// How long a messaging session lasts after the last inbound message (R-SESS-1).
    pub session_length: Duration,
    /// The channel numbers on which a session lasts longer or shorter than that.
    pub session_lengths: BTreeMap<ChannelNumber, Duration>,
    /// How long expired tags and secondary ids stay in a customer's state before they
    /// are removed (R-EXP-1).
    pub expiry_grace: Duration,
    /// How long an app may take to answer a USSD or voice prompt (R-HOOK-1), unless the customer waits
    /// less long on the number (`prompt_window_on`).
    pub prompt_window: Duration,
    /// How long a customer in a USSD session may take to answer a menu before the
    /// session ends (R-USSD-2).
    pub ussd_idle: Duration,
    /// How long an outbound message may stay without a report before it expires (R-MSG-5).
    pub message_expiry: Duration,
    /// What stays in the log (R-KEEP-1).
    pub keep: KeptLog,
    /// The shortest interval that a repeated reminder may have (R-REM-3).
    pub reminder_floor: Duration,
    /// How long a payer may take to confirm a payment before it expires (R-PAY-9).
    pub payment_confirmation: Duration,
    /// How long any other payment may stay undecided before it expires (R-PAY-9).
    pub payment_expiry: Duration,
    /// How many messages by tag go in a time at most, of all works together (R-TAGWORK-7). `None` for as many
    /// as the hub can record.
    pub bulk_rate: Option<super::Rate>,
    /// When customers are left alone, where they are (R-QUIET-1). `None` means never.
    #[cfg(feature = "hub")]
    pub quiet: Option<super::quiet::QuietHours>,
    /// The words by which customers opt out and come back (R-CONSENT-4, R-CONSENT-5).
    #[cfg(feature = "hub")]
    pub opt_words: std::sync::Arc<super::opt_words::OptWords>,
}

impl OrgSettings {
    /// The network that carries what this channel number sends; `None` if none does.
    #[must_use]
    pub fn carrier_of(&self, channel: &ChannelNumber) -> Option<&CarrierId> {
        self.channels.iter().find(|bound| bound.channel == *channel)?.carrier.as_ref()
    }
    /// How many messages by tag may go from this channel number in a time: as many as asked for, as the org allows and as
    /// the network takes that carries them, whichever is the least (R-TAGWORK-7).
    #[must_use]
    pub fn bulk_rate_on(
        &self,
        channel: &ChannelNumber,
        asked: Option<super::Rate>,
    ) -> Option<super::Rate> {
        let id = self.carrier_of(channel);
        let carrier = self.carriers.iter().find(|carrier| Some(&carrier.id) == id);
        let network = carrier.and_then(|carrier| {
            super::Rate::new(carrier.per_second, super::rate::RateUnit::Second)
        });
        super::Rate::lower(super::Rate::lower(asked, self.bulk_rate), network)
    }
    /// How long a prompt of somebody on this channel number may be answered: as long as the org allows, or only
    /// as long as the network of the number lets its customers wait, whichever is less (R-HOOK-1).
    #[must_use]
    pub fn prompt_window_on(&self, channel: &ChannelNumber) -> Duration {
        prompt_window_on(&self.channels, channel, self.prompt_window)
    }
    /// How long a messaging session on this channel number lasts (R-SESS-1).
    #[must_use]
    pub fn session_on(&self, channel: &ChannelNumber) -> Duration {
        self.session_lengths.get(channel).copied().unwrap_or(self.session_length)
    }
}

/// What stays in an org's log (R-KEEP-1). By default it is everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptLog {
    /// Older entries go.
    pub age: Option<Duration>,
    /// The oldest entries go when the log has more bytes of them.
    pub bytes: Option<u64>,
}

/// A channel number that the settings register for the org.
#[derive(Clone, Debug)]
pub struct BoundChannel {
    pub channel: ChannelNumber,
    /// The app that is notified of what arrives at the number. `None` if no app is bound
    /// to it (R-EVT-2).
    pub app: Option<AppId>,
    /// For a payment number: the purse that is credited with what customers pay to it. `None` if
    /// the money passes through (R-RCVPAY-1).
    pub purse: Option<String>,
    /// The network that carries what the number sends.
    pub carrier: Option<CarrierId>,
    /// How long that network lets a customer at a telephone wait for an answer (R-CARRY-23). `None` if no network
    /// limits it, as on every channel on which nobody holds a telephone.
    pub prompt_window: Option<Duration>,
}

/// How long a prompt on a channel number may be answered (R-HOOK-1): the lesser of the org's time and of the
/// number's own. A number that is not listed has none of its own.
pub(super) fn prompt_window_on(
    bound: &[BoundChannel],
    channel: &ChannelNumber,
    org: Duration,
) -> Duration {
    let bound = bound.iter().find(|bound| bound.channel == *channel);
    bound.and_then(|bound| bound.prompt_window).map_or(org, |own| own.min(org))
}

/// A connection to a real network, as far as the rules depend on it.
#[derive(Clone, Debug)]
pub struct BoundCarrier {
    pub id: CarrierId,
    /// What it speaks, as the settings call it.
    pub kind: &'static str,
    /// How many messages go in a second at most.
    pub per_second: u32,
    pub repeats: Repeats,
    /// Whether it reports on messages. If it does not, SENT is the last that is known of them (R-CARRY-21).
    pub reports: bool,
}

/// Whether a message of which nobody knows whether it arrived is handed over again (R-CARRY-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// It is not, so that nobody gets it twice.
    Never,
    /// It is once more, so that nobody misses it.
    Once,
    /// It is until there is an answer, because the network knows messages by our ids and takes each once.
    Always,
}

/// Money of the org in one currency.
#[derive(Clone, Debug)]
pub struct Purse {
    pub id: String,
    pub currency: Currency,
}

impl Default for OrgSettings {
    fn default() -> Self {
        Self {
            id: OrgId::default(),
            apps: Vec::new(),
            channels: Vec::new(),
            carriers: Vec::new(),
            purses: Vec::new(),
            replies: std::sync::Arc::new([]),
            #[cfg(feature = "hub")]
            region: None,
            sandbox: false,
            session_length: Duration::from_hours(24),
            session_lengths: BTreeMap::new(),
            expiry_grace: Duration::from_hours(24),
            prompt_window: limits::PROMPT_WINDOW,
            ussd_idle: Duration::from_mins(3),
            message_expiry: Duration::from_hours(24),
            keep: KeptLog::default(),
            reminder_floor: Duration::from_secs(1),
            payment_confirmation: Duration::from_mins(2),
            payment_expiry: Duration::from_hours(24),
            bulk_rate: None,
            #[cfg(feature = "hub")]
            quiet: Some(super::quiet::QuietHours::default()),
            #[cfg(feature = "hub")]
            opt_words: super::opt_words::OptWords::built_in(),
        }
    }
}
