//! Who caused an event. Every event names its actor, so that a feed and an audit can tell a person
//! from a timer.

use serde::{Deserialize, Serialize};

/// Who caused an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The hub itself, for example when a timer ends a session or a tag expires.
    #[default]
    Hub,
    /// The customer, with something they did on their phone.
    Customer,
    /// A program or person who used an API key. The text is the label that the key has in
    /// the hub's settings.
    Key(String),
    /// A telecom or payment network, real or simulated.
    Network,
}
