//! Checks of changes to a customer's data. They find a lease that somebody holds, a date that is over,
//! a reminder that comes too often, and a key that is replaced or was never there.

use super::{Preflight, short};
use crate::{
    model::{
        CustomerRef, CustomerState, DataValue, Lease, Reminder, SecondaryId, Tag, TagPair, Task,
        Timestamp, describe::as_json,
    },
    rules::{addressing::has_expired, limits::count},
};
use std::time::Duration;

/// Reminders that come more often than this are usually a mistake. (Some clients refuse to send them.)
const OFTEN: Duration = Duration::from_mins(1);
/// How many characters of a value that is replaced are shown.
const SHOWN: usize = 200;

impl Preflight<'_> {
    /// Checks tags that are set: dates that are over, values that are replaced, work that they select for.
    pub(in crate::rules) fn tagging(&mut self, customer: &CustomerRef, tags: &[Tag]) {
        let held = self.who(customer).map_or(&[][..], |c| &c.tags);
        for tag in tags {
            self.date("tag", &tag.key, tag.expires_at);
            let old = held
                .iter()
                .find(|old| old.key == tag.key && !has_expired(old.expires_at, self.now));
            if let Some(old) = old.filter(|old| old.value != tag.value) {
                self.warn("replaces", format!("replaces {}={}", old.key, old.value));
            }
        }
        self.aimed_at(tags.iter().map(|tag| tag.key.as_str()));
    }

    /// Checks tags that are removed.
    pub(in crate::rules) fn untagging(&mut self, customer: &CustomerRef, keys: &[String]) {
        self.there("tag", customer, keys, |c, key: &String| c.tags.iter().any(|t| t.key == *key));
        self.aimed_at(keys.iter().map(String::as_str));
    }

    /// Shows what is declared to need no answer, and how long the customer has waited for one.
    pub(in crate::rules) fn unanswered(&mut self, customer: &CustomerRef) {
        let Some(unanswered) = self.who(customer).and_then(|c| c.unanswered.as_ref()) else {
            return;
        };
        let waited = short(self.now.since(unanswered.since));
        let messages = usize::try_from(unanswered.count).unwrap_or(usize::MAX);
        let messages = count(messages, "message");
        let text = format!("waits for {waited}, {messages}; the last: {}", unanswered.text);
        self.note("unanswered", text);
    }

    /// Checks secondary ids that are added.
    pub(in crate::rules) fn naming(&mut self, ids: &[(SecondaryId, Option<Timestamp>)]) {
        for (id, expires_at) in ids {
            self.date("id", &id.key, *expires_at);
        }
    }

    /// Checks secondary ids that are removed; one without a value means every id with its key (R-SID-3).
    pub(in crate::rules) fn unnaming(&mut self, customer: &CustomerRef, ids: &[SecondaryId]) {
        let same = |held: &SecondaryId, id: &SecondaryId| {
            held.key == id.key && (id.value.is_empty() || held.value == id.value)
        };
        self.there("id", customer, ids, |c, id| c.secondary_ids.iter().any(|(h, _)| same(h, id)));
    }

    /// Checks metadata that is set: whether it reads as JSON, and what it replaces.
    pub(in crate::rules) fn setting(
        &mut self,
        customer: &CustomerRef,
        values: &[(String, DataValue)],
    ) {
        let known = self.who(customer);
        for (key, value) in values {
            if let DataValue::Text(text) = value {
                let (level, words) = as_json(text);
                self.find(level, "json", words);
            }
            let old = known.and_then(|c| c.metadata.get(key)).filter(|old| *old != value);
            if let Some(old) = old {
                let old: String = old.summary().chars().take(SHOWN).collect();
                self.warn("replaces", format!("replaces {old}"));
            }
        }
        self.leased(customer, values.iter().map(|(key, _)| key.as_str()));
    }

    /// Checks metadata that is removed.
    pub(in crate::rules) fn unsetting(&mut self, customer: &CustomerRef, keys: &[String]) {
        self.there("data", customer, keys, |c, key| c.metadata.contains_key(key));
        self.leased(customer, keys.iter().map(String::as_str));
    }

    /// Checks a lease call. While somebody holds the lease, the call waits for its end (R-LEASE-2).
    pub(in crate::rules) fn leasing(&mut self, customer: &CustomerRef, key: &str) {
        let Some(lease) = self.who(customer).and_then(|c| running(c, key, self.now)) else {
            return;
        };
        let left = short(lease.expires_at.since(self.now));
        let text = format!("{key} is held by {}: the call waits, {left} at most", lease.by());
        self.warn("lease-held", text);
    }

    /// Checks a reminder of one customer.
    pub(in crate::rules) fn reminding(&mut self, customer: &CustomerRef, reminder: &Reminder) {
        let same = |r: &&Reminder| r.app == reminder.app && r.key == reminder.key;
        let old = self.who(customer).and_then(|c| c.reminders.iter().find(same));
        if let Some(old) = old {
            self.note("replaces", format!("replaces the reminder {}", old.summary()));
        }
        self.reminder(reminder);
    }

    /// Checks a reminder that is cancelled. If it is not known in which app's name that happens, the
    /// reminder of any app counts.
    pub(in crate::rules) fn unreminding(&mut self, customer: &CustomerRef, key: &String) {
        let app = self.caller.app.clone();
        let ours = move |r: &Reminder| app.as_ref().is_none_or(|app| r.app == *app);
        let key = std::slice::from_ref(key);
        self.there("reminder", customer, key, |c, key: &String| {
            c.reminders.iter().any(|r| r.key == *key && ours(r))
        });
    }

    /// Says of each key whether the customer has what is taken away.
    fn there<K: ToString>(
        &mut self,
        what: &str,
        customer: &CustomerRef,
        keys: &[K],
        has: impl Fn(&CustomerState, &K) -> bool,
    ) {
        let Some(customer) = self.who(customer) else { return };
        for key in keys {
            let name = key.to_string();
            if has(customer, key) {
                self.good("there", format!("{what} {name} is there"));
            } else {
                self.warn("missing", format!("no {what} {name} on this customer"));
            }
        }
    }

    /// Checks a reminder about everyone with a tag.
    pub(in crate::rules) fn reminding_by_tag(&mut self, tag: &TagPair, reminder: &Reminder) {
        let old = self.world.works().find(|work| {
            let same = matches!(&work.task, Task::Reminder(r) if r.key == reminder.key);
            same && work.tag == *tag && work.app == self.caller.app && !work.state.is_final()
        });
        if let Some(old) = old {
            self.note("replaces", format!("replaces {}: {}", old.id, old.summary()));
        }
        self.reminder(reminder);
        let audience = self.reached(tag, None);
        if let Some(audience) = audience.filter(|audience| audience.reached == 0) {
            self.nobody(&audience);
            self.note(
                "later",
                "who has the tag when the time comes is reminded of, not who has it now",
            );
        }
    }

    fn reminder(&mut self, reminder: &Reminder) {
        if !reminder.remind_at.is_zero() && reminder.remind_at <= self.now {
            let ago = short(self.now.since(reminder.remind_at));
            self.warn("expired-date", format!("that was {ago} ago: it fires at once"));
        }
        if let Some(every) = reminder.interval.filter(|every| !every.is_zero() && *every < OFTEN) {
            self.warn("too-often", format!("every {}, until it is cancelled", short(every)));
        }
    }

    /// Warns of an expiry that has passed: what has it is inert from the start (R-EXP-1).
    fn date(&mut self, what: &str, key: &str, expires_at: Option<Timestamp>) {
        if let Some(expires_at) = expires_at.filter(|at| *at <= self.now) {
            let ago = short(self.now.since(expires_at));
            let text =
                format!("the {what} {key} would be over since {ago}: it would select nobody");
            self.warn("expired-date", text);
        }
    }

    /// Notes unfinished work for which these tags decide who gets it.
    fn aimed_at<'k>(&mut self, keys: impl Iterator<Item = &'k str>) {
        for key in keys {
            let works = self.world.works().filter(|w| w.tag.key == key && !w.state.is_final());
            let n = works.count();
            if n > 0 {
                let text = format!("{n} unfinished work by this tag: {key} decides who gets it");
                self.note("in-use", text);
            }
        }
    }

    /// Warns of keys that somebody else has leased, since a change would go over their lease (D-LEASE).
    fn leased<'k>(&mut self, customer: &CustomerRef, keys: impl Iterator<Item = &'k str>) {
        let Some(customer) = self.who(customer) else { return };
        for key in keys {
            if let Some(lease) = running(customer, key, self.now)
                && lease.holder != self.caller.actor
            {
                let left = short(lease.expires_at.since(self.now));
                let text =
                    format!("{key} is held by {}, {left} left: this would go over it", lease.by());
                self.warn("lease-held", text);
            }
        }
    }
}

fn running<'c>(customer: &'c CustomerState, key: &str, now: Timestamp) -> Option<&'c Lease> {
    customer.lease(key).filter(|lease| now < lease.expires_at)
}
