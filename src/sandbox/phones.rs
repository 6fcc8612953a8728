//! What phones do: with messages to them, when they ring, when they are asked to pay or for consent. It is
//! decided in one place, both for the simulated network that reports it and for the service that shows
//! what arrives on a phone.
//!
//! What a program has set for a phone wins over its magic number (`model::magic`), and the magic number
//! wins over the sandbox's settings.

use crate::{
    hub::config::SandboxSettings,
    model::{
        CallStatus, ChannelNumber, CustomerNumber, HangupCause, MessageId, MessageStatus, OrgId,
        PaymentStatus,
        magic::{self, Family},
        phone::{Manner, Outcome, Will},
    },
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many phones may be set to behave in their own way.
const MOST: usize = 100_000;
/// The keys that a phone presses if nothing was set.
const DIGITS: &str = "1";

/// What comes of a call to a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickUp {
    /// The phone is picked up.
    Yes,
    /// The network never makes the phone ring.
    NeverRings,
    /// The phone rings until a program reports what happens.
    Wait,
    /// The call ends with this status and cause before anybody picks up.
    Ends(CallStatus, HangupCause),
}

#[derive(Clone, Debug, Default)]
struct PhoneSettings {
    outcome: Outcome,
    manner: Manner,
}

/// The phones of all sandbox orgs. What programs set for them lives in memory only, so a restart forgets it.
#[derive(Debug, Default)]
pub struct Phones {
    orgs: HashMap<OrgId, SandboxSettings>,
    set: Mutex<HashMap<(OrgId, CustomerNumber), PhoneSettings>>,
}

impl Phones {
    /// Phones that behave as the settings of their orgs say. Orgs that are not given have none.
    #[must_use]
    pub fn new(orgs: &[(OrgId, SandboxSettings)]) -> Self {
        Self { orgs: orgs.iter().cloned().collect(), set: Mutex::default() }
    }

    /// Whether the org is simulated, so that it has phones.
    #[must_use]
    pub fn simulated(&self, org: &OrgId) -> bool {
        self.orgs.contains_key(org)
    }

    /// Sets what becomes of messages to a phone from now on. False if too many phones are set already.
    #[must_use]
    pub fn set(&self, org: &OrgId, number: &CustomerNumber, outcome: Outcome) -> bool {
        self.change(org, number, |set| set.outcome = outcome)
    }

    /// Sets how a phone behaves from now on when it is called, asked to pay, or asked for consent. False
    /// if too many phones are set already.
    #[must_use]
    pub fn behave(&self, org: &OrgId, number: &CustomerNumber, manner: Manner) -> bool {
        self.change(org, number, |set| set.manner = manner)
    }

    fn change(
        &self,
        org: &OrgId,
        number: &CustomerNumber,
        change: impl FnOnce(&mut PhoneSettings),
    ) -> bool {
        let mut all = self.all();
        let key = (org.clone(), number.clone());
        let mut set = all.get(&key).cloned().unwrap_or_default();
        change(&mut set);
        if set.outcome == Outcome::Default && set.manner == Manner::default() {
            all.remove(&key);
        } else if all.len() >= MOST && !all.contains_key(&key) {
            return false;
        } else {
            all.insert(key, set);
        }
        true
    }

    fn all(&self) -> MutexGuard<'_, HashMap<(OrgId, CustomerNumber), PhoneSettings>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn of(&self, org: &OrgId, number: &CustomerNumber) -> PhoneSettings {
        self.all().get(&(org.clone(), number.clone())).cloned().unwrap_or_default()
    }

    /// The last status that a message to this phone will have; `None` if no report ever comes. It is the
    /// same for a message whenever it is asked for, unless the phone is set anew.
    #[must_use]
    pub fn fate(
        &self,
        org: &OrgId,
        number: &CustomerNumber,
        channel: &ChannelNumber,
        message: &MessageId,
    ) -> Option<MessageStatus> {
        let settings = self.orgs.get(org)?;
        let unlucky = || {
            let mut draw = super::chance(settings.seed, message.as_str());
            draw.u8(..100) < settings.fail_percent
        };
        let read = if channel.channel.reports_reads() {
            MessageStatus::Read
        } else {
            MessageStatus::Delivered
        };
        match self.of(org, number).outcome {
            Outcome::Never => None,
            Outcome::NoCapability => Some(MessageStatus::NoCapability),
            Outcome::Fail => Some(MessageStatus::Failed),
            Outcome::Deliver => Some(MessageStatus::Delivered),
            Outcome::Read => Some(read),
            Outcome::Default => match magic::code(number, Family::Message) {
                Some(code) => magic_fate(MessageStatus::from_code(code)?, read),
                None if unlucky() => Some(MessageStatus::Failed),
                None => Some(read),
            },
        }
    }

    /// Whether a message arrives on the phone at all.
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

    /// What comes of a call to this phone.
    #[must_use]
    pub fn rings(&self, org: &OrgId, number: &CustomerNumber) -> PickUp {
        use HangupCause as C;
        match self.of(org, number).manner.picks_up {
            Some(Will::Yes) => return PickUp::Yes,
            Some(Will::No) => return PickUp::Ends(CallStatus::Completed, C::CallRejected),
            Some(Will::Wait) => return PickUp::Wait,
            None => {}
        }
        if let Some(status) = magic::code(number, Family::Call).and_then(CallStatus::from_code) {
            return match status {
                CallStatus::Queued | CallStatus::Expired => PickUp::NeverRings,
                CallStatus::Ringing => PickUp::Wait,
                CallStatus::NotAnswered => PickUp::Ends(status, C::NoAnswer),
                CallStatus::ApplicationError => PickUp::Ends(status, C::NormalTemporaryFailure),
                CallStatus::Unspecified
                | CallStatus::Answered
                | CallStatus::Active
                | CallStatus::Dialing
                | CallStatus::DialCompleted
                | CallStatus::Bridged
                | CallStatus::Enqueued
                | CallStatus::Dequeued
                | CallStatus::Transferred
                | CallStatus::TransferCompleted
                | CallStatus::Completed
                | CallStatus::InsufficientCredit
                | CallStatus::InvalidPhoneNumber
                | CallStatus::DestinationNotSupported
                | CallStatus::DecommissionedCustomerId
                | CallStatus::InvalidChannelNumber => PickUp::Yes,
            };
        }
        match magic::code(number, Family::Cause).and_then(C::from_code) {
            None | Some(C::NormalClearing) => PickUp::Yes,
            Some(cause) => PickUp::Ends(cause.unanswered(), cause),
        }
    }

    /// The status to which a call to this phone goes by itself, if its magic number stands for one.
    #[must_use]
    pub fn call(&self, number: &CustomerNumber) -> Option<CallStatus> {
        magic::code(number, Family::Call).and_then(CallStatus::from_code)
    }

    /// The keys that are pressed on this phone when a plan asks for keys; `None` if nobody presses any,
    /// because the phone waits for a program.
    #[must_use]
    pub fn digits(&self, org: &OrgId, number: &CustomerNumber) -> Option<String> {
        let manner = self.of(org, number).manner;
        match (manner.digits, manner.picks_up) {
            (digits, _) if !digits.is_empty() => Some(digits),
            (_, Some(Will::Wait)) => None,
            (_, Some(Will::Yes | Will::No) | None) => Some(DIGITS.to_owned()),
        }
    }

    /// The status in which a payment ends whose payer (`asked` is true) or receiver this phone is; `None`
    /// if it waits until a program reports something.
    #[must_use]
    pub fn pays(&self, org: &OrgId, number: &CustomerNumber, asked: bool) -> Option<PaymentStatus> {
        match self.of(org, number).manner.pays {
            Some(Will::Yes) => Some(PaymentStatus::Success),
            Some(Will::No) if asked => Some(PaymentStatus::Rejected),
            Some(Will::Wait) if asked => None,
            Some(Will::No | Will::Wait) | None => match magic::code(number, Family::Payment) {
                Some(code) => PaymentStatus::from_code(code),
                None => Some(PaymentStatus::Success),
            },
        }
    }

    /// Whether this phone agrees when it is asked for consent (R-CONSENT-1); `None` if it waits until
    /// a program answers.
    #[must_use]
    pub fn consents(&self, org: &OrgId, number: &CustomerNumber) -> Option<bool> {
        match self.of(org, number).manner.consents {
            Some(Will::Yes) => Some(true),
            Some(Will::No) => Some(false),
            Some(Will::Wait) => None,
            None => (magic::code(number, Family::Consent) != Some(101)).then_some(true),
        }
    }
}

/// The last status of a message to a phone whose magic number stands for `status`. `read` is what READ comes
/// to on the message's channel.
fn magic_fate(status: MessageStatus, read: MessageStatus) -> Option<MessageStatus> {
    use MessageStatus as S;
    match status {
        // It stays SENT, so no report ever comes.
        S::Sent => None,
        S::Read => Some(read),
        S::Unspecified
        | S::Scheduled
        | S::Withdrawn
        | S::Delivered
        | S::Received
        | S::Failed
        | S::NoConsent
        | S::NoCapability
        | S::Expired
        | S::OnlyTemplateAllowed
        | S::Conflict
        | S::InvalidChannelNumber
        | S::NotSupported
        | S::InvalidReplyToMessageId
        | S::InvalidCustomerId
        | S::DuplicateRequest
        | S::TagNotFound
        | S::CustomerNumberNotFound
        | S::DecommissionedCustomerId
        | S::InvalidRequest
        | S::ApplicationError => Some(status),
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

    #[test]
    fn what_was_set_wins_over_a_magic_number_and_that_over_the_default() {
        let org = OrgId::from("o");
        let phones = Phones::new(&[(org.clone(), SandboxSettings::default())]);
        let refuses = CustomerNumber::telco("+254700400403");
        assert_eq!(phones.pays(&org, &refuses, true), Some(PaymentStatus::Rejected));
        let manner = Manner { pays: Some(Will::Yes), ..Manner::default() };
        assert!(phones.behave(&org, &refuses, manner));
        assert_eq!(phones.pays(&org, &refuses, true), Some(PaymentStatus::Success));
        assert!(phones.behave(&org, &refuses, Manner::default()));
        assert_eq!(phones.pays(&org, &refuses, true), Some(PaymentStatus::Rejected));
        let plain = CustomerNumber::telco("+254700000001");
        assert_eq!(phones.pays(&org, &plain, true), Some(PaymentStatus::Success));
        assert_eq!(phones.rings(&org, &plain), PickUp::Yes);
        assert_eq!(phones.digits(&org, &plain).as_deref(), Some("1"));
        assert_eq!(phones.consents(&org, &plain), Some(true));
        let silent = CustomerNumber::telco("+254700200101");
        assert_eq!(phones.consents(&org, &silent), None);
    }

    #[test]
    fn a_phone_that_waits_does_nothing_by_itself() {
        let org = OrgId::from("o");
        let phones = Phones::new(&[(org.clone(), SandboxSettings::default())]);
        let number = CustomerNumber::telco("+254700000001");
        let wait = Some(Will::Wait);
        let manner = Manner { picks_up: wait, pays: wait, consents: wait, digits: String::new() };
        assert!(phones.behave(&org, &number, manner));
        assert_eq!(phones.rings(&org, &number), PickUp::Wait);
        assert_eq!(phones.pays(&org, &number, true), None);
        assert_eq!(phones.consents(&org, &number), None);
        assert_eq!(phones.digits(&org, &number), None);
        // The owner of a phone need not answer anything to be paid.
        assert_eq!(phones.pays(&org, &number, false), Some(PaymentStatus::Success));
    }
}
