//! The fields of the filter language. One table says how each is written, what it means, and an example;
//! the parser, the completion and `docs/FILTER.md` are made of it.

use super::status;
use crate::model::Channel;

/// A field that a clause asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterField {
    Type,
    Dir,
    Chan,
    St,
    Code,
    Cust,
    Num,
    Name,
    Tag,
    Meta,
    Text,
    Amt,
    Cur,
    Age,
    At,
    Sess,
    Id,
    App,
    By,
    Key,
    Is,
    Has,
}

/// What is known about a field.
#[derive(Debug)]
pub struct FieldRow {
    pub field: FilterField,
    /// How it is written. `meta.` is followed by the key of a metadata value.
    pub word: &'static str,
    /// What it means, in a line.
    pub help: &'static str,
    /// A clause with it.
    pub example: &'static str,
    /// Which comparisons it has.
    pub compares: Comparable,
}

/// How the values of a field compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparable {
    /// It is one of a few words: `:` `=` `!=`.
    Words,
    /// It is a text: `:` `=` `!=` `~`.
    Text,
    /// It has an order: `:` `=` `!=` `>` `>=` `<` `<=`, and ranges.
    Ordered,
    /// It is a length of time up to now: `>` `>=` `<` `<=`, and ranges with `:`.
    Span,
}

impl Comparable {
    /// The comparisons as they are written.
    #[must_use]
    pub const fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Words => &[":", "=", "!="],
            Self::Text => &[":", "=", "!=", "~"],
            Self::Ordered => &[":", "=", "!=", ">", ">=", "<", "<="],
            Self::Span => &[":", ">", ">=", "<", "<="],
        }
    }
}

macro_rules! fields {
    ($($field:ident $compares:ident $word:literal $help:literal $example:literal,)*) => {
        /// Every field, in the order in which they are shown.
        pub const FIELDS: &[FieldRow] = &[$(FieldRow {
            field: FilterField::$field,
            word: $word,
            help: $help,
            example: $example,
            compares: Comparable::$compares,
        }),*];
        impl FilterField {
            /// Its row in [`FIELDS`].
            #[must_use]
            pub const fn row(self) -> &'static FieldRow { &FIELDS[self as usize] }
        }
    };
}

fields! {
    Type Words "type" "what kind of event it is, by word or code" "type:msg,pay",
    Dir Words "dir" "whether it came in from the customer or went out to them" "dir:in",
    Chan Text "chan" "the channel by its word, or the org's number on it" "chan:whatsapp",
    St Words "st" "the status that it reports, by word" "st:delivered",
    Code Words "code" "the status that it reports, by the number of the contract" "code:401",
    Cust Text "cust" "the id of a customer whom it is about" "cust:el_cst_4f2a",
    Num Text "num" "the customer's number; * stands for any digits" "num:*880",
    Name Text "name" "what the customer was called then" "name:wanjiru",
    Tag Text "tag" "a tag that it sets or removes, or by which work is done, as key=value" "tag:city=nairobi",
    Meta Text "meta." "the metadata value of this key that it sets" "meta.order:8841",
    Text Text "text" "what it says: the message, or the sentence of the row" "text~/refund|rejesha/i",
    Amt Ordered "amt" "the amount of money in whole units of its currency" "amt>1000",
    Cur Words "cur" "the currency of the amount" "cur:kes",
    Age Span "age" "how long ago it happened" "age<2h",
    At Ordered "at" "when it happened" "at:14:00..14:30",
    Sess Text "sess" "the USSD session or call that it is part of" "sess:el_ses_07c1",
    Id Text "id" "the id of the message, payment, session or work that it is about, or of the message that it answers" "id:el_msg_4f2a",
    App Text "app" "the app that it concerns" "app:shop",
    By Text "by" "who did it: the label of a key, or hub, customer, network" "by:brian",
    Key Text "key" "the key of the tag, value, id, reminder or lease that it is about" "key:crm",
    Is Words "is" "what can be said of it" "is:problem",
    Has Words "has" "what it has" "has:link",
}

/// The fields of `is:` that depend on who looks. An event alone cannot say them.
pub(super) const OF_THE_VIEWER: &[&str] = &["unread", "marked", "done", "held", "mine", "waiting"];
/// What `is:` can ask.
pub(super) const IS: &[(&str, &str)] = &[
    ("problem", "it went wrong or needs attention"),
    ("gap", "entries are missing here; no event is a gap, and rows of gaps are always shown"),
];
/// What `has:` can ask.
pub(super) const HAS: &[(&str, &str)] = &[
    ("link", "a web address in the message or menu"),
    ("media", "a picture, voice message or other file"),
    ("reply", "a message that it answers"),
    ("tag", "a tag that it sets or removes, or by which work is done"),
    ("lease", "a lease on a metadata value"),
];
/// The words of `dir:`, each with what it means.
pub(super) const DIRS: &[(&str, &str)] = &[
    ("in", "from the customer"),
    ("out", "to the customer"),
    ("none", "neither, such as a report or a change of data"),
];
/// The kinds of events: the word, other ways to write it, and the code of the feed's rows.
pub(super) const TYPES: &[(&str, &[&str], &str)] = &[
    ("msg", &["message"], "MSG"),
    ("dlv", &["delivery"], "DLV"),
    ("pay", &["payment"], "PAY"),
    ("call", &["cal"], "CAL"),
    ("ussd", &["uss"], "USS"),
    ("session", &["ses"], "SES"),
    ("consent", &["con"], "CON"),
    ("reminder", &["rem"], "REM"),
    ("tag", &[], "TAG"),
    ("data", &["dat"], "DAT"),
    ("ids", &["id"], "IDS"),
    ("new", &["customer"], "NEW"),
    ("merge", &["mrg"], "MRG"),
    ("lease", &["lse"], "LSE"),
    ("work", &["wrk"], "WRK"),
    ("expired", &["exp"], "EXP"),
    ("dropped", &["drp"], "DRP"),
    ("clock", &["clk"], "CLK"),
    ("net", &["network", "carrier"], "NET"),
    ("cut", &["pruned"], "CUT"),
    ("sch", &["scheduled"], "SCH"),
    ("ans", &["answered"], "ANS"),
    ("unreadable", &["???"], "???"),
];
/// Short words for channels, beside those of [`Channel::from_word`].
pub(super) const CHANNELS: &[(&str, Channel)] = &[
    ("wa", Channel::Whatsapp),
    ("tg", Channel::Telegram),
    ("fb", Channel::Messenger),
    ("call", Channel::Voice),
    ("pay", Channel::Payment),
];

/// Finds a field by how it is written, in any case. The second part is the key of a metadata value.
pub(super) fn find(word: &str) -> Option<(FilterField, Option<&str>)> {
    if let Some((meta, key)) = word.split_once('.')
        && meta.eq_ignore_ascii_case("meta")
        && !key.is_empty()
    {
        return Some((FilterField::Meta, Some(key)));
    }
    let row = FIELDS.iter().find(|row| row.word.eq_ignore_ascii_case(word))?;
    (row.field != FilterField::Meta).then_some((row.field, None))
}

impl FilterField {
    /// The values that it can have, each with what it means, if they are a few words.
    #[must_use]
    pub fn words(self) -> Vec<(String, String)> {
        let plain = |(word, help): &(&str, &str)| ((*word).to_owned(), (*help).to_owned());
        match self {
            Self::Type => TYPES
                .iter()
                .map(|(word, others, code)| {
                    let also = others.iter().map(|other| format!(", also {other}"));
                    ((*word).to_owned(), format!("{code}{}", also.collect::<String>()))
                })
                .collect(),
            Self::Dir => DIRS.iter().map(plain).collect(),
            Self::Chan => Channel::ALL
                .iter()
                .map(|channel| {
                    let short = CHANNELS.iter().find(|(_, of)| of == channel);
                    let short = short.map(|(word, _)| format!("also {word}")).unwrap_or_default();
                    (channel.word().to_owned(), short)
                })
                .collect(),
            Self::St => status::words(),
            Self::Is => IS.iter().map(plain).collect(),
            Self::Has => HAS.iter().map(plain).collect(),
            Self::Code
            | Self::Cust
            | Self::Num
            | Self::Name
            | Self::Tag
            | Self::Meta
            | Self::Text
            | Self::Amt
            | Self::Cur
            | Self::Age
            | Self::At
            | Self::Sess
            | Self::Id
            | Self::App
            | Self::By
            | Self::Key => Vec::new(),
        }
    }
}
