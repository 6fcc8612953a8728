//! `switchboard init`: writes the settings of a hub with a real network, from the answers to a few questions (R-CARRY-13).
//!
//! Nothing is written that could not be used: the settings are read as a hub would read them, and the network is asked
//! whether it lets the hub in.

use super::{
    args::{InitArgs, NetworkKind},
    exit::{CliError, Code},
    out,
};
use crate::{carriers, console::text::Safe, hub::config::HubConfig, hub::private};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::ValueEnum as _;
use std::{
    fmt::Write as _,
    io::{self, BufRead as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// The file with the word that stands in the address that a network calls.
const CALLBACK_SECRET: &str = "callback.secret";

/// Writes the file. `org` is its id if it is known already.
pub async fn run(file: &Path, org: Option<&str>, args: InitArgs) -> Result<(), CliError> {
    if file.exists() {
        return Err(CliError::usage(format!(
            "{} is there already and stays as it is: name another file, or move it away",
            file.display()
        )));
    }
    let no_check = args.no_check;
    let account = NetworkAccount::complete(org, args)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let made = account.calls_us().then(|| callback_secret(folder)).transpose()?.flatten();
    let written = write(file, &account, no_check).await;
    if let (Err(_), Some(made)) = (&written, made) {
        // What was made for a file that is not there is of no use to anybody.
        let _ = std::fs::remove_file(made);
    }
    written?;
    let name = Safe::new(&file.display().to_string());
    out::line(&format!("{} is written", name.as_str()))?;
    if let Some(address) = account.called_at() {
        out::line(&format!("the network calls {}", Safe::new(&address).as_str()))?;
        out::line("what else its operator has to set is in docs/CARRIERS.md")?;
    }
    out::line(&format!("next: switchboard --config {}", name.as_str()))?;
    Ok(())
}

async fn write(file: &Path, account: &NetworkAccount, no_check: bool) -> Result<(), CliError> {
    let text = settings(file, account)?;
    let config = HubConfig::parse(file, &text)
        .map_err(|error| CliError::usage(format!("nothing is written: {error}")))?;
    for carrier in config.orgs.iter().flat_map(|org| &org.carriers).filter(|_| !no_check) {
        carriers::check(carrier).await.map_err(|why| {
            CliError::new(
                Code::Unreachable,
                format!(
                    "nothing is written, because the network does not let the hub in: {}\n\
                     Ask whoever runs it, or write the file without asking the network: --no-check",
                    Safe::new(&why).as_str()
                ),
            )
        })?;
        out::line("the network takes the login; nothing was sent to a customer")?;
    }
    private::write_new(file, &text).map_err(|error| {
        CliError::new(Code::LogFailed, format!("cannot write {}: {error}", file.display()))
    })
}

/// What the file is made from.
struct NetworkAccount {
    kind: NetworkKind,
    org: String,
    region: Option<String>,
    address: Option<String>,
    account: Option<String>,
    sender: String,
    secret_file: PathBuf,
    is_encrypted: bool,
    ca: Option<PathBuf>,
    public_url: String,
}

impl NetworkAccount {
    /// Asks for what is not given.
    fn complete(org: Option<&str>, args: InitArgs) -> Result<Self, CliError> {
        use NetworkKind as K;
        let org = org.map(str::to_owned);
        let org = answered(org, "--org", "Who are you? One word for your org, such as bahari")?;
        let kind = match args.kind {
            Some(kind) => kind,
            None => kind()?,
        };
        if args.tls && kind != K::Smpp {
            return Err(CliError::usage(
                "nothing is written: --tls is for --kind smpp; the other networks say it in their address (https://)",
            ));
        }
        let asked = |given, flag, question| answered(given, flag, question).map(Some);
        let region = match kind {
            // Whoever writes to a bot has no telephone number there.
            K::Telegram => args.region,
            _ => asked(args.region, "--region", "In which country? Such as KE")?,
        };
        let address = match kind {
            K::Smpp => "Which network? Its host and port for SMPP, such as smsc.example.org:2775",
            K::Kannel => {
                "Where is Kannel? The address of its sendsms service, such as \
                 http://127.0.0.1:13013/cgi-bin/sendsms"
            }
            K::Webhook => {
                "Where does your provider take messages? Such as https://sms.example.org/send"
            }
            K::Telegram | K::Africastalking => "",
        };
        let address = match address {
            "" => args.address,
            question => asked(args.address, "--address", question)?,
        };
        let account = match kind {
            K::Smpp => "What does it know you by? The system_id of its operator",
            K::Kannel => "What does Kannel know you by? The username of its sendsms-user",
            K::Africastalking => "What is the username of your account? sandbox for its sandbox",
            K::Telegram | K::Webhook => "",
        };
        let account = match account {
            "" => args.account,
            question => asked(args.account, "--account", question)?,
        };
        let sender = match kind {
            K::Telegram => "What is the bot called? Such as @bahari_bot",
            _ => "What do your messages come from? Such as 40404 or +254711082000",
        };
        let sender = answered(args.sender, "--sender", sender)?;
        let secret = match kind {
            K::Smpp | K::Kannel => "Where is its password? A file that only you can read",
            K::Telegram => "Where is the bot's token? A file that only you can read",
            K::Webhook => "Where is the key to sign with? A file that only you can read",
            K::Africastalking => "Where is the API key? A file that only you can read",
        };
        let given = args.secret_file.map(|file| file.display().to_string());
        let secret_file = answered(given, "--secret-file", secret)?.into();
        let region = region.map(|region| region.to_uppercase());
        let (is_encrypted, ca, public_url) = (args.tls, args.network_ca, args.public_url);
        Ok(Self {
            kind,
            org,
            region,
            address,
            account,
            sender,
            secret_file,
            is_encrypted,
            ca,
            public_url,
        })
    }

    /// Whether the network calls the hub.
    const fn calls_us(&self) -> bool {
        match self.kind {
            NetworkKind::Kannel | NetworkKind::Webhook | NetworkKind::Africastalking => true,
            NetworkKind::Smpp | NetworkKind::Telegram => false,
        }
    }

    /// What the connection is called, as in docs/CARRIERS.md.
    const fn id(&self) -> &'static str {
        match self.kind {
            NetworkKind::Smpp => "safari",
            NetworkKind::Kannel => "kannel",
            NetworkKind::Telegram => "bot",
            NetworkKind::Webhook => "own",
            NetworkKind::Africastalking => "at",
        }
    }

    /// Where the network calls the hub with what customers write, without the secret itself.
    fn called_at(&self) -> Option<String> {
        let at = format!("{}/{}/{}", self.public_url.trim_end_matches('/'), self.org, self.id());
        match self.kind {
            NetworkKind::Smpp | NetworkKind::Telegram => None,
            NetworkKind::Webhook => Some(at),
            NetworkKind::Kannel | NetworkKind::Africastalking => {
                Some(format!("{at}/SECRET/message, where SECRET is what {CALLBACK_SECRET} holds"))
            }
        }
    }

    /// What stands in the settings of the connection, a line each; `secret` is where the secret is.
    fn carrier(&self, secret: &str) -> String {
        use NetworkKind as K;
        let own = |text: &Option<String>| quoted(text.as_deref().unwrap_or_default());
        let callback = format!("callback_secret = {{ file = {} }}", quoted(CALLBACK_SECRET));
        let (address, account) = (own(&self.address), own(&self.account));
        match self.kind {
            K::Smpp => {
                let tls = if self.is_encrypted { "tls = true\n" } else { "" };
                format!(
                    "kind = \"smpp\"\naddress = {address}\n{tls}system_id = {account}\n\
                     password = {{ file = {secret} }}"
                )
            }
            K::Kannel => format!(
                "kind = \"kannel\"\nurl = {address}\nusername = {account}\n\
                 password = {{ file = {secret} }}\n{callback}"
            ),
            K::Telegram => {
                let url = self.address.as_ref().map(|url| format!("url = {}\n", quoted(url)));
                let url = url.unwrap_or_default();
                format!("kind = \"telegram\"\n{url}token = {{ file = {secret} }}")
            }
            K::Webhook => {
                format!("kind = \"webhook\"\nurl = {address}\nkey = {{ file = {secret} }}")
            }
            K::Africastalking => {
                let is_sandbox = self.account.as_deref() == Some("sandbox");
                let sandbox = "https://api.sandbox.africastalking.com";
                let url = self.address.as_deref().or_else(|| is_sandbox.then_some(sandbox));
                let url = url.map(|url| format!("url = {}\n", quoted(url))).unwrap_or_default();
                format!(
                    "kind = \"africastalking\"\n{url}username = {account}\n\
                     api_key = {{ file = {secret} }}\n{callback}"
                )
            }
        }
    }
}

/// The kind of network that is answered on standard input.
fn kind() -> Result<NetworkKind, CliError> {
    let all = NetworkKind::value_variants();
    let words: Vec<_> = all
        .iter()
        .filter_map(|kind| Some(kind.to_possible_value()?.get_name().to_owned()))
        .collect();
    let words = words.join(", ");
    let question = format!("Which kind of network? One of {words}");
    let word = answered(None, "--kind", &question)?;
    NetworkKind::from_str(&word, true).map_err(|_| {
        CliError::usage(format!("nothing is written: `{word}` is no kind of network: {words}"))
    })
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

/// Makes the word that stands in the address that a network calls, unless there is one. Returns its file if it was made.
fn callback_secret(folder: &Path) -> Result<Option<PathBuf>, CliError> {
    let file = folder.join(CALLBACK_SECRET);
    if file.exists() {
        return Ok(None);
    }
    let failed = |why: String| {
        CliError::new(Code::LogFailed, format!("cannot write {}: {why}", file.display()))
    };
    let mut bytes = Zeroizing::new([0_u8; 24]);
    getrandom::fill(bytes.as_mut()).map_err(|error| failed(error.to_string()))?;
    let word = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
    private::write_new(&file, &word).map_err(|error| failed(error.to_string()))?;
    Ok(Some(file))
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn settings(file: &Path, account: &NetworkAccount) -> Result<String, CliError> {
    // Paths in the file are relative to its folder, and the answers are relative to the folder that one is in.
    let is_here = file.parent().is_none_or(|folder| folder.as_os_str().is_empty());
    let path = |given: &PathBuf| {
        let path = if is_here { Ok(given.clone()) } else { std::path::absolute(given) };
        path.map_err(|error| CliError::usage(error.to_string()))
    };
    let secret = path(&account.secret_file)?;
    if !secret.exists() {
        let how = match account.kind {
            NetworkKind::Webhook => "echo whsec_$(head -c 32 /dev/urandom | base64)".to_owned(),
            _ => "cat".to_owned(),
        };
        let then = if how == "cat" { "\nthe secret, Enter and Ctrl-D" } else { "" };
        return Err(CliError::usage(format!(
            "nothing is written, because there is no file {0}: make it with\n  \
             umask 077; {how} > {0}{then}",
            secret.display()
        )));
    }
    let (org, sender) = (quoted(&account.org), quoted(&account.sender));
    let mut carrier = account.carrier(&quoted(&secret.display().to_string()));
    if let Some(ca) = &account.ca {
        let ca = path(ca)?;
        let _ = write!(carrier, "\nca = {}", quoted(&ca.display().to_string()));
    }
    let channel = if account.kind == NetworkKind::Telegram { "telegram" } else { "sms" };
    let mut text = r#"# The settings of a switchboard hub with a real network. `switchboard --config` opens a console on a hub of its
# own with them; `switchboard serve --config` runs the hub for a team. Paths are relative to this file.

# Where the hub listens. Only this machine reaches it there.
listen = "127.0.0.1:7400"
# Where everything is kept. Make copies of it.
data_dir = "data"
"#
    .to_owned();
    if account.calls_us() {
        let public_url = quoted(&account.public_url);
        let _ = write!(
            text,
            r#"
# Where the network calls the hub, and the address under which it reaches that.
[callbacks]
listen = "127.0.0.1:7480"
public_url = {public_url}
"#
        );
    }
    let region = account.region.as_deref().map(quoted);
    let region = region.map(|region| {
        format!(
            "# A number without a country, such as 0711000101, is one of this country.\n\
             region = {region}\n"
        )
    });
    let region = region.unwrap_or_default();
    let on_unknown = match account.kind {
        NetworkKind::Webhook => "",
        _ => {
            "# A message of which nobody knows whether it arrived is not sent again. \"repeat\" sends it once more.\n\
             on_unknown = \"hold\"\n"
        }
    };
    let id = account.id();
    let _ = write!(
        text,
        r#"
[[org]]
id = {org}
apps = ["helpdesk"]
{region}
# The connection to the network.
[[org.carrier]]
id = "{id}"
{carrier}
# How many messages go in a second. Ask the operator what is allowed.
per_second = 10
{on_unknown}
# What messages come from, and what customers write to.
[[org.channel]]
channel = "{channel}"
number = {sender}
app = "helpdesk"
carrier = "{id}"

# For a team each agent has a key. Make one with: umask 077; head -c 24 /dev/urandom | base64 > wanjiku.key
# [[org.key]]
# label = "wanjiku"
# file = "wanjiku.key"
"#
    );
    Ok(text)
}
