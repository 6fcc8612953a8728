//! `switchboard tail`: the org's events, line by line, for ever.

use super::{
    args::TailFormat,
    exit::{Code, Failure},
    out::{self, Reader},
};
use crate::{
    model::{Entry, Event, FeedEvent, FeedStart, GapReason, Seq},
    query::Words,
    sdk::Client,
};
use serde::Serialize;

/// What to follow and how to print it.
pub struct Tail {
    /// Only events that contain these words.
    pub words: Words,
    /// Where to start.
    pub start: FeedStart,
    /// How to print.
    pub format: TailFormat,
    /// Whether to go on after the newest entry.
    pub follow: bool,
}

/// One line of NDJSON.
#[derive(Serialize)]
struct Line<'a> {
    seq: Seq,
    /// Which event of the entry, from 0.
    index: usize,
    org: &'a str,
    code: &'static str,
    text: String,
    #[serde(flatten)]
    event: &'a Event,
}

/// Prints until the reader goes, or until the newest entry if not following. Outages are told on
/// stderr and ridden out; only a refusal to talk to us ends the run.
pub async fn run(client: &Client, tail: Tail) -> Result<(), Failure> {
    let head = if tail.follow { None } else { Some(newest(client).await?) };
    let mut seen = match &tail.start {
        FeedStart::After { seq, .. } => *seq,
        FeedStart::Tail(_) => Seq(0),
    };
    let mut feed = client.feed(tail.start.clone());
    let mut ever_up = false;
    loop {
        if head.is_some_and(|head| seen >= head) {
            return Ok(());
        }
        match feed.next().await {
            FeedEvent::Up(hello) => {
                if hello.live_only && !ever_up {
                    out::complain("this server keeps no history: only what happens from now on");
                }
                ever_up = true;
            }
            FeedEvent::Entry(entry) => {
                seen = entry.seq;
                if print(&entry, &tail)? == Reader::Gone {
                    return Ok(());
                }
            }
            FeedEvent::Bookmark { seq, .. } => seen = seen.max(seq),
            FeedEvent::Gap { reason: reason @ GapReason::LiveOnly, .. } => out::complain(&format!(
                "gap: what happened meanwhile is not here ({})",
                reason.words()
            )),
            FeedEvent::Gap { after, next, reason } => out::complain(&format!(
                "gap: the entries between {after} and {next} are not there ({})",
                reason.words()
            )),
            FeedEvent::Down { error, attempt, retry_in } => match retry_in {
                // The first try tells whether there is a hub at all; a script must not wait for ever.
                Some(wait) if ever_up => {
                    out::complain(&format!(
                        "{error}; try {attempt} in {:.1} s",
                        wait.as_secs_f32()
                    ));
                }
                _ => return Err(error.into()),
            },
        }
    }
}

/// The newest entry of the log, if there is a log.
async fn newest(client: &Client) -> Result<Seq, Failure> {
    let hello = client.hello().await?;
    if hello.live_only {
        return Err(Failure::new(
            Code::Refused,
            "this server keeps no history: it can only be followed",
        ));
    }
    Ok(hello.head)
}

fn print(entry: &Entry, tail: &Tail) -> Result<Reader, Failure> {
    for (index, event) in entry.events.iter().enumerate() {
        if !tail.words.matches(event) {
            continue;
        }
        let text = match tail.format {
            TailFormat::Table => out::row(entry.seq.0, event),
            TailFormat::Ndjson => out::json(&Line {
                seq: entry.seq,
                index,
                org: entry.org.as_str(),
                code: event.kind.code(),
                text: event.sentence(),
                event,
            })?,
        };
        if out::line(&text)? == Reader::Gone {
            return Ok(Reader::Gone);
        }
    }
    Ok(Reader::Listening)
}

/// Where `--after` and `-n` start.
#[must_use]
pub fn start(after: Option<u64>, last: u32) -> FeedStart {
    match after {
        Some(seq) => FeedStart::After { log_id: String::new(), seq: Seq(seq) },
        None => FeedStart::Tail(last),
    }
}
