//! When the console wants to be woken, and what is due then.

use super::{AGES, App, FILTER_SLICE, MENU_AFTER};
use crate::{
    console::{
        msg::Effect,
        pane::{
            countdown::{age_changes, next_day},
            feed::Times,
            form::Form,
        },
    },
    model::Timestamp,
};

impl App {
    /// When a number in view next changes by itself; `None` if none does.
    fn counting(&self) -> Option<Timestamp> {
        let layout = self.layout();
        let at = self.now;
        let hello = self.connection.said();
        let inspector = (!layout.inspector.is_empty()).then(|| self.inspector.counts(at, &hello));
        let lists = (!layout.lists.is_empty()).then(|| self.lists.counts(at));
        let ages = !layout.feed.is_empty() && self.feed.times() == Times::Age;
        let ages = ages.then(|| Timestamp::from_secs((at.secs() / AGES + 1) * AGES));
        let day = next_day(self.hub_time(), &self.zone).map(|day| self.connection.skew().ours(day));
        let live = self.strip.counts(at);
        let waits = self.waits(layout.feed.height, at);
        let bar = self.connection.next_wake(at);
        let all = [bar, inspector.flatten(), lists.flatten(), live, ages, day, waits];
        all.into_iter().flatten().min()
    }

    /// When the feed next shows another age of a message that waits for its network (R-CARRY-24).
    fn waits(&self, lines: u16, at: Timestamp) -> Option<Timestamp> {
        let hello = self.connection.hello()?;
        if lines == 0 {
            return None;
        }
        let skew = self.connection.skew();
        let since = self.feed.waits_in_view(usize::from(lines), hello);
        let next = since.into_iter().map(|since| age_changes(since, skew.hub(at))).min();
        next.map(|change| skew.ours(change))
    }

    /// When the open form wants to be woken. The form only knows the hub's clock, so its time is
    /// converted to ours.
    fn form_wake(&self) -> Option<Timestamp> {
        let wake = self.form.as_ref().and_then(Form::next_wake)?;
        Some(self.connection.skew().ours(wake))
    }

    /// Does everything that is due at this moment, whatever message came.
    pub(super) fn time_passes(&mut self) -> Vec<Effect> {
        let at = self.now;
        let due = |wake: Option<Timestamp>| wake.is_some_and(|wake| wake <= at);
        let mut effects = Vec::new();
        if due(self.inspector.next_wake()) {
            effects.extend(self.changed(|app| app.inspector.wake(at)));
        }
        if due(self.outbox.next_wake()) {
            effects.extend(self.changed(|app| app.outbox.wake(at)));
        }
        if due(self.form_wake()) {
            let hub = self.hub_time();
            let wish = self.form.as_mut().and_then(|form| form.wake(hub));
            effects.extend(self.changed(|app| app.wish(wish)));
        }
        if self.toasts.wake(at) {
            self.version += 1;
        }
        if due(self.countdown) {
            self.version += 1;
        }
        self.countdown = self.counting();
        let seen = self.seen_lists();
        effects.extend(self.lists.watch(&seen, self.connection.is_live(), at));
        effects.extend(self.strip.watch(self.connection.is_live(), at));
        if self.menu_due() {
            self.menu_shown = true;
            self.version += 1;
        }
        if self.armed.is_some_and(|until| until <= at) {
            self.armed = None;
            self.version += 1;
        }
        if let Some((words, when)) = self.customers.wanted.take() {
            if when <= at {
                effects.push(Effect::Find(words));
            } else {
                self.customers.wanted = Some((words, when));
            }
        }
        if let Some(by) = self.leaving
            && (by <= at || !self.is_sending())
        {
            self.keep_form();
            effects.push(Effect::Quit);
        }
        if !std::mem::replace(&mut self.filtered, self.feed.refilter_slice(FILTER_SLICE)) {
            self.version += 1;
        }
        self.count_offers();
        self.seek();
        effects.extend(self.inspector.wants_history(at));
        effects.extend(self.inspector.wants_past());
        effects.extend(self.past_wanted());
        effects.extend(self.search_wanted());
        effects.extend(self.places_wanted());
        effects
    }

    /// When `Msg::Wake` is wanted. `None` means that nothing will happen by itself.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        let menu =
            self.leader.filter(|_| !self.menu_shown).map(|(_, since)| since.after(MENU_AFTER));
        [
            self.inspector.next_wake(),
            self.outbox.next_wake(),
            self.lists.next_wake(),
            self.strip.next_wake(),
            self.alerts.next_wake(),
            self.form_wake(),
            self.toasts.next_wake(),
            self.countdown,
            menu,
            self.armed,
            self.customers.wanted.as_ref().map(|(_, when)| *when),
            self.seek,
            self.leaving,
            (!self.filtered || self.counts_offers()).then_some(self.now),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}
