//! The tables of a World, each in three layers: what changed lately, what is being stored, and a base that
//! lies on disk. The upper layers are in memory and hide what is below them. So a World needs memory for
//! what is in use and not for everyone who ever wrote, and it can be opened without reading it.
//!
//! Rows move down in one step: `settle` closes the upper layer, whoever keeps the base stores it beside the
//! work, and `rebase` puts the new base under the World and drops the layer that is in it now. A base never
//! changes, so an older World on an older base stays what it was.

use super::histories;
use crate::model::{CustomerId, CustomerState, StoredCall, Timestamp};
use bytes::Bytes;
use elsa::sync::FrozenMap;
use imbl::OrdMap;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fmt,
    iter::Peekable,
    ops::Bound,
    sync::{Arc, OnceLock},
};

/// The tables of a World. Their numbers are part of the stored form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter)]
#[repr(u8)]
pub enum Table {
    /// One row: the head, the books, works by tag, and other things that are few.
    Rest,
    Customers,
    Numbers,
    SecondaryIds,
    Messages,
    Sessions,
    Transactions,
    Tags,
    Due,
    Merged,
    Calls,
    PassingCalls,
    /// The messages in the histories of customers.
    Histories,
    /// Who was selected by works by tag.
    Selected,
    /// Who got what works by tag do.
    Served,
    /// Whose turn comes again because they are left alone, by works by tag and times.
    PutOff,
    /// How far messages have come on their way to networks.
    Carriages,
    /// What networks call messages.
    References,
}

/// Where the rows of a World lie that have not changed lately. It never changes, and keys are in the order
/// of their bytes.
///
/// Reading it cannot fail in the eyes of the rules. A base that cannot read a row notes that, answers as
/// if there were none, and says so in `trouble`; whoever asked the rules then throws their answer away.
pub trait Base: fmt::Debug + Send + Sync {
    /// Hands over the value of a key, if there is one.
    fn get(&self, table: Table, key: &[u8], found: &mut dyn FnMut(&[u8]));
    /// The rows of a table from a key on, in order.
    fn range<'a>(
        &'a self,
        table: Table,
        from: &[u8],
    ) -> Box<dyn Iterator<Item = (Key, Vec<u8>)> + 'a>;
    /// What `make` makes of the customer with this id, who lies here with all parts, or what it made of the
    /// same state before.
    fn made_of(&self, _customer: &[u8], make: &mut dyn FnMut() -> Option<Bytes>) -> Option<Bytes> {
        make()
    }
    /// Notes that something cannot be read, in words.
    fn broken(&self, why: String);
    /// What could not be read, if anything.
    fn trouble(&self) -> Option<String>;
}

/// Takes a row that is to be stored; no value removes it.
pub type RowWriter<'a> = dyn FnMut(Table, &[u8], Option<Vec<u8>>) + 'a;

/// What a row of a table holds. It may have parts that are rows of their own.
pub trait Row: Clone + Serialize + DeserializeOwned {
    /// Notes from where it was read.
    fn read_from(&mut self, _base: &Arc<dyn Base>) {}
    /// Notes that it is being stored, as it is about to change again.
    fn is_stored(&mut self) {}
    /// Whether it has parts that are rows of their own.
    const IN_PARTS: bool = false;
    /// Hands over the parts that have changed.
    fn parts(&self, _store: &mut RowWriter<'_>) {}
    /// Notes that the parts that have not changed since are on another base, which has everything of the old one.
    fn moved_to(&mut self, _base: &Arc<dyn Base>) {}
}

impl Layered<Arc<CustomerState>> {
    /// What `make` makes of a customer. It may be kept for as long as the customer stays the same, so `make` goes by
    /// nothing else and is the same for all who ask.
    pub fn made_of(
        &self,
        id: &CustomerId,
        make: impl Fn(&CustomerState) -> Bytes,
    ) -> Option<Bytes> {
        let key = id.as_str().as_bytes();
        if let Some(above) = self.above(key) {
            return above.map(|customer| make(customer));
        }
        let customer = || self.below(key).map(|customer| make(&customer));
        self.base.as_ref()?.made_of(key, &mut { customer })
    }
}

impl Row for () {}
impl Row for CustomerId {}
impl Row for Vec<CustomerId> {}
impl Row for (CustomerId, u64) {}
impl Row for Option<Timestamp> {}
impl Row for (Timestamp, Arc<StoredCall>) {}

/// The messages of a customer are rows of their own (`histories`).
impl Row for Arc<CustomerState> {
    fn read_from(&mut self, base: &Arc<dyn Base>) {
        let source = histories::source(base, &self.id);
        Self::make_mut(self).messages.stored_in(source);
    }
    fn is_stored(&mut self) {
        Self::make_mut(self).messages.is_stored();
    }
    const IN_PARTS: bool = true;
    fn parts(&self, store: &mut RowWriter<'_>) {
        histories::unstored(&self.id, &self.messages, store);
    }
    fn moved_to(&mut self, base: &Arc<dyn Base>) {
        let source = histories::source(base, &self.id);
        Self::make_mut(self).messages.moved_to(source);
    }
}

/// A key in the form that decides the order.
pub type Key = Arc<[u8]>;
/// The rows of one layer; `None` hides a row that is below.
type Layer<V> = OrdMap<Key, Option<V>>;

/// One table. A copy shares all rows and stays as it is when the original moves on.
pub struct Layered<V> {
    table: Table,
    recent: Layer<V>,
    settling: Layer<V>,
    base: Option<Arc<dyn Base>>,
}

impl<V> Layered<V> {
    pub fn new(table: Table) -> Self {
        Self { table, recent: OrdMap::new(), settling: OrdMap::new(), base: None }
    }
}

impl<V> Clone for Layered<V> {
    fn clone(&self) -> Self {
        let Self { table, recent, settling, base } = self;
        let (recent, settling) = (recent.clone(), settling.clone());
        Self { table: *table, recent, settling, base: base.clone() }
    }
}

impl<V: fmt::Debug + Row> fmt::Debug for Layered<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Two tables are equal if they hold the same rows, in whatever layers.
impl<V: PartialEq + Row> PartialEq for Layered<V> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<V: Row> Layered<V> {
    /// The row in memory; the outer `None` says that only the base can tell.
    #[expect(clippy::option_option, reason = "what is hidden is something else than what is below")]
    fn above(&self, key: &[u8]) -> Option<Option<&V>> {
        let found = self.recent.get(key).or_else(|| self.settling.get(key));
        found.map(Option::as_ref)
    }

    fn below(&self, key: &[u8]) -> Option<V> {
        let base = self.base.as_ref()?;
        let mut value = None;
        base.get(self.table, key, &mut |bytes| value = self.decode(bytes));
        value
    }

    fn decode(&self, bytes: &[u8]) -> Option<V> {
        let base = self.base.as_ref()?;
        match postcard::from_bytes::<V>(bytes) {
            Ok(mut value) => {
                value.read_from(base);
                Some(value)
            }
            Err(error) => {
                base.broken(format!("a row of {:?} cannot be read: {error}", self.table));
                None
            }
        }
    }

    pub fn get(&self, key: &[u8]) -> Option<V> {
        self.above(key).map_or_else(|| self.below(key), Option::<&V>::cloned)
    }

    /// The row, to be changed.
    pub fn get_mut(&mut self, key: &[u8]) -> Option<&mut V> {
        if !self.recent.contains_key(key) {
            let value = match self.settling.get(key) {
                Some(value) => {
                    let mut value = value.clone()?;
                    value.is_stored();
                    value
                }
                None => self.below(key)?,
            };
            self.recent.insert(key.into(), Some(value));
        }
        self.recent.get_mut(key)?.as_mut()
    }

    /// The row, to be changed. If there is none, it is made first.
    pub fn get_or_insert(&mut self, key: &[u8], make: impl FnOnce() -> V) -> Option<&mut V> {
        if self.get_mut(key).is_none() {
            self.recent.insert(key.into(), Some(make()));
        }
        self.recent.get_mut(key)?.as_mut()
    }

    pub fn insert(&mut self, key: impl Into<Key>, value: V) {
        self.recent.insert(key.into(), Some(value));
    }

    pub fn remove(&mut self, key: &[u8]) {
        if self.base.is_some() || !self.settling.is_empty() {
            self.recent.insert(key.into(), None);
        } else {
            self.recent.remove(key);
        }
    }

    /// Inserts the row, or removes it if there is no value.
    pub fn set(&mut self, key: Vec<u8>, value: Option<V>) {
        match value {
            Some(value) => self.insert(key, value),
            None => self.remove(&key),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (Key, V)> + use<'_, V> {
        self.range(&[])
    }

    /// The rows from a key on, in order.
    pub fn range<'a>(&'a self, from: &[u8]) -> impl Iterator<Item = (Key, V)> + use<'a, V> {
        let base = self.base.as_ref().map(|base| base.range(self.table, from));
        let merged = Merged {
            recent: rows(&self.recent, from).peekable(),
            settling: rows(&self.settling, from).peekable(),
            base: base.into_iter().flatten().peekable(),
        };
        merged.filter_map(|(key, row)| {
            let value = match row {
                Uppermost::Above(value) => value,
                Uppermost::Below(bytes) => self.decode(&bytes),
            };
            Some((key, value?))
        })
    }

    /// The same rows without a base.
    #[cfg(test)]
    pub fn in_memory(&mut self) {
        let mut all = Self::new(self.table);
        self.iter().for_each(|(key, value)| all.insert(key, value));
        *self = all;
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// What the base could not read, if anything.
    pub fn trouble(&self) -> Option<String> {
        self.base.as_ref()?.trouble()
    }

    /// Closes the upper layer.
    pub fn settle(&mut self) {
        self.settling = std::mem::take(&mut self.recent);
    }

    /// Puts a base below that has everything of the layer that was closed. Nothing refers to the old one any more.
    pub fn rebase(&mut self, base: &Arc<dyn Base>) {
        self.settling = OrdMap::new();
        self.base = Some(Arc::clone(base));
        if V::IN_PARTS {
            let keys: Vec<Key> = self.recent.keys().cloned().collect();
            for key in keys {
                if let Some(Some(row)) = self.recent.get_mut(&*key) {
                    row.moved_to(base);
                }
            }
        }
    }

    /// Hands over every row of the closed layer, as it is to be stored.
    pub fn settling(&self, store: &mut RowWriter<'_>) {
        for (key, value) in &self.settling {
            // Serialising plain data into memory cannot fail. If it did, the row could not be read.
            let stored = value.as_ref().map(|value| postcard::to_stdvec(value).unwrap_or_default());
            store(self.table, key, stored);
            if let Some(value) = value {
                value.parts(store);
            }
        }
    }
}

fn rows<'a, V: Clone>(
    layer: &'a Layer<V>,
    from: &[u8],
) -> impl Iterator<Item = (Key, Option<V>)> + use<'a, V> {
    let from: (Bound<&[u8]>, Bound<&[u8]>) = (Bound::Included(from), Bound::Unbounded);
    layer.range::<_, [u8]>(from).map(|(key, value)| (Key::clone(key), value.clone()))
}

/// A row that is in memory or, not yet decoded, one of the base.
enum Uppermost<V> {
    Above(Option<V>),
    Below(Vec<u8>),
}

/// The rows of three layers in the order of their keys, the uppermost of each key.
struct Merged<A: Iterator, B: Iterator, C: Iterator> {
    recent: Peekable<A>,
    settling: Peekable<B>,
    base: Peekable<C>,
}

impl<V, A, B, C> Iterator for Merged<A, B, C>
where
    A: Iterator<Item = (Key, Option<V>)>,
    B: Iterator<Item = (Key, Option<V>)>,
    C: Iterator<Item = (Key, Vec<u8>)>,
{
    type Item = (Key, Uppermost<V>);

    fn next(&mut self) -> Option<Self::Item> {
        let keys = [
            self.recent.peek().map(|(key, _)| key),
            self.settling.peek().map(|(key, _)| key),
            self.base.peek().map(|(key, _)| key),
        ];
        let first = Key::clone(keys.into_iter().flatten().min()?);
        // All of them move on, because the uppermost hides the others.
        let recent = self.recent.next_if(|(key, _)| *key == first);
        let settling = self.settling.next_if(|(key, _)| *key == first);
        let base = self.base.next_if(|(key, _)| *key == first);
        let above = recent.or(settling).map(|(_, value)| Uppermost::Above(value));
        Some((first, above.or_else(|| base.map(|(_, bytes)| Uppermost::Below(bytes)))?))
    }
}

/// The rows that were read from the base and are lent out while a World is not changed.
pub struct Lent<V>(OnceLock<FrozenMap<Key, Box<V>>>);

impl<V> Default for Lent<V> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

/// A copy of a World lends out rows of its own.
impl<V> Clone for Lent<V> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<V> PartialEq for Lent<V> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<V> fmt::Debug for Lent<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lent")
    }
}

impl<V: Row> Lent<V> {
    /// The row, which is kept for as long as this lives if it had to be read from the base.
    pub fn find<'a>(&'a self, table: &'a Layered<V>, key: &[u8]) -> Option<&'a V> {
        if let Some(found) = table.above(key) {
            return found;
        }
        table.base.as_ref()?;
        let lent = self.0.get_or_init(FrozenMap::new);
        if let Some(found) = lent.get(key) {
            return Some(found);
        }
        Some(lent.insert(key.into(), Box::new(table.below(key)?)))
    }
}

/// Writes a text into a key so that keys are in the order of their texts, and no text is the beginning of
/// another one: a zero byte is doubled by 255, and zero and one end it.
pub fn text(key: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        key.push(byte);
        if byte == 0 {
            key.push(255);
        }
    }
    key.extend([0, 1]);
}

/// Reads a text that was written into a key, and returns what comes after it.
pub fn read_text(key: &[u8]) -> Option<(String, &[u8])> {
    let mut text = Vec::new();
    let mut rest = key;
    loop {
        match rest {
            [0, 1, after @ ..] => return Some((String::from_utf8(text).ok()?, after)),
            [0, 255, after @ ..] => (text, rest) = (with(text, 0), after),
            [byte, after @ ..] => (text, rest) = (with(text, *byte), after),
            [] => return None,
        }
    }
}

fn with(mut text: Vec<u8>, byte: u8) -> Vec<u8> {
    text.push(byte);
    text
}

/// A key that is only ever asked for as a whole, of anything that can be serialised.
pub fn whole(key: &impl Serialize) -> Vec<u8> {
    // Serialising plain data into memory cannot fail.
    postcard::to_stdvec(key).unwrap_or_default()
}
