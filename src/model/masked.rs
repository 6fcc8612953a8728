//! Events without what is personal in them, for files that leave the desk. Who wrote when, on which
//! channel, how much money moved and what became of it stays; what was written, who it was and how they
//! are reached is only a shape: each letter is an `x` and each digit a `0`.
//!
//! Ids of customers and of what happened stay, because nobody outside the hub can tell who that is. So do
//! the org's own numbers, labels, tags and keys, which are words of the org. Pure.

use super::{
    address::{CustomerNumber, SecondaryId},
    carriage::CarriageStep,
    customer::{CallHop, PaymentParty},
    event::{Event, EventKind},
    message::{Body, DataValue},
    reminder::Reminder,
    voice::{Prompt, VoiceAction},
    work::Task,
};

/// How many characters at the end of a number can still be read, so that the numbers of a file can
/// be told apart.
const SHOWN: usize = 3;

/// How many digits in a row may be a telephone number.
const NUMBER: usize = 6;

/// Words of somebody else without the telephone numbers that may be in them, for the hub's own log (R-SEE-1): of each
/// row of so many digits all but the last three are a `0`.
#[must_use]
pub fn without_numbers(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut digits = String::new();
    for c in words.chars().chain(['\0']) {
        if c.is_numeric() {
            digits.push(c);
            continue;
        }
        let count = digits.chars().count();
        let hidden = if count < NUMBER { 0 } else { count - SHOWN };
        let shown = digits.chars().enumerate();
        out.extend(shown.map(|(at, digit)| if at < hidden { '0' } else { digit }));
        digits.clear();
        out.push(c);
    }
    // The last one stands for the end.
    out.pop();
    out
}

impl Event {
    /// The same event without what is personal in it. It can be read back and drawn like any other.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut event = self.clone();
        let Self { at: _, customer: _, app: _, actor: _, number, channel: _, name, kind } =
            &mut event;
        mask_each(number, mask_number);
        mask_each(name, shape);
        mask_kind(kind);
        event
    }
}

fn mask_each<'a, T: 'a>(all: impl IntoIterator<Item = &'a mut T>, mask: fn(&mut T)) {
    all.into_iter().for_each(mask);
}

/// Leaves of a text how long it is, and where its words and lines end.
fn shape(text: &mut String) {
    *text = text.chars().map(shaped).collect();
}

const fn shaped(c: char) -> char {
    match c {
        'A'..='Z' => 'X',
        '0'..='9' => '0',
        c if c.is_ascii() => {
            if c.is_ascii_lowercase() {
                'x'
            } else {
                c
            }
        }
        _ => 'x',
    }
}

/// Leaves the shape of a number, and its end.
fn mask_end(text: &mut String) {
    let hidden = text.chars().count().saturating_sub(SHOWN);
    let letters = text.chars().enumerate();
    *text = letters.map(|(place, c)| if place < hidden { shaped(c) } else { c }).collect();
}

fn mask_number(number: &mut CustomerNumber) {
    let CustomerNumber { provider: _, number, partition } = number;
    mask_end(number);
    mask_each(partition, shape);
}

fn mask_id(id: &mut SecondaryId) {
    let SecondaryId { key: _, value } = id;
    shape(value);
}

fn mask_body(body: &mut Body) {
    let Body { text, template, media, location } = body;
    mask_each(text, shape);
    if let Some(template) = template {
        mask_each(&mut template.params, shape);
    }
    for file in media {
        shape(&mut file.url);
    }
    if location.is_some() {
        *location = Some(super::message::Location::default());
    }
}

fn mask_value(value: &mut DataValue) {
    match value {
        DataValue::Text(text) => shape(text),
        DataValue::Bytes(bytes) => bytes.fill(0),
    }
}

fn mask_party(party: &mut PaymentParty) {
    match party {
        PaymentParty::Customer { number, channel: _ } => mask_number(number),
        PaymentParty::Channel { channel: _, code: _, account } => mask_each(account, shape),
        PaymentParty::Purse(_) | PaymentParty::Wallet { .. } => {}
    }
}

fn mask_reminder(reminder: &mut Reminder) {
    shape(&mut reminder.payload);
}

fn mask_prompt(prompt: &mut Prompt) {
    match prompt {
        Prompt::Say(say) => shape(&mut say.text),
        Prompt::Play(url) => shape(url),
    }
}

fn mask_action(action: &mut VoiceAction) {
    match action {
        VoiceAction::Say(say) => shape(&mut say.text),
        VoiceAction::Play(url) | VoiceAction::Redirect(url) => shape(url),
        VoiceAction::GetDigits { prompt, .. } | VoiceAction::GetRecording { prompt, .. } => {
            mask_each(prompt, mask_prompt);
        }
        VoiceAction::Dial { numbers, ringback_tone, .. } => {
            mask_each(numbers, mask_number);
            mask_each(ringback_tone, shape);
        }
        VoiceAction::Enqueue { hold_music, .. } => mask_each(hold_music, shape),
        VoiceAction::RecordSession | VoiceAction::Dequeue { .. } | VoiceAction::Reject => {}
    }
}

fn mask_hop(hop: &mut CallHop) {
    let CallHop { digits, recording_url, dial, queue, actions, .. } = hop;
    mask_each(digits, shape);
    mask_each(recording_url, shape);
    if let Some(dial) = dial {
        mask_end(&mut dial.number);
    }
    if let Some(queue) = queue {
        mask_each(&mut queue.dequeued_to_number, mask_end);
    }
    mask_each(actions, mask_action);
}

/// Every kind is named here, so that a new one is decided about.
fn mask_kind(kind: &mut EventKind) {
    use EventKind as K;
    match kind {
        K::MetadataUpdated { values, over_lease: _ } => {
            for (_, value) in values {
                mask_value(value);
            }
        }
        K::SecondaryIdsUpdated(ids) => {
            for (id, _) in ids {
                mask_id(id);
            }
        }
        K::SecondaryIdsDeleted(secondary_ids) | K::EntriesExpired { tags: _, secondary_ids } => {
            mask_each(secondary_ids, mask_id);
        }
        K::MessageSent { body, .. }
        | K::MessageScheduled { body, .. }
        | K::MessageReceived { body, .. } => mask_body(body),
        K::ConsentRequested { action: _, reason } => shape(reason),
        K::MessageCarried { step: CarriageStep::Refused { words: text, .. }, .. }
        | K::MessageCarried {
            step: CarriageStep::Unknown { why: text, .. } | CarriageStep::Returned { why: text },
            ..
        }
        | K::CarrierLinkChanged { why: text, .. } => shape(text),
        K::UssdInput { input, .. } => shape(input),
        K::UssdMenuShown { menu, .. } => shape(&mut menu.text),
        K::CallChanged { hop, .. } => mask_hop(hop),
        K::CallPlanned { actions, .. } => mask_each(actions, mask_action),
        K::PaymentStarted { debit, credit, .. } => {
            mask_party(debit);
            mask_party(credit);
        }
        K::ReminderAdded(reminder) => mask_reminder(reminder),
        K::ReminderFired(firing) => mask_reminder(&mut firing.reminder),
        K::WorkAdded(work) => match &mut work.task {
            Task::Message(message) => mask_body(&mut message.body),
            Task::Reminder(reminder) => mask_reminder(reminder),
        },
        K::CustomerMet
        | K::TagsUpdated(_)
        | K::TagsDeleted(_)
        | K::MetadataDeleted(_)
        | K::MessageStatusChanged { .. }
        | K::ScheduledCancelled { .. }
        | K::MessageCarried {
            step:
                CarriageStep::HandedOver
                | CarriageStep::Accepted { .. }
                | CarriageStep::Again
                | CarriageStep::Left,
            ..
        }
        | K::LogPruned { .. }
        | K::SessionChanged { .. }
        | K::ConsentChanged(_)
        | K::ConsentLapsed
        | K::UssdEnded { .. }
        | K::PromptMissed { .. }
        | K::WalletPaymentChanged { .. }
        | K::PurseFunded { .. }
        | K::PaymentReceived { .. }
        | K::PaymentStatusChanged { .. }
        | K::PaymentContradicted { .. }
        | K::CustomerAdopted { .. }
        | K::CustomerReplaced { .. }
        | K::ReminderCancelled { .. }
        | K::LeaseGranted(_)
        | K::LeaseEnded { .. }
        | K::WorkStarted { .. }
        | K::WorkAdvanced { .. }
        | K::WorkChanged { .. }
        | K::CarrierPauseChanged { .. }
        | K::NoAnswerNeeded { .. }
        | K::ClockMoved { .. }
        | K::NotificationsDropped { .. }
        | K::Unreadable => {}
    }
}

#[cfg(test)]
mod tests;
