//! Events in words, one line each. Feed rows, `switchboard tail`, the word filter and the search
//! index all use these sentences, so that whatever is read can also be searched for. Text from
//! outside stays as it came; it is made safe where it is drawn.

use super::{
    actor::Actor,
    address::SecondaryId,
    carriage::CarriageStep,
    customer::{CallHop, PaymentParty},
    event::{Event, EventKind},
    id::{CarrierId, WorkId},
    message::{Body, DataValue},
    money::Money,
    outlook::Level,
    reminder::{Firing, Reminder},
    status::{HangupCause, LeaseEnd, MessageStatus, Tone},
    thing::EventPart,
    time::Timestamp,
    voice::{Prompt, VoiceAction},
    work::{TagMessage, Task, Work},
};
use std::{fmt::Write as _, time::Duration};

impl Body {
    /// The content in one line: text, template, media and place, as far as there are any.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut out = self.text.clone().unwrap_or_default();
        if let Some(template) = &self.template {
            let _ = write!(out, " [template {}({})]", template.name, template.params.join(", "));
        }
        for media in &self.media {
            let _ = write!(out, " [{} {}]", media.kind.word(), media.url);
        }
        if let Some(at) = &self.location {
            let _ = write!(out, " [place {:.5}, {:.5}]", at.latitude, at.longitude);
        }
        out.trim_start().to_owned()
    }
}

impl DataValue {
    /// The text itself, or the size of the bytes.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Bytes(bytes) => format!("{} bytes", bytes.len()),
        }
    }
}

impl PaymentParty {
    /// Names the party, for example `purse main`.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Customer { number, .. } => number.to_string(),
            Self::Purse(purse) => format!("purse {purse}"),
            Self::Wallet { customer, wallet } => format!("wallet {wallet} of {customer}"),
            Self::Channel { channel, account, .. } => match account {
                Some(account) => format!("{} account {account}", channel.number),
                None => channel.number.clone(),
            },
        }
    }
}

impl VoiceAction {
    /// What the caller experiences, for example `ask for keys`.
    #[must_use]
    pub fn summary(&self) -> String {
        let heard = |prompt: &Option<Prompt>| match prompt {
            Some(Prompt::Say(say)) => format!(" after \u{201c}{}\u{201d}", say.text),
            Some(Prompt::Play(url)) => format!(" after {url}"),
            None => String::new(),
        };
        match self {
            Self::Say(say) => format!("say \u{201c}{}\u{201d}", say.text),
            Self::Play(url) => format!("play {url}"),
            Self::GetDigits { prompt, .. } => format!("ask for keys{}", heard(prompt)),
            Self::GetRecording { prompt, .. } => format!("record{}", heard(prompt)),
            Self::Dial { numbers, .. } => {
                let all: Vec<_> = numbers.iter().map(ToString::to_string).collect();
                format!("dial {}", all.join(", "))
            }
            Self::RecordSession => "record the call".into(),
            Self::Enqueue { queue_name, .. } => {
                format!("queue {}", queue_name.as_deref().unwrap_or_default())
            }
            Self::Dequeue { channel, .. } => format!("take from the queue of {}", channel.number),
            Self::Reject => "reject".into(),
            Self::Redirect(url) => format!("redirect to {url}"),
        }
    }
}

impl Reminder {
    /// The key, the time, the repetition and the payload.
    #[must_use]
    pub fn summary(&self) -> String {
        let every = self.interval.map_or_else(String::new, |i| format!(", every {}", span(i)));
        let payload =
            if self.payload.is_empty() { String::new() } else { format!(": {}", self.payload) };
        let at = jiff::Timestamp::try_from(self.remind_at).unwrap_or_default();
        // A sentence of the log is the same for everybody, and so in the time that is.
        let at = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string().replace(":00 UTC", " UTC");
        format!("{} at {at}{every}{payload}", self.key)
    }
}

/// Tells how a metadata text reads as JSON, which is what SDK programs expect of it, and how
/// serious it is if it does not.
#[must_use]
pub fn as_json(text: &str) -> (Level, String) {
    use serde_json::Value;
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(map)) => (Level::Good, format!("JSON object, {} keys", map.len())),
        Ok(Value::Array(list)) => (Level::Good, format!("JSON list, {} items", list.len())),
        Ok(Value::String(_)) => (Level::Good, "JSON text".into()),
        Ok(Value::Null | Value::Bool(_) | Value::Number(_)) => (Level::Good, "JSON value".into()),
        Err(error) if text.trim_start().starts_with(['{', '[', '"']) => {
            (Level::Warn, format!("not JSON: {error}"))
        }
        Err(_) => (Level::Note, "plain text, not JSON; SDK programs expect JSON".into()),
    }
}

/// A length of time in the largest unit in which it is a whole number: `90 s`, `5 min`, `24
/// h`, `7 d`.
#[must_use]
pub fn span(length: Duration) -> String {
    let secs = length.as_secs();
    match secs {
        s if s >= 172_800 && s % 86_400 == 0 => format!("{} d", s / 86_400),
        s if s >= 3_600 && s % 3_600 == 0 => format!("{} h", s / 3_600),
        s if s >= 120 && s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

impl Task {
    /// What is done for each customer.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Message(TagMessage { from, body, .. }) => {
                format!("message from {from}: {}", body.summary())
            }
            Self::Reminder(reminder) => format!("reminder {}", reminder.summary()),
        }
    }
}

impl Work {
    /// Who has it done to them, and what.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("to {}: {}", self.tag, self.task.summary())
    }
}

impl Event {
    /// What happened, in one line. Who it happened to and when is not in it, because a feed has
    /// columns for those.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one arm for each kind")]
    pub fn sentence(&self) -> String {
        use EventKind as K;
        match &self.kind {
            K::CustomerMet => "new customer".into(),
            K::TagsUpdated(tags) => {
                format!("tagged {}", list(tags.iter().map(|t| format!("{}={}", t.key, t.value))))
            }
            K::TagsDeleted(keys) => format!("untagged {}", keys.join(", ")),
            K::MetadataUpdated { values, over_lease } => {
                let all = list(values.iter().map(|(k, v)| format!("{k}={}", v.summary())));
                let over = if over_lease.is_some() { "OVER ANOTHER'S LEASE " } else { "" };
                format!("{over}data {all}")
            }
            K::MetadataDeleted(keys) => format!("data removed: {}", keys.join(", ")),
            K::SecondaryIdsUpdated(ids) => {
                format!("id {}", list(ids.iter().map(|(id, _)| id.masked())))
            }
            K::SecondaryIdsDeleted(ids) => {
                format!("id removed: {}", list(ids.iter().map(SecondaryId::masked)))
            }
            K::EntriesExpired { tags, secondary_ids } => {
                let ids = secondary_ids.iter().map(SecondaryId::masked);
                format!("expired: {}", list(tags.iter().cloned().chain(ids)))
            }
            K::CustomerAdopted { other } => format!("took over {other}, whose id is no more"),
            K::CustomerReplaced { by } => format!("merged into {by}: this id is no more"),
            K::LeaseGranted(lease) => {
                let length = span(lease.expires_at.since(lease.granted_at));
                format!("{} leased for {length}", lease.key)
            }
            K::LeaseEnded { key, end, .. } => format!("lease of {key} over: {}", end.words()),
            K::MessageSent { body, status, .. } if *status == MessageStatus::Sent => body.summary(),
            K::MessageSent { body, status, .. } => {
                format!("REFUSED {}: {}", status.words(), body.summary())
            }
            K::MessageReceived { body, .. } => body.summary(),
            K::MessageScheduled { body, leaves_at, again, .. } => {
                of_scheduled(body, *leaves_at, *again, &self.actor)
            }
            K::ScheduledCancelled { .. } => "a scheduled message was cancelled".into(),
            K::MessageCarried { carrier, attempt, step, .. } => {
                of_carriage(carrier, *attempt, step)
            }
            K::CarrierLinkChanged { carrier, is_up, why } => of_link(carrier, *is_up, why),
            K::LogPruned { up_to, entries, bytes, .. } => format!(
                "{entries} entries up to {up_to} went out of the log: {} MiB",
                bytes.div_ceil(1 << 20)
            ),
            K::CarrierPauseChanged { carrier, is_paused } => {
                let what = if *is_paused { "is paused, and messages wait" } else { "goes on" };
                match &self.actor {
                    Actor::Key(by) | Actor::Program(by) => {
                        format!("the network {carrier} {what}: {by} said so")
                    }
                    Actor::Hub | Actor::Customer | Actor::Network => {
                        format!("the network {carrier} {what}")
                    }
                }
            }
            K::MessageStatusChanged { status, .. } => status.words().into(),
            K::SessionChanged { status, .. } => format!("session {}", status.words()),
            K::ConsentChanged(status) => format!("consent: {}", status.words()),
            K::ConsentRequested { action, reason } if reason.is_empty() => {
                format!("asked to {}", action.words())
            }
            K::ConsentRequested { action, reason } => {
                format!("asked to {}, because {reason}", action.words())
            }
            K::ConsentLapsed => "the opt-in request ended without a yes".into(),
            K::UssdInput { input, dial: true, .. } => format!("dialled {input}"),
            K::UssdInput { input, .. } => format!("typed {input}"),
            K::UssdMenuShown { menu, .. } => format!("menu: {}", menu.text),
            K::UssdEnded { end, .. } => format!("session over: {}", end.words()),
            K::CallChanged { hop, duration, cost, .. } => of_hop(hop, *duration, *cost),
            K::CallPlanned { actions, .. } if actions.is_empty() => "plan: hang up".into(),
            K::CallPlanned { actions, .. } => {
                format!("plan: {}", list(actions.iter().map(VoiceAction::summary)))
            }
            K::PromptMissed { .. } => "no app said what to do in time".into(),
            K::PaymentReceived { value, status, purse, .. } => match purse {
                Some(purse) => format!("{value} {} into {purse}", status.words()),
                None => format!("{value} {}", status.words()),
            },
            K::PaymentStarted { debit, credit, value, status, .. } => {
                let (from, to) = (debit.summary(), credit.summary());
                format!("{value} from {from} to {to}: {}", status.words())
            }
            K::PaymentStatusChanged { status, value: Some(value), .. } => {
                format!("payment {}: {value}", status.words())
            }
            K::PaymentStatusChanged { status, value: None, .. } => {
                format!("payment {}", status.words())
            }
            K::WalletPaymentChanged { wallet, status, .. } => {
                format!("payment of wallet {wallet} {}", status.words())
            }
            K::PaymentContradicted { reported, ended, value, .. } => format!(
                "{value} reported {} although {}: nothing was booked, ask the network",
                reported.words(),
                ended.words()
            ),
            K::PurseFunded { purse, value } => format!("{value} put into purse {purse}"),
            K::ReminderAdded(reminder) => format!("reminder {}", reminder.summary()),
            K::ReminderCancelled { key } => format!("reminder {key} cancelled"),
            K::ReminderFired(firing) => of_firing(firing),
            K::WorkAdded(work) => format!("work by tag {}", work.summary()),
            K::WorkStarted { work, .. } => format!("work by tag runs: {work}"),
            K::WorkAdvanced { work, done, skipped, put_off, .. } => {
                of_slice(work, *done, skipped, put_off.len())
            }
            K::WorkChanged { work, state } => format!("work by tag {}: {work}", state.words()),
            K::NoAnswerNeeded { count: 0..=1, .. } => "no answer needed".into(),
            K::NoAnswerNeeded { count, .. } => format!("no answer needed to {count} messages"),
            K::ClockMoved { by } => format!("clock moved forward by {}", span(*by)),
            K::NotificationsDropped { count, from, to } => {
                format!("{count} notifications dropped, entries {from} to {to}")
            }
            K::Unreadable => "an event this version cannot read".into(),
        }
    }

    /// Whether it is good or bad news for an agent. Only what tells of a thing can be pending: what stands for itself
    /// is never told to be over, and would wait for ever.
    #[must_use]
    pub fn tone(&self) -> Tone {
        match (self.news(), self.kind.part()) {
            (Tone::Pending, EventPart::Word | EventPart::Record) => Tone::Plain,
            (tone, _) => tone,
        }
    }
    /// Whether it was good or bad news when it happened.
    fn news(&self) -> Tone {
        use EventKind as K;
        match &self.kind {
            K::MessageSent { status, .. } | K::MessageStatusChanged { status, .. } => status.tone(),
            K::ConsentChanged(status) => status.tone(),
            K::CallChanged { hop, .. } if hop.cause.tone() == Tone::Bad => Tone::Bad,
            K::CallChanged { hop, .. } => hop.status.tone(),
            K::PaymentReceived { status, .. }
            | K::PaymentStarted { status, .. }
            | K::WalletPaymentChanged { status, .. }
            | K::PaymentStatusChanged { status, .. } => status.tone(),
            K::UssdEnded { end, .. } => end.tone(),
            K::WorkChanged { state, .. } => state.tone(),
            K::MessageCarried { step, .. } => match step {
                CarriageStep::HandedOver
                | CarriageStep::Accepted { .. }
                | CarriageStep::Returned { .. }
                | CarriageStep::Again => Tone::Pending,
                CarriageStep::Left => Tone::Plain,
                CarriageStep::Refused { .. } | CarriageStep::Unknown { .. } => Tone::Bad,
            },
            K::CarrierLinkChanged { is_up: true, .. }
            | K::CarrierPauseChanged { is_paused: false, .. } => Tone::Good,
            K::CarrierLinkChanged { is_up: false, why, .. } if why.is_empty() => Tone::Plain,
            K::CarrierLinkChanged { is_up: false, .. }
            | K::MetadataUpdated { over_lease: Some(_), .. }
            | K::LeaseEnded { end: LeaseEnd::Expired, .. }
            | K::PromptMissed { .. }
            | K::PaymentContradicted { .. }
            | K::NotificationsDropped { .. }
            | K::Unreadable => Tone::Bad,
            K::CustomerMet
            | K::LogPruned { .. }
            | K::TagsUpdated(_)
            | K::TagsDeleted(_)
            | K::MetadataUpdated { over_lease: None, .. }
            | K::MetadataDeleted(_)
            | K::SecondaryIdsUpdated(_)
            | K::SecondaryIdsDeleted(_)
            | K::EntriesExpired { .. }
            | K::MessageReceived { .. }
            | K::MessageScheduled { .. }
            | K::ScheduledCancelled { .. }
            | K::CarrierPauseChanged { is_paused: true, .. }
            | K::SessionChanged { .. }
            | K::ConsentRequested { .. }
            | K::ConsentLapsed
            | K::UssdInput { .. }
            | K::UssdMenuShown { .. }
            | K::CallPlanned { .. }
            | K::PurseFunded { .. }
            | K::CustomerAdopted { .. }
            | K::CustomerReplaced { .. }
            | K::ReminderAdded(_)
            | K::ReminderCancelled { .. }
            | K::ReminderFired(_)
            | K::LeaseGranted(_)
            | K::LeaseEnded { .. }
            | K::WorkAdded(_)
            | K::WorkStarted { .. }
            | K::WorkAdvanced { .. }
            | K::NoAnswerNeeded { .. }
            | K::ClockMoved { .. } => Tone::Plain,
        }
    }
}

fn list<T: ToString>(all: impl IntoIterator<Item = T>) -> String {
    all.into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(", ")
}

fn of_hop(hop: &CallHop, duration: Duration, cost: Option<Money>) -> String {
    let mut out = hop.status.words().to_owned();
    if hop.cause != HangupCause::Unspecified {
        let _ = write!(out, ", {}", hop.cause.words());
    }
    if let Some(digits) = &hop.digits {
        let _ = write!(out, ", pressed {digits}");
    }
    if let Some(dial) = &hop.dial {
        let _ = write!(out, ", {} for {} s", dial.number, dial.duration.as_secs());
    }
    if !duration.is_zero() {
        let _ = write!(out, ", {} s", duration.as_secs());
    }
    if let Some(cost) = cost {
        let _ = write!(out, ", {cost}");
    }
    out
}

fn of_scheduled(body: &Body, leaves_at: Timestamp, again: bool, by: &Actor) -> String {
    let what = match (again, by) {
        (false, _) => "leaves",
        (true, Actor::Hub) => "moved out of quiet hours, leaves",
        (true, _) => "changed, leaves",
    };
    format!("{what} {}: {}", leaves_at.minute(), body.summary())
}

fn of_link(carrier: &CarrierId, is_up: bool, why: &str) -> String {
    if is_up {
        format!("the network {carrier} is reached")
    } else if why.is_empty() {
        format!("the network {carrier} is used from now on")
    } else {
        format!("the network {carrier} is not reached: {why}")
    }
}

fn of_carriage(carrier: &CarrierId, attempt: u32, step: &CarriageStep) -> String {
    match step {
        CarriageStep::HandedOver if attempt > 1 => {
            format!("handed to the network {carrier} once more")
        }
        CarriageStep::HandedOver => format!("handed to the network {carrier}"),
        CarriageStep::Accepted { reference, is_final } => {
            let name = reference.as_ref().map(|name| format!(", as {name}")).unwrap_or_default();
            let end = if *is_final { "; it says nothing more of it" } else { "" };
            format!("the network {carrier} has it{name}{end}")
        }
        CarriageStep::Refused { code, words } => {
            let words = if words.is_empty() { String::new() } else { format!(": {words}") };
            format!("the network {carrier} refused it ({code}){words}")
        }
        CarriageStep::Returned { why } => {
            format!("the network {carrier} did not take it yet: {why}")
        }
        CarriageStep::Unknown { why, .. } => {
            format!("outcome unknown: {}", doubt(carrier, why))
        }
        CarriageStep::Again => format!("goes to the network {carrier} once more, as decided"),
        CarriageStep::Left => "held to have arrived, as decided: it is not sent again".to_owned(),
    }
}

/// Why it is not known whether a network has a message: `the network safari did not answer within 30 s`.
#[must_use]
pub fn doubt(carrier: &CarrierId, why: &str) -> String {
    match why.strip_prefix("it ") {
        Some(did) => format!("the network {carrier} {did}"),
        None if why.is_empty() => format!("nobody knows whether the network {carrier} has it"),
        None => format!("nobody knows whether the network {carrier} has it: {why}"),
    }
}

fn of_slice(work: &WorkId, done: u64, skipped: &[(i32, u64)], put_off: usize) -> String {
    let left_out = skipped.iter().fold(0_u64, |sum, (_, n)| sum.saturating_add(*n));
    let later = match put_off {
        0 => String::new(),
        n => format!(", {n} left alone at this hour"),
    };
    format!("work by tag: {done} done, {left_out} skipped{later}, of {work}")
}

fn of_firing(firing: &Firing) -> String {
    let Reminder { key, payload, .. } = &firing.reminder;
    let payload = if payload.is_empty() { String::new() } else { format!(": {payload}") };
    let tag =
        firing.tag.as_ref().map_or_else(String::new, |t| format!(" for {}={}", t.key, t.value));
    format!("REMINDER {key}{tag}{payload}")
}
