//! Messages that the hub keeps until their time (R-LATER-1).

use super::{
    actor::Actor,
    address::{ChannelNumber, CustomerNumber},
    id::{AppId, MessageId, Seq},
    message::Body,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// A message to one customer that has not left yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScheduledMessage {
    /// The id that the message has when it leaves too.
    pub id: MessageId,
    /// When it leaves.
    pub at: Timestamp,
    pub number: CustomerNumber,
    /// The org's number from which it is sent.
    pub channel: ChannelNumber,
    /// The app in whose name it is sent.
    pub app: Option<AppId>,
    /// Who wrote it. The message that leaves is theirs.
    pub by: Actor,
    pub body: Body,
    /// The message of the customer that it answers.
    pub in_reply_to: Option<MessageId>,
    /// When it was written, or last changed by a person or program.
    pub written_at: Timestamp,
    /// The entry in which that happened. Whoever answers the customer after it, or changes the message after it, may
    /// not have been seen by its author.
    pub written_in: Seq,
}
