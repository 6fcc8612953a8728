//! `switchboard sim`: acting as a customer, a network and time itself, in an org whose settings
//! say `sandbox`. Any other hub refuses, and its words are shown.
//!
//! `args` declares the verbs, `act` does one, `story` plays files of them.

mod act;
pub mod args;
mod story;

use super::{
    args::Target,
    exit::{Code, Failure},
    open,
    out::{self, Reader},
};
use crate::{
    console::text::Safe,
    model::{Event, LeaseReceipt, Receipt, magic},
    sdk::Client,
};
use args::{Sim, SimFormat, SimVerb};
use serde_json::{Value, json};

/// Does what the arguments say.
pub async fn run(target: &Target, sim: Sim) -> Result<(), Failure> {
    let format = sim.format;
    match sim.verb {
        SimVerb::Numbers => numbers(format),
        SimVerb::Act(act) => {
            open::with_client(target, async |client| {
                let hello = client.hello().await?;
                answer(&act::perform(client, &hello, &act).await?, format)
            })
            .await
        }
        SimVerb::Watch { phone, count } => {
            let phone = act::number(&phone)?;
            open::with_client(target, async |client| watch(client, &phone, count, format).await)
                .await
        }
        SimVerb::Run { story } => {
            // A story that cannot be read starts no hub.
            let story = story::read(&story)?;
            open::with_client(target, async |client| story::play(client, &story, format).await)
                .await
        }
    }
}

/// What the hub said, for programs.
fn told(receipt: &Receipt) -> Value {
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

fn answer(receipt: &Receipt, format: SimFormat) -> Result<(), Failure> {
    match format {
        SimFormat::Json => out::line(&out::json(&told(receipt))?)?,
        SimFormat::Text if receipt.is_ok() => {
            let id = receipt.subject().map_or_else(String::new, |id| format!("{id} "));
            out::line(Safe::new(&format!("{id}{}", receipt.description())).as_str())?
        }
        SimFormat::Text => Reader::Listening,
    };
    if receipt.is_ok() {
        return Ok(());
    }
    Err(Failure::new(Code::Refused, format!("refused: {}", receipt.description())))
}

/// Prints what reaches a phone, until the reader goes, enough has come, or the hub ends it.
async fn watch(
    client: &Client,
    phone: &crate::model::CustomerNumber,
    count: Option<u64>,
    format: SimFormat,
) -> Result<(), Failure> {
    let mut screen = client.sandbox().watch_phone(phone).await?;
    let mut left = count.unwrap_or(u64::MAX);
    while left > 0 {
        let event = screen.next().await?;
        left -= 1;
        let text = match format {
            SimFormat::Json => out::json(&json!({
                "code": event.kind.code(),
                "text": event.sentence(),
                "event": event,
            }))?,
            SimFormat::Text => shown(&event),
        };
        if out::line(&text)? == Reader::Gone {
            break;
        }
    }
    Ok(())
}

/// One line: when, what kind, from which of the org's numbers, what.
fn shown(event: &Event) -> String {
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

fn numbers(format: SimFormat) -> Result<(), Failure> {
    if format == SimFormat::Text {
        return out::line(magic::markdown().trim_end()).map(|_| ());
    }
    for row in magic::TABLE {
        let line = json!({
            "family": row.family.title(),
            "code": row.code,
            "number": row.number().map(|number| number.number),
            "how": row.how,
        });
        if out::line(&out::json(&line)?)? == Reader::Gone {
            break;
        }
    }
    Ok(())
}
