//! `switchboard listen`: the notifications of an app, one JSON object per line.
//!
//! They come as any app gets them: at least once (D-HERA), and each to one stream of the app only
//! (R-CONN-3). So a run beside a live app takes some of its notifications away; `tail` does not.

use super::{
    exit::CliError,
    out::{self, PipeState},
};
use crate::{
    model::{ClientError, Event},
    sdk::{Backoff, Client, Topic},
};
use serde::Serialize;

/// The JSON of one line. Scripts read its names.
#[derive(Serialize)]
struct NotificationLine<'a> {
    /// The event's name in the Elarian JavaScript SDK; `data` for one that this version cannot read.
    event: &'static str,
    code: &'static str,
    text: String,
    #[serde(flatten)]
    notification: &'a Event,
}

/// Reads the words of `--event`. An empty list means every topic.
pub fn topics(words: &[String]) -> Result<Vec<Topic>, CliError> {
    let all: Result<Vec<Topic>, ClientError> = words.iter().map(|word| word.parse()).collect();
    let all = all?;
    Ok(if all.contains(&Topic::Data) { Vec::new() } else { all })
}

/// Prints until nobody reads any more or `count` lines were printed. An outage is reported on stderr
/// and waited out. Only a hub that could not be reached from the start, or that refuses the key,
/// ends the run.
pub async fn run(client: &Client, topics: &[Topic], count: Option<u64>) -> Result<(), CliError> {
    let mut left = count;
    let mut backoff = Backoff::default();
    let mut ever_up = false;
    loop {
        let error = match client.notifications().await {
            Err(error) => error,
            Ok(mut stream) => {
                ever_up = true;
                backoff = Backoff::default();
                loop {
                    match stream.next().await {
                        Err(error) => break error,
                        Ok(event) if print(&event, topics, &mut left)? == PipeState::Closed => {
                            return Ok(());
                        }
                        Ok(_) => {}
                    }
                }
            }
        };
        let ends = matches!(error, ClientError::Unauthenticated(_) | ClientError::Denied(_));
        if ends || !ever_up {
            return Err(error.into());
        }
        let wait = backoff.fail();
        out::complain(&format!("{error}; again in {:.1} s", wait.as_secs_f32()));
        tokio::time::sleep(wait).await;
    }
}

fn print(event: &Event, topics: &[Topic], left: &mut Option<u64>) -> Result<PipeState, CliError> {
    let topic = Topic::of(event);
    if !topics.is_empty() && !topic.is_some_and(|topic| topics.contains(&topic)) {
        return Ok(PipeState::Open);
    }
    let line = NotificationLine {
        event: topic.unwrap_or(Topic::Data).word(),
        code: event.kind.code(),
        text: event.sentence(),
        notification: event,
    };
    let reader = out::line(&out::json(&line)?)?;
    if let Some(left) = left {
        *left = left.saturating_sub(1);
        if *left == 0 {
            return Ok(PipeState::Closed);
        }
    }
    Ok(reader)
}
