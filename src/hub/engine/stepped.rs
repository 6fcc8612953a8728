//! A hub that is stepped by hand, for the simulation (`trust/sim`). Its actors, its writer, what it publishes and its
//! readers are those of every hub. It has no thread, no index and no folder; time, chance and the log come from outside.
//! So whoever steps it decides in which order things happen, and may let it die wherever it waits for its log.

use super::{
    Hub, HubError, HubInner, Outages, PastStates, PendingCommand, Published, ServedOrg, Settler,
    Writer, WriterRequest, org_actor::OrgActor, writer::MAILBOX,
};
use crate::{
    hub::{
        clock::EngineClock,
        log::{Log, Pos, chain::ChainCursor},
        measures::Measures,
        shelf::Shelf,
    },
    model::{CallId, Caller, Command, OrgId, OrgSettings, Receipt},
    rules::{Base, World},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

/// What was answered to a command, once it was. If the hub dies before that, nobody says anything any more.
pub type PendingAnswer = oneshot::Receiver<Result<Receipt, HubError>>;

/// A hub whose turns are taken one at a time. Dropping it, or the future of a turn, is a crash.
pub struct SteppedHub {
    hub: Hub,
    writer: Writer,
}

impl SteppedHub {
    /// Starts a hub for these orgs. `stored` gives the World that an org goes on from, with its position in the log;
    /// an org without one folds its whole log.
    pub async fn start(
        orgs: &[OrgSettings],
        log: Arc<dyn Log>,
        clock: Arc<dyn EngineClock>,
        mut stored: impl FnMut(&OrgId) -> Option<(World, Pos)>,
    ) -> Result<Self, HubError> {
        let (jobs, mailbox) = mpsc::channel(MAILBOX);
        let (failing, failed) = watch::channel(None);
        let (damaged, outages) = (watch::Sender::new(()), Outages::default());
        let measures = Arc::<Measures>::default();
        let (shelf, mut known, mut actors) = (Shelf::unindexed(), BTreeMap::new(), BTreeMap::new());
        for settings in orgs {
            let settings = Arc::new(settings.clone());
            let published = Arc::new(Published::new(damaged.clone()));
            let actor = OrgActor::new(
                Arc::clone(&settings),
                Arc::clone(&published),
                Arc::clone(&log),
                (outages.clone(), Arc::clone(&measures)),
                shelf.clone(),
                Settler::default(),
                Arc::clone(&clock),
            );
            let (world, from) = stored(&settings.id).unwrap_or_default();
            let actor = Box::pin(actor.started_from(world, from)).await?;
            actors.insert(settings.id.clone(), actor);
            tokio::spawn(published.beating());
            let scans = Arc::new(Semaphore::new(1));
            known.insert(settings.id.clone(), ServedOrg { settings, published, scans });
        }
        let writer =
            Writer::new(actors, mailbox, Arc::clone(&log), outages.clone(), shelf.clone(), failing);
        let hub = Hub(Arc::new(HubInner {
            orgs: known,
            jobs,
            newest: log.newest(),
            log,
            scans: Arc::new(Semaphore::new(1)),
            shelf,
            failed,
            damaged,
            outages,
            measures,
            pruning: tokio::sync::Mutex::default(),
            scrub: Mutex::default(),
            past: PastStates::default(),
        }));
        Ok(Self { hub, writer })
    }

    /// The handle that readers have.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Puts a command into the mailbox. It is decided in a turn, and its answer comes then.
    pub fn submit(
        &self,
        org: &OrgId,
        caller: Caller,
        call: Option<(CallId, [u8; 32])>,
        command: Command,
    ) -> Result<PendingAnswer, HubError> {
        let (reply, answer) = oneshot::channel();
        let asked = Box::new(PendingCommand::new(caller, call, command, reply));
        self.hub.tell(WriterRequest::Submit(org.clone(), asked))?;
        Ok(answer)
    }

    /// Takes a turn with what waits in the mailbox.
    pub async fn turn(&mut self) {
        self.writer.step().await;
    }

    /// The World that is shown, if it has everything that the log is known to hold.
    #[must_use]
    pub fn world(&self, org: &OrgId) -> Option<Arc<World>> {
        let end = self.hub.0.newest.borrow().get(org).copied().unwrap_or_default();
        let (world, read) = self.hub.0.orgs.get(org)?.published.world()?;
        (read >= end).then_some(world)
    }

    /// Stores the World of an org and goes on with it on that base. Returns its place; `None` if it cannot be said
    /// now what the World is.
    pub fn rest_on(
        &mut self,
        org: &OrgId,
        store: impl FnOnce(&World) -> Arc<dyn Base>,
    ) -> Option<ChainCursor> {
        self.writer.actor(org)?.rest_on(store)
    }
}
