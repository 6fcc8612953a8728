//! Round trips and edges of every conversion.

mod entries;
mod hera;
mod money;
mod operations;
mod sandbox;
mod state;
