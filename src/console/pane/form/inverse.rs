//! What takes a command back: another command, as its form would be filled in. It is worked out before the command
//! goes, from what is known of the customer then, and is offered only where it brings back exactly what was there.

use crate::{
    catalog::{self, Spec, entry},
    model::{CustomerCommand, CustomerState, DataValue, Reminder, Tag, Timestamp, when},
};

/// A form that takes a command back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inverse {
    pub spec: &'static Spec,
    /// Pairs of a field's name and its text.
    pub values: Vec<(String, String)>,
    /// What it does, in a few words; raw.
    pub words: String,
}

impl Inverse {
    fn new(spec: &'static Spec, values: &[(&str, String)], words: String) -> Self {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        Self { spec, values: values.collect(), words }
    }

    /// What would take this command back from a customer who is known as this before it; `None` if nothing would,
    /// or not exactly.
    #[must_use]
    pub fn of(command: &CustomerCommand, before: &CustomerState, now: Timestamp) -> Option<Self> {
        match command {
            CustomerCommand::UpdateTags { tags, .. } => {
                let keys: Vec<_> = tags.iter().map(|tag| tag.key.as_str()).collect();
                tagged_before(before, &keys, now)
            }
            CustomerCommand::DeleteTags { keys, .. } => {
                let keys: Vec<_> = keys.iter().map(String::as_str).collect();
                tagged(&had(before, &keys), now)
            }
            CustomerCommand::UpdateMetadata { values, .. } => {
                let [(key, _)] = &values[..] else { return None };
                data_before(before, key)
            }
            CustomerCommand::DeleteMetadata { keys, .. } => {
                let [key] = &keys[..] else { return None };
                value_of(before, key)
            }
            CustomerCommand::AddReminder { reminder, .. } => {
                reminder_before(before, &reminder.key, now)
            }
            CustomerCommand::CancelReminder { key, .. } => match reminders(before, key)[..] {
                [old] => reminded(old, now),
                _ => None,
            },
            CustomerCommand::Meet(_)
            | CustomerCommand::UpdateSecondaryIds { .. }
            | CustomerCommand::SendMessage { .. }
            | CustomerCommand::ReplyToMessage { .. }
            | CustomerCommand::AdoptCustomer { .. }
            | CustomerCommand::DeleteSecondaryIds { .. }
            | CustomerCommand::AddReminderByTag { .. }
            | CustomerCommand::CancelReminderByTag { .. }
            | CustomerCommand::LeaseMetadata { .. }
            | CustomerCommand::SendMessageByTag { .. }
            | CustomerCommand::RequestConsent { .. }
            | CustomerCommand::InitiatePayment { .. }
            | CustomerCommand::MakeCall { .. }
            | CustomerCommand::AnswerPrompt { .. }
            | CustomerCommand::SteerWork { .. }
            | CustomerCommand::DecideUnknown { .. }
            | CustomerCommand::PauseCarrier { .. }
            | CustomerCommand::ScheduleMessage { .. }
            | CustomerCommand::EditScheduled { .. }
            | CustomerCommand::CancelScheduled { .. }
            | CustomerCommand::NoAnswerNeeded { .. } => None,
        }
    }
}

/// Brings tags back to how they were: all of them are new, or all of them had a value.
fn tagged_before(before: &CustomerState, keys: &[&str], now: Timestamp) -> Option<Inverse> {
    let had = had(before, keys);
    if had.is_empty() {
        let list = list(keys)?;
        let words = format!("untag {list}");
        return Some(Inverse::new(&catalog::DELETE_TAGS, &[("keys", list)], words));
    }
    if had.len() == keys.len() { tagged(&had, now) } else { None }
}

/// Brings a value back to what it was, or takes it away if there was none.
fn data_before(before: &CustomerState, key: &str) -> Option<Inverse> {
    if before.metadata.contains_key(key) {
        return value_of(before, key);
    }
    let words = format!("delete the data {key}");
    Some(Inverse::new(&catalog::DELETE_METADATA, &[("keys", plain(key)?)], words))
}

/// Cancels a reminder that is new, or sets the one that it has replaced. Apps may use the same key, and which of
/// theirs was meant is not known here.
fn reminder_before(before: &CustomerState, key: &str, now: Timestamp) -> Option<Inverse> {
    match reminders(before, key)[..] {
        [] => {
            let words = format!("cancel the reminder {key}");
            let values = [("key", key.to_owned())];
            Some(Inverse::new(&catalog::CANCEL_REMINDER, &values, words))
        }
        [old] => reminded(old, now),
        _ => None,
    }
}

/// The tags with these keys that the customer has.
fn had<'a>(before: &'a CustomerState, keys: &[&str]) -> Vec<&'a Tag> {
    before.tags.iter().filter(|tag| keys.contains(&tag.key.as_str())).collect()
}

/// Sets these tags as they are. They must end at the same time, because a form has one end for all.
fn tagged(tags: &[&Tag], now: Timestamp) -> Option<Inverse> {
    let first = tags.first()?;
    if tags.iter().any(|tag| tag.expires_at != first.expires_at) {
        return None;
    }
    let pairs =
        tags.iter().map(|tag| Some(format!("{}={}", plain(&tag.key)?, quoted(&tag.value)?)));
    let list = pairs.collect::<Option<Vec<_>>>()?.join(", ");
    let ends = match first.expires_at {
        None => "never".to_owned(),
        Some(at) => moment(at, now)?,
    };
    let words = format!("tag {list}");
    Some(Inverse::new(&catalog::UPDATE_TAGS, &[("tags", list), ("expires", ends)], words))
}

/// Sets a value as it is.
fn value_of(before: &CustomerState, key: &str) -> Option<Inverse> {
    let Some(DataValue::Text(old)) = before.metadata.get(key) else { return None };
    let values = [("key", key.to_owned()), ("value", old.clone())];
    Some(Inverse::new(&catalog::UPDATE_METADATA, &values, format!("set the data {key} as it was")))
}

fn reminders<'a>(before: &'a CustomerState, key: &str) -> Vec<&'a Reminder> {
    before.reminders.iter().filter(|reminder| reminder.key == key).collect()
}

/// Sets a reminder as it is.
fn reminded(old: &Reminder, now: Timestamp) -> Option<Inverse> {
    let every = old.interval.map_or_else(|| "none".to_owned(), when::written);
    let values = [
        ("key", old.key.clone()),
        ("at", moment(old.remind_at, now)?),
        ("every", every),
        ("payload", old.payload.clone()),
    ];
    let words = format!("set the reminder {} again", old.key);
    Some(Inverse::new(&catalog::ADD_REMINDER, &values, words))
}

/// Writes a time that lies ahead in RFC 3339, which means the same in every zone; `None` if it is over.
fn moment(at: Timestamp, now: Timestamp) -> Option<String> {
    let whole = Timestamp::from_secs(at.secs());
    let written = jiff::Timestamp::try_from(whole).ok().filter(|_| whole > now)?;
    Some(written.to_string())
}

/// Writes a list of keys; `None` if a form cannot say one of them.
fn list(keys: &[&str]) -> Option<String> {
    let keys: Option<Vec<_>> = keys.iter().map(|key| plain(key)).collect();
    keys.map(|keys| keys.join(", "))
}

/// A key as it is written in a list; `None` if a form cannot say it.
fn plain(key: &str) -> Option<String> {
    let odd = |c: char| matches!(c, '"' | ',' | '=' | '\n') || c.is_control();
    let whole = key.trim() == key && !key.is_empty();
    (whole && !key.contains(odd)).then(|| key.to_owned())
}

/// A value as it is written in a list; `None` if a form cannot say it.
fn quoted(value: &str) -> Option<String> {
    (!value.contains(char::is_control)).then(|| entry::quoted(value))
}

#[cfg(test)]
mod tests;
