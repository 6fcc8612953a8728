//! What is promised, compared with what happened. The checker reads the log as it is stored, hears what clients were
//! answered and what readers of the feed were given, and looks at the Worlds that the hubs show. It believes no hub.

use super::{books::Books, carried::Carried, crowd::text, storage::Storage};
use crate::{
    hub::log::{Pos, Stored, chain::ChainCursor},
    model::{
        AppId, CallId, ChannelNumber, Command, ConsentStatus, CustomerCommand, CustomerId,
        CustomerNumber, CustomerState, Entry, Event, EventKind, LeaseEnd, Message, MessageId,
        MessageStatus, NetworkCommand, OrgId, OrgSettings, Receipt, Seq, Timestamp, WorkId,
    },
    rules::World,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

/// For how long what a customer wrote may be answered without consent (R-REPLYTO-1).
const ANSWERED_WITHIN: Duration = Duration::from_hours(24);

/// One thing that always holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Invariant {
    /// What was acknowledged is in the log, as it was acknowledged.
    AcknowledgedIsStored,
    /// What is in the log was asked, and nobody was told that it was not done.
    StoredWasAsked,
    /// A key has one entry and one answer, and another request under it is refused; without a key, once is once.
    OncePerKey,
    /// Places are dense, and each entry follows the one before it.
    Chain,
    /// The World of every hub, whether it ran on or began from what it had stored, is the fold of the whole log.
    WorldIsFold,
    /// Money is neither made nor lost, and nothing is overdrawn.
    Books,
    /// A payment ends once, and is reversed at most once.
    PaymentsEndOnce,
    /// A reader gets every durable entry once, in order, and hears why if there is a gap.
    Feed,
    /// The times that one life of a hub gives do not go back.
    Time,
    /// A value has one holder at a time, and no lease ends before its time by itself.
    Leases,
    /// A reminder fires once and not before its time.
    Reminders,
    /// A network is given a message once, and again only where the settings and what is known allow it.
    HandOvers,
    /// A report about what is not the network's own changes nothing.
    Lies,
    /// Nothing is sent to who has opted out, but an answer to what they wrote within a day (R-REPLYTO-1).
    Consent,
}

/// An invariant that does not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    pub invariant: Invariant,
    pub what: String,
}

/// Something that was asked of the hubs.
#[derive(Debug)]
pub struct Submission {
    pub org: OrgId,
    pub call: Option<(CallId, [u8; 32])>,
    pub command: Command,
    /// How many of its attempts have no answer yet.
    pub open: usize,
    /// Whether it may have been done, as far as anybody was told.
    pub may_be_done: bool,
    /// Whether it must not lead to anything.
    pub is_lie: bool,
    is_stored: bool,
    /// The receipt that the log has for its key.
    receipt: Option<Receipt>,
}

impl Submission {
    pub fn new(org: &OrgId, call: Option<(CallId, [u8; 32])>, command: Command) -> Self {
        Self {
            org: org.clone(),
            call,
            command,
            open: 0,
            may_be_done: false,
            is_lie: false,
            is_stored: false,
            receipt: None,
        }
    }
    fn is_lease(&self) -> bool {
        matches!(self.command, Command::Customer(CustomerCommand::LeaseMetadata { .. }))
    }
    /// Whether an accepted command of this kind always changes something.
    fn records(&self) -> bool {
        use CustomerCommand as C;
        use NetworkCommand as N;
        matches!(
            self.command,
            Command::Customer(
                C::SendMessage { .. }
                    | C::ReplyToMessage { .. }
                    | C::ScheduleMessage { .. }
                    | C::AddReminder { .. }
                    | C::SendMessageByTag { .. }
                    | C::InitiatePayment { .. }
                    | C::MakeCall { .. }
            ) | Command::Network(
                N::ReceiveMessage { .. }
                    | N::FundPurse { .. }
                    | N::ReceivePayment { .. }
                    | N::DialUssd { .. }
            )
        )
    }
}

/// What the log of an org holds, and what follows from it.
struct OrgRecord {
    settings: OrgSettings,
    place: ChainCursor,
    entries: Vec<Arc<Entry>>,
    world: World,
    books: Books,
    carried: Carried,
    leases: BTreeMap<(CustomerId, String), (u64, Timestamp)>,
    reminders: BTreeMap<(CustomerId, AppId, String), Timestamp>,
    /// What was done for customers by tag.
    served: BTreeSet<(WorkId, CustomerId, Timestamp)>,
    started: BTreeMap<WorkId, Timestamp>,
    opted_out: BTreeSet<(CustomerNumber, ChannelNumber)>,
    /// When customers wrote what may be answered.
    received: BTreeMap<MessageId, Timestamp>,
    /// Messages that were put off, which leave under the same id.
    scheduled: BTreeSet<MessageId>,
    times: BTreeMap<usize, Timestamp>,
    touched: BTreeSet<CustomerId>,
}

pub struct Checker {
    storage: Arc<Storage>,
    known: BTreeMap<OrgId, OrgRecord>,
    pub asked: BTreeMap<usize, Submission>,
    by_key: HashMap<CallId, usize>,
    /// What was answered in this step, and whether it was in the log before.
    answered: Vec<(usize, bool, Receipt)>,
    found: Vec<Violation>,
}

impl Checker {
    pub fn new(storage: &Arc<Storage>, orgs: &[OrgSettings]) -> Self {
        let known = |settings: &OrgSettings| {
            let known = OrgRecord {
                settings: settings.clone(),
                place: ChainCursor::default(),
                entries: Vec::new(),
                world: World::default(),
                books: Books::default(),
                carried: Carried::default(),
                leases: BTreeMap::new(),
                reminders: BTreeMap::new(),
                served: BTreeSet::new(),
                started: BTreeMap::new(),
                opted_out: BTreeSet::new(),
                received: BTreeMap::new(),
                scheduled: BTreeSet::new(),
                times: BTreeMap::new(),
                touched: BTreeSet::new(),
            };
            (settings.id.clone(), known)
        };
        Self {
            storage: Arc::clone(storage),
            known: orgs.iter().map(known).collect(),
            asked: BTreeMap::new(),
            by_key: HashMap::new(),
            answered: Vec::new(),
            found: Vec::new(),
        }
    }

    pub fn found(&mut self, invariant: Invariant, what: impl Into<String>) {
        self.found.push(Violation { invariant, what: what.into() });
    }
    /// What does not hold, of everything that was seen so far.
    pub fn violations(&mut self) -> Vec<Violation> {
        std::mem::take(&mut self.found)
    }
    /// The World that follows from the log.
    pub fn world(&self, org: &OrgId) -> World {
        self.known.get(org).map(|known| known.world.clone()).unwrap_or_default()
    }
    pub fn head(&self, org: &OrgId) -> Seq {
        self.known.get(org).map(|known| known.place.seq).unwrap_or_default()
    }
    /// What networks got, where it is written down.
    pub fn carried(&mut self, org: &OrgId) -> Option<&mut Carried> {
        self.known.get_mut(org).map(|known| &mut known.carried)
    }

    /// Notes that something is asked of a hub now, for the first time or again.
    pub fn ask(&mut self, nr: usize) {
        let Some(asked) = self.asked.get_mut(&nr) else { return };
        asked.open += 1;
        if let Some((key, _)) = &asked.call {
            self.by_key.entry(key.clone()).or_insert(nr);
        }
    }

    /// Notes the receipt that a client got.
    pub fn receipt(&mut self, nr: usize, receipt: Receipt) {
        let Some(asked) = self.asked.get_mut(&nr) else { return };
        asked.open -= 1;
        asked.may_be_done = true;
        self.answered.push((nr, asked.is_stored, receipt));
    }

    /// Notes that an attempt ended without a receipt, and whether it may have been done.
    pub fn no_receipt(&mut self, nr: usize, may_be_done: bool) {
        if let Some(asked) = self.asked.get_mut(&nr) {
            asked.open -= 1;
            asked.may_be_done |= may_be_done;
        }
    }

    /// Reads what is new in the logs and checks it, and then what was acknowledged in this step.
    pub async fn read_logs(&mut self) {
        let storage = Arc::clone(&self.storage);
        let orgs: Vec<OrgId> = self.known.keys().cloned().collect();
        for org in orgs {
            let Some(known) = self.known.get_mut(&org) else { continue };
            known.touched.clear();
            let mut place = known.place;
            let rows = storage.read_on(&org, &mut place).await;
            for (pos, stored) in rows {
                self.entry(&org, pos, &stored);
            }
        }
        for (nr, was_stored, said) in std::mem::take(&mut self.answered) {
            self.acknowledged(nr, was_stored, &said);
        }
    }

    /// Checks a receipt that a client got in this step. What is refused without leaving a trace may be decided in another
    /// way when it is asked again.
    fn acknowledged(&mut self, nr: usize, was_stored: bool, said: &Receipt) {
        let Some(asked) = self.asked.get(&nr) else { return };
        let is_firm = said.is_ok() && asked.records();
        let is_other = asked.receipt.as_ref().is_some_and(|receipt| receipt != said);
        let (invariant, what) = if is_firm && !asked.is_stored {
            (Invariant::AcknowledgedIsStored, "is not in the log")
        } else if is_other && was_stored && !asked.is_lease() {
            (Invariant::OncePerKey, "is not what was answered before")
        } else if is_other && is_firm && !asked.is_lease() {
            (Invariant::AcknowledgedIsStored, "is in the log with another answer")
        } else {
            return;
        };
        let what = format!("{said:?} of {:?} {what}", asked.command);
        self.found(invariant, what);
    }

    fn entry(&mut self, org: &OrgId, pos: Pos, stored: &Stored) {
        let entry = &stored.entry;
        self.attribute(org, entry);
        let life = self.storage.writer(entry.id);
        let Some(known) = self.known.get_mut(org) else { return };
        let mut found = Vec::new();
        let dense = entry.seq == known.place.seq.next() && known.world.apply(entry);
        if !dense {
            let what = format!("entry {} comes after {}", entry.seq, known.place.seq);
            found.push((Invariant::Chain, what));
        }
        known.place = ChainCursor { pos, seq: entry.seq, id: entry.id };
        known.entries.push(Arc::clone(entry));
        if let Some(life) = life {
            let latest = known.times.entry(life).or_insert(entry.at);
            if *latest > entry.at {
                let what = format!("entry {} is of {:?} after {latest:?}", entry.seq, entry.at);
                found.push((Invariant::Time, what));
            }
            *latest = entry.at;
        }
        found.extend(known.books.entry(entry.events.iter().map(|event| &event.kind)).err());
        for event in &entry.events {
            known.touched.extend(event.customer.clone());
            let carried =
                known.carried.event(&event.kind).map_err(|what| (Invariant::HandOvers, what));
            found.extend(carried.err());
            let seen = [known.lease(entry, event), known.reminder(entry, event), known.sent(event)];
            found.extend(seen.into_iter().filter_map(Result::err));
        }
        let seq = entry.seq;
        for (invariant, what) in found {
            self.found(invariant, format!("entry {seq} of {org}: {what}"));
        }
    }

    /// Finds out who asked for an entry.
    fn attribute(&mut self, org: &OrgId, entry: &Entry) {
        let nr = match &entry.call {
            Some(call) => self.by_key.get(&call.id).copied(),
            None => match self.known.get_mut(org).and_then(|known| known.wrote(entry)) {
                // Reports of networks, and what is due, say the same as often as it is asked.
                None => return,
                Some(said) => said.strip_prefix(&text_start()).and_then(|nr| nr.parse().ok()),
            },
        };
        let Some(asked) = nr.and_then(|nr| self.asked.get_mut(&nr)) else {
            let what = format!("entry {} of {org}, {:?}, was never asked", entry.seq, entry.events);
            return self.found(Invariant::StoredWasAsked, what);
        };
        let is_again = std::mem::replace(&mut asked.is_stored, true) && !asked.is_lease();
        asked.receipt = entry.call.as_ref().map(|call| call.receipt.clone());
        let digest = entry.call.as_ref().map(|call| call.digest);
        let is_same = asked.org == *org && digest == asked.call.as_ref().map(|(_, digest)| *digest);
        let is_undone = asked.open == 0 && !asked.may_be_done;
        let (is_lie, what) =
            (asked.is_lie, format!("entry {} of {org} is of {:?}", entry.seq, asked.command));
        if is_again {
            self.found(Invariant::OncePerKey, format!("{what}, which was done before"));
        }
        if !is_same || is_undone {
            self.found(Invariant::StoredWasAsked, format!("{what}, which is said to be undone"));
        }
        if is_lie {
            self.found(Invariant::Lies, format!("{what}, which is a lie"));
        }
    }

    /// Checks that an entry that a reader got is the one of the log.
    pub fn read(&mut self, org: &OrgId, after: Seq, entry: &Entry) {
        let is_next = entry.seq == after.next();
        let stored = usize::try_from(after.0).ok();
        let stored = stored.and_then(|at| self.known.get(org)?.entries.get(at).cloned());
        if !is_next || stored.as_deref() != Some(entry) {
            let what = format!("a reader at {after} of {org} got entry {}", entry.seq);
            self.found(Invariant::Feed, what);
        }
    }

    /// Compares the World of a hub with the fold of the log: whatever the last entries were about, or all of it.
    pub fn compare(&mut self, org: &OrgId, world: &World, all: bool) {
        let Some(known) = self.known.get(org) else { return };
        let mut found = Vec::new();
        found.extend(known.books.compare(world).err().map(|what| (Invariant::Books, what)));
        let ours = &known.world;
        let differs = ours.head() != world.head()
            || ours.next_due(&known.settings) != world.next_due(&known.settings)
            || known.touched.iter().any(|id| glance(ours, id) != glance(world, id));
        let part = if all { ours.difference(world) } else { None };
        if let Some(part) = part.or(differs.then_some("what the last entries changed")) {
            found.push((Invariant::WorldIsFold, format!("{part} differs")));
        }
        if all {
            found.extend(Books::audit(world).err().map(|what| (Invariant::Books, what)));
            found.extend(world.trouble().map(|what| (Invariant::WorldIsFold, what)));
        }
        found.extend(known.carried.compare().err().map(|what| (Invariant::HandOvers, what)));
        for (invariant, what) in found {
            self.found(invariant, format!("{org}: {what}"));
        }
    }
}

/// What is compared of a customer after every step: all but the older messages, which are read at the checkpoints.
fn glance(world: &World, id: &CustomerId) -> Option<(CustomerState, usize, Option<Arc<Message>>)> {
    let mut customer = CustomerState::clone(world.by_id(id)?);
    let messages = std::mem::take(&mut customer.messages);
    Some((customer, messages.len(), messages.last().cloned()))
}

fn text_start() -> String {
    text(0).trim_end_matches('0').to_owned()
}

impl OrgRecord {
    /// The text by which it is known who asked for an entry without a key; `None` if it has none.
    fn wrote(&mut self, entry: &Entry) -> Option<String> {
        entry.events.iter().find_map(|event| match &event.kind {
            EventKind::MessageReceived { body, .. } => body.text.clone(),
            EventKind::MessageSent { id, body, work: None, .. } if !self.scheduled.contains(id) => {
                body.text.clone()
            }
            _ => None,
        })
    }

    fn lease(&mut self, entry: &Entry, event: &Event) -> Result<(), (Invariant, String)> {
        let wrong = |what: String| Err((Invariant::Leases, what));
        let Some(customer) = event.customer.clone() else { return Ok(()) };
        match &event.kind {
            EventKind::LeaseGranted(lease) => {
                let key = (customer, lease.key.clone());
                if let Some((number, until)) = self.leases.get(&key) {
                    return wrong(format!("{key:?} is leased as {number} until {until:?}"));
                }
                self.leases.insert(key, (lease.number, lease.expires_at));
            }
            EventKind::LeaseEnded { key, number, end } => {
                let key = (customer, key.clone());
                let Some((held, until)) = self.leases.remove(&key) else {
                    return wrong(format!("{key:?} is not leased"));
                };
                if held != *number || (*end == LeaseEnd::Expired && entry.at < until) {
                    return wrong(format!("lease {number} of {key:?} ends before {until:?}"));
                }
            }
            EventKind::CustomerAdopted { other }
                if self.leases.keys().any(|(of, _)| of == other) =>
            {
                return wrong(format!("{other} is gone and has a lease"));
            }
            _ => {}
        }
        Ok(())
    }

    fn reminder(&mut self, entry: &Entry, event: &Event) -> Result<(), (Invariant, String)> {
        let wrong = |what: String| Err((Invariant::Reminders, what));
        if let EventKind::WorkStarted { work, .. } = &event.kind {
            self.started.insert(work.clone(), entry.at);
        }
        let Some(customer) = event.customer.clone() else { return Ok(()) };
        let key = |app: &AppId, key: &str| (customer.clone(), app.clone(), key.to_owned());
        match &event.kind {
            EventKind::ReminderAdded(new) => {
                self.reminders.insert(key(&new.app, &new.key), new.remind_at);
            }
            EventKind::ReminderCancelled { key: of } => {
                let app = event.app.clone().unwrap_or_default();
                self.reminders.remove(&key(&app, of));
            }
            EventKind::ReminderFired(firing) => {
                let reminder = &firing.reminder;
                let of = key(&reminder.app, &reminder.key);
                let (is_first, at) = match &firing.work {
                    // The hub that began with it had the time for it; one that goes on may have another.
                    Some(work) => (
                        self.served.insert((work.clone(), customer.clone(), reminder.remind_at)),
                        self.started.get(work).copied().unwrap_or_default(),
                    ),
                    None => (self.reminders.remove(&of) == Some(reminder.remind_at), entry.at),
                };
                if !is_first || at < reminder.remind_at {
                    return wrong(format!("{of:?} of {:?} fires", reminder.remind_at));
                }
                if let (None, Some(next)) = (&firing.work, firing.next) {
                    self.reminders.insert(of, next);
                }
            }
            EventKind::CustomerAdopted { other } => {
                self.reminders.retain(|(of, ..), _| of != other && *of != customer);
                let after = self.world.by_id(&customer).cloned();
                let after = after.iter().flat_map(|customer| &customer.reminders);
                let after: Vec<_> =
                    after.map(|new| (key(&new.app, &new.key), new.remind_at)).collect();
                self.reminders.extend(after);
            }
            _ => {}
        }
        Ok(())
    }

    fn sent(&mut self, event: &Event) -> Result<(), (Invariant, String)> {
        let pair = event.number.clone().zip(event.channel.clone());
        match &event.kind {
            EventKind::MessageScheduled { id, .. } => drop(self.scheduled.insert(id.clone())),
            EventKind::ConsentChanged(ConsentStatus::OptOutCompleted) => {
                self.opted_out.extend(pair);
            }
            EventKind::ConsentChanged(_) => {
                pair.map(|pair| self.opted_out.remove(&pair));
            }
            EventKind::MessageReceived { id, .. } => {
                self.received.insert(id.clone(), event.at);
            }
            EventKind::MessageSent { id, status: MessageStatus::Sent, in_reply_to, .. } => {
                let wrote = in_reply_to.as_ref().and_then(|answered| self.received.get(answered));
                if wrote.is_some_and(|at| event.at < at.after(ANSWERED_WITHIN)) {
                    return Ok(());
                }
                if let Some(pair) = pair.filter(|pair| self.opted_out.contains(pair)) {
                    return Err((Invariant::Consent, format!("{id} is sent to {pair:?}")));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
