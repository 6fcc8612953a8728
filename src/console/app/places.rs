//! Going to a time in the feed, and to rows that are marked.

use super::App;
use crate::{
    console::{
        kept::KeptChange,
        msg::Effect,
        pane::{
            feed::{WentTo, time_of},
            picker::{PickerChoice, PickerItem},
        },
    },
    model::{
        ClientError, Seq, Timestamp, Tone,
        client::{AskedFilter, PastMoment, SearchedPage},
    },
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
        let went = self.feed.go_to(at);
        self.went(went)
    }

    /// Goes to a marked row.
    pub(super) fn go_to_mark(&mut self, at: usize) -> Vec<Effect> {
        let Some(mark) = self.feed.bookmarks().get(at).cloned() else { return Vec::new() };
        let went = self.feed.go_to_mark(&mark);
        self.went(went)
    }

    fn went(&mut self, went: WentTo) -> Vec<Effect> {
        self.follow_selection();
        match went {
            WentTo::There | WentTo::Loading => Vec::new(),
            WentTo::Hidden => {
                let words = "the row is hidden: x switches the filter off, v shows more";
                self.say(words, Tone::Plain)
            }
            WentTo::NotKept => {
                self.say("that is before the oldest row that can be loaded", Tone::Plain)
            }
        }
    }

    /// What the hub is to be asked for on the way to a time, and from there towards the newest rows.
    pub(super) fn places_wanted(&mut self) -> Vec<Effect> {
        let place = self.feed.wants_place();
        let place = place.map(|(moment, filter)| Effect::GoTo { moment, filter });
        let newer = self.feed.wants_newer();
        let newer = newer.map(|(after, filter)| Effect::SearchOn { after, filter });
        place.into_iter().chain(newer).collect()
    }

    pub(super) fn placed(
        &mut self,
        moment: PastMoment,
        filter: &AskedFilter,
        result: Result<(Seq, SearchedPage), ClientError>,
    ) -> Vec<Effect> {
        let placed = self.feed.placed(moment, filter, result);
        self.follow_selection();
        match placed {
            Ok(()) => Vec::new(),
            Err(why) => self.say(format!("not gone to that time: {why}"), Tone::Bad),
        }
    }

    pub(super) fn searched_on(
        &mut self,
        after: Seq,
        filter: &AskedFilter,
        result: Result<SearchedPage, ClientError>,
    ) -> Vec<Effect> {
        self.feed.came_newer(after, filter, result);
        self.follow_selection();
        Vec::new()
    }

    /// Marks the selected row, or takes its mark away.
    pub(super) fn mark_row(&mut self) {
        let key = "' lists the marked rows";
        let change = self.feed.mark_row();
        let words = match &change {
            Some(KeptChange::Marked(_)) => format!("marked: {key}"),
            Some(KeptChange::Unmarked(..)) => "the mark is gone".to_owned(),
            Some(KeptChange::Filtered(_)) | None => "select an event first, to mark it".to_owned(),
        };
        self.kept.extend(change);
        drop(self.say(words, Tone::Plain));
    }

    /// What is to be found again in the next run, in the order in which it was changed.
    #[must_use]
    pub fn kept(&self) -> &[KeptChange] {
        &self.kept
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
