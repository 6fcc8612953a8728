//! Dry runs and the lists for agents (works, reminders, who waits, leases, purses), to
//! and from `switchboard.v1.Operator`.

use super::{
    DecodeError,
    pair::{Wire, struct_pairs},
    parts::from_time,
    proto::v1::{self, finding::Level as WireLevel},
};
use crate::model::{
    Account, Audience, BalanceRow, CarrierPause, DownCarrier, Finding, Level, ListedCarrier,
    ListedLease, ListedReminder, ListedScheduled, ListedWaiting, LivePrompt, LivePrompts,
    LongestText, Merge, MergeRow, Money, Outlook, PurseBalance, ScheduledMessage, Timestamp,
    UnknownMessage, Work,
};

struct_pairs! {
    // Balances of an unknown currency are left out.
    Outlook { receipt, findings, events, audience, merge, balances with those_known, quiet_until }
        = v1::DryRunReply { receipt, findings, events, audience, merge, balances, quiet_until };
    Finding { code, level, text } = v1::Finding { code, level, text };
    Audience {
        tag, matching, reached, skipped with counts, sample, longest, rate with known, quiet,
        quiet_until, hour_unknown
    } = v1::Audience {
        tag,
        matching,
        reached,
        skipped,
        sample,
        longest,
        rate,
        quiet,
        quiet_until,
        hour_unknown,
    };
    LongestText { customer, name, text } = v1::LongestText { customer_id: customer, name, text };
    Merge { survivor, other, rows } = v1::Merge { survivor_id: survivor, other_id: other, rows };
    MergeRow { field, survivor, other, result } = v1::MergeRow { field, survivor, other, result };
    BalanceRow { account, before, after } = v1::BalanceRow { account, before, after };
    ListedReminder { customer, name, reminder, next }
        = v1::ListedReminder { customer_id: customer, customer_name: name, reminder, next };
    ListedScheduled { customer, name, message }
        = v1::ListedScheduled { customer_id: customer, customer_name: name, message };
    ScheduledMessage { id, at, number, channel, app, by, body, in_reply_to, written_at, written_in }
        = v1::ScheduledMessage {
            message_id: id,
            leaves_at: at,
            customer_number: number,
            channel_number: channel,
            app_id: app,
            by,
            body,
            in_reply_to,
            written_at,
            written_seq: written_in,
        };
    ListedWaiting { customer, name, unanswered, window_ends }
        = v1::ListedWaiting { customer_id: customer, customer_name: name, unanswered, window_ends };
    LivePrompt { customer, name, number, channel, session, said, call, asked_at, answer_by }
        = v1::LivePrompt {
            customer_id: customer,
            customer_name: name,
            customer_number: number,
            channel_number: channel,
            session_id: session,
            said,
            call_status: call,
            asked_at,
            answer_by,
        };
    LivePrompts { prompts, total, as_of }
        = v1::ListLiveReply { prompts, total, as_of_seq: as_of };
    UnknownMessage {
        customer, name, message, number, channel, body, carrier, attempt, handed_at, since, why
    }
        = v1::UnknownMessage {
            customer_id: customer,
            customer_name: name,
            message_id: message,
            customer_number: number,
            channel_number: channel,
            body,
            carrier_id: carrier,
            attempt,
            handed_at,
            since,
            why,
        };
    DownCarrier { id, since, why, waiting, paused }
        = v1::DownCarrier { carrier_id: id, since, why, waiting, paused };
    CarrierPause { by, since } = v1::CarrierPause { by, since };
    ListedCarrier { id, kind, numbers, is_up, since, why, per_second, waiting, unknown, pause }
        = v1::ListedCarrier {
            carrier_id: id,
            kind,
            numbers,
            is_up,
            since,
            why,
            per_second,
            waiting,
            unknown,
            pause,
        };
    ListedLease { customer, name, lease, waiting }
        = v1::ListedLease { customer_id: customer, customer_name: name, lease, waiting };
}

/// A level that this version does not know counts as the most serious one.
impl Wire<i32> for Level {
    fn to_wire(&self) -> i32 {
        match self {
            Self::Good => WireLevel::Good.into(),
            Self::Note => WireLevel::Note.into(),
            Self::Warn => WireLevel::Warn.into(),
            Self::Block => WireLevel::Block.into(),
        }
    }
    fn from_wire(wire: i32) -> Result<Self, DecodeError> {
        Ok(match WireLevel::try_from(wire) {
            Ok(WireLevel::Good) => Self::Good,
            Ok(WireLevel::Note) => Self::Note,
            Ok(WireLevel::Warn) => Self::Warn,
            Ok(WireLevel::Block) | Err(_) => Self::Block,
        })
    }
}

/// A list of works, with the next firings of those that are scheduled.
#[must_use]
pub fn works(listed: &[(Work, Vec<Timestamp>)]) -> v1::ListWorksReply {
    let next = listed.iter().filter(|(_, next)| !next.is_empty());
    v1::ListWorksReply {
        works: listed.iter().map(|(work, _)| work.into()).collect(),
        next: next
            .map(|(work, next)| (work.id.to_string(), v1::Times { at: next.to_wire() }))
            .collect(),
    }
}

/// The works in a list that this version can read, each with its next firings.
#[must_use]
pub fn from_works(mut reply: v1::ListWorksReply) -> Vec<(Work, Vec<Timestamp>)> {
    let works = reply.works.into_iter().filter_map(|work| Work::try_from(work).ok());
    works
        .map(|work| {
            let next = reply.next.remove(work.id.as_str()).unwrap_or_default();
            (work, next.at.into_iter().map(|at| from_time(Some(at))).collect())
        })
        .collect()
}

/// The balance of a purse. Of the payments that hold some of it only their number is sent.
#[must_use]
pub fn purse(id: &str, account: &Account, pending: usize) -> v1::PurseBalance {
    let money = |minor| Some(Money { currency: account.currency, minor }.into());
    v1::PurseBalance {
        purse_id: id.to_owned(),
        available: money(account.available),
        actual: money(account.actual),
        sequence_nr: account.sequence_nr,
        pending: u32::try_from(pending).unwrap_or(u32::MAX),
    }
}

/// `None` if the currency is unknown.
#[must_use]
pub fn from_purse(purse: v1::PurseBalance) -> Option<PurseBalance> {
    Some(PurseBalance {
        id: purse.purse_id,
        available: Wire::from_wire(purse.available).ok()?,
        actual: Wire::from_wire(purse.actual).ok()?,
        pending: purse.pending,
    })
}
