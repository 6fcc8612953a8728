//! The rows that were read last, and what was made of them, in memory. All orgs share the room for it.
//!
//! A row may be used on every base from the one it was read from up to the newest one, as long as no later
//! batch has changed it: the changed one takes its place when the batch is stored. A World on an older base that
//! still reads does not put an old row back.

use crate::rules::Table;
use bytes::Bytes;
use quick_cache::{Weighter, sync::Cache};
use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU32, Ordering},
};

/// How many bytes of rows are kept, and of what was made of them.
const ROOM: u64 = 448 << 20;
/// About how many bytes a row takes beside its key and its value.
const EACH: u64 = 128;
/// A number of no table: what was made of the row of a customer.
const MADE: u8 = u8::MAX;

/// A row that a batch has changed, with its value now; `None` if it was removed.
pub(super) type ChangedRow = (Table, Vec<u8>, Option<Bytes>);

/// The rows of all orgs.
#[derive(Clone)]
pub(super) struct RowCache {
    rows: Arc<Cache<Box<[u8]>, CachedRow, Weight>>,
    orgs: Arc<AtomicU32>,
}

/// The rows of one org, until they are cleared.
#[derive(Clone)]
pub(super) struct OrgRows {
    cache: RowCache,
    /// Begins the keys of its rows.
    org: u32,
    /// How many batches were stored. Whoever puts a row in holds it still.
    newest: Arc<RwLock<u64>>,
}

#[derive(Clone)]
struct CachedRow {
    /// The base it was read from, as `OrgRows::newest` counts.
    since: u64,
    /// `None` if there is no such row.
    value: Option<Bytes>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Box<[u8]>, CachedRow> for Weight {
    fn weight(&self, key: &Box<[u8]>, row: &CachedRow) -> u64 {
        (key.len() + row.value.as_ref().map_or(0, Bytes::len)) as u64 + EACH
    }
}

impl Default for RowCache {
    fn default() -> Self {
        let about = usize::try_from(ROOM / 512).unwrap_or(usize::MAX);
        let rows = Arc::new(Cache::with_weighter(about, ROOM, Weight));
        Self { rows, orgs: Arc::default() }
    }
}

impl RowCache {
    pub(super) fn org(&self) -> OrgRows {
        let org = self.orgs.fetch_add(1, Ordering::Relaxed);
        OrgRows { cache: self.clone(), org, newest: Arc::default() }
    }
}

/// The key of a row, and where in it the tree's own key begins.
pub(super) struct RowKey(Vec<u8>);

impl RowKey {
    const OWN: usize = size_of::<u32>();

    /// The key in the tree.
    pub(super) fn in_tree(&self) -> &[u8] {
        &self.0[Self::OWN..]
    }
}

impl OrgRows {
    pub(super) fn key(&self, table: Table, key: &[u8]) -> RowKey {
        self.numbered(table as u8, key)
    }

    /// The key of what was made of the row of a customer.
    pub(super) fn made_of(&self, customer: &[u8]) -> RowKey {
        self.numbered(MADE, customer)
    }

    fn numbered(&self, table: u8, key: &[u8]) -> RowKey {
        let mut all = Vec::with_capacity(RowKey::OWN + 1 + key.len());
        all.extend(self.org.to_ne_bytes());
        all.push(table);
        all.extend(key);
        RowKey(all)
    }

    /// The base that is the newest now.
    pub(super) fn newest(&self) -> u64 {
        *self.newest.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a base has under this key, if that is known; the inner `None` says that there is no such row.
    #[expect(clippy::option_option, reason = "not to know is something else than to know of none")]
    pub(super) fn get(&self, base: u64, key: &RowKey) -> Option<Option<Bytes>> {
        let row = self.cache.rows.get(&key.0[..])?;
        (row.since <= base).then_some(row.value)
    }

    /// Keeps what a base has under this key.
    pub(super) fn keep(&self, base: u64, key: RowKey, value: Option<Bytes>) {
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        if *newest == base {
            self.cache.rows.insert(key.0.into_boxed_slice(), CachedRow { since: base, value });
        }
    }

    /// Puts the rows that a batch has changed in the place of the old ones, once all of it is stored, and makes the
    /// newest base with its number. Customers and their messages are kept also if nobody read them: who has changed
    /// changes again soon, and a new message goes into the row of the last ones.
    pub(super) fn changed<T>(
        &self,
        rows: impl Iterator<Item = ChangedRow>,
        make: impl FnOnce(u64) -> T,
    ) -> T {
        // From here on nobody puts an old row in, and nobody reads on the new base before it is made.
        let number = {
            let mut newest = self.newest.write().unwrap_or_else(PoisonError::into_inner);
            *newest += 1;
            *newest
        };
        let cache = &*self.cache.rows;
        for (table, key, value) in rows {
            let row = self.key(table, &key).0.into_boxed_slice();
            if table == Table::Customers {
                cache.remove(&self.made_of(&key).0[..]);
            }
            let changes_again = matches!(table, Table::Customers | Table::Histories);
            let fresh = value.map(|value| CachedRow { since: number, value: Some(value) });
            match fresh {
                Some(fresh) if changes_again => cache.insert(row, fresh),
                // It is absent, or it is replaced.
                Some(fresh) => drop(cache.replace(row, fresh, true)),
                None => drop(cache.remove(&row[..])),
            }
        }
        make(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = Table::Customers;

    fn rows() -> OrgRows {
        RowCache::default().org()
    }

    fn value(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    fn change(rows: &OrgRows, key: &str, value: Option<Bytes>) -> u64 {
        rows.changed(std::iter::once((TABLE, key.into(), value)), |newest| newest)
    }

    #[test]
    fn a_row_is_good_until_it_changes() {
        let rows = rows();
        let key = |name: &str| rows.key(TABLE, name.as_bytes());
        rows.keep(0, key("a"), Some(value("1")));
        rows.keep(0, key("b"), None);
        rows.keep(0, rows.made_of(b"a"), Some(value("made of 1")));
        assert_eq!(rows.get(0, &key("a")), Some(Some(value("1"))));
        assert_eq!(change(&rows, "c", Some(value("3"))), 1);
        assert_eq!(rows.get(1, &key("a")), Some(Some(value("1"))));
        assert_eq!(rows.get(1, &key("b")), Some(None));
        assert_eq!(change(&rows, "a", Some(value("2"))), 2);
        assert_eq!(
            (rows.get(2, &key("a")), rows.get(1, &key("a"))),
            (Some(Some(value("2"))), None)
        );
        assert_eq!(rows.get(2, &rows.made_of(b"a")), None);
        assert_eq!(rows.get(2, &key("b")), Some(None));
        assert_eq!(change(&rows, "a", None), 3);
        assert_eq!((rows.get(3, &key("a")), rows.get(2, &key("a"))), (None, None));
    }

    /// A customer who has changed is kept in any case, with what was said; another row only if it was read before.
    #[test]
    fn what_has_changed_takes_the_place_of_what_was_read() {
        let rows = rows();
        let number = |name: &str| rows.key(Table::Numbers, name.as_bytes());
        rows.keep(0, number("read"), None);
        let changed = [
            (Table::Numbers, "read"),
            (Table::Numbers, "unread"),
            (TABLE, "unread"),
            (Table::Histories, "unread"),
        ];
        let changed = changed.map(|(table, key)| (table, key.into(), Some(value("new"))));
        assert_eq!(rows.changed(changed.into_iter(), |newest| newest), 1);
        assert_eq!(rows.get(1, &number("read")), Some(Some(value("new"))));
        assert_eq!(rows.get(1, &number("unread")), None);
        for table in [TABLE, Table::Histories] {
            assert_eq!(rows.get(1, &rows.key(table, b"unread")), Some(Some(value("new"))));
        }
    }

    #[test]
    fn a_base_sees_no_row_of_a_later_one_and_puts_no_old_one_back() {
        let rows = rows();
        let key = || rows.key(TABLE, b"a");
        assert_eq!(change(&rows, "a", None), 1);
        rows.keep(0, key(), Some(value("old")));
        assert_eq!((rows.get(0, &key()), rows.get(1, &key())), (None, None));
        rows.keep(1, key(), Some(value("new")));
        assert_eq!((rows.get(0, &key()), rows.get(1, &key())), (None, Some(Some(value("new")))));
    }

    #[test]
    fn orgs_have_rows_of_their_own() {
        let cache = RowCache::default();
        let (one, other) = (cache.org(), cache.org());
        one.keep(0, one.key(TABLE, b"a"), Some(value("1")));
        assert_eq!(other.get(0, &other.key(TABLE, b"a")), None);
    }
}
