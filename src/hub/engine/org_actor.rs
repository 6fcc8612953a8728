//! One org within the writer. The actor owns the org's World, knows where its log ends, and keeps the
//! commands that wait to be decided.
//!
//! An actor follows its log. Before it decides or is read, it folds what any other writer has appended
//! meanwhile and shows that as if it were its own. It appends its own decisions at `end`, where the
//! log lets only one writer write; whoever loses reads on and decides again.
//!
//! Each command of a batch is decided after the one before it was folded, so from the second command on
//! the World is ahead of the log until the append is stored. If the append is not stored, the actor goes
//! back to the World that it last showed, which is what the log holds. An actor that is not alone on its
//! log is careful: it appends one entry at a time. Then a lost append costs one decision and reading the
//! entries that were faster.

mod on_disk;

use super::{
    HubError,
    outages::Outages,
    pending_command::PendingCommand,
    reading::{Reading, TellReading},
    recent::Published,
    settler::Settler,
};
use crate::{
    hub::{
        clock::EngineClock,
        log::{Append, Log, LogEnds, LogError, Pos, Stored},
        measures::Measures,
        shelf::Shelf,
    },
    model::{Entry, EntryId, OrgId, OrgSettings, Receipt, StoredCall},
    rules::{self, Ctx, World},
};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

/// How many entries are read at once when the log is folded.
pub(super) const PAGE: usize = 1_024;
/// How many of its own entries an actor appends one at a time after it has met another writer, or a log
/// that did not store. If nobody else wrote in between, it counts as alone again.
const CAREFUL: usize = 64;
/// How long a careful actor that has just written lets other writers go first.
const GIVE_WAY: Duration = Duration::from_millis(2);

/// Decided commands with their receipts, and the entries they led to, until the log has stored them.
#[derive(Default)]
struct Batch {
    decided: Vec<(PendingCommand, Receipt)>,
    entries: Vec<Stored>,
}

impl Batch {
    /// Gives the receipts. Returns what takes back leases of which nobody heard (R-LEASE-7), also no repetition.
    fn answer(self) -> Vec<PendingCommand> {
        let (mut back, mut heard) = (Vec::new(), Vec::new());
        for (asked, receipt) in self.decided {
            let call = asked.call.clone();
            match asked.deliver(receipt) {
                Some(unheard) => back.push(unheard),
                None => heard.extend(call),
            }
        }
        back.retain(|unheard| !unheard.call.as_ref().is_some_and(|call| heard.contains(call)));
        back
    }
}

enum ActorState {
    /// The World is the fold of the log up to `end`.
    Ready,
    /// The World is the fold of the log up to `end`, and the log holds more or may hold more.
    Behind,
    /// Nothing is done for this org until a restart, for the reason given.
    Closed(String),
}

pub(super) struct OrgActor {
    settings: Arc<OrgSettings>,
    published: Arc<Published>,
    log: Arc<dyn Log>,
    newest: watch::Receiver<LogEnds>,
    outages: Outages,
    measures: Arc<Measures>,
    shelf: Shelf,
    state: ActorState,
    world: World,
    /// The World without what is being appended, as readers see it.
    shown: Arc<World>,
    /// The last position of the org's log that was read or written, void entries included.
    end: Pos,
    /// The position of the last valid entry, which is the World's head.
    head_pos: Pos,
    /// The position after which the World was folded from the log: that of the World that was stored.
    loaded_from: Pos,
    /// How far a start has read the log, and whom it tells; `None` once it is done.
    reading: Option<(Reading, TellReading)>,
    settler: Settler,
    clock: Arc<dyn EngineClock>,
    /// The commands to decide, in the order in which they came.
    waiting: VecDeque<PendingCommand>,
    /// How many more entries are appended one at a time; zero if nobody else seems to write.
    careful: usize,
    /// Whether the newest entry of the log is this actor's, so that it is the others' turn.
    wrote_last: bool,
}

impl OrgActor {
    pub(super) fn new(
        settings: Arc<OrgSettings>,
        published: Arc<Published>,
        log: Arc<dyn Log>,
        (outages, measures): (Outages, Arc<Measures>),
        shelf: Shelf,
        settler: Settler,
        clock: Arc<dyn EngineClock>,
    ) -> Self {
        Self {
            settings,
            published,
            newest: log.newest(),
            log,
            outages,
            measures,
            shelf,
            state: ActorState::Behind,
            world: World::default(),
            shown: Arc::default(),
            end: Pos::default(),
            head_pos: Pos::default(),
            loaded_from: Pos::default(),
            reading: None,
            settler,
            clock,
            waiting: VecDeque::new(),
            careful: 0,
            wrote_last: false,
        }
    }

    /// Loads the World. A damaged log closes this org alone; a log that cannot be read now is an error.
    /// A stored World that has seen more than the log is an error too, unless that is accepted (R-LOG-4).
    pub(super) async fn started(
        mut self,
        accept_loss: bool,
        tell: TellReading,
    ) -> Result<Self, HubError> {
        let (world, from) = self.stored_world(accept_loss).await?;
        let newest = self.newest.borrow().get(self.org()).copied().unwrap_or_default();
        self.reading = Some((Reading::begin(from, newest), tell));
        self.started_from(world, from).await
    }

    /// Goes on from a World that has everything up to a position of the log.
    pub(super) async fn started_from(mut self, world: World, from: Pos) -> Result<Self, HubError> {
        (self.world, self.end, self.head_pos, self.loaded_from) = (world, from, from, from);
        self.catch_up().await;
        self.reading = None;
        // Entries from before this start say nothing about whether others write now.
        self.careful = 0;
        match &self.state {
            ActorState::Ready | ActorState::Closed(_) => {}
            ActorState::Behind => return Err(HubError::Unavailable(self.why())),
        }
        Ok(self)
    }

    /// Everything after this position was read when the World was loaded, and so was checked.
    pub(super) fn loaded_from(&self) -> Pos {
        self.loaded_from
    }

    fn org(&self) -> &OrgId {
        &self.settings.id
    }

    fn why(&self) -> String {
        match &self.state {
            ActorState::Closed(why) => why.clone(),
            ActorState::Behind => "the log cannot be read now".into(),
            ActorState::Ready => String::new(),
        }
    }

    /// The World with everything durable that was asked before. The second value says why the log has
    /// failed for good, if it has.
    pub(super) async fn read(&mut self) -> (Result<Arc<World>, HubError>, Option<String>) {
        let failure = self.commit().await;
        let world = match self.state {
            ActorState::Ready => Ok(Arc::clone(&self.shown)),
            ActorState::Behind | ActorState::Closed(_) => Err(HubError::Unavailable(self.why())),
        };
        (world, failure)
    }

    /// Refuses everything that waits and everything that comes, for the reason given.
    pub(super) fn close(&mut self, why: &str) {
        self.state = ActorState::Closed(why.to_owned());
        self.published.hide();
        self.give_up(why);
    }

    /// Closes the org, because its log is damaged: whoever asks for it is told so from now on, readers of
    /// its feed too.
    pub(super) fn damaged(&mut self, why: &str) {
        self.close(why);
        self.published.close(why);
    }

    /// Lets a command wait for the next `commit`, which decides and answers it.
    pub(super) fn enqueue(&mut self, asked: PendingCommand) {
        self.waiting.push_back(asked);
    }

    /// Reads what others have appended, then decides what waits, appends it and answers it. Returns the
    /// reason if the log has failed for good.
    pub(super) async fn commit(&mut self) -> Option<String> {
        self.catch_up().await;
        if let Some(why) = self.disbelieve() {
            return Some(why);
        }
        while !self.waiting.is_empty() {
            if !matches!(self.state, ActorState::Ready) {
                self.give_up(&self.why());
                break;
            }
            let batch = self.decide();
            if self.settler.trouble().is_some() {
                self.take_back(batch, |_| {});
                return self.disbelieve();
            }
            if batch.entries.is_empty() {
                self.answer(batch);
                continue;
            }
            let began = Instant::now();
            let said = self.log.append(self.org(), self.end, &batch.entries).await;
            if matches!(said, Ok(Append::Stored(_))) {
                self.measures.commits.took(began.elapsed());
                self.measures.batches.had(batch.entries.len());
            }
            match said {
                Ok(Append::Stored(pos)) => self.stored(pos, batch),
                Ok(Append::Conflict) => self.retry(batch, PendingCommand::lost).await,
                Ok(Append::Unknown) => self.retry(batch, PendingCommand::doubted).await,
                Err(LogError::Unavailable(why)) => {
                    // The log knows that it stored nothing (R-LOG-1), so the callers can be told, and
                    // reads go on if the log can be read.
                    self.take_back(batch, |_| {});
                    self.outages.refused(&why, &self.waiting);
                    self.give_up(&why);
                    self.catch_up().await;
                }
                Err(error @ (LogError::Fatal(_) | LogError::Corrupt { .. })) => {
                    let why = error.to_string();
                    self.take_back(batch, PendingCommand::doubted);
                    self.close(&why);
                    return Some(why);
                }
            }
        }
        None
    }

    /// Decides everything that waits, or only up to the first entry if others may write before us.
    fn decide(&mut self) -> Batch {
        let mut batch = Batch::default();
        while let Some(asked) = self.waiting.pop_front() {
            if let Some(said) = asked.exhausted() {
                asked.answer(Err(said));
                continue;
            }
            if asked.is_idle_lease() {
                continue;
            }
            // The entry before is folded only now, when another command needs it: a batch of one entry
            // leaves the World as the log has it, so that nothing has to be taken back.
            if let Some(before) = batch.entries.last() {
                self.world.apply(&before.entry);
            }
            self.decide_one(asked, &mut batch);
            if self.careful > 0 && !batch.entries.is_empty() {
                break;
            }
        }
        batch
    }

    fn decide_one(&self, mut asked: PendingCommand, batch: &mut Batch) {
        let known = asked
            .call
            .as_ref()
            .and_then(|(id, digest)| rules::replay(&self.world, id, digest, &asked.command));
        if let Some(receipt) = known {
            batch.decided.push((asked, receipt));
            return;
        }
        // The org's time is the wall clock's plus what the log says that it was moved forward.
        let now = self.world.time(self.clock.now());
        let fresh = &mut || self.clock.fresh();
        let mut ctx = Ctx { now, settings: &self.settings, caller: &asked.caller, fresh };
        let rules::Decision { events, receipt } =
            rules::decide(&self.world, &asked.command, &mut ctx);
        if !events.is_empty() {
            let call = asked.call.clone().map(|(id, digest)| StoredCall {
                id,
                digest,
                receipt: receipt.clone(),
            });
            let (head, prev_id) = self.world.head();
            let entry = Entry {
                org: self.org().clone(),
                seq: head.next(),
                id: EntryId(self.clock.fresh()),
                prev_id,
                at: now,
                events,
                call,
            };
            asked.try_with(entry.id, &receipt);
            batch.entries.push(Stored::new(entry));
        }
        batch.decided.push((asked, receipt));
    }

    /// The log has stored the batch: folds its last entry, shows all of them and answers.
    fn stored(&mut self, pos: Pos, mut batch: Batch) {
        if let Some(last) = batch.entries.last() {
            self.world.apply(&last.entry);
        }
        (self.end, self.head_pos) = (pos, pos);
        self.wrote_last = true;
        self.careful = self.careful.saturating_sub(1);
        for stored in std::mem::take(&mut batch.entries) {
            self.settler.folded(&stored);
            self.published.push(stored);
        }
        // Whoever asked has the receipt before anybody else is woken (R-ORD-2).
        let _before = self.show();
        self.outages.over();
        self.answer(batch);
        self.wake();
    }

    /// Answers, and takes leases back before all else, so that who repeats such a call finds it undone.
    fn answer(&mut self, batch: Batch) {
        for unheard in batch.answer() {
            self.waiting.push_front(unheard);
        }
    }

    /// The log may not have stored the batch. Catching up answers the commands whose entries it did
    /// store; the others wait to be decided again, in their order.
    async fn retry(&mut self, batch: Batch, note: fn(&mut PendingCommand)) {
        self.careful = CAREFUL;
        self.take_back(batch, note);
        self.catch_up().await;
    }

    /// Puts the commands of a batch back to the front of the queue, and notes in each what happened.
    fn take_back(&mut self, batch: Batch, note: fn(&mut PendingCommand)) {
        for (mut asked, _) in batch.decided.into_iter().rev() {
            note(&mut asked);
            self.waiting.push_front(asked);
        }
        self.world = (*self.shown).clone();
        self.state = ActorState::Behind;
    }

    fn give_up(&mut self, why: &str) {
        for asked in self.waiting.drain(..) {
            asked.give_up(why);
        }
    }

    /// Makes the World the fold of the whole log again, if it is not and if the log can be read.
    async fn catch_up(&mut self) {
        let mended = match self.state {
            ActorState::Closed(_) => return,
            ActorState::Ready if !self.moved() => return,
            ActorState::Ready | ActorState::Behind => self.read_on().await,
        };
        match mended {
            Ok(()) => self.state = ActorState::Ready,
            Err(error @ LogError::Corrupt { .. }) => self.damaged(&error.to_string()),
            Err(error @ (LogError::Unavailable(_) | LogError::Fatal(_))) => {
                tracing::warn!(org = %self.org(), "{error}");
                self.published.hide();
            }
        }
    }

    /// Whether somebody has appended after `end`, as far as the log knows without being asked.
    fn moved(&self) -> bool {
        passed(&self.newest.borrow(), self.org(), self.end)
    }

    /// Whether the World is not up to date because the log could not be read.
    pub(super) fn is_behind(&self) -> bool {
        matches!(self.state, ActorState::Behind)
    }

    /// Whether others may write to this log now, or the log does not store what is appended.
    pub(super) fn is_careful(&self) -> bool {
        self.careful > 0
    }

    /// Lets other writers go first, until one of them has written or a moment has passed. Otherwise the
    /// writer with the fastest way to the log could win every append.
    pub(super) async fn give_way(&mut self) {
        self.wrote_last = false;
        let (org, end) = (&self.settings.id, self.end);
        // If nobody wrote, giving way for this long was enough.
        let _ = timeout(GIVE_WAY, self.newest.wait_for(|ends| passed(ends, org, end))).await;
    }

    /// Whether it is time to give way: others may write, and the last entry was ours.
    pub(super) fn gives_way(&self) -> bool {
        self.wrote_last && self.careful > 0
    }

    /// Folds the log after `end`, publishes what is new, and answers the commands whose entries are in
    /// it before anybody else is woken (R-ORD-2).
    async fn read_on(&mut self) -> Result<(), LogError> {
        self.state = ActorState::Behind;
        let mut ours = Batch::default();
        let read = self.fold(&mut ours).await;
        let _before = self.show();
        self.answer(ours);
        self.wake();
        read
    }

    async fn fold(&mut self, ours: &mut Batch) -> Result<(), LogError> {
        let mut rows = self.log.read(self.org(), self.end, PAGE).await?;
        loop {
            // While this page is folded, the next one is read and decoded.
            let next = rows.last().filter(|_| rows.len() == PAGE).map(|(last, _)| {
                let (log, org, last) = (Arc::clone(&self.log), self.org().clone(), *last);
                tokio::spawn(async move { log.read(&org, last, PAGE).await })
            });
            for (pos, stored) in rows {
                self.end = pos;
                if !self.world.apply(&stored.entry) {
                    continue;
                }
                self.head_pos = pos;
                self.settler.folded(&stored);
                self.attribute(stored.entry.id, ours);
                self.published.push(stored);
            }
            let place = self.place();
            self.settler.keep_up(&mut self.world, place).await;
            if let Some((reading, tell)) = &mut self.reading
                && let Some(line) = reading.news(&self.settings.id, self.end)
            {
                tell(&line);
            }
            let Some(next) = next else { return Ok(()) };
            rows = next.await.map_err(|error| LogError::Unavailable(error.to_string()))??;
        }
    }

    /// A new entry was read. Either it is an attempt of a command that waits, which can be answered now,
    /// or another writer has appended it.
    fn attribute(&mut self, entry: EntryId, ours: &mut Batch) {
        let answers = |asked: &PendingCommand| asked.answered_by(entry).is_some();
        let whose = self.waiting.iter().position(answers).and_then(|n| self.waiting.remove(n));
        if let Some(asked) = whose {
            ours.decided.extend(asked.answered_by(entry).map(|receipt| (asked, receipt)));
        } else {
            (self.careful, self.wrote_last) = (CAREFUL, false);
        }
    }

    /// Lets readers see everything up to the World's head, without waking them yet. Returns what they saw before.
    fn show(&mut self) -> Option<(Arc<World>, Pos)> {
        self.shown = Arc::new(self.world.clone());
        self.published.show(&self.shown, self.end)
    }

    /// Wakes the readers who wait for more.
    fn wake(&self) {
        self.published.wake();
        self.shelf.wake();
    }
}

/// Whether an org's log is known to go on after a position.
fn passed(ends: &LogEnds, org: &OrgId, end: Pos) -> bool {
    ends.get(org).is_some_and(|newest| *newest > end)
}
