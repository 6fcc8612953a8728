//! What the hub says the command would lead to: findings, heaviest first, each with a mark and a
//! word; for adoptions both sides and what remains; for work by tag who is meant and who is left
//! out; for payments the balances. Whether it may be old, or is missing, is always said.

use super::super::{
    Look,
    words::{Words, grouped, mark, wrapped},
};
use crate::{
    console::pane::form::{
        Form,
        dry_run::{DryRunStatus, OLD, words},
        sheet::Sheet,
    },
    model::{
        Audience, Finding, FoundCustomer, Level, Merge, MergeRow, Money, Outlook, Receipt, Tone,
        id::last_four,
    },
};
use ratatui::text::Line;

/// The most characters of one finding that are laid out.
const MOST: usize = 600;
/// Below this width the sides of a merge stand under each other.
const SIDE_BY_SIDE: usize = 56;

/// The verdict in a line, then the findings; what speaks for the command shares its rows.
pub fn findings(form: &Form, sheet: &Sheet, width: usize, look: &Look) -> Vec<Line<'static>> {
    let (sign, tone, text) = verdict(form, sheet, look);
    let mut out = signed(sign, tone, &text, width, look);
    let receipt = sheet.dry_run.outlook().and_then(|outlook| outlook.receipt.as_ref());
    let refusal = receipt.filter(|receipt| !receipt.is_ok());
    let of = |level| sheet.dry_run.findings().iter().filter(move |f| f.level == level);
    out.extend(of(Level::Block).flat_map(|finding| reason(finding, refusal, width, look)));
    if let Some(refusal) = refusal {
        out.extend(signed("", Tone::Plain, refusal.advice(), width, look));
    }
    let others = of(Level::Warn).chain(of(Level::Note));
    out.extend(others.flat_map(|finding| reason(finding, None, width, look)));
    let good: Vec<_> = of(Level::Good).map(|finding| finding.text.as_str()).collect();
    if !good.is_empty() {
        out.extend(signed(words(Level::Good).0, Tone::Good, &good.join(" · "), width, look));
    }
    out
}

/// One reason to stop or to think. Where it is why the hub would refuse, the hub's advice to every
/// client is left out: ours, which stands below it, knows the console's keys.
fn reason(
    finding: &Finding,
    refusal: Option<&Receipt>,
    width: usize,
    look: &Look,
) -> Vec<Line<'static>> {
    let said = refusal.map_or("", |receipt| receipt.description());
    let rest = finding.text.strip_prefix(said).filter(|_| !said.is_empty());
    let text = if rest.is_some_and(|rest| rest.starts_with(": ")) { said } else { &finding.text };
    let (sign, word) = words(finding.level);
    let text = format!("{word} ({}): {text}", finding.code);
    signed(sign, tone_of(finding.level), &text, width, look)
}

const fn tone_of(level: Level) -> Tone {
    match level {
        Level::Good => Tone::Good,
        Level::Note => Tone::Plain,
        Level::Warn => Tone::Pending,
        Level::Block => Tone::Bad,
    }
}

/// What the hub would do; or that it has not said so, and what the findings are worth then.
fn verdict(form: &Form, sheet: &Sheet, look: &Look) -> (&'static str, Tone, String) {
    match (sheet.dry_run.status(look.now), sheet.dry_run.outlook()) {
        (DryRunStatus::Fresh(_), Some(outlook)) => expected(outlook),
        (DryRunStatus::Stale(at), Some(outlook)) => {
            let (_, _, words) = expected(outlook);
            let text = format!("{words}; that was {} ago, asked again", look.ago(at));
            ("..", Tone::Pending, text)
        }
        (DryRunStatus::Failed(error), _) => {
            let text = format!("the hub cannot be asked: {error}; {}", guess(form, sheet, look));
            ("??", Tone::Bad, text)
        }
        (DryRunStatus::NotOffered, _) => {
            let text = format!("this server offers no dry run: {}", guess(form, sheet, look));
            ("??", Tone::Plain, text)
        }
        (DryRunStatus::Waiting | DryRunStatus::Fresh(_) | DryRunStatus::Stale(_), _) => {
            let text = format!("the hub has not answered yet: {}", guess(form, sheet, look));
            ("..", Tone::Pending, text)
        }
    }
}

/// That it is a guess, and from what.
fn guess(form: &Form, sheet: &Sheet, look: &Look) -> String {
    match form.known() {
        Some((_, at)) if look.now.since(at) > OLD => {
            format!("a guess from what was known {} ago", look.ago(at))
        }
        None if !sheet.to.id_end.is_empty() && form.target().customer.is_some() => {
            "a guess without knowing the customer".into()
        }
        Some(_) | None => "a guess from what is known here".into(),
    }
}

/// The hub's verdict.
fn expected(outlook: &Outlook) -> (&'static str, Tone, String) {
    let worst = outlook.findings.iter().map(|finding| finding.level).max();
    let refusal = outlook.receipt.as_ref().filter(|receipt| !receipt.is_ok());
    let words = match (refusal, worst) {
        (Some(refusal), worst) => {
            let code = refusal.code().map_or_else(String::new, |code| format!(" ({code})"));
            // Why stands below, as a finding.
            let why = match worst {
                Some(Level::Block) => String::new(),
                _ => format!(": {}", refusal.description()),
            };
            return (
                words(Level::Block).0,
                Tone::Bad,
                format!("the hub would refuse it{code}{why}"),
            );
        }
        (None, Some(Level::Block)) => "the hub would accept it, but it should not go like this",
        // No answer yet: it comes when what is in the way is over (R-LEASE-2).
        (None, Some(Level::Warn)) if outlook.receipt.is_none() => "the hub would let it wait",
        (None, Some(Level::Warn)) => "the hub would accept it, but look first",
        (None, Some(Level::Good | Level::Note) | None) => {
            return (mark(Tone::Good), Tone::Good, "the hub would accept it".into());
        }
    };
    let level = worst.unwrap_or(Level::Note);
    (self::words(level).0, tone_of(level), words.into())
}

/// A sign, then words over as many rows as they need.
fn signed(sign: &str, tone: Tone, text: &str, width: usize, look: &Look) -> Vec<Line<'static>> {
    let rows = wrapped(text, width.saturating_sub(4), MOST);
    let line = |(i, row): (usize, &_)| {
        let sign = if i == 0 { sign.to_owned() } else { String::new() };
        Words::new().to(1).own(sign, look.tone(tone)).to(4).safe(row, look.plain()).line()
    };
    rows.iter().enumerate().map(line).collect()
}

/// Who is meant, what remains, what is left.
pub fn details(sheet: &Sheet, width: usize, look: &Look) -> Vec<Line<'static>> {
    let Some(outlook) = sheet.dry_run.outlook() else { return Vec::new() };
    let mut out = Vec::new();
    if let Some(all) = &outlook.merge {
        out.extend(merge(all, width, look));
    }
    if let Some(all) = &outlook.audience {
        out.extend(audience(all, width, look));
    }
    for row in &outlook.balances {
        let right =
            Words::new().own(change(row.before, row.after), look.title()).own(" ", look.plain());
        let room = width.saturating_sub(right.width() + 3);
        let left = Words::new().to(1).identity(&row.account, room, look.plain());
        out.push(left.and_right(right, width));
    }
    out
}

fn change(before: Money, after: Money) -> String {
    format!("{before} -> {after}")
}

fn audience(audience: &Audience, width: usize, look: &Look) -> Vec<Line<'static>> {
    let room = width.saturating_sub(34).max(8);
    let mut out = vec![
        Words::new()
            .own(" everyone with ", look.dim())
            .identity(&audience.tag.to_string(), room, look.title())
            .own(format!(": {} match", grouped(audience.matching)), look.plain())
            .line(),
        Words::new()
            .to(4)
            .own(format!("{} will get it", grouped(audience.reached)), look.title())
            .line(),
    ];
    for (code, count) in &audience.skipped {
        let why = crate::model::MessageStatus::from_code(*code).map_or("other", |s| s.words());
        let text = format!("{} skipped: {why} ({code})", grouped(*count));
        out.push(Words::new().to(4).own(text, look.tone(Tone::Pending)).line());
    }
    for (i, customer) in audience.sample.iter().enumerate() {
        let label = if i == 0 { "such as " } else { "" };
        let line = Words::new().to(4).own(label, look.dim()).to(12);
        out.push(one(customer, line, width, look));
    }
    out
}

fn one(customer: &FoundCustomer, line: Words, width: usize, look: &Look) -> Line<'static> {
    let name = if customer.name.is_empty() { "(no name)" } else { &customer.name };
    let room = width.saturating_sub(line.width() + 8);
    let line = line.identity(name, room / 2, look.plain()).own(" …", look.dim()).identity(
        last_four(customer.id.as_str()),
        8,
        look.dim(),
    );
    let number = customer.numbers.first().map(ToString::to_string).unwrap_or_default();
    let room = width.saturating_sub(line.width() + 1);
    line.own(" ", look.dim()).identity(&number, room, look.plain()).line()
}

/// Both sides, line by line. What is marked with `*` is lost.
fn merge(merge: &Merge, width: usize, look: &Look) -> Vec<Line<'static>> {
    let (stays, dies) = (last_four(merge.survivor.as_str()), last_four(merge.other.as_str()));
    let mut out = Vec::new();
    if width < SIDE_BY_SIDE {
        out.push(heads(Words::new().to(1), [stays, dies], [17, 18, 12], look));
        for row in &merge.rows {
            let line = Words::new().own(sign(row), look.tone(Tone::Bad));
            out.push(line.identity(&row.field, width.saturating_sub(2), look.title()).line());
            let other = if dies.is_empty() { "added" } else { "no more" };
            for (label, value) in
                [("stays", &row.survivor), (other, &row.other), ("remains", &row.result)]
            {
                let line = Words::new().to(3).own(label, look.dim()).to(11);
                out.push(line.identity(value, width.saturating_sub(12), look.plain()).line());
            }
        }
        out.extend(legend(merge, look));
        return out;
    }
    let field = (width / 5).clamp(12, 24);
    let column = width.saturating_sub(field + 4) / 3;
    out.push(heads(Words::new().to(field + 1), [stays, dies], [column; 3], look));
    for row in &merge.rows {
        let same = row.survivor == row.result && (row.other == row.result || row.other.is_empty());
        let style = if same { look.dim() } else { look.plain() };
        let mut line = Words::new().own(sign(row), look.tone(Tone::Bad));
        line = line.identity(&row.field, field - 2, look.dim()).to(field + 1);
        for (n, value) in [&row.survivor, &row.other, &row.result].into_iter().enumerate() {
            let value = if value.is_empty() { "-" } else { value };
            line = line.identity(value, column - 1, style).to(field + 1 + (n + 1) * column);
        }
        out.push(line.line());
    }
    out.extend(legend(merge, look));
    out
}

fn legend(merge: &Merge, look: &Look) -> Option<Line<'static>> {
    let words = Words::new().own("* a value of the other is lost", look.dim());
    merge.rows.iter().any(is_lost).then(|| words.line())
}

fn heads(line: Words, ends: [&str; 2], columns: [usize; 3], look: &Look) -> Line<'static> {
    let start = line.width();
    // A number that nobody has ends nobody.
    let other = if ends[1].is_empty() { "added" } else { "no more …" };
    line.own("stays …", look.title())
        .identity(ends[0], 8, look.title())
        .to(start + columns[0])
        .own(other, look.tone(Tone::Bad))
        .identity(ends[1], 8, look.tone(Tone::Bad))
        .to(start + columns[0] + columns[1])
        .own("remains", look.title())
        .line()
}

/// Whether the other side had something that does not remain.
fn is_lost(row: &MergeRow) -> bool {
    match row.field.as_str() {
        // A sum loses nothing, unless only the newest are kept.
        "messages" | "ussd sessions" | "calls" | "payments" => row.result.parse::<u64>().is_err(),
        // What is under way or of another currency refuses the whole adoption.
        "in progress" => false,
        field if field.starts_with("wallet ") => false,
        _ => !row.other.is_empty() && row.other != row.result && !row.result.contains(&row.other),
    }
}

fn sign(row: &MergeRow) -> &'static str {
    if is_lost(row) { "* " } else { "  " }
}
