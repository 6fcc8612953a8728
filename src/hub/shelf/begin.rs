//! What the index has of what went out of a log (R-KEEP-4). An index that is made anew cannot read that any more, so its
//! customers begin as the World has them with which the log begins. What went out is forgotten here too, a whole table
//! of words at a time.

use super::{
    batch::part,
    customers::{Touched, searched},
    store::Store,
};
use crate::{
    hub::{
        log::{Pos, chain::ChainCursor},
        origins::Origin,
    },
    model::OrgId,
};
use rusqlite::params;

impl Store {
    /// Takes in one transaction the customers of an org as they were at a place, after which the log is read on.
    pub(super) fn begin_with(
        &mut self,
        org: &OrgId,
        origin: &Origin,
        place: ChainCursor,
    ) -> rusqlite::Result<Result<(), String>> {
        let batch = self.batch(org)?;
        for customer in origin.world.customers() {
            let mut touched = Touched::new(batch.org());
            touched.take_in(batch.tx(), searched(&customer))?;
            touched.write(batch.tx())?;
            let sql = "INSERT OR IGNORE INTO payer SELECT org, ?2, id FROM customer
                       WHERE org = ?1 AND name = ?3";
            let mut payer = batch.tx().prepare_cached(sql)?;
            for payment in &customer.payments {
                payer.execute(params![batch.org(), payment.id.as_str(), customer.id.as_str()])?;
            }
        }
        // Who pays or is paid alone is named by each event of the payment.
        let alone = "DELETE FROM payer WHERE org = ?1 AND payment IN (
                         SELECT payment FROM payer WHERE org = ?1 GROUP BY payment HAVING count(*) = 1
                     )";
        batch.tx().execute(alone, [batch.org()])?;
        // Whoever cannot be read ends the list early.
        if let Some(why) = origin.state().why_not() {
            return Ok(Err(why));
        }
        batch.commit_at(place).map(Ok)
    }

    /// Forgets the words and places of entries that went out of the logs, which begin after these positions.
    pub(super) fn forget(&mut self, begins: &[(OrgId, Pos)]) -> rusqlite::Result<()> {
        let tx = self.db.transaction()?;
        for (org, begin) in begins {
            let sql =
                "DELETE FROM anchor WHERE pos < ?2 AND org = (SELECT id FROM org WHERE name = ?1)";
            tx.prepare_cached(sql)?.execute(params![org.as_str(), begin.0])?;
        }
        let orgs: Vec<String> = tx
            .prepare_cached("SELECT name FROM org")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let begin = |name: &String| {
            let known = begins.iter().find(|(org, _)| org.as_str() == name);
            known.map(|(_, begin)| *begin).unwrap_or_default()
        };
        let all = orgs.iter().map(begin).min().unwrap_or_default();
        let parts: Vec<u64> = tx
            .prepare_cached("SELECT number FROM part WHERE number < ?1")?
            .query_map([part(all)], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for part in parts {
            tx.execute_batch(&format!("DROP TABLE words{part}"))?;
            tx.execute("DELETE FROM part WHERE number = ?1", [part])?;
        }
        tx.commit()
    }
}
