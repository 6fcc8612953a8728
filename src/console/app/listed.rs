//! What is done on a row of the lists: a reminder or a scheduled message is cancelled or edited, the value of a lease is set, a purse pays
//! (R-CONSOLE-32). Nothing here sends anything: each opens a form or its review sheet, for the customer of the row.

use super::App;
use crate::{
    catalog::{self, Spec},
    console::{
        actions::{Action, ListedRow},
        layout::Pane,
        msg::{Effect, List},
        pane::form::retry,
    },
    model::{
        CustomerCommand, CustomerRef, ListedScheduled, Reminder, TagMessage, Task, Timestamp, Tone,
        Work, when,
    },
};
use jiff::tz::TimeZone;

impl App {
    /// What is selected in the list that has the keys.
    pub(super) fn listed_row(&self) -> ListedRow {
        if self.focus != Pane::Lists {
            return ListedRow::Elsewhere;
        }
        match self.lists.tab() {
            _ if self.lists.is_empty() => ListedRow::Nothing,
            List::Waiting => ListedRow::Waiting,
            List::Works => match self.lists.work().and_then(Work::begins) {
                Some(_) => ListedRow::WaitingWork,
                None => ListedRow::Work,
            },
            List::Leases => ListedRow::Lease,
            List::Purses => ListedRow::Purse,
            List::Carriers => ListedRow::Carrier,
            List::Unknown => ListedRow::Unknown,
            List::Scheduled => ListedRow::Scheduled,
            List::Reminders => {
                let app = self.lists.reminder().map(|listed| &listed.reminder.app);
                if app.is_some_and(|app| self.connection.acts_for(app)) {
                    ListedRow::OwnReminder
                } else {
                    ListedRow::ForeignReminder
                }
            }
        }
    }

    /// Whether the selected row of the lists is about a customer, a work with its people or a network.
    pub(super) fn opens_listed(&self) -> bool {
        let lists = &self.lists;
        lists.customer().is_some() || lists.opens_people() || lists.carrier().is_some()
    }

    /// Whether this command is about what the selected row says, and not only about its customer.
    pub(super) fn is_about_row(&self, spec: &Spec) -> bool {
        match self.listed_row() {
            ListedRow::OwnReminder => *spec == catalog::CANCEL_REMINDER,
            ListedRow::Scheduled => {
                [&catalog::EDIT_SCHEDULED, &catalog::CANCEL_SCHEDULED].contains(&spec)
            }
            ListedRow::Lease => *spec == catalog::UPDATE_METADATA,
            ListedRow::Purse => *spec == catalog::PAY,
            ListedRow::Elsewhere
            | ListedRow::Nothing
            | ListedRow::Waiting
            | ListedRow::Work
            | ListedRow::WaitingWork
            | ListedRow::Carrier
            | ListedRow::Unknown
            | ListedRow::ForeignReminder => false,
        }
    }

    /// Begins a command that is about what the selected row says.
    pub(super) fn act_on_row(&mut self, spec: &Spec) -> Vec<Effect> {
        if [&catalog::CANCEL_REMINDER, &catalog::CANCEL_SCHEDULED].contains(&spec) {
            return self.cancel_listed();
        }
        match self.lists.purse().filter(|_| *spec == catalog::PAY) {
            Some(purse) => {
                let values = [("from", format!("purse:{}", purse.id))];
                self.open_filled(&catalog::PAY, &values, "amount");
                Vec::new()
            }
            None => self.edit_listed(),
        }
    }

    /// Cancels the selected work, message or reminder. There is nothing to fill in, so the review sheet opens at once.
    pub(super) fn cancel_listed(&mut self) -> Vec<Effect> {
        let (spec, field, text, exact) = if let Some(listed) = self.lists.scheduled() {
            let message = listed.message.id.clone();
            let customer = CustomerRef::Id(listed.customer.clone());
            let text = message.to_string();
            let exact = CustomerCommand::CancelScheduled { customer, message };
            (&catalog::CANCEL_SCHEDULED, "id", text, exact)
        } else if let Some(listed) =
            self.lists.reminder().filter(|_| self.listed_row() == ListedRow::OwnReminder)
        {
            let key = listed.reminder.key.clone();
            let customer = CustomerRef::Id(listed.customer.clone());
            let exact = CustomerCommand::CancelReminder { customer, key: key.clone() };
            (&catalog::CANCEL_REMINDER, "key", key, exact)
        } else {
            return self.steer(Action::CancelListed);
        };
        if !self.open_filled(spec, &[(field, text)], field) {
            return Vec::new();
        }
        let at = self.hub_time();
        let wish = self.form.as_mut().and_then(|form| form.review(at));
        // A key that the form reads in another way would be that of another reminder.
        let sheet = self.form.as_ref().and_then(|form| form.sheet());
        if sheet.is_none_or(|sheet| sheet.command != exact) {
            return self.cannot_hold();
        }
        self.wish(wish)
    }

    /// Opens the form of the selected message or reminder as it is, so that another one takes its place, or the form that sets
    /// the value of the selected lease, which ends it.
    pub(super) fn edit_listed(&mut self) -> Vec<Effect> {
        let now = self.hub_time();
        if let Some((work, message)) = self.lists.work().and_then(not_begun) {
            let at = message.at.and_then(|at| when::exact(at, now, &self.zone));
            let mut values = by_tag(work, message);
            values.push(("instead-of".to_owned(), work.id.to_string()));
            values.extend(at.map(|at| ("at".to_owned(), at)));
            let values: Vec<_> =
                values.iter().map(|(name, value)| (&**name, value.clone())).collect();
            self.open_filled(&catalog::MESSAGE_BY_TAG, &values, "text");
        } else if let Some(ListedScheduled { message, .. }) = self.lists.scheduled() {
            let mut values = vec![("id", message.id.to_string())];
            values.extend(when::exact(message.at, now, &self.zone).map(|at| ("at", at)));
            let body = retry::values(&message.body);
            let body: Vec<_> = body.iter().map(|(name, value)| (&**name, value.clone())).collect();
            values.extend(body);
            self.open_filled(&catalog::EDIT_SCHEDULED, &values, "text");
        } else if let Some(listed) = self.lists.reminder() {
            let values = written(&listed.reminder, now, &self.zone);
            self.open_filled(&catalog::ADD_REMINDER, &values, "at");
        } else if let Some(listed) = self.lists.lease() {
            let values = [("key", listed.lease.key.clone())];
            self.open_filled(&catalog::UPDATE_METADATA, &values, "value");
        }
        Vec::new()
    }

    /// Opens a form with what the selected row says. Returns whether it is open: a form that cannot hold that
    /// exactly is closed again, so that nothing else is changed than what was selected.
    fn open_filled(
        &mut self,
        spec: &'static Spec,
        values: &[(&str, String)],
        at: &'static str,
    ) -> bool {
        let Some((spec, target, occasion)) = self.form_for(spec) else { return false };
        self.begin(spec, target, None, occasion);
        let Some(form) = &mut self.form else { return false };
        let exact = form.begin(values, at);
        if !exact {
            self.cannot_hold();
        }
        exact
    }

    /// Closes the form that cannot write what the row says.
    fn cannot_hold(&mut self) -> Vec<Effect> {
        self.form = None;
        let mut effects = self.form_closed(false);
        let words =
            "this row has signs that a form cannot write: the app that set it can change it";
        effects.extend(self.say(words, Tone::Plain));
        effects
    }
}

/// A message by tag that has not begun, which another one can take the place of (R-LATER-5).
fn not_begun(work: &Work) -> Option<(&Work, &TagMessage)> {
    match &work.task {
        Task::Message(message) if work.begins().is_some() => Some((work, message)),
        Task::Message(_) | Task::Reminder(_) => None,
    }
}

/// The fields of a message by tag as it is, without its time and without what it follows.
pub(super) fn by_tag(work: &Work, message: &TagMessage) -> Vec<(String, String)> {
    let TagMessage { from, body, rate, keeps_quiet, .. } = message;
    let mut values: Vec<_> = retry::values(body).into_iter().collect();
    let own = [
        ("tag", work.tag.to_string()),
        ("from", from.to_string()),
        ("rate", rate.map(|rate| rate.to_string()).unwrap_or_default()),
        ("quiet", if *keeps_quiet { "wait" } else { "ignore" }.to_owned()),
    ];
    values.extend(own.map(|(name, value)| (name.to_owned(), value)));
    values
}

/// The fields of a reminder as it is. The time is left out if it is over.
fn written(reminder: &Reminder, now: Timestamp, zone: &TimeZone) -> Vec<(&'static str, String)> {
    let every = reminder.interval.map_or_else(|| "none".to_owned(), when::written);
    let mut values = vec![
        ("key", reminder.key.clone()),
        ("every", every),
        ("payload", reminder.payload.clone()),
    ];
    values.extend(when::exact(reminder.remind_at, now, zone).map(|at| ("at", at)));
    values
}
