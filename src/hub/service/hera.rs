//! The service of Elarian's contract, `GrpcWebService`. Tokens, customers' states and the notification
//! stream are handled here; every command goes the one way of `order`.

use super::{Backend, access, by_person, order::not_understood};
use crate::{
    model::{Command, CustomerCommand, CustomerRef, receipt},
    rules::World,
    wire::{
        self,
        operation::for_each_operation,
        proto::{
            hera::{self as h, grpc_web_service_server::GrpcWebService},
            v1::dry_run_request::Command as WireCommand,
        },
        reply,
    },
};
use futures_util::stream::BoxStream;
use tonic::{Request, Response, Status};

/// The implementation of `GrpcWebService`.
pub struct Hera {
    on: Backend,
}

type HeraResult<T> = Result<Response<T>, Status>;
type NotificationStream = BoxStream<'static, Result<h::WebhookRequest, Status>>;

impl Hera {
    #[must_use]
    pub fn new(on: Backend) -> Self {
        Self { on }
    }

    fn token(&self, request: &Request<h::AuthTokenRequest>) -> HeraResult<h::AuthTokenReply> {
        let access = access(request)?;
        access.org(&request.get_ref().org_id)?;
        let (token, lifetime) = self.on.auth.issue(&access)?;
        let lifetime = wire::duration(lifetime);
        Ok(Response::new(h::AuthTokenReply { token: token.to_string(), lifetime }))
    }

    /// Reading the state of an unknown number creates its customer (R-ADDR-1). The state of a known
    /// customer is only read, so that this works also while the log cannot be written.
    async fn state(
        &self,
        request: Request<h::GetCustomerStateRequest>,
    ) -> HeraResult<h::GetCustomerStateReply> {
        let access = access(&request)?;
        let by_person = by_person(request.metadata())?;
        let asked = request.into_inner();
        let org = access.org(&asked.org_id)?;
        let who = match CustomerCommand::try_from(WireCommand::GetCustomerState(asked)) {
            Ok(CustomerCommand::Meet(who)) => who,
            Ok(_) => return Err(Status::internal("a read was understood as a write")),
            Err(fault) => return Ok(Response::new(reply::state(&not_understood(&fault), None))),
        };
        let (now, by) = (self.on.hub.now(org), who.clone());
        let settings = self.on.hub.settings(org).unwrap_or_default();
        // It is encoded while the World is at hand, so that a message that cannot be read is told and not left out.
        let look = move |world: &World| {
            let id = world.customer_id(&by, &settings, now)?;
            // An id that was merged away is refused by a rule and not silently followed (R-DECOM-1).
            if matches!(&by, CustomerRef::Id(asked) if *asked != id) {
                return None;
            }
            Some((world.made_of(&id, reply::encoded)?, id))
        };
        if let Some((state, id)) = self.on.hub.read(org, look).await? {
            let found = receipt::state(true, "customer found", Some(id));
            return Ok(Response::new(reply::state(&found, Some(state))));
        }
        let caller = access.caller(None, by_person);
        let meet = Command::from(CustomerCommand::Meet(who));
        let receipt = self.on.hub.submit(org, caller, None, meet).await?;
        let customer = match receipt.customer().filter(|_| receipt.is_ok()).cloned() {
            Some(id) => {
                self.on.hub.read(org, move |world| world.made_of(&id, reply::encoded)).await?
            }
            None => None,
        };
        Ok(Response::new(reply::state(&receipt, customer)))
    }

    fn notifications(
        &self,
        request: Request<h::StreamNotificationRequest>,
    ) -> HeraResult<NotificationStream> {
        let access = access(&request)?;
        let asked = request.into_inner();
        let org = access.org(&asked.org_id)?;
        let app = access.app(&asked.app_id)?;
        self.on.hub.served(org)?;
        let permit = access.budget().take_feed()?;
        let ends = access.ends(&self.on.stop);
        let open = self.on.notifier.open(org, app, ends, permit);
        let open = open.ok_or_else(|| Status::permission_denied("this key is not for that app"))?;
        Ok(Response::new(Box::pin(open.notes())))
    }
}

/// Writes the whole `impl`, because `async_trait` does not see a macro inside of one: the three calls
/// above, and for each row of the list of operations a method that passes its request to `ordered`.
macro_rules! service {
    (hera { $($rpc:ident $method:ident $request:ident $reply:ident $name:ident;)* }
     operator { $($rest:tt)* }) => {
        #[tonic::async_trait]
        impl GrpcWebService for Hera {
            type StreamNotificationsStream = NotificationStream;

            async fn auth_token(
                &self,
                request: Request<h::AuthTokenRequest>,
            ) -> HeraResult<h::AuthTokenReply> {
                self.token(&request)
            }
            async fn get_customer_state(
                &self,
                request: Request<h::GetCustomerStateRequest>,
            ) -> HeraResult<h::GetCustomerStateReply> {
                self.state(request).await
            }
            async fn stream_notifications(
                &self,
                request: Request<h::StreamNotificationRequest>,
            ) -> HeraResult<NotificationStream> {
                self.notifications(request)
            }
            $(async fn $method(&self, request: Request<h::$request>) -> HeraResult<h::$reply> {
                self.on.ordered(request).await
            })*
        }
    };
}

for_each_operation!(service);
