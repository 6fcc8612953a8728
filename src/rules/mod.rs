//! The rules of the hub: [`decide`] says what a command leads to, and [`World::apply`] folds what
//! happened into the state of an org. Everything here is pure. Time, ids and settings come in
//! through [`Ctx`], and nothing reads a clock, the disk or the network.
//!
//! There is one file per subject, and it holds both halves: how its commands are decided and how its
//! events are folded. `addressing` finds out which customer is meant, `builder` collects the events
//! of a decision, and `index` and `due` keep what would otherwise have to be searched. All tables are
//! `layers`, of which the lowest may lie on disk; no rule can tell. What the rules promise is written
//! in `docs/rules/`, under the ids that comments cite.

#![deny(clippy::wildcard_enum_match_arm)]

mod addressing;
mod adoption;
mod audience;
mod builder;
mod calls;
mod carriage;
mod clock;
mod conflict;
mod consent;
mod contradiction;
mod customer;
mod diff;
mod due;
mod fold;
mod histories;
mod inbound;
mod index;
mod layers;
mod lease;
mod ledger;
mod limits;
mod lists;
#[cfg(any(test, feature = "trust"))]
mod memory_base;
mod messaging;
mod part;
mod party;
mod pause;
mod payment;
mod people;
mod preflight;
mod prompt;
mod quiet;
mod recipient;
mod reminder;
mod runs;
mod scheduled;
mod spelling;
mod stored;
mod sweep;
#[cfg(test)]
#[allow(clippy::wildcard_enum_match_arm, reason = "a test asks about what it expects")]
mod tests;
mod things;
mod unknown;
mod ussd;
mod voice;
mod waiting;
mod work;
mod works;

pub use calls::replay;
pub use carriage::{LinkState, OnItsWay};
pub use layers::{Base, Key, RowWriter, Table};
#[cfg(any(test, feature = "trust"))]
pub use ledger::check as check_books;
#[cfg(any(test, feature = "trust"))]
pub use memory_base::MemoryBase;
pub use messaging::may_refuse;
pub use people::PeoplePlace;
pub use preflight::{guess, outlook};

use crate::model::{
    Account, CallId, Caller, Command, CustomerCommand, CustomerId, CustomerRef, CustomerState,
    Entry, EntryId, Event, EventKind, Message, MessageId, NetworkCommand, OrgSettings, Payment,
    Provider, Receipt, Seq, SessionId, StoredCall, Timestamp, Work,
};
use addressing::ResolvedCustomer;
use builder::DecisionBuilder;
use bytes::Bytes;
use calls::Calls;
use carriage::Carriages;
use histories::Gone;
use index::Index;
use layers::{Layered, Lent};
use ledger::Ledger;
use preflight::Preflight;
use runs::Chosen;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use works::Works;

/// What a decision may consult besides the World.
pub struct Ctx<'a> {
    pub now: Timestamp,
    pub settings: &'a OrgSettings,
    /// Who sends the command, and in which app's name.
    pub caller: &'a Caller,
    /// Returns 16 new random bytes at each call; ids are made of them.
    pub fresh: &'a mut dyn FnMut() -> [u8; 16],
}

/// What a command leads to. If there are no events, nothing changes and nothing is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What happens, in order; the events of one entry of the log.
    pub events: Vec<Event>,
    pub receipt: Receipt,
}

/// The state of one org: the fold of all valid entries of its log.
///
/// Everything in it that grows is persistent, in the sense of functional data structures: a clone
/// shares all of it, costs a microsecond whatever the size, and stays as it is when the original moves
/// on. So readers have a World of their own and never wait for the writer, and the writer can go back
/// to an earlier one.
///
/// Its tables are `layers`, so that what has not changed lately can lie on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    head: (Seq, EntryId),
    customers: Layered<Arc<CustomerState>>,
    lent: Lent<Arc<CustomerState>>,
    calls: Calls,
    /// Customers who were merged away, each with the customer who took them over. Kept
    /// for ever (R-DECOM-1).
    merged: Layered<CustomerId>,
    /// Whose messages are to be removed from the base.
    gone: Gone,
    /// The org's side of the books: purses, and what entered or left the hub. Wallets are kept
    /// with their customers.
    ledger: Ledger,
    works: Works,
    /// How messages get to real networks.
    carriages: Carriages,
    /// Whom the start of a work has selected that was decided but is not folded yet.
    chosen: Chosen,
    /// How far the clock of a sandbox was moved forward.
    ahead: Duration,
    /// Derived from `customers`, and kept so that no decision has to search.
    index: Index,
    /// The only customers who are in it; `None` for a World of everyone (`part`).
    only: Option<Arc<BTreeSet<CustomerId>>>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            head: Default::default(),
            customers: Layered::new(Table::Customers),
            lent: Lent::default(),
            calls: Calls::default(),
            merged: Layered::new(Table::Merged),
            gone: Gone::default(),
            ledger: Ledger::default(),
            works: Works::default(),
            carriages: Carriages::default(),
            chosen: Chosen::default(),
            ahead: Duration::ZERO,
            index: Index::default(),
            only: None,
        }
    }
}

impl World {
    /// The place and the id of the last valid entry.
    #[must_use]
    pub fn head(&self) -> (Seq, EntryId) {
        self.head
    }
    /// Folds an entry. An entry whose `prev_id` is not the id of the head is void: then this
    /// returns false and changes nothing.
    pub fn apply(&mut self, entry: &Entry) -> bool {
        if entry.prev_id != self.head.1 {
            return false;
        }
        self.head = (entry.seq, entry.id);
        self.lent = Lent::default();
        let mut after = entry.events.as_slice();
        while let [event, rest @ ..] = after {
            self.fold(event, rest);
            after = rest;
        }
        self.chosen = Chosen::default();
        self.calls.keep(entry.at, entry.call.as_ref());
        self.works.runs.tidy();
        true
    }
    /// The customer whom a reference means, however a number in it is written, following merges.
    /// Never creates one.
    #[must_use]
    pub fn customer(
        &self,
        customer: &CustomerRef,
        settings: &OrgSettings,
        now: Timestamp,
    ) -> Option<Arc<CustomerState>> {
        match addressing::resolve(self, &self.settled(customer, settings), now) {
            Ok(ResolvedCustomer::Known { customer, .. }) => Some(Arc::clone(customer)),
            Ok(ResolvedCustomer::New(_)) => None,
            Err(nobody) => self.by_id(&nobody.merged_into?).cloned(),
        }
    }
    /// The id of the customer whom a reference means. It reads no more than that takes.
    #[must_use]
    pub fn customer_id(
        &self,
        customer: &CustomerRef,
        settings: &OrgSettings,
        now: Timestamp,
    ) -> Option<CustomerId> {
        if let CustomerRef::Number(number) = customer
            && number.provider != Provider::Unspecified
        {
            return addressing::id_by_number(self, &self.spelled(number, settings));
        }
        Some(self.customer(customer, settings, now)?.id.clone())
    }
    /// What `make` makes of the state of the customer with this id. It may be kept for as long as that state is
    /// what it is, so `make` goes by nothing else and is the same for all who ask.
    pub fn made_of(
        &self,
        id: &CustomerId,
        make: impl Fn(&CustomerState) -> Bytes,
    ) -> Option<Bytes> {
        self.customers.made_of(id, make)
    }
    /// The customer into whom this one was merged, at the end of the chain if there were several
    /// merges (R-DECOM-1); `None` if the id was not merged away.
    #[must_use]
    pub fn survivor(&self, id: &CustomerId) -> Option<CustomerId> {
        addressing::survivor(self, id)
    }
    /// The customer with exactly this id; merges are not followed.
    #[must_use]
    pub fn by_id(&self, id: &CustomerId) -> Option<&Arc<CustomerState>> {
        self.lent.find(&self.customers, id.as_str().as_bytes())
    }
    /// The same for questions about very many customers: this World does not keep them in memory.
    pub(crate) fn passing(&self, id: &CustomerId) -> Option<Arc<CustomerState>> {
        self.customers.get(id.as_str().as_bytes())
    }
    /// A message that is in a history, with its customer.
    fn message(&self, id: &MessageId) -> Option<(&Arc<CustomerState>, Arc<Message>)> {
        let (customer, number) = self.index.message(id)?;
        let customer = self.by_id(&customer)?;
        Some((customer, customer.messages.at(number)?))
    }
    /// All customers, in the order of their ids.
    pub fn customers(&self) -> impl Iterator<Item = Arc<CustomerState>> {
        self.customers.iter().map(|(_, customer)| customer)
    }
    /// What was answered to an idempotency key (D-IDEM); see [`replay`].
    #[must_use]
    pub fn call(&self, id: &CallId) -> Option<Arc<StoredCall>> {
        self.calls.get(id)
    }
    /// When the next `Sweep` has something to do; `None` if nothing waits. The time may lie in the
    /// past. One sweep does a limited number of things, so ask again after it.
    #[must_use]
    pub fn next_due(&self, settings: &OrgSettings) -> Option<Timestamp> {
        let due = self.index.due.next(settings);
        [due, self.works.next_due(settings), self.ledger.next_due(settings)]
            .into_iter()
            .flatten()
            .min()
    }
    /// The org's time when the wall clock shows `wall`. It is later if a sandbox's clock was moved.
    #[must_use]
    pub fn time(&self, wall: Timestamp) -> Timestamp {
        wall.after(self.ahead)
    }
    /// How far the clock of a sandbox was moved forward.
    #[must_use]
    pub fn ahead(&self) -> Duration {
        self.ahead
    }
    /// Whether a session or call still waits for the answer to what its app was asked at that time.
    #[must_use]
    pub fn awaits_answer(&self, session: &SessionId, asked: Timestamp) -> bool {
        prompt::is_open(self, session, asked)
    }
    /// The purses that ever held money, by id: the balances, and how many payments hold some of it.
    pub fn purses(&self) -> impl Iterator<Item = (&str, &Account, usize)> {
        self.ledger.purses()
    }
    /// Payments under way, which a network still has to report on.
    pub fn open_payments(&self) -> impl Iterator<Item = &Payment> {
        self.ledger.under_way()
    }
    /// Why this World, or an answer from it, cannot be believed: something that lies on disk could not be
    /// read. `None` if all of it could.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.customers.trouble()
    }
    /// Work by tag, in order of creation.
    #[must_use]
    pub fn works(&self) -> impl DoubleEndedIterator<Item = &Work> {
        self.works.all()
    }
    /// Outbound messages at SENT, oldest first, which a network still has to report on.
    #[must_use]
    pub fn in_flight(&self) -> Vec<(CustomerId, Message)> {
        let awaited = self.index.due.undelivered();
        awaited
            .filter_map(|(customer, id)| {
                let (_, number) = self.index.message(&id)?;
                let message = self.passing(&customer)?.messages.at(number)?;
                Some((customer, Arc::unwrap_or_clone(message)))
            })
            .collect()
    }
}

/// Decides a command against the World. Every input has an answer: a refusal is a receipt, not an
/// error. If the call has an idempotency key, ask [`replay`] first.
#[must_use]
pub fn decide(world: &World, command: &Command, ctx: &mut Ctx<'_>) -> Decision {
    let command = spelling::settled(world, ctx.settings, command);
    let mut builder = DecisionBuilder::new(world, ctx);
    let answer = match &command {
        Command::Customer(command) => decide_customer(&mut builder, command),
        Command::Network(command) => decide_network(&mut builder, command),
    };
    let (Ok(receipt) | Err(receipt)) = answer;
    Decision { events: builder.events, receipt }
}

/// What a rule answers. `Err` is a refusal. Both arms carry the receipt, so that a list of checks
/// can be written with `?`.
type RuleResult = Result<Receipt, Receipt>;

fn decide_customer(builder: &mut DecisionBuilder<'_, '_>, command: &CustomerCommand) -> RuleResult {
    use CustomerCommand as C;
    match command {
        C::Meet(customer) => customer::meet(builder, customer),
        C::UpdateTags { customer, tags } => customer::update_tags(builder, customer, tags),
        C::DeleteTags { customer, keys } => customer::delete_tags(builder, customer, keys),
        C::UpdateSecondaryIds { customer, ids } => {
            customer::update_secondary_ids(builder, customer, ids)
        }
        C::UpdateMetadata { customer, values } => {
            customer::update_metadata(builder, customer, values)
        }
        C::DeleteMetadata { customer, keys } => customer::delete_metadata(builder, customer, keys),
        C::SendMessage { to, from, body, seen } => messaging::send(builder, to, from, body, *seen),
        C::ReplyToMessage { customer, message, body, seen } => {
            messaging::reply(builder, customer, message, body, *seen)
        }
        C::AnswerPrompt { session, menu, actions } => {
            prompt::answer(builder, session, menu.as_ref(), actions)
        }
        C::AdoptCustomer { customer, other } => adoption::adopt(builder, customer, other),
        C::DeleteSecondaryIds { customer, ids } => {
            customer::delete_secondary_ids(builder, customer, ids)
        }
        C::AddReminder { customer, reminder } => reminder::add(builder, customer, reminder),
        C::CancelReminder { customer, key } => reminder::cancel(builder, customer, key),
        C::LeaseMetadata { customer, key } => lease::grant(builder, customer, key),
        C::AddReminderByTag { tag, reminder } => work::add_reminder(builder, tag, reminder),
        C::CancelReminderByTag { tag, key } => work::cancel_reminder(builder, tag, key),
        C::SendMessageByTag { tag, message } => work::send(builder, tag, message),
        C::SteerWork { work, to } => work::steer(builder, work, *to),
        C::ScheduleMessage { to, from, body, at, in_reply_to, seen } => {
            scheduled::schedule(builder, (to, from), body, *at, in_reply_to.as_ref(), *seen)
        }
        C::EditScheduled { customer, message, body, at, seen } => {
            scheduled::edit(builder, customer, message, (body, *at), *seen)
        }
        C::CancelScheduled { customer, message } => scheduled::cancel(builder, customer, message),
        C::NoAnswerNeeded { customer, up_to } => {
            waiting::no_answer_needed(builder, customer, up_to.as_ref())
        }
        C::DecideUnknown { message, again, attempt } => {
            unknown::decide(builder, message, *again, *attempt)
        }
        C::PauseCarrier { carrier, is_paused } => pause::steer(builder, carrier, *is_paused),
        C::RequestConsent { number, channel, action, reason } => {
            consent::request(builder, number, channel, *action, reason)
        }
        C::InitiatePayment { debit, credit, value } => {
            payment::initiate(builder, debit, credit, *value)
        }
        C::MakeCall { to, from } => voice::make(builder, to, from),
    }
}

/// Runs the checks that a dry run makes beside the decision (R-DRYRUN-2): they find what the rules
/// allow but an agent would want to know.
fn preflight_checks(checks: &mut Preflight<'_>, command: &CustomerCommand) {
    use CustomerCommand as C;
    match command {
        C::SendMessage { to, from, body, seen } => checks.sending(to, from, body, *seen),
        C::ReplyToMessage { customer, message, body, seen } => {
            checks.replying(customer, message, body, *seen);
        }
        C::SendMessageByTag { tag, message } => checks.spreading(tag, message),
        C::RequestConsent { number, channel, action, .. } => {
            checks.consenting(number, channel, *action);
        }
        C::MakeCall { to, from } => checks.calling(to, from),
        C::AnswerPrompt { menu, .. } => checks.answering(menu.as_ref()),
        C::InitiatePayment { debit, credit, value } => checks.paying(debit, credit, *value),
        C::UpdateTags { customer, tags } => checks.tagging(customer, tags),
        C::DeleteTags { customer, keys } => checks.untagging(customer, keys),
        C::UpdateSecondaryIds { ids, .. } => checks.naming(ids),
        C::DeleteSecondaryIds { customer, ids } => checks.unnaming(customer, ids),
        C::UpdateMetadata { customer, values } => checks.setting(customer, values),
        C::DeleteMetadata { customer, keys } => checks.unsetting(customer, keys),
        C::LeaseMetadata { customer, key } => checks.leasing(customer, key),
        C::AddReminder { customer, reminder } => checks.reminding(customer, reminder),
        C::CancelReminder { customer, key } => checks.unreminding(customer, key),
        C::AddReminderByTag { tag, reminder } => checks.reminding_by_tag(tag, reminder),
        C::AdoptCustomer { customer, other } => checks.adopting(customer, other),
        C::ScheduleMessage { to, from, body, at, in_reply_to, seen } => {
            checks.scheduling((to, from), body, *at, in_reply_to.as_ref(), *seen);
        }
        C::EditScheduled { customer, message, body, at, seen: _ } => {
            checks.rescheduling(customer, message, body, *at);
        }
        C::NoAnswerNeeded { customer, .. } => checks.unanswered(customer),
        C::DecideUnknown { message, again, .. } => checks.deciding(message, *again),
        C::Meet(_)
        | C::CancelReminderByTag { .. }
        | C::CancelScheduled { .. }
        | C::PauseCarrier { .. }
        | C::SteerWork { .. } => {}
    }
}

fn decide_network(builder: &mut DecisionBuilder<'_, '_>, command: &NetworkCommand) -> RuleResult {
    use NetworkCommand as N;
    match command {
        N::ReceiveMessage { from, to, body } => inbound::receive(builder, from, to, body),
        N::ReportMessage { message, status } => messaging::report(builder, message, *status),
        N::HandOver { carrier, messages } => Ok(carriage::hand_over(builder, carrier, messages)),
        N::ReportCarriage { message, carrier, attempt, step, status } => {
            carriage::answered(builder, message, (carrier, *attempt), step, *status)
        }
        N::ReportReference { carrier, reference, about, status } => {
            carriage::report(builder, carrier, (reference, about), *status)
        }
        N::ReportLink { carrier, is_up, why } => Ok(carriage::link(builder, carrier, *is_up, why)),
        N::NotePruned { up_to, check, entries, bytes } => {
            let (up_to, check, entries, bytes) = (*up_to, check.clone(), *entries, *bytes);
            let gone = EventKind::LogPruned { up_to, check, entries, bytes };
            Ok(sweep::note(builder, gone))
        }
        N::DialUssd { from, to, input } => ussd::dial(builder, from, to, input),
        N::InputUssd { session, input } => ussd::input(builder, session, input),
        N::EndUssd { session, end } => ussd::end(builder, session, *end),
        N::ReceiveCall { from, to } => voice::receive(builder, from, to),
        N::ReportCall { session, hop, duration, cost } => {
            voice::report(builder, session, hop, *duration, *cost)
        }
        N::MissPlan { session } => voice::miss(builder, session),
        N::ReceivePayment { from, to, value } => payment::receive(builder, from, to, *value),
        N::ReportPayment { transaction, status } => payment::report(builder, transaction, *status),
        N::ReturnLease { customer, key, until } => {
            Ok(lease::take_back(builder, customer, key, *until))
        }
        N::Sweep => Ok(sweep::sweep(builder)),
        N::DropNotifications { app, count, from, to } => {
            Ok(sweep::drop_notifications(builder, app, *count, *from, *to))
        }
        N::AnswerConsent { from, to, agrees } => consent::answer(builder, from, to, *agrees),
        N::FundPurse { purse, value } => payment::fund(builder, purse, *value),
        N::MoveClock { by } => clock::forward(builder, *by),
    }
}
