//! The lists of `Operator` (R-OPERATOR-1 to R-OPERATOR-4, R-WAIT-3, R-WAIT-6, R-CARRY-11): works, reminders, who waits
//! for an answer and on the line, leases, purses and carriers, as the World has them. They change nothing, they are
//! bounded, and what an agent needs first comes first.

use super::leases::Leases;
use crate::{
    hub::engine::{Hub, HubError},
    model::{
        Account, CustomerId, CustomerState, ListedLease, ListedReminder, ListedScheduled,
        ListedWaiting, LivePrompt, LivePrompts, OrgId, OrgSettings, Reminder, ScheduledMessage,
        SessionId, Task, Timestamp, Work, WorkId,
    },
    rules::{PeoplePlace, World},
    wire::{outlook, proto::v1, work},
};
use prost::Message;
use tonic::Status;

/// The size of a page of rows in bytes, well under what clients accept.
const PAGE_BYTES: usize = 3 << 20;
/// How many of those who wait on the line are listed at most.
pub(super) const LIVE: usize = 500;
/// How many leases are listed at most.
const LEASES: usize = 1_000;
/// How many of its next firings are listed for each reminder.
const FIRINGS: u32 = 3;

/// The limit that was asked for, but not above `most`; 0 means the default.
pub(super) fn within(asked: u32, default: usize, most: usize) -> usize {
    match usize::try_from(asked).unwrap_or(most) {
        0 => default,
        n => n.min(most),
    }
}

/// The purses of an org with their balances (R-OPERATOR-4).
pub(super) async fn purses(hub: &Hub, org: &OrgId) -> Result<v1::ListPursesReply, HubError> {
    let settings = hub.settings(org).unwrap_or_default();
    let purses = hub.read(org, move |world| purses_of(world, &settings)).await?;
    Ok(v1::ListPursesReply { purses })
}

/// The connections of an org to real networks, with how they are (R-CARRY-11).
pub(super) async fn carriers(hub: &Hub, org: &OrgId) -> Result<v1::ListCarriersReply, HubError> {
    let listed = hub.listed_carriers(org).await?;
    Ok(v1::ListCarriersReply { carriers: listed.iter().map(Into::into).collect() })
}

/// Messages of which nobody knows whether they arrived, the oldest first (R-CARRY-18).
pub(super) async fn unknown(
    hub: &Hub,
    org: &OrgId,
    limit: u32,
) -> Result<v1::ListUnknownReply, HubError> {
    let limit = within(limit, 100, 500);
    let (all, total) = hub.scan(org, move |world| world.unknown(limit)).await?;
    let messages = page(all.iter().map(Into::into).collect());
    Ok(v1::ListUnknownReply { messages, total: total as u64 })
}

/// Keeps as many of the first rows as a reply can carry.
pub(super) fn page<T: Message>(mut rows: Vec<T>) -> Vec<T> {
    let mut bytes = 0;
    let fits = |row: &T| {
        bytes += row.encoded_len();
        bytes <= PAGE_BYTES
    };
    let kept = rows.iter().map(fits).take_while(|fits| *fits).count();
    rows.truncate(kept);
    rows
}

/// When a reminder fires next, at most three times; one that does not repeat fires once.
fn firings(reminder: &Reminder) -> Vec<Timestamp> {
    let first = reminder.remind_at;
    match reminder.interval.filter(|every| !every.is_zero()) {
        Some(every) => (0..FIRINGS).map(|n| first.after(every.saturating_mul(n))).collect(),
        None => vec![first],
    }
}

/// Work by tag, newest first, each with its next firings if it is a reminder that still runs. With `only`
/// it is that work alone.
pub(super) fn works(
    world: &World,
    only: Option<&WorkId>,
    limit: usize,
) -> Vec<(Work, Vec<Timestamp>)> {
    let wanted = world.works().rev().filter(|work| only.is_none_or(|id| work.id == *id));
    let next = |work: &Work| match &work.task {
        Task::Reminder(reminder) if !work.state.is_final() => firings(reminder),
        Task::Message(_) => work.begins().into_iter().collect(),
        Task::Reminder(_) => Vec::new(),
    };
    wanted.take(limit).map(|work| (work.clone(), next(work))).collect()
}

/// Reads whom a work by tag has selected (R-TAGWORK-9). A question that cannot be read is `INVALID_ARGUMENT`.
pub(super) fn recipients(
    asked: &v1::ListRecipientsRequest,
    limit: usize,
) -> Result<impl FnOnce(&World) -> v1::ListRecipientsReply + Send + use<>, Status> {
    if asked.work_id.is_empty() {
        return Err(Status::invalid_argument("the people of which work? no work_id is given"));
    }
    let from = PeoplePlace::parse(&asked.after).ok_or_else(|| {
        Status::invalid_argument("`after` is the `next` of the page before, as it was given")
    })?;
    let outcome = work::from_outcome(asked.outcome)
        .map_err(|error| Status::invalid_argument(error.to_string()))?;
    let of = WorkId::from(asked.work_id.as_str());
    Ok(move |world: &World| match world.people(&of, outcome, from, limit) {
        Ok((people, next)) => v1::ListRecipientsReply {
            recipients: people.iter().map(Into::into).collect(),
            next: next.map(|place| place.to_string()).unwrap_or_default(),
            refusal: String::new(),
        },
        Err(refusal) => v1::ListRecipientsReply { refusal, ..Default::default() },
    })
}

/// The reminders of one customer, or of all customers if it is `None`, soonest first, with how many there
/// are in all.
pub(super) fn reminders(
    world: &World,
    of: Option<CustomerId>,
    limit: usize,
) -> (Vec<ListedReminder>, usize) {
    let listed = |id: &CustomerId, name: Option<&str>, reminder: &Reminder| ListedReminder {
        customer: id.clone(),
        name: name.unwrap_or_default().to_owned(),
        reminder: reminder.clone(),
        next: firings(reminder),
    };
    let Some(id) = of else {
        let soonest = world.reminders().take(limit);
        let all = soonest.map(|(who, reminder)| listed(&who.id, who.name(), &reminder));
        return (all.collect(), world.reminder_count());
    };
    // An id that was merged away means the customer who has its reminders now (R-DECOM-2).
    let id = world.survivor(&id).unwrap_or(id);
    let Some(who) = world.by_id(&id) else { return (Vec::new(), 0) };
    let mut own: Vec<_> = who.reminders.iter().collect();
    own.sort_by_key(|reminder| reminder.remind_at);
    let first = own.iter().take(limit).map(|reminder| listed(&who.id, who.name(), reminder));
    (first.collect(), own.len())
}

/// The messages to one customer that have not left yet, or to all customers if it is `None`, soonest first, with how
/// many there are in all.
pub(super) fn scheduled(
    world: &World,
    of: Option<CustomerId>,
    limit: usize,
) -> (Vec<ListedScheduled>, usize) {
    let listed = |who: &CustomerState, message: ScheduledMessage| ListedScheduled {
        customer: who.id.clone(),
        name: who.name().unwrap_or_default().to_owned(),
        message,
    };
    let Some(id) = of else {
        let soonest = world.scheduled().take(limit);
        let all = soonest.map(|(who, message)| listed(&who, message));
        return (all.collect(), world.scheduled_count());
    };
    // An id that was merged away means the customer who has its messages now (R-DECOM-2).
    let id = world.survivor(&id).unwrap_or(id);
    let Some(who) = world.by_id(&id) else { return (Vec::new(), 0) };
    let mut own: Vec<_> = who.scheduled.iter().collect();
    own.sort_by_key(|message| message.at);
    let first = own.iter().take(limit).map(|message| listed(who, (*message).clone()));
    (first.collect(), own.len())
}

/// The customers who wait for an answer from a person, the longest first, with how many there are in all.
pub(super) fn waiting(world: &World, limit: usize, now: Timestamp) -> (Vec<ListedWaiting>, usize) {
    let listed = world.waiting().take(limit).filter_map(|who| {
        let unanswered = who.unanswered.clone()?;
        let pair = who.channel(&unanswered.number, &unanswered.channel);
        let window = pair.and_then(|pair| pair.session.as_ref()).map(|session| session.expires_at);
        Some(ListedWaiting {
            customer: who.id.clone(),
            name: who.name().unwrap_or_default().to_owned(),
            unanswered,
            window_ends: window.filter(|ends| now < *ends),
        })
    });
    (listed.collect(), world.waiting_count())
}

/// Who waits on the line, the least time first, and how many there are in all (R-WAIT-6). Those whose time is
/// over are left out, also where that is not in the log yet.
pub(super) fn live(
    world: &World,
    settings: &OrgSettings,
    limit: usize,
    now: Timestamp,
) -> LivePrompts {
    let prompt = |who: &CustomerState, session: SessionId, asked_at: Timestamp| {
        let ussd = who.ussd.iter().rev().find(|ussd| ussd.id == session);
        let (number, channel, said, call) = if let Some(ussd) = ussd {
            (&ussd.number, &ussd.channel, ussd.hops.last().map(|hop| hop.input.clone()), None)
        } else {
            let call = who.calls.iter().rev().find(|call| call.id == session)?;
            let asked = call.hops.iter().rev().find(|hop| hop.prompt);
            let keys = asked.and_then(|hop| hop.digits.clone());
            (&call.number, &call.channel, keys, Some(call.status))
        };
        Some(LivePrompt {
            customer: who.id.clone(),
            name: who.name().unwrap_or_default().to_owned(),
            number: number.clone(),
            channel: channel.clone(),
            session,
            said: said.unwrap_or_default(),
            call,
            asked_at,
            answer_by: asked_at.after(settings.prompt_window_on(channel)),
        })
    };
    // The World has them by when they were asked, and whoever waits less long on their number may have been asked
    // later. So the least time is looked for among as many as a reply can have.
    let all = world.live(LIVE).into_iter();
    let mut prompts: Vec<_> =
        all.filter_map(|(who, session, at)| prompt(&who, session, at)).collect();
    let known = prompts.len();
    prompts.retain(|prompt| now < prompt.answer_by);
    let overdue = known - prompts.len();
    prompts.sort_by_key(|prompt| prompt.answer_by);
    prompts.truncate(limit);
    LivePrompts {
        prompts,
        total: world.live_count().saturating_sub(overdue) as u64,
        as_of: world.head().0,
    }
}

/// The running leases, those that end first first, each with the number of calls that wait for it here.
pub(super) fn leases(
    world: &World,
    waiting: &Leases,
    org: &OrgId,
    now: Timestamp,
) -> Vec<ListedLease> {
    let running = world.leases(now);
    running
        .take(LEASES)
        .map(|(who, lease)| ListedLease {
            customer: who.id.clone(),
            name: who.name().unwrap_or_default().to_owned(),
            lease: lease.clone(),
            waiting: waiting.waiting(org, &who.id, &lease.key),
        })
        .collect()
}

/// Every purse of the settings, in their order and also if it never held money; then the purses that have
/// an account but are no longer in the settings.
fn purses_of(world: &World, settings: &OrgSettings) -> Vec<v1::PurseBalance> {
    let of = |id: &str| world.purses().find(|(known, ..)| *known == id);
    let configured = settings.purses.iter().map(|purse| match of(&purse.id) {
        Some((id, account, pending)) => outlook::purse(id, account, pending),
        None => outlook::purse(&purse.id, &Account::new(purse.currency), 0),
    });
    let gone = world.purses().filter(|(id, ..)| settings.purses.iter().all(|p| p.id != *id));
    configured
        .chain(gone.map(|(id, account, pending)| outlook::purse(id, account, pending)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_page_is_cut_to_what_a_client_accepts() {
        let reminder = Reminder { payload: "x".repeat(16 << 10), ..Reminder::default() };
        let customer = CustomerId::from("el_cst_1");
        let row = ListedReminder { customer, name: String::new(), reminder, next: Vec::new() };
        let rows = |n: usize| (0..n).map(|_| v1::ListedReminder::from(&row)).collect::<Vec<_>>();
        assert_eq!(page(rows(100)).len(), 100);
        let kept = page(rows(500));
        assert_eq!(kept.len(), 191, "of 16 KiB and a little, in 3 MiB");
    }

    #[test]
    fn a_reminder_is_listed_with_its_next_three_firings() {
        let at = Timestamp::from_secs(1_000);
        let once = Reminder { remind_at: at, ..Reminder::default() };
        assert_eq!(firings(&once), [at]);
        let hourly = Reminder { interval: Some(Duration::from_hours(1)), ..once };
        assert_eq!(firings(&hourly), [1_000, 4_600, 8_200].map(Timestamp::from_secs));
    }
}
