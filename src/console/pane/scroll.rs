//! How far a picture is scrolled, in rows. Drawing takes `&App`, but only drawing finds out how
//! many rows there are, so it leaves that one number behind in an atomic. The number bounds
//! scrolling and does nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug, Default)]
pub struct Scroll {
    offset: usize,
    reach: AtomicUsize,
}

impl Clone for Scroll {
    fn clone(&self) -> Self {
        Self { offset: self.offset, reach: AtomicUsize::new(self.reach()) }
    }
}

impl Scroll {
    /// How many rows the picture is scrolled away from where it begins.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
    fn reach(&self) -> usize {
        self.reach.load(Ordering::Relaxed)
    }
    /// Remembers the furthest offset that drawing found possible. Returns the offset to draw.
    pub fn measured(&self, reach: usize) -> usize {
        self.reach.store(reach, Ordering::Relaxed);
        self.offset.min(reach)
    }
    /// Scrolls away from the beginning.
    pub fn away(&mut self, rows: usize) {
        self.offset = self.offset.saturating_add(rows).min(self.reach());
    }
    /// Scrolls towards the beginning.
    pub fn back(&mut self, rows: usize) {
        self.offset = self.offset.min(self.reach()).saturating_sub(rows);
    }
    pub const fn to_beginning(&mut self) {
        self.offset = 0;
    }
    /// Scrolls as far as it goes.
    pub const fn to_end(&mut self) {
        self.offset = usize::MAX;
    }
}
