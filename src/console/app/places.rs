//! Going to a time in the feed, and to rows that are marked.

use super::App;
use crate::{
    console::{
        msg::Effect,
        pane::{
            feed::{WentTo, time_of},
            picker::{PickerChoice, PickerItem},
        },
    },
    model::{Timestamp, Tone},
};

impl App {
    /// The one row for a time that is typed: when that is, or why it is none.
    pub(super) fn time_items(&self, query: &str) -> Vec<PickerItem> {
        if query.trim().is_empty() {
            return Vec::new();
        }
        vec![match time_of(query, self.hub_time(), &self.zone) {
            Ok(at) => item(PickerChoice::GoTo(at), self.when(at), "go there".to_owned()),
            Err(why) => item(PickerChoice::Close, "no time".to_owned(), why),
        }]
    }

    pub(super) fn mark_items(&self) -> Vec<PickerItem> {
        let marks = self.feed.bookmarks().iter().enumerate().rev();
        let mut items: Vec<_> = marks
            .map(|(at, mark)| PickerItem {
                keys: self.when(mark.at),
                ..item(PickerChoice::Mark(at), mark.who.clone(), mark.text.clone())
            })
            .collect();
        if items.is_empty() {
            let how = "B marks the selected row of the feed".to_owned();
            items.push(item(PickerChoice::Close, "no row is marked".to_owned(), how));
        }
        items
    }

    fn when(&self, at: Timestamp) -> String {
        let at = at.in_zone(&self.zone);
        at.map(|at| at.strftime("%-d %b %H:%M").to_string()).unwrap_or_default()
    }

    /// Goes to a time in the feed.
    pub(super) fn go_to(&mut self, at: Timestamp) -> Vec<Effect> {
        let was_filtered = self.feed.is_filtered();
        let went = self.feed.go_to(at);
        self.follow_selection();
        match went {
            WentTo::There | WentTo::Loading if was_filtered => {
                self.say("the filter is off: x switches it on again", Tone::Plain)
            }
            WentTo::There | WentTo::Loading => Vec::new(),
            WentTo::Hidden => self.say("there is no row to go to", Tone::Plain),
            WentTo::NotKept => {
                self.say("that is before the oldest row that can be loaded", Tone::Plain)
            }
        }
    }

    /// Goes to a marked row. One that is not loaded any more is gone to by its time.
    pub(super) fn go_to_mark(&mut self, at: usize) -> Vec<Effect> {
        let Some(mark) = self.feed.bookmarks().get(at).cloned() else { return Vec::new() };
        match self.feed.go_to_mark(&mark) {
            WentTo::There | WentTo::Loading => {
                self.follow_selection();
                Vec::new()
            }
            WentTo::Hidden => {
                let words = "the marked row is hidden: x switches the filter off, v shows more";
                self.say(words, Tone::Plain)
            }
            WentTo::NotKept => self.go_to(mark.at),
        }
    }

    /// Marks the selected row, or takes its mark away.
    pub(super) fn mark_row(&mut self) {
        let key = "' lists the marked rows";
        let words = match self.feed.mark_row() {
            Some(true) => format!("marked: {key}"),
            Some(false) => "the mark is gone".to_owned(),
            None => "select an event first, to mark it".to_owned(),
        };
        drop(self.say(words, Tone::Plain));
    }
}

fn item(choice: PickerChoice, title: String, detail: String) -> PickerItem {
    PickerItem {
        choice,
        section: "rows",
        title,
        detail,
        synonyms: String::new(),
        keys: String::new(),
        risk: "",
        reason: None,
        found: false,
    }
}
