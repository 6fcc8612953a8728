//! The review sheet: exactly what would happen, to whom, and what speaks for or against it. The
//! command is made before the sheet opens and does not change while it is open. Only the two sides
//! of an adoption can be swapped.

use super::{Ready, dry_run::DryRun, meter::Carrier};
use crate::{
    catalog::{Asks, BuildContext, Quoted, Spec, Target, Values, command_line::command_line, said},
    console::pane::scroll::Scroll,
    model::{
        Addressee, ChannelNumber, CustomerCommand, CustomerId, CustomerNumber, CustomerRef,
        CustomerState, Finding, LastAnswer, Level, TagMessage, Timestamp, WorkState, id::last_four,
        when,
    },
};
use std::time::Duration;

/// How long a sheet ignores every key after it opened. After a key that came too early it waits for
/// `REARMING` from then on.
const ARMING: Duration = Duration::from_millis(400);
const REARMING: Duration = Duration::from_millis(150);
/// What must be typed to send a message although a colleague has answered meanwhile, or to have it leave at a time at
/// which the customer is left alone.
const ANYWAY: &str = "anyway";
/// What must be typed to send a message at once although the customer is left alone at this hour, or nobody knows
/// which hour it is there (R-QUIET-3).
const NOW: &str = "now";
/// This is longer than any word that has to be typed.
const LONGEST: usize = 64;

/// Who gets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipient {
    /// The customer's name, or a description of everybody who has a tag. It is raw and
    /// may be empty.
    pub name: String,
    /// The last four characters of the customer's id; empty if the id is not known.
    pub id_end: String,
    /// The customer's number; `None` for what reaches no telephone.
    pub number: Option<CustomerNumber>,
    /// The org's number; `None` for what reaches no telephone.
    pub channel: Option<ChannelNumber>,
}

impl Recipient {
    /// The recipient of a command whose form was opened for this target.
    #[must_use]
    pub fn of(target: &Target, command: &CustomerCommand) -> Self {
        let pair = |number: &CustomerNumber, channel: &ChannelNumber| {
            (Some(number.clone()), Some(channel.clone()))
        };
        let (number, channel) = match command.addressee() {
            Addressee::Phone(number, channel) => pair(number, channel),
            Addressee::Message(_) => {
                target.reply_to.as_ref().map_or((None, None), |q| pair(&q.number, &q.channel))
            }
            Addressee::Sent(_) => (target.numbers.first().cloned(), target.channel.clone()),
            Addressee::Session(_) => {
                target.session.as_ref().map_or((None, None), |s| pair(&s.number, &s.channel))
            }
            Addressee::Tag(tag, from) => {
                let name = format!("everyone with {tag}");
                return Self { name, channel: from.cloned(), ..Self::default() };
            }
            Addressee::Work(work) => {
                let (name, id_end) = ("work by tag".into(), last_four(work.as_str()).to_owned());
                return Self { name, id_end, ..Self::default() };
            }
            Addressee::Carrier(carrier) => {
                return Self { name: format!("the network {carrier}"), ..Self::default() };
            }
            Addressee::Customer(_) | Addressee::Adoption(..) | Addressee::Parties(..) => {
                (None, None)
            }
        };
        let id = target.customer.as_ref().map_or("", CustomerId::as_str);
        Self { name: target.name.clone(), id_end: last_four(id).to_owned(), number, channel }
    }
    /// The recipient in one line; raw.
    #[must_use]
    pub fn line(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        if !self.name.is_empty() {
            words.push(self.name.clone());
        }
        if let Some(number) = &self.number {
            words.push(number.to_string());
        } else if !self.id_end.is_empty() {
            words.push(format!("…{}", self.id_end));
        }
        words.join(" ")
    }
}

/// What a key on the sheet means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The sheet stays as it is.
    Stay,
    /// Go back to the fields.
    Edit,
    /// Swap the sides of the adoption, so that the other customer survives.
    Swap,
    /// Have it leave when the customer is left alone no longer.
    Later(Timestamp),
    /// Do what the sheet shows.
    Send,
}

/// An open review sheet.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The command that will be sent.
    pub command: CustomerCommand,
    pub to: Recipient,
    /// The message that is answered; `None` if the command is not a reply.
    pub quoted: Option<Quoted>,
    /// What the command says, in pairs of a label of ours and raw text that stands alone
    /// on its lines.
    pub sentences: Vec<(&'static str, String)>,
    /// What the command would lead to, and what speaks for or against it.
    pub dry_run: DryRun,
    /// The same command for a shell, without what was seen.
    line: String,
    /// What was typed so far of the word that has to be typed.
    pub typed: String,
    /// What a colleague answered meanwhile; sending takes a word then (R-CONFLICT-3).
    pub conflict: Option<LastAnswer>,
    pub scroll: Scroll,
    /// What is done once the command was accepted. It stands among the sentences.
    pub then: Vec<Ready>,
    spec: &'static Spec,
    armed_at: Timestamp,
}

impl Sheet {
    /// Shows what is done after the command was accepted, each with what it says.
    pub fn follow(&mut self, then: Vec<Ready>, cx: &BuildContext) {
        let words = |ready: &Ready| {
            let said = super::sentence::sentences(&ready.command, cx);
            let said: Vec<_> = said.iter().map(|(what, text)| format!("{what} {text}")).collect();
            ("then, once it is accepted", format!("{}: {}", ready.title, said.join("; ")))
        };
        self.sentences.extend(then.iter().map(words));
        self.then = then;
    }
    /// Says what is known of a scheduled message that is changed or cancelled, because its id says nothing to anybody.
    pub(super) fn knows(&mut self, customer: &CustomerState, cx: &BuildContext) {
        use CustomerCommand as C;
        let (message, text, time) = match &self.command {
            C::CancelScheduled { message, .. } => (message, "text", "would leave"),
            C::EditScheduled { message, .. } => (message, "instead of", "would have left"),
            _ => return,
        };
        let Some(message) = customer.scheduled(message) else { return };
        self.to.number = Some(message.number.clone());
        self.to.channel = Some(message.channel.clone());
        self.sentences.retain(|(label, _)| ![text, time].contains(label));
        self.sentences.push((text, message.body.summary()));
        self.sentences.push((time, when::show(message.at, cx.at, cx.zone)));
    }
    /// Opens a sheet for a command.
    #[must_use]
    pub fn new(
        spec: &'static Spec,
        target: &Target,
        values: &Values,
        command: CustomerCommand,
        cx: &BuildContext,
    ) -> Self {
        let mut sentences = super::sentence::sentences(&command, cx);
        let clocks = said::clocks(spec, values, target, &command, cx);
        if !clocks.is_empty() {
            sentences.push(("the clocks", clocks.join("\n")));
        }
        Self {
            to: Recipient::of(target, &command),
            quoted: target.reply_to.clone().filter(|_| spec.id == "reply"),
            sentences,
            dry_run: DryRun::new(!cx.hello.live_only),
            line: command_line(spec, target, values),
            typed: String::new(),
            conflict: None,
            scroll: Scroll::default(),
            then: Vec::new(),
            spec,
            armed_at: cx.at.after(ARMING),
            command,
        }
    }
    /// The same command for a shell. It is stopped by what stops this one (R-CONFLICT-1).
    #[must_use]
    pub fn command_line(&self) -> String {
        let seen = self.command.seen().map(|seen| format!(" --seen {}", seen.0));
        format!("{}{}", self.line, seen.unwrap_or_default())
    }
    /// Whether the command is a message to one customer.
    #[must_use]
    pub fn is_message(&self) -> bool {
        self.spec.is_message()
    }
    /// The text that a phone will show, with what carries it; `None` if the command says nothing to anybody.
    #[must_use]
    pub fn arriving(&self) -> Option<(&str, Carrier)> {
        use CustomerCommand as C;
        let channel = self.to.channel.as_ref().map(|channel| channel.channel);
        match &self.command {
            C::SendMessage { body, .. }
            | C::ReplyToMessage { body, .. }
            | C::ScheduleMessage { body, .. }
            | C::EditScheduled { body, .. }
            | C::SendMessageByTag { message: TagMessage { body, .. }, .. } => {
                let carrier = channel.map_or(Carrier::Internet, Carrier::of);
                Some((body.text.as_deref()?, carrier))
            }
            C::AnswerPrompt { menu: Some(menu), .. } => Some((&menu.text, Carrier::Ussd)),
            _ => None,
        }
    }
    /// The customer whom a message to a number reaches, by the hub's answer.
    #[must_use]
    pub fn reaches(&self) -> Option<&CustomerId> {
        use CustomerCommand as C;
        let receipt = self.dry_run.outlook()?.receipt.as_ref()?;
        let by_number = matches!(self.command, C::SendMessage { .. } | C::ScheduleMessage { .. });
        receipt.customer().filter(|_| by_number)
    }
    /// What must be typed before `s` confirms (R-CONSOLE-6).
    #[must_use]
    pub fn asks(&self) -> Asks {
        // Pausing and resuming ask for nothing, because a brake must not. But cancelled work can
        // never be taken up again.
        if let CustomerCommand::SteerWork { to: WorkState::Cancelled, .. } = self.command {
            return Asks::Type("cancel".into());
        }
        if self.conflict.is_some() {
            return Asks::Type(ANYWAY.into());
        }
        if self.is_quiet() {
            let later = !matches!(
                self.command,
                CustomerCommand::SendMessage { .. } | CustomerCommand::ReplyToMessage { .. }
            );
            return Asks::Type(if later { ANYWAY } else { NOW }.into());
        }
        if self.nobody().is_some() {
            return Asks::Outlook;
        }
        self.spec.confirm.asks(&self.command, self.dry_run.outlook())
    }
    /// Whether the message would reach somebody at an hour at which they are left alone, or if nobody knows which
    /// hour it is there (R-QUIET-3).
    fn is_quiet(&self) -> bool {
        use CustomerCommand as C;
        let hours = |finding: &Finding| {
            matches!(finding.code.as_str(), "quiet-hours" | "zone-unknown")
                && finding.level == Level::Warn
        };
        let writes = matches!(
            self.command,
            C::SendMessage { .. }
                | C::ReplyToMessage { .. }
                | C::ScheduleMessage { .. }
                | C::EditScheduled { .. }
        );
        writes && self.dry_run.findings().iter().any(hours)
    }
    /// When the message could leave instead, if the customer is left alone now and the hub has said until when.
    #[must_use]
    pub fn later(&self) -> Option<Timestamp> {
        let until = self.dry_run.outlook()?.quiet_until;
        until.filter(|_| self.is_quiet() && self.conflict.is_none() && self.typed.is_empty())
    }
    /// Whether letters are typed text here, because a word has to be typed, now or once the
    /// hub has answered.
    #[must_use]
    pub fn wants_letters(&self) -> bool {
        self.asks() != Asks::Nothing
    }
    /// What the key that lets it go is called.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self.command {
            CustomerCommand::DecideUnknown { again: true, .. } => "send again",
            CustomerCommand::DecideUnknown { again: false, .. } => "leave it",
            _ => self.spec.risk.verb(),
        }
    }
    /// What the key is called that turns it round.
    #[must_use]
    pub const fn other_way(&self) -> &'static str {
        match self.command {
            CustomerCommand::DecideUnknown { again: true, .. } => "leave it instead",
            CustomerCommand::DecideUnknown { again: false, .. } => "send again instead",
            _ => "swap",
        }
    }
    /// Whether the two sides can be swapped, which takes two customers, or it can be decided the other way.
    #[must_use]
    pub fn can_swap(&self) -> bool {
        self.swapped().is_some()
    }
    /// The adoption the other way round, or the other thing that can become of a message of unknown outcome; `None`
    /// if it cannot be turned.
    fn swapped(&self) -> Option<CustomerCommand> {
        if let CustomerCommand::DecideUnknown { message, again, attempt } = &self.command {
            let (message, again, attempt) = (message.clone(), !again, *attempt);
            return Some(CustomerCommand::DecideUnknown { message, again, attempt });
        }
        let CustomerCommand::AdoptCustomer { customer, other } = &self.command else {
            return None;
        };
        let merge = self.dry_run.outlook().and_then(|outlook| outlook.merge.as_ref());
        let other = match (merge, other) {
            (Some(merge), _) if !merge.other.is_empty() => merge.other.clone(),
            (_, CustomerRef::Id(id)) => id.clone(),
            _ => return None,
        };
        let dies = CustomerRef::Id(customer.clone());
        Some(CustomerCommand::AdoptCustomer { customer: other, other: dies })
    }
    /// Turns it round. Nothing that was said about it or typed for it counts any more.
    pub(super) fn swap(&mut self, cx: &BuildContext) {
        let Some(command) = self.swapped() else { return };
        let (target, values) = match &command {
            CustomerCommand::AdoptCustomer { customer, other } => {
                let target = Target { customer: Some(customer.clone()), ..Target::default() };
                self.to = Recipient::of(&target, &command);
                (target, Values::default().with("other", other.to_string()))
            }
            CustomerCommand::DecideUnknown { message, again, attempt } => {
                let what = if *again { "again" } else { "leave" };
                let attempt = attempt.map(|attempt| attempt.to_string()).unwrap_or_default();
                let values = Values::default().with(what, message.to_string());
                (Target::default(), values.with("attempt", attempt))
            }
            _ => return,
        };
        self.sentences = super::sentence::sentences(&command, cx);
        self.line = command_line(self.spec, &target, &values);
        self.dry_run = DryRun::new(!cx.hello.live_only);
        self.typed.clear();
        self.command = command;
        self.disarm(cx.at);
    }
    /// A colleague answered the customer after what the command says that its sender has seen. Whoever
    /// confirms the sheet from now on has seen that answer, so the command says so, and what the hub and the agent
    /// said before counts no more.
    pub(super) fn overtaken(&mut self, answer: &LastAnswer, at: Timestamp) {
        self.command = self.command.clone().having_seen(Some(answer.seq));
        self.conflict = Some(answer.clone());
        self.typed.clear();
        self.scroll = Scroll::default();
        self.dry_run.overtake();
        self.disarm(at);
    }
    /// Takes over what the hub's answer says about the sides of an adoption: the name of the
    /// one who survives a swap, and that a number which nobody has is added to the customer and
    /// ends nobody (R-ADOPT-2).
    pub(super) fn learn(&mut self) {
        let merge = self.dry_run.outlook().and_then(|outlook| outlook.merge.as_ref());
        let Some(merge) = merge else { return };
        if self.to.name.is_empty()
            && let Some(row) = merge.rows.iter().find(|row| row.field == "data name")
        {
            self.to.name.clone_from(&row.survivor);
        }
        let label = if merge.other.is_empty() { "is added" } else { "is no more" };
        for (old, _) in self.sentences.iter_mut().filter(|(old, _)| *old != "stays") {
            *old = label;
        }
    }
    /// Whether keys count already.
    #[must_use]
    pub fn is_armed(&self, at: Timestamp) -> bool {
        at >= self.armed_at
    }
    /// When keys begin to count.
    #[must_use]
    pub const fn armed_at(&self) -> Timestamp {
        self.armed_at
    }
    /// Makes keys wait again, because something changed under the reader's eyes.
    pub fn disarm(&mut self, at: Timestamp) {
        self.armed_at = self.armed_at.max(at.after(ARMING));
    }
    /// Whether `s` would send now.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.asks().accepts(&self.typed) && !self.counts_again()
    }
    /// Takes a character that was typed without Ctrl or Alt.
    pub fn char(&mut self, c: char, at: Timestamp) -> Verdict {
        if !self.is_armed(at) {
            self.armed_at = self.armed_at.max(at.after(REARMING));
            return Verdict::Stay;
        }
        let asks = self.asks();
        match (c, &asks) {
            ('s', _) if self.is_confirmed() => Verdict::Send,
            ('x', _) if self.can_swap() => Verdict::Swap,
            ('l', _) if let Some(until) = self.later() => Verdict::Later(until),
            ('e', Asks::Nothing) => Verdict::Edit,
            (c, Asks::Type(word)) => {
                if !self.is_typed_out(word) && !c.is_control() {
                    self.typed.push(c);
                }
                Verdict::Stay
            }
            _ => Verdict::Stay,
        }
    }
    /// Whether there is no more to type of a word. The commas of an amount do not count.
    #[must_use]
    pub fn is_typed_out(&self, word: &str) -> bool {
        let counts = self.typed.chars().filter(|c| *c != ',').count();
        counts >= word.chars().count() || self.typed.chars().count() >= LONGEST
    }
    pub fn backspace(&mut self) {
        self.typed.pop();
    }
    /// The payment as a sentence, with the balances if the hub has said them; raw. `None` if the
    /// command is no payment.
    #[must_use]
    pub fn payment(&self) -> Option<String> {
        let CustomerCommand::InitiatePayment { debit, credit, value } = &self.command else {
            return None;
        };
        let rows = self.dry_run.outlook().map_or(&[][..], |outlook| &outlook.balances);
        let pays = rows.iter().find(|row| row.after.minor < row.before.minor);
        let gets = rows.iter().find(|row| row.after.minor > row.before.minor);
        let mut words = format!("{value} from {}", debit.summary());
        if let Some(row) = pays {
            words = format!("{words} (available {})", row.before);
        }
        words = format!("{words} to {}", credit.summary());
        if let Some(row) = gets {
            words = format!("{words} (available {})", row.before);
        }
        if let Some(row) = pays {
            words = format!("{words}: leaves {}", row.after);
        }
        Some(words)
    }
}
