//! Notifications as any app of the contract gets them (`StreamNotifications`): at least once,
//! not resumable (D-HERA). For everything an org sees, exactly once, use the feed.

use super::{Client, Error, error::CallKind, open_stream::OpenStream};
use crate::{
    model::Event,
    wire::{notification, proto::hera::StreamNotificationRequest},
};
use tokio_util::sync::CancellationToken;

/// An open stream of notifications to our app.
pub struct Notifications {
    stream: OpenStream,
    client: Client,
    closed: CancellationToken,
}

impl Client {
    /// Opens the stream. When it breaks, open another; the hub keeps what comes meanwhile
    /// (R-CONN-4). Listeners (`on`, `connect`) do all that by themselves.
    pub async fn notifications(&self) -> Result<Notifications, Error> {
        let closed = self.closed();
        let lost = || CallKind::Read.lost(&self.0.name, "the client was disconnected");
        if closed.is_cancelled() {
            return Err(lost());
        }
        let stream = tokio::select! {
            biased;
            () = closed.cancelled() => return Err(lost()),
            stream = self.open_stream() => stream?,
        };
        Ok(Notifications { stream, client: self.clone(), closed })
    }

    pub(super) fn notification_request(&self) -> StreamNotificationRequest {
        StreamNotificationRequest { org_id: self.0.org.to_string(), app_id: self.0.app.to_string() }
    }
}

impl Notifications {
    /// The next notification, as the event it tells of: `app` is whom it is for, `at` is when the
    /// hub recorded it. A kind that this version does not know is `EventKind::Unreadable`.
    pub async fn next(&mut self) -> Result<Event, Error> {
        let said = tokio::select! {
            biased;
            () = self.closed.cancelled() => {
                return Err(CallKind::Read.lost(&self.client.0.name, "the client was disconnected"));
            }
            said = self.stream.message() => said,
        };
        match said {
            Ok(Some(request)) => Ok(notification::decode(request)),
            Ok(None) => Err(CallKind::Read.lost(&self.client.0.name, "the hub ended the stream")),
            Err(status) => Err(self.client.fault(CallKind::Read, &status).await),
        }
    }
}
