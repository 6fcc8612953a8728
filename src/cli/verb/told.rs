//! What the hub answered or would answer, in words and as JSON.

use crate::{
    cli::{
        args::AnswerFormat,
        exit::{Code, Failure},
        out,
    },
    console::text::Safe,
    model::{
        Audience, CallId, DataValue, FoundCustomer, LeaseReceipt, Merge, MessageStatus, Outlook,
        PaymentReceipt, Receipt,
    },
};
use serde_json::{Value, json};

/// A receipt in a line: what came of it, and the hub's sentence.
pub fn words(receipt: &Receipt) -> String {
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

/// A receipt for programs: the same keys for every operation, absent where there is nothing.
pub fn receipt(receipt: &Receipt, call: Option<&CallId>) -> Value {
    let mut out = json!({
        "ok": receipt.is_ok(),
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

/// Prints what a command would lead to; fails with 1 if it would be refused.
pub fn outlook(outlook: &Outlook, format: AnswerFormat) -> Result<(), Failure> {
    let text = match format {
        AnswerFormat::Json => out::json(&as_json(outlook))?,
        AnswerFormat::Text => {
            let lines: Vec<_> =
                lines(outlook).iter().map(|line| Safe::new(line).as_str().to_owned()).collect();
            lines.join("\n")
        }
    };
    out::line(&text)?;
    if outlook.is_blocked() {
        return Err(Failure::new(Code::Refused, "it would be refused; nothing was done"));
    }
    Ok(())
}

fn lines(outlook: &Outlook) -> Vec<String> {
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
    let mut out = vec![format!("reaches {reached} of {matching} with {tag}")];
    out.extend(audience.skipped.iter().map(|(code, count)| {
        let why = MessageStatus::from_code(*code).map_or("other", |status| status.words());
        format!("skips {count}: {why}")
    }));
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

fn as_json(outlook: &Outlook) -> Value {
    let findings: Vec<_> = outlook
        .findings
        .iter()
        .map(|f| json!({ "code": f.code, "level": f.level.word(), "text": f.text }))
        .collect();
    let balances: Vec<_> = outlook
        .balances
        .iter()
        .map(|b| json!({ "account": b.account, "before": b.before, "after": b.after }))
        .collect();
    let mut out = json!({
        "blocked": outlook.is_blocked(),
        "findings": findings,
        "events": outlook.events,
    });
    if let Some(answer) = &outlook.receipt {
        out["receipt"] = receipt(answer, None);
    }
    if let Some(audience) = &outlook.audience {
        let sample: Vec<_> = audience
            .sample
            .iter()
            .map(|c| json!({ "id": c.id, "name": c.name, "numbers": c.numbers, "tags": c.tags }))
            .collect();
        out["audience"] = json!({
            "tag": audience.tag,
            "matching": audience.matching,
            "reached": audience.reached,
            "skipped": audience.skipped,
            "sample": sample,
        });
    }
    if let Some(merge) = &outlook.merge {
        let rows = merge.rows.iter().map(|r| {
            json!({
                "field": r.field, "survivor": r.survivor, "other": r.other, "result": r.result,
            })
        });
        let rows: Vec<_> = rows.collect();
        out["merge"] = json!({ "survivor": merge.survivor, "other": merge.other, "rows": rows });
    }
    if !balances.is_empty() {
        out["balances"] = json!(balances);
    }
    out
}
