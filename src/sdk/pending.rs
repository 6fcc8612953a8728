//! An operation that is about to be sent. Await it, or first give it an idempotency key of your own,
//! or only see what it would lead to. One shape for all of them, so that every operation has all three.

use super::{Client, Error, fresh_call};
use crate::model::{
    CallId, ConsentReceipt, CustomerCommand, CustomerId, CustomerRef, MessageReceipt, Outlook,
    Rate, Receipt, Seq, StateReceipt, TagMessage, Timestamp, WorkId, WorkReceipt,
};
use futures_util::future::BoxFuture;
use std::{fmt, marker::PhantomData};

/// One operation, not yet sent. Awaiting it sends it under a fresh idempotency key (D-IDEM) and gives
/// a `T`, the receipt of the operation's family.
///
/// A refusal is always the error [`Error::Refused`], with the hub's sentence and, where the family has
/// one, the status code; what is returned as `Ok` was accepted. What becomes of it later, such as
/// whether a message is delivered, comes as a notification.
///
/// ```no_run
/// # use switchboard::{Client, Customer, Error, model::Tag, sdk::{Repeat, fresh_call}};
/// # async fn demo(client: Client, jane: Customer) -> Result<(), Error> {
/// let gold = Tag { key: "tier".into(), value: "gold".into(), ..Tag::default() };
/// jane.update_tag([gold.clone()]).await?;
///
/// // Nothing is done by a dry run.
/// let outlook = jane.delete_tag(["tier"]).dry_run().await?;
/// println!("{} findings", outlook.findings.len());
///
/// // With a key of one's own an unknown outcome can be asked about, and is never done twice.
/// let key = fresh_call()?;
/// let mut answer = jane.update_tag([gold.clone()]).under(&key).await;
/// if answer.as_ref().is_err_and(|error| error.repeat() == Repeat::SameKey) {
///     answer = jane.update_tag([gold]).under(&key).await;
/// }
/// # answer.map(drop) }
/// ```
#[must_use = "nothing is sent until it is awaited"]
pub struct PendingCall<T> {
    client: Client,
    unsent: Unsent,
    call: Option<CallId>,
    family: PhantomData<fn() -> T>,
}

/// A command, or what is still missing for one.
pub(super) enum Unsent {
    Ready(CustomerCommand),
    /// This request can name the customer only by id. The id is not known, so it is read first; a dry run
    /// reads without creating anybody.
    NeedsId(CustomerRef, Box<dyn FnOnce(CustomerId) -> CustomerCommand + Send>),
    /// The arguments cannot be used, as the JavaScript SDK finds too; nothing is sent.
    Invalid(Error),
}

impl From<Result<CustomerCommand, Error>> for Unsent {
    fn from(command: Result<CustomerCommand, Error>) -> Self {
        command.map_or_else(Self::Invalid, Self::Ready)
    }
}

impl<T> fmt::Debug for PendingCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unsent {
            Unsent::Ready(command) => write!(f, "PendingCall({command:?})"),
            Unsent::NeedsId(customer, _) => write!(f, "PendingCall(of {customer})"),
            Unsent::Invalid(error) => write!(f, "PendingCall({error})"),
        }
    }
}

impl<T> PendingCall<T> {
    pub(super) fn new(client: &Client, unsent: impl Into<Unsent>) -> Self {
        Self { client: client.clone(), unsent: unsent.into(), call: None, family: PhantomData }
    }

    /// Sends it under this idempotency key (8 to 255 printable ASCII characters) instead of a fresh
    /// one. The same key with the same request gives the same answer and does nothing twice (D-IDEM).
    pub fn under(mut self, call: &CallId) -> Self {
        self.call = Some(call.clone());
        self
    }

    /// Asks the hub what it would lead to. Nothing is done, and no customer is created
    /// by asking (D-LOOKUP).
    pub async fn dry_run(self) -> Result<Outlook, Error> {
        let command = match self.unsent {
            Unsent::Ready(command) => command,
            Unsent::Invalid(error) => return Err(error),
            Unsent::NeedsId(customer, then) => {
                let Some(view) = self.client.customer(&customer).await? else {
                    let description = format!("there is no customer {customer} yet");
                    let refused = StateReceipt { ok: false, description, customer: None };
                    return Err(Error::Refused(Box::new(Receipt::State(refused))));
                };
                then(view.customer.id.clone())
            }
        };
        self.client.dry_run(&command).await
    }

    /// Sends it and gives the hub's answer as it is: here a refusal is a receipt, not an error.
    pub async fn receipt(self) -> Result<Receipt, Error> {
        let command = match self.unsent {
            Unsent::Ready(command) => command,
            Unsent::Invalid(error) => return Err(error),
            Unsent::NeedsId(customer, then) => {
                then(self.client.get_customer_state(customer).await?.id)
            }
        };
        let call = self.call.map_or_else(fresh_call, Ok)?;
        self.client.send(&call, &command).await
    }
}

impl PendingCall<MessageReceipt> {
    /// Says how far the sender has seen what was said to the customer: an entry's place, as the feed and
    /// [`CustomerView::as_of`](super::CustomerView) give it. If another person has answered after it, the message is
    /// refused with the code 450, and the receipt has their answer (R-CONFLICT-1). Servers that have only the public
    /// contract ignore it.
    pub fn having_seen(mut self, place: Seq) -> Self {
        self.unsent = match self.unsent {
            Unsent::Ready(command) => Unsent::Ready(command.having_seen(Some(place))),
            Unsent::NeedsId(customer, then) => {
                Unsent::NeedsId(customer, Box::new(move |id| then(id).having_seen(Some(place))))
            }
            Unsent::Invalid(error) => Unsent::Invalid(error),
        };
        self
    }
}

impl PendingCall<WorkReceipt> {
    /// Has the gaps of a message by tag filled for each customer, such as `{{first-name|friend}}` (R-CANNED-4). It is an
    /// error, and nothing is sent, if the server does not say that it fills them.
    pub fn filling_gaps(self) -> Self {
        self.with(|message| message.fill = true)
    }

    /// Has at most so many sent in a time (R-TAGWORK-7). It is an error, and nothing is sent, if the server does not
    /// say that it keeps to a rate.
    pub fn at_most(self, rate: Rate) -> Self {
        self.with(|message| message.rate = Some(rate))
    }

    /// Has only those written to for whom an earlier message by tag has failed (R-TAGWORK-10). The tag must be that of
    /// the earlier one. It is an error, and nothing is sent, if the server does not say that it knows them.
    pub fn failed_of(self, work: WorkId) -> Self {
        self.with(|message| message.failed_of = Some(work))
    }

    /// Has a message by tag begin later, at most in 366 days; who has the tag is decided then (R-LATER-5). It is an
    /// error, and nothing is sent, if the server does not say that it can.
    pub fn leaving_at(self, at: Timestamp) -> Self {
        self.with(|message| message.at = Some(at))
    }

    /// Has those who are left alone at that hour get it when their quiet hours are over (R-QUIET-5). It is an error, and
    /// nothing is sent, if the server does not say that it can.
    pub fn keeping_quiet(self) -> Self {
        self.with(|message| message.keeps_quiet = true)
    }

    /// Puts it in the place of a message by tag that has not begun yet (R-LATER-5). It is an error, and nothing is
    /// sent, if the server does not say that it can.
    pub fn instead_of(self, work: WorkId) -> Self {
        self.with(|message| message.instead_of = Some(work))
    }

    fn with(mut self, change: impl FnOnce(&mut TagMessage)) -> Self {
        if let Unsent::Ready(CustomerCommand::SendMessageByTag { message, .. }) = &mut self.unsent {
            change(message);
        }
        self
    }
}

impl PendingCall<ConsentReceipt> {
    /// Adds the reason, for the record (UTF-8, at most 255 characters). The public contract has no field
    /// for it: it travels as metadata `reason-bin`, and servers that do not know it ignore it.
    pub fn because(mut self, why: impl Into<String>) -> Self {
        if let Unsent::Ready(CustomerCommand::RequestConsent { reason, .. }) = &mut self.unsent {
            *reason = why.into();
        }
        self
    }
}

/// The receipt of the family that the operation promises, if it was accepted.
fn accepted<T: TryFrom<Receipt, Error = Receipt>>(receipt: Receipt) -> Result<T, Error> {
    if !receipt.is_ok() {
        return Err(Error::Refused(Box::new(receipt)));
    }
    T::try_from(receipt).map_err(|other| {
        Error::Internal(format!("an answer of another kind: {}", other.description()))
    })
}

impl<T: TryFrom<Receipt, Error = Receipt> + 'static> IntoFuture for PendingCall<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { accepted(self.receipt().await?) })
    }
}
