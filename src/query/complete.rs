//! What may stand where the cursor is, and clauses made from an event.

use super::{
    clause::texts,
    facts::EventFacts,
    field::{Comparable, FIELDS, FilterField, find},
    parse::head,
};
use crate::model::Event;
use std::ops::Range;

/// A text that may stand in the place of what is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletionOffer {
    /// A field has its first comparison with it.
    pub text: String,
    /// What it means, in a line.
    pub help: String,
}

/// What may stand where the cursor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterCompletion {
    /// The bytes of the text that an offer replaces.
    pub span: Range<usize>,
    /// The field whose value is being typed, so that values that were seen can be offered too. `None` if a
    /// field or a word is being typed.
    pub field: Option<FilterField>,
    pub offers: Vec<CompletionOffer>,
}

/// Offers what may stand at a byte of a text, which need not be a filter yet.
#[must_use]
pub fn complete(text: &str, cursor: usize) -> FilterCompletion {
    let before = &text[..text.floor_char_boundary(cursor)];
    let mut start = clause_start(before);
    let none = |start| FilterCompletion { span: start..before.len(), field: None, offers: vec![] };
    let clause = &before[start..];
    let Some((word, operator)) = head(clause) else {
        return FilterCompletion { offers: fields(clause), ..none(start) };
    };
    let Some((field, _)) = find(word) else { return none(start) };
    start += word.len() + operator.len();
    start += last_item(&before[start..]);
    let typed = before[start..].trim_start_matches('"').to_lowercase();
    let words = field.words().into_iter().filter(|(word, _)| word.starts_with(&typed));
    let offers = words.map(|(text, help)| CompletionOffer { text, help }).collect();
    FilterCompletion { field: Some(field), offers, ..none(start) }
}

/// The fields that begin with what is typed.
fn fields(typed: &str) -> Vec<CompletionOffer> {
    let typed = typed.to_ascii_lowercase();
    let begins = FIELDS.iter().filter(|row| row.word.starts_with(&typed));
    let offer = |row: &super::FieldRow| {
        let operator = match (row.field, row.compares) {
            (FilterField::Meta, _) => "",
            (_, Comparable::Span) => "<",
            (FilterField::Amt, _) => ">",
            (_, Comparable::Words | Comparable::Text | Comparable::Ordered) => ":",
        };
        CompletionOffer { text: format!("{}{operator}", row.word), help: row.help.to_owned() }
    };
    begins.map(offer).collect()
}

/// Where the clause begins in which a text ends.
fn clause_start(text: &str) -> usize {
    let mut start = 0;
    let mut chars = text.char_indices();
    let mut is_quoted = false;
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => is_quoted = !is_quoted,
            '\\' if is_quoted => drop(chars.next()),
            _ if is_quoted => {}
            c if c.is_whitespace() || matches!(c, '(' | ')') => start = at + c.len_utf8(),
            '-' if at == start => start = at + 1,
            _ => {}
        }
    }
    start
}

/// Where the last value of a list begins.
fn last_item(value: &str) -> usize {
    let mut is_quoted = false;
    let mut start = 0;
    for (at, c) in value.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => start = at + 1,
            _ => {}
        }
    }
    start
}

/// The clause that asks for what an event has in a field; `None` if it has nothing there, or if the field
/// has no such clause.
#[must_use]
pub fn clause_of(event: &Event, field: FilterField) -> Option<String> {
    let word = field.row().word;
    let clause = match field {
        FilterField::Type => {
            let code = event.kind.code();
            let (known, ..) = super::field::TYPES.iter().find(|(.., own)| *own == code)?;
            format!("{word}:{known}")
        }
        FilterField::Chan => {
            let channel = event.channel.as_ref()?.channel.word();
            let is_known = crate::model::Channel::from_word(channel).is_some();
            is_known.then(|| format!("{word}:{channel}"))?
        }
        FilterField::Num
        | FilterField::Cust
        | FilterField::App
        | FilterField::Sess
        | FilterField::Name => {
            let facts = EventFacts::of(event);
            let values = texts(field, None, event, &facts);
            // The customer in the envelope is the one whom the row shows.
            let value = values.last().filter(|value| !super::row::plain(value).is_empty())?;
            format!("{word}={}", quoted(value))
        }
        FilterField::Dir
        | FilterField::St
        | FilterField::Code
        | FilterField::Tag
        | FilterField::Meta
        | FilterField::Text
        | FilterField::Amt
        | FilterField::Cur
        | FilterField::Age
        | FilterField::At
        | FilterField::Key
        | FilterField::Is
        | FilterField::Has => return None,
    };
    Some(clause)
}

/// A text as a value, in quotes if it would mean something else without.
#[must_use]
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '#' | '@');
    // These would be an operator or a range.
    let is_more = text.starts_with('-')
        || text.contains("..")
        || ["OR", "AND", "NOT"].iter().any(|word| text.eq_ignore_ascii_case(word));
    if !text.is_empty() && !is_more && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
