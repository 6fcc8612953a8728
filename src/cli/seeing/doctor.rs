//! `switchboard doctor`: what an agent's machine, settings, terminal and way to the hub are like (R-SEE-6). It starts no
//! hub and changes nothing, and works where no hub can be reached.

use super::{
    finding::{CheckedThing, Grade, fail, ok, warn},
    status::length,
    terminal::{self, SeenTerminal},
};
use crate::{
    cli::{args::ConnectionArgs, exit::CliError, local, open, profile},
    hub::{clock, private},
    model::Timestamp,
    sdk::Client,
};
use clap::{ArgMatches, parser::ValueSource};
use std::{
    env, fs,
    io::{self, IsTerminal as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// How many small calls are timed.
const CALLS: usize = 10;
/// A clock that is further away than this shows and makes wrong times.
const SKEW: Duration = Duration::from_secs(5);
/// A hub whose calls take longer than this is slow to work with.
const SLOW: Duration = Duration::from_millis(500);
/// A certificate that ends sooner than this has to be seen to.
const ENDS_SOON: Duration = Duration::from_hours(14 * 24);

/// Everything that is found, in the order in which it is shown.
pub(super) async fn findings(target: &ConnectionArgs, matches: &ArgMatches) -> Vec<CheckedThing> {
    let mut all = vec![ok(
        "version",
        format!(
            "switchboard {} on {} {}",
            env!("CARGO_PKG_VERSION"),
            env::consts::OS,
            env::consts::ARCH
        ),
    )];
    all.extend(paths(target));
    let (settings, elsewhere) = settings(target, matches);
    let is_broken =
        settings.iter().any(|found| found.name == "profile" && found.grade == Grade::Fail);
    all.extend(settings);
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    all.extend(terminal::findings(&SeenTerminal {
        variable: &variable,
        size: is_terminal.then(|| crossterm::terminal::size().ok()).flatten(),
        is_terminal,
    }));
    if is_broken {
        // Which hub is meant stands in the profile.
    } else if elsewhere {
        all.extend(hub(target).await);
    } else {
        all.push(ok(
            "hub",
            "none is named: the console starts one in its own process, on the data folder",
        ));
    }
    all
}

/// The files and folders of this user.
fn paths(target: &ConnectionArgs) -> Vec<CheckedThing> {
    let mut all = Vec::new();
    if let Ok(dirs) = etcetera::choose_base_strategy() {
        let config = profile::path(&dirs);
        for name in ["config.toml", "keymap.toml", "views.toml", "replies.toml"] {
            all.push(place("config", &config.with_file_name(name)));
        }
    } else {
        all.push(warn(
            "config",
            "there is no home folder, and so no profile",
            "Set HOME, or say everything with options.",
        ));
    }
    match local::data_dir(target.data_dir.as_deref()) {
        Ok(folder) => all.push(place("data", &folder)),
        Err(error) => all.push(warn("data", error.to_string(), "Name one with --data-dir.")),
    }
    match open::state_path(target) {
        Ok(folder) => {
            all.push(place("state", &folder));
            all.push(place("log file", &folder.join("switchboard.log")));
        }
        Err(why) => all.push(warn("state", why, "Name a folder with --data-dir.")),
    }
    all
}

/// A file or folder, with its mode if it is there.
fn place(name: &'static str, path: &Path) -> CheckedThing {
    let shown = path.display();
    let data = match fs::metadata(path) {
        Ok(data) => data,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return ok(name, format!("{shown} (not there)"));
        }
        Err(error) => return fail(name, format!("{shown}: {error}"), "Let this user read it."),
    };
    let says = format!("{shown} (mode {:o})", data.permissions().mode() & 0o777);
    match private::check(path) {
        Ok(()) => ok(name, says),
        Err(why) => fail(name, format!("{says}: {why}"), ""),
    }
}

/// Which layer each setting comes from, and whether they name a hub elsewhere.
fn settings(target: &ConnectionArgs, matches: &ArgMatches) -> (Vec<CheckedThing>, bool) {
    let (named, mut all) = match open::profile(target) {
        Ok(named) => (named.unwrap_or_default(), Vec::new()),
        Err(error) => {
            let advice = "Mend config.toml: nothing that needs a profile works before.";
            (profile::Profile::default(), vec![fail("profile", error.to_string(), advice)])
        }
    };
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let asked = [
        ("profile", target.profile.clone(), None),
        ("endpoint", target.endpoint.clone(), named.endpoint.clone()),
        ("org", target.org.clone(), named.org.clone()),
        ("app", target.app.clone(), named.app.clone()),
        ("ca", path(&target.ca), path(&named.ca)),
        ("client_cert", path(&target.client_cert), path(&named.client_cert)),
        ("client_key", path(&target.client_key), path(&named.client_key)),
        ("data_dir", path(&target.data_dir), None),
    ];
    let mut elsewhere = false;
    for (id, said, in_profile) in asked {
        let of_profile = in_profile.map(|value| (value, "profile"));
        let layer = match matches.value_source(id) {
            Some(ValueSource::EnvVariable) => "variable",
            _ => "flag",
        };
        let value = said.map(|value| (value, layer)).or(of_profile);
        elsewhere |= id == "endpoint" && value.is_some();
        if let Some((value, layer)) = value {
            all.push(ok("setting", format!("{id} = {value} (from the {layer})")));
        }
    }
    if named.insecure || target.insecure {
        all.push(warn(
            "setting",
            "insecure = true: the key may cross a network in plain text",
            "Use https:// and take it away.",
        ));
    }
    if elsewhere {
        // The key itself is shown nowhere.
        all.push(match profile::credentials(Some(&named)) {
            Ok(_) => ok("credential", credential_place(&named)),
            Err(error) => fail("credential", error.to_string(), "Without it no hub answers."),
        });
    }
    (all, elsewhere)
}

/// Where the key or token comes from.
fn credential_place(named: &profile::Profile) -> String {
    let variables = [profile::KEY_VARIABLE, profile::TOKEN_VARIABLE];
    let set =
        variables.iter().find(|name| env::var(name).is_ok_and(|text| !text.trim().is_empty()));
    let files = [("API key", &named.api_key_file), ("auth token", &named.auth_token_file)];
    match set {
        Some(name) => format!("from the variable {name}"),
        None => files
            .iter()
            .find_map(|(what, file)| {
                Some(format!("{what} from the file {}", file.as_ref()?.display()))
            })
            .unwrap_or_default(),
    }
}

/// The way to a hub elsewhere, and that hub.
async fn hub(target: &ConnectionArgs) -> Vec<CheckedThing> {
    let client = match open::elsewhere(target) {
        Ok(Some(client)) => client,
        Ok(None) => return Vec::new(),
        Err(error) => return vec![unusable(&error)],
    };
    let (hello, took) = match timed(&client).await {
        Ok(answer) => answer,
        Err(error) => return vec![unusable(&error)],
    };
    let mut all = Vec::new();
    all.push(if hello.live_only {
        warn(
            "hub",
            "it has the public contract only: no history, no search",
            "Use a switchboard hub if you need those.",
        )
    } else if hello.version == env!("CARGO_PKG_VERSION") {
        ok("hub", format!("switchboard {}, as this one", hello.version))
    } else {
        warn(
            "hub",
            format!("switchboard {}, another version than this one", hello.version),
            "It works as far as both know the same; install the version of the hub.",
        )
    });
    if let Some(outage) = &hello.cannot_write {
        all.push(fail(
            "hub",
            format!("it {outage}"),
            "Tell whoever runs it; `switchboard status`.",
        ));
    }
    let mut times = vec![took];
    while times.len() < CALLS {
        match timed(&client).await {
            Ok((_, took)) => times.push(took),
            Err(error) => {
                all.push(unusable(&error));
                break;
            }
        }
    }
    all.push(latency(times));
    all.push(skew(&client).await);
    all.push(way(&client));
    all
}

fn unusable(error: &CliError) -> CheckedThing {
    // It says itself what to do.
    fail("hub", error.to_string(), "")
}

/// One small call, and how long it took.
async fn timed(client: &Client) -> Result<(crate::model::Hello, Duration), CliError> {
    let began = Instant::now();
    let hello = client.hello().await?;
    Ok((hello, began.elapsed()))
}

/// The middle of these times.
fn latency(mut times: Vec<Duration>) -> CheckedThing {
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    let says = format!("{:.1} ms for half of {} calls", middle.as_secs_f64() * 1e3, times.len());
    if middle > SLOW {
        warn(
            "latency",
            says,
            "The way to the hub is long or busy: each step of yours takes as long.",
        )
    } else {
        ok("latency", says)
    }
}

/// How far the clock of this machine is from that of the hub, to which it is compared in the middle of a call.
async fn skew(client: &Client) -> CheckedThing {
    let (before, began) = (clock::now(), Instant::now());
    match client.status().await {
        Ok(status) => apart(before.after(began.elapsed() / 2), status.now),
        Err(_) => ok("clock", "the hub does not say its time"),
    }
}

fn apart(ours: Timestamp, theirs: Timestamp) -> CheckedThing {
    let apart = ours.since(theirs).max(theirs.since(ours));
    let says = format!("{:.1} s from that of the hub", apart.as_secs_f64());
    if apart > SKEW {
        let advice = "Have both machines keep their time (NTP): times that you type mean another moment there.";
        warn("clock", says, advice)
    } else {
        ok("clock", says)
    }
}

/// How what is said to the hub travels.
fn way(client: &Client) -> CheckedThing {
    match client.certificate() {
        Some(certificate) => certified(&certificate, clock::now()),
        None if client.is_plaintext() => warn(
            "TLS",
            "none: what is said can be read on the way",
            "Give the hub a certificate, and use https:// (docs/configuration.md).",
        ),
        None => ok("TLS", "none, and none is needed: the hub is on this machine"),
    }
}

/// Who vouches for the hub, and until when.
fn certified(certificate: &[u8], now: Timestamp) -> CheckedThing {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
        return ok("TLS", "the certificate of the hub is of a form that this version cannot read");
    };
    let ends = Timestamp::from_secs(certificate.validity().not_after.timestamp());
    let says = format!(
        "certificate of {}, issued by {}, until {}",
        certificate.subject(),
        certificate.issuer(),
        ends.minute()
    );
    let left = ends.since(now);
    if left < ENDS_SOON {
        let says = format!("{says}, which is in {}", length(left));
        warn("TLS", says, "Tell whoever runs the hub: nobody connects after that.")
    } else {
        ok("TLS", says)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_see_6_a_clock_that_is_away_and_a_hub_that_is_slow_are_warned_of() {
        let at = Timestamp::from_secs;
        assert_eq!(apart(at(100), at(105)).grade, Grade::Ok);
        assert_eq!(apart(at(106), at(100)).grade, Grade::Warn);
        assert_eq!(apart(at(100), at(106)).says, "6.0 s from that of the hub");
        let millis =
            |all: &[u64]| latency(all.iter().copied().map(Duration::from_millis).collect());
        assert_eq!(millis(&[900, 1, 2]).says, "2.0 ms for half of 3 calls");
        assert_eq!(millis(&[501]).grade, Grade::Warn);
    }

    #[test]
    fn r_see_6_a_certificate_says_who_issued_it_and_warns_before_it_ends() {
        let made = rcgen::generate_simple_self_signed(vec!["hub.example".to_owned()]).unwrap();
        let (der, _) = (made.cert.der().to_vec(), made.signing_key);
        let read = certified(&der, clock::now());
        assert!(read.grade == Grade::Ok && read.says.contains("issued by"), "{read:?}");
        assert_eq!(certified(&der, Timestamp::from_secs(67_090_000_000)).grade, Grade::Warn);
        assert!(certified(b"x", clock::now()).says.contains("cannot read"));
    }
}
