//! What agents list and the public contract lacks: works by tag, reminders, leases, purses
//! (domain.md W1 to W7); and the token.

use super::{
    args::AnswerFormat,
    exit::{Code, Failure},
    out,
};
use crate::{
    console::text::Safe,
    model::{Actor, CustomerRef, Task, Timestamp, Work, work::TagPair},
    sdk::Client,
};
use serde_json::{Value, json};

/// Prints rows, one line or one JSON list.
fn print(format: AnswerFormat, none: &str, rows: Vec<(String, Value)>) -> Result<(), Failure> {
    let text = match format {
        AnswerFormat::Json => {
            out::json(&rows.into_iter().map(|(_, json)| json).collect::<Vec<_>>())?
        }
        AnswerFormat::Text if rows.is_empty() => none.to_owned(),
        AnswerFormat::Text => {
            let rows = rows.iter().map(|(text, _)| Safe::new(text).as_str().to_owned());
            rows.collect::<Vec<_>>().join("\n")
        }
    };
    out::line(&text).map(|_| ())
}

fn firings(next: &[Timestamp]) -> String {
    match next {
        [] => String::new(),
        [first, ..] => format!(", next {first}"),
    }
}

/// Works by tag, newest first.
pub async fn works(client: &Client, limit: u32, format: AnswerFormat) -> Result<(), Failure> {
    let row = |(work, next): (Work, Vec<Timestamp>)| {
        let skipped: u64 = work.skipped.values().sum();
        let TagPair { key, value } = &work.tag;
        let task = match &work.task {
            Task::Message { from, body } => format!("message from {from}: {}", body.summary()),
            Task::Reminder(reminder) => format!("reminder {}", reminder.key),
        };
        let text = format!(
            "{} {:<9} {key}={value} {} of {}, {skipped} skipped{} {task}",
            work.id,
            work.state.words(),
            work.done,
            work.total,
            firings(&next),
        );
        (text, json!({ "work": work, "next": next }))
    };
    let works = client.works(limit).await?;
    print(format, "no work by tag", works.into_iter().map(row).collect())
}

/// Reminders of one customer or of everyone, with their next firings.
pub async fn reminders(
    client: &Client,
    who: Option<&str>,
    limit: u32,
    format: AnswerFormat,
) -> Result<(), Failure> {
    let id = match who {
        None => None,
        Some(who) => {
            let who =
                CustomerRef::parse(who).ok_or_else(|| Failure::usage("--customer is blank"))?;
            let found = client.customer(&who).await?;
            let missing = || Failure::new(Code::Refused, format!("no customer {who}"));
            Some(found.ok_or_else(missing)?.customer.id.clone())
        }
    };
    let (all, total) = client.reminders(id.as_ref(), limit).await?;
    if u64::try_from(all.len()).is_ok_and(|listed| listed < total) {
        out::complain(&format!("{} of {total}; --limit shows more", all.len()));
    }
    let rows = all.into_iter().map(|listed| {
        let reminder = &listed.reminder;
        let every = reminder.interval.map_or_else(String::new, |every| {
            format!(" every {}", crate::catalog::expiry::span(every))
        });
        let name = if listed.name.is_empty() { "-" } else { &listed.name };
        let text = format!(
            "{} {name} {} at {}{every}, app {}",
            listed.customer, reminder.key, reminder.remind_at, reminder.app
        );
        let json = json!({
            "customer": listed.customer, "name": listed.name,
            "reminder": reminder, "next": listed.next,
        });
        (text, json)
    });
    print(format, "no reminders", rows.collect())
}

/// Running leases: who holds what, for how long, and how many wait.
pub async fn leases(client: &Client, format: AnswerFormat) -> Result<(), Failure> {
    let (all, now) = client.leases().await?;
    let rows = all.into_iter().map(|listed| {
        let lease = &listed.lease;
        let left = lease.expires_at.since(now).as_secs();
        let app = lease.app.as_ref().map_or_else(String::new, |app| format!(" for {app}"));
        let text = format!(
            "{} {} held by {}{app}, {left} s left, {} waiting",
            listed.customer,
            lease.key,
            holder(&lease.holder),
            listed.waiting
        );
        let json = json!({
            "customer": listed.customer, "name": listed.name, "lease": lease,
            "seconds_left": left, "waiting": listed.waiting,
        });
        (text, json)
    });
    print(format, "nothing is leased", rows.collect())
}

/// Who holds a lease, in words.
pub fn holder(actor: &Actor) -> String {
    match actor {
        Actor::Hub => "the hub".into(),
        Actor::Customer => "the customer".into(),
        Actor::Key(label) => label.clone(),
        Actor::Network => "the network".into(),
    }
}

/// The org's purses.
pub async fn purses(client: &Client, format: AnswerFormat) -> Result<(), Failure> {
    let rows = client.purses().await?.into_iter().map(|purse| {
        let pending = match purse.pending {
            0 => String::new(),
            n => format!(", {} there, {n} pending", purse.actual),
        };
        let text = format!("{} {} available{pending}", purse.id, purse.available);
        let json = json!({
            "id": purse.id, "available": purse.available,
            "actual": purse.actual, "pending": purse.pending,
        });
        (text, json)
    });
    print(format, "the org has no purses", rows.collect())
}

/// A token for programs that speak the contract without a key (3.2). It is as good as the key
/// while it lasts, which is said where no program reads it.
pub async fn token(client: &Client, format: AnswerFormat) -> Result<(), Failure> {
    let token = client.auth_token().await?;
    let lifetime = token.lifetime.as_secs();
    out::complain(&format!(
        "a secret: whoever has it acts as you for {lifetime} s; keep it out of logs and histories"
    ));
    let text = match format {
        AnswerFormat::Text => token.token.expose().to_owned(),
        AnswerFormat::Json => {
            out::json(&json!({ "token": token.token.expose(), "lifetime_s": lifetime }))?
        }
    };
    out::line(&text).map(|_| ())
}
