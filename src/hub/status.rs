//! What callers hear in gRPC's words when the hub cannot decide, is stopping, or is asked for more than
//! a key may use. A command that a rule refuses is no such case: it gets a reply that says so.

use super::engine::HubError;
use std::time::Duration;
use tonic::Status;

impl From<HubError> for Status {
    fn from(error: HubError) -> Self {
        match error {
            // Auth let it through, so it is the caller's own org: configured, but not served.
            HubError::NoSuchOrg => Self::permission_denied("this key is not for that org"),
            HubError::Busy => too_much(&error.to_string(), Duration::from_millis(200)),
            HubError::Unavailable(_) => Self::unavailable(error.to_string()),
            HubError::Unknown(_) => Self::unknown(error.to_string()),
            HubError::Stopped => stopping(),
            HubError::Damaged(why) => Self::data_loss(why),
        }
    }
}

/// The header that says how many milliseconds to wait.
pub const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// A refusal that says after which wait to try again, in the header that gRPC clients with a
/// retry policy obey.
#[must_use]
pub fn too_much(message: &str, wait: Duration) -> Status {
    let mut status = Status::resource_exhausted(message);
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    status.metadata_mut().insert(PUSHBACK, wait.into());
    status
}

/// What calls get from a hub that is stopping. UNAVAILABLE tells clients to try again, with this
/// hub or another.
#[must_use]
pub fn stopping() -> Status {
    Status::unavailable("the hub is shutting down")
}
