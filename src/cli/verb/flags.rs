//! From a declaration to the flags of its verb, and from flags to the values that a form would hold.

use crate::{
    catalog::{FieldKind, FieldSpec, Needs, Spec, Values, choice},
    cli::{args::OutputFormat, exit::CliError, help, out},
    model::{Channel, file_text::without_mark, line_break::is_line_break},
};
use clap::{
    Arg, ArgAction, ArgMatches, Command,
    builder::{EnumValueParser, PossibleValue, PossibleValuesParser},
    value_parser,
};
use std::io::{IsTerminal as _, Read as _};

/// What was given for a flag; empty if nothing was, or if the verb has no such flag.
pub(super) fn text<'a>(args: &'a ArgMatches, name: &str) -> &'a str {
    args.try_get_one::<String>(name).ok().flatten().map_or("", String::as_str)
}

fn flag(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

/// What stands for the value of a field in usage lines.
const fn value_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text | FieldKind::Line | FieldKind::Menu => "TEXT",
        FieldKind::Number | FieldKind::Channel(_) => "NUMBER",
        FieldKind::Expiry | FieldKind::Moment => "TIME",
        FieldKind::Every => "SPAN",
        FieldKind::Pairs | FieldKind::Ids | FieldKind::TagPair => "KEY=VALUE",
        FieldKind::Keys => "KEYS",
        FieldKind::Items => "VALUES",
        FieldKind::Data => "DATA",
        FieldKind::Choice(_) => "WORD",
        FieldKind::Amount => "AMOUNT",
        FieldKind::Party(_) => "PARTY",
        FieldKind::Purse => "PURSE",
        FieldKind::Reminder => "NAME",
        FieldKind::Customer => "CUSTOMER",
        FieldKind::Actions => "ACTIONS",
        FieldKind::Place => "LAT,LON",
        FieldKind::Url => "URL",
    }
}

/// The flags for what a form has locked when it opens.
fn locks(spec: &Spec) -> Vec<Arg> {
    let who = "An id (el_cst_…), a number (+254…, telegram:…), or a secondary id (key:value)";
    let customer = flag("customer", "CUSTOMER", who);
    let required = |name, help| flag(name, "ID", help).required(true);
    match spec.needs {
        Needs::Customer if spec.names_recipient() => Vec::new(),
        Needs::Customer | Needs::Scheduled => vec![customer.required(true)],
        Needs::Anyone => vec![customer],
        Needs::Message => {
            let message = required("message", "The message to answer (el_msg_…); `get` shows it");
            vec![customer.required(true), message]
        }
        Needs::Ussd => vec![required("session", "The USSD session (el_ses_…); `get` shows it")],
        Needs::Call => vec![required("session", "The call (el_ses_…); `get` shows it")],
        Needs::Work => vec![required("work", "The work by tag (el_wrk_…); `works` lists them")],
        Needs::Nothing | Needs::Unknown | Needs::Carrier => Vec::new(),
    }
}

/// The flag of a field.
fn of_field(field: &'static FieldSpec) -> Arg {
    let arg = flag(field.name, value_name(field.kind), field.help.flag);
    // These take a value that begins with a minus, so that the field itself can refuse it in words.
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
            .help(format!("{} [default: {}]", field.help.flag, field.initial())),
        _ => arg.required(field.required && field.when.is_empty()),
    }
}

/// The flag for the channel of `--from`. A wrong word is refused by the parser, which names this flag and the
/// word that is near.
fn channel_flag() -> Arg {
    let words = Channel::ALL.into_iter().filter(|channel| channel.is_messaging());
    let words = words.map(|channel| PossibleValue::new(channel.word()).aliases(channel.aliases()));
    let help = "The channel of --from, which may name it too, as in --from 'sms 40404'";
    flag("channel", "CHANNEL", help)
        .value_parser(PossibleValuesParser::new(words))
        .ignore_case(true)
}

/// The verb of a declaration, for the argument parser.
pub(super) fn command(spec: &'static Spec) -> Command {
    let about = spec.verb.help.trim_end_matches('.');
    let mut command = Command::new(spec.verb.name).about(about).args(locks(spec));
    for field in spec.fields {
        if matches!(field.kind, FieldKind::Channel(needed) if needed.only().is_none()) {
            command = command.arg(channel_flag());
        }
        command = command.arg(of_field(field));
    }
    if spec.says_seen() {
        let help = "Send only if nobody else has answered the customer since this entry of the log; \
                    `get` says it (\"as of\"), and so does `tail`";
        command = command.arg(flag("seen", "SEQ", help).value_parser(value_parser!(u64)));
    }
    if let Some(help) = spec.confirm.help() {
        command = command.arg(flag("confirm", "TEXT", help));
    }
    let dry_run = Arg::new("dry-run").long("dry-run").action(ArgAction::SetTrue);
    let format = Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(EnumValueParser::<OutputFormat>::new())
        .default_value("text");
    let repeated = if is_timed(spec) { WRITE_OUT } else { "" };
    command
        .arg(dry_run.help("Do nothing; tell what would happen, whom it reaches and what is against it"))
        .arg(format.help("How to print the answer"))
        .arg(flag("idempotency", "KEY", "").help(format!(
            "Makes a repetition harmless: the same key is never done twice{repeated} [default: a new key]"
        )))
        .after_help(after_help(spec))
}

/// What stands below the flags: the example, the grammars of the fields, and what `-` means.
fn after_help(spec: &Spec) -> String {
    let mut parts = vec![help::example(spec.verb.example)];
    let mut grammars: Vec<_> = spec.fields.iter().filter_map(|f| f.kind.grammar()).collect();
    grammars.dedup();
    parts.extend(grammars.into_iter().map(str::to_owned));
    let long: Vec<_> = spec.fields.iter().filter(|field| field.kind.is_multiline()).collect();
    if !long.is_empty() {
        let flags: Vec<_> = long.iter().map(|field| format!("--{}", field.name)).collect();
        parts.push(format!("`-` as the value of {} reads standard input.", flags.join(" or ")));
    }
    parts.join("\n\n")
}

/// What must be done where a key is repeated: `+2h` means another moment the next time, which makes
/// it another request.
pub(super) const WRITE_OUT: &str = ", with times written out: +2h is another time then";

/// Whether a command may have a time in it that counts from now.
pub(super) fn is_timed(spec: &Spec) -> bool {
    spec.fields.iter().any(|f| matches!(f.kind, FieldKind::Expiry | FieldKind::Moment))
}

/// The values that a form with the same content would hold.
pub fn values(spec: &Spec, args: &ArgMatches) -> Result<Values, CliError> {
    let mut values = Values::default();
    let is_stdin = |field: &&FieldSpec| field.kind.is_multiline() && text(args, field.name) == "-";
    let from_stdin: Vec<_> = spec.fields.iter().filter(is_stdin).map(|field| field.name).collect();
    if let [one, other, ..] = from_stdin[..] {
        return Err(CliError::usage(format!(
            "--{one} and --{other} cannot both be `-`: standard input is read once"
        )));
    }
    for field in spec.fields {
        // A script with an empty variable must not send at once what was to leave later.
        let given = args.try_get_one::<String>(field.name).ok().flatten();
        if field.on_demand && given.is_some_and(|given| given.trim().is_empty()) {
            let why = format!("--{} is blank: leave it out to send it now", field.name);
            return Err(CliError::usage(why));
        }
        match (field.kind, text(args, field.name)) {
            (FieldKind::Channel(_), number) => {
                values.set(field.name, chosen(field.name, text(args, "channel"), number)?);
            }
            (_, "") => {}
            (kind, "-") if kind.is_multiline() => {
                values.set(field.name, read_stdin(field.name)?);
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
            Err(CliError::usage(format!(
                "--{} has no meaning here: it goes with {}",
                lost.name,
                with.join(" or ")
            )))
        }
    }
}

/// The org's number in the words of the form's choice, `sms 40404`. The channel stands in front of
/// the number or in a flag of its own; where both name one, it must be the same.
fn chosen(name: &str, channel: &str, number: &str) -> Result<String, CliError> {
    match (Channel::from_word(channel), choice::worded(number)) {
        (Some(named), Some((own, _))) if named != own => Err(CliError::usage(format!(
            "--channel says {} and --{name} says {}: name one channel",
            named.word(),
            own.word()
        ))),
        (Some(named), None) => Ok(format!("{} {number}", named.word()).trim().to_owned()),
        (_, Some(_)) | (None, None) => Ok(number.to_owned()),
    }
}

/// All of standard input without the line breaks at its end. Whoever sits at a terminal is told that
/// the program waits for them.
fn read_stdin(name: &str) -> Result<String, CliError> {
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        out::complain(&format!("--{name} is read from the terminal; end it with Ctrl-D"));
    }
    let mut input = String::new();
    stdin
        .read_to_string(&mut input)
        .map_err(|e| CliError::usage(format!("standard input: {e}")))?;
    Ok(without_mark(&input).trim_end_matches(is_line_break).to_owned())
}

/// Fills in what a flag implies: one that goes only with a certain word of a choice implies that
/// word, so that `--media` alone means `--body media`.
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
