//! Why a call got no answer of its own, in gRPC's words. Refusals by rule are replies; what stands
//! here is said when the hub cannot decide, is stopping, or is asked for more than a key may use.

use super::engine::HubError;
use std::time::Duration;
use tonic::Status;

impl From<HubError> for Status {
    fn from(error: HubError) -> Self {
        match error {
            // The caller's own org, since auth let it through: configured, but not served.
            HubError::NoSuchOrg => Self::permission_denied("this key is not for that org"),
            HubError::Busy => too_much(&error.to_string(), Duration::from_millis(200)),
            HubError::Unavailable(_) => Self::unavailable(error.to_string()),
            HubError::Unknown(_) => Self::unknown(error.to_string()),
            HubError::Stopped => stopping(),
        }
    }
}

/// A refusal that says when to come again, as gRPC's retry policy reads it.
#[must_use]
pub fn too_much(message: &str, wait: Duration) -> Status {
    let mut status = Status::resource_exhausted(message);
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    status.metadata_mut().insert("grpc-retry-pushback-ms", wait.into());
    status
}

/// What calls get from a hub on its way down: come again, to me or another.
#[must_use]
pub fn stopping() -> Status {
    Status::unavailable("the hub is shutting down")
}
