//! What speaks against a change of a customer's data: a lease that someone holds, a date that is
//! over, a reminder that comes too often, a key that is replaced.

use super::{Look, short};
use crate::model::{
    Audience, Customer, CustomerCommand, CustomerRef, Lease, Reminder, TagPair, Task, Timestamp,
};
use std::time::Duration;

/// Reminders that come more often than this are usually a slip (operations.md 3.9).
const OFTEN: Duration = Duration::from_mins(1);

impl Look<'_> {
    /// Tags, ids, metadata, reminders.
    pub(super) fn at_data(&mut self, command: &CustomerCommand) {
        use CustomerCommand as C;
        match command {
            C::UpdateTags { tags, .. } => {
                for tag in tags {
                    self.date("tag", &tag.key, tag.expires_at);
                }
                self.aimed_at(tags.iter().map(|tag| tag.key.as_str()));
            }
            C::DeleteTags { keys, .. } => self.aimed_at(keys.iter().map(String::as_str)),
            C::UpdateSecondaryIds { ids, .. } => {
                for (id, expires_at) in ids {
                    self.date("id", &id.key, *expires_at);
                }
            }
            C::UpdateMetadata { customer, values } => {
                self.leased(customer, values.iter().map(|(key, _)| key.as_str()));
            }
            C::DeleteMetadata { customer, keys } => {
                self.leased(customer, keys.iter().map(String::as_str));
            }
            C::AddReminder { customer, reminder } => {
                let same = |r: &&Reminder| r.app == reminder.app && r.key == reminder.key;
                let old = self.who(customer).and_then(|c| c.reminders.iter().find(same));
                if let Some(old) = old {
                    self.note("replaces", format!("replaces the reminder {}", old.summary()));
                }
                self.reminder(reminder);
            }
            _ => {}
        }
    }

    /// A reminder about everyone with a tag.
    pub(super) fn reminding_by_tag(
        &mut self,
        tag: &TagPair,
        reminder: &Reminder,
        audience: Option<&Audience>,
    ) {
        let old = self.world.works().find(|work| {
            let same = matches!(&work.task, Task::Reminder(r) if r.key == reminder.key);
            same && work.tag == *tag && work.app == self.caller.app && !work.state.is_final()
        });
        if let Some(old) = old {
            self.note("replaces", format!("replaces {}: {}", old.id, old.summary()));
        }
        self.reminder(reminder);
        if let Some(audience) = audience.filter(|audience| audience.reached == 0) {
            self.nobody(audience);
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

    /// A date that is over: what has it is inert from the start (R-EXP-1).
    fn date(&mut self, what: &str, key: &str, expires_at: Timestamp) {
        if !expires_at.is_zero() && expires_at <= self.now {
            let ago = short(self.now.since(expires_at));
            let text =
                format!("the {what} {key} would be over since {ago}: it would select nobody");
            self.warn("expired-date", text);
        }
    }

    /// Work that waits or runs for people with these tags.
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

    /// Values that someone else is about to change (decision D-LEASE).
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

fn running<'c>(customer: &'c Customer, key: &str, now: Timestamp) -> Option<&'c Lease> {
    customer.lease(key).filter(|lease| now < lease.expires_at)
}
