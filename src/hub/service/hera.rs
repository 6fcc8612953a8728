//! The Elarian contract, `GrpcWebService`: commands of customers, state, messages, tokens and the
//! notification stream. What this hub does not offer yet answers UNIMPLEMENTED by name.

use super::{Backend, access, call_id, refused};
use crate::{
    hub::clock,
    model::{Command, CustomerCommand, CustomerId, CustomerRef, Receipt},
    wire::{
        self,
        proto::hera::{self as h, grpc_web_service_server::GrpcWebService},
        reply,
    },
};
use futures_util::stream::BoxStream;
use std::fmt::Display;
use tonic::{Request, Response, Status};

/// The service.
pub struct Hera {
    on: Backend,
}

type Reply<T> = Result<Response<T>, Status>;

/// A request that is a command: where it goes and what it is called.
trait Order: prost::Message {
    /// The rpc's full path, a part of the idempotency digest.
    const PATH: &'static str;
    fn org(&self) -> &str;
    /// The app in whose name, where the request says.
    fn app(&self) -> Option<&str>;
}

macro_rules! orders {
    ($($request:ident $rpc:literal |$r:ident| $app:expr;)*) => {$(
        impl Order for h::$request {
            const PATH: &'static str = concat!("/com.elarian.hera.proto.GrpcWebService/", $rpc);
            fn org(&self) -> &str { &self.org_id }
            fn app(&self) -> Option<&str> { let $r = self; $app }
        }
    )*};
}

orders! {
    UpdateCustomerTagRequest "UpdateCustomerTag" |_r| None;
    DeleteCustomerTagRequest "DeleteCustomerTag" |_r| None;
    UpdateCustomerMetadataRequest "UpdateCustomerMetadata" |_r| None;
    DeleteCustomerMetadataRequest "DeleteCustomerMetadata" |_r| None;
    SendMessageRequest "SendMessage" |r| Some(&r.app_id);
    ReplyToMessageRequest "ReplyToMessage" |r| Some(&r.app_id);
}

impl Hera {
    /// On a backend.
    #[must_use]
    pub fn new(on: Backend) -> Self {
        Self { on }
    }

    /// Every mutating call: who, under which key, what; then the receipt as the reply.
    async fn obey<R, P>(&self, request: Request<R>) -> Reply<P>
    where
        R: Order,
        CustomerCommand: TryFrom<R, Error: Display>,
        P: for<'a> From<&'a Receipt>,
    {
        let access = access(&request)?;
        let id = call_id(&request)?;
        let order = request.into_inner();
        let org = access.org(order.org())?;
        let app = order.app().map(|app| access.app(app)).transpose()?;
        access.budget().spend_write()?;
        let call = id.map(|id| (id, wire::digest(R::PATH, &order.encode_to_vec())));
        let caller = access.caller(app);
        let receipt = match CustomerCommand::try_from(order) {
            Ok(command) => {
                let done = self.on.hub.submit(org, caller, call, Command::from(command)).await;
                done.map_err(|e| refused(&e))?
            }
            Err(fault) => not_understood(&fault),
        };
        Ok(Response::new(P::from(&receipt)))
    }
}

/// A request that is no command is refused in the reply, as by a rule.
fn not_understood(fault: &dyn Display) -> Receipt {
    Receipt::State { ok: false, description: fault.to_string(), customer: None }
}

fn later<T>(rpc: &str) -> Reply<T> {
    Err(Status::unimplemented(format!("{rpc} is not offered by this hub yet")))
}

#[tonic::async_trait]
impl GrpcWebService for Hera {
    type StreamNotificationsStream = BoxStream<'static, Result<h::WebhookRequest, Status>>;

    async fn auth_token(&self, request: Request<h::AuthTokenRequest>) -> Reply<h::AuthTokenReply> {
        let access = access(&request)?;
        access.org(&request.get_ref().org_id)?;
        let (token, lifetime) = self.on.auth.issue(&access)?;
        let lifetime = wire::duration(lifetime);
        Ok(Response::new(h::AuthTokenReply { token: token.to_string(), lifetime }))
    }

    /// Reading the state of an unknown number makes its customer (R-ADDR-1). What exists is only
    /// read, so that reading goes on while the log cannot be written.
    async fn get_customer_state(
        &self,
        request: Request<h::GetCustomerStateRequest>,
    ) -> Reply<h::GetCustomerStateReply> {
        let access = access(&request)?;
        let asked = request.into_inner();
        let org = access.org(&asked.org_id)?;
        let who = match CustomerCommand::try_from(asked) {
            Ok(CustomerCommand::Meet(who)) => who,
            Ok(_) => return Err(Status::internal("a read was understood as a write")),
            Err(fault) => return Ok(Response::new(reply::state(&not_understood(&fault), None))),
        };
        let (now, by) = (clock::now(), who.clone());
        let read = self.on.hub.read(org, move |world| world.customer(&by, now)).await;
        // A merged-away id is refused by rule, not silently followed (R-DECOM-1).
        let asked_for = |id: &CustomerId| !matches!(&who, CustomerRef::Id(by) if by != id);
        if let Some(customer) = read.map_err(|e| refused(&e))?.filter(|c| asked_for(&c.id)) {
            let found = Receipt::State {
                ok: true,
                description: "customer found".to_owned(),
                customer: Some(customer.id.clone()),
            };
            return Ok(Response::new(reply::state(&found, Some(&customer))));
        }
        let caller = access.caller(None);
        let meet = Command::from(CustomerCommand::Meet(who));
        let receipt = self.on.hub.submit(org, caller, None, meet).await.map_err(|e| refused(&e))?;
        let customer = match receipt.customer().filter(|_| receipt.is_ok()).cloned() {
            Some(id) => {
                let read = self.on.hub.read(org, move |world| world.by_id(&id).cloned()).await;
                read.map_err(|e| refused(&e))?
            }
            None => None,
        };
        Ok(Response::new(reply::state(&receipt, customer.as_deref())))
    }

    async fn update_customer_tag(
        &self,
        request: Request<h::UpdateCustomerTagRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        self.obey(request).await
    }
    async fn delete_customer_tag(
        &self,
        request: Request<h::DeleteCustomerTagRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        self.obey(request).await
    }
    async fn update_customer_metadata(
        &self,
        request: Request<h::UpdateCustomerMetadataRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        self.obey(request).await
    }
    async fn delete_customer_metadata(
        &self,
        request: Request<h::DeleteCustomerMetadataRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        self.obey(request).await
    }
    async fn send_message(
        &self,
        request: Request<h::SendMessageRequest>,
    ) -> Reply<h::SendMessageReply> {
        self.obey(request).await
    }
    async fn reply_to_message(
        &self,
        request: Request<h::ReplyToMessageRequest>,
    ) -> Reply<h::SendMessageReply> {
        self.obey(request).await
    }

    async fn stream_notifications(
        &self,
        request: Request<h::StreamNotificationRequest>,
    ) -> Reply<Self::StreamNotificationsStream> {
        let access = access(&request)?;
        let asked = request.into_inner();
        let org = access.org(&asked.org_id)?;
        let app = access.app(&asked.app_id)?;
        let place = access.budget().take_feed()?;
        let ends = access.ends(&self.on.stop);
        let open = self.on.notifier.open(org, app, ends, place);
        let open = open.ok_or_else(|| Status::permission_denied("this key is not for that app"))?;
        Ok(Response::new(Box::pin(open.notes())))
    }

    // What follows is the rest of the contract.

    async fn adopt_customer_state(
        &self,
        _: Request<h::AdoptCustomerStateRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        later("AdoptCustomerState")
    }
    async fn add_customer_reminder(
        &self,
        _: Request<h::AddCustomerReminderRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        later("AddCustomerReminder")
    }
    async fn add_customer_reminder_by_tag(
        &self,
        _: Request<h::AddCustomerReminderTagRequest>,
    ) -> Reply<h::TagCommandReply> {
        later("AddCustomerReminderByTag")
    }
    async fn cancel_customer_reminder(
        &self,
        _: Request<h::CancelCustomerReminderRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        later("CancelCustomerReminder")
    }
    async fn cancel_customer_reminder_by_tag(
        &self,
        _: Request<h::CancelCustomerReminderTagRequest>,
    ) -> Reply<h::TagCommandReply> {
        later("CancelCustomerReminderByTag")
    }
    async fn update_customer_secondary_id(
        &self,
        _: Request<h::UpdateCustomerSecondaryIdRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        later("UpdateCustomerSecondaryId")
    }
    async fn delete_customer_secondary_id(
        &self,
        _: Request<h::DeleteCustomerSecondaryIdRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        later("DeleteCustomerSecondaryId")
    }
    async fn lease_customer_metadata(
        &self,
        _: Request<h::LeaseCustomerMetadataRequest>,
    ) -> Reply<h::LeaseCustomerMetadataReply> {
        later("LeaseCustomerMetadata")
    }
    async fn send_message_by_tag(
        &self,
        _: Request<h::SendMessageTagRequest>,
    ) -> Reply<h::TagCommandReply> {
        later("SendMessageByTag")
    }
    async fn messaging_consent(
        &self,
        _: Request<h::MessagingConsentRequest>,
    ) -> Reply<h::MessagingConsentReply> {
        later("MessagingConsent")
    }
    async fn initiate_payment(
        &self,
        _: Request<h::InitiatePaymentRequest>,
    ) -> Reply<h::InitiatePaymentReply> {
        later("InitiatePayment")
    }
    async fn make_voice_call(
        &self,
        _: Request<h::MakeVoiceCallRequest>,
    ) -> Reply<h::MakeVoiceCallReply> {
        later("MakeVoiceCall")
    }
    async fn send_webhook_response(
        &self,
        _: Request<h::WebhookResponse>,
    ) -> Reply<h::WebhookResponseReply> {
        later("SendWebhookResponse")
    }
}
