//! `switchboard listen`: the notifications of an app as NDJSON, as any app of the contract gets
//! them (operations.md 3.16, 3.22): at least once, each to one stream of the app only. To look on
//! without taking anything from an app, use `tail`.

use super::{
    exit::Failure,
    out::{self, Reader},
};
use crate::{
    model::{ClientError, Event},
    sdk::{Backoff, Client, Topic},
};
use serde::Serialize;

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    /// Its name in the seed; `data` for what this version cannot read.
    event: &'static str,
    code: &'static str,
    text: String,
    #[serde(flatten)]
    told: &'a Event,
}

/// The topics of `--event`; none is all.
pub fn topics(words: &[String]) -> Result<Vec<Topic>, Failure> {
    let all: Result<Vec<Topic>, ClientError> = words.iter().map(|word| word.parse()).collect();
    let all = all?;
    Ok(if all.contains(&Topic::Data) { Vec::new() } else { all })
}

/// Prints until the reader goes or `count` lines were printed. Outages are told on stderr and
/// ridden out; only a hub that was never there, or a refusal to talk to us, ends the run.
pub async fn run(client: &Client, topics: &[Topic], count: Option<u64>) -> Result<(), Failure> {
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
                        Ok(event) if print(&event, topics, &mut left)? == Reader::Gone => {
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

fn print(event: &Event, topics: &[Topic], left: &mut Option<u64>) -> Result<Reader, Failure> {
    let topic = Topic::of(event);
    if !topics.is_empty() && !topic.is_some_and(|topic| topics.contains(&topic)) {
        return Ok(Reader::Listening);
    }
    let line = Line {
        event: topic.unwrap_or(Topic::Data).word(),
        code: event.kind.code(),
        text: event.sentence(),
        told: event,
    };
    let reader = out::line(&out::json(&line)?)?;
    if let Some(left) = left {
        *left = left.saturating_sub(1);
        if *left == 0 {
            return Ok(Reader::Gone);
        }
    }
    Ok(reader)
}
