//! `GrpcWebService` as the script says.

use super::{End, Fake, Streamed, Telling, told_of};
use crate::{
    model::CustomerCommand,
    wire::{
        operation::{Operation, for_each_operation},
        proto::{
            hera::{self, grpc_web_service_server::GrpcWebService},
            v1::dry_run_request::Command as Asked,
        },
    },
};
use futures_util::{StreamExt as _, stream};
use std::pin::Pin;
use tonic::{Request, Response, Status};

pub(super) type Later<'a, T> =
    Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send + 'a>>;

/// The whole service, as `async_trait` would write it: changes are recorded and answered, one rpc
/// streams, one looks, one makes tokens.
macro_rules! hera {
    (hera { $($arm:ident $rpc:ident $request:ident $reply:ident $name:ident;)* }
     operator { $($rest:tt)* }) => {
        impl GrpcWebService for Fake {
            $(fn $rpc<'a, 'b>(&'a self, r: Request<hera::$request>) -> Later<'b, hera::$reply>
            where
                'a: 'b,
                Self: 'b,
            {
                Box::pin(async { self.change(r.map(Operation::command)).await })
            })*

            type StreamNotificationsStream = Streamed<hera::WebhookRequest>;

            fn stream_notifications<'a, 'b>(
                &'a self,
                r: Request<hera::StreamNotificationRequest>,
            ) -> Later<'b, Self::StreamNotificationsStream>
            where
                'a: 'b,
                Self: 'b,
            {
                let told = self.with(|script| script.tellings.pop_front());
                let Telling { requests, end } = told.unwrap_or_else(|| Telling {
                    requests: vec![told_of("m", &r.into_inner().app_id)],
                    end: End::Say(Status::unauthenticated("the key was revoked")),
                });
                let fake = self.clone();
                Box::pin(async move {
                    if requests.is_empty() && !matches!(end, End::Cut) {
                        return fake.end(end).await;
                    }
                    let end = stream::once(async move { fake.end(end).await });
                    let items = stream::iter(requests.into_iter().map(Ok)).chain(end);
                    let items: Streamed<hera::WebhookRequest> = Box::pin(items);
                    Ok(Response::new(items))
                })
            }

            fn get_customer_state<'a, 'b>(
                &'a self,
                r: Request<hera::GetCustomerStateRequest>,
            ) -> Later<'b, hera::GetCustomerStateReply>
            where
                'a: 'b,
                Self: 'b,
            {
                let asked = CustomerCommand::try_from(Asked::GetCustomerState(r.into_inner())).expect("a customer");
                if let CustomerCommand::Meet(who) = asked {
                    self.with(|script| script.looked_at.push(who));
                }
                let (end, data) =
                    self.with(|script| (script.look.clone(), script.state.clone()));
                let data = data.unwrap_or_else(|| hera::CustomerStateReplyData {
                    customer_id: "el_cst_jane".into(),
                    ..Default::default()
                });
                let reply = hera::GetCustomerStateReply {
                    status: !data.customer_id.is_empty(),
                    description: "found or not".into(),
                    data: Some(prost::Message::encode_to_vec(&data).into()).filter(|_| !data.customer_id.is_empty()),
                };
                Box::pin(async move {
                    match end {
                        Some(end) => self.end(end).await,
                        None => Ok(Response::new(reply)),
                    }
                })
            }

            fn auth_token<'a, 'b>(
                &'a self,
                r: Request<hera::AuthTokenRequest>,
            ) -> Later<'b, hera::AuthTokenReply>
            where
                'a: 'b,
                Self: 'b,
            {
                self.with(|script| script.metadata.push(r.metadata().clone()));
                let lifetime = Some(prost_types::Duration { seconds: 3_600, nanos: 0 });
                let reply = hera::AuthTokenReply { token: "short-lived".into(), lifetime };
                Box::pin(async { Ok(Response::new(reply)) })
            }
        }
    };
}

for_each_operation!(hera);
