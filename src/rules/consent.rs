//! Consent that apps ask for (R-CONSENT-1 to R-CONSENT-3, R-CONSENT-6), and how all consent is folded.
//! What customers say by themselves is in `inbound`. Consent belongs to a pair of numbers, never to a
//! person. A request that waits for its answer is kept beside it and replaces nothing.
//!
//! | an app asks for | known before | reply | what follows |
//! |---|---|---|---|
//! | opt-out | anything | 301 | 301 at once, even if nothing changes; an open session closes |
//! | opt-in | opted in | 300 | 300 at once: whoever has agreed is not asked again |
//! | opt-in | nothing, opted out, asked | 101 | 300 when the customer agrees; a refusal or a day without an answer changes nothing |

use super::{
    RuleResult,
    addressing::{self, ResolvedCustomer},
    builder::{About, DecisionBuilder},
    index::Index,
    limits, messaging,
};
use crate::model::{
    Actor, AppId, Channel, ChannelNumber, ConsentAction, ConsentReceipt, ConsentStatus, CustomerId,
    CustomerNumber, CustomerState, Event, EventKind, PendingOptIn, Receipt,
    receipt::{network, refused},
};

use ConsentStatus as S;

/// The code of a refused request, and the reason in words.
type ConsentRefusal = (ConsentStatus, String);

/// An app asks for an opt-in, or opts a customer out (R-CONSENT-1 to R-CONSENT-3). A second app that
/// asks joins the request of the first.
pub fn request(
    builder: &mut DecisionBuilder<'_, '_>,
    number: &CustomerNumber,
    channel: &ChannelNumber,
    action: ConsentAction,
    reason: &str,
) -> RuleResult {
    let channel = ChannelNumber::new(channel.channel, &channel.number);
    let whom = addressing::by_number(builder.world, number, channel.channel);
    let known = whom.as_ref().ok().and_then(ResolvedCustomer::customer);
    let refuse = |(status, why): ConsentRefusal| receipt(status, why, known.map(|c| c.id.clone()));
    askable(builder, &channel, action, reason).map_err(refuse)?;
    let whom = whom.map_err(|why| refuse((S::ApplicationError, why)))?;
    let number = whom.number().unwrap_or(number).clone();
    if number.provider != channel.channel.provider() {
        let why = format!("{number} cannot be reached by {}", channel.channel.word());
        return Err(refuse((S::InvalidChannelNumber, why)));
    }
    let (about, customer) = builder.meet(&whom, builder.actor());
    let about = about.between(&number, &channel).for_app(builder.app());
    builder.push(&about, EventKind::ConsentRequested { action, reason: reason.to_owned() });
    let customer = customer.map(AsRef::as_ref);
    let status = match action {
        ConsentAction::OptOut => {
            opt_out(builder, &about, customer);
            S::OptOutCompleted
        }
        ConsentAction::OptIn | ConsentAction::Unspecified
            if consent(customer, &number, &channel) == Some(S::OptInCompleted) =>
        {
            builder.push(&about, EventKind::ConsentChanged(S::OptInCompleted));
            S::OptInCompleted
        }
        ConsentAction::OptIn | ConsentAction::Unspecified => S::OptInRequestSent,
    };
    Ok(receipt(status, status.words(), about.customer))
}

/// The checks that do not need to know the customer; the first failure decides (R-CONSENT-3).
fn askable(
    builder: &DecisionBuilder<'_, '_>,
    channel: &ChannelNumber,
    action: ConsentAction,
    reason: &str,
) -> Result<(), ConsentRefusal> {
    if action == ConsentAction::Unspecified {
        return Err((S::ApplicationError, "neither opt in nor opt out".into()));
    }
    if reason.chars().nth(limits::REASON_CHARS).is_some() {
        let why = format!("a reason longer than {} characters", limits::REASON_CHARS);
        return Err((S::ApplicationError, why));
    }
    addressing::registered(builder.settings(), channel)
        .map_err(|why| (S::InvalidChannelNumber, why))?;
    if !channel.channel.is_messaging() {
        let why = format!("no messages travel on {}", channel.channel.word());
        return Err((S::InvalidChannelNumber, why));
    }
    Ok(())
}

/// Closes the session of the pair and then records the opt-out. Apps that still wait for an opt-in on
/// this pair are told as well, because their requests have come to an end (R-CONSENT-2).
fn opt_out(builder: &mut DecisionBuilder<'_, '_>, about: &About, customer: Option<&CustomerState>) {
    let pair = about.number.as_ref().zip(about.channel.as_ref());
    let state = pair.and_then(|(number, channel)| customer?.channel(number, channel));
    if let Some(session) = state.and_then(|s| s.session.as_ref()) {
        messaging::session_over(builder, about, session);
    }
    let asked = state.and_then(|s| s.asked.as_ref());
    record_for_apps(
        builder,
        about,
        asked.into_iter().flat_map(|asked| &asked.apps),
        S::OptOutCompleted,
    );
}

/// Records a change of consent. An envelope names one app, so the event is recorded once for the app
/// of `about` and once for each of the others.
pub fn record_for_apps<'a>(
    builder: &mut DecisionBuilder<'_, '_>,
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
    // If no app is concerned it is still recorded, once and for no app.
    if apps.len() > 1 {
        apps.retain(Option::is_some);
    }
    for app in apps {
        builder.push(&about.clone().for_app(app), EventKind::ConsentChanged(status));
    }
}

/// A customer answers an opt-in request, and every app that asked is told (R-CONSENT-2). If they
/// decline, the request ends and nothing else changes.
pub fn answer(
    builder: &mut DecisionBuilder<'_, '_>,
    from: &CustomerNumber,
    to: &ChannelNumber,
    agrees: bool,
) -> RuleResult {
    let to = ChannelNumber::new(to.channel, &to.number);
    let (whom, number) =
        addressing::sender(builder.world, builder.settings(), from, &to, Channel::is_messaging)?;
    let asked = whom
        .customer()
        .and_then(|customer| Some((customer, customer.channel(&number, &to)?.asked.as_ref()?)));
    let Some((customer, asked)) = asked else {
        return Err(refused(format!("nobody asked {number} for an opt-in on {to}")));
    };
    let about = About::known(customer, Actor::Customer).between(&number, &to);
    if agrees {
        record_for_apps(builder, &about, &asked.apps, S::OptInCompleted);
        return Ok(network(true, "the customer agrees", Some(&customer.id), None));
    }
    let about = about.for_app(asked.apps.first().cloned());
    builder.push(&about, EventKind::ConsentLapsed);
    Ok(network(true, "the customer does not agree", Some(&customer.id), None))
}

/// An opt-in request ends because the customer did not answer within a day (R-CONSENT-6).
pub fn lapse(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerState,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) {
    let asked = customer.channel(number, channel).and_then(|state| state.asked.as_ref());
    if let Some(asked) = asked {
        let about = About::known(customer, Actor::Hub).between(number, channel);
        builder.push(&about.for_app(asked.apps.first().cloned()), EventKind::ConsentLapsed);
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

/// Folds a request. An opt-in request waits from now until it is answered, and asking again restarts
/// the wait. An opt-out asks nobody, so nothing waits.
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

/// Folds a change of consent, which also ends an open request.
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

/// Folds an opt-in request that ended without a yes.
pub fn fold_lapsed(customer: &mut CustomerState, index: &mut Index, event: &Event) {
    messaging::set_pair(customer, index, event, |state| state.asked = None);
}
