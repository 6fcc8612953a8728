//! What a batch of entries writes into the shelf. All of it is one transaction, in which the cursor moves
//! too, so a crash never leaves a part of it.

use super::{customers::Touched, store::Store, words};
use crate::{
    hub::log::{Pos, Stored, chain::ChainCursor},
    model::{Event, EventKind, OrgId},
};
use rusqlite::{OptionalExtension as _, Transaction, params};
use std::fmt::Write as _;

/// Every how many entries there is an anchor, from which the log can be read on. Whoever looks for a place
/// reads up to as many entries of the log in vain, which costs less than a row for each entry.
pub(super) const ANCHOR_EVERY: usize = 64;
/// How many bits of a position are within a part of the log, whose entries have a table of words of their
/// own. FTS5 goes through everything that begins so before it knows what is newest, so one table would make
/// a search for a common word slower with every entry, and each would be merged with all older ones again.
const PART_BITS: u32 = 17;
/// How many bits of a row's number in `words` are its position in the log. Those above are the org's number.
const POS_BITS: u32 = 44;

/// The part of the log that a position is in.
pub(super) fn part(pos: Pos) -> u64 {
    pos.0 >> PART_BITS
}

/// The numbers of an org's rows in `words`: from the first one to before the last one.
pub(super) fn keys(org: i64) -> std::ops::Range<i64> {
    org << POS_BITS..(org + 1) << POS_BITS
}

/// The number of the row in `words` of an entry.
pub(super) fn key(org: i64, pos: Pos) -> i64 {
    let within = i64::try_from(pos.0).unwrap_or(i64::MAX);
    keys(org).start.saturating_add(within).min(keys(org).end)
}

/// The position of the entry of a row in `words`.
pub(super) fn pos(key: i64) -> Pos {
    Pos(u64::try_from(key & ((1 << POS_BITS) - 1)).unwrap_or_default())
}

/// The word in the column `who` of `words` that stands for a customer. It begins as no word that people
/// search for, because a search for a beginning goes through all words that begin so, in every column.
pub(super) fn who(customer: i64) -> String {
    format!("\u{e000}{customer}")
}

/// Entries of an org that are being indexed.
pub(super) struct IndexBatch<'a> {
    tx: Transaction<'a>,
    org: i64,
    touched: Touched,
    /// The position of the last valid entry.
    last: Option<Pos>,
}

impl Store {
    pub(super) fn batch(&mut self, org: &OrgId) -> rusqlite::Result<IndexBatch<'_>> {
        let tx = self.db.transaction()?;
        tx.prepare_cached("INSERT OR IGNORE INTO org (name) VALUES (?1)")?
            .execute([org.as_str()])?;
        let org = tx
            .prepare_cached("SELECT id FROM org WHERE name = ?1")?
            .query_row([org.as_str()], |row| row.get(0))?;
        Ok(IndexBatch { tx, org, touched: Touched::new(org), last: None })
    }

    /// Indexes valid entries and moves the cursor to `to`.
    #[cfg(test)]
    pub(super) fn apply(
        &mut self,
        org: &OrgId,
        rows: &[(Pos, Stored)],
        to: ChainCursor,
    ) -> rusqlite::Result<()> {
        let mut batch = self.batch(org)?;
        batch.add(rows)?;
        batch.commit(to)
    }
}

/// Makes the table of words of a part, unless it is there. It finds entries by their text and, with the
/// numbers of their customers in `who`, by customer. It grows at its end and is merged in large steps, while
/// a row for each entry and customer would change a page for each of them.
fn begin_part(tx: &Transaction<'_>, part: u64) -> rusqlite::Result<()> {
    let fresh = tx.prepare_cached("INSERT OR IGNORE INTO part VALUES (?1)")?.execute([part])?;
    if fresh == 0 {
        return Ok(());
    }
    tx.execute_batch(&format!(
        "CREATE VIRTUAL TABLE words{part} USING fts5 (
             text, who, content='', columnsize=0,
             tokenize=\"unicode61 remove_diacritics 2 categories 'L* M* N* Co So'\"
         );
         INSERT INTO words{part} (words{part}, rank) VALUES ('hashsize', 8388608);
         INSERT INTO words{part} (words{part}, rank) VALUES ('automerge', 8);"
    ))
}

impl IndexBatch<'_> {
    pub(super) fn tx(&self) -> &Transaction<'_> {
        &self.tx
    }
    /// The number of the org in this file.
    pub(super) const fn org(&self) -> i64 {
        self.org
    }
    /// Stores the batch, and that the log is read from this place on.
    pub(super) fn commit_at(mut self, place: ChainCursor) -> rusqlite::Result<()> {
        self.last = Some(place.pos);
        self.commit(place)
    }

    pub(super) fn add(&mut self, rows: &[(Pos, Stored)]) -> rusqlite::Result<()> {
        let (tx, org) = (&self.tx, self.org);
        let mut anchor = tx.prepare_cached("INSERT INTO anchor VALUES (?1, ?2, ?3, ?4)")?;
        let mut into = None;
        let (mut text, mut who) = (String::new(), String::new());
        for (pos, stored) in rows {
            let entry = &stored.entry;
            if entry.seq.0.is_multiple_of(ANCHOR_EVERY as u64) {
                anchor.execute(params![org, entry.seq.0, pos.0, &entry.id.0[..]])?;
            }
            text.clear();
            who.clear();
            let mut customers: Vec<i64> = Vec::new();
            for event in &entry.events {
                text_of(event, &mut text);
                let customer = self.touched.fold(tx, event)?;
                for customer in customer.into_iter().chain(payers(tx, org, event)?) {
                    if !customers.contains(&customer) {
                        customers.push(customer);
                        who.push_str(&self::who(customer));
                        who.push(' ');
                    }
                }
            }
            let part = part(*pos);
            if into.as_ref().is_none_or(|(of, _)| *of != part) {
                begin_part(tx, part)?;
                let sql = format!("INSERT INTO words{part} (rowid, text, who) VALUES (?1, ?2, ?3)");
                into = Some((part, tx.prepare_cached(&sql)?));
            }
            let Some((_, words)) = &mut into else { continue };
            words.execute(params![key(org, *pos), words::apart(&text), who])?;
            self.last = Some(*pos);
        }
        Ok(())
    }

    /// Stores the batch, and that the log has been read up to `to`.
    pub(super) fn commit(self, to: ChainCursor) -> rusqlite::Result<()> {
        self.touched.write(&self.tx)?;
        let before = self
            .tx
            .prepare_cached("SELECT last_pos FROM applied WHERE org = ?1")?
            .query_row([self.org], |row| row.get(0).map(Pos))
            .optional()?;
        let last = self.last.or(before).unwrap_or_default();
        self.tx
            .prepare_cached("INSERT OR REPLACE INTO applied VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![self.org, to.pos.0, last.0, to.seq.0, &to.id.0[..]])?;
        self.tx.commit()
    }
}

/// Both customers of a payment between two, whom its events are about although their envelopes name one. Later
/// reports have only the payment's id, so who its customers are is kept.
fn payers(tx: &Transaction<'_>, org: i64, event: &Event) -> rusqlite::Result<Vec<i64>> {
    if let EventKind::PaymentStarted { id, debit_customer, credit_customer, .. } = &event.kind {
        let (Some(pays), Some(gets)) = (debit_customer, credit_customer) else {
            return Ok(Vec::new());
        };
        if pays == gets {
            return Ok(Vec::new());
        }
        let sql = "INSERT OR IGNORE INTO payer SELECT org, ?2, id FROM customer
                   WHERE org = ?1 AND name IN (?3, ?4)";
        let names = params![org, id.as_str(), pays.as_str(), gets.as_str()];
        tx.prepare_cached(sql)?.execute(names)?;
    }
    let (EventKind::PaymentStarted { id, .. }
    | EventKind::PaymentStatusChanged { id, .. }
    | EventKind::PaymentContradicted { id, .. }) = &event.kind
    else {
        return Ok(Vec::new());
    };
    tx.prepare_cached("SELECT customer FROM payer WHERE org = ?1 AND payment = ?2")?
        .query_map(params![org, id.as_str()], |row| row.get(0))?
        .collect()
}

/// Adds the text that an entry is found by: the sentences of its events, with names and numbers.
fn text_of(event: &Event, text: &mut String) {
    text.push_str(&event.sentence());
    text.push(' ');
    text.push_str(event.name.as_deref().unwrap_or_default());
    text.push(' ');
    if let Some(number) = &event.number {
        let _ = write!(text, "{number}");
    }
    text.push('\n');
}
