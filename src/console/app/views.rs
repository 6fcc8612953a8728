//! The views of the feed, and other ways to look at it: what is related to a row, and the events of one customer.

use super::{App, Overlay};
use crate::{
    console::{
        msg::Effect,
        pane::{
            feed::{Depth, Times},
            picker::{Kind, PickerChoice, PickerItem},
        },
    },
    model::{Entry, Tone},
};
use crossterm::event::{KeyCode, KeyEvent};

/// What the header calls the filter for what is related to a row.
const RELATED: &str = "related";
/// The key for everything in the list of views.
const EVERYTHING: char = '0';

impl App {
    /// Shows the feed as a view says, or everything in `talk`. The same event stays selected if it is shown.
    pub(super) fn show_view(&mut self, view: Option<usize>) -> Vec<Effect> {
        let Some(view) = view.and_then(|at| Some((at, self.views.get(at)?.clone()))) else {
            self.views.look_at(None);
            self.feed.clear_filter();
            self.feed.set_depth(Depth::default());
            self.feed.set_times(Times::default());
            self.follow_selection();
            return Vec::new();
        };
        let (at, view) = view;
        self.feed.set_depth(view.depth);
        self.feed.set_times(view.times);
        // Its filter was one when it was read.
        if let Err(error) = self.feed.set_filter(&view.query, self.hub_time(), &self.zone) {
            return self.say(format!("{}: {error}", view.name), Tone::Bad);
        }
        self.feed.name_filter(&view.name);
        self.views.look_at(Some(at));
        self.seek_soon();
        self.follow_selection();
        Vec::new()
    }

    /// What a key chooses in the list of views while nothing is typed there.
    pub(super) fn view_of_key(&self, key: KeyEvent) -> Option<PickerChoice> {
        let Some(Overlay::Picker(picker)) = &self.overlay else { return None };
        let KeyCode::Char(key) = key.code else { return None };
        if picker.kind() != Kind::Views || !picker.query().is_empty() {
            return None;
        }
        if key == EVERYTHING {
            return Some(PickerChoice::View(None));
        }
        Some(PickerChoice::View(Some(self.views.by_key(key)?)))
    }

    /// The rows of the list of views.
    pub(super) fn view_items(&self) -> Vec<PickerItem> {
        let item = |choice, title: &str, key: Option<char>, unread: usize, detail: String| {
            let key = key.map(String::from).unwrap_or_default();
            let unread = if unread > 0 { format!("{unread} new") } else { String::new() };
            PickerItem {
                keys: format!("{key:<2} {unread}"),
                ..PickerItem::new(choice, "views", title, detail)
            }
        };
        let everything = "talk, without a filter".to_owned();
        let first = item(PickerChoice::View(None), "everything", Some(EVERYTHING), 0, everything);
        let views = self.views.rows().enumerate().map(|(at, (view, unread))| {
            let whose = if view.replaces { "yours, not the shared one: " } else { "" };
            let detail = format!("{whose}{} {}", view.depth.word(), view.query);
            item(PickerChoice::View(Some(at)), &view.name, view.key, unread, detail)
        });
        let mut items: Vec<_> = std::iter::once(first).chain(views).collect();
        let off = |why: &String| item(PickerChoice::Close, "off", None, 0, why.clone());
        items.extend(self.views_off.iter().map(off));
        if items.len() == 1 {
            let how = "views.toml beside config.toml has them: docs/configuration.md".to_owned();
            items.push(item(PickerChoice::Close, "no views yet", None, 0, how));
        }
        items
    }

    /// Counts an entry for the views that nobody looks at, and for alerts.
    pub(super) fn count_for_views(&mut self, entry: &Entry) {
        if self.feed.filter().name().is_none() && self.views.current().is_some() {
            self.views.look_at(None);
        }
        let came = self.views.entry(entry);
        self.alerts.entry(entry, &came);
    }

    /// Shows only what is about the same things as the selected row, or goes back to what was shown before.
    pub(super) fn show_related(&mut self) {
        if self.feed.filter().name() == Some(RELATED)
            && let Some((filter, depth)) = self.unrelated.take()
        {
            let name = filter.name().map(str::to_owned);
            self.feed.set_depth(depth);
            self.feed.put_filter(filter);
            if let Some(name) = name {
                self.feed.name_filter(&name);
            }
        } else if let Some(related) = self.feed.related() {
            self.unrelated = Some((self.feed.filter().clone(), self.feed.depth()));
            self.feed.set_depth(Depth::All);
            if let Err(error) = self.feed.set_filter(&related, self.hub_time(), &self.zone) {
                drop(self.say(error.to_string(), Tone::Bad));
            }
            self.feed.name_filter(RELATED);
        } else {
            let words = "the selected row is about no message, payment, session or work";
            drop(self.say(words, Tone::Plain));
            return;
        }
        self.seek_soon();
        self.follow_selection();
    }

    /// Goes to the next event of the selected row's customer, or to the one before.
    pub(super) fn find_of_customer(&mut self, forward: bool) {
        if self.feed.next_of_customer(forward) {
            self.follow_selection();
        } else {
            let way = if forward { "newer" } else { "older" };
            drop(self.say(format!("no {way} event of this customer is loaded"), Tone::Plain));
        }
    }
}
