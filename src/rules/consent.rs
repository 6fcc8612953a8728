//! Consent that apps ask for (operations.md 3.21, events.md 4.4), and the fold of all consent.
//! What customers say by themselves is in `inbound`. Consent belongs to a pair of numbers, never
//! to a person; an open request is kept beside it and replaces nothing until it is answered.
//!
//! | asked for | before | answer | what follows |
//! |---|---|---|---|
//! | opt-out | anything | 301 | 301 at once, also when nothing changes; an open session closes |
//! | opt-in | opted in | 300 | 300 at once: who has agreed is not asked again |
//! | opt-in | none, opted out, asked | 101 | 300 when the customer agrees; a refusal or a day without an answer leaves all as it was |

use super::{
    Answer,
    draft::{About, Draft},
    index::Index,
    limits, messaging,
    whom::{self, Whom},
};
use crate::model::{
    Actor, AppId, Channel, ChannelNumber, ConsentAction, ConsentReceipt, ConsentStatus, CustomerId,
    CustomerNumber, CustomerState, Event, EventKind, PendingOptIn, Receipt,
    receipt::{network, refused},
};

use ConsentStatus as S;

/// Why a request is refused, and in which words.
type Refused = (ConsentStatus, String);

/// An app asks for an opt-in, or opts a customer out (R-CONSENT-1 to 3). A second app that asks
/// joins the question of the first.
pub fn request(
    draft: &mut Draft<'_, '_>,
    number: &CustomerNumber,
    channel: &ChannelNumber,
    action: ConsentAction,
    reason: &str,
) -> Answer {
    let channel = ChannelNumber::new(channel.channel, &channel.number);
    let whom = whom::by_number(draft.world, number, channel.channel);
    let known = whom.as_ref().ok().and_then(Whom::customer);
    let refuse = |(status, why): Refused| receipt(status, why, known.map(|c| c.id.clone()));
    askable(draft, &channel, action, reason).map_err(refuse)?;
    let whom = whom.map_err(|why| refuse((S::ApplicationError, why)))?;
    let number = whom.number().unwrap_or(number).clone();
    if number.provider != channel.channel.provider() {
        let why = format!("{number} cannot be reached by {}", channel.channel.word());
        return Err(refuse((S::InvalidChannelNumber, why)));
    }
    let (about, customer) = draft.meet(&whom, draft.actor());
    let about = about.between(&number, &channel).told(draft.app());
    draft.push(&about, EventKind::ConsentRequested { action, reason: reason.to_owned() });
    let customer = customer.map(AsRef::as_ref);
    let status = match action {
        ConsentAction::OptOut => {
            opt_out(draft, &about, customer);
            S::OptOutCompleted
        }
        ConsentAction::OptIn | ConsentAction::Unspecified
            if consent(customer, &number, &channel) == Some(S::OptInCompleted) =>
        {
            draft.push(&about, EventKind::ConsentChanged(S::OptInCompleted));
            S::OptInCompleted
        }
        ConsentAction::OptIn | ConsentAction::Unspecified => S::OptInRequestSent,
    };
    Ok(receipt(status, status.words(), about.customer))
}

/// What must hold before a number is looked at; the first failure decides.
fn askable(
    draft: &Draft<'_, '_>,
    channel: &ChannelNumber,
    action: ConsentAction,
    reason: &str,
) -> Result<(), Refused> {
    if action == ConsentAction::Unspecified {
        return Err((S::ApplicationError, "neither opt in nor opt out".into()));
    }
    if reason.chars().nth(limits::REASON_CHARS).is_some() {
        let why = format!("a reason longer than {} characters", limits::REASON_CHARS);
        return Err((S::ApplicationError, why));
    }
    whom::registered(draft.settings(), channel).map_err(|why| (S::InvalidChannelNumber, why))?;
    if !channel.channel.is_messaging() {
        let why = format!("no messages travel on {}", channel.channel.word());
        return Err((S::InvalidChannelNumber, why));
    }
    Ok(())
}

/// The session of the pair closes, then consent is gone. Apps whose own question is overtaken by
/// it are told as well: their requests have come to an end (R-CONSENT-2).
fn opt_out(draft: &mut Draft<'_, '_>, about: &About, customer: Option<&CustomerState>) {
    let pair = about.number.as_ref().zip(about.channel.as_ref());
    let state = pair.and_then(|(number, channel)| customer?.channel(number, channel));
    if let Some(session) = state.and_then(|s| s.session.as_ref()) {
        messaging::session_over(draft, about, session);
    }
    let asked = state.and_then(|s| s.asked.as_ref());
    tell(draft, about, asked.into_iter().flat_map(|asked| &asked.apps), S::OptOutCompleted);
}

/// Consent is another now. An envelope names one app: that of `about` is told, and each of the
/// others once.
pub fn tell<'a>(
    draft: &mut Draft<'_, '_>,
    about: &About,
    others: impl IntoIterator<Item = &'a AppId>,
    status: ConsentStatus,
) {
    let mut apps = vec![about.app.clone()];
    for app in others {
        if !apps.iter().any(|told| told.as_ref() == Some(app)) {
            apps.push(Some(app.clone()));
        }
    }
    // Without an app at all it happens too.
    if apps.len() > 1 {
        apps.retain(Option::is_some);
    }
    for app in apps {
        draft.push(&about.clone().told(app), EventKind::ConsentChanged(status));
    }
}

/// A customer answers an opt-in request, and every app that asked is told (R-CONSENT-2); a refusal
/// changes nothing but ends the waiting.
pub fn answer(
    draft: &mut Draft<'_, '_>,
    from: &CustomerNumber,
    to: &ChannelNumber,
    agrees: bool,
) -> Answer {
    let to = ChannelNumber::new(to.channel, &to.number);
    let (whom, number) =
        whom::sender(draft.world, draft.settings(), from, &to, Channel::is_messaging)?;
    let asked = whom
        .customer()
        .and_then(|customer| Some((customer, customer.channel(&number, &to)?.asked.as_ref()?)));
    let Some((customer, asked)) = asked else {
        return Err(refused(format!("nobody asked {number} for an opt-in on {to}")));
    };
    let about = About::known(customer, Actor::Customer).between(&number, &to);
    if agrees {
        tell(draft, &about, &asked.apps, S::OptInCompleted);
        return Ok(network(true, "the customer agrees", Some(&customer.id), None));
    }
    let about = about.told(asked.apps.first().cloned());
    draft.push(&about, EventKind::ConsentLapsed);
    Ok(network(true, "the customer does not agree", Some(&customer.id), None))
}

/// Nobody answered the request within a day.
pub fn lapse(
    draft: &mut Draft<'_, '_>,
    customer: &CustomerState,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) {
    let asked = customer.channel(number, channel).and_then(|state| state.asked.as_ref());
    if let Some(asked) = asked {
        let about = About::known(customer, Actor::Hub).between(number, channel);
        draft.push(&about.told(asked.apps.first().cloned()), EventKind::ConsentLapsed);
    }
}

fn consent(
    customer: Option<&CustomerState>,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) -> Option<ConsentStatus> {
    customer?.channel(number, channel)?.consent.map(|(status, _)| status)
}

fn receipt(
    status: ConsentStatus,
    description: impl Into<String>,
    customer: Option<CustomerId>,
) -> Receipt {
    Receipt::Consent(ConsentReceipt { status, description: description.into(), customer })
}

/// Folds a request. A question lasts from the request to its answer; asking again restarts the
/// wait. An opt-out asks nobody.
pub fn fold_requested(
    customer: &mut CustomerState,
    index: &mut Index,
    event: &Event,
    action: ConsentAction,
) {
    if action == ConsentAction::OptIn {
        messaging::set_pair(customer, index, event, |state| {
            let waiting = state.asked.take().map(|asked| asked.apps);
            let mut apps = waiting.unwrap_or_default();
            apps.extend(event.app.clone().filter(|app| !apps.contains(app)));
            state.asked = Some(PendingOptIn { at: event.at, apps });
        });
    }
}

/// Folds a change, which answers the question as well.
pub fn fold_changed(
    customer: &mut CustomerState,
    index: &mut Index,
    event: &Event,
    status: ConsentStatus,
) {
    messaging::set_pair(customer, index, event, |state| {
        state.consent = Some((status, event.at));
        state.asked = None;
    });
}

/// Folds a question that ended without a yes.
pub fn fold_lapsed(customer: &mut CustomerState, index: &mut Index, event: &Event) {
    messaging::set_pair(customer, index, event, |state| state.asked = None);
}
