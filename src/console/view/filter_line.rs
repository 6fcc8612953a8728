//! Draws what lies over the screen while the filter is typed: the line itself at the left of the hints, and
//! above it what is wrong with the text, or what may stand where the cursor is.
//!
//! ```text
//! !! there is no field `tpye`; did you mean `type`? expected one of type dir chan ..
//!  /refund tpye:msg                                  Enter keep  Tab complete  Esc filter before
//! ```

use super::{
    DrawContext,
    line_builder::{LineBuilder, grouped, wrapped},
};
use crate::{
    console::{
        pane::filter_line::{FilterLine, FilterOffer, OfferList},
        text::Safe,
    },
    model::Tone,
    query::FilterError,
};
use ratatui::{
    Frame,
    layout::Rect,
    style::Modifier,
    text::Line,
    widgets::{Block, Clear, Paragraph},
};

/// How many offers are shown at once.
const OFFERS: u16 = 8;
/// The widest list of offers, in columns.
const WIDEST: u16 = 76;
/// The most rows of what is wrong.
const ROWS: usize = 2;

/// Draws the text with its cursor. The part that is wrong is underlined.
pub fn draw(line: &FilterLine, frame: &mut Frame, area: Rect, ctx: &DrawContext) {
    let text = line.text();
    let wrong = line.error().map_or(0..0, |error| error.span.clone());
    let part = |from: usize, to: usize| Safe::new(text.get(from..to).unwrap_or_default());
    let mut wrong_part = part(wrong.start, wrong.end);
    if line.error().is_some() && wrong_part.width() == 0 {
        // Something is missing here, so that there is nothing to underline but the place.
        wrong_part = Safe::own(" ");
    }
    let loud = ctx.tone(tone_of(line)).add_modifier(Modifier::UNDERLINED);
    let typed = LineBuilder::new()
        .safe(&part(0, wrong.start), ctx.title())
        .safe(&wrong_part, loud)
        .safe(&part(wrong.end, text.len()), ctx.title());
    let room = usize::from(area.width).saturating_sub(3);
    let cursor = part(0, line.cursor()).width();
    let hidden = cursor.saturating_sub(room);
    let (sign, rest) = super::super::layout::cut_left(area, 2);
    frame.render_widget(Paragraph::new(Line::styled(" /", ctx.focus())), sign);
    let scroll = u16::try_from(hidden).unwrap_or(u16::MAX);
    frame.render_widget(Paragraph::new(typed.line()).scroll((0, scroll)), rest);
    let column = u16::try_from(cursor - hidden).unwrap_or(0);
    frame.set_cursor_position((rest.x + column, rest.y));
}

/// Draws what belongs above the line, if anything does.
pub fn above(line: &FilterLine, frame: &mut Frame, hints: Rect, ctx: &DrawContext) {
    match (line.offers(), line.error()) {
        (Some(list), _) => offers(list, frame, hints, ctx),
        (None, Some(error)) => wrong(error, tone_of(line), frame, hints, ctx),
        (None, None) => {}
    }
}

/// A text that only ends too early is not wrong, because it is still being typed.
fn tone_of(line: &FilterLine) -> Tone {
    let is_unfinished = line.error().is_some_and(|error| error.is_unfinished(line.text()));
    if is_unfinished { Tone::Pending } else { Tone::Bad }
}

fn wrong(error: &FilterError, tone: Tone, frame: &mut Frame, hints: Rect, ctx: &DrawContext) {
    let width = usize::from(hints.width).saturating_sub(5);
    let mut rows = wrapped(&error.to_string(), width, ROWS * width);
    rows.truncate(ROWS);
    let height = u16::try_from(rows.len()).unwrap_or(1).min(hints.y);
    let area = Rect { y: hints.y - height, height, ..hints };
    frame.render_widget(Clear, area);
    let style = ctx.tone(tone);
    let sign = if tone == Tone::Bad { " !! " } else { " .. " };
    let lines = rows.iter().enumerate().map(|(at, row)| {
        let sign = if at == 0 { sign } else { "    " };
        LineBuilder::new().own(sign, style).safe(row, style).line()
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}

/// A box with the offers around the selected one, and how many rows were looked at for them.
fn offers(list: &OfferList, frame: &mut Frame, hints: Rect, ctx: &DrawContext) {
    let count = u16::try_from(list.offers().len()).unwrap_or(OFFERS).min(OFFERS);
    let height = (count + 2).min(hints.y);
    let width = WIDEST.min(hints.width);
    let area = Rect { x: hints.x, y: hints.y - height, width, height };
    let of_all = |n: usize| grouped(u64::try_from(n).unwrap_or(u64::MAX));
    let title = match list.counted() {
        None => " fields ".to_owned(),
        Some((field, rows, is_all)) => {
            let word = field.row().word.trim_end_matches('.');
            let so_far = if is_all { "" } else { " so far" };
            format!(" values of {word} in {} events{so_far} ", of_all(rows))
        }
    };
    let keys = " Tab next, S-Tab before, Esc takes it out ";
    let block = Block::bordered().title(title).title_bottom(keys).border_style(ctx.focus());
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    let shown = usize::from(inner.height);
    let first = (list.selected() + 1).saturating_sub(shown);
    let rows = list.offers().iter().enumerate().skip(first).take(shown);
    let rows = rows.map(|(at, one)| offer(one, at == list.selected(), inner.width, ctx));
    frame.render_widget(Paragraph::new(rows.collect::<Vec<_>>()), inner);
}

fn offer(offer: &FilterOffer, selected: bool, width: u16, ctx: &DrawContext) -> Line<'static> {
    let style = |style| if selected { ctx.selected() } else { style };
    let width = usize::from(width);
    let seen = match offer.seen {
        0 => String::new(),
        n => grouped(u64::try_from(n).unwrap_or(u64::MAX)),
    };
    let name = if offer.help.is_empty() { width.saturating_sub(12) } else { width / 3 };
    let help = width.saturating_sub(2 + name + 10);
    LineBuilder::new()
        .own(if selected { "> " } else { "  " }, style(ctx.plain()))
        .safe(&Safe::identity_clipped(&offer.text, name).fit(name), style(ctx.title()))
        .own(format!("{seen:>9} "), style(ctx.plain()))
        .safe(&Safe::new_clipped(&offer.help, help).fit(help), style(ctx.dim()))
        .line()
}
