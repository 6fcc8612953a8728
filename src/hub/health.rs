//! gRPC health, with one thing that `tonic-health` does otherwise than the protocol says: `Watch` of a service
//! that is not known answers `SERVICE_UNKNOWN` and goes on, because it may become known; to a client
//! the status `NOT_FOUND` there means that watching is of no use (R-GRPC-4).

use super::status::stopping;
use futures_util::{
    future::ready,
    stream::{self, BoxStream, StreamExt},
};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status};
use tonic_health::{
    pb::{
        HealthCheckRequest, HealthCheckResponse,
        health_check_response::ServingStatus,
        health_server::{Health, HealthServer},
    },
    server::{HealthReporter, HealthService},
};

/// The health service of a hub.
pub struct HubHealth {
    known: HealthService,
    stop: CancellationToken,
}

/// The service that says what `reporter` is told. What is not known is watched until `stop` is cancelled.
#[must_use]
pub fn service(reporter: HealthReporter, stop: CancellationToken) -> HealthServer<HubHealth> {
    HealthServer::new(HubHealth { known: HealthService::from_health_reporter(reporter), stop })
}

#[tonic::async_trait]
impl Health for HubHealth {
    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        self.known.check(request).await
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        match self.known.watch(request).await {
            Ok(known) => Ok(known.map(StreamExt::boxed)),
            // The services of a hub are all known before it listens, so that nothing more is to come.
            Err(unknown) if unknown.code() == Code::NotFound => {
                let status = ServingStatus::ServiceUnknown.into();
                let stop = self.stop.clone();
                let end = async move {
                    stop.cancelled().await;
                    Err(stopping())
                };
                let first = stream::once(ready(Ok(HealthCheckResponse { status })));
                Ok(Response::new(first.chain(stream::once(end)).boxed()))
            }
            Err(other) => Err(other),
        }
    }
}
