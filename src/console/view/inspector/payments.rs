//! Money: the customer's wallets, the org's purses, payments under way, then those that are over,
//! newest first. Amounts are code first; both sides of a payment are said in words.

use super::{
    super::{
        Look,
        words::{Words, beside, mark, moment, wrapped},
    },
    Blocks, Purses,
};
use crate::{
    console::text::Safe,
    model::{Account, CustomerState, Money, Payment, PaymentParty, PurseBalance, Tone},
};
use ratatui::text::Line;

/// One block of the tab.
#[derive(Clone, Copy)]
enum Item {
    Wallet(usize),
    Purses,
    Purse(usize),
    Payment(usize),
    Nothing,
}

/// Wallets, purses, payments.
pub fn blocks<'a>(
    state: &'a CustomerState,
    purses: Purses<'a>,
    width: usize,
    look: &'a Look,
) -> Blocks<'a> {
    let wallets: Vec<_> = state.wallets.iter().collect();
    let mut items: Vec<Item> = (0..wallets.len()).map(Item::Wallet).collect();
    items.push(Item::Purses);
    items.extend((0..purses.rows.map_or(0, <[_]>::len)).map(Item::Purse));
    let newest = (0..state.payments.len()).rev();
    let pending = |n: &usize| state.payments[*n].status.is_pending();
    items.extend(newest.clone().filter(pending).map(Item::Payment));
    items.extend(newest.filter(|n| !pending(n)).map(Item::Payment));
    if state.payments.is_empty() {
        items.push(Item::Nothing);
    }
    let count = items.len();
    let make = move |i: usize| match items[i] {
        Item::Wallet(n) => wallet(wallets[n].0, wallets[n].1, width, look),
        Item::Purses => purses_title(purses, width, look),
        Item::Purse(n) => purses.rows.map_or_else(Vec::new, |p| purse(&p[n], width, look)),
        Item::Payment(n) => payment(&state.payments[n], width, look),
        Item::Nothing => vec![Words::new().own(" no payments", look.dim()).line()],
    };
    Blocks { count, make: Box::new(make) }
}

/// What may be spent, then what is there and what is held where they differ: beside it, or below
/// where that is too narrow.
fn balance(
    left: Words,
    available: Money,
    actual: Money,
    held: &str,
    width: usize,
    look: &Look,
) -> Vec<Line<'static>> {
    let free = Words::new().own(available.to_string(), look.title());
    if available == actual && held.is_empty() {
        return vec![left.and_right(free, width)];
    }
    let words = format!("of {actual}{held}");
    let all = free.clone().own(format!("  {words}"), look.dim());
    if left.width() + all.width() < width {
        return vec![left.and_right(all, width)];
    }
    let below = Words::new().own(words, look.dim());
    vec![left.and_right(free, width), Words::new().and_right(below, width)]
}

fn wallet(id: &str, wallet: &Account, width: usize, look: &Look) -> Vec<Line<'static>> {
    let money = |minor| Money { currency: wallet.currency, minor };
    let pending = match wallet.pending.len() {
        0 => String::new(),
        n => {
            let sum = wallet.pending.values().map(|(minor, _)| minor).sum();
            format!(", {n} pending hold {}", money(sum))
        }
    };
    let left = Words::new().own(" wallet ", look.dim());
    let left = left.identity(id, width.saturating_sub(30).max(8), look.plain());
    balance(left, money(wallet.available), money(wallet.actual), &pending, width, look)
}

fn purses_title(purses: Purses, width: usize, look: &Look) -> Vec<Line<'static>> {
    let line = Words::new();
    vec![
        match (purses.rows, purses.fault) {
            (_, Some(error)) => {
                let line = line.own(" purses not known: ", look.tone(Tone::Bad));
                let room = width.saturating_sub(line.width());
                line.foreign(&error.to_string(), room, look.dim())
            }
            (None, None) => line.own(" purses: asking the hub", look.dim()),
            (Some([]), None) => line.own(" purses: the org has none", look.dim()),
            (Some(rows), None) => {
                line.own(format!(" purses of the org {}", rows.len()), look.dim())
            }
        }
        .line(),
    ]
}

fn purse(purse: &PurseBalance, width: usize, look: &Look) -> Vec<Line<'static>> {
    let pending = match purse.pending {
        0 => String::new(),
        n => format!(", {n} pending"),
    };
    let left = Words::new().own("   purse ", look.dim());
    let left = left.identity(&purse.id, width.saturating_sub(30).max(8), look.plain());
    balance(left, purse.available, purse.actual, &pending, width, look)
}

fn payment(payment: &Payment, width: usize, look: &Look) -> Vec<Line<'static>> {
    let tone = payment.status.tone();
    let mut status = format!("{} {}", mark(tone), payment.status.words());
    if payment.status.is_pending() {
        status = format!("{status}, {}", look.ago(payment.created_at));
    } else if tone == Tone::Bad {
        status = format!("{status} ({})", payment.status.code());
    }
    let right = Words::new().own(status, look.tone(tone));
    let left = Words::new()
        .to(1)
        .own(moment(payment.created_at, look), look.dim())
        .own(format!(" {}", payment.value), look.title());
    let to = payment.credit.as_ref().map_or_else(|| "nobody here".into(), party);
    let from = Safe::identity_clipped(&party(&payment.debit), width.saturating_sub(8));
    let to = Safe::identity_clipped(&to, width.saturating_sub(8));
    let id = Safe::identity(payment.id.as_str()).tail(6);
    let id = Words::new().safe(&id, look.dim());
    let mut out = beside(left, right, width);
    let words = Words::new().to(3).own("from ", look.dim()).safe(&from, look.plain());
    let whole = words.clone().own(" to ", look.dim()).safe(&to, look.plain());
    if whole.width() + id.width() < width {
        out.push(whole.and_right(id, width));
    } else {
        // Who pays whom is not cut where a column is narrow: each has a row.
        out.push(words.line());
        let words = Words::new().to(3).own("to   ", look.dim()).safe(&to, look.plain());
        out.push(words.and_right(id, width));
    }
    if tone == Tone::Bad {
        let rows = wrapped(payment.status.advice(), width.saturating_sub(4), 400);
        out.extend(rows.iter().map(|row| Words::new().to(3).safe(row, look.dim()).line()));
    }
    out
}

/// One side, in words; raw.
pub fn party(party: &PaymentParty) -> String {
    match party {
        PaymentParty::Customer { number, channel } => format!("{number} by {}", channel.number),
        PaymentParty::Purse(purse) => format!("purse {purse}"),
        PaymentParty::Wallet { wallet, .. } => format!("wallet {wallet}"),
        PaymentParty::Channel { channel, code, account } => {
            let account = account.as_deref().unwrap_or_default();
            format!("{} {code} {account}", channel.number)
        }
    }
}
