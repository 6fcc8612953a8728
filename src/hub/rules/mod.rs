//! The rules: `decide` what a command leads to, and fold entries into the World. Pure: time, ids
//! and settings come in through `Ctx`; nothing here reads a clock, the disk or the network.
//!
//! One file per subject (customer, messaging, inbound, ussd, voice, payment, sweep); each holds
//! both halves of its subject: deciding its commands and folding its events. `whom` finds
//! customers, `draft` writes envelopes, `index` and `due` make finding cheap.
//! Absent on purpose: adoption, leases, reminders, consent requests, calls and payments that an
//! app starts (later issues).

mod calls;
mod customer;
mod draft;
mod due;
mod fold;
mod inbound;
mod index;
mod limits;
mod messaging;
mod payment;
mod snapshot;
mod sweep;
#[cfg(test)]
mod tests;
mod ussd;
mod voice;
mod whom;

pub use calls::replay;

use crate::model::{
    CallId, Caller, Command, Customer, CustomerCommand, CustomerId, CustomerRef, Entry, EntryId,
    Event, Message, NetworkCommand, OrgSettings, Receipt, Seq, StoredCall, Timestamp,
};
use calls::Calls;
use draft::Draft;
use index::Index;
use std::{collections::HashMap, sync::Arc};
use whom::Whom;

/// What a decision may consult besides the World.
pub struct Ctx<'a> {
    /// Now.
    pub now: Timestamp,
    /// The org's settings.
    pub settings: &'a OrgSettings,
    /// Who asks.
    pub caller: &'a Caller,
    /// 16 fresh random bytes at each call, for new ids.
    pub fresh: &'a mut dyn FnMut() -> [u8; 16],
}

/// What a command leads to. No events: nothing changes and nothing is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// The answer.
    pub receipt: Receipt,
}

/// The fold of all valid entries of one org.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    head: (Seq, EntryId),
    customers: HashMap<CustomerId, Arc<Customer>>,
    calls: Calls,
    /// Follows from `customers`; kept so that no decision searches.
    index: Index,
}

impl World {
    /// The last valid entry: its place and name.
    #[must_use]
    pub fn head(&self) -> (Seq, EntryId) {
        self.head
    }
    /// Folds an entry. Returns false and changes nothing if it is void (`prev_id` is not the head's id).
    pub fn apply(&mut self, entry: &Entry) -> bool {
        if entry.prev_id != self.head.1 {
            return false;
        }
        self.head = (entry.seq, entry.id);
        for event in &entry.events {
            self.fold(event);
        }
        self.calls.keep(entry.at, entry.call.as_ref());
        true
    }
    /// The customer so named, following merges; never creates.
    #[must_use]
    pub fn customer(&self, customer: &CustomerRef, now: Timestamp) -> Option<Arc<Customer>> {
        match whom::resolve(self, customer, now) {
            Ok(Whom::Known { customer, .. }) => Some(Arc::clone(customer)),
            Ok(Whom::New(_)) | Err(_) => None,
        }
    }
    /// The customer of that very id.
    #[must_use]
    pub fn by_id(&self, id: &CustomerId) -> Option<&Arc<Customer>> {
        self.customers.get(id)
    }
    /// All customers, in no order.
    pub fn customers(&self) -> impl Iterator<Item = &Arc<Customer>> {
        self.customers.values()
    }
    /// The stored answer to an idempotency key (decision D-IDEM); see [`replay`].
    #[must_use]
    pub fn call(&self, id: &CallId) -> Option<&StoredCall> {
        self.calls.get(id)
    }
    /// When the next `Sweep` has something to do. It may lie in the past; one sweep takes a
    /// limited number of things, so ask again after it.
    #[must_use]
    pub fn next_due(&self, settings: &OrgSettings) -> Option<Timestamp> {
        self.index.due.next(settings)
    }
    /// Outbound messages at SENT, oldest first: what a network still has to report on.
    #[must_use]
    pub fn in_flight(&self) -> Vec<(CustomerId, Message)> {
        let awaited = self.index.due.undelivered();
        awaited
            .filter_map(|(customer, id)| {
                Some((customer.clone(), self.by_id(customer)?.message(id)?.clone()))
            })
            .collect()
    }
    /// A snapshot, for `from_snapshot` of the same version of this program.
    #[must_use]
    pub fn to_snapshot(&self) -> Vec<u8> {
        snapshot::write(self)
    }
    /// The World of a snapshot; `None` if it is of another version or damaged.
    #[must_use]
    pub fn from_snapshot(bytes: &[u8]) -> Option<Self> {
        snapshot::read(bytes)
    }
}

/// Decides a command against the World. Total: every input has an answer. Ask [`replay`] first
/// if the call has an idempotency key.
#[must_use]
pub fn decide(world: &World, command: &Command, ctx: &mut Ctx<'_>) -> Decision {
    let mut draft = Draft::new(world, ctx);
    let answer = match command {
        Command::Customer(command) => decide_customer(&mut draft, command),
        Command::Network(command) => decide_network(&mut draft, command),
    };
    let (Ok(receipt) | Err(receipt)) = answer;
    Decision { events: draft.events, receipt }
}

/// `Err` is a refusal. Both arms carry what is answered; `?` reads well in a list of checks.
type Answer = Result<Receipt, Receipt>;

fn decide_customer(draft: &mut Draft<'_, '_>, command: &CustomerCommand) -> Answer {
    use CustomerCommand as C;
    match command {
        C::Meet(customer) => customer::meet(draft, customer),
        C::UpdateTags { customer, tags } => customer::update_tags(draft, customer, tags),
        C::DeleteTags { customer, keys } => customer::delete_tags(draft, customer, keys),
        C::UpdateSecondaryIds { customer, ids } => {
            customer::update_secondary_ids(draft, customer, ids)
        }
        C::UpdateMetadata { customer, values } => {
            customer::update_metadata(draft, customer, values)
        }
        C::DeleteMetadata { customer, keys } => customer::delete_metadata(draft, customer, keys),
        C::SendMessage { to, from, body } => messaging::send(draft, to, from, body),
        C::ReplyToMessage { customer, message, body } => {
            messaging::reply(draft, customer, message, body)
        }
    }
}

fn decide_network(draft: &mut Draft<'_, '_>, command: &NetworkCommand) -> Answer {
    use NetworkCommand as N;
    match command {
        N::ReceiveMessage { from, to, body } => inbound::receive(draft, from, to, body),
        N::ReportMessage { message, status } => messaging::report(draft, message, *status),
        N::DialUssd { from, to, input } => ussd::dial(draft, from, to, input),
        N::InputUssd { session, input } => ussd::input(draft, session, input),
        N::AnswerUssd { session, menu } => ussd::answer(draft, session, menu),
        N::EndUssd { session, end } => ussd::end(draft, session, *end),
        N::ReceiveCall { from, to } => voice::receive(draft, from, to),
        N::ReportCall { session, hop, duration, cost } => {
            voice::report(draft, session, hop, *duration, *cost)
        }
        N::ReceivePayment { from, to, value } => payment::receive(draft, from, to, *value),
        N::ReportPayment { transaction, status } => payment::report(draft, transaction, *status),
        N::Sweep => Ok(sweep::sweep(draft)),
        N::DropNotifications { app, count, from, to } => {
            Ok(sweep::drop_notifications(draft, app, *count, *from, *to))
        }
    }
}
