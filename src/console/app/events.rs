//! What comes in from the hub. It is handed to every pane that must hear of it.

use super::{App, Overlay, RECENT, live::answers_live};
use crate::{
    console::{
        drafts::DraftStage,
        layout::Pane,
        msg::{Effect, List, Listing},
        pane::{
            form::{Form, FormWish, Ready},
            picker::SearchNote,
        },
    },
    model::{
        ClientError, CustomerId, CustomerRef, Entry, FeedEvent, FoundCustomer, FoundCustomers,
        GapReason, Tone,
    },
};
use std::sync::Arc;

impl App {
    pub(super) fn feed_event(&mut self, event: FeedEvent) -> Vec<Effect> {
        let at = self.now;
        let was_live = self.connection.is_live();
        let is_first = self.connection.hello().is_none();
        let mut seen = self.connection.event(&event, at);
        let mut effects = Vec::new();
        if was_live != self.connection.is_live() {
            let live = self.connection.is_live();
            self.inspector.connection(live, at);
            if live {
                self.lists.came_up();
            }
            // A server that does not know our idempotency keys would do the command again when it
            // is only asked about it (D-IDEM).
            let answers = live && !self.connection.is_live_only();
            effects.extend(self.outbox.connection(answers, at));
            effects.extend(live.then(|| self.ask_earlier()).flatten());
        }
        if is_first && let Some(hello) = self.connection.hello() {
            self.views.begin(hello.head);
            self.alerts.begin(self.connection.skew().hub(at), hello.head);
            self.recall_drafts();
        }
        seen |= self.strip.event(&event);
        let changes = self.feed.changes();
        let hides_new = self.feed.hides_new();
        let told = match &event {
            FeedEvent::Entry(entry) => Some(self.entry(entry)),
            FeedEvent::Bookmark { .. } => None,
            FeedEvent::Up(_) | FeedEvent::Down { .. } | FeedEvent::Gap { .. } => {
                if let FeedEvent::Gap { reason: GapReason::Foreign | GapReason::Ahead, .. } = event
                {
                    self.inspector.other_log(at);
                }
                seen = true;
                None
            }
        };
        self.feed.event(event, at);
        if let Some(told) = told {
            if told || (self.feed.changes() != changes && !hides_new) {
                seen = true;
            } else {
                self.figures += 1;
            }
        }
        if seen {
            self.version += 1;
        }
        self.follow_selection();
        effects
    }

    /// Returns whether the entry changed what the form or the activity shows. The inspector and the
    /// lists show nothing new before they have asked the hub.
    fn entry(&mut self, entry: &Entry) -> bool {
        let at = self.now;
        self.inspector.entry(entry, at);
        self.lists.entry(entry);
        self.count_for_views(entry);
        let hub = self.hub_time();
        let form = self.form.as_mut().is_some_and(|form| form.entry(entry, hub));
        let answered = self.note_answers(entry);
        self.learn_of_draft(entry);
        let news = self.outbox.entry(entry, at);
        for news in &news {
            self.tell_course(news);
        }
        !news.is_empty() || form || answered
    }

    /// Hands on what the inspector has just learned about its customer, to the open form and
    /// to the palette.
    pub(super) fn share_inspected(&mut self) {
        let hub = self.hub_time();
        let Some(view) = self.inspector.view() else { return };
        let customer = &view.customer;
        let found = FoundCustomer {
            id: customer.id.clone(),
            name: customer.name().unwrap_or_default().to_owned(),
            numbers: customer.numbers.clone(),
            tags: Vec::new(),
            last_seen: customer.touched_at,
        };
        if let Some(form) = &mut self.form {
            form.learn(view, hub);
        }
        let recent = &mut self.customers.recent;
        recent.retain(|c| c.id != found.id);
        recent.push_front(found);
        recent.truncate(RECENT);
    }

    pub(super) fn found(
        &mut self,
        words: &str,
        result: Result<FoundCustomers, ClientError>,
    ) -> Vec<Effect> {
        let asked = match &self.overlay {
            Some(Overlay::Picker(picker)) => {
                picker.customer_query().unwrap_or(picker.query()).trim() == words
            }
            _ => false,
        };
        if !asked {
            return Vec::new();
        }
        match result {
            Ok(found) => {
                if let Some(Overlay::Picker(picker)) = &mut self.overlay {
                    picker.note(SearchNote {
                        listed: found.customers.len(),
                        total: found.total,
                        total_is_least: found.total_is_least,
                        unread: found.unread,
                        written: found.entries.len(),
                        written_total: found.entries_total,
                        written_total_is_least: found.entries_total_is_least,
                        failed: false,
                    });
                }
                self.customers.found = found;
                words.clone_into(&mut self.customers.found_for);
            }
            Err(error) => {
                if let Some(Overlay::Picker(picker)) = &mut self.overlay {
                    picker.note(SearchNote { failed: true, ..SearchNote::default() });
                }
                self.say(format!("not searched: {error}"), Tone::Bad);
            }
        }
        self.refill_picker();
        Vec::new()
    }

    /// Takes in the rows of a list, for all that show something of it.
    pub(super) fn listed(
        &mut self,
        list: List,
        result: Result<Listing, ClientError>,
    ) -> Vec<Effect> {
        if let Ok(Listing::Works(works)) = &result {
            self.outbox.counted(works, self.now);
        }
        self.lists.listed(list, result);
        self.follow_listed();
        self.learn_purses(list);
        if list == List::Waiting { self.inspect_longest() } else { Vec::new() }
    }

    /// Asks for older entries if the feed is scrolled to where its rows begin.
    pub(super) fn past_wanted(&mut self) -> Option<Effect> {
        Some(Effect::History { before: self.feed.wants_history()? })
    }

    /// Turns the inspector to the customer of the selected event, unless a form is open or the lists lie in
    /// the feed's place: whoever they led to stays. An event of no customer leads to nobody.
    pub(super) fn follow_selection(&mut self) {
        if self.form.is_some() || self.lists_lie_on_feed {
            return;
        }
        let Some(customer) = self.selected_customer() else {
            if self.focus == Pane::Feed && self.selects_nobody() {
                self.followed = None;
                self.inspector.follow_nobody();
            }
            return;
        };
        if self.followed.as_ref() != Some(&customer) {
            self.followed = Some(customer.clone());
            self.inspector.follow(CustomerRef::Id(customer), self.now);
        }
    }

    pub(super) fn selected_customer(&self) -> Option<CustomerId> {
        if self.feed.hides_selection() {
            return None;
        }
        self.feed.selected()?.event()?.customer.clone()
    }

    /// Whether the selected row of the feed is in view and about no customer.
    pub(super) fn selects_nobody(&self) -> bool {
        self.feed.selection_in_view()
            && !self.feed.hides_selection()
            && self.feed.selected().is_some_and(|row| row.customer().is_none())
    }

    /// Does what the open form wants done.
    pub(super) fn wish(&mut self, wish: Option<FormWish>) -> Vec<Effect> {
        let Some(wish) = wish else { return Vec::new() };
        match wish {
            FormWish::Keep(draft) => {
                if let Some(call) = self.form.as_ref().map(|form| form.call().clone()) {
                    self.keep_draft(&call, draft);
                }
                Vec::new()
            }
            FormWish::Closed(draft) => {
                let live = answers_live(self.form.as_ref());
                if let Some(form) = self.form.take() {
                    let draft = draft.filter(|_| !self.again.is_reversing(form.call()));
                    if let Some(draft) = draft {
                        self.keep_draft(form.call(), draft);
                        self.say("draft kept: g d lists it", Tone::Plain);
                    } else {
                        self.drafts.remove(form.call());
                    }
                }
                self.form_closed(live)
            }
            FormWish::Ask { token, command } => {
                self.keep_form();
                let about = self.form.as_ref().and_then(|form| form.target().customer.as_ref());
                if about.is_some() && about == self.inspected() {
                    self.inspector.refresh(self.now);
                }
                vec![Effect::DryRun { token, command }]
            }
            FormWish::Ready(ready) => {
                let live = answers_live(self.form.as_ref());
                let form = self.form.take();
                let known = form.as_ref().and_then(Form::known);
                let before = known.map(|(view, _)| Arc::clone(&view.customer));
                self.again.decided(&ready, before);
                let mut effects = self.decide(*ready);
                effects.extend(self.form_closed(live));
                effects
            }
        }
    }

    /// Hands over what was decided on. What follows it waits until it is accepted.
    pub(super) fn decide(&mut self, mut ready: Ready) -> Vec<Effect> {
        self.plan(&ready.call, std::mem::take(&mut ready.then));
        self.keep_draft(&ready.call, ready.draft.clone());
        self.drafts.advance(&ready.call, DraftStage::Held);
        self.outbox.submit(ready, self.now)
    }

    /// Leaves at once. What is held and what is being written become drafts.
    pub(super) fn terminate(&mut self) -> Vec<Effect> {
        self.keep_unsent_as_drafts();
        vec![Effect::Quit]
    }
}
