//! What becomes of calls: they ring, are picked up, go through the app's plan
//! (R-HOOK-3) and end, all in a little simulated time.
//!
//! Nothing is remembered between two steps: whenever something happens to a call, it is looked at
//! and the next step follows from its state in the World (`plan`). A step is done only if the call
//! is still where it was, so that whoever tells a phone what to do is faster than the network.

use super::{Job as Any, Later, Site};
use crate::{
    hub::clock,
    model::{
        Actor, CallHop, CallStatus, Currency, CustomerId, Direction, Event, EventKind, HangupCause,
        Money, NetworkCommand, OrgId, SessionId, Timestamp, VoiceCall,
    },
    rules::World,
    sandbox::phones::PickUp,
};
use std::{sync::Arc, time::Duration};

mod plan;

use CallStatus as S;

/// How long a phone takes to ring, its owner to pick up, and to give up.
const RINGS: Duration = Duration::from_millis(500);
const PICKS_UP: Duration = Duration::from_millis(1_500);
const GIVES_UP: Duration = Duration::from_secs(3);
/// What a started minute costs, in cents of KES.
const MINUTE: i64 = 350;

/// A call to attend to.
#[derive(Debug)]
pub enum Job {
    /// Something happened: see what comes next.
    Look(Which),
    /// Do what comes next, unless something else happened meanwhile.
    Act(Act),
}

/// A step that is due: of which call, and where that was when it was looked at.
pub type Act = (Which, Mark);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Which {
    customer: CustomerId,
    session: SessionId,
}

/// Where a call was when it was looked at: its reports, and the plans given.
type Mark = (usize, usize);

fn mark(call: &VoiceCall) -> Mark {
    (call.hops.len(), call.hops.iter().filter(|hop| hop.answered).count())
}

/// What the network reports next.
#[derive(Debug, Default, PartialEq)]
struct Step {
    after: Duration,
    reports: Vec<Report>,
}

#[derive(Debug, PartialEq)]
struct Report {
    session: SessionId,
    hop: CallHop,
    /// Talking time, of a final status.
    talked: Duration,
}

impl Step {
    fn one(after: Duration, call: &VoiceCall, hop: CallHop) -> Self {
        Self { after, reports: vec![Report::new(call, hop)] }
    }
    fn to(after: Duration, call: &VoiceCall, status: CallStatus) -> Self {
        Self::one(after, call, CallHop { status, ..CallHop::default() })
    }
    /// The call ends at `now`.
    fn end(
        after: Duration,
        call: &VoiceCall,
        now: Timestamp,
        status: CallStatus,
        cause: HangupCause,
    ) -> Self {
        let hop = CallHop { status, cause, ..CallHop::default() };
        Self {
            after,
            reports: vec![Report { talked: talked(call, now), ..Report::new(call, hop) }],
        }
    }
}

impl Report {
    fn new(call: &VoiceCall, hop: CallHop) -> Self {
        Self { session: call.id.clone(), hop, talked: Duration::ZERO }
    }
}

/// How long they have talked at `now`.
fn talked(call: &VoiceCall, now: Timestamp) -> Duration {
    let answered = call.hops.iter().find(|hop| hop.status == S::Answered);
    answered.map_or(Duration::ZERO, |hop| now.since(hop.at))
}

/// What a look at a call can see.
struct View<'a> {
    phones: &'a super::Phones,
    org: &'a OrgId,
    now: Timestamp,
}

/// Calls of an earlier run.
pub fn in_flight(world: &World) -> impl Iterator<Item = Job> {
    world.customers().flat_map(|customer| {
        let live = customer.calls.iter().filter(|call| !call.status.is_final());
        live.map(|call| {
            Job::Look(Which { customer: customer.id.clone(), session: call.id.clone() })
        })
    })
}

/// The call of an event, if it goes on.
pub fn notice(event: &Event) -> Option<Job> {
    let session = match &event.kind {
        EventKind::CallChanged { session, hop, .. } if !hop.status.is_final() => session,
        EventKind::CallPlanned { session, .. } => session,
        _ => return None,
    };
    Some(Job::Look(Which { customer: event.customer.clone()?, session: session.clone() }))
}

/// Looks, or acts. `None`: the hub is shutting down.
pub async fn perform(site: &Site, job: Job) -> Option<Option<Later>> {
    match job {
        Job::Look(which) => {
            let seen = look(site, &which).await?;
            Some(seen.map(|(mark, step)| (Any::Call(Job::Act((which, mark))), step.after)))
        }
        Job::Act((which, then)) => {
            let seen = look(site, &which).await?.filter(|(now, _)| *now == then);
            for report in seen.into_iter().flat_map(|(_, step)| step.reports) {
                let over = report.hop.status.is_final();
                let command = NetworkCommand::ReportCall {
                    session: report.session,
                    hop: report.hop,
                    duration: report.talked,
                    cost: over.then(|| price(report.talked)).flatten(),
                };
                // Refused if somebody hung up meanwhile: then nothing follows either.
                if !site.report(Actor::Network, command).await? {
                    break;
                }
            }
            // Whatever was recorded is an event, and makes us look again.
            Some(None)
        }
    }
}

async fn look(site: &Site, which: &Which) -> Option<Option<(Mark, Step)>> {
    let (which, phones) = (which.clone(), Arc::clone(&site.phones));
    let org = site.desk.org().clone();
    let look = move |world: &World| {
        let now = world.time(clock::now());
        let customer = world.by_id(&which.customer)?;
        let call = customer.calls.iter().rev().find(|call| call.id == which.session)?;
        let view = View { phones: &phones, org: &org, now };
        Some((mark(call), next(&view, call)?))
    };
    site.desk.read(look).await
}

/// What the network does next with a call; `None`: it waits for somebody.
fn next(view: &View<'_>, call: &VoiceCall) -> Option<Step> {
    match (call.status, call.direction) {
        (status, _) if status.is_final() => None,
        (S::Queued, _) => ring(view, call),
        (S::Ringing, Direction::Outbound) => pick_up(view, call),
        _ if call.awaits_plan() => waits(view, call),
        _ => plan::next(view, call),
    }
}

fn ring(view: &View<'_>, call: &VoiceCall) -> Option<Step> {
    match view.phones.rings(view.org, &call.number) {
        PickUp::NeverRings => (view.phones.call(&call.number) == Some(S::Expired)).then(|| {
            Step::end(RINGS, call, view.now, S::Expired, HangupCause::RecoveryOnTimerExpire)
        }),
        _ => Some(Step::to(RINGS, call, S::Ringing)),
    }
}

fn pick_up(view: &View<'_>, call: &VoiceCall) -> Option<Step> {
    match view.phones.rings(view.org, &call.number) {
        PickUp::Yes => Some(Step::to(PICKS_UP, call, S::Answered)),
        PickUp::NeverRings | PickUp::Wait => None,
        PickUp::Ends(status, cause) => {
            let after = if status == S::NotAnswered { GIVES_UP } else { PICKS_UP };
            Some(Step::end(after, call, view.now, status, cause))
        }
    }
}

/// The app is asked; only a phone that hangs up does something meanwhile.
fn waits(view: &View<'_>, call: &VoiceCall) -> Option<Step> {
    let hangs_up = call.status == S::Answered
        && call.direction == Direction::Outbound
        && view.phones.call(&call.number) == Some(S::Completed);
    hangs_up.then(|| {
        let after = Duration::from_secs(1);
        Step::end(after, call, view.now, S::Completed, HangupCause::NormalClearing)
    })
}

fn price(talked: Duration) -> Option<Money> {
    let minutes = i64::try_from(talked.as_secs().div_ceil(60)).ok()?;
    Some(Money { currency: Currency::new("KES")?, minor: minutes * MINUTE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_started_minute_is_paid_for() {
        assert_eq!(price(Duration::ZERO).unwrap().minor, 0);
        assert_eq!(price(Duration::from_mins(1)).unwrap().minor, 350);
        assert_eq!(price(Duration::from_secs(61)).unwrap().to_string(), "KES 7.00");
    }
}
