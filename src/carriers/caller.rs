//! Places the calls of apps and agents with a network (R-CARRY-25). A call is a thing of the moment: it is tried for some
//! seconds, and never placed again where nobody knows whether the network has placed it. Those that were queued when the
//! hub stopped are not placed either, and expire.

use super::{
    africastalking::call::{self, Placed},
    held_calls::HeldCalls,
    http::{CallError, HttpClient},
};
use crate::{
    hub::{
        config::{AfricasTalkingSettings, CarrierConfig},
        engine::{LogFollower, OrgHandle},
    },
    model::{
        Actor, CallHop, CallStatus, Direction, Entry, EventKind, NetworkCommand, SessionId,
        VoiceCall, masked::without_numbers,
    },
    rules::World,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// How long a call is tried that the network does not take.
const TRIED: Duration = Duration::from_secs(10);
/// The time between two tries.
const APART: Duration = Duration::from_secs(1);
/// How many calls are placed at once.
const AT_ONCE: usize = 16;
/// How long the network may take to answer to what it owes when the hub stops.
const LEAVE: Duration = Duration::from_secs(2);

/// What places calls with a network.
#[derive(Clone)]
pub(super) struct CallPlacer {
    pub hub: OrgHandle,
    pub carrier: CarrierConfig,
    pub settings: AfricasTalkingSettings,
    /// The calls that the network is going to ask about.
    pub calls: Arc<HeldCalls>,
}

/// Places calls until the hub stops.
pub(super) async fn run(caller: CallPlacer, stop: CancellationToken) {
    let Some(log) = caller.hub.head().and_then(|head| {
        let at = *head.borrow();
        caller.hub.follow(at)
    }) else {
        return;
    };
    let mut placing = JoinSet::new();
    follow(&caller, log, &stop, &mut placing).await;
    let _ = timeout(LEAVE, async { while placing.join_next().await.is_some() {} }).await;
}

async fn follow(
    caller: &CallPlacer,
    mut log: LogFollower,
    stop: &CancellationToken,
    placing: &mut JoinSet<Option<()>>,
) {
    let client = match HttpClient::new(caller.carrier.trust.clone()) {
        Ok(client) => client,
        Err(why) => {
            tracing::error!("carrier {}: it cannot place calls: {why}", caller.carrier.id);
            return;
        }
    };
    let seats = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let batch = tokio::select! {
            batch = log.next() => batch,
            Some(_) = placing.join_next() => continue,
            () = stop.cancelled() => return,
        };
        let Some(batch) = batch else { return };
        for session in batch.iter().flat_map(|stored| caller.queued(&stored.entry)) {
            let (caller, client, seats) = (caller.clone(), client.clone(), Arc::clone(&seats));
            placing.spawn(async move {
                let _seat = seats.acquire_owned().await.ok()?;
                caller.place(&client, session).await
            });
        }
    }
}

impl CallPlacer {
    /// The calls of an entry that this network is to place.
    fn queued(&self, entry: &Entry) -> Vec<SessionId> {
        let settings = self.hub.settings();
        let queued = entry.events.iter().filter_map(|event| {
            let EventKind::CallChanged { session, direction: Direction::Outbound, hop, .. } =
                &event.kind
            else {
                return None;
            };
            let from = settings.carrier_of(event.channel.as_ref()?)?;
            (hop.status == CallStatus::Queued && *from == self.carrier.id).then(|| session.clone())
        });
        queued.collect()
    }

    /// Places a call. `None` means that the hub is shutting down.
    async fn place(&self, client: &HttpClient, session: SessionId) -> Option<()> {
        let until = Instant::now() + TRIED;
        let id = &self.carrier.id;
        loop {
            let (asked, of) = (session.clone(), id.clone());
            let look =
                move |world: &World| (world.voice_call(&asked), world.carrier_is_paused(&of));
            let (known, is_paused) = self.hub.read(look).await?;
            let Some(known) = known.filter(|known| known.status == CallStatus::Queued) else {
                return Some(());
            };
            let placed = if is_paused {
                Placed::Closed("somebody paused it".to_owned())
            } else {
                self.ask(client, &known).await
            };
            let why = match placed {
                Placed::Queued { session: name } => {
                    if let Some(name) = name {
                        self.calls.name(name, session);
                    }
                    return Some(());
                }
                Placed::Refused { status, words } => {
                    let words = without_numbers(&words);
                    tracing::warn!("carrier {id}: a call is refused: {words:?}");
                    return self.fails(session, status).await;
                }
                Placed::Doubt(why) => {
                    let why = without_numbers(&why);
                    tracing::warn!("carrier {id}: nobody knows whether it places a call: {why}");
                    return Some(());
                }
                Placed::Busy => "it has too much to do".to_owned(),
                Placed::Closed(why) => why,
            };
            if Instant::now() >= until {
                let why = without_numbers(&why);
                tracing::warn!("carrier {id}: a call cannot be placed: {why}");
                return self.fails(session, CallStatus::ApplicationError).await;
            }
            sleep(APART).await;
        }
    }

    async fn ask(&self, client: &HttpClient, known: &VoiceCall) -> Placed {
        let (from, to, id) = (&known.channel, &known.number, known.id.as_str());
        let request = match call::call_request(&self.settings, from, to, id) {
            Ok(request) => request,
            Err(words) => {
                return Placed::Refused { status: CallStatus::InvalidPhoneNumber, words };
            }
        };
        match client.call(request, self.carrier.answers_within).await {
            Ok(reply) => call::call_answered(reply.status, &reply.body),
            Err(CallError::NotSent(why)) => Placed::Closed(why),
            Err(CallError::Broken(why)) => Placed::Doubt(why),
        }
    }

    async fn fails(&self, session: SessionId, status: CallStatus) -> Option<()> {
        let hop = CallHop { status, ..CallHop::default() };
        let (duration, cost) = (Duration::ZERO, None);
        let command = NetworkCommand::ReportCall { session, hop, duration, cost };
        self.hub.report(Actor::Network, command).await.map(|_| ())
    }
}
