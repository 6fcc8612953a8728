//! `switchboard get`: the state of one customer, as text or JSON. Looking somebody up never
//! creates them (D-LOOKUP).

use super::{
    args::OutputFormat,
    exit::{CliError, Code},
    list, out,
    zone::zone,
};
use crate::{
    console::text::Safe,
    model::{
        CustomerRef, CustomerState, CustomerView, Direction, Message, Money, Reminder,
        ScheduledMessage, Seq, UssdSession, VoiceCall, client::PastMoment, line_break::one_line,
        when,
    },
    sdk::Client,
};
use serde::Serialize;

/// The JSON that is printed. Scripts read its names.
#[derive(Serialize)]
struct CustomerJson<'a> {
    /// The state contains every entry of the log up to this one.
    as_of: Seq,
    /// The id that was asked for, if its customer was merged into this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<&'a str>,
    #[serde(flatten)]
    customer: &'a CustomerState,
}

/// Prints the customer, or fails with `Refused` if there is none.
pub async fn run(
    client: &Client,
    who: &str,
    at: Option<&str>,
    format: OutputFormat,
) -> Result<(), CliError> {
    let customer = CustomerRef::parse(who).ok_or_else(|| {
        CliError::usage("no customer given: use an id, a number, or a secondary id key:value")
    })?;
    let nobody = || {
        let why = format!("no customer {customer} in this org; nothing was created");
        CliError::new(Code::Refused, why)
    };
    let view = match at {
        None => client.customer(&customer).await?.ok_or_else(nobody)?,
        Some(at) => {
            let past = client.customer_as_of(&customer, moment(client, at).await?).await?;
            past.ok_or_else(nobody)?.view.ok_or_else(|| {
                CliError::new(Code::Refused, format!("customer {customer} was not known at {at}"))
            })?
        }
    };
    let text = match format {
        OutputFormat::Json => out::json(&CustomerJson {
            as_of: view.as_of,
            replaces: view.replaces.as_ref().map(crate::model::CustomerId::as_str),
            customer: &view.customer,
        })?,
        OutputFormat::Text => page(&view),
    };
    out::line(&text).map(|_| ())
}

/// The moment that a text names: the number of an entry, or a time by the hub's clock in the zone of this machine.
async fn moment(client: &Client, text: &str) -> Result<PastMoment, CliError> {
    if let Ok(seq) = text.trim().parse() {
        return Ok(PastMoment::Place(Seq(seq)));
    }
    let now = client.hello().await?.now;
    let zone = zone()?;
    let when = when::back(text, now, &zone).map_err(CliError::usage)?;
    out::complain(&format!("at {}", when.said(when.last, &zone)));
    Ok(PastMoment::Time(when.last))
}

/// The customer as lines for people, without control characters.
pub fn page(view: &CustomerView) -> String {
    let c = &*view.customer;
    let mut lines = vec![
        format!("customer  {}", c.id),
        format!("name      {}", c.name().unwrap_or("-")),
        format!("as of     entry {}, last event {}", view.as_of, c.touched_at),
    ];
    lines.extend(c.numbers.iter().map(|n| format!("number    {} ({})", n, n.provider.word())));
    lines.extend(c.tags.iter().map(|t| {
        let until = t.expires_at.map(|at| format!(" until {at}")).unwrap_or_default();
        format!("tag       {}={}{until}", t.key, t.value)
    }));
    lines.extend(c.secondary_ids.iter().map(|(id, _)| format!("id        {}", id.masked())));
    lines.extend(c.metadata.iter().map(|(k, v)| format!("data      {k} = {}", v.summary())));
    lines.extend(c.channels.iter().map(|pair| {
        let consent = pair.consent.map_or("no record", |(status, _)| status.words());
        let session = pair
            .session
            .as_ref()
            .map_or_else(String::new, |s| format!(", session until {}", s.expires_at));
        format!("channel   {} on {}: consent {consent}{session}", pair.number, pair.channel)
    }));
    lines.extend(c.scheduled.iter().map(scheduled));
    lines.extend(c.reminders.iter().map(reminder));
    lines.extend(c.leases.iter().map(|l| {
        let until = l.expires_at;
        format!("lease     {} held by {} until {until}", l.key, list::holder(&l.holder))
    }));
    lines.extend(c.messages.iter().map(|m| message(m)));
    lines.extend(c.ussd.iter().map(ussd));
    lines.extend(c.calls.iter().map(call));
    lines.extend(c.wallets.iter().map(|(id, wallet)| {
        let available = Money { currency: wallet.currency, minor: wallet.available };
        format!("wallet    {id} {available} available")
    }));
    lines.extend(c.payments.iter().map(|p| {
        let (at, value, id) = (p.created_at, p.value, &p.id);
        format!("payment   {at} {value} [{}] {id}", p.status.words())
    }));
    let safe: Vec<_> = lines.iter().map(|l| Safe::new(l).as_str().to_owned()).collect();
    safe.join("\n")
}

/// A message as a line. Its id stands at the end, because a reply needs it.
fn message(m: &Message) -> String {
    let arrow = if m.direction == Direction::Inbound { '<' } else { '>' };
    let (at, on, text, became) = (m.created_at, &m.channel, m.body.summary(), m.status.words());
    format!("message   {at} {arrow} {on} {text} [{became}] {}", m.id)
}

/// A message that has not left yet, as a line. Its id stands at the end, because whoever changes it needs it.
fn scheduled(m: &ScheduledMessage) -> String {
    let (at, to, on, text) = (m.at, &m.number, &m.channel, m.body.summary());
    format!("leaves    {at} to {to} by {on} {text} {}", m.id)
}

fn reminder(r: &Reminder) -> String {
    let every =
        r.interval.map_or_else(String::new, |every| format!(" every {}", when::written(every)));
    format!("reminder  {} at {}{every}, app {}", r.key, r.remind_at, r.app)
}

/// A USSD session as a line: its state, the last menu and the last keys. Its id stands at the end,
/// because an answer needs it.
fn ussd(session: &UssdSession) -> String {
    let state = match session.end {
        Some(end) => end.words(),
        None if session.awaits_menu() => "waits for a menu",
        None => "waits for the customer",
    };
    let menu = session.hops.iter().rev().find_map(|hop| hop.menu.as_ref());
    let menu = menu.map_or_else(String::new, |menu| format!(", shown “{}”", one_line(&menu.text)));
    let typed = session.hops.last().map(|hop| hop.input.as_str()).filter(|text| !text.is_empty());
    let typed = typed.map_or_else(String::new, |text| format!(", typed {}", one_line(text)));
    let (at, on, id) = (session.created_at, &session.channel, &session.id);
    format!("ussd      {at} {on} [{state}]{menu}{typed} {id}")
}

/// A call as a line: its state, the last keys and its length. Its id stands at the end, because an
/// answer needs it.
fn call(call: &VoiceCall) -> String {
    let arrow = if call.direction == Direction::Inbound { '<' } else { '>' };
    let pressed = call.hops.iter().rev().find_map(|hop| hop.digits.as_ref());
    let pressed = pressed.map_or_else(String::new, |keys| format!(", pressed {keys}"));
    let waits = if call.awaits_plan() { ", waits for a plan" } else { "" };
    let talked = call.duration.as_secs();
    let talked = if talked == 0 { String::new() } else { format!(", {talked} s") };
    let (at, on, id) = (call.created_at, &call.channel, &call.id);
    format!("call      {at} {arrow} {on} [{}]{waits}{pressed}{talked} {id}", call.status.words())
}
