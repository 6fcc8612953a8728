//! The operations that are commands, and what follows from their list: how a call of each is named,
//! in whose name it is made, and how it is answered. The hub's services, the SDK's `send`, dry runs
//! and the contract's table are made from the same list (`for_each_operation!`).

use super::{
    DecodeError,
    proto::{hera, v1, v1::dry_run_request::Command as Request},
};
use crate::model::{CustomerCommand, Receipt};

/// Hands the list of operations to another macro, which makes what it wants of each row. A row is
/// `SendMessage send_message SendMessageRequest SendMessageReply app;`: the rpc, which is also the
/// arm of the dry run's oneof, its method, its request and reply, and in whose name it is made
/// (see [`Name`]). `GetCustomerState` is not among them: it is a read that may create a customer,
/// and its reply is a state.
macro_rules! for_each_operation {
    ($make:ident) => {
        $make! {
            hera {
                UpdateCustomerTag update_customer_tag UpdateCustomerTagRequest UpdateCustomerStateReply key;
                DeleteCustomerTag delete_customer_tag DeleteCustomerTagRequest UpdateCustomerStateReply key;
                UpdateCustomerMetadata update_customer_metadata UpdateCustomerMetadataRequest UpdateCustomerStateReply key;
                DeleteCustomerMetadata delete_customer_metadata DeleteCustomerMetadataRequest UpdateCustomerStateReply key;
                LeaseCustomerMetadata lease_customer_metadata LeaseCustomerMetadataRequest LeaseCustomerMetadataReply key;
                AdoptCustomerState adopt_customer_state AdoptCustomerStateRequest UpdateCustomerStateReply key;
                UpdateCustomerSecondaryId update_customer_secondary_id UpdateCustomerSecondaryIdRequest UpdateCustomerStateReply key;
                DeleteCustomerSecondaryId delete_customer_secondary_id DeleteCustomerSecondaryIdRequest UpdateCustomerStateReply key;
                AddCustomerReminder add_customer_reminder AddCustomerReminderRequest UpdateCustomerStateReply reminder;
                CancelCustomerReminder cancel_customer_reminder CancelCustomerReminderRequest UpdateCustomerStateReply app;
                AddCustomerReminderByTag add_customer_reminder_by_tag AddCustomerReminderTagRequest TagCommandReply reminder;
                CancelCustomerReminderByTag cancel_customer_reminder_by_tag CancelCustomerReminderTagRequest TagCommandReply app;
                SendMessage send_message SendMessageRequest SendMessageReply app;
                SendMessageByTag send_message_by_tag SendMessageTagRequest TagCommandReply app;
                ReplyToMessage reply_to_message ReplyToMessageRequest SendMessageReply app;
                MessagingConsent messaging_consent MessagingConsentRequest MessagingConsentReply app;
                InitiatePayment initiate_payment InitiatePaymentRequest InitiatePaymentReply app;
                MakeVoiceCall make_voice_call MakeVoiceCallRequest MakeVoiceCallReply app;
                SendWebhookResponse send_webhook_response WebhookResponse WebhookResponseReply app;
            }
            operator {
                SteerWork steer_work SteerWorkRequest TagCommandReply key;
            }
        }
    };
}
pub(crate) use for_each_operation;

/// In whose name a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name<'r> {
    /// It does not say: in that of the key's app, if it has just one.
    Key,
    /// Of this app; a key that may not act for it is turned away (R-AUTH-1).
    App(&'r str),
    /// Of this app too, but what is wrong with it is said in the reply (R-REM-4).
    Reminder(&'r str),
}

/// A request that asks for a command.
pub trait Operation: prost::Message + Into<Request> {
    /// The rpc's full path, a part of the digest of an idempotency key.
    const PATH: &'static str;
    /// How it is answered.
    type Reply: for<'a> From<&'a Receipt>;
    /// The org whose customers it is about.
    fn org(&self) -> &str;
    /// In whose name it is made.
    fn name(&self) -> Name<'_>;
    /// What it asks for; an error's sentence is the description of a refusal.
    fn command(self) -> Result<CustomerCommand, DecodeError> {
        CustomerCommand::try_from(self.into())
    }
}

macro_rules! operations {
    (hera { $($h:tt)* } operator { $($v:tt)* }) => {
        operations! { @impls hera "/com.elarian.hera.proto.GrpcWebService/"; $($h)* }
        operations! { @impls v1 "/switchboard.v1.Operator/"; $($v)* }
        operations! { @list $($h)* $($v)* }
        operations! { @names RPCS $($h)* }
        operations! { @names OWN_RPCS $($v)* }
    };
    (@impls $package:ident $service:literal;
     $($rpc:ident $method:ident $request:ident $reply:ident $name:ident;)*) => {$(
        impl From<$package::$request> for Request {
            fn from(request: $package::$request) -> Self {
                Self::$rpc(request)
            }
        }
        impl Operation for $package::$request {
            const PATH: &'static str = concat!($service, stringify!($rpc));
            type Reply = hera::$reply;
            fn org(&self) -> &str {
                &self.org_id
            }
            fn name(&self) -> Name<'_> {
                operations!(@name $name self)
            }
        }
    )*};
    (@list $($rpc:ident $method:ident $request:ident $reply:ident $name:ident;)*) => {
        /// The org that a request is of, and in whose name it is made.
        #[must_use]
        pub fn heading(request: &Request) -> (&str, Name<'_>) {
            match request {
                Request::GetCustomerState(r) => (&r.org_id, Name::Key),
                $(Request::$rpc(r) => (r.org(), r.name()),)*
            }
        }
    };
    (@names $all:ident
     $($rpc:ident $method:ident $request:ident $reply:ident $name:ident;)*) => {
        #[doc = "The rpcs of the list, by name; `OWN_RPCS` are those that the public contract lacks."]
        pub const $all: &[&str] = &[$(stringify!($rpc)),*];
    };
    (@name key $r:ident) => { Name::Key };
    (@name app $r:ident) => { Name::App(&$r.app_id) };
    (@name reminder $r:ident) => {
        Name::Reminder($r.reminder.as_ref().map_or("", |reminder| &reminder.app_id))
    };
}

for_each_operation!(operations);
