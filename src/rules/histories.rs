//! The messages of customers as they are stored: a row for each `CHUNK` of a history, compressed, so that a
//! history is read in few steps and takes little room, and a new message has a small row written.

use super::layers::{Base, RowWriter, Table, text};
use crate::model::{CustomerId, Message, MessageHistory, MessageSource};
use imbl::OrdMap;
use lz4_flex::{compress_prepend_size, decompress_size_prepended};
use std::{ops::Range, sync::Arc};

/// How many messages a row has.
const CHUNK: u64 = 16;
/// So many rows are read one by one.
const FEW: u64 = 8;

#[derive(Debug)]
struct BaseMessages {
    base: Arc<dyn Base>,
    customer: CustomerId,
}

/// Where the messages of a customer are read from.
pub fn source(base: &Arc<dyn Base>, customer: &CustomerId) -> Arc<dyn MessageSource> {
    Arc::new(BaseMessages { base: Arc::clone(base), customer: customer.clone() })
}

fn key(customer: &CustomerId, chunk: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(64);
    text(&mut key, customer.as_str());
    key.extend(chunk.to_be_bytes());
    key
}

/// The messages of a row, and the number of the first.
type Chunk = (u64, Vec<Arc<Message>>);

/// How many times as long a row can become: no code of LZ4 stands for more.
const LZ4_MOST: usize = 255;

/// The bytes of a row. One that says that it becomes longer than it can is damaged, and gets no room for that.
fn unpacked(row: &[u8]) -> Result<Vec<u8>, String> {
    let said = row.first_chunk().map_or(0, |said| u32::from_le_bytes(*said));
    if usize::try_from(said).is_ok_and(|said| said <= row.len().saturating_mul(LZ4_MOST)) {
        decompress_size_prepended(row).map_err(|error| error.to_string())
    } else {
        Err(format!("{} bytes do not become {said}", row.len()))
    }
}

impl BaseMessages {
    fn read(&self, bytes: &[u8]) -> Option<Chunk> {
        let chunk = unpacked(bytes);
        let chunk =
            chunk.and_then(|bytes| postcard::from_bytes(&bytes).map_err(|error| error.to_string()));
        let said = |why| format!("messages of {} cannot be read: {why}", self.customer);
        chunk.map_err(|why| self.base.broken(said(why))).ok()
    }
}

impl MessageSource for BaseMessages {
    fn load(&self, numbers: Range<u64>) -> Vec<Arc<Message>> {
        if numbers.is_empty() {
            return Vec::new();
        }
        let (first, last) = (numbers.start / CHUNK, (numbers.end - 1) / CHUNK);
        let mut chunks: Vec<Chunk> = Vec::new();
        // A row that is asked for by its key is found in one file of many. A range looks into all of them, which
        // is worth it only for many rows.
        if last - first < FEW {
            for chunk in first..=last {
                let key = key(&self.customer, chunk);
                self.base.get(Table::Histories, &key, &mut |row| chunks.extend(self.read(row)));
            }
        } else {
            let from = key(&self.customer, first);
            let count = usize::try_from(last - first + 1).unwrap_or(usize::MAX);
            let rows = self.base.range(Table::Histories, &from).take(count);
            chunks.extend(rows.map_while(|(_, row)| self.read(&row)));
        }
        let all = chunks.into_iter().flat_map(|(first, messages)| (first..).zip(messages));
        let wanted = all.filter(|(number, _)| numbers.contains(number));
        let wanted: Vec<_> = wanted.map(|(_, message)| message).collect();
        if wanted.len() as u64 != numbers.end - numbers.start {
            self.base.broken(format!("messages {numbers:?} of {} are missing", self.customer));
        }
        wanted
    }
}

/// Hands over what has changed in a history since it was stored.
pub fn unstored(customer: &CustomerId, history: &MessageHistory, store: &mut RowWriter<'_>) {
    let (gone, new) = history.unstored();
    for chunk in gone.start / CHUNK..gone.end / CHUNK {
        store(Table::Histories, &key(customer, chunk), None);
    }
    let mut done = None;
    for chunk in new.map(|number| number / CHUNK) {
        if done.replace(chunk) == Some(chunk) {
            continue;
        }
        let first = (chunk * CHUNK).max(history.numbers().start);
        let row: Chunk = (first, history.range(first..(chunk + 1) * CHUNK));
        // Serialising plain data into memory cannot fail. If it did, the row could not be read.
        let row = compress_prepend_size(&postcard::to_stdvec(&row).unwrap_or_default());
        store(Table::Histories, &key(customer, chunk), Some(row));
    }
}

/// The histories of customers who were merged away, whose rows are to be removed: in layers, like the
/// rows of tables.
#[derive(Clone, Debug, Default)]
pub struct Gone {
    recent: OrdMap<CustomerId, Range<u64>>,
    settling: OrdMap<CustomerId, Range<u64>>,
}

/// What is still to be removed from a base makes no difference to a World.
impl PartialEq for Gone {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Gone {
    pub fn add(&mut self, customer: &CustomerId, history: &MessageHistory) {
        let numbers = history.unstored().0.start..history.numbers().end;
        if !numbers.is_empty() {
            self.recent.insert(customer.clone(), numbers);
        }
    }

    pub fn settle(&mut self) {
        self.settling = std::mem::take(&mut self.recent);
    }

    pub fn rebase(&mut self) {
        self.settling = OrdMap::new();
    }

    /// Hands over the rows of the closed layer. A customer who is there has rows of these numbers again, as
    /// only a damaged log can have it.
    pub fn settling(&self, is_there: impl Fn(&CustomerId) -> bool, store: &mut RowWriter<'_>) {
        for (customer, numbers) in self.settling.iter().filter(|(customer, _)| !is_there(customer))
        {
            for chunk in numbers.start / CHUNK..numbers.end.div_ceil(CHUNK) {
                store(Table::Histories, &key(customer, chunk), None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_gets_no_room_for_more_than_it_can_become() {
        let text = vec![7; 100_000];
        let row = compress_prepend_size(&text);
        assert_eq!(unpacked(&row), Ok(text));
        let lies = [&u32::MAX.to_le_bytes()[..], &row[4..]].concat();
        assert!(unpacked(&lies).unwrap_err().contains("do not become 4294967295"));
        assert!(unpacked(&[1, 2]).is_err() && unpacked(&[]).is_err());
    }
}
