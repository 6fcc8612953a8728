//! The live feed (decision D-FEED): a subscriber is a cursor on the log and nothing else.
//!
//! No queue and no broadcast: the head's `watch` wakes the cursor, which reads what is new and
//! hands the stored bytes on. A subscriber that does not read costs one future; HTTP/2 flow control
//! holds it. At rest an entry leaves at once; under load entries wait up to 10 ms for company.

use super::{
    engine::{Hub, HubError},
    limits::{Ends, FeedPlace},
};
use crate::{
    model::{OrgId, Seq},
    wire::proto::v1::{Batch, Bookmark, Gap, WatchReply, gap::Reason, watch_reply::Frame},
};
use futures_util::stream::{self, Stream};
use std::{collections::VecDeque, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use tonic::Status;

/// Entries and bytes of one batch, and so of what one subscriber has in flight.
const BATCH_ENTRIES: usize = 256;
const BATCH_BYTES: usize = 256 << 10;
/// A subscriber hears at least this often that nothing was missed.
const BOOKMARK_EVERY: Duration = Duration::from_secs(10);
/// How long entries wait for company after a batch has just left.
const COALESCE: Duration = Duration::from_millis(10);

/// Where a subscriber wants to start.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// After this entry; `None`: with the last `tail` entries.
    pub after: Option<Seq>,
    /// How many of the last entries, without a cursor or when the cursor is of no use.
    pub tail: u32,
    /// The log the cursor is of; empty: whatever log this is.
    pub log_id: String,
}

/// One subscriber.
pub struct Watch {
    hub: Hub,
    org: OrgId,
    /// Everything up to here was sent.
    at: Seq,
    head: watch::Receiver<Seq>,
    /// What is said before the first entry.
    first: VecDeque<Frame>,
    bookmark_due: Instant,
    flushed: Option<Instant>,
    ends: Ends,
    _place: FeedPlace,
}

impl Watch {
    /// Places the cursor. Where it cannot be placed as asked, the feed opens with a gap.
    pub fn open(
        hub: Hub,
        org: OrgId,
        start: &Start,
        ends: Ends,
        place: FeedPlace,
    ) -> Result<Self, HubError> {
        let mut receiver = hub.head(&org)?;
        let head = *receiver.borrow_and_update();
        let tail = Seq(head.0.saturating_sub(start.tail.into()));
        let (at, gap) = match start.after {
            None => (tail, None),
            Some(after) if !start.log_id.is_empty() && start.log_id != hub.log_id() => {
                (tail, Some((after, Reason::Foreign)))
            }
            Some(after) if after > head => (tail, Some((after, Reason::Ahead))),
            Some(after) => (after, None),
        };
        let mut watch = Self {
            hub,
            org,
            at,
            head: receiver,
            first: VecDeque::new(),
            bookmark_due: Instant::now(),
            flushed: None,
            ends,
            _place: place,
        };
        if let Some((after, reason)) = gap {
            watch.first.push_back(gap_frame(after, at, reason));
        }
        // The first bookmark at once: until something was said, a feed is hope, not evidence.
        let bookmark = watch.bookmark(head);
        watch.first.push_back(bookmark);
        Ok(watch)
    }

    /// The frames; ends only with a status.
    pub fn frames(self) -> impl Stream<Item = Result<WatchReply, Status>> + Send {
        stream::unfold(Some(self), |watch| async move {
            let mut watch = watch?;
            Some(match watch.next().await {
                Ok(frame) => (Ok(WatchReply { frame: Some(frame) }), Some(watch)),
                Err(status) => (Err(status), None),
            })
        })
    }

    async fn next(&mut self) -> Result<Frame, Status> {
        if let Some(frame) = self.first.pop_front() {
            return Ok(frame);
        }
        loop {
            if let Some(status) = self.ends.reached() {
                return Err(status);
            }
            let head = *self.head.borrow_and_update();
            if Instant::now() >= self.bookmark_due {
                return Ok(self.bookmark(head));
            }
            if self.at < head {
                self.coalesce(head).await;
                if let Some(frame) = self.read().await? {
                    return Ok(frame);
                }
            }
            tokio::select! {
                changed = self.head.changed() => {
                    changed.map_err(|_| HubError::Stopped)?;
                }
                () = sleep_until(self.bookmark_due) => {}
                status = self.ends.wait() => return Err(status),
            }
        }
    }

    /// Waits for company, unless a full batch is there or the last one left long ago.
    async fn coalesce(&self, head: Seq) {
        let behind = head.0 - self.at.0;
        if let Some(flushed) = self.flushed.filter(|_| behind < BATCH_ENTRIES as u64) {
            sleep_until(flushed + COALESCE).await;
        }
    }

    /// The next entries, cut by number and by bytes; or a gap, if the log no longer has them.
    async fn read(&mut self) -> Result<Option<Frame>, Status> {
        let found = self.hub.entries_after(&self.org, self.at, BATCH_ENTRIES).await?;
        let Some(first) = found.first().map(|stored| stored.entry.seq) else { return Ok(None) };
        if first != self.at.next() {
            let gap = gap_frame(self.at, Seq(first.0.saturating_sub(1)), Reason::Pruned);
            self.at = Seq(first.0.saturating_sub(1));
            return Ok(Some(gap));
        }
        let mut bytes = 0;
        let mut entries = Vec::with_capacity(found.len());
        for stored in found {
            bytes += stored.bytes.len();
            // One entry always fits: an entry is never split and never left out.
            if bytes > BATCH_BYTES && !entries.is_empty() {
                break;
            }
            self.at = stored.entry.seq;
            entries.push(stored.bytes);
        }
        self.flushed = Some(Instant::now());
        let head = (*self.head.borrow()).max(self.at);
        Ok(Some(Frame::Batch(Batch { entries, head: head.0 })))
    }

    fn bookmark(&mut self, head: Seq) -> Frame {
        self.bookmark_due = Instant::now() + BOOKMARK_EVERY;
        Frame::Bookmark(Bookmark { seq: self.at.0, head: head.0, log_id: self.hub.log_id() })
    }
}

/// Entries after `after` are not coming; the feed goes on after `resumed`.
fn gap_frame(after: Seq, resumed: Seq, reason: Reason) -> Frame {
    Frame::Gap(Gap { after: after.0, next: resumed.next().0, reason: reason.into() })
}
