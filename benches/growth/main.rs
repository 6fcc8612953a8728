//! How the hub grows: the same measurements with 10,000 customers and 100,000 events, and with ten times as
//! many, beside what the parts take without a hub in the same run. `SIZES="100000:1000000 1000000:10000000"`
//! chooses other sizes; the last of these needs 10 GB of disk and about half an hour. `PLOT=docs/growth.svg`
//! draws some of the figures too.
//!
//! Each step is a process of its own, so that the memory after a start is that of a hub alone. The first
//! process keeps the folder and removes it in the end. CPU time and memory need Linux.

#[path = "../made/mod.rs"]
mod made;
mod plot;
mod step;
mod table;

use std::{
    collections::BTreeMap,
    env, fs,
    path::Path,
    process::{ExitCode, Stdio},
};
use step::Rig;
use tokio::process::Command;

/// The allocator of the binary.
#[cfg(all(feature = "console", not(target_env = "msvc")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const SIZES: &str = "10000:100000 100000:1000000";

/// What was measured at one size.
struct Column {
    customers: usize,
    events: usize,
    /// By the names that the steps give them. Times are in seconds.
    figures: BTreeMap<String, f64>,
}

#[expect(clippy::cast_precision_loss, reason = "a figure is rounded anyway")]
fn float(n: impl TryInto<u64>) -> f64 {
    n.try_into().map_or(f64::NAN, |n| n as f64)
}

/// Measures one size; the error names the step that failed.
async fn measured(customers: usize, events: usize) -> Result<Column, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut column = Column { customers, events, figures: BTreeMap::new() };
    for step in step::STEPS {
        eprintln!("{customers} customers, {events} events: {step}");
        // What was written before may not slow down what is durable in this step. It is not everywhere.
        let _ = Command::new("sync").status().await;
        let mut command = Command::new(env::current_exe().map_err(|error| error.to_string())?);
        command.arg(step).arg(folder.path()).args([customers, events].map(|n| n.to_string()));
        let run = command.stderr(Stdio::inherit()).kill_on_drop(true).output().await;
        let run = run.map_err(|error| error.to_string())?;
        for line in String::from_utf8_lossy(&run.stdout).lines() {
            if let Some((what, figure)) = line.split_once('=') {
                column.figures.insert(what.to_owned(), figure.parse().unwrap_or(f64::NAN));
            }
        }
        if !run.status.success() {
            return Err(format!("{events} events: {step}: {}", run.status));
        }
    }
    Ok(column)
}

/// Measures all sizes, and shows those that were measured also if one fails.
async fn compare(sizes: &[(usize, usize)]) -> ExitCode {
    let (mut columns, mut code) = (Vec::new(), ExitCode::SUCCESS);
    for &(customers, events) in sizes {
        match measured(customers, events).await {
            Ok(column) => columns.push(column),
            Err(why) => {
                eprintln!("{why}");
                code = ExitCode::FAILURE;
                break;
            }
        }
    }
    if !columns.is_empty() {
        print!("{}", table::markdown(&columns));
        if let Some(path) = env::var_os("PLOT") {
            fs::write(&path, plot::svg(&columns)).expect("a file for the drawing");
        }
    }
    code
}

fn pair(text: &str) -> Option<(usize, usize)> {
    let (customers, events) = text.split_once(':')?;
    Some((customers.parse().ok()?, events.parse().ok()?))
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [step, folder, customers, events] = &arguments[..] {
        let [customers, events] = [customers, events].map(|n| n.parse().expect("a number"));
        let folder = Path::new(folder).to_owned();
        Rig { folder, customers, events }.run(step).await;
        return ExitCode::SUCCESS;
    }
    let sizes = env::var("SIZES").unwrap_or_else(|_| SIZES.to_owned());
    let sizes: Option<Vec<_>> = sizes.split_whitespace().map(pair).collect();
    let Some(sizes) = sizes.filter(|all| all.iter().all(|(few, many)| 0 < *few && 2 * few < *many))
    else {
        eprintln!(
            "SIZES is a list such as \"{SIZES}\": customers, and more than twice as many events"
        );
        return ExitCode::FAILURE;
    };
    tokio::select! {
        code = compare(&sizes) => code,
        // The folder is removed then too.
        _ = tokio::signal::ctrl_c() => ExitCode::FAILURE,
    }
}
