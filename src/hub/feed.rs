//! The live feed (D-FEED). A subscriber is a cursor on the log and nothing else.
//!
//! There is no queue and no broadcast, so nothing can overflow: the beat wakes the cursor, which reads
//! what is new and hands the stored bytes on. HTTP/2 flow control holds a subscriber that does not read,
//! and it costs no more than one future. At rest an entry leaves at once; under load entries wait up to
//! 10 ms, so that several leave together.

use super::{
    budget::OpenPermit,
    engine::{Hub, HubError, LogReader, PageSize},
    limits::StreamEnd,
    measures::FeedPlace,
};
use crate::{
    model::{CarrierId, Entry, EntryId, OrgId, Outage, Seq},
    query::Filter,
    wire::{
        entry,
        proto::v1::{Batch, Bookmark, Gap, WatchReply, gap::Reason, watch_reply::Frame},
    },
};
use futures_util::stream::{self, Stream};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use tonic::Status;

/// How many entries and bytes a batch has at most, and so how much one subscriber has in flight.
const BATCH: PageSize = PageSize { entries: 512, bytes: 64 << 10 };
/// How often a subscriber hears where the feed is, so that it can tell silence from a broken connection.
const BOOKMARK_EVERY: Duration = Duration::from_secs(10);
/// How soon after a bookmark another one may tell that the hub cannot write, or can again (R-LOG-5), or that
/// another number of customers waits (R-WAIT-3).
const NEWS_EVERY: Duration = Duration::from_secs(1);

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
    /// Entries without an event that matches are left out.
    pub filter: Filter,
}

/// One subscriber to an org's feed. Dropping it ends the subscription.
pub struct Watch {
    hub: Hub,
    org: OrgId,
    /// Stands at the last entry that was sent.
    reader: LogReader,
    /// The id of the entry there; `None` before the first.
    at_id: Option<EntryId>,
    head: watch::Receiver<Seq>,
    outage: watch::Receiver<Option<Outage>>,
    filter: Filter,
    /// Whether entries were left out since the last bookmark, which the next one has to prove.
    left_out: bool,
    /// Whether everything that was there at first has been read.
    caught_up: bool,
    /// How many customers waited for an answer when the last bookmark was sent.
    waiting: u64,
    /// To which networks nothing went when that was last said, and whether they were paused.
    off: Vec<(CarrierId, bool)>,
    /// The frames that are sent before the first entry.
    first: VecDeque<Frame>,
    /// When the last bookmark was sent, and whether something happened since that the next one has to tell.
    bookmarked: Instant,
    has_news: bool,
    ends: StreamEnd,
    /// Where the feed is, for whoever asks how the hub is.
    place: Arc<FeedPlace>,
    _permit: OpenPermit,
}

impl Watch {
    /// Places the cursor. If it cannot be placed where the subscriber asked, the feed opens with a gap
    /// frame that says why.
    pub async fn open(
        hub: Hub,
        org: OrgId,
        start: &WatchStart,
        ends: StreamEnd,
        permit: OpenPermit,
    ) -> Result<Self, HubError> {
        let (mut receiver, head) = (hub.beat(&org)?, *hub.head(&org)?.borrow());
        receiver.mark_changed();
        let begin = hub.begin(&org);
        let tail = Seq(head.0.saturating_sub(start.tail.into())).max(begin);
        let (at, gap) = match start.after {
            None => (tail, None),
            Some(after) if !start.log_id.is_empty() && start.log_id != hub.log_id() => {
                // Whoever has seen the log that this one is a copy of is told so (R-COPY-6).
                let is_older = hub.replaces_log(&start.log_id);
                let reason = if is_older { Reason::Ahead } else { Reason::Foreign };
                (tail, Some((after, reason)))
            }
            Some(after) if after > head => (tail, Some((after, Reason::Ahead))),
            // What follows went out of the log, and the gap before the first entry says so.
            Some(after) if after < begin => (after, None),
            Some(after) if !start.after_id.is_empty() => {
                let found = LogReader::new(&hub, &org, after).id().await?;
                if found.is_some_and(|id| id.0[..] == start.after_id[..]) {
                    (after, None)
                } else {
                    (tail, Some((after, Reason::Ahead)))
                }
            }
            Some(after) => (after, None),
        };
        let mut reader = LogReader::new(&hub, &org, at);
        let at_id = reader.id().await?;
        let mut watch = Self {
            outage: hub.outage(),
            place: hub.measures().feeds.open(&org, at),
            waiting: 0,
            off: Vec::new(),
            hub,
            org,
            reader,
            at_id,
            head: receiver,
            filter: start.filter.clone(),
            left_out: false,
            caught_up: false,
            first: VecDeque::new(),
            bookmarked: Instant::now(),
            has_news: false,
            ends,
            _permit: permit,
        };
        if let Some((after, reason)) = gap {
            watch.first.push_back(gap_frame(after, at, reason));
        }
        // The first bookmark goes out at once, so that the client knows that the feed works.
        let bookmark = watch.bookmark(head)?;
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
                self.has_news = true;
            }
            self.has_news |= self.hub.waiting(&self.org)? != self.waiting;
            self.has_news |= self.hub.carriers_off(&self.org)? != self.off;
            self.place.moved(self.reader.at());
            let every = if self.has_news { NEWS_EVERY } else { BOOKMARK_EVERY };
            let bookmark_due = self.bookmarked + every;
            if Instant::now() >= bookmark_due {
                return Ok(self.bookmark(head)?);
            }
            if self.reader.at() < head {
                let at = self.reader.at();
                if let Some(frame) = self.read(head).await? {
                    return Ok(frame);
                }
                if self.reader.at() > at {
                    self.left_out();
                    continue;
                }
            }
            if !std::mem::replace(&mut self.caught_up, true) && self.left_out {
                return Ok(self.bookmark(head)?);
            }
            tokio::select! {
                changed = self.head.changed() => {
                    changed.map_err(|_| HubError::Stopped)?;
                }
                Ok(()) = self.outage.changed() => self.outage.mark_changed(),
                () = sleep_until(bookmark_due) => {}
                status = self.ends.wait() => return Err(status),
            }
        }
    }

    /// Sees to it that a bookmark soon proves what was left out: at once when the feed has caught up for the
    /// first time, and else within a second.
    fn left_out(&mut self) {
        (self.left_out, self.has_news) = (true, true);
    }

    /// Whether an entry is sent. One that cannot be read is, so that the client says so.
    fn is_wanted(&self, bytes: &[u8]) -> bool {
        let matches = |entry: Entry| entry.events.iter().any(|event| self.filter.matches(event));
        self.filter.is_empty() || entry::decode(bytes).map_or(true, matches)
    }

    /// The next entries up to `head`, as many as a batch may have; or a gap, if the log no longer has the next one.
    /// None if there are none, or if the filter leaves all of them out.
    async fn read(&mut self, head: Seq) -> Result<Option<Frame>, Status> {
        let at = self.reader.at();
        let found = self.reader.raw(head, BATCH).await?;
        let (Some(first), Some(last)) = (found.first(), found.last()) else { return Ok(None) };
        let first = first.link;
        if first.seq != at.next() {
            let resumed = Seq(first.seq.0.saturating_sub(1));
            self.reader.seek(resumed);
            self.at_id = Some(first.prev_id);
            return Ok(Some(gap_frame(at, resumed, Reason::Pruned)));
        }
        self.at_id = Some(last.link.id);
        let head = head.max(last.link.seq).0;
        let count = found.len();
        let entries = found.into_iter().map(|raw| raw.bytes);
        let entries: Vec<_> = entries.filter(|bytes| self.is_wanted(bytes)).collect();
        if entries.len() < count {
            self.left_out();
        }
        Ok((!entries.is_empty()).then_some(Frame::Batch(Batch { entries, head })))
    }

    fn bookmark(&mut self, head: Seq) -> Result<Frame, HubError> {
        (self.bookmarked, self.has_news) = (Instant::now(), false);
        self.left_out = false;
        self.waiting = self.hub.waiting(&self.org)?;
        self.off = self.hub.carriers_off(&self.org)?;
        let down = self.hub.down_carriers(&self.org)?;
        let id = self.at_id.map(|id| id.0.to_vec()).unwrap_or_default();
        Ok(Frame::Bookmark(Bookmark {
            seq: self.reader.at().0,
            // The beat may be a moment behind what was sent.
            head: head.max(self.reader.at()).0,
            log_id: self.hub.log_id(),
            id,
            cannot_write: self.outage.borrow().as_ref().map(Into::into),
            waiting: Some(self.waiting),
            down: down.iter().map(Into::into).collect(),
        }))
    }
}

/// Says that the entries after `after` do not come, and that the feed goes on after `resumed`.
fn gap_frame(after: Seq, resumed: Seq, reason: Reason) -> Frame {
    Frame::Gap(Gap { after: after.0, next: resumed.next().0, reason: reason.into() })
}
