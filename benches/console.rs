//! Comes with the rooms it measures.

fn main() {}
