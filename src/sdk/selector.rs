//! How a customer is named in a call (R-ADDR-7): what is known of them, which of it goes
//! on the wire, and what must be known for what.

use super::Error;
use crate::model::{CustomerId, CustomerNumber, CustomerRef, Provider, SecondaryId};

/// What is known of a customer: an id, a number, a secondary id, or several of them. Made from
/// any one of them by `into()`, or from a [`Customer`](super::Customer).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerSelector {
    /// The id that the hub gave them.
    pub id: Option<CustomerId>,
    /// A number; its provider must be said (R-CUST-1).
    pub number: Option<CustomerNumber>,
    /// A name that an app gave them, such as a passport number.
    pub secondary_id: Option<SecondaryId>,
}

impl CustomerSelector {
    /// What goes on the wire: the number, else the id, else the secondary id.
    pub fn named(&self) -> Result<CustomerRef, Error> {
        self.by_number().or_else(|| self.by_id()).or_else(|| self.by_pair()).ok_or_else(nobody)
    }

    /// The same for the *other* customer of an adoption: the id, else the number, else
    /// the secondary id.
    pub fn as_other(&self) -> Result<CustomerRef, Error> {
        self.by_id().or_else(|| self.by_number()).or_else(|| self.by_pair()).ok_or_else(nobody)
    }

    /// The number, for what reaches a phone: messages, consent and calls (R-MSG-7). It is not
    /// looked up: which of several numbers is meant is the caller's decision.
    pub fn reachable(&self) -> Result<CustomerNumber, Error> {
        self.number.clone().ok_or_else(|| {
            Error::Usage("this needs a customer with a number; read their state first".into())
        })
    }

    /// Refuses what names nobody, and a number without a provider (R-CUST-1).
    pub(super) fn checked(self) -> Result<Self, Error> {
        self.named()?;
        match &self.number {
            Some(number) if number.provider == Provider::Unspecified => {
                Err(Error::Usage("a number needs its provider: telco, telegram or facebook".into()))
            }
            Some(number) if number.number.trim().is_empty() => {
                Err(Error::Usage("the number is empty".into()))
            }
            _ => Ok(self),
        }
    }

    fn by_number(&self) -> Option<CustomerRef> {
        self.number.clone().map(CustomerRef::Number)
    }
    fn by_id(&self) -> Option<CustomerRef> {
        self.id.clone().filter(|id| !id.is_empty()).map(CustomerRef::Id)
    }
    fn by_pair(&self) -> Option<CustomerRef> {
        self.secondary_id.clone().map(CustomerRef::Secondary)
    }
}

fn nobody() -> Error {
    Error::Usage("a customer needs an id, a number or a secondary id".into())
}

impl From<CustomerId> for CustomerSelector {
    fn from(id: CustomerId) -> Self {
        Self { id: Some(id), ..Self::default() }
    }
}

impl From<CustomerNumber> for CustomerSelector {
    fn from(number: CustomerNumber) -> Self {
        Self { number: Some(number), ..Self::default() }
    }
}

impl From<SecondaryId> for CustomerSelector {
    fn from(pair: SecondaryId) -> Self {
        Self { secondary_id: Some(pair), ..Self::default() }
    }
}

impl From<CustomerRef> for CustomerSelector {
    fn from(customer: CustomerRef) -> Self {
        match customer {
            CustomerRef::Id(id) => id.into(),
            CustomerRef::Number(number) => number.into(),
            CustomerRef::Secondary(pair) => pair.into(),
        }
    }
}

impl From<&CustomerRef> for CustomerSelector {
    fn from(customer: &CustomerRef) -> Self {
        customer.clone().into()
    }
}
