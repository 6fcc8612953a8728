//! Round trips and edge cases of every conversion.

mod entries;
mod hera;
mod money;
mod operations;
mod sandbox;
mod state;
