//! A base in memory: what lies on the disk of whoever plays a hub without one, in the tests of the rules
//! and in the simulation.

use super::{
    World,
    layers::{Base, Key, Table},
};
use imbl::OrdMap;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

/// The rows of a World. A change makes another base, and this one stays as it is.
#[derive(Clone, Debug, Default)]
pub struct MemoryBase {
    pub rows: OrdMap<(Table, Vec<u8>), Vec<u8>>,
    trouble: Arc<OnceLock<String>>,
    /// How many rows its ranges have handed out.
    pub passed: Arc<AtomicUsize>,
}

impl MemoryBase {
    /// These rows and what was settled in a World.
    #[must_use]
    pub fn and(mut self, world: &World) -> Self {
        world.settling(&mut |table, key, value| {
            match value {
                Some(value) => self.rows.insert((table, key.to_vec()), value),
                None => self.rows.remove(&(table, key.to_vec())),
            };
        });
        self
    }
}

impl Base for MemoryBase {
    fn get(&self, table: Table, key: &[u8], found: &mut dyn FnMut(&[u8])) {
        if let Some(row) = self.rows.get(&(table, key.to_vec())) {
            found(row);
        }
    }
    fn range<'a>(
        &'a self,
        table: Table,
        from: &[u8],
    ) -> Box<dyn Iterator<Item = (Key, Vec<u8>)> + 'a> {
        let rows = self.rows.range((table, from.to_vec())..);
        let rows = rows.take_while(move |((of, _), _)| *of == table);
        let rows = rows.inspect(|_| {
            self.passed.fetch_add(1, Ordering::Relaxed);
        });
        Box::new(rows.map(|((_, key), row)| (key[..].into(), row.clone())))
    }
    fn broken(&self, why: String) {
        // The first trouble is enough.
        let _ = self.trouble.set(why);
    }
    fn trouble(&self) -> Option<String> {
        self.trouble.get().cloned()
    }
}
