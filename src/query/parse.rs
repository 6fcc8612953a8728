//! From a text to a tree of clauses, by recursive descent. Where the text is wrong, the parser says which
//! part of it and what it expected instead. It knows where it is in bytes of the text, and no text makes it
//! panic or take long.

use super::{
    Asker, FilterError, FilterNode, LONGEST, MOST_CLAUSES,
    clause::FilterClause,
    compile,
    field::{self, FIELDS, FieldRow, FilterField},
};
use crate::model::nearest;
use std::ops::Range;

/// How deep parentheses may nest. It bounds the stack, and nobody reads more.
const DEEPEST: usize = 32;

/// A value as it was written.
#[derive(Debug)]
pub(super) enum RawValue {
    Pattern { source: String, insensitive: bool, span: Range<usize> },
    List(Vec<RawItem>),
}

/// One of the values between commas.
#[derive(Debug)]
pub(super) struct RawItem {
    /// What it says, without the quotes around it.
    pub text: String,
    pub is_quoted: bool,
    pub span: Range<usize>,
}

pub(super) struct FilterParser<'a> {
    text: &'a str,
    at: usize,
    asker: &'a Asker,
    clauses: usize,
    depth: usize,
}

/// Parses a whole text.
pub(super) fn parse(text: &str, asker: &Asker) -> Result<FilterNode, FilterError> {
    if text.len() > LONGEST {
        let from = text.floor_char_boundary(LONGEST);
        let what = format!("the filter has {} bytes", text.len());
        return Err(FilterError::new(from..text.len(), what, format!("at most {LONGEST}")));
    }
    let mut parser = FilterParser { text, at: 0, asker, clauses: 0, depth: 0 };
    parser.blanks();
    if parser.rest().is_empty() {
        return Ok(FilterNode::And(Vec::new()));
    }
    let node = parser.or()?;
    if parser.rest().starts_with(')') {
        return Err(parser.wrong("this `)` closes nothing", "`(` before it"));
    }
    Ok(node)
}

impl<'a> FilterParser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }
    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }
    /// An error about the next character.
    fn wrong(&self, what: &str, expected: &str) -> FilterError {
        let length = self.peek().map_or(0, char::len_utf8);
        FilterError::new(self.at..self.at + length, what, expected)
    }
    /// Whether this word stands here for itself.
    fn is_at(&self, word: &str) -> bool {
        let rest = self.rest().strip_prefix(word);
        rest.is_some_and(|rest| rest.chars().next().is_none_or(ends_word))
    }
    fn take(&mut self, word: &str) -> bool {
        let is_here = self.is_at(word);
        if is_here {
            self.at += word.len();
            self.blanks();
        }
        is_here
    }

    fn or(&mut self) -> Result<FilterNode, FilterError> {
        let mut any = vec![self.and()?];
        while self.take("OR") {
            any.push(self.and()?);
        }
        Ok(FilterNode::any(any))
    }

    fn and(&mut self) -> Result<FilterNode, FilterError> {
        let mut all = vec![self.not()?];
        loop {
            self.blanks();
            if self.take("AND") {
                all.push(self.not()?);
            } else if self.is_over() {
                return Ok(FilterNode::all(all));
            } else {
                all.push(self.not()?);
            }
        }
    }
    /// Whether no clause follows to the ones before.
    fn is_over(&self) -> bool {
        self.peek().is_none_or(|c| c == ')') || self.is_at("OR")
    }

    fn not(&mut self) -> Result<FilterNode, FilterError> {
        let mut is_negated = false;
        self.blanks();
        loop {
            if self.take("NOT") {
                is_negated = !is_negated;
            } else if self.peek() == Some('-') {
                self.at += 1;
                is_negated = !is_negated;
                if self.peek().is_none_or(char::is_whitespace) {
                    return Err(self.wrong("`-` excludes nothing", "a clause right behind `-`"));
                }
            } else {
                break;
            }
        }
        if self.is_over() || self.is_at("AND") {
            return Err(self.wrong("a clause is missing here", "a word or a field"));
        }
        let node = self.atom()?;
        Ok(if is_negated { FilterNode::not(node) } else { node })
    }

    fn atom(&mut self) -> Result<FilterNode, FilterError> {
        if self.peek() != Some('(') {
            return Ok(FilterNode::Clause(Box::new(self.clause()?)));
        }
        if self.depth == DEEPEST {
            let expected = format!("at most {DEEPEST} of them");
            return Err(self.wrong("too many parentheses are open", &expected));
        }
        let opened = self.at;
        self.depth += 1;
        self.at += 1;
        let node = self.or()?;
        if self.peek() != Some(')') {
            let span = opened..opened + 1;
            return Err(FilterError::new(span, "this `(` is never closed", "`)`"));
        }
        self.at += 1;
        self.depth -= 1;
        Ok(node)
    }

    fn clause(&mut self) -> Result<FilterClause, FilterError> {
        let start = self.at;
        self.clauses += 1;
        if self.clauses > MOST_CLAUSES {
            let what = format!("the filter has more than {MOST_CLAUSES} clauses");
            return Err(self.wrong(&what, "fewer"));
        }
        let Some((word, operator)) = head(self.rest()) else {
            if self.peek().is_some_and(|c| matches!(c, ':' | '=' | '<' | '>' | '~')) {
                let expected = "a field right before it, or quotes around a text";
                return Err(self.wrong("a field is missing here", expected));
            }
            let value = self.value(false)?;
            let test = compile::anywhere(value)?;
            let written = self.text[start..self.at].to_owned();
            return Ok(FilterClause { written, test, negated: false });
        };
        let Some((field, key)) = field::find(word) else {
            return Err(self.unknown_field(word));
        };
        let span = start + word.len()..start + word.len() + operator.len();
        let operators = field.row().compares.operators();
        if !operators.contains(&operator) {
            let what = format!("`{word}` has no comparison `{operator}`");
            return Err(FilterError::new(span, what, operators.join(" ")));
        }
        self.at = span.end;
        let value = self.value(true)?;
        let asked = compile::Asked { field, key, operator, value, span: start..self.at };
        let test = compile::field(asked, self.asker)?;
        let written = self.text[start..self.at].to_owned();
        Ok(FilterClause { written, test, negated: operator == "!=" })
    }

    fn unknown_field(&self, word: &str) -> FilterError {
        let known: Vec<&str> = FIELDS.iter().map(|row| row.word).collect();
        let span = self.at..self.at + word.len();
        let what = format!("there is no field `{word}`");
        let expected = format!("one of {}, or quotes around a text", list_of_fields());
        let suggestion = nearest(&word.to_ascii_lowercase(), &known).map(str::to_owned);
        FilterError { suggestion, ..FilterError::new(span, what, expected) }
    }

    /// Reads a value. Only that of a field is a list; elsewhere a comma is a part of the word.
    fn value(&mut self, is_list: bool) -> Result<RawValue, FilterError> {
        if self.peek() == Some('/') {
            return self.pattern();
        }
        let mut items = vec![self.item(is_list)?];
        while is_list && self.peek() == Some(',') {
            self.at += 1;
            items.push(self.item(is_list)?);
        }
        Ok(RawValue::List(items))
    }

    fn item(&mut self, is_list: bool) -> Result<RawItem, FilterError> {
        let start = self.at;
        let (mut text, mut is_quoted) = (String::new(), false);
        while let Some(c) = self.peek() {
            if ends_word(c) || (is_list && c == ',') {
                break;
            }
            if c == '"' {
                is_quoted = true;
                self.quoted(&mut text)?;
            } else {
                text.push(c);
                self.at += c.len_utf8();
            }
        }
        if text.is_empty() && !is_quoted {
            return Err(self.wrong("a value is missing here", "a word or a text in quotes"));
        }
        Ok(RawItem { text, is_quoted, span: start..self.at })
    }

    fn quoted(&mut self, text: &mut String) -> Result<(), FilterError> {
        let opened = self.at;
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = opened + at + 1;
                    return Ok(());
                }
                '\\' => match chars.next() {
                    Some((_, c @ ('"' | '\\'))) => text.push(c),
                    Some((_, c)) => text.extend(['\\', c]),
                    None => text.push('\\'),
                },
                c => text.push(c),
            }
        }
        let span = opened..self.text.len();
        Err(FilterError::new(span, "this quote is never closed", "`\"` at the end of the text"))
    }

    fn pattern(&mut self) -> Result<RawValue, FilterError> {
        let start = self.at;
        let mut source = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        let end = loop {
            match chars.next() {
                Some((at, '/')) => break start + at + 1,
                Some((_, '\\')) => match chars.next() {
                    Some((_, '/')) => source.push('/'),
                    Some((_, c)) => source.extend(['\\', c]),
                    None => source.push('\\'),
                },
                Some((_, c)) => source.push(c),
                None => {
                    let expected = "`/` at its end, or quotes around a text that begins with `/`";
                    let span = start..self.text.len();
                    return Err(FilterError::new(span, "this pattern is never closed", expected));
                }
            }
        };
        self.at = end;
        let insensitive = self.peek() == Some('i');
        if insensitive {
            self.at += 1;
        }
        if !self.peek().is_none_or(ends_word) {
            return Err(self.wrong("nothing may follow a pattern but `i`", "a blank"));
        }
        Ok(RawValue::Pattern { source, insensitive, span: start..self.at })
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')')
}

/// The fields for an error.
fn list_of_fields() -> String {
    let word = |row: &FieldRow| if row.field == FilterField::Meta { "meta.KEY" } else { row.word };
    let words = FIELDS.iter().map(word);
    words.collect::<Vec<_>>().join(" ")
}

/// The word and the comparison with which the text begins; `None` if it begins with no field.
pub(super) fn head(text: &str) -> Option<(&str, &str)> {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return None;
    }
    let is_meta = text.get(..5).is_some_and(|begin| begin.eq_ignore_ascii_case("meta."));
    let is_key = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') || (is_meta && !c.is_ascii())
    };
    let end = text.find(|c| !is_key(c))?;
    let operator = ["!=", ">=", "<=", ":", "=", ">", "<", "~"];
    let operator = operator.into_iter().find(|operator| text[end..].starts_with(operator))?;
    Some((&text[..end], operator))
}
