//! From a declaration to flags, and from flags to what a form would hold.

use crate::{
    catalog::{FieldKind, FieldSpec, Needs, Spec, Values},
    cli::{args::AnswerFormat, exit::Failure},
};
use clap::{
    Arg, ArgAction, ArgMatches, Command,
    builder::{EnumValueParser, PossibleValuesParser},
};
use std::io::Read as _;

/// What was given for a flag; empty if nothing was, or if the verb has no such flag.
pub(super) fn text<'a>(args: &'a ArgMatches, name: &str) -> &'a str {
    args.try_get_one::<String>(name).ok().flatten().map_or("", String::as_str)
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(placeholder(name)).help(help)
}

/// What stands for the value of a flag in usage lines.
fn placeholder(name: &str) -> &'static str {
    match name {
        "customer" | "other" => "CUSTOMER",
        "message" | "session" | "work" => "ID",
        "to" | "from" | "number" | "via" => "WHICH",
        "at" | "expires" => "TIME",
        "every" => "SPAN",
        "tags" | "ids" | "tag" => "KEY=VALUE",
        "key" | "keys" | "idempotency" => "KEY",
        "channel" | "body" | "media-kind" | "action" | "then" | "confirm" => "WORD",
        "format" => "FORMAT",
        "amount" => "AMOUNT",
        "media" => "URL",
        "place" => "LAT,LON",
        _ => "TEXT",
    }
}

/// The flags for what a form has locked when it opens.
fn locks(spec: &Spec) -> Vec<Arg> {
    let who = "An id (el_cst_…), a number (+254…, telegram:…), or a secondary id (key:value)";
    let customer = flag("customer", who);
    match spec.needs {
        Needs::Customer if spec.names_recipient() => Vec::new(),
        Needs::Customer => vec![customer.required(true)],
        Needs::Anyone => vec![customer],
        Needs::Message => {
            let message = flag("message", "The message to answer (el_msg_…)");
            vec![customer.required(true), message.required(true)]
        }
        Needs::Ussd => vec![flag("session", "The USSD session (el_ses_…)").required(true)],
        Needs::Call => vec![flag("session", "The call (el_ses_…)").required(true)],
        Needs::Work => vec![flag("work", "The work by tag (el_wrk_…)").required(true)],
        Needs::Nothing => Vec::new(),
    }
}

fn of_field(field: &'static FieldSpec) -> Arg {
    let arg = flag(field.name, field.help.trim_end_matches('.'));
    // What begins with a minus is read, and refused in words if it may not.
    let negative = matches!(
        field.kind,
        FieldKind::Place
            | FieldKind::Amount
            | FieldKind::Expiry
            | FieldKind::Moment
            | FieldKind::Every
    );
    let arg = arg.allow_hyphen_values(field.kind.is_multiline() || negative);
    match field.kind {
        FieldKind::Choice(words) => arg
            .value_parser(PossibleValuesParser::new(words))
            .ignore_case(true)
            .long_help(format!("{} [default: {}]", field.help, field.initial())),
        _ => arg.required(field.required && field.when.is_empty()),
    }
}

/// The verb of a declaration.
pub(super) fn command(spec: &'static Spec) -> Command {
    let about = spec.help.trim_end_matches('.');
    let mut command = Command::new(spec.verb).about(about).args(locks(spec));
    for field in spec.fields {
        if matches!(field.kind, FieldKind::Channel(lines) if lines.only().is_none()) {
            let help = "sms, whatsapp, telegram, messenger or rcs";
            command = command.arg(flag("channel", help).required(true));
        }
        command = command.arg(of_field(field));
    }
    if let Some(help) = spec.confirm.help() {
        command = command.arg(flag("confirm", help));
    }
    let dry_run = Arg::new("dry-run").long("dry-run").action(ArgAction::SetTrue);
    let format = Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(EnumValueParser::<AnswerFormat>::new())
        .default_value("text");
    let several = spec.fields.iter().any(|field| field.kind.is_multiline());
    let stdin = several
        .then_some("A value of `-` for a field of several lines is read from standard input.");
    let mut grammars: Vec<_> = spec.fields.iter().filter_map(|f| f.kind.grammar()).collect();
    grammars.dedup();
    let after: Vec<_> = grammars.into_iter().chain(stdin).collect();
    command
        .arg(dry_run.help("Tell what would happen, whom it reaches and what speaks against it"))
        .arg(format.help("How to print the answer"))
        .arg(flag("idempotency", "Makes a repetition harmless [default: a new key]").long_help(
            format!(
                "Makes a repetition harmless: the same key is never done twice{} [default: a new key]",
                if is_timed(spec) { WRITE_OUT } else { "" }
            ),
        ))
        .after_help(after.join("\n\n"))
}

/// What to add where a key is repeated: `+2h` is another moment the next time, so another request.
pub(super) const WRITE_OUT: &str = ", with times written out: +2h is another time then";

/// Whether a command may have a time in it that counts from now.
pub(super) fn is_timed(spec: &Spec) -> bool {
    spec.fields.iter().any(|f| matches!(f.kind, FieldKind::Expiry | FieldKind::Moment))
}

/// What a form would hold.
pub fn values(spec: &Spec, args: &ArgMatches) -> Result<Values, Failure> {
    let mut values = Values::default();
    for field in spec.fields {
        match (field.kind, text(args, field.name)) {
            (_, "") => {}
            // The same text as the form's choice: `sms 40404`.
            (FieldKind::Channel(lines), number) => {
                let channel = lines.only().map_or(text(args, "channel"), |only| only.word());
                values.set(field.name, format!("{channel} {number}"));
            }
            (kind, "-") if kind.is_multiline() => {
                let mut input = String::new();
                std::io::stdin()
                    .read_to_string(&mut input)
                    .map_err(|e| Failure::usage(format!("standard input: {e}")))?;
                values.set(field.name, input.trim_end_matches(['\r', '\n']));
            }
            (_, value) => values.set(field.name, value),
        }
    }
    imply(spec, &mut values);
    match spec.fields.iter().find(|f| !values.get(f.name).is_empty() && !spec.is_shown(f, &values))
    {
        None => Ok(values),
        Some(lost) => {
            let with =
                lost.when.iter().map(|(name, words)| format!("--{name} {}", words.join("|")));
            let with: Vec<_> = with.collect();
            Err(Failure::usage(format!(
                "--{} has no meaning here: it goes with {}",
                lost.name,
                with.join(" or ")
            )))
        }
    }
}

/// A flag that goes only with one word of a choice implies that word: `--media` is `--body media`.
fn imply(spec: &Spec, values: &mut Values) {
    for field in spec.fields.iter().filter(|field| !field.when.is_empty()) {
        if values.get(field.name).is_empty() || spec.is_shown(field, values) {
            continue;
        }
        for (name, words) in field.when {
            let choice = spec.field(name).is_some_and(|f| matches!(f.kind, FieldKind::Choice(_)));
            if let (true, "", [word, ..]) = (choice, values.get(name), words) {
                values.set(name, *word);
            }
        }
    }
}
