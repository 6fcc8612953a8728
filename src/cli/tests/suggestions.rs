//! Every error that suggests a form suggests one that is taken. The errors are provoked through the
//! verbs, and what they suggest is put in the place of what was wrong. And the parser's own tips
//! are near what was typed.

use super::{command, verb, words};
use crate::{
    catalog::{
        ALL, BuildContext, FieldKind, FieldSpec, Needs, Spec, Target,
        tests::{NOW, coverage::target_of, hello, zone},
    },
    cli::{only_near_tips, sim::act},
    model::{Channel, Hello},
};
use std::{collections::BTreeMap, sync::LazyLock};

/// A command line of a verb, of which one flag is changed.
type Line = Vec<String>;

fn with(line: &[String], flag: &str, value: &str) -> Line {
    let mut line = line.to_vec();
    let name = format!("--{flag}");
    match line.iter().position(|word| *word == name) {
        Some(at) => line[at + 1] = value.to_owned(),
        None => line.extend([name, value.to_owned()]),
    }
    line
}

/// The error of one field, if it has one.
fn error_of(spec: &Spec, line: &[String], field: &str, on: (&Target, &Hello)) -> Option<String> {
    // Thousands of lines are read here, and to copy the parser of one verb takes much less than to make that of all.
    static PARSER: LazyLock<clap::Command> = LazyLock::new(|| {
        let mut all = command();
        all.build();
        all
    });
    let verb = PARSER.find_subcommand(&line[1]).expect("a verb").clone();
    let given = verb.try_get_matches_from(&line[1..]).unwrap_or_else(|e| panic!("{line:?}: {e}"));
    let values = match verb::values(spec, &given) {
        Ok(values) => values,
        Err(why) => return Some(why.to_string()),
    };
    let zone = zone();
    let context = BuildContext { hello: on.1, at: NOW, zone: &zone, purses: &[] };
    let errors = (spec.build)(&values, on.0, &context).err()?;
    errors.iter().find(|(name, _)| *name == field).map(|(_, why)| why.to_string())
}

/// The forms that a sentence offers, with the words in capitals filled in.
fn offered(kind: FieldKind, why: &str) -> Vec<String> {
    const MARKS: [&str; 6] =
        ["such as ", "write it as ", "which purse: ", "which wallet: ", "whose wallet: ", "write "];
    let Some((_, list)) = MARKS.iter().find_map(|mark| why.rsplit_once(mark)) else {
        return Vec::new();
    };
    let filled =
        [("NUMBER", "5250"), ("CODE", "12"), ("ACCOUNT", "A7"), ("el_cst_…", "el_cst_9b1f")];
    let list = filled.iter().fold(list.to_owned(), |list, (name, value)| list.replace(name, value));
    let list = list.replace(":ID", ":spare");
    if kind == FieldKind::Place {
        return vec![list];
    }
    let each = list.split(" or ").flat_map(|part| part.split(", "));
    each.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// What nobody can have meant.
const WRONG: [&str; 17] = [
    "",
    " ",
    "?",
    "x y",
    "5",
    "5 KSHS",
    "JPY 5.5",
    "+900000w",
    "+0s",
    "key=",
    "smss 40404",
    "sms 1",
    "whatsapp",
    "purse:",
    "wallet:",
    "wallet:main",
    "channel:5250",
];

/// The lines of a spec in which one field is made wrong: its example, also on other channels.
fn lines(spec: &Spec) -> Vec<Line> {
    let example = words(&format!("switchboard {}", spec.verb.example));
    let mut all = vec![example.clone()];
    if let Some(channel) = example.iter().position(|word| word == "--channel") {
        all.extend(["telegram", "whatsapp"].map(|word| with(&example, "channel", word)));
        let mut without = example;
        without.drain(channel..channel + 2);
        all.push(without);
    }
    // Without the flags that go only with certain words of others, because those words change here.
    let mut bare = all[0].clone();
    for field in spec.fields.iter().filter(|field| !field.when.is_empty()) {
        if let Some(at) = bare.iter().position(|word| *word == format!("--{}", field.name)) {
            bare.drain(at..at + 2);
        }
    }
    all.push(bare);
    all
}

/// Provokes the errors of one field and tries what they suggest. Returns how many suggestions there were.
fn walk(spec: &Spec, line: &[String], field: &FieldSpec, on: (&Target, &Hello)) -> usize {
    let mut tried = 0;
    for wrong in WRONG {
        let Some(why) = error_of(spec, &with(line, field.name, wrong), field.name, on) else {
            continue;
        };
        for form in offered(field.kind, &why) {
            let again = error_of(spec, &with(line, field.name, &form), field.name, on);
            // These are about another flag too, and not about this form alone.
            let both = ["cannot reach", "the same customer"];
            let again = again.filter(|why| !both.iter().any(|said| why.contains(said)));
            assert_eq!(again, None, "{line:?}: --{} {wrong:?} says: {why}: {form:?}", field.name);
            tried += 1;
        }
    }
    tried
}

#[test]
fn whatever_an_error_of_a_verb_suggests_is_taken() {
    let (listed, unlisted) = (hello(), Hello { channels: Vec::new(), ..hello() });
    let mut tried: BTreeMap<String, usize> = BTreeMap::new();
    for spec in ALL {
        let known = target_of(spec);
        // A verb whose target has no customer knows only what its flags say.
        let alone = spec.names_recipient()
            || matches!(
                spec.needs,
                Needs::Anyone | Needs::Nothing | Needs::Unknown | Needs::Carrier
            );
        let unknown = if alone { Target::default() } else { known.clone() };
        for (line, field) in
            lines(spec).iter().flat_map(|l| spec.fields.iter().map(move |f| (l, f)))
        {
            // The parser refuses those itself, and the language of a plan has a test of its own.
            if matches!(field.kind, FieldKind::Choice(_) | FieldKind::Actions) {
                continue;
            }
            for on in
                [(&known, &listed), (&known, &unlisted), (&unknown, &listed), (&unknown, &unlisted)]
            {
                *tried.entry(format!("{:?}", field.kind)).or_default() +=
                    walk(spec, line, field, on);
            }
        }
    }
    for kind in ["Channel(Messages)", "Channel(Calls)", "Channel(Payments)", "Number", "Amount"] {
        assert!(tried[kind] > 0, "{kind} suggested nothing: {tried:?}");
    }
    for kind in ["Party(Pays)", "Party(Receives)", "Moment", "Every", "Expiry", "Pairs", "TagPair"]
    {
        assert!(tried[kind] > 0, "{kind} suggested nothing: {tried:?}");
    }
}

#[test]
fn whatever_an_error_of_a_plan_suggests_is_taken() {
    let spec = ALL.iter().find(|spec| spec.verb.name == "answer-call").expect("the plan of a call");
    let (hello, target) = (hello(), target_of(spec));
    let line = words(&format!("switchboard {}", spec.verb.example));
    // What is wrong, and where the suggestion goes.
    for (wrong, place) in [
        ("ask x digits: PIN", "{}"),
        ("record sideways: Speak", "{}"),
        ("ask 4 digits within x: PIN", "ask 4 digits within {}: PIN"),
        ("dial [for x] +254711000001", "dial [for {}] +254711000001"),
        ("dial", "dial {}"),
        ("take-from", "take-from {}"),
    ] {
        let error = |plan: &str| {
            error_of(spec, &with(&line, "actions", plan), "actions", (&target, &hello))
        };
        let why = error(wrong).unwrap_or_else(|| panic!("{wrong} is taken"));
        let mark = if why.contains("such as ") { "such as " } else { "write " };
        let (_, form) = why.rsplit_once(mark).unwrap_or_else(|| panic!("{wrong}: {why}"));
        assert_eq!(error(&place.replace("{}", form)), None, "{wrong}: {why}");
    }
}

#[test]
fn whatever_an_error_of_sim_suggests_is_taken() {
    let after = |why: String| {
        let (_, list) = why.rsplit_once("write ").or(why.rsplit_once("such as ")).expect("a form");
        let each = list.split(", ").flat_map(|part| part.split("or "));
        let each = each.map(|part| part.trim().trim_matches('`').to_owned());
        each.filter(|part| !part.is_empty()).collect::<Vec<_>>()
    };
    let phone = |text: &str| act::number(text).map_err(|why| why.to_string());
    for form in after(phone("key:value").unwrap_err()) {
        assert!(phone(&form).is_ok(), "{form}");
    }
    let span = |text: &str| act::span(text).map_err(|why| why.to_string());
    for form in after(span("soon").unwrap_err()) {
        assert!(span(&form).is_ok(), "{form}");
    }
    let bare = Hello { channels: Vec::new(), ..hello() };
    let to = |text: &str| {
        act::org_number(&bare, Some(text), Channel::Sms).map_err(|why| why.to_string())
    };
    for wrong in ["smss 40404", "xyz 40404", "whatsapp"] {
        for form in after(to(wrong).unwrap_err()) {
            assert!(to(&form).is_ok(), "{wrong}: {form}");
        }
    }
    assert!(to("smss 40404").unwrap_err().contains("did you mean `sms`?"));
    assert!(!to("xyz 40404").unwrap_err().contains("did you mean"));
}

/// What the parser says about a line that it does not take.
fn refused(line: &str) -> String {
    only_near_tips(command().try_get_matches_from(words(line)).expect_err(line)).to_string()
}

#[test]
fn the_parser_gives_a_tip_only_for_a_word_that_is_near() {
    for (line, near) in [
        ("switchboard tail --qery refund", "'--query'"),
        ("switchboard sned --to x", "'send'"),
        ("switchboard works --format jsno", "'json'"),
        ("switchboard works --limti 5", "'--limit'"),
    ] {
        let said = refused(line);
        assert!(said.contains("tip:") && said.contains(near), "{line}: {said}");
    }
    for line in [
        "switchboard tail --sentences 5",
        "switchboard telephone",
        "switchboard works --format spreadsheet",
        "switchboard purses --idempotence 1",
        "switchboard --texture x",
    ] {
        let said = refused(line);
        assert!(!said.contains("tip:"), "{line}: {said}");
        // The parser builds its usage line around the flag that it guessed.
        assert!(!said.contains("--insecure"), "{line}: {said}");
    }
}

#[test]
fn a_wrong_channel_names_its_flag_and_the_word_that_is_near() {
    let said = refused("switchboard send --to +254711000001 --channel smss --from 40404 --text hi");
    assert!(
        said.contains("--channel") && said.contains("smss") && said.contains("'sms'"),
        "{said}"
    );
    assert!(!said.contains("--from 40404"), "{said}");
    let spec = ALL.iter().find(|spec| spec.verb.name == "send").expect("send");
    let line = words(&format!("switchboard {}", spec.verb.example));
    let both = with(&line, "from", "whatsapp 40405");
    let (hello, target) = (hello(), Target::default());
    let why = error_of(spec, &both, "from", (&target, &hello)).expect("two channels");
    assert!(why.contains("--channel says sms") && why.contains("--from says whatsapp"), "{why}");
    for other in ["FB_Messenger", "google_rcs", "SMS"] {
        let line = with(&line, "channel", other);
        assert!(command().try_get_matches_from(&line).is_ok(), "{other}");
    }
}
