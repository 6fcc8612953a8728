//! Merges one customer into another (R-ADOPT-1 to R-ADOPT-4). It is one entry, after which the id
//! of the one who goes is known only as another name of the survivor (R-DECOM-1). Everything that
//! could forbid a merge is checked before anything changes. What a merge would do, side by side,
//! is in `diff`.

use super::{
    RuleResult, World, addressing,
    builder::{About, DecisionBuilder},
    conflict, lease, limits, reminder, scheduled, waiting,
};
use crate::model::{
    ChannelState, ConsentStatus, CustomerId, CustomerRef, CustomerState, Event, EventKind,
    LeaseEnd, Message, MessageHistory, Payment, PendingOptIn, Reminder, Timestamp, receipt::state,
};
use std::sync::Arc;

/// Merges `other` into a customer. Repeating it is harmless (R-ADOPT-3).
pub fn adopt(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerId,
    other: &CustomerRef,
) -> RuleResult {
    let (world, now) = (builder.world, builder.now());
    let survivor = addressing::by_id(world, customer)
        .map_err(|nobody| state(false, nobody.why, nobody.merged_into))?;
    let refuse = |why: String| state(false, why, Some(survivor.id.clone()));
    let nothing = || state(true, "that is this customer already", Some(survivor.id.clone()));
    let whom = match addressing::resolve(world, other, now) {
        Ok(whom) => whom,
        Err(nobody) if nobody.merged_into.as_ref() == Some(&survivor.id) => return Ok(nothing()),
        Err(nobody) => return Err(refuse(nobody.why)),
    };
    if let Some(other) = whom.customer() {
        if other.id == survivor.id {
            return Ok(nothing());
        }
        possible(survivor, other).map_err(refuse)?;
    } else {
        few(survivor.numbers.len() + 1, limits::WORDS_PER_CUSTOMER, "numbers").map_err(refuse)?;
    }
    // A number that nobody has gets its customer first, so that its id is known for ever (R-ADOPT-2).
    let (gone, known) = builder.meet(&whom, builder.actor());
    let gone = gone.for_app(builder.app());
    let mut about = About::known(survivor, builder.actor()).for_app(builder.app());
    about.number = survivor.numbers.first().cloned();
    let any = |_: &str| true;
    lease::end_of(builder, &about, survivor, any, LeaseEnd::Adopted);
    if let Some(known) = known {
        lease::end_of(builder, &gone, known, any, LeaseEnd::Adopted);
    }
    let by = survivor.id.clone();
    let replaced_at = builder.push(&gone, EventKind::CustomerReplaced { by });
    // The adoption must be later than whatever touched either of them (R-EVT-1).
    about.touched_at = about.touched_at.max(replaced_at);
    let other = gone.customer.unwrap_or_default();
    let description = format!("adopted {other}");
    builder.push(&about, EventKind::CustomerAdopted { other });
    Ok(state(true, description, Some(survivor.id.clone())))
}

/// Checks that nothing forbids a merge. The error says what does, for an agent.
pub fn possible(survivor: &CustomerState, other: &CustomerState) -> Result<(), String> {
    // An app is in the middle of answering by the other's id (D-ADOPT-LIVE).
    if other.ussd.iter().any(|session| session.end.is_none()) {
        return Err(format!("{} is in a USSD session: wait until it is over", other.id));
    }
    if other.calls.iter().any(|call| !call.status.is_final()) {
        return Err(format!("{} is in a call: wait until it is over", other.id));
    }
    for (id, theirs) in &other.wallets {
        let Some(own) = survivor.wallets.get(id) else { continue };
        if own.currency != theirs.currency {
            let (own, theirs) = (own.currency.code(), theirs.currency.code());
            return Err(format!("wallet {id} holds {own} here and {theirs} there"));
        }
        if own.actual.checked_add(theirs.actual).is_none() {
            return Err(format!("wallet {id} would hold more than an account can"));
        }
    }
    room(survivor, other)
}

/// Checks that the two together keep the limits (D-SIZE). A merge that would have to drop something
/// is refused, because nothing is dropped silently.
fn room(survivor: &CustomerState, other: &CustomerState) -> Result<(), String> {
    let tags = other.tags.iter().filter(|tag| !has_tag(survivor, &tag.key)).count();
    let data = || other.metadata.iter().filter(|(key, _)| !survivor.metadata.contains_key(*key));
    let kept = survivor.metadata.iter().chain(data());
    let bytes: usize = kept.map(|(key, value)| key.len() + value.len()).sum();
    let reminders = || other.reminders.iter().filter(|new| !has_reminder(survivor, new));
    let payloads = survivor.reminders.iter().chain(reminders()).map(reminder::weight).sum();
    let later = || survivor.scheduled.iter().chain(&other.scheduled);
    let ids = survivor.secondary_ids.len() + other.secondary_ids.len();
    let wallets = other.wallets.keys().filter(|id| !survivor.wallets.contains_key(*id)).count();
    for (all, most, what) in [
        (survivor.tags.len() + tags, limits::WORDS_PER_CUSTOMER, "tags"),
        (survivor.metadata.len() + data().count(), limits::METADATA_KEYS, "metadata keys"),
        (bytes, limits::METADATA_BYTES, "bytes of metadata"),
        (ids, limits::WORDS_PER_CUSTOMER, "secondary ids"),
        (survivor.reminders.len() + reminders().count(), limits::REMINDERS, "reminders"),
        (payloads, limits::REMINDER_BYTES, "bytes of reminders"),
        (later().count(), limits::SCHEDULED, "scheduled messages"),
        (scheduled::weight(later()), limits::SCHEDULED_BYTES, "bytes of scheduled messages"),
        (survivor.wallets.len() + wallets, limits::WALLETS, "wallets"),
        (survivor.numbers.len() + other.numbers.len(), limits::WORDS_PER_CUSTOMER, "numbers"),
    ] {
        few(all, most, what)?;
    }
    Ok(())
}

fn few(all: usize, most: usize, what: &str) -> Result<(), String> {
    if all > most {
        return Err(format!("together they have {all} {what}, and {most} are the most"));
    }
    Ok(())
}

/// Whether the survivor has a tag of this key; then its value stays (R-ADOPT-1).
pub fn has_tag(customer: &CustomerState, key: &str) -> bool {
    customer.tags.iter().any(|tag| tag.key == key)
}

/// Whether the survivor has a reminder of the same app and key; then it stays (R-ADOPT-1).
pub fn has_reminder(customer: &CustomerState, other: &Reminder) -> bool {
    customer.reminders.iter().any(|own| own.app == other.app && own.key == other.key)
}

/// Folds an adoption: the other's state becomes the survivor's, and the other's id points there. The
/// index of both is built anew, so it cannot keep anything of the one who is gone.
pub fn fold(world: &mut World, event: &Event, other: &CustomerId) {
    let Some(id) = event.customer.as_ref().filter(|id| *id != other) else { return };
    // Whoever adopts exists. So chains of merges end, also in a damaged log.
    world.merged.remove(id.as_str().as_bytes());
    world.merged.insert(other.as_str().as_bytes(), id.clone());
    let gone = world.customers.get(other.as_str().as_bytes());
    if let Some(gone) = &gone {
        world.gone.add(other, &gone.messages);
    }
    world.customers.remove(other.as_str().as_bytes());
    let survivor = world.customers.get_mut(id.as_str().as_bytes()).map(Arc::make_mut);
    let Some(survivor) = survivor else { return };
    survivor.absorbed.push(other.clone());
    let Some(gone) = gone else { return };
    world.index.remove(survivor);
    world.index.remove(&gone);
    let ids = |of: &CustomerState| of.messages.iter().map(|m| m.id.clone()).collect::<Vec<_>>();
    let before =
        if world.carriages.is_empty() { Vec::new() } else { [ids(survivor), ids(&gone)].concat() };
    merge(survivor, Arc::unwrap_or_clone(gone));
    world.index.add(survivor);
    for id in before {
        if world.index.message(&id).is_none() {
            world.carriages.forget(&id);
        }
    }
}

/// Takes the other's state over (R-ADOPT-1, D-CONSENT-MERGE). Histories stay in the order
/// of creation (R-STATE-2).
fn merge(survivor: &mut CustomerState, other: CustomerState) {
    survivor.created_at = survivor.created_at.min(other.created_at);
    survivor.touched_at = survivor.touched_at.max(other.touched_at);
    for number in other.numbers {
        if !survivor.numbers.contains(&number) {
            survivor.numbers.push(number);
        }
    }
    let (tags, reminders) = (other.tags.into_iter(), other.reminders.into_iter());
    let tags: Vec<_> = tags.filter(|tag| !has_tag(survivor, &tag.key)).collect();
    survivor.tags.extend(tags);
    let reminders: Vec<_> = reminders.filter(|new| !has_reminder(survivor, new)).collect();
    survivor.reminders.extend(reminders);
    survivor.scheduled.extend(other.scheduled);
    survivor.scheduled.sort_by_key(|message| message.written_at);
    for (key, value) in other.metadata {
        survivor.metadata.entry(key).or_insert(value);
    }
    for (pair, expires_at) in other.secondary_ids {
        if survivor.secondary_ids.iter().all(|(held, _)| *held != pair) {
            survivor.secondary_ids.push((pair, expires_at));
        }
    }
    for state in other.channels {
        merge_channel(&mut survivor.channels, state);
    }
    merge_messages(&mut survivor.messages, &other.messages);
    survivor.ussd.extend(other.ussd);
    survivor.ussd.sort_by_key(|session| session.created_at);
    limits::cut(&mut survivor.ussd);
    survivor.calls.extend(other.calls);
    survivor.calls.sort_by_key(|call| call.created_at);
    limits::cut(&mut survivor.calls);
    merge_payments(&mut survivor.payments, other.payments);
    for (id, theirs) in other.wallets {
        match survivor.wallets.get_mut(&id) {
            Some(own) => {
                own.actual = own.actual.saturating_add(theirs.actual);
                own.available = own.available.saturating_add(theirs.available);
                own.sequence_nr = own.sequence_nr.max(theirs.sequence_nr).saturating_add(1);
                own.pending.extend(theirs.pending);
            }
            None => {
                survivor.wallets.insert(id, theirs);
            }
        }
    }
    // Their leases ended before this event. If a damaged log left one, it is not taken over.
    survivor.leases_granted = survivor.leases_granted.max(other.leases_granted);
    survivor.absorbed.extend(other.absorbed);
    survivor.answers = conflict::merged(std::mem::take(&mut survivor.answers), other.answers);
    survivor.unanswered = waiting::merged(survivor.unanswered.take(), other.unanswered);
}

fn merge_messages(own: &mut MessageHistory, theirs: &MessageHistory) {
    let mut all: Vec<Arc<Message>> = own.iter().chain(theirs).cloned().collect();
    all.sort_by_key(|message| message.created_at);
    limits::cut(&mut all);
    let mut bytes: usize = all.iter().map(|message| limits::weight(&message.body)).sum();
    while bytes > limits::HISTORY_BYTES && all.len() > 1 {
        bytes -= limits::weight(&all.remove(0).body);
    }
    own.renew(all, bytes);
}

/// Unites two histories of payments. A payment between the two customers is in both, and stays once.
fn merge_payments(own: &mut Vec<Payment>, theirs: Vec<Payment>) {
    let theirs: Vec<_> =
        theirs.into_iter().filter(|new| own.iter().all(|held| held.id != new.id)).collect();
    own.extend(theirs);
    own.sort_by_key(|payment| payment.created_at);
    limits::cut(own);
}

/// Unites what both know about the same pair of numbers. Of consent an opt-out wins, else the later
/// change (D-CONSENT-MERGE); of two sessions the one that lasts longer; two open opt-in requests
/// become one, for the apps of both.
fn merge_channel(own: &mut Vec<ChannelState>, theirs: ChannelState) {
    let same = |s: &&mut ChannelState| s.number == theirs.number && s.channel == theirs.channel;
    let Some(state) = own.iter_mut().find(same) else {
        own.push(theirs);
        return;
    };
    state.consent = stricter(state.consent, theirs.consent);
    let lasts = |s: &ChannelState| s.session.as_ref().map(|session| session.expires_at);
    if lasts(&theirs) > lasts(state) {
        state.session.clone_from(&theirs.session);
    }
    if let Some(asked) = theirs.asked {
        let own =
            state.asked.get_or_insert_with(|| PendingOptIn { at: asked.at, apps: Vec::new() });
        own.at = own.at.max(asked.at);
        let more: Vec<_> = asked.apps.into_iter().filter(|app| !own.apps.contains(app)).collect();
        own.apps.extend(more);
    }
}

type Consent = Option<(ConsentStatus, Timestamp)>;

/// What remains of two consents for the same pair of numbers (D-CONSENT-MERGE).
pub fn stricter(own: Consent, theirs: Consent) -> Consent {
    let rank = |consent: Consent| {
        consent.map(|(status, at)| (status == ConsentStatus::OptOutCompleted, at))
    };
    if rank(theirs) > rank(own) { theirs } else { own }
}
