//! What a feed may say next: every entry once, in order, without a hole that nobody explained
//! (D-FEED, R-FEED-1). Pure: frames in, feed events or a protocol error out.

use super::{Error, FeedEvent, FeedStart};
use crate::{
    model::{DownCarrier, Entry, EntryId, Event, GapReason, Outage, Seq, client::AskedFilter},
    wire::{
        client, entry,
        proto::v1::{WatchRequest, watch_reply::Frame},
    },
};
use std::sync::Arc;

/// The name of no log; real ones are random.
const NO_LOG: &str = "live-only";

/// The place in a log.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    org: String,
    log_id: String,
    /// The last entry we have; `None` until a feed that started with its tail has said anything.
    last: Option<Seq>,
    /// The id of that entry, if it is known. The next entry must name it as the one before it, because a
    /// log that was restored from an older copy has other entries at the same places (R-FEED-2).
    last_id: Option<EntryId>,
    tail: u32,
    /// What is wanted; `None` wants everything. Only with a filter the places of entries may have holes.
    filter: Option<AskedFilter>,
}

impl Cursor {
    pub(crate) fn new(org: String, start: FeedStart, filter: Option<AskedFilter>) -> Self {
        let (log_id, last, tail) = match start {
            FeedStart::Tail(tail) => (String::new(), None, tail),
            FeedStart::After { log_id, seq } => (log_id, Some(seq), 0),
        };
        Self { org, log_id, last, last_id: None, tail, filter }
    }

    /// What to ask the hub for.
    pub(crate) fn request(&self) -> WatchRequest {
        WatchRequest {
            org_id: self.org.clone(),
            after_seq: self.last.map(|seq| seq.0),
            tail: self.tail,
            log_id: self.log_id.clone(),
            after_id: self.last_id.map(|id| id.0.to_vec()).unwrap_or_default(),
            filter: self.filter.as_ref().map(Into::into),
        }
    }

    /// There is no log (D-FEED): from here on places are counted here. Returns the place after which entries
    /// may be missing, or `None` if none was reached. A hub that has a log again calls our place `Foreign`.
    pub(super) fn leave_log(&mut self) -> Option<Seq> {
        NO_LOG.clone_into(&mut self.log_id);
        self.last_id = None;
        self.last.replace(self.place())
    }

    /// The last place reached.
    pub(crate) fn place(&self) -> Seq {
        self.last.unwrap_or_default()
    }

    /// The entry of an event that came without a log, at the next place.
    pub(super) fn count(&mut self, event: Event) -> Entry {
        let seq = self.place().next();
        self.last = Some(seq);
        Entry {
            org: self.org.as_str().into(),
            seq,
            id: EntryId::default(),
            prev_id: EntryId::default(),
            at: event.at,
            events: vec![event],
            call: None,
        }
    }

    /// The log that says it answers. Another one than before must have said so with a `Gap`,
    /// which makes us forget the old name.
    pub(super) fn answered_by(&mut self, log_id: &str) -> Result<(), Error> {
        if self.log_id.is_empty() {
            log_id.clone_into(&mut self.log_id);
        }
        if self.log_id == log_id { Ok(()) } else { Err(broken("the log was exchanged")) }
    }

    /// What a frame means. An error leaves the cursor where the last good entry put it.
    pub(crate) fn accept(&mut self, frame: Option<Frame>) -> Result<Vec<FeedEvent>, Error> {
        match frame {
            None => Err(broken("an empty frame")),
            Some(Frame::Batch(batch)) => {
                let mut events = Vec::with_capacity(batch.entries.len());
                for bytes in batch.entries {
                    match self.entry(&bytes) {
                        Ok(entry) => events.extend(entry.map(Arc::new).map(FeedEvent::Entry)),
                        Err(error) if events.is_empty() => return Err(error),
                        // What came before is handed on; the next frame does not fit then.
                        Err(_) => break,
                    }
                }
                Ok(events)
            }
            Some(Frame::Bookmark(bookmark)) => {
                let seq = Seq(bookmark.seq);
                self.answered_by(&bookmark.log_id)?;
                let mut last = *self.last.get_or_insert(seq);
                if seq > last && self.filter.is_none() {
                    return Err(broken(format!("entries after {last} up to {seq} did not come")));
                }
                if seq > last {
                    // Nothing up to there matched.
                    last = seq;
                    (self.last, self.last_id) = (Some(seq), None);
                }
                if seq == last && self.last_id.is_none() {
                    self.last_id = bookmark.id.try_into().ok().map(EntryId);
                }
                let cannot_write = bookmark.cannot_write.map(Outage::try_from).transpose()?;
                let head = Seq(bookmark.head);
                let waiting = bookmark.waiting;
                let down = bookmark.down.into_iter().map(DownCarrier::try_from);
                let down = down.collect::<Result<_, _>>()?;
                Ok(vec![FeedEvent::Bookmark { seq: last, head, cannot_write, waiting, down }])
            }
            Some(Frame::Gap(gap)) => {
                let (after, next, reason) = client::from_gap(&gap);
                let is_ahead = self.last.is_none_or(|last| next > last);
                if reason == GapReason::Pruned && !is_ahead {
                    return Err(broken(format!("a gap back to {next}")));
                }
                self.last = Some(Seq(next.0.saturating_sub(1)));
                self.last_id = None;
                self.log_id.clear();
                Ok(vec![FeedEvent::Gap { after, next, reason }])
            }
        }
    }

    /// The next entry; `None` if we have it already.
    fn entry(&mut self, bytes: &[u8]) -> Result<Option<Entry>, Error> {
        let entry = entry::decode(bytes).map_err(|error| broken(error.what))?;
        if entry.org.as_str() != self.org {
            return Err(broken("an entry of another org"));
        }
        match self.last {
            Some(last) if entry.seq <= last => return Ok(None),
            Some(last) if entry.seq != last.next() && self.filter.is_none() => {
                return Err(broken(format!("entry {} after {last}", entry.seq)));
            }
            Some(last)
                if entry.seq == last.next()
                    && self.last_id.is_some_and(|id| id != entry.prev_id) =>
            {
                return Err(broken(format!("another history after {last}")));
            }
            _ => (self.last, self.last_id) = (Some(entry.seq), Some(entry.id)),
        }
        Ok(Some(entry))
    }
}

fn broken(what: impl AsRef<str>) -> Error {
    Error::Internal(format!("the feed broke its promise: {}", what.as_ref()))
}
