//! The declaration of one field of a command: its name (which is also the flag of the verb on the
//! command line), the kind of value it takes, when it is shown at all, and its help texts.
//!
//! Reading a value is not done here: each grammar has a module of its own (`entry`, `amount`,
//! `party`, `plan`, and `model::when` for times), and the builders in `commands` call it.

use crate::model::{Channel, limits, when};

/// What a number of the org must be able to do, so that a form offers only those that fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelUse {
    /// It carries messages: sms, whatsapp, telegram, messenger or rcs.
    Messages,
    /// It places calls.
    Calls,
    /// It moves money.
    Payments,
}

impl ChannelUse {
    /// Whether a number on that channel fits.
    #[must_use]
    pub const fn includes(self, channel: Channel) -> bool {
        match self {
            Self::Messages => channel.is_messaging(),
            Self::Calls => matches!(channel, Channel::Voice),
            Self::Payments => matches!(channel, Channel::Payment),
        }
    }
    /// The only channel that fits, whose word a user may therefore leave out; `None` if several fit.
    #[must_use]
    pub const fn only(self) -> Option<Channel> {
        match self {
            Self::Messages => None,
            Self::Calls => Some(Channel::Voice),
            Self::Payments => Some(Channel::Payment),
        }
    }
}

/// Which side of a payment a party is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentSide {
    Pays,
    Receives,
}

/// What a field holds, which decides how it is edited and how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Free text of several lines.
    Text,
    /// Free text of one line.
    Line,
    /// One of the customer's numbers.
    Number,
    /// One of the org's numbers.
    Channel(ChannelUse),
    /// When something ends: `+7d`, `fri 18:00`, `2026-12-24 09:00`, or `never`.
    Expiry,
    /// When something happens: `+2h`, `tomorrow 9`, `mon 14:30`, `2026-12-24 09:00`.
    Moment,
    /// How often something repeats: `1d`, `12h`, or `none`.
    Every,
    /// `key=value` pairs, separated by commas or line breaks.
    Pairs,
    /// Secondary ids as `key=value`; unlike in `Pairs`, a key may have several values (R-SID-1).
    Ids,
    /// Keys, separated by commas or line breaks.
    Keys,
    /// Values in order, separated by commas or line breaks.
    Items,
    /// Data of several lines. The form says whether it is JSON, but it need not be.
    Data,
    /// One of these words. The first stands in the field when the form opens.
    Choice(&'static [&'static str]),
    /// An amount of money with its currency: `KES 1,500.00`.
    Amount,
    /// Who pays or receives (see `party`).
    Party(PaymentSide),
    /// One of the org's purses.
    Purse,
    /// The key of one of the customer's reminders.
    Reminder,
    /// Another customer: an id, a number, or `key:value`.
    Customer,
    /// One tag, which selects everyone who has it: `tier=gold`.
    TagPair,
    /// What a call does, one action per line (see `plan`).
    Actions,
    /// The text of a USSD menu, of several lines.
    Menu,
    /// A place as latitude and longitude: `-1.2921, 36.8219`.
    Place,
    /// A URL with `http` or `https`.
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
    /// The grammar of its values for help pages, where one sentence is not enough; `None` elsewhere.
    #[must_use]
    pub const fn grammar(self) -> Option<&'static str> {
        match self {
            Self::Actions => Some(super::plan::GRAMMAR),
            Self::Party(_) => Some(super::party::GRAMMAR),
            Self::Expiry | Self::Moment | Self::Every => Some(when::GRAMMAR),
            Self::Text
            | Self::Line
            | Self::Number
            | Self::Channel(_)
            | Self::Pairs
            | Self::Ids
            | Self::Keys
            | Self::Items
            | Self::Data
            | Self::Choice(_)
            | Self::Amount
            | Self::Purse
            | Self::Reminder
            | Self::Customer
            | Self::TagPair
            | Self::Menu
            | Self::Place
            | Self::Url => None,
        }
    }
    /// Whether the form lets the user choose from a list instead of typing.
    #[must_use]
    pub const fn is_choice(self) -> bool {
        matches!(self, Self::Number | Self::Channel(_) | Self::Choice(_) | Self::Purse)
    }
}

/// The help of a field in its two surroundings. Both are required, because the words of one are
/// wrong in the other: a form has a field above and a key that breaks the line, a shell has flags.
#[derive(Clone, Copy, Debug)]
pub struct FieldHelp {
    /// A sentence for the form, shown below the focused field.
    pub form: &'static str,
    /// A phrase for the verb's `--help` and the man page, without a full stop.
    pub flag: &'static str,
}

/// One field of a command.
#[derive(Debug)]
pub struct FieldSpec {
    /// The name of the flag, without dashes, and the key of the value in [`super::Values`].
    pub name: &'static str,
    /// What the form calls it; at most seven columns, because labels have a column of their own.
    pub label: &'static str,
    pub kind: FieldKind,
    /// Whether it must be filled while it is shown.
    pub required: bool,
    pub help: FieldHelp,
    /// An example that the form shows while the field is empty.
    pub placeholder: &'static str,
    /// The most characters that can be typed.
    pub max: usize,
    /// The field is shown only while one of these other fields has one of the words beside it. Empty
    /// means that it is always shown.
    pub when: &'static [(&'static str, &'static [&'static str])],
    /// Whether a form shows it only once it is asked for, because hardly anybody needs it.
    pub on_demand: bool,
}

impl FieldSpec {
    /// A field that is always shown, may be empty, and takes at most 255 characters.
    #[must_use]
    pub const fn new(name: &'static str, kind: FieldKind, help: FieldHelp) -> Self {
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
            on_demand: false,
        }
    }
    /// The same field, but it must be filled.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    /// The same field under another label than its name.
    #[must_use]
    pub const fn label(mut self, label: &'static str) -> Self {
        self.label = label;
        self
    }
    /// The same field, which a form shows only once it is asked for.
    #[must_use]
    pub const fn on_demand(mut self) -> Self {
        self.on_demand = true;
        self
    }
    /// The same field with an example that is shown while it is empty.
    #[must_use]
    pub const fn placeholder(mut self, text: &'static str) -> Self {
        self.placeholder = text;
        self
    }
    /// The same field for at most so many characters.
    #[must_use]
    pub const fn max(mut self, max: usize) -> Self {
        self.max = max;
        self
    }
    /// The same field, shown only while one of the named fields has one of the words beside it.
    #[must_use]
    pub const fn when(mut self, when: &'static [(&'static str, &'static [&'static str])]) -> Self {
        self.when = when;
        self
    }
    /// What stands in it when the form opens: the first word of a choice, else nothing.
    #[must_use]
    pub const fn initial(&self) -> &'static str {
        if let FieldKind::Choice([first, ..]) = self.kind { first } else { "" }
    }
}
