//! What becomes of calls: they ring, are picked up, go through the app's plan (R-HOOK-3) and end, all in a
//! little simulated time.
//!
//! Nothing is remembered between two steps. Whenever something happens to a call, the network looks at it,
//! and the next step follows from its state in the World (`plan`). A step is done only if the call has not
//! moved on since, so that a program that reports something about the call is faster than the network.

use super::{NetworkJob, ScheduledJob, Site};
use crate::{
    hub::clock,
    model::{
        Actor, CallHop, CallStatus, Currency, CustomerId, CustomerState, Direction, Event,
        HangupCause, Money, NetworkCommand, OrgId, SessionId, Timestamp, VoiceCall,
    },
    rules::World,
    sandbox::phones::PickUp,
};
use std::{sync::Arc, time::Duration};

mod plan;

use CallStatus as S;

/// How long a call takes until the phone rings.
const RINGS: Duration = Duration::from_millis(500);
/// How long a phone rings until its owner picks up or rejects the call.
const PICKS_UP: Duration = Duration::from_millis(1_500);
/// How long a phone rings until the network gives up.
const GIVES_UP: Duration = Duration::from_secs(3);
/// What each started minute costs, in cents of KES.
const MINUTE: i64 = 350;

/// Something to do about a call.
#[derive(Debug)]
pub enum CallJob {
    /// Something has happened to the call: find out what comes next.
    Look(CallRef),
    /// Do what comes next, unless something else has happened meanwhile.
    Act(DueStep),
}

/// A step that is due: the call, and where it was when the step was decided.
pub type DueStep = (CallRef, CallMark);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallRef {
    customer: CustomerId,
    session: SessionId,
}

/// Where a call is: how many reports there are about it, and how many plans the app has given.
type CallMark = (usize, usize);

fn mark(call: &VoiceCall) -> CallMark {
    (call.hops.len(), call.hops.iter().filter(|hop| hop.answered).count())
}

/// What the network reports next about a call, and after how long.
#[derive(Debug, Default, PartialEq)]
struct CallStep {
    after: Duration,
    reports: Vec<Report>,
}

#[derive(Debug, PartialEq)]
struct Report {
    session: SessionId,
    hop: CallHop,
    /// How long they talked, if the status is a final one; else zero.
    talked: Duration,
}

impl CallStep {
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

/// How long they have talked at `now`; zero if nobody has answered.
fn talked(call: &VoiceCall, now: Timestamp) -> Duration {
    let answered = call.hops.iter().find(|hop| hop.status == S::Answered);
    answered.map_or(Duration::ZERO, |hop| now.since(hop.at))
}

/// What the next step of a call depends on, besides the call itself.
struct CallView<'a> {
    phones: &'a super::Phones,
    org: &'a OrgId,
    now: Timestamp,
}

/// Calls of a customer that an earlier run has left unfinished.
pub fn in_flight(customer: &CustomerState) -> impl Iterator<Item = CallJob> {
    let live = customer.calls.iter().filter(|call| !call.status.is_final());
    live.map(|call| {
        CallJob::Look(CallRef { customer: customer.id.clone(), session: call.id.clone() })
    })
}

/// The call of an event that says that it goes on.
pub fn notice(event: &Event, session: &SessionId) -> Option<CallJob> {
    Some(CallJob::Look(CallRef { customer: event.customer.clone()?, session: session.clone() }))
}

/// Does a job, and returns the one that follows from it. The outer `None` means that the hub
/// is shutting down.
pub async fn perform(site: &Site, job: CallJob) -> Option<Option<ScheduledJob>> {
    match job {
        CallJob::Look(which) => {
            let seen = look(site, &which).await?;
            Some(
                seen.map(|(mark, step)| {
                    (NetworkJob::Call(CallJob::Act((which, mark))), step.after)
                }),
            )
        }
        CallJob::Act((which, then)) => {
            let seen = look(site, &which).await?.filter(|(now, _)| *now == then);
            for report in seen.into_iter().flat_map(|(_, step)| step.reports) {
                let over = report.hop.status.is_final();
                let command = NetworkCommand::ReportCall {
                    session: report.session,
                    hop: report.hop,
                    duration: report.talked,
                    cost: over.then(|| price(report.talked)).flatten(),
                };
                // A report is refused if somebody has hung up meanwhile, and then nothing follows.
                if !site.report(Actor::Network, command).await? {
                    break;
                }
            }
            // Whatever was recorded is an event, which makes the network look again.
            Some(None)
        }
    }
}

async fn look(site: &Site, which: &CallRef) -> Option<Option<(CallMark, CallStep)>> {
    let (which, phones) = (which.clone(), Arc::clone(&site.phones));
    let org = site.hub.org().clone();
    let look = move |world: &World| {
        let now = world.time(clock::now());
        let customer = world.by_id(&which.customer)?;
        let call = customer.calls.iter().rev().find(|call| call.id == which.session)?;
        let view = CallView { phones: &phones, org: &org, now };
        Some((mark(call), next(&view, call)?))
    };
    site.hub.read(look).await
}

/// What the network does next with a call; `None` if it waits for somebody.
fn next(view: &CallView<'_>, call: &VoiceCall) -> Option<CallStep> {
    match (call.status, call.direction) {
        (status, _) if status.is_final() => None,
        (S::Queued, _) => ring(view, call),
        (S::Ringing, Direction::Outbound) => pick_up(view, call),
        _ if call.awaits_plan() => waits(view, call),
        _ => plan::next(view, call),
    }
}

fn ring(view: &CallView<'_>, call: &VoiceCall) -> Option<CallStep> {
    match view.phones.rings(view.org, &call.number) {
        PickUp::NeverRings => (view.phones.call(&call.number) == Some(S::Expired)).then(|| {
            CallStep::end(RINGS, call, view.now, S::Expired, HangupCause::RecoveryOnTimerExpire)
        }),
        PickUp::Yes | PickUp::Wait | PickUp::Ends(..) => {
            Some(CallStep::to(RINGS, call, S::Ringing))
        }
    }
}

fn pick_up(view: &CallView<'_>, call: &VoiceCall) -> Option<CallStep> {
    match view.phones.rings(view.org, &call.number) {
        PickUp::Yes => Some(CallStep::to(PICKS_UP, call, S::Answered)),
        PickUp::NeverRings | PickUp::Wait => None,
        PickUp::Ends(status, cause) => {
            let after = if status == S::NotAnswered { GIVES_UP } else { PICKS_UP };
            Some(CallStep::end(after, call, view.now, status, cause))
        }
    }
}

/// What happens while the call waits for the app's plan: only a phone whose magic number hangs
/// up does anything.
fn waits(view: &CallView<'_>, call: &VoiceCall) -> Option<CallStep> {
    let hangs_up = call.status == S::Answered
        && call.direction == Direction::Outbound
        && view.phones.call(&call.number) == Some(S::Completed);
    hangs_up.then(|| {
        let after = Duration::from_secs(1);
        CallStep::end(after, call, view.now, S::Completed, HangupCause::NormalClearing)
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
