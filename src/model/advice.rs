//! What an agent should do about a status: one sentence for every value of every family. The good
//! ones are included, because an agent asks about those too. The matches have no wildcard, so that
//! a new code cannot be added without saying what it means for the agent (R-CODE-2).

use super::{
    receipt::Receipt,
    status::{CallStatus, ConsentStatus, HangupCause, MessageStatus, PaymentStatus, Tone, UssdEnd},
    thing::{OnTheWay, Standing},
};

impl Standing {
    /// What an agent should do about it; empty where its words say that already.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Message(status) => status.advice(),
            Self::OnTheWay(OnTheWay::Unknown) => {
                "No network can be asked: decide whether it goes once more or is held to have arrived."
            }
            Self::Payment(status) => status.advice(),
            Self::Call(_, cause) if matches!(cause.tone(), Tone::Bad) => cause.advice(),
            Self::Call(status, _) => status.advice(),
            Self::UssdOver(end) => end.advice(),
            Self::OnTheWay(_)
            | Self::WantsMenu
            | Self::MenuShown
            | Self::WantsPlan(_)
            | Self::Planned
            | Self::NoPlan => "",
        }
    }
}

impl MessageStatus {
    /// What an agent should do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unspecified => "Look at the customer's conversation for what became of it.",
            Self::Sent => "Wait: the network has not reported yet.",
            Self::Scheduled => {
                "It leaves by itself: the list of scheduled messages changes or cancels it."
            }
            Self::Withdrawn => "It was never sent: write it again if it is wanted after all.",
            Self::Delivered | Self::Read => "Nothing to do.",
            Self::Received => "Answer it.",
            Self::Failed => "The network gave up: send it again, or use another channel.",
            Self::NoConsent => {
                "Do not send again: only their START or a recorded opt-in brings them back. \
                 What they wrote in the last 24 h may still be answered."
            }
            Self::NoCapability => "Use another channel or another of their numbers.",
            Self::Expired => "The phone was away for a day: send it again when it is back.",
            Self::OnlyTemplateAllowed => {
                "The session is closed: send a template, or wait until they write."
            }
            Self::InvalidChannelNumber => "Write from one of the org's own channel numbers.",
            Self::NotSupported => {
                "This channel cannot carry it: send plain text, or use another channel."
            }
            Self::InvalidReplyToMessageId => {
                "Answer a message that this customer wrote, or write a new one."
            }
            Self::InvalidCustomerId => "Check the id: search the customer by name or number.",
            Self::DuplicateRequest => {
                "Look for what was sent under this key before you send under a new one."
            }
            Self::TagNotFound => "Nobody has this tag now: check its key and value.",
            Self::CustomerNumberNotFound => {
                "Choose a number of theirs that this channel can reach."
            }
            Self::DecommissionedCustomerId => {
                "Open the customer they were merged into and do it there."
            }
            Self::InvalidRequest => {
                "Mend what the reason names: text, address, parameters or time."
            }
            Self::Conflict => {
                "Nothing was sent: read what they answered, then change yours, leave it, or send it anyway."
            }
            Self::ApplicationError => "Try once more; if it stays, tell whoever runs the hub.",
        }
    }
}

/// Whether a message to a customer can be sent again, as a new message (R-CODE-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryChance {
    /// The same may arrive at another time.
    SameAgain,
    /// It goes once what was wrong is mended.
    OnceMended,
    /// Not this way: only with another number or channel.
    OtherWay,
    /// It is not sent again. This says why, in words for an agent.
    Not(&'static str),
}

impl MessageStatus {
    /// Whether a message that stands so can be sent again.
    #[must_use]
    pub const fn retry(self) -> RetryChance {
        match self {
            Self::Failed | Self::Expired | Self::ApplicationError => RetryChance::SameAgain,
            Self::OnlyTemplateAllowed
            | Self::InvalidReplyToMessageId
            | Self::InvalidCustomerId
            | Self::TagNotFound
            | Self::DecommissionedCustomerId
            | Self::InvalidRequest
            | Self::Conflict => RetryChance::OnceMended,
            Self::NoCapability
            | Self::InvalidChannelNumber
            | Self::NotSupported
            | Self::CustomerNumberNotFound => RetryChance::OtherWay,
            Self::NoConsent => RetryChance::Not(
                "not sent again: only their START or a recorded opt-in brings them back",
            ),
            Self::DuplicateRequest => RetryChance::Not(
                "not sent again: look first for what was sent under its key, it exists already",
            ),
            Self::Unspecified => {
                RetryChance::Not("not sent again: it is not known what became of it")
            }
            Self::Sent => RetryChance::Not("it is still on its way: nothing is sent twice"),
            Self::Scheduled => RetryChance::Not("it waits for its time: nothing is sent twice"),
            Self::Withdrawn => {
                RetryChance::Not("it was cancelled before it left: m writes a new message")
            }
            Self::Delivered | Self::Read => {
                RetryChance::Not("it has arrived: m writes a new message")
            }
            Self::Received => RetryChance::Not("the customer wrote this: r answers it"),
        }
    }
}

impl ConsentStatus {
    /// What an agent should do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unspecified => "Nothing was recorded: sms is allowed without a record.",
            Self::OptInRequestSent => {
                "Wait for the customer's answer: it lapses after a day without one."
            }
            Self::OptInCompleted => "They may be written to on this pair of numbers.",
            Self::OptOutCompleted => {
                "Do not write: only their START or a recorded opt-in brings them back."
            }
            Self::InvalidChannelNumber => {
                "Choose one of the org's channel numbers that can reach this number."
            }
            Self::DecommissionedCustomerId => {
                "Open the customer they were merged into and ask there."
            }
            Self::ApplicationError => {
                "Say opt in or opt out; if it stays, tell whoever runs the hub."
            }
        }
    }
}

impl CallStatus {
    /// What an agent should do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unspecified => "Look at the call's reports.",
            Self::Queued | Self::Ringing | Self::Dialing => "Wait: the phone has 45 s to answer.",
            Self::Answered | Self::Active => "Say what the call does next before its time is over.",
            Self::DialCompleted | Self::Dequeued | Self::TransferCompleted => {
                "Say what the call does next, or it ends."
            }
            Self::Bridged | Self::Transferred => "Let them talk.",
            Self::Enqueued => "Take the caller from the queue with another call.",
            Self::Completed => "Nothing to do; its cause says how it ended.",
            Self::InsufficientCredit => "Add credit at the telephone network, then call again.",
            Self::NotAnswered => "Try again later, or write to them.",
            Self::InvalidPhoneNumber => "Check the number with the customer.",
            Self::DestinationNotSupported => {
                "Use a telephone number of theirs that is not in a call now."
            }
            Self::DecommissionedCustomerId => {
                "Open the customer they were merged into and call from there."
            }
            Self::Expired => "It waited too long in the queue: call again.",
            Self::InvalidChannelNumber => "Call from one of the org's own voice numbers.",
            Self::ApplicationError => "Try once more; if it stays, tell whoever runs the hub.",
        }
    }
}

impl HangupCause {
    /// What an agent should do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unspecified | Self::NormalClearing | Self::NormalUnspecified => "Nothing to do.",
            Self::UnallocatedNumber => "The number does not exist: ask for the right one.",
            Self::UserBusy => "Busy: try again in 5 min.",
            Self::NoUserResponse | Self::NoAnswer => "Try again later, or write to them.",
            Self::SubscriberAbsent => "The phone is off: try again later, or write to them.",
            Self::CallRejected => "They refused: do not call again today.",
            Self::NormalTemporaryFailure
            | Self::ServiceUnavailable
            | Self::RecoveryOnTimerExpire => "The network failed: try again in a minute.",
            Self::OriginatorCancel => "The caller gave up: call back if they waited long.",
            Self::LoseRace => "Another line took the call: nothing to do.",
            Self::UserNotRegistered => "Their phone is not connected: write to them instead.",
        }
    }
}

impl PaymentStatus {
    /// What an agent should do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unspecified => "Look at the payment; do not pay again before it is known.",
            Self::Queued => "Wait: the network has not taken it yet.",
            Self::PendingConfirmation => "Wait: the payer has 2 min to confirm on the phone.",
            Self::PendingValidation | Self::Validated => {
                "Wait: the receiver's side is checking it."
            }
            Self::InvalidRequest => {
                "Check the amount, its decimals, both sides and the payment number."
            }
            Self::NotSupported => "Money cannot go this way: pay through a purse or a wallet.",
            Self::InsufficientFunds => "Fund the purse or lower the amount.",
            Self::ApplicationError => "Try once more; if it stays, tell whoever runs the hub.",
            Self::NotAllowed => "Pay in the currency of the purse or wallet: none is converted.",
            Self::DuplicateRequest => {
                "Look for what was paid under this key before you pay under a new one."
            }
            Self::InvalidPurse => "Choose one of the purses in the hub's settings.",
            Self::InvalidWallet => "Choose a wallet that this customer has.",
            Self::DecommissionedCustomerId => {
                "Open the customer they were merged into and pay there."
            }
            Self::Success => "Nothing to do.",
            Self::PassThrough => "No purse is bound to this number: the money went past the hub.",
            Self::Failed => {
                "The network refused: what was held is free again. Ask before another try."
            }
            Self::Throttled => "Too many at once: try again in a minute.",
            Self::Expired => "The payer did not confirm in time: agree on a moment and ask again.",
            Self::Rejected => "The payer said no: talk to them before asking again.",
            Self::Reversed => "It was booked back: find out why before paying again.",
        }
    }
}

impl UssdEnd {
    /// What an agent should do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unspecified | Self::Completed => "Nothing to do.",
            Self::CustomerLeft => "They hung up: write to them if something was left open.",
            Self::TimedOut => "They did not answer in time: they can dial again.",
            Self::Unanswered => "No menu came in time: see why the app did not answer.",
        }
    }
}

impl Receipt {
    /// The status in words. Empty for families that have no codes: all that they have to say is
    /// in the description.
    #[must_use]
    pub const fn code_words(&self) -> &'static str {
        match self {
            Self::State(_) | Self::Network(_) | Self::Work(_) | Self::Lease(_) => "",
            Self::Message(r) => r.status.words(),
            Self::Consent(r) => r.status.words(),
            Self::Payment(r) => r.status.words(),
            Self::Call(r) => r.status.words(),
        }
    }
    /// What an agent should do about this receipt. Families without codes explain a refusal in the
    /// description, so their advice is one sentence that holds for every refusal of the family.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Message(r) => r.status.advice(),
            Self::Consent(r) => r.status.advice(),
            Self::Payment(r) => r.status.advice(),
            Self::Call(r) => r.status.advice(),
            Self::Lease(_) => "Wait until the lease is over; looking at the data needs none.",
            Self::Work(_) => "Nothing was started or changed: mend it and try again.",
            Self::State(_) | Self::Network(_) => "Nothing was changed: mend it and try again.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts that the advice is a whole sentence which fits the two rows of a notice
    /// on the screen.
    fn check(family: &str, code: i32, words: &str, advice: &str) {
        assert!(advice.ends_with('.') && advice.len() > 8, "{family} {code}: {advice}");
        assert!(advice.chars().count() <= 160, "{family} {code}: {advice}");
        assert!(!words.is_empty(), "{family} {code} has no words");
    }

    #[test]
    fn every_code_of_every_family_says_what_to_do() {
        macro_rules! all {
            ($($family:ident)*) => {$(
                for status in $family::ALL {
                    check(stringify!($family), status.code(), status.words(), status.advice());
                }
            )*};
        }
        all!(MessageStatus ConsentStatus CallStatus HangupCause PaymentStatus UssdEnd);
    }

    #[test]
    fn r_code_3_whether_a_message_can_be_sent_again_is_known_for_every_code() {
        let codes = |wanted: fn(RetryChance) -> bool| -> Vec<i32> {
            let all = MessageStatus::ALL.iter().filter(|status| wanted(status.retry()));
            all.map(|status| status.code()).collect()
        };
        assert_eq!(codes(|chance| chance == RetryChance::SameAgain), [400, 403, 501]);
        assert_eq!(codes(|chance| chance == RetryChance::OtherWay), [402, 405, 406, 411]);
        assert_eq!(
            codes(|chance| chance == RetryChance::OnceMended),
            [404, 407, 408, 410, 412, 413, 450]
        );
        let never = codes(|chance| matches!(chance, RetryChance::Not(_)));
        assert_eq!(never, [0, 101, 102, 199, 300, 301, 302, 401, 409]);
    }

    #[test]
    fn what_went_wrong_never_says_that_there_is_nothing_to_do() {
        let bad = |tone| tone == crate::model::Tone::Bad;
        macro_rules! none {
            ($($family:ident)*) => {$(
                for status in $family::ALL.iter().filter(|status| bad(status.tone())) {
                    assert_ne!(status.advice(), "Nothing to do.", "{status:?}");
                }
            )*};
        }
        none!(MessageStatus ConsentStatus CallStatus HangupCause PaymentStatus UssdEnd);
        assert!(
            MessageStatus::NoConsent.advice().contains("START"),
            "R-CODE-2: 401 is never retried"
        );
        assert!(PaymentStatus::InsufficientFunds.advice().contains("lower the amount"));
        assert!(
            HangupCause::UserBusy.advice().contains("5 min"),
            "R-CODE-2: a busy phone is called again"
        );
    }
}
