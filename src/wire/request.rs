//! Requests of the public contract to and from `CustomerCommand`: the hub reads them here, the
//! SDK writes them here.
//!
//! Lossy: the contract carries one thing per outbound body, so of a body with several the
//! location wins over media and media over text, as in the SDKs (operations.md 3.18). Org and
//! app are not part of a command; they go in and out beside it.

use super::{
    DecodeError, money, parts,
    proto::{hera, v1},
    state, voice,
};
use crate::model::{
    AppId, Body, ChannelNumber, ConsentAction, CustomerCommand, CustomerNumber, CustomerRef,
    DataValue, OrgId, SecondaryId, TagPair, UssdMenu, WorkState,
};

/// The request that asks for a command, one arm per rpc.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// `GetCustomerState`, which creates a customer for an unknown number (R-ADDR-1).
    Meet(hera::GetCustomerStateRequest),
    /// `AdoptCustomerState`.
    Adopt(hera::AdoptCustomerStateRequest),
    /// `UpdateCustomerTag`.
    UpdateTags(hera::UpdateCustomerTagRequest),
    /// `DeleteCustomerTag`.
    DeleteTags(hera::DeleteCustomerTagRequest),
    /// `UpdateCustomerSecondaryId`.
    UpdateSecondaryIds(hera::UpdateCustomerSecondaryIdRequest),
    /// `DeleteCustomerSecondaryId`.
    DeleteSecondaryIds(hera::DeleteCustomerSecondaryIdRequest),
    /// `AddCustomerReminder`.
    AddReminder(hera::AddCustomerReminderRequest),
    /// `CancelCustomerReminder`.
    CancelReminder(hera::CancelCustomerReminderRequest),
    /// `AddCustomerReminderByTag`.
    AddReminderByTag(hera::AddCustomerReminderTagRequest),
    /// `CancelCustomerReminderByTag`.
    CancelReminderByTag(hera::CancelCustomerReminderTagRequest),
    /// `UpdateCustomerMetadata`.
    UpdateMetadata(hera::UpdateCustomerMetadataRequest),
    /// `LeaseCustomerMetadata`.
    LeaseMetadata(hera::LeaseCustomerMetadataRequest),
    /// `DeleteCustomerMetadata`.
    DeleteMetadata(hera::DeleteCustomerMetadataRequest),
    /// `SendMessage`.
    SendMessage(hera::SendMessageRequest),
    /// `SendMessageByTag`.
    SendMessageByTag(hera::SendMessageTagRequest),
    /// `ReplyToMessage`.
    ReplyToMessage(hera::ReplyToMessageRequest),
    /// `MessagingConsent`.
    RequestConsent(hera::MessagingConsentRequest),
    /// `InitiatePayment`.
    InitiatePayment(hera::InitiatePaymentRequest),
    /// `MakeVoiceCall`.
    MakeCall(hera::MakeVoiceCallRequest),
    /// `SendWebhookResponse`.
    AnswerPrompt(hera::WebhookResponse),
    /// `switchboard.v1.Operator/SteerWork`.
    SteerWork(v1::SteerWorkRequest),
}

impl Request {
    /// The request for a command, in the name of an org and an app.
    #[must_use]
    pub fn new(command: &CustomerCommand, org: &OrgId, app: &AppId) -> Self {
        use CustomerCommand as C;
        let org_id = org.to_string();
        match command {
            C::Meet(customer) => Self::Meet(hera::GetCustomerStateRequest {
                org_id,
                customer: Some(customer.into()),
            }),
            C::AdoptCustomer { customer, other } => Self::Adopt(hera::AdoptCustomerStateRequest {
                org_id,
                customer_id: customer.to_string(),
                other_customer: Some(other.into()),
            }),
            C::UpdateTags { customer, tags } => Self::UpdateTags(hera::UpdateCustomerTagRequest {
                org_id,
                customer: Some(customer.into()),
                tags: tags.iter().map(Into::into).collect(),
            }),
            C::DeleteTags { customer, keys } => Self::DeleteTags(hera::DeleteCustomerTagRequest {
                org_id,
                customer: Some(customer.into()),
                keys: keys.clone(),
            }),
            C::UpdateSecondaryIds { customer, ids } => {
                Self::UpdateSecondaryIds(hera::UpdateCustomerSecondaryIdRequest {
                    org_id,
                    customer: Some(customer.into()),
                    secondary_ids: ids.iter().map(parts::index).collect(),
                })
            }
            C::DeleteSecondaryIds { customer, ids } => {
                Self::DeleteSecondaryIds(hera::DeleteCustomerSecondaryIdRequest {
                    org_id,
                    customer: Some(customer.into()),
                    mappings: ids.iter().map(whole_or_key).collect(),
                })
            }
            rest => Self::of_data(rest, org_id, app.to_string()),
        }
    }

    /// Metadata, leases and reminders.
    fn of_data(command: &CustomerCommand, org_id: String, app_id: String) -> Self {
        use CustomerCommand as C;
        match command {
            C::UpdateMetadata { customer, values } => {
                let values = values.iter().map(|(key, value)| (key.clone(), value.into()));
                Self::UpdateMetadata(hera::UpdateCustomerMetadataRequest {
                    org_id,
                    customer: Some(customer.into()),
                    metadata: values.collect(),
                })
            }
            C::LeaseMetadata { customer, key } => {
                Self::LeaseMetadata(hera::LeaseCustomerMetadataRequest {
                    org_id,
                    customer: Some(customer.into()),
                    key: key.clone(),
                })
            }
            C::DeleteMetadata { customer, keys } => {
                Self::DeleteMetadata(hera::DeleteCustomerMetadataRequest {
                    org_id,
                    customer: Some(customer.into()),
                    keys: keys.clone(),
                })
            }
            C::AddReminder { customer, reminder } => {
                Self::AddReminder(hera::AddCustomerReminderRequest {
                    org_id,
                    customer: Some(customer.into()),
                    reminder: Some(parts::reminder_of(reminder, app_id)),
                })
            }
            C::CancelReminder { customer, key } => {
                Self::CancelReminder(hera::CancelCustomerReminderRequest {
                    org_id,
                    app_id,
                    customer: Some(customer.into()),
                    key: key.clone(),
                })
            }
            rest => Self::of_tags(rest, org_id, app_id),
        }
    }

    /// What is done by tag.
    fn of_tags(command: &CustomerCommand, org_id: String, app_id: String) -> Self {
        use CustomerCommand as C;
        match command {
            C::AddReminderByTag { tag, reminder } => {
                Self::AddReminderByTag(hera::AddCustomerReminderTagRequest {
                    org_id,
                    tag: Some(tag.into()),
                    reminder: Some(parts::reminder_of(reminder, app_id)),
                })
            }
            C::CancelReminderByTag { tag, key } => {
                Self::CancelReminderByTag(hera::CancelCustomerReminderTagRequest {
                    org_id,
                    app_id,
                    tag: Some(tag.into()),
                    key: key.clone(),
                })
            }
            C::SendMessageByTag { tag, from, body } => {
                Self::SendMessageByTag(hera::SendMessageTagRequest {
                    org_id,
                    app_id,
                    tag: Some(tag.into()),
                    channel_number: Some(from.into()),
                    body: Some(body.into()),
                })
            }
            C::SteerWork { work, to } => Self::SteerWork(v1::SteerWorkRequest {
                org_id,
                work_id: work.to_string(),
                to: to.code(),
            }),
            rest => Self::of_traffic(rest, org_id, app_id),
        }
    }

    /// What reaches a customer.
    fn of_traffic(command: &CustomerCommand, org_id: String, app_id: String) -> Self {
        use CustomerCommand as C;
        match command {
            C::SendMessage { to, from, body } => Self::SendMessage(hera::SendMessageRequest {
                org_id,
                app_id,
                customer_number: Some(to.into()),
                channel_number: Some(from.into()),
                body: Some(body.into()),
            }),
            C::RequestConsent { number, channel, action, .. } => {
                Self::RequestConsent(hera::MessagingConsentRequest {
                    org_id,
                    app_id,
                    customer_number: Some(number.into()),
                    channel_number: Some(channel.into()),
                    action: action.code(),
                })
            }
            C::InitiatePayment { debit, credit, value } => {
                Self::InitiatePayment(hera::InitiatePaymentRequest {
                    org_id,
                    app_id,
                    debit_party: Some(debit.into()),
                    credit_party: Some(credit.into()),
                    value: Some((*value).into()),
                })
            }
            C::MakeCall { to, from } => Self::MakeCall(hera::MakeVoiceCallRequest {
                org_id,
                app_id,
                customer_number: Some(to.into()),
                channel_number: Some(from.into()),
            }),
            C::AnswerPrompt { session, menu, actions } => {
                Self::AnswerPrompt(hera::WebhookResponse {
                    org_id,
                    app_id,
                    session_id: session.to_string(),
                    ussd_menu: menu.as_ref().map(|menu| hera::UssdMenu {
                        text: menu.text.clone(),
                        is_terminal: menu.is_terminal,
                    }),
                    voice_call_actions: actions.iter().map(Into::into).collect(),
                })
            }
            C::ReplyToMessage { customer, message, body } => {
                Self::ReplyToMessage(hera::ReplyToMessageRequest {
                    org_id,
                    app_id,
                    customer_id: customer.to_string(),
                    reply_to_message_id: message.to_string(),
                    body: Some(body.into()),
                })
            }
            // Every other command has its arm above.
            _ => Self::Meet(hera::GetCustomerStateRequest { org_id, customer: None }),
        }
    }
}

/// An id without a value stands for every id with its key (R-SID-3).
fn whole_or_key(id: &SecondaryId) -> hera::IndexMapping {
    let value = Some(id.value.clone()).filter(|value| !value.is_empty());
    hera::IndexMapping { key: id.key.clone(), value }
}

/// Both ways between a request's oneof `customer` and `CustomerRef`.
macro_rules! customers {
    ($($request:ident)*) => {$(
        impl From<&CustomerRef> for hera::$request::Customer {
            fn from(customer: &CustomerRef) -> Self {
                match customer {
                    CustomerRef::Id(id) => Self::CustomerId(id.to_string()),
                    CustomerRef::Number(number) => Self::CustomerNumber(number.into()),
                    CustomerRef::Secondary(pair) => Self::SecondaryId(pair.into()),
                }
            }
        }
        impl From<hera::$request::Customer> for CustomerRef {
            fn from(customer: hera::$request::Customer) -> Self {
                use hera::$request::Customer;
                match customer {
                    Customer::CustomerId(id) => Self::Id(id.into()),
                    Customer::CustomerNumber(number) => Self::Number(number.into()),
                    Customer::SecondaryId(mapping) => Self::Secondary(mapping.into()),
                }
            }
        }
    )*};
}

customers! {
    get_customer_state_request update_customer_tag_request delete_customer_tag_request
    update_customer_secondary_id_request delete_customer_secondary_id_request
    update_customer_metadata_request delete_customer_metadata_request
    lease_customer_metadata_request add_customer_reminder_request cancel_customer_reminder_request
}

/// An empty oneof names nobody (R-ADDR-2).
fn named(customer: Option<impl Into<CustomerRef>>) -> Result<CustomerRef, DecodeError> {
    customer.map(Into::into).ok_or_else(|| DecodeError::new("no customer given"))
}

/// What the hub is asked for. An error's sentence is the description of a `status=false` reply.
macro_rules! commands {
    ($($request:ident |$r:ident| $command:expr;)*) => {$(
        impl TryFrom<hera::$request> for CustomerCommand {
            type Error = DecodeError;
            fn try_from($r: hera::$request) -> Result<Self, DecodeError> {
                Ok($command)
            }
        }
    )*};
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

/// Work by tag needs both halves of the tag (R-TAGWORK-2); an empty half is refused by rule.
fn tag(tag: Option<hera::IndexMapping>) -> TagPair {
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

commands! {
    GetCustomerStateRequest |r| Self::Meet(named(r.customer)?);
    UpdateCustomerTagRequest |r| Self::UpdateTags {
        customer: named(r.customer)?,
        tags: r.tags.into_iter().map(Into::into).collect(),
    };
    DeleteCustomerTagRequest |r| Self::DeleteTags {
        customer: named(r.customer)?,
        keys: r.keys,
    };
    UpdateCustomerSecondaryIdRequest |r| Self::UpdateSecondaryIds {
        customer: named(r.customer)?,
        ids: r.secondary_ids.into_iter().map(parts::from_index).collect(),
    };
    UpdateCustomerMetadataRequest |r| Self::UpdateMetadata {
        customer: named(r.customer)?,
        values: r
            .metadata
            .into_iter()
            .map(|(key, value)| Ok((key, DataValue::try_from(value)?)))
            .collect::<Result<_, DecodeError>>()?,
    };
    DeleteCustomerMetadataRequest |r| Self::DeleteMetadata {
        customer: named(r.customer)?,
        keys: r.keys,
    };
    AdoptCustomerStateRequest |r| Self::AdoptCustomer {
        customer: r.customer_id.into(),
        other: named(r.other_customer)?,
    };
    DeleteCustomerSecondaryIdRequest |r| Self::DeleteSecondaryIds {
        customer: named(r.customer)?,
        ids: r.mappings.into_iter().map(Into::into).collect(),
    };
    LeaseCustomerMetadataRequest |r| Self::LeaseMetadata {
        customer: named(r.customer)?,
        key: r.key,
    };
    AddCustomerReminderRequest |r| Self::AddReminder {
        customer: named(r.customer)?,
        reminder: reminder(r.reminder)?,
    };
    CancelCustomerReminderRequest |r| Self::CancelReminder {
        customer: named(r.customer)?,
        key: r.key,
    };
    AddCustomerReminderTagRequest |r| Self::AddReminderByTag {
        tag: tag(r.tag),
        reminder: reminder(r.reminder)?,
    };
    CancelCustomerReminderTagRequest |r| Self::CancelReminderByTag {
        tag: tag(r.tag),
        key: r.key,
    };
    SendMessageTagRequest |r| Self::SendMessageByTag {
        tag: tag(r.tag),
        from: r.channel_number.map_or_else(ChannelNumber::default, Into::into),
        body: r.body.unwrap_or_default().into(),
    };
    MessagingConsentRequest |r| Self::RequestConsent {
        number: r.customer_number.map_or_else(CustomerNumber::default, Into::into),
        channel: r.channel_number.map_or_else(ChannelNumber::default, Into::into),
        action: ConsentAction::from_code(r.action).unwrap_or_default(),
        reason: String::new(),
    };
    InitiatePaymentRequest |r| Self::InitiatePayment {
        debit: party(r.debit_party, "debit")?,
        credit: party(r.credit_party, "credit")?,
        value: money::amount(r.value.as_ref())?,
    };
    MakeVoiceCallRequest |r| Self::MakeCall {
        to: r.customer_number.map_or_else(CustomerNumber::default, Into::into),
        from: r.channel_number.map_or_else(ChannelNumber::default, Into::into),
    };
    WebhookResponse |r| Self::AnswerPrompt {
        session: r.session_id.into(),
        menu: r.ussd_menu.map(|menu| UssdMenu { text: menu.text, is_terminal: menu.is_terminal }),
        actions: voice::from_actions(r.voice_call_actions)?,
    };
}

impl TryFrom<v1::SteerWorkRequest> for CustomerCommand {
    type Error = DecodeError;
    fn try_from(r: v1::SteerWorkRequest) -> Result<Self, DecodeError> {
        let to = WorkState::from_code(r.to)
            .filter(|to| {
                matches!(to, WorkState::Paused | WorkState::Running | WorkState::Cancelled)
            })
            .ok_or_else(|| {
                DecodeError::new("work can be paused, resumed (running) or cancelled")
            })?;
        Ok(Self::SteerWork { work: r.work_id.into(), to })
    }
}

impl From<hera::SendMessageRequest> for CustomerCommand {
    /// What is missing becomes empty, so that R-MSG-1 refuses it with its own code.
    fn from(r: hera::SendMessageRequest) -> Self {
        Self::SendMessage {
            to: r.customer_number.map_or_else(CustomerNumber::default, Into::into),
            from: r.channel_number.map_or_else(ChannelNumber::default, Into::into),
            body: r.body.unwrap_or_default().into(),
        }
    }
}

impl From<hera::ReplyToMessageRequest> for CustomerCommand {
    fn from(r: hera::ReplyToMessageRequest) -> Self {
        Self::ReplyToMessage {
            customer: r.customer_id.into(),
            message: r.reply_to_message_id.into(),
            body: r.body.unwrap_or_default().into(),
        }
    }
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
