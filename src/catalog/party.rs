//! How a side of a payment is written in one field (operations.md 3.26):
//!
//! ```text
//! customer                     the chosen number, through the chosen payment number
//! purse:main                   money of the org
//! wallet:savings               money held for the customer of the form
//! wallet:savings@el_cst_9b1f   money held for another
//! channel:5250#12/ACC-7        a till, bill or account: the network's number, code, account
//! ```

use super::{Context, FieldErrors, Lines, Target, Values, choice};
use crate::model::{Channel, ChannelNumber, CustomerId, PaymentParty, limits::WORD_CHARS};

const HOW: &str = "write customer, purse:ID, wallet:ID or channel:NUMBER#CODE/ACCOUNT";
/// The sides of a payment, for help pages.
pub const GRAMMAR: &str = "\
Sides of a payment:
  customer                     the person of --number, through the payment number --via
  purse:ID                     money of the org
  wallet:ID                    money held for the customer of --customer
  wallet:ID@el_cst_…           money held for another customer
  channel:NUMBER#CODE/ACCOUNT  a till, bill or account; can only receive";
/// What stands in the field for the customer's own mobile money.
pub const CUSTOMER: &str = "customer";

/// A side as it is written, before number and payment number are looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// The chosen number.
    Customer,
    /// All the rest says it whole.
    Party(PaymentParty),
}

/// Reads a side; `ours` is the customer of the form, whose wallets need no further name.
pub fn parse(text: &str, ours: Option<&CustomerId>) -> Result<Written, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(HOW.into());
    }
    if text.eq_ignore_ascii_case(CUSTOMER) {
        return Ok(Written::Customer);
    }
    let (word, rest) = text.split_once(':').ok_or_else(|| format!("{text}: {HOW}"))?;
    let rest = rest.trim();
    match word.trim().to_ascii_lowercase().as_str() {
        "purse" => Ok(PaymentParty::Purse(id(rest, "which purse: purse:ID")?)),
        "wallet" => wallet(rest, ours),
        "channel" => channel(rest),
        _ => Err(format!("{text}: {HOW}")),
    }
    .map(Written::Party)
}

fn id(text: &str, missing: &str) -> Result<String, String> {
    match text.chars().count() {
        0 => Err(missing.into()),
        n if n > WORD_CHARS => Err(format!("{n} characters; {WORD_CHARS} are possible")),
        _ => Ok(text.to_owned()),
    }
}

fn wallet(text: &str, ours: Option<&CustomerId>) -> Result<PaymentParty, String> {
    let (wallet, whose) = match text.rsplit_once('@') {
        Some((wallet, whose)) => (wallet.trim(), Some(CustomerId::from(whose.trim()))),
        None => (text, ours.cloned()),
    };
    let wallet = id(wallet, "which wallet: wallet:ID")?;
    match whose {
        Some(customer) if !customer.is_empty() => Ok(PaymentParty::Wallet { customer, wallet }),
        _ => Err(format!("whose wallet: wallet:{wallet}@el_cst_…")),
    }
}

fn channel(text: &str) -> Result<PaymentParty, String> {
    const HOW: &str = "write channel:NUMBER#CODE, or channel:NUMBER#CODE/ACCOUNT";
    let (number, rest) = text.split_once('#').ok_or(HOW)?;
    let number = id(number.trim(), HOW)?;
    let (code, account) = match rest.split_once('/') {
        Some((code, account)) => (code, Some(id(account.trim(), HOW)?)),
        None => (rest, None),
    };
    let code =
        code.trim().parse().map_err(|_| "the network's code is a whole number".to_owned())?;
    let channel = ChannelNumber::new(Channel::Payment, &number);
    Ok(PaymentParty::Channel { channel, code, account })
}

/// The same side as text; the customer's number and payment number are in fields of their own.
#[must_use]
pub fn show(party: &PaymentParty, ours: Option<&CustomerId>) -> String {
    match party {
        PaymentParty::Customer { .. } => CUSTOMER.into(),
        PaymentParty::Purse(id) => format!("purse:{id}"),
        PaymentParty::Wallet { customer, wallet }
            if ours == Some(customer) && !wallet.contains('@') =>
        {
            format!("wallet:{wallet}")
        }
        PaymentParty::Wallet { customer, wallet } => format!("wallet:{wallet}@{customer}"),
        PaymentParty::Channel { channel, code, account } => {
            let account = account.as_ref().map(|a| format!("/{a}")).unwrap_or_default();
            format!("channel:{}#{code}{account}", channel.number)
        }
    }
}

/// What can be suggested: the purses behind the org's payment numbers, the customer, the patterns.
#[must_use]
pub fn suggestions(target: &Target, hello: &crate::model::Hello) -> Vec<String> {
    let mut all = Vec::new();
    for purse in hello.channels.iter().filter_map(|bound| bound.purse.as_ref()) {
        let text = format!("purse:{purse}");
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all.push(CUSTOMER.into());
    if target.customer.is_some() {
        all.push("wallet:".into());
    }
    all.push("channel:".into());
    all
}

/// Both sides, looked up; what cannot be is refused with the reason the hub would give (R-PAY-1).
pub fn both(
    v: &Values,
    target: &Target,
    cx: &Context,
    errors: &mut FieldErrors,
) -> Option<(PaymentParty, PaymentParty)> {
    let ours = target.customer.as_ref();
    let mut side =
        |name: &'static str| parse(v.get(name), ours).map_err(|why| errors.add(name, why)).ok();
    let (debit, credit) = (side("from"), side("to"));
    if matches!(debit, Some(Written::Party(PaymentParty::Channel { .. }))) {
        errors.add("from", "not supported (201): a till or an account cannot be made to pay");
    }
    if let (Some(Written::Customer), Some(Written::Customer)) = (&debit, &credit) {
        let why = "not supported (201): one customer cannot pay another; go through a purse";
        errors.add("to", why);
    }
    let number = [&debit, &credit].into_iter().any(|s| *s == Some(Written::Customer));
    let customer = if number { customer(v, target, cx, errors) } else { None };
    let whole = |written: Option<Written>| match written? {
        Written::Customer => customer.clone(),
        Written::Party(party) => Some(party),
    };
    let (debit, credit) = (whole(debit)?, whole(credit)?);
    if debit == credit {
        errors.add("to", "invalid (200): both sides are the same");
    }
    Some((debit, credit))
}

/// The customer's own money: which number, through which of the org's payment numbers.
fn customer(
    v: &Values,
    target: &Target,
    cx: &Context,
    errors: &mut FieldErrors,
) -> Option<PaymentParty> {
    let number = choice::parse_number(v.get("number"), target);
    let channel = choice::parse_channel(v.get("via"), cx.hello, Lines::Payments);
    let number = number.map_err(|why| errors.add("number", why)).ok();
    let channel = channel.map_err(|why| errors.add("via", why)).ok();
    let (number, channel) = (number?, channel?);
    if let Some(why) = choice::unreachable(channel.channel, &number) {
        errors.add("number", why);
    }
    Some(PaymentParty::Customer { number, channel })
}
