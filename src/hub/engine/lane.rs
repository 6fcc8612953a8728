//! One org at the writer: its World, where its log ends, and what waits for its turn.
//!
//! A lane follows its log. Before it decides or is read, it folds what any other writer has appended
//! meanwhile, and shows it as if it were its own. What it decides itself is appended at `end`, where
//! the log lets one writer only write; whoever loses reads on and decides again.
//!
//! Each command of a batch is decided after the one before it was folded, so from the second on the
//! World is ahead of the log until the append is stored. If it is not, the World cannot be taken
//! back and is loaded again, which takes as long as a start. So a lane that is not alone on its log
//! is careful: it appends one entry at a time and folds it once it is stored, and a lost append
//! costs no more than reading what was faster.

use super::{HubError, asked::Asked, recent::Published};
use crate::{
    hub::{
        clock,
        log::{
            Append, Ends, Log, LogError, Pos, Stored,
            chain::{self, Place},
        },
        shelf::{Shelf, Snapshot},
    },
    model::{Entry, EntryId, OrgId, OrgSettings, Receipt, Seq, StoredCall},
    rules::{self, Ctx, World},
};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};

/// A snapshot after so many events at least: what a restart has to fold at most, about 50 ms.
const SNAPSHOT_EVERY: usize = 5_000;
/// In a large World, after as many events as an eighth of what a snapshot holds: writing snapshots
/// then costs a fixed part of each event, and a restart folds a fixed part of the World.
const SNAPSHOT_SHARE: usize = 8;
/// Entries read at once when folding.
const PAGE: usize = 1_024;
/// How many of its own entries a lane appends one at a time after it met another writer, or a log
/// that did not store: enough to know that it is alone again.
const CAREFUL: usize = 64;
/// How long a careful lane that has written waits for others to write.
const GIVE_WAY: Duration = Duration::from_millis(2);

/// Decided commands with their answers, and the entries they lead to, until the log has them.
#[derive(Default)]
struct Batch {
    decided: Vec<(Asked, Receipt)>,
    entries: Vec<Stored>,
}

impl Batch {
    fn answer(self) {
        for (asked, receipt) in self.decided {
            asked.answer(Ok(receipt));
        }
    }
}

enum Standing {
    /// The World is that of the log up to `end`.
    Ready,
    /// The same, and the log is known to hold more, or may.
    Behind,
    /// The World holds what the log may not; it is loaded at the next occasion.
    Stale,
    /// Nothing is done for this org any more, and why.
    Closed(String),
}

pub(super) struct Lane {
    settings: Arc<OrgSettings>,
    published: Arc<Published>,
    log: Arc<dyn Log>,
    newest: watch::Receiver<Ends>,
    shelf: Shelf,
    standing: Standing,
    world: World,
    /// The last position of the org's log that was read or written.
    end: Pos,
    /// The position of the World's head.
    head_pos: Pos,
    /// The place of the last snapshot, and events since.
    saved: Seq,
    unsaved: usize,
    /// What is to be decided, in order.
    waiting: VecDeque<Asked>,
    /// How many more entries are appended one at a time.
    careful: usize,
    /// Whether it was this lane that wrote last.
    wrote_last: bool,
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
            newest: log.newest(),
            log,
            shelf,
            standing: Standing::Stale,
            world: World::default(),
            end: Pos::default(),
            head_pos: Pos::default(),
            saved: Seq(0),
            unsaved: 0,
            waiting: VecDeque::new(),
            careful: 0,
            wrote_last: false,
        }
    }

    /// Loads the World. A damaged log closes this org only.
    pub(super) async fn started(mut self) -> Result<Self, HubError> {
        self.mend().await;
        // What was there before us says nothing about others who write now.
        self.careful = 0;
        match &self.standing {
            Standing::Ready => {}
            Standing::Closed(why) => tracing::error!("{why}"),
            Standing::Behind | Standing::Stale => return Err(HubError::Unavailable(self.why())),
        }
        Ok(self)
    }

    fn org(&self) -> &OrgId {
        &self.settings.id
    }

    fn why(&self) -> String {
        match &self.standing {
            Standing::Closed(why) => why.clone(),
            Standing::Behind | Standing::Stale => "the log cannot be read now".into(),
            Standing::Ready => String::new(),
        }
    }

    /// The durable World, for a reading after all that was asked before it; and why the log has
    /// failed for good, if it has.
    pub(super) async fn read(&mut self) -> (Result<&World, HubError>, Option<String>) {
        let failure = self.commit().await;
        let world = match self.standing {
            Standing::Ready => Ok(&self.world),
            Standing::Behind | Standing::Stale | Standing::Closed(_) => {
                Err(HubError::Unavailable(self.why()))
            }
        };
        (world, failure)
    }

    /// Refuses everything from now on.
    pub(super) fn close(&mut self, why: &str) {
        self.standing = Standing::Closed(why.to_owned());
        self.give_up(why);
    }

    /// A command; it is decided and answered by `commit`.
    pub(super) fn take(&mut self, asked: Asked) {
        self.waiting.push_back(asked);
    }

    /// Reads what others have appended; then decides what waits, appends and answers it. Says why
    /// if the log has failed for good.
    pub(super) async fn commit(&mut self) -> Option<String> {
        self.mend().await;
        while !self.waiting.is_empty() {
            if !matches!(self.standing, Standing::Ready) {
                self.give_up(&self.why());
                break;
            }
            let batch = self.decide();
            if batch.entries.is_empty() {
                batch.answer();
                continue;
            }
            let said = self.log.append(self.org(), self.end, &batch.entries).await;
            match said {
                Ok(Append::Stored(pos)) => self.stored(pos, batch),
                Ok(Append::Conflict) => self.again(batch, Asked::lost).await,
                Ok(Append::Unknown) => self.again(batch, Asked::doubted).await,
                Err(LogError::Unavailable(why)) => {
                    // Known to be rolled back. Reads go on if the World can be read.
                    self.take_back(batch, |_| {});
                    self.give_up(&why);
                    self.mend().await;
                }
                Err(error @ (LogError::Fatal(_) | LogError::Corrupt { .. })) => {
                    let why = error.to_string();
                    self.take_back(batch, Asked::doubted);
                    self.close(&why);
                    return Some(why);
                }
            }
        }
        None
    }

    /// Decides what waits: all of it, or up to the first entry if others may write before us.
    fn decide(&mut self) -> Batch {
        let mut batch = Batch::default();
        while let Some(asked) = self.waiting.pop_front() {
            if let Some(said) = asked.exhausted() {
                asked.answer(Err(said));
                continue;
            }
            // The entry before is folded only now: if it stays alone, nothing has to be taken back.
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

    fn decide_one(&self, mut asked: Asked, batch: &mut Batch) {
        let known = asked
            .call
            .as_ref()
            .and_then(|(id, digest)| rules::replay(&self.world, id, digest, &asked.command));
        if let Some(receipt) = known {
            batch.decided.push((asked, receipt));
            return;
        }
        // The org's clock, as the log says: a sandbox's may have been moved forward.
        let now = self.world.time(clock::now());
        let mut ctx =
            Ctx { now, settings: &self.settings, caller: &asked.caller, fresh: &mut clock::fresh };
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
                id: EntryId(clock::fresh()),
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

    /// The log has the batch: folds the last of it, shows it and answers.
    fn stored(&mut self, pos: Pos, mut batch: Batch) {
        if let Some(last) = batch.entries.last() {
            self.world.apply(&last.entry);
        }
        (self.end, self.head_pos) = (pos, pos);
        self.wrote_last = true;
        self.careful = self.careful.saturating_sub(1);
        for stored in std::mem::take(&mut batch.entries) {
            self.unsaved += stored.entry.events.len();
            self.published.push(stored);
        }
        // Whoever asked has the answer before anyone is told of it (R-ORD-2).
        self.show();
        batch.answer();
        self.wake();
    }

    /// The log may not have the batch. Those whose entry it has are answered while the World is put
    /// right; the others are decided again, in their order.
    async fn again(&mut self, batch: Batch, note: fn(&mut Asked)) {
        self.careful = CAREFUL;
        self.take_back(batch, note);
        self.mend().await;
    }

    /// What was decided waits again, before everything else.
    fn take_back(&mut self, batch: Batch, note: fn(&mut Asked)) {
        for (mut asked, _) in batch.decided.into_iter().rev() {
            note(&mut asked);
            self.waiting.push_front(asked);
        }
        let folded = self.world.head().0 > self.published.newest();
        self.standing = if folded { Standing::Stale } else { Standing::Behind };
    }

    fn give_up(&mut self, why: &str) {
        for asked in self.waiting.drain(..) {
            asked.give_up(why);
        }
    }

    /// Lets the World be that of the log, if it is not.
    async fn mend(&mut self) {
        let mended = match self.standing {
            Standing::Closed(_) => return,
            Standing::Ready if !self.moved() => return,
            Standing::Ready | Standing::Behind => self.read_on().await,
            Standing::Stale => self.load().await,
        };
        match mended {
            Ok(()) => self.standing = Standing::Ready,
            Err(error @ LogError::Corrupt { .. }) => self.close(&error.to_string()),
            Err(error @ (LogError::Unavailable(_) | LogError::Fatal(_))) => {
                tracing::warn!(org = %self.org(), "{error}");
            }
        }
    }

    /// Whether someone has appended after what we know.
    fn moved(&self) -> bool {
        passed(&self.newest.borrow(), self.org(), self.end)
    }

    /// Whether the log was to be read and could not be.
    pub(super) fn is_behind(&self) -> bool {
        matches!(self.standing, Standing::Behind | Standing::Stale)
    }

    /// Whether others may write to this log now, or the log does not store what it is told to.
    pub(super) fn is_careful(&self) -> bool {
        self.careful > 0
    }

    /// Whoever wrote last lets the others go first: until one of them has, or for a moment. Without
    /// it the nearest to the log could write for ever, each of its appends before the others'.
    pub(super) async fn give_way(&mut self) {
        self.wrote_last = false;
        let (org, end) = (&self.settings.id, self.end);
        // That nobody came is as good an answer.
        let _ = timeout(GIVE_WAY, self.newest.wait_for(|ends| passed(ends, org, end))).await;
    }

    /// Whether it is time for that.
    pub(super) fn gives_way(&self) -> bool {
        self.wrote_last && self.careful > 0
    }

    /// Folds the World from the last usable snapshot and the log after it.
    async fn load(&mut self) -> Result<(), LogError> {
        let (world, from) = self.last_snapshot().await?;
        (self.world, self.end, self.head_pos) = (world, from, from);
        self.read_on().await
    }

    /// Folds the log after what we know of it, publishes what is new, and answers those whose entry
    /// is in it, before anyone else is told (R-ORD-2).
    async fn read_on(&mut self) -> Result<(), LogError> {
        self.standing = Standing::Behind;
        let mut ours = Batch::default();
        let read = self.fold(&mut ours).await;
        // While a World is loaded again its head may be behind what was shown before.
        if self.world.head().0 > self.published.newest() {
            self.show();
            ours.answer();
            self.wake();
        }
        read
    }

    async fn fold(&mut self, ours: &mut Batch) -> Result<(), LogError> {
        let shown = self.published.newest();
        loop {
            let rows = self.log.read(self.org(), self.end, PAGE).await?;
            let last = rows.len() < PAGE;
            for (pos, stored) in rows {
                self.end = pos;
                if !self.world.apply(&stored.entry) {
                    continue;
                }
                self.head_pos = pos;
                self.unsaved += stored.entry.events.len();
                if stored.entry.seq > shown {
                    self.meet(stored.entry.id, ours);
                    self.published.push(stored);
                }
            }
            if last {
                return Ok(());
            }
        }
    }

    /// A new entry was read: it answers one of those who wait, or it is somebody else's.
    fn meet(&mut self, entry: EntryId, ours: &mut Batch) {
        let answers = |asked: &Asked| asked.answered_by(entry).is_some();
        let whose = self.waiting.iter().position(answers).and_then(|n| self.waiting.remove(n));
        if let Some(asked) = whose {
            ours.decided.extend(asked.answered_by(entry).map(|receipt| (asked, receipt)));
        } else {
            (self.careful, self.wrote_last) = (CAREFUL, false);
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

/// Whether an org's log goes on after a position.
fn passed(ends: &Ends, org: &OrgId, end: Pos) -> bool {
    ends.get(org).is_some_and(|newest| *newest > end)
}
