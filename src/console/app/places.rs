//! Going to a time in the feed, and to rows that are marked.

use super::App;
use crate::{
    console::{
        kept::KeptChange,
        msg::Effect,
        pane::{
            feed::WentTo,
            picker::{PickerChoice, PickerItem},
        },
    },
    model::{
        ClientError, Seq, Timestamp, Tone,
        client::{AskedFilter, PastMoment, SearchedPage},
        when,
    },
};
use std::time::Duration;

/// A row that is so much later than a time that was gone to is of that time.
const SOON: Duration = Duration::from_mins(1);

impl App {
    /// The one row for a time that is typed: when that is, or why it is none.
    pub(super) fn time_items(&self, query: &str) -> Vec<PickerItem> {
        if query.trim().is_empty() {
            return Vec::new();
        }
        vec![match when::back(query, self.hub_time(), &self.zone) {
            Ok(when) => {
                let shown = format!("go there, {}", when.said(when.at, &self.zone));
                item(PickerChoice::GoTo(when.at), self.when(when.at), shown)
            }
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

    /// A time in the agent's zone, with its year if that is another one.
    fn when(&self, at: Timestamp) -> String {
        let year = |at: Timestamp| at.in_zone(&self.zone).map(|at| at.year());
        let is_this = year(at) == year(self.hub_time());
        let form = if is_this { "%-d %b %H:%M" } else { "%-d %b %Y %H:%M" };
        let at = at.in_zone(&self.zone);
        at.map(|at| at.strftime(form).to_string()).unwrap_or_default()
    }

    /// Goes to a time in the feed.
    pub(super) fn go_to(&mut self, at: Timestamp) -> Vec<Effect> {
        let went = self.feed.go_to(at);
        let there = (went == WentTo::There).then_some(at);
        let effects = self.went(went);
        self.say_what_comes_first(there);
        effects
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
            Ok(at) => {
                self.say_what_comes_first(at);
                Vec::new()
            }
            Err(why) => self.say(format!("not gone to that time: {why}"), Tone::Bad),
        }
    }

    pub(super) fn searched_on(
        &mut self,
        after: Seq,
        filter: &AskedFilter,
        result: Result<SearchedPage, ClientError>,
    ) -> Vec<Effect> {
        let at = self.feed.came_newer(after, filter, result);
        self.follow_selection();
        self.say_what_comes_first(at);
        Vec::new()
    }

    /// Says from when to when nothing is shown, if the row that was gone to is much later than the time that
    /// was asked for.
    fn say_what_comes_first(&mut self, at: Option<Timestamp>) {
        let Some(at) = at else { return };
        let first = self.feed.selected().and_then(|row| Some(row.event()?.at));
        if let Some(first) = first.filter(|first| first.since(at) > SOON) {
            let words = format!("nothing is shown from {} to {}", self.when(at), self.when(first));
            drop(self.say(words, Tone::Plain));
        }
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
    PickerItem::new(choice, "rows", title, detail)
}
