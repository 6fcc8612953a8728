//! Shows what an adoption would do, side by side (R-DRYRUN-4). Each row says what both customers have,
//! what remains and why. Nothing is decided here: `adoption` does the merge, and this uses its
//! functions wherever one of two values wins.

use super::{
    World, addressing,
    adoption::{has_reminder, has_tag, possible, stricter},
    limits,
};
use crate::model::{
    Account, ChannelState, ConsentStatus, CustomerId, CustomerRef, CustomerState, DataValue, Merge,
    MergeRow, Money, Reminder, Tag, Timestamp, UssdSession,
};
use std::collections::BTreeSet;

/// How many characters of a metadata value are shown.
const SHOWN: usize = 255;

/// The two customers side by side. There are no rows if one of them does not exist or both are the
/// same. A number that nobody has gives one row, because the number is all that it adds.
pub fn diff(world: &World, survivor: &CustomerId, other: &CustomerRef, now: Timestamp) -> Merge {
    let mut merge = Merge { survivor: survivor.clone(), ..Merge::default() };
    let Ok(own) = addressing::by_id(world, survivor) else { return merge };
    match addressing::resolve(world, other, now) {
        Ok(addressing::ResolvedCustomer::Known { customer, .. }) => {
            merge.other = customer.id.clone();
            if customer.id != own.id {
                merge.rows = rows(own, customer, now);
            }
        }
        Ok(addressing::ResolvedCustomer::New(number)) => {
            let (held, added) = (list(&own.numbers), number.to_string());
            let all = list(own.numbers.iter().chain([&number]));
            merge.rows = vec![row("numbers", held, added, all)];
        }
        Err(nobody) => merge.other = nobody.merged_into.unwrap_or_default(),
    }
    merge
}

fn rows(own: &CustomerState, theirs: &CustomerState, now: Timestamp) -> Vec<MergeRow> {
    let mut rows = vec![row(
        "id",
        own.id.to_string(),
        theirs.id.to_string(),
        format!("{} remains; {} is no more", own.id, theirs.id),
    )];
    if let Err(why) = possible(own, theirs) {
        rows.push(row("refused", String::new(), String::new(), why));
    }
    let both = list(own.numbers.iter().chain(&theirs.numbers));
    rows.push(row("numbers", list(&own.numbers), list(&theirs.numbers), both));
    tags(&mut rows, own, theirs, now);
    metadata(&mut rows, own, theirs);
    let ids = |c: &CustomerState| list(c.secondary_ids.iter().map(|(pair, _)| pair.masked()));
    let pairs =
        own.secondary_ids.iter().chain(&theirs.secondary_ids).map(|(pair, _)| pair.masked());
    rows.push(row("secondary ids", ids(own), ids(theirs), list(pairs)));
    consent(&mut rows, own, theirs);
    reminders(&mut rows, own, theirs);
    let later = |customer: &CustomerState| match customer.scheduled.len() {
        0 => String::new(),
        n => limits::count(n, "message"),
    };
    let both = limits::count(own.scheduled.len() + theirs.scheduled.len(), "message");
    rows.push(row("scheduled", later(own), later(theirs), both));
    wallets(&mut rows, own, theirs);
    histories(&mut rows, own, theirs);
    // A row that is empty on both sides says nothing.
    rows.retain(|row| !(row.survivor.is_empty() && row.other.is_empty() && row.result.is_empty()));
    rows
}

fn tags(rows: &mut Vec<MergeRow>, own: &CustomerState, theirs: &CustomerState, now: Timestamp) {
    let keys: BTreeSet<&String> = own.tags.iter().chain(&theirs.tags).map(|tag| &tag.key).collect();
    let value = |customer: &CustomerState, key: &str| {
        let tag: Option<&Tag> = customer.tags.iter().find(|tag| tag.key == key);
        tag.map(|tag| {
            let over = if tag.is_expired(now) { " (expired)" } else { "" };
            format!("{}{over}", tag.value)
        })
    };
    for key in keys {
        rows.push(one_of(
            &format!("tag {key}"),
            value(own, key),
            value(theirs, key),
            has_tag(own, key),
        ));
    }
}

fn metadata(rows: &mut Vec<MergeRow>, own: &CustomerState, theirs: &CustomerState) {
    let keys: BTreeSet<&String> = own.metadata.keys().chain(theirs.metadata.keys()).collect();
    let value = |customer: &CustomerState, key: &str| customer.metadata.get(key).map(shown);
    for key in keys {
        let field = format!("data {key}");
        rows.push(one_of(
            &field,
            value(own, key),
            value(theirs, key),
            own.metadata.contains_key(key),
        ));
    }
}

/// A value in words. Only the beginning of a long one is shown, because a merge may have 512 of them.
fn shown(value: &DataValue) -> String {
    let text = value.summary();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}\u{2026}", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn reminders(rows: &mut Vec<MergeRow>, own: &CustomerState, theirs: &CustomerState) {
    for reminder in &own.reminders {
        let same = |other: &&Reminder| other.app == reminder.app && other.key == reminder.key;
        let there = theirs.reminders.iter().find(same).map(Reminder::summary);
        let field = format!("reminder {} of {}", reminder.key, reminder.app);
        rows.push(one_of(&field, Some(reminder.summary()), there, true));
    }
    for reminder in theirs.reminders.iter().filter(|new| !has_reminder(own, new)) {
        let field = format!("reminder {} of {}", reminder.key, reminder.app);
        rows.push(one_of(&field, None, Some(reminder.summary()), false));
    }
}

fn consent(rows: &mut Vec<MergeRow>, own: &CustomerState, theirs: &CustomerState) {
    let pair = |s: &ChannelState| (s.number.clone(), s.channel.clone());
    let pairs: BTreeSet<_> = own.channels.iter().chain(&theirs.channels).map(pair).collect();
    for (number, channel) in pairs {
        let of =
            |customer: &CustomerState| customer.channel(&number, &channel).and_then(|s| s.consent);
        let words = |consent: Option<(ConsentStatus, Timestamp)>| {
            consent.map(|(status, _)| status.words().to_owned()).unwrap_or_default()
        };
        let (here, there) = (of(own), of(theirs));
        let result = words(stricter(here, there));
        rows.push(row(
            &format!("consent of {number} to {channel}"),
            words(here),
            words(there),
            result,
        ));
    }
}

fn wallets(rows: &mut Vec<MergeRow>, own: &CustomerState, theirs: &CustomerState) {
    let ids: BTreeSet<&String> = own.wallets.keys().chain(theirs.wallets.keys()).collect();
    let held =
        |account: &Account| Money { currency: account.currency, minor: account.actual }.to_string();
    for id in ids {
        let (here, there) = (own.wallets.get(id), theirs.wallets.get(id));
        let result = match (here, there) {
            (Some(here), Some(there)) if here.currency != there.currency => {
                "refused: different currencies".into()
            }
            (Some(here), Some(there)) => {
                let minor = here.actual.saturating_add(there.actual);
                format!("{}, added", Money { currency: here.currency, minor })
            }
            (one, other) => one.or(other).map(held).unwrap_or_default(),
        };
        let side = |account: Option<&Account>| account.map(held).unwrap_or_default();
        rows.push(row(&format!("wallet {id}"), side(here), side(there), result));
    }
}

fn histories(rows: &mut Vec<MergeRow>, own: &CustomerState, theirs: &CustomerState) {
    for (field, here, there) in [
        ("messages", own.messages.count(), theirs.messages.count()),
        ("ussd sessions", own.ussd.len(), theirs.ussd.len()),
        ("calls", own.calls.len(), theirs.calls.len()),
        ("payments", own.payments.len(), theirs.payments.len()),
    ] {
        let (all, most) = (here + there, limits::HISTORY);
        let result = if all > most { format!("the newest {most}") } else { all.to_string() };
        rows.push(row(field, here.to_string(), there.to_string(), result));
    }
    let leased = |c: &CustomerState| list(c.leases.iter().map(|lease| &lease.key));
    if !own.leases.is_empty() || !theirs.leases.is_empty() {
        rows.push(row("leases", leased(own), leased(theirs), "all end".into()));
    }
    let open = |s: &&UssdSession| s.end.is_none();
    let talks = |c: &CustomerState| {
        let calls = c.calls.iter().filter(|call| !call.status.is_final()).count();
        c.ussd.iter().filter(open).count() + calls
    };
    if talks(own) + talks(theirs) > 0 {
        let (here, there) = (talks(own), talks(theirs));
        let result = if there > 0 { "refused until the other's are over" } else { "go on" };
        rows.push(row("in progress", here.to_string(), there.to_string(), result.into()));
    }
}

/// A row for something that can have one value only, of which the survivor's stays (R-ADOPT-1).
fn one_of(field: &str, own: Option<String>, theirs: Option<String>, held: bool) -> MergeRow {
    let result = match (&own, &theirs) {
        (Some(own), Some(theirs)) if own == theirs => format!("{own}, on both sides"),
        (Some(own), Some(_)) => format!("{own}: the survivor's stays"),
        (Some(own), None) => own.clone(),
        (None, Some(theirs)) if !held => format!("{theirs}, taken over"),
        _ => String::new(),
    };
    row(field, own.unwrap_or_default(), theirs.unwrap_or_default(), result)
}

fn row(field: &str, survivor: String, other: String, result: String) -> MergeRow {
    MergeRow { field: field.to_owned(), survivor, other, result }
}

fn list<T: ToString>(all: impl IntoIterator<Item = T>) -> String {
    all.into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(", ")
}
