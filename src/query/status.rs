//! The words of `st:`. Every family of statuses is in one table, because an agent asks for "failed" and
//! not for a family; a word finds the statuses of all families that are called so.

use crate::model::{
    CallStatus, ConsentStatus, HangupCause, LeaseEnd, MessageStatus, PaymentStatus, SessionStatus,
    Tone, UssdEnd, WorkState,
};
use std::sync::LazyLock;

/// A family of statuses. The same number means something else in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StatusFamily {
    Message,
    Payment,
    Call,
    Hangup,
    Consent,
    Session,
    Ussd,
    Lease,
    Work,
}

/// A status of any family.
pub(super) type AnyStatus = (StatusFamily, i32);

struct StatusNames {
    status: AnyStatus,
    /// What it is called: its name in the contract and what agents read.
    names: Vec<String>,
    tone: Tone,
}

static STATUSES: LazyLock<Vec<StatusNames>> = LazyLock::new(|| {
    let mut all = Vec::new();
    macro_rules! add {
        ($($family:ident $of:ident),*) => {$(
            all.extend($of::ALL.iter().map(|status| StatusNames {
                status: (StatusFamily::$family, status.code()),
                names: names(&format!("{status:?}"), status.words()),
                tone: status.tone(),
            }));
        )*};
    }
    add!(
        Message MessageStatus,
        Payment PaymentStatus,
        Call CallStatus,
        Hangup HangupCause,
        Consent ConsentStatus,
        Session SessionStatus,
        Ussd UssdEnd,
        Lease LeaseEnd,
        Work WorkState
    );
    all
});

/// Words for statuses of a kind.
const GROUPS: &[(&str, Tone, &str)] = &[
    ("ok", Tone::Good, "everything that ended well"),
    ("bad", Tone::Bad, "everything that ended badly"),
    ("pending", Tone::Pending, "everything that is under way"),
];

/// `NoConsent` and "no consent: the customer opted out" are both `no_consent`.
fn names(variant: &str, words: &str) -> Vec<String> {
    let mut name = String::new();
    for c in variant.chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    let said = plain(words.split(':').next().unwrap_or(words));
    if said == name { vec![name] } else { vec![name, said] }
}

fn plain(word: &str) -> String {
    word.trim().to_lowercase().replace([' ', '-'], "_")
}

/// The statuses that are called so. It is empty if none is.
pub(super) fn find(word: &str) -> Vec<AnyStatus> {
    let word = plain(word);
    let group = GROUPS.iter().find(|(name, ..)| *name == word);
    let is_meant = |row: &&StatusNames| match group {
        Some((_, tone, _)) => row.tone == *tone,
        None => row.names.contains(&word),
    };
    STATUSES.iter().filter(is_meant).map(|row| row.status).collect()
}

/// The first word of a status.
pub(super) fn word(status: AnyStatus) -> Option<String> {
    STATUSES.iter().find(|row| row.status == status)?.names.first().cloned()
}

/// Every word, each with what it means.
pub(super) fn words() -> Vec<(String, String)> {
    let groups = GROUPS.iter().map(|(word, _, help)| ((*word).to_owned(), (*help).to_owned()));
    let mut all: Vec<_> = groups.collect();
    for row in STATUSES.iter() {
        let family = match row.status.0 {
            StatusFamily::Message => "message",
            StatusFamily::Payment => "payment",
            StatusFamily::Call => "call",
            StatusFamily::Hangup => "end of a call",
            StatusFamily::Consent => "consent",
            StatusFamily::Session => "session",
            StatusFamily::Ussd => "end of a USSD session",
            StatusFamily::Lease => "end of a lease",
            StatusFamily::Work => "work by tag",
        };
        for name in &row.names {
            match all.iter_mut().find(|(known, _)| known == name) {
                Some((_, of)) if of.split(", ").any(|known| known == family) => {}
                Some((_, of)) => *of = format!("{of}, {family}"),
                None => all.push((name.clone(), family.to_owned())),
            }
        }
    }
    all
}
