//! One call each: commands with an idempotency key, and reads. Every call ends: reads within
//! 10 s, writes within 15 s (reliability rule 11).

use super::{Client, CustomerView, Error, FoundCustomer, Hello, Page, Secret, error::Call};
use crate::{
    model::{
        Body, CallId, ChannelNumber, Customer, CustomerCommand, CustomerId, CustomerNumber,
        CustomerRef, DataValue, MessageId, Receipt, Seq, Tag,
    },
    wire::{
        DecodeError, answer, from_duration,
        proto::{hera, v1},
        request::Request as Wanted,
        state,
    },
};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::timeout;
use tonic::{Request, Response, Status, metadata::AsciiMetadataValue};

const READ: Duration = Duration::from_secs(10);
const WRITE: Duration = Duration::from_secs(15);

/// A new idempotency key: 128 random bits.
pub fn fresh_call() -> Result<CallId, Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)
        .map_err(|error| Error::Internal(format!("this machine gives no randomness: {error}")))?;
    Ok(CallId::from(format!("call-{:032x}", u128::from_be_bytes(random))))
}

/// A short-lived token in place of the API key (3.2).
#[derive(Clone, Debug)]
pub struct AuthToken {
    /// The token.
    pub token: Secret,
    /// How long it lasts.
    pub lifetime: Duration,
}

impl Client {
    /// Who we are to the hub. A server that cannot say is `live_only` (decision D-FEED).
    pub async fn hello(&self) -> Result<Hello, Error> {
        let request = v1::HelloRequest { org_id: self.0.org.to_string() };
        match self.read(self.operator().hello(request)).await {
            Err(Error::Unsupported(_)) => Ok(Hello::live_only(self.counted())),
            reply => Ok(reply?.into()),
        }
    }

    /// Sends a command under an idempotency key. Asking again with the same key is safe (decision D-IDEM).
    pub async fn send(&self, call: &CallId, command: &CustomerCommand) -> Result<Receipt, Error> {
        let mut hera = self.hera();
        let state = match Wanted::new(command, &self.0.org, &self.0.app) {
            Wanted::Meet(r) => {
                let reply = self.write(hera.get_customer_state(keyed(call, r)?)).await?;
                return Ok((&reply).into());
            }
            Wanted::SendMessage(r) => {
                let reply = self.write(hera.send_message(keyed(call, r)?)).await?;
                return reply.try_into().map_err(unknown);
            }
            Wanted::ReplyToMessage(r) => {
                let reply = self.write(hera.reply_to_message(keyed(call, r)?)).await?;
                return reply.try_into().map_err(unknown);
            }
            Wanted::UpdateTags(r) => self.write(hera.update_customer_tag(keyed(call, r)?)).await?,
            Wanted::DeleteTags(r) => self.write(hera.delete_customer_tag(keyed(call, r)?)).await?,
            Wanted::UpdateSecondaryIds(r) => {
                self.write(hera.update_customer_secondary_id(keyed(call, r)?)).await?
            }
            Wanted::UpdateMetadata(r) => {
                self.write(hera.update_customer_metadata(keyed(call, r)?)).await?
            }
            Wanted::DeleteMetadata(r) => {
                self.write(hera.delete_customer_metadata(keyed(call, r)?)).await?
            }
        };
        Ok(state.into())
    }

    /// Looks at a customer; never creates one (decision D-LOOKUP). Where only the public contract
    /// is offered, a look at a number would, and is `Unsupported`.
    pub async fn customer(&self, customer: &CustomerRef) -> Result<Option<CustomerView>, Error> {
        let request = v1::GetCustomerRequest {
            org_id: self.0.org.to_string(),
            customer: Some(customer.into()),
        };
        match self.read(self.operator().get_customer(request)).await {
            Err(Error::Unsupported(_)) => self.customer_as_apps_see_it(customer).await,
            reply => Ok(answer::view(reply?)),
        }
    }

    async fn customer_as_apps_see_it(
        &self,
        customer: &CustomerRef,
    ) -> Result<Option<CustomerView>, Error> {
        if matches!(customer, CustomerRef::Number(_)) {
            let why = "looking at a number would create its customer there; use an id";
            return Err(Error::Unsupported(why.into()));
        }
        // Whatever was told before the question is in the answer.
        let as_of = self.counted();
        let (_, state) = self.get_customer_state(customer).await?;
        Ok(state.map(|state| CustomerView {
            replaces: match customer {
                CustomerRef::Id(id) if *id != state.id => Some(id.clone()),
                _ => None,
            },
            customer: Arc::new(state),
            as_of,
        }))
    }

    fn counted(&self) -> Seq {
        Seq(self.0.counted.load(Ordering::Relaxed))
    }

    /// A page of the past.
    pub async fn history(
        &self,
        before: Option<Seq>,
        limit: u32,
        customer: Option<&CustomerId>,
        words: &str,
    ) -> Result<Page, Error> {
        let request = v1::HistoryRequest {
            org_id: self.0.org.to_string(),
            before_seq: before.unwrap_or_default().0,
            limit,
            customer_id: customer.map(ToString::to_string).unwrap_or_default(),
            words: words.to_owned(),
        };
        let reply = self.read(self.operator().history(request)).await;
        let reply = reply.map_err(|error| without(error, "it keeps no history"))?;
        Page::try_from(reply).map_err(|error| Error::Internal(error.what))
    }

    /// Searches customers; the matches and how many there are in all.
    pub async fn find(&self, words: &str, limit: u32) -> Result<(Vec<FoundCustomer>, u64), Error> {
        let request = v1::FindCustomersRequest {
            org_id: self.0.org.to_string(),
            words: words.to_owned(),
            limit,
        };
        let reply = self.read(self.operator().find_customers(request)).await;
        let reply = reply.map_err(|error| without(error, "it cannot search customers"))?;
        Ok((reply.customers.into_iter().map(Into::into).collect(), reply.total))
    }

    /// A token for browsers and phones, in place of the API key (3.2).
    pub async fn auth_token(&self) -> Result<AuthToken, Error> {
        let request = hera::AuthTokenRequest { org_id: self.0.org.to_string() };
        // Nothing is lost with a token that did not arrive.
        let reply = self.read(self.hera().auth_token(request)).await?;
        Ok(AuthToken { token: Secret::new(reply.token), lifetime: from_duration(reply.lifetime) })
    }

    /// A customer's state as apps see it (3.3). An unknown number creates its customer
    /// (R-ADDR-1); to only look, use `customer`.
    pub async fn get_customer_state(
        &self,
        customer: &CustomerRef,
    ) -> Result<(Receipt, Option<Customer>), Error> {
        let request = hera::GetCustomerStateRequest {
            org_id: self.0.org.to_string(),
            customer: Some(customer.into()),
        };
        // Meeting a customer twice is meeting them once, so that this may be repeated like a read.
        let reply = self.read(self.hera().get_customer_state(request)).await?;
        Ok(((&reply).into(), reply.data.map(state::decode)))
    }

    pub(super) async fn read<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Error> {
        self.call(Call::Read, READ, call).await
    }

    pub(super) async fn write<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Error> {
        self.call(Call::Write, WRITE, call).await
    }

    async fn call<T>(
        &self,
        kind: Call,
        within: Duration,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Error> {
        match timeout(within, call).await {
            Ok(Ok(reply)) => Ok(reply.into_inner()),
            Ok(Err(status)) => Err(self.fault(kind, &status).await),
            Err(_) => {
                self.hang_up();
                Err(kind.lost(&self.0.name, format!("no answer within {} s", within.as_secs())))
            }
        }
    }
}

/// A request with its idempotency key (decision D-IDEM).
pub(super) fn keyed<T>(call: &CallId, request: T) -> Result<Request<T>, Error> {
    let bad = || Error::Usage("an idempotency key has 8 to 255 printable ASCII characters".into());
    if !call.is_valid() {
        return Err(bad());
    }
    let value = AsciiMetadataValue::try_from(call.as_str()).map_err(|_| bad())?;
    let mut request = Request::new(request);
    request.metadata_mut().insert("idempotency-key", value);
    Ok(request)
}

/// What a server without `switchboard.v1` lacks, instead of the name of a method.
fn without(error: Error, what: &str) -> Error {
    match error {
        Error::Unsupported(_) => Error::Unsupported(what.to_owned()),
        error => error,
    }
}

/// An answer that cannot be read says neither that it was done nor that it was not.
fn unknown(error: DecodeError) -> Error {
    Error::Unknown(error.what)
}

/// The commands as methods. Without a call id each makes its own; to be able to ask again after
/// `Error::Unknown`, give one.
impl Client {
    async fn command(
        &self,
        call: Option<&CallId>,
        command: CustomerCommand,
    ) -> Result<Receipt, Error> {
        match call {
            Some(call) => self.send(call, &command).await,
            None => self.send(&fresh_call()?, &command).await,
        }
    }

    /// Sets tags (3.5).
    pub async fn update_customer_tag(
        &self,
        customer: CustomerRef,
        tags: Vec<Tag>,
        call: Option<&CallId>,
    ) -> Result<Receipt, Error> {
        self.command(call, CustomerCommand::UpdateTags { customer, tags }).await
    }

    /// Removes tags by key (3.6).
    pub async fn delete_customer_tag(
        &self,
        customer: CustomerRef,
        keys: Vec<String>,
        call: Option<&CallId>,
    ) -> Result<Receipt, Error> {
        self.command(call, CustomerCommand::DeleteTags { customer, keys }).await
    }

    /// Sets metadata (3.13).
    pub async fn update_customer_metadata(
        &self,
        customer: CustomerRef,
        values: Vec<(String, DataValue)>,
        call: Option<&CallId>,
    ) -> Result<Receipt, Error> {
        self.command(call, CustomerCommand::UpdateMetadata { customer, values }).await
    }

    /// Removes metadata by key (3.15).
    pub async fn delete_customer_metadata(
        &self,
        customer: CustomerRef,
        keys: Vec<String>,
        call: Option<&CallId>,
    ) -> Result<Receipt, Error> {
        self.command(call, CustomerCommand::DeleteMetadata { customer, keys }).await
    }

    /// Writes to a customer number (3.18).
    pub async fn send_message(
        &self,
        to: CustomerNumber,
        from: ChannelNumber,
        body: Body,
        call: Option<&CallId>,
    ) -> Result<Receipt, Error> {
        self.command(call, CustomerCommand::SendMessage { to, from, body }).await
    }

    /// Answers a message (3.20).
    pub async fn reply_to_message(
        &self,
        customer: CustomerId,
        message: MessageId,
        body: Body,
        call: Option<&CallId>,
    ) -> Result<Receipt, Error> {
        self.command(call, CustomerCommand::ReplyToMessage { customer, message, body }).await
    }
}
