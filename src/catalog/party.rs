//! Reads and writes who pays or receives, as it stands in one field (R-PAY-10):
//!
//! ```text
//! customer                     the chosen number, through the chosen payment number
//! purse:main                   money of the org
//! wallet:savings               money held for the customer of the form
//! wallet:savings@el_cst_9b1f   money held for another
//! channel:5250#12/ACC-7        a till, bill or account: the network's number, code, account
//! ```
//!
//! Who cannot pay whom (R-PAY-1) is checked here too, so that a form says it before the hub does.

use super::{BuildContext, ChannelUse, FieldErrors, PaymentSide, Target, Values, choice};
use crate::model::{
    Channel, ChannelNumber, Currency, CustomerId, Hello, PaymentParty, PurseBalance,
    limits::WORD_CHARS,
};

/// The same list for help pages, in the words of flags; at most 80 columns wide.
pub const GRAMMAR: &str = "\
--from and --to take one of:
  customer                     the person of --number, through the payment
                               number --via
  purse:ID                     money of the org
  wallet:ID                    money held for the customer of --customer
  wallet:ID@el_cst_…           money held for another customer
  channel:NUMBER#CODE/ACCOUNT  a till, bill or account; can only receive";
/// The word for the customer's own mobile money.
pub const CUSTOMER: &str = "customer";

/// What a field says about a party, before the customer's number and the payment number of the other
/// fields are added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartyInput {
    /// The customer's own money, which those two other fields complete.
    Customer,
    /// Any other party, which the field names completely.
    Party(PaymentParty),
}

/// How a party of that side is written. It offers only what would be taken beside `other`, the
/// other side: neither a till nor one customer for another can pay (R-PAY-1), and a wallet needs
/// its owner where the form has no customer.
fn how(ours: Option<&CustomerId>, side: PaymentSide, other: &str) -> String {
    let wallet = if ours.is_some() { "wallet:ID" } else { "wallet:ID@el_cst_…" };
    let other = other.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
    match (side, &*other) {
        (_, CUSTOMER) | (PaymentSide::Pays, "channel") => format!("write purse:ID or {wallet}"),
        (PaymentSide::Pays, _) => format!("write customer, purse:ID or {wallet}"),
        (PaymentSide::Receives, _) => {
            format!("write customer, purse:ID, {wallet} or channel:NUMBER#CODE/ACCOUNT")
        }
    }
}

/// Reads a party. `ours` is the customer of the form, who is meant by a wallet without an owner.
pub fn parse(
    text: &str,
    ours: Option<&CustomerId>,
    side: PaymentSide,
) -> Result<PartyInput, String> {
    parse_beside(text, ours, side, "")
}

/// The same beside what the other side says.
fn parse_beside(
    text: &str,
    ours: Option<&CustomerId>,
    side: PaymentSide,
    other: &str,
) -> Result<PartyInput, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(how(ours, side, other));
    }
    if text.eq_ignore_ascii_case(CUSTOMER) {
        return Ok(PartyInput::Customer);
    }
    let unknown = || format!("{text}: {}", how(ours, side, other));
    let (word, rest) = text.split_once(':').ok_or_else(unknown)?;
    let rest = rest.trim();
    match (word.trim().to_ascii_lowercase().as_str(), side) {
        ("purse", _) => Ok(PaymentParty::Purse(id(rest, "which purse: purse:ID")?)),
        ("wallet", _) => wallet(rest, ours),
        ("channel", PaymentSide::Receives) => channel(rest),
        ("channel", PaymentSide::Pays) => {
            Err("not supported (201): a till or an account cannot be made to pay".into())
        }
        _ => Err(unknown()),
    }
    .map(PartyInput::Party)
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
    let missing = if ours.is_some() {
        "which wallet: wallet:ID"
    } else {
        "which wallet: wallet:ID@el_cst_…"
    };
    let wallet = id(wallet, missing)?;
    match whose {
        Some(customer) if !customer.is_empty() => Ok(PaymentParty::Wallet { customer, wallet }),
        _ => Err(format!("whose wallet: wallet:{wallet}@el_cst_…")),
    }
}

fn channel(text: &str) -> Result<PaymentParty, String> {
    const HOW: &str = "write channel:NUMBER#CODE or channel:NUMBER#CODE/ACCOUNT";
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

/// Writes a party in the way in which [`parse`] reads it. The customer's number and the payment
/// number are not part of it, because they stand in fields of their own.
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

/// What a form suggests: the org's purses, the customer, and the
/// beginnings of the other forms.
#[must_use]
pub fn suggestions(
    target: &Target,
    (hello, purses): (&Hello, &[PurseBalance]),
    side: PaymentSide,
) -> Vec<String> {
    let purses = choice::purses(hello, purses).into_iter();
    let mut all: Vec<_> = purses.map(|purse| format!("purse:{purse}")).collect();
    all.push(CUSTOMER.into());
    if target.customer.is_some() {
        all.push("wallet:".into());
    }
    if side == PaymentSide::Receives {
        all.push("channel:".into());
    }
    all
}

/// The currency of the purse that pays, or else of the one that receives; `None` if neither is known.
#[must_use]
pub fn currency(v: &Values, cx: &BuildContext) -> Option<Currency> {
    ["from", "to"].iter().find_map(|side| purse(v.get(side), cx)).map(|purse| purse.actual.currency)
}

/// What is in the purse that a field names.
#[must_use]
pub fn purse<'a>(text: &str, cx: &BuildContext<'a>) -> Option<&'a PurseBalance> {
    let id = text.trim().strip_prefix("purse:")?.trim();
    cx.purses.iter().find(|purse| purse.id == id)
}

/// Reads who pays and who receives, in this order. A pair that cannot be is an error with the code
/// and the reason that the hub would give (R-PAY-1). `None` means that `errors` has got one.
pub fn both(
    v: &Values,
    target: &Target,
    cx: &BuildContext,
    errors: &mut FieldErrors,
) -> Option<(PaymentParty, PaymentParty)> {
    let ours = target.customer.as_ref();
    let mut read = |name: &'static str, side, other| {
        let party = parse_beside(v.get(name), ours, side, v.get(other));
        party.map_err(|why| errors.add(name, why)).ok()
    };
    let debit = read("from", PaymentSide::Pays, "to");
    let credit = read("to", PaymentSide::Receives, "from");
    if let (Some(PartyInput::Customer), Some(PartyInput::Customer)) = (&debit, &credit) {
        let why = "not supported (201): one customer cannot pay another; go through a purse";
        errors.add("to", why);
    }
    let number = [&debit, &credit].into_iter().any(|s| *s == Some(PartyInput::Customer));
    let customer = if number { customer(v, target, cx, errors) } else { None };
    let whole = |written: Option<PartyInput>| match written? {
        PartyInput::Customer => customer.clone(),
        PartyInput::Party(party) => Some(party),
    };
    let (debit, credit) = (whole(debit)?, whole(credit)?);
    if debit == credit {
        errors.add("to", "invalid (200): both sides are the same");
    }
    Some((debit, credit))
}

/// The customer's own money: their number of the field `number`, through the org's payment number of
/// the field `via`.
pub(super) fn customer(
    v: &Values,
    target: &Target,
    cx: &BuildContext,
    errors: &mut FieldErrors,
) -> Option<PaymentParty> {
    let number = choice::parse_number(v.get("number"), target, ChannelUse::Payments, cx.hello);
    let channel = choice::parse_channel(v.get("via"), cx.hello, ChannelUse::Payments);
    let number = number.map_err(|why| errors.add("number", why)).ok();
    let channel = channel.map_err(|why| errors.add("via", why)).ok();
    let (number, channel) = (number?, channel?);
    if let Some(why) = choice::unreachable(channel.channel, &number) {
        errors.add("number", why);
    }
    Some(PaymentParty::Customer { number, channel })
}
