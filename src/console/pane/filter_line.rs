//! The filter line of the feed while it is typed: the text, what is wrong with it, what may stand where the
//! cursor is, and the filters that were used before.
//!
//! It changes no rows. Whoever owns it hands the text to the feed after every key, and the feed says whether
//! it is a filter.

use super::feed::{FeedFilter, LiveFeed, SeenValues};
use crate::{
    model::{fold::fold, line_break::with_newlines},
    query::{FilterError, FilterField, complete, quoted},
};
use crossterm::event::{Event, KeyCode, KeyEvent};
use std::{cmp::Reverse, ops::Range};
use tui_input::{Input, backend::crossterm::EventHandler as _};

/// The longest text in characters; what is beyond is cut off. It is far more than a filter may have, so that
/// what is too long is seen and told, and not cut off in silence.
const LONGEST: usize = 16 << 10;
/// How many values are offered.
const MOST: usize = 100;
/// How many rows are looked at for their values before the keys get their turn again.
pub const COUNTED: usize = 2_048;

/// Something that may stand where the cursor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterOffer {
    /// What is put into the line; raw.
    pub text: String,
    /// The value that it names, without quotes around it; for a field the same as the text.
    value: String,
    /// What it means, in a line; empty for a value.
    pub help: String,
    /// In how many rows it was seen.
    pub seen: usize,
}

/// The open list of what may stand where the cursor is.
#[derive(Clone, Debug)]
pub struct OfferList {
    /// The text before anything was put in, and the bytes of it that an offer replaces.
    typed: String,
    span: Range<usize>,
    offers: Vec<FilterOffer>,
    selected: usize,
    /// The field whose values are offered, and which of them were seen.
    values: Option<(FilterField, SeenValues)>,
    /// Whether the values are the keys of `meta.`.
    has_keys: bool,
}

impl OfferList {
    #[must_use]
    pub fn offers(&self) -> &[FilterOffer] {
        &self.offers
    }
    #[must_use]
    pub const fn selected(&self) -> usize {
        self.selected
    }
    /// The field whose values are offered, how many rows were looked at, and whether these are all; `None`
    /// if fields are offered.
    #[must_use]
    pub fn counted(&self) -> Option<(FilterField, usize, bool)> {
        self.values.as_ref().map(|(field, seen)| (*field, seen.rows(), seen.is_done()))
    }

    /// Takes in what was counted. Offers that are there stay where they are, so that none moves from under
    /// the selection, and new ones come behind them.
    fn refresh(&mut self) {
        let Some((field, seen)) = &self.values else { return };
        for offer in &mut self.offers {
            offer.seen = seen.count(&offer.value);
        }
        // Every word of such a field is offered already.
        if !field.words().is_empty() {
            return;
        }
        let typed = fold(self.typed[self.span.clone()].trim_start_matches('"'));
        let rank = |value: &str| {
            let value = fold(value);
            if value.starts_with(&typed) { Some(0) } else { value.contains(&typed).then_some(1) }
        };
        let is_offered = |value: &str| self.offers.iter().any(|offer| offer.value == value);
        let fits = |value: &str| !self.has_keys || value.chars().all(is_of_key);
        let new = seen.all().filter(|(value, _)| fits(value) && !is_offered(value));
        let mut new: Vec<_> =
            new.filter_map(|(value, seen)| Some((rank(value)?, Reverse(seen), value))).collect();
        new.sort_unstable();
        let room = MOST.saturating_sub(self.offers.len());
        let new = new.into_iter().take(room).map(|(_, Reverse(seen), value)| {
            let text = if self.has_keys { format!("{value}:") } else { quoted(value) };
            FilterOffer { text, value: value.to_owned(), help: String::new(), seen }
        });
        let new: Vec<_> = new.collect();
        self.offers.extend(new);
    }
    /// Puts those first that were seen most.
    fn sort(&mut self) {
        if self.values.is_some() {
            self.offers.sort_by_key(|offer| Reverse(offer.seen));
        }
    }
    /// The text with the selected offer in it, and how many bytes of it are before the cursor.
    fn chosen(&self) -> Option<(String, usize)> {
        let offer = self.offers.get(self.selected)?;
        let (before, behind) = (&self.typed[..self.span.start], &self.typed[self.span.end..]);
        let cursor = before.len() + offer.text.len();
        Some((format!("{before}{}{behind}", offer.text), cursor))
    }
}

/// Whether a key of metadata with this character in it can be written in a filter.
fn is_of_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The line while it is typed.
#[derive(Clone, Debug)]
pub struct FilterLine {
    input: Input,
    /// The filter to go back to.
    before: FeedFilter,
    error: Option<FilterError>,
    offers: Option<OfferList>,
    /// Whether the comparison before the cursor came with an offer, and nothing was typed since. Whoever types
    /// another one means that instead.
    offered: bool,
    /// Which of the earlier filters is in the line, counted from the newest, and what was typed before.
    recalled: Option<(usize, String)>,
}

impl FilterLine {
    /// Opens the line on the filter that there is.
    #[must_use]
    pub fn open(before: FeedFilter) -> Self {
        let input = Input::new(before.text().to_owned());
        Self { input, before, error: None, offers: None, offered: false, recalled: None }
    }
    /// What is typed, raw and not yet safe to draw.
    #[must_use]
    pub fn text(&self) -> &str {
        self.input.value()
    }
    /// How many bytes of the text are before the cursor.
    #[must_use]
    pub fn cursor(&self) -> usize {
        let chars = self.text().char_indices();
        chars.map(|(at, _)| at).nth(self.input.cursor()).unwrap_or(self.text().len())
    }
    /// Why the text is no filter; `None` if it is one.
    #[must_use]
    pub const fn error(&self) -> Option<&FilterError> {
        self.error.as_ref()
    }
    /// Notes whether the text is a filter.
    pub fn judge(&mut self, judged: Result<(), FilterError>) {
        self.error = judged.err();
    }
    /// The open list of what may stand where the cursor is.
    #[must_use]
    pub const fn offers(&self) -> Option<&OfferList> {
        self.offers.as_ref()
    }
    /// The filter that was in force before the line was opened.
    #[must_use]
    pub fn into_before(self) -> FeedFilter {
        self.before
    }

    /// Types a key. Returns whether the text changed.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        if std::mem::take(&mut self.offered) {
            self.make_room(key);
        }
        let changed = self.input.handle_event(&Event::Key(key));
        self.offers = None;
        if self.text().chars().count() > LONGEST {
            self.input = Input::new(self.text().chars().take(LONGEST).collect());
        }
        let changed = changed.is_some_and(|changed| changed.value);
        if changed {
            self.recalled = None;
        }
        changed
    }
    /// Takes the comparison of an offer away before another one is typed. `=` makes `>=` and `<=` of it.
    fn make_room(&mut self, key: KeyEvent) {
        let KeyCode::Char(typed) = key.code else { return };
        let before = self.text()[..self.cursor()].chars().next_back();
        let is_instead = match typed {
            '=' => before == Some(':'),
            ':' | '<' | '>' | '~' => true,
            _ => false,
        };
        if is_instead && before.is_some_and(|c| matches!(c, ':' | '<' | '>')) {
            self.input.handle_event(&Event::Key(KeyCode::Backspace.into()));
        }
    }
    /// Puts pasted text where the cursor is, as one line.
    pub fn paste(&mut self, text: &str) {
        self.offered = false;
        let (before, behind) = self.text().split_at(self.cursor());
        let text = with_newlines(text);
        let pasted = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        let room = LONGEST.saturating_sub(self.text().chars().count());
        let pasted: String = pasted.take(room).collect();
        let cursor = self.input.cursor() + pasted.chars().count();
        let whole = format!("{before}{pasted}{behind}");
        self.input = Input::new(whole).with_cursor(cursor);
        (self.offers, self.recalled) = (None, None);
    }
    fn put(&mut self, text: String, cursor: usize) {
        let cursor = text[..text.floor_char_boundary(cursor)].chars().count();
        self.input = Input::new(text).with_cursor(cursor);
    }

    /// Puts the next offer into the line, or the one before it, and opens the list of offers first if it is
    /// not open. One that is alone needs no list. Returns whether there is an offer.
    pub fn complete(&mut self, feed: &LiveFeed, forward: bool) -> bool {
        match &mut self.offers {
            Some(list) => {
                let (len, by) =
                    (list.offers.len(), if forward { 1 } else { list.offers.len() - 1 });
                list.selected = (list.selected + by) % len;
            }
            None => self.offers = self.list(feed, forward),
        }
        let Some(list) = &self.offers else { return false };
        let is_alone = list.offers.len() == 1 && list.counted().is_none_or(|(.., is_all)| is_all);
        if let Some((text, cursor)) = list.chosen() {
            self.put(text, cursor);
            self.offered = true;
        }
        if is_alone {
            self.offers = None;
        }
        self.recalled = None;
        true
    }
    fn list(&self, feed: &LiveFeed, forward: bool) -> Option<OfferList> {
        let found = complete(self.text(), self.cursor());
        let offers = found.offers.into_iter().map(|offer| FilterOffer {
            value: offer.text.clone(),
            text: offer.text,
            help: offer.help,
            seen: 0,
        });
        let mut list = OfferList {
            typed: self.text().to_owned(),
            span: found.span,
            offers: offers.collect(),
            selected: 0,
            has_keys: found.field == Some(FilterField::Meta) && found.key.is_none(),
            values: found.field.map(|field| (field, SeenValues::of(field, found.key))),
        };
        if let Some((_, seen)) = &mut list.values {
            feed.count_values(seen, COUNTED);
        }
        list.refresh();
        list.sort();
        list.selected = if forward { 0 } else { list.offers.len().saturating_sub(1) };
        (!list.offers.is_empty()).then_some(list)
    }
    /// Whether values are still being counted.
    #[must_use]
    pub fn is_counting(&self) -> bool {
        let values = self.offers.as_ref().and_then(|list| list.values.as_ref());
        values.is_some_and(|(_, seen)| !seen.is_done())
    }
    /// Goes on counting.
    pub fn count(&mut self, feed: &LiveFeed) {
        if let Some(list) = &mut self.offers
            && let Some((_, seen)) = &mut list.values
        {
            feed.count_values(seen, COUNTED);
            list.refresh();
        }
    }
    /// Closes the list of offers. What was put in stays, or is taken out again. Returns whether it was open.
    pub fn close_offers(&mut self, keep: bool) -> bool {
        let Some(list) = self.offers.take() else { return false };
        if !keep {
            let cursor = list.span.end;
            self.put(list.typed, cursor);
            self.offered = false;
        }
        true
    }

    /// Puts an earlier filter into the line, or a later one. The newest is the last of `history`, and behind
    /// it comes what was typed. Returns whether there is one.
    pub fn recall(&mut self, history: &[String], older: bool) -> bool {
        let at = match (&self.recalled, older) {
            (None, true) => 0,
            (Some((at, _)), true) => at + 1,
            (Some((at, _)), false) if *at > 0 => at - 1,
            (Some(_), false) => {
                let Some((_, typed)) = self.recalled.take() else { return false };
                let end = typed.len();
                self.put(typed, end);
                return true;
            }
            (None, false) => return false,
        };
        let others = history.iter().rev().filter(|text| text.as_str() != self.before.text());
        let Some(text) = others.clone().nth(at) else { return false };
        let typed = match self.recalled.take() {
            Some((_, typed)) => typed,
            None => self.text().to_owned(),
        };
        let end = text.len();
        self.put(text.clone(), end);
        (self.recalled, self.offers) = (Some((at, typed)), None);
        true
    }
}
