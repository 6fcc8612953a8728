//! Draws the searchable list that serves as palette, as help and for clauses of the filter. A row has a name, the keys, and what it
//! does or why it cannot be done now.

use super::{DrawContext, centred, line_builder::grouped};
use crate::console::{
    msg::Click,
    pane::picker::{Kind, Picker, PickerChoice, PickerItem, SearchNote},
    text::Safe,
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph},
};

/// The most columns and rows of the box: larger ones are harder to read, not easier.
const WIDEST: u16 = 100;
const TALLEST: u16 = 30;
/// The widths of the columns with names and with keys.
const NAME: usize = 18;
const KEYS: usize = 16;
/// The width of the column with the form and the age of a draft.
const DRAFT: usize = 23;

/// Draws the list in a box over the middle of the screen.
pub fn draw(picker: &Picker, frame: &mut Frame, screen: Rect, ctx: &DrawContext) {
    let margin = if screen.width >= 80 { 4 } else { 0 };
    let area = centred(
        screen,
        WIDEST.min(screen.width.saturating_sub(margin)),
        TALLEST.min(screen.height.saturating_sub(margin / 2)),
    );
    let title = match picker.kind() {
        Kind::Palette if picker.customer_query().is_some() => {
            " Find: a name, number, id, key:value, or words that were written "
        }
        Kind::Palette => " Do or find: type words, @ for customers and what was written ",
        Kind::Help => " Help: type to search, Enter runs ",
        Kind::Export => " Write to a file: Enter chooses, Esc leaves ",
        Kind::Clauses => " Clauses of the filter: Enter switches one off or on, Esc closes ",
        Kind::Time => " Go to a time: 14:00, yesterday 14:00, -2h, 2026-08-21 ",
        Kind::Differences => " What differs: type to search, Esc closes ",
        Kind::Marks => " Marked rows: Enter goes there, B takes a mark away in the feed ",
        Kind::Drafts => " Drafts: Enter opens one, Ctrl-X throws it away, Esc closes ",
        Kind::Replies => " Canned replies: type to search, Enter writes one ",
        Kind::Gap => " Type what is asked for: Enter writes it, Esc leaves the gap ",
        Kind::Views => " Views: Enter or the key of a row shows it ",
        Kind::RowClauses => " Filter by this row: Enter adds the clause to the filter ",
    };
    let block = Block::bordered().title(title).border_style(ctx.focus());
    let block = match picker.search_note().and_then(note) {
        Some(note) => block.title_bottom(note),
        None => block,
    };
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    if inner.height < 2 {
        return;
    }
    query(picker, frame, Rect { height: 1, ..inner }, ctx);
    let list = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    let shown = rows(picker, usize::from(list.width), usize::from(list.height), ctx);
    for ((row, _), y) in shown.iter().zip(list.y..list.bottom()) {
        if let Some(row) = row {
            ctx.zones.add(Rect { y, height: 1, ..list }, Click::Pick(*row));
        }
    }
    let lines: Vec<_> = shown.into_iter().map(|(_, line)| line).collect();
    frame.render_widget(Paragraph::new(lines), list);
}

/// What the rows of a search do not say: matches that are not listed, and entries that were not searched.
fn note(search: SearchNote) -> Option<String> {
    let SearchNote { unread, listed, total, written, written_total, .. } = search;
    if unread > 0 {
        let unread = grouped(unread);
        return Some(format!(" the index still reads {unread} entries: some may be missing "));
    }
    let of = |shown: usize, total: u64, is_least: bool, what: &str| {
        let least = if is_least { "+" } else { "" };
        let hidden = usize::try_from(total).is_ok_and(|total| total > shown);
        hidden.then(|| format!(" {shown} of {}{least} {what} ", grouped(total)))
    };
    let customers = of(listed, total, search.total_is_least, "customers");
    let entries = of(written, written_total, search.written_total_is_least, "times written");
    match (customers, entries) {
        (Some(customers), Some(entries)) => Some(format!("{},{entries}", customers.trim_end())),
        (customers, entries) => customers.or(entries),
    }
}

fn query(picker: &Picker, frame: &mut Frame, area: Rect, ctx: &DrawContext) {
    let room = usize::from(area.width).saturating_sub(3);
    let words = Safe::new(picker.query());
    let shown = if picker.cursor() > room { words.tail(room) } else { words.clip(room) };
    let mut spans = vec![Span::styled("> ", ctx.key())];
    spans.extend(shown.spans(ctx.title()));
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
    let column = u16::try_from(picker.cursor().min(room)).unwrap_or(0);
    frame.set_cursor_position((area.x + 2 + column, area.y));
}

/// The rows around the selected one. Section headings are shown while nothing is searched for, and among
/// what is found; a search through actions orders rows by how well they match. Each line comes with its row,
/// if it is one.
fn rows(
    picker: &Picker,
    width: usize,
    height: usize,
    ctx: &DrawContext,
) -> Vec<(Option<usize>, Line<'static>)> {
    if picker.rows().len() == 0 {
        let words = match (picker.customer_query(), picker.search_note()) {
            (None, _) => "nothing matches",
            (Some(words), None) if words.len() > 1 => "searching",
            (Some(_), None) => {
                "type a name, a number, an id, key:value, or words that were written"
            }
            (Some(_), Some(note)) if note.failed => "the hub could not search",
            (Some(_), Some(_)) => "nothing found, neither of customers nor of what was written",
        };
        let words = Line::styled(format!("  {words}"), ctx.dim());
        return vec![(None, Line::default()), (None, words)];
    }
    let headings = picker.query().trim().is_empty() || picker.customer_query().is_some();
    let mut lines = Vec::new();
    let mut selected = 0;
    let mut section = "";
    for (n, (item, is_selected)) in picker.rows().enumerate() {
        if headings && item.section != section {
            section = item.section;
            lines.push((None, Line::styled(format!(" {section}"), ctx.title())));
        }
        if is_selected {
            selected = lines.len();
        }
        lines.push((Some(n), row(item, is_selected, width, ctx)));
        if lines.len() > selected + height && selected > 0 {
            break;
        }
    }
    let first = (selected + 1).saturating_sub(height.saturating_sub(1).max(1));
    lines.into_iter().skip(first).take(height).collect()
}

fn row(item: &PickerItem, selected: bool, width: usize, ctx: &DrawContext) -> Line<'static> {
    let (name, keys, rest) = match item.reason {
        Some(_) => (ctx.dim(), ctx.dim(), ctx.dim()),
        None => (ctx.plain(), ctx.key(), ctx.plain()),
    };
    let style = |style| if selected { ctx.selected() } else { style };
    let is_clause =
        matches!(item.choice, PickerChoice::SwitchClause(_) | PickerChoice::AddClause(_));
    let name_width = match item.choice {
        _ if is_clause => width / 2,
        PickerChoice::View(_) | PickerChoice::Mark(_) => width / 3,
        _ => NAME.min(width / 2),
    };
    // What only explains something has no keys, and needs the room.
    let keys_width = match item.choice {
        PickerChoice::Close
        | PickerChoice::Reply(_)
        | PickerChoice::DropSteps
        | PickerChoice::FillGap
        | PickerChoice::SwitchClause(_)
        | PickerChoice::AddClause(_)
        | PickerChoice::Export { .. }
        | PickerChoice::ExportPeople(_)
        | PickerChoice::StopExport => 0,
        PickerChoice::View(_) | PickerChoice::Mark(_) | PickerChoice::GoTo(_) => 12,
        PickerChoice::Draft(_) if width > 60 => DRAFT,
        PickerChoice::Run(_)
        | PickerChoice::Open(_)
        | PickerChoice::WriteTo(_)
        | PickerChoice::Work(_)
            if width > 60 =>
        {
            KEYS
        }
        PickerChoice::Run(_)
        | PickerChoice::Open(_)
        | PickerChoice::WriteTo(_)
        | PickerChoice::Work(_)
        | PickerChoice::Draft(_) => 9,
    };
    let rest_width = width.saturating_sub(3 + name_width + keys_width);
    let detail = match item.reason {
        Some(reason) => Safe::new(&format!("not now: {reason}")),
        None if item.risk.is_empty() => Safe::new(&item.detail),
        None => Safe::new(&format!("{} ({})", item.detail, item.risk)),
    };
    let mut spans = vec![Span::styled(if selected { "> " } else { "  " }, style(name))];
    // A long name keeps apart from the keys.
    let most = if keys_width > 0 { name_width.saturating_sub(1) } else { name_width };
    spans.extend(Safe::identity(&item.title).clip(most).fit(name_width).spans(style(name)));
    spans.extend(Safe::new(&item.keys).fit(keys_width).spans(style(keys)));
    spans.push(Span::styled(" ", style(rest)));
    spans.extend(detail.fit(rest_width).spans(style(rest)));
    Line::from(spans)
}
