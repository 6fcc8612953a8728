//! What readers may see of an org: its World, its newest place, how far its clock was moved, and the
//! newest entries in memory. The `OrgActor` writes it and every reader shares it. Only durable entries
//! get here, and a feed that keeps up finds all it needs in memory, so it never touches the log.

use crate::{
    hub::log::{PageSize, Pos, Stored},
    model::Seq,
    rules::World,
};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, time::sleep};

const MAX_ENTRIES: usize = 16_384;
const MAX_BYTES: usize = 16 << 20;
/// How long entries are gathered under load, so that several leave together.
const GATHER: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(super) struct Published {
    head: watch::Sender<Seq>,
    /// The head for readers of many entries; see `Published::beat`.
    beat: watch::Sender<Seq>,
    /// The World at the head, and the position up to which the log was read for it; `None` while it cannot
    /// be said what the World is, because the log cannot be read or the org is closed.
    world: Mutex<Option<(Arc<World>, Pos)>>,
    /// How far the org's clock is ahead of the wall clock, in microseconds.
    ahead: AtomicU64,
    /// How many customers wait for an answer from a person.
    waiting: AtomicU64,
    ring: Mutex<RecentEntries>,
    /// What is damaged in the org's log, once that is known. The org is refused from then on (R-LOG-3).
    damage: OnceLock<String>,
    /// Shared by all orgs of the hub: changes when damage is found in any of them.
    damaged: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct RecentEntries {
    entries: VecDeque<Stored>,
    bytes: usize,
}

impl Published {
    pub(super) fn new(damaged: watch::Sender<()>) -> Self {
        Self {
            head: watch::channel(Seq(0)).0,
            beat: watch::channel(Seq(0)).0,
            world: Mutex::default(),
            ahead: AtomicU64::new(0),
            waiting: AtomicU64::new(0),
            ring: Mutex::default(),
            damage: OnceLock::new(),
            damaged,
        }
    }

    fn ring(&self) -> MutexGuard<'_, RecentEntries> {
        // Only pushes and pops happen under this lock, so a panic cannot leave it half changed.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn head(&self) -> watch::Receiver<Seq> {
        self.head.subscribe()
    }

    /// Notes that the org's log is damaged, and wakes the readers, who are refused from now on. The first
    /// damage that is found counts.
    pub(super) fn close(&self, why: &str) {
        if self.damage.set(why.to_owned()).is_ok() {
            tracing::error!("{why}; this org is refused until its log is restored");
            self.damaged.send_replace(());
        }
        self.wake();
    }

    pub(super) fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    pub(super) fn newest(&self) -> Seq {
        *self.head.borrow()
    }

    /// Adds the entry after the newest one, unless it is there already. Readers see it only after
    /// the next `show`.
    pub(super) fn push(&self, stored: Stored) {
        let mut ring = self.ring();
        if ring.entries.back().is_some_and(|newest| newest.entry.seq >= stored.entry.seq) {
            return;
        }
        ring.bytes += stored.bytes.len();
        ring.entries.push_back(stored);
        while ring.entries.len() > MAX_ENTRIES || ring.bytes > MAX_BYTES {
            let Some(oldest) = ring.entries.pop_front() else { break };
            ring.bytes -= oldest.bytes.len();
        }
    }

    /// How far the org's clock was moved forward, as of the newest entry shown.
    pub(super) fn ahead(&self) -> Duration {
        Duration::from_micros(self.ahead.load(Ordering::Acquire))
    }

    /// How many customers wait for an answer from a person, as of the newest entry shown (R-WAIT-3).
    pub(super) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Acquire)
    }

    /// Shows a World, and with it moves the head and the time. A reader who looks sees them at once, but a
    /// reader who waits is not woken before `wake`. Returns what was shown before: if nobody reads it any more, it is
    /// taken apart where it is dropped, which is best done when nobody waits for an answer.
    pub(super) fn show(&self, world: &Arc<World>, end: Pos) -> Option<(Arc<World>, Pos)> {
        let (head, ahead) = (world.head().0, world.ahead());
        let ahead = u64::try_from(ahead.as_micros()).unwrap_or(u64::MAX);
        self.ahead.store(ahead, Ordering::Release);
        self.waiting.store(world.waiting_count() as u64, Ordering::Release);
        let before = self.swap(Some((Arc::clone(world), end)));
        self.head.send_if_modified(|newest| {
            *newest = head;
            false
        });
        before
    }

    /// Shows no World until the next `show`, and wakes those who wait for one.
    pub(super) fn hide(&self) {
        drop(self.swap(None));
        self.wake();
    }

    fn swap(&self, world: Option<(Arc<World>, Pos)>) -> Option<(Arc<World>, Pos)> {
        // Nothing under this lock can panic.
        let mut shown = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *shown, world)
    }

    /// The World that is shown, and the position up to which the log was read for it.
    pub(super) fn world(&self) -> Option<(Arc<World>, Pos)> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Wakes the readers who wait for a new head.
    pub(super) fn wake(&self) {
        self.head.send_modify(|_| {});
    }

    /// A page of entries after one place and up to another, none if there are none yet; `None` if the next one
    /// is no longer in memory, and so has to be read from the log.
    pub(super) fn after(&self, after: Seq, to: Seq, page: PageSize) -> Option<Vec<Stored>> {
        let to = self.newest().min(to);
        if after >= to {
            return Some(Vec::new());
        }
        let ring = self.ring();
        let first = ring.entries.front()?.entry.seq;
        // Places have no holes, so an entry's place says where it is in the queue.
        let skip = usize::try_from(after.next().0.checked_sub(first.0)?).ok()?;
        let most = usize::try_from(to.0 - after.0).unwrap_or(usize::MAX);
        let next = || ring.entries.iter().skip(skip).take(most);
        let fit = page.fit(next().map(|stored| stored.bytes.len()));
        Some(next().take(fit).cloned().collect())
    }

    /// The head as readers of many entries should follow it: it moves at once after a pause, and then at most
    /// once in `GATHER`, for all of them in the same moment.
    pub(super) fn beat(&self) -> watch::Receiver<Seq> {
        self.beat.subscribe()
    }

    /// Moves the beat for as long as this lives. The future holds no more than the channels.
    pub(super) fn beating(&self) -> impl Future<Output = ()> + Send + use<> {
        let (mut head, beat) = (self.head(), self.beat.clone());
        // What was read at the start is news for the beat.
        head.mark_changed();
        async move {
            while head.changed().await.is_ok() {
                beat.send_replace(*head.borrow_and_update());
                sleep(GATHER).await;
            }
        }
    }
}
