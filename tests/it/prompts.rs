//! A USSD session and a call that are answered live, by verbs, while `sim` plays the phone. What an
//! agent types is what the phone shows, and what is pressed on the phone is what the agent reads
//! (R-HOOK-1). The sandbox's own app is switched off.

use super::support::Stage;
use serde_json::Value;

const JANE: &str = "+254711000001";
const OMAR: &str = "+254722000002";

/// A hub on the stories' settings, a customer's phone and the agent's verbs.
struct Line {
    stage: Stage,
}

impl Line {
    fn open() -> Self {
        Self { stage: Stage::open() }
    }
    /// Runs a verb. Returns its exit code, its stdout and its stderr.
    fn run(&self, args: &[&str]) -> (Option<i32>, String) {
        let said = self.stage.verb(args).output().unwrap();
        let text = [said.stdout, said.stderr].concat();
        (said.status.code(), String::from_utf8(text).unwrap())
    }
    fn told(&self, args: &[&str]) -> Value {
        let (code, text) = self.run(&[args, &["--format", "json"]].concat());
        assert_eq!(code, Some(0), "{args:?}: {text}");
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }
    /// Runs a `sim` verb and returns the session that it began.
    fn session(&self, act: &[&str]) -> String {
        self.told(&[&["sim"], act].concat())["id"].as_str().unwrap().to_owned()
    }
    fn refused(&self, why: &str, args: &[&str]) {
        let (code, text) = self.run(args);
        assert_eq!(code, Some(1), "{args:?}: {text}");
        assert!(text.contains(why), "{args:?}: {text}");
    }
    fn customer(&self, who: &str) -> Value {
        self.told(&["get", who])
    }
}

#[test]
fn r_hook_1_a_ussd_session_dialled_by_sim_is_answered_by_a_verb_and_the_menu_arrives() {
    let line = Line::open();
    let session = line.session(&["dial", JANE]);
    let waits = line.told(&["live"]);
    assert_eq!(
        (&waits[0]["session"], &waits[0]["kind"]),
        (&session.clone().into(), &"ussd".into())
    );
    let (_, text) = line.run(&["live", "--format", "text"]);
    assert!(text.contains("wants a menu, 1") && text.contains(" s left: "), "{text}");
    let answer = ["answer-ussd", "--session", &session, "--text", "1. Balance", "--then"];
    let menu = [&answer[..], &["continue"]].concat();
    assert_eq!(line.told(&[&menu[..], &["--dry-run"]].concat())["blocked"], false);
    line.refused("still waits for its menu", &["sim", "type", JANE, "1"]);
    let keyed = [&menu[..], &["--idempotency", "prompt-0001"]].concat();
    let told = line.told(&keyed);
    assert_eq!(told["ok"], true, "{told}");
    assert_eq!(line.told(&keyed), told, "under the same key the same answer");
    line.refused("waits for no menu", &menu);
    line.told(&["sim", "type", JANE, "1"]);
    let end = ["answer-ussd", "--session", &session, "--text", "KES 12", "--then", "end"];
    line.told(&end);
    line.refused("waits for no menu", &end);
    let jane = line.customer(JANE);
    let hops = jane["ussd"][0]["hops"].as_array().unwrap();
    let shown: Vec<_> = hops.iter().map(|hop| hop["menu"]["text"].as_str().unwrap()).collect();
    assert_eq!(shown, ["1. Balance", "KES 12"], "{jane}");
    assert_eq!(hops[1]["input"], "1");
    assert_eq!(jane["ussd"][0]["end"], "completed");
    let (_, page) = line.run(&["get", JANE]);
    assert!(page.contains(&session) && page.contains("KES 12"), "{page}");
}

#[test]
fn r_hook_3_a_call_by_sim_is_answered_with_a_plan_and_the_keys_pressed_come_back() {
    let line = Line::open();
    let (code, text) = line.run(&["sim", "phone", OMAR, "--picks-up", "wait"]);
    assert_eq!(code, Some(0), "{text}");
    let session = line.session(&["call", OMAR]);
    let plan = ["answer-call", "--session", &session, "--actions"];
    let ask = [&plan[..], &["ask 4 digits within 60s: Your PIN"]].concat();
    line.refused("answered with actions", &["answer-ussd", "--session", &session, "--text", "hi"]);
    line.told(&ask);
    line.refused("waits for no actions", &ask);
    line.told(&["sim", "press", OMAR, "1234"]);
    let omar = line.customer(OMAR);
    let hops = omar["calls"][0]["hops"].as_array().unwrap();
    let pressed: Vec<_> = hops.iter().filter_map(|hop| hop["digits"].as_str()).collect();
    assert_eq!(pressed, ["1234"], "{omar}");
    line.told(&[&plan[..], &["say Asante"]].concat());
    let (_, page) = line.run(&["get", OMAR]);
    assert!(page.contains(&session) && page.contains("1234"), "{page}");
    let done = || line.customer(OMAR)["calls"][0]["status"] == "completed";
    let soon = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !done() {
        assert!(std::time::Instant::now() < soon, "{}", line.customer(OMAR));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    line.refused("is over", &[&plan[..], &["say Late"]].concat());
}

#[test]
fn what_an_answer_is_for_must_be_said() {
    let line = Line::open();
    let (code, text) = line.run(&["answer-ussd", "--session", " ", "--text", "hi"]);
    assert_eq!((code, text.contains("session is blank")), (Some(2), true), "{text}");
    let (code, text) = line.run(&["work", "--work", "", "--action", "cancel"]);
    assert_eq!((code, text.contains("work is blank")), (Some(2), true), "{text}");
}
