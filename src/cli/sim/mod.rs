//! `switchboard sim`: acts as a customer, a network or time itself, in an org whose settings say
//! `sandbox`. The hub refuses it for any other org.
//!
//! `args` declares the verbs, `act` does one, and `story` plays files of them.

pub(super) mod act;
pub mod args;
mod story;

use super::{
    args::{ConnectionArgs, OutputFormat},
    exit::{CliError, Code},
    open,
    out::{self, PipeState},
};
use crate::{
    console::text::Safe,
    model::{Event, LeaseReceipt, Receipt, magic},
    sdk::Client,
};
use args::{Sim, SimVerb};
use serde_json::{Value, json};

/// Does what the arguments say.
pub async fn run(connection: &ConnectionArgs, sim: Sim) -> Result<(), CliError> {
    let format = sim.format;
    match sim.verb {
        SimVerb::Numbers => numbers(format),
        SimVerb::Act(act) => {
            open::with_client(connection, async |client| {
                let hello = client.hello().await?;
                print_answer(&act::perform(client, &hello, &act).await?, format)
            })
            .await
        }
        SimVerb::Watch { phone, count } => {
            let phone = act::number(&phone)?;
            open::with_client(connection, async |client| watch(client, &phone, count, format).await)
                .await
        }
        SimVerb::Run { story } => {
            // It is read first, so that no hub is started for a story that cannot be played.
            let story = story::read(&story)?;
            open::with_client(connection, async |client| story::play(client, &story, format).await)
                .await
        }
    }
}

/// The hub's answer as JSON. Scripts read its names.
fn receipt_json(receipt: &Receipt) -> Value {
    let mut all = json!({ "ok": receipt.is_ok(), "description": receipt.description() });
    if let Some(code) = receipt.code() {
        all["code"] = json!(code);
    }
    if let Some(subject) = receipt.subject() {
        all["id"] = json!(subject);
    }
    if let Some(customer) = receipt.customer() {
        all["customer"] = json!(customer);
    }
    if let Receipt::Lease(LeaseReceipt { value, until, .. }) = receipt {
        all["value"] = json!(value);
        all["until"] = json!(until);
    }
    all
}

/// Prints the hub's answer. A refusal becomes an error.
fn print_answer(receipt: &Receipt, format: OutputFormat) -> Result<(), CliError> {
    if !receipt.is_ok() {
        let why = format!("refused: {}", receipt.description());
        return Err(CliError::new(Code::Refused, why).answered(receipt_json(receipt)));
    }
    let text = match format {
        OutputFormat::Json => out::json(&receipt_json(receipt))?,
        OutputFormat::Text => {
            let id = receipt.subject().map_or_else(String::new, |id| format!("{id} "));
            Safe::new(&format!("{id}{}", receipt.description())).as_str().to_owned()
        }
    };
    out::line(&text).map(drop)
}

/// Prints what reaches a phone, until nobody reads any more, `count` events came, or the hub ends.
async fn watch(
    client: &Client,
    phone: &crate::model::CustomerNumber,
    count: Option<u64>,
    format: OutputFormat,
) -> Result<(), CliError> {
    let mut screen = client.sandbox().watch_phone(phone).await?;
    let mut left = count.unwrap_or(u64::MAX);
    while left > 0 {
        let event = screen.next().await?;
        left -= 1;
        let text = match format {
            OutputFormat::Json => out::json(&json!({
                "code": event.kind.code(),
                "text": event.sentence(),
                "event": event,
            }))?,
            OutputFormat::Text => event_text(&event),
        };
        if out::line(&text)? == PipeState::Closed {
            break;
        }
    }
    Ok(())
}

/// An event as a line: its time, kind, the org's number and words.
fn event_text(event: &Event) -> String {
    let at = event.at.to_string();
    let from = event.channel.as_ref().map(ToString::to_string).unwrap_or_default();
    format!(
        "{} {} {} {}",
        at.get(..19).unwrap_or(&at),
        event.kind.code(),
        Safe::identity(&from).fit(16).as_str(),
        Safe::new(&event.sentence()).as_str(),
    )
}

/// Prints the magic numbers: as the table of docs/sandbox.md, or as JSON, one object per line.
fn numbers(format: OutputFormat) -> Result<(), CliError> {
    if format == OutputFormat::Text {
        return out::line(magic::markdown().trim_end()).map(|_| ());
    }
    for row in magic::TABLE {
        let line = json!({
            "family": row.family.title(),
            "code": row.code,
            "number": row.number().map(|number| number.number),
            "how": row.how,
        });
        if out::line(&out::json(&line)?)? == PipeState::Closed {
            break;
        }
    }
    Ok(())
}
