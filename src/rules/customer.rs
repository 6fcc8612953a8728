//! What is known about a customer: tags, metadata, secondary ids (operations.md 3.3 to 3.15).
//! A list of updates is taken whole or refused whole (R-REPLY-3).

use super::{
    Answer,
    draft::{About, Draft},
    due::{self, Subject},
    index::Index,
    lease,
    limits::{self, count},
    whom::{self, Whom},
};
use crate::model::{
    Actor, CustomerId, CustomerRef, CustomerState, DataValue, EventKind, LeaseEnd, Receipt,
    SecondaryId, Tag, Timestamp, receipt::state,
};
use std::collections::HashSet;

/// Makes sure that a number has a customer (R-ADDR-1).
pub fn meet(draft: &mut Draft<'_, '_>, customer: &CustomerRef) -> Answer {
    let whom = find(draft, customer)?;
    let description = if whom.customer().is_some() { "customer found" } else { "customer created" };
    let (about, _) = draft.meet(&whom, draft.actor());
    Ok(state(true, description, about.customer))
}

/// Sets tags: one value per key (R-TAG-1).
pub fn update_tags(draft: &mut Draft<'_, '_>, customer: &CustomerRef, tags: &[Tag]) -> Answer {
    let whom = find(draft, customer)?;
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
    let description = format!("{} updated", count(tags.len(), "tag"));
    Ok(change(draft, &whom, EventKind::TagsUpdated(tags), description))
}

/// Removes tags by key.
pub fn delete_tags(draft: &mut Draft<'_, '_>, customer: &CustomerRef, keys: &[String]) -> Answer {
    let held = |c: &CustomerState, key: &str| c.tags.iter().any(|tag| tag.key == key);
    delete(draft, customer, keys, "tag", held, EventKind::TagsDeleted)
}

/// Sets metadata; keys not named keep their values (R-META-1, R-META-2, D-SIZE).
pub fn update_metadata(
    draft: &mut Draft<'_, '_>,
    customer: &CustomerRef,
    values: &[(String, DataValue)],
) -> Answer {
    let whom = find(draft, customer)?;
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
    let (about, known) = draft.meet(&whom, draft.actor());
    let about = about.told(draft.app());
    if values.is_empty() {
        // R-META-2: whoever holds leases and has nothing to write says so like this.
        let ended = known.map_or(0, |c| lease::give_back(draft, &about, c));
        let description = match ended {
            0 => "nothing to update".to_owned(),
            n => format!("nothing to update, {} ended", count(n, "lease")),
        };
        return Ok(state(true, description, about.customer));
    }
    let touched = |key: &str| named.contains(key);
    let over_lease = known.and_then(|c| lease::of_another(draft, c, touched));
    let description = format!("{} updated", count(values.len(), "metadata value"));
    draft.push(&about, EventKind::MetadataUpdated { values, over_lease });
    if let Some(known) = known {
        lease::end_of(draft, &about, known, touched, LeaseEnd::Updated);
    }
    Ok(state(true, description, about.customer))
}

/// Removes metadata by key. A lease of one of the keys ends with it, even if the key has no
/// value (R-LEASE-3, R-LEASE-5).
pub fn delete_metadata(
    draft: &mut Draft<'_, '_>,
    customer: &CustomerRef,
    keys: &[String],
) -> Answer {
    let held = |c: &CustomerState, key: &str| c.metadata.contains_key(key);
    let receipt =
        delete(draft, customer, keys, "metadata value", held, EventKind::MetadataDeleted)?;
    let known = receipt.customer().and_then(|id| draft.world.by_id(id));
    if let Some(known) = known {
        let about = About::known(known, draft.actor()).told(draft.app());
        let touched = |key: &str| keys.iter().any(|named| named == key);
        lease::end_of(draft, &about, known, touched, LeaseEnd::Deleted);
    }
    Ok(receipt)
}

/// Adds or renews secondary ids (R-SID-1). A live pair belongs to one customer (R-SID-2).
pub fn update_secondary_ids(
    draft: &mut Draft<'_, '_>,
    customer: &CustomerRef,
    ids: &[(SecondaryId, Timestamp)],
) -> Answer {
    let whom = find(draft, customer)?;
    let refuse = |why: String| refusal(&whom, why);
    if ids.is_empty() {
        return Err(refuse("no secondary ids given".into()));
    }
    let own = whom.customer().map(|c| &c.id);
    for (pair, _) in ids {
        limits::word("secondary id key", &pair.key).map_err(refuse)?;
        limits::word("secondary id value", &pair.value).map_err(refuse)?;
        if let Some(holder) = whom::holder(draft.world, pair, draft.now())
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
    free_expired(draft, own, &ids);
    let description = format!("{} updated", count(ids.len(), "secondary id"));
    Ok(change(draft, &whom, EventKind::SecondaryIdsUpdated(ids), description))
}

/// Removes secondary ids. One without a value means every id with its key; the id by which the
/// customer is named may be among them (R-SID-3).
pub fn delete_secondary_ids(
    draft: &mut Draft<'_, '_>,
    customer: &CustomerRef,
    ids: &[SecondaryId],
) -> Answer {
    let whom = find(draft, customer)?;
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
        return Ok(nothing(draft, &whom, "nothing to delete"));
    }
    let description = format!("{} deleted", count(there.len(), "secondary id"));
    Ok(change(draft, &whom, EventKind::SecondaryIdsDeleted(there), description))
}

/// An expired pair is free (R-SID-2): whoever still lists it loses it before it is given anew,
/// so that a pair is never listed twice.
fn free_expired(
    draft: &mut Draft<'_, '_>,
    own: Option<&CustomerId>,
    ids: &[(SecondaryId, Timestamp)],
) {
    for (pair, _) in ids {
        let listed = draft.world.index.secondary.get(pair).filter(|id| Some(*id) != own);
        if let Some(other) = listed.and_then(|id| draft.world.by_id(id)) {
            let about = About::known(other, Actor::Hub);
            let secondary_ids = vec![pair.clone()];
            draft.push(&about, EventKind::EntriesExpired { tags: Vec::new(), secondary_ids });
        }
    }
}

fn find<'w>(draft: &Draft<'w, '_>, customer: &CustomerRef) -> Result<Whom<'w>, Receipt> {
    whom::resolve(draft.world, customer, draft.now())
        .map_err(|nobody| state(false, nobody.why, nobody.merged_into))
}

/// A refusal after the customer was resolved names them (R-REPLY-2).
fn refusal(whom: &Whom<'_>, why: String) -> Receipt {
    state(false, why, whom.customer().map(|c| c.id.clone()))
}

fn within(n: usize, most: usize, what: &str) -> Result<(), String> {
    if n > most { Err(format!("a customer may have {most} {what} at most")) } else { Ok(()) }
}

fn change<'w>(
    draft: &mut Draft<'w, '_>,
    whom: &Whom<'w>,
    kind: EventKind,
    description: String,
) -> Receipt {
    let (about, _) = draft.meet(whom, draft.actor());
    let about = about.told(draft.app());
    draft.push(&about, kind);
    state(true, description, about.customer)
}

/// There is nothing to do, which is a success (R-REPLY-4); a new number is met all the same.
fn nothing<'w>(draft: &mut Draft<'w, '_>, whom: &Whom<'w>, description: &str) -> Receipt {
    let (about, _) = draft.meet(whom, draft.actor());
    state(true, description, about.customer)
}

fn delete(
    draft: &mut Draft<'_, '_>,
    customer: &CustomerRef,
    keys: &[String],
    what: &str,
    held: impl Fn(&CustomerState, &str) -> bool,
    kind: impl Fn(Vec<String>) -> EventKind,
) -> Answer {
    let whom = find(draft, customer)?;
    if keys.is_empty() {
        return Err(refusal(&whom, "no keys given".into()));
    }
    let mut there = last_of_each(keys, |key| key);
    there.retain(|key| whom.customer().is_some_and(|c| held(c, key)));
    if there.is_empty() {
        return Ok(nothing(draft, &whom, "nothing to delete"));
    }
    let description = format!("{} deleted", count(there.len(), what));
    Ok(change(draft, &whom, kind(there), description))
}

/// The same key twice: the last wins (R-TAG-1), in its place.
fn last_of_each<'a, T: Clone, K: std::hash::Hash + Eq + ?Sized + 'a>(
    list: &'a [T],
    key: impl Fn(&'a T) -> &'a K,
) -> Vec<T> {
    let mut seen = HashSet::new();
    let mut kept: Vec<T> = list.iter().rev().filter(|x| seen.insert(key(x))).cloned().collect();
    kept.reverse();
    kept
}

/// Folds tags. An update in place keeps its position (R-STATE-2).
pub fn fold_tags(customer: &mut CustomerState, index: &mut Index, tags: &[Tag]) {
    fold_entries(customer, index, |customer, _| {
        for tag in tags {
            put(&mut customer.tags, tag.clone(), |old| old.key == tag.key);
        }
    });
}

/// Folds secondary ids, like tags.
pub fn fold_ids(customer: &mut CustomerState, index: &mut Index, ids: &[(SecondaryId, Timestamp)]) {
    fold_entries(customer, index, |customer, index| {
        for (pair, expires_at) in ids {
            let new = (pair.clone(), *expires_at);
            put(&mut customer.secondary_ids, new, |(old, _)| old == pair);
            index.secondary.insert(pair.clone(), customer.id.clone());
        }
    });
}

/// Folds the end of tags and secondary ids.
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
            if index.secondary.get(pair) == Some(&customer.id) {
                index.secondary.remove(pair);
            }
        }
    });
}

fn fold_entries(
    customer: &mut CustomerState,
    index: &mut Index,
    change: impl FnOnce(&mut CustomerState, &mut Index),
) {
    let waited = due::of_entries(customer);
    index.remove_tags(customer);
    change(customer, index);
    index.add_tags(customer);
    index.wait(&customer.id, &Subject::Entries, waited, due::of_entries(customer));
}

fn put<T>(list: &mut Vec<T>, new: T, same: impl Fn(&T) -> bool) {
    match list.iter_mut().find(|old| same(old)) {
        Some(old) => *old = new,
        None => list.push(new),
    }
}

/// Removes what is over for longer than the grace period (R-EXP-1); returns the bytes of it.
pub fn expire(draft: &mut Draft<'_, '_>, customer: &CustomerState) -> usize {
    let kept_after = draft.now().before(draft.settings().expiry_grace);
    let long_over = |at: Timestamp| whom::over(at, kept_after);
    let tags = customer.tags.iter().filter(|tag| long_over(tag.expires_at));
    let tags: Vec<String> = tags.map(|tag| tag.key.clone()).collect();
    let ids = customer.secondary_ids.iter().filter(|(_, expires_at)| long_over(*expires_at));
    let secondary_ids: Vec<SecondaryId> = ids.map(|(pair, _)| pair.clone()).collect();
    let bytes = tags.iter().map(String::len).sum::<usize>()
        + secondary_ids.iter().map(|pair| pair.key.len() + pair.value.len()).sum::<usize>();
    draft.push(
        &About::known(customer, Actor::Hub),
        EventKind::EntriesExpired { tags, secondary_ids },
    );
    bytes
}
