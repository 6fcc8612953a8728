//! The Elarian contract, `GrpcWebService`: tokens, state, the notification stream, and every
//! command (`order`); leases wait for their turn (`leases`).

use super::{
    Backend, access, leases,
    order::{not_understood, understand},
};
use crate::{
    model::{Command, CustomerCommand, CustomerId, CustomerRef, receipt},
    wire::{
        self,
        proto::hera::{self as h, grpc_web_service_server::GrpcWebService},
        reply,
    },
};
use futures_util::stream::BoxStream;
use tonic::{Request, Response, Status, metadata::MetadataMap};

/// The one path whose calls wait.
pub(super) const LEASE: &str = "/com.elarian.hera.proto.GrpcWebService/LeaseCustomerMetadata";
/// Characters of a reason for asking for consent.
const REASON_CHARS: usize = 255;

/// The service.
pub struct Hera {
    on: Backend,
}

type Reply<T> = Result<Response<T>, Status>;

impl Hera {
    /// On a backend.
    #[must_use]
    pub fn new(on: Backend) -> Self {
        Self { on }
    }
}

/// Why a customer is asked to agree, or opted out. The contract has no field for it (decision
/// D-WIRE-EXTRA), so it travels beside the request: UTF-8 text of at most 255 characters.
fn reason(metadata: &MetadataMap) -> Result<String, &'static str> {
    const BAD: &str = "reason-bin must be UTF-8 text of at most 255 characters";
    let Some(value) = metadata.get_bin("reason-bin") else { return Ok(String::new()) };
    let text = value.to_bytes().ok().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    text.filter(|text| text.chars().nth(REASON_CHARS).is_none()).ok_or(BAD)
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
        let (now, by) = (self.on.hub.now(org), who.clone());
        let read = self.on.hub.read(org, move |world| world.customer(&by, now)).await;
        // A merged-away id is refused by rule, not silently followed (R-DECOM-1).
        let asked_for = |id: &CustomerId| !matches!(&who, CustomerRef::Id(by) if by != id);
        if let Some(customer) = read?.filter(|c| asked_for(&c.id)) {
            let found = receipt::state(true, "customer found", Some(customer.id.clone()));
            return Ok(Response::new(reply::state(&found, Some(&customer))));
        }
        let caller = access.caller(None);
        let meet = Command::from(CustomerCommand::Meet(who));
        let receipt = self.on.hub.submit(org, caller, None, meet).await?;
        let customer = match receipt.customer().filter(|_| receipt.is_ok()).cloned() {
            Some(id) => self.on.hub.read(org, move |world| world.by_id(&id).cloned()).await?,
            None => None,
        };
        Ok(Response::new(reply::state(&receipt, customer.as_deref())))
    }

    async fn update_customer_tag(
        &self,
        request: Request<h::UpdateCustomerTagRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        self.on.obey(request).await
    }
    async fn delete_customer_tag(
        &self,
        request: Request<h::DeleteCustomerTagRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        self.on.obey(request).await
    }
    async fn update_customer_metadata(
        &self,
        request: Request<h::UpdateCustomerMetadataRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        self.on.obey(request).await
    }
    async fn delete_customer_metadata(
        &self,
        request: Request<h::DeleteCustomerMetadataRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        self.on.obey(request).await
    }
    async fn send_message(
        &self,
        request: Request<h::SendMessageRequest>,
    ) -> Reply<h::SendMessageReply> {
        self.on.obey(request).await
    }
    async fn reply_to_message(
        &self,
        request: Request<h::ReplyToMessageRequest>,
    ) -> Reply<h::SendMessageReply> {
        self.on.obey(request).await
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

    async fn adopt_customer_state(
        &self,
        request: Request<h::AdoptCustomerStateRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        self.on.obey(request).await
    }
    async fn add_customer_reminder(
        &self,
        request: Request<h::AddCustomerReminderRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        self.on.obey(request).await
    }
    async fn add_customer_reminder_by_tag(
        &self,
        request: Request<h::AddCustomerReminderTagRequest>,
    ) -> Reply<h::TagCommandReply> {
        self.on.obey(request).await
    }
    async fn cancel_customer_reminder(
        &self,
        request: Request<h::CancelCustomerReminderRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        self.on.obey(request).await
    }
    async fn cancel_customer_reminder_by_tag(
        &self,
        request: Request<h::CancelCustomerReminderTagRequest>,
    ) -> Reply<h::TagCommandReply> {
        self.on.obey(request).await
    }
    async fn update_customer_secondary_id(
        &self,
        request: Request<h::UpdateCustomerSecondaryIdRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        self.on.obey(request).await
    }
    async fn delete_customer_secondary_id(
        &self,
        request: Request<h::DeleteCustomerSecondaryIdRequest>,
    ) -> Reply<h::UpdateCustomerStateReply> {
        self.on.obey(request).await
    }
    async fn lease_customer_metadata(
        &self,
        request: Request<h::LeaseCustomerMetadataRequest>,
    ) -> Reply<h::LeaseCustomerMetadataReply> {
        let patience = leases::patience(request.metadata());
        let receipt = self.on.lease(understand(request, &[])?, patience).await?;
        Ok(Response::new((&receipt).into()))
    }
    async fn send_message_by_tag(
        &self,
        request: Request<h::SendMessageTagRequest>,
    ) -> Reply<h::TagCommandReply> {
        self.on.obey(request).await
    }
    async fn messaging_consent(
        &self,
        request: Request<h::MessagingConsentRequest>,
    ) -> Reply<h::MessagingConsentReply> {
        let said = reason(request.metadata());
        let mut asked = understand(request, said.as_deref().unwrap_or_default().as_bytes())?;
        match (&mut asked.command, said) {
            (Ok(CustomerCommand::RequestConsent { reason, .. }), Ok(said)) => *reason = said,
            (_, Ok(_)) => {}
            (command, Err(fault)) => *command = Err(not_understood(&fault)),
        }
        self.on.carry_out(asked).await
    }
    async fn initiate_payment(
        &self,
        request: Request<h::InitiatePaymentRequest>,
    ) -> Reply<h::InitiatePaymentReply> {
        self.on.obey(request).await
    }
    async fn make_voice_call(
        &self,
        request: Request<h::MakeVoiceCallRequest>,
    ) -> Reply<h::MakeVoiceCallReply> {
        self.on.obey(request).await
    }
    async fn send_webhook_response(
        &self,
        request: Request<h::WebhookResponse>,
    ) -> Reply<h::WebhookResponseReply> {
        self.on.obey(request).await
    }
}
