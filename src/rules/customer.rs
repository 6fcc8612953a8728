//! What apps record about a customer: tags (R-TAG-1 to R-TAG-3), secondary ids (R-SID-1 to R-SID-3)
//! and metadata (R-META-1, R-META-2). A list of updates is taken whole or refused whole (R-REPLY-3).

use super::{
    RuleResult,
    addressing::{self, ResolvedCustomer},
    builder::{About, DecisionBuilder},
    due::{self, Subject},
    index::Index,
    layers::whole,
    lease,
    limits::{self, count},
};
use crate::model::{
    Actor, CustomerId, CustomerRef, CustomerState, DataValue, EventKind, LeaseEnd, Receipt,
    SecondaryId, Tag, Timestamp, receipt::state,
};
use std::collections::HashSet;

/// Makes sure that a number has a customer (R-ADDR-1).
pub fn meet(builder: &mut DecisionBuilder<'_, '_>, customer: &CustomerRef) -> RuleResult {
    let whom = find(builder, customer)?;
    let description = if whom.customer().is_some() { "customer found" } else { "customer created" };
    let (about, _) = builder.meet(&whom, builder.actor());
    Ok(state(true, description, about.customer))
}

/// Sets tags; a key has one value (R-TAG-1).
pub fn update_tags(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerRef,
    tags: &[Tag],
) -> RuleResult {
    let whom = find(builder, customer)?;
    let refuse = |why: String| refusal(&whom, why);
    if tags.is_empty() {
        return Err(refuse("no tags given".into()));
    }
    for tag in tags {
        limits::word("tag key", &tag.key).map_err(refuse)?;
        limits::word("tag value", &tag.value).map_err(refuse)?;
    }
    let tags = last_of_each(tags, |tag| &tag.key);
    let held = whom.customer().map_or(&[][..], |c| &c.tags);
    let others = held.iter().filter(|t| !tags.iter().any(|new| new.key == t.key)).count();
    within(others + tags.len(), limits::WORDS_PER_CUSTOMER, "tags").map_err(refuse)?;
    let description = updated(builder, "tag", tags.iter().map(|tag| tag.expires_at));
    Ok(change(builder, &whom, EventKind::TagsUpdated(tags), description))
}

/// Removes tags by key (R-TAG-3).
pub fn delete_tags(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerRef,
    keys: &[String],
) -> RuleResult {
    let held = |c: &CustomerState, key: &str| c.tags.iter().any(|tag| tag.key == key);
    delete(builder, customer, keys, "tag", held, EventKind::TagsDeleted)
}

/// Sets metadata. Keys that are not named keep their values (R-META-1, R-META-2, D-SIZE). Leases of
/// the named keys end (R-LEASE-3).
pub fn update_metadata(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerRef,
    values: &[(String, DataValue)],
) -> RuleResult {
    let whom = find(builder, customer)?;
    let refuse = |why: String| refusal(&whom, why);
    for (key, value) in values {
        limits::word("metadata key", key).map_err(refuse)?;
        if value.len() > limits::VALUE_BYTES {
            let most = limits::VALUE_BYTES / 1024;
            return Err(refuse(format!("the value of {key} is larger than {most} KiB")));
        }
    }
    let values = last_of_each(values, |(key, _)| key);
    let named: HashSet<String> = values.iter().map(|(key, _)| key.clone()).collect();
    let kept = whom.customer().into_iter().flat_map(|c| &c.metadata);
    let sizes = kept
        .filter(|(key, _)| !named.contains(key.as_str()))
        .map(|(key, value)| key.len() + value.len())
        .chain(values.iter().map(|(key, value)| key.len() + value.len()));
    let (keys, bytes) = sizes.fold((0, 0), |(keys, bytes), size| (keys + 1, bytes + size));
    within(keys, limits::METADATA_KEYS, "metadata keys").map_err(refuse)?;
    within(bytes, limits::METADATA_BYTES, "bytes of metadata").map_err(refuse)?;
    let (about, known) = builder.meet(&whom, builder.actor());
    let about = about.for_app(builder.app());
    if values.is_empty() {
        // An empty update is how a holder of leases says that there is nothing to write (R-META-2).
        let ended = known.map_or(0, |c| lease::give_back(builder, &about, c));
        let description = match ended {
            0 => "nothing to update".to_owned(),
            n => format!("nothing to update, {} ended", count(n, "lease")),
        };
        return Ok(state(true, description, about.customer));
    }
    let touched = |key: &str| named.contains(key);
    let over_lease = known.and_then(|c| lease::of_another(builder, c, touched));
    let description = format!("{} updated", count(values.len(), "metadata value"));
    builder.push(&about, EventKind::MetadataUpdated { values, over_lease });
    if let Some(known) = known {
        lease::end_of(builder, &about, known, touched, LeaseEnd::Updated);
    }
    Ok(state(true, description, about.customer))
}

/// Removes metadata by key. A lease of one of the keys ends with it (R-LEASE-3), even if the key has
/// no value, since such a key can be leased (R-LEASE-5).
pub fn delete_metadata(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerRef,
    keys: &[String],
) -> RuleResult {
    let held = |c: &CustomerState, key: &str| c.metadata.contains_key(key);
    let receipt =
        delete(builder, customer, keys, "metadata value", held, EventKind::MetadataDeleted)?;
    let known = receipt.customer().and_then(|id| builder.world.by_id(id));
    if let Some(known) = known {
        let about = About::known(known, builder.actor()).for_app(builder.app());
        let touched = |key: &str| keys.iter().any(|named| named == key);
        lease::end_of(builder, &about, known, touched, LeaseEnd::Deleted);
    }
    Ok(receipt)
}

/// Adds or renews secondary ids (R-SID-1). Refused if another customer holds a live pair (R-SID-2).
pub fn update_secondary_ids(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerRef,
    ids: &[(SecondaryId, Option<Timestamp>)],
) -> RuleResult {
    let whom = find(builder, customer)?;
    let refuse = |why: String| refusal(&whom, why);
    if ids.is_empty() {
        return Err(refuse("no secondary ids given".into()));
    }
    let own = whom.customer().map(|c| &c.id);
    for (pair, _) in ids {
        limits::word("secondary id key", &pair.key).map_err(refuse)?;
        limits::word("secondary id value", &pair.value).map_err(refuse)?;
        if let Some(holder) = addressing::holder(builder.world, pair, builder.now())
            && Some(&holder.id) != own
        {
            let why = format!("{pair} belongs to {}: adopt that customer instead", holder.id);
            return Err(refuse(why));
        }
    }
    let ids = last_of_each(ids, |(pair, _)| pair);
    let held = whom.customer().map_or(&[][..], |c| &c.secondary_ids);
    let others = held.iter().filter(|(p, _)| !ids.iter().any(|(new, _)| new == p)).count();
    within(others + ids.len(), limits::WORDS_PER_CUSTOMER, "secondary ids").map_err(refuse)?;
    free_expired(builder, own, &ids);
    let description = updated(builder, "secondary id", ids.iter().map(|(_, at)| *at));
    Ok(change(builder, &whom, EventKind::SecondaryIdsUpdated(ids), description))
}

/// Removes secondary ids. One without a value means every id with its key, and the id by which the
/// request names the customer may be among them (R-SID-3).
pub fn delete_secondary_ids(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerRef,
    ids: &[SecondaryId],
) -> RuleResult {
    let whom = find(builder, customer)?;
    let refuse = |why: String| refusal(&whom, why);
    if ids.is_empty() {
        return Err(refuse("no secondary ids given".into()));
    }
    for id in ids {
        limits::word("secondary id key", &id.key).map_err(refuse)?;
    }
    let meant = |held: &SecondaryId| {
        ids.iter().any(|id| id.key == held.key && (id.value.is_empty() || id.value == held.value))
    };
    let held = whom.customer().map_or(&[][..], |c| &c.secondary_ids);
    let there: Vec<_> = held.iter().map(|(id, _)| id).filter(|id| meant(id)).cloned().collect();
    if there.is_empty() {
        return Ok(nothing(builder, &whom, "nothing to delete"));
    }
    let description = format!("{} deleted", count(there.len(), "secondary id"));
    Ok(change(builder, &whom, EventKind::SecondaryIdsDeleted(there), description))
}

/// Takes expired pairs from whoever still lists them, before they are given to somebody else: an
/// expired pair is free (R-SID-2), and a pair is never listed twice.
fn free_expired(
    builder: &mut DecisionBuilder<'_, '_>,
    own: Option<&CustomerId>,
    ids: &[(SecondaryId, Option<Timestamp>)],
) {
    for (pair, _) in ids {
        let listed = builder.world.index.secondary_id(pair).filter(|id| Some(id) != own);
        if let Some(other) = listed.and_then(|id| builder.world.by_id(&id)) {
            let about = About::known(other, Actor::Hub);
            let secondary_ids = vec![pair.clone()];
            builder.push(&about, EventKind::EntriesExpired { tags: Vec::new(), secondary_ids });
        }
    }
}

fn find<'w>(
    builder: &DecisionBuilder<'w, '_>,
    customer: &CustomerRef,
) -> Result<ResolvedCustomer<'w>, Receipt> {
    addressing::resolve(builder.world, customer, builder.now())
        .map_err(|nobody| state(false, nobody.why, nobody.merged_into))
}

/// A refusal that names the customer, because it is clear who is meant (R-REPLY-2).
fn refusal(whom: &ResolvedCustomer<'_>, why: String) -> Receipt {
    state(false, why, whom.customer().map(|c| c.id.clone()))
}

fn within(n: usize, most: usize, what: &str) -> Result<(), String> {
    if n > most { Err(format!("a customer may have {most} {what} at most")) } else { Ok(()) }
}

fn change<'w>(
    builder: &mut DecisionBuilder<'w, '_>,
    whom: &ResolvedCustomer<'w>,
    kind: EventKind,
    description: String,
) -> Receipt {
    let (about, _) = builder.meet(whom, builder.actor());
    let about = about.for_app(builder.app());
    builder.push(&about, kind);
    state(true, description, about.customer)
}

/// Answers that there is nothing to do, which is a success (R-REPLY-4). A number that nobody has gets
/// its customer all the same (R-ADDR-1).
fn nothing<'w>(
    builder: &mut DecisionBuilder<'w, '_>,
    whom: &ResolvedCustomer<'w>,
    description: &str,
) -> Receipt {
    let (about, _) = builder.meet(whom, builder.actor());
    state(true, description, about.customer)
}

fn delete(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerRef,
    keys: &[String],
    what: &str,
    held: impl Fn(&CustomerState, &str) -> bool,
    kind: impl Fn(Vec<String>) -> EventKind,
) -> RuleResult {
    let whom = find(builder, customer)?;
    if keys.is_empty() {
        return Err(refusal(&whom, "no keys given".into()));
    }
    let mut there = last_of_each(keys, |key| key);
    there.retain(|key| whom.customer().is_some_and(|c| held(c, key)));
    if there.is_empty() {
        return Ok(nothing(builder, &whom, "nothing to delete"));
    }
    let description = format!("{} deleted", count(there.len(), what));
    Ok(change(builder, &whom, kind(there), description))
}

/// How many tags or secondary ids were updated, and how many of them are over already: that is done as it
/// was asked for, but is probably a mistake (R-EXP-1, D-ZERO).
fn updated(
    builder: &DecisionBuilder<'_, '_>,
    what: &str,
    expiries: impl ExactSizeIterator<Item = Option<Timestamp>>,
) -> String {
    let done = format!("{} updated", count(expiries.len(), what));
    match expiries.filter(|at| addressing::has_expired(*at, builder.now())).count() {
        0 => done,
        over => format!("{done}, {over} of them expired already"),
    }
}

/// The list without those whose key comes again later: the last one counts (R-TAG-1).
fn last_of_each<'a, T: Clone, K: std::hash::Hash + Eq + ?Sized + 'a>(
    list: &'a [T],
    key: impl Fn(&'a T) -> &'a K,
) -> Vec<T> {
    let mut seen = HashSet::new();
    let mut kept: Vec<T> = list.iter().rev().filter(|x| seen.insert(key(x))).cloned().collect();
    kept.reverse();
    kept
}

/// Folds tags. A tag that is updated keeps its position (R-STATE-2).
pub fn fold_tags(customer: &mut CustomerState, index: &mut Index, tags: &[Tag]) {
    fold_entries(customer, index, |customer, _| {
        for tag in tags {
            put(&mut customer.tags, tag.clone(), |old| old.key == tag.key);
        }
    });
}

/// Folds secondary ids. One that is renewed keeps its position.
pub fn fold_ids(
    customer: &mut CustomerState,
    index: &mut Index,
    ids: &[(SecondaryId, Option<Timestamp>)],
) {
    fold_entries(customer, index, |customer, index| {
        for (pair, expires_at) in ids {
            let new = (pair.clone(), *expires_at);
            put(&mut customer.secondary_ids, new, |(old, _)| old == pair);
            index.secondary.insert(whole(pair), customer.id.clone());
        }
    });
}

/// Folds the removal of tags and secondary ids.
pub fn fold_gone(
    customer: &mut CustomerState,
    index: &mut Index,
    tags: &[String],
    secondary_ids: &[SecondaryId],
) {
    fold_entries(customer, index, |customer, index| {
        customer.tags.retain(|tag| !tags.contains(&tag.key));
        customer.secondary_ids.retain(|(held, _)| !secondary_ids.contains(held));
        for pair in secondary_ids {
            if index.secondary_id(pair).as_ref() == Some(&customer.id) {
                index.secondary.remove(&whole(pair));
            }
        }
    });
}

fn fold_entries(
    customer: &mut CustomerState,
    index: &mut Index,
    change: impl FnOnce(&mut CustomerState, &mut Index),
) {
    let (waited, tags) = (due::of_entries(customer), customer.tags.clone());
    change(customer, index);
    index.retag(&customer.id, &tags, &customer.tags);
    index.wait(&customer.id, &Subject::Entries, waited, due::of_entries(customer));
}

fn put<T>(list: &mut Vec<T>, new: T, same: impl Fn(&T) -> bool) {
    match list.iter_mut().find(|old| same(old)) {
        Some(old) => *old = new,
        None => list.push(new),
    }
}

/// Removes tags and secondary ids that expired longer ago than the grace period (R-EXP-1). Returns the
/// bytes of their keys and values, by which a sweep measures its entry.
pub fn expire(builder: &mut DecisionBuilder<'_, '_>, customer: &CustomerState) -> usize {
    let kept_after = builder.now().before(builder.settings().expiry_grace);
    let long_over = |at: Option<Timestamp>| addressing::has_expired(at, kept_after);
    let tags = customer.tags.iter().filter(|tag| long_over(tag.expires_at));
    let tags: Vec<String> = tags.map(|tag| tag.key.clone()).collect();
    let ids = customer.secondary_ids.iter().filter(|(_, expires_at)| long_over(*expires_at));
    let secondary_ids: Vec<SecondaryId> = ids.map(|(pair, _)| pair.clone()).collect();
    let bytes = tags.iter().map(String::len).sum::<usize>()
        + secondary_ids.iter().map(|pair| pair.key.len() + pair.value.len()).sum::<usize>();
    builder.push(
        &About::known(customer, Actor::Hub),
        EventKind::EntriesExpired { tags, secondary_ids },
    );
    bytes
}
