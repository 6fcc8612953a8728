//! Prints what the hub answered to a command, or would answer, as text and as JSON.

use crate::{
    cli::{
        args::OutputFormat,
        exit::{CliError, Code},
        out,
    },
    console::text::Safe,
    model::{
        Audience, CallId, DataValue, FoundCustomer, LeaseReceipt, Merge, MessageReceipt,
        MessageStatus, Outlook, PaymentReceipt, Receipt,
    },
};
use serde_json::{Value, json};

/// A receipt as text: the id of what was made, and the hub's sentence. The value of a lease follows
/// on a line of its own.
pub fn receipt_text(receipt: &Receipt) -> String {
    let id = receipt.subject().map_or_else(String::new, |id| format!("{id} "));
    let value = match receipt {
        Receipt::Lease(LeaseReceipt { value: Some(DataValue::Text(text)), .. }) => {
            format!("\n{text}")
        }
        Receipt::Lease(LeaseReceipt { value: Some(DataValue::Bytes(bytes)), .. }) => {
            format!("\n{} bytes; --format json has them", bytes.len())
        }
        _ => String::new(),
    };
    let lines = Safe::lines(&format!("{id}{}{value}", receipt.description()));
    lines.iter().map(Safe::as_str).collect::<Vec<_>>().join("\n")
}

/// A receipt as JSON. Every operation has the same keys, and a key without a value is left out.
pub fn receipt_json(receipt: &Receipt, call: Option<&CallId>) -> Value {
    let mut out = json!({
        "ok": receipt.is_ok(),
        "outcome": if receipt.is_ok() { "done" } else { "refused" },
        "code": receipt.code(),
        "description": receipt.description(),
        "id": receipt.subject(),
        "customer": receipt.customer(),
        "idempotency": call,
    });
    match receipt {
        Receipt::Lease(LeaseReceipt { value, until, .. }) => {
            out["value"] = json!(value);
            out["until"] = json!(until);
        }
        Receipt::Message(MessageReceipt { conflict: Some(conflict), .. }) => {
            out["outcome"] = json!("conflict");
            out["conflict"] = json!({
                "seq": conflict.seq, "at": conflict.at, "by": conflict.who(),
                "message": conflict.message, "text": conflict.text,
            });
        }
        Receipt::Payment(PaymentReceipt { debit_customer, credit_customer, .. }) => {
            out["debit_customer"] = json!(debit_customer);
            out["credit_customer"] = json!(credit_customer);
        }
        _ => {}
    }
    if let Some(all) = out.as_object_mut() {
        all.retain(|_, value| !value.is_null());
    }
    out
}

/// How a run ends that was refused with this receipt.
pub fn refusal_code(receipt: Option<&Receipt>) -> Code {
    match receipt {
        Some(Receipt::Message(MessageReceipt { conflict: Some(_), .. })) => Code::Conflict,
        _ => Code::Refused,
    }
}

/// Prints what a command would lead to. If it would be refused, that is an error with the code of the
/// refusal after the printing.
pub fn print_outlook(outlook: &Outlook, format: OutputFormat) -> Result<(), CliError> {
    let refused = || {
        let code = refusal_code(outlook.receipt.as_ref());
        CliError::new(code, "it would be refused; nothing was done").answered(outlook_json(outlook))
    };
    let text = match format {
        // The error has the same object, and is printed as it.
        OutputFormat::Json if outlook.is_blocked() => return Err(refused()),
        OutputFormat::Json => out::json(&outlook_json(outlook))?,
        OutputFormat::Text => {
            let lines: Vec<_> = outlook_lines(outlook)
                .iter()
                .map(|line| Safe::new(line).as_str().to_owned())
                .collect();
            lines.join("\n")
        }
    };
    out::line(&text)?;
    if outlook.is_blocked() { Err(refused()) } else { Ok(()) }
}

fn outlook_lines(outlook: &Outlook) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(receipt) = &outlook.receipt {
        let verdict = if receipt.is_ok() { "would be done" } else { "would be refused" };
        let code = receipt.code().map_or_else(String::new, |code| format!(" ({code})"));
        out.push(format!("{verdict}: {}{code}", receipt.description()));
    }
    out.extend(
        outlook.findings.iter().map(|f| format!("{:<5} {}: {}", f.level.word(), f.code, f.text)),
    );
    if let Some(audience) = &outlook.audience {
        out.extend(audience_lines(audience));
    }
    if let Some(merge) = &outlook.merge {
        out.extend(merge_lines(merge));
    }
    out.extend(
        outlook.balances.iter().map(|b| format!("{}: {} -> {}", b.account, b.before, b.after)),
    );
    out.extend(
        outlook.events.iter().map(|e| format!("records {} {}", e.kind.code(), e.sentence())),
    );
    if out.is_empty() {
        out.push("nothing would change".into());
    }
    out
}

fn audience_lines(audience: &Audience) -> Vec<String> {
    let Audience { tag, matching, reached, .. } = audience;
    let pace = audience.pace().map(|pace| format!(", {pace}")).unwrap_or_default();
    let mut out = vec![format!("reaches {reached} of {matching} with {tag}{pace}")];
    out.extend(audience.skipped.iter().map(|(code, count)| {
        let why = MessageStatus::from_code(*code).map_or("other", |status| status.words());
        format!("skips {count}: {why}")
    }));
    if let Some(until) = audience.quiet_until.filter(|_| audience.quiet > 0) {
        out.push(format!("quiet hours at {}, the last until {until}", audience.quiet));
    }
    let one = |who: &FoundCustomer| {
        let number = who.numbers.first().map(ToString::to_string).unwrap_or_default();
        format!("such as {} {} {number}", who.id, if who.name.is_empty() { "-" } else { &who.name })
    };
    out.extend(audience.sample.iter().map(one));
    out
}

fn merge_lines(merge: &Merge) -> Vec<String> {
    let mut out = vec![format!("{} remains, {} is no more", merge.survivor, merge.other)];
    out.extend(merge.rows.iter().map(|row| {
        let side = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        let (survivor, other) = (side(&row.survivor), side(&row.other));
        format!("{}: {survivor} | {other} -> {}", row.field, side(&row.result))
    }));
    out
}

fn outlook_json(outlook: &Outlook) -> Value {
    let Outlook { receipt: answer, findings, events, audience, merge, balances, quiet_until } =
        outlook;
    let mut out =
        json!({ "blocked": outlook.is_blocked(), "findings": findings, "events": events });
    if let Some(answer) = answer {
        out["receipt"] = receipt_json(answer, None);
    }
    if let Some(audience) = audience {
        out["audience"] = json!(audience);
    }
    if let Some(merge) = merge {
        out["merge"] = json!(merge);
    }
    if !balances.is_empty() {
        out["balances"] = json!(balances);
    }
    if let Some(until) = quiet_until {
        out["quiet_until"] = json!(until);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        BalanceRow, Currency, CustomerNumber, Finding, Level, MergeRow, Money, TagPair, Timestamp,
    };

    fn kes(minor: i64) -> Money {
        Money { currency: Currency::new("KES").expect("a currency"), minor }
    }

    /// Scripts read these names.
    #[test]
    fn an_outlook_is_told_to_programs_in_the_same_words_as_ever() {
        let found = FoundCustomer {
            id: "el_cst_1".into(),
            name: "Amina".into(),
            numbers: vec![CustomerNumber::telco("+254711000001")],
            tags: vec!["tier=vip".into()],
            last_seen: Timestamp::from_secs(7),
        };
        let levels = [Level::Good, Level::Note, Level::Warn, Level::Block];
        let finding = |level| Finding { code: "some-code".into(), level, text: "why".into() };
        let row = MergeRow {
            field: "tag tier".into(),
            survivor: "vip".into(),
            other: String::new(),
            result: "vip".into(),
        };
        let outlook = Outlook {
            findings: levels.map(finding).into(),
            audience: Some(Audience {
                tag: TagPair { key: "tier".into(), value: "vip".into() },
                matching: 3,
                reached: 2,
                skipped: [(301, 1)].into(),
                sample: vec![found],
                longest: None,
                rate: None,
                quiet: 0,
                quiet_until: None,
                hour_unknown: 0,
            }),
            merge: Some(Merge {
                survivor: "el_cst_1".into(),
                other: "el_cst_2".into(),
                rows: vec![row],
            }),
            balances: vec![BalanceRow {
                account: "purse main".into(),
                before: kes(500),
                after: kes(400),
            }],
            ..Outlook::default()
        };
        let wanted = concat!(
            r#"{"audience":{"matching":3,"reached":2,"sample":[{"id":"el_cst_1","name":"Amina","numbers":[{"number":"+254711000001","partition":null,"provider":"telco"}],"tags":["tier=vip"]}],"skipped":{"301":1},"tag":{"key":"tier","value":"vip"}},"#,
            r#""balances":[{"account":"purse main","after":{"currency":"KES","minor":400},"before":{"currency":"KES","minor":500}}],"#,
            r#""blocked":true,"#,
            r#""events":[],"#,
            r#""findings":[{"code":"some-code","level":"ok","text":"why"},{"code":"some-code","level":"note","text":"why"},{"code":"some-code","level":"warn","text":"why"},{"code":"some-code","level":"block","text":"why"}],"#,
            r#""merge":{"other":"el_cst_2","rows":[{"field":"tag tier","other":"","result":"vip","survivor":"vip"}],"survivor":"el_cst_1"}}"#,
        );
        assert_eq!(outlook_json(&outlook).to_string(), wanted);
        let least = r#"{"blocked":false,"events":[],"findings":[]}"#;
        assert_eq!(outlook_json(&Outlook::default()).to_string(), least);
    }
}
