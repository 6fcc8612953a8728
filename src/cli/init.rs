//! `switchboard init`: writes the settings of a hub with a real network, from the answers to a few questions (R-CARRY-13).
//!
//! Nothing is written that could not be used: the settings are read as a hub would read them, and the network is asked
//! whether it takes the login.

use super::{
    args::InitArgs,
    exit::{CliError, Code},
    out,
};
use crate::{carriers, console::text::Safe, hub::config::HubConfig, hub::private};
use std::{
    io::{self, BufRead as _},
    path::{Path, PathBuf},
};

/// Writes the file. `org` is its id if it is known already.
pub async fn run(file: &Path, org: Option<&str>, args: InitArgs) -> Result<(), CliError> {
    if file.exists() {
        return Err(CliError::usage(format!(
            "{} is there already and stays as it is: name another file, or move it away",
            file.display()
        )));
    }
    let no_check = args.no_check;
    let text = settings(file, &SmppAccount::complete(org, args)?)?;
    let config = HubConfig::parse(file, &text)
        .map_err(|error| CliError::usage(format!("nothing is written: {error}")))?;
    for carrier in config.orgs.iter().flat_map(|org| &org.carriers).filter(|_| !no_check) {
        carriers::check(carrier).await.map_err(|why| {
            CliError::new(
                Code::Unreachable,
                format!(
                    "nothing is written, because the network does not let the hub in: {why}\n\
                     Ask whoever runs it, or write the file without asking the network: --no-check"
                ),
            )
        })?;
        out::line("the network takes the login; nothing was sent to a customer")?;
    }
    private::write_new(file, &text).map_err(|error| {
        CliError::new(Code::LogFailed, format!("cannot write {}: {error}", file.display()))
    })?;
    let name = Safe::new(&file.display().to_string());
    out::line(&format!("{} is written", name.as_str()))?;
    out::line(&format!("next: switchboard --config {}", name.as_str()))?;
    Ok(())
}

/// What the file is made from.
struct SmppAccount {
    org: String,
    region: String,
    address: String,
    system_id: String,
    password_file: PathBuf,
    sender: String,
}

impl SmppAccount {
    /// Asks for what is not given.
    fn complete(org: Option<&str>, args: InitArgs) -> Result<Self, CliError> {
        let org = org.map(str::to_owned);
        let org = answered(org, "--org", "Who are you? One word for your org, such as bahari")?;
        let region = answered(args.region, "--region", "In which country? Such as KE")?;
        let address = "Which network? Its host and port for SMPP, such as smsc.example.org:2775";
        let address = answered(args.address, "--address", address)?;
        let system_id = "What does it know you by? The system_id of its operator";
        let system_id = answered(args.system_id, "--system-id", system_id)?;
        let sender = "What do your messages come from? Such as 40404 or +254711082000";
        let sender = answered(args.sender, "--sender", sender)?;
        let asked = "Where is its password? A file that only you can read";
        let given = args.password_file.map(|file| file.display().to_string());
        let password_file = answered(given, "--password-file", asked)?.into();
        let region = region.to_uppercase();
        Ok(Self { org, region, address, system_id, password_file, sender })
    }
}

/// What was given, or else what is answered on standard input.
fn answered(given: Option<String>, flag: &str, question: &str) -> Result<String, CliError> {
    if let Some(given) = given {
        return Ok(given.trim().to_owned());
    }
    out::complain(question);
    let mut line = String::new();
    let unread = |error: io::Error| {
        CliError::new(Code::LogFailed, format!("cannot read the answer: {error}"))
    };
    io::stdin().lock().read_line(&mut line).map_err(unread)?;
    match line.trim() {
        "" => Err(CliError::usage(format!(
            "nothing is written, because there is no answer: give it, or {flag}"
        ))),
        answer => Ok(answer.to_owned()),
    }
}

fn settings(file: &Path, account: &SmppAccount) -> Result<String, CliError> {
    // Paths in the file are relative to its folder, and the answer is relative to the folder that one is in.
    let is_here = file.parent().is_none_or(|folder| folder.as_os_str().is_empty());
    let password = &account.password_file;
    let password = if is_here { Ok(password.clone()) } else { std::path::absolute(password) };
    let password = password.map_err(|error| CliError::usage(error.to_string()))?;
    if !password.exists() {
        return Err(CliError::usage(format!(
            "nothing is written, because there is no file {0}: make it with\n  \
             umask 077; cat > {0}\nthe password, Enter and Ctrl-D",
            password.display()
        )));
    }
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let (org, region, sender) =
        (quoted(&account.org), quoted(&account.region), quoted(&account.sender));
    let (address, system_id) = (quoted(&account.address), quoted(&account.system_id));
    let password = quoted(&password.display().to_string());
    Ok(format!(
        r#"# The settings of a switchboard hub with a real network. `switchboard --config` opens a console on a hub of its
# own with them; `switchboard serve --config` runs the hub for a team. Paths are relative to this file.

# Where the hub listens. Only this machine reaches it there.
listen = "127.0.0.1:7400"
# Where everything is kept. Make copies of it.
data_dir = "data"

[[org]]
id = {org}
apps = ["helpdesk"]
# A number without a country, such as 0711000101, is one of this country.
region = {region}

# The connection to the network.
[[org.carrier]]
id = "network"
kind = "smpp"
address = {address}
system_id = {system_id}
password = {{ file = {password} }}
# How many messages go in a second. Ask the operator what is allowed.
per_second = 10
# A message of which nobody knows whether it arrived is not sent again. "repeat" sends it once more.
on_unknown = "hold"

# What messages come from, and what customers write to.
[[org.channel]]
channel = "sms"
number = {sender}
app = "helpdesk"
carrier = "network"

# For a team each agent has a key. Make one with: umask 077; head -c 24 /dev/urandom | base64 > wanjiku.key
# [[org.key]]
# label = "wanjiku"
# file = "wanjiku.key"
"#
    ))
}
