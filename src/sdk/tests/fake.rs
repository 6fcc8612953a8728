//! A hub that does what a test tells it to, behind in-memory connections that can be cut. What it
//! says is in this file; `hera_service` and `operator_service` are the two services that say it.
//! `raw_server` is a server of another kind, without tonic.

mod hera_service;
mod operator_service;
pub mod raw_server;

use crate::{
    model::{
        Actor, CustomerCommand, CustomerRef, Entry, EntryId, Event, EventKind, Receipt, Seq,
        StateReceipt, Timestamp,
    },
    sdk::{Client, Credentials, Endpoint, Options},
    wire::{
        entry,
        proto::{
            hera::{self, grpc_web_service_server::GrpcWebServiceServer},
            v1::{self, operator_server::OperatorServer, watch_reply::Frame},
        },
    },
};
use futures_util::{Stream, stream};
use std::{
    collections::VecDeque,
    future::pending,
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
    /// How changes end; if not set they are answered.
    pub send: Option<End>,
    /// Changes that are never answered.
    pub ignores: Option<fn(&CustomerCommand) -> bool>,
    /// The answers to changes, in order; when there are none left everything is accepted.
    pub receipts: VecDeque<Receipt>,
    /// The changes asked for.
    pub commands: Vec<CustomerCommand>,
    /// How `GetCustomerState` ends; answers with `state` if not set.
    pub look: Option<End>,
    /// What `GetCustomerState` answers; by default customer `el_cst_jane` with nothing.
    pub state: Option<hera::CustomerStateReplyData>,
    /// The words searched for; a search is never answered.
    pub searched: Vec<String>,
    /// The dry runs asked for.
    pub dry_runs: Vec<CustomerCommand>,
    /// What a dry run answers.
    pub outlook: v1::DryRunReply,
    /// The log's name.
    pub log_id: String,
    /// What `Hello` says beside the log's name and what the hub can do.
    pub hello: v1::HelloReply,
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
        Client::new(Options {
            endpoint: Endpoint::Local(Arc::new(move || fake.accept())),
            org: "org".into(),
            app: "app".into(),
            credentials: Credentials::api_key("sb_key"),
            insecure: false,
            by_person: false,
            ..Options::default()
        })
        .unwrap()
    }

    /// Between client and server runs a task that copies; ending it is a cut.
    pub fn accept(&self) -> DuplexStream {
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

    /// The answer to a change, as the family's reply.
    async fn change<T, E>(
        &self,
        request: Request<Result<CustomerCommand, E>>,
    ) -> Result<Response<T>, Status>
    where
        T: for<'a> From<&'a Receipt>,
    {
        let (metadata, _, command) = request.into_parts();
        let (end, receipt) = self.with(|script| {
            script.metadata.push(metadata);
            let ignored = command.as_ref().is_ok_and(|c| script.ignores.is_some_and(|is| is(c)));
            script.commands.extend(command);
            let end = if ignored { Some(End::Hang) } else { script.send.clone() };
            (end, script.receipts.pop_front())
        });
        if let Some(end) = end {
            return self.end(end).await;
        }
        let accepted = Receipt::State(StateReceipt {
            ok: true,
            description: "on its way".into(),
            customer: None,
        });
        Ok(Response::new((&receipt.unwrap_or(accepted)).into()))
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

/// The id of entry `seq`, which the next one names.
fn id_of(seq: u64) -> EntryId {
    EntryId([u8::try_from(seq).unwrap_or(u8::MAX); 16])
}

/// Entry `seq` of the org.
pub fn stored(seq: u64) -> Entry {
    Entry {
        org: "org".into(),
        seq: Seq(seq),
        id: id_of(seq),
        prev_id: id_of(seq - 1),
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
    let log_id = "log-1".into();
    Frame::Bookmark(v1::Bookmark { seq, head: seq, log_id, ..v1::Bookmark::default() })
}

pub fn gap(after: u64, next: u64, reason: v1::gap::Reason) -> Frame {
    Frame::Gap(v1::Gap { after, next, reason: reason.into() })
}

type Streamed<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;
