//! Says before a message goes how its network is (R-CARRY-9): whether there is one, whether it is reached, and how
//! much waits for it.

use super::{super::unknown::by, Preflight, short};
use crate::model::{Carriage, CarriageStep, ChannelNumber, MessageId, describe};

/// From how many waiting messages on it is worth a word.
const MANY: usize = 10;
/// How much of a message is said, in characters.
const TEXT: usize = 200;

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
        if let Some(pause) = self.world.carrier_pause(carrier) {
            let since = short(self.now.since(pause.since));
            let text = format!(
                "the network {carrier} is paused since {since} by {}, {waiting} wait: it goes when the network goes on",
                by(&pause.by)
            );
            self.warn("network-paused", text);
        }
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

    /// Says what is known of a message before somebody decides about it, and what the decision risks.
    pub(in crate::rules) fn deciding(&mut self, id: &MessageId, again: bool) {
        let Ok((customer, message, carriage)) = self.world.undecided(id, None) else { return };
        let Carriage { carrier, attempt, at, handed_at, step, .. } = carriage;
        let CarriageStep::Unknown { why, .. } = step else { return };
        let name = customer.name().unwrap_or_default();
        let name = if name.is_empty() { String::new() } else { format!("{name}, ") };
        let text: String = message.body.summary().chars().take(TEXT).collect();
        self.note("to", format!("{name}{} from {}", message.number, message.channel));
        self.note("text", text);
        let handed = short(self.now.since(handed_at));
        let time = if attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
        self.note("handed-over", format!("handed to the network {carrier} {handed} ago{time}"));
        let since = short(self.now.since(at));
        let doubt = describe::doubt(&carrier, &why);
        self.note("outcome-unknown", format!("unknown since {since}: {doubt}"));
        if again {
            let text = "if the network has it after all, the customer gets it twice";
            self.warn("twice", text);
        } else {
            let text = "if the network does not have it, the customer never gets it";
            self.warn("never", text);
        }
    }
}
