//! Work on everyone with a tag, and steering it (operations.md 3.11, 3.12, 3.19; domain.md W4).

use super::super::{
    Confirm, Context, FieldErrors, FieldKind, FieldSpec, Lines, Menu, Needs, Risk, Spec, Target,
    Values,
};
use super::{
    AT, BODY, EVERY, FROM, KEY, MEDIA, MEDIA_KIND, PARAMS, PAYLOAD, PLACE, REMINDER_KEY, TAG,
    TEMPLATE, TEXT, body, choice, done, entry, reminder, take,
};
use crate::model::{CustomerCommand, WorkState};

/// The commands of this family.
pub(super) const FAMILY: &[&Spec] =
    &[&MESSAGE_BY_TAG, &REMINDER_BY_TAG, &CANCEL_REMINDER_BY_TAG, &WORK];

/// Write to everyone with a tag.
pub static MESSAGE_BY_TAG: Spec = Spec {
    id: "message-tag",
    title: "Message by tag",
    menu: Menu {
        name: "message-by-tag",
        title: "message all",
        help: "write to everyone with a tag",
        synonyms: "bulk campaign broadcast tag",
        hint: 0,
    },
    verb: "send-by-tag",
    help: "Write to everyone with a tag. Who that is, is decided once, when it is sent.",
    risk: Risk::R4,
    needs: Needs::Nothing,
    confirm: Confirm::Count,
    hold: true,
    fields: &[TAG, TEXT, TEMPLATE, PARAMS, MEDIA, MEDIA_KIND, PLACE, FROM, BODY],
    build: message,
    makes: |command| matches!(command, CustomerCommand::SendMessageByTag { .. }),
};

/// Add or replace a reminder about everyone with a tag.
pub static REMINDER_BY_TAG: Spec = Spec {
    id: "remind-tag",
    title: "Remind by tag",
    menu: Menu {
        name: "reminder-by-tag",
        title: "remind of all",
        help: "have an app reminded of everyone with a tag",
        synonyms: "bulk bell schedule tag",
        hint: 0,
    },
    verb: "remind-by-tag",
    help: "Have the app reminded of everyone with a tag. Who that is, is decided when it fires.",
    risk: Risk::R4,
    needs: Needs::Nothing,
    confirm: Confirm::Count,
    hold: false,
    fields: &[TAG, REMINDER_KEY, AT, EVERY, PAYLOAD],
    build: remind,
    makes: |command| matches!(command, CustomerCommand::AddReminderByTag { .. }),
};

/// Cancel such a reminder.
pub static CANCEL_REMINDER_BY_TAG: Spec = Spec {
    id: "unremind-tag",
    title: "Cancel by tag",
    menu: Menu {
        name: "cancel-reminder-by-tag",
        title: "unremind all",
        help: "cancel a reminder of everyone with a tag",
        synonyms: "bulk bell stop tag",
        hint: 0,
    },
    verb: "cancel-reminder-by-tag",
    help: "Cancel a reminder by tag; reminders about single customers stay.",
    risk: Risk::R1,
    needs: Needs::Nothing,
    confirm: Confirm::None,
    hold: false,
    fields: &[TAG, KEY],
    build: cancel,
    makes: |command| matches!(command, CustomerCommand::CancelReminderByTag { .. }),
};

/// Pause, resume or cancel work by tag.
pub static WORK: Spec = Spec {
    id: "work",
    title: "Steer work",
    menu: Menu {
        name: "work",
        title: "steer",
        help: "pause, resume or end a work by tag",
        synonyms: "bulk campaign",
        hint: 0,
    },
    verb: "work",
    help: "Pause, resume or cancel a work by tag. What it did already stays done.",
    // Cancelling has no way back, but it reaches nobody: a brake must not ask first.
    risk: Risk::R1,
    needs: Needs::Work,
    confirm: Confirm::None,
    hold: false,
    fields: &[FieldSpec::new(
        "action",
        FieldKind::Choice(&["pause", "resume", "cancel"]),
        "pause holds it, resume goes on, cancel ends it for good.",
    )],
    build: steer,
    makes: |command| matches!(command, CustomerCommand::SteerWork { .. }),
};

type Built = Result<CustomerCommand, FieldErrors>;

fn message(v: &Values, _: &Target, cx: &Context) -> Built {
    let mut e = FieldErrors::default();
    let tag = take("tag", entry::tag(v.get("tag")), &mut e);
    let from = choice::parse_channel(v.get("from"), cx.hello, Lines::Messages);
    let from = take("from", from, &mut e);
    let body = body(v, from.as_ref().map(|from| from.channel), &mut e);
    let pair = tag.zip(from);
    done(pair.map(|(tag, from)| CustomerCommand::SendMessageByTag { tag, from, body }), e)
}

fn remind(v: &Values, _: &Target, cx: &Context) -> Built {
    let mut e = FieldErrors::default();
    let tag = take("tag", entry::tag(v.get("tag")), &mut e);
    let reminder = reminder(v, cx, &mut e);
    let pair = tag.zip(reminder);
    done(pair.map(|(tag, reminder)| CustomerCommand::AddReminderByTag { tag, reminder }), e)
}

fn cancel(v: &Values, _: &Target, _: &Context) -> Built {
    let mut e = FieldErrors::default();
    let tag = take("tag", entry::tag(v.get("tag")), &mut e);
    let key = take("key", entry::key(v.get("key")), &mut e);
    done(tag.zip(key).map(|(tag, key)| CustomerCommand::CancelReminderByTag { tag, key }), e)
}

fn steer(v: &Values, target: &Target, _: &Context) -> Built {
    let mut e = FieldErrors::default();
    let to = match v.get("action").trim().to_ascii_lowercase().as_str() {
        "" | "pause" => Ok(WorkState::Paused),
        "resume" => Ok(WorkState::Running),
        "cancel" => Ok(WorkState::Cancelled),
        _ => Err("pause, resume or cancel".into()),
    };
    let to = take("action", to, &mut e);
    let work = target.work.clone().filter(|work| !work.is_empty());
    let work = take("action", work.ok_or_else(|| "no work by tag is chosen".into()), &mut e);
    done(work.zip(to).map(|(work, to)| CustomerCommand::SteerWork { work, to }), e)
}
