//! What else happened with the customer: USSD sessions, calls, payments. Newest first.

use super::{
    super::{
        Look,
        words::{Words, mark, moment, wrapped},
    },
    Blocks,
};
use crate::model::{
    Call, CallHop, Customer, Direction, HangupCause, Money, Payment, PaymentParty, Tone,
    UssdSession, Wallet,
};
use ratatui::text::Line;

/// The most characters of one menu or input that are laid out.
const MOST: usize = 1_000;
/// The most hops of one session or call that are laid out, the newest.
const HOPS: usize = 40;

fn newest_first<'a, T>(
    all: &'a [T],
    none: &'static str,
    look: &'a Look,
    make: impl Fn(&T) -> Vec<Line<'static>> + 'a,
) -> Blocks<'a> {
    let make = move |i: usize| match all.len().checked_sub(i + 1) {
        Some(at) => make(&all[at]),
        None => vec![Words::new().own(none, look.dim()).line()],
    };
    Blocks { count: all.len().max(1), make: Box::new(make) }
}

/// USSD sessions: what was typed and what was shown.
pub fn ussd<'a>(state: &'a Customer, width: usize, look: &'a Look) -> Blocks<'a> {
    newest_first(&state.ussd, " no USSD sessions", look, move |s| session(s, width, look))
}

fn session(session: &UssdSession, width: usize, look: &Look) -> Vec<Line<'static>> {
    let right = match session.end {
        Some(end) => {
            Words::new().own(format!("{} {}", mark(end.tone()), end.words()), look.tone(end.tone()))
        }
        None if session.awaits_menu() => {
            Words::new().own(".. waiting for a menu", look.tone(Tone::Pending))
        }
        None => Words::new().own(".. open", look.tone(Tone::Pending)),
    };
    let left = Words::new()
        .to(1)
        .own(moment(session.created_at, look), look.dim())
        .own(" < ", look.title());
    let room = width.saturating_sub(left.width() + right.width() + 2);
    let left = left
        .identity(&session.channel.number, room / 2, look.plain())
        .own(" ", look.plain())
        .identity(&session.number.to_string(), room / 2, look.dim());
    let mut out = vec![left.and_right(right, width)];
    for (i, hop) in session.hops.iter().enumerate().skip(session.hops.len().saturating_sub(HOPS)) {
        let input = if hop.input.is_empty() { "(dialled)" } else { &hop.input };
        let style = if i == 0 { look.dim() } else { look.title() };
        let line = Words::new().to(3).own("typed ", look.dim());
        out.push(line.foreign(input, width.saturating_sub(9), style).line());
        let Some(menu) = &hop.menu else {
            continue;
        };
        for row in wrapped(&menu.text, width.saturating_sub(6), MOST) {
            out.push(Words::new().to(5).safe(&row, look.plain()).line());
        }
    }
    out
}

/// Calls, with every report of the network.
pub fn voice<'a>(state: &'a Customer, width: usize, look: &'a Look) -> Blocks<'a> {
    newest_first(&state.calls, " no calls", look, move |c| call(c, width, look))
}

fn call(call: &Call, width: usize, look: &Look) -> Vec<Line<'static>> {
    let tone = call.hops.last().map_or(call.status.tone(), worst);
    let mut words = format!("{} {}", mark(tone), call.status.words());
    if !call.duration.is_zero() {
        let secs = call.duration.as_secs();
        words = format!("{words}, {}:{:02}", secs / 60, secs % 60);
    }
    if let Some(cost) = &call.cost {
        words = format!("{words}, {cost}");
    }
    let right = Words::new().own(words, look.tone(tone));
    let way = if call.direction == Direction::Outbound { " > " } else { " < " };
    let left =
        Words::new().to(1).own(moment(call.created_at, look), look.dim()).own(way, look.title());
    let room = width.saturating_sub(left.width() + right.width() + 2);
    let left = left
        .identity(&call.number.to_string(), room / 2, look.plain())
        .own(" ", look.plain())
        .identity(&call.channel.number, room / 2, look.dim());
    let mut out = vec![left.and_right(right, width)];
    let skip = call.hops.len().saturating_sub(HOPS);
    out.extend(call.hops.iter().skip(skip).map(|hop| hop_line(hop, width, look)));
    out
}

fn worst(hop: &CallHop) -> Tone {
    if hop.cause.tone() == Tone::Bad { Tone::Bad } else { hop.status.tone() }
}

fn hop_line(hop: &CallHop, width: usize, look: &Look) -> Line<'static> {
    let mut line = Words::new()
        .to(3)
        .own(moment(hop.at, look), look.dim())
        .own(format!(" {}", hop.status.words()), look.tone(worst(hop)));
    if hop.cause != HangupCause::Unspecified {
        line = line.own(format!(": {}", hop.cause.words()), look.tone(hop.cause.tone()));
    }
    if let Some(digits) = &hop.digits {
        let room = width.saturating_sub(line.width() + 10);
        line = line.own(", pressed ", look.dim()).identity(digits, room, look.plain());
    }
    if let Some(url) = &hop.recording_url {
        let room = width.saturating_sub(line.width() + 12);
        line = line.own(", recording ", look.dim()).identity(url, room, look.dim());
    }
    line.line()
}

/// Wallets, then payments.
pub fn payments<'a>(state: &'a Customer, width: usize, look: &'a Look) -> Blocks<'a> {
    let wallets: Vec<_> = state.wallets.iter().collect();
    let held = wallets.len();
    let rest =
        newest_first(&state.payments, " no payments", look, move |p| payment(p, width, look));
    let count = held + rest.count;
    let make = move |i: usize| match wallets.get(i) {
        Some((id, balance)) => vec![wallet(id, balance, width, look)],
        None => (rest.make)(i - held),
    };
    Blocks { count, make: Box::new(make) }
}

fn wallet(id: &str, wallet: &Wallet, width: usize, look: &Look) -> Line<'static> {
    let money = |minor| Money { currency: wallet.currency, minor };
    let mut right = Words::new().own(money(wallet.available).to_string(), look.title());
    if wallet.actual != wallet.available {
        right = right.own(format!(" of {}", money(wallet.actual)), look.dim());
    }
    let room = width.saturating_sub(right.width() + 9);
    Words::new()
        .own(" wallet ", look.dim())
        .identity(id, room, look.plain())
        .and_right(right, width)
}

fn payment(payment: &Payment, width: usize, look: &Look) -> Vec<Line<'static>> {
    let tone = payment.status.tone();
    let status = format!("{} {}", mark(tone), payment.status.words());
    let right = Words::new().own(status, look.tone(tone));
    let left = Words::new()
        .to(1)
        .own(moment(payment.created_at, look), look.dim())
        .own(format!(" {}", payment.value), look.title());
    let to = payment.credit.as_ref().map_or_else(|| "nobody here".into(), party);
    let words = format!("from {} to {to}", party(&payment.debit));
    let second = Words::new().to(3).identity(&words, width.saturating_sub(4), look.dim());
    vec![left.and_right(right, width), second.line()]
}

/// One side, in words; raw.
fn party(party: &PaymentParty) -> String {
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
