//! Messages to one customer, and the consent to be written to.

use super::super::{
    BuildContext, BuildResult, ChannelUse, Confirm, FieldErrors, FieldHelp, FieldKind, FieldSpec,
    Menu, Needs, Risk, Spec, Target, Values, VerbGroup, VerbSpec,
};
use super::{
    BODY, FROM, MEDIA, MEDIA_KIND, NUMBER, PARAMS, PLACE, TEMPLATE, TEXT, body, customer, done,
    entry, pair, take,
};
use crate::model::{ConsentAction, CustomerCommand, MessageId, Timestamp, when};

/// The commands of this family.
pub(super) const FAMILY: &[&Spec] =
    &[&MESSAGE, &REPLY, &NO_ANSWER, &EDIT_SCHEDULED, &CANCEL_SCHEDULED, &CONSENT];

pub static MESSAGE: Spec = Spec {
    id: "message",
    title: "Message",
    menu: Menu {
        name: "message",
        title: "message",
        help: "write to this customer",
        synonyms: "send sms whatsapp text template media compose new",
        hint: 50,
    },
    verb: VerbSpec {
        name: "send",
        group: VerbGroup::Messages,
        help: "Write to one of a customer's numbers.",
        example: "send --to +254711000001 --channel sms --from 40404 --text 'Karibu'",
    },
    risk: Risk::R2,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: true,
    fields: &[TEXT, TEMPLATE, PARAMS, MEDIA, MEDIA_KIND, PLACE, NUMBER, FROM, LATER, BODY],
    build: message,
    makes: |command| {
        use CustomerCommand as C;
        matches!(command, C::SendMessage { .. } | C::ScheduleMessage { in_reply_to: None, .. })
    },
};

pub static REPLY: Spec = Spec {
    id: "reply",
    title: "Reply",
    menu: Menu {
        name: "reply",
        title: "reply",
        help: "answer what waits here: the menu of a USSD row, the plan of a call, else the last message",
        synonyms: "respond answer write",
        hint: 85,
    },
    verb: VerbSpec {
        name: "reply",
        group: VerbGroup::Messages,
        help: "Answer a message on the channel it came on.",
        example: "reply --customer el_cst_9b1f --message el_msg_7 --text 'Noted'",
    },
    risk: Risk::R2,
    needs: Needs::Message,
    confirm: Confirm::None,
    hold: true,
    fields: &[TEXT, TEMPLATE, PARAMS, MEDIA, MEDIA_KIND, PLACE, LATER, BODY],
    build: reply,
    makes: |command| {
        use CustomerCommand as C;
        matches!(
            command,
            C::ReplyToMessage { .. } | C::ScheduleMessage { in_reply_to: Some(_), .. }
        )
    },
};

pub static NO_ANSWER: Spec = Spec {
    id: "no-answer",
    title: "No answer needed",
    menu: Menu {
        name: "no-answer-needed",
        title: "no answer",
        help: "what this customer wrote needs no answer: they wait no longer, for nobody",
        synonyms: "done dismiss close resolve waiting queue",
        hint: 48,
    },
    verb: VerbSpec {
        name: "no-answer-needed",
        group: VerbGroup::Messages,
        help: "Say that a customer needs no answer. They leave the list of `waiting` until they write again.",
        example: "no-answer-needed --customer +254711000001 --up-to el_msg_7",
    },
    risk: Risk::R1,
    needs: Needs::Customer,
    confirm: Confirm::None,
    hold: false,
    fields: &[FieldSpec::new(
        "up-to",
        FieldKind::Line,
        FieldHelp {
            form: "The last message that was read: nothing is done if they have written since.",
            flag: "The last message that was read: nothing is done if the customer has written since",
        },
    )
    .label("up to")
    .placeholder("whatever they wrote")],
    build: no_answer,
    makes: |command| matches!(command, CustomerCommand::NoAnswerNeeded { .. }),
};

/// When a message leaves.
pub(super) const LATER: FieldSpec = FieldSpec::new(
    "at",
    FieldKind::Moment,
    FieldHelp {
        form: "When it leaves; the hub keeps it until then. Empty: now.",
        flag: "Send it later: when it leaves. The hub keeps it until then",
    },
)
.placeholder("now")
.on_demand();

/// Which of the messages that have not left yet.
const WHICH: FieldSpec = FieldSpec::new(
    "id",
    FieldKind::Line,
    FieldHelp {
        form: "Its id, as the list of scheduled messages has it.",
        flag: "Its id, as `scheduled` lists it",
    },
)
.required()
.placeholder("el_msg_…");

pub static EDIT_SCHEDULED: Spec = Spec {
    id: "edit-scheduled",
    title: "Edit scheduled",
    menu: Menu {
        name: "edit-scheduled",
        title: "edit scheduled",
        help: "change the text and the time of a message that has not left yet",
        synonyms: "later schedule time change move reschedule",
        hint: 0,
    },
    verb: VerbSpec {
        name: "edit-scheduled",
        group: VerbGroup::Messages,
        help: "Change a message that has not left yet. It keeps its numbers and its id.",
        example: "edit-scheduled --customer +254711000001 --id el_msg_7 \\\n\
                  \x20   --text 'At ten' --at 'tomorrow 10:00'",
    },
    risk: Risk::R2,
    needs: Needs::Scheduled,
    confirm: Confirm::None,
    hold: false,
    fields: &[TEXT, TEMPLATE, PARAMS, MEDIA, MEDIA_KIND, PLACE, LATER_REQUIRED, WHICH, BODY],
    build: edit_scheduled,
    makes: |command| matches!(command, CustomerCommand::EditScheduled { .. }),
};

const LATER_REQUIRED: FieldSpec = FieldSpec::new(
    "at",
    FieldKind::Moment,
    FieldHelp { form: "When it leaves.", flag: "When it leaves" },
)
.required()
.placeholder("tomorrow 09:00");

pub static CANCEL_SCHEDULED: Spec = Spec {
    id: "cancel-scheduled",
    title: "Cancel scheduled",
    menu: Menu {
        name: "cancel-scheduled",
        title: "cancel scheduled",
        help: "have a message not leave that waits for its time",
        synonyms: "later schedule stop withdraw unsend",
        hint: 0,
    },
    verb: VerbSpec {
        name: "cancel-scheduled",
        group: VerbGroup::Messages,
        help: "Cancel a message that has not left yet. One that has left cannot be called back.",
        example: "cancel-scheduled --customer +254711000001 --id el_msg_7",
    },
    risk: Risk::R1,
    needs: Needs::Scheduled,
    confirm: Confirm::None,
    hold: false,
    fields: &[WHICH],
    build: cancel_scheduled,
    makes: |command| matches!(command, CustomerCommand::CancelScheduled { .. }),
};

pub static CONSENT: Spec = Spec {
    id: "consent",
    title: "Consent",
    menu: Menu {
        name: "consent",
        title: "consent",
        help: "ask for an opt-in, or opt the customer out, on one pair of numbers",
        synonyms: "allow block opt in out stop",
        hint: 0,
    },
    verb: VerbSpec {
        name: "consent",
        group: VerbGroup::Messages,
        help: "Ask for an opt-in, or opt a customer out. The reason is kept.",
        example: "consent --to +254711000001 --channel sms --from 40404 \\\n\
                  \x20   --action opt-out --reason 'asked on the phone' --confirm block",
    },
    risk: Risk::R3,
    needs: Needs::Customer,
    confirm: Confirm::Consent,
    hold: false,
    fields: &[
        FieldSpec::new(
            "reason",
            FieldKind::Line,
            FieldHelp {
                form: "Why, for the record: how and when they said so.",
                flag: "Why, for the record: how and when the customer said so",
            },
        )
        .required()
        .placeholder("asked for it on the phone"),
        FieldSpec::new(
            "action",
            FieldKind::Choice(&["opt-in", "opt-out"]),
            FieldHelp {
                form: "opt-in sends a request, allowed once they agree; opt-out holds at once.",
                flag: "opt-in sends a request, which allows messages once they agree; opt-out holds at once",
            },
        ),
        NUMBER,
        FROM,
    ],
    build: consent,
    makes: |command| matches!(command, CustomerCommand::RequestConsent { .. }),
};

fn message(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut errors = FieldErrors::default();
    let pair = pair(v, target, cx, ChannelUse::Messages, &mut errors);
    let body = body(v, pair.as_ref().map(|(_, from)| from.channel), &mut errors);
    let leaves = leaves(v, cx, &mut errors);
    let command = pair.zip(leaves).map(|((to, from), leaves)| match leaves {
        Leaves::Now => CustomerCommand::SendMessage { to, from, body, seen: None },
        Leaves::At(at) => {
            CustomerCommand::ScheduleMessage { to, from, body, at, in_reply_to: None, seen: None }
        }
    });
    done(command, errors)
}

/// When a message leaves.
pub(super) enum Leaves {
    Now,
    At(Timestamp),
}

impl Leaves {
    /// The time, unless it is now.
    pub(super) const fn later(self) -> Option<Timestamp> {
        match self {
            Self::Now => None,
            Self::At(at) => Some(at),
        }
    }
}

/// When the message leaves; `None` if the time cannot be read, which the errors say then.
pub(super) fn leaves(v: &Values, cx: &BuildContext, errors: &mut FieldErrors) -> Option<Leaves> {
    let text = v.get("at").trim();
    if text.is_empty() {
        return Some(Leaves::Now);
    }
    if cx.hello.live_only {
        errors.add("at", "this server keeps no messages for later: leave it empty");
        return None;
    }
    take("at", when::ahead(text, cx.at, cx.zone), errors).map(|when| Leaves::At(when.at))
}

fn reply(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut errors = FieldErrors::default();
    let (Some(customer), Some(quoted)) = (&target.customer, &target.reply_to) else {
        let why = "no message of the customer is selected: write a message instead";
        errors.add("text", why);
        return Err(errors);
    };
    let body = body(v, Some(quoted.channel.channel), &mut errors);
    let (customer, message) = (customer.clone(), quoted.id.clone());
    let command = leaves(v, cx, &mut errors).map(|leaves| match leaves {
        Leaves::Now => CustomerCommand::ReplyToMessage { customer, message, body, seen: None },
        Leaves::At(at) => CustomerCommand::ScheduleMessage {
            to: quoted.number.clone(),
            from: quoted.channel.clone(),
            body,
            at,
            in_reply_to: Some(message),
            seen: None,
        },
    });
    done(command, errors)
}

fn edit_scheduled(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut errors = FieldErrors::default();
    let body = body(v, None, &mut errors);
    let at = take("at", when::ahead(v.get("at"), cx.at, cx.zone), &mut errors);
    let message = which(v, &mut errors);
    let customer = customer(target, "id", &mut errors);
    let command = customer.zip(message).zip(at).map(|((customer, message), when)| {
        CustomerCommand::EditScheduled { customer, message, body, at: when.at, seen: None }
    });
    done(command, errors)
}

fn cancel_scheduled(v: &Values, target: &Target, _: &BuildContext) -> BuildResult {
    let mut errors = FieldErrors::default();
    let message = which(v, &mut errors);
    let customer = customer(target, "id", &mut errors);
    let pair = customer.zip(message);
    done(
        pair.map(|(customer, message)| CustomerCommand::CancelScheduled { customer, message }),
        errors,
    )
}

fn which(v: &Values, errors: &mut FieldErrors) -> Option<MessageId> {
    take("id", entry::line(v.get("id"), "which message: its id"), errors).map(Into::into)
}

fn no_answer(v: &Values, target: &Target, _: &BuildContext) -> BuildResult {
    let mut errors = FieldErrors::default();
    let up_to = Some(v.get("up-to").trim()).filter(|id| !id.is_empty()).map(Into::into);
    let customer = customer(target, "up-to", &mut errors);
    done(customer.map(|customer| CustomerCommand::NoAnswerNeeded { customer, up_to }), errors)
}

fn consent(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut errors = FieldErrors::default();
    let pair = pair(v, target, cx, ChannelUse::Messages, &mut errors);
    let why = "why: how and when the customer said so";
    let reason = take("reason", entry::line(v.get("reason"), why), &mut errors);
    let action = match v.get("action").trim().to_ascii_lowercase().as_str() {
        "" | "opt-in" => Ok(ConsentAction::OptIn),
        "opt-out" => Ok(ConsentAction::OptOut),
        // The contract turns any other word into "unspecified", which is refused (R-CONSENT-3).
        _ => Err("opt-in or opt-out".into()),
    };
    let action = take("action", action, &mut errors);
    let command = pair.zip(reason).zip(action).map(|(((number, channel), reason), action)| {
        CustomerCommand::RequestConsent { number, channel, action, reason }
    });
    done(command, errors)
}
