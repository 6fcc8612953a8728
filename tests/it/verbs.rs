//! The verbs of the operations against a real hub. Each is tried with `--dry-run`, then done,
//! refused with a reason and an exit code, and printed as JSON.

use super::support::{Bench, HubProcess, KEY, binary_in};
use serde_json::Value;
use std::process::{Output, Stdio};

struct Desk {
    hub: HubProcess,
    _bench: Bench,
}

type Said = (Option<i32>, String, String);

impl Desk {
    /// A hub that has payment, voice and USSD numbers and a purse, besides numbers for messages.
    fn open() -> Self {
        let bench = Bench::new();
        let text = std::fs::read_to_string(bench.settings()).unwrap();
        let more = r#"
[[org.channel]]
channel = "payment"
number = "5250"
app = "desk"
purse = "main"
[[org.channel]]
channel = "voice"
number = "0800"
app = "desk"
[[org.purse]]
id = "main"
currency = "KES"
[[org.key]]"#;
        let text = text.replacen("apps = [\"desk\"]", "apps = [\"desk\"]\nregion = \"KE\"", 1);
        std::fs::write(bench.settings(), text.replacen("\n[[org.key]]", more, 1)).unwrap();
        let hub = bench.serve("127.0.0.1:0");
        Self { hub, _bench: bench }
    }

    fn run(&self, args: &[&str]) -> Said {
        let home = std::env::temp_dir();
        let Output { status, stdout, stderr } = binary_in(&home)
            .args(["--endpoint", &format!("http://{}", self.hub.addr)])
            .args(["--org", "acme", "--app", "desk"])
            .args(args)
            .env("SWITCHBOARD_API_KEY", KEY)
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(stdout), text(stderr));
        assert!(!err.contains("panicked"), "{err}");
        (status.code(), out, err)
    }

    fn done(&self, args: &[&str]) -> String {
        let (code, out, err) = self.run(args);
        assert_eq!(code, Some(0), "{args:?}: {out}{err}");
        out
    }

    /// The answer of a verb as JSON.
    fn told(&self, args: &[&str]) -> Value {
        let out = self.done(&[args, &["--format", "json"]].concat());
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}"))
    }

    fn refused(&self, code: i32, why: &str, args: &[&str]) {
        let (got, out, err) = self.run(args);
        assert_eq!(got, Some(code), "{args:?}: {out}{err}");
        assert!(format!("{out}{err}").contains(why), "{args:?}: {out}{err}");
    }

    /// How many entries the log has.
    fn head(&self) -> usize {
        let out = self.done(&["tail", "--format", "ndjson", "--no-follow", "-n", "500"]);
        out.lines().count()
    }
}

const JANE: &str = "+254711000001";
const OTHER: &str = "+254722000002";

#[test]
fn what_is_known_of_a_customer_is_changed_by_verbs() {
    let desk = Desk::open();
    let who = ["--customer", JANE];
    let say = |args: &[&str]| desk.told(&[args, &who].concat());
    assert_eq!(say(&["add-id", "--ids", "passport=808083"])["ok"], true);
    assert_eq!(say(&["remind", "--key", "renewal", "--at", "+2h", "--every", "1d"])["ok"], true);
    assert_eq!(say(&["set-data", "--key", "survey", "--value", "{\"a\":1}"])["ok"], true);
    let leased = say(&["lease", "--key", "survey"]);
    assert_eq!(leased["value"]["text"], "{\"a\":1}", "{leased}");
    let running = desk.told(&["leases"]);
    assert_eq!(running[0]["lease"]["key"], "survey", "{running}");
    let left = running[0]["seconds_left"].as_u64().unwrap();
    assert!((60..=90).contains(&left), "{running}");
    let reminders = desk.told(&["reminders", "--customer", "passport:808083"]);
    assert_eq!(reminders[0]["reminder"]["key"], "renewal", "{reminders}");
    assert_eq!(reminders[0]["reminder"]["app"], "desk", "of the app that asked (R-REM-4)");
    assert_eq!(reminders[0]["next"].as_array().map(Vec::len), Some(3));
    assert_eq!(say(&["cancel-reminder", "--key", "renewal"])["ok"], true);
    assert_eq!(desk.told(&["reminders"]).as_array().map(Vec::len), Some(0));
    desk.refused(2, "--confirm delete", &["delete-id", "--customer", JANE, "--ids", "passport"]);
    say(&["delete-id", "--ids", "passport", "--confirm", "delete"]);
    desk.refused(1, "no customer passport:808083", &["get", "passport:808083"]);
}

#[test]
fn who_waits_is_listed_and_taken_off_the_list_by_verbs() {
    let desk = Desk::open();
    assert_eq!(desk.done(&["waiting"]).trim(), "nobody waits for an answer");
    desk.done(&["sim", "message", JANE, "Where is my parcel?"]);
    desk.done(&["sim", "message", OTHER, "Thanks!"]);
    let all = desk.told(&["waiting"]);
    let texts: Vec<_> = all.as_array().unwrap().iter().map(|row| row["text"].clone()).collect();
    assert_eq!(texts, ["Where is my parcel?", "Thanks!"], "{all}");
    let text = desk.done(&["waiting"]);
    assert!(text.lines().nth(1).unwrap().contains(" - +254722000002 sms "), "{text}");
    let needs_none = ["no-answer-needed", "--customer", OTHER];
    let older = [&needs_none[..], &["--up-to", "el_msg_0"]].concat();
    desk.refused(1, "another message", &older);
    let tried = desk.done(&[&needs_none[..], &["--dry-run"]].concat());
    assert!(tried.contains("1 message; the last: Thanks!"), "{tried}");
    let last = all[1]["last"].as_str().unwrap();
    assert_eq!(desk.told(&[&needs_none[..], &["--up-to", last]].concat())["ok"], true);
    desk.refused(1, "does not wait for an answer", &needs_none);
    desk.done(&["send", "--to", JANE, "--channel", "sms", "--from", "40404", "--text", "Today"]);
    assert_eq!(desk.told(&["waiting"]).as_array().map(Vec::len), Some(0), "a person answered");
}

#[test]
fn a_dry_run_does_nothing_and_exits_1_where_the_hub_would_refuse() {
    let desk = Desk::open();
    desk.done(&["tag", "--customer", JANE, "--tags", "tier=gold"]);
    let before = desk.head();
    let send = ["send", "--to", JANE, "--channel", "sms", "--from", "40404", "--text", "habari"];
    let out = desk.done(&[&send[..], &["--dry-run"]].concat());
    assert!(out.starts_with("would be done"), "{out}");
    let shown = desk.told(&[&send[..], &["--dry-run"]].concat());
    assert_eq!(shown["blocked"], false, "{shown}");
    assert!(shown["events"].as_array().is_some_and(|events| !events.is_empty()), "{shown}");
    let mut closed = send;
    (closed[4], closed[6]) = ("whatsapp", "40405");
    desk.refused(1, "would be refused", &[&closed[..], &["--dry-run"]].concat());
    let adopt = ["adopt", "--customer", JANE, "--other", OTHER];
    desk.done(&[&adopt[..], &["--dry-run"]].concat());
    let pay = ["pay", "--amount", "KES 900,000,000", "--from", "purse:main", "--to", "wallet:a"];
    let pay = [&pay[..], &["--customer", JANE, "--dry-run"]].concat();
    desk.refused(1, "would be refused", &pay);
    assert_eq!(desk.head(), before, "nothing was recorded");
}

#[test]
fn r_pay_12_money_is_asked_for_without_a_word_and_in_the_currency_of_the_purse() {
    let desk = Desk::open();
    desk.done(&["sim", "message", JANE, "Where do I pay?"]);
    let request = ["request", "--number", JANE, "--via", "5250", "--into", "main", "--amount"];
    let (code, _, err) = desk.run(&[&request[..], &["1,500"]].concat());
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("amount: KES 1,500.00"), "{err}");
    let payments = &desk.told(&["get", JANE])["payments"];
    assert_eq!(payments[0]["value"]["minor"], 150_000, "{payments}");
    // The purse has nothing, and the hub says so before anything is paid.
    let pay =
        ["pay", "--number", JANE, "--via", "5250", "--from", "purse:main", "--to", "customer"];
    desk.refused(1, "has only KES", &[&pay[..], &["--amount", "9000000", "--dry-run"]].concat());
    desk.refused(2, "the org has no purse gold", &{
        ["request", "--number", JANE, "--via", "5250", "--into", "gold", "--amount", "5 KES"]
    });
}

#[test]
fn r_addr_5_a_stop_holds_however_a_verb_writes_the_number() {
    let desk = Desk::open();
    desk.done(&["sim", "message", "+254733900001", "“Stop.” 🛑"]);
    let from = ["--channel", "sms", "--from", "40404", "--text", "habari"];
    let send = |to: &'static str| [&["send", "--to", to][..], &from].concat();
    let ways = ["+254733900001", "254733900001", "0733900001", "00254733900001", "0733 900-001"];
    for way in ways {
        desk.refused(1, "(401)", &send(way));
        desk.done(&["tag", "--customer", way, "--tags", "tier=gold"]);
        assert_eq!(desk.told(&["get", way])["numbers"][0]["number"], ways[0], "{way}");
        desk.done(&["call", "--to", way, "--from", "0800", "--confirm", "call", "--dry-run"]);
    }
    let bulk = ["send-by-tag", "--tag", "tier=gold", "--channel", "sms", "--from", "40404"];
    let bulk = [&bulk[..], &["--text", "habari"]].concat();
    let would = desk.told(&[&bulk[..], &["--dry-run"]].concat());
    assert_eq!(
        (&would["audience"]["matching"], &would["audience"]["reached"]),
        (&1.into(), &0.into()),
        "{would}"
    );
    let events = desk.done(&["tail", "--format", "ndjson", "--no-follow", "-n", "500"]);
    assert_eq!(events.matches("new customer").count(), 1, "{events}");
    // What cannot be read is refused before anything is asked of the hub.
    let before = desk.head();
    desk.refused(2, "07339 is too short for a number of KE: did you mean", &send("07339"));
    desk.refused(2, "did you mean", &["tag", "--customer", "07339", "--tags", "tier=gold"]);
    assert_eq!(desk.head(), before);
}

#[test]
fn work_by_tag_needs_the_count_that_a_dry_run_tells() {
    let desk = Desk::open();
    for who in [JANE, OTHER] {
        desk.done(&["tag", "--customer", who, "--tags", "tier=gold"]);
    }
    let send = ["send-by-tag", "--tag", "tier=gold", "--channel", "sms", "--from", "40404"];
    let send = [&send[..], &["--text", "habari"]].concat();
    let shown = desk.told(&[&send[..], &["--dry-run"]].concat());
    assert_eq!(shown["audience"]["reached"], 2, "{shown}");
    let before = desk.head();
    desk.refused(2, "Say --confirm 2 to do it", &send);
    desk.refused(2, "nothing was done", &[&send[..], &["--confirm", "3"]].concat());
    assert_eq!(desk.head(), before);
    let told = desk.told(&[&send[..], &["--confirm", "2"]].concat());
    let work = told["id"].as_str().unwrap();
    assert!(work.starts_with("el_wrk_"), "{told}");
    let works = desk.told(&["works"]);
    assert_eq!(works[0]["work"]["id"], work, "{works}");
    desk.refused(1, "", &["work", "--work", "el_wrk_none", "--action", "cancel"]);
    let remind = ["remind-by-tag", "--tag", "tier=gold", "--key", "renewal", "--at", "+2h"];
    desk.done(&[&remind[..], &["--confirm", "2"]].concat());
    desk.done(&["cancel-reminder-by-tag", "--tag", "tier=gold", "--key", "renewal"]);
}

#[test]
fn money_identity_consent_and_calls_need_the_word_and_the_hub_decides() {
    let desk = Desk::open();
    for who in [JANE, OTHER] {
        desk.done(&["tag", "--customer", who, "--tags", "tier=gold"]);
    }
    let purses = desk.told(&["purses"]);
    let known = purses.as_array().unwrap().iter().any(|purse| purse["id"] == "main");
    assert!(known, "{purses}");
    let ask = ["pay", "--amount", "KES 1,500.00", "--from", "customer", "--to", "purse:main"];
    let ask = [&ask[..], &["--number", JANE, "--via", "5250"]].concat();
    desk.refused(2, "--confirm 1500 to do it", &ask);
    let told = desk.told(&[&ask[..], &["--confirm", "1500"]].concat());
    assert_eq!(told["code"], 102, "R-PAY-4: the payer must agree: {told}");
    assert!(told["id"].as_str().unwrap().starts_with("el_txn_"));
    let out = ["consent", "--to", JANE, "--channel", "sms", "--from", "40404"];
    let out = [&out[..], &["--action", "opt-out", "--reason", "asked on the phone"]].concat();
    desk.refused(2, "--confirm block to do it", &out);
    assert_eq!(desk.told(&[&out[..], &["--confirm", "block"]].concat())["code"], 301);
    let adopt = ["adopt", "--customer", JANE, "--other", OTHER];
    let view: Value =
        serde_json::from_str(&desk.done(&["get", OTHER, "--format", "json"])).unwrap();
    let id = view["id"].as_str().unwrap();
    let four = &id[id.len() - 4..];
    desk.refused(2, &format!("--confirm {four}"), &adopt);
    desk.done(&[&adopt[..], &["--confirm", four]].concat());
    let view: Value =
        serde_json::from_str(&desk.done(&["get", OTHER, "--format", "json"])).unwrap();
    assert_ne!(view["id"], id, "the survivor answers for both");
    let call = ["call", "--to", OTHER, "--from", "0800", "--confirm", "call"];
    assert_eq!(desk.told(&call)["code"], 100, "queued");
}

#[test]
fn late_answers_and_bad_input_are_said_where_they_are() {
    let desk = Desk::open();
    desk.refused(1, "", &["answer-ussd", "--session", "el_ses_none", "--text", "Karibu"]);
    desk.refused(1, "", &["answer-call", "--session", "el_ses_none", "--actions", "hang-up"]);
    desk.refused(
        2,
        "--actions: line 2: sing is none of",
        &["answer-call", "--session", "el_ses_none", "--actions", "say hi\nsing"],
    );
    for amount in ["NaN KES", "-5 KES", "KES 0", "KES 1.005", "KSHS 5"] {
        let pay = ["pay", "--from", "purse:main", "--to", "purse:b", "--amount", amount];
        desk.refused(2, "--amount: ", &[&pay[..], &["--confirm", "1"]].concat());
    }
    desk.refused(
        2,
        "--at: Wed 2020-01-01 09:00 UTC has passed",
        &["remind", "--customer", JANE, "--key", "k", "--at", "2020-01-01 09:00"],
    );
    desk.refused(2, "there is no event", &["listen", "--event", "fax"]);
    let token = desk.told(&["token"]);
    assert!(token["lifetime_s"].as_u64().is_some_and(|secs| secs > 0));
    let (_, out, err) = desk.run(&["token"]);
    assert!(err.contains("a secret") && !err.contains(out.trim()), "{err}");
}

#[test]
fn an_app_s_notifications_come_as_lines() {
    let desk = Desk::open();
    desk.done(&["send", "--to", JANE, "--channel", "sms", "--from", "40404", "--text", "habari"]);
    let out = desk.done(&["listen", "--event", "messageStatus", "-n", "1"]);
    let line: Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(line["event"], "messageStatus", "{out}");
    assert_eq!(line["app"], "desk");
}

#[test]
fn of_a_secondary_id_people_see_only_the_end_and_programs_all() {
    let home = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let out = binary_in(home.path()).args(args).output().unwrap();
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let who = "+254711000099";
    run(&["tag", "--customer", who, "--tags", "vip=yes"]);
    run(&["add-id", "--customer", who, "--ids", "passport:A12345678"]);
    let feed = ["tail", "--no-follow", "-n", "500", "--format"];
    for text in [run(&["get", who]), run(&[&feed[..], &["text"]].concat())] {
        assert!(text.contains("passport:****5678") && !text.contains("A12345678"), "{text}");
    }
    let customer: serde_json::Value =
        serde_json::from_str(&run(&["get", who, "--format", "json"])).unwrap();
    assert_eq!(customer["secondary_ids"][0][0]["value"], "A12345678");
    assert_eq!(customer["tags"][0]["expires_at"], serde_json::Value::Null, "it never ends");
    let lines = run(&[&feed[..], &["ndjson"]].concat());
    let events = lines.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
    let ids: Vec<_> = events.filter(|event| event["code"] == "IDS").collect();
    assert!(
        ids.iter().any(|event| {
            event["text"] == "id passport:****5678"
                && event["kind"]["secondary_ids_updated"][0][0]["value"] == "A12345678"
        }),
        "{ids:?}"
    );
    assert!(!lines.contains("1970-01-01"), "no time that nobody has said");
}
