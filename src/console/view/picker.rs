//! The searchable list: palette and help. Name, keys, and what it does or why it cannot.

use super::{Look, centred};
use crate::console::{
    pane::picker::{Kind, Picker, PickerItem},
    text::Safe,
};
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph},
};

const WIDEST: u16 = 100;
const TALLEST: u16 = 30;
/// Columns of name and keys.
const NAME: usize = 18;
const KEYS: usize = 16;

/// Draws the list over the screen.
pub fn draw(picker: &Picker, frame: &mut Frame, screen: Rect, look: &Look) {
    let margin = if screen.width >= 80 { 4 } else { 0 };
    let area = centred(
        screen,
        WIDEST.min(screen.width.saturating_sub(margin)),
        TALLEST.min(screen.height.saturating_sub(margin / 2)),
    );
    let title = match picker.kind() {
        Kind::Palette => " Do or find: type words, @name for customers ",
        Kind::Help => " Help: type to search, Enter runs ",
    };
    let block = Block::bordered().title(title).border_style(look.focus());
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    if inner.height < 2 {
        return;
    }
    query(picker, frame, Rect { height: 1, ..inner }, look);
    let list = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    let lines = rows(picker, usize::from(list.width), usize::from(list.height), look);
    frame.render_widget(Paragraph::new(lines), list);
}

fn query(picker: &Picker, frame: &mut Frame, area: Rect, look: &Look) {
    let room = usize::from(area.width).saturating_sub(3);
    let words = Safe::new(picker.query());
    let shown = if picker.cursor() > room { words.tail(room) } else { words.clip(room) };
    let mut spans = vec![Span::styled("> ", look.key())];
    spans.extend(shown.spans(look.title()));
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
    let column = u16::try_from(picker.cursor().min(room)).unwrap_or(0);
    frame.set_cursor_position((area.x + 2 + column, area.y));
}

/// The rows around the selected one; headings only while nothing is searched, for a search orders
/// by how well rows match.
fn rows(picker: &Picker, width: usize, height: usize, look: &Look) -> Vec<Line<'static>> {
    if picker.rows().len() == 0 {
        let words = if picker.customer_query().is_some() {
            "nobody found: type a name, a number, or key:value"
        } else {
            "nothing matches"
        };
        return vec![Line::default(), Line::styled(format!("  {words}"), look.dim())];
    }
    let headings = picker.query().trim().is_empty();
    let mut lines = Vec::new();
    let mut selected = 0;
    let mut section = "";
    for (item, is_selected) in picker.rows() {
        if headings && item.section != section {
            section = item.section;
            lines.push(Line::styled(format!(" {section}"), look.title()));
        }
        if is_selected {
            selected = lines.len();
        }
        lines.push(row(item, is_selected, width, look));
        if lines.len() > selected + height && selected > 0 {
            break;
        }
    }
    let first = (selected + 1).saturating_sub(height.saturating_sub(1).max(1));
    lines.into_iter().skip(first).take(height).collect()
}

fn row(item: &PickerItem, selected: bool, width: usize, look: &Look) -> Line<'static> {
    let (name, keys, rest) = match item.reason {
        Some(_) => (look.dim(), look.dim(), look.dim()),
        None => (look.plain(), look.key(), look.plain()),
    };
    let style = |style| if selected { look.selected() } else { style };
    let name_width = NAME.min(width / 2);
    let keys_width = if width > 60 { KEYS } else { 9 };
    let rest_width = width.saturating_sub(3 + name_width + keys_width);
    let detail = match item.reason {
        Some(reason) => Safe::new(&format!("not now: {reason}")),
        None if item.risk.is_empty() => Safe::new(&item.detail),
        None => Safe::new(&format!("{} ({})", item.detail, item.risk)),
    };
    let mut spans = vec![Span::styled(if selected { "> " } else { "  " }, style(name))];
    spans.extend(Safe::identity(&item.title).fit(name_width).spans(style(name)));
    spans.extend(Safe::new(&item.keys).fit(keys_width).spans(style(keys)));
    spans.push(Span::styled(" ", style(rest)));
    spans.extend(detail.fit(rest_width).spans(style(rest)));
    Line::from(spans)
}
