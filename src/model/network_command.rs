//! What networks, phones and timers report (`NetworkCommand`). The rules decide what follows from it.

use super::{
    address::{ChannelNumber, CustomerNumber},
    carriage::CarriageStep,
    customer::CallHop,
    id::{AppId, CarrierId, CustomerId, MessageId, Seq, SessionId, TransactionId},
    message::Body,
    money::Money,
    status::{MessageStatus, PaymentStatus, UssdEnd},
    time::Timestamp,
};
use std::time::Duration;

/// What networks, phones and timers report.
#[derive(Clone, Debug, PartialEq)]
pub enum NetworkCommand {
    /// A customer wrote a message.
    ReceiveMessage { from: CustomerNumber, to: ChannelNumber, body: Body },
    /// The status of an outbound message changed. One that would go backwards is ignored (R-ORD-3).
    ReportMessage { message: MessageId, status: MessageStatus },
    /// Messages are handed to a network now (R-CARRY-1).
    HandOver { carrier: CarrierId, messages: Vec<MessageId> },
    /// A network answered to a hand-over, or did not.
    ReportCarriage {
        message: MessageId,
        carrier: CarrierId,
        /// Which hand-over it is about, counted from 1.
        attempt: u32,
        step: CarriageStep,
        /// What a refusal means for the message. It counts only with a refusal.
        status: MessageStatus,
    },
    /// A network reports on a message by what it calls it (R-CARRY-4).
    ReportReference {
        carrier: CarrierId,
        reference: String,
        /// The number that the message went to, as the network writes it; it may be empty.
        about: String,
        status: MessageStatus,
    },
    /// A network is reached, or is not (R-CARRY-6).
    ReportLink {
        carrier: CarrierId,
        is_up: bool,
        /// Why it is not reached, in words.
        why: String,
    },
    /// What is older than the org keeps is about to go out of the log (R-KEEP-2): all entries up to this place.
    NotePruned {
        up_to: Seq,
        /// The checksum of the row there, in hexadecimal digits.
        check: String,
        /// How many entries go, and the bytes of them.
        entries: u64,
        bytes: u64,
    },
    /// A customer dialled a USSD code, which opens a session.
    DialUssd {
        from: CustomerNumber,
        /// The code, as a number of the channel `ussd`.
        to: ChannelNumber,
        /// The digits that were dialled after the code. Empty for a bare dial.
        input: String,
    },
    /// A customer typed something into a session that has shown its menu.
    InputUssd { session: SessionId, input: String },
    /// A session ended although its last menu was not a terminal one.
    EndUssd { session: SessionId, end: UssdEnd },
    /// A customer called, which opens a call in the status RINGING.
    ReceiveCall {
        from: CustomerNumber,
        /// One of the org's numbers.
        to: ChannelNumber,
    },
    /// The status of a call changed. A change that no call can make is refused (R-CALL-2).
    ReportCall {
        session: SessionId,
        /// The new status and what else the network knows. The hub fills in `at`.
        hop: CallHop,
        /// How long they talked. It counts only with a final status.
        duration: Duration,
        /// What the call cost. It counts only with a final status.
        cost: Option<Money>,
    },
    /// Nobody said in time what a call does next, so that the network hangs up (R-HOOK-2).
    MissPlan { session: SessionId },
    /// A customer paid without having been asked (R-RCVPAY-1).
    ReceivePayment {
        from: CustomerNumber,
        /// One of the org's payment numbers.
        to: ChannelNumber,
        value: Money,
    },
    /// The status of a payment changed (R-PAY-8). One that would go backwards is ignored (R-ORD-3).
    ReportPayment { transaction: TransactionId, status: PaymentStatus },
    /// A customer answered an opt-in request.
    AnswerConsent {
        from: CustomerNumber,
        /// The org's number that the customer was asked about.
        to: ChannelNumber,
        agrees: bool,
    },
    /// Money comes into a purse from outside.
    FundPurse { purse: String, value: Money },
    /// The sandbox's clock moves forward by this much.
    MoveClock { by: Duration },
    /// The time has come for something that waits: a session, a prompt, a message without a report,
    /// an expired tag. The rules look for whatever is due.
    Sweep,
    /// A lease was granted to a caller who had gone before the answer was given (R-LEASE-7).
    ReturnLease {
        customer: CustomerId,
        key: String,
        /// When that lease would end by itself. It tells the lease from any other of the key.
        until: Timestamp,
    },
    /// Notifications were dropped because a disconnected app's queue was full (D-OVERFLOW).
    DropNotifications {
        /// The app whose queue it was.
        app: AppId,
        /// How many notifications were dropped.
        count: u64,
        /// The entry of the first one.
        from: Seq,
        /// The entry of the last one.
        to: Seq,
    },
}
