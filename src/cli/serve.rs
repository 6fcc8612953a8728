//! `switchboard serve`: a hub without a console, for a team.

use super::{
    args::ConnectionArgs,
    exit::{CliError, Code},
    hub_log, out,
};
use crate::{
    carriers,
    hub::{
        config::{HubConfig, LogFormat},
        serve::{self, Running},
    },
    sandbox,
};
use clap::Args;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// What is said at the start of a hub.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// The settings file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Listen here and not where the settings say (port 0 picks a free one)
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Allow other machines without TLS, if the settings say `plaintext = true` too
    #[arg(long)]
    plaintext: bool,
    /// How to write the log on stderr: text, or json with one object a line
    #[arg(long, value_name = "FORMAT", value_parser = hub_log::format())]
    log: Option<LogFormat>,
}

/// Runs until SIGTERM or SIGINT, then lets running requests end; or until the log fails.
///
/// One line on stdout says where it listens, as soon as it does, so that a script can wait for it.
/// Everything else goes to stderr.
pub async fn run(asked: &ConnectionArgs, args: ServeArgs) -> Result<(), CliError> {
    let ServeArgs { config: settings, listen, plaintext, log } = args;
    let settings = settings.as_path();
    let mut config = HubConfig::load(settings).map_err(|e| CliError::usage(e.to_string()))?;
    hub_log::start(log.unwrap_or(config.log))?;
    config.listen = listen.or(config.listen);
    if let Some(dir) = &asked.data_dir {
        config.data_dir = Some(dir.clone());
    }
    config.accept_loss = asked.accept_loss;
    config.plaintext.at_start = plaintext;
    if config.listen.is_none() {
        return Err(CliError::usage(format!(
            "no address to listen on: give --listen ADDR, or `listen` in {}",
            settings.display()
        )));
    }
    let running = serve::start(config, &[sandbox::attach, carriers::attach])
        .await
        .map_err(|error| CliError::new(Code::from(&error), error.to_string()))?;
    let addr = running.addr.map_or_else(String::new, |addr| addr.to_string());
    // Signals are waited for before the address is told: whoever reads it may ask for a stop at once.
    let asked_to_stop = asked_to_stop();
    let mut asked_to_reread = AskedToReread::new();
    for note in &running.notes {
        let _ = out::line(note)?;
    }
    let _ = out::line(&format!("listening on {addr}"))?;
    tokio::pin!(asked_to_stop);
    loop {
        tokio::select! {
            signal = &mut asked_to_stop => {
                tracing::info!(signal, "draining");
                running.shutdown().await;
                return Ok(());
            }
            () = asked_to_reread.once() => reread(&running, settings),
            why = running.failed() => return Err(CliError::new(
                Code::LogFailed,
                format!(
                    "{why}; the hub stopped itself, so that nothing is acknowledged that may be lost; \
                     check the disk, then start it again: what was acknowledged is there"
                ),
            )),
        }
    }
}

/// Takes the keys of the settings as they are now (R-KEY-2).
fn reread(running: &Running, settings: &Path) {
    match HubConfig::load(settings) {
        Ok(config) => {
            let odd = running.take_keys(&config);
            for line in &odd {
                tracing::warn!("SIGHUP: {line}");
            }
            let (given, taken) = (config.key_count(), config.key_count() - odd.len());
            tracing::info!(
                "SIGHUP: API keys in the settings: {given}, taken: {taken}; what else has changed in them waits for a restart"
            );
        }
        Err(why) => tracing::warn!("SIGHUP: the API keys stay as they were: {why}"),
    }
}

/// SIGHUP, which asks to read the keys of the settings again. It counts from when this is made.
struct AskedToReread {
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
}

impl AskedToReread {
    fn new() -> Self {
        Self {
            #[cfg(unix)]
            hangup: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    async fn once(&mut self) {
        #[cfg(unix)]
        if let Some(hangup) = &mut self.hangup
            && hangup.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

/// A signal that asks to stop, by its name. It counts from when this is called, and not from when the future
/// is first polled.
fn asked_to_stop() -> impl Future<Output = &'static str> {
    #[cfg(unix)]
    let signals = {
        use tokio::signal::unix::{SignalKind, signal};
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    };
    async move {
        #[cfg(unix)]
        if let (Ok(mut term), Ok(mut int)) = signals {
            return tokio::select! {
                _ = term.recv() => "SIGTERM",
                _ = int.recv() => "SIGINT",
            };
        }
        let _ = tokio::signal::ctrl_c().await;
        "interrupt"
    }
}
