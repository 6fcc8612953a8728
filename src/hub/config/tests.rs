//! What is read from a settings file, and what each mistake in one is called.

use super::*;
use crate::model::settings::Repeats;
use crate::{
    hub::private,
    model::{Channel, id::hex},
};

const KEY: &str = "0123456789abcdef0123";

fn minimal() -> String {
    let hash = hex(&KeyHash::of(KEY.as_bytes()).0);
    format!(
        "[[org]]\nid = \"acme\"\napps = [\"desk\"]\n[[org.key]]\nlabel = \"ops\"\nhash = \"sha256:{hash}\"\n"
    )
}

fn read(text: &str) -> Result<HubConfig, String> {
    HubConfig::parse(Path::new("hub.toml"), text).map_err(|e| e.to_string())
}

/// The message for the minimal file with a line before it.
fn fault_before(line: &str) -> String {
    read(&format!("{line}\n{}", minimal())).unwrap_err()
}

/// The message for the minimal file with lines after it.
fn fault_after(lines: &str) -> String {
    read(&format!("{}{lines}\n", minimal())).unwrap_err()
}

#[test]
fn the_smallest_file_gets_the_defaults() {
    let config = read(&minimal()).unwrap();
    let org = &config.orgs[0];
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.token_lifetime, Duration::from_hours(1));
    assert_eq!(org.settings.session_length, OrgSettings::default().session_length);
    assert_eq!(org.settings.reminder_floor, Duration::from_secs(1));
    assert!(!org.sandbox.enabled && !org.settings.sandbox && !config.reflection);
    assert!(org.keys[0].hash.matches(&KeyHash::of(KEY.as_bytes())));
}

#[test]
fn r_rem_3_the_shortest_interval_of_reminders_is_a_setting() {
    let config = read(&format!("{}[org.rules]\nreminder_floor_seconds = 60\n", minimal())).unwrap();
    assert_eq!(config.orgs[0].settings.reminder_floor, Duration::from_mins(1));
    let fault = fault_after("[org.rules]\nreminder_floor_seconds = 0");
    assert!(fault.contains("at least 1 second"), "{fault}");
}

#[test]
fn r_tagwork_7_the_rate_of_the_network_is_a_setting_and_the_built_in_sandbox_has_one() {
    assert_eq!(read(&minimal()).unwrap().orgs[0].settings.bulk_rate, None);
    let config = read(&format!("{}[org.rules]\nbulk_rate = \"300/min\"\n", minimal())).unwrap();
    assert_eq!(config.orgs[0].settings.bulk_rate, "300/min".parse().ok());
    let fault = fault_after("[org.rules]\nbulk_rate = \"300\"");
    assert!(fault.contains("10/s, 300/min or 5000/h"), "{fault}");
    let (config, _) = HubConfig::embedded(None).unwrap();
    assert_eq!(config.orgs[0].settings.bulk_rate, "10/s".parse().ok());
}

#[test]
fn r_sess_1_how_long_sessions_last_is_a_setting_of_each_number() {
    let rules = "[[org.channel]]\nchannel = \"whatsapp\"\nnumber = \"1\"\nsession_seconds = 3600\n\
                 [[org.channel]]\nchannel = \"rcs\"\nnumber = \"1\"\n\
                 [org.rules]\nsession_seconds = 7200\n";
    let settings = &read(&format!("{}{rules}", minimal())).unwrap().orgs[0].settings;
    let on = |channel| settings.session_on(&ChannelNumber::new(channel, "1"));
    assert_eq!(on(Channel::Whatsapp), Duration::from_hours(1));
    assert_eq!(on(Channel::Rcs), Duration::from_hours(2));
}

#[test]
fn events_4_3_how_long_payments_may_take_is_a_setting() {
    let rules = "[org.rules]\npayment_confirmation_seconds = 30\npayment_expiry_seconds = 3600\n";
    let config = read(&format!("{}{rules}", minimal())).unwrap();
    let settings = &config.orgs[0].settings;
    assert_eq!(settings.payment_confirmation, Duration::from_secs(30));
    assert_eq!(settings.payment_expiry, Duration::from_hours(1));
    let settings = &read(&minimal()).unwrap().orgs[0].settings;
    assert_eq!(settings.payment_confirmation, Duration::from_mins(2));
    assert_eq!(settings.payment_expiry, Duration::from_hours(24));
}

/// D-BROWSER: an origin is kept as browsers send it, because it is compared byte by byte.
#[test]
fn d_browser_an_origin_is_read_as_browsers_send_it_and_nothing_else_is_one() {
    let read_origins = |value: &str| {
        let text = minimal().replace("apps =", &format!("origins = {value}\napps ="));
        read(&text).map(|config| config.orgs[0].origins.clone())
    };
    let good = r#"["https://Desk.Example.org", "https://a.example:443", "http://[::1]:80", "http://localhost:5173"]"#;
    let kept =
        ["https://desk.example.org", "https://a.example", "http://[::1]", "http://localhost:5173"];
    assert_eq!(read_origins(good).unwrap(), kept);
    let cases = [
        ("*", "it would let every page on the web call"),
        ("desk.example.org", "it must begin with https:// or http://"),
        ("null", "it must begin with https:// or http://"),
        ("file:///desk.html", "it must begin with https:// or http://"),
        ("https://desk.example.org/", "without a path or a slash"),
        ("https://desk.example.org/desk?x", "without a path or a slash"),
        ("https://dësk.example.org", "begins with xn--"),
        ("https://", "cannot be read"),
        ("https://desk example.org", "cannot be read"),
        ("https://desk.example.org:", "a port from 1 to 65535"),
        ("https://desk.example.org:0", "a port from 1 to 65535"),
        ("https://desk.example.org:65536", "a port from 1 to 65535"),
        ("https://jane@desk.example.org", "a port from 1 to 65535"),
        ("https://*.example.org", "a port from 1 to 65535"),
    ];
    for (origin, part) in cases {
        let fault = read_origins(&format!("[\"{origin}\"]")).unwrap_err();
        let begin =
            format!("hub.toml:3: `{origin}` is not an origin such as https://desk.example.org: ");
        assert!(fault.starts_with(&begin) && fault.contains(part), "{fault}");
    }
}

#[test]
fn the_built_in_sandbox_is_complete_and_its_key_is_new_each_time() {
    let (config, key) = HubConfig::embedded(None).unwrap();
    let (_, other) = HubConfig::embedded(None).unwrap();
    let org = &config.orgs[0];
    assert!(org.sandbox.enabled && org.settings.sandbox);
    assert_eq!(org.settings.channels.len(), 10);
    // Numbers that are left to agents belong to the first app, for which the console acts.
    for number in &org.sandbox.left_to_agents {
        let bound = org.settings.channels.iter().find(|bound| bound.channel.number == *number);
        assert_eq!(bound.and_then(|b| b.app.as_ref()), org.settings.apps.first(), "{number}");
    }
    assert!(config.listen.is_none());
    assert!(key.starts_with("sb_") && key.len() == 3 + 8 + 1 + 43);
    assert_ne!(*key, *other);
    assert!(org.keys[0].hash.matches(&KeyHash::of(key.as_bytes())));
    assert!(!format!("{config:?}").contains(key.as_str()));
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_word() {
    assert_eq!(
        fault_before("lisen = \"x\""),
        "hub.toml:1: unknown key `lisen`: did you mean `listen`?"
    );
    assert_eq!(
        fault_after("[org.sandbox]\nrate_per_minut = 3"),
        "hub.toml:8: unknown key `rate_per_minut`: did you mean `rate_per_minute`?"
    );
    let far = fault_after("[org.sandbox]\ncolour = 3");
    assert!(far.starts_with("hub.toml:8: unknown key `colour`; known are: enabled, seed"), "{far}");
}

#[test]
fn a_bad_value_says_what_would_be_good() {
    let cases = [
        (
            fault_before("listen = \"localhost\""),
            "hub.toml:1: `localhost` is not an address and port",
        ),
        (fault_before("token_lifetime_seconds = 0"), "at least 1 second"),
        (fault_before("reflection = \"yes\""), "hub.toml:1: expected a boolean, not a text"),
        (
            fault_after("[[org.channel]]\nchannel = \"smss\"\nnumber = \"1\""),
            "hub.toml:8: unknown word `smss`: did you mean `sms`?",
        ),
        (fault_after("[[org.channel]]\nchannel = \"sms\"\nnumber = \" \""), "must not be blank"),
        (
            fault_after("[[org.channel]]\nchannel = \"sms\"\nnumber = \"1\"\napp = \"x\""),
            "channel sms 1: `x` is not one of the org's apps",
        ),
        (
            fault_after("[[org.channel]]\nchannel = \"payment\"\nnumber = \"1\"\npurse = \"x\""),
            "there is no [[org.purse]] `x`",
        ),
        (fault_after("[[org.purse]]\nid = \"p\"\ncurrency = \"shillings\""), "three letters"),
        (fault_after("[org.sandbox]\nfail_percent = 101"), "from 0 to 100"),
        (
            read("[[org]]\nid = \"a\"\napps = [\"b\"]\nregion = \"Kenya\"").unwrap_err(),
            "no country",
        ),
        (fault_after("[org.consent]\nout = [\"!\"]"), "`out` has `!`, which has no letter"),
        (
            fault_after("[org.consent]\nout = [\"Info\"]"),
            "because `help` has it: take it from there",
        ),
        (fault_after("[org.consent]\ndefaults = false"), "could not opt out by writing"),
        (
            fault_after("[[org.key]]\nlabel = \"a\""),
            "key `a`: give exactly one of `hash`, `file`, `env`",
        ),
        (fault_after("[[org.key]]\nlabel = \"a\"\nhash = \"sha256:12\""), "64 hex digits"),
        (
            fault_after("[[org.key]]\nlabel = \"a\"\nenv = \"SB_NO_SUCH_VARIABLE\""),
            "SB_NO_SUCH_VARIABLE is not set",
        ),
        (fault_after("[[org]]\nid = \"acme\"\napps = [\"b\"]"), "two orgs are called `acme`"),
        (
            fault_after(
                "[[org]]\nid = \"b\"\napps = [\"b\"]\n[[org.purse]]\nid = \"till\"\ncurrency = \"KES\"\n\
                 [[org.purse]]\nid = \"till\"\ncurrency = \"USD\"",
            ),
            "two purses are called `till`",
        ),
        (
            fault_after(
                "[[org]]\nid = \"b\"\napps = [\"b\", \"c\"]\n[[org.channel]]\nchannel = \"sms\"\nnumber = \"40404\"\n\
                 app = \"b\"\n[[org.channel]]\nchannel = \"sms\"\nnumber = \"40404\"\napp = \"c\"",
            ),
            "the number sms 40404 is given to two channels",
        ),
        (fault_after("[[org]]\nid = \"b\"\napps = []"), "at least one app"),
        (
            fault_after("[org.sandbox]\nleft_to_agents = [\"*386#\"]"),
            "names \"*386#\", which is no",
        ),
        (read("listen = 3 4").unwrap_err(), "hub.toml:1: "),
        (read("").unwrap_err(), "no [[org]]"),
    ];
    for (message, part) in cases {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
}

#[test]
fn r_consent_5_words_are_added_to_the_built_in_ones_or_replace_them() {
    let words = |lines: &str| {
        let config = read(&format!("{}[org.consent]\n{lines}\n", minimal())).unwrap();
        config.orgs[0].settings.opt_words.clone()
    };
    assert_eq!(words(""), OptWords::built_in());
    let more = words("out = [\"Toka!\"]\nin = [\"rudi\"]");
    let says = |text| more.read(text);
    assert_eq!(
        ["TOKA", "stop", "rudi", "start", "help"].map(says),
        [OptWord::Out, OptWord::Out, OptWord::In, OptWord::In, OptWord::Help].map(Some)
    );
    let own = words("defaults = false\nout = [\"toka\", \"info\"]");
    let says = |text| own.read(text);
    assert_eq!(
        ["toka", "INFO", "stop", "start", "help"].map(says),
        [Some(OptWord::Out), Some(OptWord::Out), None, None, None]
    );
}

#[test]
fn one_key_cannot_stand_for_two_orgs() {
    let twice = format!("{}{}", minimal(), minimal().replace("acme", "other"));
    assert!(read(&twice).unwrap_err().contains("key `ops` is given twice"));
}

#[test]
fn a_missing_file_and_an_org_without_keys_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.toml");
    assert!(HubConfig::load(&path).unwrap_err().to_string().contains("cannot be read"));
    fs::write(&path, "[[org]]\nid = \"a\"\napps = [\"b\"]\n").unwrap();
    assert!(HubConfig::load(&path).unwrap_err().to_string().contains("nobody could call it"));
}

#[test]
#[cfg(unix)]
fn a_key_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("hub.toml");
    let key = folder.path().join("ops.key");
    fs::write(
        &config,
        "[[org]]\nid = \"a\"\napps = [\"b\"]\n[[org.key]]\nlabel = \"ops\"\nfile = \"ops.key\"\n",
    )
    .unwrap();
    fs::write(&key, format!("{KEY}\n")).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(HubConfig::load(&config).unwrap_err().to_string().contains("others can read"));

    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let read = HubConfig::load(&config).unwrap();
    assert!(read.orgs[0].keys[0].hash.matches(&KeyHash::of(KEY.as_bytes())));

    fs::write(&key, "short").unwrap();
    let fault = HubConfig::load(&config).unwrap_err().to_string();
    assert!(fault.contains("too short") && !fault.contains("short\n"), "{fault}");
}

/// A hub whose org has one connection, with these lines of its own.
fn with_carrier(lines: &str) -> String {
    let address = "address = \"smsc.example.org:2775\"\nsystem_id = \"desk\"";
    format!("{}[[org.carrier]]\nid = \"safari\"\nkind = \"smpp\"\n{address}\n{lines}\n", minimal())
}

#[test]
fn r_carry_1_a_connection_is_read_with_its_secret_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("smsc.password");
    private::write_new(&secret, "s3cret\n").unwrap();
    let text = with_carrier(&format!(
        "password = {{ file = {:?} }}\nper_second = 50\non_unknown = \"repeat\"",
        secret.display().to_string()
    ));
    let text = format!(
        "{text}[[org.channel]]\nchannel = \"sms\"\nnumber = \"40404\"\ncarrier = \"safari\"\n"
    );
    let config = read(&text).unwrap();
    let org = &config.orgs[0];
    let [carrier] = &org.carriers[..] else { panic!("{:?}", org.carriers) };
    let CarrierKind::Smpp(smpp) = &carrier.kind else { panic!("SMPP") };
    assert_eq!(
        (smpp.address.as_str(), smpp.password.expose()),
        ("smsc.example.org:2775", "s3cret")
    );
    assert_eq!((carrier.per_second, carrier.window, carrier.repeats), (50, 10, Repeats::Once));
    assert!(!format!("{config:?}").contains("s3cret"), "R-SECRET-2");
    let line = ChannelNumber::new(Channel::Sms, "40404");
    assert_eq!(org.settings.carrier_of(&line), Some(&"safari".into()));
}

#[test]
fn r_carry_23_whoever_dials_a_code_of_a_network_waits_as_long_as_the_network_lets_them() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("smsc.password");
    private::write_new(&secret, "s3cret").unwrap();
    let password = format!("password = {{ file = {:?} }}", secret.display().to_string());
    let line = |channel: &str, number: &str, more: &str| {
        format!("[[org.channel]]\nchannel = \"{channel}\"\nnumber = \"{number}\"\n{more}\n")
    };
    let carrier = "carrier = \"safari\"";
    let lines =
        [line("ussd", "*384#", carrier), line("ussd", "*385#", ""), line("sms", "1", carrier)];
    let hub = |own: &str, org: &str| {
        let text = with_carrier(&format!("{password}\n{own}"));
        read(&format!("{text}{}[org.rules]\n{org}\n", lines.concat()))
    };
    let windows = |own: &str, org: &str| {
        let config = hub(own, org).unwrap();
        let settings = &config.orgs[0].settings;
        let all = [(Channel::Ussd, "*384#"), (Channel::Ussd, "*385#"), (Channel::Sms, "1")];
        let all = all.map(|(channel, number)| ChannelNumber::new(channel, number));
        all.map(|channel| settings.prompt_window_on(&channel).as_secs())
    };
    assert_eq!(windows("", ""), [10, 15, 15]);
    assert_eq!(windows("ussd_seconds = 7", "prompt_seconds = 20"), [7, 20, 20]);
    assert_eq!(windows("", "prompt_seconds = 5"), [5, 5, 5]);
    assert_eq!(windows("ussd_seconds = 60", "prompt_seconds = 60"), [60, 60, 60]);
    let fault = hub("ussd_seconds = 16", "").unwrap_err();
    assert!(fault.contains("`ussd_seconds` is 16, but `prompt_seconds`"), "{fault}");
}

#[test]
fn r_carry_1_a_connection_that_cannot_work_stops_the_start_with_a_sentence() {
    let secret = "password = { env = \"HOME\" }";
    let cases = [
        ("", "`password` is missing"),
        ("password = { env = \"NO_SUCH_VARIABLE\" }", "the variable NO_SUCH_VARIABLE is not set"),
        ("password = { env = \"A\", file = \"b\" }", "exactly one of `file` and `env`"),
        ("password = { file = \"no-such-file\" }", "no-such-file"),
        (&format!("{secret}\nper_second = 0"), "`per_second` is from 1 to 1000"),
        (&format!("{secret}\nwindow = 5000"), "`window` is from 1 to 1000"),
        (&format!("{secret}\non_unknown = \"maybe\""), "known are: hold, repeat"),
        (&format!("{secret}\ncolour = \"red\""), "colour"),
    ];
    for (lines, why) in cases {
        let fault = read(&with_carrier(lines)).unwrap_err();
        assert!(fault.contains(why), "{lines}: {fault}");
    }
    let other = with_carrier(secret).replace("\"smpp\"", "\"pigeon\"");
    let fault = read(&other).unwrap_err();
    assert!(fault.contains("`pigeon` is no kind of network"), "{fault}");
    let nowhere = with_carrier(secret).replace("smsc.example.org:2775", "smsc.example.org");
    let fault = read(&nowhere).unwrap_err();
    assert!(fault.contains("is a host and port such as"), "{fault}");
    let channel = "[[org.channel]]\nchannel = \"sms\"\nnumber = \"40404\"\ncarrier = \"other\"\n";
    let fault = read(&format!("{}{channel}", minimal())).unwrap_err();
    assert!(fault.contains("there is no [[org.carrier]] `other`"), "{fault}");
}

#[test]
fn r_carry_27_whom_a_message_centre_may_be_vouched_for_by_is_read_or_said_to_be_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        format!("tls = true\nca = {:?}", path.display().to_string())
    };
    let secret = folder.path().join("smsc.password");
    private::write_new(&secret, "s3cret\n").unwrap();
    let password = format!("password = {{ file = {:?} }}", secret.display().to_string());
    let read = |lines: &str| read(&with_carrier(&format!("{password}\n{lines}")));
    let right = file("right.pem", include_bytes!("../../sdk/tests/localhost.pem"));
    let tls = |lines: &str| {
        let config = read(lines).unwrap();
        let carrier = config.orgs[0].carriers[0].clone();
        let CarrierKind::Smpp(smpp) = carrier.kind else { panic!("SMPP") };
        (smpp.tls, carrier.trust)
    };
    assert!(!tls("").0 && !tls("tls = false").0);
    let (is_on, browsers) = tls("tls = true");
    assert!(is_on && browsers.roots.len() > 50 && browsers.ca.is_none());
    let (is_on, own) = tls(&right);
    assert!(is_on && own.roots.len() == 1 && own.ca.is_some());
    let word = folder.path().join("callback.secret").display().to_string();
    private::write_new(word.as_ref(), "0123456789abcdefghijklmn").unwrap();
    let http = |url: &str| {
        let lines = format!(
            "{right}\nurl = {url:?}\nusername = \"desk\"\ncallback_secret = {{ file = {word:?} }}"
        );
        let table = with_carrier(&format!("{password}\n{}", lines.replace("tls = true\n", "")))
            .replace("address = \"smsc.example.org:2775\"\nsystem_id = \"desk\"", "");
        let called =
            "[callbacks]\nlisten = \"127.0.0.1:7480\"\npublic_url = \"http://127.0.0.1:7480\"\n";
        self::read(&format!("{called}{}", table.replace("\"smpp\"", "\"kannel\"")))
    };
    let kannel = http("https://127.0.0.1:13013/cgi-bin/sendsms").unwrap();
    assert!(kannel.orgs[0].carriers[0].trust.ca.is_some());
    let fault = http("http://127.0.0.1:13013/cgi-bin/sendsms").unwrap_err();
    assert!(fault.contains("`ca` is for a network whose address begins with https://"), "{fault}");
    for (lines, why) in [
        ("ca = \"operator.pem\"".to_owned(), "`ca` is for a connection with `tls = true`"),
        (file("empty.pem", b"nothing"), "there is no certificate in it"),
        (file("broken.pem", b"-----BEGIN CERTIFICATE-----\nx\n"), "it is no PEM"),
        (
            file("strange.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "a certificate is of no use",
        ),
        ("tls = true\nca = \"/nowhere/operator.pem\"".to_owned(), "it cannot be read"),
    ] {
        let fault = read(&lines).unwrap_err();
        assert!(fault.contains(why), "{lines}: {fault}");
    }
    {
        let name = "tls = true";
        let bot = with_carrier("")
            .replace("address = \"smsc.example.org:2775\"\nsystem_id = \"desk\"", "");
        let bot = bot.replace("\"smpp\"", "\"telegram\"\ntoken = { env = \"HOME\" }");
        let fault = self::read(&format!("{bot}{name}\n")).unwrap_err();
        assert!(fault.contains("is no setting of the kind telegram"), "{fault}");
    }
}

#[test]
fn r_carry_1_what_is_simulated_and_what_is_real_never_mix() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("smsc.password");
    private::write_new(&secret, "s3cret").unwrap();
    let password = format!("password = {{ file = {:?} }}", secret.display().to_string());
    let real = with_carrier(&password);
    assert!(read(&real).is_ok());
    let voice = format!(
        "{real}[[org.channel]]\nchannel = \"voice\"\nnumber = \"1\"\ncarrier = \"safari\"\n"
    );
    let fault = read(&voice).unwrap_err();
    assert!(fault.contains("a carrier of the kind smpp carries no voice"), "{fault}");
    let fault = read(&format!("{real}[org.sandbox]\n")).unwrap_err();
    assert!(fault.contains("never mix"), "{fault}");
    assert!(read(&format!("{real}[org.sandbox]\nenabled = false\n")).is_ok());
    let twice = format!(
        "{real}[[org.carrier]]\nid = \"safari\"\nkind = \"smpp\"\naddress = \"a:1\"\nsystem_id = \"x\"\n{password}\n"
    );
    let fault = read(&twice).unwrap_err();
    assert!(fault.contains("two carriers are called `safari`"), "{fault}");
}
