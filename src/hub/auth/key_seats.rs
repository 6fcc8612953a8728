//! Which keys were used on a connection. Each takes one of its key's connections for as long as the connection is open
//! (R-LIMIT-3); who opens a connection is known only when a call comes on it.

use super::KnownKey;
use crate::hub::budget::OpenPermit;
use std::sync::{Arc, Mutex, PoisonError};
use tonic::Status;

/// The keys that were used on one connection. It is cheap to clone.
#[derive(Clone, Default)]
pub struct KeySeats(Arc<Mutex<Vec<KeySeat>>>);

struct KeySeat {
    key: Arc<KnownKey>,
    _permit: OpenPermit,
}

impl KeySeats {
    /// Notes that a key is used, or refuses if it has as many connections as it may.
    pub(super) fn take(&self, key: &Arc<KnownKey>) -> Result<(), Status> {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seats.iter().any(|seat| Arc::ptr_eq(&seat.key, key)) {
            return Ok(());
        }
        // What a revoked key has may be what its successor needs.
        seats.retain(|seat| !seat.key.revoked.is_cancelled());
        let seat = KeySeat { key: Arc::clone(key), _permit: key.budget.take_connection()? };
        seats.push(seat);
        Ok(())
    }
}
