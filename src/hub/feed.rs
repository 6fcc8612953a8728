//! The live feed (D-FEED). A subscriber is a cursor on the log and nothing else.
//!
//! There is no queue and no broadcast, so nothing can overflow: the head's `watch` wakes the cursor,
//! which reads what is new and hands the stored bytes on. HTTP/2 flow control holds a subscriber that
//! does not read, and it costs no more than one future. At rest an entry leaves at once; under load
//! entries wait up to 10 ms, so that several leave together.

use super::{
    engine::{Hub, HubError},
    limits::{FeedPermit, StreamEnd},
};
use crate::{
    model::{EntryId, OrgId, Outage, Seq},
    wire::proto::v1::{Batch, Bookmark, Gap, WatchReply, gap::Reason, watch_reply::Frame},
};
use futures_util::stream::{self, Stream};
use std::{collections::VecDeque, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use tonic::Status;

/// How many entries and bytes a batch has at most, and so how much one subscriber has in flight.
const BATCH_ENTRIES: usize = 128;
const BATCH_BYTES: usize = 64 << 10;
/// How often a subscriber hears where the feed is, so that it can tell silence from a broken connection.
const BOOKMARK_EVERY: Duration = Duration::from_secs(10);
/// How soon after a bookmark another one may tell that the hub cannot write, or can again (R-LOG-5).
const NEWS_EVERY: Duration = Duration::from_secs(1);
/// How long after a batch the next one leaves at the earliest, unless it is full.
const COALESCE: Duration = Duration::from_millis(10);

/// Where a subscriber wants its feed to start.
#[derive(Clone, Debug, Default)]
pub struct WatchStart {
    /// Start after this entry; `None` starts with the last `tail` entries.
    pub after: Option<Seq>,
    /// How many of the last entries to start with if `after` is not given or cannot be used.
    pub tail: u32,
    /// The name of the log that `after` is a place of; empty for whatever log this is.
    pub log_id: String,
    /// The id of the entry at `after`; empty if it is not known.
    pub after_id: Vec<u8>,
}

/// One subscriber to an org's feed. Dropping it ends the subscription.
pub struct Watch {
    hub: Hub,
    org: OrgId,
    /// Everything up to this place was sent.
    at: Seq,
    /// The id of the entry there; `None` before the first.
    at_id: Option<EntryId>,
    head: watch::Receiver<Seq>,
    outage: watch::Receiver<Option<Outage>>,
    /// The frames that are sent before the first entry.
    first: VecDeque<Frame>,
    bookmark_due: Instant,
    flushed: Option<Instant>,
    ends: StreamEnd,
    _permit: FeedPermit,
}

impl Watch {
    /// Places the cursor. If it cannot be placed where the subscriber asked, the feed opens with a gap
    /// frame that says why.
    pub async fn open(
        hub: Hub,
        org: OrgId,
        start: &WatchStart,
        ends: StreamEnd,
        permit: FeedPermit,
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
            Some(after) if !start.after_id.is_empty() => {
                let found = id_at(&hub, &org, after).await?;
                if found.is_some_and(|id| id.0[..] == start.after_id[..]) {
                    (after, None)
                } else {
                    (tail, Some((after, Reason::Ahead)))
                }
            }
            Some(after) => (after, None),
        };
        let at_id = id_at(&hub, &org, at).await?;
        let mut watch = Self {
            outage: hub.outage(),
            hub,
            org,
            at,
            at_id,
            head: receiver,
            first: VecDeque::new(),
            bookmark_due: Instant::now(),
            flushed: None,
            ends,
            _permit: permit,
        };
        if let Some((after, reason)) = gap {
            watch.first.push_back(gap_frame(after, at, reason));
        }
        // The first bookmark goes out at once, so that the client knows that the feed works.
        let bookmark = watch.bookmark(head);
        watch.first.push_back(bookmark);
        Ok(watch)
    }

    /// The frames of the feed. The stream ends only with a status that says why.
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
            self.hub.served(&self.org)?;
            if self.outage.has_changed().unwrap_or_default() {
                self.outage.mark_unchanged();
                let soon = self.bookmark_due - BOOKMARK_EVERY + NEWS_EVERY;
                self.bookmark_due = self.bookmark_due.min(soon);
            }
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
                Ok(()) = self.outage.changed() => self.outage.mark_changed(),
                () = sleep_until(self.bookmark_due) => {}
                status = self.ends.wait() => return Err(status),
            }
        }
    }

    /// Waits for more entries to send together, unless there are enough for a full batch or the last one
    /// left long enough ago.
    async fn coalesce(&self, head: Seq) {
        let behind = head.0 - self.at.0;
        if let Some(flushed) = self.flushed.filter(|_| behind < BATCH_ENTRIES as u64) {
            sleep_until(flushed + COALESCE).await;
        }
    }

    /// The next entries, as many as a batch may have; or a gap, if the log no longer has the next one.
    async fn read(&mut self) -> Result<Option<Frame>, Status> {
        let found = self.hub.entries_after(&self.org, self.at, BATCH_ENTRIES).await?;
        let Some(first) = found.first().map(|stored| stored.entry.seq) else { return Ok(None) };
        if first != self.at.next() {
            let gap = gap_frame(self.at, Seq(first.0.saturating_sub(1)), Reason::Pruned);
            self.at = Seq(first.0.saturating_sub(1));
            self.at_id = found.first().map(|stored| stored.entry.prev_id);
            return Ok(Some(gap));
        }
        let mut bytes = 0;
        let mut entries = Vec::with_capacity(found.len());
        for stored in found {
            bytes += stored.bytes.len();
            // A batch has at least one entry, however large: entries are never split or left out.
            if bytes > BATCH_BYTES && !entries.is_empty() {
                break;
            }
            (self.at, self.at_id) = (stored.entry.seq, Some(stored.entry.id));
            entries.push(stored.bytes);
        }
        self.flushed = Some(Instant::now());
        let head = (*self.head.borrow()).max(self.at);
        Ok(Some(Frame::Batch(Batch { entries, head: head.0 })))
    }

    fn bookmark(&mut self, head: Seq) -> Frame {
        self.bookmark_due = Instant::now() + BOOKMARK_EVERY;
        let id = self.at_id.map(|id| id.0.to_vec()).unwrap_or_default();
        Frame::Bookmark(Bookmark {
            seq: self.at.0,
            head: head.0,
            log_id: self.hub.log_id(),
            id,
            cannot_write: self.outage.borrow().as_ref().map(Into::into),
        })
    }
}

/// The id of the entry at a place; `None` before the first.
async fn id_at(hub: &Hub, org: &OrgId, at: Seq) -> Result<Option<EntryId>, HubError> {
    let Some(before) = at.0.checked_sub(1) else { return Ok(None) };
    let found = hub.entries_after(org, Seq(before), 1).await?;
    Ok(found.first().filter(|stored| stored.entry.seq == at).map(|stored| stored.entry.id))
}

/// Says that the entries after `after` do not come, and that the feed goes on after `resumed`.
fn gap_frame(after: Seq, resumed: Seq, reason: Reason) -> Frame {
    Frame::Gap(Gap { after: after.0, next: resumed.next().0, reason: reason.into() })
}
