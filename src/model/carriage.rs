//! How a message gets to a real network (R-CARRY-1): it is recorded that it is about to be handed over, and then what
//! the network answered. So whatever stops the hub in between, it is known afterwards that it is not known.

use super::{
    actor::Actor,
    address::{ChannelNumber, CustomerNumber},
    id::{CarrierId, CustomerId, MessageId},
    message::Body,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What happened between the hub and a network on account of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CarriageStep {
    /// It is handed to the network now. Until the next step nobody knows whether the network has it.
    HandedOver,
    /// The network has it.
    Accepted {
        /// What the network calls it, if it calls it anything.
        reference: Option<String>,
        /// Whether it reports nothing more, so that SENT is the last that is known of it (R-CARRY-21).
        is_final: bool,
    },
    /// The network did not take it. What that means for the message is in the same entry.
    Refused {
        /// The network's code.
        code: String,
        /// The network's words; untrusted, and they may be empty.
        words: String,
    },
    /// It did not go, because the connection was lost before or the network had too much to do. It goes again.
    Returned {
        /// Why, in words.
        why: String,
    },
    /// No answer came, and it may have arrived (R-CARRY-2).
    Unknown {
        /// Why it is not known, in words.
        why: String,
        /// Whether the hub stopped before the network could answer. So it is not the network that is silent.
        hub_stopped: bool,
    },
    /// Somebody decided about one of which it was not known whether it arrived: it goes once more (R-CARRY-18).
    Again,
    /// Somebody decided that such a one is held to have arrived, so that nothing is sent (R-CARRY-18).
    Left,
}

impl CarriageStep {
    /// Whether it is not known yet, or not true, that the network has the message.
    #[must_use]
    pub const fn is_unsettled(&self) -> bool {
        match self {
            Self::Returned { .. } | Self::Unknown { .. } | Self::Again | Self::Left => true,
            Self::HandedOver | Self::Accepted { .. } | Self::Refused { .. } => false,
        }
    }
    /// Whether the message waits to be handed over after this step.
    #[must_use]
    pub const fn waits(&self) -> bool {
        match self {
            Self::Returned { .. } | Self::Again => true,
            Self::HandedOver
            | Self::Accepted { .. }
            | Self::Refused { .. }
            | Self::Unknown { .. }
            | Self::Left => false,
        }
    }
}

/// How far a message has come on its way to a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carriage {
    pub carrier: CarrierId,
    /// How often it was handed over, from 1.
    pub attempt: u32,
    /// Whether it was handed over once more after it was unknown whether it had arrived (R-CARRY-2).
    pub repeated: bool,
    /// What happened last.
    pub step: CarriageStep,
    pub at: Timestamp,
    /// When it was handed over last.
    pub handed_at: Timestamp,
    /// Who decided last what becomes of it while that was unknown; `None` if nobody has.
    pub decided_by: Option<Actor>,
    /// Whether the network has said of any attempt that it has the message. Then no other one is needed.
    pub arrived: bool,
}

/// A message of which nobody knows whether it arrived (R-CARRY-18).
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownMessage {
    pub customer: CustomerId,
    /// The customer's name as it is stored. Empty if they have none.
    pub name: String,
    pub message: MessageId,
    pub number: CustomerNumber,
    /// The org's number that it is from.
    pub channel: ChannelNumber,
    pub body: Body,
    pub carrier: CarrierId,
    /// How often it was handed over, from 1.
    pub attempt: u32,
    /// When it was handed over last.
    pub handed_at: Timestamp,
    /// Since when it is unknown.
    pub since: Timestamp,
    /// Why it is not known, in words; untrusted.
    pub why: String,
}

/// The spellings under which a network may name what it called `reference` before, the likeliest first: as it is,
/// with other capitals, and as a number written in the other of decimal and hexadecimal digits. Networks were seen to
/// answer with one and to report with the other.
#[must_use]
pub fn spellings(reference: &str) -> Vec<String> {
    let reference = reference.trim();
    let mut all = vec![reference.to_owned()];
    let mut add = |other: String| {
        if !other.is_empty() && !all.contains(&other) {
            all.push(other);
        }
    };
    add(reference.to_ascii_lowercase());
    add(reference.to_ascii_uppercase());
    if let Ok(number) = reference.parse::<u128>() {
        for hex in [format!("{number:x}"), format!("{number:X}")] {
            for width in [0, 8, 16] {
                add(format!("{hex:0>width$}"));
            }
        }
    }
    if let Ok(number) = u128::from_str_radix(reference, 16) {
        add(number.to_string());
    }
    let bare = reference.trim_start_matches('0');
    add(bare.to_owned());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn r_carry_4_a_reference_is_known_in_hex_and_decimal_and_whatever_its_capitals() {
        assert_eq!(spellings("1F4")[..1], ["1F4"]);
        for (said, meant) in
            [("500", "1f4"), ("500", "1F4"), ("500", "000001F4"), ("1f4", "500"), ("00A7", "00a7")]
        {
            assert!(spellings(said).contains(&meant.to_owned()), "{said} may be {meant}");
        }
        let uuid = "7F0C1E1E-9B7E-4B8A-9A55-0C2B6C1B2A3D";
        assert!(spellings(uuid).contains(&uuid.to_ascii_lowercase()));
    }

    proptest! {
        #[test]
        fn r_carry_4_a_number_is_found_in_either_way_of_writing(number in any::<u64>()) {
            let (decimal, hex) = (number.to_string(), format!("{number:x}"));
            prop_assert!(spellings(&decimal).contains(&hex));
            prop_assert!(spellings(&hex).contains(&decimal));
        }

        #[test]
        fn no_reference_makes_it_fall(text in any::<String>()) {
            prop_assert!(spellings(&text).len() < 16);
        }
    }
}
