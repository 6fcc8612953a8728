//! Draws the tab with money: the customer's wallets, the org's purses, the payments that are under way, then
//! those that are over, the newest first. Amounts begin with the code of their currency.

use super::{
    super::{
        DrawContext,
        line_builder::{LineBuilder, beside, mark, moment, wrapped},
    },
    Blocks, Purses,
};
use crate::{
    console::text::Safe,
    model::{Account, CustomerState, Money, Payment, PaymentParty, PurseBalance, Tone},
};
use ratatui::text::Line;

/// One block of the tab. The numbers are places in the lists of wallets, purses and payments.
#[derive(Clone, Copy)]
enum MoneyBlock {
    Wallet(usize),
    PursesTitle,
    Purse(usize),
    Payment(usize),
    NoPayments,
}

/// The blocks of the tab, in the order in which they are shown. There are no purses in the past.
pub fn blocks<'a>(
    state: &'a CustomerState,
    purses: Option<Purses<'a>>,
    width: usize,
    ctx: &'a DrawContext,
) -> Blocks<'a> {
    let wallets: Vec<_> = state.wallets.iter().collect();
    let mut items: Vec<MoneyBlock> = (0..wallets.len()).map(MoneyBlock::Wallet).collect();
    items.push(MoneyBlock::PursesTitle);
    let rows = purses.and_then(|purses| purses.rows);
    items.extend((0..rows.map_or(0, <[_]>::len)).map(MoneyBlock::Purse));
    let newest = (0..state.payments.len()).rev();
    let pending = |n: &usize| state.payments[*n].status.is_pending();
    items.extend(newest.clone().filter(pending).map(MoneyBlock::Payment));
    items.extend(newest.filter(|n| !pending(n)).map(MoneyBlock::Payment));
    if state.payments.is_empty() {
        items.push(MoneyBlock::NoPayments);
    }
    let count = items.len();
    let make = move |i: usize| match items[i] {
        MoneyBlock::Wallet(n) => wallet(wallets[n].0, wallets[n].1, width, ctx),
        MoneyBlock::PursesTitle => purses_title(purses, width, ctx),
        MoneyBlock::Purse(n) => rows.map_or_else(Vec::new, |p| purse(&p[n], width, ctx)),
        MoneyBlock::Payment(n) => payment(&state.payments[n], width, ctx),
        MoneyBlock::NoPayments => vec![LineBuilder::new().own(" no payments", ctx.dim()).line()],
    };
    Blocks { count, make: Box::new(make) }
}

/// What may be spent. Where payments under way hold a part of the money, it also shows how much there is and
/// what is held: beside it, or below where that does not fit.
fn balance(
    left: LineBuilder,
    available: Money,
    actual: Money,
    held: &str,
    width: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    let free = LineBuilder::new().own(available.to_string(), ctx.title());
    if available == actual && held.is_empty() {
        return vec![left.and_right(free, width)];
    }
    let words = format!("of {actual}{held}");
    let all = free.clone().own(format!("  {words}"), ctx.dim());
    if left.width() + all.width() < width {
        return vec![left.and_right(all, width)];
    }
    let below = LineBuilder::new().own(words, ctx.dim());
    vec![left.and_right(free, width), LineBuilder::new().and_right(below, width)]
}

fn wallet(id: &str, wallet: &Account, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let money = |minor| Money { currency: wallet.currency, minor };
    let pending = match wallet.pending.len() {
        0 => String::new(),
        n => {
            let sum = wallet.pending.values().map(|(minor, _)| minor).sum();
            format!(", {n} pending hold {}", money(sum))
        }
    };
    let left = LineBuilder::new().own(" wallet ", ctx.dim());
    let left = left.identity(id, width.saturating_sub(30).max(8), ctx.plain());
    balance(left, money(wallet.available), money(wallet.actual), &pending, width, ctx)
}

fn purses_title(purses: Option<Purses>, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let line = LineBuilder::new();
    let Some(purses) = purses else {
        // A purse is the org's, and of the past only this customer is known.
        return vec![line.own(" purses are shown as they are now only", ctx.dim()).line()];
    };
    vec![
        match (purses.rows, purses.fault) {
            (_, Some(error)) => {
                let line = line.own(" purses not known: ", ctx.tone(Tone::Bad));
                let room = width.saturating_sub(line.width());
                line.foreign(&error.to_string(), room, ctx.dim())
            }
            (None, None) => line.own(" purses: asking the hub", ctx.dim()),
            (Some([]), None) => line.own(" purses: the org has none", ctx.dim()),
            (Some(rows), None) => line.own(format!(" purses of the org {}", rows.len()), ctx.dim()),
        }
        .line(),
    ]
}

fn purse(purse: &PurseBalance, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let pending = match purse.pending {
        0 => String::new(),
        n => format!(", {n} pending"),
    };
    let left = LineBuilder::new().own("   purse ", ctx.dim());
    let left = left.identity(&purse.id, width.saturating_sub(30).max(8), ctx.plain());
    balance(left, purse.available, purse.actual, &pending, width, ctx)
}

fn payment(payment: &Payment, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let tone = payment.status.tone();
    let mut status = format!("{} {}", mark(tone), payment.status.words());
    if payment.status.is_pending() {
        status = format!("{status}, {}", ctx.ago(payment.created_at));
    } else if tone == Tone::Bad {
        status = format!("{status} ({})", payment.status.code());
    }
    let right = LineBuilder::new().own(status, ctx.tone(tone));
    let left = LineBuilder::new()
        .pad_to(1)
        .own(moment(payment.created_at, ctx), ctx.dim())
        .own(format!(" {}", payment.value), ctx.title());
    let to = payment.credit.as_ref().map_or_else(|| "nobody here".into(), party);
    let from = Safe::identity_clipped(&party(&payment.debit), width.saturating_sub(8));
    let to = Safe::identity_clipped(&to, width.saturating_sub(8));
    let id = Safe::identity(payment.id.as_str()).tail(6);
    let id = LineBuilder::new().safe(&id, ctx.dim());
    let mut out = beside(left, right, width);
    let words = LineBuilder::new().pad_to(3).own("from ", ctx.dim()).safe(&from, ctx.plain());
    let whole = words.clone().own(" to ", ctx.dim()).safe(&to, ctx.plain());
    if whole.width() + id.width() < width {
        out.push(whole.and_right(id, width));
    } else {
        // In a narrow column each side gets a row of its own, because who pays whom must not be cut.
        out.push(words.line());
        let words = LineBuilder::new().pad_to(3).own("to   ", ctx.dim()).safe(&to, ctx.plain());
        out.push(words.and_right(id, width));
    }
    if tone == Tone::Bad {
        let rows = wrapped(payment.status.advice(), width.saturating_sub(4), 400);
        out.extend(rows.iter().map(|row| LineBuilder::new().pad_to(3).safe(row, ctx.dim()).line()));
    }
    out
}

/// One side of a payment in words. The result is raw.
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
