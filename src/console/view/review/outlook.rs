//! Draws what a dry run says the command would lead to (R-DRYRUN-1): the hub's verdict and its findings, the
//! heaviest first, each with a mark and a word. An adoption shows both customers and what remains of them
//! (R-DRYRUN-4), work by tag shows who is meant and who is left out, a payment shows the balances.
//!
//! Whether the answer may be out of date, or is missing, is always said. An agent must never take a guess
//! for the hub's word.

use super::super::{
    DrawContext,
    line_builder::{LineBuilder, grouped, mark, wrapped},
};
use crate::{
    console::pane::form::{
        Form,
        dry_run::{DryRunStatus, OLD, words},
        sheet::Sheet,
    },
    model::{
        Audience, Finding, FoundCustomer, Level, Merge, MergeRow, Money, Outlook, Receipt, Tone,
        WorkId, id::last_four,
    },
};
use ratatui::text::Line;

/// The most characters of one finding that are laid out.
const MOST: usize = 600;
/// The least width at which the two customers of a merge are shown side by side. Below it they are shown
/// one under the other.
const SIDE_BY_SIDE: usize = 56;

/// The verdict, then the findings. Those that speak for the command share rows, as nobody has to
/// act on them. The number is that of the rows up to the end of what stands against the command.
pub fn findings(
    form: &Form,
    sheet: &Sheet,
    width: usize,
    ctx: &DrawContext,
) -> (Vec<Line<'static>>, usize) {
    let (sign, tone, text) = verdict(form, sheet, ctx);
    let mut out = with_sign(sign, tone, &text, width, ctx);
    let receipt = sheet.dry_run.outlook().and_then(|outlook| outlook.receipt.as_ref());
    let refusal = receipt.filter(|receipt| !receipt.is_ok());
    // A colleague's answer stands on top of the sheet, between bars, and not among what is said here.
    let is_on_top = |finding: &Finding| finding.code == "conflict" && sheet.conflict.is_some();
    let of =
        |level| sheet.dry_run.findings().iter().filter(move |f| f.level == level && !is_on_top(f));
    out.extend(of(Level::Block).flat_map(|finding| reason(finding, refusal, width, ctx)));
    if let Some(refusal) = refusal {
        out.extend(with_sign("", Tone::Plain, refusal.advice(), width, ctx));
    }
    let stopped = refusal.is_some() || of(Level::Block).next().is_some();
    let against = if stopped { out.len() } else { 0 };
    let others = of(Level::Warn).chain(of(Level::Note));
    out.extend(others.flat_map(|finding| reason(finding, None, width, ctx)));
    let good: Vec<_> = of(Level::Good).map(|finding| finding.text.as_str()).collect();
    if !good.is_empty() {
        out.extend(with_sign(words(Level::Good).0, Tone::Good, &good.join(" · "), width, ctx));
    }
    (out, against)
}

/// One reason to stop or to think again. Where the reason is why the hub would refuse, the advice that
/// follows it in the hub's text is left out, because our own advice stands below and knows the console.
fn reason(
    finding: &Finding,
    refusal: Option<&Receipt>,
    width: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    let said = refusal.map_or("", |receipt| receipt.description());
    let rest = finding.text.strip_prefix(said).filter(|_| !said.is_empty());
    let text = if rest.is_some_and(|rest| rest.starts_with(": ")) { said } else { &finding.text };
    let (sign, word) = words(finding.level);
    let text = format!("{word} ({}): {text}", finding.code);
    with_sign(sign, tone_of(finding.level), &text, width, ctx)
}

const fn tone_of(level: Level) -> Tone {
    match level {
        Level::Good => Tone::Good,
        Level::Note => Tone::Plain,
        Level::Warn => Tone::Pending,
        Level::Block => Tone::Bad,
    }
}

/// What the hub would do, or that it has not said so and that the findings are therefore a guess.
fn verdict(form: &Form, sheet: &Sheet, ctx: &DrawContext) -> (&'static str, Tone, String) {
    match (sheet.dry_run.status(ctx.now), sheet.dry_run.outlook()) {
        (DryRunStatus::Fresh(_), Some(outlook)) => expected(outlook),
        (DryRunStatus::Stale(at), Some(outlook)) => {
            let (_, _, words) = expected(outlook);
            let text = format!("{words}; that was {} ago, asked again", ctx.ago(at));
            ("..", Tone::Pending, text)
        }
        (DryRunStatus::Failed(error), _) => {
            let text = format!("the hub cannot be asked: {error}; {}", guess(form, sheet, ctx));
            ("??", Tone::Bad, text)
        }
        (DryRunStatus::NotOffered, _) => {
            let text = format!("this server offers no dry run: {}", guess(form, sheet, ctx));
            ("??", Tone::Plain, text)
        }
        (DryRunStatus::Waiting | DryRunStatus::Fresh(_) | DryRunStatus::Stale(_), _) => {
            let text = format!("the hub has not answered yet: {}", guess(form, sheet, ctx));
            ("..", Tone::Pending, text)
        }
    }
}

/// Says that the findings are a guess, and what they are guessed from.
fn guess(form: &Form, sheet: &Sheet, ctx: &DrawContext) -> String {
    match form.known() {
        Some((_, at)) if ctx.now.since(at) > OLD => {
            format!("a guess from what was known {} ago", ctx.ago(at))
        }
        None if !sheet.to.id_end.is_empty() && form.target().customer.is_some() => {
            "a guess without knowing the customer".into()
        }
        Some(_) | None => "a guess from what is known here".into(),
    }
}

/// The hub's verdict in words, with the sign and the tone of the heaviest finding.
fn expected(outlook: &Outlook) -> (&'static str, Tone, String) {
    let worst = outlook.findings.iter().map(|finding| finding.level).max();
    let refusal = outlook.receipt.as_ref().filter(|receipt| !receipt.is_ok());
    let words = match (refusal, worst) {
        (Some(refusal), worst) => {
            let code = refusal.code().map_or_else(String::new, |code| format!(" ({code})"));
            // A finding below says why.
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
        // Without a receipt the command would wait, until what is in its way is over (R-LEASE-2).
        (None, Some(Level::Warn)) if outlook.receipt.is_none() => "the hub would let it wait",
        (None, Some(Level::Warn)) => "the hub would accept it, but look first",
        (None, Some(Level::Good | Level::Note) | None) => {
            return (mark(Tone::Good), Tone::Good, "the hub would accept it".into());
        }
    };
    let level = worst.unwrap_or(Level::Note);
    (self::words(level).0, tone_of(level), words.into())
}

/// Text over as many rows as it needs, with a sign before the first one.
fn with_sign(
    sign: &str,
    tone: Tone,
    text: &str,
    width: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    let rows = wrapped(text, width.saturating_sub(4), MOST);
    let line = |(i, row): (usize, &_)| {
        let sign = if i == 0 { sign.to_owned() } else { String::new() };
        LineBuilder::new()
            .pad_to(1)
            .own(sign, ctx.tone(tone))
            .pad_to(4)
            .safe(row, ctx.plain())
            .line()
    };
    rows.iter().enumerate().map(line).collect()
}

/// The details of a dry run: both sides of a merge, the audience of work by tag, and balances.
pub fn details(sheet: &Sheet, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let Some(outlook) = sheet.dry_run.outlook() else { return Vec::new() };
    let mut out = Vec::new();
    if let Some(all) = &outlook.merge {
        out.extend(merge(all, width, ctx));
    }
    if let Some(all) = &outlook.audience {
        let failed_of = sheet.command.terms().failed_of;
        out.extend(audience(all, failed_of.as_ref(), width, ctx));
    }
    for row in &outlook.balances {
        let right = LineBuilder::new()
            .own(change(row.before, row.after), ctx.title())
            .own(" ", ctx.plain());
        let room = width.saturating_sub(right.width() + 3);
        let left = LineBuilder::new().pad_to(1).identity(&row.account, room, ctx.plain());
        out.push(left.and_right(right, width));
    }
    out
}

fn change(before: Money, after: Money) -> String {
    format!("{before} -> {after}")
}

fn audience(
    audience: &Audience,
    failed_of: Option<&WorkId>,
    width: usize,
    ctx: &DrawContext,
) -> Vec<Line<'static>> {
    let room = width.saturating_sub(34).max(8);
    let (who, of) = match failed_of {
        Some(work) => (" those it failed for: ", work.to_string()),
        None => (" everyone with ", audience.tag.to_string()),
    };
    let done = audience.lasts().filter(|_| audience.reached > 0);
    let done = done.map(|lasts| format!(" ({})", ctx.when(ctx.now.after(lasts))));
    let pace = audience.pace().map(|pace| format!(", {pace}{}", done.unwrap_or_default()));
    let mut out = vec![
        LineBuilder::new()
            .own(who, ctx.dim())
            .identity(&of, room, ctx.title())
            .own(format!(": {} match", grouped(audience.matching)), ctx.plain())
            .line(),
        LineBuilder::new()
            .pad_to(4)
            .own(format!("{} will get it", grouped(audience.reached)), ctx.title())
            .own(pace.unwrap_or_default(), ctx.plain())
            .line(),
    ];
    if let Some(until) = audience.quiet_until.filter(|_| audience.quiet > 0) {
        let left = format!("{} left alone, the last until ", grouped(audience.quiet));
        let left = format!("{left}{}", ctx.when(until));
        out.push(LineBuilder::new().pad_to(4).own(left, ctx.tone(Tone::Pending)).line());
    }
    for (code, count) in &audience.skipped {
        let why = crate::model::MessageStatus::from_code(*code).map_or("other", |s| s.words());
        let text = format!("{} skipped: {why} ({code})", grouped(*count));
        out.push(LineBuilder::new().pad_to(4).own(text, ctx.tone(Tone::Pending)).line());
    }
    for (i, customer) in audience.sample.iter().enumerate() {
        let label = if i == 0 { "such as " } else { "" };
        let line = LineBuilder::new().pad_to(4).own(label, ctx.dim()).pad_to(12);
        out.push(sample(customer, line, width, ctx));
    }
    if let Some(longest) = &audience.longest {
        let name = if longest.name.is_empty() { "(no name)" } else { &longest.name };
        let line = LineBuilder::new().pad_to(4).own("longest, for ", ctx.dim());
        let line = line.identity(name, width.saturating_sub(24), ctx.plain());
        let end = last_four(longest.customer.as_str());
        out.push(line.own(" …", ctx.dim()).identity(end, 8, ctx.dim()).line());
        let rows = wrapped(&longest.text, width.saturating_sub(5), super::MOST);
        out.extend(rows.iter().map(|row| super::barred(row, width, ctx)));
    }
    out
}

/// One customer of the sample of an audience.
fn sample(
    customer: &FoundCustomer,
    line: LineBuilder,
    width: usize,
    ctx: &DrawContext,
) -> Line<'static> {
    let name = if customer.name.is_empty() { "(no name)" } else { &customer.name };
    let room = width.saturating_sub(line.width() + 8);
    let line = line.identity(name, room / 2, ctx.plain()).own(" …", ctx.dim()).identity(
        last_four(customer.id.as_str()),
        8,
        ctx.dim(),
    );
    let number = customer.numbers.first().map(ToString::to_string).unwrap_or_default();
    let room = width.saturating_sub(line.width() + 1);
    line.own(" ", ctx.dim()).identity(&number, room, ctx.plain()).line()
}

/// What both customers of a merge have and what remains, value by value. A value of the other customer that
/// is lost is marked with `*`.
fn merge(merge: &Merge, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let (stays, dies) = (last_four(merge.survivor.as_str()), last_four(merge.other.as_str()));
    let mut out = Vec::new();
    if width < SIDE_BY_SIDE {
        out.push(merge_headings(LineBuilder::new().pad_to(1), [stays, dies], [17, 18, 12], ctx));
        for row in &merge.rows {
            let line = LineBuilder::new().own(sign(row), ctx.tone(Tone::Bad));
            out.push(line.identity(&row.field, width.saturating_sub(2), ctx.title()).line());
            let other = if dies.is_empty() { "added" } else { "no more" };
            for (label, value) in
                [("stays", &row.survivor), (other, &row.other), ("remains", &row.result)]
            {
                let line = LineBuilder::new().pad_to(3).own(label, ctx.dim()).pad_to(11);
                out.push(line.identity(value, width.saturating_sub(12), ctx.plain()).line());
            }
        }
        out.extend(legend(merge, ctx));
        return out;
    }
    let field = (width / 5).clamp(12, 24);
    let column = width.saturating_sub(field + 4) / 3;
    out.push(merge_headings(LineBuilder::new().pad_to(field + 1), [stays, dies], [column; 3], ctx));
    for row in &merge.rows {
        let same = row.survivor == row.result && (row.other == row.result || row.other.is_empty());
        let style = if same { ctx.dim() } else { ctx.plain() };
        let mut line = LineBuilder::new().own(sign(row), ctx.tone(Tone::Bad));
        line = line.identity(&row.field, field - 2, ctx.dim()).pad_to(field + 1);
        for (n, value) in [&row.survivor, &row.other, &row.result].into_iter().enumerate() {
            let value = if value.is_empty() { "-" } else { value };
            line = line.identity(value, column - 1, style).pad_to(field + 1 + (n + 1) * column);
        }
        out.push(line.line());
    }
    out.extend(legend(merge, ctx));
    out
}

fn legend(merge: &Merge, ctx: &DrawContext) -> Option<Line<'static>> {
    let words = LineBuilder::new().own("* a value of the other is lost", ctx.dim());
    merge.rows.iter().any(is_lost).then(|| words.line())
}

/// The headings over the columns of a merge. `ends` are the last characters of both ids; the second is
/// empty where a number that nobody has is added.
fn merge_headings(
    line: LineBuilder,
    ends: [&str; 2],
    columns: [usize; 3],
    ctx: &DrawContext,
) -> Line<'static> {
    let start = line.width();
    let other = if ends[1].is_empty() { "added" } else { "no more …" };
    line.own("stays …", ctx.title())
        .identity(ends[0], 8, ctx.title())
        .pad_to(start + columns[0])
        .own(other, ctx.tone(Tone::Bad))
        .identity(ends[1], 8, ctx.tone(Tone::Bad))
        .pad_to(start + columns[0] + columns[1])
        .own("remains", ctx.title())
        .line()
}

/// Whether the other customer has something that does not remain after the merge.
fn is_lost(row: &MergeRow) -> bool {
    match row.field.as_str() {
        // Histories are united and nothing is lost, unless the hub says that only the newest are kept; what
        // it gives is then not a plain number.
        "messages" | "ussd sessions" | "calls" | "payments" => row.result.parse::<u64>().is_err(),
        // Nothing of these is lost: the whole adoption is refused where they cannot be united.
        "in progress" => false,
        field if field.starts_with("wallet ") => false,
        _ => !row.other.is_empty() && row.other != row.result && !row.result.contains(&row.other),
    }
}

fn sign(row: &MergeRow) -> &'static str {
    if is_lost(row) { "* " } else { "  " }
}
