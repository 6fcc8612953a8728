//! `switchboard get`: one customer's state. Looking never creates one (decision D-LOOKUP).

use super::{
    args::GetFormat,
    exit::{Code, Failure},
    out,
};
use crate::{
    console::text::Safe,
    model::{Customer, CustomerRef, CustomerView, Seq},
    sdk::Client,
};
use serde::Serialize;

/// The JSON of a customer.
#[derive(Serialize)]
struct Shown<'a> {
    /// The state contains every entry up to this one.
    as_of: Seq,
    /// The merged-away id that was asked for, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<&'a str>,
    #[serde(flatten)]
    customer: &'a Customer,
}

/// Prints the customer, or fails with `Refused` if there is none.
pub async fn run(client: &Client, who: &str, format: GetFormat) -> Result<(), Failure> {
    let customer = CustomerRef::parse(who).ok_or_else(|| {
        Failure::usage("no customer given: use an id, a number, or a secondary id key:value")
    })?;
    let Some(view) = client.customer(&customer).await? else {
        return Err(Failure::new(
            Code::Refused,
            format!("no customer {customer} in this org; nothing was created"),
        ));
    };
    let text = match format {
        GetFormat::Json => out::json(&Shown {
            as_of: view.as_of,
            replaces: view.replaces.as_ref().map(crate::model::CustomerId::as_str),
            customer: &view.customer,
        })?,
        GetFormat::Text => page(&view),
    };
    out::line(&text).map(|_| ())
}

/// The customer in a few lines for people.
fn page(view: &CustomerView) -> String {
    let c = &*view.customer;
    let mut lines = vec![
        format!("customer  {}", c.id),
        format!("name      {}", c.name().unwrap_or("-")),
        format!("as of     entry {}, last event {}", view.as_of, c.touched_at),
    ];
    lines.extend(c.numbers.iter().map(|n| format!("number    {} ({})", n, n.provider.word())));
    lines.extend(c.tags.iter().map(|t| {
        let until =
            if t.expires_at.is_zero() { String::new() } else { format!(" until {}", t.expires_at) };
        format!("tag       {}={}{until}", t.key, t.value)
    }));
    lines.extend(c.secondary_ids.iter().map(|(id, _)| format!("id        {id}")));
    lines.extend(c.metadata.iter().map(|(k, v)| format!("data      {k} = {}", v.summary())));
    lines.extend(c.channels.iter().map(|pair| {
        let consent = pair.consent.map_or("no record", |(status, _)| status.words());
        let session = pair
            .session
            .as_ref()
            .map_or_else(String::new, |s| format!(", session until {}", s.expires_at));
        format!("channel   {} on {}: consent {consent}{session}", pair.number, pair.channel)
    }));
    lines.extend(c.messages.iter().map(|m| {
        let arrow = if m.direction == crate::model::Direction::Inbound { '<' } else { '>' };
        format!(
            "message   {} {arrow} {} {} [{}]",
            m.created_at,
            m.channel,
            m.body.summary(),
            m.status.words()
        )
    }));
    lines.extend(
        c.payments
            .iter()
            .map(|p| format!("payment   {} {} [{}]", p.created_at, p.value, p.status.words())),
    );
    let safe: Vec<_> = lines.iter().map(|l| Safe::new(l).as_str().to_owned()).collect();
    safe.join("\n")
}
