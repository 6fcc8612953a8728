//! Messages to one customer, and the consent to be written to.

use super::super::{
    BuildContext, BuildResult, ChannelUse, Confirm, FieldErrors, FieldHelp, FieldKind, FieldSpec,
    Menu, Needs, Risk, Spec, Target, Values, VerbGroup, VerbSpec,
};
use super::{
    BODY, FROM, MEDIA, MEDIA_KIND, NUMBER, PARAMS, PLACE, TEMPLATE, TEXT, body, customer, done,
    entry, pair, take,
};
use crate::model::{ConsentAction, CustomerCommand};

/// The commands of this family.
pub(super) const FAMILY: &[&Spec] = &[&MESSAGE, &REPLY, &NO_ANSWER, &CONSENT];

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
    fields: &[TEXT, TEMPLATE, PARAMS, MEDIA, MEDIA_KIND, PLACE, NUMBER, FROM, BODY],
    build: message,
    makes: |command| matches!(command, CustomerCommand::SendMessage { .. }),
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
    fields: &[TEXT, TEMPLATE, PARAMS, MEDIA, MEDIA_KIND, PLACE, BODY],
    build: reply,
    makes: |command| matches!(command, CustomerCommand::ReplyToMessage { .. }),
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
    done(pair.map(|(to, from)| CustomerCommand::SendMessage { to, from, body, seen: None }), errors)
}

fn reply(v: &Values, target: &Target, _: &BuildContext) -> BuildResult {
    let mut errors = FieldErrors::default();
    let (Some(customer), Some(quoted)) = (&target.customer, &target.reply_to) else {
        let why = "no message of the customer is selected: write a message instead";
        errors.add("text", why);
        return Err(errors);
    };
    let body = body(v, Some(quoted.channel.channel), &mut errors);
    let (customer, message) = (customer.clone(), quoted.id.clone());
    done(Some(CustomerCommand::ReplyToMessage { customer, message, body, seen: None }), errors)
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
