//! What differs between two states of a customer. Each state is taken apart into facts, and these are compared,
//! whole, so that whatever is a fact can differ. Only the newest 500 messages, sessions and calls are counted.

use super::changes::{datum_words, shortened};
use crate::model::{CustomerState, DataValue, Money, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Something that is not the same in two states. Its texts are raw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDifference {
    /// What it is: `tag plan`, `consent of +254.. to sms 40404`.
    pub what: String,
    /// What it is in the first state; `None` if it is not there.
    pub before: Option<String>,
    /// What it is in the second state.
    pub after: Option<String>,
}

/// What differs between two states, in the order of what it is. `when` writes a time for the agent.
#[must_use]
pub fn differences(
    old: &CustomerState,
    new: &CustomerState,
    when: &dyn Fn(Timestamp) -> String,
) -> Vec<StateDifference> {
    let (old, new) = (facts(old, when), facts(new, when));
    let shown = |value: &String| shortened(value);
    let all: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let all = all.into_iter().filter(|what| old.get(*what) != new.get(*what));
    let difference = |what: &String| StateDifference {
        what: what.clone(),
        before: old.get(what).map(shown),
        after: new.get(what).map(shown),
    };
    all.map(difference).collect()
}

fn facts(state: &CustomerState, when: &dyn Fn(Timestamp) -> String) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut put = |what: String, value: String| drop(all.insert(what, value));
    let until = |at: &Option<Timestamp>| match at {
        Some(at) => format!(" until {}", when(*at)),
        None => String::new(),
    };
    for number in &state.numbers {
        put(format!("number {number}"), "known".into());
    }
    for tag in &state.tags {
        put(format!("tag {}", tag.key), format!("{}{}", tag.value, until(&tag.expires_at)));
    }
    for (key, value) in &state.metadata {
        put(datum_words(key), whole(value));
    }
    for (id, ends) in &state.secondary_ids {
        put(format!("id {}", id.masked()), format!("known{}", until(ends)));
    }
    for pair in &state.channels {
        let whose = format!("{} on {}", pair.number, pair.channel);
        if let Some((status, _)) = pair.consent {
            put(format!("consent of {whose}"), status.words().into());
        }
        if let Some(open) = &pair.session {
            put(format!("window of {whose}"), format!("open until {}", when(open.expires_at)));
        }
        if let Some(asked) = &pair.asked {
            put(format!("opt-in of {whose}"), format!("asked {}", when(asked.at)));
        }
    }
    for message in &state.scheduled {
        let what = format!("scheduled {}", message.id);
        put(what, format!("leaves {}: {}", when(message.at), message.body.summary()));
    }
    for reminder in &state.reminders {
        let again = reminder.interval.map(|every| format!(", again after {} s", every.as_secs()));
        let (at, again) = (when(reminder.remind_at), again.unwrap_or_default());
        let what = format!("reminder {} of {}", reminder.key, reminder.app);
        put(what, format!("{at}{again} {}", reminder.payload));
    }
    for lease in &state.leases {
        put(format!("lease of {}", lease.key), format!("held by {}", lease.holder));
    }
    for (id, wallet) in &state.wallets {
        let money = |minor| Money { currency: wallet.currency, minor };
        let (free, all) = (money(wallet.available), money(wallet.actual));
        let held = if free == all { String::new() } else { format!(", {all} with what is held") };
        put(format!("wallet {id}"), format!("{free}{held}"));
    }
    for payment in &state.payments {
        let value = format!("{} {}", payment.value, payment.status.words());
        put(format!("payment {}", payment.id), value);
    }
    for other in &state.absorbed {
        put(format!("merged in {other}"), "yes".into());
    }
    if let Some(unanswered) = &state.unanswered {
        let since = when(unanswered.since);
        put("waits for an answer".into(), format!("since {since}, messages: {}", unanswered.count));
    }
    for (what, count) in [
        ("messages", state.messages.len()),
        ("USSD sessions", state.ussd.len()),
        ("calls", state.calls.len()),
    ] {
        put(what.into(), count.to_string());
    }
    all
}

/// A value of the metadata with all that is in it, so that no two different ones look the same here.
fn whole(value: &DataValue) -> String {
    match value {
        DataValue::Text(text) => text.clone(),
        DataValue::Bytes(bytes) => {
            let all: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{}: {}", value.summary(), all.concat())
        }
    }
}
