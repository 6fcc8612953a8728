//! USSD sessions: dial, menu, input, menu, until somebody ends it (R-USSD-1, R-USSD-2). The answers of
//! apps are checked in `prompt`.

use super::{
    RuleResult, World, addressing,
    builder::{About, DecisionBuilder},
    due::{self, Subject, Wait},
    index::Index,
    limits, spelling,
};
use crate::model::{
    Actor, CarrierId, Channel, ChannelNumber, CustomerId, CustomerNumber, CustomerState, Event,
    EventKind, OrgSettings, Receipt, SessionId, Timestamp, UssdEnd, UssdHop, UssdMenu, UssdSession,
    receipt::{network, refused, unchanged},
    segments::measure_menu,
};
use std::sync::Arc;

/// What the phone shows when no app answers (R-HOOK-2).
const UNANSWERED: &str = "Service is not available now. Please try again later.";

impl World {
    /// The USSD sessions over a network whose customers have waited for a menu since before this time.
    #[must_use]
    pub fn awaited_menus(
        &self,
        settings: &OrgSettings,
        carrier: &CarrierId,
        before: Timestamp,
    ) -> Vec<SessionId> {
        let all = self.index.due.of(Wait::Prompt).take_while(|(since, ..)| *since < before);
        let waiting = all.filter_map(|(_, _, subject)| {
            let Subject::Talk(id) = subject else { return None };
            let session = self.ussd_session(&id)?;
            (settings.carrier_of(&session.channel) == Some(carrier)).then_some(id)
        });
        waiting.collect()
    }
    /// A USSD session that is in a customer's history.
    #[must_use]
    pub fn ussd_session(&self, id: &SessionId) -> Option<UssdSession> {
        let customer = self.by_id(&self.index.session(id)?)?;
        customer.ussd.iter().rev().find(|session| session.id == *id).cloned()
    }
    /// The USSD session that is open on a telephone.
    #[must_use]
    pub fn open_ussd(
        &self,
        settings: &OrgSettings,
        number: &CustomerNumber,
    ) -> Option<UssdSession> {
        // It is read as it was when they dialled.
        let mut number = number.clone();
        spelling::settle(self, settings, &mut number);
        let number = &number;
        let customer = self.by_id(&self.index.number(number)?)?;
        let mut open = customer.ussd.iter().rev().filter(|session| session.end.is_none());
        open.find(|session| session.number == *number).cloned()
    }
}

/// A customer dials, which opens a session (R-USSD-1). A phone has one dialogue at a time, so an older
/// session of the same number is over: the customer has left it.
pub fn dial(
    builder: &mut DecisionBuilder<'_, '_>,
    from: &CustomerNumber,
    to: &ChannelNumber,
    input: &str,
) -> RuleResult {
    let to = ChannelNumber::new(to.channel, &to.number);
    let ussd = |channel| channel == Channel::Ussd;
    let (whom, number) = addressing::sender(builder.world, builder.settings(), from, &to, ussd)?;
    typed(input)?;
    let (about, customer) = builder.meet(&whom, Actor::Customer);
    let open = customer.map_or(&[][..], |c| &c.ussd);
    for old in open.iter().filter(|s| s.end.is_none() && s.number == number) {
        let about = about.clone().between(&old.number, &old.channel).for_app(old.app.clone());
        let end = UssdEnd::CustomerLeft;
        builder.push(&about, EventKind::UssdEnded { session: old.id.clone(), end });
    }
    let app = addressing::routed(builder.settings(), None, &number, &to);
    let about = about.between(&number, &to).for_app(app);
    let session: SessionId = builder.id("el_ses_");
    let kind =
        EventKind::UssdInput { session: session.clone(), input: input.to_owned(), dial: true };
    builder.push(&about, kind);
    Ok(network(true, "session opened", about.customer.as_ref(), Some(session.as_str())))
}

/// A customer types something. Refused until the session has shown its menu (R-ORD-8).
pub fn input(builder: &mut DecisionBuilder<'_, '_>, id: &SessionId, input: &str) -> RuleResult {
    let (customer, session) = find(builder, id)?;
    let refuse = |why: &str| refusal(&customer.id, id, why);
    typed(input)?;
    if session.end.is_some() {
        return Err(refuse("this session is over"));
    }
    if session.awaits_menu() {
        return Err(refuse("this session still waits for its menu"));
    }
    if session.updated_at.after(builder.settings().ussd_idle) <= builder.now() {
        return Err(refuse("this session has timed out"));
    }
    let about = about(customer, session, Actor::Customer);
    let kind = EventKind::UssdInput { session: id.clone(), input: input.to_owned(), dial: false };
    builder.push(&about, kind);
    Ok(network(true, "input received", Some(&customer.id), Some(id.as_str())))
}

/// Ends a session without a terminal menu.
pub fn end(builder: &mut DecisionBuilder<'_, '_>, id: &SessionId, end: UssdEnd) -> RuleResult {
    let (customer, session) = find(builder, id)?;
    // A menu that came in time is not late, whatever the network thought when it said so.
    let is_answered = end == UssdEnd::Unanswered && !session.awaits_menu();
    if session.end.is_some() || is_answered {
        return Ok(unchanged(&customer.id, id.as_str()));
    }
    let about = about(customer, session, builder.actor());
    builder.push(&about, EventKind::UssdEnded { session: id.clone(), end });
    Ok(network(true, end.words(), Some(&customer.id), Some(id.as_str())))
}

/// Ends a session because the app did not answer its prompt in time (R-HOOK-2), or the customer
/// typed nothing (R-USSD-2).
pub fn timed_out(builder: &mut DecisionBuilder<'_, '_>, customer: &CustomerState, id: &SessionId) {
    let Some(session) = customer.ussd.iter().find(|s| s.id == *id) else { return };
    let about = about(customer, session, Actor::Hub);
    if session.awaits_menu() {
        let menu = UssdMenu { text: UNANSWERED.into(), is_terminal: true };
        show(builder, &about, id, menu, UssdEnd::Unanswered);
    } else {
        let end = UssdEnd::TimedOut;
        builder.push(&about, EventKind::UssdEnded { session: id.clone(), end });
    }
}

/// Shows a menu. A terminal one ends the session, for the reason given in `end`.
pub fn show(
    builder: &mut DecisionBuilder<'_, '_>,
    about: &About,
    id: &SessionId,
    menu: UssdMenu,
    end: UssdEnd,
) {
    let is_terminal = menu.is_terminal;
    builder.push(about, EventKind::UssdMenuShown { session: id.clone(), menu });
    if is_terminal {
        builder.push(about, EventKind::UssdEnded { session: id.clone(), end });
    }
}

/// Finds a session that is in a customer's history.
pub fn find<'w>(
    builder: &DecisionBuilder<'w, '_>,
    id: &SessionId,
) -> Result<(&'w Arc<CustomerState>, &'w UssdSession), Receipt> {
    let owner = builder.world.index.session(id).and_then(|c| builder.world.by_id(&c));
    owner
        .and_then(|c| Some((c, c.ussd.iter().rev().find(|s| s.id == *id)?)))
        .ok_or_else(|| refused(format!("no USSD session {id}")))
}

/// The envelope for events about a session.
pub fn about(customer: &CustomerState, session: &UssdSession, actor: Actor) -> About {
    About::known(customer, actor)
        .between(&session.number, &session.channel)
        .for_app(session.app.clone())
}

fn refusal(customer: &CustomerId, id: &SessionId, why: &str) -> Receipt {
    network(false, why, Some(customer), Some(id.as_str()))
}

fn typed(input: &str) -> Result<(), Receipt> {
    measure_menu(input).refusal().map_or(Ok(()), |why| Err(refused(why)))
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

/// Adds an empty session, which waits for nothing until its first hop is folded.
fn open(customer: &mut CustomerState, index: &mut Index, event: &Event, id: &SessionId) {
    index.add_session(&customer.id, id);
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
        index.remove_session(&old.id);
        index.wait(&customer.id, &Subject::Talk(old.id.clone()), due::of_ussd(&old), None);
    }
}
