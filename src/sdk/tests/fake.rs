//! A hub that does what a test tells it to, behind in-memory connections that can be cut.

use crate::{
    model::{
        Actor, CustomerCommand, CustomerRef, Entry, EntryId, Event, EventKind, Seq, Timestamp,
    },
    sdk::{Client, Endpoint, Options, Secret},
    wire::{
        entry,
        proto::{
            hera::{
                self,
                grpc_web_service_server::{GrpcWebService, GrpcWebServiceServer},
            },
            v1::{
                self,
                operator_server::{Operator, OperatorServer},
                watch_reply::Frame,
            },
        },
    },
};
use futures_util::{Stream, StreamExt as _, stream};
use std::{
    collections::VecDeque,
    future::{Future, pending},
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{io::DuplexStream, task::AbortHandle};
use tonic::{Request, Response, Status, metadata::MetadataMap, transport::Server};

/// What a `Watch` says before it ends.
pub struct Watch {
    pub frames: Vec<Frame>,
    pub end: End,
}

/// What a `StreamNotifications` says before it ends; one that says nothing does not even answer,
/// unless it is cut.
pub struct Telling {
    pub requests: Vec<hera::WebhookRequest>,
    pub end: End,
}

/// How a call ends.
#[derive(Clone)]
pub enum End {
    /// With this status.
    Say(Status),
    /// Not at all.
    Hang,
    /// With the connection.
    Cut,
}

/// What the fake is asked and what it answers.
#[derive(Default)]
pub struct Script {
    /// One per `Watch`, in order; when there are none left it hangs without a word.
    pub watches: VecDeque<Watch>,
    /// One per `StreamNotifications`, in order; when there are none left it says one thing and
    /// refuses the key.
    pub tellings: VecDeque<Telling>,
    /// Whether there is nothing but `GrpcWebService`.
    pub is_plain: bool,
    /// The customers that `GetCustomerState` was asked for.
    pub looked_at: Vec<CustomerRef>,
    /// How `SendMessage` ends; answers 101 if not set.
    pub send: Option<End>,
    /// The log's name.
    pub log_id: String,
    /// Refuses `Hello` with this.
    pub refuse: Option<Status>,
    /// What was asked.
    pub asked: Vec<v1::WatchRequest>,
    /// The metadata of calls.
    pub metadata: Vec<MetadataMap>,
    /// How often somebody connected.
    pub connections: usize,
    links: Vec<AbortHandle>,
}

/// A handle on the fake.
#[derive(Clone, Default)]
pub struct Fake(pub Arc<Mutex<Script>>);

impl Fake {
    pub fn new(watches: impl IntoIterator<Item = Watch>) -> Self {
        let fake = Self::default();
        fake.with(|script| {
            script.watches = watches.into_iter().collect();
            "log-1".clone_into(&mut script.log_id);
        });
        fake
    }

    /// A server of the public contract alone.
    pub fn plain(tellings: impl IntoIterator<Item = Telling>) -> Self {
        let fake = Self::default();
        fake.with(|script| {
            script.is_plain = true;
            script.tellings = tellings.into_iter().collect();
        });
        fake
    }

    pub fn with<T>(&self, f: impl FnOnce(&mut Script) -> T) -> T {
        f(&mut self.0.lock().unwrap())
    }

    /// Cuts all connections, as a dying process does.
    pub fn cut(&self) {
        self.with(|script| script.links.drain(..).for_each(|link| link.abort()));
    }

    /// A client of this hub.
    pub fn client(&self) -> Client {
        let fake = self.clone();
        Client::connect(Options {
            endpoint: Endpoint::Local(Arc::new(move || fake.accept())),
            org: "org".into(),
            app: "app".into(),
            api_key: Secret::new("sb_key".into()),
            insecure: false,
        })
        .unwrap()
    }

    /// Between client and server runs a task that copies; ending it is a cut.
    fn accept(&self) -> DuplexStream {
        let (client, mut outer) = tokio::io::duplex(64 * 1024);
        let (mut inner, server) = tokio::io::duplex(64 * 1024);
        let link = tokio::spawn(async move {
            let _ = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
        });
        let is_plain = self.with(|script| {
            script.connections += 1;
            script.links.push(link.abort_handle());
            script.is_plain
        });
        let operator = (!is_plain).then(|| OperatorServer::new(self.clone()));
        let hub = Server::builder()
            .add_optional_service(operator)
            .add_service(GrpcWebServiceServer::new(self.clone()))
            .serve_with_incoming(stream::once(async { Ok::<_, std::io::Error>(server) }));
        tokio::spawn(hub);
        client
    }

    async fn end<T>(&self, end: End) -> Result<T, Status> {
        match end {
            End::Say(status) => Err(status),
            End::Hang => pending().await,
            End::Cut => {
                // What was said before is on its way first.
                tokio::time::sleep(Duration::from_millis(1)).await;
                self.cut();
                pending().await
            }
        }
    }
}

/// Entry `seq` of the org.
pub fn stored(seq: u64) -> Entry {
    Entry {
        org: "org".into(),
        seq: Seq(seq),
        id: EntryId([1; 16]),
        prev_id: EntryId::default(),
        at: Timestamp::ZERO,
        events: vec![Event {
            at: Timestamp::ZERO,
            customer: None,
            app: None,
            actor: Actor::Hub,
            number: None,
            channel: None,
            name: None,
            kind: EventKind::CustomerMet,
        }],
        call: None,
    }
}

/// A notification that message `id` was delivered.
pub fn told_of(id: &str, app: &str) -> hera::WebhookRequest {
    let status = hera::MessageStatusNotification {
        customer_id: "c".into(),
        message_id: id.into(),
        status: 300,
    };
    hera::WebhookRequest {
        app_id: app.into(),
        entry: Some(hera::webhook_request::Entry::MessageStatus(status)),
        ..Default::default()
    }
}

pub fn batch(seqs: impl IntoIterator<Item = u64>) -> Frame {
    let entries = seqs.into_iter().map(|seq| entry::encode(&stored(seq))).collect();
    Frame::Batch(v1::Batch { entries, head: 99 })
}

pub fn bookmark(seq: u64) -> Frame {
    Frame::Bookmark(v1::Bookmark { seq, head: seq, log_id: "log-1".into() })
}

pub fn gap(after: u64, next: u64, reason: v1::gap::Reason) -> Frame {
    Frame::Gap(v1::Gap { after, next, reason: reason.into() })
}

type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl Operator for Fake {
    type WatchStream = Streamed<v1::WatchReply>;

    async fn hello(
        &self,
        r: Request<v1::HelloRequest>,
    ) -> Result<Response<v1::HelloReply>, Status> {
        self.with(|script| {
            script.metadata.push(r.metadata().clone());
            match &script.refuse {
                Some(status) => Err(status.clone()),
                None => Ok(Response::new(v1::HelloReply {
                    log_id: script.log_id.clone(),
                    ..Default::default()
                })),
            }
        })
    }

    async fn watch(
        &self,
        r: Request<v1::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let silent = Watch { frames: Vec::new(), end: End::Hang };
        let watch = self.with(|script| {
            script.asked.push(r.into_inner());
            script.watches.pop_front().unwrap_or(silent)
        });
        let fake = self.clone();
        let frames =
            watch.frames.into_iter().map(|frame| Ok(v1::WatchReply { frame: Some(frame) }));
        let end = stream::once(async move { fake.end(watch.end).await });
        Ok(Response::new(Box::pin(stream::iter(frames).chain(end))))
    }

    async fn history(
        &self,
        _: Request<v1::HistoryRequest>,
    ) -> Result<Response<v1::HistoryReply>, Status> {
        let entries = [8, 7].map(|seq| entry::encode(&stored(seq))).to_vec();
        Ok(Response::new(v1::HistoryReply { entries, more: true }))
    }

    async fn get_customer(
        &self,
        _: Request<v1::GetCustomerRequest>,
    ) -> Result<Response<v1::GetCustomerReply>, Status> {
        Ok(Response::new(v1::GetCustomerReply::default()))
    }

    async fn find_customers(
        &self,
        _: Request<v1::FindCustomersRequest>,
    ) -> Result<Response<v1::FindCustomersReply>, Status> {
        self.end(End::Hang).await
    }
}

type Later<'a, T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send + 'a>>;

/// The whole service, as `async_trait` would write it: most of it is not there, one rpc streams
/// and one sends.
macro_rules! hera {
    ($($rpc:ident($request:ident) -> $reply:ident;)*) => {
        impl GrpcWebService for Fake {
            $(fn $rpc<'a, 'b>(&'a self, r: Request<hera::$request>) -> Later<'b, hera::$reply>
            where
                'a: 'b,
                Self: 'b,
            {
                self.with(|script| script.metadata.push(r.metadata().clone()));
                Box::pin(async { Err(Status::unimplemented(stringify!($rpc))) })
            })*

            type StreamNotificationsStream = Streamed<hera::WebhookRequest>;

            fn stream_notifications<'a, 'b>(
                &'a self,
                r: Request<hera::StreamNotificationRequest>,
            ) -> Later<'b, Self::StreamNotificationsStream>
            where
                'a: 'b,
                Self: 'b,
            {
                let told = self.with(|script| script.tellings.pop_front());
                let Telling { requests, end } = told.unwrap_or_else(|| Telling {
                    requests: vec![told_of("m", &r.into_inner().app_id)],
                    end: End::Say(Status::unauthenticated("the key was revoked")),
                });
                let fake = self.clone();
                Box::pin(async move {
                    if requests.is_empty() && !matches!(end, End::Cut) {
                        return fake.end(end).await;
                    }
                    let end = stream::once(async move { fake.end(end).await });
                    let items = stream::iter(requests.into_iter().map(Ok)).chain(end);
                    let items: Streamed<hera::WebhookRequest> = Box::pin(items);
                    Ok(Response::new(items))
                })
            }

            fn get_customer_state<'a, 'b>(
                &'a self,
                r: Request<hera::GetCustomerStateRequest>,
            ) -> Later<'b, hera::GetCustomerStateReply>
            where
                'a: 'b,
                Self: 'b,
            {
                let asked = CustomerCommand::try_from(r.into_inner()).expect("a customer");
                if let CustomerCommand::Meet(who) = asked {
                    self.with(|script| script.looked_at.push(who));
                }
                let data = hera::CustomerStateReplyData {
                    customer_id: "el_cst_jane".into(),
                    ..Default::default()
                };
                let reply = hera::GetCustomerStateReply {
                    status: true,
                    description: "found".into(),
                    data: Some(data),
                };
                Box::pin(async { Ok(Response::new(reply)) })
            }

            fn send_message<'a, 'b>(
                &'a self,
                r: Request<hera::SendMessageRequest>,
            ) -> Later<'b, hera::SendMessageReply>
            where
                'a: 'b,
                Self: 'b,
            {
                let end = self.with(|script| {
                    script.metadata.push(r.metadata().clone());
                    script.send.clone()
                });
                Box::pin(async move {
                    match end {
                        Some(end) => self.end(end).await,
                        None => Ok(Response::new(hera::SendMessageReply {
                            status: 101,
                            description: "on its way".into(),
                            message_id: Some("el_msg_1".into()),
                            customer_id: None,
                        })),
                    }
                })
            }
        }
    };
}

hera! {
    auth_token(AuthTokenRequest) -> AuthTokenReply;
    adopt_customer_state(AdoptCustomerStateRequest) -> UpdateCustomerStateReply;
    add_customer_reminder(AddCustomerReminderRequest) -> UpdateCustomerStateReply;
    add_customer_reminder_by_tag(AddCustomerReminderTagRequest) -> TagCommandReply;
    cancel_customer_reminder(CancelCustomerReminderRequest) -> UpdateCustomerStateReply;
    cancel_customer_reminder_by_tag(CancelCustomerReminderTagRequest) -> TagCommandReply;
    update_customer_tag(UpdateCustomerTagRequest) -> UpdateCustomerStateReply;
    delete_customer_tag(DeleteCustomerTagRequest) -> UpdateCustomerStateReply;
    update_customer_secondary_id(UpdateCustomerSecondaryIdRequest) -> UpdateCustomerStateReply;
    delete_customer_secondary_id(DeleteCustomerSecondaryIdRequest) -> UpdateCustomerStateReply;
    lease_customer_metadata(LeaseCustomerMetadataRequest) -> LeaseCustomerMetadataReply;
    update_customer_metadata(UpdateCustomerMetadataRequest) -> UpdateCustomerStateReply;
    delete_customer_metadata(DeleteCustomerMetadataRequest) -> UpdateCustomerStateReply;
    send_message_by_tag(SendMessageTagRequest) -> TagCommandReply;
    reply_to_message(ReplyToMessageRequest) -> SendMessageReply;
    messaging_consent(MessagingConsentRequest) -> MessagingConsentReply;
    initiate_payment(InitiatePaymentRequest) -> InitiatePaymentReply;
    make_voice_call(MakeVoiceCallRequest) -> MakeVoiceCallReply;
    send_webhook_response(WebhookResponse) -> WebhookResponseReply;
}
