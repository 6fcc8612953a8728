//! Before a command is sent: what it would lead to, and what speaks against it, by the codes of
//! domain.md section G. Nothing is recorded. The decision is the real one, made against the World
//! as it is; the findings beside it say what the rules let pass but an agent would want to know.
//!
//! A `Block` is what the hub refuses, and the few things that must not go whatever the hub says:
//! a text that is not filled in, a payment whose twin is still under way. What cannot be known here
//! is said to be unknown (templates, some time zones) or left out (rights, second approvers).

mod data;
mod hours;
mod message;
mod money;
mod refusal;

use super::{Ctx, Decision, World, audience, decide, diff, payment, whom};
use crate::model::{
    Audience, Caller, ChannelNumber, Command, Customer, CustomerCommand, CustomerNumber,
    CustomerRef, Finding, LeaseReceipt, Level, OrgSettings, Outlook, Receipt, Timestamp,
};
use std::{sync::Arc, time::Duration};

/// Events shown of what would be recorded.
const EVENTS: usize = 20;

/// What a command would lead to, and what speaks against it, heaviest first.
#[must_use]
pub fn outlook(world: &World, command: &CustomerCommand, ctx: &mut Ctx<'_>) -> Outlook {
    let (settings, now) = (ctx.settings, ctx.now);
    let mut look = Look { world, settings, caller: ctx.caller, now, found: Vec::new() };
    let audience = look.audience(command);
    look.at(command, audience.as_ref());
    let Decision { mut events, receipt } = decide(world, &Command::Customer(command.clone()), ctx);
    let receipt = look.verdict(command, receipt, events.is_empty());
    events.truncate(EVENTS);
    // Stable: within a level in the order of the checks.
    look.found.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    let merge = match command {
        CustomerCommand::AdoptCustomer { customer, other } => {
            Some(diff::diff(world, customer, other, now)).filter(|merge| !merge.rows.is_empty())
        }
        _ => None,
    };
    let balances = match command {
        CustomerCommand::InitiatePayment { debit, credit, value } => {
            payment::preview(world, settings, debit, credit, *value)
        }
        _ => Vec::new(),
    };
    Outlook { receipt, findings: look.found, events, audience, merge, balances }
}

/// A look at the World before a command, and what was found.
struct Look<'a> {
    world: &'a World,
    settings: &'a OrgSettings,
    caller: &'a Caller,
    now: Timestamp,
    found: Vec<Finding>,
}

impl<'a> Look<'a> {
    fn find(&mut self, level: Level, code: &str, text: impl Into<String>) {
        self.found.push(Finding { code: code.to_owned(), level, text: text.into() });
    }
    fn note(&mut self, code: &str, text: impl Into<String>) {
        self.find(Level::Note, code, text);
    }
    fn warn(&mut self, code: &str, text: impl Into<String>) {
        self.find(Level::Warn, code, text);
    }
    fn block(&mut self, code: &str, text: impl Into<String>) {
        self.find(Level::Block, code, text);
    }

    fn who(&self, customer: &CustomerRef) -> Option<&'a Arc<Customer>> {
        whom::resolve(self.world, customer, self.now).ok()?.customer()
    }
    fn by_number(&self, number: &CustomerNumber, on: &ChannelNumber) -> Option<&'a Arc<Customer>> {
        whom::by_number(self.world, number, on.channel).ok()?.customer()
    }

    /// Who would get what is done by tag.
    fn audience(&self, command: &CustomerCommand) -> Option<Audience> {
        use CustomerCommand as C;
        let (tag, message) = match command {
            C::SendMessageByTag { tag, from, body } => (tag, Some((from, body))),
            C::AddReminderByTag { tag, .. } => (tag, None),
            _ => return None,
        };
        Some(audience::reached_by(self.world, tag, message, self.settings, self.now))
    }

    /// What the rules do not say.
    fn at(&mut self, command: &CustomerCommand, audience: Option<&Audience>) {
        use CustomerCommand as C;
        match command {
            C::SendMessage { to, from, body } => self.sending(to, from, body),
            C::ReplyToMessage { customer, message, body } => {
                self.replying(customer, message, body);
            }
            C::SendMessageByTag { tag, from, body } => self.spreading(tag, from, body, audience),
            C::RequestConsent { number, channel, action, .. } => {
                self.consenting(number, channel, *action);
            }
            C::MakeCall { to, .. } => self.hours(to),
            C::AnswerPrompt { menu, .. } => self.answering(menu.as_ref()),
            C::InitiatePayment { debit, credit, value } => self.paying(debit, credit, *value),
            C::AddReminderByTag { tag, reminder } => {
                self.reminding_by_tag(tag, reminder, audience);
            }
            rest => self.at_data(rest),
        }
    }

    /// What would be answered. A refusal blocks, under the code of its status; a lease that someone
    /// else holds does not, because the call waits for it (R-LEASE-2): then there is no answer yet.
    fn verdict(
        &mut self,
        command: &CustomerCommand,
        receipt: Receipt,
        silent: bool,
    ) -> Option<Receipt> {
        if let Receipt::Lease(LeaseReceipt { ok: false, until: Some(until), description, .. }) =
            &receipt
        {
            let left = short(until.since(self.now));
            self.warn("lease-held", format!("{description}: the call waits, {left} at most"));
            return None;
        }
        if !receipt.is_ok() {
            let code = refusal::code(self.world, command, &receipt, self.now);
            let known = |f: &Finding| f.level == Level::Block && f.code == code;
            if !self.found.iter().any(known) {
                self.block(code, refusal::text(code, receipt.description()));
            }
        } else if silent && !matches!(command, CustomerCommand::Meet(_)) {
            self.note("nothing-to-do", receipt.description());
        }
        Some(receipt)
    }
}

/// A length of time in words: to the nearest second, then rounded down to what matters of it.
fn short(length: Duration) -> String {
    match length.as_millis().saturating_add(500) / 1_000 {
        s if s < 120 => format!("{s} s"),
        s if s < 7_200 => format!("{} min", s / 60),
        s if s < 172_800 => format!("{} h", s / 3_600),
        s => format!("{} d", s / 86_400),
    }
}
