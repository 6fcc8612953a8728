//! Requests that ask for a command, to and from `CustomerCommand`: the hub reads them here, and the
//! SDK writes them here. Both directions of a pair stand in one row of `pairs!`.
//!
//! The dry run has a oneof whose arms are these requests, so that its generated enum serves as "any
//! request that asks for a command" everywhere. An outbound body of the contract holds only one
//! thing. If a body has several, the location wins over media and media over text, as in the
//! contract's own SDKs (R-MSG-6). The org and the app are not a part of a command but travel beside it.

use super::{
    DecodeError, money,
    pair::Wire as _,
    parts,
    proto::{hera, v1, v1::dry_run_request::Command as Request},
    state,
};
use crate::model::{
    AppId, Body, ConsentAction, CustomerCommand, CustomerRef, DataValue, OrgId, SecondaryId,
    TagMessage, TagPair, UssdMenu, WorkState,
};

/// Writes both directions from rows. A row has a command, the request for it, and the command that
/// a request asks for: `MakeCall { to, from } => MakeVoiceCall(request), |r| MakeCall { .. };`. All
/// left sides become one match over the commands, and all right sides one match over the requests.
/// Neither has a wildcard, so that a command or a request without its row does not compile.
macro_rules! pairs {
    (|$org:ident, $app:ident|
     $($command:pat => $arm:ident($request:expr), |$r:ident| $back:expr;)*) => {
        /// The request that asks for a command in an org and on behalf of an app.
        #[must_use]
        pub fn of(command: &CustomerCommand, org: &OrgId, app: &AppId) -> Request {
            let ($org, $app) = (org.to_string(), app.to_string());
            match command {
                $($command => Request::$arm($request),)*
            }
        }

        /// The command that a request asks for. If it asks for none, the error's text is the
        /// description of the refusal.
        impl TryFrom<Request> for CustomerCommand {
            type Error = DecodeError;
            fn try_from(request: Request) -> Result<Self, DecodeError> {
                Ok(match request {
                    $(Request::$arm($r) => $back,)*
                })
            }
        }
    };
}

use CustomerCommand as C;

pairs! { |org_id, app_id|
    C::Meet(customer) => GetCustomerState(hera::GetCustomerStateRequest {
        org_id,
        customer: Some(customer.into()),
    }), |r| C::Meet(named(r.customer)?);

    C::AdoptCustomer { customer, other } => AdoptCustomerState(hera::AdoptCustomerStateRequest {
        org_id,
        customer_id: customer.to_string(),
        other_customer: Some(other.into()),
    }), |r| C::AdoptCustomer { customer: r.customer_id.into(), other: named(r.other_customer)? };

    C::UpdateTags { customer, tags } => UpdateCustomerTag(hera::UpdateCustomerTagRequest {
        org_id,
        customer: Some(customer.into()),
        tags: tags.iter().map(Into::into).collect(),
    }), |r| C::UpdateTags {
        customer: named(r.customer)?,
        tags: r.tags.into_iter().map(Into::into).collect(),
    };

    C::DeleteTags { customer, keys } => DeleteCustomerTag(hera::DeleteCustomerTagRequest {
        org_id,
        customer: Some(customer.into()),
        keys: keys.clone(),
    }), |r| C::DeleteTags { customer: named(r.customer)?, keys: r.keys };

    C::UpdateSecondaryIds { customer, ids } => UpdateCustomerSecondaryId(
        hera::UpdateCustomerSecondaryIdRequest {
            org_id,
            customer: Some(customer.into()),
            secondary_ids: ids.iter().map(parts::index).collect(),
        }
    ), |r| C::UpdateSecondaryIds {
        customer: named(r.customer)?,
        ids: r.secondary_ids.into_iter().map(parts::from_index).collect(),
    };

    C::DeleteSecondaryIds { customer, ids } => DeleteCustomerSecondaryId(
        hera::DeleteCustomerSecondaryIdRequest {
            org_id,
            customer: Some(customer.into()),
            mappings: ids.iter().map(whole_or_key).collect(),
        }
    ), |r| C::DeleteSecondaryIds {
        customer: named(r.customer)?,
        ids: r.mappings.into_iter().map(Into::into).collect(),
    };

    C::UpdateMetadata { customer, values } => UpdateCustomerMetadata(
        hera::UpdateCustomerMetadataRequest {
            org_id,
            customer: Some(customer.into()),
            metadata: values.iter().map(|(key, value)| (key.clone(), value.into())).collect(),
        }
    ), |r| C::UpdateMetadata { customer: named(r.customer)?, values: data(r.metadata)? };

    C::LeaseMetadata { customer, key } => LeaseCustomerMetadata(
        hera::LeaseCustomerMetadataRequest {
            org_id,
            customer: Some(customer.into()),
            key: key.clone(),
        }
    ), |r| C::LeaseMetadata { customer: named(r.customer)?, key: r.key };

    C::DeleteMetadata { customer, keys } => DeleteCustomerMetadata(
        hera::DeleteCustomerMetadataRequest {
            org_id,
            customer: Some(customer.into()),
            keys: keys.clone(),
        }
    ), |r| C::DeleteMetadata { customer: named(r.customer)?, keys: r.keys };

    C::AddReminder { customer, reminder } => AddCustomerReminder(
        hera::AddCustomerReminderRequest {
            org_id,
            customer: Some(customer.into()),
            reminder: Some(parts::reminder_of(reminder, app_id)),
        }
    ), |r| C::AddReminder { customer: named(r.customer)?, reminder: reminder(r.reminder)? };

    C::CancelReminder { customer, key } => CancelCustomerReminder(
        hera::CancelCustomerReminderRequest {
            org_id,
            app_id,
            customer: Some(customer.into()),
            key: key.clone(),
        }
    ), |r| C::CancelReminder { customer: named(r.customer)?, key: r.key };

    C::AddReminderByTag { tag, reminder } => AddCustomerReminderByTag(
        hera::AddCustomerReminderTagRequest {
            org_id,
            tag: Some(tag.into()),
            reminder: Some(parts::reminder_of(reminder, app_id)),
        }
    ), |r| C::AddReminderByTag { tag: tag_of(r.tag), reminder: reminder(r.reminder)? };

    C::CancelReminderByTag { tag, key } => CancelCustomerReminderByTag(
        hera::CancelCustomerReminderTagRequest {
            org_id,
            app_id,
            tag: Some(tag.into()),
            key: key.clone(),
        }
    ), |r| C::CancelReminderByTag { tag: tag_of(r.tag), key: r.key };

    // Its terms travel beside the request, because the contract has no fields for them (D-WIRE-EXTRA).
    C::SendMessageByTag { tag, message: TagMessage { from, body, .. } } => SendMessageByTag(hera::SendMessageTagRequest {
        org_id,
        app_id,
        tag: Some(tag.into()),
        channel_number: Some(from.into()),
        body: Some(body.into()),
    }), |r| C::SendMessageByTag {
        tag: tag_of(r.tag),
        message: TagMessage::new(or_empty(r.channel_number), r.body.unwrap_or_default().into()),
    };

    // What is missing becomes empty, so that the rule refuses it with its own code (R-MSG-1).
    // What the sender has seen travels beside the request, because the contract has no field for it
    // (D-WIRE-EXTRA).
    C::SendMessage { to, from, body, seen: _ } => SendMessage(hera::SendMessageRequest {
        org_id,
        app_id,
        customer_number: Some(to.into()),
        channel_number: Some(from.into()),
        body: Some(body.into()),
    }), |r| C::SendMessage {
        to: or_empty(r.customer_number),
        from: or_empty(r.channel_number),
        body: r.body.unwrap_or_default().into(),
        seen: None,
    };

    C::ReplyToMessage { customer, message, body, seen: _ } => ReplyToMessage(hera::ReplyToMessageRequest {
        org_id,
        app_id,
        customer_id: customer.to_string(),
        reply_to_message_id: message.to_string(),
        body: Some(body.into()),
    }), |r| C::ReplyToMessage {
        customer: r.customer_id.into(),
        message: r.reply_to_message_id.into(),
        body: r.body.unwrap_or_default().into(),
        seen: None,
    };

    // The reason travels beside the request, because the contract has no field for it
    // (D-WIRE-EXTRA).
    C::RequestConsent { number, channel, action, reason: _ } => MessagingConsent(
        hera::MessagingConsentRequest {
            org_id,
            app_id,
            customer_number: Some(number.into()),
            channel_number: Some(channel.into()),
            action: action.code(),
        }
    ), |r| C::RequestConsent {
        number: or_empty(r.customer_number),
        channel: or_empty(r.channel_number),
        action: ConsentAction::from_code(r.action).unwrap_or_default(),
        reason: String::new(),
    };

    C::InitiatePayment { debit, credit, value } => InitiatePayment(hera::InitiatePaymentRequest {
        org_id,
        app_id,
        debit_party: Some(debit.into()),
        credit_party: Some(credit.into()),
        value: Some((*value).into()),
    }), |r| C::InitiatePayment {
        debit: party(r.debit_party, "debit")?,
        credit: party(r.credit_party, "credit")?,
        value: money::amount(r.value.as_ref())?,
    };

    C::MakeCall { to, from } => MakeVoiceCall(hera::MakeVoiceCallRequest {
        org_id,
        app_id,
        customer_number: Some(to.into()),
        channel_number: Some(from.into()),
    }), |r| C::MakeCall { to: or_empty(r.customer_number), from: or_empty(r.channel_number) };

    C::AnswerPrompt { session, menu, actions } => SendWebhookResponse(hera::WebhookResponse {
        org_id,
        app_id,
        session_id: session.to_string(),
        ussd_menu: menu.as_ref().map(|menu| hera::UssdMenu {
            text: menu.text.clone(),
            is_terminal: menu.is_terminal,
        }),
        voice_call_actions: actions.iter().map(Into::into).collect(),
    }), |r| C::AnswerPrompt {
        session: r.session_id.into(),
        menu: r.ussd_menu.map(|menu| UssdMenu { text: menu.text, is_terminal: menu.is_terminal }),
        actions: Vec::from_wire(r.voice_call_actions)?,
    };

    C::SteerWork { work, to } => SteerWork(v1::SteerWorkRequest {
        org_id,
        work_id: work.to_string(),
        to: to.code(),
    }), |r| C::SteerWork { work: r.work_id.into(), to: steered(r.to)? };

    C::NoAnswerNeeded { customer, up_to } => NoAnswerNeeded(v1::NoAnswerNeededRequest {
        org_id,
        customer: Some(customer.into()),
        up_to_message_id: up_to.to_wire(),
    }), |r| C::NoAnswerNeeded {
        customer: named(r.customer)?,
        up_to: Option::from_wire(r.up_to_message_id)?,
    };

    C::ScheduleMessage { to, from, body, at, in_reply_to, seen: _ } => ScheduleMessage(
        v1::ScheduleMessageRequest {
            org_id,
            app_id,
            customer_number: Some(to.into()),
            channel_number: Some(from.into()),
            body: Some(body.into()),
            leaves_at: Some(at.to_wire()),
            in_reply_to: in_reply_to.to_wire(),
        }
    ), |r| C::ScheduleMessage {
        to: or_empty(r.customer_number),
        from: or_empty(r.channel_number),
        body: r.body.unwrap_or_default().into(),
        at: parts::from_time(r.leaves_at),
        in_reply_to: Option::from_wire(r.in_reply_to)?,
        seen: None,
    };

    C::EditScheduled { customer, message, body, at, seen: _ } => EditScheduled(v1::EditScheduledRequest {
        org_id,
        customer: Some(customer.into()),
        message_id: message.to_string(),
        body: Some(body.into()),
        leaves_at: Some(at.to_wire()),
    }), |r| C::EditScheduled {
        customer: named(r.customer)?,
        message: r.message_id.into(),
        body: r.body.unwrap_or_default().into(),
        at: parts::from_time(r.leaves_at),
        seen: None,
    };

    C::CancelScheduled { customer, message } => CancelScheduled(v1::CancelScheduledRequest {
        org_id,
        customer: Some(customer.into()),
        message_id: message.to_string(),
    }), |r| C::CancelScheduled { customer: named(r.customer)?, message: r.message_id.into() };

    C::DecideUnknown { message, again, attempt } => DecideUnknown(v1::DecideUnknownRequest {
        org_id,
        message_id: message.to_string(),
        again: *again,
        attempt: attempt.unwrap_or_default(),
    }), |r| C::DecideUnknown {
        message: r.message_id.into(),
        again: r.again,
        attempt: Some(r.attempt).filter(|attempt| *attempt > 0),
    };

    C::PauseCarrier { carrier, is_paused } => PauseCarrier(v1::PauseCarrierRequest {
        org_id,
        carrier_id: carrier.to_string(),
        paused: *is_paused,
    }), |r| C::PauseCarrier { carrier: r.carrier_id.into(), is_paused: r.paused };
}

/// An id without a value stands for every id with its key (R-SID-3).
fn whole_or_key(id: &SecondaryId) -> hera::IndexMapping {
    let value = Some(id.value.clone()).filter(|value| !value.is_empty());
    hera::IndexMapping { key: id.key.clone(), value }
}

/// Writes both directions between the oneof `customer` of a request and `CustomerRef`.
macro_rules! customers {
    ($($package:ident: $($request:ident)*;)*) => {$($(
        impl From<&CustomerRef> for $package::$request::Customer {
            fn from(customer: &CustomerRef) -> Self {
                match customer {
                    CustomerRef::Id(id) => Self::CustomerId(id.to_string()),
                    CustomerRef::Number(number) => Self::CustomerNumber(number.into()),
                    CustomerRef::Secondary(pair) => Self::SecondaryId(pair.into()),
                }
            }
        }
        impl From<$package::$request::Customer> for CustomerRef {
            fn from(customer: $package::$request::Customer) -> Self {
                use $package::$request::Customer;
                match customer {
                    Customer::CustomerId(id) => Self::Id(id.into()),
                    Customer::CustomerNumber(number) => Self::Number(number.into()),
                    Customer::SecondaryId(mapping) => Self::Secondary(mapping.into()),
                }
            }
        }
    )*)*};
}

customers! {
    hera: get_customer_state_request update_customer_tag_request delete_customer_tag_request
    update_customer_secondary_id_request delete_customer_secondary_id_request
    update_customer_metadata_request delete_customer_metadata_request
    lease_customer_metadata_request add_customer_reminder_request cancel_customer_reminder_request;
    v1: no_answer_needed_request edit_scheduled_request cancel_scheduled_request;
}

/// It is an error if the oneof is empty, because then the request names nobody (R-ADDR-2).
fn named(customer: Option<impl Into<CustomerRef>>) -> Result<CustomerRef, DecodeError> {
    customer.map(Into::into).ok_or_else(|| DecodeError::new("no customer given"))
}

impl From<&CustomerRef> for hera::adopt_customer_state_request::OtherCustomer {
    fn from(customer: &CustomerRef) -> Self {
        match customer {
            CustomerRef::Id(id) => Self::OtherCustomerId(id.to_string()),
            CustomerRef::Number(number) => Self::OtherCustomerNumber(number.into()),
            CustomerRef::Secondary(pair) => Self::OtherSecondaryId(pair.into()),
        }
    }
}

impl From<hera::adopt_customer_state_request::OtherCustomer> for CustomerRef {
    fn from(customer: hera::adopt_customer_state_request::OtherCustomer) -> Self {
        use hera::adopt_customer_state_request::OtherCustomer;
        match customer {
            OtherCustomer::OtherCustomerId(id) => Self::Id(id.into()),
            OtherCustomer::OtherCustomerNumber(number) => Self::Number(number.into()),
            OtherCustomer::OtherSecondaryId(mapping) => Self::Secondary(mapping.into()),
        }
    }
}

/// A missing tag or half of a tag becomes empty, so that the rules refuse it (R-TAGWORK-2).
fn tag_of(tag: Option<hera::IndexMapping>) -> TagPair {
    tag.unwrap_or_default().into()
}

fn reminder(
    reminder: Option<hera::CustomerReminder>,
) -> Result<crate::model::Reminder, DecodeError> {
    reminder.map(Into::into).ok_or_else(|| DecodeError::new("no reminder given"))
}

fn party(
    party: Option<hera::PaymentCounterParty>,
    which: &str,
) -> Result<crate::model::PaymentParty, DecodeError> {
    party.and_then(state::party).ok_or_else(|| DecodeError::new(format!("no {which} party given")))
}

/// A missing number becomes an empty one, so that the rules refuse it with the code of its family.
fn or_empty<P, T: Default + From<P>>(number: Option<P>) -> T {
    number.map_or_else(T::default, Into::into)
}

fn data(
    values: impl IntoIterator<Item = (String, hera::DataMapValue)>,
) -> Result<Vec<(String, DataValue)>, DecodeError> {
    values.into_iter().map(|(key, value)| Ok((key, DataValue::try_from(value)?))).collect()
}

fn steered(to: i32) -> Result<WorkState, DecodeError> {
    WorkState::from_code(to)
        .filter(|to| matches!(to, WorkState::Paused | WorkState::Running | WorkState::Cancelled))
        .ok_or_else(|| DecodeError::new("work can be paused, resumed (running) or cancelled"))
}

impl From<&Body> for hera::CustomerMessageBody {
    fn from(body: &Body) -> Self {
        use hera::customer_message_body::Entry;
        let entry = if let Some(at) = &body.location {
            Some(Entry::Location(at.into()))
        } else if let Some(media) = body.media.first() {
            Some(Entry::Media(media.into()))
        } else if body.text.is_some() || body.template.is_some() {
            Some(Entry::Text(hera::TextMessageBody {
                text: body.text.clone(),
                template: body.template.as_ref().map(Into::into),
            }))
        } else {
            None
        };
        Self { entry }
    }
}

impl From<hera::CustomerMessageBody> for Body {
    fn from(body: hera::CustomerMessageBody) -> Self {
        use hera::customer_message_body::Entry;
        match body.entry {
            None => Self::default(),
            Some(Entry::Text(text)) => {
                Self { text: text.text, template: text.template.map(Into::into), ..Self::default() }
            }
            Some(Entry::Media(media)) => Self { media: vec![media.into()], ..Self::default() },
            Some(Entry::Location(at)) => Self { location: Some(at.into()), ..Self::default() },
        }
    }
}
