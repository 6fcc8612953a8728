//! One headless verb per declaration of the catalog: its flags, help, checks and what must be
//! typed to confirm are the form's. With `--dry-run` nothing is done and everything is told.

mod flags;
pub mod told;

use super::{
    args::{AnswerFormat, Target as Place},
    exit::{Code, Failure},
    open, out, whom,
};
use crate::{
    catalog::{ALL, Asks, Context, FieldErrors, Spec},
    console::clock,
    model::{CallId, ClientError, CustomerCommand, Receipt},
    sdk::{Client, fresh_call},
};
use clap::{ArgMatches, Command, FromArgMatches as _};
use flags::text;
pub use flags::values;
use jiff::tz::TimeZone;
use std::{pin::Pin, time::Duration};

/// How long an answer may take before a word is said about it.
const PATIENCE: Duration = Duration::from_secs(3);

/// The verbs of the catalog, for the argument parser.
pub fn commands() -> impl Iterator<Item = Command> {
    ALL.iter().map(|spec| flags::command(spec))
}

/// The declaration behind a verb.
pub fn find(verb: &str) -> Option<&'static Spec> {
    ALL.iter().copied().find(|spec| spec.verb == verb)
}

/// Does what a verb's arguments say.
pub async fn run(spec: &'static Spec, args: &ArgMatches) -> Result<(), Failure> {
    let place = Place::from_arg_matches(args).map_err(|e| Failure::usage(e.to_string()))?;
    let format = args.get_one("format").copied().unwrap_or(AnswerFormat::Text);
    let call = call(args)?;
    let values = values(spec, args)?;
    let typed = args.try_get_one::<String>("confirm").ok().flatten().map(String::as_str);
    open::with_client(&place, async |client| {
        let hello = client.hello().await?;
        let target = whom::target(client, spec, |name| text(args, name)).await?;
        // Times are the hub's: a sandbox may be days ahead of this machine.
        let at = if hello.now.is_zero() { clock::now() } else { hello.now };
        let context = Context { hello: &hello, at, zone: &TimeZone::system() };
        let command = (spec.build)(&values, &target, &context).map_err(|e| wrong(&e))?;
        if args.get_flag("dry-run") {
            return told::outlook(&client.dry_run(&command).await?, format);
        }
        confirmed(client, spec, &command, typed).await?;
        report(spec, patiently(Box::pin(client.send(&call, &command))).await, &call, format)
    })
    .await
}

/// Waits for an answer, and says so if it takes long: a lease waits until the one before it is over
/// (R-LEASE-2), which a script should not take for a hang.
async fn patiently<T>(mut answer: Pin<Box<impl Future<Output = T>>>) -> T {
    tokio::select! {
        answer = &mut answer => return answer,
        () = tokio::time::sleep(PATIENCE) => {}
    }
    out::complain(
        "still waiting for the hub; a lease waits until the one before it is over (`switchboard leases`)",
    );
    answer.await
}

/// Whether what must be typed was typed. What only the hub knows, such as how many are reached,
/// is asked of it first.
async fn confirmed(
    client: &Client,
    spec: &Spec,
    command: &CustomerCommand,
    typed: Option<&str>,
) -> Result<(), Failure> {
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
            return Err(Failure::new(Code::Refused, why));
        }
    };
    // What the hub would refuse anyway needs no confirmation.
    if let Ok(outlook) = client.dry_run(command).await
        && let Some(receipt) = outlook.receipt.filter(|receipt| !receipt.is_ok())
    {
        return Err(refused(&receipt));
    }
    Err(Failure::usage(match typed {
        None => format!(
            "`{}` wants to be confirmed.{reaches} Say --confirm {wanted} to do it, or --dry-run to see it",
            spec.verb
        ),
        Some(typed) => {
            format!(
                "--confirm {typed} does not fit:{reaches} --confirm {wanted} would; nothing was done"
            )
        }
    }))
}

/// A refusal: the hub's sentence, the code, and what to do about the code.
fn refused(receipt: &Receipt) -> Failure {
    let why = receipt.description();
    let (code, advice) = receipt.code().map_or_else(Default::default, |code| {
        (format!(" ({code})"), format!("\n{}", receipt.advice()))
    });
    Failure::new(Code::Refused, format!("refused: {why}{code}{advice}"))
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
fn report(
    spec: &Spec,
    answer: Result<Receipt, ClientError>,
    call: &CallId,
    format: AnswerFormat,
) -> Result<(), Failure> {
    match answer {
        Ok(receipt) => {
            match format {
                AnswerFormat::Json => out::line(&out::json(&told::receipt(&receipt, Some(call)))?)?,
                AnswerFormat::Text if receipt.is_ok() => out::line(&told::words(&receipt))?,
                AnswerFormat::Text => out::Reader::Listening,
            };
            if receipt.is_ok() {
                return Ok(());
            }
            Err(refused(&receipt))
        }
        Err(error @ (ClientError::Unknown(_) | ClientError::Internal(_))) => Err(Failure::new(
            Code::Unknown,
            format!(
                "{error}\nIt may have been done. To find out without doing it twice, repeat it with --idempotency {call}{}",
                if flags::is_timed(spec) { flags::WRITE_OUT } else { "" }
            ),
        )),
        Err(error) => Err(error.into()),
    }
}
