//! Who follows the feed of an org: the hub's own feed on one side and the client's own cursor on the other, without the
//! network between them. A reader may be slow, its connection may be cut, and it goes on at whichever hub runs.

use super::{
    checker::{Checker, Invariant},
    machine::{Chance, Machine},
    sabotage::Sabotage,
    storage::LOG,
};
use crate::{
    hub::{
        budget::OpenPermit,
        feed::{Watch, WatchStart},
        limits::StreamEnd,
    },
    model::{FeedEvent, FeedStart, GapReason, OrgId, Seq},
    query::Filter,
    sdk::Cursor,
    wire::proto::v1::{WatchReply, WatchRequest, watch_reply::Frame},
};
use futures_util::{FutureExt as _, StreamExt as _, stream::BoxStream};
use tokio::task::unconstrained;
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// How many frames a reader takes at a time.
const FRAMES: usize = 8;

pub struct FeedReader {
    pub org: OrgId,
    cursor: Cursor,
    /// The last entry that it was given.
    at: Seq,
    open: Option<(usize, BoxStream<'static, Result<WatchReply, Status>>)>,
    /// How many times in a hundred it reads.
    pace: usize,
    pub gaps: u64,
}

impl FeedReader {
    pub fn new(org: &OrgId, pace: usize) -> Self {
        let start = FeedStart::After { log_id: LOG.into(), seq: Seq(0) };
        let cursor = Cursor::new(org.as_str().to_owned(), start, None);
        Self { org: org.clone(), cursor, at: Seq(0), open: None, pace, gaps: 0 }
    }

    /// Where it stands.
    pub fn at(&self) -> Seq {
        self.at
    }

    /// Reads whenever it can from now on.
    pub fn hurry(&mut self) {
        self.pace = 100;
    }

    /// The hub on this machine has died, or the connection to it is cut.
    pub fn cut(&mut self, machine: usize) {
        self.open.take_if(|(at, _)| *at == machine);
    }

    /// Reads, if it is not too slow for that.
    pub async fn step(
        &mut self,
        machines: &[Machine],
        checker: &mut Checker,
        chance: &Chance,
        sabotage: Option<Sabotage>,
    ) {
        if !chance.percent(self.pace) {
            return;
        }
        if self.open.is_none() {
            self.connect(machines, chance).await;
        }
        for _ in 0..FRAMES {
            let Some((_, frames)) = &mut self.open else { return };
            let Some(frame) = unconstrained(frames.next()).now_or_never() else { return };
            let Some(Ok(WatchReply { frame })) = frame else {
                // The hub could not read its log, for example.
                self.open = None;
                return;
            };
            let skips = sabotage == Some(Sabotage::FeedSkips) && chance.below(20) == 0;
            let frame = if skips { frame.map(skipping) } else { frame };
            match self.cursor.accept(frame) {
                Ok(events) => events.into_iter().for_each(|event| self.event(event, checker)),
                Err(error) => {
                    checker.found(Invariant::Feed, error.to_string());
                    self.open = None;
                }
            }
        }
    }

    async fn connect(&mut self, machines: &[Machine], chance: &Chance) {
        let at = chance.below(machines.len());
        let Some(hub) = machines.get(at).and_then(|machine| machine.hub.as_ref()) else { return };
        let WatchRequest { after_seq, tail, log_id, after_id, .. } = self.cursor.request();
        let after = after_seq.map(Seq);
        let start = WatchStart { after, tail, log_id, after_id, filter: Filter::default() };
        let ends = StreamEnd::new(CancellationToken::new(), None);
        let hub = hub.hub().clone();
        let open = Watch::open(hub, self.org.clone(), &start, ends, OpenPermit::default());
        if let Ok(watch) = unconstrained(open).await {
            self.open = Some((at, watch.frames().boxed()));
        }
    }

    fn event(&mut self, event: FeedEvent, checker: &mut Checker) {
        match event {
            FeedEvent::Entry(entry) => {
                checker.read(&self.org, self.at, &entry);
                self.at = entry.seq;
            }
            // A hub that has not read so far says so, and the reader gets what it had again.
            FeedEvent::Gap { after, next, reason: GapReason::Ahead } if next <= after.next() => {
                self.gaps += 1;
                self.at = Seq(next.0.saturating_sub(1));
            }
            FeedEvent::Gap { after, next, reason } => {
                let what = format!("a gap after {after} until {next}: {reason:?}");
                checker.found(Invariant::Feed, what);
            }
            FeedEvent::Bookmark { seq, head, .. } => {
                if seq != self.at || head < seq || head > checker.head(&self.org) {
                    let what = format!("a bookmark at {seq} of {head} for who is at {}", self.at);
                    checker.found(Invariant::Feed, what);
                }
            }
            // Only a connection says these.
            FeedEvent::Up(_) | FeedEvent::Down { .. } => {}
        }
    }
}

/// A frame without its first entry.
fn skipping(mut frame: Frame) -> Frame {
    if let Frame::Batch(batch) = &mut frame
        && !batch.entries.is_empty()
    {
        batch.entries.remove(0);
    }
    frame
}
