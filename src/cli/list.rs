//! The lists that the public contract does not have (works by tag, reminders, scheduled messages, who waits for an
//! answer, leases, purses, carriers, messages of unknown outcome), and the token.
//!
//! Each list is a line per row for people, or one JSON array. What stands in them is
//! R-OPERATOR-1 to R-OPERATOR-4, R-LATER-4, R-WAIT-3, R-WAIT-6, R-CARRY-11 and R-CARRY-18.

use super::{
    args::{OutputFormat, TableFormat},
    exit::{CliError, Code},
    out,
};
use crate::{
    console::{
        export::people::{self, RecipientLine},
        text::Safe,
    },
    model::{
        Actor, CallStatus, CustomerId, CustomerRef, ListedCarrier, RecipientOutcome, Task,
        Timestamp, Work, WorkId, WorkRecipient, describe, outlook, time::in_one_unit,
        work::TagPair,
    },
    sdk::Client,
};
use serde_json::{Value, json};
use std::{fmt::Write as _, time::Duration};

/// The most rows that `--limit` takes.
pub const MOST: u32 = 500;

/// Prints rows, of which each has its text and its JSON. `none` is printed for people if there
/// are no rows.
fn print(format: OutputFormat, none: &str, rows: Vec<(String, Value)>) -> Result<(), CliError> {
    let text = match format {
        OutputFormat::Json => {
            out::json(&rows.into_iter().map(|(_, json)| json).collect::<Vec<_>>())?
        }
        OutputFormat::Text if rows.is_empty() => none.to_owned(),
        OutputFormat::Text => {
            let rows = rows.iter().map(|(text, _)| Safe::new(text).as_str().to_owned());
            rows.collect::<Vec<_>>().join("\n")
        }
    };
    out::line(&text).map(|_| ())
}

fn firings(work: &Work, next: &[Timestamp]) -> String {
    let what = if work.begins().is_some() { "begins" } else { "next" };
    match next {
        [] => String::new(),
        [first, ..] => format!(", {what} {first}"),
    }
}

/// What became of the messages of a work, and how long what is left takes.
fn became(work: &Work) -> String {
    let outcomes = &work.outcomes;
    let counts = [
        (outcomes.arrived(), "delivered"),
        (outcomes.read, "read"),
        (outcomes.all_failed(), "failed"),
        (outcomes.waiting, "waiting"),
    ];
    let mut out = String::new();
    for (n, what) in counts.into_iter().filter(|(n, _)| *n > 0) {
        let _ = write!(out, ", {n} {what}");
    }
    if work.put_off.people > 0 {
        let _ = write!(out, ", {} left alone until {}", work.put_off.people, work.put_off.last);
    }
    if let Some(lasts) = work.lasts() {
        let _ = write!(out, ", done in about {}", outlook::in_words(lasts));
    }
    out
}

/// Prints whom a work by tag has selected and what became of each, of all or of those with one outcome; R-TAGWORK-9
/// says what stands in it.
pub async fn recipients(
    client: &Client,
    work: &WorkId,
    outcome: Option<RecipientOutcome>,
    format: TableFormat,
) -> Result<(), CliError> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let (page, next) = client.recipients(work, outcome, &after, MOST).await?;
        all.extend(page);
        if next.is_empty() {
            break;
        }
        after = next;
    }
    let text = match format {
        TableFormat::Text if all.is_empty() => "nobody".to_owned(),
        TableFormat::Text => {
            let rows = all.iter().map(|one| Safe::new(&row_of(one)).as_str().to_owned());
            rows.collect::<Vec<_>>().join("\n")
        }
        TableFormat::Json => {
            let rows = all.iter().map(RecipientLine::new);
            out::json(&rows.collect::<Vec<_>>())?
        }
        TableFormat::Csv => {
            let bytes = people::csv(&all).map_err(|why| CliError::new(Code::Refused, why))?;
            String::from_utf8_lossy(&bytes).trim_end().to_owned()
        }
    };
    out::line(&text).map(|_| ())
}

fn row_of(one: &WorkRecipient) -> String {
    let name = named(&one.name);
    let number = one.number.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let message = one.message.as_ref().map_or("-", |id| id.as_str());
    let at = if one.at.is_zero() { "-".to_owned() } else { one.at.to_string() };
    format!("{} {name} {number} {message} {} {} {at}", one.customer, one.status.code(), one.words())
}

/// Prints the newest works by tag, at most `limit`.
pub async fn works(client: &Client, limit: u32, format: OutputFormat) -> Result<(), CliError> {
    let row = |(work, next): (Work, Vec<Timestamp>)| {
        let skipped: u64 = work.skipped.values().sum();
        let TagPair { key, value } = &work.tag;
        let task = match &work.task {
            Task::Message(message) => {
                format!("message from {}: {}", message.from, message.body.summary())
            }
            Task::Reminder(reminder) => format!("reminder {}", reminder.key),
        };
        let text = format!(
            "{} {:<9} {key}={value} {} of {}, {skipped} skipped{}{} {task}",
            work.id,
            work.state.words(),
            work.done,
            work.total,
            became(&work),
            firings(&work, &next),
        );
        (text, json!({ "work": work, "next": next }))
    };
    let works = client.works(limit).await?;
    print(format, "no work by tag", works.into_iter().map(row).collect())
}

/// A customer's name on a line, where nobody's is a dash.
fn named(name: &str) -> &str {
    if name.is_empty() { "-" } else { name }
}

/// Prints the reminders of one customer, or of everyone if `who` is `None`, each with its next
/// firings. If there are more than `limit`, stderr says how many.
pub async fn reminders(
    client: &Client,
    who: Option<&str>,
    limit: u32,
    format: OutputFormat,
) -> Result<(), CliError> {
    let id = id_of(client, who).await?;
    let (all, total) = client.reminders(id.as_ref(), limit).await?;
    say_how_many(all.len(), total, limit);
    let rows = all.into_iter().map(|listed| {
        let reminder = &listed.reminder;
        let every = reminder.interval.map_or_else(String::new, |every| {
            format!(" every {}", crate::model::when::written(every))
        });
        let name = named(&listed.name);
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

/// Prints the messages to one customer that have not left yet, or to everyone if `who` is `None`. If there are more
/// than `limit`, stderr says how many.
pub async fn scheduled(
    client: &Client,
    who: Option<&str>,
    limit: u32,
    format: OutputFormat,
) -> Result<(), CliError> {
    let id = id_of(client, who).await?;
    let (all, total) = client.scheduled(id.as_ref(), limit).await?;
    say_how_many(all.len(), total, limit);
    let rows = all.into_iter().map(|listed| {
        let message = &listed.message;
        let name = named(&listed.name);
        let text = format!(
            "{} {} {name} {} from {} at {}: {}",
            message.id,
            listed.customer,
            message.number,
            message.channel,
            message.at,
            message.body.summary()
        );
        let json = json!({
            "customer": listed.customer, "name": listed.name, "message": message,
        });
        (text, json)
    });
    print(format, "no scheduled messages", rows.collect())
}

/// The id of the customer whose rows are wanted; `None` if those of everyone are.
async fn id_of(client: &Client, who: Option<&str>) -> Result<Option<CustomerId>, CliError> {
    let Some(who) = who else { return Ok(None) };
    let who = CustomerRef::parse(who).ok_or_else(|| CliError::usage("--customer is blank"))?;
    let found = client.customer(&who).await?;
    let missing = || CliError::new(Code::Refused, format!("no customer {who}"));
    Ok(Some(found.ok_or_else(missing)?.customer.id.clone()))
}

/// Says on stderr if there are more rows than were listed, and how to see them.
fn say_how_many(listed: usize, total: u64, limit: u32) {
    if u64::try_from(listed).is_ok_and(|listed| listed < total) {
        let more = match limit {
            ..MOST => "--limit shows more",
            MOST.. => "--customer shows those of one",
        };
        out::complain(&format!("{listed} of {total}; {more}"));
    }
}

/// Prints the customers who wait for an answer from a person, at most `limit`. If there are more, stderr
/// says how many.
pub async fn waiting(client: &Client, limit: u32, format: OutputFormat) -> Result<(), CliError> {
    let now = client.hello().await?.now;
    let (all, total) = client.waiting(limit).await?;
    if u64::try_from(all.len()).is_ok_and(|listed| listed < total) {
        let more = if limit < MOST { "; --limit shows more" } else { "" };
        out::complain(&format!("{} of {total}{more}", all.len()));
    }
    let rows = all.into_iter().map(|listed| {
        let unanswered = &listed.unanswered;
        let name = named(&listed.name);
        let waited = coarse(now.since(unanswered.since));
        let window = match listed.window_ends {
            Some(ends) => format!(", {} left", coarse(ends.since(now))),
            None if unanswered.channel.channel.needs_session() => ", window closed".into(),
            None => String::new(),
        };
        let text = format!(
            "{} {name} {} {} {waited}{window}: {}",
            listed.customer,
            unanswered.number,
            unanswered.channel.channel.word(),
            unanswered.text
        );
        let json = json!({
            "customer": listed.customer, "name": listed.name,
            "since": unanswered.since, "seconds": now.since(unanswered.since).as_secs(),
            "messages": unanswered.count, "last": unanswered.last, "last_at": unanswered.last_at,
            "number": unanswered.number, "channel": unanswered.channel, "text": unanswered.text,
            "window_ends": listed.window_ends,
        });
        (text, json)
    });
    print(format, "nobody waits for an answer", rows.collect())
}

/// Prints who waits on the line. If there are more than a reply carries, stderr says how many.
pub async fn live(client: &Client, format: OutputFormat) -> Result<(), CliError> {
    let now = client.hello().await?.now;
    let live = client.live(MOST).await?;
    if u64::try_from(live.prompts.len()).is_ok_and(|listed| listed < live.total) {
        out::complain(&format!("{} of {}", live.prompts.len(), live.total));
    }
    let rows = live.prompts.into_iter().map(|prompt| {
        let name = named(&prompt.name);
        let (kind, wants) = match prompt.call {
            None => ("ussd", "a menu".to_owned()),
            Some(status) => ("call", format!("a plan, {}", status.words())),
        };
        let left = prompt.answer_by.since(now).as_secs();
        let text = format!(
            "{} {kind} {} {name} {} wants {wants}, {left} s left: {}",
            prompt.session, prompt.channel.number, prompt.number, prompt.said
        );
        let json = json!({
            "session": prompt.session, "kind": kind, "channel": prompt.channel,
            "customer": prompt.customer, "name": prompt.name, "number": prompt.number,
            "said": prompt.said, "status": prompt.call.map(CallStatus::words),
            "asked_at": prompt.asked_at, "answer_by": prompt.answer_by, "seconds_left": left,
        });
        (text, json)
    });
    print(format, "nobody waits on the line", rows.collect())
}

/// A length of time in one unit, rounded down.
fn coarse(length: Duration) -> String {
    in_one_unit(length.as_secs(), [120, 7_200, 172_800], [" s", " min", " h", " d"])
}

/// Prints the running leases.
pub async fn leases(client: &Client, format: OutputFormat) -> Result<(), CliError> {
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

/// The holder of a lease in words.
pub fn holder(actor: &Actor) -> String {
    match actor {
        Actor::Hub => "the hub".into(),
        Actor::Customer => "the customer".into(),
        Actor::Key(label) | Actor::Program(label) => label.clone(),
        Actor::Network => "the network".into(),
    }
}

/// Prints the org's purses.
pub async fn purses(client: &Client, format: OutputFormat) -> Result<(), CliError> {
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

/// Prints the org's connections to real networks, with how they are (R-CARRY-11).
pub async fn carriers(client: &Client, format: OutputFormat) -> Result<(), CliError> {
    let rows = client.carriers().await?.into_iter().map(|carrier| {
        let ListedCarrier {
            id,
            kind,
            numbers,
            is_up,
            since,
            why,
            per_second,
            waiting,
            unknown,
            pause,
        } = carrier;
        let lines: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        let since_text = since.map(|since| format!(" since {since}")).unwrap_or_default();
        let stands = match (is_up, since) {
            (true, _) => format!("up{since_text}"),
            (false, Some(_)) => format!("down{since_text}: {why}"),
            (false, None) => "never used".to_owned(),
        };
        let paused = pause.as_ref().map_or_else(String::new, |pause| {
            format!(", paused since {} by {}", pause.since, holder(&pause.by))
        });
        let text = format!(
            "{id} {kind} {} {stands}{paused}, {waiting} waiting, {unknown} unknown, at most {per_second}/s",
            lines.join(", ")
        );
        let json = json!({
            "id": id, "kind": kind, "numbers": numbers, "is_up": is_up, "since": since, "why": why,
            "per_second": per_second, "waiting": waiting, "unknown": unknown,
            "paused_by": pause.as_ref().map(|pause| holder(&pause.by)),
            "paused_since": pause.as_ref().map(|pause| pause.since),
        });
        (text, json)
    });
    print(format, "the org has no carriers", rows.collect())
}

/// Prints the messages of which nobody knows whether they arrived (R-CARRY-18). If there are more than a reply carries,
/// stderr says how many.
pub async fn unknown(client: &Client, format: OutputFormat) -> Result<(), CliError> {
    let (all, total) = client.unknown(MOST).await?;
    if u64::try_from(all.len()).is_ok_and(|listed| listed < total) {
        out::complain(&format!("{} of {total}", all.len()));
    }
    let rows = all.into_iter().map(|one| {
        let name = named(&one.name);
        let doubt = describe::doubt(&one.carrier, &one.why);
        let text = format!(
            "{} {} {name} {} from {} attempt {} at {}: {doubt}: {}",
            one.message,
            one.customer,
            one.number,
            one.channel,
            one.attempt,
            one.handed_at,
            one.body.summary()
        );
        let json = json!({
            "id": one.message, "customer": one.customer, "name": one.name, "number": one.number,
            "channel": one.channel, "body": one.body, "carrier": one.carrier,
            "attempt": one.attempt, "handed_at": one.handed_at, "since": one.since,
            "why": one.why,
        });
        (text, json)
    });
    print(format, "of every message it is known what became of it", rows.collect())
}

/// Prints a token, for programs that speak the contract without the API key. While it lasts it is as
/// good as the key (R-TOKEN-1). The warning goes to stderr, where no program reads it.
pub async fn token(client: &Client, format: OutputFormat) -> Result<(), CliError> {
    let token = client.auth_token().await?;
    let lifetime = token.lifetime.as_secs();
    out::complain(&format!(
        "a secret: whoever has it acts as you for {lifetime} s; keep it out of logs and histories"
    ));
    // A script takes it as it is, so it is not changed; one that a terminal would obey is not printed.
    if !token.token.expose().bytes().all(|b| b.is_ascii_graphic()) {
        return Err(CliError::new(
            Code::Refused,
            "the hub's token has characters that no token has; it is not printed",
        ));
    }
    let text = match format {
        OutputFormat::Text => token.token.expose().to_owned(),
        OutputFormat::Json => {
            out::json(&json!({ "token": token.token.expose(), "lifetime_s": lifetime }))?
        }
    };
    out::line(&text).map(|_| ())
}
