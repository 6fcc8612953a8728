//! Who caused an event. Every event names its actor, so that a feed and an audit can tell a person
//! from a timer.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Who caused an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The hub itself, for example when a timer ends a session or a tag expires.
    #[default]
    Hub,
    /// The customer, with something they did on their phone.
    Customer,
    /// A person who used an API key, at a console or with the command line. The text is the label that
    /// the key has in the hub's settings. Older hubs recorded programs in the same way.
    Key(String),
    /// A telecom or payment network, real or simulated.
    Network,
    /// A program that used the API key with this label: an app of the org, or one that is built in.
    Program(String),
}

impl fmt::Display for Actor {
    /// Says who it was. The label of a key is chosen by others, so the text is not yet safe to draw.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub => f.write_str("the hub"),
            Self::Customer => f.write_str("the customer"),
            Self::Key(label) => write!(f, "key {label}"),
            Self::Program(label) => write!(f, "program {label}"),
            Self::Network => f.write_str("the network"),
        }
    }
}

impl Actor {
    /// The label of the API key that was used, by a person or a program. `None` if none was.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Key(label) | Self::Program(label) => Some(label),
            Self::Hub | Self::Customer | Self::Network => None,
        }
    }
    /// Whether it is a person of the org (R-WAIT-2).
    #[must_use]
    pub const fn is_agent(&self) -> bool {
        matches!(self, Self::Key(_))
    }
}
