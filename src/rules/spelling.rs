//! One customer however their telephone number is written (R-ADDR-5). This is the one place where the
//! numbers of a command are read, before it is decided: what the rules see are numbers as they are kept.
//!
//! Entries of older logs have numbers as they were written then. They are not changed, and whoever
//! has such a number is found by exactly that text; where it reads the same as another's, it is the
//! same telephone (R-ADDR-8).

use super::World;
use crate::model::{
    ChannelNumber, Command, ConsentStatus, CustomerCommand, CustomerNumber, CustomerRef,
    CustomerState, NetworkCommand, OrgSettings, PaymentParty, Provider, VoiceAction, telephone,
};
use std::sync::Arc;

impl World {
    /// A number as it is kept, or would be if it were new.
    #[must_use]
    pub fn spelled(&self, number: &CustomerNumber, settings: &OrgSettings) -> CustomerNumber {
        let mut number = number.clone();
        settle(self, settings, &mut number);
        number
    }

    /// The reference with its number as it is kept, if it has one.
    pub(super) fn settled(&self, who: &CustomerRef, settings: &OrgSettings) -> CustomerRef {
        match who {
            CustomerRef::Number(number) => CustomerRef::Number(self.spelled(number, settings)),
            CustomerRef::Id(_) | CustomerRef::Secondary(_) => who.clone(),
        }
    }
}

/// The command with its numbers as they are kept.
pub fn settled(world: &World, settings: &OrgSettings, command: &Command) -> Command {
    let mut command = command.clone();
    let mut settle = |number: &mut CustomerNumber| settle(world, settings, number);
    match &mut command {
        Command::Customer(command) => numbers(command, &mut settle),
        Command::Network(command) => numbers_of_network(command, &mut settle),
    }
    command
}

/// The same for a command of which it is known that it is a customer's.
pub fn settled_customer(
    world: &World,
    settings: &OrgSettings,
    command: &CustomerCommand,
) -> CustomerCommand {
    let mut command = command.clone();
    numbers(&mut command, &mut |number| settle(world, settings, number));
    command
}

/// All customer numbers of a command.
pub fn all(command: &CustomerCommand) -> Vec<CustomerNumber> {
    let mut all = Vec::new();
    numbers(&mut command.clone(), &mut |number| all.push(number.clone()));
    all
}

/// Reads a number: a reading that somebody has, else the text if somebody has exactly that, else the only
/// reading. What cannot be read stays, what somebody new wrote in a way that can be read as two numbers, and
/// a number with a partition, whose meaning only its sender knows. One without a provider means somebody who
/// exists (R-ADDR-4), so that its text comes first.
pub fn settle(world: &World, settings: &OrgSettings, number: &mut CustomerNumber) {
    let held = |provider, text: &str| {
        let number = CustomerNumber { provider, number: text.to_owned(), partition: None };
        world.index.number(&number).is_some()
    };
    let text = number.number.trim();
    if number.partition.is_some() {
        return;
    }
    let may = match number.provider {
        Provider::Telco => true,
        Provider::Unspecified => !Provider::ALL.into_iter().any(|of| held(of, text)),
        Provider::Facebook | Provider::Telegram => false,
    };
    let readings = if may { telephone::readings(text, settings.region) } else { Vec::new() };
    let known = readings.iter().find(|read| held(Provider::Telco, read));
    let is_new = || number.provider == Provider::Telco && !held(Provider::Telco, text);
    let only = || readings.first().filter(|_| readings.len() == 1 && is_new());
    if let Some(read) = known.or_else(only) {
        number.number.clone_from(read);
    }
}

/// The customers who have this number written in another way, each with their way (R-ADDR-8).
pub fn twins<'w>(
    world: &'w World,
    settings: &OrgSettings,
    number: &CustomerNumber,
) -> impl Iterator<Item = (&'w Arc<CustomerState>, CustomerNumber)> + use<'w> {
    let telco = number.provider == Provider::Telco && number.partition.is_none();
    let region = settings.region;
    let readings = if telco { telephone::readings(&number.number, region) } else { Vec::new() };
    let text = number.number.clone();
    let all = readings.into_iter().flat_map(move |read| telephone::spellings(&read, region));
    all.filter(move |other| *other != text).filter_map(|other| {
        let number = CustomerNumber::telco(&other);
        Some((world.by_id(&world.index.number(&number)?)?, number))
    })
}

/// Whether a pair of numbers has opted out, under this way to write the number or another. An opt-in
/// under this one is newer knowledge and wins.
pub fn opted_out(
    world: &World,
    settings: &OrgSettings,
    customer: Option<&CustomerState>,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) -> bool {
    let consent = |customer: &CustomerState, number: &CustomerNumber| {
        customer.channel(number, channel)?.consent.map(|(status, _)| status)
    };
    let out = Some(ConsentStatus::OptOutCompleted);
    match customer.and_then(|customer| consent(customer, number)) {
        Some(ConsentStatus::OptInCompleted) => false,
        own if own == out => true,
        _ => twins(world, settings, number).any(|(twin, number)| consent(twin, &number) == out),
    }
}

fn numbers(command: &mut CustomerCommand, on: &mut dyn FnMut(&mut CustomerNumber)) {
    use CustomerCommand as C;
    match command {
        C::Meet(customer)
        | C::UpdateTags { customer, .. }
        | C::DeleteTags { customer, .. }
        | C::UpdateSecondaryIds { customer, .. }
        | C::DeleteSecondaryIds { customer, .. }
        | C::UpdateMetadata { customer, .. }
        | C::DeleteMetadata { customer, .. }
        | C::AddReminder { customer, .. }
        | C::CancelReminder { customer, .. }
        | C::LeaseMetadata { customer, .. }
        | C::EditScheduled { customer, .. }
        | C::CancelScheduled { customer, .. }
        | C::NoAnswerNeeded { customer, .. }
        | C::AdoptCustomer { other: customer, .. } => number_of_reference(customer, on),
        C::SendMessage { to: number, .. }
        | C::ScheduleMessage { to: number, .. }
        | C::MakeCall { to: number, .. }
        | C::RequestConsent { number, .. } => on(number),
        C::InitiatePayment { debit, credit, .. } => {
            number_of_party(debit, on);
            number_of_party(credit, on);
        }
        C::AnswerPrompt { actions, .. } => {
            for action in actions {
                if let VoiceAction::Dial { numbers, .. } = action {
                    numbers.iter_mut().for_each(&mut *on);
                }
            }
        }
        C::ReplyToMessage { .. }
        | C::AddReminderByTag { .. }
        | C::CancelReminderByTag { .. }
        | C::SendMessageByTag { .. }
        | C::DecideUnknown { .. }
        | C::PauseCarrier { .. }
        | C::SteerWork { .. } => {}
    }
}

fn number_of_reference(customer: &mut CustomerRef, on: &mut dyn FnMut(&mut CustomerNumber)) {
    match customer {
        CustomerRef::Number(number) => on(number),
        CustomerRef::Id(_) | CustomerRef::Secondary(_) => {}
    }
}

fn number_of_party(party: &mut PaymentParty, on: &mut dyn FnMut(&mut CustomerNumber)) {
    match party {
        PaymentParty::Customer { number, .. } => on(number),
        PaymentParty::Purse(_) | PaymentParty::Wallet { .. } | PaymentParty::Channel { .. } => {}
    }
}

fn numbers_of_network(command: &mut NetworkCommand, on: &mut dyn FnMut(&mut CustomerNumber)) {
    use NetworkCommand as N;
    match command {
        N::ReceiveMessage { from, .. }
        | N::DialUssd { from, .. }
        | N::ReceiveCall { from, .. }
        | N::ReceivePayment { from, .. }
        | N::AnswerConsent { from, .. } => on(from),
        N::ReportMessage { .. }
        | N::HandOver { .. }
        | N::ReportCarriage { .. }
        | N::ReportReference { .. }
        | N::ReportLink { .. }
        | N::NotePruned { .. }
        | N::InputUssd { .. }
        | N::EndUssd { .. }
        | N::ReportCall { .. }
        | N::MissPlan { .. }
        | N::ReportPayment { .. }
        | N::Sweep
        | N::DropNotifications { .. }
        | N::FundPurse { .. }
        | N::MoveClock { .. }
        | N::ReturnLease { .. } => {}
    }
}
