//! Commands for everyone with a tag: writing to them, having an app reminded of them, and pausing,
//! resuming or cancelling such a work.

use super::super::{
    BuildContext, BuildResult, ChannelUse, Confirm, FieldErrors, FieldHelp, FieldKind, FieldSpec,
    Menu, Needs, Risk, Spec, Target, Values, VerbGroup, VerbSpec,
};
use super::{
    AT, BODY, EVERY, FROM, LATER, Leaves, MEDIA, MEDIA_KIND, PARAMS, PAYLOAD, PLACE, REMINDER_KEY,
    TAG, TEMPLATE, TEXT, choice, done, entry, leaves, personal, reminder, take,
};
use crate::model::{CustomerCommand, Rate, TagMessage, WorkId, WorkState, canned};

/// What the console writes before the id of a work whose failed are meant.
pub const FAILED_OF_WORDS: &str = "only those it failed for:";

/// The commands of this family.
pub(super) const FAMILY: &[&Spec] =
    &[&MESSAGE_BY_TAG, &REMINDER_BY_TAG, &CANCEL_REMINDER_BY_TAG, &WORK];

const RATE: FieldSpec = FieldSpec::new(
    "rate",
    FieldKind::Line,
    FieldHelp {
        form: "How many go in a time: 10/s, 300/min, 5000/h; empty for as fast as the network allows.",
        flag: "Send at most so many in a time: 10/s, 300/min, 5000/h [default: as fast as the network allows]",
    },
)
.placeholder("as fast as the network allows")
.max(40);
const FAILED_OF: FieldSpec = FieldSpec::new(
    "failed-of",
    FieldKind::Line,
    FieldHelp {
        form: "Only those it failed for: the id of an earlier message by tag; empty for everyone.",
        flag: "Write only to those for whom the message by tag with this id failed, and not to everyone again",
    },
)
.label("whom")
.placeholder("everyone with the tag");

/// What is done with those who are in their quiet hours (R-QUIET-5).
const QUIET: FieldSpec = FieldSpec::new(
    "quiet",
    FieldKind::Choice(&["wait", "ignore"]),
    FieldHelp {
        form: "wait: whoever is in their quiet hours gets it when these are over.",
        flag: "Have those who are in their quiet hours get it when these are over (wait), or like everyone (ignore)",
    },
)
.label("night");
const INSTEAD_OF: FieldSpec = FieldSpec::new(
    "instead-of",
    FieldKind::Line,
    FieldHelp {
        form: "The id of a message by tag that has not begun: this one takes its place.",
        flag: "Take the place of the message by tag with this id, which has not begun",
    },
)
.label("instead")
.placeholder("none")
.on_demand();

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
    verb: VerbSpec {
        name: "send-by-tag",
        group: VerbGroup::ByTag,
        help: "Write to everyone with a tag. Who that is, is decided once, when it is sent.",
        example: "send-by-tag --tag tier=gold --channel sms --from 40404 \\\n\
                  \x20   --text 'Sale until Friday' --dry-run",
    },
    risk: Risk::R4,
    needs: Needs::Nothing,
    confirm: Confirm::Count,
    hold: true,
    fields: &[
        TAG, TEXT, TEMPLATE, PARAMS, MEDIA, MEDIA_KIND, PLACE, FROM, BODY, RATE, QUIET, FAILED_OF,
        LATER, INSTEAD_OF,
    ],
    build: message,
    makes: |command| matches!(command, CustomerCommand::SendMessageByTag { .. }),
};

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
    verb: VerbSpec {
        name: "remind-by-tag",
        group: VerbGroup::ByTag,
        help: "Have the app reminded of everyone with a tag. Who that is, is decided when it fires.",
        example: "remind-by-tag --tag tier=gold --key renewal --at +2h --confirm 120",
    },
    risk: Risk::R4,
    needs: Needs::Nothing,
    confirm: Confirm::Count,
    hold: false,
    fields: &[TAG, REMINDER_KEY, AT, EVERY, PAYLOAD],
    build: remind,
    makes: |command| matches!(command, CustomerCommand::AddReminderByTag { .. }),
};

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
    verb: VerbSpec {
        name: "cancel-reminder-by-tag",
        group: VerbGroup::ByTag,
        help: "Cancel a reminder by tag. Reminders about single customers stay.",
        example: "cancel-reminder-by-tag --tag tier=gold --key renewal",
    },
    risk: Risk::R1,
    needs: Needs::Nothing,
    confirm: Confirm::None,
    hold: false,
    fields: &[
        TAG,
        FieldSpec::new(
            "key",
            FieldKind::Line,
            FieldHelp { form: "Its name.", flag: "The name that the reminder was given" },
        )
        .required()
        .placeholder("name"),
    ],
    build: cancel,
    makes: |command| matches!(command, CustomerCommand::CancelReminderByTag { .. }),
};

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
    verb: VerbSpec {
        name: "work",
        group: VerbGroup::ByTag,
        help: "Pause, resume or cancel a work by tag. What it did already stays done.",
        example: "work --work el_wrk_1 --action pause",
    },
    // Cancelling cannot be taken back, but it reaches nobody, and a brake must not ask first.
    risk: Risk::R1,
    needs: Needs::Work,
    confirm: Confirm::None,
    hold: false,
    fields: &[FieldSpec::new(
        "action",
        FieldKind::Choice(&["pause", "resume", "cancel"]),
        FieldHelp {
            form: "pause holds it, resume goes on, cancel ends it for good.",
            flag: "pause holds the work, resume goes on, cancel ends it for good",
        },
    )],
    build: steer,
    makes: |command| matches!(command, CustomerCommand::SteerWork { .. }),
};

fn message(v: &Values, _: &Target, cx: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let tag = take("tag", entry::tag(v.get("tag")), &mut e);
    let from = choice::parse_channel(v.get("from"), cx.hello, ChannelUse::Messages);
    let from = take("from", from, &mut e);
    let body = personal(v, from.as_ref().map(|from| from.channel), &mut e);
    let fill = body.template.is_none()
        && body.text.as_deref().is_some_and(|text| canned::Gap::first(text).is_some());
    if fill && !cx.hello.fills_gaps {
        e.add("text", "this hub fills no gaps, and everybody would read them: write it without");
    }
    let rate = Some(v.get("rate").trim()).filter(|text| !text.is_empty());
    let rate = take("rate", rate.map(str::parse::<Rate>).transpose(), &mut e).flatten();
    let failed_of = Some(v.get("failed-of").trim()).filter(|text| !text.is_empty());
    let failed_of =
        failed_of.map(|text| work_id(text.strip_prefix(FAILED_OF_WORDS).unwrap_or(text)));
    let failed_of = take("failed-of", failed_of.transpose(), &mut e).flatten();
    let instead_of = Some(v.get("instead-of").trim()).filter(|text| !text.is_empty());
    let instead_of = take("instead-of", instead_of.map(work_id).transpose(), &mut e).flatten();
    let keeps_quiet = match v.get("quiet").trim() {
        // A hub that waits for nobody is told nothing, and the sheet says so.
        "" | "wait" => cx.hello.times_works,
        "ignore" => false,
        _ => {
            e.add("quiet", "wait or ignore");
            false
        }
    };
    let at = leaves(v, cx, &mut e).and_then(Leaves::later);
    if failed_of.is_some() && at.is_some() {
        e.add("at", "whom it failed for is decided at once, so it goes at once: leave it empty");
    }
    if !cx.hello.times_works {
        if at.is_some() {
            e.add("at", "this hub sends by tag at once: leave it empty");
        }
        if instead_of.is_some() {
            e.add("instead-of", "this hub takes no message by tag back: leave it empty");
        }
    }
    if !cx.hello.paces_works {
        if rate.is_some() {
            e.add("rate", "this hub keeps to no rate, and all would go at once: leave it empty");
        }
        if failed_of.is_some() {
            e.add("failed-of", "this hub does not know for whom it failed: leave it empty");
        }
    }
    let pair = tag.zip(from);
    let command = pair.map(|(tag, from)| {
        let message = TagMessage { from, body, fill, rate, failed_of, at, keeps_quiet, instead_of };
        CustomerCommand::SendMessageByTag { tag, message }
    });
    done(command, e)
}

/// The id of a work that was written.
fn work_id(text: &str) -> Result<WorkId, String> {
    let text = text.trim();
    if text.starts_with("el_wrk_") && !text.contains(char::is_whitespace) {
        return Ok(WorkId::from(text));
    }
    Err("the id of an earlier message by tag, which begins with el_wrk_".to_owned())
}

fn remind(v: &Values, _: &Target, cx: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let tag = take("tag", entry::tag(v.get("tag")), &mut e);
    let reminder = reminder(v, cx, &mut e);
    let pair = tag.zip(reminder);
    done(pair.map(|(tag, reminder)| CustomerCommand::AddReminderByTag { tag, reminder }), e)
}

fn cancel(v: &Values, _: &Target, _: &BuildContext) -> BuildResult {
    let mut e = FieldErrors::default();
    let tag = take("tag", entry::tag(v.get("tag")), &mut e);
    let key = take("key", entry::key(v.get("key")), &mut e);
    done(tag.zip(key).map(|(tag, key)| CustomerCommand::CancelReminderByTag { tag, key }), e)
}

fn steer(v: &Values, target: &Target, _: &BuildContext) -> BuildResult {
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
