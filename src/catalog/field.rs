//! What a field of a command is: its name (also the flag of the headless verb), what it holds,
//! when it is there at all, and the words that help with it.

use crate::model::{Channel, limits};

/// Which of the org's numbers will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// Those that carry messages.
    Messages,
    /// Those that place calls.
    Calls,
    /// Those that move money.
    Payments,
}

impl Lines {
    /// Whether numbers on that channel will do.
    #[must_use]
    pub const fn includes(self, channel: Channel) -> bool {
        match self {
            Self::Messages => channel.is_messaging(),
            Self::Calls => matches!(channel, Channel::Voice),
            Self::Payments => matches!(channel, Channel::Payment),
        }
    }
    /// The channel, where there is only one.
    #[must_use]
    pub const fn only(self) -> Option<Channel> {
        match self {
            Self::Messages => None,
            Self::Calls => Some(Channel::Voice),
            Self::Payments => Some(Channel::Payment),
        }
    }
}

/// What a field holds and how it is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Several lines.
    Text,
    /// One line.
    Line,
    /// One of the customer's numbers.
    Number,
    /// One of the org's numbers.
    Channel(Lines),
    /// When something ends: `+7d`, `in 3d`, `2026-12-24 09:00`, `never`.
    Expiry,
    /// When something happens: `+2h`, `tomorrow 09:00`, `2026-12-24 09:00`.
    Moment,
    /// How often: `1d`, `12h`, `none`.
    Every,
    /// `key=value`, separated by commas or line breaks.
    Pairs,
    /// `key=value` as a name of the customer; the same key may have several values (R-SID-1).
    Ids,
    /// Keys, separated by commas or line breaks.
    Keys,
    /// Values in order, separated by commas or line breaks.
    Items,
    /// Several lines of data; whether they are JSON is shown.
    Data,
    /// One of these words; the first to begin with.
    Choice(&'static [&'static str]),
    /// An amount of money with its currency: `KES 1,500.00`.
    Amount,
    /// A side of a payment (see `party`).
    Party,
    /// The key of one of the customer's reminders.
    Reminder,
    /// Another customer: an id, a number, or `key:value`.
    Customer,
    /// The tag of those who are meant: `tier=gold`.
    TagPair,
    /// What a call does, one action per line (see `plan`).
    Actions,
    /// What a USSD phone shows.
    Menu,
    /// A place: `-1.2921, 36.8219`.
    Place,
    /// An address on the web.
    Url,
}

impl FieldKind {
    /// Whether it is edited over several lines.
    #[must_use]
    pub const fn is_multiline(self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::Pairs
                | Self::Ids
                | Self::Keys
                | Self::Items
                | Self::Data
                | Self::Actions
                | Self::Menu
        )
    }
    /// How it is written, line by line, where a sentence is not enough.
    #[must_use]
    pub const fn grammar(self) -> Option<&'static str> {
        match self {
            Self::Actions => Some(super::plan::GRAMMAR),
            Self::Party => Some(super::party::GRAMMAR),
            Self::Text
            | Self::Line
            | Self::Number
            | Self::Channel(_)
            | Self::Expiry
            | Self::Moment
            | Self::Every
            | Self::Pairs
            | Self::Ids
            | Self::Keys
            | Self::Items
            | Self::Data
            | Self::Choice(_)
            | Self::Amount
            | Self::Reminder
            | Self::Customer
            | Self::TagPair
            | Self::Menu
            | Self::Place
            | Self::Url => None,
        }
    }
    /// Whether it is chosen from a list.
    #[must_use]
    pub const fn is_choice(self) -> bool {
        matches!(self, Self::Number | Self::Channel(_) | Self::Choice(_))
    }
}

/// One field of a command.
#[derive(Debug)]
pub struct FieldSpec {
    /// The flag of the headless verb, without dashes.
    pub name: &'static str,
    /// What the form calls it; at most seven columns.
    pub label: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it must be filled, where it is there.
    pub required: bool,
    /// One sentence.
    pub help: &'static str,
    /// Shown while it is empty.
    pub placeholder: &'static str,
    /// At most so many characters.
    pub max: usize,
    /// It is there only while another field has one of these words; empty: always.
    pub when: &'static [(&'static str, &'static [&'static str])],
}

impl FieldSpec {
    /// A field of at most 255 characters that may be empty.
    #[must_use]
    pub const fn new(name: &'static str, kind: FieldKind, help: &'static str) -> Self {
        let (label, placeholder) = (name, "");
        Self {
            name,
            label,
            kind,
            required: false,
            help,
            placeholder,
            max: limits::WORD_CHARS,
            when: &[],
        }
    }
    /// It must be filled.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    /// What the form calls it.
    #[must_use]
    pub const fn label(mut self, label: &'static str) -> Self {
        self.label = label;
        self
    }
    /// What is shown while it is empty.
    #[must_use]
    pub const fn placeholder(mut self, text: &'static str) -> Self {
        self.placeholder = text;
        self
    }
    /// At most so many characters.
    #[must_use]
    pub const fn max(mut self, max: usize) -> Self {
        self.max = max;
        self
    }
    /// Only while one of these fields has one of these words.
    #[must_use]
    pub const fn when(mut self, when: &'static [(&'static str, &'static [&'static str])]) -> Self {
        self.when = when;
        self
    }
    /// What stands in it before anything was written.
    #[must_use]
    pub const fn initial(&self) -> &'static str {
        if let FieldKind::Choice([first, ..]) = self.kind { first } else { "" }
    }
}
