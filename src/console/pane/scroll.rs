//! How far a picture is scrolled, in rows. Only the picture knows how many rows there are, so it
//! leaves that one number behind; it bounds scrolling and nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A scroll position.
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
    /// Rows scrolled away from where the picture begins.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
    fn reach(&self) -> usize {
        self.reach.load(Ordering::Relaxed)
    }
    /// What the picture found to be the furthest offset; the offset to draw.
    pub fn measured(&self, reach: usize) -> usize {
        self.reach.store(reach, Ordering::Relaxed);
        self.offset.min(reach)
    }
    /// Away from the beginning.
    pub fn away(&mut self, rows: usize) {
        self.offset = self.offset.saturating_add(rows).min(self.reach());
    }
    /// Towards the beginning.
    pub fn back(&mut self, rows: usize) {
        self.offset = self.offset.min(self.reach()).saturating_sub(rows);
    }
    /// To the beginning.
    pub const fn to_beginning(&mut self) {
        self.offset = 0;
    }
    /// As far as it goes.
    pub const fn to_end(&mut self) {
        self.offset = usize::MAX;
    }
}
