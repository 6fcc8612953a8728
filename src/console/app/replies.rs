//! Canned replies: the list of them, and the questions for what only the agent knows (R-CANNED-2).

use super::{App, Overlay};
use crate::{
    catalog::{BuildContext, Spec, commands::filled_in},
    console::{
        drafts::{FormDraft, KeptDraft},
        msg::Effect,
        pane::{
            form::{
                Form, Ready,
                canned::{asked_for, in_words},
                way::SendWindow,
            },
            outbox::SendState,
            picker::{Kind, Picker, PickerChoice, PickerItem},
            replies::{self, ReplySource},
        },
    },
    model::{CallId, CannedReply, CustomerView, Tone},
};
use std::collections::VecDeque;

/// The replies of files, and what is being asked for.
#[derive(Debug, Default)]
pub(super) struct Replies {
    own: Vec<CannedReply>,
    shared: Vec<CannedReply>,
    /// Replies that are off, in words: the file, the line and what is wrong.
    off: Vec<String>,
    /// The gaps of the reply that was chosen, as they are written. The first is being asked for.
    asked: VecDeque<String>,
    /// What is done once a message was accepted.
    planned: Vec<(CallId, Vec<Ready>)>,
    /// What is done now.
    due: Vec<Ready>,
}

impl Replies {
    pub(super) fn new(own: Vec<CannedReply>, shared: Vec<CannedReply>, off: Vec<String>) -> Self {
        Self { own, shared, off, ..Self::default() }
    }
}

impl App {
    fn all_replies(&self) -> (Vec<(ReplySource, CannedReply)>, Vec<String>) {
        let hub = self.connection.hello().map(|hello| hello.replies.as_slice());
        let Replies { own, shared, off, .. } = &self.replies;
        let (all, wrong) = replies::merged(own.clone(), shared.clone(), hub.unwrap_or_default());
        (all, off.iter().cloned().chain(wrong).collect())
    }

    /// Opens the list of canned replies for the text of the form.
    pub(super) fn list_replies(&mut self) -> Vec<Effect> {
        match self.form.as_ref().map(Form::takes_no_reply) {
            Some(None) => {
                self.open_picker(Kind::Replies, "");
                Vec::new()
            }
            Some(Some(why)) => self.say(why, Tone::Plain),
            None => Vec::new(),
        }
    }

    /// The rows of that list: what each reply would say to this customer, and what follows it.
    pub(super) fn reply_items(&self) -> Vec<PickerItem> {
        let Some(form) = &self.form else { return Vec::new() };
        let at = self.hub_time();
        let (all, off) = self.all_replies();
        let row = |(source, reply): &(ReplySource, CannedReply)| {
            let params: Vec<_> = reply.params.iter().map(|p| form.filled_for(p, at)).collect();
            let mut detail = filled_in(&form.filled_for(&reply.text, at), &params);
            for step in &reply.then {
                detail = format!("{detail}  then {}", in_words(step));
            }
            let choice = PickerChoice::Reply(reply.name.clone());
            let is_closed = form.window() == Some(SendWindow::Closed);
            let (heading, reason) = match reply.template.is_empty() {
                true if is_closed => {
                    (source.heading(), Some("the window is closed: only a template"))
                }
                true => (source.heading(), None),
                false => ("templates", None),
            };
            PickerItem { reason, ..PickerItem::new(choice, heading, reply.name.clone(), detail) }
        };
        let mut items: Vec<_> = all.iter().map(row).collect();
        // Where only a template goes, those come first.
        items.sort_by_key(|item| item.reason.is_some());
        if !form.steps().is_empty() {
            let detail = form.steps().join("; ");
            let drop = PickerItem::new(
                PickerChoice::DropSteps,
                "this message",
                "nothing follows",
                format!("do not do what follows: {detail}"),
            );
            items.insert(0, drop);
        }
        if items.is_empty() && off.is_empty() {
            let words =
                "write them into replies.toml beside the profiles, or have the hub offer them";
            items.push(PickerItem::new(PickerChoice::Close, "none yet", "no replies", words));
        }
        let off = off.iter().map(|why| PickerItem::new(PickerChoice::Close, "off", "off", why));
        items.extend(off);
        items
    }

    /// Writes a reply into the form, and asks for what nobody knows.
    pub(super) fn choose_reply(&mut self, name: &str) -> Vec<Effect> {
        let (all, _) = self.all_replies();
        let at = self.hub_time();
        let Some((_, reply)) = all.into_iter().find(|(_, reply)| reply.name == name) else {
            return self.say(format!("the hub offers {name:?} no more"), Tone::Plain);
        };
        let Some(form) = &mut self.form else { return Vec::new() };
        match form.insert_reply(&reply, at) {
            Ok(gaps) => {
                self.replies.asked = gaps.into();
                self.ask_for_gap();
                Vec::new()
            }
            Err(why) => self.say(why, Tone::Plain),
        }
    }

    /// Asks for the value of the next gap, if there is one left.
    fn ask_for_gap(&mut self) {
        let Some(gap) = self.replies.asked.front() else { return };
        let (_, offered) = asked_for(gap);
        let items = self.gap_items(&offered);
        self.overlay = Some(Overlay::Picker(Picker::open(Kind::Gap, items, &offered)));
    }

    /// The one row of the question for a gap.
    pub(super) fn gap_items(&self, typed: &str) -> Vec<PickerItem> {
        let Some(gap) = self.replies.asked.front() else { return Vec::new() };
        let (name, _) = asked_for(gap);
        let more = match self.replies.asked.len() {
            1 => String::new(),
            n => format!(", {} more after it", n - 1),
        };
        let words = if typed.trim().is_empty() {
            format!("type what stands for it{more}; Esc leaves a gap, which does not go: {gap}")
        } else {
            format!("Enter writes this for {gap}{more}")
        };
        vec![PickerItem::new(PickerChoice::FillGap, "asked for", name, words)]
    }

    /// Writes what was typed in place of the gap.
    pub(super) fn fill_gap(&mut self, value: &str) -> Vec<Effect> {
        let Some(gap) = self.replies.asked.front().cloned() else { return Vec::new() };
        let at = self.hub_time();
        if let Some(Err(why)) = self.form.as_mut().map(|form| form.fill_gap(&gap, value, at)) {
            return self.say(why, Tone::Plain);
        }
        self.replies.asked.pop_front();
        self.ask_for_gap();
        Vec::new()
    }

    /// Does what follows a message that another run has sent and could not follow up. Its sheet was confirmed there, and
    /// the keys are the same, so that nothing is done twice.
    pub(super) fn do_what_follows(&mut self, kept: &KeptDraft) {
        let FormDraft { form, target, then, .. } = &kept.written;
        let (Some(spec), Some(hello)) = (Spec::by_id(form), self.connection.hello()) else {
            return;
        };
        if then.is_empty() {
            return;
        }
        let at = self.hub_time();
        let context = BuildContext { hello, at, zone: &self.zone, purses: &[] };
        let draft = Some(kept.written.clone());
        let mut form = Form::open(spec, target.clone(), context, kept.call.clone(), draft);
        if let Some(steps) = form.follow(at) {
            self.replies.due.extend(steps);
        } else {
            let words = form.steps().join("; ");
            self.say(format!("what should follow was not done: {words}"), Tone::Bad);
        }
    }

    pub(super) fn drop_steps(&mut self) {
        let at = self.hub_time();
        if let Some(form) = &mut self.form {
            form.drop_steps(at);
        }
    }

    /// Notes what is done once a message was accepted.
    pub(super) fn plan(&mut self, call: &CallId, then: Vec<Ready>) {
        self.replies.planned.retain(|(planned, _)| planned != call);
        if !then.is_empty() {
            self.replies.planned.push((call.clone(), then));
        }
    }

    /// Does what follows a message that was accepted, and forgets what would follow one that was not.
    pub(super) fn follow_up(&mut self) -> Vec<Effect> {
        let due = std::mem::take(&mut self.replies.due);
        let mut effects: Vec<_> = due.into_iter().flat_map(|step| self.decide(step)).collect();
        for (call, then) in std::mem::take(&mut self.replies.planned) {
            match self.outbox.state_of(&call) {
                Some(SendState::Done | SendState::Accepted(_)) => {
                    for step in then {
                        let view = self.inspector.view();
                        let own = |view: &&CustomerView| {
                            step.draft.target.customer.as_ref() == Some(&view.customer.id)
                        };
                        let before = view.filter(own).map(|view| view.customer.clone());
                        self.again.followed(&step, before);
                        effects.extend(self.decide(step));
                    }
                }
                Some(SendState::Held { .. } | SendState::Sending | SendState::Unknown { .. }) => {
                    self.replies.planned.push((call, then));
                }
                Some(
                    SendState::TakenBack | SendState::Refused { .. } | SendState::NotSent { .. },
                )
                | None => {}
            }
        }
        effects
    }
}
