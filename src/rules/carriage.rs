//! Messages on their way to real networks (R-CARRY-1 to R-CARRY-6). What a worker is about to do is recorded before it
//! does it, and then what the network answered. So a worker may die at any line: whatever was handed over and has no
//! answer in the log is known to be unknown, and is not repeated unless the settings say so.

use super::{
    RuleResult, World,
    builder::{About, DecisionBuilder},
    layers::{Layered, Row, Table, text},
    messaging, unknown,
};
use crate::model::{
    Actor, CarrierId, CarrierPause, CustomerNumber, Direction, DownCarrier, Event, EventKind,
    ListedCarrier, Message, MessageId, MessageStatus, OrgSettings, Receipt, Timestamp,
    carriage::{Carriage, CarriageStep, spellings},
    receipt::{network, refused, unchanged},
    settings::{BoundCarrier, Repeats},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// How long a hub may take from taking messages to having its networks, at the first start.
const STARTING: Duration = Duration::from_secs(10);
/// How many digits at the end of two numbers are compared.
const LAST_DIGITS: usize = 7;
/// How many messages without a report are looked at to count those that wait for a network.
const MOST_COUNTED: usize = 1_000;

/// What is known of messages and their networks, for as long as the messages are in the histories of customers.
#[derive(Clone, Debug, PartialEq)]
pub struct Carriages {
    pub of: Layered<Carriage>,
    /// Which message a network calls by a reference.
    pub references: Layered<MessageId>,
    pub few: FewCarriages,
}

/// What is stored in one row with other things that are few.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FewCarriages {
    /// How the connection to each network was last, and since when.
    links: BTreeMap<CarrierId, LinkState>,
    /// The networks that somebody has paused (R-CARRY-19).
    pub(super) paused: BTreeMap<CarrierId, CarrierPause>,
    /// How many messages are known, so that where no network is used nothing is looked for.
    held: u64,
}

/// How the connection to a network is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkState {
    pub is_up: bool,
    /// Why it is down, in words.
    pub why: String,
    /// Since when it is as it is, whatever the reason.
    pub since: Timestamp,
    /// When the network was first used in this log. What was sent before was meant for nobody real (R-CARRY-1).
    pub first: Timestamp,
}

impl Row for Carriage {}
impl Row for MessageId {}

impl Default for Carriages {
    fn default() -> Self {
        let (of, references) = (Layered::new(Table::Carriages), Layered::new(Table::References));
        Self { of, references, few: FewCarriages::default() }
    }
}

fn reference_key(carrier: &CarrierId, reference: &str) -> Vec<u8> {
    let mut key = Vec::new();
    text(&mut key, carrier.as_str());
    key.extend(reference.as_bytes());
    key
}

impl Carriages {
    pub fn get(&self, message: &MessageId) -> Option<Carriage> {
        self.of.get(message.as_str().as_bytes())
    }
    /// Whether nothing is known of any message.
    pub const fn is_empty(&self) -> bool {
        self.few.held == 0
    }
    /// Forgets a message that left a history.
    pub fn forget(&mut self, message: &MessageId) {
        if self.is_empty() {
            return;
        }
        let Some(carriage) = self.get(message) else { return };
        self.few.held -= 1;
        self.of.remove(message.as_str().as_bytes());
        if let CarriageStep::Accepted { reference: Some(reference), .. } = &carriage.step {
            let key = reference_key(&carriage.carrier, reference);
            // A network may use a reference again, for a newer message.
            if self.references.get(&key).as_ref() == Some(message) {
                self.references.remove(&key);
            }
        }
    }
}

impl World {
    /// How far a message has come on its way to a network; `None` if it was never handed to one.
    #[must_use]
    pub fn carriage(&self, message: &MessageId) -> Option<Carriage> {
        self.carriages.get(message)
    }
    /// How the connection to a network was last; `None` if it was never made.
    #[must_use]
    pub fn link(&self, carrier: &CarrierId) -> Option<&LinkState> {
        self.carriages.few.links.get(carrier)
    }
}

/// A message on its way to a network that has not reported on it.
#[derive(Clone, Debug)]
pub struct OnItsWay {
    pub id: MessageId,
    pub to: CustomerNumber,
    /// Whether it is one of a work by tag.
    pub is_bulk: bool,
    /// If it was handed over and nothing is known since: to which network, and how often.
    pub handed_over: Option<(CarrierId, u32)>,
    /// Whether it may be handed over now.
    pub may_go: bool,
}

impl World {
    /// The messages on their way to a network, the oldest first.
    #[must_use]
    pub fn on_their_way(&self, settings: &OrgSettings, carrier: &CarrierId) -> Vec<OnItsWay> {
        let of = |id: MessageId| {
            let (customer, number) = self.index.message(&id)?;
            let message = self.passing(&customer)?.messages.at(number)?;
            if settings.carrier_of(&message.channel) != Some(carrier) {
                return None;
            }
            let carriage = self.carriage(&id);
            let may_go = self.next_attempt(settings, &message, carriage.as_ref()).is_some();
            let handed_over = carriage.filter(|known| known.step == CarriageStep::HandedOver);
            let handed_over = handed_over.map(|known| (known.carrier, known.attempt));
            let (to, is_bulk) = (message.number.clone(), message.work.is_some());
            Some(OnItsWay { id, to, is_bulk, handed_over, may_go })
        };
        self.index.due.undelivered().filter_map(|(_, id)| of(id)).collect()
    }
    /// How many messages wait for a network: it was not said yet that they are handed to it. Of very many it is said
    /// how many of the first are.
    #[must_use]
    pub fn waiting_for(&self, settings: &OrgSettings, carrier: &CarrierId) -> usize {
        let waits = |id: &MessageId| {
            let (customer, number) = self.index.message(id)?;
            let message = self.passing(&customer)?.messages.at(number)?;
            let waits = self.waits(settings, &message, self.carriage(id).as_ref());
            (settings.carrier_of(&message.channel) == Some(carrier) && waits).then_some(())
        };
        let first = self.index.due.undelivered().take(MOST_COUNTED);
        first.filter(|(_, id)| waits(id).is_some()).count()
    }
    /// Whether a message waits for its network: it was not said yet that it goes, or it goes again.
    fn waits(&self, settings: &OrgSettings, message: &Message, known: Option<&Carriage>) -> bool {
        known.is_none() || self.next_attempt(settings, message, known).is_some()
    }
    /// The networks of the org that are not reached (R-CARRY-12) or are paused (R-CARRY-19).
    #[must_use]
    pub fn down_carriers(&self, settings: &OrgSettings) -> Vec<DownCarrier> {
        let down = self.carriers_off(settings).into_iter().filter_map(|(id, paused)| {
            let (since, why) = match self.carrier_pause(&id) {
                Some(pause) => (pause.since, format!("paused by {}", unknown::by(&pause.by))),
                None => self.link(&id).map(|link| (link.since, link.why.clone()))?,
            };
            let waiting = self.waiting_for(settings, &id) as u64;
            Some(DownCarrier { id, since, why, waiting, paused })
        });
        down.collect()
    }
    /// The connections of the org with how they are (R-CARRY-11). Everything without a report is looked at.
    #[must_use]
    pub fn listed_carriers(&self, settings: &OrgSettings) -> Vec<ListedCarrier> {
        let mut counts: BTreeMap<&CarrierId, (u64, u64)> = BTreeMap::new();
        for (customer, id) in self.index.due.undelivered() {
            let message = self
                .index
                .message(&id)
                .and_then(|(_, number)| self.passing(&customer)?.messages.at(number));
            let Some(message) = message else { continue };
            let Some(carrier) = settings.carrier_of(&message.channel) else { continue };
            let count = counts.entry(carrier).or_default();
            let known = self.carriage(&id);
            let waits = self.waits(settings, &message, known.as_ref());
            let is_unknown =
                known.is_some_and(|known| matches!(known.step, CarriageStep::Unknown { .. }));
            count.0 += u64::from(waits);
            count.1 += u64::from(is_unknown && !waits);
        }
        let of = |carrier: &BoundCarrier| {
            let link = self.link(&carrier.id);
            let (waiting, unknown) = counts.get(&carrier.id).copied().unwrap_or_default();
            let bound = settings.channels.iter();
            let bound = bound.filter(|bound| bound.carrier.as_ref() == Some(&carrier.id));
            ListedCarrier {
                id: carrier.id.clone(),
                kind: carrier.kind.to_owned(),
                numbers: bound.map(|bound| bound.channel.clone()).collect(),
                is_up: link.is_some_and(|link| link.is_up),
                since: link.map(|link| link.since),
                why: link.map(|link| link.why.clone()).unwrap_or_default(),
                per_second: carrier.per_second,
                waiting,
                unknown,
                pause: self.carrier_pause(&carrier.id).cloned(),
            }
        };
        settings.carriers.iter().map(of).collect()
    }
    /// A message that is handed over now, and how often it was; `None` if it is not to go.
    #[must_use]
    pub fn handed_over(&self, id: &MessageId) -> Option<(Message, u32)> {
        let carriage = self.carriage(id)?;
        let (_, message) = self.message(id)?;
        let goes =
            carriage.step == CarriageStep::HandedOver && message.status == MessageStatus::Sent;
        goes.then(|| (Arc::unwrap_or_clone(message), carriage.attempt))
    }
}

/// The network that carries a message, if the settings name one.
fn carrier_of<'s>(settings: &'s OrgSettings, message: &Message) -> Option<&'s BoundCarrier> {
    let id = settings.carrier_of(&message.channel)?;
    settings.carriers.iter().find(|carrier| carrier.id == *id)
}

impl World {
    /// How often a message will have been handed over after the next time; `None` if it may not be handed over.
    fn next_attempt(
        &self,
        settings: &OrgSettings,
        message: &Message,
        carriage: Option<&Carriage>,
    ) -> Option<u32> {
        if message.direction != Direction::Outbound || message.status != MessageStatus::Sent {
            return None;
        }
        let carrier = carrier_of(settings, message)?;
        let first = self.link(&carrier.id)?.first;
        if message.created_at < first {
            return None;
        }
        let Some(carriage) = carriage else { return Some(1) };
        let may_go = match carriage.step {
            CarriageStep::Returned { .. } | CarriageStep::Again => true,
            // A hub stops again only if somebody stops it, but a network may be silent for ever.
            CarriageStep::Unknown { hub_stopped, .. } => match carrier.repeats {
                Repeats::Never => false,
                Repeats::Once => hub_stopped || !carriage.repeated,
                Repeats::Always => true,
            },
            CarriageStep::HandedOver
            | CarriageStep::Accepted { .. }
            | CarriageStep::Refused { .. }
            | CarriageStep::Left => false,
        };
        may_go.then_some(carriage.attempt.saturating_add(1))
    }
}

/// Records that messages are handed to a network now. Those that may not be are left out (R-CARRY-1).
pub fn hand_over(
    builder: &mut DecisionBuilder<'_, '_>,
    carrier: &CarrierId,
    messages: &[MessageId],
) -> Receipt {
    if builder.world.carrier_is_paused(carrier) {
        return network(true, "it is paused", None, None);
    }
    let mut count = 0;
    for id in messages {
        let Some((customer, message)) = builder.world.message(id) else { continue };
        if builder.settings().carrier_of(&message.channel) != Some(carrier) {
            continue;
        }
        let carriage = builder.world.carriage(id);
        let next = builder.world.next_attempt(builder.settings(), &message, carriage.as_ref());
        let Some(attempt) = next else { continue };
        let about = About::message(customer, &message, Actor::Network);
        let (id, carrier, step) = (id.clone(), carrier.clone(), CarriageStep::HandedOver);
        builder.push(&about, EventKind::MessageCarried { id, carrier, attempt, step });
        count += 1;
    }
    network(true, format!("{count} handed over"), None, None)
}

/// Records what a network answered to a hand-over, or that it did not. `status` is what a refusal means for the
/// message. An answer to another attempt, or after one, changes nothing, but that an earlier one was accepted says by
/// which name a report may come; an answer that comes after it was called unknown is believed.
pub fn answered(
    builder: &mut DecisionBuilder<'_, '_>,
    id: &MessageId,
    (carrier, attempt): (&CarrierId, u32),
    step: &CarriageStep,
    status: MessageStatus,
) -> RuleResult {
    let Some((customer, message)) = builder.world.message(id) else {
        return Err(refused(format!("no message {id}")));
    };
    let carriage = builder.world.carriage(id);
    let is_open = carriage.as_ref().is_some_and(|carriage| {
        let is_doubtful = match carriage.step {
            CarriageStep::HandedOver => true,
            CarriageStep::Unknown { .. } | CarriageStep::Again => {
                !matches!(step, CarriageStep::Unknown { .. })
            }
            // What somebody holds to have arrived does not go again because the network had too much to do.
            CarriageStep::Left => {
                matches!(step, CarriageStep::Accepted { .. } | CarriageStep::Refused { .. })
            }
            CarriageStep::Accepted { .. }
            | CarriageStep::Refused { .. }
            | CarriageStep::Returned { .. } => false,
        };
        is_doubtful && carriage.carrier == *carrier && carriage.attempt == attempt
    });
    let is_earlier = carriage.is_some_and(|carriage| {
        let has_it = matches!(step, CarriageStep::Accepted { .. });
        has_it && carriage.carrier == *carrier && attempt < carriage.attempt
    });
    let is_ours =
        matches!(step, CarriageStep::HandedOver | CarriageStep::Again | CarriageStep::Left);
    if !(is_open || is_earlier) || is_ours {
        return Ok(unchanged(&customer.id, id.as_str()));
    }
    let about = About::message(customer, &message, Actor::Network);
    let (message_id, carrier, step) = (id.clone(), carrier.clone(), step.clone());
    let is_refused = matches!(step, CarriageStep::Refused { .. });
    let kind = EventKind::MessageCarried { id: message_id, carrier, attempt, step };
    builder.push(&about, kind);
    if is_refused && message.status == MessageStatus::Sent && messaging::may_refuse(status) {
        builder.push(&about, EventKind::MessageStatusChanged { id: id.clone(), status });
    }
    Ok(network(true, "recorded", Some(&customer.id), Some(id.as_str())))
}

/// A network reports on a message by the name that it has for it (R-CARRY-4), and says to which number it went. The
/// receipt is a refusal if no message has that name.
pub fn report(
    builder: &mut DecisionBuilder<'_, '_>,
    carrier: &CarrierId,
    (reference, about): (&str, &str),
    status: MessageStatus,
) -> RuleResult {
    let known = &builder.world.carriages.references;
    let names = spellings(reference);
    let found = |name: &String| known.get(&reference_key(carrier, name));
    // What is a name in these digits may be another message's name in others, and its number tells them apart.
    let is_theirs = |id: &MessageId| {
        let message = builder.world.message(id);
        message.is_some_and(|(_, message)| may_be_same(&message.number.number, about))
    };
    let theirs = names.iter().filter_map(found).find(is_theirs);
    match theirs.or_else(|| names.first().and_then(found)) {
        Some(id) => messaging::report(builder, &id, status),
        None => Err(refused(format!("the network {carrier} calls no message {reference}"))),
    }
}

/// Whether two ways of writing a number end in the same digits. One that was not said may be any.
fn may_be_same(number: &str, other: &str) -> bool {
    let end = |number: &str| -> String {
        let digits = number.chars().rev().filter(char::is_ascii_digit);
        digits.take(LAST_DIGITS).collect()
    };
    let (one, other) = (end(number), end(other));
    one.is_empty() || other.is_empty() || one.starts_with(&other) || other.starts_with(&one)
}

/// Records that a network is reached or is not, unless that is known (R-CARRY-6).
pub fn link(
    builder: &mut DecisionBuilder<'_, '_>,
    carrier: &CarrierId,
    is_up: bool,
    why: &str,
) -> Receipt {
    let why = if is_up { "" } else { why };
    if builder.world.link(carrier).is_some_and(|link| link.is_up == is_up && link.why == why) {
        return network(true, "nothing changed", None, None);
    }
    let (carrier, why) = (carrier.clone(), why.to_owned());
    let about = About::org(Actor::Network);
    builder.push(&about, EventKind::CarrierLinkChanged { carrier, is_up, why });
    network(true, "recorded", None, None)
}

/// Folds a step of a message, if it is in a history.
pub fn fold_carried(
    world: &mut World,
    event: &Event,
    (id, carrier, attempt): (&MessageId, &CarrierId, u32),
    step: &CarriageStep,
) {
    if event.customer.is_none() || world.index.message(id).is_none() {
        return;
    }
    let at = event.at;
    let Carriages { of, references, few } = &mut world.carriages;
    if let CarriageStep::Accepted { reference: Some(reference), .. } = step {
        references.insert(reference_key(carrier, reference), id.clone());
    }
    let (carrier, mut step) = (carrier.clone(), step.clone());
    let before = of.get(id.as_str().as_bytes());
    let accepted = CarriageStep::Accepted { reference: None, is_final: false };
    if let Some(earlier) = before.as_ref().filter(|before| attempt < before.attempt) {
        // Of an earlier attempt only that it arrived counts: then no other one is needed.
        if matches!(step, CarriageStep::Accepted { .. }) {
            let mut carriage = earlier.clone();
            carriage.arrived = true;
            if carriage.step.is_unsettled() {
                carriage.step = accepted;
            }
            of.insert(id.as_str().as_bytes(), carriage);
        }
        return;
    }
    let arrived = before.as_ref().is_some_and(|before| before.arrived)
        || matches!(step, CarriageStep::Accepted { .. });
    if arrived && step.is_unsettled() {
        step = accepted;
    }
    few.held += u64::from(before.is_none());
    let repeated = before.as_ref().is_some_and(|before| {
        let was_unknown = matches!(
            before.step,
            CarriageStep::Unknown { hub_stopped: false, .. } | CarriageStep::Again
        );
        before.repeated || (was_unknown && step == CarriageStep::HandedOver)
    });
    let handed_at = match (&step, &before) {
        (CarriageStep::HandedOver, _) | (_, None) => at,
        (_, Some(before)) => before.handed_at,
    };
    let is_decided = matches!(step, CarriageStep::Again | CarriageStep::Left);
    let decided_by = if is_decided {
        Some(event.actor.clone())
    } else {
        before.and_then(|before| before.decided_by)
    };
    let carriage =
        Carriage { carrier, attempt, repeated, step, at, handed_at, decided_by, arrived };
    of.insert(id.as_str().as_bytes(), carriage);
}

/// Folds how a connection is.
pub fn fold_link(world: &mut World, carrier: &CarrierId, is_up: bool, why: &str, at: Timestamp) {
    let links = &mut world.carriages.few.links;
    let before = links.get(carrier);
    let same = before.filter(|link| link.is_up == is_up);
    let since = same.map_or(at, |link| link.since);
    let first = before.map_or_else(|| at.before(STARTING), |link| link.first);
    links.insert(carrier.clone(), LinkState { is_up, why: why.to_owned(), since, first });
}
