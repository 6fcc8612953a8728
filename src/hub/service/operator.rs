//! The service `switchboard.v1.Operator`, for consoles and scripts: who the caller is, the feed, the
//! past, customers by reference or by words, dry runs, and the lists that the contract does not have
//! (works, reminders, who waits, leases, purses). Looking at customers never creates one (D-LOOKUP), and only
//! `SteerWork`, `NoAnswerNeeded`, `DecideUnknown`, `PauseCarrier` and the three calls for scheduled messages change anything.

mod past;

use super::{
    Backend, access, by_person,
    dry_run::{self, DryRunCall},
    lists,
};
use crate::{
    hub::{
        clock,
        engine::HubError,
        feed::{Watch, WatchStart},
    },
    model::{
        Addressee, ChannelNumber, CustomerId, CustomerRef, CustomerView, Hello, OrgId, Region, Seq,
        TagPair, Timestamp, WorkId,
        client::{AskedFilter, PastMoment},
    },
    query::Filter,
    rules::{self, Ctx, World},
    wire::{
        client, from_time,
        operation::for_each_operation,
        outlook,
        proto::{
            hera,
            v1::{
                self, FindCustomersReply, FindCustomersRequest, GetCustomerReply,
                GetCustomerRequest, HelloReply, HelloRequest, HistoryReply, HistoryRequest,
                WatchReply, WatchRequest, operator_server::Operator as Service,
            },
        },
        time,
    },
};
use futures_util::{future::BoxFuture, stream::BoxStream};
use tonic::{Request, Response, Status};

/// How many entries that have the words of a search are sent at most.
const MOST_FOUND_ENTRIES: usize = 100;
/// The size of a page of history in bytes, well under what clients accept.
const PAGE_BYTES: usize = 3 << 20;

/// The implementation of `switchboard.v1.Operator`.
pub struct Operator {
    on: Backend,
}

impl Operator {
    #[must_use]
    pub fn new(on: Backend) -> Self {
        Self { on }
    }

    /// What a list has of one customer, or of everyone if the id is empty. The latter is read beside
    /// the work, because it may be much.
    async fn of_one_or_all<T: Send + 'static>(
        &self,
        org: &OrgId,
        customer: &str,
        limit: u32,
        list: fn(&World, Option<CustomerId>, usize) -> T,
    ) -> Result<T, HubError> {
        let limit = lists::within(limit, 100, 500);
        if customer.is_empty() {
            return self.on.hub.scan(org, move |world| list(world, None, limit)).await;
        }
        self.on.hub.read(org, |world| list(world, Some(customer.into()), limit)).await
    }
}

impl Operator {
    /// A customer as of an earlier entry (R-OPERATOR-7).
    async fn look_back(
        &self,
        org: &OrgId,
        asked: &CustomerRef,
        moment: PastMoment,
    ) -> Result<Response<GetCustomerReply>, Status> {
        let Some((place, state)) = self.on.hub.look_back(org, asked, moment).await? else {
            return Ok(Response::new(GetCustomerReply::default()));
        };
        let state =
            state.map(|customer| CustomerView { customer, as_of: place.seq, replaces: None });
        let mut reply = state.as_ref().map(GetCustomerReply::from).unwrap_or_default();
        reply.past = Some((&place).into());
        Ok(Response::new(reply))
    }
}

/// The filter that a caller asks with; the empty one if they ask with none.
fn filter(asked: Option<v1::EventFilter>, now: Timestamp) -> Result<Filter, Status> {
    let Some(asked) = asked else { return Ok(Filter::default()) };
    let mut asked = AskedFilter::try_from(asked)
        .map_err(|error| Status::invalid_argument(error.to_string()))?;
    if asked.now.is_zero() {
        asked.now = now;
    }
    Filter::asked(&asked).map_err(|error| Status::invalid_argument(format!("filter: {error}")))
}

/// The handlers of the commands that the contract does not have. `async_trait` does not see a macro inside
/// of an `impl`, so they are written as it writes them: `operator { SteerWork steer_work SteerWorkRequest
/// .. }` becomes the method `steer_work`, which passes its request to `ordered`.
macro_rules! handlers {
    (hera { $($rest:tt)* }
     operator { $($rpc:ident $method:ident $request:ident $reply:ident $name:ident;)* }) => {$(
        fn $method<'a, 'b>(
            &'a self,
            request: Request<v1::$request>,
        ) -> BoxFuture<'b, Result<Response<hera::$reply>, Status>>
        where
            'a: 'b,
            Self: 'b,
        {
            Box::pin(self.on.ordered(request))
        }
    )*};
}

#[tonic::async_trait]
impl Service for Operator {
    type WatchStream = BoxStream<'static, Result<WatchReply, Status>>;

    async fn hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        let hub = &self.on.hub;
        let head = *hub.head(org)?.borrow();
        let settings = hub.settings(org);
        let hello = Hello {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            log_id: hub.log_id(),
            head,
            durability: hub.durability().word().to_owned(),
            sandbox: settings.as_ref().is_some_and(|s| s.sandbox),
            caller: access.label().to_owned(),
            apps: access.apps().to_vec(),
            region: settings.as_ref().and_then(|s| s.region).map_or("", Region::code).to_owned(),
            replies: settings.as_ref().map(|s| s.replies.to_vec()).unwrap_or_default(),
            prompt_window: settings.as_ref().map(|s| s.prompt_window),
            channels: settings.map(|s| s.channels.clone()).unwrap_or_default(),
            now: hub.now(org),
            fills_gaps: true,
            paces_works: true,
            times_works: true,
            live_only: false,
            plaintext: false,
            replay: None,
            cannot_write: hub.outage().borrow().clone(),
        };
        Ok(Response::new((&hello).into()))
    }

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?.clone();
        let permit = access.budget().take_feed()?;
        let ends = access.ends(&self.on.stop);
        let asked = request.into_inner();
        let filter = filter(asked.filter, self.on.hub.now(&org))?;
        let start = WatchStart {
            filter,
            after: asked.after_seq.map(Seq),
            tail: asked.tail,
            log_id: asked.log_id,
            after_id: asked.after_id,
        };
        let watch = Watch::open(self.on.hub.clone(), org, &start, ends, permit).await;
        Ok(Response::new(Box::pin(watch?.frames())))
    }

    async fn history(
        &self,
        request: Request<HistoryRequest>,
    ) -> Result<Response<HistoryReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        let mut asked = request.get_ref().clone();
        let mut time_seq = None;
        if let Some(at) = asked.before_time {
            if asked.before_seq > 0 || asked.after_seq.is_some() {
                let why = "before_time does not go together with before_seq and after_seq";
                return Err(Status::invalid_argument(why));
            }
            let place = self.on.hub.place_of(org, from_time(Some(at))).await?;
            (time_seq, asked.before_seq) = (Some(place.0), place.0);
        }
        let mut reply = match asked.after_seq {
            Some(_) if asked.before_seq > 0 || !asked.words.is_empty() => {
                let why = "after_seq goes together with customer_id or with a filter alone";
                return Err(Status::invalid_argument(why));
            }
            Some(after) if asked.customer_id.is_empty() => {
                self.search_on(org, Seq(after), &asked).await?
            }
            None if asked.filter.is_some() => self.search(org, &asked).await?,
            Some(_) if asked.filter.is_some() => {
                let why = "a filter does not go together with customer_id: say it in the filter";
                return Err(Status::invalid_argument(why));
            }
            Some(_) | None => self.page(org, &asked).await?,
        };
        reply.time_seq = time_seq;
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
        if let Some(past) = &request.get_ref().past {
            return self.look_back(org, &asked, client::moment(past)).await;
        }
        let now = self.on.hub.now(org);
        let settings = self.on.hub.settings(org).unwrap_or_default();
        let view = move |world: &World| {
            let as_of = world.head().0;
            let customer = world.customer(&asked, &settings, now)?;
            let replaces = match asked {
                CustomerRef::Id(id) if id != customer.id => Some(id),
                _ => None,
            };
            // It is encoded while the World is at hand, so that a message that cannot be read is told and not left out.
            Some(GetCustomerReply::from(&CustomerView { customer, as_of, replaces }))
        };
        let reply = self.on.hub.read(org, view).await?;
        Ok(Response::new(reply.unwrap_or_default()))
    }

    async fn find_customers(
        &self,
        request: Request<FindCustomersRequest>,
    ) -> Result<Response<FindCustomersReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        let asked = request.get_ref();
        let limit = lists::within(asked.limit, 20, 200);
        let found = self.on.hub.find(org, &asked.words, limit).await?;
        let id = asked.words.trim().to_owned();
        let things = self.on.hub.read(org, move |world| world.things(&id)).await?;
        let mut reply = FindCustomersReply {
            customers: found.customers.iter().map(Into::into).collect(),
            total: found.total,
            total_is_least: found.total_is_least,
            unread: found.unread,
            things: things.iter().map(Into::into).collect(),
            ..FindCustomersReply::default()
        };
        if asked.entries > 0 {
            let most = lists::within(asked.entries, 0, MOST_FOUND_ENTRIES);
            let written = self.on.hub.written(org, &asked.words, most).await?;
            reply.entries = written.page.entries.into_iter().map(|e| e.bytes.to_vec()).collect();
            reply.entries_total = written.total;
            reply.entries_total_is_least = written.total_is_least;
            reply.unread = reply.unread.max(written.page.unread);
        }
        Ok(Response::new(reply))
    }

    async fn dry_run(
        &self,
        request: Request<v1::DryRunRequest>,
    ) -> Result<Response<v1::DryRunReply>, Status> {
        let access = access(&request)?;
        let by_person = by_person(request.metadata())?;
        let DryRunCall { org, caller, command } =
            dry_run::read(&access, request.into_inner(), by_person)?;
        let (now, settings) = (self.on.hub.now(&org), self.on.hub.settings(&org));
        let command = match command {
            Ok(command) => command,
            Err(receipt) => return Ok(Response::new((&dry_run::not_understood(receipt)).into())),
        };
        let settings = settings.unwrap_or_default();
        let about_many = matches!(command.addressee(), Addressee::Tag(..));
        let look = move |world: &World| {
            let (caller, fresh) = (&caller, &mut clock::fresh);
            let mut ctx = Ctx { now, settings: &settings, caller, fresh };
            rules::outlook(world, &command, &mut ctx)
        };
        let outlook = if about_many {
            self.on.hub.scan(&org, look).await?
        } else {
            self.on.hub.read(&org, look).await?
        };
        Ok(Response::new((&outlook).into()))
    }

    for_each_operation!(handlers);

    async fn list_works(
        &self,
        request: Request<v1::ListWorksRequest>,
    ) -> Result<Response<v1::ListWorksReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        let limit = lists::within(request.get_ref().limit, 50, 500);
        let only =
            Some(WorkId::from(request.get_ref().work_id.as_str())).filter(|id| !id.is_empty());
        let read = move |world: &World| lists::works(world, only.as_ref(), limit);
        let works = self.on.hub.read(org, read).await?;
        let mut reply = outlook::works(&works);
        reply.works = lists::page(reply.works);
        Ok(Response::new(reply))
    }

    async fn list_recipients(
        &self,
        request: Request<v1::ListRecipientsRequest>,
    ) -> Result<Response<v1::ListRecipientsReply>, Status> {
        let access = access(&request)?;
        let asked = request.get_ref();
        let org = access.org(&asked.org_id)?;
        let read = lists::recipients(asked, lists::within(asked.limit, 100, 500))?;
        let reply = self.on.hub.scan(org, read).await?;
        Ok(Response::new(reply))
    }

    async fn list_reminders(
        &self,
        request: Request<v1::ListRemindersRequest>,
    ) -> Result<Response<v1::ListRemindersReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        let v1::ListRemindersRequest { customer_id, limit, .. } = request.get_ref();
        let (listed, total) =
            self.of_one_or_all(org, customer_id, *limit, lists::reminders).await?;
        let reminders = lists::page(listed.iter().map(Into::into).collect());
        Ok(Response::new(v1::ListRemindersReply { reminders, total: total as u64 }))
    }

    async fn list_scheduled(
        &self,
        request: Request<v1::ListScheduledRequest>,
    ) -> Result<Response<v1::ListScheduledReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        let v1::ListScheduledRequest { customer_id, limit, .. } = request.get_ref();
        let (listed, total) =
            self.of_one_or_all(org, customer_id, *limit, lists::scheduled).await?;
        let messages = lists::page(listed.iter().map(Into::into).collect());
        Ok(Response::new(v1::ListScheduledReply { messages, total: total as u64 }))
    }

    async fn list_waiting(
        &self,
        request: Request<v1::ListWaitingRequest>,
    ) -> Result<Response<v1::ListWaitingReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        let (limit, now) = (lists::within(request.get_ref().limit, 100, 500), self.on.hub.now(org));
        let read = move |world: &World| lists::waiting(world, limit, now);
        let (listed, total) = self.on.hub.scan(org, read).await?;
        let customers = lists::page(listed.iter().map(Into::into).collect());
        Ok(Response::new(v1::ListWaitingReply { customers, total: total as u64 }))
    }

    async fn list_live(
        &self,
        request: Request<v1::ListLiveRequest>,
    ) -> Result<Response<v1::ListLiveReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        let (limit, now) =
            (lists::within(request.get_ref().limit, 100, lists::LIVE), self.on.hub.now(org));
        let settings = self.on.hub.settings(org).unwrap_or_default();
        let read = move |world: &World| lists::live(world, &settings, limit, now);
        let mut reply = v1::ListLiveReply::from(&self.on.hub.scan(org, read).await?);
        reply.prompts = lists::page(reply.prompts);
        Ok(Response::new(reply))
    }

    async fn list_leases(
        &self,
        request: Request<v1::ListLeasesRequest>,
    ) -> Result<Response<v1::ListLeasesReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?.clone();
        let (now, waiting, whose) = (self.on.hub.now(&org), self.on.leases.clone(), org.clone());
        let read = move |world: &World| lists::leases(world, &waiting, &whose, now);
        let listed = self.on.hub.read(&org, read).await?;
        let leases = lists::page(listed.iter().map(Into::into).collect());
        Ok(Response::new(v1::ListLeasesReply { leases, now: time(now) }))
    }

    async fn list_purses(
        &self,
        request: Request<v1::ListPursesRequest>,
    ) -> Result<Response<v1::ListPursesReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        Ok(Response::new(lists::purses(&self.on.hub, org).await?))
    }

    async fn list_carriers(
        &self,
        request: Request<v1::ListCarriersRequest>,
    ) -> Result<Response<v1::ListCarriersReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        // Everything without a report is looked at, so it costs the caller a write (R-LIMIT-1).
        access.budget().spend_write()?;
        Ok(Response::new(lists::carriers(&self.on.hub, org).await?))
    }

    async fn list_unknown(
        &self,
        request: Request<v1::ListUnknownRequest>,
    ) -> Result<Response<v1::ListUnknownReply>, Status> {
        let access = access(&request)?;
        let v1::ListUnknownRequest { org_id, limit } = request.get_ref();
        let org = access.org(org_id)?;
        // It looks at as much as the list of carriers.
        access.budget().spend_write()?;
        Ok(Response::new(lists::unknown(&self.on.hub, org, *limit).await?))
    }

    async fn status(
        &self,
        request: Request<v1::StatusRequest>,
    ) -> Result<Response<v1::StatusReply>, Status> {
        let access = access(&request)?;
        let org = access.org(&request.get_ref().org_id)?;
        Ok(Response::new((&self.on.overview.status(org).await).into()))
    }

    async fn count_audience(
        &self,
        request: Request<v1::CountAudienceRequest>,
    ) -> Result<Response<v1::Audience>, Status> {
        let access = access(&request)?;
        let asked = request.into_inner();
        let org = access.org(&asked.org_id)?;
        // The hub looks at everyone with the tag, so it costs the caller a write (R-LIMIT-1).
        access.budget().spend_write()?;
        let tag = TagPair::from(asked.tag.unwrap_or_default());
        let channel = asked.channel_number.map(ChannelNumber::from);
        let (now, settings) = (self.on.hub.now(org), self.on.hub.settings(org).unwrap_or_default());
        let count = move |world: &World| world.audience(&tag, channel.as_ref(), &settings, now);
        let audience = self.on.hub.scan(org, count).await?;
        Ok(Response::new((&audience).into()))
    }
}
