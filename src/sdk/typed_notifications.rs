//! Typed listeners: one method of the client for each kind of notification, whose listener gets a struct
//! with just what that kind carries. They stand in the same table as [`Client::on`], which gets any event.
//!
//! Absent on purpose: a typed listener for `data`, which gets everything and so needs the event itself.

use super::{
    Client, Customer, IntoAnswer, MessageReceipt, Notification, PendingCall, PromptAnswer, Topic,
    listen::Listener, topic::asks_for_plan,
};
use crate::model::{
    Body, CallHop, ChannelNumber, ConsentStatus, CustomerNumber, Direction, Event, EventKind,
    Firing, MessageId, MessageStatus, Money, PaymentStatus, Reminder, SessionId, SessionStatus,
    Tag, Timestamp, TransactionId, UssdMenu, VoiceAction, WorkId,
};
use std::{sync::Arc, time::Duration};

/// Why a listener failed: any error. It is logged and counted in [`ListenerCounts`](super::ListenerCounts),
/// and never reaches the customer.
pub type ListenerError = Box<dyn std::error::Error + Send + Sync>;

/// Defines the struct of one kind with the fields that every kind has, and how it is made from a
/// notification: a row `Name { fields } from Pattern =>`, whose pattern binds the fields.
macro_rules! notices {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    } from $pattern:pat =>)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub struct $name {
            /// The customer it concerns, with their state read just before. If that failed, or if the
            /// server named nobody, only what is known; an operation that needs more says so.
            pub customer: Customer,
            /// The customer's number involved, where the contract carries it.
            pub number: Option<CustomerNumber>,
            /// The org's number involved, where the contract carries it.
            pub channel: Option<ChannelNumber>,
            /// When the hub recorded it.
            pub at: Timestamp,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $name {
            fn read(client: &Client, notification: Notification) -> Option<Self> {
                let Event { number, channel, at, kind, .. } = notification.event;
                let unnamed = || Customer::unnamed(client, number.clone());
                let customer = notification.customer.unwrap_or_else(unnamed);
                let $pattern = kind else { return None };
                Some(Self { customer, number, channel, at, $($field,)* })
            }
        }
    )*};
}

notices! {
    /// A customer wrote to one of the org's numbers.
    ReceivedMessage {
        message: MessageId,
        body: Body,
    } from EventKind::MessageReceived { id: message, body } =>

    /// An outbound message moved on, for example to delivered, read or failed.
    MessageStatusNotice {
        message: MessageId,
        status: MessageStatus,
    } from EventKind::MessageStatusChanged { id: message, status } =>

    /// A messaging session opened, was renewed or closed. Free text may be sent while one is open.
    SessionNotice {
        status: SessionStatus,
        /// When it closes, or when it closed.
        expires_at: Timestamp,
    } from EventKind::SessionChanged { status, expires_at, .. } =>

    /// A customer opted in or out of messages from one of the org's numbers.
    ConsentNotice {
        status: ConsentStatus,
    } from EventKind::ConsentChanged(status) =>

    /// A customer dialled a USSD code or typed, and waits for a menu.
    UssdRequest {
        session: SessionId,
        /// What they typed; empty for a bare dial.
        input: String,
    } from EventKind::UssdInput { session, input, .. } =>

    /// A call began, moved on, or asks for a plan.
    VoiceCallNotice {
        session: SessionId,
        /// Who called whom.
        direction: Direction,
        /// Where the call is now, and what the customer pressed or recorded.
        hop: CallHop,
        /// How long they talked; zero until the call is over.
        duration: Duration,
        /// The price, once it is known.
        cost: Option<Money>,
    } from EventKind::CallChanged { session, direction, hop, duration, cost } =>

    /// A customer paid on their own.
    ReceivedPayment {
        transaction: TransactionId,
        /// The purse that was credited; `None` if the money passed through.
        purse: Option<String>,
        value: Money,
        status: PaymentStatus,
    } from EventKind::PaymentReceived { id: transaction, purse, value, status } =>

    /// A payment that was initiated moved on.
    PaymentStatusNotice {
        transaction: TransactionId,
        status: PaymentStatus,
    } from EventKind::PaymentStatusChanged { id: transaction, status, .. } =>

    /// A payment from or to a customer's wallet moved on.
    WalletPaymentNotice {
        wallet: String,
        transaction: TransactionId,
        status: PaymentStatus,
    } from EventKind::WalletPaymentChanged { wallet, id: transaction, status } =>

    /// A reminder's time came.
    FiredReminder {
        /// The reminder; its `remind_at` is the time of this firing.
        reminder: Reminder,
        /// The customer's tag that matched, of a reminder by tag.
        tag: Option<Tag>,
        /// The work by tag that it is part of, if any.
        work: Option<WorkId>,
    } from EventKind::ReminderFired(Firing { reminder, tag, work, .. }) =>
}

impl ReceivedMessage {
    /// Answers it on the channel that it came on: [`Client::reply_to_message`].
    pub fn reply(&self, body: Body) -> PendingCall<MessageReceipt> {
        self.customer.client().reply_to_message(&self.customer, self.message.clone(), body)
    }
}

impl VoiceCallNotice {
    /// Whether the call certainly waits for a plan: an inbound call that rings, or an outbound one that was
    /// answered. The contract does not mark other prompts, such as the one after keys were pressed (R-VOICE-1).
    #[must_use]
    pub const fn asks_for_plan(&self) -> bool {
        asks_for_plan(self.direction, self.hop.status)
    }
}

/// The methods whose listeners answer nothing. A row `on_x Topic: Notice;` becomes a method `on_x` that takes a
/// listener of `Notice`.
macro_rules! listeners {
    ($($(#[$doc:meta])* $on:ident $topic:ident: $notice:ident;)*) => {$(
        $(#[$doc])*
        pub fn $on<F, R>(&self, listener: F)
        where
            F: Fn($notice) -> R + Send + Sync + 'static,
            R: Future<Output = Result<(), ListenerError>> + Send + 'static,
        {
            self.on_kind(Topic::$topic, $notice::read, listener);
        }
    )*};
}

/// Typed listeners. Each replaces the earlier listener of its kind, also one registered with
/// [`on`](Client::on); [`off`](Client::off) removes it. Register them before [`connect`](Client::connect).
impl Client {
    listeners! {
        /// Listens for messages from customers (topic `receivedMessage`).
        ///
        /// ```no_run
        /// # use switchboard::{Client, model::Body};
        /// # fn demo(client: &Client) {
        /// client.on_message(async |message| {
        ///     message.reply(Body::text("Thank you, we will call you.")).await?;
        ///     Ok(())
        /// });
        /// # }
        /// ```
        on_message ReceivedMessage: ReceivedMessage;

        /// Listens for what became of outbound messages (topic `messageStatus`).
        on_message_status MessageStatus: MessageStatusNotice;

        /// Listens for messaging sessions that open, are renewed or close (topic `messagingSessionStatus`).
        on_messaging_session MessagingSessionStatus: SessionNotice;

        /// Listens for customers who opt in or out (topic `messagingConsentStatus`).
        on_messaging_consent MessagingConsentStatus: ConsentNotice;

        /// Listens for payments that customers make on their own (topic `receivedPayment`).
        on_payment ReceivedPayment: ReceivedPayment;

        /// Listens for what became of payments (topic `paymentStatus`).
        on_payment_status PaymentStatus: PaymentStatusNotice;

        /// Listens for what became of payments of wallets (topic `walletPaymentStatus`).
        on_wallet_payment_status WalletPaymentStatus: WalletPaymentNotice;

        /// Listens for reminders whose time came (topic `reminder`).
        on_reminder Reminder: FiredReminder;
    }

    /// Listens for customers who dial or type (topic `ussdSession`). What the listener returns is what the
    /// phone shows; it must be there while the customer waits (R-HOOK-1). `None` leaves the answer
    /// to somebody else.
    ///
    /// ```no_run
    /// # use switchboard::{Client, model::UssdMenu};
    /// # fn demo(client: &Client) {
    /// client.on_ussd_session(async |request| {
    ///     let text = if request.input.is_empty() { "1 Balance" } else { "KES 1,500.00" };
    ///     Ok(UssdMenu { text: text.into(), is_terminal: !request.input.is_empty() })
    /// });
    /// # }
    /// ```
    pub fn on_ussd_session<F, R, M>(&self, listener: F)
    where
        F: Fn(UssdRequest) -> R + Send + Sync + 'static,
        R: Future<Output = Result<M, ListenerError>> + Send + 'static,
        M: Into<Option<UssdMenu>>,
    {
        self.on_kind(Topic::UssdSession, UssdRequest::read, move |request| {
            let menu = listener(request);
            async move { Ok::<Option<UssdMenu>, ListenerError>(menu.await?.into()) }
        });
    }

    /// Listens for calls (topic `voiceCall`). What the listener returns is what the call does next; an empty
    /// plan hangs up. It must be there while the customer waits (R-HOOK-1). `None` says nothing, except that
    /// a call that certainly waits for a plan is then hung up.
    pub fn on_voice_call<F, R, P>(&self, listener: F)
    where
        F: Fn(VoiceCallNotice) -> R + Send + Sync + 'static,
        R: Future<Output = Result<P, ListenerError>> + Send + 'static,
        P: Into<Option<Vec<VoiceAction>>>,
    {
        self.on_kind(Topic::VoiceCall, VoiceCallNotice::read, move |call| {
            let plan = listener(call);
            async move { Ok::<Option<Vec<VoiceAction>>, ListenerError>(plan.await?.into()) }
        });
    }

    fn on_kind<T: 'static, F, R, A>(
        &self,
        topic: Topic,
        read: fn(&Client, Notification) -> Option<T>,
        listener: F,
    ) where
        F: Fn(T) -> R + Send + Sync + 'static,
        R: Future<Output = Result<A, ListenerError>> + Send + 'static,
        A: IntoAnswer,
    {
        let listener: Listener = Arc::new(move |client, notification| {
            let heard = read(client, notification).map(&listener);
            Box::pin(async move {
                match heard {
                    Some(answer) => answer.await.into_answer(),
                    None => Ok(PromptAnswer::Nothing),
                }
            })
        });
        self.register(topic, listener);
    }
}
