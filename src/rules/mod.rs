//! The rules: `decide` what a command leads to, and fold entries into the World. Pure: time, ids
//! and settings come in through `Ctx`; nothing here reads a clock, the disk or the network.
//!
//! One file per subject; each holds both halves of it: deciding its commands and folding its
//! events. `whom` finds customers, `draft` writes envelopes, `index` and `due` make finding cheap.

#![deny(clippy::wildcard_enum_match_arm)]

mod adoption;
mod audience;
mod calls;
mod clock;
mod consent;
mod customer;
mod diff;
mod draft;
mod due;
mod fold;
mod inbound;
mod index;
mod lease;
mod ledger;
mod limits;
mod lists;
mod messaging;
mod party;
mod payment;
mod preflight;
mod prompt;
mod reminder;
mod snapshot;
mod sweep;
#[cfg(test)]
#[allow(clippy::wildcard_enum_match_arm, reason = "a test asks about what it expects")]
mod tests;
mod ussd;
mod voice;
mod whom;
mod work;

pub use calls::replay;
pub use preflight::{guess, outlook};
pub use snapshot::Frozen;

use crate::model::{
    Account, CallId, Caller, Command, CustomerCommand, CustomerId, CustomerRef, CustomerState,
    Entry, EntryId, Event, Message, NetworkCommand, OrgSettings, Payment, Receipt, Seq, StoredCall,
    Timestamp, Work,
};
use calls::Calls;
use draft::Draft;
use index::Index;
use ledger::Ledger;
use preflight::Look;
use std::{collections::HashMap, sync::Arc, time::Duration};
use whom::Whom;
use work::Works;

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
    customers: HashMap<CustomerId, Arc<CustomerState>>,
    calls: Calls,
    /// Who absorbed whom, for ever (R-DECOM-1).
    merged: HashMap<CustomerId, CustomerId>,
    /// Purses and what crossed the border of the hub; wallets are their customers'.
    ledger: Ledger,
    /// Work by tag.
    works: Works,
    /// How far the sandbox's clock was moved forward.
    ahead: Duration,
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
    pub fn customer(&self, customer: &CustomerRef, now: Timestamp) -> Option<Arc<CustomerState>> {
        match whom::resolve(self, customer, now) {
            Ok(Whom::Known { customer, .. }) => Some(Arc::clone(customer)),
            Ok(Whom::New(_)) => None,
            Err(nobody) => self.by_id(&nobody.merged_into?).cloned(),
        }
    }
    /// Who took over a decommissioned id, at the end of the chain (R-DECOM-1); `None` if it is
    /// not one.
    #[must_use]
    pub fn survivor(&self, id: &CustomerId) -> Option<&CustomerId> {
        whom::survivor(self, id)
    }
    /// The customer of that very id.
    #[must_use]
    pub fn by_id(&self, id: &CustomerId) -> Option<&Arc<CustomerState>> {
        self.customers.get(id)
    }
    /// All customers, in no order.
    pub fn customers(&self) -> impl Iterator<Item = &Arc<CustomerState>> {
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
        let due = self.index.due.next(settings);
        [due, self.works.next_due(), self.ledger.next_due(settings)].into_iter().flatten().min()
    }
    /// The org's time at this reading of the wall clock: later, if a sandbox's clock was moved.
    #[must_use]
    pub fn time(&self, wall: Timestamp) -> Timestamp {
        wall.after(self.ahead)
    }
    /// How far a sandbox's clock was moved forward.
    #[must_use]
    pub fn ahead(&self) -> Duration {
        self.ahead
    }
    /// Purses by id, with their balances.
    pub fn purses(&self) -> impl Iterator<Item = (&str, &Account)> {
        self.ledger.purses()
    }
    /// Payments under way: what a network still has to report on.
    pub fn open_payments(&self) -> impl Iterator<Item = &Payment> {
        self.ledger.under_way()
    }
    /// Work by tag, in order of creation.
    #[must_use]
    pub fn works(&self) -> impl DoubleEndedIterator<Item = &Work> {
        self.works.all()
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
    /// A snapshot for `from_snapshot` of the same version of this program, to be encoded elsewhere
    /// while the World moves on.
    pub fn freeze(&self) -> Frozen {
        snapshot::freeze(self)
    }
    /// Roughly how many things a snapshot holds: how much work one is.
    #[must_use]
    pub fn size(&self) -> usize {
        let Index { messages, sessions, transactions, .. } = &self.index;
        let histories = messages.len() + sessions.len() + transactions.len();
        self.customers.len() + histories + self.calls.len()
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
        C::AnswerPrompt { session, menu, actions } => {
            prompt::answer(draft, session, menu.as_ref(), actions)
        }
        C::AdoptCustomer { customer, other } => adoption::adopt(draft, customer, other),
        C::DeleteSecondaryIds { customer, ids } => {
            customer::delete_secondary_ids(draft, customer, ids)
        }
        C::AddReminder { customer, reminder } => reminder::add(draft, customer, reminder),
        C::CancelReminder { customer, key } => reminder::cancel(draft, customer, key),
        C::LeaseMetadata { customer, key } => lease::grant(draft, customer, key),
        C::AddReminderByTag { tag, reminder } => work::add_reminder(draft, tag, reminder),
        C::CancelReminderByTag { tag, key } => work::cancel_reminder(draft, tag, key),
        C::SendMessageByTag { tag, from, body } => work::send(draft, tag, from, body),
        C::SteerWork { work, to } => work::steer(draft, work, *to),
        C::RequestConsent { number, channel, action, reason } => {
            consent::request(draft, number, channel, *action, reason)
        }
        C::InitiatePayment { debit, credit, value } => {
            payment::initiate(draft, debit, credit, *value)
        }
        C::MakeCall { to, from } => voice::make(draft, to, from),
    }
}

/// What a dry run looks at beside the decision: what the rules let pass, but an agent would want to know.
fn look_at(look: &mut Look<'_>, command: &CustomerCommand) {
    use CustomerCommand as C;
    match command {
        C::SendMessage { to, from, body } => look.sending(to, from, body),
        C::ReplyToMessage { customer, message, body } => {
            look.replying(customer, message, body);
        }
        C::SendMessageByTag { tag, from, body } => look.spreading(tag, from, body),
        C::RequestConsent { number, channel, action, .. } => {
            look.consenting(number, channel, *action);
        }
        C::MakeCall { to, .. } => look.hours(to),
        C::AnswerPrompt { menu, .. } => look.answering(menu.as_ref()),
        C::InitiatePayment { debit, credit, value } => look.paying(debit, credit, *value),
        C::UpdateTags { customer, tags } => look.tagging(customer, tags),
        C::DeleteTags { customer, keys } => look.untagging(customer, keys),
        C::UpdateSecondaryIds { ids, .. } => look.naming(ids),
        C::DeleteSecondaryIds { customer, ids } => look.unnaming(customer, ids),
        C::UpdateMetadata { customer, values } => look.setting(customer, values),
        C::DeleteMetadata { customer, keys } => look.unsetting(customer, keys),
        C::LeaseMetadata { customer, key } => look.leasing(customer, key),
        C::AddReminder { customer, reminder } => look.reminding(customer, reminder),
        C::CancelReminder { customer, key } => look.unreminding(customer, key),
        C::AddReminderByTag { tag, reminder } => look.reminding_by_tag(tag, reminder),
        C::AdoptCustomer { customer, other } => look.adopting(customer, other),
        C::Meet(_) | C::CancelReminderByTag { .. } | C::SteerWork { .. } => {}
    }
}

fn decide_network(draft: &mut Draft<'_, '_>, command: &NetworkCommand) -> Answer {
    use NetworkCommand as N;
    match command {
        N::ReceiveMessage { from, to, body } => inbound::receive(draft, from, to, body),
        N::ReportMessage { message, status } => messaging::report(draft, message, *status),
        N::DialUssd { from, to, input } => ussd::dial(draft, from, to, input),
        N::InputUssd { session, input } => ussd::input(draft, session, input),
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
        N::AnswerConsent { from, to, agrees } => consent::answer(draft, from, to, *agrees),
        N::FundPurse { purse, value } => payment::fund(draft, purse, *value),
        N::MoveClock { by } => clock::forward(draft, *by),
    }
}
