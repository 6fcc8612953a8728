//! Lets what an org does not keep go out of its log (R-KEEP-1 to R-KEEP-5).
//!
//! The order is what keeps it whole. First the World of the last entry that goes is stored as the origin of the log. Then
//! an entry says that all up to there go, with the checksum of the last row, so that the chain itself proves it. Then the
//! log begins after that row, and the rows go a few at a time beside the work. Whatever ends the hub in between, the log
//! begins with an origin that is there, and the next attempt goes on.

use super::{Hub, HubError, PageSize};
use crate::{
    hub::{
        log::{
            LogBegin, LogError, Pos,
            chain::{self, ChainCursor},
        },
        origins::Origins,
    },
    model::{Actor, CallId, Caller, NetworkCommand, OrgId, Seq, Timestamp, settings::KeptLog},
};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tokio::{task::spawn_blocking, time::sleep};

/// What is younger than this never goes, however little is to be kept. Apps that were not connected are told what came
/// for as long (R-CONN-4).
const YOUNGEST: Duration = Duration::from_hours(24);
/// How much older than asked for entries may get until they go, so that few go at once.
const SLACK: Duration = Duration::from_hours(24);
/// So many entries are worth it: making the next origin takes a copy of the one before, which is as large as the World.
const WORTH: u64 = 1_000;
/// And this part of the log, of its entries and of its bytes.
const WORTH_PART: u64 = 16;
/// How much is read at once.
const PAGE: PageSize = PageSize { entries: 4_096, bytes: 4 << 20 };
/// How many entries are read at once on the way to the last one that goes.
const STEP: usize = 1_024;
/// How long appends have the log for themselves after each step.
const PAUSE: Duration = Duration::from_millis(5);

/// How many bytes of entries an org's log has, as far as they were counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogSize {
    begin: Seq,
    at: ChainCursor,
    bytes: u64,
}

/// What went out of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrunedLog {
    /// The last entry that went.
    pub up_to: Seq,
    pub entries: u64,
    pub bytes: u64,
}

impl Hub {
    /// Lets everything go that the org does not keep, if it is worth it. `size` is what was counted before, for the next
    /// call. `None` if there is nothing to do.
    pub async fn prune(
        &self,
        org: &OrgId,
        keep: KeptLog,
        size: &mut LogSize,
    ) -> Result<Option<PrunedLog>, HubError> {
        let Some(origins) = self.0.shelf.origins().cloned() else { return Ok(None) };
        self.served(org)?;
        self.finish(org).await?;
        // An origin that is being made belongs to no log yet, and must not be swept away.
        let _alone = self.0.pruning.lock().await;
        let Some((to, at, gone)) = self.last_to_go(org, keep, size).await? else { return Ok(None) };
        let origin = self.store_origin(&origins, org, to).await?;
        let check = self.0.log.check_at(org, to.pos).await.map_err(|e| self.unread(org, &e))?;
        let check = check.ok_or_else(|| HubError::Unavailable("its last row is gone".into()))?;
        let (entries, bytes) = (gone.entries, gone.bytes);
        let command = NetworkCommand::NotePruned { up_to: to.seq, check, entries, bytes };
        let caller = Caller { app: None, actor: Actor::Hub };
        // A repetition after an answer that was lost adds nothing. No client can have such a key, for its blank.
        let key = format!("prune {}", to.seq);
        let call = (CallId::from(key.as_str()), Sha256::digest(&key).into());
        let said = self.submit(org, caller, Some(call), command.into()).await?;
        if !said.is_ok() {
            let why = format!("no entry says what goes: {}", said.description());
            return Err(HubError::Unavailable(why));
        }
        let begin = LogBegin { place: to, at, origin };
        self.take_out(org, &begin).await?;
        // What is left was counted already.
        *size = LogSize { begin: to.seq, at: size.at, bytes: size.bytes.saturating_sub(bytes) };
        self.tidy(&origins).await;
        Ok(Some(gone))
    }

    /// Takes out rows that an earlier attempt has left.
    async fn finish(&self, org: &OrgId) -> Result<(), HubError> {
        let begin = self.0.log.begin(org);
        if begin.place.seq > Seq(0) { self.take_out(org, &begin).await } else { Ok(()) }
    }

    async fn take_out(&self, org: &OrgId, begin: &LogBegin) -> Result<(), HubError> {
        while self.0.log.prune(org, begin).await.map_err(|e| self.unread(org, &e))? > 0 {
            sleep(PAUSE).await;
        }
        while self.0.log.shrink().await.map_err(|e| self.unread(org, &e))? {
            sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn store_origin(
        &self,
        origins: &Origins,
        org: &OrgId,
        to: ChainCursor,
    ) -> Result<String, HubError> {
        let (origins, of, log) = (origins.clone(), org.clone(), std::sync::Arc::clone(&self.0.log));
        let runtime = tokio::runtime::Handle::current();
        // It reads and writes files, in a thread that may block.
        let made = spawn_blocking(move || runtime.block_on(origins.advance(&of, &*log, to))).await;
        let made = made.unwrap_or_else(|error| Err(error.to_string()));
        made.map_err(|why| HubError::Unavailable(format!("the World of entry {}: {why}", to.seq)))
    }

    /// Removes origins that no log begins with any more, and has the index forget what went.
    async fn tidy(&self, origins: &Origins) {
        let begins = self.0.log.begins();
        let named: Vec<String> = begins.iter().map(|(_, begin)| begin.origin.clone()).collect();
        let places: Vec<(OrgId, Pos)> =
            begins.into_iter().map(|(org, begin)| (org, begin.place.pos)).collect();
        let origins = origins.clone();
        let swept = spawn_blocking(move || origins.sweep(&named)).await;
        if let Ok(Err(error)) = swept {
            tracing::warn!("the folder origin is not tidied: {error}");
        }
        if let Err(error) = self.0.shelf.forget(places).await {
            tracing::warn!("{error}; it still knows words of what went out of the log");
        }
    }

    /// The last entry that goes, when it was decided, and how much goes up to it.
    async fn last_to_go(
        &self,
        org: &OrgId,
        keep: KeptLog,
        size: &mut LogSize,
    ) -> Result<Option<(ChainCursor, Timestamp, PrunedLog)>, HubError> {
        let (begin, now) = (self.begin(org), self.now(org));
        let kept = self.known_head(org).0.saturating_sub(begin.0);
        let worth = WORTH.max(kept / WORTH_PART);
        let before = async |age: Duration| {
            let place = self.place_of(org, now.before(age)).await;
            place.map(|place| Seq(place.0.saturating_sub(1)))
        };
        // The index has read it too, and apps that were away have been told of it.
        let old_enough = before(YOUNGEST).await?.min(self.0.shelf.applied(org).await?.seq);
        if old_enough <= begin {
            return Ok(None);
        }
        let mut wanted = begin;
        if let Some(age) = keep.age {
            let (due, old) = (before(age.saturating_add(SLACK)).await?, before(age).await?);
            if due > begin || old.0.saturating_sub(begin.0) >= worth {
                wanted = wanted.max(old);
            }
        }
        if let Some(most) = keep.bytes {
            let large = self.beyond(org, most, size, old_enough).await?;
            if large.0.saturating_sub(begin.0) >= worth {
                wanted = wanted.max(large);
            }
        }
        let wanted = wanted.min(old_enough);
        if wanted <= begin {
            return Ok(None);
        }
        self.walk_to(org, wanted, now.before(YOUNGEST)).await
    }

    /// The last entry up to which the log has more bytes than it may have.
    async fn beyond(
        &self,
        org: &OrgId,
        most: u64,
        size: &mut LogSize,
        old_enough: Seq,
    ) -> Result<Seq, HubError> {
        let begin = self.begin(org);
        if size.begin != begin {
            *size = LogSize { begin, ..LogSize::default() };
        }
        let page = async |at: &mut ChainCursor| {
            let rows = chain::follow_raw(&*self.0.log, org, at, PAGE).await;
            rows.map_err(|error| self.unread(org, &error))
        };
        loop {
            let rows = page(&mut size.at).await?;
            if rows.is_empty() {
                break;
            }
            size.bytes += rows.iter().map(|(_, raw)| raw.bytes.len() as u64).sum::<u64>();
            sleep(PAUSE).await;
        }
        if size.bytes < most.saturating_add(most / WORTH_PART) {
            return Ok(begin);
        }
        let (mut over, mut at, mut last) =
            (size.bytes.saturating_sub(most), ChainCursor::default(), begin);
        while over > 0 && last < old_enough {
            let rows = page(&mut at).await?;
            if rows.is_empty() {
                break;
            }
            for (_, raw) in rows {
                if over == 0 {
                    break;
                }
                over = over.saturating_sub(raw.bytes.len() as u64);
                last = raw.link.seq;
            }
            sleep(PAUSE).await;
        }
        Ok(last)
    }

    /// Goes through the log from its beginning to an entry, and counts what is on the way. It ends before the first entry
    /// that is too young, which one may be before an older one where a clock was set back. `None` if that is the first.
    async fn walk_to(
        &self,
        org: &OrgId,
        wanted: Seq,
        young: Timestamp,
    ) -> Result<Option<(ChainCursor, Timestamp, PrunedLog)>, HubError> {
        let broken = |error: LogError| self.unread(org, &error);
        let mut at = ChainCursor::default();
        at.begin_with(&*self.0.log, org);
        let (mut entries, mut bytes, mut decided) = (0_u64, 0, Timestamp::default());
        let mut last = at;
        while last.seq < wanted {
            let left = usize::try_from(wanted.0 - at.seq.0).unwrap_or(STEP).min(STEP);
            let rows = chain::follow(&*self.0.log, org, &mut at, left).await.map_err(broken)?;
            if rows.is_empty() {
                return Err(HubError::Unavailable(format!("the log ends at entry {}", at.seq)));
            }
            let count = rows.len() as u64;
            let old = rows.into_iter().take_while(|(_, stored)| stored.entry.at < young);
            let mut taken = 0_u64;
            for (pos, stored) in old {
                last = ChainCursor { pos, seq: stored.entry.seq, id: stored.entry.id };
                decided = stored.entry.at;
                bytes += stored.bytes.len() as u64;
                taken += 1;
            }
            entries += taken;
            if taken < count {
                break;
            }
            sleep(PAUSE).await;
        }
        let gone = PrunedLog { up_to: last.seq, entries, bytes };
        Ok((entries > 0).then_some((last, decided, gone)))
    }
}
