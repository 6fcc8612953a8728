//! What becomes of messages on their way to a phone: decided in one place, for the simulated
//! network that reports it and for the phone that shows what arrived.

use crate::{
    hub::config::SandboxSettings,
    model::{ChannelNumber, CustomerNumber, MessageId, MessageStatus, OrgId},
};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How many phones may have an outcome of their own.
const MOST: usize = 100_000;

/// What a phone does with messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// What the sandbox's settings say.
    #[default]
    Default,
    /// It gets them and nobody looks.
    Deliver,
    /// It gets them and somebody reads them, where the channel reports that.
    Read,
    /// The network refuses them.
    Fail,
    /// It cannot receive this kind.
    NoCapability,
    /// Nothing is ever heard of them.
    Never,
}

/// The phones of the sandbox orgs. Outcomes live in memory only: a restart forgets them.
#[derive(Debug, Default)]
pub struct Phones {
    orgs: HashMap<OrgId, SandboxSettings>,
    set: Mutex<HashMap<(OrgId, CustomerNumber), Outcome>>,
}

impl Phones {
    /// Phones that behave as their org's settings say.
    #[must_use]
    pub fn new(orgs: &[(OrgId, SandboxSettings)]) -> Self {
        Self { orgs: orgs.iter().cloned().collect(), set: Mutex::default() }
    }

    /// Whether the org's phones are simulated.
    #[must_use]
    pub fn simulated(&self, org: &OrgId) -> bool {
        self.orgs.contains_key(org)
    }

    /// Sets what becomes of messages to a phone from now on. False if too many phones are set.
    #[must_use]
    pub fn set(&self, org: &OrgId, number: &CustomerNumber, outcome: Outcome) -> bool {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (org.clone(), number.clone());
        if outcome == Outcome::Default {
            set.remove(&key);
        } else if set.len() >= MOST && !set.contains_key(&key) {
            return false;
        } else {
            set.insert(key, outcome);
        }
        true
    }

    /// The last status that a message to this phone will have; `None` if no report ever comes
    /// (events.md 4.1). The same for a message whenever asked, unless the phone is set anew.
    #[must_use]
    pub fn fate(
        &self,
        org: &OrgId,
        number: &CustomerNumber,
        channel: &ChannelNumber,
        message: &MessageId,
    ) -> Option<MessageStatus> {
        let settings = self.orgs.get(org)?;
        let set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = set.get(&(org.clone(), number.clone())).copied().unwrap_or_default();
        drop(set);
        let unlucky = || {
            let mut draw = super::chance(settings.seed, message.as_str());
            draw.u8(..100) < settings.fail_percent
        };
        match outcome {
            Outcome::Never => None,
            Outcome::NoCapability => Some(MessageStatus::NoCapability),
            Outcome::Fail => Some(MessageStatus::Failed),
            Outcome::Default if unlucky() => Some(MessageStatus::Failed),
            Outcome::Default | Outcome::Read if channel.channel.reports_reads() => {
                Some(MessageStatus::Read)
            }
            _ => Some(MessageStatus::Delivered),
        }
    }

    /// Whether a message shows up on the phone at all.
    #[must_use]
    pub fn reaches(
        &self,
        org: &OrgId,
        number: &CustomerNumber,
        channel: &ChannelNumber,
        message: &MessageId,
    ) -> bool {
        matches!(
            self.fate(org, number, channel, message),
            Some(MessageStatus::Delivered | MessageStatus::Read)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Channel;

    fn fates(percent: u8, channel: Channel, outcome: Outcome) -> Vec<Option<MessageStatus>> {
        let org = OrgId::from("o");
        let settings = SandboxSettings { fail_percent: percent, ..SandboxSettings::default() };
        let phones = Phones::new(&[(org.clone(), settings)]);
        let number = CustomerNumber::telco("+254700000001");
        assert!(phones.set(&org, &number, outcome));
        let line = ChannelNumber::new(channel, "40404");
        (0..1000)
            .map(|n| phones.fate(&org, &number, &line, &format!("el_msg_{n}").into()))
            .collect()
    }

    #[test]
    fn an_outcome_decides_every_message_of_its_phone() {
        use MessageStatus as S;
        for (outcome, channel, expected) in [
            (Outcome::Default, Channel::Whatsapp, Some(S::Read)),
            (Outcome::Default, Channel::Sms, Some(S::Delivered)),
            (Outcome::Deliver, Channel::Whatsapp, Some(S::Delivered)),
            (Outcome::Read, Channel::Telegram, Some(S::Read)),
            (Outcome::Read, Channel::Sms, Some(S::Delivered)),
            (Outcome::Fail, Channel::Sms, Some(S::Failed)),
            (Outcome::NoCapability, Channel::Sms, Some(S::NoCapability)),
            (Outcome::Never, Channel::Sms, None),
        ] {
            let fates = fates(0, channel, outcome);
            assert!(fates.iter().all(|fate| *fate == expected), "{outcome:?} on {channel:?}");
        }
    }

    #[test]
    fn so_many_of_a_hundred_fail_and_always_the_same_ones() {
        let first = fates(30, Channel::Sms, Outcome::Default);
        let failed = first.iter().filter(|f| **f == Some(MessageStatus::Failed)).count();
        assert!((250..350).contains(&failed), "{failed} of 1000 failed");
        assert_eq!(first, fates(30, Channel::Sms, Outcome::Default));
    }

    #[test]
    fn other_orgs_have_no_phones() {
        let phones = Phones::default();
        let number = CustomerNumber::telco("+1");
        let line = ChannelNumber::new(Channel::Sms, "40404");
        assert!(!phones.simulated(&"o".into()));
        assert_eq!(phones.fate(&"o".into(), &number, &line, &"m".into()), None);
    }
}
