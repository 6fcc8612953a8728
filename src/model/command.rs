//! Commands: what can be asked of the hub. Apps and agents send `CustomerCommand`s; networks,
//! phones and timers send `NetworkCommand`s. Whether a command is accepted, and what follows from
//! it, is decided in `rules`.

use super::{
    actor::Actor,
    address::{ChannelNumber, CustomerNumber, CustomerRef, SecondaryId},
    customer::PaymentParty,
    id::{AppId, CarrierId, CustomerId, MessageId, Seq, SessionId, WorkId},
    message::{Body, DataValue, Tag, UssdMenu},
    money::Money,
    network_command::NetworkCommand,
    receipt::{
        self, CallReceipt, ConsentReceipt, LeaseReceipt, MessageReceipt, PaymentReceipt, Receipt,
        WorkReceipt,
    },
    reminder::Reminder,
    status::{CallStatus, ConsentAction, ConsentStatus, MessageStatus, PaymentStatus, WorkState},
    time::Timestamp,
    voice::VoiceAction,
    work::{TagMessage, TagPair, TagTerms},
};

/// Who sends a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The app in whose name it is sent. `None` for networks and for what the hub does by itself.
    pub app: Option<AppId>,
    /// The actor that the resulting events name.
    pub actor: Actor,
}

/// Something that the hub is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Asked for by an app or an agent, through the public contract or the operator's service.
    Customer(CustomerCommand),
    /// Reported by a network, a phone or a timer. The public contract cannot send these.
    Network(NetworkCommand),
}

impl From<CustomerCommand> for Command {
    fn from(command: CustomerCommand) -> Self {
        Self::Customer(command)
    }
}
impl From<NetworkCommand> for Command {
    fn from(command: NetworkCommand) -> Self {
        Self::Network(command)
    }
}

/// One variant for each operation of the public contract that changes something, then those which the contract
/// lacks: `SteerWork`, `NoAnswerNeeded`, `DecideUnknown`, `PauseCarrier`, and three for messages that leave later.
#[derive(Clone, Debug, PartialEq)]
pub enum CustomerCommand {
    /// Makes sure that the customer exists (R-ADDR-1). `GetCustomerState` sends it before it reads,
    /// because the contract's clients rely on a number being created by being read.
    Meet(CustomerRef),
    /// Sets tags (R-TAG-1).
    UpdateTags { customer: CustomerRef, tags: Vec<Tag> },
    /// Removes tags by their keys (R-TAG-3).
    DeleteTags { customer: CustomerRef, keys: Vec<String> },
    /// Adds secondary ids, or renews their expiry (R-SID-1).
    UpdateSecondaryIds {
        customer: CustomerRef,
        /// Each id with its expiry; `None` means never.
        ids: Vec<(SecondaryId, Option<Timestamp>)>,
    },
    /// Sets metadata values (R-META-2).
    UpdateMetadata {
        customer: CustomerRef,
        /// If a key is there twice, its last value counts.
        values: Vec<(String, DataValue)>,
    },
    /// Removes metadata values by their keys (R-META-2).
    DeleteMetadata { customer: CustomerRef, keys: Vec<String> },
    /// Sends a message to a customer number (R-MSG-1).
    SendMessage {
        to: CustomerNumber,
        /// One of the org's numbers.
        from: ChannelNumber,
        body: Body,
        /// How far the sender has seen what was said to the customer: whatever a colleague answered after
        /// this place refuses the message (R-CONFLICT-1). `None` if the sender does not say.
        seen: Option<Seq>,
    },
    /// Answers a message that the customer wrote (R-REPLYTO-1).
    ReplyToMessage {
        /// The customer who wrote the message.
        customer: CustomerId,
        /// The message that is answered.
        message: MessageId,
        /// What the answer says.
        body: Body,
        /// The same as in `SendMessage`.
        seen: Option<Seq>,
    },
    /// Merges another customer into this one (R-ADOPT-1).
    AdoptCustomer {
        /// The customer who remains.
        customer: CustomerId,
        /// The customer who is merged away; a number that was never seen is simply added (R-ADOPT-2).
        other: CustomerRef,
    },
    /// Removes secondary ids.
    DeleteSecondaryIds {
        customer: CustomerRef,
        /// An id with an empty value stands for every id with its key (R-SID-3).
        ids: Vec<SecondaryId>,
    },
    /// Adds a reminder, or replaces the one with the same app and key (R-REM-1).
    AddReminder { customer: CustomerRef, reminder: Reminder },
    /// Cancels a reminder of the caller's app (R-REM-4).
    CancelReminder { customer: CustomerRef, key: String },
    /// Adds a reminder about everyone with a tag, or replaces the one with the same app, tag
    /// and key (R-TAGWORK-3).
    AddReminderByTag {
        /// The tag. Who has it is looked up when the reminder fires, not now (R-TAGWORK-1).
        tag: TagPair,
        reminder: Reminder,
    },
    /// Cancels a reminder about everyone with a tag (R-TAGWORK-4).
    CancelReminderByTag { tag: TagPair, key: String },
    /// Fetches a metadata value and keeps others from leasing it (D-LEASE). It is refused while
    /// someone else holds the lease: waiting for that one to end (R-LEASE-2) is the hub's service's
    /// task, because a rule never waits.
    LeaseMetadata { customer: CustomerRef, key: String },
    /// Sends a message to everyone with a tag (R-TAGWORK-5).
    SendMessageByTag { tag: TagPair, message: TagMessage },
    /// Asks a customer for an opt-in, or opts them out (R-CONSENT-1).
    RequestConsent {
        number: CustomerNumber,
        /// The org's number that the customer is asked about. Consent is per pair of numbers.
        channel: ChannelNumber,
        action: ConsentAction,
        /// Why, for the record. It may be empty, and the public contract does not carry it.
        reason: String,
    },
    /// Moves money from one party to another (R-PAY-2, R-PAY-10).
    InitiatePayment {
        /// The side from which the money is taken.
        debit: PaymentParty,
        /// The side to which the money goes.
        credit: PaymentParty,
        value: Money,
    },
    /// Calls a customer (R-CALL-1).
    MakeCall {
        to: CustomerNumber,
        /// One of the org's numbers.
        from: ChannelNumber,
    },
    /// Answers a USSD or voice prompt: with a menu or with actions, but not with both (R-HOOK-1).
    AnswerPrompt {
        session: SessionId,
        /// What a USSD phone shows next. `None` in a call.
        menu: Option<UssdMenu>,
        /// What a call does next, in order. In a call, an empty list hangs up.
        actions: Vec<VoiceAction>,
    },
    /// Pauses, resumes or cancels work by tag (R-OPERATOR-2). It is not a part of the public contract, which
    /// cannot stop such work once it runs.
    SteerWork {
        work: WorkId,
        /// `Paused`, `Running` or `Cancelled`. Other states are refused.
        to: WorkState,
    },
    /// Writes to a customer number later: the hub keeps the message until its time (R-LATER-1).
    ScheduleMessage {
        to: CustomerNumber,
        /// One of the org's numbers.
        from: ChannelNumber,
        body: Body,
        /// When it leaves.
        at: Timestamp,
        /// The message of the customer that it answers.
        in_reply_to: Option<MessageId>,
        /// The same as in `SendMessage`.
        seen: Option<Seq>,
    },
    /// Changes the time and the content of a message that has not left yet (R-LATER-3).
    EditScheduled {
        customer: CustomerRef,
        message: MessageId,
        body: Body,
        at: Timestamp,
        /// How far the editor has seen the log: whatever somebody else changed in the message after this place
        /// refuses it. `None` if the editor does not say.
        seen: Option<Seq>,
    },
    /// Has a message not leave that waits for its time (R-LATER-3).
    CancelScheduled { customer: CustomerRef, message: MessageId },
    /// Says that what a customer wrote needs no answer, so that they wait no longer (R-WAIT-5).
    NoAnswerNeeded {
        customer: CustomerRef,
        /// The last message that was read: if the customer has written since, this is refused. `None` if it
        /// holds for whatever they have written.
        up_to: Option<MessageId>,
    },
    /// Says what becomes of a message of which nobody knows whether it arrived (R-CARRY-18).
    DecideUnknown {
        message: MessageId,
        /// Whether it goes once more. Otherwise it is held to have arrived, and nothing is sent.
        again: bool,
        /// The attempt that the sender has seen, from 1, if they say so: a later one refuses this.
        attempt: Option<u32>,
    },
    /// Pauses a network, or has it go on (R-CARRY-19).
    PauseCarrier { carrier: CarrierId, is_paused: bool },
}

/// Whom or what a command is addressed to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Addressee<'c> {
    Customer(&'c CustomerRef),
    /// Two customers, of whom the first remains.
    Adoption(&'c CustomerId, &'c CustomerRef),
    /// A phone, and the org's number from which it is reached.
    Phone(&'c CustomerNumber, &'c ChannelNumber),
    /// Whoever wrote this message.
    Message(&'c MessageId),
    /// Whoever this message was sent to.
    Sent(&'c MessageId),
    /// Whoever takes part in this USSD session or call.
    Session(&'c SessionId),
    /// Everyone with a tag, and the org's number that messages come from. `None` for reminders.
    Tag(&'c TagPair, Option<&'c ChannelNumber>),
    /// Work by tag.
    Work(&'c WorkId),
    /// A connection to a network.
    Carrier(&'c CarrierId),
    /// The two sides of a payment: who pays, and who receives.
    Parties(&'c PaymentParty, &'c PaymentParty),
}

impl CustomerCommand {
    /// Whom or what the command is addressed to.
    #[must_use]
    pub const fn addressee(&self) -> Addressee<'_> {
        match self {
            Self::Meet(customer)
            | Self::UpdateTags { customer, .. }
            | Self::DeleteTags { customer, .. }
            | Self::UpdateSecondaryIds { customer, .. }
            | Self::DeleteSecondaryIds { customer, .. }
            | Self::UpdateMetadata { customer, .. }
            | Self::DeleteMetadata { customer, .. }
            | Self::AddReminder { customer, .. }
            | Self::CancelReminder { customer, .. }
            | Self::LeaseMetadata { customer, .. }
            | Self::EditScheduled { customer, .. }
            | Self::CancelScheduled { customer, .. }
            | Self::NoAnswerNeeded { customer, .. } => Addressee::Customer(customer),
            Self::AdoptCustomer { customer, other } => Addressee::Adoption(customer, other),
            Self::SendMessage { to, from, .. }
            | Self::ScheduleMessage { to, from, .. }
            | Self::MakeCall { to, from } => Addressee::Phone(to, from),
            Self::RequestConsent { number, channel, .. } => Addressee::Phone(number, channel),
            Self::ReplyToMessage { message, .. } => Addressee::Message(message),
            Self::DecideUnknown { message, .. } => Addressee::Sent(message),
            Self::PauseCarrier { carrier, .. } => Addressee::Carrier(carrier),
            Self::AnswerPrompt { session, .. } => Addressee::Session(session),
            Self::SendMessageByTag { tag, message } => Addressee::Tag(tag, Some(&message.from)),
            Self::AddReminderByTag { tag, .. } | Self::CancelReminderByTag { tag, .. } => {
                Addressee::Tag(tag, None)
            }
            Self::SteerWork { work, .. } => Addressee::Work(work),
            Self::InitiatePayment { debit, credit, .. } => Addressee::Parties(debit, credit),
        }
    }

    /// How far the sender of a message or reply has seen what was said to the customer (R-CONFLICT-1).
    /// `None` for every other command, and if the sender does not say.
    #[must_use]
    pub const fn seen(&self) -> Option<Seq> {
        if let Self::SendMessage { seen, .. }
        | Self::ReplyToMessage { seen, .. }
        | Self::ScheduleMessage { seen, .. }
        | Self::EditScheduled { seen, .. } = self
        {
            return *seen;
        }
        None
    }

    /// The same command of a sender who has seen this much (R-CONFLICT-1). Commands other than messages and
    /// replies to one customer stay as they are.
    #[must_use]
    pub fn having_seen(mut self, place: Option<Seq>) -> Self {
        if let Self::SendMessage { seen, .. }
        | Self::ReplyToMessage { seen, .. }
        | Self::ScheduleMessage { seen, .. }
        | Self::EditScheduled { seen, .. } = &mut self
        {
            *seen = place;
        }
        self
    }

    /// Whether the hub keeps it for a time that lies ahead, and it can be taken back there (R-LATER-3, R-LATER-5).
    #[must_use]
    pub const fn is_for_later(&self) -> bool {
        matches!(
            self,
            Self::ScheduleMessage { .. }
                | Self::SendMessageByTag { message: TagMessage { at: Some(_), .. }, .. }
        )
    }

    /// A message by tag on these terms. Every other command stays as it is.
    #[must_use]
    pub fn on_terms(mut self, terms: TagTerms) -> Self {
        if let Self::SendMessageByTag { message, .. } = &mut self {
            let TagTerms { fill, rate, failed_of, at, keeps_quiet, instead_of } = terms;
            (message.fill, message.rate, message.failed_of) = (fill, rate, failed_of);
            (message.at, message.keeps_quiet, message.instead_of) = (at, keeps_quiet, instead_of);
        }
        self
    }
    /// What is said of a message by tag beside its request; nothing for every other command.
    #[must_use]
    pub fn terms(&self) -> TagTerms {
        if let Self::SendMessageByTag { message, .. } = self {
            return message.terms();
        }
        TagTerms::default()
    }
    /// Whether gaps are filled for each customer (R-CANNED-4).
    #[must_use]
    pub const fn fills(&self) -> bool {
        matches!(self, Self::SendMessageByTag { message: TagMessage { fill: true, .. }, .. })
    }

    /// The refusal of this command when its idempotency key was used for another request before: a
    /// receipt of its own family with `description` in it (D-IDEM).
    #[must_use]
    pub fn duplicate(&self, description: &str) -> Receipt {
        let description = description.to_owned();
        match self {
            Self::SendMessage { .. }
            | Self::ReplyToMessage { .. }
            | Self::ScheduleMessage { .. }
            | Self::EditScheduled { .. } => {
                let status = MessageStatus::DuplicateRequest;
                let (message, customer, conflict) = (None, None, None);
                MessageReceipt { status, description, message, customer, conflict }.into()
            }
            Self::InitiatePayment { .. } => Receipt::Payment(PaymentReceipt {
                status: PaymentStatus::DuplicateRequest,
                description,
                transaction: None,
                debit_customer: None,
                credit_customer: None,
            }),
            // These two families have no code for a duplicate, so they use 501, a failure.
            Self::RequestConsent { .. } => {
                let status = ConsentStatus::ApplicationError;
                ConsentReceipt { status, description, customer: None }.into()
            }
            Self::MakeCall { .. } => {
                let status = CallStatus::ApplicationError;
                CallReceipt { status, description, session: None, customer: None }.into()
            }
            Self::LeaseMetadata { .. } => {
                let (customer, value, until) = (None, None, None);
                LeaseReceipt { ok: false, description, customer, value, until }.into()
            }
            Self::AddReminderByTag { .. }
            | Self::CancelReminderByTag { .. }
            | Self::SendMessageByTag { .. }
            | Self::SteerWork { .. } => WorkReceipt { ok: false, description, work: None }.into(),
            Self::Meet(_)
            | Self::UpdateTags { .. }
            | Self::DeleteTags { .. }
            | Self::UpdateSecondaryIds { .. }
            | Self::DeleteSecondaryIds { .. }
            | Self::UpdateMetadata { .. }
            | Self::DeleteMetadata { .. }
            | Self::AnswerPrompt { .. }
            | Self::AdoptCustomer { .. }
            | Self::AddReminder { .. }
            | Self::CancelReminder { .. }
            | Self::CancelScheduled { .. }
            | Self::NoAnswerNeeded { .. }
            | Self::DecideUnknown { .. }
            | Self::PauseCarrier { .. } => receipt::state(false, description, None),
        }
    }
}
