//! The kinds of networks that are called by HTTP, as they are written in the settings.

use super::super::*;
use crate::{hub::private, model::settings::Repeats};

/// Settings whose org has one connection with these lines, in a folder with a good secret of each kind.
fn read_with(lines: &str, more: &str) -> Result<HubConfig, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("password", "s3cret-of-the-gateway"),
        ("word", "0123456789abcdefghijkl"),
        ("short", "0123456789"),
        ("key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("nokey", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ] {
        private::write_new(&folder.path().join(name), text).unwrap();
    }
    let hash = "0a".repeat(32);
    let text = format!(
        "{more}\n[[org]]\nid = \"acme\"\napps = [\"desk\"]\n[[org.key]]\nlabel = \"a\"\nhash = \"sha256:{hash}\"\n\
         [[org.carrier]]\nid = \"own\"\n{lines}\n"
    );
    let path = folder.path().join("hub.toml");
    HubConfig::parse(&path, &text).map_err(|error| error.message)
}

const DOOR: &str =
    "[callbacks]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://desk.example.org/in/\"";
const KANNEL: &str = "kind = \"kannel\"\nurl = \"http://127.0.0.1:13013/cgi-bin/sendsms\"\nusername = \"hub\"\n\
     password = { file = \"password\" }\ncallback_secret = { file = \"word\" }";
const WEBHOOK: &str =
    "kind = \"webhook\"\nurl = \"https://sms.example.org/send\"\nkey = { file = \"key\" }";
const BOT: &str = "kind = \"telegram\"\ntoken = { file = \"password\" }";

fn carrier(config: &HubConfig) -> &CarrierConfig {
    &config.orgs[0].carriers[0]
}

#[test]
fn r_carry_22_what_calls_the_hub_is_read_with_its_secrets_and_shows_none() {
    let config = read_with(KANNEL, DOOR).unwrap();
    let callbacks = config.callbacks.as_ref().unwrap();
    assert_eq!(callbacks.public_url, "https://desk.example.org/in");
    let shown = format!("{config:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("abcdefghijkl"), "R-SECRET-2: {shown}");
    let config = read_with(WEBHOOK, DOOR).unwrap();
    assert_eq!((carrier(&config).repeats, carrier(&config).reports), (Repeats::Always, true));
    let bot = read_with(BOT, "").unwrap();
    assert_eq!((carrier(&bot).repeats, carrier(&bot).reports), (Repeats::Never, false));
    let quiet = read_with(&format!("{KANNEL}\nreports = false"), DOOR).unwrap();
    assert!(!carrier(&quiet).reports);
}

#[test]
fn r_carry_22_what_cannot_work_stops_the_start_with_a_sentence() {
    let with = |lines: &str, from: &str, to: &str| lines.replace(from, to);
    let cases = [
        (KANNEL.to_owned(), "", "write [callbacks] with `listen` and `public_url`"),
        (
            with(KANNEL, "\"word\"", "\"short\""),
            DOOR,
            "`callback_secret` has from 22 to 100 letters",
        ),
        (with(KANNEL, "http://127", "127"), DOOR, "`url` is an address such as"),
        (with(KANNEL, "sendsms", "sendsms?x=1"), DOOR, "without a question mark"),
        (with(KANNEL, "127.0.0.1:13013", "me:pw@host"), DOOR, "without a name or password in it"),
        (
            format!("{KANNEL}\ntoken = {{ file = \"key\" }}"),
            DOOR,
            "`token` is no setting of the kind kannel",
        ),
        (
            format!("{KANNEL}\nussd_seconds = 5"),
            DOOR,
            "`ussd_seconds` is no setting of the kind kannel",
        ),
        (with(WEBHOOK, "\"key\"", "\"nokey\""), DOOR, "does not begin with whsec_"),
        (
            format!("{WEBHOOK}\non_unknown = \"hold\""),
            DOOR,
            "`on_unknown` is no setting of the kind webhook",
        ),
        (with(WEBHOOK, "url = \"https://sms.example.org/send\"\n", ""), DOOR, "`url` is missing"),
        (format!("{BOT}\nreports = true"), "", "Telegram tells a bot nothing"),
        (BOT.to_owned(), "[callbacks]\nlisten = \"127.0.0.1:0\"", "`public_url` is missing"),
        (BOT.to_owned(), "[callbacks]\npublic_url = \"http://a.example\"", "`listen` is missing"),
        (
            format!(
                "{BOT}\n[[org.channel]]\nchannel = \"telegram\"\nnumber = \"a\"\ncarrier = \"own\"\n\
                 [[org.channel]]\nchannel = \"telegram\"\nnumber = \"b\"\ncarrier = \"own\""
            ),
            "",
            "one of the kind telegram carries 1 number, not 2",
        ),
    ];
    for (lines, more, why) in cases {
        let fault = read_with(&lines, more).map(|_| ()).expect_err(why);
        assert!(fault.contains(why), "{lines}: {fault}");
    }
}
