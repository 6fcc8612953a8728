//! What customers write: the message, the session that it opens or renews (R-SESS-1), and the words by
//! which they opt out or come back (R-CONSENT-4, R-CONSENT-5).

use super::{
    RuleResult, addressing,
    builder::{About, DecisionBuilder},
    consent, limits, messaging, spelling,
};
use crate::model::{
    Actor, Body, Channel, ChannelNumber, ConsentStatus, CustomerNumber, CustomerState, EventKind,
    MessageId, OptWord, SessionStatus,
    receipt::{network, refused},
};

/// Records what a customer wrote, in this order: the customer if they are new (R-ORD-4), their session
/// (R-ORD-5), the message, then consent if it changes.
pub fn receive(
    builder: &mut DecisionBuilder<'_, '_>,
    from: &CustomerNumber,
    to: &ChannelNumber,
    body: &Body,
) -> RuleResult {
    let to = ChannelNumber::new(to.channel, &to.number);
    let messaging = Channel::is_messaging;
    let (whom, number) =
        addressing::sender(builder.world, builder.settings(), from, &to, messaging)?;
    if body.text.as_ref().is_none_or(String::is_empty)
        && body.media.is_empty()
        && body.location.is_none()
    {
        return Err(refused("an empty message"));
    }
    limits::body(body).map_err(refused)?;

    let (about, customer) = builder.meet(&whom, Actor::Customer);
    let customer = customer.map(AsRef::as_ref);
    let app = addressing::routed(builder.settings(), customer, &number, &to);
    let about = about.between(&number, &to).for_app(app);
    open_session(builder, &about, customer, &number, &to);
    let id: MessageId = builder.id("el_msg_");
    builder.push(&about, EventKind::MessageReceived { id: id.clone(), body: body.clone() });
    change_consent(builder, &about, customer, &number, &to, body);
    Ok(network(true, "message received", about.customer.as_ref(), Some(id.as_str())))
}

/// Opens or renews the session of the pair (R-SESS-1). If the last one is over but no sweep has said so
/// yet, its end is recorded first, so that apps see an end before the next beginning.
fn open_session(
    builder: &mut DecisionBuilder<'_, '_>,
    about: &About,
    customer: Option<&CustomerState>,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) {
    if !channel.channel.has_sessions() {
        return;
    }
    let now = builder.now();
    let held = customer.and_then(|c| c.channel(number, channel)).and_then(|s| s.session.as_ref());
    if let Some(session) = held.filter(|s| s.expires_at <= now) {
        messaging::session_over(builder, about, session);
    }
    let running = held.filter(|s| now < s.expires_at);
    let expires_at = now.after(builder.settings().session_on(channel));
    let started_at = running.map_or_else(|| builder.time(about), |s| s.started_at);
    let notify = running.is_none_or(|s| expires_at.since(s.expires_at) > limits::RENEWAL_NOTIFIED);
    let app = running.and_then(|s| s.app.clone()).or_else(|| about.app.clone());
    let status = SessionStatus::Active;
    let kind = EventKind::SessionChanged { status, started_at, expires_at, notify };
    builder.push(&about.clone().for_app(app), kind);
}

/// Changes consent if the whole message is one of the words for it (R-CONSENT-5). The words that opt out
/// count on sms only. Those that opt in count only from somebody who opted out on sms or was asked for an
/// opt-in; from everybody else they are an ordinary message, as the words that ask for help always are.
fn change_consent(
    builder: &mut DecisionBuilder<'_, '_>,
    about: &About,
    customer: Option<&CustomerState>,
    number: &CustomerNumber,
    channel: &ChannelNumber,
    body: &Body,
) {
    use ConsentStatus as C;
    let text = body.text.as_deref().filter(|_| body.media.is_empty());
    let Some(said) = text.and_then(|text| builder.settings().opt_words.read(text)) else { return };
    let state = customer.and_then(|c| c.channel(number, channel));
    let asked = state.and_then(|s| s.asked.as_ref());
    let sms = channel.channel == Channel::Sms;
    let (world, settings) = (builder.world, builder.settings());
    let out = || spelling::opted_out(world, settings, customer, number, channel);
    let back = asked.is_some() || (sms && out());
    let status = match said {
        OptWord::Out if sms => C::OptOutCompleted,
        OptWord::In if back => C::OptInCompleted,
        OptWord::Out | OptWord::In | OptWord::Help => return,
    };
    // Every app that asked or that wrote to this pair is told (R-CONSENT-4).
    let asked = asked.into_iter().flat_map(|asked| &asked.apps);
    let others = asked.chain(addressing::writers(customer, number, channel));
    consent::record_for_apps(builder, about, others, status);
}
