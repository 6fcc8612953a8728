//! Requests of the public contract to and from `CustomerCommand`: the hub reads them here, the
//! SDK writes them here.
//!
//! Lossy: the contract carries one thing per outbound body, so of a body with several the
//! location wins over media and media over text, as in the SDKs (operations.md 3.18). Org and
//! app are not part of a command; they go in and out beside it.

use super::{DecodeError, parts, proto::hera};
use crate::model::{
    AppId, Body, ChannelNumber, CustomerCommand, CustomerNumber, CustomerRef, DataValue, OrgId,
};

/// The request that asks for a command, one arm per rpc.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// `GetCustomerState`, which creates a customer for an unknown number (R-ADDR-1).
    Meet(hera::GetCustomerStateRequest),
    /// `UpdateCustomerTag`.
    UpdateTags(hera::UpdateCustomerTagRequest),
    /// `DeleteCustomerTag`.
    DeleteTags(hera::DeleteCustomerTagRequest),
    /// `UpdateCustomerSecondaryId`.
    UpdateSecondaryIds(hera::UpdateCustomerSecondaryIdRequest),
    /// `UpdateCustomerMetadata`.
    UpdateMetadata(hera::UpdateCustomerMetadataRequest),
    /// `DeleteCustomerMetadata`.
    DeleteMetadata(hera::DeleteCustomerMetadataRequest),
    /// `SendMessage`.
    SendMessage(hera::SendMessageRequest),
    /// `ReplyToMessage`.
    ReplyToMessage(hera::ReplyToMessageRequest),
}

impl Request {
    /// The request for a command, in the name of an org and an app.
    #[must_use]
    pub fn new(command: &CustomerCommand, org: &OrgId, app: &AppId) -> Self {
        use CustomerCommand as C;
        let (org_id, app_id) = (org.to_string(), app.to_string());
        match command {
            C::Meet(customer) => Self::Meet(hera::GetCustomerStateRequest {
                org_id,
                customer: Some(customer.into()),
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
            C::UpdateMetadata { customer, values } => {
                Self::UpdateMetadata(hera::UpdateCustomerMetadataRequest {
                    org_id,
                    customer: Some(customer.into()),
                    metadata: values
                        .iter()
                        .map(|(key, value)| (key.clone(), value.into()))
                        .collect(),
                })
            }
            C::DeleteMetadata { customer, keys } => {
                Self::DeleteMetadata(hera::DeleteCustomerMetadataRequest {
                    org_id,
                    customer: Some(customer.into()),
                    keys: keys.clone(),
                })
            }
            C::SendMessage { to, from, body } => Self::SendMessage(hera::SendMessageRequest {
                org_id,
                app_id,
                customer_number: Some(to.into()),
                channel_number: Some(from.into()),
                body: Some(body.into()),
            }),
            C::ReplyToMessage { customer, message, body } => {
                Self::ReplyToMessage(hera::ReplyToMessageRequest {
                    org_id,
                    app_id,
                    customer_id: customer.to_string(),
                    reply_to_message_id: message.to_string(),
                    body: Some(body.into()),
                })
            }
        }
    }
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
