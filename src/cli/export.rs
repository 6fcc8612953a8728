//! `switchboard export`: the events that a filter shows, in a file.

use super::{
    exit::{CliError, Code},
    out, tail,
    times::TimesArgs,
};
use crate::{
    console::{
        clock,
        export::{self, ExportError, ExportOrder, ExportProgress, FileFormat, Keeps, StreamError},
        pane::feed::Depth,
    },
    sdk::Client,
};
use clap::ValueEnum;
use std::{convert::Infallible, io, path::Path, time::Duration};
use tokio::{sync::watch, time::sleep};

/// The formats by the names that `--format` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileKind {
    #[value(alias = "json")]
    Ndjson,
    Csv,
}

impl From<FileKind> for FileFormat {
    fn from(kind: FileKind) -> Self {
        match kind {
            FileKind::Ndjson => Self::Ndjson,
            FileKind::Csv => Self::Csv,
        }
    }
}

/// Which events to write.
pub struct Exported {
    /// Only events that match this filter.
    pub query: String,
    /// Only events of this depth of the console.
    pub depth: Depth,
    /// Only events of these times.
    pub times: TimesArgs,
    pub masked: bool,
}

/// Writes the file, or to standard output for `-`, and says on stderr how many events it has.
pub async fn run(
    client: &Client,
    wanted: &Exported,
    format: Option<FileKind>,
    file: &Path,
) -> Result<(), CliError> {
    let (query, masked) = (&*wanted.query, wanted.masked);
    let to_stdout = file.as_os_str() == "-";
    let format = match (format.map(FileFormat::from), FileFormat::of(file)) {
        (Some(format), _) | (None, Some(format)) => format,
        (None, None) if to_stdout => FileFormat::Ndjson,
        (None, None) => {
            return Err(CliError::usage(format!(
                "{} ends in neither .ndjson nor .csv: say --format",
                file.display()
            )));
        }
    };
    // A text that is no filter is the caller's mistake, whether a hub is there or not.
    tail::parse(query, clock::now())?;
    wanted.times.check()?;
    let hello = client.hello().await?;
    let span = wanted.times.read(hello.now)?;
    let order = ExportOrder { filter: tail::asker(hello.now)?.asks(query), span, format, masked };
    let keeps: Keeps<'_> = &|event| wanted.depth.shows(event);
    let (progress, come) = watch::channel(ExportProgress::default());
    let write = async {
        if !to_stdout {
            return export::to_file(client, &order, keeps, file, &progress).await.map(Some);
        }
        let mut stdout = io::BufWriter::new(io::stdout());
        match export::to_stream(client, &order, keeps, &mut stdout, &progress).await {
            Err(StreamError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(None),
            Err(StreamError::Io(error)) => Err(ExportError::File { path: file.into(), error }),
            Err(StreamError::Export(error)) => Err(error),
            Ok(done) => Ok(Some(done)),
        }
    };
    let done = tokio::select! {
        done = write => done,
        never = tell(come) => match never {},
    };
    if out::is_watched() {
        out::progress("");
    }
    let done = done.map_err(|error| match error {
        ExportError::Hub(error) => error.into(),
        ExportError::File { .. } | ExportError::Exists { .. } => {
            CliError::new(Code::LogFailed, error.to_string())
        }
        ExportError::Filter(_) | ExportError::NoHistory | ExportError::Gap { .. } => {
            CliError::new(Code::Refused, error.to_string())
        }
    })?;
    let how = if masked { "masked; --unmasked writes them whole" } else { "whole" };
    if let Some(done) = done {
        if let Some(first) = done.kept_from {
            out::complain(&format!(
                "it begins with entry {first}, because the hub no longer keeps what was before"
            ));
        }
        out::complain(&format!("{} events, {how}", done.events));
    }
    Ok(())
}

/// Says on a terminal every second how far it has come.
async fn tell(come: watch::Receiver<ExportProgress>) -> Infallible {
    loop {
        sleep(Duration::from_secs(1)).await;
        if out::is_watched() {
            let now = *come.borrow();
            out::progress(&format!("{} % of the log, {} events", now.percent(), now.events));
        }
    }
}
