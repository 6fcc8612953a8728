//! The sandbox's magic numbers: one row for every outcome code of every status enum, which says how
//! to bring that outcome about. The simulated network obeys the table, `switchboard sim numbers`
//! prints it, and docs/sandbox.md contains it, as a test checks.
//!
//! An outcome that a phone or a network decides has a telephone number of its own, whose last three
//! digits are the code. An outcome that the hub decides follows from the state or the request, and
//! its row says from what. All of them are numbers of the telephone network.

use super::{
    address::{CustomerNumber, Provider},
    status::{CallStatus, ConsentStatus, HangupCause, MessageStatus, PaymentStatus},
};
use std::fmt::Write as _;

/// The status enum that a code belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `MessageDeliveryStatus` of the contract.
    Message,
    /// `MessagingConsentStatus` of the contract.
    Consent,
    /// `VoiceCallStatus` of the contract.
    Call,
    /// `VoiceCallHangupCause` of the contract.
    Cause,
    /// `PaymentStatus` of the contract.
    Payment,
}

impl Family {
    /// Every family, in the order of the tables in docs/sandbox.md.
    pub const ALL: [Self; 5] =
        [Self::Message, Self::Consent, Self::Call, Self::Cause, Self::Payment];

    /// The heading of its table.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Message => "Messages",
            Self::Consent => "Consent",
            Self::Call => "Calls",
            Self::Cause => "Calls: why they end",
            Self::Payment => "Payments",
        }
    }
    /// What the numbers of the family begin with. Three digits follow, which are the code.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Message => "+254700100",
            Self::Consent => "+254700200",
            Self::Call => "+254700300",
            Self::Payment => "+254700400",
            Self::Cause => "+254700500",
        }
    }
    /// Every code of the enum except 0, with its words.
    #[must_use]
    pub fn codes(self) -> Vec<(i32, &'static str)> {
        macro_rules! all {
            ($status:ident) => {
                $status::ALL.iter().skip(1).map(|s| (s.code(), s.words())).collect()
            };
        }
        match self {
            Self::Message => all!(MessageStatus),
            Self::Consent => all!(ConsentStatus),
            Self::Call => all!(CallStatus),
            Self::Cause => all!(HangupCause),
            Self::Payment => all!(PaymentStatus),
        }
    }
}

/// What brings an outcome about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A magic number does, by itself.
    Number,
    /// The state or the request does, as the row says.
    Situation,
    /// Nothing can, for the reason that the row gives.
    Unused,
}

/// One row of the table: an outcome, and how to bring it about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Magic {
    pub family: Family,
    pub code: i32,
    pub reach: Reach,
    /// What happens, or what to do for it to happen.
    pub how: &'static str,
}

impl Magic {
    /// The telephone number of this outcome. `None` if no number brings it about.
    #[must_use]
    pub fn number(&self) -> Option<CustomerNumber> {
        (self.reach == Reach::Number)
            .then(|| CustomerNumber::telco(&format!("{}{:03}", self.family.prefix(), self.code)))
    }
}

/// The row of a magic number. `None` if the number is an ordinary one.
#[must_use]
pub fn of(number: &CustomerNumber) -> Option<&'static Magic> {
    if number.provider != Provider::Telco || number.partition.is_some() {
        return None;
    }
    let family = Family::ALL.into_iter().find(|f| number.number.starts_with(f.prefix()))?;
    let digits = number.number.strip_prefix(family.prefix()).filter(|d| d.len() == 3)?;
    let code: i32 = digits.parse().ok()?;
    TABLE.iter().find(|row| row.reach == Reach::Number && row.family == family && row.code == code)
}

/// The code that the number stands for in this family. `None` if it is no magic number
/// of the family.
#[must_use]
pub fn code(number: &CustomerNumber, family: Family) -> Option<i32> {
    of(number).filter(|row| row.family == family).map(|row| row.code)
}

/// The table as Markdown, for docs/sandbox.md and `switchboard sim numbers`.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::new();
    for family in Family::ALL {
        let _ = writeln!(out, "### {}\n", family.title());
        out.push_str("| code | means | number | how |\n|---|---|---|---|\n");
        let rows = TABLE.iter().filter(|row| row.family == family);
        for row in rows {
            let words = family.codes().into_iter().find(|(code, _)| *code == row.code);
            let words = words.map_or("", |(_, words)| words);
            let number = row.number().map_or("–".to_owned(), |n| format!("`{n}`"));
            let _ = writeln!(out, "| {} | {words} | {number} | {} |", row.code, row.how);
        }
        out.push('\n');
    }
    out.trim_end().to_owned() + "\n"
}

const fn number(family: Family, code: i32, how: &'static str) -> Magic {
    Magic { family, code, reach: Reach::Number, how }
}
const fn situation(family: Family, code: i32, how: &'static str) -> Magic {
    Magic { family, code, reach: Reach::Situation, how }
}
const fn unused(family: Family, code: i32, how: &'static str) -> Magic {
    Magic { family, code, reach: Reach::Unused, how }
}

use Family::{Call, Cause, Consent, Message, Payment};

pub const TABLE: &[Magic] = &[
    number(Message, 101, "no report ever comes; `sim clock +24h` makes it 403"),
    situation(Message, 102, "`send --at 'tomorrow 9'` (R-LATER-1)"),
    situation(Message, 199, "cancel a scheduled message (R-LATER-3)"),
    number(Message, 300, "delivered, and nobody looks"),
    number(
        Message,
        301,
        "delivered, then read; on sms only delivered. WhatsApp wants `sim message` first",
    ),
    situation(Message, 302, "`sim message NUMBER TEXT`: every inbound message is born so"),
    number(Message, 400, "the network fails it"),
    situation(Message, 401, "`sim stop NUMBER`, then write to it by sms"),
    number(Message, 402, "the phone cannot receive it"),
    number(Message, 403, "the network gives up on it"),
    situation(Message, 404, "write text by whatsapp to a number that has not written within a day"),
    situation(Message, 405, "write from a number that is not the org's"),
    situation(Message, 406, "write by sms to a telegram number, or send media by sms"),
    situation(Message, 407, "reply to a message id that does not exist"),
    situation(Message, 408, "reply for a customer id that does not exist"),
    situation(Message, 409, "the idempotency key of another request (D-IDEM)"),
    unused(Message, 410, "unused: work by tag without anybody is no failure (R-TAGWORK-6)"),
    situation(
        Message,
        411,
        "write to an empty number, or by tag to customers without a fitting number",
    ),
    situation(Message, 412, "merge a customer into another, then reply for the old id"),
    situation(Message, 413, "write an empty text"),
    situation(
        Message,
        450,
        "`send --seen SEQ` after somebody with another key has answered (R-CONFLICT-1)",
    ),
    number(Message, 501, "the network's own fault"),
    number(Consent, 101, "asked, and never answers; after a day it is as before"),
    number(Consent, 300, "agrees after 1 s, as every phone does"),
    situation(Consent, 301, "ask for opt-out, or `sim stop NUMBER`"),
    situation(Consent, 401, "ask on a number that is not the org's"),
    unused(
        Consent,
        402,
        "unreachable: a request names a number, and the numbers of a merged customer belong to the one who remains",
    ),
    situation(Consent, 501, "ask for no action (gRPC only)"),
    number(Call, 100, "never rings; after 5 min 405"),
    number(Call, 101, "picks up, as every phone does; waits for the app's plan"),
    number(Call, 102, "rings and rings; after 45 s 401"),
    situation(Call, 200, "answer the call with any plan"),
    situation(Call, 201, "a plan with `dial`"),
    situation(Call, 202, "a plan with `dial`: after the talk, or at once if nobody picks up"),
    situation(Call, 203, "a plan with `dial`: when the other picks up"),
    situation(Call, 204, "a plan with `enqueue`"),
    situation(Call, 205, "a plan with `dequeue` in another call on the same line"),
    number(Call, 206, "the network hands the call over when its first plan starts"),
    number(Call, 207, "as 206; the hand-over is completed after 1 s"),
    number(Call, 300, "picks up and hangs up after 1 s"),
    unused(Call, 400, "unreachable: calls are not charged to a purse here"),
    number(Call, 401, "rings for 3 s, nobody there"),
    situation(Call, 402, "call an empty number"),
    situation(Call, 403, "call a telegram number, or one that is in a call already"),
    unused(
        Call,
        404,
        "unreachable: a call names a number, and the numbers of a merged customer belong to the one who remains",
    ),
    number(Call, 405, "the network gives up before it rings"),
    situation(Call, 406, "call from a number that is not the org's"),
    number(Call, 501, "the network's own fault while it rings"),
    number(Cause, 1, "401: there is no such number"),
    number(Cause, 16, "300: picks up, hears the plan, hangs up in order"),
    number(Cause, 17, "401: busy"),
    number(Cause, 18, "401: the phone does not respond"),
    number(Cause, 19, "401: nobody picks up"),
    number(Cause, 20, "401: off or out of reach"),
    number(Cause, 21, "300: rejected by its owner"),
    number(Cause, 31, "300: ended for no particular reason"),
    number(Cause, 41, "401: the network failed for the moment"),
    number(Cause, 63, "401: not available"),
    number(Cause, 102, "401: a timer of the network ran out"),
    number(Cause, 487, "300: the caller is said to have given up"),
    number(Cause, 502, "300: answered elsewhere"),
    number(Cause, 606, "401: not registered"),
    number(Payment, 101, "money to it stays queued; after a day 402"),
    number(Payment, 102, "asked to pay, and never answers; after 120 s 402"),
    number(Payment, 103, "confirmed, then waits for validation"),
    number(Payment, 104, "confirmed and validated, and stays so"),
    situation(Payment, 200, "the same purse on both sides, or an amount that is none"),
    situation(Payment, 201, "from one customer to another"),
    situation(Payment, 202, "pay more than the purse holds; `sim fund` fills it"),
    unused(Payment, 203, "unused: a fault of the hub is a gRPC status"),
    situation(Payment, 204, "another currency than the purse's"),
    situation(Payment, 205, "the idempotency key of another request (D-IDEM)"),
    situation(Payment, 206, "a purse that is not in the settings"),
    situation(Payment, 207, "from a wallet that does not exist"),
    situation(Payment, 299, "a wallet of a customer who was merged into another"),
    number(Payment, 300, "confirmed after 1 s, or received after 500 ms, as everywhere"),
    situation(Payment, 301, "`sim pay` to a payment number without a purse"),
    number(Payment, 400, "the network fails it"),
    number(Payment, 401, "the network throttles it"),
    number(Payment, 402, "runs out of time at once"),
    number(Payment, 403, "the payer refuses; money to it is refused by its owner"),
    number(Payment, 500, "succeeds, and is reversed 1 s later"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_every_enum_has_one_row() {
        for family in Family::ALL {
            let rows: Vec<_> =
                TABLE.iter().filter(|r| r.family == family).map(|r| r.code).collect();
            let codes: Vec<_> = family.codes().into_iter().map(|(code, _)| code).collect();
            assert_eq!(rows, codes, "{family:?}");
        }
    }

    #[test]
    fn a_number_ends_in_its_code_and_leads_back_to_its_row() {
        for row in TABLE {
            let Some(number) = row.number() else { continue };
            assert!(number.number.ends_with(&format!("{:03}", row.code)), "{number}");
            assert_eq!(of(&number), Some(row));
        }
        let plain = ["+254700000001", "+254700100999", "+2547001003000", "+254700100404"];
        for number in plain {
            assert_eq!(of(&CustomerNumber::telco(number)), None, "{number}");
        }
        let elsewhere = CustomerNumber::new(Provider::Telegram, "+254700100300");
        assert_eq!(of(&elsewhere), None);
        let telco = CustomerNumber::telco("+254700400403");
        assert_eq!(code(&telco, Family::Payment), Some(403));
        assert_eq!(code(&telco, Family::Message), None);
    }

    #[test]
    fn the_page_about_the_sandbox_shows_this_table() {
        let page = include_str!("../../docs/sandbox.md");
        let (_, rest) =
            page.split_once("<!-- magic numbers: `switchboard sim numbers` -->\n").unwrap();
        let (shown, _) = rest.split_once("<!-- end of magic numbers -->").unwrap();
        assert_eq!(shown.trim(), markdown().trim(), "run `switchboard sim numbers` and paste it");
    }
}
