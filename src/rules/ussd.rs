//! USSD: dial, menu, input, menu, until somebody ends it (events.md 4.6; operations.md 3.28).

use super::{
    Answer,
    draft::{About, Draft, network, refused, state, unchanged},
    due::{self, Subject},
    hook,
    index::Index,
    limits, whom,
};
use crate::model::{
    Actor, Channel, ChannelNumber, Customer, CustomerId, CustomerNumber, Event, EventKind, Receipt,
    SessionId, UssdEnd, UssdHop, UssdMenu, UssdSession,
};
use std::sync::Arc;

/// What the phone shows when no app answers (R-HOOK-2).
const UNANSWERED: &str = "Service is not available now. Please try again later.";

/// A customer dialled: a session opens (R-USSD-1). A phone has one dialogue at a time, so an
/// older one of the same number was left.
pub fn dial(
    draft: &mut Draft<'_, '_>,
    from: &CustomerNumber,
    to: &ChannelNumber,
    input: &str,
) -> Answer {
    let to = ChannelNumber::new(to.channel, &to.number);
    let ussd = |channel| channel == Channel::Ussd;
    let (whom, number) = whom::sender(draft.world, draft.settings(), from, &to, ussd)?;
    typed(input)?;
    let (about, customer) = draft.meet(&whom, Actor::Customer);
    let open = customer.map_or(&[][..], |c| &c.ussd);
    for old in open.iter().filter(|s| s.end.is_none() && s.number == number) {
        let about = about.clone().between(&old.number, &old.channel).told(old.app.clone());
        let end = UssdEnd::CustomerLeft;
        draft.push(&about, EventKind::UssdEnded { session: old.id.clone(), end });
    }
    let app = whom::routed(draft.settings(), None, &number, &to);
    let about = about.between(&number, &to).told(app);
    let session: SessionId = draft.id("el_ses_");
    let kind =
        EventKind::UssdInput { session: session.clone(), input: input.to_owned(), dial: true };
    draft.push(&about, kind);
    Ok(network(true, "session opened", about.customer.as_ref(), Some(session.as_str())))
}

/// A customer typed; only after the menu was shown (R-ORD-8).
pub fn input(draft: &mut Draft<'_, '_>, id: &SessionId, input: &str) -> Answer {
    let (customer, session) = find(draft, id)?;
    let refuse = |why: &str| refusal(&customer.id, id, why);
    typed(input)?;
    if session.end.is_some() {
        return Err(refuse("this session is over"));
    }
    if session.awaits_menu() {
        return Err(refuse("this session still waits for its menu"));
    }
    if session.updated_at.after(draft.settings().ussd_idle) <= draft.now() {
        return Err(refuse("this session has timed out"));
    }
    let about = about(customer, session, Actor::Customer);
    let kind = EventKind::UssdInput { session: id.clone(), input: input.to_owned(), dial: false };
    draft.push(&about, kind);
    Ok(network(true, "input received", Some(&customer.id), Some(id.as_str())))
}

/// An app answers the prompt: once, in time (R-HOOK-1), and cut to what a phone shows (R-HOOK-4).
pub fn answer(draft: &mut Draft<'_, '_>, id: &SessionId, menu: Option<&UssdMenu>) -> Answer {
    let found = find(draft, id);
    let (customer, session) = found.map_err(|_| state(false, format!("no session {id}"), None))?;
    let refuse = |why: &str| state(false, why, Some(customer.id.clone()));
    let Some(menu) = menu else {
        return Err(refuse("this is a USSD session: it is answered with a menu"));
    };
    let prompt = session.hops.last().filter(|_| session.awaits_menu());
    let Some(prompt) = prompt else {
        return Err(refuse("this session waits for no menu"));
    };
    if prompt.at.after(draft.settings().prompt_window) <= draft.now() {
        return Err(refuse("too late: the customer is no longer waiting for this menu"));
    }
    if let Some(owner) = hook::foreign(draft, session.app.as_ref()) {
        return Err(refuse(&owner));
    }
    if menu.text.is_empty() {
        return Err(refuse("an empty menu"));
    }
    let text: String = menu.text.chars().take(limits::USSD_CHARS).collect();
    let description = if text.len() < menu.text.len() {
        format!("menu shown, cut at {} characters", limits::USSD_CHARS)
    } else {
        "menu shown".into()
    };
    let about = about(customer, session, draft.actor());
    let menu = UssdMenu { text, is_terminal: menu.is_terminal };
    show(draft, &about, id, menu, UssdEnd::Completed);
    Ok(state(true, description, Some(customer.id.clone())))
}

/// A session is over without a terminal menu.
pub fn end(draft: &mut Draft<'_, '_>, id: &SessionId, end: UssdEnd) -> Answer {
    let (customer, session) = find(draft, id)?;
    if session.end.is_some() {
        return Ok(unchanged(&customer.id, id.as_str()));
    }
    let about = about(customer, session, draft.actor());
    draft.push(&about, EventKind::UssdEnded { session: id.clone(), end });
    Ok(network(true, end.words(), Some(&customer.id), Some(id.as_str())))
}

/// The time of a prompt or of the customer is over (R-HOOK-2).
pub fn timed_out(draft: &mut Draft<'_, '_>, customer: &Customer, id: &SessionId) {
    let Some(session) = customer.ussd.iter().find(|s| s.id == *id) else { return };
    let about = about(customer, session, Actor::Hub);
    if session.awaits_menu() {
        let menu = UssdMenu { text: UNANSWERED.into(), is_terminal: true };
        show(draft, &about, id, menu, UssdEnd::Unanswered);
    } else {
        let end = UssdEnd::TimedOut;
        draft.push(&about, EventKind::UssdEnded { session: id.clone(), end });
    }
}

/// A terminal menu ends the session.
fn show(draft: &mut Draft<'_, '_>, about: &About, id: &SessionId, menu: UssdMenu, end: UssdEnd) {
    let is_terminal = menu.is_terminal;
    draft.push(about, EventKind::UssdMenuShown { session: id.clone(), menu });
    if is_terminal {
        draft.push(about, EventKind::UssdEnded { session: id.clone(), end });
    }
}

fn find<'w>(
    draft: &Draft<'w, '_>,
    id: &SessionId,
) -> Result<(&'w Arc<Customer>, &'w UssdSession), Receipt> {
    let owner = draft.world.index.sessions.get(id).and_then(|c| draft.world.by_id(c));
    owner
        .and_then(|c| Some((c, c.ussd.iter().rev().find(|s| s.id == *id)?)))
        .ok_or_else(|| refused(format!("no USSD session {id}")))
}

fn about(customer: &Customer, session: &UssdSession, actor: Actor) -> About {
    About::known(customer, actor)
        .between(&session.number, &session.channel)
        .told(session.app.clone())
}

fn refusal(customer: &CustomerId, id: &SessionId, why: &str) -> Receipt {
    network(false, why, Some(customer), Some(id.as_str()))
}

fn typed(input: &str) -> Result<(), Receipt> {
    if input.chars().nth(limits::USSD_CHARS).is_some() {
        let most = limits::USSD_CHARS;
        return Err(refused(format!("a phone sends {most} characters at most")));
    }
    Ok(())
}

/// Folds a USSD event.
pub fn fold(customer: &mut Customer, index: &mut Index, event: &Event) {
    use EventKind as K;
    let (K::UssdInput { session: id, .. }
    | K::UssdMenuShown { session: id, .. }
    | K::UssdEnded { session: id, .. }) = &event.kind
    else {
        return;
    };
    if matches!(event.kind, K::UssdInput { dial: true, .. }) {
        open(customer, index, event, id);
    }
    let Some(session) = customer.ussd.iter_mut().rev().find(|s| s.id == *id) else { return };
    let waited = due::of_ussd(session);
    match &event.kind {
        K::UssdInput { input, .. } => {
            session.hops.push(UssdHop { input: input.clone(), menu: None, at: event.at });
            limits::cut(&mut session.hops);
        }
        K::UssdMenuShown { menu, .. } => {
            if let Some(hop) = session.hops.last_mut() {
                hop.menu = Some(menu.clone());
            }
        }
        K::UssdEnded { end, .. } => session.end = Some(*end),
        _ => {}
    }
    session.updated_at = event.at;
    let waits = due::of_ussd(session);
    index.wait(&customer.id, &Subject::Talk(id.clone()), waited, waits);
}

/// An empty session, which waits for nothing until its first hop is folded.
fn open(customer: &mut Customer, index: &mut Index, event: &Event, id: &SessionId) {
    index.sessions.insert(id.clone(), customer.id.clone());
    customer.ussd.push(UssdSession {
        id: id.clone(),
        number: event.number.clone().unwrap_or_default(),
        channel: event.channel.clone().unwrap_or_default(),
        app: event.app.clone(),
        hops: Vec::new(),
        end: None,
        created_at: event.at,
        updated_at: event.at,
    });
    for old in limits::cut(&mut customer.ussd) {
        index.sessions.remove(&old.id);
        index.wait(&customer.id, &Subject::Talk(old.id.clone()), due::of_ussd(&old), None);
    }
}
