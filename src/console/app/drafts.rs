//! What is written and not known to have arrived. Here the drafts follow what becomes of their commands, and are
//! listed, opened again and thrown away.

use super::{App, Overlay};
use crate::{
    catalog::{self, Needs, Spec},
    console::{
        drafts::{DraftStage, FormDraft, KeptDraft, REPEATABLE},
        msg::Effect,
        pane::{
            form::Form,
            outbox::SendState,
            picker::{Kind, PickerChoice, PickerItem},
        },
    },
    model::{
        CallId, CustomerId, CustomerRef, Entry, Event, EventKind, TagMessage, Task, Timestamp,
        Tone, Work,
    },
};

/// How the notice ends that says what an earlier run may have sent. By this ending it is found and taken back.
const IN_DOUBT: &str = "may have been sent when the console ended: g d lists it";

impl App {
    /// Keeps what is written in a form. What has nothing to write is kept too once it is decided on, because
    /// it may be lost on its way.
    pub(super) fn keep_draft(&mut self, call: &CallId, written: FormDraft) {
        if !is_worth_keeping(&written) {
            return;
        }
        if let Some(gone) = self.drafts.keep(call, written) {
            let words = format!("too many drafts: the oldest is gone, {}", gone.what_and_whom());
            self.say(words, Tone::Bad);
        }
    }

    /// Keeps what is written in the open form.
    pub(super) fn keep_form(&mut self) {
        let at = self.hub_time();
        let written =
            self.form.as_ref().and_then(|form| Some((form.call().clone(), form.draft(at)?)));
        if let Some((call, written)) = written {
            self.keep_draft(&call, written);
        }
    }

    /// Turns everything that is not sent yet into drafts.
    pub(super) fn keep_unsent_as_drafts(&mut self) {
        self.outbox.take_all_back(self.now);
        self.keep_form();
    }

    /// Lets the drafts follow what became of their commands. A draft goes only when the hub has accepted
    /// its message (R-CONSOLE-20).
    pub(super) fn settle_drafts(&mut self) {
        for call in self.drafts.out() {
            match self.outbox.state_of(&call) {
                Some(SendState::Held { .. }) => self.drafts.advance(&call, DraftStage::Held),
                Some(SendState::Sending | SendState::Unknown { .. }) => {
                    self.drafts.advance(&call, DraftStage::Sent);
                }
                Some(SendState::Done | SendState::Accepted(_)) => drop(self.drafts.remove(&call)),
                Some(SendState::Refused { .. }) => {
                    let new = self.drafts.renew(&call);
                    self.outbox.keep_as(&call, new);
                }
                Some(SendState::TakenBack | SendState::NotSent { .. }) | None => {
                    self.drafts.came_back(&call);
                }
            }
        }
        if self.drafts.in_doubt() == 0 && self.toasts.retract(IN_DOUBT) {
            self.version += 1;
        }
    }

    /// Learns from the log what became of a command that an earlier run or another console sent from a draft. What
    /// is written now and was not sent by it stays a draft.
    pub(super) fn learn_of_draft(&mut self, entry: &Entry) {
        let Some(stored) = &entry.call else { return };
        let Some(kept) = self.drafts.get(&stored.id).filter(|kept| !kept.is_out()) else { return };
        let (what, words) = (kept.what_and_whom(), kept.words());
        let is_other = |event: &Event| match &event.kind {
            EventKind::WorkAdded(Work { task: Task::Message(TagMessage { body, .. }), .. })
            | EventKind::MessageSent { body, .. }
            | EventKind::MessageScheduled { body, .. } => {
                body.text.as_deref().is_some_and(|t| t != words)
            }
            _ => false,
        };
        if !stored.receipt.is_ok() {
            self.drafts.renew(&stored.id);
            self.say(format!("{what}: the hub had refused it; it is a draft"), Tone::Bad);
        } else if entry.events.iter().any(is_other) {
            self.drafts.renew(&stored.id);
            self.say(format!("{what}: it was sent with other words; these are a draft"), Tone::Bad);
        } else {
            let gone = self.drafts.remove(&stored.id);
            let scheduled =
                |event: &Event| matches!(event.kind, EventKind::MessageScheduled { .. });
            let done = if entry.events.iter().any(scheduled) { "scheduled" } else { "sent" };
            self.say(format!("{what}: it was {done}, and is no draft any more"), Tone::Good);
            if let Some(kept) = gone {
                self.do_what_follows(&kept);
            }
        }
        // A question about a draft that is gone would ask nothing.
        if matches!(&self.overlay, Some(Overlay::ThrowAway(call)) if self.drafts.get(call).is_none())
        {
            self.list_drafts();
        }
    }

    /// Says which drafts an earlier run left, so that what was held when it ended is not
    /// forgotten in silence.
    pub(super) fn recall_drafts(&mut self) {
        let doubt: Vec<_> = self.drafts.shown().filter(|kept| kept.in_doubt).collect();
        let said = match doubt.last() {
            Some(newest) if doubt.len() == 1 => {
                Some(format!("{} {IN_DOUBT}", newest.what_and_whom()))
            }
            Some(_) => Some(format!("{} drafts {IN_DOUBT}", doubt.len())),
            None => None,
        };
        let others: Vec<_> = self.drafts.shown().filter(|kept| !kept.in_doubt).collect();
        let kept = others.last().map(|newest| match others.len() {
            1 => format!("1 draft kept from before: {}", newest.what_and_whom()),
            n => format!("{n} drafts kept from before, the last: {}", newest.what_and_whom()),
        });
        if let Some(words) = kept {
            self.say(words, Tone::Plain);
        }
        if let Some(words) = said {
            self.say(words, Tone::Bad);
        }
    }

    /// The drafts that no form and not the outbox shows, the newest last.
    fn lying(&self) -> impl DoubleEndedIterator<Item = &KeptDraft> {
        let open = self.form.as_ref().map(Form::call);
        self.drafts.shown().filter(move |kept| Some(&kept.call) != open)
    }
    /// How many drafts there are that no form and not the outbox shows, and how many of them may have been sent.
    #[must_use]
    pub fn draft_counts(&self) -> (usize, usize) {
        (self.lying().count(), self.lying().filter(|kept| kept.in_doubt).count())
    }
    /// How many drafts there are for a customer, without the one that is open.
    #[must_use]
    pub fn drafts_for(&self, customer: &CustomerId) -> usize {
        self.lying().filter(|kept| kept.written.target.customer.as_ref() == Some(customer)).count()
    }

    /// Lists the drafts.
    pub(super) fn list_drafts(&mut self) {
        self.overlay = None;
        if self.lying().next().is_none() {
            self.say("nothing is kept as a draft", Tone::Plain);
        } else {
            self.open_picker(Kind::Drafts, "");
        }
    }

    /// What is said of a draft that may have been sent; empty for any other. A hub knows it by its key, but not
    /// for ever, and a server with only the public contract does not (D-IDEM).
    pub(super) fn doubt_about(&self, kept: &KeptDraft) -> &'static str {
        let is_old = self.hub_time().since(kept.written.saved_at) >= REPEATABLE;
        if !kept.in_doubt {
            ""
        } else if is_old || self.connection.is_live_only() {
            "may have been sent: look first, it could be done twice"
        } else {
            "may have been sent: the same is not sent twice"
        }
    }

    /// A row for each draft, the newest first.
    pub(super) fn draft_items(&self) -> Vec<PickerItem> {
        let reason = self.form.as_ref().map(|_| "another form is open: finish or leave it first");
        let now = self.hub_time();
        let row = |kept: &KeptDraft| {
            let state = match (kept.in_doubt, kept.stage) {
                (true, _) => "may have been sent: ",
                (false, DraftStage::Held) => "was on hold: ",
                (false, DraftStage::Written | DraftStage::Sent) => "",
            };
            let choice = PickerChoice::Draft(kept.call.clone());
            let detail = format!("{state}{}", kept.words());
            PickerItem {
                // The longest title of a form, such as `Cancel scheduled`, has 16 letters.
                keys: format!("{:<16} {:>6}", kept.title(), age(kept.written.saved_at, now)),
                synonyms: kept.written.target.numbers.iter().map(ToString::to_string).collect(),
                reason,
                ..PickerItem::new(choice, "drafts", kept.whom(), detail)
            }
        };
        self.lying().rev().map(row).collect()
    }

    /// Opens the form of a draft again, and shows its customer.
    pub(super) fn open_draft(&mut self, call: &CallId) -> Vec<Effect> {
        let Some(kept) = self.drafts.get(call).cloned() else { return Vec::new() };
        if let Some(customer) = kept.written.target.customer.clone() {
            self.inspector.follow(CustomerRef::Id(customer), self.now);
        }
        self.reopen(kept);
        Vec::new()
    }

    /// Asks whether the selected draft is to be thrown away.
    pub(super) fn ask_to_throw_away(&mut self) {
        if let Some(call) = self.selected_draft().cloned() {
            self.overlay = Some(Overlay::ThrowAway(call));
        }
    }

    /// The draft that is selected in their list.
    pub(super) fn selected_draft(&self) -> Option<&CallId> {
        let Some(Overlay::Picker(picker)) = &self.overlay else { return None };
        picker.rows().find(|(_, selected)| *selected).and_then(|(item, _)| match &item.choice {
            PickerChoice::Draft(call) => Some(call),
            _ => None,
        })
    }

    /// Throws the draft away that the question is about, and goes back to the list.
    pub(super) fn throw_away(&mut self) {
        let Some(Overlay::ThrowAway(call)) = self.overlay.take() else { return };
        if let Some(gone) = self.drafts.remove(&call) {
            self.say(format!("thrown away: {}", gone.what_and_whom()), Tone::Plain);
        }
        if self.lying().next().is_some() {
            self.open_picker(Kind::Drafts, "");
        }
    }

    /// Whether the agent is asked something. Meanwhile the hold stands still (R-CONSOLE-21). This is the only
    /// place that decides it: a review sheet asks, the first of two presses to leave does, and what lies on top
    /// says for itself whether it does. An agent who writes in an editor cannot take anything back meanwhile.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.overlay.as_ref().is_some_and(Overlay::asks)
            || self.form.as_ref().is_some_and(Form::is_review)
            || self.armed.is_some()
            || self.editing
    }
    /// Lets the hold stand still while the agent is asked something.
    pub(super) fn stand_still(&mut self) {
        if self.outbox.stand_still(self.is_asked(), self.now) {
            self.version += 1;
        }
    }
}

/// Whether a form has something of the agent's in it. What steers work and what says that no answer is needed
/// have nothing to fill in.
pub(super) fn is_worth_keeping(written: &FormDraft) -> bool {
    Spec::by_id(&written.form).is_some_and(|spec| {
        !matches!(spec.needs, Needs::Work | Needs::Unknown | Needs::Carrier)
            && *spec != catalog::NO_ANSWER
    })
}

/// How long ago something was written, in one unit.
pub(super) fn age(from: Timestamp, now: Timestamp) -> String {
    let minutes = now.since(from).as_secs() / 60;
    match (minutes, minutes / 60) {
        (0, _) => "now".to_owned(),
        (n, 0) => format!("{n} min"),
        (_, hours @ ..48) => format!("{hours} h"),
        (_, hours) => format!("{} d", hours / 24),
    }
}
