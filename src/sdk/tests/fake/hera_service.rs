//! `GrpcWebService` as the script says.

use super::{End, Fake, Streamed, Telling, told_of};
use crate::{
    model::CustomerCommand,
    wire::proto::hera::{self, grpc_web_service_server::GrpcWebService},
};
use futures_util::{StreamExt as _, stream};
use std::pin::Pin;
use tonic::{Request, Response, Status};

type Later<'a, T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send + 'a>>;

/// The whole service, as `async_trait` would write it: changes are recorded and answered, one rpc
/// streams, one looks, one makes tokens.
macro_rules! hera {
    ($($rpc:ident($request:ident) -> $reply:ident;)*) => {
        impl GrpcWebService for Fake {
            $(fn $rpc<'a, 'b>(&'a self, r: Request<hera::$request>) -> Later<'b, hera::$reply>
            where
                'a: 'b,
                Self: 'b,
            {
                Box::pin(async { self.change(r.map(CustomerCommand::try_from)).await })
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
                let asked = CustomerCommand::try_from(r.into_inner()).expect("a customer");
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
                    data: Some(data).filter(|data| !data.customer_id.is_empty()),
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

hera! {
    adopt_customer_state(AdoptCustomerStateRequest) -> UpdateCustomerStateReply;
    add_customer_reminder(AddCustomerReminderRequest) -> UpdateCustomerStateReply;
    add_customer_reminder_by_tag(AddCustomerReminderTagRequest) -> TagCommandReply;
    cancel_customer_reminder(CancelCustomerReminderRequest) -> UpdateCustomerStateReply;
    cancel_customer_reminder_by_tag(CancelCustomerReminderTagRequest) -> TagCommandReply;
    update_customer_tag(UpdateCustomerTagRequest) -> UpdateCustomerStateReply;
    delete_customer_tag(DeleteCustomerTagRequest) -> UpdateCustomerStateReply;
    update_customer_secondary_id(UpdateCustomerSecondaryIdRequest) -> UpdateCustomerStateReply;
    delete_customer_secondary_id(DeleteCustomerSecondaryIdRequest) -> UpdateCustomerStateReply;
    lease_customer_metadata(LeaseCustomerMetadataRequest) -> LeaseCustomerMetadataReply;
    update_customer_metadata(UpdateCustomerMetadataRequest) -> UpdateCustomerStateReply;
    delete_customer_metadata(DeleteCustomerMetadataRequest) -> UpdateCustomerStateReply;
    send_message(SendMessageRequest) -> SendMessageReply;
    send_message_by_tag(SendMessageTagRequest) -> TagCommandReply;
    reply_to_message(ReplyToMessageRequest) -> SendMessageReply;
    messaging_consent(MessagingConsentRequest) -> MessagingConsentReply;
    initiate_payment(InitiatePaymentRequest) -> InitiatePaymentReply;
    make_voice_call(MakeVoiceCallRequest) -> MakeVoiceCallReply;
    send_webhook_response(WebhookResponse) -> WebhookResponseReply;
}
