//! USSD: dial, menu, input, menu, until somebody ends it (events.md 4.6; operations.md 3.28).

use super::{
    Answer,
    draft::{About, Draft},
    due::{self, Subject},
    index::Index,
    limits, whom,
};
use crate::model::{
    Actor, Channel, ChannelNumber, CustomerId, CustomerNumber, CustomerState, Event, EventKind,
    Receipt, SessionId, Timestamp, UssdEnd, UssdHop, UssdMenu, UssdSession,
    receipt::{network, refused, unchanged},
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
pub fn timed_out(draft: &mut Draft<'_, '_>, customer: &CustomerState, id: &SessionId) {
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
pub fn show(
    draft: &mut Draft<'_, '_>,
    about: &About,
    id: &SessionId,
    menu: UssdMenu,
    end: UssdEnd,
) {
    let is_terminal = menu.is_terminal;
    draft.push(about, EventKind::UssdMenuShown { session: id.clone(), menu });
    if is_terminal {
        draft.push(about, EventKind::UssdEnded { session: id.clone(), end });
    }
}

/// A session that is in a customer's history.
pub fn find<'w>(
    draft: &Draft<'w, '_>,
    id: &SessionId,
) -> Result<(&'w Arc<CustomerState>, &'w UssdSession), Receipt> {
    let owner = draft.world.index.sessions.get(id).and_then(|c| draft.world.by_id(c));
    owner
        .and_then(|c| Some((c, c.ussd.iter().rev().find(|s| s.id == *id)?)))
        .ok_or_else(|| refused(format!("no USSD session {id}")))
}

/// The envelope of events about a session.
pub fn about(customer: &CustomerState, session: &UssdSession, actor: Actor) -> About {
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

/// Folds what a customer dialled or typed.
pub fn fold_input(
    customer: &mut CustomerState,
    index: &mut Index,
    event: &Event,
    id: &SessionId,
    input: &str,
    dial: bool,
) {
    if dial {
        open(customer, index, event, id);
    }
    change(customer, index, event.at, id, |session| {
        session.hops.push(UssdHop { input: input.to_owned(), menu: None, at: event.at });
        limits::cut(&mut session.hops);
    });
}

/// Folds a menu that was shown.
pub fn fold_menu(
    customer: &mut CustomerState,
    index: &mut Index,
    at: Timestamp,
    id: &SessionId,
    menu: &UssdMenu,
) {
    change(customer, index, at, id, |session| {
        if let Some(hop) = session.hops.last_mut() {
            hop.menu = Some(menu.clone());
        }
    });
}

/// Folds the end of a session.
pub fn fold_end(
    customer: &mut CustomerState,
    index: &mut Index,
    at: Timestamp,
    id: &SessionId,
    end: UssdEnd,
) {
    change(customer, index, at, id, |session| session.end = Some(end));
}

fn change(
    customer: &mut CustomerState,
    index: &mut Index,
    at: Timestamp,
    id: &SessionId,
    how: impl FnOnce(&mut UssdSession),
) {
    let Some(session) = customer.ussd.iter_mut().rev().find(|s| s.id == *id) else { return };
    let waited = due::of_ussd(session);
    how(session);
    session.updated_at = at;
    let waits = due::of_ussd(session);
    index.wait(&customer.id, &Subject::Talk(id.clone()), waited, waits);
}

/// An empty session, which waits for nothing until its first hop is folded.
fn open(customer: &mut CustomerState, index: &mut Index, event: &Event, id: &SessionId) {
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
