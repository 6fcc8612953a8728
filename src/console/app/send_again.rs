//! A message to a customer that failed is written again (R-CONSOLE-29): from the feed, the timeline and the activity,
//! whoever sent it and whenever. Nothing goes by that: a form opens with what was written and the reason on top, under
//! a key of its own. The key follows from the message that failed, so that two agents who send the same again, or one
//! who does it twice, do it once (D-IDEM).

use super::App;
use crate::{
    catalog::{self, BuildContext, Spec, Target},
    console::{
        drafts::{FormDraft, KeptDraft, key_of},
        layout::Pane,
        msg::Effect,
        pane::{
            feed::{FeedRow, ThingNow},
            form::retry::{self, NumberPair},
            inspector::Tab,
            outbox::{Followed, OutboxRow, SendState},
        },
    },
    model::{
        Body, CallId, CustomerId, CustomerRef, CustomerState, Direction, Event, EventKind,
        EventPart, Message, MessageId, MessageStatus, Standing, Thing, Timestamp, Tone,
        advice::RetryChance,
    },
};
use std::sync::Arc;

/// What is said where there is nothing to send again.
const NONE_FAILED: &str = "select a message that failed: e finds one";
const WENT: &str = "it went again since: see its newer row in the activity (4)";

/// A message to a customer that is selected somewhere, and how it stands.
#[derive(Clone, Debug)]
pub(super) struct SelectedMessage {
    pub id: MessageId,
    pub customer: Option<CustomerId>,
    pub status: MessageStatus,
    /// What was written, if the selected row says it.
    said: Option<GoneMessage>,
}

/// What a message said, and which way it went.
#[derive(Clone, Debug)]
struct GoneMessage {
    way: NumberPair,
    body: Body,
    in_reply_to: Option<MessageId>,
    at: Timestamp,
}

impl GoneMessage {
    fn of_event(event: &Event) -> Option<Self> {
        let EventKind::MessageSent { body, in_reply_to, .. } = &event.kind else { return None };
        Some(Self {
            way: (event.number.clone()?, event.channel.clone()?),
            body: body.clone(),
            in_reply_to: in_reply_to.clone(),
            at: event.at,
        })
    }
    fn of_message(message: &Message) -> Self {
        Self {
            way: (message.number.clone(), message.channel.clone()),
            body: message.body.clone(),
            in_reply_to: message.in_reply_to.clone(),
            at: message.created_at,
        }
    }
    /// The form that says the same to this customer. An answer stays one while the message that it answers is known.
    fn written(&self, customer: &CustomerState, at: Timestamp) -> FormDraft {
        let answered = self.in_reply_to.as_ref().and_then(|id| customer.message(id));
        let answered = answered.filter(|message| message.direction == Direction::Inbound);
        let (number, channel) = &self.way;
        let mut written = FormDraft {
            form: catalog::REPLY.id.to_owned(),
            values: retry::values(&self.body),
            saved_at: at,
            ..FormDraft::default()
        };
        if let Some(message) = answered {
            written.target = Target::of_message(customer, message);
        } else {
            written.target = Target::of(customer, Some(number), Some(channel));
            retry::take_way(&mut written, &self.way);
        }
        written
    }
}

impl SelectedMessage {
    /// The message that a row tells of. What failed has failed until it is said to have arrived.
    fn of_row(row: &FeedRow, thing: Option<ThingNow>) -> Option<Self> {
        let event = row.event()?;
        let EventPart::Of { thing: Thing::Message(id), now, .. } = event.kind.part() else {
            return None;
        };
        let standing = match thing {
            Some(thing) if thing.now.tone() == Tone::Good => thing.now,
            Some(thing) => thing.standing(),
            None => now,
        };
        let Standing::Message(status) = standing else { return None };
        let (id, customer) = (id.clone(), event.customer.clone());
        Some(Self { id, customer, status, said: GoneMessage::of_event(event) })
    }
    /// The message that a command of the activity sent, and the hub has taken.
    pub(super) fn of_sent(row: &OutboxRow) -> Option<Self> {
        let (id, status) = row.followed().and_then(Followed::message)?;
        Some(Self { id: id.clone(), customer: row.customer.clone(), status, said: None })
    }
}

/// How a message stands that the hub has refused; `None` for any other row.
fn refused_as(row: &OutboxRow) -> Option<MessageStatus> {
    let SendState::Refused { code: Some(code), .. } = &row.state else { return None };
    let spec = Spec::by_id(&row.sent.as_ref()?.draft.form)?;
    MessageStatus::from_code(*code).filter(|_| spec.is_message())
}

impl App {
    /// How the selected message to a customer stands; `None` if none is selected.
    pub(super) fn selected_status(&self) -> Option<MessageStatus> {
        let sent = self.outbox.selected().filter(|_| self.focus == Pane::Activity);
        let refused = sent.and_then(refused_as);
        refused.or_else(|| self.selected_message().map(|message| message.status))
    }
    fn selected_message(&self) -> Option<SelectedMessage> {
        let mut message = match self.focus {
            Pane::Activity => SelectedMessage::of_sent(self.outbox.selected()?)?,
            Pane::Feed => {
                let row = self.feed.selected().filter(|_| !self.feed.hides_selection())?;
                let thing = row.event().and_then(|event| self.feed.thing_of(event));
                SelectedMessage::of_row(&row, thing)?
            }
            Pane::Inspector if self.inspector.tab() == Tab::Timeline => {
                let timeline = self.inspector.timeline();
                let item = timeline.as_shown(timeline.selected()?);
                SelectedMessage::of_row(&item.row(), item.thing())?
            }
            Pane::Inspector | Pane::Form | Pane::Lists => return None,
        };
        self.hear_of(&mut message);
        Some(message)
    }
    /// Takes in what else is known of a message: one that has arrived after all is not sent again.
    fn hear_of(&self, message: &mut SelectedMessage) {
        let Some(customer) = self.state_of(message.customer.as_ref()) else { return };
        let known = customer.message(&message.id).map(|known| known.status);
        if let Some(status) = known.filter(|status| status.tone() == Tone::Good) {
            message.status = status;
        }
    }
    /// What is known of a customer, also under an id that was merged away; `None` unless the inspector has it.
    fn state_of(&self, customer: Option<&CustomerId>) -> Option<&Arc<CustomerState>> {
        let view = self
            .inspector
            .view()
            .filter(|_| customer.is_some_and(|id| self.inspector.is_about(id)));
        view.map(|view| &view.customer)
    }

    /// Opens the form of the selected message again, if it failed.
    pub(super) fn send_again(&mut self) -> Vec<Effect> {
        if self.focus == Pane::Activity {
            return self.fix();
        }
        if self.return_to_selection() {
            return Vec::new();
        }
        match self.selected_message() {
            Some(message) => self.write_again(message),
            None => self.say(NONE_FAILED, Tone::Plain),
        }
    }

    /// Opens the form of a message again that failed. What it said, and which ways there are to the customer, the
    /// customer's state tells, so that is read first.
    pub(super) fn write_again(&mut self, mut message: SelectedMessage) -> Vec<Effect> {
        self.hear_of(&mut message);
        if let RetryChance::Not(why) = message.status.retry() {
            return self.say(why, Tone::Plain);
        }
        if self.form.is_some() {
            return self.say("another form is open: finish or leave it first", Tone::Plain);
        }
        let Some(customer) = self.state_of(message.customer.as_ref()).cloned() else {
            let Some(id) = message.customer.clone() else {
                return self.say("it is not known whom it was for: g c finds them", Tone::Plain);
            };
            self.again.awaited = Some(message);
            self.say("their numbers are being read, then the form opens", Tone::Plain);
            self.pinned_before = self.inspector.pinned_to();
            if self.pinned_before.is_some() {
                return self.inspector.open(CustomerRef::Id(id), self.now);
            }
            self.inspector.follow(CustomerRef::Id(id), self.now);
            return Vec::new();
        };
        match self.written_again(&message, &customer) {
            Ok((key, written, way)) => {
                self.open_again(message.status, way, key, written, Some(&customer));
            }
            Err(why) => drop(self.say(why, Tone::Plain)),
        }
        Vec::new()
    }

    /// Goes on with what waited for the state of its customer. A key that was pressed meanwhile ends the wait.
    pub(super) fn write_awaited(&mut self) {
        let known = |message: &SelectedMessage| self.state_of(message.customer.as_ref()).is_some();
        if !self.again.awaited.as_ref().is_some_and(known) {
            return;
        }
        let awaited = self.again.awaited.take();
        if let Some(message) = awaited.filter(|_| self.form.is_none() && self.overlay.is_none()) {
            self.toasts.clear();
            self.write_again(message);
        }
    }

    /// What is written to send a message again, under which key, and the way that failed.
    fn written_again(
        &self,
        message: &SelectedMessage,
        customer: &CustomerState,
    ) -> Result<(CallId, FormDraft, Option<NumberPair>), &'static str> {
        let known = customer.message(&message.id).map(GoneMessage::of_message);
        let said = known.or_else(|| message.said.clone());
        let is_newer = |other: &Message, said: &GoneMessage| {
            other.direction == Direction::Outbound
                && other.created_at > said.at
                && other.body == said.body
                && other.status.tone() != Tone::Bad
        };
        if let Some(said) = &said
            && customer.messages.iter().any(|other| is_newer(other, said))
        {
            return Err("the same went to them again since: see the newer message");
        }
        let key = self.key_again(&message.id)?;
        let own = self.outbox.sent_message(&message.id).map(|sent| sent.draft.clone());
        let own = own.filter(|own| Spec::by_id(&own.form).is_some_and(Spec::is_message));
        let at = self.hub_time();
        let written = match (own, &said) {
            (Some(own), _) => {
                let target = own.target.clone().completed(customer);
                // What follows the message was done when the hub had accepted it.
                let mut again = FormDraft { target, saved_at: at, then: Vec::new(), ..own };
                // Its time is over.
                again.values.retain(|(name, _)| name != "at");
                again
            }
            (None, Some(said)) => said.written(customer, at),
            (None, None) => {
                return Err("what it said is not loaded: select it in their timeline (2)");
            }
        };
        Ok((key, written, said.map(|said| said.way)))
    }

    /// The key under which a failed message goes again. A try that was refused is over under its key.
    fn key_again(&self, message: &MessageId) -> Result<CallId, &'static str> {
        let mut key = key_of(format!("again {message}").as_bytes());
        loop {
            let next = key_of(key.as_str().as_bytes());
            let lies = |key: &CallId| self.drafts.get(key).is_some_and(|kept| !kept.is_out());
            if lies(&key) {
                return Ok(key);
            }
            match self.outbox.state_of(&key) {
                Some(SendState::Refused { .. }) => key = next,
                None if lies(&next) => return Ok(next),
                None | Some(SendState::TakenBack | SendState::NotSent { .. }) => return Ok(key),
                Some(
                    SendState::Held { .. }
                    | SendState::Sending
                    | SendState::Unknown { .. }
                    | SendState::Done
                    | SendState::Accepted(_),
                ) => return Err(WENT),
            }
        }
    }

    /// Opens the form of what failed, with the reason on top, and the next way chosen where this one cannot work.
    fn open_again(
        &mut self,
        status: MessageStatus,
        way: Option<NumberPair>,
        key: CallId,
        written: FormDraft,
        customer: Option<&Arc<CustomerState>>,
    ) {
        let Some(hello) = self.connection.hello() else {
            return drop(self.say("not connected yet", Tone::Plain));
        };
        let purses = self.lists.purses().unwrap_or_default();
        let cx = BuildContext { hello, at: self.hub_time(), zone: &self.zone, purses };
        let way = way.or_else(|| retry::way_of(&written, &cx));
        // What was written since for the same attempt goes before what failed.
        let mut written = self.drafts.get(&key).map_or(written, |kept| kept.written.clone());
        let why = retry::prepare(&mut written, status, way.as_ref(), customer, &cx);
        written.because = Some(why);
        let Some(spec) = Spec::by_id(&written.form) else { return };
        self.keep_draft(&key, written.clone());
        let target = written.target.clone();
        self.begin(spec, target, Some(KeptDraft::new(key, written)), "a new attempt");
    }

    /// Opens the form of a message again that the hub has refused. That is a draft of the agent, who may have another
    /// use for it, so that it opens whatever the reason. Returns what was written if the row is no such.
    pub(super) fn reopen_refused(
        &mut self,
        call: &CallId,
        kept: CallId,
        written: FormDraft,
    ) -> Option<(CallId, FormDraft)> {
        let row = self.outbox.rows().rev().find(|row| row.call == *call);
        let status = row.and_then(refused_as);
        let Some(status) = status.filter(|_| self.form.is_none()) else {
            return Some((kept, written));
        };
        let key = if self.drafts.get(&kept).is_some() { kept } else { self.ids.call() };
        let customer = self.state_of(written.target.customer.as_ref()).cloned();
        self.open_again(status, None, key, written, customer.as_ref());
        None
    }
}
