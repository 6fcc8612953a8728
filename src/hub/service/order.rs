//! Every mutating call of both contracts: who asks, in which app's name, under which idempotency
//! key, for what; then the engine's receipt as the reply. No rule lives here.

use super::{Backend, access, call_id};
use crate::{
    hub::auth::Access,
    model::{AppId, CallId, Caller, Command, CustomerCommand, OrgId, Receipt, receipt},
    wire::{
        self,
        proto::{hera as h, v1},
    },
};
use std::fmt::Display;
use tonic::{Request, Response, Status};

/// In whose name a request is made.
pub(super) enum Name<'r> {
    /// It does not say: in that of the key's app, if it has just one.
    Key,
    /// Of this app; a key that may not act for it is turned away (R-AUTH-1).
    App(&'r str),
    /// Of this app too, but what is wrong with it is said in the reply (R-REM-4).
    Reminder(&'r str),
}

/// A request that is a command: where it goes and what it is called.
pub(super) trait Order: prost::Message {
    /// The rpc's full path, a part of the idempotency digest.
    const PATH: &'static str;
    /// Whose customers.
    fn org(&self) -> &str;
    /// In whose name.
    fn name(&self) -> Name<'_>;
}

macro_rules! orders {
    ($($package:ident $request:ident $rpc:literal |$r:ident| $name:expr;)*) => {$(
        impl Order for $package::$request {
            const PATH: &'static str = orders!(@path $package $rpc);
            fn org(&self) -> &str { &self.org_id }
            fn name(&self) -> Name<'_> { let $r = self; $name }
        }
    )*};
    (@path h $rpc:literal) => { concat!("/com.elarian.hera.proto.GrpcWebService/", $rpc) };
    (@path v1 $rpc:literal) => { concat!("/switchboard.v1.Operator/", $rpc) };
}

orders! {
    h UpdateCustomerTagRequest "UpdateCustomerTag" |_r| Name::Key;
    h DeleteCustomerTagRequest "DeleteCustomerTag" |_r| Name::Key;
    h UpdateCustomerMetadataRequest "UpdateCustomerMetadata" |_r| Name::Key;
    h DeleteCustomerMetadataRequest "DeleteCustomerMetadata" |_r| Name::Key;
    h AdoptCustomerStateRequest "AdoptCustomerState" |_r| Name::Key;
    h UpdateCustomerSecondaryIdRequest "UpdateCustomerSecondaryId" |_r| Name::Key;
    h DeleteCustomerSecondaryIdRequest "DeleteCustomerSecondaryId" |_r| Name::Key;
    h LeaseCustomerMetadataRequest "LeaseCustomerMetadata" |_r| Name::Key;
    h AddCustomerReminderRequest "AddCustomerReminder" |r| reminded(r.reminder.as_ref());
    h AddCustomerReminderTagRequest "AddCustomerReminderByTag" |r| reminded(r.reminder.as_ref());
    h CancelCustomerReminderRequest "CancelCustomerReminder" |r| Name::App(&r.app_id);
    h CancelCustomerReminderTagRequest "CancelCustomerReminderByTag" |r| Name::App(&r.app_id);
    h SendMessageRequest "SendMessage" |r| Name::App(&r.app_id);
    h SendMessageTagRequest "SendMessageByTag" |r| Name::App(&r.app_id);
    h ReplyToMessageRequest "ReplyToMessage" |r| Name::App(&r.app_id);
    h MessagingConsentRequest "MessagingConsent" |r| Name::App(&r.app_id);
    h InitiatePaymentRequest "InitiatePayment" |r| Name::App(&r.app_id);
    h MakeVoiceCallRequest "MakeVoiceCall" |r| Name::App(&r.app_id);
    h WebhookResponse "SendWebhookResponse" |r| Name::App(&r.app_id);
    v1 SteerWorkRequest "SteerWork" |_r| Name::Key;
}

fn reminded(reminder: Option<&h::CustomerReminder>) -> Name<'_> {
    Name::Reminder(reminder.map_or("", |reminder| &reminder.app_id))
}

/// A call that was let in and understood, or not understood: then there are words for it.
pub(super) struct Understood {
    pub access: Access,
    pub org: OrgId,
    pub caller: Caller,
    pub call: Option<(CallId, [u8; 32])>,
    pub command: Result<CustomerCommand, Receipt>,
}

/// Reads a request: key, org, app, budget, idempotency key, command. `with` is what belongs to the
/// request and travels beside it.
pub(super) fn understand<R>(request: Request<R>, with: &[u8]) -> Result<Understood, Status>
where
    R: Order,
    CustomerCommand: TryFrom<R, Error: Display>,
{
    let access = access(&request)?;
    let id = call_id(&request)?;
    let order = request.into_inner();
    let org = access.org(order.org())?.clone();
    let app = named(&access, &order.name())?.cloned();
    access.budget().spend_write()?;
    let call = id.map(|id| {
        let mut said = order.encode_to_vec();
        said.extend_from_slice(with);
        (id, wire::digest(R::PATH, &said))
    });
    let caller = access.caller(app.as_ref());
    let command = CustomerCommand::try_from(order).map_err(|fault| not_understood(&fault));
    Ok(Understood { access, org, caller, call, command })
}

/// The app in whose name a request is made; `None` if it does not say.
pub(super) fn named<'a>(access: &'a Access, name: &Name<'_>) -> Result<Option<&'a AppId>, Status> {
    match name {
        Name::Key => Ok(None),
        Name::App(app) => access.app(app).map(Some),
        // Any app but the reminder's makes the rule refuse it, in the reply.
        Name::Reminder(app) => Ok(access.app(app).ok().or(access.apps().first())),
    }
}

impl Backend {
    /// Obeys a call whose command says all there is to it.
    pub(super) async fn obey<R, P>(&self, request: Request<R>) -> Result<Response<P>, Status>
    where
        R: Order,
        CustomerCommand: TryFrom<R, Error: Display>,
        P: for<'a> From<&'a Receipt>,
    {
        self.carry_out(understand(request, &[])?).await
    }

    /// Has the engine decide what was understood, and answers with its receipt.
    pub(super) async fn carry_out<P>(&self, asked: Understood) -> Result<Response<P>, Status>
    where
        P: for<'a> From<&'a Receipt>,
    {
        let Understood { org, caller, call, command, .. } = asked;
        let receipt = match command {
            Ok(command) => self.hub.submit(&org, caller, call, Command::from(command)).await?,
            Err(receipt) => receipt,
        };
        Ok(Response::new(P::from(&receipt)))
    }
}

/// A request that is no command is refused in the reply, as by a rule; the reply's family has a
/// code for it (R-AUTH-2).
pub(super) fn not_understood(fault: &dyn Display) -> Receipt {
    receipt::state(false, fault.to_string(), None)
}
