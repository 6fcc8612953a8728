//! The rows of `log.db` and the checksums that chain them. Every read goes through `of_org`, so nothing
//! leaves the file unchecked.

use crate::{
    hub::log::{LogError, Pos, Stored},
    model::OrgId,
};
use bytes::Bytes;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// The first 16 bytes of a SHA-256 over a row and the check of the org's row before it.
pub(super) type Check = [u8; 16];
/// What stands in for the check of the row before an org's first row.
pub(super) const FIRST: Check = [0; 16];

pub(super) fn check(before: &Check, pos: Pos, org: &OrgId, n: u64, payload: &[u8]) -> Check {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(pos.0.to_le_bytes());
    hash.update(n.to_le_bytes());
    hash.update(org.as_str().len().to_le_bytes());
    hash.update(org.as_str());
    hash.update(payload);
    let mut check = FIRST;
    check.copy_from_slice(&hash.finalize()[..16]);
    check
}

struct Raw {
    pos: Pos,
    org: OrgId,
    n: u64,
    payload: Vec<u8>,
    check: Vec<u8>,
}

impl Raw {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            pos: Pos(row.get(0)?),
            org: row.get::<_, String>(1)?.into(),
            n: row.get(2)?,
            payload: row.get(3)?,
            check: row.get(4)?,
        })
    }
}

/// The position and the check of the org's last row before a position; `None` if there is no such row.
pub(super) fn before(
    db: &Connection,
    org: &OrgId,
    pos: Pos,
) -> rusqlite::Result<Option<(Pos, Check)>> {
    // Positions stay far below 2^63, but `u64::MAX`, which callers pass for "no limit", does not.
    let pos = i64::try_from(pos.0).unwrap_or(i64::MAX);
    db.prepare_cached(
        "SELECT pos, chk FROM entry WHERE org = ?1 AND pos < ?2 ORDER BY pos DESC LIMIT 1",
    )?
    .query_row(params![org.as_str(), pos], |row| {
        Ok((Pos(row.get(0)?), row.get::<_, Vec<u8>>(1)?.try_into().unwrap_or(FIRST)))
    })
    .optional()
}

/// Where an org's rows end, as the last append noted in `head`.
fn end(db: &Connection, org: &OrgId) -> rusqlite::Result<Pos> {
    db.prepare_cached("SELECT max(pos) FROM head WHERE org = ?1")?
        .query_row([org.as_str()], |row| row.get::<_, Option<u64>>(0))
        .map(|pos| Pos(pos.unwrap_or(0)))
}

/// The last position of any org.
pub(super) fn last(db: &Connection) -> rusqlite::Result<Pos> {
    db.query_row("SELECT max(pos) FROM head", [], |row| row.get::<_, Option<u64>>(0))
        .map(|pos| Pos(pos.unwrap_or(0)))
}

/// Reads rows that follow each other and verifies each against the one before. A page that is not full
/// is verified against the end noted in `head`, because a broken page of SQLite may hide rows.
pub(super) fn of_org(
    db: &Connection,
    file: &Path,
    org: &OrgId,
    from: Pos,
    limit: usize,
) -> Result<Vec<(Pos, Stored)>, LogError> {
    let corrupt = |why: String| LogError::Corrupt {
        org: org.clone(),
        what: format!("{}: {why}", file.display()),
    };
    let broken = |error: rusqlite::Error| match error.sqlite_error_code() {
        None | Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            corrupt(error.to_string())
        }
        Some(_) => LogError::Unavailable(error.to_string()),
    };
    let tx = db.unchecked_transaction().map_err(broken)?;
    let rows = read(&tx, org, from, limit).map_err(broken)?;
    let last = rows.last().map_or(from, |raw| raw.pos);
    let end = end(&tx, org).map_err(broken)?;
    if last > end.max(from) || (rows.len() < limit && last < end) {
        return Err(corrupt(format!("its rows end at {}, not at {}", last.0, end.0)));
    }
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let mut last = before(&tx, org, first.pos).map_err(broken)?.map_or(FIRST, |(_, check)| check);
    let mut page = Vec::with_capacity(rows.len());
    for raw in rows {
        last = check(&last, raw.pos, &raw.org, raw.n, &raw.payload);
        page.push(verified(raw, &last, org, file)?);
    }
    Ok(page)
}

fn read(db: &Connection, org: &OrgId, from: Pos, limit: usize) -> rusqlite::Result<Vec<Raw>> {
    db.prepare_cached(
        "SELECT pos, org, n, payload, chk FROM entry WHERE org = ?1 AND pos > ?2
         ORDER BY pos LIMIT ?3",
    )?
    .query_map(params![org.as_str(), from.0, limit], Raw::read)?
    .collect()
}

pub(super) fn at(
    db: &Connection,
    file: &Path,
    org: &OrgId,
    places: &[Pos],
) -> Result<Vec<Stored>, LogError> {
    let mut found = Vec::with_capacity(places.len());
    for pos in places {
        // Each is read alone, because the positions need not follow each other and each row is
        // verified against the one before it.
        let row = of_org(db, file, org, Pos(pos.0.saturating_sub(1)), 1)?;
        found.extend(row.into_iter().filter(|(at, _)| at == pos).map(|(_, stored)| stored));
    }
    Ok(found)
}

/// The entry of a row, if its checksum is the one that follows from the row before. `org` is the one asked
/// for, because the row's own word is what may be damaged.
fn verified(
    mut raw: Raw,
    check: &Check,
    org: &OrgId,
    file: &Path,
) -> Result<(Pos, Stored), LogError> {
    let payload = Bytes::from(std::mem::take(&mut raw.payload));
    let damaged = |why: &str| LogError::Corrupt {
        org: org.clone(),
        what: format!("row {} (entry {}) of {}: {why}", raw.pos.0, raw.n, file.display()),
    };
    if raw.check != check[..] {
        return Err(damaged("the checksum does not match"));
    }
    let stored = Stored::decode(payload).map_err(|error| damaged(&error.to_string()))?;
    Ok((raw.pos, stored))
}
