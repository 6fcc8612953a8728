//! One declaration makes everything: every command has its form, its palette row, its verb with
//! flags and example, and its section of the man page. And nothing is lost between a form and the
//! same command as a line in a shell.

mod suggestions;

use super::{OF_THE_CONSOLE, check_order, command, man, verb};
use crate::{
    catalog::{
        ALL, BuildContext, Confirm, Risk, Spec, Values,
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

/// The fewest values of a declaration, and the command that they make.
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
        let context = BuildContext { hello: &hello, at: NOW, zone: &zone, purses: &[] };
        let form = Form::open(spec, target_of(spec), context, "sb-00000001".into(), None);
        assert!(form.shown().count() > 0, "{} opens with a field", spec.id);

        let row = Action::Command(spec).row();
        assert!(!row.help.is_empty() && !spec.verb.help.is_empty());

        let verb = cli.find_subcommand_mut(spec.verb.name).expect("a verb");
        for flag in ["help", "dry-run", "format", "idempotency"] {
            assert!(has_flag(verb, flag), "{} --{flag}", spec.verb.name);
        }
        let confirms = spec.risk >= Risk::R3;
        assert_eq!(has_flag(verb, "confirm"), confirms, "{} --confirm", spec.verb.name);
        for field in spec.fields {
            assert!(has_flag(verb, field.name), "{} --{}", spec.verb.name, field.name);
        }
        let help = verb.render_long_help().to_string();
        let about = spec.verb.help.trim_end_matches('.');
        assert!(help.contains(about.get(..20).unwrap_or(about)), "{help}");
        let section = format!("\"switchboard {}\"", spec.verb.name.replace('-', "\\-"));
        assert!(page.contains(&section), "{section} is not on the page");
        let own = man::page(command(), Some(spec.verb.name)).expect("a page of its own");
        assert!(own.contains("dry\\-run"), "{}", spec.verb.name);
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

/// The words that a shell makes of a line. Single quotes are all the quoting it knows, and a
/// backslash at the end of a line continues it.
fn words(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in line.replace("\\\n", " ").chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted && out.last().is_some_and(String::is_empty) => {}
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
        let context = BuildContext { hello: &hello, at: NOW, zone: &zone, purses: &[] };
        let same = (spec.build)(&again, &target_of(spec), &context);
        assert_eq!(same, Ok(made), "{line}");
    }
}

/// The examples below the help of a verb: the lines that begin with the program's name, each with the
/// line that continues it.
fn examples(help: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in help.lines() {
        if goes_on {
            let last = found.last_mut().expect("a line that goes on");
            *last = format!("{last}\n{line}");
        } else if let Some(example) = line.strip_prefix("  switchboard ") {
            found.push(format!("switchboard {example}"));
        }
        goes_on = line.ends_with('\\') && !found.is_empty();
    }
    found
}

/// Every verb of the program with the words that call it, those of `sim` among them.
fn verbs(of: &clap::Command, path: &str) -> Vec<(String, clap::Command)> {
    let mut all = Vec::new();
    for verb in of.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let path = format!("{path} {}", verb.get_name());
        all.push((path.clone(), verb.clone()));
        all.extend(verbs(verb, &path));
    }
    all
}

#[test]
fn every_verb_has_an_example_that_the_parser_takes() {
    let all = verbs(&command(), "switchboard");
    assert!(all.len() > 50, "only {} verbs", all.len());
    for (path, mut verb) in all {
        let help = verb.render_long_help().to_string();
        let found = examples(&help);
        assert!(!found.is_empty(), "{path} has no example:\n{help}");
        for example in found {
            assert!(example.starts_with(&format!("{path} ")) || example == path, "{example}");
            for line in example.lines() {
                assert!(line.chars().count() <= 78, "wider than a screen: {line}");
            }
            // What a shell does with the output is no concern of the parser.
            let line = example.split(" | ").next().unwrap_or_default();
            let line = line.split(" > ").next().unwrap_or_default();
            if let Err(error) = command().try_get_matches_from(words(line)) {
                panic!("{example}: {error}");
            }
        }
    }
}

#[test]
fn the_example_of_every_command_makes_that_command() {
    for spec in ALL {
        let line = format!("switchboard {}", spec.verb.example);
        let matches = command().try_get_matches_from(words(&line)).unwrap();
        let (_, given) = matches.subcommand().expect("a verb");
        let values = verb::values(spec, given).unwrap_or_else(|why| panic!("{line}: {why}"));
        let (hello, zone) = (hello(), zone());
        let context = BuildContext { hello: &hello, at: NOW, zone: &zone, purses: &[] };
        let made = (spec.build)(&values, &target_of(spec), &context);
        let made = made.unwrap_or_else(|why| panic!("{line}: {why}"));
        assert!((spec.makes)(&made), "{line} makes another command");
        let confirms = line.contains("--confirm") || line.contains("--dry-run");
        assert_eq!(confirms, spec.confirm != Confirm::None, "{line}: what must be typed");
    }
}

#[test]
fn standard_input_is_read_for_one_field_only() {
    let line = "switchboard send --to +254711000001 --channel sms --from 40404 \
                --template update --text - --params -";
    let matches = command().try_get_matches_from(words(line)).unwrap();
    let (name, given) = matches.subcommand().expect("a verb");
    let why = verb::values(verb::find(name).expect("declared"), given).unwrap_err();
    assert!(why.to_string().contains("standard input is read once"), "{why}");
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
fn only_a_lease_is_said_to_wait_for_a_lease() {
    for spec in ALL {
        let (_, command) = least(spec);
        let words = verb::waiting(spec, &command);
        assert!(words.contains(&format!("`{}`", spec.verb.name)), "{words}");
        let leases = matches!(command, CustomerCommand::LeaseMetadata { .. });
        assert_eq!(words.contains("leased"), leases, "{words}");
    }
}

#[test]
fn the_command_line_is_sound_and_completions_name_the_verbs() {
    command().debug_assert();
    let mut script = Vec::new();
    clap_complete::generate(clap_complete::Shell::Bash, &mut command(), "switchboard", &mut script);
    let script = String::from_utf8(script).unwrap();
    assert!(ALL.iter().all(|spec| script.contains(spec.verb.name)));
}

/// What stands before a verb and is not looked at there could make the verb work on another hub.
#[test]
fn options_of_the_console_before_a_verb_are_refused() {
    let given = [
        ("listen", "127.0.0.1:7400"),
        ("plaintext", ""),
        ("config", "hub.toml"),
        ("replay", "x.ndjson"),
        ("speed", "2"),
        ("hold", "9"),
        ("views", "views.toml"),
    ];
    assert_eq!(given.map(|(id, _)| id), OF_THE_CONSOLE);
    let order = |line: &str| {
        let matches = command().try_get_matches_from(words(line)).unwrap();
        let (verb, _) = matches.subcommand().unwrap();
        check_order(&matches, verb).map_err(|error| error.to_string())
    };
    for (id, value) in given {
        for verb in ["verify", "backup --to x", "purses", "waiting"] {
            let name = verb.split(' ').next().unwrap();
            let why = order(&format!("switchboard --{id} {value} {verb}")).unwrap_err();
            assert!(why.starts_with(&format!("--{id} before `{name}` ")), "{why}");
        }
    }
    for fine in [
        "switchboard verify --config hub.toml",
        "switchboard --org acme --data-dir x verify",
        "switchboard --views v.toml tail --view mine",
    ] {
        assert_eq!(order(fine), Ok(()), "{fine}");
    }
}
