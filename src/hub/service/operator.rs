//! `switchboard.v1.Operator`: who am I, the feed, the past, looking and finding. Reads only; a
//! look never creates a customer (decision D-LOOKUP).

use super::{Backend, access, refused};
use crate::{
    hub::{
        clock,
        feed::{Start, Watch},
        shelf::HistoryQuery,
    },
    model::{CustomerRef, CustomerView, Hello, Seq},
    wire::proto::v1::{
        FindCustomersReply, FindCustomersRequest, GetCustomerReply, GetCustomerRequest, HelloReply,
        HelloRequest, HistoryReply, HistoryRequest, WatchReply, WatchRequest,
        operator_server::Operator as Service,
    },
};
use futures_util::stream::BoxStream;
use tonic::{Request, Response, Status};

/// A page of history stays well under what clients accept.
const PAGE_BYTES: usize = 3 << 20;

/// The service.
pub struct Operator {
    on: Backend,
}

impl Operator {
    /// On a backend.
    #[must_use]
    pub fn new(on: Backend) -> Self {
        Self { on }
    }
}

#[tonic::async_trait]
impl Service for Operator {
    type WatchStream = BoxStream<'static, Result<WatchReply, Status>>;

    async fn hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        let hub = &self.on.hub;
        let head = *hub.head(org).map_err(|e| refused(&e))?.borrow();
        let settings = hub.settings(org);
        let hello = Hello {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            log_id: hub.log_id(),
            head,
            durability: hub.durability().word().to_owned(),
            sandbox: settings.as_ref().is_some_and(|s| s.sandbox),
            caller: access.label().to_owned(),
            apps: access.apps().to_vec(),
            channels: settings.map(|s| s.channels.clone()).unwrap_or_default(),
            now: clock::now(),
            live_only: false,
        };
        Ok(Response::new((&hello).into()))
    }

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?.clone();
        let place = access.budget().take_feed()?;
        let ends = access.ends(&self.on.stop);
        let asked = request.into_inner();
        let start =
            Start { after: asked.after_seq.map(Seq), tail: asked.tail, log_id: asked.log_id };
        let watch = Watch::open(self.on.hub.clone(), org, &start, ends, place);
        Ok(Response::new(Box::pin(watch.map_err(|e| refused(&e))?.frames())))
    }

    async fn history(
        &self,
        request: Request<HistoryRequest>,
    ) -> Result<Response<HistoryReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        let asked = request.get_ref();
        let query = HistoryQuery {
            before: (asked.before_seq > 0).then_some(Seq(asked.before_seq)),
            limit: within(asked.limit, 100, 500),
            customer: Some(asked.customer_id.as_str().into())
                .filter(|_| !asked.customer_id.is_empty()),
            words: asked.words.clone(),
        };
        let page = self.on.hub.history(org, query).await.map_err(|e| refused(&e))?;
        let mut reply = HistoryReply { entries: Vec::new(), more: page.more };
        let mut bytes = 0;
        for stored in page.entries {
            bytes += stored.bytes.len();
            if bytes > PAGE_BYTES && !reply.entries.is_empty() {
                reply.more = true;
                break;
            }
            reply.entries.push(stored.bytes);
        }
        Ok(Response::new(reply))
    }

    async fn get_customer(
        &self,
        request: Request<GetCustomerRequest>,
    ) -> Result<Response<GetCustomerReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        let Some(asked) = request.get_ref().customer.clone() else {
            return Err(Status::invalid_argument("no customer given"));
        };
        let asked = CustomerRef::from(asked);
        let now = clock::now();
        let view = move |world: &crate::hub::rules::World| {
            let as_of = world.head().0;
            let customer = world.customer(&asked, now)?;
            let replaces = match asked {
                CustomerRef::Id(id) if id != customer.id => Some(id),
                _ => None,
            };
            Some(CustomerView { customer, as_of, replaces })
        };
        let view = self.on.hub.read(org, view).await.map_err(|e| refused(&e))?;
        Ok(Response::new(view.as_ref().map(Into::into).unwrap_or_default()))
    }

    async fn find_customers(
        &self,
        request: Request<FindCustomersRequest>,
    ) -> Result<Response<FindCustomersReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        let asked = request.get_ref();
        let limit = within(asked.limit, 20, 200);
        let found = self.on.hub.find(org, &asked.words, limit).await.map_err(|e| refused(&e))?;
        let customers = found.customers.iter().map(Into::into).collect();
        Ok(Response::new(FindCustomersReply { customers, total: found.total }))
    }
}

/// What was asked for, or the default for 0, but not more than the most.
fn within(asked: u32, default: usize, most: usize) -> usize {
    match usize::try_from(asked).unwrap_or(most) {
        0 => default,
        n => n.min(most),
    }
}
