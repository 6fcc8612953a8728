//! The messages of customers as they are stored: each is a row, in the order of its customer's history.

use super::layers::{Base, RowWriter, Table, text};
use crate::model::{CustomerId, Message, MessageHistory, MessageSource};
use std::{ops::Range, sync::Arc};

#[derive(Debug)]
struct BaseMessages {
    base: Arc<dyn Base>,
    customer: CustomerId,
}

/// Where the messages of a customer are read from.
pub fn source(base: &Arc<dyn Base>, customer: &CustomerId) -> Arc<dyn MessageSource> {
    Arc::new(BaseMessages { base: Arc::clone(base), customer: customer.clone() })
}

fn key(customer: &CustomerId, number: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(64);
    text(&mut key, customer.as_str());
    key.extend(number.to_be_bytes());
    key
}

impl BaseMessages {
    fn read(&self, bytes: &[u8]) -> Option<Arc<Message>> {
        match postcard::from_bytes(bytes) {
            Ok(message) => Some(Arc::new(message)),
            Err(error) => {
                self.base.broken(format!("a message of {} cannot be read: {error}", self.customer));
                None
            }
        }
    }
}

impl MessageSource for BaseMessages {
    fn load(&self, numbers: Range<u64>) -> Vec<Arc<Message>> {
        let Ok(count) = usize::try_from(numbers.end - numbers.start) else { return Vec::new() };
        let from = key(&self.customer, numbers.start);
        let mut all = Vec::with_capacity(count.min(1_024));
        if count == 1 {
            self.base.get(Table::Histories, &from, &mut |bytes| all.extend(self.read(bytes)));
        } else {
            let rows = self.base.range(Table::Histories, &from).take(count);
            all.extend(rows.map_while(|(_, bytes)| self.read(&bytes)));
        }
        if all.len() < count {
            let why = format!("{} messages of {} are missing", count - all.len(), self.customer);
            self.base.broken(why);
        }
        all
    }
}

/// Hands over what has changed in a history since it was stored.
pub fn unstored(customer: &CustomerId, history: &MessageHistory, store: &mut RowWriter<'_>) {
    let (gone, new) = history.unstored();
    for number in gone {
        store(Table::Histories, &key(customer, number), None);
    }
    for (number, message) in new {
        // Serialising plain data into memory cannot fail. If it did, the row could not be read.
        let message = postcard::to_stdvec(message).unwrap_or_default();
        store(Table::Histories, &key(customer, number), Some(message));
    }
}
