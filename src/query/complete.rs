//! What may stand where the cursor is, and clauses made from an event.

use super::{
    clause::texts,
    facts::EventFacts,
    field::{Comparable, FIELDS, FilterField, find},
    parse::head,
    status,
};
use crate::model::{Direction, Event, Tone};
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
    /// The key of the metadata value whose value is being typed. It is `None` while the key itself is
    /// typed, although the field is `meta.` then.
    pub key: Option<String>,
    pub offers: Vec<CompletionOffer>,
}

/// Offers what may stand at a byte of a text, which need not be a filter yet.
#[must_use]
pub fn complete(text: &str, cursor: usize) -> FilterCompletion {
    let before = &text[..text.floor_char_boundary(cursor)];
    let mut start = clause_start(before);
    let none = |start| FilterCompletion {
        span: start..before.len(),
        field: None,
        key: None,
        offers: vec![],
    };
    let clause = &before[start..];
    let Some((word, operator)) = head(clause) else {
        let meta = FilterField::Meta.row().word;
        if clause.get(..meta.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(meta)) {
            return FilterCompletion { field: Some(FilterField::Meta), ..none(start + meta.len()) };
        }
        return FilterCompletion { offers: fields(clause), ..none(start) };
    };
    let Some((field, key)) = find(word) else { return none(start) };
    let key = key.map(str::to_owned);
    start += word.len() + operator.len();
    start += last_item(&before[start..]);
    let typed = before[start..].trim_start_matches('"').to_lowercase();
    let words = field.words().into_iter().filter(|(word, _)| word.starts_with(&typed));
    let offers = words.map(|(text, help)| CompletionOffer { text, help }).collect();
    FilterCompletion { field: Some(field), key, offers, ..none(start) }
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
        | FilterField::By
        | FilterField::Sess
        | FilterField::Name => {
            let facts = EventFacts::of(event);
            let values = texts(field, None, event, &facts);
            // The customer in the envelope is the one whom the row shows.
            let value = values.last().filter(|value| !super::row::plain(value).is_empty())?;
            format!("{word}={}", quoted(value))
        }
        FilterField::Dir | FilterField::St | FilterField::Cur | FilterField::Is => {
            format!("{word}:{}", values(event, field, None).first()?)
        }
        FilterField::Id => {
            let ids = values(event, field, None);
            let ids: Vec<_> = ids.iter().map(|id| quoted(id)).collect();
            (!ids.is_empty()).then(|| format!("{word}={}", ids.join(",")))?
        }
        FilterField::Tag | FilterField::Key => {
            format!("{word}={}", quoted(values(event, field, None).first()?))
        }
        FilterField::Code
        | FilterField::Meta
        | FilterField::Text
        | FilterField::Amt
        | FilterField::Age
        | FilterField::At
        | FilterField::Has => return None,
    };
    Some(clause)
}

/// The values that an event has in a field, as a clause would name them but without quotes. For `meta.` they
/// are the values of `key`, or the keys if it is `None`. Fields whose values hardly occur twice, such as
/// times, amounts and texts, have none, and neither is a value that nobody could see.
#[must_use]
pub fn values(event: &Event, field: FilterField, key: Option<&str>) -> Vec<String> {
    let mut values = all_values(event, field, key);
    values.retain(|value| !super::row::plain(value).trim().is_empty());
    values
}

fn all_values(event: &Event, field: FilterField, key: Option<&str>) -> Vec<String> {
    let facts = EventFacts::of(event);
    let words = |all: &[(&str, &str)], is_so: &dyn Fn(&str) -> bool| {
        all.iter().map(|(word, _)| *word).filter(|word| is_so(word)).map(str::to_owned).collect()
    };
    match field {
        FilterField::Type => {
            let code = event.kind.code();
            let known = super::field::TYPES.iter().find(|(.., own)| *own == code);
            known.map(|(word, ..)| (*word).to_owned()).into_iter().collect()
        }
        FilterField::Dir => words(super::field::DIRS, &|word| {
            word == match event.kind.direction() {
                Direction::Inbound => "in",
                Direction::Outbound => "out",
                Direction::Unspecified => "none",
            }
        }),
        FilterField::Chan => {
            let word = event.channel.as_ref().map(|channel| channel.channel.word());
            let known = word.filter(|word| crate::model::Channel::from_word(word).is_some());
            known.map(str::to_owned).into_iter().collect()
        }
        FilterField::St => {
            facts.statuses.first().copied().and_then(status::word).into_iter().collect()
        }
        FilterField::Code => {
            facts.statuses.first().map(|(_, code)| code.to_string()).into_iter().collect()
        }
        FilterField::Cur => {
            facts.money.map(|money| money.currency.code().to_lowercase()).into_iter().collect()
        }
        FilterField::Tag => facts
            .tags
            .iter()
            .map(|(key, value)| match *value {
                "" => (*key).to_owned(),
                value => format!("{key}={value}"),
            })
            .collect(),
        FilterField::Meta => {
            let values = facts.values.iter();
            match key {
                Some(key) => values
                    .filter(|(own, _)| own.as_str() == key)
                    .map(|(_, value)| value.summary())
                    .collect(),
                None => values.map(|(own, _)| own.clone()).collect(),
            }
        }
        FilterField::Cust
        | FilterField::Num
        | FilterField::Name
        | FilterField::Sess
        | FilterField::Id
        | FilterField::App
        | FilterField::By
        | FilterField::Key => {
            let texts = texts(field, None, event, &facts).into_iter();
            texts.map(std::borrow::Cow::into_owned).collect()
        }
        FilterField::Is => {
            words(super::field::IS, &|word| word == "problem" && event.tone() == Tone::Bad)
        }
        FilterField::Has => words(super::field::HAS, &|word| match word {
            "link" => facts.has_link(),
            "media" => facts.has_media(),
            "reply" => facts.is_reply,
            "tag" => !facts.tags.is_empty(),
            "lease" => facts.has_lease,
            _ => false,
        }),
        FilterField::Text | FilterField::Amt | FilterField::Age | FilterField::At => Vec::new(),
    }
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
