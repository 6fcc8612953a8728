//! Who causes what happens.

use serde::{Deserialize, Serialize};

/// Who caused an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The hub itself: timers, expiry.
    #[default]
    Hub,
    /// The customer, on a phone.
    Customer,
    /// Someone using an API key; the key's label.
    Key(String),
    /// A telecom or payment network, real or simulated.
    Network,
}
