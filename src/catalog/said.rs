//! How the times of a form or a verb were understood, in the words in which they are said back (R-TIME-3): the time
//! itself, what the clocks do then, and what it is where the customer is.

use super::{BuildContext, FieldKind, Needs, Spec, Target, Values};
use crate::model::{
    CustomerCommand, Reminder,
    when::{self, CustomerZone, When},
};

/// How the time in a field was understood, line by line: first the time itself. Nothing if it cannot be read, or if
/// the field holds no time.
#[must_use]
pub fn time(
    spec: &Spec,
    kind: FieldKind,
    text: &str,
    target: &Target,
    cx: &BuildContext,
) -> Vec<String> {
    let customer = match spec.needs {
        Needs::Nothing | Needs::Work | Needs::Unknown | Needs::Carrier => None,
        Needs::Customer
        | Needs::Scheduled
        | Needs::Message
        | Needs::Ussd
        | Needs::Call
        | Needs::Anyone => target.zone(),
    };
    match kind {
        FieldKind::Expiry => match when::end(text, cx.at, cx.zone) {
            Ok(Some(when)) => lines(&when, customer.as_ref(), cx),
            Ok(None) => vec!["never".into()],
            Err(_) => Vec::new(),
        },
        FieldKind::Moment => when::ahead(text, cx.at, cx.zone)
            .map_or_else(|_| Vec::new(), |when| lines(&when, customer.as_ref(), cx)),
        FieldKind::Every => match when::every(text) {
            Ok(Some(every)) => vec![format!("again every {}", when::written(every))],
            Ok(None) => vec!["once".into()],
            Err(_) => Vec::new(),
        },
        FieldKind::Text
        | FieldKind::Line
        | FieldKind::Number
        | FieldKind::Channel(_)
        | FieldKind::Pairs
        | FieldKind::Ids
        | FieldKind::Keys
        | FieldKind::Items
        | FieldKind::Data
        | FieldKind::Choice(_)
        | FieldKind::Amount
        | FieldKind::Party(_)
        | FieldKind::Purse
        | FieldKind::Reminder
        | FieldKind::Customer
        | FieldKind::TagPair
        | FieldKind::Actions
        | FieldKind::Menu
        | FieldKind::Place
        | FieldKind::Url => Vec::new(),
    }
}

fn lines(when: &When, customer: Option<&CustomerZone>, cx: &BuildContext) -> Vec<String> {
    let mut lines = vec![when::show(when.at, cx.at, cx.zone)];
    lines.extend(when.note.clone());
    lines.extend(when::say(when.at, cx.zone, customer));
    lines
}

/// What is to be said of the clocks besides the times of a command: of an hour that they leave out or show twice,
/// of the customer's, and of a series that crosses a change (R-TIME-4, R-TIME-5).
#[must_use]
pub fn clocks(
    spec: &Spec,
    values: &Values,
    target: &Target,
    command: &CustomerCommand,
    cx: &BuildContext,
) -> Vec<String> {
    let fields = spec.fields.iter().filter(|field| spec.is_shown(field, values));
    let said = fields.flat_map(|field| {
        let lines = time(spec, field.kind, values.get(field.name), target, cx);
        lines.into_iter().skip(1)
    });
    let reminder = reminder(command);
    said.chain(reminder.and_then(|reminder| when::series(reminder, cx.zone))).collect()
}

/// The times that were given for a command, each in one line with the name of its field.
#[must_use]
pub fn times(
    spec: &Spec,
    values: &Values,
    target: &Target,
    command: &CustomerCommand,
    cx: &BuildContext,
) -> Vec<String> {
    let given = spec.fields.iter().filter(|field| !values.get(field.name).trim().is_empty());
    let mut said: Vec<String> = given
        .filter_map(|field| {
            let lines = time(spec, field.kind, values.get(field.name), target, cx);
            (!lines.is_empty()).then(|| format!("{}: {}", field.name, lines.join("; ")))
        })
        .collect();
    said.extend(reminder(command).and_then(|reminder| when::series(reminder, cx.zone)));
    said
}

fn reminder(command: &CustomerCommand) -> Option<&Reminder> {
    use CustomerCommand as C;
    match command {
        C::AddReminder { reminder, .. } | C::AddReminderByTag { reminder, .. } => Some(reminder),
        C::Meet(_)
        | C::SendMessage { .. }
        | C::ReplyToMessage { .. }
        | C::SendMessageByTag { .. }
        | C::ScheduleMessage { .. }
        | C::EditScheduled { .. }
        | C::CancelScheduled { .. }
        | C::UpdateTags { .. }
        | C::DeleteTags { .. }
        | C::UpdateMetadata { .. }
        | C::DeleteMetadata { .. }
        | C::LeaseMetadata { .. }
        | C::UpdateSecondaryIds { .. }
        | C::DeleteSecondaryIds { .. }
        | C::AdoptCustomer { .. }
        | C::CancelReminder { .. }
        | C::CancelReminderByTag { .. }
        | C::NoAnswerNeeded { .. }
        | C::DecideUnknown { .. }
        | C::PauseCarrier { .. }
        | C::RequestConsent { .. }
        | C::InitiatePayment { .. }
        | C::MakeCall { .. }
        | C::AnswerPrompt { .. }
        | C::SteerWork { .. } => None,
    }
}
