//! The filter over events that the console's feed and `switchboard tail` share.
//!
//! A query is plain words. An event matches if every word occurs in what its row says, whatever the
//! case and the accents. A row is folded once (`haystack`) and compared often (`matches_row`). There is
//! no language with fields, ranges and `OR` yet; it would extend [`Words`].

#![deny(clippy::wildcard_enum_match_arm)]

use crate::model::{Event, fold::fold};

/// How many bytes of a query are read at most.
const LONGEST: usize = 1024;

/// A parsed query. The empty one matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    text: String,
    words: Vec<String>,
}

impl Words {
    /// Splits a query at blanks. Every text is a query; what is beyond 1 KiB is ignored.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text[..text.floor_char_boundary(LONGEST)].trim().to_owned();
        let words = text.split_whitespace().map(fold).filter(|word| !word.is_empty()).collect();
        Self { text, words }
    }
    /// Whether an event matches.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        self.is_empty() || self.matches_row(&haystack(event))
    }
    /// Whether an event matches whose [`haystack`] this is.
    #[must_use]
    pub fn matches_row(&self, haystack: &str) -> bool {
        self.words.iter().all(|word| haystack.contains(word.as_str()))
    }
    /// Whether the query has no words, so that it matches everything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
    /// The query as it was typed, without the blanks around it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// What an event's row says, folded, with a line for each column: number, name, channel, code, app and
/// sentence. A word has no line break in it, so it cannot match across two columns.
#[must_use]
pub fn haystack(event: &Event) -> String {
    use std::fmt::Write as _;
    let mut raw = String::new();
    if let Some(number) = &event.number {
        let _ = write!(raw, "{number}");
    }
    raw.push('\n');
    raw.push_str(event.name.as_deref().unwrap_or_default());
    raw.push('\n');
    if let Some(channel) = &event.channel {
        let _ = write!(raw, "{channel}");
    }
    let app = event.app.as_ref().map_or("", |app| app.as_str());
    let _ = write!(raw, "\n{}\n{app}\n{}", event.kind.code(), event.sentence());
    fold(&raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, ChannelNumber, CustomerNumber, EventKind, Tag, Timestamp};

    fn tagged(name: &str, value: &str) -> Event {
        Event {
            at: Timestamp::ZERO,
            customer: None,
            app: Some("shop".into()),
            actor: crate::model::Actor::Hub,
            number: Some(CustomerNumber::telco("+254712345678")),
            channel: Some(ChannelNumber::new(Channel::Whatsapp, "40404")),
            name: Some(name.into()),
            kind: EventKind::TagsUpdated(vec![Tag {
                key: "city".into(),
                value: value.into(),
                expires_at: None,
            }]),
        }
    }

    #[test]
    fn every_word_must_occur_in_some_column() {
        let event = tagged("Wanjirũ Kamau", "Nairobi");
        for (query, hit) in [
            ("", true),
            ("  ", true),
            ("wanjiru", true),
            ("WANJIRŨ nairobi", true),
            ("5678 whats tag", true),
            ("shop city=nai", true),
            ("wanjiru mombasa", false),
            ("kamau whatsapp 40404", true),
            ("kamauwhatsapp", false),
        ] {
            assert_eq!(Words::parse(query).matches(&event), hit, "{query}");
        }
    }

    #[test]
    fn case_accents_and_presentation_do_not_matter_but_vowels_do() {
        for (query, name, hit) in [
            ("dep", "Đẹp", true),
            ("strasse", "Straße", true),
            ("احمد", "أَحْمَد", true),
            ("ΟΔΟΣ", "οδος", true),
            ("میخواهم", "می\u{200c}خواهم", true),
            ("ab", "ＡＢ", true),
            ("istanbul", "İSTANBUL", true),
            ("janedoe", "Jane\u{200b}Doe", true),
            ("कि", "की", false),
            ("กิ", "กี", false),
        ] {
            assert_eq!(Words::parse(query).matches(&tagged(name, "x")), hit, "{query} in {name}");
        }
    }

    #[test]
    fn a_query_keeps_its_text_and_is_never_longer_than_a_kibibyte() {
        let words = Words::parse("  Jane  vip ");
        assert_eq!(words.text(), "Jane  vip");
        assert!(!words.is_empty() && Words::parse("\u{200b}").is_empty());
        assert!(Words::parse(&"é".repeat(5_000)).text().len() <= LONGEST);
    }
}
