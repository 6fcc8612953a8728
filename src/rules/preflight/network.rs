//! Says before a message goes how its network is (R-CARRY-9): whether there is one, whether it is reached, and how
//! much waits for it.

use super::{Preflight, short};
use crate::model::ChannelNumber;

/// From how many waiting messages on it is worth a word.
const MANY: usize = 10;

impl Preflight<'_> {
    /// Warns of a network that is not there, or is not reached.
    pub(in crate::rules) fn network(&mut self, from: &ChannelNumber) {
        if self.is_part || self.settings.sandbox || self.settings.carriers.is_empty() {
            return;
        }
        let from = ChannelNumber::new(from.channel, &from.number);
        let Some(carrier) = self.settings.carrier_of(&from) else {
            let text =
                format!("no network carries what {from} sends: it would wait until it expires");
            return self.warn("no-network", text);
        };
        let waiting = self.world.waiting_for(self.settings, carrier);
        let down = self.world.link(carrier).filter(|link| !link.is_up);
        if let Some(link) = down {
            let since = short(self.now.since(link.since));
            let why = if link.why.is_empty() { "it is being connected" } else { &link.why };
            let text = format!(
                "the network {carrier} is not reached since {since}, {waiting} wait: {why}"
            );
            self.warn("network-down", text);
        } else if waiting >= MANY {
            self.note("network-busy", format!("{waiting} messages wait for the network {carrier}"));
        }
    }
}
