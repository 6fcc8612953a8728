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

use super::{Ctx, Decision, World, audience, decide, diff, index::Index, look_at, whom};
use crate::model::{
    Audience, Body, Caller, ChannelNumber, Command, CustomerCommand, CustomerId, CustomerNumber,
    CustomerRef, CustomerState, Finding, LeaseReceipt, Level, OrgSettings, Outlook, Receipt,
    TagPair, Timestamp, time::in_one_unit,
};
use std::{sync::Arc, time::Duration};

/// Events shown of what would be recorded.
const EVENTS: usize = 20;

/// What a command would lead to, and what speaks against it, heaviest first.
#[must_use]
pub fn outlook(world: &World, command: &CustomerCommand, ctx: &mut Ctx<'_>) -> Outlook {
    let (settings, now) = (ctx.settings, ctx.now);
    let mut look = Look::new(world, settings, ctx.caller, now);
    look_at(&mut look, command);
    let Decision { mut events, receipt } = decide(world, &Command::Customer(command.clone()), ctx);
    look.verdict(command, receipt, events.is_empty());
    events.truncate(EVENTS);
    look.out.events = events;
    look.sorted()
}

/// What can be said about a command by whoever knows one customer at most, and has no hub to ask:
/// the same findings as far as they follow from that customer and from the command itself. Nothing
/// is decided, because what is not known here would decide it.
#[must_use]
pub fn guess(
    known: Option<&Arc<CustomerState>>,
    command: &CustomerCommand,
    caller: &Caller,
    now: Timestamp,
) -> Vec<Finding> {
    let world = World {
        customers: known.map(|c| (c.id.clone(), Arc::clone(c))).into_iter().collect(),
        index: Index::of(known.into_iter().map(AsRef::as_ref)),
        ..World::default()
    };
    let settings = OrgSettings::default();
    let mut look = Look { is_part: true, ..Look::new(&world, &settings, caller, now) };
    look_at(&mut look, command);
    look.sorted().findings
}

/// A look at the World before a command, and what was found.
pub(super) struct Look<'a> {
    world: &'a World,
    settings: &'a OrgSettings,
    caller: &'a Caller,
    now: Timestamp,
    /// The World is one customer at most: that something is not in it means nothing.
    is_part: bool,
    out: Outlook,
}

impl<'a> Look<'a> {
    fn new(
        world: &'a World,
        settings: &'a OrgSettings,
        caller: &'a Caller,
        now: Timestamp,
    ) -> Self {
        Self { world, settings, caller, now, is_part: false, out: Outlook::default() }
    }

    fn find(&mut self, level: Level, code: &str, text: impl Into<String>) {
        self.out.findings.push(Finding { code: code.to_owned(), level, text: text.into() });
    }
    fn good(&mut self, code: &str, text: impl Into<String>) {
        self.find(Level::Good, code, text);
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

    fn who(&self, customer: &CustomerRef) -> Option<&'a Arc<CustomerState>> {
        whom::resolve(self.world, customer, self.now).ok()?.customer()
    }
    fn by_number(
        &self,
        number: &CustomerNumber,
        on: &ChannelNumber,
    ) -> Option<&'a Arc<CustomerState>> {
        whom::by_number(self.world, number, on.channel).ok()?.customer()
    }

    /// What was found, heaviest first; within a level in the order of the checks.
    fn sorted(mut self) -> Outlook {
        self.out.findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        self.out
    }

    /// Who would get what is done by tag.
    fn reached(
        &mut self,
        tag: &TagPair,
        message: Option<(&ChannelNumber, &Body)>,
    ) -> Option<Audience> {
        if !self.is_part {
            let all = audience::reached_by(self.world, tag, message, self.settings, self.now);
            self.out.audience = Some(all);
        }
        self.out.audience.clone()
    }

    /// What an adoption keeps of both sides.
    pub(super) fn adopting(&mut self, customer: &CustomerId, other: &CustomerRef) {
        if !self.is_part {
            let merge = diff::diff(self.world, customer, other, self.now);
            self.out.merge = Some(merge).filter(|merge| !merge.rows.is_empty());
        }
    }

    /// What would be answered. A refusal blocks, under the code of its status; a lease that someone
    /// else holds does not, because the call waits for it (R-LEASE-2): then there is no answer yet.
    fn verdict(&mut self, command: &CustomerCommand, receipt: Receipt, silent: bool) {
        if matches!(receipt, Receipt::Lease(LeaseReceipt { ok: false, until: Some(_), .. })) {
            return;
        }
        if !receipt.is_ok() {
            let code = refusal::code(self.world, command, &receipt, self.now);
            if !self.found(Level::Block, code) {
                self.block(code, refusal::text(code, receipt.description()));
            }
        } else if silent
            && !matches!(command, CustomerCommand::Meet(_))
            && !self.found(Level::Warn, "missing")
        {
            self.note("nothing-to-do", receipt.description());
        }
        self.out.receipt = Some(receipt);
    }

    fn found(&self, level: Level, code: &str) -> bool {
        self.out.findings.iter().any(|f| f.level == level && f.code == code)
    }
}

/// A length of time in words: to the nearest second, then rounded down to what matters of it.
fn short(length: Duration) -> String {
    let secs = length.saturating_add(Duration::from_millis(500)).as_secs();
    in_one_unit(secs, [120, 7_200, 172_800], [" s", " min", " h", " d"])
}
