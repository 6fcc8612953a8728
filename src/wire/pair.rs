//! The means to write both directions of a conversion in one place: the trait [`Wire`], its
//! implementations for the simple types that everything else is made of, and the macros that
//! implement it for structs and enums, with one pair in a row.
//!
//! Towards the wire a conversion cannot fail. What comes from the wire may have been written by a
//! newer version. Then it is an error that names what is unknown, and the caller decides what to
//! make of it.

use super::{
    DecodeError,
    money::{balance, from_money},
    parts::{from_duration, from_index, from_time, index},
    proto::{hera, v1},
};
use crate::model::{
    Actor, AppId, Body, CallId, CallStatus, CarrierId, ChannelNumber, ConsentAction, ConsentStatus,
    CustomerId, CustomerNumber, DataValue, Direction, HangupCause, LeaseEnd, Location, Media,
    MessageId, MessageStatus, Money, OrgId, PaymentParty, PaymentStatus, Receipt, Reminder,
    SecondaryId, Seq, SessionId, SessionStatus, Tag, TagPair, Template, Timestamp, TransactionId,
    UssdEnd, VoiceAction, WorkId, WorkState,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// A value of the model that has the form `P` on the wire.
pub(super) trait Wire<P>: Sized {
    fn to_wire(&self) -> P;
    /// It is an error if this version does not know a code or a part of it.
    fn from_wire(wire: P) -> Result<Self, DecodeError>;
}

impl<P, T: Wire<P>> Wire<P> for Arc<T> {
    fn to_wire(&self) -> P {
        T::to_wire(self)
    }
    fn from_wire(wire: P) -> Result<Self, DecodeError> {
        T::from_wire(wire).map(Self::new)
    }
}

impl<P, T: Wire<P>> Wire<P> for Box<T> {
    fn to_wire(&self) -> P {
        T::to_wire(self)
    }
    fn from_wire(wire: P) -> Result<Self, DecodeError> {
        T::from_wire(wire).map(Self::new)
    }
}

/// Implements [`Wire`] for structs. A row names the fields of a pair twice, first as the model
/// calls them and then as the wire does:
///
/// ```text
/// WorkReceipt { ok, description, work } = v1::WorkReceipt { ok, description, work_id: work };
/// ```
///
/// `to_wire` takes the model's struct apart by the left side, converts each field by its own
/// `Wire`, and puts the wire's struct together by the right side. `from_wire` does the same in the
/// other direction. So a field that is new on either side does not compile until it is in the row.
/// `status with failing` converts a field with the functions of the module `with::failing` instead, and
/// fields after a semicolon exist only in the model: `; end = None`. The macro also writes the
/// `From` and `TryFrom` that other modules use.
macro_rules! struct_pairs {
    ($(
        $model:ident { $($field:ident $(with $via:ident)?),* $(; $($only:ident = $value:expr),*)? }
            = $ns:ident::$wire:ident $parts:tt;
    )*) => {$(
        impl $crate::wire::pair::Wire<$ns::$wire> for $model {
            fn to_wire(&self) -> $ns::$wire {
                let Self { $($field,)* $($($only: _,)*)? } = self;
                $(let $field = $crate::wire::pair::to_wire!($field $($via)?);)*
                $ns::$wire $parts
            }
            fn from_wire(wire: $ns::$wire) -> Result<Self, $crate::wire::DecodeError> {
                let $ns::$wire $parts = wire;
                $(let $field = $crate::wire::pair::from_wire!($field $($via)?);)*
                Ok(Self { $($field,)* $($($only: $value,)*)? })
            }
        }
        $crate::wire::pair::required!($model = $ns::$wire);
        impl From<&$model> for $ns::$wire {
            fn from(ours: &$model) -> Self {
                $crate::wire::pair::Wire::to_wire(ours)
            }
        }
        impl TryFrom<$ns::$wire> for $model {
            type Error = $crate::wire::DecodeError;
            fn try_from(wire: $ns::$wire) -> Result<Self, $crate::wire::DecodeError> {
                $crate::wire::pair::Wire::from_wire(wire)
            }
        }
    )*};
}

/// Implements [`Wire`] between an enum of the model and a oneof, which is `None` if it has no arm.
/// A row is a pair of structs inside the variant and the arm:
///
/// ```text
/// MessageReceived { id, body } = MessageReceived(v1::MessageReceived { message_id: id, body });
/// ```
///
/// It becomes one arm in the match of `to_wire` and one in the match of `from_wire`, as in
/// [`struct_pairs`]. Neither match has a wildcard, so that a variant without a row does not
/// compile. Pairs that do not fit into a row stand at the end, as arms for both matches. Before the
/// rows stands the error for a oneof without an arm.
macro_rules! oneof_pair {
    ($model:ident = $oneof:ident else $nothing:literal {
        $($variant:ident $(( $($one:ident),* ))? $({ $($field:ident),* })? = $arm:ident $parts:tt;)*
    } $(to { $($to:tt)* } from { $($from:tt)* })?) => {
        impl $crate::wire::pair::Wire<Option<$oneof>> for $model {
            fn to_wire(&self) -> Option<$oneof> {
                Some(match self {
                    $(Self::$variant $(( $($one),* ))? $({ $($field),* })? => {
                        $($(let $one = $crate::wire::pair::to_wire!($one);)*)?
                        $($(let $field = $crate::wire::pair::to_wire!($field);)*)?
                        $oneof::$arm $parts
                    })*
                    $($($to)*)?
                })
            }
            fn from_wire(wire: Option<$oneof>) -> Result<Self, $crate::wire::DecodeError> {
                Ok(match wire {
                    $(Some($oneof::$arm $parts) => {
                        $($(let $one = $crate::wire::pair::from_wire!($one);)*)?
                        $($(let $field = $crate::wire::pair::from_wire!($field);)*)?
                        Self::$variant $(( $($one),* ))? $({ $($field),* })?
                    })*
                    $($($from)*)?
                    None => return Err($crate::wire::DecodeError::new($nothing)),
                })
            }
        }
    };
}

/// Converts a field towards the wire: by its own `Wire`, or by `to_wire` of the named
/// module of `by`.
macro_rules! to_wire {
    ($field:ident) => {
        $crate::wire::pair::Wire::to_wire($field)
    };
    ($field:ident $via:ident) => {
        $crate::wire::with::$via::to_wire($field)
    };
}

/// Converts a field from the wire: by its own `Wire`, or by `from_wire` of the named
/// module of `by`.
macro_rules! from_wire {
    ($field:ident) => {
        $crate::wire::pair::Wire::from_wire($field)?
    };
    ($field:ident $via:ident) => {
        $crate::wire::with::$via::from_wire($field)?
    };
}

/// Implements [`Wire`] for a message that is always written. If it is absent, it is read as
/// an empty one.
macro_rules! required {
    ($model:ty = $wire:ty) => {
        impl $crate::wire::pair::Wire<Option<$wire>> for $model {
            fn to_wire(&self) -> Option<$wire> {
                Some(self.to_wire())
            }
            fn from_wire(wire: Option<$wire>) -> Result<Self, $crate::wire::DecodeError> {
                Self::from_wire(wire.unwrap_or_default())
            }
        }
    };
}

pub(super) use {from_wire, oneof_pair, required, struct_pairs, to_wire};

impl<T: Wire<P>, P> Wire<Option<P>> for Option<T> {
    fn to_wire(&self) -> Option<P> {
        self.as_ref().map(T::to_wire)
    }
    fn from_wire(wire: Option<P>) -> Result<Self, DecodeError> {
        wire.map(T::from_wire).transpose()
    }
}

impl<T: Wire<P>, P> Wire<Vec<P>> for Vec<T> {
    fn to_wire(&self) -> Vec<P> {
        self.iter().map(T::to_wire).collect()
    }
    fn from_wire(wire: Vec<P>) -> Result<Self, DecodeError> {
        wire.into_iter().map(T::from_wire).collect()
    }
}

/// Implements [`Wire`] for types that are the same in the model and on the wire.
macro_rules! as_they_are {
    ($($of:ty)*) => {$(
        impl Wire<Self> for $of {
            fn to_wire(&self) -> Self {
                self.clone()
            }
            fn from_wire(wire: Self) -> Result<Self, DecodeError> {
                Ok(wire)
            }
        }
    )*};
}

as_they_are! { bool i32 u32 u64 String BTreeMap<i32, u64> }
required!(String = String);

/// Implements [`Wire`] for ids, which are text. An optional id may also be written as text, which
/// is empty without it.
macro_rules! texts {
    ($($id:ty)*) => {$(
        impl Wire<String> for $id {
            fn to_wire(&self) -> String {
                // `to_string` would format it, which costs three times as much.
                self.as_str().to_owned()
            }
            fn from_wire(wire: String) -> Result<Self, DecodeError> {
                Ok(wire.into())
            }
        }
        impl Wire<String> for Option<$id> {
            fn to_wire(&self) -> String {
                self.as_ref().map(Wire::to_wire).unwrap_or_default()
            }
            fn from_wire(wire: String) -> Result<Self, DecodeError> {
                Ok(Some(wire).filter(|text| !text.is_empty()).map(Into::into))
            }
        }
    )*};
}

texts! { AppId CallId CarrierId CustomerId MessageId OrgId SessionId TransactionId WorkId }

/// An optional text. Without it, an empty text is written.
impl Wire<String> for Option<String> {
    fn to_wire(&self) -> String {
        self.clone().unwrap_or_default()
    }
    fn from_wire(wire: String) -> Result<Self, DecodeError> {
        Ok(Some(wire).filter(|text| !text.is_empty()))
    }
}

/// Implements [`Wire`] for enums whose numbers are those of the contract.
macro_rules! codes {
    ($($of:ident)*) => {$(
        impl Wire<i32> for $of {
            fn to_wire(&self) -> i32 {
                self.code()
            }
            fn from_wire(wire: i32) -> Result<Self, DecodeError> {
                Self::from_code(wire).ok_or_else(|| unknown(stringify!($of), wire))
            }
        }
    )*};
}

codes! {
    CallStatus ConsentAction ConsentStatus Direction HangupCause LeaseEnd MessageStatus
    PaymentStatus SessionStatus UssdEnd WorkState
}

fn unknown(what: &str, code: i32) -> DecodeError {
    DecodeError::new(format!("this version knows no {what} {code}"))
}

/// Implements [`Wire`] for types that have a `From` and a `TryFrom` or `From` of their own.
macro_rules! converted {
    ($($model:ident = $wire:path;)*) => {$(
        impl Wire<$wire> for $model {
            fn to_wire(&self) -> $wire {
                self.into()
            }
            fn from_wire(wire: $wire) -> Result<Self, DecodeError> {
                Self::try_from(wire).map_err(Into::into)
            }
        }
        required!($model = $wire);
    )*};
}

converted! {
    Actor = v1::Actor;
    Body = v1::Body;
    ChannelNumber = v1::ChannelNumber;
    ChannelNumber = hera::MessagingChannelNumber;
    ChannelNumber = hera::UssdChannelNumber;
    ChannelNumber = hera::VoiceChannelNumber;
    ChannelNumber = hera::PaymentChannelNumber;
    CustomerNumber = hera::CustomerNumber;
    DataValue = hera::DataMapValue;
    Location = hera::LocationMessageBody;
    Media = hera::MediaMessageBody;
    Reminder = hera::CustomerReminder;
    SecondaryId = hera::IndexMapping;
    Tag = hera::CustomerIndex;
    TagPair = hera::IndexMapping;
    Template = hera::TextMessageTemplate;
    VoiceAction = hera::VoiceCallAction;
    PaymentParty = hera::PaymentCounterParty;
    Receipt = v1::Receipt;
}

impl Wire<u64> for Seq {
    fn to_wire(&self) -> u64 {
        self.0
    }
    fn from_wire(wire: u64) -> Result<Self, DecodeError> {
        Ok(Self(wire))
    }
}

/// Microseconds go into the nanos (R-EVT-1). Anything smaller is cut off.
impl Wire<prost_types::Timestamp> for Timestamp {
    fn to_wire(&self) -> prost_types::Timestamp {
        // The remainder is below a million, so that a thousand times of it fits.
        let nanos = i32::try_from(self.micros().rem_euclid(1_000_000) * 1_000).unwrap_or_default();
        prost_types::Timestamp { seconds: self.secs(), nanos }
    }
    fn from_wire(wire: prost_types::Timestamp) -> Result<Self, DecodeError> {
        Ok(from_time(Some(wire)))
    }
}
required!(Timestamp = prost_types::Timestamp);
required!(Duration = prost_types::Duration);

impl Wire<prost_types::Duration> for Duration {
    fn to_wire(&self) -> prost_types::Duration {
        prost_types::Duration {
            seconds: i64::try_from(self.as_secs()).unwrap_or(i64::MAX),
            nanos: i32::try_from(self.subsec_nanos()).unwrap_or_default(),
        }
    }
    fn from_wire(wire: prost_types::Duration) -> Result<Self, DecodeError> {
        Ok(from_duration(Some(wire)))
    }
}

/// A length of time in whole milliseconds.
impl Wire<u64> for Duration {
    fn to_wire(&self) -> u64 {
        u64::try_from(self.as_millis()).unwrap_or(u64::MAX)
    }
    fn from_wire(wire: u64) -> Result<Self, DecodeError> {
        Ok(Self::from_millis(wire))
    }
}

impl Wire<v1::Money> for Money {
    fn to_wire(&self) -> v1::Money {
        (*self).into()
    }
    fn from_wire(wire: v1::Money) -> Result<Self, DecodeError> {
        from_money(&wire).ok_or_else(|| DecodeError::new("the currency code is not three letters"))
    }
}
required!(Money = v1::Money);

impl Wire<hera::Cash> for Money {
    fn to_wire(&self) -> hera::Cash {
        (*self).into()
    }
    fn from_wire(wire: hera::Cash) -> Result<Self, DecodeError> {
        balance(&wire)
    }
}
required!(Money = hera::Cash);

/// A secondary id with its expiry.
impl Wire<hera::CustomerIndex> for (SecondaryId, Option<Timestamp>) {
    fn to_wire(&self) -> hera::CustomerIndex {
        index(self)
    }
    fn from_wire(wire: hera::CustomerIndex) -> Result<Self, DecodeError> {
        Ok(from_index(wire))
    }
}

/// Metadata. If a key is there twice, the last value counts.
impl Wire<BTreeMap<String, hera::DataMapValue>> for Vec<(String, DataValue)> {
    fn to_wire(&self) -> BTreeMap<String, hera::DataMapValue> {
        self.iter().map(|(key, value)| (key.clone(), value.into())).collect()
    }
    fn from_wire(wire: BTreeMap<String, hera::DataMapValue>) -> Result<Self, DecodeError> {
        wire.into_iter().map(|(key, value)| Ok((key, value.try_into()?))).collect()
    }
}

/// How many customers were skipped for the reason with this code.
impl Wire<v1::SkippedCount> for (i32, u64) {
    fn to_wire(&self) -> v1::SkippedCount {
        v1::SkippedCount { code: self.0, count: self.1 }
    }
    fn from_wire(wire: v1::SkippedCount) -> Result<Self, DecodeError> {
        Ok((wire.code, wire.count))
    }
}
