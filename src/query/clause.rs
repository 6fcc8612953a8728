//! One clause of a filter: what it asks, and whether an event answers it.
//!
//! A clause about a column of the feed's rows looks at the folded column and nothing else, whether it is
//! asked about a row or about an event. So a console, which keeps rows, and a hub, which reads events, cannot
//! disagree. All other clauses need the event, and of a row they say `Maybe`.

use super::{
    facts::EventFacts,
    field::FilterField,
    moment::{Stretch, parts},
    row::{Column, folded, line, raw},
    status::AnyStatus,
};
use crate::model::{Actor, Direction, Event, Tone, fold::fold};
use regex::Regex;
use std::{borrow::Cow, cell::OnceCell};

/// What is known about a row or an event. The greater one is the nearer to yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowVerdict {
    /// It certainly does not match.
    No,
    /// Only the event can say.
    Maybe,
    /// It certainly matches.
    Yes,
}

impl RowVerdict {
    pub(super) const fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }
    const fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// A regular expression, which is equal to another one if it is written like it.
#[derive(Clone, Debug)]
pub(super) struct TextPattern {
    pub source: String,
    pub regex: Regex,
}

impl PartialEq for TextPattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.regex.as_str() == other.regex.as_str()
    }
}

/// What a text is compared with. Everything but a pattern is folded.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TextTest {
    /// Any of these.
    Any(Vec<TextMatch>),
    Pattern(TextPattern),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TextMatch {
    Part(String),
    Whole(String),
    /// The parts around `*`, the first and the last of which may be empty.
    Wild(Vec<String>),
    /// There is no text.
    Nothing,
}

impl TextMatch {
    fn matches(&self, folded: &str) -> bool {
        match self {
            Self::Part(part) => folded.contains(part.as_str()),
            Self::Whole(whole) => folded == whole,
            Self::Wild(parts) => is_wild_match(parts, folded),
            Self::Nothing => folded.is_empty(),
        }
    }
    /// Whether a text can have this somewhere in it. If not, no part of the text matches.
    fn may_occur(&self, folded: &str) -> bool {
        match self {
            Self::Part(part) | Self::Whole(part) => folded.contains(part.as_str()),
            Self::Wild(parts) => parts.iter().all(|part| folded.contains(part.as_str())),
            Self::Nothing => true,
        }
    }
}

fn is_wild_match(parts: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = parts else { return false };
    let Some(text) = text.strip_prefix(first.as_str()) else { return false };
    let Some(mut text) = text.strip_suffix(last.as_str()) else { return false };
    for part in middle {
        match text.split_once(part.as_str()) {
            Some((_, rest)) => text = rest,
            None => return false,
        }
    }
    true
}

/// Something that `has:` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Possession {
    Link,
    Media,
    Reply,
    Tag,
    Lease,
}

/// What `chan:` asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ChannelTest {
    Word(&'static str),
    Number(TextMatch),
    Pattern(TextPattern),
}

/// What a clause asks.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Anywhere(TextTest),
    Column(Column, TextTest),
    /// The codes of kinds, folded.
    Types(Vec<String>),
    Channels(Vec<ChannelTest>),
    Directions(Vec<Direction>),
    Statuses(Vec<AnyStatus>),
    Codes(Vec<i32>),
    Currencies(Vec<crate::model::Currency>),
    /// A field of which an event may have several texts, and the key of a metadata value.
    Texts(FilterField, Option<String>, TextTest),
    Amounts(Vec<Stretch>),
    Times(Vec<Stretch>),
    Problem,
    /// It is true of no event.
    Never,
    Has(Vec<Possession>),
}

/// A test that a folded row answers.
enum FoldedTest<'a> {
    Anywhere(&'a [TextMatch]),
    Column(Column, &'a [TextMatch]),
    Types(&'a [String]),
    Channels(&'a [ChannelTest]),
    Never,
}

impl Test {
    /// The same as a folded row is asked; `None` if only the event can answer it.
    fn of_folded(&self) -> Option<FoldedTest<'_>> {
        Some(match self {
            Self::Anywhere(TextTest::Any(any)) => FoldedTest::Anywhere(any),
            Self::Column(column, TextTest::Any(any)) => FoldedTest::Column(*column, any),
            Self::Types(codes) => FoldedTest::Types(codes),
            Self::Channels(tests) if tests.iter().all(ChannelTest::is_folded) => {
                FoldedTest::Channels(tests)
            }
            Self::Never => FoldedTest::Never,
            Self::Anywhere(TextTest::Pattern(_))
            | Self::Column(_, TextTest::Pattern(_))
            | Self::Channels(_)
            | Self::Directions(_)
            | Self::Statuses(_)
            | Self::Codes(_)
            | Self::Currencies(_)
            | Self::Texts(..)
            | Self::Amounts(_)
            | Self::Times(_)
            | Self::Problem
            | Self::Has(_) => return None,
        })
    }
}

/// What is asked about.
pub(super) enum FilterSubject<'a> {
    /// A folded row.
    Row(&'a str),
    /// Folded rows one after another: yes means that all match, and no that none does.
    Rows(&'a str),
    Event(&'a SeenEvent<'a>),
}

/// An event, with what was found out about it for earlier clauses.
pub(super) struct SeenEvent<'a> {
    event: &'a Event,
    row: OnceCell<String>,
    facts: OnceCell<EventFacts<'a>>,
}

impl<'a> SeenEvent<'a> {
    pub const fn new(event: &'a Event) -> Self {
        Self { event, row: OnceCell::new(), facts: OnceCell::new() }
    }
    fn row(&self) -> &str {
        self.row.get_or_init(|| super::haystack(self.event))
    }
    fn facts(&self) -> &EventFacts<'a> {
        self.facts.get_or_init(|| EventFacts::of(self.event))
    }
    fn column(&self, column: Column) -> Cow<'_, str> {
        match self.row.get() {
            Some(row) => Cow::Borrowed(line(row, column)),
            None => Cow::Owned(folded(self.event, column)),
        }
    }
}

/// A clause as it was written, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FilterClause {
    pub written: String,
    pub test: Test,
    /// Whether it was written with `!=`.
    pub negated: bool,
}

impl FilterClause {
    pub fn verdict(&self, subject: &FilterSubject<'_>) -> RowVerdict {
        let verdict = match subject {
            FilterSubject::Row(row) => self.of_row(row),
            FilterSubject::Rows(rows) => self.of_rows(rows),
            FilterSubject::Event(seen) => RowVerdict::of(self.of_event(seen)),
        };
        if self.negated { verdict.not() } else { verdict }
    }

    /// Whether a row cannot tell, whatever it says.
    pub fn needs_event(&self) -> bool {
        self.of_row("") == RowVerdict::Maybe
    }

    fn of_row(&self, row: &str) -> RowVerdict {
        let Some(asked) = self.test.of_folded() else { return RowVerdict::Maybe };
        RowVerdict::of(match asked {
            FoldedTest::Anywhere(any) => occurs(any, row),
            FoldedTest::Column(column, any) => {
                let text = line(row, column);
                any.iter().any(|one| one.matches(text))
            }
            FoldedTest::Types(codes) => {
                let code = line(row, Column::Code);
                codes.iter().any(|one| one == code)
            }
            FoldedTest::Channels(tests) => is_on(tests, line(row, Column::Channel), None),
            FoldedTest::Never => false,
        })
    }

    fn of_rows(&self, rows: &str) -> RowVerdict {
        let Some(asked) = self.test.of_folded() else { return RowVerdict::Maybe };
        let may_occur = match asked {
            FoldedTest::Anywhere(any) | FoldedTest::Column(_, any) => occurs(any, rows),
            FoldedTest::Types(codes) => codes.iter().any(|code| rows.contains(code.as_str())),
            FoldedTest::Channels(_) => true,
            FoldedTest::Never => false,
        };
        if may_occur { RowVerdict::Maybe } else { RowVerdict::No }
    }

    fn of_event(&self, seen: &SeenEvent<'_>) -> bool {
        let event = seen.event;
        match &self.test {
            Test::Anywhere(TextTest::Any(any)) => occurs(any, seen.row()),
            Test::Anywhere(TextTest::Pattern(pattern)) => {
                Column::ALL.iter().any(|column| pattern.regex.is_match(&raw(event, *column)))
            }
            Test::Column(column, TextTest::Any(any)) => {
                let text = seen.column(*column);
                any.iter().any(|one| one.matches(&text))
            }
            Test::Column(column, TextTest::Pattern(pattern)) => {
                pattern.regex.is_match(&raw(event, *column))
            }
            Test::Types(codes) => {
                let code = seen.column(Column::Code);
                codes.iter().any(|one| *one == code)
            }
            Test::Channels(tests) => is_on(tests, &seen.column(Column::Channel), Some(event)),
            Test::Directions(directions) => directions.contains(&event.kind.direction()),
            Test::Statuses(wanted) => {
                seen.facts().statuses.iter().any(|status| wanted.contains(status))
            }
            Test::Codes(wanted) => {
                seen.facts().statuses.first().is_some_and(|(_, code)| wanted.contains(code))
            }
            Test::Currencies(wanted) => {
                seen.facts().money.is_some_and(|money| wanted.contains(&money.currency))
            }
            Test::Texts(field, key, test) => {
                is_any(&texts(*field, key.as_deref(), event, seen.facts()), test)
            }
            Test::Amounts(stretches) => seen
                .facts()
                .money
                .is_some_and(|money| stretches.iter().any(|s| s.contains(&parts(money)))),
            Test::Times(stretches) => {
                stretches.iter().any(|s| s.contains(&i128::from(event.at.micros())))
            }
            Test::Problem => event.tone() == Tone::Bad,
            Test::Never => false,
            Test::Has(things) => things.iter().any(|thing| thing.is_in(seen.facts())),
        }
    }
}

fn occurs(any: &[TextMatch], row: &str) -> bool {
    any.iter().any(|one| one.may_occur(row))
}

impl ChannelTest {
    const fn is_folded(&self) -> bool {
        matches!(self, Self::Word(_) | Self::Number(_))
    }
}

/// Whether a channel's column, which is the channel's word and the number, is one of these.
fn is_on(tests: &[ChannelTest], column: &str, event: Option<&Event>) -> bool {
    let (word, number) = column.split_once(' ').unwrap_or((column, ""));
    tests.iter().any(|test| match test {
        ChannelTest::Word(wanted) => word == *wanted,
        ChannelTest::Number(TextMatch::Nothing) => column.is_empty(),
        ChannelTest::Number(wanted) => !column.is_empty() && wanted.matches(number),
        ChannelTest::Pattern(pattern) => {
            event.is_some_and(|event| pattern.regex.is_match(&raw(event, Column::Channel)))
        }
    })
}

impl Possession {
    fn is_in(self, facts: &EventFacts<'_>) -> bool {
        match self {
            Self::Link => facts.has_link(),
            Self::Media => facts.has_media(),
            Self::Reply => facts.is_reply,
            Self::Tag => !facts.tags.is_empty(),
            Self::Lease => facts.has_lease,
        }
    }
}

/// The texts that an event has for a field.
pub(super) fn texts<'a>(
    field: FilterField,
    key: Option<&str>,
    event: &'a Event,
    facts: &EventFacts<'a>,
) -> Vec<Cow<'a, str>> {
    match field {
        FilterField::Cust => facts.customers.iter().map(|id| id.as_str().into()).collect(),
        FilterField::Sess => facts.session.iter().map(|id| id.as_str().into()).collect(),
        FilterField::Id => facts.ids.iter().map(|id| (*id).into()).collect(),
        FilterField::By => vec![doer(&event.actor).into()],
        FilterField::Key => facts.keys.iter().map(|key| (*key).into()).collect(),
        FilterField::Tag => {
            let whole = facts.tags.iter().map(|(key, value)| match *value {
                "" => Cow::Borrowed(*key),
                value => format!("{key}={value}").into(),
            });
            let values = facts.tags.iter().filter(|(_, value)| !value.is_empty());
            let alone = values.flat_map(|(key, value)| [(*key).into(), (*value).into()]);
            whole.chain(alone).collect()
        }
        FilterField::Meta => {
            let of_key = facts.values.iter().filter(|(own, _)| Some(own.as_str()) == key);
            let gone = facts.gone.iter().filter(|own| Some(own.as_str()) == key);
            of_key
                .map(|(_, value)| Cow::from(value.summary()))
                .chain(gone.map(|_| Cow::Borrowed("")))
                .collect()
        }
        FilterField::Type
        | FilterField::Dir
        | FilterField::Chan
        | FilterField::St
        | FilterField::Code
        | FilterField::Num
        | FilterField::Name
        | FilterField::Text
        | FilterField::Amt
        | FilterField::Cur
        | FilterField::Age
        | FilterField::At
        | FilterField::App
        | FilterField::Is
        | FilterField::Has => {
            Column::of(field).map(|column| raw(event, column)).into_iter().collect()
        }
    }
}

/// Who did it, in a word: the label of a key, whoever used it, or who else it was.
fn doer(actor: &Actor) -> &str {
    match actor {
        Actor::Key(label) | Actor::Program(label) => label,
        Actor::Hub => "hub",
        Actor::Customer => "customer",
        Actor::Network => "network",
    }
}

/// Whether one of the texts matches. Nothing matches if there is none, or an empty one.
fn is_any(texts: &[Cow<'_, str>], test: &TextTest) -> bool {
    match test {
        TextTest::Pattern(pattern) => texts.iter().any(|text| pattern.regex.is_match(text)),
        TextTest::Any(any) => {
            let folded: Vec<String> = texts.iter().map(|text| fold(text)).collect();
            any.iter().any(|one| match one {
                TextMatch::Nothing => folded.iter().all(String::is_empty),
                TextMatch::Part(_) | TextMatch::Whole(_) | TextMatch::Wild(_) => {
                    folded.iter().any(|text| one.matches(text))
                }
            })
        }
    }
}
