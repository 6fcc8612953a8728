//! What a command says on its review sheet, block by block: a label of ours, and raw text that
//! stands alone on its lines. There is one arm for each command and no wildcard, so a sheet never
//! opens on a command that it cannot describe.

use crate::{
    catalog::BuildContext,
    model::{
        Body, ConsentAction, CustomerCommand, Reminder, SecondaryId, Tag, TagMessage, Timestamp,
        UssdMenu, VoiceAction, WorkState, describe::span, when,
    },
};

type Sentences = Vec<(&'static str, String)>;

/// What a command says. It is empty for a payment, which the sheet itself puts into a sentence.
pub(super) fn sentences(command: &CustomerCommand, cx: &BuildContext) -> Sentences {
    use CustomerCommand as C;
    match command {
        C::Meet(customer) => vec![("meet", customer.to_string())],
        C::SendMessage { body, .. } | C::ReplyToMessage { body, .. } => of_body(body),
        C::SendMessageByTag { message, .. } => of_tag_message(message, cx),
        C::ScheduleMessage { body, at, .. } => of_later(body, *at, cx),
        C::EditScheduled { message, body, at, .. } => {
            let mut out = of_later(body, *at, cx);
            out.push(("instead of what it says now", message.to_string()));
            out
        }
        C::CancelScheduled { message, .. } => vec![("does not leave", message.to_string())],
        C::UpdateTags { tags, .. } => of_tags(tags, cx),
        C::DeleteTags { keys, .. } => vec![("remove tags", keys.join("\n"))],
        C::UpdateMetadata { values, .. } => values
            .iter()
            .flat_map(|(key, value)| [("set data", key.clone()), ("to", value.summary())])
            .collect(),
        C::DeleteMetadata { keys, .. } => vec![("delete data", keys.join("\n"))],
        C::LeaseMetadata { key, .. } => vec![("lease for 90 s", key.clone())],
        C::UpdateSecondaryIds { ids, .. } => vec![("add ids", id_lines(ids, cx))],
        C::DeleteSecondaryIds { ids, .. } => vec![("delete ids", ids_without_value(ids))],
        C::AdoptCustomer { customer, other } => {
            vec![("stays", customer.to_string()), ("is no more", other.to_string())]
        }
        C::AddReminder { reminder, .. } | C::AddReminderByTag { reminder, .. } => {
            of_reminder(reminder, cx)
        }
        C::CancelReminder { key, .. } | C::CancelReminderByTag { key, .. } => {
            vec![("cancel reminder", key.clone())]
        }
        C::NoAnswerNeeded { up_to: Some(message), .. } => {
            vec![("no answer needed up to the message", message.to_string())]
        }
        C::NoAnswerNeeded { up_to: None, .. } => {
            vec![("no answer needed", "to whatever they have written".into())]
        }
        C::RequestConsent { action, reason, .. } => of_consent(*action, reason),
        C::InitiatePayment { .. } => Vec::new(),
        C::MakeCall { .. } => {
            vec![("call", "the phone rings; say what happens once it is answered".into())]
        }
        C::AnswerPrompt { menu, actions, .. } => of_answer(menu.as_ref(), actions),
        C::DecideUnknown { message, again, attempt } => {
            let what = if *again { "send it once more" } else { "hold it to have arrived" };
            let which = attempt.map(|attempt| format!(", attempt {attempt}")).unwrap_or_default();
            vec![(what, format!("{message}{which}"))]
        }
        C::PauseCarrier { is_paused: true, .. } => {
            vec![("pause", "messages wait until it goes on, also after a restart".into())]
        }
        C::PauseCarrier { is_paused: false, .. } => vec![("resume", "what waits goes".into())],
        C::SteerWork { work, to } => {
            let what = match to {
                WorkState::Paused => "pause",
                WorkState::Running => "resume",
                WorkState::Cancelled => "cancel for good",
                WorkState::Unspecified | WorkState::Waiting | WorkState::Done => "steer",
            };
            vec![(what, work.to_string())]
        }
    }
}

fn of_tag_message(message: &TagMessage, cx: &BuildContext) -> Sentences {
    let mut out = of_body(&message.body);
    if let Some(at) = message.at {
        out.push(("begins", when::show(at, cx.at, cx.zone)));
    }
    let quiet = if message.keeps_quiet {
        "are kept: whoever is left alone gets it when that is over"
    } else {
        "are not kept: everyone gets it at once"
    };
    out.push(("quiet hours", quiet.into()));
    if let Some(work) = &message.instead_of {
        out.push(("instead of", format!("{work}, which does not begin then")));
    }
    out
}

fn of_later(body: &Body, at: Timestamp, cx: &BuildContext) -> Sentences {
    let mut out = of_body(body);
    out.push(("leaves", when::show(at, cx.at, cx.zone)));
    out
}

fn of_body(body: &Body) -> Sentences {
    let mut out = Vec::new();
    if let Some(text) = &body.text {
        out.push(("text", text.clone()));
    }
    if let Some(template) = &body.template {
        out.push(("template", template.name.clone()));
        if !template.params.is_empty() {
            let all = template.params.iter().enumerate();
            let all: Vec<_> = all.map(|(i, value)| format!("{{{{{}}}}} {value}", i + 1)).collect();
            out.push(("values", all.join("\n")));
        }
    }
    for media in &body.media {
        out.push((media.kind.word(), media.url.clone()));
    }
    if let Some(place) = &body.location {
        out.push(("place", format!("{:.5}, {:.5}", place.latitude, place.longitude)));
    }
    if out.is_empty() {
        out.push(("text", String::new()));
    }
    out
}

fn of_reminder(reminder: &Reminder, cx: &BuildContext) -> Sentences {
    let mut when = when::show(reminder.remind_at, cx.at, cx.zone);
    if let Some(every) = reminder.interval {
        when = format!("{when}, then every {}", span(every));
    }
    let mut out = vec![("remind", reminder.key.clone()), ("at", when)];
    if !reminder.app.is_empty() {
        out.push(("app", reminder.app.to_string()));
    }
    if !reminder.payload.is_empty() {
        out.push(("payload", reminder.payload.clone()));
    }
    out
}

fn of_consent(action: ConsentAction, reason: &str) -> Sentences {
    let what = match action {
        ConsentAction::OptIn => "asks the customer, who must agree before anything is sent",
        ConsentAction::OptOut => "nothing may be sent there any more, at once",
        ConsentAction::Unspecified => "nothing",
    };
    let reason = if reason.is_empty() { "(none given)" } else { reason };
    vec![(action.words(), what.into()), ("reason", reason.to_owned())]
}

fn of_answer(menu: Option<&UssdMenu>, actions: &[VoiceAction]) -> Sentences {
    match menu {
        Some(menu) if menu.is_terminal => vec![("last menu, ends the session", menu.text.clone())],
        Some(menu) => vec![("menu, waits for an answer", menu.text.clone())],
        None if actions.is_empty() => vec![("plan", "hang up".into())],
        None => {
            let all: Vec<_> = actions.iter().map(VoiceAction::summary).collect();
            vec![("plan", all.join("\n"))]
        }
    }
}

fn of_tags(tags: &[Tag], cx: &BuildContext) -> Sentences {
    let all: Vec<_> = tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
    let expires = tags.first().map(|tag| when::show_end(tag.expires_at, cx.at, cx.zone));
    let expires = expires.map(|expires| ("expires", expires));
    [("set tags", all.join("\n"))].into_iter().chain(expires).collect()
}

fn id_lines(ids: &[(SecondaryId, Option<Timestamp>)], cx: &BuildContext) -> String {
    let all = ids.iter().map(|(id, ends)| {
        let ends = ends.map(|ends| when::show(ends, cx.at, cx.zone)).unwrap_or_default();
        format!("{id} {ends}").trim_end().to_owned()
    });
    all.collect::<Vec<_>>().join("\n")
}

fn ids_without_value(ids: &[SecondaryId]) -> String {
    let all = ids.iter().map(|id| {
        if id.value.is_empty() { format!("every {} (R-SID-3)", id.key) } else { id.to_string() }
    });
    all.collect::<Vec<_>>().join("\n")
}
