//! Leases of metadata values (D-LEASE, R-LEASE-1 to R-LEASE-7): one per customer and key, granted and
//! ended by entries of the log. A lease holds back other lease calls and nothing else (R-LEASE-4).
//! Calls wait for their turn in `hub/service/leases.rs`, not here: a rule refuses the second lease at
//! once and says until when the first one runs.

use super::{
    RuleResult, addressing,
    builder::{About, DecisionBuilder},
    due::{self, Subject},
    index::Index,
    limits,
};
use crate::model::{
    Actor, AppId, CustomerId, CustomerRef, CustomerState, EventKind, Lease, LeaseEnd, LeaseReceipt,
    Receipt, Timestamp,
};

/// Grants the lease of a key and returns its value. A key without a value can be leased too
/// (R-LEASE-5). While the key is leased, the refusal has a time at which that lease ends, also for the
/// one who holds it. Every other refusal has no time.
pub fn grant(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerRef,
    key: &str,
) -> RuleResult {
    let now = builder.now();
    let whom = addressing::resolve(builder.world, customer, now)
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
    let (about, known) = builder.meet(&whom, builder.actor());
    let about = about.for_app(builder.app());
    if let Some(over) = held.iter().find(|lease| lease.key == key) {
        end(builder, &about, over, LeaseEnd::Expired);
    }
    let granted_at = builder.time(&about);
    let expires_at = granted_at.after(limits::LEASE);
    let lease = Lease {
        key: key.to_owned(),
        number: known.map_or(0, |c| c.leases_granted).saturating_add(1),
        holder: builder.actor(),
        app: builder.app(),
        granted_at,
        expires_at,
    };
    builder.push(&about, EventKind::LeaseGranted(lease));
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

/// Ends a lease because its 90 seconds are over.
pub fn expire(builder: &mut DecisionBuilder<'_, '_>, customer: &CustomerState, key: &str) {
    if let Some(lease) = customer.lease(key) {
        end(builder, &About::known(customer, Actor::Hub), lease, LeaseEnd::Expired);
    }
}

/// Ends the lease that ends by itself at `until`, because its caller had gone before the answer
/// (R-LEASE-7). A later lease of the key has another end and is left alone. The receipt, which is
/// stored under the caller's idempotency key in place of the grant, says that they have no lease.
pub fn take_back(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerId,
    key: &str,
    until: Timestamp,
) -> Receipt {
    let known = builder.world.by_id(customer);
    let lease = |c: &CustomerState| c.lease(key).filter(|l| l.expires_at == until).cloned();
    if let Some((known, lease)) = known.and_then(|known| Some((known, lease(known)?))) {
        end(builder, &About::known(known, Actor::Hub), &lease, LeaseEnd::Unheard);
    }
    refused("the caller had gone before the answer".to_owned(), Some(customer), None)
}

/// Ends the leases of the keys for which `touched` is true (R-LEASE-3). `how` says what ended them,
/// but a lease whose time is over already ends for that reason.
pub fn end_of(
    builder: &mut DecisionBuilder<'_, '_>,
    about: &About,
    customer: &CustomerState,
    touched: impl Fn(&str) -> bool,
    how: LeaseEnd,
) {
    for lease in customer.leases.iter().filter(|lease| touched(&lease.key)) {
        end(builder, about, lease, how);
    }
}

/// Ends all leases that the caller holds on a customer, and returns how many there were (R-META-2).
pub fn give_back(
    builder: &mut DecisionBuilder<'_, '_>,
    about: &About,
    customer: &CustomerState,
) -> usize {
    let own = own(builder);
    let held: Vec<&Lease> = customer.leases.iter().filter(|lease| own(lease)).collect();
    for lease in &held {
        end(builder, about, lease, LeaseEnd::Updated);
    }
    held.len()
}

/// The number of a running lease that somebody else holds on one of these keys, if there is one. An
/// update that goes over it says so in its event (D-LEASE).
pub fn of_another(
    builder: &DecisionBuilder<'_, '_>,
    customer: &CustomerState,
    touched: impl Fn(&str) -> bool,
) -> Option<u64> {
    let own = own(builder);
    let others = customer.leases.iter().filter(|lease| touched(&lease.key) && !own(lease));
    others.filter(|lease| runs(lease, builder.now())).map(|lease| lease.number).next()
}

/// A test for leases that the caller holds: by the same key, and for the same app if both name one.
fn own(builder: &DecisionBuilder<'_, '_>) -> impl Fn(&Lease) -> bool + use<> {
    let (actor, app): (Actor, Option<AppId>) = (builder.actor(), builder.app());
    move |lease| {
        lease.holder.key() == actor.key()
            && (lease.app.is_none() || app.is_none() || lease.app == app)
    }
}

fn runs(lease: &Lease, now: Timestamp) -> bool {
    now < lease.expires_at
}

fn end(builder: &mut DecisionBuilder<'_, '_>, about: &About, lease: &Lease, how: LeaseEnd) {
    let over = !runs(lease, builder.now());
    let (how, actor) =
        if over { (LeaseEnd::Expired, Actor::Hub) } else { (how, about.actor.clone()) };
    let about = About { app: lease.app.clone(), actor, ..about.clone() };
    let kind = EventKind::LeaseEnded { key: lease.key.clone(), number: lease.number, end: how };
    builder.push(&about, kind);
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

/// Folds a new lease. There is at most one per key, whatever a damaged log says.
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
