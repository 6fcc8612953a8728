//! One org at the writer: its World, where its log ends, and what of this turn waits for the
//! commit. Decisions are folded into the World at once, so the next one of the turn sees them;
//! until the append is stored nobody else does. If it is not, the World is loaded again, and the
//! chain tells which of our entries are in (architecture.md, "The one idea").

use super::{HubError, recent::Published};
use crate::{
    hub::{
        clock,
        log::{
            Append, Log, LogError, Pos, Stored,
            chain::{self, Place},
        },
        shelf::{Shelf, Snapshot},
    },
    model::{
        CallId, Caller, Command, Entry, EntryId, OrgId, OrgSettings, Receipt, Seq, StoredCall,
    },
    rules::{self, Ctx, World},
};
use std::{collections::HashSet, sync::Arc};
use tokio::sync::oneshot;

/// A snapshot after so many events at least: what a restart has to fold at most, about 50 ms.
const SNAPSHOT_EVERY: usize = 5_000;
/// In a large World, after as many events as an eighth of what a snapshot holds: writing snapshots
/// then costs a fixed part of each event, and a restart folds a fixed part of the World.
const SNAPSHOT_SHARE: usize = 8;
/// Entries read at once when folding.
const PAGE: usize = 1_024;
/// How often a command is decided again before its caller is told that nobody knows.
const ATTEMPTS: usize = 8;

/// A command and who waits for its answer.
pub(super) struct Asked {
    pub(super) caller: Caller,
    pub(super) call: Option<(CallId, [u8; 32])>,
    pub(super) command: Command,
    pub(super) reply: oneshot::Sender<Result<Receipt, HubError>>,
}

impl Asked {
    fn answer(self, said: Result<Receipt, HubError>) {
        // A caller that has gone finds the answer under its idempotency key (D-IDEM).
        let _ = self.reply.send(said);
    }
}

/// A decided command: its answer, its entry if it led to one, and every entry it was tried with.
struct Decided {
    asked: Asked,
    receipt: Receipt,
    entry: Option<Stored>,
    tried: Vec<(EntryId, Receipt)>,
}

enum Standing {
    /// The World is that of the log, plus what is pending.
    Ready,
    /// The World is not known; it is loaded at the next occasion.
    Stale,
    /// Nothing is done for this org any more, and why.
    Closed(String),
}

pub(super) struct Lane {
    settings: Arc<OrgSettings>,
    published: Arc<Published>,
    log: Arc<dyn Log>,
    shelf: Shelf,
    standing: Standing,
    world: World,
    /// The last position of the org's log that we know.
    end: Pos,
    /// The position of the World's head.
    head_pos: Pos,
    /// The place of the last snapshot, and events since.
    saved: Seq,
    unsaved: usize,
    pending: Vec<Decided>,
}

impl Lane {
    pub(super) fn new(
        settings: Arc<OrgSettings>,
        published: Arc<Published>,
        log: Arc<dyn Log>,
        shelf: Shelf,
    ) -> Self {
        Self {
            settings,
            published,
            log,
            shelf,
            standing: Standing::Stale,
            world: World::default(),
            end: Pos::default(),
            head_pos: Pos::default(),
            saved: Seq(0),
            unsaved: 0,
            pending: Vec::new(),
        }
    }

    /// Loads the World. A damaged log closes this org only.
    pub(super) async fn started(mut self) -> Result<Self, HubError> {
        match self.load(|_| {}).await {
            Ok(()) => {}
            Err(LogError::Corrupt { .. }) => tracing::error!("{}", self.why()),
            Err(error) => return Err(error.into()),
        }
        Ok(self)
    }

    fn org(&self) -> &OrgId {
        &self.settings.id
    }

    fn why(&self) -> String {
        match &self.standing {
            Standing::Closed(why) => why.clone(),
            Standing::Stale => "the log cannot be read now".into(),
            Standing::Ready => String::new(),
        }
    }

    /// The durable World, for a reading after all that was asked before it; and why the log has
    /// failed for good, if it has.
    pub(super) async fn read(&mut self) -> (Result<&World, HubError>, Option<String>) {
        let failure = self.commit().await;
        self.mend().await;
        (self.world(), failure)
    }

    /// Loads the World if it is not known. Nothing is pending then: whoever lost it has answered.
    async fn mend(&mut self) {
        if matches!(self.standing, Standing::Stale) {
            let _ = self.load(|_| {}).await;
        }
    }

    fn world(&self) -> Result<&World, HubError> {
        match self.standing {
            Standing::Ready => Ok(&self.world),
            _ => Err(HubError::Unavailable(self.why())),
        }
    }

    /// Refuses everything from now on.
    pub(super) fn close(&mut self, why: &str) {
        self.standing = Standing::Closed(why.to_owned());
        self.give_up(|| HubError::Unknown(why.to_owned()));
    }

    /// Decides a command; its answer waits for the commit.
    pub(super) async fn take(&mut self, asked: Asked) {
        self.mend().await;
        if matches!(self.standing, Standing::Ready) {
            let decided = self.decide(asked, Vec::new());
            self.pending.push(decided);
        } else {
            asked.answer(Err(HubError::Unavailable(self.why())));
        }
    }

    fn decide(&mut self, asked: Asked, mut tried: Vec<(EntryId, Receipt)>) -> Decided {
        let known = asked
            .call
            .as_ref()
            .and_then(|(id, digest)| rules::replay(&self.world, id, digest, &asked.command));
        if let Some(receipt) = known {
            return Decided { asked, receipt, entry: None, tried };
        }
        // The org's clock, as the log says: a sandbox's may have been moved forward.
        let now = self.world.time(clock::now());
        let mut ctx =
            Ctx { now, settings: &self.settings, caller: &asked.caller, fresh: &mut clock::fresh };
        let rules::Decision { events, receipt } =
            rules::decide(&self.world, &asked.command, &mut ctx);
        if events.is_empty() {
            return Decided { asked, receipt, entry: None, tried };
        }
        let call = asked.call.clone().map(|(id, digest)| StoredCall {
            id,
            digest,
            receipt: receipt.clone(),
        });
        let (head, prev_id) = self.world.head();
        let entry = Entry {
            org: self.org().clone(),
            seq: head.next(),
            id: EntryId(clock::fresh()),
            prev_id,
            at: now,
            events,
            call,
        };
        self.world.apply(&entry);
        self.unsaved += entry.events.len();
        tried.push((entry.id, receipt.clone()));
        Decided { asked, receipt, entry: Some(Stored::new(entry)), tried }
    }

    /// Appends what is pending, publishes it and answers. Says why if the log has failed for good.
    pub(super) async fn commit(&mut self) -> Option<String> {
        // Whether an earlier append may still come to light.
        let mut doubtful = false;
        for _ in 0..ATTEMPTS {
            let batch: Vec<Stored> =
                self.pending.iter().filter_map(|decided| decided.entry.clone()).collect();
            if batch.is_empty() {
                self.answer_all();
                return None;
            }
            let log = Arc::clone(&self.log);
            match log.append(&self.settings.id, self.end, &batch).await {
                Ok(Append::Stored(pos)) => {
                    (self.end, self.head_pos) = (pos, pos);
                    for stored in batch {
                        self.published.push(stored);
                    }
                    // Whoever asked has the answer before anyone is told of it (R-ORD-2).
                    self.show();
                    self.answer_all();
                    self.wake();
                    return None;
                }
                Ok(outcome @ (Append::Conflict | Append::Unknown)) => {
                    doubtful |= outcome == Append::Unknown;
                    if let Err(error) = self.settle().await {
                        tracing::warn!(org = %self.org(), "{error}");
                        self.give_up(|| HubError::Unknown(error.to_string()));
                        return None;
                    }
                }
                Err(LogError::Unavailable(why)) => {
                    // Known to be rolled back. Reads go on if the World can be read.
                    let said = if doubtful { HubError::Unknown } else { HubError::Unavailable };
                    self.give_up(|| said(why.clone()));
                    self.standing = Standing::Stale;
                    let _ = self.load(|_| {}).await;
                    return None;
                }
                Err(error) => {
                    self.close(&error.to_string());
                    return Some(error.to_string());
                }
            }
        }
        self.give_up(|| HubError::Unknown("the log does not confirm".into()));
        self.standing = Standing::Stale;
        None
    }

    /// After an append of unknown outcome: reads what the chain holds, answers those whose entry
    /// is in it, and decides the others again in their order.
    async fn settle(&mut self) -> Result<(), LogError> {
        let mut found = HashSet::new();
        self.standing = Standing::Stale;
        self.load(|id| {
            found.insert(id);
        })
        .await?;
        for mut decided in std::mem::take(&mut self.pending) {
            if let Some(which) = decided.tried.iter().position(|(id, _)| found.contains(id)) {
                let (_, receipt) = decided.tried.swap_remove(which);
                decided.asked.answer(Ok(receipt));
            } else {
                let again = self.decide(decided.asked, decided.tried);
                self.pending.push(again);
            }
        }
        Ok(())
    }

    fn answer_all(&mut self) {
        for decided in self.pending.drain(..) {
            decided.asked.answer(Ok(decided.receipt));
        }
    }

    fn give_up(&mut self, why: impl Fn() -> HubError) {
        for decided in self.pending.drain(..) {
            decided.asked.answer(Err(why()));
        }
    }

    /// Lets readers see everything up to the World's head.
    fn show(&self) {
        self.published.show(self.world.head().0, self.world.ahead());
    }

    /// Wakes the readers who wait for more.
    fn wake(&self) {
        self.published.wake();
        self.shelf.wake();
    }

    /// Folds the World from the last usable snapshot and the log after it, publishes what is new,
    /// and says which entries those were.
    async fn load(&mut self, mut new: impl FnMut(EntryId)) -> Result<(), LogError> {
        let loaded = self.fold(&mut new).await;
        match &loaded {
            Ok(()) => {
                self.standing = Standing::Ready;
                self.show();
                self.wake();
            }
            Err(error @ LogError::Corrupt { .. }) => {
                self.standing = Standing::Closed(error.to_string());
            }
            Err(_) => self.standing = Standing::Stale,
        }
        loaded
    }

    async fn fold(&mut self, new: &mut impl FnMut(EntryId)) -> Result<(), LogError> {
        let (mut world, from) = self.last_snapshot().await?;
        let (mut end, mut head_pos) = (from, from);
        // Folded before but not shown yet happens only at the start: then nothing was shown.
        let mut shown = self.published.newest().max(world.head().0);
        loop {
            let rows = self.log.read(self.org(), end, PAGE).await?;
            let last = rows.len() < PAGE;
            for (pos, stored) in rows {
                end = pos;
                if !world.apply(&stored.entry) {
                    continue;
                }
                head_pos = pos;
                self.unsaved += stored.entry.events.len();
                if stored.entry.seq > shown {
                    shown = stored.entry.seq;
                    new(stored.entry.id);
                    self.published.push(stored);
                }
            }
            if last {
                break;
            }
        }
        (self.world, self.end, self.head_pos) = (world, end, head_pos);
        Ok(())
    }

    async fn last_snapshot(&mut self) -> Result<(World, Pos), LogError> {
        let start = (World::default(), Pos::default());
        (self.saved, self.unsaved) = (Seq(0), 0);
        let Ok(Some(snapshot)) = self.shelf.snapshot(self.org()).await else { return Ok(start) };
        let Some(world) = World::from_snapshot(&snapshot.bytes) else { return Ok(start) };
        let place = snapshot.place;
        let fits = world.head() == (place.seq, place.id)
            && chain::holds(&*self.log, self.org(), &place).await?;
        if !fits {
            return Ok(start);
        }
        self.saved = place.seq;
        Ok((world, place.pos))
    }

    /// Keeps a snapshot if enough has happened since the last; encoded by the shelf's thread.
    pub(super) fn snapshot_if_due(&mut self) {
        let enough = (self.world.size() / SNAPSHOT_SHARE).max(SNAPSHOT_EVERY);
        if matches!(self.standing, Standing::Ready)
            && self.unsaved >= enough
            && self.shelf.save_later(self.org(), self.encoder())
        {
            (self.saved, self.unsaved) = (self.world.head().0, 0);
        }
    }

    /// Keeps a snapshot now, unless nothing has happened since the last.
    pub(super) async fn snapshot(&self) {
        if matches!(self.standing, Standing::Ready) && self.world.head().0 != self.saved {
            // Without one the next start takes longer; nothing else.
            if let Err(error) = self.shelf.save(self.org(), self.encoder()).await {
                tracing::warn!(org = %self.org(), "no snapshot: {error}");
            }
        }
    }

    fn encoder(&self) -> impl FnOnce() -> Snapshot + Send + 'static {
        let ((seq, id), pos, world) = (self.world.head(), self.head_pos, self.world.freeze());
        move || Snapshot { place: Place { pos, seq, id }, bytes: world.encode() }
    }
}
