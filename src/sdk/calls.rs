//! One call each: commands with an idempotency key, and reads. Every call ends: reads within
//! 10 s, writes within 15 s, leases within 100 s (R-CLIENT-4).

use super::{
    Client, CustomerView, Error, FoundCustomers, Hello, HistoryPage, SearchedPage, Secret,
    beside::beside, error::CallKind,
};
use crate::{
    model::{
        CallId, CustomerCommand, CustomerId, CustomerRef, CustomerState, LastAnswer, Receipt, Seq,
        Timestamp,
        client::{AskedFilter, PastMoment, PastView, TimeSpan},
        limits::LEASE_CALL,
    },
    wire::{
        DecodeError, client, from_duration,
        operation::for_each_operation,
        proto::{
            hera,
            v1::{self, dry_run_request::Command as Request},
        },
        reply, request, time,
    },
};
use prost::Message as _;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::timeout;
use tonic::{Response, Status};

const READ: Duration = Duration::from_secs(10);
const WRITE: Duration = Duration::from_secs(15);
/// Where a reply has what somebody else answered meanwhile (R-CONFLICT-1); the public contract has no field for it.
const CONFLICT: &str = "conflict-bin";

/// A new idempotency key: 128 random bits.
pub fn fresh_call() -> Result<CallId, Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)
        .map_err(|error| Error::Internal(format!("this machine gives no randomness: {error}")))?;
    Ok(CallId::from(format!("call-{:032x}", u128::from_be_bytes(random))))
}

/// A short-lived token in place of the API key (R-TOKEN-1). Use it as [`Credentials::AuthToken`](super::Credentials).
#[derive(Clone, Debug)]
pub struct AuthToken {
    pub token: Secret,
    /// How long it lasts from now on.
    pub lifetime: Duration,
}

impl Client {
    /// Who we are to the hub. A server that cannot say is `live_only` (D-FEED).
    pub async fn hello(&self) -> Result<Hello, Error> {
        let request = v1::HelloRequest { org_id: self.0.org.to_string() };
        let hello = match self.read(self.operator().hello(request)).await {
            Err(Error::Unsupported(_)) => Hello::live_only(self.counted()),
            reply => reply?.try_into()?,
        };
        Ok(Hello { plaintext: self.is_plaintext(), ..hello })
    }

    /// Sends a command under an idempotency key. Asking again with the same key is safe (D-IDEM).
    pub async fn send(&self, call: &CallId, command: &CustomerCommand) -> Result<Receipt, Error> {
        self.keeps_terms(command).await?;
        // A lease waits at the hub while somebody else holds the value.
        let waits = matches!(command, CustomerCommand::LeaseMetadata { .. });
        let within = if waits { LEASE_CALL } else { WRITE };
        let (mut hera, mut operator) = (self.hera(), self.operator());
        // One arm for each operation: its request goes by its own rpc.
        macro_rules! by_rpc {
            (hera { $($rpc:ident $method:ident $request:ident $reply:ident $name:ident;)* }
             operator { $($own:ident $by:ident $asked:ident $answer:ident $whose:ident;)* }) => {
                match request::of(command, &self.0.org, &self.0.app) {
                    Request::GetCustomerState(r) => {
                        let reply = hera.get_customer_state(beside(call, command, r)?);
                        Ok((&self.call(CallKind::Write, within, reply).await?).into())
                    }
                    $(Request::$rpc(r) => {
                        self.receipt(within, hera.$method(beside(call, command, r)?)).await
                    })*
                    $(Request::$own(r) => {
                        self.receipt(within, operator.$by(beside(call, command, r)?)).await
                    })*
                }
            };
        }
        for_each_operation!(by_rpc)
    }

    /// The reply of a write as a receipt. One that cannot be read says neither that it was done nor
    /// that it was not.
    async fn receipt<P>(
        &self,
        within: Duration,
        call: impl Future<Output = Result<Response<P>, Status>>,
    ) -> Result<Receipt, Error>
    where
        Receipt: TryFrom<P, Error: std::fmt::Display>,
    {
        let reply = self.whole(CallKind::Write, within, call).await?;
        let beside = reply.metadata().get_bin(CONFLICT).and_then(|value| value.to_bytes().ok());
        let mut receipt = Receipt::try_from(reply.into_inner())
            .map_err(|error| Error::Unknown(error.to_string()))?;
        if let (Receipt::Message(message), Some(bytes)) = (&mut receipt, beside) {
            let conflict = v1::LastAnswer::decode(&*bytes).ok();
            let conflict = conflict.and_then(|conflict| LastAnswer::try_from(conflict).ok());
            message.conflict = conflict.map(Box::new);
        }
        Ok(receipt)
    }

    /// Looks at a customer; never creates one (D-LOOKUP). Where only the public contract
    /// is offered, a look at a number would, and is `Unsupported`.
    pub async fn customer(&self, customer: &CustomerRef) -> Result<Option<CustomerView>, Error> {
        let request = v1::GetCustomerRequest {
            org_id: self.0.org.to_string(),
            customer: Some(customer.into()),
            past: None,
        };
        match self.read(self.operator().get_customer(request)).await {
            Err(Error::Unsupported(_)) => self.customer_as_apps_see_it(customer).await,
            reply => Ok(client::view(reply?)),
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
        let (_, state) = self.ask_state(customer).await?;
        Ok(state.map(|state| CustomerView {
            replaces: match customer {
                CustomerRef::Id(id) if *id != state.id => Some(id.clone()),
                _ => None,
            },
            customer: Arc::new(state),
            as_of,
        }))
    }

    /// A customer as they were after the last entry about them up to a moment, with the whole state as it
    /// was known then (R-OPERATOR-7). `None` if there is no such customer now.
    pub async fn customer_as_of(
        &self,
        customer: &CustomerRef,
        moment: PastMoment,
    ) -> Result<Option<PastView>, Error> {
        loop {
            let found = self.look_back(customer, moment).await?;
            if found.as_ref().is_none_or(|found| !found.place.unfinished) {
                return Ok(found);
            }
        }
    }

    /// The same, but one call only, of about 100 ms. Where the customer has a long past, the answer may be
    /// no more than how far the hub came; the next call goes on from there.
    pub async fn look_back(
        &self,
        customer: &CustomerRef,
        moment: PastMoment,
    ) -> Result<Option<PastView>, Error> {
        let Some(past) = client::from_moment(moment) else {
            return Err(Error::Usage("that time is in no calendar".into()));
        };
        let request = v1::GetCustomerRequest {
            org_id: self.0.org.to_string(),
            customer: Some(customer.into()),
            past: Some(past),
        };
        let reply = self.read(self.operator().get_customer(request)).await;
        let mut reply = reply.map_err(|error| without(error, "it does not show the past"))?;
        let Some(place) = reply.past.take() else {
            // A hub that knows no past shows the present, which must not be taken for it.
            let too_old = reply.data.is_some();
            let why = "this hub does not show customers as of an earlier time";
            return if too_old { Err(Error::Unsupported(why.into())) } else { Ok(None) };
        };
        Ok(Some(PastView { place: place.into(), view: client::view(reply) }))
    }

    /// Entries about a customer after a place, the oldest first. In such a page `more` says whether there
    /// are newer ones.
    pub async fn history_after(
        &self,
        customer: &CustomerId,
        after: Seq,
        limit: u32,
    ) -> Result<HistoryPage, Error> {
        let request = v1::HistoryRequest {
            org_id: self.0.org.to_string(),
            limit,
            customer_id: customer.to_string(),
            after_seq: Some(after.0),
            ..v1::HistoryRequest::default()
        };
        Ok(self.past(request).await?.try_into()?)
    }

    /// A piece of the org's past as the hub sends it.
    async fn past(&self, request: v1::HistoryRequest) -> Result<v1::HistoryReply, Error> {
        let reply = self.read(self.operator().history(request)).await;
        reply.map_err(|error| without(error, "it keeps no history"))
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
    ) -> Result<HistoryPage, Error> {
        let request = v1::HistoryRequest {
            org_id: self.0.org.to_string(),
            before_seq: before.unwrap_or_default().0,
            limit,
            customer_id: customer.map(ToString::to_string).unwrap_or_default(),
            words: words.to_owned(),
            ..v1::HistoryRequest::default()
        };
        Ok(self.past(request).await?.try_into()?)
    }

    /// Looks for entries with an event that matches a filter, before a place or from the newest on. Each
    /// call takes about 100 ms at most and says how far it came, so that the caller may go on (R-FEED-5).
    pub async fn search(
        &self,
        before: Option<Seq>,
        limit: u32,
        filter: &AskedFilter,
    ) -> Result<SearchedPage, Error> {
        let request = v1::HistoryRequest {
            org_id: self.0.org.to_string(),
            before_seq: before.unwrap_or_default().0,
            limit,
            filter: Some(filter.into()),
            ..v1::HistoryRequest::default()
        };
        Ok(self.past(request).await?.try_into()?)
    }

    /// Looks for entries with an event that matches a filter, after a place and the oldest first; a blank filter
    /// gives every entry. In such a page everything up to `searched_to` was looked at, and from there the
    /// next call goes on.
    pub async fn search_on(
        &self,
        after: Seq,
        limit: u32,
        filter: &AskedFilter,
    ) -> Result<SearchedPage, Error> {
        let request = v1::HistoryRequest {
            org_id: self.0.org.to_string(),
            after_seq: Some(after.0),
            limit,
            filter: Some(filter.into()),
            ..v1::HistoryRequest::default()
        };
        Ok(self.past(request).await?.try_into()?)
    }

    /// The place of the first entry that was not decided before a time, or the one behind the newest entry if
    /// all were (R-OPERATOR-8).
    pub async fn place_of(&self, at: Timestamp) -> Result<Seq, Error> {
        let Some(before_time) = time(at) else {
            return Err(Error::Usage("that time is in no calendar".into()));
        };
        let request = v1::HistoryRequest {
            org_id: self.0.org.to_string(),
            limit: 1,
            before_time: Some(before_time),
            ..v1::HistoryRequest::default()
        };
        let reply = self.past(request).await?;
        let why = "this hub does not tell where in its log a time lies";
        reply.time_seq.map(Seq).ok_or_else(|| Error::Unsupported(why.into()))
    }

    /// The places between which the entries of a span of time lie: all after the first place and up to the second,
    /// which is at most `head`.
    pub async fn places_of(&self, span: &TimeSpan, head: Seq) -> Result<(Seq, Seq), Error> {
        let before = |seq: Seq| Seq(seq.0.saturating_sub(1));
        let after = match span.since {
            Some(since) => before(self.place_of(since).await?),
            None => Seq(0),
        };
        let to = match span.until {
            Some(until) => before(self.place_of(until.after(Duration::from_micros(1))).await?),
            None => head,
        };
        Ok((after, to.min(head)))
    }

    /// Searches customers (R-OPERATOR-5), whatever has the words as its id, and the newest `entries` that have
    /// the words in their text (R-OPERATOR-6). With 0 entries, none are looked for.
    pub async fn find(
        &self,
        words: &str,
        limit: u32,
        entries: u32,
    ) -> Result<FoundCustomers, Error> {
        let request = v1::FindCustomersRequest {
            org_id: self.0.org.to_string(),
            words: words.to_owned(),
            limit,
            entries,
        };
        let reply = self.read(self.operator().find_customers(request)).await;
        let reply = reply.map_err(|error| without(error, "it cannot search customers"))?;
        Ok(reply.try_into()?)
    }

    /// A token for browsers and phones, in place of the API key.
    pub async fn auth_token(&self) -> Result<AuthToken, Error> {
        let request = hera::AuthTokenRequest { org_id: self.0.org.to_string() };
        // Nothing is lost with a token that did not arrive.
        let reply = self.read(self.hera().auth_token(request)).await?;
        Ok(AuthToken { token: Secret::new(reply.token), lifetime: from_duration(reply.lifetime) })
    }

    /// `GetCustomerState`, whatever it answers.
    pub(super) async fn ask_state(
        &self,
        customer: &CustomerRef,
    ) -> Result<(Receipt, Option<CustomerState>), Error> {
        let request = hera::GetCustomerStateRequest {
            org_id: self.0.org.to_string(),
            customer: Some(customer.into()),
        };
        // Meeting a customer twice is meeting them once, so that this may be repeated like a read.
        let reply = self.read(self.hera().get_customer_state(request)).await?;
        let state = reply.data.as_deref().map(reply::decoded).transpose();
        Ok(((&reply).into(), state?))
    }

    pub(super) async fn read<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Error> {
        self.call(CallKind::Read, READ, call).await
    }

    pub(super) async fn write<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Error> {
        self.call(CallKind::Write, WRITE, call).await
    }

    async fn call<T>(
        &self,
        kind: CallKind,
        within: Duration,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Error> {
        Ok(self.whole(kind, within, call).await?.into_inner())
    }

    /// The reply with what travels beside it.
    async fn whole<T>(
        &self,
        kind: CallKind,
        within: Duration,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<Response<T>, Error> {
        let closed = self.closed();
        if closed.is_cancelled() {
            let why = "the client was disconnected; connect it again";
            return Err(Error::Usage(why.into()));
        }
        let answer = tokio::select! {
            biased;
            () = closed.cancelled() => {
                return Err(kind.lost(&self.0.name, "the client was disconnected"));
            }
            answer = timeout(within, call) => answer,
        };
        match answer {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(status)) => Err(self.fault(kind, &status).await),
            Err(_) => {
                self.drop_channel();
                Err(kind.lost(&self.0.name, format!("no answer within {} s", within.as_secs())))
            }
        }
    }
}

/// What a server without `switchboard.v1` lacks, instead of the name of a method.
pub(super) fn without(error: Error, what: &str) -> Error {
    match error {
        Error::Unsupported(_) => Error::Unsupported(what.to_owned()),
        error => error,
    }
}

/// Every item of an answer, in our words.
pub(super) fn all<W, T>(wire: Vec<W>) -> Result<Vec<T>, Error>
where
    T: TryFrom<W, Error = DecodeError>,
{
    Ok(wire.into_iter().map(T::try_from).collect::<Result<_, _>>()?)
}
