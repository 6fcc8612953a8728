//! A state that begins with the rows of another one: the World with which a pruned log begins (`hub::origins`).

use super::{BatchNumber, OrgState, PLACE, Place, TRACED};
use crate::hub::log::chain::ChainCursor;
use std::sync::PoisonError;

/// How many rows are taken over at once.
const AT_ONCE: usize = 4_096;

impl OrgState {
    /// Takes in the place of what is there all rows of another state, with which the log begins, and its place. What is
    /// there stays if the other one cannot be used.
    pub fn take_over(&self, origin: &Self) -> Result<(), String> {
        let (_, at) = origin.load().ok_or("the World with which the log begins cannot be used")?;
        self.clear()?;
        let text = |error: fjall::Error| error.to_string();
        let (mut batch, mut number) = (self.store.db.batch(), BatchNumber::default().next());
        let mut rows = 0_usize;
        for row in origin.rows.iter() {
            let (key, value) = row.into_inner().map_err(text)?;
            // The place and the numbers of batches are this state's own.
            if key.starts_with(PLACE) {
                continue;
            }
            batch.insert(&self.rows, key, value);
            rows += 1;
            if rows.is_multiple_of(AT_ONCE) {
                self.store.has_room()?;
                self.number(&mut batch, &number);
                std::mem::replace(&mut batch, self.store.db.batch()).commit().map_err(text)?;
                number = number.next();
            }
        }
        if let Some(why) = origin.why_not() {
            return Err(why);
        }
        self.number(&mut batch, &number);
        let ChainCursor { pos, seq, id } = at;
        let (log_id, newest) = (self.log_id.clone(), number.clone());
        let place = Place { log_id, batch: newest, pos: pos.0, seq, id };
        let place = postcard::to_stdvec(&place).map_err(|error| error.to_string())?;
        batch.insert(&self.rows, PLACE, place);
        batch.commit().map_err(text)?;
        *self.last() = number;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = self.store.cache.org();
        Ok(())
    }

    /// Reads every row, so that what cannot be read is known now.
    pub fn read_all(&self) -> Result<(), String> {
        let row = |row: fjall::Guard| row.into_inner().map(drop).map_err(|error| error.to_string());
        self.rows.iter().try_for_each(row)
    }

    /// Has a batch say that it is there.
    fn number(&self, batch: &mut fjall::OwnedWriteBatch, number: &BatchNumber) {
        batch.insert(&self.rows, BatchNumber::row(number.number), number.name.as_bytes());
        if let Some(old) = number.number.checked_sub(TRACED) {
            batch.remove(&self.rows, BatchNumber::row(old));
        }
    }
}
