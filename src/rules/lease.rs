//! Leases of metadata values (operations.md 3.14, decision D-LEASE): one per customer and key,
//! granted and ended by entries of the log. A lease holds back other lease calls and nothing
//! else (R-LEASE-4). Waiting for one is the service's business: here a second one is refused,
//! saying until when.

use super::{
    Answer,
    draft::{About, Draft},
    due::{self, Subject},
    index::Index,
    limits, whom,
};
use crate::model::{
    Actor, AppId, CustomerId, CustomerRef, CustomerState, EventKind, Lease, LeaseEnd, LeaseReceipt,
    Receipt, Timestamp,
};

/// Grants the lease of a value and tells the value; a key without one is leased all the same
/// (R-LEASE-5). Refused with a time while the key is leased, also to the one who holds it; every
/// other refusal has no time.
pub fn grant(draft: &mut Draft<'_, '_>, customer: &CustomerRef, key: &str) -> Answer {
    let now = draft.now();
    let whom = whom::resolve(draft.world, customer, now)
        .map_err(|nobody| refused(nobody.why, nobody.merged_into.as_ref(), None))?;
    let id = whom.customer().map(|c| &c.id);
    limits::word("metadata key", key).map_err(|why| refused(why, id, None))?;
    let held = whom.customer().map_or(&[][..], |c| &c.leases);
    if let Some(lease) = held.iter().find(|lease| lease.key == key && runs(lease, now)) {
        let left = lease.expires_at.since(now).as_secs();
        let why = format!("{key} is leased by {} for {left} s more", lease.by());
        return Err(refused(why, id, Some(lease.expires_at)));
    }
    if held.iter().filter(|lease| runs(lease, now)).count() >= limits::METADATA_KEYS {
        let why = format!("a customer may have {} leases at most", limits::METADATA_KEYS);
        return Err(refused(why, id, None));
    }
    let (about, known) = draft.meet(&whom, draft.actor());
    let about = about.told(draft.app());
    if let Some(over) = held.iter().find(|lease| lease.key == key) {
        end(draft, &about, over, LeaseEnd::Expired);
    }
    let granted_at = draft.time(&about);
    let expires_at = granted_at.after(limits::LEASE);
    let lease = Lease {
        key: key.to_owned(),
        number: known.map_or(0, |c| c.leases_granted).saturating_add(1),
        holder: draft.actor(),
        app: draft.app(),
        granted_at,
        expires_at,
    };
    draft.push(&about, EventKind::LeaseGranted(lease));
    let value = known.and_then(|c| c.metadata.get(key)).cloned();
    let has = if value.is_some() { "" } else { "; it has no value" };
    let description = format!("{key} leased for {} s{has}", limits::LEASE.as_secs());
    Ok(Receipt::Lease(LeaseReceipt {
        ok: true,
        description,
        customer: about.customer,
        value,
        until: Some(expires_at),
    }))
}

/// Its 90 seconds are over.
pub fn expire(draft: &mut Draft<'_, '_>, customer: &CustomerState, key: &str) {
    if let Some(lease) = customer.lease(key) {
        end(draft, &About::known(customer, Actor::Hub), lease, LeaseEnd::Expired);
    }
}

/// Ends the leases of these keys. One whose time is over already ends for that reason.
pub fn end_of(
    draft: &mut Draft<'_, '_>,
    about: &About,
    customer: &CustomerState,
    touched: impl Fn(&str) -> bool,
    how: LeaseEnd,
) {
    for lease in customer.leases.iter().filter(|lease| touched(&lease.key)) {
        end(draft, about, lease, how);
    }
}

/// Ends the leases that the caller holds; how many.
pub fn give_back(draft: &mut Draft<'_, '_>, about: &About, customer: &CustomerState) -> usize {
    let own = own(draft);
    let held: Vec<&Lease> = customer.leases.iter().filter(|lease| own(lease)).collect();
    for lease in &held {
        end(draft, about, lease, LeaseEnd::Updated);
    }
    held.len()
}

/// The number of a running lease that someone else holds on one of these keys.
pub fn of_another(
    draft: &Draft<'_, '_>,
    customer: &CustomerState,
    touched: impl Fn(&str) -> bool,
) -> Option<u64> {
    let own = own(draft);
    let others = customer.leases.iter().filter(|lease| touched(&lease.key) && !own(lease));
    others.filter(|lease| runs(lease, draft.now())).map(|lease| lease.number).next()
}

/// Whether the caller holds a lease: the same actor, and the same app if both say one.
fn own(draft: &Draft<'_, '_>) -> impl Fn(&Lease) -> bool + use<> {
    let (actor, app): (Actor, Option<AppId>) = (draft.actor(), draft.app());
    move |lease| lease.holder == actor && (lease.app.is_none() || app.is_none() || lease.app == app)
}

fn runs(lease: &Lease, now: Timestamp) -> bool {
    now < lease.expires_at
}

fn end(draft: &mut Draft<'_, '_>, about: &About, lease: &Lease, how: LeaseEnd) {
    let over = !runs(lease, draft.now());
    let (how, actor) =
        if over { (LeaseEnd::Expired, Actor::Hub) } else { (how, about.actor.clone()) };
    let about = About { app: lease.app.clone(), actor, ..about.clone() };
    let kind = EventKind::LeaseEnded { key: lease.key.clone(), number: lease.number, end: how };
    draft.push(&about, kind);
}

fn refused(why: String, customer: Option<&CustomerId>, until: Option<Timestamp>) -> Receipt {
    Receipt::Lease(LeaseReceipt {
        ok: false,
        description: why,
        customer: customer.cloned(),
        value: None,
        until,
    })
}

/// Folds a new lease: at most one per key, whatever the log says.
pub fn fold_granted(customer: &mut CustomerState, index: &mut Index, lease: &Lease) {
    change(customer, index, &lease.key, |customer| {
        customer.leases.retain(|old| old.key != lease.key);
        customer.leases.push(lease.clone());
        customer.leases_granted = customer.leases_granted.max(lease.number);
    });
}

/// Folds the end of a lease.
pub fn fold_ended(customer: &mut CustomerState, index: &mut Index, key: &str, number: u64) {
    change(customer, index, key, |customer| {
        customer.leases.retain(|old| old.key != key || old.number != number);
    });
}

fn change(
    customer: &mut CustomerState,
    index: &mut Index,
    key: &str,
    how: impl FnOnce(&mut CustomerState),
) {
    let waited = customer.lease(key).and_then(due::of_lease);
    how(customer);
    let waits = customer.lease(key).and_then(due::of_lease);
    index.wait(&customer.id, &Subject::Lease(key.to_owned()), waited, waits);
}
