//! The row of an event as the filter sees it: six columns, each folded and on a line of its own.

use super::FilterField;
use crate::model::{Event, fold::fold};
use std::borrow::Cow;

/// A column of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Number,
    Name,
    Channel,
    Code,
    App,
    Text,
}

impl Column {
    /// In the order of the lines.
    pub const ALL: &[Self] =
        &[Self::Number, Self::Name, Self::Channel, Self::Code, Self::App, Self::Text];

    /// The column that a field asks about; `None` if it asks about none.
    pub const fn of(field: FilterField) -> Option<Self> {
        match field {
            FilterField::Num => Some(Self::Number),
            FilterField::Name => Some(Self::Name),
            FilterField::App => Some(Self::App),
            FilterField::Text => Some(Self::Text),
            FilterField::Chan => Some(Self::Channel),
            FilterField::Type => Some(Self::Code),
            FilterField::Dir
            | FilterField::St
            | FilterField::Code
            | FilterField::Cust
            | FilterField::Tag
            | FilterField::Meta
            | FilterField::Amt
            | FilterField::Cur
            | FilterField::Age
            | FilterField::At
            | FilterField::Sess
            | FilterField::Id
            | FilterField::By
            | FilterField::Key
            | FilterField::Is
            | FilterField::Has => None,
        }
    }
}

/// What a column says, as it came.
pub(super) fn raw(event: &Event, column: Column) -> Cow<'_, str> {
    match column {
        Column::Number => event.number.as_ref().map(ToString::to_string).unwrap_or_default().into(),
        Column::Name => event.name.as_deref().unwrap_or_default().into(),
        Column::Channel => {
            event.channel.as_ref().map(ToString::to_string).unwrap_or_default().into()
        }
        Column::Code => event.kind.code().into(),
        Column::App => event.app.as_ref().map_or("", |app| app.as_str()).into(),
        Column::Text => event.sentence().into(),
    }
}

/// What a column says, folded and without line breaks.
pub(super) fn folded(event: &Event, column: Column) -> String {
    plain(&raw(event, column))
}

/// A text as the filter compares it: folded, and with blanks in the place of line breaks.
pub(super) fn plain(text: &str) -> String {
    if text.contains(is_break) { fold(&text.replace(is_break, " ")) } else { fold(text) }
}

const fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t')
}

/// What an event's row says, folded, with a line for each column: number, name, channel, code, app and
/// sentence. No column has a line break in it, so nothing can match across two columns.
#[must_use]
pub fn haystack(event: &Event) -> String {
    let mut row = String::new();
    for column in Column::ALL {
        if *column != Column::Number {
            row.push('\n');
        }
        row.push_str(&folded(event, *column));
    }
    row
}

/// The line of a column in a row.
pub(super) fn line(row: &str, column: Column) -> &str {
    row.split('\n').nth(column as usize).unwrap_or_default()
}
