//! The filter language over events. The console's feed, `switchboard tail`, `History` and `Watch` share it, so that
//! the same filter finds the same events everywhere.
//!
//! A filter is parsed once, and times such as "2 h ago" are fixed then ([`Asker`]). It is asked about one event
//! alone. Most clauses are about what a feed row says: such a row is folded once ([`haystack`]) and compared
//! often, and only where it cannot tell ([`RowVerdict::Maybe`]) the event has to be looked at.
//! `docs/FILTER.md` is the language for people.
//!
//! What depends on who looks, such as which rows are marked, is not here, and neither is what a customer is
//! now: an event does not say it.

#![deny(clippy::wildcard_enum_match_arm)]

mod clause;
mod compile;
mod complete;
mod error;
mod facts;
mod field;
mod moment;
mod parse;
mod row;
mod status;
#[cfg(test)]
mod tests;

use crate::model::{Event, Timestamp, client::AskedFilter};
pub use clause::RowVerdict;
use clause::{FilterClause, FilterSubject, SeenEvent, Test, TextMatch, TextTest};
pub use complete::{CompletionOffer, FilterCompletion, clause_of, complete, quoted, values};
pub use error::FilterError;
pub use field::{Comparable, FIELDS, FieldRow, FilterField};
use jiff::{
    fmt::temporal::{DateTimeParser, DateTimePrinter},
    tz::TimeZone,
};
pub use row::haystack;
use std::fmt;

/// How many bytes a filter has at most.
pub const LONGEST: usize = 1024;
/// How many clauses a filter has at most.
pub const MOST_CLAUSES: usize = 64;

/// Who asks: what "now", "today" and "14:00" mean.
#[derive(Clone, Debug)]
pub struct Asker {
    pub now: Timestamp,
    pub zone: TimeZone,
}

impl Asker {
    /// Somebody whose clock shows UTC.
    #[must_use]
    pub const fn utc(now: Timestamp) -> Self {
        Self { now, zone: TimeZone::UTC }
    }
    /// Whoever asks with this filter.
    fn of(asked: &AskedFilter) -> Result<Self, FilterError> {
        let zone = match asked.zone.as_str() {
            "" => Ok(TimeZone::UTC),
            name => DateTimeParser::new().parse_time_zone(name),
        };
        let zone = zone.map_err(|_| {
            let what = format!("there is no time zone `{}`", asked.zone);
            FilterError::new(
                0..0,
                what,
                "a name such as Africa/Nairobi, or an offset such as +03:00",
            )
        })?;
        Ok(Self { now: asked.now, zone })
    }
    /// This text as a filter that means the same elsewhere.
    #[must_use]
    pub fn asks(&self, text: &str) -> AskedFilter {
        // A zone that is a rule, as POSIX has them, is written as that rule; one that is only a file goes by its
        // offset now.
        let offset = |_| {
            let now = jiff::Timestamp::try_from(self.now).unwrap_or_default();
            self.zone.to_offset(now).to_string()
        };
        let zone = DateTimePrinter::new().time_zone_to_string(&self.zone).unwrap_or_else(offset);
        AskedFilter { text: text.to_owned(), now: self.now, zone }
    }
}

/// A part of a filter.
#[derive(Clone, Debug, PartialEq)]
enum FilterNode {
    /// All of these. Without any, everything matches.
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Clause(Box<FilterClause>),
}

impl FilterNode {
    fn all(mut all: Vec<Self>) -> Self {
        if all.len() == 1 {
            return all.remove(0);
        }
        let flat = all.into_iter().flat_map(|node| match node {
            Self::And(inner) => inner,
            node @ (Self::Or(_) | Self::Not(_) | Self::Clause(_)) => vec![node],
        });
        Self::And(flat.collect())
    }
    fn any(mut any: Vec<Self>) -> Self {
        if any.len() == 1 {
            return any.remove(0);
        }
        let flat = any.into_iter().flat_map(|node| match node {
            Self::Or(inner) => inner,
            node @ (Self::And(_) | Self::Not(_) | Self::Clause(_)) => vec![node],
        });
        Self::Or(flat.collect())
    }
    fn not(node: Self) -> Self {
        match node {
            Self::Not(inner) => *inner,
            node @ (Self::And(_) | Self::Or(_) | Self::Clause(_)) => Self::Not(Box::new(node)),
        }
    }

    fn needs_event(&self) -> bool {
        match self {
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().any(Self::needs_event),
            Self::Not(node) => node.needs_event(),
            Self::Clause(clause) => clause.needs_event(),
        }
    }

    fn verdict(&self, subject: &FilterSubject<'_>) -> RowVerdict {
        match self {
            Self::And(all) => {
                let mut verdict = RowVerdict::Yes;
                for node in all {
                    verdict = verdict.min(node.verdict(subject));
                    if verdict == RowVerdict::No {
                        break;
                    }
                }
                verdict
            }
            Self::Or(any) => {
                let mut verdict = RowVerdict::No;
                for node in any {
                    verdict = verdict.max(node.verdict(subject));
                    if verdict == RowVerdict::Yes {
                        break;
                    }
                }
                verdict
            }
            Self::Not(node) => node.verdict(subject).not(),
            Self::Clause(clause) => clause.verdict(subject),
        }
    }
}

/// A parsed filter. The default one is empty and matches everything.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    text: String,
    root: FilterNode,
}

impl Default for Filter {
    fn default() -> Self {
        Self { text: String::new(), root: FilterNode::And(Vec::new()) }
    }
}

impl Filter {
    /// Parses a filter. Relative times in it are fixed now. The error says which part of the text is no filter, and
    /// what was expected there.
    pub fn parse(text: &str, asker: &Asker) -> Result<Self, FilterError> {
        let root = parse::parse(text, asker)?;
        Ok(Self { text: text.trim().to_owned(), root })
    }
    /// Parses a filter that somebody else asks with. It is an error too if the zone is none that is known here.
    pub fn asked(asked: &AskedFilter) -> Result<Self, FilterError> {
        Self::parse(&asked.text, &Asker::of(asked)?)
    }
    /// A filter for plain words, all of which must occur in a row. Nothing in them is read as the language.
    #[must_use]
    pub fn of_words(text: &str) -> Self {
        let clause = |word: &str| FilterClause {
            written: format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")),
            test: Test::Anywhere(TextTest::Any(vec![TextMatch::Part(row::plain(word))])),
            negated: false,
        };
        let words = text.split_whitespace();
        let all = words.map(|word| FilterNode::Clause(Box::new(clause(word)))).collect();
        Self { text: text.trim().to_owned(), root: FilterNode::all(all) }
    }
    /// Whether an event matches.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        self.is_empty()
            || self.root.verdict(&FilterSubject::Event(&SeenEvent::new(event))) == RowVerdict::Yes
    }
    /// What the [`haystack`] of an event says about whether the event matches.
    #[must_use]
    pub fn of_row(&self, haystack: &str) -> RowVerdict {
        self.root.verdict(&FilterSubject::Row(haystack))
    }
    /// Whether a row with this [`haystack`] matches. The event is only looked at if the row cannot tell.
    #[must_use]
    pub fn matches_row(&self, haystack: &str, matches_event: impl FnOnce(&Self) -> bool) -> bool {
        match self.of_row(haystack) {
            RowVerdict::No => false,
            RowVerdict::Maybe => matches_event(self),
            RowVerdict::Yes => true,
        }
    }
    /// Whether one of the rows may match whose [`haystack`]s follow one another here. If not, none does.
    #[must_use]
    pub fn may_match_in(&self, haystacks: &str) -> bool {
        self.root.verdict(&FilterSubject::Rows(haystacks)) != RowVerdict::No
    }
    /// Whether a row alone may not tell, so that events have to be looked at.
    #[must_use]
    pub fn needs_event(&self) -> bool {
        self.root.needs_event()
    }
    /// Whether there are no clauses, so that everything matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(&self.root, FilterNode::And(all) if all.is_empty())
    }
    /// The filter as it was typed, without the blanks around it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
    /// The parts that must all be true, each as a text.
    #[must_use]
    pub fn parts(&self) -> Vec<String> {
        match &self.root {
            FilterNode::And(all) => all.iter().map(ToString::to_string).collect(),
            root @ (FilterNode::Or(_) | FilterNode::Not(_) | FilterNode::Clause(_)) => {
                vec![root.to_string()]
            }
        }
    }
    /// The filter with only those of its parts that are to be kept. Times in them stay as they were fixed.
    #[must_use]
    pub fn only(&self, is_kept: impl Fn(usize) -> bool) -> Self {
        let FilterNode::And(all) = &self.root else {
            return if is_kept(0) { self.clone() } else { Self::default() };
        };
        if (0..all.len()).all(&is_kept) {
            return self.clone();
        }
        let kept = all.iter().enumerate().filter(|(at, _)| is_kept(*at));
        let root = FilterNode::all(kept.map(|(_, node)| node.clone()).collect());
        Self { text: root.to_string(), root }
    }
    /// The text of a filter that asks for this one and one more clause.
    #[must_use]
    pub fn text_and(&self, clause: &str) -> String {
        match &self.root {
            FilterNode::Or(_) => format!("({}) {clause}", self.text),
            FilterNode::And(_) | FilterNode::Not(_) | FilterNode::Clause(_) => {
                format!("{} {clause}", self.text).trim().to_owned()
            }
        }
    }
}

impl fmt::Display for Filter {
    /// Writes the filter with no more parentheses than it needs. Its clauses are as they were typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl fmt::Display for FilterNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, nodes: &[Self], between: &str| {
            nodes.iter().enumerate().try_for_each(|(i, node)| {
                f.write_str(if i == 0 { "" } else { between })?;
                match node {
                    Self::Or(_) => write!(f, "({node})"),
                    Self::And(_) | Self::Not(_) | Self::Clause(_) => node.fmt(f),
                }
            })
        };
        match self {
            Self::And(all) => joined(f, all, " "),
            Self::Or(any) => joined(f, any, " OR "),
            Self::Not(node) => match **node {
                Self::And(_) | Self::Or(_) => write!(f, "-({node})"),
                Self::Not(_) | Self::Clause(_) => write!(f, "-{node}"),
            },
            Self::Clause(clause) => f.write_str(&clause.written),
        }
    }
}
