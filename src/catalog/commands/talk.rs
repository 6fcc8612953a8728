//! Calls and USSD sessions: placing a call, and answering what waits on the line.
//!
//! Somebody is on the line meanwhile, so nothing here is held back in the outbox, and an answer that
//! comes too late is refused (R-HOOK-1).

use super::super::{
    BuildContext, BuildResult, ChannelUse, Confirm, FieldErrors, FieldHelp, FieldKind, FieldSpec,
    LockedSession, Menu, Needs, Risk, Spec, Target, Values, VerbGroup, VerbSpec, plan,
};
use super::{LONGEST_LIST, NUMBER, done, gap_left, pair, take};
use crate::model::{Channel, CustomerCommand, UssdMenu, segments::measure_menu};

/// The commands of this family.
pub(super) const FAMILY: &[&Spec] = &[&CALL, &ANSWER_CALL, &ANSWER_USSD];

pub static CALL: Spec = Spec {
    id: "call",
    title: "Call",
    menu: Menu {
        name: "call",
        title: "call",
        help: "call this customer",
        synonyms: "voice phone ring dial",
        hint: 0,
    },
    verb: VerbSpec {
        name: "call",
        group: VerbGroup::MoneyAndVoice,
        help: "Call a customer. When they pick up, an app or an agent says what happens.",
        example: "call --to +254711000001 --from 0800 --confirm call",
    },
    risk: Risk::R3,
    needs: Needs::Customer,
    confirm: Confirm::Word("call"),
    hold: false,
    fields: &[
        NUMBER,
        FieldSpec::new(
            "from",
            FieldKind::Channel(ChannelUse::Calls),
            FieldHelp {
                form: "Which of the org's voice numbers calls.",
                flag: "The org's voice number that calls",
            },
        )
        .required()
        .placeholder("no voice number"),
    ],
    build: call,
    makes: |command| matches!(command, CustomerCommand::MakeCall { .. }),
};

pub static ANSWER_USSD: Spec = Spec {
    id: "menu",
    title: "USSD menu",
    menu: Menu {
        name: "answer-ussd",
        title: "USSD menu",
        help: "answer the USSD session that waits for a menu",
        synonyms: "reply session prompt",
        hint: 0,
    },
    verb: VerbSpec {
        name: "answer-ussd",
        group: VerbGroup::MoneyAndVoice,
        help: "Show a menu in a USSD session that waits. There are only seconds for it, and an app may be faster.",
        example: "answer-ussd --session el_ses_1 --text '1. Balance'",
    },
    risk: Risk::R2,
    needs: Needs::Ussd,
    confirm: Confirm::None,
    hold: false,
    fields: &[
        FieldSpec::new(
            "text",
            FieldKind::Menu,
            FieldHelp {
                form: "What the phone shows: 182 plain characters.",
                flag: "What the phone shows: 182 plain characters at most",
            },
        )
        .required()
        .placeholder("Karibu\n1. Balance")
        .max(2_000),
        FieldSpec::new(
            "then",
            FieldKind::Choice(&["continue", "end"]),
            FieldHelp {
                form: "continue lets the customer type; end closes the session.",
                flag: "continue lets the customer type; end closes the session",
            },
        ),
    ],
    build: menu,
    makes: |command| matches!(command, CustomerCommand::AnswerPrompt { menu: Some(_), .. }),
};

pub static ANSWER_CALL: Spec = Spec {
    id: "plan",
    title: "Call plan",
    menu: Menu {
        name: "answer-call",
        title: "call plan",
        help: "say what the call that waits does next",
        synonyms: "reply voice prompt actions say dial",
        hint: 0,
    },
    verb: VerbSpec {
        name: "answer-call",
        group: VerbGroup::MoneyAndVoice,
        help: "Say what a call that waits does next. There are only seconds for it, and an app may be faster.",
        example: "answer-call --session el_ses_1 --actions 'say Karibu'",
    },
    risk: Risk::R2,
    needs: Needs::Call,
    confirm: Confirm::None,
    hold: false,
    fields: &[FieldSpec::new(
        "actions",
        FieldKind::Actions,
        FieldHelp {
        form: "One action a line: say, play, ask, record, dial, queue, take-from, record-all, reject, \
               redirect, hang-up.",
        flag: "What the call does next, one action a line, as explained below",
    },
    )
    .required()
    .placeholder("ask 4 digits within 10s: Enter your PIN")
    .max(LONGEST_LIST)],
    build: answer,
    makes: |command| matches!(command, CustomerCommand::AnswerPrompt { menu: None, .. }),
};

fn call(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut errors = FieldErrors::default();
    let pair = pair(v, target, cx, ChannelUse::Calls, &mut errors);
    done(pair.map(|(to, from)| CustomerCommand::MakeCall { to, from }), errors)
}

/// The session that is answered, if it is of that channel. If its time is over, that is
/// an error (R-HOOK-1).
fn session<'a>(
    target: &'a Target,
    channel: Channel,
    name: &'static str,
    cx: &BuildContext,
    errors: &mut FieldErrors,
) -> Option<&'a LockedSession> {
    let session = target.session.as_ref().filter(|session| !session.id.is_empty());
    let session = session.filter(|s| {
        matches!(s.channel.channel, Channel::Unspecified) || s.channel.channel == channel
    });
    let Some(session) = session else {
        errors.add(name, "nothing waits for such an answer here");
        return None;
    };
    if session.deadline.is_some_and(|deadline| deadline < cx.at) {
        errors.add(name, "too late: the time to answer is over");
    }
    Some(session)
}

fn menu(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut errors = FieldErrors::default();
    let session = session(target, Channel::Ussd, "text", cx, &mut errors);
    let text = v.get("text").trim_end();
    if text.trim().is_empty() {
        errors.add("text", "what the phone shows");
    } else if let Some(why) = measure_menu(text).refusal() {
        errors.add("text", why);
    } else if let Some(left) = gap_left(text, false) {
        errors.add("text", left);
    }
    let is_terminal = match v.get("then").trim().to_ascii_lowercase().as_str() {
        "" | "continue" => Ok(false),
        "end" => Ok(true),
        _ => Err("continue or end".into()),
    };
    let is_terminal = take("then", is_terminal, &mut errors);
    let command = session.zip(is_terminal).map(|(session, is_terminal)| {
        let menu = Some(UssdMenu { text: text.to_owned(), is_terminal });
        CustomerCommand::AnswerPrompt { session: session.id.clone(), menu, actions: Vec::new() }
    });
    done(command, errors)
}

fn answer(v: &Values, target: &Target, cx: &BuildContext) -> BuildResult {
    let mut errors = FieldErrors::default();
    let session = session(target, Channel::Voice, "actions", cx, &mut errors);
    let actions = take("actions", plan::parse(v.get("actions"), cx.hello), &mut errors);
    let command = session.zip(actions).map(|(session, actions)| CustomerCommand::AnswerPrompt {
        session: session.id.clone(),
        menu: None,
        actions,
    });
    done(command, errors)
}
