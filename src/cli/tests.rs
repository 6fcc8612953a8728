//! One declaration makes everything: every command has its form, help, risk, palette row, verb
//! with its flags, and its section of the man page. What can be told apart is: nothing is lost
//! between a form and the same line in a shell.

use super::{command, man, verb};
use crate::{
    catalog::{
        ALL, Confirm, Context, Risk, Spec, Values,
        command_line::command_line,
        tests::{
            NOW, build,
            coverage::{LEAST, target_of},
            hello, zone,
        },
    },
    console::{actions::Action, pane::form::Form},
    model::{CustomerCommand, arbitrary},
};
use proptest::{prelude::*, test_runner::Config};

/// The command that the least of a spec makes.
fn least(spec: &Spec) -> (Values, CustomerCommand) {
    let (_, values) = LEAST.iter().find(|(id, _)| *id == spec.id).expect("every spec has a least");
    let given: Vec<_> =
        values.iter().map(|(k, v)| (*k, if *v == "4417" { "+254711000001" } else { *v })).collect();
    let all = given.iter().fold(Values::default(), |all, (k, v)| all.with(k, *v));
    (all, build(spec, &target_of(spec), &given).expect("the least is enough"))
}

fn has_flag(verb: &clap::Command, name: &str) -> bool {
    verb.get_arguments().any(|arg| arg.get_long() == Some(name))
}

#[test]
fn every_command_has_everything() {
    let page = man::page(command(), None).expect("a page");
    let mut cli = command();
    cli.build();
    for spec in ALL {
        let (_, made) = least(spec);
        assert_eq!(Spec::of(&made), Some(*spec));

        let (hello, zone) = (hello(), zone());
        let context = Context { hello: &hello, at: NOW, zone: &zone };
        let form = Form::open(spec, target_of(spec), context, "sb-00000001".into(), None);
        assert!(form.shown().count() > 0, "{} opens with a field", spec.id);

        let row = Action::Command(spec).row();
        assert!(!row.help.is_empty() && !spec.help.is_empty());

        let verb = cli.find_subcommand_mut(spec.verb).expect("a verb");
        for flag in ["help", "dry-run", "format", "idempotency"] {
            assert!(has_flag(verb, flag), "{} --{flag}", spec.verb);
        }
        let confirms = spec.risk >= Risk::R3;
        assert_eq!(has_flag(verb, "confirm"), confirms, "{} --confirm", spec.verb);
        for field in spec.fields {
            assert!(has_flag(verb, field.name), "{} --{}", spec.verb, field.name);
        }
        let help = verb.render_long_help().to_string();
        let about = spec.help.trim_end_matches('.');
        assert!(help.contains(about.get(..20).unwrap_or(about)), "{help}");
        let section = format!("\"switchboard {}\"", spec.verb.replace('-', "\\-"));
        assert!(page.contains(&section), "{section} is not on the page");
        let own = man::page(command(), Some(spec.verb)).expect("a page of its own");
        assert!(own.contains("dry\\-run"), "{}", spec.verb);
    }
    assert!(man::page(command(), Some("sing")).is_err());
    let sim = man::page(command(), Some("sim")).expect("a page of its own");
    for verb in ["pick\\-up", "clock", "numbers"] {
        let section = format!("\"switchboard sim {verb}\"");
        assert!(sim.contains(&section) && page.contains(&section), "{section}");
    }
}

proptest! {
    #![proptest_config(Config::with_cases(2_000))]
    /// A new command that nobody declared is found here, whatever else was forgotten.
    #[test]
    fn whatever_can_be_wished_for_is_declared(wish in arbitrary::command()) {
        let spec = Spec::of(&wish);
        prop_assert_eq!(spec.is_none(), matches!(wish, CustomerCommand::Meet(_)));
    }
}

/// What a shell makes of a line with plain and single-quoted words.
fn words(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => out.push(String::new()),
            c => out.last_mut().expect("never empty").push(c),
        }
    }
    out
}

#[test]
fn the_line_of_a_form_does_in_a_shell_what_the_form_does() {
    for spec in ALL {
        let (values, made) = least(spec);
        let line = command_line(spec, &target_of(spec), &values);
        let args = words(&line);
        let matches =
            command().try_get_matches_from(&args).unwrap_or_else(|e| panic!("{line}: {e}"));
        let (name, given) = matches.subcommand().expect("a verb");
        assert_eq!(verb::find(name).map(|s| s.id), Some(spec.id));
        let again = verb::values(spec, given).expect("values");
        let (hello, zone) = (hello(), zone());
        let context = Context { hello: &hello, at: NOW, zone: &zone };
        let same = (spec.build)(&again, &target_of(spec), &context);
        assert_eq!(same, Ok(made), "{line}");
    }
}

#[test]
fn flags_that_do_not_go_together_are_usage_and_what_goes_without_saying_is_implied() {
    let values = |line: &str| {
        let matches = command().try_get_matches_from(words(line)).map_err(|e| e.to_string())?;
        let (name, given) = matches.subcommand().expect("a verb");
        verb::values(verb::find(name).expect("declared"), given).map_err(|e| e.to_string())
    };
    let send = "switchboard send --to +254711000001 --channel telegram --from acme_bot";
    let media = values(&format!("{send} --media https://x.org/a.pdf")).unwrap();
    assert_eq!(media.get("body"), "media");
    let template = values(&format!("{send} --template update --text hi")).unwrap();
    assert_eq!(template.get("body"), "template");
    let both = values(&format!("{send} --text hi --place 1,2")).unwrap_err();
    assert!(both.contains("--text has no meaning here"), "{both}");
    let pay = "switchboard pay --amount 'KES 5' --from purse:main --to wallet:a --via 5250";
    assert!(values(pay).unwrap_err().contains("--via has no meaning here"));
    assert!(
        values("switchboard work --work el_wrk_1 --action stop").unwrap_err().contains("pause")
    );
    let south = values(&format!("{send} --place -1.2921,36.8219")).unwrap();
    assert_eq!(south.get("place"), "-1.2921,36.8219");
}

#[test]
fn what_must_be_typed_is_never_a_bare_flag() {
    for spec in ALL.iter().filter(|spec| spec.confirm != Confirm::None) {
        let (values, _) = least(spec);
        let line = format!("{} --confirm", command_line(spec, &target_of(spec), &values));
        assert!(command().try_get_matches_from(words(&line)).is_err(), "{line}");
    }
}

#[test]
fn the_command_line_is_sound_and_completions_name_the_verbs() {
    command().debug_assert();
    let mut script = Vec::new();
    clap_complete::generate(clap_complete::Shell::Bash, &mut command(), "switchboard", &mut script);
    let script = String::from_utf8(script).unwrap();
    assert!(ALL.iter().all(|spec| script.contains(spec.verb)));
}
