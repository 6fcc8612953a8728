//! What can be wrong with a story is said with its line and step; what is right is read.

use super::file::{Expect, StepAction, StoryScript, Texts, fill};
use std::{collections::BTreeMap, time::Duration};

/// Two lines before the first step.
const HEAD: &str = "version = 1\n\n";

fn wrong(text: &str) -> String {
    StoryScript::parse(text).expect_err("something is wrong with it").to_string()
}

#[test]
fn the_built_in_stories_are_in_order() {
    for (name, text) in super::BUILT_IN {
        let story = StoryScript::parse(text).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(story.steps.len() > 20 && !story.title.is_empty());
    }
}

#[test]
fn a_step_is_read_with_its_line_its_name_and_what_is_expected() {
    let text = "version = 1\n[set]\nphone = \"+254733${run}\"\n\n[[step]]\nsim = \"dial\"\n\
                phone = \"${phone}\"\nas = \"ussd\"\n\n[[step]]\nwait = \"USS dialled\"\n\
                of = \"${ussd}\"\nwithin = 3\nexpect = { text = [\"a\", \"b\"], without = \"c\" }\n";
    let story = StoryScript::parse(text).unwrap();
    let [dial, wait] = &story.steps[..] else { panic!("two steps") };
    assert_eq!((dial.number, dial.line, dial.keep.as_deref()), (1, 5, Some("ussd")));
    assert!(matches!(dial.action, StepAction::Sim(_)));
    assert_eq!(dial.expect, Expect::default());
    let StepAction::Wait(awaited) = &wait.action else { panic!("{wait:?}") };
    assert_eq!((wait.line, awaited.within), (10, Duration::from_secs(3)));
    assert_eq!(wait.expect.text.iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(wait.expect.without, Texts::One("c".into()));
}

#[test]
fn a_bad_file_is_refused_with_line_and_step() {
    for (text, says) in [
        ("version = 2\n[[step]]\nlook = \"x\"\n", "version 2: this program plays version 1"),
        ("version = 1\n", "no [[step]]"),
        ("version = 1\nstepp = 3\n", "line 2: unknown field `stepp`"),
        ("version = 1\n[[step]\n", "line 2: "),
        ("[[step]]\nlook = \"x\"\n", "missing field `version`"),
        ("version = 1\n[set]\nA = \"x\"\n[[step]]\nlook = \"x\"\n", "[set] A: `A` is no name"),
    ] {
        assert!(wrong(text).contains(says), "{text}: {}", wrong(text));
    }
    for (step, says) in [
        ("note = \"x\"", "one of sim, command, wait, look says what is done"),
        ("look = \"x\"\nwait = \"y\"", "wait and look in one step"),
        ("look = \"x\"\nwhom = \"y\"", "`look` has no `whom`"),
        ("look = \"${phone}\"", "nothing is called `${phone}` yet; known: run, sms"),
        ("look = \"${phone\"", "a } is missing"),
        ("look = \"x\"\nas = \"My Name\"", "`My Name` is no name"),
        ("look = \"x\"\nexpect = { kode = 1 }", "expect: unknown field `kode`"),
        ("wait = \"\"", "wait for what"),
        ("wait = \"PAY\"\nwithin = 0", "`within` is 1 to 600 seconds"),
        ("wait = \"PAY\"\nwithin = \"soon\"", "`within` is 1 to 600 seconds"),
        ("sim = \"dail\"\nphone = \"+1\"", "sim: unknown variant `dail`"),
        ("sim = \"dial\"", "sim: missing field `phone`"),
        ("sim = \"dial\"\nphone = \"+1\"\nfoo = \"x\"", "unknown field `foo`"),
        ("sim = \"phone\"\nphone = \"+1\"\npays = \"maybe\"", "unknown variant `maybe`"),
        ("command = \"sned\"", "there is no command `sned`; did you mean `send`?"),
        ("command = \"send\"\nto = \"+1\"\nfrom = \"sms 1\"\nfoo = \"x\"", "`send` has no `foo`"),
        ("command = \"tag\"\ntags = \"a=b\"", "`tag` needs `customer`"),
        ("command = \"tag\"\ncustomer = \"+1\"", "`tag` needs `tags`"),
        ("command = \"answer-ussd\"\ntext = \"x\"", "`answer-ussd` needs `session`"),
        ("command = \"tag\"\ncustomer = \"+1\"\ntags = [\"a=b\"]", "`tags` is a text"),
    ] {
        let fine = "[[step]]\nlook = \"+1\"\n\n";
        let told = wrong(&format!("{HEAD}{fine}[[step]]\n{step}\n"));
        assert!(told.starts_with("line 6: step 2: "), "{told}");
        assert!(told.contains(says), "{step}: {told}");
    }
}

#[test]
fn names_are_filled_in_and_unknown_ones_stay() {
    let values = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
    for (text, filled) in [
        ("${a}", "1"),
        ("x${a}y${a}", "x1y1"),
        ("${b} ${a}", "${b} 1"),
        ("$a {a} ${a", "$a {a} ${a"),
        ("", ""),
    ] {
        assert_eq!(fill(text, &values), filled, "{text}");
    }
}
