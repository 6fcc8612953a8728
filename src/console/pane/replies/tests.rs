//! Canned replies in files (R-CANNED-2).

use super::*;
use crate::catalog::{Needs, Risk};

const FILE: &str = r#"
[[reply]]
name = "bei"
text = "Habari {{first-name|rafiki}}, bei ya leo ni {{?amount}}."
then = [{ do = "tag", tags = "asked=price" }]

[[reply]]
name = "asante"
text = """Asante.
Karibu tena."""
"#;

#[test]
fn r_canned_2_a_file_of_replies_is_read() {
    let (replies, problems) = read(FILE);
    assert_eq!(problems, Vec::<String>::new());
    let [bei, asante] = &replies[..] else { panic!("{replies:?}") };
    let step = StepValue { field: "tags".into(), text: "asked=price".into() };
    assert_eq!(bei.then, [ReplyStep { form: "tag".into(), values: vec![step] }]);
    assert_eq!((asante.name.as_str(), asante.text.as_str()), ("asante", "Asante.\nKaribu tena."));
}

#[test]
fn what_cannot_be_used_is_off_with_its_line_and_the_rest_works() {
    for (table, line, why) in [
        ("name = \"\"\ntext = \"a\"", 8, "a name has 1 to 60 characters"),
        ("name = \"x\"\ntext = \" \"", 9, "a text has 1 to 4096 characters"),
        ("name = \"x\"", 7, "missing field `text`"),
        ("name = \"x\"\ntext = \"a\"\nsend = true", 7, "unknown field `send`"),
        ("name = \"x\"\ntext = \"{{frist-name}}\"", 9, "{{frist-name}} is no gap: name,"),
        (
            "name = \"x\"\ntext = \"a\"\nthen = [{ do = \"pay\" }]",
            10,
            "`do` is \"pay\"; what can follow is",
        ),
        ("name = \"x\"\ntext = \"a\"\nthen = [{ tags = \"a=b\" }]", 10, "`do` is \"\"; what can"),
        (
            "name = \"x\"\ntext = \"a\"\nthen = [{ do = \"tag\", tag = \"a=b\" }]",
            10,
            "tag has no field \"tag\"; it has tags",
        ),
        ("name = \"bei\"\ntext = \"a\"", 8, "another reply has this name"),
    ] {
        let text = format!(
            "{}\n[[reply]]\n{table}\n",
            FILE.split("\n[[reply]]\nname = \"asante").next().unwrap()
        );
        let (replies, problems) = read(&text);
        assert_eq!(replies.len(), 1, "{table}");
        let [problem] = &problems[..] else { panic!("{table}: {problems:?}") };
        assert!(problem.starts_with(&format!("{line}: ")) && problem.contains(why), "{problem}");
    }
    let (none, problems) = read("[[replies]]\nname = \"x\"");
    assert!(none.is_empty() && problems[0].starts_with("1: no reply is used"), "{problems:?}");
}

#[test]
fn nothing_that_reaches_a_customer_or_cannot_be_taken_back_can_follow() {
    let step = |form: &str| ReplyStep { form: form.to_owned(), values: Vec::new() };
    for spec in crate::catalog::ALL {
        let is_harmless = spec.risk == Risk::R1 && spec.needs == Needs::Customer;
        assert!(check_step(&step(spec.id)).is_err() || is_harmless, "{}", spec.id);
    }
    assert!(STEPS_OF.iter().all(|form| check_step(&step(form)).is_ok()));
}

#[test]
fn ones_own_reply_wins_over_a_shared_one_and_that_over_the_hubs() {
    let named = |name: &str, text: &str| CannedReply {
        name: name.into(),
        text: text.into(),
        then: Vec::new(),
        ..CannedReply::default()
    };
    let broken = named("broken", "{{nobody}}");
    let hub = [named("a", "hub"), named("b", "hub"), named("c", "hub"), broken];
    let (all, off) =
        merged(vec![named("a", "own")], vec![named("a", "shared"), named("b", "shared")], &hub);
    let shown: Vec<_> =
        all.iter().map(|(from, reply)| (*from, &*reply.name, &*reply.text)).collect();
    assert_eq!(
        shown,
        [
            (ReplySource::Own, "a", "own"),
            (ReplySource::Shared, "b", "shared"),
            (ReplySource::Hub, "c", "hub"),
        ]
    );
    assert!(off[0].starts_with("the hub's reply \"broken\" is off: {{nobody}}"), "{off:?}");
}
