//! Other ways to convert a field of a pair than its own [`Wire`], for fields where something absent
//! or unknown has a special meaning. A row of [`struct_pairs`](super::pair::struct_pairs) chooses
//! one by its name: `status with failing`.

#![expect(
    clippy::ref_option,
    clippy::unnecessary_wraps,
    clippy::trivially_copy_pass_by_ref,
    reason = "all of them have the shape of the two functions of `Wire`"
)]

use super::{
    DecodeError, kind as stored,
    money::{from_price, price},
    pair::Wire,
    proto::{
        hera,
        v1::{self, event::Kind},
    },
};
use crate::model::{
    CallStatus, ConsentStatus, DataValue, EventKind, MessageStatus, Money, PaymentStatus, Timestamp,
};
use std::collections::BTreeMap;

/// For something optional. What this version cannot read counts as absent.
pub(super) mod known {
    use super::{DecodeError, Wire};

    pub(in crate::wire) fn to_wire<T: Wire<P>, P>(ours: &Option<T>) -> Option<P> {
        ours.to_wire()
    }
    pub(in crate::wire) fn from_wire<T: Wire<P>, P>(
        wire: Option<P>,
    ) -> Result<Option<T>, DecodeError> {
        Ok(wire.and_then(|wire| T::from_wire(wire).ok()))
    }
}

/// For the value of a lease. It is always written, and no value is one with neither arm set, because
/// clients take it apart without a check (D-LEASE-VALUE).
pub(super) mod leased {
    use super::{DataValue, DecodeError, hera, known};

    pub(in crate::wire) fn to_wire(ours: &Option<DataValue>) -> Option<hera::DataMapValue> {
        Some(ours.as_ref().map(Into::into).unwrap_or_default())
    }
    pub(in crate::wire) fn from_wire(
        wire: Option<hera::DataMapValue>,
    ) -> Result<Option<DataValue>, DecodeError> {
        known::from_wire(wire)
    }
}

/// For a list. The items that this version cannot read are left out.
pub(super) mod those_known {
    use super::{DecodeError, Wire};

    pub(in crate::wire) fn to_wire<T: Wire<P>, P>(ours: &Vec<T>) -> Vec<P> {
        ours.to_wire()
    }
    pub(in crate::wire) fn from_wire<T: Wire<P>, P>(wire: Vec<P>) -> Result<Vec<T>, DecodeError> {
        Ok(wire.into_iter().filter_map(|wire| T::from_wire(wire).ok()).collect())
    }
}

/// For a code. One that this version does not know reads as "unspecified".
pub(super) mod lenient {
    use super::{DecodeError, Wire};

    pub(in crate::wire) fn to_wire<T: Wire<i32>>(ours: &T) -> i32 {
        ours.to_wire()
    }
    pub(in crate::wire) fn from_wire<T: Wire<i32> + Default>(wire: i32) -> Result<T, DecodeError> {
        Ok(T::from_wire(wire).unwrap_or_default())
    }
}

/// For the code of a stored receipt. One that this version does not know reads as a failure.
pub(super) mod failing {
    use super::{CallStatus, ConsentStatus, DecodeError, MessageStatus, PaymentStatus, Wire};

    pub(in crate::wire) trait Failure: Wire<i32> {
        const FAILED: Self;
    }
    impl Failure for MessageStatus {
        const FAILED: Self = Self::ApplicationError;
    }
    impl Failure for ConsentStatus {
        const FAILED: Self = Self::ApplicationError;
    }
    impl Failure for PaymentStatus {
        const FAILED: Self = Self::ApplicationError;
    }
    impl Failure for CallStatus {
        const FAILED: Self = Self::ApplicationError;
    }

    pub(in crate::wire) fn to_wire<T: Failure>(ours: &T) -> i32 {
        ours.to_wire()
    }
    pub(in crate::wire) fn from_wire<T: Failure>(wire: i32) -> Result<T, DecodeError> {
        Ok(T::from_wire(wire).unwrap_or(T::FAILED))
    }
}

/// For the code of a reply. It is an error if this version does not know the code or the code is
/// zero, because then the reply says neither yes nor no.
pub(super) mod definite {
    use super::{DecodeError, Wire};

    pub(in crate::wire) fn to_wire<T: Wire<i32>>(ours: &T) -> i32 {
        ours.to_wire()
    }
    pub(in crate::wire) fn from_wire<T: Wire<i32> + PartialEq + Default>(
        wire: i32,
    ) -> Result<T, DecodeError> {
        let status = T::from_wire(wire).ok().filter(|status| *status != T::default());
        status.ok_or_else(|| {
            DecodeError::new(format!("the hub answered with the unknown code {wire}"))
        })
    }
}

/// For a time that is absent as long as there is none.
pub(super) mod unless_zero {
    use super::{DecodeError, Timestamp, Wire};

    pub(in crate::wire) fn to_wire(ours: &Timestamp) -> Option<prost_types::Timestamp> {
        (!ours.is_zero()).then(|| ours.to_wire())
    }
    pub(in crate::wire) fn from_wire(
        wire: Option<prost_types::Timestamp>,
    ) -> Result<Timestamp, DecodeError> {
        Timestamp::from_wire(wire)
    }
}

/// For a price. It is always written, also if none is known yet.
pub(super) mod priced {
    use super::{DecodeError, Money, from_price, hera, price};

    pub(in crate::wire) fn to_wire(ours: &Option<Money>) -> Option<hera::Cash> {
        Some(price(*ours))
    }
    pub(in crate::wire) fn from_wire(
        wire: Option<hera::Cash>,
    ) -> Result<Option<Money>, DecodeError> {
        Ok(from_price(wire))
    }
}

/// For counts by code.
pub(super) mod counts {
    use super::{BTreeMap, DecodeError, Wire, v1};

    pub(in crate::wire) fn to_wire(ours: &BTreeMap<i32, u64>) -> Vec<v1::SkippedCount> {
        ours.iter().map(|(code, count)| (*code, *count).to_wire()).collect()
    }
    pub(in crate::wire) fn from_wire(
        wire: Vec<v1::SkippedCount>,
    ) -> Result<BTreeMap<i32, u64>, DecodeError> {
        wire.into_iter().map(Wire::from_wire).collect()
    }
}

/// For the kind of an event. Reading it never fails.
pub(super) mod kind {
    use super::{DecodeError, EventKind, Kind, stored};

    pub(in crate::wire) fn to_wire(ours: &EventKind) -> Option<Kind> {
        stored::encode(ours)
    }
    pub(in crate::wire) fn from_wire(wire: Option<Kind>) -> Result<EventKind, DecodeError> {
        Ok(stored::decode(wire))
    }
}

/// For counts that older hubs do not write. Absent is nothing counted.
pub(super) mod or_none {
    use super::{DecodeError, Wire};

    pub(in crate::wire) fn to_wire<T: Wire<P>, P>(ours: &T) -> Option<P> {
        Some(ours.to_wire())
    }
    pub(in crate::wire) fn from_wire<T: Wire<P> + Default, P>(
        wire: Option<P>,
    ) -> Result<T, DecodeError> {
        Ok(wire.map(T::from_wire).transpose()?.unwrap_or_default())
    }
}
