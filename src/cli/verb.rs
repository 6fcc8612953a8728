//! One headless verb per declaration of the catalog: its flags, help and checks are the form's.

use super::{
    args::Target as Place,
    exit::{Code, Failure},
    open, out,
};
use crate::{
    console::{
        catalog::{
            ALL, Context, FieldErrors, FieldKind, Quoted, REPLY, Risk, Spec, Target, Values,
        },
        clock,
    },
    model::{CallId, ChannelNumber, ClientError, CustomerNumber, CustomerRef, Receipt, Timestamp},
    sdk::{Client, fresh_call},
};
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches as _};
use jiff::tz::TimeZone;
use std::io::Read as _;

/// The verbs of the catalog, for the argument parser.
pub fn commands() -> impl Iterator<Item = Command> {
    ALL.iter().map(|spec| command(spec))
}

/// The declaration behind a verb.
pub fn find(verb: &str) -> Option<&'static Spec> {
    ALL.iter().copied().find(|spec| spec.verb == verb)
}

fn names_recipient(spec: &Spec) -> bool {
    spec.fields.iter().any(|field| field.kind == FieldKind::Number)
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(name).help(help)
}

fn command(spec: &'static Spec) -> Command {
    let mut command = Command::new(spec.verb).about(spec.help);
    if !names_recipient(spec) {
        let help = "An id (el_cst_…), a number (+254…, telegram:…), or a secondary id (key:value)";
        command = command.arg(flag("customer", help).required(true));
    }
    if spec.id == REPLY.id {
        command = command.arg(flag("message", "The message to answer (el_msg_…)").required(true));
    }
    for field in spec.fields {
        if field.kind == FieldKind::Channel {
            let help = "sms, whatsapp, telegram, messenger or rcs";
            command = command.arg(flag("channel", help).required(true));
        }
        let arg = flag(field.name, field.help).required(field.required);
        command = command.arg(arg.allow_hyphen_values(field.kind.is_multiline()));
    }
    if spec.risk >= Risk::R3 {
        let confirm = Arg::new("confirm").long("confirm").action(ArgAction::SetTrue);
        command = command.arg(confirm.help("Yes, do it: nothing brings it back"));
    }
    command
        .arg(flag("idempotency", "Makes a repetition harmless [default: a new key]"))
        .after_help("A value of `-` for a field of several lines is read from standard input.")
}

/// Does what a verb's arguments say.
pub async fn run(spec: &'static Spec, args: &ArgMatches) -> Result<(), Failure> {
    let place = Place::from_arg_matches(args).map_err(|e| Failure::usage(e.to_string()))?;
    if spec.risk >= Risk::R3 && !args.get_flag("confirm") {
        return Err(Failure::usage(format!(
            "`{}` cannot be undone; say --confirm to do it",
            spec.verb
        )));
    }
    let call = call(args)?;
    let values = values(spec, args)?;
    open::with_client(&place, async |client| {
        let hello = client.hello().await?;
        let target = target(client, spec, args).await?;
        let context = Context { hello: &hello, at: clock::now(), zone: &TimeZone::system() };
        let command = (spec.build)(&values, &target, &context).map_err(|e| wrong(&e))?;
        report(client.send(&call, &command).await, &call)
    })
    .await
}

fn text<'a>(args: &'a ArgMatches, name: &str) -> &'a str {
    args.get_one::<String>(name).map_or("", String::as_str)
}

fn values(spec: &Spec, args: &ArgMatches) -> Result<Values, Failure> {
    let mut values = Values::default();
    for field in spec.fields {
        match (field.kind, text(args, field.name)) {
            (_, "") => {}
            // The same text as the form's choice: `sms 40404`.
            (FieldKind::Channel, number) => {
                values.set(field.name, format!("{} {number}", text(args, "channel")));
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
    Ok(values)
}

/// Whom it is for. A number stands for itself; everything that must be an id is looked up first,
/// which never creates anybody (decision D-LOOKUP).
async fn target(client: &Client, spec: &Spec, args: &ArgMatches) -> Result<Target, Failure> {
    if names_recipient(spec) {
        return Ok(Target::default());
    }
    let who = CustomerRef::parse(text(args, "customer"))
        .ok_or_else(|| Failure::usage("--customer is blank"))?;
    let mut target = Target::default();
    match who {
        CustomerRef::Id(id) => target.customer = Some(id),
        CustomerRef::Number(number) if spec.id != REPLY.id => target.numbers = vec![number],
        other => {
            let found = client.customer(&other).await?.ok_or_else(|| {
                Failure::new(Code::Refused, format!("no customer {other}; nothing was done"))
            })?;
            target.customer = Some(found.customer.id.clone());
        }
    }
    if spec.id == REPLY.id {
        // The hub knows the message; only its id is sent.
        target.reply_to = Some(Quoted {
            id: text(args, "message").into(),
            number: CustomerNumber::default(),
            channel: ChannelNumber::default(),
            text: String::new(),
            at: Timestamp::ZERO,
        });
    }
    Ok(target)
}

fn wrong(errors: &FieldErrors) -> Failure {
    let lines: Vec<_> = errors.iter().map(|(name, why)| format!("--{name}: {why}")).collect();
    Failure::usage(lines.join("\n"))
}

fn call(args: &ArgMatches) -> Result<CallId, Failure> {
    let Some(key) = args.get_one::<String>("idempotency") else { return Ok(fresh_call()?) };
    let call = CallId::from(key.as_str());
    if call.is_valid() {
        Ok(call)
    } else {
        Err(Failure::usage(
            "--idempotency takes 8 to 255 printable ASCII characters without blanks",
        ))
    }
}

/// What the hub said. After a lost answer the key is named, so that asking again is safe.
fn report(answer: Result<Receipt, ClientError>, call: &CallId) -> Result<(), Failure> {
    match answer {
        Ok(receipt) if receipt.is_ok() => {
            let subject = match &receipt {
                Receipt::Message { message: Some(id), .. } => format!("{id} "),
                _ => String::new(),
            };
            out::line(&format!("{subject}{}", receipt.description())).map(|_| ())
        }
        Ok(receipt) => {
            let code = receipt.code().map_or_else(String::new, |code| format!(" ({code})"));
            Err(Failure::new(Code::Refused, format!("refused: {}{code}", receipt.description())))
        }
        Err(error @ (ClientError::Unknown(_) | ClientError::Internal(_))) => Err(Failure::new(
            Code::Unknown,
            format!(
                "{error}\nIt may have been done. To find out without doing it twice, repeat it with --idempotency {call}"
            ),
        )),
        Err(error) => Err(error.into()),
    }
}
