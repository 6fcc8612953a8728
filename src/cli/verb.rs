//! One verb per command of the catalog. Its flags, checks and what must be typed to confirm come from
//! the declaration that also makes the console's form, so that both do the same.
//!
//! With `--dry-run` nothing is done, and the hub says what would happen (R-DRYRUN-1).

mod flags;
pub mod report;

use super::{
    args::{ConnectionArgs, OutputFormat},
    exit::{CliError, Code},
    list, open, out, whom,
    zone::zone,
};
use crate::{
    catalog::{
        ALL, Asks, BuildContext, CARRIERS, FieldErrors, FieldKind, FieldSpec, REPLY, Spec, Target,
        UNKNOWN, Values, said,
    },
    console::clock,
    model::{
        CallId, ClientError, CustomerCommand, Hello, MessageReceipt, PurseBalance, Receipt, Seq,
    },
    sdk::{Client, fresh_call},
};
use clap::{ArgMatches, Command, FromArgMatches as _};
use flags::text;
pub use flags::values;
use jiff::tz::TimeZone;
use std::{pin::Pin, time::Duration};

/// How long an answer may take before stderr says that it is still awaited.
const PATIENCE: Duration = Duration::from_secs(3);

/// The verbs of the catalog, for the argument parser.
pub fn commands() -> impl Iterator<Item = Command> {
    ALL.iter().map(|spec| flags::command(spec))
}

/// The declaration of a verb; `None` if the verb is no command.
pub fn find(verb: &str) -> Option<&'static Spec> {
    ALL.iter().copied().find(|spec| spec.verb.name == verb)
}

/// Gives the command that a verb's arguments describe, and prints the answer.
pub async fn run(spec: &'static Spec, args: &ArgMatches) -> Result<(), CliError> {
    let connection =
        ConnectionArgs::from_arg_matches(args).map_err(|e| CliError::usage(e.to_string()))?;
    let format = args.get_one("format").copied().unwrap_or(OutputFormat::Text);
    let call = call(args)?;
    let values = values(spec, args)?;
    let decides: &[&str] = match spec {
        _ if *spec == UNKNOWN => &["leave", "again"],
        _ if *spec == CARRIERS => &["pause", "resume"],
        _ => &[],
    };
    if !decides.is_empty() && decides.iter().all(|flag| values.get(flag).is_empty()) {
        return only_list(spec, decides, &connection, args, format).await;
    }
    let typed = args.try_get_one::<String>("confirm").ok().flatten().map(String::as_str);
    open::with_client(&connection, async |client| {
        let hello = client.hello().await?;
        let mut target = whom::target(client, &hello, spec, |name| text(args, name)).await?;
        if *spec == REPLY && !values.get("at").trim().is_empty() {
            whom::look_up_answered(client, &mut target).await?;
        }
        // Times are the hub's: a sandbox may be days ahead of this machine.
        let at = if hello.now.is_zero() { clock::now() } else { hello.now };
        let zone = if flags::is_timed(spec) { zone()? } else { TimeZone::UTC };
        let purses = purses(client, spec).await;
        let context = BuildContext { hello: &hello, at, zone: &zone, purses: &purses };
        let command = (spec.build)(&values, &target, &context).map_err(|e| wrong(&e))?;
        say_back(client, (spec, &values), target, &command, &context).await;
        let command = command.having_seen(seen(args, &hello)?);
        if args.get_flag("dry-run") {
            return report::print_outlook(&client.dry_run(&command).await?, format);
        }
        confirmed(client, spec, &command, typed).await?;
        let answer = Box::pin(client.send(&call, &command));
        print_answer(spec, patiently(&waiting(spec, &command), answer).await, &call, format)
    })
    .await
}

/// Lists what there is to decide about, where nothing is said that would be done.
async fn only_list(
    spec: &Spec,
    decides: &[&str],
    connection: &ConnectionArgs,
    args: &ArgMatches,
    format: OutputFormat,
) -> Result<(), CliError> {
    for flag in decides {
        // A script with an empty variable must not take a list for a decision.
        if args.try_get_one::<String>(flag).ok().flatten().is_some() {
            return Err(CliError::usage(format!("--{flag} is blank: say which one is meant")));
        }
    }
    for flag in ["attempt", "idempotency"] {
        if !text(args, flag).is_empty() {
            let decides = decides.join(" or --");
            let why = format!("--{flag} goes with --{decides}; without these it only lists");
            return Err(CliError::usage(why));
        }
    }
    open::with_client(connection, async |client| {
        if *spec == CARRIERS {
            list::carriers(client, format).await
        } else {
            list::unknown(client, format).await
        }
    })
    .await
}

/// The org's purses, whose currency is that of an amount without one. A server that does not say leaves it to whoever
/// writes the amount.
pub(super) async fn purses(client: &Client, spec: &Spec) -> Vec<PurseBalance> {
    let is_money = spec.fields.iter().any(|field| field.kind == FieldKind::Amount);
    if is_money { client.purses().await.unwrap_or_default() } else { Vec::new() }
}

/// Says on stderr how the times of a command were understood, also where the customer is (R-TIME-3), and an amount
/// whose currency is that of the purse (R-PAY-12). Whoever the hub
/// does not tell of is in no zone, which is no reason to stop.
async fn say_back(
    client: &Client,
    (spec, values): (&Spec, &Values),
    mut target: Target,
    command: &CustomerCommand,
    context: &BuildContext<'_>,
) {
    let is_given = |field: &FieldSpec| {
        let is_time = matches!(field.kind, FieldKind::Expiry | FieldKind::Moment);
        is_time && !values.get(field.name).trim().is_empty()
    };
    if let Some(who) = target.customer_ref()
        && spec.fields.iter().any(is_given)
        && let Ok(Some(view)) = client.customer(&who).await
    {
        target.customer.get_or_insert(view.customer.id.clone());
        target = target.completed(&view.customer);
    }
    for line in said::times(spec, values, &target, command, context) {
        out::complain(&line);
    }
    let has_currency = values.get("amount").contains(char::is_alphabetic);
    if let CustomerCommand::InitiatePayment { value, .. } = command
        && !has_currency
    {
        out::complain(&format!("amount: {value}"));
    }
}

/// Waits for an answer, and says so on stderr if it takes long, which nobody should take for a hang.
async fn patiently<T>(words: &str, mut answer: Pin<Box<impl Future<Output = T>>>) -> T {
    tokio::select! {
        answer = &mut answer => return answer,
        () = tokio::time::sleep(PATIENCE) => {}
    }
    out::complain(words);
    answer.await
}

/// Why a command waits. A lease does so by design, until the one before it is over (R-LEASE-2); every other
/// command waits only for a hub that is slow or out of reach.
pub(super) fn waiting(spec: &Spec, command: &CustomerCommand) -> String {
    let verb = spec.verb.name;
    if let CustomerCommand::LeaseMetadata { key, .. } = command {
        return format!(
            "still waiting: {key} is leased by somebody else, and `{verb}` gets it when that lease is over \
             (`switchboard leases` shows it)"
        );
    }
    format!("still waiting for the hub to answer `{verb}`")
}

/// Checks that what must be typed was typed. Where only the hub knows that, such as the number of
/// customers that are reached, a dry run asks it first.
async fn confirmed(
    client: &Client,
    spec: &Spec,
    command: &CustomerCommand,
    typed: Option<&str>,
) -> Result<(), CliError> {
    let mut asks = spec.confirm.asks(command, None);
    let mut reaches = String::new();
    if asks == Asks::Outlook {
        let outlook = client.dry_run(command).await?;
        if let Some(audience) = &outlook.audience {
            reaches = format!(" It reaches {} of {}.", audience.reached, audience.matching);
        }
        asks = spec.confirm.asks(command, Some(&outlook));
    }
    let wanted = match (&asks, typed) {
        (Asks::Nothing, _) => return Ok(()),
        (asks, Some(typed)) if asks.accepts(typed) => return Ok(()),
        (Asks::Type(wanted), _) => wanted,
        (Asks::Outlook, _) => {
            let why = "the hub does not say whom this reaches; nothing was done";
            return Err(CliError::new(Code::Refused, why));
        }
    };
    // Where the hub would refuse anyway, the refusal is the better answer than to ask for the word.
    if let Ok(outlook) = client.dry_run(command).await
        && let Some(receipt) = outlook.receipt.filter(|receipt| !receipt.is_ok())
    {
        return Err(refused(&receipt));
    }
    Err(CliError::usage(match typed {
        None => format!(
            "`{}` wants to be confirmed.{reaches} Say --confirm {wanted} to do it, or --dry-run to see it",
            spec.verb.name
        ),
        Some(typed) => {
            format!(
                "--confirm {typed} does not fit:{reaches} --confirm {wanted} would; nothing was done"
            )
        }
    }))
}

/// What `--seen` says: the last entry that the sender has seen (R-CONFLICT-1). A server that keeps no log cannot
/// go by it, and must not be thought to.
fn seen(args: &ArgMatches, hello: &Hello) -> Result<Option<Seq>, CliError> {
    let seen = args.try_get_one::<u64>("seen").ok().flatten().copied().map(Seq);
    if seen.is_some() && hello.live_only {
        let why =
            "this server does not know who answered since: leave --seen out; nothing was sent";
        return Err(CliError::new(Code::Refused, why));
    }
    Ok(seen)
}

/// A refusal with the hub's sentence, its code, and what can be done about that code.
fn refused(receipt: &Receipt) -> CliError {
    let why = receipt.description();
    let (code, advice) = receipt.code().map_or_else(Default::default, |code| {
        (format!(" ({code})"), format!("\n{}", receipt.advice()))
    });
    let anyway = match receipt {
        Receipt::Message(MessageReceipt { conflict: Some(conflict), .. }) => {
            format!(" To send it anyway, say --seen {}.", conflict.seq)
        }
        _ => String::new(),
    };
    CliError::new(
        report::refusal_code(Some(receipt)),
        format!("refused: {why}{code}{advice}{anyway}"),
    )
    .answered(report::receipt_json(receipt, None))
}

/// All errors of the fields, each named like its flag.
fn wrong(errors: &FieldErrors) -> CliError {
    let lines: Vec<_> = errors.iter().map(|(name, why)| format!("--{name}: {why}")).collect();
    CliError::usage(lines.join("\n"))
}

/// The idempotency key that was given, or a new one.
fn call(args: &ArgMatches) -> Result<CallId, CliError> {
    let Some(key) = args.get_one::<String>("idempotency") else { return Ok(fresh_call()?) };
    let call = CallId::from(key.as_str());
    if call.is_valid() {
        Ok(call)
    } else {
        Err(CliError::usage(
            "--idempotency takes 8 to 255 printable ASCII characters without blanks",
        ))
    }
}

/// Prints what the hub answered. If the answer was lost, the error names the idempotency key, so that
/// the same command can be given again without being done twice (D-IDEM).
fn print_answer(
    spec: &Spec,
    answer: Result<Receipt, ClientError>,
    call: &CallId,
    format: OutputFormat,
) -> Result<(), CliError> {
    match answer {
        Ok(receipt) => {
            if !receipt.is_ok() {
                return Err(refused(&receipt).under(call));
            }
            let text = match format {
                OutputFormat::Json => out::json(&report::receipt_json(&receipt, Some(call)))?,
                OutputFormat::Text => report::receipt_text(&receipt),
            };
            out::line(&text).map(drop)
        }
        Err(error @ (ClientError::Unknown(_) | ClientError::Internal(_))) => Err(CliError::new(
            Code::Unknown,
            format!(
                "{error}\nIt may have been done. To find out without doing it twice, repeat it with --idempotency {call}{}",
                if flags::is_timed(spec) { flags::WRITE_OUT } else { "" }
            ),
        )
        .under(call)),
        Err(ClientError::Refused(receipt)) => Err(refused(&receipt).under(call)),
        Err(error) => Err(CliError::from(error).under(call)),
    }
}
