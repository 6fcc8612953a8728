//! Dry runs (R-DRYRUN-1, R-DRYRUN-2): what a command would lead to, and what speaks against it. Nothing
//! is recorded. The decision is the real one, made against the World as it is. The findings beside it
//! say what the rules allow but an agent would want to know.
//!
//! A `Block` is what the hub refuses, and the few things that must not go whatever the hub says: a text
//! that is not filled in, and a payment whose twin is still under way. What cannot be known here is
//! said to be unknown (templates, some time zones) or left out (what the caller's key may do).

mod consent;
mod data;
mod hours;
mod message;
mod money;
mod network;
mod refusal;

use super::{Ctx, Decision, World, addressing, audience, decide, diff, preflight_checks, spelling};
use crate::model::{
    Audience, Caller, ChannelNumber, Command, CustomerCommand, CustomerId, CustomerNumber,
    CustomerRef, CustomerState, Finding, LeaseReceipt, Level, MessageId, OrgSettings, Outlook,
    Receipt, TagMessage, TagPair, Timestamp, time::in_one_unit,
};
use std::{sync::Arc, time::Duration};

/// How many of the events that would be recorded are shown.
const EVENTS: usize = 20;

/// What a command would lead to, with the findings, the heaviest first (R-DRYRUN-1).
#[must_use]
pub fn outlook(world: &World, command: &CustomerCommand, ctx: &mut Ctx<'_>) -> Outlook {
    let (settings, now) = (ctx.settings, ctx.now);
    let command = &spelling::settled_customer(world, settings, command);
    let mut checks = Preflight::new(world, settings, ctx.caller, now);
    preflight_checks(&mut checks, command);
    checks.look_alikes(command);
    let Decision { mut events, receipt } = decide(world, &Command::Customer(command.clone()), ctx);
    checks.verdict(command, receipt, events.is_empty());
    events.truncate(EVENTS);
    checks.out.events = events;
    checks.sorted()
}

/// What a client can say about a command when there is no hub to ask: the same findings, as far as they
/// follow from the command and from the one customer whom the client knows, if any. Nothing is decided,
/// because the decision would depend on what the client does not know.
#[must_use]
pub fn guess(
    known: Option<&Arc<CustomerState>>,
    command: &CustomerCommand,
    caller: &Caller,
    now: Timestamp,
) -> Vec<Finding> {
    let mut world = World::default();
    if let Some(known) = known {
        world.customers.insert(known.id.as_str().as_bytes(), Arc::clone(known));
        world.index.add(known);
    }
    let settings = OrgSettings::default();
    let mut checks = Preflight { is_part: true, ..Preflight::new(&world, &settings, caller, now) };
    preflight_checks(&mut checks, &spelling::settled_customer(&world, &settings, command));
    checks.sorted().findings
}

/// The checks before a command, and what they found so far. Each kind of command has a method that
/// makes its checks.
pub(super) struct Preflight<'a> {
    world: &'a World,
    settings: &'a OrgSettings,
    caller: &'a Caller,
    now: Timestamp,
    /// When a message leaves that is checked: now, or later.
    leaves: Timestamp,
    /// The scheduled message that is changed.
    edited: Option<MessageId>,
    /// Whether the World holds one customer at most, as in `guess`. Then it means nothing that something
    /// is not in it.
    is_part: bool,
    out: Outlook,
}

impl<'a> Preflight<'a> {
    fn new(
        world: &'a World,
        settings: &'a OrgSettings,
        caller: &'a Caller,
        now: Timestamp,
    ) -> Self {
        Self {
            world,
            settings,
            caller,
            now,
            leaves: now,
            edited: None,
            is_part: false,
            out: Outlook::default(),
        }
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
        addressing::resolve(self.world, customer, self.now).ok()?.customer()
    }
    fn by_number(
        &self,
        number: &CustomerNumber,
        on: &ChannelNumber,
    ) -> Option<&'a Arc<CustomerState>> {
        addressing::by_number(self.world, number, on.channel).ok()?.customer()
    }

    /// Warns of customers who have a number of the command in another spelling (R-ADDR-8). A log from
    /// before numbers were read may have them.
    fn look_alikes(&mut self, command: &CustomerCommand) {
        for number in spelling::all(command) {
            let own = self.world.index.number(&number);
            let twins = spelling::twins(self.world, self.settings, &number);
            for (twin, other) in twins.filter(|(twin, _)| own.as_ref() != Some(&twin.id)) {
                let text = format!(
                    "{other} of {} is the same telephone as {number}: merge the two customers",
                    twin.id
                );
                self.warn("look-alike", text);
            }
        }
    }

    /// The result, with the heaviest findings first and within a level in the order of the checks.
    fn sorted(mut self) -> Outlook {
        self.out.findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        self.out
    }

    /// Counts who would get what is done by tag. `None` if that cannot be known.
    fn reached(&mut self, tag: &TagPair, message: Option<&TagMessage>) -> Option<Audience> {
        if !self.is_part {
            let all = audience::reached_by(self.world, tag, message, self.settings, self.now);
            self.out.audience = Some(all);
        }
        self.out.audience.clone()
    }

    /// Checks an adoption: shows what it keeps of both sides (R-DRYRUN-4).
    pub(super) fn adopting(&mut self, customer: &CustomerId, other: &CustomerRef) {
        if !self.is_part {
            let merge = diff::diff(self.world, customer, other, self.now);
            self.out.merge = Some(merge).filter(|merge| !merge.rows.is_empty());
        }
    }

    /// Adds what would be answered. A refusal blocks, under the code of its status. A lease that
    /// somebody else holds does not: the call would wait for it (R-LEASE-2), so there is no answer yet.
    /// `silent` says that nothing would be recorded.
    fn verdict(&mut self, command: &CustomerCommand, receipt: Receipt, silent: bool) {
        if matches!(receipt, Receipt::Lease(LeaseReceipt { ok: false, until: Some(_), .. })) {
            return;
        }
        if !receipt.is_ok() {
            let code = refusal::code(self.world, command, &receipt, self.now);
            if code == "conflict" {
                // The hub knows exactly what the checks could only suspect.
                self.out.findings.retain(|finding| finding.code != code);
            }
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

/// A length of time in words, in one unit: rounded to the nearest second, then down to the unit.
pub(super) fn short(length: Duration) -> String {
    let secs = length.saturating_add(Duration::from_millis(500)).as_secs();
    in_one_unit(secs, [120, 7_200, 172_800], [" s", " min", " h", " d"])
}
