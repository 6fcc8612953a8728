//! What an agent did before the console started, and what became of it since (R-CONSOLE-28). The hub has an index for
//! what happened to a customer but none for who did it. So the first question is a search with a filter, a piece at a
//! time and not farther back than a day, and the second one is asked for each customer.

use crate::{
    console::msg::{EarlierEntries, EarlierQuestion, Msg},
    model::{
        Actor, ClientError, CustomerId, Entry, Seq, Timestamp,
        client::{AskedFilter, SearchedPage},
    },
    sdk::Client,
};
use std::{sync::Arc, time::Duration};

/// How many commands are wanted.
const MOST: usize = 50;
/// How far back they are searched.
const SPAN: Duration = Duration::from_hours(24);
/// How many entries are asked for at a time.
const PAGE: u32 = 200;

pub(super) async fn asked(hub: Client, asked: EarlierQuestion) -> Msg {
    Msg::Earlier(search(&hub, &asked).await)
}

async fn search(hub: &Client, asked: &EarlierQuestion) -> Result<EarlierEntries, ClientError> {
    let label = asked.by.replace('\\', "\\\\").replace('"', "\\\"");
    let text = format!("by=\"{label}\"");
    let filter = AskedFilter { text, now: asked.now, zone: String::new() };
    let (mut found, mut before, mut more) = (Vec::new(), asked.before, true);
    while found.len() < MOST {
        let page = hub.search(Some(before), PAGE, &filter).await?;
        let SearchedPage { entries, searched_to, searched_at, .. } = page;
        found.extend(entries.into_iter().filter(|entry| is_by(entry, &asked.by)));
        more = searched_to > Seq(1);
        let is_old = searched_at != Timestamp::ZERO && asked.now.since(searched_at) > SPAN;
        // An index that has not come so far brings no search any further.
        if !more || is_old || searched_to >= before {
            break;
        }
        before = searched_to;
    }
    more |= found.len() > MOST;
    found.truncate(MOST);
    found.retain(|entry| asked.now.since(entry.at) <= SPAN);
    found.reverse();
    Ok(EarlierEntries { entries: found, more })
}

/// Whether a person did it with this key, and with an idempotency key, as consoles and the command line do.
fn is_by(entry: &Arc<Entry>, label: &str) -> bool {
    let own = |actor: &Actor| actor.is_agent() && actor.key() == Some(label);
    entry.call.is_some() && entry.events.iter().any(|event| own(&event.actor))
}

pub(super) async fn course(hub: Client, customers: Vec<(CustomerId, Seq)>) -> Msg {
    let mut all = Vec::new();
    for (customer, since) in &customers {
        match history(&hub, customer, *since).await {
            Ok(entries) => all.extend(entries),
            Err(error) => return Msg::EarlierCourse(Err(error)),
        }
    }
    all.sort_by_key(|entry| entry.seq);
    all.dedup_by_key(|entry| entry.seq);
    Msg::EarlierCourse(Ok(all))
}

/// What happened to a customer after a place.
async fn history(
    hub: &Client,
    customer: &CustomerId,
    since: Seq,
) -> Result<Vec<Arc<Entry>>, ClientError> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = hub.history(before, PAGE, Some(customer), "").await?;
        let oldest = page.entries.last().map(|entry| entry.seq);
        all.extend(page.entries.into_iter().filter(|entry| entry.seq > since));
        match oldest.filter(|oldest| page.more && *oldest > since) {
            Some(_) if before == oldest => return Ok(all),
            Some(_) => before = oldest,
            None => return Ok(all),
        }
    }
}
