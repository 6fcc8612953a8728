//! `switchboard tail`: the events of an org, a line each, until somebody stops it.
//!
//! It looks on without taking anything from an app. An outage is waited out and the feed resumes
//! after the last entry; what cannot be had any more is reported as a gap (D-FEED).

use super::{
    args::OutputFormat,
    exit::{CliError, Code},
    out::{self, PipeState},
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
    pub start: FeedStart,
    pub format: OutputFormat,
    /// Whether to wait for more after the newest entry.
    pub follow: bool,
}

/// The JSON of one line. Scripts read its names.
#[derive(Serialize)]
struct EventLine<'a> {
    seq: Seq,
    /// The place of the event within its entry, counted from 0.
    index: usize,
    org: &'a str,
    code: &'static str,
    text: String,
    #[serde(flatten)]
    event: &'a Event,
}

/// Prints until nobody reads any more, or up to the newest entry if `follow` is not set. An outage is
/// reported on stderr and waited out; only a hub that refuses the key, or that could not be reached
/// from the start, ends the run.
pub async fn run(client: &Client, tail: Tail) -> Result<(), CliError> {
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
                if print(&entry, &tail)? == PipeState::Closed {
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
                // Before the first connection an error ends the run, because a script must not wait
                // for ever for a hub that is not there.
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

/// The newest entry of the log. A server that keeps no log has none, which is an error.
async fn newest(client: &Client) -> Result<Seq, CliError> {
    let hello = client.hello().await?;
    if hello.live_only {
        return Err(CliError::new(
            Code::Refused,
            "this server keeps no history: it can only be followed",
        ));
    }
    Ok(hello.head)
}

fn print(entry: &Entry, tail: &Tail) -> Result<PipeState, CliError> {
    for (index, event) in entry.events.iter().enumerate() {
        if !tail.words.matches(event) {
            continue;
        }
        let text = match tail.format {
            OutputFormat::Text => out::row(entry.seq.0, event),
            OutputFormat::Json => out::json(&EventLine {
                seq: entry.seq,
                index,
                org: entry.org.as_str(),
                code: event.kind.code(),
                text: event.sentence(),
                event,
            })?,
        };
        if out::line(&text)? == PipeState::Closed {
            return Ok(PipeState::Closed);
        }
    }
    Ok(PipeState::Open)
}

/// Where the feed starts: after the entry of `--after`, else with the last `-n` entries.
#[must_use]
pub fn start(after: Option<u64>, last: u32) -> FeedStart {
    match after {
        Some(seq) => FeedStart::After { log_id: String::new(), seq: Seq(seq) },
        None => FeedStart::Tail(last),
    }
}
