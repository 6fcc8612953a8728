//! The list of operations that are commands, and what follows from it: the path of each rpc, its
//! reply, and the app on whose behalf it is called. The hub's services, the SDK's `send`, dry runs
//! and the table in docs/CONTRACT.md are made from the same list (`for_each_operation!`).

use super::{
    DecodeError,
    proto::{hera, v1, v1::dry_run_request::Command as Request},
};
use crate::model::{CustomerCommand, Receipt};

/// Hands the list of operations to another macro, which makes of each row what it needs. A row such
/// as `SendMessage send_message SendMessageRequest SendMessageReply app;` has the rpc, which is
/// also the arm in the dry run's oneof; its method; its request and reply; and on whose behalf it
/// is called (see [`OnBehalfOf`]). `GetCustomerState` is not in the list: it is a read that may create a
/// customer, and its reply is a state.
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
                NoAnswerNeeded no_answer_needed NoAnswerNeededRequest UpdateCustomerStateReply key;
                ScheduleMessage schedule_message ScheduleMessageRequest SendMessageReply app;
                EditScheduled edit_scheduled EditScheduledRequest SendMessageReply key;
                CancelScheduled cancel_scheduled CancelScheduledRequest UpdateCustomerStateReply key;
                DecideUnknown decide_unknown DecideUnknownRequest UpdateCustomerStateReply key;
                PauseCarrier pause_carrier PauseCarrierRequest UpdateCustomerStateReply key;
            }
        }
    };
}
pub(crate) use for_each_operation;

/// On whose behalf a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBehalfOf<'r> {
    /// The request has no field for it. It is made for the app of the caller's key, if the key
    /// has exactly one.
    Key,
    /// For this app. A key that may not act for it gets a gRPC error (R-AUTH-1).
    App(&'r str),
    /// For this app, but if it is not the caller's, the reply says so and there is no
    /// gRPC error (R-REM-4).
    Reminder(&'r str),
}

/// A request that asks for a command.
pub trait Operation: prost::Message + Into<Request> {
    /// The full path of the rpc, which is a part of the digest for its idempotency key.
    const PATH: &'static str;
    /// The reply, which can be made from any receipt.
    type Reply: for<'a> From<&'a Receipt>;
    /// The org that the request names.
    fn org(&self) -> &str;
    /// On whose behalf the request is made.
    fn on_behalf_of(&self) -> OnBehalfOf<'_>;
    /// The command that the request asks for. If it asks for none, the error's text is the
    /// description of the refusal.
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
     $($rpc:ident $method:ident $request:ident $reply:ident $whose:ident;)*) => {$(
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
            fn on_behalf_of(&self) -> OnBehalfOf<'_> {
                operations!(@on_behalf_of $whose self)
            }
        }
    )*};
    (@list $($rpc:ident $method:ident $request:ident $reply:ident $whose:ident;)*) => {
        /// The org that a request names, and on whose behalf it is made.
        #[must_use]
        pub fn heading(request: &Request) -> (&str, OnBehalfOf<'_>) {
            match request {
                Request::GetCustomerState(r) => (&r.org_id, OnBehalfOf::Key),
                $(Request::$rpc(r) => (r.org(), r.on_behalf_of()),)*
            }
        }
    };
    (@names $all:ident
     $($rpc:ident $method:ident $request:ident $reply:ident $whose:ident;)*) => {
        #[doc = "The rpcs of the list, by name; `OWN_RPCS` are those that the public contract lacks."]
        pub const $all: &[&str] = &[$(stringify!($rpc)),*];
    };
    (@on_behalf_of key $r:ident) => { OnBehalfOf::Key };
    (@on_behalf_of app $r:ident) => { OnBehalfOf::App(&$r.app_id) };
    (@on_behalf_of reminder $r:ident) => {
        OnBehalfOf::Reminder($r.reminder.as_ref().map_or("", |reminder| &reminder.app_id))
    };
}

for_each_operation!(operations);
