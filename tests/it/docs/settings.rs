//! The keys of the hub's settings in docs/configuration.md: the hub is asked whether it knows exactly these, and whether
//! the defaults are its own.

use super::{check, code, environment, profiles, root, table};
use std::{collections::BTreeSet, fmt::Write as _, fs, os::unix::fs::PermissionsExt as _};
use switchboard::hub::config::HubConfig;

/// How a key of the hub's settings is given a value when nobody writes it.
enum Unset {
    /// The file is refused.
    Refused,
    /// As if this had been written.
    As(&'static str),
    /// What then holds, in words.
    Words(&'static str),
}
use Unset::{As, Refused, Words};

/// The keys of `hub.toml`: their table, their name, what holds without them, what they mean. The
/// test asks the hub whether it knows exactly these, and whether the defaults are its own.
#[rustfmt::skip]
const SETTINGS: &[(&str, &str, Unset, &str)] = &[
    ("", "listen", Words("the address given with `--listen`"), "the address and port to listen on for gRPC; port 0 picks a free one; `--listen` wins over it"),
    ("", "data_dir", Words("in memory, and gone with the process"), "the folder of `log.db`, of what is made from it (`shelf.db`, `shelf.sums`, `state`) and of what waits to be whole (`parts.db`, R-CARRY-26), relative to the settings file; `--data-dir` wins over it"),
    ("", "log", As("'text'"), "how the hub writes its log on stderr: `text`, or `json` with one object a line; `--log` wins over it, and `RUST_LOG` says how much there is (R-SEE-1)"),
    ("", "tls", Words("plain TCP, on this machine only"), "the table `[tls]`, the hub's certificate (R-TLS-1)"),
    ("", "plaintext", As("false"), "whether other machines may come without TLS; `--plaintext` has to be said at the start too (R-TLS-6)"),
    ("", "reflection", As("false"), "whether gRPC reflection is served, to callers with a key"),
    ("", "token_lifetime_seconds", As("3600"), "how long an auth token lasts (R-TOKEN-1)"),
    ("", "limits", Words("the defaults of its keys"), "the table `[limits]`"),
    ("", "callbacks", Words("no network calls the hub"), "the table `[callbacks]`"),
    ("", "metrics", Words("nobody is told"), "the table `[metrics]`: what the hub counts, for Prometheus (docs/METRICS.md)"),
    ("", "org", Refused, "the tables `[[org]]`, one for each org"),
    ("[limits]", "writes_per_second", As("100"), "commands a second that one API key may give in the long run; 0 is no limit, here and below"),
    ("[limits]", "burst", As("200"), "commands at once after a pause; 0 is one"),
    ("[limits]", "reads_per_second", Words("ten times `writes_per_second`"), "questions a second that one key may ask in the long run, and twice as many at once after a pause"),
    ("[limits]", "feeds", As("50"), "feeds and notification streams that one key may have open"),
    ("[limits]", "connections", Words("twice `feeds`"), "open connections on which one key may be used (R-LIMIT-3)"),
    ("[limits]", "mib_per_second", Words("as many as `writes_per_second`"), "MiB of requests and answers a second for one key, and twice as many at once after a pause (R-LIMIT-4)"),
    ("[limits]", "org_keys", As("10"), "how many keys' worth of all this the keys of an org may use together; lease calls that wait are not counted together"),
    ("[tls]", "cert", Refused, "the file of the certificate in PEM, followed by those that vouch for it"),
    ("[tls]", "key", Refused, "the file of its key in PEM, readable by its owner only"),
    ("[tls]", "client_ca", Words("nobody is asked for a certificate"), "the file of the authorities of whose certificates whoever connects shows one (R-TLS-4)"),
    ("[metrics]", "listen", As("'127.0.0.1:9464'"), "the address and port of `GET /metrics`; nobody is asked for a key there, so name another machine's network only if you trust it"),
    ("[callbacks]", "listen", Refused, "the address and port where networks of the kinds `kannel`, `webhook` and `africastalking` call the hub, such as `127.0.0.1:7480`"),
    ("[callbacks]", "public_url", Refused, "the address under which they reach it, such as `https://desk.example.org/in`"),
    ("[callbacks]", "tls", Words("plain HTTP, on this machine only"), "the table `[callbacks.tls]`: the certificate for these calls, with the keys of `[tls]`"),
    ("[[org]]", "id", Refused, "the org's id, which is unique in the file"),
    ("[[org]]", "apps", Refused, "its programs; the first gets what no other is bound to"),
    ("[[org]]", "region", Words("numbers are read with their country only"), "its country as two letters, such as `KE`, where local numbers are of (R-ADDR-5)"),
    ("[[org]]", "origins", As("[]"), "the pages in browsers that may call, by their origins (D-BROWSER)"),
    ("[[org]]", "channel", Words("every number may be written from"), "the tables `[[org.channel]]`, the org's own numbers"),
    ("[[org]]", "reply", Words("agents have their own only"), "the tables `[[org.reply]]`, replies that are used often"),
    ("[[org]]", "carrier", Words("no networks"), "the tables `[[org.carrier]]`, its connections to real networks (docs/CARRIERS.md); an org with a sandbox has none"),
    ("[[org]]", "purse", Words("no purses"), "the tables `[[org.purse]]`, where its money is"),
    ("[[org]]", "key", Words("those of `switchboard admin key`, which need a `data_dir`"), "the tables `[[org.key]]`, who may call"),
    ("[[org]]", "consent", Words("the defaults of its keys"), "the table `[org.consent]`"),
    ("[[org]]", "rules", Words("the defaults of its keys"), "the table `[org.rules]`"),
    ("[[org]]", "sandbox", Words("nothing is simulated"), "the table `[org.sandbox]`"),
    ("[[org.channel]]", "channel", Refused, "`sms`, `whatsapp`, `telegram`, `messenger`, `rcs`, `ussd`, `voice` or `payment`"),
    ("[[org.channel]]", "number", Refused, "the number, code or name on that channel"),
    ("[[org.channel]]", "app", Words("the org's first app"), "the app that hears of what arrives there"),
    ("[[org.channel]]", "purse", Words("money passes through"), "the purse that what customers pay there is credited to (R-RCVPAY-1)"),
    ("[[org.channel]]", "carrier", Words("nothing carries it"), "the network that carries what the number sends and brings what is written to it (R-CARRY-1)"),
    ("[[org.channel]]", "session_seconds", Words("as in `[org.rules]`"), "how long messaging sessions on this number last"),
    ("[[org.purse]]", "id", Refused, "the purse's id"),
    ("[[org.purse]]", "currency", Refused, "its currency, such as `KES`"),
    ("[[org.reply]]", "name", Refused, "how it is found; an agent's own reply of this name wins (R-CANNED-2)"),
    ("[[org.reply]]", "text", Refused, "what it says, with gaps such as `{{first-name|friend}}` (R-CANNED-1)"),
    ("[[org.reply]]", "template", As("''"), "the approved template that it is; then its text has `{{1}}` for the first value"),
    ("[[org.reply]]", "params", As("[]"), "the values of the template, with gaps"),
    ("[[org.reply]]", "then", As("[]"), "what is done once it was accepted: `{ do = \"tag\", tags = \"asked=price\" }` (R-CANNED-3)"),
    ("[[org.carrier]]", "id", Refused, "its name, a word of at most 40 characters; channel numbers, the feed and the log call it so"),
    ("[[org.carrier]]", "kind", Refused, "what it speaks: `smpp`, `kannel`, `telegram`, `webhook` or `africastalking` (docs/CARRIERS.md)"),
    ("[[org.carrier]]", "per_second", As("10"), "how many messages go in a second at most, 1 to 1000 (R-CARRY-7)"),
    ("[[org.carrier]]", "window", As("10"), "how many messages may wait for the network's answer at once, 1 to 1000"),
    ("[[org.carrier]]", "answer_seconds", As("30"), "how long the network may take to answer, 1 to 300 (R-CARRY-2)"),
    ("[[org.carrier]]", "on_unknown", As("'hold'"), "what is done about a message of which nobody knows whether it arrived: `hold` does nothing, `repeat` sends it once more; `webhook` has no such key, because its messages are repeated until there is an answer"),
    ("[[org.carrier]]", "reports", As("true"), "whether the network reports on messages; without reports SENT is the last that is known (R-CARRY-21); always `false` for `telegram`"),
    ("[[org.carrier]]", "ussd_seconds", As("10"), "`smpp` and `africastalking`: how long whoever dials a USSD code waits for a menu, 1 to 60 and at most `prompt_seconds`, and whoever calls for a plan; less than the network waits (R-CARRY-23, R-CARRY-25)"),
    ("[[org.carrier]]", "ussd_end", As("'Service is not available now. Please try again later.'"), "`smpp` and `africastalking`: what whoever dialled reads then"),
    ("[[org.carrier]]", "address", Refused, "`smpp`: the host and port of the message centre"),
    ("[[org.carrier]]", "system_id", Refused, "`smpp`: the name to log in with, at most 15 characters"),
    ("[[org.carrier]]", "password", Refused, "`smpp` and `kannel`: where the password is: `{ file = \"smsc.password\" }`, readable by its owner only, or `{ env = \"SMSC_PASSWORD\" }`; for `smpp` at most 8 characters"),
    ("[[org.carrier]]", "system_type", As("''"), "`smpp`: what some networks want beside the name, at most 12 characters"),
    ("[[org.carrier]]", "tls", As("false"), "`smpp`: whether the connection is encrypted (R-CARRY-27)"),
    ("[[org.carrier]]", "ca", Words("whom browsers trust"), "a file of certificates (PEM), whose owners alone may issue that of the network; for `smpp` with `tls` and for an `url` with `https://` (R-CARRY-27)"),
    ("[[org.carrier]]", "url", Words("the usual one; `kannel` and `webhook` need it"), "what is called: `kannel`'s sendsms service, the provider behind `webhook`, the API of `telegram` or `africastalking`"),
    ("[[org.carrier]]", "voice_url", Words("`url` with `voice.` for `api.`"), "`africastalking`: the address of its service for calls"),
    ("[[org.carrier]]", "username", Words("both need it"), "`kannel` and `africastalking`: the name of the account"),
    ("[[org.carrier]]", "token", Words("`telegram` needs it"), "`telegram`: where the bot's token is, as for `password`"),
    ("[[org.carrier]]", "api_key", Words("`africastalking` needs it"), "`africastalking`: where the key of its API is, as for `password`"),
    ("[[org.carrier]]", "key", Words("`webhook` needs it"), "`webhook`: where the key to sign with is, as for `password`: `whsec_` and base64"),
    ("[[org.carrier]]", "old_key", Words("there is one key"), "`webhook`: the key before it, which is taken too while both sides change it"),
    ("[[org.carrier]]", "callback_secret", Words("both need it"), "`kannel` and `africastalking`: where the word is that stands in the address that they call, as for `password`; from 22 to 100 letters, digits and `-_`"),
    ("[[org.key]]", "label", Refused, "who holds it, as events and logs say; keys with one label are one person (R-CONFLICT-1)"),
    ("[[org.key]]", "apps", As("[]"), "the apps it may act for; an empty list is all of them"),
    ("[[org.key]]", "hash", Words("one of `hash`, `file` and `env` is needed"), "`sha256:` and 64 hex digits, as `printf %s \"$KEY\" | sha256sum` prints them"),
    ("[[org.key]]", "file", Words("as above"), "a file that holds nothing but the key, readable by its owner only"),
    ("[[org.key]]", "env", Words("as above"), "the environment variable that holds the key"),
    ("[org.consent]", "defaults", As("true"), "whether the built-in words hold beside those of the lists below (R-CONSENT-5)"),
    ("[org.consent]", "out", As("[]"), "words that opt a customer out when they are a whole sms"),
    ("[org.consent]", "in", As("[]"), "words that take an opt-out back, and agree to a request"),
    ("[org.consent]", "help", As("[]"), "words that ask for help, which change nothing"),
    ("[org.rules]", "session_seconds", As("86400"), "how long a messaging session lasts after the last inbound message"),
    ("[org.rules]", "expiry_grace_seconds", As("86400"), "how long expired tags and secondary ids stay listed"),
    ("[org.rules]", "prompt_seconds", As("15"), "how long an app may take to answer a USSD or voice prompt; on a number of a network `ussd_seconds` may leave less (R-HOOK-1)"),
    ("[org.rules]", "ussd_idle_seconds", As("180"), "how long a USSD customer may take to type"),
    ("[org.rules]", "message_expiry_seconds", As("86400"), "how long a message may stay undelivered"),
    ("[org.rules]", "reminder_floor_seconds", As("1"), "the shortest interval of a repeated reminder"),
    ("[org.rules]", "payment_confirmation_seconds", As("120"), "how long a payer may take to agree"),
    ("[org.rules]", "payment_expiry_seconds", As("86400"), "how long a payment may stay undecided otherwise"),
    ("[org.rules]", "bulk_rate", Words("as fast as the hub records them"), "how many messages by tag go in a time at most, of all works together: `10/s`, `300/min`, `5000/h` (R-TAGWORK-7)"),
    ("[org.rules]", "keep_days", Words("everything"), "after how many days entries go out of the log (R-KEEP-1)"),
    ("[org.rules]", "keep_mib", Words("everything"), "how many MiB of entries the log keeps; then the oldest go (R-KEEP-1)"),
    ("[org.rules]", "quiet_hours", As("'20:00-08:00'"), "when customers are left alone, where they are (R-QUIET-1); `'none'` for never"),
    ("[org.sandbox]", "enabled", As("true"), "whether anything is simulated, and whether programs may act as customers"),
    ("[org.sandbox]", "seed", As("1"), "the same seed and rate give the same traffic"),
    ("[org.sandbox]", "rate_per_minute", As("20"), "how often a customer does something by themselves; 0 is never"),
    ("[org.sandbox]", "deliver_after_ms", As("500"), "how long a message is on its way"),
    ("[org.sandbox]", "read_after_ms", As("1000"), "how long until it is read, on channels that report it"),
    ("[org.sandbox]", "fail_percent", As("3"), "how many of 100 messages fail"),
    ("[org.sandbox]", "hostile", As("true"), "whether some customers write what attacks screens"),
    ("[org.sandbox]", "cast", Words("the built-in cast"), "a file with other customers (`assets/cast.toml` is the built-in one)"),
    ("[org.sandbox]", "demo_app", As("true"), "whether a built-in app answers USSD sessions and calls, and confirms payments"),
    ("[org.sandbox]", "left_to_agents", As("[]"), "the org's numbers whose USSD sessions and calls that app leaves to agents"),
];

/// The table that does not stand beside a sandbox.
const CARRIER: &str = "[[org.carrier]]";

/// A file with every table, and what makes each complete.
const LEAST: &[(&str, &[&str])] = &[
    ("", &[]),
    ("[limits]", &[]),
    ("[tls]", &["cert = '/etc/hub.pem'", "key = '/etc/hub.key'"]),
    ("[callbacks]", &["listen = '127.0.0.1:7480'", "public_url = 'http://127.0.0.1:7480'"]),
    ("[metrics]", &[]),
    ("[[org]]", &["id = 'acme'", "apps = ['desk']"]),
    ("[[org.purse]]", &["id = 'till'", "currency = 'KES'"]),
    ("[[org.channel]]", &["channel = 'sms'", "number = '40404'"]),
    (
        CARRIER,
        &[
            "id = 'safari'",
            "kind = 'smpp'",
            "address = 'smsc:2775'",
            "system_id = 'desk'",
            "password = { file = 'smsc.password' }",
        ],
    ),
    ("[[org.reply]]", &["name = 'thanks'", "text = 'Asante'"]),
    ("[[org.key]]", &["label = 'tests'", "hash = 'sha256:%'"]),
    ("[org.consent]", &[]),
    ("[org.rules]", &[]),
    ("[org.sandbox]", &[]),
];

/// Reads those settings with a line more in one of their tables, or without a key of it.
fn load(table: &str, more: &str, without: &str) -> Result<HubConfig, String> {
    let mut text = String::new();
    for (name, lines) in LEAST {
        let here = *name == table;
        let beside = if table == CARRIER { "[org.sandbox]" } else { CARRIER };
        if *name == beside {
            continue;
        }
        let kept = lines.iter().filter(|line| !here || line.split(' ').next() != Some(without));
        let lines: Vec<_> = kept.map(|line| line.replace('%', &"0a".repeat(32))).collect();
        writeln!(text, "{name}\n{}\n{}", lines.join("\n"), if here { more } else { "" }).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.toml");
    fs::write(&path, text).unwrap();
    let secret = folder.path().join("smsc.password");
    fs::write(&secret, "secret").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    HubConfig::load(&path).map_err(|error| error.message)
}

#[test]
fn the_settings_are_those_that_the_hub_accepts_and_the_defaults_its_own() {
    let example = fs::read_to_string(root().join("assets/hub.toml")).unwrap();
    let mut wrong = Vec::new();
    for (name, _) in LEAST {
        let plain = format!("{:?}", load(name, "", "").expect("the least is enough"));
        let of_table = SETTINGS.iter().filter(|(table, ..)| table == name);
        let listed: BTreeSet<String> = of_table.clone().map(|(_, key, ..)| (*key).into()).collect();
        let refused = load(name, "zzzzzzzzzzzzzzzz = 1", "").unwrap_err();
        let (_, known) = refused.split_once("known are: ").unwrap_or_else(|| panic!("{refused}"));
        let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
        if listed != known {
            wrong.push(format!("{name}: listed are {listed:?}, accepted are {known:?}"));
        }
        for (_, key, unset, _) in of_table {
            let same = match unset {
                As(value) => load(name, &format!("{key} = {value}"), "")
                    .is_ok_and(|config| format!("{config:?}") == plain),
                // That a table is needed at all is shown by the messages of the hub.
                Refused => name.is_empty() || *key == "key" || load(name, "", key).is_err(),
                Words(_) => load(name, "", key).is_ok() || *key == "hash",
            };
            if !same {
                wrong.push(format!("{name} {key}: without it something else holds"));
            }
            if !example.contains(key) {
                wrong.push(format!("{name} {key}: assets/hub.toml does not mention it"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    let mut made = String::new();
    for (name, _) in LEAST {
        let title = if name.is_empty() { "At the top".to_owned() } else { code(name) };
        let of_table = SETTINGS.iter().filter(|(table, ..)| table == name);
        let rows = of_table.map(|(_, key, unset, means)| {
            let unset = match unset {
                Refused => "is required".to_owned(),
                As(value) => code(value),
                Words(words) => (*words).to_owned(),
            };
            [code(key), (*means).to_owned(), unset]
        });
        writeln!(made, "### {title}\n\n{}", table(["key", "what it says", "without it"], rows))
            .unwrap();
    }
    check(
        "docs/configuration.md",
        &[("hub", made), ("profiles", profiles()), ("environment", environment())],
    );
}
