//! A list that is searched by typing, such as the palette, the help and the clauses of the filter. Rows that cannot
//! be chosen stay in the list with their reason, so that every row stays where the agent's
//! hands remember it.

use crate::{
    console::{
        actions::{Action, Reason},
        export::FileFormat,
    },
    model::{
        CallId, CustomerNumber, CustomerRef, Timestamp, WorkId,
        line_break::{is_line_break, with_newlines},
    },
};
use crossterm::event::{Event, KeyEvent};
use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use tui_input::{Input, InputRequest, backend::crossterm::EventHandler as _};

/// The longest query in characters; what is beyond is cut off.
const LONGEST: usize = 256;

/// What choosing a row does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PickerChoice {
    Run(Action),
    /// Opens a customer in the inspector.
    Open(CustomerRef),
    /// Opens the form that writes to a number that nobody has yet.
    WriteTo(CustomerNumber),
    /// Opens the form of a draft.
    Draft(CallId),
    /// Opens the list of work by tag at this one.
    Work(WorkId),
    /// Writes what the feed shows to a file.
    Export {
        format: FileFormat,
        masked: bool,
    },
    StopExport,
    /// Writes the people of a work that are shown to a file.
    ExportPeople(FileFormat),
    /// Switches a clause of the filter off, or on again.
    SwitchClause(usize),
    /// Goes to this time in the feed.
    GoTo(Timestamp),
    /// Goes to the marked row with this number.
    Mark(usize),
    /// Shows the feed as the view with this number says; `None` shows everything in `talk`.
    View(Option<usize>),
    /// Writes the canned reply of this name into the form.
    Reply(String),
    /// Lets nothing follow the message that is being written.
    DropSteps,
    /// Writes what is typed in place of the gap that is asked for.
    FillGap,
    /// Adds this clause to the filter.
    AddClause(String),
    /// Closes the list, because the row only explains something.
    Close,
}

/// One row. Its texts are raw.
#[derive(Clone, Debug)]
pub struct PickerItem {
    /// What choosing it does.
    pub choice: PickerChoice,
    /// The heading that it is under.
    pub section: &'static str,
    pub title: String,
    /// A line about what it does, or the numbers of a customer.
    pub detail: String,
    /// Other words by which it is found.
    pub synonyms: String,
    /// The keys that do the same.
    pub keys: String,
    /// What it can do to others, in a word; empty if it is harmless.
    pub risk: &'static str,
    /// Why it cannot be chosen now; `None` if it can.
    pub reason: Option<Reason>,
    /// Whether the hub has found it for what is typed. Then it matches, however it is spelled here.
    pub found: bool,
}

impl PickerItem {
    /// A row that can be chosen, is harmless, and has neither keys nor other words.
    #[must_use]
    pub fn new(
        choice: PickerChoice,
        section: &'static str,
        title: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            choice,
            section,
            title: title.into(),
            detail: detail.into(),
            synonyms: String::new(),
            keys: String::new(),
            risk: "",
            reason: None,
            found: false,
        }
    }
}

/// Which of the lists it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Actions and customers.
    Palette,
    /// What the keys do.
    Help,
    /// The ways to write a file.
    Export,
    /// The clauses of the filter.
    Clauses,
    /// Clauses that ask for what the selected row has.
    RowClauses,
    /// The views of the feed.
    Views,
    /// A time that is typed, to go there.
    Time,
    /// The rows of the feed that are marked.
    Marks,
    /// What was written and not sent.
    Drafts,
    /// Replies that are used often, for the text of the form.
    Replies,
    /// What only the agent knows, which is typed.
    Gap,
    /// What differs between two states of a customer.
    Differences,
}

/// An open list.
#[derive(Clone, Debug)]
pub struct Picker {
    kind: Kind,
    input: Input,
    items: Vec<PickerItem>,
    /// The indexes of the `items` that match, the best first.
    matches: Vec<usize>,
    selected: usize,
    /// The search for customers by what is typed, as far as its rows do not say it.
    search: Option<SearchNote>,
}

/// What the rows of a search for customers do not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SearchNote {
    /// How many customers were sent.
    pub listed: usize,
    /// How many match, or at least.
    pub total: u64,
    pub total_is_least: bool,
    /// How many entries the hub's index has still to read (R-REPLY-6).
    pub unread: u64,
    /// How many entries that have the words were sent, and how many there are, or at least.
    pub written: usize,
    pub written_total: u64,
    pub written_total_is_least: bool,
    /// Whether the hub could not answer.
    pub failed: bool,
}

impl Picker {
    /// Opens a list with a query that is already typed.
    #[must_use]
    pub fn open(kind: Kind, items: Vec<PickerItem>, query: &str) -> Self {
        let input = Input::new(query.to_owned());
        let mut picker =
            Self { kind, input, items, matches: Vec::new(), selected: 0, search: None };
        picker.search();
        picker
    }

    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }
    /// What is typed.
    #[must_use]
    pub fn query(&self) -> &str {
        self.input.value()
    }
    /// What is typed behind the prefix `@`, which narrows the list to customers; `None`
    /// without that prefix. One more is no part of the name: the list may have opened with
    /// the first already typed.
    #[must_use]
    pub fn customer_query(&self) -> Option<&str> {
        let query = self.query().trim_start();
        query.starts_with('@').then(|| query.trim_start_matches('@').trim())
    }
    /// The column of the cursor within the query.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.input.visual_cursor()
    }
    /// The rows that match, the best first, each with whether it is selected.
    #[must_use]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (&PickerItem, bool)> {
        self.matches.iter().enumerate().map(|(i, n)| (&self.items[*n], i == self.selected))
    }
    /// Notes the search for customers by what is typed now. It is forgotten when other words are typed.
    pub const fn note(&mut self, search: SearchNote) {
        self.search = Some(search);
    }
    /// The search for customers by what is typed now; `None` before there is an answer.
    #[must_use]
    pub const fn search_note(&self) -> Option<SearchNote> {
        self.search
    }
    /// The index of the selected row among those that match.
    #[must_use]
    pub const fn selected(&self) -> usize {
        self.selected
    }
    /// What Enter would do, or the reason why it cannot; `None` if nothing matches.
    #[must_use]
    pub fn choice(&self) -> Option<Result<PickerChoice, Reason>> {
        let item = &self.items[*self.matches.get(self.selected)?];
        Some(item.reason.map_or(Ok(item.choice.clone()), Err))
    }

    /// Types a key. Returns whether the query changed.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let changed = self.input.handle_event(&Event::Key(key)).is_some_and(|c| c.value);
        if changed {
            self.changed();
        }
        changed
    }
    /// Puts pasted text into the query. Line breaks and control characters become blanks.
    pub fn paste(&mut self, text: &str) {
        insert(&mut self.input, text, LONGEST);
        self.changed();
    }
    /// Moves the selection; a positive number moves down.
    pub fn move_by(&mut self, rows: i32) {
        let last = self.matches.len().saturating_sub(1);
        let to = i64::try_from(self.selected).unwrap_or(0) + i64::from(rows);
        self.selected = usize::try_from(to).unwrap_or(0).min(last);
    }
    /// Selects a row by its index in `rows`.
    pub fn select(&mut self, place: usize) {
        self.selected = place.min(self.matches.len().saturating_sub(1));
    }
    /// Replaces the rows and keeps what is typed.
    pub fn refill(&mut self, items: Vec<PickerItem>) {
        self.items = items;
        let selected = self.selected;
        self.search();
        self.select(selected);
    }

    fn changed(&mut self) {
        if self.query().chars().count() > LONGEST {
            self.input = Input::new(self.query().chars().take(LONGEST).collect());
        }
        self.search = None;
        self.search();
    }

    fn search(&mut self) {
        self.selected = 0;
        // What is typed is a time or a value, and not what to look for.
        if matches!(self.kind, Kind::Time | Kind::Gap) {
            self.matches = (0..self.items.len()).collect();
            return;
        }
        let customers = self.customer_query().map(str::to_owned);
        let words = customers.as_deref().unwrap_or(self.query().trim());
        let fits =
            |item: &PickerItem| customers.is_none() || !matches!(item.choice, PickerChoice::Run(_));
        if words.is_empty() {
            self.matches = (0..self.items.len()).filter(|n| fits(&self.items[*n])).collect();
            return;
        }
        let pattern = Pattern::parse(words, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut letters = Vec::new();
        let mut score = |text: &str, weight: u32| {
            pattern.score(Utf32Str::new(text, &mut letters), &mut matcher).map(|s| s * weight)
        };
        let mut found: Vec<(u32, usize)> = Vec::new();
        for (n, item) in self.items.iter().enumerate().filter(|(_, item)| fits(item)) {
            // The name counts most, then the words that an agent may use for it, then its keys,
            // then its description.
            let best = score(&item.title, 4)
                .max(score(&item.synonyms, 3))
                .max(score(&item.keys, 2))
                .max(score(&item.detail, 1))
                .or_else(|| item.found.then_some(0));
            if let Some(best) = best {
                found.push((best, n));
            }
        }
        // Under headings, each section stays together.
        let section = |n: usize| {
            let name = self.items[n].section;
            self.items.iter().position(|item| item.section == name).filter(|_| customers.is_some())
        };
        found.sort_by_key(|(score, n)| (section(*n), std::cmp::Reverse(*score), *n));
        self.matches = found.into_iter().map(|(_, n)| n).collect();
    }
}

/// Puts pasted text where the cursor is, as one line and at most `longest` characters of it.
pub fn insert(input: &mut Input, text: &str, longest: usize) {
    let blank = |c: char| c.is_control() || is_line_break(c);
    for c in with_newlines(text).chars().take(longest) {
        input.handle(InputRequest::InsertChar(if blank(c) { ' ' } else { c }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyCode;

    fn item(action: Action) -> PickerItem {
        let row = action.row();
        PickerItem {
            synonyms: row.synonyms.into(),
            reason: (action == Action::Undo).then_some("nothing is held back"),
            ..PickerItem::new(PickerChoice::Run(action), "here", row.title, row.help)
        }
    }
    fn all() -> Vec<PickerItem> {
        Action::table().map(|row| item(row.action)).collect()
    }
    fn typed(words: &str) -> Picker {
        let mut picker = Picker::open(Kind::Palette, all(), "");
        for c in words.chars() {
            picker.key(KeyCode::Char(c).into());
        }
        picker
    }

    #[test]
    fn the_words_of_the_agent_find_the_action() {
        for (words, action) in [
            ("grep", Action::Filter),
            ("respond", Action::Command(&crate::catalog::REPLY)),
            ("zoom", Action::Zoom),
            ("pase", Action::Pause),
        ] {
            assert_eq!(typed(words).choice(), Some(Ok(PickerChoice::Run(action))), "{words}");
        }
    }

    #[test]
    fn what_cannot_be_chosen_stays_with_its_reason() {
        assert_eq!(typed("take back").choice(), Some(Err("nothing is held back")));
    }

    #[test]
    fn at_narrows_to_customers_and_nothing_found_is_no_choice() {
        let mut picker = typed("@amina");
        assert_eq!(picker.customer_query(), Some("amina"));
        let mut opened = Picker::open(Kind::Palette, all(), "@");
        opened.paste("@amina");
        assert_eq!(opened.customer_query(), Some("amina"), "one @ more changes nothing");
        assert_eq!(picker.choice(), None);
        picker.move_by(-5);
        picker.move_by(5);
        assert_eq!(picker.rows().len(), 0);
    }

    #[test]
    fn what_the_hub_found_matches_however_it_is_spelled_and_sections_stay_together() {
        let row = |section, title: &str, found| PickerItem {
            choice: PickerChoice::Open(CustomerRef::Id(title.into())),
            section,
            title: title.into(),
            found,
            reason: None,
            ..item(Action::Undo)
        };
        let items = vec![
            row("customers", "+254711000101", true),
            row("customers", "Amina", false),
            row("written", "0711 000 101 is my number", true),
        ];
        let shown = |query: &str| {
            let picker = Picker::open(Kind::Palette, items.clone(), query);
            picker.rows().map(|(item, _)| item.title.clone()).collect::<Vec<_>>()
        };
        assert_eq!(shown("@0711 000 101"), ["+254711000101", "0711 000 101 is my number"]);
        assert_eq!(shown("0711 000 101"), ["0711 000 101 is my number", "+254711000101"]);
        assert_eq!(shown("@amina"), ["Amina", "+254711000101", "0711 000 101 is my number"]);
    }

    #[test]
    fn what_was_found_is_said_only_of_the_words_that_were_searched_for() {
        let note = SearchNote {
            listed: 20,
            total: 300,
            total_is_least: true,
            unread: 7,
            written: 20,
            written_total: 40,
            written_total_is_least: false,
            failed: false,
        };
        let mut picker = typed("@ami");
        picker.note(note);
        picker.key(KeyCode::Left.into());
        picker.refill(all());
        assert_eq!(picker.search_note(), Some(note), "it stays while the words do");
        picker.key(KeyCode::Char('n').into());
        assert_eq!(picker.search_note(), None);
        picker.note(note);
        picker.paste("a");
        assert_eq!(picker.search_note(), None);
    }

    #[test]
    fn a_paste_is_one_line_and_is_cut() {
        let mut picker = typed("ac");
        picker.key(KeyCode::Left.into());
        picker.paste("b");
        assert_eq!(picker.query(), "abc", "it lands where the cursor is");
        picker.paste(&"a\r\n".repeat(1000));
        assert!(picker.query().chars().count() <= LONGEST);
        assert!(!picker.query().contains('\n'));
    }
}
