//! `switchboard tail`: the events of an org, a line each, until somebody stops it.
//!
//! It looks on without taking anything from an app. An outage is waited out and the feed resumes
//! after the last entry; what cannot be had any more is reported as a gap (D-FEED). Standard output has
//! events: a gap, an outage or a server without history is told on standard error.
//!
//! With a filter the hub searches and follows, and sends entries in which something matches. Which of their
//! events match is asked here again: an entry comes whole, and an older hub leaves nothing out.

use super::{
    args::OutputFormat,
    exit::{CliError, Code},
    out::{self, PipeState},
    times::TimesArgs,
    zone::zone,
};
use crate::{
    console::{clock, pane::feed::Depth, text::Safe},
    model::{
        Entry, Event, FeedEvent, FeedStart, GapReason, Hello, Outage, Seq, Timestamp,
        event_line::EventLine,
    },
    query::{Asker, Filter},
    sdk::Client,
};
use std::time::Duration;
use tokio::time::Instant;

/// What to follow and how to print it.
pub struct Tail {
    /// Only events that match this filter.
    pub query: String,
    /// Only events of this depth of the console.
    pub depth: Depth,
    pub start: TailStart,
    /// Only events of these times; with an end, nothing is waited for.
    pub times: TimesArgs,
    pub format: OutputFormat,
    /// Whether to wait for more after the newest entry.
    pub follow: bool,
}

/// Where the lines begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TailStart {
    /// With the first event after this entry.
    After(Seq),
    /// With the last events that match, at most so many. An entry may have several events, so that the first
    /// of its events may be left out.
    Last(u32),
    /// With the first event of the times.
    Since,
}

/// Prints until nobody reads any more, or up to the newest entry if `follow` is not set. An outage is
/// reported on stderr and waited out; only a hub that refuses the key, or that could not be reached
/// from the start, ends the run.
pub async fn run(client: &Client, tail: Tail) -> Result<(), CliError> {
    // A text that is no filter or no time is the caller's mistake, whether a hub is there or not.
    parse(&tail.query, clock::now())?;
    tail.times.check()?;
    let hello = client.hello().await?;
    let filter = parse(&tail.query, hello.now)?;
    let span = tail.times.read(hello.now)?;
    let has_end = !tail.follow || span.until.is_some();
    if hello.live_only && (has_end || span.since.is_some()) {
        let why = "this server keeps no history: it can only be followed";
        return Err(CliError::new(Code::Refused, why));
    }
    let places = client.places_of(&span, hello.head).await?;
    let end = has_end.then_some(places.1);
    let (start, mut skip) = begin(client, &hello, (&tail, places), &filter).await?;
    let mut seen = match &start {
        FeedStart::After { seq, .. } => *seq,
        FeedStart::Tail(_) => Seq(0),
    };
    let mut feed = if filter.is_empty() {
        client.feed(start)
    } else {
        client.filtered_feed(start, asker(hello.now)?.asks(filter.text()))
    };
    let mut ever_up = false;
    let mut is_writable = true;
    loop {
        if end.is_some_and(|end| seen >= end) {
            return Ok(());
        }
        match feed.next().await {
            FeedEvent::Up(hello) => {
                if hello.live_only && !ever_up {
                    out::complain("this server keeps no history: only what happens from now on");
                }
                ever_up = true;
                tell_outage(hello.cannot_write.as_ref(), &mut is_writable);
            }
            FeedEvent::Entry(entry) if end.is_some_and(|end| entry.seq > end) => return Ok(()),
            FeedEvent::Entry(entry) => {
                seen = entry.seq;
                if print(&entry, (&filter, &tail), std::mem::take(&mut skip))? == PipeState::Closed
                {
                    return Ok(());
                }
            }
            FeedEvent::Bookmark { seq, cannot_write, .. } => {
                seen = seen.max(seq);
                tell_outage(cannot_write.as_ref(), &mut is_writable);
            }
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

pub fn asker(now: Timestamp) -> Result<Asker, CliError> {
    Ok(Asker { now, zone: zone()? })
}

/// Reads a filter. Of a text that is none, the error shows the part that is wrong.
pub fn parse(query: &str, now: Timestamp) -> Result<Filter, CliError> {
    Filter::parse(query, &asker(now)?).map_err(|error| {
        let part = |range: std::ops::Range<usize>| Safe::new(query.get(range).unwrap_or_default());
        let before = part(0..error.span.start).width();
        let carets = part(error.span.clone()).width().max(1);
        let (blanks, carets) = (" ".repeat(before), "^".repeat(carets));
        let shown = part(0..query.len());
        CliError::usage(format!("{error}\n  {}\n  {blanks}{carets}", shown.as_str()))
    })
}

/// Says on stderr that the hub cannot write, and when it can again (R-LOG-5).
fn tell_outage(outage: Option<&Outage>, is_writable: &mut bool) {
    match outage {
        Some(outage) if *is_writable => out::complain(&format!("the hub {outage}")),
        None if !*is_writable => out::complain("the hub can write again"),
        Some(_) | None => {}
    }
    *is_writable = outage.is_none();
}

/// The most entries that a page of history has.
const PAGE: u32 = 500;

/// Where the feed starts, and how many matching events of the first entry come before the first line.
/// The end of the log is read backwards until there are enough events, and only counted: the feed
/// brings them in order and no faster than they are printed. Of `places`, nothing up to the first and nothing
/// after the second is looked at.
async fn begin(
    client: &Client,
    hello: &Hello,
    (tail, places): (&Tail, (Seq, Seq)),
    filter: &Filter,
) -> Result<(FeedStart, usize), CliError> {
    let after = |seq| FeedStart::After { log_id: hello.log_id.clone(), seq };
    let count = match tail.start {
        // The place was taken from an earlier run, and only the hub knows whether this is the same log.
        TailStart::After(seq) => return Ok((FeedStart::After { log_id: String::new(), seq }, 0)),
        TailStart::Last(count) if hello.live_only => return Ok((FeedStart::Tail(count), 0)),
        TailStart::Since => return Ok((after(places.0), 0)),
        TailStart::Last(count) => count,
    };
    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    let (first, found) = if filter.is_empty() {
        count_back(client, places, tail.depth, wanted).await?
    } else {
        search_back(client, (hello, places), (filter, tail.depth), wanted).await?
    };
    Ok((after(Seq(first.0.saturating_sub(1))), found.saturating_sub(wanted)))
}

/// The entry with which the last events between two places begin, and how many there are from it on: those
/// that are wanted, or all.
async fn count_back(
    client: &Client,
    (after, to): (Seq, Seq),
    depth: Depth,
    wanted: usize,
) -> Result<(Seq, usize), CliError> {
    let page = PAGE.min(u32::try_from(wanted).unwrap_or(PAGE));
    let (mut first, mut found) = (to.next(), 0);
    let mut unread = UnreadNotice::default();
    while found < wanted && first > after.next() {
        let older = client.history(Some(first), page, None, "").await?;
        let mut entries = older.entries;
        entries.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.seq));
        for entry in entries.iter().filter(|entry| entry.seq > after) {
            first = entry.seq;
            found += entry.events.iter().filter(|event| depth.shows(event)).count();
            if found >= wanted {
                break;
            }
        }
        unread.tell(older.unread);
        // An empty page brings this no further, whatever it says about more.
        if !older.more || entries.last().is_none_or(|entry| entry.seq <= after) {
            break;
        }
    }
    Ok((first, found))
}

/// Like `count_back`, of events that match a filter. The hub searches, a piece at a time; whoever waits at a
/// terminal is told how far it has come.
async fn search_back(
    client: &Client,
    (hello, (after, to)): (&Hello, (Seq, Seq)),
    (filter, depth): (&Filter, Depth),
    wanted: usize,
) -> Result<(Seq, usize), CliError> {
    let asked = asker(hello.now)?.asks(filter.text());
    let page = PAGE.min(u32::try_from(wanted).unwrap_or(PAGE)).max(1);
    let (mut first, mut found) = (to.next(), 0);
    let mut searched_to = first;
    let (mut unread, mut progress) = (UnreadNotice::default(), Progress::new());
    while found < wanted && searched_to > after.next() {
        let older = client.search(Some(searched_to), page, &asked).await?;
        for entry in older.entries.iter().filter(|entry| entry.seq > after) {
            let is_match = |event: &&Event| filter.matches(event) && depth.shows(event);
            let matching = entry.events.iter().filter(is_match).count();
            if matching > 0 {
                first = entry.seq;
                found += matching;
            }
            if found >= wanted {
                break;
            }
        }
        if older.unread > 0 {
            progress.clear();
        }
        unread.tell(older.unread);
        if older.searched_to >= searched_to {
            break;
        }
        searched_to = older.searched_to;
        progress.tell(older.searched_at, hello.now, found);
    }
    Ok((first, found))
}

/// Says once that older entries may be missing.
#[derive(Default)]
struct UnreadNotice {
    is_told: bool,
}

impl UnreadNotice {
    fn tell(&mut self, unread: u64) {
        if unread > 0 && !std::mem::replace(&mut self.is_told, true) {
            out::complain(&format!(
                "the index still reads {unread} entries: older ones may be missing"
            ));
        }
    }
}

/// How long a search may take before it says how far it has come.
const PATIENCE: Duration = Duration::from_secs(1);

/// A line on a terminal about a search that takes long. It is gone when the search is over.
struct Progress {
    begun: Instant,
    is_shown: bool,
}

impl Progress {
    fn new() -> Self {
        Self { begun: Instant::now(), is_shown: false }
    }
    fn tell(&mut self, searched_at: Timestamp, now: Timestamp, found: usize) {
        if self.begun.elapsed() < PATIENCE || searched_at.is_zero() || !out::is_watched() {
            return;
        }
        let Ok(zone) = zone() else { return };
        let Some(at) = searched_at.in_zone(&zone) else { return };
        let is_today = now.in_zone(&zone).is_some_and(|now| now.date() == at.date());
        let how = if is_today { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        out::progress(&format!("searched back to {}, {found} found", at.strftime(how)));
        self.is_shown = true;
    }
}

impl Progress {
    /// Takes the line away, so that another one can be written.
    fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            out::progress("");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Prints the events of an entry that match, without the first `skip` of them.
fn print(
    entry: &Entry,
    (filter, tail): (&Filter, &Tail),
    skip: usize,
) -> Result<PipeState, CliError> {
    let events = entry.events.iter().enumerate();
    let is_match = |event: &Event| filter.matches(event) && tail.depth.shows(event);
    for (index, event) in events.filter(|(_, event)| is_match(event)).skip(skip) {
        let text = match tail.format {
            OutputFormat::Text => out::row(entry.seq.0, event),
            OutputFormat::Json => {
                EventLine::new(entry.seq, index, &entry.org, event.clone()).json()
            }
        };
        if out::line(&text)? == PipeState::Closed {
            return Ok(PipeState::Closed);
        }
    }
    Ok(PipeState::Open)
}
