//! The rows of `log.db` and the checksums that chain them. Every read goes through `page`, so nothing
//! leaves the file unchecked.
//!
//! A checksum is computed once in the life of a process: of a row that was found right before, the place alone is
//! compared with the row before it, so that a row that has gone is still noticed. Hashing every row again for
//! every reader would cost more than reading it.

use crate::{
    hub::log::{LogBegin, LogError, PageSize, Pos, RawEntry, chain::ChainCursor},
    model::{EntryId, OrgId, Seq, Timestamp},
};
use bytes::{Bytes, BytesMut};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, ops::Range, path::Path};

/// The first 16 bytes of a SHA-256 over a row and the check of the org's row before it.
pub(super) type Check = [u8; 16];
/// What stands in for the check of the row before an org's first row.
pub(super) const FIRST: Check = [0; 16];

pub(super) fn check(before: &Check, pos: Pos, org: &str, n: u64, payload: &[u8]) -> Check {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(pos.0.to_le_bytes());
    hash.update(n.to_le_bytes());
    hash.update(org.len().to_le_bytes());
    hash.update(org);
    hash.update(payload);
    let mut check = FIRST;
    check.copy_from_slice(&hash.finalize()[..16]);
    check
}

/// What the next row of an org has to follow from. As every check goes on from the one before it, two files that
/// have the same here have the same rows up to here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowEnd {
    pub(super) pos: Pos,
    pub(super) n: u64,
    pub(super) check: Check,
}

impl RowEnd {
    /// Before an org's first row.
    pub(super) const NONE: Self = Self { pos: Pos(0), n: 0, check: FIRST };
}

/// The org's last row before a position.
pub(super) fn before(db: &Connection, org: &OrgId, pos: Pos) -> rusqlite::Result<RowEnd> {
    // Positions stay far below 2^63, but `u64::MAX`, which callers pass for "no limit", does not.
    let pos = i64::try_from(pos.0).unwrap_or(i64::MAX);
    let found = db
        .prepare_cached(
            "SELECT pos, n, chk FROM entry WHERE org = ?1 AND pos < ?2 ORDER BY pos DESC LIMIT 1",
        )?
        .query_row(params![org.as_str(), pos], |row| {
            let check = row.get::<_, Vec<u8>>(2)?.try_into().unwrap_or(FIRST);
            Ok(RowEnd { pos: Pos(row.get(0)?), n: row.get(1)?, check })
        });
    let found = found.optional()?;
    // What is before the beginning is out already, or about to go.
    let begin = begin(db, org)?.map(|begin| begin.end);
    Ok(match (found, begin) {
        (Some(found), Some(begin)) if found.pos < begin.pos => begin,
        (found, begin) => found.or(begin).unwrap_or(RowEnd::NONE),
    })
}

/// Where an org's rows begin, with what the first of them follows from.
pub(super) struct BeginRow {
    pub(super) end: RowEnd,
    pub(super) begin: LogBegin,
}

/// Where the rows of an org begin; `None` if none of them went.
pub(super) fn begin(db: &Connection, org: &OrgId) -> rusqlite::Result<Option<BeginRow>> {
    let sql = "SELECT pos, n, chk, seq, id, at, origin FROM begin WHERE org = ?1";
    let mut select = match db.prepare_cached(sql) {
        Err(error) if is_missing(&error) => return Ok(None),
        select => select?,
    };
    let begin = select.query_row([org.as_str()], |row| {
        let pos = Pos(row.get(0)?);
        let check = row.get::<_, Vec<u8>>(2)?.try_into().unwrap_or(FIRST);
        let id = EntryId(row.get::<_, [u8; 16]>(4)?);
        let place = ChainCursor { pos, seq: Seq(row.get(3)?), id };
        let (at, origin) = (Timestamp::from_micros(row.get(5)?), row.get(6)?);
        let end = RowEnd { pos, n: row.get(1)?, check };
        Ok(BeginRow { end, begin: LogBegin { place, at, origin } })
    });
    begin.optional()
}

/// Whether the file is of a version that lacks the table.
fn is_missing(error: &rusqlite::Error) -> bool {
    error.to_string().starts_with("no such table")
}

/// The orgs whose rows begin elsewhere than at the first.
pub(super) fn begins(db: &Connection) -> rusqlite::Result<Vec<(OrgId, BeginRow)>> {
    let mut orgs = match db.prepare("SELECT org FROM begin") {
        Err(error) if is_missing(&error) => return Ok(Vec::new()),
        orgs => orgs?,
    };
    let orgs = orgs.query_map([], |row| row.get::<_, String>(0))?;
    let mut all = Vec::new();
    for org in orgs {
        let org = OrgId::from(org?.as_str());
        if let Some(row) = begin(db, &org)? {
            all.push((org, row));
        }
    }
    Ok(all)
}

/// Has an org's rows begin after one of them.
pub(super) fn begin_at(db: &Connection, org: &OrgId, row: &BeginRow) -> rusqlite::Result<()> {
    let BeginRow { end, begin: LogBegin { place, at, origin } } = row;
    db.prepare_cached("INSERT OR REPLACE INTO begin VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![
            org.as_str(),
            end.pos.0,
            end.n,
            &end.check[..],
            place.seq.0,
            &place.id.0[..],
            at.micros(),
            origin
        ])?;
    Ok(())
}

/// Where an org's rows end, as the last append noted in `head`.
fn end(db: &Connection, org: &OrgId) -> rusqlite::Result<Pos> {
    db.prepare_cached("SELECT max(pos) FROM head WHERE org = ?1")?
        .query_row([org.as_str()], |row| row.get::<_, Option<u64>>(0))
        .map(|pos| Pos(pos.unwrap_or(0)))
}

/// Where the rows of every org end, as noted in `head`. An org that has rows and no such note ends at `Pos(0)`.
pub(super) fn ends(db: &Connection) -> rusqlite::Result<BTreeMap<OrgId, Pos>> {
    let mut ends = BTreeMap::new();
    let mut after = String::new();
    let mut next = db.prepare("SELECT min(org) FROM entry WHERE org > ?1")?;
    while let Some(org) = next.query_row([&after], |row| row.get::<_, Option<String>>(0))? {
        ends.insert(OrgId::from(org.as_str()), Pos(0));
        after = org;
    }
    let mut heads = db.prepare("SELECT org, pos FROM head")?;
    let mut heads = heads.query([])?;
    while let Some(row) = heads.next()? {
        ends.insert(OrgId::from(row.get::<_, String>(0)?.as_str()), Pos(row.get(1)?));
    }
    Ok(ends)
}

/// The last position of any org.
pub(super) fn last(db: &Connection) -> rusqlite::Result<Pos> {
    db.query_row("SELECT max(pos) FROM head", [], |row| row.get::<_, Option<u64>>(0))
        .map(|pos| Pos(pos.unwrap_or(0)))
}

/// What a read is about.
pub(super) struct PageOf<'a> {
    pub(super) org: &'a OrgId,
    /// The file, for messages.
    pub(super) file: &'a Path,
    pub(super) from: Pos,
    pub(super) size: PageSize,
    /// Rows up to this position were found right before, or written by this process.
    pub(super) right: Pos,
    /// Whether the end noted in `head` is compared only where no row follows, because the note may be what is damaged.
    pub(super) is_end_doubted: bool,
}

impl PageOf<'_> {
    fn corrupt(&self, why: impl std::fmt::Display) -> LogError {
        let what = format!("{}: {why}", self.file.display());
        LogError::Corrupt { org: self.org.clone(), what }
    }

    fn broken(&self, error: &rusqlite::Error) -> LogError {
        match error.sqlite_error_code() {
            None | Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                self.corrupt(error)
            }
            Some(_) => LogError::Unavailable(error.to_string()),
        }
    }

    fn damaged(&self, at: RowEnd, why: impl std::fmt::Display) -> LogError {
        let RowEnd { pos, n, .. } = at;
        let what = format!("{}: {why}", name(pos, n, self.file));
        LogError::Corrupt { org: self.org.clone(), what }
    }
}

/// Names a row for whoever has to mend it.
pub(super) fn name(pos: Pos, n: u64, file: &Path) -> String {
    format!("row {} (entry {n}) of {}", pos.0, file.display())
}

/// Reads rows that follow each other and verifies each against the one before. A page that is not full
/// is verified against the end noted in `head`, because a broken page of SQLite may hide rows.
pub(super) fn page(db: &Connection, of: &PageOf<'_>) -> Result<Vec<(Pos, RawEntry)>, LogError> {
    let run = |sql| db.prepare_cached(sql)?.execute([]);
    // All reads are of one state of the file. The transaction is not rusqlite's, which compiles its statements anew.
    run("BEGIN").map_err(|error| of.broken(&error))?;
    let read = read(db, of);
    let over = run("COMMIT").map_err(|error| of.broken(&error));
    let (rows, text) = read?;
    over?;
    let entry = |(at, range): (RowEnd, Range<usize>)| {
        let raw = RawEntry::read(text.slice(range)).map_err(|error| of.damaged(at, error))?;
        Ok((at.pos, raw))
    };
    rows.into_iter().map(entry).collect()
}

/// Where rows are, and where the payload of each is in the text of all of them. One allocation holds a page.
type FoundRows = (Vec<(RowEnd, Range<usize>)>, Bytes);

fn read(db: &Connection, of: &PageOf<'_>) -> Result<FoundRows, LogError> {
    let broken = |error: rusqlite::Error| of.broken(&error);
    // A page of bounded size is likely to be full, and one entry more shows that it is.
    let room = if of.size.bytes < usize::MAX { of.size.bytes + of.size.bytes / 16 } else { 0 };
    let (mut rows, mut text) = (Vec::new(), BytesMut::with_capacity(room));
    let mut select = db
        .prepare_cached(
            // A column that the index has too would be read from there, so that it only says which rows there are.
            "SELECT e.pos, n, chk, e.org, payload FROM
                 (SELECT pos FROM entry WHERE org = ?1 AND pos > ?2 ORDER BY pos LIMIT ?3) found
             CROSS JOIN entry e ON e.pos = found.pos",
        )
        .map_err(broken)?;
    let limit = i64::try_from(of.size.entries).unwrap_or(i64::MAX);
    let begin = begin(db, of.org).map_err(broken)?.map_or(Pos(0), |begin| begin.end.pos);
    let from = of.from.max(begin);
    let mut found = select.query(params![of.org.as_str(), from.0, limit]).map_err(broken)?;
    let (mut last, mut cut) = (RowEnd::NONE, false);
    while let Some(row) = found.next().map_err(broken)? {
        if rows.is_empty() {
            last = before(db, of.org, Pos(row.get(0).map_err(broken)?)).map_err(broken)?;
        }
        let start = text.len();
        last = one(row, last, of, &mut text)?;
        if text.len() > of.size.bytes && !rows.is_empty() {
            text.truncate(start);
            cut = true;
            break;
        }
        rows.push((last, start..text.len()));
    }
    let is_full = cut || rows.len() == of.size.entries;
    let last = rows.last().map_or(from, |(at, _)| at.pos);
    let end = end(db, of.org).map_err(broken)?;
    let is_wrong = if of.is_end_doubted {
        rows.is_empty() && last != end
    } else {
        last > end.max(from) || (!is_full && last < end)
    };
    if is_wrong {
        return Err(of.corrupt(format!("its rows end at {}, not at {}", last.0, end.0)));
    }
    Ok((rows, text.freeze()))
}

/// Takes one row's payload, if the row follows from the one before it.
fn one(
    row: &Row<'_>,
    last: RowEnd,
    of: &PageOf<'_>,
    text: &mut BytesMut,
) -> Result<RowEnd, LogError> {
    let broken = |error: rusqlite::Error| of.broken(&error);
    let blob = |column| -> Result<&[u8], LogError> {
        let value = row.get_ref(column).map_err(broken)?;
        value.as_blob().map_err(|error| of.broken(&error.into()))
    };
    let (pos, n) = (Pos(row.get(0).map_err(broken)?), row.get(1).map_err(broken)?);
    let (found, payload) = (blob(2)?, blob(4)?);
    let mut at = RowEnd { pos, n, check: FIRST };
    if pos <= of.right && n == last.n + 1 {
        at.check = found.try_into().unwrap_or(FIRST);
    } else {
        // The row's own word for its org is hashed, because the index that found it may be what is damaged.
        let org = row.get_ref(3).map_err(broken)?;
        let org = org.as_str().map_err(|error| of.broken(&error.into()))?;
        at.check = check(&last.check, pos, org, n, payload);
        if found != at.check {
            return Err(of.damaged(at, "the checksum does not match"));
        }
    }
    text.extend_from_slice(payload);
    Ok(at)
}
