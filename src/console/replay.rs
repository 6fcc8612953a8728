//! A console on a file of events instead of a hub: for training, for showing what happened, and for
//! reports of faults. The events of an NDJSON file, as `export` and `tail --format ndjson` write them, come
//! as if they happened now. Nothing can be sent, and no question is answered but for what happened
//! to a customer, which is in what was played so far.

use super::msg::{Effect, ExportNews, Msg, PeopleNews, TimelineFrom, TimelinePage};
use crate::model::{
    ClientError, Entry, EntryId, FeedEvent, Hello, OrgId, Seq, Timestamp, client::HistoryPage,
    event_line::EventLine, receipt,
};
use std::{
    collections::VecDeque,
    fs::File,
    io::{BufRead as _, BufReader, Lines},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

#[cfg(test)]
mod tests;

/// No pause between two events is longer, however long it was when they happened: nobody waits for a night.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The slowest and the fastest that a file can be played, in times of how fast it happened.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.01..=1_000_000.0;
/// How many lines are read ahead.
pub(super) const AHEAD: usize = 256;
/// How many of the entries that were played last are kept for the histories of customers.
const KEPT: usize = 100_000;
/// How many entries a page of a history has at most.
const PAGE: usize = 100;

/// A file that is going to be played.
#[derive(Debug)]
pub struct Replay {
    path: PathBuf,
    lines: NumberedLines,
    first: EventLine,
    speed: f64,
}

/// The lines of a file that have something in them, with their numbers.
type NumberedLines = std::iter::Enumerate<Lines<BufReader<File>>>;

impl Replay {
    /// Opens a file and reads its first event. `speed` says how many times as fast as it happened.
    ///
    /// # Errors
    ///
    /// That the file cannot be read, or is no file of events, in words that name it.
    pub fn open(path: &Path, speed: f64) -> Result<Self, String> {
        let named = |why: String| format!("{}: {why}", path.display());
        let file = File::open(path).map_err(|error| named(error.to_string()))?;
        let mut lines = BufReader::new(file).lines().enumerate();
        let first = next_line(&mut lines).unwrap_or_else(|| Err("it has no events".into()));
        let first = first.map_err(|why| {
            named(format!(
                "{why}. A replay needs NDJSON, as `switchboard export FILE.ndjson` writes it"
            ))
        })?;
        Ok(Self { path: path.to_owned(), lines, first, speed })
    }

    /// The org whose events these are.
    #[must_use]
    pub fn org(&self) -> OrgId {
        self.first.org.clone()
    }

    fn words(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        format!("{} x{}", name.to_string_lossy(), self.speed)
    }
}

/// The next line that has something in it, as an event or as the reason why it is none.
fn next_line(lines: &mut NumberedLines) -> Option<Result<EventLine, String>> {
    loop {
        let (number, line) = lines.next()?;
        let number = number + 1;
        match line {
            Err(error) => return Some(Err(format!("line {number} cannot be read: {error}"))),
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => {
                let read = EventLine::read(&line);
                return Some(read.map_err(|why| format!("line {number} is no event: {why}")));
            }
        }
    }
}

/// Plays a file to its end, and tells `played` each entry. Lines that are no events are told and passed over.
pub(super) async fn play(replay: Replay, to: mpsc::Sender<Msg>, played: mpsc::Sender<Arc<Entry>>) {
    let words = replay.words();
    let Replay { mut lines, first, speed, .. } = replay;
    let up = |at: Timestamp, words: String| {
        Msg::Feed(FeedEvent::up(Hello {
            now: at,
            sandbox: true,
            replay: Some(words),
            ..Hello::default()
        }))
    };
    let mut clock = Clock { at: first.event.at, due: Instant::now(), speed };
    if to.send(up(clock.at, words.clone())).await.is_err() {
        return;
    }
    let (ahead, mut read) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut next = Some(Ok(first));
        while let Some(line) = next {
            if ahead.blocking_send(line).is_err() {
                return;
            }
            next = next_line(&mut lines);
        }
    });
    let mut place = Seq(0);
    let mut entry: Option<(Seq, Entry)> = None;
    loop {
        let line = match read.recv().await {
            Some(Ok(line)) => Some(line),
            Some(Err(why)) => {
                if to.send(Msg::Failed(why)).await.is_err() {
                    return;
                }
                continue;
            }
            None => None,
        };
        if let (Some((seq, entry)), Some(line)) = (&mut entry, &line)
            && *seq == line.seq
        {
            entry.events.push(line.event.clone());
            continue;
        }
        if let Some((_, whole)) = entry.take() {
            sleep_until(clock.due(whole.at)).await;
            let whole = Arc::new(whole);
            let _ = played.send(Arc::clone(&whole)).await;
            if to.send(Msg::Feed(FeedEvent::Entry(whole))).await.is_err() {
                return;
            }
        }
        let Some(EventLine { seq, org, event, .. }) = line else { break };
        // The file may be a part of the log, and what is left out of it is no gap.
        place = place.next();
        let (at, events) = (event.at, vec![event]);
        let (id, prev_id) = (EntryId::default(), EntryId::default());
        entry = Some((seq, Entry { org, seq: place, id, prev_id, at, events, call: None }));
    }
    let _ = to.send(up(clock.at, format!("{words}, at its end"))).await;
}

/// When what happened at one time is shown.
struct Clock {
    /// What was shown last, and when.
    at: Timestamp,
    due: Instant,
    speed: f64,
}

impl Clock {
    fn due(&mut self, at: Timestamp) -> Instant {
        let pause = at.since(self.at).as_secs_f64() / self.speed;
        self.due += Duration::try_from_secs_f64(pause).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
        self.at = self.at.max(at);
        self.due
    }
}

/// Answers whatever the console asks, until it asks no more.
pub(super) async fn answers(
    mut asked: mpsc::Receiver<Effect>,
    mut played: mpsc::Receiver<Arc<Entry>>,
    to: mpsc::Sender<Msg>,
) {
    let mut kept = VecDeque::new();
    loop {
        let effect = tokio::select! {
            // What was played is known before it is asked for.
            biased;
            Some(entry) = played.recv() => {
                kept.push_back(entry);
                if kept.len() > KEPT {
                    kept.pop_front();
                }
                continue;
            }
            effect = asked.recv() => effect,
        };
        let Some(effect) = effect else { return };
        let answer = match effect {
            Effect::Timeline(page) => {
                let result = Ok(page_of(kept.iter(), &page, PAGE));
                Some(Msg::Timeline { page, result })
            }
            effect => answer(effect),
        };
        if let Some(answer) = answer
            && to.send(answer).await.is_err()
        {
            return;
        }
    }
}

/// A page of a customer's history out of entries in order, as a hub would give it.
pub(super) fn page_of<'a>(
    log: impl DoubleEndedIterator<Item = &'a Arc<Entry>>,
    page: &TimelinePage,
    limit: usize,
) -> HistoryPage {
    let theirs = |entry: &&Arc<Entry>| {
        entry.events.iter().any(|event| event.customer.as_ref() == Some(&page.customer))
    };
    let log = log.filter(theirs);
    let wanted = limit + 1;
    let mut entries: Vec<_> = match page.from {
        TimelineFrom::Newest => log.rev().take(wanted).cloned().collect(),
        TimelineFrom::Before(place) => {
            log.rev().filter(|entry| entry.seq < place).take(wanted).cloned().collect()
        }
        TimelineFrom::After(place) => {
            log.filter(|entry| entry.seq > place).take(wanted).cloned().collect()
        }
    };
    let more = entries.len() > limit;
    entries.truncate(limit);
    HistoryPage { entries, more, unread: 0 }
}

/// What a question or command gets where there is no hub; `None` for what wants no answer.
pub(super) fn answer(effect: Effect) -> Option<Msg> {
    let refused = |why| ClientError::Refused(Box::new(receipt::state(false, why, None)));
    let why = "this is a replay of a file: there is no hub to ask or to send to";
    let no_hub = || refused(why);
    Some(match effect {
        Effect::Send { call, .. } => Msg::Sent { call, result: Err(no_hub()) },
        Effect::Inspect(customer) => {
            let why = "a replay of a file has no customers, only what happened to them";
            Msg::Inspected { customer, result: Err(refused(why)) }
        }
        Effect::History { before } => Msg::Past { before, result: Err(no_hub()) },
        Effect::LookBack(asked) => Msg::LookedBack { asked, result: Err(no_hub()) },
        Effect::Timeline(page) => Msg::Timeline { page, result: Err(no_hub()) },
        Effect::Search { before, filter } => {
            Msg::Searched { before, filter, result: Err(no_hub()) }
        }
        Effect::SearchOn { after, filter } => {
            Msg::SearchedOn { after, filter, result: Err(no_hub()) }
        }
        Effect::GoTo { moment, filter } => Msg::Placed { moment, filter, result: Err(no_hub()) },
        Effect::Find(words) => Msg::Found { words, result: Err(no_hub()) },
        Effect::DryRun { token, .. } => Msg::Outlook { token, result: Err(no_hub()) },
        Effect::Live => Msg::Live(Err(no_hub())),
        Effect::Earlier(_) => Msg::Earlier(Err(no_hub())),
        Effect::EarlierCourse(_) => Msg::EarlierCourse(Err(no_hub())),
        Effect::List(list) => Msg::Listed { list, result: Err(no_hub()) },
        Effect::People(question) => {
            Msg::People(PeopleNews::Piece { question, result: Err(no_hub()) })
        }
        Effect::ExportPeople(order) => {
            Msg::People(PeopleNews::Written { path: order.path, result: Err(no_hub().to_string()) })
        }
        Effect::Export(_) => Msg::Export(ExportNews::Failed(no_hub().to_string())),
        Effect::Copy { .. }
        | Effect::CopyByTerminal(_)
        | Effect::StopExport
        | Effect::RetryNow
        | Effect::Redraw
        | Effect::CaptureMouse(_)
        | Effect::Alert(_)
        | Effect::Title(_)
        | Effect::Welcomed
        | Effect::Edit(_)
        | Effect::Suspend
        | Effect::Quit => return None,
    })
}
