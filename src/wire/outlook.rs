//! Dry runs and what agents list (works, reminders, leases, purses), to and from
//! `switchboard.v1.Operator`.

use super::{
    money::from_money,
    parts::{from_time, time},
    proto::v1,
    work::from_work,
};
use crate::model::{
    Account, Audience, BalanceRow, Finding, Lease, Level, Merge, MergeRow, Outlook, Reminder,
    Timestamp, Work, answer,
};

impl From<&Outlook> for v1::DryRunReply {
    fn from(outlook: &Outlook) -> Self {
        Self {
            receipt: outlook.receipt.as_ref().map(Into::into),
            findings: outlook.findings.iter().map(finding).collect(),
            events: outlook.events.iter().map(Into::into).collect(),
            audience: outlook.audience.as_ref().map(Into::into),
            merge: outlook.merge.as_ref().map(|merge| v1::Merge {
                survivor_id: merge.survivor.to_string(),
                other_id: merge.other.to_string(),
                rows: merge.rows.iter().map(merge_row).collect(),
            }),
            balances: outlook.balances.iter().map(balance_row).collect(),
        }
    }
}

fn finding(finding: &Finding) -> v1::Finding {
    let level = match finding.level {
        Level::Good => v1::finding::Level::Good,
        Level::Note => v1::finding::Level::Note,
        Level::Warn => v1::finding::Level::Warn,
        Level::Block => v1::finding::Level::Block,
    };
    v1::Finding { code: finding.code.clone(), level: level.into(), text: finding.text.clone() }
}

fn merge_row(row: &MergeRow) -> v1::MergeRow {
    let MergeRow { field, survivor, other, result } = row.clone();
    v1::MergeRow { field, survivor, other, result }
}

fn balance_row(row: &BalanceRow) -> v1::BalanceRow {
    v1::BalanceRow {
        account: row.account.clone(),
        before: Some(row.before.into()),
        after: Some(row.after.into()),
    }
}

impl From<v1::DryRunReply> for Outlook {
    /// A balance of no currency is left out; an unknown level weighs most.
    fn from(reply: v1::DryRunReply) -> Self {
        let finding = |f: v1::Finding| Finding {
            level: match v1::finding::Level::try_from(f.level) {
                Ok(v1::finding::Level::Good) => Level::Good,
                Ok(v1::finding::Level::Note) => Level::Note,
                Ok(v1::finding::Level::Warn) => Level::Warn,
                Ok(v1::finding::Level::Block) | Err(_) => Level::Block,
            },
            code: f.code,
            text: f.text,
        };
        let row = |r: v1::MergeRow| MergeRow {
            field: r.field,
            survivor: r.survivor,
            other: r.other,
            result: r.result,
        };
        let balance = |r: v1::BalanceRow| {
            Some(BalanceRow {
                account: r.account,
                before: from_money(&r.before?)?,
                after: from_money(&r.after?)?,
            })
        };
        Self {
            receipt: reply.receipt.map(Into::into),
            findings: reply.findings.into_iter().map(finding).collect(),
            events: reply.events.into_iter().map(Into::into).collect(),
            audience: reply.audience.map(Into::into),
            merge: reply.merge.map(|merge| Merge {
                survivor: merge.survivor_id.into(),
                other: merge.other_id.into(),
                rows: merge.rows.into_iter().map(row).collect(),
            }),
            balances: reply.balances.into_iter().filter_map(balance).collect(),
        }
    }
}

impl From<&Audience> for v1::Audience {
    fn from(audience: &Audience) -> Self {
        let skipped = audience.skipped.iter();
        Self {
            tag: Some((&audience.tag).into()),
            matching: audience.matching,
            reached: audience.reached,
            skipped: skipped
                .map(|(code, count)| v1::SkippedCount { code: *code, count: *count })
                .collect(),
            sample: audience.sample.iter().map(Into::into).collect(),
        }
    }
}

impl From<v1::Audience> for Audience {
    fn from(audience: v1::Audience) -> Self {
        Self {
            tag: audience.tag.unwrap_or_default().into(),
            matching: audience.matching,
            reached: audience.reached,
            skipped: audience.skipped.into_iter().map(|s| (s.code, s.count)).collect(),
            sample: audience.sample.into_iter().map(Into::into).collect(),
        }
    }
}

fn times(at: &[Timestamp]) -> v1::Times {
    v1::Times { at: at.iter().filter_map(|at| time(*at)).collect() }
}

fn from_times(at: Vec<prost_types::Timestamp>) -> Vec<Timestamp> {
    at.into_iter().map(|at| from_time(Some(at))).collect()
}

/// Works with the next firings of those that are scheduled.
#[must_use]
pub fn works(listed: &[(Work, Vec<Timestamp>)]) -> v1::ListWorksReply {
    let next = listed.iter().filter(|(_, next)| !next.is_empty());
    v1::ListWorksReply {
        works: listed.iter().map(|(work, _)| work.into()).collect(),
        next: next.map(|(work, next)| (work.id.to_string(), times(next))).collect(),
    }
}

/// Those that this version can read.
#[must_use]
pub fn from_works(mut reply: v1::ListWorksReply) -> Vec<(Work, Vec<Timestamp>)> {
    let works = reply.works.into_iter().filter_map(from_work);
    works
        .map(|work| {
            let next = reply.next.remove(work.id.as_str()).map(|times| from_times(times.at));
            (work, next.unwrap_or_default())
        })
        .collect()
}

impl From<&answer::ListedReminder> for v1::ListedReminder {
    fn from(listed: &answer::ListedReminder) -> Self {
        Self {
            customer_id: listed.customer.to_string(),
            customer_name: listed.name.clone(),
            reminder: Some((&listed.reminder).into()),
            next: times(&listed.next).at,
        }
    }
}

impl From<v1::ListedReminder> for answer::ListedReminder {
    fn from(listed: v1::ListedReminder) -> Self {
        Self {
            customer: listed.customer_id.into(),
            name: listed.customer_name,
            reminder: Reminder::from(listed.reminder.unwrap_or_default()),
            next: from_times(listed.next),
        }
    }
}

impl From<&answer::ListedLease> for v1::ListedLease {
    fn from(listed: &answer::ListedLease) -> Self {
        Self {
            customer_id: listed.customer.to_string(),
            customer_name: listed.name.clone(),
            lease: Some((&listed.lease).into()),
            waiting: listed.waiting,
        }
    }
}

impl From<v1::ListedLease> for answer::ListedLease {
    fn from(listed: v1::ListedLease) -> Self {
        Self {
            customer: listed.customer_id.into(),
            name: listed.customer_name,
            lease: Lease::from(listed.lease.unwrap_or_default()),
            waiting: listed.waiting,
        }
    }
}

/// A purse's balance; what is pending is a number here.
#[must_use]
pub fn purse(id: &str, account: &Account) -> v1::PurseBalance {
    let money = |minor| Some(crate::model::Money { currency: account.currency, minor }.into());
    v1::PurseBalance {
        purse_id: id.to_owned(),
        available: money(account.available),
        actual: money(account.actual),
        sequence_nr: account.sequence_nr,
        pending: u32::try_from(account.pending.len()).unwrap_or(u32::MAX),
    }
}

/// `None` if its currency is not one.
#[must_use]
pub fn from_purse(purse: v1::PurseBalance) -> Option<answer::PurseBalance> {
    Some(answer::PurseBalance {
        id: purse.purse_id,
        available: from_money(&purse.available?)?,
        actual: from_money(&purse.actual?)?,
        pending: purse.pending,
    })
}
