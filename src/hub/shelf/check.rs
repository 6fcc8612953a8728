//! Whether the index has what the log says (R-COPY-8). It is compared with one that is made anew from the same entries
//! beside it, table by table. Orgs and customers get the numbers there that they have here, so that equal means equal.

use super::store::{FoundShelf, Store};
use crate::{
    hub::log::{Pos, Stored, chain::ChainCursor},
    model::OrgId,
};
use rusqlite::{Params, params, types::Value};
use std::{io, path::Path};

/// What is compared, in words, and how it is read in order. Customers who were merged away are left out, because what
/// is kept of them depends on how many entries were indexed at once.
const TABLES: [(&str, &str); 5] = [
    ("the places to read on from", "SELECT seq, pos, id FROM anchor WHERE org = ?1 ORDER BY seq"),
    (
        "customers",
        "SELECT c.id, c.name, c.data FROM customer c JOIN seen s ON s.customer = c.id
         WHERE c.org = ?1 ORDER BY c.id",
    ),
    ("when customers were seen", "SELECT customer, at FROM seen WHERE org = ?1 ORDER BY customer"),
    (
        "what customers are found by",
        "SELECT term, customer FROM term WHERE org = ?1 ORDER BY term, customer",
    ),
    (
        "who takes part in payments",
        "SELECT payment, customer FROM payer WHERE org = ?1 ORDER BY payment, customer",
    ),
];

/// What there is to check.
pub enum FoundCheck {
    /// No index of that log and version.
    Nothing,
    Whole(Box<ShelfCheck>),
    /// An index that has seen entries of the log of this name.
    OfLog(String),
}

/// The index of a data folder, and another one that is filled from the log to be compared with it. Errors are
/// sentences that say why one of them cannot be read or written.
pub struct ShelfCheck {
    stored: Store,
    anew: Store,
}

fn unread(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl ShelfCheck {
    /// Opens the index in `folder`, and begins another one in `scratch`; the error says why the one that is there
    /// cannot be believed.
    pub fn open(folder: &Path, scratch: &Path, log_id: &str) -> Result<FoundCheck, String> {
        let file = folder.join(super::store::FILE);
        if !file.exists() {
            return Ok(FoundCheck::Nothing);
        }
        let stored = match Store::whole(&file, log_id)? {
            FoundShelf::Whole(stored) => stored,
            FoundShelf::Nothing => return Ok(FoundCheck::Nothing),
            FoundShelf::OfLog(other) => return Ok(FoundCheck::OfLog(other)),
        };
        let anew = Store::open_unless_lost(Some(scratch), log_id, |_| true).map_err(unread)??;
        let check = Self { stored, anew };
        check.number().map_err(unread)?;
        Ok(FoundCheck::Whole(Box::new(check)))
    }

    /// Gives every org and customer in the new index the number that they have in the stored one.
    fn number(&self) -> rusqlite::Result<()> {
        let tx = self.anew.db.unchecked_transaction()?;
        for (read, write) in [
            ("SELECT id, name FROM org", "INSERT INTO org VALUES (?1, ?2)"),
            ("SELECT id, org, name FROM customer", "INSERT INTO customer VALUES (?1, ?2, ?3, x'')"),
        ] {
            let mut read = self.stored.db.prepare(read)?;
            let columns = read.column_count();
            let (mut rows, mut write) = (read.query([])?, tx.prepare(write)?);
            while let Some(row) = rows.next()? {
                let values: Result<Vec<Value>, _> = (0..columns).map(|at| row.get(at)).collect();
                write.execute(rusqlite::params_from_iter(values?))?;
            }
        }
        tx.commit()
    }

    /// How far the stored index has read the log of an org.
    pub fn place(&self, org: &OrgId) -> Result<ChainCursor, String> {
        self.stored.applied(org).map_err(unread)
    }

    /// Indexes valid entries anew, up to `to`.
    pub fn add(
        &mut self,
        org: &OrgId,
        rows: &[(Pos, Stored)],
        to: ChainCursor,
    ) -> Result<(), String> {
        let mut batch = self.anew.batch(org).map_err(unread)?;
        batch.add(rows).and_then(|()| batch.commit(to)).map_err(unread)?;
        self.anew.settle_when_due(false).map_err(unread)
    }

    /// What of an org differs from the new index, if anything, in words. The new one must have read as far.
    pub fn difference(&self, org: &OrgId) -> Result<Option<&'static str>, String> {
        self.compare(org).map_err(unread)
    }

    fn compare(&self, org: &OrgId) -> rusqlite::Result<Option<&'static str>> {
        let Some(number) = self.stored.org(org)? else { return Ok(None) };
        for (what, sql) in TABLES {
            if !self.same(sql, sql, params![number])? {
                return Ok(Some(what));
            }
        }
        Ok((!self.same_words(number)?).then_some("the words of entries"))
    }

    /// The words of every part of the log: which stand in which entry, and where in it.
    fn same_words(&self, org: i64) -> rusqlite::Result<bool> {
        let keys = super::batch::keys(org);
        let of_org = params![keys.start, keys.end];
        let parts = |store: &Store| -> rusqlite::Result<Vec<u64>> {
            let mut parts = store.db.prepare("SELECT number FROM part ORDER BY number")?;
            parts.query_map([], |row| row.get(0))?.collect()
        };
        let (stored, anew) = (parts(&self.stored)?, parts(&self.anew)?);
        for part in stored.iter().chain(anew.iter().filter(|part| !stored.contains(part))) {
            let view = |store: &Store, has: bool| -> rusqlite::Result<String> {
                if !has {
                    return Ok("SELECT 1 WHERE ?1 > ?2".into());
                }
                store.db.execute_batch(&format!(
                    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.words_in{part}
                     USING fts5vocab(main, words{part}, instance)"
                ))?;
                Ok(format!(
                    "SELECT term, doc, col, offset FROM temp.words_in{part} WHERE doc >= ?1 AND doc < ?2"
                ))
            };
            let known = view(&self.stored, stored.contains(part))?;
            if !self.same(&known, &view(&self.anew, anew.contains(part))?, of_org)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether two questions have the same answer, the first in the stored index and the second in the new one.
    fn same(&self, stored: &str, anew: &str, of: impl Params + Copy) -> rusqlite::Result<bool> {
        let (mut first, mut second) =
            (self.stored.db.prepare(stored)?, self.anew.db.prepare(anew)?);
        let columns = first.column_count().min(second.column_count());
        let (mut first, mut second) = (first.query(of)?, second.query(of)?);
        loop {
            match (first.next()?, second.next()?) {
                (None, None) => return Ok(true),
                (Some(one), Some(other)) => {
                    for at in 0..columns {
                        if one.get_ref(at)? != other.get_ref(at)? {
                            return Ok(false);
                        }
                    }
                }
                (Some(_), None) | (None, Some(_)) => return Ok(false),
            }
        }
    }

    /// Leaves the stored index as a stop in order would.
    pub fn close(mut self) -> io::Result<()> {
        self.stored.settle_to_stop()
    }
}
