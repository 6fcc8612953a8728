//! A cursor on an org's log, for whoever reads on in it. What is new is in memory (`recent`); for the rest the
//! reader keeps where in the log it stands, so that only its first page has to be looked up in the index.

use super::{Hub, HubError};
use crate::{
    hub::log::{
        Durability, LogError, PageSize, Pos, RawEntry, Stored,
        chain::{self, ChainCursor},
    },
    model::{EntryId, OrgId, Seq},
};

/// How much is read at once on the way to a place that is not indexed yet.
const SKIP: PageSize = PageSize { entries: 1_024, bytes: 256 << 10 };

impl Hub {
    /// Whether the log goes on from a copy of the log of that name, so that a cursor of that one has seen what this one
    /// does not have (R-COPY-6).
    #[must_use]
    pub fn replaces_log(&self, id: &str) -> bool {
        self.0.log.replaces(id)
    }

    /// The random name of the log. A client that has a cursor of another log cannot go on from it.
    #[must_use]
    pub fn log_id(&self) -> String {
        self.0.log.id().to_owned()
    }

    /// What an entry survives once it is stored, and so what a receipt is worth (D-DURABLE).
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.0.log.durability()
    }

    /// The last entry that went out of an org's log; 0 if none did.
    #[must_use]
    pub fn begin(&self, org: &OrgId) -> Seq {
        self.0.log.begin(org).place.seq
    }
}

/// Hands out valid and durable entries, in order and without a hole.
pub struct LogReader {
    hub: Hub,
    org: OrgId,
    /// Everything up to this place was handed out.
    at: Seq,
    place: Option<ChainCursor>,
}

impl LogReader {
    #[must_use]
    pub fn new(hub: &Hub, org: &OrgId, at: Seq) -> Self {
        Self { hub: hub.clone(), org: org.clone(), at, place: None }
    }

    /// Everything up to this place was handed out.
    #[must_use]
    pub const fn at(&self) -> Seq {
        self.at
    }

    /// Goes on after another place.
    pub fn seek(&mut self, at: Seq) {
        self.at = at;
    }

    /// The id of the entry that the reader stands at; `None` before the first, and if the log no longer has it.
    pub async fn id(&mut self) -> Result<Option<EntryId>, HubError> {
        let at = self.at;
        let begin = self.hub.0.log.begin(&self.org).place;
        if at <= begin.seq && at > Seq(0) {
            return Ok((at == begin.seq).then_some(begin.id));
        }
        let Some(before) = at.0.checked_sub(1) else { return Ok(None) };
        self.at = Seq(before);
        let found = self.raw(at, PageSize::of(1)).await;
        self.at = at;
        Ok(found?.first().filter(|raw| raw.link.seq == at).map(|raw| raw.link.id))
    }

    /// The next entries up to the place `to`, as they are stored; none if there are none yet.
    pub async fn raw(&mut self, to: Seq, page: PageSize) -> Result<Vec<RawEntry>, HubError> {
        // What went out of the log may be in memory still.
        let from = self.at.max(self.hub.begin(&self.org));
        let recent = self.hub.org(&self.org)?.published.after(from, to, page);
        let found: Vec<RawEntry> = match recent {
            Some(recent) => recent.into_iter().map(RawEntry::from).collect(),
            None => self.read(to, page).await?.into_iter().map(|(_, raw)| raw).collect(),
        };
        self.at = found.last().map_or(self.at, |raw| raw.link.seq);
        Ok(found)
    }

    /// The next entries, at most so many; none if there are none yet.
    pub async fn entries(&mut self, limit: usize) -> Result<Vec<Stored>, HubError> {
        let published = &self.hub.org(&self.org)?.published;
        let (head, page) = (published.newest(), PageSize::of(limit));
        let from = self.at.max(self.hub.begin(&self.org));
        let found = if let Some(recent) = published.after(from, head, page) {
            recent
        } else {
            let raw = self.read(head, page).await?;
            let log = &self.hub.0.log;
            let decode = |(pos, raw)| chain::decode(&self.org, raw, |entry| log.row(pos, entry));
            let decoded: Result<_, LogError> = raw.into_iter().map(decode).collect();
            decoded.map_err(|error| self.hub.unread(&self.org, &error))?
        };
        self.at = found.last().map_or(self.at, |stored| stored.entry.seq);
        Ok(found)
    }

    /// A page from the log.
    async fn read(&mut self, to: Seq, page: PageSize) -> Result<Vec<(Pos, RawEntry)>, HubError> {
        let (inner, org) = (&self.hub.0, &self.org);
        let mut place = match self.place.take().filter(|place| place.seq == self.at) {
            Some(place) => place,
            None => inner.shelf.anchor(org, self.at).await?,
        };
        place.begin_with(&*inner.log, org);
        // What is after `to` is not shown to readers yet, although the log may have it.
        let is_next = |(_, raw): &(Pos, RawEntry)| raw.link.seq > self.at && raw.link.seq <= to;
        while place.seq < to {
            let size = if place.seq < self.at { SKIP } else { page };
            let rows = chain::follow_raw(&*inner.log, org, &mut place, size).await;
            let mut rows = rows.map_err(|error| self.hub.unread(org, &error))?;
            let end = rows.is_empty();
            rows.retain(is_next);
            let most = page.fit(rows.iter().map(|(_, raw)| raw.bytes.len()));
            if rows.len() > most {
                // More than asked for was skipped to, so the place is too far on.
                rows.truncate(most);
            } else {
                self.place = Some(place);
            }
            if end || !rows.is_empty() {
                return Ok(rows);
            }
        }
        Ok(Vec::new())
    }
}
