//! What customers write: the message, the session it opens or renews (events.md 4.5), and the
//! words by which they leave or come back (R-CONSENT-4).

use super::{
    Answer, consent,
    draft::{About, Draft},
    limits, messaging, whom,
};
use crate::model::{
    Actor, Body, Channel, ChannelNumber, ConsentStatus, CustomerNumber, CustomerState, EventKind,
    MessageId, SessionStatus,
    receipt::{network, refused},
};

/// The words that undo an opt-out (domain.md D7).
const START_WORDS: [&str; 3] = ["start", "yes", "unstop"];

/// A customer wrote: they exist (R-ORD-4), then their session (R-ORD-5), then the message, then consent.
pub fn receive(
    draft: &mut Draft<'_, '_>,
    from: &CustomerNumber,
    to: &ChannelNumber,
    body: &Body,
) -> Answer {
    let to = ChannelNumber::new(to.channel, &to.number);
    let messaging = Channel::is_messaging;
    let (whom, number) = whom::sender(draft.world, draft.settings(), from, &to, messaging)?;
    if body.text.as_ref().is_none_or(String::is_empty)
        && body.media.is_empty()
        && body.location.is_none()
    {
        return Err(refused("an empty message"));
    }
    limits::body(body).map_err(refused)?;

    let (about, customer) = draft.meet(&whom, Actor::Customer);
    let customer = customer.map(AsRef::as_ref);
    let app = whom::routed(draft.settings(), customer, &number, &to);
    let about = about.between(&number, &to).told(app);
    open_session(draft, &about, customer, &number, &to);
    let id: MessageId = draft.id("el_msg_");
    draft.push(&about, EventKind::MessageReceived { id: id.clone(), body: body.clone() });
    change_consent(draft, &about, customer, &number, &to, body);
    Ok(network(true, "message received", about.customer.as_ref(), Some(id.as_str())))
}

/// Opens or renews the session of the pair (R-SESS-1). One that is over but was not swept yet
/// ends first, so that apps see an end before the next beginning.
fn open_session(
    draft: &mut Draft<'_, '_>,
    about: &About,
    customer: Option<&CustomerState>,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) {
    if !channel.channel.has_sessions() {
        return;
    }
    let now = draft.now();
    let held = customer.and_then(|c| c.channel(number, channel)).and_then(|s| s.session.as_ref());
    if let Some(session) = held.filter(|s| s.expires_at <= now) {
        messaging::session_over(draft, about, session);
    }
    let running = held.filter(|s| now < s.expires_at);
    let expires_at = now.after(draft.settings().session_on(channel));
    let started_at = running.map_or_else(|| draft.time(about), |s| s.started_at);
    let notify = running.is_none_or(|s| expires_at.since(s.expires_at) > limits::RENEWAL_NOTIFIED);
    let app = running.and_then(|s| s.app.clone()).or_else(|| about.app.clone());
    let status = SessionStatus::Active;
    let kind = EventKind::SessionChanged { status, started_at, expires_at, notify };
    draft.push(&about.clone().told(app), kind);
}

/// A message of exactly one word, trimmed and in any case, changes consent (R-CONSENT-4): on sms,
/// and wherever it answers an opt-in request. "Yes" means coming back only to someone who left or
/// was asked.
fn change_consent(
    draft: &mut Draft<'_, '_>,
    about: &About,
    customer: Option<&CustomerState>,
    number: &CustomerNumber,
    channel: &ChannelNumber,
    body: &Body,
) {
    use ConsentStatus as C;
    let Some(text) = body.text.as_deref().map(str::trim) else { return };
    if !body.media.is_empty() || text.len() > limits::WORD_CHARS {
        return;
    }
    let word = text.to_lowercase();
    let state = customer.and_then(|c| c.channel(number, channel));
    let asked = state.and_then(|s| s.asked.as_ref());
    let consent = state.and_then(|s| s.consent).map(|(status, _)| status);
    let sms = channel.channel == Channel::Sms;
    let back = asked.is_some() || (sms && consent == Some(C::OptOutCompleted));
    let status = if sms && draft.settings().stop_words.iter().any(|w| w.to_lowercase() == word) {
        C::OptOutCompleted
    } else if back && START_WORDS.contains(&word.as_str()) {
        C::OptInCompleted
    } else {
        return;
    };
    // Every app that wrote to this pair or asked is told.
    let asked = asked.into_iter().flat_map(|asked| &asked.apps);
    let others = asked.chain(whom::writers(customer, number, channel));
    consent::tell(draft, about, others, status);
}
