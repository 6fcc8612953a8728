//! Every status code of the contract, with its words and whether it is good news. There is one
//! table per family, because the size of a code says nothing: 101 ANSWERED comes after 102 RINGING,
//! and 2xx means "in progress" for calls but "refused" for payments. So nothing may colour, order
//! or judge a status by its number (R-CODE-1).

use serde::{Deserialize, Serialize};
/// What a status means to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// It is under way.
    Pending,
    /// It ended well.
    Good,
    /// It ended badly, or needs attention.
    Bad,
    /// It is neither good nor bad.
    Plain,
}

impl Tone {
    /// The sign that says the same in two letters, for those who do not see a colour; empty for what is
    /// neither good nor bad nor under way.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Bad => "!!",
            Self::Pending => "..",
            Self::Plain => "",
        }
    }
}

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($code:literal $variant:ident $words:literal $tone:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            #[default]
            $(#[doc = $words] $variant = $code,)*
        }
        impl $name {
            /// Every value, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
            /// The number that the contract gives it.
            #[must_use]
            pub const fn code(self) -> i32 { self as i32 }
            /// The value that has this number in the contract. `None` if no value has.
            #[must_use]
            pub const fn from_code(code: i32) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
            /// What it means, in words for an agent.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }
            /// Whether it is good news.
            #[must_use]
            pub const fn tone(self) -> Tone {
                match self { $(Self::$variant => Tone::$tone,)* }
            }
        }
    };
}

coded! {
    /// What has become of a message (`MessageDeliveryStatus` of the contract). 102, 199 and 450 are our own:
    /// only callers who schedule a message (R-LATER-1) or say what they have seen (R-CONFLICT-1) get them, so that no
    /// other client of the contract meets them.
    MessageStatus {
        0 Unspecified "unknown status" Plain,
        101 Sent "sent" Pending,
        102 Scheduled "scheduled" Pending,
        199 Withdrawn "cancelled before it left" Plain,
        300 Delivered "delivered" Good,
        301 Read "read" Good,
        302 Received "received" Plain,
        400 Failed "failed" Bad,
        401 NoConsent "no consent: the customer opted out" Bad,
        402 NoCapability "the customer cannot receive this" Bad,
        403 Expired "expired before it was delivered" Bad,
        404 OnlyTemplateAllowed "no open session: only a template may be sent" Bad,
        405 InvalidChannelNumber "not one of the org's channel numbers" Bad,
        406 NotSupported "not supported on this channel" Bad,
        407 InvalidReplyToMessageId "the message answered does not exist" Bad,
        408 InvalidCustomerId "no such customer" Bad,
        409 DuplicateRequest "duplicate request" Bad,
        410 TagNotFound "nobody has this tag" Bad,
        411 CustomerNumberNotFound "no such customer number" Bad,
        412 DecommissionedCustomerId "this customer was merged into another" Bad,
        413 InvalidRequest "invalid request" Bad,
        450 Conflict "somebody else has answered meanwhile" Bad,
        501 ApplicationError "application error" Bad,
    }
}

coded! {
    /// Whether a customer number may get messages from a channel number (`MessagingConsentStatus`
    /// of the contract). 101 and the 4xx and 5xx codes only answer a request; they are never stored
    /// as a consent.
    ConsentStatus {
        0 Unspecified "no record" Plain,
        101 OptInRequestSent "asked" Pending,
        300 OptInCompleted "opted in" Good,
        301 OptOutCompleted "opted out" Bad,
        401 InvalidChannelNumber "not one of the org's channel numbers" Bad,
        402 DecommissionedCustomerId "this customer was merged into another" Bad,
        501 ApplicationError "application error" Bad,
    }
}

coded! {
    /// Whether a messaging session is open (`MessagingSessionStatus` of the contract).
    SessionStatus {
        0 Unspecified "unknown" Plain,
        100 Active "open" Good,
        200 Expired "closed" Plain,
    }
}

coded! {
    /// How far a call has come (`VoiceCallStatus` of the contract). Here 2xx means that it
    /// is in progress.
    CallStatus {
        0 Unspecified "unknown" Plain,
        100 Queued "queued" Pending,
        101 Answered "answered" Pending,
        102 Ringing "ringing" Pending,
        200 Active "in progress" Pending,
        201 Dialing "dialing" Pending,
        202 DialCompleted "dial completed" Pending,
        203 Bridged "connected to another line" Pending,
        204 Enqueued "waiting in a queue" Pending,
        205 Dequeued "taken from the queue" Pending,
        206 Transferred "transferred" Pending,
        207 TransferCompleted "transfer completed" Pending,
        300 Completed "completed" Good,
        400 InsufficientCredit "not enough credit" Bad,
        401 NotAnswered "not answered" Bad,
        402 InvalidPhoneNumber "invalid phone number" Bad,
        403 DestinationNotSupported "destination not supported" Bad,
        404 DecommissionedCustomerId "this customer was merged into another" Bad,
        405 Expired "expired" Bad,
        406 InvalidChannelNumber "not one of the org's channel numbers" Bad,
        501 ApplicationError "application error" Bad,
    }
}

impl CallStatus {
    /// Whether the call is over, so that no other status can follow (R-CALL-2).
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed) || matches!(self.tone(), Tone::Bad)
    }
}

coded! {
    /// Why a call ended (`VoiceCallHangupCause` of the contract). The numbers up to 127 are those
    /// of ITU-T Q.850 (<https://www.itu.int/rec/T-REC-Q.850>), the others are `FreeSWITCH`'s own.
    HangupCause {
        0 Unspecified "no cause" Plain,
        1 UnallocatedNumber "the number does not exist" Bad,
        16 NormalClearing "hung up" Good,
        17 UserBusy "busy" Bad,
        18 NoUserResponse "no response" Bad,
        19 NoAnswer "no answer" Bad,
        20 SubscriberAbsent "phone off or out of reach" Bad,
        21 CallRejected "rejected" Bad,
        31 NormalUnspecified "ended" Plain,
        41 NormalTemporaryFailure "temporary network failure" Bad,
        63 ServiceUnavailable "service unavailable" Bad,
        102 RecoveryOnTimerExpire "network timeout" Bad,
        487 OriginatorCancel "the caller gave up" Plain,
        502 LoseRace "answered elsewhere" Plain,
        606 UserNotRegistered "not registered" Bad,
    }
}

impl HangupCause {
    /// How a call ends that nobody has answered: the other side did not want it, or there was nobody.
    #[must_use]
    pub const fn unanswered(self) -> CallStatus {
        match self {
            Self::CallRejected
            | Self::NormalUnspecified
            | Self::OriginatorCancel
            | Self::LoseRace => CallStatus::Completed,
            Self::Unspecified
            | Self::UnallocatedNumber
            | Self::NormalClearing
            | Self::UserBusy
            | Self::NoUserResponse
            | Self::NoAnswer
            | Self::SubscriberAbsent
            | Self::NormalTemporaryFailure
            | Self::ServiceUnavailable
            | Self::RecoveryOnTimerExpire
            | Self::UserNotRegistered => CallStatus::NotAnswered,
        }
    }
}

coded! {
    /// How far a payment has come (`PaymentStatus` of the contract). Here 2xx means that
    /// it was refused.
    PaymentStatus {
        0 Unspecified "unknown" Plain,
        101 Queued "queued" Pending,
        102 PendingConfirmation "waiting for the payer" Pending,
        103 PendingValidation "waiting for validation" Pending,
        104 Validated "validated" Pending,
        200 InvalidRequest "invalid request" Bad,
        201 NotSupported "not supported" Bad,
        202 InsufficientFunds "not enough money" Bad,
        203 ApplicationError "application error" Bad,
        204 NotAllowed "not allowed" Bad,
        205 DuplicateRequest "duplicate request" Bad,
        206 InvalidPurse "no such purse" Bad,
        207 InvalidWallet "no such wallet" Bad,
        299 DecommissionedCustomerId "this customer was merged into another" Bad,
        300 Success "received" Good,
        301 PassThrough "passed through" Good,
        400 Failed "failed" Bad,
        401 Throttled "throttled" Bad,
        402 Expired "expired" Bad,
        403 Rejected "rejected" Bad,
        500 Reversed "reversed" Bad,
    }
}

impl PaymentStatus {
    /// Whether the payment is still under way (1xx, R-PAY-6).
    #[must_use]
    pub const fn is_pending(self) -> bool {
        matches!(self.tone(), Tone::Pending)
    }
}

coded! {
    /// Who began a message or call (`CustomerEventDirection` of the contract).
    Direction {
        0 Unspecified "unknown" Plain,
        1 Inbound "from the customer" Plain,
        2 Outbound "to the customer" Plain,
    }
}

coded! {
    /// How a USSD session ended.
    UssdEnd {
        0 Unspecified "ended" Plain,
        1 Completed "completed" Good,
        2 CustomerLeft "the customer left" Plain,
        3 TimedOut "the customer did not answer in time" Bad,
        4 Unanswered "no app answered in time" Bad,
    }
}

coded! {
    /// What a consent request asks for (`MessagingConsentAction` of the contract).
    ConsentAction {
        0 Unspecified "nothing" Plain,
        1 OptIn "opt in" Plain,
        2 OptOut "opt out" Plain,
    }
}

coded! {
    /// How a lease ended (R-LEASE-3).
    LeaseEnd {
        0 Unspecified "ended" Plain,
        1 Updated "the value was updated" Good,
        2 Deleted "the value was deleted" Plain,
        3 Expired "its time was over" Bad,
        4 Adopted "the customer was merged" Plain,
        5 Unheard "its caller had gone before the answer" Plain,
    }
}

coded! {
    /// How far work by tag has come.
    WorkState {
        0 Unspecified "unknown" Plain,
        1 Waiting "waiting for its time" Pending,
        2 Running "running" Pending,
        3 Paused "paused" Pending,
        4 Done "done" Good,
        5 Cancelled "cancelled" Plain,
    }
}

impl WorkState {
    /// Whether the work is over, so that no other state can follow.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled)
    }
}
