//! gRPC reflection, in version 1 and in `v1alpha`, which older clients still ask for. The answers are
//! `tonic-reflection`'s, except that it ends the stream with a status at the first name that it does not
//! know. The protocol has an `error_response` for that, after which a client goes on asking on the
//! same stream (R-GRPC-5). So each question is put to it on a stream of its own, in memory.

use crate::wire::proto::DESCRIPTORS;
use tonic_reflection::server::Builder;

/// What both versions tell of.
fn about() -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

/// Writes the module of one version. The two differ in the package of their messages, and nothing else.
macro_rules! version {
    ($version:ident, $build:ident) => {
        pub mod $version {
            use futures_util::stream::{self, BoxStream, StreamExt as _};
            use tonic::{Request, Response, Status, Streaming};
            use tonic_reflection::{
                pb::$version::{
                    ErrorResponse, ServerReflectionRequest, ServerReflectionResponse,
                    server_reflection_client::ServerReflectionClient,
                    server_reflection_response::MessageResponse,
                    server_reflection_server::{ServerReflection, ServerReflectionServer},
                },
                server::Error,
            };

            /// The service of this version.
            pub fn service() -> Result<ServerReflectionServer<impl ServerReflection>, Error> {
                let tonic = ServerReflectionClient::new(super::about().$build()?);
                Ok(ServerReflectionServer::new(OneByOne { tonic }))
            }

            struct OneByOne<S> {
                tonic: ServerReflectionClient<ServerReflectionServer<S>>,
            }

            #[tonic::async_trait]
            impl<S: ServerReflection> ServerReflection for OneByOne<S> {
                type ServerReflectionInfoStream =
                    BoxStream<'static, Result<ServerReflectionResponse, Status>>;

                async fn server_reflection_info(
                    &self,
                    request: Request<Streaming<ServerReflectionRequest>>,
                ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
                    let tonic = self.tonic.clone();
                    let answers = request.into_inner().then(move |asked| {
                        let tonic = tonic.clone();
                        async move {
                            let asked = asked?;
                            let found = find(tonic, asked.clone()).await;
                            Ok(found.unwrap_or_else(|why| failed(asked, &why)))
                        }
                    });
                    Ok(Response::new(answers.boxed()))
                }
            }

            async fn find<S: ServerReflection>(
                mut tonic: ServerReflectionClient<ServerReflectionServer<S>>,
                asked: ServerReflectionRequest,
            ) -> Result<ServerReflectionResponse, Status> {
                let answers = tonic.server_reflection_info(stream::iter([asked])).await?;
                let answer = answers.into_inner().message().await?;
                answer.ok_or_else(|| Status::internal("reflection has no answer to this"))
            }

            fn failed(asked: ServerReflectionRequest, why: &Status) -> ServerReflectionResponse {
                let error = ErrorResponse {
                    error_code: why.code().into(),
                    error_message: why.message().to_owned(),
                };
                ServerReflectionResponse {
                    valid_host: asked.host.clone(),
                    original_request: Some(asked),
                    message_response: Some(MessageResponse::ErrorResponse(error)),
                }
            }
        }
    };
}

version!(v1, build_v1);
version!(v1alpha, build_v1alpha);
