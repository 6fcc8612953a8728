//! How far a picture is scrolled, in rows. Drawing takes `&App`, but only drawing finds out how
//! many rows there are and where those stand that must be read, so it leaves these numbers behind
//! in atomics. They bound scrolling and do nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug, Default)]
pub struct Scroll {
    offset: usize,
    reach: AtomicUsize,
    /// The offset from which on what must be read is in sight.
    needed: AtomicUsize,
}

impl Clone for Scroll {
    fn clone(&self) -> Self {
        let needed = AtomicUsize::new(self.needed.load(Ordering::Relaxed));
        Self { offset: self.offset, reach: AtomicUsize::new(self.reach()), needed }
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
    /// Remembers how far the picture must be scrolled to have shown what must be read.
    pub fn needs(&self, offset: usize) {
        self.needed.store(offset.min(self.reach()), Ordering::Relaxed);
    }
    /// Scrolls to what must be read. Returns whether it was out of sight.
    pub fn show_needed(&mut self) -> bool {
        let needed = self.needed.load(Ordering::Relaxed);
        let hidden = self.offset < needed;
        self.offset = self.offset.max(needed);
        hidden
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
