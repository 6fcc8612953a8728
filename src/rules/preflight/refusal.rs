//! Turns a refusal into a finding: which code it has (R-DRYRUN-2), and what to do about it. Each family
//! of statuses has a table of its own, so that no status is left without a code.

use super::{World, addressing};
use crate::model::{
    Addressee, CallStatus, Channel, ConsentStatus, CustomerCommand, CustomerId, CustomerNumber,
    CustomerRef, MessageStatus, PaymentStatus, Provider, Receipt, Timestamp,
};
use std::collections::HashSet;

/// The finding code of a refusal.
pub(super) fn code(
    world: &World,
    command: &CustomerCommand,
    receipt: &Receipt,
    now: Timestamp,
) -> &'static str {
    match receipt {
        Receipt::Message(r) => match of_message(r.status) {
            "no-number" => number(world, command),
            code => code,
        },
        Receipt::Consent(r) => of_consent(r.status),
        Receipt::Payment(r) => of_payment(r.status),
        Receipt::Call(r) => of_call(r.status),
        Receipt::State(_) | Receipt::Network(_) | Receipt::Work(_) | Receipt::Lease(_) => {
            of_state(world, command, now)
        }
    }
}

fn of_message(status: MessageStatus) -> &'static str {
    use MessageStatus as S;
    match status {
        S::NoConsent => "no-consent",
        S::NoCapability => "no-capability",
        S::OnlyTemplateAllowed => "window-closed",
        S::InvalidChannelNumber => "channel-unknown",
        S::NotSupported => "not-supported",
        S::InvalidReplyToMessageId => "reply-target",
        S::InvalidCustomerId => "no-customer",
        S::DuplicateRequest => "duplicate-recent",
        S::CustomerNumberNotFound => "no-number",
        S::DecommissionedCustomerId => "decommissioned",
        S::Conflict => "conflict",
        S::Unspecified
        | S::Sent
        | S::Scheduled
        | S::Withdrawn
        | S::Delivered
        | S::Read
        | S::Received
        | S::Failed
        | S::Expired
        | S::TagNotFound
        | S::InvalidRequest
        | S::ApplicationError => "invalid-request",
    }
}

fn of_consent(status: ConsentStatus) -> &'static str {
    use ConsentStatus as S;
    match status {
        S::InvalidChannelNumber => "channel-unknown",
        S::DecommissionedCustomerId => "decommissioned",
        S::Unspecified
        | S::OptInRequestSent
        | S::OptInCompleted
        | S::OptOutCompleted
        | S::ApplicationError => "invalid-request",
    }
}

fn of_payment(status: PaymentStatus) -> &'static str {
    use PaymentStatus as S;
    match status {
        S::NotSupported => "not-supported",
        S::InsufficientFunds => "insufficient-funds",
        S::NotAllowed => "not-allowed",
        S::DuplicateRequest => "duplicate-recent",
        S::InvalidPurse => "no-purse",
        S::InvalidWallet => "no-wallet",
        S::DecommissionedCustomerId => "decommissioned",
        S::Unspecified
        | S::Queued
        | S::PendingConfirmation
        | S::PendingValidation
        | S::Validated
        | S::InvalidRequest
        | S::ApplicationError
        | S::Success
        | S::PassThrough
        | S::Failed
        | S::Throttled
        | S::Expired
        | S::Rejected
        | S::Reversed => "invalid-request",
    }
}

fn of_call(status: CallStatus) -> &'static str {
    use CallStatus as S;
    match status {
        S::InsufficientCredit => "insufficient-funds",
        S::InvalidPhoneNumber => "no-number",
        S::DestinationNotSupported => "not-supported",
        S::DecommissionedCustomerId => "decommissioned",
        S::InvalidChannelNumber => "channel-unknown",
        S::Unspecified
        | S::Queued
        | S::Answered
        | S::Ringing
        | S::Active
        | S::Dialing
        | S::DialCompleted
        | S::Bridged
        | S::Enqueued
        | S::Dequeued
        | S::Transferred
        | S::TransferCompleted
        | S::Completed
        | S::NotAnswered
        | S::Expired
        | S::ApplicationError => "invalid-request",
    }
}

/// Replies of this family carry no code. For the usual refusals it follows from whom the command names.
fn of_state(world: &World, command: &CustomerCommand, now: Timestamp) -> &'static str {
    let code = match command.addressee() {
        Addressee::Customer(customer) => unresolved(world, customer, now),
        Addressee::Adoption(customer, other) => {
            gone(world, customer).or_else(|| unresolved(world, other, now))
        }
        Addressee::Phone(..)
        | Addressee::Message(_)
        | Addressee::Sent(_)
        | Addressee::Session(_)
        | Addressee::Tag(..)
        | Addressee::Work(_)
        | Addressee::Carrier(_)
        | Addressee::Parties(..) => None,
    };
    code.unwrap_or("invalid-request")
}

/// Why an id names nobody; `None` if it names a customer.
fn gone(world: &World, id: &CustomerId) -> Option<&'static str> {
    if world.survivor(id).is_some() {
        Some("decommissioned")
    } else {
        world.by_id(id).is_none().then_some("no-customer")
    }
}

fn unresolved(world: &World, who: &CustomerRef, now: Timestamp) -> Option<&'static str> {
    match who {
        CustomerRef::Id(id) => gone(world, id),
        CustomerRef::Secondary(_) => {
            addressing::resolve(world, who, now).is_err().then_some("no-customer")
        }
        CustomerRef::Number(number) => {
            let unknown = addressing::by_number(world, number, Channel::Unspecified).is_err();
            unknown.then(|| ambiguous(world, number))
        }
    }
}

/// Why the number to which a message goes means nobody.
fn number(world: &World, command: &CustomerCommand) -> &'static str {
    let (CustomerCommand::SendMessage { to, .. } | CustomerCommand::ScheduleMessage { to, .. }) =
        command
    else {
        return "no-number";
    };
    ambiguous(world, to)
}

/// Tells a number without a provider that several customers have from one that nobody has (R-ADDR-4).
fn ambiguous(world: &World, number: &CustomerNumber) -> &'static str {
    let text = number.number.trim();
    let holders: HashSet<_> = Provider::ALL
        .into_iter()
        .filter_map(|provider| {
            let number = text.to_owned();
            let partition = None;
            world.index.number(&CustomerNumber { provider, number, partition })
        })
        .collect();
    if holders.len() > 1 { "ambiguous-number" } else { "no-number" }
}

/// The text of a finding: what was refused, and what to do about it.
pub(super) fn text(code: &str, description: &str) -> String {
    if code == "conflict" {
        return format!("read it first: {description}");
    }
    let advice = match code {
        "no-consent" => "only the customer can opt in again",
        "no-capability" => "choose another channel or number",
        "window-closed" => "send a template, or wait until the customer writes",
        "channel-unknown" => "choose one of the org's numbers",
        "not-supported" => "choose another channel, party or kind of content",
        "reply-target" => "answer another message, or write a new one",
        "no-customer" => "look the customer up again",
        "no-number" => "give a number that this channel reaches",
        "ambiguous-number" => "say whose number it is: telco, telegram or facebook",
        "decommissioned" => "use the customer who remains",
        "insufficient-funds" => "fund the account, or pay less",
        "not-allowed" => "nothing is converted: pay in the account's own currency",
        "no-purse" => "choose one of the org's purses",
        "no-wallet" => "choose a wallet that the customer has",
        "duplicate-recent" => "look at what became of the first one",
        _ => "correct it and try again",
    };
    format!("{description}: {advice}")
}
