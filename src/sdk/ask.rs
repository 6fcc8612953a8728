//! An operation that is about to be asked for: await it, or first give it a key of your own, or only
//! see what it would do. One shape for all of them, so that every operation has all three.

use super::{Client, Error, Failure, Refused, fresh_call};
use crate::model::{
    CallId, ConsentReceipt, CustomerCommand, CustomerId, CustomerRef, Outlook, Receipt,
};
use futures_util::future::BoxFuture;
use std::{fmt, marker::PhantomData};

/// One operation, not yet sent. Awaiting it sends it under a fresh idempotency key (decision
/// D-IDEM) and gives a `T`: the receipt of the operation's family.
///
/// As in the seed: where the receipt is a yes or no (state, leases, work by tag, answers to prompts),
/// a no is the error [`Refused`] with the hub's sentence; where it is a code (messages, consent,
/// payments, calls), the receipt is handed out whatever its status says: look at it.
///
/// ```no_run
/// # use switchboard::{Client, model::{CallId, Tag}, sdk::{Error, Failure, fresh_call}};
/// # async fn demo(client: Client, jane: switchboard::Customer) -> Result<(), Failure> {
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
/// if matches!(answer, Err(Failure::Call(Error::Unknown(_)))) {
///     answer = jane.update_tag([gold]).under(&key).await;
/// }
/// # answer.map(drop) }
/// ```
#[must_use = "nothing is sent until it is awaited"]
pub struct Ask<T> {
    client: Client,
    wish: Wish,
    call: Option<CallId>,
    family: PhantomData<fn() -> T>,
}

/// A command, or what is still missing for one.
pub(super) enum Wish {
    Ready(CustomerCommand),
    /// Only an id names the customer in this request; without one, state is read first.
    Whose(CustomerRef, Box<dyn FnOnce(CustomerId) -> CustomerCommand + Send>),
    /// Refused here, as the seed does; nothing is sent.
    Bad(Error),
}

impl From<Result<CustomerCommand, Error>> for Wish {
    fn from(command: Result<CustomerCommand, Error>) -> Self {
        command.map_or_else(Self::Bad, Self::Ready)
    }
}

impl<T> fmt::Debug for Ask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.wish {
            Wish::Ready(command) => write!(f, "Ask({command:?})"),
            Wish::Whose(customer, _) => write!(f, "Ask(of {customer})"),
            Wish::Bad(error) => write!(f, "Ask({error})"),
        }
    }
}

impl<T> Ask<T> {
    pub(super) fn new(client: &Client, wish: impl Into<Wish>) -> Self {
        Self { client: client.clone(), wish: wish.into(), call: None, family: PhantomData }
    }

    /// Under this idempotency key (8 to 255 printable ASCII characters) instead of a fresh one. The
    /// same key and request again gives the same answer and does nothing (decision D-IDEM).
    pub fn under(mut self, call: &CallId) -> Self {
        self.call = Some(call.clone());
        self
    }

    /// What it would lead to; nothing is done, and no customer is created by asking
    /// (decision D-LOOKUP).
    pub async fn dry_run(self) -> Result<Outlook, Failure> {
        let command = match self.wish {
            Wish::Ready(command) => command,
            Wish::Bad(error) => return Err(error.into()),
            Wish::Whose(customer, then) => {
                let Some(view) = self.client.customer(&customer).await? else {
                    let description = format!("there is no customer {customer} yet");
                    return Err(Refused { description, customer: None }.into());
                };
                then(view.customer.id.clone())
            }
        };
        Ok(self.client.dry_run(&command).await?)
    }

    /// The hub's answer as it is, whatever it says.
    pub async fn receipt(self) -> Result<Receipt, Failure> {
        let command = match self.wish {
            Wish::Ready(command) => command,
            Wish::Bad(error) => return Err(error.into()),
            Wish::Whose(customer, then) => then(self.client.get_customer_state(customer).await?.id),
        };
        let call = self.call.map_or_else(fresh_call, Ok)?;
        Ok(self.client.send(&call, &command).await?)
    }
}

impl Ask<ConsentReceipt> {
    /// Why, for the record (UTF-8, at most 255 characters). Not a part of the public contract: it
    /// travels as metadata `reason-bin`, and servers that do not know it ignore it.
    pub fn because(mut self, why: impl Into<String>) -> Self {
        if let Wish::Ready(CustomerCommand::RequestConsent { reason, .. }) = &mut self.wish {
            *reason = why.into();
        }
        self
    }
}

/// The receipt of the family that the operation promises; a refused yes or no is an error.
fn read<T: TryFrom<Receipt, Error = Receipt>>(receipt: Receipt) -> Result<T, Failure> {
    let refused = (receipt.code().is_none() && !receipt.is_ok()).then(|| Refused::of(&receipt));
    let receipt = T::try_from(receipt).map_err(|other| {
        Error::Internal(format!("an answer of another kind: {}", other.description()))
    })?;
    refused.map_or(Ok(receipt), |refused| Err(refused.into()))
}

impl<T: TryFrom<Receipt, Error = Receipt> + 'static> IntoFuture for Ask<T> {
    type Output = Result<T, Failure>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { read(self.receipt().await?) })
    }
}
