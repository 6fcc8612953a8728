//! From the value of a clause as it was written to what is compared. Every word that the field does not know
//! is an error with the words that it does know.

use super::{
    Asker, FilterError,
    clause::{ChannelTest, Possession, Test, TextMatch, TextPattern, TextTest},
    field::{CHANNELS, DIRS, FilterField, HAS, IS, OF_THE_VIEWER, TYPES},
    moment::{self, Stretch},
    parse::{RawItem, RawValue},
    row::{Column, plain},
    status,
};
use crate::model::{Channel, Currency, Direction, fold::fold, nearest, when};
use regex::RegexBuilder;
use std::ops::Range;

/// How large a compiled pattern may be, in bytes.
const LARGEST_PATTERN: usize = 256 << 10;
/// Before every time and amount, and behind every one.
const EDGES: Range<i128> = i128::MIN..i128::MAX;

/// A clause with a field.
pub(super) struct Asked<'a> {
    pub field: FilterField,
    /// The key of a metadata value.
    pub key: Option<&'a str>,
    pub operator: &'a str,
    pub value: RawValue,
    /// Where the whole clause stands.
    pub span: Range<usize>,
}

/// A clause without a field.
pub(super) fn anywhere(value: RawValue) -> Result<Test, FilterError> {
    Ok(Test::Anywhere(match value {
        RawValue::Pattern { source, insensitive, span } => {
            TextTest::Pattern(pattern(&source, insensitive, span)?)
        }
        RawValue::List(items) => {
            TextTest::Any(items.iter().map(|item| TextMatch::Part(plain(&item.text))).collect())
        }
    }))
}

/// A clause with a field.
pub(super) fn field(clause: Asked<'_>, asker: &Asker) -> Result<Test, FilterError> {
    match clause.field {
        FilterField::Type => Ok(Test::Types(clause.known(|item| Ok(fold(word_of(item, TYPES)?)))?)),
        FilterField::Dir => Ok(Test::Directions(clause.known(direction)?)),
        FilterField::Chan => clause.channels(),
        FilterField::St => {
            let found: Vec<_> = clause.known(statuses)?;
            Ok(Test::Statuses(found.into_iter().flatten().collect()))
        }
        FilterField::Code => Ok(Test::Codes(clause.known(|item| {
            item.text.parse().map_err(|_| item.wrong("is no number of a status", "such as 401"))
        })?)),
        FilterField::Cur => Ok(Test::Currencies(clause.known(|item| {
            let expected = "three letters, such as KES";
            Currency::new(&item.text).ok_or_else(|| item.wrong("is no currency", expected))
        })?)),
        FilterField::Is => clause.is(),
        FilterField::Has => Ok(Test::Has(clause.known(possession)?)),
        FilterField::Amt => Ok(Test::Amounts(
            clause.stretches("an amount in whole units, such as 1000, or 500..1000", |text| {
                moment::amount(text).map(|amount| amount..amount + 1)
            })?,
        )),
        FilterField::At => {
            let times = clause.stretches(when::FORMS, |text| moment::stretch(text, asker))?;
            Ok(Test::Times(times))
        }
        FilterField::Age => clause.ages(asker),
        FilterField::Num | FilterField::Name | FilterField::Text | FilterField::App => {
            let column = Column::of(clause.field).unwrap_or(Column::Text);
            Ok(Test::Column(column, clause.text()?))
        }
        FilterField::Cust
        | FilterField::Tag
        | FilterField::Meta
        | FilterField::Sess
        | FilterField::Id
        | FilterField::By
        | FilterField::Key => {
            let key = clause.key.map(str::to_owned);
            Ok(Test::Texts(clause.field, key, clause.text()?))
        }
    }
}

impl Asked<'_> {
    /// A list of words, each of which `read` knows. A pattern is none.
    fn known<T>(
        self,
        read: impl Fn(&RawItem) -> Result<T, FilterError>,
    ) -> Result<Vec<T>, FilterError> {
        match self.value {
            RawValue::List(items) => items.iter().map(read).collect(),
            RawValue::Pattern { span, .. } => {
                let what = format!("`{}` takes no pattern", self.field.row().word);
                let example = format!("a value, as in {}", self.field.row().example);
                Err(FilterError::new(span, what, example))
            }
        }
    }

    fn text(self) -> Result<TextTest, FilterError> {
        let is_whole = matches!(self.operator, "=" | "!=");
        let has_wildcards = self.field == FilterField::Num;
        match self.value {
            RawValue::Pattern { source, insensitive, span } => {
                Ok(TextTest::Pattern(pattern(&source, insensitive, span)?))
            }
            RawValue::List(items) => {
                let test = |item: &RawItem| text_match(item, is_whole, has_wildcards);
                Ok(TextTest::Any(items.iter().map(test).collect()))
            }
        }
    }

    fn channels(self) -> Result<Test, FilterError> {
        let is_whole = matches!(self.operator, "=" | "!=");
        if let RawValue::Pattern { source, insensitive, span } = self.value {
            let pattern = pattern(&source, insensitive, span)?;
            return Ok(Test::Channels(vec![ChannelTest::Pattern(pattern)]));
        }
        let read = |item: &RawItem| {
            let short = CHANNELS.iter().find(|(word, _)| word.eq_ignore_ascii_case(&item.text));
            let channel = short.map(|(_, channel)| *channel);
            let named = channel.or_else(|| Channel::from_word(&item.text));
            match named.filter(|_| !item.is_quoted) {
                Some(channel) => Ok(ChannelTest::Word(channel.word())),
                None if item.is_quoted || item.text.contains(is_of_number) => {
                    Ok(ChannelTest::Number(text_match(item, is_whole, true)))
                }
                None => {
                    let mut known = Channel::ALL.map(Channel::word).to_vec();
                    known.extend(CHANNELS.iter().map(|(word, _)| *word));
                    let or_number = format!("{}, a number, or a name in quotes", known.join(" "));
                    Err(item.unknown("is no channel", or_number, &known))
                }
            }
        };
        Ok(Test::Channels(self.known(read)?))
    }

    fn is(self) -> Result<Test, FilterError> {
        let span = self.span.clone();
        let known: Vec<&str> = IS.iter().map(|(word, _)| *word).collect();
        let words = self.known(|item| {
            let word = item.text.to_lowercase();
            if OF_THE_VIEWER.contains(&word.as_str()) {
                let expected = format!("one of {}", known.join(" "));
                return Err(item.wrong("depends on who looks and is no part of an event", expected));
            }
            word_of(item, &plain_words(IS))
        })?;
        // Nothing is a gap, so a list is about problems as soon as it has that word.
        match words.as_slice() {
            [] => Err(FilterError::new(span, "a value is missing here", known.join(" "))),
            words if words.contains(&"problem") => Ok(Test::Problem),
            _ => Ok(Test::Never),
        }
    }

    /// Stretches of amounts or times, from ranges and comparisons.
    fn stretches(
        self,
        expected: &str,
        read: impl Fn(&str) -> Result<Stretch, String>,
    ) -> Result<Vec<Stretch>, FilterError> {
        let operator = self.operator;
        let is_range = matches!(operator, ":" | "=" | "!=");
        self.known(|item| {
            let read = |text: &str| {
                read(text).map_err(|what| FilterError::new(item.span.clone(), what, expected))
            };
            if is_range && let Some((low, high)) = item.text.split_once("..") {
                let start = if low.is_empty() { EDGES.start } else { read(low)?.start };
                let end = if high.is_empty() { EDGES.end } else { read(high)?.end };
                if start >= end {
                    return Err(item.wrong("ends before it begins", "the earlier end first"));
                }
                return Ok(start..end);
            }
            let one = read(&item.text)?;
            Ok(match operator {
                ">" => one.end..EDGES.end,
                ">=" => one.start..EDGES.end,
                "<" => EDGES.start..one.start,
                "<=" => EDGES.start..one.end,
                _ => one,
            })
        })
    }

    /// An age is a time seen from now: what is older happened earlier.
    fn ages(self, asker: &Asker) -> Result<Test, FilterError> {
        let now = i128::from(asker.now.micros());
        let operator = self.operator;
        let read = |item: &RawItem| {
            let read = |text: &str| {
                let age = moment::length(text);
                age.map(|age| now - age)
                    .map_err(|what| FilterError::new(item.span.clone(), what, when::LENGTHS))
            };
            if let Some((low, high)) = item.text.split_once("..").filter(|_| operator == ":") {
                let end = if low.is_empty() { EDGES.end } else { read(low)? + 1 };
                let start = if high.is_empty() { EDGES.start } else { read(high)? };
                if start >= end {
                    return Err(item.wrong("ends before it begins", "the smaller age first"));
                }
                return Ok(start..end);
            }
            let at = read(&item.text)?;
            match operator {
                ">" => Ok(EDGES.start..at),
                ">=" => Ok(EDGES.start..at + 1),
                "<" => Ok(at + 1..EDGES.end),
                "<=" => Ok(at..EDGES.end),
                _ => Err(item.wrong("is an age that nothing has exactly", "age<2h or age:1h..2h")),
            }
        };
        Ok(Test::Times(self.known(read)?))
    }
}

impl RawItem {
    fn wrong(&self, what: &str, expected: impl Into<String>) -> FilterError {
        FilterError::new(self.span.clone(), format!("`{}` {what}", self.text), expected)
    }
    fn unknown(&self, what: &str, expected: String, known: &[&str]) -> FilterError {
        let suggestion = nearest(&self.text.to_lowercase(), known).map(str::to_owned);
        FilterError { suggestion, ..self.wrong(what, expected) }
    }
}

const fn is_of_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '*' | '#' | '+')
}

fn text_match(item: &RawItem, is_whole: bool, has_wildcards: bool) -> TextMatch {
    let text = plain(&item.text);
    match text {
        text if text.is_empty() => TextMatch::Nothing,
        text if has_wildcards && !item.is_quoted && text.contains('*') => {
            TextMatch::Wild(text.split('*').map(str::to_owned).collect())
        }
        text if is_whole => TextMatch::Whole(text),
        text => TextMatch::Part(text),
    }
}

fn pattern(
    source: &str,
    insensitive: bool,
    span: Range<usize>,
) -> Result<TextPattern, FilterError> {
    let regex = RegexBuilder::new(source)
        .case_insensitive(insensitive)
        .size_limit(LARGEST_PATTERN)
        .dfa_size_limit(LARGEST_PATTERN)
        .nest_limit(64)
        .build();
    match regex {
        Ok(regex) => {
            let flag = if insensitive { "i" } else { "" };
            Ok(TextPattern { source: format!("/{source}/{flag}"), regex })
        }
        Err(regex::Error::CompiledTooBig(_)) => Err(FilterError::new(
            span,
            "this pattern is too large",
            "a shorter one, or fewer repetitions",
        )),
        Err(error) => {
            // Its message shows the pattern with a caret in lines of its own; the last line is the reason.
            let text = error.to_string();
            let why = text.lines().last().unwrap_or_default().trim();
            let why = why.strip_prefix("error:").unwrap_or(why).trim();
            Err(FilterError::new(
                span,
                format!("this is no pattern: {why}"),
                "a regular expression",
            ))
        }
    }
}

/// Words that a field knows: how each is written, in other ways too, and what it stands for.
type KnownWord<'a> = (&'a str, &'a [&'a str], &'a str);

/// What a word stands for.
fn word_of<'a>(item: &RawItem, known: &[KnownWord<'a>]) -> Result<&'a str, FilterError> {
    let word = item.text.to_lowercase();
    let is_it = |(own, others, stands): &&KnownWord<'_>| {
        *own == word || others.contains(&word.as_str()) || stands.to_lowercase() == word
    };
    if let Some((.., stands)) = known.iter().find(is_it) {
        return Ok(stands);
    }
    let all = known.iter().flat_map(|(own, others, _)| [own].into_iter().chain(*others));
    let all: Vec<&str> = all.copied().collect();
    let shown: Vec<&str> = known.iter().map(|(own, ..)| *own).collect();
    Err(item.unknown("is not known here", format!("one of {}", shown.join(" ")), &all))
}

fn plain_words<'a>(words: &[(&'a str, &str)]) -> Vec<KnownWord<'a>> {
    words.iter().map(|(word, _)| (*word, &[] as &[&str], *word)).collect()
}

fn direction(item: &RawItem) -> Result<Direction, FilterError> {
    let also: &[&[&str]] = &[&["inbound"], &["outbound"], &[]];
    let known: Vec<_> =
        DIRS.iter().zip(also).map(|((word, _), others)| (*word, *others, *word)).collect();
    Ok(match word_of(item, &known)? {
        "in" => Direction::Inbound,
        "out" => Direction::Outbound,
        _ => Direction::Unspecified,
    })
}

fn possession(item: &RawItem) -> Result<Possession, FilterError> {
    Ok(match word_of(item, &plain_words(HAS))? {
        "link" => Possession::Link,
        "media" => Possession::Media,
        "reply" => Possession::Reply,
        "tag" => Possession::Tag,
        _ => Possession::Lease,
    })
}

fn statuses(item: &RawItem) -> Result<Vec<status::AnyStatus>, FilterError> {
    let found = status::find(&item.text);
    if !found.is_empty() {
        return Ok(found);
    }
    let words = status::words();
    let known: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
    let expected = "a status such as delivered, failed, no_consent, or ok, bad, pending";
    Err(item.unknown("is no status", expected.into(), &known))
}
