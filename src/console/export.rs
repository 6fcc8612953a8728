//! Writes what a filter shows into a file: every event of the org's log that matches, the oldest first, as
//! NDJSON or as CSV. What is personal is masked unless the whole is asked for.
//!
//! The hub is followed from the beginning of the log, or a time in it, to where it ended when the export began, or
//! to another time, so that a hub that restarts meanwhile costs time and no event. The file has its name only once it is whole.

use crate::{
    model::{
        ClientError, Event, FeedEvent, FeedStart, GapReason, Seq,
        client::{AskedFilter, TimeSpan},
        event_line::EventLine,
    },
    query::{Filter, FilterError},
    sdk::Client,
};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};
use tokio::sync::watch;

pub mod people;
#[cfg(test)]
mod tests;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileFormat {
    /// One JSON object on each line, which `--replay` reads.
    Ndjson,
    /// A header and rows, for a spreadsheet.
    Csv,
}

impl FileFormat {
    /// What the names of such files end in.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }
    /// The format of a file with this name; `None` if its name tells none.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        let is = |format: &Self| ending.eq_ignore_ascii_case(format.ending());
        if ending.eq_ignore_ascii_case("jsonl") {
            return Some(Self::Ndjson);
        }
        [Self::Ndjson, Self::Csv].into_iter().find(is)
    }
}

/// What is written, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportOrder {
    /// Which events; a blank text means all of them.
    pub filter: AskedFilter,
    /// Of which time.
    pub span: TimeSpan,
    pub format: FileFormat,
    /// Whether what is personal is only a shape.
    pub masked: bool,
}

/// Says whether an event that matches is written, such as by the depth of a view.
pub type Keeps<'a> = &'a (dyn Fn(&Event) -> bool + Sync);

/// How far an export has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportProgress {
    /// How many events were written.
    pub events: u64,
    /// Behind this entry it began.
    pub after: Seq,
    /// Up to this entry the log has been looked at.
    pub at: Seq,
    /// The last entry that is looked at.
    pub head: Seq,
    /// The first entry that the hub still has, if it no longer keeps what was before (R-KEEP-2).
    pub kept_from: Option<Seq>,
}

impl ExportProgress {
    /// How much of what is to be looked at was, from 0 to 100.
    #[must_use]
    pub fn percent(&self) -> u64 {
        let done = |to: Seq| to.0.saturating_sub(self.after.0);
        (done(self.at.min(self.head)) * 100).checked_div(done(self.head)).unwrap_or(100)
    }
}

/// Why a file was not written. Nothing is left of it then.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the filter is none: {0}")]
    Filter(#[from] FilterError),
    #[error("{0}")]
    Hub(#[from] ClientError),
    #[error("cannot write {path}: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("{path} is there already: nothing was written over it")]
    Exists { path: PathBuf },
    #[error("this server keeps no history, so there is nothing to export")]
    NoHistory,
    /// Entries are missing between these places of the log.
    #[error("the entries between {after} and {next} cannot be had ({}), so the file would not be whole", .reason.words())]
    Gap { after: Seq, next: Seq, reason: GapReason },
}

/// Writes a new file. Where the name is taken nothing is done, and a file that could not be finished is
/// taken away, also where the future is dropped.
///
/// # Errors
///
/// Why there is no file: the hub, the filter, the log or the disk.
pub async fn to_file(
    client: &Client,
    order: &ExportOrder,
    keeps: Keeps<'_>,
    path: &Path,
    progress: &watch::Sender<ExportProgress>,
) -> Result<ExportProgress, ExportError> {
    let failed = |error| ExportError::File { path: path.to_owned(), error };
    let mut part = PartFile::create(path)?;
    let done =
        write(client, (order, keeps), &mut part.out, progress).await.map_err(
            |error| match error {
                StreamError::Io(error) => failed(error),
                StreamError::Export(error) => error,
            },
        )?;
    part.finish(path).map_err(failed)?;
    Ok(done)
}

/// Writes to a stream, such as standard output.
///
/// # Errors
///
/// Why the stream has not got everything, with an error of the stream as a kind of its own.
pub async fn to_stream(
    client: &Client,
    order: &ExportOrder,
    keeps: Keeps<'_>,
    out: &mut impl Write,
    progress: &watch::Sender<ExportProgress>,
) -> Result<ExportProgress, StreamError> {
    write(client, (order, keeps), out, progress).await
}

/// Why a stream has not got everything.
#[derive(Debug)]
pub enum StreamError {
    /// It could not be written to.
    Io(io::Error),
    Export(ExportError),
}

impl From<io::Error> for StreamError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
impl<E: Into<ExportError>> From<E> for StreamError {
    fn from(error: E) -> Self {
        Self::Export(error.into())
    }
}

async fn write(
    client: &Client,
    (order, keeps): (&ExportOrder, Keeps<'_>),
    out: impl Write,
    progress: &watch::Sender<ExportProgress>,
) -> Result<ExportProgress, StreamError> {
    let filter = Filter::asked(&order.filter)?;
    let hello = client.hello().await?;
    if hello.live_only {
        return Err(ExportError::NoHistory.into());
    }
    let (after, head) = client.places_of(&order.span, hello.head).await?;
    let start = FeedStart::After { log_id: hello.log_id, seq: after };
    let mut feed = if filter.is_empty() {
        client.feed(start)
    } else {
        client.filtered_feed(start, order.filter.clone())
    };
    let mut writer = Lines::begin(order.format, out)?;
    let mut now = ExportProgress { events: 0, after, at: after, head, kept_from: None };
    while now.at < now.head {
        match feed.next().await {
            FeedEvent::Entry(entry) if entry.seq > now.head => now.at = entry.seq,
            FeedEvent::Entry(entry) => {
                for (index, event) in entry.events.iter().enumerate() {
                    if filter.matches(event) && keeps(event) {
                        let event = if order.masked { event.masked() } else { event.clone() };
                        writer.line(&EventLine::new(entry.seq, index, &entry.org, event))?;
                        now.events += 1;
                    }
                }
                now.at = entry.seq;
                progress.send_replace(now);
            }
            FeedEvent::Bookmark { seq, .. } => {
                now.at = now.at.max(seq);
                progress.send_replace(now);
            }
            // What the hub no longer keeps is before everything that it has.
            FeedEvent::Gap { next, reason: GapReason::Pruned, .. } if now.events == 0 => {
                now.kept_from = Some(next);
                now.at = Seq(next.0.saturating_sub(1));
                progress.send_replace(now);
            }
            FeedEvent::Gap { after, next, reason } => {
                return Err(ExportError::Gap { after, next, reason }.into());
            }
            FeedEvent::Up(_) | FeedEvent::Down { retry_in: Some(_), .. } => {}
            FeedEvent::Down { error, retry_in: None, .. } => return Err(error.into()),
        }
    }
    writer.end()?;
    Ok(now)
}

/// The lines of a file in either format.
enum Lines<W: Write> {
    Ndjson(W),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Lines<W> {
    fn begin(format: FileFormat, out: W) -> io::Result<Self> {
        Ok(match format {
            FileFormat::Ndjson => Self::Ndjson(out),
            FileFormat::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(EventLine::COLUMNS)?;
                Self::Csv(Box::new(writer))
            }
        })
    }
    fn line(&mut self, line: &EventLine) -> io::Result<()> {
        match self {
            Self::Ndjson(out) => writeln!(out, "{}", line.json()),
            Self::Csv(writer) => Ok(writer.write_record(line.cells())?),
        }
    }
    fn end(mut self) -> io::Result<()> {
        match &mut self {
            Self::Ndjson(out) => out.flush(),
            Self::Csv(writer) => writer.flush(),
        }
    }
}

/// A file that is being written under another name. Dropping it before it is finished takes it away.
struct PartFile {
    path: PathBuf,
    out: BufWriter<File>,
    is_finished: bool,
}

impl PartFile {
    fn create(path: &Path) -> Result<Self, ExportError> {
        if path.try_exists().unwrap_or(false) {
            return Err(ExportError::Exists { path: path.to_owned() });
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".part");
        let part = PathBuf::from(name);
        // What customers wrote is for whoever exports it, and not for everyone on the machine.
        let mut how = File::options();
        how.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
        match how.open(&part) {
            Ok(file) => Ok(Self { path: part, out: BufWriter::new(file), is_finished: false }),
            Err(error) => Err(ExportError::File { path: path.to_owned(), error }),
        }
    }
    /// Gives the file its name, unless something has taken that meanwhile.
    fn finish(mut self, path: &Path) -> io::Result<()> {
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        // A second name is refused where the name is taken, and a rename would write over it. Not every
        // file system has second names.
        match fs::hard_link(&self.path, path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            Err(_) => {
                fs::rename(&self.path, path)?;
                self.is_finished = true;
            }
        }
        Ok(())
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.is_finished {
            let _ = fs::remove_file(&self.path);
        }
    }
}
